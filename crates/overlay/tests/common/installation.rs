//! The certificates, trust documents and configurations of one installation with one backbone.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use model::{
    AccessKind, AccessPointId, Address, BackboneId, BackboneSiteId, Clock, ConnectorId, ControllerId, GenericUuid,
    HostPort, Identity, InstallationId, InvitationId, LinkId, ListenerId, NetworkId, SiteId, SpiffeId,
    desired::NetworkScope,
    router::{AccessPoint, Connector, Link, Listener, Transport},
    trust::{AuthorityTrust, Denial, Denied, NetworkTrust, TrustDocument},
};
use overlay::RouterConfig;
use pki::{
    Authority, AuthorityKind, Certificate, Csr, LeafUse, Membership, PrivateKey, SignedTrust, Validity, tls::Leaf,
};

/// The time of day, and what a test adds to it.
#[derive(Debug, Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// Moves the time.
    pub fn advance(&self, by: SignedDuration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).expect("a short time"), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// An application network with its certificate authority.
pub struct Network {
    pub id: NetworkId,
    pub authority: Authority,
    pub opens: Timestamp,
    pub closes: Option<Timestamp>,
}

/// One installation with one backbone.
pub struct Installation {
    pub id: InstallationId,
    pub backbone: BackboneId,
    pub authority: Authority,
    pub clock: Arc<TestClock>,
    signer: (Certificate, PrivateKey),
    /// The networks in the trust document.
    pub open: BTreeMap<NetworkId, NetworkTrust>,
    /// Who is denied in the trust document.
    pub denied: Denied,
    pub valid_until: Timestamp,
    version: u64,
}

fn fresh<T: GenericUuid>() -> T {
    T::from_untyped_uuid(uuid::Uuid::new_v4())
}

/// A socket of this machine.
pub fn local(port: u16) -> HostPort {
    HostPort { host: model::Host::Ip([127, 0, 0, 1].into()), port }
}

/// A socket of this machine.
pub fn host_port(address: SocketAddr) -> HostPort {
    HostPort { host: model::Host::Ip(address.ip()), port: address.port() }
}

/// How long authorities live, and leaves.
const AUTHORITY: SignedDuration = SignedDuration::from_hours(1000);
const LEAF: SignedDuration = SignedDuration::from_hours(48);

fn life(clock: &TestClock, duration: SignedDuration) -> Validity {
    let now = clock.now();
    Validity::backdated(now, now + duration)
}

fn generation(authority: &Authority) -> Vec<AuthorityTrust> {
    vec![AuthorityTrust { generation: 1, certificate: authority.certificate.clone() }]
}

impl Installation {
    pub fn new() -> Self {
        let clock = Arc::new(TestClock::default());
        let (id, backbone): (InstallationId, BackboneId) = (fresh(), fresh());
        let root = Authority::development_root(id, "tests", life(&clock, AUTHORITY)).expect("a root");
        let kind = AuthorityKind::Backbone(backbone);
        let authority = root.issue_authority(kind, 1, life(&clock, AUTHORITY / 2)).expect("a backbone CA");
        let signer_id =
            SpiffeId { installation: id, identity: Identity::TrustSigner { backbone, controller: fresh() } };
        let signer = authority.issue_leaf_with_new_key(signer_id, LeafUse::TrustSigner, life(&clock, LEAF));
        Self {
            id,
            backbone,
            authority,
            signer: signer.expect("a trust signer"),
            open: BTreeMap::new(),
            denied: Denied::default(),
            valid_until: clock.now() + SignedDuration::from_hours(24),
            clock,
            version: 0,
        }
    }

    /// A network that is in no trust document yet.
    pub fn network(&self) -> Network {
        let id = fresh();
        let authority = self.authority.issue_authority(AuthorityKind::Network(id), 1, life(&self.clock, AUTHORITY / 4));
        let opens = self.clock.now() - SignedDuration::from_secs(60);
        Network { id, authority: authority.expect("a network CA"), opens, closes: None }
    }

    /// A network that the next trust document opens.
    pub fn open_network(&mut self) -> Network {
        let network = self.network();
        self.publish(&network);
        network
    }

    /// Puts a network, as it is, into the next trust document.
    pub fn publish(&mut self, network: &Network) {
        let Network { id, authority, opens, closes } = network;
        let trust = NetworkTrust { opens: *opens, closes: *closes, authorities: generation(authority) };
        self.open.insert(*id, trust);
    }

    /// The next trust document.
    pub fn trust(&mut self) -> SignedTrust {
        self.version += 1;
        self.trust_signed_by(self.version, &self.signer.1, &self.signer.0)
    }

