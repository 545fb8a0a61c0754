//! In which trace events were committed, so that those who act on them, in whichever replica, know what caused it.

use jiff::Timestamp;

use crate::{Db, Store, StoreError, sql::at};

/// In which trace the events of a transaction were committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The position of the first of them.
    pub first: i64,
    /// The position of the last of them.
    pub last: i64,
    /// What committed them, as W3C Trace Context writes it.
    pub traceparent: String,
}

pub(crate) async fn insert(db: &mut sqlx::PgConnection, cause: &Cause, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO event_trace (first, last, traceparent, time) VALUES ($1, $2, $3, $4)",
        cause.first,
        cause.last,
        cause.traceparent,
        at(now),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// What is known of the events from position `first` to `last`, oldest first.
pub async fn of(mut db: impl Db, first: i64, last: i64) -> Result<Vec<Cause>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Cause,
        "SELECT first, last, traceparent FROM event_trace WHERE last >= $1 AND first <= $2 ORDER BY last",
        first,
        last,
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Forgets what is known of events from before `before`.
pub async fn prune(store: &Store, before: Timestamp) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM event_trace WHERE time < $1", at(before)).execute(store.pool()).await?;
    Ok(())
}
