//! What sites last said of themselves. Passing: it records no events, and the newest word replaces the one before.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{BackboneId, BackboneSiteId, ControllerId, Name, NetworkId, SiteId, id::GenericUuid};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Db, Store, StoreError,
    sql::{Digest, Id, Num, Opt, Text, Time, at, bigint, int},
};

/// A site of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteRef {
    /// A backbone site.
    Backbone(BackboneSiteId),
    /// A member site.
    Member(SiteId),
}

impl SiteRef {
    fn backbone(self) -> Option<Uuid> {
        if let Self::Backbone(id) = self { Some(id.into_untyped_uuid()) } else { None }
    }

    fn member(self) -> Option<Uuid> {
        if let Self::Member(id) = self { Some(id.into_untyped_uuid()) } else { None }
    }
}

/// What a site last said of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The session that reports; absent while the site has none.
    pub session: Option<Uuid>,
    /// The replica that holds it.
    pub controller: Option<ControllerId>,
    /// Since when.
    pub connected: Option<Timestamp>,
    /// When it was last heard of.
    pub last_seen: Timestamp,
    /// Which desired state it has applied.
    pub applied_revision: Option<u64>,
    /// The version of the trust document in force there.
    pub trust_version: Option<u64>,
    /// The digest of that document; a version alone may mean another one.
    pub trust_digest: Option<[u8; 32]>,
    /// The newest generation of its Backbone CA that it trusts.
    pub backbone_generation: Option<u32>,
    /// The newest generation of its network's CA that it trusts (members).
    pub network_generation: Option<u32>,
    /// The rest of what it observes.
    pub report: Value,
    backbone_site: Option<BackboneSiteId>,
    member: Option<SiteId>,
}

macro_rules! rows {
    ($after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Status,
            r#"SELECT session, controller_id AS "controller!: Opt<Id<_>>", connected AS "connected!: Opt<Time>", last_seen,
                applied_revision AS "applied_revision!: Opt<Num<_>>", trust_version AS "trust_version!: Opt<Num<_>>",
                trust_digest AS "trust_digest!: Opt<Digest>",
                backbone_generation AS "backbone_generation!: Opt<Num<_>>",
                network_generation AS "network_generation!: Opt<Num<_>>", report, backbone_site_id AS "backbone_site!: Opt<Id<_>>", member_id AS "member!: Opt<Id<_>>"
            FROM site_status "# + $after $(, $arg)*
        )
    };
}

/// Notes that a session with a site has begun. It takes the place of any other session of the site.
pub async fn connected(
    store: &Store,
    site: SiteRef,
    session: Uuid,
    controller: ControllerId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let controller = controller.into_untyped_uuid();
    match site {
        SiteRef::Backbone(id) => {
            sqlx::query!(
                "INSERT INTO site_status (backbone_site_id, session, controller_id, connected, last_seen, report)
                VALUES ($1, $2, $3, $4, $4, '{}')
                ON CONFLICT (backbone_site_id) DO UPDATE SET session = $2, controller_id = $3, connected = $4,
                    last_seen = $4",
                id.into_untyped_uuid(),
                session,
                controller,
                at(now),
            )
            .execute(store.pool())
            .await?
        }
        SiteRef::Member(id) => {
            sqlx::query!(
                "INSERT INTO site_status (member_id, session, controller_id, connected, last_seen, report)
                VALUES ($1, $2, $3, $4, $4, '{}')
                ON CONFLICT (member_id) DO UPDATE SET session = $2, controller_id = $3, connected = $4, last_seen = $4",
                id.into_untyped_uuid(),
                session,
                controller,
                at(now),
            )
            .execute(store.pool())
            .await?
        }
    };
    Ok(())
}

/// What a session reports; what is absent stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Which desired state the site has applied.
    pub applied_revision: Option<u64>,
    /// The version of the trust document in force there.
    pub trust_version: Option<u64>,
    /// The digest of that document, when the site says it. Kept with the version.
    pub trust_digest: Option<[u8; 32]>,
    /// The newest generation of its Backbone CA that the site trusts.
    pub backbone_generation: Option<u32>,
    /// The newest generation of its network's CA that the site trusts.
    pub network_generation: Option<u32>,
    /// The rest of what it observes.
    pub report: Option<Value>,
}

