//! Application networks and their site classes.

use jiff::{SignedDuration, Timestamp};
use model::{Address, BackboneId, Name, NetworkId, SiteId, lifecycle::NetworkState};

use super::{Actor, CertificateInfo, Listing, Meta, OpError, Page, Ref, SocketObservation, eviction::Eviction};
use crate::App;

/// A new application network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name, unique in the installation.
    pub name: Name,
    /// The backbone; the only one there is, when absent.
    pub backbone: Option<Ref>,
    /// When it starts; now, when absent.
    pub start: Option<Timestamp>,
    /// When it ends; never, when absent.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end; not at all, when absent.
    pub grace: Option<SignedDuration>,
    /// `open` when absent; nothing else is honoured yet.
    pub addresses: Option<String>,
    /// Site classes to declare at once.
    pub classes: Vec<Name>,
}

/// Changes to a network; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Moves the start.
    pub start: Option<Timestamp>,
    /// Moves the end, or (`Some(None)`) removes it.
    pub end: Option<Option<Timestamp>>,
    /// Changes the grace.
    pub grace: Option<SignedDuration>,
}

/// An application network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    pub name: Name,
    /// The backbone.
    pub backbone: BackboneId,
    /// The backbone's name.
    pub backbone_name: Name,
    /// Who owns it.
    pub owner: String,
    /// Where it stands now.
    pub state: NetworkState,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends, if it does.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end.
    pub grace: SignedDuration,
    /// `open`.
    pub addresses: String,
    /// The site classes declared.
    pub classes: Vec<Name>,
    /// How many member sites it has.
    pub members: u64,
    /// How many of them have a session with a controller now.
    pub connected: u64,
    /// Its CA.
    pub ca: CertificateInfo,
    /// When it was made and changed.
    pub meta: Meta,
}

/// A declared site class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// How many member sites have it.
    pub members: u64,
}

/// An address as it is seen in the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    /// The address.
    pub address: Address,
    /// The connectors that serve it.
    pub served_by: Vec<AddressUse>,
    /// The listeners that use it.
    pub used_by: Vec<AddressUse>,
}

/// A site that serves or uses an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressUse {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: Name,
    /// Its listener or connector.
    pub socket: SocketObservation,
}

/// Creates a network and, at once, its CA.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Network, OpError> {
    todo!()
}

/// Lists networks.
pub async fn list(app: &App, page: &Page) -> Result<Listing<Network>, OpError> {
    todo!()
}

/// Shows one network.
pub async fn show(app: &App, network: &Ref) -> Result<Network, OpError> {
    todo!()
}

/// Moves start, end or grace.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Network, OpError> {
    todo!()
}

/// Evicts a network: every connection of every site in it ends, claims included, for good.
pub async fn evict(app: &App, actor: &Actor, network: &Ref, if_revision: Option<i64>) -> Result<Eviction, OpError> {
    todo!()
}

/// Deletes a network; one that was not over is evicted by it. Its id stays denied until no certificate of it is valid.
pub async fn delete(app: &App, actor: &Actor, network: &Ref, if_revision: Option<i64>) -> Result<(), OpError> {
    todo!()
}

/// The site classes declared.
pub async fn class_list(app: &App, network: &Ref) -> Result<Vec<Class>, OpError> {
    todo!()
}

/// Declares a site class.
pub async fn class_add(app: &App, actor: &Actor, network: &Ref, class: Name) -> Result<Network, OpError> {
    todo!()
}

/// Withdraws a site class; refused while an invitation, a listener or a connector names it.
pub async fn class_remove(app: &App, actor: &Actor, network: &Ref, class: &Name) -> Result<Network, OpError> {
    todo!()
}

/// The addresses seen in the network, with who serves and who uses each.
pub async fn addresses(app: &App, network: &Ref) -> Result<Vec<ServiceAddress>, OpError> {
    todo!()
}
