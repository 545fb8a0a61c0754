//! Denials: ids that are refused whatever their certificate says, until the last certificate could have expired.

use jiff::Timestamp;
use model::{BackboneId, BackboneSiteId, ControllerId, Der, InvitationId, NetworkId, SiteId, id::GenericUuid, trust};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind},
    sql::{DerList, Id, Opt, Text, Time, at, at_opt, der_list, words},
};

/// Who is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Denied {
    /// A network: every member and invitation of it.
    Network(NetworkId),
    /// A member site.
    Site(NetworkId, SiteId),
    /// An invitation.
    Invitation(NetworkId, InvitationId),
    /// A backbone site, its bootstrap credentials included.
    BackboneSite(BackboneSiteId),
    /// A controller, at every backbone.
    Controller(ControllerId),
}

impl Denied {
    fn kind(self) -> Kind {
        match self {
            Self::Network(_) => Kind::Network,
            Self::Site(..) => Kind::Site,
            Self::Invitation(..) => Kind::Invitation,
            Self::BackboneSite(_) => Kind::BackboneSite,
            Self::Controller(_) => Kind::Controller,
        }
    }

    fn id(self) -> Uuid {
        match self {
            Self::Network(id) => id.into_untyped_uuid(),
            Self::Site(_, id) => id.into_untyped_uuid(),
            Self::Invitation(_, id) => id.into_untyped_uuid(),
            Self::BackboneSite(id) => id.into_untyped_uuid(),
            Self::Controller(id) => id.into_untyped_uuid(),
        }
    }

    fn network(self) -> Option<NetworkId> {
        match self {
            Self::Network(network) | Self::Site(network, _) | Self::Invitation(network, _) => Some(network),
            Self::BackboneSite(_) | Self::Controller(_) => None,
        }
    }
}

/// The kinds of what can be denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A network.
    Network,
    /// A member site.
    Site,
    /// An invitation.
    Invitation,
    /// A backbone site.
    BackboneSite,
    /// A controller.
    Controller,
}

words!(Kind {
    Network = "network",
    Site = "site",
    Invitation = "invitation",
    BackboneSite = "backbone-site",
    Controller = "controller",
});

/// Why an id is denied, in the words of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reason(trust::Denial);

impl std::str::FromStr for Reason {
    type Err = crate::UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "evicted" => Ok(Self(trust::Denial::Evicted)),
            "ended" => Ok(Self(trust::Denial::Ended)),
            "superseded" => Ok(Self(trust::Denial::Superseded)),
            _ => Err(crate::UnknownWord { word: text.to_owned(), known: &["evicted", "ended", "superseded"] }),
        }
    }
}

impl From<Text<Reason>> for trust::Denial {
    fn from(text: Text<Reason>) -> Self {
        text.into_inner().0
    }
}

fn word(reason: trust::Denial) -> &'static str {
    match reason {
        trust::Denial::Evicted => "evicted",
        trust::Denial::Ended => "ended",
        trust::Denial::Superseded => "superseded",
    }
}

/// A denial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// The kind of what is denied.
    pub kind: Kind,
    /// Its id.
    pub id: Uuid,
    /// The backbone that denies it; every backbone when absent.
    pub backbone: Option<BackboneId>,
    /// The network it belongs to.
    pub network: Option<NetworkId>,
    /// Why.
    pub reason: trust::Denial,
    /// Until when; for good when absent.
    pub until: Option<Timestamp>,
    /// Since when.
    pub created: Timestamp,
    /// The authorities of a network that was deleted, so that its sites can be told why: see [`keep_authorities`].
    #[serde(skip)]
    pub authorities: Vec<Der>,
}

impl Denial {
    fn event(&self, action: &'static str) -> Event {
        Event { network: self.network, backbone: self.backbone, ..Event::new(action, ObjectKind::Denial, self.id) }
    }
}

macro_rules! rows {
    ($before:literal, $after:literal $(, $arg:expr)* $(,)?) => {
        sqlx::query_as!(
            Denial,
            $before + r#" kind AS "kind: Text<_>", id, backbone_id AS "backbone!: Opt<Id<_>>",
                network_id AS "network!: Opt<Id<_>>", reason AS "reason: Text<Reason>", until AS "until!: Opt<Time>",
                created, authorities AS "authorities: DerList" "# + $after $(, $arg)*
        )
    };
}

