//! Links between the sites of a backbone.

use jiff::Timestamp;
use model::{LinkId, Name, router::Transport};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    LinkState, LinkTraffic, Milliseconds, Standing,
    check::{Check, Errors},
    schema,
};

/// Which site dials which peer access point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f01",
    "backbone": "europe",
    "from": "rome",
    "to": "paris",
    "access": "main",
    "cost": 1,
    "transport": "direct",
    "state": "up",
    "rtt_ms": 0.8,
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Link {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: LinkId,
    /// The name of the backbone.
    #[schema(schema_with = schema::name)]
    pub backbone: Name,
    /// The site that dials.
    #[schema(schema_with = schema::name)]
    pub from: Name,
    /// The site that is dialled.
    #[schema(schema_with = schema::name)]
    pub to: Name,
    /// Its access point that is dialled.
    #[schema(schema_with = schema::name)]
    pub access: Name,
    /// Cost for routing; lower is preferred.
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

fn one() -> u32 {
    1
}

/// Creates a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"from": "rome", "to": "paris", "access": "main", "cost": 1, "transport": "direct"}))]
pub struct LinkCreate {
    /// The site that dials: a name or id.
    #[schema(schema_with = schema::name)]
    pub from: Name,
    /// The site that is dialled: a name or id.
    #[schema(schema_with = schema::name)]
    pub to: Name,
    /// Its access point; may be left out when the site has exactly one of kind `peer`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub access: Option<Name>,
    /// Cost for routing, at least 1; 1 unless given.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 65_535)]
    pub cost: u32,
    /// How data connections travel; `direct` unless given.
    #[serde(default)]
    #[schema(schema_with = schema::transport, required = false)]
    pub transport: Transport,
}

impl Check for LinkCreate {
    fn check(&self, errors: &mut Errors) {
        if self.from == self.to {
            errors.add("to", "a site cannot link to itself; name another site of the backbone");
        }
        cost(self.cost, errors);
    }
}

/// Changes a link. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"cost": 10}))]
pub struct LinkSet {
    /// Cost for routing, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 65_535)]
    pub cost: Option<u32>,
    /// How data connections travel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_transport)]
    pub transport: Option<Transport>,
}

impl Check for LinkSet {
    fn check(&self, errors: &mut Errors) {
        if let Some(value) = self.cost {
            cost(value, errors);
        }
    }
}

fn cost(value: u32, errors: &mut Errors) {
    if !(1..=65_535).contains(&value) {
        errors.add("cost", format!("{value} is not a cost; give a number from 1 to 65535"));
    }
}
