//! What a replica's router at a backbone is told ahead of all else, and what it tells.

use std::sync::Weak;

use dataplane::{NativeRouter, Observation};
use model::BackboneId;
use pki::SignedTrust;
use store::trust as documents;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;

use crate::{App, ops::OpError, trust};

/// Passes every trust document on that this replica signs, as soon as it is committed. Nothing else is done in between:
/// an eviction waits for nobody.
pub(super) async fn push(app: App, router: Weak<NativeRouter>, backbone: BackboneId, stop: CancellationToken) {
    let mut published = app.published();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = published.changed() => if changed.is_err() { return },
        }
        let signed = published.borrow_and_update().get(&backbone).cloned();
        let (Some(signed), Some(router)) = (signed, router.upgrade()) else { continue };
        if let Err(error) = router.offer_trust(signed) {
            // The router gets it with its next configuration, too, and knows the authorities by then.
            tracing::debug!(%backbone, error = &error as &dyn std::error::Error, "a router did not take a trust document");
        }
    }
}

/// Listens to a router: logs where it is refused, and hears what routers remember that the database does not.
pub(super) async fn watch(
    app: App,
    mut observations: Receiver<Observation>,
    backbone: BackboneId,
    stop: CancellationToken,
) {
    loop {
        let observed = tokio::select! {
            () = stop.cancelled() => return,
            observed = observations.recv() => observed,
        };
        match observed {
            // The router itself logs its links.
            Ok(Observation::Refused { target, message, .. }) => {
                tracing::warn!(%backbone, %target, message, "a site refused the controller");
            }
            Ok(Observation::TrustAdopted(signed, version) | Observation::TrustContested(signed, version)) => {
                remember(&app, backbone, &signed, version, &stop).await;
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// What one router remembers is asked of no other: it is tried until the database has heard of it.
async fn remember(app: &App, backbone: BackboneId, signed: &SignedTrust, version: u64, stop: &CancellationToken) {
    while let Err(error) = heard(app, backbone, signed, version).await {
        tracing::warn!(
            %backbone,
            version,
            error = &error as &dyn std::error::Error,
            "a trust document that a router holds could not be compared with the database; trying again"
        );
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(super::PAUSE) => {}
        }
    }
}

async fn heard(app: &App, backbone: BackboneId, signed: &SignedTrust, version: u64) -> Result<(), OpError> {
    // Mostly it is the one that was published just now.
    let latest = documents::latest(app.store(), backbone).await?;
    if latest.is_some_and(|latest| latest.version == version && latest.document == signed.document) {
        return Ok(());
    }
    trust::recall(app, backbone, signed, version).await
}
