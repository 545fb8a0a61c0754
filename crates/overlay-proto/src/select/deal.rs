//! Streams dealt out by weights.

use std::{cmp::Ordering, collections::BTreeMap};

use super::turn;
use crate::NodeId;

/// The most streams a router may be ahead of another one that deals out by the same weights.
const AHEAD: u64 = 256;

/// What was dealt to whom since the weights, or those who share, changed last. Whoever comes, or comes back, gets its share of
/// what follows, and nothing of what it missed.
///
/// It follows the quota method of Balinski and Young: whoever has had least for its weight is next, of those whom one more
/// does not bring a whole stream above their share. Nobody is then ever a whole stream above or below it.
#[derive(Clone, Debug, Default)]
pub(super) struct Deal {
    shares: BTreeMap<NodeId, Share>,
    weights: u64,
    dealt: u64,
}

#[derive(Clone, Copy, Debug)]
struct Share {
    weight: u64,
    dealt: u64,
    /// Its place among its equals.
    turn: u64,
}

impl Deal {
    /// Deals among these from now on, by their weights, none of which is 0. It begins at a place in the round that `seed` gives:
    /// of many routers that open a stream or two each, not all are to begin with the site of the greatest weight.
    pub(super) fn among(&mut self, weights: BTreeMap<NodeId, u64>, seed: u64) {
        if self.shares.iter().map(|(site, share)| (site, &share.weight)).eq(&weights) {
            return;
        }
        let total = weights.values().sum();
        let share = |(site, weight)| (site, Share { weight, dealt: 0, turn: turn(seed, site) });
        let shares = weights.into_iter().map(share).collect();
        *self = Self { shares, weights: total, dealt: 0 };
        for _ in 0..seed.checked_rem(total.min(AHEAD)).unwrap_or(0) {
            let next = self.shares.keys().copied().min_by(|a, b| self.compare(*a, *b));
            next.into_iter().for_each(|site| self.count(site));
        }
    }

    /// Who is to have the next stream rather than the other. Those who do not share are equal, and come last.
    pub(super) fn compare(&self, a: NodeId, b: NodeId) -> Ordering {
        match (self.shares.get(&a), self.shares.get(&b)) {
            (Some(a), Some(b)) => {
                let full = |it: &Share| product(it.dealt, self.weights) >= product(self.dealt + 1, it.weight);
                let load = product(a.dealt + 1, b.weight).cmp(&product(b.dealt + 1, a.weight));
                full(a).cmp(&full(b)).then(load).then(a.turn.cmp(&b.turn))
            }
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }

    /// Counts a stream that a site was given.
    pub(super) fn count(&mut self, site: NodeId) {
        if let Some(share) = self.shares.get_mut(&site) {
            share.dealt += 1;
            self.dealt += 1;
        }
    }
}

fn product(one: u64, other: u64) -> u128 {
    u128::from(one) * u128::from(other)
}
