//! A site's listeners, connectors and addresses, as its participant sees them.

use std::collections::BTreeSet;

use api::local::{AddressStatus, Author, Connector, Listener};
use dataplane::Status;

use crate::{
    live::Live,
    state::{Items, LocalConfig, Phase},
};

/// The listeners: central ones as adapted here, then local ones.
pub(crate) fn listeners(live: &Live, router: &Status) -> Vec<Listener> {
    let Phase::Joined(joined) = &live.site.phase else { return vec![] };
    let mut listeners = configured_listeners(&joined.items, &live.local);
    for listener in &mut listeners {
        let found = router.listeners.iter().find(|it| it.id == listener.id);
        listener.error = listener.error.take().or_else(|| found?.error.clone());
        listener.ready = found.is_some_and(|it| it.bound.is_some() && it.error.is_none());
    }
    listeners
}

/// The connectors: central ones as adapted here, then local ones.
pub(crate) fn connectors(live: &Live, router: &Status) -> Vec<Connector> {
    let Phase::Joined(joined) = &live.site.phase else { return vec![] };
    let mut connectors = configured_connectors(&joined.items, &live.local);
    for connector in &mut connectors {
        let found = router.connectors.iter().find(|it| it.id == connector.id);
        connector.error = connector.error.take().or_else(|| found?.error.clone());
        connector.ready = found.is_some() && connector.error.is_none();
    }
    connectors
}

/// The addresses in use here.
pub(crate) fn addresses(live: &Live, router: &Status) -> Vec<AddressStatus> {
    let used: BTreeSet<_> = listeners(live, router).into_iter().map(|it| it.address).collect();
    let served: BTreeSet<_> = connectors(live, router).into_iter().map(|it| it.address).collect();
    let policies = match &live.site.phase {
        Phase::Joined(joined) => joined.items.address_policies(),
        _ => Default::default(),
    };
    used.union(&served)
        .map(|address| AddressStatus {
            address: address.clone(),
            reachable: router.addresses.iter().find(|it| it.address == *address).map_or(0, |it| it.reachable),
            used: used.contains(address),
            served: served.contains(address),
            policy: policies.get(address).copied().unwrap_or_default(),
        })
        .collect()
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
                id: it.id,
                address: it.address,
                bind: it.bind,
                ready: false,
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
                id: it.id,
                address: it.address,
                target: it.target,
                ready: false,
            }
        })
        .collect()
}
