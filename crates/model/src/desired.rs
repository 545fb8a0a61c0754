//! Desired state: what a controller wants a site to be, as items a site can compare, keep and apply one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Address, ConnectorId, ListenerId, Name, NetworkId,
    router::{AccessPoint, AddressPolicy, Assignments, Connector, Link, Listener},
    secret::SecretText,
    terms::Terms,
    trust::{AuthorityTrust, Denied},
};

/// One item of a site's desired state. Each has a stable [`key`](Item::key); its JSON form is what travels and is digested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Item {
    /// What the site is and belongs to.
    Settings(Settings),
    /// The Backbone CA generations the site pins.
    BackboneTrust(BackboneTrust),
    /// The site's own network: its window, authorities and denied sites. Members only.
    NetworkTrust(NetworkScope),
    /// Where a backbone router listens.
    AccessPoint(AccessPoint),
    /// A link the router keeps. Backbone sites get theirs to other sites, members to access points, in order of preference.
    Link(Link),
    /// A centrally authored listener.
    Listener(Listener),
    /// A centrally authored connector.
    Connector(Connector),
    /// Which of them stay as they were authored. Members only.
    Fixed(Fixed),
    /// How addresses pick among those who serve them. Members only; there is none, when all pick the closest.
    AddressPolicies(AddressPolicies),
    /// Who may serve what in a network whose addresses are assigned. Backbone sites get that of every such network,
    /// members that of their own.
    Assignments(NetworkAssignments),
    /// What the site is offered of a deployment. Members only.
    Deployment(Deployment),
    /// The values of a secret that something offered there needs. Members only.
    Secret(Secret),
}

impl Item {
    /// The key under which a newer version of the item replaces this one.
    pub fn key(&self) -> String {
        match self {
            Self::Settings(_) => "settings".to_owned(),
            Self::BackboneTrust(_) => "backbone-trust".to_owned(),
            Self::NetworkTrust(_) => "network-trust".to_owned(),
            Self::AccessPoint(item) => format!("access-point/{}", item.id),
            Self::Link(item) => format!("link/{}", item.id),
            Self::Listener(item) => format!("listener/{}", item.id),
            Self::Connector(item) => format!("connector/{}", item.id),
            Self::Fixed(_) => "fixed".to_owned(),
            Self::AddressPolicies(_) => "address-policies".to_owned(),
            Self::Assignments(item) => format!("assignments/{}", item.network),
            Self::Deployment(item) => Self::deployment_key(&item.name),
            Self::Secret(item) => format!("secret/{}", item.name),
        }
    }

    /// The key of what a site is offered of a deployment.
    pub fn deployment_key(name: &Name) -> String {
        format!("deployment/{name}")
    }
}

/// What a site is called, and what it belongs to, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The site's name.
    pub name: Name,
    /// The name of its network (members) or backbone (backbone sites).
    pub parent: Name,
    /// The classes of a member site.
    #[serde(default)]
    pub classes: Vec<Name>,
    /// On what terms a member site is one.
    #[serde(default, skip_serializing_if = "Terms::is_default")]
    pub terms: Terms,
    /// Whether others are to go around this backbone site, because it is about to be taken away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draining: bool,
}

/// The Backbone CA generations a site pins, newest last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackboneTrust {
    /// The generations.
    pub authorities: Vec<AuthorityTrust>,
}

/// What a member site is told of its own network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkScope {
    /// The network's start.
    pub start: Timestamp,
    /// The network's end, if it has one.
    pub end: Option<Timestamp>,
    /// When connections are cut: end plus grace.
    pub closes: Option<Timestamp>,
    /// The network's certificate authorities, newest last.
    pub authorities: Vec<AuthorityTrust>,
    /// Denied sites of this network only.
    pub denied: Denied,
}

/// The centrally authored listeners and connectors whose host and port the participant must leave as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// The listeners.
    #[serde(default)]
    pub listeners: BTreeSet<ListenerId>,
    /// The connectors.
    #[serde(default)]
    pub connectors: BTreeSet<ConnectorId>,
}

/// How addresses pick among those who serve them. Those that are not named pick the closest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressPolicies {
    /// By address.
    pub policies: BTreeMap<Address, AddressPolicy>,
}

/// Who may serve what in a network whose addresses are assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkAssignments {
    /// The network.
    pub network: NetworkId,
    /// Who may serve what.
    pub assignments: Assignments,
}

/// What a site is offered of a deployment. Whether and when it takes that over is up to the site and its participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// The deployment's name.
    pub name: Name,
    /// The offer, in the words of those who plan: `compose::deploy::Offer`.
    pub offer: Value,
}

/// The values of a secret of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Its name.
    pub name: Name,
    /// Its values, by key.
    pub values: BTreeMap<String, SecretText>,
}
