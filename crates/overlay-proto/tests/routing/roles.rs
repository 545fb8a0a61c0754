//! What each kind of site sees and does.

use overlay_proto::{
    LinkKey, Millis, NodeId, Realm,
    link::{Drain, Record, Unreachable, frame::Body, record},
    pool::Side,
    router::Output,
};
use prost::Message;

use crate::net::{Net, address, backbone, bootstrap, claim, controller, core, member, network, node, services};

const PLATFORM: [&str; 2] = ["skx/controller", "skx/claim"];

fn of(n: u128) -> Realm {
    Realm::Network(network(n))
}

fn seen(net: &mut Net, by: NodeId, name: &str) -> Vec<(u128, u32)> {
    net.core(by).candidates(&address(name)).iter().map(|c| (c.site.0.as_u128(), c.cost)).collect()
}

fn arrives(net: &mut Net, from: NodeId, realm: Realm, to: NodeId) -> bool {
    let Ok(trace) = net.open(from, realm, to) else { return false };
    net.settle();
    net.traces[trace].delivered.as_ref().is_some_and(|(at, _)| *at == to)
}

#[test]
fn a_backbone_site_uses_controllers_wherever_they_are_attached() {
    let mut net = Net::new(1);
    let (near, far) = (net.add(backbone(1)), net.add(backbone(2)));
    let boss = net.add(controller(900));
    net.serve(boss, services(&PLATFORM, &[]));
    for router in [near, far] {
        net.serve(router, services(&[], &["skx/controller"]));
    }
    net.join(boss, near, 1);
    net.settle();
    assert_eq!(seen(&mut net, near, "skx/controller"), [(900, 0)], "alone, by the controller attached to it");
    assert!(arrives(&mut net, near, Realm::Platform, boss));
    assert_eq!(seen(&mut net, far, "skx/controller"), []);

    net.join(far, near, 5);
    net.settle();
    assert_eq!(seen(&mut net, far, "skx/controller"), [(900, 5)]);
    assert!(net.changed.contains(&(far, address("skx/controller"))));
    assert!(arrives(&mut net, far, Realm::Platform, boss));
    let to_member = net.core(far).route_local_open(of(1), node(101));
    assert_eq!(to_member, Err(Unreachable::NotAllowed), "a backbone site is in no network");
}

#[test]
fn an_enrolling_site_uses_the_controller_that_dialled_it() {
    let mut net = Net::new(1);
    let (new, boss) = (net.add(bootstrap(60)), net.add(controller(900)));
    net.serve(new, services(&[], &["skx/claim"]));
    net.serve(boss, services(&PLATFORM, &[]));
    let link = net.join(boss, new, 1);
    net.settle();
    assert_eq!(seen(&mut net, new, "skx/claim"), [(900, 1)]);
    assert!(arrives(&mut net, new, Realm::Platform, boss));
    // By another link, to the backbone, there may be another controller.
    let (router, other) = (net.add(backbone(1)), net.add(controller(901)));
    net.serve(other, services(&PLATFORM, &[]));
    net.join(other, router, 1);
    net.join(new, router, 3);
    net.settle();
    assert_eq!(seen(&mut net, new, "skx/claim"), [(900, 1), (901, 3)]);
    assert!(arrives(&mut net, new, Realm::Platform, other));
    net.cut(link);
    net.settle();
    assert_eq!(seen(&mut net, new, "skx/claim"), [(901, 3)]);
}

#[test]
fn an_invitation_finds_redemption() {
    let mut net = Net::new(1);
    let (router, boss, guest) = (net.add(backbone(1)), net.add(controller(900)), net.add(claim(50, 1)));
    net.serve(boss, services(&PLATFORM, &[]));
    net.serve(guest, services(&[], &["skx/claim"]));
    net.join(boss, router, 1);
    net.join(guest, router, 1);
    net.settle();
    assert_eq!(seen(&mut net, guest, "skx/claim"), [(900, 1)]);
    assert!(arrives(&mut net, guest, Realm::Platform, boss));
}

