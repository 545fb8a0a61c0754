//! Blocks: the unit of reuse.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ApiVersion, Bodies, Endpoint, Field, Identifier, Label, Metadata, Property, Reference};

/// The unit of reuse. Immutable once in a library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Block {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `Block`.
    pub kind: BlockKind,
    /// Its name and version.
    pub metadata: Metadata,
    /// What it is.
    pub spec: BlockSpec,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum BlockKind {
    /// A block.
    Block,
}

/// What a block is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BlockSpec {
    /// What it may be connected to, and how it is placed. A block that extends another may leave it out.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<BlockType>,
    /// The block this one starts from. What this one says is merged over it (RFC 7396): `null` removes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extends: Option<Reference>,
    /// What can be set, field by field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<Field, Property>,
    /// What it can be linked by. A composite need not repeat what it exports.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub interfaces: BTreeMap<Identifier, Interface>,
    /// Connector and mixed blocks: the interface whose peer they are placed beside. Needless where there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affine: Option<Identifier>,
    /// It is made of other blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composite: Option<Composite>,
    /// It is run, by what its platform needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bodies: Option<Bodies>,
}

/// What a block may be connected to, and how it is placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BlockType {
    /// Runs by itself, at a place. Its interfaces are north.
    Component,
    /// Joins blocks. Its interfaces are south; its bodies go where the affine interface's peer is.
    Connector,
    /// Joins blocks and is joined in turn; placed like a connector.
    Mixed,
    /// Where the outside comes in, at a named place. Its interfaces are north.
    Ingress,
    /// Where the network goes out, at a named place. Its interfaces are south.
    Egress,
    /// A whole application. It has no interfaces.
    Toplevel,
}

impl BlockType {
    /// The polarity of its interfaces, where the type leaves no choice.
    pub fn polarity(self) -> Option<Polarity> {
        match self {
            Self::Component | Self::Ingress => Some(Polarity::North),
            Self::Connector | Self::Egress => Some(Polarity::South),
            Self::Mixed | Self::Toplevel => None,
        }
    }

    /// Whether it is placed beside its peer instead of at a place of its own.
    pub fn is_affine(self) -> bool {
        matches!(self, Self::Connector | Self::Mixed)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Component => "component",
            Self::Connector => "connector",
            Self::Mixed => "mixed",
            Self::Ingress => "ingress",
            Self::Egress => "egress",
            Self::Toplevel => "toplevel",
        }
    }
}

/// Where an interface points: two norths are joined by a connector, a north and a south directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// Of a block that is placed by itself.
    North,
    /// Of a block that joins.
    South,
}

/// What a block can be linked by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interface {
    /// The interface type: `http`, or `http@^1`.
    #[serde(rename = "type")]
    pub kind: Reference,
    /// The role this block takes in it.
    pub role: Identifier,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it points. Only a mixed block must say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polarity: Option<Polarity>,
    /// How many peers it has. What the role says, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<Bind>,
    /// What it tells its peers, as the type's role asks for. Values may be expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<Field, Value>,
}

/// How many peers an interface has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bind {
    /// At least so many.
    #[serde(default)]
    pub min: u32,
    /// At most so many; any number, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// A block made of other blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// The parts, by name.
    pub parts: BTreeMap<Label, Part>,
    /// What is joined to what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Inner interfaces offered as the composite's own.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exports: BTreeMap<Identifier, Endpoint>,
}

/// One part of a composite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The block: `postgresql@^16`.
    pub block: Reference,
    /// Where it goes. What its composite says, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PartPlace>,
    /// Its configuration. Values may be expressions over the composite's own configuration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<Field, Value>,
    /// A site may decline it: nothing else may then be left without what it needs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Where a part goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PartPlace {
    /// All of it at one place.
    One(Label),
    /// The places of a composite part, each with the place it is here.
    Each(BTreeMap<Label, Label>),
}

/// A link between the interfaces of two parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// One end.
    pub from: Endpoint,
    /// The other end. Which one opens connections follows from the roles, not from the order.
    pub to: Endpoint,
    /// The connector block in between. Needless where the roles meet as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Reference>,
    /// The connector's configuration. Values may be expressions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<Field, Value>,
}
