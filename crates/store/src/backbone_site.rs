//! Backbone sites, their bootstrap bundles and their enrolment.

use jiff::Timestamp;
use model::{BackboneId, BackboneSiteId, Name, id::GenericUuid, lifecycle::BackboneSiteState};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Cursor, Db, Items, Page, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Digest, Id, Num, Opt, Text, Time, at},
};

/// A backbone site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackboneSite {
    /// Its id.
    pub id: BackboneSiteId,
    /// The backbone.
    pub backbone: BackboneId,
    /// Its name, unique in the backbone.
    pub name: Name,
    /// Where it stands.
    pub state: BackboneSiteState,
    /// How often its bundle was rendered.
    pub bundle_generation: u32,
    /// The serial of the only bootstrap certificate that is good.
    pub bundle_serial: Option<String>,
    /// SHA-256 of the public key it enrolled with.
    #[serde(skip)]
    pub key_digest: Option<[u8; 32]>,
    /// What it told of its machine and program.
    pub platform: Option<Value>,
    /// Whether others are to go around it, because it is about to be taken away.
    pub draining: bool,
    /// Where the last bundle tells the site to listen and whom to dial, as `listen SOCKET` and `dial HOST:PORT`.
    pub bundle_ways: Vec<String>,
    /// Until when the credential in the last bundle is good.
    pub bundle_expires: Option<Timestamp>,
    /// When it enrolled.
    pub enrolled: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl BackboneSite {
    /// Its place in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.created, id: self.id.into_untyped_uuid() }
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::BackboneSite, self.id).on_backbone(self.backbone)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            BackboneSite,
            $before + r#" id AS "id: Id<_>", backbone_id AS "backbone: Id<_>", name AS "name: Text<_>",
                state AS "state: Text<_>", bundle_generation AS "bundle_generation: Num<_>", bundle_serial,
                key_digest AS "key_digest!: Opt<Digest>", platform, draining, bundle_ways,
                bundle_expires AS "bundle_expires!: Opt<Time>", enrolled AS "enrolled!: Opt<Time>",
                created, updated, revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "backbone_site LEFT JOIN site_status status ON status.backbone_site_id = backbone_site.id",
    id: "backbone_site.id",
    within: Some("backbone_site.backbone_id"),
    sorts: &[
        ("created", "backbone_site.created", KeyType::Time),
        ("name", "backbone_site.name", KeyType::Text),
        ("state", "backbone_site.state", KeyType::Text),
        ("last_seen", "COALESCE(status.last_seen, '0001-01-01 00:00Z')", KeyType::Time),
    ],
    filters: &[
        ("state", "backbone_site.state = {value}"),
        ("draining", "backbone_site.draining = {value}::boolean"),
        ("connected", "COALESCE(status.session IS NOT NULL AND status.last_seen > {since}, false) = {value}::boolean"),
    ],
    search: &["backbone_site.name", "backbone_site.platform ->> 'hostname'"],
    ..List::PLAIN
};

/// Creates a site of a backbone. [`StoreError::NameTaken`] when another of its sites has the name.
pub async fn create(
    tx: &mut Tx,
    id: BackboneSiteId,
    backbone: BackboneId,
    name: &Name,
) -> Result<BackboneSite, StoreError> {
    let now = at(tx.now());
    let site = rows!(
        "INSERT INTO backbone_site (id, backbone_id, name, created, updated) VALUES ($1, $2, $3, $4, $4) RETURNING",
        "",
        id.into_untyped_uuid(),
        backbone.into_untyped_uuid(),
        name.as_str(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(site.event("backbone-site.create"), None, Some(&site));
    Ok(site)
}

/// A site by its id.
pub async fn get(mut db: impl Db, id: BackboneSiteId) -> Result<BackboneSite, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM backbone_site WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "backbone site" })
}

/// A site of a backbone by its name, or by its id as text.
pub async fn find(mut db: impl Db, backbone: BackboneId, reference: &str) -> Result<BackboneSite, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM backbone_site WHERE backbone_id = $1 AND (name = $2 OR id = $3) ORDER BY id = $3 DESC LIMIT 1",
        backbone.into_untyped_uuid(),
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "backbone site" })
}

