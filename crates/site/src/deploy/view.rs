//! What is deployed at a site, as its participant and its controller see it.

use std::collections::{BTreeMap, BTreeSet};

use api::local::{Deployment, DeploymentBrief, DeploymentPart, Impact, LocalField, Version, Workload};
use compose::deploy::{self, Offer, Part};
use dataplane::Status;
use model::Name;
use site_proto::{DeploymentStatus, WorkloadStatus};

use super::{
    decide::impact,
    settle::Standing,
    sockets::{Deployed, Sockets},
};
use crate::{
    live::Live,
    state::{Items, Kept, Phase},
};

/// The most workloads of a deployment that a controller is told of, and the longest words, in bytes.
const MAX_WORKLOADS: usize = 256;
const MAX_WORDS: usize = 2_048;

/// The deployments as the participant sees them.
pub(crate) fn deployments(live: &Live) -> Vec<Deployment> {
    let all = live.deployed.standings.iter();
    all.map(|(name, standing)| {
        let kept = live.kept.deployments.get(name).cloned().unwrap_or_default();
        deployment(name, standing, &kept, offer(live, name).as_ref())
    })
    .collect()
}

/// The deployments in a word each.
pub(crate) fn briefs(live: &Live) -> Vec<DeploymentBrief> {
    let all = live.deployed.standings.iter();
    all.map(|(name, it)| DeploymentBrief { name: name.clone(), state: it.state, message: it.message.clone() }).collect()
}

/// What is offered of a deployment, if that can be read.
pub(crate) fn offer(live: &Live, name: &Name) -> Option<Offer> {
    let Phase::Joined(joined) = &live.site.phase else { return None };
    offered(&joined.items, name)
}

/// What is offered of a deployment, if that can be read.
pub(crate) fn offered(items: &Items, name: &Name) -> Option<Offer> {
    items.offers().find(|(other, _)| *other == name).and_then(|(_, offer)| offer.ok())
}

fn deployment(name: &Name, standing: &Standing, kept: &Kept, offer: Option<&Offer>) -> Deployment {
    let rest = |offer: &Offer| deploy::without(&offer.gets, &kept.declined);
    let has = kept.applied.as_ref().map(rest);
    let is_new = |offer: &&Offer| kept.applied.as_ref().is_none_or(|applied| applied.digest != offer.digest);
    let changes = offer.filter(is_new).map(|offer| deploy::differences(has.as_ref(), &rest(offer))).unwrap_or_default();
    Deployment {
        name: name.clone(),
        state: standing.state,
        message: standing.message.clone(),
        since: standing.since,
        offered: offer.map(version),
        applied: kept.applied.as_ref().map(version),
        asks: standing.asks,
        impact: offer.map_or(Impact::None, |offer| match impact(offer, kept) {
            deploy::Impact::None => Impact::None,
            deploy::Impact::Update => Impact::Update,
            deploy::Impact::New => Impact::New,
        }),
        changes: changes
            .iter()
            .flat_map(|change| change.text().lines().map(str::to_owned).collect::<Vec<_>>())
            .collect(),
        differences: changes.iter().map(|change| serde_json::to_value(change).unwrap_or_default()).collect(),
        parts: offer.map(|offer| offer.parts.iter().map(|it| part(it, kept)).collect()).unwrap_or_default(),
        workloads: standing.workloads.iter().map(workload).collect(),
    }
}

fn version(offer: &Offer) -> Version {
    Version { number: offer.number, digest: offer.digest.clone(), release: offer.gets.release.clone() }
}

fn part(part: &Part, kept: &Kept) -> DeploymentPart {
    let filled = kept.locals.get(&part.path);
    let local = part.local.iter().map(|(name, field)| LocalField {
        field: name.to_string(),
        description: field.description.clone(),
        required: field.required,
        default: field.default.clone(),
        value: filled.and_then(|fields| fields.get(name)).cloned(),
    });
    DeploymentPart {
        path: part.path.clone(),
        block: part.block.clone(),
        optional: part.optional,
        declined: kept.declined.contains(&part.path),
        local: local.collect(),
    }
}

