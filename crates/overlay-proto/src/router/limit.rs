use crate::Millis;

/// A token bucket: so many at once, and so many per second on average.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    per_second: u64,
    /// In thousandths, so that a millisecond adds a whole number.
    most: u64,
    level: u64,
    at: Millis,
}

impl Bucket {
    pub(super) fn new(per_second: u32, at_once: u32, now: Millis) -> Self {
        let most = u64::from(at_once) * 1_000;
        Self { per_second: per_second.into(), most, level: most, at: now }
    }

    /// Takes one, if one is there.
    pub(super) fn take(&mut self, now: Millis) -> bool {
        let gained = now.since(self.at).saturating_mul(self.per_second);
        self.level = self.level.saturating_add(gained).min(self.most);
        self.at = now.max(self.at);
        let Some(rest) = self.level.checked_sub(1_000) else {
            return false;
        };
        self.level = rest;
        true
    }
}

/// When to do again what must not be done too often: at once if it was not done lately, else when the pause is over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Debounce {
    last: Option<Millis>,
    due: Option<Millis>,
}

impl Debounce {
    /// The least time between two, in milliseconds.
    pub(super) const PAUSE: u64 = 20;

    /// There is something to do.
    pub(super) fn want(&mut self, now: Millis) {
        let due = self.last.map_or(now, |last| now.max(last.after(Self::PAUSE)));
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// It cannot be done before `at`.
    pub(super) fn put_off(&mut self, at: Millis) {
        self.due = Some(at);
    }

    /// Whether it is to be done now.
    pub(super) fn is_due(&self, now: Millis) -> bool {
        self.due.is_some_and(|due| due <= now)
    }

    /// It was done.
    pub(super) fn done(&mut self, now: Millis) {
        *self = Self { last: Some(now), due: None };
    }

    /// When it is to be done.
    pub(super) fn due(&self) -> Option<Millis> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let mut bucket = Bucket::new(10, 5, Millis(0));
        let taken = |bucket: &mut Bucket, at| (0..100).filter(|_| bucket.take(Millis(at))).count();
        assert_eq!(taken(&mut bucket, 0), 5);
        assert_eq!(taken(&mut bucket, 99), 0);
        assert_eq!(taken(&mut bucket, 300), 3);
        assert_eq!(taken(&mut bucket, 1_000_000), 5);
        assert_eq!(taken(&mut bucket, 0), 0, "time that runs backwards gives nothing");
    }

    #[test]
    fn the_first_is_done_at_once_and_the_next_after_the_pause() {
        let mut debounce = Debounce::default();
        debounce.want(Millis(100));
        assert!(debounce.is_due(Millis(100)));
        debounce.done(Millis(100));
        assert!(!debounce.is_due(Millis(1_000)), "nothing is wanted");
        debounce.want(Millis(105));
        debounce.want(Millis(110));
        assert_eq!(debounce.due(), Some(Millis(120)));
        assert!(!debounce.is_due(Millis(119)) && debounce.is_due(Millis(120)));
    }
}
