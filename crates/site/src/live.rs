//! What a running site knows of itself at a moment, beside what its router says.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;

use crate::state::{LocalConfig, StoredSite};

/// A running site at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// What is in force.
    pub(crate) site: Arc<StoredSite>,
    /// What was configured at the site itself.
    pub(crate) local: Arc<LocalConfig>,
    /// Whether a newly admitted site has linked with its own certificate.
    pub(crate) attached: bool,
    /// Why redemption or enrolment has not succeeded yet.
    pub(crate) attempt: Option<Attempt>,
    /// What the access point said last, when it refused the link.
    pub(crate) refused: Option<String>,
    /// The session with a controller.
    pub(crate) session: SessionLive,
    /// What is wrong and being retried, by what it concerns.
    pub(crate) trouble: BTreeMap<Trouble, String>,
}

/// How the last attempt to redeem or enrol ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The controller refused, not for good.
    Refused {
        /// Its stable word.
        code: String,
        /// For people.
        message: String,
    },
    /// No controller gave an answer.
    Failed(String),
}

/// The session at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionLive {
    pub(crate) up: bool,
    pub(crate) since: Timestamp,
    pub(crate) error: Option<String>,
}

/// What can be in trouble while the site keeps working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// The state cannot be stored.
    Storage,
    /// The router does not take the configuration.
    Router,
    /// Items of the desired state cannot be applied.
    Items,
    /// The certificate could not be renewed.
    Renewal,
    /// The other end of a link takes the time for another.
    Clock,
    /// The controllers take the time for another.
    ControllerClock,
}

impl Trouble {
    /// Everything that can be.
    pub(crate) const ALL: [Self; 6] =
        [Self::Storage, Self::Router, Self::Items, Self::Renewal, Self::Clock, Self::ControllerClock];

    /// Its name in figures.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Router => "router",
            Self::Items => "items",
            Self::Renewal => "renewal",
            Self::Clock => "clock",
            Self::ControllerClock => "controller-clock",
        }
    }
}
