//! What runs and what ran: every flow while it is open, and the last ones that ended.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use model::{Address, Clock, Identity, NetworkId};
use tokio::time::Instant;

use crate::observe::{Bytes, Direction, Flow, Flows, Traffic};

/// How many flows that ended are remembered. Who wants them all observes them as they end.
const REMEMBERED: usize = 2048;

/// The flows of a router.
#[derive(Debug, Default)]
pub(crate) struct FlowLog(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    /// The number of the next flow.
    next: u64,
    open: BTreeMap<u64, Entry>,
    closed: VecDeque<Flow>,
    /// How many have ended in all.
    ended: u64,
    /// What those that are no longer open have carried.
    carried: Traffic,
}

#[derive(Debug)]
struct Entry {
    flow: Flow,
    since: Instant,
    carried: Arc<Carried>,
}

/// What a flow has carried so far.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    /// Bytes of the application at this end.
    pub(crate) to_network: AtomicU64,
    /// Bytes of the application at the other end.
    pub(crate) from_network: AtomicU64,
}

/// A flow that is open. It ends by [`OpenFlow::end`]; dropped before, it leaves no record.
#[derive(Debug)]
pub(crate) struct OpenFlow {
    log: Arc<FlowLog>,
    number: u64,
    pub(crate) carried: Arc<Carried>,
}

impl FlowLog {
    /// A flow begins. `network` is that of this router's site.
    pub(crate) fn begin(
        self: &Arc<Self>,
        direction: Direction,
        address: &Address,
        network: Option<NetworkId>,
        clock: &dyn Clock,
    ) -> OpenFlow {
        let mut log = self.lock();
        let number = log.next;
        log.next += 1;
        let flow = Flow {
            number,
            network: network.filter(|_| !address.is_platform()),
            address: address.clone(),
            direction,
            peer: None,
            opened: clock.now(),
            closed: None,
            lasted: Duration::ZERO,
            bytes_to_server: 0,
            bytes_to_client: 0,
            error: None,
        };
        let carried = Arc::<Carried>::default();
        log.open.insert(number, Entry { flow, since: Instant::now(), carried: carried.clone() });
        OpenFlow { log: self.clone(), number, carried }
    }

    /// How many flows of applications are open.
    pub(crate) fn applications(&self) -> usize {
        self.lock().open.values().filter(|entry| entry.flow.network.is_some()).count()
    }

    /// The flows of `network`, or all of them: those that are open, and at most `limit` of those that ended after
    /// `position`.
    pub(crate) fn read(&self, network: Option<NetworkId>, position: u64, limit: usize) -> Flows {
        let log = self.lock();
        let wanted = |flow: &Flow| network.is_none_or(|network| flow.network == Some(network));
        let oldest = log.ended - log.closed.len() as u64;
        let begin = position.clamp(oldest, log.ended);
        let skipped = usize::try_from(begin - oldest).unwrap_or(usize::MAX);
        let taken = log.closed.len().saturating_sub(skipped).min(limit);
        Flows {
            open: log.open.values().filter(|entry| wanted(&entry.flow)).map(Entry::now).collect(),
            closed: log.closed.iter().skip(skipped).take(taken).filter(|flow| wanted(flow)).cloned().collect(),
            position: begin + taken as u64,
            // A position from an earlier run of the router is none of this one's.
            forgotten: begin.saturating_sub(position),
        }
    }

    /// What the flows of applications have carried, to this moment.
    pub(crate) fn traffic(&self) -> Traffic {
        let log = self.lock();
        let mut traffic = log.carried;
        log.open.values().for_each(|entry| entry.add_to(&mut traffic));
        traffic
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// A flow is no longer open: what it carried counts on.
    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.open.remove(&number)?;
        entry.add_to(&mut self.carried);
        Some(entry)
    }
}

impl Entry {
    fn add_to(&self, traffic: &mut Traffic) {
        if self.flow.network.is_none() {
            return;
        }
        let sum = match self.flow.direction {
            Direction::In => &mut traffic.inward,
            Direction::Out => &mut traffic.outward,
        };
        let bytes = self.bytes();
        sum.to_server = sum.to_server.saturating_add(bytes.to_server);
        sum.to_client = sum.to_client.saturating_add(bytes.to_client);
    }

