//! What a router says of addresses, flows and links; and who gets a stream by which policy.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{
    Installation, Network, TestRouter,
    installation::{connector, link},
    services::{ask, connect, echo},
    topology::{Mortal, alive, client, identity, relay, server, until_answered},
    until,
};
use model::{
    GenericUuid as _, Identity, SiteId,
    router::{AddressPolicy, Assignments, Transport, Weight},
};
use overlay::observe::Direction;
use tokio::net::TcpStream;

fn site(router: &TestRouter) -> SiteId {
    match identity(router) {
        Identity::Member { site, .. } => site,
        other => panic!("a member, not {other}"),
    }
}

async fn router(installation: &mut Installation) -> TestRouter {
    let trust = installation.trust();
    TestRouter::start(installation, relay(installation, &trust, &[])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_are_shown_while_they_run_and_remembered_at_both_ends_and_nowhere_else() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = router(&mut installation).await;
    let server = server(&installation, &network, &[router.address()], "server").await;
    let client = client(&installation, &network, &[router.address()]).await;
    let mut stream = connect(client.listener().await, "server").await;
    alive(&mut stream).await;
    for (member, direction, peer) in [(&client, Direction::In, &server), (&server, Direction::Out, &client)] {
        let flows = member.node.flows(Some(network.id), 0, 10);
        let [flow] = &flows.open[..] else { panic!("one flow, not {flows:?}") };
        assert_eq!((flow.address.as_str(), flow.direction, flow.network), ("web", direction, Some(network.id)));
        assert_eq!((flow.peer, flow.closed), (Some(identity(peer)), None));
        // The greeting and the echo.
        let counted = || {
            let flow = member.node.flows(None, 0, 10).open[0].clone();
            (flow.bytes_to_server == 5 && flow.bytes_to_client == 12).then_some(())
        };
        until("every byte is counted", counted).await;
        assert_eq!(member.node.status().streams, 1);
    }
    assert_eq!(router.node.flows(None, 0, 10), overlay::observe::Flows::default(), "a relay knows of no flow");
    assert_eq!(router.node.status().streams, 1, "but that one passes");
    drop(stream);
    let ended = until("the flow has ended", || client.node.flows(Some(network.id), 0, 10).closed.pop()).await;
    assert!(ended.closed.is_some());
    assert_eq!((ended.bytes_to_server, ended.bytes_to_client), (5, 12));
    let other = installation.open_network();
    assert_eq!(client.node.flows(Some(other.id), 0, 10).closed, [], "another network sees nothing of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_knows_who_serves_and_uses_what_network_by_network() {
    let mut installation = Installation::new();
    let (network, other) = (installation.open_network(), installation.open_network());
    let router = router(&mut installation).await;
    let server = server(&installation, &network, &[router.address()], "server").await;
    let user = client(&installation, &network, &[router.address()]).await;
    let _stranger = client(&installation, &other, &[router.address()]).await;
    let seen = async |network: &Network| router.node.addresses(Some(network.id)).await;
    let whole = async {
        loop {
            let (ours, theirs) = (seen(&network).await, seen(&other).await);
            if let ([ours], [theirs]) = (&ours[..], &theirs[..])
                && !ours.serving.is_empty()
                && !ours.users.is_empty()
            {
                return (ours.clone(), theirs.clone());
            }
            tokio::task::yield_now().await;
        }
    };
    let (ours, theirs) = tokio::time::timeout(common::routers::LONG, whole).await.expect("everybody has attached");
    assert_eq!((ours.network, ours.address.as_str()), (Some(network.id), "web"));
    assert_eq!(ours.serving.iter().map(|it| it.site).collect::<Vec<_>>(), [site(&server).into_untyped_uuid()]);
    assert_eq!(ours.users, [site(&user).into_untyped_uuid()]);
    assert_eq!((theirs.serving.len(), theirs.users.len()), (0, 1));
    // The user sees the same of its own network.
    let told = async {
        loop {
            let here = user.node.addresses(None).await;
            if here.iter().any(|it| !it.serving.is_empty()) {
                return here;
            }
            tokio::task::yield_now().await;
        }
    };
    let here = tokio::time::timeout(common::routers::LONG, told).await.expect("the user is told who serves");
    assert_eq!(here.iter().map(|it| it.serving[0].site).collect::<Vec<_>>(), [site(&server).into_untyped_uuid()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_says_since_when_it_is_up_what_it_costs_and_what_runs_over_it() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let first = TestRouter::start(&installation, relay(&installation, &trust, &[])).await;
    let mut config = relay(&installation, &trust, &[]);
    config.links.push(model::router::Link { cost: 7, ..link(first.address(), Transport::Tls) });
    let second = TestRouter::start(&installation, config).await;
    let _server = server(&installation, &network, &[first.address()], "server").await;
    let client = client(&installation, &network, &[second.address()]).await;
    let _stream = connect(client.listener().await, "server").await;
    for (router, peer) in [(&first, &second), (&second, &first)] {
        let links = router.links_up();
        let status = links.iter().find(|it| it.peer == Some(identity(peer))).unwrap();
        assert_eq!((status.cost, status.transport, status.streams), (7, Transport::Tls, 1));
        assert!(status.since.is_some_and(|since| since <= installation.clock_now()));
        assert!(!status.draining);
    }
}

/// Two members that serve `web`, the second farther away, and one that uses it.
struct Pair {
    near: TestRouter,
    far: Mortal,
    client: TestRouter,
    _routers: [TestRouter; 2],
}

/// How many streams each server got.
type Shares = BTreeMap<String, usize>;

fn got<const N: usize>(shares: [(&str, usize); N]) -> Shares {
    shares.into_iter().map(|(name, n)| (name.to_owned(), n)).collect()
}

impl Pair {
    async fn start(installation: &mut Installation) -> Self {
        let network = installation.open_network();
        let router = router(installation).await;
        let trust = router.config.trust.clone().unwrap();
        let mut config = relay(installation, &trust, &[]);
        config.links.push(model::router::Link { cost: 4, ..link(router.address(), Transport::Direct) });
        let far_router = TestRouter::start(installation, config).await;
        let near = server(installation, &network, &[router.address()], "near").await;
        let (_, mut config) = installation.member(&network);
        config.links.push(link(far_router.address(), Transport::Direct));
        config.connectors.push(connector("web", echo("far").await));
        let far = Mortal::start(installation, config, 1).await;
        let client = client(installation, &network, &[router.address()]).await;
        let pair = Self { near, far, client, _routers: [router, far_router] };
        pair.reach(2).await;
        pair
    }

    /// Waits until so many of the two can be reached from the client.
    async fn reach(&self, servers: usize) {
        let reached = |it: &overlay::observe::AddressStatus| it.reachable == servers;
        until("who serves is known", || self.client.node.status().addresses.iter().any(reached).then_some(())).await;
    }

    async fn set(&mut self, policy: AddressPolicy) {
        self.client.change(|config| config.policies = [("web".parse().unwrap(), policy)].into()).await;
    }

    fn weights(&self, near: u16, far: u16) -> AddressPolicy {
        let weight = |weight: u16| Weight::try_from(weight).unwrap();
        AddressPolicy::Weighted([(site(&self.near), weight(near)), (site(&self.far.router), weight(far))].into())
    }

    /// Opens so many streams at once, of which none ends before the last one is there.
    async fn open(&self, streams: usize) -> (Shares, Vec<TcpStream>) {
        let address = self.client.listener().await;
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..streams {
            opening.spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let mut name = String::new();
                loop {
                    let byte = tokio::io::AsyncReadExt::read_u8(&mut stream).await.unwrap();
                    if byte == b':' {
                        return (name, stream);
                    }
                    name.push(char::from(byte));
                }
            });
        }
        let (mut shares, mut opened) = (Shares::new(), vec![]);
        for (name, stream) in opening.join_all().await {
            *shares.entry(name).or_default() += 1;
            opened.push(stream);
        }
        (shares, opened)
    }

    /// Asks so often, one after the other.
    async fn ask(&self, times: usize) -> Shares {
        let address = self.client.listener().await;
        let mut shares = Shares::new();
        for _ in 0..times {
            let answer = String::from_utf8(ask(address, b"x").await.unwrap()).unwrap();
            *shares.entry(answer.trim_end_matches(":x").to_owned()).or_default() += 1;
        }
        shares
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_closest_gets_all_unless_the_address_is_balanced() {
    let mut installation = Installation::new();
    let mut pair = Pair::start(&mut installation).await;
    assert_eq!(pair.open(20).await.0, got([("near", 20)]));
    pair.set(AddressPolicy::Closest).await;
    assert_eq!(pair.open(20).await.0, got([("near", 20)]));
    let idle = || (pair.client.node.status().streams == 0).then_some(());
    until("every stream is over", idle).await;
    pair.set(AddressPolicy::Balanced).await;
    // The farther one gets its share when the nearer one is busier by the difference: also of those that begin at once.
    assert_eq!(pair.open(20).await.0, got([("near", 12), ("far", 8)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_shared_by_weights_that_change_while_they_run() {
    let mut installation = Installation::new();
    let mut pair = Pair::start(&mut installation).await;
    pair.set(pair.weights(3, 1)).await;
    let (shares, mut running) = pair.open(20).await;
    assert_eq!(shares, got([("near", 15), ("far", 5)]), "those that begin at once");
    assert_eq!(pair.ask(20).await, got([("near", 15), ("far", 5)]), "those that come one after the other");
    pair.set(pair.weights(0, 1)).await;
    assert_eq!(pair.ask(8).await, got([("far", 8)]));
    pair.set(pair.weights(1, 1)).await;
    assert_eq!(pair.ask(20).await, got([("near", 10), ("far", 10)]), "nobody has to catch up");
    for stream in &mut running {
        alive(stream).await;
    }
    // Who has no weight is still better than nobody.
    pair.set(pair.weights(0, 1)).await;
    pair.far.router.change(|config| config.connectors.clear()).await;
    pair.reach(1).await;
    assert_eq!(pair.ask(8).await, got([("near", 8)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_goes_to_the_next_in_order_and_back_when_the_better_one_is_there_again() {
    let mut installation = Installation::new();
    let mut pair = Pair::start(&mut installation).await;
    pair.set(AddressPolicy::Failover(vec![site(&pair.far.router), site(&pair.near)])).await;
    assert_eq!(pair.ask(4).await, got([("far", 4)]));
    let config = pair.far.kill();
    // Nobody has noticed yet; no stream fails by that.
    let address = pair.client.listener().await;
    assert_eq!(ask(address, b"x").await.unwrap(), b"near:x");
    let mut stays = connect(address, "near").await;
    pair.far = Mortal::start(&installation, config, 2).await;
    until_answered(address, b"far:x").await;
    assert_eq!(pair.ask(4).await, got([("far", 4)]));
    alive(&mut stays).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_serves_what_is_not_assigned_to_it_is_neither_reached_nor_chosen() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut router = router(&mut installation).await;
    let honest = server(&installation, &network, &[router.address()], "honest").await;
    let hostile = server(&installation, &network, &[router.address()], "hostile").await;
    let mut user = client(&installation, &network, &[router.address()]).await;
    until("both can be reached", || user.node.status().addresses.iter().any(|it| it.reachable == 2).then_some(()))
        .await;
    let only = |sites: &[SiteId]| {
        let sites: BTreeSet<SiteId> = sites.iter().copied().collect();
        BTreeMap::from([(network.id, Assignments([("web".parse().unwrap(), sites)].into()))])
    };
    // First the user alone knows: it does not have to believe its router.
    let assigned = only(&[site(&honest)]);
    user.change(|config| config.assignments = assigned.clone()).await;
    until("one is left", || user.node.status().addresses.iter().any(|it| it.reachable == 1).then_some(())).await;
    for _ in 0..8 {
        assert_eq!(ask(user.listener().await, b"x").await.unwrap(), b"honest:x");
    }
    // Then the router alone: whoever is not told of an offer does not have to know better.
    user.change(|config| config.assignments.clear()).await;
    until("both can be reached", || user.node.status().addresses.iter().any(|it| it.reachable == 2).then_some(()))
        .await;
    router.change(|config| config.assignments = assigned).await;
    until("one is left", || user.node.status().addresses.iter().any(|it| it.reachable == 1).then_some(())).await;
    for _ in 0..8 {
        assert_eq!(ask(user.listener().await, b"x").await.unwrap(), b"honest:x");
    }
    // What is assigned to somebody else from now on changes hands.
    let assigned = only(&[site(&hostile)]);
    router.change(|config| config.assignments = assigned).await;
    let moved = async { while ask(user.listener().await, b"x").await.ok().as_deref() != Some(b"hostile:x") {} };
    tokio::time::timeout(common::routers::LONG, moved).await.expect("the other one serves it");
    // Who offers it anew is counted, and stays linked.
    let mut late = server(&installation, &network, &[router.address()], "late").await;
    late.linked(1).await;
    let target = echo("late").await;
    late.change(|config| config.connectors.push(connector("other", target))).await;
    until("the offers are counted", || {
        (router.node.status().counters.routing.services_not_assigned >= 2).then_some(())
    })
    .await;
    assert_eq!(late.links_up().len(), 1);
}
