//! Member sites of application networks.

use jiff::Timestamp;
use model::{InvitationId, Name, NetworkId, SiteId, lifecycle::MemberState};

use super::{
    Actor, LinkObservation, Listing, Meta, OpError, Page, Platform, Ref, SocketObservation, eviction::Eviction,
};
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
    /// The invitation it came by, unless that was deleted.
    pub invitation: Option<InvitationId>,
    /// That invitation's name.
    pub invitation_name: Option<Name>,
    /// The platform it reported: program, system, architecture, host name.
    pub platform: Platform,
    /// When it joined.
    pub joined: Timestamp,
    /// Until when its newest certificate is valid.
    pub certificate_expires: Option<Timestamp>,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// Its links to the backbone, as it says.
    pub links: Vec<LinkObservation>,
    /// Its listeners, central and local, as it says.
    pub listeners: Vec<SocketObservation>,
    /// Its connectors, central and local, as it says.
    pub connectors: Vec<SocketObservation>,
    /// When it was made and changed.
    pub meta: Meta,
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
) -> Result<Eviction, OpError> {
    todo!()
}
