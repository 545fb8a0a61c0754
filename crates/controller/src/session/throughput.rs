//! How much links carry per second, from the counts that sites report.

use std::{collections::BTreeMap, time::Duration};

use site_proto::LinkStatus;
use tokio::time::Instant;

use crate::ops::Traffic;

/// Reports come at any pace: shorter spans than this say nothing.
const SPAN: Duration = Duration::from_secs(2);

/// What was counted when.
#[derive(Debug, Default)]
pub(super) struct Throughput {
    links: BTreeMap<String, Counted>,
}

#[derive(Debug)]
struct Counted {
    at: Instant,
    bytes: (u64, u64),
    rates: (u64, u64),
}

impl Throughput {
    /// What a link carries, now that its counts were reported.
    pub(super) fn traffic(&mut self, link: &LinkStatus, now: Instant) -> Traffic {
        let bytes = (link.bytes_in, link.bytes_out);
        // Accepted links have no names: whoever dials them tells of them.
        if link.link.is_empty() {
            return Traffic { bytes_in: bytes.0, bytes_out: bytes.1, ..Traffic::default() };
        }
        let counted = self.links.entry(link.link.clone()).or_insert_with(|| Counted { at: now, bytes, rates: (0, 0) });
        let span = now.saturating_duration_since(counted.at);
        if span >= SPAN {
            let before = counted.bytes;
            let rates = (rate(before.0, bytes.0, span), rate(before.1, bytes.1, span));
            *counted = Counted { at: now, bytes, rates };
        }
        let (rate_in, rate_out) = counted.rates;
        Traffic { bytes_in: bytes.0, bytes_out: bytes.1, rate_in, rate_out }
    }

    /// Forgets the links that are not reported any more.
    pub(super) fn keep(&mut self, links: &[LinkStatus]) {
        self.links.retain(|id, _| links.iter().any(|link| link.link == *id));
    }
}

fn rate(before: u64, after: u64, span: Duration) -> u64 {
    // A link that was made anew counts from nothing.
    let bytes = u128::from(after.checked_sub(before).unwrap_or(after));
    u64::try_from(bytes * 1_000 / span.as_millis().max(1)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(bytes_in: u64, bytes_out: u64) -> LinkStatus {
        LinkStatus { link: "a".to_owned(), bytes_in, bytes_out, ..LinkStatus::default() }
    }

    #[test]
    fn rates_are_what_was_carried_since_the_report_before() {
        let (mut throughput, start) = (Throughput::default(), Instant::now());
        let mut at = |seconds, link: LinkStatus| {
            let traffic = throughput.traffic(&link, start + Duration::from_secs(seconds));
            (traffic.rate_in, traffic.rate_out)
        };
        assert_eq!(at(0, link(5_000, 0)), (0, 0), "nobody knows since when");
        assert_eq!(at(1, link(5_900, 0)), (0, 0), "too early to tell");
        assert_eq!(at(4, link(9_000, 400)), (1_000, 100));
        assert_eq!(at(5, link(9_000, 400)), (1_000, 100), "not news yet");
        assert_eq!(at(9, link(9_000, 400)), (0, 0));
        assert_eq!(at(14, link(50, 0)), (10, 0), "a link made anew counts from nothing");
    }

    #[test]
    fn links_that_are_gone_are_forgotten() {
        let (mut throughput, now) = (Throughput::default(), Instant::now());
        throughput.traffic(&link(1, 1), now);
        throughput.keep(&[]);
        assert!(throughput.links.is_empty());
    }
}
