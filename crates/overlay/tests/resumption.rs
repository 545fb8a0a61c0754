//! Streams go on when routers die under load, and when every certificate is replaced under them: nothing is closed.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use common::{
    Installation, Network, TestRouter,
    routers::LONG,
    services::{ask, connect},
    topology::{Mortal, attachment, client, identity, relay, server},
    until,
};
use jiff::SignedDuration;
use model::trust::AuthorityTrust;
use pki::{Authority, AuthorityKind, Validity};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinSet,
    time::timeout,
};

/// Conversations that go on until they are told to stop. Each panics when it is closed, or hears what it did not say.
struct Load {
    stop: Arc<AtomicBool>,
    heard: Arc<AtomicUsize>,
    asked: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Load {
    /// None yet.
    fn none() -> Self {
        Self { stop: Arc::default(), heard: Arc::default(), asked: Arc::default(), tasks: JoinSet::new() }
    }

    /// Streams that say a little and wait for the answer, one that says as much as it can, and requests on streams of their
    /// own, one after the other.
    async fn begin(address: SocketAddr) -> Self {
        let mut load = Self::none();
        for size in [100, 100, 2_000, 30_000, 1_000_000] {
            load.talk(address, size).await;
        }
        let (stop, asked) = (load.stop.clone(), load.asked.clone());
        load.tasks.spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                assert_eq!(ask(address, b"request").await.expect("it is answered"), b"server:request");
                asked.fetch_add(1, Ordering::SeqCst);
            }
        });
        load
    }

    async fn talk(&mut self, address: SocketAddr, size: usize) {
        let mut stream = connect(address, "server").await;
        let (stop, heard) = (self.stop.clone(), self.heard.clone());
        self.tasks.spawn(async move {
            let (mut read, mut write) = stream.split();
            let mut round = 0_usize;
            while !stop.load(Ordering::SeqCst) {
                let words: Vec<u8> = (round..round + size).map(|at| u8::try_from(at % 251).unwrap()).collect();
                let mut answer = vec![0; size];
                let (said, listened) = tokio::join!(write.write_all(&words), read.read_exact(&mut answer));
                said.expect("it can be written to");
                listened.expect("it answers");
                assert!(answer == words, "something else came back in round {round}");
                heard.fetch_add(1, Ordering::SeqCst);
                round += 1;
            }
            write.shutdown().await.expect("it can be ended");
            assert_eq!(read.read(&mut [0]).await.expect("and ends in order"), 0);
        });
    }

    /// Waits until every kind of stream has certainly moved bytes since now.
    async fn goes_on(&self) {
        let (heard, asked) = (self.heard.load(Ordering::SeqCst) + 200, self.asked.load(Ordering::SeqCst) + 2);
        until("everything goes on", || {
            let on = self.heard.load(Ordering::SeqCst) >= heard && self.asked.load(Ordering::SeqCst) >= asked;
            (on || self.tasks.is_empty()).then_some(())
        })
        .await;
    }

    /// Ends all of them. None was closed before.
    async fn end(mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let ending = async {
            while let Some(ended) = self.tasks.join_next().await {
                ended.expect("no stream was closed");
            }
        };
        timeout(LONG, ending).await.expect("they end");
    }
}

/// How often streams of a site went on over other connections.
fn moved(router: &TestRouter) -> u64 {
    router.node.status().counters.moved_streams
}

#[tokio::test(flavor = "multi_thread")]
async fn no_router_of_a_mesh_that_dies_under_load_closes_a_stream_as_long_as_there_is_another_way() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let first = Mortal::start(&installation, relay(&installation, &trust, &[]), 1).await;
    let second = Mortal::start(&installation, relay(&installation, &trust, &[first.router.address()]), 1).await;
    let others = [first.router.address(), second.router.address()];
    let third = Mortal::start(&installation, relay(&installation, &trust, &others), 1).await;
    let ends = [first.router.address(), third.router.address()];
    // Either end can attach at the two that carry it at first, and at the one beside.
    let _server = server(&installation, &network, &[ends[0], others[1]], "server").await;
    let client = client(&installation, &network, &[ends[1], others[1]]).await;
    let address = client.listener().await;
    ask(address, b"first").await.unwrap();
    let load = Load::begin(address).await;
    load.goes_on().await;
    let before = moved(&client);
    // The client's router, then the server's. The one beside takes over for both.
    third.kill();
    load.goes_on().await;
    until("all of them go on over another path", || (moved(&client) >= before + 5).then_some(())).await;
    first.kill();
    load.goes_on().await;
    until("and once more", || (moved(&client) >= before + 10).then_some(())).await;
    load.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_dies_and_comes_back_again_and_again_closes_nothing() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let stays = TestRouter::start(&installation, relay(&installation, &trust, &[])).await;
    let mut dies = Mortal::start(&installation, relay(&installation, &trust, &[stays.address()]), 1).await;
    let _server = server(&installation, &network, &[stays.address()], "server").await;
    // There is no other way: streams wait until it is back.
    let client = client(&installation, &network, &[dies.router.address()]).await;
    let address = client.listener().await;
    ask(address, b"first").await.unwrap();
    // New streams may be turned away meanwhile: only what runs is looked at.
    let mut load = Load::none();
    for size in [100, 2_000, 200_000] {
        load.talk(address, size).await;
    }
    for epoch in 2..5 {
        let heard = load.heard.load(Ordering::SeqCst);
        let config = dies.kill();
        dies = Mortal::start(&installation, config, epoch).await;
        until("it goes on", || (load.heard.load(Ordering::SeqCst) > heard + 100).then_some(())).await;
    }
    load.end().await;
}

