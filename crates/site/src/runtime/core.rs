//! The task that owns a running site.

use std::{collections::BTreeMap, future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use crashpoint::Point;
use dataplane::{DataPlane, Observation};
use jiff::Timestamp;
use model::{Clock, Name, proxy::ProxySettings, ticket::Ticket};
use pki::PrivateKey;
use site_proto::{ItemDigest, Observed, SiteMessage, site_message};
use tokio::{
    sync::{
        Notify, Semaphore,
        broadcast::{self, error::RecvError},
        mpsc, watch,
    },
    time::Instant,
};
use tokio_util::task::AbortOnDropHandle;
use trace::Tracer;

use super::{
    Options, Outcome,
    flows::{Flows, OpenTold},
    have,
    keep::Pending,
    leave::Goodbye,
    logs,
    report::Reporter,
};
use crate::{
    claim::{Claim, ClaimEvent, Claimant},
    deploy::worker::{Reports, Worker},
    live::{Live, Trouble},
    local_api::Request,
    observed,
    plan::{is_past_its_end, renews},
    platform,
    progress::{Progress, Watcher},
    session::{Session, SessionEvent},
    state::{LockedDir, Phase, StoredSite},
    view,
};

/// The longest the task sleeps: what nobody announces is noticed after this time.
const PULSE: Duration = Duration::from_secs(1);
/// The controller hears of the site at least this often.
const OBSERVE_EVERY: Duration = Duration::from_secs(30);
/// And of backbone sites, which are few, and whose links people watch.
const OBSERVE_RELAY_EVERY: Duration = Duration::from_secs(5);
/// And not more often than this.
const OBSERVE_AT_MOST_EVERY: Duration = Duration::from_millis(200);
/// How long to wait before what failed (storing, applying) is tried again.
pub(super) const RETRY: Duration = Duration::from_secs(2);

pub(super) struct Core {
    pub(super) dir: Arc<LockedDir>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) router: Arc<dyn DataPlane>,
    /// Through what is dialled, when the site's own configuration says nothing.
    pub(super) proxy: Option<ProxySettings>,
    pub(super) watcher: Watcher,
    pub(super) tracer: Tracer,
    pub(super) live: watch::Sender<Live>,
    pub(super) work: Work,
    /// Wakes whoever waits for a link.
    pub(super) wake: Arc<Notify>,
    pub(super) have: watch::Sender<Vec<ItemDigest>>,
    /// What shall be in force and is not stored yet.
    pub(super) pending: Option<Pending>,
    /// The local API's address, until it is published.
    pub(super) unpublished: Option<SocketAddr>,
    /// When to try again to store or apply.
    pub(super) retry: Option<Instant>,
    pub(super) reapply: bool,
    /// The key a certificate was asked for, and when to ask anew.
    pub(super) renewal: Option<(PrivateKey, Instant)>,
    /// A controller wishes that the next certificate be asked for before its time.
    pub(super) renew_now: bool,
    pub(super) outcome: Option<Outcome>,
    /// Brings what is deployed into force. Member sites only.
    pub(super) worker: Option<Worker>,
    /// What is wrong with listeners and connectors of deployments, as it was when that was looked at last.
    pub(super) socket_errors: BTreeMap<Name, Vec<String>>,
    /// How many readings of logs there may be beside those under way.
    pub(super) log_turns: Arc<Semaphore>,
    /// What is deployed is to be stored.
    pub(super) unkept: bool,
    /// The participant leaves, and the controller is being told.
    pub(super) leaving: Option<Goodbye>,
    software: String,
    pub(super) standing: Standing,
    told: Option<(Observed, Instant)>,
    flows: Flows,
    /// When the controller was told of flows last.
    flows_told: Option<Instant>,
    open_told: OpenTold,
    reporter: Reporter,
}

/// What the site is at, besides running its router.
pub(super) enum Work {
    Nothing,
    Claim {
        events: mpsc::Receiver<ClaimEvent>,
        _task: AbortOnDropHandle<()>,
    },
    Session {
        events: mpsc::Receiver<SessionEvent>,
        to: Option<mpsc::Sender<SiteMessage>>,
        _task: AbortOnDropHandle<()>,
    },
}