/// The sites of a backbone.
pub async fn list(mut db: impl Db, backbone: BackboneId, page: Page) -> Result<Items<BackboneSite>, StoreError> {
    let mut db = db.source().connection().await?;
    let items = rows!(
        "SELECT",
        "FROM backbone_site WHERE backbone_id = $1 AND (created, id) > ($2, $3) ORDER BY created, id LIMIT $4",
        backbone.into_untyped_uuid(),
        at(page.after.created),
        page.after.id,
        page.fetch(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Items::new(items, page, BackboneSite::cursor))
}

/// A page of the sites of a backbone.
pub async fn page(mut db: impl Db, backbone: BackboneId, wanted: &Wanted) -> Result<Listed<BackboneSite>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(backbone.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM backbone_site WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// A bundle that was rendered for a site.
#[derive(Clone, Debug)]
pub struct NewBundle {
    /// The serial of its bootstrap certificate.
    pub serial: String,
    /// Where it tells the site to listen and whom to dial, as `listen SOCKET` and `dial HOST:PORT`.
    pub ways: Vec<String>,
    /// Until when its credential is good.
    pub expires: Timestamp,
}

/// Makes the bootstrap certificate of this bundle the only one that is good, and counts the rendering.
/// [`StoreError::Conflict`] when the site was evicted.
pub async fn new_bundle(tx: &mut Tx, id: BackboneSiteId, bundle: &NewBundle) -> Result<BackboneSite, StoreError> {
    let before = lock(tx, id, None).await?;
    if before.state == BackboneSiteState::Evicted {
        return Err(StoreError::Conflict { what: "backbone site" });
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE backbone_site SET bundle_generation = bundle_generation + 1, bundle_serial = $2, bundle_ways = $3,
            bundle_expires = $4, updated = $5, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        bundle.serial,
        &bundle.ways[..],
        at(bundle.expires),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("backbone-site.render-bundle"), Some(&before), Some(&after));
    Ok(after)
}

/// Lets a deployed site whose certificate is of no use any more enrol anew, by its newest bundle and with any key.
/// [`StoreError::Conflict`] when it is not deployed.
pub async fn reopen(tx: &mut Tx, id: BackboneSiteId) -> Result<BackboneSite, StoreError> {
    let before = lock(tx, id, None).await?;
    if before.state != BackboneSiteState::Deployed {
        return Err(StoreError::Conflict { what: "backbone site" });
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE backbone_site SET state = 'defined', key_digest = NULL, enrolled = NULL, updated = $2, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("backbone-site.reopen"), Some(&before), Some(&after));
    Ok(after)
}

/// What a site presents to enrol.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The site, from the bootstrap certificate.
    pub site: BackboneSiteId,
    /// SHA-256 of the site's public key.
    pub key_digest: [u8; 32],
    /// The serial of the bootstrap certificate it came with, where that is known.
    pub bundle_serial: Option<String>,
    /// What it tells of its machine and program.
    pub platform: Value,
}

/// How an enrolment came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enrolled {
    /// It is enrolled with this key since now.
    New(BackboneSite),
    /// It was enrolled with this key before: its answer was lost, or it asks again.
    Existing(BackboneSite),
    /// It is not.
    Refused(EnrolmentRefusal),
}

/// Why an enrolment was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnrolmentRefusal {
    /// There is no such site.
    #[error("there is no such backbone site")]
    Unknown,
    /// The site was evicted.
    #[error("the backbone site was evicted")]
    Evicted,
    /// Its bundle was rendered again since.
    #[error("a newer bundle was made for the backbone site")]
    Superseded,
    /// The site is enrolled with another key.
    #[error("the backbone site is enrolled with another key")]
    KeyMismatch,
}

