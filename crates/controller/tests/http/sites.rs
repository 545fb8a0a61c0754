//! Member sites as the API shows them: real ones, that join through a real backbone site.

use std::path::PathBuf;

use serde_json::{Value, json};
use site::{Options, Outcome, join::Wishes, state::DataDir};
use testkit::{installation::free_address, process::eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fixture::Api;

/// A site that runs until the test ends.
pub(crate) struct Site {
    shutdown: CancellationToken,
    _task: JoinHandle<Outcome>,
}

impl Site {
    pub(crate) fn join(dir: PathBuf, ticket: &Value, name: Option<&str>) -> Self {
        std::fs::create_dir_all(&dir).unwrap();
        let ticket = pki::ticket::decode(ticket["content"].as_str().unwrap()).unwrap();
        let locked = DataDir::new(&dir).lock().unwrap();
        let wishes = Wishes { name: name.map(|name| name.parse().unwrap()), ..Wishes::default() };
        site::join::apply(&locked, ticket, wishes, jiff::Timestamp::now()).unwrap();
        let shutdown = CancellationToken::new();
        let stop = shutdown.clone().cancelled_owned();
        let task = tokio::spawn(async move { site::run(locked, Options::new("test/1"), stop).await.unwrap() });
        Self { shutdown, _task: task }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Waits until what is at `path` is as `wanted`.
pub(crate) async fn until(api: &Api, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually(path, async || {
        let answer = api.get(path).await;
        (answer.status == 200 && wanted(&answer.body)).then_some(answer.body)
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_shown_and_evicted() {
    let api = Api::with_network().await;
    let at = free_address().unwrap();
    let point = json!({"name": "main", "kinds": ["peer", "member", "claim", "manage"], "advertised": at, "bind": at});
    api.post("/backbones/europe/sites", &json!({"name": "paris", "access": [point]}).to_string()).await.is(201);
    let bundle = api.post("/backbones/europe/sites/paris/bundle", "").await.is(200);
    let _paris = Site::join(api.dir.path().join("paris"), &bundle, None);
    let status = until(&api, "/backbones/europe/status", |status| status["healthy"] == true).await;
    assert_eq!(status["sites"][0]["connected"], true);
    assert_eq!(api.get("/status").await.is(200)["backbones"][0]["sites_up"], 1);

    let invitations = "/networks/exercise/invitations";
    api.post(invitations, r#"{"name": "stores", "uses": 5}"#).await.is(201);
    let text = api.get(&format!("{invitations}/stores/text?format=text")).await.is(200);
    let _store = Site::join(api.dir.path().join("store"), &text, Some("store"));
    let member = until(&api, "/networks/exercise/members/store", |member| member["connected"] == true).await;
    assert_eq!((&member["state"], &member["invitation"]), (&json!("member"), &json!("stores")));
    assert_eq!(member["platform"]["software"], "test/1");
    assert_eq!(api.get(&format!("{invitations}/stores")).await.is(200)["used"], 1);
    let listed = api.get("/networks/exercise/members").await.is(200);
    assert_eq!(listed["items"][0]["id"], member["id"]);
    assert_eq!(api.get("/networks/exercise").await.is(200)["members"], 1);

    let connector = json!({"address": "till.api", "target": at, "site": "store"}).to_string();
    api.post("/networks/exercise/connectors", &connector).await.is(201);
    let addresses =
        until(&api, "/networks/exercise/addresses", |found| found["items"][0]["served_by"][0]["site"] == "store").await;
    assert_eq!(addresses["items"][0]["address"], "till.api");

    // Its invitation could be used to join again: somebody must say what happens to that.
    let evict = "/networks/exercise/members/store/evict";
    let problem = api.post(evict, "{}").await.problem(409, "precondition");
    assert!(problem.to_string().contains("--close-invitation"), "{problem}");
    let eviction = api.post(evict, r#"{"invitation": "close"}"#).await.is(200);
    assert_eq!(eviction["routers"][0]["site"], "paris", "{eviction}");
    assert_eq!(api.get(&format!("{invitations}/stores")).await.is(200)["state"], "closed");
    assert_eq!(api.get("/networks/exercise/members").await.is(200)["items"], json!([]));
    let former = api.get(&format!("/networks/exercise/members/{}", member["id"].as_str().unwrap())).await.is(200);
    assert_eq!(former["state"], "evicted");

    api.delete("/backbones/europe/sites/paris").await.problem(409, "precondition");
    api.post("/backbones/europe/sites/paris/evict", "").await.is(200);
    api.delete("/backbones/europe/sites/paris").await.is(204);
}
