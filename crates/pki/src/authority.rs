use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, Der, Identity, InstallationId, NetworkId, SpiffeId,
    terms::{AddressLimits, AddressPatterns},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, PublicKeyData, RevokedCertParams, SanType,
    SerialNumber,
};
use rustls_pki_types::CertificateDer;
use x509_parser::{time::ASN1Time, x509::X509Name};

use crate::{
    Certificate, Csr, PrivateKey, pem, serial,
    x509::{self, CaClaim},
};

/// A certificate authority: a CA certificate with its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The CA certificate.
    pub certificate: Der,
    key: PrivateKey,
    not_before: Timestamp,
    not_after: Timestamp,
    path_length: Option<u32>,
}

/// Which authority is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthorityKind {
    /// A Backbone CA: path length 1.
    Backbone(BackboneId),
    /// A network's CA: path length 0.
    Network(NetworkId),
}

/// What a leaf certificate may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafUse {
    /// To connect and to be connected to.
    Peer,
    /// To connect only.
    Client,
    /// To sign trust documents, and not for TLS.
    TrustSigner,
}

/// The life of a certificate that is to be issued. Certificates count whole seconds; fractions are cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: Timestamp,
    /// The last second.
    pub not_after: Timestamp,
}

impl AuthorityKind {
    /// How many levels of authorities it may have below it.
    pub(crate) fn path_length(self) -> u8 {
        match self {
            Self::Backbone(_) => 1,
            Self::Network(_) => 0,
        }
    }
}

impl Validity {
    /// From five minutes before `now`, for clocks that are a little slow, until `until`.
    pub fn backdated(now: Timestamp, until: Timestamp) -> Self {
        let not_before = now.saturating_sub(SignedDuration::from_mins(5)).unwrap_or(now);
        Self { not_before, not_after: until }
    }

    /// The part of it that lies within the life of `issuer`. Empty when there is none; such a one cannot be issued.
    pub fn within(self, issuer: &Certificate) -> Self {
        Self { not_before: self.not_before.max(issuer.not_before), not_after: self.not_after.min(issuer.not_after) }
    }
}

/// What a member's certificate says of its membership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    /// What the site may serve and use.
    pub limits: AddressLimits,
    /// Until when it may have the certificate renewed after that has expired; not at all, when absent.
    pub renewable_until: Option<Timestamp>,
}

/// Why a certificate and a key are not an [`Authority`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthorityError {
    /// The certificate cannot be read.
    #[error("the CA certificate cannot be read")]
    Malformed,
    /// The key belongs to another certificate.
    #[error("the private key does not belong to the CA certificate")]
    KeyMismatch,
    /// It may not issue certificates.
    #[error("the certificate is not that of a certificate authority")]
    NotAnAuthority,
    /// Its subject cannot be repeated exactly as the issuer of other certificates.
    #[error(
        "the CA certificate's subject has a form that cannot be written again: use each attribute once, in one of the usual string types"
    )]
    Subject,
}

/// Why a certificate is not issued.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// It would be valid after its issuer is not.
    #[error("a certificate until {wanted:.0} would outlive its issuer, which ends {limit:.0}")]
    Outlives {
        /// The end that was asked for.
        wanted: Timestamp,
        /// The issuer's end.
        limit: Timestamp,
    },
    /// It would end before it begins.
    #[error("a certificate from {not_before:.0} until {not_after:.0} would never be valid")]
    NeverValid {
        /// The beginning that was asked for.
        not_before: Timestamp,
        /// The end that was asked for.
        not_after: Timestamp,
    },
    /// The issuer may not have such an authority below it.
    #[error(
        "the issuer may have {limit} levels of authorities below it; an authority of path length {wanted} needs more"
    )]
    PathLength {
        /// The path length of the authority that was asked for.
        wanted: u32,
        /// The issuer's path length.
        limit: u32,
    },
    /// The use does not fit the role.
    #[error("a certificate of the role {role} cannot be issued for {wanted:?}")]
    Use {
        /// The role.
        role: &'static str,
        /// The use that was asked for.
        wanted: LeafUse,
    },
    /// More patterns of addresses than a certificate takes.
    #[error("a certificate takes at most {} patterns of addresses of each kind", AddressPatterns::MAX)]
    Limits,
    /// A time lies outside what certificates can say.
    #[error("{0} cannot be written in a certificate")]
    Time(Timestamp),
    /// The certificate could not be written.
    #[error("the certificate could not be written: {0}")]
    Encoding(#[from] rcgen::Error),
}

impl Authority {
    /// Puts a CA certificate and its key together, after checking that they belong together and can issue.
    pub fn new(certificate: Der, key: PrivateKey) -> Result<Self, AuthorityError> {
        let parsed = x509::parse(certificate.as_bytes()).ok_or(AuthorityError::Malformed)?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(AuthorityError::KeyMismatch);
        }
        let CaClaim::Authority(path_length) = x509::ca_claim(&parsed) else {
            return Err(AuthorityError::NotAnAuthority);
        };
        let (not_before, not_after) = x509::window(&parsed).ok_or(AuthorityError::Malformed)?;
        if !can_be_written(parsed.subject()) {
            return Err(AuthorityError::Subject);
        }
        let subject = parsed.subject().as_raw().to_vec();
        let authority = Self { certificate, key, not_before, not_after, path_length };

