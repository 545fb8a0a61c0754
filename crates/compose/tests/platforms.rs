//! What is rendered, held against the platforms' own words: Kubernetes objects against the API's types, units against systemd.

use std::{collections::BTreeMap, path::Path, process::Command};

use compose::{
    Library, Source,
    build::build,
    render::{Content, Facts, Rendered, render},
};
use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::Job,
    core::v1::{ConfigMap, PersistentVolumeClaim, Service},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A component with everything a workload can have.
const EVERYTHING: &str = include_str!("documents/everything.yaml");

fn at(platform: &str) -> Rendered {
    let (library, problems) = Library::load(&[Source::new("everything.yaml", EVERYTHING)]);
    assert!(problems.is_empty(), "{}", problems.render(|_| Some(EVERYTHING)));
    let release = build(&library, "app").unwrap_or_else(|problems| panic!("{}", problems.render(|_| Some(EVERYTHING))));
    let facts = format!("{{site: {{name: here, platform: {platform}}}, places: [default]}}");
    let facts = Facts::read(&Source::new("site.yaml", facts)).expect("facts");
    render(&release, &facts).unwrap_or_else(|problems| panic!("{}", problems.render(|_| None)))
}

/// A value survives a round trip through its type only if every field is known and of the right type.
fn strict<T: Serialize + DeserializeOwned>(value: &Value) {
    let typed: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value:#}"));
    let mut back = serde_json::to_value(typed).expect("JSON");
    let mut value = value.clone();
    // Of empty collections it does not matter whether they are there.
    prune(&mut back);
    prune(&mut value);
    assert_eq!(back, value);
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

#[test]
fn kubernetes_objects_are_what_the_api_knows() {
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for object in at("kubernetes").objects {
        let Content::Structure(value) = &object.content else { panic!("{} is no structure", object.name) };
        match object.kind.as_str() {
            "ConfigMap" => strict::<ConfigMap>(value),
            "Deployment" => strict::<Deployment>(value),
            "Job" => strict::<Job>(value),
            "PersistentVolumeClaim" => strict::<PersistentVolumeClaim>(value),
            "Service" => strict::<Service>(value),
            "StatefulSet" => strict::<StatefulSet>(value),
            other => panic!("{other} is not checked"),
        }
        *kinds.entry(object.kind).or_default() += 1;
    }
    let all: Vec<&str> = kinds.keys().map(String::as_str).collect();
    assert_eq!(all, ["ConfigMap", "Deployment", "Job", "PersistentVolumeClaim", "Service", "StatefulSet"]);
}

#[test]
fn systemd_accepts_its_units() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut units = Vec::new();
    for object in at("systemd").objects {
        if let (Content::Text(text), "unit") = (&object.content, object.kind.as_str()) {
            let path = folder.path().join(&object.name);
            std::fs::write(&path, text).expect("writing a unit");
            units.push(path);
        }
    }
    assert!(units.len() >= 3, "{units:?}");
    verify(&units.iter().map(|u| u.as_path()).collect::<Vec<_>>());
}

fn verify(units: &[&Path]) {
    let run =
        Command::new("systemd-analyze").args(["verify", "--man=no", "--recursive-errors=no"]).args(units).output();
    let run = run.expect("systemd-analyze is missing: apt-get install systemd");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success() && said.trim().is_empty(), "{said}");
}

#[test]
fn every_form_of_a_workload_is_rendered_as_before() {
    let mut all = String::new();
    for platform in ["podman", "docker", "systemd", "process"] {
        for object in at(platform).objects {
            let text = match &object.content {
                Content::Text(text) => text.clone(),
                Content::Structure(value) => format!("{value:#}\n"),
            };
            all += &format!("===== {platform}: {} {}\n{text}\n", object.kind, object.name);
        }
    }
    insta::assert_snapshot!(all);
}
