//! Application networks.

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, Name, NetworkId, SubjectId,
    id::GenericUuid,
    lifecycle::{NetworkState, Window},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Cursor, Db, Items, Page, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Opt, Seconds, Text, Time, at, at_opt, words},
};

/// Who may use which addresses in a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AddressMode {
    /// Every site may serve and use every address.
    #[default]
    Open,
    /// Sites may serve and use what was assigned to them.
    Assigned,
}

words!(AddressMode { Open = "open", Assigned = "assigned" });

/// An application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// The backbone it runs on.
    pub backbone: BackboneId,
    /// Its name, unique in the installation.
    pub name: Name,
    /// Who owns it.
    pub owner: SubjectId,
    /// Their name; none, while the installation owns it.
    pub owner_name: Option<Name>,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends, if it does.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end.
    pub grace: SignedDuration,
    /// Who may use which addresses.
    pub address_mode: AddressMode,
    /// When it was evicted.
    pub evicted: Option<Timestamp>,
    /// When its closing was carried out.
    pub ended: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl Network {
    /// Its place in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.created, id: self.id.into_untyped_uuid() }
    }

    /// Its times.
    pub fn window(&self) -> Window {
        Window { start: self.start, end: self.end, grace: self.grace }
    }

    /// Where it stands at `now`.
    pub fn state(&self, now: Timestamp) -> NetworkState {
        if self.evicted.is_some() { NetworkState::Evicted } else { self.window().state(now) }
    }

    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Network, self.id).in_network(self.id).on_backbone(self.backbone)
    }
}

/// What a network is made of.
#[derive(Clone, Debug)]
pub struct NewNetwork {
    /// Its id.
    pub id: NetworkId,
    /// The backbone it runs on.
    pub backbone: BackboneId,
    /// Its name.
    pub name: Name,
    /// Who owns it.
    pub owner: SubjectId,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends, if it does; after the start.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end: whole seconds, a year at most.
    pub grace: SignedDuration,
    /// Who may use which addresses.
    pub address_mode: AddressMode,
}

/// What of a network is to change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkChange {
    /// Another name.
    pub name: Option<Name>,
    /// Another start.
    pub start: Option<Timestamp>,
    /// Another end, or none.
    pub end: Option<Option<Timestamp>>,
    /// Another grace.
    pub grace: Option<SignedDuration>,
    /// Another address mode.
    pub address_mode: Option<AddressMode>,
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Network,
            $before + r#" id AS "id: Id<_>", backbone_id AS "backbone: Id<_>", name AS "name: Text<_>", owner AS "owner: Id<_>",
                (SELECT subject.name FROM subject WHERE subject.id = network.owner) AS "owner_name!: Opt<Text<_>>",
                start_at AS start, end_at AS "end!: Opt<Time>", grace_seconds AS "grace: Seconds",
                address_mode AS "address_mode: Text<_>", evicted AS "evicted!: Opt<Time>", ended AS "ended!: Opt<Time>",
                created, updated, revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "network JOIN backbone ON backbone.id = network.backbone_id LEFT JOIN subject ON subject.id = network.owner",
    id: "network.id",
    sorts: &[
        ("created", "network.created", KeyType::Time),
        ("name", "network.name", KeyType::Text),
        ("start", "network.start_at", KeyType::Time),
        ("end", "COALESCE(network.end_at, '9999-01-01 00:00Z')", KeyType::Time),
        ("updated", "network.updated", KeyType::Time),
    ],
    filters: &[
        // As `Network::state` says it.
        (
            "state",
            "CASE WHEN network.evicted IS NOT NULL THEN 'evicted' WHEN {now} < network.start_at THEN 'scheduled' \
                WHEN network.end_at IS NULL OR {now} < network.end_at THEN 'open' \
                WHEN {now} < network.end_at + network.grace_seconds * interval '1 second' THEN 'closing' ELSE 'ended' END = {value}",
        ),
        ("backbone", "{value} IN (backbone.name, backbone.id::text)"),
        ("addresses", "network.address_mode = {value}"),
        ("owner", "COALESCE({value} IN (subject.name, subject.id::text), false)"),
    ],
    search: &["network.name"],
    ..List::PLAIN
};

/// Creates a network. [`StoreError::NameTaken`] when another of the installation has the name.
pub async fn create(tx: &mut Tx, new: NewNetwork) -> Result<Network, StoreError> {
    let now = at(tx.now());
    let network = rows!(
        "INSERT INTO network (id, backbone_id, name, owner, start_at, end_at, grace_seconds, address_mode, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.backbone.into_untyped_uuid(),
        new.name.as_str(),
        new.owner.into_untyped_uuid(),
        at(new.start),
        at_opt(new.end),
        new.grace.as_secs(),
        new.address_mode.as_str(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(network.event("network.create"), None, Some(&network));
    Ok(network)
}

/// A network by its id.
pub async fn get(mut db: impl Db, id: NetworkId) -> Result<Network, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM network WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "network" })
}

/// Those of the networks with these ids that there are.
pub async fn among(mut db: impl Db, ids: &[NetworkId]) -> Result<Vec<Network>, StoreError> {
    let mut db = db.source().connection().await?;
    let ids: Vec<Uuid> = ids.iter().map(|id| id.into_untyped_uuid()).collect();
    Ok(rows!("SELECT", "FROM network WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?)
}

/// A network by its name, or by its id as text.
pub async fn find(mut db: impl Db, reference: &str) -> Result<Network, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM network WHERE name = $1 OR id = $2 ORDER BY id = $2 DESC LIMIT 1",
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "network" })
}

