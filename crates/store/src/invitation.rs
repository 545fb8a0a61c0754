//! Invitations. How they are redeemed is in [`crate::redemption`].

use jiff::Timestamp;
use model::{
    Der, InvitationId, Name, NetworkId,
    id::GenericUuid,
    lifecycle::InvitationState,
    terms::{Admission, Terms},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Cursor, Db, Items, Page, StoreError, Tx,
    event::{Event, ObjectKind},
    listing::{KeyType, List, Listed, Wanted},
    network::Network,
    sql::{DerBytes, Id, Json, Num, Opt, Text, Texts, Time, at, at_opt, int, name_list, terms},
    waiting_room,
};

/// The right to become a member site, for whoever holds it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The application network.
    pub network: NetworkId,
    /// Its name, unique in the network.
    pub name: Name,
    /// How many sites may join by it; any number when absent.
    pub uses_allowed: Option<u32>,
    /// How many have.
    pub uses_spent: u32,
    /// How many wait to be admitted. Each has reserved a use.
    pub waiting: u32,
    /// Until when a site may join.
    pub deadline: Option<Timestamp>,
    /// The classes it gives, by name.
    pub classes: Vec<Name>,
    /// Sites that wish no name are called PREFIX-1, PREFIX-2, ….
    pub name_prefix: Name,
    /// How those who join are admitted.
    pub admission: Admission,
    /// Whether the participant is to name the site.
    pub interactive: bool,
    /// What a passcode is checked against, when one is asked for.
    #[serde(serialize_with = "whether")]
    pub passcode: Option<String>,
    /// What it lays down for the sites that join by it.
    pub terms: Terms,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// The claim certificate.
    #[serde(skip)]
    pub claim_certificate: Der,
    /// The claim key, sealed.
    #[serde(skip)]
    pub sealed_claim_key: Vec<u8>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("id", &self.id)
            .field("network", &self.network)
            .field("name", &self.name)
            .field("uses_allowed", &self.uses_allowed)
            .field("uses_spent", &self.uses_spent)
            .field("waiting", &self.waiting)
            .field("deadline", &self.deadline)
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}

/// Of a passcode, events say only whether there is one.
fn whether<S: serde::Serializer>(passcode: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(passcode.is_some())
}

impl Invitation {
    /// Its place in a list.
    pub fn cursor(&self) -> Cursor {
        Cursor { created: self.created, id: self.id.into_untyped_uuid() }
    }

    /// Where it stands at `now`, in its network.
    pub fn state(&self, now: Timestamp, network: &Network) -> InvitationState {
        if self.closed.or(network.evicted).is_some() {
            InvitationState::Closed
        } else if [self.deadline, network.end].into_iter().flatten().any(|limit| limit <= now) {
            // Whatever is left of it: another use would let nobody in.
            InvitationState::Expired
        } else if self.uses_allowed.is_some_and(|allowed| self.uses_spent + self.waiting >= allowed) {
            InvitationState::UsedUp
        } else {
            InvitationState::Live
        }
    }

    pub(crate) fn event(&self, action: &'static str) -> Event {
        Event::new(action, ObjectKind::Invitation, self.id).in_network(self.network)
    }
}

/// What an invitation is made of.
#[derive(Clone)]
pub struct NewInvitation {
    /// Its id.
    pub id: InvitationId,
    /// The application network.
    pub network: NetworkId,
    /// Its name.
    pub name: Name,
    /// How many sites may join by it; any number when absent.
    pub uses_allowed: Option<u32>,
    /// Until when a site may join.
    pub deadline: Option<Timestamp>,
    /// The classes it gives; each declared in the network.
    pub classes: Vec<Name>,
    /// What the names of its sites begin with; 52 bytes at most.
    pub name_prefix: Name,
    /// How those who join are admitted.
    pub admission: Admission,
    /// Whether the participant is to name the site.
    pub interactive: bool,
    /// What a passcode is checked against, when one is to be asked for.
    pub passcode: Option<String>,
    /// What it lays down for the sites that join by it.
    pub terms: Terms,
    /// The claim certificate.
    pub claim_certificate: Der,
    /// The claim key, sealed.
    pub sealed_claim_key: Vec<u8>,
}

impl NewInvitation {
    /// The longest name prefix, in bytes: a number must fit behind it.
    pub const MAX_PREFIX: usize = 52;
}

impl std::fmt::Debug for NewInvitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitation").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

/// What of an invitation is to change; what is absent stays.
#[derive(Clone, Default)]
pub struct InvitationChange {
    /// Another number of uses, or any number; not less than are spent and reserved.
    pub uses_allowed: Option<Option<u32>>,
    /// Another deadline, or none.
    pub deadline: Option<Option<Timestamp>>,
    /// Other classes.
    pub classes: Option<Vec<Name>>,
    /// Another prefix.
    pub name_prefix: Option<Name>,
    /// Another way to be admitted, for those who ask from now on.
    pub admission: Option<Admission>,
    /// Whether the participant is to name the site.
    pub interactive: Option<bool>,
    /// Another passcode's verifier, or none. What was tried before no longer counts.
    pub passcode: Option<Option<String>>,
    /// Other terms, for sites that join from now on.
    pub terms: Option<Terms>,
    /// Another claim certificate and sealed key: for another deadline, say.
    pub claim: Option<(Der, Vec<u8>)>,
}

