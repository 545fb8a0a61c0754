//! Changes that were prepared for another revision: every object that can be changed refuses them. The document of the API is
//! walked, so that no endpoint is forgotten.

use std::collections::BTreeMap;

use api::{Endpoint, Method, PREFIX, endpoints};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use crate::{
    fixture::{Api, json as with_body, send},
    inside::joined,
};

/// What can be taken away and has no revisions: it never changes.
const NEVER_CHANGES: [&str; 10] = [
    "signOut",
    "revokeToken",
    "revokeUserToken",
    "removeGroupMember",
    "deleteGrant",
    "deleteShare",
    "deleteClass",
    "deleteDocument",
    "deleteApplication",
    "deleteRelease",
];

/// An application that does nothing.
const PLAIN: &str = "\
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: worker, version: 1.0.0}
spec:
  type: component
  bodies: {any: {workload: {image: 'example.com/worker:1'}}}
---
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: plain, version: 1.0.0}
spec:
  type: toplevel
  composite:
    parts: {worker: {block: worker, place: store}}
---
apiVersion: skupperx.io/v1
kind: Application
metadata: {name: plain, version: 1.0.0, description: Nothing.}
spec:
  root: plain@1.0.0
  places: {store: {description: A store., platforms: [podman]}}
";

fn deployment(sites: &[&str]) -> Value {
    json!({
        "apiVersion": "skupperx.io/v1",
        "kind": "Deployment",
        "metadata": {"name": "plain", "network": "exercise"},
        "spec": {"application": "plain", "places": {"store": {"sites": sites}}},
    })
}

