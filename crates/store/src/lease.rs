//! Leases: work that must not run twice at once. Time is the database's own, the only clock all replicas share.

use std::time::Duration;

use model::{ControllerId, id::GenericUuid};

use crate::{Store, StoreError};

/// Takes the lease `name` for `ttl`, or keeps it when `holder` has it already. Returns whether `holder` has it now.
///
/// The caller has it for `ttl` from *before* the call: what it does under the lease must end, or be renewed, by then.
pub async fn acquire(store: &Store, name: &str, holder: ControllerId, ttl: Duration) -> Result<bool, StoreError> {
    let held = sqlx::query!(
        "INSERT INTO lease (name, holder, expires) VALUES ($1, $2, clock_timestamp() + make_interval(secs => $3))
        ON CONFLICT (name) DO UPDATE SET holder = $2, expires = excluded.expires
        WHERE lease.holder = $2 OR lease.expires <= clock_timestamp()",
        name,
        holder.into_untyped_uuid(),
        ttl.as_secs_f64(),
    )
    .execute(store.pool())
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Keeps the lease for `ttl` more. Returns whether `holder` still had it; once lost, another may hold it.
pub async fn renew(store: &Store, name: &str, holder: ControllerId, ttl: Duration) -> Result<bool, StoreError> {
    let held = sqlx::query!(
        "UPDATE lease SET expires = clock_timestamp() + make_interval(secs => $3)
        WHERE name = $1 AND holder = $2 AND expires > clock_timestamp()",
        name,
        holder.into_untyped_uuid(),
        ttl.as_secs_f64(),
    )
    .execute(store.pool())
    .await?;
    Ok(held.rows_affected() == 1)
}

/// Gives the lease back, if `holder` has it.
pub async fn release(store: &Store, name: &str, holder: ControllerId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM lease WHERE name = $1 AND holder = $2", name, holder.into_untyped_uuid())
        .execute(store.pool())
        .await?;
    Ok(())
}
