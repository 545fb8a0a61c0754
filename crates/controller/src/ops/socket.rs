//! Centrally authored listeners and connectors of member sites.

use model::{Address, ConnectorId, GenericUuid, HostPort, ListenerId, Name, NetworkId, SiteId, lifecycle::MemberState};
use store::{Tx, class, connector, listener, listener::At, member, network::Network};
use uuid::Uuid;

use super::{Actor, Listing, Meta, OpError, Page, Ref, find, meta, network::unless_evicted, once};
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

/// The network, and for which sites of it a socket is to be.
async fn place(tx: &mut Tx, input: &Create) -> Result<(Network, At), OpError> {
    let network = find::network(&mut *tx, &input.network).await?;
    unless_evicted(&network)?;
    let place = match &input.place {
        PlaceRef::Site(site) => {
            let member = find::member(&mut *tx, network.id, site).await?;
            if member.state != MemberState::Member {
                let message = format!("the site {} is no member any more", member.name);
                return Err(OpError::invalid("site", message));
            }
            At::Site(member.id)
        }
        PlaceRef::Class(name) => {
            if !class::list(&mut *tx, network.id).await?.iter().any(|declared| declared.name == *name) {
                let message = format!(
                    "the network {network} has no class {name}; declare it with `skx network class add {network} {name}`",
                    network = network.name
                );
                return Err(OpError::invalid("class", message));
            }
            At::Class(name.clone())
        }
    };
    Ok((network, place))
}

async fn placed(app: &App, site: Option<SiteId>, class: Option<Name>) -> Result<Place, OpError> {
    match (site, class) {
        (Some(id), _) => Ok(Place::Site { id, name: member::get(app.store(), id).await?.name }),
        (None, Some(class)) => Ok(Place::Class(class)),
        (None, None) => Err(OpError::Internal {
            context: "a listener or connector in the database is for no site",
            source: "neither site nor class".into(),
        }),
    }
}

/// Adds a listener.
pub async fn listener_add(app: &App, actor: &Actor, input: Create) -> Result<Listener, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    if let Some(id) = once::claim::<ListenerId>(&mut tx, actor).await? {
        return listener_show(app, &input.network, id).await;
    }
    let (network, place) = place(&mut tx, &input).await?;
    let id = ListenerId::from_untyped_uuid(Uuid::new_v4());
    let added = listener::add(&mut tx, id, network.id, &place, &input.address, &input.socket).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    listener_view(app, &network, added).await
}

/// Lists the listeners of a network, by address.
pub async fn listener_list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Listener>, OpError> {
    let network = find::network(app.store(), network).await?;
    let cut = page.cut(listener::list(app.store(), network.id).await?, |row| row.id.to_string())?;
    let mut items = Vec::with_capacity(cut.items.len());
    for row in cut.items {
        items.push(listener_view(app, &network, row).await?);
    }
    Ok(Listing { items, next: cut.next })
}

/// Shows a listener.
pub async fn listener_show(app: &App, network: &Ref, listener: ListenerId) -> Result<Listener, OpError> {
    let network = find::network(app.store(), network).await?;
    let row = listener_in(app, &network, listener).await?;
    listener_view(app, &network, row).await
}

/// Removes a listener.
pub async fn listener_remove(
    app: &App,
    actor: &Actor,
    network: &Ref,
    listener: ListenerId,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let network = find::network(app.store(), network).await?;
    let row = listener_in(app, &network, listener).await?;
    OpError::unless_at(if_revision, "listener", row.revision)?;
    let mut tx = app.store().begin(&actor.context()).await?;
    listener::remove(&mut tx, listener, if_revision).await?;
    tx.commit().await?;
    Ok(())
}

async fn listener_in(app: &App, network: &Network, id: ListenerId) -> Result<listener::Listener, OpError> {
    let missing = || OpError::NotFound { kind: "listener".to_owned(), name: id.to_string() };
    let all = listener::list(app.store(), network.id).await?;
    all.into_iter().find(|row| row.id == id).ok_or_else(missing)
}

async fn listener_view(app: &App, network: &Network, row: listener::Listener) -> Result<Listener, OpError> {
    Ok(Listener {
        id: row.id,
        network: network.id,
        network_name: network.name.clone(),
        place: placed(app, row.site, row.class.clone()).await?,
        meta: meta!(row),
        address: row.address,
        bind: row.bind,
    })
}

/// Adds a connector.
pub async fn connector_add(app: &App, actor: &Actor, input: Create) -> Result<Connector, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    if let Some(id) = once::claim::<ConnectorId>(&mut tx, actor).await? {
        return connector_show(app, &input.network, id).await;
    }
    let (network, place) = place(&mut tx, &input).await?;
    let id = ConnectorId::from_untyped_uuid(Uuid::new_v4());
    let added = connector::add(&mut tx, id, network.id, &place, &input.address, &input.socket).await?;
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    connector_view(app, &network, added).await
}

/// Lists the connectors of a network, by address.
pub async fn connector_list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Connector>, OpError> {
    let network = find::network(app.store(), network).await?;
    let cut = page.cut(connector::list(app.store(), network.id).await?, |row| row.id.to_string())?;
    let mut items = Vec::with_capacity(cut.items.len());
    for row in cut.items {
        items.push(connector_view(app, &network, row).await?);
    }
    Ok(Listing { items, next: cut.next })
}

/// Shows a connector.
pub async fn connector_show(app: &App, network: &Ref, connector: ConnectorId) -> Result<Connector, OpError> {
    let network = find::network(app.store(), network).await?;
    let row = connector_in(app, &network, connector).await?;
    connector_view(app, &network, row).await
}

/// Removes a connector.
pub async fn connector_remove(
    app: &App,
    actor: &Actor,
    network: &Ref,
    connector: ConnectorId,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let network = find::network(app.store(), network).await?;
    let row = connector_in(app, &network, connector).await?;
    OpError::unless_at(if_revision, "connector", row.revision)?;
    let mut tx = app.store().begin(&actor.context()).await?;
    connector::remove(&mut tx, connector, if_revision).await?;
    tx.commit().await?;
    Ok(())
}

async fn connector_in(app: &App, network: &Network, id: ConnectorId) -> Result<connector::Connector, OpError> {
    let missing = || OpError::NotFound { kind: "connector".to_owned(), name: id.to_string() };
    let all = connector::list(app.store(), network.id).await?;
    all.into_iter().find(|row| row.id == id).ok_or_else(missing)
}

async fn connector_view(app: &App, network: &Network, row: connector::Connector) -> Result<Connector, OpError> {
    Ok(Connector {
        id: row.id,
        network: network.id,
        network_name: network.name.clone(),
        place: placed(app, row.site, row.class.clone()).await?,
        meta: meta!(row),
        address: row.address,
        target: row.target,
    })
}
