//! The stream of events: nothing is lost, nothing is told to whom it does not concern, and it ends in order.

use std::collections::VecDeque;

use reqwest::Response;
use serde_json::{Value, json};
use testkit::process::eventually;
use tokio::time::{Duration, timeout};

use crate::support::{Api, answer};

/// An open stream, event by event.
pub(crate) struct Stream {
    response: Response,
    text: String,
    /// All that was said.
    said: String,
    events: VecDeque<(String, Option<i64>, Value)>,
}

impl Stream {
    pub(crate) async fn open(api: &Api, query: &str, last: Option<i64>) -> Self {
        Self::open_as(api, &api.token, query, last).await
    }

    /// The same, as whoever has this token.
    pub(crate) async fn open_as(api: &Api, token: &str, query: &str, last: Option<i64>) -> Self {
        let mut request = api.request_as(token, "GET", &format!("/events{query}"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last.to_string());
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{query}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut stream = Self { response, text: String::new(), said: String::new(), events: VecDeque::new() };
        // The first words come when it listens.
        assert!(stream.more().await);
        stream
    }

    /// Reads on; false, at the end.
    async fn more(&mut self) -> bool {
        let chunk = timeout(Duration::from_secs(60), self.response.chunk()).await.expect("within a minute");
        let Some(chunk) = chunk.expect("it does not break off") else { return false };
        self.hear(&chunk);
        true
    }

    fn hear(&mut self, chunk: &[u8]) {
        let chunk = std::str::from_utf8(chunk).unwrap();
        self.text.push_str(chunk);
        self.said.push_str(chunk);
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let Some(data) = field("data:") {
                let id = field("id:").map(|id| id.parse().unwrap());
                let event = field("event:").unwrap().to_owned();
                self.events.push_back((event, id, serde_json::from_str(data).unwrap()));
            }
            self.text = rest.to_owned();
        }
    }

    /// All that was said so far.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// Reads to wherever it ends, in order or not; and which events came whole.
    pub(crate) async fn breaks_off(mut self) -> Vec<i64> {
        while let Ok(Some(chunk)) =
            timeout(Duration::from_secs(60), self.response.chunk()).await.expect("within a minute")
        {
            self.hear(&chunk);
        }
        self.events.into_iter().filter_map(|(_, id, _)| id).collect()
    }

    /// The next event of this kind; none, when the stream has ended.
    pub(crate) async fn next(&mut self, kind: &str) -> Option<(Option<i64>, Value)> {
        loop {
            while let Some((event, id, data)) = self.events.pop_front() {
                if event == kind {
                    return Some((id, data));
                }
            }
            if !self.more().await {
                return None;
            }
        }
    }

    pub(crate) async fn change(&mut self, action: &str) -> (i64, Value) {
        loop {
            let (id, event) = self.next("change").await.expect("the stream goes on");
            if event["action"] == action {
                return (id.expect("a change has its position"), event);
            }
        }
    }

    /// Reads to the end.
    pub(crate) async fn ends(mut self) -> Vec<i64> {
        while self.more().await {}
        self.events.into_iter().filter_map(|(_, id, _)| id).collect()
    }
}

/// The changes that a stream tells, up to the first of a class.
async fn told(mut stream: Stream) -> Vec<Value> {
    let mut told = vec![];
    while told.last().is_none_or(|event: &Value| event["action"] != "class.add") {
        told.push(stream.next("change").await.unwrap().1);
    }
    told
}

pub(crate) async fn network(api: &Api, name: &str) -> Value {
    api.post("/networks", &json!({"name": name, "backbone": "main"})).await
}

pub(crate) async fn begun() -> Api {
    let api = Api::start().await;
    api.post("/ca/development", &json!({})).await;
    api.post("/backbones", &json!({"name": "main"})).await;
    api
}

