//! A plan on its way to its sites: what is known of them, what they are offered next, and what people say to it.

use std::collections::{BTreeMap, HashMap};

use compose::{
    deploy::{
        Deployment, Offer, Plan, SitePlan,
        rollout::{
            self, Command, Declined, Hold, Offered, Order, Progress, Report, Seen, State, Step, Target, Traffic,
            Waiting, WaveState, WaveStatus,
        },
    },
    model::Label,
    release::Release,
};
use jiff::Timestamp;
use model::{DeploymentId, Name, SiteId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{
    Tx,
    deployment::{self, AtSite, Give},
    flow,
};

use super::known::Stored;
use crate::{
    App,
    ops::{OpError, observed},
};

/// The most a site may be offered of a deployment, in bytes: it comes in one message.
const MAX_OFFER: usize = 4 * 1024 * 1024;

/// Where a rollout is, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rollout {
    /// What the next step goes on from.
    pub(crate) progress: Progress,
    /// Why sites were not given what their plans say.
    pub(crate) waiting: BTreeMap<Label, Waiting>,
    /// The waves in their order.
    pub(crate) waves: Vec<WaveStatus>,
}

impl Rollout {
    /// Reads what is kept.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, OpError> {
        let Some(text) = text else { return Ok(Self::default()) };
        serde_json::from_str(text).map_err(OpError::internal("reading a rollout of the database"))
    }

    /// What is kept of a site is kept of the same under its new name. Says whether there was something.
    pub(super) fn rename_site(&mut self, from: &Label, to: &Label) -> bool {
        let waiting = self.waiting.remove(from).map(|why| self.waiting.insert(to.clone(), why));
        self.progress.rename_site(from, to) | waiting.is_some()
    }

    /// Why no site begins with something new, if none does, for people.
    pub(crate) fn held(&self) -> Option<String> {
        let untested = || self.waves.iter().find(|wave| wave.state == WaveState::Untested);
        let words = |wave: &WaveStatus| {
            format!(
                "no site of wave {0} is healthy, and nothing was tried there; `skx deploy promote` goes on without it",
                wave.name
            )
        };
        self.progress.hold.as_ref().map(hold_words).or_else(|| untested().map(words))
    }
}

impl Rollout {
    /// Why no site begins until a person says more, for people. Nobody waits for one who said so themselves.
    pub(crate) fn waits_for_a_person(&self) -> Option<String> {
        let said = matches!(self.progress.hold, Some(Hold::Paused | Hold::Aborted));
        if said { None } else { self.held() }
    }
}

impl From<&Step> for Rollout {
    fn from(step: &Step) -> Self {
        Self { progress: step.progress.clone(), waiting: step.waiting.clone(), waves: step.waves.clone() }
    }
}

/// What is known of the sites of a network, as far as it concerns their turn.
pub(super) fn seen(stored: &Stored, now: Timestamp) -> BTreeMap<Label, Seen> {
    let texts = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let sites = stored.sites().map(|member| {
        let at = stored.at.get(&member.id);
        let offered = at.and_then(|at| Some(Offered { digest: at.offer_digest.clone()?, empty: at.empty }));
        let status = stored.statuses.get(&member.id);
        let online = status.is_some_and(|status| observed::is_online(status, now));
        let seen = Seen {
            classes: member.classes.iter().map(|class| class.as_str().into()).collect(),
            labels: member.labels.as_object().into_iter().flatten().filter_map(texts).collect(),
            online,
            left: status.filter(|_| !online).map(|status| status.last_seen),
            offered,
            kept: at.and_then(|at| at.kept_digest.clone()),
            report: at.and_then(report),
            traffic: stored.traffic.get(&member.id).map(traffic).unwrap_or_default(),
            declined: None,
        };
        (member.name.as_str().into(), seen)
    });
    sites.collect()
}

/// Reads what sites are offered that are to get something else, and whose participants declined something.
pub(super) async fn read_declined(
    app: &App,
    deployment: &Name,
    stored: &Stored,
    plan: &Plan,
    seen: &mut BTreeMap<Label, Seen>,
) -> Result<(), OpError> {
    for member in stored.sites() {
        let Some(at) = stored.at.get(&member.id).filter(|at| !at.declined.is_empty()) else { continue };
        let name = Label::from(member.name.as_str());
        let (Some(site), Some(seen)) = (plan.sites.get(&name), seen.get_mut(&name)) else { continue };
        if at.offer_digest.as_ref().is_none_or(|digest| *digest == site.digest) {
            continue;
        }
        let Some(offer) = offered(app, deployment, member.id).await? else { continue };
        seen.declined = Some(Declined { parts: at.declined.clone(), offered: offer.gets });
    }
    Ok(())
}

/// What a site is offered of a deployment.
async fn offered(app: &App, deployment: &Name, site: SiteId) -> Result<Option<Offer>, OpError> {
    let all = deployment::offers_of(app.store(), site).await?;
    let read = all.into_iter().find(|it| it.name == *deployment).map(|it| serde_json::from_str(&it.offer)).transpose();
    read.map_err(OpError::internal("reading an offer of the database"))
}

