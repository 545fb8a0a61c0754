//! TLS configurations: 1.3 only, P-256 certificates, an application protocol on every connection, and every handshake
//! a full one (no tickets, no resumption, no early data).
//!
//! After the handshake, every caller takes the peer from [`verified_peer`], or, where the client has no certificate,
//! the protocol from [`negotiated_alpn`]: a peer that negotiated no protocol is refused there at the latest.

mod explain;
mod verifier;

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use jiff::Timestamp;
use model::{Der, Identity, terms::AddressLimits};
use rustls::{
    ClientConfig, CommonState, HandshakeKind, ProtocolVersion, ServerConfig, SignatureScheme,
    client::Resumption,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring as provider},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};

pub use self::{
    explain::{explain, explain_io, refusal},
    verifier::Refusal,
};
use crate::{Anchors, PrivateKey, x509};

/// The application protocols (ALPN), one per use of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Alpn {
    /// The control channel of a link between routers.
    Link,
    /// A data connection of a link. The client has no certificate; it belongs to a link that has one.
    Data,
    /// From one end of a stream to the other, through the routers between.
    EndToEnd,
    /// A site's session with a controller.
    Control,
    /// Redemption and enrolment.
    Claim,
}

impl Alpn {
    /// Every protocol.
    pub const ALL: [Self; 5] = [Self::Link, Self::Data, Self::EndToEnd, Self::Control, Self::Claim];

    /// The protocol's name on the wire.
    pub fn as_bytes(self) -> &'static [u8] {
        self.as_str().as_bytes()
    }

    /// The protocol's name as text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "skx-link/1",
            Self::Data => "skx-data/1",
            Self::EndToEnd => "skx-e2e/1",
            Self::Control => "skx-control/1",
            Self::Claim => "skx-claim/1",
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|alpn| alpn.as_bytes() == bytes)
    }
}

impl fmt::Display for Alpn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Decides about a peer during the handshake. Asked anew for every handshake, so that changes of trust take effect at
/// once.
pub trait PeerPolicy: fmt::Debug + Send + Sync {
    /// Whom certificates are verified against.
    fn anchors(&self) -> Arc<Anchors>;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Whether members whose certificates have expired are let through as [`Identity::Renewal`], as long as they may be
    /// renewed. Whoever says so takes peers from [`verified_peer`], which tells the two apart.
    fn admits_renewal(&self) -> bool {
        false
    }

    /// Whether a verified peer is admitted.
    ///
    /// # Errors
    ///
    /// Why not, in words for the log. The peer is told nothing but that it is refused.
    fn admit(&self, peer: &Identity) -> Result<(), String>;
}

/// A certificate with its private key, to be presented in handshakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The certificate. Nothing else is sent: peers know the authorities.
    pub certificate: Der,
    /// Its private key.
    pub key: PrivateKey,
}

/// Why a TLS configuration cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// Certificate and key do not belong together, or the certificate cannot be read.
    #[error("the certificate and its private key cannot be used: {0}")]
    Leaf(rustls::Error),
    /// A server without protocols would admit nobody.
    #[error("a server needs at least one application protocol")]
    NoProtocol,
}

/// A connection that must not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The handshake is not complete.
    #[error("the TLS handshake is not complete")]
    Handshake,
    /// It is not a full TLS 1.3 handshake.
    #[error("the connection is not a full TLS 1.3 handshake")]
    Resumed,
    /// The peer negotiated no application protocol of ours.
    #[error("the peer negotiated no application protocol (ALPN)")]
    Alpn,
    /// The peer presented no certificate.
    #[error("the peer presented no certificate")]
    NoCertificate,
}

/// The configuration of a client that speaks `alpn` and presents `leaf`, if it has one.
pub fn client(leaf: Option<&Leaf>, alpn: Alpn, policy: Arc<dyn PeerPolicy>) -> Result<Arc<ClientConfig>, ConfigError> {
    let builder = ClientConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider speaks TLS 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier::Server(policy)));
    let mut config = match leaf {
        None => builder.with_no_client_auth(),
        Some(leaf) => {
            let certified = Arc::new(certified(leaf)?);
            builder.with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)))
        }
    };
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    // Peers are known by identity, not by name.
    config.enable_sni = false;
    Ok(Arc::new(config))
}

