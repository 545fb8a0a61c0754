//! Certificates are renewed over the session of the site they belong to.

use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use model::{
    GenericUuid, Identity, SpiffeId, lifecycle::BackboneSiteState, lifecycle::MemberState, lifecycle::NetworkState,
};
use pki::KeyDigest;
use site_proto::{Refusal, Renewed, controller_message::Body};
use store::{
    Context, StoreError, Tx, authority::Owner, backbone_site, certificate, certificate::Certificate, member, network,
    status::SiteRef,
};

use super::standing::Overlap;
use crate::{App, issue, ops::OpError, sessions::Party};

/// How many certificates a site may get in the time one is valid before it has to wait for the next: the one it came
/// with, its successor, and one whose reply was lost.
const UNHURRIED: usize = 3;
/// How long it waits then, at first; twice as long each time after.
const WAIT: SignedDuration = SignedDuration::from_secs(5);
/// And at most this part of a lifetime: a site that begins to renew after two thirds of it is never too late.
const LONGEST: i32 = 16;

/// Answers a request for a new certificate: for the same identity, and while the site has its place.
pub(super) async fn renew(app: &App, party: Party, csr: &[u8]) -> Result<Body, OpError> {
    let request = match pki::Csr::parse(csr) {
        Ok(request) => request,
        Err(error) => return Ok(refused("csr", format!("the certificate request is not acceptable: {error}"))),
    };
    let digest = request.key_digest();
    let mut tx = begin(app, party).await?;
    let (owner, until) = match party {
        Party::Backbone(backbone, site) => {
            if backbone_site::get(&mut tx, site).await?.state != BackboneSiteState::Deployed {
                return Ok(refused("evicted", "this site was evicted"));
            }
            if let Err(error) = backbone_site::set_key(&mut tx, site, digest.as_bytes()).await {
                return taken(error);
            }
            (Owner::Backbone(backbone), issue::relay_until(app))
        }
        Party::Member(_, id, site) => {
            let network = network::get(&mut tx, id).await?;
            let over = matches!(network.state(app.now()), NetworkState::Ended | NetworkState::Evicted);
            let row = member::get(&mut tx, site).await?;
            if over || row.state != MemberState::Member {
                return Ok(refused("ended", "the membership is over"));
            }
            if !row.terms.renewable {
                return Ok(refused("not-renewable", "this membership is not renewable: it ends with its certificate"));
            }
            if let Err(error) = member::set_key(&mut tx, site, digest.as_bytes()).await {
                return taken(error);
            }
            (Owner::Network(id), issue::member_until(app, &network))
        }
    };
    let subject = SpiffeId { installation: app.installation(), identity: identity(party) };
    // The site's own row is held by now: whoever else renews for it, at another replica even, comes before or after.
    let issued = certificate::list_of_subject(&mut tx, &subject).await?;
    match judge(&issued, digest, app.leaf_lifetime(), app.now()) {
        Verdict::Granted => {}
        Verdict::Stale => return Ok(refused("key-mismatch", "this key was replaced before; make a new one")),
        Verdict::TooSoon => return Ok(busy()),
    }
    let certificate = issue::site_certificate(app, &mut tx, owner, identity(party), &request, until).await?;
    tx.commit().await?;
    crashpoint::reached(Point::RenewCommitted);
    Ok(Body::Renewed(Renewed { certificate: certificate.der.0 }))
}

/// When the site is to be told to ask for a new certificate before its time, if it is: somebody wishes it, or what it holds
/// was issued by a generation that issues no more.
pub(super) async fn asked_at(app: &App, party: Party, overlap: Option<Overlap>) -> Result<Option<Timestamp>, OpError> {
    let subject = SpiffeId { installation: app.installation(), identity: identity(party) };
    let Some(held) = certificate::current(app.store(), &subject).await? else { return Ok(None) };
    if let Some(asked) = held.renew_asked {
        return Ok(Some(asked));
    }
    let overlap = overlap.filter(|overlap| overlap.issuer != held.issuer);
    Ok(overlap.map(|overlap| turn(overlap.since, party, app.leaf_lifetime())))
}

/// Not all at once: each site has its turn within a part of a lifetime, an hour at most.
fn turn(since: Timestamp, party: Party, lifetime: SignedDuration) -> Timestamp {
    let within = (lifetime / LONGEST).min(SignedDuration::from_hours(1));
    let id = match party.site() {
        SiteRef::Backbone(site) => site.into_untyped_uuid(),
        SiteRef::Member(site) => site.into_untyped_uuid(),
    };
    let turn = i32::from(id.as_bytes()[15]);
    since.saturating_add(within / 256 * turn).unwrap_or(since)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Granted,
    /// The key has had its time: no honest site comes back to one.
    Stale,
    TooSoon,
}

/// Whether a site may renew for `key`, after what was `issued` to it, oldest first. However often it asks, what is
/// written for it in the lifetime of a certificate is bounded.
fn judge(issued: &[Certificate], key: KeyDigest, lifetime: SignedDuration, now: Timestamp) -> Verdict {
    let Some((newest, older)) = issued.split_last() else { return Verdict::Granted };
    let same = |certificate: &Certificate| certificate.key_digest == *key.as_bytes();
    if !same(newest) && older.iter().any(same) {
        return Verdict::Stale;
    }
    let recent = issued.iter().filter(|it| now.duration_since(it.created) < lifetime).count();
    let Some(doublings) = recent.checked_sub(UNHURRIED) else { return Verdict::Granted };
    let factor = 1_i32.checked_shl(u32::try_from(doublings).unwrap_or(u32::MAX)).unwrap_or(i32::MAX);
    let wait = WAIT.saturating_mul(factor.max(1)).min(lifetime / LONGEST);
    if now.duration_since(newest.created) < wait { Verdict::TooSoon } else { Verdict::Granted }
}

pub(super) fn identity(party: Party) -> Identity {
    match party {
        Party::Backbone(backbone, site) => Identity::BackboneSite { backbone, site },
        Party::Member(_, network, site) => Identity::Member { network, site },
    }
}

pub(super) async fn begin(app: &App, party: Party) -> Result<Tx, OpError> {
    let id = SpiffeId { installation: app.installation(), identity: identity(party) };
    Ok(app.store().begin(&Context::identity(&id)).await?)
}

fn taken(error: StoreError) -> Result<Body, OpError> {
    match error {
        StoreError::Exists { .. } => {
            Ok(refused("key-mismatch", "this key is held by another site, or was given up before; make a new one"))
        }
        error => Err(error.into()),
    }
}

/// Not now; the site comes back.
pub(super) fn busy() -> Body {
    refused("busy", "the controller cannot answer just now; try again")
}

pub(super) fn refused(code: &str, message: impl Into<String>) -> Body {
    Body::Refused(Refusal { code: code.to_owned(), message: message.into(), r#final: false, not_before: 0, since: 0 })
}
