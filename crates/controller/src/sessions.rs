//! The sessions this replica has with sites: whom to wake when something changes.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use model::{BackboneId, BackboneSiteId, NetworkId, SiteId};
use store::status::SiteRef;
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use trace::SpanContext;

use crate::{pace::Pace, session::Reading};

/// Whom a change concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concern {
    /// Every site of a backbone, and every member of the networks on it.
    Backbone(BackboneId),
    /// One relay site.
    BackboneSite(BackboneSiteId),
    /// Every relay site, of this backbone only if that is given.
    Relays(Option<BackboneId>),
    /// Every member of a network.
    Network(NetworkId),
    /// One member.
    Member(NetworkId, SiteId),
}

/// Which site a session is with, and what it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    /// A relay site.
    Backbone(BackboneId, BackboneSiteId),
    /// A member of a network on a backbone.
    Member(BackboneId, NetworkId, SiteId),
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backbone(_, site) => write!(f, "backbone site {site}"),
            Self::Member(_, network, site) => write!(f, "member site {site} of network {network}"),
        }
    }
}

impl Party {
    /// What kind of site it is, as figures name it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Backbone(..) => "backbone-site",
            Self::Member(..) => "member",
        }
    }

    /// The site alone.
    pub(crate) fn site(&self) -> SiteRef {
        match *self {
            Self::Backbone(_, site) => SiteRef::Backbone(site),
            Self::Member(_, _, site) => SiteRef::Member(site),
        }
    }

    /// What changes with this site alone.
    pub(crate) fn concern(&self) -> Concern {
        match *self {
            Self::Backbone(_, site) => Concern::BackboneSite(site),
            Self::Member(_, network, site) => Concern::Member(network, site),
        }
    }

    fn is_concerned(&self, concern: &Concern) -> bool {
        match (self, concern) {
            (Self::Backbone(own, _) | Self::Member(own, ..), Concern::Backbone(backbone)) => own == backbone,
            (Self::Backbone(_, own), Concern::BackboneSite(site)) => own == site,
            (Self::Backbone(own, _), Concern::Relays(backbone)) => backbone.is_none_or(|backbone| backbone == *own),
            (Self::Member(_, own, _), Concern::Network(network)) => own == network,
            (Self::Member(_, _, own), Concern::Member(_, site)) => own == site,
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
struct Entry {
    id: Uuid,
    party: Party,
    wake: Arc<Notify>,
    causes: Causes,
    renew: Arc<AtomicBool>,
    asks: mpsc::Sender<Reading>,
    replaced: CancellationToken,
}

/// The most that is remembered of what has caused a change.
const MAX_CAUSES: usize = 16;

/// What has caused changes that a session, or a reconciler, has not been told of yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Causes(Arc<Mutex<Vec<SpanContext>>>);

impl Causes {
    /// How many there are now.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// The first `count` of them, which are forgotten.
    pub(crate) fn take(&self, count: usize) -> Vec<SpanContext> {
        self.lock().drain(..count).collect()
    }

    pub(crate) fn add(&self, cause: SpanContext) {
        let mut causes = self.lock();
        if causes.len() < MAX_CAUSES {
            causes.push(cause);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<SpanContext>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many sessions a site may begin at once, and how long it waits for each one more.
const BEGINS: (u32, Duration) = (10, Duration::from_secs(1));
/// How many questions for logs wait for a session to pass them on.
const ASKS: usize = 4;
/// The least time between two requests of a site for a certificate; at most this part of the life of one.
const BETWEEN_RENEWALS: Duration = Duration::from_secs(5);
const PART_OF_LEAF: u32 = 16;

/// How many decisions of a participant are taken in at once, and how long it takes until there may be one more: others are
/// planned anew for each.
const DECISIONS: (u32, Duration) = (60, Duration::from_secs(10));

/// The sessions this replica has with sites, one per site, and how often a site may do what is written down.
#[derive(Debug)]
pub(crate) struct Sessions {
    entries: Arc<Mutex<HashMap<SiteRef, Entry>>>,
    begins: Pace<SiteRef>,
    renewals: Pace<SiteRef>,
    decisions: Pace<SiteRef>,
}

impl Default for Sessions {
    fn default() -> Self {
        let renewals = Pace::new(BETWEEN_RENEWALS, 1);
        let decisions = Pace::new(DECISIONS.1, DECISIONS.0);
        Self { entries: Arc::default(), begins: Pace::new(BEGINS.1, BEGINS.0), renewals, decisions }
    }
}

/// A session's place among the sessions; left when it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) id: Uuid,
    /// Something that concerns the site has changed.
    pub(crate) wake: Arc<Notify>,
    /// What has caused that.
    pub(crate) causes: Causes,
    /// Set when the site is to be asked for a new certificate.
    pub(crate) renew: Arc<AtomicBool>,
    /// What the site is to be asked for.
    pub(crate) asks: mpsc::Receiver<Reading>,
    /// A newer session with the site has taken the place.
    pub(crate) replaced: CancellationToken,
    site: SiteRef,
    entries: Arc<Mutex<HashMap<SiteRef, Entry>>>,
}

impl Sessions {
    /// Takes the place of the site's session, from an older one if there is one.
    pub(crate) fn take(&self, party: Party) -> Seat {
        let (sender, asks) = mpsc::channel(ASKS);
        let entry = Entry {
            id: Uuid::new_v4(),
            party,
            wake: Arc::new(Notify::new()),
            causes: Causes::default(),
            renew: Arc::default(),
            asks: sender,
            replaced: CancellationToken::new(),
        };
        if let Some(older) = lock(&self.entries).insert(party.site(), entry.clone()) {
            older.replaced.cancel();
        }
        let Entry { id, wake, causes, renew, replaced, .. } = entry;
        Seat { id, wake, causes, renew, asks, replaced, site: party.site(), entries: Arc::clone(&self.entries) }
    }

    /// Has a site asked for logs, if it has a session here that has room for the question. The answer's way is closed when that
    /// session ends.
    pub(crate) fn ask(&self, site: SiteRef, reading: Reading) -> Result<(), Reading> {
        let asks = lock(&self.entries).get(&site).map(|entry| entry.asks.clone());
        match asks {
            Some(asks) => asks.try_send(reading).map_err(mpsc::error::TrySendError::into_inner),
            None => Err(reading),
        }
    }

    /// Whether the site may begin a session now.
    pub(crate) fn may_begin(&self, party: Party) -> bool {
        self.begins.may(party.site(), Instant::now())
    }

    /// Whether the site may ask for a certificate now, in whichever session, where certificates live as long as `leaf`.
    pub(crate) fn may_renew(&self, party: Party, leaf: SignedDuration) -> bool {
        let between = BETWEEN_RENEWALS.min(leaf.unsigned_abs() / PART_OF_LEAF);
        self.renewals.may_once_in(between, party.site(), Instant::now())
    }

    /// Whether another decision of the site's participant is taken in now, in whichever session.
    pub(crate) fn may_decide(&self, party: Party) -> bool {
        self.decisions.may(party.site(), Instant::now())
    }

    /// Has the sites that any of `concerns` concerns asked for a new certificate.
    pub(crate) fn ask_to_renew(&self, concerns: &[Concern]) {
        for entry in lock(&self.entries).values() {
            if concerns.iter().any(|concern| entry.party.is_concerned(concern)) {
                entry.renew.store(true, Ordering::Relaxed);
                entry.wake.notify_one();
            }
        }
    }

    /// Notes what has caused a change, for the sessions that any of `concerns` concerns. They are to be woken afterwards.
    pub(crate) fn caused(&self, concerns: &[Concern], cause: SpanContext) {
        for entry in lock(&self.entries).values() {
            if concerns.iter().any(|concern| entry.party.is_concerned(concern)) {
                entry.causes.add(cause);
            }
        }
    }

    /// Wakes the sessions that any of `concerns` concerns.
    pub(crate) fn wake(&self, concerns: &[Concern]) {
        for entry in lock(&self.entries).values() {
            if concerns.iter().any(|concern| entry.party.is_concerned(concern)) {
                entry.wake.notify_one();
            }
        }
    }

    /// Wakes every session.
    pub(crate) fn wake_all(&self) {
        for entry in lock(&self.entries).values() {
            entry.wake.notify_one();
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut entries = lock(&self.entries);
        if entries.get(&self.site).is_some_and(|entry| entry.id == self.id) {
            entries.remove(&self.site);
        }
    }
}

fn lock(entries: &Mutex<HashMap<SiteRef, Entry>>) -> MutexGuard<'_, HashMap<SiteRef, Entry>> {
    entries.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use model::GenericUuid;

    use super::*;

    fn id<T: GenericUuid>(n: u128) -> T {
        T::from_untyped_uuid(Uuid::from_u128(n))
    }

    fn woken(seat: &Seat) -> bool {
        seat.wake.notified().now_or_never().is_some()
    }

    #[test]
    fn a_newer_session_takes_the_place_of_an_older_one() {
        let sessions = Sessions::default();
        let party = Party::Backbone(id(1), id(2));
        let older = sessions.take(party);
        let newer = sessions.take(party);
        assert!(older.replaced.is_cancelled() && !newer.replaced.is_cancelled());
        drop(older);
        sessions.wake(&[Concern::BackboneSite(id(2))]);
        assert!(woken(&newer), "the older one has left its own place only");
        drop(newer);
        assert!(lock(&sessions.entries).is_empty());
    }

    #[test]
    fn the_pace_of_renewals_follows_how_long_certificates_live_now() {
        let (sessions, party) = (Sessions::default(), Party::Backbone(id(1), id(2)));
        assert!(sessions.may_renew(party, SignedDuration::from_hours(24)));
        assert!(!sessions.may_renew(party, SignedDuration::from_hours(24)), "not twice within five seconds");
        let other = Party::Backbone(id(1), id(3));
        assert!([(); 2].iter().all(|()| sessions.may_renew(other, SignedDuration::ZERO)), "as fast as they live");
    }

    #[test]
    fn what_caused_a_change_is_kept_for_those_it_concerns_until_it_is_taken() {
        let sessions = Sessions::default();
        let (member, other) =
            (sessions.take(Party::Member(id(1), id(3), id(4))), sessions.take(Party::Backbone(id(9), id(8))));
        let cause: SpanContext =
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a traceparent");
        for _ in 0..100 {
            sessions.caused(&[Concern::Network(id(3))], cause);
        }
        assert_eq!((member.causes.count(), other.causes.count()), (MAX_CAUSES, 0));
        assert_eq!(member.causes.take(MAX_CAUSES - 1).len(), MAX_CAUSES - 1);
        assert_eq!(member.causes.take(1), [cause]);
    }

    #[test]
    fn a_change_wakes_those_it_concerns() {
        let sessions = Sessions::default();
        let relay = sessions.take(Party::Backbone(id(1), id(2)));
        let member = sessions.take(Party::Member(id(1), id(3), id(4)));
        let other = sessions.take(Party::Member(id(9), id(8), id(7)));
        let check = |concern, expected: [bool; 3]| {
            sessions.wake(&[concern]);
            assert_eq!([woken(&relay), woken(&member), woken(&other)], expected, "{concern:?}");
        };
        check(Concern::Backbone(id(1)), [true, true, false]);
        check(Concern::BackboneSite(id(2)), [true, false, false]);
        check(Concern::Network(id(3)), [false, true, false]);
        check(Concern::Member(id(8), id(7)), [false, false, true]);
    }
}
