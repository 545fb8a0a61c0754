//! What the parts of one router share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use model::{Address, Clock, Identity, proxy::ProxySettings};
use overlay_proto::{
    NodeId, PeerKind,
    link::{Trust as WireTrust, TrustHave, frame::Body},
};
use pki::SignedTrust;
use tokio::{
    sync::{broadcast, mpsc, watch},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    actor::Input,
    credentials::Credentials,
    guests::Guests,
    link::Link,
    links::Links,
    observe::{self, Farewell, Observation, Reason},
    paths::Candidate,
    services::ServiceList,
    time::Epoch,
    trust::{NotAdopted, Refusal, Stage, Trust},
};

/// What the parts of one router share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Who this router is, for as long as it lives.
    pub(crate) identity: Identity,
    pub(crate) kind: PeerKind,
    pub(crate) software: String,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) epoch: Epoch,
    pub(crate) trust: Trust,
    pub(crate) credentials: watch::Sender<Arc<Credentials>>,
    pub(crate) links: Links,
    pub(crate) guests: Arc<Guests>,
    pub(crate) counters: Counters,
    pub(crate) services: ServiceList,
    pub(crate) candidates: Candidates,
    /// Through what links are dialled.
    pub(crate) proxy: watch::Sender<Option<Arc<ProxySettings>>>,
    /// Whether others were told to go around this router.
    pub(crate) draining: watch::Sender<bool>,
    /// Cloned by every stream of an application that passes through.
    pub(crate) transit: Arc<()>,
    pub(crate) actor: mpsc::Sender<Input>,
    pub(crate) events: broadcast::Sender<Observation>,
    /// Fires when the router stops.
    pub(crate) token: CancellationToken,
    /// Live links and what runs over them.
    pub(crate) tasks: TaskTracker,
}

/// Counts what is refused.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) crowded: AtomicU64,
    pub(crate) unauthenticated: AtomicU64,
    pub(crate) not_admitted: AtomicU64,
    pub(crate) replayed: AtomicU64,
    /// As the core counted last.
    pub(crate) routing: Mutex<observe::RoutingCounters>,
}

impl Counters {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> observe::Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        observe::Counters {
            crowded: read(&self.crowded),
            unauthenticated: read(&self.unauthenticated),
            not_admitted: read(&self.not_admitted),
            replayed: read(&self.replayed),
            routing: *self.routing.lock().unwrap_or_else(PoisonError::into_inner),
            ..observe::Counters::default()
        }
    }
}

/// Who serves the addresses in use here, as the actor last heard.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    by_address: Mutex<BTreeMap<Address, watch::Sender<Vec<Candidate>>>>,
}

impl Candidates {
    /// A watch on who serves `address`.
    pub(crate) fn watch(&self, address: &Address) -> watch::Receiver<Vec<Candidate>> {
        self.lock().entry(address.clone()).or_default().subscribe()
    }

    /// The addresses somebody has asked for.
    pub(crate) fn addresses(&self) -> BTreeSet<Address> {
        self.lock().keys().cloned().collect()
    }

    pub(crate) fn set(&self, address: &Address, candidates: Vec<Candidate>) {
        self.lock().entry(address.clone()).or_default().send_replace(candidates);
    }

