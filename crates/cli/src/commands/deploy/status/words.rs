//! How a deployment stands, in words: readable at three sites and at a thousand.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use api::{
    DeploymentPart, DeploymentSite, DeploymentState as State, DeploymentStatus, DeploymentWave, DeploymentWorkload,
};
use jiff::Timestamp;

use crate::{
    commands::deploy::object::short,
    output::{table, time},
};

/// Up to so many sites, all of them are shown.
const FEW: usize = 10;
/// So many sites that are not healthy are shown, and so many changes at once.
const SHOWN: usize = 20;

/// Whether nothing has happened but that sites were heard of.
pub(super) fn is_same(before: &DeploymentStatus, now: &DeploymentStatus) -> bool {
    let without = |status: &DeploymentStatus| {
        let mut status = status.clone();
        status.sites.iter_mut().for_each(|site| site.observed = None);
        status
    };
    without(before) == without(now)
}

/// All of it.
pub(super) fn text(status: &DeploymentStatus, all: bool, now: Timestamp) -> String {
    let mut out = format!("{}/{}: {}", status.network, status.deployment, short(&status.release));
    let _ = match (status.removing, status.number) {
        (true, _) => writeln!(out, ", being taken away"),
        (false, Some(number)) => writeln!(out, ", plan {number}"),
        (false, None) => writeln!(out, ", not planned yet"),
    };
    let _ = writeln!(out, "{}", sums(status));
    let parts = status.parts.iter().map(part);
    for line in status.waves.iter().map(wave).chain(held(status)).chain(status.missing.iter().cloned()).chain(parts) {
        let _ = writeln!(out, "{line}");
    }
    for line in status.trouble.iter().flat_map(|trouble| trouble.lines()) {
        let _ = writeln!(out, "trouble: {line}");
    }
    let few = all || status.sites.len() <= FEW;
    let mut sites: Vec<&DeploymentSite> =
        status.sites.iter().filter(|site| few || site.state != State::Healthy).collect();
    sites.sort_by_key(|site| site.state);
    let more = if few { 0 } else { sites.len().saturating_sub(SHOWN) };
    let rest = sites.split_off(sites.len() - more);
    if !sites.is_empty() {
        let rows = sites.iter().map(|site| row(site, now)).collect();
        let _ = write!(out, "\n{}", table(&["site", "state", "since", "heard of", "plan", "well", "message"], rows));
    }
    if !rest.is_empty() {
        let _ = writeln!(out, "and {} more ({}); --all shows them", rest.len(), counted(&rest));
    }
    if let [site] = status.sites.as_slice()
        && !site.workloads.is_empty()
    {
        let rows = site.workloads.iter().map(workload).collect();
        let _ = write!(out, "\n{}", table(&["workload", "part", "state", "since", "restarts", "message"], rows));
    }
    out
}

/// What has changed since; nothing, when nothing has. Of many sites, those that want looking at are named, and the others are
/// counted.
pub(super) fn changed(before: &DeploymentStatus, now: &DeploymentStatus, time_now: Timestamp) -> String {
    let mut out = String::new();
    if (before.number, &before.release) != (now.number, &now.release)
        && let Some(number) = now.number
    {
        let _ = writeln!(out, "plan {number}: {}", short(&now.release));
    }
    if now.removing && !before.removing {
        let _ = writeln!(out, "it is being taken away");
    }
    if before.trouble != now.trouble {
        let _ = writeln!(out, "trouble: {}", now.trouble.as_deref().unwrap_or("none any more"));
    }
    if before.hold != now.hold {
        let _ = writeln!(out, "{}", held(now).unwrap_or_else(|| "held no more".to_owned()));
    }
    let last = before.history.last();
    let new = now.history.iter().skip_while(|entry| last.is_some() && Some(*entry) != last);
    for entry in new.skip(usize::from(last.is_some())) {
        let _ = writeln!(out, "{}: {}", time(entry.at), entry.text);
    }
    sites_changed(before, now, time_now, &mut out);
    if before.sums != now.sums {
        let _ = writeln!(out, "{}", sums(now));
    }
    for wave in now.waves.iter().filter(|wave| !before.waves.contains(wave)).map(wave) {
        let _ = writeln!(out, "{wave}");
    }
    for part in now.parts.iter().filter(|part| !before.parts.contains(part)).map(part) {
        let _ = writeln!(out, "{part}");
    }
    out
}

