//! Who is connected, how useful each connection is, and who gives way when there is no room.

use std::{
    cmp::Reverse,
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Limits;

/// The connections of a service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Connections {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    limits: Limits,
    state: Mutex<State>,
    gave_way: AtomicU64,
    refused: AtomicU64,
    timed_out: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: HashMap<u64, Arc<Seat>>,
    by_source: HashMap<IpAddr, usize>,
}

/// How useful a connection is; the least useful gives way first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Worth {
    /// It has said nothing good yet, and asks nothing.
    Silent,
    /// It asks, and nobody knows who it is.
    Asking,
    /// It has come with a good token, and asks nothing now.
    Idle,
    /// It has come with a good token, and asks. It never gives way.
    Busy,
}

#[derive(Debug)]
pub(crate) struct Seat {
    source: IpAddr,
    /// Whether it has ever asked anything.
    asked: AtomicBool,
    known: AtomicBool,
    under_way: AtomicUsize,
    /// When it last did something that counts.
    touched: Mutex<Instant>,
    give_way: CancellationToken,
}

/// How many connections there are, by how useful they are, and what has become of others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Those without a good token that ask nothing.
    pub silent: usize,
    /// Those without a good token that ask.
    pub asking: usize,
    /// Those with a good token that ask nothing now.
    pub idle: usize,
    /// Those with a good token that ask.
    pub busy: usize,
    /// How many gave way to others so far.
    pub gave_way: u64,
    /// How many were refused so far, because nobody could give way.
    pub refused: u64,
    /// How many were closed so far because nothing came, or too slowly.
    pub timed_out: u64,
}

/// A place among the connections, left when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    id: u64,
    seat: Arc<Seat>,
    connections: Connections,
}

/// Who is at the other end of a connection: an extension of each of its requests.
#[derive(Clone, Debug)]
pub struct Peer {
    address: SocketAddr,
    seat: Arc<Seat>,
}

/// A request that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Seat>);

