//! Applications: a root block, its configuration, its places, and what it leaves to those who take part.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ApiVersion, Endpoint, Field, Label, Metadata, Pin, Platform};

/// A whole distributed application.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Application {
    /// `skupperx.io/v1`.
    pub api_version: ApiVersion,
    /// `Application`.
    pub kind: ApplicationKind,
    /// Its name and version.
    pub metadata: Metadata,
    /// What it is.
    pub spec: ApplicationSpec,
}

/// The value of `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApplicationKind {
    /// An application.
    Application,
}

/// What an application is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSpec {
    /// The root block, pinned to one version: `shop@1.2.0`.
    pub root: Pin,
    /// The root block's configuration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<Field, Value>,
    /// The places parts may name. Once one is declared, parts can name no other.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub places: BTreeMap<Label, Place>,
    /// What is left to those who take part, by published address: any invited site can discover it there, and serve or use it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<String, Opening>,
}

/// A place an application's parts go to. Which sites it is, a deployment says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What kind of sites belong there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The platforms of those sites: every part that goes there must have a body for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub platforms: Vec<Platform>,
}

/// An interface left to those who take part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The interface of one of the root block's parts.
    pub interface: Endpoint,
    /// What a participant has to know to serve or use it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}
