//! Deployments: releases placed on the sites of networks.

use std::collections::BTreeSet;

use jiff::Timestamp;
use model::{DeploymentId, Name, SiteId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{Standing, check::Check, schema};

/// What a deployment says: the document of kind Deployment, as `skx deploy` takes it as a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "apiVersion": "skupperx.io/v1",
    "kind": "Deployment",
    "metadata": {"name": "shop", "network": "exercise"},
    "spec": {"application": "shop", "places": {"store": {"classes": ["store"]}}}
}))]
pub struct DeploymentDocument {
    /// `skupperx.io/v1`.
    #[serde(rename = "apiVersion")]
    #[schema(value_type = String, example = "skupperx.io/v1")]
    pub api_version: Value,
    /// `Deployment`.
    #[schema(value_type = String, example = "Deployment")]
    pub kind: Value,
    /// Its name, and the network.
    #[schema(value_type = Object)]
    pub metadata: Value,
    /// What is deployed (`release` or `application`), and where.
    #[schema(value_type = Object)]
    pub spec: Value,
}

impl DeploymentDocument {
    /// The document, as JSON.
    pub fn to_value(&self) -> Value {
        serde_json::json!({
            "apiVersion": self.api_version,
            "kind": self.kind,
            "metadata": self.metadata,
            "spec": self.spec,
        })
    }
}

impl Check for DeploymentDocument {}

/// A deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00",
    "name": "shop",
    "network": "exercise",
    "release": "shop@sha256:9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "application": "shop",
    "version": "1.0.0",
    "follows": true,
    "document": {
        "apiVersion": "skupperx.io/v1",
        "kind": "Deployment",
        "metadata": {"name": "shop", "network": "exercise"},
        "spec": {"application": "shop", "places": {"store": {"classes": ["store"]}}}
    },
    "removing": false,
    "created": "2027-01-31T09:00:00Z",
    "updated": "2027-01-31T09:00:00Z",
    "revision": 1
}))]
pub struct Deployment {
    /// Identity.
    #[schema(schema_with = schema::id)]
    pub id: DeploymentId,
    /// The name, unique in the network.
    #[schema(schema_with = schema::name)]
    pub name: Name,
    /// The name of the application network.
    #[schema(schema_with = schema::name)]
    pub network: Name,
    /// The name of the release that is placed now.
    pub release: String,
    /// The application it is of.
    #[schema(schema_with = schema::name)]
    pub application: Name,
    /// The version of the application.
    pub version: String,
    /// Whether it goes on to the newest release of the application.
    pub follows: bool,
    /// What it says.
    pub document: DeploymentDocument,
    /// What of it could not be planned; sites keep what they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Whether it is being taken away from the sites.
    pub removing: bool,
    /// When it was created.
    #[schema(schema_with = schema::time)]
    pub created: Timestamp,
    /// When somebody last changed what it says.
    #[schema(schema_with = schema::time)]
    pub updated: Timestamp,
    /// Grows with every change of what it says; also sent as `ETag`.
    pub revision: i64,
    /// Where it stands, since when, why, and what would move it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// How a deployment stands at a site, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentState {
    /// It could not be applied, or what it has for the site cannot be made.
    Failed,
    /// It runs, and not all of it is well.
    Degraded,
    /// It failed, and what ran before runs again.
    RolledBack,
    /// The site has no session: what it said last is shown with its age.
    Offline,
    /// The participant declined what the rest does not work without: what was there before stays.
    Declined,
    /// The participant has not agreed to it yet.
    AwaitingConsent,
    /// The site is told later, by the rollout.
    WaitingWave,
    /// The site waits for its window.
    WaitingWindow,
    /// The site was told, and has not said anything yet.
    Pending,
    /// The site is at it.
    Applying,
    /// All of it is well.
    Healthy,
}

