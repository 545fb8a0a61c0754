//! What routing must come to, said as plainly as possible: repeated relaxation over the links that are there.

use std::collections::BTreeMap;

use model::Address;
use overlay_proto::{NodeId, PeerKind, Realm};

use crate::net::Net;

/// Draining routers passed, then the sum of costs.
type Distance = (u32, u64);

/// The links between backbone routers, the cheapest of each pair.
fn edges(net: &Net) -> BTreeMap<(NodeId, NodeId), u64> {
    let mut edges = BTreeMap::new();
    for wire in net.wires.values() {
        let kinds = [wire.dialler, wire.acceptor].map(|end| net.nodes[&end].peer.kind);
        if kinds == [PeerKind::Backbone; 2] {
            for pair in [(wire.dialler, wire.acceptor), (wire.acceptor, wire.dialler)] {
                let cost = edges.entry(pair).or_insert(u64::MAX);
                *cost = u64::from(wire.cost).min(*cost);
            }
        }
    }
    edges
}

/// The distance from `from` to every router that can be reached from it.
pub(crate) fn distances(net: &Net, from: NodeId, draining: &[NodeId]) -> BTreeMap<NodeId, Distance> {
    let edges = edges(net);
    let mut found = BTreeMap::from([(from, (0, 0))]);
    loop {
        let mut changed = false;
        for ((a, b), cost) in &edges {
            let Some((detours, sum)) = found.get(a).copied() else { continue };
            let passes = *a != from && draining.contains(a);
            let distance = (detours + u32::from(passes), sum + cost);
            if found.get(b).is_none_or(|known| distance < *known) {
                found.insert(*b, distance);
                changed = true;
            }
        }
        if !changed {
            return found;
        }
    }
}

/// Who serves what, as the tests arranged it.
pub(crate) type Serving = BTreeMap<NodeId, Vec<Address>>;

/// Where a site is linked, with the cost of each link.
pub(crate) fn attached_at(net: &Net, site: NodeId) -> Vec<(NodeId, u32)> {
    let wires = net.wires.values().filter(|wire| wire.joins(site));
    wires.map(|wire| (wire.other(site), wire.cost)).collect()
}

/// The candidates a member must see for an address: site, cost and whether it drains.
pub(crate) fn candidates(
    net: &Net,
    me: NodeId,
    address: &Address,
    serving: &Serving,
    draining: &[NodeId],
) -> Vec<(NodeId, u64, bool)> {
    let realm = |node: NodeId| match net.nodes[&node].peer.kind {
        PeerKind::Controller => Some(Realm::Platform),
        PeerKind::Member { network } => Some(Realm::Network(network)),
        _ => None,
    };
    let network = net.nodes[&me].peer.kind.network();
    let wanted = Realm::of(address, network);
    let mut all = Vec::new();
    for (site, serves) in serving {
        if !serves.contains(address) || realm(*site) != wanted {
            continue;
        }
        if *site == me {
            all.push((me, 0, false));
            continue;
        }
        let mut best: Option<(bool, u64)> = None;
        for (access, link_cost) in attached_at(net, me) {
            let distances = distances(net, access, draining);
            // The access router takes the best place of the site, as it sees it.
            let places = attached_at(net, *site).into_iter();
            let places = places.filter_map(|(at, _)| distances.get(&at).map(|d| (draining.contains(&at), *d)));
            if let Some((drains, (_, cost))) = places.min() {
                let drains = drains || draining.contains(&access);
                let way = (drains, cost + u64::from(link_cost));
                best = Some(best.map_or(way, |known| known.min(way)));
            }
        }
        all.extend(best.map(|(drains, cost)| (*site, cost, drains)));
    }
    all.sort_by_key(|(site, cost, drains)| (*drains, *cost, *site));
    all
}
