//! What a running site knows of itself at a moment, beside what its router says.

use std::{collections::BTreeMap, sync::Arc};

use api::local::LogsRead;
use jiff::Timestamp;

use compose::model::Platform;
use model::Name;
use uuid::Uuid;

use crate::{
    deploy::{settle::Standing, sockets::Sockets},
    state::{Deployments, LocalConfig, StoredSite},
};

/// A running site at a moment.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    /// What is in force.
    pub(crate) site: Arc<StoredSite>,
    /// What was configured at the site itself.
    pub(crate) local: Arc<LocalConfig>,
    /// What is deployed, as far as it is kept.
    pub(crate) kept: Arc<Deployments>,
    /// What is deployed, as far as it is in force.
    pub(crate) deployed: Arc<Deployed>,
    /// What workloads are run on, if they are.
    pub(crate) runs: Option<Platform>,
    /// Whether a newly admitted site has linked with its own certificate.
    pub(crate) attached: bool,
    /// Why redemption or enrolment has not succeeded yet.
    pub(crate) attempt: Option<Attempt>,
    /// What the access point said last, when it refused the link.
    pub(crate) refused: Option<String>,
    /// Who else than the participant read last what workloads said.
    pub(crate) logs_read: Option<LogsRead>,
    /// The session with a controller.
    pub(crate) session: SessionLive,
    /// Since when listeners and connectors are as they are.
    pub(crate) stood: Arc<Stood>,
    /// What is wrong and being retried, by what it concerns.
    pub(crate) trouble: BTreeMap<Trouble, String>,
}

/// Since when listeners and connectors are as they are, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stood(BTreeMap<Uuid, (bool, Option<String>, Timestamp)>);

impl Stood {
    /// The same at a later moment: what is as it was is so since then.
    pub(crate) fn at(&self, now: Timestamp, all: impl Iterator<Item = (Uuid, bool, Option<String>)>) -> Self {
        let since = |id: &Uuid, ready: bool, error: &Option<String>| {
            let same = self.0.get(id).filter(|(was, why, _)| (*was, why) == (ready, error));
            same.map_or(now, |(.., since)| *since)
        };
        Self(all.map(|(id, ready, error)| (id, (ready, error.clone(), since(&id, ready, &error)))).collect())
    }

    /// Since when the one with this id is as it is.
    pub(crate) fn since(&self, id: Uuid) -> Option<Timestamp> {
        self.0.get(&id).map(|(.., since)| *since)
    }
}

/// What is deployed at a site, as far as it is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deployed {
    /// The listeners and connectors.
    pub(crate) sockets: Sockets,
    /// Where each deployment stands.
    pub(crate) standings: BTreeMap<Name, Standing>,
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
    /// Workloads cannot be run.
    Workloads,
    /// The other end of a link takes the time for another.
    Clock,
    /// The controllers take the time for another.
    ControllerClock,
}

impl Trouble {
    /// Everything that can be.
    pub(crate) const ALL: [Self; 7] =
        [Self::Storage, Self::Router, Self::Items, Self::Renewal, Self::Workloads, Self::Clock, Self::ControllerClock];

    /// Its name in figures.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Storage => "storage",
            Self::Router => "router",
            Self::Items => "items",
            Self::Renewal => "renewal",
            Self::Workloads => "workloads",
            Self::Clock => "clock",
            Self::ControllerClock => "controller-clock",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::time;

    #[test]
    fn what_stays_as_it_is_is_so_since_it_became_so() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (first, second) = (time("2027-02-01T00:00:00Z"), time("2027-02-01T00:00:01Z"));
        let taken = || Some("the port is taken".to_owned());
        let stood = Stood::default().at(first, [(one, true, None), (two, false, taken())].into_iter());
        let stood = stood.at(second, [(one, true, None), (two, true, None)].into_iter());
        assert_eq!([one, two].map(|id| stood.since(id)), [Some(first), Some(second)]);
        assert_eq!(stood.at(second, std::iter::empty()).since(one), None, "what is gone is forgotten");
    }
}
