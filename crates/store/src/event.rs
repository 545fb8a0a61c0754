//! Events: what was changed, by whom, in the order of commits.

use std::borrow::Cow;

use jiff::Timestamp;
use model::{BackboneId, NetworkId, id::GenericUuid};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Db, StoreError,
    listing::{KeyType, List, Listed, Wanted},
    sql::{Digest, Id, Opt, Text, at_opt, words},
};

/// The kinds of objects events tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// The installation itself.
    Installation,
    /// A certificate authority.
    Authority,
    /// A backbone.
    Backbone,
    /// A backbone site.
    BackboneSite,
    /// An access point.
    AccessPoint,
    /// A link.
    Link,
    /// An application network.
    Network,
    /// A site class; its id is its network's.
    Class,
    /// An invitation.
    Invitation,
    /// A member site.
    Site,
    /// A listener.
    Listener,
    /// A connector.
    Connector,
    /// How an address picks among those who serve it; its id is its network's.
    Address,
    /// A certificate.
    Certificate,
    /// The trust of a backbone; its id is the backbone's.
    Trust,
    /// A denial; its id is what it denies.
    Denial,
    /// A document of the library.
    LibraryDocument,
    /// A release of an application.
    Release,
    /// A deployment.
    Deployment,
    /// A secret.
    Secret,
    /// A role that somebody holds.
    Grant,
    /// How much there may be of something.
    Quota,
    /// Who can sign in: a person, or a service.
    User,
    /// A group of those.
    Group,
    /// An API token.
    Token,
    /// A session that somebody has signed in to.
    SignIn,
    /// The audit chain; its id is the installation's.
    Audit,
}

words!(ObjectKind {
    Installation = "installation",
    Authority = "authority",
    Backbone = "backbone",
    BackboneSite = "backbone-site",
    AccessPoint = "access-point",
    Link = "link",
    Network = "network",
    Class = "class",
    Invitation = "invitation",
    Site = "site",
    Listener = "listener",
    Connector = "connector",
    Address = "address",
    Certificate = "certificate",
    Trust = "trust",
    Denial = "denial",
    LibraryDocument = "library-document",
    Release = "release",
    Deployment = "deployment",
    Secret = "secret",
    Grant = "grant",
    Quota = "quota",
    User = "user",
    Group = "group",
    Token = "token",
    SignIn = "sign-in",
    Audit = "audit",
});

/// How what was tried came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// It was refused.
    Refused,
    /// It failed.
    Failed,
}

words!(Outcome { Done = "done", Refused = "refused", Failed = "failed" });

/// What is to be recorded; who and when come from the transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What was done, as `OBJECT.VERB`: lower-case letters and hyphens.
    pub action: Cow<'static, str>,
    /// The kind of what it was done to.
    pub object_kind: ObjectKind,
    /// Its id.
    pub object_id: Option<Uuid>,
    /// The application network it belongs to.
    pub network: Option<NetworkId>,
    /// The backbone it belongs to.
    pub backbone: Option<BackboneId>,
    /// The object before.
    pub before: Option<Value>,
    /// The object after.
    pub after: Option<Value>,
    /// How it came out.
    pub outcome: Outcome,
}

impl Event {
    /// An event of something that was done to an object.
    pub fn new(action: impl Into<Cow<'static, str>>, object_kind: ObjectKind, object_id: impl GenericUuid) -> Self {
        Self {
            action: action.into(),
            object_kind,
            object_id: Some(object_id.into_untyped_uuid()),
            network: None,
            backbone: None,
            before: None,
            after: None,
            outcome: Outcome::Done,
        }
    }

    /// The same, in an application network.
    #[must_use]
    pub fn in_network(self, network: NetworkId) -> Self {
        Self { network: Some(network), ..self }
    }

    /// The same, on a backbone.
    #[must_use]
    pub fn on_backbone(self, backbone: BackboneId) -> Self {
        Self { backbone: Some(backbone), ..self }
    }

