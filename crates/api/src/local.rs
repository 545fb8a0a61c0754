//! What a site's local API speaks: the participant's view of their own site.
//!
//! It is served by `skx join` and `skx site run` on loopback, under `/api/v1`, to whoever holds the site's own token.
//! Nothing in it tells a participant how the backbone is built.

mod deployment;

pub use deployment::{
    Accept, ConsentPolicy, ConsentSet, Decline, Deployment, DeploymentPart, DeploymentState, Fill, Impact, LocalField,
    LogLine, LogReaders, LogsRead, Version, VolumesAfter, Workload,
};

use jiff::Timestamp;
use model::{
    Address, ConnectorId, HostPort, ListenerId, Name,
    lifecycle::SiteState,
    router::AddressPolicyKind,
    terms::{AddressPatterns, Consent},
};
use serde::{Deserialize, Serialize};

/// How a site stands: `GET /api/v1/site`, and `skx site status`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteStatus {
    /// The site's name; none until a member site was given one.
    pub name: Option<Name>,
    /// The network's name. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Name>,
    /// The backbone's name. Backbone sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backbone: Option<Name>,
    /// Where the site stands.
    pub state: SiteState,
    /// Why, and what to do, in words; none when all is well.
    pub reason: Option<String>,
    /// Since when it stands there, as far as that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What moves it next, or would.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
    /// Since when it waits to be admitted, while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<Timestamp>,
    /// Whether the membership is renewed; otherwise it ends with the certificate. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewable: Option<bool>,
    /// Whether the participant is asked before anything is deployed here. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// When the participant is asked indeed: as the invitation says, or as the participant does, whichever asks more. Member
    /// sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<ConsentPolicy>,
    /// Who may read what workloads here say. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogReaders>,
    /// Who else than the participant read that last, since the site started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs_read: Option<LogsRead>,
    /// What becomes of the volumes of what is deployed here no more. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<VolumesAfter>,
    /// What the site runs workloads on: process, systemd, podman or docker; none, when it runs none. Known while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<String>,
    /// What is deployed there, as one word each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<DeploymentBrief>,
    /// What the site may serve: patterns of addresses. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serve: Option<AddressPatterns>,
    /// What the site may use: patterns of addresses. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub r#use: Option<AddressPatterns>,
    /// Whether all is well: the site is a member or a backbone site, runs, is linked, and everything it serves works.
    pub healthy: bool,
    /// Whether the site runs. Otherwise this is what it stored last.
    pub running: bool,
    /// When the network starts. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// When the network ends, if it does. Member sites only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Until when the site's certificate is valid; it is renewed long before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate_until: Option<Timestamp>,
    /// The links, in order of preference.
    pub links: Vec<LinkStatus>,
    /// Where a site that waits for a controller listens for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_points: Vec<AccessPointStatus>,
    /// Under which hosts the machine is known; the administrator enters the one at which others dial it. Backbone sites
    /// only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The session with the management controller.
    pub session: SessionStatus,
    /// What is wrong and does not stop the site from working.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// A deployment in a site's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentBrief {
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub state: DeploymentState,
    /// What is wrong, or what is waited for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionState {
    /// Established.
    Up,
    /// Being established.
    Connecting,
    /// Not there.
    Down,
}

impl ConnectionState {
    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Connecting => "connecting",
            Self::Down => "down",
        }
    }
}

/// One link of the site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkStatus {
    /// The other end: a site id for backbone sites, an ordinal for member sites.
    pub peer: String,
    /// How it stands.
    pub state: ConnectionState,
    /// The round-trip time in milliseconds, once measured.
    pub rtt_ms: Option<f64>,
    /// The last error, while it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
}

/// A port a backbone site listens at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPointStatus {
    /// Its name.
    pub name: Name,
    /// Where it listens.
    pub bind: String,
    /// Why it does not listen, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The session with the management controller. A site works without one; it then learns of no changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStatus {
    /// How it stands.
    pub state: ConnectionState,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The last error, while it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Who authored a listener or connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Author {
    /// The network's owner. Host and port can be changed at the site.
    Central,
    /// The participant.
    Local,
}

impl Author {
    /// The author as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Local => "local",
        }
    }
}

/// A list, complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct List<T> {
    /// The objects.
    pub items: Vec<T>,
}

