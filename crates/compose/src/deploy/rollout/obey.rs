//! What a person's word does.

use super::{Command, Hold, Order, Refused, Stage, history::Event, machine::Machine};

impl Machine<'_> {
    /// Does what a person says.
    pub(super) fn obey(&mut self, order: &Order) -> Result<(), Refused> {
        self.may(order)?;
        self.progress.remember(self.now, Event::Said { command: order.command, by: order.by.clone() });
        match order.command {
            Command::Pause => self.progress.hold = Some(Hold::Paused),
            Command::Resume => {
                self.progress.hold = None;
                self.progress.try_again();
                self.renew();
            }
            Command::Promote => {
                self.progress.hold = None;
                self.forgive();
                self.promote();
            }
            Command::Abort => {
                self.send_back(|stage| {
                    matches!(stage, Stage::Underway { .. } | Stage::Again | Stage::Failed { returned: false, .. })
                });
                self.progress.hold = Some(Hold::Aborted);
            }
            Command::Rollback => {
                self.send_back(|_| true);
                self.progress.hold = Some(Hold::RolledBack);
            }
            Command::AllowRemovals => {
                let allowed: Vec<_> = self.removals().map(|site| site.name.clone()).collect();
                self.progress.removals.extend(allowed);
            }
        }
        Ok(())
    }

    fn may(&self, order: &Order) -> Result<(), Refused> {
        let hold = self.progress.hold.as_ref();
        let refused = match (order.command, hold) {
            (Command::Pause, Some(Hold::Paused)) => Some(Refused::Paused),
            (Command::Pause | Command::Abort, Some(Hold::Aborted | Hold::RolledBack)) => Some(Refused::Ended),
            (Command::Resume, None) => (!self.has_failures()).then_some(Refused::GoesOn),
            (Command::Promote, Some(Hold::Paused | Hold::Aborted | Hold::RolledBack)) => Some(Refused::Held),
            (Command::Promote, _) => self.unpromotable(order),
            (Command::Rollback, _) => (!self.has_been_changed()).then_some(Refused::NothingBack),
            (Command::AllowRemovals, _) => self.exceeded().is_none().then_some(Refused::NotGuarded),
            _ => None,
        };
        refused.map_or(Ok(()), Err)
    }

    /// Why a wave may not be taken for done. Two people who say so at once mean the same wave, and not two.
    fn unpromotable(&self, order: &Order) -> Option<Refused> {
        let Some(wave) = self.waves.get(self.position()) else { return Some(Refused::NoWave) };
        if let Some(meant) = order.wave.as_ref().filter(|meant| **meant != wave.name) {
            return Some(Refused::OtherWave { under_way: wave.name.clone(), meant: meant.clone() });
        }
        let stopped = matches!(self.progress.hold, Some(Hold::Stopped { .. }));
        let has_come = stopped || self.is_done(self.position());
        (!has_come && !order.early).then(|| Refused::TooEarly { wave: wave.name.clone() })
    }

    fn has_failures(&self) -> bool {
        self.progress.sites.values().any(|turn| matches!(turn.stage, Stage::Failed { .. }))
    }

    fn has_been_changed(&self) -> bool {
        self.progress.sites.values().any(|turn| turn.back.is_some() && !turn.is_back())
    }

    /// What failed so far in waves that began counts no more.
    fn forgive(&mut self) {
        for turn in self.progress.sites.values_mut() {
            if let Stage::Failed { counts, .. } = &mut turn.stage {
                *counts = false;
            }
        }
    }
}
