//! Manifests as people and pipelines use them: the example, applied, compared, written out again, and pruned.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use std::{io::Write as _, process::Stdio};

use serde_json::Value;
use support::{Service, skx};

impl Service {
    /// Runs it with this on its standard input.
    #[track_caller]
    fn reads(&self, code: i32, input: &str, args: &[&str]) -> String {
        let mut command = skx(self.home.path(), args);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        process.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "skx {args:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

const EXAMPLE: [&str; 4] = ["-f", "first-network", "--set", "demo"];

#[tokio::test]
async fn the_example_is_applied_found_unchanged_written_out_and_pruned() {
    let service = Service::start().await;
    service.exits(0, &["ca", "init", "--development"]);
    let (plan, _) = service.exits(1, &[&["diff"], &EXAMPLE[..]].concat());
    assert!(plan.contains("create  Backbone            continent\n") && plan.contains("13 to do"), "{plan}");
    service.exits(3, &["network", "show", "retail"]);
    let (applied, _) = service.exits(0, &[&["apply"], &EXAMPLE[..]].concat());
    assert!(applied.ends_with("13 done; 0 objects unchanged\n"), "{applied}");
    // What can be done next is as if it had been made by hand.
    let next = service.exits(1, &["backbone", "status", "continent"]).0;
    assert!(next.contains("skx backbone site bundle continent/north"), "{next}");
    for again in ["apply", "diff"] {
        let (said, _) = service.exits(0, &[&[again], &EXAMPLE[..], &["--prune"]].concat());
        assert_eq!(said, "nothing to do; 13 objects unchanged\n");
    }

    // Every kind comes back as it was written, and applied again is nothing to do: all at once, and one by one.
    let all = service.exits(0, &["get", "all", "-o", "yaml"]).0;
    assert_eq!(all.matches("apiVersion: skupperx.io/v1").count(), 13, "{all}");
    assert!(service.reads(0, &all, &["diff", "-f", "-"]).starts_with("nothing to do"));
    for (kind, name, count) in [
        ("backbone", "continent", 1),
        ("site", "continent", 3),
        ("link", "continent/west,north/main", 1),
        ("network", "retail", 1),
        ("invitation", "retail/stores", 1),
        ("listener", "retail/shop", 1),
        ("connector", "retail/shop,class=headquarters", 1),
        ("address-policy", "retail/shop", 1),
    ] {
        let one = service.exits(0, &["get", kind, name, "-o", "yaml"]).0;
        assert_eq!(one.matches("kind: ").count(), count, "{kind}: {one}");
        let json = service.json(&["get", kind, name]);
        assert_eq!(json["items"].as_array().unwrap().len(), count);
        assert_eq!(service.reads(0, &one, &["apply", "-f", "-"]), format!("nothing to do; {}\n", objects(count)));
    }
    service.exits(3, &["get", "invitation", "retail/nobody"]);
    service.exits(2, &["get", "all", "retail"]);

    // What left the set is deleted, when it is said how much may be.
    let backbone = ["apply", "-f", "first-network/backbone.yaml", "--set", "demo", "--prune", "--yes"];
    service.exits(0, &backbone);
    service.exits(3, &["network", "show", "retail"]);
    let empty = service.file("empty.yaml", "# nothing\n");
    let nothing = ["apply", "-f", &empty, "--set", "demo", "--prune"];
    let (_, said) = service.exits(5, &[&nothing[..], &["--yes"]].concat());
    assert!(said.contains("--max-removals"), "{said}");
    let (_, said) = service.exits(2, &[&nothing[..], &["--max-removals", "7"]].concat());
    assert!(said.contains("deletes 7 objects") && said.contains("--yes"), "{said}");
    service.exits(0, &[&nothing[..], &["--max-removals", "7", "--yes"]].concat());
    assert_eq!(service.json(&["backbone", "list"])["items"], Value::Array(vec![]));
}

fn objects(n: usize) -> String {
    if n == 1 { "1 object unchanged".to_owned() } else { format!("{n} objects unchanged") }
}

#[tokio::test]
async fn a_change_is_shown_field_by_field_and_a_mistake_with_file_line_and_field() {
    let service = Service::start().await;
    service.exits(0, &["ca", "init", "--development"]);
    service.exits(0, &["apply", "-f", "first-network"]);
    let stores = |uses: &str| {
        let text = format!(
            "# Stores.\napiVersion: skupperx.io/v1\nkind: Invitation\nmetadata: {{name: stores, network: retail}}\nspec:\n  uses: {uses}\n  classes: [store]\n"
        );
        service.file("stores.yaml", &text)
    };
    let file = stores("50");
    let (said, _) = service.exits(1, &["diff", "-f", &file]);
    assert!(said.contains("uses: 2 → 50"), "{said}");
    assert!(service.exits(0, &["apply", "-f", &file]).0.ends_with("1 done; 0 objects unchanged\n"));
    service.exits(0, &["diff", "-f", &file]);

    let file = stores("0");
    let (_, said) = service.exits(2, &["apply", "-f", &file]);
    assert!(said.contains(&format!("{file}:6:9")) && said.contains("spec.uses: 0 is not a number of uses"), "{said}");
    let (_, said) = service.exits(2, &["apply", "-f", "retail.yaml"]);
    assert!(said.contains("skx library import"), "{said}");
    let broken = service.file("broken.yaml", "kind: Invitation\nmetadata: {name: [\n");
    let (_, said) = service.exits(2, &["apply", "-f", &broken]);
    assert!(said.contains("broken.yaml:"), "{said}");
    service.exits(3, &["apply", "-f", "no-such-file.yaml"]);

    // What is in another set is refused, and where it is said stands in front.
    service.exits(0, &["apply", "-f", "first-network", "--set", "one"]);
    let (_, said) = service.exits(5, &["apply", "-f", "first-network/network.yaml", "--set", "other"]);
    assert!(said.contains("first-network/network.yaml:2:1: ") && said.contains("--take-over"), "{said}");
}
