//! Deployments: releases placed on the sites of networks, what each site is offered of them, and what became of it.

use jiff::Timestamp;
use model::{DeploymentId, Name, NetworkId, NetworkKind, ReleaseId, id::GenericUuid};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Text, at},
};

mod site;
pub use site::{AtSite, Give, Offered, decided, offer, offered, offers_of, reported, sites};
mod trouble;
pub use trouble::{Troubled, troubled};

/// A release placed on the sites of a network, for as long as it stands. What was planned of it is read by [`plan`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// The application network.
    pub network: NetworkId,
    /// Its name, unique in the network.
    pub name: Name,
    /// As it was given: kind Deployment.
    pub document: Value,
    /// The release that is to be placed now.
    pub release: ReleaseId,
    /// What the planner could not do, in words for people.
    #[serde(skip)]
    pub trouble: Option<String>,
    /// Whether it is being taken away.
    pub removing: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When a person changed it last.
    pub updated: Timestamp,
    /// Grows with every change a person makes.
    pub revision: i64,
}

/// A new deployment.
#[derive(Clone, Debug)]
pub struct New {
    /// Its id.
    pub id: DeploymentId,
    /// The application network.
    pub network: NetworkId,
    /// Its name.
    pub name: Name,
    /// As it was given.
    pub document: Value,
    /// The release that is to be placed.
    pub release: ReleaseId,
}

/// A deployment that nobody else plans or changes until the transaction ends.
#[derive(Clone, Debug)]
pub struct Locked {
    /// The deployment.
    pub deployment: Deployment,
    /// The last plan: `compose::deploy::Plan`, as JSON.
    pub plan: Option<String>,
    /// Where the rollout is, as JSON.
    pub rollout: Option<String>,
}

impl Deployment {
    fn event(&self, action: &'static str) -> Event {
        event(action, self.network, self.id)
    }
}

fn event(action: &'static str, network: NetworkId, id: DeploymentId) -> Event {
    Event::new(action, ObjectKind::Deployment, id).in_network(network)
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Deployment,
            $before + r#" id AS "id: Id<_>", network_id AS "network: Id<_>", name AS "name: Text<_>",
                document AS "document: Text<_>", release_id AS "release: Id<_>", trouble, removing, created, updated,
                revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "deployment JOIN release ON release.id = deployment.release_id",
    id: "deployment.id",
    within: Some("deployment.network_id"),
    sorts: &[
        ("created", "deployment.created", KeyType::Time),
        ("name", "deployment.name", KeyType::Text),
        ("updated", "deployment.updated", KeyType::Time),
    ],
    filters: &[
        ("application", "release.name = {value}"),
        ("trouble", "(deployment.trouble IS NOT NULL) = {value}::boolean"),
        ("removing", "deployment.removing = {value}::boolean"),
    ],
    search: &["deployment.name", "release.name", "release.version"],
    ..List::PLAIN
};

/// Creates a deployment. [`StoreError::NameTaken`] when the network has one of the name; [`StoreError::Unknown`] when
/// the release is not there any more.
pub async fn create(tx: &mut Tx, new: &New) -> Result<Deployment, StoreError> {
    let now = at(tx.now());
    let deployment = rows!(
        "INSERT INTO deployment (id, network_id, name, document, release_id, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.network.into_untyped_uuid(),
        new.name.as_str(),
        new.document.to_string(),
        new.release.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(deployment.event("deployment.create"), None, Some(&deployment));
    Ok(deployment)
}

/// Changes what a deployment says. What is so already stays unchanged, and records nothing. [`StoreError::Stale`] when
/// it is at another revision than `expected`, [`StoreError::Conflict`] when it is being taken away.
pub async fn update(
    tx: &mut Tx,
    id: DeploymentId,
    expected: Option<i64>,
    document: &Value,
    release: ReleaseId,
) -> Result<Deployment, StoreError> {
    let before = standing(tx, id, expected).await?;
    if before.removing {
        return Err(StoreError::Conflict { what: "deployment" });
    }
    if before.document == *document && before.release == release {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE deployment SET document = $2, release_id = $3, updated = $4, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        document.to_string(),
        release.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("deployment.update"), Some(&before), Some(&after));
    Ok(after)
}

/// Has a deployment taken away from every site. It goes when that is done: [`delete`].
pub async fn begin_removal(tx: &mut Tx, id: DeploymentId, expected: Option<i64>) -> Result<Deployment, StoreError> {
    let before = standing(tx, id, expected).await?;
    if before.removing {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE deployment SET removing = true, updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("deployment.delete"), Some(&before), Some(&after));
    Ok(after)
}

/// Forgets a deployment, and what its sites said of it.
pub async fn delete(tx: &mut Tx, id: DeploymentId) -> Result<(), StoreError> {
    let before = standing(tx, id, None).await?;
    sqlx::query!("DELETE FROM deployment WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("deployment.removed"), Some(&before), None);
    Ok(())
}

/// A deployment by its id.
pub async fn get(mut db: impl Db, id: DeploymentId) -> Result<Deployment, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM deployment WHERE id = $1", id.into_untyped_uuid()).fetch_optional(&mut *db).await?.ok_or(NONE)
}

/// The deployment of a network that has a name.
pub async fn by_name(db: impl Db, network: NetworkId, name: &Name) -> Result<Deployment, StoreError> {
    find(db, network, name.as_str()).await
}

/// A deployment of a network by its name, or by its id as text.
pub async fn find(mut db: impl Db, network: NetworkId, reference: &str) -> Result<Deployment, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM deployment WHERE network_id = $1 AND (name = $2 OR id = $3) ORDER BY id = $3 DESC LIMIT 1",
        network.into_untyped_uuid(),
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(NONE)
}

