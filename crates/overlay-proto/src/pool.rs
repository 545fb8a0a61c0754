//! The data connections of one link: their numbers, which are idle, and how many to dial.
//!
//! Whoever dialled the link dials all its data connections and numbers them. The dialler assigns odd numbers to streams,
//! the acceptor even ones, so that neither ever picks what the other picks at the same moment. Numbers are never reused.

use std::collections::{BTreeMap, VecDeque};

use crate::{Millis, PeerKind};

/// Which end of the link this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Dialled the link, and dials its data connections.
    Dialler,
    /// Accepted the link.
    Acceptor,
}

/// Who assigns a data connection to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whose {
    /// This end.
    Ours,
    /// The other end.
    Theirs,
}

impl Side {
    /// Who assigns connection `number`, as seen from this side.
    pub fn whose(self, number: u64) -> Whose {
        let odd = number % 2 == 1;
        if odd == (self == Self::Dialler) { Whose::Ours } else { Whose::Theirs }
    }
}

/// How many data connections to dial now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialsNeeded {
    /// For streams this end opens.
    pub ours: u32,
    /// For streams the other end opens.
    pub theirs: u32,
}

/// How many idle connections the ends of a link are given when nothing is known of their demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// For streams this end opens.
    pub ours: u32,
    /// For streams the other end opens.
    pub theirs: u32,
}

impl Ready {
    /// On a link of `me` with `peer`.
    pub fn between(me: PeerKind, peer: PeerKind) -> Self {
        Self { ours: Self::of_opener(me, peer), theirs: Self::of_opener(peer, me) }
    }

    /// Who claims or enrols opens one stream, and then comes back as somebody else; nobody opens one to it. Members are
    /// many, and most of them quiet: what is kept for them all, demand raises for the busy ones.
    fn of_opener(opener: PeerKind, other: PeerKind) -> u32 {
        let claims = |kind| matches!(kind, PeerKind::Claim { .. } | PeerKind::Bootstrap);
        let member = |kind| matches!(kind, PeerKind::Member { .. });
        match (claims(opener), claims(other)) {
            (_, true) => 0,
            (true, false) => 1,
            (false, false) if member(opener) || member(other) => Pool::OF_MEMBER,
            (false, false) => Pool::DEFAULT,
        }
    }
}

/// What a data connection that was just established is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Established {
    /// It waits for a stream.
    Idle,
    /// The other end assigned it while it was being dialled: its stream can begin.
    Assigned,
    /// Nobody asked for it, or for so many: it is to be closed.
    Unwanted,
}

/// Whether a connection that the other end assigned to a stream is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// It was idle, and is the stream's now.
    Ready,
    /// Its dial has not ended here yet; [`Pool::established`] will say [`Established::Assigned`].
    Soon,
    /// There is no such connection, or it is not the other end's to assign.
    Unknown,
}

/// The data connections of one link. Assigned connections are the stream's and no longer known here.
#[derive(Clone, Debug)]
pub struct Pool {
    side: Side,
    /// Idle connections in the order in which they were established.
    ours: VecDeque<Idle>,
    theirs: VecDeque<Idle>,
    /// Dials in flight, and whether the other end has assigned them already.
    dialling: BTreeMap<u64, bool>,
    greatest: u64,
    /// How many idle connections this end wants without any demand.
    least: u32,
    want_ours: u32,
    want_theirs: u32,
    /// A dial has succeeded.
    reached: bool,
    failures: u32,
    not_before: Millis,
    demand: Demand,
}

#[derive(Clone, Copy, Debug)]
struct Idle {
    number: u64,
    since: Millis,
}

/// How many connections streams took lately.
#[derive(Clone, Copy, Debug)]
struct Demand {
    taken: u32,
    peak: u32,
    window: Millis,
}

impl Pool {
    /// How many idle connections an end is given that may open any number of streams.
    pub const DEFAULT: u32 = 8;
    /// How many idle connections each end of a member's link is given.
    pub const OF_MEMBER: u32 = 2;
    /// The most idle connections either end gets.
    pub const MOST: u32 = 256;
    /// The most dials in flight.
    pub const DIALS: u32 = 64;
    /// How long a connection stays idle before a new one takes its place, in milliseconds: middleboxes forget idle
    /// connections without a word.
    pub const LIFETIME: u64 = 60_000;

