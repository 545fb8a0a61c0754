//! What flowed through a member site: its own word, kept for its own network.

use jiff::Timestamp;
use model::SiteId;
use site_proto::{Flows, OpenFlows};
use store::flow::{self, Direction, NewFlow};

use crate::{App, ops::observed::OpenFlow, sessions::Party};

/// The most flows that are taken of one message.
const MOST: usize = 256;
/// The longest error that is kept, in characters.
const MAX_ERROR: usize = 128;

/// Keeps what a site tells. It is told once: what cannot be kept is lost, and nothing else suffers.
pub(super) async fn keep(app: &App, party: Party, told: Flows) {
    // Relays carry what they cannot read, and have nothing to tell.
    let Party::Member(_, network, site) = party else { return };
    let flows: Vec<NewFlow> = told.flows.into_iter().take(MOST).filter_map(read).collect();
    if flows.is_empty() {
        return;
    }
    if let Err(error) = flow::add(app.store(), network, site, &flows, app.now()).await {
        tracing::warn!(%party, error = &error as &dyn std::error::Error, "what flowed at a site could not be kept");
    }
}

/// What a member site tells of its open connections, as far as it makes sense.
pub(super) fn open(party: Party, told: OpenFlows) -> Vec<OpenFlow> {
    if !matches!(party, Party::Member(..)) {
        return vec![];
    }
    told.flows.into_iter().take(MOST).filter_map(read_open).collect()
}

fn read_open(told: site_proto::OpenFlow) -> Option<OpenFlow> {
    Some(OpenFlow {
        address: told.address.parse().ok()?,
        out: told.direction.parse::<Direction>().ok()? == Direction::Out,
        peer: peer(&told.peer)?,
        connections: told.connections.max(1),
        bytes_to_server: told.bytes_to_server,
        bytes_to_client: told.bytes_to_client,
        opened: Timestamp::from_millisecond(told.opened_ms).ok()?,
    })
}

/// The site at the other end, if one was reached; nothing, when that makes no sense.
fn peer(told: &str) -> Option<Option<SiteId>> {
    if told.is_empty() { Some(None) } else { told.parse().ok().map(Some) }
}

/// A flow that makes sense.
fn read(told: site_proto::Flow) -> Option<NewFlow> {
    let time = |ms| Timestamp::from_millisecond(ms).ok();
    let error: String = told.error.chars().filter(|c| !c.is_control()).take(MAX_ERROR).collect();
    let number = |n: u64| i64::try_from(n).ok().map(|_| n);
    Some(NewFlow {
        address: told.address.parse().ok()?,
        direction: told.direction.parse().ok()?,
        peer: peer(&told.peer)?,
        connections: number(told.connections.max(1))?,
        bytes_to_server: number(told.bytes_to_server)?,
        bytes_to_client: number(told.bytes_to_client)?,
        error: (!error.is_empty()).then_some(error),
        opened: time(told.opened_ms)?,
        closed: time(told.closed_ms)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_left_out() {
        let good = site_proto::Flow {
            address: "web".to_owned(),
            direction: "in".to_owned(),
            peer: String::new(),
            connections: 0,
            bytes_to_server: 1,
            bytes_to_client: 2,
            error: "no\0\nway".to_owned(),
            opened_ms: 1,
            closed_ms: 2,
        };
        let read_good = read(good.clone()).expect("it makes sense");
        assert_eq!((read_good.connections, read_good.error.as_deref()), (1, Some("noway")));
        for bad in [
            site_proto::Flow { address: "skx/controller".to_owned(), ..good.clone() },
            site_proto::Flow { direction: "up".to_owned(), ..good.clone() },
            site_proto::Flow { peer: "me".to_owned(), ..good.clone() },
            site_proto::Flow { bytes_to_client: u64::MAX, ..good.clone() },
            site_proto::Flow { opened_ms: i64::MAX, ..good.clone() },
        ] {
            assert_eq!(read(bad.clone()), None, "{bad:?}");
        }
        let good = site_proto::OpenFlow {
            address: "web".to_owned(),
            direction: "out".to_owned(),
            opened_ms: 1,
            ..site_proto::OpenFlow::default()
        };
        let bad = [
            site_proto::OpenFlow { address: "skx/controller".to_owned(), ..good.clone() },
            site_proto::OpenFlow { direction: String::new(), ..good.clone() },
            site_proto::OpenFlow { peer: "me".to_owned(), ..good.clone() },
            site_proto::OpenFlow { opened_ms: i64::MAX, ..good.clone() },
        ];
        let read_good = read_open(good).expect("it makes sense");
        assert_eq!((read_good.connections, read_good.out, read_good.peer), (1, true, None));
        for bad in bad {
            assert_eq!(read_open(bad.clone()), None, "{bad:?}");
        }
    }
}
