//! An installation with one backbone and one network, and sites of both kinds in every phase, for tests.

pub(crate) mod offers;

use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use model::{
    AccessPointId, BackboneId, BackboneSiteId, Der, GenericUuid, Identity, InstallationId, InvitationId, LinkId,
    NetworkId, SiteId, SpiffeId,
    desired::{BackboneTrust, Item, NetworkScope, Settings},
    router::{AccessPoint, Link, Transport},
    ticket::{self, BootstrapTicket, Credential, InvitationTicket, Ticket},
    trust::{AuthorityTrust, Denied},
};
use pki::{Authority, AuthorityKind, Certificate, Csr, LeafUse, PrivateKey, Validity};
use ring::digest;
use uuid::Uuid;

use crate::state::{Items, Joined, Phase, SecretPem, StoredSite};

/// The authorities of the installation.
pub(crate) struct Authorities {
    pub(crate) backbone: Authority,
    pub(crate) network: Authority,
}

fn id<T: GenericUuid>(n: u128) -> T {
    T::from_untyped_uuid(Uuid::from_u128(n))
}

pub(crate) fn installation() -> InstallationId {
    id(1)
}

pub(crate) fn backbone() -> BackboneId {
    id(2)
}

pub(crate) fn network() -> NetworkId {
    id(3)
}

pub(crate) fn invitation() -> InvitationId {
    id(4)
}

pub(crate) fn member_site() -> SiteId {
    id(5)
}

pub(crate) fn backbone_site() -> BackboneSiteId {
    id(6)
}

/// The time in tests.
pub(crate) fn now() -> Timestamp {
    time("2027-01-31T09:00:00Z")
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// The network's start.
pub(crate) fn start() -> Timestamp {
    time("2027-01-31T08:00:00Z")
}

/// The network's end.
pub(crate) fn end() -> Timestamp {
    time("2027-02-28T18:00:00Z")
}

/// The life of authorities, and of what only has to be there.
pub(crate) fn validity() -> Validity {
    Validity { not_before: time("2020-01-01T00:00:00Z"), not_after: time("2045-01-01T00:00:00Z") }
}

/// The life of member and backbone leaves here.
pub(crate) fn leaf_validity() -> Validity {
    Validity { not_before: time("2027-01-31T08:00:00Z"), not_after: time("2027-02-10T08:00:00Z") }
}

pub(crate) fn authorities() -> &'static Authorities {
    static AUTHORITIES: OnceLock<Authorities> = OnceLock::new();
    AUTHORITIES.get_or_init(|| {
        let root = Authority::development_root(installation(), "test", validity()).expect("a root");
        let backbone = root.issue_authority(AuthorityKind::Backbone(backbone()), 1, validity()).expect("a Backbone CA");
        let network = backbone.issue_authority(AuthorityKind::Network(network()), 1, validity()).expect("a network CA");
        Authorities { backbone, network }
    })
}

fn trust(authority: &Authority) -> Vec<AuthorityTrust> {
    vec![AuthorityTrust { generation: 1, certificate: authority.certificate.clone() }]
}

fn credential(authority: &Authority, identity: Identity, validity: Validity) -> Credential {
    let id = SpiffeId { installation: installation(), identity };
    let (certificate, key) = authority.issue_leaf_with_new_key(id, LeafUse::Peer, validity).expect("issues");
    Credential { certificate: certificate.to_pem(), key: key.to_pem().to_string() }
}

/// A certificate for `key`, as a controller issues it.
pub(crate) fn issue(key: &PrivateKey, identity: Identity, validity: Validity) -> Certificate {
    let authority = if identity.network().is_some() { &authorities().network } else { &authorities().backbone };
    let csr = Csr::parse(&key.csr()).expect("our own request");
    let id = SpiffeId { installation: installation(), identity };
    authority.issue_leaf(&csr, id, LeafUse::Peer, validity).expect("issues")
}

pub(crate) fn member_identity() -> Identity {
    Identity::Member { network: network(), site: member_site() }
}

pub(crate) fn backbone_identity() -> Identity {
    Identity::BackboneSite { backbone: backbone(), site: backbone_site() }
}

pub(crate) fn invitation_ticket() -> InvitationTicket {
    let identity = Identity::Invitation { network: network(), invitation: invitation() };
    let claim = Validity { not_before: time("2027-01-30T00:00:00Z"), not_after: end() };
    InvitationTicket {
        format: ticket::FORMAT,
        installation: installation(),
        backbone: backbone(),
        network: network(),
        network_name: "retail".parse().expect("a name"),
        invitation: invitation(),
        invitation_name: "shops".parse().expect("a name"),
        start: start(),
        end: Some(end()),
        deadline: None,
        interactive: false,
        passcode: false,
        backbone_authorities: trust(&authorities().backbone),
        claim: credential(&authorities().network, identity, claim),
        access: vec!["r1.example.com:5671".parse().expect("ok"), "10.0.0.2:5671".parse().expect("ok")],
    }
}