/// The deployments of a network, by name.
pub async fn list(mut db: impl Db, network: NetworkId) -> Result<Vec<Deployment>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM deployment WHERE network_id = $1 ORDER BY name", network.into_untyped_uuid())
        .fetch_all(&mut *db)
        .await?)
}

/// The deployments of all networks that have not ended and were not evicted, the oldest first.
pub async fn list_all(mut db: impl Db) -> Result<Vec<Deployment>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM deployment WHERE network_id IN (SELECT id FROM network WHERE ended IS NULL AND evicted IS NULL)
        ORDER BY created, id"
    )
    .fetch_all(&mut *db)
    .await?)
}

/// A page of the deployments of a network.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Deployment>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM deployment WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// A deployment with what was planned of it, held until the transaction ends; none when it is gone.
pub async fn lock(tx: &mut Tx, id: DeploymentId) -> Result<Option<Locked>, StoreError> {
    let id = id.into_untyped_uuid();
    let Some(deployment) =
        rows!("SELECT", "FROM deployment WHERE id = $1 FOR UPDATE", id).fetch_optional(tx.connection()).await?
    else {
        return Ok(None);
    };
    let row = sqlx::query!("SELECT plan, rollout FROM deployment WHERE id = $1", id).fetch_one(tx.connection()).await?;
    Ok(Some(Locked { deployment, plan: row.plan, rollout: row.rollout }))
}

/// The last plan of a deployment, as JSON; none before the first.
pub async fn plan(mut db: impl Db, id: DeploymentId) -> Result<Option<String>, StoreError> {
    let mut db = db.source().connection().await?;
    sqlx::query_scalar!("SELECT plan FROM deployment WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(NONE)
}

/// Where the rollout of a deployment is, as JSON; none before the first plan.
pub async fn rollout(mut db: impl Db, id: DeploymentId) -> Result<Option<String>, StoreError> {
    let mut db = db.source().connection().await?;
    sqlx::query_scalar!("SELECT rollout FROM deployment WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(NONE)
}

/// What differs as soon as anything differs that tells how a deployment of a network stands, where a site is online that was heard
/// of after `heard`. Nothing of a plan is read for it.
pub async fn digest(
    mut db: impl Db,
    network: NetworkId,
    id: DeploymentId,
    heard: Timestamp,
) -> Result<String, StoreError> {
    let mut db = db.source().connection().await?;
    let found = sqlx::query_scalar!(
        r#"SELECT md5(concat_ws(';',
            (SELECT xmin::text FROM deployment WHERE id = $1),
            (SELECT string_agg(member_id || ' ' || xmin, ',' ORDER BY member_id) FROM deployment_site WHERE deployment_id = $1),
            (SELECT string_agg(m.id || ' ' || m.xmin || CASE WHEN s.session IS NOT NULL AND s.last_seen > $3 THEN ''
                    ELSE coalesce(s.last_seen::text, 'never') END, ',' ORDER BY m.id)
                FROM member m LEFT JOIN site_status s ON s.member_id = m.id WHERE m.network_id = $2))) AS "digest!""#,
        id.into_untyped_uuid(),
        network.into_untyped_uuid(),
        at(heard),
    );
    Ok(found.fetch_one(&mut *db).await?)
}

/// Keeps what was planned of a deployment. It is no change that a person made: its revision stays. It is recorded when
/// the plan is a `new` one, by its number.
pub async fn planned(
    tx: &mut Tx,
    id: DeploymentId,
    plan: Option<&str>,
    release: ReleaseId,
    trouble: Option<&str>,
    rollout: Option<&str>,
    new: Option<u64>,
) -> Result<(), StoreError> {
    let row = sqlx::query!(
        r#"UPDATE deployment SET plan = $2, release_id = $3, trouble = $4, rollout = $5 WHERE id = $1
        RETURNING network_id AS "network: Id<NetworkKind>", name"#,
        id.into_untyped_uuid(),
        plan,
        release.into_untyped_uuid(),
        trouble,
        rollout,
    )
    .fetch_optional(tx.connection())
    .await?
    .ok_or(NONE)?;
    if let Some(number) = new {
        let after = json!({ "name": row.name, "number": number, "release": release, "trouble": trouble });
        tx.record(Event { after: Some(after), ..event("deployment.planned", row.network.into(), id) });
    }
    Ok(())
}

const NONE: StoreError = StoreError::NotFound { what: "deployment" };

/// The deployment, held until the transaction ends.
async fn standing(tx: &mut Tx, id: DeploymentId, expected: Option<i64>) -> Result<Deployment, StoreError> {
    let before = rows!("SELECT", "FROM deployment WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(NONE)?;
    StoreError::unless_at(expected, before.revision, "deployment")?;
    Ok(before)
}
