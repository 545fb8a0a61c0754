//! Relay sites of a backbone, their access points and their bootstrap bundles.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{
    AccessKind, AccessPointId, AccessPointSpec, BackboneId, BackboneSiteId, GenericUuid, Identity, Name, SpiffeId,
    lifecycle::BackboneSiteState, trust::Denial,
};
use store::{
    Page as StorePage, access_point, access_point::AccessPoint, backbone::Backbone, backbone_site,
    backbone_site::BackboneSite as Row, certificate, denial, denial::Denied, link, status, status::SiteRef,
};
use uuid::Uuid;

use super::{
    Actor, Listing, Meta, OpError, Page, Platform, Ref, bundle, eviction,
    eviction::Eviction,
    find, meta,
    next_step::{Standing, linked, next_step},
    observed, once,
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
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// What it reported of its machine when it enrolled.
    pub platform: Option<Platform>,
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

/// What a bundle is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BundleFormat {
    /// A text file for `skx join FILE`.
    Linux,
}

/// A rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// A good name for the file.
    pub file_name: String,
    /// Its content. Holds a private key: to be shown to the one who asked, never logged or kept.
    pub text: String,
}

impl std::str::FromStr for BundleFormat {
    type Err = OpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "linux" => Ok(Self::Linux),
            "kubernetes" | "podman" | "docker" => {
                Err(OpError::NotHonoured { field: "format", message: format!("{text} is not rendered yet; use linux") })
            }
            _ => Err(OpError::Invalid { field: "format", message: format!("{text:?} is not a format; use linux") }),
        }
    }
}

/// Creates a site with its access points.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<BackboneSite, OpError> {
    for (i, spec) in input.access.iter().enumerate() {
        check_beside(spec, &input.access[..i])?;
    }
    let mut tx = app.store().begin(&actor.context()).await?;
    if let Some(id) = once::claim::<BackboneSiteId>(&mut tx, actor).await? {
        return show(app, &input.backbone, &Ref::id(id)).await;
    }
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
    let found = backbone_site::list(app.store(), backbone.id, page.in_store()?).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for site in found.items {
        items.push(view(app, &backbone, site).await?);
    }
    Ok(Listing::of(items, found.next))
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
    if let Some(until) = issue::last_expiry(app, &mut tx, identities(backbone.id, found.id)).await? {
        let reason = if found.state == BackboneSiteState::Evicted { Denial::Evicted } else { Denial::Ended };
        denial::insert(&mut tx, Denied::BackboneSite(found.id), Some(backbone.id), reason, Some(until)).await?;
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
    if let Some(until) = issue::last_expiry(app, &mut tx, identities(backbone.id, found.id)).await? {
        denial::insert(&mut tx, Denied::BackboneSite(found.id), Some(backbone.id), Denial::Evicted, Some(until))
            .await?;
    }
    tx.commit().await?;
    eviction::carried_out(app, backbone.id).await
}

/// Renders a bundle with a new bootstrap credential. Every bundle rendered before for this site becomes useless.
/// Refused once the site has enrolled.
pub async fn bundle(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    format: BundleFormat,
) -> Result<Rendered, OpError> {
    let BundleFormat::Linux = format;
    let backbone = find::backbone(app.store(), backbone).await?;
    let site = find::backbone_site(app.store(), backbone.id, site).await?;
    bundle::render(app, actor, &backbone, &site).await
}

