//! Waiting rooms: sites that have reserved a use of their invitation, until somebody admits or refuses them; and the
//! passcodes that may be asked for before.

use jiff::{SignedDuration, Timestamp};
use model::{InvitationId, NetworkId, SiteId, id::GenericUuid, lifecycle::MemberState};

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind, Outcome},
    invitation::{self, Invitation},
    member::{self, Member},
    network,
    sql::at,
};

/// How many may wait to be admitted by one invitation.
pub const MAX_WAITING: u32 = 500;
/// How many wrong passcodes may be tried at one invitation in [`PASSCODE_WINDOW`].
pub const PASSCODE_TRIES: u32 = 10;
/// How long wrong passcodes count, from the first one.
pub const PASSCODE_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Admits a site that waits: the use it has reserved is spent. [`StoreError::Conflict`] when it does not wait (any more).
pub async fn admit(tx: &mut Tx, site: SiteId, expected: Option<i64>) -> Result<Member, StoreError> {
    let before = leave(tx, site, expected).await?;
    if let Some(invitation) = before.invitation {
        sqlx::query!(
            "UPDATE invitation SET waiting = waiting - 1, uses_spent = uses_spent + 1, updated = $2,
                revision = revision + 1
            WHERE id = $1",
            invitation.into_untyped_uuid(),
            at(tx.now()),
        )
        .execute(tx.connection())
        .await?;
    }
    member::decide(tx, &before, None).await
}

/// Refuses a site that waits, for good: its key becomes a tombstone, and the use it has reserved is given back.
/// [`StoreError::Conflict`] when it does not wait (any more).
pub async fn refuse(tx: &mut Tx, site: SiteId, expected: Option<i64>, reason: &str) -> Result<Member, StoreError> {
    let before = leave(tx, site, expected).await?;
    give_back(tx, &before).await?;
    member::decide(tx, &before, Some(reason)).await
}

/// Refuses everybody who waits to be admitted by an invitation, which the caller holds.
pub(crate) async fn refuse_all(tx: &mut Tx, invitation: InvitationId, reason: &str) -> Result<(), StoreError> {
    for waiting in member::list_waiting(&mut *tx, invitation).await? {
        give_back(tx, &waiting).await?;
        member::decide(tx, &waiting, Some(reason)).await?;
    }
    Ok(())
}

/// Until when a site can wait that came by `invitation`: as long as it can ask, and others could join by it.
pub fn ends(site: &Member, invitation: &Invitation, network_end: Option<Timestamp>) -> Option<Timestamp> {
    [site.waits_until, invitation.deadline, network_end].into_iter().flatten().min()
}

/// The invitations by which sites wait, with when the waiting of the first of them ends. Those of networks that are over are
/// history.
pub async fn waited_by(mut db: impl Db) -> Result<Vec<(InvitationId, Option<Timestamp>)>, StoreError> {
    let mut db = db.source().connection().await?;
    let rows = sqlx::query!(
        r#"SELECT invitation.id, min(LEAST(member.waits_until, invitation.deadline, network.end_at)) AS ends
        FROM member JOIN invitation ON invitation.id = member.invitation_id JOIN network ON network.id = member.network_id
        WHERE member.state = 'waiting' AND network.ended IS NULL AND network.evicted IS NULL
        GROUP BY invitation.id ORDER BY invitation.id"#
    )
    .fetch_all(&mut *db)
    .await?;
    Ok(rows.into_iter().map(|row| (InvitationId::from_untyped_uuid(row.id), row.ends.map(Into::into))).collect())
}

/// Ends the waiting of those who wait by an invitation and can do so no longer: nobody has admitted them, and the uses they have
/// reserved are given back. Gives whom it has refused.
pub async fn end_due(tx: &mut Tx, invitation: InvitationId, now: Timestamp) -> Result<Vec<Member>, StoreError> {
    // What is held, and in what order, is as in redemption.
    let network = match invitation::get(&mut *tx, invitation).await {
        Ok(found) => network::lock_shared(tx, found.network).await?,
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error),
    };
    let Some(network) = network else { return Ok(vec![]) };
    let by = invitation::lock(tx, invitation, None).await?;
    let mut refused = vec![];
    for site in member::list_waiting(&mut *tx, invitation).await? {
        let Some(ended) = ends(&site, &by, network.end).filter(|ends| *ends <= now) else { continue };
        let what = if network.end == Some(ended) { "its network" } else { "the invitation it came by" };
        give_back(tx, &site).await?;
        refused.push(
            member::decide(tx, &site, Some(&format!("{what} ended {ended:.0}, and nobody had admitted it"))).await?,
        );
    }
    Ok(refused)
}

