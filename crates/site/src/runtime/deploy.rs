//! What is deployed, as the task that owns the site sees it.

use std::sync::Arc;

use api::local::ConsentSet;
use crashpoint::Point;
use model::{GenericUuid, Name, SiteId};

use super::{core::Core, keep::store};
use crate::{
    deploy::{
        mind::{self, Act, ActError},
        settle::{Facts, settle},
        view,
    },
    live::{Deployed, Trouble},
    local_api::Refused,
    plan::is_past_its_end,
    state::{Deployments, Phase},
};

impl Core {
    /// Finds out what follows from what is known now, has it brought into force, and keeps it.
    pub(super) async fn settle(&mut self) {
        let live = self.live.borrow().clone();
        let Some(worker) = &self.worker else { return };
        let (items, site, ended) = match &live.site.phase {
            Phase::Joined(joined) => (Some(&joined.items), joined.site, is_past_its_end(joined, self.now())),
            // Whoever joins again finds what was there before; nothing is taken for gone until it is known.
            Phase::Joining(_) => (None, uuid::Uuid::nil(), false),
            Phase::Over(_) => return,
        };
        self.socket_errors = view::socket_errors(&live.deployed.sockets, &self.router.status());
        let reports = worker.reports.borrow().clone();
        let digests = |kept: &Deployments| -> Vec<String> {
            kept.deployments.values().filter_map(|it| Some(it.applied.as_ref()?.digest.clone())).collect()
        };
        let settled = settle(&Facts {
            items,
            site: SiteId::from_untyped_uuid(site),
            local: &live.local,
            kept: &live.kept,
            reports: &reports,
            ended,
            socket_errors: &self.socket_errors,
            now: self.now(),
        });
        worker.decide_volumes(live.local.volumes());
        worker.order(settled.orders);
        let deployed = Deployed { sockets: settled.sockets, standings: settled.standings };
        let moved = deployed.sockets != live.deployed.sockets;
        if deployed != *live.deployed {
            self.live.send_modify(|live| live.deployed = Arc::new(deployed));
        }
        if settled.kept != *live.kept {
            let in_force = digests(&settled.kept) != digests(&live.kept);
            self.live.send_modify(|live| live.kept = Arc::new(settled.kept));
            self.unkept = true;
            self.keep_deployments().await;
            if in_force && !self.unkept {
                crashpoint::reached(Point::DeploymentStored);
            }
        }
        if moved {
            self.apply().await;
            crashpoint::reached(Point::SocketsConfigured);
        }
    }

    /// Whether something is wrong with listeners and connectors of deployments that was not, or the other way round.
    pub(super) fn sockets_changed(&self) -> bool {
        view::socket_errors(&self.live.borrow().deployed.sockets, &self.router.status()) != self.socket_errors
    }

    /// Stores what is to be kept of what is deployed. What runs goes on while it cannot be; it is tried again.
    pub(super) async fn keep_deployments(&mut self) {
        if !self.unkept {
            return;
        }
        let (dir, kept) = (self.dir.clone(), self.live.borrow().kept.clone());
        match store(move || dir.save_deployments(&kept)).await {
            Ok(()) => {
                self.unkept = false;
                self.trouble(Trouble::Storage, None);
            }
            Err(error) => self.storage_failed(&error),
        }
    }

    /// The participant says something to a deployment. It is stored before anything follows from it.
    pub(super) async fn act(&mut self, name: &Name, act: Act) -> Result<(), Refused> {
        let live = self.live.borrow().clone();
        let joined = match &live.site.phase {
            Phase::Joined(_) if live.site.origin.is_backbone() => return Err(Refused::Relay),
            Phase::Joined(joined) => joined,
            _ => return Err(Refused::NotYet),
        };
        let unknown = || Refused::Act(ActError::NoDeployment(name.to_string()));
        let offer = view::offered(&joined.items, name).ok_or_else(unknown)?;
        let kept = live.kept.deployments.get(name).cloned().unwrap_or_default();
        let next = mind::said(&offer, &kept, act).map_err(Refused::Act)?;
        let mut all = live.kept.deployments.clone();
        all.insert(name.clone(), next);
        let all = Deployments { deployments: all, ..(*live.kept).clone() };
        let (dir, copy) = (self.dir.clone(), all.clone());
        crashpoint::reached(Point::DecisionReceived);
        store(move || dir.save_deployments(&copy)).await.map_err(Refused::Storage)?;
        crashpoint::reached(Point::DecisionStored);
        self.live.send_modify(|live| live.kept = Arc::new(all));
        self.settle().await;
        Ok(())
    }

    /// The participant says when they want to be asked, who reads logs, and what becomes of volumes.
    pub(super) async fn consent(&mut self, set: ConsentSet) -> Result<(), Refused> {
        let live = self.live.borrow().clone();
        match &live.site.phase {
            Phase::Joined(_) if live.site.origin.is_backbone() => return Err(Refused::Relay),
            Phase::Joined(_) => {}
            _ => return Err(Refused::NotYet),
        }
        self.adopt_local((*live.local).clone().consenting(set)).await.map_err(Refused::Storage)?;
        self.settle().await;
        Ok(())
    }
}
