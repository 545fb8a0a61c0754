//! How soon something is tried again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tokio::time::Instant;

use crate::observe::Reason;

/// The first pause after an attempt that failed.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause; half of it is chance.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The pause for peers that said there is nothing to hope for soon.
const GENTLE_PAUSE: Duration = Duration::from_secs(5);
/// A link that lived this long was a good one: the pauses begin anew.
const GOOD_LIFE: Duration = Duration::from_secs(5);
/// The first pause before it is tried to return to a better target.
const FIRST_RETURN: Duration = Duration::from_secs(3);
/// The longest; half of it is chance, so that not all sites return at once to a router that is back.
const LONGEST_RETURN: Duration = Duration::from_secs(60);
/// A better target that was held this long is believed in: the next return comes as soon as the first.
const STEADY: Duration = Duration::from_secs(120);

/// When to dial again after an attempt that failed, or a link that ended.
pub(super) struct Pauses(ExponentialBackoff);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(backoff(FIRST_PAUSE, LONGEST_PAUSE / 2))
    }

    /// A link has lived from `began` until now.
    pub(super) fn lived(&mut self, began: Instant) {
        if began.elapsed() >= GOOD_LIFE {
            *self = Self::new();
        }
    }

    pub(super) fn next(&mut self) -> Duration {
        self.0.next().unwrap_or(LONGEST_PAUSE)
    }

    /// The same, after the other end gave a reason.
    pub(super) fn after(&mut self, reason: Reason) -> Duration {
        let pause = self.next();
        if matches!(reason, Reason::NotYetOpen | Reason::Evicted | Reason::Ended | Reason::Superseded | Reason::Kind) {
            // The other end will say the same for a while. The start of a network may move, so it is asked again.
            pause.max(GENTLE_PAUSE)
        } else {
            pause
        }
    }
}

/// When to try whether a better target than the one that is held can be had again. Attempts become rarer the longer they
/// fail, and also when the better target is lost again soon: a router that comes and goes does not take its sites along.
pub(super) struct Returns {
    pauses: ExponentialBackoff,
    returned: Option<Instant>,
}

impl Returns {
    pub(super) fn new() -> Self {
        Self { pauses: Self::pauses(), returned: None }
    }

    fn pauses() -> ExponentialBackoff {
        backoff(FIRST_RETURN, LONGEST_RETURN / 2)
    }

    /// A link to something less than the best is held from now on: when to look for better.
    pub(super) fn next(&mut self) -> Instant {
        if self.returned.take().is_some_and(|at| at.elapsed() >= STEADY) {
            self.pauses = Self::pauses();
        }
        Instant::now() + self.pauses.next().unwrap_or(LONGEST_RETURN)
    }

    /// The best target is held again.
    pub(super) fn returned(&mut self) {
        self.returned = Some(Instant::now());
    }
}

fn backoff(first: Duration, longest: Duration) -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(longest)
        .with_factor(2.0)
        .without_max_times()
        .with_jitter()
        .build()
}
