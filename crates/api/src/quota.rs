//! Quotas: how much there may be of what.

use jiff::Timestamp;
use model::{Name, QuotaId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Standing,
    check::{Check, Errors},
    schema,
};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuotaResource {
    /// The networks that a user owns.
    Networks,
    /// The members of a network, those that wait to be admitted included.
    Members,
    /// The invitations of a network.
    Invitations,
}

/// How much there may be of something. Of several that concern it, the one counts that is made for just this network or
/// user; then the one for its backbone; then the one that holds everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f09",
    "resource": "members",
    "network": "exercise",
    "most": 50,
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Quota {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: QuotaId,
    /// What is counted.
    pub resource: QuotaResource,
    /// In networks on this backbone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// In this network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
    /// Of this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub user: Option<Name>,
    /// How much there may be.
    pub most: u64,
    /// When it was made.
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

/// Limits how much there may be of something: everywhere, or for one user, backbone or network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resource": "members", "network": "exercise", "most": 50}))]
pub struct QuotaCreate {
    /// What is counted.
    pub resource: QuotaResource,
    /// In networks on this backbone only, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub backbone: Option<Name>,
    /// In this network only, by name or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub network: Option<Name>,
    /// Of this user only, by name or id; for networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub user: Option<Name>,
    /// How much there may be.
    #[schema(maximum = 1_000_000)]
    pub most: u64,
}

impl Check for QuotaCreate {
    fn check(&self, errors: &mut Errors) {
        if self.resource == QuotaResource::Networks {
            if self.backbone.is_some() || self.network.is_some() {
                errors.add("resource", "networks are counted for users: give a user, or leave it out for every user");
            }
        } else if self.user.is_some() {
            errors.add("user", "members and invitations are counted in networks: give a network or a backbone");
        }
        if self.backbone.is_some() && self.network.is_some() {
            errors.add("backbone", "give a network or a backbone, not both");
        }
        most(self.most, errors);
    }
}

/// Changes a quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"most": 100}))]
pub struct QuotaSet {
    /// How much there may be.
    #[schema(maximum = 1_000_000)]
    pub most: u64,
}

impl Check for QuotaSet {
    fn check(&self, errors: &mut Errors) {
        most(self.most, errors);
    }
}

fn most(most: u64, errors: &mut Errors) {
    if most > 1_000_000 {
        errors.add("most", "give 0 to 1000000; to lift the limit, delete the quota");
    }
}
