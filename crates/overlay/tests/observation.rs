//! What a router says of addresses, flows and links; and who gets a stream by which policy.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{
    Installation, Network, TestRouter,
    installation::{connector, link, listener},
    services::{ask, connect, echo},
    topology::{alive, client, identity, relay, server},
    until,
};
use model::{
    GenericUuid as _, Identity, SiteId,
    router::{AddressPolicy, Assignments, Transport},
};
use overlay::observe::Direction;

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

/// Two members that serve `web`, the second farther away, and who got how many of so many streams at once.
async fn shares(policy: Option<AddressPolicy>, streams: usize) -> BTreeMap<String, usize> {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = router(&mut installation).await;
    let trust = router.config.trust.clone().unwrap();
    let mut config = relay(&installation, &trust, &[]);
    config.links.push(model::router::Link { cost: 4, ..link(router.address(), Transport::Direct) });
    let far = TestRouter::start(&installation, config).await;
    let _near_server = server(&installation, &network, &[router.address()], "near").await;
    let _far_server = server(&installation, &network, &[far.address()], "far").await;
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    config.listeners.push(listener("web"));
    config.policies.extend(policy.map(|policy| ("web".parse().unwrap(), policy)));
    let client = TestRouter::start(&installation, config).await;
    until("both can be reached", || client.node.status().addresses.iter().any(|it| it.reachable == 2).then_some(()))
        .await;
    let address = client.listener().await;
    let mut opening = tokio::task::JoinSet::new();
    for _ in 0..streams {
        opening.spawn(async move {
            let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
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
    // All of them at once, and none ends before the last one is there.
    let opened = opening.join_all().await;
    let mut shares = BTreeMap::new();
    for (name, _stream) in &opened {
        *shares.entry(name.clone()).or_default() += 1;
    }
    shares
}

#[tokio::test(flavor = "multi_thread")]
async fn the_closest_gets_all_unless_the_address_is_balanced() {
    let near = |n| BTreeMap::from([("near".to_owned(), n)]);
    assert_eq!(shares(None, 20).await, near(20));
    assert_eq!(shares(Some(AddressPolicy::Closest), 20).await, near(20));
    // The farther one gets its share when the nearer one is busier by the difference: also of those that begin at once.
    let balanced = shares(Some(AddressPolicy::Balanced), 20).await;
    assert_eq!(balanced, BTreeMap::from([("near".to_owned(), 12), ("far".to_owned(), 8)]));
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
