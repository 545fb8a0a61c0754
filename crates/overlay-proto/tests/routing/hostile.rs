//! Peers that ask for what they must not have. Each is refused alone, and nobody else notices.

use overlay_proto::{
    LinkKey, NodeId, Peer, PeerKind, Realm,
    link::{
        Attach, AttachedSite, Candidates, Edge, Hello, LinkState, NetworkRecord, Open, Ping, PoolWant, Reason, Record,
        Service, SignedRecord, Trust, TrustHave, Unreachable, frame::Body, record,
    },
    router::{Counters, PeerLimits, Services, ServicesError},
};
use prost::Message;

use crate::net::{
    Net, address, backbone, bootstrap, claim, controller, core, member, network, node, services, verifies,
};

/// Two backbone routers; at the first the peer under test, at the second a member of network 1, a member of network 2 and
/// a controller.
struct Scene {
    net: Net,
    router: NodeId,
    peer: NodeId,
    link: LinkKey,
}

const FRIEND: u128 = 150;
const STRANGER: u128 = 250;
const CONTROLLER: u128 = 900;

fn scene(peer: Peer) -> Scene {
    let mut net = Net::new(1);
    let (router, other) = (net.add(backbone(1)), net.add(backbone(2)));
    net.join(router, other, 1);
    for (site, serves) in [
        (member(FRIEND, 1), &["web"][..]),
        (member(STRANGER, 2), &["web"]),
        (controller(CONTROLLER), &["skx/controller", "skx/claim"]),
    ] {
        net.add(site);
        net.serve(site.node, services(serves, &[]));
        net.join(site.node, other, 1);
    }
    net.add(peer);
    let link = net.join(peer.node, router, 1);
    net.settle();
    Scene { net, router, peer: peer.node, link }
}

impl Scene {
    /// The peer sends `body`, whatever its own core thinks of it.
    fn sends(&mut self, body: Body) {
        self.net.transmit(self.peer, self.link, body);
        self.net.settle();
    }

    fn closed(&self) -> Option<Reason> {
        self.net
            .closes
            .iter()
            .find(|(at, link, ..)| (*at, *link) == (self.router, self.link))
            .map(|(_, _, reason, _)| *reason)
    }

    /// What becomes of a stream the peer opens.
    fn opens(&mut self, site: u128, realm: Realm) -> Result<NodeId, Option<Unreachable>> {
        let open = Open { site: node(site).to_wire(), network: realm.to_open(), ..Default::default() };
        self.opens_raw(open)
    }

    fn opens_raw(&mut self, open: Open) -> Result<NodeId, Option<Unreachable>> {
        let trace = self.net.open_raw(self.peer, self.link, open);
        self.net.settle();
        let trace = self.net.traces[trace].clone();
        trace.delivered.map(|(at, _)| at).ok_or(trace.refused)
    }

    fn counters(&mut self) -> Counters {
        let router = self.router;
        self.net.core(router).counters()
    }

    fn router_knows(&mut self) -> usize {
        let router = self.router;
        self.net.core(router).routers().len()
    }
}

fn of(n: u128) -> Realm {
    Realm::Network(network(n))
}

fn attach(serves: &[&str], uses: &[&str]) -> Body {
    let service = |address: &&str| Service { address: (*address).to_owned(), weight: 1, draining: false };
    Body::Attach(Attach {
        version: 1_000,
        serves: serves.iter().map(service).collect(),
        uses: uses.iter().map(|address| (*address).to_owned()).collect(),
    })
}

const NOT_ALLOWED: Result<NodeId, Option<Unreachable>> = Err(Some(Unreachable::NotAllowed));
const NO_ROUTE: Result<NodeId, Option<Unreachable>> = Err(Some(Unreachable::NoRoute));

fn everyone() -> [Peer; 4] {
    [member(101, 1), claim(50, 1), bootstrap(60), controller(901)]
}

