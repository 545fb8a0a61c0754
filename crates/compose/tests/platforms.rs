//! What is rendered, held against the platforms' own words: Kubernetes objects against the API's types, units against systemd,
//! compose files against an implementation of the Compose Specification. Quadlet files have a test of their own: quadlet.rs.

mod support;

use std::{collections::BTreeSet, path::Path, process::Command};

use compose::{
    model::Platform,
    render::{Content, Object, Rendered},
};
use k8s_openapi::{
    Resource,
    api::{
        apps::v1::{DaemonSet, Deployment, StatefulSet},
        autoscaling::v2::HorizontalPodAutoscaler,
        batch::v1::{CronJob, Job},
        core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount},
        networking::v1::{Ingress, NetworkPolicy},
        policy::v1::PodDisruptionBudget,
        rbac::v1::{Role, RoleBinding},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Everything rendered for a platform: the component with everything, and every example.
fn all(platform: Platform) -> Vec<(String, Rendered)> {
    std::iter::once(("everything".to_owned(), support::everything(platform)))
        .chain(support::rendered(platform))
        .collect()
}

/// Why a value is not of a type of the Kubernetes API. It survives a round trip only if every field is known and of the right type.
fn strict<T: Resource + Serialize + DeserializeOwned>(value: &Value) -> Option<Result<(), String>> {
    if value["apiVersion"] != T::API_VERSION || value["kind"] != T::KIND {
        return None;
    }
    let typed: T = match serde_json::from_value(value.clone()) {
        Ok(typed) => typed,
        Err(error) => return Some(Err(error.to_string())),
    };
    let mut back = serde_json::to_value(typed).expect("JSON");
    let mut value = value.clone();
    // Of empty collections it does not matter whether they are there.
    prune(&mut back);
    prune(&mut value);
    Some(if back == value { Ok(()) } else { Err(format!("{value:#}\nis known as\n{back:#}")) })
}

fn prune(value: &mut Value) {
    if let Value::Object(map) = value {
        map.values_mut().for_each(prune);
        map.retain(|_, v| {
            !matches!(v, Value::Object(m) if m.is_empty()) && !matches!(v, Value::Array(a) if a.is_empty())
        });
    } else if let Value::Array(items) = value {
        items.iter_mut().for_each(prune);
    }
}

/// Whether the Kubernetes API knows an object, in every field.
fn known(value: &Value) -> Result<(), String> {
    type Check = fn(&Value) -> Option<Result<(), String>>;

    let each: [Check; 17] = [
        strict::<ConfigMap>,
        strict::<CronJob>,
        strict::<DaemonSet>,
        strict::<Deployment>,
        strict::<HorizontalPodAutoscaler>,
        strict::<Ingress>,
        strict::<Job>,
        strict::<NetworkPolicy>,
        strict::<PersistentVolumeClaim>,
        strict::<Pod>,
        strict::<PodDisruptionBudget>,
        strict::<Role>,
        strict::<RoleBinding>,
        strict::<Secret>,
        strict::<Service>,
        strict::<ServiceAccount>,
        strict::<StatefulSet>,
    ];
    each.iter().find_map(|one| one(value)).unwrap_or_else(|| Err(format!("{} is not checked", value["kind"])))
}

/// What the types leave open and the API server does not: names, labels and port names.
fn named(value: &Value) -> Result<(), String> {
    let label = |text: &str, most: usize, also: &str| {
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inner = text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c));
        inner && ends(text.chars().next()) && ends(text.chars().last()) && text.len() <= most
    };
    let name = value["metadata"]["name"].as_str().unwrap_or_default();
    if !label(name, 63, "-") || name.chars().any(char::is_uppercase) {
        return Err(format!("{name:?} is no name"));
    }
    let mut wrong = Vec::new();
    walk(value, &mut |key, value| match (key, value) {
        ("labels" | "matchLabels", Value::Object(map)) => {
            wrong.extend(map.values().filter_map(Value::as_str).filter(|v| !label(v, 63, "-_.")).map(str::to_owned));
        }
        ("ports", Value::Array(ports)) => {
            let names = ports.iter().filter_map(|p| p["name"].as_str());
            wrong.extend(names.filter(|n| !label(n, 15, "-")).map(str::to_owned));
        }
        _ => {}
    });
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?} of {name}")) }
}

fn walk(value: &Value, visit: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            visit(key, value);
            walk(value, visit);
        }),
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