impl std::fmt::Debug for InvitationChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InvitationChange")
            .field("uses_allowed", &self.uses_allowed)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Invitation,
            $before + r#" id AS "id: Id<_>", network_id AS "network: Id<_>", name AS "name: Text<_>",
                uses_allowed AS "uses_allowed!: Opt<Num<_>>", uses_spent AS "uses_spent: Num<_>",
                deadline AS "deadline!: Opt<Time>",
                ARRAY(SELECT class FROM invitation_class WHERE invitation_id = id ORDER BY class) AS "classes!: Texts<_>",
                name_prefix AS "name_prefix: Text<_>", waiting AS "waiting: Num<_>", admission AS "admission: Text<_>",
                interactive, passcode, terms AS "terms: Json<_>", closed AS "closed!: Opt<Time>",
                claim_certificate AS "claim_certificate: DerBytes", sealed_claim_key, created, updated, revision "#
                + $after $(, $arg)*
        )
    };
}

const LIST: List = List {
    from: "invitation JOIN network ON network.id = invitation.network_id",
    id: "invitation.id",
    within: Some("invitation.network_id"),
    sorts: &[
        ("created", "invitation.created", KeyType::Time),
        ("name", "invitation.name", KeyType::Text),
        ("deadline", "COALESCE(invitation.deadline, '9999-01-01 00:00Z')", KeyType::Time),
        ("used", "invitation.uses_spent::bigint", KeyType::Number),
    ],
    filters: &[
        // As `Invitation::state` says it.
        (
            "state",
            "CASE WHEN COALESCE(invitation.closed, network.evicted) IS NOT NULL THEN 'closed' \
                WHEN LEAST(invitation.deadline, network.end_at) <= {now} THEN 'expired' \
                WHEN invitation.uses_spent + invitation.waiting >= invitation.uses_allowed THEN 'used-up' \
                ELSE 'live' END = {value}",
        ),
        (
            "class",
            "EXISTS (SELECT FROM invitation_class c WHERE c.invitation_id = invitation.id AND c.class = {value})",
        ),
        ("admission", "invitation.admission = {value}"),
    ],
    search: &["invitation.name", "invitation.name_prefix"],
    ..List::PLAIN
};

/// Creates an invitation. [`StoreError::NameTaken`] when another of the network has the name; [`StoreError::Unknown`]
/// when a class is not declared.
pub async fn create(tx: &mut Tx, new: NewInvitation) -> Result<Invitation, StoreError> {
    let now = at(tx.now());
    let uses_allowed = new.uses_allowed.map(|uses| int(uses, "uses")).transpose()?;
    sqlx::query!(
        "INSERT INTO invitation (id, network_id, name, uses_allowed, deadline, name_prefix, claim_certificate,
            sealed_claim_key, created, updated, admission, interactive, passcode, terms)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13)",
        new.id.into_untyped_uuid(),
        new.network.into_untyped_uuid(),
        new.name.as_str(),
        uses_allowed,
        at_opt(new.deadline),
        new.name_prefix.as_str(),
        new.claim_certificate.0,
        new.sealed_claim_key,
        now,
        new.admission.as_str(),
        new.interactive,
        new.passcode,
        terms(&new.terms),
    )
    .execute(tx.connection())
    .await?;
    set_classes(tx, new.id, new.network, &new.classes).await?;
    let invitation = get(&mut *tx, new.id).await?;
    tx.changed(invitation.event("invitation.create"), None, Some(&invitation));
    Ok(invitation)
}

/// An invitation by its id.
pub async fn get(mut db: impl Db, id: InvitationId) -> Result<Invitation, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM invitation WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "invitation" })
}

/// An invitation of a network by its name, or by its id as text.
pub async fn find(mut db: impl Db, network: NetworkId, reference: &str) -> Result<Invitation, StoreError> {
    let mut db = db.source().connection().await?;
    rows!(
        "SELECT",
        "FROM invitation WHERE network_id = $1 AND (name = $2 OR id = $3) ORDER BY id = $3 DESC LIMIT 1",
        network.into_untyped_uuid(),
        reference,
        Uuid::try_parse(reference).unwrap_or_default(),
    )
    .fetch_optional(&mut *db)
    .await?
    .ok_or(StoreError::NotFound { what: "invitation" })
}

