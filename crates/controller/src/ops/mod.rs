//! Domain operations: what a person or a pipeline may ask of the installation.
//!
//! Each takes the [`App`](crate::App), who asks ([`Actor`]) and a typed input, and answers with a typed result or an
//! [`OpError`] that says what is wrong, where, and what to do. Every change records its events in the same transaction.

pub mod access_point;
pub mod address;
pub mod audit;
pub mod backbone;
pub mod backbone_site;
pub mod ca;
pub mod certificate;
pub mod classes;
pub mod controller;
pub mod cut_off;
pub mod deployment;
pub mod eviction;
pub mod grant;
pub mod group;
pub mod invitation;
pub mod library;
pub mod link;
pub mod member;
pub mod network;
pub mod quota;
pub mod release;
pub mod secret;
pub mod sign_in;
pub mod socket;
pub mod status;
pub mod token;
pub mod user;
pub mod waiting_room;

pub(crate) mod actor;
mod bundle;
pub(crate) mod claims;
pub(crate) mod compute;
mod error;
pub(crate) mod find;
pub(crate) mod findings;
mod layout;
mod next_step;
pub(crate) mod observed;
mod once;
mod owner;

use std::{fmt, str::FromStr};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use model::{GenericUuid, Name, name::InvalidName};
use ring::digest;
use store::listing::{Key, Place, Sort, Wanted};
use uuid::Uuid;

use crate::App;

pub use actor::Actor;
pub use error::OpError;
pub use once::Once;

/// An object as a person names it: by its name within its parent, or by its id anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// By name.
    Name(Name),
    /// By id.
    Id(Uuid),
}

impl Ref {
    /// Refers to the object with this id.
    pub fn id<T: GenericUuid>(id: T) -> Self {
        Self::Id(id.into_untyped_uuid())
    }
}

impl FromStr for Ref {
    type Err = InvalidName;

    /// The canonical form of a UUID is an id, everything else a name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Uuid::try_parse(text) {
            Ok(id) if id.hyphenated().to_string() == text => Ok(Self::Id(id)),
            _ => text.parse().map(Self::Name),
        }
    }
}

impl From<Name> for Ref {
    fn from(name: Name) -> Self {
        Self::Name(name)
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Id(id) => id.fmt(f),
        }
    }
}

/// What every object has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// When it was created.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// Grows with every change; a change may demand the revision it was prepared for.
    pub revision: i64,
}

/// The [`Meta`] of any object of the store.
macro_rules! meta {
    ($object:expr) => {
        $crate::ops::Meta { created: $object.created, updated: $object.updated, revision: $object.revision }
    };
}
pub(crate) use meta;

/// Which part of a list to answer with, in which order; the default is its first objects, in the order it has by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Where to begin: [`Listing::next`] of the page before; at the start, when absent.
    pub after: Option<String>,
    /// At most this many; [`Page::DEFAULT_LIMIT`] when absent, never more than [`Page::MAX_LIMIT`].
    pub limit: Option<usize>,
    /// Words that all have to be found in what the list is searched by.
    pub search: Option<String>,
    /// The order.
    pub sort: Option<Sort>,
    /// What objects must have, by the names of the list's filters; values were checked.
    pub filters: Vec<(&'static str, String)>,
}

/// What an object is ordered by.
type SortKey<T> = fn(&T) -> Key;

/// Whether an object has what a filter asks for.
type Has<T> = fn(&T, &str) -> bool;

/// What a list that is read whole can be narrowed and ordered by. Lists of the database say so there.
pub(crate) struct Fields<T: 'static> {
    /// What tells one object from another.
    pub(crate) id: fn(&T) -> String,
    /// The orders; the first is the list's own.
    pub(crate) sorts: &'static [(&'static str, SortKey<T>)],
    /// The filters.
    pub(crate) filters: &'static [(&'static str, Has<T>)],
    /// In what words are looked for.
    pub(crate) search: fn(&T) -> String,
}

impl Page {
    /// How many objects a page has unless said otherwise.
    pub const DEFAULT_LIMIT: usize = 100;
    /// The most objects a page can have.
    pub const MAX_LIMIT: usize = 1_000;

