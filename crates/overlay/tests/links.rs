//! Links and streams over real sockets: what flows, and what happens when something changes.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    Installation, Network, TestRouter,
    installation::{connector, link, listener},
    services::{ask, connect, cut, echo, relay_that_freezes},
    until,
};
use model::{Identity, router::Transport, trust::Denial};
use overlay::Observation;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Routers in a line: the second dials the first, the third the second.
async fn line(installation: &mut Installation, length: usize, transport: Transport) -> Vec<TestRouter> {
    let trust = installation.trust();
    let mut routers: Vec<TestRouter> = Vec::new();
    for _ in 0..length {
        let (_, mut config) = installation.backbone_site(Some(&trust));
        config.links.extend(routers.last().map(|previous| link(previous.address(), transport)));
        routers.push(TestRouter::start(installation, config).await);
    }
    routers
}

/// A member that serves `web`, and one that listens for it.
async fn server_and_client(
    installation: &Installation,
    network: &Network,
    (first, last): (&TestRouter, &TestRouter),
    transport: Transport,
    name: &'static str,
) -> (TestRouter, TestRouter) {
    let target = echo(name).await;
    let (_, mut server) = installation.member(network);
    server.links.push(link(first.address(), transport));
    server.connectors.push(connector("web", target));
    let (_, mut client) = installation.member(network);
    client.links.push(link(last.address(), transport));
    client.listeners.push(listener("web"));
    (TestRouter::start(installation, server).await, TestRouter::start(installation, client).await)
}