    /// How many serve each address.
    pub(crate) fn reachable(&self) -> Vec<observe::AddressStatus> {
        let by_address = self.lock();
        let status = |(address, candidates): (&Address, &watch::Sender<Vec<Candidate>>)| observe::AddressStatus {
            address: address.clone(),
            reachable: candidates.borrow().len(),
        };
        by_address.iter().map(status).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Address, watch::Sender<Vec<Candidate>>>> {
        self.by_address.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Tells whoever observes; nobody has to.
    pub(crate) fn observe(&self, observation: Observation) {
        let _ = self.events.send(observation);
    }

    /// Lets a link go in order: nothing new takes it where there is another way, what runs over it may end by itself. It is
    /// closed with `farewell` when nothing does any more, or when `within` is over.
    pub(crate) fn retire(&self, link: Arc<Link>, within: Option<Duration>, farewell: Farewell) {
        link.leave(false);
        let actor = self.actor.clone();
        self.tasks.spawn(async move {
            // Fails only when the router stops, which closes the link.
            let _ = actor.send(Input::Retire(link.key())).await;
            let idle = async {
                // Connections that are kept for the next stream end as soon as they hear that the link goes.
                loop {
                    sleep(RETIRE_LOOK).await;
                    if link.streams() == 0 {
                        return;
                    }
                }
            };
            let deadline = async {
                match within {
                    Some(within) => sleep(within).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = link.token().cancelled() => return,
                () = idle => {}
                () = deadline => {}
            }
            link.close(farewell);
        });
    }

    /// Whether this router and `peer` tell each other of trust documents.
    pub(crate) fn exchanges_trust(&self, peer: PeerKind) -> bool {
        use PeerKind::{Backbone, Controller};
        matches!((self.kind, peer), (Backbone, Backbone | Controller) | (Controller, Backbone))
    }

    /// A link is up: says which trust document is in force here.
    pub(crate) fn tell_trust(&self, link: &Link) {
        if self.exchanges_trust(link.facts.node.kind) {
            link.send(Body::TrustHave(TrustHave { version: self.trust.view().version() }));
        }
    }

    /// A peer says which trust document it has. Gives it a newer one; a controller gets this router's in any case: its
    /// database may have been restored to an older state, and only routers remember what was in force.
    pub(crate) fn trust_have(&self, link: &Link, version: u64) {
        let view = self.trust.view();
        let remembers = self.kind == PeerKind::Backbone && link.facts.node.kind == PeerKind::Controller;
        if let Some(held) = view.held().filter(|held| remembers || held.document.version > version) {
            link.send(trust_frame(&held.signed));
        }
    }

    /// A properly signed document that is not newer was offered: tells whoever keeps the line of versions, when it is not
    /// the one in force.
    fn contested(&self, signed: SignedTrust, version: u64, from: Option<&Link>) {
        let view = self.trust.view();
        let Some(held) = view.held().filter(|held| held.signed.document != signed.document) else { return };
        match (self.kind, from) {
            (PeerKind::Controller, Some(_)) => self.observe(Observation::TrustContested(signed, version)),
            (PeerKind::Backbone, Some(link))
                if link.facts.node.kind == PeerKind::Controller && version == held.document.version =>
            {
                link.send(trust_frame(&held.signed));
            }
            _ => {}
        }
    }

    /// A trust document was offered, by a peer or in the configuration. If it is newer, it is in force when this
    /// returns: passed on, and every link it does not admit is closed.
    pub(crate) fn offer_trust(&self, signed: SignedTrust, from: Option<&Link>) -> Result<u64, NotAdopted> {
        let version = match self.trust.adopt(signed.clone(), self.clock.now()) {
            Ok(version) => version,
            Err(error) => {
                if let NotAdopted::NotNewer { offered, .. } = error {
                    self.contested(signed, offered, from);
                }
                return Err(error);
            }
        };
        let view = self.trust.view();
        if let Some(held) = view.held() {
            tracing::info!(version = held.document.version, "a newer trust document is in force");
            for link in self.links.all() {
                let is_source = from.is_some_and(|from| from.key() == link.key());
                if !is_source && self.exchanges_trust(link.facts.node.kind) {
                    link.send(trust_frame(&held.signed));
                }
            }
            self.observe(Observation::TrustAdopted(held.signed.clone(), held.document.version));
        }
        self.judge_all();
        Ok(version)
    }

    /// Judges every live link again, and ends those that are no longer admitted or whose certificates have expired.
    pub(crate) fn judge_all(&self) {
        for link in self.links.all() {
            self.judge(&link);
        }
        if let Some(held) = self.trust.view().held() {
            use model::GenericUuid;
            let denied = held.document.denied.backbone_sites.keys();
            let denied: Vec<NodeId> = denied.map(|site| NodeId(site.into_untyped_uuid())).collect();
            if !denied.is_empty() {
                let actor = self.actor.clone();
                self.tasks.spawn(async move {
                    // Fails only when the router stops, and forgets everything anyway.
                    let _ = actor.send(Input::Forget(denied)).await;
                });
            }
        }
    }

    /// Judges a live link, and ends it when it must not be.
    pub(crate) fn judge(&self, link: &Link) {
        let (now, view) = (self.clock.now(), self.trust.view());
        let farewell = if let Err(refusal) = view.admit(&link.facts.peer, now, Stage::Live) {
            Some(refusal.farewell())
        } else if now >= link.facts.expires {
            let ended = view.closes_with(&link.facts.peer, link.facts.expires);
            let expired = || Farewell::new(Reason::Expired, "a certificate of this link has expired");
            Some(if ended { Refusal::Closed.farewell() } else { expired() })
        } else if !link.verifies(&view, now) {
            Some(Farewell::new(Reason::Expired, "the certificate's authority is no longer trusted"))
        } else {
            None
        };
        if let Some(farewell) = farewell {
            tracing::info!(link = %link.key(), peer = %link.facts.peer, reason = %farewell, "a link is cut");
            link.close(farewell);
        }
    }
}

/// Keeps live links in line with the time: at every edge of a window, and before certificates expire.
pub(crate) async fn keep_time(shared: Arc<Shared>) {
    let mut judged = shared.clock.now();
    loop {
        let now = shared.clock.now();
        let edge = shared.trust.view().next_edge(judged);
        if edge.is_some_and(|edge| edge <= now) {
            judged = now;
            shared.trust.edge_passed();
            shared.judge_all();
        } else {
            judged = now;
            for link in shared.links.all() {
                if now >= link.facts.expires {
                    shared.judge(&link);
                }
            }
        }
        // The time of day can be set, and tests move it: it is looked at every now and then in any case.
        let until_edge = shared.trust.view().next_edge(now).map(|edge| edge.duration_since(now).unsigned_abs());
        let pause = until_edge.unwrap_or(LOOK).min(LOOK).max(Duration::from_millis(1));
        sleep(pause).await;
    }
}

const LOOK: Duration = Duration::from_millis(250);
/// How often it is looked whether anything runs over a link that is about to go.
const RETIRE_LOOK: Duration = Duration::from_millis(200);

fn trust_frame(signed: &SignedTrust) -> Body {
    Body::Trust(WireTrust {
        document: signed.document.clone(),
        signature: signed.signature.clone(),
        signer: signed.signer.as_bytes().to_vec(),
    })
}