    fn limit(&self) -> usize {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT).clamp(1, Self::MAX_LIMIT)
    }

    /// The same, as the store reads lists.
    pub(crate) fn wanted(&self, app: &App) -> Result<Wanted, OpError> {
        Ok(Wanted {
            search: self.search.clone(),
            filters: self.filters.clone(),
            sort: self.sort,
            only: None,
            after: self.place()?,
            limit: u32::try_from(self.limit()).unwrap_or(u32::MAX),
            now: app.now(),
            heard_since: app.now().saturating_sub(observed::SILENCE).unwrap_or(Timestamp::MIN),
        })
    }

    fn place(&self) -> Result<Option<Place>, OpError> {
        let place = self.after.as_ref().map(|text| text.parse::<Place>());
        place.transpose().map_err(|error| OpError::invalid("cursor", error))
    }

    /// The same for a list whose objects have positions: these are its cursors.
    pub(crate) fn wanted_by_position(&self, app: &App) -> Result<Wanted, OpError> {
        let sort = self.sort.unwrap_or(Sort { field: "position", descending: false });
        let after = match &self.after {
            None => None,
            Some(text) => {
                let number = text.parse::<i64>().ok().filter(|number| *number >= 0);
                let number = number
                    .ok_or_else(|| OpError::invalid("cursor", "it is not a cursor of this list: give a position"))?;
                Some(Place::new(sort, Key::Number(number), Uuid::nil()))
            }
        };
        Ok(Wanted { after, ..Self { after: None, ..self.clone() }.wanted(app)? })
    }

    /// This page of a whole list.
    pub(crate) fn pick<T>(&self, mut all: Vec<T>, fields: &Fields<T>) -> Result<Listing<T>, OpError> {
        for (name, value) in &self.filters {
            let (_, has) = fields.filters.iter().find(|(known, _)| known == name).ok_or_else(|| unknown(name))?;
            all.retain(|item| has(item, value));
        }
        for word in self.search.iter().flat_map(|search| search.split_whitespace()) {
            let word = word.to_lowercase();
            all.retain(|item| (fields.search)(item).to_lowercase().contains(&word));
        }
        let sort = self.sort.unwrap_or(Sort { field: fields.sorts[0].0, descending: false });
        let (_, key) =
            fields.sorts.iter().find(|(known, _)| *known == sort.field).ok_or_else(|| unknown(sort.field))?;
        let mut keyed: Vec<_> = all.into_iter().map(|item| ((key(&item), (fields.id)(&item)), item)).collect();
        keyed.sort_by(|(one, _), (other, _)| if sort.descending { other.cmp(one) } else { one.cmp(other) });
        let begin = match self.place()? {
            None => 0,
            Some(after) => {
                let invalid = || OpError::invalid("cursor", store::page::InvalidCursor);
                let (key, id) = after.within(sort).ok_or_else(invalid)?;
                let after = (key.clone(), id.to_owned());
                keyed.partition_point(|(place, _)| if sort.descending { *place >= after } else { *place <= after })
            }
        };
        let more = keyed.len() - begin > self.limit();
        let page: Vec<_> = keyed.into_iter().skip(begin).take(self.limit()).collect();
        let next = page.last().filter(|_| more).map(|((key, id), _)| Place::new(sort, key.clone(), id).to_string());
        Ok(Listing { items: page.into_iter().map(|(_, item)| item).collect(), next })
    }
}

/// What may be asked of lists is checked before; a list that does not know it is a fault of the program.
fn unknown(what: &str) -> OpError {
    OpError::internal("reading a list")(format!("it knows no {what}"))
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The objects.
    pub items: Vec<T>,
    /// What to pass as [`Page::after`] for the next page; absent on the last.
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// A page of the store whose objects became `items`.
    pub(crate) fn of(items: Vec<T>, next: Option<impl fmt::Display>) -> Self {
        Self { items, next: next.map(|place| place.to_string()) }
    }
}

/// A certificate authority's certificate, in the words people look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateInfo {
    /// Whom it names.
    pub subject: String,
    /// SHA-256 of the certificate, in hexadecimal.
    pub fingerprint: String,
    /// Its serial number, in hexadecimal.
    pub serial: String,
    /// Which generation of its subject it is, from 1.
    pub generation: u32,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// The certificate, PEM.
    pub pem: String,
}

impl CertificateInfo {
    pub(crate) fn new(certificate: &pki::Certificate, generation: u32) -> Self {
        Self {
            subject: certificate.subject.clone(),
            fingerprint: HEXLOWER.encode(digest::digest(&digest::SHA256, certificate.der.as_bytes()).as_ref()),
            serial: certificate.serial.clone(),
            generation,
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            pem: certificate.to_pem(),
        }
    }
}

/// How a link is, as the site that dials it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// Carries traffic.
    Up,
    /// Being dialled.
    Connecting,
    /// Not there.
    Down,
    /// Nobody has reported on it: the dialling site is not deployed, or has no session.
    Unknown,
}

