//! Flows: what member sites tell of the connections that ended there. A window of bounded length per network; it records
//! no events.

use jiff::Timestamp;
use model::{Address, NetworkId, SiteId, id::GenericUuid};
use serde::Serialize;

use crate::{
    Db, Store, StoreError,
    sql::{Id, Num, Opt, Text, at, bigint, words},
};

/// How many flows of a network are kept.
pub const WINDOW: u32 = 10_000;

/// Which way connections went through a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From a listener into the network.
    In,
    /// From the network to a connector's target.
    Out,
}

words!(Direction { In = "in", Out = "out" });

/// Connections that ended at a site within a moment, for one address, with one other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFlow {
    /// The address.
    pub address: Address,
    /// Which way they went.
    pub direction: Direction,
    /// The site at the other end, when one was reached.
    pub peer: Option<SiteId>,
    /// How many there were; at least 1.
    pub connections: u64,
    /// Bytes from clients to servers.
    pub bytes_to_server: u64,
    /// Bytes from servers to clients.
    pub bytes_to_client: u64,
    /// Why they failed, if they did.
    pub error: Option<String>,
    /// When the first was opened.
    pub opened: Timestamp,
    /// When the last ended.
    pub closed: Timestamp,
}

/// A flow as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flow {
    /// Its place: flows come in this order.
    pub position: i64,
    /// The site that told of it.
    pub site: SiteId,
    /// The address.
    pub address: Address,
    /// Which way the connections went.
    pub direction: Direction,
    /// The site at the other end, when one was reached.
    pub peer: Option<SiteId>,
    /// How many there were.
    pub connections: u64,
    /// Bytes from clients to servers.
    pub bytes_to_server: u64,
    /// Bytes from servers to clients.
    pub bytes_to_client: u64,
    /// Why they failed, if they did.
    pub error: Option<String>,
    /// When the first was opened.
    pub opened: Timestamp,
    /// When the last ended.
    pub closed: Timestamp,
}

/// Which flows are wanted; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Told by this site, or with it at the other end.
    pub site: Option<SiteId>,
    /// Of this address.
    pub address: Option<Address>,
}

/// Keeps what a site tells, and forgets the oldest of its network beyond [`WINDOW`].
pub async fn add(
    store: &Store,
    network: NetworkId,
    site: SiteId,
    flows: &[NewFlow],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut tx = store.pool().begin().await?;
    let id = network.into_untyped_uuid();
    // One after the other within a network: positions are in the order of commits, so that no reader misses one.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1::uuid::text, 1))", id).execute(&mut *tx).await?;
    for flow in flows {
        sqlx::query!(
            "INSERT INTO flow (network_id, member_id, address, direction, peer_id, connections, bytes_to_server,
                bytes_to_client, error, opened, closed, reported)
            SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 FROM network WHERE id = $1",
            id,
            site.into_untyped_uuid(),
            flow.address.as_str(),
            flow.direction.as_str(),
            flow.peer.map(GenericUuid::into_untyped_uuid),
            bigint(flow.connections.max(1), "connections")?,
            bigint(flow.bytes_to_server, "bytes")?,
            bigint(flow.bytes_to_client, "bytes")?,
            flow.error.as_deref(),
            at(flow.opened),
            at(flow.closed),
            at(now),
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "DELETE FROM flow WHERE network_id = $1 AND position <=
            (SELECT position FROM flow WHERE network_id = $1 ORDER BY position DESC OFFSET $2 LIMIT 1)",
        id,
        i64::from(WINDOW),
    )
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// The flows of a network that pass `filter` with positions greater than `after`, oldest first.
pub async fn list(
    mut db: impl Db,
    network: NetworkId,
    filter: &Filter,
    after: i64,
    limit: u32,
) -> Result<Vec<Flow>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Flow,
        r#"SELECT position, member_id AS "site: Id<_>", address AS "address: Text<_>", direction AS "direction: Text<_>",
            peer_id AS "peer!: Opt<Id<_>>", connections AS "connections: Num<_>",
            bytes_to_server AS "bytes_to_server: Num<_>", bytes_to_client AS "bytes_to_client: Num<_>", error, opened,
            closed
        FROM flow WHERE network_id = $1 AND position > $2 AND ($3::uuid IS NULL OR member_id = $3 OR peer_id = $3)
            AND ($4::text IS NULL OR address = $4)
        ORDER BY position LIMIT $5"#,
        network.into_untyped_uuid(),
        after,
        filter.site.map(GenericUuid::into_untyped_uuid),
        filter.address.as_ref().map(Address::as_str),
        i64::from(limit),
    )
    .fetch_all(&mut *db)
    .await?)
}
