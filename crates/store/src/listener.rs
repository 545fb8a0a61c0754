//! Listeners: local sockets at member sites whose connections enter the network at an address.

use jiff::Timestamp;
use model::{Address, HostPort, ListenerId, Name, NetworkId, SiteId, id::GenericUuid};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Opt, Text, at},
};

/// A local socket at member sites whose connections enter the network at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listener {
    /// Its id.
    pub id: ListenerId,
    /// The application network.
    pub network: NetworkId,
    /// The address.
    pub address: Address,
    /// Where to listen.
    pub bind: HostPort,
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

impl Listener {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Listener, self.id).in_network(self.network)
    }
}

/// Where a listener or connector is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum At {
    /// At one site.
    Site(SiteId),
    /// At every site of a class.
    Class(Name),
}

impl At {
    pub(crate) fn site(&self) -> Option<SiteId> {
        if let Self::Site(site) = self { Some(*site) } else { None }
    }

    pub(crate) fn class(&self) -> Option<&Name> {
        if let Self::Class(class) = self { Some(class) } else { None }
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Listener,
            $before + r#" id AS "id: Id<_>", network_id AS "network: Id<_>", address AS "address: Text<_>",
                bind AS "bind: Text<_>", site_id AS "site!: Opt<Id<_>>", class AS "class!: Opt<Text<_>>", adaptable,
                created, updated, revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "listener LEFT JOIN member ON member.id = listener.site_id",
    id: "listener.id",
    within: Some("listener.network_id"),
    sorts: &[("address", "listener.address", KeyType::Text), ("created", "listener.created", KeyType::Time)],
    filters: &[
        ("address", "listener.address = {value}"),
        ("site", "COALESCE({value} IN (member.name, member.id::text), false)"),
        ("class", "listener.class = {value}"),
    ],
    search: &["listener.address", "listener.bind", "member.name", "listener.class"],
    ..List::PLAIN
};

/// Adds a listener. [`StoreError::Exists`] when another listens there already;
/// [`StoreError::Unknown`] when the site or class is not of the network.
pub async fn add(
    tx: &mut Tx,
    id: ListenerId,
    network: NetworkId,
    place: &At,
    address: &Address,
    bind: &HostPort,
    adaptable: bool,
) -> Result<Listener, StoreError> {
    let now = at(tx.now());
    let listener = rows!(
        "INSERT INTO listener (id, network_id, address, bind, site_id, class, adaptable, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING",
        "",
        id.into_untyped_uuid(),
        network.into_untyped_uuid(),
        address.as_str(),
        bind.to_string(),
        place.site().map(GenericUuid::into_untyped_uuid),
        place.class().map(Name::as_str),
        adaptable,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(listener.event("listener.create"), None, Some(&listener));
    Ok(listener)
}

/// A listener by its id.
pub async fn get(mut db: impl Db, id: ListenerId) -> Result<Listener, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM listener WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "listener" })
}

/// The listeners of a network, by address.
pub async fn list(mut db: impl Db, network: NetworkId) -> Result<Vec<Listener>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM listener WHERE network_id = $1 ORDER BY address, created, id",
        network.into_untyped_uuid()
    )
    .fetch_all(&mut *db)
    .await?)
}

/// A page of the listeners of a network.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Listener>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM listener WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// The listeners a member site has to have: those for it, and those for its classes.
pub async fn list_for_site(mut db: impl Db, site: SiteId) -> Result<Vec<Listener>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM listener
        WHERE site_id = $1 OR (network_id, class) IN (SELECT network_id, class FROM member_class WHERE member_id = $1)
        ORDER BY address, created, id",
        site.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Removes a listener.
pub async fn remove(tx: &mut Tx, id: ListenerId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = rows!("SELECT", "FROM listener WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "listener" })?;
    StoreError::unless_at(expected, before.revision, "listener")?;
    sqlx::query!("DELETE FROM listener WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("listener.delete"), Some(&before), None);
    Ok(())
}
