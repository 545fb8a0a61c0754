//! One pass over all deployments.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    num::NonZeroUsize,
    sync::Arc,
};

use compose::{
    deploy::{
        Authored, Plan, Planner, Sites,
        rollout::{Seen, Stage, Step},
    },
    model::Label,
    release::Release,
};
use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use model::{DeploymentId, GenericUuid as _, ReleaseId};
use ring::digest;
use store::{
    Context, Tx,
    deployment::{self, Deployment, Give, Locked},
    event,
};

use super::{
    LOOK, PAUSE,
    inputs::{Inputs, goes_by_traffic, release_of},
    rollout::{self, Offers, Rollout},
};
use crate::{
    App,
    ops::{OpError, compute},
};

/// In how many threads one plan is made.
pub(super) const THREADS: NonZeroUsize = NonZeroUsize::new(2).expect("it is not 0");

/// How often it is looked at the connections of sites that are judged by them.
const TRAFFIC: SignedDuration = SignedDuration::from_secs(5);

/// What is remembered from one pass to the next. Without it everything comes out the same, and takes longer.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// What each deployment was looked at with last, and when that is to be done again though it stays so.
    looked: HashMap<DeploymentId, (Vec<u8>, Option<Timestamp>)>,
    /// What was planned of each last.
    planned: HashMap<DeploymentId, Arc<Planned>>,
    releases: HashMap<ReleaseId, Arc<Release>>,
}

/// Plans what is to be planned anew, and goes on with every rollout; says when to look again though nothing changes.
pub(crate) async fn pass(app: &App, memory: &mut Memory) -> Result<Timestamp, OpError> {
    let rows = deployment::list_all(app.store()).await?;
    let there: HashSet<DeploymentId> = rows.iter().map(|row| row.id).collect();
    memory.looked.retain(|id, _| there.contains(id));
    memory.planned.retain(|id, _| there.contains(id));
    let mut again = app.now() + LOOK;
    let mut used = HashSet::new();
    for row in rows {
        let outcome = if row.removing {
            withdraw(app, &row).await.map(|()| None)
        } else {
            look(app, memory, &row, &mut used).await
        };
        match outcome {
            Ok(at) => again = at.map_or(again, |at| again.min(at)),
            Err(error) => {
                let (name, error) = (row.name.as_str(), &error as &dyn std::error::Error);
                tracing::warn!(deployment = name, error, "a deployment could not be planned; trying again");
                again = again.min(app.now() + PAUSE);
            }
        }
    }
    memory.releases.retain(|id, _| used.contains(id));
    Ok(again)
}

/// Takes a deployment away from every site, and forgets it. Sites that are away learn of it when they come back.
async fn withdraw(app: &App, row: &Deployment) -> Result<(), OpError> {
    let mut tx = begin(app, row.id).await?;
    let Some(_) = deployment::lock(&mut tx, row.id).await? else { return Ok(()) };
    let sites = deployment::sites(&mut tx, row.id).await?;
    let gives: Vec<_> = sites.iter().map(|at| (at.member, Give::Nothing)).collect();
    deployment::offer(&mut tx, row.id, &gives).await?;
    deployment::delete(&mut tx, row.id).await?;
    crashpoint::reached(Point::WithdrawUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::WithdrawCommitted);
    Ok(())
}

