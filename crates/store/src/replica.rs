//! The replicas of the management controller. Passing: it records no events.

use jiff::Timestamp;
use model::{ControllerId, id::GenericUuid};

use crate::{
    Db, Store, StoreError,
    sql::{Id, at},
};

/// A replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replica {
    /// Its id.
    pub id: ControllerId,
    /// The machine it runs on.
    pub hostname: String,
    /// Its program and version.
    pub software: String,
    /// When it started.
    pub started: Timestamp,
    /// When it was last heard of.
    pub last_seen: Timestamp,
}

/// Notes that a replica has started, or still runs.
pub async fn seen(store: &Store, replica: &Replica) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO controller (id, hostname, software, started, last_seen) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET hostname = $2, software = $3, started = $4,
            last_seen = greatest(controller.last_seen, $5)",
        replica.id.into_untyped_uuid(),
        replica.hostname,
        replica.software,
        at(replica.started),
        at(replica.last_seen),
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// The replicas heard of since `since`, oldest first.
pub async fn list(mut db: impl Db, since: Timestamp) -> Result<Vec<Replica>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Replica,
        r#"SELECT id AS "id: Id<_>", hostname, software, started, last_seen FROM controller WHERE last_seen >= $1
        ORDER BY started, id"#,
        at(since),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Forgets a replica that has stopped.
pub async fn remove(store: &Store, id: ControllerId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM controller WHERE id = $1", id.into_untyped_uuid()).execute(store.pool()).await?;
    Ok(())
}
