//! What a rollout makes of a plan, for people who look before anything happens.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use serde::Serialize;

use super::{Inputs, Progress, Stage, Step, Target, Waiting, WaveState, machine::Machine, progress::Hold};
use crate::model::Label;

/// What happens at sites that are to get something else, and when.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outlook {
    /// Why no site begins, and since when, if none does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<String>,
    /// The waves in their order.
    pub waves: Vec<(Label, WaveState)>,
    /// The sites that are to get something else.
    pub sites: BTreeMap<Label, Turned>,
}

/// When a site gets something else.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Turned {
    /// Its wave, if there are waves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<Label>,
    /// When, in words.
    pub when: String,
}

/// So many sites of one kind are named.
const NAMED: usize = 5;

impl Outlook {
    /// What a step would make of it.
    pub fn of(inputs: Inputs<'_>, before: &Progress, step: &Step) -> Self {
        let machine = Machine::new(inputs, &step.progress, jiff::Timestamp::UNIX_EPOCH);
        let sites = machine.sites.values().filter_map(|site| {
            let when =
                when(step, site.name, site.seen.offered.as_ref().map(|it| it.digest.as_str()), &site.plan.digest)?;
            let wave = machine.waves.get(site.wave).map(|wave| wave.name.clone());
            Some((site.name.clone(), Turned { wave, when }))
        });
        let held = step.progress.hold.as_ref().map(|hold| match before.held_since() {
            Some(since) if before.hold.as_ref() == Some(hold) => format!("{} since {since:.0}", words(hold)),
            _ => words(hold),
        });
        let waves = step.waves.iter().map(|wave| (wave.name.clone(), wave.state)).collect();
        Self { held, sites: sites.collect(), waves }
    }

    /// The outlook as a person reads it; nothing, where everything happens at once.
    pub fn text(&self) -> String {
        let mut out = String::new();
        if self.held.is_none() && self.waves.is_empty() && self.sites.values().all(|turned| turned.when == AT_ONCE) {
            return out;
        }
        out.push('\n');
        if let Some(held) = &self.held {
            let _ = writeln!(out, "held: {held}");
        }
        let state = |state: WaveState| serde_json::to_value(state).unwrap_or_default();
        for (name, how) in &self.waves {
            let _ = writeln!(out, "wave {name}: {}", state(*how).as_str().unwrap_or_default());
            self.write(Some(name), &mut out);
        }
        self.write(None, &mut out);
        out
    }

    fn write(&self, wave: Option<&Label>, out: &mut String) {
        let mut groups: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (site, turned) in self.sites.iter().filter(|(_, turned)| turned.wave.as_ref() == wave) {
            groups.entry(&turned.when).or_default().insert(site.as_str());
        }
        for (when, sites) in groups {
            let named: Vec<&str> = sites.iter().copied().take(NAMED).collect();
            let more = if sites.len() > NAMED { format!(" and {} more", sites.len() - NAMED) } else { String::new() };
            let _ = writeln!(out, "    {}{more}: {when}", named.join(", "));
        }
    }
}

const AT_ONCE: &str = "at once";

/// When a site gets what its plan says; nothing, when it has it.
fn when(step: &Step, site: &Label, offered: Option<&str>, digest: &str) -> Option<String> {
    if let Some(waiting) = step.waiting.get(site) {
        return Some(waiting.words());
    }
    match step.progress.sites.get(site).map(|turn| &turn.stage) {
        Some(Stage::Failed { why, .. }) => Some(format!("not before `skx deploy resume`: it failed, {why}")),
        Some(Stage::Back) => Some("not before `skx deploy resume`: it went back to what it had".to_owned()),
        _ => {
            let gets = matches!(step.targets.get(site), Some(Target::Plan { .. })) && offered != Some(digest);
            gets.then(|| AT_ONCE.to_owned())
        }
    }
}

fn words(hold: &Hold) -> String {
    match hold {
        Hold::Paused => "it is paused".to_owned(),
        Hold::Stopped { wave } => format!("too many sites of wave {wave} failed"),
        Hold::Aborted => "it was ended".to_owned(),
        Hold::RolledBack => "sites went back to what they had".to_owned(),
    }
}

impl Waiting {
    /// Why a site was not given what its plan says, and until when, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Wave { wave, after } => format!("its wave {wave} comes after {after}"),
            Self::Window { window, opens: Some(opens) } => format!("the window {window} opens {opens:.0}"),
            Self::Window { window, opens: None } => format!("the window {window} does not open"),
            Self::Zone { window } => {
                format!("the window {window} is by the clocks of the site, and its label timezone names no time zone")
            }
            Self::AtOnce => "as many of its wave are under way as may be".to_owned(),
            Self::Held => "the rollout is held".to_owned(),
            Self::Guard => "more sites would lose all they have than the guard allows".to_owned(),
            Self::Offline => "when it is back: it is offline".to_owned(),
        }
    }
}
