//! Invitations.

use std::{fmt, num::NonZeroU32, str::FromStr};

use jiff::Timestamp;
use model::{InvitationId, Name, terms::AddressPatterns};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

pub use model::{
    lifecycle::InvitationState,
    terms::{Admission, Consent},
};

use crate::{
    Standing,
    check::{Check, Errors, new_name},
    patch, schema,
};

/// How many sites may join by an invitation: a number in JSON, or the text `unlimited`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uses {
    /// This many.
    Limited(NonZeroU32),
    /// Any number.
    Unlimited,
}

impl Uses {
    /// One site.
    pub const ONE: Self = Self::Limited(NonZeroU32::MIN);

    /// The limit, if there is one.
    pub fn limit(self) -> Option<NonZeroU32> {
        match self {
            Self::Limited(n) => Some(n),
            Self::Unlimited => None,
        }
    }
}

impl Default for Uses {
    fn default() -> Self {
        Self::ONE
    }
}

/// Why a text is not a number of uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidUses(String);

impl fmt::Display for InvalidUses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a number of uses; give a number from 1 to 2147483647, or unlimited", self.0)
    }
}

impl std::error::Error for InvalidUses {}

fn limited(number: u64) -> Result<Uses, InvalidUses> {
    i32::try_from(number)
        .ok()
        .and_then(|n| u32::try_from(n).ok())
        .and_then(NonZeroU32::new)
        .map(Uses::Limited)
        .ok_or_else(|| InvalidUses(number.to_string()))
}

impl FromStr for Uses {
    type Err = InvalidUses;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "unlimited" => Ok(Self::Unlimited),
            _ => text.parse().map_err(|_| InvalidUses(format!("{text:?}"))).and_then(limited),
        }
    }
}

impl fmt::Display for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limited(n) => n.fmt(f),
            Self::Unlimited => f.write_str("unlimited"),
        }
    }
}

impl Serialize for Uses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Limited(n) => serializer.serialize_u32(n.get()),
            Self::Unlimited => serializer.serialize_str("unlimited"),
        }
    }
}

impl<'de> Deserialize<'de> for Uses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        match (&value, value.as_u64()) {
            (_, Some(number)) => limited(number),
            (serde_json::Value::String(text), _) if text == "unlimited" => Ok(Self::Unlimited),
            _ => Err(InvalidUses(value.to_string())),
        }
        .map_err(serde::de::Error::custom)
    }
}

/// A passcode that joiners have to know. It is not seen in `Debug` output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Passcode(pub String);

impl fmt::Debug for Passcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passcode")
    }
}

impl Passcode {
    /// How many characters it has.
    const LENGTH: std::ops::RangeInclusive<usize> = 4..=128;

    fn check(&self, errors: &mut Errors) {
        if !Self::LENGTH.contains(&self.0.chars().count()) || self.0.chars().any(char::is_control) {
            errors.add("passcode", "a passcode has 4 to 128 characters, and no control characters");
        }
    }
}

fn check_patterns(patterns: &AddressPatterns, field: &str, errors: &mut Errors) {
    if patterns.0.len() > AddressPatterns::MAX {
        errors.add(field, format!("give at most {} patterns", AddressPatterns::MAX));
    }
}

/// Serde's default for what is so unless said otherwise.
fn yes() -> bool {
    true
}

