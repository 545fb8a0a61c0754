//! Addresses (routing keys): what components call each other by inside one application network.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An address, scoped to one application network: labels of letters, digits, `-` and `_`, separated by `.` or `/`.
///
/// Addresses under `skx/` belong to the platform; [`Address::from_str`] refuses them, so that no text a user
/// enters can ever name one. They are made by [`Address::controller`] and [`Address::claim`] only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

/// Why a text is not an [`Address`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// The text has another form.
    #[error(
        "{0:?} is not an address; an address has 1 to 128 lower-case letters, digits, '-' and '_', in labels separated by '.' or '/'"
    )]
    Form(String),
    /// The text is in the platform's own name space.
    #[error("{0:?} is reserved: addresses under skx/ belong to the platform")]
    Reserved(String),
}

impl Address {
    /// The longest address, in bytes.
    pub const MAX_LEN: usize = 128;

    /// `skx/controller`: the management controllers' session service.
    pub fn controller() -> Self {
        Self("skx/controller".to_owned())
    }

    /// `skx/claim`: redemption of invitations and enrolment of backbone sites.
    pub fn claim() -> Self {
        Self("skx/claim".to_owned())
    }

    /// Whether only the platform may serve this address.
    pub fn is_platform(&self) -> bool {
        self.0.starts_with("skx/")
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads an address that another part of the platform wrote, reserved ones included.
    ///
    /// For wire formats only: what a person enters goes through [`Address::from_str`].
    pub fn from_wire(text: &str) -> Result<Self, InvalidAddress> {
        match text {
            "skx/controller" => Ok(Self::controller()),
            "skx/claim" => Ok(Self::claim()),
            _ => text.parse(),
        }
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let label = |l: &str| {
            !l.is_empty() && l.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
        };
        if text.len() > Self::MAX_LEN || !text.split(['.', '/']).all(label) {
            return Err(InvalidAddress::Form(text.chars().take(140).collect()));
        }
        if text == "skx" || text.starts_with("skx/") {
            return Err(InvalidAddress::Reserved(text.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl AsRef<str> for Address {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_name_space_cannot_be_entered() {
        for bad in ["skx", "skx/controller", "skx/claim", "skx/x"] {
            assert!(matches!(bad.parse::<Address>(), Err(InvalidAddress::Reserved(_))), "{bad}");
        }
        assert!(Address::from_wire("skx/controller").expect("platform address").is_platform());
        assert!(Address::from_wire("skx/other").is_err());
    }

    #[test]
    fn forms() {
        for good in ["web", "till.api", "a/b-c_d", "skx-shop", "skxx/a"] {
            good.parse::<Address>().expect(good);
        }
        for bad in ["", ".", "a..b", "/a", "a/", "A", "a b", &"x".repeat(129)] {
            assert!(matches!(bad.parse::<Address>(), Err(InvalidAddress::Form(_))), "{bad}");
        }
    }
}
