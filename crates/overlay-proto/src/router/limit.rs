use std::collections::{BTreeMap, BTreeSet};

use crate::Millis;

/// A token bucket: so many at once, and so many per second on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    per_second: u64,
    /// In thousandths, so that a millisecond adds a whole number.
    most: u64,
    level: u64,
    at: Millis,
}

impl Bucket {
    pub(super) fn new(per_second: u32, at_once: u32, now: Millis) -> Self {
        let most = u64::from(at_once) * 1_000;
        Self { per_second: per_second.into(), most, level: most, at: now }
    }

    /// Takes one, if one is there.
    pub(super) fn take(&mut self, now: Millis) -> bool {
        let gained = now.since(self.at).saturating_mul(self.per_second);
        self.level = self.level.saturating_add(gained).min(self.most);
        self.at = now.max(self.at);
        let Some(rest) = self.level.checked_sub(1_000) else {
            return false;
        };
        self.level = rest;
        true
    }
}

/// Things to do that must not be done too often: each at once if it was not done lately, else when the pause is over.
#[derive(Debug)]
pub(super) struct Debounced<K> {
    /// What is to be done, and when.
    due: BTreeMap<K, Millis>,
    queue: BTreeSet<(Millis, K)>,
    /// When things were done last, if that was lately.
    last: BTreeMap<K, Millis>,
}

impl<K> Default for Debounced<K> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), queue: BTreeSet::new(), last: BTreeMap::new() }
    }
}

impl<K: Ord + Copy> Debounced<K> {
    /// The least time between two of the same, in milliseconds.
    pub(super) const PAUSE: u64 = 20;

    /// `what` is to be done.
    pub(super) fn want(&mut self, what: K, now: Millis) {
        if !self.due.contains_key(&what) {
            let due = self.last.get(&what).map_or(now, |last| now.max(last.after(Self::PAUSE)));
            self.put_off(what, due);
        }
    }

    /// `what` is to be done, but not before `at`.
    pub(super) fn put_off(&mut self, what: K, at: Millis) {
        if let Some(earlier) = self.due.insert(what, at) {
            self.queue.remove(&(earlier, what));
        }
        self.queue.insert((at, what));
    }

    /// Everything that is to be done is put off.
    pub(super) fn put_all_off(&mut self, at: Millis) {
        for what in self.due.keys().copied().collect::<Vec<_>>() {
            self.put_off(what, at);
        }
    }

    /// What is to be done now; it counts as done.
    pub(super) fn take(&mut self, now: Millis) -> BTreeSet<K> {
        let mut taken = BTreeSet::new();
        while let Some((at, what)) = self.queue.first().copied().filter(|(at, _)| *at <= now) {
            self.queue.remove(&(at, what));
            self.due.remove(&what);
            self.last.insert(what, now);
            taken.insert(what);
        }
        taken
    }

    /// When something is to be done next.
    pub(super) fn next(&self) -> Option<Millis> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// Forgets when things were done that may be done again.
    pub(super) fn prune(&mut self, now: Millis) {
        self.last.retain(|_, last| now.since(*last) < Self::PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(10, 5, Millis(0));
        let taken = |bucket: &mut Bucket, at| (0..100).filter(|_| bucket.take(Millis(at))).count();
        assert_eq!(taken(&mut bucket, 0), 5);
        assert_eq!(taken(&mut bucket, 99), 0);
        assert_eq!(taken(&mut bucket, 300), 3);
        assert_eq!(taken(&mut bucket, 1_000_000), 5);
        assert_eq!(taken(&mut bucket, 0), 0, "time that runs backwards gives nothing");
    }

    #[test]
    fn the_first_is_done_at_once_and_the_next_after_the_pause() {
        let mut things = Debounced::default();
        let take = |things: &mut Debounced<char>, at| things.take(Millis(at)).into_iter().collect::<String>();
        things.want('a', Millis(100));
        assert_eq!(take(&mut things, 100), "a");
        assert_eq!((take(&mut things, 1_000).as_str(), things.next()), ("", None), "nothing is wanted");
        things.want('a', Millis(1_000));
        assert_eq!(take(&mut things, 1_000), "a");
        things.want('a', Millis(1_005));
        things.want('a', Millis(1_010));
        things.want('b', Millis(1_010));
        assert_eq!(things.next(), Some(Millis(1_010)));
        assert_eq!(take(&mut things, 1_019), "b");
        assert_eq!(things.next(), Some(Millis(1_020)));
        things.prune(Millis(1_019));
        assert_eq!(take(&mut things, 1_020), "a");
        things.want('b', Millis(1_021));
        things.put_all_off(Millis(5_000));
        assert_eq!((take(&mut things, 4_999).as_str(), take(&mut things, 5_000).as_str()), ("", "b"));
    }
}
