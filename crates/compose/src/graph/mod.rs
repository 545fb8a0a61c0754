//! Drawings of a release: what runs where, and what is bound to what.

mod dot;
mod mermaid;
mod svg;

use std::collections::BTreeMap;

use crate::{
    model::{BlockType, Side},
    release::Release,
};

/// The form of a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Mermaid, for Markdown.
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
    /// SVG, as it is.
    Svg,
}

/// Draws a release.
pub fn draw(release: &Release, format: Format) -> String {
    let drawing = Drawing::of(release);
    match format {
        Format::Mermaid => mermaid::write(&drawing),
        Format::Dot => dot::write(&drawing),
        Format::Svg => svg::write(&drawing),
    }
}

/// What is drawn.
struct Drawing {
    title: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

struct Node {
    /// The name within the application.
    title: String,
    /// The block, or what participants do.
    subtitle: String,
    place: Option<String>,
    shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Component,
    Connector,
    Point,
    Participants,
}

struct Edge {
    from: usize,
    to: usize,
    label: String,
    /// Whether a site may decline one of its ends.
    optional: bool,
}

impl Drawing {
    fn of(release: &Release) -> Self {
        let spec = &release.spec;
        let mut nodes = Vec::new();
        let mut index = BTreeMap::new();
        // Composites are where their parts are; connectors without a body are their link.
        for (path, instance) in spec.instances.iter().filter(|(_, i)| i.place.is_some()) {
            index.insert(path.as_str(), nodes.len());
            let title = path.split_once('/').map_or(path.as_str(), |(_, inner)| inner);
            let shape = match instance.kind {
                BlockType::Connector | BlockType::Mixed => Shape::Connector,
                BlockType::Ingress | BlockType::Egress => Shape::Point,
                BlockType::Component | BlockType::Toplevel => Shape::Component,
            };
            nodes.push(Node {
                title: title.to_owned(),
                subtitle: instance.block.clone(),
                place: instance.place.as_ref().map(ToString::to_string),
                shape,
            });
        }
        let optional = |path: &str| {
            let mut at = Some(path);
            std::iter::from_fn(|| {
                let instance = spec.instances.get(at?)?;
                at = instance.parent.as_deref();
                Some(instance.optional)
            })
            .any(|optional| optional)
        };
        let mut edges = Vec::new();
        for binding in &spec.bindings {
            let ends = (index.get(binding.from.instance.as_str()), index.get(binding.to.instance.as_str()));
            let (Some(from), Some(to)) = ends else { continue };
            let exposed =
                spec.instances.get(&binding.to.instance).and_then(|i| i.interfaces.get(&binding.to.interface));
            let kind = exposed.map(|e| e.kind.split('@').next().unwrap_or_default()).unwrap_or_default();
            let connected = exposed.is_some_and(|e| e.side != Side::None);
            edges.push(Edge {
                from: *from,
                to: *to,
                label: if connected { format!("{} ({kind})", binding.to.interface) } else { kind.to_owned() },
                optional: optional(&binding.from.instance) || optional(&binding.to.instance),
            });
        }
        for (name, address) in spec.addresses.iter().filter(|(_, a)| a.published) {
            let participants = nodes.len();
            let verb = if address.serves.is_some() { "use" } else { "serve" };
            nodes.push(Node {
                title: name.clone(),
                subtitle: format!("participants {verb} it"),
                place: None,
                shape: Shape::Participants,
            });
            let label = address.kind.split('@').next().unwrap_or_default().to_owned();
            let ends = address.serves.iter().map(|end| (end, true)).chain(address.uses.iter().map(|end| (end, false)));
            for (end, serves) in ends {
                let Some(node) = index.get(end.instance.as_str()).copied() else { continue };
                let (from, to) = if serves { (participants, node) } else { (node, participants) };
                edges.push(Edge { from, to, label: label.clone(), optional: false });
            }
        }
        Self { title: format!("{} {}", release.metadata.name, release.metadata.version), nodes, edges }
    }

    /// The places with their nodes, and the nodes without a place last.
    fn places(&self) -> Vec<(Option<&str>, Vec<usize>)> {
        let mut places: BTreeMap<Option<&str>, Vec<usize>> = BTreeMap::new();
        for (i, node) in self.nodes.iter().enumerate() {
            places.entry(node.place.as_deref()).or_default().push(i);
        }
        let loose = places.remove(&None);
        places.into_iter().chain(loose.map(|nodes| (None, nodes))).collect()
    }
}
