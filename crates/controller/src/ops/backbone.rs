//! Network backbones.

use jiff::Timestamp;
use model::{BackboneId, GenericUuid, Name, lifecycle::BackboneSiteState};
use pki::AuthorityKind;
use store::{
    Page as StorePage, StoreError, authority, authority::Owner, backbone, backbone::DataPlane, backbone_site, link,
    listing::Wanted, network,
};
use uuid::Uuid;

use super::{Actor, CertificateInfo, Listing, Meta, OpError, Page, Ref, actor, ca, find, meta, once, once::Claimed};
use crate::{App, issue, trust as trusting};

/// A new backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name, unique in the installation.
    pub name: Name,
    /// Its data plane, `native` when absent; nothing else is honoured yet.
    pub dataplane: Option<String>,
}

/// A backbone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backbone {
    /// Its id.
    pub id: BackboneId,
    /// Its name.
    pub name: Name,
    /// Its data plane.
    pub dataplane: String,
    /// How many sites it has, evicted ones not counted.
    pub sites: u64,
    /// How many of them are deployed.
    pub deployed: u64,
    /// How many application networks run on it, evicted ones not counted.
    pub networks: u64,
    /// Since when that is so.
    pub since: Timestamp,
    /// Its CA.
    pub ca: CertificateInfo,
    /// The version of its trust document, once there is one.
    pub trust_version: Option<u64>,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Creates a backbone: its CA, its trust signer, and this controller's certificate under it.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Backbone, OpError> {
    let data_plane = data_plane(input.dataplane.as_deref())?;
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<BackboneId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, &Ref::id(id)).await,
    };
    let root = issue::issuer(app, &mut tx, Owner::Root).await?.ok_or_else(ca::no_root)?;
    let id = BackboneId::from_untyped_uuid(Uuid::new_v4());
    let created = backbone::create(&mut tx, id, &input.name, data_plane).await?;
    let issuer = issue::establish(app, &mut tx, &root, AuthorityKind::Backbone(id), 1, None).await?;
    trusting::own_leaf(app, &mut tx, &issuer).await?;
    trusting::own_signer(app, &mut tx, &issuer, id).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    app.reconcile();
    view(app, created).await
}

fn data_plane(text: Option<&str>) -> Result<DataPlane, OpError> {
    match text {
        None | Some("native") => Ok(DataPlane::Native),
        Some("skupper") => Err(OpError::NotHonoured {
            field: "data_plane",
            message: "the skupper data plane is not there yet; use native".to_owned(),
        }),
        Some(other) => Err(OpError::invalid("data_plane", format!("{other:?} is not a data plane; use native"))),
    }
}

/// Lists the backbones that somebody may use.
pub async fn list(app: &App, actor: &Actor, page: &Page) -> Result<Listing<Backbone>, OpError> {
    let only = actor::only(actor.reach.backbones());
    let found = backbone::page(app.store(), &Wanted { only, ..page.wanted(app)? }).await?;
    Ok(Listing::of(views(app, found.items).await?, found.next))
}

/// Shows one backbone.
pub async fn show(app: &App, backbone: &Ref) -> Result<Backbone, OpError> {
    view(app, find::backbone(app.store(), backbone).await?).await
}

/// Deletes a backbone with its sites. Refused while networks run on it, and while sites of it are deployed: those are
/// evicted first, so that they are told.
pub async fn delete(app: &App, actor: &Actor, backbone: &Ref, if_revision: Option<i64>) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::backbone(&mut tx, backbone).await?;
    OpError::unless_at(if_revision, "backbone", found.revision)?;
    let name = &found.name;
    if !network::list(&mut tx, Some(found.id), StorePage::first(1)).await?.items.is_empty() {
        return Err(OpError::precondition(
            format!("application networks exist on the backbone {name}"),
            "delete them first: `skx network list`, `skx network delete NETWORK`",
        ));
    }
    let sites = backbone_site::list(&mut tx, found.id, StorePage::ALL).await?.items;
    if let Some(site) = sites.iter().find(|site| site.state == BackboneSiteState::Deployed) {
        return Err(OpError::precondition(
            format!("the site {name}/{} is deployed", site.name),
            format!("evict it first: `skx backbone site evict {name}/{}`", site.name),
        ));
    }
    for link in link::list(&mut tx, found.id).await? {
        link::delete(&mut tx, link.id, None).await?;
    }
    for site in sites {
        backbone_site::delete(&mut tx, site.id, None).await?;
    }
    backbone::delete(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    app.reconcile();
    Ok(())
}

async fn view(app: &App, backbone: backbone::Backbone) -> Result<Backbone, OpError> {
    Ok(views(app, vec![backbone]).await?.remove(0))
}

async fn views(app: &App, backbones: Vec<backbone::Backbone>) -> Result<Vec<Backbone>, OpError> {
    let ids = || backbones.iter().map(|backbone| backbone.id);
    let contents = backbone::contents(app.store(), ids()).await?;
    let authorities = authority::list_of_owners(app.store(), ids().map(Owner::Backbone)).await?;
    let view = |backbone: backbone::Backbone| {
        let owner = Owner::Backbone(backbone.id);
        let (ca, generation) = issue::newest(owner, authorities.get(&owner).map_or(&[][..], Vec::as_slice))?;
        let content = contents.get(&backbone.id).ok_or(StoreError::NotFound { what: "backbone" })?;
        Ok(Backbone {
            id: backbone.id,
            since: content.since.unwrap_or(backbone.created),
            meta: meta!(backbone),
            name: backbone.name,
            dataplane: backbone.data_plane.to_string(),
            sites: content.sites,
            deployed: content.deployed,
            networks: content.networks,
            ca: CertificateInfo::new(&ca, generation),
            trust_version: content.trust_version,
        })
    };
    backbones.into_iter().map(view).collect()
}
