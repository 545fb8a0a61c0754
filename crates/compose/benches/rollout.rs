//! The figure of docs/benchmarks.md: a thousand sites through a wave rollout in which one in fifty fails.
//!
//! `cargo bench -p compose --bench rollout [-- --sites N]`: a trial of one site that soaks two hours and is promoted by hand, ten
//! sites, then the rest in the night windows of five time zones, 5 % at once. Every site takes two minutes to be healthy, and the
//! machine steps whenever a site says something, and when it said it wants to.

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

#[path = "../tests/support/fleet.rs"]
mod fleet;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use compose::{
    deploy::rollout::{Command, Inputs, Stage, State, WaveState, step},
    model::Label,
};
use fleet::Fleet;
use jiff::{SignedDuration, Timestamp};

const SPEC: &str = "  rollout:
    windows: {night: {from: '22:00', to: '05:00', zone: site}}
    waves:
    - {name: trial, sites: [store-0001], soak: 2h, promote: manual}
    - {name: some, labels: {early: 'yes'}, soak: 30m, stopAt: 20%}
    - {name: all, rest: true, max: 5%, window: night, stopAt: 5%}
    onFailure: rollback-site
";

const ZONES: [&str; 5] = ["Europe/Berlin", "Europe/Lisbon", "America/New_York", "America/Los_Angeles", "Asia/Tokyo"];

/// How long a site takes to be healthy, or to fail.
const TAKES: SignedDuration = SignedDuration::from_mins(2);

fn fleet(count: usize) -> Fleet {
    let names: Vec<String> = (1..=count).map(|i| format!("store-{i:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut fleet = Fleet::new(SPEC, &names, "2026-06-01T08:00:00Z");
    for (i, seen) in fleet.sites.values_mut().enumerate() {
        seen.labels.insert("timezone".to_owned(), ZONES[i % ZONES.len()].to_owned());
        if (1..=10).contains(&i) {
            seen.labels.insert("early".to_owned(), "yes".to_owned());
        }
    }
    let mut fleet = fleet.with("v1");
    let failing: Vec<&str> = names.iter().skip(20).step_by(50).copied().collect();
    fleet.make(&failing, "v2", State::Failed);
    fleet.release("v2");
    fleet
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let at = args.iter().position(|arg| arg == "--sites");
    let count = at.and_then(|i| args.get(i + 1)?.parse().ok()).unwrap_or(1000);
    let mut fleet = fleet(count);
    let began = fleet.now;
    let mut taken: Vec<Duration> = Vec::new();
    // When which sites will have something to say.
    let mut coming: BTreeMap<Timestamp, Vec<Label>> = BTreeMap::new();
    let mut most = 0;
    let mut offered = fleet.sites.clone();
    loop {
        let inputs = Inputs { deployment: &fleet.deployment, plan: &fleet.plan, sites: &fleet.sites };
        let start = Instant::now();
        let done = step(inputs, &fleet.progress, fleet.now);
        taken.push(start.elapsed());
        fleet.carry_out(&done);
        if done.waves[0].state == WaveState::AwaitingPromotion {
            fleet.order(Command::Promote).expect("it waits for it");
        }
        for (name, seen) in &fleet.sites {
            let had = offered.get_mut(name).expect("a site");
            if seen.offered != had.offered {
                coming.entry(fleet.now + TAKES).or_default().push(name.clone());
                had.offered.clone_from(&seen.offered);
            }
        }
        most = most.max(done.waves.iter().map(|wave| wave.underway).max().unwrap_or(0));
        let Some(next) = coming.keys().next().copied().into_iter().chain(done.again).min() else { break };
        fleet.now = next;
        // Each site says it by itself, and is heard by itself.
        if let Some(sites) = coming.get_mut(&next) {
            if let Some(site) = sites.pop() {
                fleet.answer_of(&site);
            }
            coming.retain(|_, sites| !sites.is_empty());
        }
    }
    let stages = |is: fn(&Stage) -> bool| fleet.progress.sites.values().filter(|turn| is(&turn.stage)).count();
    let (healthy, failed) =
        (stages(|stage| *stage == Stage::Done), stages(|stage| matches!(stage, Stage::Failed { .. })));
    assert_eq!(healthy + failed, count, "everybody had their turn");
    assert_eq!(fleet.offered("v1").len(), failed, "whoever failed has what it had");
    taken.sort();
    let total: Duration = taken.iter().sum();
    let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
    println!(
        "{count} sites, {healthy} healthy, {failed} failed and went back; at most {most} at once; {} of the fleet's time",
        fleet.now.duration_since(began)
    );
    println!("| steps | ms per step, median | the slowest | all of them, s |\n|---|---|---|---|");
    println!(
        "| {} | {:.2} | {:.2} | {:.1} |",
        taken.len(),
        ms(taken[taken.len() / 2]),
        ms(taken[taken.len() - 1]),
        total.as_secs_f64()
    );
}
