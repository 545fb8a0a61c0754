//! Names of objects: DNS labels.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The name of an object, unique within its parent: a DNS label (RFC 1123) in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is not a [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a name: {why}; a name has 1 to 63 lower-case letters, digits and hyphens, and starts and ends with a letter or digit"
)]
pub struct InvalidName {
    text: String,
    why: &'static str,
}

impl Name {
    /// The longest name, in bytes.
    pub const MAX_LEN: usize = 63;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |why| Err(InvalidName { text: text.chars().take(80).collect(), why });
        if text.is_empty() {
            return refuse("it is empty");
        }
        if text.len() > Self::MAX_LEN {
            return refuse("it is longer than 63 bytes");
        }
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return refuse("it has upper-case letters");
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return refuse("it has other characters");
        }
        if text.starts_with('-') || text.ends_with('-') {
            return refuse("it starts or ends with a hyphen");
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dns_labels_are_names() {
        for good in ["a", "store-017", "0", &"x".repeat(63)] {
            assert_eq!(good.parse::<Name>().expect(good).as_str(), good);
        }
    }

    #[test]
    fn everything_else_is_refused_with_its_reason() {
        for (bad, why) in [
            ("", "empty"),
            (&*"x".repeat(64), "longer"),
            ("Store", "upper-case"),
            ("a_b", "other characters"),
            ("a.b", "other characters"),
            ("é", "other characters"),
            ("-a", "hyphen"),
            ("a-", "hyphen"),
        ] {
            let error = bad.parse::<Name>().expect_err(bad).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
