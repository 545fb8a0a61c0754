//! Secrets that deployments need at sites. Their values are sealed before they come here; their names are all that is told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::{Name, NetworkId, SecretId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Id, Text, at, name_list},
};

/// Values that sites need, by the names of them. The values themselves are read by [`sealed`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// The application network.
    pub network: NetworkId,
    /// Its name, unique in the network.
    pub name: Name,
    /// The names of its values.
    pub keys: Vec<String>,
    /// When it was set first.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

/// The values of a secret, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The secret.
    pub id: SecretId,
    /// Its name.
    pub name: Name,
    /// Its values.
    pub sealed: Vec<u8>,
}

impl Secret {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Secret, self.id).in_network(self.network)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Secret,
            $before + r#" id AS "id: Id<_>", network_id AS "network: Id<_>", name AS "name: Text<_>", keys, created,
                updated, revision "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "secret",
    id: "secret.id",
    within: Some("secret.network_id"),
    sorts: &[
        ("name", "secret.name", KeyType::Text),
        ("created", "secret.created", KeyType::Time),
        ("updated", "secret.updated", KeyType::Time),
    ],
    search: &["secret.name", "array_to_string(secret.keys, ' ')"],
    ..List::PLAIN
};

const NONE: StoreError = StoreError::NotFound { what: "secret" };

/// Sets the values of a secret, and no others. [`StoreError::Stale`] when it is at another revision than `expected`.
pub async fn set(
    tx: &mut Tx,
    network: NetworkId,
    expected: Option<i64>,
    keys: &[String],
    new: &Sealed,
) -> Result<Secret, StoreError> {
    let before = lock(tx, network, &new.name).await?;
    StoreError::unless_at(expected, before.as_ref().map_or(0, |before| before.revision), "secret")?;
    let now = at(tx.now());
    let after = rows!(
        "INSERT INTO secret (id, network_id, name, keys, sealed, created, updated) VALUES ($1, $2, $3, $4, $5, $6, $6)
        ON CONFLICT (id) DO UPDATE SET keys = $4, sealed = $5, updated = $6, revision = secret.revision + 1
        RETURNING",
        "",
        new.id.into_untyped_uuid(),
        network.into_untyped_uuid(),
        new.name.as_str(),
        keys,
        new.sealed,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("secret.set"), before.as_ref(), Some(&after));
    Ok(after)
}

/// Deletes a secret. [`StoreError::Stale`] when it is at another revision than `expected`.
pub async fn delete(tx: &mut Tx, network: NetworkId, name: &Name, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, network, name).await?.ok_or(NONE)?;
    StoreError::unless_at(expected, before.revision, "secret")?;
    sqlx::query!("DELETE FROM secret WHERE id = $1", before.id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("secret.delete"), Some(&before), None);
    Ok(())
}

/// The secret of a network by its name, held until the transaction ends.
pub async fn lock(tx: &mut Tx, network: NetworkId, name: &Name) -> Result<Option<Secret>, StoreError> {
    Ok(rows!(
        "SELECT",
        "FROM secret WHERE network_id = $1 AND name = $2 FOR UPDATE",
        network.into_untyped_uuid(),
        name.as_str(),
    )
    .fetch_optional(tx.connection())
    .await?)
}

/// A secret of a network by its name, or by its id as text.
pub async fn find(mut db: impl Db, network: NetworkId, reference: &str) -> Result<Secret, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM secret WHERE network_id = $1 AND (name = $2 OR id = $3) ORDER BY id = $3 DESC LIMIT 1",
        network.into_untyped_uuid(),
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(NONE)
}

/// A page of the secrets of a network.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Secret>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM secret WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// The sealed values of those of these secrets that a network has, by name.
pub async fn sealed(mut db: impl Db, network: NetworkId, names: &[Name]) -> Result<Vec<Sealed>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Sealed,
        r#"SELECT id AS "id: Id<_>", name AS "name: Text<_>", sealed
        FROM secret WHERE network_id = $1 AND name = ANY($2) ORDER BY name"#,
        network.into_untyped_uuid(),
        &name_list(names),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The secrets that deployments of a network need, whether there are such secrets or not, each with the deployments.
pub async fn needed(mut db: impl Db, network: NetworkId) -> Result<BTreeMap<String, BTreeSet<Name>>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT deployment.name AS "deployment: Text<Name>", secret AS "secret!"
        FROM deployment JOIN release ON release.id = deployment.release_id,
            json_object_keys(release.document::json #> '{spec,secrets}') AS secret
        WHERE deployment.network_id = $1"#,
        network.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?;
    let mut needed: BTreeMap<String, BTreeSet<Name>> = BTreeMap::new();
    for row in rows {
        needed.entry(row.secret).or_default().insert(row.deployment.into());
    }
    Ok(needed)
}
