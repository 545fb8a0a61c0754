//! A connection on which something always comes: what tells to the moment when it ends, or that it goes on.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use testkit::process::{PATIENCE, eventually};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

/// A server that sends a byte every few milliseconds, for as long as somebody listens; gives the bound address.
pub async fn serve() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while stream.write_all(b".").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            });
        }
    });
    Ok(address)
}

/// A live connection, and when its last byte came.
#[derive(Debug)]
pub struct Live {
    last: JoinHandle<Instant>,
    bytes: Arc<AtomicUsize>,
}

impl Live {
    /// Connects through `door`, until bytes come.
    pub async fn open(door: SocketAddr) -> Result<Self> {
        let stream = eventually("bytes through the network", async || {
            let mut stream = TcpStream::connect(door).await.ok()?;
            timeout(Duration::from_secs(2), stream.read_u8()).await.ok()?.ok()?;
            Some(stream)
        })
        .await?;
        let bytes = Arc::<AtomicUsize>::default();
        Ok(Self { last: tokio::spawn(Self::read(stream, bytes.clone())), bytes })
    }

    async fn read(mut stream: TcpStream, bytes: Arc<AtomicUsize>) -> Instant {
        let (mut last, mut buffer) = (Instant::now(), [0; 64]);
        while let Ok(read @ 1..) = stream.read(&mut buffer).await {
            last = Instant::now();
            bytes.fetch_add(read, Ordering::SeqCst);
        }
        last
    }

    /// Waits until many more bytes have come.
    pub async fn goes_on(&self) -> Result<()> {
        let enough = self.bytes.load(Ordering::SeqCst) + 500;
        let more = async || (self.bytes.load(Ordering::SeqCst) > enough || !self.lives()).then_some(());
        eventually("more bytes", more).await?;
        ensure!(self.lives(), "it was closed");
        Ok(())
    }

    /// Waits for the end; says how long after `since` the last byte came.
    pub async fn ended(self, what: &str, since: Instant) -> Result<()> {
        let last = timeout(PATIENCE, self.last).await.with_context(|| format!("{what}: the connection lives on"))??;
        println!("{what}: the last byte came {:?} after the command was given", last.saturating_duration_since(since));
        Ok(())
    }

    /// Whether it still lives, and still carries bytes.
    pub fn lives(&self) -> bool {
        !self.last.is_finished()
    }
}
