//! What a step says.

use std::{cmp::Ordering, collections::BTreeMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Hold, Promotion, Stage, Turn,
    machine::{Machine, Site},
    progress::Progress,
};
use crate::{deploy::Exceeded, model::Label};

/// What a step says.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How far the rollout is now.
    pub progress: Progress,
    /// What every site of the plan is to be offered.
    pub targets: BTreeMap<Label, Target>,
    /// Why sites that are to get something else were not given it yet.
    pub waiting: BTreeMap<Label, Waiting>,
    /// The waves in their order.
    pub waves: Vec<WaveStatus>,
    /// Whether the guard holds the rollout.
    pub exceeded: Option<Exceeded>,
    /// When to step again, even if nothing else happens. Stepping earlier or later does no harm.
    pub again: Option<Timestamp>,
}

/// What a site is to be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// What its plan says.
    Plan {
        /// What it is offered now is to be kept, in the place of what was kept for it before: it can go back to it.
        keep: bool,
    },
    /// What it is offered now, be it nothing.
    Stay,
    /// What is kept for it.
    Back,
}

/// Why a site was not given what its plan says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Waiting {
    /// Its wave has not begun.
    Wave {
        /// Its wave.
        wave: Label,
        /// The one that is under way.
        after: Label,
    },
    /// The window of its wave is closed.
    Window {
        /// The window.
        window: Label,
        /// When it opens.
        #[serde(skip_serializing_if = "Option::is_none")]
        opens: Option<Timestamp>,
    },
    /// The window is by the site's own clocks, and its label `timezone` names no time zone that is known.
    Zone {
        /// The window.
        window: Label,
    },
    /// As many of its wave are under way as may be.
    AtOnce,
    /// The rollout is [held](Progress::hold).
    Held,
    /// More sites would lose all they have than the guard allows.
    Guard,
    /// It is offline.
    Offline,
}

/// How far a wave is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveStatus {
    /// The wave.
    pub name: Label,
    /// How far it is.
    pub state: WaveState,
    /// The sites that the change concerns.
    pub sites: usize,
    /// Those that were not given it yet.
    pub waiting: usize,
    /// Those that are between what they had and what they get.
    pub underway: usize,
    /// Those that are healthy.
    pub healthy: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that went back although they did not fail.
    pub back: usize,
    /// Those that are offline, or wait for their participant or for a time zone: nobody waits for them.
    pub away: usize,
}

/// How a site stands in its wave.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Waiting,
    Underway,
    Healthy,
    Failed,
    Back,
    Away,
}

/// How far a wave is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaveState {
    /// One before it is under way.
    Waiting,
    /// Its sites begin.
    Underway,
    /// All its sites are healthy, some not for long enough.
    Soaking,
    /// Nothing is missing but a person's word.
    AwaitingPromotion,
    /// Nothing more is waited for, and no site is healthy: nothing was tried. A person says whether the next begins.
    Untested,
    /// Too many sites failed, or a person ended the rollout.
    Stopped,
    /// It is done. Sites that were away follow.
    Done,
}

