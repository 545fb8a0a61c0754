//! Quotas: how much there may be of something.

use jiff::Timestamp;
use model::{BackboneId, Name, NetworkId, QuotaId, SubjectId, id::GenericUuid};
use serde::Serialize;
use sqlx::PgConnection;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Num, Opt, Text, at, bigint, words},
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The networks that somebody owns, those that are over included.
    Networks,
    /// The members of a network, those that wait to be admitted included.
    Members,
    /// The invitations of a network, those that are closed included.
    Invitations,
}

words!(Resource { Networks = "networks", Members = "members", Invitations = "invitations" });

/// A quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Its id.
    pub id: QuotaId,
    /// What is counted.
    pub resource: Resource,
    /// Of networks on this backbone.
    pub backbone: Option<BackboneId>,
    /// The backbone's name.
    pub backbone_name: Option<Name>,
    /// Of this network.
    pub network: Option<NetworkId>,
    /// The network's name.
    pub network_name: Option<Name>,
    /// Of this subject.
    pub subject: Option<SubjectId>,
    /// The subject's name.
    pub subject_name: Option<Name>,
    /// How much there may be.
    pub most: u64,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

/// A new quota.
#[derive(Clone, Copy, Debug)]
pub struct NewQuota {
    /// Its id.
    pub id: QuotaId,
    /// What is counted.
    pub resource: Resource,
    /// Of networks on this backbone only.
    pub backbone: Option<BackboneId>,
    /// Of this network only.
    pub network: Option<NetworkId>,
    /// Of this subject only.
    pub subject: Option<SubjectId>,
    /// How much there may be.
    pub most: u64,
}

impl Quota {
    fn event(&self, action: &'static str) -> Event {
        let event = Event::new(action, ObjectKind::Quota, self.id);
        Event { network: self.network, backbone: self.backbone, ..event }
    }
}

