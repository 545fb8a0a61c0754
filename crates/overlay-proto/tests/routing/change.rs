//! Links that give way to others, and addresses that are assigned.

use std::collections::BTreeMap;

use model::{
    GenericUuid as _, SiteId,
    router::Assignments,
    terms::{AddressLimits, AddressPatterns},
};
use overlay_proto::{NodeId, Realm};

use crate::net::{Net, address, backbone, member, network, node, services};

fn of(n: u128) -> Realm {
    Realm::Network(network(n))
}

fn seen(net: &mut Net, by: NodeId, name: &str) -> Vec<(u128, u32)> {
    net.core(by).candidates(&address(name)).iter().map(|c| (c.site.0.as_u128(), c.cost)).collect()
}

#[test]
fn a_link_that_gives_way_to_a_dearer_one_is_left_by_both_ends_before_it_goes() {
    let mut net = Net::new(1);
    let (a, b) = (net.add(backbone(1)), net.add(backbone(2)));
    let (me, there) = (net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(me, services(&[], &["web"]));
    net.serve(there, services(&["web"], &[]));
    net.join(me, a, 1);
    net.join(there, b, 1);
    let old = net.join(a, b, 2);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 3)]);
    let new = net.join(a, b, 20);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 3)], "two links: the cheaper is the edge");
    let now = net.now;
    net.core(a).retire(old, now);
    net.run(a);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 21)]);
    // The other end, which did not decide it, leaves the old link too.
    let trace = net.open(there, of(1), me);
    assert!(trace.is_ok());
    assert_eq!(net.core(b).routers()[0].cost, 20);
    // When nothing else is there, what gives way is still a way, if the last one to take.
    net.cut(new);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 3 + (1 << 24))]);
    let (c, dear) = (net.add(backbone(3)), 1_000_000);
    net.join(a, c, dear);
    net.join(c, b, dear);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 1 + 2 * dear)]);
}

fn assigned(name: &str, sites: &[u128]) -> BTreeMap<model::NetworkId, Assignments> {
    let sites = sites.iter().map(|n| SiteId::from_untyped_uuid(node(*n).0)).collect();
    [(network(1), Assignments([(address(name), sites)].into()))].into()
}

#[test]
fn an_address_that_is_assigned_is_served_by_nobody_else() {
    let mut net = Net::new(1);
    let (a, b) = (net.add(backbone(1)), net.add(backbone(2)));
    net.join(a, b, 1);
    let me = net.add(member(101, 1));
    let (good, bad) = (net.add(member(102, 1)), net.add(member(103, 1)));
    net.serve(me, services(&[], &["web"]));
    net.serve(good, services(&["web"], &[]));
    // Nearer than the good one.
    net.serve(bad, services(&["web", "own"], &[]));
    net.join(me, a, 1);
    net.join(bad, a, 1);
    net.join(good, b, 1);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(103, 1), (102, 2)], "an open network");
    let now = net.now;
    // Only the router of the bad one knows: what it offers is not passed on to anybody.
    net.core(a).set_assignments(assigned("web", &[102]), now);
    net.run(a);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 2)]);
    let addresses = net.core(b).addresses(Some(of(1)));
    let serving: Vec<_> = addresses.iter().map(|it| (it.address.to_string(), it.serving.len())).collect();
    assert_eq!(serving, [("web".to_owned(), 1)], "`own` is assigned to nobody");
    // The router of the bad one does not know, or does not care: the user's own does.
    net.core(a).set_assignments(BTreeMap::new(), now);
    net.core(me).set_assignments(assigned("web", &[102]), now);
    net.run(a);
    net.run(me);
    net.settle();
    assert_eq!(seen(&mut net, me, "web"), [(102, 2)]);
    // What is assigned anew is there at once.
    net.core(me).set_assignments(assigned("web", &[103]), now);
    net.run(me);
    assert_eq!(seen(&mut net, me, "web"), [(103, 1)]);
}

#[test]
fn an_offer_that_is_not_assigned_is_counted_and_costs_the_site_nothing_else() {
    let mut net = Net::new(1);
    let (router, site) = (net.add(backbone(1)), net.add(member(102, 1)));
    net.core(router).set_assignments(assigned("web", &[102]), overlay_proto::Millis(0));
    net.join(site, router, 1);
    net.serve(site, services(&["web", "other"], &[]));
    net.settle();
    assert_eq!(net.core(router).counters().services_not_assigned, 1);
    assert_eq!(net.closes, []);
    assert_eq!(net.core(router).addresses(Some(of(1))).len(), 1);
}

fn patterns(texts: &[&str]) -> AddressPatterns {
    AddressPatterns(texts.iter().map(|text| text.parse().expect("a pattern")).collect())
}

#[test]
fn what_a_certificate_keeps_from_a_site_is_neither_passed_on_nor_told_to_it() {
    let mut net = Net::new(1);
    let router = net.add(backbone(1));
    let (user, server) = (net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(user, services(&[], &["till.api", "db"]));
    net.serve(server, services(&["till.api", "db", "log"], &[]));
    let limits = [
        (user, AddressLimits { uses: patterns(&["till.*"]), ..AddressLimits::default() }),
        (server, AddressLimits { serve: patterns(&["till.*", "db"]), ..AddressLimits::default() }),
    ];
    for (site, limits) in limits {
        let link = net.join(site, router, 1);
        net.core(router).limit(link, limits);
    }
    net.settle();
    assert_eq!(seen(&mut net, user, "till.api"), [(102, 1)]);
    assert_eq!(seen(&mut net, user, "db"), [], "it may not use that");
    let addresses = net.core(router).addresses(Some(of(1)));
    let serving: Vec<_> =
        addresses.iter().filter(|it| !it.serving.is_empty()).map(|it| it.address.to_string()).collect();
    assert_eq!(serving, ["db", "till.api"], "and the other may not serve the log");
    assert_eq!(net.core(router).counters().services_not_assigned, 1);
    assert_eq!(net.closes, [], "it costs them nothing else");
}

#[test]
fn who_uses_an_address_is_known_where_it_is_attached() {
    let mut net = Net::new(1);
    let router = net.add(backbone(1));
    let (me, there) = (net.add(member(101, 1)), net.add(member(102, 1)));
    net.serve(me, services(&[], &["web"]));
    net.serve(there, services(&["web"], &[]));
    net.join(me, router, 1);
    net.join(there, router, 1);
    net.settle();
    for at in [router, me] {
        let addresses = net.core(at).addresses(None);
        let [web] = &addresses[..] else { panic!("one address, not {addresses:?}") };
        assert_eq!((web.realm, web.address.as_str()), (of(1), "web"));
        assert_eq!(web.serving.iter().map(|c| c.site).collect::<Vec<_>>(), [there]);
        assert_eq!(web.users, [me].into());
    }
    assert_eq!(net.core(router).addresses(Some(of(2))), []);
}
