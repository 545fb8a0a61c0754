//! How much of a controller one subject gets at a time: what they ask beyond that waits, and nobody else does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many requests of one subject are worked on at once: half of what the database takes.
const EACH: usize = 8;

/// The turns of those who have requests under way. How many can wait is bounded by the connections there can be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<HashMap<String, Weak<Semaphore>>>>);

/// The turn of a request, given back when it is dropped. It begins when there is something to work on: who sends a body slowly
/// keeps nobody waiting, not even themselves.
#[derive(Debug)]
pub(super) struct Turn {
    own: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Turn {
    /// Waits for it to begin.
    pub(super) async fn begin(&self) {
        // Nobody closes them.
        let permit = Arc::clone(&self.own).acquire_owned().await.ok();
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = permit;
    }
}

impl Turns {
    /// The turn of a request of a subject.
    pub(super) fn of(&self, subject: &str) -> Arc<Turn> {
        Arc::new(Turn { own: self.own(subject), held: Mutex::default() })
    }

    fn own(&self, subject: &str) -> Arc<Semaphore> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = all.get(subject).and_then(Weak::upgrade) {
            return own;
        }
        all.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Semaphore::new(EACH));
        all.insert(subject.to_owned(), Arc::downgrade(&own));
        own
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn who_has_many_requests_under_way_waits_for_themselves_only_and_is_forgotten_afterwards() {
        let turns = Turns::default();
        let begun = |subject: &str| {
            let turn = turns.of(subject);
            turn.begin().now_or_never().map(|()| turn)
        };
        let mut held: Vec<_> = (0..EACH).map(|_| begun("greedy").expect("a turn")).collect();
        assert!(begun("greedy").is_none());
        assert!(begun("other").is_some());
        held.pop();
        assert!(begun("greedy").is_some());
        drop(held);
        assert!(begun("other").is_some());
        assert_eq!(turns.0.lock().expect("no panic").len(), 1);
    }
}
