//! What things are called, whatever they are: for lists that name what their objects belong to.

use std::collections::HashMap;

use model::{Name, id::GenericUuid};
use uuid::Uuid;

use crate::{Db, StoreError, sql::Text};

/// The names of some objects, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(HashMap<Uuid, Name>);

impl Names {
    /// The name of an object, if there is one.
    pub fn get(&self, id: impl GenericUuid) -> Option<&Name> {
        self.0.get(&id.into_untyped_uuid())
    }

    /// The name of an object that `what` says there is.
    pub fn of(&self, id: impl GenericUuid, what: &'static str) -> Result<Name, StoreError> {
        self.get(id).cloned().ok_or(StoreError::NotFound { what })
    }
}

/// Reads the names of backbones, relay sites, access points, networks, invitations and member sites, former ones included.
/// What is none of these, or is gone, has no name.
pub async fn read(mut db: impl Db, ids: &[Uuid]) -> Result<Names, StoreError> {
    if ids.is_empty() {
        return Ok(Names::default());
    }
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", name AS "name!: Text<Name>" FROM backbone WHERE id = ANY($1)
        UNION ALL SELECT id, name FROM backbone_site WHERE id = ANY($1)
        UNION ALL SELECT id, name FROM access_point WHERE id = ANY($1)
        UNION ALL SELECT id, name FROM network WHERE id = ANY($1)
        UNION ALL SELECT id, name FROM invitation WHERE id = ANY($1)
        UNION ALL SELECT id, name FROM member WHERE id = ANY($1)"#,
        ids,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Names(rows.into_iter().map(|row| (row.id, row.name.into_inner())).collect()))
}