/// Looks at a deployment; says when to look again though nothing changes.
async fn look(
    app: &App,
    memory: &mut Memory,
    row: &Deployment,
    used: &mut HashSet<ReleaseId>,
) -> Result<Option<Timestamp>, OpError> {
    let Some(inputs) = Inputs::read(app, row).await? else { return Ok(None) };
    used.insert(inputs.release);
    let release = match memory.releases.get(&inputs.release) {
        Some(release) => Arc::clone(release),
        None => release_of(app, inputs.release).await?,
    };
    memory.releases.insert(inputs.release, Arc::clone(&release));
    let now = app.now();
    let last = memory.planned.get(&row.id).filter(|last| last.is_kept(&inputs)).cloned();
    let before = match &last {
        Some(last) => last.plan.clone(),
        None => inputs.before()?.map(Arc::new),
    };
    let sites = inputs.stored.known(&release, before.as_deref(), now);
    let mut seen = rollout::seen(&inputs.stored, now);
    let from = fingerprint(&inputs, &sites, &seen);
    if let Some((looked, again)) = memory.looked.get(&row.id)
        && *looked == from
        && again.is_none_or(|again| again > now)
    {
        return Ok(*again);
    }
    let of = planned_from(&inputs, &sites);
    let planned = match last.filter(|last| last.of == of) {
        // A plan that is made again from the same is the same.
        Some(last) => last,
        None => Arc::new(plan(&inputs, release.clone(), sites, before, of).await?),
    };
    memory.planned.insert(row.id, Arc::clone(&planned));
    let kept = Rollout::read(inputs.locked.rollout.as_deref())?;
    if let Some(plan) = &planned.plan {
        rollout::read_declined(app, &row.name, &inputs.stored, plan, &mut seen).await?;
    }
    let step = match (&planned.plan, &planned.authored) {
        (Some(plan), Some(authored)) => {
            let step = rollout::step(&authored.deployment, plan, &seen, &kept.progress, now, None);
            Some(step.expect("nobody said anything that could be refused"))
        }
        _ => None,
    };
    let mut again = step.as_ref().and_then(|step| step.again);
    if goes_by_traffic(&inputs.locked.deployment.document) && step.as_ref().is_some_and(is_underway) {
        again = Some(again.map_or(now + TRAFFIC, |again| again.min(now + TRAFFIC)));
    }
    if carry_out(app, &inputs, &release, &planned, step).await? {
        memory.looked.insert(row.id, (from, again));
        Ok(again)
    } else {
        memory.looked.remove(&row.id);
        Ok(Some(now))
    }
}

/// Whether a site is judged that was given something.
fn is_underway(step: &Step) -> bool {
    let mut stages = step.progress.sites.values().map(|turn| &turn.stage);
    stages.any(|stage| matches!(stage, Stage::Underway { .. } | Stage::Soaking { .. }))
}

/// What was planned.
#[derive(Debug)]
struct Planned {
    /// All that it follows from but the plan before, in short.
    of: Vec<u8>,
    /// None, when what the deployment says is not in order.
    authored: Option<Authored>,
    /// None, when the first could not be made.
    plan: Option<Arc<Plan>>,
    /// The plan as it is kept.
    text: Option<String>,
    /// What could not be done, for people.
    trouble: Option<String>,
}

impl Planned {
    /// Whether its plan is the one that is kept.
    fn is_kept(&self, inputs: &Inputs) -> bool {
        let network = inputs.stored.network.name.as_str();
        self.text == inputs.locked.plan && self.plan.as_ref().is_some_and(|plan| plan.network.as_str() == network)
    }
}

async fn plan(
    inputs: &Inputs,
    release: Arc<Release>,
    sites: Sites,
    before: Option<Arc<Plan>>,
    of: Vec<u8>,
) -> Result<Planned, OpError> {
    let kept = inputs.locked.plan.clone();
    let authored = match inputs.authored() {
        Ok(authored) => authored,
        Err(OpError::Documents(problems)) => {
            let trouble = Some(problems.render(|_| None));
            return Ok(Planned { of, authored: None, plan: before, text: kept, trouble });
        }
        Err(error) => return Err(error),
    };
    compute::run(move |_| match Planner::new(&release, THREADS).plan(&authored, &sites, before.as_deref()) {
        Ok(plan) => {
            let text = serde_json::to_string(&plan).map_err(OpError::internal("writing a plan"))?;
            let (plan, text) = (Some(Arc::new(plan)), Some(text));
            Ok(Planned { of, authored: Some(authored), plan, text, trouble: None })
        }
        Err(problems) => {
            let trouble = Some(problems.render(|_| None));
            Ok(Planned { of, authored: Some(authored), plan: before, text: kept, trouble })
        }
    })
    .await?
}

