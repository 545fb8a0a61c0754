//! Positions in lists that are read whole and cut here.

use std::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use model::GenericUuid;
use store::Cursor;

/// After the object of that group, created then, with that id. It names no object that has to exist: it stays valid
/// while objects come and go. Lists are in the order of their objects' positions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    group: String,
    within: Cursor,
}

impl Position {
    /// Of an object in a list that is in order of creation.
    pub(crate) fn at(created: Timestamp, id: impl GenericUuid) -> Self {
        Self::in_group("", created, id)
    }

    /// Of an object in a list that is in order of groups, such as addresses, and of creation within each.
    pub(crate) fn in_group(group: impl fmt::Display, created: Timestamp, id: impl GenericUuid) -> Self {
        Self { group: group.to_string(), within: Cursor::after(created, id) }
    }

    /// Of what has a name of its own in a list that is in order of names.
    pub(crate) fn named(name: impl fmt::Display) -> Self {
        Self { group: name.to_string(), within: Cursor::START }
    }
}

/// The text of a position; never that of a [`Cursor`], so that a list made of both kinds tells them apart.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{}.{}", BASE64URL_NOPAD.encode(self.group.as_bytes()), self.within)
    }
}

/// A text that is no [`Position`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a cursor of this list; give the one that came with the page before")]
pub(crate) struct InvalidPosition;

impl FromStr for Position {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (group, within) = text.strip_prefix('p').and_then(|text| text.split_once('.')).ok_or(InvalidPosition)?;
        let group = BASE64URL_NOPAD.decode(group.as_bytes()).map_err(|_| InvalidPosition)?;
        Ok(Self {
            group: String::from_utf8(group).map_err(|_| InvalidPosition)?,
            within: within.parse().map_err(|_| InvalidPosition)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use model::ListenerId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn positions_round_trip_and_are_no_cursors_of_the_store() {
        let id = ListenerId::from_untyped_uuid(Uuid::from_u128(7));
        let created = Timestamp::from_microsecond(1_234_567).expect("in range");
        for position in [Position::at(created, id), Position::in_group("till.api", created, id), Position::named("é")]
        {
            let text = position.to_string();
            assert_eq!(text.parse(), Ok(position));
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
        for bad in ["", "p", "p.", "pYQ", "pYQ.x", "x.0-00000000000000000000000000000000"] {
            assert_eq!(bad.parse::<Position>(), Err(InvalidPosition), "{bad}");
        }
    }
}
