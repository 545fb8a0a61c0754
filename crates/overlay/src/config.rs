//! What a router is told to be, and which tellings make no sense.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AccessPointId, Address, BackboneId, ConnectorId, Identity, InstallationId, LinkId, ListenerId, NetworkId,
    desired::NetworkScope,
    proxy::ProxySettings,
    router::{AccessPoint, AddressPolicy, Assignments, Connector, Link, Listener},
    trust::AuthorityTrust,
};
use pki::{SignedTrust, tls::Leaf};

/// The complete configuration of a router. Applying it again changes nothing; applying another changes what differs.
#[derive(Clone, Debug)]
pub struct RouterConfig {
    /// The installation whose identities are believed.
    pub installation: InstallationId,
    /// The backbone this router is part of, or attaches to.
    pub backbone: BackboneId,
    /// The router's own certificate and key. The identity in it decides the router's role.
    pub leaf: Leaf,
    /// Whether the certificate has expired, and is shown to have it renewed and for nothing else. Members only.
    pub renews: bool,
    /// The Backbone CA generations that are pinned.
    pub backbone_authorities: Vec<AuthorityTrust>,
    /// The own network's window, authorities and denied sites. Members only.
    pub network: Option<NetworkScope>,
    /// The newest trust document known. Backbone sites and controllers only; a router that holds a newer one keeps it.
    pub trust: Option<SignedTrust>,
    /// Whether others are to go around this router, because it is about to be taken away. Backbone sites only.
    pub draining: bool,
    /// Where to listen for links. Backbone sites and sites that enrol only.
    pub access_points: Vec<AccessPoint>,
    /// The links to dial and keep.
    pub links: Vec<Link>,
    /// Local sockets whose connections enter the network. Members only.
    pub listeners: Vec<Listener>,
    /// Local targets where connections leave the network. Members only.
    pub connectors: Vec<Connector>,
    /// How new streams from here to an address are spread over those who serve it; [`AddressPolicy::Closest`], where
    /// nothing is said.
    pub policies: BTreeMap<Address, AddressPolicy>,
    /// Which sites may serve which addresses, of the networks where that is assigned: for a backbone site of every such
    /// network, for a member of its own. In a network that is not named, each site may serve what it offers.
    pub assignments: BTreeMap<NetworkId, Assignments>,
    /// Through what links are dialled; directly, where nothing is said.
    pub proxy: Option<ProxySettings>,
}