#[test]
fn a_member_reaches_its_own_network_and_controllers_and_nobody_else() {
    let mut scene = scene(member(101, 1));
    assert_eq!(scene.opens(FRIEND, of(1)), Ok(node(FRIEND)));
    assert_eq!(scene.opens(CONTROLLER, Realm::Platform), Ok(node(CONTROLLER)));
    assert_eq!(scene.opens(STRANGER, of(2)), NOT_ALLOWED);
    // Under its own network's name, or the platform's, the stranger does not exist.
    assert_eq!(scene.opens(STRANGER, of(1)), NO_ROUTE);
    assert_eq!(scene.opens(STRANGER, Realm::Platform), NO_ROUTE);
    assert_eq!(scene.opens(FRIEND, Realm::Platform), NO_ROUTE);
    assert_eq!(scene.opens(CONTROLLER, of(1)), NO_ROUTE);
    // Routers are nobody's destination.
    assert_eq!(scene.opens(1, of(1)), NO_ROUTE);
    assert_eq!(scene.opens(2, Realm::Platform), NO_ROUTE);
    assert_eq!(scene.closed(), None);
    assert_eq!((scene.counters().opens_not_allowed, scene.counters().opens_no_route), (1, 6));
}

#[test]
fn invitations_and_enrolling_sites_reach_controllers_and_nobody_else() {
    for peer in [claim(50, 1), bootstrap(60)] {
        let mut scene = scene(peer);
        assert_eq!(scene.opens(CONTROLLER, Realm::Platform), Ok(node(CONTROLLER)));
        assert_eq!(scene.opens(FRIEND, of(1)), NOT_ALLOWED);
        assert_eq!(scene.opens(STRANGER, of(2)), NOT_ALLOWED);
        assert_eq!(scene.opens(FRIEND, Realm::Platform), NO_ROUTE);
    }
}

#[test]
fn a_controller_opens_nothing() {
    let mut scene = scene(controller(901));
    assert_eq!(scene.opens(FRIEND, of(1)), NOT_ALLOWED);
    assert_eq!(scene.opens(CONTROLLER, Realm::Platform), NOT_ALLOWED);
}

#[test]
fn nobody_but_controllers_serves_the_platforms_addresses() {
    for name in ["skx/controller", "skx/claim"] {
        for peer in everyone() {
            let mut scene = scene(peer);
            scene.sends(attach(&[name], &[]));
            let allowed = peer.kind == PeerKind::Controller;
            assert_eq!(scene.closed(), (!allowed).then_some(Reason::Protocol), "{peer:?} serves {name}");
        }
    }
}

#[test]
fn controllers_serve_nothing_of_a_network_and_invitations_nothing_at_all() {
    for peer in [claim(50, 1), bootstrap(60), controller(901)] {
        let mut scene = scene(peer);
        scene.sends(attach(&["web"], &[]));
        assert_eq!(scene.closed(), Some(Reason::Protocol), "{peer:?}");
    }
}

#[test]
fn what_is_no_address_ends_the_link() {
    for bad in ["", "skx", "skx/other", "Web", "a b", "web\0", "ü", &"x".repeat(129)] {
        for body in [attach(&["ok", bad], &[]), attach(&[], &["ok", bad])] {
            let mut scene = scene(member(101, 1));
            scene.sends(body);
            assert_eq!(scene.closed(), Some(Reason::Protocol), "{bad:?}");
            assert_eq!(scene.counters().violations, 1);
        }
    }
}

#[test]
fn everyone_uses_only_what_the_certificate_is_for() {
    for (peer, name, allowed) in [
        (member(101, 1), "web", true),
        (member(101, 1), "skx/controller", true),
        (member(101, 1), "skx/claim", false),
        (claim(50, 1), "skx/claim", true),
        (claim(50, 1), "skx/controller", false),
        (claim(50, 1), "web", false),
        (bootstrap(60), "skx/claim", true),
        (bootstrap(60), "skx/controller", false),
        (bootstrap(60), "web", false),
        (controller(901), "web", false),
        (controller(901), "skx/controller", false),
    ] {
        let mut scene = scene(peer);
        scene.sends(attach(&[], &[name]));
        assert_eq!(scene.closed(), (!allowed).then_some(Reason::Protocol), "{peer:?} uses {name}");
    }
}

