//! The issuer port: whoever certifies the keys of an installation below one of its authorities.
//!
//! [`Authority`] is the issuer that is built in. Another one, a service of the platform say, is given its place by implementing
//! [`CertificateIssuer`]; what it has to do is written down as tests (`tests/promises/issuer.rs`), to be run against it. Whatever
//! issues, [`issue`] looks at what comes before anybody uses it.

use std::{fmt, pin::Pin};

use jiff::Timestamp;
use model::{Der, SpiffeId};
use rustls_pki_types::CertificateDer;
use x509_parser::{certificate::X509Certificate, extensions::GeneralName};

use crate::{
    Authority, AuthorityKind, Certificate, Csr, IssueError, LeafUse, Membership, Validity,
    x509::{self, CaClaim},
};

/// What is to be certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The request for the key, which its sender holds. Nothing else is taken from it.
    pub request: Csr,
    /// For whom.
    pub subject: Subject,
    /// For how long.
    pub validity: Validity,
}

/// For whom something is certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// For an authority below the one that issues.
    Authority {
        /// Which.
        kind: AuthorityKind,
        /// Counted from 1.
        generation: u32,
    },
    /// For somebody who speaks.
    Leaf {
        /// Who.
        id: SpiffeId,
        /// What for.
        leaf_use: LeafUse,
        /// On what terms: of members only.
        membership: Membership,
    },
}

/// What an issuer answers, once it has.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Certificate, OrderError>> + Send + 'a>>;

/// Certifies keys below one authority.
pub trait CertificateIssuer: fmt::Debug + Send + Sync {
    /// The certificate of the authority that issues.
    fn certificate(&self) -> &Der;

