//! Workloads as Quadlet files: containers run by Podman under systemd.

use std::fmt::Write;

use super::{Content, Object, Piece, systemd};
use crate::model::{EnvValue, Run};

/// The network that all containers of a deployment share at a site.
pub(super) fn network(deployment: &str, why: Vec<String>) -> Object {
    let text = format!("[Network]\nNetworkName=skx-{deployment}\n");
    Object { kind: "quadlet".to_owned(), name: format!("skx-{deployment}.network"), content: Content::Text(text), why }
}

/// The Quadlet files for a workload, with its files.
pub(super) fn objects(piece: &Piece<'_>) -> Vec<Object> {
    let workload = &piece.workload;
    let mut out = systemd::files(piece);
    let mut unit = format!(
        "# {}\n[Unit]\nDescription={}\n\n[Container]\n",
        piece.path,
        systemd::unit_line(&systemd::title(piece))
    );
    let mut line = |key: &str, value: &str| {
        let _ = writeln!(unit, "{key}={value}");
    };
    line("Image", &systemd::unit_line(workload.image.as_deref().unwrap_or_default()));
    line("ContainerName", &piece.name);
    line("Network", &format!("skx-{}.network", piece.deployment));
    if let [first, rest @ ..] = workload.command.as_slice() {
        // Quadlet hands it on as it is.
        line("Entrypoint", &systemd::unit_line(first));
        let words = systemd::unit_words(rest.iter().chain(&workload.args));
        if !words.is_empty() {
            line("Exec", &words);
        }
    } else if !workload.args.is_empty() {
        line("Exec", &systemd::unit_words(workload.args.iter()));
    }
    for (name, value) in &workload.env {
        match value {
            EnvValue::Secret(secret) => {
                let kept = format!("{}.{}", secret.secret, secret.key());
                line("Secret", &format!("{kept},type=env,target={name}"));
            }
            other => {
                let text = systemd::env_text(other).unwrap_or_default();
                line("Environment", &systemd::quoted(&format!("{name}={text}"), false));
            }
        }
    }
    for port in &piece.published {
        let host = if piece.outside { "" } else { "127.0.0.1:" };
        let protocol = if port.udp { "/udp" } else { "" };
        line("PublishPort", &format!("{host}{}:{}{protocol}", port.host, port.container));
    }
    for (i, (path, file)) in workload.files.iter().enumerate() {
        match &file.secret {
            Some(secret) => {
                let mode = if file.executable { "0555" } else { "0444" };
                line("Secret", &format!("{}.{},type=mount,target={path},mode={mode}", secret.secret, secret.key()));
            }
            None => line("Volume", &format!("%E/skx/{}/{}/{i}:{path}:ro,z", piece.deployment, piece.name)),
        }
    }
    for (name, volume) in &workload.volumes {
        let from = volume.claim.clone().unwrap_or_else(|| format!("{}-{name}", piece.name));
        line("Volume", &format!("{from}.volume:{}", volume.path));
    }
    if let Some(user) = workload.user {
        line("User", &user.to_string());
    }
    if let Some(workdir) = &workload.workdir {
        line("WorkingDir", &systemd::unit_line(workdir));
    }
    if let Some(cpu) = workload.resources.cpu {
        let milli = super::millicpu(cpu);
        line("PodmanArgs", &format!("--cpus={}.{:03}", milli / 1000, milli % 1000));
    }
    if let Some(memory) = &workload.resources.memory {
        line("PodmanArgs", &format!("--memory={}", memory.trim_end_matches('i').to_lowercase()));
    }
    line("Label", &format!("skupperx.io/instance={}", piece.path));
    unit.push_str("\n[Service]\n");
    unit.push_str(match workload.run {
        Run::Always => "Restart=always\nRestartSec=1\n",
        Run::Once => "Type=oneshot\nRemainAfterExit=yes\n",
    });
    unit.push_str("\n[Install]\nWantedBy=default.target\n");
    out.push(piece.object("quadlet", format!("{}.container", piece.name), Content::Text(unit)));
    for (name, _) in workload.volumes.iter().filter(|(_, v)| v.claim.is_none()) {
        let name = format!("{}-{name}", piece.name);
        let text = format!("[Volume]\nVolumeName={name}\n");
        out.push(piece.object("quadlet", format!("{name}.volume"), Content::Text(text)));
    }
    out
}