#[test]
fn candidates_come_from_the_users_own_network_only() {
    for (network, friend) in [(1, FRIEND), (2, STRANGER)] {
        let mut scene = scene(member(network * 100 + 1, network));
        let peer = scene.peer;
        scene.net.serve(peer, services(&[], &["web", "skx/controller"]));
        scene.net.settle();
        let mut sites =
            |name| -> Vec<NodeId> { scene.net.core(peer).candidates(&address(name)).iter().map(|c| c.site).collect() };
        assert_eq!(sites("web"), [node(friend)]);
        assert_eq!(sites("skx/controller"), [node(CONTROLLER)]);
    }
}

fn signed(origin: u128, body: record::Body) -> SignedRecord {
    let record = Record { origin: node(origin).to_wire(), epoch: 9, sequence: 9, body: Some(body) }.encode_to_vec();
    SignedRecord { record, signature: vec![1; 32], certificate: node(origin).to_wire(), age_ms: 0 }
}

fn link_state() -> record::Body {
    record::Body::LinkState(LinkState { edges: vec![Edge { neighbour: node(1).to_wire(), cost: 1 }], draining: false })
}

#[test]
fn who_is_no_backbone_router_says_nothing_of_routing_and_who_is_no_part_of_it_nothing_of_trust() {
    for peer in everyone() {
        let platform = peer.kind == PeerKind::Controller;
        for (body, allowed) in [
            (Body::Record(signed(7, link_state())), false),
            (Body::Candidates(Candidates::default()), false),
            (Body::Hello(Hello::default()), false),
            // The dialler of a link wants nothing: it dials.
            (Body::PoolWant(PoolWant { idle: 1 }), false),
            (Body::Trust(Trust::default()), platform),
            (Body::TrustHave(TrustHave { version: 7 }), platform),
            (Body::Ping(Ping { number: 1 }), true),
        ] {
            let mut scene = scene(peer);
            let name = format!("{peer:?} sends {body:?}");
            scene.sends(body.clone());
            assert_eq!(scene.closed(), (!allowed).then_some(Reason::Protocol), "{name}");
            assert_eq!(scene.net.to_shell.contains(&(node(1), body)), allowed, "{name}");
            assert_eq!(scene.router_knows(), 1, "{name}");
        }
    }
}

#[test]
fn a_backbone_router_does_not_pass_for_a_site() {
    let mut scene = scene(backbone(3));
    scene.sends(attach(&["web"], &[]));
    assert_eq!(scene.closed(), Some(Reason::Protocol));
}

#[test]
fn a_record_that_its_origin_did_not_sign_changes_nothing() {
    let mut scene = scene(backbone(3));
    // Router 3 says, in the name of router 2, that router 2 has no links any more.
    let said = record::Body::LinkState(LinkState::default());
    scene.sends(Body::Record(signed(2, said)));
    assert_eq!((scene.closed(), scene.router_knows()), (None, 2));
    // In its own name it may lie, but not about another's edge: both ends must report it.
    let edges = vec![Edge { neighbour: node(1).to_wire(), cost: 1 }, Edge { neighbour: node(77).to_wire(), cost: 1 }];
    let lie = record::Body::LinkState(LinkState { edges, draining: false });
    let record = Record { origin: node(3).to_wire(), epoch: 9, sequence: 9, body: Some(lie) };
    let now = scene.net.now;
    let (router, link) = (scene.router, scene.link);
    let signed = SignedRecord { record: record.encode_to_vec(), ..Default::default() };
    assert!(!verifies(&signed, &record.origin));
    scene.net.core(router).verified_record(link, signed, record, now);
    scene.net.settle();
    assert_eq!(scene.router_knows(), 2, "77 is no router that anyone else has seen");
}

#[test]
fn records_that_cannot_be_read_end_the_link_and_unknown_ones_are_left_alone() {
    let mut first = scene(backbone(3));
    first.sends(Body::Record(SignedRecord { record: vec![0xff; 9], ..Default::default() }));
    assert_eq!(first.closed(), Some(Reason::Protocol));
    let mut second = scene(backbone(3));
    second.sends(Body::Record(SignedRecord::default()));
    assert_eq!((second.closed(), second.counters().records_refused), (None, 1));
}

