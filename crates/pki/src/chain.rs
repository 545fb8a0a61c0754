//! Importing the installation's CA certificate from the administrator's own root.

use jiff::Timestamp;
use x509_parser::{
    certificate::X509Certificate,
    oid_registry::{OID_EC_P256, OID_NIST_EC_P384, OID_PKCS1_SHA1WITHRSA, OID_SHA1_WITH_RSA},
    public_key::PublicKey,
};

use crate::{
    Authority, Certificate, CertificateError, Moment, PrivateKey,
    x509::{self, CaClaim},
};

/// Levels of authorities the installation's CA needs below it: Backbone CA and network CA.
const LEVELS_BELOW: usize = 2;
/// More certificates than any real chain has.
const MAX_CHAIN: usize = 10;

/// The installation's CA certificate with everything above it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedChain {
    /// The installation's CA.
    pub ca: Certificate,
    /// The administrator's root.
    pub root: Certificate,
    /// All of it in order: the installation's CA first, the root last.
    pub chain: Vec<Certificate>,
}

/// Why a chain is refused. Subjects are named as they are written in the certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// The text holds no readable certificates.
    #[error("the chain cannot be read: {0}")]
    Unreadable(#[from] CertificateError),
    /// It is longer than any real chain.
    #[error("the text holds {0} certificates; a chain has at most 10")]
    TooLong(usize),
    /// None of the certificates is for our key.
    #[error(
        "none of the certificates is for the key of this installation's request: export the request again and have that one signed"
    )]
    KeyMismatch,
    /// Several certificates are for our key.
    #[error("{0} of the certificates are for this installation's key; give the one to use and its issuers only")]
    Ambiguous(usize),
    /// The chain does not reach a root.
    #[error(
        "the certificate of {issuer:?}, which issued {subject:?}, is missing: the chain must reach the self-signed root"
    )]
    MissingIssuer {
        /// The certificate whose issuer is missing.
        subject: String,
        /// Who issued it.
        issuer: String,
    },
    /// A certificate of the issuer's name is there, but its key did not sign.
    #[error("{subject:?} is not signed by the certificate of {issuer:?} in the text")]
    NotSigned {
        /// The certificate whose signature does not verify.
        subject: String,
        /// Whose signature it should be.
        issuer: String,
    },
    /// A certificate has no place in the chain.
    #[error("the certificate of {0:?} does not belong to the chain; leave it out")]
    Unrelated(String),
    /// Our certificate is its own issuer.
    #[error("the certificate is self-signed: it must be issued by the root it is to belong to")]
    SelfSigned,
    /// A certificate is not that of an authority.
    #[error(
        "{0:?} is not a certificate authority: it needs basic constraints CA:TRUE and the key usage certificate signing"
    )]
    NotAnAuthority(String),
    /// Too few levels are allowed below a certificate.
    #[error(
        "{subject:?} allows {allowed} further authorities below it; {needed} are needed (its path length must be at least {needed}, or absent)"
    )]
    PathLength {
        /// Whose path length it is.
        subject: String,
        /// The path length.
        allowed: u32,
        /// The path length it needs.
        needed: usize,
    },
    /// A key is of a kind that is not accepted.
    #[error(
        "the key of {0:?} is of a kind that is not accepted: roots and intermediates may be P-256, P-384 or RSA of at least 2048 bits"
    )]
    KeyType(String),
    /// A signature is made with SHA-1.
    #[error("{0:?} is signed with SHA-1, which can be forged")]
    Sha1(String),
    /// A certificate is not yet valid.
    #[error("{0:?} is not valid yet: {1}")]
    NotYetValid(String, Moment),
    /// A certificate has expired.
    #[error("{0:?} has expired: {1}")]
    Expired(String, Moment),
    /// Our certificate's subject cannot be repeated exactly.
    #[error(
        "{0:?}: the subject has a form that cannot be written again; use each attribute once, in one of the usual string types"
    )]
    Subject(String),
}

/// Reads the certificate an administrator's root has issued for `expected_key`, with its issuers up to the self-signed
/// root, in any order, and checks that authorities can be issued below it.
pub fn import_chain(pem: &str, expected_key: &PrivateKey, now: Timestamp) -> Result<ImportedChain, ImportError> {
    let certificates = Certificate::chain_from_pem(pem)?;
    if certificates.len() > MAX_CHAIN {
        return Err(ImportError::TooLong(certificates.len()));
    }
    if let Some(weak) = certificates.iter().find(|c| !accepted_key(&parsed(c))) {
        return Err(ImportError::KeyType(weak.subject.clone()));
    }
    let chain = sort(certificates, expected_key)?;
    let mut levels = LEVELS_BELOW;
    for certificate in &chain {
        check(certificate, levels, now)?;
        // Self-issued certificates do not count (RFC 5280, 4.2.1.9).
        let parsed = parsed(certificate);
        if parsed.subject().as_raw() != parsed.issuer().as_raw() {
            levels += 1;
        }
    }
    let (ca, root) = (chain[0].clone(), chain[chain.len() - 1].clone());
    Authority::new(ca.der.clone(), expected_key.clone()).map_err(|_| ImportError::Subject(ca.subject.clone()))?;
    Ok(ImportedChain { ca, root, chain })
}

