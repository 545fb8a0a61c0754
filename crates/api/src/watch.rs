//! What `GET /events` tells beside the events of the audit chain: how sites are just now. It passes: it is recorded
//! nowhere, and nobody is told it twice.

use jiff::Timestamp;
use model::{BackboneId, NetworkId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema;

/// That a site has a session from now on, or has none any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "object_kind": "site",
    "object_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f0b",
    "network": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03",
    "backbone": null,
    "connected": true,
    "last_seen": "2027-01-31T09:00:00Z"
}))]
pub struct Liveness {
    /// `site` for a member site, `backbone-site` for a relay site.
    pub object_kind: String,
    /// Its id.
    #[schema(schema_with = schema::id)]
    pub object_id: Uuid,
    /// The application network it belongs to.
    #[schema(schema_with = schema::optional_id)]
    pub network: Option<NetworkId>,
    /// The backbone it belongs to.
    #[schema(schema_with = schema::optional_id)]
    pub backbone: Option<BackboneId>,
    /// Whether it has a session.
    pub connected: bool,
    /// When it was last heard of.
    #[schema(schema_with = schema::time)]
    pub last_seen: Timestamp,
}

/// What a site carries just now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "object_kind": "site",
    "object_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f0b",
    "network": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03",
    "backbone": null,
    "connections": 3,
    "bytes_in": 1048576,
    "bytes_out": 20480
}))]
pub struct Traffic {
    /// `site` for a member site, `backbone-site` for a relay site.
    pub object_kind: String,
    /// Its id.
    #[schema(schema_with = schema::id)]
    pub object_id: Uuid,
    /// The application network it belongs to.
    #[schema(schema_with = schema::optional_id)]
    pub network: Option<NetworkId>,
    /// The backbone it belongs to.
    #[schema(schema_with = schema::optional_id)]
    pub backbone: Option<BackboneId>,
    /// Of a member site, how many connections are open; of a relay site, how many links that it dials are up.
    pub connections: u64,
    /// The bytes that came over these so far.
    pub bytes_in: u64,
    /// The bytes that went over these so far.
    pub bytes_out: u64,
}
