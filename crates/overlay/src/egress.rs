//! Where streams end: at connectors' local targets, or within the process.
//!
//! What a stream is for is taken from its first authenticated frame alone, and who opened it from the certificate;
//! nothing a router on the way said counts.

mod connect;
mod places;
mod table;
mod waiting;

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use futures_util::Stream as FuturesStream;
use jiff::Timestamp;
use model::{Address, Clock, ConnectorId, Der, Identity, router::Connector};
use overlay_proto::{
    NodeId,
    session::{AbortCode, Open, Protocol, RefuseCode, Resume},
};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

pub(crate) use self::waiting::Arrivals;
use self::{
    places::{Arriving, Places},
    table::{Table, Target},
    waiting::Waiting,
};
use crate::{
    e2e::{self, E2e, E2eConfig, E2eError, Lifetimes, Request, protocol_of},
    flows::{FlowLog, OpenFlow},
    ingress::{Observer, SHUTDOWN_TIMEOUT},
    live::{Live, Scope},
    observe::{Direction, Observation, SocketStatus},
    paths::PathConn,
    session_io::{Local, PumpError, pump},
    stream::Stream,
    ways::Ways,
};

/// How long after its handshake a connection may take to open its first stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection may be without a stream. The ingress closes it sooner.
const MAX_IDLE: Duration = Duration::from_secs(60);
/// How long the opener of a stream that is served within the process may take to say something on it: what is served there
/// is always told first what is wanted.
const FIRST_WORD: Duration = Duration::from_secs(10);
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
    places: Arc<Places>,
    waiting: Arc<Waiting>,
    lifetimes: Lifetimes,
    silent: AtomicU64,
    flows: Arc<FlowLog>,
    first_word: Duration,
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
        Self::with_log(clock, observer, Arc::default(), FIRST_WORD)
    }

    /// The same, for streams within the process whose openers have to say something within `first_word`.
    pub fn with_first_word(clock: Arc<dyn Clock>, observer: Observer, first_word: Duration) -> Self {
        Self::with_log(clock, observer, Arc::default(), first_word)
    }

    /// An egress that enters its flows into `flows`.
    pub(crate) fn recorded(clock: Arc<dyn Clock>, observer: Observer, flows: Arc<FlowLog>) -> Self {
        Self::with_log(clock, observer, flows, FIRST_WORD)
    }

    fn with_log(clock: Arc<dyn Clock>, observer: Observer, flows: Arc<FlowLog>, first_word: Duration) -> Self {
        let inner = Inner {
            clock,
            observer,
            table: RwLock::default(),
            live: Live::default(),
            scope: Scope::root(),
            tasks: TaskTracker::new(),
            places: Arc::default(),
            waiting: Arc::default(),
            lifetimes: Lifetimes::default(),
            silent: AtomicU64::new(0),
            flows,
            first_word,
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

    /// Takes over a data connection on which the backbone has led a stream here, from `origin` as it says, and serves what
    /// comes on it: returns at once.
    pub fn accept(&self, path: PathConn, config: Arc<E2eConfig>, origin: Option<NodeId>) {
        let Some(arriving) = self.inner.places.arrive(origin) else {
            tracing::debug!(?origin, "a connection was turned away: too many are open, or the router shuts down");
            path.conn.reset();
            return;
        };
        let egress = self.clone();
        self.inner.tasks.spawn(async move { egress.serve_connection(path, &config, arriving).await });
    }

    /// How many connections were turned away because too many were open.
    pub fn crowded(&self) -> u64 {
        self.inner.places.refused()
    }

    /// How many streams were ended because their openers said nothing on them.
    pub fn silent(&self) -> u64 {
        self.inner.silent.load(Ordering::Relaxed)
    }

    /// Ends every stream whose other end `admit` refuses. Call it after every change of trust; the error is the
    /// reason the other end is told.
    pub fn judge(&self, admit: &dyn Fn(&Identity) -> Result<(), String>) {
        self.inner.live.judge(admit);
    }

    /// Looks at what time has done, which is to be told often: no connection lives longer than its certificates. Streams go on,
    /// where their ingresses make new ones.
    pub fn keep_time(&self, now: Timestamp) {
        self.inner.lifetimes.look(now, None);
    }

    /// Ends the connections whose other ends show certificates that do not verify any more; their streams go on, where new
    /// connections can be made.
    pub(crate) fn verify(&self, verifies: &dyn Fn(&Identity, &Der) -> bool) {
        self.inner.lifetimes.verify(verifies);
    }

    /// Ends everything, and waits (for a few seconds at most) until the other ends have been told.
    pub async fn shutdown(&self) {
        self.inner.scope.end(AbortCode::Shutdown, "the router shuts down");
        self.inner.places.close();
        self.inner.table.write().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("streams were cut off: their other ends did not take note of the shutdown in time");
        }
    }

    async fn serve_connection(&self, path: PathConn, config: &Arc<E2eConfig>, arriving: Arriving) {
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
        self.inner.lifetimes.watch(&mut e2e, self.inner.clock.now());
        match arriving.settle(config.identity(), &peer) {
            Ok(place) => e2e.place = Some(Box::new(place)),
            Err(why) => {
                tracing::debug!(%peer, why, "a connection was turned away");
                return e2e.farewell(AbortCode::Limit, &why).await;
            }
        }
        // Between streams too, a connection lives only as long as its other end is trusted.
        let entry = self.inner.live.enter(peer, &self.inner.scope);
        let mut wait = OPEN_TIMEOUT;
        loop {
            let request = tokio::select! {
                biased;
                () = entry.scope.ended() => None,
                result = e2e.next_request(wait) => Some(result),
            };
            let request = match request {
                Some(Ok(request)) => request,
                Some(Err(error)) => return leave(e2e, &error).await,
                None => {
                    let (code, why) = entry.scope.why();
                    return e2e.farewell(code, why).await;
                }
            };
            let left = match request {
                Request::Open(open) => self.serve_stream(e2e, open).await,
                Request::Resume(resume) => self.hand_over(e2e, resume).await,
            };
            e2e = match left {
                Some(e2e) => e2e,
                None => return,
            };
            wait = MAX_IDLE;
        }
    }

    /// Hands a connection over to the stream that is to go on over it. Returns it when there is none.
    async fn hand_over(&self, e2e: E2e, resume: Resume) -> Option<E2e> {
        let mut e2e = self.inner.waiting.hand_over(e2e, resume)?;
        tracing::info!(peer = %e2e.peer(), "a stream was to be continued that is not here");
        if e2e.refuse_to_resume("no stream waits here to be continued").await.is_err() {
            e2e.reset();
            return None;
        }
        Some(e2e)
    }

    /// Serves one stream. Returns a connection, not always the same, when it can carry another.
    async fn serve_stream(&self, e2e: E2e, open: Open) -> Option<E2e> {
        let peer = *e2e.peer();
        let Open { stream: id, address, protocol, .. } = open;
        if protocol_of(&address) != e2e.protocol() {
            // Nobody honest does this: the two uses are told apart before the first byte.
            tracing::warn!(%address, %peer, protocol = %e2e.protocol(), "a stream was opened over another use's connection");
            e2e.farewell(AbortCode::WrongUse, "this connection is not for this address").await;
            return None;
        }
        if protocol != Protocol::Tcp {
            return self.refuse(e2e, RefuseCode::Protocol, "only TCP is served here").await;
        }
        if let Err(why) = e2e.peer_may_use(&address) {
            return self.refuse(e2e, RefuseCode::NotAllowed, &why).await;
        }
        let target = self.inner.table.read().unwrap_or_else(PoisonError::into_inner).find(&address);
        match target {
            None => self.refuse(e2e, RefuseCode::NoSuchAddress, &format!("nothing serves {address} here")).await,
            Some(Target::Connector(connectors)) => {
                let (connector, local) = match connect::first(&connectors).await {
                    Ok(connected) => connected,
                    Err(why) => return self.refuse(e2e, RefuseCode::TargetUnreachable, &why).await,
                };
                self.carry((e2e, id), local, &connector.scope, address, None).await
            }
            Some(Target::Process(handler)) => {
                let Ok(place) = handler.try_reserve() else {
                    return self.refuse(e2e, RefuseCode::Limit, "too many streams are waiting").await;
                };
                let (stream, local) = Stream::new(peer, e2e.peer_certificate());
                place.send(stream);
                self.carry((e2e, id), local, &self.inner.scope, address, Some(self.inner.first_word)).await
            }
        }
    }

    async fn carry<L: Local>(
        &self,
        (mut e2e, id): (E2e, [u8; 16]),
        mut local: L,
        scope: &Scope,
        address: Address,
        first_word: Option<Duration>,
    ) -> Option<E2e> {
        let peer = *e2e.peer();
        let flow = self.inner.flows.begin(Direction::Out, &address, peer.network(), &*self.inner.clock);
        flow.reached(peer);
        // Before it is accepted: it may have to be continued at once.
        let ways = Ways::Arriving(self.inner.waiting.enter(&e2e, id));
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
        let pumped = pump(e2e, local, &entry.scope, &flow.carried, first_word, ways).await;
        drop(entry);
        if matches!(pumped, Err(PumpError::Silent)) {
            self.inner.silent.fetch_add(1, Ordering::Relaxed);
        }
        let error = pumped.as_ref().err().map(ToString::to_string);
        if let Some(error) = &error {
            tracing::debug!(%address, %error, "a stream broke");
        }
        self.closed(flow, error);
        pumped.ok()
    }

    fn closed(&self, flow: OpenFlow, error: Option<String>) {
        if let Some(flow) = flow.end(self.inner.clock.now(), error) {
            (self.inner.observer)(Observation::FlowClosed(flow));
        }
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
