//! What a router tells of itself: events as they happen, and how things stand.

use std::{fmt, net::SocketAddr, time::Duration};

use jiff::Timestamp;
use model::{
    AccessPointId, Address, ConnectorId, HostPort, Identity, LinkId, ListenerId, NetworkId, router::Transport,
};
use overlay_proto::link as wire;
pub use overlay_proto::router::Counters as RoutingCounters;
use pki::SignedTrust;
use uuid::Uuid;

/// Why one end closed a link, or refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The other end goes away.
    Shutdown,
    /// The two ends speak no common version of the protocol.
    Version,
    /// The other end broke the protocol.
    Protocol,
    /// The identity is not admitted here, and nothing more can be said.
    NotAdmitted,
    /// The identity was evicted: final.
    Evicted,
    /// What the identity belongs to is over: final.
    Ended,
    /// The network has not opened yet.
    NotYetOpen,
    /// A certificate has expired.
    Expired,
    /// The credential was replaced by a newer one: final.
    Superseded,
    /// A limit is reached.
    Limit,
    /// The access point does not admit this kind of peer.
    Kind,
    /// The other end, or its access point, was about to go, and the time for going in order is over.
    Draining,
    /// Something a newer version may know.
    Other,
}

impl Reason {
    /// Whether trying again with the same credential is pointless until somebody acts.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Evicted | Self::Ended | Self::Superseded)
    }

    pub(crate) fn from_wire(reason: i32) -> Self {
        match wire::Reason::try_from(reason) {
            Ok(wire::Reason::Shutdown) => Self::Shutdown,
            Ok(wire::Reason::Version) => Self::Version,
            Ok(wire::Reason::Protocol) => Self::Protocol,
            Ok(wire::Reason::NotAdmitted) => Self::NotAdmitted,
            Ok(wire::Reason::Evicted) => Self::Evicted,
            Ok(wire::Reason::Ended) => Self::Ended,
            Ok(wire::Reason::NotYetOpen) => Self::NotYetOpen,
            Ok(wire::Reason::Expired) => Self::Expired,
            Ok(wire::Reason::Superseded) => Self::Superseded,
            Ok(wire::Reason::Limit) => Self::Limit,
            Ok(wire::Reason::Kind) => Self::Kind,
            Ok(wire::Reason::Draining) => Self::Draining,
            Ok(wire::Reason::Unspecified) | Err(_) => Self::Other,
        }
    }

    pub(crate) fn to_wire(self) -> wire::Reason {
        match self {
            Self::Shutdown => wire::Reason::Shutdown,
            Self::Version => wire::Reason::Version,
            Self::Protocol => wire::Reason::Protocol,
            Self::NotAdmitted => wire::Reason::NotAdmitted,
            Self::Evicted => wire::Reason::Evicted,
            Self::Ended => wire::Reason::Ended,
            Self::NotYetOpen => wire::Reason::NotYetOpen,
            Self::Expired => wire::Reason::Expired,
            Self::Superseded => wire::Reason::Superseded,
            Self::Limit => wire::Reason::Limit,
            Self::Kind => wire::Reason::Kind,
            Self::Draining => wire::Reason::Draining,
            Self::Other => wire::Reason::Unspecified,
        }
    }
}

/// A reason with its words: why a link ended, or was never made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// The reason.
    pub reason: Reason,
    /// The same for people.
    pub message: String,
}

impl Farewell {
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into() }
    }
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Something that happened in a router.
#[derive(Clone, Debug)]
pub enum Observation {
    /// A link is established.
    LinkUp {
        /// The configured link; none for one that was accepted.
        link: Option<LinkId>,
        /// Who is at the other end.
        peer: Identity,
    },
    /// A link is gone.
    LinkDown {
        /// The configured link; none for one that was accepted.
        link: Option<LinkId>,
        /// Who was at the other end.
        peer: Identity,
        /// Why.
        reason: Farewell,
    },
    /// The other end of a configured link refused this router, and said why.
    Refused {
        /// The configured link.
        link: LinkId,
        /// Where it was dialled.
        target: HostPort,
        /// The reason.
        reason: Reason,
        /// The same for people.
        message: String,
    },
    /// A newer trust document (and its version) is in force: persist it.
    TrustAdopted(SignedTrust, u64),
    /// A router of the backbone holds a trust document (and its version) that is none in force here, though properly
    /// signed, and not newer: it lags behind, or the line of versions has forked. Controllers only are told.
    TrustContested(SignedTrust, u64),
    /// Other routers remember greater epochs of this router than it was started with: persist this one.
    EpochRaised(u64),
    /// An access point cannot be bound; it is retried.
    AccessPointFailed {
        /// The access point.
        access_point: AccessPointId,
        /// Why.
        error: String,
    },
    /// A listener cannot be bound; it is retried.
    ListenerFailed {
        /// The listener.
        listener: ListenerId,
        /// Why.
        error: String,
    },
    /// A connection through a listener or a connector has ended.
    FlowClosed(Flow),
}

/// Which way a flow went through this router's site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From a listener into the network.
    In,
    /// From the network to a connector's target.
    Out,
}