/// Puts the certificates in order, ours first, each signed by the next, the last self-signed.
fn sort(mut rest: Vec<Certificate>, key: &PrivateKey) -> Result<Vec<Certificate>, ImportError> {
    // The same certificate twice is a common slip when files are joined, and harmless.
    let mut seen = std::collections::HashSet::new();
    rest.retain(|certificate| seen.insert(certificate.der.clone()));

    let ours = rest.iter().filter(|c| c.is_for(key)).count();
    let at = match ours {
        0 => return Err(ImportError::KeyMismatch),
        1 => rest.iter().position(|c| c.is_for(key)).expect("one is for the key"),
        _ => return Err(ImportError::Ambiguous(ours)),
    };
    let mut chain = vec![rest.remove(at)];
    if is_root(&chain[0]) {
        return Err(ImportError::SelfSigned);
    }
    while let Some(last) = chain.last().filter(|last| !is_root(last)) {
        let named = |c: &&Certificate| parsed(c).subject().as_raw() == parsed(last).issuer().as_raw();
        let next = rest.iter().position(|c| named(&c) && signed_by(last, c));
        let Some(next) = next else {
            let (subject, issuer) = (last.subject.clone(), last.issuer.clone());
            let wrong_key = rest.iter().any(|c| named(&c));
            return Err(if wrong_key {
                ImportError::NotSigned { subject, issuer }
            } else {
                ImportError::MissingIssuer { subject, issuer }
            });
        };
        chain.push(rest.remove(next));
    }
    match rest.first() {
        None => Ok(chain),
        Some(extra) => Err(ImportError::Unrelated(extra.subject.clone())),
    }
}

fn check(certificate: &Certificate, levels_below: usize, now: Timestamp) -> Result<(), ImportError> {
    let parsed = parsed(certificate);
    let subject = || certificate.subject.clone();
    if signed_with_sha1(&parsed) && !is_root(certificate) {
        return Err(ImportError::Sha1(subject()));
    }
    match x509::ca_claim(&parsed) {
        CaClaim::Authority(Some(allowed)) if (allowed as usize) < levels_below => {
            return Err(ImportError::PathLength { subject: subject(), allowed, needed: levels_below });
        }
        CaClaim::Authority(_) => {}
        CaClaim::Leaf | CaClaim::Malformed => return Err(ImportError::NotAnAuthority(subject())),
    }
    let moment = Moment { now, not_before: certificate.not_before, not_after: certificate.not_after };
    if now.as_second() < certificate.not_before.as_second() {
        return Err(ImportError::NotYetValid(subject(), moment));
    }
    if now.as_second() > certificate.not_after.as_second() {
        return Err(ImportError::Expired(subject(), moment));
    }
    Ok(())
}

fn accepted_key(certificate: &X509Certificate<'_>) -> bool {
    let spki = certificate.public_key();
    match spki.parsed() {
        Ok(PublicKey::RSA(rsa)) => rsa.key_size() >= 2048,
        Ok(PublicKey::EC(_)) => {
            let curve = spki.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
            curve.is_some_and(|curve| curve == OID_EC_P256 || curve == OID_NIST_EC_P384)
        }
        _ => false,
    }
}

fn is_root(certificate: &Certificate) -> bool {
    let parsed = parsed(certificate);
    parsed.subject().as_raw() == parsed.issuer().as_raw() && signed_by(certificate, certificate)
}

/// Whether `issuer`'s key signed `certificate`.
fn signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let (certificate, issuer) = (parsed(certificate), parsed(issuer));
    certificate.signature == certificate.signature_algorithm
        && certificate.verify_signature(Some(issuer.public_key())).is_ok()
}

/// Whether the certificate is signed with SHA-1. Its own signature says nothing about a root, whatever the algorithm.
fn signed_with_sha1(certificate: &X509Certificate<'_>) -> bool {
    let algorithm = &certificate.signature_algorithm.algorithm;
    *algorithm == OID_PKCS1_SHA1WITHRSA || *algorithm == OID_SHA1_WITH_RSA
}

fn parsed(certificate: &Certificate) -> X509Certificate<'_> {
    x509::parse(certificate.der.as_bytes()).expect("a Certificate was read before")
}
