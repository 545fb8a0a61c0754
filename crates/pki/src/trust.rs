//! The trust document, signed.

use data_encoding::BASE64;
use jiff::Timestamp;
use model::{BackboneId, Der, Identity, InstallationId, trust::TrustDocument};
use serde::{Deserialize, Serialize};

use crate::{Anchors, Certificate, PrivateKey, Usage, VerifyError, verify, verify_signature};

/// What a signature over a trust document is for.
const CONTEXT: &[u8] = b"skx-trust-v1\0";

/// A [`TrustDocument`] as it travels and is kept: the exact bytes that were signed, the signature, and the signer's
/// certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedTrust {
    /// The document (JSON).
    #[serde(with = "base64")]
    pub document: Vec<u8>,
    /// The signature (ECDSA P-256, SHA-256, ASN.1) over `"skx-trust-v1\0"` and the document.
    #[serde(with = "base64")]
    pub signature: Vec<u8>,
    /// The signer's certificate, which the Backbone CA has issued for this and nothing else.
    pub signer: Der,
}

/// Why a trust document is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// Its signer may not sign it.
    #[error("the signer of the trust document is not accepted: {0}")]
    Signer(#[from] VerifyError),
    /// The signature is not the signer's over this document.
    #[error("the trust document was altered, or signed by somebody else")]
    Signature,
    /// It cannot be read.
    #[error("the trust document cannot be read: {0}")]
    Malformed(String),
    /// It has another format.
    #[error("the trust document has format {0}, and this program reads format 1; a newer program is needed")]
    Format(u32),
    /// It is for another installation.
    #[error("the trust document is for installation {0}, which is not this one")]
    OtherInstallation(InstallationId),
    /// It is for another backbone.
    #[error("the trust document is for backbone {0}, which is not this one")]
    OtherBackbone(BackboneId),
}

impl SignedTrust {
    /// Signs a document with the key of `signer`, a certificate issued for [`crate::LeafUse::TrustSigner`].
    pub fn sign(document: &TrustDocument, key: &PrivateKey, signer: &Certificate) -> Self {
        Self::sign_bytes(serde_json::to_vec(document).expect("a trust document has a JSON form"), key, signer)
    }

    pub(crate) fn sign_bytes(document: Vec<u8>, key: &PrivateKey, signer: &Certificate) -> Self {
        let signature = key.sign(CONTEXT, &document);
        Self { document, signature, signer: signer.der.clone() }
    }

    /// Who signed it, when [`SignedTrust::verify`] says that somebody who may has.
    pub fn signed_by(&self) -> Option<Identity> {
        Some(Certificate::parse(self.signer.as_bytes()).ok()?.id?.identity)
    }

    /// SHA-256 of the signed bytes: tells two documents of the same version apart.
    pub fn digest(&self) -> [u8; 32] {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.document);
        digest.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Verifies signer and signature at `now`, and reads the document.
    ///
    /// Whether it is newer than the one already held, and not past `valid_until`, is for the caller to decide.
    pub fn verify(&self, anchors: &Anchors, now: Timestamp) -> Result<TrustDocument, TrustError> {
        // The only role that verifies for signing is the trust signer of this backbone.
        verify(anchors, self.signer.as_bytes(), Usage::Signing, now)?;
        verify_signature(self.signer.as_bytes(), CONTEXT, &self.document, &self.signature)
            .map_err(|_| TrustError::Signature)?;

        let malformed = |error: serde_json::Error| TrustError::Malformed(error.to_string());
        let Format { format } = serde_json::from_slice(&self.document).map_err(malformed)?;
        if format != TrustDocument::FORMAT {
            return Err(TrustError::Format(format));
        }
        let document: TrustDocument = serde_json::from_slice(&self.document).map_err(malformed)?;
        if document.installation != anchors.installation {
            return Err(TrustError::OtherInstallation(document.installation));
        }
        if document.backbone != anchors.backbone {
            return Err(TrustError::OtherBackbone(document.backbone));
        }
        Ok(document)
    }
}

/// The one field that every format has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

mod base64 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::BASE64;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        BASE64.decode(String::deserialize(deserializer)?.as_bytes()).map_err(D::Error::custom)
    }
}
