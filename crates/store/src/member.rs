//! Member sites. How they come to be is in [`crate::redemption`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{InvitationId, Name, NetworkId, SiteId, id::GenericUuid, lifecycle::MemberState, terms::Terms};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    Cursor, Db, Items, Page, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    sql::{Digest, Id, Json, Num, Opt, Text, Texts, Time, at, at_opt, name_list},
};

/// A member site of an application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its id.
    pub id: SiteId,
    /// The application network.
    pub network: NetworkId,
    /// Its name, unique among the live members of the network and those who wait to be.
    pub name: Name,
    /// Where it stands.
    pub state: MemberState,
    /// The invitation it came by, as long as that exists.
    pub invitation: Option<InvitationId>,
    /// SHA-256 of its public key.
    #[serde(skip)]
    pub key_digest: [u8; 32],
    /// Its classes, by name.
    pub classes: Vec<Name>,
    /// What it told of its machine and program.
    pub platform: Value,
    /// Its labels: an object of texts.
    pub labels: Value,
    /// On what terms it is a member.
    pub terms: Terms,
    /// When it was let in, if it has waited for that.
    pub admitted: Option<Timestamp>,
    /// When the claim ends that it has asked with to be let in, if it has waited for that.
    pub waits_until: Option<Timestamp>,
    /// When it stopped being a member.
    pub ended: Option<Timestamp>,
    /// Why.
    pub reason: Option<String>,
    /// When it joined.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl Member {
    /// Its place in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.created, id: self.id.into_untyped_uuid() }
    }

    pub(crate) fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Site, self.id).in_network(self.network)
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Member,
            $before + r#" id AS "id: Id<_>", network_id AS "network: Id<_>", name AS "name: Text<_>", state AS "state: Text<_>",
                invitation_id AS "invitation!: Opt<Id<_>>", key_digest AS "key_digest: Digest",
                ARRAY(SELECT class FROM member_class WHERE member_id = id ORDER BY class) AS "classes!: Texts<_>",
                platform, labels, terms AS "terms: Json<_>", admitted AS "admitted!: Opt<Time>",
                waits_until AS "waits_until!: Opt<Time>", ended AS "ended!: Opt<Time>", reason, created, updated, revision "#
                + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "member LEFT JOIN site_status status ON status.member_id = member.id \
        LEFT JOIN invitation ON invitation.id = member.invitation_id",
    id: "member.id",
    within: Some("member.network_id"),
    // Those who are gone are in the list when it is asked for them.
    unless: Some(("state", "member.state IN ('waiting', 'member')")),
    sorts: &[
        ("created", "member.created", KeyType::Time),
        ("name", "member.name", KeyType::Text),
        ("state", "member.state", KeyType::Text),
        ("last_seen", "COALESCE(status.last_seen, '0001-01-01 00:00Z')", KeyType::Time),
    ],
    filters: &[
        // An expired membership is none whose certificate is renewed.
        (
            "state",
            "CASE WHEN member.state = 'member' \
                AND (SELECT greatest(not_after, renewable_until) FROM certificate WHERE subject = 'spiffe://' || (SELECT id FROM installation) || '/network/' \
                    || member.network_id || '/site/' || member.id ORDER BY generation DESC LIMIT 1) \
                    < date_trunc('second', {now}) \
                THEN 'expired' ELSE member.state END = {value}",
        ),
        ("class", "EXISTS (SELECT FROM member_class c WHERE c.member_id = member.id AND c.class = {value})"),
        ("connected", "COALESCE(status.session IS NOT NULL AND status.last_seen > {since}, false) = {value}::boolean"),
        ("invitation", "COALESCE({value} IN (invitation.name, invitation.id::text), false)"),
        (
            "label",
            "CASE WHEN position('=' IN {value}) > 0 \
                THEN member.labels ->> split_part({value}, '=', 1) = substr({value}, position('=' IN {value}) + 1) \
                ELSE jsonb_exists(member.labels, {value}) END",
        ),
    ],
    search: &["member.name", "member.platform ->> 'hostname'"],
    ..List::PLAIN
};

