//! What was tried and refused is in the audit chain, without what was sent.

use serde_json::{Value, json};

use crate::{
    fixture::{Api, send},
    personas::Personas,
};

async fn events(api: &Api, action: &str) -> Vec<Value> {
    api.get(&format!("/audit?limit=500&action={action}")).await.is(200)["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_change_that_is_refused_is_recorded_with_who_asked_and_why() {
    let api = Api::with_network().await;
    let answer = api.post("/networks", r#"{"name": "exercise"}"#).await;
    let request = answer.headers["x-request-id"].to_str().unwrap().to_owned();
    answer.problem(409, "name-taken");
    let refused = events(&api, "network.create").await.pop().unwrap();
    assert_eq!((refused["outcome"].as_str(), refused["request_id"].as_str()), (Some("refused"), Some(&*request)));
    assert_eq!((refused["actor"].as_str(), refused["address"].as_str()), (Some("admin"), Some("127.0.0.1")));
    assert_eq!(refused["after"]["path"], "/api/v1/networks");

    // One in a network is of that network: its owner sees what was tried.
    api.delete("/networks/exercise/classes/none").await.problem(404, "not-found");
    let refused = events(&api, "class.delete").await.pop().unwrap();
    assert_eq!(refused["network"], api.get("/networks/exercise").await.is(200)["id"]);

    // Looking at what is not there is no attempt at anything.
    api.get("/networks/none").await.problem(404, "not-found");
    assert!(events(&api, "network.show").await.is_empty());
    assert_eq!(api.get("/audit/verify").await.is(200)["intact"], true);
}

#[tokio::test]
async fn looks_at_what_is_hidden_are_recorded_as_those_at_what_is_not_there_and_within_limits() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let looks = async || {
        let mut all = events(&api, "network.show").await;
        all.retain(|event| event["actor"] == "service/alice");
        all
    };
    for network in ["other", "none", "other"] {
        personas.get(&api, "user, own", &format!("/networks/{network}")).await.problem(404, "not-found");
    }
    let found = looks().await;
    assert_eq!(found.len(), 3, "nothing tells one from the other: {found:#?}");
    assert!(found.iter().all(|event| event["outcome"] == "refused"), "{found:#?}");
    // Whose network it is sees who has looked.
    let other = api.get("/networks/other").await.is(200)["id"].clone();
    assert_eq!((&found[0]["network"], &found[1]["network"]), (&other, &Value::Null));
    assert_eq!(found[0]["after"]["path"], "/api/v1/networks/other");
    for _ in 0..10 {
        personas.get(&api, "user, own", "/networks/other").await.problem(404, "not-found");
    }
    assert_eq!(looks().await.len(), 5, "further ones are counted");
    personas.delete(&api, "user, own", "/networks/other").await.problem(404, "not-found");
    assert_eq!(events(&api, "network.delete").await.len(), 1, "attempts have a pace of their own");
    // Also where a list is narrowed to what is hidden.
    for path in ["/events?network=other&follow=false", "/audit?network=other", "/audit?backbone=asia"] {
        personas.get(&api, "viewer", path).await.problem(404, "not-found");
    }
    let narrowed = [events(&api, "events.watch").await, events(&api, "audit.list").await].concat();
    assert_eq!(narrowed.len(), 3, "{narrowed:#?}");
    assert_eq!(narrowed[0]["network"], other);
    // What is tried at a network by the id of something of it is seen by whose network it is.
    let certificate = &personas.of("user, other").own["certificate"];
    let path = format!("/certificates/{certificate}/revoke");
    personas.post(&api, "user, own", &path, "{}").await.problem(404, "not-found");
    let tried = events(&api, "certificate.revoke").await;
    assert_eq!(tried.iter().map(|event| &event["network"]).collect::<Vec<_>>(), [&other], "{tried:#?}");
    personas.get(&api, "user, own", "/networks/exercise").await.is(200);
    personas.get(&api, "user, own", "/networks/exercise/members/none").await.problem(404, "not-found");
    assert!(events(&api, "member.show").await.is_empty(), "what is not there in one's own network is no attempt");
}

/// What the stream of events has told since a position, each with it as its id.
async fn told(api: &Api, token: &str, last: i64) -> Vec<Value> {
    let url = format!("{}/api/v1/events?follow=false", api.server);
    let request = api.http.get(url).bearer_auth(token).header("last-event-id", last.to_string());
    let text = request.send().await.unwrap().text().await.unwrap();
    let field = |name: &str| text.lines().filter_map(|line| line.strip_prefix(name)).map(str::trim).collect::<Vec<_>>();
    let events: Vec<Value> = field("data:").into_iter().map(|data| serde_json::from_str(data).unwrap()).collect();
    let positions: Vec<String> = events.iter().map(|event| event["position"].to_string()).collect();
    assert_eq!(field("id:"), positions, "{text}");
    events
}

#[tokio::test]
async fn who_follows_a_network_is_told_of_its_changes_and_of_nothing_that_the_list_withholds() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let share = r#"{"user": "nobody", "role": "viewer"}"#;
    personas.post(&api, "operator", "/networks/exercise/shares", share).await.problem(403, "forbidden");
    personas.post(&api, "user, own", "/networks/exercise/shares", share).await.is(201);
    personas.delete(&api, "user, own", "/networks/exercise/classes/none").await.problem(404, "not-found");
    api.post("/quotas", r#"{"resource": "invitations", "network": "exercise", "most": 100}"#).await.is(201);
    let exercise = api.get("/networks/exercise").await.is(200)["id"].clone();
    let actions =
        |told: &[Value]| told.iter().map(|it| it["action"].as_str().unwrap().to_owned()).collect::<Vec<String>>();
    for title in ["operator", "viewer"] {
        assert_eq!(personas.get(&api, title, "/audit?limit=500").await.is(200)["items"], json!([]));
        let told = told(&api, &personas.of(title).token, 0).await;
        for event in &told {
            assert_eq!((&event["network"], event["outcome"].as_str()), (&exercise, Some("done")), "{title}: {event}");
            for field in ["on_behalf_of", "backbone", "request_id", "address", "previous_hash", "hash"] {
                assert_eq!(event[field], Value::Null, "{title}: {field}: {event}");
            }
            let said = ["before", "after"].into_iter().filter_map(|object| event[object].as_object()).flatten();
            for (field, _) in said {
                assert!(["name", "address"].contains(&field.as_str()), "{title}: {field}: {event}");
            }
            let kind = event["object_kind"].as_str().unwrap();
            assert!(!["authority", "certificate", "denial", "quota"].contains(&kind), "{title}: {event}");
        }
        let made = told.iter().find(|event| event["action"] == "class.add").expect("they are told what changes");
        assert_eq!((&made["after"], &made["actor"]), (&json!({"name": "store"}), &json!("service/alice")));
        assert!(made["time"].is_string() && made["object_id"].is_string(), "{made}");
        let shares = actions(&told).into_iter().filter(|action| action == "grant.create").count();
        assert_eq!(shares, 1, "their own: {told:#?}");
    }
}

#[tokio::test]
async fn who_follows_a_network_goes_on_from_what_was_told_and_from_what_was_left_out() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let viewer = &personas.of("viewer").token;
    let last = told(&api, viewer, 0).await.last().unwrap()["position"].as_i64().unwrap();
    personas.delete(&api, "user, own", "/networks/exercise/classes/none").await.problem(404, "not-found");
    let left_out = events(&api, "class.delete").await.pop().unwrap()["position"].as_i64().unwrap();
    assert!(left_out > last, "{left_out} {last}");
    personas.post(&api, "user, own", "/networks/exercise/classes", r#"{"name": "later"}"#).await.is(201);
    for position in [last, left_out] {
        let told = told(&api, viewer, position).await;
        let names: Vec<&Value> = told.iter().map(|event| &event["after"]["name"]).collect();
        assert_eq!(names, [&json!("later")], "after {position}: {told:#?}");
    }
}

#[tokio::test]
async fn the_stream_of_events_tells_those_who_manage_what_the_list_has() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    personas.delete(&api, "user, own", "/networks/exercise/classes/none").await.problem(404, "not-found");
    for title in ["user, own", "backbone administrator, own", "service administrator"] {
        let listed = personas.get(&api, title, "/audit?limit=500").await.is(200);
        assert_eq!(listed["next"], Value::Null, "all of it");
        let listed = listed["items"].as_array().unwrap();
        let told = told(&api, &personas.of(title).token, 0).await;
        // What controllers do by themselves may have been added.
        assert_eq!(&told[..listed.len()], listed, "{title}");
        assert!(listed.iter().any(|event| event["action"] == "authority.create"), "{title}: {listed:#?}");
        assert!(listed.iter().all(|event| event["hash"].is_string()), "{title}: {listed:#?}");
        let refused = listed.iter().find(|event| event["action"] == "class.delete").unwrap();
        assert_eq!((&refused["outcome"], &refused["address"]), (&json!("refused"), &json!("127.0.0.1")), "{title}");
    }
}

