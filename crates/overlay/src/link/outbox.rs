//! What waits to be written to a control channel: bounded, and trust ahead of all else.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use overlay_proto::link::frame::Body;
use tokio::sync::Notify;

use crate::observe::Farewell;

/// How many frames may wait. A peer that lets more pile up does not read, and loses the link.
const CAPACITY: usize = 8192;

/// Frames on their way to one peer. Putting never waits; the writer takes as fast as the peer reads.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queues: Mutex<Queues>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Queues {
    trust: VecDeque<Body>,
    other: VecDeque<Body>,
    farewell: Option<Body>,
    closed: bool,
}

/// The peer does not read: too many frames wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

/// What to write next.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    Frame(Body),
    /// Write this, and end.
    Last(Body),
}

impl Outbox {
    /// Queues a frame. Frames put after the farewell are dropped.
    pub(crate) fn put(&self, body: Body) -> Result<(), Overflow> {
        let mut queues = self.lock();
        if queues.closed {
            return Ok(());
        }
        match body {
            Body::Trust(_) => {
                // Only the newest document matters to a peer that has not read the older one yet.
                queues.trust.retain(|waiting| !matches!(waiting, Body::Trust(_)));
                queues.trust.push_back(body);
            }
            Body::TrustHave(_) => queues.trust.push_back(body),
            _ => queues.other.push_back(body),
        }
        let overflow = queues.trust.len() + queues.other.len() > CAPACITY;
        drop(queues);
        self.filled.notify_one();
        if overflow { Err(Overflow) } else { Ok(()) }
    }

    /// Says goodbye: what else waits is dropped, and nothing follows.
    pub(crate) fn close(&self, farewell: &Farewell) {
        let mut queues = self.lock();
        if queues.closed {
            return;
        }
        queues.closed = true;
        queues.trust.clear();
        queues.other.clear();
        queues.farewell = Some(super::goodbye(farewell));
        drop(queues);
        self.filled.notify_one();
    }

    /// Whether goodbye was said.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Waits for the next frame. For one writer only.
    pub(crate) async fn next(&self) -> Next {
        loop {
            if let Some(next) = self.try_next() {
                return next;
            }
            self.filled.notified().await;
        }
    }

    /// The next frame, if one waits.
    pub(crate) fn try_next(&self) -> Option<Next> {
        let mut queues = self.lock();
        if let Some(frame) = queues.farewell.take() {
            return Some(Next::Last(frame));
        }
        let queues = &mut *queues;
        queues.trust.pop_front().or_else(|| queues.other.pop_front()).map(Next::Frame)
    }

    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use overlay_proto::link::{Drain, Ping, Reason as WireReason, Trust, TrustHave};

    use super::*;
    use crate::observe::Reason;

    fn body(next: Option<Next>) -> Option<Body> {
        match next? {
            Next::Frame(body) | Next::Last(body) => Some(body),
        }
    }

    #[test]
    fn trust_overtakes_everything_else_and_only_the_newest_is_sent() {
        let outbox = Outbox::default();
        outbox.put(Body::Drain(Drain {})).expect("room");
        outbox.put(Body::Trust(Trust { document: vec![1], ..Trust::default() })).expect("room");
        outbox.put(Body::TrustHave(TrustHave { version: 2 })).expect("room");
        outbox.put(Body::Trust(Trust { document: vec![2], ..Trust::default() })).expect("room");
        assert!(matches!(body(outbox.try_next()), Some(Body::TrustHave(_))));
        assert!(matches!(body(outbox.try_next()), Some(Body::Trust(trust)) if trust.document == [2]));
        assert!(matches!(body(outbox.try_next()), Some(Body::Drain(_))));
        assert_eq!(outbox.try_next(), None);
    }

    #[test]
    fn nothing_precedes_or_follows_a_farewell() {
        let outbox = Outbox::default();
        outbox.put(Body::Ping(Ping { number: 1 })).expect("room");
        outbox.close(&Farewell::new(Reason::Evicted, "it was evicted"));
        outbox.close(&Farewell::new(Reason::Shutdown, "too late"));
        outbox.put(Body::Ping(Ping { number: 2 })).expect("dropped");
        let Some(Next::Last(Body::Goodbye(goodbye))) = outbox.try_next() else {
            panic!("the farewell comes first");
        };
        assert_eq!(goodbye.reason(), WireReason::Evicted);
        assert_eq!(outbox.try_next(), None);
    }

    #[test]
    fn a_peer_that_does_not_read_is_found_out() {
        let outbox = Outbox::default();
        for number in 0..CAPACITY as u64 {
            outbox.put(Body::Ping(Ping { number })).expect("room");
        }
        assert_eq!(outbox.put(Body::Drain(Drain {})), Err(Overflow));
    }
}
