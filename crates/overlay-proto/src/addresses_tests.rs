use model::GenericUuid;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    link::{AttachedSite, Edge, LinkState, Service},
    lsdb::Lsdb,
};

fn node(n: u8) -> NodeId {
    NodeId(Uuid::from_u128(n.into()))
}

fn network(n: u8) -> Realm {
    Realm::Network(model::NetworkId::from_untyped_uuid(Uuid::from_u128(n.into())))
}

fn address(text: &str) -> Address {
    Address::from_wire(text).expect("valid")
}

fn serving(addresses: &[&str], since: u64) -> Attached {
    Attached { serves: addresses.iter().map(|a| (address(a), Offer::default())).collect(), since }
}

/// The ways from router 0 to routers 1, 2 and 3, at costs 1, 2 and 3; the last is draining.
fn routes() -> Routes {
    let mut lsdb = Lsdb::default();
    for n in 1..=3_u8 {
        let edges = vec![Edge { neighbour: node(0).to_wire(), cost: n.into() }];
        lsdb.set(node(n), &LinkState { edges, draining: n == 3 });
    }
    lsdb.routes(node(0), &(1..=3).map(|n| (node(n), n.into())).collect(), false)
}

fn sites(candidates: &[Candidate]) -> Vec<(NodeId, u32)> {
    candidates.iter().map(|c| (c.site, c.cost)).collect()
}

#[test]
fn a_site_is_found_at_the_nearest_router_that_does_not_drain_and_where_it_came_last() {
    let (mut table, realm) = (Table::default(), network(1));
    for (router, since) in [(1, 5), (2, 9), (3, 9), (0, 1), (9, 99)] {
        table.set(node(router), realm, node(50), Some(serving(&["web"], since)));
    }
    assert_eq!(table.locate(realm, node(50), &routes()), [node(0), node(1), node(2), node(3)], "9 cannot be reached");
    assert_eq!(sites(&table.candidates(realm, &address("web"), &routes())), [(node(50), 0)]);
}

#[test]
fn among_equally_near_routers_the_newest_attachment_wins() {
    let mut lsdb = Lsdb::default();
    for n in 1..=2 {
        lsdb.set(node(n), &LinkState { edges: vec![Edge { neighbour: node(0).to_wire(), cost: 4 }], draining: false });
    }
    let routes = lsdb.routes(node(0), &[(node(1), 4), (node(2), 4)].into(), false);
    let mut table = Table::default();
    table.set(node(1), network(1), node(50), Some(serving(&[], 5)));
    table.set(node(2), network(1), node(50), Some(serving(&[], 6)));
    assert_eq!(table.locate(network(1), node(50), &routes), [node(2), node(1)]);
}

#[test]
fn what_is_attached_at_a_draining_router_counts_as_draining() {
    let mut table = Table::default();
    table.set(node(3), network(1), node(50), Some(serving(&["web"], 0)));
    let candidates = table.candidates(network(1), &address("web"), &routes());
    assert!(candidates.iter().all(|c| c.draining) && candidates.len() == 1);
}

#[test]
fn records_are_read_without_what_cannot_be_in_them() {
    let service = |address: &str| Service { address: address.to_owned(), weight: 2, draining: false };
    let site = |site: Vec<u8>, addresses: &[&str]| AttachedSite {
        site,
        services: addresses.iter().map(|a| service(a)).collect(),
        attached_at_ms: 7,
    };
    let record = NetworkRecord {
        network: network(1).to_record(),
        sites: vec![site(node(1).to_wire(), &["web", "skx/controller", "Not/One", ""]), site(vec![1, 2], &["web"])],
    };
    let read = Attached::read(network(1), &record);
    assert_eq!(read.keys().collect::<Vec<_>>(), [&node(1)]);
    assert_eq!(read[&node(1)].serves.keys().map(Address::as_str).collect::<Vec<_>>(), ["web"]);
    let platform = Attached::read(Realm::Platform, &record);
    assert_eq!(platform[&node(1)].serves.keys().map(Address::as_str).collect::<Vec<_>>(), ["skx/controller"]);
}

