//! Site classes: declared by a network before anything in it may use them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{Name, NetworkId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{Text, at},
};

/// A declared class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    /// Its name, unique in the network.
    pub name: Name,
    /// When it was declared.
    pub created: Timestamp,
}

/// Declares a class. [`StoreError::NameTaken`] when it is declared already.
pub async fn add(tx: &mut Tx, network: NetworkId, name: &Name) -> Result<Class, StoreError> {
    let now = at(tx.now());
    let class = sqlx::query_as!(
        Class,
        r#"INSERT INTO site_class (network_id, name, created) VALUES ($1, $2, $3) RETURNING name AS "name: Text<_>", created"#,
        network.into_untyped_uuid(),
        name.as_str(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(Event::new("class.add", ObjectKind::Class, network).in_network(network), None, Some(&class));
    Ok(class)
}

/// Withdraws a class. [`StoreError::InUse`] as long as anything uses it.
pub async fn remove(tx: &mut Tx, network: NetworkId, name: &Name) -> Result<(), StoreError> {
    let class = sqlx::query_as!(
        Class,
        r#"DELETE FROM site_class WHERE network_id = $1 AND name = $2 RETURNING name AS "name: Text<_>", created"#,
        network.into_untyped_uuid(),
        name.as_str(),
    )
    .fetch_optional(tx.connection())
    .await
    .map_err(StoreError::on_delete)?
    .ok_or(StoreError::NotFound { what: "class" })?;
    tx.changed(Event::new("class.remove", ObjectKind::Class, network).in_network(network), Some(&class), None);
    Ok(())
}

/// The names of the classes of some networks, each in order. Networks without classes are left out.
pub async fn names_of_networks(
    mut db: impl Db,
    networks: &[NetworkId],
) -> Result<BTreeMap<NetworkId, Vec<Name>>, StoreError> {
    let networks: Vec<Uuid> = networks.iter().map(|id| id.into_untyped_uuid()).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT network_id, name AS "name: Text<Name>" FROM site_class WHERE network_id = ANY($1) ORDER BY name"#,
        &networks,
    )
    .fetch_all(&mut *db)
    .await?;
    let mut found: BTreeMap<NetworkId, Vec<Name>> = BTreeMap::new();
    for row in rows {
        found.entry(NetworkId::from_untyped_uuid(row.network_id)).or_default().push(row.name.into_inner());
    }
    Ok(found)
}

/// The classes of a network, by name.
pub async fn list(mut db: impl Db, network: NetworkId) -> Result<Vec<Class>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Class,
        r#"SELECT name AS "name: Text<_>", created FROM site_class WHERE network_id = $1 ORDER BY name"#,
        network.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}
