//! What a replica's router at a backbone is told ahead of all else, and what it tells.

use std::{sync::Weak, time::Duration};

use dataplane::{NativeRouter, Observation};
use model::{BackboneId, Identity};
use pki::SignedTrust;
use store::trust as documents;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{App, ops::OpError, trust};

/// How long a router that is linked may take to say which trust document it holds. One that has none says nothing.
const SAYS: Duration = Duration::from_secs(2);

/// Whoever stands between a replica and its router at a backbone.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) app: App,
    pub(super) backbone: BackboneId,
    /// Cancelled when the routers of the backbone have been heard of.
    pub(super) heard: CancellationToken,
    pub(super) stop: CancellationToken,
}

impl Watch {
    /// Passes every trust document on that this replica signs, as soon as it is committed. Nothing else is done in between:
    /// an eviction waits for nobody.
    pub(super) async fn push(self, router: Weak<NativeRouter>) {
        let mut published = self.app.published();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                changed = published.changed() => if changed.is_err() { return },
            }
            let signed = published.borrow_and_update().get(&self.backbone).cloned();
            let (Some(signed), Some(router)) = (signed, router.upgrade()) else { continue };
            if !self.heard.is_cancelled() {
                // It gets it with its configuration, once it gets any.
                continue;
            }
            if let Err(error) = router.offer_trust(signed) {
                // The router gets it with its next configuration, too, and knows the authorities by then.
                tracing::debug!(
                    backbone = %self.backbone,
                    error = &error as &dyn std::error::Error,
                    "a router did not take a trust document"
                );
            }
        }
    }

    /// Listens to a router: logs where it is refused, and hears what routers remember that the database does not.
    pub(super) async fn listen(self, mut observations: Receiver<Observation>) {
        let mut silent = None;
        loop {
            let observed = tokio::select! {
                () = self.stop.cancelled() => return,
                () = until(silent) => {
                    self.has_heard();
                    silent = None;
                    continue;
                }
                observed = observations.recv() => observed,
            };
            match observed {
                // The router itself logs its links.
                Ok(Observation::Refused { target, message, .. }) => {
                    tracing::warn!(backbone = %self.backbone, %target, message, "a site refused the controller");
                }
                Ok(Observation::LinkUp { peer: Identity::BackboneSite { .. }, .. }) if !self.heard.is_cancelled() => {
                    silent = silent.or(Some(Instant::now() + SAYS));
                }
                Ok(Observation::TrustAdopted(signed, version) | Observation::TrustContested(signed, version)) => {
                    self.remember(&signed, version).await;
                    self.has_heard();
                    silent = None;
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// From now on the router is given the documents of the database.
    fn has_heard(&self) {
        if !self.heard.is_cancelled() {
            self.heard.cancel();
            self.app.planes_signal().notify_one();
        }
    }

    /// What one router remembers is asked of no other: it is tried until the database has heard of it.
    async fn remember(&self, signed: &SignedTrust, version: u64) {
        while let Err(error) = self.compare(signed, version).await {
            tracing::warn!(
                backbone = %self.backbone,
                version,
                error = &error as &dyn std::error::Error,
                "a trust document that a router holds could not be compared with the database; trying again"
            );
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(super::PAUSE) => {}
            }
        }
    }

    async fn compare(&self, signed: &SignedTrust, version: u64) -> Result<(), OpError> {
        // Mostly it is the one that was published just now.
        let latest = documents::latest(self.app.store(), self.backbone).await?;
        if latest.is_some_and(|latest| latest.version == version && latest.document == signed.document) {
            return Ok(());
        }
        trust::recall(&self.app, self.backbone, signed, version).await?;
        // What was taken back is in the next document, before routers are given any.
        trust::publish(&self.app, self.backbone).await.map(drop)
    }
}

async fn until(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}
