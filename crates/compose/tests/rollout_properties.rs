//! What holds for every rollout, whatever happens: a fleet lives through chance, and every single step is held against the promises.

use std::collections::{BTreeMap, BTreeSet};

use compose::{
    deploy::rollout::{
        Command, Order, Progress, Report, Seen, Stage, State, Step, Target, Turn, WaveState, command, step, zone,
    },
    model::Label,
};
use jiff::SignedDuration;
use proptest::prelude::*;

#[path = "support/fleet.rs"]
mod fleet;

use fleet::{Fleet, deployment, label};

const NAMES: [&str; 9] = ["a-1", "b-1", "b-2", "b-3", "c-1", "c-2", "c-3", "c-4", "c-5"];
const ZONES: [&str; 3] = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];

fn spec(on_failure: &str) -> String {
    format!(
        "  rollout:
    windows: {{night: {{from: '22:00', to: '05:00', zone: site}}}}
    waves:
    - {{name: a, sites: [a-1], soak: 2h, promote: manual}}
    - {{name: b, classes: [b], soak: 10m, max: 1, stopAt: 50%}}
    - {{name: c, rest: true, max: 40%, window: night, stopAt: 34%}}
    onFailure: {on_failure}
  guard: {{maxRemovals: 25%}}
"
    )
}

/// Something that happens to the fleet.
#[derive(Clone, Debug)]
enum Happens {
    Wait(i64),
    Answers,
    Says(usize, State),
    Leaves(usize),
    Returns(usize),
    Release,
    Fact(usize, bool),
    Orders(Command),
    Forgotten(usize),
    Remembered,
}

fn happens() -> impl Strategy<Value = Happens> {
    let site = || 0..NAMES.len();
    let state = prop_oneof![
        Just(State::AwaitingConsent),
        Just(State::Declined),
        Just(State::Applying),
        Just(State::Degraded),
        Just(State::Failed)
    ];
    let order = prop_oneof![
        1 => Just(Command::Pause),
        2 => Just(Command::Resume),
        4 => Just(Command::Promote),
        1 => Just(Command::Abort),
        1 => Just(Command::Rollback),
        1 => Just(Command::AllowRemovals)
    ];
    prop_oneof![
        4 => (-600_i64..40_000).prop_map(Happens::Wait),
        4 => Just(Happens::Answers),
        2 => (site(), state).prop_map(|(site, state)| Happens::Says(site, state)),
        1 => site().prop_map(Happens::Leaves),
        1 => site().prop_map(Happens::Returns),
        1 => Just(Happens::Release),
        1 => (site(), any::<bool>()).prop_map(|(site, empty)| Happens::Fact(site, empty)),
        2 => order.prop_map(Happens::Orders),
        1 => site().prop_map(Happens::Forgotten),
        1 => Just(Happens::Remembered),
    ]
}

/// A fleet to which things happen.
struct Life {
    fleet: Fleet,
    /// Those of whom nothing is known.
    forgotten: BTreeMap<Label, Seen>,
    versions: usize,
    /// Everything that each site was offered.
    offered: BTreeMap<Label, BTreeSet<String>>,
}

impl Life {
    fn new(on_failure: &str) -> Self {
        let mut fleet = Fleet::new(&spec(on_failure), &NAMES, "2026-10-24T12:00:00Z");
        for (i, name) in NAMES.iter().enumerate() {
            let seen = fleet.site(name);
            seen.labels.insert("timezone".to_owned(), ZONES[i % ZONES.len()].to_owned());
            seen.classes.extend(name.starts_with('b').then(|| label("b")));
        }
        let fleet = fleet.with("v0");
        let offered = NAMES.iter().map(|name| (label(name), BTreeSet::from(["v0".to_owned()]))).collect();
        Self { fleet, forgotten: BTreeMap::new(), versions: 0, offered }
    }

