//! How things stand: what is up, what is not, and what the next possible step is.

use jiff::Timestamp;
use model::{
    BackboneId, BackboneSiteId, LinkId, Name, NetworkId,
    lifecycle::{BackboneSiteState, NetworkState},
};

use super::{LinkObservation, OpError, Ref, ca::CaState};
use crate::App;

/// How the whole installation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationStatus {
    /// Whether all is well: there are no findings.
    pub healthy: bool,
    /// Where the root of trust stands.
    pub ca: CaState,
    /// Whether the root is a development root.
    pub development: bool,
    /// Every backbone.
    pub backbones: Vec<BackboneStatus>,
    /// Every network that is not over.
    pub networks: Vec<NetworkStatus>,
    /// What is not well, and what to do.
    pub findings: Vec<Finding>,
}

/// Something that is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, such as `backbone europe`.
    pub subject: String,
    /// What is not well.
    pub message: String,
    /// What to do about it.
    pub how: Option<String>,
}

/// How a network stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkStatus {
    /// The network.
    pub id: NetworkId,
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub state: NetworkState,
    /// How many member sites it has.
    pub members: u64,
    /// How many of them have a session with a controller now.
    pub connected: u64,
}

/// How a backbone stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneStatus {
    /// The backbone.
    pub id: BackboneId,
    /// Its name.
    pub name: Name,
    /// Whether it has sites, every one is deployed and has a session, and every link is up.
    pub healthy: bool,
    /// Its sites, evicted ones left out.
    pub sites: Vec<BackboneSiteStatus>,
    /// Its links.
    pub links: Vec<LinkStatus>,
    /// The version of the trust document that should be in force everywhere, once there is one.
    pub trust_version: Option<u64>,
    /// Until when that document is valid.
    pub trust_valid_until: Option<Timestamp>,
}

/// How a relay site stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneSiteStatus {
    /// The site.
    pub id: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub state: BackboneSiteState,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// The next possible step in words, or why there is none yet.
    pub next_step: Option<String>,
    /// The trust document it says is in force there.
    pub trust_version: Option<u64>,
}

/// How a link stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// The link.
    pub id: LinkId,
    /// The name of the site that dials.
    pub from: Name,
    /// The name of the site that is dialled.
    pub to: Name,
    /// Routing cost.
    pub cost: u32,
    /// How it is.
    pub observed: LinkObservation,
}

/// How a backbone stands.
pub async fn backbone(app: &App, backbone: &Ref) -> Result<BackboneStatus, OpError> {
    todo!()
}

/// How the whole installation stands.
pub async fn installation(app: &App) -> Result<InstallationStatus, OpError> {
    todo!()
}
