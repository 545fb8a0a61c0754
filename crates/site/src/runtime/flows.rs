//! What flows through a member site, summed up for the controller: what has ended until it is told, what is open as it
//! stands.

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dataplane::{Direction, Flow};
use jiff::Timestamp;
use model::{Address, Identity, SiteId};
use site_proto::{Flows as Message, OpenFlow, OpenFlows};
use tokio::time::Instant;

/// How many different sums are kept at most: what comes beyond them is lost.
const ROOM: usize = 1_024;
/// How many are told in one message.
const PER_MESSAGE: usize = 256;
/// How often the controller is told of what is open, as long as it changes.
const OPEN_EVERY: Duration = Duration::from_secs(3);
/// The longest error that is told, in characters.
const MAX_ERROR: usize = 128;

/// Connections that have ended and were not told of yet. Cheap to clone: all clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Flows(Arc<Mutex<Pending>>);

#[derive(Debug, Default)]
struct Pending {
    sums: BTreeMap<Key, Sum>,
    /// How many connections there was no room for.
    lost: u64,
}

/// What connections have in common that are summed up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    address: Address,
    out: bool,
    peer: Option<SiteId>,
    error: Option<String>,
}

#[derive(Clone, Copy, Debug)]
struct Sum {
    connections: u64,
    bytes_to_server: u64,
    bytes_to_client: u64,
    opened: Timestamp,
    closed: Timestamp,
}

impl Flows {
    /// Adds a connection that has ended. What the platform says to itself is no flow of the network's.
    pub(super) fn add(&self, flow: &Flow) {
        if flow.address.is_platform() {
            return;
        }
        let key = Key {
            address: flow.address.clone(),
            out: flow.direction == Direction::Out,
            peer: peer(flow),
            error: flow.error.as_ref().map(|error| error.chars().take(MAX_ERROR).collect()),
        };
        let lasted = jiff::SignedDuration::try_from(flow.lasted).unwrap_or(jiff::SignedDuration::MAX);
        let closed = flow.opened.saturating_add(lasted).unwrap_or(Timestamp::MAX);
        let mut pending = self.lock();
        if pending.sums.len() >= ROOM && !pending.sums.contains_key(&key) {
            pending.lost = pending.lost.saturating_add(1);
            return;
        }
        let empty =
            Sum { connections: 0, bytes_to_server: 0, bytes_to_client: 0, opened: flow.opened, closed: flow.opened };
        let sum = pending.sums.entry(key).or_insert(empty);
        sum.connections = sum.connections.saturating_add(1);
        sum.bytes_to_server = sum.bytes_to_server.saturating_add(flow.bytes_to_server);
        sum.bytes_to_client = sum.bytes_to_client.saturating_add(flow.bytes_to_client);
        sum.opened = sum.opened.min(flow.opened);
        sum.closed = sum.closed.max(closed);
    }

