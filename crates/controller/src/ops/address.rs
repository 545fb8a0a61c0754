//! The addresses of a network: how they pick among those who serve them, who serves and uses them, and what flowed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{
    Address, Name, SiteId,
    lifecycle::MemberState,
    router::{AddressPolicy as Policy, AddressPolicyKind as Kind, Weight},
};
use store::{Tx, address_policy, flow, flow::Direction, listing::Key, network::Network, status};

use super::{Actor, Fields, Listing, OpError, Page, Ref, SocketObservation, classes, find, observed};
use crate::App;

/// How an address of a network picks among those who serve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressPolicy {
    /// What was set.
    pub set: address_policy::AddressPolicy,
    /// The network's name.
    pub network_name: Name,
    /// The weights of those it names that are members, by name.
    pub weights: BTreeMap<Name, Weight>,
    /// Those of its order that are members, by name.
    pub order: Vec<Name>,
    /// Since when the network is over, if it is: nothing picks any more.
    pub over: Option<Timestamp>,
}

/// How an address is to pick; sites by name or id.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the policies, as the model has them")]
pub enum Wanted {
    Closest,
    Balanced,
    Weighted(BTreeMap<Name, Weight>),
    Failover(Vec<Name>),
}

/// An address as it is seen in the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    /// The network's name.
    pub network_name: Name,
    /// The address.
    pub address: Address,
    /// How it picks among those who serve it.
    pub policy: Kind,
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
    /// When the site said so.
    pub observed: Timestamp,
}

/// Connections that ended at a site within a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Its place among the flows of the network.
    pub position: i64,
    /// The address.
    pub address: Address,
    /// The site that told of it.
    pub site: SiteId,
    /// Its name.
    pub site_name: Name,
    /// Which way the connections went there.
    pub direction: Direction,
    /// The site at the other end, when one was reached.
    pub peer: Option<SiteId>,
    /// Its name.
    pub peer_name: Option<Name>,
    /// How many connections there were.
    pub connections: u64,
    /// Bytes from clients to servers.
    pub bytes_to_server: u64,
    /// Bytes from servers to clients.
    pub bytes_to_client: u64,
    /// Why they failed, if they did.
    pub error: Option<String>,
    /// When the first was opened.
    pub opened: Timestamp,
    /// When the last ended.
    pub closed: Timestamp,
}

/// Connections that are open at a site, for one address, with one other end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenFlow {
    /// The address.
    pub address: Address,
    /// The site that told of them.
    pub site: SiteId,
    /// Its name.
    pub site_name: Name,
    /// Which way they go there.
    pub direction: Direction,
    /// The site at the other end, once one is reached.
    pub peer: Option<SiteId>,
    /// Its name.
    pub peer_name: Option<Name>,
    /// How many there are.
    pub connections: u64,
    /// Bytes from clients to servers, so far.
    pub bytes_to_server: u64,
    /// Bytes from servers to clients, so far.
    pub bytes_to_client: u64,
    /// When the first was opened.
    pub opened: Timestamp,
    /// When the site said so.
    pub observed: Timestamp,
}

fn count<T>(items: &[T]) -> Key {
    Key::Number(i64::try_from(items.len()).unwrap_or(i64::MAX))
}

/// What the list of addresses can be narrowed and ordered by.
pub(crate) const FIELDS: Fields<ServiceAddress> = Fields {
    id: |seen| seen.address.to_string(),
    sorts: &[
        ("address", |seen| Key::Text(seen.address.to_string())),
        ("served_by", |seen| count(&seen.served_by)),
        ("used_by", |seen| count(&seen.used_by)),
    ],
    filters: &[
        ("policy", |seen, wanted| seen.policy.as_str() == wanted),
        ("served", |seen, wanted| (!seen.served_by.is_empty()).to_string() == wanted),
    ],
    search: |seen| seen.address.to_string(),
};

