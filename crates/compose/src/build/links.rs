//! Links: from the interfaces of parts, at any depth, to bindings between what interacts in the end.

use super::{At, Declared, Joined, Leaf, Tree, expand::New};
use crate::{
    diagnostic::{Code, Diagnostic},
    findings::either,
    library::{Joint, affine, has_body, is_declared, join},
    model::{BlockType, Endpoint, Identifier, Link, Reach, Side},
    release::{Address, Binding},
};

impl<'l> Tree<'l> {
    /// Joins what the links of all composites join.
    pub(super) fn link(&mut self) {
        // Connectors that are composites add nodes, whose own links are joined in turn.
        let mut node = 0;
        while node < self.nodes.len() {
            let entry = self.nodes[node].block;
            let links = entry.document.spec.composite.as_ref().map_or(&[][..], |c| &c.links);
            for (i, link) in links.iter().enumerate() {
                self.one_link(node, i, link);
            }
            node += 1;
        }
    }

    fn one_link(&mut self, composite: usize, index: usize, link: &'l Link) {
        if self.is_stopped() {
            return;
        }
        if !self.joins(composite, index, link) {
            self.doubt_end(composite, &link.from);
            self.doubt_end(composite, &link.to);
        }
    }

    /// Joins the ends of a link. What does not join was reported when the library was read.
    fn joins(&mut self, composite: usize, index: usize, link: &'l Link) -> bool {
        let entry = self.nodes[composite].block;
        let flawed = entry.flaws.links.contains(&index);
        let (Some(from), Some(to)) = (self.child_face(composite, &link.from), self.child_face(composite, &link.to))
        else {
            return false;
        };
        let Some(reference) = &link.via else {
            let joinable = !flawed || self.is_joinable((from, &link.from.interface), (to, &link.to.interface));
            if joinable {
                self.join((from, &link.from.interface), (to, &link.to.interface), None);
            }
            return joinable;
        };
        let Some(block) = self.library.block(reference) else { return false };
        let new = New {
            name: format!("{}-{}", link.from, link.to),
            block,
            parent: composite,
            declared: Declared { origin: &entry.origin, path: At::Link(index) },
            config: &link.config,
            place: None,
            optional: false,
            flawed,
        };
        let Some(via) = self.add(new) else { return false };
        let faces = &self.nodes[via].faces;
        let face = |node: usize, interface: &Identifier| self.nodes[node].faces.get(interface);
        let (Some(a), Some(b)) = (face(from, &link.from.interface), face(to, &link.to.interface)) else { return false };
        let Ok(Joint::Via { from: near, to: far }) = join(a, b, Some(("", faces, has_body(&block.document)))) else {
            self.doubt_all(via);
            return false;
        };
        if has_body(&block.document) {
            self.join((from, &link.from.interface), (via, &near), None);
            self.join((via, &far), (to, &link.to.interface), None);
        } else {
            self.join((from, &link.from.interface), (to, &link.to.interface), Some(via));
        }
        true
    }

    fn is_joinable(&self, a: (usize, &Identifier), b: (usize, &Identifier)) -> bool {
        let face = |(node, interface): (usize, &Identifier)| self.nodes[node].faces.get(interface);
        a != b && face(a).zip(face(b)).is_some_and(|(a, b)| join(a, b, None).is_ok())
    }

    fn child_face(&self, composite: usize, endpoint: &Endpoint) -> Option<usize> {
        let child = *self.nodes[composite].children.get(&endpoint.part)?;
        self.nodes[child].faces.contains_key(&endpoint.interface).then_some(child)
    }

    /// Joins two interfaces of parts of a composite, down to the leaves they belong to.
    fn join(&mut self, a: (usize, &Identifier), b: (usize, &Identifier), via: Option<usize>) {
        let (Some(a), Some(b)) = (self.leaf(a.0, a.1), self.leaf(b.0, b.1)) else { return };
        let reach = self.face(&a).reach();
        self.joined.push(Joined { a, b, via, reach });
    }

    /// The leaf an interface belongs to. Each composite on the way has one peer more.
    fn leaf(&mut self, node: usize, interface: &Identifier) -> Option<Leaf> {
        let Some(composite) = &self.nodes[node].block.document.spec.composite else {
            return Some(Leaf { node, interface: interface.clone() });
        };
        *self.nodes[node].outer.entry(interface.clone()).or_default() += 1;
        let endpoint = composite.exports.get(interface)?;
        let child = *self.nodes[node].children.get(&endpoint.part)?;
        self.leaf(child, &endpoint.interface)
    }