    /// The most dials in flight until one has succeeded: the first stream does not wait for those that only later ones
    /// need.
    const FIRST_DIALS: u32 = 2;
    const WINDOW: u64 = 250;
    const FIRST_PAUSE: u64 = 100;
    const LONGEST_PAUSE: u64 = 5_000;
    /// A connection that ends sooner after it was established counts as a dial that failed, in milliseconds.
    const STILLBORN: u64 = 1_000;

    /// The pool of a link whose control channel was just established.
    pub fn new(side: Side, ready: Ready, now: Millis) -> Self {
        Self {
            side,
            ours: VecDeque::new(),
            theirs: VecDeque::new(),
            dialling: BTreeMap::new(),
            greatest: 0,
            least: ready.ours,
            want_ours: ready.ours,
            want_theirs: ready.theirs,
            reached: false,
            failures: 0,
            not_before: now,
            demand: Demand { taken: 0, peak: 0, window: now },
        }
    }

    /// Which end of the link this is.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The other end's [`PoolWant`](crate::link::PoolWant), brought within bounds.
    pub fn peer_wants(&mut self, idle: u32) {
        self.want_theirs = idle.clamp(1, Self::MOST);
    }

    /// How many idle connections this end wants for its own streams.
    pub fn wanted(&self) -> u32 {
        self.want_ours
    }

    /// Follows the demand of the last seconds: says how many idle connections this end wants from now on, if that
    /// changed. An acceptor then sends it as [`PoolWant`](crate::link::PoolWant). To be called about once a second.
    pub fn adapt(&mut self, now: Millis) -> Option<u32> {
        if now.since(self.demand.window) < Self::WINDOW {
            return None;
        }
        let faded = self.demand.peak - self.demand.peak.div_ceil(8);
        self.demand = Demand { taken: 0, peak: self.demand.taken.max(faded), window: now };
        // Powers of two, so that small changes in demand do not become messages.
        let want = match self.demand.peak.min(Self::MOST) {
            0 => self.least,
            peak => peak.next_power_of_two().max(self.least),
        };
        (std::mem::replace(&mut self.want_ours, want) != want).then_some(want)
    }

    /// How many connections the dialler should dial now. Nothing for a while after a dial failed; ask again at
    /// [`Pool::next_deadline`]. Always nothing for an acceptor.
    pub fn dials_needed(&self, now: Millis) -> DialsNeeded {
        if self.side == Side::Acceptor || now < self.not_before {
            return DialsNeeded::default();
        }
        let in_flight =
            |whose| self.dialling.iter().filter(|(n, taken)| self.side.whose(**n) == whose && !**taken).count();
        let fresh = |idle: &VecDeque<Idle>| idle.iter().filter(|i| now.since(i.since) < Self::LIFETIME).count();
        let missing = |want: u32, idle, whose| want.saturating_sub(count(fresh(idle) + in_flight(whose)));
        let most = match (self.failures, self.reached) {
            (0, true) => Self::DIALS,
            (0, false) => Self::FIRST_DIALS,
            // While dials fail, one at a time finds out when they no longer do.
            _ => 1,
        };
        let room = most.saturating_sub(count(self.dialling.len()));
        let ours = missing(self.want_ours, &self.ours, Whose::Ours);
        let theirs = missing(self.want_theirs, &self.theirs, Whose::Theirs);
        let ours_now = ours.min(room.saturating_sub(theirs.min(room / 2)));
        DialsNeeded { ours: ours_now, theirs: theirs.min(room - ours_now) }
    }

    /// When, after `now`, [`Pool::dials_needed`] or [`Pool::expired`] may say something new though nothing happens.
    pub fn next_deadline(&self, now: Millis) -> Option<Millis> {
        let oldest = [self.ours.front(), self.theirs.front()].into_iter().flatten().map(|i| i.since);
        let ageing = oldest.flat_map(|since| [since.after(Self::LIFETIME), since.after(2 * Self::LIFETIME)]);
        ageing.chain([self.not_before]).filter(|deadline| *deadline > now).min()
    }