    fn lives(&mut self, event: &Happens) -> Result<(), TestCaseError> {
        let fleet = &mut self.fleet;
        match event {
            Happens::Wait(seconds) => fleet.now += SignedDuration::from_secs(*seconds),
            Happens::Answers => fleet.answer(),
            Happens::Says(site, state) => {
                if let Some(seen) = fleet.sites.get_mut(NAMES[*site])
                    && let Some(offered) = &seen.offered
                {
                    let report =
                        Report { offered: offered.digest.clone(), applied: String::new(), state: *state, restarts: 0 };
                    seen.report = Some(report);
                }
            }
            Happens::Leaves(site) | Happens::Returns(site) => {
                if let Some(seen) = fleet.sites.get_mut(NAMES[*site]) {
                    seen.online = matches!(event, Happens::Returns(_));
                }
            }
            Happens::Release => {
                self.versions += 1;
                let unknown = fleet.plan.sites.clone();
                fleet.release(&format!("v{}", self.versions));
                // The planner keeps what there was of whom it knows nothing.
                for (site, plan) in unknown {
                    fleet.plan.sites.entry(site).or_insert(plan);
                }
            }
            Happens::Fact(site, empty) => {
                self.versions += 1;
                let what = format!("f{}", self.versions);
                fleet.fact(NAMES[*site], (!empty).then_some(what.as_str()));
            }
            Happens::Forgotten(site) => {
                self.forgotten.extend(fleet.sites.remove_entry(NAMES[*site]));
            }
            Happens::Remembered => fleet.sites.append(&mut self.forgotten),
            Happens::Orders(what) => return self.step(Some(*what)),
        }
        self.step(None)
    }

    /// A step, held against everything that is promised of steps.
    fn step(&mut self, order: Option<Command>) -> Result<(), TestCaseError> {
        let before = self.fleet.clone();
        let make = |progress: &Progress| match order {
            None => Ok(step(before.inputs(), progress, before.now)),
            Some(what) => command(before.inputs(), progress, before.now, &Order::new(what, "ada")),
        };
        let Ok(done) = make(&before.progress) else { return Ok(()) };
        // Whoever starts again from what was kept, before or after it was carried out, finds the same.
        let kept: Progress = serde_json::from_str(&serde_json::to_string(&before.progress)?)?;
        prop_assert_eq!(&make(&kept), &Ok(done.clone()));
        let again = step(before.inputs(), &done.progress, before.now);
        prop_assert_eq!((&again.progress, &again.targets), (&done.progress, &done.targets));
        self.fleet.carry_out(&done);
        let carried = step(self.fleet.inputs(), &done.progress, before.now);
        prop_assert_eq!(&carried.progress, &done.progress);
        let sites = self.fleet.sites.clone();
        self.fleet.carry_out(&carried);
        prop_assert_eq!(&self.fleet.sites, &sites);
        for name in before.plan.sites.keys() {
            judge_site(&before, &done, name)?;
        }
        judge_waves(&before, &done)?;
        for (name, seen) in &self.fleet.sites {
            let had = self.offered.entry(name.clone()).or_default();
            let offered = seen.offered.as_ref().expect("everybody has something").digest.clone();
            let back = done.targets.get(name) == Some(&Target::Back);
            prop_assert!(!back || had.contains(&offered), "{} goes back to what it never had", name);
            had.insert(offered);
        }
        Ok(())
    }

    /// All is well again, and people let everything go on.
    fn ends_well(&mut self) -> Result<(), TestCaseError> {
        self.lives(&Happens::Remembered)?;
        for seen in self.fleet.sites.values_mut() {
            seen.online = true;
        }
        self.fleet.answer();
        self.step(Some(Command::Resume))?;
        self.step(Some(Command::AllowRemovals))?;
        loop {
            let before = (self.fleet.progress.clone(), self.fleet.sites.clone());
            self.step(None)?;
            self.fleet.answer();
            if before != (self.fleet.progress.clone(), self.fleet.sites.clone()) {
                continue;
            }
            let done = self.fleet.step();
            if let Some(again) = done.again {
                self.fleet.now = again;
            } else if done
                .waves
                .iter()
                .any(|wave| matches!(wave.state, WaveState::AwaitingPromotion | WaveState::Untested))
            {
                self.step(Some(Command::Promote))?;
            } else {
                break;
            }
        }
        for (name, plan) in &self.fleet.plan.sites {
            let offered = self.fleet.sites[name].offered.as_ref().expect("everybody has something");
            prop_assert!(offered.digest == plan.digest, "{}: {:?} instead of {}", name, offered, plan.digest);
        }
        Ok(())
    }
}

fn wave(fleet: &Fleet, name: &Label) -> usize {
    match name.as_str() {
        "a-1" => 0,
        _ if fleet.sites[name].classes.contains("b") => 1,
        _ => 2,
    }
}

/// Whether the step gives the site something that it did not have.
fn is_given(before: &Fleet, done: &Step, name: &Label) -> bool {
    let offered = before.sites.get(name).and_then(|seen| seen.offered.as_ref());
    matches!(done.targets[name], Target::Plan { .. })
        && offered.is_none_or(|o| o.digest != before.plan.sites[name].digest)
}

