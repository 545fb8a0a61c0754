//! What instances know of each other.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    expression::Seen,
    model::Identifier,
    release::{End, Exposed, Instance, Release},
};

/// One peer of an interface.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    /// The peer's interface; none for participants, whom only their address tells.
    pub(crate) end: Option<End>,
    /// The address between them, if there is one.
    pub(crate) address: Option<String>,
    /// Whether this instance is the one that opens connections.
    pub(crate) uses: bool,
    /// What is known of it wherever it is: everything but where it is reached.
    pub(crate) value: Map<String, Value>,
    /// The same, as expressions see it.
    pub(crate) seen: Seen,
}

/// The peers of all interfaces of an instance.
pub(crate) type Peers = BTreeMap<Identifier, Vec<Peer>>;

/// The peers of every instance of a release.
pub(crate) fn all(release: &Release) -> BTreeMap<&str, Peers> {
    let mut all: BTreeMap<&str, Peers> = BTreeMap::new();
    for binding in &release.spec.bindings {
        for (this, other, uses) in [(&binding.from, &binding.to, true), (&binding.to, &binding.from, false)] {
            let Some((instance, exposed)) = find(release, other) else { continue };
            let value = known(other, instance, exposed, binding.address.as_deref());
            let peer = Peer {
                end: Some(other.clone()),
                address: binding.address.clone(),
                uses: uses && exposed.side != crate::model::Side::None,
                seen: Seen::new(&value),
                value,
            };
            all.entry(&this.instance).or_default().entry(this.interface.clone()).or_default().push(peer);
        }
    }
    for (name, address) in release.spec.addresses.iter().filter(|(_, a)| a.published) {
        for end in &address.uses {
            let mut value = Map::new();
            value.insert("name".into(), name.as_str().into());
            value.insert("address".into(), name.as_str().into());
            let seen = Seen::new(&value);
            let peer = Peer { end: None, address: Some(name.clone()), uses: true, value, seen };
            all.entry(&end.instance).or_default().entry(end.interface.clone()).or_default().push(peer);
        }
    }
    all
}

fn find<'r>(release: &'r Release, end: &End) -> Option<(&'r Instance, &'r Exposed)> {
    let instance = release.spec.instances.get(&end.instance)?;
    Some((instance, instance.interfaces.get(&end.interface)?))
}

fn known(end: &End, instance: &Instance, exposed: &Exposed, address: Option<&str>) -> Map<String, Value> {
    let (block, version) = instance.block.split_once('@').unwrap_or((&instance.block, ""));
    let name = end.instance.rsplit('/').next().unwrap_or_default();
    let mut value: Map<String, Value> = exposed
        .data
        .iter()
        .filter(|(k, _)| !matches!(k.as_str(), "host" | "port"))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect();
    for (key, text) in [
        ("name", name),
        ("id", &instance.id),
        ("instance", &end.instance),
        ("block", block),
        ("version", version),
        ("interface", end.interface.as_str()),
    ] {
        value.insert(key.to_owned(), text.into());
    }
    if let Some(address) = address {
        value.insert("address".to_owned(), address.into());
    }
    value
}

/// The roots `peer`, `peers` and `near`.
#[derive(Debug)]
pub(crate) struct Roots<V> {
    /// By interface, the only peer.
    pub(crate) peer: BTreeMap<String, V>,
    /// By interface, all of them.
    pub(crate) peers: BTreeMap<String, Vec<V>>,
    /// The one beside which an instance is placed.
    pub(crate) near: Option<V>,
}

/// The roots from the values of the peers.
pub(crate) fn roots<V: Clone>(values: BTreeMap<Identifier, Vec<V>>, near: Option<&Identifier>) -> Roots<V> {
    let near = near.and_then(|n| values.get(n)).and_then(|all| all.first()).cloned();
    let only = |(name, all): (&Identifier, &Vec<V>)| match all.as_slice() {
        [only] => Some((name.to_string(), only.clone())),
        _ => None,
    };
    let peer = values.iter().filter_map(only).collect();
    Roots { peer, peers: values.into_iter().map(|(name, all)| (name.to_string(), all)).collect(), near }
}