/// Adds an access point.
pub async fn access_add(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    spec: AccessPointSpec,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    if once::claim::<AccessPointId>(&mut tx, actor).await?.is_some() {
        return view(app, &backbone, found).await;
    }
    unless_evicted(&found)?;
    let others = specs(access_point::list(&mut tx, found.id).await?);
    if others.iter().any(|other| other.name == spec.name) {
        return Err(OpError::NameTaken { kind: "access point".to_owned() });
    }
    check_beside(&spec, &others)?;
    let id = AccessPointId::from_untyped_uuid(Uuid::new_v4());
    access_point::add(&mut tx, id, found.id, &spec).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

/// Replaces the access point of the same name.
pub async fn access_set(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    spec: AccessPointSpec,
    if_revision: Option<i64>,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    unless_evicted(&found)?;
    let point = find::access_point(&mut tx, found.id, &Ref::Name(spec.name.clone())).await?;
    OpError::unless_at(if_revision, "access point", point.revision)?;
    let others = access_point::list(&mut tx, found.id).await?;
    check_beside(&spec, &specs(others.into_iter().filter(|other| other.id != point.id).collect()))?;
    if !spec.kinds.contains(AccessKind::Peer) {
        unless_dialled(&mut tx, &backbone, &point, "it must go on admitting peers").await?;
    }
    access_point::set(&mut tx, point.id, if_revision, &spec).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

/// Removes an access point; refused while a link dials it.
pub async fn access_remove(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    site: &Ref,
    access: &Ref,
    if_revision: Option<i64>,
) -> Result<BackboneSite, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let backbone = find::backbone(&mut tx, backbone).await?;
    let found = find::backbone_site(&mut tx, backbone.id, site).await?;
    let point = find::access_point(&mut tx, found.id, access).await?;
    OpError::unless_at(if_revision, "access point", point.revision)?;
    unless_dialled(&mut tx, &backbone, &point, "it cannot go").await?;
    access_point::remove(&mut tx, point.id, if_revision).await?;
    tx.commit().await?;
    view(app, &backbone, found).await
}

/// Whom certificates of a relay site name.
fn identities(backbone: BackboneId, site: BackboneSiteId) -> [Identity; 2] {
    [Identity::BackboneSite { backbone, site }, Identity::Bootstrap { backbone, site }]
}

fn unless_evicted(site: &Row) -> Result<(), OpError> {
    if site.state == BackboneSiteState::Evicted {
        return Err(OpError::precondition(
            format!("the site {} was evicted, for good", site.name),
            "create a new site in its place",
        ));
    }
    Ok(())
}

async fn unless_dialled(
    tx: &mut store::Tx,
    backbone: &Backbone,
    point: &AccessPoint,
    consequence: &str,
) -> Result<(), OpError> {
    let links = link::list(&mut *tx, backbone.id).await?;
    let Some(link) = links.iter().find(|link| link.access_point == point.id) else {
        return Ok(());
    };
    let from = backbone_site::get(&mut *tx, link.from).await?.name;
    let to = backbone_site::get(&mut *tx, link.to).await?.name;
    Err(OpError::precondition(
        format!("the site {from} has a link to the access point {}, so {consequence}", point.name),
        format!(
            "delete the link first: `skx backbone link delete {} --from {from} --to {to}/{}`",
            backbone.name, point.name
        ),
    ))
}

fn specs(points: Vec<AccessPoint>) -> Vec<AccessPointSpec> {
    points.into_iter().map(spec).collect()
}

fn spec(point: AccessPoint) -> AccessPointSpec {
    AccessPointSpec { name: point.name, kinds: point.kinds, advertised: point.advertised, bind: point.bind }
}

/// Refuses what cannot stand beside the site's other access points.
fn check_beside(spec: &AccessPointSpec, others: &[AccessPointSpec]) -> Result<(), OpError> {
    let bind = crate::desired::bind;
    for other in others {
        if other.name == spec.name {
            return Err(OpError::invalid("access", format!("there are two access points with the name {}", spec.name)));
        }
        let (one, two) = (bind(spec), bind(other));
        let same_host = one.ip() == two.ip() || one.ip().is_unspecified() || two.ip().is_unspecified();
        if one.port() == two.port() && same_host {
            return Err(OpError::invalid(
                "access",
                format!(
                    "the access points {} and {} would listen at the same port {}; let one serve the kinds of both, or give another bind=HOST:PORT",
                    other.name,
                    spec.name,
                    one.port()
                ),
            ));
        }
    }
    Ok(())
}

pub(crate) async fn view(app: &App, backbone: &Backbone, site: Row) -> Result<BackboneSite, OpError> {
    let site = backbone_site::get(app.store(), site.id).await?;
    let access = access_point::list(app.store(), site.id).await?;
    let sites: BTreeMap<_, _> = backbone_site::list(app.store(), backbone.id, StorePage::ALL)
        .await?
        .items
        .into_iter()
        .map(|site| (site.id, site))
        .collect();
    let links = link::list(app.store(), backbone.id).await?;
    let status = status::get(app.store(), SiteRef::Backbone(site.id)).await?;
    let online = status.as_ref().is_some_and(|status| observed::is_online(status, app.now()));
    let subject = SpiffeId {
        installation: app.installation(),
        identity: Identity::BackboneSite { backbone: backbone.id, site: site.id },
    };
    let certificate = certificate::current(app.store(), &subject).await?;
    let linked = linked(site.id, &links, &sites);
    let standing = Standing { backbone: &backbone.name, site: &site, access: &access, linked, online };
    Ok(BackboneSite {
        next_step: next_step(&standing),
        id: site.id,
        backbone: backbone.id,
        backbone_name: backbone.name.clone(),
        state: site.state,
        bundle_generation: site.bundle_generation,
        enrolled: site.enrolled,
        certificate_expires: certificate.map(|certificate| certificate.not_after),
        online,
        last_seen: status.map(|status| status.last_seen),
        platform: site.platform.as_ref().map(observed::platform),
        meta: meta!(site),
        access: access
            .iter()
            .map(|point| AccessPointInfo { id: point.id, meta: meta!(point), spec: spec(point.clone()) })
            .collect(),
        name: site.name,
    })
}
