//! Trust documents: what each backbone trusts, signed. The highest version is the one in force.

use jiff::Timestamp;
use model::{BackboneId, Der, id::GenericUuid};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{DerBytes, Id, Num, at, bigint},
};

/// A signed trust document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// The backbone.
    pub backbone: BackboneId,
    /// Its version.
    pub version: u64,
    /// The exact signed bytes.
    #[serde(skip)]
    pub document: Vec<u8>,
    /// The signature over them.
    #[serde(skip)]
    pub signature: Vec<u8>,
    /// The certificate of the signer.
    #[serde(skip)]
    pub signer: Der,
    /// After this, new links are refused.
    pub valid_until: Timestamp,
    /// When it was stored.
    pub created: Timestamp,
}

/// How many versions are kept: the one in force, and some to look back at.
const KEPT: i64 = 16;

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Document,
            $before + r#" backbone_id AS "backbone: Id<_>", version AS "version: Num<_>", document, signature,
                signer AS "signer: DerBytes", valid_until, created "# + $after $(, $arg)*
        )
    };
}

/// What a trust document is stored with.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// The backbone.
    pub backbone: BackboneId,
    /// Its version; greater than every one before.
    pub version: u64,
    /// The exact signed bytes.
    pub document: Vec<u8>,
    /// The signature over them.
    pub signature: Vec<u8>,
    /// The certificate of the signer.
    pub signer: Der,
    /// After this, new links are refused.
    pub valid_until: Timestamp,
}

/// Puts a trust document in force. [`StoreError::Conflict`] when its version is not greater than that of the one in
/// force: another replica was faster, plan again.
pub async fn insert(tx: &mut Tx, new: NewDocument) -> Result<Document, StoreError> {
    let backbone = new.backbone.into_untyped_uuid();
    // One at a time: the backbone's row is the lock, and a version is compared to the last one that was committed.
    sqlx::query!("SELECT id FROM backbone WHERE id = $1 FOR NO KEY UPDATE", backbone)
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "backbone" })?;
    let version = bigint(new.version, "version")?;
    let now = at(tx.now());
    let document = rows!(
        "INSERT INTO trust_document (backbone_id, version, document, signature, signer, valid_until, created)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE $2 > (SELECT coalesce(max(version), 0) FROM trust_document WHERE backbone_id = $1) RETURNING",
        "",
        backbone,
        version,
        new.document,
        new.signature,
        new.signer.0,
        at(new.valid_until),
        now,
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(StoreError::Conflict { what: "trust document" })?;
    sqlx::query!(
        "DELETE FROM trust_document WHERE backbone_id = $1 AND version <= $2",
        backbone,
        version.saturating_sub(KEPT)
    )
    .execute(tx.connection())
    .await?;
    tx.changed(
        Event::new("trust.publish", ObjectKind::Trust, new.backbone).on_backbone(new.backbone),
        None,
        Some(&document),
    );
    Ok(document)
}

/// The documents that are kept, newest first: the one in force, and some before it.
pub async fn kept(mut db: impl Db, backbone: BackboneId) -> Result<Vec<Document>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM trust_document WHERE backbone_id = $1 ORDER BY version DESC",
        backbone.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The trust document in force.
pub async fn latest(mut db: impl Db, backbone: BackboneId) -> Result<Option<Document>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM trust_document WHERE backbone_id = $1 ORDER BY version DESC LIMIT 1",
        backbone.into_untyped_uuid(),
    )
    .fetch_optional(&mut *db)
    .await?)
}
