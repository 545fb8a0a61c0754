//! Where a document, and everything it says, was written.

use std::sync::Arc;

use crate::{
    diagnostic::Position,
    source::{Node, Span},
};

/// The texts a document was made of: its own, then those it extends, nearest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    layers: Vec<Layer>,
}

#[derive(Clone, Debug)]
struct Layer {
    source: Arc<str>,
    node: Arc<Node>,
}

impl Origin {
    pub(crate) fn new(source: &str, node: Node) -> Self {
        Self { layers: vec![Layer { source: source.into(), node: Arc::new(node) }] }
    }

    /// The origin of a document that extends another.
    pub(crate) fn over(&self, base: &Self) -> Self {
        Self { layers: self.layers.iter().chain(&base.layers).cloned().collect() }
    }

    /// The position of what a path leads to: in the first text that has all of it, or as near as the document itself comes.
    pub(crate) fn at(&self, path: &[&str]) -> Option<Position> {
        let found = self.layers.iter().find_map(|layer| {
            let (span, depth) = layer.node.locate(path);
            (depth == path.len()).then(|| span.in_source(&layer.source))
        });
        found.or_else(|| {
            let layer = self.layers.first()?;
            Some(layer.node.locate(path).0.in_source(&layer.source))
        })
    }

    /// The position of a key.
    pub(crate) fn at_key(&self, path: &[&str], key: &str) -> Option<Position> {
        let key_in = |layer: &Layer| {
            let span: Span = layer.node.locate_key(path, key)?;
            Some(span.in_source(&layer.source))
        };
        self.layers.iter().find_map(key_in).or_else(|| self.at(path))
    }
}
