//! One live link: its control channel, its data connections, and everything that ends with it.

pub(crate) mod channel;
pub(crate) mod data;
pub(crate) mod drive;
pub(crate) mod handshake;
pub(crate) mod outbox;

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use model::{AccessPointId, Der, Identity, LinkId, router::Transport, terms::AddressLimits};
use overlay_proto::{
    LinkKey, Peer, PeerKind,
    link::{Goodbye, Refused, Unreachable, frame::Body},
    pool::Side,
};
use pki::{Usage, VerifyError};
use tokio_util::sync::CancellationToken;

use self::{data::DataPool, outbox::Outbox};
use crate::{
    data_conn::{DataConn, Meter},
    net::Way,
    observe::{Farewell, Reason},
    paths::PathConn,
    trust::TrustView,
};

/// What is known of a link when its two ends have met.
#[derive(Clone, Debug)]
pub(crate) struct LinkFacts {
    pub(crate) key: LinkKey,
    /// The configured link; none at the accepting end.
    pub(crate) config: Option<LinkId>,
    /// Where it was accepted; none at the dialling end.
    pub(crate) access_point: Option<AccessPointId>,
    pub(crate) side: Side,
    pub(crate) peer: Identity,
    pub(crate) node: Peer,
    /// The peer's certificate.
    pub(crate) leaf: Der,
    /// When the first of the certificates it was made with expires.
    pub(crate) expires: Timestamp,
    /// The dialler's.
    pub(crate) cost: u32,
    pub(crate) transport: Transport,
    /// The other end's socket, or the proxy's.
    pub(crate) remote: SocketAddr,
    /// How data connections are dialled; none at the accepting end.
    pub(crate) way: Option<Way>,
    /// When it was established.
    pub(crate) since: Timestamp,
}

/// A live link.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) facts: LinkFacts,
    pub(crate) outbox: Outbox,
    pub(crate) data: DataPool,
    /// Counts what passes its data connections; whoever uses one of them shares it.
    pub(crate) meter: Arc<Meter>,
    /// Fires when the link ends: everything that runs over it ends at once.
    token: CancellationToken,
    /// Fires when the link is about to go: nothing new begins on it.
    leaving: CancellationToken,
    /// The other end has said that the link is about to go.
    peer_leaves: AtomicBool,
    ending: Mutex<Option<Farewell>>,
    rtt_us: AtomicU64,
    /// The authorities under which the peer's certificate was verified last.
    authorities: Mutex<Vec<Der>>,
}

impl Link {
    /// A link with a peer whose certificate was verified under `authorities`.
    pub(crate) fn new(facts: LinkFacts, data: DataPool, authorities: Vec<Der>, token: CancellationToken) -> Self {
        Self {
            facts,
            outbox: Outbox::default(),
            data,
            meter: Arc::default(),
            leaving: token.child_token(),
            token,
            peer_leaves: AtomicBool::new(false),
            ending: Mutex::default(),
            rtt_us: AtomicU64::new(0),
            authorities: Mutex::new(authorities),
        }
    }

    pub(crate) fn key(&self) -> LinkKey {
        self.facts.key
    }

    /// Fires when the link ends.
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Fires when the link is about to go, at the latest when it ends.
    pub(crate) fn leaving(&self) -> &CancellationToken {
        &self.leaving
    }

    /// The link is about to go; `by_peer`, when the other end said so.
    pub(crate) fn leave(&self, by_peer: bool) {
        if by_peer {
            self.peer_leaves.store(true, Ordering::Release);
        }
        self.leaving.cancel();
    }

    /// Whether the other end has said that the link is about to go.
    pub(crate) fn peer_leaves(&self) -> bool {
        self.peer_leaves.load(Ordering::Acquire)
    }

    /// Queues a frame. A peer that does not read what it is sent loses the link.
    pub(crate) fn send(&self, body: Body) {
        if self.outbox.put(body).is_err() {
            self.close(Farewell::new(Reason::Limit, "the peer does not read what it is sent"));
        }
    }

