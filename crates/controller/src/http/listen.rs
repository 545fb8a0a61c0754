//! The accept loop: TLS, then HTTP/1.1 or HTTP/2, with a limit on everything a stranger could hold on to.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Extension, Router};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use model::HostPort;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    certificate::{ApiCertificateError, Certificates},
    routes,
};
use crate::App;

/// How many connections there can be at a time; more wait to be accepted.
const CONNECTIONS: usize = 1_024;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the head of a request may take, idle time before it included.
const HEAD: Duration = Duration::from_secs(60);
/// How large the head of a request can be.
const HEAD_BYTES: usize = 32 * 1_024;
/// How many requests a connection may have under way.
const STREAMS: u32 = 64;
/// How often an HTTP/2 connection is asked whether it lives, and how long it may take to say so.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long requests under way may take to finish when the controller ends.
const DRAIN: Duration = Duration::from_secs(10);

/// Who is at the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// The API's server, bound to its address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    certificates: Arc<Certificates>,
    router: Router,
    app: App,
}

/// Why the API cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened at.
    #[error("the API cannot listen at {listen}: {source}")]
    Bind {
        /// The address.
        listen: HostPort,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// There is no certificate to show.
    #[error(transparent)]
    Certificate(#[from] ApiCertificateError),
}

impl Server {
    /// Listens at `listen`. Nothing is answered before [`Server::serve`].
    pub async fn bind(app: App, listen: &HostPort) -> Result<Self, ServerError> {
        let certificates = Certificates::open(app.data_dir(), &listen.host, app.now())?;
        let listener = TcpListener::bind((listen.host.to_string(), listen.port))
            .await
            .map_err(|source| ServerError::Bind { listen: listen.clone(), source })?;
        Ok(Self { listener, certificates: Arc::new(certificates), router: routes::router(app.clone()), app })
    }

    /// Where it listens.
    ///
    /// # Errors
    ///
    /// When the system does not say.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `shutdown`; then accepts nothing more, and finishes what is under way within ten seconds.
    pub async fn serve(self, shutdown: CancellationToken) {
        let connections = TaskTracker::new();
        let permits = Arc::new(Semaphore::new(CONNECTIONS));
        let mut backoff = Duration::ZERO;
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = accept(&self.listener, &permits, backoff) => accepted,
            };
            match accepted {
                Ok((stream, peer, permit)) => {
                    backoff = Duration::ZERO;
                    connections.spawn(self.connection(stream, peer, permit, shutdown.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, as a rule: others need a moment to give some back.
                    backoff = (backoff * 2).clamp(Duration::from_millis(10), Duration::from_secs(1));
                    tracing::warn!(%error, "the API cannot accept a connection");
                }
            }
        }
        connections.close();
        if timeout(DRAIN, connections.wait()).await.is_err() {
            tracing::warn!(open = connections.len(), "the API ends with requests under way");
        }
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
        shutdown: CancellationToken,
    ) -> impl Future<Output = ()> + Send + 'static {
        let certificates = Arc::clone(&self.certificates);
        let router = self.router.clone();
        let now = self.app.now();
        async move {
            let _permit = permit;
            let Ok(local) = stream.local_addr() else { return };
            let config = match certificates.config(local.ip(), now) {
                Ok(config) => config,
                Err(error) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the API has no certificate to show");
                    return;
                }
            };
            // Replies are whole when they are written; waiting for more only delays them.
            let _ = stream.set_nodelay(true);
            let tls = match timeout(HANDSHAKE, TlsAcceptor::from(config).accept(stream)).await {
                Ok(Ok(tls)) => tls,
                Ok(Err(error)) => {
                    tracing::debug!(%peer, %error, "TLS handshake failed");
                    return;
                }
                Err(_) => {
                    tracing::debug!(%peer, "TLS handshake took too long");
                    return;
                }
            };
            let mut http = auto::Builder::new(TokioExecutor::new());
            http.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(HEAD_BYTES);
            http.http2()
                .timer(TokioTimer::new())
                .max_header_list_size(u32::try_from(HEAD_BYTES).unwrap_or(u32::MAX))
                .max_concurrent_streams(STREAMS)
                .keep_alive_interval(KEEP_ALIVE)
                .keep_alive_timeout(KEEP_ALIVE);
            let service = TowerToHyperService::new(router.layer(Extension(Peer(peer))));
            let connection = http.serve_connection(TokioIo::new(tls), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = shutdown.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "connection ended");
            }
        }
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
    backoff: Duration,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    if !backoff.is_zero() {
        tokio::time::sleep(backoff).await;
    }
    let permit = Arc::clone(permits).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, permit))
}
