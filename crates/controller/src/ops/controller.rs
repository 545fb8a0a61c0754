//! The replicas of the management controller.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::{ControllerId, GenericUuid, Identity, SpiffeId, trust::Denial};
use store::{
    certificate,
    denial::{self, Denied},
    listing::Key,
    replica::{self, Heard},
    status,
};

use super::{Actor, Fields, OpError, eviction, eviction::Eviction};
use crate::{App, clock};

/// A replica that was not heard of for this long is taken for gone.
const SILENCE: SignedDuration = SignedDuration::from_secs(60);

/// A replica of the controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Controller {
    /// Its id.
    pub id: ControllerId,
    /// The machine it runs on.
    pub hostname: String,
    /// Its program and version.
    pub software: String,
    /// When it started.
    pub started: Timestamp,
    /// When it was last heard of.
    pub last_seen: Timestamp,
    /// How far its clock is ahead of the database's, or behind it, when that is too far.
    pub wrong_clock: Option<SignedDuration>,
    /// Whether it is the one that answers.
    pub answering: bool,
}

/// What the list of replicas can be narrowed and ordered by.
pub(crate) const FIELDS: Fields<Controller> = Fields {
    id: |one| one.id.to_string(),
    sorts: &[("started", |one| Key::Time(one.started)), ("hostname", |one| Key::Text(one.hostname.clone()))],
    filters: &[],
    search: |one| format!("{} {}", one.hostname, one.software),
};

/// The controllers that are heard of; this one among them, whether it was noted or not.
pub(crate) async fn running(app: &App) -> Result<BTreeSet<ControllerId>, OpError> {
    Ok(list(app).await?.into_iter().map(|one| one.id).chain([app.controller()]).collect())
}

/// Lists the replicas that are heard of, oldest first.
pub async fn list(app: &App) -> Result<Vec<Controller>, OpError> {
    let found = replica::list(app.store()).await?;
    let view = |Heard { replica: row, ahead, .. }| Controller {
        answering: row.id == app.controller(),
        wrong_clock: clock::too_far(ahead),
        id: row.id,
        hostname: row.hostname,
        software: row.software,
        started: row.started,
        last_seen: row.last_seen,
    };
    Ok(found.into_iter().filter(|heard| heard.silent <= SILENCE).map(view).collect())
}

/// Evicts a replica for good: its id is denied at every backbone, its links and the sessions over them end, and it stops
/// as soon as it hears of it. Refused for the only one there is: nobody could tell the routers anything any more.
pub async fn evict(app: &App, actor: &Actor, controller: ControllerId) -> Result<Eviction, OpError> {
    let running = list(app).await?;
    let subject = SpiffeId { installation: app.installation(), identity: Identity::Controller { controller } };
    let mut tx = app.store().begin(&actor.context()).await?;
    let known = running.iter().any(|one| one.id == controller)
        || !certificate::list_of_subject(&mut tx, &subject).await?.is_empty();
    if !known {
        return Err(OpError::NotFound { kind: "controller".to_owned(), name: controller.to_string() });
    }
    if controller == app.controller() && !running.iter().any(|one| one.id != controller) {
        return Err(OpError::precondition(
            "it is the only controller there is: nobody could tell the routers anything any more",
            "start another one with the same database and key file first",
        ));
    }
    let denied = eviction::deny(app, &mut tx, Denied::Controller(controller), None, Denial::Evicted).await?;
    tx.commit().await?;
    // Its sessions end with its links; what it held is nobody's from now on.
    if controller != app.controller() {
        let forgotten = async {
            status::forget_controller(app.store(), controller).await?;
            replica::remove(app.store(), controller).await
        };
        if let Err(error) = forgotten.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the sessions of an evicted controller are noted as open still"
            );
        }
    }
    let backbones = eviction::all_backbones(app).await.unwrap_or_default();
    Ok(eviction::carried_out(app, &backbones, &[denied]).await)
}

/// Whether this very replica was evicted.
pub(crate) async fn is_evicted(app: &App) -> Result<bool, OpError> {
    let denials = denial::find(app.store(), app.controller().into_untyped_uuid()).await?;
    Ok(denials.iter().any(|denial| denial.kind == denial::Kind::Controller))
}
