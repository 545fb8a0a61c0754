//! Waiting rooms: sites that have reserved a use of their invitation, until somebody admits or refuses them; and the
//! passcodes that may be asked for before.

use jiff::{SignedDuration, Timestamp};
use model::{InvitationId, NetworkId, SiteId, id::GenericUuid, lifecycle::MemberState};
use uuid::Uuid;

use crate::{
    Db, StoreError, Tx,
    event::{Event, ObjectKind, Outcome},
    invitation::{self, Invitation},
    member::{self, Member},
    network,
    sql::{Num, Opt, Time, at, at_opt},
};

/// How many may wait to be admitted by one invitation.
pub const MAX_WAITING: u32 = 500;
/// How many wrong passcodes may be tried at one invitation in [`PASSCODE_WINDOW`].
pub const PASSCODE_TRIES: u32 = 10;
/// How long wrong passcodes count, from the first one.
pub const PASSCODE_WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// How long a passcode can be looked at: then whoever does is taken for dead.
pub const PASSCODE_LOOK: SignedDuration = SignedDuration::from_mins(1);

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
    /// It may: a try is reserved until the passcode was looked at.
    Granted(Look),
    /// All tries that are left are reserved by others just now.
    Busy,
    /// Too many were wrong. The next one may be tried at this time.
    Locked(Timestamp),
}

/// A passcode that is being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    id: Uuid,
    invitation: InvitationId,
}

/// The wrong passcodes that count, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wrong {
    tries: u32,
    since: Option<Timestamp>,
}

impl Wrong {
    /// What counts of them at `now`.
    fn at(self, now: Timestamp) -> Self {
        if self.tries > 0 && self.ends().is_some_and(|ends| now < ends) { self } else { Self { tries: 0, since: None } }
    }

    /// When they count no more.
    fn ends(self) -> Option<Timestamp> {
        self.since.map(|since| since.saturating_add(PASSCODE_WINDOW).unwrap_or(Timestamp::MAX))
    }

    fn one_more(self, now: Timestamp) -> Self {
        Self { tries: self.tries.saturating_add(1), since: self.since.or(Some(now)) }
    }
}

/// Reserves one of the tries there are for the passcode of an invitation: before it is looked at, so that however many ask
/// at once, at however many replicas, no more are found wrong than that. It is given back when the look ends, and by itself
/// after a minute: who has reserved it may be no more.
pub async fn take_try(tx: &mut Tx, id: InvitationId) -> Result<Try, StoreError> {
    let wrong = lock_wrong(tx, id).await?.ok_or(StoreError::NotFound { what: "invitation" })?.at(tx.now());
    let limit = i64::from(PASSCODE_TRIES);
    let tries = i64::from(wrong.tries);
    if tries >= limit {
        return Ok(Try::Locked(wrong.ends().unwrap_or(Timestamp::MAX)));
    }
    // Gone, not only passed over: whoever began it is told, and has learned nothing of the passcode.
    sqlx::query!(
        "DELETE FROM passcode_look WHERE invitation_id = $1 AND begun <= clock_timestamp() - make_interval(secs => $2)",
        id.into_untyped_uuid(),
        PASSCODE_LOOK.as_secs_f64(),
    )
    .execute(tx.connection())
    .await?;
    let look = Look { id: Uuid::new_v4(), invitation: id };
    let begun = sqlx::query!(
        "INSERT INTO passcode_look (id, invitation_id)
        SELECT $1, $2 WHERE (SELECT count(*) FROM passcode_look WHERE invitation_id = $2) < $3",
        look.id,
        id.into_untyped_uuid(),
        limit - tries,
    )
    .execute(tx.connection())
    .await?;
    Ok(if begun.rows_affected() > 0 { Try::Granted(look) } else { Try::Busy })
}

/// Ends a look at a passcode that was right: the try it had reserved is there for others. Says whether it still had it: if
/// not, nobody may learn how it came out.
pub async fn give_try_back(tx: &mut Tx, look: Look) -> Result<bool, StoreError> {
    let ended = sqlx::query!("DELETE FROM passcode_look WHERE id = $1", look.id).execute(tx.connection()).await?;
    Ok(ended.rows_affected() > 0)
}

/// Ends a look at a passcode that was wrong, notes that it was tried, and says how many tries are left. None, when the look
/// had its try no more: then it does not count, and nobody may learn how it came out.
pub async fn wrong_passcode(tx: &mut Tx, network: NetworkId, look: Look) -> Result<Option<u32>, StoreError> {
    // The invitation before the look, as those who begin one.
    let Some(wrong) = lock_wrong(tx, look.invitation).await? else { return Ok(None) };
    if !give_try_back(tx, look).await? {
        return Ok(None);
    }
    let wrong = wrong.at(tx.now()).one_more(tx.now());
    sqlx::query!(
        "UPDATE invitation SET passcode_tries = $2, passcode_since = $3 WHERE id = $1",
        look.invitation.into_untyped_uuid(),
        i32::try_from(wrong.tries).unwrap_or(i32::MAX),
        at_opt(wrong.since),
    )
    .execute(tx.connection())
    .await?;
    let left = PASSCODE_TRIES.saturating_sub(wrong.tries);
    let event = Event::new("invitation.passcode", ObjectKind::Invitation, look.invitation).in_network(network);
    tx.record(event.ended(Outcome::Refused, format!("a wrong passcode was tried; {left} more may be tried for now")));
    Ok(Some(left))
}

/// Ends all looks at passcodes of an invitation, which the caller holds: what they are compared with is another now.
pub(crate) async fn end_looks(tx: &mut Tx, id: InvitationId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM passcode_look WHERE invitation_id = $1", id.into_untyped_uuid())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Holds an invitation, and gives the wrong passcodes that were tried at it. None, when there is no such invitation.
async fn lock_wrong(tx: &mut Tx, id: InvitationId) -> Result<Option<Wrong>, StoreError> {
    Ok(sqlx::query_as!(
        Wrong,
        r#"SELECT passcode_tries AS "tries: Num<_>", passcode_since AS "since!: Opt<Time>"
        FROM invitation WHERE id = $1 FOR NO KEY UPDATE"#,
        id.into_untyped_uuid(),
    )
    .fetch_optional(tx.connection())
    .await?)
}