/// A member by its id, whatever its state.
pub async fn get(mut db: impl Db, id: SiteId) -> Result<Member, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM member WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "site" })
}

/// A member of a network by its name, or by its id as text. Of several that had the name, the live one, or else the
/// last.
pub async fn find(mut db: impl Db, network: NetworkId, reference: &str) -> Result<Member, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM member WHERE network_id = $1 AND (name = $2 OR id = $3)
        ORDER BY id = $3 DESC, state IN ('waiting', 'member') DESC, created DESC LIMIT 1",
        network.into_untyped_uuid(),
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "site" })
}

/// A member just made, within the statement's own transaction.
pub(crate) async fn read(db: &mut PgConnection, id: SiteId) -> Result<Member, StoreError> {
    Ok(rows!("SELECT", "FROM member WHERE id = $1", id.into_untyped_uuid()).fetch_one(db).await?)
}

/// The site of a network that holds a key: a live member, or one that waits.
pub async fn by_key(mut db: impl Db, network: NetworkId, key_digest: &[u8; 32]) -> Result<Option<Member>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM member WHERE network_id = $1 AND key_digest = $2 AND state IN ('waiting', 'member')",
        network.into_untyped_uuid(),
        &key_digest[..],
    )
    .fetch_optional(&mut *db)
    .await?)
}

/// The sites of a network: the live members, or with `former` those who left or were evicted, too.
pub async fn list(mut db: impl Db, network: NetworkId, former: bool, page: Page) -> Result<Items<Member>, StoreError> {
    let mut db = db.source().connection().await?;
    let items = rows!(
        "SELECT",
        "FROM member WHERE network_id = $1 AND (created, id) > ($2, $3) AND ($4 OR state = 'member')
        ORDER BY created, id LIMIT $5",
        network.into_untyped_uuid(),
        at(page.after.created),
        page.after.id,
        former,
        page.fetch(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Items::new(items, page, Member::cursor))
}

/// A page of the sites of a network: the live members and those who wait, unless others are asked for.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Member>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM member WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// How many sites wait to be admitted, by network. Networks in which nobody waits are left out.
pub async fn count_waiting(
    mut db: impl Db,
    networks: &[NetworkId],
    now: Timestamp,
) -> Result<BTreeMap<NetworkId, u64>, StoreError> {
    struct Row {
        network: NetworkId,
        waiting: u64,
    }
    let mut db = db.source().connection().await?;
    let networks: Vec<Uuid> = networks.iter().map(|id| id.into_untyped_uuid()).collect();
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT network_id AS "network: Id<_>", count(*) AS "waiting!: Num<_>" FROM member
        WHERE network_id = ANY($1) AND state = 'waiting' AND coalesce(waits_until > $2, true) GROUP BY network_id"#,
        &networks,
        at(now),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.network, row.waiting)).collect())
}

/// Those who wait to be admitted by an invitation, in the order they came.
pub async fn list_waiting(mut db: impl Db, invitation: InvitationId) -> Result<Vec<Member>, StoreError> {
    let mut db = db.source().connection().await?;
    let invitation = invitation.into_untyped_uuid();
    Ok(rows!("SELECT", "FROM member WHERE invitation_id = $1 AND state = 'waiting' ORDER BY created, id", invitation)
        .fetch_all(&mut *db)
        .await?)
}

/// Notes until when a site can wait that has come with another claim.
pub(crate) async fn wait_until(tx: &mut Tx, id: SiteId, until: Option<Timestamp>) -> Result<Member, StoreError> {
    Ok(rows!("UPDATE member SET waits_until = $2 WHERE id = $1 RETURNING", "", id.into_untyped_uuid(), at_opt(until),)
        .fetch_one(tx.connection())
        .await?)
}

/// How many live members came by an invitation.
pub async fn count_by_invitation(mut db: impl Db, invitation: InvitationId) -> Result<i64, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM member WHERE invitation_id = $1 AND state = 'member'"#,
        invitation.into_untyped_uuid(),
    )
    .fetch_one(&mut *db)
    .await?)
}

