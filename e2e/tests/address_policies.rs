//! How addresses pick among the sites that serve them: changed while a client asks again and again, and by a site that dies
//! and comes back.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use e2e::line::backbone;
use testkit::{
    installation::{Installation, free_address},
    process::eventually,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::timeout,
};

/// A server that says its one-letter name to whoever asks.
#[derive(Debug)]
struct Server {
    address: SocketAddr,
    /// Connections that were not carried to their end: they run, or were broken off.
    under_way: Arc<AtomicUsize>,
}

impl Server {
    async fn start(name: u8) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let server = Self { address: listener.local_addr()?, under_way: Arc::default() };
        let under_way = Arc::clone(&server.under_way);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                under_way.fetch_add(1, Ordering::SeqCst);
                let under_way = Arc::clone(&under_way);
                tokio::spawn(async move {
                    if answer(stream, name).await.is_ok() {
                        under_way.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        Ok(server)
    }
}

/// Answers every question on a connection, until the client says that it has heard.
async fn answer(mut stream: TcpStream, name: u8) -> Result<()> {
    while stream.read_u8().await? == b'?' {
        stream.write_u8(name).await?;
    }
    Ok(())
}

async fn ask(stream: &mut TcpStream) -> Result<char> {
    stream.write_u8(b'?').await?;
    Ok(char::from(stream.read_u8().await?))
}

/// A question on a connection of its own.
async fn ask_once(door: SocketAddr) -> Result<char> {
    let mut stream = TcpStream::connect(door).await?;
    let name = ask(&mut stream).await?;
    stream.write_u8(b'!').await?;
    Ok(name)
}

/// Who answered, in the order in which they did.
type Answers = Arc<Mutex<String>>;

/// Asks again and again, until it is dropped.
#[derive(Debug)]
struct Client {
    asked: Arc<AtomicUsize>,
    answers: Answers,
    failed: Arc<Mutex<Vec<String>>>,
    _asking: JoinSet<()>,
}

impl Client {
    fn start(door: SocketAddr) -> Self {
        let (answers, failed) = (Answers::default(), Arc::<Mutex<Vec<String>>>::default());
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        let (heard, lost) = (Arc::clone(&answers), Arc::clone(&failed));
        let mut asking = JoinSet::new();
        asking.spawn(async move {
            let mut unanswered = JoinSet::new();
            loop {
                let (heard, lost) = (Arc::clone(&heard), Arc::clone(&lost));
                count.fetch_add(1, Ordering::SeqCst);
                unanswered.spawn(async move {
                    match ask_once(door).await {
                        Ok(name) => heard.lock().unwrap_or_else(PoisonError::into_inner).push(name),
                        Err(error) => lost.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{error:#}")),
                    }
                });
                // What hangs with a site that has died does not keep others from being asked.
                let _ = timeout(Duration::from_millis(200), unanswered.join_next()).await;
            }
        });
        Self { asked, answers, failed, _asking: asking }
    }

    fn answers(&self) -> String {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until of the last answers so many were from `a` and from `b`.
    async fn hears(&self, a: usize, b: usize) -> Result<()> {
        eventually(&format!("{a} answers of a for {b} of b"), async || {
            let answers = self.answers();
            let last = answers.len().checked_sub(a + b).map(|begin| &answers[begin..])?;
            (last.matches('a').count() == a && last.matches('b').count() == b).then_some(())
        })
        .await
    }

    fn failed(&self) -> Vec<String> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_and_a_failover_are_followed_while_a_client_keeps_asking() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "3"]).await?;
    let mut a = installation.join(&invitation, "a", &["--name", "a"], None)?;
    let _b = installation.join(&invitation, "b", &["--name", "b"], None)?;
    let _shop = installation.join(&invitation, "shop", &["--name", "shop"], None)?;
    let servers = [Server::start(b'a').await?, Server::start(b'b').await?];
    for (name, server) in ["a", "b"].into_iter().zip(&servers) {
        cli.site_reaches(&installation.site_dir(name), "member").await?;
        let target = server.address.to_string();
        cli.ok(&["network", "connector", "add", "retail", "goods", &target, "--site", name]).await?;
    }
    cli.site_reaches(&installation.site_dir("shop"), "member").await?;
    let door = free_address()?;
    cli.ok(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--site", "shop"]).await?;
    let set = async |options: &[&str]| {
        cli.ok(&[&["network", "address", "set", "retail", "goods", "--policy"], options].concat()).await
    };
    let said = set(&["weighted", "--weight", "a=3", "--weight", "b=1"]).await?;
    ensure!(said.contains("a=3, b=1"), "{said}");
    eventually("the door is open", async || ask_once(door).await.ok()).await?;
    let client = Client::start(door);
    client.hears(30, 10).await?;

    // A connection that is open stays, whatever new ones do.
    let mut open = TcpStream::connect(door).await?;
    let served_by = ask(&mut open).await?;
    let (away, to_b) = if served_by == 'a' { ("a=0", true) } else { ("b=0", false) };
    set(&["weighted", "--weight", away]).await?;
    client.hears(if to_b { 0 } else { 20 }, if to_b { 20 } else { 0 }).await?;
    ensure!(ask(&mut open).await? == served_by, "it was moved");
    open.write_u8(b'!').await?;
    set(&["weighted"]).await?;
    client.hears(10, 10).await?;
    ensure!(client.failed().is_empty(), "{:?}", client.failed());

    // Renamed, it keeps its place; dead, it is passed over; and it has its place again when it is back.
    set(&["failover", "--order", "a,b"]).await?;
    client.hears(20, 0).await?;
    cli.ok(&["member", "rename", "retail/a", "alpha"]).await?;
    let shown = cli.json(&["network", "address", "show", "retail", "goods"]).await?;
    ensure!(shown["order"] == serde_json::json!(["alpha", "b"]), "{shown}");
    a.kill().await?;
    client.hears(0, 20).await?;
    let _a = installation.join(&invitation, "a", &[], None)?;
    client.hears(20, 0).await?;
    let cut_off = eventually("only what was under way at the site that died has no answer", async || {
        let unanswered = client.asked.load(Ordering::SeqCst) - client.answers().len();
        (unanswered <= servers[0].under_way.load(Ordering::SeqCst)).then_some(())
    });
    cut_off.await.with_context(|| format!("these failed: {:?}", client.failed()))?;

    // A word that names no member says which one is meant.
    let said =
        cli.fails(2, &["network", "address", "set", "retail", "goods", "--policy", "failover", "--order", "alhpa"]);
    let said = said.await?;
    ensure!(said.contains("order") && said.contains("is alpha meant?"), "{said}");
    cli.ok(&["member", "evict", "retail/b", "--keep-invitation", "--yes"]).await?;
    let said =
        cli.fails(2, &["network", "address", "set", "retail", "goods", "--policy", "weighted", "--weight", "b=1"]);
    let said = said.await?;
    ensure!(said.contains("b is no member of retail any more"), "{said}");
    let listed = cli.json(&["network", "address", "list", "retail"]).await?;
    ensure!(listed["items"][0]["order"] == serde_json::json!(["alpha"]), "{listed}");
    client.hears(20, 0).await?;
    Ok(())
}