    /// Takes out what is to be told now; nothing, when nothing has ended.
    pub(super) fn take(&self) -> Option<Message> {
        let mut pending = self.lock();
        let lost = mem::take(&mut pending.lost);
        if lost > 0 {
            tracing::warn!(connections = lost, "more different flows than there is room for: some are not told of");
        }
        let mut flows = vec![];
        while flows.len() < PER_MESSAGE
            && let Some((key, sum)) = pending.sums.pop_first()
        {
            flows.push(site_proto::Flow {
                address: key.address.to_string(),
                direction: direction(key.out),
                peer: key.peer.map(|site| site.to_string()).unwrap_or_default(),
                connections: sum.connections,
                bytes_to_server: sum.bytes_to_server,
                bytes_to_client: sum.bytes_to_client,
                error: key.error.unwrap_or_default(),
                opened_ms: sum.opened.as_millisecond(),
                closed_ms: sum.closed.as_millisecond(),
            });
        }
        (!flows.is_empty()).then_some(Message { flows })
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the controller was told of the connections that are open, and when they were looked at last.
#[derive(Debug, Default)]
pub(super) struct OpenTold {
    last: OpenFlows,
    looked: Option<Instant>,
}

impl OpenTold {
    /// What is to be told at `now` of the connections that `open` says, if it is time and there is news.
    pub(super) fn next(&mut self, now: Instant, open: impl FnOnce() -> Vec<Flow>) -> Option<OpenFlows> {
        if self.looked.is_some_and(|looked| now < looked + OPEN_EVERY) {
            return None;
        }
        self.looked = Some(now);
        let sums = sums(&open());
        let news = sums != self.last;
        self.last.clone_from(&sums);
        news.then_some(sums)
    }
}

/// Open connections by address, direction and other end: as many sums as one message holds.
fn sums(open: &[Flow]) -> OpenFlows {
    let mut sums: BTreeMap<(&Address, bool, Option<SiteId>), OpenFlow> = BTreeMap::new();
    for flow in open.iter().filter(|flow| !flow.address.is_platform()) {
        let out = flow.direction == Direction::Out;
        let key = (&flow.address, out, peer(flow));
        if sums.len() >= PER_MESSAGE && !sums.contains_key(&key) {
            continue;
        }
        let opened_ms = flow.opened.as_millisecond();
        let sum = sums.entry(key).or_insert_with(|| OpenFlow {
            address: flow.address.to_string(),
            direction: direction(out),
            peer: peer(flow).map(|site| site.to_string()).unwrap_or_default(),
            opened_ms,
            ..OpenFlow::default()
        });
        sum.connections = sum.connections.saturating_add(1);
        sum.bytes_to_server = sum.bytes_to_server.saturating_add(flow.bytes_to_server);
        sum.bytes_to_client = sum.bytes_to_client.saturating_add(flow.bytes_to_client);
        sum.opened_ms = sum.opened_ms.min(opened_ms);
    }
    OpenFlows { flows: sums.into_values().collect() }
}

/// The site at the other end, once one is reached.
fn peer(flow: &Flow) -> Option<SiteId> {
    match flow.peer {
        Some(Identity::Member { site, .. }) => Some(site),
        _ => None,
    }
}

fn direction(out: bool) -> String {
    if out { "out" } else { "in" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn flow(address: &str, bytes: u64, error: Option<&str>) -> Flow {
        Flow {
            number: 0,
            network: fixture::member_identity().network(),
            address: address.parse().expect("an address"),
            direction: Direction::In,
            peer: Some(fixture::member_identity()),
            opened: fixture::now(),
            closed: Some(fixture::now()),
            lasted: Duration::from_millis(1_500),
            bytes_to_server: bytes,
            bytes_to_client: 2 * bytes,
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn connections_that_came_out_alike_are_told_as_one() {
        let flows = Flows::default();
        flows.add(&flow("web", 1, None));
        flows.add(&flow("web", 2, None));
        flows.add(&flow("web", 4, Some("refused")));
        flows.add(&Flow { address: Address::controller(), ..flow("web", 8, None) });
        let told = flows.take().expect("something to tell").flows;
        let told: Vec<_> = told.iter().map(|it| (it.connections, it.bytes_to_client, it.error.as_str())).collect();
        assert_eq!(told, [(2, 6, ""), (1, 8, "refused")]);
        assert_eq!(flows.take(), None);
    }

    fn open(address: &str, bytes: u64) -> Flow {
        Flow { closed: None, ..flow(address, bytes, None) }
    }

    #[test]
    fn what_is_open_is_told_as_it_stands_every_few_seconds_while_it_changes() {
        let mut told = OpenTold::default();
        let begin = Instant::now();
        let at = |turn| begin + turn * OPEN_EVERY;
        assert_eq!(told.next(at(0), Vec::new), None, "nothing is open, and nothing was");
        let platform = Flow { address: Address::controller(), ..open("web", 8) };
        let now = vec![open("web", 1), platform, open("web", 2), open("db", 4)];
        let first = told.next(at(1), || now).expect("news").flows;
        let first: Vec<_> = first.iter().map(|it| (it.address.as_str(), it.connections, it.bytes_to_client)).collect();
        assert_eq!(first, [("db", 1, 8), ("web", 2, 6)]);
        assert_eq!(told.next(at(1), || vec![open("web", 9)]), None, "too soon");
        let next = told.next(at(2), || vec![open("web", 9)]).expect("more has flowed, and one has ended").flows;
        assert_eq!((next.len(), next[0].bytes_to_server), (1, 9));
        assert_eq!(told.next(at(3), || vec![open("web", 9)]), None, "nothing flows");
        assert_eq!(told.next(at(4), Vec::new), Some(OpenFlows::default()), "nothing is open any more");
    }

    #[test]
    fn what_is_open_is_told_in_one_message_however_much_it_is() {
        let many: Vec<Flow> = (0..2 * PER_MESSAGE).map(|n| open(&format!("a{n}"), 1)).collect();
        assert_eq!(sums(&many).flows.len(), PER_MESSAGE);
    }

    #[test]
    fn what_cannot_be_told_takes_no_more_room_than_there_is() {
        let flows = Flows::default();
        for n in 0..2 * ROOM {
            flows.add(&flow(&format!("a{n}"), 1, None));
        }
        let mut told = 0;
        while let Some(message) = flows.take() {
            assert!(message.flows.len() <= PER_MESSAGE);
            told += message.flows.len();
        }
        assert_eq!(told, ROOM);
    }
}
