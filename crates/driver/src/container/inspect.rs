//! Containers as the engine tells of them.

use std::{collections::BTreeMap, net::IpAddr};

use serde::Deserialize;
use serde_json::Value;

use super::owned::Labels;

/// A container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Container {
    pub(super) image: String,
    pub(super) state: ContainerState,
    config: Config,
    host_config: HostConfig,
    network_settings: NetworkSettings,
}

/// How a container is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerState {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`; Podman knows `stopped` and more.
    pub(super) status: String,
    pub(super) exit_code: i64,
    #[serde(rename = "OOMKilled", default)]
    pub(super) out_of_memory: bool,
    /// What the engine says that it could not do.
    #[serde(default)]
    pub(super) error: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default)]
    labels: Option<Labels>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    memory: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    #[serde(default)]
    networks: Option<BTreeMap<String, Value>>,
}

impl Container {
    pub(super) fn labels(&self) -> Labels {
        self.config.labels.clone().unwrap_or_default()
    }

    pub(super) fn is(&self, status: &str) -> bool {
        self.state.status == status
    }

    /// Whether it ran, and does not run any more.
    pub(super) fn has_ended(&self) -> bool {
        self.is("exited") || self.is("stopped")
    }

    /// Whether it is still in the network and has the memory it was made with.
    pub(super) fn is_as_made(&self, network: &str, memory: Option<u64>) -> bool {
        let networks = self.network_settings.networks.as_ref();
        networks.is_some_and(|it| it.contains_key(network))
            && u64::try_from(self.host_config.memory).unwrap_or_default() == memory.unwrap_or_default()
    }
}

/// A container in a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Listed {
    pub(super) id: String,
    #[serde(default)]
    pub(super) labels: Option<Labels>,
}

impl Network {
    /// The address of the host in it.
    pub(super) fn gateway(&self) -> Option<IpAddr> {
        self.ipam.config.iter().flatten().find_map(|it| it.gateway.as_deref()?.parse().ok())
    }
}

/// A network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Network {
    #[serde(default)]
    pub(super) labels: Option<Labels>,
    #[serde(rename = "IPAM")]
    ipam: Ipam,
}

/// The addresses of a network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Ipam {
    #[serde(default)]
    config: Option<Vec<Subnet>>,
}

/// A part of the addresses of a network.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Subnet {
    #[serde(default)]
    gateway: Option<String>,
}