    /// Certifies the key of a request: for whom, what for and how long is the order's, and never the request's. To be asked
    /// through [`issue`].
    fn certify<'a>(&'a self, order: &'a Order) -> Answer<'a>;
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// It cannot be issued as it was ordered.
    #[error(transparent)]
    Refused(#[from] IssueError),
    /// The issuer could not be reached, or has failed.
    #[error("the issuer gives no answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The issuer has issued something else.
    #[error("what the issuer has issued is not what was ordered, and is not used: {0}")]
    Deviates(#[from] Deviation),
}

/// In what something that was issued differs from what was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Deviation {
    /// It cannot be read.
    #[error("it cannot be read")]
    Unreadable,
    /// Somebody else issued it.
    #[error("it was not issued directly by the authority that was asked")]
    Issuer,
    /// It is for another key.
    #[error("it is for another key")]
    Key,
    /// It says another identity, or names besides.
    #[error("it does not name exactly whom it is for")]
    Names,
    /// It may be used for more or less.
    #[error("it may be used for something else")]
    Use,
    /// It is or is not that of an authority, or of one of another path length.
    #[error("what it says of being an authority is something else")]
    Authority,
    /// It lasts longer, or is never valid.
    #[error("it is valid at other times")]
    Validity,
    /// The terms of the membership are missing or others.
    #[error("the terms of the membership in it are others")]
    Membership,
    /// Its serial number can be guessed.
    #[error("its serial number is shorter than 64 bits")]
    Serial,
}

/// Has an order carried out. What does not correspond to it in everything is refused.
///
/// # Errors
///
/// When the issuer refuses or does not answer, or what it has issued is something else.
pub async fn issue(issuer: &dyn CertificateIssuer, order: &Order) -> Result<Certificate, OrderError> {
    let issued = issuer.certify(order).await?;
    check(order, issuer.certificate(), &issued)?;
    Ok(issued)
}

/// The least length of a serial number, in bytes.
const SERIAL: usize = 8;

fn check(order: &Order, issuer: &Der, issued: &Certificate) -> Result<(), Deviation> {
    // Of the issuer's own summary nothing is believed.
    let parsed = x509::parse(issued.der.as_bytes()).ok_or(Deviation::Unreadable)?;
    let read = Certificate::parse(issued.der.as_bytes()).map_err(|_| Deviation::Unreadable)?;
    if read != *issued {
        return Err(Deviation::Unreadable);
    }
    let above = x509::parse(issuer.as_bytes()).ok_or(Deviation::Issuer)?;
    let is_direct = parsed.issuer().as_raw() == above.subject().as_raw()
        && parsed.verify_signature(Some(above.public_key())).is_ok();
    let agrees = |it_does, deviation| if it_does { Ok(()) } else { Err(deviation) };
    agrees(is_direct, Deviation::Issuer)?;
    agrees(read.key_digest == order.request.key_digest(), Deviation::Key)?;
    agrees(parsed.raw_serial().iter().skip_while(|byte| **byte == 0).count() >= SERIAL, Deviation::Serial)?;
    agrees(is_within(&read, order.validity), Deviation::Validity)?;
    match &order.subject {
        Subject::Authority { kind, .. } => {
            agrees(
                x509::ca_claim(&parsed) == CaClaim::Authority(Some(kind.path_length().into())),
                Deviation::Authority,
            )?;
            agrees(names(&parsed).is_some_and(|names| names.is_empty()), Deviation::Names)?;
            agrees(signs_certificates(&parsed), Deviation::Use)
        }
        Subject::Leaf { id, leaf_use, membership } => {
            agrees(x509::ca_claim(&parsed) == CaClaim::Leaf, Deviation::Authority)?;
            agrees(names(&parsed).is_some_and(|names| names == [id.to_string()]), Deviation::Names)?;
            agrees(uses(&parsed) == Some(*leaf_use), Deviation::Use)?;
            let whole = |time: Timestamp| time.as_second();
            let is_theirs = read.limits == membership.limits
                && read.renewable_until.map(whole) == membership.renewable_until.map(whole);
            agrees(is_theirs, Deviation::Membership)
        }
    }
}

/// Whether it is valid at some time, and at none at which it was not to be.
fn is_within(issued: &Certificate, ordered: Validity) -> bool {
    ordered.not_before.as_second() <= issued.not_before.as_second()
        && issued.not_before <= issued.not_after
        && issued.not_after.as_second() <= ordered.not_after.as_second()
}

/// Every alternative name, of whatever kind; nothing when they cannot be read.
fn names(certificate: &X509Certificate<'_>) -> Option<Vec<String>> {
    let Some(names) = certificate.subject_alternative_name().ok()? else { return Some(vec![]) };
    let name =
        |name: &GeneralName<'_>| if let GeneralName::URI(uri) = name { (*uri).to_owned() } else { name.to_string() };
    Some(names.value.general_names.iter().map(name).collect())
}

fn signs_certificates(certificate: &X509Certificate<'_>) -> bool {
    let usage = x509::key_usage(certificate).ok().flatten();
    let extended = certificate.extended_key_usage().ok().flatten();
    usage.is_some_and(|usage| usage.key_cert_sign() && !usage.digital_signature()) && extended.is_none()
}

fn uses(certificate: &X509Certificate<'_>) -> Option<LeafUse> {
    let usage = x509::key_usage(certificate).ok()??;
    if !usage.digital_signature() || usage.key_cert_sign() {
        return None;
    }
    let Some(extended) = certificate.extended_key_usage().ok()? else { return Some(LeafUse::TrustSigner) };
    let extended = extended.value;
    let is_more = extended.any
        || extended.code_signing
        || extended.email_protection
        || extended.time_stamping
        || extended.ocsp_signing
        || !extended.other.is_empty();
    match (extended.client_auth, extended.server_auth) {
        (true, true) if !is_more => Some(LeafUse::Peer),
        (true, false) if !is_more => Some(LeafUse::Client),
        _ => None,
    }
}

impl CertificateIssuer for Authority {
    fn certificate(&self) -> &Der {
        &self.certificate
    }

    fn certify<'a>(&'a self, order: &'a Order) -> Answer<'a> {
        let Order { request, subject, validity } = order;
        let issued = match subject {
            Subject::Authority { kind, generation } => {
                self.certify_authority(request, *kind, *generation, *validity).map(|der| read(&der))
            }
            Subject::Leaf { id, leaf_use: LeafUse::Peer, membership } => {
                self.issue_member(request, *id, *validity, membership)
            }
            Subject::Leaf { id, leaf_use, .. } => self.issue_leaf(request, *id, *leaf_use, *validity),
        };
        Box::pin(std::future::ready(issued.map_err(OrderError::from)))
    }
}

fn read(der: &CertificateDer<'_>) -> Certificate {
    Certificate::parse(der).expect("a certificate just written can be read")
}
