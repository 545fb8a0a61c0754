//! The library and what is built of it, as people and pipelines use them: through a controller in a process of its own.
#![expect(clippy::unwrap_used, reason = "tests")]

mod support;

use serde_json::Value;
use support::{Service, exits};

const SITE: &str = "\
site:
  name: customer-a
  platform: podman
  classes: [gold]
  locals: {premises/agent: {machine: 10.0.0.7}}
declined: [premises/monitoring]
";

#[tokio::test]
async fn an_application_is_the_same_on_files_and_against_the_service() {
    let service = Service::start().await;
    let said = service.exits(0, &["library", "list"]).1;
    assert!(said.contains("skx library import --starter"), "{said}");
    assert!(service.exits(0, &["library", "import", "--starter"]).0.contains("block redis@7.4.0 added\n"));
    let preview = service.exits(0, &["library", "import", "customer-premises.yaml", "--dry-run"]).0;
    assert!(preview.contains("application premises@1.0.0 would be added\n"), "{preview}");
    service.exits(0, &["library", "import", "customer-premises.yaml"]);

    let on_files = service.json(&["compose", "build", "library", "customer-premises.yaml"]);
    let with_library = service.json(&["compose", "build", "customer-premises.yaml", "--from-service"]);
    let on_service = service.json(&["compose", "build", "premises@1.0.0"]);
    assert_eq!(on_files, with_library);
    assert_eq!(on_files, on_service);
    let name = on_files["name"].as_str().unwrap();
    let releases = service.json(&["release", "list", "--application", "premises"]);
    assert_eq!((&releases["items"][0]["name"], releases["items"].as_array().unwrap().len()), (&on_files["name"], 1));
    assert_eq!(service.json(&["release", "show", name])["release"], on_files["release"]);

    let site = service.file("site.yaml", SITE);
    for explain in [&["-o", "json"][..], &["--explain"]] {
        let render =
            |input: &[&str]| service.exits(0, &[&["compose", "render"], input, &["--site", &site], explain].concat()).0;
        let files = render(&["library", "customer-premises.yaml"]);
        assert_eq!(render(&["premises@^1"]), files, "an application of the service");
        assert_eq!(render(&[name]), files, "a release of the service");
    }
    for format in ["mermaid", "dot", "svg"] {
        let draw = |input: &[&str]| service.exits(0, &[&["compose", "graph", "--format", format], input].concat()).0;
        assert_eq!(draw(&[name]), draw(&["library", "customer-premises.yaml"]));
    }
    let same = service.json(&["compose", "diff", name, "premises@1.0.0"]);
    assert_eq!(same["changes"], serde_json::json!([]));
    let kept = service.file("release.json", &on_files["release"].to_string());
    assert_eq!(service.json(&["compose", "diff", &kept, name])["changes"], serde_json::json!([]));

    let (_, said) = service.exits(2, &["compose", "build", "library", "premises@1.0.0"]);
    assert!(said.contains("cannot be mixed with files"), "{said}");
    service.exits(3, &["compose", "build", "premises@2"]);
    service.exits(3, &["compose", "graph", "premises@sha256:0000000000000000"]);
    service.exits(3, &["compose", "build", "no-such-file.yaml"]);
    // Files alone need no controller.
    let nobody = tempfile::tempdir().unwrap();
    exits(nobody.path(), 0, &["compose", "build", "library", "customer-premises.yaml"]);
    let (_, said) = exits(nobody.path(), 2, &["compose", "build", "customer-premises.yaml", "--from-service"]);
    assert!(said.contains("skx login"), "{said}");
}