fn workload(it: &driver::WorkloadStatus) -> Workload {
    Workload {
        name: it.name.clone(),
        instance: it.instance.clone(),
        state: state(it.state).to_owned(),
        message: it.message.clone(),
        since: it.since,
        restarts: it.restarts,
        image: it.image.clone(),
    }
}

fn state(state: driver::State) -> &'static str {
    match state {
        driver::State::Starting => "starting",
        driver::State::Ready => "ready",
        driver::State::Unready => "unready",
        driver::State::Failed => "failed",
        driver::State::Done => "done",
        driver::State::Stopped => "stopped",
    }
}

/// What a controller is told of every deployment.
pub(crate) fn told(live: &Live) -> Vec<DeploymentStatus> {
    let all = live.deployed.standings.iter();
    all.map(|(name, standing)| {
        let kept = live.kept.deployments.get(name).cloned().unwrap_or_default();
        let offered = match &live.site.phase {
            Phase::Joined(joined) => joined.items.offered_digest(name),
            Phase::Joining(_) | Phase::Over(_) => None,
        };
        status(name, standing, &kept, offer(live, name).as_ref(), offered)
    })
    .collect()
}

fn status(
    name: &Name,
    standing: &Standing,
    kept: &Kept,
    offer: Option<&Offer>,
    offered: Option<&str>,
) -> DeploymentStatus {
    // What the release has no more would be unknown to whoever plans. Where it cannot be read what there is, nothing is taken back.
    let parts: BTreeSet<&str> =
        offer.into_iter().flat_map(|it| it.parts.iter().map(|part| part.path.as_str())).collect();
    let unreadable = offer.is_none() && offered.is_some();
    let is_known = |path: &str| unreadable || parts.contains(path);
    let locals: BTreeMap<_, _> = kept.locals.iter().filter(|(path, _)| is_known(path)).collect();
    DeploymentStatus {
        deployment: name.to_string(),
        offered: offered.unwrap_or_default().to_owned(),
        applied: kept.applied.as_ref().map(|offer| offer.digest.clone()).unwrap_or_default(),
        number: kept.applied.as_ref().map_or(0, |offer| offer.number),
        state: standing.state.as_str().to_owned(),
        message: cut(&standing.message),
        since: standing.since.as_second(),
        declined: kept.declined.iter().filter(|part| is_known(part)).cloned().collect(),
        locals: serde_json::to_string(&locals).expect("texts by texts, with JSON in them"),
        workloads: standing.workloads.iter().take(MAX_WORKLOADS).map(told_workload).collect(),
        secrets: standing.secrets.iter().cloned().collect(),
    }
}

fn told_workload(it: &driver::WorkloadStatus) -> WorkloadStatus {
    WorkloadStatus {
        name: it.name.clone(),
        instance: it.instance.clone(),
        state: state(it.state).to_owned(),
        message: cut(&it.message),
        since: it.since.as_second(),
        restarts: it.restarts,
    }
}

fn cut(words: &str) -> String {
    if words.len() <= MAX_WORDS {
        words.to_owned()
    } else {
        format!("{}…", &words[..words.floor_char_boundary(MAX_WORDS)])
    }
}

/// What is wrong with the listeners and connectors of each deployment.
pub(crate) fn socket_errors(sockets: &Sockets, router: &Status) -> BTreeMap<Name, Vec<String>> {
    let mut errors: BTreeMap<Name, Vec<String>> = BTreeMap::new();
    for Deployed { deployment: name, socket: it, .. } in &sockets.listeners {
        let found = router.listeners.iter().find(|socket| socket.id == it.id).and_then(|socket| socket.error.as_ref());
        if let Some(error) = found {
            errors.entry(name.clone()).or_default().push(format!("listener {} at {}: {error}", it.address, it.bind));
        }
    }
    for Deployed { deployment: name, socket: it, .. } in &sockets.connectors {
        let found = router.connectors.iter().find(|socket| socket.id == it.id).and_then(|socket| socket.error.as_ref());
        if let Some(error) = found {
            errors.entry(name.clone()).or_default().push(format!("connector {} to {}: {error}", it.address, it.target));
        }
    }
    errors
}
