//! The API's server: TLS before HTTP; [`edge`] holds who connects to the limits.

use std::{io, net::SocketAddr, sync::Arc};

use axum::Router;
use edge::Transport;
use model::HostPort;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::sync::CancellationToken;

use super::{
    certificate::{ApiCertificateError, Certificates},
    routes,
};
use crate::App;

/// The API's server, bound to its address.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    tls: Tls,
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
        let certificates = Arc::new(Certificates::open(app.data_dir(), &listen.host, app.now())?);
        let listener = TcpListener::bind((listen.host.to_string(), listen.port))
            .await
            .map_err(|source| ServerError::Bind { listen: listen.clone(), source })?;
        let tls = Tls { certificates, app: app.clone() };
        Ok(Self { listener, tls, router: routes::router(app.clone()), app })
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
        let connections = self.app.metrics().connections();
        // A stream that is open ends before those requests are waited for that end by themselves.
        let (closing, ends) = (self.app.watchers().closing().clone(), shutdown.clone());
        tokio::spawn(async move {
            ends.cancelled().await;
            closing.cancel();
        });
        edge::serve(self.listener, connections, self.tls, self.router, shutdown).await;
    }
}

/// TLS with a certificate for the address a connection came in at.
#[derive(Debug)]
struct Tls {
    certificates: Arc<Certificates>,
    app: App,
}

impl Transport for Tls {
    type Io = TlsStream<TcpStream>;

    async fn open(&self, stream: TcpStream) -> Result<Self::Io, String> {
        let local = stream.local_addr().map_err(|error| error.to_string())?;
        let config = self.certificates.config(local.ip(), self.app.now()).map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the API has no certificate to show");
            error.to_string()
        })?;
        TlsAcceptor::from(config).accept(stream).await.map_err(|error| error.to_string())
    }
}
