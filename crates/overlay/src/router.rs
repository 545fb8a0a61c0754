//! One life of a router under one identity: everything that runs, and how a changed configuration is taken over.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use model::{
    AccessPointId, BackboneId, Clock, Der, Identity, InstallationId, LinkId, NetworkId,
    router::{AccessPoint, Link},
};
use overlay_proto::{Peer, PeerKind, Realm, router as routing};
use pki::{Anchors, PeerPolicy, SignedTrust, Usage, VerifyError};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    acceptor::{Door, admit_kind},
    actor::{Actor, Input},
    config::RouterConfig,
    credentials::Credentials,
    dialer::{Dialer, link_status},
    e2e::E2eConfig,
    egress::Egress,
    flows::FlowLog,
    forward::Deliver,
    guests::{GuestLimits, Guests},
    ingress::{Ingress, Observer},
    link_paths::LinkPaths,
    links::Links,
    node::{ApplyError, NodeOptions, Problem},
    observe::{AddressUse, Drained, Farewell, Observation, Reason, Serving, SocketStatus, Status},
    paths::Paths as _,
    policy::EndToEndPolicy,
    services::ServiceList,
    shared::{Candidates, Counters, Shared, keep_time},
    time::Epoch,
    trust::{NotAdopted, Refusal, Stage, Trust, TrustView},
};

/// How many things may wait for the actor before whoever brings more has to wait.
const INPUTS: usize = 1024;
/// How often it is looked what time has done to certificates.
const LIFETIMES_LOOK: Duration = Duration::from_millis(250);
/// How often it is looked whether addresses are still served by this process.
const SERVED_LOOK: Duration = Duration::from_secs(1);
/// How long streams in transit may take to end by themselves when the router stops.
const DRAIN: Duration = Duration::from_secs(1);
const DRAIN_LOOK: Duration = Duration::from_millis(20);
/// How long streams over links that were accepted at an access point may take to end when it goes.
const ACCESS_POINT_DRAIN: Duration = Duration::from_secs(30);
/// How long the last words to all peers may take.
const PARTING: Duration = Duration::from_secs(1);

/// A router under one identity.
pub(crate) struct Router {
    installation: InstallationId,
    backbone: BackboneId,
    shared: Arc<Shared>,
    e2e: Arc<Mutex<Arc<E2eConfig>>>,
    pub(crate) ingress: Ingress,
    egress: Egress,
    flows: Arc<FlowLog>,
    doors: Mutex<BTreeMap<AccessPointId, Arc<Door>>>,
    dialers: Mutex<BTreeMap<LinkId, Dialer>>,
    draining: Mutex<Draining>,
}

/// Whether this router is about to go.
#[derive(Debug, Default)]
struct Draining {
    configured: bool,
    asked: bool,
}

