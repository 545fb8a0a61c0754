//! What people say to a rollout.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Label;

/// What a person says to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// No site begins, and no wave is done, until `resume`. Sites that began go on.
    Pause,
    /// Goes on; sites that failed or went back are tried again.
    Resume,
    /// The wave is done: it has come to its promotion, or [`early`](Order::early) says that it need not have.
    Promote,
    /// Nothing begins any more; sites that began and are not healthy go back to what they had.
    Abort,
    /// Nothing begins any more; all sites that were changed go back to what they had.
    Rollback,
    /// The sites that would lose all they have now may, whatever the guard says.
    AllowRemovals,
}

/// A command, and who gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub command: Command,
    /// Who, in a word for the history.
    pub by: String,
    /// The wave that is meant by [`Command::Promote`]; the one under way, if nothing is said.
    pub wave: Option<Label>,
    /// Whether that wave is done by [`Command::Promote`] though sites of it have yet to begin, to become healthy or to soak.
    pub early: bool,
}

impl Order {
    /// With nothing more to say.
    pub fn new(command: Command, by: impl Into<String>) -> Self {
        Self { command, by: by.into(), wave: None, early: false }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Promote => "promote",
            Self::Abort => "abort",
            Self::Rollback => "rollback",
            Self::AllowRemovals => "allow-removals",
        })
    }
}

/// Why a command does nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It goes on already.
    #[error("nothing holds the rollout")]
    GoesOn,
    /// It is paused already.
    #[error("the rollout is paused already")]
    Paused,
    /// It was ended already.
    #[error("the rollout was ended already; resume takes it up again")]
    Ended,
    /// There is no wave to go on from.
    #[error("no wave is under way")]
    NoWave,
    /// Another wave is under way than the one that is meant.
    #[error("wave {under_way} is under way, and not {meant}")]
    OtherWave {
        /// The one under way.
        under_way: Label,
        /// The one that was meant.
        meant: Label,
    },
    /// The wave has not come to its promotion.
    #[error("wave {wave} has not come to its promotion: sites of it have yet to begin, to become healthy or to soak")]
    TooEarly {
        /// The wave.
        wave: Label,
    },
    /// It is held, and would not go on.
    #[error("the rollout is held; resume it first")]
    Held,
    /// No site was changed, or none had anything before.
    #[error("no site has anything to go back to")]
    NothingBack,
    /// The guard holds nothing.
    #[error("no more sites would lose all they have than the guard allows")]
    NotGuarded,
}
