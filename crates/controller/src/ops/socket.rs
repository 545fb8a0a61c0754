//! Centrally authored listeners and connectors of member sites.

use model::{Address, ConnectorId, HostPort, ListenerId, Name, NetworkId, SiteId};

use super::{Actor, Listing, Meta, OpError, Page, Ref};
use crate::App;

/// Which sites a listener or connector is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceRef {
    /// One member site.
    Site(Ref),
    /// Every member site of a declared class.
    Class(Name),
}

/// Which sites a listener or connector is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// One member site.
    Site {
        /// Its id.
        id: SiteId,
        /// Its name.
        name: Name,
    },
    /// Every member site of a class.
    Class(Name),
}

/// A new listener or connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The network.
    pub network: Ref,
    /// The address.
    pub address: Address,
    /// Where a listener listens, or what a connector connects to.
    pub socket: HostPort,
    /// For which sites.
    pub place: PlaceRef,
}

/// A listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Its id.
    pub id: ListenerId,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// The address its connections go to.
    pub address: Address,
    /// Where it listens.
    pub bind: HostPort,
    /// For which sites.
    pub place: Place,
    /// When it was made and changed.
    pub meta: Meta,
}

/// A connector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    /// Its id.
    pub id: ConnectorId,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// The address it serves.
    pub address: Address,
    /// What it connects to.
    pub target: HostPort,
    /// For which sites.
    pub place: Place,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Adds a listener.
pub async fn listener_add(app: &App, actor: &Actor, input: Create) -> Result<Listener, OpError> {
    todo!()
}

/// Lists the listeners of a network; the cursor is a listener id.
pub async fn listener_list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Listener>, OpError> {
    todo!()
}

/// Shows a listener.
pub async fn listener_show(app: &App, network: &Ref, listener: ListenerId) -> Result<Listener, OpError> {
    todo!()
}

/// Removes a listener.
pub async fn listener_remove(
    app: &App,
    actor: &Actor,
    network: &Ref,
    listener: ListenerId,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    todo!()
}

/// Adds a connector.
pub async fn connector_add(app: &App, actor: &Actor, input: Create) -> Result<Connector, OpError> {
    todo!()
}

/// Lists the connectors of a network; the cursor is a connector id.
pub async fn connector_list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Connector>, OpError> {
    todo!()
}

/// Shows a connector.
pub async fn connector_show(app: &App, network: &Ref, connector: ConnectorId) -> Result<Connector, OpError> {
    todo!()
}

/// Removes a connector.
pub async fn connector_remove(
    app: &App,
    actor: &Actor,
    network: &Ref,
    connector: ConnectorId,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    todo!()
}
