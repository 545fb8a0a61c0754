//! What a step knows, and what it asks of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    Inputs, SITE, Stage, TIMEZONE, Turn, Waiting, Window,
    judge::Condition,
    progress::Progress,
    seen::Seen,
    spec::{Rollout, Wave},
    window,
};
use crate::{
    deploy::{Deployment, Exceeded, Plan, SitePlan},
    model::Label,
};

/// How long a site that began is waited for when it is offline. That of a controller that is started anew is back by then.
const RETURN: SignedDuration = SignedDuration::from_secs(90);

/// A step that is being made.
pub(super) struct Machine<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) plan: &'a Plan,
    pub(super) waves: &'a [Wave],
    /// The sites of which something is known, each with its wave.
    pub(super) sites: BTreeMap<&'a Label, Site<'a>>,
    pub(super) now: Timestamp,
    pub(super) progress: Progress,
    zones: BTreeMap<&'a str, Option<TimeZone>>,
}

/// A site of the plan of which something is known.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) name: &'a Label,
    pub(super) plan: &'a SitePlan,
    pub(super) seen: &'a Seen,
    /// Its wave, by number; the number of waves, if it is in none.
    pub(super) wave: usize,
}

impl<'a> Machine<'a> {
    pub(super) fn new(Inputs { deployment, plan, sites }: Inputs<'a>, progress: &Progress, now: Timestamp) -> Self {
        let waves = deployment.spec.rollout.as_ref().map_or(&[][..], |rollout| &rollout.waves);
        let selectors: Vec<_> = waves.iter().map(|wave| (wave.rest, wave.selector())).collect();
        let wave = |name: &Label, seen: &Seen| {
            let fits =
                selectors.iter().position(|(rest, named)| *rest || named.fits(name, &seen.classes, &seen.labels));
            fits.unwrap_or(waves.len())
        };
        let known = plan.sites.iter().filter_map(|(name, plan)| Some((name, plan, sites.get(name)?)));
        let sites = known.map(|(name, plan, seen)| (name, Site { name, plan, seen, wave: wave(name, seen) })).collect();
        let mut progress = progress.clone();
        progress.sites.retain(|site, _| plan.sites.contains_key(site));
        let mut machine = Self { deployment, plan, waves, sites, now, progress, zones: BTreeMap::new() };
        machine.zones = machine.zone_names().map(|name| (name, window::zone(name))).collect();
        machine
    }

