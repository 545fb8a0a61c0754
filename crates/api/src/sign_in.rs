//! Signing in: with a password, by the setup link, with an identity provider.

use jiff::Timestamp;
use model::Name;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Password,
    check::{Check, Errors, new_name},
    schema,
};

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

/// Signs in with an ID token of the identity provider, made for this installation a moment ago. Each begins one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"id_token": "eyJhbGciOiJSUzI1NiJ9.…"}))]
pub struct IdTokenSignIn {
    /// The token, a JWS in its compact form.
    #[schema(value_type = String, max_length = 16384)]
    pub id_token: Password,
}

impl Check for IdTokenSignIn {
    fn check(&self, errors: &mut Errors) {
        if self.id_token.0.len() > 16_384 {
            errors.add("id_token", "an ID token has at most 16384 bytes");
        }
    }
}

/// A sign-in that a person agrees to in a browser, wherever that is (the device flow of OAuth 2.0, RFC 8628).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS",
    "user_code": "WDJB-MJHT",
    "verification_uri": "https://id.example.com/device",
    "verification_uri_complete": "https://id.example.com/device?user_code=WDJB-MJHT",
    "expires_seconds": 600,
    "interval_seconds": 5
}))]
pub struct DeviceSignIn {
    /// What to ask by how it stands. Who has it gets the session.
    #[schema(value_type = String)]
    pub device_code: Password,
    /// What the person enters, or compares.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Where, with the code in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
    /// How long there is for it.
    pub expires_seconds: u32,
    /// How long to wait before each question.
    pub interval_seconds: u32,
}

/// Asks how a sign-in by the device flow stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"device_code": "GmRhmhcxhwAzkoEqiMEg_DnyEysNkuNhszIySk9eS"}))]
pub struct DeviceSignInAsk {
    /// What beginning it gave.
    #[schema(value_type = String, min_length = 1, max_length = 2048)]
    pub device_code: Password,
}

impl Check for DeviceSignInAsk {
    fn check(&self, errors: &mut Errors) {
        if !(1..=2_048).contains(&self.device_code.0.len()) {
            errors.add("device_code", "give what beginning the sign-in gave, of 1 to 2048 bytes");
        }
    }
}

/// How far a sign-in by the device flow has come. One that was declined, or whose time is over, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceSignInState {
    /// Nobody has agreed yet.
    Waiting,
    /// The same, and the question came too soon: wait five seconds longer before each from now on.
    SlowDown,
    /// Somebody has agreed.
    SignedIn,
}

/// How a sign-in by the device flow stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"state": "waiting"}))]
pub struct DeviceSignInStatus {
    /// How far it has come.
    pub state: DeviceSignInState,
    /// The session, when somebody has agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SignedIn>,
}

/// The identity provider whose persons can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"issuer": "https://id.example.com", "client_id": "skx"}))]
pub struct SignInProvider {
    /// Which, as its tokens name it.
    pub issuer: String,
    /// For whom its tokens have to be.
    pub client_id: String,
}

/// How one can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "set_up": true,
    "password": true,
    "provider": {"issuer": "https://id.example.com", "client_id": "skx"}
}))]
pub struct SignInMethods {
    /// Whether an administrator can sign in; the setup link makes the first account otherwise.
    pub set_up: bool,
    /// Whether with a name and a password.
    pub password: bool,
    /// With which identity provider, if with any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<SignInProvider>,
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
