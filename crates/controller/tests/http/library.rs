//! The library: what goes in never changes, is found again, and is built into releases.

use std::collections::BTreeMap;

use compose::{
    Library, Source,
    build::build,
    diff::diff,
    graph::{Format, draw},
    release::Release,
    render::{Facts, render},
};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{Answer, Api, json as with_json, send};

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../../examples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn sources(texts: &[(&str, &str)]) -> Value {
    texts.iter().map(|(name, text)| json!({"name": name, "text": text})).collect()
}

async fn import(api: &Api, texts: &[(&str, &str)]) -> Answer {
    api.post("/library/import", &json!({"sources": sources(texts)}).to_string()).await
}

fn outcomes(imported: &Value) -> Vec<String> {
    let items = imported["items"].as_array().unwrap().iter();
    let texts = items
        .map(|i| format!("{} {}@{} {}", text(&i["kind"]), text(&i["name"]), text(&i["version"]), text(&i["outcome"])));
    texts.collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn names(api: &Api, query: &str) -> Vec<String> {
    let list = api.get(&format!("/library{query}")).await.is(200);
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| format!("{}@{}", text(&item["name"]), text(&item["version"]))).collect()
}

fn cache(version: &str, description: &str) -> String {
    format!(
        "# The cache.\napiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: cache, version: {version}, \
         description: {description}}}\nspec:\n  type: component\n  interfaces:\n    keys: {{type: tcp, role: accept, \
         data: {{port: 6379}}}}\n  bodies:\n    any:\n      workload: {{image: example.com/cache:1, ports: {{keys: 6379}}}}\n"
    )
}

const CLIENT: &str = "\
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: client, version: 1.0.0}
spec:
  type: component
  interfaces:
    cache: {type: tcp, role: connect}
  bodies:
    any:
      workload: {image: 'example.com/client:1', env: {CACHE: '${{ peer.cache.endpoint }}'}}
---
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: pair, version: 1.0.0}
spec:
  type: toplevel
  composite:
    parts:
      cache: {block: cache@^1, place: hq}
      client: {block: client, place: hq}
    links:
    - {from: client.cache, to: cache.keys}
---
apiVersion: skupperx.io/v1
kind: Application
metadata: {name: pair, version: 1.0.0, description: A client and its cache.}
spec:
  root: pair@1.0.0
  places: {hq: {description: Headquarters., platforms: [kubernetes, podman]}}
";

#[tokio::test]
async fn a_version_never_changes_and_a_set_is_taken_whole_or_not_at_all() {
    let api = Api::without_root().await;
    let first = cache("1.0.0", "Keeps values.");
    let preview = json!({"sources": sources(&[("cache.yaml", &first)]), "dry_run": true});
    let said = api.post("/library/import", &preview.to_string()).await.is(200);
    assert_eq!((outcomes(&said), said["dry_run"].as_bool()), (vec!["block cache@1.0.0 added".to_owned()], Some(true)));
    assert!(names(&api, "").await.is_empty());

    let imported = import(&api, &[("cache.yaml", &first)]).await.is(200);
    assert_eq!(outcomes(&imported), ["block cache@1.0.0 added"]);
    // The same content in other words: keys in another order, other comments.
    let reordered = first
        .replace("# The cache.", "# Ours.")
        .replace("kind: Block\nmetadata: {name: cache, version: 1.0.0,", "metadata: {version: 1.0.0, name: cache,")
        + "kind: Block\n";
    let again = import(&api, &[("other.yaml", &reordered)]).await.is(200);
    assert_eq!(outcomes(&again), ["block cache@1.0.0 unchanged"]);

    let changed = cache("1.0.0", "Keeps other values.");
    let refused =
        import(&api, &[("new.yaml", &(changed.clone() + "---\n" + CLIENT))]).await.problem(409, "version-taken");
    let diagnostic = &refused["errors"][0]["diagnostic"];
    assert_eq!(
        (&diagnostic["code"], &diagnostic["at"]["source"], &diagnostic["at"]["line"], &diagnostic["at"]["column"]),
        (&json!("conflicting-version"), &json!("new.yaml"), &json!(4), &json!(34)),
        "{refused}"
    );
    assert!(text(&diagnostic["message"]).contains("cache@1.0.0"), "{refused}");
    assert!(text(&diagnostic["expected"]).contains("a new version"), "{refused}");
    assert_eq!(names(&api, "").await, ["cache@1.0.0"], "nothing of the set was taken");

    let wrong = CLIENT.replace("cache@^1", "cahce@^1").replace("role: connect", "role: conect");
    let refused = import(&api, &[("client.yaml", &wrong)]).await.problem(422, "invalid-documents");
    let errors: BTreeMap<&str, &str> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (text(&error["diagnostic"]["code"]), text(&error["field"])))
        .collect();
    assert_eq!(errors.get("unknown-block").copied(), Some("client.yaml:19:22"), "{refused}");
    assert_eq!(errors.get("unknown-role").copied(), Some("client.yaml:7:30"), "all at once: {refused}");
    let nearest = refused["errors"].as_array().unwrap().iter().map(|e| &e["diagnostic"]["nearest"]).collect::<Vec<_>>();
    assert!(nearest.contains(&&json!("cache")), "what is in the library is near: {refused}");
    assert_eq!(names(&api, "").await, ["cache@1.0.0"]);
}

