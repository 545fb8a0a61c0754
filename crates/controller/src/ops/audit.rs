//! What was done, and by whom; and whether that is still what was recorded.

use jiff::Timestamp;
use store::{
    chain,
    chain::Examination,
    event,
    event::{Filter, Recorded},
};
use uuid::Uuid;

use super::{Listing, OpError, Page, Ref, find};
use crate::App;

/// Which events are wanted; the default is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this application network. One that was deleted is named by its id.
    pub network: Option<Ref>,
    /// Of this object.
    pub object: Option<Uuid>,
    /// By this actor.
    pub actor: Option<String>,
    /// This action.
    pub action: Option<String>,
    /// From this time on.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// Lists events, oldest first. The position of an event is the cursor of what comes after it.
pub async fn list(app: &App, wanted: Wanted, page: &Page) -> Result<Listing<Recorded>, OpError> {
    let network = match wanted.network {
        None => None,
        // Events outlive what they tell of: an id may be one of a network that is gone.
        Some(Ref::Id(id)) => Some(model::GenericUuid::from_untyped_uuid(id)),
        Some(name) => Some(find::network(app.store(), &name).await?.id),
    };
    let filter = Filter {
        network,
        object_id: wanted.object,
        actor: wanted.actor,
        action: wanted.action,
        since: wanted.since,
        until: wanted.until,
        ..Filter::default()
    };
    let (after, limit) = page.by_number()?;
    Ok(page.numbered(event::list(app.store(), &filter, after, limit).await?, |event| event.position))
}

/// Checks the whole chain.
pub async fn verify(app: &App) -> Result<Examination, OpError> {
    Ok(chain::examine(app.store(), 1).await?)
}
