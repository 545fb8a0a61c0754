//! Everything that certifies is replaced under a live connection, over real processes.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use e2e::line::Line;
use serde_json::Value;
use testkit::{installation::free_address, process::eventually};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

/// So short that every site has its turn within seconds.
const SHORT_LEAF: &str = "1m";

/// A server that sends a byte every few milliseconds, for as long as somebody listens.
async fn ticker() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while stream.write_all(b".").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            });
        }
    });
    Ok(address)
}

/// A connection that counts what comes, until it ends.
struct Live {
    bytes: Arc<AtomicU64>,
    reading: AbortOnDropHandle<()>,
}

impl Live {
    async fn open(door: SocketAddr) -> Result<Self> {
        let mut stream = eventually("bytes through the network", async || {
            let mut stream = TcpStream::connect(door).await.ok()?;
            timeout(Duration::from_secs(2), stream.read_u8()).await.ok()?.ok()?;
            Some(stream)
        })
        .await?;
        let bytes = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&bytes);
        let reading = tokio::spawn(async move {
            let mut buffer = [0; 64];
            while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                count.fetch_add(n as u64, Ordering::SeqCst);
            }
        });
        Ok(Self { bytes, reading: AbortOnDropHandle::new(reading) })
    }

    /// The same connection goes on carrying.
    async fn goes_on(&self) -> Result<()> {
        let before = self.bytes.load(Ordering::SeqCst);
        eventually("further bytes on the same connection", async || {
            (self.reading.is_finished() || self.bytes.load(Ordering::SeqCst) > before).then_some(())
        })
        .await?;
        ensure!(!self.reading.is_finished(), "the connection was closed");
        Ok(())
    }
}

async fn certificates(line: &Line) -> Result<Vec<Value>> {
    let all = line.installation.cli.json(&["certificate", "list"]).await?;
    Ok(all["items"].as_array().context("a list")?.clone())
}

/// The authority of a kind that issues.
fn issuing<'a>(all: &'a [Value], kind: &str) -> Option<&'a Value> {
    all.iter().find(|it| it["kind"] == kind && it["state"] == "current")
}

/// Whether everything in use was issued by the authorities that issue now.
fn is_all_new(all: &[Value]) -> bool {
    let issued = |kind: &str, by: &str| {
        let by = issuing(all, by).map(|authority| &authority["id"]);
        let mut held = all.iter().filter(|it| it["kind"] == kind && it["state"] == "current").peekable();
        held.peek().is_some() && held.all(|it| Some(&it["issuer"]) == by)
    };
    let generation = |kind| issuing(all, kind).and_then(|it| it["generation"].as_u64()).unwrap_or(0);
    generation("backbone-ca") == 2
        && generation("network-ca") >= 2
        && issued("network-ca", "backbone-ca")
        && issued("backbone-site", "backbone-ca")
        && issued("controller", "backbone-ca")
        && issued("member", "network-ca")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_authority_key_and_certificate_is_replaced_and_no_connection_ends() -> Result<()> {
    let mut line = Line::build("direct").await?;
    let (server, door) = (ticker().await?.to_string(), free_address()?);
    let cli = line.installation.cli.clone();
    cli.ok(&["network", "connector", "add", "retail", "ticks", &server, "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "ticks", &door.to_string(), "--site", "store"]).await?;
    let live = Live::open(door).await?;
    line.installation.controller.terminate().await?;
    line.installation.restart_with(&["--leaf-lifetime", SHORT_LEAF]).await?;
    let cli = line.installation.cli.clone();
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;

    cli.ok(&["ca", "key", "rotate"]).await?;
    let before = certificates(&line).await?;
    for kind in ["network-ca", "backbone-ca"] {
        let id = issuing(&before, kind).and_then(|it| it["id"].as_str()).context("an authority")?;
        cli.ok(&["certificate", "rotate", id, "--now"]).await?;
    }
    eventually("everything is issued anew", async || {
        let all = certificates(&line).await.ok()?;
        is_all_new(&all).then_some(())
    })
    .await?;
    live.goes_on().await?;
    line.answers().await?;

    // One site by hand, at once.
    let all = certificates(&line).await?;
    let store = all.iter().find(|it| it["subject"] == "retail/store" && it["state"] == "current").context("a leaf")?;
    let id = store["id"].as_str().context("an id")?;
    cli.ok(&["certificate", "rotate", id]).await?;
    eventually("the site has another certificate", async || {
        let shown = cli.json(&["certificate", "show", id]).await.ok()?;
        (shown["state"] == "superseded").then_some(())
    })
    .await?;
    live.goes_on().await?;
    cli.ok(&["audit", "verify"]).await?;
    Ok(())
}
