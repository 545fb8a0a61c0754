//! Links: which relay site dials which other's peer access point.

use model::{AccessPointId, BackboneId, BackboneSiteId, HostPort, LinkId, Name, router::Transport};

use super::{Actor, LinkObservation, Listing, Meta, OpError, Page, Ref};
use crate::App;

/// A new link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The backbone.
    pub backbone: Ref,
    /// The site that dials.
    pub from: Ref,
    /// The site that is dialled.
    pub to: Ref,
    /// Which of its access points; needed only when it has several that admit peers.
    pub access: Option<Ref>,
    /// Routing cost, 1 to 1 000 000; 1 when absent.
    pub cost: Option<u32>,
    /// How data connections travel; `direct` when absent.
    pub transport: Option<Transport>,
}

/// Changes to a link; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Routing cost.
    pub cost: Option<u32>,
    /// How data connections travel.
    pub transport: Option<Transport>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// The backbone.
    pub backbone: BackboneId,
    /// The backbone's name.
    pub backbone_name: Name,
    /// The site that dials.
    pub from: BackboneSiteId,
    /// Its name.
    pub from_name: Name,
    /// The site that is dialled.
    pub to: BackboneSiteId,
    /// Its name.
    pub to_name: Name,
    /// The access point that is dialled.
    pub access: AccessPointId,
    /// Its name.
    pub access_name: Name,
    /// Where it is dialled.
    pub target: HostPort,
    /// Routing cost.
    pub cost: u32,
    /// How data connections travel.
    pub transport: Transport,
    /// How it is.
    pub observed: LinkObservation,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Creates a link.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Link, OpError> {
    todo!()
}

/// Lists the links of a backbone; the cursor is a link id.
pub async fn list(app: &App, backbone: &Ref, page: &Page) -> Result<Listing<Link>, OpError> {
    todo!()
}

/// Shows a link, by id.
pub async fn show(app: &App, backbone: &Ref, link: LinkId) -> Result<Link, OpError> {
    todo!()
}

/// Changes a link.
pub async fn set(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    link: LinkId,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Link, OpError> {
    todo!()
}

/// Deletes a link.
pub async fn delete(
    app: &App,
    actor: &Actor,
    backbone: &Ref,
    link: LinkId,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    todo!()
}
