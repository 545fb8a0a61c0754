//! A running site: one task owns what is stored and in force, and everything else reports to it.

mod core;
mod deploy;
mod events;
mod flows;
mod keep;
mod leave;
mod logs;
mod renewal;
mod report;

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use api::local::Told;
use crashpoint::Point;
use dataplane::{DataPlane, NativeRouter, NodeOptions};
use model::{Clock, proxy::ProxySettings};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use trace::Tracer;

use crate::{
    channel::words,
    deploy::{
        open::Opener,
        sockets::Sockets,
        worker::{Finish, Worker},
    },
    live::{Live, SessionLive},
    local_api::{self, LocalApi},
    metrics::Metrics,
    plan::{PlanError, plan},
    progress::{Progress, Watcher},
    state::{Deployments, End, LockedDir, Over, Phase, StateError, StoredSite},
};

/// How long the router and the local API may take to finish what they are at.
const SHUTDOWN: Duration = Duration::from_secs(10);
/// How long a backbone site that is asked to stop lets the streams of others that run over it end by themselves, while new ones
/// go around it.
const DRAIN: Duration = Duration::from_secs(10);

/// What a running site needs from outside.
pub struct Options {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The program and its version, for controllers and peers.
    pub software: String,
    /// Where the local API listens; loopback, and port 0 for a free one.
    pub local_listen: SocketAddr,
    /// Through what access points and other sites are dialled, when the site's own configuration says nothing.
    pub proxy: Option<ProxySettings>,
    /// Who hears what happens.
    pub watcher: Watcher,
    /// Makes the site's spans.
    pub tracer: Tracer,
    /// Starts the router.
    pub router: fn(NodeOptions) -> Arc<dyn DataPlane>,
}

impl Options {
    /// A site of this program with the native router and the system's clock.
    pub fn new(software: impl Into<String>) -> Self {
        Self {
            clock: Arc::new(pki::SystemClock),
            software: software.into(),
            local_listen: ([127, 0, 0, 1], 0).into(),
            proxy: None,
            watcher: Watcher::none(),
            tracer: Tracer::default(),
            router: |options| Arc::new(NativeRouter::start(options)),
        }
    }
}

/// How a site ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was asked to stop; it resumes when it is started again.
    Stopped,
    /// It was refused, ended or evicted.
    Over(Over),
    /// It left, and nothing of it is stored any more.
    Left {
        /// Whether its network knows.
        told: Told,
    },
}