async fn a_request_crosses_three_routers(transport: Transport) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let routers = line(&mut installation, 3, transport).await;
    let (_server, client) =
        server_and_client(&installation, &network, (&routers[0], &routers[2]), transport, "server").await;
    let answer = ask(client.listener().await, b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert_eq!(answer, b"server:GET / HTTP/1.1\r\n\r\n");
    let large = vec![7; 3 << 20];
    let answer = ask(client.listener().await, &large).await.unwrap();
    assert_eq!(answer.len(), large.len() + "server:".len());
    let carried: u64 = routers[1].links_up().iter().map(|link| link.bytes_in).sum();
    assert!(carried > 6 << 20, "the router in the middle carried both directions, and counted {carried} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_crosses_three_routers_direct() {
    a_request_crosses_three_routers(Transport::Direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_crosses_three_routers_in_tls() {
    a_request_crosses_three_routers(Transport::Tls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_streams_at_once_than_connections_are_ready_are_all_served() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let routers = line(&mut installation, 2, Transport::Direct).await;
    let (_server, client) =
        server_and_client(&installation, &network, (&routers[0], &routers[1]), Transport::Direct, "server").await;
    let address = client.listener().await;
    ask(address, b"first").await.unwrap();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..64 {
        asking.spawn(ask(address, b"x"));
    }
    while let Some(answer) = asking.join_next().await {
        assert_eq!(answer.unwrap().unwrap(), b"server:x");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_is_dropped_is_gone() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let routers = line(&mut installation, 1, Transport::Direct).await;
    let (server, client) =
        server_and_client(&installation, &network, (&routers[0], &routers[0]), Transport::Direct, "server").await;
    let address = client.listener().await;
    let stream = connect(address, "server").await;
    let (server_identity, client_identity) = (identity(&server), identity(&client));
    drop(client);
    cut(stream).await;
    routers[0].unlinked(&client_identity).await;
    let refused = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    tokio::time::timeout(common::routers::LONG, refused).await.expect("nobody listens any more");
    drop(server);
    routers[0].unlinked(&server_identity).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn round_trips_are_measured() {
    let mut installation = Installation::new();
    let routers = line(&mut installation, 2, Transport::Direct).await;
    until("the round trip is measured", || routers[1].links_up().first()?.rtt).await;
}

/// A router in a runtime of its own: when that is shut down, everything in it stops without a word, as in a crash.
async fn mortal(installation: &Installation, config: overlay::RouterConfig) -> (TestRouter, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = TestRouter::options(installation);
    let router = runtime.spawn(TestRouter::start_with(options, config)).await.unwrap();
    (router, runtime)
}

#[tokio::test(flavor = "multi_thread")]
async fn new_streams_go_around_a_router_that_died() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let site = |installation: &Installation, links: &[&TestRouter]| {
        let (_, mut config) = installation.backbone_site(Some(&trust));
        config.links.extend(links.iter().map(|other| link(other.address(), Transport::Direct)));
        config
    };
    // A ring of four, closed by a detour that costs more.
    let first = TestRouter::start(&installation, site(&installation, &[])).await;
    let (second, runtime) = mortal(&installation, site(&installation, &[&first])).await;
    let third = TestRouter::start(&installation, site(&installation, &[&second])).await;
    let mut detour = site(&installation, &[&first, &third]);
    detour.links.iter_mut().for_each(|link| link.cost = 10);
    let _fourth = TestRouter::start(&installation, detour).await;
    let (_server, client) =
        server_and_client(&installation, &network, (&first, &third), Transport::Direct, "server").await;
    let address = client.listener().await;
    // The detour may be there first.
    let taking_the_cheaper_way = async {
        while !second.links_up().iter().any(|link| link.bytes_in > 0) {
            ask(address, b"before").await.unwrap();
        }
    };
    tokio::time::timeout(common::routers::LONG, taking_the_cheaper_way).await.expect("the cheaper way is taken");
    runtime.shutdown_background();
    until_answered(address, b"server:after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_streams_go_around_a_router_that_shuts_down() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut ring = line(&mut installation, 3, Transport::Direct).await;
    let (_, mut config) = installation.backbone_site(Some(&installation_trust(&ring)));
    config.links.push(link(ring[0].address(), Transport::Direct));
    config.links.push(link(ring[2].address(), Transport::Direct));
    let _fourth = TestRouter::start(&installation, config).await;
    let (_server, client) =
        server_and_client(&installation, &network, (&ring[0], &ring[2]), Transport::Direct, "server").await;
    let address = client.listener().await;
    ask(address, b"before").await.unwrap();
    let second = ring.remove(1);
    second.node.shutdown().await;
    until_answered(address, b"server:after").await;
    let reason = ring[0]
        .event("the neighbour heard why", |event| match event {
            Observation::LinkDown { reason, .. } => Some(reason.reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, overlay::observe::Reason::Shutdown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_over_which_nothing_comes_is_ended_by_both() {
    let mut installation = Installation::new();
    let mut router = line(&mut installation, 1, Transport::Direct).await.remove(0);
    let (through, frozen) = relay_that_freezes(router.address()).await;
    let (_, mut config) = installation.backbone_site(Some(&installation_trust(std::slice::from_ref(&router))));
    config.links.push(link(through, Transport::Direct));
    let mut dialler = TestRouter::start(&installation, config).await;
    dialler.linked(1).await;
    frozen.send_replace(true);
    for router in [&mut router, &mut dialler] {
        let message = router
            .event("the link is given up", |event| match event {
                Observation::LinkDown { reason, .. } => Some(reason.message),
                _ => None,
            })
            .await;
        assert!(message.contains("silent"), "{message}");
    }
    // When the network is whole again, so is the link.
    frozen.send_replace(false);
    dialler.linked(1).await;
}

fn installation_trust(routers: &[TestRouter]) -> pki::SignedTrust {
    routers[0].config.trust.clone().unwrap()
}

/// New streams may fail for a moment, while routers find out; then they work.
async fn until_answered(address: std::net::SocketAddr, expected: &[u8]) {
    let request = &expected["server:".len()..];
    let trying = async {
        while ask(address, request).await.ok().as_deref() != Some(expected) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::routers::LONG, trying).await.expect("streams work again");
}

#[tokio::test(flavor = "multi_thread")]
async fn eviction_cuts_a_live_stream_and_says_why() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut routers = line(&mut installation, 3, Transport::Direct).await;
    let (mut server, client) =
        server_and_client(&installation, &network, (&routers[0], &routers[2]), Transport::Direct, "server").await;
    let stream = connect(client.listener().await, "server").await;
    let Identity::Member { site, .. } = identity(&server) else { panic!("a member") };
    installation.deny_site(site, Denial::Evicted);
    let trust = installation.trust();
    // It is told to the farthest router, and reaches the one that matters by itself.
    routers[2].change(|config| config.trust = Some(trust)).await;
    cut(stream).await;
    let reason = server
        .event("the evicted site is told", |event| match event {
            Observation::LinkDown { reason, .. } => Some(reason),
            _ => None,
        })
        .await;
    assert_eq!(reason.reason, overlay::observe::Reason::Evicted);
    assert_eq!(reason.message, "it was evicted");
    // When it comes back, it is told again.
    let refused = server
        .event("the evicted site is refused", |event| match event {
            Observation::Refused { reason, message, .. } => Some((reason, message)),
            _ => None,
        })
        .await;
    assert_eq!(refused, (overlay::observe::Reason::Evicted, "it was evicted".to_owned()));
    // Its peer in the network is not disturbed.
    assert_eq!(client.links_up().len(), 1);
}

fn identity(router: &TestRouter) -> Identity {
    pki::Certificate::parse(router.config.leaf.certificate.as_bytes()).unwrap().id.unwrap().identity
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_a_site_that_was_denied_in_its_network_are_cut_at_the_other_member() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let routers = line(&mut installation, 1, Transport::Direct).await;
    let (server, mut client) =
        server_and_client(&installation, &network, (&routers[0], &routers[0]), Transport::Direct, "server").await;
    let stream = connect(client.listener().await, "server").await;
    let Identity::Member { site, .. } = identity(&server) else { panic!("a member") };
    client
        .change(|config| {
            let scope = config.network.as_mut().unwrap();
            scope.denied.sites.insert(site, Denial::Evicted);
        })
        .await;
    cut(stream).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_ends_when_its_time_is_over() {
    let mut installation = Installation::new();
    let mut network = installation.network();
    network.closes = Some(installation.clock_now() + jiff::SignedDuration::from_hours(1));
    installation.publish(&network);
    let other = installation.open_network();
    let routers = line(&mut installation, 1, Transport::Direct).await;
    let ends = (&routers[0], &routers[0]);
    let (mut server, client) = server_and_client(&installation, &network, ends, Transport::Direct, "ending").await;
    let (_other_server, other_client) =
        server_and_client(&installation, &other, ends, Transport::Direct, "staying").await;
    let ending = connect(client.listener().await, "ending").await;
    let staying_on = other_client.listener().await;
    installation.clock.advance(jiff::SignedDuration::from_mins(61));
    cut(ending).await;
    let reason = server
        .event("the member is told", |event| match event {
            Observation::LinkDown { reason, .. } => Some(reason.reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, overlay::observe::Reason::Ended);
    assert_eq!(ask(staying_on, b"x").await.unwrap(), b"staying:x");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_replaces_links_without_disturbing_streams() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let routers = line(&mut installation, 2, Transport::Direct).await;
    let (_server, mut client) =
        server_and_client(&installation, &network, (&routers[0], &routers[1]), Transport::Direct, "server").await;
    let address = client.listener().await;
    let mut stream = connect(address, "server").await;
    let leaf = installation.leaf_by(&network.authority, identity(&client));
    client.change(|config| config.leaf = leaf).await;
    // One link up for the configuration, one for the new certificate.
    for _ in 0..2 {
        client.event("a link is up", |event| matches!(event, Observation::LinkUp { .. }).then_some(())).await;
    }
    stream.write_all(b"still").await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"still");
    assert_eq!(ask(address, b"new").await.unwrap(), b"server:new");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_link_outlives_its_certificates() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let routers = line(&mut installation, 1, Transport::Direct).await;
    let (site, mut config) = installation.member(&network);
    let until_when = installation.clock_now() + jiff::SignedDuration::from_hours(1);
    let identity = Identity::Member { network: network.id, site };
    config.leaf = installation.leaf_until(&network.authority, identity, until_when);
    config.links.push(link(routers[0].address(), Transport::Direct));
    let mut member = TestRouter::start(&installation, config).await;
    member.linked(1).await;
    installation.clock.advance(jiff::SignedDuration::from_mins(61));
    let down = |event| match event {
        Observation::LinkDown { reason, .. } => Some(reason.reason),
        _ => None,
    };
    assert_eq!(member.event("the link ends", down).await, overlay::observe::Reason::Expired);
    routers[0].unlinked(&identity).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn applying_the_same_again_disturbs_nothing_and_a_listener_more_neither() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut routers = line(&mut installation, 1, Transport::Direct).await;
    let (mut server, mut client) =
        server_and_client(&installation, &network, (&routers[0], &routers[0]), Transport::Direct, "server").await;
    let mut stream = connect(client.listener().await, "server").await;
    for router in [&mut routers[0], &mut server, &mut client] {
        router.change(|_| ()).await;
    }
    client.change(|config| config.listeners.push(listener("web"))).await;
    stream.write_all(b"still").await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"still");
    let second = until("the second listener is bound", || client.node.status().listeners.get(1)?.bound).await;
    assert_eq!(ask(second, b"x").await.unwrap(), b"server:x");
    assert_eq!(client.links_up().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_point_that_cannot_be_bound_is_reported_and_tried_again() {
    let mut installation = Installation::new();
    let trust = installation.trust();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (_, mut config) = installation.backbone_site(Some(&trust));
    config.access_points[0].bind = taken.local_addr().unwrap();
    let clock: std::sync::Arc<dyn model::Clock> = installation.clock.clone();
    let node = overlay::Node::new(overlay::NodeOptions { epoch: 1, clock, software: "tests".to_owned() });
    let error = node.apply(config).await.unwrap_err();
    assert!(error.to_string().contains("cannot listen at"), "{error}");
    assert!(node.status().access_points[0].error.is_some());
    drop(taken);
    until("the access point is bound", || node.status().access_points[0].bound).await;
}
