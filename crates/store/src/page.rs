//! Lists, a page at a time: in order of creation, each page beginning after the last object of the one before.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use model::id::GenericUuid;
use uuid::Uuid;

/// A place in a list: after the object created then, with that id. Stays valid while objects come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    pub(crate) created: Timestamp,
    pub(crate) id: Uuid,
}

/// A text that is no [`Cursor`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a cursor of this list; give the one that came with the page before")]
pub struct InvalidCursor;

impl Cursor {
    /// Before everything.
    pub const START: Self = Self { created: Timestamp::UNIX_EPOCH, id: Uuid::nil() };

    /// After the object created then, with that id.
    pub fn after(created: Timestamp, id: impl GenericUuid) -> Self {
        Self { created, id: id.into_untyped_uuid() }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created.as_microsecond(), self.id.simple())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (created, id) = text.split_once('-').ok_or(InvalidCursor)?;
        let created = created.parse::<u64>().ok().and_then(|us| i64::try_from(us).ok()).ok_or(InvalidCursor)?;
        Ok(Self {
            created: Timestamp::from_microsecond(created).map_err(|_| InvalidCursor)?,
            id: Uuid::try_parse(id).map_err(|_| InvalidCursor)?,
        })
    }
}

/// Which part of a list is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Where the page begins.
    pub after: Cursor,
    /// How many objects at most.
    pub limit: u32,
}

impl Page {
    /// Everything at once, for internal use where lists are short.
    pub const ALL: Self = Self { after: Cursor::START, limit: u32::MAX };

    /// The first `limit` objects.
    pub fn first(limit: u32) -> Self {
        Self { after: Cursor::START, limit }
    }

    /// One more than asked for, to learn whether there is more.
    pub(crate) fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Items<T> {
    /// The objects.
    pub items: Vec<T>,
    /// Where the next page begins, if there is more.
    pub next: Option<Cursor>,
}

impl<T> Items<T> {
    pub(crate) fn new(mut items: Vec<T>, page: Page, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let next = if items.len() > limit {
            items.truncate(limit);
            items.last().map(cursor)
        } else {
            None
        };
        Self { items, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_round_trip_and_others_are_refused() {
        let cursor = Cursor { created: Timestamp::from_microsecond(1_234_567).expect("in range"), id: Uuid::max() };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!(Cursor::START.to_string().parse(), Ok(Cursor::START));
        for bad in ["", "-", "x-y", "1", "-1-00000000000000000000000000000000", "99999999999999999999-00", "1-é"] {
            assert_eq!(bad.parse::<Cursor>(), Err(InvalidCursor), "{bad}");
        }
    }

    #[test]
    fn a_page_says_where_the_next_begins_only_when_there_is_one() {
        let cursor = |n: &u128| Cursor { created: Timestamp::UNIX_EPOCH, id: Uuid::from_u128(*n) };
        let more = Items::new(vec![1, 2, 3], Page::first(2), cursor);
        assert_eq!((more.items, more.next), (vec![1, 2], Some(cursor(&2))));
        let last = Items::new(vec![1, 2], Page::first(2), cursor);
        assert_eq!((last.items, last.next), (vec![1, 2], None));
    }
}
