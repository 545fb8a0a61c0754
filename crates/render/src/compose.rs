//! A compose file, complete in itself.

use serde_json::{Value, json};

use crate::{
    Image,
    container::{self, Platform, Workload},
};

/// The variable the passcode is handed over in.
const PASSCODE_VARIABLE: &str = "SKX_PASSCODE";

pub(crate) fn file(site: &Workload, image: &Image) -> String {
    serde_saphyr::to_string(&project(site, image)).expect("texts and maps have a YAML form")
}

pub(crate) fn how(site: &Workload) -> Vec<String> {
    let mut variables = String::new();
    if site.interactive {
        variables += &format!("{}=NAME ", container::NAME_VARIABLE);
    }
    if site.passcode {
        variables += &format!("{PASSCODE_VARIABLE}=PASSCODE ");
    }
    vec![format!("{variables}docker compose --file {} up --detach", site.file_name(Platform::Compose))]
}

fn project(site: &Workload, image: &Image) -> Value {
    let user = container::USER.to_string();
    // Compose copies such files into the container. It cannot where the root file system is read-only, so it is not.
    let copied = |source: &str, target: &str| json!([{"source": source, "target": target, "uid": &user, "gid": &user, "mode": "0400"}]);
    let health: Vec<_> = ["CMD"].iter().chain(&container::HEALTH).collect();
    let mut service = json!({
        "image": image.to_string(),
        "entrypoint": ["skx"],
        "command": site.arguments(),
        "user": format!("{user}:{user}"),
        "restart": "unless-stopped",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "configs": copied(site.ticket_kind, &site.ticket_path()),
        "volumes": [{"type": "volume", "source": "state", "target": container::VOLUME}],
        "healthcheck": {"test": health, "interval": "30s", "timeout": "10s"},
    });
    let mut project = json!({
        "name": site.label,
        "configs": {site.ticket_kind: {"content": site.ticket}},
        "volumes": {"state": {}},
    });
    if site.interactive {
        let name = container::NAME_VARIABLE;
        service["environment"] = json!({name: format!("${{{name}:?say what this site is to be called}}")});
    }
    if site.passcode {
        service["secrets"] = copied("passcode", container::PASSCODE);
        project["secrets"] = json!({"passcode": {"environment": PASSCODE_VARIABLE}});
    }
    if !site.ports.is_empty() {
        service["ports"] =
            site.host_ports().map(|port| json!({"target": port, "published": port.to_string()})).collect();
    }
    if site.has_low_ports() {
        let (name, value) = container::LOW_PORTS;
        service["sysctls"] = json!({name: value});
    }
    project["services"] = json!({"site": service});
    project
}
