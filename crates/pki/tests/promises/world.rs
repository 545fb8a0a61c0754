//! An installation with two backbones and two networks, and a forge for certificates nobody of ours would issue.

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, BackboneSiteId, ControllerId, GenericUuid, Identity, InstallationId, InvitationId, NetworkId, SiteId,
    SpiffeId,
};
use pki::{Anchors, Authority, AuthorityKind, Certificate, LeafUse, PrivateKey, Validity, tls};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose, SanType};
use uuid::Uuid;
use x509_parser::time::ASN1Time;

/// The time at which everything happens. A whole second.
pub(crate) fn now() -> Timestamp {
    "2030-05-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

pub(crate) fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

pub(crate) fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

pub(crate) struct World {
    pub(crate) installation: InstallationId,
    pub(crate) backbone: BackboneId,
    pub(crate) network: NetworkId,
    pub(crate) other_network: NetworkId,
    pub(crate) root: Authority,
    pub(crate) backbone_ca: Authority,
    pub(crate) network_ca: Authority,
    pub(crate) other_network_ca: Authority,
}

impl World {
    pub(crate) fn new() -> Self {
        let (installation, backbone, network, other_network) = (id(1), id(2), id(3), id(4));
        let until = |n| Validity::backdated(now(), now() + days(n));
        let root = Authority::development_root(installation, "test", until(1000)).unwrap();
        let backbone_ca = root.issue_authority(AuthorityKind::Backbone(backbone), 1, until(100)).unwrap();
        let network_ca = backbone_ca.issue_authority(AuthorityKind::Network(network), 1, until(50)).unwrap();
        let other_network_ca =
            backbone_ca.issue_authority(AuthorityKind::Network(other_network), 1, until(50)).unwrap();
        Self { installation, backbone, network, other_network, root, backbone_ca, network_ca, other_network_ca }
    }

    pub(crate) fn anchors(&self) -> Anchors {
        Anchors {
            installation: self.installation,
            backbone: self.backbone,
            backbone_authorities: vec![self.backbone_ca.certificate.clone()],
            networks: [
                (self.network, vec![self.network_ca.certificate.clone()]),
                (self.other_network, vec![self.other_network_ca.certificate.clone()]),
            ]
            .into(),
        }
    }

    pub(crate) fn spiffe(&self, identity: Identity) -> SpiffeId {
        SpiffeId { installation: self.installation, identity }
    }

    pub(crate) fn site(&self) -> Identity {
        Identity::BackboneSite { backbone: self.backbone, site: id::<BackboneSiteId>(10) }
    }

    pub(crate) fn bootstrap(&self) -> Identity {
        Identity::Bootstrap { backbone: self.backbone, site: id::<BackboneSiteId>(10) }
    }

    pub(crate) fn controller(&self) -> Identity {
        Identity::Controller { controller: id::<ControllerId>(11) }
    }

    pub(crate) fn signer(&self) -> Identity {
        Identity::TrustSigner { backbone: self.backbone, controller: id(9) }
    }

    pub(crate) fn member(&self) -> Identity {
        Identity::Member { network: self.network, site: id::<SiteId>(12) }
    }

    pub(crate) fn invitation(&self) -> Identity {
        Identity::Invitation { network: self.network, invitation: id::<InvitationId>(13) }
    }

    /// Everybody, with who issues for them.
    pub(crate) fn everybody(&self) -> [(Identity, &Authority); 6] {
        [
            (self.site(), &self.backbone_ca),
            (self.bootstrap(), &self.backbone_ca),
            (self.controller(), &self.backbone_ca),
            (self.signer(), &self.backbone_ca),
            (self.member(), &self.network_ca),
            (self.invitation(), &self.network_ca),
        ]
    }

    /// A certificate of one day, issued as it should be.
    pub(crate) fn issue(&self, identity: Identity) -> (Certificate, PrivateKey) {
        let (_, issuer) = self.everybody().into_iter().find(|(other, _)| *other == identity).unwrap();
        self.issue_by(issuer, identity)
    }

    /// A certificate of one day by whatever authority.
    pub(crate) fn issue_by(&self, issuer: &Authority, identity: Identity) -> (Certificate, PrivateKey) {
        let leaf_use = match identity {
            Identity::TrustSigner { .. } => LeafUse::TrustSigner,
            _ => LeafUse::Peer,
        };
        let validity = Validity::backdated(now(), now() + days(1));
        issuer.issue_leaf_with_new_key(self.spiffe(identity), leaf_use, validity).unwrap()
    }

    pub(crate) fn leaf(&self, identity: Identity) -> tls::Leaf {
        let (certificate, key) = self.issue(identity);
        tls::Leaf { certificate: certificate.der, key }
    }
}

/// What an honest leaf for `uri` would say, to be changed for the worse.
pub(crate) fn leaf_params(uri: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "forged");
    params.subject_alt_names = vec![SanType::URI(uri.try_into().unwrap())];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
    set_life(&mut params, now() - seconds(300), now() + days(1));
    params
}

pub(crate) fn set_life(params: &mut CertificateParams, not_before: Timestamp, not_after: Timestamp) {
    params.not_before = ASN1Time::from_timestamp(not_before.as_second()).unwrap().to_datetime();
    params.not_after = ASN1Time::from_timestamp(not_after.as_second()).unwrap().to_datetime();
}

/// Signs whatever is asked for.
pub(crate) fn forge(params: &CertificateParams, key: &impl rcgen::PublicKeyData, issuer: &Authority) -> Vec<u8> {
    let ca = issuer.certificate.as_bytes().into();
    let issuer = rcgen::Issuer::from_ca_cert_der(&ca, issuer.key()).unwrap();
    params.signed_by(key, &issuer).unwrap().der().to_vec()
}
