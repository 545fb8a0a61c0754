use crashpoint::Point;
use jiff::Timestamp;
use model::{
    GenericUuid, Identity, InvitationId, Name, NetworkId, SiteId, SpiffeId, lifecycle::Window, name::InvalidName,
};
use site_proto::{Admission, RedeemRequest, Refusal};
use store::{
    StoreError, Tx,
    authority::Owner,
    certificate, invitation,
    member::Member,
    network, redemption,
    redemption::{Redeemed, Redemption},
    waiting_room::{self, Try},
};
use uuid::Uuid;

use super::{Unclaimed, begin, platform, refusal, refused, request};
use crate::{
    App,
    desired::{self, Encoded},
    issue,
    ops::{OpError, invitation::default_prefix},
    passcode,
    streams::Caller,
};

/// The longest passcode that is looked at, in bytes.
const MAX_PASSCODE: usize = 512;

/// Redeems an invitation, and answers with everything the new member needs.
pub(super) async fn redeem(
    app: &App,
    caller: &Caller,
    (network, invitation): (NetworkId, InvitationId),
    asked: RedeemRequest,
) -> Result<Admission, Unclaimed> {
    let csr = request(&asked.csr)?;
    let mut tx = begin(app, Identity::Invitation { network, invitation }).await?;
    let name = wished_name(&mut tx, invitation, &asked.name).await?;
    let mut redemption = Redemption {
        network,
        invitation,
        site: SiteId::from_untyped_uuid(Uuid::new_v4()),
        claim_until: claim_until(&mut tx, app, caller).await?,
        key_digest: *csr.key_digest().as_bytes(),
        name,
        passcode: None,
        platform: platform(asked.platform),
    };
    let mut redeemed = redemption::redeem(&mut tx, &redemption).await?;
    if let Redeemed::Passcode(verifier) = redeemed {
        tx.rollback().await?;
        check_passcode(app, network, invitation, asked.passcode, &verifier).await?;
        redemption.passcode = Some(verifier);
        tx = begin(app, Identity::Invitation { network, invitation }).await?;
        redeemed = redemption::redeem(&mut tx, &redemption).await?;
    }
    let member = match redeemed {
        Redeemed::New(member) | Redeemed::Existing(member) => member,
        Redeemed::Waiting(site) => {
            crashpoint::reached(Point::WaitUncommitted);
            tx.commit().await?;
            crashpoint::reached(Point::WaitCommitted);
            return Err(Unclaimed::Refused(waits(&site)));
        }
        // Changed at this very moment.
        Redeemed::Passcode(_) => return Err(Unclaimed::Refused(super::busy())),
        Redeemed::Refused(reason) => return Err(Unclaimed::Refused(in_words(reason, &asked.name))),
    };
    let certificate = certify(app, &mut tx, network, &member, &csr).await?;
    crashpoint::reached(Point::RedeemUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::RedeemCommitted);
    Ok(admission(app, &member, certificate).await?)
}

/// When the claim certificate ends that is asked with: copies of an invitation may end before it does.
async fn claim_until(tx: &mut Tx, app: &App, caller: &Caller) -> Result<Option<Timestamp>, StoreError> {
    let subject = SpiffeId { installation: app.installation(), identity: caller.identity };
    let claims = certificate::list_of_subject(&mut *tx, &subject).await?;
    Ok(claims.iter().find(|claim| claim.serial == caller.serial).map(|claim| claim.not_after))
}

/// Everything a member needs that has a certificate since now.
pub(super) async fn admission(app: &App, member: &Member, certificate: pki::Certificate) -> Result<Admission, OpError> {
    let state = app.desired().network(app.store(), member.network).await?;
    Ok(Admission {
        site: member.id.to_string(),
        name: member.name.to_string(),
        certificate: certificate.der.0,
        items: Encoded::new(&desired::member(&state.inputs, member)).all(),
        trust: None,
    })
}

/// The certificate of a member. One whose membership is not renewable gets one, however often it asks.
async fn certify(
    app: &App,
    tx: &mut Tx,
    network: NetworkId,
    member: &Member,
    csr: &pki::Csr,
) -> Result<pki::Certificate, Unclaimed> {
    let identity = Identity::Member { network, site: member.id };
    if !member.terms.renewable {
        let subject = SpiffeId { installation: app.installation(), identity };
        if let Some(held) = certificate::current(&mut *tx, &subject).await? {
            let held = pki::Certificate::parse(held.der.as_bytes())
                .map_err(OpError::internal("a certificate in the database is damaged"))?;
            let over =
                "this membership has ended with its certificate: it is not renewable; ask for another invitation";
            return if held.is_valid_at(app.now()) { Ok(held) } else { Err(refused("not-renewable", over)) };
        }
    }
    let until = issue::member_until(app, &network::get(&mut *tx, network).await?);
    Ok(issue::site_certificate(app, tx, Owner::Network(network), identity, csr, until).await?)
}

