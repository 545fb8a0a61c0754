//! The native router as whoever runs it sees it.

use std::{
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use model::{AccessPointId, Address, Clock, NetworkId};
use pki::SignedTrust;
use tokio::sync::{Mutex, broadcast};
use tokio_util::task::TaskTracker;

use crate::{
    config::{InvalidConfig, RouterConfig},
    credentials::CredentialError,
    e2e::E2eConfigError,
    egress::{Egress, Incoming, ServeError},
    flows::FlowLog,
    ingress::OpenError,
    observe::{AddressUse, Drained, Farewell, Flows, Observation, Reason, Status, Traffic},
    router::{Router, observer},
    stream::Stream,
    trust::NotAdopted,
};

/// How many observations may wait for a slow observer before it misses the oldest.
const EVENTS: usize = 4096;

/// What a node is started with, once.
#[derive(Clone, Debug)]
pub struct NodeOptions {
    /// Greater than in every earlier run of this router; persisted by the caller.
    pub epoch: u64,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Name and version of the software, told to peers for their logs.
    pub software: String,
}

/// A native router. It does nothing until it is configured.
pub struct Node {
    options: NodeOptions,
    events: broadcast::Sender<Observation>,
    flows: Arc<FlowLog>,
    egress: Egress,
    router: RwLock<Option<Arc<Router>>>,
    /// Held while a configuration is applied.
    applying: Mutex<()>,
    stopped: AtomicBool,
    /// Routers under earlier identities, as long as they take their leave.
    leaving: TaskTracker,
}

/// Why a configuration is not, or not wholly, in force.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It makes no sense. Nothing was changed.
    #[error(transparent)]
    Invalid(#[from] InvalidConfig),
    /// The certificate cannot be used. Nothing was changed.
    #[error(transparent)]
    Credentials(#[from] CredentialError),
    /// The certificate cannot be used for streams. Nothing was changed.
    #[error(transparent)]
    EndToEnd(#[from] E2eConfigError),
    /// Everything but this is in force.
    #[error("the configuration is in force, except: {}", list(.0))]
    Partly(Vec<Problem>),
    /// The node was shut down.
    #[error("the router was shut down")]
    ShutDown,
}

/// One part of a configuration that is not in force.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// An access point cannot be bound. It is tried again.
    #[error("access point {id} cannot listen at {bind}: {error}")]
    AccessPoint {
        /// The access point.
        id: AccessPointId,
        /// Where it should listen.
        bind: SocketAddr,
        /// Why it does not.
        #[source]
        error: io::Error,
    },
    /// The trust document is not acceptable; what was trusted before stays.
    #[error(transparent)]
    Trust(NotAdopted),
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Node {
    /// A node that is not configured yet.
    pub fn new(options: NodeOptions) -> Self {
        let events = broadcast::Sender::new(EVENTS);
        let flows = Arc::<FlowLog>::default();
        let egress = Egress::recorded(options.clock.clone(), observer(&events), flows.clone());
        Self {
            options,
            events,
            flows,
            egress,
            router: RwLock::default(),
            applying: Mutex::default(),
            stopped: AtomicBool::new(false),
            leaving: TaskTracker::new(),
        }
    }

    /// Makes the router what `config` says. Applying the same again changes nothing, and what does not change is not
    /// disturbed; another identity, backbone or installation makes it another router. What the one before still has to say
    /// to its peers keeps the new one waiting for nothing.
    pub async fn apply(&self, config: RouterConfig) -> Result<(), ApplyError> {
        let _applying = self.applying.lock().await;
        if self.stopped.load(Ordering::Acquire) {
            return Err(ApplyError::ShutDown);
        }
        let identity = config.validate()?;
        let router = match self.router() {
            Some(router) if router.is_for(&identity, &config) => router,
            old => {
                // Made first: when that fails, nothing has changed.
                let new = Router::start(&self.options, &self.events, (&self.egress, &self.flows), identity, &config)?;
                *self.router.write().unwrap_or_else(PoisonError::into_inner) = Some(new.clone());
                if let Some(old) = old {
                    old.unbind().await;
                    let farewell = Farewell::new(Reason::Shutdown, "the site has another certificate now");
                    self.leaving.spawn(async move { old.stop(&farewell).await });
                }
                new
            }
        };
        router.apply(&config).await
    }

    /// Takes a trust document ahead of everything else: when it is newer, it is in force and on its way to all peers when
    /// this returns. Nothing happens before the node is configured.
    pub fn offer_trust(&self, signed: SignedTrust) -> Result<(), NotAdopted> {
        self.router().map_or(Ok(()), |router| router.offer_trust(signed))
    }

    /// Everything that happens from now on. An observer that is too slow misses the oldest.
    pub fn observe(&self) -> broadcast::Receiver<Observation> {
        self.events.subscribe()
    }

    /// How things stand.
    pub fn status(&self) -> Status {
        self.router().map(|router| router.status()).unwrap_or_default()
    }

    /// Who serves and who uses the addresses of `network`, or of all networks and the platform, as far as this router
    /// knows.
    pub async fn addresses(&self, network: Option<NetworkId>) -> Vec<AddressUse> {
        match self.router() {
            Some(router) => router.addresses(network).await,
            None => Vec::new(),
        }
    }

    /// The flows of `network`, or all of them: those that are open, and at most `limit` of those that were closed after
    /// `position`.
    pub fn flows(&self, network: Option<NetworkId>, position: u64, limit: usize) -> Flows {
        self.flows.read(network, position, limit)
    }

    /// What applications have sent each other through this site since the start.
    pub fn traffic(&self) -> Traffic {
        self.flows.traffic()
    }

    /// Lets others go around this router, and waits until no stream of an application runs over it, or until `within` is
    /// over. It goes on draining until it is shut down.
    pub async fn drain(&self, within: Duration) -> Drained {
        match self.router() {
            Some(router) => router.drain(within).await,
            None => Drained { streams: 0 },
        }
    }

    /// Opens a stream to whoever serves `address`, with the verified identity of the other end.
    pub async fn open(&self, address: Address) -> Result<Stream, OpenError> {
        let router = self.router().ok_or_else(|| {
            if self.stopped.load(Ordering::Acquire) { OpenError::ShuttingDown } else { OpenError::NoIdentity }
        })?;
        let ingress = router.ingress.clone();
        drop(router);
        ingress.open(address).await
    }

    /// Serves `address` within the process, under this and every later configuration whose identity may serve it.
    pub fn serve(&self, address: Address) -> Result<Incoming, ServeError> {
        let incoming = self.egress.serve(address)?;
        if let Some(router) = self.router() {
            router.served();
        }
        Ok(incoming)
    }

    /// Ends everything in order: others go around this router, streams are ended, peers are told. It cannot be
    /// configured again.
    pub async fn shutdown(&self) {
        self.stopped.store(true, Ordering::Release);
        let _applying = self.applying.lock().await;
        let router = self.router.write().unwrap_or_else(PoisonError::into_inner).take();
        let links = async {
            if let Some(router) = router {
                router.stop(&Farewell::new(Reason::Shutdown, "the router is shutting down")).await;
            }
        };
        self.egress.shutdown().await;
        self.leaving.close();
        tokio::join!(links, self.leaving.wait());
    }

    fn router(&self) -> Option<Arc<Router>> {
        self.router.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.egress.apply(&[]);
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("options", &self.options).finish_non_exhaustive()
    }
}
