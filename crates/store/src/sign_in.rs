//! Sessions of persons who have signed in.

use jiff::{SignedDuration, Timestamp};
use model::{SignInId, SubjectId, id::GenericUuid};

use crate::{
    Db, Store, StoreError, Tx,
    api_token::{Bearer, BearerRow},
    event::{Event, ObjectKind},
    sql::{Id, Opt, Text, Time, at, words},
};
use uuid::Uuid;

/// How long it is remembered whence somebody has signed in.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How somebody has signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// With a password.
    Password,
    /// With an identity provider.
    Provider,
}

words!(Method { Password = "password", Provider = "provider" });

/// A new session.
#[derive(Clone)]
pub struct NewSignIn {
    /// Its id.
    pub id: SignInId,
    /// Whose it is.
    pub subject: SubjectId,
    /// SHA-256 of its token.
    pub digest: [u8; 32],
    /// SHA-256 of what was signed of the ID token it is begun with, if it is with one. There is one session of each.
    pub id_token: Option<[u8; 32]>,
    /// Whence: an address, or an IPv6 network.
    pub source: String,
    /// Until when it lasts.
    pub expires: Timestamp,
}

impl NewSignIn {
    /// How it is begun.
    pub fn method(&self) -> Method {
        if self.id_token.is_some() { Method::Provider } else { Method::Password }
    }
}

impl std::fmt::Debug for NewSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSignIn").field("id", &self.id).field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Begins a session. [`StoreError::Exists`] when one was begun with the same ID token before.
pub async fn begin(tx: &mut Tx, new: NewSignIn) -> Result<(), StoreError> {
    let method = new.method();
    sqlx::query!(
        "INSERT INTO sign_in (id, subject_id, digest, method, id_token, source, created, expires)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id.into_untyped_uuid(),
        new.subject.into_untyped_uuid(),
        &new.digest[..],
        method.as_str(),
        new.id_token.as_ref().map(<[u8; 32]>::as_slice),
        new.source,
        at(tx.now()),
        at(new.expires),
    )
    .execute(tx.connection())
    .await?;
    let after = serde_json::json!({ "subject": new.subject, "method": method, "expires": new.expires });
    tx.changed(Event::new("sign-in.begin", ObjectKind::SignIn, new.id), None, Some(&after));
    Ok(())
}

/// Ends a session. Ending it again changes nothing.
pub async fn end(tx: &mut Tx, id: SignInId) -> Result<(), StoreError> {
    let now = at(tx.now());
    let ended =
        sqlx::query!("UPDATE sign_in SET ended = $2 WHERE id = $1 AND ended IS NULL", id.into_untyped_uuid(), now)
            .execute(tx.connection())
            .await?;
    if ended.rows_affected() > 0 {
        tx.record(Event::new("sign-in.end", ObjectKind::SignIn, id));
    }
    Ok(())
}

/// Ends every session of somebody. What it is ended for is recorded by the caller.
pub(crate) async fn end_all(tx: &mut Tx, subject: SubjectId) -> Result<(), StoreError> {
    let now = at(tx.now());
    sqlx::query!(
        "UPDATE sign_in SET ended = $2 WHERE subject_id = $1 AND ended IS NULL",
        subject.into_untyped_uuid(),
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whom the session with this digest speaks for at `now`. Nobody, when there is none, it is over, or its subject is
/// disabled.
pub async fn bearer(mut db: impl Db, digest: &[u8; 32], now: Timestamp) -> Result<Option<Bearer>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        BearerRow,
        r#"SELECT sign_in.id, subject.id AS "subject: Id<_>", subject.name AS "name: Text<_>", kind AS "kind: Text<_>",
            ARRAY(SELECT group_id FROM group_member WHERE subject_id = subject.id) AS "groups!: Vec<Uuid>", expires,
            NULL::timestamptz AS "last_used!: Opt<Time>", false AS "read_only!", NULL::uuid AS "backbone!: Opt<Id<_>>",
            NULL::uuid AS "network!: Opt<Id<_>>", method AS "method!: Opt<Text<_>>"
        FROM sign_in JOIN subject ON subject.id = subject_id
        WHERE digest = $1 AND expires > $2 AND ended IS NULL AND disabled IS NULL"#,
        &digest[..],
        at(now),
    )
    .fetch_optional(&mut *db)
    .await?
    .map(Into::into))
}

/// Whether somebody has signed in from `source` within [`REMEMBERED`].
pub async fn is_known(mut db: impl Db, name: &str, source: &str, now: Timestamp) -> Result<bool, StoreError> {
    let since = now.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sign_in JOIN subject ON subject.id = subject_id
            WHERE name = $1 AND source = $2 AND sign_in.created > $3) AS "known!""#,
        name,
        source,
        at(since),
    )
    .fetch_one(&mut *db)
    .await?)
}

/// When somebody last signed in, of those among these who have within [`REMEMBERED`].
pub async fn last(mut db: impl Db, ids: &[SubjectId]) -> Result<Vec<(SubjectId, Timestamp)>, StoreError> {
    struct Row {
        id: SubjectId,
        last: Timestamp,
    }
    let ids: Vec<Uuid> = ids.iter().map(|id| id.into_untyped_uuid()).collect();
    let mut db = db.source().connection().await?;
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT subject_id AS "id: Id<_>", max(created) AS "last!: Time" FROM sign_in
        WHERE subject_id = ANY($1) GROUP BY subject_id"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.last)).collect())
}

/// Forgets sessions that are over and no longer remembered.
pub async fn prune(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let before = now.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    sqlx::query!("DELETE FROM sign_in WHERE created < $1 AND expires < $1", at(before)).execute(store.pool()).await?;
    Ok(())
}
