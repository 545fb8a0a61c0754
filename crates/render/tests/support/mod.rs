//! What the forms of invitations and bundles are held against.
#![allow(dead_code, reason = "not every test needs all of it")]

use std::process::{Command, Output};

use jiff::Timestamp;
use k8s_openapi::Resource;
use render::{Program, Source};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(crate) fn pinned() -> Source {
    let digest = "0123456789abcdef".repeat(4);
    Source {
        program: Program::Download {
            url: "https://example.com/skx?a=1&b=2".parse().expect("a URL"),
            sha256: digest.parse().expect("a digest"),
        },
        image: Some(format!("registry.example.com/skx@sha256:{digest}").parse().expect("an image")),
    }
}

pub(crate) fn own() -> Source {
    let program =
        Program::Own { version: "1.2.3".to_owned(), platform: "linux x86_64".to_owned(), sha256: [7; 32].into() };
    Source { program, image: None }
}

/// Whether a value is of a type of the Kubernetes API: it survives a round trip only if every field is known and of the right type.
pub(crate) fn strict<T: Resource + Serialize + DeserializeOwned>(value: &Value) {
    assert_eq!((&value["apiVersion"], &value["kind"]), (&T::API_VERSION.into(), &T::KIND.into()));
    let typed: T = serde_json::from_value(value.clone()).expect("of the type");
    assert_eq!(&serde_json::to_value(typed).expect("JSON"), value);
}

/// What an implementation of compose reads in a file.
pub(crate) fn compose_reads(file: &str, environment: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("compose.yaml"), file).expect("writing a file");
    let mut command = Command::new("compose-spec");
    command.current_dir(folder.path()).arg("compose.yaml").env_remove("SKX_SITE_NAME").env_remove("SKX_PASSCODE");
    command.envs(environment.iter().copied());
    command.output().expect("compose-spec is missing: scripts/setup test installs it")
}

/// The ticket in the comments of a Quadlet unit.
pub(crate) fn in_comments(unit: &str) -> String {
    unit.lines().filter_map(|line| line.strip_prefix("#| ")).map(|line| format!("{line}\n")).collect()
}

/// What Podman's generator makes of a Quadlet unit without its ticket.
pub(crate) fn generated(name: &str, unit: &str) -> String {
    const CANDIDATES: [&str; 3] = ["quadlet", "/usr/libexec/podman/quadlet", "/usr/lib/podman/quadlet"];
    let installed: String = unit.lines().filter(|line| !line.starts_with("#| ")).map(|l| format!("{l}\n")).collect();
    assert!(!installed.contains("BEGIN SKUPPER-X"));
    let (units, out) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    std::fs::write(units.path().join(format!("{name}.container")), installed).expect("writing a unit");
    let run = CANDIDATES.iter().find_map(|generator| {
        let mut command = Command::new(generator);
        command.env("QUADLET_UNIT_DIRS", units.path()).args(["-dryrun", "-user"]).arg(out.path()).output().ok()
    });
    let run = run.expect("quadlet is missing: scripts/setup test installs it");
    let (made, said) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let complaints = ["rror", "nsupported", "arning", "nvalid"].iter().any(|word| said.contains(word));
    assert!(run.status.success() && !complaints, "{said}");
    assert!(made.contains(&format!("---{name}.service---")), "{made}");
    made.into_owned()
}
