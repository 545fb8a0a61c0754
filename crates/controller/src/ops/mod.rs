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
pub mod eviction;
pub mod invitation;
pub mod library;
pub mod link;
pub mod member;
pub mod network;
pub mod release;
pub mod socket;
pub mod status;
pub mod waiting_room;

mod bundle;
pub(crate) mod claims;
pub(crate) mod compute;
mod error;
mod find;
mod layout;
mod next_step;
pub(crate) mod observed;
mod once;
pub(crate) mod position;

use std::{fmt, net::IpAddr, str::FromStr};

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use model::{GenericUuid, Name, name::InvalidName};
use ring::digest;
use store::Cursor;
use uuid::Uuid;

pub use error::OpError;
pub use once::Once;
use position::Position;

/// On whose behalf an operation runs; recorded with every event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who: `admin` for the first-start token, `controller/ID` for reconcilers, an identity URI for sites.
    pub subject: String,
    /// The request this belongs to, for finding it in logs.
    pub request_id: String,
    /// Where the request came from, when it came over the network.
    pub address: Option<IpAddr>,
    /// The creation that must not happen twice, when the request carries an `Idempotency-Key`: every operation that
    /// creates calls `once::claim` first and `once::complete` last in its transaction.
    pub once: Option<Once>,
}

impl Actor {
    pub(crate) fn context(&self) -> store::Context {
        let address = self.address.map(|address| address.to_string());
        store::Context::new(&self.subject).by_request(&self.request_id, address)
    }
}

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

/// Which part of a list to answer with. Lists are in order of creation unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Where to begin: [`Listing::next`] of the page before; at the start, when absent.
    pub after: Option<String>,
    /// At most this many; [`Page::DEFAULT_LIMIT`] when absent, never more than [`Page::MAX_LIMIT`].
    pub limit: Option<usize>,
}

impl Page {
    /// How many objects a page has unless said otherwise.
    pub const DEFAULT_LIMIT: usize = 100;
    /// The most objects a page can have.
    pub const MAX_LIMIT: usize = 1_000;

    fn limit(&self) -> usize {
        self.limit.unwrap_or(Self::DEFAULT_LIMIT).clamp(1, Self::MAX_LIMIT)
    }

    pub(crate) fn in_store(&self) -> Result<store::Page, OpError> {
        let after = match &self.after {
            None => Cursor::START,
            Some(text) => text.parse().map_err(|error| OpError::invalid("cursor", error))?,
        };
        Ok(store::Page { after, limit: u32::try_from(self.limit()).unwrap_or(u32::MAX) })
    }

    /// After which number to begin, in a list whose objects are numbered, and how many to read: one more than the page
    /// has, so that [`Page::numbered`] knows whether there are more.
    pub(crate) fn by_number(&self) -> Result<(i64, u32), OpError> {
        let after = match &self.after {
            None => 0,
            Some(text) => {
                let number = text.parse().ok().filter(|number| *number >= 0);
                number.ok_or_else(|| OpError::invalid("cursor", "it is not a cursor of this list: give a position"))?
            }
        };
        Ok((after, u32::try_from(self.limit() + 1).unwrap_or(u32::MAX)))
    }

    /// This page, of what was read for it.
    pub(crate) fn numbered<T>(&self, mut read: Vec<T>, number: impl Fn(&T) -> i64) -> Listing<T> {
        let more = read.len() > self.limit();
        read.truncate(self.limit());
        let next = read.last().filter(|_| more).map(|last| number(last).to_string());
        Listing { items: read, next }
    }

    /// Cuts this page out of a whole list, by the position that each object has; the list comes out in their order. The
    /// object a page ended with need not exist any more when the next one is asked for.
    pub(crate) fn cut<T>(&self, mut all: Vec<T>, position: impl Fn(&T) -> Position) -> Result<Listing<T>, OpError> {
        all.sort_by_cached_key(&position);
        let begin = match &self.after {
            None => 0,
            Some(after) => {
                let after: Position = after.parse().map_err(|error| OpError::invalid("cursor", error))?;
                all.partition_point(|item| position(item) <= after)
            }
        };
        let more = all.len() - begin > self.limit();
        let items: Vec<T> = all.into_iter().skip(begin).take(self.limit()).collect();
        let next = items.last().filter(|_| more).map(|last| position(last).to_string());
        Ok(Listing { items, next })
    }
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
    pub(crate) fn of(items: Vec<T>, next: Option<Cursor>) -> Self {
        Self { items, next: next.map(|cursor| cursor.to_string()) }
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

    #[test]
    fn pages_cover_a_list_without_gaps_or_repetition() {
        let all: Vec<String> = (0..7).map(|n| format!("n{n}")).collect();
        let mut page = Page { after: None, limit: Some(3) };
        let mut seen: Vec<String> = vec![];
        loop {
            // The object that the page before ended with is gone by now.
            let left = all.iter().filter(|name| seen.last() != Some(*name)).cloned().collect();
            let listing = page.cut(left, |name| Position::named(name)).expect("a cursor of this list");
            seen.extend(listing.items);
            match listing.next {
                Some(next) => page.after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, all);
        assert!(Page { after: Some("x".to_owned()), limit: None }.cut(all, |name| Position::named(name)).is_err());
    }
}