macro_rules! rows {
    ($where:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Quota,
            r#"SELECT q.id AS "id!: Id<_>", q.resource AS "resource!: Text<_>",
                q.backbone_id AS "backbone!: Opt<Id<_>>", backbone.name AS "backbone_name!: Opt<Text<_>>",
                q.network_id AS "network!: Opt<Id<_>>", network.name AS "network_name!: Opt<Text<_>>",
                q.subject_id AS "subject!: Opt<Id<_>>", subject.name AS "subject_name!: Opt<Text<_>>",
                q.most AS "most!: Num<_>", q.created AS "created!", q.updated AS "updated!",
                q.revision AS "revision!"
            FROM quota q LEFT JOIN backbone ON backbone.id = q.backbone_id
                LEFT JOIN network ON network.id = q.network_id LEFT JOIN subject ON subject.id = q.subject_id "#
                + $where $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "quota q LEFT JOIN backbone ON backbone.id = q.backbone_id LEFT JOIN network ON network.id = q.network_id \
        LEFT JOIN subject ON subject.id = q.subject_id",
    id: "q.id",
    sorts: &[
        ("created", "q.created", KeyType::Time),
        ("resource", "q.resource", KeyType::Text),
        ("most", "q.most::bigint", KeyType::Number),
    ],
    filters: &[("resource", "q.resource = {value}")],
    search: &["backbone.name", "network.name", "subject.name"],
    ..List::PLAIN
};

/// Makes a quota. [`StoreError::Exists`] when there is one of the same.
pub async fn create(tx: &mut Tx, new: NewQuota) -> Result<Quota, StoreError> {
    let now = at(tx.now());
    sqlx::query!(
        "INSERT INTO quota (id, resource, backbone_id, network_id, subject_id, most, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7)",
        new.id.into_untyped_uuid(),
        new.resource.as_str(),
        new.backbone.map(GenericUuid::into_untyped_uuid),
        new.network.map(GenericUuid::into_untyped_uuid),
        new.subject.map(GenericUuid::into_untyped_uuid),
        bigint(new.most, "most")?,
        now,
    )
    .execute(tx.connection())
    .await?;
    let made = get(&mut *tx, new.id).await?;
    tx.changed(made.event("quota.create"), None, Some(&made));
    Ok(made)
}

/// A quota by its id.
pub async fn get(mut db: impl Db, id: QuotaId) -> Result<Quota, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("WHERE q.id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "quota" })
}

/// A page of the quotas.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Quota>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("WHERE q.id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Changes how much there may be. What there is already stays. [`StoreError::Stale`] when it is at another revision.
pub async fn set(tx: &mut Tx, id: QuotaId, expected: Option<i64>, most: u64) -> Result<Quota, StoreError> {
    let before = lock(tx, id, expected).await?;
    let now = at(tx.now());
    sqlx::query!(
        "UPDATE quota SET most = $2, updated = $3, revision = revision + 1 WHERE id = $1",
        id.into_untyped_uuid(),
        bigint(most, "most")?,
        now,
    )
    .execute(tx.connection())
    .await?;
    let after = get(&mut *tx, id).await?;
    tx.changed(after.event("quota.set"), Some(&before), Some(&after));
    Ok(after)
}

/// Removes a quota.
pub async fn delete(tx: &mut Tx, id: QuotaId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!("DELETE FROM quota WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("quota.delete"), Some(&before), None);
    Ok(())
}

/// Reads a quota, which nobody else changes until the transaction ends.
async fn lock(tx: &mut Tx, id: QuotaId, expected: Option<i64>) -> Result<Quota, StoreError> {
    sqlx::query!("SELECT id FROM quota WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?;
    let quota = get(&mut *tx, id).await?;
    StoreError::unless_at(expected, quota.revision, "quota")?;
    Ok(quota)
}

/// How many networks somebody may own, when they own so many already. Nobody else makes one for them until the
/// transaction ends.
pub async fn networks_used_up(tx: &mut Tx, owner: SubjectId) -> Result<Option<u64>, StoreError> {
    let owner = owner.into_untyped_uuid();
    let most = sqlx::query_scalar!(
        "SELECT most FROM quota WHERE resource = 'networks' AND (subject_id = $1 OR subject_id IS NULL)
        ORDER BY subject_id NULLS LAST LIMIT 1",
        owner,
    )
    .fetch_optional(tx.connection())
    .await?;
    let Some(most) = most else { return Ok(None) };
    hold(tx.connection(), &format!("networks {owner}")).await?;
    let owned = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM network WHERE owner = $1"#, owner)
        .fetch_one(tx.connection())
        .await?;
    Ok((owned >= most).then_some(most.unsigned_abs()))
}

/// How many invitations a network may have, when it has so many already. Nobody else makes one until the transaction
/// ends.
pub async fn invitations_used_up(tx: &mut Tx, network: NetworkId) -> Result<Option<u64>, StoreError> {
    let Some(most) = held(tx.connection(), Resource::Invitations, network).await? else { return Ok(None) };
    let network = network.into_untyped_uuid();
    let there = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM invitation WHERE network_id = $1"#, network)
        .fetch_one(tx.connection())
        .await?;
    Ok((there >= most).then_some(most.unsigned_abs()))
}

/// Whether a network has as many members as it may. Nobody else becomes one until the transaction ends.
pub(crate) async fn is_full(db: &mut PgConnection, network: NetworkId) -> Result<bool, StoreError> {
    let Some(most) = held(db, Resource::Members, network).await? else { return Ok(false) };
    let there = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM member WHERE network_id = $1 AND state IN ('waiting', 'member')"#,
        network.into_untyped_uuid(),
    )
    .fetch_one(&mut *db)
    .await?;
    Ok(there >= most)
}

/// How much there may be in a network; if that is limited, it is counted by one at a time.
async fn held(db: &mut PgConnection, resource: Resource, network: NetworkId) -> Result<Option<i64>, StoreError> {
    let id = network.into_untyped_uuid();
    let most = sqlx::query_scalar!(
        "SELECT most FROM quota, network
        WHERE network.id = $1 AND resource = $2
            AND (network_id = network.id OR quota.backbone_id = network.backbone_id
                OR num_nonnulls(network_id, quota.backbone_id) = 0)
        ORDER BY network_id NULLS LAST, quota.backbone_id NULLS LAST LIMIT 1",
        id,
        resource.as_str(),
    )
    .fetch_optional(&mut *db)
    .await?;
    if most.is_some() {
        hold(db, &format!("{resource} {id}")).await?;
    }
    Ok(most)
}

async fn hold(db: &mut PgConnection, what: &str) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", what).execute(db).await?;
    Ok(())
}
