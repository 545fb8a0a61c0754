//! What a site reports, written to the database at a gentle pace: the newest word counts.

use std::{collections::HashMap, time::Duration};

use jiff::Timestamp;
use model::Name;
use site_proto::{LinkStatus, Observed, OpenFlows, SocketStatus};
use store::status;
use tokio::time::Instant;
use uuid::Uuid;

use super::{choices::Choices, deployments::Deployments, flows, standing::Trusts, throughput::Throughput};
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
/// The most parts that are kept of one socket.
const MAX_PARTS: usize = 16;
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
    /// How its links were in the session before: the new one says itself how they are.
    links_before: Vec<observed::Link>,
    choices: Choices,
    deployments: Deployments,
    throughput: Throughput,
    applied_revision: Option<u64>,
    trust_version: Option<u64>,
    trust_digest: Option<[u8; 32]>,
    trusts: Trusts,
    /// Whom the site trusts, as was written last.
    known: (Trusts, Option<[u8; 32]>),
    /// When what was collected is to be written; nothing, when all is written.
    due: Option<Instant>,
    written: Instant,
    /// How many times the usual pause there is after what was written last.
    weight: u32,
}

impl Reporter {
    /// Goes on from what the site said in the session before: what has not changed is as old as it was.
    pub(super) fn new(app: App, party: Party, session: Uuid, mut known: observed::Report) -> Self {
        Self {
            links_before: std::mem::take(&mut known.links),
            app,
            party,
            session,
            choices: Choices::new(&known),
            deployments: Deployments::default(),
            report: known,
            throughput: Throughput::default(),
            applied_revision: None,
            trust_version: None,
            trust_digest: None,
            trusts: Trusts::default(),
            known: Default::default(),
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

    /// The site has taken over whom to trust: the reconciler of authorities may wait for this word.
    pub(super) fn trusts(&mut self, trusts: Trusts) {
        if self.trusts != trusts {
            self.trusts = trusts;
            self.write_within(URGENT);
        }
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
        let links = links.map(|seen| link(self.throughput.traffic(&seen, now), seen)).collect();
        let before = if self.report.links.is_empty() { &mut self.links_before } else { &mut self.report.links };
        self.report.links = known_links(links, &std::mem::take(before), self.app.now());
        self.report.hosts = observed.hosts.into_iter().take(MAX_HOSTS).map(cut).collect();
        let now = self.app.now();
        self.report.ahead = ahead(observed.time, self.app.own_clock().put_right(now));
        self.report.listeners = sockets(observed.listeners, &self.report.listeners, now);
        self.report.connectors = sockets(observed.connectors, &self.report.connectors, now);
        self.deployments.hear(observed.deployments);
        self.write_within(if urgent { URGENT } else { BETWEEN_WRITES });
    }

    /// The connections that are open at the site, in place of what it said of them before.
    pub(super) fn open_flows(&mut self, told: OpenFlows) {
        self.report.open_flows = flows::open(self.party, told);
        self.write_within(BETWEEN_WRITES);
    }

    /// The site is offered something `new` of deployments, or `again` what it was offered before it heard of anything else.
    pub(super) fn offered(&mut self, new: &[Name], again: &[Name]) {
        if self.deployments.offered(new, again) {
            self.write_within(URGENT);
        }
    }

    fn write_within(&mut self, pace: Duration) {
        let next = self.written + pace * self.weight;
        self.due = Some(self.due.map_or(next, |due| due.min(next)));
    }

    /// Notes what the participant has chosen since.
    async fn note_choices(&mut self) {
        let Some(at) = self.choices.due(&self.report) else { return };
        if at <= Instant::now()
            && let Err(error) = self.choices.note(&self.app, self.party, &self.report).await
        {
            tracing::warn!(error = &error as &dyn std::error::Error, "what a participant chose could not be noted");
        }
        // What is left, or could not be noted, comes with the next word.
        if let Some(at) = self.choices.due(&self.report) {
            let at = at.max(Instant::now() + Duration::from_secs(1));
            self.due = Some(self.due.map_or(at, |due| due.min(at)));
        }
    }

    /// Notes what became of deployments, and what was decided about them.
    async fn note_deployments(&mut self) {
        if self.deployments.due().is_some_and(|at| at <= Instant::now())
            && let Err(error) = self.deployments.write(&self.app, self.party).await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what a site says of deployments could not be kept"
            );
        }
        if let Some(at) = self.deployments.due() {
            self.due = Some(self.due.map_or(at, |due| due.min(at)));
        }
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
            backbone_generation: self.trusts.backbone,
            network_generation: self.trusts.network,
            report: Some(json),
        };
        let site = self.party.site();
        self.written = Instant::now();
        self.due = None;
        match status::report(self.app.store(), site, self.session, &report, self.app.now()).await {
            Ok(current) => {
                if current {
                    self.note_choices().await;
                    self.note_deployments().await;
                    let known = (self.trusts, self.trust_digest);
                    if self.known != known {
                        self.known = known;
                        self.app.authorities_signal().notify_one();
                    }
                }
                current
            }
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

/// How many seconds a site's clock is ahead of what it should show; 0, when it does not say.
fn ahead(says: i64, now: Timestamp) -> i64 {
    if says == 0 { 0 } else { says.saturating_sub(now.as_second()) }
}

/// The text without what the database cannot keep, and not too long.
pub(super) fn cut(text: String) -> String {
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
        since: None,
        traffic,
    }
}

/// What a site says of its links; one that is as it was before is so since then.
fn known_links(said: Vec<observed::Link>, before: &[observed::Link], now: Timestamp) -> Vec<observed::Link> {
    let key = |it: &observed::Link| (it.link.clone(), it.peer.clone());
    let before: HashMap<_, _> = before.iter().map(|it| (key(it), it)).collect();
    let since = |it: &observed::Link| {
        before.get(&key(it)).filter(|was| was.state == it.state).and_then(|was| was.since).unwrap_or(now)
    };
    said.into_iter().map(|it| observed::Link { since: Some(since(&it)), ..it }).collect()
}

/// What a site says of its sockets; what it said before of the same is as old as it was.
fn sockets(said: Vec<SocketStatus>, before: &[observed::Socket], now: Timestamp) -> Vec<observed::Socket> {
    let before: HashMap<&str, &observed::Socket> = before.iter().map(|it| (it.id.as_str(), it)).collect();
    let since = |it: &observed::Socket| {
        let same = before.get(it.id.as_str()).filter(|was| (&was.socket, &was.state) == (&it.socket, &it.state));
        same.and_then(|was| was.since).unwrap_or(now)
    };
    let said = said.into_iter().take(MAX_ENTRIES).map(socket);
    said.map(|it| observed::Socket { since: Some(since(&it)), ..it }).collect()
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
        authored: cut(socket.authored),
        deployment: cut(socket.deployment),
        parts: socket.parts.into_iter().take(MAX_PARTS).map(cut).collect(),
        since: None,
    }
}