/// The configuration of a server that presents `leaf` and speaks any of `alpns`, preferring the first.
///
/// With a policy, every client must present a certificate that the policy admits. Without one, clients are not asked
/// for certificates: for [`Alpn::Data`], whose connections prove elsewhere which link they belong to.
pub fn server(
    leaf: &Leaf,
    alpns: &[Alpn],
    policy: Option<Arc<dyn PeerPolicy>>,
) -> Result<Arc<ServerConfig>, ConfigError> {
    if alpns.is_empty() {
        return Err(ConfigError::NoProtocol);
    }
    let builder = ServerConfig::builder_with_provider(PROVIDER.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("the provider speaks TLS 1.3");
    let builder = match policy {
        None => builder.with_no_client_auth(),
        Some(policy) => builder.with_client_cert_verifier(Arc::new(verifier::Client(policy))),
    };
    let resolver = AlpnRequired(Arc::new(certified(leaf)?));
    let mut config = builder.with_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = alpns.iter().map(|alpn| alpn.as_bytes().to_vec()).collect();
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    config.send_half_rtt_data = false;
    Ok(Arc::new(config))
}

/// A server name for clients: TLS libraries want one, and none is sent or checked.
pub fn server_name() -> ServerName<'static> {
    ServerName::try_from("peer.skupper-x.invalid").expect("this is a DNS name")
}

/// Who is at the other end of a connection whose handshake is complete, and what the connection is for.
///
/// The peer's certificate was verified and admitted during the handshake. A member whose certificate has expired `now` is
/// [`Identity::Renewal`].
pub fn verified_peer(connection: &CommonState, now: Timestamp) -> Result<(Identity, Alpn), PeerError> {
    let alpn = negotiated_alpn(connection)?;
    let identity = peer_identity(connection, now).ok_or(PeerError::NoCertificate)?;
    Ok((identity, alpn))
}

/// What a connection whose handshake is complete is for. For servers that ask for no certificate; all others use
/// [`verified_peer`].
pub fn negotiated_alpn(connection: &CommonState) -> Result<Alpn, PeerError> {
    if connection.is_handshaking() {
        return Err(PeerError::Handshake);
    }
    // A second round for another key exchange group is a full handshake too.
    let full =
        matches!(connection.handshake_kind(), Some(HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest));
    if !full || connection.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return Err(PeerError::Resumed);
    }
    connection.alpn_protocol().and_then(Alpn::from_bytes).ok_or(PeerError::Alpn)
}

/// Whom the peer's certificate, which was verified during the handshake, speaks for `now`; nobody before that, and nobody
/// when the peer was not asked for a certificate.
fn peer_identity(connection: &CommonState, now: Timestamp) -> Option<Identity> {
    let certificate = x509::parse(connection.peer_certificates()?.first()?)?;
    let (_, not_after) = x509::window(&certificate)?;
    let identity = x509::identity(&certificate).ok()?.identity;
    Some(match identity {
        Identity::Member { network, site } if now.as_second() > not_after.as_second() => {
            Identity::Renewal { network, site }
        }
        other => other,
    })
}

/// What the peer may serve and use, by its certificate, which was verified during the handshake.
pub fn peer_limits(connection: &CommonState) -> Option<AddressLimits> {
    if connection.is_handshaking() {
        return None;
    }
    x509::limits(&x509::parse(connection.peer_certificates()?.first()?)?).ok()
}

/// The peer's certificate, which was verified during the handshake.
pub fn peer_certificate(connection: &CommonState) -> Option<Der> {
    if connection.is_handshaking() {
        return None;
    }
    connection.peer_certificates()?.first().map(|certificate| Der(certificate.to_vec()))
}

/// ring, restricted to what our certificates use.
static PROVIDER: LazyLock<Arc<CryptoProvider>> = LazyLock::new(|| {
    let all = provider::default_provider();
    Arc::new(CryptoProvider { signature_verification_algorithms: ALGORITHMS, ..all })
});

const ALGORITHMS: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[webpki::ring::ECDSA_P256_SHA256],
    mapping: &[(SignatureScheme::ECDSA_NISTP256_SHA256, &[webpki::ring::ECDSA_P256_SHA256])],
};

fn certified(leaf: &Leaf) -> Result<CertifiedKey, ConfigError> {
    let chain = vec![CertificateDer::from(leaf.certificate.0.clone())];
    let key = PrivatePkcs8KeyDer::from(leaf.key.to_der().to_vec()).into();
    CertifiedKey::from_der(chain, key, &PROVIDER).map_err(ConfigError::Leaf)
}

/// Presents the server's certificate to clients that offer application protocols. TLS itself refuses those that offer
/// none of ours, and would let those through that offer none at all.
#[derive(Debug)]
struct AlpnRequired(Arc<CertifiedKey>);

impl ResolvesServerCert for AlpnRequired {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        hello.alpn().map(|_| self.0.clone())
    }
}
