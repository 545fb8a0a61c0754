//! The application of the demo: a small HTTP service that says where it is and how often it was asked.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use anyhow::Result;
use axum::{Router, http::HeaderMap, routing::get};

/// Serves on a free loopback port and says which.
pub(crate) async fn start(place: &'static str) -> Result<SocketAddr> {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    let hello = move |headers: HeaderMap| async move {
        let number = ASKED.fetch_add(1, Ordering::Relaxed) + 1;
        let agent = headers.get("user-agent").and_then(|value| value.to_str().ok()).unwrap_or("somebody");
        format!("Hello from {place}! This is request number {number}; you are {agent}.\n")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(hello))).await });
    Ok(address)
}