/// The invitations of a network.
pub async fn list(mut db: impl Db, network: NetworkId, page: Page) -> Result<Items<Invitation>, StoreError> {
    let mut db = db.source().connection().await?;
    let items = rows!(
        "SELECT",
        "FROM invitation WHERE network_id = $1 AND (created, id) > ($2, $3) ORDER BY created, id LIMIT $4",
        network.into_untyped_uuid(),
        at(page.after.created),
        page.after.id,
        page.fetch(),
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(Items::new(items, page, Invitation::cursor))
}

/// A page of the invitations of a network.
pub async fn page(mut db: impl Db, network: NetworkId, wanted: &Wanted) -> Result<Listed<Invitation>, StoreError> {
    let mut db = db.source().connection().await?;
    let found = LIST.ids(&mut db, Some(network.into_untyped_uuid()), wanted).await?;
    let ids = found.untyped();
    let rows = rows!("SELECT", "FROM invitation WHERE id = ANY($1)", &ids).fetch_all(&mut *db).await?;
    Ok(found.of(rows, |row| row.id.into_untyped_uuid()))
}

/// Changes an invitation. [`StoreError::Invalid`] when fewer uses are to be allowed than are spent and reserved.
pub async fn set(
    tx: &mut Tx,
    id: InvitationId,
    expected: Option<i64>,
    change: InvitationChange,
) -> Result<Invitation, StoreError> {
    let before = lock(tx, id, expected).await?;
    if let Some(classes) = &change.classes {
        set_classes(tx, id, before.network, classes).await?;
    }
    let uses_allowed = change.uses_allowed.unwrap_or(before.uses_allowed);
    let uses_allowed = uses_allowed.map(|uses| int(uses, "uses")).transpose()?;
    let (certificate, key) =
        change.claim.unwrap_or_else(|| (before.claim_certificate.clone(), before.sealed_claim_key.clone()));
    let tried = change.passcode.is_none();
    let now = at(tx.now());
    let after = rows!(
        "UPDATE invitation SET uses_allowed = $2, deadline = $3, name_prefix = $4, claim_certificate = $5,
            sealed_claim_key = $6, updated = $7, admission = $8, interactive = $9, passcode = $10, terms = $11,
            passcode_tries = CASE WHEN $12 THEN passcode_tries ELSE 0 END, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        uses_allowed,
        at_opt(change.deadline.unwrap_or(before.deadline)),
        change.name_prefix.as_ref().unwrap_or(&before.name_prefix).as_str(),
        certificate.0,
        key,
        now,
        change.admission.unwrap_or(before.admission).as_str(),
        change.interactive.unwrap_or(before.interactive),
        change.passcode.unwrap_or_else(|| before.passcode.clone()),
        terms(change.terms.as_ref().unwrap_or(&before.terms)),
        tried,
    )
    .fetch_one(tx.connection())
    .await?;
    if !tried {
        waiting_room::end_looks(tx, id).await?;
    }
    tx.changed(after.event("invitation.set"), Some(&before), Some(&after));
    Ok(after)
}

/// Closes an invitation: nobody joins by it any more, and those who wait are refused for `reason`. Closing it again changes
/// nothing.
pub async fn close(
    tx: &mut Tx,
    id: InvitationId,
    expected: Option<i64>,
    reason: &str,
) -> Result<Invitation, StoreError> {
    let before = lock(tx, id, expected).await?;
    if before.closed.is_some() {
        return Ok(before);
    }
    waiting_room::refuse_all(tx, id, reason).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE invitation SET closed = $2, updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("invitation.close"), Some(&before), Some(&after));
    Ok(after)
}

/// Deletes an invitation; the members that came by it stay, and those who wait are refused. Its id is to be denied in the same transaction, for what
/// its claim certificate may still be used for.
pub async fn delete(tx: &mut Tx, id: InvitationId, expected: Option<i64>) -> Result<(), StoreError> {
    let before = lock(tx, id, expected).await?;
    waiting_room::refuse_all(tx, id, "the invitation was deleted").await?;
    sqlx::query!("DELETE FROM invitation WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("invitation.delete"), Some(&before), None);
    Ok(())
}

async fn set_classes(tx: &mut Tx, id: InvitationId, network: NetworkId, classes: &[Name]) -> Result<(), StoreError> {
    let id = id.into_untyped_uuid();
    sqlx::query!("DELETE FROM invitation_class WHERE invitation_id = $1", id).execute(tx.connection()).await?;
    sqlx::query!(
        "INSERT INTO invitation_class (invitation_id, network_id, class)
        SELECT DISTINCT $1::uuid, $2::uuid, class FROM unnest($3::text[]) AS class",
        id,
        network.into_untyped_uuid(),
        &name_list(classes),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(crate) async fn lock(tx: &mut Tx, id: InvitationId, expected: Option<i64>) -> Result<Invitation, StoreError> {
    let invitation = rows!("SELECT", "FROM invitation WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "invitation" })?;
    StoreError::unless_at(expected, invitation.revision, "invitation")?;
    Ok(invitation)
}