impl Router {
    /// Starts a router that is `identity`, without links; [`Router::apply`] gives it what `config` says.
    pub(crate) fn start(
        options: &NodeOptions,
        events: &broadcast::Sender<Observation>,
        (egress, flows): (&Egress, &Arc<FlowLog>),
        identity: Identity,
        config: &RouterConfig,
    ) -> Result<Arc<Self>, ApplyError> {
        let me = Peer::of(&identity).ok_or(crate::config::InvalidConfig::Role(identity.role()))?;
        let RouterConfig { installation, backbone, .. } = *config;
        let view = TrustView::new(
            (installation, backbone),
            identity,
            &config.backbone_authorities,
            config.network.clone(),
            None,
        );
        let trust = Trust::new(view);
        let credentials = Credentials::new(identity, config.leaf.clone(), &trust, &options.clock)?;
        let e2e = Arc::new(Mutex::new(end_to_end(&credentials, &trust, &options.clock)?));
        let (actor, inputs) = mpsc::channel(INPUTS);
        let shared = Arc::new(Shared {
            identity,
            kind: me.kind,
            software: options.software.clone(),
            clock: options.clock.clone(),
            epoch: Epoch::start(),
            trust,
            credentials: watch::Sender::new(Arc::new(credentials)),
            links: Links::default(),
            guests: Guests::new(GuestLimits::default()),
            counters: Counters::default(),
            services: ServiceList::new(me.kind),
            candidates: Candidates::default(),
            proxy: watch::Sender::new(config.proxy.clone().map(Arc::new)),
            draining: watch::Sender::new(false),
            transit: Arc::default(),
            actor,
            events: events.clone(),
            token: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let paths = Arc::new(LinkPaths { shared: shared.clone(), e2e: e2e.clone() });
        let ingress = Ingress::recorded(paths.clone(), options.clock.clone(), observer(events), flows.clone());
        let deliver: Deliver = {
            let egress = egress.clone();
            Arc::new(move |path, origin| match paths.e2e() {
                Some(config) => egress.accept(path, config, origin),
                None => path.conn.reset(),
            })
        };
        let token = shared.token.clone();
        let actor = Actor::new(shared.clone(), me, options.epoch, deliver);
        tokio::spawn(token.clone().run_until_cancelled_owned(actor.run(inputs)));
        tokio::spawn(token.clone().run_until_cancelled_owned(keep_time(shared.clone())));
        let time = keep_streams_in_time(shared.clone(), ingress.clone(), egress.clone());
        tokio::spawn(token.clone().run_until_cancelled_owned(time));
        let judge = judge_streams(shared.clone(), ingress.clone(), egress.clone());
        tokio::spawn(token.clone().run_until_cancelled_owned(judge));
        tokio::spawn(token.run_until_cancelled_owned(follow_served(shared.clone(), egress.clone())));
        Ok(Arc::new(Self {
            installation,
            backbone,
            shared,
            e2e,
            ingress,
            egress: egress.clone(),
            flows: flows.clone(),
            doors: Mutex::default(),
            dialers: Mutex::default(),
            draining: Mutex::default(),
        }))
    }

    /// Whether a configuration is for this router, or for another one.
    pub(crate) fn is_for(&self, identity: &Identity, config: &RouterConfig) -> bool {
        self.shared.identity == *identity
            && self.installation == config.installation
            && self.backbone == config.backbone
    }

    /// Makes the router what `config` says. Only what differs is touched.
    pub(crate) async fn apply(&self, config: &RouterConfig) -> Result<(), ApplyError> {
        let mut problems = Vec::new();
        self.apply_leaf(config).await?;
        if self.shared.trust.configure(&config.backbone_authorities, config.network.as_ref()) {
            self.shared.judge_all();
        }
        if let Some(signed) = &config.trust {
            match self.shared.offer_trust(signed.clone(), None) {
                Ok(_) | Err(NotAdopted::NotNewer { .. }) => {}
                Err(error @ (NotAdopted::Invalid(_) | NotAdopted::SignerDenied(_))) => {
                    problems.push(Problem::Trust(error))
                }
            }
        }
        // Fails only when the router stops.
        let _ = self.shared.actor.send(Input::Assign(config.assignments.clone())).await;
        self.tell_draining(|draining| draining.configured = config.draining).await;
        self.apply_access_points(&config.access_points, &mut problems).await;
        self.shared.proxy.send_if_modified(|proxy| {
            let changed = proxy.as_deref() != config.proxy.as_ref();
            if changed {
                *proxy = config.proxy.clone().map(Arc::new);
            }
            changed
        });
        self.apply_links(&config.links);
        self.ingress.set_policies(&config.policies);
        self.egress.apply(&config.connectors);
        self.shared.services.configure(&config.listeners, &config.connectors);
        self.ingress.apply(&config.listeners);
        if problems.is_empty() { Ok(()) } else { Err(ApplyError::Partly(problems)) }
    }

    async fn apply_leaf(&self, config: &RouterConfig) -> Result<(), ApplyError> {
        if self.shared.credentials.borrow().leaf == config.leaf {
            return Ok(());
        }
        let Shared { identity, trust, clock, .. } = &*self.shared;
        let credentials = Credentials::new(*identity, config.leaf.clone(), trust, clock)?;
        *lock(&self.e2e) = end_to_end(&credentials, trust, clock)?;
        self.shared.credentials.send_replace(Arc::new(credentials));
        // Fails only when the router stops.
        let _ = self.shared.actor.send(Input::Resign).await;
        Ok(())
    }

    async fn apply_access_points(&self, points: &[AccessPoint], problems: &mut Vec<Problem>) {
        let stays = |door: &Door| points.iter().any(|point| point.id == door.id && point.bind == door.bind);
        let closing: Vec<_> = lock(&self.doors).extract_if(.., |_, door| !stays(door)).collect();
        // Sockets are given up before others are bound: two access points may swap them.
        for (id, door) in closing {
            door.close().await;
            let moved = points.iter().any(|point| point.id == id);
            let why = if moved { "the access point has moved" } else { "the access point was removed" };
            for link in self.shared.links.all().into_iter().filter(|link| link.facts.access_point == Some(id)) {
                self.shared.retire(link, Some(ACCESS_POINT_DRAIN), Farewell::new(Reason::Draining, why));
            }
        }
        let mut doors = lock(&self.doors);
        for point in points {
            if let Some(door) = doors.get(&point.id) {
                if *door.kinds.borrow() != point.kinds {
                    door.kinds.send_replace(point.kinds.clone());
                    self.close_accepted(point.id, |peer| admit_kind(&point.kinds, peer).err());
                }
            } else {
                let (door, error) = Door::open(&self.shared, point);
                if let Some(error) = error {
                    problems.push(Problem::AccessPoint { id: point.id, bind: point.bind, error });
                }
                doors.insert(point.id, door);
            }
        }
    }

    /// Closes the links that were accepted at an access point and for which `farewell` says so.
    fn close_accepted(&self, id: AccessPointId, farewell: impl Fn(&Identity) -> Option<Farewell>) {
        for link in self.shared.links.all() {
            if link.facts.access_point == Some(id)
                && let Some(farewell) = farewell(&link.facts.peer)
            {
                link.close(farewell);
            }
        }
    }

    fn apply_links(&self, links: &[Link]) {
        let mut dialers = lock(&self.dialers);
        dialers.retain(|id, dialer| {
            let stays = links.iter().any(|link| link.id == *id);
            if !stays {
                dialer.stop();
            }
            stays
        });
        for link in links {
            match dialers.get(&link.id) {
                Some(dialer) => dialer.configure(link),
                None => {
                    dialers.insert(link.id, Dialer::start(&self.shared, link.clone()));
                }
            }
        }
    }

    /// Takes a trust document, if it is newer: ahead of everything else a configuration may hold.
    pub(crate) fn offer_trust(&self, signed: SignedTrust) -> Result<(), NotAdopted> {
        match self.shared.offer_trust(signed, None) {
            Ok(_) | Err(NotAdopted::NotNewer { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What this process serves has changed.
    pub(crate) fn served(&self) {
        self.shared.services.serve(self.egress.served().into_iter().collect());
    }

    pub(crate) fn status(&self) -> Status {
        let mut links: Vec<_> = lock(&self.dialers).values().map(Dialer::status).collect();
        let all = self.shared.links.all();
        links.extend(all.iter().filter(|link| link.facts.config.is_none()).map(|link| link_status(link)));
        let trust = self.shared.trust.view();
        let doors = lock(&self.doors);
        let access_points = doors.values().map(|door| {
            let (bound, error) = match door.socket() {
                Ok(address) => (Some(address), None),
                Err(error) => (None, Some(error)),
            };
            let connections = all.iter().filter(|link| link.facts.access_point == Some(door.id)).count();
            SocketStatus { id: door.id, bound, error, connections }
        });
        let counters = crate::observe::Counters {
            crowded_streams: self.egress.crowded(),
            silent_streams: self.egress.silent(),
            moved_streams: self.ingress.moved(),
            ..self.shared.counters.read()
        };
        Status {
            links,
            access_points: access_points.collect(),
            listeners: self.ingress.status(),
            connectors: self.egress.status(),
            addresses: self.shared.candidates.reachable(),
            trust_version: trust.held().map(|held| held.document.version),
            trust_digest: trust.held().map(|held| held.digest),
            draining: *self.shared.draining.borrow(),
            streams: self.streams(),
            counters,
        }
    }

    /// Gives up every socket it listens at: another router can bind them when this returns.
    pub(crate) async fn unbind(&self) {
        let doors = std::mem::take(&mut *lock(&self.doors));
        for door in doors.values() {
            door.close().await;
        }
        self.ingress.apply(&[]);
    }

    /// Stops: others are told to go around this router, streams that begin here are ended in order, and every peer
    /// hears `farewell`.
    pub(crate) async fn stop(&self, farewell: &Farewell) {
        self.unbind().await;
        self.tell_draining(|draining| draining.asked = true).await;
        tokio::join!(self.ingress.shutdown(), self.transit_ended());
        for link in self.shared.links.all() {
            link.close(farewell.clone());
        }
        for dialer in std::mem::take(&mut *lock(&self.dialers)).values() {
            dialer.stop();
        }
        self.shared.tasks.close();
        if timeout(PARTING, self.shared.tasks.wait()).await.is_err() {
            tracing::debug!("some links were cut off without a last word");
        }
        self.shared.token.cancel();
    }
}

impl Router {
    /// Lets others go around this router, and waits until no stream of an application runs over it, or until `within` is
    /// over.
    pub(crate) async fn drain(&self, within: Duration) -> Drained {
        self.tell_draining(|draining| draining.asked = true).await;
        let idle = async {
            while self.streams() > 0 {
                sleep(DRAIN_LOOK).await;
            }
        };
        let _ = timeout(within, idle).await;
        Drained { streams: self.streams() }
    }

    /// Tells the core whether this router is about to go, if that has changed.
    async fn tell_draining(&self, change: impl FnOnce(&mut Draining)) {
        let drains = {
            let mut draining = lock(&self.draining);
            change(&mut draining);
            let drains = draining.configured || draining.asked;
            self.shared.draining.send_replace(drains);
            drains
        };
        // Telling the same again changes nothing. It fails only when the router stops.
        let _ = self.shared.actor.send(Input::Drain(drains)).await;
    }

    /// The streams of applications that run over this router.
    fn streams(&self) -> usize {
        self.flows.applications() + Arc::strong_count(&self.shared.transit) - 1
    }

    /// Who serves and uses the addresses of `network`, or all of them.
    pub(crate) async fn addresses(&self, network: Option<NetworkId>) -> Vec<AddressUse> {
        let (reply, answer) = oneshot::channel();
        // Fails only when the router stops.
        let _ = self.shared.actor.send(Input::Addresses(network.map(Realm::Network), reply)).await;
        answer.await.unwrap_or_default().into_iter().map(address_use).collect()
    }

    /// Waits a moment for streams in transit: new ones go around a router that drains.
    async fn transit_ended(&self) {
        if self.shared.kind != PeerKind::Backbone {
            return;
        }
        let ended = async {
            while self.streams() > 0 {
                sleep(DRAIN_LOOK).await;
            }
        };
        // Those that last longer are cut.
        let _ = timeout(DRAIN, ended).await;
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.ingress.apply(&[]);
        self.shared.token.cancel();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn end_to_end(credentials: &Credentials, trust: &Trust, clock: &Arc<dyn Clock>) -> Result<Arc<E2eConfig>, ApplyError> {
    let policy: Arc<dyn PeerPolicy> = Arc::new(EndToEndPolicy::new(trust.clone(), clock.clone()));
    Ok(Arc::new(E2eConfig::acting_as(credentials.identity, &credentials.leaf, &policy)?))
}

/// Lets no connection between the ends of streams live longer than its certificates.
async fn keep_streams_in_time(shared: Arc<Shared>, ingress: Ingress, egress: Egress) {
    loop {
        let now = shared.clock.now();
        ingress.keep_time(now);
        egress.keep_time(now);
        // The time of day can be set, and tests move it: it is looked at every now and then in any case.
        sleep(LIFETIMES_LOOK).await;
    }
}

/// After every change of trust: ends the streams whose other ends are no longer admitted, and the connections whose
/// certificates were issued by authorities that are no longer trusted.
async fn judge_streams(shared: Arc<Shared>, ingress: Ingress, egress: Egress) {
    let mut changes = shared.trust.subscribe();
    let mut anchors = shared.trust.view().anchors();
    while changes.changed().await.is_ok() {
        let (view, now) = (shared.trust.view(), shared.clock.now());
        let admit = |peer: &Identity| view.admit(peer, now, Stage::Live).map_err(words);
        ingress.judge(&admit);
        egress.judge(&admit);
        let before = std::mem::replace(&mut anchors, view.anchors());
        if *before != *anchors {
            ingress.verify(&|peer, leaf| verifies(&anchors, Usage::Server, peer, leaf, now));
            egress.verify(&|peer, leaf| verifies(&anchors, Usage::Client, peer, leaf, now));
        }
    }
}

/// Whether the certificate of `peer` still verifies. That it has expired is not asked here.
fn verifies(anchors: &Anchors, usage: Usage, peer: &Identity, leaf: &Der, now: Timestamp) -> bool {
    match pki::verify(anchors, leaf.as_bytes(), usage, now) {
        Ok(identity) => identity == *peer,
        Err(error) => matches!(error, VerifyError::Expired(_)),
    }
}

/// Notices when nobody serves an address any more: whoever did has dropped what it got.
async fn follow_served(shared: Arc<Shared>, egress: Egress) {
    loop {
        shared.services.serve(egress.served().into_iter().collect());
        sleep(SERVED_LOOK).await;
    }
}

fn address_use(known: routing::AddressUse) -> AddressUse {
    AddressUse {
        network: match known.realm {
            Realm::Network(network) => Some(network),
            Realm::Platform => None,
        },
        address: known.address,
        serving: known
            .serving
            .into_iter()
            .map(|it| Serving { site: it.site.0, cost: it.cost, weight: it.weight, draining: it.draining })
            .collect(),
        users: known.users.into_iter().map(|site| site.0).collect(),
    }
}

/// What events are told to.
pub(crate) fn observer(events: &broadcast::Sender<Observation>) -> Observer {
    let events = events.clone();
    Arc::new(move |observation| {
        // Nobody has to observe.
        let _ = events.send(observation);
    })
}

fn words(refusal: Refusal) -> String {
    refusal.farewell().message
}
