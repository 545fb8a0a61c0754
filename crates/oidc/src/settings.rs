//! Which provider, and how it is asked.

use std::net::IpAddr;

use secrecy::SecretString;
use url::Url;

/// Which provider, and as which client.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider: `https://…`, as its tokens name it.
    pub issuer: String,
    /// As which client it is asked, and for whom tokens have to be.
    pub client_id: String,
    /// The client's secret, if it has one.
    pub client_secret: Option<SecretString>,
    /// For whom tokens may be besides.
    pub audiences: Vec<String>,
    /// What the device flow asks for.
    pub scopes: Vec<String>,
    /// The certificates to trust, PEM; the system's own, when absent.
    pub certificates: Option<String>,
}

/// What of the settings of a provider is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// It is not one that can be relied on.
    #[error("issuer: {0:?} is not a provider; write https://HOST/PATH, exactly as its tokens name it")]
    Issuer(String),
    /// A text that is empty, or too long.
    #[error("{0}: give 1 to 255 characters without control characters")]
    Text(&'static str),
    /// What is asked for does not give an ID token.
    #[error("scopes: openid must be among them, and none may have spaces in it")]
    Scopes,
    /// There is no certificate to trust.
    #[error("ca_file: it holds no certificate in PEM")]
    Certificates,
    /// Connections cannot be made.
    #[error("issuer: no connections to it can be made: {0}")]
    Client(String),
}

impl Settings {
    /// A provider, asked for what the device flow needs and nothing else.
    pub fn new(issuer: String, client_id: String) -> Self {
        let scopes = ["openid", "profile", "email"].map(str::to_owned).into();
        Self { issuer, client_id, client_secret: None, audiences: vec![], scopes, certificates: None }
    }

    /// Whether a provider can be asked with them.
    ///
    /// # Errors
    ///
    /// The first that is not acceptable.
    pub fn check(&self) -> Result<(), SettingsError> {
        if reach(&self.issuer).is_none() {
            return Err(SettingsError::Issuer(self.issuer.clone()));
        }
        if !is_text(&self.client_id) {
            return Err(SettingsError::Text("client_id"));
        }
        if !self.audiences.iter().all(|audience| is_text(audience)) {
            return Err(SettingsError::Text("audiences"));
        }
        let sound = |scope: &String| is_text(scope) && !scope.contains(char::is_whitespace);
        if !self.scopes.iter().any(|scope| scope == "openid") || !self.scopes.iter().all(sound) {
            return Err(SettingsError::Scopes);
        }
        self.roots().map(drop)
    }

    /// The certificates to trust.
    pub(crate) fn roots(&self) -> Result<Option<Vec<reqwest::Certificate>>, SettingsError> {
        let Some(pem) = &self.certificates else { return Ok(None) };
        let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes()).ok().filter(|roots| !roots.is_empty());
        roots.map(Some).ok_or(SettingsError::Certificates)
    }

    /// Whether a token is for us that is for this one.
    pub(crate) fn is_ours(&self, audience: &str) -> bool {
        audience == self.client_id || self.audiences.iter().any(|ours| ours == audience)
    }

    /// Whether the provider is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        reach(&self.issuer) == Some(Reach::Loopback)
    }

    /// Whether the provider may send us to an address: over TLS, as it is itself, or all within this machine.
    pub(crate) fn may_lead_to(&self, address: &str) -> bool {
        match reach(address) {
            Some(Reach::Tls) => true,
            Some(Reach::Loopback) => self.is_local(),
            None => false,
        }
    }
}

/// How an address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Tls,
    Loopback,
}

/// How what is at an address is reached, if in a way that can be relied on.
fn reach(address: &str) -> Option<Reach> {
    let url = Url::parse(address).ok()?;
    let here = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => IpAddr::from(address).is_loopback(),
        url::Host::Ipv6(address) => IpAddr::from(address).is_loopback(),
    };
    let plain =
        url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" if plain => Some(Reach::Tls),
        "http" if plain && here => Some(Reach::Loopback),
        _ => None,
    }
}

fn is_text(text: &str) -> bool {
    (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str) -> Settings {
        Settings::new(issuer.to_owned(), "skx".to_owned())
    }

    #[test]
    fn only_providers_that_can_be_relied_on_are_asked() {
        for good in
            ["https://id.example.com", "https://id.example.com/realms/one", "http://127.0.0.1:8080", "http://[::1]:1"]
        {
            assert_eq!(settings(good).check(), Ok(()), "{good}");
        }
        for bad in [
            "http://id.example.com",
            "id.example.com",
            "https://id.example.com/?a=b",
            "https://user@id.example.com",
            "ftp://127.0.0.1",
            "http://127.0.0.1.example.com",
            "http://169.254.169.254",
        ] {
            assert_eq!(settings(bad).check(), Err(SettingsError::Issuer(bad.to_owned())));
        }
    }

    #[test]
    fn a_provider_leads_nowhere_but_to_where_tls_is_or_it_is_itself() {
        let (far, near) = (settings("https://id.example.com"), settings("http://127.0.0.1:8080"));
        assert!(far.may_lead_to("https://keys.example.net/jwks"));
        assert!(near.may_lead_to("http://127.0.0.1:8080/jwks"));
        for elsewhere in ["http://127.0.0.1:8080/jwks", "http://id.example.com/jwks", "file:///etc/passwd", "jwks"] {
            assert!(!far.may_lead_to(elsewhere), "{elsewhere}");
        }
        assert!(!near.may_lead_to("http://169.254.169.254/jwks"));
    }

    #[test]
    fn settings_are_refused_by_name_and_show_no_secret() {
        let good = settings("https://id.example.com");
        for (bad, error) in [
            (Settings { client_id: String::new(), ..good.clone() }, SettingsError::Text("client_id")),
            (Settings { audiences: vec!["a\nb".to_owned()], ..good.clone() }, SettingsError::Text("audiences")),
            (Settings { scopes: vec!["profile".to_owned()], ..good.clone() }, SettingsError::Scopes),
            (Settings { scopes: vec!["openid a".to_owned()], ..good.clone() }, SettingsError::Scopes),
            (Settings { certificates: Some("no".to_owned()), ..good.clone() }, SettingsError::Certificates),
        ] {
            assert_eq!(bad.check(), Err(error));
        }
        let secret = Settings { client_secret: Some("hunter2".into()), ..good };
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
