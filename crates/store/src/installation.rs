//! The installation: one row.

use jiff::Timestamp;
use model::{InstallationId, id::GenericUuid};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx,
    authority::{self, AuthorityState, Owner},
    event::{Event, ObjectKind},
    sql::{Id, at},
};

/// The installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installation {
    /// Its id: the trust domain of every identity in it.
    pub id: InstallationId,
    /// Which key-encryption key seals the private keys in this database.
    pub kek_id: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

/// Whether there is a root CA to issue under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootState {
    /// None, and none asked for.
    Absent,
    /// A key waits for the certificate of an enterprise root.
    Pending,
    /// There is one.
    Established,
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Installation,
            $before + r#" id AS "id: Id<_>", kek_id, created, updated, revision "# + $after $(, $arg)*
        )
    };
}

/// The installation, if it was created.
pub async fn get(mut db: impl Db) -> Result<Option<Installation>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM installation").fetch_optional(&mut *db).await?)
}

/// Creates the installation, unless there is one: then that is returned, with its own id and key-encryption key.
pub async fn get_or_create(tx: &mut Tx, id: InstallationId, kek_id: &str) -> Result<Installation, StoreError> {
    let now = at(tx.now());
    let created = rows!(
        "INSERT INTO installation (id, kek_id, created, updated) VALUES ($1, $2, $3, $3)
            ON CONFLICT (only_row) DO NOTHING RETURNING",
        "",
        id.into_untyped_uuid(),
        kek_id,
        now,
    )
    .fetch_optional(tx.connection())
    .await?;
    match created {
        Some(created) => {
            tx.changed(Event::new("installation.create", ObjectKind::Installation, created.id), None, Some(&created));
            Ok(created)
        }
        None => get(&mut *tx).await?.ok_or(StoreError::NotFound { what: "installation" }),
    }
}

/// Which key-encryption key seals the private keys: that stays so until the transaction ends.
pub async fn hold_kek(tx: &mut Tx) -> Result<String, StoreError> {
    let row = rows!("SELECT", "FROM installation FOR SHARE").fetch_optional(tx.connection()).await?;
    Ok(row.ok_or(StoreError::NotFound { what: "installation" })?.kek_id)
}

/// The same, for whoever is about to change it.
pub async fn lock_kek(tx: &mut Tx) -> Result<String, StoreError> {
    let row = rows!("SELECT", "FROM installation FOR UPDATE").fetch_optional(tx.connection()).await?;
    Ok(row.ok_or(StoreError::NotFound { what: "installation" })?.kek_id)
}

/// Names the key-encryption key that seals the private keys from now on.
pub async fn set_kek(tx: &mut Tx, kek_id: &str) -> Result<Installation, StoreError> {
    let before = rows!("SELECT", "FROM installation FOR UPDATE")
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "installation" })?;
    let now = at(tx.now());
    let after =
        rows!("UPDATE installation SET kek_id = $1, updated = $2, revision = revision + 1 RETURNING", "", kek_id, now,)
            .fetch_one(tx.connection())
            .await?;
    tx.changed(Event::new("installation.rotate-key", ObjectKind::Installation, after.id), Some(&before), Some(&after));
    Ok(after)
}

/// Whether there is a root CA.
pub async fn root_state(db: impl Db) -> Result<RootState, StoreError> {
    let roots = authority::list(db, Owner::Root).await?;
    Ok(if roots.iter().any(|root| root.state == AuthorityState::Active) {
        RootState::Established
    } else if roots.iter().any(|root| root.state == AuthorityState::Pending) {
        RootState::Pending
    } else {
        RootState::Absent
    })
}