#[test]
fn kubernetes_objects_are_what_the_api_knows() {
    let mut kinds = BTreeSet::new();
    for (name, rendered) in all(Platform::Kubernetes) {
        for object in rendered.objects {
            let Content::Structure(value) = &object.content else { panic!("{} is no structure", object.name) };
            known(value).and_then(|()| named(value)).unwrap_or_else(|why| panic!("{name}: {}: {why}", object.name));
            kinds.insert(object.kind);
        }
    }
    // What the translation makes, and what blocks bring themselves.
    for kind in ["ConfigMap", "Deployment", "Job", "PersistentVolumeClaim", "Service", "StatefulSet"] {
        assert!(kinds.contains(kind), "{kind} was not rendered");
    }
    for kind in ["CronJob", "Ingress", "NetworkPolicy", "Role", "RoleBinding", "ServiceAccount"] {
        assert!(kinds.contains(kind), "{kind} was not rendered");
    }
}

#[test]
fn the_check_of_kubernetes_objects_is_strict() {
    let fine = serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": 1}]}});
    assert_eq!(known(&fine), Ok(()));
    let misspelt = serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"port": [{"port": 1}]}});
    assert!(known(&misspelt).is_err());
    let mistyped = serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": "1"}]}});
    assert!(known(&mistyped).is_err());
    let elsewhere = serde_json::json!({"apiVersion": "v2", "kind": "Service", "metadata": {"name": "a"}});
    assert!(known(&elsewhere).is_err());
}

#[test]
fn systemd_accepts_its_units() {
    let mut seen = 0;
    for (name, rendered) in all(Platform::Systemd) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut units = Vec::new();
        for Object { name, kind, content, .. } in &rendered.objects {
            if let (Content::Text(text), "unit") = (content, kind.as_str()) {
                let path = folder.path().join(name);
                // The command is the container's or the machine's: here it is one that is there.
                std::fs::write(&path, text.replace("\"/usr/bin/till\"", "\"/bin/true\"")).expect("writing a unit");
                units.push(path);
            }
        }
        seen += units.len();
        verify(&name, &units.iter().map(|u| u.as_path()).collect::<Vec<_>>());
    }
    assert!(seen >= 6, "{seen} units");
}

fn verify(name: &str, units: &[&Path]) {
    let run =
        Command::new("systemd-analyze").args(["verify", "--man=no", "--recursive-errors=no"]).args(units).output();
    let run = run.expect("systemd-analyze is missing: apt-get install systemd");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.trim().is_empty(), "{name}: {said}");
}

#[test]
fn an_implementation_of_compose_reads_compose_files_as_they_are_meant() {
    let mut seen = 0;
    for (name, rendered) in all(Platform::Docker) {
        for object in rendered.objects.iter().filter(|o| o.kind == "compose") {
            let Content::Structure(value) = &object.content else { panic!("{name}: no structure") };
            let read = compose_spec(value).unwrap_or_else(|why| panic!("{name}: {why}"));
            // It finds the services that are there, and in them the texts as they were before they were quoted.
            let services = |value: &Value| value["services"].as_object().map(|s| s.keys().cloned().collect::<Vec<_>>());
            assert_eq!(services(&read), services(value), "{name}");
            seen += 1;
            if name == "everything" {
                let server = read["services"].as_object().expect("services").iter().find(|(n, _)| n.contains("server"));
                let (_, server) = server.expect("the server");
                assert_eq!(server["command"], serde_json::json!(["100% of $HOME", "say \"hi\"", "$(DATE)"]));
                assert_eq!(server["environment"]["TEXT"], "a b\nc $(X) $Y %z");
                assert_eq!(server["environment"]["SECRET"], "the-value");
            }
        }
    }
    assert!(seen >= 3, "{seen} compose files");
    let wrong = serde_json::json!({"services": {"a": {"image": "x", "imagee": "x"}}});
    assert!(compose_spec(&wrong).is_err(), "what is not in the specification is refused");
}

/// A compose file as compose-go, which Docker Compose is made with, reads it.
fn compose_spec(file: &Value) -> Result<Value, String> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("compose.yaml"), file.to_string()).expect("writing a file");
    let mut command = Command::new("compose-spec");
    command.current_dir(folder.path()).arg("compose.yaml");
    // The values of secrets come from the environment.
    let text = file.to_string();
    for (at, _) in text.match_indices("SKX_SECRET_") {
        let name: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        command.env(name, "the-value");
    }
    let run = command.output().expect("compose-spec is missing: scripts/setup test installs it");
    if !run.status.success() {
        return Err(String::from_utf8_lossy(&run.stderr).into_owned() + &String::from_utf8_lossy(&run.stdout));
    }
    serde_json::from_slice(&run.stdout).map_err(|e| e.to_string())
}

#[test]
fn every_form_of_a_workload_is_rendered_as_before() {
    let mut all = String::new();
    for platform in [Platform::Podman, Platform::Docker, Platform::Systemd, Platform::Process] {
        for object in support::everything(platform).objects {
            let text = match &object.content {
                Content::Text(text) => text.clone(),
                Content::Structure(value) => format!("{value:#}\n"),
            };
            all += &format!("===== {}: {} {}\n{text}\n", platform.as_str(), object.kind, object.name);
        }
    }
    insta::assert_snapshot!(all);
}
