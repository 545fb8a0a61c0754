//! Networks change hands, and none is left with nobody who manages it.

use serde_json::{Value, json};

use crate::{
    fixture::{Api, send},
    personas::Personas,
};

const NETWORK: &str = "/networks/exercise";

/// The events of an action, as an administrator reads them.
async fn recorded(api: &Api, action: &str) -> Vec<Value> {
    let found = api.get(&format!("/audit?action={action}&limit=500")).await.is(200);
    found["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_owner_hands_a_network_over_and_sees_it_no_more() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    assert_eq!(api.get(NETWORK).await.is(200)["owner"], "alice");
    let done = personas.patch(&api, "user, own", NETWORK, r#"{"owner": "bob"}"#).await;
    assert_eq!((&done.etag(), &done.is(200)["owner"]), (&"\"2\"".to_owned(), &json!("bob")));
    personas.get(&api, "user, own", NETWORK).await.problem(404, "not-found");
    assert_eq!(api.get("/networks?owner=bob").await.is(200)["items"].as_array().map(Vec::len), Some(2));
    assert_eq!(api.get("/networks?owner=alice").await.is(200)["items"], json!([]));
    // With whom it was shared stays.
    personas.get(&api, "viewer", NETWORK).await.is(200);
    let [event] = &recorded(&api, "network.hand-over").await[..] else { panic!("one event") };
    assert_eq!(event["actor"], "service/alice");
    assert_eq!((&event["before"]["owner_name"], &event["after"]["owner_name"]), (&json!("alice"), &json!("bob")));
    // Repeated it changes nothing; and other things change with it, in one go.
    let again = api.patch(NETWORK, r#"{"owner": "bob"}"#).await;
    assert_eq!(again.is(200)["revision"], 2);
    let both = api.patch(NETWORK, r#"{"owner": "alice", "grace_seconds": 5}"#).await.is(200);
    assert_eq!((&both["owner"], &both["grace_seconds"]), (&json!("alice"), &json!(5)));
    personas.patch(&api, "operator", NETWORK, r#"{"owner": "olga"}"#).await.problem(403, "forbidden");
    personas.patch(&api, "backbone administrator, own", NETWORK, r#"{"owner": "bob"}"#).await.is(200);
}

#[tokio::test]
async fn nobody_is_given_a_network_they_could_not_manage() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    let give = async |to: &str| personas.patch(&api, "user, own", NETWORK, &json!({"owner": to}).to_string()).await;
    for stranger in ["carol", "olga", "nobody"] {
        let refused = give(stranger).await.problem(409, "precondition");
        let said = refused["detail"].as_str().unwrap().to_owned() + refused["how"].as_str().unwrap_or_default();
        assert!(said.contains(&format!("--user {stranger} --role user --backbone europe")), "{refused}");
    }
    give("missing").await.problem(404, "not-found");
    api.patch("/users/bob", r#"{"disabled": true}"#).await.is(200);
    give("bob").await.problem(409, "precondition");
    api.patch("/users/bob", r#"{"disabled": false}"#).await.is(200);
    // Nor more than they may own.
    let quota = api.post("/quotas", r#"{"resource": "networks", "user": "bob", "most": 1}"#).await.is(201);
    let refused = give("bob").await.problem(409, "precondition");
    assert!(refused["detail"].as_str().unwrap().contains("networks bob owns is limited to 1"), "{refused}");
    // A role of a group does as well.
    api.post("/groups", r#"{"name": "makers"}"#).await.is(201);
    api.post("/groups/makers/members", r#"{"user": "nobody"}"#).await.is(200);
    api.post("/grants", r#"{"group": "makers", "role": "user", "backbone": "europe"}"#).await.is(201);
    give("nobody").await.is(200);
    // Administrators give beyond quotas.
    assert_eq!(api.patch(NETWORK, r#"{"owner": "bob"}"#).await.is(200)["owner"], "bob");
    api.delete(&format!("/quotas/{}", quota["id"].as_str().unwrap())).await.is(204);
}

#[tokio::test]
async fn whoever_owns_networks_is_deleted_only_when_those_have_another_owner() {
    let api = Api::new().await;
    let personas = Personas::make(&api).await;
    for name in ["second", "over"] {
        let body = json!({"name": name, "backbone": "europe"}).to_string();
        personas.post(&api, "user, own", "/networks", &body).await.is(201);
    }
    personas.post(&api, "user, own", "/networks/over/evict", "{}").await.is(200);
    let refused = api.delete("/users/alice").await.problem(409, "precondition").to_string();
    for said in ["alice owns 3 networks", "exercise, second, over", "--networks-to", "skx network set"] {
        assert!(refused.contains(said), "{said}: {refused}");
    }
    // One who could not manage them gets none of them.
    api.delete("/users/alice?networks_to=carol").await.problem(409, "precondition");
    api.delete("/users/alice?networks_to=missing").await.problem(404, "not-found");
    assert!(api.delete("/users/alice?networks_to=alice").await.names("networks_to").contains("another"));
    assert_eq!(api.get(NETWORK).await.is(200)["owner"], "alice");
    assert!(recorded(&api, "network.hand-over").await.is_empty(), "nothing was done");
    api.delete("/users/alice?networks_to=bob").await.is(204);
    for name in ["exercise", "second", "over"] {
        assert_eq!(api.get(&format!("/networks/{name}")).await.is(200)["owner"], "bob", "{name}");
    }
    assert_eq!(recorded(&api, "network.hand-over").await.len(), 3);
    // Who owns nothing just goes.
    api.delete("/users/nobody").await.is(204);
}

#[tokio::test]
async fn a_user_who_is_deleted_while_they_are_given_a_network_leaves_none_behind() {
    let api = Api::new().await;
    let _personas = Personas::make(&api).await;
    for n in 0..8 {
        let (user, network) = (format!("heir-{n}"), format!("network-{n}"));
        api.post("/users", &json!({"name": user, "kind": "service"}).to_string()).await.is(201);
        let grant = json!({"user": user, "role": "user", "backbone": "europe"}).to_string();
        api.post("/grants", &grant).await.is(201);
        api.post("/networks", &json!({"name": network, "backbone": "europe"}).to_string()).await.is(201);
        api.patch(&format!("/networks/{network}"), r#"{"owner": "bob"}"#).await.is(200);
        let (path, body) = (format!("/networks/{network}"), json!({"owner": user}).to_string());
        let (given, deleted) = tokio::join!(
            api.patch(&path, &body),
            send(api.request(reqwest::Method::DELETE, &format!("/users/{user}"))),
        );
        let owner = api.get(&path).await.is(200)["owner"].clone();
        match deleted.status.as_u16() {
            204 => assert_eq!(owner, "bob", "{given:?}"),
            _ => assert_eq!(owner, user.as_str(), "{deleted:?} {given:?}"),
        }
    }
}