/// How long the certificates live in the soak, in seconds. They are replaced every second.
const LIFE: i64 = 5;
const ROUNDS: u32 = 12;

/// Gives a router a new certificate by `authority`.
async fn renew(installation: &Installation, router: &mut TestRouter, authority: &Authority) {
    let until = installation.clock_now() + SignedDuration::from_secs(LIFE);
    let leaf = installation.leaf_until(authority, identity(router), until);
    router.change(|config| config.leaf = leaf).await;
}

/// Lets everybody trust exactly these authorities of the network.
async fn trust_in(
    installation: &mut Installation,
    network: &Network,
    authorities: &[AuthorityTrust],
    (relay, members): (&mut TestRouter, [&mut TestRouter; 2]),
) {
    installation.open.get_mut(&network.id).unwrap().authorities = authorities.to_vec();
    let trust = installation.trust();
    relay.change(|config| config.trust = Some(trust)).await;
    for member in members {
        let authorities = authorities.to_vec();
        member.change(|config| config.network.as_mut().unwrap().authorities = authorities).await;
    }
}

fn generation(generation: u32, authority: &Authority) -> AuthorityTrust {
    AuthorityTrust { generation, certificate: authority.certificate.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_live_for_seconds_and_their_authority_are_replaced_under_load_and_nothing_is_closed() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let mut first = TestRouter::start(&installation, relay(&installation, &trust, &[])).await;
    let mut second = TestRouter::start(&installation, relay(&installation, &trust, &[first.address()])).await;
    let mut server = server(&installation, &network, &[first.address()], "server").await;
    let mut client = client(&installation, &network, &[second.address()]).await;
    // Short lives from the beginning.
    for router in [&mut first, &mut second] {
        renew(&installation, router, &installation.authority).await;
    }
    for member in [&mut server, &mut client] {
        member.config.links[0] = attachment(&member.config.links[0].targets.iter().map(socket).collect::<Vec<_>>());
        renew(&installation, member, &network.authority).await;
    }
    let address = client.listener().await;
    ask(address, b"first").await.unwrap();
    let load = Load::begin(address).await;

    let life = Validity::backdated(installation.clock_now(), installation.clock_now() + SignedDuration::from_hours(10));
    let kind = AuthorityKind::Network(network.id);
    let next = installation.authority.issue_authority(kind, 2, life).unwrap();
    let (old, new) = (generation(1, &network.authority), generation(2, &next));
    for round in 1..=ROUNDS {
        // The next authority is announced before it issues; the old one goes when nothing of it is left.
        let announced = match round {
            4 => Some(vec![old.clone(), new.clone()]),
            10 => Some(vec![new.clone()]),
            _ => None,
        };
        if let Some(authorities) = announced {
            let routers = (&mut first, [&mut server, &mut client]);
            trust_in(&mut installation, &network, &authorities, routers).await;
        }
        let issuer = if round > 4 { &next } else { &network.authority };
        for router in [&mut first, &mut second] {
            renew(&installation, router, &installation.authority).await;
        }
        for member in [&mut server, &mut client] {
            renew(&installation, member, issuer).await;
        }
        // Time itself is what is tested: certificates expire by it.
        tokio::time::sleep(Duration::from_secs(1)).await;
        load.goes_on().await;
    }
    assert!(
        moved(&client) >= 5 * 2,
        "every stream went on over connections with newer certificates: {}",
        moved(&client)
    );
    load.end().await;
}

fn socket(target: &model::HostPort) -> SocketAddr {
    let model::Host::Ip(ip) = target.host else { panic!("an address") };
    SocketAddr::new(ip, target.port)
}
