//! How long an eviction takes, from the command to the last connection that ends, at networks of several sizes.
//!
//! The member sites share this process, each with its own data directory, key, links and session; relays, headquarters and
//! the controller are processes of their own. Every member holds one live connection through both relays.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use site::Outcome;
use testkit::installation::{Installation, free_address};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    crowd::{self, LONG, Member},
    measure::median,
};

/// How many sites join, or connect, at once.
const AT_ONCE: usize = 16;
/// How often the server sends a byte on each connection.
const TICK: Duration = Duration::from_millis(100);

/// Measures networks of so many sites, one after the other, and prints a table.
pub(crate) async fn measure(sizes: &[usize]) -> Result<()> {
    println!(
        "| sites | last byte, ms: median | last | connection ended: median | last | acknowledged by all routers | `skx whoami` |"
    );
    println!("|---|---|---|---|---|---|---|");
    for size in sizes {
        let Figures { bytes, ends, acknowledged, command } = network_of(*size).await?;
        println!(
            "| {size} | {:.0} | {:.0} | {:.0} | {:.0} | {acknowledged:.0} | {command:.0} |",
            bytes.middle, bytes.last, ends.middle, ends.last
        );
    }
    println!(
        "\nFrom the start of `skx network evict NAME --yes --wait` (a process, a TLS handshake and a request, as `skx whoami` is) \
         to the last byte that each client received, to the end of its connection, and to the end of the command. Bytes are \
         sent every {} ms.",
        TICK.as_millis()
    );
    Ok(())
}

/// Milliseconds.
struct Figures {
    bytes: Spread,
    ends: Spread,
    acknowledged: f64,
    command: f64,
}

/// Milliseconds, over all connections.
struct Spread {
    middle: f64,
    last: f64,
}

impl Spread {
    fn of(times: Vec<f64>) -> Self {
        let last = times.iter().copied().fold(0.0, f64::max);
        Self { middle: median(times), last }
    }
}

/// How a connection ended.
struct End {
    /// When the last byte came.
    byte: Instant,
    /// When there was nothing more to come.
    end: Instant,
}

async fn network_of(size: usize) -> Result<Figures> {
    let installation = Installation::start().await?;
    let _relays = crowd::backbone(&installation).await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "bench", "--backbone", "main"]).await?;
    let file = installation.invitation("bench/all", &["--uses", "unlimited"]).await?;
    let _hq = installation.join(&file, "hq", &["--name", "hq"], None)?;
    cli.site_reaches(&installation.site_dir("hq"), "member").await?;
    let server = ticker().await?.to_string();
    cli.ok(&["network", "connector", "add", "bench", "ticks", &server, "--site", "hq"]).await?;

    let ticket = pki::ticket::decode(&std::fs::read_to_string(&file)?)?;
    let members = crowd::join(&installation, &ticket, 0..size, AT_ONCE, None).await?;
    let ends = connections(&installation, &members).await?;
    eprintln!("{size} sites, each with a connection");
    let mut commands = vec![];
    for _ in 0..5 {
        let began = Instant::now();
        cli.ok(&["whoami"]).await?;
        commands.push(began.elapsed().as_secs_f64() * 1e3);
    }

    ensure!(ends.iter().all(|end| !end.is_finished()), "a connection ended before its time");
    let began = Instant::now();
    cli.ok(&["network", "evict", "bench", "--yes", "--wait=60s"]).await?;
    let acknowledged = began.elapsed().as_secs_f64() * 1e3;
    let since = |at: Instant| at.saturating_duration_since(began).as_secs_f64() * 1e3;
    let (mut bytes, mut ended) = (vec![], vec![]);
    for end in ends {
        let End { byte, end } = timeout(LONG, end).await.context("a connection lives on")??;
        bytes.push(since(byte));
        ended.push(since(end));
    }
    for member in members {
        match timeout(LONG, member.task).await.context("an evicted site goes on")?? {
            Ok(Outcome::Over(_)) => {}
            other => bail!("an evicted site ended otherwise: {other:?}"),
        }
    }
    Ok(Figures { bytes: Spread::of(bytes), ends: Spread::of(ended), acknowledged, command: median(commands) })
}

/// A server that sends a byte now and then on every connection.
async fn ticker() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                while stream.write_all(b".").await.is_ok() {
                    tokio::time::sleep(TICK).await;
                }
            });
        }
    });
    Ok(address)
}

/// Opens a connection at a listener of each member, and gives how each ends.
async fn connections(installation: &Installation, members: &[Member]) -> Result<Vec<JoinHandle<End>>> {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    let mut opening = JoinSet::new();
    for member in members {
        let (turns, data, sites) = (turns.clone(), member.data.clone(), installation.site_cli(None));
        opening.spawn(async move {
            let _turn = turns.acquire_owned().await?;
            let door = free_address()?;
            sites.ok(&["site", "listener", "add", "ticks", &door.to_string(), "--data-dir", &data]).await?;
            let mut stream = timeout(LONG, connected(door)).await.context("no bytes come across the network")?;
            Ok::<_, anyhow::Error>(tokio::spawn(async move {
                let mut buffer = [0; 64];
                let mut byte = Instant::now();
                while let Ok(1..) = stream.read(&mut buffer).await {
                    byte = Instant::now();
                }
                End { byte, end: Instant::now() }
            }))
        });
    }
    let mut ends = vec![];
    while let Some(end) = opening.join_next().await {
        ends.push(end??);
    }
    Ok(ends)
}

/// A connection on which bytes come: a listener and the way behind it may take a moment to be there.
async fn connected(door: SocketAddr) -> TcpStream {
    loop {
        if let Ok(mut stream) = TcpStream::connect(door).await
            && let Ok(Ok(_)) = timeout(Duration::from_secs(5), stream.read_u8()).await
        {
            return stream;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