/// The sites that stand otherwise than before, those that want looking at first.
fn sites_changed(before: &DeploymentStatus, now: &DeploymentStatus, time_now: Timestamp, out: &mut String) {
    let had: BTreeMap<_, _> = before.sites.iter().map(|site| (site.site_id, site)).collect();
    let stands = |site: &DeploymentSite| (site.state, site.message.clone(), site.number);
    let mut news: Vec<&DeploymentSite> = now
        .sites
        .iter()
        .filter(|site| had.get(&site.site_id).is_none_or(|before| stands(before) != stands(site)))
        .collect();
    news.sort_by_key(|site| site.state);
    let many = news.len() > FEW;
    let named = news.iter().take_while(|site| !many || is_problem(site.state)).take(SHOWN).count();
    let rest = news.split_off(named);
    for site in news {
        let message = if site.message.is_empty() { String::new() } else { format!(": {}", one_line(&site.message)) };
        let heard = heard(site.observed, time_now);
        let _ = writeln!(out, "{} is {}{message} (heard of {heard})", site.site, site.state.as_str());
    }
    if !rest.is_empty() {
        let n = if named > 0 { format!("and {} more", rest.len()) } else { sites(rest.len()) };
        let _ = writeln!(out, "{n} changed: {}", counted(&rest));
    }
    let there: BTreeSet<_> = now.sites.iter().map(|site| site.site_id).collect();
    let gone: Vec<_> = before.sites.iter().filter(|site| !there.contains(&site.site_id)).collect();
    match gone.as_slice() {
        [] => {}
        few if few.len() <= FEW => {
            let names: Vec<&str> = few.iter().map(|site| site.site.as_str()).collect();
            let _ = writeln!(out, "no longer there: {}", names.join(", "));
        }
        many => {
            let _ = writeln!(out, "{} are no longer there", sites(many.len()));
        }
    }
}

/// Whether somebody should look at a site that stands so.
fn is_problem(state: State) -> bool {
    match state {
        State::Failed
        | State::Degraded
        | State::RolledBack
        | State::Offline
        | State::Declined
        | State::AwaitingConsent => true,
        State::WaitingWave | State::WaitingWindow | State::Pending | State::Applying | State::Healthy => false,
    }
}

fn sites(n: usize) -> String {
    if n == 1 { "1 site".to_owned() } else { format!("{n} sites") }
}

fn sums(status: &DeploymentStatus) -> String {
    // What is well comes first for whoever reads it.
    let each: Vec<_> = status.sums.iter().rev().map(|sum| format!("{} {}", sum.sites, sum.state.as_str())).collect();
    format!("sites: {}", if each.is_empty() { "none".to_owned() } else { each.join(", ") })
}

/// How many of some sites stand how.
fn counted(sites: &[&DeploymentSite]) -> String {
    let mut states = BTreeMap::<State, usize>::new();
    sites.iter().for_each(|site| *states.entry(site.state).or_default() += 1);
    let each: Vec<_> = states.iter().map(|(state, n)| format!("{n} {}", state.as_str())).collect();
    each.join(", ")
}

fn wave(wave: &DeploymentWave) -> String {
    let counts = [
        (wave.healthy, "healthy"),
        (wave.underway, "under way"),
        (wave.waiting, "waiting"),
        (wave.failed, "failed"),
        (wave.back, "went back"),
        (wave.away, "away"),
    ];
    let said: Vec<_> = counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let said = if said.is_empty() { "no sites".to_owned() } else { said.join(", ") };
    format!("wave {}: {}, {said}", wave.name, wave.state)
}

fn held(status: &DeploymentStatus) -> Option<String> {
    status.hold.as_ref().map(|hold| format!("held: {hold}"))
}

fn part(part: &DeploymentPart) -> String {
    format!("part {}: {} of {} well", part.part, part.ready, part.all)
}

fn row(site: &DeploymentSite, now: Timestamp) -> Vec<String> {
    let plan = match (site.number, site.planned) {
        (Some(has), Some(planned)) if has != planned => format!("{has}, to be {planned}"),
        (Some(has), _) => has.to_string(),
        (None, Some(planned)) => format!("none, to be {planned}"),
        (None, None) => String::new(),
    };
    vec![
        site.site.to_string(),
        site.state.as_str().to_owned(),
        time(site.since),
        heard(site.observed, now),
        plan,
        if site.all > 0 { format!("{} of {}", site.ready, site.all) } else { String::new() },
        one_line(&site.message),
    ]
}

/// How long ago a site said what is shown of it.
fn heard(observed: Option<Timestamp>, now: Timestamp) -> String {
    let Some(observed) = observed else { return "never".to_owned() };
    match now.duration_since(observed).as_secs().max(0) {
        s @ 0..120 => format!("{s} s ago"),
        s @ 120..7_200 => format!("{} min ago", s / 60),
        s @ 7_200..172_800 => format!("{} h ago", s / 3_600),
        s => format!("{} d ago", s / 86_400),
    }
}

fn workload(it: &DeploymentWorkload) -> Vec<String> {
    let since = time(it.since);
    vec![it.name.clone(), it.part.clone(), it.state.clone(), since, it.restarts.to_string(), one_line(&it.message)]
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
