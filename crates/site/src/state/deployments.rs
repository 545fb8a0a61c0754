//! What is deployed at a site: what is in force, and what its participant decided.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use api::local::DeploymentState;
use compose::{
    deploy::{Consented, Offer},
    model::{Field, Platform},
};
use jiff::Timestamp;
use model::{Name, secret::SecretText};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The version of the file written here.
const FORMAT: u32 = 1;

/// What a participant filled in, by part and field.
pub type Locals = BTreeMap<String, BTreeMap<Field, Value>>;

/// The values of secrets, by secret and key.
pub type Secrets = BTreeMap<String, BTreeMap<String, SecretText>>;

/// The content of a site's `deployments.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployments {
    /// [`FORMAT`].
    pub format: u32,
    /// What marks what runs here as this site's.
    pub owner: Uuid,
    /// What workloads were ever run on here: something of it may be there still.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub ran: BTreeSet<Platform>,
    /// Each deployment that is offered, or of which something is in force.
    #[serde(default)]
    pub deployments: BTreeMap<Name, Kept>,
}

impl Default for Deployments {
    fn default() -> Self {
        Self { format: FORMAT, owner: Uuid::now_v7(), ran: BTreeSet::new(), deployments: BTreeMap::new() }
    }
}

/// What a site keeps of a deployment.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Kept {
    /// What is in force: what was applied last without an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Offer>,
    /// The values of secrets it was applied with: what is offered now may need others.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: Secrets,
    /// What was agreed to.
    pub consented: Consented,
    /// The optional parts that the participant declined, by their paths.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<String>,
    /// The digest of the change that the participant declined as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// What the participant filled in.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub locals: Locals,
    /// Where it stood last, and since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stood: Option<(DeploymentState, Timestamp)>,
}

/// Values of secrets are nobody's to read.
impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept")
            .field("applied", &self.applied.as_ref().map(|offer| &offer.digest))
            .field("declined", &self.declined)
            .field("refused", &self.refused)
            .field("stood", &self.stood)
            .finish_non_exhaustive()
    }
}