/// Enrols a site: one conditional update, in which the first key wins. The transaction stays usable whatever comes
/// out; a refusal changes and records nothing.
pub async fn enrol(tx: &mut Tx, enrolment: &Enrolment) -> Result<Enrolled, StoreError> {
    let id = enrolment.site.into_untyped_uuid();
    let now = at(tx.now());
    let serial = enrolment.bundle_serial.as_deref();
    let enrolled = rows!(
        "UPDATE backbone_site SET state = 'deployed', key_digest = $2, platform = $3, enrolled = $4, updated = $4,
            revision = revision + 1
        WHERE id = $1 AND state = 'defined' AND key_digest IS NULL AND ($5::text IS NULL OR bundle_serial = $5)
        RETURNING",
        "",
        id,
        &enrolment.key_digest[..],
        &enrolment.platform,
        now,
        serial,
    )
    .fetch_optional(tx.connection())
    .await?;
    if let Some(site) = enrolled {
        tx.changed(site.event("backbone-site.enrol"), None, Some(&site));
        return Ok(Enrolled::New(site));
    }
    // Nothing was changed. Who has enrolled already gets a certificate again: whoever evicts it meanwhile sees that, or it gets none.
    let site = match lock(tx, enrolment.site, None).await {
        Ok(site) => site,
        Err(StoreError::NotFound { .. }) => return Ok(Enrolled::Refused(EnrolmentRefusal::Unknown)),
        Err(error) => return Err(error),
    };
    Ok(match site.key_digest {
        _ if site.state == BackboneSiteState::Evicted => Enrolled::Refused(EnrolmentRefusal::Evicted),
        Some(digest) if digest == enrolment.key_digest => Enrolled::Existing(site),
        _ if serial.is_some() && serial != site.bundle_serial.as_deref() => {
            Enrolled::Refused(EnrolmentRefusal::Superseded)
        }
        _ => Enrolled::Refused(EnrolmentRefusal::KeyMismatch),
    })
}

/// How many alarms there are for one site: whoever holds its bundle can make keys without end.
const ALARMS: i64 = 16;

/// Notes that a second key has tried to enrol as a site. Says whether that is news: for each key once, and for the first
/// few keys only.
pub async fn note_second_key(tx: &mut Tx, id: BackboneSiteId, key_digest: &[u8; 32]) -> Result<bool, StoreError> {
    lock(tx, id, None).await?;
    let noted = sqlx::query!(
        "INSERT INTO enrolment_alarm (site_id, key_digest, created)
        SELECT $1, $2, $3 WHERE (SELECT count(*) FROM enrolment_alarm WHERE site_id = $1) < $4
        ON CONFLICT DO NOTHING",
        id.into_untyped_uuid(),
        &key_digest[..],
        at(tx.now()),
        ALARMS,
    )
    .execute(tx.connection())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Replaces the key of a deployed site, when its certificate is renewed for a new one.
pub async fn set_key(tx: &mut Tx, id: BackboneSiteId, key_digest: &[u8; 32]) -> Result<BackboneSite, StoreError> {
    let before = lock(tx, id, None).await?;
    if before.state != BackboneSiteState::Deployed {
        return Err(StoreError::Conflict { what: "backbone site" });
    }
    if before.key_digest.as_ref() == Some(key_digest) {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE backbone_site SET key_digest = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        &key_digest[..],
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("backbone-site.renew-key"), Some(&before), Some(&after));
    Ok(after)
}

/// Lets a site drain, or take new streams again. [`StoreError::Conflict`] when the site was evicted.
pub async fn set_draining(
    tx: &mut Tx,
    id: BackboneSiteId,
    expected: Option<i64>,
    draining: bool,
) -> Result<BackboneSite, StoreError> {
    let before = lock(tx, id, expected).await?;
    if before.state == BackboneSiteState::Evicted {
        return Err(StoreError::Conflict { what: "backbone site" });
    }
    if before.draining == draining {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE backbone_site SET draining = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        draining,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    let action = if draining { "backbone-site.drain" } else { "backbone-site.resume" };
    tx.changed(after.event(action), Some(&before), Some(&after));
    Ok(after)
}

/// Evicts a site, for good. Its id is to be denied in the same transaction: see [`crate::denial`].
pub async fn evict(tx: &mut Tx, id: BackboneSiteId, expected: Option<i64>) -> Result<BackboneSite, StoreError> {
    let before = lock(tx, id, expected).await?;
    if before.state == BackboneSiteState::Evicted {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE backbone_site SET state = 'evicted', updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("backbone-site.evict"), Some(&before), Some(&after));
    Ok(after)
}

/// Deletes a site with its access points. [`StoreError::InUse`] as long as links begin or end there.
pub async fn delete(tx: &mut Tx, id: BackboneSiteId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!("DELETE FROM backbone_site WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("backbone-site.delete"), Some(&before), None);
    Ok(())
}

async fn lock(tx: &mut Tx, id: BackboneSiteId, expected: Option<i64>) -> Result<BackboneSite, StoreError> {
    let site = rows!("SELECT", "FROM backbone_site WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "backbone site" })?;
    StoreError::unless_at(expected, site.revision, "backbone site")?;
    Ok(site)
}