/// Holds a site that waits, and its invitation before it: in the order in which redemption does.
async fn leave(tx: &mut Tx, site: SiteId, expected: Option<i64>) -> Result<Member, StoreError> {
    if let Some(invitation) = member::get(&mut *tx, site).await?.invitation {
        invitation::lock(tx, invitation, None).await?;
    }
    let before = member::lock(tx, site, expected).await?;
    if before.state == MemberState::Waiting { Ok(before) } else { Err(StoreError::Conflict { what: "site" }) }
}

async fn give_back(tx: &mut Tx, site: &Member) -> Result<(), StoreError> {
    let Some(invitation) = site.invitation else { return Ok(()) };
    sqlx::query!(
        "UPDATE invitation SET waiting = waiting - 1, updated = $2, revision = revision + 1 WHERE id = $1",
        invitation.into_untyped_uuid(),
        at(tx.now()),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Who waits to be admitted, in the whole installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue {
    /// How many.
    pub waiting: u64,
    /// Since when the first of them waits.
    pub since: Option<Timestamp>,
}

/// Who waits to be admitted, in the whole installation.
pub async fn queue(mut db: impl Db) -> Result<Queue, StoreError> {
    let mut db = db.source().connection().await?;
    let row =
        sqlx::query!(r#"SELECT count(*) AS "waiting!", min(created) AS since FROM member WHERE state = 'waiting'"#)
            .fetch_one(&mut *db)
            .await?;
    Ok(Queue { waiting: row.waiting.unsigned_abs(), since: row.since.map(Into::into) })
}

/// Whether a passcode may be tried now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Try {
    /// It may, and the try counts; a right one gives it back.
    Granted,
    /// Too many were wrong. The next one may be tried at this time.
    Locked(Timestamp),
}

/// Takes one of the tries there are for the passcode of an invitation: before it is checked, so that however many ask at
/// once, no more are checked than that.
pub async fn take_try(tx: &mut Tx, id: InvitationId) -> Result<Try, StoreError> {
    let now = tx.now();
    let over = now.saturating_sub(PASSCODE_WINDOW).unwrap_or(Timestamp::MIN);
    let taken = sqlx::query_scalar!(
        "UPDATE invitation SET
            passcode_tries = CASE WHEN passcode_since > $3 THEN passcode_tries + 1 ELSE 1 END,
            passcode_since = CASE WHEN passcode_since > $3 AND passcode_tries > 0 THEN passcode_since ELSE $2 END
        WHERE id = $1 AND (passcode_since IS NULL OR passcode_since <= $3 OR passcode_tries < $4)
        RETURNING passcode_tries",
        id.into_untyped_uuid(),
        at(now),
        at(over),
        i32::try_from(PASSCODE_TRIES).expect("a small number"),
    )
    .fetch_optional(tx.connection())
    .await?;
    if taken.is_some() {
        return Ok(Try::Granted);
    }
    let since = sqlx::query_scalar!("SELECT passcode_since FROM invitation WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .flatten()
        .ok_or(StoreError::NotFound { what: "invitation" })?;
    Ok(Try::Locked(Timestamp::from(since).saturating_add(PASSCODE_WINDOW).unwrap_or(Timestamp::MAX)))
}

/// Gives a try back: the passcode was right.
pub async fn give_try_back(tx: &mut Tx, id: InvitationId) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE invitation SET passcode_tries = greatest(passcode_tries - 1, 0) WHERE id = $1",
        id.into_untyped_uuid(),
    )
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Notes that a wrong passcode was tried, and says how many tries are left.
pub async fn wrong_passcode(tx: &mut Tx, network: NetworkId, id: InvitationId) -> Result<u32, StoreError> {
    let tries = sqlx::query_scalar!("SELECT passcode_tries FROM invitation WHERE id = $1", id.into_untyped_uuid())
        .fetch_optional(tx.connection())
        .await?
        .and_then(|tries| u32::try_from(tries).ok())
        .unwrap_or(PASSCODE_TRIES);
    let left = PASSCODE_TRIES.saturating_sub(tries);
    let event = Event::new("invitation.passcode", ObjectKind::Invitation, id).in_network(network);
    tx.record(event.ended(Outcome::Refused, format!("a wrong passcode was tried; {left} more may be tried for now")));
    Ok(left)
}
