//! Certificate authorities: generations of the root, of backbones, of application networks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{AuthorityId, BackboneId, Der, NetworkId, id::GenericUuid};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{DerBytes, DerList, Id, Num, Opt, Text, Time, at, at_opt, der_list, int, words},
};

/// Whose authority it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The installation's: its root, or its intermediate under an enterprise root.
    Root,
    /// A backbone's.
    Backbone(BackboneId),
    /// An application network's.
    Network(NetworkId),
}

impl Owner {
    fn kind(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Backbone(_) => "backbone",
            Self::Network(_) => "network",
        }
    }

    fn backbone(self) -> Option<BackboneId> {
        if let Self::Backbone(id) = self { Some(id) } else { None }
    }

    fn network(self) -> Option<NetworkId> {
        if let Self::Network(id) = self { Some(id) } else { None }
    }

    fn backbone_uuid(self) -> Option<Uuid> {
        self.backbone().map(GenericUuid::into_untyped_uuid)
    }

    fn network_uuid(self) -> Option<Uuid> {
        self.network().map(GenericUuid::into_untyped_uuid)
    }
}

/// Where an authority stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthorityState {
    /// Its key waits for its certificate.
    Pending,
    /// Everybody is told to trust it; nothing is issued by it yet.
    Announced,
    /// It issues.
    Active,
    /// Trusted as long as something it issued may be in use, but issues nothing new.
    Retired,
    /// Trusted by nobody any more; its key is destroyed.
    Withdrawn,
}

words!(AuthorityState {
    Pending = "pending",
    Announced = "announced",
    Active = "active",
    Retired = "retired",
    Withdrawn = "withdrawn",
});

impl AuthorityState {
    /// Whether what it issued is accepted.
    pub fn is_trusted(self) -> bool {
        matches!(self, Self::Announced | Self::Active | Self::Retired)
    }
}

/// One generation of a certificate authority.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Authority {
    /// Its id.
    pub id: AuthorityId,
    /// The backbone whose authority it is; absent for the root and for networks.
    pub backbone: Option<BackboneId>,
    /// The network whose authority it is; absent for the root and for backbones.
    pub network: Option<NetworkId>,
    /// Which generation, from 1.
    pub generation: u32,
    /// Where it stands.
    pub state: AuthorityState,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Why it was made, when it is not the first.
    pub reason: Option<String>,
    /// Whether it begins to issue without waiting for those who are absent.
    pub hurried: bool,
    /// The generation above it that has signed its certificate, when that is one of ours.
    pub issuer: Option<AuthorityId>,
    /// The CA certificate; absent while pending.
    #[serde(skip)]
    pub certificate: Option<Der>,
    /// The certificates above it up to an external root, nearest first.
    #[serde(skip)]
    pub chain: Vec<Der>,
    /// The private key, sealed; absent when it was destroyed.
    #[serde(skip)]
    pub sealed_key: Option<Vec<u8>>,
    /// From when on its certificate is valid.
    pub not_before: Option<Timestamp>,
    /// Until when its certificate is valid.
    pub not_after: Option<Timestamp>,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change.
    pub revision: i64,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("id", &self.id)
            .field("owner", &self.owner())
            .field("generation", &self.generation)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Whose authority it is.
    pub fn owner(&self) -> Owner {
        match (self.backbone, self.network) {
            (Some(backbone), _) => Owner::Backbone(backbone),
            (None, Some(network)) => Owner::Network(network),
            (None, None) => Owner::Root,
        }
    }

    fn event(&self, action: &'static str) -> Event {
        let event = Event::new(action, ObjectKind::Authority, self.id);
        match self.owner() {
            Owner::Root => event,
            Owner::Backbone(backbone) => event.on_backbone(backbone),
            Owner::Network(network) => event.in_network(network),
        }
    }
}

/// The certificate of an authority, with what is read from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The CA certificate.
    pub certificate: Der,
    /// The certificates above it up to an external root, nearest first.
    pub chain: Vec<Der>,
    /// From when on it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// What an authority is made of.
#[derive(Clone)]
pub struct NewAuthority {
    /// Its id.
    pub id: AuthorityId,
    /// Whose authority it is.
    pub owner: Owner,
    /// Which generation, from 1.
    pub generation: u32,
    /// Its private key, sealed.
    pub sealed_key: Vec<u8>,
    /// Its certificate; without one it is pending.
    pub issued: Option<Issued>,
    /// The generation above it that has signed its certificate, when that is one of ours.
    pub issuer: Option<AuthorityId>,
    /// Why it is made while another one issues: it is announced first. Without a reason it issues at once.
    pub succeeds: Option<Succession>,
}

/// How a generation takes the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// Why.
    pub reason: String,
    /// Whether it does not wait for those who are absent.
    pub hurried: bool,
}

