//! What is known of a site when its turn is judged.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    deploy::{differences, offer::is_within},
    diff::What,
    model::Label,
    render::Rendered,
};

/// What is known of a site when its turn is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// Its classes.
    pub classes: BTreeSet<Label>,
    /// Its labels; `timezone` says where its clocks are.
    pub labels: BTreeMap<String, String>,
    /// Whether it is there.
    pub online: bool,
    /// When it was there last, if it is not; none, if nobody knows.
    pub left: Option<Timestamp>,
    /// What it is offered.
    pub offered: Option<Offered>,
    /// The digest of the offer that is kept for it, to go back to.
    pub kept: Option<String>,
    /// What it said last, if it has said something since it was offered what it is offered.
    pub report: Option<Report>,
    /// The connections at its addresses since it was offered what it is offered.
    pub traffic: Traffic,
    /// What its participant declined, if they did and it is to get something else.
    pub declined: Option<Declined>,
}

/// What a participant declined.
#[derive(Clone, Debug, PartialEq)]
pub struct Declined {
    /// The parts, by their paths.
    pub parts: BTreeSet<String>,
    /// What the site is offered.
    pub offered: Rendered,
}

impl Declined {
    /// Whether nothing else would change for the site than that it loses what was declined.
    pub(super) fn is_all_that_goes(&self, gets: &Rendered) -> bool {
        let stays: BTreeSet<&str> = gets.instances.iter().map(|it| it.path.as_str()).collect();
        let mut gone =
            self.offered.instances.iter().map(|it| it.path.as_str()).filter(|path| !stays.contains(path)).peekable();
        gone.peek().is_some()
            && gone.all(|path| self.parts.iter().any(|part| is_within(path, part)))
            && differences(Some(&self.offered), gets).iter().all(|change| change.what == What::Removed)
    }
}

/// What a site is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The digest of the plan.
    pub digest: String,
    /// Whether it gets nothing by it.
    pub empty: bool,
}

/// What a site said last of what it is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The digest of the offer it speaks of.
    pub offered: String,
    /// The digest of what is in force there; empty for nothing.
    pub applied: String,
    /// What became of the offer.
    pub state: State,
    /// How often its workloads were started again, all together.
    pub restarts: u64,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Its participant has not said anything to it.
    AwaitingConsent,
    /// Its participant declined it.
    Declined,
    /// It is being carried out.
    Applying,
    /// All of it runs.
    Healthy,
    /// Some of it does not run.
    Degraded,
    /// It could not be carried out, and what was before is in force.
    Failed,
}

/// Connections, and how many of them came to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// All of them.
    pub connections: u64,
    /// Those that came to nothing.
    pub errors: u64,
}
