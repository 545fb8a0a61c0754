use std::{path::PathBuf, sync::Arc};

use jiff::SignedDuration;
use model::HostPort;
use oidc::SettingsError;
use render::{Image, ProgramUrl, Sha256};
use secrecy::{ExposeSecret as _, SecretString};
use trace::Endpoint;

use crate::{
    identity_provider::{IdentityProvider, ProviderConfig},
    ops::audit::LEAST_RETENTION,
};

/// How a controller is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Its own directory; made when it does not exist.
    pub data_dir: PathBuf,
    /// PostgreSQL (`postgres://…`, with a password perhaps); a private one in the data directory when absent.
    pub database_url: Option<SecretString>,
    /// Where the HTTP API listens.
    pub listen: HostPort,
    /// The file with the key-encryption key; `kek` in the data directory, made at the first start, when absent.
    pub key_file: Option<PathBuf>,
    /// The collector that is told of traces; nobody is, when absent.
    pub otlp_endpoint: Option<Endpoint>,
    /// The identity provider whose persons may sign in; nobody's, when absent.
    pub identity_provider: Option<ProviderConfig>,
    /// For how long a trust document is valid. It is refreshed after a quarter of that.
    pub trust_validity: SignedDuration,
    /// For how long the certificates of sites and controllers are valid, at most.
    pub leaf_lifetime: SignedDuration,
    /// For how long Backbone CAs and network CAs are valid, at most.
    pub authority_lifetime: SignedDuration,
    /// For how long a member whose certificate has expired may have it renewed; as long as a leaf lives, when absent.
    pub renewal_grace: Option<SignedDuration>,
    /// For how long events stay in the audit chain; for ever, when absent.
    pub audit_retention: Option<SignedDuration>,
    /// The container image with the program. Invitations are rendered for containers only where it is given.
    pub release_image: Option<Image>,
    /// Where the program can be had, with its digest, for who is invited. Where it is not given, invitations name the
    /// digest of the program that runs here.
    pub release_program: Option<(ProgramUrl, Sha256)>,
}

impl Config {
    /// The HTTP API's port unless said otherwise.
    pub const DEFAULT_PORT: u16 = 8443;
    /// How long a trust document is valid unless said otherwise.
    pub const TRUST_VALIDITY: SignedDuration = SignedDuration::from_hours(24);
    /// How long leaf certificates are valid unless said otherwise.
    pub const LEAF_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

    /// How long Backbone CAs and network CAs are valid unless said otherwise.
    pub const AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(10 * 365 * 24);

    /// The shortest a trust document, Backbone CAs and network CAs may be valid.
    pub const MIN_DURATION: SignedDuration = SignedDuration::from_mins(1);
    /// The shortest leaf certificates may be valid: for those who want to see everything rotate. It is as short as leaves time
    /// for a replacement on a machine that is busy.
    pub const MIN_LEAF_LIFETIME: SignedDuration = SignedDuration::from_secs(10);
    /// The longest a trust document may be valid: so long may a router that is cut off admit whom it should not.
    pub const MAX_TRUST_VALIDITY: SignedDuration = SignedDuration::from_hours(30 * 24);
    /// The longest leaf certificates may be valid: so long are denials kept.
    pub const MAX_LEAF_LIFETIME: SignedDuration = SignedDuration::from_hours(365 * 24);
    /// The longest Backbone CAs and network CAs may be valid.
    pub const MAX_AUTHORITY_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 365 * 24);
    /// The longest a member may come back after its certificate has expired: so long are denials kept beyond that.
    pub const MAX_RENEWAL_GRACE: SignedDuration = SignedDuration::from_hours(365 * 24);
    /// The longest events stay in the audit chain that do not stay for ever.
    pub const MAX_AUDIT_RETENTION: SignedDuration = SignedDuration::from_hours(100 * 365 * 24);
    /// How many lives of a leaf an authority must last, at least: it is replaced in its last third, and what it has issued
    /// before is to be replaced within that.
    pub const LEAVES_IN_AUTHORITY: i32 = 6;

    /// Whether a controller can run with it.
    ///
    /// # Errors
    ///
    /// Names the option that is not acceptable, and what is.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        let spans = [
            ("--trust-validity", "1m to 30d", self.trust_validity, Self::MIN_DURATION, Self::MAX_TRUST_VALIDITY),
            ("--leaf-lifetime", "10s to 365d", self.leaf_lifetime, Self::MIN_LEAF_LIFETIME, Self::MAX_LEAF_LIFETIME),
            (
                "--authority-lifetime",
                "1m to 10950d",
                self.authority_lifetime,
                Self::MIN_DURATION,
                Self::MAX_AUTHORITY_LIFETIME,
            ),
            (
                "--renewal-grace",
                "0s to 365d",
                self.renewal_grace.unwrap_or_default(),
                SignedDuration::ZERO,
                Self::MAX_RENEWAL_GRACE,
            ),
        ];
        let retention = self.audit_retention.unwrap_or(Self::MAX_AUDIT_RETENTION);
        let retention = ("--audit-retention", "1d to 36500d", retention, LEAST_RETENTION, Self::MAX_AUDIT_RETENTION);
        for (option, acceptable, given, min, max) in spans.into_iter().chain([retention]) {
            if given < min || given > max {
                return Err(InvalidConfig::Span { option, acceptable, given });
            }
        }
        if let Some(provider) = &self.identity_provider {
            provider.check()?;
        }
        let least = self.leaf_lifetime.saturating_mul(Self::LEAVES_IN_AUTHORITY);
        if self.authority_lifetime < least {
            return Err(InvalidConfig::ShortAuthority { given: self.authority_lifetime, least });
        }
        Ok(())
    }

    /// What of it takes effect while a controller runs.
    pub(crate) fn settings(&self) -> Result<Settings, InvalidConfig> {
        let identity_provider = self.identity_provider.clone().map(IdentityProvider::new).transpose()?.map(Arc::new);
        Ok(Settings {
            identity_provider,
            trust_validity: self.trust_validity,
            leaf_lifetime: self.leaf_lifetime,
            authority_lifetime: self.authority_lifetime,
            renewal_grace: self.renewal_grace.unwrap_or(self.leaf_lifetime),
            audit_retention: self.audit_retention,
            release_image: self.release_image.clone(),
            release_program: self.release_program.clone(),
        })
    }

    /// What differs in another one that takes effect at the next start only.
    pub(crate) fn differs_at_start(&self, other: &Self) -> Vec<&'static str> {
        let url = |config: &Self| config.database_url.as_ref().map(|url| url.expose_secret().to_owned());
        let all = [
            ("data_dir", self.data_dir != other.data_dir),
            ("database_url", url(self) != url(other)),
            ("listen", self.listen != other.listen),
            ("key_file", self.key_file != other.key_file),
            ("otlp_endpoint", self.otlp_endpoint != other.otlp_endpoint),
        ];
        all.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }

    /// A configuration with the defaults.
    pub fn new(data_dir: PathBuf, listen: HostPort) -> Self {
        Self {
            data_dir,
            database_url: None,
            listen,
            key_file: None,
            otlp_endpoint: None,
            identity_provider: None,
            trust_validity: Self::TRUST_VALIDITY,
            leaf_lifetime: Self::LEAF_LIFETIME,
            authority_lifetime: Self::AUTHORITY_LIFETIME,
            renewal_grace: None,
            audit_retention: None,
            release_image: None,
            release_program: None,
        }
    }
}