impl std::fmt::Debug for NewAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewAuthority").field("id", &self.id).field("owner", &self.owner).finish_non_exhaustive()
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Authority,
            $before + r#" id AS "id: Id<_>", backbone_id AS "backbone!: Opt<Id<_>>", network_id AS "network!: Opt<Id<_>>",
                generation AS "generation: Num<_>", state AS "state: Text<_>", since, reason, hurried,
                issuer AS "issuer!: Opt<Id<_>>", certificate AS "certificate!: Opt<DerBytes>", chain AS "chain: DerList", sealed_key,
                not_before AS "not_before!: Opt<Time>", not_after AS "not_after!: Opt<Time>", created, updated, revision
            "# + $after $(, $arg)*
        )
    };
}

/// Adds an authority. [`StoreError::Exists`] when there is such a generation, or when a pending root exists.
pub async fn insert(tx: &mut Tx, new: NewAuthority) -> Result<Authority, StoreError> {
    let now = at(tx.now());
    let state = match (&new.issued, &new.succeeds) {
        (None, _) => AuthorityState::Pending,
        (Some(_), None) => AuthorityState::Active,
        (Some(_), Some(_)) => AuthorityState::Announced,
    };
    let (certificate, chain, not_before, not_after) = match new.issued {
        Some(issued) => {
            (Some(issued.certificate.0), der_list(&issued.chain), Some(issued.not_before), Some(issued.not_after))
        }
        None => (None, Vec::new(), None, None),
    };
    let authority = rows!(
        "INSERT INTO authority (id, kind, backbone_id, network_id, generation, state, certificate, chain, sealed_key,
            not_before, not_after, created, updated, since, issuer, reason, hurried)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $12, $13, $14, $15) RETURNING",
        "",
        new.id.into_untyped_uuid(),
        new.owner.kind(),
        new.owner.backbone_uuid(),
        new.owner.network_uuid(),
        int(new.generation, "generation")?,
        state.as_str(),
        certificate,
        &chain,
        new.sealed_key,
        at_opt(not_before),
        at_opt(not_after),
        now,
        new.issuer.map(GenericUuid::into_untyped_uuid),
        new.succeeds.as_ref().map(|succession| succession.reason.as_str()),
        new.succeeds.as_ref().is_some_and(|succession| succession.hurried),
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(authority.event("authority.create"), None, Some(&authority));
    Ok(authority)
}

/// Gives a pending authority its certificate. [`StoreError::Conflict`] when it is not pending.
pub async fn activate(tx: &mut Tx, id: AuthorityId, issued: Issued) -> Result<Authority, StoreError> {
    let before = lock(tx, id).await?;
    if before.state != AuthorityState::Pending {
        return Err(StoreError::Conflict { what: "authority" });
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE authority SET state = 'active', certificate = $2, chain = $3, not_before = $4, not_after = $5,
            since = $6, updated = $6, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        issued.certificate.0,
        &der_list(&issued.chain),
        at(issued.not_before),
        at(issued.not_after),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("authority.activate"), Some(&before), Some(&after));
    Ok(after)
}

/// Lets an authority that was announced issue from now on. [`StoreError::Conflict`] when it was not announced.
pub async fn begin_to_issue(tx: &mut Tx, id: AuthorityId) -> Result<Authority, StoreError> {
    go_to(tx, id, &[AuthorityState::Announced], AuthorityState::Active, false).await
}

/// Lets an authority issue nothing new, and with `destroy_key` forgets its private key.
pub async fn retire(tx: &mut Tx, id: AuthorityId, destroy_key: bool) -> Result<Authority, StoreError> {
    let from = [AuthorityState::Announced, AuthorityState::Active, AuthorityState::Retired];
    go_to(tx, id, &from, AuthorityState::Retired, destroy_key).await
}

/// Trusts an authority no more, and destroys its key.
pub async fn withdraw(tx: &mut Tx, id: AuthorityId) -> Result<Authority, StoreError> {
    let from = [AuthorityState::Announced, AuthorityState::Retired, AuthorityState::Withdrawn];
    go_to(tx, id, &from, AuthorityState::Withdrawn, true).await
}

