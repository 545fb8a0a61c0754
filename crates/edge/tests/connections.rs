//! A real server, and clients that take their time.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    http::{Request, StatusCode, Version},
    routing::get,
};
use edge::{Connections, Limits, Occupancy, Peer, Plain, serve};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::Notify,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// So long that it cannot come to pass in a test.
const NEVER: Duration = Duration::from_secs(3_600);
/// So short that waiting for it is no burden; nothing depends on how short.
const SOON: Duration = Duration::from_millis(50);

fn patient() -> Limits {
    Limits { first_request: NEVER, idle: NEVER, ..Limits::default() }
}

struct Service {
    address: SocketAddr,
    connections: Connections,
    /// A request to `/wait` has begun.
    begun: Arc<Notify>,
    /// Lets it end.
    end: Arc<Notify>,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Service {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Connections::new(limits);
        let (begun, end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let wait = {
            let (begun, end) = (begun.clone(), end.clone());
            async move |Extension(peer): Extension<Peer>| {
                peer.show_known();
                begun.notify_one();
                end.notified().await;
                "waited"
            }
        };
        let router = Router::new()
            .route("/", get(async || "hello"))
            .route("/known", get(async |Extension(peer): Extension<Peer>| peer.show_known()))
            .route("/wait", get(wait));
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(serve(listener, connections.clone(), Plain, router, shutdown.clone()));
        Self { address, connections, begun, end, shutdown, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// From another address of this machine.
    async fn connect_from(&self, from: [u8; 4]) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        socket.connect(self.address).await.unwrap()
    }

    /// Waits until so many connections have their places.
    async fn holds(&self, count: usize) -> Occupancy {
        loop {
            let found = self.connections.occupancy();
            if found.silent + found.asking + found.idle + found.busy == count {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn ask(stream: &mut TcpStream, path: &str) {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.unwrap();
}

/// The head of an answer with no body, or the answer up to `end`.
async fn answer(stream: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.ends_with(end) {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        text.push(char::from(byte[0]));
    }
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    text
}

async fn is_closed(mut stream: TcpStream) {
    let mut rest = vec![];
    // A reset says the same.
    let _ = stream.read_to_end(&mut rest).await;
    assert_eq!(String::from_utf8_lossy(&rest), "");
}

#[tokio::test]
async fn a_connection_that_says_nothing_or_only_begins_is_closed() {
    let service = Service::start(Limits { first_request: SOON, ..patient() }).await;
    for beginning in ["", "GET / HTTP/1.1\r\nhost:", "PRI * HTTP/2.0\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = service.connect().await;
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut rest = vec![];
        let _ = stream.read_to_end(&mut rest).await;
    }
    assert_eq!(service.connections.occupancy().timed_out, 4);
}

#[tokio::test]
async fn a_crowd_of_silent_connections_locks_nobody_out() {
    let service = Service::start(Limits { total: 8, per_source: 4, ..patient() }).await;
    let mut crowd = vec![];
    for n in 0..8u8 {
        crowd.push(service.connect_from([127, 0, 0, 10 + n / 4]).await);
        service.holds(usize::from(n) + 1).await;
    }
    let mut newcomer = service.connect().await;
    ask(&mut newcomer, "/").await;
    answer(&mut newcomer, "hello").await;
    is_closed(crowd.remove(0)).await;
    // Nor does a source lock itself out.
    let mut another = service.connect_from([127, 0, 0, 11]).await;
    ask(&mut another, "/").await;
    answer(&mut another, "hello").await;
    is_closed(crowd.remove(3)).await;
    assert_eq!(service.connections.occupancy().gave_way, 2);
}

#[tokio::test]
async fn who_is_known_and_at_work_neither_gives_way_nor_runs_out_of_time() {
    let service = Service::start(Limits { total: 2, per_source: 2, idle: SOON, ..patient() }).await;
    let mut worker = service.connect().await;
    ask(&mut worker, "/wait").await;
    service.begun.notified().await;
    for _ in 0..5 {
        let mut passing = service.connect().await;
        ask(&mut passing, "/").await;
        answer(&mut passing, "hello").await;
        is_closed(passing).await;
    }
    service.end.notify_one();
    answer(&mut worker, "waited").await;
    is_closed(worker).await;
}

#[tokio::test]
async fn when_all_are_at_work_a_newcomer_is_refused() {
    let service = Service::start(Limits { total: 1, ..patient() }).await;
    let mut worker = service.connect().await;
    ask(&mut worker, "/wait").await;
    service.begun.notified().await;
    is_closed(service.connect().await).await;
    service.end.notify_one();
    answer(&mut worker, "waited").await;
    assert_eq!(service.connections.occupancy().refused, 1);
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_order_by_either_version() {
    let service = Service::start(Limits { idle: SOON, ..patient() }).await;
    let mut one = service.connect().await;
    ask(&mut one, "/known").await;
    answer(&mut one, "\r\n\r\n").await;
    is_closed(one).await;

    let io = TokioIo::new(service.connect().await);
    let (mut two, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let ended = tokio::spawn(connection);
    let request = Request::get("http://x/known").version(Version::HTTP_2).body(Body::empty()).unwrap();
    assert_eq!(two.send_request(request).await.unwrap().status(), StatusCode::OK);
    ended.await.unwrap().expect("it is told that the connection ends, and not cut off");
}

#[tokio::test]
async fn an_http2_connection_at_work_stays_and_an_idle_one_gives_way_to_a_newcomer() {
    let service = Service::start(Limits { total: 1, ..patient() }).await;
    let io = TokioIo::new(service.connect().await);
    let (mut client, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
    let ended = tokio::spawn(connection);
    let request = |path: &str| Request::get(format!("http://x{path}")).body(Body::empty()).unwrap();
    let waiting = tokio::spawn(client.send_request(request("/wait")));
    service.begun.notified().await;
    is_closed(service.connect().await).await;
    service.end.notify_one();
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    let mut newcomer = service.connect().await;
    ask(&mut newcomer, "/").await;
    answer(&mut newcomer, "hello").await;
    ended.await.unwrap().expect("it is told");
}

#[tokio::test]
async fn a_service_that_ends_answers_what_was_asked_and_closes_the_rest() {
    let service = Service::start(patient()).await;
    let silent = service.connect().await;
    let mut worker = service.connect().await;
    ask(&mut worker, "/wait").await;
    service.begun.notified().await;
    service.shutdown.cancel();
    is_closed(silent).await;
    service.end.notify_one();
    answer(&mut worker, "waited").await;
    service.task.await.unwrap();
    TcpStream::connect(service.address).await.unwrap_err();
}
