//! The one task that owns the protocol core: it is told what happens, and does what the core says.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError},
};

use jiff::Timestamp;
use model::{Address, GenericUuid, Identity, NetworkId, router::Assignments};
use overlay_proto::{
    LinkKey, NodeId, Peer, PeerKind, Realm,
    link::{Open, Reason as WireReason, Unreachable, frame::Body},
    router::{AddressUse, Core, CoreConfig, Output, PeerLimits, Services, Sign},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Duration, sleep},
};

use crate::{
    forward::{Deliver, deliver, forward},
    link::{Link, words},
    observe::{Farewell, Observation, Reason},
    paths::{Candidate, PathError},
    records::{self, Verifier},
    shared::Shared,
    trust::{Refusal, Stage},
};

/// Something the core has to know.
#[derive(Debug)]
pub(crate) enum Input {
    /// A link is up.
    Up(Arc<Link>),
    /// A link is gone.
    Down(LinkKey),
    /// A frame arrived that is not the link's own concern.
    Frame(LinkKey, Body),
    /// These backbone sites are denied.
    Forget(Vec<NodeId>),
    /// Where a stream that begins here is to be opened.
    Route(Realm, NodeId, oneshot::Sender<Result<(Arc<Link>, Open), PathError>>),
    /// This router's certificate was replaced.
    Resign,
    /// This router is about to go, or no longer.
    Drain(bool),
    /// A link is about to go.
    Retire(LinkKey),
    /// Which sites may serve which addresses.
    Assign(BTreeMap<NetworkId, Assignments>),
    /// Who serves and uses the addresses of a realm, or of all.
    Addresses(Option<Realm>, oneshot::Sender<Vec<AddressUse>>),
}

/// Runs the core until the router stops.
pub(crate) struct Actor {
    shared: Arc<Shared>,
    core: Core,
    verifier: Verifier,
    deliver: Deliver,
    services: watch::Receiver<Services>,
}

impl Actor {
    pub(crate) fn new(shared: Arc<Shared>, me: Peer, boot: u64, deliver: Deliver) -> Self {
        let credentials = shared.credentials.subscribe();
        let clock = shared.clock.clone();
        let sign: Sign = Box::new(move |record| {
            let credentials = credentials.borrow().clone();
            (clock.now() < credentials.expires).then(|| records::sign(&credentials, record))
        });
        let config = CoreConfig {
            me,
            epoch: boot,
            unix_ms_at_zero: unix_ms_at_zero(shared.clock.now(), shared.epoch.now().0),
            sign,
            limits: PeerLimits::default(),
        };
        let core = Core::new(config, shared.epoch.now());
        let services = shared.services.subscribe();
        Self { shared, core, verifier: Verifier::default(), deliver, services }
    }

    pub(crate) async fn run(mut self, mut inputs: mpsc::Receiver<Input>) {
        self.services();
        loop {
            self.drain();
            let deadline = self.core.next_deadline().map(|at| self.shared.epoch.until(at));
            tokio::select! {
                Ok(()) = self.services.changed() => self.services(),
                input = inputs.recv() => match input {
                    Some(input) => self.input(input),
                    None => return,
                },
                () = sleep(deadline.unwrap_or(Duration::MAX)), if deadline.is_some() => {
                    self.core.tick(self.shared.epoch.now());
                }
            }
        }
    }

    fn input(&mut self, input: Input) {
        let now = self.shared.epoch.now();
        match input {
            Input::Up(link) => {
                let facts = &link.facts;
                self.core.link_up(facts.key, facts.node, facts.cost, facts.side, now);
                self.core.limit(facts.key, link.limits());
            }
            Input::Down(key) => self.core.link_down(key, now),
            Input::Frame(key, Body::Open(open)) if self.leads_to_denied(key, &open) => {
                if let Some(link) = self.shared.links.get(key) {
                    refuse(&link, open.connection, Unreachable::Denied);
                }
            }
            Input::Frame(key, body) => {
                if let Some(body) = self.core.frame(key, body, now)
                    && let Some(link) = self.shared.links.get(key)
                {
                    own_frame(&link, body);
                }
            }
            Input::Forget(routers) => {
                for router in routers {
                    self.core.forget(router, now);
                }
            }
            Input::Route(realm, site, reply) => {
                let routed = self.core.route_local_open(realm, site).map_err(|why| self.no_route(why));
                let routed = routed.and_then(|(key, open)| {
                    let link = self.shared.links.get(key).ok_or(PathError::NotLinked)?;
                    Ok((link, open))
                });
                let _ = reply.send(routed);
            }
            Input::Resign => self.core.resign(now),
            Input::Drain(draining) => self.core.set_draining(draining, now),
            Input::Retire(key) => self.core.retire(key, now),
            Input::Assign(assignments) => self.core.set_assignments(assignments, now),
            Input::Addresses(realm, reply) => {
                let _ = reply.send(self.core.addresses(realm));
            }
        }
    }

    /// Whether a stream that came over a link is for a site that was evicted, or whose network has ended: whoever may open
    /// streams to it is told, and does not look for other ways.
    fn leads_to_denied(&self, from: LinkKey, open: &Open) -> bool {
        let (Some(link), Some(site), Some(realm)) =
            (self.shared.links.get(from), NodeId::from_wire(&open.site), Realm::from_open(&open.network))
        else {
            return false;
        };
        let Realm::Network(network) = realm else { return false };
        let may_know = match link.facts.node.kind {
            PeerKind::Backbone => true,
            PeerKind::Member { network: own } => own == network,
            _ => false,
        };
        let peer = Identity::Member { network, site: GenericUuid::from_untyped_uuid(site.0) };
        let verdict = self.shared.trust.view().admit(&peer, self.shared.clock.now(), Stage::Live);
        may_know && matches!(verdict, Err(Refusal::Denied(_) | Refusal::Closed))
    }

