//! Where a rollout is: what is kept between one step and the next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    command::Command,
    history::{Entry, Event},
};
use crate::model::Label;

/// Where a rollout is: kept between one step and the next, as JSON. Every part of it may be missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Progress {
    /// What people decided, as a digest: the release, and what the deployment says apart from how it is rolled out. When it
    /// becomes another, the waves begin again.
    pub change: String,
    /// The release.
    pub release: String,
    /// The number of the plan that was judged last.
    pub plan: u64,
    /// The waves that are done.
    pub promoted: BTreeSet<Label>,
    /// Why nothing begins, if nothing does.
    pub hold: Option<Hold>,
    /// The sites that were given what the change is, and what became of it.
    pub sites: BTreeMap<Label, Turn>,
    /// The sites that may lose all they have although that is more than the guard allows.
    pub removals: BTreeSet<Label>,
    /// Whether the guard held the rollout when it was judged last.
    pub guarded: bool,
    /// What happened, the oldest first; the oldest is forgotten when it becomes too long.
    pub history: VecDeque<Entry>,
}

/// Why nothing begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Hold {
    /// A person paused it. It stays so, whatever is to be rolled out.
    Paused,
    /// Too many sites of a wave failed. A new change begins anew.
    Stopped {
        /// The wave.
        wave: Label,
    },
    /// A person ended it. A new change begins anew.
    Aborted,
    /// Sites went back to what they had. A new change begins anew.
    RolledBack,
}

/// What became of a change at a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// The digest of the plan it was given.
    pub digest: String,
    /// The digest of what it can go back to; none when it had nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<String>,
    /// Whether it was given what follows from facts alone, having been healthy with the release before: it is no reason to go
    /// back to another release.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// How often workloads were started again there, as the site said last of what it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarts: Option<u64>,
    /// When it said last that one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted: Option<Timestamp>,
    /// How far it is.
    #[serde(flatten)]
    pub stage: Stage,
}

/// How far a site is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum Stage {
    /// It was given the plan, and is not healthy by it.
    Underway {
        /// Since when it could be healthy, and is not; none while it is offline or its participant has yet to consent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unwell: Option<Timestamp>,
    },
    /// It is healthy, and has to stay so for a while.
    Soaking {
        /// Since when.
        since: Timestamp,
        /// Since when it would not have been healthy, had it been so all at once; none when it always was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unwell: Option<Timestamp>,
    },
    /// It is healthy, and its wave is done.
    Done,
    /// It failed.
    Failed {
        /// Why.
        why: String,
        /// Whether it went back to what it had.
        returned: bool,
        /// Whether it counts against the wave: not after a person went on nevertheless.
        counts: bool,
    },
    /// It went back to what it had, because others failed or a person said so.
    Back,
    /// It failed or went back, and may be tried again.
    Again,
}

/// How many events are remembered.
const REMEMBERED: usize = 200;

impl Progress {
    /// Since when nothing begins, if that is remembered.
    pub fn held_since(&self) -> Option<Timestamp> {
        self.hold.as_ref()?;
        let holds = |event: &Event| match event {
            Event::Stopped { .. } => true,
            Event::Said { command, .. } => matches!(command, Command::Pause | Command::Abort | Command::Rollback),
            _ => false,
        };
        self.history.iter().rev().find(|entry| holds(&entry.event)).map(|entry| entry.at)
    }

    pub(super) fn remember(&mut self, at: Timestamp, event: Event) {
        self.history.push_back(Entry { at, event });
        let surplus = self.history.len().saturating_sub(REMEMBERED);
        self.history.drain(..surplus);
    }
}

impl Turn {
    /// Whether the site has what it had before, or is to have it.
    pub(super) fn is_back(&self) -> bool {
        self.back.is_some() && matches!(self.stage, Stage::Back | Stage::Failed { returned: true, .. })
    }
}
