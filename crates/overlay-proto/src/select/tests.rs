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
    let mut spread = Spread::new(policy, 0);
    let mut open: BTreeMap<NodeId, u32> = BTreeMap::new();
    for _ in 0..streams {
        let picked = spread.pick(candidates, |_| false, |s| open.get(&s).copied().unwrap_or(0));
        *open.entry(picked.expect("someone").site).or_default() += 1;
    }
    candidates.iter().map(|c| open.get(&c.site).copied().unwrap_or(0)).collect()
}

/// Opens `streams` streams one after the other, each ending before the next begins, and says how many each site got.
fn dealt(spread: &mut Spread, candidates: &[Candidate], streams: u32) -> Vec<u32> {
    let mut dealt: BTreeMap<NodeId, u32> = BTreeMap::new();
    for _ in 0..streams {
        let picked = spread.pick(candidates, |_| false, |_| 0).expect("someone");
        *dealt.entry(picked.site).or_default() += 1;
    }
    candidates.iter().map(|c| dealt.get(&c.site).copied().unwrap_or(0)).collect()
}

fn weighted(weights: &[(u8, u32)]) -> Policy {
    Policy::Weighted(weights.iter().map(|(n, weight)| (node(*n), *weight)).collect())
}

fn failover(order: &[u8]) -> Policy {
    Policy::Failover(order.iter().copied().map(node).collect())
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
        let mut spread = Spread::new(Policy::Closest, seed);
        let first = spread.order(&replicas, |_| 0)[0].site;
        assert_eq!(first, spread.order(&replicas, |_| 0)[0].site, "each stays with its own");
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
    for policy in [Policy::Closest, Policy::Balanced, failover(&[1, 2, 3])] {
        assert_eq!(share(policy.clone(), &[draining, weightless, candidate(3, 99)], 5), [0, 0, 5]);
        assert_eq!(share(policy, &[draining], 5), [5]);
    }
}

#[test]
fn failover_takes_the_first_that_is_there_and_goes_back_to_the_better_one() {
    let mut spread = Spread::new(failover(&[3, 1]), 7);
    let (first, second, near, far) = (candidate(3, 9), candidate(1, 5), candidate(4, 1), candidate(2, 2));
    assert_eq!(dealt(&mut spread, &[near, far, second, first], 5), [0, 0, 0, 5]);
    assert_eq!(dealt(&mut spread, &[near, far, second], 5), [0, 0, 5]);
    assert_eq!(dealt(&mut spread, &[far, near], 5), [0, 5], "those that are not named, the closest first");
    assert_eq!(dealt(&mut spread, &[near, second, first], 5), [0, 0, 5]);
    let whole: Vec<NodeId> = spread.order(&[far, near, second, first], |_| 0).iter().map(|c| c.site).collect();
    assert_eq!(whole, [3, 1, 4, 2].map(node));
}

#[test]
fn weight_0_gets_nothing_until_nobody_with_a_weight_is_there() {
    let mut spread = Spread::new(weighted(&[(1, 0), (2, 0)]), 0);
    let (idle, other, unnamed) = (candidate(1, 3), candidate(2, 4), candidate(3, 99));
    assert_eq!(dealt(&mut spread, &[idle, other, unnamed], 9), [0, 0, 9]);
    assert_eq!(dealt(&mut spread, &[idle, other], 9), [9, 0], "then the closest");
    let draining = Candidate { draining: true, ..unnamed };
    assert_eq!(dealt(&mut spread, &[idle, draining], 9), [9, 0], "and who drains is no better");
}

#[test]
fn who_comes_back_gets_its_share_of_what_follows_and_nothing_of_what_it_missed() {
    let mut spread = Spread::new(weighted(&[(1, 3), (2, 1)]), 0);
    let (one, two) = (candidate(1, 0), candidate(2, 0));
    assert_eq!(dealt(&mut spread, &[one, two], 40), [30, 10]);
    assert_eq!(dealt(&mut spread, &[one], 40), [40]);
    assert_eq!(dealt(&mut spread, &[one, two], 40), [30, 10]);
}

#[test]
fn routers_with_one_stream_each_spread_them_by_weight() {
    let both = [candidate(1, 0), candidate(2, 9)];
    let first = (0..400).map(|seed| dealt(&mut Spread::new(weighted(&[(1, 3), (2, 1)]), seed), &both, 1)[0]);
    let first = first.sum::<u32>();
    assert!((280..=320).contains(&first), "three quarters of 400 and not {first}");
}

#[test]
fn what_fails_at_one_of_them_goes_to_the_others_by_their_weights() {
    let mut spread = Spread::new(weighted(&[(1, 3), (2, 1), (3, 4)]), 0);
    let (one, two, fails) = (candidate(1, 0), candidate(2, 0), candidate(3, 0));
    let all = [one, two, fails];
    let mut served: BTreeMap<NodeId, u32> = BTreeMap::new();
    for _ in 0..400 {
        let mut tried = vec![];
        while let Some(picked) = spread.pick(&all, |site| tried.contains(&site), |_| 0) {
            tried.push(picked.site);
            if picked.site != fails.site {
                *served.entry(picked.site).or_default() += 1;
                break;
            }
        }
    }
    let share = served[&one.site];
    assert!((298..=302).contains(&share), "three quarters of 400 and not {share}");
    assert_eq!(served[&two.site], 400 - share);
}

