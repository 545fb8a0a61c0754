//! How things stand: what is up, what is not, and what the next possible step is.

use jiff::Timestamp;
use model::{BackboneId, BackboneSiteId, LinkId, Name, lifecycle::BackboneSiteState};

use super::{OpError, Ref};
use crate::App;

/// How the whole installation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationStatus {
    /// Whether all is well.
    pub healthy: bool,
    /// What is not, and what the next step is, in words.
    pub problems: Vec<String>,
    /// Every backbone.
    pub backbones: Vec<BackboneStatus>,
}

/// How a backbone stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneStatus {
    /// The backbone.
    pub id: BackboneId,
    /// Its name.
    pub name: Name,
    /// Whether it has sites, every site is up and every link is up.
    pub healthy: bool,
    /// What is not, and what the next step is, in words.
    pub problems: Vec<String>,
    /// Its sites.
    pub sites: Vec<BackboneSiteStatus>,
    /// Its links.
    pub links: Vec<LinkStatus>,
    /// The version of the trust document in force, once there is one.
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
    /// Whether it is up, as the site that dials says.
    pub up: bool,
    /// Its round-trip time in microseconds, while up.
    pub rtt_us: Option<u32>,
    /// Why it is not up, as far as known.
    pub error: Option<String>,
}

/// How a backbone stands.
pub async fn backbone(app: &App, backbone: &Ref) -> Result<BackboneStatus, OpError> {
    todo!()
}

/// How the whole installation stands.
pub async fn installation(app: &App) -> Result<InstallationStatus, OpError> {
    todo!()
}