impl Machine<'_> {
    pub(super) fn outcome(self) -> Step {
        let stay = self.plan.sites.keys().map(|site| (site.clone(), Target::Stay));
        let known = self.sites.values().map(|site| (site.name.clone(), self.target(*site)));
        let wanting = self.sites.values().filter(|site| self.wants(**site));
        let waiting =
            wanting.map(|site| (site.name.clone(), self.obstacle(*site).unwrap_or(Waiting::AtOnce))).collect();
        Step {
            targets: stay.chain(known).collect(),
            waves: (0..self.waves.len()).map(|wave| self.status(wave)).collect(),
            exceeded: self.exceeded().filter(|_| self.progress.guarded),
            again: self.again(&waiting),
            waiting,
            progress: self.progress,
        }
    }

    fn target(&self, site: Site<'_>) -> Target {
        let offered = site.seen.offered.as_ref().map(|offered| &offered.digest);
        let (kept, digest) = (site.seen.kept.as_ref(), &site.plan.digest);
        match self.turn(site) {
            Some(turn) if turn.is_back() => {
                if kept == turn.back.as_ref() {
                    Target::Back
                } else {
                    Target::Stay
                }
            }
            Some(Turn { stage: Stage::Again, .. }) => Target::Stay,
            Some(turn) if turn.digest == *digest => {
                let back = turn.back.as_ref();
                Target::Plan { keep: back.is_some() && offered == back && offered != Some(digest) && kept != back }
            }
            Some(_) => Target::Stay,
            None if offered == Some(digest) => Target::Plan { keep: false },
            // It gets nothing, and its participant may be asked for what is missing.
            None if !self.wants(site) && !site.plan.places.is_empty() => Target::Plan { keep: false },
            None => Target::Stay,
        }
    }

    fn status(&self, wave: usize) -> WaveStatus {
        let all: Vec<Standing> = self.standings(wave).collect();
        let count = |standing: Standing| all.iter().filter(|other| **other == standing).count();
        let begun = count(Standing::Waiting) + count(Standing::Underway) == 0;
        WaveStatus {
            name: self.waves[wave].name.clone(),
            state: self.state(wave, begun),
            sites: all.len(),
            waiting: count(Standing::Waiting),
            underway: count(Standing::Underway),
            healthy: count(Standing::Healthy),
            failed: count(Standing::Failed),
            back: count(Standing::Back),
            away: count(Standing::Away),
        }
    }

    fn state(&self, wave: usize, begun: bool) -> WaveState {
        let position = self.position();
        let stopped = match &self.progress.hold {
            Some(Hold::Stopped { wave: name }) => wave == position || self.waves[wave].name == *name,
            Some(Hold::Aborted | Hold::RolledBack) => wave == position,
            Some(Hold::Paused) | None => false,
        };
        match wave.cmp(&position) {
            _ if stopped => WaveState::Stopped,
            Ordering::Less => WaveState::Done,
            Ordering::Greater => WaveState::Waiting,
            Ordering::Equal if self.is_done(wave) && self.is_untested(wave) => WaveState::Untested,
            Ordering::Equal if self.is_done(wave) && self.waves[wave].promote == Promotion::Manual => {
                WaveState::AwaitingPromotion
            }
            Ordering::Equal if begun => WaveState::Soaking,
            Ordering::Equal => WaveState::Underway,
        }
    }

    /// Whether a wave concerns sites, and none of them is healthy by the change.
    pub(super) fn is_untested(&self, wave: usize) -> bool {
        let mut all = self.standings(wave).peekable();
        all.peek().is_some() && all.all(|standing| standing != Standing::Healthy)
    }

    /// How the sites of a wave stand that the change concerns, or would, if their participants let it.
    fn standings(&self, wave: usize) -> impl Iterator<Item = Standing> {
        let concerned = move |site: &Site<'_>| self.concerns(*site) || self.is_barred(*site);
        self.of_wave(wave).filter(concerned).map(|site| self.standing(site))
    }

    fn standing(&self, site: Site<'_>) -> Standing {
        let underway = self.is_underway(site);
        match self.turn(site).map(|turn| &turn.stage) {
            _ if underway => Standing::Underway,
            Some(Stage::Failed { .. }) => Standing::Failed,
            Some(Stage::Back) => Standing::Back,
            Some(Stage::Done) if !self.wants(site) => Standing::Healthy,
            _ if self.is_away(site) || self.is_barred(site) => Standing::Away,
            Some(Stage::Soaking { .. }) if !self.wants(site) => Standing::Healthy,
            _ => Standing::Waiting,
        }
    }

    /// When something happens by time alone.
    fn again(&self, waiting: &BTreeMap<Label, Waiting>) -> Option<Timestamp> {
        let opens = waiting.values().filter_map(|waiting| match waiting {
            Waiting::Window { opens, .. } => *opens,
            _ => None,
        });
        let ends = self.sites.values().filter_map(|site| {
            let (from, length) = match self.turn(*site)?.stage {
                Stage::Underway { unwell } => (unwell?, self.rollout()?.deadline),
                Stage::Soaking { since, .. } => (since, self.soak(site.wave)),
                _ => return None,
            };
            from.checked_add(length.0).ok()
        });
        let calms = self.sites.values().filter_map(|site| {
            let turn = self.turn(*site).filter(|turn| matches!(turn.stage, Stage::Underway { .. }))?;
            self.calms_down(turn)
        });
        let returns = self.sites.values().filter_map(|site| self.returns_by(*site));
        opens.chain(ends).chain(calms).chain(returns).filter(|at| *at > self.now).min()
    }
}
