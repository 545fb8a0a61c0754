//! Who is at the ends of links and streams.

use std::fmt;

use model::{GenericUuid, Identity, NetworkId};
use uuid::Uuid;

/// Whoever has a certificate: a backbone site, member site, controller, bootstrapping site or invitation.
/// Read from verified certificates, or (as a hint) from what routers say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub Uuid);

impl NodeId {
    /// Reads an id from the wire: sixteen bytes.
    pub fn from_wire(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok().map(Self)
    }

    /// The id as it goes on the wire.
    pub fn to_wire(self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Within what an address or a site is looked up. Nothing is ever looked up without one, so that nothing of one network
/// can be found from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Realm {
    /// The platform: its sites are controllers, its addresses `skx/controller` and `skx/claim`.
    Platform,
    /// An application network. Its id is never nil.
    Network(NetworkId),
}

impl Realm {
    /// The realm of an address that a site of `network` (or a backbone site, `None`) uses.
    ///
    /// `None` when it has no such realm: a backbone site that uses an address of an application network.
    pub fn of(address: &model::Address, network: Option<NetworkId>) -> Option<Self> {
        if address.is_platform() { Some(Self::Platform) } else { network.map(Self::Network) }
    }

    /// As a [`NetworkRecord`](crate::link::NetworkRecord) names it: the nil id is the platform.
    pub fn from_record(bytes: &[u8]) -> Option<Self> {
        let id = Uuid::from_slice(bytes).ok()?;
        Some(if id.is_nil() { Self::Platform } else { Self::Network(NetworkId::from_untyped_uuid(id)) })
    }

    /// As a [`NetworkRecord`](crate::link::NetworkRecord) names it: the nil id is the platform.
    pub fn to_record(self) -> Vec<u8> {
        match self {
            Self::Platform => Uuid::nil().as_bytes().to_vec(),
            Self::Network(id) => id.into_untyped_uuid().as_bytes().to_vec(),
        }
    }

    /// As an [`Open`](crate::link::Open) names it: nothing is the platform, and the nil id is nobody's.
    pub fn from_open(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return Some(Self::Platform);
        }
        let id = Uuid::from_slice(bytes).ok().filter(|id| !id.is_nil())?;
        Some(Self::Network(NetworkId::from_untyped_uuid(id)))
    }

    /// As an [`Open`](crate::link::Open) names it: nothing is the platform.
    pub fn to_open(self) -> Vec<u8> {
        match self {
            Self::Platform => Vec::new(),
            Self::Network(_) => self.to_record(),
        }
    }
}

/// One end of a link, as its verified certificate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// Who.
    pub node: NodeId,
    /// What it may do.
    pub kind: PeerKind,
}

/// What one end of a link may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PeerKind {
    /// A router of the backbone: takes part in routing.
    Backbone,
    /// A member site: serves and uses addresses of its own network, uses `skx/controller`.
    Member {
        /// Its network.
        network: NetworkId,
    },
    /// An invitation, or a member whose certificate has expired: uses `skx/claim`, and nothing else.
    Claim {
        /// The network it claims a certificate of.
        network: NetworkId,
    },
    /// A backbone site that enrols: uses `skx/claim`, and nothing else.
    Bootstrap,
    /// A controller: serves the platform's addresses, opens nothing.
    Controller,
}

impl Peer {
    /// What a verified identity may be on a link; nothing, if it signs documents only.
    pub fn of(identity: &Identity) -> Option<Self> {
        let (node, kind) = match *identity {
            Identity::BackboneSite { site, .. } => (site.into_untyped_uuid(), PeerKind::Backbone),
            Identity::Bootstrap { site, .. } => (site.into_untyped_uuid(), PeerKind::Bootstrap),
            Identity::TrustSigner { .. } => return None,
            Identity::Invitation { network, invitation } => {
                (invitation.into_untyped_uuid(), PeerKind::Claim { network })
            }
            Identity::Renewal { network, site } => (site.into_untyped_uuid(), PeerKind::Claim { network }),
            Identity::Member { network, site } => (site.into_untyped_uuid(), PeerKind::Member { network }),
            Identity::Controller { controller } => (controller.into_untyped_uuid(), PeerKind::Controller),
        };
        Some(Self { node: NodeId(node), kind })
    }
}

impl PeerKind {
    /// The network whose addresses it may serve and use: a member's own. Nobody else has one.
    pub fn network(self) -> Option<NetworkId> {
        match self {
            Self::Member { network } => Some(network),
            _ => None,
        }
    }

    /// In a word, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backbone => "backbone site",
            Self::Member { .. } => "member site",
            Self::Claim { .. } => "invitation",
            Self::Bootstrap => "enrolling site",
            Self::Controller => "controller",
        }
    }
}

/// Names a live link within one process: chosen by the shell, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey(pub u64);

impl fmt::Display for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.0)
    }
}
