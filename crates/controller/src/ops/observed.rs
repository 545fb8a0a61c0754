//! What sites say of themselves, as it is kept in the store and shown to people.

use jiff::{SignedDuration, Timestamp};
use model::{Address, SiteId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::status::Status;

use super::{LinkObservation, LinkState, Platform, SocketObservation, Traffic};
use crate::clock;

/// A session that was not heard of for this long is taken for lost, though nobody has noted its end: its controller
/// may have been killed.
pub(crate) const SILENCE: SignedDuration = SignedDuration::from_secs(90);

/// What a site observes, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Report {
    pub(crate) links: Vec<Link>,
    pub(crate) listeners: Vec<Socket>,
    pub(crate) connectors: Vec<Socket>,
    /// The hosts under which the machine is known. Backbone sites only.
    pub(crate) hosts: Vec<String>,
    /// The items the site could not apply.
    pub(crate) failures: Vec<Failure>,
    /// The connections that are open there. Members only.
    pub(crate) open_flows: Vec<OpenFlow>,
    /// How many seconds its clock is ahead, as the controller saw it.
    pub(crate) ahead: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    /// The configured link's id; empty for accepted ones.
    pub(crate) link: String,
    pub(crate) peer: String,
    pub(crate) state: String,
    /// Since when it is seen in this state.
    pub(crate) since: Option<Timestamp>,
    pub(crate) rtt_us: u32,
    pub(crate) error: String,
    #[serde(flatten)]
    pub(crate) traffic: Traffic,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Socket {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) socket: String,
    pub(crate) local: bool,
    pub(crate) state: String,
    pub(crate) error: String,
    pub(crate) connections: u64,
    /// What was authored centrally, when the participant has chosen another socket; else empty.
    pub(crate) authored: String,
    /// The deployment it is of, and the parts that it is there for; empty when it is of none.
    pub(crate) deployment: String,
    pub(crate) parts: Vec<String>,
    /// Since when it is seen in this state.
    pub(crate) since: Option<Timestamp>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Failure {
    pub(crate) key: String,
    pub(crate) message: String,
}

/// Connections that are open for one address with one other end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct OpenFlow {
    pub(crate) address: Address,
    /// Out of the network at a connector, not into it at a listener.
    pub(crate) out: bool,
    pub(crate) peer: Option<SiteId>,
    pub(crate) connections: u64,
    pub(crate) bytes_to_server: u64,
    pub(crate) bytes_to_client: u64,
    /// When the first was opened.
    pub(crate) opened: Timestamp,
}

impl Report {
    /// How far the site's clock is off, when that is too far.
    pub(crate) fn wrong_clock(&self) -> Option<SignedDuration> {
        clock::too_far(SignedDuration::from_secs(self.ahead))
    }
}

impl Failure {
    /// The failure in words.
    pub(crate) fn words(&self) -> String {
        if self.key.is_empty() { self.message.clone() } else { format!("{}: {}", self.key, self.message) }
    }
}

/// Whether a site has a session now.
pub(crate) fn is_online(status: &Status, now: Timestamp) -> bool {
    status.session.is_some() && now.duration_since(status.last_seen) < SILENCE
}

/// What a site last reported; nothing, while it has no session: what it said then says nothing of now.
pub(crate) fn report(status: Option<&Status>, now: Timestamp) -> Option<Report> {
    let status = status.filter(|status| is_online(status, now))?;
    Some(serde_json::from_value(status.report.clone()).unwrap_or_default())
}

/// What a site said in its session before, as far as a new one goes on from there: its sockets, and since when they are
/// so, unless it was away for so long that nobody knows what was in between.
pub(crate) fn known(status: Option<&Status>, now: Timestamp) -> Report {
    let Some(status) = status else { return Report::default() };
    let Report { links, listeners, connectors, .. } = serde_json::from_value(status.report.clone()).unwrap_or_default();
    let away = now.duration_since(status.last_seen) >= SILENCE;
    let since = |socket: Socket| Socket { since: socket.since.filter(|_| !away), ..socket };
    Report {
        links: links.into_iter().map(|link| Link { since: link.since.filter(|_| !away), ..link }).collect(),
        listeners: listeners.into_iter().map(since).collect(),
        connectors: connectors.into_iter().map(since).collect(),
        ..Report::default()
    }
}

pub(crate) fn platform(stored: &Value) -> Platform {
    serde_json::from_value(stored.clone()).unwrap_or_default()
}

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

impl Link {
    pub(crate) fn observation(&self, seen: Timestamp) -> LinkObservation {
        let state = match self.state.as_str() {
            "up" => LinkState::Up,
            "connecting" => LinkState::Connecting,
            _ => LinkState::Down,
        };
        let up = state == LinkState::Up;
        LinkObservation {
            state,
            rtt_us: (up && self.rtt_us > 0).then_some(self.rtt_us),
            error: text(&self.error).filter(|_| !up),
            traffic: up.then_some(self.traffic),
            since: self.since,
            seen: Some(seen),
        }
    }
}

impl Socket {
    pub(crate) fn observation(&self) -> SocketObservation {
        SocketObservation {
            address: self.address.clone(),
            socket: self.socket.clone(),
            local: self.local,
            ready: self.state == "ready",
            error: text(&self.error),
            connections: self.connections,
            authored: text(&self.authored),
            deployment: text(&self.deployment),
            parts: self.parts.clone(),
            since: self.since,
        }
    }
}

/// What is known of a configured link of a backbone, from what the site that dials it last said.
pub(crate) fn link(status: Option<&Status>, id: model::LinkId, now: Timestamp) -> LinkObservation {
    let without = |state| LinkObservation { state, rtt_us: None, error: None, traffic: None, since: None, seen: None };
    let Some((status, report)) = status.and_then(|status| Some((status, report(Some(status), now)?))) else {
        return without(LinkState::Unknown);
    };
    let id = id.to_string();
    match report.links.iter().find(|link| link.link == id) {
        Some(link) => link.observation(status.last_seen),
        // The site has not applied it yet.
        None => without(LinkState::Connecting),
    }
}

/// The hosts under which the machine of a relay site is known, as the site last said; they outlive its session.
pub(crate) fn hosts(status: Option<&Status>) -> Vec<String> {
    let report = status.and_then(|status| serde_json::from_value::<Report>(status.report.clone()).ok());
    report.map(|report| report.hosts).unwrap_or_default()
}
