//! Fields of a request that need more than their type says: absent means *leave it*, `null` means *remove it*; and a
//! time that is none is refused in words.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _};

/// For `Option<Option<T>>` with `#[serde(default)]`: tells `null` from absent.
pub(crate) fn nullable<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// For `Option<Timestamp>` with `#[serde(default)]`.
pub(crate) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let error = || D::Error::custom(format!("{text:?} is not a time; give RFC 3339, such as 2027-01-31T09:00:00Z"));
    text.parse().map(Some).map_err(|_| error())
}

/// For `Option<Option<Timestamp>>` with `#[serde(default)]`.
pub(crate) fn nullable_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Timestamp>>, D::Error> {
    time(deserializer).map(Some)
}