    fn bytes(&self) -> Bytes {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (sent, received) = (read(&self.carried.to_network), read(&self.carried.from_network));
        match self.flow.direction {
            Direction::In => Bytes { to_server: sent, to_client: received },
            Direction::Out => Bytes { to_server: received, to_client: sent },
        }
    }

    fn now(&self) -> Flow {
        let Bytes { to_server: bytes_to_server, to_client: bytes_to_client } = self.bytes();
        Flow { bytes_to_server, bytes_to_client, lasted: self.since.elapsed(), ..self.flow.clone() }
    }
}

impl OpenFlow {
    /// Who is at the other end is known.
    pub(crate) fn reached(&self, peer: Identity) {
        if let Some(entry) = self.log.lock().open.get_mut(&self.number) {
            entry.flow.peer = Some(peer);
        }
    }

    /// The flow has ended: orderly, or for this reason. Returns the record of it.
    pub(crate) fn end(self, closed: Timestamp, error: Option<String>) -> Option<Flow> {
        let mut log = self.log.lock();
        let entry = log.remove(self.number)?;
        let flow = Flow { closed: Some(closed), error, ..entry.now() };
        if log.closed.len() >= REMEMBERED {
            log.closed.pop_front();
        }
        log.closed.push_back(flow.clone());
        log.ended += 1;
        Some(flow)
    }
}

impl Drop for OpenFlow {
    fn drop(&mut self) {
        self.log.lock().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use model::GenericUuid as _;

    use super::*;

    #[derive(Debug)]
    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
    }

    fn network(n: u128) -> NetworkId {
        NetworkId::from_untyped_uuid(uuid::Uuid::from_u128(n))
    }

    fn begin(log: &Arc<FlowLog>, n: u128) -> OpenFlow {
        log.begin(Direction::In, &"web".parse().expect("an address"), Some(network(n)), &Fixed)
    }

    #[test]
    fn a_flow_is_shown_while_it_is_open_and_remembered_when_it_has_ended() {
        let log = Arc::<FlowLog>::default();
        let flow = begin(&log, 1);
        flow.carried.to_network.store(7, Ordering::Relaxed);
        let seen = log.read(Some(network(1)), 0, 10);
        assert_eq!((seen.open[0].bytes_to_server, seen.open[0].closed, seen.closed.len()), (7, None, 0));
        assert_eq!(log.read(Some(network(2)), 0, 10), Flows::default(), "another network sees nothing of it");
        flow.end(Fixed.now(), Some("it broke".to_owned()));
        let seen = log.read(None, 0, 10);
        assert_eq!((seen.open.len(), seen.closed[0].bytes_to_server, seen.position), (0, 7, 1));
        assert_eq!(seen.closed[0].error.as_deref(), Some("it broke"));
        assert_eq!(log.read(None, seen.position, 10).closed, []);
        drop(begin(&log, 1));
        assert_eq!(log.read(None, 0, 10).open, []);
    }

    #[test]
    fn what_applications_carry_counts_while_it_flows_and_never_falls() {
        let log = Arc::<FlowLog>::default();
        let carried = || (log.traffic().inward.to_server, log.traffic().inward.to_client);
        let (flow, broken) = (begin(&log, 1), begin(&log, 1));
        flow.carried.to_network.store(7, Ordering::Relaxed);
        broken.carried.from_network.store(5, Ordering::Relaxed);
        assert_eq!(carried(), (7, 5), "while they are open");
        flow.end(Fixed.now(), None);
        drop(broken);
        assert_eq!(carried(), (7, 5), "when they are not");
        let platform = log.begin(Direction::In, &Address::controller(), Some(network(1)), &Fixed);
        platform.carried.to_network.store(9, Ordering::Relaxed);
        assert_eq!(carried(), (7, 5), "what the platform says to itself is none of it");
        assert_eq!(log.traffic().outward, Bytes::default());
    }

    #[test]
    fn memory_is_bounded_and_what_was_forgotten_is_said() {
        let log = Arc::<FlowLog>::default();
        for _ in 0..REMEMBERED + 5 {
            begin(&log, 1).end(Fixed.now(), None);
        }
        let first = log.read(None, 2, 10);
        assert_eq!((first.forgotten, first.closed[0].number, first.position), (3, 5, 15));
        let rest = log.read(None, first.position, usize::MAX);
        assert_eq!((rest.forgotten, rest.closed.len()), (0, REMEMBERED - 10));
        assert_eq!(log.read(None, u64::MAX, 10).forgotten, 0);
    }
}
