//! The accept loop.

use std::{io, sync::Arc, time::Duration};

use axum::Router;
use rustix::io::Errno;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Connections, connection::Connection};

/// What is between TCP and HTTP.
pub trait Transport: Send + Sync + 'static {
    /// What HTTP is spoken over.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Prepares an accepted connection, or says why it cannot be.
    fn open(&self, stream: TcpStream) -> impl Future<Output = Result<Self::Io, String>> + Send;
}

/// Nothing.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Transport for Plain {
    type Io = TcpStream;

    async fn open(&self, stream: TcpStream) -> Result<TcpStream, String> {
        Ok(stream)
    }
}

/// Serves `router`, over HTTP/1.1 and HTTP/2, until `shutdown`; then accepts nothing more, and finishes what is under
/// way within [`Limits::drain`](crate::Limits::drain).
pub async fn serve<T: Transport>(
    listener: TcpListener,
    connections: Connections,
    transport: T,
    router: Router,
    shutdown: CancellationToken,
) {
    let tasks = TaskTracker::new();
    let transport = Arc::new(transport);
    let mut backoff = Duration::ZERO;
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener, backoff) => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Those that came and went trouble nobody; without file descriptors, somebody has to give one back.
                if is_exhausted(&error) {
                    connections.make_room();
                    tracing::warn!(%error, "a connection cannot be accepted; another gives way");
                }
                backoff = (backoff * 2).clamp(Duration::from_millis(1), Duration::from_secs(1));
                continue;
            }
        };
        backoff = Duration::ZERO;
        let Some(place) = connections.enter(address) else {
            tracing::warn!(%address, "a connection is refused: as many as there can be are at work");
            continue;
        };
        let connection = Connection {
            transport: Arc::clone(&transport),
            router: router.clone(),
            connections: connections.clone(),
            shutdown: shutdown.clone(),
        };
        tasks.spawn(connection.run(stream, address, place));
    }
    drop(listener);
    tasks.close();
    let drain = connections.limits().drain + connections.limits().farewell;
    if timeout(drain, tasks.wait()).await.is_err() {
        tracing::warn!(open = tasks.len(), "the API ends with requests under way");
    }
}

async fn accept(listener: &TcpListener, backoff: Duration) -> io::Result<(TcpStream, std::net::SocketAddr)> {
    if !backoff.is_zero() {
        sleep(backoff).await;
    }
    listener.accept().await
}

fn is_exhausted(error: &io::Error) -> bool {
    let exhausted = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    error.raw_os_error().is_some_and(|code| exhausted.iter().any(|errno| errno.raw_os_error() == code))
}
