//! Where streams end: at connectors' local targets, or within the process.
//!
//! What a stream is for is taken from its first authenticated frame alone, and who opened it from the certificate;
//! nothing a router on the way said counts.

mod connect;
mod table;

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, PoisonError, RwLock},
    task::{Context, Poll},
    time::Duration,
};

use futures_util::Stream as FuturesStream;
use model::{Address, Clock, ConnectorId, Identity, router::Connector};
use overlay_proto::session::{AbortCode, Open, Protocol, RefuseCode};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

use self::table::{Table, Target};
use crate::{
    e2e::{self, E2e, E2eConfig, E2eError, protocol_of},
    ingress::{Observer, Opened, SHUTDOWN_TIMEOUT},
    live::{Live, Scope},
    observe::{Direction, Flow, Observation, SocketStatus},
    paths::PathConn,
    session_io::{Local, pump},
    stream::Stream,
};

/// How many end-to-end connections are served at a time.
const MAX_CONNECTIONS: usize = 16 * 1024;
/// How long after its handshake a connection may take to open its first stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may be without a stream. The ingress closes it sooner.
const MAX_IDLE: Duration = Duration::from_secs(60);
/// How many streams may wait to be taken by those who serve an address within the process.
const INCOMING_BACKLOG: usize = 128;

/// The end of streams at this router.
#[derive(Clone)]
pub struct Egress {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    observer: Observer,
    table: RwLock<Table>,
    live: Live,
    scope: Scope,
    tasks: TaskTracker,
    permits: Arc<Semaphore>,
}

/// Why an address cannot be served within the process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServeError {
    /// It is served already.
    #[error("{0} is served already")]
    Taken(Address),
}

/// The streams opened to an address that is served within the process. Dropping it ends the serving; streams that
/// were taken live on.
#[derive(Debug)]
pub struct Incoming {
    streams: mpsc::Receiver<Stream>,
}

impl FuturesStream for Incoming {
    type Item = Stream;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Stream>> {
        self.streams.poll_recv(cx)
    }
}

