//! Which of several sites that serve an address a new stream is for.

use std::{
    cmp::Ordering,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use crate::NodeId;

/// A site that serves an address, as seen from where a stream begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidate {
    /// The site.
    pub site: NodeId,
    /// The cost of the way there; 0 is here.
    pub cost: u32,
    /// Its share of the streams, relative to the others. 0: only when nobody else serves the address.
    pub weight: u32,
    /// It is about to go: only when nobody else serves the address.
    pub draining: bool,
}

/// How an address picks among those who serve it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The lowest cost; among equals the one with the fewest outstanding streams from here for its weight.
    #[default]
    Closest,
    /// The fewest outstanding streams from here for its weight, where every unit of cost counts as one more stream: a
    /// farther site gets streams once nearer ones are that much busier.
    Balanced,
}

/// The order in which `candidates` are to be tried for one new stream, best first.
///
/// `outstanding` says how many streams from here to a site are open. Sites that drain or have no weight come last. What is
/// otherwise equal is in the order that `seed` gives: every router has a seed of its own, because all see the same, and are
/// not all to go to the same one of several equals.
pub fn order(
    policy: Policy,
    seed: u64,
    candidates: &[Candidate],
    outstanding: impl Fn(NodeId) -> u32,
) -> Vec<Candidate> {
    let ranked =
        candidates.iter().map(|c| Ranked { candidate: *c, open: outstanding(c.site), turn: turn(seed, c.site) });
    let mut ranked: Vec<Ranked> = ranked.collect();
    ranked.sort_by(|a, b| compare(policy, a, b));
    ranked.into_iter().map(|ranked| ranked.candidate).collect()
}

/// A candidate with what else its rank depends on.
struct Ranked {
    candidate: Candidate,
    /// How many streams from here to it are open.
    open: u32,
    /// Its place among its equals.
    turn: u64,
}

/// The place of `site` among its equals.
fn turn(seed: u64, site: NodeId) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, site).hash(&mut hasher);
    hasher.finish()
}

fn compare(policy: Policy, a: &Ranked, b: &Ranked) -> Ordering {
    let last_resort = |it: &Ranked| it.candidate.draining || it.candidate.weight == 0;
    let by_policy = match policy {
        Policy::Closest => a.candidate.cost.cmp(&b.candidate.cost).then_with(|| by_load(a, b, 0)),
        Policy::Balanced => by_load(a, b, 1),
    };
    let by_turn = || (a.turn, a.candidate).cmp(&(b.turn, b.candidate));
    last_resort(a).cmp(&last_resort(b)).then(by_policy).then_with(by_turn)
}

/// Compares (outstanding + this stream + cost × `per_cost`) / weight, without dividing.
fn by_load(a: &Ranked, b: &Ranked, per_cost: u64) -> Ordering {
    let load = |it: &Ranked| u128::from(u64::from(it.open) + 1 + u64::from(it.candidate.cost) * per_cost);
    let weight = |it: &Ranked| u128::from(it.candidate.weight.max(1));
    (load(a) * weight(b)).cmp(&(load(b) * weight(a)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn node(n: u8) -> NodeId {
        NodeId(Uuid::from_u128(n.into()))
    }

    fn candidate(n: u8, cost: u32) -> Candidate {
        Candidate { site: node(n), cost, weight: 1, draining: false }
    }

    /// Opens `streams` long-lived streams one after the other, and says how many each site got.
    fn share(policy: Policy, candidates: &[Candidate], streams: u32) -> Vec<u32> {
        let mut open: BTreeMap<NodeId, u32> = BTreeMap::new();
        for _ in 0..streams {
            let ranked = order(policy, 0, candidates, |s| open.get(&s).copied().unwrap_or(0));
            let site = ranked.first().expect("someone").site;
            *open.entry(site).or_default() += 1;
        }
        candidates.iter().map(|c| open.get(&c.site).copied().unwrap_or(0)).collect()
    }

    #[test]
    fn closest_uses_the_nearest_alone_and_shares_among_equals() {
        assert_eq!(share(Policy::Closest, &[candidate(1, 5), candidate(2, 4)], 10), [0, 10]);
        assert_eq!(share(Policy::Closest, &[candidate(1, 4), candidate(2, 4)], 10), [5, 5]);
    }

    #[test]
    fn routers_that_see_the_same_spread_over_equals() {
        let replicas = [candidate(1, 4), candidate(2, 4), candidate(3, 4)];
        let mut chosen: BTreeMap<NodeId, u32> = BTreeMap::new();
        for seed in 0..256 {
            let first = order(Policy::Closest, seed, &replicas, |_| 0)[0].site;
            assert_eq!(first, order(Policy::Closest, seed, &replicas, |_| 0)[0].site, "each stays with its own");
            *chosen.entry(first).or_default() += 1;
        }
        assert!(replicas.iter().all(|it| chosen[&it.site] > 60), "a third of them is 85: {chosen:?}");
    }

    #[test]
    fn balanced_reaches_for_the_farther_once_the_nearer_are_busier_by_the_difference() {
        assert_eq!(share(Policy::Balanced, &[candidate(1, 10), candidate(2, 0)], 10), [0, 10]);
        assert_eq!(share(Policy::Balanced, &[candidate(1, 10), candidate(2, 0)], 30), [10, 20]);
    }

    #[test]
    fn weights_share_in_proportion() {
        let heavy = Candidate { weight: 3, ..candidate(1, 1) };
        assert_eq!(share(Policy::Closest, &[heavy, candidate(2, 1)], 40), [30, 10]);
    }

    #[test]
    fn who_drains_or_has_no_weight_is_the_last_resort() {
        let draining = Candidate { draining: true, ..candidate(1, 0) };
        let weightless = Candidate { weight: 0, ..candidate(2, 0) };
        for policy in [Policy::Closest, Policy::Balanced] {
            assert_eq!(share(policy, &[draining, weightless, candidate(3, 99)], 5), [0, 0, 5]);
            assert_eq!(share(policy, &[draining], 5), [5]);
        }
    }

    fn any_candidate() -> impl Strategy<Value = (Candidate, u32)> {
        (any::<u8>(), 0..4_u32, 0..4_u32, any::<bool>(), 0..6_u32)
            .prop_map(|(n, cost, weight, draining, open)| (Candidate { site: node(n), cost, weight, draining }, open))
    }

    proptest! {
        #[test]
        fn the_order_is_total_and_does_not_depend_on_how_candidates_came(
            ranked in prop::collection::vec(any_candidate(), 0..12), balanced in any::<bool>(), turn in any::<usize>()
        ) {
            let policy = if balanced { Policy::Balanced } else { Policy::Closest };
            let open: BTreeMap<NodeId, u32> = ranked.iter().map(|(c, n)| (c.site, *n)).collect();
            let candidates: Vec<Candidate> = ranked.iter().map(|(c, _)| *c).collect();
            let mut turned = candidates.clone();
            turned.rotate_left(turn.checked_rem(candidates.len()).unwrap_or(0));
            let first = order(policy, 0, &candidates, |s| open[&s]);
            prop_assert_eq!(first, order(policy, 0, &turned, |s| open[&s]));
        }
    }
}
