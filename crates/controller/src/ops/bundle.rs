use std::collections::BTreeSet;

use ::render::{Bundle, BundleFormat, Port, Refused};
use jiff::SignedDuration;
use model::{
    AccessKind, Identity, Name,
    lifecycle::BackboneSiteState,
    ticket::{self, BootstrapTicket, Credential},
};
use pki::LeafUse;
use store::{
    access_point,
    authority::Owner,
    backbone::Backbone,
    backbone_site,
    backbone_site::{BackboneSite, NewBundle},
    link,
};

use super::{Actor, OpError, backbone_site::Rendered, layout::Layout};
use crate::{App, desired, issue, render, trust};

/// For how long a bootstrap credential is good.
const BUNDLE_LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Renders a bundle with a new credential, which from now on is the only one the site can enrol with.
pub(crate) async fn render(
    app: &App,
    actor: &Actor,
    backbone: &Backbone,
    site: &BackboneSite,
    format: BundleFormat,
) -> Result<Rendered, OpError> {
    let source = render::source(app).await?;
    let mut tx = app.store().begin(&actor.context()).await?;
    let access = access_point::list(&mut tx, site.id).await?;
    let dialled: BTreeSet<_> = link::list(&mut tx, backbone.id).await?.iter().map(|link| link.access_point).collect();
    // A controller may come in, or another site whose link leads here.
    let listen: Vec<_> = access
        .iter()
        .filter(|point| point.kinds.contains(AccessKind::Manage) || dialled.contains(&point.id))
        .map(desired::access_point)
        .collect();
    let mut dial = vec![];
    for link in link::list_from(&mut tx, site.id).await? {
        dial.extend(access_point::get(&mut tx, link.access_point).await?.advertised.known());
    }
    let layout = Layout::read_in(&mut tx, backbone.id).await?;
    if listen.is_empty() && dial.is_empty() {
        let (backbone, site) = (&backbone.name, &site.name);
        return Err(OpError::precondition(
            format!("nothing leads to the site {backbone}/{site}, so it could not enrol"),
            format!(
                "give it an access point of the kind manage (`skx backbone access add {backbone}/{site} NAME=manage@HOST:PORT`) or a link to or from a deployed site (`skx backbone link create {backbone} --from {site} --to SITE`)"
            ),
        ));
    }
    let issuer = issue::issuer_of(app, &mut tx, Owner::Backbone(backbone.id)).await?;
    let identity = Identity::Bootstrap { backbone: backbone.id, site: site.id };
    let until = app.now().saturating_add(BUNDLE_LIFETIME).unwrap_or(issuer.authority.details().not_after);
    // It listens for controllers with it, too.
    let (certificate, key) = issuer.credential(app, &mut tx, identity, LeafUse::Peer, until).await?;
    let bundle = NewBundle {
        serial: certificate.serial.clone(),
        ways: layout.ways(site.id).into_iter().map(|way| way.written).collect(),
        expires: certificate.not_after,
    };
    let mut after = backbone_site::new_bundle(&mut tx, site.id, &bundle).await?;
    let own = Identity::BackboneSite { backbone: backbone.id, site: site.id };
    let last = issue::last_expiry(app, &mut tx, [own]).await?;
    if after.state == BackboneSiteState::Deployed && last.is_some_and(|last| issue::is_over(last, app.now())) {
        // It was away for too long: it has no other way back.
        after = backbone_site::reopen(&mut tx, site.id).await?;
    }
    // The row is locked now: whatever it says stays so until the commit.
    if after.state != BackboneSiteState::Defined {
        let path = format!("{}/{}", backbone.name, site.name);
        return Err(OpError::precondition(
            format!("the site {path} has enrolled already"),
            format!(
                "to start it anew, with a new identity: `skx backbone site evict {path}`, `skx backbone site delete {path}`, and create it again"
            ),
        ));
    }
    let authorities = trust::authorities(&mut tx, Owner::Backbone(backbone.id)).await?;
    let ticket = BootstrapTicket {
        format: ticket::FORMAT,
        installation: app.installation(),
        backbone: backbone.id,
        backbone_name: backbone.name.clone(),
        site: site.id,
        site_name: site.name.clone(),
        backbone_authorities: authorities,
        bootstrap: Credential { certificate: certificate.to_pem(), key: key.to_pem().to_string() },
        listen,
        dial,
    };
    let ports: Vec<_> = access
        .iter()
        .map(|row| {
            let point = desired::access_point(row);
            Port { name: point.name, advertised: row.advertised.port, bind: point.bind }
        })
        .collect();
    let bundle = Bundle { ticket: &ticket, generation: after.bundle_generation, ports: &ports, source: &source };
    // What is not rendered leaves the bundle before as good as it was.
    let rendered = bundle.render(format).map_err(|refused| not_rendered(&refused, &backbone.name, &site.name))?;
    tx.commit().await?;
    app.reconcile();
    Ok(rendered)
}

fn not_rendered(refused: &Refused, backbone: &Name, site: &Name) -> OpError {
    let how = match refused {
        Refused::NoImage(_) => render::NAME_AN_IMAGE.to_owned(),
        Refused::OneAddress { point, .. } => format!(
            "let it listen at every address (`skx backbone access set {backbone}/{site} {point}=KIND[,KIND…]@HOST:PORT`, \
             without bind), or use the format linux"
        ),
    };
    OpError::precondition(refused.to_string(), how)
}
