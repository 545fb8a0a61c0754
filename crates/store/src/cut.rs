//! Cuts: how old events leave the audit chain, so that what stays can still be verified.
//!
//! A cut says which event was the last to leave and what its hash was, in a statement that is signed. The first event that
//! stays names that hash as the one before it. Who signs, and who may, is the caller's.

use jiff::Timestamp;
use model::{Der, InstallationId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind, hex},
    sql::{DerBytes, Digest, at},
};

/// A cut, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The last event that left.
    pub position: i64,
    /// Its hash, which the first event that stays names as the one before it.
    pub hash: [u8; 32],
    /// When it was made.
    pub time: Timestamp,
    /// What was signed: a [`Statement`] in JSON.
    pub statement: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
    /// The certificate of who signed.
    pub signer: Der,
}

/// What the signature of a cut is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// The installation whose chain it is.
    pub installation: InstallationId,
    /// The last event that left.
    pub position: i64,
    /// Its hash, in hexadecimal.
    #[serde(serialize_with = "hex", deserialize_with = "unhex")]
    pub hash: [u8; 32],
    /// When that event was recorded.
    pub until: Timestamp,
    /// When the cut was made.
    pub time: Timestamp,
}

fn unhex<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
    bytes.try_into().map_err(|_| serde::de::Error::custom("a hash has 32 bytes"))
}

/// The last event before a time: where the chain can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its position.
    pub position: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// When it was recorded.
    pub until: Timestamp,
}

/// Where the chain can be cut so that every event before `before` leaves; nothing, when there is none. Until the transaction
/// ends, nobody else cuts.
pub async fn place(tx: &mut Tx, before: Timestamp) -> Result<Option<Place>, StoreError> {
    sqlx::query!("LOCK TABLE event_cut IN SHARE ROW EXCLUSIVE MODE").execute(tx.connection()).await?;
    Ok(sqlx::query_as!(
        Place,
        r#"SELECT position, hash AS "hash: Digest", time AS until FROM event WHERE time < $1
        ORDER BY position DESC LIMIT 1"#,
        at(before),
    )
    .fetch_optional(tx.connection())
    .await?)
}

/// When the oldest event that is left was recorded.
pub async fn oldest(mut db: impl Db) -> Result<Option<Timestamp>, StoreError> {
    let mut db = db.source().connection().await?;
    let time = sqlx::query_scalar!("SELECT time FROM event ORDER BY position LIMIT 1").fetch_optional(&mut *db).await?;
    Ok(time.map(Into::into))
}

/// Cuts: the events up to the cut's leave, and the chain says so. Returns how many there were.
pub async fn make(tx: &mut Tx, installation: InstallationId, cut: &Cut, until: Timestamp) -> Result<u64, StoreError> {
    sqlx::query!(
        "INSERT INTO event_cut (position, hash, time, statement, signature, signer) VALUES ($1, $2, $3, $4, $5, $6)",
        cut.position,
        &cut.hash[..],
        at(cut.time),
        cut.statement,
        cut.signature,
        cut.signer.as_bytes(),
    )
    .execute(tx.connection())
    .await?;
    let gone = sqlx::query!("DELETE FROM event WHERE position <= $1", cut.position).execute(tx.connection()).await?;
    let after = json!({
        "position": cut.position,
        "hash": data_encoding::HEXLOWER.encode(&cut.hash),
        "until": until,
        "events": gone.rows_affected(),
    });
    tx.record(Event { after: Some(after), ..Event::new("audit.cut", ObjectKind::Audit, installation) });
    Ok(gone.rows_affected())
}

/// Every cut, oldest first.
pub async fn list(mut db: impl Db) -> Result<Vec<Cut>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Cut,
        r#"SELECT position, hash AS "hash: Digest", time, statement, signature, signer AS "signer: DerBytes"
        FROM event_cut ORDER BY position"#,
    )
    .fetch_all(&mut *db)
    .await?)
}
