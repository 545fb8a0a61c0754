//! What sites say of themselves, as it is kept in the store and shown to people.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::status::Status;

use super::{LinkObservation, LinkState, Platform, SocketObservation};

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
    /// The items the site could not apply.
    pub(crate) failures: Vec<Failure>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    /// The configured link's id; empty for accepted ones.
    pub(crate) link: String,
    pub(crate) peer: String,
    pub(crate) state: String,
    pub(crate) rtt_us: u32,
    pub(crate) error: String,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
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
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Failure {
    pub(crate) key: String,
    pub(crate) message: String,
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

pub(crate) fn platform(stored: &Value) -> Platform {
    serde_json::from_value(stored.clone()).unwrap_or_default()
}

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

impl Link {
    pub(crate) fn observation(&self) -> LinkObservation {
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
        }
    }
}

/// What is known of a configured link of a backbone, from the report of the site that dials it.
pub(crate) fn link(report: Option<&Report>, id: model::LinkId) -> LinkObservation {
    let unknown = LinkObservation { state: LinkState::Unknown, rtt_us: None, error: None };
    let Some(report) = report else { return unknown };
    let id = id.to_string();
    match report.links.iter().find(|link| link.link == id) {
        Some(link) => link.observation(),
        // The site has not applied it yet.
        None => LinkObservation { state: LinkState::Connecting, rtt_us: None, error: None },
    }
}
