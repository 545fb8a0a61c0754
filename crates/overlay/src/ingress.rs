//! Where streams begin: listeners, whose connections enter the network at an address, and streams opened within the
//! process.
//!
//! Until the far end has accepted a stream nothing is read from the application, so until then the next candidate can
//! take its place without anything lost or done twice.

mod dial;
mod idle;
mod listener;
mod redial;
mod turns;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use model::{
    Address, Clock, Der, Identity, ListenerId, NetworkId,
    router::{AddressPolicy, Listener},
};
use overlay_proto::{select::Spread, session::AbortCode};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub use dial::{AttemptError, OpenError};
pub(crate) use redial::Redial;

use self::{
    idle::IdlePool,
    listener::{ListenerTask, SocketState},
    turns::Turns,
};
use crate::{
    e2e::{E2e, Lifetimes},
    flows::{FlowLog, OpenFlow},
    live::{Expected, Live, Scope},
    observe::{Direction, Observation, SocketStatus},
    paths::Paths,
    session_io::{Local, pump},
    stream::Stream,
    ways::Ways,
};

/// How many connections of local applications are served at a time. More wait in the listeners' backlogs.
const MAX_STREAMS: usize = 16 * 1024;

/// How long a stream waits for somebody to serve its address.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long shutting down waits for the other ends to be told.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// Hears what happens: failed listeners, finished flows.
pub type Observer = Arc<dyn Fn(Observation) + Send + Sync>;

/// The beginning of streams at this router.
#[derive(Clone)]
pub struct Ingress {
    inner: Arc<Inner>,
}

struct Inner {
    paths: Arc<dyn Paths>,
    patience: Duration,
    clock: Arc<dyn Clock>,
    observer: Observer,
    idle: IdlePool,
    lifetimes: Lifetimes,
    moved: AtomicU64,
    live: Live,
    scope: Scope,
    tasks: TaskTracker,
    permits: Arc<Semaphore>,
    turns: Turns,
    listeners: Mutex<BTreeMap<ListenerId, ListenerTask>>,
    /// How new streams are spread, where it is not to the closest.
    spreads: Mutex<BTreeMap<Address, Spread>>,
    /// Decides between those who serve an address equally well.
    seed: u64,
    flows: Arc<FlowLog>,
}

impl Ingress {
    /// An ingress without listeners whose streams go over `paths`.
    pub fn new(paths: Arc<dyn Paths>, clock: Arc<dyn Clock>, observer: Observer) -> Self {
        Self::with_patience(paths, clock, observer, PATIENCE)
    }

    /// The same, whose streams wait for `patience` until somebody serves their address.
    pub fn with_patience(paths: Arc<dyn Paths>, clock: Arc<dyn Clock>, observer: Observer, patience: Duration) -> Self {
        Self::with_log(paths, clock, observer, patience, Arc::default())
    }

    /// An ingress that enters its flows into `flows`.
    pub(crate) fn recorded(
        paths: Arc<dyn Paths>,
        clock: Arc<dyn Clock>,
        observer: Observer,
        flows: Arc<FlowLog>,
    ) -> Self {
        Self::with_log(paths, clock, observer, PATIENCE, flows)
    }

