//! Workloads as Kubernetes objects.

use serde_json::{Map, Value, json};

use super::{Content, Object, Piece};
use crate::{
    canonical::digest_of,
    model::{EnvValue, FileSource, Probe, Run, Transport, Workload},
};

/// Who owns the objects.
const MANAGER: &str = "skupper-x";

/// The objects for a workload.
pub(super) fn objects(piece: &Piece<'_>) -> Vec<Object> {
    let workload = &piece.workload;
    let mut out = Vec::new();
    let files: Map<String, Value> = texts(workload).map(|(key, _, text, _)| (key, json!(text))).collect();
    let mut template_annotations = Map::new();
    if !files.is_empty() {
        // A changed file is a changed workload: it is started again.
        template_annotations.insert("skupperx.io/files".into(), json!(digest_of(&Value::Object(files.clone()))));
        out.push(piece.structure("ConfigMap", "v1", json!({ "data": files })));
    }
    let own: Vec<_> = workload.volumes.iter().filter(|(_, v)| v.claim.is_none()).collect();
    let claims: Vec<Value> = own
        .iter()
        .map(|(name, volume)| {
            json!({
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": { "name": name.as_str(), "labels": piece.labels() },
                "spec": claim_spec(&volume.size),
            })
        })
        .collect();
    let mut metadata = json!({ "labels": piece.labels() });
    if !template_annotations.is_empty() {
        metadata["annotations"] = Value::Object(template_annotations);
    }
    let template = json!({ "metadata": metadata, "spec": pod(piece) });
    let selector = json!({ "matchLabels": piece.selector() });
    let replicas = workload.replicas.unwrap_or(1);
    match workload.run {
        Run::Once => {
            for (name, volume) in &own {
                let mut claim =
                    piece.structure("PersistentVolumeClaim", "v1", json!({ "spec": claim_spec(&volume.size) }));
                rename(&mut claim, &format!("{}-{name}", piece.name));
                out.push(claim);
            }
            let spec = json!({ "completions": replicas, "parallelism": replicas, "template": template });
            out.push(piece.structure("Job", "batch/v1", json!({ "spec": spec })));
        }
        Run::Always if claims.is_empty() => {
            let spec = json!({ "replicas": replicas, "selector": selector, "template": template });
            out.push(piece.structure("Deployment", "apps/v1", json!({ "spec": spec })));
        }
        Run::Always => {
            let spec = json!({
                "replicas": replicas, "selector": selector, "serviceName": piece.name,
                "template": template, "volumeClaimTemplates": claims,
            });
            out.push(piece.structure("StatefulSet", "apps/v1", json!({ "spec": spec })));
        }
    }
    if !workload.ports.is_empty() {
        let ports: Vec<Value> = workload
            .ports
            .iter()
            .map(|(name, port)| {
                let port = port.spec();
                json!({ "name": port_name(name.as_str()), "port": port.port, "targetPort": port.port, "protocol": protocol(port.protocol) })
            })
            .collect();
        let kind = if piece.outside { "LoadBalancer" } else { "ClusterIP" };
        let spec = json!({ "type": kind, "selector": piece.selector(), "ports": ports });
        out.push(piece.structure("Service", "v1", json!({ "spec": spec })));
    }
    out
}

/// An object a block brings itself, marked as ours.
pub(super) fn own_object(mut object: Value, deployment: &str, path: &str, id: &str, block: &str) -> Object {
    let labels = labels(deployment, id, block);
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for (key, value) in labels {
            let all = metadata.entry("labels").or_insert_with(|| json!({}));
            if let Some(all) = all.as_object_mut() {
                all.entry(key).or_insert(value);
            }
        }
        let notes = metadata.entry("annotations").or_insert_with(|| json!({}));
        if let Some(notes) = notes.as_object_mut() {
            notes.insert("skupperx.io/instance".into(), json!(path));
        }
    }
    let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    Object {
        kind: text("/kind"),
        name: text("/metadata/name"),
        why: vec![format!("{path} brings it with {block}")],
        content: Content::Structure(object),
    }
}

