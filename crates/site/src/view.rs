//! A site's listeners, connectors and addresses, as its participant sees them.

use std::collections::BTreeMap;

use api::local::{AddressStatus, Author, Connector, Listener, OpenAddress};
use dataplane::Status;
use model::{Address, GenericUuid, router::AddressPolicy};
use uuid::Uuid;

use crate::{
    deploy::sockets::Deployed,
    live::Live,
    state::{Items, LocalConfig, Phase},
};

/// The listeners: central ones as adapted here, then local ones, then those of deployments.
pub(crate) fn listeners(live: &Live, router: &Status) -> Vec<Listener> {
    let Phase::Joined(joined) = &live.site.phase else { return vec![] };
    let mut listeners = configured_listeners(&joined.items, &live.local);
    listeners.extend(live.deployed.sockets.listeners.iter().map(|Deployed { deployment, parts, socket: it }| {
        Listener {
            id: it.id,
            address: it.address.clone(),
            bind: it.bind.clone(),
            author: Author::Central,
            deployment: Some(deployment.clone()),
            parts: parts.clone(),
            authored_bind: None,
            adaptable: false,
            ready: false,
            error: joined.items.may_not_use(&it.address),
            since: None,
            next: None,
        }
    }));
    for listener in &mut listeners {
        let found = router.listeners.iter().find(|it| it.id == listener.id);
        listener.error = listener.error.take().or_else(|| found?.error.clone());
        listener.ready = found.is_some_and(|it| it.bound.is_some() && it.error.is_none());
        listener.since = live.stood.since(listener.id.into_untyped_uuid());
        listener.next = Some(next(listener.ready, listener.adaptable, "listener", &listener.address));
    }
    listeners
}

/// The connectors: central ones as adapted here, then local ones, then those of deployments.
pub(crate) fn connectors(live: &Live, router: &Status) -> Vec<Connector> {
    let Phase::Joined(joined) = &live.site.phase else { return vec![] };
    let mut connectors = configured_connectors(&joined.items, &live.local);
    connectors.extend(live.deployed.sockets.connectors.iter().map(|Deployed { deployment, parts, socket: it }| {
        Connector {
            id: it.id,
            address: it.address.clone(),
            target: it.target.clone(),
            author: Author::Central,
            deployment: Some(deployment.clone()),
            parts: parts.clone(),
            authored_target: None,
            adaptable: false,
            ready: false,
            error: joined.items.may_not_serve(&it.address),
            since: None,
            next: None,
        }
    }));
    for connector in &mut connectors {
        let found = router.connectors.iter().find(|it| it.id == connector.id);
        connector.error = connector.error.take().or_else(|| found?.error.clone());
        connector.ready = found.is_some() && connector.error.is_none();
        connector.since = live.stood.since(connector.id.into_untyped_uuid());
        connector.next = Some(next(connector.ready, connector.adaptable, "connector", &connector.address));
    }
    connectors
}

/// What would change how a listener or connector is.
fn next(ready: bool, adaptable: bool, what: &str, address: &Address) -> String {
    match (ready, adaptable) {
        (true, _) => "nothing".to_owned(),
        (false, true) => format!("tried again by itself; elsewhere: skx site {what} set {address} HOST:PORT"),
        (false, false) => "tried again by itself".to_owned(),
    }
}

/// The listeners and connectors with how they are, by their ids.
pub(crate) fn sockets(live: &Live, router: &Status) -> Vec<(Uuid, bool, Option<String>)> {
    let listeners = listeners(live, router).into_iter();
    let connectors = connectors(live, router).into_iter();
    listeners
        .map(|it| (it.id.into_untyped_uuid(), it.ready, it.error))
        .chain(connectors.map(|it| (it.id.into_untyped_uuid(), it.ready, it.error)))
        .collect()
}

/// The addresses in use here, and those that deployments leave open to participants.
pub(crate) fn addresses(live: &Live, router: &Status) -> Vec<AddressStatus> {
    let Phase::Joined(joined) = &live.site.phase else { return vec![] };
    let listeners = listeners(live, router).into_iter().map(|it| (it.address, it.deployment, true));
    let connectors = connectors(live, router).into_iter().map(|it| (it.address, it.deployment, false));
    let mut all: BTreeMap<Address, AddressStatus> = BTreeMap::new();
    for (address, deployment, used) in listeners.chain(connectors) {
        let status = all.entry(address.clone()).or_insert_with(|| unused(address));
        status.reachable = router.addresses.iter().find(|it| it.address == status.address).map(|it| it.reachable);
        (status.used, status.served) = (status.used || used, status.served || !used);
        status.deployments.extend(deployment);
    }
    for (deployment, offer) in joined.items.offers() {
        for open in offer.into_iter().flat_map(|offer| offer.open) {
            let Ok(address) = open.address.parse::<Address>() else { continue };
            let status = all.entry(address.clone()).or_insert_with(|| unused(address));
            status.deployments.push(deployment.clone());
            status.open =
                Some(OpenAddress { interface: open.kind, role: open.role.to_string(), description: open.description });
        }
    }
    let policies = joined.items.address_policies();
    for status in all.values_mut() {
        status.policy = policies.get(&status.address).map(AddressPolicy::kind).unwrap_or_default();
        status.deployments.sort();
        status.deployments.dedup();
    }
    all.into_values().collect()
}

/// An address that nothing here uses or serves.
fn unused(address: Address) -> AddressStatus {
    AddressStatus {
        address,
        reachable: None,
        used: false,
        served: false,
        policy: Default::default(),
        deployments: vec![],
        open: None,
    }
}

/// What is configured, of a site that does not run.
pub fn configured_listeners(items: &Items, local: &LocalConfig) -> Vec<Listener> {
    let authored = |id| items.listeners().find(|it| it.id == id).map(|it| it.bind.clone());
    local
        .effective_listeners(items)
        .into_iter()
        .map(|it| {
            let central = authored(it.id);
            Listener {
                author: if central.is_some() { Author::Central } else { Author::Local },
                adaptable: items.may_move_listener(it.id),
                authored_bind: central.filter(|bind| *bind != it.bind),
                error: items.may_not_use(&it.address),
                deployment: None,
                parts: vec![],
                id: it.id,
                address: it.address,
                bind: it.bind,
                ready: false,
                since: None,
                next: None,
            }
        })
        .collect()
}

/// What is configured, of a site that does not run.
pub fn configured_connectors(items: &Items, local: &LocalConfig) -> Vec<Connector> {
    let authored = |id| items.connectors().find(|it| it.id == id).map(|it| it.target.clone());
    local
        .effective_connectors(items)
        .into_iter()
        .map(|it| {
            let central = authored(it.id);
            Connector {
                author: if central.is_some() { Author::Central } else { Author::Local },
                adaptable: items.may_move_connector(it.id),
                authored_target: central.filter(|target| *target != it.target),
                error: items.may_not_serve(&it.address),
                deployment: None,
                parts: vec![],
                id: it.id,
                address: it.address,
                target: it.target,
                ready: false,
                since: None,
                next: None,
            }
        })
        .collect()
}
