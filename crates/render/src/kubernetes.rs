//! Objects for one namespace of a Kubernetes cluster. The site asks nothing of the cluster's API, so it is given no rights there,
//! and no token.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    Image,
    container::{self, Platform, Workload},
};

/// Read by its owner only.
const OWNER_ONLY: u32 = 0o400;

pub(crate) fn objects(site: &Workload, image: &Image) -> String {
    let label = &site.label;
    let labels = json!({"app.kubernetes.io/name": "skx-site", "app.kubernetes.io/instance": label});
    let meta = |name: &str| json!({"name": name, "labels": &labels});
    let mut objects = vec![
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(label), "automountServiceAccountToken": false}),
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": meta(&site.ticket_secret()), "type": "Opaque",
            "stringData": {site.ticket_kind: site.ticket},
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(&format!("{label}-state")),
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}},
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(label),
            "spec": {
                "replicas": 1,
                // Two at a time would be one site twice.
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": &labels},
                "template": {"metadata": {"labels": &labels}, "spec": pod(site, image)},
            },
        }),
    ];
    if !site.ports.is_empty() {
        objects.push(json!({
            // The name of a service begins with a letter.
            "apiVersion": "v1", "kind": "Service", "metadata": meta(&format!("access-{label}")),
            // A site that has not enrolled is not ready, and it enrols by being dialled.
            "spec": {
                "type": "LoadBalancer", "selector": &labels, "ports": service_ports(site), "publishNotReadyAddresses": true,
            },
        }));
    }
    let yaml =
        |object: &Value| format!("---\n{}", serde_saphyr::to_string(object).expect("texts and maps have a YAML form"));
    objects.iter().map(yaml).collect()
}

/// Others dial the advertised port. Where two access points advertise the same one, they are behind different load
/// balancers of somebody else's, and this one tells them apart by where the router listens.
fn service_ports(site: &Workload) -> Vec<Value> {
    let mut taken = BTreeSet::new();
    let ports = site.ports.iter().map(|port| {
        let outside = if taken.insert(port.advertised) { port.advertised } else { port.bind.port() };
        json!({"name": port.name, "protocol": "TCP", "port": outside, "targetPort": port.bind.port()})
    });
    ports.collect()
}

pub(crate) fn how(site: &Workload) -> Vec<String> {
    let mut commands = Vec::new();
    if site.interactive || site.passcode {
        let name = if site.interactive { " --from-literal=name=NAME" } else { "" };
        let passcode = if site.passcode { " --from-file=passcode=PASSCODE-FILE" } else { "" };
        let secret = answers(site);
        commands.push(format!("kubectl --namespace NAMESPACE create secret generic {secret}{name}{passcode}"));
    }
    commands.push(format!("kubectl --namespace NAMESPACE apply --filename {}", site.file_name(Platform::Kubernetes)));
    if !site.ports.is_empty() {
        commands.push(format!("kubectl --namespace NAMESPACE get service access-{}", site.label));
    }
    commands
}

/// The secret with what the participant has to say.
fn answers(site: &Workload) -> String {
    format!("{}-answers", site.label)
}

fn pod(site: &Workload, image: &Image) -> Value {
    let label = &site.label;
    let mut container = json!({
        "name": "site",
        "image": image.to_string(),
        "command": ["skx"],
        "args": site.arguments(),
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "readOnlyRootFilesystem": true,
            "capabilities": {"drop": ["ALL"]},
        },
        // The local API listens on the loopback interface only, so the question is asked from within.
        "readinessProbe": {"exec": {"command": container::HEALTH}, "periodSeconds": 10, "timeoutSeconds": 5},
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}},
    });
    let mut mounts = vec![
        json!({"name": "state", "mountPath": container::VOLUME}),
        json!({"name": site.ticket_kind, "mountPath": parent(&site.ticket_path()), "readOnly": true}),
    ];
    let mut volumes = vec![
        json!({"name": "state", "persistentVolumeClaim": {"claimName": format!("{label}-state")}}),
        json!({"name": site.ticket_kind, "secret": {"secretName": site.ticket_secret(), "defaultMode": OWNER_ONLY}}),
    ];
    let answers = answers(site);
    if site.interactive {
        container["env"] = json!([{
            "name": container::NAME_VARIABLE, "valueFrom": {"secretKeyRef": {"name": &answers, "key": "name"}},
        }]);
    }
    if site.passcode {
        mounts.push(json!({"name": "answers", "mountPath": parent(container::PASSCODE), "readOnly": true}));
        volumes.push(json!({"name": "answers", "secret": {
            "secretName": &answers, "defaultMode": OWNER_ONLY, "items": [{"key": "passcode", "path": "passcode"}],
        }}));
    }
    if !site.ports.is_empty() {
        container["ports"] = site.host_ports().map(|port| json!({"containerPort": port, "protocol": "TCP"})).collect();
    }
    container["volumeMounts"] = Value::Array(mounts);
    let mut security = json!({
        "runAsNonRoot": true, "runAsUser": container::USER, "runAsGroup": container::USER, "fsGroup": container::USER,
        // Once: what the program keeps to itself stays so.
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    });
    if site.has_low_ports() {
        let (name, value) = container::LOW_PORTS;
        security["sysctls"] = json!([{"name": name, "value": value}]);
    }
    json!({
        "serviceAccountName": label,
        "automountServiceAccountToken": false,
        "securityContext": security,
        "containers": [container],
        "volumes": volumes,
    })
}

/// The directory a file is in.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(parent, _)| parent)
}
