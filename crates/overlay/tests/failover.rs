//! What happens to streams when routers, links and access points go and come back.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::net::SocketAddr;

use common::{
    Installation, TestRouter,
    installation::{access_point, link},
    services::{ask, connect, relay_that_freezes},
    topology::{Mortal, alive, attached_to, attachment, carried, client, identity, relay, server, until_answered},
    until,
};
use model::{AccessKind, router::Transport};
use overlay::{Observation, observe::Reason};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

/// A router that nothing happens to.
async fn stays(installation: &Installation, trust: &pki::SignedTrust, to: &[&TestRouter]) -> TestRouter {
    let to: Vec<_> = to.iter().map(|router| router.address()).collect();
    TestRouter::start(installation, relay(installation, trust, &to)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_ring_and_in_a_mesh_streams_go_around_a_router_that_died_the_running_ones_too() {
    for mesh in [false, true] {
        let mut installation = Installation::new();
        let network = installation.open_network();
        let trust = installation.trust();
        let first = stays(&installation, &trust, &[]).await;
        let middle = Mortal::start(&installation, relay(&installation, &trust, &[first.address()]), 1).await;
        let last = stays(&installation, &trust, &[&middle.router]).await;
        // The way around costs more.
        let mut detour = relay(&installation, &trust, &[first.address(), last.address()]);
        if mesh {
            detour.links.push(link(middle.router.address(), Transport::Direct));
        }
        detour.links.iter_mut().for_each(|link| link.cost = 10);
        let detour = TestRouter::start(&installation, detour).await;
        let _server = server(&installation, &network, &[first.address()], "server").await;
        let client = client(&installation, &network, &[last.address()]).await;
        let address = client.listener().await;
        ask(address, b"before").await.unwrap();
        let mut running = connect(address, "server").await;
        let before = carried(&detour);
        middle.kill();
        alive(&mut running).await;
        assert_eq!(ask(address, b"after").await.unwrap(), b"server:after");
        assert!(carried(&detour) > before, "the way around was taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_was_broken_heals_in_whatever_order_its_routers_come_back() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let first = stays(&installation, &trust, &[]).await;
    let second = Mortal::start(&installation, relay(&installation, &trust, &[first.address()]), 1).await;
    let third = Mortal::start(&installation, relay(&installation, &trust, &[second.router.address()]), 1).await;
    let _server = server(&installation, &network, &[first.address()], "server").await;
    let client = client(&installation, &network, &[third.router.address()]).await;
    let address = client.listener().await;
    ask(address, b"before").await.unwrap();
    let (second, third) = (second.kill(), third.kill());
    // The far one first: it finds nobody to link to.
    let _third = Mortal::start(&installation, third, 2).await;
    let _second = Mortal::start(&installation, second, 2).await;
    until_answered(address, b"server:after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn islands_that_meet_at_a_dmz_are_one_network_again_when_it_is_back() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    // Both islands dial the DMZ; nobody dials them, and it dials nobody.
    let dmz = Mortal::start(&installation, relay(&installation, &trust, &[]), 1).await;
    let west = stays(&installation, &trust, &[&dmz.router]).await;
    let east = stays(&installation, &trust, &[&dmz.router]).await;
    let _server = server(&installation, &network, &[west.address()], "server").await;
    let client_config = client(&installation, &network, &[east.address()]).await;
    let address = client_config.listener().await;
    ask(address, b"before").await.unwrap();
    let dmz = dmz.kill();
    until("the islands are alone", || (west.links_up().len() == 1 && east.links_up().len() == 1).then_some(())).await;
    let _dmz = Mortal::start(&installation, dmz, 2).await;
    until_answered(address, b"server:after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_attaches_elsewhere_when_its_router_dies_and_goes_back_when_it_has_returned() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let backup = stays(&installation, &trust, &[]).await;
    let preferred = Mortal::start(&installation, relay(&installation, &trust, &[backup.address()]), 1).await;
    let preferred_identity = identity(&preferred.router);
    let _server = server(&installation, &network, &[backup.address()], "server").await;
    let client = client(&installation, &network, &[preferred.router.address(), backup.address()]).await;
    let place = client.config.links[0].id;
    let address = client.listener().await;
    attached_to(&client, place, &preferred_identity).await;
    ask(address, b"before").await.unwrap();
    let config = preferred.kill();
    attached_to(&client, place, &identity(&backup)).await;
    until_answered(address, b"server:elsewhere").await;
    // A stream that runs while it goes back is not disturbed.
    let mut running = connect(address, "server").await;
    let _preferred = Mortal::start(&installation, config, 2).await;
    attached_to(&client, place, &preferred_identity).await;
    alive(&mut running).await;
    until_answered(address, b"server:back").await;
    alive(&mut running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_drains_hands_its_sites_over_and_gets_them_back() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let mut preferred = stays(&installation, &trust, &[]).await;
    let other = stays(&installation, &trust, &[&preferred]).await;
    let _server = server(&installation, &network, &[other.address()], "server").await;
    let client = client(&installation, &network, &[preferred.address(), other.address()]).await;
    let place = client.config.links[0].id;
    let address = client.listener().await;
    attached_to(&client, place, &identity(&preferred)).await;
    let mut running = connect(address, "server").await;
    assert_eq!(preferred.node.status().streams, 1);
    preferred.change(|config| config.draining = true).await;
    assert!(preferred.node.status().draining);
    attached_to(&client, place, &identity(&other)).await;
    // What runs goes on, over the router that drains; what is new does not take it.
    alive(&mut running).await;
    let before = carried(&preferred);
    assert_eq!(ask(address, &[b'x'; 100_000]).await.unwrap().len(), 100_007);
    assert!(carried(&preferred) - before < 50_000, "new streams leave the router that drains alone");
    // It waits for what runs, and no longer.
    let (drained, ()) = tokio::join!(preferred.node.drain(common::routers::LONG), async {
        alive(&mut running).await;
        drop(running);
    });
    assert_eq!(drained.streams, 0);
    // Asking is for good; what is configured can be taken back. Here another one takes its place.
    preferred.node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_no_longer_drains_gets_its_sites_back() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let mut preferred = stays(&installation, &trust, &[]).await;
    let other = stays(&installation, &trust, &[&preferred]).await;
    let client = client(&installation, &network, &[preferred.address(), other.address()]).await;
    let place = client.config.links[0].id;
    attached_to(&client, place, &identity(&preferred)).await;
    preferred.change(|config| config.draining = true).await;
    attached_to(&client, place, &identity(&other)).await;
    preferred.change(|config| config.draining = false).await;
    attached_to(&client, place, &identity(&preferred)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_gives_up_waiting_when_its_time_is_over_and_says_what_still_runs() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let router = stays(&installation, &trust, &[]).await;
    let _server = server(&installation, &network, &[router.address()], "server").await;
    let client = client(&installation, &network, &[router.address()]).await;
    let mut running = connect(client.listener().await, "server").await;
    let drained = router.node.drain(std::time::Duration::from_millis(50)).await;
    assert_eq!(drained.streams, 1);
    // There is no other way: new streams still take this one.
    alive(&mut running).await;
    assert_eq!(ask(client.listener().await, b"x").await.unwrap(), b"server:x");
}

/// A stream across three routers of which each is linked with each: straight from the third to the first.
struct Straight {
    _first: TestRouter,
    second: TestRouter,
    third: TestRouter,
    _server: TestRouter,
    _client: TestRouter,
    /// Where the client listens.
    address: SocketAddr,
    running: TcpStream,
    /// What the second has carried so far: the way around.
    before: u64,
}

async fn straight() -> Straight {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let first = stays(&installation, &trust, &[]).await;
    let second = stays(&installation, &trust, &[&first]).await;
    let third = stays(&installation, &trust, &[&first, &second]).await;
    let server = server(&installation, &network, &[first.address()], "server").await;
    let client = client(&installation, &network, &[third.address()]).await;
    let address = client.listener().await;
    let running = connect(address, "server").await;
    let before = carried(&second);
    Straight { _first: first, second, third, _server: server, _client: client, address, running, before }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_costs_more_from_now_on_keeps_its_streams_and_gets_no_new_ones() {
    let mut line = straight().await;
    line.third.change(|config| config.links[0].cost = 50).await;
    let costs = || {
        let status = line.third.node.status();
        status.links.iter().any(|it| it.link == Some(line.third.config.links[0].id) && it.cost == 50).then_some(())
    };
    until("the link costs more", costs).await;
    alive(&mut line.running).await;
    let around = async {
        loop {
            assert_eq!(ask(line.address, b"around").await.unwrap(), b"server:around");
            if carried(&line.second) > line.before {
                return;
            }
        }
    };
    tokio::time::timeout(common::routers::LONG, around).await.expect("new streams take the way that is cheaper now");
    alive(&mut line.running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_travels_otherwise_from_now_on_is_dialled_anew_before_the_old_one_goes() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let first = stays(&installation, &trust, &[]).await;
    let mut second = stays(&installation, &trust, &[&first]).await;
    let _server = server(&installation, &network, &[first.address()], "server").await;
    let client = client(&installation, &network, &[second.address()]).await;
    let address = client.listener().await;
    let mut running = connect(address, "server").await;
    second.change(|config| config.links[0].transport = Transport::Tls).await;
    let to_second = |it: &&overlay::observe::LinkStatus| it.peer == Some(identity(&second));
    let moved = || {
        let links = first.links_up();
        let travels = |transport| links.iter().filter(to_second).any(move |it| it.transport == transport);
        (travels(Transport::Tls) && travels(Transport::Direct)).then_some(())
    };
    until("both links are there, because a stream still runs over the old one", moved).await;
    alive(&mut running).await;
    for _ in 0..3 {
        assert_eq!(ask(address, b"new").await.unwrap(), b"server:new");
    }
    alive(&mut running).await;
    drop(running);
    until("the old one is gone", || (first.links_up().iter().filter(to_second).count() == 1).then_some(())).await;
    assert_eq!(ask(address, b"new").await.unwrap(), b"server:new");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_point_that_is_removed_stops_listening_and_lets_its_links_go_in_order() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let mut config = relay(&installation, &trust, &[]);
    config.access_points.push(access_point(&AccessKind::ALL));
    let mut router = TestRouter::start(&installation, config).await;
    let bound: Vec<_> = router.node.status().access_points.iter().map(|it| (it.id, it.bound.unwrap())).collect();
    let (gone, kept) = (bound[0], bound[1]);
    let _server = server(&installation, &network, &[kept.1], "server").await;
    let mut client = client(&installation, &network, &[gone.1, kept.1]).await;
    let address = client.listener().await;
    let mut running = connect(address, "server").await;
    router.change(|config| config.access_points.retain(|point| point.id != gone.0)).await;
    TcpStream::connect(gone.1).await.unwrap_err();
    let place = client.config.links[0].id;
    let elsewhere = || {
        let target = client.node.status().links.iter().find(|it| it.link == Some(place))?.target.clone()?;
        (target.port == kept.1.port()).then_some(())
    };
    until("the site attaches at the other access point", elsewhere).await;
    alive(&mut running).await;
    assert_eq!(ask(address, b"new").await.unwrap(), b"server:new");
    drop(running);
    let down = |event| match event {
        Observation::LinkDown { reason, .. } => Some(reason),
        _ => None,
    };
    client.event("the old link is gone", down).await;
    // Added again, elsewhere, it is there for others; nobody is disturbed.
    router.change(|config| config.access_points.push(access_point(&AccessKind::ALL))).await;
    assert_eq!(router.node.status().access_points.len(), 2);
    assert_eq!(ask(address, b"new").await.unwrap(), b"server:new");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_nowhere_else_to_go_hears_that_the_access_point_was_removed() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let mut router = stays(&installation, &trust, &[]).await;
    let mut member = client(&installation, &network, &[router.address()]).await;
    member.linked(1).await;
    router.change(|config| config.access_points.clear()).await;
    let down = |event| match event {
        Observation::LinkDown { reason, .. } => Some(reason),
        _ => None,
    };
    let reason = member.event("the link goes", down).await;
    assert_eq!((reason.reason, reason.message.as_str()), (Reason::Draining, "the access point was removed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_removed_lets_its_streams_end_and_touches_no_other() {
    let mut line = straight().await;
    line.third.change(|config| drop(config.links.remove(0))).await;
    alive(&mut line.running).await;
    assert_eq!(ask(line.address, b"around").await.unwrap(), b"server:around");
    until("the other way is taken", || (carried(&line.second) > line.before).then_some(())).await;
    let mut rest = line.running;
    tokio::io::AsyncWriteExt::shutdown(&mut rest).await.unwrap();
    assert_eq!(rest.read_to_end(&mut Vec::new()).await.unwrap(), 0, "it ended by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_cuts_no_stream_and_refuses_no_new_one() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let first = stays(&installation, &trust, &[]).await;
    let second = stays(&installation, &trust, &[&first]).await;
    let server = server(&installation, &network, &[first.address()], "server").await;
    let client = client(&installation, &network, &[second.address()]).await;
    let address = client.listener().await;
    let mut running = connect(address, "server").await;
    // Everybody on the way, one after the other: who serves, who dials, who accepts, who opens.
    let backbone = &installation.authority;
    let everybody = [(server, &network.authority), (second, backbone), (first, backbone), (client, &network.authority)];
    let mut kept = Vec::new();
    for (mut router, authority) in everybody {
        let leaf = installation.leaf_by(authority, identity(&router));
        let dials = router.config.links.len();
        router.change(|config| config.leaf = leaf).await;
        for _ in 0..dials {
            let up = |event| matches!(event, Observation::LinkUp { link: Some(_), .. }).then_some(());
            // One when it started, one for the new certificate.
            router.event("the first link", up).await;
            router.event("the link with the new certificate", up).await;
        }
        alive(&mut running).await;
        assert_eq!(ask(address, b"new").await.unwrap(), b"server:new");
        kept.push(router);
    }
    alive(&mut running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_behind_a_network_that_swallows_everything_attaches_elsewhere_and_goes_back_when_it_is_mended() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let preferred = stays(&installation, &trust, &[]).await;
    let backup = stays(&installation, &trust, &[&preferred]).await;
    let _server = server(&installation, &network, &[backup.address()], "server").await;
    let (through, frozen) = relay_that_freezes(preferred.address()).await;
    let client = client(&installation, &network, &[through, backup.address()]).await;
    let place = client.config.links[0].id;
    let address = client.listener().await;
    attached_to(&client, place, &identity(&preferred)).await;
    let mut running = connect(address, "server").await;
    // Nothing is closed, and nothing comes through any more: neither end is told.
    frozen.send_replace(true);
    attached_to(&client, place, &identity(&backup)).await;
    alive(&mut running).await;
    until_answered(address, b"server:elsewhere").await;
    frozen.send_replace(false);
    attached_to(&client, place, &identity(&preferred)).await;
    until_answered(address, b"server:back").await;
    alive(&mut running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_swallows_everything_costs_a_moment_only() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let router = stays(&installation, &trust, &[]).await;
    // It accepts, and never says anything.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (_, mut config) = installation.member(&network);
    config.links.push(attachment(&[silent.local_addr().unwrap(), router.address()]));
    let member = TestRouter::start(&installation, config).await;
    attached_to(&member, member.config.links[0].id, &identity(&router)).await;
}
