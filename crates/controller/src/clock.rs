//! Clocks that are wrong, named. Certificates, windows and trust documents go by the time: a clock that is far from the others' is a
//! reason for many things that happen later.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// How far a clock may be from another one: certificates are dated back by as much.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// The difference, when it is more than clocks may differ.
pub(crate) fn too_far(ahead: SignedDuration) -> Option<SignedDuration> {
    (ahead.abs() > TOLERANCE).then_some(ahead)
}

/// A clock that is wrong, in words: by how much, and whose it is compared with.
pub(crate) fn words(ahead: SignedDuration, than: &str) -> String {
    let way = if ahead.is_negative() { "behind" } else { "ahead of" };
    // To the second: fractions say how long a message took.
    let much = SignedDuration::from_secs(ahead.abs().as_secs());
    format!("its clock is {much:#} {way} {than}: check the clock")
}

/// How far the clock of this replica is ahead of the database's, as was found last.
#[derive(Debug, Default)]
pub(crate) struct Own(AtomicI64);

impl Own {
    /// Notes the difference, and says so when it has become too great or small enough.
    pub(crate) fn compare(&self, ahead: SignedDuration) {
        let before = self.wrong();
        self.0.store(ahead.as_secs(), Ordering::Relaxed);
        match (before, self.wrong()) {
            (None, Some(ahead)) => tracing::error!("this controller: {}", words(ahead, "the database's")),
            (Some(_), None) => tracing::info!("the clock of this controller agrees with the database's again"),
            _ => {}
        }
    }

    /// The difference, when it is too great.
    pub(crate) fn wrong(&self) -> Option<SignedDuration> {
        too_far(SignedDuration::from_secs(self.0.load(Ordering::Relaxed)))
    }

    /// The time by the clock of the database, when this replica's shows `now` and is wrong; else by this one's.
    pub(crate) fn put_right(&self, now: Timestamp) -> Timestamp {
        self.wrong().map_or(now, |ahead| now.saturating_sub(ahead).unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_wrong_from_the_first_second_beyond_what_certificates_are_dated_back() {
        let (five, second) = (SignedDuration::from_mins(5), SignedDuration::from_secs(1));
        for right in [SignedDuration::ZERO, five, -five] {
            assert_eq!(too_far(right), None, "{right}");
        }
        for wrong in [five + second, -five - second] {
            assert_eq!(too_far(wrong), Some(wrong));
        }
    }

    #[test]
    fn a_wrong_clock_is_named_with_the_way_it_is_wrong_and_put_right_for_others() {
        let hour = SignedDuration::from_hours(1);
        assert_eq!(words(hour, "the database's"), "its clock is 1h ahead of the database's: check the clock");
        assert_eq!(words(-hour, "the controllers'"), "its clock is 1h behind the controllers': check the clock");
        let own = Own::default();
        let now = Timestamp::from_second(1_000_000).expect("a time");
        for ahead in [hour, -hour] {
            own.compare(ahead);
            assert_eq!((own.wrong(), own.put_right(now)), (Some(ahead), now - ahead));
        }
        own.compare(SignedDuration::from_secs(2));
        assert_eq!((own.wrong(), own.put_right(now)), (None, now));
    }
}
