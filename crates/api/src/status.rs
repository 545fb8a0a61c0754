//! How the installation is, and who is asking.

use jiff::Timestamp;
use model::{InstallationId, Name, lifecycle::NetworkState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{ca::CaState, schema};

/// How the installation is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "healthy": true,
    "version": "0.1.0",
    "ca": "development",
    "backbones": [{"name": "europe", "healthy": true, "sites": 2, "sites_up": 2, "links": 1, "links_up": 1}],
    "networks": [{"name": "exercise", "state": "open", "members": 2, "connected": 2, "waiting": 0}],
    "findings": []
}))]
pub struct Status {
    /// Whether all is well: there are no findings.
    pub healthy: bool,
    /// The controller's version.
    pub version: String,
    /// The state of the certificate authority.
    pub ca: CaState,
    /// The backbones.
    pub backbones: Vec<StatusBackbone>,
    /// The application networks that are not over.
    pub networks: Vec<StatusNetwork>,
    /// What is not well, and what to do about it.
    pub findings: Vec<Finding>,
}

/// How a backbone is, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusBackbone {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Whether every site and every link is up.
    pub healthy: bool,
    /// How many sites it has.
    pub sites: u64,
    /// How many of them are deployed and connected.
    pub sites_up: u64,
    /// How many links it has.
    pub links: u64,
    /// How many of them are up.
    pub links_up: u64,
}

/// How an application network is, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusNetwork {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Where it stands.
    #[schema(schema_with = schema::network_state)]
    pub state: NetworkState,
    /// How many member sites it has.
    pub members: u64,
    /// How many of them have a session with a controller now.
    pub connected: u64,
    /// How many sites wait to be let in.
    #[serde(default)]
    pub waiting: u64,
}

/// Something that is not well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What it is about, such as `backbone europe`.
    pub subject: String,
    /// What is not well.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// The controller's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"version": "0.1.0", "api": "v1"}))]
pub struct Version {
    /// Its version.
    pub version: String,
    /// The version of the API.
    pub api: String,
}

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "subject": "admin",
    "method": "first-start token",
    "installation": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00"
}))]
pub struct Whoami {
    /// Who, as the event table names them.
    pub subject: String,
    /// How they signed in.
    pub method: String,
    /// Until when what they signed in with is good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub expires: Option<Timestamp>,
    /// The installation that answers.
    #[schema(schema_with = schema::id)]
    pub installation: InstallationId,
}

/// The answer of `/healthz` and `/readyz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
pub struct Health {
    /// `ok`.
    pub status: String,
}
