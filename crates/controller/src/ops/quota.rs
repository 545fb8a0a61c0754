//! Quotas: how much there may be of what.

use model::{GenericUuid, QuotaId};
use store::{quota, quota::NewQuota};
use uuid::Uuid;

pub use store::quota::{Quota, Resource};

use super::{Actor, Listing, OpError, Page, Ref, find, grant::missing, once, once::Claimed};
use crate::App;

/// A new quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// What is counted.
    pub resource: Resource,
    /// In networks on this backbone only.
    pub backbone: Option<Ref>,
    /// In this network only.
    pub network: Option<Ref>,
    /// Of this user only.
    pub user: Option<Ref>,
    /// How much there may be.
    pub most: u64,
}

/// Makes a quota.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Quota, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<QuotaId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, id).await,
    };
    let id = QuotaId::from_untyped_uuid(Uuid::new_v4());
    let mut new =
        NewQuota { id, resource: input.resource, backbone: None, network: None, subject: None, most: input.most };
    if let Some(backbone) = &input.backbone {
        new.backbone = Some(find::backbone(&mut tx, backbone).await?.id);
    }
    if let Some(network) = &input.network {
        new.network = Some(find::network(&mut tx, network).await?.id);
    }
    if let Some(user) = &input.user {
        new.subject = Some(find::subject(&mut tx, user).await?.id);
    }
    let made = quota::create(&mut tx, new).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    Ok(made)
}

/// Lists quotas.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Quota>, OpError> {
    let found = quota::page(app.store(), &page.wanted(app)?).await?;
    Ok(Listing::of(found.items, found.next))
}

/// Shows a quota.
pub async fn show(app: &App, id: QuotaId) -> Result<Quota, OpError> {
    quota::get(app.store(), id).await.map_err(|error| missing(error, "quota", id))
}

/// Changes how much there may be. What there is already stays.
pub async fn set(app: &App, actor: &Actor, id: QuotaId, most: u64, if_revision: Option<i64>) -> Result<Quota, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = quota::get(&mut tx, id).await.map_err(|error| missing(error, "quota", id))?;
    OpError::unless_at(if_revision, "quota", found.revision)?;
    let changed = quota::set(&mut tx, id, if_revision, most).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Lifts a limit.
pub async fn delete(app: &App, actor: &Actor, id: QuotaId, if_revision: Option<i64>) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = quota::get(&mut tx, id).await.map_err(|error| missing(error, "quota", id))?;
    OpError::unless_at(if_revision, "quota", found.revision)?;
    quota::delete(&mut tx, id, if_revision).await?;
    tx.commit().await?;
    Ok(())
}
