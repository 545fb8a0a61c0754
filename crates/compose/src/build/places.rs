//! Where instances go: to the place they are given, or beside what they connect.

use super::{Leaf, Tree};
use crate::{
    diagnostic::{Code, Diagnostic},
    findings::either,
    library::{affine, has_body},
    model::{BlockType, Label, PartPlace, Reach},
};

/// The place of parts that are given none, in an application that declares none.
const DEFAULT: &str = "default";

impl Tree<'_> {
    /// Finds the place of every leaf that something runs for, or that is a point of its own.
    pub(super) fn place(&mut self) {
        for node in 0..self.nodes.len() {
            let block = &self.nodes[node].block.document;
            let kind = block.spec.kind.unwrap_or(BlockType::Component);
            let leaf = block.spec.composite.is_none();
            if !leaf || (kind == BlockType::Connector && !has_body(block)) {
                continue;
            }
            let place = self.place_of(node);
            self.nodes[node].place = place;
        }
        self.near();
        self.local();
        self.platforms();
    }

    /// The place a leaf is given, or that of what it is placed beside, and so on.
    fn place_of(&mut self, leaf: usize) -> Option<Label> {
        let (mut node, mut trail) = (leaf, Vec::new());
        while !trail.contains(&node) {
            if self.is_stopped() {
                return None;
            }
            trail.push(node);
            let kind = |i: usize| self.nodes[i].block.document.spec.kind;
            let drawn = self.ancestors(node).find(|i| kind(*i).is_some_and(BlockType::is_affine));
            let Some(connector) = drawn else { return self.given(node) };
            node = self.beside(connector)?.node;
        }
        let path = trail.iter().map(|i| self.nodes[*i].path.as_str()).collect::<Vec<_>>().join(" → ");
        let diagnostic =
            Diagnostic::new(Code::Cycle, format!("these are placed beside each other in a circle: {path}"))
                .expected("one of them to be a component with a place");
        let at = self.nodes[node].declared.at(&[]);
        self.report(node, at, diagnostic);
        None
    }

    /// What a connector or mixed block, or all of a composite one, is placed beside.
    fn beside(&self, node: usize) -> Option<Leaf> {
        let interface = affine(self.library, &self.nodes[node].block.document)?;
        let mut leaf = Leaf { node, interface };
        while let Some(composite) = &self.nodes[leaf.node].block.document.spec.composite {
            let endpoint = composite.exports.get(&leaf.interface)?;
            let child = *self.nodes[leaf.node].children.get(&endpoint.part)?;
            leaf = Leaf { node: child, interface: endpoint.interface.clone() };
        }
        self.joined.iter().find_map(|j| {
            if j.a == leaf {
                Some(j.b.clone())
            } else if j.b == leaf {
                Some(j.a.clone())
            } else {
                None
            }
        })
    }

    /// The place a part is given, by itself or by the composites around it.
    fn given(&mut self, node: usize) -> Option<Label> {
        let declared = &self.application.document.spec.places;
        let mut name: Option<Label> = None;
        let levels: Vec<usize> = self.ancestors(node).collect();
        for level in levels {
            match self.nodes[level].part_place.clone() {
                Some(PartPlace::One(place)) => name = Some(place),
                Some(PartPlace::Each(places)) => {
                    let Some(inner) = &name else { continue };
                    let Some(outer) = places.get(inner) else {
                        let known = places.keys().map(Label::as_str);
                        let diagnostic = Diagnostic::new(
                            Code::UnknownPlace,
                            format!(
                                "the place {:?} of {} is not among those given",
                                inner.as_str(),
                                self.nodes[node].path
                            ),
                        )
                        .expected(format!("{inner}: with the place it is here, besides {}", either(known.clone())))
                        .near(inner.as_str(), known);
                        let at = self.nodes[level].declared.at(&["place"]);
                        self.report(level, at, diagnostic);
                        return None;
                    };
                    name = Some(outer.clone());
                }
                None => {}
            }
        }
        let known: Vec<&str> = declared.keys().map(Label::as_str).collect();
        let (code, message) = match (name, known.as_slice()) {
            (Some(place), []) => return Some(place),
            (Some(place), _) if declared.contains_key(&place) => return Some(place),
            (Some(place), _) => {
                let diagnostic = Diagnostic::new(Code::UnknownPlace, format!("there is no place {:?}", place.as_str()))
                    .expected(either(known.iter().copied()))
                    .near(place.as_str(), known);
                let at = self.nodes[node].declared.at(&["place"]);
                self.report(node, at, diagnostic);
                return None;
            }
            (None, _) if self.is_point(node) => {
                (Code::InvalidPlace, "an ingress or egress block must have a named place")
            }
            (None, []) => return Some(DEFAULT.into()),
            (None, [only]) => return Some((*only).into()),
            (None, _) => (Code::InvalidPlace, "the part has no place"),
        };
        let expected =
            if known.is_empty() { "place: with a name".to_owned() } else { format!("place: {}", either(known)) };
        let at = self.nodes[node].declared.at(&[]);
        self.report(node, at, Diagnostic::new(code, message).expected(expected));
        None
    }

    fn is_point(&self, node: usize) -> bool {
        matches!(self.nodes[node].block.document.spec.kind, Some(BlockType::Ingress | BlockType::Egress))
    }

    /// Says of every connector and mixed leaf what it is beside.
    fn near(&mut self) {
        for node in 0..self.nodes.len() {
            let block = &self.nodes[node].block.document;
            if block.spec.composite.is_none() && has_body(block) && block.spec.kind.is_some_and(BlockType::is_affine) {
                self.nodes[node].near = self.beside(node).map(|leaf| self.end(&leaf));
            }
        }
    }

    /// What interacts within a site must be at the same place.
    fn local(&mut self) {
        let local: Vec<_> = self.joined.iter().filter(|j| j.reach == Reach::Local).cloned().collect();
        for link in local {
            let (a, b) = (&self.nodes[link.a.node], &self.nodes[link.b.node]);
            let (Some(here), Some(there)) = (&a.place, &b.place) else { continue };
            if here != there {
                let kind = self.face(&link.a).type_name();
                let diagnostic = Diagnostic::new(
                    Code::InvalidPlace,
                    format!("{} is at {here} and {} is at {there}, but {kind} stays within a site", a.path, b.path),
                )
                .expected("the same place for both");
                let at = b.declared.at(&["place"]);
                self.report(link.b.node, at, diagnostic);
            }
        }
    }

    /// Every leaf with bodies has one for each platform of its place.
    fn platforms(&mut self) {
        for node in 0..self.nodes.len() {
            let this = &self.nodes[node];
            let Some(bodies) = &this.block.document.spec.bodies else { continue };
            let Some(place) = this.place.clone() else { continue };
            let at = this.declared.at(&["block"]);
            let Some(declared) = self.application.document.spec.places.get(&place) else { continue };
            let block = format!("{}@{}", this.block.document.metadata.name, this.block.document.metadata.version);
            for platform in &declared.platforms {
                if bodies.on(*platform).is_some_and(|body| body.fits(*platform)) {
                    continue;
                }
                let word = platform.as_str();
                let need = if platform.has_containers() { "an image" } else { "a command" };
                let diagnostic = Diagnostic::new(
                    Code::MissingBody,
                    format!("{block} has no body for {word}, which its place {place} requires"),
                )
                .expected(format!("bodies: {{{word}: …}} or a workload with {need} under any"));
                self.report(node, at.clone(), diagnostic);
            }
        }
    }
}