        // A leaf whose issuer is not byte for byte the subject of this certificate would never verify: write one and see.
        let probe = authority
            .issuer()
            .and_then(|issuer| CertificateParams::default().signed_by(&authority.key, &issuer))
            .map_err(|_| AuthorityError::Subject)?;
        let written = x509::parse(probe.der()).ok_or(AuthorityError::Malformed)?;
        if written.issuer().as_raw() != subject { Err(AuthorityError::Subject) } else { Ok(authority) }
    }

    /// Makes a self-signed root that may have two levels of authorities below it. For development: in production the
    /// root is the administrator's own ([`Authority::intermediate_csr`], [`crate::import_chain`]).
    pub fn development_root(
        installation: InstallationId,
        name: impl AsRef<str>,
        validity: Validity,
    ) -> Result<Self, IssueError> {
        let mut subject = DistinguishedName::new();
        subject.push(DnType::OrganizationName, installation.to_string());
        // X.520 allows 64 characters.
        subject.push(DnType::OrganizationalUnitName, name.as_ref().chars().take(64).collect::<String>());
        subject.push(DnType::CommonName, "Skupper-X development root");
        let key = PrivateKey::generate();
        let params = authority_params(subject, 2, validity)?;
        let certificate = params.self_signed(&key)?;
        // Who could not be repeated as an issuer could issue nothing.
        Self::new(Der(certificate.der().to_vec()), key).map_err(|_| rcgen::Error::CouldNotParseCertificate.into())
    }

    /// The request (PKCS #10, DER) to be signed by the administrator's own root: for a certificate authority that may
    /// have two levels of authorities below it.
    pub fn intermediate_csr(installation: InstallationId, key: &PrivateKey) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(installation.to_string(), "Skupper-X installation CA".to_owned());
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(2));
        params.key_usages = AUTHORITY_USAGE.to_vec();
        params.serialize_request(key).expect("a request for an authority can be written").der().to_vec()
    }

    /// Makes a new authority below this one, with a new key. `generation` counts from 1.
    pub fn issue_authority(
        &self,
        kind: AuthorityKind,
        generation: u32,
        validity: Validity,
    ) -> Result<Self, IssueError> {
        let key = PrivateKey::generate();
        let certificate = self.certify_authority(&key, kind, generation, validity)?;
        Ok(Self::new(Der(certificate.to_vec()), key).expect("what was just issued is an authority with its key"))
    }

    /// Certifies a key for a new authority below this one.
    pub(crate) fn certify_authority(
        &self,
        key: &impl PublicKeyData,
        kind: AuthorityKind,
        generation: u32,
        validity: Validity,
    ) -> Result<CertificateDer<'static>, IssueError> {
        let (of, name) = match kind {
            AuthorityKind::Backbone(id) => (id.to_string(), format!("Skupper-X backbone CA g{generation}")),
            AuthorityKind::Network(id) => (id.to_string(), format!("Skupper-X network CA g{generation}")),
        };
        let wanted = u32::from(kind.path_length());
        if let Some(limit) = self.path_length
            && limit <= wanted
        {
            return Err(IssueError::PathLength { wanted, limit });
        }
        let params = authority_params(subject(of, name), kind.path_length(), self.permit(validity)?)?;
        Ok(params.signed_by(key, &self.issuer()?)?.into())
    }

    /// The revocation list of this authority (RFC 5280, PEM): the certificates it has issued that are not to be accepted,
    /// by their serial numbers, and since when. `number` grows from one list to the next.
    pub fn revocation_list(
        &self,
        revoked: &[(Vec<u8>, Timestamp)],
        number: u64,
        validity: Validity,
    ) -> Result<String, IssueError> {
        let revoked = revoked.iter().map(|(serial, since)| {
            Ok(RevokedCertParams {
                serial_number: SerialNumber::from_slice(serial),
                revocation_time: written(*since)?.to_datetime(),
                reason_code: None,
                invalidity_date: None,
            })
        });
        let list = CertificateRevocationListParams {
            this_update: written(validity.not_before)?.to_datetime(),
            next_update: written(validity.not_after)?.to_datetime(),
            crl_number: SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect::<Result<_, IssueError>>()?,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(pem::encode("X509 CRL", list.signed_by(&self.issuer()?)?.der()).to_string())
    }

    /// Certifies the key of a request for `id`. Of the request, only the key is used.
    pub fn issue_leaf(
        &self,
        request: &Csr,
        id: SpiffeId,
        leaf_use: LeafUse,
        validity: Validity,
    ) -> Result<Certificate, IssueError> {
        self.leaf(request, id, leaf_use, validity, &Membership::default())
    }

    /// The same for a member site: on what terms it is one stands in its certificate.
    pub fn issue_member(
        &self,
        request: &Csr,
        id: SpiffeId,
        validity: Validity,
        membership: &Membership,
    ) -> Result<Certificate, IssueError> {
        if !membership.limits.is_bounded() {
            return Err(IssueError::Limits);
        }
        self.leaf(request, id, LeafUse::Peer, validity, membership)
    }

    /// Makes a key and certifies it for `id`: for what is handed out whole, claims and bootstrap credentials.
    pub fn issue_leaf_with_new_key(
        &self,
        id: SpiffeId,
        leaf_use: LeafUse,
        validity: Validity,
    ) -> Result<(Certificate, PrivateKey), IssueError> {
        let key = PrivateKey::generate();
        Ok((self.leaf(&key, id, leaf_use, validity, &Membership::default())?, key))
    }

    /// The private key, to be sealed and stored.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The CA certificate, read.
    pub fn details(&self) -> Certificate {
        Certificate::parse(self.certificate.as_bytes()).expect("an authority's certificate was read when it was made")
    }

    fn leaf(
        &self,
        key: &impl PublicKeyData,
        id: SpiffeId,
        leaf_use: LeafUse,
        validity: Validity,
        membership: &Membership,
    ) -> Result<Certificate, IssueError> {
        let role = id.identity.role();
        let signs = matches!(id.identity, Identity::TrustSigner { .. });
        // Time alone makes an expired one of a member's.
        let is_one = !matches!(id.identity, Identity::Renewal { .. });
        if signs != (leaf_use == LeafUse::TrustSigner) || !is_one {
            return Err(IssueError::Use { role, wanted: leaf_use });
        }
        let mut params = params(subject(holder(&id.identity), format!("Skupper-X {role}")), self.permit(validity)?)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.subject_alt_names = vec![SanType::URI(id.to_string().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = match leaf_use {
            LeafUse::Peer => vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth],
            LeafUse::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            LeafUse::TrustSigner => vec![],
        };
        if !membership.limits.is_everything() {
            params.custom_extensions.push(x509::limits_extension(&membership.limits));
        }
        params.custom_extensions.extend(membership.renewable_until.map(x509::renewable_extension));
        let certificate = params.signed_by(key, &self.issuer()?)?;
        Ok(Certificate::parse(certificate.der()).expect("a certificate just written can be read"))
    }

    fn permit(&self, validity: Validity) -> Result<Validity, IssueError> {
        if validity.not_after.as_second() > self.not_after.as_second() {
            return Err(IssueError::Outlives { wanted: validity.not_after, limit: self.not_after });
        }
        Ok(validity)
    }

    fn issuer(&self) -> Result<rcgen::Issuer<'static, &PrivateKey>, rcgen::Error> {
        rcgen::Issuer::from_ca_cert_der(&CertificateDer::from(self.certificate.as_bytes()), &self.key)
    }
}

