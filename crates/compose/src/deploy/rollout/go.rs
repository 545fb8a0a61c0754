//! Who begins, and which waves are done.

use super::{
    Promotion, Stage, Turn,
    history::Event,
    machine::{Machine, Site, has},
};

impl Machine<'_> {
    /// Judges those that began, lets others begin that may, and goes on to the next wave when one is done.
    pub(super) fn go(&mut self) {
        self.judge();
        self.guard();
        loop {
            self.begin();
            self.settle();
            if self.is_held() || !self.is_done(self.position()) || self.awaits_person() {
                return;
            }
            self.promote();
        }
    }

    /// Whether nothing begins.
    pub(super) fn is_held(&self) -> bool {
        self.progress.hold.is_some() || self.progress.guarded
    }

    /// Remembers when the guard begins to hold.
    fn guard(&mut self) {
        let exceeded = self.exceeded();
        if let Some(exceeded) = exceeded.as_ref().filter(|_| !self.progress.guarded) {
            let event = Event::Guarded { removals: exceeded.removals, of: exceeded.of };
            self.progress.remember(self.now, event);
        }
        self.progress.guarded = exceeded.is_some();
    }

    /// Whether a wave that is done waits for a person.
    fn awaits_person(&self) -> bool {
        let position = self.position();
        self.is_untested(position) || self.waves.get(position).is_some_and(|wave| wave.promote == Promotion::Manual)
    }

    /// The wave that is under way is done.
    pub(super) fn promote(&mut self) {
        let Some(wave) = self.waves.get(self.position()) else { return };
        self.progress.promoted.insert(wave.name.clone());
        self.progress.remember(self.now, Event::Promoted { wave: wave.name.clone() });
        if self.position() == self.waves.len() {
            self.progress.remember(self.now, Event::Finished);
        }
    }

    /// Whether nothing more is to be waited for in a wave; never, when there is no such wave.
    pub(super) fn is_done(&self, wave: usize) -> bool {
        wave < self.waves.len() && self.of_wave(wave).all(|site| !self.is_awaited(site))
    }

    fn is_awaited(&self, site: Site<'_>) -> bool {
        if self.is_away(site) {
            return self.returns_by(site).is_some();
        }
        let soaks = |turn: &Turn| match turn.stage {
            Stage::Underway { .. } => true,
            Stage::Soaking { since, .. } => self.now.duration_since(since) < self.soak(site.wave).0,
            _ => false,
        };
        self.wants(site) || self.turn(site).is_some_and(soaks)
    }

    fn begin(&mut self) {
        self.shed();
        for wave in 0..=self.position() {
            let most = self.at_once(wave);
            let mut underway = self.of_wave(wave).filter(|site| self.is_underway(*site)).count();
            let sites: Vec<Site<'_>> = self.of_wave(wave).filter(|site| self.wants(*site)).collect();
            for site in sites {
                let has_its_place = self.is_underway(site);
                if (has_its_place || underway < most) && self.obstacle(site).is_none() {
                    underway += usize::from(!has_its_place);
                    let turn = self.given(site);
                    self.progress.sites.insert(site.name.clone(), turn);
                }
            }
        }
    }

    /// Takes from sites what their participants declined.
    fn shed(&mut self) {
        let sites: Vec<Site<'_>> = self.sites.values().copied().filter(|site| self.sheds(*site)).collect();
        for site in sites {
            // What was declined is nothing to go back to.
            let back = self.turn(site).and_then(|turn| turn.back.clone());
            self.progress.sites.insert(site.name.clone(), self.turn_to_plan(site, back, true));
        }
    }

    /// The turn of a site that is given what its plan says now. Facts take nobody's way back to the release before.
    fn given(&self, site: Site<'_>) -> Turn {
        match self.turn(site) {
            Some(turn) => self.turn_to_plan(site, turn.back.clone(), turn.follows || turn.stage == Stage::Done),
            None => {
                let offered = site.seen.offered.as_ref().filter(|_| has(site));
                self.turn_to_plan(site, offered.map(|offered| offered.digest.clone()), false)
            }
        }
    }

    fn turn_to_plan(&self, site: Site<'_>, back: Option<String>, follows: bool) -> Turn {
        let (digest, stage) = (site.plan.digest.clone(), Stage::Underway { unwell: Some(self.now) });
        Turn { digest, back, follows, restarts: None, restarted: None, stage }
    }
}
