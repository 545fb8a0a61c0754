//! Links between backbone sites.

use jiff::Timestamp;
use model::{AccessPointId, BackboneId, BackboneSiteId, LinkId, id::GenericUuid, router::Transport};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Num, Text, at, int},
};

/// Which backbone site dials which peer access point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The backbone.
    pub backbone: BackboneId,
    /// The site that dials.
    pub from: BackboneSiteId,
    /// The site that is dialled.
    pub to: BackboneSiteId,
    /// The access point of that site.
    pub access_point: AccessPointId,
    /// Cost for routing; at least 1.
    pub cost: u32,
    /// How data connections travel.
    pub transport: Transport,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl Link {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Link, self.id).on_backbone(self.backbone)
    }
}

/// What a link is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewLink {
    /// Its id.
    pub id: LinkId,
    /// The backbone of both sites.
    pub backbone: BackboneId,
    /// The site that dials.
    pub from: BackboneSiteId,
    /// The site that is dialled.
    pub to: BackboneSiteId,
    /// The access point of that site.
    pub access_point: AccessPointId,
    /// Cost for routing; at least 1.
    pub cost: u32,
    /// How data connections travel.
    pub transport: Transport,
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Link,
            $before + r#" id AS "id: Id<_>", backbone_id AS "backbone: Id<_>", from_site AS "from: Id<_>",
                to_site AS "to: Id<_>", to_access_point AS "access_point: Id<_>", cost AS "cost: Num<_>",
                transport AS "transport: Text<_>", created, updated, revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "link JOIN backbone_site near ON near.id = link.from_site JOIN backbone_site far ON far.id = link.to_site",
    id: "link.id",
    within: Some("link.backbone_id"),
    sorts: &[
        ("created", "link.created", KeyType::Time),
        ("from", "near.name", KeyType::Text),
        ("to", "far.name", KeyType::Text),
        ("cost", "link.cost::bigint", KeyType::Number),
    ],
    filters: &[
        ("from", "{value} IN (near.name, near.id::text)"),
        ("to", "{value} IN (far.name, far.id::text)"),
        ("transport", "link.transport = {value}"),
    ],
    search: &["near.name", "far.name"],
    ..List::PLAIN
};

/// Creates a link. [`StoreError::Exists`] when the site dials that access point already.
pub async fn create(tx: &mut Tx, new: NewLink) -> Result<Link, StoreError> {
    let now = at(tx.now());
    let link = rows!(
        "INSERT INTO link (id, backbone_id, from_site, to_site, to_access_point, cost, transport, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.backbone.into_untyped_uuid(),
        new.from.into_untyped_uuid(),
        new.to.into_untyped_uuid(),
        new.access_point.into_untyped_uuid(),
        int(new.cost, "cost")?,
        new.transport.to_string(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(link.event("link.create"), None, Some(&link));
    Ok(link)
}

/// Changes cost and transport of a link; what is absent stays.
pub async fn set(
    tx: &mut Tx,
    id: LinkId,
    expected: Option<i64>,
    cost: Option<u32>,
    transport: Option<Transport>,
) -> Result<Link, StoreError> {
    let before = lock(tx, id, expected).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE link SET cost = $2, transport = $3, updated = $4, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        int(cost.unwrap_or(before.cost), "cost")?,
        transport.unwrap_or(before.transport).to_string(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("link.set"), Some(&before), Some(&after));
    Ok(after)
}

/// Deletes a link.
pub async fn delete(tx: &mut Tx, id: LinkId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!("DELETE FROM link WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("link.delete"), Some(&before), None);
    Ok(())
}

/// A link by its id.
pub async fn get(mut db: impl Db, id: LinkId) -> Result<Link, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM link WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "link" })
}

/// The links of a backbone, oldest first.
pub async fn list(mut db: impl Db, backbone: BackboneId) -> Result<Vec<Link>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM link WHERE backbone_id = $1 ORDER BY created, id", backbone.into_untyped_uuid())
        .fetch_all(&mut *db)
        .await?)
}

/// A page of the links of a backbone.
pub async fn page(mut db: impl Db, backbone: BackboneId, wanted: &Wanted) -> Result<Listed<Link>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(backbone.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM link WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// The links a site dials, oldest first.
pub async fn list_from(mut db: impl Db, site: BackboneSiteId) -> Result<Vec<Link>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM link WHERE from_site = $1 ORDER BY created, id", site.into_untyped_uuid())
        .fetch_all(&mut *db)
        .await?)
}

async fn lock(tx: &mut Tx, id: LinkId, expected: Option<i64>) -> Result<Link, StoreError> {
    let link = rows!("SELECT", "FROM link WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "link" })?;
    StoreError::unless_at(expected, link.revision, "link")?;
    Ok(link)
}
