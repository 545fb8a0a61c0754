//! Texts of a certain form: names, identifiers, versions.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $pattern:literal, $words:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        /// Trusts that the text has the form: documents are held against their schema before anything is made of them.
        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
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

texts! {
    /// The name of a document, part, place or volume: a DNS label in lower case, so that platforms can use it as it is.
    Label, "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        "1 to 63 lower-case letters, digits and hyphens, starting and ending with a letter or digit";
    /// The name of an interface, role or port: it can stand in an expression and in an address.
    Identifier, "^[a-z][a-z0-9_]{0,62}$", "a lower-case letter, then lower-case letters, digits and underscores";
    /// The name of a configuration field or datum: it can stand in an expression.
    Field, "^[a-z][a-zA-Z0-9_]{0,62}$", "a lower-case letter, then letters, digits and underscores";
}

/// A semantic version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Semver(pub semver::Version);

impl JsonSchema for Semver {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$",
            "description": "a semantic version of three numbers, such as 1.4.0",
        })
    }
}

impl fmt::Display for Semver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
