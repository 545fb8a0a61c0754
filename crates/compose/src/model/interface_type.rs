//! Interface types: the roles of an interaction, and what each side must tell the other.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ApiVersion, Bind, Field, Identifier, Metadata, Property};

/// A kind of interaction between blocks. Versions with the same major number are compatible.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct InterfaceType {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `InterfaceType`.
    pub kind: InterfaceTypeKind,
    /// Its name and version.
    pub metadata: Metadata,
    /// What it is.
    pub spec: InterfaceTypeSpec,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum InterfaceTypeKind {
    /// An interface type.
    InterfaceType,
}

/// What an interface type is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InterfaceTypeSpec {
    /// The roles, two or more.
    #[schemars(length(min = 2))]
    pub roles: BTreeMap<Identifier, Role>,
    /// Whether the interaction crosses the network or stays within a site.
    #[serde(default)]
    pub reach: Reach,
    /// What the data plane carries for it.
    #[serde(default)]
    pub protocol: Protocol,
}

/// One role of an interaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What a block in this role does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The roles it meets. Each of them must name this one in turn.
    #[schemars(length(min = 1))]
    pub meets: Vec<Identifier>,
    /// Which end of a connection it is.
    pub side: Side,
    /// How many peers an interface in this role has unless it says otherwise.
    #[serde(default)]
    pub bind: Bind,
    /// What a block in this role tells its peers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<Field, Property>,
}

/// Which end of a connection a role is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// It opens connections: it gets a listener at its site.
    Uses,
    /// It accepts connections: it gets a connector at its site.
    Serves,
    /// Whoever is connected opens connections, and the connector between them accepts: a broker.
    Mediated,
    /// There is no connection.
    None,
}

/// Whether an interaction crosses the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// Between any sites of the network.
    #[default]
    Network,
    /// Within one site only.
    Local,
}

/// What the data plane carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Streams of bytes.
    #[default]
    Tcp,
    /// Datagrams.
    Udp,
}
