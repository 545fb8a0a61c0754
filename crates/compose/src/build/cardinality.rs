//! How many peers there are, at every level, and whether they can be relied on.

use super::{Leaf, Tree};
use crate::{
    diagnostic::{Code, Diagnostic},
    library::join,
    model::{Bind, Identifier},
};

impl Tree<'_> {
    /// Counts the peers of every interface.
    pub(super) fn count(&mut self) {
        for node in 0..self.nodes.len() {
            if self.is_stopped() {
                return;
            }
            let composite = self.nodes[node].block.document.spec.composite.is_some();
            let faces: Vec<(Identifier, Option<Bind>)> =
                self.nodes[node].faces.iter().map(|(name, face)| (name.clone(), face.bind)).collect();
            for (interface, bind) in faces {
                let Some(bind) = bind else { continue };
                let leaf = Leaf { node, interface };
                if composite {
                    let count = self.nodes[node].outer.get(&leaf.interface).copied().unwrap_or(0);
                    self.judge_count(&leaf, bind, count);
                } else {
                    self.count_leaf(&leaf, bind);
                }
            }
        }
    }

    fn count_leaf(&mut self, leaf: &Leaf, bind: Bind) {
        let peers: Vec<usize> = self
            .joined
            .iter()
            .flat_map(|j| {
                let one = (j.a == *leaf).then_some(j.b.node);
                let other = (j.b == *leaf).then_some(j.a.node);
                // A connector without a body stands for its link, and has both ends for peers.
                let through = (j.via == Some(leaf.node)).then_some(j.a.node);
                [one, other, through]
            })
            .flatten()
            .collect();
        let end = self.end(leaf);
        let open = self
            .addresses
            .values()
            .filter(|a| a.published && (a.serves.as_ref() == Some(&end) || a.uses.contains(&end)));
        let open = u32::try_from(open.count()).unwrap_or(u32::MAX);
        let total = u32::try_from(peers.len()).unwrap_or(u32::MAX).saturating_add(open);
        if !self.judge_count(leaf, bind, total) || bind.min == 0 {
            return;
        }
        let sure = peers.iter().filter(|peer| !self.may_lose(leaf.node, **peer)).count();
        if u32::try_from(sure).unwrap_or(u32::MAX).saturating_add(open) < bind.min {
            let losable = peers.iter().filter(|p| self.may_lose(leaf.node, **p)).map(|p| self.nodes[*p].path.as_str());
            let diagnostic = Diagnostic::new(
                Code::NeedsOptional,
                format!(
                    "{} needs {} of {}, which a site may decline",
                    leaf.interface,
                    bind.min,
                    losable.collect::<Vec<_>>().join(", ")
                ),
            )
            .expected("peers that are not optional, or to be optional as well");
            let at = self.nodes[leaf.node].declared.at(&[]);
            self.report(leaf.node, at, diagnostic);
        }
    }

    /// Whether there are as many peers as there must be.
    fn judge_count(&mut self, leaf: &Leaf, bind: Bind, count: u32) -> bool {
        let peers = |n: u32| if n == 1 { "1 peer".to_owned() } else { format!("{n} peers") };
        let diagnostic = if count < bind.min {
            if self.doubtful.contains(leaf) {
                return false;
            }
            let mut diagnostic =
                Diagnostic::new(Code::TooFewPeers, format!("{} is bound to {}", leaf.interface, peers(count)))
                    .expected(format!("at least {}", bind.min));
            diagnostic.nearest = self.candidate(leaf);
            diagnostic
        } else if let Some(max) = bind.max.filter(|max| count > *max) {
            Diagnostic::new(Code::TooManyPeers, format!("{} is bound to {}", leaf.interface, peers(count)))
                .expected(format!("at most {max}"))
        } else {
            return true;
        };
        let at = self.nodes[leaf.node].declared.at(&[]);
        self.report(leaf.node, at, diagnostic);
        self.doubtful.insert(leaf.clone());
        false
    }

    /// A link that would do, among the parts of the same composite.
    fn candidate(&self, leaf: &Leaf) -> Option<String> {
        let node = &self.nodes[leaf.node];
        let face = node.faces.get(&leaf.interface)?;
        let siblings = &self.nodes[node.parent?].children;
        siblings.iter().filter(|(_, i)| **i != leaf.node).find_map(|(name, i)| {
            let (interface, _) = self.nodes[*i].faces.iter().find(|(_, other)| join(face, other, None).is_ok())?;
            Some(format!("{{from: {}.{}, to: {name}.{interface}}}", node.name, leaf.interface))
        })
    }
}
