//! An OpenID provider: its ID tokens, whose they are and whether they are good, and its device flow.
//!
//! A token is good when the provider signed it with a key that it publishes now, for one of the audiences that were
//! configured, a moment ago. Which algorithms are accepted is said here and by nobody else; what the token says of keys is
//! used to look one up among those of the provider, and for nothing else. Nobody is ever asked but the provider that was
//! configured, whatever a token says.

mod claims;
mod device;
mod keys;
mod provider;
mod settings;

pub use claims::Claims;
pub use device::{Begun, Polled};
pub use provider::{Provider, ProviderError};
pub use settings::{Settings, SettingsError};

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no token that can be read.
    #[error("it is no ID token")]
    Malformed,
    /// It is signed in a way that is not accepted, or not at all.
    #[error("it is not signed with RS256, PS256, ES256 or EdDSA")]
    Algorithm,
    /// The provider has no such key.
    #[error("the provider publishes no key that it could be signed with")]
    Key,
    /// It was not signed with that key.
    #[error("its signature is wrong")]
    Signature,
    /// It is for somebody else, from somebody else, or of another time.
    #[error("its claim {claim} is not acceptable: {why}")]
    Claim {
        /// Which.
        claim: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
}