/// Keeps what a session reports. Returns whether it is the site's current session: the word of one that was replaced
/// is dropped.
pub async fn report(
    store: &Store,
    site: SiteRef,
    session: Uuid,
    report: &Report,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let applied_revision = report.applied_revision.map(|n| bigint(n, "applied revision")).transpose()?;
    let trust_version = report.trust_version.map(|n| bigint(n, "trust version")).transpose()?;
    let done = sqlx::query!(
        "UPDATE site_status SET last_seen = $4, applied_revision = coalesce($5, applied_revision),
            trust_version = coalesce($6, trust_version), report = coalesce($7, report),
            trust_digest = CASE WHEN $6::bigint IS NULL THEN trust_digest ELSE $8 END,
            backbone_generation = coalesce($9, backbone_generation),
            network_generation = coalesce($10, network_generation)
        WHERE (backbone_site_id = $1 OR member_id = $2) AND session = $3",
        site.backbone(),
        site.member(),
        session,
        at(now),
        applied_revision,
        trust_version,
        report.report.as_ref(),
        report.trust_digest.as_ref().map(|digest| &digest[..]),
        report.backbone_generation.map(|n| int(n, "backbone generation")).transpose()?,
        report.network_generation.map(|n| int(n, "network generation")).transpose()?,
    )
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a session has ended, unless another has taken its place.
pub async fn disconnected(store: &Store, site: SiteRef, session: Uuid, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE site_status SET session = NULL, controller_id = NULL, connected = NULL, last_seen = $4
        WHERE (backbone_site_id = $1 OR member_id = $2) AND session = $3",
        site.backbone(),
        site.member(),
        session,
        at(now),
    )
    .execute(store.pool())
    .await?;
    Ok(())
}

/// Notes that a replica is gone: none of its sessions are any more. Returns how many there were.
pub async fn forget_controller(store: &Store, controller: ControllerId) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "UPDATE site_status SET session = NULL, controller_id = NULL, connected = NULL WHERE controller_id = $1",
        controller.into_untyped_uuid(),
    )
    .execute(store.pool())
    .await?;
    Ok(done.rows_affected())
}

/// What a site last said; `None` when it never did.
pub async fn get(mut db: impl Db, site: SiteRef) -> Result<Option<Status>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("WHERE backbone_site_id = $1 OR member_id = $2", site.backbone(), site.member())
        .fetch_optional(&mut *db)
        .await?)
}

/// What some sites last said.
pub async fn among(
    mut db: impl Db,
    sites: impl IntoIterator<Item = SiteRef>,
) -> Result<BTreeMap<SiteRef, Status>, StoreError> {
    let (mut relays, mut members) = (vec![], vec![]);
    for site in sites {
        relays.extend(site.backbone());
        members.extend(site.member());
    }
    let mut db = db.source().connection().await?;
    let rows =
        rows!("WHERE backbone_site_id = ANY($1) OR member_id = ANY($2)", &relays, &members).fetch_all(&mut *db).await?;
    let site = |status: &Status| status.member.map(SiteRef::Member).or(status.backbone_site.map(SiteRef::Backbone));
    Ok(rows.into_iter().filter_map(|status| Some((site(&status)?, status))).collect())
}

/// What the sites of a backbone last said.
pub async fn list_of_backbone(
    mut db: impl Db,
    backbone: BackboneId,
) -> Result<Vec<(BackboneSiteId, Status)>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = rows!(
        "WHERE backbone_site_id IN (SELECT id FROM backbone_site WHERE backbone_id = $1) ORDER BY backbone_site_id",
        backbone.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().filter_map(|status| Some((status.backbone_site?, status))).collect())
}

/// How many live members a network has, and how many of them have a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The live members.
    pub members: u64,
    /// Those whose session was heard of since the moment asked for.
    pub connected: u64,
}

/// Counts the live members of networks, and those with a session that was heard of since `since`. Networks without
/// members are left out.
pub async fn count_of_networks(
    mut db: impl Db,
    networks: &[NetworkId],
    since: Timestamp,
) -> Result<BTreeMap<NetworkId, Counts>, StoreError> {
    struct Row {
        network: NetworkId,
        members: u64,
        connected: u64,
    }
    let mut db = db.source().connection().await?;
    let networks: Vec<Uuid> = networks.iter().map(|id| id.into_untyped_uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT network_id AS "network: Id<_>", count(*) AS "members!: Num<_>",
            count(*) FILTER (WHERE session IS NOT NULL AND last_seen >= $2) AS "connected!: Num<_>"
        FROM member LEFT JOIN site_status ON member_id = id
        WHERE network_id = ANY($1) AND state = 'member' GROUP BY network_id"#,
        &networks,
        at(since),
    )
    .fetch_all(&mut *db)
    .await?;
    let counts = |row: Row| (row.network, Counts { members: row.members, connected: row.connected });
    Ok(rows.into_iter().map(counts).collect())
}

