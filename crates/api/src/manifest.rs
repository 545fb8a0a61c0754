//! Manifests: what an operator authors, as documents. What a manifest says under `spec` is what the same object is
//! created by, without its name.

use std::fmt;

use model::Name;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::schema;

/// What `apiVersion` of every manifest says.
pub const API_VERSION: &str = "skupperx.io/v1";

/// What a manifest is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
pub enum ManifestKind {
    /// A backbone.
    Backbone,
    /// A site of a backbone, with its access points.
    BackboneSite,
    /// A link between two sites of a backbone.
    Link,
    /// An application network, with its classes.
    ApplicationNetwork,
    /// An invitation to a network.
    Invitation,
    /// A listener in a network.
    Listener,
    /// A connector in a network.
    Connector,
    /// How an address of a network picks; its name is the address.
    AddressPolicy,
    /// A release placed on sites of a network.
    Deployment,
}

impl ManifestKind {
    /// Every kind, each after those its objects are in or refer to.
    pub const ALL: [Self; 9] = [
        Self::Backbone,
        Self::BackboneSite,
        Self::Link,
        Self::ApplicationNetwork,
        Self::Invitation,
        Self::Listener,
        Self::Connector,
        Self::AddressPolicy,
        Self::Deployment,
    ];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Backbone => "Backbone",
            Self::BackboneSite => "BackboneSite",
            Self::Link => "Link",
            Self::ApplicationNetwork => "ApplicationNetwork",
            Self::Invitation => "Invitation",
            Self::Listener => "Listener",
            Self::Connector => "Connector",
            Self::AddressPolicy => "AddressPolicy",
            Self::Deployment => "Deployment",
        }
    }

    /// The kind of object that objects of this kind are in.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Backbone | Self::ApplicationNetwork => None,
            Self::BackboneSite | Self::Link => Some(Self::Backbone),
            Self::Invitation | Self::Listener | Self::Connector | Self::AddressPolicy | Self::Deployment => {
                Some(Self::ApplicationNetwork)
            }
        }
    }

    /// Whether a manifest gives its object a name. Links, listeners and connectors are known by what they say.
    pub fn is_named(self) -> bool {
        !matches!(self, Self::Link | Self::Listener | Self::Connector)
    }
}

impl fmt::Display for ManifestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `skupperx.io/v1`.
    #[serde(rename = "apiVersion")]
    #[schema(example = "skupperx.io/v1")]
    pub api_version: String,
    /// What it is of.
    pub kind: ManifestKind,
    /// Which object it is of.
    pub metadata: ManifestMetadata,
    /// What the object is to be: the fields it is created by, without the name; of a deployment the spec of its document. What is left out is at its default; a
    /// network's start and backbone, and a link's access point, stay as they are.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object, required = false)]
    pub spec: Map<String, Value>,
}

/// Which object a manifest is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ManifestMetadata {
    /// Its name, of an address policy the address. Links, listeners and connectors have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The backbone it is in, of sites and links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// The network it is in, of invitations, listeners, connectors, address policies and deployments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
}

/// Which object of an installation something is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestKey {
    /// Its kind.
    pub kind: ManifestKind,
    /// The backbone or network it is in.
    pub parent: Option<Name>,
    /// Its name: of links `FROM,TO/ACCESS`, of listeners and connectors `ADDRESS,site=SITE,SOCKET` or
    /// `ADDRESS,class=CLASS,SOCKET`.
    pub name: String,
}

impl ManifestKey {
    /// `PARENT/NAME`, or the name of what is in nothing.
    pub fn path(&self) -> String {
        match &self.parent {
            Some(parent) => format!("{parent}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

impl fmt::Display for ManifestKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.path())
    }
}
