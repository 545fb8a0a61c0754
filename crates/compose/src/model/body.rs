//! Bodies: what is run, by platform.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Workload;

/// What is run, by platform. A platform's own body takes the place of `any`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Bodies {
    /// On every platform without a body of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub any: Option<Body>,
    /// On Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kubernetes: Option<Body>,
    /// By Podman under systemd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub podman: Option<Body>,
    /// By Docker, in a compose file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub docker: Option<Body>,
    /// By systemd, without containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub systemd: Option<Body>,
    /// As child processes of the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process: Option<Body>,
}

/// What is run on a platform.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Body {
    /// A container or process in neutral words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Workload>")]
    pub workload: Option<Map<String, Value>>,
    /// Kubernetes objects, beside the workload if there is one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Map<String, Value>>,
    /// Quadlet files (podman) or systemd units (systemd) by file name, beside the workload if there is one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, String>,
}

/// What a site runs workloads on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Kubernetes: one namespace.
    Kubernetes,
    /// Podman under systemd.
    Podman,
    /// Docker.
    Docker,
    /// systemd, without containers.
    Systemd,
    /// Child processes of the site.
    Process,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Kubernetes, Self::Podman, Self::Docker, Self::Systemd, Self::Process];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::Podman => "podman",
            Self::Docker => "docker",
            Self::Systemd => "systemd",
            Self::Process => "process",
        }
    }

    /// Whether workloads are containers there.
    pub fn has_containers(self) -> bool {
        matches!(self, Self::Kubernetes | Self::Podman | Self::Docker)
    }
}

impl Bodies {
    /// The body for a platform, if there is one.
    pub fn on(&self, platform: Platform) -> Option<&Body> {
        self.own(platform).or(self.any.as_ref())
    }

    /// The key under which [`on`](Self::on) finds its body.
    pub fn key(&self, platform: Platform) -> &'static str {
        if self.own(platform).is_some() { platform.as_str() } else { "any" }
    }

    fn own(&self, platform: Platform) -> Option<&Body> {
        match platform {
            Platform::Kubernetes => self.kubernetes.as_ref(),
            Platform::Podman => self.podman.as_ref(),
            Platform::Docker => self.docker.as_ref(),
            Platform::Systemd => self.systemd.as_ref(),
            Platform::Process => self.process.as_ref(),
        }
    }
}

impl Body {
    /// Whether nothing is run.
    pub fn is_empty(&self) -> bool {
        self.workload.is_none() && self.objects.is_empty() && self.units.is_empty()
    }

    /// Whether this body can run on a platform: containers need an image, processes a command, objects and units their platform.
    pub fn fits(&self, platform: Platform) -> bool {
        let workload = self.workload.as_ref().is_some_and(|workload| {
            if platform.has_containers() { workload.contains_key("image") } else { workload.contains_key("command") }
        });
        // An empty body says that nothing has to run there.
        if self.is_empty() {
            return true;
        }
        let own = match platform {
            Platform::Kubernetes => !self.objects.is_empty(),
            Platform::Podman | Platform::Systemd => !self.units.is_empty(),
            Platform::Docker | Platform::Process => false,
        };
        workload || (self.workload.is_none() && own)
    }
}
