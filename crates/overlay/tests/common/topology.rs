//! Backbones of some shape with members at them.

use std::net::SocketAddr;

use model::{Identity, LinkId, router::Transport};
use overlay::RouterConfig;
use pki::SignedTrust;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    runtime::Runtime,
    time::timeout,
};

use super::{
    Installation, Network, TestRouter,
    installation::{connector, host_port, link, listener},
    routers::LONG,
    services::{ask, echo},
};

/// A router in a runtime of its own: when that is shut down, everything in it stops without a word, as in a crash.
pub struct Mortal {
    pub router: TestRouter,
    runtime: Option<Runtime>,
}

impl Mortal {
    pub async fn start(installation: &Installation, config: RouterConfig, epoch: u64) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let options = overlay::NodeOptions { epoch, ..TestRouter::options(installation) };
        let router = runtime.spawn(TestRouter::start_with(options, config)).await.expect("it starts");
        Self { router, runtime: Some(runtime) }
    }

    /// Kills it, and says what it was configured with: bound where it was.
    pub fn kill(mut self) -> RouterConfig {
        let mut config = self.router.config.clone();
        for (point, status) in config.access_points.iter_mut().zip(self.router.node.status().access_points) {
            point.bind = status.bound.expect("it was bound");
        }
        // Its sockets are closed when this returns: where it listened, another can listen.
        if let Some(runtime) = self.runtime.take() {
            let ending = std::thread::spawn(move || runtime.shutdown_timeout(LONG));
            ending.join().expect("it stops");
        }
        config
    }

    fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A backbone site's configuration with links to these.
pub fn relay(installation: &Installation, trust: &SignedTrust, to: &[SocketAddr]) -> RouterConfig {
    let (_, mut config) = installation.backbone_site(Some(trust));
    config.links.extend(to.iter().map(|address| link(*address, Transport::Direct)));
    config
}

/// A member that serves `web` with `name`.
pub async fn server(
    installation: &Installation,
    network: &Network,
    to: &[SocketAddr],
    name: &'static str,
) -> TestRouter {
    let (_, mut config) = installation.member(network);
    config.links.push(attachment(to));
    config.connectors.push(connector("web", echo(name).await));
    TestRouter::start(installation, config).await
}

/// A member that listens for `web`.
pub async fn client(installation: &Installation, network: &Network, to: &[SocketAddr]) -> TestRouter {
    let (_, mut config) = installation.member(network);
    config.links.push(attachment(to));
    config.listeners.push(listener("web"));
    TestRouter::start(installation, config).await
}

/// A link to the first of these that works.
pub fn attachment(to: &[SocketAddr]) -> model::router::Link {
    let targets = to.iter().map(|address| host_port(*address)).collect();
    model::router::Link { targets, ..link(to[0], Transport::Direct) }
}

/// Who a router is.
pub fn identity(router: &TestRouter) -> Identity {
    identity_of(&router.config)
}

/// Who a router is that has this configuration.
pub fn identity_of(config: &RouterConfig) -> Identity {
    pki::Certificate::parse(config.leaf.certificate.as_bytes()).expect("a leaf").id.expect("an identity").identity
}

/// New streams may fail for a moment, while routers find out; then they work.
pub async fn until_answered(address: SocketAddr, expected: &[u8]) {
    let request = &expected[expected.iter().position(|byte| *byte == b':').expect("a name and a colon") + 1..];
    let trying = async {
        while ask(address, request).await.ok().as_deref() != Some(expected) {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, trying).await.expect("streams work again");
}

/// A live stream still carries bytes both ways.
pub async fn alive(stream: &mut TcpStream) {
    let echoing = async {
        stream.write_all(b"still").await.expect("it can be written to");
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.expect("it answers");
        assert_eq!(&answer, b"still");
    };
    timeout(LONG, echoing).await.expect("the stream lives");
}

/// Waits until a configured link leads to `peer`.
pub async fn attached_to(router: &TestRouter, link: LinkId, peer: &Identity) {
    let there = |status: &overlay::observe::LinkStatus| status.link == Some(link) && status.peer.as_ref() == Some(peer);
    super::until("the link leads there", || router.node.status().links.iter().any(there).then_some(())).await;
}

/// How many bytes the links of a router have brought.
pub fn carried(router: &TestRouter) -> u64 {
    router.links_up().iter().map(|link| link.bytes_in).sum()
}