/// One of everything, by the names of parameters of paths.
async fn furnished(api: &Api) -> BTreeMap<&'static str, String> {
    let post = async |path: &str, body: Value| api.post(path, &body.to_string()).await.is(201);
    let id = |made: &Value| made["id"].as_str().unwrap().to_owned();
    post("/users", json!({"name": "ada"})).await;
    post("/groups", json!({"name": "operations"})).await;
    let quota = post("/quotas", json!({"resource": "networks", "most": 50})).await;
    let access = |name: &str, port: u16| {
        let kinds = ["peer", "member", "claim", "manage"];
        json!({"name": name, "kinds": kinds, "advertised": format!("rome.example.com:{port}")})
    };
    let sites = "/backbones/europe/sites";
    post(sites, json!({"name": "rome", "access": [access("all", 5671), access("spare", 5672)]})).await;
    post(sites, json!({"name": "paris"})).await;
    let link = post("/backbones/europe/links", json!({"from": "paris", "to": "rome", "access": "all"})).await;
    post("/networks/exercise/classes", json!({"name": "store"})).await;
    post("/networks/exercise/invitations", json!({"name": "stores", "uses": 5})).await;
    post("/networks/exercise/invitations", json!({"name": "hall", "admission": "waiting-room"})).await;
    let socket = |at: &str| json!({"address": "till.api", at: "127.0.0.1:8080", "class": "store"});
    let listener = post("/networks/exercise/listeners", socket("bind")).await;
    let connector = post("/networks/exercise/connectors", socket("target")).await;
    api.put("/networks/exercise/address-policies/till.api", r#"{"policy": "balanced"}"#).await.is(200);
    api.post("/library/import", &json!({"sources": [{"name": "plain.yaml", "text": PLAIN}]}).to_string()).await.is(200);
    post("/releases", json!({"application": "plain"})).await;
    post("/networks/exercise/deployments", deployment(&["a"])).await;
    api.put("/networks/exercise/secrets/database", r#"{"values": {"password": "one"}}"#).await.is(200);
    let member = joined(api, "exercise", "stores", 1).await;
    let waiting = joined(api, "exercise", "hall", 2).await;
    BTreeMap::from([
        ("user", "ada".to_owned()),
        ("group", "operations".to_owned()),
        ("quota", id(&quota)),
        ("backbone", "europe".to_owned()),
        ("site", "rome".to_owned()),
        ("access_point", "spare".to_owned()),
        ("link", id(&link)),
        ("network", "exercise".to_owned()),
        ("invitation", "stores".to_owned()),
        ("listener", id(&listener)),
        ("connector", id(&connector)),
        ("address", "till.api".to_owned()),
        ("deployment", "plain".to_owned()),
        ("secret", "database".to_owned()),
        ("member", member.to_string()),
        ("waiting", waiting.to_string()),
    ])
}

/// The path of an operation, below the prefix.
fn path(endpoint: &Endpoint, named: &BTreeMap<&'static str, String>) -> String {
    let waits = matches!(endpoint.operation, "admitMember" | "refuseMember");
    let part = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        None => part.to_owned(),
        Some("member") if waits => named["waiting"].clone(),
        Some(name) => named.get(name).unwrap_or_else(|| panic!("{endpoint:?}: make a {name} for this test")).clone(),
    };
    let path = endpoint.path.strip_prefix(PREFIX).unwrap();
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What is sent: of each change one that is in order.
fn body(endpoint: &Endpoint) -> Value {
    match endpoint.operation {
        "setUser" => json!({"display_name": "Ada"}),
        "setQuota" => json!({"most": 60}),
        "setAccessPoint" => json!({"kinds": ["peer", "member"], "advertised": "rome.example.com:5673"}),
        "setLink" => json!({"cost": 3}),
        "setNetwork" => json!({"grace_seconds": 5}),
        "setDeployment" => deployment(&["a", "b"]),
        "setSecret" => json!({"values": {"password": "two"}}),
        "setAddressPolicy" => json!({"policy": "closest"}),
        "setInvitation" => json!({"uses": 7}),
        "setMember" => json!({"labels": {"floor": "2"}}),
        "evictMember" => json!({"invitation": "keep"}),
        _ if endpoint.takes_body() && matches!(endpoint.method, Method::Patch | Method::Put) => {
            panic!("{endpoint:?}: say here how it is changed")
        }
        _ => json!({}),
    }
}

fn request(api: &Api, endpoint: &Endpoint, path: &str) -> RequestBuilder {
    let request = api.request(endpoint.method.as_str().parse().unwrap(), path);
    if endpoint.method == Method::Delete { request } else { with_body(request, &body(endpoint).to_string()) }
}

/// The object an operation changes, as it is now.
async fn object(api: &Api, path: &str) -> Value {
    let verbs = ["/evict", "/drain", "/resume", "/admit", "/refuse", "/expire"];
    let object = verbs.iter().find_map(|verb| path.strip_suffix(verb)).unwrap_or(path);
    let shown = api.get(object).await;
    let etag = shown.etag();
    let shown = shown.is(200);
    assert_eq!(etag, format!("\"{}\"", shown["revision"]), "{object}");
    shown
}

#[tokio::test]
async fn every_change_that_was_prepared_for_another_revision_is_refused_and_changes_nothing() {
    let api = Api::with_network().await;
    let named = furnished(&api).await;
    let all = endpoints();
    let conditional: Vec<&Endpoint> = all.iter().filter(|endpoint| endpoint.if_match).collect();
    assert!(conditional.len() >= 25, "{conditional:?}");
    for endpoint in &conditional {
        let path = path(endpoint, &named);
        let before = object(&api, &path).await;
        let stale = request(&api, endpoint, &path).header("if-match", "\"999999\"");
        let refused = send(stale).await;
        assert_eq!(refused.status, 412, "{endpoint:?}: {refused:?}");
        refused.problem(412, "revision-mismatch");
        assert_eq!(object(&api, &path).await, before, "{endpoint:?}");
    }
    // One that was prepared for what is there is carried out, and so is one that says nothing of it.
    for endpoint in conditional.iter().filter(|endpoint| matches!(endpoint.method, Method::Patch | Method::Put)) {
        let path = path(endpoint, &named);
        let revision = object(&api, &path).await["revision"].clone();
        let done = send(request(&api, endpoint, &path).header("if-match", format!("\"{revision}\""))).await;
        let newer = done.etag();
        done.is(200);
        let again = send(request(&api, endpoint, &path).header("if-match", format!("\"{revision}\""))).await;
        assert!(again.status == 412 || newer == format!("\"{revision}\""), "{endpoint:?}: {again:?}");
        send(request(&api, endpoint, &path)).await.is(200);
    }
}

#[test]
fn whatever_can_be_changed_can_be_changed_conditionally_and_shows_by_what() {
    for endpoint in endpoints() {
        match endpoint.method {
            Method::Patch | Method::Put => assert!(endpoint.if_match && endpoint.etag, "{endpoint:?}"),
            Method::Delete if !NEVER_CHANGES.contains(&endpoint.operation) => {
                assert!(endpoint.if_match, "{endpoint:?}")
            }
            _ => {}
        }
    }
}