/// Denies an id on `backbone`, or everywhere when that is absent (controllers). Denied already, it is denied for at
/// least as long, and the newer reason counts.
pub async fn insert(
    tx: &mut Tx,
    denied: Denied,
    backbone: Option<BackboneId>,
    reason: trust::Denial,
    until: Option<Timestamp>,
) -> Result<Denial, StoreError> {
    let now = at(tx.now());
    let denial = rows!(
        "INSERT INTO trust_denial AS d (kind, id, backbone_id, network_id, reason, until, created)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (kind, id) DO UPDATE SET reason = excluded.reason,
            until = CASE WHEN d.until IS NULL OR excluded.until IS NULL THEN NULL
                ELSE greatest(d.until, excluded.until) END
        RETURNING",
        "",
        denied.kind().as_str(),
        denied.id(),
        backbone.map(GenericUuid::into_untyped_uuid),
        denied.network().map(GenericUuid::into_untyped_uuid),
        word(reason),
        at_opt(until),
        now,
    )
    .fetch_one(tx.connection())
    .await?;
    tx.changed(denial.event("denial.create"), None, Some(&denial));
    Ok(denial)
}

/// Keeps the authorities of a denied network, which is about to be deleted, as long as its denial. Nothing happens when
/// it is not denied.
pub async fn keep_authorities(tx: &mut Tx, network: NetworkId, authorities: &[Der]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE trust_denial SET authorities = $2 WHERE kind = 'network' AND id = $1",
        network.into_untyped_uuid(),
        &der_list(authorities),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes back a denial that a trust document holds and the database does not, for good: what is known is the kind, the
/// id and the reason. A denial that is known stays as it is; then nothing is returned.
pub async fn take_back(
    tx: &mut Tx,
    kind: Kind,
    id: Uuid,
    backbone: BackboneId,
    reason: trust::Denial,
) -> Result<Option<Denial>, StoreError> {
    let now = at(tx.now());
    let denial = rows!(
        "INSERT INTO trust_denial (kind, id, backbone_id, network_id, reason, created)
        VALUES ($1::text, $2::uuid, CASE WHEN $1::text <> 'controller' THEN $3::uuid END,
            CASE WHEN $1::text = 'network' THEN $2::uuid END, $4, $5)
        ON CONFLICT (kind, id) DO NOTHING RETURNING",
        "",
        kind.as_str(),
        id,
        backbone.into_untyped_uuid(),
        word(reason),
        now,
    )
    .fetch_optional(tx.connection())
    .await?;
    if let Some(denial) = &denial {
        tx.changed(denial.event("denial.take-back"), None, Some(denial));
    }
    Ok(denial)
}

/// Withdraws a denial, if there is one.
pub async fn remove(tx: &mut Tx, denied: Denied) -> Result<(), StoreError> {
    let removed = rows!(
        "DELETE FROM trust_denial WHERE kind = $1 AND id = $2 RETURNING",
        "",
        denied.kind().as_str(),
        denied.id()
    )
    .fetch_optional(tx.connection())
    .await?;
    if let Some(removed) = removed {
        tx.changed(removed.event("denial.remove"), Some(&removed), None);
    }
    Ok(())
}

/// What a backbone denies, oldest first.
pub async fn list(mut db: impl Db, backbone: BackboneId) -> Result<Vec<Denial>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM trust_denial WHERE backbone_id = $1 OR backbone_id IS NULL ORDER BY created, kind, id",
        backbone.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Every denial there is, oldest first.
pub async fn list_all(mut db: impl Db) -> Result<Vec<Denial>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM trust_denial ORDER BY created, kind, id").fetch_all(&mut *db).await?)
}

/// The denials of an id, of whatever kind; ids are unique, so there is one at most in practice.
pub async fn find(mut db: impl Db, id: Uuid) -> Result<Vec<Denial>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!("SELECT", "FROM trust_denial WHERE id = $1 ORDER BY created, kind", id).fetch_all(&mut *db).await?)
}

/// The denied network itself, its sites and its invitations, oldest first.
pub async fn list_of_network(mut db: impl Db, network: NetworkId) -> Result<Vec<Denial>, StoreError> {
    let mut db = db.source().connection().await?;
    Ok(rows!(
        "SELECT",
        "FROM trust_denial WHERE network_id = $1 ORDER BY created, kind, id",
        network.into_untyped_uuid(),
    )
    .fetch_all(&mut *db)
    .await?)
}

/// Forgets the denials whose time has passed, and returns how many there were.
pub async fn prune(tx: &mut Tx, now: Timestamp) -> Result<usize, StoreError> {
    let pruned =
        rows!("DELETE FROM trust_denial WHERE until <= $1 RETURNING", "", at(now)).fetch_all(tx.connection()).await?;
    for denial in &pruned {
        tx.changed(denial.event("denial.expire"), Some(denial), None);
    }
    Ok(pruned.len())
}
