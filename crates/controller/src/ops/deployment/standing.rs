//! How a deployment stands at every site: what was planned for it, what it was offered, and what it last said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use api::DeploymentState as State;
use compose::deploy::{
    Held, missing,
    rollout::{Stage, Turn, Waiting},
};
use jiff::Timestamp;
use model::{Name, SiteId, lifecycle::MemberState};
use serde::Deserialize;
use serde_json::Value;
use store::{
    deployment::{self, AtSite as Stored},
    member,
    release::{self, Release},
    status,
};

use crate::{
    App,
    deploy::Rollout,
    ops::{OpError, Ref, compute, find, observed},
};

/// How a deployment stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    /// What is stored of it.
    pub(crate) stored: deployment::Deployment,
    /// The network's name.
    pub(crate) network_name: Name,
    /// The release that is placed now.
    pub(crate) release: Release,
    /// Where its rollout is.
    pub(crate) rollout: Rollout,
    /// Places that have fewer sites than they want, in words.
    pub(crate) missing: Vec<String>,
    /// The number of the plan; none before the first.
    pub(crate) number: Option<u64>,
    /// The sites that have something of it or are to have, by name.
    pub(crate) sites: Vec<AtSite>,
}

/// How it stands at a site.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AtSite {
    /// The site.
    pub(crate) site: SiteId,
    /// Its name.
    pub(crate) name: Name,
    /// How it stands there.
    pub(crate) state: State,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// When the site last said something of it.
    pub(crate) observed: Option<Timestamp>,
    /// Why it stands so.
    pub(crate) message: String,
    /// The number of the plan that the site goes by.
    pub(crate) number: Option<u64>,
    /// The number of the plan that it is to go by.
    pub(crate) planned: Option<u64>,
    /// The parts its participant declined.
    pub(crate) declined: BTreeSet<String>,
    /// What runs there, as it says.
    pub(crate) workloads: Vec<Workload>,
}

/// A workload, as its site says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(crate) struct Workload {
    /// Its name there.
    pub(crate) name: String,
    /// The part it is.
    pub(crate) instance: String,
    /// How it is, in a word.
    pub(crate) state: String,
    /// Why.
    pub(crate) message: String,
    /// Since when.
    pub(crate) since: Option<Timestamp>,
    /// How often it was started again.
    pub(crate) restarts: u64,
}

impl Workload {
    /// Whether it does what it is for.
    pub(crate) fn is_well(&self) -> bool {
        matches!(self.state.as_str(), "ready" | "done")
    }
}

/// What a site last said, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Report {
    offered: String,
    number: u64,
    state: String,
    message: String,
    since: Option<Timestamp>,
    workloads: Vec<Workload>,
}

/// What of a plan tells how sites stand; what they get is not read.
#[derive(Clone, Debug, Default, Deserialize)]
struct Planned {
    number: u64,
    sites: HashMap<String, PlannedSite>,
}

#[derive(Clone, Debug, Deserialize)]
struct PlannedSite {
    number: u64,
    digest: String,
    #[serde(default)]
    places: BTreeSet<String>,
    #[serde(default)]
    held: Option<Held>,
}

/// How far the rollout is with a site.
struct Turned<'a> {
    turn: Option<&'a Turn>,
    waiting: Option<&'a Waiting>,
}

impl Turned<'_> {
    /// Why the site went back to what it had, if it did.
    fn went_back(&self) -> Option<String> {
        match &self.turn?.stage {
            Stage::Failed { why, returned: true, .. } => Some(format!("it went back to what it had: {why}")),
            Stage::Back => Some("it went back to what it had".to_owned()),
            _ => None,
        }
    }

    /// Why a site was not given what its plan says.
    fn waits(&self) -> (State, String) {
        match self.waiting {
            Some(Waiting::Offline) | None => (State::WaitingWave, "it is offered its plan later".to_owned()),
            Some(waiting @ (Waiting::Window { .. } | Waiting::Zone { .. })) => (State::WaitingWindow, waiting.words()),
            Some(waiting) => (State::WaitingWave, waiting.words()),
        }
    }
}

/// What differs as soon as anything differs in how a deployment stands; next to nothing is read for it.
pub(crate) async fn digest(app: &App, network: &Ref, reference: &Ref) -> Result<String, OpError> {
    let network = find::network(app.store(), network).await?;
    let stored = find::deployment(app.store(), network.id, reference).await?;
    Ok(deployment::digest(app.store(), network.id, stored.id, app.now() - observed::SILENCE).await?)
}

