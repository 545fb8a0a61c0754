//! Deployments: releases placed on the sites of networks.

use compose::deploy::rollout::Order;
use crashpoint::Point;
use model::{DeploymentId, GenericUuid, Name};
use serde_json::Value;
use store::{
    StoreError, Tx,
    deployment::{self, New},
    network::Network,
    release::{self, Release},
};
use uuid::Uuid;

use super::{Actor, Listing, OpError, Page, Ref, find, network::unless_history, once, once::Claimed};
use crate::{
    App,
    deploy::{self, preview},
};

mod document;
mod logs;
mod standing;

pub(crate) use crate::deploy::Preview;
pub(crate) use logs::{Line, READ, Read, Which, logs};
pub(crate) use standing::{AtSite, digest, standing};

/// How many deployments a network can have: as many as a site tells of.
pub const MOST: usize = 64;

/// A deployment.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// What is stored of it.
    pub stored: deployment::Deployment,
    /// The network's name.
    pub network_name: Name,
    /// The release that is placed now.
    pub release: Release,
}

impl Deployment {
    /// Whether it goes on to the newest release of its application.
    pub fn follows(&self) -> bool {
        self.stored.document.pointer("/spec/application").is_some()
    }
}

/// Creates a deployment.
pub async fn create(app: &App, actor: &Actor, network: &Ref, document: Value) -> Result<Deployment, OpError> {
    // Reading may take long: no connection is held for it, and the claim is made again afterwards.
    if actor.once.is_some() {
        let tx = app.store().begin(&actor.context()).await?;
        match once::claim::<DeploymentId>(tx, actor).await? {
            Claimed::New(tx) => tx.rollback().await?,
            Claimed::Before(id) => return show(app, network, &Ref::id(id)).await,
        }
    }
    let found = find::network(app.store(), network).await?;
    let read = document::read(app, &found, document).await?;
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<DeploymentId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, network, &Ref::id(id)).await,
    };
    let found = find::changeable_network(&mut tx, network, app.now()).await?;
    if deployment::list(&mut tx, found.id).await?.len() >= MOST {
        let message = format!("the network {} has {MOST} deployments, the most there can be", found.name);
        return Err(OpError::precondition(message, "delete one of them first"));
    }
    let id = DeploymentId::from_untyped_uuid(Uuid::now_v7());
    let document::Read { name, document, release } = read;
    let new = New { id, network: found.id, name, document, release: release.id };
    let stored = deployment::create(&mut tx, &new).await.map_err(unplaced)?;
    once::complete(&mut tx, actor, id).await?;
    commit(tx).await?;
    Ok(Deployment { stored, network_name: found.name, release })
}

/// Lists the deployments of a network.
pub async fn list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Deployment>, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = deployment::page(app.store(), network.id, &page.wanted(app)?).await?;
    let mut items = Vec::with_capacity(found.items.len());
    for stored in found.items {
        items.push(view(app, &network, stored).await?);
    }
    Ok(Listing::of(items, found.next))
}

/// Shows a deployment.
pub async fn show(app: &App, network: &Ref, reference: &Ref) -> Result<Deployment, OpError> {
    let network = find::network(app.store(), network).await?;
    let stored = find::deployment(app.store(), network.id, reference).await?;
    view(app, &network, stored).await
}

/// Replaces what a deployment says.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    document: Value,
    if_revision: Option<i64>,
) -> Result<Deployment, OpError> {
    let found = find::network(app.store(), network).await?;
    let before = find::deployment(app.store(), found.id, reference).await?;
    OpError::unless_at(if_revision, "deployment", before.revision)?;
    let document::Read { name, document, release } = document::read(app, &found, document).await?;
    if name != before.name {
        let message = format!("it is called {}, and a deployment keeps its name", before.name);
        return Err(document::wrong("metadata.name", message));
    }
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::changeable_network(&mut tx, network, app.now()).await?;
    let before = find::deployment(&mut tx, found.id, reference).await?;
    if before.removing {
        let message = format!("the deployment {name} is being taken away");
        return Err(OpError::precondition(message, "create it anew when it is gone"));
    }
    let stored = deployment::update(&mut tx, before.id, if_revision, &document, release.id).await.map_err(unplaced)?;
    commit(tx).await?;
    Ok(Deployment { stored, network_name: found.name, release })
}

/// Takes a deployment away from every site. It is deleted when the sites are offered nothing of it any more.
pub async fn delete(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    if_revision: Option<i64>,
) -> Result<Deployment, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let before = find::deployment(&mut tx, network.id, reference).await?;
    OpError::unless_at(if_revision, "deployment", before.revision)?;
    let stored = deployment::begin_removal(&mut tx, before.id, if_revision).await?;
    let release = release::get(&mut tx, stored.release).await?;
    commit(tx).await?;
    Ok(Deployment { stored, network_name: network.name, release })
}

/// Says something to the rollout of a deployment.
pub(crate) async fn order(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    order: &Order,
) -> Result<Deployment, OpError> {
    unless_history(&find::network(app.store(), network).await?, app.now())?;
    deploy::order(app, actor, network, reference, order).await?;
    show(app, network, reference).await
}

/// Says what a deployment would change if it said this, or placed this release. There may be none of the name yet.
pub(crate) async fn plan(
    app: &App,
    network: &Ref,
    reference: &Ref,
    document: Option<Value>,
    release: Option<String>,
) -> Result<Preview, OpError> {
    let network = find::network(app.store(), network).await?;
    let (name, mut document) = match (find::deployment(app.store(), network.id, reference).await, document, reference) {
        (Ok(found), None, _) => (found.name, found.document),
        (Ok(found), Some(document), _) => (found.name, document),
        (Err(OpError::NotFound { .. }), Some(document), Ref::Name(name)) => (name.clone(), document),
        (Err(error), ..) => return Err(error),
    };
    if let (Some(release), Some(spec)) = (release, document.get_mut("spec").and_then(Value::as_object_mut)) {
        spec.remove("application");
        spec.insert("release".to_owned(), release.into());
    }
    let read = document::read(app, &network, document).await?;
    if read.name != name {
        return Err(document::wrong("metadata.name", format!("this is asked of {name}")));
    }
    preview(app, network.id, &name, &read.document, read.release.id).await
}

async fn commit(tx: Tx) -> Result<(), OpError> {
    crashpoint::reached(Point::DeployUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::DeployCommitted);
    Ok(())
}

async fn view(app: &App, network: &Network, stored: deployment::Deployment) -> Result<Deployment, OpError> {
    let release = release::get(app.store(), stored.release).await?;
    Ok(Deployment { stored, network_name: network.name.clone(), release })
}

fn unplaced(error: StoreError) -> OpError {
    match error {
        StoreError::Unknown { .. } => {
            OpError::precondition("the release has just been deleted", "choose another one, or build it again")
        }
        error => error.into(),
    }
}
