//! The data plane as everything else knows it: a configuration goes in, observations come out, and byte streams lead to
//! and from addresses.
//!
//! [`DataPlane`] is the port. [`NativeRouter`], our own router within this process, implements it; a backbone may be
//! given another implementation, and both pass the same conformance tests (`tests/conformance.rs`). What an
//! implementation can do beyond the core it says by [`Capabilities`].

mod native;
mod stream;

use std::{error::Error, io, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use model::{AccessPointId, Address, Clock, NetworkId};
use tokio::sync::broadcast;

pub use native::NativeRouter;
pub use overlay::{
    config::{InvalidConfig, RouterConfig},
    observe::{
        AddressStatus, AddressUse, Bytes, Counters, Direction, Drained, Farewell, Flow, Flows, LinkState, LinkStatus,
        Observation, Reason, RoutingCounters, Serving, SocketStatus, Status, Traffic,
    },
};
pub use stream::{Incoming, Stream};

/// A router, whoever makes it.
///
/// *Roles:* the identity in the configured certificate decides what the router may be. Controllers dial links and serve
/// the platform's addresses; backbone sites accept and dial links, and open streams to controllers; members dial links,
/// and have listeners and connectors in their own network; invitations and sites that enrol may open streams to
/// `skx/claim`, and nothing else.
pub trait DataPlane: Send + Sync {
    /// Makes the router what `config` says. Applying the same again changes nothing; a change touches only what it names,
    /// and live connections of untouched parts are not disturbed. A new certificate for the same identity replaces links
    /// before the old ones go; a new identity ends everything before, and waits for none of it.
    fn apply(&self, config: RouterConfig) -> BoxFuture<'_, Result<(), ApplyError>>;

    /// Everything that happens from now on. An observer that is too slow misses the oldest, and is told so.
    fn observe(&self) -> broadcast::Receiver<Observation>;

    /// How things stand.
    fn status(&self) -> Status;

    /// Who serves and who uses the addresses of `network`, or of all networks and the platform, as far as is known here: a
    /// backbone site knows of every network on its backbone, a member of its own.
    fn addresses(&self, network: Option<NetworkId>) -> BoxFuture<'_, Vec<AddressUse>>;

    /// The flows of `network`, or all of them: those that are open, and at most `limit` of those that were closed after
    /// `position`. Only the last ones are remembered; whoever wants them all [observes](Self::observe).
    fn flows(&self, network: Option<NetworkId>, position: u64, limit: usize) -> Flows;

    /// What applications have sent each other through this site since the start: it grows while it flows, and never falls.
    fn traffic(&self) -> Traffic;

    /// Lets others go around this router, hands over what it can, and waits until no stream of an application runs over
    /// it, or until `within` is over. What then still runs is said. It goes on until it is [shut down](Self::shutdown); a
    /// router that is to come back is [configured](RouterConfig::draining) to drain instead.
    fn drain(&self, within: Duration) -> BoxFuture<'_, Drained>;

    /// Opens a byte stream to whoever serves `address`, with the verified identity of the other end.
    fn open(&self, address: Address) -> BoxFuture<'_, Result<Stream, OpenError>>;

    /// Serves `address` within this process: streams from whoever opens them, each with its verified identity. It may be
    /// called before the first [`apply`](Self::apply), and holds for every configuration whose identity may serve it.
    fn serve(&self, address: Address) -> Result<Incoming, ServeError>;

    /// What this implementation can do beyond the core.
    fn capabilities(&self) -> Capabilities;

    /// Ends everything in order: others go around this router, streams are ended, peers are told why. It cannot be
    /// configured again.
    fn shutdown(&self) -> BoxFuture<'_, ()>;
}

/// What a router is started with, once.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Greater than in every earlier run of this router; persisted by the caller.
    pub epoch: u64,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Name and version of the software, told to peers for their logs.
    pub software: String,
}

/// What an implementation can do beyond the core. What is missing the product says plainly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// The two ends of a stream verify each other's certificates; nothing between them can read or redirect it.
    pub end_to_end_identity: bool,
    /// A record of every finished connection through listeners and connectors.
    pub flow_records: bool,
    /// Streams survive the loss of a path.
    pub resumption: bool,
    /// Listeners and connectors for UDP.
    pub udp: bool,
    /// The weights of those who serve an address can be changed while it is used.
    pub live_weights: bool,
    /// Connectors tell servers the client by the PROXY protocol.
    pub proxy_protocol: bool,
}

/// Why a configuration is not, or not wholly, in force.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It cannot be used. Nothing was changed.
    #[error("the configuration is refused: {0}")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// Everything but this is in force.
    #[error("the configuration is in force, except: {}", list(.0))]
    Partly(Vec<Problem>),
    /// The router was shut down.
    #[error("the router was shut down")]
    ShutDown,
}

/// One part of a configuration that is not in force.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// An access point cannot be bound. It is tried again.
    #[error("access point {id} cannot listen at {bind}: {error}")]
    AccessPoint {
        /// The access point.
        id: AccessPointId,
        /// Where it should listen.
        bind: SocketAddr,
        /// Why it does not.
        #[source]
        error: io::Error,
    },
    /// The trust document is not acceptable; what was trusted before stays.
    #[error("{0}")]
    Trust(#[source] Box<dyn Error + Send + Sync>),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Why a stream could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The router is not configured yet, or its certificate has expired.
    #[error("this router has no identity yet")]
    NoIdentity,
    /// Nobody serves the address.
    #[error("nobody serves {0}")]
    NobodyServes(Address),
    /// Nobody who serves the address could be reached, or accepted.
    #[error("{address} could not be reached: {last}")]
    Unreachable {
        /// The address.
        address: Address,
        /// Why the last one tried did not take the stream.
        #[source]
        last: Box<dyn Error + Send + Sync>,
    },
    /// It took too long to reach anybody who serves the address.
    #[error("{0} could not be reached in time")]
    Timeout(Address),
    /// The router is shutting down.
    #[error("the router is shutting down")]
    ShuttingDown,
}

/// Why an address cannot be served within the process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServeError {
    /// It is served already.
    #[error("{0} is served already")]
    Taken(Address),
}
