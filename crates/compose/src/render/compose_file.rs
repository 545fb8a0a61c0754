//! Workloads as one compose file: containers run by Docker.

use serde_json::{Map, Value, json};

use super::{Content, Object, Piece, secret_variable, systemd};
use crate::model::{EnvValue, Run};

/// The compose file for all workloads of a deployment at a site.
pub(super) fn object(deployment: &str, pieces: &[Piece<'_>]) -> Object {
    let mut services = Map::new();
    let mut volumes = Map::new();
    let mut configs = Map::new();
    let mut secrets = Map::new();
    for piece in pieces {
        services.insert(piece.name.clone(), service(piece));
        for (name, volume) in &piece.workload.volumes {
            let name = volume.claim.clone().unwrap_or_else(|| format!("{}-{name}", piece.name));
            volumes.insert(name.clone(), json!({ "name": name }));
        }
        for (i, file) in piece.workload.files.values().enumerate() {
            if let Some(text) = &file.content {
                configs.insert(format!("{}-{i}", piece.name), json!({ "content": literal(text) }));
            } else if let Some(secret) = &file.secret {
                secrets.insert(format!("{}-{i}", piece.name), json!({ "environment": secret_variable(secret) }));
            }
        }
    }
    let mut file = Map::new();
    file.insert("name".into(), json!(format!("skx-{deployment}")));
    file.insert("services".into(), Value::Object(services));
    for (key, map) in [("volumes", volumes), ("configs", configs), ("secrets", secrets)] {
        if !map.is_empty() {
            file.insert(key.into(), Value::Object(map));
        }
    }
    let why = pieces.iter().flat_map(Piece::why).collect();
    let content = Content::Structure(Value::Object(file));
    Object { kind: "compose".to_owned(), name: "compose.yaml".to_owned(), content, why }
}

fn service(piece: &Piece<'_>) -> Value {
    let workload = &piece.workload;
    let mut out = Map::new();
    let words = |words: &[String]| json!(words.iter().map(|w| literal(w)).collect::<Vec<_>>());
    out.insert("image".into(), json!(workload.image.as_deref().map(literal)));
    if !workload.command.is_empty() {
        out.insert("entrypoint".into(), words(&workload.command));
    }
    if !workload.args.is_empty() {
        out.insert("command".into(), words(&workload.args));
    }
    let env: Map<String, Value> = workload
        .env
        .iter()
        .map(|(name, value)| {
            let text = match value {
                EnvValue::Secret(secret) => format!("${{{}:?the value of this secret}}", secret_variable(secret)),
                other => literal(&systemd::env_text(other).unwrap_or_default()),
            };
            (name.clone(), json!(text))
        })
        .collect();
    if !env.is_empty() {
        out.insert("environment".into(), Value::Object(env));
    }
    let ports: Vec<String> = piece
        .published
        .iter()
        .map(|port| {
            let host = if piece.outside { "" } else { "127.0.0.1:" };
            format!("{host}{}:{}{}", port.host, port.container, if port.udp { "/udp" } else { "" })
        })
        .collect();
    if !ports.is_empty() {
        out.insert("ports".into(), json!(ports));
    }
    let volumes: Vec<Value> = workload
        .volumes
        .iter()
        .map(|(name, volume)| {
            let source = volume.claim.clone().unwrap_or_else(|| format!("{}-{name}", piece.name));
            json!({ "type": "volume", "source": source, "target": volume.path })
        })
        .collect();
    if !volumes.is_empty() {
        out.insert("volumes".into(), Value::Array(volumes));
    }
    let (mut configs, mut secrets) = (Vec::new(), Vec::new());
    for (i, (path, file)) in workload.files.iter().enumerate() {
        let mode = if file.executable { "0555" } else { "0444" };
        let one = json!({ "source": format!("{}-{i}", piece.name), "target": path, "mode": mode });
        if file.secret.is_some() { secrets.push(one) } else { configs.push(one) }
    }
    for (key, list) in [("configs", configs), ("secrets", secrets)] {
        if !list.is_empty() {
            out.insert(key.into(), Value::Array(list));
        }
    }
    if let Some(user) = workload.user {
        out.insert("user".into(), json!(user.to_string()));
    }
    if let Some(workdir) = &workload.workdir {
        out.insert("working_dir".into(), json!(literal(workdir)));
    }
    if let Some(cpu) = workload.resources.cpu {
        let milli = super::millicpu(cpu);
        out.insert("cpus".into(), json!(format!("{}.{:03}", milli / 1000, milli % 1000)));
    }
    if let Some(memory) = &workload.resources.memory {
        out.insert("mem_limit".into(), json!(memory.trim_end_matches('i').to_lowercase()));
    }
    out.insert("restart".into(), json!(if workload.run == Run::Once { "no" } else { "unless-stopped" }));
    // Listeners of the site are found there.
    out.insert("extra_hosts".into(), json!(["host.docker.internal:host-gateway"]));
    out.insert("labels".into(), json!({ "skupperx.io/instance": piece.path }));
    Value::Object(out)
}

/// A text in which nothing is interpolated.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}