impl Connections {
    /// None yet, within `limits`.
    pub fn new(limits: Limits) -> Self {
        let inner = Inner {
            limits,
            state: Mutex::default(),
            gave_way: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            timed_out: AtomicU64::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The limits they are held to.
    pub fn limits(&self) -> Limits {
        self.inner.limits
    }

    /// How things stand.
    pub fn occupancy(&self) -> Occupancy {
        let mut found = Occupancy {
            gave_way: self.inner.gave_way.load(Relaxed),
            refused: self.inner.refused.load(Relaxed),
            timed_out: self.inner.timed_out.load(Relaxed),
            ..Occupancy::default()
        };
        for seat in self.lock().open.values() {
            *match seat.worth() {
                Worth::Silent => &mut found.silent,
                Worth::Asking => &mut found.asking,
                Worth::Idle => &mut found.idle,
                Worth::Busy => &mut found.busy,
            } += 1;
        }
        found
    }

    /// A place for a connection from `address`: a free one, or that of a less useful connection; of the same source,
    /// when that has as many as it may. None, when nobody can give way.
    pub(crate) fn enter(&self, address: SocketAddr) -> Option<Place> {
        let source = source(address.ip());
        let mut state = self.lock();
        let here = state.by_source.get(&source).copied().unwrap_or_default();
        let room = if here >= self.inner.limits.per_source {
            self.give_way(&mut state, Some(source))
        } else {
            state.open.len() < self.inner.limits.total || self.give_way(&mut state, None)
        };
        if !room {
            self.inner.refused.fetch_add(1, Relaxed);
            return None;
        }
        let seat = Arc::new(Seat {
            source,
            asked: AtomicBool::new(false),
            known: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            touched: Mutex::new(Instant::now()),
            give_way: CancellationToken::new(),
        });
        let id = state.next;
        state.next += 1;
        state.open.insert(id, Arc::clone(&seat));
        *state.by_source.entry(source).or_default() += 1;
        Some(Place { id, seat, connections: self.clone() })
    }

    /// Closes the least useful connection, when the system has no room for another.
    pub(crate) fn make_room(&self) {
        self.give_way(&mut self.lock(), None);
    }

    pub(crate) fn timed_out(&self) {
        self.inner.timed_out.fetch_add(1, Relaxed);
    }

    /// Lets the least useful connection go, of one source or of all. Among equals, one of the source with the most
    /// connections goes first, and among those the one that has had the most time.
    fn give_way(&self, state: &mut State, of: Option<IpAddr>) -> bool {
        let candidates = state.open.iter().filter(|(_, seat)| of.is_none_or(|source| seat.source == source));
        let crowd = |source: &IpAddr| state.by_source.get(source).copied().unwrap_or_default();
        let least = candidates.min_by_key(|(id, seat)| (seat.worth(), Reverse(crowd(&seat.source)), **id));
        let Some(id) = least.filter(|(_, seat)| seat.worth() < Worth::Busy).map(|(id, _)| *id) else { return false };
        if let Some(seat) = state.leave(id) {
            seat.give_way.cancel();
            self.inner.gave_way.fetch_add(1, Relaxed);
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn leave(&mut self, id: u64) -> Option<Arc<Seat>> {
        let seat = self.open.remove(&id)?;
        if let Some(count) = self.by_source.get_mut(&seat.source) {
            *count -= 1;
            if *count == 0 {
                self.by_source.remove(&seat.source);
            }
        }
        Some(seat)
    }
}

impl Seat {
    fn worth(&self) -> Worth {
        match (self.known.load(Relaxed), self.under_way.load(Relaxed) > 0) {
            (false, false) => Worth::Silent,
            (false, true) => Worth::Asking,
            (true, false) => Worth::Idle,
            (true, true) => Worth::Busy,
        }
    }

    pub(crate) fn touch(&self) {
        *self.touched.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// When to look again whether it has done nothing for too long; none, when it has.
    pub(crate) fn look_again(&self, limits: &Limits) -> Option<Instant> {
        let now = Instant::now();
        // What it does meanwhile may bring the moment forward.
        let soon = now + limits.idle.min(limits.first_request);
        if self.worth() == Worth::Busy {
            return Some(soon);
        }
        let wait = if self.asked.load(Relaxed) { limits.idle } else { limits.first_request };
        let overdue = *self.touched.lock().unwrap_or_else(PoisonError::into_inner) + wait;
        (overdue > now).then(|| overdue.min(soon))
    }

    /// Until another connection needs the place.
    pub(crate) async fn told_to_give_way(&self) {
        self.give_way.cancelled().await;
    }

    /// Whether cutting it would lose what somebody known might have sent just now.
    pub(crate) fn is_known(&self) -> bool {
        self.known.load(Relaxed)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.asked.store(true, Relaxed);
        self.under_way.fetch_add(1, Relaxed);
        self.touch();
        UnderWay(Arc::clone(self))
    }
}

impl Place {
    pub(crate) fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }

    pub(crate) fn peer(&self, address: SocketAddr) -> Peer {
        Peer { address, seat: Arc::clone(&self.seat) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.lock().leave(self.id);
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.touch();
        self.0.under_way.fetch_sub(1, Relaxed);
    }
}

impl Peer {
    /// Its network address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Notes that it has shown a good token: from now on others give way before it does.
    pub fn show_known(&self) {
        self.seat.known.store(true, Relaxed);
    }
}

/// Whom an address belongs to, as far as counting goes: whoever has one address of an IPv6 network has all of them.
fn source(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connections(total: usize, per_source: usize) -> Connections {
        Connections::new(Limits { total, per_source, ..Limits::default() })
    }

    fn from(text: &str) -> SocketAddr {
        SocketAddr::new(text.parse().expect("an address"), 1)
    }

    fn told(place: &Place) -> bool {
        place.seat.give_way.is_cancelled()
    }

    #[test]
    fn a_source_that_has_its_share_takes_no_place_of_others() {
        let all = connections(9, 2);
        let other = all.enter(from("10.0.0.2")).expect("room");
        let first = all.enter(from("10.0.0.1")).expect("room");
        let second = all.enter(from("10.0.0.1")).expect("room");
        let third = all.enter(from("10.0.0.1")).expect("the first of the source gives way");
        assert_eq!([&other, &first, &second, &third].map(told), [false, true, false, false]);
        drop(first);
        assert_eq!(all.occupancy().silent, 3, "its place was taken already");
    }

    #[test]
    fn a_crowd_gives_way_to_one_who_comes_alone() {
        let all = connections(4, 3);
        let alone = all.enter(from("10.0.0.9")).expect("room");
        let crowd: Vec<_> = (0..3).map(|_| all.enter(from("10.0.0.1")).expect("room")).collect();
        let newcomer = all.enter(from("10.0.0.7")).expect("one of the crowd gives way");
        assert_eq!(crowd.iter().map(told).collect::<Vec<_>>(), [true, false, false]);
        assert!(!told(&alone) && !told(&newcomer), "the oldest of all stays: its source has one only");
    }

    #[test]
    fn who_shows_a_good_token_stays_and_who_works_always_stays() {
        let all = connections(3, 3);
        let places: Vec<_> = (0..3).map(|n| all.enter(from(&format!("10.0.0.{n}"))).expect("room")).collect();
        places[0].peer(from("10.0.0.0")).show_known();
        places[1].peer(from("10.0.0.1")).show_known();
        let _busy = places[1].seat.begin();
        let _asking = places[2].seat.begin();
        let fourth = all.enter(from("10.0.0.4")).expect("the one without a token gives way");
        assert_eq!(places.iter().map(told).collect::<Vec<_>>(), [false, false, true]);
        fourth.peer(from("10.0.0.4")).show_known();
        let _working = fourth.seat.begin();
        let fifth = all.enter(from("10.0.0.5")).expect("the idle one gives way");
        fifth.peer(from("10.0.0.5")).show_known();
        let _working = fifth.seat.begin();
        assert!(told(&places[0]));
        assert!(all.enter(from("10.0.0.6")).is_none(), "everybody works");
        assert_eq!((all.occupancy().busy, all.occupancy().gave_way, all.occupancy().refused), (3, 2, 1));
    }

    #[test]
    fn addresses_of_one_ipv6_network_are_one_source() {
        let all = connections(9, 1);
        let first = all.enter(from("2001:db8::1")).expect("room");
        let _elsewhere = all.enter(from("2001:db8:0:1::1")).expect("room");
        assert!(!told(&first));
        let _second = all.enter(from("2001:db8::2")).expect("the first gives way");
        assert!(told(&first));
        let mapped = all.enter(from("::ffff:10.0.0.1")).expect("room");
        let _plain = all.enter(from("10.0.0.1")).expect("the mapped one gives way");
        assert!(told(&mapped));
    }
}
