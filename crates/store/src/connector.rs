//! Connectors: where connections to an address leave the network at member sites.

use jiff::Timestamp;
use model::{Address, ConnectorId, HostPort, Name, NetworkId, SiteId, id::GenericUuid};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listener::At,
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Opt, Text, at},
};

/// Where connections to an address leave the network at member sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Connector {
    /// Its id.
    pub id: ConnectorId,
    /// The application network.
    pub network: NetworkId,
    /// The address.
    pub address: Address,
    /// The local target.
    pub target: HostPort,
    /// The site it is for, unless it is for a class.
    pub site: Option<SiteId>,
    /// The class it is for, unless it is for a site.
    pub class: Option<Name>,
    /// Whether the participant may choose another host and port at their site.
    pub adaptable: bool,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl Connector {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Connector, self.id).in_network(self.network)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Connector,
            $before + r#" id AS "id: Id<_>", network_id AS "network: Id<_>", address AS "address: Text<_>",
                target AS "target: Text<_>", site_id AS "site!: Opt<Id<_>>", class AS "class!: Opt<Text<_>>", adaptable,
                created, updated, revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "connector LEFT JOIN member ON member.id = connector.site_id",
    id: "connector.id",
    within: Some("connector.network_id"),
    sorts: &[("address", "connector.address", KeyType::Text), ("created", "connector.created", KeyType::Time)],
    filters: &[
        ("address", "connector.address = {value}"),
        ("site", "COALESCE({value} IN (member.name, member.id::text), false)"),
        ("class", "connector.class = {value}"),
    ],
    search: &["connector.address", "connector.target", "member.name", "connector.class"],
    ..List::PLAIN
};

/// Adds a connector. [`StoreError::Exists`] when there is the same one already;
/// [`StoreError::Unknown`] when the site or class is not of the network.
pub async fn add(
    tx: &mut Tx,
    id: ConnectorId,
    network: NetworkId,
    place: &At,
    address: &Address,
    target: &HostPort,
    adaptable: bool,
) -> Result<Connector, StoreError> {
    let now = at(tx.now());
    let connector = rows!(
        "INSERT INTO connector (id, network_id, address, target, site_id, class, adaptable, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING",
        "",
        id.into_untyped_uuid(),
        network.into_untyped_uuid(),
        address.as_str(),
        target.to_string(),
        place.site().map(GenericUuid::into_untyped_uuid),
        place.class().map(Name::as_str),
        adaptable,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(connector.event("connector.create"), None, Some(&connector));
    Ok(connector)
}

/// A connector by its id.
pub async fn get(mut db: impl Db, id: ConnectorId) -> Result<Connector, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM connector WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "connector" })
}

/// The connectors of a network, by address.
pub async fn list(mut db: impl Db, network: NetworkId) -> Result<Vec<Connector>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM connector WHERE network_id = $1 ORDER BY address, created, id",
        network.into_untyped_uuid()
    )
    .fetch_all(&mut *db)
    .await?)
}

/// A page of the connectors of a network.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Connector>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM connector WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// The connectors a member site has to have: those for it, and those for its classes.
pub async fn list_for_site(mut db: impl Db, site: SiteId) -> Result<Vec<Connector>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM connector
        WHERE site_id = $1 OR (network_id, class) IN (SELECT network_id, class FROM member_class WHERE member_id = $1)
        ORDER BY address, created, id",
        site.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Removes a connector.
pub async fn remove(tx: &mut Tx, id: ConnectorId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = rows!("SELECT", "FROM connector WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "connector" })?;
    StoreError::unless_at(expected, before.revision, "connector")?;
    sqlx::query!("DELETE FROM connector WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("connector.delete"), Some(&before), None);
    Ok(())
}
