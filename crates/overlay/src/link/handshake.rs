//! How a link begins: TLS, who the peer is, and one hello in each direction.

use std::{io, sync::Arc, time::Duration};

use jiff::Timestamp;
use model::{BackboneSiteId, Der, Identity, router::Transport};
use overlay_proto::{
    VERSION,
    link::{Hello, frame::Body},
    preface::{self, WireLinkId},
};
use pki::tls::{Alpn, PeerError};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::{AlertDescription, ClientConfig, CommonState};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_rustls::{TlsConnector, TlsStream};

use super::channel::{Channel, ReceiveError};
use crate::observe::{Farewell, Reason};

/// How long TLS may take, and after it the hellos.
pub(crate) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// What one end says of itself and of the link.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) software: String,
    pub(crate) cost: u32,
    pub(crate) transport: Transport,
    /// Whether this end knows that its certificate has expired, and links to have it renewed.
    pub(crate) renews: bool,
}

/// The feature of a hello by which a member says that it knows that its certificate has expired.
const RENEWS: &str = "renews";

/// A link whose two ends know each other.
#[derive(Debug)]
pub(crate) struct Met {
    pub(crate) channel: Channel,
    pub(crate) peer: Identity,
    /// The peer's certificate.
    pub(crate) leaf: Der,
    /// When it expires.
    pub(crate) expires: Timestamp,
    pub(crate) id: WireLinkId,
    pub(crate) key: preface::Key,
    pub(crate) hello: Hello,
}

/// Why a link did not come about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    #[error("{}", pki::tls::explain_io(.0))]
    Tls(io::Error),
    /// The other end does not accept our certificate; it says so in TLS, and no more.
    #[error("{}", pki::tls::explain(&rustls::Error::AlertReceived(*.0)))]
    Rejected(AlertDescription),
    #[error("the other end cannot be taken for anybody: {0}")]
    Peer(#[from] PeerError),
    #[error("{0}")]
    Refused(Farewell),
    #[error("the other end is not the site that was expected")]
    OtherPeer,
    #[error("the two ends speak no common version of the protocol (there: {min} to {max})")]
    Version { min: u32, max: u32 },
    #[error("the other end broke the protocol: {0}")]
    Protocol(&'static str),
    #[error("the other end did not answer within five seconds")]
    Timeout,
    #[error(transparent)]
    Receive(ReceiveError),
}

impl From<ReceiveError> for HandshakeError {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Io(error) => tls_error(error),
            other => Self::Receive(other),
        }
    }
}

/// Tells a rejected certificate from every other failure. In TLS 1.3 a client hears of it only after its own
/// handshake has ended.
fn tls_error(error: io::Error) -> HandshakeError {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::AlertReceived(
            alert @ (AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied),
        )) => HandshakeError::Rejected(*alert),
        _ => HandshakeError::Tls(error),
    }
}

/// Dials: `stream` is connected to an access point.
pub(crate) async fn dial(
    stream: TcpStream,
    config: Arc<ClientConfig>,
    expected: Option<BackboneSiteId>,
    terms: &Terms,
    now: Timestamp,
) -> Result<Met, HandshakeError> {
    let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
    let connect = TlsConnector::from(config).connect(pki::tls::server_name(), stream);
    let tls = timeout_at(deadline, connect).await.map_err(|_| HandshakeError::Timeout)?.map_err(tls_error)?;
    let tls = TlsStream::from(tls);
    let (peer, leaf, expires) = peer_of(tls.get_ref().1, now)?;
    if !is_expected(&peer, expected) {
        return Err(HandshakeError::OtherPeer);
    }
    let exported = export(&tls)?;
    let mut channel = Channel::new(tls);
    let greet = async {
        channel.send(Body::Hello(hello(terms, None))).await.map_err(tls_error)?;
        Ok(channel.receiver.receive().await?)
    };
    let hello = match timeout_at(deadline + HANDSHAKE_TIMEOUT, greet).await {
        Err(_) => return Err(HandshakeError::Timeout),
        Ok(Err(error)) => return Err(error),
        Ok(Ok(Body::Hello(hello))) => hello,
        Ok(Ok(Body::Goodbye(goodbye))) => {
            let message = super::words(&goodbye.message);
            return Err(HandshakeError::Refused(Farewell { reason: Reason::from_wire(goodbye.reason), message }));
        }
        Ok(Ok(_)) => return Err(HandshakeError::Protocol("it did not say hello first")),
    };
    if let Err(error) = check_version(&hello) {
        channel.refuse(&version_farewell()).await;
        return Err(error);
    }
    let id = WireLinkId::from_wire(&hello.link_id).ok_or(HandshakeError::Protocol("its hello names no link"))?;
    Ok(Met { channel, peer, leaf, expires, id, key: preface::Key::new(&exported, id), hello })
}

/// The accepting end, between TLS and its own hello.
#[derive(Debug)]
pub(crate) struct Arriving {
    channel: Channel,
    exported: [u8; preface::KEY_LEN],
    pub(crate) peer: Identity,
    leaf: Der,
    expires: Timestamp,
}