/// What the time alone makes of a site that was admitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Its network is known to be over.
    past_end: bool,
    /// Its certificate has expired, and may be renewed.
    pub(super) renews: bool,
}

pub(super) enum WorkEvent {
    Claim(ClaimEvent),
    Session(SessionEvent),
}

enum Step {
    Stop,
    Request(Request),
    Observation(Observation),
    Missed,
    Work(WorkEvent),
    Deployed,
    Pulse,
}

impl Work {
    async fn next(&mut self) -> WorkEvent {
        let event = match self {
            Self::Nothing => None,
            Self::Claim { events, .. } => events.recv().await.map(WorkEvent::Claim),
            Self::Session { events, .. } => events.recv().await.map(WorkEvent::Session),
        };
        match event {
            Some(event) => event,
            // It is done; what follows begins with another kind of work.
            None => std::future::pending().await,
        }
    }
}

impl Core {
    pub(super) fn new(
        dir: Arc<LockedDir>,
        options: &Options,
        router: Arc<dyn DataPlane>,
        live: watch::Sender<Live>,
        worker: Option<Worker>,
        local_api: SocketAddr,
    ) -> Self {
        let site = live.borrow().site.clone();
        Self {
            dir,
            clock: options.clock.clone(),
            proxy: options.proxy.clone(),
            router,
            watcher: options.watcher.clone(),
            tracer: options.tracer.clone(),
            live,
            work: Work::Nothing,
            wake: Arc::default(),
            have: watch::Sender::new(have(&site)),
            pending: None,
            unpublished: Some(local_api),
            retry: None,
            reapply: false,
            renewal: None,
            renew_now: false,
            outcome: None,
            worker,
            socket_errors: BTreeMap::new(),
            log_turns: Arc::new(Semaphore::new(logs::AT_ONCE)),
            unkept: false,
            leaving: None,
            software: options.software.clone(),
            standing: Standing::default(),
            told: None,
            flows: Flows::default(),
            flows_told: None,
            open_told: OpenTold::default(),
            reporter: Reporter::default(),
        }
    }

