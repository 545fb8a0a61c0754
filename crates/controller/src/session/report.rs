//! What a site reports, written to the database at a gentle pace: the newest word counts.

use std::time::Duration;

use site_proto::{LinkStatus, Observed, SocketStatus};
use store::status;
use tokio::time::Instant;
use uuid::Uuid;

use super::throughput::Throughput;
use crate::{
    App,
    ops::{Traffic, observed},
    sessions::Party,
};

/// The least time between two writes for one session.
const BETWEEN_WRITES: Duration = Duration::from_millis(500);
/// The same, when something must be known at once.
const URGENT: Duration = Duration::from_millis(50);
/// A report of this many bytes has the pace above; longer ones are written less often in proportion.
const EVEN: usize = 16 * 1024;
/// The longest error text that is kept.
const MAX_TEXT: usize = 512;
/// The most links or sockets that are kept of one report.
const MAX_ENTRIES: usize = 1_024;
/// The most hosts that are kept of one report.
const MAX_HOSTS: usize = 16;

/// Collects what a site reports.
#[derive(Debug)]
pub(super) struct Reporter {
    app: App,
    party: Party,
    session: Uuid,
    report: observed::Report,
    throughput: Throughput,
    applied_revision: Option<u64>,
    trust_version: Option<u64>,
    trust_digest: Option<[u8; 32]>,
    /// When what was collected is to be written; nothing, when all is written.
    due: Option<Instant>,
    written: Instant,
    /// How many times the usual pause there is after what was written last.
    weight: u32,
}

impl Reporter {
    pub(super) fn new(app: App, party: Party, session: Uuid) -> Self {
        Self {
            app,
            party,
            session,
            report: observed::Report::default(),
            throughput: Throughput::default(),
            applied_revision: None,
            trust_version: None,
            trust_digest: None,
            due: None,
            written: Instant::now(),
            weight: 1,
        }
    }

    /// A revision was applied, with everything in it and before it that has failed so far.
    pub(super) fn applied<'a>(&mut self, revision: u64, failures: impl Iterator<Item = (&'a str, &'a str)>) {
        self.applied_revision = Some(revision);
        self.report.failures = failures
            .take(MAX_ENTRIES)
            .map(|(key, message)| observed::Failure { key: cut(key.to_owned()), message: cut(message.to_owned()) })
            .collect();
        self.write_within(BETWEEN_WRITES);
    }

    pub(super) fn observed(&mut self, observed: Observed) {
        let trust_version = Some(observed.trust_version).filter(|version| *version > 0);
        // Evictions wait for this word.
        let trust_digest = observed.trust_digest.as_slice().try_into().ok();
        let urgent = (trust_version, trust_digest) != (self.trust_version, self.trust_digest);
        (self.trust_version, self.trust_digest) = (trust_version, trust_digest);
        let now = Instant::now();
        self.throughput.keep(&observed.links);
        let links = observed.links.into_iter().take(MAX_ENTRIES);
        self.report.links = links.map(|seen| link(self.throughput.traffic(&seen, now), seen)).collect();
        self.report.hosts = observed.hosts.into_iter().take(MAX_HOSTS).map(cut).collect();
        self.report.listeners = observed.listeners.into_iter().take(MAX_ENTRIES).map(socket).collect();
        self.report.connectors = observed.connectors.into_iter().take(MAX_ENTRIES).map(socket).collect();
        self.write_within(if urgent { URGENT } else { BETWEEN_WRITES });
    }

    fn write_within(&mut self, pace: Duration) {
        let next = self.written + pace * self.weight;
        self.due = Some(self.due.map_or(next, |due| due.min(next)));
    }

    /// When [`Reporter::flush`] is to be called.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes what was collected. Says whether this is still the site's session: another replica may have a newer one.
    pub(super) async fn flush(&mut self) -> bool {
        let json = serde_json::to_value(&self.report).expect("a report has a JSON form");
        self.weight = u32::try_from(json.to_string().len() / EVEN).unwrap_or(u32::MAX).max(1);
        let report = status::Report {
            applied_revision: self.applied_revision,
            trust_version: self.trust_version,
            trust_digest: self.trust_digest,
            report: Some(json),
        };
        let site = self.party.site();
        self.written = Instant::now();
        self.due = None;
        match status::report(self.app.store(), site, self.session, &report, self.app.now()).await {
            Ok(current) => current,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "what a site observes could not be kept");
                self.due = Some(self.written + Duration::from_secs(1));
                true
            }
        }
    }

    /// Writes what is left, once.
    pub(super) async fn finish(&mut self) {
        if self.due.is_some() {
            self.flush().await;
        }
    }
}

/// The text without what the database cannot keep, and not too long.
fn cut(text: String) -> String {
    let at_most = if text.len() <= MAX_TEXT { MAX_TEXT } else { MAX_TEXT / 4 };
    text.chars().filter(|c| *c != '\0').take(at_most).collect()
}

fn link(traffic: Traffic, link: LinkStatus) -> observed::Link {
    observed::Link {
        link: cut(link.link),
        peer: cut(link.peer),
        state: cut(link.state),
        rtt_us: link.rtt_us,
        error: cut(link.error),
        traffic,
    }
}

fn socket(socket: SocketStatus) -> observed::Socket {
    observed::Socket {
        id: cut(socket.id),
        address: cut(socket.address),
        socket: cut(socket.socket),
        local: socket.local,
        state: cut(socket.state),
        error: cut(socket.error),
        connections: socket.connections,
    }
}
