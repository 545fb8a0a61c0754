//! `skx deploy plan` on files alone: what it prints, what it keeps, and how it exits.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path, process::Command};

use serde_json::Value;

fn example(name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    examples.join(name).to_str().unwrap().to_owned()
}

/// Plans; the exit code, and what was printed and said.
fn plan(args: &[&str]) -> (i32, String, String) {
    let home = tempfile::tempdir().unwrap();
    let (deployment, library, application) =
        (example("deployments/retail.yaml"), example("library"), example("retail.yaml"));
    let output = Command::new(env!("CARGO_BIN_EXE_skx"))
        .args(["deploy", "plan", &deployment, &library, &application])
        .args(args)
        .env_clear()
        .env("XDG_CONFIG_HOME", home.path())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn done(args: &[&str]) -> String {
    let (code, out, said) = plan(args);
    assert_eq!(code, 0, "{args:?}\n{out}{said}");
    out
}

fn file(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().to_owned()
}

#[test]
fn a_plan_is_shown_kept_and_compared_with_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, more) = (file(folder.path(), "plan.json"), file(folder.path(), "sites.yaml"));
    let known = example("deployments/retail-sites.yaml");
    let first = done(&["--sites", &known, "--output", &kept]);
    assert!(first.contains("sites: 3 to add") && first.contains("tills/till.api/store-2 at 0.0.0.0:8444"), "{first}");
    let again = done(&["--sites", &known, "--before", &kept]);
    assert!(again.starts_with("plan 1 of tills in retail") && again.contains("sites: 3 as they are"), "{again}");

    let joined = fs::read_to_string(&known).unwrap().replace("apac", "emea");
    fs::write(&more, joined).unwrap();
    let next = done(&["--sites", &more, "--before", &kept, "--output", &kept]);
    assert!(next.contains("plan 2 of tills") && next.contains("1 to add, 1 to change, 2 as they are"), "{next}");
    let changes: Value = serde_json::from_str(&done(&["--sites", &more, "--before", &kept, "-o", "json"])).unwrap();
    assert!(changes["sites"].as_array().unwrap().iter().all(|site| site["what"] == "keep"), "{changes}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside the plan");
}

#[test]
fn one_site_is_shown_with_its_reasons() {
    let known = example("deployments/retail-sites.yaml");
    let one = done(&["--sites", &known, "--site", "store-1"]);
    assert!(one.contains("tills/till.api/store-1") && one.contains("because retail/till serves it by api"), "{one}");
    let (code, _, said) = plan(&["--sites", &known, "--site", "store-3"]);
    assert!(code == 3 && said.contains("store-3 fills no place"), "{said}");
}

#[test]
fn more_removals_than_the_guard_allows_are_a_conflict_and_nothing_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, fewer) = (file(folder.path(), "plan.json"), file(folder.path(), "sites.yaml"));
    let known = example("deployments/retail-sites.yaml");
    done(&["--sites", &known, "--output", &kept]);
    let before = fs::read(&kept).unwrap();
    fs::write(&fewer, fs::read_to_string(&known).unwrap().replace("region: emea", "region: amer")).unwrap();
    let (code, out, said) = plan(&["--sites", &fewer, "--before", &kept, "--output", &kept]);
    assert_eq!(code, 5, "{out}{said}");
    assert!(
        out.contains("2 to remove") && said.contains("2 of 3 sites") && said.contains("--allow-removals"),
        "{out}{said}"
    );
    assert_eq!(fs::read(&kept).unwrap(), before);
    done(&["--sites", &fewer, "--before", &kept, "--output", &kept, "--allow-removals"]);
    assert_ne!(fs::read(&kept).unwrap(), before);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let wrong = file(folder.path(), "sites.yaml");
    fs::write(&wrong, "sites:\n- {name: a, platfrom: podman}\n").unwrap();
    let (code, _, said) = plan(&["--sites", &wrong]);
    assert!(code == 2 && said.contains("sites.yaml:2:13") && said.contains("nearest: platform"), "{said}");
    let (code, _, said) = plan(&["--sites", &file(folder.path(), "none.yaml")]);
    assert!(code == 3 && said.contains("none.yaml"), "{said}");
    let known = example("deployments/retail-sites.yaml");
    let (code, _, said) = plan(&["--sites", &known, "--before", &known]);
    assert!(code == 2 && said.contains("is no plan") && said.contains("--output wrote"), "{said}");
}
