//! The listeners and connectors of what is deployed.

use std::{collections::BTreeMap, net::IpAddr};

use compose::{
    model::Protocol,
    render::{self, Rendered, Scope},
};
use model::{
    ConnectorId, GenericUuid, HostPort, ListenerId, Name, SiteId,
    router::{Connector, Listener},
};
use ring::digest;
use uuid::{Builder, Uuid};

use crate::state::{Items, LocalConfig};

/// Where the site listens for workloads, by for whom that is.
pub(crate) type Hosts = BTreeMap<Scope, IpAddr>;

/// A listener or connector of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deployed<T> {
    pub(crate) deployment: Name,
    /// The parts that it is there for.
    pub(crate) parts: Vec<String>,
    pub(crate) socket: T,
}

/// The listeners and connectors of deployments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sockets {
    /// The listeners.
    pub(crate) listeners: Vec<Deployed<Listener>>,
    /// The connectors.
    pub(crate) connectors: Vec<Deployed<Connector>>,
}

impl Sockets {
    /// Adds those of a deployment. What cannot be one is left out: [`check`] says why.
    pub(crate) fn add(&mut self, deployment: &Name, gets: &Rendered, hosts: &Hosts) {
        self.listeners.extend(gets.listeners.iter().filter_map(|it| {
            let socket = listener(deployment, it, hosts).ok().flatten()?;
            Some(Deployed { deployment: deployment.clone(), parts: it.parts.clone(), socket })
        }));
        self.connectors.extend(gets.connectors.iter().filter_map(|it| {
            let socket = connector(deployment, it).ok()?;
            Some(Deployed { deployment: deployment.clone(), parts: it.parts.clone(), socket })
        }));
    }
}

impl Sockets {
    /// These, and those of other deployments that are among `more`.
    pub(crate) fn and(&self, more: &Self, others: impl Fn(&Name) -> bool) -> Self {
        let mut all = self.clone();
        all.listeners.extend(more.listeners.iter().filter(|it| others(&it.deployment)).cloned());
        all.connectors.extend(more.connectors.iter().filter(|it| others(&it.deployment)).cloned());
        all
    }
}

/// Whether a listener is at a name that only who runs the workloads can tell.
pub(crate) fn asks_for_host(listener: &render::Listener) -> bool {
    listener.scope == Scope::Containers && listener.host.parse::<IpAddr>().is_err()
}

/// Why a site cannot have the listeners and connectors of what it would get, if it cannot.
pub(crate) fn check(
    deployment: &Name,
    gets: &Rendered,
    (items, site): (&Items, SiteId),
    local: &LocalConfig,
    others: &Sockets,
) -> Result<(), String> {
    let assigned = items.assignments().next();
    for it in &gets.connectors {
        let connector = connector(deployment, it)?;
        if let Some(why) = items.may_not_serve(&connector.address) {
            return Err(why);
        }
        if assigned.is_some_and(|all| !all.assignments.allow(&connector.address, site)) {
            return Err(format!(
                "the addresses of this network are assigned, and {} is not assigned to this site",
                connector.address
            ));
        }
    }
    let mut taken: BTreeMap<String, String> =
        local.effective_listeners(items).into_iter().map(|it| (it.bind.to_string(), it.address.to_string())).collect();
    let others = others.listeners.iter().filter(|it| it.deployment != *deployment).map(|it| &it.socket);
    taken.extend(others.map(|it| (it.bind.to_string(), it.address.to_string())));
    for it in &gets.listeners {
        let Some(listener) = listener(deployment, it, &Hosts::new())? else { continue };
        if let Some(why) = items.may_not_use(&listener.address) {
            return Err(why);
        }
        if let Some(other) = taken.get(&listener.bind.to_string()) {
            return Err(format!("{} is taken by the listener for address {other}", listener.bind));
        }
    }
    Ok(())
}

/// The listener; none as long as nobody has said where it listens.
fn listener(deployment: &Name, it: &render::Listener, hosts: &Hosts) -> Result<Option<Listener>, String> {
    streams(it.protocol, &it.address)?;
    let host = match hosts.get(&it.scope) {
        Some(host) if asks_for_host(it) => host.to_string(),
        None if asks_for_host(it) => return Ok(None),
        _ => it.host.clone(),
    };
    let id = ListenerId::from_untyped_uuid(id("listener", deployment, &it.name, &it.address));
    Ok(Some(Listener { id, address: address(&it.address)?, bind: socket(&host, it.port)? }))
}

fn connector(deployment: &Name, it: &render::Connector) -> Result<Connector, String> {
    streams(it.protocol, &it.address)?;
    let id = ConnectorId::from_untyped_uuid(id("connector", deployment, &it.name, &it.address));
    Ok(Connector { id, address: address(&it.address)?, target: socket(&it.host, it.port)? })
}

fn streams(protocol: Protocol, address: &str) -> Result<(), String> {
    match protocol {
        Protocol::Tcp => Ok(()),
        Protocol::Udp => Err(format!("{address} carries datagrams, and this site carries streams only")),
    }
}

fn address(text: &str) -> Result<model::Address, String> {
    text.parse().map_err(|error| format!("{text:?} is no address: {error}"))
}

fn socket(host: &str, port: u16) -> Result<HostPort, String> {
    let text = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
    text.parse().map_err(|error| format!("{text:?} is no host and port: {error}"))
}

/// The same for the same thing, so that what did not change is not disturbed.
fn id(kind: &str, deployment: &Name, name: &str, address: &str) -> Uuid {
    let text = [kind, deployment.as_str(), name, address].join("\n");
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_ref()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
