//! Connections whose last stream ended orderly, kept for the next to the same site.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::Identity;
use overlay_proto::session::AbortCode;
use pki::Alpn;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::e2e::{E2e, E2eConfig};

/// How many are kept for one site and use.
const MAX_PER_SITE: usize = 8;
/// How long one is kept. The other end waits longer, so that it is ours to close.
const MAX_IDLE: Duration = Duration::from_secs(30);
/// How old one may be: a connection stays on the way it was made over, also when a better one was found since.
const MAX_AGE: Duration = Duration::from_secs(60);

/// Connections between streams.
#[derive(Clone)]
pub(super) struct IdlePool {
    kept: Arc<Mutex<Kept>>,
    tasks: TaskTracker,
}

#[derive(Default)]
struct Kept {
    next: u64,
    closed: bool,
    by_site: HashMap<(Identity, Alpn), Vec<Idle>>,
}

struct Idle {
    id: u64,
    e2e: E2e,
    /// Dropped with the entry; ends the task that watches it.
    _watched: DropGuard,
}

impl IdlePool {
    pub(super) fn new(tasks: TaskTracker) -> Self {
        Self { kept: Arc::default(), tasks }
    }

    /// The connection to `peer` that was used last, if there is one that still seems to work.
    ///
    /// `cost` is what the way there costs now: when it was another one then, the way has changed, and a new connection is to
    /// take the new one.
    pub(super) fn take(&self, peer: &Identity, protocol: Alpn, config: &Arc<E2eConfig>, cost: u32) -> Option<E2e> {
        let mut kept = self.lock();
        let idle = kept.by_site.get_mut(&(*peer, protocol))?;
        while let Some(mut candidate) = idle.pop() {
            let e2e = &mut candidate.e2e;
            // A newer certificate or rule wants new connections, too.
            if e2e.cost == Some(cost) && !is_outdated(e2e) && e2e.is_made_with(config) && e2e.is_quiet() {
                return Some(candidate.e2e);
            }
            self.tasks.spawn(candidate.e2e.close());
        }
        None
    }

    /// Keeps a connection that is between streams, unless there are enough.
    pub(super) fn put(&self, e2e: E2e) {
        let mut kept = self.lock();
        let id = kept.next;
        kept.next += 1;
        let closed = kept.closed;
        let key = (*e2e.peer(), e2e.protocol());
        let site = kept.by_site.entry(key).or_default();
        if closed || site.len() >= MAX_PER_SITE || is_outdated(&e2e) {
            drop(kept);
            self.tasks.spawn(e2e.close());
            return;
        }
        let watch = CancellationToken::new();
        let (cancelled, leaving) = (e2e.cancelled.clone(), e2e.leaving.clone());
        let (taken, pool) = (watch.clone(), self.clone());
        site.push(Idle { id, e2e, _watched: watch.drop_guard() });
        drop(kept);
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = taken.cancelled() => {}
                () = cancelled.cancelled() => pool.remove(key, id).into_iter().for_each(E2e::reset),
                () = leaving.cancelled() => {
                    if let Some(e2e) = pool.remove(key, id) {
                        e2e.close().await;
                    }
                }
                () = tokio::time::sleep(MAX_IDLE) => {
                    if let Some(e2e) = pool.remove(key, id) {
                        e2e.close().await;
                    }
                }
            }
        });
    }

    /// Drops every connection whose other end `admit` refuses, and tells it why.
    pub(super) fn judge(&self, admit: &dyn Fn(&Identity) -> Result<(), String>) {
        let mut kept = self.lock();
        kept.by_site.retain(|(peer, _), idle| match admit(peer) {
            Ok(()) => true,
            Err(why) => {
                for Idle { e2e, .. } in idle.drain(..) {
                    let why = why.clone();
                    self.tasks.spawn(async move { e2e.farewell(AbortCode::Trust, &why).await });
                }
                false
            }
        });
    }

    /// Closes all, and keeps none from now on.
    pub(super) fn clear(&self) {
        let mut kept = self.lock();
        kept.closed = true;
        for (_, idle) in kept.by_site.drain() {
            for Idle { e2e, .. } in idle {
                self.tasks.spawn(e2e.close());
            }
        }
    }

    fn remove(&self, key: (Identity, Alpn), id: u64) -> Option<E2e> {
        let mut kept = self.lock();
        let site = kept.by_site.get_mut(&key)?;
        let at = site.iter().position(|idle| idle.id == id)?;
        let idle = site.swap_remove(at);
        if site.is_empty() {
            kept.by_site.remove(&key);
        }
        Some(idle.e2e)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing new is to begin on a connection, though nothing is wrong with it.
fn is_outdated(e2e: &E2e) -> bool {
    e2e.leaving.is_cancelled() || e2e.replace.is_cancelled() || e2e.age() >= MAX_AGE
}