/// A plan, with what sites are offered now in the place of what it says of them: it may be long until they are offered that.
pub(super) async fn offered_now(app: &App, deployment: &Name, stored: &Stored, plan: &Plan) -> Result<Plan, OpError> {
    let mut has = plan.clone();
    has.sites.clear();
    for member in stored.sites() {
        let name = Label::from(member.name.as_str());
        let digest = stored.at.get(&member.id).and_then(|at| at.offer_digest.as_ref());
        let planned = plan.sites.get(&name);
        let site = match (digest, planned) {
            (None, _) => continue,
            (Some(digest), Some(planned)) if planned.digest == *digest => planned.clone(),
            (Some(_), _) => {
                let Some(Offer { number, digest, gets, held, .. }) = offered(app, deployment, member.id).await? else {
                    continue;
                };
                let places = planned.map(|planned| planned.places.clone()).unwrap_or_default();
                SitePlan { number, digest, places, gets, ports: BTreeMap::new(), held }
            }
        };
        has.sites.insert(name, site);
    }
    Ok(has)
}

fn traffic(stored: &flow::Traffic) -> Traffic {
    Traffic { connections: stored.connections, errors: stored.errors }
}

fn report(at: &AtSite) -> Option<Report> {
    let report = at.report.as_ref()?;
    let text = |field: &str| Some(report.get(field)?.as_str()?.to_owned());
    let state = serde_json::from_value::<State>(report.get("state")?.clone()).ok()?;
    let workloads = report.get("workloads").and_then(Value::as_array).into_iter().flatten();
    let restarts = workloads.filter_map(|it| it.get("restarts")?.as_u64()).fold(0, u64::saturating_add);
    Some(Report { offered: text("offered")?, applied: text("applied")?, state, restarts })
}

/// Goes one step on; or does what a person says, and then goes on.
pub(super) fn step(
    deployment: &Deployment,
    plan: &Plan,
    sites: &BTreeMap<Label, Seen>,
    progress: &Progress,
    now: Timestamp,
    order: Option<&Order>,
) -> Result<Step, rollout::Refused> {
    let inputs = rollout::Inputs { deployment, plan, sites };
    match order {
        Some(order) => rollout::command(inputs, progress, now, order),
        None => Ok(rollout::step(inputs, progress, now)),
    }
}

/// What a step has sites offered.
pub(super) struct Offers {
    gives: Vec<(SiteId, Given)>,
    /// What could not be offered, in words.
    pub(super) trouble: Vec<String>,
}

enum Given {
    Plan { text: String, digest: String, empty: bool, keep: bool },
    Back,
}

impl Offers {
    /// What a step has sites offered of a plan.
    pub(super) fn of(
        step: &Step,
        plan: &Plan,
        name: &Name,
        release: &Release,
        stored: &Stored,
    ) -> Result<Self, OpError> {
        let ids: HashMap<&str, SiteId> = stored.sites().map(|member| (member.name.as_str(), member.id)).collect();
        let mut offers = Self { gives: vec![], trouble: vec![] };
        for (site, target) in &step.targets {
            let (Some(id), Some(site_plan)) = (ids.get(site.as_str()), plan.sites.get(site)) else { continue };
            match *target {
                Target::Stay => {}
                Target::Back => offers.gives.push((*id, Given::Back)),
                Target::Plan { keep } => {
                    let offer = Offer::new(release, &name.as_str().into(), site_plan);
                    let text = serde_json::to_string(&offer).map_err(OpError::internal("writing an offer"))?;
                    if text.len() > MAX_OFFER {
                        let size = text.len();
                        offers.trouble.push(format!(
                            "{site} would get {size} bytes, more than {MAX_OFFER}: it keeps what it has"
                        ));
                        continue;
                    }
                    let (digest, empty) = (site_plan.digest.clone(), site_plan.is_empty());
                    offers.gives.push((*id, Given::Plan { text, digest, empty, keep }));
                }
            }
        }
        Ok(offers)
    }

    /// Offers it.
    pub(super) async fn give(&self, tx: &mut Tx, deployment: DeploymentId) -> Result<(), OpError> {
        let gives = self.gives.iter().map(|(site, given)| match given {
            Given::Plan { text, digest, empty, keep } => {
                (*site, Give::Plan { offer: text, digest, empty: *empty, keep: *keep })
            }
            Given::Back => (*site, Give::Back),
        });
        Ok(deployment::offer(tx, deployment, &gives.collect::<Vec<_>>()).await?)
    }
}

/// Why nothing begins, for people.
fn hold_words(hold: &Hold) -> String {
    match hold {
        Hold::Paused => "it is paused; `skx deploy resume` goes on".to_owned(),
        Hold::Stopped { wave } => format!(
            "too many sites of wave {wave} failed; `skx deploy resume` tries them again, `skx deploy promote` goes on without them"
        ),
        Hold::Aborted => "it was ended; `skx deploy resume` takes it up again".to_owned(),
        Hold::RolledBack => "sites went back to what they had; `skx deploy resume` tries them again".to_owned(),
    }
}

/// What a person may say to a rollout, in a word.
pub(super) fn action(command: Command) -> &'static str {
    match command {
        Command::Pause => "deployment.pause",
        Command::Resume => "deployment.resume",
        Command::Promote => "deployment.promote",
        Command::Abort => "deployment.abort",
        Command::Rollback => "deployment.rollback",
        Command::AllowRemovals => "deployment.allow-removals",
    }
}
