//! How long connections may live: never longer than the certificates of their two ends. Each is to be replaced before, at a
//! moment of its own, so that not all are at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use model::{Der, Identity};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{E2e, E2eConfig};

/// Within what part of its life's rest a connection is replaced: the last quarter, but not the last twelfth of it.
const LATEST: i32 = 12;
const SPREAD: i32 = 6;
/// How long it takes at most until all connections show a certificate that is new.
const NEW_CERTIFICATE: SignedDuration = SignedDuration::from_secs(60);

/// The connections of one end of streams.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lifetimes(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    connections: HashMap<u64, Lifetime>,
    /// With which certificate new connections are made, as far as is known.
    current: Option<Arc<E2eConfig>>,
    /// Nothing is due before.
    quiet_until: Option<Timestamp>,
}

#[derive(Debug)]
struct Lifetime {
    peer: Identity,
    certificate: Der,
    made_with: Arc<E2eConfig>,
    replace_at: Timestamp,
    expires: Timestamp,
    replace: CancellationToken,
    end: CancellationToken,
}

/// A connection's place among them; dropped with it.
#[derive(Debug)]
pub(super) struct Watched {
    lifetimes: Lifetimes,
    id: u64,
}

impl Lifetimes {
    /// Watches over a connection from now on.
    pub(crate) fn watch(&self, e2e: &mut E2e, now: Timestamp) {
        let mut table = self.lock();
        let id = table.next;
        table.next += 1;
        let lifetime = Lifetime {
            peer: e2e.peer,
            certificate: e2e.peer_certificate(),
            made_with: e2e.made_with.clone(),
            replace_at: replace_at(now, e2e.expires),
            expires: e2e.expires,
            replace: e2e.replace.clone(),
            end: e2e.cancelled.clone(),
        };
        table.quiet_until = table.quiet_until.map(|until| until.min(lifetime.replace_at));
        table.connections.insert(id, lifetime);
        drop(table);
        e2e.watched = Some(Watched { lifetimes: self.clone(), id });
    }

    /// Looks at what is due at `now`, when new connections are made with `current`: lets connections be replaced, and ends
    /// those whose time is over. What ran over them goes on over others.
    pub(crate) fn look(&self, now: Timestamp, current: Option<Arc<E2eConfig>>) {
        let mut table = self.lock();
        let renewed = match (&current, &table.current) {
            (Some(current), Some(known)) => !Arc::ptr_eq(current, known),
            (current, known) => current.is_some() != known.is_some(),
        };
        if !renewed && table.quiet_until.is_some_and(|until| now < until) {
            return;
        }
        let mut quiet_until = Timestamp::MAX;
        for lifetime in table.connections.values_mut() {
            let outdated = current.as_ref().is_some_and(|current| !Arc::ptr_eq(current, &lifetime.made_with));
            if renewed && outdated {
                lifetime.replace_at = lifetime.replace_at.min(soon(now, lifetime.expires));
            }
            if now >= lifetime.expires {
                lifetime.end.cancel();
            } else if now >= lifetime.replace_at {
                lifetime.replace.cancel();
                quiet_until = quiet_until.min(lifetime.expires);
            } else {
                quiet_until = quiet_until.min(lifetime.replace_at);
            }
        }
        table.quiet_until = Some(quiet_until);
        table.current = current;
    }

    /// Ends the connections whose other end shows a certificate that does not verify any more.
    pub(crate) fn verify(&self, verifies: &dyn Fn(&Identity, &Der) -> bool) {
        for lifetime in self.lock().connections.values() {
            if !verifies(&lifetime.peer, &lifetime.certificate) {
                lifetime.end.cancel();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.lifetimes.lock().connections.remove(&self.id);
    }
}

fn replace_at(now: Timestamp, expires: Timestamp) -> Timestamp {
    let left = expires.duration_since(now).max(SignedDuration::ZERO);
    expires.checked_sub(left / LATEST + part_of(left / SPREAD)).unwrap_or(expires)
}

fn soon(now: Timestamp, expires: Timestamp) -> Timestamp {
    let left = expires.duration_since(now).max(SignedDuration::ZERO);
    now.checked_add(part_of((left / SPREAD).min(NEW_CERTIFICATE))).unwrap_or(now)
}

/// Anything from nothing to `whole`.
fn part_of(whole: SignedDuration) -> SignedDuration {
    let chance = i32::from(Uuid::new_v4().as_bytes()[0]);
    whole / 255 * chance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_replaced_before_its_certificates_expire_and_not_all_at_once() {
        let now = Timestamp::UNIX_EPOCH;
        let life = SignedDuration::from_hours(24);
        let expires = now + life;
        let moments: Vec<_> = (0..200).map(|_| replace_at(now, expires)).collect();
        for moment in &moments {
            assert!(*moment >= now + life / 4 * 3 && *moment <= expires - life / LATEST, "{moment}");
        }
        assert!(moments.iter().collect::<std::collections::BTreeSet<_>>().len() > 50);
        for moment in (0..200).map(|_| soon(now, expires)) {
            assert!(moment >= now && moment <= now + NEW_CERTIFICATE);
        }
        assert_eq!(replace_at(expires, now), now, "what has expired is due at once");
    }
}
