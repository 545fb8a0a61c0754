//! What is open at this router, and how it is ended from outside: by removing what it came through, by trust, by
//! shutting down. Whoever is at the other end is told why.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use model::Identity;
use overlay_proto::session::AbortCode;
use tokio_util::sync::CancellationToken;

/// What streams live under: a router, a listener, a connector, or a single stream. Ending one ends all below it.
#[derive(Clone, Debug)]
pub(crate) struct Scope(Arc<Node>);

#[derive(Debug)]
struct Node {
    token: CancellationToken,
    why: OnceLock<(AbortCode, String)>,
    /// How many streams live directly under it.
    streams: AtomicUsize,
    parent: Option<Scope>,
}

impl Scope {
    /// A scope that lives under no other.
    pub(crate) fn root() -> Self {
        Self::new(CancellationToken::new(), None)
    }

    /// A scope that ends with this one, at the latest.
    pub(crate) fn child(&self) -> Self {
        Self::new(self.0.token.child_token(), Some(self.clone()))
    }

    fn new(token: CancellationToken, parent: Option<Self>) -> Self {
        Self(Arc::new(Node { token, why: OnceLock::new(), streams: AtomicUsize::new(0), parent }))
    }

    /// How many streams live directly under it.
    pub(crate) fn streams(&self) -> usize {
        self.0.streams.load(Ordering::Relaxed)
    }

    /// Ends it, and everything below. The first reason counts.
    pub(crate) fn end(&self, code: AbortCode, why: impl Into<String>) {
        let _ = self.0.why.set((code, why.into()));
        self.0.token.cancel();
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.0.token.is_cancelled()
    }

    /// Resolves when it has ended.
    pub(crate) async fn ended(&self) {
        self.0.token.cancelled().await;
    }

    /// Why it ended.
    pub(crate) fn why(&self) -> (AbortCode, &str) {
        match (self.0.why.get(), &self.0.parent) {
            (Some((code, why)), _) => (*code, why),
            (None, Some(parent)) => parent.why(),
            (None, None) => (AbortCode::Shutdown, "the router shuts down"),
        }
    }
}

/// The streams that are open, with who is at their other end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Live(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    next: u64,
    streams: HashMap<u64, (Identity, Scope)>,
    /// How many of them there are per other end, those that are about to be opened included. Never zero.
    counts: HashMap<Identity, u32>,
}

impl Live {
    /// Enters a stream with `peer` that ends with `parent`, until the entry is dropped.
    pub(crate) fn enter(&self, peer: Identity, parent: &Scope) -> Entry {
        let scope = parent.child();
        parent.0.streams.fetch_add(1, Ordering::Relaxed);
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = entries.next;
        entries.next += 1;
        entries.streams.insert(id, (peer, scope.clone()));
        *entries.counts.entry(peer).or_default() += 1;
        Entry { live: self.clone(), id, scope }
    }

    /// Counts a stream with `peer` that is about to be opened, until what is returned is dropped: of many that begin at the
    /// same moment each shall see the others.
    pub(crate) fn expect(&self, peer: Identity) -> Expected {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *entries.counts.entry(peer).or_default() += 1;
        Expected { live: self.clone(), peer }
    }

    /// How many streams with `peer` are open, or about to be.
    pub(crate) fn count(&self, peer: &Identity) -> u32 {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.counts.get(peer).copied().unwrap_or(0)
    }

    /// Ends every stream whose other end `admit` refuses; the error is the reason it is told.
    pub(crate) fn judge(&self, admit: &dyn Fn(&Identity) -> Result<(), String>) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (peer, scope) in entries.streams.values() {
            if let Err(why) = admit(peer) {
                scope.end(AbortCode::Trust, why);
            }
        }
    }
}

/// A stream's place among the living.
#[derive(Debug)]
pub(crate) struct Entry {
    live: Live,
    id: u64,
    pub(crate) scope: Scope,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(parent) = &self.scope.0.parent {
            parent.0.streams.fetch_sub(1, Ordering::Relaxed);
        }
        let mut entries = self.live.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((peer, _)) = entries.streams.remove(&self.id) else { return };
        entries.discount(&peer);
    }
}

/// A stream that is about to be opened.
#[derive(Debug)]
pub(crate) struct Expected {
    live: Live,
    peer: Identity,
}

impl Drop for Expected {
    fn drop(&mut self) {
        self.live.0.lock().unwrap_or_else(PoisonError::into_inner).discount(&self.peer);
    }
}

impl Entries {
    fn discount(&mut self, peer: &Identity) {
        if let Some(count) = self.counts.get_mut(peer) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(peer);
            }
        }
    }
}
