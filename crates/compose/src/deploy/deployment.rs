//! What a deployment says.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rollout::{self, Rollout};
use crate::{
    diagnostic::{Code, Diagnostic, Problems},
    library::Origin,
    model::{ApiVersion, BlockType, Label},
    release::{End, Release},
    schema, single,
    source::Source,
};

/// A release placed on the sites of a network, for as long as the deployment stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Deployment {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `Deployment`.
    pub kind: DeploymentKind,
    /// What it is called, and where it is.
    pub metadata: DeploymentMetadata,
    /// What it is.
    pub spec: DeploymentSpec,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DeploymentKind {
    /// A deployment.
    Deployment,
}

/// What a deployment is called, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeploymentMetadata {
    /// Its name, unique in the network: addresses begin with it.
    pub name: Label,
    /// The network whose sites it goes to.
    pub network: Label,
}

/// What a deployment is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct DeploymentSpec {
    /// The release: `shop@sha256:9f3c…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Instead of a release: the application whose newest build is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Label>,
    /// The sites of each place. A place left out is filled by the sites called like it, or with a class called like it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<Label, Selector>,
    /// How addresses of the release reach those that serve them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub addresses: BTreeMap<String, AddressPolicy>,
    /// What some sites get differently, in the order in which it applies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<Overlay>,
    /// How changes go to sites. Left out, all get them at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// What a plan may take away without being asked about.
    #[serde(default, skip_serializing_if = "Guard::is_none")]
    pub guard: Guard,
}

/// Which sites: those of which all that is said holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// They are called like one of these.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub sites: BTreeSet<Label>,
    /// They have one of these classes.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<Label>,
    /// They have all of these labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// So many of them; all, if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
}

/// How an address reaches those that serve it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AddressPolicy {
    /// One address, whichever site serves it.
    #[default]
    Shared,
    /// An address for each site that serves it, and for each of them an ingress of its own where it is used.
    PerSite,
}

/// What some sites get differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// They are called like one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sites: BTreeSet<Label>,
    /// They have one of these classes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<Label>,
    /// They have all of these labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Values for fields that blocks leave to the site (`local: true`), by part and field: `till.currency: USD`. What a participant
    /// filled in goes before them.
    pub config: BTreeMap<String, Value>,
}

impl Overlay {
    /// The sites it is for.
    pub(super) fn selector(&self) -> Selector {
        Selector { sites: self.sites.clone(), classes: self.classes.clone(), labels: self.labels.clone(), count: None }
    }
}

/// What a plan may take away without being asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Guard {
    /// The share of the sites, in percent, that may lose all they have: `10%`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_removals: Option<Percent>,
}

impl Guard {
    fn is_none(&self) -> bool {
        self.max_removals.is_none()
    }
}

/// A share in percent, from `0%` to `100%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(pub u8);

impl TryFrom<String> for Percent {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = text.strip_suffix('%').and_then(|number| number.parse().ok()).filter(|n| *n <= 100);
        number.map(Self).ok_or_else(|| format!("{text:?} is no share from 0% to 100%"))
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        format!("{}%", percent.0)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^(100|[1-9]?[0-9])%$", "description": "a share from 0% to 100%" })
    }
}

/// A deployment as it was written.
#[derive(Clone, Debug)]
pub struct Authored {
    /// What it says.
    pub deployment: Deployment,
    origin: Origin,
}

impl Authored {
    /// Reads the one deployment of a text.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it by itself, with its position.
    pub fn read(source: &Source) -> Result<Self, Problems> {
        let (deployment, origin) =
            single::read::<Deployment>(source, schema::deployment(), Code::InvalidDeployment, "a Deployment")?;
        let authored = Self { deployment, origin };
        let mut problems = Problems::default();
        let spec = &authored.deployment.spec;
        match (&spec.release, &spec.application) {
            (Some(_), Some(_)) => {
                problems.push(
                    authored
                        .wrong(&["spec", "application"], "it names a release and an application")
                        .expected("one of both"),
                );
            }
            (None, None) => {
                problems.push(
                    authored.wrong(&["spec"], "it does not say what is deployed").expected("release: or application:"),
                );
            }
            _ => {}
        }
        let empty = |selector: &Selector| {
            selector.sites.is_empty() && selector.classes.is_empty() && selector.labels.is_empty()
        };
        for (place, _) in spec.places.iter().filter(|(_, selector)| empty(selector)) {
            let at = ["spec", "places", place.as_str()];
            problems.push(
                authored.wrong(&at, format!("no sites are said for {place}")).expected("sites:, classes: or labels:"),
            );
        }
        for (i, _) in spec.overlays.iter().enumerate().filter(|(_, overlay)| empty(&overlay.selector())) {
            let at = ["spec", "overlays", &i.to_string()];
            problems
                .push(authored.wrong(&at, "no sites are said for the overlay").expected("sites:, classes: or labels:"));
        }
        rollout::check(&authored, &mut problems);
        problems.or(authored)
    }

