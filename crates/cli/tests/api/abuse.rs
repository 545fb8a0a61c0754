//! Whoever abuses the API harms nobody else: others are served all the while.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpStream,
    task::{JoinHandle, JoinSet},
};

use crate::support::Api;

/// Somebody who works with the API, from an address of their own, until told to stop: how often they were served.
struct Other {
    stop: Arc<AtomicBool>,
    work: JoinHandle<usize>,
}

impl Other {
    fn works(api: &Api) -> Self {
        let http = api.client(Some(address(200)));
        let (url, token) = (format!("{}/api/v1/networks", api.base), api.token.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = tokio::spawn(async move {
            let mut served = 0;
            while !stopped.load(Ordering::Relaxed) {
                let answer = http.get(&url).bearer_auth(&token).send().await.expect("others are served");
                assert_eq!(answer.status(), 200);
                served += 1;
            }
            served
        });
        Self { stop, work }
    }

    async fn was_served(self) {
        self.stop.store(true, Ordering::Relaxed);
        assert!(self.work.await.unwrap() > 0);
    }
}

/// One of the many addresses a machine has for itself.
fn address(n: u8) -> IpAddr {
    Ipv4Addr::new(127, 0, 7, n).into()
}

async fn begun() -> Api {
    let api = Api::start().await;
    api.post("/ca/development", &json!({})).await;
    api
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_tokens_is_refused_and_slowed_and_others_are_served() {
    let api = begun().await;
    let other = Other::works(&api);
    let mut guesses = JoinSet::new();
    for source in 0..4 {
        let http = api.client(Some(address(source + 1)));
        let url = format!("{}/api/v1/whoami", api.base);
        guesses.spawn(async move {
            let mut answers = vec![];
            for guess in 0..100 {
                let token = format!("{source:032x}{guess:032x}");
                answers.push(http.get(&url).bearer_auth(token).send().await.unwrap().status().as_u16());
            }
            answers
        });
    }
    let answers = guesses.join_all().await.concat();
    assert!(answers.iter().all(|status| matches!(status, 401 | 429)), "{answers:?}");
    other.was_served().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_without_measure_are_refused_and_those_that_do_not_come_hold_up_nobody() {
    let api = begun().await;
    let other = Other::works(&api);
    for _ in 0..8 {
        let body = format!("{{\"name\": \"{}\"}}", "a".repeat(2 * 1_024 * 1_024));
        let request = api.request("POST", "/backbones").header("content-type", "application/json").body(body);
        // The answer may be there before the body is, and the connection closed on it.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status(), 413);
        }
    }
    // More than a source may have: each begins TLS, and then nothing comes.
    let server = api.base.strip_prefix("https://").unwrap();
    let mut silent = vec![];
    for _ in 0..300 {
        let mut connection = TcpStream::connect(server).await.unwrap();
        let _ = connection.write_all(&[0x16, 0x03, 0x01]).await;
        silent.push(connection);
    }
    assert_eq!(api.get("/networks").await.0, 200);
    other.was_served().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_event_streams_are_not_opened_and_others_are_served() {
    let api = begun().await;
    let other = Other::works(&api);
    // A source may not have so many connections: they come from many.
    let clients: Vec<_> = (1..=20).map(|n| api.client(Some(address(n)))).collect();
    let (url, mut streams) = (format!("{}/api/v1/events", api.base), JoinSet::new());
    let (mut open, mut refused) = (vec![], 0);
    for n in 0..2_000 {
        let asked = clients[n % clients.len()].get(&url).bearer_auth(&api.token).send();
        streams.spawn(asked);
        // One crowd after the other.
        while streams.len() > if n == 1_999 { 0 } else { 400 } {
            match streams.join_next().await.unwrap().unwrap() {
                Ok(answer) if answer.status() == 200 => open.push(answer),
                Ok(answer) => {
                    assert_eq!(answer.status(), 429);
                    refused += 1;
                }
                // There was no room for the connection.
                Err(_) => refused += 1,
            }
        }
    }
    assert!(open.len() <= 32, "{} are open", open.len());
    assert!(refused > 1_000, "{refused} were refused");
    other.was_served().await;
}