/// Whether rcgen can be asked to write a name: it panics at sets of no attributes and at attribute types beyond the arcs
/// there are.
fn can_be_written(name: &X509Name<'_>) -> bool {
    name.iter_rdn().all(|set| {
        let mut attributes = set.iter();
        let (Some(attribute), None) = (attributes.next(), attributes.next()) else { return false };
        let arcs = attribute.attr_type().iter().map(Iterator::collect::<Vec<_>>);
        arcs.is_some_and(|arcs| arcs.len() >= 2 && arcs[0] <= 2)
    })
}

const AUTHORITY_USAGE: [KeyUsagePurpose; 2] = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];

/// The id of whom a certificate is for, so that no two subjects are the same.
pub(crate) fn holder(identity: &Identity) -> String {
    match identity {
        Identity::BackboneSite { site, .. } | Identity::Bootstrap { site, .. } => site.to_string(),
        Identity::TrustSigner { controller, .. } => controller.to_string(),
        Identity::Invitation { invitation, .. } => invitation.to_string(),
        Identity::Member { site, .. } | Identity::Renewal { site, .. } => site.to_string(),
        Identity::Controller { controller } => controller.to_string(),
    }
}

fn subject(of: String, name: String) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::OrganizationName, of);
    subject.push(DnType::CommonName, name);
    subject
}

fn authority_params(
    subject: DistinguishedName,
    path_length: u8,
    validity: Validity,
) -> Result<CertificateParams, IssueError> {
    let mut params = params(subject, validity)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(path_length));
    params.key_usages = AUTHORITY_USAGE.to_vec();
    Ok(params)
}

/// A time as it is written, after the same check of range as for times that are read.
fn written(at: Timestamp) -> Result<ASN1Time, IssueError> {
    ASN1Time::from_timestamp(at.as_second()).map_err(|_| IssueError::Time(at))
}

fn params(subject: DistinguishedName, validity: Validity) -> Result<CertificateParams, IssueError> {
    let Validity { not_before, not_after } = validity;
    if not_before.as_second() > not_after.as_second() {
        return Err(IssueError::NeverValid { not_before, not_after });
    }
    let mut params = CertificateParams::default();
    params.not_before = written(not_before)?.to_datetime();
    params.not_after = written(not_after)?.to_datetime();
    params.serial_number = Some(SerialNumber::from(serial::random()));
    params.distinguished_name = subject;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