/// An invitation to an application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f05",
    "name": "stores",
    "network": "exercise",
    "state": "live",
    "uses": "unlimited",
    "used": 12,
    "waiting": 1,
    "deadline": "2027-02-01T09:00:00Z",
    "classes": ["store"],
    "prefix": "store",
    "admission": "waiting-room",
    "interactive": false,
    "passcode": true,
    "serve": ["till.*"],
    "use": ["*"],
    "renewable": true,
    "consent": "auto",
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 13
}))]
pub struct Invitation {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: InvitationId,
    /// Name, unique in the network.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The name of the application network.
    #[schema(schema_with = schema::name)]
    pub network: Name,
    /// Where it stands now.
    #[schema(schema_with = state)]
    pub state: InvitationState,
    /// How many sites may join by it.
    #[schema(schema_with = schema::uses)]
    pub uses: Uses,
    /// How many have.
    pub used: u32,
    /// How many wait to be admitted. Each has reserved a use.
    pub waiting: u32,
    /// Until when a site may join; as long as the network lasts, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub deadline: Option<Timestamp>,
    /// The classes its sites are given.
    #[schema(schema_with = schema::names)]
    pub classes: Vec<Name>,
    /// What the names of its sites begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub prefix: Option<Name>,
    /// How joiners are admitted.
    #[schema(schema_with = schema::admission)]
    pub admission: Admission,
    /// Whether the participant is to name the site before joining.
    pub interactive: bool,
    /// Whether a passcode is asked for.
    pub passcode: bool,
    /// What its sites may serve: patterns of addresses.
    #[schema(schema_with = schema::patterns)]
    pub serve: AddressPatterns,
    /// What its sites may use: patterns of addresses.
    #[schema(schema_with = schema::patterns)]
    pub r#use: AddressPatterns,
    /// Whether the certificates of its sites are renewed. Otherwise memberships end with them.
    pub renewable: bool,
    /// Whether participants are asked before anything is deployed at their sites.
    #[schema(schema_with = schema::consent)]
    pub consent: Consent,
    /// When it was created.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When it was last changed.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

fn state() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("Where an invitation stands."))
        .enum_values(Some(["live", "used-up", "expired", "closed"]))
        .build()
}

/// Creates an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "stores",
    "uses": 50,
    "deadline": "2027-02-01T09:00:00Z",
    "classes": ["store"],
    "prefix": "store"
}))]
pub struct InvitationCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// How many sites may join by it; 1 unless given.
    #[serde(default)]
    #[schema(schema_with = schema::uses, required = false)]
    pub uses: Uses,
    /// Until when a site may join; as long as the network lasts, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::time")]
    #[schema(schema_with = schema::optional_time)]
    pub deadline: Option<Timestamp>,
    /// The declared classes its sites are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::names)]
    pub classes: Vec<Name>,
    /// What the names of its sites begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub prefix: Option<Name>,
    /// How joiners are admitted; `automatic` unless given.
    #[serde(default)]
    #[schema(schema_with = schema::admission, required = false)]
    pub admission: Admission,
    /// Whether the participant is to name the site before joining.
    #[serde(default)]
    #[schema(required = false)]
    pub interactive: bool,
    /// A passcode that joiners have to know; none, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_passcode)]
    pub passcode: Option<Passcode>,
    /// What its sites may serve: patterns of addresses; everything, unless given.
    #[serde(default)]
    #[schema(schema_with = schema::patterns, required = false)]
    pub serve: AddressPatterns,
    /// What its sites may use: patterns of addresses; everything, unless given.
    #[serde(default)]
    #[schema(schema_with = schema::patterns, required = false)]
    pub r#use: AddressPatterns,
    /// Whether the certificates of its sites are renewed; they are, unless given.
    #[serde(default = "yes")]
    #[schema(required = false)]
    pub renewable: bool,
    /// Whether participants are asked before anything is deployed at their sites; `auto` unless given.
    #[serde(default)]
    #[schema(schema_with = schema::consent, required = false)]
    pub consent: Consent,
}

impl InvitationCreate {
    /// One with nothing but its name: for one site, without any condition.
    pub fn named(name: Name) -> Self {
        Self {
            name,
            uses: Uses::ONE,
            deadline: None,
            classes: Vec::new(),
            prefix: None,
            admission: Admission::default(),
            interactive: false,
            passcode: None,
            serve: AddressPatterns::default(),
            r#use: AddressPatterns::default(),
            renewable: true,
            consent: Consent::default(),
        }
    }
}

impl Check for InvitationCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
        check_patterns(&self.serve, "serve", errors);
        check_patterns(&self.r#use, "use", errors);
        if let Some(passcode) = &self.passcode {
            passcode.check(errors);
        }
    }
}

/// Copies an invitation: the same options, with a claim certificate of its own and no use spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "stores-2"}))]
pub struct InvitationCopy {
    /// The name of the copy, unique in the network.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Another deadline than the copied one's; `null` for as long as the network lasts.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable_time")]
    #[schema(schema_with = schema::optional_time)]
    pub deadline: Option<Option<Timestamp>>,
}

impl Check for InvitationCopy {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
    }
}