impl DeploymentState {
    /// Every state: the one that wants looking at most first.
    pub const ALL: [Self; 11] = [
        Self::Failed,
        Self::Degraded,
        Self::RolledBack,
        Self::Offline,
        Self::Declined,
        Self::AwaitingConsent,
        Self::WaitingWave,
        Self::WaitingWindow,
        Self::Pending,
        Self::Applying,
        Self::Healthy,
    ];

    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Degraded => "degraded",
            Self::RolledBack => "rolled-back",
            Self::Offline => "offline",
            Self::Declined => "declined",
            Self::AwaitingConsent => "awaiting-consent",
            Self::WaitingWave => "waiting-wave",
            Self::WaitingWindow => "waiting-window",
            Self::Pending => "pending",
            Self::Applying => "applying",
            Self::Healthy => "healthy",
        }
    }
}

/// How a deployment stands at every site, as the sites last said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "deployment": "shop",
    "network": "exercise",
    "release": "shop@sha256:9f3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f00f1e",
    "number": 3,
    "removing": false,
    "sums": [{"state": "healthy", "sites": 1}],
    "waves": [{
        "name": "all", "state": "done", "sites": 1, "waiting": 0, "underway": 0, "healthy": 1, "failed": 0, "back": 0, "away": 0
    }],
    "history": [{"at": "2027-01-31T09:00:00Z", "text": "all waves are done"}],
    "parts": [{"part": "shop/till", "ready": 1, "all": 1}],
    "sites": [{
        "site": "store-017",
        "site_id": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f04",
        "state": "healthy",
        "since": "2027-01-31T09:00:00Z",
        "observed": "2027-01-31T09:05:00Z",
        "number": 2,
        "planned": 2,
        "ready": 1,
        "all": 1
    }]
}))]
pub struct DeploymentStatus {
    /// The name of the deployment.
    #[schema(schema_with = schema::name)]
    pub deployment: Name,
    /// The name of the application network.
    #[schema(schema_with = schema::name)]
    pub network: Name,
    /// The name of the release that is placed now.
    pub release: String,
    /// The number of the plan; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// What of it could not be planned; sites keep what they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Whether it is being taken away from the sites.
    pub removing: bool,
    /// How many sites stand how; the state that wants looking at most first.
    pub sums: Vec<DeploymentSum>,
    /// Why no site begins with something new, if none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// The places that want more sites than there are, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// The waves of the rollout, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<DeploymentWave>,
    /// What happened in the rollout lately, the oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<DeploymentEvent>,
    /// How many instances of each part are well, of how many that sites told of.
    pub parts: Vec<DeploymentPart>,
    /// The sites, by name.
    pub sites: Vec<DeploymentSite>,
}

/// How far a wave of a rollout is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentWave {
    /// The wave.
    pub name: String,
    /// How far it is: `waiting`, `underway`, `soaking`, `awaiting-promotion`, `untested` (none of its sites is healthy: a person
    /// says whether the next begins), `stopped`, `done`.
    pub state: String,
    /// The sites that the change concerns.
    pub sites: usize,
    /// Those that were not given it yet.
    pub waiting: usize,
    /// Those that are between what they had and what they get.
    pub underway: usize,
    /// Those that are healthy.
    pub healthy: usize,
    /// Those that failed.
    pub failed: usize,
    /// Those that went back although they did not fail.
    pub back: usize,
    /// Those that are offline, or wait for their participant or for a time zone: nobody waits for them.
    pub away: usize,
}

impl DeploymentWave {
    /// Whether it has begun and is not done.
    pub fn is_open(&self) -> bool {
        !matches!(self.state.as_str(), "done" | "waiting")
    }
}

/// Something that happened in a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentEvent {
    /// When.
    #[schema(schema_with = schema::time)]
    pub at: Timestamp,
    /// What, in words.
    pub text: String,
}

/// What is said to a rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RolloutCommand {
    /// No site begins, and no wave is done, until `resume`. Sites that began go on.
    Pause,
    /// Goes on; sites that failed or went back are tried again.
    Resume,
    /// The wave is done: it waits for that, or too many failed, or it is said to be `early`.
    Promote,
    /// Nothing begins any more; sites that began and are not healthy go back to what they had.
    Abort,
    /// Nothing begins any more; all sites that were changed go back to what they had.
    Rollback,
    /// The sites that would lose all they have now may, whatever the guard says.
    AllowRemovals,
}

