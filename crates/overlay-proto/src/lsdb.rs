//! Link state: which backbone routers are linked, at what cost, and the way from here to each.
//!
//! An edge counts when both its ends report it, with the greater of the two costs: both then see the same edge, whoever's
//! report came last. Ways through a router that drains are taken only where there is no other. All routers that know the
//! same records agree, so that a stream passed from next router to next router comes closer with each: no loops.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use crate::{NodeId, link::LinkState};

/// How far away a router is. Less is closer: a detour through a draining router is farther than any cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Distance {
    /// How many draining routers are on the way.
    pub draining: u32,
    /// The sum of the costs of the edges.
    pub cost: u64,
}

/// The way to a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// How far it is.
    pub distance: Distance,
    /// The neighbour it begins with; the router itself, when it is here.
    pub next: NodeId,
    /// The router is about to go.
    pub draining: bool,
}

/// The ways from one router to all it can reach, itself included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    routes: BTreeMap<NodeId, Route>,
}

impl Routes {
    /// The way to `router`.
    pub fn to(&self, router: NodeId) -> Option<Route> {
        self.routes.get(&router).copied()
    }

    /// Every router that can be reached, with the way.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, Route)> + '_ {
        self.routes.iter().map(|(router, route)| (*router, *route))
    }
}

/// What every router reports of its edges.
#[derive(Clone, Debug, Default)]
pub struct Lsdb {
    routers: BTreeMap<NodeId, Reported>,
}

#[derive(Clone, Debug, Default)]
struct Reported {
    edges: BTreeMap<NodeId, u32>,
    draining: bool,
}

impl Lsdb {
    /// The most edges of one router that are looked at.
    pub const EDGES: usize = 4_096;

    /// Takes over what `router` reports. Edges to nobody are left out; a cost of 0 counts as 1; of several edges to one
    /// neighbour the cheapest counts.
    pub fn set(&mut self, router: NodeId, state: &LinkState) {
        let mut edges = BTreeMap::new();
        for edge in state.edges.iter().take(Self::EDGES) {
            if let Some(neighbour) = NodeId::from_wire(&edge.neighbour) {
                let cost = edge.cost.max(1);
                edges.entry(neighbour).and_modify(|c: &mut u32| *c = cost.min(*c)).or_insert(cost);
            }
        }
        self.routers.insert(router, Reported { edges, draining: state.draining });
    }

    /// Forgets what `router` reported.
    pub fn remove(&mut self, router: NodeId) {
        self.routers.remove(&router);
    }

    /// What the edge between two routers costs, of which one reports `cost`, if the other reports it too.
    fn edge(&self, from: NodeId, to: NodeId, cost: u32) -> Option<u32> {
        self.routers.get(&to)?.edges.get(&from).map(|back| cost.max(*back))
    }

    /// The ways from `me` (Dijkstra), whose live edges are `edges`, whatever it reported last. Of ways of one length the
    /// one that begins with the least neighbour id is taken.
    pub fn routes(&self, me: NodeId, edges: &BTreeMap<NodeId, u32>, draining: bool) -> Routes {
        let mut routes = BTreeMap::new();
        let mut open = BinaryHeap::from([Reverse((Distance::default(), me, me))]);
        while let Some(Reverse((distance, next, router))) = open.pop() {
            if routes.contains_key(&router) {
                continue;
            }
            let here = router == me;
            let reported = self.routers.get(&router);
            let drains = if here { draining } else { reported.is_some_and(|r| r.draining) };
            routes.insert(router, Route { distance, next, draining: drains });
            let Some(edges) = (if here { Some(edges) } else { reported.map(|r| &r.edges) }) else { continue };
            for (neighbour, cost) in edges {
                let Some(cost) = self.edge(router, *neighbour, *cost) else { continue };
                if routes.contains_key(neighbour) {
                    continue;
                }
                let distance = Distance {
                    draining: distance.draining + u32::from(drains && !here),
                    cost: distance.cost + u64::from(cost),
                };
                open.push(Reverse((distance, if here { *neighbour } else { next }, *neighbour)));
            }
        }
        Routes { routes }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::link::Edge;

    fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(n))
    }

    fn state(edges: &[(u128, u32)], draining: bool) -> LinkState {
        let edges = edges.iter().map(|(n, cost)| Edge { neighbour: node(*n).to_wire(), cost: *cost }).collect();
        LinkState { edges, draining }
    }

    fn lsdb(states: &[(u128, &[(u128, u32)])]) -> Lsdb {
        let mut lsdb = Lsdb::default();
        for (router, edges) in states {
            lsdb.set(node(*router), &state(edges, false));
        }
        lsdb
    }

    fn way(lsdb: &Lsdb, edges: &[(u128, u32)], to: u128) -> Option<(u64, u128)> {
        let edges = edges.iter().map(|(n, cost)| (node(*n), *cost)).collect();
        let route = lsdb.routes(node(1), &edges, false).to(node(to))?;
        Some((route.distance.cost, route.next.0.as_u128()))
    }

    #[test]
    fn the_cheapest_way_is_taken_and_the_least_neighbour_among_equals() {
        let lsdb = lsdb(&[(2, &[(1, 1), (4, 5)]), (3, &[(1, 2), (4, 4)]), (4, &[(2, 5), (3, 4)])]);
        assert_eq!(way(&lsdb, &[(2, 1), (3, 2)], 4), Some((6, 2)));
        assert_eq!(way(&lsdb, &[(2, 2), (3, 2)], 4), Some((6, 3)));
        assert_eq!(way(&lsdb, &[(2, 2), (3, 2)], 1), Some((0, 1)));
    }

    #[test]
    fn an_edge_that_one_end_alone_reports_does_not_count() {
        let lsdb = lsdb(&[(2, &[(3, 1)]), (3, &[(2, 1)])]);
        assert_eq!(way(&lsdb, &[(2, 1)], 2), None);
        assert_eq!(way(&lsdb, &[(2, 1)], 3), None);
    }

    #[test]
    fn the_greater_of_two_reported_costs_counts_and_zero_is_one() {
        assert_eq!(way(&lsdb(&[(2, &[(1, 7)])]), &[(2, 3)], 2), Some((7, 2)));
        assert_eq!(way(&lsdb(&[(2, &[(1, 0)])]), &[(2, 1)], 2), Some((1, 2)));
    }

    #[test]
    fn a_draining_router_is_passed_only_where_there_is_no_other_way() {
        let mut lsdb = lsdb(&[(3, &[(1, 100), (4, 100)]), (4, &[(2, 1), (3, 100)])]);
        lsdb.set(node(2), &state(&[(1, 1), (4, 1)], true));
        assert_eq!(way(&lsdb, &[(2, 1), (3, 100)], 4), Some((200, 3)));
        assert_eq!(way(&lsdb, &[(2, 1), (3, 100)], 2), Some((1, 2)));
        lsdb.remove(node(3));
        assert_eq!(way(&lsdb, &[(2, 1), (3, 100)], 4), Some((2, 2)));
    }

    #[test]
    fn the_largest_costs_do_not_overflow() {
        let far = u32::MAX;
        let lsdb = lsdb(&[(2, &[(1, far), (3, far)]), (3, &[(2, far)])]);
        assert_eq!(way(&lsdb, &[(2, far)], 3), Some((2 * u64::from(far), 2)));
    }
}