/// How a deployment stands at every site; at one only, if that is given.
pub(crate) async fn standing(
    app: &App,
    network: &Ref,
    reference: &Ref,
    only: Option<&Ref>,
) -> Result<Standing, OpError> {
    let network = find::network(app.store(), network).await?;
    let stored = find::deployment(app.store(), network.id, reference).await?;
    let only = match only {
        Some(site) => Some(find::member(app.store(), network.id, site).await?.id),
        None => None,
    };
    let release = release::get(app.store(), stored.release).await?;
    let rollout = Rollout::read(deployment::rollout(app.store(), stored.id).await?.as_deref())?;
    let planned = match deployment::plan(app.store(), stored.id).await? {
        Some(text) => Some(compute::run(move |_| read(&text)).await??),
        None => None,
    };
    let mut stands: BTreeMap<SiteId, Stored> =
        deployment::sites(app.store(), stored.id).await?.into_iter().map(|at| (at.member, at)).collect();
    let statuses: HashMap<SiteId, status::Status> =
        status::list_of_network(app.store(), network.id).await?.into_iter().collect();
    let members = member::list(app.store(), network.id, false, store::Page::ALL).await?.items;
    let now = app.now();
    let mut sites = Vec::new();
    for member in members.into_iter().filter(|member| member.state == MemberState::Member) {
        if only.is_some_and(|only| only != member.id) {
            continue;
        }
        let plan = planned.as_ref().and_then(|plan| plan.sites.get(member.name.as_str()));
        let at = stands.remove(&member.id);
        let away = match statuses.get(&member.id) {
            Some(status) if observed::is_online(status, now) => None,
            Some(status) => Some(status.last_seen),
            None => Some(member.created),
        };
        let name = member.name.as_str();
        let turn = Turned { turn: rollout.progress.sites.get(name), waiting: rollout.waiting.get(name) };
        sites.extend(at_site(member.id, member.name, plan, at, &turn, away));
    }
    sites.sort_by(|one, other| one.name.cmp(&other.name));
    let missing = planned.as_ref().map(|plan| short_of(&stored.document, plan)).unwrap_or_default();
    let number = planned.map(|plan| plan.number);
    Ok(Standing { stored, network_name: network.name, release, rollout, missing, number, sites })
}

/// The places that have fewer sites by a plan than they want.
fn short_of(document: &Value, plan: &Planned) -> Vec<String> {
    let filled = plan.sites.values().flat_map(|site| &site.places).map(String::as_str);
    serde_json::from_value(document.clone()).map(|deployment| missing(&deployment, filled)).unwrap_or_default()
}

fn read(plan: &str) -> Result<Planned, OpError> {
    serde_json::from_str(plan).map_err(OpError::internal("reading a plan of the database"))
}

/// How it stands at one site, which is `away` since then; none, when the site has nothing to do with it.
fn at_site(
    site: SiteId,
    name: Name,
    plan: Option<&PlannedSite>,
    at: Option<Stored>,
    turned: &Turned<'_>,
    away: Option<Timestamp>,
) -> Option<AtSite> {
    let offered = at.as_ref().and_then(|at| at.offer_digest.as_deref());
    let is_planned = plan.is_some_and(|plan| !plan.places.is_empty() || plan.held.is_some());
    if offered.is_none() && !is_planned {
        return None;
    }
    let report: Option<Report> =
        at.as_ref().and_then(|at| at.report.clone()).and_then(|report| serde_json::from_value(report).ok());
    let said = report.clone().unwrap_or_default();
    let since_offer = at.as_ref().and_then(|at| at.offered);
    let (state, since, message) = match (plan.and_then(|plan| plan.held.as_ref()), away) {
        (_, Some(since)) => (State::Offline, Some(since), last_said(report.as_ref())),
        (Some(held @ Held::Declined { .. }), None) => (State::Declined, since_offer, held.words()),
        // Whether it is the participant who has to say something, the site knows.
        (Some(held @ Held::Blocked { .. }), None) if said.state == State::AwaitingConsent.as_str() => {
            (State::AwaitingConsent, said.since, held.words())
        }
        (Some(held @ Held::Blocked { .. }), None) => (State::Failed, since_offer, held.words()),
        _ if turned.went_back().is_some() => (State::RolledBack, since_offer, turned.went_back().unwrap_or_default()),
        _ if plan.is_some_and(|plan| offered != Some(plan.digest.as_str())) => {
            let (state, message) = turned.waits();
            (state, since_offer, message)
        }
        _ if report.is_none() || Some(said.offered.as_str()) != offered => {
            (State::Pending, since_offer, "it has not said yet that it knows of its plan".to_owned())
        }
        _ => (state(&said.state), said.since, said.message.clone()),
    };
    Some(AtSite {
        site,
        name,
        state,
        since,
        observed: at.as_ref().and_then(|at| at.observed),
        message,
        number: Some(said.number).filter(|number| *number > 0),
        planned: plan.map(|plan| plan.number),
        declined: at.map(|at| at.declined).unwrap_or_default(),
        workloads: said.workloads,
    })
}

