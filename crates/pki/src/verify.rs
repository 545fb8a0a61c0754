//! The one verification rule. Every part of the system that decides who a certificate speaks for asks here.

use std::{collections::BTreeMap, fmt, time::Duration};

use jiff::Timestamp;
use model::{BackboneId, Der, Identity, InstallationId, NetworkId, SpiffeId, identity::InvalidIdentity};
use rustls_pki_types::{CertificateDer, UnixTime};
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter, KeyUsage, RequiredEkuNotFoundContext,
    anchor_from_trusted_cert,
};
use x509_parser::certificate::X509Certificate;

use crate::{
    Certificate,
    x509::{self, CaClaim, NoIdentity},
};

/// What a verifier trusts: the certificate authorities of one backbone and of the networks on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchors {
    /// The installation.
    pub installation: InstallationId,
    /// The backbone.
    pub backbone: BackboneId,
    /// The Backbone CA generations.
    pub backbone_authorities: Vec<Der>,
    /// Each network's CA generations.
    pub networks: BTreeMap<NetworkId, Vec<Der>>,
}

/// What a certificate is presented for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// By the one who dials. Also for what a peer signs outside TLS with the same key.
    Client,
    /// By the one who is dialled.
    Server,
    /// By the signer of a trust document, and by nobody else.
    Signing,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Client => "connecting (TLS client)",
            Self::Server => "being connected to (TLS server)",
            Self::Signing => "signing trust documents",
        })
    }
}

/// Why a certificate is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It cannot be read, or breaks the rules for certificates.
    #[error("the certificate cannot be read ({0})")]
    Malformed(String),
    /// It does not carry exactly one URI.
    #[error("the certificate carries {0} URIs; an identity is exactly one")]
    IdentityCount(usize),
    /// Its URI is none of ours.
    #[error("the certificate's identity: {0}")]
    ForeignIdentity(InvalidIdentity),
    /// It belongs to another installation.
    #[error("the certificate belongs to installation {0}, which is not this one")]
    OtherInstallation(InstallationId),
    /// It belongs to another backbone.
    #[error("the certificate belongs to backbone {0}, which is not this one")]
    OtherBackbone(BackboneId),
    /// It belongs to a network that is not trusted here.
    #[error("the certificate belongs to network {0}, which is not open on this backbone")]
    UnknownNetwork(NetworkId),
    /// The role may not do what the certificate is presented for.
    #[error("a certificate of the role {role} is not for {usage}")]
    Role {
        /// The role.
        role: &'static str,
        /// What it was presented for.
        usage: Usage,
    },
    /// Its key is of another kind.
    #[error("the certificate's key is not a P-256 key")]
    KeyType,
    /// Its extended key usage says otherwise.
    #[error("the certificate is not issued for {0}")]
    Purpose(Usage),
    /// It is a certificate authority's own.
    #[error("the certificate is a certificate authority's, which speaks for nobody")]
    AuthorityAsLeaf,
    /// The only authorities that may have issued it have not issued it directly.
    #[error("the certificate was not issued directly by {0}")]
    NotIssued(Issuer),
    /// The authority's certificate is not one of an authority with a P-256 key.
    #[error("the certificate of {0} is not that of a certificate authority with a P-256 key")]
    NotAnAuthority(Issuer),
    /// The authority's certificate is not yet valid.
    #[error("the certificate of {0} is not valid yet: {1}")]
    AuthorityNotYetValid(Issuer, Moment),
    /// The authority's certificate has expired.
    #[error("the certificate of {0} has expired: {1}")]
    AuthorityExpired(Issuer, Moment),
    /// It is not yet valid; nothing else is wrong with it.
    #[error("the certificate is not valid yet: {0}")]
    NotYetValid(Moment),
    /// It has expired; nothing else is wrong with it.
    #[error("the certificate has expired: {0}")]
    Expired(Moment),
}

/// The only authority that may issue for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// The Backbone CA.
    Backbone(BackboneId),
    /// A network's CA.
    Network(NetworkId),
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backbone(id) => write!(f, "the CA of backbone {id}"),
            Self::Network(id) => write!(f, "the CA of network {id}"),
        }
    }
}

/// When a certificate was looked at, and when it is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time on this host.
    pub now: Timestamp,
    /// The first second of the certificate's life.
    pub not_before: Timestamp,
    /// The last second of the certificate's life.
    pub not_after: Timestamp,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { now, not_before, not_after } = self;
        write!(
            f,
            "this host's time is {now:.0}, the certificate is valid from {not_before:.0} to {not_after:.0}; check the clock"
        )
    }
}

