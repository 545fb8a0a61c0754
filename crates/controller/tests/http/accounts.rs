//! Users, groups and tokens; who signs in, with what, and what is refused.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::fixture::{Answer, Api, json as with_json, send};

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "quite another password";

impl Api {
    /// A request that carries this token.
    async fn as_bearer(&self, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.server)).bearer_auth(token);
        match body {
            Some(body) => send(with_json(request, &body.to_string())).await,
            None => send(request).await,
        }
    }

    async fn whoami(&self, token: &str) -> Answer {
        self.as_bearer(token, Method::GET, "/whoami", None).await
    }

    /// A request of somebody who is not signed in.
    async fn stranger(&self, path: &str, body: Value) -> Answer {
        let request = self.http.post(format!("{}/api/v1{path}", self.server));
        send(with_json(request, &body.to_string())).await
    }

    async fn sign_in(&self, name: &str, password: &str) -> Answer {
        self.stranger("/sign-in", json!({"name": name, "password": password})).await
    }

    /// A person who has chosen their password; the token of their first session.
    async fn person(&self, name: &str) -> String {
        self.post("/users", &json!({"name": name}).to_string()).await.is(201);
        let reset = self.post(&format!("/users/{name}/reset"), "").await.is(200);
        let first = json!({"name": name, "password": reset["password"], "new_password": PASSWORD});
        text(&self.stranger("/sign-in", first).await.is(200)["token"])
    }

    /// A service with a token of these options, beside its name.
    async fn service_token(&self, service: &str, options: Value) -> String {
        let user = json!({"name": service, "kind": "service"});
        assert!([201, 409].contains(&self.post("/users", &user.to_string()).await.status.as_u16()));
        text(&self.post(&format!("/users/{service}/tokens"), &options.to_string()).await.is(201)["token"])
    }

    async fn recorded(&self) -> Vec<Value> {
        self.get("/audit?limit=500").await.is(200)["items"].as_array().unwrap().clone()
    }

    fn setup_code(&self) -> String {
        let link = std::fs::read_to_string(self.dir.path().join("setup.link")).unwrap();
        link.trim().split_once('#').unwrap().1.to_owned()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_signs_in_changes_their_password_and_signs_out() {
    let api = Api::without_root().await;
    let first = api.person("ada").await;
    assert_eq!(api.whoami(&first).await.is(200)["subject"], "user/ada");
    assert_eq!(api.whoami(&first).await.is(200)["method"], "password");

    let second = text(&api.sign_in("ada", PASSWORD).await.is(200)["token"]);
    let change = |old: &str| json!({"password": old, "new_password": OTHER});
    api.as_bearer(&second, Method::POST, "/password", Some(change("not the password")))
        .await
        .problem(401, "unauthorized");
    let third = api.as_bearer(&second, Method::POST, "/password", Some(change(PASSWORD))).await.is(200);
    for over in [&first, &second] {
        api.whoami(over).await.problem(401, "unauthorized");
    }
    api.sign_in("ada", PASSWORD).await.problem(401, "unauthorized");
    api.sign_in("ada", OTHER).await.is(200);

    let third = text(&third["token"]);
    api.whoami(&third).await.is(200);
    assert_eq!(api.as_bearer(&third, Method::DELETE, "/sign-in", None).await.status, StatusCode::NO_CONTENT);
    api.whoami(&third).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_reset_password_opens_nothing_but_the_choice_of_another() {
    let api = Api::without_root().await;
    let session = api.person("ada").await;
    let reset = api.post("/users/ada/reset", "").await.is(200);
    api.whoami(&session).await.problem(401, "unauthorized");
    api.sign_in("ada", PASSWORD).await.problem(401, "unauthorized");
    let one_time = text(&reset["password"]);
    api.sign_in("ada", &one_time).await.problem(403, "password-change-required");
    let chosen = json!({"name": "ada", "password": one_time, "new_password": OTHER});
    api.stranger("/sign-in", chosen.clone()).await.is(200);
    // Once.
    api.stranger("/sign-in", chosen).await.problem(401, "unauthorized");
    api.sign_in("ada", OTHER).await.is(200);
    assert_eq!(api.get("/users/ada").await.is(200)["password"], "set");
}

#[tokio::test]
async fn who_is_disabled_or_deleted_is_refused_from_the_next_request_on() {
    let api = Api::without_root().await;
    let session = api.person("ada").await;
    let token = api.service_token("deploy", json!({"name": "nightly"})).await;
    for (name, token) in [("ada", &session), ("deploy", &token)] {
        api.whoami(token).await.is(200);
        api.patch(&format!("/users/{name}"), r#"{"disabled": true}"#).await.is(200);
        api.whoami(token).await.problem(401, "unauthorized");
    }
    api.sign_in("ada", PASSWORD).await.problem(401, "unauthorized");
    for name in ["ada", "deploy"] {
        api.patch(&format!("/users/{name}"), r#"{"disabled": false}"#).await.is(200);
    }
    // Sessions have ended; tokens that were not revoked are good again.
    api.whoami(&session).await.problem(401, "unauthorized");
    api.whoami(&token).await.is(200);
    let session = text(&api.sign_in("ada", PASSWORD).await.is(200)["token"]);
    for (name, token) in [("ada", &session), ("deploy", &token)] {
        assert_eq!(api.delete(&format!("/users/{name}")).await.status, StatusCode::NO_CONTENT);
        api.whoami(token).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn tokens_are_shown_once_and_limited_and_revoked() {
    let api = Api::with_network().await;
    let made = {
        api.post("/users", r#"{"name": "deploy", "kind": "service"}"#).await.is(201);
        let options = json!({"name": "nightly", "access": "read", "network": "exercise"});
        api.post("/users/deploy/tokens", &options.to_string()).await.is(201)
    };
    let token = text(&made["token"]);
    assert_eq!(
        (&made["user"], &made["access"], &made["network"]),
        (&json!("deploy"), &json!("read"), &json!("exercise"))
    );
    let who = api.whoami(&token).await.is(200);
    assert_eq!((&who["subject"], &who["method"]), (&json!("service/deploy"), &json!("API token")));

    let shown = api.get("/users/deploy/tokens/nightly").await.is(200);
    assert!(shown.get("token").is_none(), "{shown}");
    assert!(shown["last_used"].is_string(), "{shown}");
    // A token makes no tokens, and changes no password.
    let another = Some(json!({"name": "another"}));
    let refused = api.as_bearer(&token, Method::POST, "/tokens", another).await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    // Names are unique for each user.
    api.post("/users/deploy/tokens", r#"{"name": "nightly"}"#).await.problem(409, "name-taken");
    for bad in ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"] {
        let options = json!({"name": "bad", "expires": bad});
        assert!(api.post("/users/deploy/tokens", &options.to_string()).await.names("expires").contains("366"));
    }
    assert_eq!(api.delete("/users/deploy/tokens/nightly").await.status, StatusCode::NO_CONTENT);
    api.whoami(&token).await.problem(401, "unauthorized");
    // Persons make their own.
    let session = api.person("ada").await;
    api.post("/users/ada/tokens", r#"{"name": "theirs"}"#).await.problem(409, "precondition");
    let own = api.as_bearer(&session, Method::POST, "/tokens", Some(json!({"name": "mine"}))).await.is(201);
    assert_eq!(api.whoami(&text(&own["token"])).await.is(200)["subject"], "user/ada");
    assert_eq!(api.as_bearer(&session, Method::DELETE, "/tokens/mine", None).await.status, StatusCode::NO_CONTENT);
    api.whoami(&text(&own["token"])).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn groups_have_members_and_go_with_nothing_left() {
    let api = Api::without_root().await;
    api.post("/users", r#"{"name": "ada"}"#).await.is(201);
    api.post("/groups", r#"{"name": "operations"}"#).await.is(201);
    for _ in 0..2 {
        api.post("/groups/operations/members", r#"{"user": "ada"}"#).await.is(200);
    }
    assert_eq!(api.get("/groups/operations/members").await.is(200)["items"][0]["user"], "ada");
    assert_eq!(api.get("/groups/operations").await.is(200)["members"], 1);
    assert_eq!(api.get("/users/ada").await.is(200)["groups"], json!(["operations"]));
    assert_eq!(api.delete("/groups/operations/members/ada").await.status, StatusCode::NO_CONTENT);
    api.delete("/groups/operations/members/ada").await.problem(404, "not-found");
    assert_eq!(api.delete("/groups/operations").await.status, StatusCode::NO_CONTENT);
    assert_eq!(api.get("/users/ada").await.is(200)["groups"], json!([]));
}

#[tokio::test]
async fn the_setup_link_makes_one_administrator_and_closes_the_first_start_token() {
    let api = Api::without_root().await;
    let methods = send(api.http.get(format!("{}/api/v1/sign-in", api.server))).await.is(200);
    assert_eq!(methods["set_up"], false);
    let with = |code: &str| json!({"code": code, "name": "ada", "password": PASSWORD});
    let code = api.setup_code();
    let guess = format!("skxi_{}", "A".repeat(43));
    api.stranger("/setup", with(&guess)).await.problem(401, "unauthorized");
    let guessed = testkit::process::eventually("that it was tried is recorded", async || {
        let events = api.get("/audit?action=sign-in.begin").await.is(200)["items"].as_array().cloned()?;
        events.into_iter().find(|event| event["outcome"] == "refused")
    });
    assert_eq!(guessed.await.unwrap()["actor"], "nobody");
    let made = api.stranger("/setup", with(&code)).await.is(200);
    api.stranger("/setup", with(&code)).await.problem(401, "unauthorized");
    assert!(!api.dir.path().join("setup.link").exists());

    let session = text(&made["token"]);
    api.as_bearer(&session, Method::GET, "/users", None).await.is(200);
    // On the network, the first-start token is over; here it is not, and it can be replaced.
    let refused = api.get("/whoami").await.problem(401, "unauthorized");
    assert!(refused["detail"].as_str().unwrap().contains("admin.sock"), "{refused}");
    let local = reqwest::Client::builder().unix_socket(api.dir.path().join("admin.sock")).build().unwrap();
    let at = |method: Method, path: &str, token: &str| {
        send(local.request(method, format!("http://localhost/api/v1{path}")).bearer_auth(token))
    };
    let who = at(Method::GET, "/whoami", &api.token).await.is(200);
    assert_eq!((&who["subject"], &who["method"]), (&json!("admin"), &json!("first-start token")));
    let rotated = at(Method::POST, "/first-start-token/rotate", &api.token).await;
    assert_eq!(rotated.status, StatusCode::NO_CONTENT, "{rotated:?}");
    at(Method::GET, "/whoami", &api.token).await.problem(401, "unauthorized");
    let new = std::fs::read_to_string(api.dir.path().join("admin.token")).unwrap();
    at(Method::GET, "/whoami", new.trim()).await.is(200);
    let audit = at(Method::GET, "/audit?action=first-start-token.rotate", new.trim()).await.is(200);
    assert_eq!(audit["items"][0]["actor"], "admin", "{audit}");
    // A session over the socket is a session.
    at(Method::GET, "/whoami", &session).await.is(200);
}

#[tokio::test]
async fn an_answer_does_not_tell_whether_there_is_such_a_user() {
    let api = Api::without_root().await;
    api.person("ada").await;
    api.post("/users", r#"{"name": "bob"}"#).await.is(201);
    api.post("/users", r#"{"name": "deploy", "kind": "service"}"#).await.is(201);
    let said = async |name: &str| {
        let mut problem = api.sign_in(name, "not the password").await.problem(401, "unauthorized");
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    let of_ada = said("ada").await;
    // No password yet, none ever, nobody, and what is no name at all.
    for name in ["bob", "deploy", "nobody", "Not a name", ""] {
        assert_eq!(said(name).await, of_ada, "{name}");
    }
}

#[tokio::test]
async fn who_sprays_passwords_is_slowed_down_while_others_are_served() {
    let api = Api::without_root().await;
    let session = api.person("ada").await;
    let mut slowed = 0;
    for n in 0..20 {
        let answer = api.sign_in(&format!("user-{n}"), "a password of many").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1, "{answer:?}");
            answer.problem(429, "too-many-attempts");
            slowed += 1;
        }
    }
    assert!(slowed >= 5, "{slowed}");
    // Who has signed in from there before still can, though the neighbours guess.
    api.sign_in("ada", PASSWORD).await.is(200);
    api.whoami(&session).await.is(200);
    // And who guesses tokens gets fewer and fewer looked up.
    let guess = |n: u32| format!("skxt_{n:0>43}");
    let mut last = StatusCode::UNAUTHORIZED;
    for n in 0..110 {
        last = api.whoami(&guess(n)).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    api.whoami(&session).await.is(200);
    api.get("/whoami").await.is(200);
}

#[tokio::test]
async fn no_secret_is_in_an_event() {
    let api = Api::without_root().await;
    let session = api.person("ada").await;
    let reset = text(&api.post("/users/ada/reset", "").await.is(200)["password"]);
    let token = api.service_token("deploy", json!({"name": "nightly"})).await;
    // A password in the place of a name.
    api.sign_in(OTHER, PASSWORD).await.problem(401, "unauthorized");
    let events = testkit::process::eventually("the refusal is recorded", async || {
        let events = api.recorded().await;
        events.iter().any(|event| event["action"] == "sign-in.begin" && event["outcome"] == "refused").then_some(events)
    })
    .await
    .unwrap();
    let actions: Vec<&str> = events.iter().map(|event| event["action"].as_str().unwrap()).collect();
    for action in ["user.create", "user.reset", "user.password", "sign-in.begin", "token.create"] {
        assert!(actions.contains(&action), "{action} {actions:?}");
    }
    let all = Value::Array(events).to_string();
    for secret in [PASSWORD, OTHER, &session, &reset, &token, &api.token, "$argon2"] {
        assert!(!all.contains(secret), "an event has a secret in it");
    }
}
