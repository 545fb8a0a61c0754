//! Member sites.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{
    Name, SiteId,
    lifecycle::MemberState,
    terms::{AddressPatterns, Consent},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    LinkState, Milliseconds, Standing,
    check::{Check, Errors, new_name},
    schema,
};

/// What a site said of its machine and program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"software": "skx 0.1.0", "os": "linux", "arch": "x86_64", "hostname": "till-7"}))]
pub struct Platform {
    /// The program and its version.
    pub software: String,
    /// The operating system.
    pub os: String,
    /// The processor architecture.
    pub arch: String,
    /// What the machine is called.
    pub hostname: String,
}

/// A member site of an application network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
    "name": "store-1",
    "network": "exercise",
    "state": "member",
    "invitation": "stores",
    "classes": ["store"],
    "labels": {"region": "north"},
    "connected": true,
    "last_seen": "2027-01-31T09:05:00Z",
    "platform": {"software": "skx 0.1.0", "os": "linux", "arch": "x86_64", "hostname": "till-7"},
    "certificate_expires": "2027-02-07T09:00:00Z",
    "serve": ["till.*"],
    "use": ["*"],
    "renewable": true,
    "consent": "auto",
    "links": [{"state": "up", "rtt_ms": 1.2}],
    "listeners": [],
    "connectors": [{"address": "till.api", "socket": "127.0.0.1:9090", "local": false, "state": "ready", "connections": 3}],
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Member {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: SiteId,
    /// Name, unique in the network.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The name of the application network.
    #[schema(schema_with = schema::name)]
    pub network: Name,
    /// Where it stands.
    #[schema(schema_with = schema::member_state)]
    pub state: MemberState,
    /// Why it is no member any more, when it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The invitation it came by, while that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub invitation: Option<Name>,
    /// Its classes.
    #[schema(schema_with = schema::names)]
    pub classes: Vec<Name>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Whether it has a session with a controller now.
    pub connected: bool,
    /// When it was last heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub last_seen: Option<Timestamp>,
    /// What it said of its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Until when its certificate is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub certificate_expires: Option<Timestamp>,
    /// What it may serve: patterns of addresses.
    #[schema(schema_with = schema::patterns)]
    pub serve: AddressPatterns,
    /// What it may use: patterns of addresses.
    #[schema(schema_with = schema::patterns)]
    pub r#use: AddressPatterns,
    /// Whether its certificate is renewed. Otherwise the membership ends with it.
    pub renewable: bool,
    /// Whether the participant is asked before anything is deployed there.
    #[schema(schema_with = schema::consent)]
    pub consent: Consent,
    /// Its links to the backbone.
    #[serde(default)]
    pub links: Vec<MemberLink>,
    /// Its listeners, central and local.
    #[serde(default)]
    pub listeners: Vec<SocketStatus>,
    /// Its connectors, central and local.
    #[serde(default)]
    pub connectors: Vec<SocketStatus>,
    /// What of its desired state it could not do, and why; it is sent again until it can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
    /// When it joined; of one that waits, since when it does.
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

/// A link of a member site to the backbone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberLink {
    /// How it is.
    pub state: LinkState,
    /// Round-trip time in milliseconds, while it is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<Milliseconds>,
    /// The last error, while it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// A listener or connector as its site sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SocketStatus {
    /// The address.
    pub address: String,
    /// The socket at the site.
    pub socket: String,
    /// Whether it was authored at the site.
    pub local: bool,
    /// What was authored centrally, when the participant has chosen another socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authored: Option<String>,
    /// The deployment it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// The parts of the deployment that it is there for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// `ready` or `failed`.
    pub state: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many connections it carries now.
    pub connections: u64,
}

/// Changes a member site. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "store-1", "classes": ["store"], "labels": {"region": "north", "trial": null}}))]
pub struct MemberSet {
    /// Another name, unique in the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_name)]
    pub name: Option<Name>,
    /// Its classes, all of them; each must be declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::names, required = false)]
    pub classes: Option<Vec<Name>>,
    /// Labels to set, and with `null` to remove. Those that are not named stay.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Option<String>>,
}

/// The longest value of a label, in characters.
const LABEL_VALUE: usize = 256;

impl Check for MemberSet {
    fn check(&self, errors: &mut Errors) {
        if let Some(name) = &self.name {
            new_name(name, "name", errors);
        }
        for (key, value) in &self.labels {
            let field = format!("labels.{}", key.chars().take(80).collect::<String>());
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_./".contains(c);
            if key.is_empty() || key.len() > 63 || !key.chars().all(good) {
                errors.add(&field, "a label has 1 to 63 lower-case letters, digits, '-', '_', '.' and '/'");
            }
            if let Some(value) = value
                && (value.chars().count() > LABEL_VALUE || value.chars().any(char::is_control))
            {
                errors
                    .add(&field, format!("its value has at most {LABEL_VALUE} characters, and no control characters"));
            }
        }
    }
}

/// What happens to the invitation an evicted site came by: it could be used to join again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InvitationDecision {
    /// It is closed.
    Close,
    /// It stays as it is.
    Keep,
}

/// Refuses a site that waits to be admitted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "this till is not ours"}))]
pub struct MemberRefuse {
    /// Why, in words the participant is told; at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Check for MemberRefuse {}

/// Evicts a member site.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"invitation": "close"}))]
pub struct MemberEvict {
    /// What happens to its invitation. Must be said while that still has uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationDecision>,
}

impl Check for MemberEvict {}