/// An authority that was announced waits no more for those who are absent.
pub async fn hurry(tx: &mut Tx, id: AuthorityId) -> Result<Authority, StoreError> {
    let before = lock(tx, id).await?;
    let now = at(tx.now());
    let after = rows!(
        "UPDATE authority SET hurried = true, updated = $2, revision = revision + 1 WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(after.event("authority.hurry"), Some(&before), Some(&after));
    Ok(after)
}

async fn go_to(
    tx: &mut Tx,
    id: AuthorityId,
    from: &[AuthorityState],
    to: AuthorityState,
    destroy_key: bool,
) -> Result<Authority, StoreError> {
    let before = lock(tx, id).await?;
    if !from.contains(&before.state) {
        return Err(StoreError::Conflict { what: "authority" });
    }
    let now = at(tx.now());
    let after = rows!(
        "UPDATE authority SET state = $2, sealed_key = CASE WHEN $3 THEN NULL ELSE sealed_key END,
            since = CASE WHEN state = $2 THEN since ELSE $4 END, updated = $4, revision = revision + 1
        WHERE id = $1 RETURNING",
        "",
        id.into_untyped_uuid(),
        to.as_str(),
        destroy_key,
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    let action = match to {
        AuthorityState::Active => "authority.begin-to-issue",
        AuthorityState::Withdrawn => "authority.withdraw",
        _ => "authority.retire",
    };
    tx.changed(after.event(action), Some(&before), Some(&after));
    Ok(after)
}

/// Removes an authority that is pending: a request that will not be signed.
pub async fn discard(tx: &mut Tx, id: AuthorityId) -> Result<(), StoreError> {
    let before = lock(tx, id).await?;
    if before.state != AuthorityState::Pending {
        return Err(StoreError::Conflict { what: "authority" });
    }
    sqlx::query!("DELETE FROM authority WHERE id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await
        .map_err(StoreError::on_delete)?;
    tx.changed(before.event("authority.discard"), Some(&before), None);
    Ok(())
}

/// An authority by its id.
pub async fn get(mut db: impl Db, id: AuthorityId) -> Result<Authority, StoreError> {
    let mut db = db.source().connection().await?;
    rows!("SELECT", "FROM authority WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(&mut *db)
        .await?
        .ok_or(StoreError::NotFound { what: "authority" })
}

/// Every generation of an owner's authority, oldest first, in whatever state.
pub async fn list(mut db: impl Db, owner: Owner) -> Result<Vec<Authority>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM authority WHERE kind = $1 AND backbone_id IS NOT DISTINCT FROM $2 AND network_id IS NOT DISTINCT FROM $3
        ORDER BY generation",
        owner.kind(),
        owner.backbone_uuid(),
        owner.network_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Every generation of the authorities of some backbones and networks, by owner, each oldest first, in whatever state.
pub async fn list_of_owners(
    mut db: impl Db,
    owners: impl IntoIterator<Item = Owner>,
) -> Result<BTreeMap<Owner, Vec<Authority>>, StoreError> {
    let owners: Vec<Uuid> =
        owners.into_iter().filter_map(|owner| owner.backbone_uuid().or(owner.network_uuid())).collect();
    let mut db = db.source().connection().await?;
    let rows = rows!(
        "SELECT",
        "FROM authority WHERE backbone_id = ANY($1) OR network_id = ANY($1) ORDER BY generation",
        &owners
    )
    .fetch_all(&mut *db)
    .await?;
    let mut found: BTreeMap<Owner, Vec<Authority>> = BTreeMap::new();
    for row in rows {
        found.entry(row.owner()).or_default().push(row);
    }
    Ok(found)
}

/// Every generation of an owner's authority, oldest first; none of them is changed by anybody else until the transaction
/// ends.
pub async fn list_locked(tx: &mut Tx, owner: Owner) -> Result<Vec<Authority>, StoreError> {
    Ok(rows!(
        "SELECT",
        "FROM authority WHERE kind = $1 AND backbone_id IS NOT DISTINCT FROM $2 AND network_id IS NOT DISTINCT FROM $3
        ORDER BY generation FOR UPDATE",
        owner.kind(),
        owner.backbone_uuid(),
        owner.network_uuid(),
    )
    .fetch_all(tx.connection())
    .await?)
}

/// Until when the last leaf certificate that each of these authorities has issued may be shown.
pub async fn last_leaves(
    mut db: impl Db,
    authorities: &[AuthorityId],
) -> Result<BTreeMap<AuthorityId, Timestamp>, StoreError> {
    let mut db = db.source().connection().await?;
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.into_untyped_uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT issuer, max(greatest(not_after, renewable_until)) AS "last!" FROM certificate WHERE issuer = ANY($1) GROUP BY issuer"#,
        &ids,
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (AuthorityId::from_untyped_uuid(row.issuer), row.last.into())).collect())
}

/// Every authority of the installation, the root first.
pub async fn list_all(mut db: impl Db) -> Result<Vec<Authority>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM authority ORDER BY array_position(ARRAY['root', 'backbone', 'network'], kind), created, id"
    )
    .fetch_all(&mut *db)
    .await?)
}

/// The generation of an owner's authority that issues: the newest active one.
pub async fn active(mut db: impl Db, owner: Owner) -> Result<Option<Authority>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM authority WHERE kind = $1 AND backbone_id IS NOT DISTINCT FROM $2 AND network_id IS NOT DISTINCT FROM $3
            AND state = 'active'
        ORDER BY generation DESC LIMIT 1",
        owner.kind(),
        owner.backbone_uuid(),
        owner.network_uuid(),
    )
    .fetch_optional(&mut *db)
    .await?)
}

async fn lock(tx: &mut Tx, id: AuthorityId) -> Result<Authority, StoreError> {
    rows!("SELECT", "FROM authority WHERE id = $1 FOR UPDATE", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .ok_or(StoreError::NotFound { what: "authority" })
}
