//! Our own router, within this process.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture};
use model::{Address, NetworkId};
use overlay::{Node, egress, ingress, node};
use pki::SignedTrust;
use tokio::sync::broadcast;

use crate::{
    AddressUse, ApplyError, Capabilities, DataPlane, Drained, Flows, Incoming, NodeOptions, Observation, OpenError,
    Problem, RouterConfig, ServeError, Status, Stream, Traffic,
};

/// The native router: nothing else has to be installed.
///
/// It runs on the tokio runtime on which it is used, and ends when it is dropped; [`DataPlane::shutdown`] ends it in
/// order.
#[derive(Debug)]
pub struct NativeRouter {
    node: Node,
}

impl NativeRouter {
    /// A router that does nothing until it is configured.
    pub fn start(options: NodeOptions) -> Self {
        let NodeOptions { epoch, clock, software } = options;
        Self { node: Node::new(node::NodeOptions { epoch, clock, software }) }
    }

    /// Takes a trust document ahead of everything else a configuration may hold. When it is newer, it is in force and on
    /// its way to all peers when this returns.
    ///
    /// # Errors
    ///
    /// When it is not acceptable; what was trusted before stays.
    pub fn offer_trust(&self, signed: SignedTrust) -> Result<(), ApplyError> {
        self.node.offer_trust(signed).map_err(|error| ApplyError::Partly(vec![Problem::Trust(error.into())]))
    }
}

impl DataPlane for NativeRouter {
    fn apply(&self, config: RouterConfig) -> BoxFuture<'_, Result<(), ApplyError>> {
        self.node.apply(config).map(|result| result.map_err(apply_error)).boxed()
    }

    fn observe(&self) -> broadcast::Receiver<Observation> {
        self.node.observe()
    }

    fn status(&self) -> Status {
        self.node.status()
    }

    fn addresses(&self, network: Option<NetworkId>) -> BoxFuture<'_, Vec<AddressUse>> {
        self.node.addresses(network).boxed()
    }

    fn flows(&self, network: Option<NetworkId>, position: u64, limit: usize) -> Flows {
        self.node.flows(network, position, limit)
    }

    fn traffic(&self) -> Traffic {
        self.node.traffic()
    }

    fn drain(&self, within: Duration) -> BoxFuture<'_, Drained> {
        self.node.drain(within).boxed()
    }

    fn open(&self, address: Address) -> BoxFuture<'_, Result<Stream, OpenError>> {
        self.node.open(address).map(|result| result.map(stream).map_err(open_error)).boxed()
    }

    fn serve(&self, address: Address) -> Result<Incoming, ServeError> {
        match self.node.serve(address) {
            Ok(incoming) => Ok(Incoming::new(incoming.map(stream))),
            Err(egress::ServeError::Taken(address)) => Err(ServeError::Taken(address)),
        }
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { end_to_end_identity: true, flow_records: true, resumption: true, ..Capabilities::default() }
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        self.node.shutdown().boxed()
    }
}

fn stream(stream: overlay::Stream) -> Stream {
    let (peer, certificate) = (*stream.peer(), stream.peer_certificate().clone());
    Stream::new(stream, peer, certificate)
}

fn apply_error(error: node::ApplyError) -> ApplyError {
    match error {
        node::ApplyError::Partly(problems) => ApplyError::Partly(problems.into_iter().map(problem).collect()),
        node::ApplyError::ShutDown => ApplyError::ShutDown,
        refused @ (node::ApplyError::Invalid(_) | node::ApplyError::Credentials(_) | node::ApplyError::EndToEnd(_)) => {
            ApplyError::Refused(refused.into())
        }
    }
}

fn problem(problem: node::Problem) -> Problem {
    match problem {
        node::Problem::AccessPoint { id, bind, error } => Problem::AccessPoint { id, bind, error },
        node::Problem::Trust(error) => Problem::Trust(error.into()),
    }
}

fn open_error(error: ingress::OpenError) -> OpenError {
    match error {
        ingress::OpenError::NoIdentity => OpenError::NoIdentity,
        ingress::OpenError::NobodyServes(address) => OpenError::NobodyServes(address),
        ingress::OpenError::Unreachable { address, last } => OpenError::Unreachable { address, last: last.into() },
        ingress::OpenError::Timeout(address) => OpenError::Timeout(address),
        ingress::OpenError::ShuttingDown => OpenError::ShuttingDown,
    }
}
