//! The pauses before restarts.

use std::time::Duration;

use crate::Pace;

/// The pauses before restarts: each twice as long as the one before, up to the longest.
#[derive(Debug)]
pub(crate) struct Backoff {
    pace: Pace,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, next: pace.first_pause }
    }

    /// The pause after a run that took so long.
    pub(crate) fn after(&mut self, ran: Duration) -> Duration {
        if ran >= self.pace.well {
            self.next = self.pace.first_pause;
        }
        let pause = self.next;
        self.next = (pause * 2).min(self.pace.longest_pause);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_running_well() {
        let mut backoff = Backoff::new(Pace::default());
        let pauses: Vec<_> = (0..8).map(|_| backoff.after(Duration::ZERO).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(backoff.after(Duration::from_secs(60)).as_secs(), 1);
        assert_eq!(backoff.after(Duration::ZERO).as_secs(), 2);
    }
}
