//! Backbones, and how they are.

use jiff::Timestamp;
use model::{BackboneId, BackboneSiteId, LinkId, Name, lifecycle::BackboneSiteState, router::Transport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors, new_name},
    schema,
};

/// What carries the traffic of a backbone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DataPlaneKind {
    /// The native router.
    #[default]
    Native,
}

/// A network backbone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "name": "europe",
    "data_plane": "native",
    "sites": 2,
    "deployed": 1,
    "networks": 0,
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Backbone {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: BackboneId,
    /// Name, unique in the installation.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// What carries its traffic.
    pub data_plane: DataPlaneKind,
    /// How many sites it has, evicted ones not counted; for its administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sites: Option<u64>,
    /// How many of them are deployed; for its administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<u64>,
    /// How many application networks run on it; for its administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<u64>,
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

/// Creates a backbone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "europe", "data_plane": "native"}))]
pub struct BackboneCreate {
    /// Its name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// What carries its traffic; the native router unless given.
    #[serde(default)]
    #[schema(required = false)]
    pub data_plane: DataPlaneKind,
}

impl Check for BackboneCreate {
    fn check(&self, errors: &mut Errors) {
        new_name(&self.name, "name", errors);
    }
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// Carries traffic.
    Up,
    /// Being dialled.
    Connecting,
    /// Not there; the error says why, when it is known.
    Down,
    /// Nobody has reported on it: the dialling site is not deployed, or not connected.
    Unknown,
}

impl LinkState {
    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Connecting => "connecting",
            Self::Down => "down",
            Self::Unknown => "unknown",
        }
    }
}

/// How a backbone is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "backbone": "europe",
    "healthy": false,
    "at": "2027-01-31T09:05:01Z",
    "trust_version": 7,
    "sites": [{
        "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
        "name": "paris",
        "state": "defined",
        "draining": false,
        "connected": false,
        "next": "run: skx backbone site bundle europe/paris --output paris.bundle, and apply it at the site"
    }],
    "links": [{
        "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f01",
        "from": "rome",
        "to": "paris",
        "access": "main",
        "cost": 1,
        "transport": "direct",
        "state": "down",
        "error": "connection refused"
    }]
}))]
pub struct BackboneStatus {
    /// The backbone's name.
    #[schema(schema_with = schema::name)]
    pub backbone: Name,
    /// Whether it has sites, every one of them is deployed and connected, and every link is up.
    pub healthy: bool,
    /// When this was put together.
    #[schema(schema_with = schema::time)]
    pub at: Timestamp,
    /// The version of the trust document that should be in force everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_version: Option<u64>,
    /// Until when that document is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub trust_valid_until: Option<Timestamp>,
    /// Its sites, evicted ones left out.
    pub sites: Vec<BackboneStatusSite>,
    /// Its links.
    pub links: Vec<BackboneStatusLink>,
}

/// How a site of a backbone is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackboneStatusSite {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: BackboneSiteId,
    /// Name.
    #[schema(schema_with = schema::name)]
    pub name: Name,
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
    /// The version of the trust document it enforces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_version: Option<u64>,
    /// What it was told and could not do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// The next possible step, or why there is none yet; absent when all is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// How a link of a backbone is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackboneStatusLink {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: LinkId,
    /// The site that dials.
    #[schema(schema_with = schema::name)]
    pub from: Name,
    /// The site that is dialled.
    #[schema(schema_with = schema::name)]
    pub to: Name,
    /// Its access point that is dialled.
    #[schema(schema_with = schema::name)]
    pub access: Name,
    /// Its cost for routing.
    pub cost: u32,
    /// How data connections travel.
    #[schema(schema_with = schema::transport)]
    pub transport: Transport,
    /// How it is.
    pub state: LinkState,
    /// Round-trip time in milliseconds, while it is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<Milliseconds>,
    /// What it carries, while it is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<LinkTraffic>,
    /// When the site that dials it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub seen: Option<Timestamp>,
    /// The last error, while it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a link carries, seen from the site that dials it. Only what members say to each other counts, and what sites and
/// controllers do; not what routers tell each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LinkTraffic {
    /// Bytes received since the link was made.
    pub bytes_in: u64,
    /// Bytes sent since the link was made.
    pub bytes_out: u64,
    /// Bytes received per second, lately.
    pub bytes_in_per_second: u64,
    /// Bytes sent per second, lately.
    pub bytes_out_per_second: u64,
}

/// Milliseconds with a fraction, kept as whole microseconds so that values compare exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Milliseconds {
    /// The duration in microseconds.
    pub micros: u32,
}

impl Serialize for Milliseconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(f64::from(self.micros) / 1_000.0)
    }
}

impl<'de> Deserialize<'de> for Milliseconds {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let millis = f64::deserialize(deserializer)?;
        let micros = (millis * 1_000.0).round();
        if !(0.0..=f64::from(u32::MAX)).contains(&micros) {
            return Err(serde::de::Error::custom("a duration in milliseconds cannot be negative or over an hour"));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
        Ok(Self { micros: micros as u32 })
    }
}

impl utoipa::PartialSchema for Milliseconds {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        f64::schema()
    }
}

impl ToSchema for Milliseconds {}