fn judge_site(before: &Fleet, done: &Step, name: &Label) -> Result<(), TestCaseError> {
    let Some(seen) = before.sites.get(name) else {
        prop_assert_eq!(done.targets[name], Target::Stay, "nothing is known of {}", name);
        return Ok(());
    };
    if !is_given(before, done, name) {
        return Ok(());
    }
    prop_assert!(seen.online, "{} is offline", name);
    prop_assert!(
        done.progress.hold.is_none() && !done.progress.guarded,
        "{} is given something by a rollout that is held",
        name
    );
    let wave = wave(before, name);
    let promoted: Vec<&str> = done.progress.promoted.iter().map(Label::as_str).collect();
    prop_assert!(["a", "b"].iter().take(wave).all(|earlier| promoted.contains(earlier)), "{} is before its turn", name);
    if wave == 2 {
        let clock = zone(&seen.labels["timezone"]).expect("a zone").to_datetime(before.now);
        prop_assert!(clock.hour() >= 22 || clock.hour() < 5, "{} is given something at {}", name, clock);
    }
    Ok(())
}

fn is_underway(fleet: &Fleet, turn: &Turn, name: &Label) -> bool {
    let Some(seen) = fleet.sites.get(name).filter(|seen| seen.online) else { return false };
    let offered = seen.offered.as_ref().map(|offered| &offered.digest);
    let report = seen.report.as_ref().filter(|report| report.offered == turn.digest && offered == Some(&turn.digest));
    let asked = report.is_some_and(|report| matches!(report.state, State::AwaitingConsent | State::Declined));
    matches!(turn.stage, Stage::Underway { .. }) && !asked
}

fn judge_waves(before: &Fleet, done: &Step) -> Result<(), TestCaseError> {
    let mut underway = [0; 3];
    let mut concerned = [0; 3];
    let mut begins = [false; 3];
    for (name, plan) in before.plan.sites.iter().filter(|(name, _)| before.sites.contains_key(*name)) {
        let wave = wave(before, name);
        let turn = done.progress.sites.get(name);
        let offered = before.sites[name].offered.as_ref().expect("everybody has something");
        let wants = offered.digest != plan.digest && !(offered.empty && plan.is_empty());
        concerned[wave] += usize::from(turn.is_some() || wants);
        underway[wave] += usize::from(turn.is_some_and(|turn| is_underway(before, turn, name)));
        let was = before.progress.sites.get(name).is_some_and(|turn| is_underway(before, turn, name));
        begins[wave] |= is_given(before, done, name) && !was;
    }
    let most = [usize::MAX, 1, (concerned[2] * 40 / 100).max(1)];
    for wave in 0..3 {
        prop_assert!(!begins[wave] || underway[wave] <= most[wave], "{} of wave {wave} at once", underway[wave]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_step_keeps_the_promises_and_everybody_ends_at_the_newest(
        on_failure in prop_oneof![Just("rollback-site"), Just("pause"), Just("rollback-all")],
        events in proptest::collection::vec(happens(), 1..60),
    ) {
        let mut life = Life::new(on_failure);
        life.lives(&Happens::Release)?;
        for event in &events {
            life.lives(event)?;
        }
        life.ends_well()?;
    }

    #[test]
    fn a_window_opens_when_it_is_said_to_and_not_a_second_before(
        zone_of in 0..ZONES.len(), hour in 0..24_u8, minute in 0..60_u8, length in 1..1439_u16, second in 0..63_072_000_i64,
    ) {
        let end = (u16::from(hour) * 60 + u16::from(minute) + length) % 1440;
        let spec = format!("  rollout:\n    windows: {{w: {{from: '{hour:02}:{minute:02}', to: '{:02}:{:02}', zone: {}}}}}\n    waves: [{{name: all, rest: true}}]\n",
            end / 60, end % 60, ZONES[zone_of]);
        let window = deployment(&spec).spec.rollout.expect("a rollout").windows[&label("w")].clone();
        let zone = zone(ZONES[zone_of]).expect("a zone");
        let now = jiff::Timestamp::from_second(1_767_225_600 + second).expect("in range");
        let opens = window.opens(&zone, now).expect("it opens");
        prop_assert!(window.is_open(&zone, opens) && opens >= now);
        // It was closed all the time before.
        let mut at = now;
        while at < opens {
            prop_assert!(!window.is_open(&zone, at), "open at {}", at);
            at += SignedDuration::from_mins(1);
        }
        prop_assert!(opens == now || !window.is_open(&zone, opens - SignedDuration::from_secs(1)));
    }
}