    fn with_log(
        paths: Arc<dyn Paths>,
        clock: Arc<dyn Clock>,
        observer: Observer,
        patience: Duration,
        flows: Arc<FlowLog>,
    ) -> Self {
        let tasks = TaskTracker::new();
        let inner = Inner {
            paths,
            patience,
            clock,
            observer,
            idle: IdlePool::new(tasks.clone()),
            lifetimes: Lifetimes::default(),
            moved: AtomicU64::new(0),
            live: Live::default(),
            scope: Scope::root(),
            tasks,
            permits: Arc::new(Semaphore::new(MAX_STREAMS)),
            turns: Turns::default(),
            listeners: Mutex::default(),
            spreads: Mutex::default(),
            seed: Uuid::new_v4().as_u64_pair().0,
            flows,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Makes the listeners exactly these. Those that stay as they are, and their streams, are not disturbed; one that
    /// moves to another socket keeps its streams; the streams of those that go, or change address, are ended.
    pub fn apply(&self, listeners: &[Listener]) {
        let mut tasks = self.inner.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if self.inner.scope.is_ended() {
            return;
        }
        let mut old = std::mem::take(&mut *tasks);
        for listener in listeners {
            let task = match old.remove(&listener.id) {
                Some(task) if task.listener == *listener => task,
                Some(task) => task.replace(self, listener.clone()),
                None => ListenerTask::start(self, listener.clone()),
            };
            tasks.insert(listener.id, task);
        }
        for removed in old.into_values() {
            removed.remove();
        }
    }

    /// How new streams to an address are spread over those who serve it; to the closest, where nothing is said. Streams that
    /// run stay where they are, and what stays as it is goes on where it stands.
    pub fn set_policies(&self, policies: &BTreeMap<Address, AddressPolicy>) {
        let mut spreads = self.inner.spreads.lock().unwrap_or_else(PoisonError::into_inner);
        spreads.retain(|address, _| policies.contains_key(address));
        for (address, policy) in policies {
            let policy = dial::policy(policy);
            if spreads.get(address).is_none_or(|spread| *spread.policy() != policy) {
                spreads.insert(address.clone(), Spread::new(policy, self.inner.seed));
            }
        }
    }

    /// The listeners as they stand.
    pub fn status(&self) -> Vec<SocketStatus<ListenerId>> {
        let tasks = self.inner.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        let status = |(id, task): (&ListenerId, &ListenerTask)| {
            let (bound, error) = match task.state() {
                SocketState::Starting => (None, None),
                SocketState::Bound(address) => (Some(address), None),
                SocketState::Failed(error) => (None, Some(error)),
            };
            SocketStatus { id: *id, bound, error, connections: task.streams.streams() }
        };
        tasks.iter().map(status).collect()
    }

    /// Opens a stream to whoever serves `address`.
    pub async fn open(&self, address: Address) -> Result<Stream, OpenError> {
        let permit = self.inner.permits.clone().acquire_owned().await.map_err(|_| OpenError::ShuttingDown)?;
        let flow = self.flow(&address);
        let (e2e, expected) = match self.dial(&address).await {
            Ok(dialled) => dialled,
            Err(error) => {
                self.closed(flow, Some(error.to_string()));
                return Err(error);
            }
        };
        let (stream, local) = Stream::new(*e2e.peer(), e2e.peer_certificate());
        let (ingress, scope) = (self.clone(), self.inner.scope.clone());
        self.inner.tasks.spawn(async move {
            ingress.carry((e2e, expected), local, &scope, address, flow).await;
            drop(permit);
        });
        Ok(stream)
    }

    /// Ends every stream, and every connection kept for reuse, whose other end `admit` refuses. Call it after every
    /// change of trust; the error is the reason the other end is told.
    pub fn judge(&self, admit: &dyn Fn(&Identity) -> Result<(), String>) {
        self.inner.live.judge(admit);
        self.inner.idle.judge(admit);
    }

    /// How often streams went on over another connection.
    pub fn moved(&self) -> u64 {
        self.inner.moved.load(Ordering::Relaxed)
    }

    /// Looks at what time has done, which is to be told often: connections whose certificates are about to expire, or that show
    /// a certificate that was replaced here, are replaced, and none lives longer than its certificates. Streams go on.
    pub fn keep_time(&self, now: Timestamp) {
        self.inner.lifetimes.look(now, self.inner.paths.e2e());
    }

    /// Ends the connections whose other ends show certificates that do not verify any more; their streams go on, where new
    /// connections can be made.
    pub(crate) fn verify(&self, verifies: &dyn Fn(&Identity, &Der) -> bool) {
        self.inner.lifetimes.verify(verifies);
    }

    /// Ends everything, and waits (for a few seconds at most) until the other ends have been told.
    pub async fn shutdown(&self) {
        self.inner.scope.end(AbortCode::Shutdown, "the router shuts down");
        self.inner.permits.close();
        self.inner.listeners.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.inner.idle.clear();
        self.inner.tasks.close();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, self.inner.tasks.wait()).await.is_err() {
            tracing::warn!("streams were cut off: their other ends did not take note of the shutdown in time");
        }
    }

    /// Serves one connection of a local application.
    async fn serve<L: Local>(&self, mut local: L, scope: &Scope, address: Address) {
        let flow = self.flow(&address);
        let dialled = tokio::select! {
            biased;
            () = scope.ended() => None,
            result = self.dial(&address) => Some(result),
        };
        match dialled {
            Some(Ok(dialled)) => self.carry(dialled, local, scope, address, flow).await,
            Some(Err(error)) => {
                tracing::info!(%address, %error, "a connection was turned away");
                local.reset(&error.to_string());
                self.closed(flow, Some(error.to_string()));
            }
            None => local.reset(scope.why().1),
        }
    }

    async fn carry<L: Local>(
        &self,
        (e2e, expected): (E2e, Expected),
        local: L,
        scope: &Scope,
        address: Address,
        flow: OpenFlow,
    ) {
        let peer = *e2e.peer();
        flow.reached(peer);
        let entry = self.inner.live.enter(peer, scope);
        drop(expected);
        let ways = Ways::Dialled(Box::new(Redial::new(self, &e2e)));
        let pumped = pump(e2e, local, &entry.scope, &flow.carried, None, ways).await;
        drop(entry);
        let error = pumped.as_ref().err().map(ToString::to_string);
        if let Some(error) = &error {
            tracing::debug!(%address, %error, "a stream broke");
        }
        if let Ok(e2e) = pumped {
            self.inner.idle.put(e2e);
        }
        self.closed(flow, error);
    }

    fn flow(&self, address: &Address) -> OpenFlow {
        let network: Option<NetworkId> = self.inner.paths.e2e().and_then(|config| config.identity().network());
        self.inner.flows.begin(Direction::In, address, network, &*self.inner.clock)
    }

    fn closed(&self, flow: OpenFlow, error: Option<String>) {
        if let Some(flow) = flow.end(self.inner.clock.now(), error) {
            (self.inner.observer)(Observation::FlowClosed(flow));
        }
    }
}

impl fmt::Debug for Ingress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ingress").finish_non_exhaustive()
    }
}