/// Keeps a plan and how far its rollout is, and offers sites what that says. Nothing is done when something has changed
/// meanwhile: then this is false.
async fn carry_out(
    app: &App,
    inputs: &Inputs,
    release: &Release,
    planned: &Planned,
    step: Option<Step>,
) -> Result<bool, OpError> {
    let row = &inputs.locked.deployment;
    let mut trouble: Vec<String> = planned.trouble.iter().cloned().collect();
    let offers = match (&planned.plan, &step) {
        (Some(plan), Some(step)) => Some(Offers::of(step, plan, &row.name, release, &inputs.stored)?),
        _ => None,
    };
    trouble.extend(offers.iter().flat_map(|offers| offers.trouble.iter().cloned()));
    trouble.extend(
        step.iter()
            .filter_map(|step| step.exceeded.as_ref())
            .map(|exceeded| format!("{exceeded}; if that is meant: `skx deploy allow-removals`")),
    );
    let text = &planned.text;
    let kept = step.as_ref().map(|step| serde_json::to_string(&Rollout::from(step))).transpose();
    let kept = kept.map_err(OpError::internal("writing a rollout"))?.or_else(|| inputs.locked.rollout.clone());
    let trouble = (!trouble.is_empty()).then(|| trouble.join("\n"));
    let mut tx = begin(app, row.id).await?;
    let current = deployment::lock(&mut tx, row.id).await?;
    if !current.is_some_and(|now| inputs.is_at(&now)) {
        return Ok(false);
    }
    let is_new = (text, &kept, &trouble, inputs.release)
        != (&inputs.locked.plan, &inputs.locked.rollout, &row.trouble, row.release);
    if is_new {
        let number = planned.plan.as_ref().map(|plan| plan.number).filter(|_| *text != inputs.locked.plan);
        let trouble = trouble.as_deref();
        deployment::planned(&mut tx, row.id, text.as_deref(), inputs.release, trouble, kept.as_deref(), number).await?;
    }
    if let Some(offers) = offers {
        offers.give(&mut tx, row.id).await?;
    }
    if is_new {
        crashpoint::reached(Point::PlanUncommitted);
    }
    tx.commit().await?;
    if is_new {
        crashpoint::reached(Point::PlanCommitted);
    }
    Ok(true)
}

/// All that a plan follows from but the one before, in short.
fn planned_from(inputs: &Inputs, sites: &Sites) -> Vec<u8> {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&serde_json::to_vec(sites).expect("they have a JSON form"));
    let Locked { deployment, .. } = &inputs.locked;
    hash.update(format!("{} {} {}", inputs.release, deployment.name, deployment.document).as_bytes());
    hash.finish().as_ref().to_vec()
}

/// All that a plan and the next step follow from, in short.
fn fingerprint(inputs: &Inputs, sites: &Sites, seen: &BTreeMap<Label, Seen>) -> Vec<u8> {
    let Inputs { locked, release, .. } = inputs;
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&serde_json::to_vec(sites).expect("they have a JSON form"));
    hash.update(
        format!("{seen:?} {} {release} {:?}", locked.deployment.revision, locked.deployment.trouble).as_bytes(),
    );
    for text in [&locked.plan, &locked.rollout] {
        hash.update(text.as_deref().unwrap_or_default().as_bytes());
    }
    hash.finish().as_ref().to_vec()
}

/// What follows for a deployment is done on behalf of who said something about it last.
async fn begin(app: &App, deployment: DeploymentId) -> Result<Tx, OpError> {
    let person = event::last_person(app.store(), deployment.into_untyped_uuid()).await?;
    Ok(app.store().begin(&Context::controller(app.controller()).on_behalf_of(person)).await?)
}
