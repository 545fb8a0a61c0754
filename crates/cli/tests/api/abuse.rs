//! Whoever abuses the API harms nobody else: others are served all the while.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::RequestBuilder;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpSocket, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

use crate::support::Api;

/// How often others are served while an abuse goes on, before it is believed that it does not hold them up.
const OFTEN: usize = 20;

/// Somebody who works with the API, from an address of their own, until told to stop.
struct Other {
    stop: Arc<AtomicBool>,
    served: Arc<AtomicUsize>,
    work: JoinHandle<()>,
}

/// What has been served to others since some moment of an abuse.
#[derive(Debug)]
struct Since {
    served: Arc<AtomicUsize>,
    before: usize,
}

impl Other {
    fn works(api: &Api) -> Self {
        Self::works_with(api, &api.token)
    }

    fn works_with(api: &Api, token: &str) -> Self {
        let http = api.client(Some(address(200)));
        let (url, token) = (format!("{}/api/v1/networks", api.base), token.to_owned());
        let (stop, served) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&served));
        let work = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                let answer = http.get(&url).bearer_auth(&token).send().await.expect("others are served");
                assert_eq!(answer.status(), 200);
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { stop, served, work }
    }

    /// From now on, when an abuse is known to be under way.
    fn since_now(&self) -> Since {
        Since::now(&self.served)
    }

    /// Every single answer was what it ought to be, from before the abuse until now.
    async fn was_served(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.work.await.unwrap();
    }
}

impl Since {
    fn now(served: &Arc<AtomicUsize>) -> Self {
        Self { served: Arc::clone(served), before: served.load(Ordering::Relaxed) }
    }

    /// Whether they were served often since. Whoever asks is still at it.
    fn often(&self) -> bool {
        // What was asked before may be answered after.
        self.served.load(Ordering::Relaxed) > self.before + OFTEN
    }
}

/// Requests of one source, one after the other: as many as these, and on until others were served often since the first that
/// was told to wait. The status of each, and how long each was told to wait, if it was.
async fn abuse(
    served: Arc<AtomicUsize>,
    at_least: usize,
    request: impl Fn(usize) -> RequestBuilder,
) -> Vec<(u16, Option<u64>)> {
    let (mut answers, mut since) = (vec![], None::<Since>);
    while answers.len() < at_least || !since.as_ref().is_some_and(Since::often) {
        assert!(answers.len() < at_least + 20_000, "others are not served: {since:?}");
        let answer = request(answers.len()).send().await.unwrap();
        let wait = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().parse().unwrap());
        answers.push((answer.status().as_u16(), wait));
        if answer.status() == 429 {
            since.get_or_insert_with(|| Since::now(&served));
        }
    }
    answers
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

/// Of each source, more tokens than are looked up of who is always wrong.
const GUESSES: usize = 130;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_guesses_tokens_is_refused_and_slowed_and_others_are_served() {
    let api = begun().await;
    api.post("/backbones", &json!({"name": "main"})).await;
    // Of the same kind as what is guessed.
    let token = api.user("worker").await;
    let other = Other::works_with(&api, &token);
    let mut guesses = JoinSet::new();
    for source in 0..4 {
        let (http, url) = (api.client(Some(address(source + 1))), format!("{}/api/v1/whoami", api.base));
        let guess = move |n| http.get(&url).bearer_auth(format!("skxt_{source:021x}{n:022x}"));
        guesses.spawn(abuse(Arc::clone(&other.served), GUESSES, guess));
    }
    for answers in guesses.join_all().await {
        let (looked_up, slowed) = answers.split_at(100);
        assert!(looked_up.iter().all(|answer| *answer == (401, None)), "{answers:?}");
        for (status, wait) in slowed {
            // Now and then one is looked up, after a wait that grows from 2 seconds to a minute.
            let told = match status {
                401 => wait.is_none(),
                _ => *status == 429 && wait.is_some_and(|seconds| (1..=60).contains(&seconds)),
            };
            assert!(told, "{answers:?}");
        }
        let refused = slowed.iter().filter(|(status, _)| *status == 429).count();
        assert!(refused > 20, "{refused} were slowed down: {answers:?}");
    }
    // Who has a good one is served beside a guesser, too.
    let beside = api.client(Some(address(1))).get(format!("{}/api/v1/whoami", api.base)).bearer_auth(&token);
    assert_eq!(beside.send().await.unwrap().status(), 200);
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
        let attempt = move |n| {
            // Hers is among them.
            let name = if n == 7 { "ada".to_owned() } else { format!("user-{n}") };
            http.post(&url).json(&json!({"name": name, "password": "a password of many"}))
        };
        sprayers.spawn(abuse(Arc::clone(&other.served), 60, attempt));
    }
    let answers = sprayers.join_all().await.concat();
    assert!(answers.iter().all(|(status, _)| matches!(status, 401 | 429)), "{answers:?}");
    let slowed = answers.iter().filter(|(status, _)| *status == 429).count();
    assert!(slowed > 150, "{slowed} of {} were slowed down: {answers:?}", answers.len());
    assert!(answers.len() - slowed < 90, "{slowed} of {} were slowed down: {answers:?}", answers.len());
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

