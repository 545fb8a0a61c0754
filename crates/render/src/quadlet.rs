//! A Quadlet unit: what Podman's generator makes a systemd service of. The invitation stands in its comments, from where it
//! becomes a secret of Podman's; the unit that is installed is without it.

use crate::{Format, Image, Invitation, container, text};

/// What the lines of the invitation begin with.
const MARK: &str = "#| ";

pub(crate) fn unit(invitation: &Invitation<'_>, image: &Image) -> String {
    let label = invitation.label();
    let user = container::USER;
    let owned = format!("uid={user},gid={user},mode=0400");
    let mut lines = vec![
        "[Unit]".to_owned(),
        format!("Description=Site of the application network {}", invitation.ticket.network_name),
        "Wants=network-online.target".to_owned(),
        "After=network-online.target".to_owned(),
        String::new(),
        "[Container]".to_owned(),
        format!("ContainerName={label}"),
        format!("Image={image}"),
        "Entrypoint=skx".to_owned(),
        format!("Exec={}", container::arguments(invitation).join(" ")),
        format!("User={user}"),
        format!("Group={user}"),
        "ReadOnly=true".to_owned(),
        "NoNewPrivileges=true".to_owned(),
        "DropCapability=all".to_owned(),
        format!("Volume={label}-state:{}", container::VOLUME),
        format!("Secret={label}-invitation,type=mount,target={},{owned}", container::INVITATION),
    ];
    if invitation.ticket.interactive {
        lines.push(format!("Secret={label}-name,type=env,target={}", container::NAME_VARIABLE));
    }
    if invitation.ticket.passcode {
        lines.push(format!("Secret={label}-passcode,type=mount,target={},{owned}", container::PASSCODE));
    }
    lines.extend([
        format!("HealthCmd={}", container::HEALTH.join(" ")),
        String::new(),
        "[Service]".to_owned(),
        "Restart=always".to_owned(),
        "RestartSec=5".to_owned(),
        "# A final refusal: trying again does not help.".to_owned(),
        "RestartPreventExitStatus=5".to_owned(),
        String::new(),
        "[Install]".to_owned(),
        "WantedBy=default.target".to_owned(),
    ]);
    let armoured: String = invitation.armoured().lines().map(|line| format!("{MARK}{line}\n")).collect();
    format!("{}\n{armoured}\n{}\n", text::comments(invitation, &how(invitation)), lines.join("\n"))
}

/// The commands that apply it, for a user without privileges.
pub(crate) fn how(invitation: &Invitation<'_>) -> Vec<String> {
    let (label, file) = (invitation.label(), invitation.file_name(Format::Quadlet));
    let mut commands = vec![format!("sed -n 's/^{MARK}//p' {file} | podman secret create {label}-invitation -")];
    if invitation.ticket.interactive {
        commands.push(format!("printf %s NAME | podman secret create {label}-name -"));
    }
    if invitation.ticket.passcode {
        commands.push(format!("podman secret create {label}-passcode PASSCODE-FILE"));
    }
    commands.extend([
        "mkdir -p ~/.config/containers/systemd".to_owned(),
        format!("grep -v '^{MARK}' {file} > ~/.config/containers/systemd/{label}.container"),
        format!("systemctl --user daemon-reload && systemctl --user start {label}"),
    ]);
    commands
}