fn any_candidate() -> impl Strategy<Value = (Candidate, u32)> {
    (any::<u8>(), 0..4_u32, 0..4_u32, any::<bool>(), 0..6_u32)
        .prop_map(|(n, cost, weight, draining, open)| (Candidate { site: node(n), cost, weight, draining }, open))
}

fn any_policy() -> impl Strategy<Value = Policy> {
    prop_oneof![
        Just(Policy::Closest),
        Just(Policy::Balanced),
        prop::collection::btree_map(any::<u8>().prop_map(node), 0..5_u32, 0..8).prop_map(Policy::Weighted),
        prop::collection::vec(any::<u8>().prop_map(node), 0..8).prop_map(Policy::Failover),
    ]
}

/// Sites with weights, of which one at least is not 0.
fn any_weights() -> impl Strategy<Value = BTreeMap<u8, u32>> {
    let weight = prop_oneof![0..4_u32, 0..40_u32, Just(200)];
    prop::collection::btree_map(any::<u8>(), weight, 1..10)
        .prop_filter("one has a weight", |weights| weights.values().any(|weight| *weight > 0))
}

proptest! {
    #[test]
    fn the_order_is_total_and_does_not_depend_on_how_candidates_came(
        ranked in prop::collection::vec(any_candidate(), 0..12), policy in any_policy(), turn in any::<usize>()
    ) {
        let open: BTreeMap<NodeId, u32> = ranked.iter().map(|(c, n)| (c.site, *n)).collect();
        let candidates: Vec<Candidate> = ranked.iter().map(|(c, _)| *c).collect();
        let mut turned = candidates.clone();
        turned.rotate_left(turn.checked_rem(candidates.len()).unwrap_or(0));
        let order = |candidates: &[Candidate]| Spread::new(policy.clone(), 0).order(candidates, |s| open[&s]);
        prop_assert_eq!(order(&candidates), order(&turned));
    }

    #[test]
    fn at_every_moment_everybody_has_its_share_by_weight_to_within_one_stream(
        weights in any_weights(), streams in 1..300_u32
    ) {
        let named: Vec<(u8, u32)> = weights.clone().into_iter().collect();
        let candidates: Vec<Candidate> = weights.keys().map(|n| candidate(*n, u32::from(*n) % 7)).collect();
        let total: u64 = weights.values().copied().map(u64::from).sum();
        let mut spread = Spread::new(weighted(&named), 0);
        let mut dealt: BTreeMap<NodeId, u64> = BTreeMap::new();
        for n in 1..=u64::from(streams) {
            let picked = spread.pick(&candidates, |_| false, |_| 0).expect("someone");
            *dealt.entry(picked.site).or_default() += 1;
            for (site, weight) in &named {
                let has = dealt.get(&node(*site)).copied().unwrap_or(0);
                // Less than a whole stream from n × weight / total.
                prop_assert!((has * total).abs_diff(n * u64::from(*weight)) < total, "{named:?}: {dealt:?}");
            }
        }
    }

    #[test]
    fn wherever_a_router_begins_a_whole_round_is_dealt_by_weight(weights in any_weights(), seed in any::<u64>()) {
        let named: Vec<(u8, u32)> = weights.clone().into_iter().filter(|(n, _)| n % 2 == 0).collect();
        let candidates: Vec<Candidate> = weights.keys().map(|n| candidate(*n, 0)).collect();
        // Who is not named has the weight 1.
        let weights: Vec<u32> = weights.iter().map(|(n, weight)| if n % 2 == 0 { *weight } else { 1 }).collect();
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let round: u32 = weights.iter().sum();
        prop_assert_eq!(dealt(&mut Spread::new(weighted(&named), seed), &candidates, round), weights);
    }

    #[test]
    fn the_share_of_who_cannot_be_reached_goes_to_the_others_by_their_weights(
        weights in any_weights(), gone in any::<prop::sample::Index>(), streams in 0..50_u32
    ) {
        let named: Vec<(u8, u32)> = weights.clone().into_iter().collect();
        let mut candidates: Vec<Candidate> = weights.keys().map(|n| candidate(*n, 0)).collect();
        let mut spread = Spread::new(weighted(&named), 0);
        dealt(&mut spread, &candidates, streams);
        let gone = candidates.remove(gone.index(candidates.len()));
        let left: Vec<u32> = named.iter().filter(|(n, _)| node(*n) != gone.site).map(|(_, weight)| *weight).collect();
        prop_assume!(left.iter().any(|weight| *weight > 0));
        prop_assert_eq!(dealt(&mut spread, &candidates, left.iter().sum()), left);
    }
}
