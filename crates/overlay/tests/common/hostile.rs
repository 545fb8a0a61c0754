//! A peer that says whatever a test wants it to say.

use std::{net::SocketAddr, sync::Arc};

use bytes::BytesMut;
use overlay_proto::{
    link::{Hello, frame::Body},
    preface::{ACCEPT_LEN, EXPORTER_LABEL, KEY_LEN, Key, WireLinkId},
    wire::{self, FrameDecoder, Limits},
};
use pki::{Alpn, Der, tls::Leaf};
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::routers::LONG;

/// Believes every server: whom a hostile peer believes is its own affair.
#[derive(Debug)]
struct Credulous;

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP256_SHA256]
    }
}

fn config(leaf: &Leaf, chain: &[&Der], alpn: Alpn) -> Arc<ClientConfig> {
    let certificates = std::iter::once(&leaf.certificate).chain(chain.iter().copied());
    let certificates = certificates.map(|der| CertificateDer::from(der.as_bytes().to_vec())).collect();
    let key = PrivatePkcs8KeyDer::from(leaf.key.to_der().to_vec()).into();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3 is there")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Credulous))
        .with_client_auth_cert(certificates, key)
        .expect("the key is the certificate's");
    config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
    Arc::new(config)
}

/// The dialling end of a link, in a test's hands.
pub struct Hostile {
    address: SocketAddr,
    tls: TlsStream<TcpStream>,
    buffer: BytesMut,
}

impl Hostile {
    /// Connects with `leaf`, sending `chain` after it. In TLS 1.3 a refusal shows only when something is read.
    pub async fn connect(address: SocketAddr, leaf: &Leaf, chain: &[&Der]) -> Self {
        let stream = TcpStream::connect(address).await.expect("the access point listens");
        let connector = TlsConnector::from(config(leaf, chain, Alpn::Link));
        let tls = connector.connect(pki::tls::server_name(), stream).await.expect("the client's part of TLS");
        Self { address, tls, buffer: BytesMut::new() }
    }

    /// Connects and says hello; the link is up when it returns.
    pub async fn link(address: SocketAddr, leaf: &Leaf) -> (Self, Key) {
        Self::link_saying(address, leaf, hello(1, 1)).await
    }

    /// The same, with a hello of its own.
    pub async fn link_saying(address: SocketAddr, leaf: &Leaf, hello: Body) -> (Self, Key) {
        let mut hostile = Self::connect(address, leaf, &[]).await;
        hostile.send(hello).await;
        let Ok(Body::Hello(hello)) = hostile.receive().await else { panic!("no hello") };
        let id = WireLinkId::from_wire(&hello.link_id).expect("the acceptor names the link");
        let (_, connection) = hostile.tls.get_ref();
        let exported = connection.export_keying_material([0; KEY_LEN], EXPORTER_LABEL, None).expect("TLS is up");
        (hostile, Key::new(&exported, id))
    }

    pub async fn send(&mut self, body: Body) {
        let bytes = wire::to_bytes(body).expect("a frame");
        // The router may have closed already: what it said is still to be read.
        let _ = self.tls.write_all(&bytes).await;
        let _ = self.tls.flush().await;
    }

    /// The next frame, keep-alive apart; the error is what TLS or TCP says.
    pub async fn receive(&mut self) -> Result<Body, String> {
        let receiving = async {
            loop {
                match FrameDecoder::new(Limits::PROTOCOL).decode(&mut self.buffer).map_err(|e| e.to_string())? {
                    Some(Body::Ping(_) | Body::Pong(_)) => {}
                    Some(body) => return Ok(body),
                    None => {
                        let read = self.tls.read_buf(&mut self.buffer).await.map_err(|e| e.to_string())?;
                        if read == 0 {
                            return Err("closed".to_owned());
                        }
                    }
                }
            }
        };
        timeout(LONG, receiving).await.expect("a frame, or an error, in time")
    }

    /// The frames until the router says goodbye, which is returned.
    pub async fn goodbye(&mut self) -> overlay_proto::link::Goodbye {
        loop {
            match self.receive().await {
                Ok(Body::Goodbye(goodbye)) => return goodbye,
                Ok(_) => {}
                Err(error) => panic!("no goodbye: {error}"),
            }
        }
    }

    /// Sends bytes as the preface of a data connection; the answer, if there is one.
    pub async fn preface(&self, bytes: &[u8]) -> Option<[u8; ACCEPT_LEN]> {
        let mut stream = TcpStream::connect(self.address).await.expect("the access point listens");
        stream.write_all(bytes).await.expect("the first bytes are taken");
        let mut answer = [0; ACCEPT_LEN];
        let read = timeout(LONG, stream.read_exact(&mut answer)).await.expect("an answer, or an end, in time");
        read.is_ok().then_some(answer)
    }
}

/// A hello of somebody who says that its certificate has expired.
pub fn hello_of_renewal() -> Body {
    let Body::Hello(hello) = hello(1, 1) else { unreachable!("it is a hello") };
    Body::Hello(Hello { features: vec!["renews".to_owned()], ..hello })
}

/// A hello that offers these versions.
pub fn hello(min: u32, max: u32) -> Body {
    Body::Hello(Hello { version_min: min, version_max: max, cost: 1, ..Hello::default() })
}
