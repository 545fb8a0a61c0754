//! Certificates are renewed over the session of the site they belong to.

use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use model::{
    GenericUuid, Identity, NetworkId, SiteId, SpiffeId,
    lifecycle::{BackboneSiteState, MemberState},
};
use pki::KeyDigest;
use site_proto::{Refusal, Renewed, controller_message::Body};
use store::{
    Context, StoreError, Tx, authority::Owner, backbone_site, certificate, certificate::Certificate, member, network,
    network::Network, status::SiteRef,
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

/// Answers a request for a new certificate that came over the session of a site.
pub(super) async fn renew(app: &App, party: Party, csr: &[u8]) -> Result<Body, OpError> {
    match certificate_for(app, party, csr, None).await {
        Ok(certificate) => Ok(Body::Renewed(Renewed { certificate: certificate.der.0 })),
        Err(NotRenewed::Refused(refusal)) => Ok(Body::Refused(refusal)),
        Err(NotRenewed::Failed(error)) => Err(error),
    }
}

/// Why a certificate is not renewed.
#[derive(Debug)]
pub(crate) enum NotRenewed {
    /// For a reason the site is told.
    Refused(Refusal),
    /// For one of our own; the site comes back.
    Failed(OpError),
}

impl<E: Into<OpError>> From<E> for NotRenewed {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Certifies the key of a request: for the same identity, and while the site has its place. `expired` is the serial number of
/// the certificate that the site has shown, when that has expired: it must be the newest of the site, or the site must know the
/// key of the newest.
pub(crate) async fn certificate_for(
    app: &App,
    party: Party,
    csr: &[u8],
    expired: Option<&str>,
) -> Result<pki::Certificate, NotRenewed> {
    let request = pki::Csr::parse(csr)
        .map_err(|error| refused("csr", format!("the certificate request is not acceptable: {error}")))?;
    let digest = request.key_digest();
    let mut tx = begin(app, party).await?;
    let (owner, until) = match party {
        Party::Backbone(backbone, site) => {
            if backbone_site::get(&mut tx, site).await?.state != BackboneSiteState::Deployed {
                return Err(refused("evicted", "this site was evicted"));
            }
            backbone_site::set_key(&mut tx, site, digest.as_bytes()).await.map_err(taken)?;
            (Owner::Backbone(backbone), issue::relay_until(app))
        }
        Party::Member(_, network, site) => {
            let network = renewing_member(app, &mut tx, network, site).await?;
            member::set_key(&mut tx, site, digest.as_bytes()).await.map_err(taken)?;
            (Owner::Network(network.id), issue::member_until(app, &network))
        }
    };
    let subject = SpiffeId { installation: app.installation(), identity: identity(party) };
    // The site's own row is held by now: whoever else renews for it, at another replica even, comes before or after.
    let issued = certificate::list_of_subject(&mut tx, &subject).await?;
    if expired.is_some_and(|serial| !is_newest(&issued, serial, digest)) {
        return Err(refused(
            "superseded",
            "its certificate has expired, and a newer one took its place before; join again with a new invitation",
        ));
    }
    match judge(&issued, digest, app.leaf_lifetime(), app.now()) {
        Verdict::Granted => {}
        Verdict::Stale => return Err(refused("key-mismatch", "this key was replaced before; make a new one")),
        Verdict::TooSoon => return Err(NotRenewed::Refused(too_busy())),
    }
    let certificate = issue::site_certificate(app, &mut tx, owner, identity(party), &request, until).await?;
    crashpoint::reached(Point::RenewUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::RenewCommitted);
    Ok(certificate)
}

/// The network of a member whose certificate may be renewed.
async fn renewing_member(app: &App, tx: &mut Tx, network: NetworkId, site: SiteId) -> Result<Network, NotRenewed> {
    let over = || refused("ended", "the membership is over");
    let missing = |error| match error {
        StoreError::NotFound { .. } => over(),
        error => error.into(),
    };
    let network = network::get(&mut *tx, network).await.map_err(missing)?;
    if network.state(app.now()).is_over() {
        return Err(over());
    }
    let row = member::get(&mut *tx, site).await.map_err(missing)?;
    match row.state {
        MemberState::Member if row.terms.renewable => Ok(network),
        MemberState::Member => {
            Err(refused("not-renewable", "this membership is not renewable: it ends with its certificate"))
        }
        MemberState::Evicted => Err(refused("evicted", "this site was evicted")),
        _ => Err(over()),
    }
}

/// Whether the certificate with this serial number is the newest, or the site knows the key of the newest: the answer that
/// brought that one was lost.
fn is_newest(issued: &[Certificate], serial: &str, key: KeyDigest) -> bool {
    issued.last().is_some_and(|newest| newest.serial == serial || newest.key_digest == *key.as_bytes())
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

fn taken(error: StoreError) -> NotRenewed {
    match error {
        StoreError::Exists { .. } => {
            refused("key-mismatch", "this key is held by another site, or was given up before; make a new one")
        }
        error => error.into(),
    }
}

/// Not now; the site comes back.
pub(super) fn busy() -> Body {
    Body::Refused(too_busy())
}

fn too_busy() -> Refusal {
    refusal("busy", "the controller cannot answer just now; try again")
}

fn refused(code: &str, message: impl Into<String>) -> NotRenewed {
    NotRenewed::Refused(refusal(code, message))
}

pub(super) fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal { code: code.to_owned(), message: message.into(), r#final: false, not_before: 0, since: 0 }
}
