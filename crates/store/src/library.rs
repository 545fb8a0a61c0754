//! The library: interface types, blocks and applications, in versions that never change.

use jiff::Timestamp;
use model::{LibraryDocumentId, Name, id::GenericUuid};
use semver::Version;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind, hex},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Digest, Id, Text, at, words},
};

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An interface type.
    InterfaceType,
    /// A block.
    Block,
    /// An application.
    Application,
}

words!(Kind { InterfaceType = "interface-type", Block = "block", Application = "application" });

/// A document of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Document {
    /// Its id.
    pub id: LibraryDocumentId,
    /// What kind of document it is.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its version, unique among documents of its kind and name.
    pub version: Version,
    /// SHA-256 of its canonical form.
    #[serde(serialize_with = "hex")]
    pub digest: [u8; 32],
    /// One sentence for those who search.
    pub description: String,
    /// Of blocks: their type.
    pub block_type: Option<String>,
    /// When it was imported.
    pub created: Timestamp,
}

/// A new document, judged to be in order.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Its id.
    pub id: LibraryDocumentId,
    /// What kind of document it is.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its canonical form.
    pub digest: [u8; 32],
    /// One sentence for those who search.
    pub description: String,
    /// Of blocks: their type.
    pub block_type: Option<String>,
    /// Its canonical form.
    pub document: String,
    /// Its text, as it was authored.
    pub source: String,
    /// What it can be linked by.
    pub interfaces: Vec<Interface>,
    /// What it names.
    pub references: Vec<(Kind, String)>,
}

/// What a block can be linked by; of interface types, a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What it is called.
    pub interface: String,
    /// The name of its type.
    pub kind: String,
    /// The role.
    pub role: String,
}

/// What a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// In its canonical form: JSON.
    pub document: String,
    /// As it was authored: YAML.
    pub source: String,
}

/// A document as others name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: LibraryDocumentId,
    /// What kind of document it is.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// SHA-256 of its canonical form.
    pub digest: [u8; 32],
}

/// That a document names others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Who names.
    pub document: LibraryDocumentId,
    /// What kind of document is named.
    pub kind: Kind,
    /// A name with a range of versions.
    pub reference: String,
}

impl Document {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::LibraryDocument, self.id)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Document,
            $before + r#" id AS "id: Id<_>", kind AS "kind: Text<_>", name AS "name: Text<_>",
                version AS "version: Text<_>", digest AS "digest: Digest", description, block_type, created "# + $after
            $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "library_document",
    id: "library_document.id",
    sorts: &[("created", "library_document.created", KeyType::Time), ("name", "library_document.name", KeyType::Text)],
    filters: &[
        ("kind", "library_document.kind = {value}"),
        ("name", "library_document.name = {value}"),
        ("type", "library_document.block_type = {value}"),
        (
            "interface",
            "EXISTS (SELECT FROM library_interface i WHERE i.document_id = library_document.id AND i.type = {value})",
        ),
        (
            "role",
            "EXISTS (SELECT FROM library_interface i WHERE i.document_id = library_document.id AND i.role = {value} \
                AND ({interface}::text IS NULL OR i.type = {interface}))",
        ),
    ],
    search: &["library_document.name", "library_document.description"],
    ..List::PLAIN
};

/// How often the library was changed.
pub async fn generation(mut db: impl Db) -> Result<i64, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_scalar!("SELECT generation FROM library").fetch_one(&mut *db).await?)
}

/// Takes the library for a change, until the transaction ends; others wait. Returns how often it was changed before.
pub async fn take(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!("UPDATE library SET generation = generation + 1 RETURNING generation - 1")
        .fetch_one(tx.connection())
        .await?
        .unwrap_or_default())
}

