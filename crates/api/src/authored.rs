//! What manifests ask for: read into the types of the API's own requests, and written from what the API shows.

use std::collections::BTreeSet;

use model::{Address, Name};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use utoipa::PartialSchema;

use crate::{
    API_VERSION, AccessPoint, AccessPointCreate, AddressPolicy, AddressPolicySet, Backbone, BackboneCreate,
    BackboneSite, BackboneSiteCreate, Check, Connector, ConnectorCreate, Deployment, FieldError, Invitation,
    InvitationCreate, Link, LinkCreate, Listener, ListenerCreate, Manifest, ManifestKey, ManifestKind,
    ManifestMetadata, Network, NetworkCreate,
};

/// What a manifest asks for, in the types by which the API creates it; with the name of what it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds of manifest")]
pub enum Authored {
    Backbone(BackboneCreate),
    BackboneSite(Name, BackboneSiteCreate),
    Link(Name, LinkCreate),
    ApplicationNetwork(NetworkCreate),
    Invitation(Name, InvitationCreate),
    Listener(Name, ListenerCreate),
    Connector(Name, ConnectorCreate),
    AddressPolicy(Name, Address, AddressPolicySet),
    /// In a network, of this name, with this spec. Whoever places it reads what is in that.
    Deployment(Name, Name, Map<String, Value>),
}

/// Fields by which objects are created and that no manifest holds.
pub(crate) const SECRETS: [&str; 1] = ["passcode"];

/// Kinds of document that are kept elsewhere.
const OF_LIBRARY: [&str; 3] = ["InterfaceType", "Block", "Application"];

impl Authored {
    /// Reads a manifest.
    ///
    /// # Errors
    ///
    /// What is wrong with it, by the fields of the manifest.
    pub fn read(manifest: &Value) -> Result<Self, Vec<FieldError>> {
        if let Some(kind) = manifest.get("kind").and_then(Value::as_str).filter(|kind| OF_LIBRARY.contains(kind)) {
            let message = format!("documents of the kind {kind} belong in the library: use `skx library import`");
            return Err(fault("kind", message));
        }
        let Manifest { api_version, kind, metadata, spec } = typed(manifest.clone()).map_err(|error| vec![error])?;
        if api_version != API_VERSION {
            return Err(fault("apiVersion", format!("{api_version:?} is not known here; give {API_VERSION}")));
        }
        if let Some(secret) = SECRETS.into_iter().find(|secret| spec.contains_key(*secret)) {
            let message = "a manifest holds no secrets; give it with the command of the object's kind";
            return Err(fault(&format!("spec.{secret}"), message));
        }
        let parent = parent(kind, &metadata)?;
        let name = name(kind, metadata.name)?;
        Self::of(kind, parent, name, spec)?.by_names()
    }

    fn of(
        kind: ManifestKind,
        parent: Option<Name>,
        name: Option<String>,
        fields: Map<String, Value>,
    ) -> Result<Self, Vec<FieldError>> {
        let policy = kind == ManifestKind::AddressPolicy;
        let address = name.clone().filter(|_| policy).unwrap_or_default();
        let spec = Spec { name: name.filter(|_| !policy), fields };
        match (kind, parent) {
            (ManifestKind::Backbone, _) => spec.read().map(Self::Backbone),
            (ManifestKind::ApplicationNetwork, _) => spec.read().map(Self::ApplicationNetwork),
            (ManifestKind::BackboneSite, Some(backbone)) => spec.read().map(|it| Self::BackboneSite(backbone, it)),
            (ManifestKind::Link, Some(backbone)) => spec.read().map(|it| Self::Link(backbone, it)),
            (ManifestKind::Invitation, Some(network)) => spec.read().map(|it| Self::Invitation(network, it)),
            (ManifestKind::Listener, Some(network)) => spec.read().map(|it| Self::Listener(network, it)),
            (ManifestKind::Connector, Some(network)) => spec.read().map(|it| Self::Connector(network, it)),
            (ManifestKind::AddressPolicy, Some(network)) => {
                let address = address.parse().map_err(|error| fault("metadata.name", format!("{error}")))?;
                spec.read().map(|it| Self::AddressPolicy(network, address, it))
            }
            (ManifestKind::Deployment, Some(network)) => {
                let name: Result<Name, _> = spec.name.unwrap_or_default().parse();
                let name = name.map_err(|error| fault("metadata.name", error.to_string()))?;
                Ok(Self::Deployment(network, name, spec.fields))
            }
            (_, None) => Err(fault("metadata", "say what it is in")),
        }
    }

