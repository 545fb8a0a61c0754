//! How long to wait before trying again.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Delays that grow from `min` to `max`, each with jitter, so that sites that lost the same thing do not return as one.
#[derive(Debug)]
pub(crate) struct Retry {
    builder: ExponentialBuilder,
    delays: ExponentialBackoff,
    max: Duration,
}

impl Retry {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        let builder = ExponentialBuilder::new()
            .with_min_delay(min)
            .with_max_delay(max)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times();
        Self { builder, delays: builder.build(), max }
    }

    /// The next delay.
    pub(crate) fn next(&mut self) -> Duration {
        self.delays.next().unwrap_or(self.max)
    }

    /// Begins anew, after a success.
    pub(crate) fn reset(&mut self) {
        self.delays = self.builder.build();
    }
}