    /// How it is rolled out, if the deployment says so.
    pub(super) fn rollout(&self) -> Option<&'a Rollout> {
        self.deployment.spec.rollout.as_ref()
    }

    /// The wave that is under way, by number; the number of waves, if all are done.
    pub(super) fn position(&self) -> usize {
        let open = self.waves.iter().position(|wave| !self.progress.promoted.contains(&wave.name));
        open.unwrap_or(self.waves.len())
    }

    pub(super) fn turn(&self, site: Site<'_>) -> Option<&Turn> {
        self.progress.sites.get(site.name)
    }

    /// Whether the site is to get something that it was not given yet.
    pub(super) fn wants(&self, site: Site<'_>) -> bool {
        let offered = site.seen.offered.as_ref();
        let given = match self.turn(site) {
            Some(Turn { stage: Stage::Failed { .. } | Stage::Back, .. }) => return false,
            None | Some(Turn { stage: Stage::Again, .. }) => offered.map(|offered| &offered.digest),
            Some(turn) => Some(&turn.digest),
        };
        let stays_empty = site.plan.is_empty() && self.turn(site).is_none() && offered.is_none_or(|o| o.empty);
        given != Some(&site.plan.digest) && !stays_empty
    }

    /// Whether the change concerns the site: it was given it, or is to be.
    pub(super) fn concerns(&self, site: Site<'_>) -> bool {
        self.turn(site).is_some() || self.wants(site)
    }

    /// Whether it would get something of the change if its participant said what is missing, or had not declined what is needed.
    pub(super) fn is_barred(&self, site: Site<'_>) -> bool {
        site.plan.held.is_some() && !self.concerns(site)
    }

    /// Whether it is to lose what its participant declined, and nothing else happens to it: no wave, window or hold is for that.
    pub(super) fn sheds(&self, site: Site<'_>) -> bool {
        let Some(declined) = site.seen.declined.as_ref().filter(|_| site.seen.online) else { return false };
        let has_turn = self.turn(site).is_some_and(|turn| {
            turn.digest == site.plan.digest && !matches!(turn.stage, Stage::Failed { .. } | Stage::Back | Stage::Again)
        });
        !has_turn && declined.is_all_that_goes(&site.plan.gets)
    }

    /// Whether the site cannot get on now, for reasons that are its own: nobody waits for it, and it counts for nothing.
    pub(super) fn is_away(&self, site: Site<'_>) -> bool {
        let began = self.turn(site).filter(|turn| matches!(turn.stage, Stage::Underway { .. } | Stage::Soaking { .. }));
        match began {
            Some(turn) => self.condition(site, turn) == Condition::Away,
            None => !site.seen.online || self.window(site).is_some_and(|(_, _, zone)| zone.is_none()),
        }
    }

    /// Until when the site is waited for although it is offline: it began, and may only have lost its controller.
    pub(super) fn returns_by(&self, site: Site<'_>) -> Option<Timestamp> {
        let began = matches!(self.turn(site)?.stage, Stage::Underway { .. } | Stage::Soaking { .. });
        let left = site.seen.left.filter(|_| began && !site.seen.online)?;
        left.checked_add(RETURN).ok().filter(|by| *by > self.now)
    }

    /// Whether the site is between what it had and what it gets.
    pub(super) fn is_underway(&self, site: Site<'_>) -> bool {
        let underway = matches!(self.turn(site), Some(Turn { stage: Stage::Underway { .. }, .. }));
        self.returns_by(site).is_some() || underway && !self.is_away(site)
    }

    pub(super) fn of_wave(&self, wave: usize) -> impl Iterator<Item = Site<'a>> {
        self.sites.values().copied().filter(move |site| site.wave == wave)
    }

    /// How many sites of a wave may be under way at once.
    pub(super) fn at_once(&self, wave: usize) -> usize {
        let concerned = self.of_wave(wave).filter(|site| self.concerns(*site)).count();
        self.waves.get(wave).and_then(|wave| wave.max).map_or(usize::MAX, |max| max.of(concerned))
    }

    /// What keeps a site from beginning, apart from others that are under way.
    pub(super) fn obstacle(&self, site: Site<'_>) -> Option<Waiting> {
        if self.progress.guarded {
            return Some(Waiting::Guard);
        }
        if self.progress.hold.is_some() {
            return Some(Waiting::Held);
        }
        let position = self.position();
        if let Some((wave, open)) =
            self.waves.get(site.wave).zip(self.waves.get(position)).filter(|_| site.wave > position)
        {
            return Some(Waiting::Wave { wave: wave.name.clone(), after: open.name.clone() });
        }
        if !site.seen.online {
            return Some(Waiting::Offline);
        }
        let (name, window, zone) = self.window(site)?;
        let Some(zone) = zone else { return Some(Waiting::Zone { window: name.clone() }) };
        let closed = !window.is_open(zone, self.now);
        closed.then(|| Waiting::Window { window: name.clone(), opens: window.opens(zone, self.now) })
    }

    /// The window in which the site may begin, and its zone, if that is known.
    fn window(&self, site: Site<'_>) -> Option<(&'a Label, &'a Window, Option<&TimeZone>)> {
        let name = self.waves.get(site.wave)?.window.as_ref()?;
        let window = self.rollout()?.windows.get(name)?;
        let zone = if window.zone == SITE { site.seen.labels.get(TIMEZONE) } else { Some(&window.zone) };
        Some((name, window, zone.and_then(|zone| self.zones.get(zone.as_str())?.as_ref())))
    }

    fn zone_names(&self) -> impl Iterator<Item = &'a str> {
        let windows = self.rollout().into_iter().flat_map(|rollout| rollout.windows.values());
        let said = windows.map(|window| window.zone.as_str()).filter(|zone| *zone != SITE);
        let own = self.sites.values().filter_map(|site| site.seen.labels.get(TIMEZONE)).map(String::as_str);
        said.chain(own).collect::<Vec<_>>().into_iter()
    }

    /// The sites that would lose all they have, and may not yet.
    pub(super) fn removals(&self) -> impl Iterator<Item = Site<'a>> {
        self.sites.values().copied().filter(|site| {
            let is_due = has(*site) && site.plan.is_empty() && self.wants(*site) && !self.sheds(*site);
            is_due && !self.progress.removals.contains(site.name)
        })
    }

    /// Whether those are more than the guard allows.
    pub(super) fn exceeded(&self) -> Option<Exceeded> {
        let max = self.deployment.spec.guard.max_removals?.0;
        let (removals, of) = (self.removals().count(), self.sites.values().filter(|site| has(**site)).count());
        (removals * 100 > of * usize::from(max)).then_some(Exceeded { removals, of, max })
    }
}

/// Whether the site is offered something.
pub(super) fn has(site: Site<'_>) -> bool {
    site.seen.offered.as_ref().is_some_and(|offered| !offered.empty)
}
