//! The change feed: every event after a position, in commit order, none lost and none twice.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::{
    Store, StoreError, chain,
    event::{self, Recorded},
};

/// Follows the events of a store. Notifications only wake it up; what it delivers is read from the table, so a lost
/// one costs latency and never an event.
#[derive(Debug)]
pub struct Feed {
    store: Store,
    last: i64,
    listener: Option<PgListener>,
    /// Waits between attempts to reach a database that is away.
    backoff: Duration,
    /// Whether what is in the table may not have been read yet.
    behind: bool,
}

/// What a feed delivers at once: everything in a range of positions, each as an event or as one that cannot be read.
#[derive(Debug, Default)]
pub struct Batch {
    /// The events, in commit order.
    pub events: Vec<Recorded>,
    /// The rows between them that cannot be read: what they tell of may concern anyone.
    pub unreadable: Vec<Unreadable>,
}

impl Batch {
    /// The last position in it.
    pub fn last(&self) -> Option<i64> {
        let read = self.events.last().map(|event| event.position);
        read.max(self.unreadable.last().map(|row| row.position))
    }
}

/// A row of the event table that this program cannot read: a newer one wrote it, or somebody damaged it.
#[derive(Debug)]
pub struct Unreadable {
    /// Its place.
    pub position: i64,
    /// Why it cannot be read.
    pub error: StoreError,
}

/// The least wait before the database is tried again.
const BACKOFF_MIN: Duration = Duration::from_millis(100);
/// The greatest wait before the database is tried again.
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// How often the table is read without having been woken.
const POLL: Duration = Duration::from_secs(3);
/// How many events a batch has at most.
const BATCH: u32 = 256;

impl Feed {
    /// Follows the events after position `last`. 0 begins with the first; [`event::head`] with what comes next.
    pub fn new(store: &Store, last: i64) -> Self {
        Self { store: store.clone(), last, listener: None, backoff: BACKOFF_MIN, behind: true }
    }

    /// The position of the last event delivered.
    pub fn position(&self) -> i64 {
        self.last
    }

    /// The next events, at least one, or at least one that cannot be read: such a row holds up nothing behind it. Waits for one, and through times in which the database is away. Dropped while
    /// it waits, it has delivered nothing.
    ///
    /// # Errors
    ///
    /// Only such as trying again does not help against.
    pub async fn next_batch(&mut self) -> Result<Batch, StoreError> {
        loop {
            match self.step().await {
                Ok(batch) => {
                    if let Some(last) = batch.last() {
                        self.last = last;
                        self.behind = true;
                        return Ok(batch);
                    }
                }
                Err(error) if error.is_unavailable() => {
                    if self.backoff == BACKOFF_MIN {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "the change feed has lost the database; it keeps trying"
                        );
                    }
                    self.listener = None;
                    self.behind = true;
                    sleep(self.backoff).await;
                    self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits to be woken unless it is behind, then reads.
    async fn step(&mut self) -> Result<Batch, StoreError> {
        // Listening begins before reading: what is committed after the read wakes us.
        let listener = match &mut self.listener {
            Some(listener) => listener,
            None => {
                let mut listener = timeout(Store::ACQUIRE_TIMEOUT, PgListener::connect_with(self.store.pool()))
                    .await
                    .map_err(|_| StoreError::Unavailable(sqlx::Error::PoolTimedOut))??;
                // A connection that is lost is an error here, and with it the wake-ups that were lost.
                listener.eager_reconnect(false);
                listener.listen(chain::CHANNEL).await?;
                self.behind = true;
                self.listener.insert(listener)
            }
        };
        if !self.behind {
            let poll = Instant::now() + POLL;
            tokio::select! {
                woken = listener.try_recv() => match woken? {
                    // One read serves all the wake-ups that have come.
                    Some(_) => while listener.next_buffered().is_some() {},
                    None => return Err(StoreError::Unavailable(sqlx::Error::WorkerCrashed)),
                },
                () = sleep_until(poll) => {}
            }
            self.behind = true;
        }
        let batch = read(&self.store, self.last).await?;
        self.behind = false;
        if self.backoff != BACKOFF_MIN {
            tracing::info!("the change feed has found the database again");
            self.backoff = BACKOFF_MIN;
        }
        Ok(batch)
    }
}

/// What is there after position `last`, as far as it fits into a batch: nothing, when nothing is.
///
/// # Errors
///
/// When the database is away.
pub async fn read(store: &Store, last: i64) -> Result<Batch, StoreError> {
    match event::after(store, last, BATCH).await {
        Ok(events) => Ok(Batch { events, unreadable: vec![] }),
        Err(error) if error.is_unavailable() => Err(error),
        // One row spoils a whole answer: the others are read without it.
        Err(_) => one_by_one(store, last).await,
    }
}

/// The next events, each read by itself, so that one that cannot be read is told from the others.
async fn one_by_one(store: &Store, last: i64) -> Result<Batch, StoreError> {
    let mut batch = Batch::default();
    for position in event::positions_after(store, last, BATCH).await? {
        match event::after(store, position - 1, 1).await {
            Ok(events) => batch.events.extend(events),
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => batch.unreadable.push(Unreadable { position, error }),
        }
    }
    Ok(batch)
}