#[test]
fn a_member_sees_its_own_service_first_and_without_any_link() {
    let mut net = Net::new(1);
    let (router, me, other) = (net.add(backbone(1)), net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(me, services(&["web"], &["web"]));
    net.serve(other, services(&["web"], &[]));
    assert_eq!(seen(&mut net, me, "web"), [(101, 0)]);
    net.join(me, router, 2);
    net.join(other, router, 1);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(101, 0), (102, 2)]);
    assert!(arrives(&mut net, me, of(1), me), "by way of its router, if it must");
    net.serve(me, services(&[], &["web"]));
    assert_eq!(seen(&mut net, me, "web"), [(102, 2)], "at once, whatever its router still says");
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 2)]);
}

#[test]
fn a_member_takes_the_better_of_its_access_routers() {
    let mut net = Net::new(1);
    let (a, b) = (net.add(backbone(1)), net.add(backbone(2)));
    net.join(a, b, 10);
    let (me, there) = (net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(me, services(&[], &["web"]));
    net.serve(there, services(&["web"], &[]));
    net.join(there, b, 1);
    let (to_a, to_b) = (net.join(me, a, 1), net.join(me, b, 5));
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 5)]);
    assert_eq!(net.core(me).route_local_open(of(1), there).expect("a way").0, to_b);
    net.cut(to_b);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 11)]);
    assert_eq!(net.core(me).route_local_open(of(1), there).expect("a way").0, to_a);
    assert!(arrives(&mut net, me, of(1), there));
}

#[test]
fn what_drains_is_left_alone_while_there_is_anything_else() {
    let mut net = Net::new(1);
    let (a, b) = (net.add(backbone(1)), net.add(backbone(2)));
    net.join(a, b, 1);
    let (me, near, far) = (net.add(member(101, 1)), net.add(member(102, 1)), net.add(member(103, 1)));
    net.serve(me, services(&[], &["web"]));
    for (site, router) in [(near, a), (far, b)] {
        net.serve(site, services(&["web"], &[]));
        net.join(site, router, 1);
    }
    let (by_a, by_b) = (net.join(me, a, 1), net.join(me, b, 9));
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 1), (103, 2)]);

    // The site itself drains.
    let now = net.now;
    net.core(near).set_draining(true, now);
    net.run(near);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(103, 2), (102, 1)]);
    assert!(arrives(&mut net, me, of(1), near), "it is still there");
    let now = net.now;
    net.core(near).set_draining(false, now);
    net.run(near);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 1), (103, 2)]);

    // It says so itself, as it goes.
    let link = *net.wires.iter().find(|(_, wire)| wire.joins(near)).expect("linked").0;
    net.transmit(near, link, Body::Drain(Drain {}));
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(103, 2), (102, 1)]);
    net.cut(link);
    net.join(near, a, 1);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 1), (103, 2)]);

    // The access router drains: its own site counts as draining, and the other link is used.
    assert_eq!(net.core(me).route_local_open(of(1), far).expect("a way").0, by_a);
    let now = net.now;
    net.core(a).set_draining(true, now);
    net.run(a);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(103, 9), (102, 1)]);
    assert_eq!(net.core(me).route_local_open(of(1), far).expect("a way").0, by_b);
}

#[test]
fn of_two_links_to_one_router_the_cheaper_is_used_and_the_other_takes_over() {
    let mut net = Net::new(1);
    let (a, b) = (net.add(backbone(1)), net.add(backbone(2)));
    let (dear, cheap) = (net.join(a, b, 7), net.join(b, a, 3));
    let boss = net.add(controller(900));
    net.serve(boss, services(&PLATFORM, &[]));
    net.join(boss, b, 1);
    net.settle();
    let by = |net: &mut Net| net.core(a).route_local_open(Realm::Platform, boss).map(|(link, _)| link);
    assert_eq!((by(&mut net), net.core(a).routers()[0].cost), (Ok(cheap), 3));
    net.cut(cheap);
    // At once, before anyone has heard of it.
    assert_eq!((by(&mut net), net.core(a).routers()[0].cost), (Ok(dear), 7));
    net.settle();
    assert!(arrives(&mut net, a, Realm::Platform, boss));
}

