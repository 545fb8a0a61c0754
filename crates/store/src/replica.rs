//! The replicas of the management controller. Passing: it records no events.

use jiff::{SignedDuration, Timestamp};
use model::{ControllerId, id::GenericUuid};

use crate::{Db, Store, StoreError, sql::at};

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
    /// When it was last heard of, by its own clock.
    pub last_seen: Timestamp,
}

/// A replica that was heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub replica: Replica,
    /// How far its clock is ahead of the database's; negative when it is behind.
    pub ahead: SignedDuration,
    /// For how long nothing was heard of it, by the clock of the database: whose own clock is wrong is not gone.
    pub silent: SignedDuration,
}

/// Notes that a replica has started, or still runs. Returns how far its clock is ahead of the database's.
pub async fn seen(store: &Store, replica: &Replica) -> Result<SignedDuration, StoreError> {
    let heard = sqlx::query_scalar!(
        "INSERT INTO controller (id, hostname, software, started, last_seen) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET hostname = $2, software = $3, started = $4, last_seen = $5,
            heard = clock_timestamp()
        RETURNING heard",
        replica.id.into_untyped_uuid(),
        replica.hostname,
        replica.software,
        at(replica.started),
        at(replica.last_seen),
    )
    .fetch_one(store.pool())
    .await?;
    Ok(replica.last_seen.duration_since(heard.into()))
}

/// Every replica that was heard of and not forgotten since, oldest first.
pub async fn list(mut db: impl Db) -> Result<Vec<Heard>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT id, hostname, software, started, last_seen, heard,
            EXTRACT(EPOCH FROM clock_timestamp() - heard)::float8 AS "silent!"
        FROM controller ORDER BY started, id"#
    )
    .fetch_all(&mut *db)
    .await?;
    let heard = rows.into_iter().map(|row| {
        let (started, last_seen) = (row.started.into(), Timestamp::from(row.last_seen));
        Heard {
            ahead: last_seen.duration_since(row.heard.into()),
            silent: SignedDuration::try_from_secs_f64(row.silent).unwrap_or_default(),
            replica: Replica {
                id: ControllerId::from_untyped_uuid(row.id),
                hostname: row.hostname,
                software: row.software,
                started,
                last_seen,
            },
        }
    });
    Ok(heard.collect())
}

/// Forgets a replica that has stopped.
pub async fn remove(store: &Store, id: ControllerId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM controller WHERE id = $1", id.into_untyped_uuid()).execute(store.pool()).await?;
    Ok(())
}
