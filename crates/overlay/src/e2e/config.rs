//! What a router shows and accepts, end to end.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use model::{Address, Identity, SpiffeId, terms::AddressLimits};
use pki::{
    Alpn, PeerPolicy,
    tls::{self, Leaf},
};
use rustls::{ClientConfig, ServerConfig};

/// Our certificate and our rule for others, ready for both ends of a stream.
pub struct E2eConfig {
    identity: Identity,
    expires: Timestamp,
    limits: AddressLimits,
    end_to_end: Arc<ClientConfig>,
    control: Arc<ClientConfig>,
    claim: Arc<ClientConfig>,
    server: Option<Arc<ServerConfig>>,
    policy: Arc<dyn PeerPolicy>,
}

/// Why a certificate cannot be used end to end.
#[derive(Debug, thiserror::Error)]
pub enum E2eConfigError {
    /// The certificate names nobody.
    #[error("the certificate carries no identity")]
    NoIdentity,
    /// The certificate cannot be read.
    #[error("the certificate cannot be read")]
    Certificate(#[source] pki::CertificateError),
    /// TLS refuses it.
    #[error("TLS does not take the certificate")]
    Tls(#[source] tls::ConfigError),
}

impl E2eConfig {
    /// Prepares the TLS configurations of a router that holds `leaf` and admits others by `policy`.
    ///
    /// The leaf's identity decides what may be served: members serve their own network, controllers the platform,
    /// all others nothing.
    pub fn new(leaf: &Leaf, policy: &Arc<dyn PeerPolicy>) -> Result<Self, E2eConfigError> {
        let certificate = pki::Certificate::parse(leaf.certificate.as_bytes()).map_err(E2eConfigError::Certificate)?;
        let SpiffeId { identity, .. } = certificate.id.ok_or(E2eConfigError::NoIdentity)?;
        Self::acting_as(identity, leaf, policy)
    }

    /// The same for a router that is `identity`: with a member's certificate that may be one whose certificate has expired.
    pub(crate) fn acting_as(
        identity: Identity,
        leaf: &Leaf,
        policy: &Arc<dyn PeerPolicy>,
    ) -> Result<Self, E2eConfigError> {
        let certificate = pki::Certificate::parse(leaf.certificate.as_bytes()).map_err(E2eConfigError::Certificate)?;
        let client = |alpn| tls::client(Some(leaf), alpn, policy.clone()).map_err(E2eConfigError::Tls);
        let server = match served_protocols(&identity) {
            [] => None,
            protocols => Some(tls::server(leaf, protocols, Some(policy.clone())).map_err(E2eConfigError::Tls)?),
        };
        Ok(Self {
            identity,
            expires: certificate.serves_until(&identity),
            limits: certificate.limits,
            end_to_end: client(Alpn::EndToEnd)?,
            control: client(Alpn::Control)?,
            claim: client(Alpn::Claim)?,
            server,
            policy: policy.clone(),
        })
    }

    /// Who we are.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The time, as our rule for others tells it.
    pub(crate) fn now(&self) -> Timestamp {
        self.policy.now()
    }

    /// When our certificate expires.
    pub(crate) fn expires(&self) -> Timestamp {
        self.expires
    }

    /// What we may serve and use, by our certificate.
    pub(crate) fn limits(&self) -> &AddressLimits {
        &self.limits
    }

    pub(crate) fn client(&self, alpn: Alpn) -> Option<&Arc<ClientConfig>> {
        match alpn {
            Alpn::EndToEnd => Some(&self.end_to_end),
            Alpn::Control => Some(&self.control),
            Alpn::Claim => Some(&self.claim),
            Alpn::Link | Alpn::Data => None,
        }
    }

    pub(crate) fn server(&self) -> Option<&Arc<ServerConfig>> {
        self.server.as_ref()
    }
}

impl fmt::Debug for E2eConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("E2eConfig").field("identity", &self.identity).finish_non_exhaustive()
    }
}

/// The protocol over which an address is spoken: each use has its own, so that a connection made for one can never
/// be passed off as another.
pub fn protocol_of(address: &Address) -> Alpn {
    if *address == Address::controller() {
        Alpn::Control
    } else if *address == Address::claim() {
        Alpn::Claim
    } else {
        Alpn::EndToEnd
    }
}

/// Whether `client` may open streams over `protocol` to `server`: the last word, after the certificates were
/// verified, on who talks to whom.
pub fn may_speak(protocol: Alpn, client: &Identity, server: &Identity) -> bool {
    match protocol {
        // Members of one network, and nobody else: no backbone identity may ever be an end of application traffic.
        Alpn::EndToEnd => match (client, server) {
            (Identity::Member { network: ours, .. }, Identity::Member { network: theirs, .. }) => ours == theirs,
            _ => false,
        },
        Alpn::Control => {
            matches!(client, Identity::Member { .. } | Identity::BackboneSite { .. })
                && matches!(server, Identity::Controller { .. })
        }
        Alpn::Claim => {
            matches!(client, Identity::Invitation { .. } | Identity::Bootstrap { .. } | Identity::Renewal { .. })
                && matches!(server, Identity::Controller { .. })
        }
        Alpn::Link | Alpn::Data => false,
    }
}

fn served_protocols(identity: &Identity) -> &'static [Alpn] {
    match identity {
        Identity::Member { .. } => &[Alpn::EndToEnd],
        Identity::Controller { .. } => &[Alpn::Control, Alpn::Claim],
        Identity::BackboneSite { .. }
        | Identity::Bootstrap { .. }
        | Identity::TrustSigner { .. }
        | Identity::Invitation { .. }
        | Identity::Renewal { .. } => &[],
    }
}
