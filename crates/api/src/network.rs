//! Application networks, their classes, and the addresses seen in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{
    Address, Name, NetworkId, SiteId,
    lifecycle::NetworkState,
    router::{AddressPolicyKind as Kind, Weight},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors, new_name},
    patch, schema,
};

/// Who may serve addresses in a network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AddressMode {
    /// Every member may serve every address.
    #[default]
    Open,
    /// A member may serve an address for which it has a central connector, of its own or by a class. Routers let
    /// nobody else serve it.
    Assigned,
}

/// An application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03",
    "name": "exercise",
    "backbone": "europe",
    "owner": "ada",
    "state": "open",
    "start": "2027-01-31T09:00:00Z",
    "end": "2027-02-07T09:00:00Z",
    "grace_seconds": 0,
    "addresses": "open",
    "classes": ["store"],
    "members": 2,
    "connected": 2,
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Network {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: NetworkId,
    /// Name, unique in the installation.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The name of the backbone it runs on.
    #[schema(schema_with = schema::name)]
    pub backbone: Name,
    /// The user who owns it; absent, where no user does and administrators manage it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub owner: Option<Name>,
    /// Where it stands now.
    #[schema(schema_with = schema::network_state)]
    pub state: NetworkState,
    /// When it starts.
    #[schema(schema_with = schema::time)]
    pub start: Timestamp,
    /// When it ends; never, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub end: Option<Timestamp>,
    /// How long connections live on after the end, in seconds.
    pub grace_seconds: u64,
    /// Who may serve addresses.
    pub addresses: AddressMode,
    /// The declared classes of sites.
    #[schema(schema_with = schema::names)]
    pub classes: Vec<Name>,
    /// How many member sites it has.
    pub members: u64,
    /// How many of them have a session with a controller now.
    pub connected: u64,
    /// When it was created.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When it was last changed.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Creates an application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "exercise",
    "backbone": "europe",
    "start": "2027-01-31T09:00:00Z",
    "end": "2027-02-07T09:00:00Z",
    "grace_seconds": 600
}))]
pub struct NetworkCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The backbone, by name or id; unless given, the default one of your grants, or the only one you may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// When it starts; at once, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::time")]
    #[schema(schema_with = schema::optional_time)]
    pub start: Option<Timestamp>,
    /// When it ends; never, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::time")]
    #[schema(schema_with = schema::optional_time)]
    pub end: Option<Timestamp>,
    /// How long connections live on after the end, in seconds; 0 unless given.
    #[serde(default)]
    #[schema(maximum = 31_536_000)]
    pub grace_seconds: u64,
    /// Who may serve addresses; `open` unless given.
    #[serde(default)]
    #[schema(required = false)]
    pub addresses: AddressMode,
    /// Classes of sites to declare at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::names)]
    pub classes: Vec<Name>,
}

impl Check for NetworkCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end <= start
        {
            errors.add("end", format!("the end must be after the start, {start:.0}"));
        }
        grace(self.grace_seconds, errors);
    }
}

/// Changes an application network. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"end": null, "grace_seconds": 60}))]
pub struct NetworkSet {
    /// When it starts.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::time")]
    #[schema(schema_with = schema::optional_time)]
    pub start: Option<Timestamp>,
    /// When it ends; `null` for never.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "patch::nullable_time")]
    #[schema(schema_with = schema::optional_time)]
    pub end: Option<Option<Timestamp>>,
    /// How long connections live on after the end, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(maximum = 31_536_000)]
    pub grace_seconds: Option<u64>,
    /// Who may serve addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<AddressMode>,
    /// The user who is to own it from now on, by name or id: somebody who may make networks on its backbone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub owner: Option<Name>,
}

impl Check for NetworkSet {
    fn check(&self, errors: &mut Errors) {
        if let (Some(start), Some(Some(end))) = (self.start, self.end)
            && end <= start
        {
            errors.add("end", format!("the end must be after the start, {start:.0}"));
        }
        if let Some(seconds) = self.grace_seconds {
            grace(seconds, errors);
        }
    }
}

fn grace(seconds: u64, errors: &mut Errors) {
    if seconds > 31_536_000 {
        errors.add("grace_seconds", "the grace cannot be longer than a year");
    }
}

/// A class of sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"name": "store", "members": 12}))]
pub struct Class {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// How many member sites have it.
    pub members: u64,
}

/// Declares a class of sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "store"}))]
pub struct ClassCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
}

impl Check for ClassCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
    }
}

/// An address seen in a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "address": "till.api",
    "policy": "closest",
    "served_by": [{
        "site": "store-1",
        "site_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
        "socket": "127.0.0.1:8080",
        "local": false,
        "state": "ready",
        "connections": 3,
        "since": "2027-01-31T09:00:10Z",
        "observed": "2027-01-31T09:05:00Z"
    }],
    "used_by": []
}))]
pub struct ServiceAddress {
    /// The address.
    #[schema(schema_with = schema::address)]
    pub address: Address,
    /// How it picks among those who serve it.
    #[schema(schema_with = schema::address_policy)]
    pub policy: Kind,
    /// The connectors that serve it.
    pub served_by: Vec<AddressUse>,
    /// The listeners that use it.
    pub used_by: Vec<AddressUse>,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// A site that serves or uses an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AddressUse {
    /// The site's name.
    #[schema(schema_with = schema::name)]
    pub site: Name,
    /// The site.
    #[schema(schema_with = schema::id)]
    pub site_id: SiteId,
    /// The socket at the site.
    pub socket: String,
    /// Whether it was authored at the site.
    pub local: bool,
    /// `ready` or `failed`.
    pub state: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many connections it carries now.
    pub connections: u64,
    /// Since when it is observed to be in this state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub since: Option<Timestamp>,
    /// When the site said so.
    #[schema(schema_with = schema::time)]
    pub observed: Timestamp,
}

