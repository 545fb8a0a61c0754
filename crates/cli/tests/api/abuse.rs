//! Whoever abuses the API harms nobody else: others are served all the while.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
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
    // Each connection is a file of this process, and those are few by default.
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
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
async fn whoever_tries_one_password_at_every_name_is_slowed_and_others_sign_in() {
    let api = begun().await;
    api.post("/users", &json!({"name": "ada"})).await;
    let reset = api.post("/users/ada/reset", &json!({})).await;
    let other = Other::works(&api);
    let mut sprayers = JoinSet::new();
    for source in 0..4 {
        let (http, url) = (api.client(Some(address(source + 1))), format!("{}/api/v1/sign-in", api.base));
        sprayers.spawn(async move {
            let mut answers = vec![];
            for n in 0..60 {
                // Hers is among them.
                let name = if n == 7 { "ada".to_owned() } else { format!("user-{n}") };
                let input = json!({"name": name, "password": "a password of many"});
                answers.push(http.post(&url).json(&input).send().await.unwrap().status().as_u16());
            }
            answers
        });
    }
    let answers = sprayers.join_all().await.concat();
    assert!(answers.iter().all(|status| matches!(status, 401 | 429)), "{answers:?}");
    let slowed = answers.iter().filter(|status| **status == 429).count();
    assert!(slowed > 150, "{slowed} of {} were slowed down: {answers:?}", answers.len());
    let input = json!({"name": "ada", "password": reset["password"], "new_password": "her own long password"});
    let home = api.client(Some(address(100))).post(format!("{}/api/v1/sign-in", api.base)).json(&input);
    assert_eq!(home.send().await.unwrap().status(), 200);
    other.was_served().await;
}

type Tls = StreamOwned<ClientConnection, std::net::TcpStream>;

/// A connection on which whoever has it says what they please, as slowly as they please.
async fn tls(api: &Api, from: IpAddr) -> Tls {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(CertificateDer::pem_file_iter(api.ca()).unwrap().map(Result::unwrap));
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let server = api.base.strip_prefix("https://").unwrap().parse().unwrap();
    let socket = socket.connect(server).await.unwrap().into_std().unwrap();
    socket.set_nonblocking(false).unwrap();
    let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), socket)
}

/// Says this, and then one letter after the other, until that is answered or the connection closed; what was answered.
fn drip(mut connection: Tls, head: &str) -> String {
    connection.write_all(head.as_bytes()).unwrap();
    connection.sock.set_read_timeout(Some(Duration::from_millis(250))).unwrap();
    let (mut answer, mut buffer) = (String::new(), [0; 4_096]);
    for _ in 0..400 {
        match connection.read(&mut buffer) {
            Ok(0) => return answer,
            Ok(n) => answer.push_str(&String::from_utf8_lossy(&buffer[..n])),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return answer,
        }
        if connection.write_all(b"a").and_then(|()| connection.flush()).is_err() {
            return answer;
        }
    }
    panic!("it goes on for ever: {answer}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_and_bodies_that_come_in_drops_are_cut_and_others_are_served() {
    let api = begun().await;
    let other = Other::works(&api);
    let head = "GET /api/v1/networks HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".to_owned();
    // Whoever has a good token may not do it, either.
    let body = format!(
        "POST /api/v1/backbones HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n",
        api.token
    );
    let (mut heads, mut bodies) = (JoinSet::new(), JoinSet::new());
    for n in 0..32 {
        let (connection, head) = (tls(&api, address(n % 4 + 1)).await, head.clone());
        heads.spawn_blocking(move || drip(connection, &head));
        let (connection, body) = (tls(&api, address(n % 4 + 1)).await, body.clone());
        bodies.spawn_blocking(move || drip(connection, &body));
    }
    assert_eq!(api.get("/networks").await.0, 200, "they are at it, and it is answered");
    for answer in heads.join_all().await {
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    let answers = bodies.join_all().await;
    assert!(answers.iter().any(|answer| answer.contains("/problems/timeout")), "{answers:?}");
    assert!(answers.iter().all(|answer| answer.is_empty() || answer.starts_with("HTTP/1.1 408")), "{answers:?}");
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
    api.post("/backbones", &json!({"name": "main"})).await;
    let other = Other::works(&api);
    // Neither an address nor a user may have so many: they are of twenty, with one user more than there is room for.
    let mut crowd = vec![];
    for n in 0..20 {
        crowd.push((api.client(Some(address(n + 1))), api.user(&format!("user-{n}")).await));
    }
    let (url, mut streams) = (format!("{}/api/v1/events", api.base), JoinSet::new());
    let (mut open, mut refused) = (vec![], 0);
    for n in 0..2_000 {
        let (http, token) = &crowd[n % crowd.len()];
        streams.spawn(http.get(&url).bearer_auth(token).send());
        // A hundred at a time.
        while streams.len() > if n == 1_999 { 0 } else { 100 } {
            match streams.join_next().await.unwrap().unwrap() {
                Ok(answer) if answer.status() == 200 => open.push(answer),
                Ok(answer) => {
                    // Where the machine is slow, the database is waited for only so long.
                    assert!(matches!(answer.status().as_u16(), 429 | 503), "{answer:?}");
                    assert_eq!(answer.headers()["retry-after"].as_bytes(), b"1");
                    refused += 1;
                }
                // There was no room for the connection.
                Err(_) => refused += 1,
            }
        }
    }
    assert!((1..=512).contains(&open.len()), "{} are open", open.len());
    assert!(refused > 1_000, "{refused} were refused");
    // Those that are open are told what happens, and everybody else is answered.
    api.post("/networks", &json!({"name": "news", "backbone": "main"})).await;
    assert_eq!(api.get("/networks").await.0, 200);
    other.was_served().await;
}
