use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use rcgen::{CertificateParams, DistinguishedName, PublicKeyData, SignatureAlgorithm};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, UnparsedPublicKey,
    },
};
use rustls_pki_types::{PrivatePkcs8KeyDer, pem::PemObject as _};
use zeroize::Zeroizing;

use crate::{pem, x509};

/// A P-256 private key. Its memory is erased when it is dropped, and its `Debug` form shows the public half only.
#[derive(Clone)]
pub struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    point: Vec<u8>,
}

/// Why something is not a [`PrivateKey`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text holds no private key.
    #[error("there is no private key in the text: a PEM block \"PRIVATE KEY\" (PKCS #8) is needed")]
    Pem,
    /// The key is of another kind, or damaged.
    #[error("this is not a P-256 private key in PKCS #8 form with its public key ({0})")]
    Rejected(String),
}

impl PrivateKey {
    /// Makes a new key.
    ///
    /// # Panics
    ///
    /// When the operating system provides no random numbers: nothing can be done safely then.
    pub fn generate() -> Self {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new())
            .expect("the operating system provides random numbers");
        Self::from_der(document.as_ref()).expect("a generated key can be read back")
    }

    /// Reads the first `PRIVATE KEY` block of a PEM text.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).map_err(|_| KeyError::Pem)?;
        Self::from_der(der.secret_pkcs8_der())
    }

    /// Reads a PKCS #8 document.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &SystemRandom::new())
            .map_err(|rejected| KeyError::Rejected(rejected.to_string()))?;
        Ok(Self { pkcs8: Zeroizing::new(der.to_vec()), point: pair.public_key().as_ref().to_vec() })
    }

    /// The key as a PEM block, PKCS #8.
    pub fn to_pem(&self) -> Zeroizing<String> {
        pem::encode("PRIVATE KEY", &self.pkcs8)
    }

    /// The key as a PKCS #8 document.
    pub fn to_der(&self) -> Zeroizing<Vec<u8>> {
        self.pkcs8.clone()
    }

    /// A certificate signing request (PKCS #10, DER) for this key, with an empty subject: names are never the
    /// requester's to choose.
    pub fn csr(&self) -> Vec<u8> {
        self.csr_for(DistinguishedName::new())
    }

    pub(crate) fn csr_for(&self, subject: DistinguishedName) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject;
        params.serialize_request(self).expect("a request without attributes can be written").der().to_vec()
    }

    /// The digest of the public key.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of_spki(&x509::p256_spki(&self.point))
    }

    /// Signs `context` followed by `message` (ECDSA, SHA-256, ASN.1 signature).
    ///
    /// The context keeps signatures for one purpose from being used for another; end it with a zero byte, so that no
    /// context is the beginning of another.
    ///
    /// # Panics
    ///
    /// When the operating system provides no random numbers.
    pub fn sign(&self, context: &[u8], message: &[u8]) -> Vec<u8> {
        let rng = SystemRandom::new();
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, &rng)
            .expect("the key was checked when it was read")
            .sign(&rng, &[context, message].concat())
            .expect("the operating system provides random numbers")
            .as_ref()
            .to_vec()
    }
}

impl PartialEq for PrivateKey {
    /// Equal public keys have equal private keys; the secret itself is not compared.
    fn eq(&self, other: &Self) -> bool {
        self.point == other.point
    }
}

impl Eq for PrivateKey {}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("digest", &self.digest()).finish_non_exhaustive()
    }
}

impl PublicKeyData for PrivateKey {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for PrivateKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Self::sign(self, &[], message))
    }
}

/// The SHA-256 digest of a public key (its DER `SubjectPublicKeyInfo`): a name for the key. Written in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyDigest([u8; 32]);

/// A text is not a [`KeyDigest`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key digest is 64 hexadecimal digits")]
pub struct InvalidKeyDigest;

impl KeyDigest {
    pub(crate) fn of_spki(spki: &[u8]) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, spki).as_ref());
        Self(bytes)
    }

    /// The digest's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for KeyDigest {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyDigest({self})")
    }
}

impl FromStr for KeyDigest {
    type Err = InvalidKeyDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| InvalidKeyDigest)?;
        Ok(Self(bytes.try_into().map_err(|_| InvalidKeyDigest)?))
    }
}

/// A signature does not verify, or the certificate it is checked against has no P-256 key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not one of the certificate's key over this message")]
pub struct InvalidSignature;

/// Whether `signature` is what [`PrivateKey::sign`] makes of `context` and `message` with the key of `certificate`
/// (DER). Says nothing of whether the certificate is to be trusted: verify that with [`crate::verify`].
pub fn verify_signature(
    certificate: &[u8],
    context: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), InvalidSignature> {
    let certificate = x509::parse(certificate).ok_or(InvalidSignature)?;
    let point = x509::p256_point(certificate.public_key().raw).ok_or(InvalidSignature)?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
        .verify(&[context, message].concat(), signature)
        .map_err(|_| InvalidSignature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_both_of_their_forms() {
        let key = PrivateKey::generate();
        assert_eq!(PrivateKey::from_pem(&key.to_pem()).expect("own PEM").digest(), key.digest());
        assert_eq!(PrivateKey::from_der(&key.to_der()).expect("own DER").digest(), key.digest());
        assert_eq!(key.digest().to_string().parse(), Ok(key.digest()));
        assert_ne!(PrivateKey::generate(), key);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let key = PrivateKey::generate();
        let secret = key.to_pem().lines().nth(1).expect("a body").to_owned();
        let shown = format!("{key:?}");
        assert!(!shown.contains(&secret));
        assert!(shown.contains(&key.digest().to_string()));
    }

    #[test]
    fn other_keys_and_texts_are_refused() {
        assert_eq!(PrivateKey::from_pem("hello"), Err(KeyError::Pem));
        let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).expect("a P-384 key");
        assert!(matches!(PrivateKey::from_der(&p384.serialize_der()), Err(KeyError::Rejected(_))));
        let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("an Ed25519 key");
        assert!(matches!(PrivateKey::from_pem(&ed.serialize_pem()), Err(KeyError::Rejected(_))));
        for bad in ["", "00", &"0".repeat(65), &"g".repeat(64)] {
            assert!(bad.parse::<KeyDigest>().is_err(), "{bad}");
        }
    }
}
