//! Which of several sites that serve an address a new stream is for.

mod deal;

use std::{
    cmp::Ordering,
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use self::deal::Deal;
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The lowest cost; among equals the one with the fewest outstanding streams from here for its weight.
    #[default]
    Closest,
    /// The fewest outstanding streams from here for its weight, where every unit of cost counts as one more stream: a
    /// farther site gets streams once nearer ones are that much busier.
    Balanced,
    /// In turn, as often as these weights say, whatever the sites themselves ask for and however long streams live. A site
    /// that is not named has the weight 1.
    Weighted(BTreeMap<NodeId, u32>),
    /// The first of these that is there; then those that are not named, the closest first.
    Failover(Vec<NodeId>),
}

/// How new streams from here to one address are spread over those who serve it.
#[derive(Clone, Debug)]
pub struct Spread {
    policy: Policy,
    seed: u64,
    deal: Deal,
}

impl Spread {
    /// By a policy. What is otherwise equal is in the order that `seed` gives: every router has a seed of its own, because all
    /// see the same, and are not all to go to the same one of several equals.
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self { policy, seed, deal: Deal::default() }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The best of `candidates` for a new stream that was not `tried` for it, which has had its turn by that.
    ///
    /// `outstanding` says how many streams from here to a site are open. Sites that drain or have no weight come last.
    pub fn pick(
        &mut self,
        candidates: &[Candidate],
        tried: impl Fn(NodeId) -> bool,
        outstanding: impl Fn(NodeId) -> u32,
    ) -> Option<Candidate> {
        let picked = self.order(candidates, outstanding).into_iter().find(|candidate| !tried(candidate.site))?;
        self.deal.count(picked.site);
        Some(picked)
    }

    /// The order in which `candidates` are to be tried for one new stream, best first.
    fn order(&mut self, candidates: &[Candidate], outstanding: impl Fn(NodeId) -> u32) -> Vec<Candidate> {
        let weighed = candidates.iter().map(|candidate| match &self.policy {
            Policy::Weighted(weights) => {
                Candidate { weight: weights.get(&candidate.site).copied().unwrap_or(1), ..*candidate }
            }
            _ => *candidate,
        });
        let ranked = weighed.map(|c| Ranked { candidate: c, open: outstanding(c.site), turn: turn(self.seed, c.site) });
        let mut ranked: Vec<Ranked> = ranked.collect();
        if let Policy::Weighted(_) = self.policy {
            let sharing = ranked.iter().filter(|it| !it.is_last_resort());
            self.deal.among(sharing.map(|it| (it.candidate.site, it.candidate.weight.into())).collect(), self.seed);
        }
        ranked.sort_by(|a, b| self.compare(a, b));
        ranked.into_iter().map(|ranked| ranked.candidate).collect()
    }

    fn compare(&self, a: &Ranked, b: &Ranked) -> Ordering {
        let closest = || a.candidate.cost.cmp(&b.candidate.cost).then_with(|| by_load(a, b, 0));
        let by_policy = || match &self.policy {
            Policy::Closest => closest(),
            Policy::Balanced => by_load(a, b, 1),
            Policy::Weighted(_) => self.deal.compare(a.candidate.site, b.candidate.site).then_with(closest),
            Policy::Failover(order) => {
                let place =
                    |it: &Ranked| order.iter().position(|site| *site == it.candidate.site).unwrap_or(usize::MAX);
                place(a).cmp(&place(b)).then_with(closest)
            }
        };
        let by_turn = || (a.turn, a.candidate).cmp(&(b.turn, b.candidate));
        a.is_last_resort().cmp(&b.is_last_resort()).then_with(by_policy).then_with(by_turn)
    }
}

/// A candidate with what else its rank depends on.
struct Ranked {
    candidate: Candidate,
    /// How many streams from here to it are open.
    open: u32,
    /// Its place among its equals.
    turn: u64,
}

impl Ranked {
    fn is_last_resort(&self) -> bool {
        self.candidate.draining || self.candidate.weight == 0
    }
}

/// The place of `site` among its equals.
fn turn(seed: u64, site: NodeId) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, site).hash(&mut hasher);
    hasher.finish()
}

/// Compares (outstanding + this stream + cost × `per_cost`) / weight, without dividing.
fn by_load(a: &Ranked, b: &Ranked, per_cost: u64) -> Ordering {
    let load = |it: &Ranked| u128::from(u64::from(it.open) + 1 + u64::from(it.candidate.cost) * per_cost);
    let weight = |it: &Ranked| u128::from(it.candidate.weight.max(1));
    (load(a) * weight(b)).cmp(&(load(b) * weight(a)))
}

#[cfg(test)]
mod tests;
