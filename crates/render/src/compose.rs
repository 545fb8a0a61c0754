//! A compose file, complete in itself.

use serde_json::{Value, json};

use crate::{Format, Image, Invitation, container, text};

/// The variable the passcode is handed over in.
const PASSCODE_VARIABLE: &str = "SKX_PASSCODE";

pub(crate) fn file(invitation: &Invitation<'_>, image: &Image) -> String {
    let yaml = serde_saphyr::to_string(&project(invitation, image)).expect("texts and maps have a YAML form");
    text::comments(invitation, &how(invitation)) + &yaml
}

/// The commands that apply it.
pub(crate) fn how(invitation: &Invitation<'_>) -> Vec<String> {
    let mut variables = String::new();
    if invitation.ticket.interactive {
        variables += &format!("{}=NAME ", container::NAME_VARIABLE);
    }
    if invitation.ticket.passcode {
        variables += &format!("{PASSCODE_VARIABLE}=PASSCODE ");
    }
    vec![format!("{variables}docker compose --file {} up --detach", invitation.file_name(Format::Compose))]
}

fn project(invitation: &Invitation<'_>, image: &Image) -> Value {
    let user = container::USER.to_string();
    // Compose copies such files into the container. It cannot where the root file system is read-only, so it is not.
    let copied = |source: &str, target: &str| json!([{"source": source, "target": target, "uid": &user, "gid": &user, "mode": "0400"}]);
    let health: Vec<_> = ["CMD"].iter().chain(&container::HEALTH).collect();
    let mut service = json!({
        "image": image.to_string(),
        "entrypoint": ["skx"],
        "command": container::arguments(invitation),
        "user": format!("{user}:{user}"),
        "restart": "unless-stopped",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "configs": copied("invitation", container::INVITATION),
        "volumes": [{"type": "volume", "source": "state", "target": container::VOLUME}],
        "healthcheck": {"test": health, "interval": "30s", "timeout": "10s"},
    });
    let mut project = json!({
        "name": invitation.label(),
        "configs": {"invitation": {"content": invitation.armoured()}},
        "volumes": {"state": {}},
    });
    if invitation.ticket.interactive {
        let name = container::NAME_VARIABLE;
        service["environment"] = json!({name: format!("${{{name}:?say what this site is to be called}}")});
    }
    if invitation.ticket.passcode {
        service["secrets"] = copied("passcode", container::PASSCODE);
        project["secrets"] = json!({"passcode": {"environment": PASSCODE_VARIABLE}});
    }
    project["services"] = json!({"site": service});
    project
}
