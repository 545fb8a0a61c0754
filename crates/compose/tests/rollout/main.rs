//! Rollouts: what begins when, what is done, what stops it, and the way back.

use compose::deploy::rollout::Stage;
use jiff::Timestamp;

#[path = "../support/fleet.rs"]
mod fleet;
mod health;
mod orders;
mod waves;
mod ways_back;
mod windows;
mod words;

use fleet::Fleet;

/// A trial that a person promotes, then the rest by night, by the clocks of the sites.
const STORY: &str = "  rollout:
    windows: {night: {from: '22:00', to: '05:00', zone: site}}
    waves:
    - {name: trial, sites: [store-1], soak: 2h, promote: manual}
    - {name: all, rest: true, max: 2, window: night, stopAt: 50%}
";

/// A trial of the first store, without a person, then all others.
const TRIAL: &str =
    "  rollout:\n    waves:\n    - {name: trial, sites: [store-1]}\n    - {name: all, rest: true}\n    deadline: 10m\n";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn stores(count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("store-{i}")).collect()
}

fn fleet(spec: &str, count: usize) -> Fleet {
    let names = stores(count);
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut fleet = Fleet::new(spec, &names, "2026-06-01T12:00:00Z");
    for seen in fleet.sites.values_mut() {
        seen.labels.insert("timezone".to_owned(), "Europe/Berlin".to_owned());
    }
    fleet
}

/// One wave of all, with these words about it.
fn one_wave(words: &str, more: &str) -> String {
    format!("  rollout:\n    waves: [{{name: all, rest: true{words}}}]\n{more}")
}

fn stage<'f>(fleet: &'f Fleet, site: &str) -> Option<&'f Stage> {
    fleet.progress.sites.get(site).map(|turn| &turn.stage)
}
