//! How documents name each other: `name@range`, `name@version` and `part.interface`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};

use super::{Identifier, Label};

/// A text that is no reference of the expected form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct InvalidReference {
    text: String,
    expected: &'static str,
}

/// A block or interface type in some range of versions: `postgresql@^16`, or `postgresql` for the newest.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Reference {
    /// The name.
    pub name: Label,
    /// The acceptable versions.
    pub range: VersionReq,
}

/// A block in exactly one version: `shop@1.2.0`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin {
    /// The name.
    pub name: Label,
    /// The version.
    pub version: Version,
}

/// An interface of a part: `api.orders`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    /// The part.
    pub part: Label,
    /// Its interface.
    pub interface: Identifier,
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, range) = text.split_once('@').unwrap_or((text, "*"));
        let range = range.parse().map_err(|_| InvalidReference {
            text: text.to_owned(),
            expected: "a name with a range of versions, such as postgresql@^16",
        })?;
        Ok(Self { name: name.into(), range })
    }
}

impl FromStr for Pin {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('@')
            .and_then(|(name, version)| Some(Self { name: name.into(), version: version.parse().ok()? }))
            .ok_or_else(|| InvalidReference {
                text: text.to_owned(),
                expected: "a name with one exact version, such as shop@1.2.0",
            })
    }
}

impl FromStr for Endpoint {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split_once('.')
            .map(|(part, interface)| Self { part: part.into(), interface: interface.into() })
            .ok_or_else(|| InvalidReference {
                text: text.to_owned(),
                expected: "an interface of a part, such as api.orders",
            })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.range == VersionReq::STAR { self.name.fmt(f) } else { write!(f, "{}@{}", self.name, self.range) }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.part, self.interface)
    }
}

macro_rules! as_text {
    ($($name:ident, $pattern:literal, $words:literal;)+) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidReference;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern, "description": $words })
            }
        }
    )+};
}

as_text! {
    Reference, r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(@[-+*.,<>=~^ 0-9A-Za-z]+)?$",
        "a name with a range of versions, such as postgresql@^16; without one, the newest";
    Pin, r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?@\d+\.\d+\.\d+[-+.0-9A-Za-z]*$",
        "a name with one exact version, such as shop@1.2.0";
    Endpoint, r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.[a-z][a-z0-9_]{0,62}$",
        "an interface of a part, such as api.orders";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_range_takes_any_version() {
        let reference: Reference = "postgresql".parse().expect("a reference");
        assert!(reference.range.matches(&Version::new(16, 4, 0)));
        assert_eq!(reference.to_string(), "postgresql");
    }

    #[test]
    fn a_bare_number_means_that_major_version() {
        let reference: Reference = "postgresql@16".parse().expect("a reference");
        assert!(reference.range.matches(&Version::new(16, 9, 1)));
        assert!(!reference.range.matches(&Version::new(17, 0, 0)));
    }

    #[test]
    fn pins_and_endpoints_survive_a_round_trip() {
        assert_eq!("shop@1.2.0".parse::<Pin>().expect("a pin").to_string(), "shop@1.2.0");
        assert_eq!("api.orders".parse::<Endpoint>().expect("an endpoint").to_string(), "api.orders");
        assert!("shop@^1".parse::<Pin>().is_err());
        assert!("api".parse::<Endpoint>().is_err());
    }
}
