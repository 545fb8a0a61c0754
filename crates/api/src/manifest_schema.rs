//! The JSON Schema of manifests, for editors: made of the schemas of the API's own requests.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::{
    API_VERSION, AddressPolicySet, BackboneCreate, BackboneSiteCreate, ConnectorCreate, InvitationCreate, LinkCreate,
    ListenerCreate, ManifestKind, NetworkCreate,
    authored::SECRETS,
    schema::{address, name},
};

/// The schema as it is committed: indented, with a line end.
pub fn manifest_schema_json() -> String {
    let mut definitions = BTreeMap::new();
    let kinds: Vec<Value> = ManifestKind::ALL.into_iter().map(|kind| one(kind, &mut definitions)).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://skupperx.io/schemas/v1/manifest.json",
        "title": "Manifest",
        "oneOf": kinds,
        "$defs": definitions,
    });
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    format!("{}\n", text.replace("#/components/schemas/", "#/$defs/"))
}

fn one(kind: ManifestKind, definitions: &mut BTreeMap<String, Value>) -> Value {
    let spec = match kind {
        ManifestKind::Backbone => spec::<BackboneCreate>(definitions),
        ManifestKind::BackboneSite => spec::<BackboneSiteCreate>(definitions),
        ManifestKind::Link => spec::<LinkCreate>(definitions),
        ManifestKind::ApplicationNetwork => spec::<NetworkCreate>(definitions),
        ManifestKind::Invitation => spec::<InvitationCreate>(definitions),
        ManifestKind::Listener => spec::<ListenerCreate>(definitions),
        ManifestKind::Connector => spec::<ConnectorCreate>(definitions),
        ManifestKind::AddressPolicy => spec::<AddressPolicySet>(definitions),
        ManifestKind::Deployment => deployment(definitions),
    };
    let mut metadata = Map::new();
    if kind.is_named() {
        let name = if kind == ManifestKind::AddressPolicy { address() } else { name() };
        metadata.insert("name".to_owned(), json!(name));
    }
    match kind.parent() {
        Some(ManifestKind::Backbone) => metadata.insert("backbone".to_owned(), json!(name())),
        Some(_) => metadata.insert("network".to_owned(), json!(name())),
        None => None,
    };
    let mut required = vec!["apiVersion", "kind", "metadata"];
    if spec.get("required").is_some() || kind == ManifestKind::Deployment {
        required.push("spec");
    }
    json!({
        "title": kind,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": kind},
            "metadata": {
                "type": "object",
                "additionalProperties": false,
                "required": metadata.keys().collect::<Vec<_>>(),
                "properties": metadata,
            },
            "spec": spec,
        },
    })
}

/// The schema of what stands under `spec` of a deployment: that of the document, which has one of its own.
fn deployment(definitions: &mut BTreeMap<String, Value>) -> Value {
    const SCHEMA: &str = include_str!("../../../docs/schemas/deployment.json");
    // Its definitions have names of their own: some are called like others here.
    let schema: Value = serde_json::from_str(&SCHEMA.replace("#/$defs/", "#/$defs/Deployment.")).expect("it is JSON");
    let own = schema["$defs"].as_object().into_iter().flatten();
    definitions.extend(own.map(|(name, schema)| (format!("Deployment.{name}"), schema.clone())));
    schema["properties"]["spec"].clone()
}

/// The schema of what stands under `spec`.
fn spec<T: ToSchema>(definitions: &mut BTreeMap<String, Value>) -> Value {
    let mut nested = vec![];
    T::schemas(&mut nested);
    definitions.extend(nested.into_iter().map(|(name, schema)| (name, json!(schema))));
    let mut schema = json!(T::schema());
    let elsewhere = |field: &str| field == "name" || SECRETS.contains(&field);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|field, _| !elsewhere(field));
    }
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("example");
        let required = fields.remove("required");
        let required: Vec<Value> = required.and_then(|list| list.as_array().cloned()).unwrap_or_default();
        let required: Vec<Value> =
            required.into_iter().filter(|field| field.as_str().is_some_and(|field| !elsewhere(field))).collect();
        if !required.is_empty() {
            fields.insert("required".to_owned(), required.into());
        }
    }
    schema
}