    /// Refuses ids where the API takes names and ids: the same object would be known by two texts.
    fn by_names(self) -> Result<Self, Vec<FieldError>> {
        let named: Vec<(&str, &Name)> = match &self {
            Self::ApplicationNetwork(network) => network.backbone.iter().map(|name| ("backbone", name)).collect(),
            Self::Link(_, link) => {
                let ends = [("from", &link.from), ("to", &link.to)];
                ends.into_iter().chain(link.access.as_ref().map(|name| ("access", name))).collect()
            }
            Self::Listener(_, listener) => listener.site.iter().map(|name| ("site", name)).collect(),
            Self::Connector(_, connector) => connector.site.iter().map(|name| ("site", name)).collect(),
            Self::AddressPolicy(.., policy) => {
                let weights = policy.weights.keys().map(|name| ("weights", name));
                weights.chain(policy.order.iter().map(|name| ("order", name))).collect()
            }
            _ => vec![],
        };
        let ids = named.into_iter().filter(|(_, name)| is_id(name));
        let faults: Vec<_> = ids.map(|(field, name)| FieldError::new(format!("spec.{field}"), by_name(name))).collect();
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    /// An address policy, as the API shows it.
    pub fn policy(network: Name, shown: &AddressPolicy) -> Self {
        Self::AddressPolicy(network, shown.address.clone(), project(shown))
    }

    /// What it is of.
    pub fn kind(&self) -> ManifestKind {
        match self {
            Self::Backbone(_) => ManifestKind::Backbone,
            Self::BackboneSite(..) => ManifestKind::BackboneSite,
            Self::Link(..) => ManifestKind::Link,
            Self::ApplicationNetwork(_) => ManifestKind::ApplicationNetwork,
            Self::Invitation(..) => ManifestKind::Invitation,
            Self::Listener(..) => ManifestKind::Listener,
            Self::Connector(..) => ManifestKind::Connector,
            Self::AddressPolicy(..) => ManifestKind::AddressPolicy,
            Self::Deployment(..) => ManifestKind::Deployment,
        }
    }

    /// The name of what the object is in.
    pub fn parent(&self) -> Option<&Name> {
        match self {
            Self::Backbone(_) | Self::ApplicationNetwork(_) => None,
            Self::BackboneSite(parent, _)
            | Self::Link(parent, _)
            | Self::Invitation(parent, _)
            | Self::Listener(parent, _)
            | Self::Connector(parent, _)
            | Self::AddressPolicy(parent, ..)
            | Self::Deployment(parent, ..) => Some(parent),
        }
    }

    /// Which object it is of. Of a link whose access point is left out, what its name begins with.
    pub fn key(&self) -> ManifestKey {
        let for_whom = |site: &Option<Name>, class: &Option<Name>| match (site, class) {
            (Some(site), _) => format!("site={site}"),
            (None, class) => format!("class={}", class.as_ref().map_or("", Name::as_str)),
        };
        let name = match self {
            Self::Backbone(backbone) => backbone.name.to_string(),
            Self::BackboneSite(_, site) => site.name.to_string(),
            Self::Link(_, link) => {
                format!("{},{}/{}", link.from, link.to, link.access.as_ref().map_or("", Name::as_str))
            }
            Self::ApplicationNetwork(network) => network.name.to_string(),
            Self::Invitation(_, invitation) => invitation.name.to_string(),
            Self::Listener(_, it) => format!("{},{},{}", it.address, for_whom(&it.site, &it.class), it.bind),
            Self::Connector(_, it) => format!("{},{},{}", it.address, for_whom(&it.site, &it.class), it.target),
            Self::AddressPolicy(_, address, _) => address.to_string(),
            Self::Deployment(_, name, _) => name.to_string(),
        };
        ManifestKey { kind: self.kind(), parent: self.parent().cloned(), name }
    }

    /// What it says under `spec`, defaults included. Lists of texts are in order, access points by name, where their order
    /// means nothing.
    pub fn spec(&self) -> Map<String, Value> {
        let spec = match self {
            Self::Backbone(it) => serde_json::to_value(it),
            Self::BackboneSite(_, it) => serde_json::to_value(it),
            Self::Link(_, it) => serde_json::to_value(it),
            Self::ApplicationNetwork(it) => serde_json::to_value(it),
            Self::Invitation(_, it) => serde_json::to_value(it),
            Self::Listener(_, it) => serde_json::to_value(it),
            Self::Connector(_, it) => serde_json::to_value(it),
            Self::AddressPolicy(_, _, it) => serde_json::to_value(it),
            Self::Deployment(_, _, spec) => return spec.clone(),
        };
        let Ok(Value::Object(mut fields)) = spec else { unreachable!("requests of the API are JSON objects") };
        fields.remove("name");
        if self.kind() != ManifestKind::AddressPolicy {
            fields.values_mut().for_each(order);
        }
        fields
    }

    /// It as a manifest.
    pub fn manifest(&self) -> Manifest {
        let key = self.key();
        let of = |kind| key.parent.clone().filter(|_| key.kind.parent() == Some(kind));
        let metadata = ManifestMetadata {
            backbone: of(ManifestKind::Backbone),
            network: of(ManifestKind::ApplicationNetwork),
            name: key.kind.is_named().then_some(key.name),
        };
        Manifest { api_version: API_VERSION.to_owned(), kind: key.kind, metadata, spec: self.spec() }
    }
}

impl From<&Backbone> for Authored {
    fn from(shown: &Backbone) -> Self {
        Self::Backbone(project(shown))
    }
}

impl From<&BackboneSite> for Authored {
    fn from(shown: &BackboneSite) -> Self {
        let access = shown.access.iter().map(project::<AccessPoint, AccessPointCreate>).collect();
        Self::BackboneSite(shown.backbone.clone(), BackboneSiteCreate { name: shown.name.clone(), access })
    }
}

impl From<&Link> for Authored {
    fn from(shown: &Link) -> Self {
        Self::Link(shown.backbone.clone(), project(shown))
    }
}

impl From<&Network> for Authored {
    fn from(shown: &Network) -> Self {
        Self::ApplicationNetwork(project(shown))
    }
}

impl From<&Invitation> for Authored {
    fn from(shown: &Invitation) -> Self {
        Self::Invitation(shown.network.clone(), project(shown))
    }
}

impl From<&Listener> for Authored {
    fn from(shown: &Listener) -> Self {
        Self::Listener(shown.network.clone(), project(shown))
    }
}

impl From<&Connector> for Authored {
    fn from(shown: &Connector) -> Self {
        Self::Connector(shown.network.clone(), project(shown))
    }
}

impl From<&Deployment> for Authored {
    fn from(shown: &Deployment) -> Self {
        let spec = shown.document.spec.as_object().cloned().unwrap_or_default();
        Self::Deployment(shown.network.clone(), shown.name.clone(), spec)
    }
}

/// What an object was created by, of what is shown of it: the fields both have.
fn project<S: Serialize, C: DeserializeOwned + PartialSchema>(shown: &S) -> C {
    let mut fields = serde_json::to_value(shown).expect("what the API shows is JSON");
    let wanted = fields_of::<C>();
    if let Value::Object(fields) = &mut fields {
        fields.retain(|field, _| wanted.contains(field) && !SECRETS.contains(&field.as_str()));
    }
    serde_json::from_value(fields).expect("what is shown of an object has every field it is created by")
}

/// The names of the fields of a type.
pub fn fields_of<T: PartialSchema>() -> BTreeSet<String> {
    let schema = serde_json::to_value(T::schema()).expect("schemas are JSON");
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}

fn fault(field: &str, message: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError::new(field, message)]
}

