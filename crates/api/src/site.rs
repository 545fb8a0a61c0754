//! Sites of a backbone and their access points.

use std::net::SocketAddr;

use jiff::Timestamp;
use model::{
    AccessKinds, AccessPointId, AccessPointSpec, Advertised, BackboneSiteId, Name, lifecycle::BackboneSiteState,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors, new_name},
    member::Platform,
    schema,
};

/// A relay site of a backbone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "name": "paris",
    "backbone": "europe",
    "state": "deployed",
    "draining": false,
    "connected": true,
    "last_seen": "2027-01-31T09:05:00Z",
    "access": [{
        "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f02",
        "name": "main",
        "kinds": ["peer", "member", "claim", "manage"],
        "advertised": "r1.example.com:5671",
        "created": "2027-01-31T09:00:00Z",
        "updated": "2027-01-31T09:00:00Z",
        "revision": 1
    }],
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct BackboneSite {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: BackboneSiteId,
    /// Name, unique in the backbone.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The name of the backbone.
    #[schema(schema_with = schema::name)]
    pub backbone: Name,
    /// Where it stands.
    #[schema(schema_with = schema::backbone_site_state)]
    pub state: BackboneSiteState,
    /// Whether others are to go around it, because it is about to be taken away.
    pub draining: bool,
    /// Whether it has a session with a controller now.
    pub connected: bool,
    /// When it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub last_seen: Option<Timestamp>,
    /// What it said of its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The hosts under which its machine is known, as the site last said: one of them may be where others dial it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// The next possible step, or why there is none yet; absent when all is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Where it listens.
    pub access: Vec<AccessPoint>,
    /// When it was created.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When it was last changed.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Creates a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "paris",
    "access": [{"name": "main", "kinds": ["peer", "member", "claim", "manage"], "advertised": "r1.example.com:5671"}]
}))]
pub struct BackboneSiteCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Where it listens. A site that only dials others has none.
    #[serde(default)]
    pub access: Vec<AccessPointCreate>,
}

impl Check for BackboneSiteCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
        for (i, point) in self.access.iter().enumerate() {
            if self.access.iter().take(i).any(|earlier| earlier.name == point.name) {
                errors.add(format!("access[{i}].name"), format!("{:?} is given twice", point.name.as_str()));
            }
            new_name(&point.name, &format!("access[{i}].name"), errors);
        }
    }
}

/// Where a backbone site listens, and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f06",
    "name": "main",
    "kinds": ["peer", "member"],
    "advertised": "r1.example.com:5671",
    "bind": "0.0.0.0:5671",
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct AccessPoint {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: AccessPointId,
    /// Name, unique at the site.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Whom it admits.
    #[schema(schema_with = schema::access_kinds)]
    pub kinds: AccessKinds,
    /// Where others dial it.
    #[schema(schema_with = schema::advertised)]
    pub advertised: Advertised,
    /// Where the router listens; every address at the advertised port, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_socket_address)]
    pub bind: Option<SocketAddr>,
    /// When it was created.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When it was last changed.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Adds an access point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "main", "kinds": ["peer", "member"], "advertised": "r1.example.com:5671", "bind": "0.0.0.0:5671"}))]
pub struct AccessPointCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// Whom it admits.
    #[schema(schema_with = schema::access_kinds)]
    pub kinds: AccessKinds,
    /// Where others dial it.
    #[schema(schema_with = schema::advertised)]
    pub advertised: Advertised,
    /// Where the router listens; every address at the advertised port, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_socket_address)]
    pub bind: Option<SocketAddr>,
}

impl From<AccessPointSpec> for AccessPointCreate {
    fn from(spec: AccessPointSpec) -> Self {
        Self { name: spec.name, kinds: spec.kinds, advertised: spec.advertised, bind: spec.bind }
    }
}

impl Check for AccessPointCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
    }
}

/// Replaces what an access point is; its name and identity stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kinds": ["peer", "member"], "advertised": "r1.example.com:5671"}))]
pub struct AccessPointSet {
    /// Whom it admits.
    #[schema(schema_with = schema::access_kinds)]
    pub kinds: AccessKinds,
    /// Where others dial it.
    #[schema(schema_with = schema::advertised)]
    pub advertised: Advertised,
    /// Where the router listens; every address at the advertised port, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_socket_address)]
    pub bind: Option<SocketAddr>,
}

impl Check for AccessPointSet {}

/// What a bootstrap bundle is rendered for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BundleFormat {
    /// A file for `skx join FILE`.
    #[default]
    Linux,
    /// Objects for one namespace of a Kubernetes cluster.
    Kubernetes,
    /// A Quadlet unit.
    Podman,
    /// A compose file.
    Docker,
}
