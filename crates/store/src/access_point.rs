//! Access points of backbone sites.

use std::net::SocketAddr;

use jiff::Timestamp;
use model::{
    AccessKind, AccessKinds, AccessPointId, AccessPointSpec, Advertised, BackboneId, BackboneSiteId, Name,
    id::GenericUuid,
};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx, backbone_site,
    event::{Event, ObjectKind},
    sql::{Id, Opt, Text, at},
};

/// Where a backbone site listens, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccessPoint {
    /// Its id.
    pub id: AccessPointId,
    /// The site.
    pub site: BackboneSiteId,
    /// Its name, unique at the site.
    pub name: Name,
    /// Whom it admits.
    pub kinds: AccessKinds,
    /// Where others dial it.
    pub advertised: Advertised,
    /// Where the router listens; every address at the advertised port unless given.
    pub bind: Option<SocketAddr>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl AccessPoint {
    fn event(&self, action: &'static str, backbone: BackboneId) -> Event {
        Event::new(action, ObjectKind::AccessPoint, self.id).on_backbone(backbone)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            AccessPoint,
            $before + r#" id AS "id: Id<_>", site_id AS "site: Id<_>", name AS "name: Text<_>", kinds AS "kinds: Text<_>",
                advertised AS "advertised: Text<_>", bind AS "bind!: Opt<Text<_>>", created, updated, revision "#
                + $after $(, $arg)*
        )
    };
}

/// Adds an access point to a site. [`StoreError::NameTaken`] when another at the site has the name.
pub async fn add(
    tx: &mut Tx,
    id: AccessPointId,
    site: BackboneSiteId,
    spec: &AccessPointSpec,
) -> Result<AccessPoint, StoreError> {
    let backbone = backbone_site::get(&mut *tx, site).await?.backbone;
    let now = at(tx.now());
    let point = rows!(
        "INSERT INTO access_point (id, site_id, name, kinds, advertised, bind, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING",
        "",
        id.into_untyped_uuid(),
        site.into_untyped_uuid(),
        spec.name.as_str(),
        spec.kinds.to_string(),
        spec.advertised.to_string(),
        spec.bind.map(|bind| bind.to_string()),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(point.event("access-point.create", backbone), None, Some(&point));
    Ok(point)
}

/// Changes an access point to what `spec` says, its name included.
pub async fn set(
    tx: &mut Tx,
    id: AccessPointId,
    expected: Option<i64>,
    spec: &AccessPointSpec,
) -> Result<AccessPoint, StoreError> {
    let before = lock(tx, id, expected).await?;
    let backbone = backbone_site::get(&mut *tx, before.site).await?.backbone;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE access_point SET name = $2, kinds = $3, advertised = $4, bind = $5, updated = $6, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        spec.name.as_str(),
        spec.kinds.to_string(),
        spec.advertised.to_string(),
        spec.bind.map(|bind| bind.to_string()),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("access-point.set", backbone), Some(&before), Some(&after));
    Ok(after)
}

/// Removes an access point. [`StoreError::InUse`] as long as links end there.
pub async fn remove(tx: &mut Tx, id: AccessPointId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    let backbone = backbone_site::get(&mut *tx, before.site).await?.backbone;
    sqlx::query!("DELETE FROM access_point WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("access-point.delete", backbone), Some(&before), None);
    Ok(())
}

/// An access point by its id.
pub async fn get(mut db: impl Db, id: AccessPointId) -> Result<AccessPoint, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM access_point WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "access point" })
}

/// An access point of a site by its name.
pub async fn find(mut db: impl Db, site: BackboneSiteId, name: &Name) -> Result<AccessPoint, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM access_point WHERE site_id = $1 AND name = $2", site.into_untyped_uuid(), name.as_str())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "access point" })
}

/// The access points of a site, oldest first.
pub async fn list(mut db: impl Db, site: BackboneSiteId) -> Result<Vec<AccessPoint>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM access_point WHERE site_id = $1 ORDER BY created, name, id", site.into_untyped_uuid())
        .fetch_all(&mut *db)
        .await?)
}

/// The access points of every site of a backbone, oldest first.
pub async fn list_of_backbone(mut db: impl Db, backbone: BackboneId) -> Result<Vec<AccessPoint>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM access_point WHERE site_id IN (SELECT id FROM backbone_site WHERE backbone_id = $1) ORDER BY created, name, id",
        backbone.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The access points of a backbone that admit all of `kinds`, at sites in service (deployed, not evicted), oldest first.
/// Those whose host is not known are no use to anybody, and those of sites that drain only where there are no others.
pub async fn in_service(
    mut db: impl Db,
    backbone: BackboneId,
    kinds: &[AccessKind],
) -> Result<Vec<AccessPoint>, StoreError> {
    let mut db = db.source().connection().await?;
    let mut points = rows!(
        "SELECT",
        "FROM access_point
        WHERE site_id IN (SELECT id FROM backbone_site WHERE backbone_id = $1 AND state = 'deployed')
        ORDER BY created, name, id",
        backbone.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    points.retain(|point| point.advertised.host.is_some() && kinds.iter().all(|kind| point.kinds.contains(*kind)));
    let draining = sqlx::query_scalar!(
        "SELECT id FROM backbone_site WHERE backbone_id = $1 AND draining",
        backbone.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    let stays = |point: &AccessPoint| !draining.contains(&point.site.into_untyped_uuid());
    if points.iter().any(stays) {
        points.retain(stays);
    }
    Ok(points)
}

async fn lock(tx: &mut Tx, id: AccessPointId, expected: Option<i64>) -> Result<AccessPoint, StoreError> {
    let point = rows!("SELECT", "FROM access_point WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "access point" })?;
    StoreError::unless_at(expected, point.revision, "access point")?;
    Ok(point)
}
