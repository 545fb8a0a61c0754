//! A Quadlet unit: what Podman's generator makes a systemd service of. The ticket stands in its comments, from where it
//! becomes a secret of Podman's; the unit that is installed is without it.

use crate::{
    Image,
    container::{self, Platform, Workload},
};

/// What the lines of the ticket begin with.
const MARK: &str = "#| ";

pub(crate) fn unit(site: &Workload, image: &Image) -> String {
    let label = &site.label;
    let user = container::USER;
    let owned = format!("uid={user},gid={user},mode=0400");
    let mut lines = vec![
        "[Unit]".to_owned(),
        format!("Description={}", site.description),
        "Wants=network-online.target".to_owned(),
        "After=network-online.target".to_owned(),
        String::new(),
        "[Container]".to_owned(),
        format!("ContainerName={label}"),
        format!("Image={image}"),
        "Entrypoint=skx".to_owned(),
        format!("Exec={}", site.arguments().join(" ")),
        format!("User={user}"),
        format!("Group={user}"),
        "ReadOnly=true".to_owned(),
        "NoNewPrivileges=true".to_owned(),
        "DropCapability=all".to_owned(),
        format!("Volume={label}-state:{}", container::VOLUME),
        format!("Secret={},type=mount,target={},{owned}", site.ticket_secret(), site.ticket_path()),
    ];
    if site.interactive {
        lines.push(format!("Secret={label}-name,type=env,target={}", container::NAME_VARIABLE));
    }
    if site.passcode {
        lines.push(format!("Secret={label}-passcode,type=mount,target={},{owned}", container::PASSCODE));
    }
    lines.extend(site.host_ports().map(|port| format!("PublishPort={port}:{port}")));
    if site.has_low_ports() {
        let (name, value) = container::LOW_PORTS;
        lines.push(format!("Sysctl={name}={value}"));
    }
    lines.extend([
        // As it is, and not by a shell: an image need not have one.
        format!("HealthCmd=CMD {}", container::HEALTH.join(" ")),
        String::new(),
        "[Service]".to_owned(),
        "Restart=always".to_owned(),
        "RestartSec=5".to_owned(),
        "# Wrong input, or a final refusal: trying again does not help.".to_owned(),
        "RestartPreventExitStatus=2 5".to_owned(),
        String::new(),
        "[Install]".to_owned(),
        "WantedBy=default.target".to_owned(),
    ]);
    let ticket: String = site.ticket.lines().map(|line| format!("{MARK}{line}\n")).collect();
    format!("\n{ticket}\n{}\n", lines.join("\n"))
}

/// For a user without privileges.
pub(crate) fn how(site: &Workload) -> Vec<String> {
    let (label, file) = (&site.label, site.file_name(Platform::Quadlet));
    let mut commands = vec![format!("sed -n 's/^{MARK}//p' {file} | podman secret create {} -", site.ticket_secret())];
    if site.interactive {
        commands.push(format!("printf %s NAME | podman secret create {label}-name -"));
    }
    if site.passcode {
        commands.push(format!("podman secret create {label}-passcode PASSCODE-FILE"));
    }
    commands.extend([
        "mkdir -p ~/.config/containers/systemd".to_owned(),
        format!("grep -v '^{MARK}' {file} > ~/.config/containers/systemd/{label}.container"),
        // Services of a user end when the user logs out, unless told otherwise.
        "loginctl enable-linger".to_owned(),
        format!("systemctl --user daemon-reload && systemctl --user start {label}"),
    ]);
    commands
}