/// What the list of policies can be narrowed and ordered by.
pub(crate) const POLICIES: Fields<AddressPolicy> = Fields {
    id: |policy| policy.set.address.to_string(),
    sorts: &[
        ("address", |policy| Key::Text(policy.set.address.to_string())),
        ("created", |policy| Key::Time(policy.set.created)),
    ],
    filters: &[("policy", |policy, wanted| policy.set.policy.kind().as_str() == wanted)],
    search: |policy| policy.set.address.to_string(),
};

/// What the list of open connections can be narrowed and ordered by. A site says at most one thing of each address,
/// direction and other end.
pub(crate) const OPEN_FLOWS: Fields<OpenFlow> = Fields {
    id: |flow| {
        let peer = flow.peer.map(|peer| peer.to_string()).unwrap_or_default();
        format!("{} {} {} {peer}", flow.address, flow.site, flow.direction)
    },
    sorts: &[
        ("address", |flow| Key::Text(flow.address.to_string())),
        ("opened", |flow| Key::Time(flow.opened)),
        ("connections", |flow| Key::Number(i64::try_from(flow.connections).unwrap_or(i64::MAX))),
    ],
    filters: &[
        ("site", |flow, wanted| {
            let is = |name: &Name, id: SiteId| name.as_str() == wanted || id.to_string() == wanted;
            is(&flow.site_name, flow.site)
                || flow.peer_name.as_ref().zip(flow.peer).is_some_and(|(name, id)| is(name, id))
        }),
        ("address", |flow, wanted| flow.address.as_str() == wanted),
        ("direction", |flow, wanted| flow.direction.as_str() == wanted),
    ],
    search: |flow| {
        let peer = flow.peer_name.as_ref().map(Name::as_str).unwrap_or_default();
        format!("{} {} {peer}", flow.address, flow.site_name)
    },
};

/// Sets how an address picks among the sites that serve it.
pub async fn set_policy(
    app: &App,
    actor: &Actor,
    network: &Ref,
    address: &Address,
    wanted: &Wanted,
    if_revision: Option<i64>,
) -> Result<AddressPolicy, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    expect_revision(&mut tx, &network, address, if_revision).await?;
    let policy = by_id(&mut tx, &network, wanted).await?;
    let set = address_policy::set(&mut tx, network.id, if_revision, address, &policy).await?;
    let names = find::member_names(&mut tx, network.id, false).await?;
    tx.commit().await?;
    Ok(AddressPolicy::of(set, &network.name, &names, None))
}

/// A policy as it is kept: a site that is renamed keeps its place.
async fn by_id(tx: &mut Tx, network: &Network, wanted: &Wanted) -> Result<Policy, OpError> {
    Ok(match wanted {
        Wanted::Closest => Policy::Closest,
        Wanted::Balanced => Policy::Balanced,
        Wanted::Weighted(weights) => {
            let mut found = BTreeMap::new();
            for (site, weight) in weights {
                if found.insert(live_site(tx, network, "weights", site).await?, *weight).is_some() {
                    return Err(OpError::invalid("weights", format!("{site} is named twice")));
                }
            }
            Policy::Weighted(found)
        }
        Wanted::Failover(order) => {
            let mut found = vec![];
            for site in order {
                let id = live_site(tx, network, "order", site).await?;
                if found.contains(&id) {
                    return Err(OpError::invalid("order", format!("{site} is named twice")));
                }
                found.push(id);
            }
            Policy::Failover(found)
        }
    })
}