pub(crate) fn bootstrap_ticket() -> BootstrapTicket {
    let identity = Identity::Bootstrap { backbone: backbone(), site: backbone_site() };
    BootstrapTicket {
        format: ticket::FORMAT,
        installation: installation(),
        backbone: backbone(),
        backbone_name: "europe".parse().expect("a name"),
        site: backbone_site(),
        site_name: "paris".parse().expect("a name"),
        backbone_authorities: trust(&authorities().backbone),
        bootstrap: credential(&authorities().backbone, identity, validity()),
        listen: vec![access_point()],
        dial: vec!["r2.example.com:5671".parse().expect("ok")],
    }
}

fn access_point() -> AccessPoint {
    AccessPoint {
        id: id::<AccessPointId>(7),
        name: "main".parse().expect("a name"),
        kinds: "peer,member,claim,manage".parse().expect("kinds"),
        bind: "0.0.0.0:5671".parse().expect("a socket"),
    }
}

pub(crate) fn member_items() -> Vec<Item> {
    vec![
        Item::Settings(Settings {
            name: "shop-1".parse().expect("a name"),
            parent: "retail".parse().expect("a name"),
            classes: vec![],
            terms: Default::default(),
            draining: false,
        }),
        Item::BackboneTrust(BackboneTrust { authorities: trust(&authorities().backbone) }),
        Item::NetworkTrust(NetworkScope {
            start: start(),
            end: Some(end()),
            closes: Some(time("2027-02-28T18:05:00Z")),
            authorities: trust(&authorities().network),
            denied: Denied::default(),
        }),
        Item::Link(Link {
            id: id::<LinkId>(5),
            targets: invitation_ticket().access,
            peer: None,
            cost: 1,
            transport: Transport::Direct,
        }),
    ]
}

pub(crate) fn backbone_items() -> Vec<Item> {
    vec![
        Item::Settings(Settings {
            name: "paris".parse().expect("a name"),
            parent: "europe".parse().expect("a name"),
            classes: vec![],
            terms: Default::default(),
            draining: false,
        }),
        Item::BackboneTrust(BackboneTrust { authorities: trust(&authorities().backbone) }),
        Item::AccessPoint(access_point()),
        Item::Link(Link {
            id: id::<LinkId>(8),
            targets: vec!["r2.example.com:5671".parse().expect("ok")],
            peer: Some(id(9)),
            cost: 3,
            transport: Transport::Tls,
        }),
    ]
}

/// An item as it travels.
pub(crate) fn encode(item: &Item) -> site_proto::Item {
    let payload = serde_json::to_vec(item).expect("serialises");
    let digest = digest::digest(&digest::SHA256, &payload).as_ref().to_vec();
    site_proto::Item { key: item.key(), digest, payload }
}

/// `items` as a site stores them.
pub(crate) fn items(items: &[Item], backbone_site: bool) -> Items {
    let state = site_proto::State { changed: items.iter().map(encode).collect(), ..site_proto::State::default() };
    let (items, failures) = Items::default().updated(backbone_site, &state);
    assert_eq!(failures, vec![]);
    items
}

fn new_key() -> SecretPem {
    PrivateKey::generate().to_pem().into()
}

pub(crate) fn joining_member() -> StoredSite {
    let wish = Some("shop-1".parse().expect("a name"));
    StoredSite::begin(Ticket::Invitation(invitation_ticket()), new_key(), wish, None, now())
}

pub(crate) fn joining_backbone() -> StoredSite {
    StoredSite::begin(Ticket::Bootstrap(bootstrap_ticket()), new_key(), None, None, now())
}

fn joined(site: StoredSite, uuid: Uuid, items: Items) -> StoredSite {
    let key = PrivateKey::generate();
    let certificate: Der = issue(&key, site.origin.identity(uuid), leaf_validity()).der;
    let (key, since) = (key.to_pem().into(), Some(now()));
    let joined = Joined { site: uuid, key, certificate, items, trust: None, since, next_key: None, start_moved: None };
    StoredSite { phase: Phase::Joined(Box::new(joined)), ..site }
}

pub(crate) fn joined_member() -> StoredSite {
    joined(joining_member(), member_site().into_untyped_uuid(), items(&member_items(), false))
}

pub(crate) fn joined_backbone() -> StoredSite {
    joined(joining_backbone(), backbone_site().into_untyped_uuid(), items(&backbone_items(), true))
}

/// A clock that goes only when it is moved.
#[derive(Clone, Debug)]
pub(crate) struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    pub(crate) fn at(time: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub(crate) fn set(&self, time: Timestamp) {
        *self.0.lock().expect("nothing panics while it holds the time") = time;
    }
}

impl model::Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("nothing panics while it holds the time")
    }
}