impl Egress {
    /// An egress that serves nothing yet.
    pub fn new(clock: Arc<dyn Clock>, observer: Observer) -> Self {
        let inner = Inner {
            clock,
            observer,
            table: RwLock::default(),
            live: Live::default(),
            scope: Scope::root(),
            tasks: TaskTracker::new(),
            permits: Arc::new(Semaphore::new(MAX_CONNECTIONS)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes the connectors exactly these. Those that stay as they are, and their streams, are not disturbed; the
    /// streams of those that go or change are ended.
    pub fn apply(&self, connectors: &[Connector]) {
        self.inner.table.write().unwrap_or_else(PoisonError::into_inner).apply(connectors, &self.inner.scope);
    }

    /// The connectors, and what was wrong with their targets when they were last needed.
    pub fn status(&self) -> Vec<SocketStatus<ConnectorId>> {
        self.inner.table.read().unwrap_or_else(PoisonError::into_inner).status()
    }

    /// Serves `address` within the process. Whether the router's identity may serve it is decided end to end.
    pub fn serve(&self, address: Address) -> Result<Incoming, ServeError> {
        let (sender, streams) = mpsc::channel(INCOMING_BACKLOG);
        let mut table = self.inner.table.write().unwrap_or_else(PoisonError::into_inner);
        if table.serve(address.clone(), sender) { Ok(Incoming { streams }) } else { Err(ServeError::Taken(address)) }
    }

    /// The addresses served within the process now.
    pub fn served(&self) -> Vec<Address> {
        self.inner.table.read().unwrap_or_else(PoisonError::into_inner).served()
    }

    /// Takes over a data connection on which the backbone has led a stream here, and serves what comes on it: returns
    /// at once.
    pub fn accept(&self, path: PathConn, config: Arc<E2eConfig>) {
        let Ok(permit) = self.inner.permits.clone().try_acquire_owned() else {
            tracing::warn!("a connection was turned away: {MAX_CONNECTIONS} are open, or the router shuts down");
            path.conn.reset();
            return;
        };
        let egress = self.clone();
        self.inner.tasks.spawn(async move {
            egress.serve_connection(path, &config).await;
            drop(permit);
        });
    }

    /// Ends every stream whose other end `admit` refuses. Call it after every change of trust; the error is the
    /// reason the other end is told.
    pub fn judge(&self, admit: &dyn Fn(&Identity) -> Result<(), String>) {
        self.inner.live.judge(admit);
    }

    /// Ends everything, and waits (for a few seconds at most) until the other ends have been told.
    pub async fn shutdown(&self) {
        self.inner.scope.end(AbortCode::Shutdown, "the router shuts down");
        self.inner.permits.close();
        self.inner.table.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("streams were cut off: their other ends did not take note of the shutdown in time");
        }
    }

    async fn serve_connection(&self, path: PathConn, config: &Arc<E2eConfig>) {
        let accepted = tokio::select! {
            biased;
            () = self.inner.scope.ended() => return,
            result = e2e::accept(path, config) => result,
        };
        let mut e2e = match accepted {
            Ok(e2e) => e2e,
            Err(error) => {
                tracing::info!(%error, "an incoming connection was refused");
                return;
            }
        };
        let peer = *e2e.peer();
        // Between streams too, a connection lives only as long as its other end is trusted.
        let entry = self.inner.live.enter(peer, &self.inner.scope);
        let mut wait = OPEN_TIMEOUT;
        loop {
            let open = tokio::select! {
                biased;
                () = entry.scope.ended() => None,
                result = e2e.next_open(wait) => Some(result),
            };
            let open = match open {
                Some(Ok(open)) => open,
                Some(Err(error)) => return leave(e2e, &error).await,
                None => {
                    let (code, why) = entry.scope.why();
                    return e2e.farewell(code, why).await;
                }
            };
            e2e = match self.serve_stream(e2e, open).await {
                Some(e2e) => e2e,
                None => return,
            };
            wait = MAX_IDLE;
        }
    }

    /// Serves one stream. Returns the connection when it can carry another.
    async fn serve_stream(&self, e2e: E2e, open: Open) -> Option<E2e> {
        let opened = Opened::now(&*self.inner.clock);
        let peer = *e2e.peer();
        let address = open.address;
        if protocol_of(&address) != e2e.protocol() {
            // Nobody honest does this: the two uses are told apart before the first byte.
            tracing::warn!(%address, %peer, protocol = %e2e.protocol(), "a stream was opened over another use's connection");
            e2e.farewell(AbortCode::WrongUse, "this connection is not for this address").await;
            return None;
        }
        if open.protocol != Protocol::Tcp {
            return self.refuse(e2e, RefuseCode::Protocol, "only TCP is served here").await;
        }
        let target = self.inner.table.read().unwrap_or_else(PoisonError::into_inner).find(&address);
        match target {
            None => self.refuse(e2e, RefuseCode::NoSuchAddress, &format!("nothing serves {address} here")).await,
            Some(Target::Connector(connectors)) => {
                let (connector, local) = match connect::first(&connectors).await {
                    Ok(connected) => connected,
                    Err(why) => return self.refuse(e2e, RefuseCode::TargetUnreachable, &why).await,
                };
                self.carry(e2e, local, &connector.scope, address, opened).await
            }
            Some(Target::Process(handler)) => {
                let Ok(place) = handler.try_reserve() else {
                    return self.refuse(e2e, RefuseCode::Limit, "too many streams are waiting").await;
                };
                let (stream, local) = Stream::new(peer, e2e.peer_certificate());
                place.send(stream);
                self.carry(e2e, local, &self.inner.scope, address, opened).await
            }
        }
    }

    async fn carry<L: Local>(
        &self,
        mut e2e: E2e,
        mut local: L,
        scope: &Scope,
        address: Address,
        opened: Opened,
    ) -> Option<E2e> {
        let peer = *e2e.peer();
        let accepted = match e2e.session.accept() {
            Ok(()) => e2e.flush().await,
            Err(misuse) => Err(E2eError::Protocol(misuse.to_string())),
        };
        if let Err(error) = accepted {
            local.reset(&error.to_string());
            e2e.reset();
            return None;
        }
        let entry = self.inner.live.enter(peer, scope);
        let pumped = pump(e2e, local, &entry.scope).await;
        drop(entry);
        let error = pumped.end.as_ref().err().map(ToString::to_string);
        if let Some(error) = &error {
            tracing::debug!(%address, %error, "a stream broke");
        }
        (self.inner.observer)(Observation::FlowClosed(Flow {
            address,
            direction: Direction::Out,
            peer: Some(peer),
            opened: opened.at,
            lasted: opened.since.elapsed(),
            bytes_to_server: pumped.from_network,
            bytes_to_client: pumped.to_network,
            error,
        }));
        pumped.end.ok()
    }

    async fn refuse(&self, mut e2e: E2e, code: RefuseCode, why: &str) -> Option<E2e> {
        tracing::info!(peer = %e2e.peer(), why, "a stream was refused");
        if e2e.session.refuse(code, why).is_err() || e2e.flush().await.is_err() {
            e2e.reset();
            return None;
        }
        Some(e2e)
    }
}

/// Ends a connection on which no next stream came, the way its end asks for.
async fn leave(e2e: E2e, error: &E2eError) {
    match error {
        // Nothing came for long, or the other end said that nothing will.
        E2eError::Timeout | E2eError::Closed => e2e.close().await,
        E2eError::Protocol(_) => {
            tracing::warn!(peer = %e2e.peer(), %error, "a connection was ended");
            e2e.last_words().await;
        }
        _ => {
            tracing::debug!(peer = %e2e.peer(), %error, "a connection ended");
            e2e.reset();
        }
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").finish_non_exhaustive()
    }
}
