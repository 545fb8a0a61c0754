//! Tokens for the API, of persons and services, kept as digests.

use jiff::{SignedDuration, Timestamp};
use model::{BackboneId, GroupId, Name, NetworkId, SubjectId, TokenId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, Store, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sign_in::Method,
    sql::{Id, Opt, Text, Time, at},
    subject::Kind,
};

/// How exactly it is noted when a token was last used.
pub const USE_NOTED: SignedDuration = SignedDuration::from_mins(1);

/// A token, without what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub subject: SubjectId,
    /// The name of whose it is.
    pub subject_name: Name,
    /// Its name, unique among those of its subject.
    pub name: Name,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// The backbone it is good for; all of them, when absent.
    pub backbone: Option<BackboneId>,
    /// The application network it is good for; all of them, when absent.
    pub network: Option<NetworkId>,
    /// Until when it is good.
    pub expires: Timestamp,
    /// When it was last used, to the minute.
    #[serde(skip)]
    pub last_used: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
}

/// A new token.
#[derive(Clone)]
pub struct NewToken {
    /// Its id.
    pub id: TokenId,
    /// Whose it is.
    pub subject: SubjectId,
    /// Its name.
    pub name: Name,
    /// SHA-256 of it.
    pub digest: [u8; 32],
    /// Whether it changes nothing.
    pub read_only: bool,
    /// The backbone it is good for.
    pub backbone: Option<BackboneId>,
    /// The application network it is good for.
    pub network: Option<NetworkId>,
    /// Until when it is good.
    pub expires: Timestamp,
}

impl std::fmt::Debug for NewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewToken").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Whom a token or a session speaks for, now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The token's or session's id.
    pub id: Uuid,
    /// Who.
    pub subject: SubjectId,
    /// Their name.
    pub name: Name,
    /// What they are.
    pub kind: Kind,
    /// The groups they are in.
    pub groups: Vec<GroupId>,
    /// Until when.
    pub expires: Timestamp,
    /// Of a token: when it was last used, to the minute.
    pub last_used: Option<Timestamp>,
    /// Of a token: whether it changes nothing.
    pub read_only: bool,
    /// Of a token: the backbone it is good for.
    pub backbone: Option<BackboneId>,
    /// Of a token: the application network it is good for.
    pub network: Option<NetworkId>,
    /// Of a session: how it was begun.
    pub method: Option<Method>,
}

impl ApiToken {
    fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Token, self.id)
    }
}

macro_rules! rows {
    ($after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            ApiToken,
            r#"SELECT api_token.id AS "id: Id<_>", subject_id AS "subject: Id<_>",
                subject.name AS "subject_name: Text<_>", api_token.name AS "name: Text<_>", read_only,
                backbone_id AS "backbone!: Opt<Id<_>>", network_id AS "network!: Opt<Id<_>>", expires,
                last_used AS "last_used!: Opt<Time>", api_token.created
            FROM api_token JOIN subject ON subject.id = subject_id "# + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "api_token",
    id: "api_token.id",
    within: Some("api_token.subject_id"),
    sorts: &[
        ("created", "api_token.created", KeyType::Time),
        ("name", "api_token.name", KeyType::Text),
        ("expires", "api_token.expires", KeyType::Time),
        ("last_used", "COALESCE(api_token.last_used, '0001-01-01 00:00Z')", KeyType::Time),
    ],
    filters: &[("expired", "(api_token.expires <= {now}) = {value}::boolean")],
    search: &["api_token.name"],
    ..List::PLAIN
};

/// Makes a token. [`StoreError::NameTaken`] when its subject has another of the name.
pub async fn create(tx: &mut Tx, new: NewToken) -> Result<ApiToken, StoreError> {
    sqlx::query!(
        "INSERT INTO api_token (id, subject_id, name, digest, read_only, backbone_id, network_id, expires, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id.into_untyped_uuid(),
        new.subject.into_untyped_uuid(),
        new.name.as_str(),
        &new.digest[..],
        new.read_only,
        new.backbone.map(GenericUuid::into_untyped_uuid),
        new.network.map(GenericUuid::into_untyped_uuid),
        at(new.expires),
        at(tx.now()),
    )
    .execute(tx.connection())
    .await?;
    let token = get(&mut *tx, new.id).await?;
    tx.changed(token.event("token.create"), None, Some(&token));
    Ok(token)
}

/// A token by its id.
pub async fn get(mut db: impl Db, id: TokenId) -> Result<ApiToken, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("WHERE api_token.id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "token" })
}

/// A page of the tokens of a subject.
pub async fn page(mut db: impl Db, of: SubjectId, wanted: &Wanted) -> Result<Listed<ApiToken>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(of.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("WHERE api_token.id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Revokes a token: it is gone.
pub async fn revoke(tx: &mut Tx, id: TokenId) -> Result<(), StoreError> {
    let before = get(&mut *tx, id).await?;
    sqlx::query!("DELETE FROM api_token WHERE id = $1", id.into_untyped_uuid()).execute(tx.connection()).await?;
    tx.changed(before.event("token.revoke"), Some(&before), None);
    Ok(())
}

/// Whom the token with this digest speaks for at `now`. Nobody, when there is none, it is over, or its subject is disabled.
pub async fn bearer(mut db: impl Db, digest: &[u8; 32], now: Timestamp) -> Result<Option<Bearer>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_as!(
        BearerRow,
        r#"SELECT api_token.id, subject.id AS "subject: Id<_>", subject.name AS "name: Text<_>",
            kind AS "kind: Text<_>",
            ARRAY(SELECT group_id FROM group_member WHERE subject_id = subject.id) AS "groups!: Vec<Uuid>", expires,
            last_used AS "last_used!: Opt<Time>", read_only, backbone_id AS "backbone!: Opt<Id<_>>",
            network_id AS "network!: Opt<Id<_>>", NULL::text AS "method!: Opt<Text<_>>"
        FROM api_token JOIN subject ON subject.id = subject_id
        WHERE digest = $1 AND expires > $2 AND disabled IS NULL"#,
        &digest[..],
        at(now),
    )
    .fetch_optional(&mut *db)
    .await?
    .map(Into::into))
}

/// What is read for a [`Bearer`].
pub(crate) struct BearerRow {
    pub(crate) id: Uuid,
    pub(crate) subject: SubjectId,
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) groups: Vec<Uuid>,
    pub(crate) expires: Timestamp,
    pub(crate) last_used: Option<Timestamp>,
    pub(crate) read_only: bool,
    pub(crate) backbone: Option<BackboneId>,
    pub(crate) network: Option<NetworkId>,
    pub(crate) method: Option<Method>,
}

impl From<BearerRow> for Bearer {
    fn from(row: BearerRow) -> Self {
        let BearerRow { id, subject, name, kind, groups, expires, last_used, read_only, backbone, network, method } =
            row;
        let groups = groups.into_iter().map(GroupId::from_untyped_uuid).collect();
        Self { id, subject, name, kind, groups, expires, last_used, read_only, backbone, network, method }
    }
}

/// Notes that a token is used, unless that was noted within [`USE_NOTED`].
pub async fn used(store: &Store, id: TokenId, now: Timestamp) -> Result<(), StoreError> {
    let noted = now.saturating_sub(USE_NOTED).unwrap_or(Timestamp::MIN);
    sqlx::query!(
        "UPDATE api_token SET last_used = $2 WHERE id = $1 AND (last_used IS NULL OR last_used <= $3)",
        id.into_untyped_uuid(),
        at(now),
        at(noted),
    )
    .execute(store.pool())
    .await?;
    Ok(())
}
