use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use model::Identity;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::verify_tls13_signature,
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use super::{ALGORITHMS, PeerPolicy};
use crate::{Usage, VerifyError, authority::holder, verify, verify_or_renew};

/// Why a peer was refused during the handshake.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its certificate does not verify.
    #[error(transparent)]
    Certificate(VerifyError),
    /// Its certificate verifies, but it is not admitted.
    #[error("{} {} is not admitted: {reason}", .peer.role(), holder(.peer))]
    NotAdmitted {
        /// Who it is.
        peer: Identity,
        /// Why not.
        reason: String,
    },
}

/// What a server asks of clients.
#[derive(Debug)]
pub(super) struct Client(pub(super) Arc<dyn PeerPolicy>);

/// What a client asks of the server.
#[derive(Debug)]
pub(super) struct Server(pub(super) Arc<dyn PeerPolicy>);

fn check(policy: &dyn PeerPolicy, leaf: &CertificateDer<'_>, usage: Usage) -> Result<(), Error> {
    let verify = if policy.admits_renewal() { verify_or_renew } else { verify };
    let peer = verify(&policy.anchors(), leaf, usage, policy.now()).map_err(time_or_other)?;
    policy.admit(&peer).map_err(|reason| other(Refusal::NotAdmitted { peer, reason }))
}

/// A certificate that is not valid *now* is a case of its own in TLS: the alert tells the peer to look at its clock.
fn time_or_other(error: VerifyError) -> Error {
    match error {
        VerifyError::Expired(moment) => {
            CertificateError::ExpiredContext { time: unix(moment.now), not_after: unix(moment.not_after) }.into()
        }
        VerifyError::NotYetValid(moment) => {
            CertificateError::NotValidYetContext { time: unix(moment.now), not_before: unix(moment.not_before) }.into()
        }
        error => other(Refusal::Certificate(error)),
    }
}

fn unix(time: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0)))
}

fn other(refusal: Refusal) -> Error {
    CertificateError::Other(OtherError(Arc::new(refusal))).into()
}

/// TLS 1.2 is not configured, so that its signatures are never asked about.
fn no_tls12() -> Result<HandshakeSignatureValid, Error> {
    Err(Error::General("TLS 1.2 is not spoken here".to_owned()))
}

impl ClientCertVerifier for Client {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // Clients have one certificate and need no hint; a list would tell strangers which networks are here.
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        // Whatever else the peer sends is never considered.
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        check(&*self.0, end_entity, Usage::Client).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}

impl ServerCertVerifier for Server {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        // Whatever else the peer sends is never considered.
        _: &[CertificateDer<'_>],
        // Peers are known by identity, not by name.
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        check(&*self.0, end_entity, Usage::Server).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &ALGORITHMS)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ALGORITHMS.supported_schemes()
    }
}
