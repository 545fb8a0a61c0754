//! Relay sites of a backbone and their bootstrap bundles.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::{
    AccessPointId, AccessPointSpec, BackboneId, BackboneSiteId, GenericUuid, Identity, Name, SpiffeId,
    lifecycle::BackboneSiteState, trust::Denial,
};
use store::{
    access_point, backbone::Backbone, backbone_site, backbone_site::BackboneSite as Row, certificate, denial::Denied,
    link, status, status::SiteRef,
};
use uuid::Uuid;

use super::{
    Actor, Listing, Meta, OpError, Page, Platform, Ref,
    access_point::{check_beside, spec},
    bundle, eviction,
    eviction::Eviction,
    find,
    layout::Layout,
    meta,
    next_step::{Standing, next_step},
    observed, once,
    once::Claimed,
};
use crate::{App, issue};

/// A new relay site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The backbone.
    pub backbone: Ref,
    /// The site's name, unique within the backbone.
    pub name: Name,
    /// Where it listens.
    pub access: Vec<AccessPointSpec>,
}

/// A relay site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneSite {
    /// Its id.
    pub id: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// The backbone.
    pub backbone: BackboneId,
    /// The backbone's name.
    pub backbone_name: Name,
    /// Where it stands.
    pub state: BackboneSiteState,
    /// Whether others are to go around it.
    pub draining: bool,
    /// The next possible step in words, or why there is none yet; absent when nothing is to be done.
    pub next_step: Option<String>,
    /// Its access points, by name.
    pub access: Vec<AccessPointInfo>,
    /// How often its bundle was rendered: only the last one is good.
    pub bundle_generation: u32,
    /// When it enrolled.
    pub enrolled: Option<Timestamp>,
    /// Until when its certificate is valid.
    pub certificate_expires: Option<Timestamp>,
    /// Whether that has passed.
    pub expired: bool,
    /// How far its clock is ahead of the controllers', or behind it, when that is too far.
    pub wrong_clock: Option<SignedDuration>,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// What it reported of its machine when it enrolled.
    pub platform: Option<Platform>,
    /// The hosts under which its machine is known, as the site last said.
    pub hosts: Vec<String>,
    /// When it was made and changed.
    pub meta: Meta,
}

/// An access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessPointInfo {
    /// Its id.
    pub id: AccessPointId,
    /// What a person wrote.
    pub spec: AccessPointSpec,
    /// When it was made and changed.
    pub meta: Meta,
}

pub use ::render::{BundleFormat, Rendered};

/// Creates a site with its access points.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<BackboneSite, OpError> {
    for (i, spec) in input.access.iter().enumerate() {
        check_beside(spec, &input.access[..i])?;
    }
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<BackboneSiteId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, &input.backbone, &Ref::id(id)).await,
    };
    let backbone = find::backbone(&mut tx, &input.backbone).await?;
    let id = BackboneSiteId::from_untyped_uuid(Uuid::new_v4());
    let site = backbone_site::create(&mut tx, id, backbone.id, &input.name).await?;
    for spec in &input.access {
        access_point::add(&mut tx, AccessPointId::from_untyped_uuid(Uuid::new_v4()), id, spec).await?;
    }
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    view(app, &backbone, site).await
}

/// Lists the sites of a backbone.
pub async fn list(app: &App, backbone: &Ref, page: &Page) -> Result<Listing<BackboneSite>, OpError> {
    let backbone = find::backbone(app.store(), backbone).await?;
    let found = backbone_site::page(app.store(), backbone.id, &page.wanted(app)?).await?;
    Ok(Listing::of(views(app, &backbone, found.items).await?, found.next))
}

/// Shows one site.
pub async fn show(app: &App, backbone: &Ref, site: &Ref) -> Result<BackboneSite, OpError> {
    let backbone = find::backbone(app.store(), backbone).await?;
    let site = find::backbone_site(app.store(), backbone.id, site).await?;
    view(app, &backbone, site).await
}

/// Deletes a site that has never enrolled, or was evicted. One that is deployed must be evicted first.
pub async fn delete(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    OpError::unless_at(if_revision, "backbone site", found.revision)?;
    if found.state == BackboneSiteState::Deployed {
        return Err(OpError::precondition(
            format!("the site {}/{} is deployed", backbone.name, found.name),
            format!("evict it first: `skx backbone site evict {}/{}`", backbone.name, found.name),
        ));
    }
    for link in link::list(&mut tx, backbone.id).await? {
        if link.from == found.id {
            link::delete(&mut tx, link.id, None).await?;
        } else if link.to == found.id {
            let from = backbone_site::get(&mut tx, link.from).await?.name;
            return Err(OpError::precondition(
                format!("the site {from} has a link to it"),
                format!(
                    "delete the link first: `skx backbone link delete {} --from {from} --to {}`",
                    backbone.name, found.name
                ),
            ));
        }
    }
    // A bundle that went out must not be good for anything any more.
    if issue::last_expiry(app, &mut tx, identities(backbone.id, found.id)).await?.is_some() {
        let reason = if found.state == BackboneSiteState::Evicted { Denial::Evicted } else { Denial::Ended };
        eviction::deny(app, &mut tx, Denied::BackboneSite(found.id), Some(backbone.id), reason).await?;
    }
    backbone_site::delete(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    app.reconcile();
    Ok(())
}

/// Evicts a site for good: its id is denied on the whole backbone, its connections end, its links go.
pub async fn evict(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    if_revision: Option<i64>,
) -> Result<Eviction, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    OpError::unless_at(if_revision, "backbone site", found.revision)?;
    backbone_site::evict(&mut tx, found.id, if_revision).await?;
    for link in link::list(&mut tx, backbone.id).await? {
        if link.from == found.id || link.to == found.id {
            link::delete(&mut tx, link.id, None).await?;
        }
    }
    let denied = Denied::BackboneSite(found.id);
    let denied = eviction::deny(app, &mut tx, denied, Some(backbone.id), Denial::Evicted).await?;
    tx.commit().await?;
    Ok(eviction::carried_out(app, &[backbone.id], &[denied]).await)
}

