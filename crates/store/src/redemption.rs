//! Redemption: how an invitation becomes a member site, once per key and never more often than it allows.

use jiff::Timestamp;
use model::{
    InvitationId, Name, NetworkId, SiteId,
    id::GenericUuid,
    lifecycle::{MemberState, Window},
    terms::Admission,
};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};

use crate::{
    StoreError, Tx, invitation,
    member::{self, GivenUp, Member},
    network, quota,
    sql::{Text, at, at_opt},
    waiting_room::MAX_WAITING,
};

/// What a site presents to become a member.
#[derive(Clone, Debug)]
pub struct Redemption {
    /// The network, from the claim certificate.
    pub network: NetworkId,
    /// The invitation, from the claim certificate.
    pub invitation: InvitationId,
    /// The id the site gets if it is new.
    pub site: SiteId,
    /// When the claim certificate ends.
    pub claim_until: Option<Timestamp>,
    /// SHA-256 of the site's public key.
    pub key_digest: [u8; 32],
    /// The name it wishes; absent, it is given one.
    pub name: Option<Name>,
    /// What the passcode it knows was checked against, if it was.
    pub passcode: Option<String>,
    /// What it tells of its machine and program.
    pub platform: Value,
}

/// How a redemption came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Redeemed {
    /// It is a member since now, and a use is spent.
    New(Member),
    /// The key is a member's already: its answer was lost, or it asks again. Nothing was spent.
    Existing(Member),
    /// It waits to be admitted, since now or for a while, and a use is reserved for it.
    Waiting(Member),
    /// It has yet to show that it knows the passcode this is the verifier of. Nothing was spent.
    Passcode(String),
    /// It is not. Nothing was spent.
    Refused(Refusal),
}

/// Why a redemption was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such invitation, or no longer.
    #[error("there is no such invitation")]
    Unknown,
    /// The network opens later, at the time given.
    #[error("the network is not open yet: it opens at {0}")]
    NotOpen(Timestamp),
    /// The network has ended.
    #[error("the network has ended")]
    Ended,
    /// The network was evicted.
    #[error("the network was removed by an administrator")]
    NetworkEvicted,
    /// The key belonged to a site that was evicted or has left.
    #[error("this site was removed from the network")]
    Removed,
    /// A member site had the key, and has another one since.
    #[error("this key was replaced by a newer one of the same site")]
    Renewed,
    /// It has waited, and was not admitted for this reason.
    #[error("the site was not admitted: {0}")]
    NotAdmitted(String),
    /// The participant is to name the site, and has not.
    #[error("the invitation asks for a name")]
    NameNeeded,
    /// As many wait already as may.
    #[error("too many wait to be admitted")]
    Crowded,
    /// The network has as many members as it may have.
    #[error("the network has as many members as it may have")]
    Full,
    /// The invitation was closed.
    #[error("the invitation was closed")]
    Closed,
    /// All uses are spent.
    #[error("the invitation is used up")]
    UsedUp,
    /// The deadline has passed.
    #[error("the invitation could be used until {0}")]
    Deadline(Timestamp),
    /// Another site of the network has the wished name.
    #[error("another site of the network has this name")]
    NameTaken,
}

