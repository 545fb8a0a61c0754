//! Certificates are renewed, and memberships given up, over the session of the site they belong to.

use model::{
    Identity, SpiffeId, lifecycle::BackboneSiteState, lifecycle::MemberState, lifecycle::NetworkState, trust::Denial,
};
use site_proto::{Refusal, Renewed, controller_message::Body};
use store::{Context, StoreError, Tx, authority::Owner, backbone_site, denial, denial::Denied, link, member, network};

use crate::{App, issue, ops::OpError, sessions::Party};

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
            if over || member::get(&mut tx, site).await?.state != MemberState::Member {
                return Ok(refused("ended", "the membership is over"));
            }
            if let Err(error) = member::set_key(&mut tx, site, digest.as_bytes()).await {
                return taken(error);
            }
            (Owner::Network(id), issue::member_until(app, &network))
        }
    };
    let certificate = issue::site_certificate(app, &mut tx, owner, identity(party), &request, until).await?;
    tx.commit().await?;
    Ok(Body::Renewed(Renewed { certificate: certificate.der.0 }))
}

/// Gives up a place by the site's own wish: for good, and nobody else can use what it held.
pub(super) async fn leave(app: &App, party: Party, reason: &str) -> Result<(), OpError> {
    let mut tx = begin(app, party).await?;
    let (denied, backbone) = match party {
        Party::Backbone(backbone, site) => {
            backbone_site::evict(&mut tx, site, None).await?;
            for link in link::list(&mut tx, backbone).await? {
                if link.from == site || link.to == site {
                    link::delete(&mut tx, link.id, None).await?;
                }
            }
            (Denied::BackboneSite(site), backbone)
        }
        Party::Member(backbone, network, site) => {
            let reason: String = reason.chars().filter(|c| !c.is_control()).take(256).collect();
            member::leave(&mut tx, site, &reason).await?;
            (Denied::Site(network, site), backbone)
        }
    };
    if let Some(until) = issue::last_expiry(app, &mut tx, [identity(party)]).await? {
        denial::insert(&mut tx, denied, Some(backbone), Denial::Ended, Some(until)).await?;
    }
    tx.commit().await?;
    app.reconcile();
    Ok(())
}

fn identity(party: Party) -> Identity {
    match party {
        Party::Backbone(backbone, site) => Identity::BackboneSite { backbone, site },
        Party::Member(_, network, site) => Identity::Member { network, site },
    }
}

async fn begin(app: &App, party: Party) -> Result<Tx, OpError> {
    let id = SpiffeId { installation: app.installation(), identity: identity(party) };
    Ok(app.store().begin(&Context::identity(&id)).await?)
}

fn taken(error: StoreError) -> Result<Body, OpError> {
    match error {
        StoreError::Exists { .. } => Ok(refused("key-mismatch", "another site holds this key; make a new one")),
        error => Err(error.into()),
    }
}

/// Not now; the site comes back.
pub(super) fn busy() -> Body {
    refused("busy", "the controller cannot answer just now; try again")
}

fn refused(code: &str, message: impl Into<String>) -> Body {
    Body::Refused(Refusal { code: code.to_owned(), message: message.into(), r#final: false, not_before: 0 })
}