/// Says something to a rollout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"command": "pause"}))]
pub struct DeploymentOrder {
    /// What.
    pub command: RolloutCommand,
    /// With `promote`: the wave that is meant. It is refused when another one is under way: somebody else was faster. Left out,
    /// the one under way is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// With `promote`: also when sites of the wave have yet to begin, to become healthy or to soak.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub early: bool,
}

impl Check for DeploymentOrder {}

/// So many sites stand so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentSum {
    /// How they stand.
    pub state: DeploymentState,
    /// How many.
    pub sites: u64,
}

/// How a part stands at all sites together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentPart {
    /// The part: the path of an instance of the release.
    pub part: String,
    /// How many of its workloads are well.
    pub ready: u64,
    /// How many there are.
    pub all: u64,
}

/// How a deployment stands at a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentSite {
    /// The site.
    #[schema(schema_with = schema::name)]
    pub site: Name,
    /// Its id.
    #[schema(schema_with = schema::id)]
    pub site_id: SiteId,
    /// How it stands there.
    pub state: DeploymentState,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub since: Option<Timestamp>,
    /// When the site last said something of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub observed: Option<Timestamp>,
    /// Why it stands so, where there is something to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The number of the plan that the site goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// The number of the plan that it is to go by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<u64>,
    /// The parts its participant declined.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub declined: BTreeSet<String>,
    /// How many of its workloads are well.
    pub ready: u64,
    /// How many there are.
    pub all: u64,
    /// Its workloads, where one site is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<DeploymentWorkload>,
}

/// A workload at a site, as the site says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentWorkload {
    /// Its name there.
    pub name: String,
    /// The part it is.
    pub part: String,
    /// How it is, in a word.
    pub state: String,
    /// Why, where there is something to say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub since: Option<Timestamp>,
    /// How often it was started again.
    pub restarts: u64,
}

/// What workloads of a deployment said at a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "site": "store-017",
    "lines": [{
        "workload": "tills-till",
        "part": "shop/till",
        "at": "2027-01-31T09:00:00.25Z",
        "error": false,
        "text": "listening on 8443"
    }],
    "left_out": false
}))]
pub struct DeploymentLogs {
    /// The site.
    #[schema(schema_with = schema::name)]
    pub site: Name,
    /// The lines, in the order of time.
    pub lines: Vec<DeploymentLogLine>,
    /// Whether older ones of those that were asked for did not fit.
    pub left_out: bool,
}

/// A line that a workload said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeploymentLogLine {
    /// The workload, by its name at the site.
    pub workload: String,
    /// The part it is: the path of an instance of the release.
    pub part: String,
    /// When it said it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::optional_time)]
    pub at: Option<Timestamp>,
    /// Whether it was said as an error.
    pub error: bool,
    /// What it said.
    pub text: String,
}

/// Asks what a deployment would change, without changing anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"release": "shop@sha256:9f3c4b5a6978"}))]
pub struct DeploymentPlan {
    /// What the deployment would say; what it says, unless given. There need not be such a deployment yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DeploymentDocument>,
    /// The release that would be placed, by name, digest or id; the one that the document leads to, unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

impl Check for DeploymentPlan {}

/// What a deployment would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "changes": {"deployment": "shop", "network": "exercise", "number": 4, "release": "shop@sha256:9f3c…", "sites": []},
    "text": "plan 4 of shop in exercise: shop@sha256:9f3c…\nsites: 3 as they are\n"
}))]
pub struct DeploymentChanges {
    /// What happens at each site.
    #[schema(value_type = Object)]
    pub changes: Value,
    /// Why it is not done: more would be taken away than the deployment's guard allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exceeded: Option<String>,
    /// The changes, for people.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_written_as_it_is_called() {
        for state in DeploymentState::ALL {
            assert_eq!(serde_json::to_value(state).expect("a word"), state.as_str());
        }
    }
}
