//! Member sites of application networks.

use jiff::Timestamp;
use model::{InvitationId, Name, NetworkId, SiteId, lifecycle::MemberState};

use super::{Actor, Listing, Meta, OpError, Page, Ref};
use crate::App;

/// A member site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: SiteId,
    /// Its name.
    pub name: Name,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// Where it stands.
    pub state: MemberState,
    /// Its classes.
    pub classes: Vec<Name>,
    /// The invitation it came by.
    pub invitation: InvitationId,
    /// That invitation's name, unless it was deleted.
    pub invitation_name: Option<Name>,
    /// The platform it reported: program, system, architecture, host name.
    pub platform: Platform,
    /// When it joined.
    pub joined: Timestamp,
    /// Until when its certificate is valid.
    pub certificate_expires: Timestamp,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Facts a site reported of its machine and program. Facts for people: nothing is decided by them.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Platform {
    /// Program and version.
    pub software: String,
    /// Operating system.
    pub os: String,
    /// Processor architecture.
    pub arch: String,
    /// Host name.
    pub hostname: String,
}

/// What happens to the invitation by which an evicted site came, while it still has uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationFate {
    /// It is closed: nobody joins by it any more.
    Close,
    /// It stays: whoever holds it can join again under a new id.
    Keep,
}

/// Lists the member sites of a network; former ones are left out.
pub async fn list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Member>, OpError> {
    todo!()
}

/// Shows one member site; former ones are found by id.
pub async fn show(app: &App, network: &Ref, member: &Ref) -> Result<Member, OpError> {
    todo!()
}

/// Evicts a member site for good: its id is denied and its connections end. While its invitation still has uses,
/// `invitation` must say what happens to it.
pub async fn evict(
    app: &App,
    actor: &Actor,
    network: &Ref,
    member: &Ref,
    invitation: Option<InvitationFate>,
    if_revision: Option<i64>,
) -> Result<Member, OpError> {
    todo!()
}
