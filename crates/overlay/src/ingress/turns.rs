//! How many handshakes with one site are under way at a time. More at once would only make each of them slower, until
//! they all are too slow for the other end. Counted per site, so that one that does not answer holds up no other.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::Identity;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

const MAX_HANDSHAKES: usize = 32;

/// The handshakes under way.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<Identity, Arc<Semaphore>>>);

/// A place among them.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    peer: Identity,
    permit: Option<OwnedSemaphorePermit>,
}

impl Turns {
    /// Waits for a place for a handshake with `peer`.
    pub(super) async fn wait(&self, peer: Identity) -> Turn<'_> {
        let places = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(peer).or_insert_with(|| Arc::new(Semaphore::new(MAX_HANDSHAKES))).clone()
        };
        // Made before waiting, so that giving up cleans up as well.
        let mut turn = Turn { turns: self, peer, permit: None };
        turn.permit = places.acquire_owned().await.ok();
        turn
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        drop(self.permit.take());
        let mut turns = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waits or has a place holds the semaphore, and got it under this lock.
        if turns.get(&self.peer).is_some_and(|places| Arc::strong_count(places) == 1) {
            turns.remove(&self.peer);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{ControllerId, GenericUuid};
    use uuid::Uuid;

    use super::*;

    fn peer(n: u128) -> Identity {
        Identity::Controller { controller: ControllerId::from_untyped_uuid(Uuid::from_u128(n)) }
    }

    #[tokio::test]
    async fn a_site_that_does_not_answer_holds_up_no_other_and_leaves_nothing_behind() {
        let turns = Turns::default();
        let mut held = Vec::new();
        for _ in 0..MAX_HANDSHAKES {
            held.push(turns.wait(peer(1)).await);
        }
        let mut waiting = Box::pin(turns.wait(peer(1)));
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("one too many"),
            _other = turns.wait(peer(2)) => {}
        }
        held.pop();
        drop(waiting.await);
        drop(held);
        assert!(turns.0.lock().expect("not poisoned").is_empty());
    }
}
