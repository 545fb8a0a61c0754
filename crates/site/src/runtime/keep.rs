//! Bringing something new into force: first on the disk, then in the router.

use std::sync::Arc;

use crashpoint::Point;
use site_proto::{Applied, ItemFailure, site_message};
use tokio::time::Instant;
use trace::Span;

use super::{
    Outcome,
    core::{Core, RETRY},
    have,
};
use crate::{
    channel::words,
    live::Trouble,
    plan::plan,
    progress::Progress,
    state::{End, Failure, LocalConfig, Phase, StateError, StoredSite},
};

/// What shall be in force, once it is stored.
pub(super) struct Pending {
    pub(super) site: StoredSite,
    /// The revision of the desired state in it, and what of that could not be taken over.
    pub(super) revision: Option<(u64, Vec<Failure>)>,
    /// The part of that in the traces which have caused it.
    pub(super) spans: Vec<Span>,
    /// Whether the certificate in it is new.
    pub(super) renewed: bool,
}

impl Pending {
    pub(super) fn of(site: StoredSite) -> Self {
        Self { site, revision: None, spans: vec![], renewed: false }
    }
}

impl Core {
    /// The newest there is to build on: what waits to be stored, else what is in force.
    pub(super) fn newest(&self) -> Arc<StoredSite> {
        match &self.pending {
            Some(pending) => Arc::new(pending.site.clone()),
            None => self.live.borrow().site.clone(),
        }
    }

    /// Stores and brings into force. While it cannot be stored, what was in force stays so, and it is tried again.
    pub(super) async fn adopt(&mut self, mut next: Pending) {
        if let Some(before) = self.pending.take() {
            next.revision = next.revision.or(before.revision);
            next.spans.extend(before.spans);
            next.renewed |= before.renewed;
        }
        let dir = self.dir.clone();
        let site = next.site.clone();
        let points = self.points(&next);
        points.into_iter().for_each(|(come, _)| crashpoint::reached(come));
        match store(move || dir.save(&site)).await {
            Ok(()) => {
                points.into_iter().for_each(|(_, stored)| crashpoint::reached(stored));
                self.trouble(Trouble::Storage, None);
                self.bring_into_force(next).await;
            }
            Err(error) => {
                self.storage_failed(&error);
                self.pending = Some(next);
            }
        }
    }

    /// Where a test may let the process die: when something has come, and when it is stored.
    fn points(&self, next: &Pending) -> Option<(Point, Point)> {
        let before = &self.live.borrow().site;
        match (&before.phase, &next.site.phase) {
            (Phase::Joining(_), Phase::Joined(_)) => Some((Point::AdmissionReceived, Point::AdmissionStored)),
            (Phase::Joining(old), Phase::Joining(new)) if old.waiting != new.waiting => {
                Some((Point::WaitReceived, Point::WaitStored))
            }
            (Phase::Joined(_), Phase::Joined(_)) if next.renewed => {
                Some((Point::RenewalReceived, Point::RenewalStored))
            }
            (Phase::Joined(old), Phase::Joined(new)) if new.next_key.is_some() && old.next_key != new.next_key => {
                Some((Point::RenewalKeyMade, Point::RenewalKeyStored))
            }
            (Phase::Joined(old), Phase::Joined(new)) if old.trust != new.trust => {
                Some((Point::TrustAdopted, Point::TrustStored))
            }
            (Phase::Joined(_), Phase::Joined(_)) if next.revision.is_some() => {
                Some((Point::UpdateReceived, Point::UpdateStored))
            }
            _ => None,
        }
    }

    async fn bring_into_force(&mut self, next: Pending) {
        let before = self.live.borrow().site.clone();
        let admitted = matches!((&before.phase, &next.site.phase), (Phase::Joining(_), Phase::Joined(_)));
        let site = Arc::new(next.site);
        self.have.send_replace(have(&site));
        self.live.send_modify(|live| {
            live.site = site.clone();
            if admitted {
                live.attached = false;
            }
            if admitted || next.renewed {
                (live.attempt, live.refused) = (None, None);
            }
        });
        // Before work has begun, the first apply is still to come.
        if !matches!(self.work, super::core::Work::Nothing) {
            self.settle().await;
            self.apply().await;
        }
        if admitted {
            if let Some(name) = site.name().cloned() {
                let (parent, backbone) = (site.parent().clone(), site.origin.is_backbone());
                self.watcher.tell(&Progress::Admitted { name, parent, backbone });
            }
            self.begin_work();
        } else if next.renewed {
            self.watcher.tell(&Progress::Renewed);
            self.trouble(Trouble::Renewal, None);
        }
        if let Some((revision, failures)) = next.revision {
            self.applied(revision, failures, next.spans);
        }
    }