/// Adds a document. [`StoreError::Exists`] when there is one of its kind, name and version. The library must have been
/// [taken](take).
pub async fn add(tx: &mut Tx, new: &NewDocument) -> Result<Document, StoreError> {
    let now = at(tx.now());
    let document = rows!(
        "INSERT INTO library_document
            (id, kind, name, version, digest, description, block_type, document, source, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.kind.as_str(),
        new.name.as_str(),
        new.version.to_string(),
        &new.digest[..],
        new.description,
        new.block_type,
        new.document,
        new.source,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    let column = |of: fn(&Interface) -> &String| new.interfaces.iter().map(|i| of(i).clone()).collect::<Vec<String>>();
    sqlx::query!(
        "INSERT INTO library_interface (document_id, interface, type, role)
        SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])",
        new.id.into_untyped_uuid(),
        &column(|i| &i.interface),
        &column(|i| &i.kind),
        &column(|i| &i.role),
    )
    .execute(tx.connection())
    .await?;
    let (kinds, references): (Vec<String>, Vec<String>) =
        new.references.iter().map(|(kind, reference)| (kind.as_str().to_owned(), reference.clone())).unzip();
    sqlx::query!(
        "INSERT INTO library_reference (document_id, kind, reference) SELECT $1, * FROM unnest($2::text[], $3::text[])",
        new.id.into_untyped_uuid(),
        &kinds,
        &references,
    )
    .execute(tx.connection())
    .await?;
    tx.changed(document.event("library.import"), None, Some(&document));
    Ok(document)
}

/// A document by its id.
pub async fn get(mut db: impl Db, id: LibraryDocumentId) -> Result<Document, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM library_document WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "document" })
}

/// What a document says.
pub async fn content(mut db: impl Db, id: LibraryDocumentId) -> Result<Content, StoreError> {
    let mut db = db.source().connection().await?;
    sqlx::query_as!(Content, "SELECT document, source FROM library_document WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "document" })
}

/// Some documents with what they say, in no order. One that is not there any more is left out.
pub async fn contents(
    mut db: impl Db,
    ids: impl IntoIterator<Item = LibraryDocumentId>,
) -> Result<Vec<(Document, Content)>, StoreError> {
    struct Row {
        id: LibraryDocumentId,
        kind: Kind,
        name: Name,
        version: Version,
        digest: [u8; 32],
        description: String,
        block_type: Option<String>,
        created: Timestamp,
        document: String,
        source: String,
    }
    let ids: Vec<Uuid> = ids.into_iter().map(GenericUuid::into_untyped_uuid).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id: Id<_>", kind AS "kind: Text<_>", name AS "name: Text<_>", version AS "version: Text<_>",
            digest AS "digest: Digest", description, block_type, created, document, source
        FROM library_document WHERE id = ANY($1)"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let split = |row: Row| {
        let Row { id, kind, name, version, digest, description, block_type, created, document, source } = row;
        let content = Content { document, source };
        (Document { id, kind, name, version, digest, description, block_type, created }, content)
    };
    Ok(rows.into_iter().map(split).collect())
}

/// The versions of a document, in no order.
pub async fn versions(mut db: impl Db, kind: Kind, name: &Name) -> Result<Vec<Document>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM library_document WHERE kind = $1 AND name = $2", kind.as_str(), name.as_str())
        .fetch_all(&mut *db)
        .await?)
}

/// A page of the documents.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Document>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM library_document WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Every document, and what each names: to be read in one [`Snapshot`](crate::Snapshot) or transaction.
pub async fn index(mut db: impl Db) -> Result<(Vec<Known>, Vec<Reference>), StoreError> {
    let mut db = db.source().connection().await?;
    let known = sqlx::query_as!(
        Known,
        r#"SELECT id AS "id: Id<_>", kind AS "kind: Text<_>", name AS "name: Text<_>", version AS "version: Text<_>",
            digest AS "digest: Digest" FROM library_document"#
    )
    .fetch_all(&mut *db)
    .await?;
    let references = sqlx::query_as!(
        Reference,
        r#"SELECT document_id AS "document: Id<_>", kind AS "kind: Text<_>", reference FROM library_reference"#
    )
    .fetch_all(&mut *db)
    .await?;
    Ok((known, references))
}

/// Deletes a document. [`StoreError::InUse`] as long as a release was built of it. Whether other documents need it, the
/// caller has found out; the library must have been [taken](take) before.
pub async fn delete(tx: &mut Tx, id: LibraryDocumentId) -> Result<(), StoreError> {
    let before = get(&mut *tx, id).await?;
    sqlx::query!("DELETE FROM library_document WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("library.delete"), Some(&before), None);
    Ok(())
}
