//! Objects for one namespace of a Kubernetes cluster. The site asks nothing of the cluster's API, so it is given no rights there,
//! and no token.

use serde_json::{Value, json};

use crate::{Format, Image, Invitation, container, text};

/// Read by its owner only.
const OWNER_ONLY: u32 = 0o400;

pub(crate) fn objects(invitation: &Invitation<'_>, image: &Image) -> String {
    let label = invitation.label();
    let meta = |name: &str| json!({"name": name, "labels": {"app.kubernetes.io/name": "skx-site", "app.kubernetes.io/instance": &label}});
    let objects = [
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta(&label), "automountServiceAccountToken": false}),
        json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": meta(&format!("{label}-invitation")), "type": "Opaque",
            "stringData": {"invitation": invitation.armoured()},
        }),
        json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta(&format!("{label}-state")),
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}},
        }),
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta(&label),
            "spec": {
                "replicas": 1,
                // Two at a time would be one site twice.
                "strategy": {"type": "Recreate"},
                "selector": {"matchLabels": meta(&label)["labels"]},
                "template": {"metadata": {"labels": meta(&label)["labels"]}, "spec": pod(invitation, image)},
            },
        }),
    ];
    objects.iter().fold(text::comments(invitation, &how(invitation)), |text, object| {
        format!("{text}---\n{}", serde_saphyr::to_string(object).expect("texts and maps have a YAML form"))
    })
}

/// The commands that apply it.
pub(crate) fn how(invitation: &Invitation<'_>) -> Vec<String> {
    let ticket = invitation.ticket;
    let mut commands = Vec::new();
    if ticket.interactive || ticket.passcode {
        let name = if ticket.interactive { " --from-literal=name=NAME" } else { "" };
        let passcode = if ticket.passcode { " --from-file=passcode=PASSCODE-FILE" } else { "" };
        let secret = answers(invitation);
        commands.push(format!("kubectl --namespace NAMESPACE create secret generic {secret}{name}{passcode}"));
    }
    commands
        .push(format!("kubectl --namespace NAMESPACE apply --filename {}", invitation.file_name(Format::Kubernetes)));
    commands
}

/// The secret with what the participant has to say.
fn answers(invitation: &Invitation<'_>) -> String {
    format!("{}-answers", invitation.label())
}

fn pod(invitation: &Invitation<'_>, image: &Image) -> Value {
    let label = invitation.label();
    let mut container = json!({
        "name": "site",
        "image": image.to_string(),
        "command": ["skx"],
        "args": container::arguments(invitation),
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
        json!({"name": "invitation", "mountPath": parent(container::INVITATION), "readOnly": true}),
    ];
    let mut volumes = vec![
        json!({"name": "state", "persistentVolumeClaim": {"claimName": format!("{label}-state")}}),
        json!({"name": "invitation", "secret": {"secretName": format!("{label}-invitation"), "defaultMode": OWNER_ONLY}}),
    ];
    let answers = answers(invitation);
    if invitation.ticket.interactive {
        container["env"] = json!([{
            "name": container::NAME_VARIABLE, "valueFrom": {"secretKeyRef": {"name": &answers, "key": "name"}},
        }]);
    }
    if invitation.ticket.passcode {
        mounts.push(json!({"name": "answers", "mountPath": parent(container::PASSCODE), "readOnly": true}));
        volumes.push(json!({"name": "answers", "secret": {
            "secretName": &answers, "defaultMode": OWNER_ONLY, "items": [{"key": "passcode", "path": "passcode"}],
        }}));
    }
    container["volumeMounts"] = Value::Array(mounts);
    json!({
        "serviceAccountName": label,
        "automountServiceAccountToken": false,
        "securityContext": {
            "runAsNonRoot": true, "runAsUser": container::USER, "runAsGroup": container::USER, "fsGroup": container::USER,
            // Once: what the program keeps to itself stays so.
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": volumes,
    })
}

/// The directory a file is in.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(parent, _)| parent)
}
