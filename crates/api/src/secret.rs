//! Secrets: values that sites need, written here and read by nobody.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Name, SecretId, secret::SecretText};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors},
    schema,
};

/// A secret. Its values are never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "name": "database",
    "network": "exercise",
    "keys": ["password", "user"],
    "deployments": ["shop"],
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Secret {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: SecretId,
    /// The name, unique in the network.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The name of the application network.
    #[schema(schema_with = schema::name)]
    pub network: Name,
    /// The names of its values.
    pub keys: Vec<String>,
    /// The deployments that need it.
    #[schema(schema_with = schema::names)]
    pub deployments: Vec<Name>,
    /// When it was set first.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When its values were last changed.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Sets the values of a secret, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"values": {"user": "shop", "password": "a long one"}}))]
pub struct SecretSet {
    /// The values, by their names.
    #[schema(value_type = BTreeMap<String, String>)]
    pub values: SecretValues,
}

/// The values of a secret, by their names. What is wrong with them is said without them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SecretValues(pub BTreeMap<String, SecretText>);

impl SecretValues {
    /// How many values a secret can have.
    pub const MOST: usize = 64;
    /// How long one value can be, in bytes.
    pub const VALUE_BYTES: usize = 64 * 1024;
    /// How long the name of a value can be.
    const KEY_BYTES: usize = 253;
}

impl<'de> Deserialize<'de> for SecretValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(values) = Value::deserialize(deserializer)? else {
            return Err(D::Error::custom("give an object of texts"));
        };
        let text = |(key, value): (String, Value)| match value {
            Value::String(text) => Ok((key, SecretText::from(text))),
            _ => Err(D::Error::custom("every value is a text")),
        };
        values.into_iter().map(text).collect::<Result<_, _>>().map(Self)
    }
}

impl Check for SecretSet {
    fn check(&self, errors: &mut Errors) {
        let values = &self.values.0;
        if values.is_empty() || values.len() > SecretValues::MOST {
            errors.add("values", format!("give 1 to {} values", SecretValues::MOST));
        }
        let is_key = |key: &str| {
            let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            (1..=SecretValues::KEY_BYTES).contains(&key.len()) && key.bytes().all(known)
        };
        if !values.keys().all(|key| is_key(key)) {
            errors.add("values", "the name of a value has 1 to 253 letters, digits, hyphens, underscores and dots");
        }
        let is_good =
            |value: &SecretText| value.expose().len() <= SecretValues::VALUE_BYTES && !value.expose().contains('\0');
        for (key, _) in values.iter().filter(|(key, value)| is_key(key) && !is_good(value)) {
            errors.add(format!("values.{key}"), "a value has at most 64 KiB, and no character NUL");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_secret_is_said_without_it() {
        for body in [
            r#"{"values": "hunter2"}"#,
            r#"{"values": {"key": 72727272}}"#,
            r#"{"values": {"key": {"hunter2": "hunter2"}}}"#,
            r#"{"values": ["hunter2"]}"#,
        ] {
            let error = serde_json::from_str::<SecretSet>(body).expect_err(body).to_string();
            assert!(!error.contains("hunter2") && !error.contains("7272"), "{error}");
        }
        let set: SecretSet =
            serde_json::from_str(r#"{"values": {"a b": "hunter2", "c": "hunter\u0000"}}"#).expect("read");
        let faults = format!("{set:?} {:?}", set.faults());
        assert!(faults.contains("values.c") && !faults.contains("hunter"), "{faults}");
        let none: SecretSet = serde_json::from_str(r#"{"values": {}}"#).expect("read");
        assert_eq!(none.faults()[0].field, "values");
    }
}
