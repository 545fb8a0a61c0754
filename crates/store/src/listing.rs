//! Lists as somebody wants them: narrowed by filters and words, in an order, a page at a time.
//!
//! Each list says as data ([`List`]) what it can be narrowed and ordered by. From that one statement is made that finds
//! the ids of a page; the rows themselves are read by id. A page begins after the last object of the one before, by the
//! value it was ordered by and its id: no object is left out or shown twice while others come and go.

use std::{fmt, str::FromStr};

use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use sqlx::{PgConnection, Postgres, QueryBuilder, Row as _, postgres::PgRow};
use uuid::Uuid;

use crate::{
    StoreError,
    page::InvalidCursor,
    sql::{Time, at},
};

/// Which part of a list is wanted; the default is its first hundred objects, as the list is ordered by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Words that all have to be found in what the list is searched by.
    pub search: Option<String>,
    /// Values that what they name has to have. Values were checked: what is no time or id is a fault of the program.
    pub filters: Vec<(&'static str, String)>,
    /// The order.
    pub sort: Option<Sort>,
    /// Only what these ids open, for who may see nothing else: the objects with these ids, or those within.
    pub only: Option<Vec<Uuid>>,
    /// Where to begin; at the start, when absent.
    pub after: Option<Place>,
    /// At most this many.
    pub limit: u32,
    /// The time, for what depends on it.
    pub now: Timestamp,
    /// Since when a site must have been heard of to count as connected.
    pub heard_since: Timestamp,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            search: None,
            filters: vec![],
            sort: None,
            only: None,
            after: None,
            limit: 100,
            now: Timestamp::UNIX_EPOCH,
            heard_since: Timestamp::UNIX_EPOCH,
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub field: &'static str,
    /// Whether the greatest comes first.
    pub descending: bool,
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.field)
    }
}

/// What objects are ordered by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A text.
    Text(String),
    /// A moment.
    Time(Timestamp),
    /// A number.
    Number(i64),
}

impl Wanted {
    pub(crate) fn is_descending(&self) -> bool {
        self.sort.is_some_and(|sort| sort.descending)
    }
}

impl Key {
    /// The number it is, in a list ordered by one.
    pub(crate) fn number(&self) -> i64 {
        if let Self::Number(number) = self { *number } else { 0 }
    }
}

/// A place in a list in a certain order: after the object with that key and that id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    sort: String,
    key: Key,
    id: String,
}

impl Place {
    /// After the object with that key and id, in that order.
    pub fn new(sort: Sort, key: Key, id: impl fmt::Display) -> Self {
        Self { sort: sort.to_string(), key, id: id.to_string() }
    }

    /// The key and id of the object it comes after; none, when it is a place in another order.
    pub fn within(&self, sort: Sort) -> Option<(&Key, &str)> {
        (self.sort == sort.to_string()).then_some((&self.key, &self.id))
    }
}

/// How long the text of a place can be.
const PLACE_BYTES: usize = 2_048;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, key) = match &self.key {
            Key::Text(text) => ("t", text.clone()),
            Key::Time(time) => ("m", time.as_microsecond().to_string()),
            Key::Number(number) => ("n", number.to_string()),
        };
        // What is free text comes last: whatever is in it ends nothing.
        let text = format!("{}\n{}\n{kind}\n{key}", self.sort, self.id);
        f.write_str(&BASE64URL_NOPAD.encode(text.as_bytes()))
    }
}

impl FromStr for Place {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() > PLACE_BYTES {
            return Err(InvalidCursor);
        }
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| InvalidCursor)?;
        let text = String::from_utf8(bytes).map_err(|_| InvalidCursor)?;
        let mut parts = text.splitn(4, '\n');
        let mut part = || parts.next().ok_or(InvalidCursor);
        let (sort, id, kind, key) = (part()?, part()?, part()?, part()?);
        let number = || key.parse::<i64>().map_err(|_| InvalidCursor);
        let key = match kind {
            // No text of the database has this character, and none can be compared with one that has.
            "t" if !key.contains('\0') => Key::Text(key.to_owned()),
            "m" => Key::Time(Timestamp::from_microsecond(number()?).map_err(|_| InvalidCursor)?),
            "n" => Key::Number(number()?),
            _ => return Err(InvalidCursor),
        };
        Ok(Self { sort: sort.to_owned(), key, id: id.to_owned() })
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The objects.
    pub items: Vec<T>,
    /// Where the next page begins, if there is more.
    pub next: Option<Place>,
}