impl Piece<'_> {
    /// Two deployments of the same application may share a namespace.
    fn selector(&self) -> Value {
        json!({ "app.kubernetes.io/instance": self.id, "app.kubernetes.io/part-of": self.deployment })
    }

    fn labels(&self) -> Map<String, Value> {
        labels(self.deployment, self.id, self.block)
    }

    fn structure(&self, kind: &str, version: &str, rest: Value) -> Object {
        let mut object = json!({
            "apiVersion": version,
            "kind": kind,
            "metadata": {
                "name": self.name,
                "labels": self.labels(),
                "annotations": { "skupperx.io/instance": self.path },
            },
        });
        if let (Some(object), Value::Object(rest)) = (object.as_object_mut(), rest) {
            object.extend(rest);
        }
        self.object(kind, &self.name, Content::Structure(object))
    }
}

fn rename(object: &mut Object, name: &str) {
    object.name = name.to_owned();
    if let Content::Structure(value) = &mut object.content {
        value["metadata"]["name"] = json!(name);
    }
}

fn labels(deployment: &str, id: &str, block: &str) -> Map<String, Value> {
    let name = block.split('@').next().unwrap_or(block);
    [
        ("app.kubernetes.io/name", name),
        ("app.kubernetes.io/instance", id),
        ("app.kubernetes.io/part-of", deployment),
        ("app.kubernetes.io/managed-by", MANAGER),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), json!(value)))
    .collect()
}

fn claim_spec(size: &str) -> Value {
    json!({ "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": size } } })
}

/// The files that hold text: their key, path, text and mode.
fn texts(workload: &Workload) -> impl Iterator<Item = (String, &String, &String, u32)> {
    workload.files.iter().enumerate().filter_map(|(i, (path, file))| {
        let text = file.content.as_ref()?;
        Some((format!("file-{i}"), path, text, mode(file)))
    })
}

fn mode(file: &FileSource) -> u32 {
    if file.executable { 0o555 } else { 0o444 }
}

fn pod(piece: &Piece<'_>) -> Value {
    let workload = &piece.workload;
    let mut mounts = Vec::new();
    let mut volumes = Vec::new();
    let mut items = Vec::new();
    for (key, path, _, mode) in texts(workload) {
        mounts.push(json!({ "name": "files", "mountPath": path, "subPath": key, "readOnly": true }));
        items.push(json!({ "key": key, "path": key, "mode": mode }));
    }
    if !items.is_empty() {
        volumes.push(json!({ "name": "files", "configMap": { "name": piece.name, "items": items } }));
    }
    for (i, (path, file)) in workload.files.iter().enumerate() {
        let Some(secret) = &file.secret else { continue };
        let name = format!("secret-{i}");
        mounts.push(json!({ "name": name, "mountPath": path, "subPath": "value", "readOnly": true }));
        let item = json!({ "key": secret.key(), "path": "value", "mode": mode(file) });
        volumes.push(json!({ "name": name, "secret": { "secretName": secret.secret.as_str(), "items": [item] } }));
    }
    for (name, volume) in &workload.volumes {
        mounts.push(json!({ "name": name.as_str(), "mountPath": volume.path }));
        let claim = match (&volume.claim, workload.run) {
            (Some(claim), _) => claim.clone(),
            (None, Run::Once) => format!("{}-{name}", piece.name),
            // A stateful set makes its own.
            (None, Run::Always) => continue,
        };
        volumes.push(json!({ "name": name.as_str(), "persistentVolumeClaim": { "claimName": claim } }));
    }
    let mut container = container(workload);
    if !mounts.is_empty() {
        container.insert("volumeMounts".into(), Value::Array(mounts));
    }
    let mut pod = Map::new();
    pod.insert("containers".into(), json!([container]));
    // Workloads have no business with the cluster's API.
    pod.insert("automountServiceAccountToken".into(), json!(false));
    if workload.run == Run::Once {
        pod.insert("restartPolicy".into(), json!("OnFailure"));
    }
    if let Some(user) = workload.user {
        pod.insert("securityContext".into(), json!({ "runAsUser": user, "fsGroup": user }));
    }
    if !volumes.is_empty() {
        pod.insert("volumes".into(), Value::Array(volumes));
    }
    Value::Object(pod)
}

