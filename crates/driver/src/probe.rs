//! How health is told: by asking.

use std::{convert::Infallible, future::pending, time::Duration};

use compose::render::{Check, Tells};
use futures_util::future::BoxFuture;
use http_body_util::Empty;
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time};

/// How often is asked at first, until the answer is yes for the first time.
const EAGER: Duration = Duration::from_secs(1);

/// Runs commands beside a workload.
pub(crate) trait Beside: Send + Sync {
    /// Runs a command to its end. The error says in words how it failed.
    fn run<'a>(&'a self, command: &'a [String]) -> BoxFuture<'a, Result<(), String>>;
}

/// What checks tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It can serve.
    Ready,
    /// It cannot serve, and why.
    Unready(String),
}

/// Checks a workload for as long as it lives, and gives why it does not any more. Where no check tells whether it can serve, it can
/// when it is `steady`.
pub(crate) async fn watch(
    checks: &[Check],
    beside: &dyn Beside,
    steady: time::Instant,
    tell: &(dyn Fn(Health) + Sync),
) -> String {
    let find = |tells: Tells| checks.iter().find(|check| check.tells == tells);
    if let Some(check) = find(Tells::Started)
        && let Err(why) = first(check, beside).await
    {
        return format!("it did not start: {why}");
    }
    let ready = async {
        match find(Tells::Ready) {
            Some(check) => readiness(check, beside, tell).await,
            None => {
                time::sleep_until(steady).await;
                tell(Health::Ready);
                pending().await
            }
        }
    };
    let dead = async {
        match find(Tells::Live) {
            Some(check) => until_dead(check, beside).await,
            None => pending().await,
        }
    };
    tokio::select! {
        never = ready => match never {},
        why = dead => format!("it does not live: {why}"),
    }
}

/// Asks until the answer is yes, or was no too often.
async fn first(check: &Check, beside: &dyn Beside) -> Result<(), String> {
    let mut failures = 0;
    loop {
        let Err(why) = ask(check, beside).await else { return Ok(()) };
        failures += 1;
        if failures >= check.failures {
            return Err(why);
        }
        if eagerly(check, beside).await {
            return Ok(());
        }
    }
}

async fn readiness(check: &Check, beside: &dyn Beside, tell: &(dyn Fn(Health) + Sync)) -> Infallible {
    let (mut failures, mut was_ready) = (0, false);
    loop {
        match ask(check, beside).await {
            Ok(()) => {
                (failures, was_ready) = (0, true);
                tell(Health::Ready);
            }
            Err(why) => {
                failures += 1;
                if failures >= check.failures {
                    tell(Health::Unready(why));
                }
            }
        }
        if was_ready {
            time::sleep(every(check)).await;
        } else if eagerly(check, beside).await {
            was_ready = true;
            tell(Health::Ready);
        }
    }
}

async fn until_dead(check: &Check, beside: &dyn Beside) -> String {
    let mut failures = 0;
    loop {
        time::sleep(every(check)).await;
        match ask(check, beside).await {
            Ok(()) => failures = 0,
            Err(why) => {
                failures += 1;
                if failures >= check.failures {
                    return why;
                }
            }
        }
    }
}

/// Asks until the next time that counts, and stops at the first yes.
async fn eagerly(check: &Check, beside: &dyn Beside) -> bool {
    let until = time::Instant::now() + every(check);
    loop {
        time::sleep_until(until.min(time::Instant::now() + EAGER)).await;
        if time::Instant::now() >= until {
            return false;
        }
        if ask(check, beside).await.is_ok() {
            return true;
        }
    }
}

fn every(check: &Check) -> Duration {
    Duration::from_secs(check.every.max(1).into())
}

/// Asks once. The error says in words why the answer is no.
async fn ask(check: &Check, beside: &dyn Beside) -> Result<(), String> {
    let within = Duration::from_secs(check.timeout.max(1).into());
    let answer = async {
        if let Some(url) = &check.http {
            get(url).await
        } else if let Some(at) = &check.tcp {
            connect(at).await.map(drop)
        } else {
            beside.run(&check.exec).await
        }
    };
    time::timeout(within, answer).await.unwrap_or_else(|_| Err(format!("no answer within {} s", within.as_secs())))
}

async fn connect(at: &str) -> Result<TcpStream, String> {
    TcpStream::connect(at).await.map_err(|error| format!("{at}: {error}"))
}

/// A GET request answered by a status below 400.
async fn get(url: &str) -> Result<(), String> {
    let refused = |error: &dyn std::fmt::Display| format!("{url}: {error}");
    let uri: hyper::Uri = url.parse().map_err(|error| refused(&error))?;
    let host = uri.authority().ok_or_else(|| refused(&"there is no host in it"))?.clone();
    let port = host.port_u16().unwrap_or(80);
    let stream = connect(&format!("{}:{port}", host.host())).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| refused(&error))?;
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    let request = Request::get(path).header("host", host.as_str()).header("user-agent", "skupper-x");
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| refused(&error))?;
    let asked = async move { sender.send_request(request).await };
    let mut asked = std::pin::pin!(asked);
    let mut connection = std::pin::pin!(connection);
    let answer = tokio::select! {
        answer = &mut asked => answer,
        ended = &mut connection => match ended {
            Ok(()) => asked.await,
            Err(error) => Err(error),
        },
    };
    let status = answer.map_err(|error| refused(&error))?.status();
    if status.as_u16() < 400 { Ok(()) } else { Err(format!("{url}: {status}")) }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// Beside which nothing can be run.
    struct Nowhere;

    impl Beside for Nowhere {
        fn run<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<(), String>> {
            Box::pin(async { Err("there is nothing".to_owned()) })
        }
    }

    #[tokio::test]
    async fn what_nothing_is_asked_of_is_ready_when_it_is_steady_and_not_when_it_is_started() {
        let (told, mut said) = tokio::sync::mpsc::unbounded_channel();
        let tell = move |health| drop(told.send((health, time::Instant::now())));
        let steady = time::Instant::now() + Duration::from_millis(50);
        let words = tokio::select! {
            why = watch(&[], &Nowhere, steady, &tell) => panic!("{why}"),
            words = said.recv() => words,
        };
        let (health, at) = words.expect("it is told");
        assert!(health == Health::Ready && at >= steady);
    }

    #[tokio::test]
    async fn an_answer_below_400_is_a_yes() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let url = format!("http://{}/health?full=1", listener.local_addr().expect("its address"));
        let serve = async {
            for status in ["302 Found", "404 Not Found", "503 Service Unavailable"] {
                let (mut stream, _) = listener.accept().await.expect("a caller");
                let mut asked = [0; 1024];
                assert!(stream.read(&mut asked).await.expect("a request") > 0);
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.expect("it is sent");
            }
        };
        let ask = async { [get(&url).await, get(&url).await, get(&url).await] };
        let ((), answers) = tokio::join!(serve, ask);
        assert_eq!(answers[0], Ok(()));
        assert_eq!(answers[1], Err(format!("{url}: 404 Not Found")));
        assert!(answers[2].is_err());
        drop(listener);
        assert!(get(&url).await.is_err());
    }
}