/// A site that a policy names. One that is no member is refused, with which one was meant, as far as that can be guessed.
async fn live_site(tx: &mut Tx, network: &Network, field: &'static str, site: &Name) -> Result<SiteId, OpError> {
    let what = match find::member(&mut *tx, network.id, &site.clone().into()).await {
        Ok(member) if member.state == MemberState::Member => return Ok(member.id),
        Ok(member) if member.state == MemberState::Waiting => format!("{site} waits to be admitted"),
        Ok(_) => format!("{site} is no member of {} any more", network.name),
        Err(OpError::NotFound { .. }) => format!("the network {} has no site {site}", network.name),
        Err(error) => return Err(error),
    };
    let known: Vec<Name> = find::member_names(&mut *tx, network.id, false).await?.into_values().collect();
    let hint = match (classes::nearest(site.as_str(), &known), known.is_empty()) {
        (Some(meant), _) => format!("is {meant} meant?"),
        (None, true) => "it has no sites yet".to_owned(),
        (None, false) => format!("`skx member list {}` lists its sites", network.name),
    };
    Err(OpError::invalid(field, format!("{what}; {hint}")))
}

impl AddressPolicy {
    fn of(
        set: address_policy::AddressPolicy,
        network: &Name,
        names: &BTreeMap<SiteId, Name>,
        over: Option<Timestamp>,
    ) -> Self {
        let (mut weights, mut order) = (BTreeMap::new(), vec![]);
        match &set.policy {
            Policy::Closest | Policy::Balanced => {}
            Policy::Weighted(by_id) => {
                weights.extend(by_id.iter().filter_map(|(site, weight)| Some((names.get(site)?.clone(), *weight))));
            }
            Policy::Failover(by_id) => order.extend(by_id.iter().filter_map(|site| names.get(site).cloned())),
        }
        Self { set, network_name: network.clone(), weights, order, over }
    }
}

/// Lists the addresses that do not just pick the closest site.
pub async fn list_policies(app: &App, network: &Ref) -> Result<Vec<AddressPolicy>, OpError> {
    let network = find::network(app.store(), network).await?;
    let closed = network.window().closes().filter(|closes| *closes <= app.now());
    let over = network.evicted.or(closed);
    let names = find::member_names(app.store(), network.id, false).await?;
    let all = address_policy::list(app.store(), network.id).await?.into_iter();
    Ok(all.map(|set| AddressPolicy::of(set, &network.name, &names, over)).collect())
}

/// Shows how an address picks, when that is set.
pub async fn show_policy(app: &App, network: &Ref, address: &Address) -> Result<AddressPolicy, OpError> {
    let found = list_policies(app, network).await?.into_iter().find(|policy| policy.set.address == *address);
    found.ok_or_else(|| unset(address))
}

fn unset(address: &Address) -> OpError {
    OpError::NotFound { kind: "address policy".to_owned(), name: address.to_string() }
}

/// Lets an address pick the closest site again.
pub async fn remove_policy(
    app: &App,
    actor: &Actor,
    network: &Ref,
    address: &Address,
    if_revision: Option<i64>,
) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    if !expect_revision(&mut tx, &network, address, if_revision).await? {
        return Err(unset(address));
    }
    address_policy::remove(&mut tx, network.id, if_revision, address).await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses when the policy is at another revision than the caller demands; says whether there is one.
async fn expect_revision(
    tx: &mut Tx,
    network: &Network,
    address: &Address,
    if_revision: Option<i64>,
) -> Result<bool, OpError> {
    let all = address_policy::list(&mut *tx, network.id).await?;
    let found = all.iter().find(|policy| policy.address == *address).map(|policy| policy.revision);
    OpError::unless_at(if_revision, "address policy", found.unwrap_or(0))?;
    Ok(found.is_some())
}

