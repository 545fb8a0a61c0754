//! What is deployed at a site, and what its participant says to it.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use model::{Name, terms::Consent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// When the participant is asked about what is deployed at their site. The later in the order, the more often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentPolicy {
    /// Never.
    #[default]
    Auto,
    /// About parts, listeners and connectors that are new. What runs already may be updated.
    Updates,
    /// About everything that was not agreed to.
    Ask,
}

impl ConsentPolicy {
    /// The policy as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Updates => "updates",
            Self::Ask => "ask",
        }
    }
}

impl fmt::Display for ConsentPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConsentPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let all = [Self::Auto, Self::Updates, Self::Ask];
        let known = all.into_iter().find(|policy| policy.as_str() == text);
        known.ok_or_else(|| format!("{text:?} is no consent policy; give auto, updates or ask"))
    }
}

/// Who may read what workloads at a site say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogReaders {
    /// The participant alone.
    #[default]
    Participant,
    /// Also those who work with the deployments of the network: its owner and its operators.
    Owner,
}

impl LogReaders {
    /// The readers as they are written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Participant => "participant",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for LogReaders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Participant, Self::Owner].into_iter().find(|readers| readers.as_str() == text);
        known.ok_or_else(|| format!("{text:?} does not say who reads logs; give owner or participant"))
    }
}

/// What becomes of the volumes of what is deployed at a site no more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VolumesAfter {
    /// They stay: what is in them may be all there is of somebody's work.
    #[default]
    Keep,
    /// They are deleted with the deployment.
    Delete,
}

impl VolumesAfter {
    /// The policy as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Delete => "delete",
        }
    }
}

impl FromStr for VolumesAfter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = [Self::Keep, Self::Delete].into_iter().find(|it| it.as_str() == text);
        known.ok_or_else(|| format!("{text:?} does not say what becomes of volumes; give keep or delete"))
    }
}

/// Somebody has read, or wanted to read, what a workload at a site said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsRead {
    /// Who, by the name they have at the service.
    pub reader: String,
    /// What of.
    pub deployment: String,
    /// When, last.
    pub at: Timestamp,
}

impl From<Consent> for ConsentPolicy {
    fn from(consent: Consent) -> Self {
        match consent {
            Consent::Auto => Self::Auto,
            Consent::Ask => Self::Ask,
        }
    }
}

/// Where a deployment stands at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentState {
    /// The participant is asked: to agree, or for a value.
    AwaitingConsent,
    /// The participant declined a change. What was there before is in force.
    Declined,
    /// It is being brought into force.
    Applying,
    /// All of it works.
    Healthy,
    /// It is in force, and something of it does not work.
    Degraded,
    /// It could not be brought into force. What was there before is.
    Failed,
}

impl DeploymentState {
    /// The state as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwaitingConsent => "awaiting-consent",
            Self::Declined => "declined",
            Self::Applying => "applying",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}

/// What a change would do to a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nothing that was not agreed to: at most something goes.
    None,
    /// Parts that run there already become different.
    Update,
    /// Parts, or places where connections enter or leave the network, are new; or a port for other machines, or an image that a tag
    /// names.
    New,
}

impl Impact {
    /// The impact as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Update => "update",
            Self::New => "new",
        }
    }
}

/// A deployment at a site: `GET /api/v1/deployments`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub state: DeploymentState,
    /// What is wrong, or what is waited for; empty when all is well.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Since when it stands there.
    pub since: Timestamp,
    /// What is offered: none, when nothing is any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Version>,
    /// What is in force: none, when nothing is yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Version>,
    /// Whether the participant is asked to agree to what is offered.
    pub asks: bool,
    /// How much of what is offered was not agreed to.
    pub impact: Impact,
    /// What is offered, compared with what is in force, as people read it: one line each.
    pub changes: Vec<String>,
    /// The same for programs, and all of it: of each thing its subject and name, what happens to it, and its fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Value>,
    /// The parts that concern the site.
    pub parts: Vec<DeploymentPart>,
    /// What runs of it.
    pub workloads: Vec<Workload>,
}

/// A version of what a site gets of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The number of the site's plan.
    pub number: u64,
    /// Its digest: whoever agrees or declines names it.
    pub digest: String,
    /// The release it was made of.
    pub release: String,
}

/// A part of a deployment that concerns a site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentPart {
    /// Its path.
    pub path: String,
    /// The block, as `name@version`.
    pub block: String,
    /// Whether it may be declined by itself.
    pub optional: bool,
    /// Whether the participant declined it.
    pub declined: bool,
    /// What the participant may fill in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub local: Vec<LocalField>,
}

/// A field the participant may fill in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LocalField {
    /// Its name.
    pub field: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Whether it needs a value.
    pub required: bool,
    /// What it is if nothing is filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// What the participant filled in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// Something that runs at a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workload {
    /// Its name.
    pub name: String,
    /// The path of the instance it is of.
    pub instance: String,
    /// starting, ready, unready, failed, done or stopped.
    pub state: String,
    /// Why, if that is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Since when.
    pub since: Timestamp,
    /// How often it was started again.
    pub restarts: u32,
    /// The image it runs, by its digest, if it is a container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

/// Agrees to what is offered: `POST /api/v1/deployments/{name}/accept`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accept {
    /// The digest of what is offered.
    pub digest: String,
    /// The optional parts that are declined at the same time.
    pub without: Vec<String>,
    /// The declined parts that are wanted after all. Nothing is agreed to then: they are asked about when they are offered.
    pub with: Vec<String>,
}

/// Declines what is offered, or an optional part of it: `POST /api/v1/deployments/{name}/decline`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Decline {
    /// The digest of what is offered.
    pub digest: String,
    /// The part. All of the change, if left out.
    pub part: Option<String>,
}

/// Fills in a field: `PUT /api/v1/deployments/{name}/locals`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// The path of the part.
    pub instance: String,
    /// The field.
    pub field: String,
    /// The value; null takes back what was filled in.
    pub value: Value,
}

/// Says when the participant is asked, who reads logs, and what becomes of volumes: `PUT /api/v1/site/consent`. What is left out
/// stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConsentSet {
    /// When the participant is asked. The invitation may ask for more, never this for less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentPolicy>,
    /// Who reads what workloads here say. The participant alone decides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogReaders>,
    /// What becomes of the volumes of what is deployed here no more. The participant alone decides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volumes: Option<VolumesAfter>,
}

/// A line of what a workload said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The workload.
    pub workload: String,
    /// When it said it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Whether it was said as an error.
    pub error: bool,
    /// What it said.
    pub text: String,
}
