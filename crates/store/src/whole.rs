//! Operations that each begin and commit a transaction of their own, carried out in one.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use sqlx::{Postgres, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{Context, Store, StoreError, event::Event};

/// A transaction made of parts, each of which is a transaction to those who make it. Nothing of it is visible, or has a
/// place in the chain, before [`Whole::commit`]; dropped without, nothing of it has happened.
///
/// The parts come one after the other, on the store that [`Store::whole`] gives: neither two of them, nor a part and a
/// read on that store, at a time. A part that is not committed fails the whole.
#[derive(Debug)]
pub struct Whole {
    store: Store,
    context: Context,
    shared: Shared,
}

impl Whole {
    pub(crate) fn new(store: Store, context: Context, inner: Transaction<'static, Postgres>) -> Self {
        let state = State { inner: Some(inner), events: Vec::new(), failed: false };
        Self { store, context, shared: Shared(Arc::new(Mutex::new(state))) }
    }

    /// The store on which the parts are made. It sees what the parts before have done.
    pub fn store(&self) -> Store {
        self.store.within(self.shared.clone())
    }

    /// Commits what every part has done, by the context of the whole. Returns the position of its last event, if there
    /// were any.
    ///
    /// # Errors
    ///
    /// [`StoreError::Whole`] when a part failed or still runs; otherwise as [`Tx::commit`](crate::Tx::commit).
    pub async fn commit(self) -> Result<Option<i64>, StoreError> {
        let mut part = self.shared.hold()?;
        let events = std::mem::take(&mut part.0.events);
        let inner = part.0.inner.take().ok_or(OVER)?;
        self.store.resume(&self.context, inner, events).commit().await
    }

    /// Undoes everything. The same as dropping it, but waits for it.
    pub async fn rollback(self) -> Result<(), StoreError> {
        let mut state = self.shared.0.lock().await;
        match state.inner.take() {
            Some(inner) => Ok(inner.rollback().await?),
            None => Ok(()),
        }
    }
}

const OVER: StoreError = StoreError::Whole { why: "it is over" };

/// What the parts take turns with.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<State>>);

struct State {
    /// Nothing once the whole is over.
    inner: Option<Transaction<'static, Postgres>>,
    events: Vec<Event>,
    failed: bool,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Shared {
    /// Holds the transaction for a read.
    pub(crate) fn hold(&self) -> Result<Held, StoreError> {
        // Waiting could only mean to wait for oneself.
        let busy = |_| StoreError::Whole { why: "another part of it runs" };
        let state = Arc::clone(&self.0).try_lock_owned().map_err(busy)?;
        match (&state.inner, state.failed) {
            (None, _) => Err(OVER),
            (Some(_), true) => Err(StoreError::Whole { why: "a part of it failed" }),
            (Some(_), false) => Ok(Held(state)),
        }
    }

    /// Begins a part.
    pub(crate) fn part(&self) -> Result<Part, StoreError> {
        let mut held = self.hold()?;
        held.0.failed = true;
        Ok(Part(held))
    }
}

/// The transaction, held.
pub(crate) struct Held(OwnedMutexGuard<State>);

impl Deref for Held {
    type Target = Transaction<'static, Postgres>;

    fn deref(&self) -> &Self::Target {
        self.0.inner.as_ref().expect("only what is not over is held")
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.0.inner.as_mut().expect("only what is not over is held")
    }
}

/// A part: a failure of the whole until it is done.
pub(crate) struct Part(Held);

impl Part {
    pub(crate) fn done(mut self, events: Vec<Event>) {
        self.0.0.events.extend(events);
        self.0.0.failed = false;
    }
}

/// What a transaction of this crate, or a series of reads, runs on.
pub(crate) enum Session {
    /// A transaction of its own.
    Own(Transaction<'static, Postgres>),
    /// A part of another.
    Part(Part),
    /// Reads within another.
    Held(Held),
}

impl Session {
    /// Ends it without committing anything.
    pub(crate) async fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Own(inner) => Ok(inner.rollback().await?),
            Self::Part(_) | Self::Held(_) => Ok(()),
        }
    }
}

impl Deref for Session {
    type Target = Transaction<'static, Postgres>;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Own(inner) => inner,
            Self::Part(part) => &part.0,
            Self::Held(held) => held,
        }
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Own(inner) => inner,
            Self::Part(part) => &mut part.0,
            Self::Held(held) => held,
        }
    }
}