    fn no_route(&self, why: Unreachable) -> PathError {
        if self.shared.links.all().is_empty() {
            PathError::NotLinked
        } else {
            PathError::Refused(unreachable_words(why).to_owned())
        }
    }

    /// What this site serves and uses has changed.
    fn services(&mut self) {
        let services = self.services.borrow_and_update().clone();
        let uses = services.uses.clone();
        if let Err(error) = self.core.set_services(services, self.shared.epoch.now()) {
            tracing::error!(%error, "what this site serves and uses was not changed");
        }
        // What is not used any more has no candidates any more; what is, may have some already.
        for address in self.shared.candidates.addresses().union(&uses) {
            self.publish(address);
        }
    }

    /// Does everything the core has to say.
    fn drain(&mut self) {
        while let Some(output) = self.core.poll_output() {
            self.output(output);
        }
        *self.shared.counters.routing.lock().unwrap_or_else(PoisonError::into_inner) = self.core.counters();
    }

    fn output(&mut self, output: Output) {
        let link = |key| self.shared.links.get(key);
        match output {
            Output::Send { link: to, frame } => {
                if let Some(to) = link(to) {
                    to.send(frame);
                }
            }
            Output::Verify { link: from, signed, record } => {
                match self.verifier.verify(&self.shared, &signed, &record) {
                    Ok(()) => self.core.verified_record(from, signed, record, self.shared.epoch.now()),
                    Err(error) => tracing::warn!(link = %from, %error, "a record was not taken"),
                }
            }
            Output::Close { link: key, reason, message } => {
                if let Some(link) = link(key) {
                    tracing::warn!(link = %key, peer = %link.facts.peer, ?reason, message, "a link is ended");
                    link.close(Farewell { reason: Reason::from_wire(WireReason::into(reason)), message });
                }
            }
            Output::CandidatesChanged { address } => self.publish(&address),
            Output::Deliver { from, open } => {
                if let Some(from) = link(from) {
                    deliver(&self.shared, &self.deliver, from, &open);
                }
            }
            Output::Forward { from, connection, to, open } => match (link(from), link(to)) {
                (Some(from), Some(to)) => forward(&self.shared, from, connection, to, open),
                (Some(from), None) => refuse(&from, connection, Unreachable::NoRoute),
                (None, _) => {}
            },
            Output::Refuse { link: from, connection, why } => {
                if let Some(from) = link(from) {
                    refuse(&from, connection, why);
                }
            }
            Output::EpochRaised { epoch } => self.shared.observe(Observation::EpochRaised(epoch)),
            // Status is asked for; nobody is told.
            Output::ReachableChanged => {}
        }
    }

    /// Lets streams know who serves an address.
    fn publish(&self, address: &Address) {
        let network = self.shared.identity.network();
        let peer = |site: NodeId| -> Option<Identity> {
            Some(match (Realm::of(address, network)?, network) {
                (Realm::Platform, _) => Identity::Controller { controller: GenericUuid::from_untyped_uuid(site.0) },
                (Realm::Network(network), _) => {
                    Identity::Member { network, site: GenericUuid::from_untyped_uuid(site.0) }
                }
            })
        };
        let candidates = self.core.candidates(address);
        let candidates = candidates.into_iter().filter_map(|candidate| {
            Some(Candidate {
                peer: peer(candidate.site)?,
                cost: candidate.cost,
                weight: candidate.weight,
                draining: candidate.draining,
            })
        });
        self.shared.candidates.set(address, candidates.collect());
    }
}

/// What the core gives back is for the link's own state.
fn own_frame(link: &Link, body: Body) {
    match body {
        Body::PoolWant(want) => link.data.peer_wants(want.idle),
        Body::Refused(refused) => link.data.refused(refused.connection, refused.why()),
        Body::Leave(leave) => link.data.left(leave.connection),
        // The link answers pings and goodbyes itself, and trust is judged before it comes here.
        Body::Ping(_) | Body::Pong(_) | Body::Goodbye(_) | Body::TrustHave(_) | Body::Trust(_) => {}
        other => tracing::error!(link = %link.key(), "nobody handles {}", words(&format!("{other:?}"))),
    }
}

/// Refuses a stream, and closes the data connection it came on.
pub(crate) fn refuse(link: &Link, connection: u64, why: Unreachable) {
    link.refuse(connection, why);
    drop(link.data.assigned(connection));
}

/// Why there is no way, for people; nothing in it tells where in the backbone it ended.
pub(crate) fn unreachable_words(why: Unreachable) -> &'static str {
    match why {
        Unreachable::Unspecified => "it did not say why",
        Unreachable::NoRoute => "the site cannot be reached",
        Unreachable::NotAllowed => "this site may not reach the other one",
        Unreachable::NoConnection => "the backbone is short of connections",
        Unreachable::Hops => "the way is too long",
        Unreachable::Limit => "too many streams were opened at once",
        Unreachable::Draining => "the site is about to go",
        Unreachable::Denied => "the site was evicted, or its network has ended",
    }
}

fn unix_ms_at_zero(now: Timestamp, elapsed: u64) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or(0).saturating_sub(elapsed)
}