/// Verifies that `leaf` (DER) may be used for `usage` at `now`, and says who holds it.
///
/// The identity is read first and selects the only authorities that may have issued the certificate: the Backbone CA
/// for the roles of this backbone, the network's CA for the roles of a network. One of them must have issued the leaf
/// *directly*; no other certificate is ever considered, so that the full chain of a withdrawn network, which still
/// leads to the Backbone CA, is refused.
///
/// [`VerifyError::Expired`] and [`VerifyError::NotYetValid`] are returned only when nothing else is wrong.
pub fn verify(anchors: &Anchors, leaf: &[u8], usage: Usage, now: Timestamp) -> Result<Identity, VerifyError> {
    let malformed = || VerifyError::Malformed("not an X.509 certificate".to_owned());
    let certificate = x509::parse(leaf).ok_or_else(malformed)?;
    let id = identity(&certificate)?;
    let (issuer, authorities) = select(anchors, &id, usage)?;
    check_leaf(&certificate)?;

    let life = life(&certificate, now)?;
    // Path and purpose are judged at a moment of the leaf's life, so that a time failure is reported as such only
    // when nothing else is wrong; whether that moment is now is decided last.
    let at = now.clamp(life.not_before, life.not_after);
    let mut refusal = VerifyError::NotIssued(issuer);
    for authority in authorities {
        match issued_by(leaf, authority, issuer, usage, at, now) {
            Ok(()) => return in_its_life(life).map(|()| id.identity),
            // Another generation may still be the right one; what was said of the one that did issue it stands.
            Err(VerifyError::NotIssued(_)) => {}
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// The same, and a member whose certificate has expired is [`Identity::Renewal`] for as long as its certificate says that it
/// may be renewed. It is verified again as at the last second of its life: nothing else may have been wrong with it then, nor
/// with the authority that issued it.
pub fn verify_or_renew(anchors: &Anchors, leaf: &[u8], usage: Usage, now: Timestamp) -> Result<Identity, VerifyError> {
    let refusal = match verify(anchors, leaf, usage, now) {
        Ok(identity) => return Ok(identity),
        Err(refusal) => refusal,
    };
    let Some(held) = Certificate::parse(leaf).ok().filter(|held| held.is_renewable_at(now)) else {
        return Err(refusal);
    };
    match verify(anchors, leaf, usage, held.not_after) {
        Ok(Identity::Member { network, site }) => Ok(Identity::Renewal { network, site }),
        Ok(_) | Err(_) => Err(refusal),
    }
}

fn identity(certificate: &X509Certificate<'_>) -> Result<SpiffeId, VerifyError> {
    x509::identity(certificate).map_err(|error| match error {
        NoIdentity::Malformed => VerifyError::Malformed("its names".to_owned()),
        NoIdentity::Count(count) => VerifyError::IdentityCount(count),
        NoIdentity::Foreign(invalid) => VerifyError::ForeignIdentity(invalid),
    })
}

fn select<'a>(anchors: &'a Anchors, id: &SpiffeId, usage: Usage) -> Result<(Issuer, &'a [Der]), VerifyError> {
    if id.installation != anchors.installation {
        return Err(VerifyError::OtherInstallation(id.installation));
    }
    if let Some(backbone) = id.identity.backbone()
        && backbone != anchors.backbone
    {
        return Err(VerifyError::OtherBackbone(backbone));
    }
    let signs = matches!(id.identity, Identity::TrustSigner { .. });
    if signs != (usage == Usage::Signing) {
        return Err(VerifyError::Role { role: id.identity.role(), usage });
    }
    match id.identity.network() {
        None => Ok((Issuer::Backbone(anchors.backbone), &anchors.backbone_authorities)),
        Some(network) => match anchors.networks.get(&network) {
            Some(authorities) => Ok((Issuer::Network(network), authorities)),
            None => Err(VerifyError::UnknownNetwork(network)),
        },
    }
}

/// What a leaf must be, whoever issued it.
fn check_leaf(certificate: &X509Certificate<'_>) -> Result<(), VerifyError> {
    if x509::p256_point(certificate.public_key().raw).is_none() {
        return Err(VerifyError::KeyType);
    }
    match x509::ca_claim(certificate) {
        CaClaim::Leaf => {}
        CaClaim::Authority(_) => return Err(VerifyError::AuthorityAsLeaf),
        CaClaim::Malformed => return Err(VerifyError::Malformed("its basic constraints".to_owned())),
    }
    // What cannot be read cannot be kept to.
    x509::limits(certificate).map_err(|_| VerifyError::Malformed("what it may serve and use".to_owned()))?;
    x509::renewable_until(certificate).map_err(|_| VerifyError::Malformed("until when it is renewed".to_owned()))?;
    match x509::key_usage(certificate) {
        Ok(Some(usage)) if usage.digital_signature() && !usage.key_cert_sign() => Ok(()),
        _ => Err(VerifyError::Malformed("its key usage must be digital signature".to_owned())),
    }
}

fn life(certificate: &X509Certificate<'_>, now: Timestamp) -> Result<Moment, VerifyError> {
    let window = x509::window(certificate).filter(|(not_before, not_after)| not_before <= not_after);
    let (not_before, not_after) = window.ok_or_else(|| VerifyError::Malformed("its validity".to_owned()))?;
    Ok(Moment { now: whole_second(now), not_before, not_after })
}

/// Certificates count whole seconds, and the last one belongs to their life entirely.
fn whole_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn in_its_life(life: Moment) -> Result<(), VerifyError> {
    if life.now < life.not_before {
        Err(VerifyError::NotYetValid(life))
    } else if life.now > life.not_after {
        Err(VerifyError::Expired(life))
    } else {
        Ok(())
    }
}

/// Whether `authority` issued `leaf` directly, and is a certificate authority that is valid `now`.
fn issued_by(
    leaf: &[u8],
    authority: &Der,
    issuer: Issuer,
    usage: Usage,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), VerifyError> {
    let leaf = CertificateDer::from(leaf);
    let leaf = EndEntityCert::try_from(&leaf).map_err(|error| VerifyError::Malformed(error.to_string()))?;
    let authority_der = CertificateDer::from(authority.as_bytes());
    let anchor = anchor_from_trusted_cert(&authority_der).map_err(|_| VerifyError::NotAnAuthority(issuer))?;
    let at = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at.as_second()).unwrap_or(0)));
    let algorithms = &[webpki::ring::ECDSA_P256_SHA256];
    leaf.verify_for_usage(algorithms, &[anchor], &[], at, Purpose(usage), None, None).map_err(|error| match error {
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => VerifyError::NotIssued(issuer),
        webpki::Error::RequiredEkuNotFoundContext(_) => VerifyError::Purpose(usage),
        webpki::Error::CaUsedAsEndEntity => VerifyError::AuthorityAsLeaf,
        other => VerifyError::Malformed(other.to_string()),
    })?;

    // A trust anchor is a name and a key to webpki: what its certificate says of itself is for us to check.
    let certificate = x509::parse(authority.as_bytes()).ok_or(VerifyError::NotAnAuthority(issuer))?;
    let is_authority = matches!(x509::ca_claim(&certificate), CaClaim::Authority(_));
    if !is_authority || x509::p256_point(certificate.public_key().raw).is_none() {
        return Err(VerifyError::NotAnAuthority(issuer));
    }
    let life = life(&certificate, now).map_err(|_| VerifyError::NotAnAuthority(issuer))?;
    in_its_life(life).map_err(|error| match error {
        VerifyError::NotYetValid(life) => VerifyError::AuthorityNotYetValid(issuer, life),
        _ => VerifyError::AuthorityExpired(issuer, life),
    })
}

/// The extended key usage each [`Usage`] demands, said explicitly: absence and "any" are not enough.
struct Purpose(Usage);

/// id-kp-serverAuth and id-kp-clientAuth (RFC 5280, 4.2.1.12), encoded.
const SERVER_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 2];

impl ExtendedKeyUsageValidator for Purpose {
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let present = purposes.collect::<Result<Vec<_>, _>>()?;
        let (fits, required) = match self.0 {
            Usage::Client => (present.contains(&KeyPurposeId::new(CLIENT_AUTH)), KeyUsage::client_auth()),
            Usage::Server => (present.contains(&KeyPurposeId::new(SERVER_AUTH)), KeyUsage::server_auth()),
            Usage::Signing => (present.is_empty(), KeyUsage::required(&[])),
        };
        if fits {
            return Ok(());
        }
        let present = present.into_iter().map(|purpose| purpose.to_decoded_oid()).collect();
        Err(webpki::Error::RequiredEkuNotFoundContext(RequiredEkuNotFoundContext { required, present }))
    }
}