    pub(super) async fn run(
        mut self,
        site: StoredSite,
        mut requests: mpsc::Receiver<Request>,
        shutdown: impl Future<Output = ()>,
    ) -> (Outcome, Option<Worker>) {
        let mut shutdown = pin!(shutdown);
        let (sender, mut observations) = mpsc::channel(64);
        let _observing =
            AbortOnDropHandle::new(tokio::spawn(observe(self.router.observe(), self.flows.clone(), sender)));
        // Only the number of this start is new in it: it may wait for room on the disk, and until the site is admitted nobody
        // remembers it.
        if matches!(site.phase, Phase::Joined(_)) {
            self.adopt(Pending::of(site)).await;
        }
        self.announce();
        self.standing = self.standing();
        self.settle().await;
        self.apply().await;
        self.begin_work();
        self.publish().await;
        loop {
            if let Some(outcome) = self.outcome.take() {
                self.report();
                return (outcome, self.worker);
            }
            let mut reports = self.worker.as_ref().map(|worker| worker.reports.clone());
            let until_next = self.until_next();
            let step = tokio::select! {
                () = &mut shutdown => Step::Stop,
                Some(request) = requests.recv() => Step::Request(request),
                Some(seen) = observations.recv() => seen.map_or(Step::Missed, Step::Observation),
                event = self.work.next() => Step::Work(event),
                () = reported(reports.as_mut()) => Step::Deployed,
                () = tokio::time::sleep(until_next) => Step::Pulse,
            };
            match step {
                // Who leaves does not stay because the machine goes down.
                Step::Stop if self.leaving.is_some() => self.go(),
                Step::Stop => return (Outcome::Stopped, self.worker),
                Step::Request(request) => self.request(request).await,
                Step::Observation(observation) => self.observation(observation).await,
                Step::Missed => self.missed(),
                Step::Work(WorkEvent::Claim(event)) => self.claim_event(event).await,
                Step::Work(WorkEvent::Session(event)) => self.session_event(event).await,
                Step::Deployed => self.deployed().await,
                Step::Pulse => self.pulse().await,
            }
            self.report();
            self.tell_observed();
            self.tell_flows();
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Until the next moment at which something is due, at most one pulse.
    fn until_next(&self) -> Duration {
        let now = self.now();
        let site = self.live.borrow().site.clone();
        let edge = match &site.phase {
            Phase::Joined(joined) => joined.items.network_trust().and_then(|scope| scope.closes),
            _ => None,
        };
        let edge = edge.filter(|edge| *edge > now).and_then(|edge| Duration::try_from(edge.duration_since(now)).ok());
        let goodbye = self.leaving.as_ref().map(|goodbye| goodbye.until.saturating_duration_since(Instant::now()));
        [edge, goodbye].into_iter().flatten().fold(PULSE, Duration::min)
    }

    async fn pulse(&mut self) {
        if self.retry.is_some_and(|at| Instant::now() >= at) {
            self.retry = None;
            if let Some(pending) = self.pending.take() {
                self.adopt(pending).await;
            }
            self.keep_deployments().await;
            self.publish().await;
            if self.reapply {
                self.apply().await;
            }
        }
        self.goodbye_is_due();
        if self.sockets_changed() {
            self.settle().await;
        }
        if let Some(worker) = &self.worker {
            self.trouble(Trouble::Workloads, worker.trouble.borrow().clone());
        }
        self.follow_time().await;
        self.check_ticket().await;
        self.renew_if_due().await;
        self.renew_expired().await;
    }

    /// Does what the time alone asks for, whichever way the clock has gone.
    async fn follow_time(&mut self) {
        let standing = self.standing();
        let before = std::mem::replace(&mut self.standing, standing);
        if self.standing != before {
            self.settle().await;
            self.apply().await;
        }
        if self.standing.renews != before.renews {
            self.session_down("the site's certificate has expired, or is valid again".to_owned());
            self.begin_work();
        }
    }

    fn standing(&self) -> Standing {
        let (site, now) = (self.live.borrow().site.clone(), self.now());
        let past_end = matches!(&site.phase, Phase::Joined(joined) if is_past_its_end(joined, now));
        Standing { past_end, renews: renews(&site, now) }
    }

    /// Says what the site is about to do.
    fn announce(&self) {
        let (site, local) = {
            let live = self.live.borrow();
            (live.site.clone(), Arc::clone(&live.local))
        };
        let Phase::Joining(joining) = &site.phase else { return };
        match &joining.ticket {
            Ticket::Invitation(ticket) => {
                self.watcher.tell(&Progress::Attaching(local.in_order(ticket.access.clone())));
            }
            Ticket::Bootstrap(ticket) => {
                if !ticket.listen.is_empty() {
                    self.watcher.tell(&Progress::Listening(ticket.listen.iter().map(|it| it.bind).collect()));
                    let site = format!("{}/{}", ticket.backbone_name, ticket.site_name);
                    self.watcher.tell(&Progress::Known { hosts: platform::hosts(), site });
                }
                if !ticket.dial.is_empty() {
                    self.watcher.tell(&Progress::Attaching(ticket.dial.clone()));
                }
            }
        }
    }

    /// Begins what the site's phase calls for, in place of what it was at.
    pub(super) fn begin_work(&mut self) {
        let site = self.live.borrow().site.clone();
        self.renewal = None;
        self.work = match &site.phase {
            Phase::Joining(joining) => self.claim(&site, Claimant::joining(&site.origin, joining)),
            // Without a key there is nothing to ask for yet.
            Phase::Joined(joined) if self.standing.renews => match Claimant::renewing(joined) {
                Some(claimant) => self.claim(&site, claimant),
                None => Work::Nothing,
            },
            Phase::Joined(_) => {
                let session = Session {
                    router: self.router.clone(),
                    have: self.have.subscribe(),
                    software: self.software.clone(),
                    runs: self.live.borrow().runs,
                };
                let (sender, events) = mpsc::channel(16);
                let task = tokio::spawn(session.keep(sender, self.wake.clone()));
                Work::Session { events, to: None, _task: AbortOnDropHandle::new(task) }
            }
            Phase::Over(_) => Work::Nothing,
        };
    }

    fn claim(&self, site: &StoredSite, claimant: Claimant) -> Work {
        let claim = Claim {
            router: self.router.clone(),
            clock: self.clock.clone(),
            origin: site.origin.clone(),
            claimant,
            software: self.software.clone(),
            runs: self.live.borrow().runs,
        };
        let (sender, events) = mpsc::channel(4);
        let task = tokio::spawn(claim.seek(sender, self.wake.clone()));
        Work::Claim { events, _task: AbortOnDropHandle::new(task) }
    }

    /// Sends to the controller, if there is a session. One that does not read what it is sent is given up.
    pub(super) fn send(&mut self, body: site_message::Body) -> bool {
        let Work::Session { to: Some(to), .. } = &self.work else { return false };
        if to.try_send(SiteMessage { body: Some(body) }).is_ok() {
            return true;
        }
        self.session_down("the controller does not read what it is sent".to_owned());
        self.begin_work();
        false
    }

    fn tell_observed(&mut self) {
        if !self.live.borrow().session.up {
            self.told = None;
            return;
        }
        let now = observed::observed(&self.live.borrow(), &self.router.status(), self.now());
        let relay = self.live.borrow().site.origin.is_backbone();
        let every = if relay { OBSERVE_RELAY_EVERY } else { OBSERVE_EVERY };
        let due = match &self.told {
            None => true,
            Some((before, at)) if at.elapsed() < every => {
                at.elapsed() >= OBSERVE_AT_MOST_EVERY && observed::differ(before, &now)
            }
            Some(_) => true,
        };
        if due && self.send(site_message::Body::Observed(now.clone())) {
            if now.deployments.iter().any(|it| it.state == "healthy") {
                crashpoint::reached(Point::DeploymentReported);
            }
            self.told = Some((now, Instant::now()));
        }
    }

    /// Tells of the connections that have ended since, and of those that are open.
    fn tell_flows(&mut self) {
        let (up, relay) = {
            let live = self.live.borrow();
            (live.session.up, live.site.origin.is_backbone())
        };
        if !up || relay {
            // Whoever is told next knows nothing of what is open.
            self.open_told = OpenTold::default();
            return;
        }
        if self.flows_told.is_none_or(|at| at.elapsed() >= PULSE)
            && let Some(flows) = self.flows.take()
        {
            self.flows_told = Some(Instant::now());
            self.send(site_message::Body::Flows(flows));
        }
        if let Some(open) = self.open_told.next(Instant::now(), || self.router.flows(None, u64::MAX, 0).open) {
            self.send(site_message::Body::OpenFlows(open));
        }
    }

    /// The worker has said what became of something.
    async fn deployed(&mut self) {
        if let Some(worker) = &mut self.worker {
            worker.reports.mark_unchanged();
        }
        self.settle().await;
    }

    fn report(&mut self) {
        let (live, router) = (self.live.borrow().clone(), self.router.status());
        self.reporter.report(&self.watcher, &live, &router, self.now());
        let stood = live.stood.at(self.now(), view::sockets(&live, &router).into_iter());
        if stood != *live.stood {
            self.live.send_modify(|live| live.stood = Arc::new(stood));
        }
    }
}

/// Resolves when the worker says something new; never without one.
async fn reported(reports: Option<&mut watch::Receiver<Reports>>) {
    if let Some(reports) = reports
        && reports.changed().await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// Passes on what the router says; none for something that was missed. Flows come by the thousand and change nothing
/// here: they are taken out at once, so that they push nothing else out.
async fn observe(
    mut observations: broadcast::Receiver<Observation>,
    flows: Flows,
    sender: mpsc::Sender<Option<Observation>>,
) {
    loop {
        let seen = match observations.recv().await {
            Ok(Observation::FlowClosed(flow)) => {
                flows.add(&flow);
                continue;
            }
            Ok(observation) => Some(observation),
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => return,
        };
        if sender.send(seen).await.is_err() {
            return;
        }
    }
}
