//! Releases: applications, built. Each is named by its content and never changes.

use jiff::Timestamp;
use model::{LibraryDocumentId, Name, ReleaseId, id::GenericUuid};
use semver::Version;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind, hex},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Digest, Id, Num, Text, at, int},
};

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Release {
    /// Its id.
    pub id: ReleaseId,
    /// The application's name.
    pub name: Name,
    /// The application's version.
    pub version: Version,
    /// SHA-256 of what it says.
    #[serde(serialize_with = "hex")]
    pub digest: [u8; 32],
    /// How many instances of blocks it has.
    pub instances: u32,
    /// When it was first built.
    pub created: Timestamp,
}

/// A new release.
#[derive(Clone, Debug)]
pub struct NewRelease {
    /// Its id.
    pub id: ReleaseId,
    /// The application's name.
    pub name: Name,
    /// The application's version.
    pub version: Version,
    /// SHA-256 of what it says.
    pub digest: [u8; 32],
    /// What it says, in its canonical form: JSON.
    pub document: String,
    /// How many instances of blocks it has.
    pub instances: u32,
    /// The documents of the library it was built of, its application among them.
    pub documents: Vec<LibraryDocumentId>,
}

impl Release {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Release, self.id)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Release,
            $before + r#" id AS "id: Id<_>", name AS "name: Text<_>", version AS "version: Text<_>",
                digest AS "digest: Digest", instances::bigint AS "instances!: Num<_>", created "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "release",
    id: "release.id",
    sorts: &[
        ("created", "release.created", KeyType::Time),
        ("name", "release.name", KeyType::Text),
        ("instances", "release.instances::bigint", KeyType::Number),
    ],
    filters: &[("application", "release.name = {value}")],
    search: &["release.name", "release.version"],
    ..List::PLAIN
};

/// Adds a release. [`StoreError::Exists`] when there is one of its content; [`StoreError::Unknown`] when a document it
/// was built of is not there any more.
pub async fn add(tx: &mut Tx, new: &NewRelease) -> Result<Release, StoreError> {
    let now = at(tx.now());
    let release = rows!(
        "INSERT INTO release (id, name, version, digest, document, instances, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.name.as_str(),
        new.version.to_string(),
        &new.digest[..],
        new.document,
        int(new.instances, "instances")?,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    let documents: Vec<Uuid> = new.documents.iter().map(|id| id.into_untyped_uuid()).collect();
    sqlx::query!(
        "INSERT INTO release_document (release_id, document_id) SELECT $1, * FROM unnest($2::uuid[])",
        new.id.into_untyped_uuid(),
        &documents,
    )
    .execute(tx.connection())
    .await?;
    tx.changed(release.event("release.create"), None, Some(&release));
    Ok(release)
}

/// A release by its id.
pub async fn get(mut db: impl Db, id: ReleaseId) -> Result<Release, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM release WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "release" })
}

/// The release of an application that was made last, if there is one.
pub async fn newest(mut db: impl Db, application: &Name) -> Result<Option<Release>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM release WHERE name = $1 ORDER BY created DESC, id DESC LIMIT 1", application.as_str(),)
        .fetch_optional(&mut *db)
        .await?)
}

/// The releases whose digest begins with these hexadecimal digits; two at most, which is enough to know that it is not one.
pub async fn by_digest(mut db: impl Db, hexadecimal: &str) -> Result<Vec<Release>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM release WHERE starts_with(encode(digest, 'hex'), $1) ORDER BY created, id LIMIT 2",
        hexadecimal,
    )
    .fetch_all(&mut *db)
    .await?)
}

/// What a release says, in its canonical form: JSON.
pub async fn document(mut db: impl Db, id: ReleaseId) -> Result<String, StoreError> {
    let mut db = db.source().connection().await?;
    sqlx::query_scalar!("SELECT document FROM release WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "release" })
}

/// A page of the releases.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Release>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM release WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// The releases that were built of one of these documents.
pub async fn built_of(
    mut db: impl Db,
    documents: impl IntoIterator<Item = LibraryDocumentId>,
) -> Result<Vec<Release>, StoreError> {
    let documents: Vec<Uuid> = documents.into_iter().map(GenericUuid::into_untyped_uuid).collect();
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM release WHERE id IN (SELECT release_id FROM release_document WHERE document_id = ANY($1))
        ORDER BY created, id",
        &documents,
    )
    .fetch_all(&mut *db)
    .await?)
}

/// How many releases were built of each of these documents; none of those that are left out.
pub async fn counts(
    mut db: impl Db,
    documents: impl IntoIterator<Item = LibraryDocumentId>,
) -> Result<Vec<(LibraryDocumentId, u64)>, StoreError> {
    struct Row {
        document: LibraryDocumentId,
        releases: u64,
    }
    let documents: Vec<Uuid> = documents.into_iter().map(GenericUuid::into_untyped_uuid).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT document_id AS "document: Id<_>", count(*) AS "releases!: Num<_>"
        FROM release_document WHERE document_id = ANY($1) GROUP BY document_id"#,
        &documents,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.document, row.releases)).collect())
}

/// Deletes a release.
pub async fn delete(tx: &mut Tx, id: ReleaseId) -> Result<(), StoreError> {
    let before = get(&mut *tx, id).await?;
    sqlx::query!("DELETE FROM release WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("release.delete"), Some(&before), None);
    Ok(())
}