/// The addresses seen in the network, with who serves and who uses each.
pub async fn observed(app: &App, network: &Ref) -> Result<Vec<ServiceAddress>, OpError> {
    let network = find::network(app.store(), network).await?;
    let names = find::member_names(app.store(), network.id, false).await?;
    let policies = address_policy::list(app.store(), network.id).await?;
    let policies: BTreeMap<Address, Kind> = policies.into_iter().map(|row| (row.address, row.policy.kind())).collect();
    let mut seen: BTreeMap<Address, ServiceAddress> = BTreeMap::new();
    for (site, status) in status::list_of_network(app.store(), network.id).await? {
        let (Some(name), Some(report)) = (names.get(&site), observed::report(Some(&status), app.now())) else {
            continue;
        };
        let uses = |sockets: &[observed::Socket]| -> Vec<(Address, AddressUse)> {
            let entry = |socket: &observed::Socket| {
                let address: Address = socket.address.parse().ok()?;
                let (site_name, observed) = (name.clone(), status.last_seen);
                Some((address, AddressUse { site, site_name, socket: socket.observation(), observed }))
            };
            sockets.iter().filter_map(entry).collect()
        };
        for (address, entry) in uses(&report.connectors) {
            at(&mut seen, &network.name, &policies, address).served_by.push(entry);
        }
        for (address, entry) in uses(&report.listeners) {
            at(&mut seen, &network.name, &policies, address).used_by.push(entry);
        }
    }
    Ok(seen.into_values().collect())
}

fn at<'a>(
    seen: &'a mut BTreeMap<Address, ServiceAddress>,
    network: &Name,
    policies: &BTreeMap<Address, Kind>,
    address: Address,
) -> &'a mut ServiceAddress {
    let policy = policies.get(&address).copied().unwrap_or_default();
    seen.entry(address.clone()).or_insert_with(|| ServiceAddress {
        network_name: network.clone(),
        address,
        policy,
        served_by: vec![],
        used_by: vec![],
    })
}

/// Lists what flowed in a network lately, oldest first. The position of a flow is the cursor of what comes after it.
pub async fn flows(app: &App, network: &Ref, page: &Page) -> Result<Listing<Flow>, OpError> {
    let network = find::network(app.store(), network).await?.id;
    let mut wanted = page.wanted_by_position(app)?;
    for (_, site) in wanted.filters.iter_mut().filter(|(name, _)| *name == "site") {
        let reference: Ref = site.parse().map_err(|error| OpError::invalid("site", error))?;
        *site = find::member(app.store(), network, &reference).await?.id.to_string();
    }
    let found = flow::page(app.store(), network, &wanted).await?;
    let next = found.items.last().filter(|_| found.next.is_some()).map(|flow| flow.position);
    let names = find::member_names(app.store(), network, true).await?;
    let view = |flow: flow::Flow| {
        Some(Flow {
            site_name: names.get(&flow.site)?.clone(),
            peer_name: flow.peer.and_then(|peer| names.get(&peer).cloned()),
            position: flow.position,
            address: flow.address,
            site: flow.site,
            direction: flow.direction,
            peer: flow.peer,
            connections: flow.connections,
            bytes_to_server: flow.bytes_to_server,
            bytes_to_client: flow.bytes_to_client,
            error: flow.error,
            opened: flow.opened,
            closed: flow.closed,
        })
    };
    Ok(Listing::of(found.items.into_iter().filter_map(view).collect(), next))
}

/// Lists the connections that are open in a network, as its sites said last. A site without a session says nothing.
pub async fn open_flows(app: &App, network: &Ref) -> Result<Vec<OpenFlow>, OpError> {
    let network = find::network(app.store(), network).await?.id;
    let names = find::member_names(app.store(), network, false).await?;
    let mut open = vec![];
    for (site, status) in status::list_of_network(app.store(), network).await? {
        let (Some(site_name), Some(report)) = (names.get(&site), observed::report(Some(&status), app.now())) else {
            continue;
        };
        open.extend(report.open_flows.into_iter().map(|flow| OpenFlow {
            address: flow.address,
            site,
            site_name: site_name.clone(),
            direction: if flow.out { Direction::Out } else { Direction::In },
            peer: flow.peer,
            peer_name: flow.peer.and_then(|peer| names.get(&peer).cloned()),
            connections: flow.connections,
            bytes_to_server: flow.bytes_to_server,
            bytes_to_client: flow.bytes_to_client,
            opened: flow.opened,
            observed: status.last_seen,
        }));
    }
    Ok(open)
}
