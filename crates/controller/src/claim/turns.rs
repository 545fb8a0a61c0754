//! Whose turn it is: claims share the database with everything else, and no invitation takes what is there for others.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

/// How many claims are worked on at once.
const AT_ONCE: usize = 12;
/// How many of them by one invitation, or for one relay site. One behind the other they would wait for each other in
/// the database anyway: uses are counted one at a time.
const EACH: usize = 4;
/// How many claims by one invitation wait for a turn; more are asked to come back.
const WAITING: usize = 512;

/// The turns of one service.
#[derive(Debug)]
pub(super) struct Turns {
    all: Arc<Semaphore>,
    each: Mutex<HashMap<Uuid, Weak<Own>>>,
}

/// The turns of one invitation, or of one relay site.
#[derive(Debug)]
struct Own {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// A turn; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    _any: OwnedSemaphorePermit,
    _own: OwnedSemaphorePermit,
    _owner: Arc<Own>,
}

impl Turns {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), each: Mutex::default() }
    }

    /// Waits for a turn of `claimant`: an invitation or a relay site. None, when too many of its claims wait already.
    ///
    /// First among its own, then among all: at any moment at most [`EACH`] of its claims stand before anybody else's.
    pub(super) async fn take(&self, claimant: Uuid) -> Option<Turn> {
        let owner = self.own(claimant);
        let waits = Waits::enter(&owner)?;
        let own = Arc::clone(&owner.turns).acquire_owned().await.ok()?;
        let any = Arc::clone(&self.all).acquire_owned().await.ok()?;
        drop(waits);
        Some(Turn { _any: any, _own: own, _owner: owner })
    }

    fn own(&self, claimant: Uuid) -> Arc<Own> {
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = each.get(&claimant).and_then(Weak::upgrade) {
            return own;
        }
        each.retain(|_, own| own.strong_count() > 0);
        let own = Arc::new(Own { turns: Arc::new(Semaphore::new(EACH)), waiting: AtomicUsize::new(0) });
        each.insert(claimant, Arc::downgrade(&own));
        own
    }
}

/// A place among those who wait.
struct Waits<'a>(&'a Own);

impl<'a> Waits<'a> {
    fn enter(own: &'a Own) -> Option<Self> {
        let before = own.waiting.fetch_add(1, Ordering::Relaxed);
        let waits = Self(own);
        (before < WAITING).then_some(waits)
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join_all};

    use super::*;

    fn claimant(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[tokio::test]
    async fn an_invitation_that_is_claimed_without_end_keeps_nobody_else_waiting() {
        let turns = Turns::new();
        let mut held = vec![];
        for _ in 0..EACH {
            held.push(turns.take(claimant(1)).now_or_never().flatten().expect("a turn of its own"));
        }
        let mut waiting: Vec<_> = (0..AT_ONCE * 2).map(|_| Box::pin(turns.take(claimant(1)))).collect();
        assert!(waiting.iter_mut().all(|claim| claim.now_or_never().is_none()), "the rest of its claims wait");
        assert!(turns.take(claimant(2)).now_or_never().flatten().is_some(), "another invitation has its turn at once");
        drop(held);
        assert_eq!(join_all(waiting.into_iter().take(EACH)).await.iter().flatten().count(), EACH);
    }

    #[tokio::test]
    async fn what_waits_is_bounded_and_what_is_over_is_forgotten() {
        let turns = Turns::new();
        let held = join_all((0..EACH).map(|_| turns.take(claimant(1)))).await;
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(turns.take(claimant(1)))).collect();
        assert!(waiting.iter_mut().all(|claim| claim.now_or_never().is_none()));
        assert!(matches!(turns.take(claimant(1)).now_or_never(), Some(None)), "one too many");
        drop((waiting, held));
        let other = turns.take(claimant(2)).await.expect("a turn");
        assert_eq!(turns.each.lock().expect("no panic").len(), 1);
        drop(other);
    }
}
