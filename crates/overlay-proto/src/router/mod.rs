//! The router's state machine.
//!
//! A [`Core`] is told what happens — a link came up, a frame arrived, time passed — and says what is to be done, as
//! [`Output`]s in order. It decides everything about routing and about what a peer may do; the shell owns sockets, TLS,
//! the handshake ([`Hello`](crate::link::Hello)), keep-alive, data connections and the trust document.
//!
//! ```text
//! TLS verified, hellos exchanged ─▶ link_up(key, Peer::of(identity), cost, side, now)
//! every further frame            ─▶ frame(key, body, now) ─▶ Some(body): the shell's own (ping, pong, goodbye, trust,
//!                                                            refused, leave, pool-want), already checked: this peer may
//!                                                            send it
//! link lost or closed            ─▶ link_down(key, now)
//! at next_deadline()             ─▶ tick(now)
//! after each of these            ─▶ poll_output() until None
//! ```
//!
//! A link that is to give way to another one is [retired](Core::retire) before the shell closes it.
//!
//! What the shell does with an output:
//!
//! * [`Output::Send`]: writes the frame to the link, in order.
//! * [`Output::Verify`]: verifies signature and certificate, that the certificate is a backbone site's whose id is the
//!   record's origin, and that it is not denied; then calls [`Core::verified_record`], or drops the record.
//! * [`Output::Close`]: sends a [`Goodbye`](crate::link::Goodbye) and closes. The core has forgotten the link already.
//! * [`Output::Deliver`]: the data connection `open.connection` of the link carries a stream for this site. Who is at its
//!   other end is what the end-to-end TLS inside says, never `open.origin`.
//! * [`Output::Forward`]: takes a number from the pool of `to`, sends `open` there with it, and joins the two data
//!   connections. Without a free number: answers `from` with [`Refused`](crate::link::Refused).
//! * [`Output::Refuse`]: answers with [`Refused`](crate::link::Refused) and closes the data connection.

use std::collections::{BTreeMap, BTreeSet};

use model::Address;

use crate::{
    LinkKey, NodeId, Peer, Realm,
    link::{Open, Reason, Record, SignedRecord, Unreachable, frame::Body},
    select::Candidate,
};

/// What goes before the bytes of a [`Record`] when it is signed.
pub const RECORD_CONTEXT: &[u8] = b"skx-record-v1\0";
/// How many routers a stream may pass.
pub const HOPS: u32 = 16;

/// A signature over [`RECORD_CONTEXT`] and a record, with the certificate that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// ECDSA P-256, as `pki` makes it.
    pub signature: Vec<u8>,
    /// This router's own certificate (DER).
    pub certificate: Vec<u8>,
}

/// Signs the serialised record it is given, under [`RECORD_CONTEXT`]; `None` when there is no valid certificate.
pub type Sign = Box<dyn Fn(&[u8]) -> Option<Signed> + Send>;

/// What a [`Core`] is made from.
pub struct CoreConfig {
    /// Who this is, as its own certificate says: decides its role.
    pub me: Peer,
    /// Greater than in every earlier life of this router.
    pub epoch: u64,
    /// The Unix time of [`Millis`] 0, in milliseconds.
    pub unix_ms_at_zero: u64,
    /// Signs this router's records. Used by backbone routers only.
    pub sign: Sign,
    /// Bounds on what each peer may ask for.
    pub limits: PeerLimits,
}

/// Bounds on what a peer may ask for. Whoever exceeds one is refused alone; others do not notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerLimits {
    /// The addresses a site may serve.
    pub serves: usize,
    /// The addresses a site may use.
    pub uses: usize,
    /// The links one site may have to this router at a time.
    pub links: usize,
    /// The links that all holders of one invitation may have to this router at a time.
    pub claim_links: usize,
    /// The streams a site may open per second, on average.
    pub opens_per_second: u32,
    /// The streams a site may open at once.
    pub opens_at_once: u32,
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self { serves: 1024, uses: 1024, links: 16, claim_links: 256, opens_per_second: 2_000, opens_at_once: 4_000 }
    }
}

