//! What a token takes away from what its user may, and when it ends: held by the API itself.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use model::Clock;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{Answer, Api, json as with_body, send};

/// The system's clock, and as many minutes ahead as a test says.
#[derive(Debug, Default)]
struct Ahead(AtomicI64);

impl Ahead {
    fn by(&self, minutes: i64) {
        self.0.store(minutes, Ordering::SeqCst);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_mins(self.0.load(Ordering::SeqCst))
    }
}

async fn ask(api: &Api, token: &str, method: Method, path: &str, body: Option<Value>) -> Answer {
    let request = api.http.request(method, format!("{}/api/v1{path}", api.server)).bearer_auth(token);
    match body {
        Some(body) => send(with_body(request, &body.to_string())).await,
        None => send(request).await,
    }
}

async fn token(api: &Api, options: Value) -> String {
    let made = api.post("/users/deploy/tokens", &options.to_string()).await.is(201);
    made["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_and_a_session_are_refused_from_the_moment_they_end() {
    let clock = Arc::new(Ahead::default());
    let api = Api::by(Arc::clone(&clock) as Arc<dyn Clock>).await;
    api.post("/users", r#"{"name": "deploy", "kind": "service"}"#).await.is(201);
    let within = |minutes: i64| (Timestamp::now() + SignedDuration::from_mins(minutes)).to_string();
    let short = token(&api, json!({"name": "short", "expires": within(60)})).await;
    let long = token(&api, json!({"name": "long", "expires": within(6_000)})).await;
    api.post("/users", r#"{"name": "ada"}"#).await.is(201);
    let one_time = &api.post("/users/ada/reset", "").await.is(200)["password"];
    let first = json!({"name": "ada", "password": one_time, "new_password": "correct horse battery"});
    let request = api.http.post(format!("{}/api/v1/sign-in", api.server));
    let session = send(with_body(request, &first.to_string())).await.is(200);
    let session = session["token"].as_str().unwrap();
    let is_good = async |token: &str| match ask(&api, token, Method::GET, "/whoami", None).await {
        answer if answer.status == 200 => true,
        answer => {
            answer.problem(401, "unauthorized");
            false
        }
    };
    // Twelve hours are the life of a session.
    for (minutes, good) in [(30, [true, true, true]), (61, [false, true, true]), (725, [false, true, false])] {
        clock.by(minutes);
        assert_eq!([is_good(&short).await, is_good(&long).await, is_good(session).await], good, "after {minutes} m");
    }
    let over = api.get("/users/deploy/tokens?expired=true").await.is(200);
    assert_eq!((&over["items"][0]["name"], over["items"].as_array().unwrap().len()), (&json!("short"), 1));
    // What is over does not come back with another request, and can be taken away.
    assert_eq!(api.delete("/users/deploy/tokens/short").await.status, 204);
}

#[tokio::test]
async fn a_token_is_held_to_its_limits_however_much_its_user_may() {
    let api = Api::with_network().await;
    api.post("/backbones", r#"{"name": "asia"}"#).await.is(201);
    api.post("/networks", r#"{"name": "other", "backbone": "asia"}"#).await.is(201);
    api.post("/users", r#"{"name": "deploy", "kind": "service"}"#).await.is(201);
    api.post("/grants", r#"{"user": "deploy", "role": "service-administrator"}"#).await.is(201);
    let all = token(&api, json!({"name": "all"})).await;
    let read = token(&api, json!({"name": "read", "access": "read"})).await;
    let network = token(&api, json!({"name": "network", "network": "exercise"})).await;
    let backbone = token(&api, json!({"name": "backbone", "backbone": "europe"})).await;
    let reader = token(&api, json!({"name": "reader", "access": "read", "network": "exercise"})).await;
    let class = |name: &str| Some(json!({"name": name}));
    let get = Method::GET;
    let post = Method::POST;
    for (asked, body, expected) in [
        // In the order of the tokens above.
        ((&get, "/networks/exercise"), None, [200, 200, 200, 200, 200]),
        ((&get, "/networks/other"), None, [200, 200, 404, 404, 404]),
        ((&get, "/backbones/europe"), None, [200, 200, 404, 200, 404]),
        ((&get, "/backbones/asia"), None, [200, 200, 404, 404, 404]),
        ((&get, "/users"), None, [200, 200, 403, 403, 403]),
        ((&post, "/users"), class("eve"), [201, 403, 403, 403, 403]),
        ((&post, "/networks/other/classes"), class("store"), [201, 403, 404, 404, 404]),
        ((&post, "/first-start-token/rotate"), None, [409, 403, 403, 403, 403]),
    ] {
        let mut found = vec![];
        for token in [&all, &read, &network, &backbone, &reader] {
            found.push(ask(&api, token, asked.0.clone(), asked.1, body.clone()).await.status.as_u16());
        }
        assert_eq!(found, expected, "{asked:?}");
    }
    // What may be written where it is limited to.
    for (token, name, status) in
        [(&all, "a", 201), (&read, "b", 403), (&network, "c", 201), (&backbone, "d", 201), (&reader, "e", 403)]
    {
        let answer = ask(&api, token, Method::POST, "/networks/exercise/classes", class(name)).await;
        assert_eq!(answer.status, status, "{name} {answer:?}");
    }
    // Lists have what is within, and nothing else.
    for (token, names) in [(&all, 2), (&read, 2), (&network, 1), (&backbone, 1), (&reader, 1)] {
        let found = ask(&api, token, Method::GET, "/networks", None).await.is(200);
        assert_eq!(found["items"].as_array().unwrap().len(), names, "{found}");
    }
    // A token makes no tokens, and no password opens by it.
    for token in [&all, &read, &network] {
        let made = ask(&api, token, Method::POST, "/tokens", class("another")).await;
        assert!(made.status.is_client_error(), "{made:?}");
        let change = json!({"password": "correct horse battery", "new_password": "quite another password"});
        let changed = ask(&api, token, Method::POST, "/password", Some(change)).await;
        assert!(changed.status.is_client_error(), "{changed:?}");
    }
}