/// Counts the live members of a network, and those with a session that was heard of since `since`.
pub async fn count_of_network(mut db: impl Db, network: NetworkId, since: Timestamp) -> Result<Counts, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Counts,
        r#"SELECT count(*) AS "members!: Num<_>",
            count(*) FILTER (WHERE session IS NOT NULL AND last_seen >= $2) AS "connected!: Num<_>"
        FROM member LEFT JOIN site_status ON member_id = id WHERE network_id = $1 AND state = 'member'"#,
        network.into_untyped_uuid(),
        at(since),
    )
    .fetch_one(&mut *db)
    .await?)
}

/// Counts the live members of all networks together, and those with a session that was heard of since `since`.
pub async fn count_of_all_networks(mut db: impl Db, since: Timestamp) -> Result<Counts, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Counts,
        r#"SELECT count(*) AS "members!: Num<_>",
            count(*) FILTER (WHERE session IS NOT NULL AND last_seen >= $1) AS "connected!: Num<_>"
        FROM member LEFT JOIN site_status ON member_id = id WHERE state = 'member'"#,
        at(since),
    )
    .fetch_one(&mut *db)
    .await?)
}

/// A member site that has a session, and said that it cannot do what it was told.
#[derive(Clone, Debug, PartialEq)]
pub struct Troubled {
    /// The name of its network.
    pub network: Name,
    /// Its name.
    pub site: Name,
    /// What it said.
    pub report: Value,
}

/// The first `limit` members of these networks that cannot do what they were told, and were heard of since `since`.
pub async fn troubled(
    mut db: impl Db,
    networks: &[NetworkId],
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Troubled>, StoreError> {
    let mut db = db.source().connection().await?;
    let networks: Vec<Uuid> = networks.iter().map(|id| id.into_untyped_uuid()).collect();
    Ok(sqlx::query_as!(
        Troubled,
        r#"SELECT network.name AS "network: Text<_>", member.name AS "site: Text<_>", report
        FROM site_status JOIN member ON member.id = member_id JOIN network ON network.id = network_id
        WHERE network_id = ANY($1) AND member.state = 'member' AND session IS NOT NULL AND last_seen >= $2
            AND (jsonb_path_exists(report, '$.failures[*]') OR jsonb_path_exists(report, '$.*[*] ? (@.state == "failed")'))
        ORDER BY network.name, member.name LIMIT $3"#,
        &networks,
        at(since),
        i64::from(limit),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// What the member sites of a network last said.
pub async fn list_of_network(mut db: impl Db, network: NetworkId) -> Result<Vec<(SiteId, Status)>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = rows!(
        "WHERE member_id IN (SELECT id FROM member WHERE network_id = $1) ORDER BY member_id",
        network.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().filter_map(|status| Some((status.member?, status))).collect())
}

/// What a site last said, and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Which site.
    pub site: SiteRef,
    /// The network of a member.
    pub network: Option<NetworkId>,
    /// The backbone of a relay.
    pub backbone: Option<BackboneId>,
    /// What it said.
    pub status: Status,
}

/// What every site last said.
pub async fn list_all(mut db: impl Db) -> Result<Vec<Seen>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = rows!("ORDER BY backbone_site_id, member_id").fetch_all(&mut *db).await?;
    let homes = sqlx::query!(
        r#"SELECT id AS "id!", network_id AS home FROM member WHERE id IN (SELECT member_id FROM site_status)
        UNION ALL SELECT id, backbone_id FROM backbone_site"#
    )
    .fetch_all(&mut *db)
    .await?;
    let homes: std::collections::HashMap<Uuid, Uuid> =
        homes.into_iter().filter_map(|row| Some((row.id, row.home?))).collect();
    let home = |id: Uuid| homes.get(&id).copied();
    let seen = |status: Status| {
        let (site, network, backbone) = match (status.member, status.backbone_site) {
            (Some(id), _) => (SiteRef::Member(id), home(id.into_untyped_uuid()), None),
            (None, Some(id)) => (SiteRef::Backbone(id), None, home(id.into_untyped_uuid())),
            (None, None) => return None,
        };
        let network = network.map(NetworkId::from_untyped_uuid);
        Some(Seen { site, network, backbone: backbone.map(BackboneId::from_untyped_uuid), status })
    };
    Ok(rows.into_iter().filter_map(seen).collect())
}