impl Arriving {
    /// Reads who has connected from its verified certificate.
    pub(crate) fn new(tls: TlsStream<TcpStream>, now: Timestamp) -> Result<Self, HandshakeError> {
        let (peer, leaf, expires) = peer_of(tls.get_ref().1, now)?;
        let exported = export(&tls)?;
        Ok(Self { channel: Channel::new(tls), exported, peer, leaf, expires })
    }

    /// Sends the peer away.
    pub(crate) async fn refuse(self, farewell: &Farewell) {
        self.channel.refuse(farewell).await;
    }

    /// Hears the dialler's hello.
    pub(crate) async fn greeted(mut self) -> Result<Met, HandshakeError> {
        let deadline = Instant::now() + HANDSHAKE_TIMEOUT;
        let received = timeout_at(deadline, self.channel.receiver.receive()).await;
        let hello = match received.map_err(|_| HandshakeError::Timeout)?? {
            Body::Hello(hello) => hello,
            _ => {
                let farewell = Farewell::new(Reason::Protocol, "a link begins with a hello");
                self.channel.refuse(&farewell).await;
                return Err(HandshakeError::Protocol("it did not say hello first"));
            }
        };
        if let Err(error) = check_version(&hello) {
            self.channel.refuse(&version_farewell()).await;
            return Err(error);
        }
        let id = WireLinkId(random());
        let key = preface::Key::new(&self.exported, id);
        Ok(Met { channel: self.channel, peer: self.peer, leaf: self.leaf, expires: self.expires, id, key, hello })
    }
}

impl Met {
    /// Whether the dialler says that it links to have its certificate renewed.
    pub(crate) fn renews(&self) -> bool {
        self.hello.features.iter().any(|feature| feature == RENEWS)
    }

    /// Says hello from the accepting end: from here on the dialler may use the link.
    pub(crate) async fn welcome(&mut self, terms: &Terms) -> io::Result<()> {
        self.channel.send(Body::Hello(hello(terms, Some(self.id)))).await
    }
}

fn hello(terms: &Terms, id: Option<WireLinkId>) -> Hello {
    Hello {
        version_min: VERSION,
        version_max: VERSION,
        link_id: id.map(|id| id.0.to_vec()).unwrap_or_default(),
        software: terms.software.clone(),
        features: if terms.renews { vec![RENEWS.to_owned()] } else { Vec::new() },
        cost: terms.cost,
        transport: match terms.transport {
            Transport::Direct => 0,
            Transport::Tls => 1,
        },
    }
}

fn check_version(hello: &Hello) -> Result<(), HandshakeError> {
    let (min, max) = (hello.version_min, hello.version_max);
    if (min..=max).contains(&VERSION) { Ok(()) } else { Err(HandshakeError::Version { min, max }) }
}

fn version_farewell() -> Farewell {
    Farewell::new(Reason::Version, format!("this end speaks version {VERSION} of the link protocol only"))
}

fn is_expected(peer: &Identity, expected: Option<BackboneSiteId>) -> bool {
    match (peer, expected) {
        (_, None) => true,
        (Identity::BackboneSite { site, .. } | Identity::Bootstrap { site, .. }, Some(expected)) => *site == expected,
        _ => false,
    }
}

fn peer_of(state: &CommonState, now: Timestamp) -> Result<(Identity, Der, Timestamp), HandshakeError> {
    let (identity, alpn) = pki::tls::verified_peer(state, now)?;
    if alpn != Alpn::Link {
        return Err(PeerError::Alpn.into());
    }
    let leaf = pki::tls::peer_certificate(state).ok_or(PeerError::NoCertificate)?;
    let certificate = pki::Certificate::parse(leaf.as_bytes()).map_err(|_| PeerError::NoCertificate)?;
    let expires = certificate.serves_until(&identity);
    Ok((identity, leaf, expires))
}

fn export(tls: &TlsStream<TcpStream>) -> Result<[u8; preface::KEY_LEN], HandshakeError> {
    let out = [0; preface::KEY_LEN];
    let exported = match tls {
        TlsStream::Client(tls) => tls.get_ref().1.export_keying_material(out, preface::EXPORTER_LABEL, None),
        TlsStream::Server(tls) => tls.get_ref().1.export_keying_material(out, preface::EXPORTER_LABEL, None),
    };
    exported.map_err(|error| HandshakeError::Tls(io::Error::other(error)))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("the operating system provides random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_need_one_in_common() {
        let hello = |min, max| Hello { version_min: min, version_max: max, ..Hello::default() };
        assert!(check_version(&hello(VERSION, VERSION + 5)).is_ok());
        assert!(check_version(&hello(VERSION + 1, VERSION + 5)).is_err());
        assert!(check_version(&hello(0, 0)).is_err());
        assert!(check_version(&hello(VERSION + 5, VERSION - 1)).is_err());
    }
}
