//! Flows: what member sites tell of the connections that ended there. A window of bounded length per network; it records
//! no events.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{Address, DeploymentId, NetworkId, SiteId, id::GenericUuid};
use serde::Serialize;

use crate::{
    Db, Store, StoreError,
    listing::{KeyType, List, Listed, Wanted},
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

/// The id is no more than a second key, and the position is one of its own.
const LIST: List = List {
    from: "flow",
    id: "'00000000-0000-0000-0000-000000000000'::uuid",
    within: Some("flow.network_id"),
    sorts: &[("position", "flow.position", KeyType::Number)],
    filters: &[
        ("site", "COALESCE({value}::uuid IN (flow.member_id, flow.peer_id), false)"),
        ("address", "flow.address = {value}"),
        ("direction", "flow.direction = {value}"),
    ],
    search: &["flow.address", "flow.error"],
    ..List::PLAIN
};

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

/// Connections, and how many of them came to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// All of them.
    pub connections: u64,
    /// Those that came to nothing.
    pub errors: u64,
}

/// The connections that sites have served at addresses of a deployment since each was offered what it is offered, as far as
/// they are kept.
pub async fn since_offered(mut db: impl Db, deployment: DeploymentId) -> Result<HashMap<SiteId, Traffic>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT flow.member_id, sum(connections)::bigint AS "connections!",
            COALESCE(sum(connections) FILTER (WHERE error IS NOT NULL), 0)::bigint AS "errors!"
        FROM deployment JOIN deployment_site ON deployment_id = id
            JOIN flow ON flow.network_id = deployment.network_id AND flow.member_id = deployment_site.member_id
        WHERE id = $1 AND direction = 'out' AND starts_with(address, name || '/') AND opened >= offered
        GROUP BY flow.member_id"#,
        deployment.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let traffic = |connections, errors| Traffic { connections: count(connections), errors: count(errors) };
    Ok(rows
        .into_iter()
        .map(|row| (SiteId::from_untyped_uuid(row.member_id), traffic(row.connections, row.errors)))
        .collect())
}

/// A page of the flows of a network, oldest first unless wanted otherwise.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Flow>, StoreError> {
    let mut db = db.source().connection().await?;
    let Listed { items, next } = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let positions: Vec<i64> = items.iter().map(|(key, _)| key.number()).collect();
    let mut flows = sqlx::query_as!(
        Flow,
        r#"SELECT position, member_id AS "site: Id<_>", address AS "address: Text<_>", direction AS "direction: Text<_>",
            peer_id AS "peer!: Opt<Id<_>>", connections AS "connections: Num<_>",
            bytes_to_server AS "bytes_to_server: Num<_>", bytes_to_client AS "bytes_to_client: Num<_>", error, opened,
            closed
        FROM flow WHERE position = ANY($1) ORDER BY position"#,
        &positions,
    )
    .fetch_all(&mut *db)
    .await?;
    if wanted.is_descending() {
        flows.reverse();
    }
    Ok(Listed { items: flows, next })
}