/// Why a site does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No ticket was ever applied here.
    #[error(
        "there is no site in {0}; join a network with `skx join FILE`, or name the site's directory with --data-dir"
    )]
    Nothing(String),
    /// What is stored cannot be read, or the first thing to store cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// What is stored makes no site.
    #[error("the stored state cannot be run")]
    Plan(#[from] PlanError),
    /// The local API cannot listen.
    #[error("the local API cannot listen at {address}; choose another address with --local-listen")]
    LocalApi {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Runs the site in `dir` until `shutdown`, until it is over, or until its participant leaves.
///
/// It needs no controller: it runs from what it stored last, redeems or enrols if it has not yet, and keeps a session
/// whenever a controller can be reached.
pub async fn run(dir: LockedDir, options: Options, shutdown: impl Future<Output = ()>) -> Result<Outcome, RunError> {
    let nothing = || RunError::Nothing(dir.dir().path().display().to_string());
    let mut site = dir.dir().site()?.ok_or_else(nothing)?;
    if let Phase::Over(over) = site.phase {
        // It may have died before everything was removed.
        if over.end != End::Refused {
            remove_deployed(&dir, options.clock).await?;
        }
        return Ok(Outcome::Over(over));
    }
    let local = dir.dir().local()?;
    let now = options.clock.now();
    plan(&site, &local, &Sockets::default(), now)?;
    site.epoch = site.next_epoch(now);

    let relays = site.origin.is_backbone();
    let token = dir.ensure_token()?;
    let source = |source| RunError::LocalApi { address: options.local_listen, source };
    let listener = TcpListener::bind(options.local_listen).await.map_err(source)?;
    let address = listener.local_addr().map_err(source)?;

    let router = (options.router)(NodeOptions {
        epoch: site.epoch,
        clock: options.clock.clone(),
        software: options.software.clone(),
    });
    let (kept, worker) = if relays {
        (Deployments::default(), None)
    } else {
        let mut kept = dir.ensure_deployments()?;
        let opener = Opener::of(dir.dir(), &kept, &local, options.clock.clone()).await;
        if opener.platform.is_some_and(|platform| kept.ran.insert(platform)) {
            dir.save_deployments(&kept)?;
        }
        (kept, Some(opener))
    };
    let runs = worker.as_ref().and_then(|opener| opener.platform);
    let worker = worker.map(|opener| Worker::start(opener, local.volumes()));
    let live = watch::Sender::new(Live {
        attached: matches!(site.phase, Phase::Joined(_)),
        site: Arc::new(site.clone()),
        local: Arc::new(local),
        kept: Arc::new(kept),
        deployed: Arc::default(),
        runs,
        attempt: None,
        refused: None,
        logs_read: None,
        session: SessionLive { up: false, since: now, error: None },
        stood: Default::default(),
        trouble: Default::default(),
    });
    let metrics = Metrics::new();
    // It ends with the router.
    tokio::spawn(metrics.clone().follow(router.observe()));
    let (requests, received) = mpsc::channel(16);
    let api = LocalApi::new(&token, live.subscribe(), router.clone(), options.clock.clone(), requests, metrics)
        .with_workloads(worker.as_ref().map(|worker| worker.opened.clone()));
    let api_stop = CancellationToken::new();
    let serving = tokio::spawn(local_api::serve(listener, api, api_stop.clone()));
    options.watcher.tell(&Progress::LocalApi(address));

    let dir = Arc::new(dir);
    let core = core::Core::new(dir.clone(), &options, router.clone(), live, worker, address);
    let (outcome, worker) = core.run(site, received, shutdown).await;

    options.watcher.tell(&Progress::Stopping);
    if relays && matches!(outcome, Outcome::Stopped) {
        let left = router.drain(DRAIN).await;
        tracing::info!(streams = left.streams, "the router has drained");
    }
    api_stop.cancel();
    let over = |end: End| if end == End::Refused { Finish::Stop } else { Finish::Remove };
    let ending = match &outcome {
        Outcome::Stopped => Finish::Stop,
        Outcome::Over(it) => over(it.end),
        Outcome::Left { .. } => Finish::Remove,
    };
    let gone = match worker {
        Some(worker) => worker.end(ending).await,
        None => true,
    };
    // What does not end in time is cut: the process is about to end, too.
    let _ = timeout(SHUTDOWN, router.shutdown()).await;
    let _ = timeout(SHUTDOWN, serving).await;
    options.tracer.finish().await;
    if ending == Finish::Remove {
        crashpoint::reached(Point::DeploymentsRemoved);
        forget(&dir, gone)?;
    }
    finish(&dir, &outcome)?;
    Ok(outcome)
}

/// Removes what is deployed at a site that does not run, and whatever it stored.
pub async fn leave_stopped(dir: LockedDir) -> Result<(), StateError> {
    // Giving up is the way out of damage.
    let removed = remove_deployed(&dir, Arc::new(pki::SystemClock)).await;
    if let Err(error) = removed {
        tracing::error!(error = words(&error), "what is deployed here is not known, and was not removed");
    }
    dir.wipe()
}

/// Removes what is deployed at a site that does not run.
async fn remove_deployed(dir: &LockedDir, clock: Arc<dyn Clock>) -> Result<(), StateError> {
    let Some(kept) = dir.dir().kept_deployments()? else { return Ok(()) };
    let local = dir.dir().local()?;
    let opener = Opener::of(dir.dir(), &kept, &local, clock).await;
    let gone = opener.remove_everything(None, local.volumes()).await;
    forget(dir, gone)
}

/// Forgets what is deployed here, if it is gone. Else it is still known what is the site's, and the next start tries again.
fn forget(dir: &LockedDir, gone: bool) -> Result<(), StateError> {
    if gone {
        return dir.forget_deployments();
    }
    let owner = dir.dir().kept_deployments()?.map(|kept| kept.owner.to_string()).unwrap_or_default();
    tracing::error!(
        owner,
        "not all that was deployed here could be removed: start the site again to have it tried again"
    );
    Ok(())
}

fn finish(dir: &LockedDir, outcome: &Outcome) -> Result<(), StateError> {
    match outcome {
        Outcome::Left { .. } => dir.wipe(),
        Outcome::Stopped | Outcome::Over(_) => dir.retract_local_api(),
    }
}

/// The digests of what a site has, to begin a session with.
fn have(site: &StoredSite) -> Vec<site_proto::ItemDigest> {
    match &site.phase {
        Phase::Joined(joined) => joined.items.digests(),
        _ => vec![],
    }
}
