//! Address policies: how new streams to an address are spread over the sites that serve it.

use jiff::Timestamp;
use model::{Address, NetworkId, id::GenericUuid, router::AddressPolicy as Policy};
use serde::Serialize;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{Id, Json, Text, at},
};

/// How an address picks among those who serve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AddressPolicy {
    /// The application network.
    pub network: NetworkId,
    /// The address.
    pub address: Address,
    /// How it picks.
    pub policy: Policy,
    /// When it was set first.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            AddressPolicy,
            $before + r#" network_id AS "network: Id<_>", address AS "address: Text<_>", policy AS "policy: Json<_>",
                created, updated, revision "# + $after $(, $arg)*
        )
    };
}

fn event(action: &'static str, network: NetworkId) -> Event {
    Event::new(action, ObjectKind::Address, network).in_network(network)
}

/// Sets how an address picks. What is so already stays unchanged, and records nothing. [`StoreError::Stale`] when
/// it is at another revision than `expected`.
pub async fn set(
    tx: &mut Tx,
    network: NetworkId,
    expected: Option<i64>,
    address: &Address,
    policy: &Policy,
) -> Result<AddressPolicy, StoreError> {
    let before = lock(tx, network, address).await?;
    StoreError::unless_at(expected, before.as_ref().map_or(0, |before| before.revision), "address policy")?;
    if let Some(before) = before.as_ref().filter(|before| before.policy == *policy) {
        return Ok(before.clone());
    }
    let now = at(tx.now());
    let json = serde_json::to_value(policy).expect("policies have a JSON form");
    let after = rows!(
        "INSERT INTO address_policy (network_id, address, policy, created, updated) VALUES ($1, $2, $3, $4, $4)
        ON CONFLICT (network_id, address) DO UPDATE SET policy = $3, updated = $4,
            revision = address_policy.revision + 1
        RETURNING",
        "",
        network.into_untyped_uuid(),
        address.as_str(),
        json,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(event("address.set", network), before.as_ref(), Some(&after));
    Ok(after)
}

/// The policies of a network, by address.
pub async fn list(mut db: impl Db, network: NetworkId) -> Result<Vec<AddressPolicy>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM address_policy WHERE network_id = $1 ORDER BY address", network.into_untyped_uuid())
        .fetch_all(&mut *db)
        .await?)
}

/// Forgets how an address picks: it picks the closest again.
pub async fn remove(
    tx: &mut Tx,
    network: NetworkId,
    expected: Option<i64>,
    address: &Address,
) -> Result<(), StoreError> {
    let before = lock(tx, network, address).await?.ok_or(StoreError::NotFound { what: "address policy" })?;
    StoreError::unless_at(expected, before.revision, "address policy")?;
    sqlx::query!(
        "DELETE FROM address_policy WHERE network_id = $1 AND address = $2",
        network.into_untyped_uuid(),
        address.as_str(),
    )
    .execute(tx.connection())
    .await?;
    tx.changed(event("address.remove", network), Some(&before), None);
    Ok(())
}

async fn lock(tx: &mut Tx, network: NetworkId, address: &Address) -> Result<Option<AddressPolicy>, StoreError> {
    Ok(rows!(
        "SELECT",
        "FROM address_policy WHERE network_id = $1 AND address = $2 FOR UPDATE",
        network.into_untyped_uuid(),
        address.as_str(),
    )
    .fetch_optional(tx.connection())
    .await?)
}
