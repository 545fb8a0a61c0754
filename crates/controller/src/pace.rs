//! How often something may be asked for, per asker: held by whom it is, so that coming back does not begin it anew.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Each asker may ask `burst` times at once, and after that once in `every`.
#[derive(Debug)]
pub(crate) struct Pace<K> {
    every: Duration,
    burst: u32,
    askers: Mutex<Askers<K>>,
}

#[derive(Debug)]
struct Askers<K> {
    /// By asker, when all it asked for would have been granted at one in `every`.
    until: HashMap<K, Instant>,
    swept: Option<Instant>,
}

impl<K: Eq + Hash> Pace<K> {
    pub(crate) fn new(every: Duration, burst: u32) -> Self {
        Self { every, burst, askers: Mutex::new(Askers { until: HashMap::new(), swept: None }) }
    }

    /// Whether `asker` may, at `now`; if so, it counts.
    pub(crate) fn may(&self, asker: K, now: Instant) -> bool {
        self.may_once_in(self.every, asker, now)
    }

    /// The same at another pace.
    pub(crate) fn may_once_in(&self, every: Duration, asker: K, now: Instant) -> bool {
        let mut askers = self.askers.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = every * self.burst;
        // Who has been quiet for long is like one never heard of: what is kept is bounded by who asks at the moment.
        if askers.swept.is_none_or(|swept| now.duration_since(swept) >= whole) {
            askers.until.retain(|_, until| *until > now);
            askers.swept = Some(now);
        }
        let until = askers.until.entry(asker).or_insert(now);
        let next = (*until).max(now) + every;
        let granted = next <= now + whole;
        if granted {
            *until = next;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asker_has_a_burst_and_then_its_pace_whatever_others_do() {
        let pace = Pace::new(Duration::from_secs(2), 3);
        let now = Instant::now();
        assert_eq!([0; 4].map(|_| pace.may("a", now)), [true, true, true, false]);
        assert!(pace.may("b", now));
        assert!(!pace.may("a", now + Duration::from_secs(1)));
        let later = now + Duration::from_secs(2);
        assert_eq!([0; 2].map(|_| pace.may("a", later)), [true, false]);
    }

    #[test]
    fn who_is_quiet_for_long_is_forgotten() {
        let pace = Pace::new(Duration::from_secs(1), 2);
        let now = Instant::now();
        for asker in 0..100 {
            assert!(pace.may(asker, now));
        }
        assert!(pace.may(1_000, now + Duration::from_secs(5)));
        assert_eq!(pace.askers.lock().expect("no panic").until.len(), 1);
    }
}
