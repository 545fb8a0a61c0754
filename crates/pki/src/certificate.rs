use data_encoding::HEXLOWER;
use jiff::Timestamp;
use model::{Der, Identity, SpiffeId, terms::AddressLimits};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use crate::{KeyDigest, PrivateKey, pem, x509};

/// The largest PEM text that is read.
const MAX_PEM_LEN: usize = 256 * 1024;

/// A certificate and what people and records need to know of it.
///
/// Reading one verifies nothing: [`crate::verify`] does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate itself.
    pub der: Der,
    /// The serial number, in hexadecimal.
    pub serial: String,
    /// The subject, for people.
    pub subject: String,
    /// The issuer, for people.
    pub issuer: String,
    /// The first second of its life.
    pub not_before: Timestamp,
    /// The last second of its life.
    pub not_after: Timestamp,
    /// The identity it claims; none for certificate authorities.
    pub id: Option<SpiffeId>,
    /// The digest of its public key.
    pub key_digest: KeyDigest,
    /// Whether it may issue certificates.
    pub is_authority: bool,
    /// What its holder may serve and use, where that is limited.
    pub limits: AddressLimits,
    /// Until when its holder may still have it renewed after it has expired; not at all, when absent.
    pub renewable_until: Option<Timestamp>,
}

/// Why something is not a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It cannot be read.
    #[error("this is not an X.509 certificate")]
    Malformed,
    /// The text holds no certificate.
    #[error("there is no certificate in the text: a PEM block \"CERTIFICATE\" is needed")]
    NoCertificate,
    /// The text holds a damaged PEM block.
    #[error("the PEM text is damaged")]
    Pem,
    /// The text is too large.
    #[error("the PEM text is larger than 256 KiB")]
    TooLarge,
}

impl Certificate {
    /// Reads a DER certificate.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = x509::parse(der).ok_or(CertificateError::Malformed)?;
        let (not_before, not_after) = x509::window(&certificate).ok_or(CertificateError::Malformed)?;
        Ok(Self {
            der: Der(der.to_vec()),
            serial: HEXLOWER.encode(certificate.raw_serial()),
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            not_before,
            not_after,
            id: x509::identity(&certificate).ok(),
            key_digest: KeyDigest::of_spki(certificate.public_key().raw),
            is_authority: matches!(x509::ca_claim(&certificate), x509::CaClaim::Authority(_)),
            limits: x509::limits(&certificate).map_err(|_| CertificateError::Malformed)?,
            renewable_until: x509::renewable_until(&certificate).map_err(|_| CertificateError::Malformed)?,
        })
    }

    /// The certificate as a PEM block.
    pub fn to_pem(&self) -> String {
        (*pem::encode("CERTIFICATE", &self.der.0)).clone()
    }

    /// Several certificates as PEM blocks, one after the other.
    pub fn to_pem_chain<'a>(chain: impl IntoIterator<Item = &'a Self>) -> String {
        chain.into_iter().map(Self::to_pem).collect()
    }

    /// Reads the first certificate of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        Ok(Self::chain_from_pem(text)?.swap_remove(0))
    }

    /// Reads every certificate of a PEM text, at least one, in order. Blocks of other kinds are skipped.
    pub fn chain_from_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        if text.len() > MAX_PEM_LEN {
            return Err(CertificateError::TooLarge);
        }
        let chain = CertificateDer::pem_slice_iter(text.as_bytes())
            .map(|der| Self::parse(&der.map_err(|_| CertificateError::Pem)?))
            .collect::<Result<Vec<_>, _>>()?;
        if chain.is_empty() { Err(CertificateError::NoCertificate) } else { Ok(chain) }
    }

    /// Whether the certificate is for `key`.
    pub fn is_for(&self, key: &PrivateKey) -> bool {
        self.key_digest == key.digest()
    }

    /// Until when it can be shown by `identity`, its holder: to the end of its life, or to have it renewed after that.
    pub fn serves_until(&self, identity: &Identity) -> Timestamp {
        match (identity, self.renewable_until) {
            (Identity::Renewal { .. }, Some(until)) => until,
            _ => self.not_after,
        }
    }

    /// Whether it has expired, and may still be renewed.
    pub fn is_renewable_at(&self, now: Timestamp) -> bool {
        let now = now.as_second();
        now > self.not_after.as_second() && self.renewable_until.is_some_and(|until| now <= until.as_second())
    }

    /// Whether `now` lies within its life, first and last second included.
    pub fn is_valid_at(&self, now: Timestamp) -> bool {
        (self.not_before.as_second()..=self.not_after.as_second()).contains(&now.as_second())
    }
}
