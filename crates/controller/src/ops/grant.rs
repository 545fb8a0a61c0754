//! Grants: who holds which role; and networks that are shared, which are grants, too.

use authz::{Grant, Grantee, InvalidGrant, Role, Scope};
use model::{GenericUuid, GrantId};
use store::{Tx, grant, grant::Held};
use uuid::Uuid;

use super::{Actor, Listing, OpError, Page, Ref, find, once, once::Claimed};
use crate::App;

/// Who is to hold a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user.
    User(Ref),
    /// A group.
    Group(Ref),
}

/// A new grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Who is to hold the role.
    pub to: Holder,
    /// The role.
    pub role: Role,
    /// The backbone it is held for.
    pub backbone: Option<Ref>,
    /// The network it is held for.
    pub network: Option<Ref>,
    /// Whether networks are made on this backbone when none is named.
    pub default_backbone: bool,
}

/// Gives a role.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Held, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<GrantId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, id).await,
    };
    let scope = match (&input.backbone, &input.network) {
        (Some(_), Some(_)) => return Err(OpError::invalid("network", "give a backbone or a network, not both")),
        (Some(backbone), None) => Scope::Backbone(find::backbone(&mut tx, backbone).await?.id),
        (None, Some(network)) => Scope::Network(find::network(&mut tx, network).await?.id),
        (None, None) => Scope::Installation,
    };
    Grant::check(input.role, scope, input.default_backbone).map_err(|error| {
        let field = match error {
            InvalidGrant::NotEverywhere => "role",
            InvalidGrant::NoBackbone => "backbone",
            InvalidGrant::NoNetwork => "network",
            InvalidGrant::NoDefault => "default_backbone",
        };
        OpError::invalid(field, error)
    })?;
    let to = holder(&mut tx, input.to).await?;
    let id = GrantId::from_untyped_uuid(Uuid::new_v4());
    let grant = Grant { id, to, role: input.role, scope, default_backbone: input.default_backbone };
    let made = grant::create(&mut tx, &grant).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(made)
}

async fn holder(tx: &mut Tx, to: Holder) -> Result<Grantee, OpError> {
    Ok(match to {
        Holder::User(name) => Grantee::Subject(find::subject(&mut *tx, &name).await?.id),
        Holder::Group(name) => Grantee::Group(find::group(&mut *tx, &name).await?.id),
    })
}

/// Lists grants.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Held>, OpError> {
    let found = grant::page(app.store(), None, &page.wanted(app)?).await?;
    Ok(Listing::of(found.items, found.next))
}

/// Shows a grant.
pub async fn show(app: &App, id: GrantId) -> Result<Held, OpError> {
    grant::get(app.store(), id).await.map_err(|error| missing(error, "grant", id))
}

/// Takes a role back.
pub async fn delete(app: &App, actor: &Actor, id: GrantId) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    grant::delete(&mut tx, id).await.map_err(|error| missing(error, "grant", id))?;
    tx.commit().await?;
    Ok(())
}

/// Lists with whom a network is shared.
pub async fn shares(app: &App, network: &Ref, page: &Page) -> Result<Listing<Held>, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = grant::page(app.store(), Some(network.id), &page.wanted(app)?).await?;
    Ok(Listing::of(found.items, found.next))
}

/// Shares a network with somebody no more.
pub async fn unshare(app: &App, actor: &Actor, network: &Ref, id: GrantId) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::network(&mut tx, network).await?;
    let found = grant::get(&mut tx, id).await.map_err(|error| missing(error, "share", id))?;
    if found.network != Some(network.id) {
        return Err(OpError::NotFound { kind: "share".to_owned(), name: id.to_string() });
    }
    grant::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}

pub(crate) fn missing(error: store::StoreError, kind: &str, id: impl std::fmt::Display) -> OpError {
    match error {
        store::StoreError::NotFound { .. } => OpError::NotFound { kind: kind.to_owned(), name: id.to_string() },
        error => error.into(),
    }
}