#[tokio::test]
async fn what_was_sent_is_not_recorded_and_who_is_not_known_leaves_no_line() {
    let api = Api::with_network().await;
    let secret = "hunter2-hunter2";
    let body = format!(r#"{{"name": "door", "passcode": ["{secret}"]}}"#);
    api.post("/networks/exercise/invitations", &body).await.names("passcode");
    let strangers = api.http.get(format!("{}/api/v1/networks", api.server)).bearer_auth(secret);
    send(strangers).await.problem(401, "unauthorized");
    let all = api.get("/audit?limit=500").await.is(200);
    // What controllers do by themselves may come in between.
    let last = all["items"].as_array().unwrap().iter().rfind(|event| event["action"] != "trust.publish").unwrap();
    assert_eq!((last["action"].as_str(), last["outcome"].as_str()), (Some("invitation.create"), Some("refused")));
    assert!(last["after"]["reason"].as_str().unwrap().contains("passcode"), "{last}");
    assert!(!all.to_string().contains(secret), "{all}");
}

#[tokio::test]
async fn events_of_the_last_day_stay_whatever_is_asked_for() {
    let api = Api::new().await;
    let now = jiff::Timestamp::now();
    let body = format!(r#"{{"before": "{now}"}}"#);
    assert!(api.post("/audit/cuts", &body).await.names("before").contains("24 hours"));
    api.post("/audit/cuts", r#"{"before": "2020-01-01T00:00:00Z"}"#).await.problem(409, "precondition");
    assert_eq!(api.get("/audit/cuts").await.is(200)["items"], serde_json::json!([]));
}
