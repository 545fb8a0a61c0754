//! A gate between a store and PostgreSQL: certain statements wait there until the test lets them through, so that
//! transactions can be made to meet in any order. What runs is the product's own code and the real server.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        UnixListener, UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::oneshot,
    task::JoinSet,
};

/// A statement that waits; it goes on when the sender is used or dropped.
pub(crate) type Waiting = oneshot::Sender<()>;

/// A way to the database of `url` on which statements that `stops` names wait.
pub(crate) struct Gate {
    /// Where to connect to.
    pub(crate) url: String,
    _dir: TempDir,
    _connections: JoinSet<()>,
}

impl Gate {
    /// `name` is how the server knows the connections that come this way; `waits` hears of each statement that waits.
    pub(crate) fn new(
        url: &str,
        name: &str,
        stops: &'static [&'static str],
        waits: impl Fn(Waiting) + Clone + Send + Sync + 'static,
    ) -> Self {
        let (base, server) = url.split_once("?host=").unwrap();
        let server = Path::new(server).join(".s.PGSQL.5432");
        let dir = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(dir.path().join(".s.PGSQL.5432")).unwrap();
        let url = format!(
            "{base}?host={}&sslmode=disable&statement-cache-capacity=0&application_name={name}",
            dir.path().display()
        );
        let mut connections = JoinSet::new();
        connections.spawn(accept(listener, server, stops, waits));
        Self { url, _dir: dir, _connections: connections }
    }
}

async fn accept(
    listener: UnixListener,
    server: PathBuf,
    stops: &'static [&'static str],
    waits: impl Fn(Waiting) + Clone + Send + Sync + 'static,
) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let server = UnixStream::connect(&server).await.unwrap();
        let (from_client, mut to_client) = client.into_split();
        let (mut from_server, to_server) = server.into_split();
        connections.spawn(async move {
            let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
        });
        let waits = waits.clone();
        connections.spawn(async move {
            // Whoever goes ends both directions.
            let _ = forward(from_client, to_server, stops, &waits).await;
        });
    }
}

/// Passes messages on as they are; those of a statement that stops, when it is let through.
async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    stops: &[&str],
    waits: &(impl Fn(Waiting) + Sync),
) -> std::io::Result<()> {
    let mut length = [0; 4];
    client.read_exact(&mut length).await?;
    server.write_all(&length).await?;
    pass(&mut client, &mut server, length).await?;
    loop {
        let kind = client.read_u8().await?;
        client.read_exact(&mut length).await?;
        let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
        client.read_exact(&mut body).await?;
        let mut texts = body.split(|byte| *byte == 0).map(String::from_utf8_lossy);
        let statement = match kind {
            b'Q' => texts.next(),
            b'P' => texts.nth(1),
            _ => None,
        };
        if statement.is_some_and(|sql| stops.iter().any(|stop| sql.starts_with(stop))) {
            let (let_through, wait) = oneshot::channel();
            // A test that is over lets everything through.
            waits(let_through);
            let _ = wait.await;
        }
        server.write_all(&[&[kind], &length[..], &body].concat()).await?;
    }
}

/// Passes on the one message that has no kind: the first.
async fn pass(client: &mut OwnedReadHalf, server: &mut OwnedWriteHalf, length: [u8; 4]) -> std::io::Result<()> {
    let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
    client.read_exact(&mut body).await?;
    server.write_all(&body).await
}
