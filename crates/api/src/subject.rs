//! Who can sign in: users and groups, their passwords and tokens.

use std::fmt;

use jiff::Timestamp;
use model::{GroupId, Name, SubjectId, TokenId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
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

    fn check(&self, field: &str, errors: &mut Errors) {
        if self.0.len() > Self::MAX_BYTES {
            errors.add(field, "a password has at most 128 characters");
        }
    }

    fn check_new(&self, field: &str, errors: &mut Errors) {
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

/// Signs in with a name and a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "ada", "password": "a password nobody guesses"}))]
pub struct SignIn {
    /// Who.
    #[schema(max_length = 254)]
    pub name: String,
    /// Their password.
    #[schema(value_type = String, max_length = 128)]
    pub password: Password,
    /// The password to choose, where the one given is for one use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, min_length = 12, max_length = 128)]
    pub new_password: Option<Password>,
}

impl Check for SignIn {
    fn check(&self, errors: &mut Errors) {
        if self.name.len() > 254 || self.name.chars().any(char::is_control) {
            errors.add("name", "give at most 254 characters, and no control characters");
        }
        self.password.check("password", errors);
        if let Some(new) = &self.new_password {
            new.check_new("new_password", errors);
        }
    }
}

/// A session: its token is sent with requests until it ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"user": "ada", "token": "skxs_…", "expires": "2027-01-31T21:00:00Z"}))]
pub struct SignedIn {
    /// Who.
    #[schema(schema_with = schema::name)]
    pub user: Name,
    /// The session's token.
    #[schema(value_type = String)]
    pub token: Password,
    /// Until when the session lasts.
    #[schema(schema_with = schema::time)]
    pub expires: Timestamp,
}

/// How one can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"set_up": true, "password": true}))]
pub struct SignInMethods {
    /// Whether an administrator can sign in; the setup link makes the first account otherwise.
    pub set_up: bool,
    /// Whether with a name and a password.
    pub password: bool,
}

/// Makes the first account, a service administrator, by the one-time setup link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "skxi_…", "name": "ada", "password": "a password nobody guesses"}))]
pub struct SetUp {
    /// What the link carries after its `#`.
    #[schema(value_type = String, max_length = 128)]
    pub code: Password,
    /// The name of the account.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Its password.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    pub password: Password,
}

impl Check for SetUp {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
        self.code.check("code", errors);
        self.password.check_new("password", errors);
    }
}

/// Changes one's own password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "a password nobody guesses", "new_password": "another one, just as good"}))]
pub struct PasswordChange {
    /// The one there is.
    #[schema(value_type = String, max_length = 128)]
    pub password: Password,
    /// The one there is to be.
    #[schema(value_type = String, min_length = 12, max_length = 128)]
    pub new_password: Password,
}

impl Check for PasswordChange {
    fn check(&self, errors: &mut Errors) {
        self.password.check("password", errors);
        self.new_password.check_new("new_password", errors);
        if self.password == self.new_password {
            errors.add("new_password", "it is the one there is");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_are_not_shown() {
        let faults = |text: &str| {
            let change =
                PasswordChange { password: Password("old".to_owned()), new_password: Password(text.to_owned()) };
            assert!(!format!("{change:?}").contains(text), "{change:?}");
            change.faults().len()
        };
        assert_eq!(faults("correct horse battery"), 0);
        for bad in ["elevenchars", "ababababababab", "with\ta control", &"x1y2z".repeat(30)] {
            assert_eq!(faults(bad), 1, "{bad:?}");
        }
    }
}
