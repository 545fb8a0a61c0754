//! What every issuer of certificates has to do, whoever makes it: each promise is a function over the port. Here they are run
//! against the issuer that is built in (`issuers.rs`); whoever writes another one includes this file by its path, and gives it
//! a [`Make`].

use std::{collections::BTreeSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, GenericUuid, Identity, InstallationId, NetworkId, SpiffeId,
    terms::{AddressLimits, AddressPatterns},
};
use pki::{
    Anchors, Authority, AuthorityKind, Certificate, CertificateIssuer, Csr, IssueError, LeafUse, Membership, Order,
    OrderError, PrivateKey, Subject, Usage, Validity, issue, verify,
};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa};
use uuid::Uuid;

/// An issuer, and what it is to issue for.
pub(crate) struct Bench {
    pub(crate) issuer: Arc<dyn CertificateIssuer>,
    pub(crate) installation: InstallationId,
    pub(crate) level: Level,
    /// The time, as the issuer sees it too.
    pub(crate) now: Timestamp,
}

/// The authority that issues.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Level {
    /// The installation's: it issues Backbone CAs.
    Installation,
    /// A backbone's: it issues network CAs, and for who belongs to the backbone.
    Backbone(BackboneId),
    /// A network's: it issues for who belongs to the network.
    Network(NetworkId),
}

/// Makes an issuer for the authority of a level, which lasts for at least a day.
pub(crate) type Make = fn(Level) -> Bench;

fn levels() -> [Level; 3] {
    [Level::Installation, Level::Backbone(id(2)), Level::Network(id(3))]
}

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

fn new_request() -> Csr {
    Csr::of(&PrivateKey::generate())
}

impl Bench {
    fn hour(&self) -> Validity {
        Validity::backdated(self.now, self.now + SignedDuration::from_hours(1))
    }

    fn leaf(&self, identity: Identity, leaf_use: LeafUse) -> Subject {
        let id = SpiffeId { installation: self.installation, identity };
        Subject::Leaf { id, leaf_use, membership: Membership::default() }
    }

    /// Everything that this issuer issues.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let authority = |kind, generation| Subject::Authority { kind, generation };
        match self.level {
            Level::Installation => {
                [1, 7].map(|generation| authority(AuthorityKind::Backbone(id(2)), generation)).into()
            }
            Level::Backbone(backbone) => vec![
                authority(AuthorityKind::Network(id(3)), 2),
                self.leaf(Identity::BackboneSite { backbone, site: id(10) }, LeafUse::Peer),
                self.leaf(Identity::Bootstrap { backbone, site: id(10) }, LeafUse::Peer),
                self.leaf(Identity::Controller { controller: id(11) }, LeafUse::Peer),
                self.leaf(Identity::TrustSigner { backbone, controller: id(11) }, LeafUse::TrustSigner),
            ],
            Level::Network(network) => vec![
                self.leaf(Identity::Invitation { network, invitation: id(13) }, LeafUse::Client),
                self.leaf(Identity::Member { network, site: id(12) }, LeafUse::Peer),
                self.member(Membership {
                    limits: AddressLimits {
                        serve: AddressPatterns(["till.*".parse().unwrap()].into()),
                        ..AddressLimits::default()
                    },
                    renewable_until: Some(self.now + SignedDuration::from_hours(3)),
                }),
            ],
        }
    }

    fn member(&self, membership: Membership) -> Subject {
        let identity = Identity::Member { network: id(3), site: id(12) };
        Subject::Leaf {
            id: SpiffeId { installation: self.installation, identity },
            leaf_use: LeafUse::Peer,
            membership,
        }
    }

    async fn issue(&self, request: Csr, subject: Subject, validity: Validity) -> Result<Certificate, OrderError> {
        issue(&*self.issuer, &Order { request, subject, validity }).await
    }

    /// Whom the certificate is believed to be, by whoever trusts nobody but this issuer.
    fn believed(&self, leaf: &Certificate, usage: Usage) -> Result<Identity, pki::VerifyError> {
        let own = vec![self.issuer.certificate().clone()];
        let mut anchors = Anchors {
            installation: self.installation,
            backbone: id(2),
            backbone_authorities: vec![],
            networks: Default::default(),
        };
        match self.level {
            Level::Network(network) => drop(anchors.networks.insert(network, own)),
            Level::Installation | Level::Backbone(_) => anchors.backbone_authorities = own,
        }
        verify(&anchors, leaf.der.as_bytes(), usage, self.now)
    }
}

/// What is issued is believed, and for what it is for only; an authority can issue in its turn.
pub(crate) async fn what_is_ordered_is_issued_and_believed(make: Make) {
    for bench in levels().map(make) {
        for subject in bench.subjects() {
            let key = PrivateKey::generate();
            let issued = bench.issue(Csr::of(&key), subject.clone(), bench.hour()).await.unwrap();
            match subject {
                Subject::Authority { kind, .. } => {
                    let made = Authority::new(issued.der, key).unwrap();
                    if let AuthorityKind::Backbone(_) = kind {
                        made.issue_authority(AuthorityKind::Network(id(3)), 1, bench.hour()).unwrap();
                    }
                }
                Subject::Leaf { id, leaf_use, membership } => {
                    for (usage, of) in [
                        (Usage::Client, [LeafUse::Peer, LeafUse::Client].contains(&leaf_use)),
                        (Usage::Server, leaf_use == LeafUse::Peer),
                        (Usage::Signing, leaf_use == LeafUse::TrustSigner),
                    ] {
                        // A bootstrap certificate and an invitation's are refused for some of it by their role.
                        let believed = bench.believed(&issued, usage);
                        assert!(
                            believed.is_err() || (of && believed == Ok(id.identity)),
                            "{id} for {usage}: {believed:?}"
                        );
                    }
                    assert_eq!((issued.id, &issued.limits), (Some(id), &membership.limits));
                    assert_eq!(issued.renewable_until, membership.renewable_until);
                }
            }
        }
    }
}