/// Changes an invitation. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"uses": 100, "deadline": null}))]
pub struct InvitationSet {
    /// How many sites may join by it, those that have included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::uses, required = false)]
    pub uses: Option<Uses>,
    /// Until when a site may join; `null` for as long as the network lasts.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable_time")]
    #[schema(schema_with = schema::optional_time)]
    pub deadline: Option<Option<Timestamp>>,
    /// The declared classes sites are given that join from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::names, required = false)]
    pub classes: Option<Vec<Name>>,
    /// What the names of sites begin with that join from now on; `null` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable")]
    #[schema(schema_with = schema::optional_name)]
    pub prefix: Option<Option<Name>>,
    /// How those who ask from now on are admitted. Who waits, waits on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::admission, required = false)]
    pub admission: Option<Admission>,
    /// Whether the participant is to name the site before joining.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interactive: Option<bool>,
    /// Another passcode; `null` for none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable")]
    #[schema(schema_with = schema::optional_passcode)]
    pub passcode: Option<Option<Passcode>>,
    /// What sites may serve that join from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_patterns)]
    pub serve: Option<AddressPatterns>,
    /// What sites may use that join from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_patterns)]
    pub r#use: Option<AddressPatterns>,
    /// Whether the certificates of sites are renewed that join from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewable: Option<bool>,
    /// Whether participants are asked at sites that join from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::consent, required = false)]
    pub consent: Option<Consent>,
}

impl Check for InvitationSet {
    fn check(&self, errors: &mut Errors) {
        for (patterns, field) in [(&self.serve, "serve"), (&self.r#use, "use")] {
            if let Some(patterns) = patterns {
                check_patterns(patterns, field, errors);
            }
        }
        if let Some(Some(passcode)) = &self.passcode {
            passcode.check(errors);
        }
    }
}

/// What an invitation is rendered for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvitationFormat {
    /// A file for `skx join FILE`.
    #[default]
    Linux,
    /// A text to paste into `skx join -`.
    Text,
    /// A page that needs nothing but itself.
    Html,
    /// Objects for one namespace of a Kubernetes cluster.
    Kubernetes,
    /// As `quadlet`.
    Podman,
    /// As `compose`.
    Docker,
    /// A compose file.
    Compose,
    /// A Quadlet unit.
    Quadlet,
    /// A calendar entry, without the key.
    Ics,
}

/// An invitation or bundle, ready to be handed over. It holds a private key: treat it like a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "file_name": "stores.invitation",
    "media_type": "text/plain",
    "content": "-----BEGIN SKUPPER-X INVITATION-----\n…\n-----END SKUPPER-X INVITATION-----\n"
}))]
pub struct Rendered {
    /// What to call the file.
    pub file_name: String,
    /// The media type of the content.
    pub media_type: String,
    /// The content.
    pub content: String,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rendered").field("file_name", &self.file_name).finish_non_exhaustive()
    }
}

/// Evicts an invitation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"members": false}))]
pub struct InvitationEvict {
    /// Whether the sites that joined by it are evicted, too. Unless it is said, they stay.
    #[serde(default)]
    #[schema(required = false)]
    pub members: bool,
}

impl Check for InvitationEvict {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_a_number_or_unlimited() {
        for (json, expected) in [("3", "3"), ("\"unlimited\"", "unlimited")] {
            let uses: Uses = serde_json::from_str(json).expect(json);
            assert_eq!(uses.to_string(), expected);
            assert_eq!(expected.parse::<Uses>().expect(expected), uses);
            assert_eq!(serde_json::to_string(&uses).expect("serialises"), json);
        }
        for bad in ["0", "-1", "1.5", "\"3\"", "null", "2147483648", "true"] {
            let error = serde_json::from_str::<Uses>(bad).expect_err(bad).to_string();
            assert!(error.contains("unlimited"), "{error}");
        }
        for bad in ["", "0", "-1", "many"] {
            assert!(bad.parse::<Uses>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_change_tells_null_from_absent() {
        let set: InvitationSet = serde_json::from_str(r#"{"deadline": null}"#).expect("well-formed");
        assert_eq!(set.deadline, Some(None));
        assert_eq!(set.prefix, None);
        assert_eq!(serde_json::to_string(&set).expect("serialises"), r#"{"deadline":null}"#);
    }
}