/// How an address picks among the sites that serve it, where that is not left at `closest`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "address": "till.api",
    "policy": "weighted",
    "weights": {"store-1": 3, "store-2": 1},
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct AddressPolicy {
    /// The address.
    #[schema(schema_with = schema::address)]
    pub address: Address,
    /// How it picks.
    #[schema(schema_with = schema::address_policy)]
    pub policy: Kind,
    /// The weights of member sites, by name, when it is `weighted`. Sites that are not named have the weight 1; those that
    /// were named and are no member any more are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = schema::weights)]
    pub weights: BTreeMap<Name, Weight>,
    /// The member sites it goes through, by name, when it is `failover`; those that are no member any more are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::names)]
    pub order: Vec<Name>,
    /// When it was set first.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When it was last changed.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Sets how an address picks among the sites that serve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"policy": "weighted", "weights": {"store-1": 3, "store-2": 1}}))]
pub struct AddressPolicySet {
    /// How it picks: the `closest` site, `balanced` over all by how busy they are, `weighted` over all in proportion to
    /// `weights`, or by `failover` to the first in an `order` that can be reached.
    #[schema(schema_with = schema::address_policy)]
    pub policy: Kind,
    /// Of member sites (name or id) the weights, for `weighted`. A site that is not named has the weight 1; one of weight 0
    /// gets nothing as long as another with a weight can be reached.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(schema_with = schema::weights)]
    pub weights: BTreeMap<Name, Weight>,
    /// Member sites (name or id) in the order in which they are used, for `failover`. Sites that are not named come after
    /// them, the closest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::names)]
    pub order: Vec<Name>,
}

impl Check for AddressPolicySet {
    fn check(&self, errors: &mut Errors) {
        if self.policy != Kind::Weighted && !self.weights.is_empty() {
            errors.add("weights", "only the policy weighted goes by weights; leave them out");
        }
        match (self.policy, self.order.as_slice()) {
            (Kind::Failover, []) => errors.add("order", "say which sites are used, the first one first"),
            (Kind::Failover, order) => {
                for (i, site) in order.iter().enumerate().filter(|(i, site)| order[..*i].contains(site)) {
                    errors.add(format!("order[{i}]"), format!("{site} is named already"));
                }
            }
            (_, []) => {}
            _ => errors.add("order", "only the policy failover goes by an order; leave it out"),
        }
    }
}

/// Which way connections went through a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FlowDirection {
    /// From a listener into the network.
    In,
    /// From the network to a connector's target.
    Out,
}

/// Connections that ended at a site within a moment, for one address, with one other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "position": 17,
    "address": "till.api",
    "site": "store-1",
    "site_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
    "direction": "in",
    "peer": "hq",
    "peer_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f06",
    "connections": 2,
    "bytes_to_server": 420,
    "bytes_to_client": 10240,
    "opened": "2027-01-31T09:05:00Z",
    "closed": "2027-01-31T09:05:01Z"
}))]
pub struct Flow {
    /// Its place among the flows of the network; the cursor of what comes after it.
    pub position: i64,
    /// The address.
    #[schema(schema_with = schema::address)]
    pub address: Address,
    /// The name of the site that told of it.
    #[schema(schema_with = schema::name)]
    pub site: Name,
    /// That site.
    #[schema(schema_with = schema::id)]
    pub site_id: SiteId,
    /// Which way the connections went there.
    pub direction: FlowDirection,
    /// The name of the site at the other end, when one was reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub peer: Option<Name>,
    /// That site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_id)]
    pub peer_id: Option<SiteId>,
    /// How many connections there were.
    pub connections: u64,
    /// Bytes from clients to servers.
    pub bytes_to_server: u64,
    /// Bytes from servers to clients.
    pub bytes_to_client: u64,
    /// Why they failed, if they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When the first was opened.
    #[schema(schema_with = schema::time)]
    pub opened: Timestamp,
    /// When the last ended.
    #[schema(schema_with = schema::time)]
    pub closed: Timestamp,
}

/// Connections that are open at a site, for one address, with one other end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "address": "till.api",
    "site": "store-1",
    "site_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
    "direction": "in",
    "peer": "hq",
    "peer_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f06",
    "connections": 2,
    "bytes_to_server": 420,
    "bytes_to_client": 10240,
    "opened": "2027-01-31T09:05:00Z",
    "observed": "2027-01-31T09:07:12Z"
}))]
pub struct OpenFlow {
    /// The address.
    #[schema(schema_with = schema::address)]
    pub address: Address,
    /// The name of the site that told of them.
    #[schema(schema_with = schema::name)]
    pub site: Name,
    /// That site.
    #[schema(schema_with = schema::id)]
    pub site_id: SiteId,
    /// Which way they go there.
    pub direction: FlowDirection,
    /// The name of the site at the other end, once one is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub peer: Option<Name>,
    /// That site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_id)]
    pub peer_id: Option<SiteId>,
    /// How many there are.
    pub connections: u64,
    /// Bytes from clients to servers, so far.
    pub bytes_to_server: u64,
    /// Bytes from servers to clients, so far.
    pub bytes_to_client: u64,
    /// When the first was opened.
    #[schema(schema_with = schema::time)]
    pub opened: Timestamp,
    /// When the site said so.
    #[schema(schema_with = schema::time)]
    pub observed: Timestamp,
}
