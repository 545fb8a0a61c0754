//! JSON Schemas of the documents: the ones they are held against, and the ones editors use.

use std::sync::OnceLock;

use jsonschema::{PatternOptions, Validator};
use schemars::{JsonSchema, Schema, generate::SchemaSettings, transform::transform_subschemas};
use serde_json::{Value, json};

use crate::{
    deploy::{Deployment, Sites},
    model::{Application, Block, InterfaceType, Workload},
    release::Release,
    render::{Addresses, Facts},
};

/// The kinds of document a person authors, as `kind` names them.
pub const KINDS: [&str; 3] = ["Application", "Block", "InterfaceType"];

/// The schema of a kind as published for editors: where an expression may stand, it says so.
pub fn published(kind: &str) -> Option<Value> {
    let mut schema = named(kind, strict(kind)?.clone());
    if let Some(workload) = schema.pointer_mut("/$defs/Workload") {
        allow_expressions(workload);
    }
    for shared in WORKLOAD_TYPES {
        if let Some(definition) = schema.pointer_mut(&format!("/$defs/{shared}")) {
            allow_expressions(definition);
        }
    }
    if kind == "Block" {
        // A block that extends another removes what it inherits by null.
        let definitions = schema.get_mut("$defs").and_then(Value::as_object_mut).into_iter().flatten();
        for (_, definition) in definitions.filter(|(name, _)| *name != "Metadata") {
            for key in ["properties", "patternProperties"] {
                let inner = definition.get_mut(key).and_then(Value::as_object_mut);
                inner.into_iter().flat_map(|map| map.values_mut()).for_each(or_null);
            }
        }
    }
    Some(schema)
}

/// The schema of a release, as published for those who read one. Nobody authors one.
pub fn release() -> Value {
    named("Release", of::<Release>())
}

/// The schema of a deployment, as published for editors.
pub fn published_deployment() -> Value {
    named("Deployment", deployment().0.clone())
}

/// The schema of what workloads are told of sites that come and go. The site writes it.
pub fn addresses() -> Value {
    named("Addresses", of::<Addresses>())
}

fn named(kind: &str, mut schema: Value) -> Value {
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".into(), json!(format!("https://skupperx.io/schemas/v1/{}.json", kind.to_lowercase())));
        root.insert("title".into(), json!(kind));
    }
    schema
}

/// Allows null for what is in a mapping, whichever form the mapping has.
fn or_null_inside(schema: &mut Value) {
    let forms = schema.get_mut("anyOf").and_then(Value::as_array_mut);
    forms.into_iter().flatten().for_each(or_null_inside);
    let patterns = schema.get_mut("patternProperties").and_then(Value::as_object_mut);
    patterns.into_iter().flat_map(|map| map.values_mut()).for_each(or_null);
    schema.get_mut("additionalProperties").filter(|inner| inner.is_object()).into_iter().for_each(or_null);
}

fn or_null(schema: &mut Value) {
    or_null_inside(schema);
    let plain = schema.take();
    let description = plain.get("description").cloned();
    *schema = json!({ "anyOf": [plain, { "type": "null" }] });
    if let (Some(text), Some(object)) = (description, schema.as_object_mut()) {
        object.insert("description".into(), text);
    }
}

/// The types within a workload whose values may be expressions.
const WORKLOAD_TYPES: [&str; 7] = ["FileSource", "HttpProbe", "PortSpec", "Probe", "Probes", "Resources", "Volume"];

fn allow_expressions(definition: &mut Value) {
    let Some(object) = definition.as_object_mut() else { return };
    for key in ["properties", "patternProperties"] {
        for inner in object.get_mut(key).and_then(Value::as_object_mut).into_iter().flat_map(|map| map.values_mut()) {
            or_expression(inner);
        }
    }
    for key in ["additionalProperties", "items"] {
        if let Some(inner) = object.get_mut(key).filter(|v| v.is_object()) {
            or_expression(inner);
        }
    }
}

fn or_expression(schema: &mut Value) {
    allow_expressions(schema);
    let plain = schema.take();
    let description = plain.get("description").cloned();
    *schema = json!({ "anyOf": [plain, { "type": "string", "pattern": r"\$\{\{" }] });
    if let (Some(text), Some(object)) = (description, schema.as_object_mut()) {
        object.insert("description".into(), text);
    }
}

/// The schema a document of this kind is held against, in which expressions are not considered.
pub(crate) fn strict(kind: &str) -> Option<&'static Value> {
    static SCHEMAS: OnceLock<[Value; 3]> = OnceLock::new();
    let all = SCHEMAS.get_or_init(|| [of::<Application>(), of::<Block>(), of::<InterfaceType>()]);
    KINDS.iter().position(|k| *k == kind).map(|i| &all[i])
}

/// The validator of a kind.
pub(crate) fn validator(kind: &str) -> Option<&'static Validator> {
    static VALIDATORS: OnceLock<[Validator; 3]> = OnceLock::new();
    let all = VALIDATORS.get_or_init(|| {
        KINDS.map(|kind| compile(strict(kind).expect("every kind has a schema")).expect("our own schema"))
    });
    KINDS.iter().position(|k| *k == kind).map(|i| &all[i])
}

/// The schema and validator of a workload whose expressions have been evaluated.
pub(crate) fn workload() -> (&'static Value, &'static Validator) {
    static WORKLOAD: OnceLock<(Value, Validator)> = OnceLock::new();
    own::<Workload>(&WORKLOAD)
}

/// The schema and validator of what is known of a site.
pub(crate) fn facts() -> (&'static Value, &'static Validator) {
    static FACTS: OnceLock<(Value, Validator)> = OnceLock::new();
    own::<Facts>(&FACTS)
}

/// The schema and validator of a deployment.
pub(crate) fn deployment() -> (&'static Value, &'static Validator) {
    static DEPLOYMENT: OnceLock<(Value, Validator)> = OnceLock::new();
    own::<Deployment>(&DEPLOYMENT)
}

/// The schema and validator of what is known of the sites of a network.
pub(crate) fn sites() -> (&'static Value, &'static Validator) {
    static SITES: OnceLock<(Value, Validator)> = OnceLock::new();
    own::<Sites>(&SITES)
}

fn own<T: JsonSchema>(once: &'static OnceLock<(Value, Validator)>) -> (&'static Value, &'static Validator) {
    let (schema, validator) = once.get_or_init(|| {
        let schema = of::<T>();
        let validator = compile(&schema).expect("our own schema");
        (schema, validator)
    });
    (schema, validator)
}

/// Compiles a schema: no references are followed, and patterns take time linear in the text.
pub(crate) fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options().with_pattern_options(PatternOptions::regex()).build(schema).map_err(|error| error.to_string())
}

fn of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_deserialize().with_transform(without_null).into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

/// Optional fields may be left out, but not given as `null`: that is how a value is lost unnoticed.
fn without_null(schema: &mut Schema) {
    if let Some(object) = schema.as_object_mut() {
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|t| t != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(options)) = object.get_mut("anyOf") {
            options.retain(|o| o.get("type").is_none_or(|t| t != "null"));
            if let [Value::Object(only)] = options.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                object.extend(only);
            }
        }
        object.remove("format");
        if object.get("default").is_some_and(|d| d.is_null() || d == "") {
            object.remove("default");
        }
    }
    transform_subschemas(&mut without_null, schema);
}