/// Checks a passcode, for which a try is reserved until it is found right or wrong: whoever asks as often as they like, at
/// however many controllers, is told of no more wrong ones than there are tries.
async fn check_passcode(
    app: &App,
    network: NetworkId,
    invitation: InvitationId,
    given: String,
    verifier: &str,
) -> Result<(), Unclaimed> {
    if given.is_empty() {
        return Err(refused(
            "passcode-needed",
            "this invitation asks for a passcode; get it from who invited you, and join with --passcode-file FILE",
        ));
    }
    let identity = Identity::Invitation { network, invitation };
    let mut tx = begin(app, identity).await?;
    let taken = waiting_room::take_try(&mut tx, invitation).await?;
    tx.commit().await?;
    let look = match taken {
        Try::Granted(look) => look,
        Try::Busy => return Err(Unclaimed::Refused(super::busy())),
        Try::Locked(until) => return Err(Unclaimed::Refused(locked(until))),
    };
    let is_right = given.len() <= MAX_PASSCODE && passcode::is_right(given, verifier.to_owned()).await?;
    let mut tx = begin(app, identity).await?;
    let told = if is_right {
        waiting_room::give_try_back(&mut tx, look).await?.then_some(Ok(()))
    } else {
        waiting_room::wrong_passcode(&mut tx, network, look).await?.map(|left| Err(wrong(left)))
    };
    tx.commit().await?;
    // It took so long that others may have had the try: nothing of the passcode is told.
    told.unwrap_or_else(|| Err(Unclaimed::Refused(super::busy())))
}

fn locked(until: Timestamp) -> Refusal {
    let message = format!(
        "too many wrong passcodes were tried at this invitation; none is looked at until {until:.0}, and the site asks again then"
    );
    Refusal { not_before: until.as_second(), ..refusal("passcode-locked", message, false) }
}

fn wrong(left: u32) -> Unclaimed {
    let message = format!(
        "the passcode is wrong; {left} more may be tried for now; join again with the right one: --passcode-file FILE"
    );
    refused("passcode", message)
}

fn waits(site: &Member) -> Refusal {
    let message = format!(
        "site {} is in the waiting room since {:.0}, until the network's owner admits it",
        site.name, site.created
    );
    Refusal { since: site.created.as_second(), ..refusal("waiting-room", message, false) }
}

/// The name the site is to have: as it wishes, behind the invitation's prefix if that has one of its own.
async fn wished_name(tx: &mut Tx, invitation: InvitationId, wish: &str) -> Result<Option<Name>, Unclaimed> {
    if wish.is_empty() {
        return Ok(None);
    }
    let name: Name = wish.parse().map_err(|error: InvalidName| refused("name", error.to_string()))?;
    let row = match invitation::get(&mut *tx, invitation).await {
        Ok(row) => row,
        // Redemption says what is wrong with it.
        Err(StoreError::NotFound { .. }) => return Ok(Some(name)),
        Err(error) => return Err(error.into()),
    };
    let own_prefix = row.name_prefix != default_prefix(&row.name);
    let begins = name.as_str().strip_prefix(row.name_prefix.as_str()).is_some_and(|rest| rest.starts_with('-'));
    if !own_prefix || begins {
        return Ok(Some(name));
    }
    let full = format!("{}-{name}", row.name_prefix);
    let full = full.parse().map_err(|error: InvalidName| refused("name", error.to_string()))?;
    Ok(Some(full))
}

fn in_words(reason: redemption::Refusal, wish: &str) -> Refusal {
    use redemption::Refusal as R;
    let last = |code, message: &str| refusal(code, message, true);
    match reason {
        R::Unknown => last("closed", "this invitation does not exist any more; ask for another one"),
        R::NotOpen(start) => {
            let opens = start.saturating_sub(Window::LEAD).unwrap_or(start);
            let not_before = opens.as_second();
            Refusal { not_before, ..refusal("not-open", format!("the network opens at {start:.0}"), false) }
        }
        R::Ended => last("ended", "the network has ended"),
        R::NetworkEvicted => last("evicted", "the network was removed by its owner or an administrator"),
        R::Removed => last("evicted", "this site was removed from the network; its key cannot join again"),
        R::Renewed => last(
            "superseded",
            "this key was replaced by a newer one of the same site, and cannot join again; join with a new directory",
        ),
        R::NotAdmitted(why) => refusal("not-admitted", format!("it was not admitted: {why}"), true),
        R::NameNeeded => last("name-needed", "this invitation asks for a name for the site; join with --name NAME"),
        R::Crowded => refusal("crowded", "too many wait to be admitted already; trying again", false),
        R::Full => refusal("full", "the network has as many members as it may have; trying again", false),
        R::Closed => last("closed", "the invitation was closed; ask for another one"),
        R::UsedUp => last("used-up", "the invitation has been used as often as it allows; ask for another one"),
        R::Deadline(deadline) => {
            refusal("deadline", format!("the invitation could be used until {deadline:.0}; ask for another one"), true)
        }
        R::NameTaken => refusal(
            "name-taken",
            format!("another site of the network has the name {wish:?}; choose another with --name"),
            true,
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_alert_of_refused_claims_leaves_out_exactly_those_who_come_again() {
        use redemption::Refusal as R;
        let time = Timestamp::UNIX_EPOCH;
        let reasons = [
            R::Unknown,
            R::NotOpen(time),
            R::Ended,
            R::NetworkEvicted,
            R::Removed,
            R::Renewed,
            R::NotAdmitted("no".to_owned()),
            R::NameNeeded,
            R::Crowded,
            R::Full,
            R::Closed,
            R::UsedUp,
            R::Deadline(time),
            R::NameTaken,
        ];
        let refusals =
            reasons.into_iter().map(|reason| in_words(reason, "till")).chain([super::super::busy(), locked(time)]);
        let again = refusals.filter(|refusal| !refusal.r#final).map(|refusal| refusal.code);
        let again: BTreeSet<_> = again.chain(["admitted", "waiting-room"].map(str::to_owned)).collect();
        let rules = include_str!("../../../../deploy/prometheus/skx.rules.yml");
        let (_, rule) = rules.split_once(r#"skx_claims_total{outcome!~""#).expect("the rule");
        let (left_out, _) = rule.split_once('"').expect("its end");
        assert_eq!(left_out.split('|').map(str::to_owned).collect::<BTreeSet<_>>(), again);
    }
}