/// Why a configuration is refused as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// The leaf certificate cannot be read.
    #[error("the router's certificate cannot be read: {0}")]
    Certificate(String),
    /// The leaf certificate carries no identity.
    #[error("the router's certificate names no identity")]
    NoIdentity,
    /// The identity is one of another installation.
    #[error("the router's certificate belongs to installation {0}, not to the configured one")]
    Installation(InstallationId),
    /// The identity is one of another backbone.
    #[error("the router's certificate belongs to backbone {0}, not to the configured one")]
    Backbone(BackboneId),
    /// The identity can run no router.
    #[error("a {0} certificate cannot run a router")]
    Role(&'static str),
    /// Something is configured that a router of this role never has.
    #[error("a {role} has no {what}")]
    NotForRole {
        /// The router's role.
        role: &'static str,
        /// What it was given.
        what: &'static str,
    },
    /// No Backbone CA is pinned, so nobody could be believed.
    #[error("no Backbone CA is pinned")]
    NoAuthority,
    /// An id occurs twice.
    #[error("{what} {id} occurs twice")]
    Twice {
        /// The kind of object.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// A link without a target.
    #[error("link {0} has no target")]
    NoTarget(LinkId),
    /// A link whose cost is not from 1 to 1,000,000.
    #[error("the cost of link {0} must be from 1 to 1000000")]
    Cost(LinkId),
    /// A listener for an address of the platform.
    #[error("listener {0} names an address that belongs to the platform")]
    ListenerAddress(ListenerId),
    /// A connector for an address of the platform.
    #[error("connector {0} names an address that belongs to the platform")]
    ConnectorAddress(ConnectorId),
    /// Two access points bind the same socket.
    #[error("access point {0} binds the same address as another")]
    Bind(AccessPointId),
}

/// The highest cost a link may have, so that the cost of no path overflows.
pub(crate) const MAX_COST: u32 = 1_000_000;

impl RouterConfig {
    /// A router that has an identity, and nothing to do yet.
    pub fn new(installation: InstallationId, backbone: BackboneId, leaf: Leaf) -> Self {
        Self {
            installation,
            backbone,
            leaf,
            renews: false,
            backbone_authorities: Vec::new(),
            network: None,
            trust: None,
            access_points: Vec::new(),
            links: Vec::new(),
            listeners: Vec::new(),
            connectors: Vec::new(),
            policies: BTreeMap::new(),
            assignments: BTreeMap::new(),
            proxy: None,
            draining: false,
        }
    }

    /// Checks what can be checked without touching anything, and returns the identity that decides the role.
    pub fn validate(&self) -> Result<Identity, InvalidConfig> {
        let certificate = pki::Certificate::parse(self.leaf.certificate.as_bytes())
            .map_err(|error| InvalidConfig::Certificate(error.to_string()))?;
        let id = certificate.id.ok_or(InvalidConfig::NoIdentity)?;
        if id.installation != self.installation {
            return Err(InvalidConfig::Installation(id.installation));
        }
        if let Some(backbone) = id.identity.backbone().filter(|backbone| *backbone != self.backbone) {
            return Err(InvalidConfig::Backbone(backbone));
        }
        if self.backbone_authorities.is_empty() {
            return Err(InvalidConfig::NoAuthority);
        }
        let identity = match (id.identity, self.renews) {
            (Identity::Member { network, site }, true) => Identity::Renewal { network, site },
            (other, true) => {
                return Err(InvalidConfig::NotForRole { role: other.role(), what: "certificate to be renewed" });
            }
            (identity, false) => identity,
        };
        self.check_role(&identity)?;
        self.check_objects()?;
        Ok(identity)
    }

    fn check_role(&self, identity: &Identity) -> Result<(), InvalidConfig> {
        use Identity::{BackboneSite, Bootstrap, Controller, Invitation, Member, Renewal, TrustSigner};
        let role = identity.role();
        let allow = |allowed: bool, present: bool, what| {
            if present && !allowed { Err(InvalidConfig::NotForRole { role, what }) } else { Ok(()) }
        };
        let (listens, serves, trusts) = match identity {
            BackboneSite { .. } => (true, false, true),
            Bootstrap { .. } => (true, false, false),
            Controller { .. } => (false, false, true),
            Member { .. } => (false, true, false),
            Invitation { .. } | Renewal { .. } => (false, false, false),
            TrustSigner { .. } => return Err(InvalidConfig::Role(role)),
        };
        allow(listens, !self.access_points.is_empty(), "access points")?;
        allow(matches!(identity, BackboneSite { .. }), self.draining, "others that go around it")?;
        allow(serves, !self.listeners.is_empty(), "listeners")?;
        allow(serves, !self.connectors.is_empty(), "connectors")?;
        allow(serves, self.network.is_some(), "network of its own")?;
        allow(trusts, self.trust.is_some(), "trust document")
    }

    fn check_objects(&self) -> Result<(), InvalidConfig> {
        unique("access point", self.access_points.iter().map(|it| it.id))?;
        unique("link", self.links.iter().map(|it| it.id))?;
        unique("listener", self.listeners.iter().map(|it| it.id))?;
        unique("connector", self.connectors.iter().map(|it| it.id))?;
        let mut bound = BTreeSet::new();
        for point in &self.access_points {
            if point.bind.port() != 0 && !bound.insert(point.bind) {
                return Err(InvalidConfig::Bind(point.id));
            }
        }
        for link in &self.links {
            if link.targets.is_empty() {
                return Err(InvalidConfig::NoTarget(link.id));
            }
            if !(1..=MAX_COST).contains(&link.cost) {
                return Err(InvalidConfig::Cost(link.id));
            }
        }
        if let Some(listener) = self.listeners.iter().find(|it| it.address.is_platform()) {
            return Err(InvalidConfig::ListenerAddress(listener.id));
        }
        if let Some(connector) = self.connectors.iter().find(|it| it.address.is_platform()) {
            return Err(InvalidConfig::ConnectorAddress(connector.id));
        }
        Ok(())
    }
}

fn unique<T: Ord + ToString + Copy>(what: &'static str, ids: impl Iterator<Item = T>) -> Result<(), InvalidConfig> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(InvalidConfig::Twice { what, id: id.to_string() });
        }
    }
    Ok(())
}
