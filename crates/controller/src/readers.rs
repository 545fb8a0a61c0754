//! Who reads logs of sites: how many there may be at once at this replica, and of whom that was recorded lately.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::{DeploymentId, NetworkId, SiteId, SubjectId};
use tokio::time::Instant;

/// How many readings there can be at a replica.
const TOTAL: usize = 64;
/// How many of one network.
const OF_NETWORK: usize = 8;
/// How many of one site: as many as it answers.
const OF_SITE: usize = 2;
/// How long who goes on reading the same is recorded once.
const RECORDED: Duration = Duration::from_secs(5 * 60);

/// What somebody reads: they, a deployment, a site and a part.
pub(crate) type What = (SubjectId, DeploymentId, SiteId, String);

/// The readings of a replica.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    open: Arc<Mutex<Vec<(NetworkId, SiteId)>>>,
    recorded: Mutex<HashMap<What, Instant>>,
}

/// A reading's place, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    of: (NetworkId, SiteId),
    open: Arc<Mutex<Vec<(NetworkId, SiteId)>>>,
}

impl Readers {
    /// A place for another reading, if there is one.
    pub(crate) fn enter(&self, network: NetworkId, site: SiteId) -> Option<Seat> {
        let mut open = lock(&self.open);
        let of_network = open.iter().filter(|(of, _)| *of == network).count();
        let of_site = open.iter().filter(|(_, of)| *of == site).count();
        if open.len() >= TOTAL || of_network >= OF_NETWORK || of_site >= OF_SITE {
            return None;
        }
        open.push((network, site));
        Some(Seat { of: (network, site), open: Arc::clone(&self.open) })
    }

    /// Whether this was recorded a short while ago.
    pub(crate) fn is_recorded(&self, what: &What, now: Instant) -> bool {
        lock(&self.recorded).get(what).is_some_and(|at| now.duration_since(*at) < RECORDED)
    }

    /// It is recorded now.
    pub(crate) fn recorded(&self, what: What, now: Instant) {
        let mut recorded = lock(&self.recorded);
        recorded.retain(|_, at| now.duration_since(*at) < RECORDED);
        recorded.insert(what, now);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        if let Some(place) = open.iter().position(|of| *of == self.of) {
            open.swap_remove(place);
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use model::GenericUuid;
    use uuid::Uuid;

    use super::*;

    fn id<T: GenericUuid>(n: u128) -> T {
        T::from_untyped_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn a_site_a_network_and_a_replica_have_so_many_readers_and_places_come_back() {
        let readers = Readers::default();
        let fill = |network: u128| -> Vec<Seat> {
            (0..100).filter_map(|n| readers.enter(id(network), id(network * 1_000 + n / 2))).collect()
        };
        let mut one = fill(1);
        assert_eq!(one.len(), OF_NETWORK);
        assert!(readers.enter(id(1), id(1_000)).is_none(), "nor is there another one of the network");
        one.pop();
        let again = readers.enter(id(1), id(1_050)).expect("one was given back");
        let _second = readers.enter(id(2), id(1_050)).expect("of another network");
        assert!(readers.enter(id(3), id(1_050)).is_none(), "two of a site");
        drop(again);
        let others: Vec<_> = (2..50).flat_map(fill).collect();
        assert_eq!(one.len() + others.len() + 1, TOTAL);
    }

    #[test]
    fn who_goes_on_reading_is_recorded_again_after_a_while() {
        let (readers, now) = (Readers::default(), Instant::now());
        let what = |part: &str| (id(1), id(2), id(3), part.to_owned());
        readers.recorded(what("shop/till"), now);
        assert!(readers.is_recorded(&what("shop/till"), now + Duration::from_secs(299)));
        assert!(!readers.is_recorded(&what("shop/till"), now + RECORDED));
        assert!(!readers.is_recorded(&what("shop/door"), now), "another part is something else");
        readers.recorded(what("shop/door"), now + RECORDED);
        assert_eq!(lock(&readers.recorded).len(), 1, "what was long ago is forgotten");
    }
}
