//! Links: which relay site dials which other's peer access point.

use std::collections::BTreeMap;

use model::{
    AccessKind, AccessPointId, Advertised, BackboneId, BackboneSiteId, GenericUuid, LinkId, Name,
    lifecycle::BackboneSiteState, router::Transport,
};
use store::{
    Store, StoreError, Tx, access_point, access_point::AccessPoint, backbone_site::BackboneSite, link, link::NewLink,
    names, status, status::SiteRef,
};
use uuid::Uuid;

use super::{
    Actor, LinkObservation, Listing, Meta, OpError, Page, Ref,
    cut_off::{Even, Ways},
    find, meta, observed, once,
    once::Claimed,
};
use crate::App;

/// A new link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The backbone.
    pub backbone: Ref,
    /// The site that dials.
    pub from: Ref,
    /// The site that is dialled.
    pub to: Ref,
    /// Which of its access points; needed only when it has several that admit peers.
    pub access: Option<Ref>,
    /// Routing cost, 1 to 65535; 1 when absent.
    pub cost: Option<u32>,
    /// How data connections travel; `direct` when absent.
    pub transport: Option<Transport>,
}

/// Changes to a link; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Routing cost.
    pub cost: Option<u32>,
    /// How data connections travel.
    pub transport: Option<Transport>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The backbone.
    pub backbone: BackboneId,
    /// The backbone's name.
    pub backbone_name: Name,
    /// The site that dials.
    pub from: BackboneSiteId,
    /// Its name.
    pub from_name: Name,
    /// The site that is dialled.
    pub to: BackboneSiteId,
    /// Its name.
    pub to_name: Name,
    /// The access point that is dialled.
    pub access: AccessPointId,
    /// Its name.
    pub access_name: Name,
    /// Where it is dialled.
    pub target: Advertised,
    /// Routing cost.
    pub cost: u32,
    /// How data connections travel.
    pub transport: Transport,
    /// How it is.
    pub observed: LinkObservation,
    /// When it was made and changed.
    pub meta: Meta,
}

/// The greatest routing cost: the cost of no path overflows.
const MAX_COST: u32 = 65_535;

/// Creates a link.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Link, OpError> {
    let cost = input.cost.unwrap_or(1);
    check_cost(cost)?;
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<LinkId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, &input.backbone, id).await,
    };
    let backbone = find::backbone(&mut tx, &input.backbone).await?;
    let from = find::backbone_site(&mut tx, backbone.id, &input.from).await?;
    let to = find::backbone_site(&mut tx, backbone.id, &input.to).await?;
    if from.id == to.id {
        return Err(OpError::invalid("to", "a site cannot link to itself; name another site of the backbone"));
    }
    for (field, site) in [("from", &from), ("to", &to)] {
        if site.state == BackboneSiteState::Evicted {
            return Err(OpError::invalid(field, format!("the site {} was evicted", site.name)));
        }
    }
    let point = dialled(&mut tx, &to, input.access.as_ref()).await?;
    let new = NewLink {
        id: LinkId::from_untyped_uuid(Uuid::new_v4()),
        backbone: backbone.id,
        from: from.id,
        to: to.id,
        access_point: point.id,
        cost,
        transport: input.transport.unwrap_or_default(),
    };
    let link = link::create(&mut tx, new).await?;
    once::complete(&mut tx, actor, link.id).await?;
    tx.commit().await?;
    view(app, link).await
}

/// The access point a link to `site` is to dial.
async fn dialled(tx: &mut Tx, site: &BackboneSite, named: Option<&Ref>) -> Result<AccessPoint, OpError> {
    let admits = |point: &AccessPoint| point.kinds.contains(AccessKind::Peer);
    if let Some(name) = named {
        let point = find::access_point(&mut *tx, site.id, name).await?;
        if !admits(&point) {
            let message = format!("the access point {} of {} does not admit peers", point.name, site.name);
            return Err(OpError::invalid("access", message));
        }
        return Ok(point);
    }
    let mut points: Vec<_> = access_point::list(&mut *tx, site.id).await?.into_iter().filter(admits).collect();
    match points.len() {
        1 => Ok(points.remove(0)),
        0 => Err(OpError::precondition(
            format!("the site {} has no access point that admits peers", site.name),
            "add one: `skx backbone access add BACKBONE/SITE NAME=peer@HOST:PORT`",
        )),
        _ => {
            let names: Vec<&str> = points.iter().map(|point| point.name.as_str()).collect();
            let message = format!("the site {} has several: say which of {}", site.name, names.join(", "));
            Err(OpError::invalid("access", message))
        }
    }
}