/// What this site serves and uses itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Services {
    /// Addresses it serves.
    pub serves: BTreeMap<Address, Offer>,
    /// Addresses it opens streams to.
    pub uses: BTreeSet<Address>,
}

/// Why a site cannot serve and use what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServicesError {
    /// Its certificate does not allow it.
    #[error("this site is a {role}: it cannot {verb} {address}")]
    NotAllowed {
        /// What the site is.
        role: &'static str,
        /// "serve" or "use".
        verb: &'static str,
        /// The address.
        address: Address,
    },
    /// More addresses than a router takes from one site.
    #[error("this site would {verb} {number} addresses; the most is {limit}")]
    TooMany {
        /// "serve" or "use".
        verb: &'static str,
        /// How many it would be.
        number: usize,
        /// The most there may be.
        limit: usize,
    },
}

/// What the shell is to do. See the [module](self) for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Write a frame.
    Send {
        /// To this link.
        link: LinkKey,
        /// The frame.
        frame: Body,
    },
    /// Verify a record that a neighbour passed on, and that is newer than what is known.
    Verify {
        /// The link it came by.
        link: LinkKey,
        /// As it came.
        signed: SignedRecord,
        /// What it says, if it verifies.
        record: Record,
    },
    /// End a link.
    Close {
        /// This link, which the core has forgotten.
        link: LinkKey,
        /// Why.
        reason: Reason,
        /// In words for the peer.
        message: String,
    },
    /// Who serves an address that this site itself uses has changed.
    CandidatesChanged {
        /// The address.
        address: Address,
    },
    /// A stream for this site has arrived.
    Deliver {
        /// By this link.
        from: LinkKey,
        /// As it was opened; `connection` is the number of its data connection.
        open: Open,
    },
    /// A stream passes through.
    Forward {
        /// It comes by this link …
        from: LinkKey,
        /// … on this data connection of it …
        connection: u64,
        /// … and goes on by this one (it may be the same).
        to: LinkKey,
        /// What to send there; `connection` is 0, and to be filled in.
        open: Open,
    },
    /// A stream cannot go on.
    Refuse {
        /// It came by this link …
        link: LinkKey,
        /// … on this data connection of it.
        connection: u64,
        /// Why, for whoever opened it.
        why: Unreachable,
    },
    /// An earlier life of this router used greater epochs than it remembers: persist this one.
    EpochRaised {
        /// The epoch in use from now on.
        epoch: u64,
    },
    /// Which routers or addresses can be reached has changed: look again, for status.
    ReachableChanged,
}

/// What was refused or left out since the start, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Links ended because the peer broke the protocol or asked for what it must not.
    pub violations: u64,
    /// Links ended because a site had too many, or asked for too much.
    pub over_limit: u64,
    /// Streams refused because their opener may not reach the destination.
    pub opens_not_allowed: u64,
    /// Streams refused because there was no way to the destination.
    pub opens_no_route: u64,
    /// Streams refused because a peer opened too many at once.
    pub opens_over_limit: u64,
    /// Streams refused because they had passed too many routers.
    pub opens_out_of_hops: u64,
    /// Records that were not taken: malformed, or too many from one origin.
    pub records_refused: u64,
    /// Services left out of this router's records because a record would have become too long.
    pub services_left_out: u64,
    /// Services that attached sites offered though their addresses are not assigned to them, or beyond what their
    /// certificates allow.
    pub services_not_assigned: u64,
}

/// How to reach another router of the backbone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouterStatus {
    /// The router.
    pub router: NodeId,
    /// The cost of the way.
    pub cost: u32,
    /// The neighbour it begins with.
    pub next: NodeId,
}

/// An address, who serves it and who uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressUse {
    /// Within what it means something.
    pub realm: Realm,
    /// The address.
    pub address: Address,
    /// Who serves it, as far as they can be reached from here, best first.
    pub serving: Vec<Candidate>,
    /// Who uses it: sites attached here, or this site itself.
    pub users: BTreeSet<NodeId>,
}

mod attach;
mod core;
mod edge;
mod flood;
mod limit;
mod links;
mod open;
mod rules;
mod usage;

pub use self::core::Core;
pub use crate::addresses::Offer;
