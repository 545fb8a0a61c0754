//! What a router shows others: its certificate, and the TLS configurations made with it.

use std::sync::Arc;

use jiff::Timestamp;
use model::{Clock, Identity};
use overlay_proto::pool::Side;
use pki::{
    Alpn, PeerPolicy,
    tls::{self, Leaf},
};
use rustls::{ClientConfig, ServerConfig};

use crate::{policy::LinkPolicy, trust::Trust};

/// Everything made from one leaf certificate.
#[derive(Debug)]
pub struct Credentials {
    /// Who the certificate says this router is.
    pub identity: Identity,
    /// The certificate and its key.
    pub leaf: Leaf,
    /// Until when the certificate can be shown.
    pub expires: Timestamp,
    pub(crate) dial: DialConfigs,
    pub(crate) accept: AcceptConfigs,
}

/// TLS configurations of the dialling end of links.
#[derive(Clone, Debug)]
pub(crate) struct DialConfigs {
    pub(crate) link: Arc<ClientConfig>,
    pub(crate) data: Arc<ClientConfig>,
}

/// TLS configurations of the accepting end of links.
#[derive(Clone, Debug)]
pub(crate) struct AcceptConfigs {
    pub(crate) link: Arc<ServerConfig>,
    pub(crate) data: Arc<ServerConfig>,
}

/// Why a leaf cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The certificate cannot be read.
    #[error("the certificate cannot be read")]
    Certificate(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The certificate and the key do not make a TLS configuration.
    #[error("the certificate cannot be used for TLS")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The certificate has expired.
    #[error("the certificate expired at {0}; check the clock, or have it renewed")]
    Expired(Timestamp),
}

impl Credentials {
    /// Makes the configurations of a router whose identity, read from `leaf`, is `identity`.
    pub(crate) fn new(
        identity: Identity,
        leaf: Leaf,
        trust: &Trust,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, CredentialError> {
        let certificate = pki::Certificate::parse(leaf.certificate.as_bytes())
            .map_err(|error| CredentialError::Certificate(error.into()))?;
        let expires = certificate.serves_until(&identity);
        if clock.now() >= expires {
            return Err(CredentialError::Expired(expires));
        }
        let policy =
            |side| -> Arc<dyn PeerPolicy> { Arc::new(LinkPolicy { trust: trust.clone(), clock: clock.clone(), side }) };
        let dial = DialConfigs {
            link: tls::client(Some(&leaf), Alpn::Link, policy(Side::Dialler)).map_err(tls_error)?,
            data: tls::client(None, Alpn::Data, policy(Side::Dialler)).map_err(tls_error)?,
        };
        let accept = AcceptConfigs {
            link: tls::server(&leaf, &[Alpn::Link], Some(policy(Side::Acceptor))).map_err(tls_error)?,
            data: tls::server(&leaf, &[Alpn::Data], None).map_err(tls_error)?,
        };
        Ok(Self { identity, expires, leaf, dial, accept })
    }
}

fn tls_error(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CredentialError {
    CredentialError::Tls(error.into())
}
