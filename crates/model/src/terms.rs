//! On what terms a site is a member: what its invitation lays down for as long as the membership lasts.

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Address;

/// The terms of a membership. Those of an invitation are those of every site that joins by it from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// What the site may serve and use.
    #[serde(skip_serializing_if = "AddressLimits::is_everything")]
    pub limits: AddressLimits,
    /// Whether its certificate is renewed. Otherwise the membership ends with it.
    #[serde(skip_serializing_if = "Clone::clone")]
    pub renewable: bool,
    /// Whether the participant is asked before anything is deployed at the site.
    #[serde(skip_serializing_if = "Consent::is_auto")]
    pub consent: Consent,
}

impl Default for Terms {
    fn default() -> Self {
        Self { limits: AddressLimits::default(), renewable: true, consent: Consent::default() }
    }
}

impl Terms {
    /// Whether nothing is laid down.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How those who join are admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// At once.
    #[default]
    Automatic,
    /// They wait until somebody admits them.
    WaitingRoom,
}

/// Whether the participant is asked before anything is deployed at a site.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consent {
    /// What is deployed there is deployed at once.
    #[default]
    Auto,
    /// The participant is asked first.
    Ask,
}

impl Consent {
    fn is_auto(&self) -> bool {
        *self == Self::Auto
    }
}

/// A text that is none of the words for its place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not known here; give {known}")]
pub struct UnknownTerm {
    text: String,
    known: &'static str,
}

macro_rules! words {
    ($t:ident, $known:literal { $($variant:ident = $word:literal),+ }) => {
        impl $t {
            /// The value as it is written in the API and the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $t {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $t {
            type Err = UnknownTerm;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownTerm { text: text.chars().take(40).collect(), known: $known }),
                }
            }
        }
    };
}

words!(Consent, "auto or ask" { Auto = "auto", Ask = "ask" });
words!(Admission, "automatic or waiting-room" { Automatic = "automatic", WaitingRoom = "waiting-room" });

/// Addresses, by what they begin with: an address for itself, or with `*` at its end everything that begins so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressPattern(String);

/// Why a text is not an [`AddressPattern`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an address pattern; give an address such as till.api, the beginning of some with * at the end such as till.*, or * for all"
)]
pub struct InvalidPattern(String);

impl AddressPattern {
    /// Every address.
    pub fn everything() -> Self {
        Self("*".to_owned())
    }

    /// Whether it covers `address`.
    pub fn covers(&self, address: &Address) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => address.as_str().starts_with(beginning),
            None => address.as_str() == self.0,
        }
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AddressPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidPattern(text.chars().take(140).collect());
        match text.strip_suffix('*') {
            None => text.parse::<Address>().map(|_| ()).map_err(|_| invalid())?,
            Some("") => {}
            // With another letter behind it the beginning must be that of an address.
            Some(beginning) => format!("{beginning}x").parse::<Address>().map(|_| ()).map_err(|_| invalid())?,
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for AddressPattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AddressPattern> for String {
    fn from(pattern: AddressPattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Some addresses of a network. Those of the platform are no part of it, and never limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AddressPatterns(pub BTreeSet<AddressPattern>);

impl Default for AddressPatterns {
    fn default() -> Self {
        Self([AddressPattern::everything()].into())
    }
}

impl AddressPatterns {
    /// The most patterns there may be: they travel in certificates.
    pub const MAX: usize = 16;

    /// Whether `address` is among them.
    pub fn allow(&self, address: &Address) -> bool {
        address.is_platform() || self.0.iter().any(|pattern| pattern.covers(address))
    }

    /// Whether every address is.
    pub fn is_everything(&self) -> bool {
        self.0.contains(&AddressPattern::everything())
    }
}

impl fmt::Display for AddressPatterns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing");
        }
        for (i, pattern) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{pattern}")?;
        }
        Ok(())
    }
}

/// What a site may serve and use in its network. It stands in the site's certificate, so that whoever meets the site
/// can hold it to that alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressLimits {
    /// What it may serve.
    #[serde(skip_serializing_if = "AddressPatterns::is_everything")]
    pub serve: AddressPatterns,
    /// What it may use.
    #[serde(rename = "use", skip_serializing_if = "AddressPatterns::is_everything")]
    pub uses: AddressPatterns,
}

impl AddressLimits {
    /// Whether nothing is kept from it.
    pub fn is_everything(&self) -> bool {
        self.serve.is_everything() && self.uses.is_everything()
    }

    /// Whether it is bounded as certificates need it.
    pub fn is_bounded(&self) -> bool {
        self.serve.0.len() <= AddressPatterns::MAX && self.uses.0.len() <= AddressPatterns::MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> AddressPatterns {
        AddressPatterns(texts.iter().map(|text| text.parse().expect(text)).collect())
    }

    fn address(text: &str) -> Address {
        Address::from_wire(text).expect(text)
    }

    #[test]
    fn a_pattern_is_an_address_or_the_beginning_of_some() {
        for bad in ["", "**", "a*b", "*a", "A*", "skx", "skx/*", "skx/controller", ".*", "a..*", &"x".repeat(129)] {
            assert!(bad.parse::<AddressPattern>().is_err(), "{bad}");
        }
        let some = patterns(&["till.*", "db"]);
        for (text, allowed) in [("till.api", true), ("till", false), ("db", true), ("db2", false), ("x.till.a", false)]
        {
            assert_eq!(some.allow(&address(text)), allowed, "{text}");
        }
        assert!(patterns(&["*"]).allow(&address("anything/at.all")));
        assert!(!patterns(&[]).allow(&address("db")));
        assert!(patterns(&[]).allow(&Address::controller()), "the platform is never limited");
        assert_eq!(patterns(&[]).to_string(), "nothing");
        assert_eq!(some.to_string(), "db, till.*");
    }

    #[test]
    fn terms_that_lay_nothing_down_are_written_as_nothing() {
        assert_eq!(serde_json::to_string(&Terms::default()).expect("serialises"), "{}");
        let terms: Terms =
            serde_json::from_str(r#"{"limits":{"serve":[]},"renewable":false,"consent":"ask"}"#).expect("well-formed");
        assert!(!terms.renewable && terms.consent == Consent::Ask && !terms.limits.serve.allow(&address("db")));
        assert!(terms.limits.uses.is_everything());
        let again: Terms = serde_json::from_value(serde_json::to_value(&terms).expect("serialises")).expect("again");
        assert_eq!(again, terms);
    }
}