/// The networks, on `backbone` only if that is given.
pub async fn list(mut db: impl Db, backbone: Option<BackboneId>, page: Page) -> Result<Items<Network>, StoreError> {
    let mut db = db.source().connection().await?;
    let items = rows!(
        "SELECT",
        "FROM network WHERE (created, id) > ($1, $2) AND ($3::uuid IS NULL OR backbone_id = $3)
        ORDER BY created, id LIMIT $4",
        at(page.after.created),
        page.after.id,
        backbone.map(GenericUuid::into_untyped_uuid),
        page.fetch(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Items::new(items, page, Network::cursor))
}

/// The networks that somebody owns, those that are over included, in order of creation.
pub async fn owned_by(mut db: impl Db, owner: SubjectId) -> Result<Vec<Network>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM network WHERE owner = $1 ORDER BY created, id", owner.into_untyped_uuid())
        .fetch_all(&mut *db)
        .await?)
}

/// A page of the networks.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Network>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM network WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Changes a network. [`StoreError::Conflict`] when it was evicted. Moving the end into the future undoes that it has
/// ended.
pub async fn set(
    tx: &mut Tx,
    id: NetworkId,
    expected: Option<i64>,
    change: &NetworkChange,
) -> Result<Network, StoreError> {
    let before = lock(tx, id, expected).await?;
    if before.evicted.is_some() {
        return Err(StoreError::Conflict { what: "network" });
    }
    let end = change.end.unwrap_or(before.end);
    let ended = before.ended.filter(|_| end.is_some_and(|end| end <= tx.now()));
    let now = at(tx.now());
    let after = rows!(
        "UPDATE network SET name = $2, start_at = $3, end_at = $4, grace_seconds = $5, address_mode = $6,
            ended = $7, updated = $8, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        change.name.as_ref().unwrap_or(&before.name).as_str(),
        at(change.start.unwrap_or(before.start)),
        at_opt(end),
        change.grace.unwrap_or(before.grace).as_secs(),
        change.address_mode.unwrap_or(before.address_mode).as_str(),
        at_opt(ended),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("network.set"), Some(&before), Some(&after));
    Ok(after)
}

/// Gives a network to another owner, whatever has become of it.
pub async fn hand_over(
    tx: &mut Tx,
    id: NetworkId,
    expected: Option<i64>,
    owner: SubjectId,
) -> Result<Network, StoreError> {
    let before = lock(tx, id, expected).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE network SET owner = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        owner.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("network.hand-over"), Some(&before), Some(&after));
    Ok(after)
}

/// Evicts a network, for good. Its id is to be denied in the same transaction: see [`crate::denial`].
pub async fn evict(tx: &mut Tx, id: NetworkId, expected: Option<i64>) -> Result<Network, StoreError> {
    let before = lock(tx, id, expected).await?;
    if before.evicted.is_some() {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE network SET evicted = $2, updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("network.evict"), Some(&before), Some(&after));
    Ok(after)
}

/// Notes that a network whose time is over was closed. Returns `None` when that is noted already, or when it is not
/// over at the transaction's time after all (its end was moved).
pub async fn close(tx: &mut Tx, id: NetworkId) -> Result<Option<Network>, StoreError> {
    let before = lock(tx, id, None).await?;
    if before.ended.is_some() || before.window().state(tx.now()) != NetworkState::Ended {
        return Ok(None);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE network SET ended = $2, updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("network.end"), Some(&before), Some(&after));
    Ok(Some(after))
}

/// Networks whose time is over at `now`, and whose closing was not noted yet.
pub async fn due_to_close(mut db: impl Db, now: Timestamp) -> Result<Vec<Network>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM network WHERE ended IS NULL AND end_at + make_interval(secs => grace_seconds) <= $1 ORDER BY end_at, id",
        at(now),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Deletes a network and everything in it: authorities, certificates, invitations, members, listeners, connectors.
/// Its id is to be denied in the same transaction, for what its certificates may still be used for.
pub async fn delete(tx: &mut Tx, id: NetworkId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    let network = id.into_untyped_uuid();
    // What uses classes goes before the classes.
    sqlx::query!("DELETE FROM listener WHERE network_id = $1", network).execute(tx.connection()).await?;
    sqlx::query!("DELETE FROM connector WHERE network_id = $1", network).execute(tx.connection()).await?;
    sqlx::query!("DELETE FROM member WHERE network_id = $1", network).execute(tx.connection()).await?;
    sqlx::query!("DELETE FROM invitation WHERE network_id = $1", network).execute(tx.connection()).await?;
    sqlx::query!("DELETE FROM network WHERE id = $1", network)
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("network.delete"), Some(&before), None);
    Ok(())
}

/// Reads a network and keeps its times and its eviction as they are until the transaction ends.
pub(crate) async fn lock_shared(tx: &mut Tx, id: NetworkId) -> Result<Option<Network>, StoreError> {
    Ok(rows!("SELECT", "FROM network WHERE id = $1 FOR SHARE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?)
}

async fn lock(tx: &mut Tx, id: NetworkId, expected: Option<i64>) -> Result<Network, StoreError> {
    let network = rows!("SELECT", "FROM network WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "network" })?;
    StoreError::unless_at(expected, network.revision, "network")?;
    Ok(network)
}
