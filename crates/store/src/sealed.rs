//! Everything in the database that is sealed under the key-encryption key, for when that is replaced.

use uuid::Uuid;

use crate::{StoreError, Tx};

/// Where something sealed is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The private key of an authority.
    Authority(Uuid),
    /// The claim key of an invitation.
    Invitation(Uuid),
    /// The values of a secret.
    Secret(Uuid),
}

/// Reads everything that is sealed. Nobody else changes any of it until the transaction ends.
pub async fn list(tx: &mut Tx) -> Result<Vec<(Place, Vec<u8>)>, StoreError> {
    let authorities = sqlx::query!(
        r#"SELECT id, sealed_key AS "sealed!" FROM authority WHERE sealed_key IS NOT NULL ORDER BY id FOR UPDATE"#
    )
    .fetch_all(tx.connection())
    .await?;
    let invitations = sqlx::query!("SELECT id, sealed_claim_key AS sealed FROM invitation ORDER BY id FOR UPDATE")
        .fetch_all(tx.connection())
        .await?;
    let secrets =
        sqlx::query!("SELECT id, sealed FROM secret ORDER BY id FOR UPDATE").fetch_all(tx.connection()).await?;
    let authorities = authorities.into_iter().map(|row| (Place::Authority(row.id), row.sealed));
    let invitations = invitations.into_iter().map(|row| (Place::Invitation(row.id), row.sealed));
    let secrets = secrets.into_iter().map(|row| (Place::Secret(row.id), row.sealed));
    Ok(authorities.chain(invitations).chain(secrets).collect())
}

/// Puts the same, sealed anew, in its place. What the objects are has not changed: no event is recorded for them.
pub async fn replace(tx: &mut Tx, sealed: &[(Place, Vec<u8>)]) -> Result<(), StoreError> {
    let of = |wanted: fn(Place) -> Option<Uuid>| -> (Vec<Uuid>, Vec<Vec<u8>>) {
        sealed.iter().filter_map(|(place, bytes)| Some((wanted(*place)?, bytes.clone()))).unzip()
    };
    let (ids, bytes) = of(|place| if let Place::Authority(id) = place { Some(id) } else { None });
    sqlx::query!(
        "UPDATE authority SET sealed_key = sealed FROM unnest($1::uuid[], $2::bytea[]) AS new (new_id, sealed)
        WHERE id = new_id",
        &ids,
        &bytes,
    )
    .execute(tx.connection())
    .await?;
    let (ids, bytes) = of(|place| if let Place::Invitation(id) = place { Some(id) } else { None });
    sqlx::query!(
        "UPDATE invitation SET sealed_claim_key = sealed FROM unnest($1::uuid[], $2::bytea[]) AS new (new_id, sealed)
        WHERE id = new_id",
        &ids,
        &bytes,
    )
    .execute(tx.connection())
    .await?;
    let (ids, bytes) = of(|place| if let Place::Secret(id) = place { Some(id) } else { None });
    sqlx::query!(
        "UPDATE secret SET sealed = anew FROM unnest($1::uuid[], $2::bytea[]) AS new (new_id, anew) WHERE id = new_id",
        &ids,
        &bytes,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}
