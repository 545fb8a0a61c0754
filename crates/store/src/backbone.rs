//! Backbones.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{BackboneId, Name, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Cursor, Db, Items, Page, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Num, Opt, Text, Time, at, words},
};

/// What routes a backbone's traffic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DataPlane {
    /// The native router.
    #[default]
    Native,
    /// skupper-router.
    Skupper,
}

words!(DataPlane { Native = "native", Skupper = "skupper" });

/// A backbone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backbone {
    /// Its id.
    pub id: BackboneId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// What routes its traffic.
    pub data_plane: DataPlane,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl Backbone {
    /// Its place in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.created, id: self.id.into_untyped_uuid() }
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Backbone, self.id).on_backbone(self.id)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Backbone,
            $before + r#" id AS "id: Id<_>", name AS "name: Text<_>", data_plane AS "data_plane: Text<_>", created, updated,
                revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "backbone",
    id: "backbone.id",
    sorts: &[
        ("created", "backbone.created", KeyType::Time),
        ("name", "backbone.name", KeyType::Text),
        ("updated", "backbone.updated", KeyType::Time),
    ],
    search: &["backbone.name"],
    ..List::PLAIN
};

/// Creates a backbone. [`StoreError::NameTaken`] when another has the name.
pub async fn create(tx: &mut Tx, id: BackboneId, name: &Name, data_plane: DataPlane) -> Result<Backbone, StoreError> {
    let now = at(tx.now());
    let backbone = rows!(
        "INSERT INTO backbone (id, name, data_plane, created, updated) VALUES ($1, $2, $3, $4, $4) RETURNING",
        "",
        id.into_untyped_uuid(),
        name.as_str(),
        data_plane.as_str(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(backbone.event("backbone.create"), None, Some(&backbone));
    Ok(backbone)
}

/// A backbone by its id.
pub async fn get(mut db: impl Db, id: BackboneId) -> Result<Backbone, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM backbone WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "backbone" })
}

/// A backbone by its name, or by its id as text.
pub async fn find(mut db: impl Db, reference: &str) -> Result<Backbone, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM backbone WHERE name = $1 OR id = $2 ORDER BY id = $2 DESC LIMIT 1",
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "backbone" })
}

/// The backbones.
pub async fn list(mut db: impl Db, page: Page) -> Result<Items<Backbone>, StoreError> {
    let mut db = db.source().connection().await?;
    let items = rows!(
        "SELECT",
        "FROM backbone WHERE (created, id) > ($1, $2) ORDER BY created, id LIMIT $3",
        at(page.after.created),
        page.after.id,
        page.fetch(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Items::new(items, page, Backbone::cursor))
}

/// A page of the backbones.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Backbone>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM backbone WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// What there is on a backbone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// The backbone.
    pub backbone: BackboneId,
    /// How many sites it has, evicted ones not counted.
    pub sites: u64,
    /// How many of them are deployed.
    pub deployed: u64,
    /// How many networks run on it, evicted ones not counted.
    pub networks: u64,
    /// When the last of its sites was made or has enrolled.
    pub since: Option<Timestamp>,
    /// The version of its trust document.
    pub trust_version: Option<u64>,
}

/// What there is on some backbones.
pub async fn contents(
    mut db: impl Db,
    backbones: impl IntoIterator<Item = BackboneId>,
) -> Result<BTreeMap<BackboneId, Content>, StoreError> {
    let backbones: Vec<Uuid> = backbones.into_iter().map(GenericUuid::into_untyped_uuid).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Content,
        r#"SELECT id AS "backbone: Id<_>", sites AS "sites!: Num<_>", deployed AS "deployed!: Num<_>",
            (SELECT count(*) FROM network WHERE backbone_id = backbone.id AND evicted IS NULL) AS "networks!: Num<_>",
            since AS "since!: Opt<Time>",
            (SELECT max(version) FROM trust_document WHERE backbone_id = backbone.id) AS "trust_version!: Opt<Num<_>>"
        FROM backbone CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE state <> 'evicted') AS sites,
                count(*) FILTER (WHERE state = 'deployed') AS deployed, max(coalesce(enrolled, created)) AS since
            FROM backbone_site WHERE backbone_id = backbone.id
        ) AS site
        WHERE id = ANY($1)"#,
        &backbones,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.backbone, row)).collect())
}

/// Deletes a backbone with its authorities, trust documents and denials. [`StoreError::InUse`] as long as it has
/// sites, links or networks.
pub async fn delete(tx: &mut Tx, id: BackboneId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!("DELETE FROM backbone WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("backbone.delete"), Some(&before), None);
    Ok(())
}

async fn lock(tx: &mut Tx, id: BackboneId, expected: Option<i64>) -> Result<Backbone, StoreError> {
    let backbone = rows!("SELECT", "FROM backbone WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "backbone" })?;
    StoreError::unless_at(expected, backbone.revision, "backbone")?;
    Ok(backbone)
}