    pub(super) fn wrong(&self, at: &[&str], message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Code::InvalidDeployment, message).at(self.origin.at(at))
    }

    fn wrong_key(&self, at: &[&str], key: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Code::InvalidDeployment, message).at(self.origin.at_key(at, key))
    }

    /// Says what does not fit the release.
    pub(super) fn check(&self, release: &Release, problems: &mut Problems) {
        let spec = &self.deployment.spec;
        if let Some(name) = spec.release.as_ref().filter(|name| **name != release.name()) {
            let what = format!("it deploys {name}, and what was given is {}", release.name());
            problems.push(self.wrong(&["spec", "release"], what).expected(release.name()));
        }
        let application = &release.metadata.name;
        if let Some(name) = spec.application.as_ref().filter(|name| *name != application) {
            let what = format!("it deploys {name}, and what was given is a release of {application}");
            problems.push(self.wrong(&["spec", "application"], what).expected(application.as_str()));
        }
        for place in spec.places.keys().filter(|place| !release.spec.places.contains_key(*place)) {
            let known = release.spec.places.keys().map(Label::as_str);
            let mut diagnostic =
                self.wrong_key(&["spec", "places"], place.as_str(), format!("there is no place {:?}", place.as_str()));
            diagnostic.code = Code::UnknownPlace;
            problems.push(diagnostic.expected(crate::findings::either(known.clone())).near(place.as_str(), known));
        }
        for name in spec.addresses.keys() {
            self.check_address(name, release, problems);
        }
        for (i, overlay) in spec.overlays.iter().enumerate() {
            for field in overlay.config.keys() {
                self.check_overlay(i, field, release, problems);
            }
        }
    }

    fn check_address(&self, name: &str, release: &Release, problems: &mut Problems) {
        let at = ["spec", "addresses"];
        match release.spec.addresses.get(name) {
            Some(address) if address.published => {
                let what = format!("{name} is published: participants serve and use it as it is");
                problems.push(self.wrong_key(&at, name, what).expected("an address of the application's own"));
            }
            Some(address) => {
                let is_deaf = |end: &&End| {
                    let user = release.spec.instances.get(&end.instance);
                    user.is_some_and(|user| {
                        let is_door = user.kind == BlockType::Ingress && user.bodies.is_empty();
                        !is_door && user.bodies.values().all(|body| body.workload.is_none())
                    })
                };
                let per_site = self.deployment.spec.addresses.get(name) == Some(&AddressPolicy::PerSite);
                for end in address.uses.iter().filter(is_deaf).filter(|_| per_site) {
                    let what = format!(
                        "{} uses {name} by {}, and cannot be told of addresses that come and go",
                        end.instance, end.interface
                    );
                    let diagnostic = self.wrong_key(&at, name, what).block(&end.instance);
                    problems.push(
                        diagnostic
                            .expected("an address that is used by workloads and by ingresses without a body only"),
                    );
                }
            }
            None => {
                let known = release.spec.addresses.iter().filter(|(_, a)| !a.published).map(|(name, _)| name.as_str());
                let diagnostic = self.wrong_key(&at, name, format!("there is no address {name:?}"));
                problems.push(diagnostic.expected(crate::findings::either(known.clone())).near(name, known));
            }
        }
    }

    fn check_overlay(&self, overlay: usize, field: &str, release: &Release, problems: &mut Problems) {
        if local_of(release, field).is_some() {
            return;
        }
        let index = overlay.to_string();
        let prefix = format!("{}/", release.metadata.name);
        let known: Vec<String> = release
            .spec
            .instances
            .iter()
            .flat_map(|(path, instance)| {
                let part = path.strip_prefix(&prefix).unwrap_or(path);
                instance.local.keys().map(move |field| format!("{part}.{field}"))
            })
            .collect();
        let known = known.iter().map(String::as_str);
        let what = format!("{field:?} is no field of a part that is left to sites");
        let expected = match known.clone().next() {
            Some(_) => crate::findings::either(known.clone()),
            None => "none: no block of the release has a field with local: true".to_owned(),
        };
        let diagnostic = self.wrong_key(&["spec", "overlays", &index, "config"], field, what);
        problems.push(diagnostic.expected(expected).near(field, known));
    }
}

/// The instance and field that an overlay means by `part.field`, if there is one that is left to sites.
pub(super) fn local_of(release: &Release, field: &str) -> Option<(String, crate::model::Field)> {
    let (part, field) = field.rsplit_once('.')?;
    let path = format!("{}/{part}", release.metadata.name);
    let (field, _) = release.spec.instances.get(&path)?.local.get_key_value(field)?;
    Some((path, field.clone()))
}
