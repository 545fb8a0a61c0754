//! Who can sign in: persons and services, and the passwords of persons.

use jiff::Timestamp;
use model::{Name, SubjectId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sign_in,
    sql::{Id, Opt, Text, Time, at, at_opt, words},
};

/// What a subject is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A person, who signs in.
    Person,
    /// A service, such as a pipeline: it has tokens only.
    Service,
}

words!(Kind { Person = "person", Service = "service" });

/// Who an identity provider says somebody is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct External {
    /// The provider.
    pub issuer: String,
    /// Its word for the person, which never changes.
    pub id: String,
}

/// Who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its id.
    pub id: SubjectId,
    /// What it is.
    pub kind: Kind,
    /// Its name, unique in the installation.
    pub name: Name,
    /// What a person is called.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// The provider whose person this is, for those who sign in with one.
    pub issuer: Option<String>,
    /// The provider's word for the person.
    pub external_id: Option<String>,
    /// Since when nothing of it is accepted.
    pub disabled: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

/// A new subject.
#[derive(Clone, Debug)]
pub struct NewSubject {
    /// Its id.
    pub id: SubjectId,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// What a person is called.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// The provider whose person this is.
    pub external: Option<External>,
}

/// What of a subject is to change; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct SubjectChange {
    /// What a person is called, or nothing.
    pub display_name: Option<Option<String>>,
    /// Where mail reaches them, or nothing.
    pub email: Option<Option<String>>,
    /// Whether nothing of it is accepted.
    pub disabled: Option<bool>,
}

/// What the password of a person is checked against.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// argon2id, in the PHC form.
    pub verifier: String,
    /// Of a password for one use: until when.
    pub one_time: Option<Timestamp>,
    /// When it was set.
    pub changed: Timestamp,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credential").field("one_time", &self.one_time).finish_non_exhaustive()
    }
}

impl Subject {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::User, self.id)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Subject,
            $before + r#" id AS "id: Id<_>", kind AS "kind: Text<_>", name AS "name: Text<_>", display_name, email,
                issuer, external_id, disabled AS "disabled!: Opt<Time>", created, updated, revision "#
                + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "subject",
    id: "subject.id",
    sorts: &[("created", "subject.created", KeyType::Time), ("name", "subject.name", KeyType::Text)],
    filters: &[("kind", "subject.kind = {value}"), ("disabled", "(subject.disabled IS NOT NULL) = {value}::boolean")],
    search: &["subject.name", "subject.display_name", "subject.email"],
    ..List::PLAIN
};

/// Creates a subject. [`StoreError::NameTaken`] when another has the name, [`StoreError::Exists`] when there is one of
/// the same person of a provider.
pub async fn create(tx: &mut Tx, new: NewSubject) -> Result<Subject, StoreError> {
    let now = at(tx.now());
    let (issuer, external_id) = new.external.map(|external| (external.issuer, external.id)).unzip();
    let subject = rows!(
        "INSERT INTO subject (id, kind, name, display_name, email, issuer, external_id, created, updated)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.kind.as_str(),
        new.name.as_str(),
        new.display_name,
        new.email,
        issuer,
        external_id,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(subject.event("user.create"), None, Some(&subject));
    Ok(subject)
}

/// A subject by its id.
pub async fn get(mut db: impl Db, id: SubjectId) -> Result<Subject, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM subject WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "user" })
}

/// A subject by its name, or by its id as text.
pub async fn find(mut db: impl Db, reference: &str) -> Result<Subject, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM subject WHERE name = $1 OR id = $2 ORDER BY id = $2 DESC LIMIT 1",
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "user" })
}

/// The person that a provider means.
pub async fn of_provider(mut db: impl Db, external: &External) -> Result<Option<Subject>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM subject WHERE issuer = $1 AND external_id = $2", external.issuer, external.id)
        .fetch_optional(&mut *db)
        .await?)
}

