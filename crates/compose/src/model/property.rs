//! Fields of configuration and interface data: JSON Schema, with what a composed application needs to know besides.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value, json};

use super::Field;

/// A field: a JSON Schema, with `required` said by the field itself, and with `secret` and `local`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Property {
    /// What kind of value it takes. Any, if left out.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<PropertyType>,
    /// What it is for.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The value if none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether a value must be given.
    #[serde(skip_serializing_if = "is_false")]
    pub required: bool,
    /// The value is a secret: only ever a reference, `{secret: NAME}`, never the secret itself.
    #[serde(skip_serializing_if = "is_false")]
    pub secret: bool,
    /// The participant at a site may fill it in there.
    #[serde(skip_serializing_if = "is_false")]
    pub local: bool,
    /// The values it may have.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Value>,
    /// The least number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    /// The greatest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
    /// The fewest characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    /// The most characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    /// A regular expression a text must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What each item of an array is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Items>,
    /// The fewest items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    /// The most items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    /// The fields of an object. An object that names some takes no others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<Field, Property>,
    /// What each value of an object with free keys is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_properties: Option<Items>,
}

/// A schema within a schema.
pub type Items = Box<Property>;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PropertyType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array,
    /// A mapping.
    Object,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl Property {
    /// The field as plain JSON Schema.
    pub fn schema(&self) -> Value {
        if self.secret {
            return json!({
                "type": "object",
                "properties": { "secret": { "type": "string" }, "key": { "type": "string" } },
                "required": ["secret"],
                "additionalProperties": false,
            });
        }
        let Ok(Value::Object(mut schema)) = serde_json::to_value(self) else { return Value::Bool(true) };
        for ours in ["required", "secret", "local", "default", "properties", "items", "additionalProperties"] {
            schema.remove(ours);
        }
        if let Some(items) = &self.items {
            schema.insert("items".into(), items.schema());
        }
        if !self.properties.is_empty() {
            schema.extend(object_schema(&self.properties));
        }
        if let Some(values) = &self.additional_properties {
            schema.insert("additionalProperties".into(), values.schema());
        }
        Value::Object(schema)
    }
}

/// The JSON Schema of an object with exactly these fields.
pub(crate) fn object_schema(fields: &BTreeMap<Field, Property>) -> Map<String, Value> {
    let properties: Map<String, Value> =
        fields.iter().map(|(name, field)| (name.to_string(), field.schema())).collect();
    let required: Vec<&str> = fields.iter().filter(|(_, f)| f.required).map(|(name, _)| name.as_str()).collect();
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), Value::Object(properties));
    schema.insert("required".into(), json!(required));
    schema.insert("additionalProperties".into(), json!(false));
    schema
}