/// Renders a bundle with a new bootstrap credential. Every bundle rendered before for this site becomes useless.
/// Refused once the site has enrolled, unless its certificate has expired since: then it enrols anew.
pub async fn bundle(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    format: BundleFormat,
) -> Result<Rendered, OpError> {
    let backbone = find::backbone(app.store(), backbone).await?;
    let site = find::backbone_site(app.store(), backbone.id, site).await?;
    bundle::render(app, actor, &backbone, &site, format).await
}

/// Lets a site drain, or take new streams again: others go around a site that drains where there is another way, members
/// attach elsewhere, and what runs through it ends in its own time.
pub async fn set_draining(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    draining: bool,
    if_revision: Option<i64>,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    OpError::unless_at(if_revision, "backbone site", found.revision)?;
    unless_evicted(&found)?;
    backbone_site::set_draining(&mut tx, found.id, if_revision, draining).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

/// Whom certificates of a relay site name.
fn identities(backbone: BackboneId, site: BackboneSiteId) -> [Identity; 2] {
    [Identity::BackboneSite { backbone, site }, Identity::Bootstrap { backbone, site }]
}

pub(super) fn unless_evicted(site: &Row) -> Result<(), OpError> {
    if site.state == BackboneSiteState::Evicted {
        return Err(OpError::precondition(
            format!("the site {} was evicted, for good", site.name),
            "create a new site in its place",
        ));
    }
    Ok(())
}

/// A site as it is now.
pub(super) async fn view(app: &App, backbone: &Backbone, site: Row) -> Result<BackboneSite, OpError> {
    let site = backbone_site::get(app.store(), site.id).await?;
    Ok(views(app, backbone, vec![site]).await?.remove(0))
}

async fn views(app: &App, backbone: &Backbone, sites: Vec<Row>) -> Result<Vec<BackboneSite>, OpError> {
    let known = Known {
        layout: Layout::read(app.store(), backbone.id).await?,
        access: access_point::list_of_backbone(app.store(), backbone.id).await?,
        statuses: status::among(app.store(), sites.iter().map(|site| SiteRef::Backbone(site.id))).await?,
        held: certificate::newest(app.store(), sites.iter().map(|site| subject(app, site))).await?,
    };
    Ok(sites.into_iter().map(|site| view_of(app, backbone, site, &known)).collect())
}

/// What is known of the sites of a backbone beside their rows.
struct Known {
    layout: Layout,
    /// Of all sites, evicted ones included.
    access: Vec<access_point::AccessPoint>,
    statuses: BTreeMap<SiteRef, status::Status>,
    held: BTreeMap<SpiffeId, certificate::Certificate>,
}

fn subject(app: &App, site: &Row) -> SpiffeId {
    let identity = Identity::BackboneSite { backbone: site.backbone, site: site.id };
    SpiffeId { installation: app.installation(), identity }
}

fn view_of(app: &App, backbone: &Backbone, site: Row, known: &Known) -> BackboneSite {
    let status = known.statuses.get(&SiteRef::Backbone(site.id));
    let online = status.is_some_and(|status| observed::is_online(status, app.now()));
    let hosts = observed::hosts(status);
    let expires = known.held.get(&subject(app, &site)).map(|held| held.not_after);
    let (layout, now) = (&known.layout, app.now());
    let expired = expires.is_some_and(|ends| issue::is_over(ends, now));
    let standing = Standing { backbone: &backbone.name, site: &site, layout, online, expired, hosts: &hosts, now };
    BackboneSite {
        next_step: next_step(&standing).map(|step| step.words),
        id: site.id,
        backbone: backbone.id,
        backbone_name: backbone.name.clone(),
        state: site.state,
        draining: site.draining,
        bundle_generation: site.bundle_generation,
        enrolled: site.enrolled,
        expired: expired && site.state == BackboneSiteState::Deployed,
        certificate_expires: expires,
        wrong_clock: observed::report(status, app.now()).and_then(|report| report.wrong_clock()),
        online,
        last_seen: status.map(|status| status.last_seen),
        platform: site.platform.as_ref().map(observed::platform),
        hosts,
        meta: meta!(site),
        access: known
            .access
            .iter()
            .filter(|point| point.site == site.id)
            .map(|point| AccessPointInfo { id: point.id, meta: meta!(point), spec: spec(point.clone()) })
            .collect(),
        name: site.name,
    }
}