#[test]
fn a_lying_router_delivers_no_stream_into_another_network() {
    // Router 3, compromised, opens streams to what is attached at router 1, a member of network 1.
    let mut scene = scene(backbone(3));
    let victim = scene.net.add(member(101, 1));
    scene.net.join(victim, scene.router, 1);
    let user = scene.net.add(claim(50, 1));
    scene.net.join(user, scene.router, 1);
    scene.net.settle();
    let to = |site: u128, realm: Realm, router: u128| Open {
        site: node(site).to_wire(),
        network: realm.to_open(),
        router: node(router).to_wire(),
        hops: 16,
        ..Default::default()
    };
    assert_eq!(scene.opens_raw(to(101, of(1), 1)), Ok(victim));
    assert_eq!(scene.opens_raw(to(101, of(2), 1)), NO_ROUTE);
    assert_eq!(scene.opens_raw(to(101, Realm::Platform, 1)), NO_ROUTE);
    assert_eq!(scene.opens_raw(to(50, of(1), 1)), NO_ROUTE, "nobody opens streams to an invitation");
    assert_eq!(scene.opens_raw(to(50, Realm::Platform, 1)), NO_ROUTE);
    assert_eq!(scene.opens_raw(to(1, Realm::Platform, 1)), NO_ROUTE, "nor to a router");
    assert_eq!(scene.opens_raw(to(101, of(1), 3)), NO_ROUTE);
    assert!(scene.net.traces.last().is_some_and(|trace| trace.passed.is_empty()), "nor back to where it came from");
    assert_eq!(scene.opens_raw(to(101, of(1), 99)), NO_ROUTE);
    assert_eq!(scene.closed(), None);
}

#[test]
fn a_record_that_claims_sites_of_all_networks_shows_them_to_their_own_network_only() {
    // Router 3 lies about its own attachments, which it can: it then shows in the networks it names, and in no other.
    let mut scene = scene(backbone(3));
    let users = [(101, 1), (201, 2)].map(|(site, network)| {
        let id = scene.net.add(member(site, network));
        scene.net.serve(id, services(&[], &["web"]));
        scene.net.join(id, scene.router, 1);
        id
    });
    scene.net.settle();
    let service = Service { address: "web".to_owned(), weight: 1, draining: false };
    let site = AttachedSite { site: node(199).to_wire(), services: vec![service], attached_at_ms: 0 };
    let said = record::Body::Network(NetworkRecord { network: of(1).to_record(), sites: vec![site] });
    let record = Record { origin: node(3).to_wire(), epoch: 1, sequence: 99, body: Some(said) };
    let signed = SignedRecord { record: record.encode_to_vec(), ..Default::default() };
    let (router, link, now) = (scene.router, scene.link, scene.net.now);
    scene.net.core(router).verified_record(link, signed, record, now);
    scene.net.run(router);
    scene.net.settle();
    let sites =
        users.map(|user| scene.net.core(user).candidates(&address("web")).iter().map(|c| c.site).collect::<Vec<_>>());
    assert_eq!(sites, [vec![node(FRIEND), node(199)], vec![node(STRANGER)]]);
}

#[test]
fn streams_pass_no_more_routers_than_they_may() {
    let mut net = Net::new(1);
    let routers: Vec<NodeId> = (1..=20).map(|n| net.add(backbone(n))).collect();
    for pair in routers.windows(2) {
        net.join(pair[0], pair[1], 1);
    }
    let user = net.add(member(101, 1));
    net.join(user, routers[0], 1);
    for (site, router) in [(102, 17), (103, 18)] {
        net.add(member(site, 1));
        net.join(node(site), routers[router], 1);
    }
    net.settle();
    let mut outcome = |site| {
        let trace = net.open(user, of(1), node(site)).expect("a way out");
        net.settle();
        (net.traces[trace].delivered.is_some(), net.traces[trace].refused)
    };
    assert_eq!(outcome(102), (true, None), "sixteen routers between the first and the last");
    assert_eq!(outcome(103), (false, Some(Unreachable::Hops)));
    // Asking for more does not help.
    let mut scene = scene(backbone(3));
    let open = Open {
        router: node(2).to_wire(),
        hops: 0,
        site: node(FRIEND).to_wire(),
        network: of(1).to_open(),
        ..Default::default()
    };
    assert_eq!(scene.opens_raw(open.clone()), Err(Some(Unreachable::Hops)));
    assert_eq!(scene.opens_raw(Open { hops: u32::MAX, ..open }), Ok(node(FRIEND)));
}

