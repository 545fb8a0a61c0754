//! What happened in a rollout.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::command::Command;
use crate::model::Label;

/// What happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Event {
    /// Something else is rolled out from now on.
    Began {
        /// The release.
        release: String,
        /// The number of the plan.
        plan: u64,
    },
    /// A wave is done, and the next may begin.
    Promoted {
        /// The wave.
        wave: Label,
    },
    /// A site failed.
    Failed {
        /// The site.
        site: Label,
        /// Why.
        why: String,
        /// Whether it goes back to what it had.
        back: bool,
    },
    /// Too many sites of a wave failed.
    Stopped {
        /// The wave.
        wave: Label,
        /// So many failed.
        failed: usize,
        /// Of so many.
        of: usize,
    },
    /// Sites go back to what they had.
    WentBack {
        /// So many.
        sites: usize,
    },
    /// More sites would lose all they have than the guard allows.
    Guarded {
        /// So many.
        removals: usize,
        /// Of so many that have something.
        of: usize,
    },
    /// A person said so.
    Said {
        /// What.
        command: Command,
        /// Who.
        by: String,
    },
    /// All waves are done.
    Finished,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began { release, plan } => write!(f, "plan {plan} began: {release}"),
            Self::Promoted { wave } => write!(f, "wave {wave} is done"),
            Self::Failed { site, why, back } => {
                write!(f, "{site} failed: {why}")?;
                if *back { f.write_str("; it goes back to what it had") } else { Ok(()) }
            }
            Self::Stopped { wave, failed, of } => write!(f, "stopped: {failed} of {of} sites of wave {wave} failed"),
            Self::WentBack { sites: 1 } => f.write_str("1 site goes back to what it had"),
            Self::WentBack { sites } => write!(f, "{sites} sites go back to what they had"),
            Self::Guarded { removals, of } => {
                write!(
                    f,
                    "held: {removals} of {of} sites would lose all they have, which is more than the guard allows"
                )
            }
            Self::Said { command, by } => write!(f, "{by}: {command}"),
            Self::Finished => f.write_str("all waves are done"),
        }
    }
}