/// One connection through a listener or a connector, or within the process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Names it at this router; grows with every flow that is opened.
    pub number: u64,
    /// The network it is in; none for streams of the platform.
    pub network: Option<NetworkId>,
    /// The address it was for.
    pub address: Address,
    /// Into the network, or out of it.
    pub direction: Direction,
    /// The site at the other end, when one was reached.
    pub peer: Option<Identity>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed; none while it is open.
    pub closed: Option<Timestamp>,
    /// How long it has lived.
    pub lasted: Duration,
    /// Bytes from the client to the server.
    pub bytes_to_server: u64,
    /// Bytes from the server to the client.
    pub bytes_to_client: u64,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// What applications have sent each other through this router's site since it started, in flows that have ended and in
/// those that are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Through its listeners.
    pub inward: Bytes,
    /// Through its connectors.
    pub outward: Bytes,
}

/// Bytes in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// From clients to servers.
    pub to_server: u64,
    /// From servers to clients.
    pub to_client: u64,
}

/// Flows of a router: those that are open, and those that ended lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// Open now, the oldest first, with what they have carried so far.
    pub open: Vec<Flow>,
    /// Closed after the position that was asked for, the oldest first.
    pub closed: Vec<Flow>,
    /// The position to ask for next time.
    pub position: u64,
    /// How many were closed after the position asked for and are no longer remembered.
    pub forgotten: u64,
}

/// An address, who serves it and who uses it, as far as this router knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressUse {
    /// The network it is in; none for addresses of the platform.
    pub network: Option<NetworkId>,
    /// The address.
    pub address: Address,
    /// Who serves it and can be reached from here, the best first.
    pub serving: Vec<Serving>,
    /// The ids of the sites that use it: at a backbone site those attached to it, at a member itself.
    pub users: Vec<Uuid>,
}

/// One that serves an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serving {
    /// The id of the site; of the controller, for addresses of the platform.
    pub site: Uuid,
    /// The cost of the way there; 0 is here.
    pub cost: u32,
    /// Its share of the streams, relative to the others.
    pub weight: u32,
    /// It is about to go.
    pub draining: bool,
}

/// How far a router has come that is about to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// The streams of applications that still run over it. None: it can go without cutting any.
    pub streams: usize,
}

/// How a router stands at a moment.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// Configured links, and the ones that were accepted.
    pub links: Vec<LinkStatus>,
    /// The access points.
    pub access_points: Vec<SocketStatus<AccessPointId>>,
    /// The listeners.
    pub listeners: Vec<SocketStatus<ListenerId>>,
    /// The connectors.
    pub connectors: Vec<SocketStatus<ConnectorId>>,
    /// The addresses in use here.
    pub addresses: Vec<AddressStatus>,
    /// The version of the trust document in force.
    pub trust_version: Option<u64>,
    /// SHA-256 of that document, as it was signed.
    pub trust_digest: Option<[u8; 32]>,
    /// Whether others were told to go around this router.
    pub draining: bool,
    /// How many streams of applications run over this router: passing through it, or beginning or ending at it.
    pub streams: usize,
    /// What was refused so far.
    pub counters: Counters,
}

/// How a link stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Dialling, or about to.
    #[default]
    Connecting,
    /// Established.
    Up,
}

/// One link.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkStatus {
    /// The configured link; none for one that was accepted.
    pub link: Option<LinkId>,
    /// Where it was dialled; none for one that was accepted, or while it is not established.
    pub target: Option<HostPort>,
    /// Who is at the other end; none while it is not established.
    pub peer: Option<Identity>,
    /// How it stands.
    pub state: LinkState,
    /// Since when it is established; none while it is not.
    pub since: Option<Timestamp>,
    /// Its cost for routing, as configured where it is dialled.
    pub cost: u32,
    /// How its data connections travel, as configured where it is dialled.
    pub transport: Transport,
    /// It is about to go: nothing new takes it where there is another way.
    pub draining: bool,
    /// How many streams run over it, connections kept for the next included.
    pub streams: usize,
    /// The smoothed round-trip time, once measured.
    pub rtt: Option<Duration>,
    /// Why it is not established: the last error.
    pub error: Option<String>,
    /// Bytes received on its data connections.
    pub bytes_in: u64,
    /// Bytes sent on its data connections.
    pub bytes_out: u64,
}

/// One local socket, or local target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketStatus<Id> {
    /// The object.
    pub id: Id,
    /// The socket that is bound; none for a connector, or while it cannot be bound.
    pub bound: Option<SocketAddr>,
    /// What is wrong with it, if something is.
    pub error: Option<String>,
    /// How many connections it carries now.
    pub connections: usize,
}

/// One address in use at this site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressStatus {
    /// The address.
    pub address: Address,
    /// How many sites that serve it can be reached from here.
    pub reachable: usize,
}

/// What was refused since the router started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Connections closed because too many unauthenticated ones were open.
    pub crowded: u64,
    /// Connections that did not authenticate in time, or not at all.
    pub unauthenticated: u64,
    /// Peers that authenticated and were not admitted.
    pub not_admitted: u64,
    /// Data connections with a replayed preface.
    pub replayed: u64,
    /// Streams that were turned away because their site, its network or all together had too many connections open here.
    pub crowded_streams: u64,
    /// Streams that were ended because their opener said nothing on them.
    pub silent_streams: u64,
    /// How often streams that began here went on over another connection: because their path was lost, or because a
    /// certificate was about to expire.
    pub moved_streams: u64,
    /// What routing refused.
    pub routing: RoutingCounters,
}
