use std::collections::BTreeMap;

use api::{
    Deployment, DeploymentChanges, DeploymentDocument, DeploymentEvent, DeploymentLogLine, DeploymentLogs,
    DeploymentOrder, DeploymentPart, DeploymentPlan, DeploymentSite, DeploymentState, DeploymentStatus, DeploymentSum,
    DeploymentWave, DeploymentWorkload, RolloutCommand,
};
use axum::extract::State;
use compose::deploy::rollout::{Command, Order, WaveStatus};

use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, digested, object, page, tagged, unchanged},
        extract::{At, Body, By, Create, IfMatch, IfNoneMatch, Named, Parameters},
        problem::Refusal,
        standing,
    },
    ops::{OpError, deployment, release},
};

fn view(found: deployment::Deployment) -> Result<Deployment, Refusal> {
    let (standing, follows) = (standing::deployment(&found), found.follows());
    let stored = found.stored;
    let document: DeploymentDocument =
        serde_json::from_value(stored.document).map_err(OpError::internal("reading a deployment of the database"))?;
    Ok(Deployment {
        id: stored.id,
        name: stored.name,
        network: found.network_name,
        release: release::name(&found.release),
        application: found.release.name,
        version: found.release.version.to_string(),
        follows,
        document,
        trouble: stored.trouble,
        removing: stored.removing,
        created: stored.created,
        updated: stored.updated,
        revision: stored.revision,
        standing,
    })
}

fn shown(found: deployment::Deployment) -> Answer {
    let revision = found.stored.revision;
    tagged(view(found)?, revision)
}

pub(crate) async fn list(State(app): State<App>, At(Named(network)): At<Named>, parameters: Parameters) -> Answer {
    let found = deployment::list(&app, &network, &parameters.page()?).await?;
    let items = found.items.into_iter().map(view).collect::<Result<Vec<_>, _>>()?;
    page(crate::ops::Listing { items, next: found.next }, |item| item)
}

pub(crate) async fn create(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    Create(actor, input): Create<DeploymentDocument>,
) -> Answer {
    let made = deployment::create(&app, &actor, &network, input.to_value()).await?;
    let revision = made.stored.revision;
    created_tagged(view(made)?, revision)
}

pub(crate) async fn show(State(app): State<App>, At((Named(network), Named(name))): At<(Named, Named)>) -> Answer {
    shown(deployment::show(&app, &network, &name).await?)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<DeploymentDocument>,
) -> Answer {
    shown(deployment::set(&app, &actor, &network, &name, input.to_value(), revision).await?)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    object(view(deployment::delete(&app, &actor, &network, &name, revision).await?)?)
}

pub(crate) async fn plan(
    State(app): State<App>,
    At((Named(network), Named(name))): At<(Named, Named)>,
    Body(input): Body<DeploymentPlan>,
) -> Answer {
    let document = input.document.as_ref().map(DeploymentDocument::to_value);
    let found = deployment::plan(&app, &network, &name, document, input.release).await?;
    let written = OpError::internal("writing what would change");
    let mut changes = serde_json::to_value(&found.changes).map_err(written)?;
    changes["rollout"] = serde_json::to_value(&found.outlook).unwrap_or_default();
    let missing: String = found.missing.iter().map(|place| format!("{place}\n")).collect();
    object(DeploymentChanges {
        text: found.changes.text() + &missing + &found.outlook.text(),
        changes,
        exceeded: found.exceeded.map(|exceeded| exceeded.to_string()),
    })
}

pub(crate) async fn order(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    Body(input): Body<DeploymentOrder>,
) -> Answer {
    let command = match input.command {
        RolloutCommand::Pause => Command::Pause,
        RolloutCommand::Resume => Command::Resume,
        RolloutCommand::Promote => Command::Promote,
        RolloutCommand::Abort => Command::Abort,
        RolloutCommand::Rollback => Command::Rollback,
        RolloutCommand::AllowRemovals => Command::AllowRemovals,
    };
    let order = Order {
        wave: input.wave.as_deref().map(Into::into),
        early: input.early,
        ..Order::new(command, actor.acting.name.clone())
    };
    object(view(deployment::order(&app, &actor, &network, &name, &order).await?)?)
}