#[test]
fn a_site_that_links_anew_is_found_by_its_new_link_before_the_old_one_is_known_to_be_dead() {
    let mut net = Net::new(1);
    let (a, b) = (net.add(backbone(1)), net.add(backbone(2)));
    net.join(a, b, 1);
    let (me, user) = (net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(me, services(&["web"], &[]));
    net.serve(user, services(&[], &["web"]));
    net.join(user, a, 1);
    net.join(me, b, 1);
    net.pass(1_000);
    let new = net.join(me, b, 1);
    net.settle();
    let trace = net.open(user, of(1), me).expect("a way");
    net.settle();
    assert!(net.traces[trace].delivered.is_some());
    let (link, _) = net.core(me).route_local_open(of(1), user).expect("a way");
    assert_eq!(link, new);
}

/// What a core floods to its neighbours, as (topic is link state, sequence, sites or edges).
fn flooded(outputs: impl Iterator<Item = Output>) -> Vec<(u64, record::Body)> {
    let records = outputs.filter_map(|output| match output {
        Output::Send { frame: Body::Record(signed), .. } => Some(Record::decode(&signed.record[..]).expect("its own")),
        _ => None,
    });
    records.map(|record| (record.sequence, record.body.expect("ours"))).collect()
}

#[test]
fn many_changes_in_a_moment_make_one_record() {
    let mut core = core(backbone(1), 1, Millis(0));
    core.link_up(LinkKey(1), backbone(2), 1, Side::Dialler, Millis(100));
    while core.poll_output().is_some() {}
    let mut records = Vec::new();
    for n in 0..100_u64 {
        let now = Millis(200 + n);
        core.link_up(LinkKey(10 + n), member(100 + u128::from(n), 1), 1, Side::Acceptor, now);
        core.tick(now);
        records.extend(flooded(std::iter::from_fn(|| core.poll_output())));
    }
    let end = core.next_deadline().expect("the rest is due");
    core.tick(end);
    records.extend(flooded(std::iter::from_fn(|| core.poll_output())));
    assert_eq!(records.len(), 6, "one at once, then one every 20 ms");
    assert!(matches!(&records[5].1, record::Body::Network(network) if network.sites.len() == 100));
    assert!(records.is_sorted_by_key(|(sequence, _)| *sequence));
}

#[test]
fn what_was_served_is_withdrawn_when_the_last_site_has_gone() {
    let mut core = core(backbone(1), 1, Millis(0));
    core.link_up(LinkKey(1), backbone(2), 1, Side::Dialler, Millis(0));
    core.link_up(LinkKey(2), member(101, 1), 1, Side::Acceptor, Millis(100));
    while core.poll_output().is_some() {}
    core.link_down(LinkKey(2), Millis(200));
    let records = flooded(std::iter::from_fn(|| core.poll_output()));
    assert!(matches!(&records[..], [(_, record::Body::Network(network))] if network.sites.is_empty()), "{records:?}");
    // A claim is not attached to any network.
    core.link_up(LinkKey(3), claim(50, 1), 1, Side::Acceptor, Millis(300));
    core.tick(Millis(400));
    assert_eq!(flooded(std::iter::from_fn(|| core.poll_output())), []);
}

#[test]
fn a_quiet_network_costs_one_signature_a_minute() {
    let mut core = core(backbone(1), 1, Millis(0));
    core.link_up(LinkKey(1), backbone(2), 1, Side::Dialler, Millis(0));
    for n in 1..100 {
        core.link_up(LinkKey(1 + n), member(u128::from(n) * 100, n.into()), 1, Side::Acceptor, Millis(50));
    }
    core.tick(Millis(1_000));
    let mut seconds = |seconds: std::ops::Range<u64>| {
        while core.poll_output().is_some() {}
        for second in seconds {
            core.tick(Millis(second * 1_000));
        }
        let records = flooded(std::iter::from_fn(|| core.poll_output()));
        let is_link_state = |(_, body): &(u64, record::Body)| matches!(body, record::Body::LinkState(_));
        records.into_iter().partition::<Vec<_>, _>(is_link_state)
    };
    let (link_state, attached) = seconds(2..600);
    assert_eq!((link_state.len(), attached.len()), (9, 0), "at 61 s, 121 s, … 541 s");
    let (_, attached) = seconds(600..1_210);
    assert_eq!(attached.len(), 99, "for whoever could not verify them before");
}

#[test]
fn without_a_certificate_nothing_is_signed_and_with_one_everything_is_made_up_for() {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };
    let valid = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&valid);
    let sign: overlay_proto::router::Sign = Box::new(move |_| {
        let signed = overlay_proto::router::Signed { signature: vec![1], certificate: vec![2] };
        asked.load(Ordering::Relaxed).then_some(signed)
    });
    let limits = overlay_proto::router::PeerLimits::default();
    let config = overlay_proto::router::CoreConfig { me: backbone(1), epoch: 1, unix_ms_at_zero: 0, sign, limits };
    let mut core = overlay_proto::router::Core::new(config, Millis(0));
    core.link_up(LinkKey(1), backbone(2), 1, Side::Dialler, Millis(0));
    core.link_up(LinkKey(2), member(101, 1), 1, Side::Acceptor, Millis(10));
    for n in 0..50 {
        core.tick(Millis(n * 100));
    }
    assert_eq!(flooded(std::iter::from_fn(|| core.poll_output())), []);
    valid.store(true, Ordering::Relaxed);
    core.resign(Millis(5_000));
    core.tick(Millis(7_000));
    assert_eq!(flooded(std::iter::from_fn(|| core.poll_output())).len(), 2);
}