    /// Publishes what is left to participants.
    pub(super) fn open(&mut self) {
        let application = self.application;
        let name = application.document.metadata.name.as_str();
        for (address, opening) in &application.document.spec.open {
            let here = ["spec", "open", address.as_str()];
            let at = || application.origin.at(&[here[0], here[1], here[2], "interface"]);
            if let Err(error) = address.parse::<::model::Address>() {
                let position = application.origin.at_key(&["spec", "open"], address);
                self.problems.push(
                    Diagnostic::new(Code::InvalidOpening, error.to_string())
                        .at(position)
                        .block(name)
                        .expected("an address"),
                );
                if !self.nodes.is_empty() {
                    self.doubt_end(0, &opening.interface);
                }
                continue;
            }
            if self.nodes.is_empty() {
                return;
            }
            let endpoint = &opening.interface;
            let Some(child) = self.nodes[0].children.get(&endpoint.part).copied() else {
                let declared = self.nodes[0].block.document.spec.composite.as_ref();
                if declared.is_some_and(|c| c.parts.contains_key(&endpoint.part)) {
                    // Its block could not be found.
                    continue;
                }
                self.doubt_end(0, endpoint);
                let parts: Vec<&str> = self.nodes[0].children.keys().map(|k| k.as_str()).collect();
                self.problems.push(
                    Diagnostic::new(Code::UnknownPart, format!("there is no part {:?}", endpoint.part.as_str()))
                        .at(at())
                        .block(name)
                        .expected(either(parts.iter().copied()))
                        .near(endpoint.part.as_str(), parts),
                );
                continue;
            };
            let Some(face) = self.nodes[child].faces.get(&endpoint.interface).cloned() else {
                self.doubt_end(0, endpoint);
                if is_declared(&self.nodes[child].block.document, &endpoint.interface) {
                    continue;
                }
                let known: Vec<&str> = self.nodes[child].faces.keys().map(Identifier::as_str).collect();
                self.problems.push(
                    Diagnostic::new(
                        Code::UnknownInterface,
                        format!("{} has no interface {:?}", endpoint.part, endpoint.interface.as_str()),
                    )
                    .at(at())
                    .block(name)
                    .expected(either(known.iter().copied()))
                    .near(endpoint.interface.as_str(), known),
                );
                continue;
            };
            let Some(leaf) = self.leaf(child, &endpoint.interface) else { continue };
            let end = self.end(&leaf);
            let (serves, uses, role) = match face.side() {
                Side::Serves => (Some(end), vec![], face.role.clone()),
                Side::Uses => {
                    let met = face.kind.spec.roles.get(&face.role).and_then(|r| r.meets.first()).cloned();
                    (None, vec![end], met.unwrap_or_else(|| face.role.clone()))
                }
                Side::Mediated | Side::None => {
                    self.doubt_end(0, endpoint);
                    self.problems.push(
                        Diagnostic::new(
                            Code::InvalidOpening,
                            format!("{endpoint} has no connections to open to others"),
                        )
                        .at(at())
                        .block(name)
                        .expected("an interface that serves or uses connections across the network"),
                    );
                    continue;
                }
            };
            let entry = Address {
                kind: format!("{}@{}", face.type_name(), face.version()),
                role,
                protocol: face.protocol(),
                serves,
                uses,
                published: true,
                description: opening.description.clone(),
            };
            self.addresses.insert(address.clone(), entry);
        }
    }

    /// Makes bindings of what was joined: connectors without a body are taken out of the middle.
    pub(super) fn bind(&mut self) {
        let joined = self.splice();
        for link in joined {
            if self.is_stopped() {
                return;
            }
            let (a, b) = (self.face(&link.a).side(), self.face(&link.b).side());
            let (from, to) =
                if b == Side::Uses || (a == b && link.b < link.a) { (link.b, link.a) } else { (link.a, link.b) };
            let connected = (a, b) != (Side::None, Side::None);
            let beside = self.is_beside(&from) || self.is_beside(&to);
            let reach = if beside { Reach::Local } else { link.reach };
            let address = (connected && reach == Reach::Network).then(|| self.address_of(&to));
            let binding = Binding {
                from: self.end(&from),
                to: self.end(&to),
                via: link.via.map(|v| self.nodes[v].path.clone()),
                reach,
                address: address.clone(),
            };
            if let Some(address) = address {
                self.serve(&address, &from, &to);
            }
            self.bindings.push(binding);
        }
        self.bindings.sort();
        self.bindings.dedup();
    }

    fn serve(&mut self, address: &str, from: &Leaf, to: &Leaf) {
        let face = self.face(to);
        let entry = Address {
            kind: format!("{}@{}", face.type_name(), face.version()),
            role: face.role.clone(),
            protocol: face.protocol(),
            serves: Some(self.end(to)),
            uses: Vec::new(),
            published: false,
            description: String::new(),
        };
        let user = self.end(from);
        let known = self.addresses.entry(address.to_owned()).or_insert(entry);
        known.uses.push(user);
        known.uses.sort();
        known.uses.dedup();
    }

    /// The address of an interface that serves: its path within the application, and its name.
    fn address_of(&self, leaf: &Leaf) -> String {
        let path = &self.nodes[leaf.node].path;
        let inner = path.split_once('/').map_or(path.as_str(), |(_, inner)| inner);
        format!("{}.{}", inner.replace('/', "."), leaf.interface)
    }

    /// Whether a leaf is placed beside whatever this interface of its meets.
    fn is_beside(&self, leaf: &Leaf) -> bool {
        let block = &self.nodes[leaf.node].block.document;
        has_body(block) && affine(self.library, block).as_ref() == Some(&leaf.interface)
    }

    /// What was joined by way of connector parts without a body, joined directly.
    fn splice(&mut self) -> Vec<Joined> {
        let passive = |tree: &Self, leaf: &Leaf| {
            let block = &tree.nodes[leaf.node].block.document;
            block.spec.kind == Some(BlockType::Connector) && !has_body(block)
        };
        let (through, mut direct): (Vec<Joined>, Vec<Joined>) =
            self.joined.clone().into_iter().partition(|j| passive(self, &j.a) || passive(self, &j.b));
        // Each as the end that stays and the connector's interface it meets.
        let halves: Vec<(Leaf, Leaf, Reach)> = through
            .into_iter()
            .map(|j| if passive(self, &j.b) { (j.a, j.b, j.reach) } else { (j.b, j.a, j.reach) })
            .collect();
        for (i, (a, via_a, reach)) in halves.iter().enumerate().take_while(|_| !self.is_stopped()) {
            for (b, via_b, _) in &halves[i + 1..] {
                if via_a.node == via_b.node && via_a.interface != via_b.interface {
                    direct.push(Joined { a: a.clone(), b: b.clone(), via: Some(via_a.node), reach: *reach });
                }
            }
        }
        direct
    }
}