#[tokio::test]
async fn a_library_is_kept_from_the_command_line() {
    let service = Service::start().await;
    service.exits(0, &["library", "import", "library", "customer-premises.yaml"]);
    let again = service.json(&["library", "import", "--starter"]);
    let outcome =
        |name: &str| again["items"].as_array().unwrap().iter().find(|i| i["name"] == name).unwrap()["outcome"].clone();
    assert_eq!((outcome("redis"), outcome("tcp")), ("unchanged".into(), "added".into()));

    let found = service.json(&["library", "search", "redis", "cache"]);
    assert_eq!(found["items"][0]["name"], "redis");
    let blocks = service.json(&["library", "list", "--kind", "block", "--type", "ingress", "--interface", "http"]);
    assert_eq!(blocks["items"].as_array().unwrap().len(), 1);
    let shown = service.json(&["library", "show", "redis@^7"]);
    assert_eq!((&shown["version"], &shown["versions"][0]), (&"7.4.0".into(), &"7.4.0".into()));
    assert!(service.exits(0, &["library", "show", "redis"]).0.contains("A Redis cache."));
    let (_, said) = service.exits(2, &["library", "show", "premises"]);
    assert!(said.contains("--kind: block, application"), "{said}");
    service.exits(0, &["library", "show", "premises", "--kind", "application"]);
    service.exits(3, &["library", "show", "nothing"]);
    service.exits(3, &["library", "show", "redis@8"]);

    // A version never changes.
    let other = "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: redis, version: 7.4.0}\nspec:\n  type: component\n  bodies: {any: {workload: {image: 'example.com/redis:1'}}}\n";
    let other = service.file("redis.yaml", other);
    let (_, said) = service.exits(5, &["library", "import", &other]);
    assert!(said.contains("redis.yaml:3:") && said.contains("redis@7.4.0") && said.contains("a new version"), "{said}");
    let wrong =
        service.file("wrong.yaml", "apiVersion: skupperx.io/v1\nkind: Blok\n---\nkind: Block\nmetadata: {name: X}\n");
    let (_, said) = service.exits(2, &["library", "import", &wrong]);
    assert!(
        said.contains("wrong.yaml:2:7") && said.contains("2 | kind: Blok"),
        "with the lines they are about: {said}"
    );
    assert!(said.contains("wrong.yaml:5:"), "all at once: {said}");
    let (out, _) = service.exits(2, &["library", "import", &wrong, "-o", "json"]);
    let problems: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&problems["items"][0]["code"], &problems["items"][0]["at"]["line"]),
        (&"unknown-kind".into(), &2.into())
    );
    service.exits(2, &["library", "import"]);

    let usage = service.exits(0, &["library", "usage", "prometheus", "--transitive"]).0;
    assert!(usage.contains("customer-monitoring@1.0.0  yes") && usage.contains("premises@1.0.0"), "{usage}");
    service.exits(0, &["compose", "build", "premises@1.0.0"]);
    let (_, said) = service.exits(5, &["library", "delete", "prometheus@2.54.0", "--yes"]);
    assert!(said.contains("customer-monitoring@1.0.0") && said.contains("release premises@sha256:"), "{said}");
    service.exits(2, &["library", "delete", "prometheus", "--yes"]);
    service.exits(2, &["library", "delete", "redis@7.4.0"]);
    service.exits(0, &["library", "delete", "redis@7.4.0", "--yes"]);
    service.exits(3, &["library", "show", "redis"]);

    let applications = service.json(&["application", "list"]);
    assert_eq!(
        (&applications["items"][0]["name"], &applications["items"][0]["releases"]),
        (&"premises".into(), &1.into())
    );
    assert!(service.exits(0, &["application", "show", "premises@1"]).0.contains("premises@1.0.0"));
    service.exits(5, &["application", "delete", "premises@1.0.0", "--yes"]);
    let release = service.json(&["release", "list"])["items"][0]["name"].as_str().unwrap().to_owned();
    let short = release.split_at(release.find(':').unwrap() + 13).0;
    assert!(service.exits(0, &["release", "show", short]).0.contains(&release));
    service.exits(0, &["release", "delete", short, "--yes"]);
    service.exits(3, &["release", "show", short]);
    service.exits(0, &["application", "delete", "premises@1.0.0", "--yes"]);
    service.exits(3, &["application", "show", "premises"]);
}