    /// The same, refused or failed for a reason.
    #[must_use]
    pub fn ended(self, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { outcome, after: Some(serde_json::json!({ "reason": reason.into() })), ..self }
    }
}

/// An event with its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recorded {
    /// Its place: 1, 2, 3, … in the order of commits, without gaps.
    pub position: i64,
    /// When its transaction was committed.
    pub time: Timestamp,
    /// Who did it.
    pub actor: String,
    /// For whom, if that is someone else.
    pub on_behalf_of: Option<String>,
    /// What was done, as `OBJECT.VERB`.
    pub action: String,
    /// The kind of what it was done to.
    pub object_kind: ObjectKind,
    /// Its id.
    pub object_id: Option<Uuid>,
    /// The application network it belongs to.
    pub network: Option<NetworkId>,
    /// The backbone it belongs to.
    pub backbone: Option<BackboneId>,
    /// The object before.
    pub before: Option<Value>,
    /// The object after.
    pub after: Option<Value>,
    /// How it came out.
    pub outcome: Outcome,
    /// The request it came by.
    pub request_id: Option<String>,
    /// The network address the request came from.
    pub address: Option<String>,
    /// The hash of the event before.
    #[serde(serialize_with = "hex")]
    pub previous_hash: [u8; 32],
    /// SHA-256 over everything above; see [`crate::chain`].
    #[serde(serialize_with = "hex")]
    pub hash: [u8; 32],
}

pub(crate) fn hex<S: serde::Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&data_encoding::HEXLOWER.encode(bytes))
}

macro_rules! rows {
    ($after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Recorded,
            r#"SELECT position, time, actor, on_behalf_of, action, object_kind AS "object_kind: Text<_>", object_id,
                network_id AS "network!: Opt<Id<_>>", backbone_id AS "backbone!: Opt<Id<_>>", before, after,
                outcome AS "outcome: Text<_>", request_id, address, previous_hash AS "previous_hash: Digest",
                hash AS "hash: Digest" FROM event "# + $after $(, $arg)*
        )
    };
}

/// Who did something to an object last, of persons and services: on whose behalf controllers go on with it. None, when nobody did.
pub async fn last_person(mut db: impl Db, object: Uuid) -> Result<Option<String>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_scalar!(
        "SELECT actor FROM event WHERE object_id = $1 AND outcome = 'done'
            AND (actor LIKE 'user/%' OR actor LIKE 'service/%' OR actor = 'admin')
        ORDER BY position DESC LIMIT 1",
        object,
    )
    .fetch_optional(&mut *db)
    .await?)
}

/// The id is no more than a second key, and the position is one of its own.
const LIST: List = List {
    from: "event",
    id: "'00000000-0000-0000-0000-000000000000'::uuid",
    only: Some("event.network_id = ANY({only}) OR event.backbone_id = ANY({only})"),
    sorts: &[("position", "event.position", KeyType::Number)],
    filters: &[
        ("network", "event.network_id = {value}::uuid"),
        ("backbone", "event.backbone_id = {value}::uuid"),
        ("kind", "event.object_kind = {value}"),
        ("object", "event.object_id = {value}::uuid"),
        ("actor", "event.actor = {value}"),
        ("action", "event.action = {value}"),
        ("outcome", "event.outcome = {value}"),
        ("since", "event.time >= {value}::timestamptz"),
        ("until", "event.time < {value}::timestamptz"),
    ],
    search: &[
        "event.action",
        "event.actor",
        "event.after ->> 'name'",
        "event.before ->> 'name'",
        "event.after ->> 'reason'",
        "event.request_id",
    ],
    ..List::PLAIN
};

