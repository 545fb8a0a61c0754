//! The promises of the port.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use dataplane::{ApplyError, Bytes, DataPlane, Direction, LinkState, Observation, Reason, RouterConfig, Traffic};
use futures_util::StreamExt as _;
use model::{Address, Identity, LinkId, router::Transport, trust::Denial};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use crate::{
    Make,
    installation::{Installation, Network, connector, link, listener},
    routers::LONG,
    services::{ask, connect, cut, echo},
};

/// Waits until `look` finds something: for states that nobody announces.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look() {
                return found;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, looking).await.unwrap_or_else(|_| panic!("this did not happen: {what}"))
}

async fn start(make: Make, installation: &Installation, config: RouterConfig) -> Arc<dyn DataPlane> {
    let router = make(installation);
    router.apply(config).await.unwrap();
    router
}

fn listens(router: &Arc<dyn DataPlane>) -> SocketAddr {
    router.status().access_points[0].bound.unwrap()
}

async fn entrance(router: &Arc<dyn DataPlane>) -> SocketAddr {
    until("the listener is bound", || router.status().listeners.first()?.bound).await
}

/// A backbone site, a member with a connector for `web` and one with a listener for it.
struct Scene {
    backbone: Arc<dyn DataPlane>,
    backbone_config: RouterConfig,
    server: Arc<dyn DataPlane>,
    server_config: RouterConfig,
    client: Arc<dyn DataPlane>,
    client_config: RouterConfig,
}

async fn scene(make: Make, installation: &mut Installation, network: &Network, target: SocketAddr) -> Scene {
    let trust = installation.trust();
    let (_, backbone_config) = installation.backbone_site(Some(&trust));
    let backbone = start(make, installation, backbone_config.clone()).await;
    let (_, mut server_config) = installation.member(network);
    server_config.links.push(link(listens(&backbone), Transport::Direct));
    server_config.connectors.push(connector("web", target));
    let server = start(make, installation, server_config.clone()).await;
    let (_, mut client_config) = installation.member(network);
    client_config.links.push(link(listens(&backbone), Transport::Tls));
    client_config.listeners.push(listener("web"));
    let client = start(make, installation, client_config.clone()).await;
    Scene { backbone, backbone_config, server, server_config, client, client_config }
}

pub(crate) async fn bytes_go_from_listeners_to_connectors_and_back(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let scene = scene(make, &mut installation, &network, echo("server").await).await;
    let entrance = entrance(&scene.client).await;
    for size in [0, 1, 1 << 20] {
        let request: Vec<u8> = (0..size).map(|n: u32| n.to_le_bytes()[0]).collect();
        let answer = ask(entrance, &request).await.unwrap();
        assert_eq!(answer, [&b"server:"[..], &request].concat());
    }
    let status = scene.client.status();
    assert_eq!(status.links[0].link, Some(scene.client_config.links[0].id));
    assert_eq!(status.links[0].state, LinkState::Up);
    assert!(matches!(status.links[0].peer, Some(Identity::BackboneSite { .. })));
    assert_eq!(status.addresses[0].address.as_str(), "web");
    assert_eq!(status.addresses[0].reachable, 1);
}

