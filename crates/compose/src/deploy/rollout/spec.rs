//! How changes go to sites, as a deployment says it.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroU32,
};

use jiff::{SignedDuration, civil::Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    deploy::{Percent, Selector},
    model::Label,
};

/// How changes go to sites: in waves, one after the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Rollout {
    /// The times of day in which waves may change sites.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub windows: BTreeMap<Label, Window>,
    /// The waves, in their order. A site is in the first that it fits; the last takes the rest.
    #[schemars(length(min = 1))]
    pub waves: Vec<Wave>,
    /// What happens to sites that fail.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// The share of connections at a site's addresses, in percent, that may come to nothing after a change: more is a failure. Ten
    /// connections have to be made before it is judged. Left out, connections are not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_errors: Option<Percent>,
    /// How long a site may take to be healthy, and how long it may be less: `10m`.
    #[serde(default = "deadline", skip_serializing_if = "is_deadline")]
    #[schemars(default = "deadline")]
    pub deadline: Period,
    /// What becomes of sites that are offline in their wave.
    #[serde(default)]
    pub offline: Offline,
}

/// A time of day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// When it begins: `22:00`.
    pub from: TimeOfDay,
    /// When it ends: `05:00`; on the next day, if that is earlier than `from`.
    pub to: TimeOfDay,
    /// Whose clock is meant: `site`, which is the one of the time zone in the site's label `timezone`, or the name of a time zone:
    /// `Europe/Berlin`.
    pub zone: String,
}

/// The value of a window's zone that means each site's own.
pub const SITE: &str = "site";

/// The label by which a site says its time zone: `Europe/Berlin`.
pub const TIMEZONE: &str = "timezone";

/// Some sites, and how a change goes to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Wave {
    /// What it is called.
    pub name: Label,
    /// The sites are called like one of these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub sites: BTreeSet<Label>,
    /// The sites have one of these classes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub classes: BTreeSet<Label>,
    /// The sites have all of these labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The sites are those in no other wave. The last wave is, and no other.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rest: bool,
    /// How long each site has to be healthy before the wave is done: `2h`.
    #[serde(default, skip_serializing_if = "Period::is_zero")]
    pub soak: Period,
    /// Who lets the next wave begin when this one is done.
    #[serde(default)]
    pub promote: Promotion,
    /// How many sites change at once; all, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Amount>,
    /// The window in which sites begin to change; any time, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Label>,
    /// The share of the wave's sites, in percent, whose failure stops the rollout. Left out, one failure does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_at: Option<Percent>,
}

/// Who lets the next wave begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Promotion {
    /// It begins by itself.
    #[default]
    Auto,
    /// A person does.
    Manual,
}

/// What happens to sites that fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// Each goes back to what it had; when there are too many, no others begin.
    #[default]
    RollbackSite,
    /// They stay as they are; when there are too many, no others begin.
    Pause,
    /// They stay as they are; when there are too many, all that changed go back to what they had.
    RollbackAll,
}

/// What becomes of sites that are offline in their wave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Offline {
    /// The wave goes on without them, and they follow when they are back, in the wave's window.
    #[default]
    CatchUp,
}

/// A number of sites, or a share of a wave: `5`, or `20%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Amount {
    /// So many.
    Sites(NonZeroU32),
    /// This share of the sites of the wave that change; at least one.
    Share(Percent),
}

impl Amount {
    /// So many of these.
    pub(super) fn of(self, sites: usize) -> usize {
        match self {
            Self::Sites(count) => usize::try_from(count.get()).unwrap_or(usize::MAX),
            Self::Share(share) => (sites * usize::from(share.0) / 100).max(1),
        }
    }
}

impl Wave {
    /// The sites it names.
    pub(super) fn selector(&self) -> Selector {
        Selector { sites: self.sites.clone(), classes: self.classes.clone(), labels: self.labels.clone(), count: None }
    }

    /// Whether so many failures are too many: at least one, and the share it stops at.
    pub(super) fn stops_at(&self, failed: usize, of: usize) -> bool {
        failed > 0 && failed * 100 >= of * usize::from(self.stop_at.map_or(0, |share| share.0))
    }
}

/// A time of day in hours and minutes, from `00:00` to `23:59`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(pub(super) Time);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let two = |digits: &str| digits.parse().ok().filter(|_| digits.len() == 2 && !digits.starts_with('+'));
        let read = || {
            let (hour, minute) = text.split_once(':')?;
            Time::new(two(hour)?, two(minute)?, 0, 0).ok()
        };
        read().map(Self).ok_or_else(|| format!("{text:?} is no time from 00:00 to 23:59"))
    }
}

impl From<TimeOfDay> for String {
    fn from(TimeOfDay(time): TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }
}

impl JsonSchema for TimeOfDay {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TimeOfDay".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "description": "a time from 00:00 to 23:59" })
    }
}

/// A length of time in whole seconds, minutes, hours or days: `90s`, `30m`, `2h`, `7d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Period(pub SignedDuration);

/// The longest that a document may say, in digits before the unit.
const DIGITS: usize = 5;

impl Period {
    fn is_zero(&self) -> bool {
        self.0.is_zero()
    }
}

impl TryFrom<String> for Period {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let period = model::time::parse_duration(&text).map_err(|error| error.to_string())?;
        if text.len() > DIGITS + 1 { Err(format!("{text:?} is longer than 99999 of a unit")) } else { Ok(Self(period)) }
    }
}

impl From<Period> for String {
    fn from(Period(period): Period) -> Self {
        let seconds = period.as_secs();
        let unit = [(86_400, 'd'), (3_600, 'h'), (60, 'm')].into_iter().find(|(unit, _)| seconds % unit == 0);
        let (unit, letter) = unit.filter(|_| seconds != 0).unwrap_or((1, 's'));
        format!("{}{letter}", seconds / unit)
    }
}

impl JsonSchema for Period {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Period".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{1,5}[smhd]$", "description": "a length of time: 90s, 30m, 2h or 7d" })
    }
}

fn deadline() -> Period {
    Period(SignedDuration::from_mins(10))
}

fn is_deadline(period: &Period) -> bool {
    *period == deadline()
}
