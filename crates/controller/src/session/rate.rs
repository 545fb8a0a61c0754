use std::time::Duration;

use tokio::time::Instant;

/// How many messages a site may send in a second; more have to wait.
const RATE: u32 = 32;

/// Lets a site send so many messages a second; the rest wait where they are, and hold up nobody but the site.
pub(super) struct Rate {
    since: Instant,
    count: u32,
}

impl Rate {
    pub(super) fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    pub(super) fn count(&mut self, now: Instant) {
        if now.duration_since(self.since) >= Duration::from_secs(1) {
            (self.since, self.count) = (now, 0);
        }
        self.count += 1;
    }

    /// When it is the site's turn again; none, while it is.
    pub(super) fn turn(&self) -> Option<Instant> {
        (self.count >= RATE).then(|| self.since + Duration::from_secs(1))
    }
}