pub(crate) async fn status(
    State(app): State<App>,
    At((Named(network), Named(name))): At<(Named, Named)>,
    known: IfNoneMatch,
    parameters: Parameters,
) -> Answer {
    let site: Option<crate::ops::Ref> = parameters.value("site")?;
    // What changes after this is shown now, and once more.
    let digest = deployment::digest(&app, &network, &name).await?;
    if known.has(&digest) {
        return unchanged(&digest);
    }
    let found = deployment::standing(&app, &network, &name, site.as_ref()).await?;
    let (mut sums, mut parts) = (BTreeMap::<DeploymentState, u64>::new(), BTreeMap::<String, (u64, u64)>::new());
    for at in &found.sites {
        *sums.entry(at.state).or_default() += 1;
        for workload in &at.workloads {
            let (ready, all) = parts.entry(workload.instance.clone()).or_default();
            *ready += u64::from(workload.is_well());
            *all += 1;
        }
    }
    let stored = found.stored;
    let shown = DeploymentStatus {
        deployment: stored.name,
        network: found.network_name,
        release: release::name(&found.release),
        number: found.number,
        trouble: stored.trouble,
        removing: stored.removing,
        hold: found.rollout.held(),
        missing: found.missing,
        waves: found.rollout.waves.into_iter().map(wave).collect(),
        history: found
            .rollout
            .progress
            .history
            .into_iter()
            .map(|entry| DeploymentEvent { at: entry.at, text: entry.event.to_string() })
            .collect(),
        sums: sums.into_iter().map(|(state, sites)| DeploymentSum { state, sites }).collect(),
        parts: parts.into_iter().map(|(part, (ready, all))| DeploymentPart { part, ready, all }).collect(),
        sites: found.sites.into_iter().map(|at| at_site(at, site.is_some())).collect(),
    };
    digested(shown, &digest)
}

pub(crate) async fn logs(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    parameters: Parameters,
) -> Answer {
    let site: Option<crate::ops::Ref> = parameters.value("site")?;
    let site = site.ok_or_else(|| Refusal::field("site", "say at which site: logs are read at one"))?;
    let which = deployment::Which {
        part: parameters.text("part").map(str::to_owned),
        lines: parameters.value("lines")?,
        since: parameters.value("since")?,
    };
    let deployment::Read { site, lines, left_out } =
        deployment::logs(&app, &actor, &network, &name, &site, which).await?;
    let line = |it: deployment::Line| DeploymentLogLine {
        workload: it.workload,
        part: it.part,
        at: it.at,
        error: it.error,
        text: it.text,
    };
    object(DeploymentLogs { site, lines: lines.into_iter().map(line).collect(), left_out })
}

fn wave(wave: WaveStatus) -> DeploymentWave {
    let state = serde_json::to_value(wave.state).unwrap_or_default();
    DeploymentWave {
        name: wave.name.to_string(),
        state: state.as_str().unwrap_or_default().to_owned(),
        sites: wave.sites,
        waiting: wave.waiting,
        underway: wave.underway,
        healthy: wave.healthy,
        failed: wave.failed,
        back: wave.back,
        away: wave.away,
    }
}

fn at_site(at: deployment::AtSite, whole: bool) -> DeploymentSite {
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let (ready, all) = (at.workloads.iter().filter(|it| it.is_well()).count(), at.workloads.len());
    let workloads = at.workloads.into_iter().filter(|_| whole).map(|it| DeploymentWorkload {
        name: it.name,
        part: it.instance,
        state: it.state,
        message: it.message,
        since: it.since,
        restarts: it.restarts,
    });
    DeploymentSite {
        site: at.name,
        site_id: at.site,
        state: at.state,
        since: at.since,
        observed: at.observed,
        message: at.message,
        number: at.number,
        planned: at.planned,
        declined: at.declined,
        ready: count(ready),
        all: count(all),
        workloads: workloads.collect(),
    }
}
