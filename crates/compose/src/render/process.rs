//! Workloads as child processes of the site.

use serde_json::{Map, Value, json};

use super::{Content, Object, Piece};
use crate::model::{EnvValue, Run};

/// The process for a workload. Files and volumes are found under the directory in `SKX_ROOT`, by their paths.
pub(super) fn objects(piece: &Piece<'_>) -> Vec<Object> {
    let workload = &piece.workload;
    let env: Map<String, Value> = workload
        .env
        .iter()
        .map(|(name, value)| {
            let value = match value {
                EnvValue::Secret(secret) => json!({ "secret": secret.secret.as_str(), "key": secret.key() }),
                other => json!(super::systemd::env_text(other)),
            };
            (name.clone(), value)
        })
        .collect();
    let files: Map<String, Value> = workload
        .files
        .iter()
        .map(|(path, file)| (path.clone(), serde_json::to_value(file).unwrap_or_default()))
        .collect();
    let volumes: Map<String, Value> = workload
        .volumes
        .iter()
        .map(|(name, volume)| {
            let kept = volume.claim.clone().unwrap_or_else(|| format!("{}-{name}", piece.name));
            (volume.path.clone(), json!(kept))
        })
        .collect();
    let command: Vec<&String> = workload.command.iter().chain(&workload.args).collect();
    let content = json!({
        "instance": piece.path,
        "command": command,
        "env": env,
        "files": files,
        "volumes": volumes,
        "workdir": workload.workdir,
        "restart": workload.run == Run::Always,
    });
    vec![piece.object("process", &piece.name, Content::Structure(content))]
}