    /// Tells the controller, and the participant, what became of a revision.
    pub(super) fn applied(&mut self, revision: u64, failures: Vec<Failure>, mut spans: Vec<Span>) {
        let words: Vec<String> = failures.iter().map(|it| format!("{}: {}", it.key, it.message)).collect();
        if !words.is_empty() {
            spans.iter_mut().for_each(|span| span.fail(words.join("; ")));
        }
        drop(spans);
        let trouble = format!("the site was told what it cannot do: {}", words.join("; "));
        self.trouble(Trouble::Items, (!words.is_empty()).then_some(trouble));
        self.watcher.tell(&Progress::Changed(revision));
        let failures = failures.into_iter().map(|it| ItemFailure { key: it.key, message: it.message }).collect();
        self.send(site_message::Body::Applied(Applied { revision, failures }));
    }

    /// Configures the router with what is in force now.
    pub(super) async fn apply(&mut self) {
        let live = self.live.borrow().clone();
        let outcome = match plan(&live.site, &live.local, &live.deployed.sockets, self.now()) {
            Ok(config) => self.router.apply(config).await.map_err(|error| words(&error)),
            Err(error) => Err(words(&error)),
        };
        self.reapply = outcome.is_err();
        match outcome {
            Ok(()) => self.trouble(Trouble::Router, None),
            Err(error) => {
                tracing::error!(error, "the router does not take its configuration");
                self.trouble(Trouble::Router, Some(format!("the router does not take its configuration: {error}")));
                self.retry_later();
            }
        }
    }

    /// Stores a change of the local configuration and brings it into force.
    pub(super) async fn adopt_local(&mut self, local: LocalConfig) -> Result<(), StateError> {
        let dir = self.dir.clone();
        let copy = local.clone();
        store(move || dir.save_local(&copy)).await?;
        self.live.send_modify(|live| live.local = Arc::new(local));
        self.apply().await;
        Ok(())
    }

    /// Says where the local API is, until that is written.
    pub(super) async fn publish(&mut self) {
        let Some(address) = self.unpublished else { return };
        let dir = self.dir.clone();
        match store(move || dir.publish_local_api(address)).await {
            Ok(()) => self.unpublished = None,
            Err(error) => self.storage_failed(&error),
        }
    }

    /// Ends the site: what it served goes at once, whether or not that can be written down.
    pub(super) async fn end(&mut self, end: End, reason: String) {
        if self.leaving.is_some() {
            // It is over either way: whoever says so knows that this site is gone.
            return self.has_left();
        }
        tracing::info!(?end, reason, "the site is over");
        let (received, stored) = match end {
            End::Evicted => (Some(Point::EvictionReceived), Some(Point::EvictionStored)),
            End::Ended => (Some(Point::EndReceived), Some(Point::EndStored)),
            _ => (None, None),
        };
        received.into_iter().for_each(crashpoint::reached);
        let site = self.newest().over(end, reason, self.now());
        let (dir, copy) = (self.dir.clone(), site.clone());
        match store(move || dir.save(&copy)).await {
            Ok(()) => stored.into_iter().for_each(crashpoint::reached),
            // It will be told again when it starts again.
            Err(error) => tracing::error!(error = words(&error), "the end of the site cannot be stored"),
        }
        if let Phase::Over(over) = site.phase {
            self.outcome = Some(Outcome::Over(over));
        }
    }

    pub(super) fn trouble(&self, what: Trouble, words: Option<String>) {
        self.live.send_if_modified(|live| {
            let before = match &words {
                Some(words) => live.trouble.insert(what, words.clone()),
                None => live.trouble.remove(&what),
            };
            before != words
        });
    }

    pub(super) fn storage_failed(&mut self, error: &StateError) {
        let error = words(error);
        tracing::error!(error, "nothing new can be stored; going on with what is in force");
        self.trouble(Trouble::Storage, Some(format!("{error}; the site goes on with what it has and tries again")));
        self.retry_later();
    }

    fn retry_later(&mut self) {
        self.retry = Some(Instant::now() + RETRY);
    }
}

/// Writing waits for the medium: not where others wait for the site.
pub(super) async fn store(write: impl FnOnce() -> Result<(), StateError> + Send + 'static) -> Result<(), StateError> {
    tokio::task::spawn_blocking(write).await.expect("storing does not panic")
}