/// Renames a live member.
pub async fn rename(tx: &mut Tx, id: SiteId, expected: Option<i64>, name: &Name) -> Result<Member, StoreError> {
    let before = lock_live(tx, id, expected).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE member SET name = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        name.as_str(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("site.rename"), Some(&before), Some(&after));
    Ok(after)
}

/// Gives a live member these classes and no others. [`StoreError::Unknown`] when one is not declared.
pub async fn set_classes(
    tx: &mut Tx,
    id: SiteId,
    expected: Option<i64>,
    classes: &[Name],
) -> Result<Member, StoreError> {
    let before = lock_live(tx, id, expected).await?;
    sqlx::query!("DELETE FROM member_class WHERE member_id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await?;
    sqlx::query!(
        "INSERT INTO member_class (member_id, network_id, class)
        SELECT DISTINCT $1::uuid, $2::uuid, class FROM unnest($3::text[]) AS class",
        id.into_untyped_uuid(),
        before.network.into_untyped_uuid(),
        &name_list(classes),
    )
    .execute(tx.connection())
    .await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE member SET updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("site.set-classes"), Some(&before), Some(&after));
    Ok(after)
}

/// Gives a live member these labels and no others.
pub async fn set_labels(
    tx: &mut Tx,
    id: SiteId,
    expected: Option<i64>,
    labels: &BTreeMap<String, String>,
) -> Result<Member, StoreError> {
    let before = lock_live(tx, id, expected).await?;
    let now = at(tx.now());
    let labels = labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
    let after = rows!(
        "UPDATE member SET labels = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        Value::Object(labels),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("site.set-labels"), Some(&before), Some(&after));
    Ok(after)
}

/// Notes what a live member tells of its machine and program. What is known already changes nothing.
pub async fn set_platform(tx: &mut Tx, id: SiteId, platform: &Value) -> Result<(), StoreError> {
    let before = lock_live(tx, id, None).await?;
    if before.platform == *platform {
        return Ok(());
    }
    let after = rows!("UPDATE member SET platform = $2 WHERE id = $1 RETURNING", "", id.into_untyped_uuid(), platform,)
        .fetch_one(tx.connection())
        .await?;
    tx.changed(after.event("site.set-platform"), Some(&before), Some(&after));
    Ok(())
}

/// Replaces the key of a live member, when its certificate is renewed for a new one. The old key becomes a tombstone: its
/// certificate is valid until it expires, but it redeems nothing any more. [`StoreError::Exists`] when another member
/// holds the key, or it was given up before by whomever.
pub async fn set_key(tx: &mut Tx, id: SiteId, key_digest: &[u8; 32]) -> Result<Member, StoreError> {
    let before = lock_live(tx, id, None).await?;
    if before.key_digest == *key_digest {
        return Ok(before);
    }
    if given_up(tx, before.network, key_digest).await?.is_some() {
        return Err(StoreError::Exists { what: "key".to_owned() });
    }
    bury(tx, &before, "renewed").await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE member SET key_digest = $2, updated = $3, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        &key_digest[..],
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("site.renew-key"), Some(&before), Some(&after));
    Ok(after)
}

/// Evicts a member, for good: its key becomes a tombstone. Its id is to be denied in the same transaction: see
/// [`crate::denial`].
pub async fn evict(tx: &mut Tx, id: SiteId, expected: Option<i64>, reason: &str) -> Result<Member, StoreError> {
    end(tx, id, expected, MemberState::Evicted, reason, "site.evict").await
}

/// Lets a member go that leaves by its own wish: its key becomes a tombstone. Its id is to be denied in the same
/// transaction: see [`crate::denial`].
pub async fn leave(tx: &mut Tx, id: SiteId, reason: &str) -> Result<Member, StoreError> {
    end(tx, id, None, MemberState::Left, reason, "site.leave").await
}