/// Redeems an invitation. Uses are spent, or where there is a waiting room reserved, by one conditional update; the same
/// key again gets the same live member, or waits on, and spends nothing. The transaction stays usable whatever comes out; a refusal changes and records nothing.
pub async fn redeem(tx: &mut Tx, redemption: &Redemption) -> Result<Redeemed, StoreError> {
    let now = tx.now();
    hold_key(tx, &redemption.key_digest).await?;
    // The network's row is held against changes: whoever evicts it or moves its end comes before or after, not between.
    let Some(network) = network::lock_shared(tx, redemption.network).await? else {
        return Ok(Redeemed::Refused(Refusal::Unknown));
    };
    if network.evicted.is_some() {
        return Ok(Redeemed::Refused(Refusal::NetworkEvicted));
    }
    if now < network.window().opens() {
        return Ok(Redeemed::Refused(Refusal::NotOpen(network.start)));
    }
    if network.window().closes().is_some_and(|closes| closes <= now) {
        return Ok(Redeemed::Refused(Refusal::Ended));
    }
    if let Some(member) = member::by_key(&mut *tx, redemption.network, &redemption.key_digest).await? {
        return known(tx, member.id, redemption).await;
    }
    match member::given_up(tx, redemption.network, &redemption.key_digest).await? {
        None => {}
        Some(GivenUp::Renewed) => return Ok(Redeemed::Refused(Refusal::Renewed)),
        Some(GivenUp::Removed) => return Ok(Redeemed::Refused(Refusal::Removed)),
        Some(GivenUp::Refused(why)) => return Ok(Redeemed::Refused(Refusal::NotAdmitted(why))),
    }
    // Whatever happens between spending a use and having a member is undone together.
    let mut step = tx.inner().begin().await?;
    match admit(&mut step, redemption, now).await? {
        Step::Admitted(member) => {
            step.commit().await?;
            let waits = member.state == MemberState::Waiting;
            tx.changed(member.event(if waits { "site.wait" } else { "site.join" }), None, Some(&*member));
            Ok(if waits { Redeemed::Waiting(*member) } else { Redeemed::New(*member) })
        }
        Step::KeyKnown => {
            step.rollback().await?;
            match member::by_key(&mut *tx, redemption.network, &redemption.key_digest).await? {
                Some(member) => known(tx, member.id, redemption).await,
                // It was a member for a moment: evicted since.
                None => Ok(Redeemed::Refused(Refusal::Removed)),
            }
        }
        Step::Refused(refusal) => {
            step.rollback().await?;
            Ok(Redeemed::Refused(refusal))
        }
        Step::Passcode(verifier) => {
            step.rollback().await?;
            Ok(Redeemed::Passcode(verifier))
        }
        Step::NotLive => {
            step.rollback().await?;
            explain(tx, redemption, network.end).await.map(Redeemed::Refused)
        }
    }
}

/// The site that holds the key already. One that waits, and comes with a claim that lasts longer, can wait for longer. It is held
/// until the transaction ends: whoever evicts it sees the certificate that it gets, or it gets none.
async fn known(tx: &mut Tx, site: SiteId, redemption: &Redemption) -> Result<Redeemed, StoreError> {
    let site = member::lock(tx, site, None).await?;
    match site.state {
        MemberState::Member => return Ok(Redeemed::Existing(site)),
        MemberState::Waiting => {}
        _ => return Ok(Redeemed::Refused(Refusal::Removed)),
    }
    if site.invitation == Some(redemption.invitation) && redemption.claim_until > site.waits_until {
        return member::wait_until(tx, site.id, redemption.claim_until).await.map(Redeemed::Waiting);
    }
    Ok(Redeemed::Waiting(site))
}

/// One key is redeemed by one transaction at a time, whatever the invitation and the replica: whoever comes second sees
/// what became of the first, and not that its use is gone, or that the member it became was not evicted yet.
async fn hold_key(tx: &mut Tx, key_digest: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended(encode($1, 'hex'), 1))", &key_digest[..])
        .execute(tx.connection())
        .await?;
    Ok(())
}

enum Step {
    /// Or let into the waiting room.
    Admitted(Box<Member>),
    KeyKnown,
    Passcode(String),
    Refused(Refusal),
    NotLive,
}

