//! Deployments and secrets from the command line, through a controller in a process of its own.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{io::Write as _, process::Stdio};

use support::{Service, skx};

const APPLICATION: &str = "\
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: worker, version: 1.0.0}
spec:
  type: component
  config: {password: {secret: true, required: true}}
  bodies: {any: {workload: {image: 'example.com/worker:1', env: {PASSWORD: '${{ config.password }}'}}}}
---
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: plain, version: 1.0.0}
spec:
  type: toplevel
  composite:
    parts: {worker: {block: worker, place: store, config: {password: {secret: database}}}}
---
apiVersion: skupperx.io/v1
kind: Application
metadata: {name: plain, version: 1.0.0, description: Works.}
spec:
  root: plain@1.0.0
  places: {store: {description: A store., platforms: [podman]}}
";

const DEPLOYMENT: &str = "\
apiVersion: skupperx.io/v1
kind: Deployment
metadata: {name: plain, network: retail}
spec:
  application: plain
  places:
    store: {classes: [store]}
";

async fn furnished() -> Service {
    let service = Service::start().await;
    service.exits(0, &["ca", "init", "--development"]);
    service.exits(0, &["backbone", "create", "europe"]);
    service.exits(0, &["network", "create", "retail"]);
    let application = service.file("plain.yaml", APPLICATION);
    service.exits(0, &["library", "import", &application]);
    service
}

