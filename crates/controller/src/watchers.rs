//! Who watches what changes: the event streams that are open at this replica, how many there may be, and what they are
//! told as it happens.
//!
//! What the change feed delivers is passed on to all of them at once. A stream that was not fast enough reads the table
//! from where it stands, as one that begins in the past does: so none misses anything, and none holds up another.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::SubjectId;
use store::event::Recorded;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::liveness::Passing;

/// How many streams can be open at a replica.
const TOTAL: usize = 512;
/// How many of one subject.
const OF_ONE: usize = 32;
/// How many events are kept for streams that are about to read them.
const CHANGES: usize = 1_024;
/// The same of what passes: who is late misses it.
const PASSING: usize = 4_096;

/// The event streams of a replica.
#[derive(Debug)]
pub(crate) struct Watchers {
    changes: broadcast::Sender<Arc<Recorded>>,
    passing: broadcast::Sender<Arc<Passing>>,
    open: Arc<Mutex<Open>>,
    /// There is a stream that wants to know how sites are.
    opened: Notify,
    closing: CancellationToken,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    of: BTreeMap<SubjectId, usize>,
}

/// A place among the open streams, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    subject: SubjectId,
    open: Arc<Mutex<Open>>,
}

/// There are as many streams as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// Of this subject.
    OfOne,
    /// At all.
    Total,
}

impl Default for Watchers {
    fn default() -> Self {
        Self {
            changes: broadcast::Sender::new(CHANGES),
            passing: broadcast::Sender::new(PASSING),
            open: Arc::default(),
            opened: Notify::new(),
            closing: CancellationToken::new(),
        }
    }
}

impl Watchers {
    /// A place for another stream.
    pub(crate) fn enter(&self, subject: SubjectId) -> Result<Seat, Full> {
        let mut open = lock(&self.open);
        if open.total >= TOTAL {
            return Err(Full::Total);
        }
        let of_one = open.of.entry(subject).or_default();
        if *of_one >= OF_ONE {
            return Err(Full::OfOne);
        }
        *of_one += 1;
        open.total += 1;
        self.opened.notify_one();
        Ok(Seat { subject, open: Arc::clone(&self.open) })
    }

    /// How many streams are open.
    pub(crate) fn count(&self) -> usize {
        lock(&self.open).total
    }

    /// Until a stream is opened.
    pub(crate) async fn opened(&self) {
        self.opened.notified().await;
    }

    /// What the change feed has delivered.
    pub(crate) fn happened(&self, events: &[Recorded]) {
        // Nobody listens, mostly.
        if self.changes.receiver_count() > 0 {
            events.iter().for_each(|event| drop(self.changes.send(Arc::new(event.clone()))));
        }
    }

    /// How sites are just now.
    pub(crate) fn passes(&self, passing: Passing) {
        drop(self.passing.send(Arc::new(passing)));
    }

    /// What happens from now on.
    pub(crate) fn changes(&self) -> broadcast::Receiver<Arc<Recorded>> {
        self.changes.subscribe()
    }

    /// What passes from now on.
    pub(crate) fn passing(&self) -> broadcast::Receiver<Arc<Passing>> {
        self.passing.subscribe()
    }

    /// Cancelled when the API ends: so do all streams, each with its last event whole.
    pub(crate) fn closing(&self) -> &CancellationToken {
        &self.closing
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.total -= 1;
        if let Some(of_one) = open.of.get_mut(&self.subject) {
            *of_one -= 1;
            if *of_one == 0 {
                open.of.remove(&self.subject);
            }
        }
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use model::GenericUuid as _;
    use uuid::Uuid;

    use super::*;

    fn subject(n: u128) -> SubjectId {
        SubjectId::from_untyped_uuid(Uuid::from_u128(n))
    }

    #[test]
    fn nobody_has_more_streams_than_their_share_and_gives_back_what_they_had() {
        let watchers = Watchers::default();
        let mut seats: Vec<_> = (0..OF_ONE).map(|_| watchers.enter(subject(1)).expect("room")).collect();
        assert_eq!(watchers.enter(subject(1)).expect_err("that was all"), Full::OfOne);
        let _other = watchers.enter(subject(2)).expect("others have theirs");
        seats.pop();
        seats.push(watchers.enter(subject(1)).expect("one was given back"));
        let many: Vec<_> = (3..).map_while(|n| watchers.enter(subject(n)).ok()).collect();
        assert_eq!((watchers.count(), many.len()), (TOTAL, TOTAL - OF_ONE - 1));
        assert_eq!(watchers.enter(subject(2)).expect_err("full"), Full::Total);
        drop((seats, many));
        assert_eq!(watchers.count(), 1);
    }
}
