//! HTTP as applications speak it, on either side of the network.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result};
use axum::{Router, routing::get};

/// Serves `body` at `address` until the task or process ends; gives the bound address.
pub async fn serve(address: SocketAddr, body: String) -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind(address).await?;
    let bound = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", get(async move || body.clone()))).await });
    Ok(bound)
}

/// One GET on a connection of its own.
pub async fn fetch(address: SocketAddr) -> Result<String> {
    // The only one that can be there already is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(12)).build()?;
    let answer = client.get(format!("http://{address}/")).send().await?.error_for_status()?;
    answer.text().await.context("reading the answer")
}