    /// Begins a dial, and says the number for its preface.
    pub fn begin_dial(&mut self, whose: Whose) -> u64 {
        let next = self.greatest + 1;
        self.greatest = if self.side.whose(next) == whose { next } else { next + 1 };
        self.dialling.insert(self.greatest, false);
        self.greatest
    }

    /// A dial ended without a connection. Says whether the other end had already assigned it to a stream, which then
    /// cannot begin.
    pub fn dial_failed(&mut self, number: u64, now: Millis) -> bool {
        self.back_off(now);
        self.dialling.remove(&number).unwrap_or(false)
    }

    /// A connection was established: at the dialler when the acceptor's answer was verified, at the acceptor when the
    /// dialler's preface was, *before* it is answered.
    pub fn established(&mut self, number: u64, now: Millis) -> Established {
        if self.side == Side::Dialler {
            let Some(assigned) = self.dialling.remove(&number) else {
                return Established::Unwanted;
            };
            (self.failures, self.not_before, self.reached) = (0, now, true);
            if assigned {
                return Established::Assigned;
            }
        }
        let idle = self.idle_mut(self.side.whose(number));
        // Twice, because those about to expire are replaced first.
        if count(idle.len()) >= 2 * Self::MOST || idle.iter().any(|i| i.number == number) {
            return Established::Unwanted;
        }
        idle.push_back(Idle { number, since: now });
        Established::Idle
    }

    /// Takes an idle connection for a stream of this end: the most recent one.
    pub fn take(&mut self) -> Option<u64> {
        self.demand.taken = self.demand.taken.saturating_add(1);
        self.ours.pop_back().map(|idle| idle.number)
    }

    /// The other end assigned connection `number` to a stream.
    pub fn assigned(&mut self, number: u64) -> Assignment {
        if self.side.whose(number) == Whose::Ours {
            return Assignment::Unknown;
        }
        if remove(&mut self.theirs, number).is_some() {
            return Assignment::Ready;
        }
        match self.dialling.get_mut(&number) {
            Some(assigned) if !*assigned => {
                *assigned = true;
                Assignment::Soon
            }
            _ => Assignment::Unknown,
        }
    }

    /// An idle connection ended by itself. Says whether it was known to be idle.
    pub fn closed(&mut self, number: u64, now: Millis) -> bool {
        let Some(idle) = remove(self.idle_mut(self.side.whose(number)), number) else {
            return false;
        };
        if self.side == Side::Dialler && now.since(idle.since) < Self::STILLBORN {
            self.back_off(now);
        }
        true
    }

    /// Takes out the connections that were idle for too long; they are to be closed. Only what this end assigns: the
    /// other end may just be assigning its own.
    ///
    /// A connection past its [`LIFETIME`](Self::LIFETIME) goes when a newer one has taken its place, past twice that in
    /// any case.
    pub fn expired(&mut self, now: Millis) -> Vec<u64> {
        let mut expired = Vec::new();
        while let Some(oldest) = self.ours.front() {
            let age = now.since(oldest.since);
            let replaced = count(self.ours.len()) > self.want_ours;
            if age < Self::LIFETIME || (age < 2 * Self::LIFETIME && !replaced) {
                break;
            }
            expired.push(oldest.number);
            self.ours.pop_front();
        }
        expired
    }

    /// How many connections are idle.
    pub fn idle(&self, whose: Whose) -> usize {
        match whose {
            Whose::Ours => self.ours.len(),
            Whose::Theirs => self.theirs.len(),
        }
    }

    fn idle_mut(&mut self, whose: Whose) -> &mut VecDeque<Idle> {
        match whose {
            Whose::Ours => &mut self.ours,
            Whose::Theirs => &mut self.theirs,
        }
    }

    fn back_off(&mut self, now: Millis) {
        let pause = Self::FIRST_PAUSE << self.failures.min(10);
        self.failures = self.failures.saturating_add(1);
        self.not_before = now.after(pause.min(Self::LONGEST_PAUSE));
    }
}

fn remove(idle: &mut VecDeque<Idle>, number: u64) -> Option<Idle> {
    let index = idle.iter().position(|i| i.number == number)?;
    idle.remove(index)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
#[path = "pool_tests.rs"]
mod tests;
