//! The replicas of the controller.

use jiff::Timestamp;
use model::ControllerId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Standing, schema};

/// A replica of the controller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "hostname": "ctl-1.example.com",
    "software": "skx-controller/0.1.0",
    "started": "2027-01-31T09:00:00Z",
    "last_seen": "2027-01-31T10:00:00Z",
    "answering": true
}))]
pub struct Controller {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: ControllerId,
    /// The machine it runs on.
    pub hostname: String,
    /// Its program and version.
    pub software: String,
    /// When it started.
    #[schema(schema_with = schema::time)]
    pub started: Timestamp,
    /// When it was last heard of.
    #[schema(schema_with = schema::time)]
    pub last_seen: Timestamp,
    /// Whether it is the one that answers this request.
    pub answering: bool,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}
