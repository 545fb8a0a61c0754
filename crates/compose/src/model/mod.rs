//! What people author: interface types, blocks and applications, in the form of their documents.

mod application;
mod block;
mod body;
mod interface_type;
mod property;
mod reference;
mod text;
mod workload;

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

pub use application::{Application, ApplicationSpec, Opening, Place};
pub use block::{Bind, Block, BlockSpec, BlockType, Composite, Interface, Link, Part, PartPlace, Polarity};
pub use body::{Bodies, Body, Platform};
pub use interface_type::{InterfaceType, InterfaceTypeSpec, Protocol, Reach, Role, Side};
pub use property::{Items, Property, PropertyType};
pub use reference::{Endpoint, InvalidReference, Pin, Reference};
pub use text::{Field, Identifier, Label, Semver};
pub use workload::{
    EnvValue, FileSource, HttpProbe, Port, PortSpec, Probe, Probes, Resources, Run, SecretRef, Transport, Volume,
    Workload,
};

/// The version of the documents' form.
pub const API_VERSION: &str = "skupperx.io/v1";

/// The value of `apiVersion`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ApiVersion {
    /// `skupperx.io/v1`.
    #[default]
    #[serde(rename = "skupperx.io/v1")]
    V1,
}

/// What a document is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The name, unique among documents of its kind.
    pub name: Label,
    /// The version, three numbers: `1.4.0`.
    pub version: Semver,
    /// One sentence for those who search a library.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

impl Metadata {
    /// The version.
    pub fn version(&self) -> &Version {
        &self.version.0
    }
}