fn check_cost(cost: u32) -> Result<(), OpError> {
    if (1..=MAX_COST).contains(&cost) {
        return Ok(());
    }
    Err(OpError::invalid("cost", format!("{cost} is not a cost; give a number from 1 to {MAX_COST}")))
}

/// Lists the links of a backbone.
pub async fn list(app: &App, backbone: &Ref, page: &Page) -> Result<Listing<Link>, OpError> {
    let backbone = find::backbone(app.store(), backbone).await?;
    let found = link::page(app.store(), backbone.id, &page.wanted(app)?).await?;
    Ok(Listing::of(views(app, backbone.id, found.items).await?, found.next))
}

/// Shows a link, by id.
pub async fn show(app: &App, backbone: &Ref, link: LinkId) -> Result<Link, OpError> {
    view(app, of_backbone(app.store(), backbone, link).await?).await
}

/// Changes a link.
pub async fn set(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    link: LinkId,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Link, OpError> {
    if let Some(cost) = changes.cost {
        check_cost(cost)?;
    }
    let found = of_backbone(app.store(), backbone, link).await?;
    OpError::unless_at(if_revision, "link", found.revision)?;
    let mut tx = app.store().begin(&actor.context()).await?;
    let link = link::set(&mut tx, link, if_revision, changes.cost, changes.transport).await?;
    tx.commit().await?;
    view(app, link).await
}

/// Deletes a link. Refused when controllers could not reach a deployed site any more, unless that is `even_if` wanted.
pub async fn delete(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    link: LinkId,
    if_revision: Option<i64>,
    even_if: Even,
) -> Result<(), OpError> {
    let found = of_backbone(app.store(), backbone, link).await?;
    OpError::unless_at(if_revision, "link", found.revision)?;
    let mut tx = app.store().begin(&actor.context()).await?;
    let before = Ways::read(&mut tx, found.backbone).await?;
    link::delete(&mut tx, link, if_revision).await?;
    before.unless_lost(&mut tx, even_if).await?;
    tx.commit().await?;
    Ok(())
}

/// Why a link to an access point without a host is not there.
pub(crate) fn no_host(site: &Name, point: &Name) -> String {
    format!("the host of the access point {point} of {site} is not known yet")
}

async fn of_backbone(store: &Store, backbone: &Ref, id: LinkId) -> Result<link::Link, OpError> {
    let backbone = find::backbone(store, backbone).await?;
    let missing = || OpError::NotFound { kind: "link".to_owned(), name: id.to_string() };
    link::list(store, backbone.id).await?.into_iter().find(|link| link.id == id).ok_or_else(missing)
}

async fn view(app: &App, link: link::Link) -> Result<Link, OpError> {
    Ok(views(app, link.backbone, vec![link]).await?.remove(0))
}

async fn views(app: &App, backbone: BackboneId, links: Vec<link::Link>) -> Result<Vec<Link>, OpError> {
    let store = app.store();
    let ends = links.iter().flat_map(|link| [link.from, link.to]).map(GenericUuid::into_untyped_uuid);
    let names = names::read(store, &ends.chain([backbone.into_untyped_uuid()]).collect::<Vec<_>>()).await?;
    let points = access_point::list_of_backbone(store, backbone).await?;
    let points: BTreeMap<_, _> = points.into_iter().map(|point| (point.id, point)).collect();
    let statuses = status::among(store, links.iter().map(|link| SiteRef::Backbone(link.from))).await?;
    let view = |link: link::Link| {
        let point = points.get(&link.access_point).ok_or(StoreError::NotFound { what: "access point" })?;
        let to_name = names.of(link.to, "backbone site")?;
        let mut observed = observed::link(statuses.get(&SiteRef::Backbone(link.from)), link.id, app.now());
        if point.advertised.host.is_none() {
            observed.error = Some(no_host(&to_name, &point.name));
        }
        Ok(Link {
            observed,
            id: link.id,
            backbone,
            backbone_name: names.of(backbone, "backbone")?,
            from: link.from,
            from_name: names.of(link.from, "backbone site")?,
            to: link.to,
            to_name,
            access: point.id,
            access_name: point.name.clone(),
            target: point.advertised.clone(),
            cost: link.cost,
            transport: link.transport,
            meta: meta!(link),
        })
    };
    links.into_iter().map(view).collect()
}