/// A page of the subjects.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Subject>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, None, wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM subject WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Changes a subject. Its sessions end when it is disabled.
pub async fn set(
    tx: &mut Tx,
    id: SubjectId,
    expected: Option<i64>,
    change: SubjectChange,
) -> Result<Subject, StoreError> {
    let before = lock(tx, id, expected).await?;
    let disabled = match change.disabled {
        None => before.disabled,
        Some(false) => None,
        Some(true) => before.disabled.or(Some(tx.now())),
    };
    if before.disabled.is_none() && disabled.is_some() {
        sign_in::end_all(tx, id).await?;
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE subject SET display_name = $2, email = $3, disabled = $4, updated = $5, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        change.display_name.unwrap_or_else(|| before.display_name.clone()),
        change.email.unwrap_or_else(|| before.email.clone()),
        at_opt(disabled),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    let action = match (before.disabled, after.disabled) {
        (None, Some(_)) => "user.disable",
        (Some(_), None) => "user.enable",
        _ => "user.set",
    };
    tx.changed(after.event(action), Some(&before), Some(&after));
    Ok(after)
}

/// Deletes a subject, with its password, tokens, sessions, memberships and roles. Whoever does it has held it by
/// [`lock`], and seen that it owns no network.
pub async fn delete(tx: &mut Tx, id: SubjectId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    sqlx::query!("DELETE FROM subject WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("user.delete"), Some(&before), None);
    Ok(())
}

/// A subject that nobody deletes until the end of the transaction: it is about to own something.
pub async fn keep(tx: &mut Tx, id: SubjectId) -> Result<Subject, StoreError> {
    rows!("SELECT", "FROM subject WHERE id = $1 FOR KEY SHARE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "user" })
}

/// Holds a subject until the end of the transaction: nobody changes it, and nothing comes to be its own.
pub async fn lock(tx: &mut Tx, id: SubjectId, expected: Option<i64>) -> Result<Subject, StoreError> {
    let found = rows!("SELECT", "FROM subject WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "user" })?;
    StoreError::unless_at(expected, found.revision, "user")?;
    Ok(found)
}

/// What somebody's password is checked against, if they have one.
pub async fn credential(mut db: impl Db, id: SubjectId) -> Result<Option<Credential>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        Credential,
        r#"SELECT verifier, one_time AS "one_time!: Opt<Time>", changed FROM credential WHERE subject_id = $1"#,
        id.into_untyped_uuid(),
    )
    .fetch_optional(&mut *db)
    .await?)
}

/// Which of these persons have a password, and whether it is for one use.
pub async fn with_password(mut db: impl Db, ids: &[SubjectId]) -> Result<Vec<(SubjectId, bool)>, StoreError> {
    struct Row {
        id: SubjectId,
        one_time: bool,
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.into_untyped_uuid()).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT subject_id AS "id: Id<_>", one_time IS NOT NULL AS "one_time!"
        FROM credential WHERE subject_id = ANY($1)"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.one_time)).collect())
}

/// Gives a person a password; one that is for one use ends at `one_time`. `replaced` is what it must still be checked
/// against now, when the old one was shown: [`StoreError::Conflict`] otherwise. Every session of the person ends.
pub async fn set_password(
    tx: &mut Tx,
    id: SubjectId,
    verifier: &str,
    one_time: Option<Timestamp>,
    replaced: Option<&Credential>,
) -> Result<(), StoreError> {
    let subject = lock(tx, id, None).await?;
    if let Some(replaced) = replaced
        && credential(&mut *tx, id).await?.as_ref() != Some(replaced)
    {
        return Err(StoreError::Conflict { what: "password" });
    }
    let now = at(tx.now());
    sqlx::query!(
        "INSERT INTO credential (subject_id, verifier, one_time, changed) VALUES ($1, $2, $3, $4)
        ON CONFLICT (subject_id) DO UPDATE SET verifier = $2, one_time = $3, changed = $4",
        id.into_untyped_uuid(),
        verifier,
        at_opt(one_time),
        now,
    )
    .execute(tx.connection())
    .await?;
    sign_in::end_all(tx, id).await?;
    tx.record(subject.event(if one_time.is_some() { "user.reset" } else { "user.password" }));
    Ok(())
}