    /// Answers that the stream on a data connection cannot go on.
    pub(crate) fn refuse(&self, connection: u64, why: Unreachable) {
        self.send(Body::Refused(Refused { connection, why: why.into() }));
    }

    /// A data connection of this link, as streams use it. What `cancelled` stops ends with the link in any case.
    pub(crate) fn path(&self, conn: DataConn, cancelled: CancellationToken) -> PathConn {
        PathConn { leaving: self.leaving.clone(), ..PathConn::new(conn, cancelled, self.meter.clone()) }
    }

    /// How many streams run over it.
    pub(crate) fn streams(&self) -> usize {
        Arc::strong_count(&self.meter) - 1
    }

    /// Ends the link: streams end at once, and the peer is told why. Only the first reason counts.
    pub(crate) fn close(&self, farewell: Farewell) {
        {
            let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
            if ending.is_some() {
                return;
            }
            self.outbox.close(&farewell);
            *ending = Some(farewell);
        }
        self.token.cancel();
    }

    /// Notes why the link ended, when this end did not close it; returns the reason that counts.
    pub(crate) fn ended(&self, farewell: Farewell) -> Farewell {
        let farewell = self.ending.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(farewell).clone();
        self.token.cancel();
        farewell
    }

    /// What is told of a link that has ended to who opened a stream over it.
    pub(crate) fn why_unreachable(&self) -> Unreachable {
        let ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
        let denied = ending.as_ref().is_some_and(|it| matches!(it.reason, Reason::Evicted | Reason::Ended));
        // Of a router that was evicted others may take the place.
        if denied && self.facts.node.kind != PeerKind::Backbone { Unreachable::Denied } else { Unreachable::NoRoute }
    }

    /// What the peer may serve and use, by its certificate.
    pub(crate) fn limits(&self) -> AddressLimits {
        pki::Certificate::parse(self.facts.leaf.as_bytes()).map(|leaf| leaf.limits).unwrap_or_default()
    }

    /// Whether the peer's certificate still verifies, looked at again only when the authorities have changed. That it
    /// has expired is not asked here.
    pub(crate) fn verifies(&self, view: &TrustView, now: Timestamp) -> bool {
        let current = view.authorities_of(&self.facts.peer);
        let mut verified_under = self.authorities.lock().unwrap_or_else(PoisonError::into_inner);
        if *verified_under == current {
            return true;
        }
        let usage = match self.facts.side {
            Side::Dialler => Usage::Server,
            Side::Acceptor => Usage::Client,
        };
        let verified = match pki::verify(&view.anchors(), self.facts.leaf.as_bytes(), usage, now) {
            Ok(identity) => identity == self.facts.peer,
            Err(error) => matches!(error, VerifyError::Expired(_)),
        };
        if verified {
            *verified_under = current.to_vec();
        }
        verified
    }

    /// The smoothed round-trip time, once measured.
    pub(crate) fn rtt(&self) -> Option<Duration> {
        Some(self.rtt_us.load(Ordering::Relaxed)).filter(|us| *us > 0).map(Duration::from_micros)
    }

    /// Takes a measurement of the round-trip time into account, an eighth of it (RFC 6298).
    pub(crate) fn measured(&self, sample: Duration) {
        let sample = u64::try_from(sample.as_micros()).unwrap_or(u64::MAX).max(1);
        let smoothed = match self.rtt_us.load(Ordering::Relaxed) {
            0 => sample,
            old => (old - old / 8).saturating_add(sample / 8).max(1),
        };
        self.rtt_us.store(smoothed, Ordering::Relaxed);
    }
}

pub(crate) fn goodbye(farewell: &Farewell) -> Body {
    Body::Goodbye(Goodbye { reason: farewell.reason.to_wire().into(), message: farewell.message.clone() })
}

/// What a peer says for people, cut to what people read.
pub(crate) fn words(message: &str) -> String {
    message.chars().filter(|c| !c.is_control()).take(500).collect()
}
