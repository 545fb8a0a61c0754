//! When something else is rolled out, and how the waves begin again.

use serde_json::Value;

use super::{
    Stage, Turn,
    history::Event,
    machine::{Machine, Site},
    progress::{Hold, Progress},
};
use crate::{
    canonical::{canonical, hash},
    deploy::{Deployment, Plan, SitePlan},
};

impl Machine<'_> {
    /// Begins the waves again when people decided something else that changes a site. What follows from facts, such as a site that
    /// joins, goes on where the rollout is.
    pub(super) fn adopt(&mut self) {
        let change = change(self.deployment, self.plan);
        if self.progress.change != change {
            let first = self.progress.change.is_empty();
            if first || self.is_stuck() || self.sites.values().any(|site| differs(*site)) {
                self.begin_again();
            }
            self.progress.change = change;
            self.progress.release.clone_from(&self.plan.release);
        }
        self.release_from_what_is_gone();
        self.progress.plan = self.plan.number;
        let plan = self.plan;
        self.progress.removals.retain(|site| plan.sites.get(site).is_some_and(SitePlan::is_empty));
        self.renew();
    }

    /// Whether what was rolled out before came to a stop, or failed somewhere: that is over with something else, be it what all have.
    fn is_stuck(&self) -> bool {
        let failed = |turn: &Turn| matches!(turn.stage, Stage::Failed { .. } | Stage::Back);
        let stopped = self.progress.hold.as_ref().is_some_and(|hold| *hold != Hold::Paused);
        stopped || self.progress.sites.values().any(failed)
    }

    /// A wave that is no more stops nothing: what failed is tried again as it is rolled out now.
    fn release_from_what_is_gone(&mut self) {
        let Some(Hold::Stopped { wave }) = &self.progress.hold else { return };
        if self.waves.iter().all(|other| other.name != *wave) {
            self.progress.hold = None;
            self.progress.try_again();
        }
    }

    fn begin_again(&mut self) {
        let progress = &mut self.progress;
        progress.promoted.clear();
        progress.removals.clear();
        progress.hold.take_if(|hold| *hold != Hold::Paused);
        progress.sites.retain(|_, turn| turn.stage != Stage::Done);
        progress.sites.values_mut().for_each(|turn| turn.follows = false);
        progress.try_again();
        let event = Event::Began { release: self.plan.release.clone(), plan: self.plan.number };
        progress.remember(self.now, event);
    }

    /// What is to be tried again, and needs nothing for it: it has what it shall have.
    pub(super) fn renew(&mut self) {
        let sites = &self.sites;
        self.progress.sites.retain(|name, turn| {
            let Some(site) = sites.get(name).filter(|_| turn.stage == Stage::Again) else { return true };
            let digest = &site.plan.digest;
            if site.seen.offered.as_ref().is_none_or(|offered| offered.digest != *digest) {
                return true;
            }
            turn.stage = Stage::Underway { unwell: None };
            (turn.restarts, turn.restarted) = (None, None);
            turn.digest == *digest
        });
    }
}

impl Progress {
    /// What failed or went back may be tried again.
    pub(super) fn try_again(&mut self) {
        for turn in self.sites.values_mut().filter(|turn| matches!(turn.stage, Stage::Failed { .. } | Stage::Back)) {
            turn.stage = Stage::Again;
        }
    }
}

/// Whether the site is offered something else than it shall have.
fn differs(site: Site<'_>) -> bool {
    let offered = site.seen.offered.as_ref();
    let empty = offered.is_none_or(|offered| offered.empty) && site.plan.is_empty();
    !empty && offered.is_none_or(|offered| offered.digest != site.plan.digest)
}

/// What people decided, as a digest: the release, and what the deployment says apart from how it is rolled out.
fn change(deployment: &Deployment, plan: &Plan) -> String {
    let mut spec = serde_json::to_value(&deployment.spec).expect("it is made of what JSON can hold");
    if let Some(fields) = spec.as_object_mut() {
        for how in ["rollout", "guard"] {
            fields.remove(how);
        }
        fields.insert("release".to_owned(), Value::String(plan.release.clone()));
    }
    hash(canonical(&spec).as_bytes())
}