fn container(workload: &Workload) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("name".into(), json!("main"));
    out.insert("image".into(), json!(workload.image));
    out.insert("securityContext".into(), json!({ "allowPrivilegeEscalation": false }));
    if !workload.command.is_empty() {
        out.insert("command".into(), words(&workload.command));
    }
    if !workload.args.is_empty() {
        out.insert("args".into(), words(&workload.args));
    }
    if let Some(workdir) = &workload.workdir {
        out.insert("workingDir".into(), json!(workdir));
    }
    let env: Vec<Value> = workload
        .env
        .iter()
        .map(|(name, value)| match value {
            EnvValue::Text(text) => json!({ "name": name, "value": literal(text) }),
            EnvValue::Number(number) => json!({ "name": name, "value": number.to_string() }),
            EnvValue::Boolean(boolean) => json!({ "name": name, "value": boolean.to_string() }),
            EnvValue::Secret(secret) => {
                let key = json!({ "name": secret.secret.as_str(), "key": secret.key() });
                json!({ "name": name, "valueFrom": { "secretKeyRef": key } })
            }
        })
        .collect();
    if !env.is_empty() {
        out.insert("env".into(), Value::Array(env));
    }
    let ports: Vec<Value> = workload
        .ports
        .iter()
        .map(|(name, port)| {
            let port = port.spec();
            json!({ "name": port_name(name.as_str()), "containerPort": port.port, "protocol": protocol(port.protocol) })
        })
        .collect();
    if !ports.is_empty() {
        out.insert("ports".into(), Value::Array(ports));
    }
    let probes = &workload.probes;
    for (key, one) in
        [("startupProbe", &probes.started), ("readinessProbe", &probes.ready), ("livenessProbe", &probes.live)]
    {
        if let Some(one) = one {
            out.insert(key.into(), probe(one));
        }
    }
    let mut limits = Map::new();
    if let Some(cpu) = workload.resources.cpu {
        limits.insert("cpu".into(), json!(format!("{}m", super::millicpu(cpu))));
    }
    if let Some(memory) = &workload.resources.memory {
        limits.insert("memory".into(), json!(memory));
    }
    if !limits.is_empty() {
        out.insert("resources".into(), json!({ "limits": limits, "requests": limits }));
    }
    out
}

fn words(words: &[String]) -> Value {
    words.iter().map(|word| Value::from(literal(word))).collect()
}

/// Kubernetes would expand $(NAME).
fn literal(text: &str) -> String {
    text.replace("$(", "$$(")
}

fn probe(probe: &Probe) -> Value {
    let mut out = Map::new();
    if let Some(http) = &probe.http {
        out.insert("httpGet".into(), json!({ "path": http.path, "port": http.port }));
    } else if let Some(port) = probe.tcp {
        out.insert("tcpSocket".into(), json!({ "port": port }));
    } else {
        out.insert("exec".into(), json!({ "command": probe.exec }));
    }
    for (key, value) in
        [("periodSeconds", probe.every), ("timeoutSeconds", probe.timeout), ("failureThreshold", probe.failures)]
    {
        if let Some(value) = value {
            out.insert(key.into(), json!(value));
        }
    }
    Value::Object(out)
}

/// Port names have at most 15 characters and no underscores.
fn port_name(name: &str) -> String {
    let mut name = name.replace('_', "-");
    name.truncate(15);
    name.trim_end_matches('-').to_owned()
}

fn protocol(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Udp => "UDP",
    }
}
