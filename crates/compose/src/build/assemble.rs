//! The release, of what has been found out.

use std::collections::{BTreeMap, BTreeSet};

use super::{Node, Tree};
use crate::{
    library::Entry,
    model::{ApiVersion, Block, Place, Reference},
    release::{Exposed, Instance, Lock, Release, ReleaseKind, ReleaseMetadata, ReleaseSpec, instance_id},
};

impl Tree<'_> {
    /// The release without bodies.
    pub(super) fn assemble(&self) -> Release {
        let application = &self.application.document;
        let instances: BTreeMap<String, Instance> =
            self.nodes.iter().map(|node| (node.path.clone(), self.instance(node))).collect();
        let mut places: BTreeMap<_, Place> = application.spec.places.clone();
        for place in self.nodes.iter().filter_map(|n| n.place.as_ref()) {
            places.entry(place.clone()).or_default();
        }
        let mut secrets: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in self.nodes.iter().filter(|n| n.block.document.spec.bodies.is_some()) {
            for (field, _) in node.block.document.spec.config.iter().filter(|(_, f)| f.secret) {
                let name = node.config.get(field.as_str()).and_then(|v| v.get("secret")).and_then(|v| v.as_str());
                if let Some(name) = name {
                    secrets.entry(name.to_owned()).or_default().insert(node.path.clone());
                }
            }
        }
        Release {
            api_version: ApiVersion::V1,
            kind: ReleaseKind::Release,
            metadata: ReleaseMetadata {
                name: application.metadata.name.clone(),
                version: application.metadata.version.to_string(),
                description: application.metadata.description.clone(),
            },
            spec: ReleaseSpec {
                root: application.spec.root.to_string(),
                blocks: self.nodes.iter().map(|n| (key(n.block), lock(n.block))).collect(),
                interface_types: self.interface_types(),
                places,
                instances,
                bindings: self.bindings.clone(),
                addresses: self.addresses.clone(),
                secrets: secrets.into_iter().map(|(name, users)| (name, users.into_iter().collect())).collect(),
            },
        }
    }

    fn instance(&self, node: &Node<'_>) -> Instance {
        let spec = &node.block.document.spec;
        let interfaces = node.faces.iter().filter(|_| spec.composite.is_none()).map(|(name, face)| {
            let exposed = Exposed {
                kind: format!("{}@{}", face.type_name(), face.version()),
                role: face.role.clone(),
                side: face.side(),
                data: node.data.get(name).cloned().unwrap_or_default(),
            };
            (name.clone(), exposed)
        });
        Instance {
            id: instance_id(&node.path),
            block: key(node.block),
            kind: spec.kind.unwrap_or(crate::model::BlockType::Component),
            parent: node.parent.map(|p| self.nodes[p].path.clone()),
            optional: node.optional,
            place: node.place.clone(),
            near: node.near.clone(),
            config: node.config.clone(),
            local: spec.config.iter().filter(|(_, f)| f.local).map(|(n, f)| (n.clone(), f.clone())).collect(),
            interfaces: interfaces.collect(),
            bodies: BTreeMap::new(),
        }
    }

    fn interface_types(&self) -> BTreeMap<String, Lock> {
        let used: BTreeSet<String> = self
            .nodes
            .iter()
            .flat_map(|n| n.faces.values())
            .map(|face| format!("{}@={}", face.type_name(), face.version()))
            .collect();
        used.into_iter()
            .filter_map(|text| {
                let reference: Reference = text.parse().ok()?;
                let entry = self.library.interface_type(&reference)?;
                let lock = Lock { sha256: entry.digest.clone(), extends: Vec::new() };
                Some((text.replace("@=", "@"), lock))
            })
            .collect()
    }
}

fn key(entry: &Entry<Block>) -> String {
    format!("{}@{}", entry.document.metadata.name, entry.document.metadata.version)
}

fn lock(entry: &Entry<Block>) -> Lock {
    Lock { sha256: entry.digest.clone(), extends: entry.lineage.clone() }
}
