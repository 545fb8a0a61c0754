//! What only follows from something that has been said already is not said again.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Leaf, Node, Tree, values::Fault};
use crate::{
    expression::{is_expression, references_of},
    library::obscure,
    model::{Endpoint, Identifier},
};

impl Tree<'_> {
    /// Remembers that not all peers of an interface are known: neither those of what it is exported from.
    pub(super) fn doubt(&mut self, node: usize, interface: &Identifier) {
        if !self.doubtful.insert(Leaf { node, interface: interface.clone() }) {
            return;
        }
        let Some(composite) = &self.nodes[node].block.document.spec.composite else { return };
        if let Some(endpoint) = composite.exports.get(interface) {
            self.doubt_end(node, endpoint);
        }
    }

    /// Doubts what an endpoint within a composite may have meant: all interfaces of the part if there is none of that name, and
    /// those of all parts if there is no such part.
    pub(super) fn doubt_end(&mut self, composite: usize, endpoint: &Endpoint) {
        let declared = self.nodes[composite]
            .block
            .document
            .spec
            .composite
            .as_ref()
            .is_some_and(|c| c.parts.contains_key(&endpoint.part));
        match self.nodes[composite].children.get(&endpoint.part).copied() {
            Some(child) if self.nodes[child].faces.contains_key(&endpoint.interface) => {
                self.doubt(child, &endpoint.interface)
            }
            Some(child) => self.doubt_all(child),
            // The part is there, but its block could not be found.
            None if declared => {}
            None => {
                let children: Vec<usize> = self.nodes[composite].children.values().copied().collect();
                children.into_iter().for_each(|child| self.doubt_all(child));
            }
        }
    }

    /// Doubts all interfaces of a node.
    pub(super) fn doubt_all(&mut self, node: usize) {
        let names: Vec<Identifier> = self.nodes[node].faces.keys().cloned().collect();
        names.iter().for_each(|name| self.doubt(node, name));
    }

    /// Doubts what the exports of a composite may have meant that lead nowhere.
    pub(super) fn doubt_exports(&mut self, node: usize) {
        let Some(composite) = &self.nodes[node].block.document.spec.composite else { return };
        for (name, endpoint) in &composite.exports {
            if !self.nodes[node].faces.contains_key(name) {
                self.doubt_end(node, endpoint);
            }
        }
    }

    /// The roots of expressions of a node that are not what they would be if all were in order.
    pub(super) fn unreliable(&self, node: usize) -> BTreeSet<&'static str> {
        let mut roots = BTreeSet::new();
        if self.nodes[node].shaky {
            roots.extend(["config", "this"]);
        }
        let Node { faces, block, .. } = &self.nodes[node];
        let doubtful = faces.keys().any(|name| self.doubtful.contains(&Leaf { node, interface: name.clone() }));
        if doubtful || !obscure(&block.document, faces).is_empty() {
            roots.extend(["peer", "peers", "near"]);
        }
        roots
    }
}

/// Leaves out the faults of what depends on unreliable roots. `whole` is the value the faults' paths lead into.
pub(super) fn reliable(faults: &mut Vec<Fault>, whole: &Value, unreliable: &BTreeSet<&'static str>) {
    if unreliable.is_empty() {
        return;
    }
    faults.retain(|(path, _)| {
        // What is missing has no value of its own: what it is missing from decides.
        let value = path.iter().try_fold(whole, |value, segment| match value {
            Value::Array(items) => segment.parse::<usize>().ok().and_then(|i| items.get(i)).ok_or(value),
            _ => value.get(segment).ok_or(value),
        });
        !depends(value.unwrap_or_else(|nearest| nearest), unreliable)
    });
}

/// Whether an expression within a value refers to one of these roots.
pub(super) fn depends(value: &Value, roots: &BTreeSet<&'static str>) -> bool {
    match value {
        Value::String(text) if is_expression(value) => references_of(text)
            .map_or(true, |all| all.iter().any(|r| r.split('.').next().is_some_and(|root| roots.contains(root)))),
        Value::Array(items) => items.iter().any(|item| depends(item, roots)),
        Value::Object(map) => map.values().any(|item| depends(item, roots)),
        _ => false,
    }
}
