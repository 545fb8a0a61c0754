//! Who can sign in: users and groups, their passwords and tokens.

use std::fmt;

use jiff::Timestamp;
use model::{GroupId, Name, SubjectId, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors, new_name},
    patch, schema,
};

/// A password. It is not seen in `Debug` output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

impl Password {
    /// How many characters a new one has.
    const LENGTH: std::ops::RangeInclusive<usize> = 12..=128;
    /// How many bytes of one are looked at.
    const MAX_BYTES: usize = 512;

    pub(crate) fn check(&self, field: &str, errors: &mut Errors) {
        if self.0.len() > Self::MAX_BYTES {
            errors.add(field, "a password has at most 128 characters");
        }
    }

    pub(crate) fn check_new(&self, field: &str, errors: &mut Errors) {
        let mut characters: Vec<char> = self.0.chars().collect();
        if !Self::LENGTH.contains(&characters.len()) || characters.iter().any(|c| c.is_control()) {
            return errors.add(field, "a password has 12 to 128 characters, and no control characters");
        }
        characters.sort_unstable();
        characters.dedup();
        if characters.len() < 5 {
            errors.add(field, "a password has at least five different characters");
        }
    }
}

/// What a user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum UserKind {
    /// A person, who signs in.
    #[default]
    Person,
    /// A service, such as a pipeline: it has tokens only.
    Service,
}

impl fmt::Display for UserKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Person => "person",
            Self::Service => "service",
        })
    }
}

/// How far the password of a user has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordState {
    /// There is none.
    None,
    /// One that opens nothing but the choice of another.
    OneTime,
    /// One of their own.
    Set,
}

impl fmt::Display for PasswordState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::OneTime => "one-time",
            Self::Set => "set",
        })
    }
}

/// Who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f20",
    "name": "ada",
    "kind": "person",
    "display_name": "Ada Lovelace",
    "email": "ada@example.com",
    "disabled": false,
    "password": "set",
    "groups": ["operations"],
    "last_sign_in": "2027-01-31T09:00:00Z",
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct User {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: SubjectId,
    /// Name, unique in the installation.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// What it is.
    pub kind: UserKind,
    /// What a person is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Where mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The identity provider a person signs in with, if with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whether nothing of it is accepted.
    pub disabled: bool,
    /// How far its password has come.
    pub password: PasswordState,
    /// The groups it is in.
    #[schema(schema_with = schema::names)]
    pub groups: Vec<Name>,
    /// When they last signed in, if that is less than a month ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub last_sign_in: Option<Timestamp>,
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

/// Creates a user. A person signs in after a reset, with the password that gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "ada", "kind": "person", "display_name": "Ada Lovelace", "email": "ada@example.com"}))]
pub struct UserCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// What it is; a person, unless given.
    #[serde(default)]
    #[schema(required = false)]
    pub kind: UserKind,
    /// What a person is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 200)]
    pub display_name: Option<String>,
    /// Where mail reaches them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 3, max_length = 254)]
    pub email: Option<String>,
}

impl Check for UserCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
        check_display_name(self.display_name.as_deref(), errors);
        check_email(self.email.as_deref(), errors);
    }
}

/// Changes a user. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": null, "disabled": true}))]
pub struct UserSet {
    /// What a person is called; `null` for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub display_name: Option<Option<String>>,
    /// Where mail reaches them; `null` for nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable")]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    pub email: Option<Option<String>>,
    /// Whether nothing of it is accepted from now on: its sessions end, its tokens are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

impl Check for UserSet {
    fn check(&self, errors: &mut Errors) {
        check_display_name(self.display_name.as_ref().and_then(|name| name.as_deref()), errors);
        check_email(self.email.as_ref().and_then(|email| email.as_deref()), errors);
    }
}

fn check_display_name(name: Option<&str>, errors: &mut Errors) {
    if let Some(name) = name
        && (!(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control))
    {
        errors.add("display_name", "give 1 to 200 characters, and no control characters");
    }
}

fn check_email(email: Option<&str>, errors: &mut Errors) {
    if let Some(email) = email
        && (!(3..=254).contains(&email.chars().count())
            || !email.contains('@')
            || email.chars().any(|c| c.is_control() || c.is_whitespace()))
    {
        errors.add("email", "give an address such as ada@example.com");
    }
}

/// A password that opens nothing but the choice of another. It is shown once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user": "ada", "password": "k3hx-…", "expires": "2027-02-01T09:00:00Z"}))]
pub struct OneTimePassword {
    /// Whose.
    #[schema(schema_with = schema::name)]
    pub user: Name,
    /// The password.
    #[schema(value_type = String)]
    pub password: Password,
    /// Until when it can be used.
    #[schema(schema_with = schema::time)]
    pub expires: Timestamp,
}

/// A group of users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f21",
    "name": "operations",
    "members": 3,
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Group {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: GroupId,
    /// Name, unique in the installation.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// How many are in it.
    pub members: u64,
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

/// Creates a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "operations"}))]
pub struct GroupCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
}

impl Check for GroupCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
    }
}

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user": "ada", "user_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f20"}))]
pub struct GroupMember {
    /// Who.
    #[schema(schema_with = schema::name)]
    pub user: Name,
    /// Their identity.
    #[schema(schema_with = schema::id)]
    pub user_id: SubjectId,
}

/// Adds a user to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user": "ada"}))]
pub struct GroupMemberAdd {
    /// Who, by name or id.
    #[schema(schema_with = schema::name)]
    pub user: Name,
}

impl Check for GroupMemberAdd {}

/// Whether a token changes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenAccess {
    /// It looks, and is handed no credentials.
    Read,
    /// It does what its user may.
    #[default]
    Write,
}

impl fmt::Display for TokenAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
        })
    }
}

/// An API token: it does what its user may, as far as it is not limited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f22",
    "name": "nightly",
    "user": "deploy",
    "access": "write",
    "network": "exercise",
    "expires": "2027-05-01T09:00:00Z",
    "created": "2027-01-31T09:00:00Z"
}))]
pub struct ApiToken {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: TokenId,
    /// Name, unique among the tokens of its user.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Whose it is.
    #[schema(schema_with = schema::name)]
    pub user: Name,
    /// Whether it changes anything.
    pub access: TokenAccess,
    /// The only backbone it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// The only application network it is good for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
    /// Until when it is good.
    #[schema(schema_with = schema::time)]
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub last_used: Option<Timestamp>,
    /// When it was made.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// The token itself: only in the answer to the request that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub token: Option<Password>,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Makes an API token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "nightly", "access": "write", "network": "exercise", "expires": "2027-05-01T09:00:00Z"}))]
pub struct ApiTokenCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Whether it changes anything; it does, unless given.
    #[serde(default)]
    #[schema(required = false)]
    pub access: TokenAccess,
    /// The only backbone it is good for, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// The only application network it is good for, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
    /// Until when it is good, a year at most; for 90 days, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::time")]
    #[schema(schema_with = schema::optional_time)]
    pub expires: Option<Timestamp>,
}

impl Check for ApiTokenCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
        if self.backbone.is_some() && self.network.is_some() {
            errors.add("network", "a token is good for one backbone or one network; give one of them");
        }
    }
}
