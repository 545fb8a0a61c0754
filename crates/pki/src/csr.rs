use rcgen::{PublicKeyData, SignatureAlgorithm};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use x509_parser::{
    certification_request::X509CertificationRequest, oid_registry::OID_SIG_ECDSA_WITH_SHA256, prelude::FromDer as _,
};

use crate::{KeyDigest, PrivateKey, pem, x509};

/// A certificate signing request (PKCS #10) whose sender has proved to hold the private key.
///
/// Only the key is taken from it. Names and extensions it asks for are ignored: identities come from the issuer's
/// records.
#[derive(Clone, Debug)]
pub struct Csr {
    der: Vec<u8>,
    point: Vec<u8>,
}

impl PartialEq for Csr {
    /// What else it says does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.point == other.point
    }
}

impl Eq for Csr {}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// It is too large.
    #[error("the certificate signing request is larger than 8 KiB")]
    TooLarge,
    /// It cannot be read.
    #[error("this is not a certificate signing request (PKCS #10, DER)")]
    Malformed,
    /// Its key is of another kind.
    #[error("the certificate signing request is for another kind of key; P-256 keys are certified only")]
    KeyType,
    /// Its signature is not by its own key.
    #[error("the certificate signing request is not signed by the key it is for")]
    Possession,
}

impl Csr {
    /// The largest request that is read, in bytes.
    pub const MAX_LEN: usize = 8 * 1024;

    /// Reads a request and verifies that its sender holds the key.
    pub fn parse(der: &[u8]) -> Result<Self, CsrError> {
        if der.len() > Self::MAX_LEN {
            return Err(CsrError::TooLarge);
        }
        let Ok(([], request)) = X509CertificationRequest::from_der(der) else {
            return Err(CsrError::Malformed);
        };
        let info = &request.certification_request_info;
        let point = x509::p256_point(info.subject_pki.raw).ok_or(CsrError::KeyType)?;
        if request.signature_algorithm.algorithm != OID_SIG_ECDSA_WITH_SHA256 {
            return Err(CsrError::Possession);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(info.raw, &request.signature_value.data)
            .map_err(|_| CsrError::Possession)?;
        Ok(Self { point: point.to_vec(), der: der.to_vec() })
    }

    /// A request for a key of one's own.
    pub fn of(key: &PrivateKey) -> Self {
        Self { der: key.csr(), point: key.der_bytes().to_vec() }
    }

    /// The request itself (PKCS #10, DER).
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// A DER request as a PEM block, to be handed to an administrator's root.
    pub fn pem(der: &[u8]) -> String {
        (*pem::encode("CERTIFICATE REQUEST", der)).clone()
    }

    /// The digest of the key it is for.
    pub fn key_digest(&self) -> KeyDigest {
        KeyDigest::of_spki(&x509::p256_spki(&self.point))
    }
}

impl PublicKeyData for Csr {
    fn der_bytes(&self) -> &[u8] {
        &self.point
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_names_its_key_and_nothing_else() {
        let key = PrivateKey::generate();
        assert_eq!(Csr::parse(&key.csr()).expect("own request").key_digest(), key.digest());
        let mut named = rcgen::CertificateParams::new(["root.example.com".to_owned()]).expect("parameters");
        named.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let der = named.serialize_request(&key).expect("a request").der().to_vec();
        assert_eq!(Csr::parse(&der), Csr::parse(&key.csr()));
    }

    #[test]
    fn other_kinds_of_keys_and_oversized_requests_are_refused() {
        let request = |key: &rcgen::KeyPair| {
            rcgen::CertificateParams::default().serialize_request(key).expect("a request").der().to_vec()
        };
        for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
            let key = rcgen::KeyPair::generate_for(algorithm).expect("a key");
            assert_eq!(Csr::parse(&request(&key)), Err(CsrError::KeyType));
        }
        assert_eq!(Csr::parse(&[0; Csr::MAX_LEN + 1]), Err(CsrError::TooLarge));
        assert_eq!(Csr::parse(&[]), Err(CsrError::Malformed));
        let trailing = [PrivateKey::generate().csr(), vec![0]].concat();
        assert_eq!(Csr::parse(&trailing), Err(CsrError::Malformed));
    }

    proptest! {
        /// Bits outside of what is signed may be read leniently; another key never comes out.
        #[test]
        fn a_changed_request_never_yields_another_key(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let key = PrivateKey::generate();
            let mut der = key.csr();
            let at = at.index(der.len());
            der[at] ^= 1 << bit;
            if let Ok(request) = Csr::parse(&der) {
                prop_assert_eq!(request.key_digest(), key.digest());
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            prop_assert!(Csr::parse(&bytes).is_err());
        }
    }
}
