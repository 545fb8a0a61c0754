//! Invitations to application networks.

use jiff::Timestamp;
use model::{InvitationId, Name, NetworkId, lifecycle::InvitationState};

use super::{Actor, Listing, Meta, OpError, Page, Ref, backbone_site::Rendered};
use crate::App;

/// How many sites an invitation admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// So many, at least 1.
    Limited(u32),
    /// Any number.
    Unlimited,
}

/// A new invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The network.
    pub network: Ref,
    /// Its name, unique within the network.
    pub name: Name,
    /// How many sites it admits; one, when absent.
    pub uses: Option<Uses>,
    /// Until when a site may join; the network's end, when absent.
    pub deadline: Option<Timestamp>,
    /// The classes its sites are given; each must be declared.
    pub classes: Vec<Name>,
    /// What the names of its sites begin with.
    pub prefix: Option<Name>,
    /// Options this version does not carry out yet, as they were given; any one refuses the whole.
    pub not_honoured: Vec<&'static str>,
}

/// Changes to an invitation; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// How many sites it admits; not fewer than have joined already.
    pub uses: Option<Uses>,
    /// Moves the deadline, or (`Some(None)`) removes it. The claim certificate is signed again: what was rendered before lasts until its own end.
    pub deadline: Option<Option<Timestamp>>,
    /// Replaces the classes.
    pub classes: Option<Vec<Name>>,
    /// Replaces the prefix, or (`Some(None)`) removes it.
    pub prefix: Option<Option<Name>>,
}

/// An invitation. Its claim key is never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Its name.
    pub name: Name,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// Where it stands now.
    pub state: InvitationState,
    /// How many sites it admits.
    pub uses: Uses,
    /// How many have joined by it.
    pub used: u32,
    /// Until when a site may join, if there is such a limit besides the network's end.
    pub deadline: Option<Timestamp>,
    /// The classes its sites are given.
    pub classes: Vec<Name>,
    /// What the names of its sites begin with.
    pub prefix: Option<Name>,
    /// Until when its claim certificate is valid.
    pub certificate_expires: Timestamp,
    /// When it was made and changed.
    pub meta: Meta,
}

/// What an invitation is rendered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationFormat {
    /// A text to paste into `skx join -`.
    Text,
    /// A file for `skx join FILE`.
    Linux,
}

impl std::str::FromStr for InvitationFormat {
    type Err = OpError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "linux" => Ok(Self::Linux),
            "html" | "kubernetes" | "podman" | "docker" | "compose" | "quadlet" | "ics" => Err(OpError::NotHonoured {
                field: "format",
                message: format!("{text} is not rendered yet; use text or linux"),
            }),
            _ => Err(OpError::Invalid {
                field: "format",
                message: format!("{text:?} is not a format; use text or linux"),
            }),
        }
    }
}

/// Creates an invitation and signs its claim certificate.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Invitation, OpError> {
    todo!()
}

/// Lists the invitations of a network.
pub async fn list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Invitation>, OpError> {
    todo!()
}

/// Shows one invitation.
pub async fn show(app: &App, network: &Ref, invitation: &Ref) -> Result<Invitation, OpError> {
    todo!()
}

/// Renders an invitation for an environment. Refused while no access point admits its sites, and once it is over.
pub async fn render(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    format: InvitationFormat,
) -> Result<Rendered, OpError> {
    todo!()
}

/// Changes an invitation that is not closed.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Invitation, OpError> {
    todo!()
}

/// Closes an invitation for good: its claim is refused everywhere. Sites that joined by it stay.
pub async fn expire(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    if_revision: Option<i64>,
) -> Result<Invitation, OpError> {
    todo!()
}

/// Closes an invitation and removes it from lists. Sites that joined by it stay.
pub async fn delete(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    todo!()
}