/// The key is the request's; the names, rights and lives it asks for are nobody's.
pub(crate) async fn nothing_but_the_key_is_taken_from_a_request(make: Make) {
    let key = PrivateKey::generate();
    let mut wishes = CertificateParams::new(["root.example.com".to_owned()]).unwrap();
    wishes.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    wishes.distinguished_name.push(DnType::CommonName, "the boss");
    wishes.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    let request = Csr::parse(wishes.serialize_request(&key).unwrap().der()).unwrap();
    for bench in levels().map(make) {
        for subject in bench.subjects() {
            let issued = bench.issue(request.clone(), subject, bench.hour()).await.unwrap();
            assert!(issued.is_for(&key) && !issued.subject.contains("boss"), "{}", issued.subject);
        }
    }
}

/// What is issued lasts to the very second that was ordered, begins no earlier, and never outlives its issuer.
pub(crate) async fn it_is_valid_as_long_as_was_ordered_and_never_longer_than_its_issuer(make: Make) {
    for bench in levels().map(make) {
        let ends = Certificate::parse(bench.issuer.certificate().as_bytes()).unwrap().not_after;
        let second = SignedDuration::from_secs(1);
        for subject in bench.subjects() {
            let order = |validity| bench.issue(new_request(), subject.clone(), validity);
            for until in [bench.now + second, bench.now + SignedDuration::from_hours(1), ends] {
                let validity = Validity::backdated(bench.now, until);
                let issued = order(validity).await.unwrap();
                assert_eq!(issued.not_after.as_second(), until.as_second());
                assert!(issued.not_before <= bench.now && issued.is_valid_at(bench.now), "{issued:?}");
            }
            let long = order(Validity::backdated(bench.now, ends + second)).await.unwrap_err();
            assert!(matches!(&long, OrderError::Refused(IssueError::Outlives { .. })), "{long}");
            let never = Validity { not_before: bench.now, not_after: bench.now - second };
            let never = order(never).await.unwrap_err();
            assert!(matches!(&never, OrderError::Refused(IssueError::NeverValid { .. })), "{never}");
        }
    }
}

/// Below an authority is what its path length allows, and nothing below a network's.
pub(crate) async fn path_lengths_go_down_to_zero(make: Make) {
    let [_, backbone, network] = levels().map(make);
    let another = |kind| Subject::Authority { kind, generation: 1 };
    for (bench, kind) in [
        (&backbone, AuthorityKind::Backbone(id(2))),
        (&network, AuthorityKind::Backbone(id(2))),
        (&network, AuthorityKind::Network(id(3))),
    ] {
        let refused = bench.issue(new_request(), another(kind), bench.hour()).await.unwrap_err();
        assert!(matches!(&refused, OrderError::Refused(IssueError::PathLength { .. })), "{kind:?}: {refused}");
    }
}

/// Nobody but a trust signer gets what signs documents, and a trust signer nothing else; nobody gets the role of one that renews.
pub(crate) async fn roles_get_what_they_are_for(make: Make) {
    let bench = make(Level::Backbone(id(2)));
    let backbone = id(2);
    let signer = Identity::TrustSigner { backbone, controller: id(11) };
    let site = Identity::BackboneSite { backbone, site: id(10) };
    let renewal = Identity::Renewal { network: id(3), site: id(12) };
    for (identity, leaf_use) in [
        (signer, LeafUse::Peer),
        (signer, LeafUse::Client),
        (site, LeafUse::TrustSigner),
        (renewal, LeafUse::Peer),
        (renewal, LeafUse::Client),
    ] {
        let subject = bench.leaf(identity, leaf_use);
        let refused = bench.issue(new_request(), subject, bench.hour()).await.unwrap_err();
        assert!(matches!(&refused, OrderError::Refused(IssueError::Use { .. })), "{identity:?}: {refused}");
    }
}

/// More terms than a certificate takes are refused, and not cut.
pub(crate) async fn terms_without_measure_are_refused(make: Make) {
    let bench = make(Level::Network(id(3)));
    let many = (0..=AddressPatterns::MAX).map(|n| format!("a{n}").parse().unwrap()).collect();
    let limits = AddressLimits { serve: AddressPatterns(many), ..AddressLimits::default() };
    let subject = bench.member(Membership { limits, renewable_until: None });
    let refused = bench.issue(new_request(), subject, bench.hour()).await.unwrap_err();
    assert!(matches!(&refused, OrderError::Refused(IssueError::Limits)), "{refused}");
}

/// No serial number comes twice, also of one order.
pub(crate) async fn serial_numbers_are_never_the_same(make: Make) {
    for bench in levels().map(make) {
        let (request, subject) = (new_request(), bench.subjects().swap_remove(0));
        let mut seen = BTreeSet::new();
        for _ in 0..20 {
            let issued = bench.issue(request.clone(), subject.clone(), bench.hour()).await.unwrap();
            assert!(seen.insert(issued.serial));
        }
    }
}