/// Runs it with this on its standard input; what it printed.
fn given(service: &Service, input: &str, args: &[&str]) -> String {
    let mut command = skx(service.home.path(), args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_deployment_is_planned_created_shown_changed_and_deleted() {
    let service = furnished().await;
    let file = service.file("deployment.yaml", DEPLOYMENT);
    let (_, said) = service.exits(2, &["deploy", "create", &file]);
    assert!(said.contains("skx compose build plain"), "{said}");
    let release = service.json(&["compose", "build", "plain@1.0.0"])["name"].as_str().unwrap().to_owned();
    let planned = service.exits(0, &["deploy", "plan", &file]).0;
    assert!(planned.starts_with("plan 1 of plain in retail") && planned.contains("no site fills a place"), "{planned}");

    let said = service.exits(0, &["deploy", "create", &file]).0;
    assert!(said.contains("created deployment retail/plain") && said.contains("skx deploy status"), "{said}");
    service.exits(5, &["deploy", "create", &file]);
    let shown = service.exits(0, &["deploy", "show", "retail/plain"]).0;
    assert!(shown.contains(&release) && shown.contains("the newest release of plain"), "{shown}");
    let listed = service.json(&["deploy", "list", "retail", "--search", "plain"]);
    assert_eq!(listed["items"][0]["release"], release);
    let changes = service.json(&["deploy", "plan", &file, "--release", &release]);
    assert_eq!(changes["release"], release);
    let set = service.json(&["deploy", "update", "retail/plain", "--release", &release]);
    assert_eq!((&set["follows"], &set["revision"]), (&false.into(), &2.into()));
    service.exits(0, &["deploy", "update", "retail/plain", "--file", &file]);
    let status = service.exits(0, &["deploy", "status", "retail/plain"]).0;
    assert!(status.starts_with("retail/plain: plain@sha256:") && status.contains("sites: none"), "{status}");
    assert_eq!(service.json(&["deploy", "status", "retail/plain"])["sites"], serde_json::json!([]));

    for (arguments, said) in [
        (&["deploy", "update", "retail/plain"][..], "--release"),
        (&["deploy", "plan", &file, "--site", "a"], "--sites"),
        (&["deploy", "show", "plain"], "PARENT/NAME"),
        (&["deploy", "delete", "retail/plain"], "--yes"),
    ] {
        let (_, wrong) = service.exits(2, arguments);
        assert!(wrong.contains(said), "{arguments:?}: {wrong}");
    }
    let wrong = service.file("wrong.yaml", &DEPLOYMENT.replace("{classes: [store]}", "{}"));
    let (_, said) = service.exits(2, &["deploy", "create", &wrong]);
    assert!(said.contains("wrong.yaml:7:") && said.contains("no sites are said"), "{said}");
    let elsewhere = service.file("moon.yaml", &DEPLOYMENT.replace("store:", "moon:"));
    let (_, said) = service.exits(2, &["deploy", "create", &elsewhere]);
    assert!(said.contains("spec.places.moon") && said.contains("store"), "{said}");

    let said = service.exits(0, &["deploy", "delete", "retail/plain", "--yes"]).0;
    assert!(said.contains("taken away"), "{said}");
    service.exits(3, &["deploy", "show", "retail/none"]);
}

#[tokio::test]
async fn a_deployment_is_written_out_applied_and_a_mistake_said_with_its_line() {
    let service = furnished().await;
    service.exits(0, &["compose", "build", "plain@1.0.0"]);
    let file = service.file("deployment.yaml", DEPLOYMENT);
    let planned = service.exits(1, &["diff", "-f", &file]).0;
    assert!(planned.contains("create  Deployment  retail/plain"), "{planned}");
    service.exits(3, &["deploy", "show", "retail/plain"]);
    service.exits(0, &["apply", "-f", &file, "--set", "plain"]);
    let written = service.exits(0, &["get", "deployment", "retail/plain", "-o", "yaml"]).0;
    assert!(written.contains("kind: Deployment") && written.contains("application: plain"), "{written}");
    assert!(given(&service, &written, &["apply", "-f", "-"]).starts_with("nothing to do"));
    let all = service.exits(0, &["get", "all", "-o", "yaml"]).0;
    assert!(given(&service, &all, &["diff", "-f", "-"]).starts_with("nothing to do"), "{all}");
    // Made by the command, it is the same.
    service.exits(0, &["deploy", "update", "retail/plain", "--file", &file]);
    service.exits(0, &["diff", "-f", &file, "--set", "plain", "--prune"]);

    let elsewhere = service.file("moon.yaml", &DEPLOYMENT.replace("store:", "moon:"));
    let (_, said) = service.exits(2, &["apply", "-f", &elsewhere, "--set", "plain"]);
    assert!(said.contains("moon.yaml:7:") && said.contains("moon"), "{said}");
    let empty = service.file("empty.yaml", "# nothing\n");
    let (_, said) = service.exits(2, &["apply", "-f", &empty, "--set", "plain", "--prune"]);
    assert!(said.contains("deletes 1 object") && said.contains("Deployment  retail/plain"), "{said}");
    service.exits(0, &["apply", "-f", &empty, "--set", "plain", "--prune", "--yes"]);

    let (_, said) = service.exits(2, &["deploy", "logs", "retail/plain"]);
    assert!(said.contains("--site"), "{said}");
    service.exits(3, &["deploy", "logs", "retail/plain", "--site", "store-1"]);
}

#[tokio::test]
async fn a_secret_is_set_from_files_and_the_standard_input_and_never_shown() {
    let service = furnished().await;
    let password = service.file("password", "hunter2-hunter2");
    let from_file = format!("password=@{password}");
    let set = service.exits(0, &["secret", "set", "retail/database", "user=shop", &from_file]).0;
    assert!(set.contains("retail/database is set: password,user"), "{set}");
    let lines = "password=hunter2-hunter2\n\nuser=shop\n";
    let set = given(&service, lines, &["secret", "set", "retail/database", "--from-stdin"]);
    assert!(set.contains("password,user"), "{set}");
    let shown = service.json(&["secret", "show", "retail/database"]);
    assert_eq!(shown["revision"], 1, "the same values once more change nothing");
    let listed = service.exits(0, &["secret", "list", "retail"]).0;
    assert!(listed.contains("database") && !format!("{listed}{shown}").contains("hunter2"), "{listed}");

    for (arguments, said) in [
        (&["secret", "set", "retail/database"][..], "KEY=VALUE"),
        (&["secret", "set", "retail/database", "hunter2-hunter2"], "give KEY=VALUE"),
        (&["secret", "set", "retail/database", "a=1", "a=hunter2"], "given twice"),
    ] {
        let (_, wrong) = service.exits(2, arguments);
        assert!(wrong.contains(said), "{arguments:?}: {wrong}");
    }
    service.exits(3, &["secret", "set", "retail/database", "a=@/nowhere/at-all"]);

    service.exits(0, &["compose", "build", "plain@1.0.0"]);
    let file = service.file("deployment.yaml", DEPLOYMENT);
    service.exits(0, &["deploy", "create", &file]);
    let (_, said) = service.exits(5, &["secret", "delete", "retail/database", "--yes"]);
    assert!(said.contains("the deployment plain needs"), "{said}");
    service.exits(0, &["secret", "delete", "retail/database", "--force", "--yes"]);
    service.exits(3, &["secret", "show", "retail/database"]);
}
