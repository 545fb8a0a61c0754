//! What an eviction answers.

use jiff::Timestamp;
use model::{BackboneSiteId, Name};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::schema;

/// How far an eviction has come. It is committed in any case; a router that has not acknowledged admits nobody new once
/// its trust document has expired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f01",
    "trust_version": 8,
    "complete": false,
    "routers": [
        {"backbone": "europe", "site": "paris", "site_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00", "acknowledged": true, "reachable": true},
        {"backbone": "europe", "site": "rome", "site_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f02", "acknowledged": false, "reachable": false, "document_expires": "2027-01-31T09:00:00Z"}
    ]
}))]
pub struct Eviction {
    /// The id that is denied. How far the eviction has come later is at `/evictions/` and this id.
    #[schema(schema_with = schema::id)]
    pub id: Uuid,
    /// The version of the trust document that carries the denial; absent while none is signed, for controllers, who
    /// are denied at every backbone, and for those who do not administer the backbone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_version: Option<u64>,
    /// Whether every router has acknowledged.
    pub complete: bool,
    /// The routers concerned; for administrators of their backbones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routers: Option<Vec<RouterAcknowledgement>>,
}

/// Whether a router enforces a denial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouterAcknowledgement {
    /// The backbone's name.
    #[schema(schema_with = schema::name)]
    pub backbone: Name,
    /// The backbone site's name.
    #[schema(schema_with = schema::name)]
    pub site: Name,
    /// The backbone site.
    #[schema(schema_with = schema::id)]
    pub site_id: BackboneSiteId,
    /// Whether it says that a trust document with the denial is in force there.
    pub acknowledged: bool,
    /// Whether it has a session with a controller now.
    pub reachable: bool,
    /// While it has not acknowledged: when the document expires that it goes by, as far as is known. From then on it
    /// admits nobody new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub document_expires: Option<Timestamp>,
}