#[derive(Clone, Debug)]
enum Step {
    Set { router: u8, realm: u8, site: u8, serves: Option<Vec<u8>> },
    Replace { router: u8, realm: u8, sites: BTreeMap<u8, Vec<u8>> },
    RemoveRouter(u8),
}

fn any_step() -> impl Strategy<Value = Step> {
    let serves = || prop::collection::vec(0..3_u8, 0..3);
    prop_oneof![
        4 => (0..5_u8, 1..4_u8, 0..4_u8, prop::option::of(serves()))
            .prop_map(|(router, realm, site, serves)| Step::Set { router, realm, site, serves }),
        2 => (0..5_u8, 1..4_u8, prop::collection::btree_map(0..4_u8, serves(), 0..4))
            .prop_map(|(router, realm, sites)| Step::Replace { router, realm, sites }),
        1 => (0..5_u8).prop_map(Step::RemoveRouter),
    ]
}

proptest! {
    /// The indices against a plain list of (realm, router, site, addresses).
    #[test]
    fn the_table_answers_as_a_plain_list_would(steps in prop::collection::vec(any_step(), 0..60)) {
        let mut table = Table::default();
        let mut list: BTreeMap<(u8, u8, u8), Vec<u8>> = BTreeMap::new();
        let name = |a: &u8| format!("a{a}");
        let attached = |serves: &Vec<u8>| Attached {
            serves: serves.iter().map(|a| (address(&name(a)), Offer::default())).collect(),
            since: 0,
        };
        for step in steps {
            match step {
                Step::Set { router, realm, site, serves } => {
                    table.set(node(router), network(realm), node(site), serves.as_ref().map(attached));
                    match serves {
                        Some(serves) => list.insert((realm, router, site), serves),
                        None => list.remove(&(realm, router, site)),
                    };
                }
                Step::Replace { router, realm, sites } => {
                    table.replace(node(router), network(realm), sites.iter().map(|(s, a)| (node(*s), attached(a))).collect());
                    list.retain(|(n, r, _), _| (*n, *r) != (realm, router));
                    list.extend(sites.into_iter().map(|(site, serves)| ((realm, router, site), serves)));
                }
                Step::RemoveRouter(router) => {
                    table.remove_router(node(router));
                    list.retain(|(_, r, _), _| *r != router);
                }
            }
        }
        for (realm, entries) in &table.realms {
            let there = || list.iter().filter(|((n, ..), _)| network(*n) == *realm);
            let sites: usize = entries.by_site.values().map(BTreeSet::len).sum();
            prop_assert_eq!(sites, there().count(), "no index keeps what is gone");
            let offers: usize = entries.by_address.values().map(BTreeSet::len).sum();
            prop_assert_eq!(offers, there().map(|(_, serves)| serves.iter().collect::<BTreeSet<_>>().len()).sum::<usize>());
        }
        let routes = routes();
        let usable = |router: u8| routes.to(node(router)).is_some();
        for realm in 1..4 {
            for site in 0..4 {
                let found: BTreeSet<NodeId> = table.locate(network(realm), node(site), &routes).into_iter().collect();
                let there = list.keys().filter(|(n, r, s)| (*n, *s) == (realm, site) && usable(*r));
                prop_assert_eq!(found, there.map(|(_, r, _)| node(*r)).collect());
            }
            for a in 0..3 {
                let found = table.candidates(network(realm), &address(&name(&a)), &routes);
                let found: BTreeSet<NodeId> = found.into_iter().map(|c| c.site).collect();
                let there = list.iter().filter(|((n, r, _), serves)| *n == realm && usable(*r) && serves.contains(&a));
                prop_assert_eq!(found, there.map(|((_, _, s), _)| node(*s)).collect());
            }
        }
        prop_assert_eq!(table.realms().count(), list.keys().map(|(n, ..)| n).collect::<BTreeSet<_>>().len());
    }
}