pub(crate) async fn each_direction_of_a_connection_ends_on_its_own(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scene = scene(make, &mut installation, &network, target.local_addr().unwrap()).await;
    let entrance = entrance(&scene.client).await;
    let (client, accepted) = tokio::join!(TcpStream::connect(entrance), target.accept());
    let (mut client, (mut server, _)) = (client.unwrap(), accepted.unwrap());
    // The server ends first; the client goes on.
    server.write_all(b"done").await.unwrap();
    server.shutdown().await.unwrap();
    let mut heard = Vec::new();
    timeout(LONG, client.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, b"done");
    client.write_all(b"still here").await.unwrap();
    client.shutdown().await.unwrap();
    let mut heard = Vec::new();
    timeout(LONG, server.read_to_end(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, b"still here");
}

async fn still_alive(stream: &mut TcpStream) {
    stream.write_all(b"still").await.unwrap();
    let mut answer = [0; 5];
    timeout(LONG, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"still");
}

/// Waits until nobody listens at `address` any more.
async fn not_listening(address: SocketAddr) {
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(LONG, refused).await.unwrap();
}

pub(crate) async fn applying_the_same_again_changes_nothing(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let scene = scene(make, &mut installation, &network, echo("server").await).await;
    let mut stream = connect(entrance(&scene.client).await, "server").await;
    let mut events = scene.client.observe();
    scene.backbone.apply(scene.backbone_config.clone()).await.unwrap();
    scene.server.apply(scene.server_config.clone()).await.unwrap();
    scene.client.apply(scene.client_config.clone()).await.unwrap();
    still_alive(&mut stream).await;
    assert!(events.try_recv().is_err(), "nothing happened");
}

pub(crate) async fn a_change_touches_only_what_it_names(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut scene = scene(make, &mut installation, &network, echo("server").await).await;
    let before = entrance(&scene.client).await;
    let mut stream = connect(before, "server").await;
    // Another address is served and used; the first is not touched.
    scene.server_config.connectors.push(connector("other", echo("other").await));
    scene.client_config.listeners.push(listener("other"));
    scene.server.apply(scene.server_config.clone()).await.unwrap();
    scene.client.apply(scene.client_config.clone()).await.unwrap();
    let other = scene.client_config.listeners[1].id;
    let status = || scene.client.status().listeners.into_iter().find(|listener| listener.id == other)?.bound;
    let second = until("the second listener is bound", status).await;
    assert_eq!(ask(second, b"x").await.unwrap(), b"other:x");
    still_alive(&mut stream).await;
    // It is taken away again; the first is still not touched.
    scene.client_config.listeners.pop();
    scene.client.apply(scene.client_config.clone()).await.unwrap();
    until("the second listener is gone", || (scene.client.status().listeners.len() == 1).then_some(())).await;
    not_listening(second).await;
    still_alive(&mut stream).await;
    // When the connector of the live connection goes, the connection does.
    scene.server_config.connectors.clear();
    scene.server.apply(scene.server_config.clone()).await.unwrap();
    cut(stream).await;
}

pub(crate) async fn configurations_that_make_no_sense_change_nothing(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let scene = scene(make, &mut installation, &network, echo("server").await).await;
    let mut stream = connect(entrance(&scene.client).await, "server").await;
    let other = Installation::new();
    let nonsense: [fn(&mut RouterConfig, &Installation); 6] = [
        |config, other| config.installation = other.id,
        |config, _| config.backbone_authorities.clear(),
        |config, _| config.links[0].targets.clear(),
        |config, _| config.links[0].cost = 0,
        |config, _| config.listeners.push(config.listeners[0].clone()),
        |config, other| config.access_points = other.backbone_site(None).1.access_points,
    ];
    for change in nonsense {
        let mut config = scene.client_config.clone();
        change(&mut config, &other);
        let refused = scene.client.apply(config).await;
        assert!(matches!(refused, Err(ApplyError::Refused(_))), "{refused:?}");
    }
    still_alive(&mut stream).await;
}

pub(crate) async fn streams_know_who_is_at_their_other_end(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let (_, config) = installation.backbone_site(Some(&trust));
    let backbone = start(make, &installation, config).await;
    let (id, mut config) = installation.controller(Some(&trust));
    config.links.push(link(listens(&backbone), Transport::Direct));
    let controller = make(&installation);
    // Before it is configured, too, an address can be served.
    let mut sessions = controller.serve(Address::controller()).unwrap();
    assert!(controller.serve(Address::controller()).is_err());
    controller.apply(config).await.unwrap();
    let (site, mut config) = installation.member(&network);
    config.links.push(link(listens(&backbone), Transport::Direct));
    let member = start(make, &installation, config).await;
    let (opened, served) =
        timeout(LONG, async { tokio::join!(member.open(Address::controller()), sessions.next()) }).await.unwrap();
    let (mut opened, mut served) = (opened.unwrap(), served.unwrap());
    assert_eq!(opened.peer, Identity::Controller { controller: id });
    assert_eq!(served.peer, Identity::Member { network: network.id, site });
    served.write_all(b"hello").await.unwrap();
    served.shutdown().await.unwrap();
    let mut heard = String::new();
    timeout(LONG, opened.read_to_string(&mut heard)).await.unwrap().unwrap();
    assert_eq!(heard, "hello");
}

pub(crate) async fn two_networks_do_not_see_each_other(make: Make) {
    let mut installation = Installation::new();
    let (a, b) = (installation.open_network(), installation.open_network());
    let mut scene = scene(make, &mut installation, &a, echo("a").await).await;
    // The other network uses the same address, and has its own server for it.
    let (_, mut client_config) = installation.member(&b);
    client_config.links.push(link(listens(&scene.backbone), Transport::Direct));
    client_config.listeners.push(listener("web"));
    let client = start(make, &installation, client_config).await;
    let entrance_a = entrance(&scene.client).await;
    let entrance_b = entrance(&client).await;
    assert_eq!(ask(entrance_a, b"x").await.unwrap(), b"a:x");
    assert_eq!(client.status().addresses[0].reachable, 0);
    let (_, mut server_config) = installation.member(&b);
    server_config.links.push(link(listens(&scene.backbone), Transport::Direct));
    server_config.connectors.push(connector("web", echo("b").await));
    let _server = start(make, &installation, server_config).await;
    assert_eq!(ask(entrance_b, b"x").await.unwrap(), b"b:x");
    // The first network's server goes: its clients are not given the other's.
    scene.server_config.connectors.clear();
    scene.server.apply(scene.server_config.clone()).await.unwrap();
    let reachable = || Some(scene.client.status().addresses.first()?.reachable).filter(|reachable| *reachable == 0);
    until("nobody serves it in the first network", reachable).await;
    assert_eq!(ask(entrance_b, b"x").await.unwrap(), b"b:x");
}

pub(crate) async fn eviction_by_the_trust_document_ends_live_connections(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut scene = scene(make, &mut installation, &network, echo("server").await).await;
    let mut events = scene.server.observe();
    let stream = connect(entrance(&scene.client).await, "server").await;
    let certificate = pki::Certificate::parse(scene.server_config.leaf.certificate.as_bytes()).unwrap();
    let Identity::Member { site, .. } = certificate.id.unwrap().identity else { panic!("a member") };
    installation.deny_site(site, Denial::Evicted);
    scene.backbone_config.trust = Some(installation.trust());
    scene.backbone.apply(scene.backbone_config.clone()).await.unwrap();
    cut(stream).await;
    let told = async {
        loop {
            if let Observation::LinkDown { link, reason, .. } = events.recv().await.unwrap() {
                return (link, reason.reason);
            }
        }
    };
    let told: (Option<LinkId>, Reason) = timeout(LONG, told).await.unwrap();
    assert_eq!(told, (Some(scene.server_config.links[0].id), Reason::Evicted));
}

pub(crate) async fn an_adopted_trust_document_is_observed(make: Make) {
    let mut installation = Installation::new();
    let first = installation.trust();
    let (_, mut config) = installation.backbone_site(Some(&first));
    let router = start(make, &installation, config.clone()).await;
    let mut events = router.observe();
    let second = installation.trust();
    config.trust = Some(second.clone());
    router.apply(config.clone()).await.unwrap();
    let adopted = timeout(LONG, async {
        loop {
            if let Observation::TrustAdopted(trust, version) = events.recv().await.unwrap() {
                return (trust, version);
            }
        }
    });
    assert_eq!(adopted.await.unwrap(), (second, 2));
    // An older one is not an error, and changes nothing; a bad one is said to be bad.
    config.trust = Some(first.clone());
    router.apply(config.clone()).await.unwrap();
    config.trust = Some(pki::SignedTrust { signature: Vec::new(), ..first });
    let partly = router.apply(config).await;
    assert!(matches!(partly, Err(ApplyError::Partly(_))), "{partly:?}");
    assert_eq!(router.status().trust_version, Some(2));
}

pub(crate) async fn a_router_that_was_shut_down_does_nothing_more(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let scene = scene(make, &mut installation, &network, echo("server").await).await;
    let entrance = entrance(&scene.client).await;
    let stream = connect(entrance, "server").await;
    scene.client.shutdown().await;
    cut(stream).await;
    not_listening(entrance).await;
    assert!(matches!(scene.client.apply(scene.client_config.clone()).await, Err(ApplyError::ShutDown)));
    assert!(scene.client.open("web".parse().unwrap()).await.is_err());
}

pub(crate) async fn finished_connections_are_observed(make: Make) {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let scene = scene(make, &mut installation, &network, echo("server").await).await;
    let ends =
        [(&scene.client, Direction::In, &scene.server_config), (&scene.server, Direction::Out, &scene.client_config)];
    let mut events = ends.map(|(router, ..)| router.observe());
    assert_eq!(ask(entrance(&scene.client).await, b"12345").await.unwrap(), b"server:12345");
    for ((router, direction, peer), events) in ends.into_iter().zip(&mut events) {
        let flow = timeout(LONG, async {
            loop {
                if let Observation::FlowClosed(flow) = events.recv().await.unwrap() {
                    return flow;
                }
            }
        });
        let flow = flow.await.unwrap();
        let peer = pki::Certificate::parse(peer.leaf.certificate.as_bytes()).unwrap().id.unwrap().identity;
        assert_eq!((flow.direction, flow.address.as_str(), flow.peer), (direction, "web", Some(peer)));
        assert_eq!((flow.bytes_to_server, flow.bytes_to_client), (5, 12));
        assert_eq!(flow.error, None);
        let carried = Bytes { to_server: 5, to_client: 12 };
        let (inward, outward) = match direction {
            Direction::In => (carried, Bytes::default()),
            Direction::Out => (Bytes::default(), carried),
        };
        assert_eq!(router.traffic(), Traffic { inward, outward });
    }
}
