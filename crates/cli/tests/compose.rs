//! `skx compose` on files alone: what it prints, what it writes, and how it exits.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// The starter library and an example.
fn example(name: &str) -> [String; 2] {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    ["library", name].map(|path| examples.join(path).to_str().unwrap().to_owned())
}

/// Runs `skx compose`, with a text on its standard input; its exit code, and what it printed and said.
fn compose(input: &str, args: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let mut process = Command::new(env!("CARGO_BIN_EXE_skx"))
        .arg("compose")
        .args(args)
        .env_clear()
        .env("XDG_CONFIG_HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may not want it.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    let output = process.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn done(args: &[&str]) -> String {
    let (code, out, said) = compose("", args);
    assert_eq!(code, 0, "{args:?}\n{out}{said}");
    out
}

/// A file in a folder of the test's own.
fn file(folder: &Path, name: &str, text: &str) -> String {
    let path: PathBuf = folder.join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const BROKEN: &str = "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: app, version: 1.0.0}\n\
                      spec: {type: componet, bodies: {any: {workload: {image: x}}}}\n";

#[test]
fn a_build_is_written_and_told() {
    let [library, shop] = example("retail.yaml");
    let folder = tempfile::tempdir().unwrap();
    let release = folder.path().join("retail.json");
    let release = release.to_str().unwrap();
    assert!(done(&["build", &library, &shop, "--output", release]).starts_with("built retail@sha256:"));
    let told: Value = serde_json::from_str(&done(&["build", &library, &shop, "-o", "json"])).unwrap();
    let written: Value = serde_json::from_str(&fs::read_to_string(release).unwrap()).unwrap();
    assert_eq!(told["release"], written);
    assert_eq!(
        told["name"],
        format!("retail@sha256:{}", told["digest"].as_str().unwrap().trim_start_matches("sha256:"))
    );
    assert!(done(&["build", &library, &shop, "-o", "yaml"]).contains("kind: Release"));
    // A release is as good as the files it was built from, and the standard input as good as a file.
    assert_eq!(done(&["graph", release]), done(&["graph", &library, &shop]));
    let (code, out, said) = compose(&fs::read_to_string(&shop).unwrap(), &["build", &library, "-", "-o", "json"]);
    assert_eq!(
        (code, serde_json::from_str::<Value>(&out).unwrap()["digest"].clone()),
        (0, told["digest"].clone()),
        "{said}"
    );
}

#[test]
fn what_is_wrong_is_told_to_people_and_to_programs() {
    let (code, out, said) = compose(BROKEN, &["build", "-"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains(" --> <stdin>:4:14") && said.contains("= nearest: component"), "{said}");
    let (code, out, _) = compose(BROKEN, &["build", "-", "-o", "json"]);
    let items: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, items["items"][0]["code"].as_str()), (2, Some("invalid-value")));
    assert_eq!(items["items"][0]["at"]["line"], 4);
    assert_eq!(compose("", &["build", "/no/such/file"]).0, 3);
    assert_eq!(compose("", &["build"]).0, 2);
    let (code, _, said) = compose("", &["build", "-"]);
    assert_eq!(code, 2, "{said}");
}

#[test]
fn where_what_the_files_lack_may_be_is_said() {
    let [_, shop] = example("retail.yaml");
    let (code, _, said) = compose("", &["build", &shop]);
    assert!(code == 2 && said.contains("unknown-block") && said.contains("--from-service"), "{said}");
}

#[test]
fn an_application_is_drawn_in_every_form() {
    let [library, shop] = example("retail.yaml");
    assert!(done(&["graph", &library, &shop]).starts_with("flowchart"));
    assert!(done(&["graph", &library, &shop, "--format", "dot"]).starts_with("digraph"));
    assert!(done(&["graph", &library, &shop, "--format", "svg"]).starts_with("<svg"));
    assert_eq!(compose("", &["graph", &library, &shop, "--format", "png"]).0, 2);
}

#[test]
fn two_applications_are_compared() {
    let [library, shop] = example("retail.yaml");
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str, text: &str| {
        let source = file(folder.path(), "source.yaml", text);
        let release = folder.path().join(name).to_str().unwrap().to_owned();
        done(&["build", &library, &source, "--output", &release]);
        release
    };
    let text = fs::read_to_string(&shop).unwrap();
    let one = build("one.json", &text);
    let other = build("other.json", &text.replace("port: 8443", "port: 9443"));
    assert!(done(&["diff", &one, &other]).contains("9443"));
    let changes: Value = serde_json::from_str(&done(&["diff", &one, &other, "-o", "json"])).unwrap();
    assert!(!changes["changes"].as_array().unwrap().is_empty());
    let none: Value = serde_json::from_str(&done(&["diff", &one, &one, "-o", "json"])).unwrap();
    assert!(none["changes"].as_array().unwrap().is_empty());
}

#[test]
fn a_site_is_rendered_explained_and_written() {
    let [library, shop] = example("retail.yaml");
    let folder = tempfile::tempdir().unwrap();
    let site = file(folder.path(), "site.yaml", "site: {name: store-017, classes: [store], platform: podman}\n");
    let render = |more: &[&str]| done(&[&["render", &library, &shop, "--site", &site], more].concat());
    assert!(render(&[]).contains("[Container]"));
    assert!(render(&["--explain"]).contains("the place store is called like a class of the site"));
    let told: Value = serde_json::from_str(&render(&["-o", "json"])).unwrap();
    assert_eq!(told["site"], "store-017");
    let target = folder.path().join("out");
    render(&["--output", target.to_str().unwrap()]);
    assert!(fs::read_dir(&target).unwrap().count() > 0);
    let wrong = file(folder.path(), "wrong.yaml", "site: {name: store-017, platform: podmn}\n");
    let (code, _, said) = compose("", &["render", &library, &shop, "--site", &wrong]);
    assert_eq!(code, 2);
    assert!(said.contains("= nearest: podman"), "{said}");
}

#[test]
fn a_folder_is_read_once_however_many_links_lead_around_in_it() {
    let [library, shop] = example("retail.yaml");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(&shop, folder.path().join("retail.yaml")).unwrap();
    for link in ["a", "b"] {
        std::os::unix::fs::symlink(".", folder.path().join(link)).unwrap();
    }
    assert_eq!(done(&["build", &library, folder.path().to_str().unwrap()]), done(&["build", &library, &shop]));
}

#[test]
fn a_file_that_is_no_text_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.yaml");
    fs::write(&path, b"\xff\xfe").unwrap();
    let (code, _, said) = compose("", &["build", path.to_str().unwrap()]);
    assert_eq!(code, 2, "{said}");
    assert!(said.ends_with("x.yaml is no text in UTF-8\n"), "{said}");
}