#[tokio::test]
async fn what_changes_is_told_as_it_does_and_who_comes_again_misses_nothing_and_is_told_nothing_twice() {
    let api = begun().await;
    let mut stream = Stream::open(&api, "", None).await;
    let made = network(&api, "first").await;
    let (position, event) = stream.change("network.create").await;
    assert_eq!((&event["object_id"], &event["after"]["name"]), (&made["id"], &json!("first")));
    drop(stream);
    network(&api, "second").await;
    network(&api, "third").await;
    let told = Stream::open(&api, "?follow=false", Some(position)).await.ends().await;
    let (_, last) = api.get("/audit?action=network.create&sort=-position&limit=1").await;
    let last = last["items"][0]["position"].as_i64().unwrap();
    let end = *told.last().unwrap();
    assert_eq!(told, (position + 1..=end).collect::<Vec<_>>(), "everything since, once, in order");
    assert!(end >= last, "{end} {last}");
    // What is recorded can be read from its first event on.
    let all = Stream::open(&api, "?after=0&follow=false", None).await.ends().await;
    let end = *all.last().unwrap();
    assert_eq!(all, (1..=end).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_stream_tells_what_it_is_narrowed_to() {
    let api = begun().await;
    let wanted = network(&api, "wanted").await;
    let of_network = Stream::open(&api, "?network=wanted", None).await;
    let of_kinds = Stream::open(&api, "?kind=class,backbone", None).await;
    network(&api, "other").await;
    for network in ["other", "wanted"] {
        api.post(&format!("/networks/{network}/classes"), &json!({"name": "store"})).await;
    }
    let of_network = told(of_network).await;
    assert!(of_network.iter().all(|event| event["network"] == wanted["id"]), "{of_network:?}");
    let of_kinds = told(of_kinds).await;
    assert_eq!(of_kinds.len(), 1, "networks are of another kind: {of_kinds:?}");
}

#[tokio::test]
async fn a_stream_that_cannot_be_what_is_asked_for_is_refused_by_field() {
    let api = begun().await;
    for (query, status, field) in [
        ("?after=x", 422, "after"),
        ("?after=-1", 422, "after"),
        ("?kind=pear", 422, "kind"),
        ("?follow=perhaps", 422, "follow"),
        ("?surprise=1", 422, "surprise"),
        ("?network=nowhere", 404, ""),
        ("?after=1000000", 410, ""),
    ] {
        let (was, problem) = api.get(&format!("/events{query}")).await;
        assert_eq!(was, status, "{query}: {problem}");
        if !field.is_empty() {
            assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        }
    }
}

#[tokio::test]
async fn nobody_has_more_streams_than_their_share_and_gets_another_when_one_is_over() {
    let api = begun().await;
    let mut open = vec![];
    let refused = loop {
        let response = api.request("GET", "/events").send().await.unwrap();
        match response.status().as_u16() {
            200 => open.push(response),
            _ => break response,
        }
    };
    assert_eq!((open.len(), refused.headers()["retry-after"].as_bytes()), (32, &b"1"[..]));
    let (status, problem) = answer(refused).await;
    assert_eq!((status, &problem["type"]), (429, &json!("https://skupperx.io/problems/too-many-streams")));
    open.pop();
    eventually("the place is free again", async || {
        (api.request("GET", "/events").send().await.unwrap().status() == 200).then_some(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn streams_end_in_order_when_the_controller_does() {
    let mut api = begun().await;
    let mut stream = Stream::open(&api, "", None).await;
    network(&api, "last").await;
    stream.change("network.create").await;
    assert!(api.process.terminate().await.unwrap().success());
    // What was recorded to the last is told; then it ends, and does not break off.
    while stream.next("change").await.is_some() {}
    assert!(stream.said().contains("this controller ends"), "{}", stream.said());
}

#[tokio::test]
async fn how_sites_are_passes_beside_the_events_and_has_no_position() {
    let api = begun().await;
    let site = api.post("/backbones/main/sites", &json!({"name": "hub", "access": []})).await;
    let mut stream = Stream::open(&api, "?after=0", None).await;
    let (position, told) = relay_comes_and_goes(&api, &mut stream, site["id"].as_str().unwrap()).await;
    assert_eq!(position, None);
    assert_eq!((&told["object_kind"], &told["object_id"]), (&json!("backbone-site"), &site["id"]));
    assert!(told["connected"].is_boolean(), "{told}");
}

/// Lets it look as if a relay came and went, until a stream tells of it.
pub(crate) async fn relay_comes_and_goes(api: &Api, stream: &mut Stream, site: &str) -> (Option<i64>, Value) {
    // Somebody has to be seen in both ways before it is told that something has changed.
    for session in ["NULL, NULL, NULL", "gen_random_uuid(), gen_random_uuid(), now()"].iter().cycle() {
        let sql = format!(
            "INSERT INTO site_status (backbone_site_id, session, controller_id, connected, last_seen, report)
             VALUES ('{site}', {session}, now(), '{{}}') ON CONFLICT (backbone_site_id)
             DO UPDATE SET session = EXCLUDED.session, controller_id = EXCLUDED.controller_id,
                connected = EXCLUDED.connected, last_seen = now()"
        );
        api.database.sql(&sql).await.unwrap();
        if let Ok(Some(told)) = timeout(Duration::from_secs(3), stream.next("liveness")).await {
            return told;
        }
    }
    unreachable!("a cycle has no end")
}