/// A page of the events, oldest first unless wanted otherwise.
pub async fn page(mut db: impl Db, wanted: &Wanted) -> Result<Listed<Recorded>, StoreError> {
    let mut db = db.source().connection().await?;
    let Listed { items, next } = LIST.ids(&mut db, None, wanted).await?;
    let positions: Vec<i64> = items.iter().map(|(key, _)| key.number()).collect();
    let mut events = rows!("WHERE position = ANY($1) ORDER BY position", &positions).fetch_all(&mut *db).await?;
    if wanted.is_descending() {
        events.reverse();
    }
    Ok(Listed { items: events, next })
}

/// Which events are wanted; the default is all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this application network.
    pub network: Option<NetworkId>,
    /// Of this backbone (its networks not included).
    pub backbone: Option<BackboneId>,
    /// Of objects of this kind.
    pub object_kind: Option<ObjectKind>,
    /// Of this object.
    pub object_id: Option<Uuid>,
    /// By this actor.
    pub actor: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// Events with positions greater than `position`, oldest first.
pub async fn after(mut db: impl Db, position: i64, limit: u32) -> Result<Vec<Recorded>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("WHERE position > $1 ORDER BY position LIMIT $2", position, i64::from(limit)).fetch_all(&mut *db).await?)
}

/// The positions of the events after `position`, whether the rest of them can be read or not.
pub(crate) async fn positions_after(mut db: impl Db, position: i64, limit: u32) -> Result<Vec<i64>, StoreError> {
    let mut db = db.source().connection().await?;
    let limit = i64::from(limit);
    Ok(sqlx::query_scalar!(
        "SELECT position FROM event WHERE position > $1 ORDER BY position LIMIT $2",
        position,
        limit
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Events that pass `filter` with positions greater than `after`, oldest first.
pub async fn list(mut db: impl Db, filter: &Filter, after: i64, limit: u32) -> Result<Vec<Recorded>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "WHERE position > $1 AND ($2::uuid IS NULL OR network_id = $2) AND ($3::uuid IS NULL OR backbone_id = $3)
            AND ($4::text IS NULL OR object_kind = $4) AND ($5::uuid IS NULL OR object_id = $5)
            AND ($6::text IS NULL OR actor = $6) AND ($7::text IS NULL OR action = $7)
            AND ($8::timestamptz IS NULL OR time >= $8) AND ($9::timestamptz IS NULL OR time < $9)
        ORDER BY position LIMIT $10",
        after,
        filter.network.map(GenericUuid::into_untyped_uuid),
        filter.backbone.map(GenericUuid::into_untyped_uuid),
        filter.object_kind.map(ObjectKind::as_str),
        filter.object_id,
        filter.actor.as_deref(),
        filter.action.as_deref(),
        at_opt(filter.since),
        at_opt(filter.until),
        i64::from(limit),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The newest `limit` events that pass `filter` with positions less than `before`, newest first.
pub async fn latest(
    mut db: impl Db,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Recorded>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "WHERE position < $1 AND ($2::uuid IS NULL OR network_id = $2) AND ($3::uuid IS NULL OR backbone_id = $3)
            AND ($4::text IS NULL OR object_kind = $4) AND ($5::uuid IS NULL OR object_id = $5)
            AND ($6::text IS NULL OR actor = $6) AND ($7::text IS NULL OR action = $7)
            AND ($8::timestamptz IS NULL OR time >= $8) AND ($9::timestamptz IS NULL OR time < $9)
        ORDER BY position DESC LIMIT $10",
        before.unwrap_or(i64::MAX),
        filter.network.map(GenericUuid::into_untyped_uuid),
        filter.backbone.map(GenericUuid::into_untyped_uuid),
        filter.object_kind.map(ObjectKind::as_str),
        filter.object_id,
        filter.actor.as_deref(),
        filter.action.as_deref(),
        at_opt(filter.since),
        at_opt(filter.until),
        i64::from(limit),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The position of the newest event; 0 when there is none.
pub async fn head(mut db: impl Db) -> Result<i64, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_scalar!("SELECT position FROM event_head").fetch_one(&mut *db).await?)
}
