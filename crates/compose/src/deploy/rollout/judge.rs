//! What became of what sites were given.

use jiff::{SignedDuration, Timestamp};

use super::{
    Hold, OnFailure, Stage, Turn,
    history::Event,
    machine::{Machine, Site},
    seen::{Report, State},
    spec::{Period, Rollout},
};
use crate::model::Label;

/// How a site is by what it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is offline, or its participant has not consented: that says nothing of what it was given.
    Away,
    /// All of it runs.
    Well,
    /// It does not run, or nothing is known of it yet.
    Unwell,
    /// It failed for good.
    Broken(String),
}

/// For so long no workload may be started again until a site is healthy, and so long it has to be healthy, however short the soak
/// is, until it is forgotten that it was not.
const CALM: SignedDuration = SignedDuration::from_secs(60);

/// So many connections have to be made before their errors are judged.
const CONNECTIONS: u64 = 10;

impl Machine<'_> {
    /// Judges every site that was given something, and stops when too many failed.
    pub(super) fn judge(&mut self) {
        let sites: Vec<Site<'_>> = self.sites.values().copied().collect();
        for site in sites {
            self.count_restarts(site);
            let Some(turn) = self.turn(site) else { continue };
            let stage = self.judged(site, turn);
            if let (Stage::Failed { why, returned, .. }, false) = (&stage, matches!(turn.stage, Stage::Failed { .. })) {
                let event = Event::Failed { site: site.name.clone(), why: why.clone(), back: *returned };
                self.progress.remember(self.now, event);
            }
            if let Some(turn) = self.progress.sites.get_mut(site.name) {
                turn.stage = stage;
            }
        }
        self.stop();
    }

    /// Notes when a site said that a workload was started again. A smaller number than before is of a site that began to count anew.
    fn count_restarts(&mut self, site: Site<'_>) {
        let now = self.now;
        let Some(turn) = self.progress.sites.get_mut(site.name) else { return };
        let Some(report) = said(site, turn) else { return };
        if turn.restarts.is_some_and(|before| report.restarts > before) {
            turn.restarted = Some(now);
        }
        turn.restarts = Some(report.restarts);
        // A clock that is put back makes nothing take longer than it may.
        turn.restarted = turn.restarted.map(|at| at.min(now));
    }

    /// When a site may be healthy again that workloads were started again at; none, if nothing is in its way.
    pub(super) fn calms_down(&self, turn: &Turn) -> Option<Timestamp> {
        let at = turn.restarted?.checked_add(CALM).ok()?;
        (at > self.now).then_some(at)
    }

    /// How a site is by what it was given.
    pub(super) fn condition(&self, site: Site<'_>, turn: &Turn) -> Condition {
        let seen = site.seen;
        if !seen.online {
            return Condition::Away;
        }
        let condition = match said(site, turn) {
            None => Condition::Unwell,
            Some(report) => match report.state {
                State::AwaitingConsent | State::Declined => return Condition::Away,
                State::Healthy if report.applied == turn.digest && self.calms_down(turn).is_none() => Condition::Well,
                State::Healthy | State::Applying | State::Degraded => Condition::Unwell,
                State::Failed => Condition::Broken("it could not be carried out".to_owned()),
            },
        };
        match self.rollout() {
            None if condition == Condition::Well => Condition::Well,
            None => Condition::Unwell,
            Some(rollout) => errors(rollout, site, turn).map_or(condition, Condition::Broken),
        }
    }

    fn judged(&self, site: Site<'_>, turn: &Turn) -> Stage {
        let (stage, now) = (&turn.stage, self.now);
        if !matches!(stage, Stage::Underway { .. } | Stage::Soaking { .. }) {
            return stage.clone();
        }
        match (stage, self.condition(site, turn)) {
            (_, Condition::Broken(why)) => self.failed(site, turn, why),
            // A clock that is put back makes nothing take longer than it may.
            (Stage::Soaking { since, unwell }, Condition::Well | Condition::Away) => {
                Stage::Soaking { since: now.min(*since), unwell: *unwell }
            }
            (Stage::Underway { unwell }, Condition::Well) => Stage::Soaking { since: now, unwell: *unwell },
            (_, Condition::Away) => Stage::Underway { unwell: None },
            (_, _) => {
                let unwell = self.unwell(site, stage);
                match self.rollout().map(|rollout| rollout.deadline) {
                    Some(deadline) if now.duration_since(unwell) >= deadline.0 => {
                        self.failed(site, turn, format!("it was not healthy for {}", words(deadline)))
                    }
                    _ => Stage::Underway { unwell: Some(unwell) },
                }
            }
        }
    }

    /// Since when a site is not healthy. What it was so before in vain, because it did not stay healthy for long enough, counts.
    fn unwell(&self, site: Site<'_>, stage: &Stage) -> Timestamp {
        let now = self.now;
        match stage {
            Stage::Underway { unwell: Some(unwell) } => now.min(*unwell),
            Stage::Soaking { since, unwell: Some(unwell) }
                if now.duration_since(*since) < self.soak(site.wave).0.max(CALM) =>
            {
                let before = since.duration_since(*unwell).max(SignedDuration::ZERO);
                now.checked_sub(before).unwrap_or(now)
            }
            _ => now,
        }
    }

    fn failed(&self, site: Site<'_>, turn: &Turn, why: String) -> Stage {
        // Something else is there for it by now.
        if turn.digest != site.plan.digest {
            return Stage::Again;
        }
        let returns = self.rollout().is_some_and(|rollout| rollout.on_failure == OnFailure::RollbackSite);
        Stage::Failed { why, returned: returns && turn.back.is_some() && !turn.follows, counts: true }
    }

    /// Lets nothing begin any more, if too many sites of a wave failed.
    fn stop(&mut self) {
        if self.progress.hold.is_some() {
            return;
        }
        let stopped = self.waves.iter().enumerate().find_map(|(i, wave)| {
            let (failed, of) = (self.failures(i), self.judgeable(i));
            wave.stops_at(failed, of).then(|| (wave.name.clone(), failed, of))
        });
        let Some((wave, failed, of)) = stopped else { return };
        self.progress.remember(self.now, Event::Stopped { wave: wave.clone(), failed, of });
        if self.rollout().is_some_and(|rollout| rollout.on_failure == OnFailure::RollbackAll) {
            self.send_back(|_| true);
            self.progress.hold = Some(Hold::RolledBack);
        } else {
            self.progress.hold = Some(Hold::Stopped { wave });
        }
    }

    /// How many sites of a wave failed.
    pub(super) fn failures(&self, wave: usize) -> usize {
        let counts = |site: &Site<'_>| {
            matches!(self.turn(*site).map(|turn| &turn.stage), Some(Stage::Failed { counts: true, .. }))
        };
        self.of_wave(wave).filter(counts).count()
    }

    /// Of how many: those that are away count for nothing.
    fn judgeable(&self, wave: usize) -> usize {
        let judged = |site: &Site<'_>| match self.turn(*site).map(|turn| &turn.stage) {
            Some(Stage::Done) => true,
            Some(Stage::Failed { counts, .. }) => *counts,
            Some(Stage::Back) => false,
            _ => self.concerns(*site) && !self.is_away(*site),
        };
        self.of_wave(wave).filter(judged).count()
    }

    /// Sends those sites back to what they had that had something and are not back already. Says how many there are.
    pub(super) fn send_back(&mut self, whom: impl Fn(&Stage) -> bool) -> usize {
        let mut sites = 0;
        for turn in self.progress.sites.values_mut() {
            if turn.back.is_some() && !turn.is_back() && whom(&turn.stage) {
                turn.stage = Stage::Back;
                sites += 1;
            }
        }
        if sites > 0 {
            self.progress.remember(self.now, Event::WentBack { sites });
        }
        sites
    }

    /// Remembers of those who were healthy for long enough, in waves that are done, that nothing more is to be seen of them.
    pub(super) fn settle(&mut self) {
        let position = self.position();
        let done = |site: &&Site<'_>| {
            let turn = self.turn(**site).filter(|turn| self.has_soaked(**site, turn));
            (site.wave < position || position == self.waves.len()) && turn.is_some()
        };
        let done: Vec<Label> = self.sites.values().filter(done).map(|site| site.name.clone()).collect();
        for site in done {
            if let Some(turn) = self.progress.sites.get_mut(&site) {
                turn.stage = Stage::Done;
            }
        }
    }

    fn has_soaked(&self, site: Site<'_>, turn: &Turn) -> bool {
        let Stage::Soaking { since, .. } = turn.stage else { return false };
        self.now.duration_since(since) >= self.soak(site.wave).0 && !self.is_away(site)
    }

    /// How long sites of a wave have to be healthy.
    pub(super) fn soak(&self, wave: usize) -> Period {
        self.waves.get(wave).map_or_else(Period::default, |wave| wave.soak)
    }
}

/// What a site said of what it was given.
fn said<'s>(site: Site<'s>, turn: &Turn) -> Option<&'s Report> {
    site.seen.report.as_ref().filter(|report| report.offered == turn.digest && is_offered(site, turn))
}

/// Whether the site is offered what it was given: what there is from before says nothing of it.
fn is_offered(site: Site<'_>, turn: &Turn) -> bool {
    site.seen.offered.as_ref().is_some_and(|offered| offered.digest == turn.digest)
}

/// What is wrong with the connections at a site's addresses.
fn errors(rollout: &Rollout, site: Site<'_>, turn: &Turn) -> Option<String> {
    let (max, traffic) = (rollout.max_errors?, site.seen.traffic);
    let too_many = u128::from(traffic.errors) * 100 > u128::from(traffic.connections) * u128::from(max.0);
    let judged = is_offered(site, turn) && traffic.connections >= CONNECTIONS && too_many;
    judged
        .then(|| format!("{} of {} connections at its addresses came to nothing", traffic.errors, traffic.connections))
}

fn words(period: Period) -> String {
    period.into()
}