/// A local socket whose connections enter the network at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// Identity.
    pub id: ListenerId,
    /// The address.
    pub address: Address,
    /// Where it listens.
    pub bind: HostPort,
    /// Who authored it.
    pub author: Author,
    /// The deployment it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Name>,
    /// The parts of the deployment that it is there for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Where the network's owner wanted it to listen, when it was changed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authored_bind: Option<HostPort>,
    /// Whether it may be changed here.
    pub adaptable: bool,
    /// Whether it listens.
    pub ready: bool,
    /// Why it does not, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Since when that is so; known while the site runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What would change that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Where connections to an address leave the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Identity.
    pub id: ConnectorId,
    /// The address.
    pub address: Address,
    /// What it connects to.
    pub target: HostPort,
    /// Who authored it.
    pub author: Author,
    /// The deployment it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Name>,
    /// The parts of the deployment that it is there for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Where the network's owner wanted it to lead, when it was changed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authored_target: Option<HostPort>,
    /// Whether it may be changed here.
    pub adaptable: bool,
    /// Whether nothing is known to be wrong with it.
    pub ready: bool,
    /// The last error, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Since when that is so; known while the site runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// What would change that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Adds a listener of the site's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerCreate {
    /// The address.
    pub address: Address,
    /// Where to listen.
    pub bind: HostPort,
}

/// Moves a listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenerSet {
    /// Where to listen.
    pub bind: HostPort,
}

/// Adds a connector of the site's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorCreate {
    /// The address.
    pub address: Address,
    /// What to connect to.
    pub target: HostPort,
}

/// Moves a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectorSet {
    /// What to connect to.
    pub target: HostPort,
}

/// An address in use at the site, or one that a deployment leaves open to participants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressStatus {
    /// The address.
    pub address: Address,
    /// How many sites that serve it can be reached from here; not known of one that nothing here uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reachable: Option<usize>,
    /// Whether a listener here leads to it.
    pub used: bool,
    /// Whether a connector here serves it.
    pub served: bool,
    /// How it picks among the sites that serve it.
    #[serde(default)]
    pub policy: AddressPolicyKind,
    /// The deployments it is of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<Name>,
    /// What is found there, if one of them leaves it open to whoever is in the network, to serve and use it with what is theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenAddress>,
}

/// What is found at an address that is open to participants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAddress {
    /// The type of the interface, as `name@version`.
    pub interface: String,
    /// The role of whoever serves it.
    pub role: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// Leaves the network: `POST /api/v1/site/leave`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leave {
    /// Why, for the network's owner.
    #[serde(default)]
    pub reason: String,
}

/// The site has left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Whether its network knows.
    pub told: Told,
}

/// Whether a network knows that a site has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// A controller has noted it.
    Yes,
    /// It was not told: there was nobody to tell, or who there was could not note it.
    No,
    /// A controller was told, and nothing was heard of it since: it may have noted it or not.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_has_the_fields_scripts_rely_on() {
        let status = SiteStatus {
            name: Some("shop-1".parse().expect("a name")),
            network: Some("retail".parse().expect("a name")),
            backbone: None,
            state: SiteState::Member,
            reason: None,
            since: Some(Timestamp::UNIX_EPOCH),
            next: "nothing".to_owned(),
            waiting_since: None,
            renewable: None,
            consent: None,
            asked: None,
            logs: None,
            logs_read: None,
            volumes: None,
            runs: None,
            deployments: vec![],
            serve: None,
            r#use: None,
            healthy: true,
            running: true,
            start: None,
            until: None,
            certificate_until: None,
            links: vec![LinkStatus {
                peer: "access point 1".to_owned(),
                state: ConnectionState::Up,
                rtt_ms: Some(0.5),
                error: None,
                bytes_in: 1,
                bytes_out: 2,
            }],
            access_points: vec![],
            hosts: vec![],
            session: SessionStatus { state: ConnectionState::Up, since: None, error: None },
            warnings: vec![],
        };
        let json = serde_json::to_value(&status).expect("serialises");
        assert_eq!(
            json,
            serde_json::json!({
                "name": "shop-1",
                "network": "retail",
                "state": "member",
                "reason": null,
                "since": "1970-01-01T00:00:00Z",
                "next": "nothing",
                "healthy": true,
                "running": true,
                "links": [{"peer": "access point 1", "state": "up", "rtt_ms": 0.5, "bytes_in": 1, "bytes_out": 2}],
                "session": {"state": "up"},
            })
        );
        assert_eq!(serde_json::from_value::<SiteStatus>(json).expect("round trip"), status);
    }

    #[test]
    fn a_request_with_an_unknown_field_is_refused() {
        let json = serde_json::json!({"address": "web", "bind": "127.0.0.1:80", "host": "x"});
        assert!(serde_json::from_value::<ListenerCreate>(json).is_err());
        let json = serde_json::json!({"address": "skx/controller", "bind": "127.0.0.1:80"});
        assert!(serde_json::from_value::<ListenerCreate>(json).is_err());
    }
}
