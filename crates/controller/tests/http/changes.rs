//! Changes that meet others, and creations that are asked for twice.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use testkit::documents::SINGLE;

use crate::fixture::{Api, json, send};

#[tokio::test]
async fn a_change_prepared_for_an_older_revision_is_refused() {
    let api = Api::with_network().await;
    let shown = api.get("/networks/exercise").await;
    let etag = shown.etag();
    assert_eq!(etag, format!("\"{}\"", shown.is(200)["revision"]));
    let change =
        |etag: &str, body: &str| json(api.request(Method::PATCH, "/networks/exercise"), body).header("if-match", etag);

    let changed = send(change(&etag, r#"{"grace_seconds": 1}"#)).await;
    let newer = changed.etag();
    assert_ne!(newer, etag);
    changed.is(200);
    send(change(&etag, r#"{"grace_seconds": 2}"#)).await.problem(412, "revision-mismatch");
    assert_eq!(api.get("/networks/exercise").await.is(200)["grace_seconds"], 1, "nothing was changed");
    send(change("*", r#"{"grace_seconds": 3}"#)).await.is(200);
    send(change("W/\"1\"", r#"{"grace_seconds": 4}"#)).await.names("If-Match");

    let delete = |etag: &str| api.request(Method::DELETE, "/networks/exercise").header("if-match", etag);
    send(delete(&newer)).await.problem(412, "revision-mismatch");
    let now = api.get("/networks/exercise").await.etag();
    send(delete(&now)).await.is(200);
}

#[tokio::test]
async fn conditions_and_keys_that_an_endpoint_does_not_honour_are_refused_not_ignored() {
    let api = Api::with_network().await;
    let conditional = json(api.request(Method::POST, "/backbones"), r#"{"name": "x"}"#).header("if-match", "\"1\"");
    send(conditional).await.names("If-Match");
    let keyed = json(api.request(Method::PATCH, "/networks/exercise"), "{}").header("idempotency-key", "k");
    send(keyed).await.names("Idempotency-Key");
    api.get("/backbones/europe").await.is(200);
    api.get("/backbones/x").await.problem(404, "not-found");
}

#[tokio::test]
async fn every_creation_can_be_repeated_after_a_lost_answer() {
    let api = Api::without_root().await;
    let point = r#"{"name": "main", "kinds": ["peer", "manage"], "advertised": "r1.example.com:5671"}"#;
    let site = format!(r#"{{"name": "paris", "access": [{point}]}}"#);
    let creations = [
        ("/ca/development", "{}"),
        ("/backbones", r#"{"name": "europe"}"#),
        ("/backbones/europe/sites", &site),
        ("/backbones/europe/sites", r#"{"name": "rome"}"#),
        ("/backbones/europe/sites/rome/access-points", point),
        ("/backbones/europe/links", r#"{"from": "rome", "to": "paris"}"#),
        ("/networks", r#"{"name": "exercise"}"#),
        ("/networks/exercise/classes", r#"{"name": "store"}"#),
        ("/networks/exercise/invitations", r#"{"name": "stores"}"#),
        ("/networks/exercise/invitations/stores/copy", r#"{"name": "stores-2"}"#),
        ("/networks/exercise/listeners", r#"{"address": "a", "bind": "127.0.0.1:1", "class": "store"}"#),
        ("/networks/exercise/connectors", r#"{"address": "a", "target": "127.0.0.1:1", "class": "store"}"#),
        ("/releases", r#"{"application": "single"}"#),
        (
            "/networks/exercise/deployments",
            r#"{"apiVersion": "skupperx.io/v1", "kind": "Deployment", "metadata": {"name": "one", "network": "exercise"}, "spec": {"application": "single"}}"#,
        ),
        ("/users", r#"{"name": "ada"}"#),
        ("/groups", r#"{"name": "operations"}"#),
        ("/grants", r#"{"user": "ada", "role": "user", "backbone": "europe"}"#),
        ("/networks/exercise/shares", r#"{"group": "operations", "role": "viewer"}"#),
        ("/quotas", r#"{"resource": "members", "network": "exercise", "most": 5}"#),
    ];
    api.post("/library/import", &serde_json::json!({"sources": [{"name": "single", "text": SINGLE}]}).to_string())
        .await
        .is(200);
    let tried: BTreeSet<&str> = creations.iter().map(|(path, _)| *path).collect();
    let all = api::endpoints().into_iter().filter(|endpoint| endpoint.idempotency).count();
    assert_eq!(tried.len(), all, "every endpoint that honours a key is tried here");
    for (i, (path, body)) in creations.iter().enumerate() {
        let create = || json(api.request(Method::POST, path), body).header("idempotency-key", format!("key-{i}"));
        let first = send(create()).await.is(201);
        assert_eq!(send(create()).await.is(201), first, "{path}");
        let other = json(api.request(Method::POST, path), &body.replace('}', " }"))
            .header("idempotency-key", format!("key-{i}"));
        send(other).await.problem(409, "idempotency-conflict");
        // Without the key it is a second creation; what is named by its content is the same one.
        let again = api.post(path, body).await;
        assert!(
            again.status == 409 || (again.body["id"] != first["id"]) == (*path != "/releases"),
            "{path}: {again:?}"
        );
    }
}

#[tokio::test]
async fn the_same_creation_many_times_at_once_happens_once() {
    let api = Api::new().await;
    let create =
        || json(api.request(Method::POST, "/backbones"), r#"{"name": "europe"}"#).header("idempotency-key", "once");
    let answers = futures_util::future::join_all((0..12).map(|_| send(create()))).await;
    let ids: BTreeSet<String> = answers.into_iter().map(|answer| answer.is(201)["id"].to_string()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(api.get("/backbones").await.is(200)["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_same_creation_with_another_passcode_is_another_one() {
    let api = Api::with_network().await;
    let create = |passcode: &str| {
        let body = format!(r#"{{"name": "secret", "passcode": "{passcode}"}}"#);
        json(api.request(Method::POST, "/networks/exercise/invitations"), &body).header("idempotency-key", "once")
    };
    let made: Value = send(create("open sesame")).await.is(201);
    assert_eq!(send(create("open sesame")).await.is(201)["id"], made["id"]);
    send(create("open simsim")).await.problem(409, "idempotency-conflict");
}

#[tokio::test]
async fn a_creation_that_was_refused_leaves_its_key_free() {
    let api = Api::without_root().await;
    let create =
        || json(api.request(Method::POST, "/backbones"), r#"{"name": "europe"}"#).header("idempotency-key", "k");
    send(create()).await.problem(409, "precondition");
    api.post("/ca/development", "{}").await.is(201);
    let made: Value = send(create()).await.is(201);
    assert_eq!(send(create()).await.is(201), made);
    for key in ["", "a b", &"x".repeat(129)] {
        let request = json(api.request(Method::POST, "/backbones"), r#"{"name": "x"}"#).header("idempotency-key", key);
        send(request).await.problem(400, "malformed");
    }
}

#[tokio::test]
async fn a_repeated_creation_shows_what_was_created_as_it_is_now() {
    let api = Api::new().await;
    let create =
        || json(api.request(Method::POST, "/networks"), r#"{"name": "shop"}"#).header("idempotency-key", "once");
    api.post("/backbones", r#"{"name": "europe"}"#).await.is(201);
    let first = send(create()).await.is(201);
    api.patch("/networks/shop", r#"{"grace_seconds": 7}"#).await.is(200);
    let again = send(create()).await;
    let etag = again.etag();
    let again = again.is(201);
    assert_eq!((&again["id"], &again["grace_seconds"]), (&first["id"], &Value::from(7)));
    let removal = api.request(Method::DELETE, "/networks/shop").header("if-match", etag);
    send(removal).await.is(200);
    send(create()).await.problem(404, "not-found");
}

#[tokio::test]
async fn many_repeated_creations_at_once_do_not_wait_for_each_others_connections() {
    let api = Api::new().await;
    let create =
        || json(api.request(Method::POST, "/backbones"), r#"{"name": "europe"}"#).header("idempotency-key", "once");
    let first = send(create()).await.is(201);
    // More than there are connections to the database.
    for answer in futures_util::future::join_all((0..48).map(|_| send(create()))).await {
        assert_eq!(answer.is(201)["id"], first["id"]);
    }
}
