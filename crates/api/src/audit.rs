//! The audit chain: every change, in the order in which it happened, each event bound to the one before it.

use jiff::Timestamp;
use model::{BackboneId, NetworkId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Check, schema};

/// Something that was done, or refused, as far as it is for the reader. What is inside a backbone is left out for those who do
/// not administer it. Those who follow a network that they do not own are told what was changed, when and by whom, and what it
/// is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "position": 17,
    "time": "2027-01-31T09:00:00Z",
    "actor": "admin",
    "on_behalf_of": null,
    "action": "network.create",
    "object_kind": "network",
    "object_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03",
    "network": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f03",
    "backbone": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "before": null,
    "after": {"name": "exercise"},
    "outcome": "done",
    "request_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f0a",
    "address": "127.0.0.1",
    "previous_hash": "4f9c1f2f0d1c5b6a3e7d8c9b0a1f2e3d4c5b6a79880796a5b4c3d2e1f0a9b8c7",
    "hash": "0d1c5b6a3e7d8c9b0a1f2e3d4c5b6a79880796a5b4c3d2e1f0a9b8c74f9c1f2f"
}))]
pub struct AuditEvent {
    /// Its place: 1, 2, 3, … in the order of commits, without gaps; the cursor of what comes after it.
    pub position: i64,
    /// When it was committed.
    #[schema(schema_with = schema::time)]
    pub time: Timestamp,
    /// Who did it.
    pub actor: String,
    /// For whom, if that is someone else.
    pub on_behalf_of: Option<String>,
    /// What was done, as `OBJECT.VERB`.
    pub action: String,
    /// The kind of what it was done to.
    pub object_kind: String,
    /// Its id.
    #[schema(schema_with = schema::optional_id)]
    pub object_id: Option<Uuid>,
    /// The application network it belongs to.
    #[schema(schema_with = schema::optional_id)]
    pub network: Option<NetworkId>,
    /// The backbone it belongs to.
    #[schema(schema_with = schema::optional_id)]
    pub backbone: Option<BackboneId>,
    /// The object before; for those who do not own its network, what it is called.
    pub before: Option<Value>,
    /// The object after; the reason, of what was refused or failed. For those who do not own its network, what it is
    /// called.
    pub after: Option<Value>,
    /// How it came out: `done`, `refused` or `failed`.
    pub outcome: String,
    /// The request it came by.
    pub request_id: Option<String>,
    /// The network address the request came from.
    pub address: Option<String>,
    /// The hash of the event before, in hexadecimal; absent for those who do not own the network.
    pub previous_hash: Option<String>,
    /// SHA-256 over everything above as it was recorded, in hexadecimal; absent for those who do not own the network.
    pub hash: Option<String>,
}

/// What a check of the audit chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "intact": false,
    "head": 17,
    "head_hash": "0d1c5b6a3e7d8c9b0a1f2e3d4c5b6a79880796a5b4c3d2e1f0a9b8c74f9c1f2f",
    "faults": [{"position": 9, "message": "the event was altered"}]
}))]
pub struct AuditVerdict {
    /// Whether every event is as it was recorded.
    pub intact: bool,
    /// The newest event; 0 when there is none.
    pub head: i64,
    /// Its hash, in hexadecimal.
    pub head_hash: String,
    /// Every position that is wrong, in order; at most 1000.
    pub faults: Vec<AuditFault>,
}

/// A position of the audit chain that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuditFault {
    /// The position.
    pub position: i64,
    /// What is wrong there.
    pub message: String,
}

/// A cut at which old events have left the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "position": 4096,
    "time": "2028-01-31T09:00:00Z",
    "statement": "{\"installation\":\"0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00\",\"position\":4096,\"hash\":\"4f9c1f2f0d1c5b6a3e7d8c9b0a1f2e3d4c5b6a79880796a5b4c3d2e1f0a9b8c7\",\"until\":\"2027-01-31T08:59:58Z\",\"time\":\"2028-01-31T09:00:00Z\"}",
    "signature": "MEUCIQDexample",
    "signer": "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n"
}))]
pub struct AuditCut {
    /// The last event that left; the next one is the first of the chain now.
    pub position: i64,
    /// When it was made.
    #[schema(schema_with = schema::time)]
    pub time: Timestamp,
    /// What was signed, JSON: the installation, the position, the hash that the next event names as the one before it,
    /// the time of the last event that left, and the time of the cut.
    pub statement: String,
    /// The signature over `skx-audit-cut-1`, a zero byte and the statement: ECDSA with SHA-256, ASN.1, base64.
    pub signature: String,
    /// The certificate of who signed, the installation's certificate authority, PEM.
    pub signer: String,
}

/// Which events are to leave the audit chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"before": "2027-01-31T09:00:00Z"}))]
pub struct AuditCutCreate {
    /// Those from before this time; those of the last 24 hours stay.
    #[schema(schema_with = schema::time)]
    pub before: Timestamp,
}

impl Check for AuditCutCreate {}
