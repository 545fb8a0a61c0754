use crashpoint::Point;
use model::{GenericUuid, Identity, InvitationId, Name, NetworkId, SiteId, lifecycle::Window, name::InvalidName};
use site_proto::{Admission, RedeemRequest, Refusal};
use store::{
    StoreError, Tx,
    authority::Owner,
    invitation, network, redemption,
    redemption::{Redeemed, Redemption},
};
use uuid::Uuid;

use super::{Unclaimed, begin, platform, refusal, refused, request};
use crate::{
    App,
    desired::{self, Encoded},
    issue,
    ops::invitation::default_prefix,
};

/// Redeems an invitation, and answers with everything the new member needs.
pub(super) async fn redeem(
    app: &App,
    network: NetworkId,
    invitation: InvitationId,
    asked: RedeemRequest,
) -> Result<Admission, Unclaimed> {
    let csr = request(&asked.csr)?;
    let mut tx = begin(app, Identity::Invitation { network, invitation }).await?;
    let name = wished_name(&mut tx, invitation, &asked.name).await?;
    let redemption = Redemption {
        network,
        invitation,
        site: SiteId::from_untyped_uuid(Uuid::new_v4()),
        key_digest: *csr.key_digest().as_bytes(),
        name,
        platform: platform(asked.platform),
    };
    let member = match redemption::redeem(&mut tx, &redemption).await? {
        Redeemed::New(member) | Redeemed::Existing(member) => member,
        Redeemed::Refused(reason) => return Err(Unclaimed::Refused(in_words(reason, &asked.name))),
    };
    let until = issue::member_until(app, &network::get(&mut tx, network).await?);
    let identity = Identity::Member { network, site: member.id };
    let certificate = issue::site_certificate(app, &mut tx, Owner::Network(network), identity, &csr, until).await?;
    crashpoint::reached(Point::RedeemUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::RedeemCommitted);
    let state = app.desired().network(app.store(), network).await?;
    Ok(Admission {
        site: member.id.to_string(),
        name: member.name.to_string(),
        certificate: certificate.der.0,
        items: Encoded::new(&desired::member(&state.inputs, &member)).all(),
        trust: None,
    })
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