#[test]
fn connections_are_assigned_by_the_end_whose_numbers_they_have() {
    for number in [0, 2, 4] {
        let mut scene = scene(member(101, 1));
        let open =
            Open { connection: number, site: node(FRIEND).to_wire(), network: of(1).to_open(), ..Default::default() };
        scene.sends(Body::Open(open));
        assert_eq!(scene.closed(), Some(Reason::Protocol), "the dialler assigned {number}");
    }
}

#[test]
fn streams_to_what_is_no_destination_end_the_link() {
    let good = Open { site: node(FRIEND).to_wire(), network: of(1).to_open(), ..Default::default() };
    for bad in [
        Open { site: vec![], ..good.clone() },
        Open { site: vec![1; 17], ..good.clone() },
        Open { network: vec![1; 3], ..good.clone() },
        // The nil network is the platform in records; in a stream it is nobody's.
        Open { network: vec![0; 16], ..good.clone() },
        Open { router: node(2).to_wire(), ..good.clone() },
    ] {
        let mut scene = scene(member(101, 1));
        assert_eq!(scene.opens_raw(bad.clone()), Err(None));
        assert_eq!(scene.closed(), Some(Reason::Protocol), "{bad:?}");
    }
}

#[test]
fn links_that_make_no_sense_are_refused() {
    for (me, peer) in [
        (backbone(1), backbone(1)),
        (backbone(1), member(0, 0)),
        (backbone(1), claim(50, 0)),
        (member(101, 1), member(102, 1)),
        (member(101, 1), controller(900)),
        (claim(50, 1), controller(900)),
        (controller(900), controller(901)),
        (bootstrap(60), bootstrap(61)),
    ] {
        let mut net = Net::new(1);
        let mut core = core(me, 1, net.now);
        core.link_up(LinkKey(1), peer, 1, overlay_proto::pool::Side::Acceptor, net.now);
        net.now = net.now.after(1);
        let closed = std::iter::from_fn(|| core.poll_output())
            .any(|output| matches!(output, overlay_proto::router::Output::Close { reason: Reason::NotAdmitted, .. }));
        assert!(closed, "{me:?} and {peer:?}");
        assert_eq!(core.frame(LinkKey(1), Body::Ping(Ping { number: 1 }), net.now), None, "the link is forgotten");
    }
}

#[test]
fn who_asks_for_too_much_is_cut_off_alone() {
    let limits = PeerLimits::default();
    let names = |n: usize| -> Vec<String> { (0..n).map(|n| format!("a{n}")).collect() };
    for (serves, uses) in [(limits.serves + 1, 0), (0, limits.uses + 1)] {
        let mut scene = scene(member(101, 1));
        let (serves, uses) = (names(serves), names(uses));
        let body = attach(
            &serves.iter().map(String::as_str).collect::<Vec<_>>(),
            &uses.iter().map(String::as_str).collect::<Vec<_>>(),
        );
        scene.sends(body);
        assert_eq!((scene.closed(), scene.counters().over_limit), (Some(Reason::Limit), 1));
        assert_eq!(scene.net.closes.len(), 1);
    }
    let mut scene = scene(member(101, 1));
    let (serves, uses) = (names(limits.serves), names(limits.uses));
    scene.sends(attach(
        &serves.iter().map(String::as_str).collect::<Vec<_>>(),
        &uses.iter().map(String::as_str).collect::<Vec<_>>(),
    ));
    assert_eq!(scene.closed(), None, "as much as is allowed");
}