#[test]
fn another_router_with_our_identity_is_answered_but_not_without_end() {
    let mut core = core(backbone(1), 1, Millis(0));
    core.link_up(LinkKey(1), backbone(2), 1, Side::Dialler, Millis(0));
    let mut answers = 0;
    for second in 1..=30_u64 {
        for ms in 0..50 {
            let now = Millis(second * 1_000 + ms * 20);
            // The other one always goes one further than we did.
            let state = record::Body::LinkState(overlay_proto::link::LinkState::default());
            let sequence = 1_000_000 * second + ms;
            let record = Record { origin: node(1).to_wire(), epoch: 1, sequence, body: Some(state) };
            core.verified_record(LinkKey(1), overlay_proto::link::SignedRecord::default(), record, now);
            core.tick(now);
            answers += flooded(std::iter::from_fn(|| core.poll_output())).len();
        }
    }
    assert!((1..=60).contains(&answers), "{answers} answers in thirty seconds");
}

#[test]
fn a_router_that_is_no_longer_trusted_is_forgotten() {
    let mut net = Net::new(1);
    let routers: Vec<NodeId> = (1..=3).map(|n| net.add(backbone(n))).collect();
    net.join(routers[0], routers[1], 1);
    net.join(routers[1], routers[2], 1);
    let (site, user) = (net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(site, services(&["web"], &[]));
    net.serve(user, services(&[], &["web"]));
    net.join(site, routers[2], 1);
    net.join(user, routers[0], 1);
    net.settle();
    assert_eq!(seen(&mut net, user, "web"), [(101, 3)]);
    let now = net.now;
    net.core(routers[0]).forget(routers[2], now);
    net.run(routers[0]);
    net.settle();
    assert_eq!(seen(&mut net, user, "web"), []);
    assert_eq!(net.core(routers[0]).routers().len(), 1);
}