#[tokio::test]
async fn one_of_many_imports_at_once_of_a_version_wins() {
    let api = Api::without_root().await;
    let texts: Vec<String> = (0..6).map(|n| cache("1.0.0", &format!("Number {}.", n % 2))).collect();
    let answers = join_all(texts.iter().map(async |text| import(&api, &[("cache.yaml", text)]).await)).await;
    let (mut added, mut unchanged, mut refused) = (0, 0, 0);
    for answer in answers {
        match answer.status.as_u16() {
            200 if answer.body["items"][0]["outcome"] == "added" => added += 1,
            200 => unchanged += 1,
            _ => {
                answer.problem(409, "version-taken");
                refused += 1;
            }
        }
    }
    assert_eq!((added, unchanged, refused), (1, 2, 3));
    assert_eq!(names(&api, "").await, ["cache@1.0.0"]);
}

#[tokio::test]
async fn the_library_is_searched_shown_and_emptied_from_the_top() {
    let api = Api::without_root().await;
    let starter = api.post("/library/import", r#"{"starter": true}"#).await.is(200);
    assert!(outcomes(&starter).iter().all(|line| line.ends_with(" added")), "{starter}");
    let again = api.post("/library/import", r#"{"starter": true}"#).await.is(200);
    assert!(outcomes(&again).iter().all(|line| line.ends_with(" unchanged")), "{again}");
    import(&api, &[("cache.yaml", &cache("1.0.0", "Keeps values.")), ("client.yaml", CLIENT)]).await.is(200);
    import(&api, &[("cache.yaml", &cache("1.2.0", "Keeps more values."))]).await.is(200);

    assert_eq!(names(&api, "?search=KEEPS%20more").await, ["cache@1.2.0"]);
    assert_eq!(names(&api, "?kind=application").await, ["pair@1.0.0"]);
    assert_eq!(names(&api, "?type=toplevel").await, ["pair@1.0.0"]);
    assert_eq!(names(&api, "?name=cache").await, ["cache@1.0.0", "cache@1.2.0"]);
    assert_eq!(names(&api, "?role=manage&kind=block").await, ["prometheus@2.54.0"]);
    assert!(names(&api, "?interface=tcp&role=connect&type=component").await.contains(&"client@1.0.0".to_owned()));
    api.get("/library?kind=blok").await.names("kind");
    let mut walked = 0;
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("/library?limit=4{cursor}")).await.is(200);
        walked += page["items"].as_array().unwrap().len();
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(walked, names(&api, "").await.len());

    let shown = api.get("/library/blocks/cache@%5E1").await;
    let etag = shown.etag();
    let shown = shown.is(200);
    assert_eq!(etag, format!("\"{}\"", text(&shown["digest"])));
    assert_eq!((&shown["version"], &shown["versions"]), (&json!("1.2.0"), &json!(["1.2.0", "1.0.0"])));
    assert!(text(&shown["source"]).starts_with("# The cache.\n"), "comments are kept: {shown}");
    assert_eq!(shown["document"]["spec"]["type"], "component");
    assert_eq!(api.get("/library/blocks/cache@1.0.0").await.is(200)["version"], "1.0.0", "one version is that one");
    let by_id = api.get(&format!("/library/blocks/{}", text(&shown["id"]))).await.is(200);
    assert_eq!(by_id["version"], "1.2.0");
    api.get("/library/blocks/cache@2").await.problem(404, "not-found");
    api.get("/library/interface-types/cache").await.problem(404, "not-found");
    api.get("/library/bloks/cache").await.problem(404, "not-found");
    api.get("/library/blocks/Cache").await.names("document");

    let usage = api.get("/library/blocks/cache/usage").await.is(200);
    assert_eq!(usage["users"], json!([{"kind": "block", "name": "pair", "version": "1.0.0", "direct": true}]));
    let all = api.get("/library/blocks/cache/usage?transitive=true").await.is(200);
    assert_eq!(all["users"][1], json!({"kind": "application", "name": "pair", "version": "1.0.0", "direct": false}));
    assert_eq!(
        api.get("/library/blocks/cache@1.0.0/usage").await.is(200)["users"],
        json!([]),
        "the newer one is meant"
    );

    let release = api.post("/releases", r#"{"application": "pair"}"#).await.is(201);
    let refused = api.delete("/library/blocks/cache@1.2.0").await.problem(409, "precondition");
    assert!(text(&refused["detail"]).contains("block pair@1.0.0, release pair@sha256:"), "{refused}");
    api.delete("/library/blocks/cache").await.names("document");
    api.delete("/library/blocks/cache@%5E1.2").await.names("document");
    api.delete("/library/blocks/cache@3.0.0").await.problem(404, "not-found");
    api.delete("/library/blocks/cache@1.0.0").await.is(204);
    let refused = api.delete("/applications/pair@1.0.0").await.problem(409, "precondition");
    assert!(text(&refused["detail"]).contains("release pair@sha256:"), "{refused}");
    api.delete(&format!("/releases/{}", text(&release["name"]))).await.is(204);
    api.delete("/applications/pair@1.0.0").await.is(204);
    for gone in ["pair@1.0.0", "cache@1.2.0", "client@1.0.0"] {
        api.delete(&format!("/library/blocks/{gone}")).await.is(204);
    }
    assert!(names(&api, "?name=pair").await.is_empty());
}

#[tokio::test]
async fn a_newer_version_that_breaks_others_is_taken_and_says_whom_it_breaks() {
    let api = Api::without_root().await;
    import(&api, &[("cache.yaml", &cache("1.0.0", "Keeps values.")), ("client.yaml", CLIENT)]).await.is(200);
    let built = api.post("/applications/pair/build", "").await.is(200);
    let broken = cache("1.1.0", "Keeps values.")
        .replace("keys: {type", "values: {type")
        .replace("{keys: 6379}", "{values: 6379}");
    let imported = import(&api, &[("cache.yaml", &broken)]).await.is(200);
    let affected = &imported["affected"][0];
    assert_eq!(
        (&affected["code"], &affected["at"]["source"]),
        (&json!("unknown-interface"), &json!("library:block pair@1.0.0")),
        "{imported}"
    );
    let refused = api.post("/releases", r#"{"application": "pair"}"#).await.problem(422, "invalid-documents");
    assert_eq!(refused["errors"][0]["diagnostic"]["at"]["source"], "library:block pair@1.0.0");
    // A version that is in order again is the newest one then.
    let mended = import(&api, &[("cache.yaml", &cache("1.2.0", "Keeps values."))]).await.is(200);
    assert_eq!(mended.get("affected"), None);
    let again = api.post("/applications/pair/build", "").await.is(200);
    assert_ne!(again["digest"], built["digest"], "another version is locked");
    api.post("/applications/none/build", "").await.problem(404, "not-found");
    api.post("/releases", r#"{"application": "Pair!"}"#).await.names("application");
}

#[tokio::test]
async fn the_service_builds_draws_compares_and_renders_what_files_do() {
    let api = Api::without_root().await;
    api.post("/library/import", r#"{"starter": true}"#).await.is(200);
    let premises = example("customer-premises.yaml");
    import(&api, &[("premises.yaml", &premises)]).await.is(200);
    let all: Vec<Source> =
        compose::starter().into_iter().chain([Source::new("premises.yaml", premises.clone())]).collect();
    let release: Release = build(&Library::load(&all).0, "premises").unwrap();

    let create = || {
        with_json(api.request(Method::POST, "/releases"), r#"{"application": "premises@1.0.0"}"#)
            .header("idempotency-key", "k")
    };
    let made = send(create()).await;
    let etag = made.etag();
    let made = made.is(201);
    assert_eq!((text(&made["name"]), text(&made["digest"])), (release.name().as_str(), release.digest().as_str()));
    assert_eq!(etag, format!("\"{}\"", release.digest()));
    assert_eq!(send(create()).await.is(201), made);
    let at_once = join_all((0..4).map(|_| api.post("/releases", r#"{"application": "premises"}"#))).await;
    assert!(at_once.into_iter().all(|answer| answer.is(201) == made), "the same content is the same release");
    let listed = api.get("/releases?application=premises").await.is(200);
    assert_eq!(listed["items"], json!([made]));
    assert_eq!(api.get("/releases?application=other").await.is(200)["items"], json!([]));
    let application = api.get("/applications/premises").await.is(200);
    assert_eq!((&application["releases"], &application["places"]), (&json!(1), &json!(["gold", "hq"])));
    assert_eq!(api.get("/applications").await.is(200)["items"][0]["root"], "premises@1.0.0");

    let digest = release.digest();
    let (name, short) = (release.name(), &digest[..12]);
    let id = text(&made["id"]);
    for reference in [&name, &format!("sha256:{digest}"), short, id] {
        let shown = api.get(&format!("/releases/{reference}")).await.is(200);
        let read: Release = serde_json::from_value(shown["release"].clone()).unwrap();
        assert_eq!(read, release, "{reference}");
    }
    api.get(&format!("/releases/other@sha256:{digest}")).await.problem(404, "not-found");
    api.get("/releases/premises").await.names("release");

    for (format, drawn) in [("mermaid", Format::Mermaid), ("dot", Format::Dot), ("svg", Format::Svg)] {
        let graph = api.get(&format!("/releases/{short}/graph?format={format}")).await.is(200);
        assert_eq!(text(&graph["content"]), draw(&release, drawn));
    }
    api.get(&format!("/releases/{short}/graph?format=png")).await.names("format");

    let facts = json!({"site": {"name": "customer-a", "platform": "podman", "classes": ["gold"],
        "locals": {"premises/agent": {"machine": "10.0.0.7"}}}, "declined": ["premises/monitoring"]});
    let answer = api.post(&format!("/releases/{short}/render"), &json!({"facts": facts}).to_string()).await.is(200);
    let facts = Facts::read(&Source::new("facts", facts.to_string())).unwrap();
    let rendered = render(&release, &facts).unwrap();
    assert_eq!(answer["rendered"], serde_json::to_value(&rendered).unwrap());
    assert_eq!(text(&answer["explanation"]), rendered.explain());
    let wrong = json!({"facts": {"site": {"name": "customer-a", "platform": "potman"}}});
    let refused =
        api.post(&format!("/releases/{short}/render"), &wrong.to_string()).await.problem(422, "invalid-documents");
    assert_eq!(refused["errors"][0]["diagnostic"]["nearest"], "podman", "{refused}");

    let newer = premises
        .replace("name: premises, version: 1.0.0", "name: premises, version: 1.1.0")
        .replace("root: premises@1.0.0", "root: premises@1.1.0")
        .replace("config: {port: 9090}", "config: {port: 9091}")
        .replace("name: customer-monitoring, version: 1.0.0", "name: customer-monitoring, version: 1.1.0");
    import(&api, &[("premises.yaml", &newer)]).await.is(200);
    let other = api.post("/releases", r#"{"application": "premises"}"#).await.is(201);
    assert_eq!(other["version"], "1.1.0");
    let said = api.get(&format!("/releases/{short}/diff?to={}", text(&other["digest"]))).await.is(200);
    let shown = api.get(&format!("/releases/{}", text(&other["digest"]))).await.is(200);
    let other: Release = serde_json::from_value(shown["release"].clone()).unwrap();
    assert_eq!(said, serde_json::to_value(diff(&release, &other)).unwrap());
    assert!(said["changes"].as_array().unwrap().iter().any(|c| c["name"] == "premises/monitoring/door"), "{said}");
    api.get(&format!("/releases/{short}/diff")).await.names("to");
}

#[tokio::test]
async fn whoever_builds_on_files_gets_what_they_lack_from_the_service() {
    let api = Api::without_root().await;
    api.post("/library/import", r#"{"starter": true}"#).await.is(200);
    let wanted = json!({"references": [
        {"kind": "block", "reference": "http-ingress@^1"}, {"kind": "block", "reference": "nothing-like-it"}]});
    let found = api.post("/library/resolve", &wanted.to_string()).await.is(200);
    let names: Vec<&str> = found["documents"].as_array().unwrap().iter().map(|d| text(&d["name"])).collect();
    assert_eq!(names, ["http", "http-ingress"], "with what it needs");
    assert_eq!(found["missing"], json!([{"kind": "block", "reference": "nothing-like-it"}]));
    let wrong = json!({"references": [{"kind": "block", "reference": "a@b c"}]});
    api.post("/library/resolve", &wrong.to_string()).await.names("references[0].reference");
}

#[tokio::test]
async fn hostile_documents_cost_themselves_only() {
    let api = Api::without_root().await;
    let nested = format!(
        "kind: Block\nmetadata: {{name: a, version: 1.0.0}}\nspec: {}{}\n",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    import(&api, &[("nested.yaml", &nested)]).await.problem(422, "invalid-documents");
    let mut doubling = String::from(
        "apiVersion: skupperx.io/v1\nkind: Application\nmetadata: {name: big, version: 1.0.0}\nspec: {root: l0@1.0.0}\n",
    );
    for level in 0..30 {
        let kind = if level == 0 { "toplevel" } else { "component" };
        doubling += &format!(
            "---\napiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: l{level}, version: 1.0.0}}\nspec:\n  type: {kind}\n  composite:\n    parts:\n      a: {{block: l{0}, place: hq}}\n      b: {{block: l{0}, place: hq}}\n",
            level + 1
        );
    }
    doubling += "---\napiVersion: skupperx.io/v1\nkind: Block\nmetadata: {name: l30, version: 1.0.0}\nspec:\n  type: component\n  bodies: {any: {workload: {image: 'example.com/x:1'}}}\n";
    let refused = import(&api, &[("big.yaml", &doubling)]).await.problem(422, "invalid-documents");
    assert!(refused.to_string().contains("too-large"), "{refused}");
    let huge = "x".repeat(1_100_000);
    import(&api, &[("huge.yaml", &huge)]).await.problem(413, "too-large");
    let twice = json!({"sources": [{"name": "a", "text": ""}, {"name": "a", "text": ""}]});
    api.post("/library/import", &twice.to_string()).await.names("sources[1].name");
    let theirs = json!({"sources": [{"name": "library:block a@1.0.0", "text": ""}]});
    api.post("/library/import", &theirs.to_string()).await.names("sources[0].name");
    api.post("/library/import", "{}").await.names("sources");
    assert_eq!(outcomes(&import(&api, &[("a.yaml", &cache("1.0.0", "Works."))]).await.is(200)).len(), 1);
}
