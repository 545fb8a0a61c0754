//! Releases: what a build gives. Immutable, self-contained, named by its content.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    canonical::{canonical, hash},
    model::{ApiVersion, BlockType, Field, Identifier, Label, Place, Property, Protocol, Reach, Side},
};

/// The key under which a value holds an expression that only a site can evaluate.
pub const LATE: &str = "$late";

/// An application, built: everything a site needs to know of it, and nothing that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Release {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `Release`.
    pub kind: ReleaseKind,
    /// What it is called.
    pub metadata: ReleaseMetadata,
    /// What it is.
    pub spec: ReleaseSpec,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ReleaseKind {
    /// A release.
    Release,
}

/// What a release is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseMetadata {
    /// The application's name.
    pub name: Label,
    /// The application's version.
    pub version: String,
    /// The application's description.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// What a release is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReleaseSpec {
    /// The root block, as `name@version`.
    pub root: String,
    /// The exact version and content of every block that was used.
    pub blocks: BTreeMap<String, Lock>,
    /// The exact version and content of every interface type that was used.
    pub interface_types: BTreeMap<String, Lock>,
    /// The places parts go to.
    pub places: BTreeMap<Label, Place>,
    /// Every instance of a block, by its path from the application down: `shop/api`.
    pub instances: BTreeMap<String, Instance>,
    /// What is bound to what.
    pub bindings: Vec<Binding>,
    /// What instances call each other by.
    pub addresses: BTreeMap<String, Address>,
    /// The secrets of the network it needs, each with the instances that do.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, Vec<String>>,
}

/// The exact content of a document that was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// SHA-256 of the document, in hexadecimal.
    pub sha256: String,
    /// What it extends, nearest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extends: Vec<String>,
}

/// One use of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Instance {
    /// Its stable id: it depends on its path only, so that a rebuild renames nothing.
    pub id: String,
    /// The block, as `name@version`.
    pub block: String,
    /// The block's type.
    #[serde(rename = "type")]
    pub kind: BlockType,
    /// The composite it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// Whether a site may decline it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// Where it goes. Composites go where their parts go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Label>,
    /// The instance it is placed beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near: Option<End>,
    /// Its configuration. What only a site can evaluate is `{$late: EXPRESSION}`, in the terms of its parent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// The configuration a participant may fill in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub local: BTreeMap<Field, Property>,
    /// Its interfaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub interfaces: BTreeMap<Identifier, Exposed>,
    /// What is run, by platform or `any`. What only a site can evaluate is `{$late: EXPRESSION}`, in its own terms.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bodies: BTreeMap<String, CompiledBody>,
}

/// An interface of an instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exposed {
    /// The interface type, as `name@version`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The role.
    pub role: Identifier,
    /// Which end of a connection it is.
    pub side: Side,
    /// What it tells its peers.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// A body whose expressions have been evaluated as far as a build can.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompiledBody {
    /// The neutral workload.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<Value>,
    /// Kubernetes objects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Value>,
    /// Quadlet files or systemd units, by file name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, Value>,
}

/// An interface of an instance, as one end of a binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The instance's path.
    pub instance: String,
    /// The interface.
    pub interface: Identifier,
}

/// Two interfaces that interact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Binding {
    /// One end: the one that opens connections, if there are any.
    pub from: End,
    /// The other end.
    pub to: End,
    /// The connector in between that has no body of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    /// Whether it crosses the network.
    pub reach: Reach,
    /// The address by which `from` reaches `to` across the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What instances call another by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The interface type, as `name@version`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The role of whoever serves it.
    pub role: Identifier,
    /// What the data plane carries for it.
    pub protocol: Protocol,
    /// Who of the application serves it; none if that is left to participants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serves: Option<End>,
    /// Who of the application uses it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<End>,
    /// Whether participants can discover it, and serve or use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub published: bool,
    /// What a participant has to know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Release {
    /// The release as one canonical text: what its digest is of.
    pub fn canonical(&self) -> String {
        canonical(&serde_json::to_value(self).expect("a release is made of what JSON can hold"))
    }

    /// SHA-256 of the canonical text, in hexadecimal.
    pub fn digest(&self) -> String {
        hash(self.canonical().as_bytes())
    }

    /// Its name: `shop@sha256:9f3c…`.
    pub fn name(&self) -> String {
        format!("{}@sha256:{}", self.metadata.name, self.digest())
    }

    /// Whether an instance is listed, or what it is part of or placed beside.
    pub(crate) fn is_left_out(&self, path: &str, listed: &dyn Fn(&str) -> bool) -> bool {
        let mut at = Some(path);
        while let Some(path) = at {
            if listed(path) {
                return true;
            }
            at = self.spec.instances.get(path).and_then(|i| i.parent.as_deref());
        }
        let near = self.spec.instances.get(path).and_then(|i| i.near.as_ref());
        near.is_some_and(|end| end.instance != path && self.is_left_out(&end.instance, listed))
    }

    /// Reads a release.
    pub fn read(text: &str) -> Result<Self, ReadError> {
        Ok(serde_json::from_str(text)?)
    }
}

/// A text that is no release.
#[derive(Debug, thiserror::Error)]
#[error("the text is not a release")]
pub struct ReadError(#[from] serde_json::Error);

/// The stable id of an instance: a hash of its path, as 12 letters and digits that any platform can use in a name.
pub(crate) fn instance_id(path: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, path.as_bytes());
    let mut id = data_encoding::BASE32_NOPAD.encode(&digest.as_ref()[..8]).to_lowercase();
    id.truncate(12);
    id
}

/// Whether a value is an expression only a site can evaluate.
pub(crate) fn late(value: &Value) -> Option<&str> {
    let map = value.as_object()?;
    if map.len() == 1 { map.get(LATE)?.as_str() } else { None }
}

/// Whether there is such an expression anywhere within a value.
pub(crate) fn has_late(value: &Value) -> bool {
    late(value).is_some()
        || match value {
            Value::Array(items) => items.iter().any(has_late),
            Value::Object(map) => map.values().any(has_late),
            _ => false,
        }
}