/// What of a configuration takes effect while a controller runs; see [`Config`].
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) identity_provider: Option<Arc<IdentityProvider>>,
    pub(crate) trust_validity: SignedDuration,
    pub(crate) leaf_lifetime: SignedDuration,
    pub(crate) authority_lifetime: SignedDuration,
    pub(crate) renewal_grace: SignedDuration,
    pub(crate) audit_retention: Option<SignedDuration>,
    pub(crate) release_image: Option<Image>,
    pub(crate) release_program: Option<(ProgramUrl, Sha256)>,
}

/// What a controller cannot run with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// It is too short or too long.
    #[error("{option}: {given:#} is not acceptable; give {acceptable}")]
    Span {
        /// The option.
        option: &'static str,
        /// The shortest and the longest it may be.
        acceptable: &'static str,
        /// What was given.
        given: SignedDuration,
    },
    /// The identity provider cannot be asked so.
    #[error("oidc.{0}")]
    IdentityProvider(#[from] SettingsError),
    /// What an authority has issued could not be replaced in time.
    #[error(
        "--authority-lifetime: {given:#} is not acceptable; give six times --leaf-lifetime, {least:#}, at least, so that what an authority has issued can be replaced before it ends"
    )]
    ShortAuthority {
        /// What was given.
        given: SignedDuration,
        /// The least it may be.
        least: SignedDuration,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_is_shown_shows_no_password() {
        let mut config = Config::new(PathBuf::from("/a"), "127.0.0.1:1".parse().expect("an address"));
        config.database_url = Some("postgres://skx:hunter2@db/skx".into());
        let shown = format!("{config:?}");
        assert!(shown.contains("/a") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn durations_are_bounded_and_the_option_is_named() {
        let config = Config::new(PathBuf::from("/a"), "127.0.0.1:1".parse().expect("an address"));
        let with = |trust_validity, leaf_lifetime| Config { trust_validity, leaf_lifetime, ..config.clone() };
        let (minute, second) = (SignedDuration::from_mins(1), SignedDuration::from_secs(1));
        assert_eq!(with(minute, Config::MIN_LEAF_LIFETIME).check(), Ok(()));
        assert_eq!(with(Config::MAX_TRUST_VALIDITY, Config::MAX_LEAF_LIFETIME).check(), Ok(()));
        for (trust, leaf, said) in [
            (Config::MAX_TRUST_VALIDITY + second, minute, "--trust-validity"),
            (minute - second, minute, "--trust-validity"),
            (minute, Config::MAX_LEAF_LIFETIME + second, "--leaf-lifetime"),
            (minute, SignedDuration::MAX, "365d"),
            (SignedDuration::MAX, minute, "30d"),
            (minute, Config::MIN_LEAF_LIFETIME - second, "10s"),
        ] {
            let said_so = with(trust, leaf).check().expect_err("it is refused").to_string();
            assert!(said_so.contains(said), "{said_so}");
        }
    }
}
