//! What bad input gets.

use reqwest::Method;

use crate::fixture::{Api, json, send};

#[tokio::test]
async fn bad_input_names_the_field_and_says_what_is_allowed() {
    let api = Api::with_network().await;
    let point = |point: &str| format!(r#"{{"name": "s", "access": [{point}]}}"#);
    let unknown_kind = point(r#"{"name": "m", "kinds": ["pear"], "advertised": "h:1"}"#);
    let no_port = point(r#"{"name": "m", "kinds": ["peer"], "advertised": "h"}"#);
    let same = r#"{"name": "m", "kinds": ["peer"], "advertised": "h:1"}"#;
    let twice = point(&format!("{same}, {same}"));
    for (path, body, field, said) in [
        ("/backbones", "{}", "name", "missing"),
        ("/backbones", r#"{"name": "Europe"}"#, "name", "upper-case"),
        ("/backbones", r#"{"name": ""}"#, "name", "empty"),
        ("/backbones", r#"{"name": "a", "owner": "me"}"#, "owner", "data_plane"),
        ("/backbones", r#"{"name": "a", "data_plane": "skupper"}"#, "data_plane", "native"),
        ("/backbones", r#"{"name": "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00"}"#, "name", "id"),
        ("/backbones/europe/sites", &unknown_kind, "access[0].kinds[0]", "peer"),
        ("/backbones/europe/sites", &no_port, "access[0].advertised", "HOST:PORT"),
        ("/backbones/europe/sites", &twice, "access[1].name", "twice"),
        ("/backbones/europe/links", r#"{"from": "a", "to": "a"}"#, "to", "itself"),
        ("/backbones/europe/links", r#"{"from": "a", "to": "b", "cost": 0}"#, "cost", "65535"),
        ("/backbones/europe/links", r#"{"from": "a", "to": "b", "transport": "pigeon"}"#, "transport", "direct"),
        ("/networks", r#"{"name": "n", "end": "tomorrow"}"#, "end", "tomorrow"),
        ("/networks", r#"{"name": "n", "end": "2020-01-01T00:00:00Z"}"#, "end", ""),
        ("/networks", r#"{"name": "n", "addresses": "closed"}"#, "addresses", "assigned"),
        ("/networks", r#"{"name": "n", "grace_seconds": 31536001}"#, "grace_seconds", "year"),
        ("/networks/exercise/invitations", r#"{"name": "i", "uses": 0}"#, "uses", "unlimited"),
        ("/networks/exercise/invitations", r#"{"name": "i", "deadline": "2020-01-01T00:00:00Z"}"#, "deadline", ""),
        ("/networks/exercise/invitations", r#"{"name": "i", "admission": "lobby"}"#, "admission", "waiting-room"),
        ("/networks/exercise/invitations", r#"{"name": "i", "passcode": "123"}"#, "passcode", "4 to 128"),
        ("/networks/exercise/invitations", r#"{"name": "i", "renewable": "no"}"#, "renewable", "boolean"),
        ("/networks/exercise/invitations", r#"{"name": "i", "consent": "maybe"}"#, "consent", "ask"),
        ("/networks/exercise/invitations", r#"{"name": "i", "serve": ["Till"]}"#, "serve[0]", "till.*"),
        (
            "/networks/exercise/listeners",
            r#"{"address": "skx/claim", "bind": "h:1", "site": "a"}"#,
            "address",
            "reserved",
        ),
        ("/networks/exercise/listeners", r#"{"address": "a", "bind": "h:0", "site": "a"}"#, "bind", "65535"),
        ("/networks/exercise/listeners", r#"{"address": "a", "bind": "h:1"}"#, "site", "class"),
        (
            "/networks/exercise/connectors",
            r#"{"address": "a", "target": "h:1", "site": "a", "class": "c"}"#,
            "class",
            "not both",
        ),
    ] {
        let message = api.post(path, body).await.names(field);
        assert!(message.contains(said), "{path} {body}: {message}");
    }
}

#[tokio::test]
async fn what_is_not_a_request_of_this_api_is_refused_in_one_form() {
    let api = Api::new().await;
    let post = |kind: &str, body: &str| {
        api.request(Method::POST, "/backbones").header("content-type", kind.to_owned()).body(body.to_owned())
    };
    send(post("application/json", "{")).await.problem(400, "malformed");
    send(post("application/json", "")).await.problem(400, "malformed");
    send(post("text/plain", r#"{"name": "a"}"#)).await.problem(415, "unsupported-media-type");
    send(api.request(Method::POST, "/backbones").body("x")).await.problem(415, "unsupported-media-type");
    send(post("application/json; charset=utf-8", r#"{"name": "a"}"#)).await.is(201);
    let huge = format!(r#"{{"name": "{}"}}"#, "a".repeat(1_100_000));
    send(post("application/json", &huge)).await.problem(413, "too-large");

    api.get("/nothing").await.problem(404, "not-found");
    send(api.http.get(format!("{}/", api.server)).bearer_auth(&api.token)).await.problem(404, "not-found");
    for path in ["/backbones/EUROPE", "/backbones/..%2f", "/backbones/a%00b", "/backbones/-"] {
        api.get(path).await.problem(404, "not-found");
    }
    let answer = send(json(api.request(Method::PUT, "/backbones"), "{}")).await;
    assert!(answer.headers["allow"].to_str().unwrap().contains("POST"), "{answer:?}");
    answer.problem(405, "method-not-allowed");
    let action = api.post("/backbones/a/sites/b/evict", r#"{"force": true}"#).await;
    action.problem(422, "invalid");
}

#[tokio::test]
async fn answers_are_never_kept_by_caches_and_have_an_id() {
    let api = Api::without_root().await;
    let answer = api.get("/ca").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    let other = api.get("/ca").await;
    assert_ne!(answer.headers["x-request-id"], other.headers["x-request-id"]);
}