/// Spends or reserves a use, and makes the member or lets it wait.
async fn admit(db: &mut PgConnection, redemption: &Redemption, now: Timestamp) -> Result<Step, StoreError> {
    if quota::is_full(db, redemption.network).await? {
        return Ok(Step::Refused(Refusal::Full));
    }
    let leading = now.saturating_add(Window::LEAD).unwrap_or(Timestamp::MAX);
    let spent = sqlx::query!(
        r#"UPDATE invitation SET uses_spent = uses_spent + (admission = 'automatic')::integer,
            waiting = waiting + (admission = 'waiting-room')::integer, names_given = names_given + 1, updated = $3,
            revision = revision + 1
        WHERE id = $1 AND network_id = $2 AND closed IS NULL
            AND (uses_allowed IS NULL OR uses_spent + waiting < uses_allowed)
            AND (admission = 'automatic' OR waiting < $5) AND (deadline IS NULL OR deadline > $3)
            AND EXISTS (SELECT 1 FROM network WHERE network.id = $2 AND evicted IS NULL AND start_at <= $4
                AND (end_at IS NULL OR end_at > $3))
        RETURNING name_prefix, names_given, admission AS "admission: Text<Admission>", interactive, passcode, terms"#,
        redemption.invitation.into_untyped_uuid(),
        redemption.network.into_untyped_uuid(),
        at(now),
        at(leading),
        i32::try_from(MAX_WAITING).expect("a small number"),
    )
    .fetch_optional(&mut *db)
    .await?;
    let Some(spent) = spent else { return Ok(Step::NotLive) };
    if let Some(verifier) = spent.passcode
        && redemption.passcode.as_ref() != Some(&verifier)
    {
        return Ok(Step::Passcode(verifier));
    }
    if spent.interactive && redemption.name.is_none() {
        return Ok(Step::Refused(Refusal::NameNeeded));
    }
    let state = match spent.admission.into_inner() {
        Admission::Automatic => MemberState::Member,
        Admission::WaitingRoom => MemberState::Waiting,
    };
    let mut number = spent.names_given;
    loop {
        let name = match &redemption.name {
            Some(name) => name.as_str().to_owned(),
            None => format!("{}-{number}", spent.name_prefix),
        };
        let inserted = sqlx::query_scalar!(
            "INSERT INTO member (id, network_id, name, invitation_id, key_digest, platform, created, updated, state, terms,
                waits_until)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id",
            redemption.site.into_untyped_uuid(),
            redemption.network.into_untyped_uuid(),
            name,
            redemption.invitation.into_untyped_uuid(),
            &redemption.key_digest[..],
            &redemption.platform,
            at(now),
            state.as_str(),
            &spent.terms,
            at_opt(redemption.claim_until.filter(|_| state == MemberState::Waiting)),
        )
        .fetch_optional(&mut *db)
        .await?;
        if inserted.is_some() {
            break;
        }
        // A member has just renewed with this key, or one has the name.
        let key_known = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM member
                WHERE network_id = $1 AND key_digest = $2 AND state IN ('waiting', 'member')) AS "known!""#,
            redemption.network.into_untyped_uuid(),
            &redemption.key_digest[..],
        )
        .fetch_one(&mut *db)
        .await?;
        if key_known {
            return Ok(Step::KeyKnown);
        }
        if redemption.name.is_some() {
            return Ok(Step::Refused(Refusal::NameTaken));
        }
        number = sqlx::query_scalar!(
            "UPDATE invitation SET names_given = names_given + 1 WHERE id = $1 RETURNING names_given",
            redemption.invitation.into_untyped_uuid(),
        )
        .fetch_one(&mut *db)
        .await?;
    }
    sqlx::query!(
        "INSERT INTO member_class (member_id, network_id, class)
        SELECT $1, network_id, class FROM invitation_class WHERE invitation_id = $2",
        redemption.site.into_untyped_uuid(),
        redemption.invitation.into_untyped_uuid(),
    )
    .execute(&mut *db)
    .await?;
    member::read(db, redemption.site).await.map(|member| Step::Admitted(Box::new(member)))
}

/// Says why the conditional update found nothing to update. Nothing depends on this but words.
async fn explain(tx: &mut Tx, redemption: &Redemption, network_end: Option<Timestamp>) -> Result<Refusal, StoreError> {
    let now = tx.now();
    let invitation = match invitation::get(&mut *tx, redemption.invitation).await {
        Ok(invitation) if invitation.network == redemption.network => invitation,
        Ok(_) | Err(StoreError::NotFound { .. }) => return Ok(Refusal::Unknown),
        Err(error) => return Err(error),
    };
    Ok(match invitation.deadline {
        _ if network_end.is_some_and(|end| end <= now) => Refusal::Ended,
        _ if invitation.closed.is_some() => Refusal::Closed,
        Some(deadline) if deadline <= now => Refusal::Deadline(deadline),
        _ if invitation.admission == Admission::WaitingRoom && invitation.waiting >= MAX_WAITING => Refusal::Crowded,
        _ => Refusal::UsedUp,
    })
}
