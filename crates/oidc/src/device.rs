//! The device flow (RFC 8628): a person agrees in a browser, wherever that is, and whoever began it gets an ID token.

use serde::Deserialize;
use zeroize::Zeroizing;

use crate::{Provider, ProviderError};

/// How long to wait between two questions unless the provider says otherwise, and the longest it may ask for; in seconds.
const INTERVAL: (u32, u32) = (5, 60);
/// The longest a flow may last, in seconds.
const LONGEST: u32 = 1_800;
/// The longest codes and addresses that are passed on.
const MAX_BYTES: usize = 2_048;

/// What a person is to be told.
#[derive(Clone, Deserialize)]
pub struct Begun {
    /// What the flow is asked about by.
    pub device_code: Zeroizing<String>,
    /// What the person enters, or compares.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Where, with the code in it.
    pub verification_uri_complete: Option<String>,
    /// How long there is for it, in seconds.
    pub expires_in: u32,
    /// How long to wait before each question, in seconds.
    #[serde(default = "usual")]
    pub interval: u32,
}

fn usual() -> u32 {
    INTERVAL.0
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").field("verification_uri", &self.verification_uri).finish_non_exhaustive()
    }
}

/// How a flow stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Polled {
    /// Nobody has agreed yet.
    Waiting,
    /// The same, and the question came too soon: from now on there are five seconds more between two of them.
    TooSoon,
    /// Somebody has agreed: this is their ID token.
    Token(Zeroizing<String>),
    /// Somebody has declined.
    Declined,
    /// Its time is over, or there never was such a flow.
    Over,
}

#[derive(Deserialize)]
struct Answer {
    id_token: Option<Zeroizing<String>>,
    error: Option<String>,
}

/// A word of the provider's, as it can be shown.
fn word(said: &str) -> String {
    said.chars().filter(char::is_ascii_graphic).take(80).collect()
}

impl Provider {
    /// Begins a flow.
    ///
    /// # Errors
    ///
    /// When the provider does not answer, or has no such thing for this client.
    pub async fn begin_device(&self) -> Result<Begun, ProviderError> {
        let (device, _) = self.device_flow().await?;
        let scope = self.settings().scopes.join(" ");
        let (status, body) = self.post(&device, &[("scope", &scope)]).await?;
        if status.is_client_error() {
            let Answer { error, .. } = self.read(&body)?;
            return Err(ProviderError::NoDeviceFlow(format!("it answers {}", word(&error.unwrap_or_default()))));
        }
        if !status.is_success() {
            return Err(self.unavailable(format!("it answers {status}")));
        }
        let mut begun: Begun = self.read(&body)?;
        begun.expires_in = begun.expires_in.min(LONGEST);
        begun.interval = begun.interval.clamp(1, INTERVAL.1);
        // All of it goes to a terminal.
        let shown = [Some(&begun.verification_uri), begun.verification_uri_complete.as_ref(), Some(&begun.user_code)];
        let sound = |text: &String| text.len() <= MAX_BYTES && text.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if begun.device_code.len() > MAX_BYTES || !shown.into_iter().flatten().all(sound) {
            return Err(self.unavailable("it gives codes that cannot be shown".to_owned()));
        }
        Ok(begun)
    }

    /// Asks how a flow stands.
    ///
    /// # Errors
    ///
    /// When the provider does not answer.
    pub async fn poll_device(&self, code: &str) -> Result<Polled, ProviderError> {
        let (_, token) = self.device_flow().await?;
        let form = [("grant_type", "urn:ietf:params:oauth:grant-type:device_code"), ("device_code", code)];
        let (status, body) = self.post(&token, &form).await?;
        if status.is_server_error() {
            return Err(self.unavailable(format!("it answers {status}")));
        }
        let Answer { id_token, error } = self.read(&body)?;
        Ok(match (id_token, error.as_deref()) {
            (Some(token), None) if status.is_success() => Polled::Token(token),
            (_, Some("authorization_pending")) => Polled::Waiting,
            (_, Some("slow_down")) => Polled::TooSoon,
            (_, Some("access_denied")) => Polled::Declined,
            (_, Some("expired_token" | "invalid_grant")) => Polled::Over,
            (_, Some(error)) => return Err(self.unavailable(format!("it answers {}", word(error)))),
            (_, None) => return Err(self.unavailable("it gives no ID token".to_owned())),
        })
    }

    async fn device_flow(&self) -> Result<(String, String), ProviderError> {
        let known = self.known(false).await?;
        known.device_flow.clone().ok_or_else(|| ProviderError::NoDeviceFlow("it says of none".to_owned()))
    }
}