/// Says this, and then one letter after the other, until that is answered or the connection closed; what was answered. It is
/// `at_it` from the first word on, until it drops that.
fn drip(mut connection: Tls, head: &str, at_it: mpsc::UnboundedSender<()>) -> String {
    connection.write_all(head.as_bytes()).unwrap();
    connection.flush().unwrap();
    at_it.send(()).unwrap();
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
    let (at_it, mut drips) = mpsc::unbounded_channel();
    for n in 0..32 {
        let (connection, head, begins) = (tls(&api, address(n % 4 + 1)).await, head.clone(), at_it.clone());
        heads.spawn_blocking(move || drip(connection, &head, begins));
        let (connection, body, begins) = (tls(&api, address(n % 4 + 1)).await, body.clone(), at_it.clone());
        bodies.spawn_blocking(move || drip(connection, &body, begins));
    }
    drop(at_it);
    for _ in 0..64 {
        drips.recv().await.unwrap();
    }
    let since = other.since_now();
    while !since.often() {
        assert_eq!(api.get("/networks").await.0, 200, "they are at it, and it is answered");
    }
    assert!(!drips.is_closed(), "others are served while some are still at it");
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
    let (mut bodies, mut since) = (0, None::<Since>);
    while bodies < 8 || !since.as_ref().is_some_and(Since::often) {
        assert!(bodies < 1_000, "others are not served: {since:?}");
        bodies += 1;
        let body = format!("{{\"name\": \"{}\"}}", "a".repeat(2 * 1_024 * 1_024));
        let request = api.request("POST", "/backbones").header("content-type", "application/json").body(body);
        // The answer may be there before the body is, and the connection closed on it.
        if let Ok(answer) = request.send().await {
            assert_eq!(answer.status(), 413);
        }
        since.get_or_insert_with(|| other.since_now());
    }
    // More than a source may have: each begins TLS, and then nothing comes.
    let server = api.base.strip_prefix("https://").unwrap();
    let mut silent = vec![];
    for _ in 0..300 {
        let mut connection = TcpStream::connect(server).await.unwrap();
        let _ = connection.write_all(&[0x16, 0x03, 0x01]).await;
        silent.push(connection);
    }
    let since = other.since_now();
    while !since.often() {
        assert_eq!(api.get("/networks").await.0, 200);
    }
    let waits = |connection: &TcpStream| {
        connection.try_read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    assert!(silent.iter().any(waits), "others are served while some still say nothing");
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
    let (mut open, mut refused, mut asked) = (vec![], 0, 0);
    // From when one was refused.
    let mut since = None::<Since>;
    loop {
        let enough = asked >= 2_000 && since.as_ref().is_some_and(Since::often);
        assert!(asked < 20_000, "others are not served: {since:?}");
        if !enough {
            let (http, token) = &crowd[asked % crowd.len()];
            streams.spawn(http.get(&url).bearer_auth(token).send());
            asked += 1;
        }
        // A hundred at a time.
        while streams.len() > if enough { 0 } else { 100 } {
            match streams.join_next().await.unwrap().unwrap() {
                Ok(answer) if answer.status() == 200 => {
                    open.push(answer);
                    continue;
                }
                Ok(answer) => {
                    // Where the machine is slow, the database is waited for only so long.
                    assert!(matches!(answer.status().as_u16(), 429 | 503), "{answer:?}");
                    assert_eq!(answer.headers()["retry-after"].as_bytes(), b"1");
                }
                // There was no room for the connection.
                Err(_) => {}
            }
            refused += 1;
            since.get_or_insert_with(|| other.since_now());
        }
        if enough {
            break;
        }
    }
    assert!((1..=512).contains(&open.len()), "{} are open", open.len());
    assert!(refused > 1_000, "{refused} were refused");
    // Those that are open are told what happens, and everybody else is answered.
    api.post("/networks", &json!({"name": "news", "backbone": "main"})).await;
    let since = other.since_now();
    while !since.often() {
        assert_eq!(api.get("/networks").await.0, 200);
    }
    drop(open);
    other.was_served().await;
}