/// Removes what is left of a former member from the lists; its tombstone stays. [`StoreError::Conflict`] when it is a
/// live member: evict it first.
pub async fn remove(tx: &mut Tx, id: SiteId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    if matches!(before.state, MemberState::Member | MemberState::Waiting) {
        return Err(StoreError::Conflict { what: "site" });
    }
    sqlx::query!("DELETE FROM member WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("site.delete"), Some(&before), None);
    Ok(())
}

async fn end(
    tx: &mut Tx,
    id: SiteId,
    expected: Option<i64>,
    state: MemberState,
    reason: &str,
    action: &'static str,
) -> Result<Member, StoreError> {
    let before = lock(tx, id, expected).await?;
    if before.state != MemberState::Member {
        return Ok(before);
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE member SET state = $2, reason = $3, ended = $4, updated = $4, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        state.as_str(),
        reason,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    bury(tx, &after, state.as_str()).await?;
    tx.changed(after.event(action), Some(&before), Some(&after));
    Ok(after)
}

/// Ends the waiting of a site: it is a member from now on, or for good it is not, and its key becomes a tombstone.
pub(crate) async fn decide(tx: &mut Tx, before: &Member, refused: Option<&str>) -> Result<Member, StoreError> {
    let (state, action) = match refused {
        None => (MemberState::Member, "site.admit"),
        Some(_) => (MemberState::Refused, "site.refuse"),
    };
    let now = at(tx.now());
    let after = rows!(
        "UPDATE member SET state = $2, reason = $3, ended = CASE WHEN $3::text IS NULL THEN NULL ELSE $4::timestamptz END,
            admitted = CASE WHEN $3::text IS NULL THEN $4 END, updated = $4, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        before.id.into_untyped_uuid(),
        state.as_str(),
        refused,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    if refused.is_some() {
        bury(tx, &after, state.as_str()).await?;
    }
    tx.changed(after.event(action), Some(before), Some(&after));
    Ok(after)
}

/// Notes that a member has given up the key it holds: for good, whoever comes with it.
async fn bury(tx: &mut Tx, member: &Member, reason: &str) -> Result<(), StoreError> {
    let now = at(tx.now());
    sqlx::query!(
        "INSERT INTO key_tombstone (network_id, key_digest, member_id, reason, created) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING",
        member.network.into_untyped_uuid(),
        &member.key_digest[..],
        member.id.into_untyped_uuid(),
        reason,
        now,
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How a key was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// Its member renewed its certificate for another one.
    Renewed,
    /// Its member left or was evicted; or one that renewed has ended since.
    Removed,
    /// Its site waited, and was not admitted for this reason.
    Refused(String),
}

/// Whether, and how, a key was given up in a network.
pub(crate) async fn given_up(
    tx: &mut Tx,
    network: NetworkId,
    key_digest: &[u8; 32],
) -> Result<Option<GivenUp>, StoreError> {
    let tombstone = sqlx::query!(
        r#"SELECT key_tombstone.reason AS how, member.state AS "state?", member.reason AS why
        FROM key_tombstone LEFT JOIN member ON member.id = member_id
        WHERE key_tombstone.network_id = $1 AND key_tombstone.key_digest = $2"#,
        network.into_untyped_uuid(),
        &key_digest[..],
    )
    .fetch_optional(tx.connection())
    .await?;
    Ok(tombstone.map(|it| match (it.how.as_str(), it.state.as_deref()) {
        ("renewed", Some("member")) => GivenUp::Renewed,
        ("refused", _) => GivenUp::Refused(it.why.unwrap_or_default()),
        _ => GivenUp::Removed,
    }))
}

async fn lock_live(tx: &mut Tx, id: SiteId, expected: Option<i64>) -> Result<Member, StoreError> {
    let member = lock(tx, id, expected).await?;
    if member.state != MemberState::Member {
        return Err(StoreError::Conflict { what: "site" });
    }
    Ok(member)
}

/// Reads a site, which nobody else changes until the transaction ends. [`StoreError::Stale`] when it is at another revision.
pub async fn lock(tx: &mut Tx, id: SiteId, expected: Option<i64>) -> Result<Member, StoreError> {
    let member = rows!("SELECT", "FROM member WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "site" })?;
    StoreError::unless_at(expected, member.revision, "site")?;
    Ok(member)
}
