//! What a site reports, written to the database at a gentle pace: the newest word counts.

use std::time::Duration;

use site_proto::{Applied, LinkStatus, Observed, SocketStatus};
use store::status;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{App, ops::observed, sessions::Party};

/// The least time between two writes for one session, unless something must be known at once.
const BETWEEN_WRITES: Duration = Duration::from_millis(500);
/// The longest error text that is kept.
const MAX_TEXT: usize = 512;
/// The most links or sockets that are kept of one report.
const MAX_ENTRIES: usize = 1_024;

/// Collects what a site reports.
#[derive(Debug)]
pub(super) struct Reporter {
    app: App,
    party: Party,
    session: Uuid,
    report: observed::Report,
    applied_revision: Option<u64>,
    trust_version: Option<u64>,
    /// When what was collected is to be written; nothing, when all is written.
    due: Option<Instant>,
    written: Instant,
}

impl Reporter {
    pub(super) fn new(app: App, party: Party, session: Uuid) -> Self {
        Self {
            app,
            party,
            session,
            report: observed::Report::default(),
            applied_revision: None,
            trust_version: None,
            due: None,
            written: Instant::now(),
        }
    }

    pub(super) fn applied(&mut self, applied: Applied) {
        self.applied_revision = Some(applied.revision);
        self.report.failures = applied
            .failures
            .into_iter()
            .take(MAX_ENTRIES)
            .map(|failure| observed::Failure { key: cut(failure.key), message: cut(failure.message) })
            .collect();
        self.write_within(BETWEEN_WRITES);
    }

    pub(super) fn observed(&mut self, observed: Observed) {
        let trust_version = Some(observed.trust_version).filter(|version| *version > 0);
        // Evictions wait for this word.
        let urgent = trust_version != self.trust_version;
        self.trust_version = trust_version;
        self.report.links = observed.links.into_iter().take(MAX_ENTRIES).map(link).collect();
        self.report.listeners = observed.listeners.into_iter().take(MAX_ENTRIES).map(socket).collect();
        self.report.connectors = observed.connectors.into_iter().take(MAX_ENTRIES).map(socket).collect();
        self.write_within(if urgent { Duration::ZERO } else { BETWEEN_WRITES });
    }

    fn write_within(&mut self, pace: Duration) {
        let next = self.written + pace;
        self.due = Some(self.due.map_or(next, |due| due.min(next)));
    }

    /// When [`Reporter::flush`] is to be called.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Writes what was collected. Says whether this is still the site's session: another replica may have a newer one.
    pub(super) async fn flush(&mut self) -> bool {
        let report = status::Report {
            applied_revision: self.applied_revision,
            trust_version: self.trust_version,
            report: Some(serde_json::to_value(&self.report).expect("a report has a JSON form")),
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

fn cut(text: String) -> String {
    if text.len() <= MAX_TEXT { text } else { text.chars().take(MAX_TEXT / 4).collect() }
}

fn link(link: LinkStatus) -> observed::Link {
    observed::Link {
        link: cut(link.link),
        peer: cut(link.peer),
        state: cut(link.state),
        rtt_us: link.rtt_us,
        error: cut(link.error),
        bytes_in: link.bytes_in,
        bytes_out: link.bytes_out,
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
