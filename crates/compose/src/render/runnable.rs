//! Workloads as a site's driver runs them: child processes, services of systemd, or containers of Podman and Docker.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Content, Object, Piece, Published, millicpu, systemd};
use crate::model::{EnvValue, FileSource, Run};

/// What a driver is told of one workload: the content of objects of the kinds `process`, `service` and `container`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Runnable {
    /// The path of its instance.
    pub instance: String,
    /// The image, of containers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What is run. An image has its own, if this is empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// The arguments, after the command or the image's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// The environment: texts and secrets.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, EnvValue>,
    /// Files put in place before it starts, by absolute path. Processes find them below `SKX_ROOT`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, FileSource>,
    /// What outlives it: the name of each volume, by the absolute path at which it is seen.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<String, String>,
    /// The ports of a container that are reached from the site or from outside.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<Published>,
    /// The names under which other containers of the deployment find it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The directory it is started in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workdir: Option<String>,
    /// The numeric user it runs as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<u32>,
    /// Processors, in thousandths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub millicpu: Option<u32>,
    /// Memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Whether it is told, while it runs, of the sites that serve what it uses: by the file that `SKX_ADDRESSES` names.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub addresses: bool,
    /// Whether it is started again when it ends; otherwise it runs to its end, once.
    pub restart: bool,
}

/// The process for a workload.
pub(super) fn process(piece: &Piece<'_>) -> Vec<Object> {
    object(piece, "process", bare(piece))
}

/// The service for a workload.
pub(super) fn service(piece: &Piece<'_>) -> Vec<Object> {
    object(piece, "service", bare(piece))
}

/// The container for a workload.
pub(super) fn container(piece: &Piece<'_>) -> Vec<Object> {
    object(piece, "container", runnable(piece))
}

fn object(piece: &Piece<'_>, kind: &str, runnable: Runnable) -> Vec<Object> {
    let content = serde_json::to_value(runnable).expect("it is made of what JSON can hold");
    vec![piece.object(kind, &piece.name, Content::Structure(content))]
}

/// What is run on the machine itself has no image, and nothing that stands between its ports and whoever calls.
fn bare(piece: &Piece<'_>) -> Runnable {
    Runnable { image: None, ports: Vec::new(), names: Vec::new(), ..runnable(piece) }
}

fn runnable(piece: &Piece<'_>) -> Runnable {
    let workload = &piece.workload;
    let env = workload.env.iter().map(|(name, value)| {
        let text = systemd::env_text(value).map(EnvValue::Text);
        (name.clone(), text.unwrap_or_else(|| value.clone()))
    });
    let volumes = workload.volumes.iter().map(|(name, volume)| {
        let kept = volume.claim.clone().unwrap_or_else(|| format!("{}-{name}", piece.name));
        (volume.path.clone(), kept)
    });
    let mut names = vec![piece.name.clone(), piece.host.clone()];
    names.dedup();
    Runnable {
        instance: piece.path.to_owned(),
        image: workload.image.clone(),
        command: workload.command.clone(),
        args: workload.args.clone(),
        env: env.collect(),
        files: workload.files.clone(),
        volumes: volumes.collect(),
        ports: piece.published.clone(),
        names,
        workdir: workload.workdir.clone(),
        user: workload.user,
        millicpu: workload.resources.cpu.map(millicpu),
        memory: workload.resources.memory.as_deref().and_then(bytes),
        addresses: piece.addresses,
        restart: workload.run == Run::Always,
    }
}

/// How much memory `512Mi` is.
fn bytes(memory: &str) -> Option<u64> {
    let (number, unit) = memory.split_at_checked(memory.len().checked_sub(2)?)?;
    let shift = match unit {
        "Ki" => 10,
        "Mi" => 20,
        "Gi" => 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn memory_is_told_in_bytes() {
        assert_eq!(bytes("512Mi"), Some(512 << 20));
        assert_eq!(bytes("3Gi"), Some(3 << 30));
        assert_eq!(bytes("1Ki"), Some(1024));
        assert_eq!(bytes("99999999999999999999Gi"), None);
        assert_eq!(bytes("i"), None);
    }
}