/// The type of what a list is ordered by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyType {
    Text,
    Time,
    Number,
}

/// What a list can be narrowed and ordered by, in SQL. In a filter, `{value}` stands for the value, as text, and the name
/// of another filter in braces for the value of that one, or null; anywhere, `{now}` and `{since}` stand for the moments
/// of [`Wanted`]. No key is ever null.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List {
    /// The tables.
    pub(crate) from: &'static str,
    /// The id of an object.
    pub(crate) id: &'static str,
    /// What holds of objects that [`Wanted::only`] leaves, of which `{only}` is the ids; those with such an id, unless said.
    pub(crate) only: Option<&'static str>,
    /// What holds of every object of the list.
    pub(crate) always: &'static str,
    /// What holds as well, unless this filter is given.
    pub(crate) unless: Option<(&'static str, &'static str)>,
    /// What the list is within, if anything.
    pub(crate) within: Option<&'static str>,
    /// The orders; the first is the list's own.
    pub(crate) sorts: &'static [(&'static str, &'static str, KeyType)],
    /// The filters.
    pub(crate) filters: &'static [(&'static str, &'static str)],
    /// The texts in which words are looked for.
    pub(crate) search: &'static [&'static str],
}

impl List {
    /// What most lists have in common.
    pub(crate) const PLAIN: Self = Self {
        from: "",
        id: "",
        only: None,
        always: "true",
        unless: None,
        within: None,
        sorts: &[],
        filters: &[],
        search: &[],
    };

    /// The ids of a page, in its order, and where the next one begins.
    pub(crate) async fn ids(
        &self,
        db: &mut PgConnection,
        within: Option<Uuid>,
        wanted: &Wanted,
    ) -> Result<Listed<(Key, Uuid)>, StoreError> {
        let sort = wanted.sort.unwrap_or(Sort { field: self.sorts[0].0, descending: false });
        let (_, key, kind) = *self.sorts.iter().find(|(name, ..)| *name == sort.field).ok_or_else(|| no(sort.field))?;
        let mut sql = Statement { builder: QueryBuilder::new("SELECT "), wanted };
        sql.push(key).push(" AS key, ").push(self.id).push(" AS id FROM ").push(self.from);
        sql.push(" WHERE ").push(self.always);
        if let (Some(column), Some(id)) = (self.within, within) {
            sql.push(" AND ").push(column).push(" = ").bind(id);
        }
        if wanted.only.is_some() {
            let by_id = format!("{} = ANY({{only}})", self.id);
            sql.push(" AND (").push(self.only.unwrap_or(&by_id)).push(")");
        }
        for (name, value) in &wanted.filters {
            let (_, condition) = self.filters.iter().find(|(known, _)| known == name).ok_or_else(|| no(name))?;
            sql.push(" AND (").with_value(condition, value).push(")");
        }
        if let Some((filter, condition)) = self.unless
            && !wanted.filters.iter().any(|(name, _)| *name == filter)
        {
            sql.push(" AND (").push(condition).push(")");
        }
        for word in wanted.search.iter().flat_map(|search| search.split_whitespace()) {
            sql.push(" AND position(").bind(word.to_lowercase()).push(" IN lower(concat_ws(' ', ");
            sql.push(&self.search.join(", ")).push("))) > 0");
        }
        let (order, beyond) = if sort.descending { (" DESC", " < ") } else { ("", " > ") };
        if let Some(after) = &wanted.after {
            let place = after.within(sort).filter(|(key, _)| kind.is_of(key));
            let place = place.and_then(|(key, id)| Some((key, Uuid::try_parse(id).ok()?)));
            let (after, id) = place.ok_or(StoreError::Cursor(InvalidCursor))?;
            sql.push(" AND (").push(key).push(", ").push(self.id).push(")").push(beyond).push("(");
            sql.key(after).push(", ").bind(id).push(")");
        }
        sql.push(" ORDER BY ").push(key).push(order).push(", ").push(self.id).push(order);
        sql.push(" LIMIT ").bind(i64::from(wanted.limit) + 1);
        let rows = sql.builder.build().fetch_all(db).await?;
        let read = |row: &PgRow| Ok::<_, sqlx::Error>((kind.read(row)?, row.try_get::<Uuid, _>("id")?));
        let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|(key, id)| Place::new(sort, key.clone(), id));
        Ok(Listed { items, next })
    }
}

