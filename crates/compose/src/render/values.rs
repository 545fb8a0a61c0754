//! What only a site knows, evaluated there.

use serde_json::{Map, Value, json};

use super::Facts;
use crate::{
    diagnostic::Diagnostic,
    expression::Context,
    library::unreadable,
    release::{Instance, late},
};

/// A value in which every late expression has been evaluated.
pub(super) fn settle(
    value: &Value,
    context: &Context,
    path: &mut Vec<String>,
    faults: &mut Vec<(Vec<String>, Diagnostic)>,
) -> Value {
    if let Some(text) = late(value) {
        return context.evaluate(text).unwrap_or_else(|error| {
            faults.push((path.clone(), unreadable(&error)));
            Value::Null
        });
    }
    match value {
        Value::Array(items) => {
            let items = items.iter().enumerate().map(|(i, item)| {
                path.push(i.to_string());
                let value = settle(item, context, path, faults);
                path.pop();
                value
            });
            items.collect()
        }
        Value::Object(map) => {
            let entries = map.iter().map(|(key, item)| {
                path.push(key.clone());
                let value = settle(item, context, path, faults);
                path.pop();
                (key.clone(), value)
            });
            Value::Object(entries.collect())
        }
        scalar => scalar.clone(),
    }
}

/// The roots `site` and `network`.
pub(super) fn surroundings(facts: &Facts) -> Map<String, Value> {
    let site = &facts.site;
    let mut roots = Map::new();
    roots.insert("site".into(), serde_json::to_value(site).unwrap_or_default());
    roots.insert("network".into(), json!({ "name": facts.network.name, "id": facts.network.id }));
    roots
}

/// The root `this`.
pub(super) fn this(path: &str, instance: &Instance, interfaces: Map<String, Value>) -> Value {
    let (block, version) = instance.block.split_once('@').unwrap_or((&instance.block, ""));
    json!({
        "name": path.rsplit('/').next().unwrap_or_default(),
        "id": instance.id,
        "instance": path,
        "block": block,
        "version": version,
        "interfaces": interfaces,
    })
}
