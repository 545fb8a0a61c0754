//! The application of the demo: a small HTTP service that says where it is and how often it was asked.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use anyhow::Result;
use axum::{Router, body::Body, http::HeaderMap, routing::get};
use tokio_stream::{StreamExt, wrappers::IntervalStream};

/// The size of `/bulk`, in bytes.
pub(crate) const BULK: usize = 1 << 20;
/// How often `/ticks` says something.
const TICK: Duration = Duration::from_millis(5);

/// Serves on a free loopback port and says which: `/` greets, `/bulk` is large, `/ticks` never ends.
pub(crate) async fn start(place: &'static str) -> Result<SocketAddr> {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let hello = move |headers: HeaderMap| async move {
        let number = ASKED.fetch_add(1, Ordering::Relaxed) + 1;
        let agent = headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or("somebody");
        format!("Hello from {place}! This is request number {number}; you are {agent}.\n")
    };
    let ticks = || async {
        let ticks = IntervalStream::new(tokio::time::interval(TICK));
        Body::from_stream(ticks.map(|_| Ok::<_, Infallible>("tick\n")))
    };
    let bulk = || async { vec![b'.'; BULK] };
    let router = Router::new().route("/", get(hello)).route("/bulk", get(bulk)).route("/ticks", get(ticks));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}