/// What was asked for was checked before; a list that does not know it is a fault of the program.
fn no(what: &str) -> StoreError {
    StoreError::Invalid { what: format!("the list knows no {what}") }
}

impl KeyType {
    fn is_of(self, key: &Key) -> bool {
        matches!((self, key), (Self::Text, Key::Text(_)) | (Self::Time, Key::Time(_)) | (Self::Number, Key::Number(_)))
    }

    fn read(self, row: &PgRow) -> Result<Key, sqlx::Error> {
        Ok(match self {
            Self::Text => Key::Text(row.try_get("key")?),
            Self::Time => Key::Time(row.try_get::<Time, _>("key")?.into()),
            Self::Number => Key::Number(row.try_get("key")?),
        })
    }
}

/// A statement in the making.
struct Statement<'a> {
    builder: QueryBuilder<Postgres>,
    wanted: &'a Wanted,
}

impl Statement<'_> {
    /// SQL of the program's own.
    fn push(&mut self, sql: &str) -> &mut Self {
        self.with_value(sql, "")
    }

    fn with_value(&mut self, sql: &str, value: &str) -> &mut Self {
        let mut rest = sql;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            self.builder.push(before);
            match name {
                "now" => self.builder.push_bind(at(self.wanted.now)),
                "since" => self.builder.push_bind(at(self.wanted.heard_since)),
                "only" => self.builder.push_bind(self.wanted.only.clone().unwrap_or_default()),
                "value" => self.builder.push_bind(value.to_owned()),
                other => {
                    let value = self.wanted.filters.iter().find(|(name, _)| *name == other);
                    self.builder.push_bind(value.map(|(_, value)| value.clone()))
                }
            };
            rest = after;
        }
        self.builder.push(rest);
        self
    }

    fn bind<T>(&mut self, value: T) -> &mut Self
    where
        T: 'static + Send + sqlx::Encode<'static, Postgres> + sqlx::Type<Postgres>,
    {
        self.builder.push_bind(value);
        self
    }

    fn key(&mut self, key: &Key) -> &mut Self {
        match key {
            Key::Text(text) => self.bind(text.clone()),
            Key::Time(time) => self.bind(at(*time)),
            Key::Number(number) => self.bind(*number),
        }
    }
}

impl<K> Listed<(K, Uuid)> {
    /// The page, of the rows with its ids. Those that have gone since are left out.
    pub(crate) fn of<T>(self, rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Listed<T> {
        let mut rows: std::collections::HashMap<Uuid, T> = rows.into_iter().map(|row| (id(&row), row)).collect();
        Listed { items: self.items.iter().filter_map(|(_, id)| rows.remove(id)).collect(), next: self.next }
    }

    /// The ids, for reading the rows.
    pub(crate) fn untyped(&self) -> Vec<Uuid> {
        self.items.iter().map(|(_, id)| *id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_round_trip_and_belong_to_one_order() {
        let sort = Sort { field: "name", descending: true };
        let time = Timestamp::from_microsecond(1_234_567).expect("in range");
        for key in [Key::Text("a\nb é".to_owned()), Key::Time(time), Key::Number(-7)] {
            let place = Place::new(sort, key.clone(), Uuid::max());
            let back: Place = place.to_string().parse().expect("its own text");
            assert_eq!(back, place);
            assert_eq!(back.within(sort), Some((&key, Uuid::max().to_string().as_str())));
            assert_eq!(back.within(Sort { field: "name", descending: false }), None);
        }
        let nul = Place::new(sort, Key::Text("\0".to_owned()), "x").to_string();
        for bad in ["", "-", "YQ", "1-00000000000000000000000000000000", &nul, &"A".repeat(3_000)] {
            assert_eq!(bad.parse::<Place>(), Err(InvalidCursor), "{bad}");
        }
    }
}
