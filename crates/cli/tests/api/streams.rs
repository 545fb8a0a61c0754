//! Who reads the stream of events, for how long, and how slowly.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::process::{PATIENCE, eventually};
use tokio::time::timeout;

use crate::{
    events::{Stream, begun, network, relay_comes_and_goes},
    support::Api,
};

/// A stream that nobody has to end.
async fn ends_by_itself(stream: &mut Stream) {
    while stream.next("change").await.is_some() {}
}

#[tokio::test]
async fn a_stream_ends_with_the_token_it_was_opened_with() {
    let api = begun().await;
    let revoked = api.user("watcher").await;
    let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(8);
    let short = json!({"name": "short", "expires": expires.to_string()});
    let short = api.post("/users/watcher/tokens", &short).await["token"].as_str().unwrap().to_owned();
    let disabled = api.user("other").await;
    let mut streams = vec![];
    for token in [&revoked, &short, &disabled] {
        streams.push(Stream::open_as(&api, token, "", None).await);
    }
    let gone = api.request("DELETE", "/users/watcher/tokens/test").send().await.unwrap();
    assert_eq!(gone.status(), 204);
    ends_by_itself(&mut streams[0]).await;
    let disable = api.request("PATCH", "/users/other").json(&json!({"disabled": true})).send().await.unwrap();
    assert_eq!(disable.status(), 200);
    ends_by_itself(&mut streams[2]).await;
    // Nothing happens any more, and it ends nevertheless.
    ends_by_itself(&mut streams[1]).await;
    for token in [&revoked, &short, &disabled] {
        assert_eq!(api.request_as(token, "GET", "/events").send().await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn users_are_told_of_their_networks_and_nothing_of_what_is_inside_a_backbone() {
    let api = begun().await;
    let (alice, bob) = (api.user("alice").await, api.user("bob").await);
    let access = json!([{"name": "zzdoor", "kinds": ["peer", "member"], "advertised": "zzhost.example.com:5671"}]);
    let site = api.post("/backbones/main/sites", &json!({"name": "zzhub", "access": access})).await;
    let made = api.request_as(&alice, "POST", "/networks").json(&json!({"name": "hers"})).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let (mut all, mut hers, mut his) = (
        Stream::open(&api, "?after=0", None).await,
        Stream::open_as(&api, &alice, "?after=0", None).await,
        Stream::open_as(&api, &bob, "?after=0", None).await,
    );
    relay_comes_and_goes(&api, &mut all, site["id"].as_str().unwrap()).await;
    api.post("/networks/hers/classes", &json!({"name": "store"})).await;
    let theirs = json!({"name": "his"});
    assert_eq!(api.request_as(&bob, "POST", "/networks").json(&theirs).send().await.unwrap().status(), 201);
    // What each is told, up to the last that concerns them.
    assert_eq!(all.change("class.add").await.1["after"]["name"], "store");
    let (told_her, told_him) = (until(&mut hers, "class.add").await, until(&mut his, "network.create").await);
    assert!(told_her.iter().all(|event| event["network"].is_string()), "{told_her:#?}");
    assert!(told_him.iter().all(|event| event["after"]["name"] != "hers"), "{told_him:#?}");
    let said = [hers.said(), his.said()].concat();
    for inside in ["zz", site["id"].as_str().unwrap()] {
        assert!(!said.contains(inside), "{inside} is in {said}");
        assert!(all.said().contains(inside), "administrators are told of {inside}");
    }
}

/// What a stream tells, up to the first of this action.
async fn until(stream: &mut Stream, action: &str) -> Vec<Value> {
    let mut told: Vec<Value> = vec![];
    while told.last().is_none_or(|event| event["action"] != action) {
        told.push(stream.next("change").await.expect("the stream goes on").1);
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_again_and_again_while_much_happens_is_told_everything_once() {
    let api = begun().await;
    network(&api, "busy").await;
    let before = Stream::open(&api, "?after=0&follow=false", None).await.ends().await;
    let first = *before.last().unwrap();
    let writers = (0..4).map(|writer| {
        let create = (0..12).map(move |n| json!({"name": format!("class-{writer}-{n}")}));
        let requests: Vec<_> =
            create.map(|body| api.request("POST", "/networks/busy/classes").json(&body).send()).collect();
        tokio::spawn(async move {
            for request in requests {
                assert_eq!(request.await.unwrap().status(), 201);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let (mut last, mut told) = (first, vec![]);
    // It comes, hears a little, is gone in the middle of it, and comes again.
    while told.len() < 48 {
        let mut stream = Stream::open(&api, "?network=busy", Some(last)).await;
        for _ in 0..=told.len() % 4 {
            let (position, event) = stream.change("class.add").await;
            last = position;
            told.push(event["after"]["name"].as_str().unwrap().to_owned());
            if told.len() == 48 {
                break;
            }
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 48, "none twice: {told:?}");
    let rest = Stream::open(&api, "?network=busy&follow=false", Some(last)).await.ends().await;
    assert!(rest.is_empty(), "{rest:?}");
}

/// Events that are large enough to fill whatever there is between a controller and a reader that takes nothing.
const LARGE: &str = "
    INSERT INTO event (position, time, actor, action, object_kind, outcome, after, previous_hash, hash)
    SELECT position + n, now(), 'test', 'test.fill', 'installation', 'done',
        jsonb_build_object('text', repeat('x', 30000)), hash, hash
    FROM event_head, generate_series(1, 2000) n;
    UPDATE event_head SET position = position + 2000";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_cut_costs_no_memory_and_misses_nothing_when_it_comes_again() {
    let api = begun().await;
    api.database.sql(LARGE).await.unwrap();
    let before = resident(&api);
    // All the streams that one may have: some have 60 MB before them, the others wait for what comes.
    let mut streams = vec![];
    for n in 0..32 {
        streams.push(Stream::open(&api, if n < 4 { "?after=0" } else { "" }, None).await);
    }
    assert_eq!(api.request("GET", "/events").send().await.unwrap().status(), 429);
    // All of them: one that has not would be read to its end by now, and then followed.
    eventually("the four who take nothing have lost their places", async || {
        let mut places = vec![];
        for _ in 0..4 {
            let place = api.request("GET", "/events").send().await.unwrap();
            if place.status() != 200 {
                return None;
            }
            places.push(place);
        }
        Some(())
    })
    .await
    .unwrap();
    let grown = resident(&api).saturating_sub(before);
    assert!(grown < 200, "the controller has grown by {grown} MiB");
    // What was on its way is whole up to where it was cut, and the rest comes when it is asked for.
    let told = timeout(PATIENCE, streams.swap_remove(0).breaks_off()).await.expect("it was cut");
    drop(streams);
    assert_eq!(told, (1..=told.len()).map(|n| i64::try_from(n).unwrap()).collect::<Vec<_>>());
    let last = *told.last().unwrap();
    let rest = Stream::open(&api, "?follow=false", Some(last)).await.ends().await;
    assert_eq!(rest.first(), Some(&(last + 1)), "it was cut before the end");
    assert!(rest.len() + told.len() > 2_000);
}

/// How much memory the controller has, in MiB.
fn resident(api: &Api) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", api.process.pid().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1_024
}