/// What is observed of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkObservation {
    /// How it is.
    pub state: LinkState,
    /// Round-trip time in microseconds, while it is up.
    pub rtt_us: Option<u32>,
    /// The last error, while it is not up.
    pub error: Option<String>,
    /// What it carries, while it is up.
    pub traffic: Option<Traffic>,
    /// Since when it is seen to be so.
    pub since: Option<Timestamp>,
    /// When the site that dials it said so.
    pub seen: Option<Timestamp>,
}

/// What a link carries, seen from the site that dials it. Only data counts, not what routers tell each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Traffic {
    /// Bytes received since the link was made.
    pub bytes_in: u64,
    /// Bytes sent since the link was made.
    pub bytes_out: u64,
    /// Bytes received per second, lately.
    pub rate_in: u64,
    /// Bytes sent per second, lately.
    pub rate_out: u64,
}

/// A listener or connector as its site sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketObservation {
    /// The address.
    pub address: String,
    /// The socket at the site, `HOST:PORT`.
    pub socket: String,
    /// Whether it was authored at the site.
    pub local: bool,
    /// Whether it works.
    pub ready: bool,
    /// Why not.
    pub error: Option<String>,
    /// How many connections it carries now.
    pub connections: u64,
    /// What was authored centrally, when the participant has chosen another socket.
    pub authored: Option<String>,
    /// The deployment it is of.
    pub deployment: Option<String>,
    /// The parts of the deployment that it is there for.
    pub parts: Vec<String>,
    /// Since when it is seen in this state.
    pub since: Option<Timestamp>,
}

/// Facts a site reported of its machine and program. For people: nothing is decided by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Platform {
    /// Program and version.
    pub software: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Host name.
    pub hostname: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_tell_ids_from_names() {
        let id = Uuid::from_u128(7);
        assert_eq!(id.to_string().parse::<Ref>(), Ok(Ref::Id(id)));
        assert!(matches!("east".parse::<Ref>(), Ok(Ref::Name(_))));
        assert!("East".parse::<Ref>().is_err());
    }

    const NAMES: Fields<String> = Fields {
        id: String::clone,
        sorts: &[
            ("name", |name| Key::Text(name.clone())),
            ("length", |name| Key::Number(i64::try_from(name.len()).unwrap_or_default())),
        ],
        filters: &[("first", |name, wanted| name.starts_with(wanted))],
        search: String::clone,
    };

    fn pages(mut page: Page, all: &[&str]) -> Vec<String> {
        let mut seen: Vec<String> = vec![];
        loop {
            // The object that the page before ended with is gone by now.
            let left = all.iter().filter(|name| seen.last().is_none_or(|last| last != *name));
            let listing = page.pick(left.map(ToString::to_string).collect(), &NAMES).expect("a cursor of this list");
            seen.extend(listing.items);
            match listing.next {
                Some(next) => page.after = Some(next),
                None => return seen,
            }
        }
    }

    #[test]
    fn pages_cover_a_list_in_every_order_without_gaps_or_repetition() {
        let all = ["ccc", "a", "bb", "d", "eeee", "ff", "g"];
        let by = |field, descending| Page { limit: Some(2), sort: Some(Sort { field, descending }), ..Page::default() };
        assert_eq!(pages(by("name", false), &all), ["a", "bb", "ccc", "d", "eeee", "ff", "g"]);
        assert_eq!(pages(by("name", true), &all), ["g", "ff", "eeee", "d", "ccc", "bb", "a"]);
        assert_eq!(pages(by("length", false), &all), ["a", "d", "g", "bb", "ff", "ccc", "eeee"]);
        assert_eq!(pages(by("length", true), &all), ["eeee", "ccc", "ff", "bb", "g", "d", "a"]);
    }

    #[test]
    fn a_cursor_of_another_order_is_refused() {
        let all = || ["a", "b"].map(str::to_owned).to_vec();
        let first = Page { limit: Some(1), ..Page::default() }.pick(all(), &NAMES).expect("a page");
        let sort = Some(Sort { field: "name", descending: true });
        for (after, sort) in [(first.next, sort), (Some("x".to_owned()), None)] {
            let refused = Page { after, sort, ..Page::default() }.pick(all(), &NAMES);
            assert!(matches!(refused, Err(OpError::Invalid { field: "cursor", .. })), "{refused:?}");
        }
    }

    #[test]
    fn lists_that_are_read_whole_are_filtered_and_searched() {
        let all = ["ab", "ac", "bc"];
        let filtered = Page { filters: vec![("first", "a".to_owned())], ..Page::default() };
        assert_eq!(pages(filtered, &all), ["ab", "ac"]);
        assert_eq!(pages(Page { search: Some("C a".to_owned()), ..Page::default() }, &all), ["ac"]);
    }
}