/// The name of what the object of a manifest is in.
fn parent(kind: ManifestKind, metadata: &ManifestMetadata) -> Result<Option<Name>, Vec<FieldError>> {
    let mut parent = None;
    for (field, given, of) in [
        ("backbone", &metadata.backbone, ManifestKind::Backbone),
        ("network", &metadata.network, ManifestKind::ApplicationNetwork),
    ] {
        let place = format!("metadata.{field}");
        match given {
            Some(_) if kind.parent() != Some(of) => {
                return Err(fault(&place, format!("objects of the kind {kind} are in no {field}; leave it out")));
            }
            None if kind.parent() == Some(of) => return Err(fault(&place, format!("say in which {field} it is"))),
            Some(name) if is_id(name) => return Err(fault(&place, by_name(name))),
            Some(name) => parent = Some(name.clone()),
            None => {}
        }
    }
    Ok(parent)
}

/// The name of the object of a manifest.
fn name(kind: ManifestKind, given: Option<String>) -> Result<Option<String>, Vec<FieldError>> {
    match &given {
        None if kind.is_named() => Err(fault("metadata.name", "give it a name")),
        Some(_) if !kind.is_named() => {
            let message = format!("objects of the kind {kind} are known by what they say; leave the name out");
            Err(fault("metadata.name", message))
        }
        _ => Ok(given),
    }
}

/// What stands under `spec`, and the name that belongs to it.
struct Spec {
    name: Option<String>,
    fields: Map<String, Value>,
}

impl Spec {
    fn read<T: DeserializeOwned + Check>(self) -> Result<T, Vec<FieldError>> {
        let Self { name, mut fields } = self;
        if let Some(name) = name {
            if fields.contains_key("name") {
                return Err(fault("spec.name", "the name stands in metadata; leave it out here"));
            }
            fields.insert("name".to_owned(), name.into());
        }
        let within = |error: FieldError| {
            let field =
                if error.field == "name" { "metadata.name".to_owned() } else { format!("spec.{}", error.field) };
            FieldError { field, ..error }
        };
        let spec: T = typed(Value::Object(fields)).map_err(|error| vec![within(error)])?;
        let faults: Vec<FieldError> = spec.faults().into_iter().map(within).collect();
        if faults.is_empty() { Ok(spec) } else { Err(faults) }
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T, FieldError> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| FieldError::of_json(&error.path().to_string(), error.inner()))
}

fn is_id(name: &Name) -> bool {
    uuid::Uuid::try_parse(name.as_str()).is_ok()
}

fn by_name(id: &Name) -> String {
    format!("{id} is an id; a manifest gives the name")
}

/// Puts lists into an order of their own, as far as theirs means nothing.
fn order(value: &mut Value) {
    let Value::Array(items) = value else { return };
    if items.iter().all(Value::is_string) {
        items.sort_by(|one, other| one.as_str().cmp(&other.as_str()));
        items.dedup();
    } else {
        items.sort_by(|one, other| named(one).cmp(&named(other)));
    }
}

/// The name of an element of a list of objects.
fn named(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