    /// The trust document as it would be under another version or signer.
    pub fn trust_signed_by(&self, version: u64, key: &PrivateKey, signer: &Certificate) -> SignedTrust {
        let document = TrustDocument {
            format: TrustDocument::FORMAT,
            installation: self.id,
            backbone: self.backbone,
            version,
            issued: self.clock.now(),
            valid_until: self.valid_until,
            networks: self.open.clone(),
            denied: self.denied.clone(),
        };
        SignedTrust::sign(&document, key, signer)
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// A certificate for `identity` by `authority`, with a new key.
    pub fn leaf_by(&self, authority: &Authority, identity: Identity) -> Leaf {
        self.leaf_until(authority, identity, life(&self.clock, LEAF).not_after)
    }

    /// The same, with an end of its own.
    pub fn leaf_until(&self, authority: &Authority, identity: Identity, until: Timestamp) -> Leaf {
        let key = PrivateKey::generate();
        let request = Csr::parse(&key.csr()).expect("an own request");
        let id = SpiffeId { installation: self.id, identity };
        let leaf_use = match identity {
            Identity::TrustSigner { .. } => LeafUse::TrustSigner,
            Identity::Invitation { .. } => LeafUse::Client,
            _ => LeafUse::Peer,
        };
        let validity = Validity::backdated(self.clock.now(), until);
        let certificate = authority.issue_leaf(&request, id, leaf_use, validity).expect("a leaf").der;
        Leaf { certificate, key }
    }

    /// A member's certificate that ends `until`, and may be renewed for as long after that as it says.
    pub fn renewable_leaf(
        &self,
        authority: &Authority,
        identity: Identity,
        until: Timestamp,
        grace: Option<SignedDuration>,
    ) -> Leaf {
        let key = PrivateKey::generate();
        let request = Csr::parse(&key.csr()).expect("an own request");
        let id = SpiffeId { installation: self.id, identity };
        let validity = Validity::backdated(self.clock.now(), until);
        let membership = Membership { renewable_until: grace.map(|grace| until + grace), ..Membership::default() };
        let certificate = authority.issue_member(&request, id, validity, &membership).expect("a leaf").der;
        Leaf { certificate, key }
    }

    /// What every router of this backbone is configured with.
    pub fn config(&self, leaf: Leaf) -> RouterConfig {
        RouterConfig {
            backbone_authorities: generation(&self.authority),
            ..RouterConfig::new(self.id, self.backbone, leaf)
        }
    }

    /// A backbone site that listens at one port for everybody.
    pub fn backbone_site(&self, trust: Option<&SignedTrust>) -> (BackboneSiteId, RouterConfig) {
        let site = fresh();
        let leaf = self.leaf_by(&self.authority, Identity::BackboneSite { backbone: self.backbone, site });
        let access_points = vec![access_point(&AccessKind::ALL)];
        (site, RouterConfig { trust: trust.cloned(), access_points, ..self.config(leaf) })
    }

    /// A controller.
    pub fn controller(&self, trust: Option<&SignedTrust>) -> (ControllerId, RouterConfig) {
        let controller = fresh();
        let leaf = self.leaf_by(&self.authority, Identity::Controller { controller });
        (controller, RouterConfig { trust: trust.cloned(), ..self.config(leaf) })
    }

    /// A site that enrols.
    pub fn bootstrap(&self) -> (BackboneSiteId, RouterConfig) {
        let site = fresh();
        let leaf = self.leaf_by(&self.authority, Identity::Bootstrap { backbone: self.backbone, site });
        (site, self.config(leaf))
    }

    /// A member of `network`.
    pub fn member(&self, network: &Network) -> (SiteId, RouterConfig) {
        let site = fresh();
        let leaf = self.leaf_by(&network.authority, Identity::Member { network: network.id, site });
        (site, RouterConfig { network: Some(self.scope(network)), ..self.config(leaf) })
    }

    /// What members of `network` are told of it.
    pub fn scope(&self, network: &Network) -> NetworkScope {
        NetworkScope {
            start: network.opens,
            end: network.closes,
            closes: network.closes,
            authorities: generation(&network.authority),
            denied: Denied::default(),
        }
    }

    /// An invitation to `network`.
    pub fn invitation(&self, network: &Network) -> (InvitationId, RouterConfig) {
        let invitation = fresh();
        let leaf = self.leaf_by(&network.authority, Identity::Invitation { network: network.id, invitation });
        (invitation, self.config(leaf))
    }

    pub fn deny_site(&mut self, site: SiteId, denial: Denial) {
        self.denied.sites.insert(site, denial);
    }
}

impl Default for Installation {
    fn default() -> Self {
        Self::new()
    }
}

/// An access point at a port the system chooses.
pub fn access_point(kinds: &[AccessKind]) -> AccessPoint {
    AccessPoint {
        id: fresh::<AccessPointId>(),
        name: "main".parse().expect("a name"),
        kinds: kinds.to_vec().try_into().expect("kinds"),
        bind: ([127, 0, 0, 1], 0).into(),
    }
}

/// A link to `target`.
pub fn link(target: SocketAddr, transport: Transport) -> Link {
    Link { id: fresh::<LinkId>(), targets: vec![host_port(target)], peer: None, cost: 1, transport }
}

/// A listener at a port the system chooses.
pub fn listener(address: &str) -> Listener {
    Listener { id: fresh::<ListenerId>(), address: address.parse::<Address>().expect("an address"), bind: local(0) }
}

/// A connector to `target`.
pub fn connector(address: &str, target: SocketAddr) -> Connector {
    let address = address.parse::<Address>().expect("an address");
    Connector { id: fresh::<ConnectorId>(), address, target: host_port(target) }
}