fn last_said(report: Option<&Report>) -> String {
    match report {
        None => "it has said nothing of it yet".to_owned(),
        Some(report) if report.message.is_empty() => format!("it was {} when last heard of", report.state),
        Some(report) => format!("it was {} when last heard of: {}", report.state, report.message),
    }
}

/// What a site says of itself; what is no word that it could say is as good as nothing.
fn state(word: &str) -> State {
    State::ALL.into_iter().find(|state| state.as_str() == word).unwrap_or(State::Pending)
}

#[cfg(test)]
mod tests {
    use model::GenericUuid;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn plan(held: Value) -> PlannedSite {
        let site = json!({"number": 2, "digest": "d2", "places": ["store"], "gets": {"many": "things"}, "held": held});
        serde_json::from_value(site).expect("a plan of a site")
    }

    fn stands(offered: Option<&str>, report: Option<Value>) -> Stored {
        Stored {
            deployment: GenericUuid::from_untyped_uuid(Uuid::nil()),
            member: GenericUuid::from_untyped_uuid(Uuid::nil()),
            offer_digest: offered.map(str::to_owned),
            empty: offered.is_none(),
            offered: None,
            kept_digest: None,
            declined: BTreeSet::new(),
            locals: json!({}),
            report,
            observed: None,
        }
    }

    fn found(plan: Option<&PlannedSite>, at: Option<Stored>, away: Option<Timestamp>) -> Option<State> {
        let name = "a".parse().expect("a name");
        let turned = Turned { turn: None, waiting: None };
        at_site(SiteId::from_untyped_uuid(Uuid::nil()), name, plan, at, &turned, away).map(|at| at.state)
    }

    #[test]
    fn a_site_stands_as_it_says_of_the_plan_it_is_offered_and_of_no_other() {
        let planned = plan(Value::Null);
        let said = |offered: &str, state: &str| Some(json!({"offered": offered, "state": state, "number": 2}));
        let at = |offered, report| found(Some(&planned), Some(stands(offered, report)), None);
        assert_eq!(at(Some("d2"), said("d2", "healthy")), Some(State::Healthy));
        assert_eq!(at(Some("d2"), said("d2", "awaiting-consent")), Some(State::AwaitingConsent));
        assert_eq!(at(Some("d2"), said("d2", "splendid")), Some(State::Pending));
        assert_eq!(at(Some("d2"), said("d1", "healthy")), Some(State::Pending), "what it says is of the plan before");
        assert_eq!(at(Some("d2"), None), Some(State::Pending));
        assert_eq!(
            at(Some("d1"), said("d1", "healthy")),
            Some(State::WaitingWave),
            "it is not offered the new one yet"
        );
        assert_eq!(found(Some(&planned), None, None), Some(State::WaitingWave));
        assert_eq!(
            found(None, Some(stands(None, said("d2", "healthy"))), None),
            None,
            "nothing of it is there any more"
        );
    }

    #[test]
    fn a_site_without_a_session_is_offline_whatever_it_said() {
        let planned = plan(Value::Null);
        let report = Some(json!({"offered": "d2", "state": "healthy"}));
        let at = found(Some(&planned), Some(stands(Some("d2"), report)), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(at, Some(State::Offline));
    }

    #[test]
    fn what_holds_a_plan_back_is_said_of_the_site() {
        for (held, state) in [
            (json!(Held::Declined { parts: BTreeSet::from(["shop/till".to_owned()]) }), State::Declined),
            (json!(Held::Blocked { problems: "no".to_owned() }), State::Failed),
        ] {
            assert_eq!(found(Some(&plan(held)), Some(stands(Some("d2"), None)), None), Some(state));
        }
    }
}
