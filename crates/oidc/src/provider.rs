//! A provider: what it says of itself, and the keys it publishes.

use std::{
    error::Error as _,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::sync::{Mutex, Semaphore};

use crate::{
    Claims, Refused, Settings, SettingsError,
    keys::{KeySet, Token},
};

/// How long a request to the provider may take.
const REQUEST: Duration = Duration::from_secs(10);
/// How many requests to it are under way at a time.
const AT_ONCE: usize = 16;
/// The longest answer that is read.
const ANSWER_BYTES: usize = 512 * 1_024;
/// How long keys are taken for those there are.
const KEPT: Duration = Duration::from_secs(600);
/// How often a key that is not among them makes them be fetched before that.
const AGAIN: Duration = Duration::from_secs(30);
/// How long one that has just not answered is not asked again.
const SPARED: Duration = Duration::from_secs(2);

/// Why a provider could not be asked, or what it says is refused.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderError {
    /// The token is refused.
    #[error("the ID token is refused: {0}")]
    Refused(#[from] Refused),
    /// The provider does not answer, or not as a provider does.
    #[error("the identity provider {issuer} cannot be asked: {why}")]
    Unavailable {
        /// Which.
        issuer: String,
        /// What went wrong.
        why: String,
    },
    /// As many requests to it are under way as there may be.
    #[error("the identity provider is asked too much at once")]
    Busy,
    /// It has no device flow for this client.
    #[error("the identity provider has no device flow for this client: {0}")]
    NoDeviceFlow(String),
}

/// What a provider says of itself.
#[derive(Clone, Debug, Deserialize)]
struct Discovered {
    issuer: String,
    jwks_uri: String,
    token_endpoint: Option<String>,
    device_authorization_endpoint: Option<String>,
}

/// What is known of a provider for a while.
#[derive(Debug)]
pub(crate) struct Known {
    keys: KeySet,
    /// Where the device flow begins, and where codes become tokens, if it has one.
    pub(crate) device_flow: Option<(String, String)>,
}

/// A provider.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    http: reqwest::Client,
    kept: Mutex<Kept>,
    requests: Semaphore,
}

#[derive(Debug, Default)]
struct Kept {
    known: Option<(Arc<Known>, Instant)>,
    /// When a key that was not known last made it be asked before its time.
    hurried: Option<Instant>,
    failed: Option<(ProviderError, Instant)>,
}

impl Provider {
    /// A provider, which is not asked anything yet. The process needs a default provider of cryptography.
    ///
    /// # Errors
    ///
    /// When the settings are not acceptable.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let mut http = reqwest::Client::builder().timeout(REQUEST).redirect(reqwest::redirect::Policy::none());
        if settings.is_local() {
            http = http.no_proxy();
        }
        if let Some(roots) = settings.roots()? {
            http = http.tls_certs_only(roots);
        }
        let http = http.build().map_err(|error| SettingsError::Client(chain(&error)))?;
        Ok(Self { settings, http, kept: Mutex::default(), requests: Semaphore::new(AT_ONCE) })
    }

    /// Which provider it is.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Asks it what it is, as if nothing was known.
    ///
    /// # Errors
    ///
    /// When it does not answer, or calls itself another.
    pub async fn probe(&self) -> Result<(), ProviderError> {
        self.ask().await.map(drop)
    }

    /// What a token says, when it is good. A key that is not known is looked for among those the provider publishes now.
    ///
    /// # Errors
    ///
    /// [`ProviderError::Refused`] says what is wrong with the token, anything else that nobody could tell.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, ProviderError> {
        let token = Token::parse(token)?;
        let mut known = self.known(false).await?;
        if token.verify(&known.keys) == Err(Refused::Key) {
            known = self.known(true).await?;
        }
        let payload = token.verify(&known.keys)?;
        Ok(Claims::read(payload, token.digest(), &self.settings, now)?)
    }

    /// What is known of it. In a `hurry` it is asked before its time, unless it just was: strangers who bring keys nobody
    /// knows do not make it be asked often.
    pub(crate) async fn known(&self, hurry: bool) -> Result<Arc<Known>, ProviderError> {
        // Who waits here waits for the answer that all are waiting for.
        let mut kept = self.kept.lock().await;
        let is_within = |since: Instant, span| since.elapsed() < span;
        if let Some((known, since)) = &kept.known
            && is_within(*since, KEPT)
            && (!hurry || kept.hurried.is_some_and(|last| is_within(last, AGAIN)))
        {
            return Ok(Arc::clone(known));
        }
        if let Some((error, since)) = &kept.failed
            && is_within(*since, SPARED)
        {
            return Err(error.clone());
        }
        if hurry {
            kept.hurried = Some(Instant::now());
        }
        match self.ask().await {
            Ok(known) => {
                let known = Arc::new(known);
                kept.known = Some((Arc::clone(&known), Instant::now()));
                kept.failed = None;
                Ok(known)
            }
            Err(error) => {
                kept.failed = Some((error.clone(), Instant::now()));
                Err(error)
            }
        }
    }

    async fn ask(&self) -> Result<Known, ProviderError> {
        let issuer = &self.settings.issuer;
        let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovered = self.get(&place).await?;
        if found.issuer != *issuer {
            return Err(self.unavailable(format!("it calls itself {:?}", found.issuer)));
        }
        let places =
            [Some(&found.jwks_uri), found.token_endpoint.as_ref(), found.device_authorization_endpoint.as_ref()];
        if let Some(place) = places.into_iter().flatten().find(|place| !self.settings.may_lead_to(place)) {
            return Err(self.unavailable(format!("it names the address {place:?}, which is not https")));
        }
        let keys = self.get(&found.jwks_uri).await?;
        Ok(Known { keys, device_flow: found.device_authorization_endpoint.zip(found.token_endpoint) })
    }

    async fn get<T: DeserializeOwned>(&self, place: &str) -> Result<T, ProviderError> {
        let (status, body) = self.send(self.http.get(place)).await?;
        if !status.is_success() {
            return Err(self.unavailable(format!("it answers {status}")));
        }
        self.read(&body)
    }

    /// A request of a client that is known, with a form; the answer, whatever its status.
    pub(crate) async fn post(
        &self,
        place: &str,
        form: &[(&str, &str)],
    ) -> Result<(StatusCode, Vec<u8>), ProviderError> {
        let client = &self.settings.client_id;
        let mut form = form.to_vec();
        let mut request = self.http.post(place).header("content-type", "application/x-www-form-urlencoded");
        match &self.settings.client_secret {
            Some(secret) => request = request.basic_auth(encoded(client), Some(encoded(secret.expose_secret()))),
            None => form.push(("client_id", client)),
        }
        let pairs: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        self.send(request.body(pairs.join("&"))).await
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ProviderError> {
        // What does not fit may have a secret in it: only where it does not is said.
        serde_json::from_slice(body).map_err(|error| {
            self.unavailable(format!(
                "its answer is not what it should be (line {}, column {})",
                error.line(),
                error.column()
            ))
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), ProviderError> {
        let _turn = self.requests.try_acquire().map_err(|_| ProviderError::Busy)?;
        let failed = |error: reqwest::Error| self.unavailable(chain(&error.without_url()));
        let mut response = request.send().await.map_err(failed)?;
        let mut body = vec![];
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > ANSWER_BYTES {
                return Err(self.unavailable("it says too much".to_owned()));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((response.status(), body))
    }

    pub(crate) fn unavailable(&self, why: String) -> ProviderError {
        ProviderError::Unavailable { issuer: self.settings.issuer.clone(), why }
    }
}

/// A text, as it is written in forms.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// An error with what caused it.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
