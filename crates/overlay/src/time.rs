//! The monotonic time that the protocol core counts in.

use std::time::{Duration, Instant};

use overlay_proto::Millis;

/// The moment at which the core's time is 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epoch(Instant);

impl Epoch {
    /// Starts counting.
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time now.
    pub(crate) fn now(self) -> Millis {
        Millis(u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// How long it is until `at`; nothing when it has passed.
    pub(crate) fn until(self, at: Millis) -> Duration {
        // Whole milliseconds are rounded down when they are counted: one more makes sure that the moment has come.
        match at.since(self.now()) {
            0 => Duration::ZERO,
            left => Duration::from_millis(left.saturating_add(1)),
        }
    }
}
