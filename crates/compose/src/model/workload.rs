//! A container or process in neutral words: what every platform can be told in its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Identifier, Label};

/// A container or process in neutral words. Every value may be an expression.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Workload {
    /// The container image. Platforms without containers ignore it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub image: Option<String>,
    /// What is run. A container image has its own, if this is left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The arguments, after the command or the image's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, EnvValue>,
    /// The ports it listens on, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<Identifier, Port>,
    /// Files put in place before it starts, by absolute path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileSource>,
    /// What outlives a restart, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<Label, Volume>,
    /// How its health is told.
    pub probes: Probes,
    /// What it may use.
    pub resources: Resources,
    /// How many of it run at a site: at most 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1000))]
    pub replicas: Option<u32>,
    /// The numeric user it runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// The directory it is started in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// Whether it runs for ever or to its end.
    pub run: Run,
}

/// The value of an environment variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EnvValue {
    /// Text.
    Text(String),
    /// A number.
    Number(serde_json::Number),
    /// `true` or `false`.
    Boolean(bool),
    /// A secret.
    Secret(SecretRef),
}

/// A secret by its name. Its value is known only to the sites that need it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The secret's name.
    pub secret: Label,
    /// Which of its values; `value`, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl SecretRef {
    /// Which of the secret's values.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or("value")
    }
}

/// A port it listens on: a number, or a number with its protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Port {
    /// A TCP port.
    Tcp(#[schemars(range(min = 1, max = 65535))] u16),
    /// A port with its protocol.
    Other(PortSpec),
}

/// A port with its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PortSpec {
    /// The port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// Its protocol.
    #[serde(default)]
    pub protocol: Transport,
}

impl Port {
    /// The port with its protocol.
    pub fn spec(&self) -> PortSpec {
        match self {
            Self::Tcp(port) => PortSpec { port: *port, protocol: Transport::Tcp },
            Self::Other(spec) => *spec,
        }
    }
}

/// A transport protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// What is in a file: one of `content` and `secret`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FileSource {
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// A secret's value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretRef>,
    /// Whether it may be executed.
    pub executable: bool,
}

/// What outlives a restart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Where the workload sees it: an absolute path.
    #[schemars(regex(pattern = "^/"))]
    pub path: String,
    /// How large it is: `10Gi`. Platforms without sizes ignore it.
    #[serde(default = "default_size")]
    #[schemars(regex(pattern = "^[1-9][0-9]*(Ki|Mi|Gi|Ti)$"))]
    pub size: String,
    /// The volume block's claim to use instead of a volume of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
}

fn default_size() -> String {
    "1Gi".to_owned()
}

/// How health is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Probes {
    /// It has started: the others wait for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Probe>,
    /// It can take connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready: Option<Probe>,
    /// It need not be restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Probe>,
}

/// One check: one of `http`, `tcp` and `exec`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Probe {
    /// A GET request answered by a status below 400.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpProbe>,
    /// A port that accepts connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 65535))]
    pub tcp: Option<u16>,
    /// A command that succeeds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exec: Vec<String>,
    /// Seconds between checks.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub every: Option<u32>,
    /// Seconds an answer may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub timeout: Option<u32>,
    /// How many failures in a row count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub failures: Option<u32>,
}

/// A GET request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HttpProbe {
    /// The port.
    #[schemars(range(min = 1, max = 65535))]
    pub port: u16,
    /// The path.
    #[serde(default = "root")]
    pub path: String,
}

fn root() -> String {
    "/".to_owned()
}

/// What a workload may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resources {
    /// Processors: `0.5` is half of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001))]
    pub cpu: Option<f64>,
    /// Memory: `512Mi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = "^[1-9][0-9]*(Ki|Mi|Gi)$"))]
    pub memory: Option<String>,
}

/// Whether a workload runs for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Run {
    /// For ever: it is started again when it ends.
    #[default]
    Always,
    /// To its end, once.
    Once,
}
