//! The load: bulk streams, keep-alive requests, and requests on new connections.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, bench!";

/// Reads and counts until the sender ends, then answers with the count: what arrived, not what was sent.
pub(crate) fn bulk_sink(listen: SocketAddr) -> Result<()> {
    serve(listen, async |mut stream: TcpStream| {
        let mut buffer = vec![0; 256 * 1024];
        let mut total = 0_u64;
        loop {
            match stream.read(&mut buffer).await? {
                0 => break,
                count => total += count as u64,
            }
        }
        stream.write_all(&total.to_be_bytes()).await?;
        stream.shutdown().await.map_err(Into::into)
    })
}

/// Answers every request on a connection with the same few bytes.
pub(crate) fn http_server(listen: SocketAddr) -> Result<()> {
    serve(listen, async |mut stream: TcpStream| {
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer).await? {
                0 => return Ok(()),
                count => received.extend_from_slice(&buffer[..count]),
            }
            while let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") {
                received.drain(..end + 4);
                stream.write_all(RESPONSE).await?;
            }
        }
    })
}

fn serve<F>(listen: SocketAddr, handle: impl Fn(TcpStream) -> F + Copy + Send + 'static) -> Result<()>
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind(listen).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(handle(stream));
        }
    })
}

/// How much arrived in how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bulk {
    bytes: u64,
    elapsed: Duration,
}

impl Bulk {
    pub(crate) fn gbit_per_second(self) -> f64 {
        self.gigabytes() * 8.0 / self.elapsed.as_secs_f64()
    }

    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn gigabytes(self) -> f64 {
        self.bytes as f64 / 1e9
    }
}

/// Sends on `streams` connections for `duration`, and waits until the sink has counted everything.
pub(crate) async fn bulk(target: SocketAddr, streams: usize, duration: Duration) -> Result<Bulk> {
    let began = Instant::now();
    let senders: Vec<_> = (0..streams)
        .map(|_| {
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(target).await?;
                let block = vec![0x5a; 128 * 1024];
                let mut sent = 0;
                while began.elapsed() < duration {
                    stream.write_all(&block).await?;
                    sent += block.len() as u64;
                }
                stream.shutdown().await?;
                let mut counted = [0; 8];
                stream.read_exact(&mut counted).await.context("the sink's count")?;
                let counted = u64::from_be_bytes(counted);
                ensure!(counted == sent, "{sent} bytes were sent and {counted} arrived");
                Ok(counted)
            })
        })
        .collect();
    let mut bytes = 0;
    for sender in senders {
        bytes += sender.await??;
    }
    Ok(Bulk { bytes, elapsed: began.elapsed() })
}

/// How many requests were answered in how long.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    count: u64,
    elapsed: Duration,
    pub(crate) latencies_ms: Vec<f64>,
}

impl Requests {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }
}

/// Requests on `connections` keep-alive connections, each waiting for its answer before the next.
pub(crate) async fn http(target: SocketAddr, connections: usize, duration: Duration) -> Result<Requests> {
    let began = Instant::now();
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(target).await?;
                stream.set_nodelay(true)?;
                let mut latencies = Vec::new();
                while began.elapsed() < duration {
                    let asked = Instant::now();
                    ask(&mut stream).await?;
                    latencies.push(asked.elapsed().as_secs_f64() * 1e3);
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    let mut latencies_ms = Vec::new();
    for client in clients {
        latencies_ms.extend(client.await??);
    }
    Ok(Requests { count: latencies_ms.len() as u64, elapsed: began.elapsed(), latencies_ms })
}

/// One request on each of many connections, `parallel` at a time.
pub(crate) async fn new_connections(target: SocketAddr, parallel: usize, duration: Duration) -> Result<Requests> {
    let began = Instant::now();
    let count = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..parallel)
        .map(|_| {
            let count = count.clone();
            tokio::spawn(async move {
                while began.elapsed() < duration {
                    let mut stream = TcpStream::connect(target).await?;
                    stream.set_nodelay(true)?;
                    ask(&mut stream).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for client in clients {
        client.await??;
    }
    Ok(Requests { count: count.load(Ordering::Relaxed), elapsed: began.elapsed(), latencies_ms: Vec::new() })
}

/// One request on a connection of its own.
pub(crate) async fn once(target: SocketAddr) -> Result<()> {
    let mut stream = TcpStream::connect(target).await?;
    ask(&mut stream).await
}

async fn ask(stream: &mut TcpStream) -> Result<()> {
    stream.write_all(REQUEST).await?;
    let mut answer = [0; RESPONSE.len()];
    stream.read_exact(&mut answer).await?;
    ensure!(answer == RESPONSE, "the answer is not the server's");
    Ok(())
}
