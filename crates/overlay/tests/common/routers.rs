//! Routers on ephemeral ports.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use model::{Clock, Identity};
use overlay::{
    Node, NodeOptions, Observation, RouterConfig,
    observe::{LinkState, LinkStatus},
};
use tokio::{sync::broadcast, time::timeout};

use super::Installation;

/// How long anything in these tests may take before it counts as not happening. Generous: it is reached only by failures.
pub const LONG: Duration = Duration::from_secs(60);

/// A router, and what it is configured with.
pub struct TestRouter {
    pub node: Node,
    pub config: RouterConfig,
    pub events: broadcast::Receiver<Observation>,
}

impl TestRouter {
    /// Starts a router and configures it.
    pub async fn start(installation: &Installation, config: RouterConfig) -> Self {
        Self::start_with(Self::options(installation), config).await
    }

    /// What a router of this installation is started with.
    pub fn options(installation: &Installation) -> NodeOptions {
        let clock: Arc<dyn Clock> = installation.clock.clone();
        NodeOptions { epoch: 1, clock, software: "tests".to_owned() }
    }

    /// Starts a router and configures it.
    pub async fn start_with(options: NodeOptions, config: RouterConfig) -> Self {
        let node = Node::new(options);
        let events = node.observe();
        node.apply(config.clone()).await.expect("the configuration is taken");
        Self { node, config, events }
    }

    /// Changes the configuration and applies it.
    pub async fn change(&mut self, change: impl FnOnce(&mut RouterConfig)) {
        change(&mut self.config);
        self.node.apply(self.config.clone()).await.expect("the configuration is taken");
    }

    /// Where its first access point listens.
    pub fn address(&self) -> SocketAddr {
        self.node.status().access_points[0].bound.expect("the access point is bound")
    }

    /// Where its first listener listens, once it does.
    pub async fn listener(&self) -> SocketAddr {
        until("the listener is bound", || self.node.status().listeners.first()?.bound).await
    }

    /// Its links that are established.
    pub fn links_up(&self) -> Vec<LinkStatus> {
        self.node.status().links.into_iter().filter(|link| link.state == LinkState::Up).collect()
    }

    /// Waits until it has as many links as these.
    pub async fn linked(&self, links: usize) {
        until("the links are up", || (self.links_up().len() == links).then_some(())).await;
    }

    /// Waits for an observation.
    pub async fn event<T>(&mut self, what: &str, mut pick: impl FnMut(Observation) -> Option<T>) -> T {
        let waiting = async {
            loop {
                if let Some(found) = pick(self.events.recv().await.expect("the router runs")) {
                    return found;
                }
            }
        };
        timeout(LONG, waiting).await.unwrap_or_else(|_| panic!("this did not happen: {what}"))
    }

    /// Waits until the link with `peer` is gone.
    pub async fn unlinked(&self, peer: &Identity) {
        let gone = || (!self.links_up().iter().any(|link| link.peer.as_ref() == Some(peer))).then_some(());
        until("the link is gone", gone).await;
    }
}

/// Waits until `look` finds something: for states that nobody announces.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, looking).await.unwrap_or_else(|_| panic!("this did not happen: {what}"))
}