#[test]
fn a_site_has_only_so_many_links() {
    let mut scene = scene(member(101, 1));
    let (peer, router, limits) = (scene.peer, scene.router, PeerLimits::default());
    for _ in 1..limits.links {
        scene.net.join(peer, router, 1);
    }
    assert_eq!(scene.net.closes.len(), 0);
    scene.net.join(peer, router, 1);
    assert!(matches!(scene.net.closes[..], [(at, _, Reason::Limit, _)] if at == router));
}

#[test]
fn who_opens_too_many_streams_at_once_is_refused_and_others_are_not() {
    let mut scene = scene(member(101, 1));
    let other = scene.net.add(member(102, 1));
    let other_link = scene.net.join(other, scene.router, 1);
    scene.net.settle();
    let open = Open { site: node(FRIEND).to_wire(), network: of(1).to_open(), ..Default::default() };
    let most = PeerLimits::default().opens_at_once;
    for _ in 0..most + 5 {
        scene.net.open_raw(scene.peer, scene.link, open.clone());
    }
    let fair = scene.net.open_raw(other, other_link, open);
    scene.net.settle();
    let refused = scene.net.traces.iter().filter(|trace| trace.refused == Some(Unreachable::Limit)).count();
    assert_eq!((refused, scene.counters().opens_over_limit), (5, 5));
    assert!(scene.net.traces[fair].delivered.is_some());
}

#[test]
fn a_site_does_not_offer_what_it_must_not_in_the_first_place() {
    let mut net = Net::new(1);
    for (peer, wanted) in [
        (member(101, 1), services(&["skx/controller"], &[])),
        (member(101, 1), services(&[], &["skx/claim"])),
        (claim(50, 1), services(&["web"], &[])),
        (claim(50, 1), services(&[], &["web"])),
        (bootstrap(60), services(&[], &["skx/controller"])),
        (controller(900), services(&["web"], &[])),
        (backbone(1), services(&["web"], &[])),
        (backbone(1), services(&[], &["skx/claim"])),
    ] {
        let mut core = core(peer, 1, net.now);
        assert!(matches!(core.set_services(wanted, net.now), Err(ServicesError::NotAllowed { .. })), "{peer:?}");
    }
    let uses = (0..=PeerLimits::default().uses).map(|n| address(&format!("a{n}"))).collect();
    let peer = net.add(member(101, 1));
    let now = net.now;
    let result = net.core(peer).set_services(Services { uses, ..Default::default() }, now);
    assert_eq!(
        result.map_err(|e| e.to_string()),
        Err("this site would use 1025 addresses; the most is 1024".to_owned())
    );
}

#[test]
fn an_edge_takes_no_streams_but_its_own_and_no_nonsense_from_its_router() {
    // The scene's peer is the router this time: a compromised one.
    let open = |site: u128, realm: Realm| {
        Body::Open(Open { connection: 2, site: node(site).to_wire(), network: realm.to_open(), ..Default::default() })
    };
    for (me, body, closes) in [
        (member(101, 1), open(101, of(2)), false),
        (member(101, 1), open(102, of(1)), false),
        (member(101, 1), open(101, Realm::Platform), false),
        (controller(901), open(901, of(1)), false),
        (claim(50, 1), open(50, of(1)), true),
        (bootstrap(60), open(60, Realm::Platform), true),
        (member(101, 1), Body::Record(signed(1, link_state())), true),
        (member(101, 1), Body::Trust(Trust::default()), true),
        (member(101, 1), attach(&["web"], &[]), true),
        (member(101, 1), Body::Candidates(Candidates { address: "Not One".to_owned(), ..Default::default() }), true),
    ] {
        let mut scene = scene(me);
        scene.net.transmit(scene.router, scene.link, body.clone());
        scene.net.settle();
        let closed = scene.net.closes.iter().any(|(at, ..)| *at == scene.peer);
        assert_eq!(closed, closes, "{me:?} is sent {body:?}");
        assert!(scene.net.traces.iter().all(|trace| trace.delivered.is_none()));
    }
}
