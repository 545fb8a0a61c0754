//! What a site counts of itself, in OpenMetrics: what its router says and how the site stands, at the moment somebody
//! asks, and what has happened since it started.

use std::sync::{Arc, atomic::AtomicU64};

use api::local::ConnectionState;
use axum::response::Response;
use dataplane::{DataPlane, Direction, LinkState, Observation, Status, Traffic};
use edge::{Connections, Limits, metrics::Requests};
use jiff::Timestamp;
use model::Identity;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{live::Live, status};

/// What every name begins with.
const PREFIX: &str = "skx_site";

/// A participant's own API has few clients, all on this machine.
const LIMITS: (usize, usize) = (128, 64);

/// The figures of a running site. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    registry: Registry,
    connections: Connections,
    requests: Requests,
    links_made: Family<Peer, Counter>,
    links_lost: Family<Peer, Counter>,
    links_refused: Counter,
    flows: Family<Flows, Counter>,
    missed: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Peer {
    /// Who is at the other end: a site, or the kind of peer where they are many.
    peer: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Flows {
    direction: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FlowBytes {
    direction: &'static str,
    to: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Links {
    peers: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Sockets {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DirectionOnly {
    direction: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let (total, per_source) = LIMITS;
        let connections = Connections::new(Limits { total, per_source, ..Limits::default() });
        let requests = Requests::default();
        requests.register(&mut registry);
        registry.register_collector(Box::new(connections.clone()));
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);

        let links_made = Family::default();
        registry.register(
            "links_made",
            "Links established; those after the first are reconnections",
            links_made.clone(),
        );
        let links_lost = Family::default();
        registry.register("links_lost", "Links lost", links_lost.clone());
        let links_refused = Counter::default();
        registry.register("links_refused", "Times the other end of a link refused this site", links_refused.clone());
        let flows = Family::default();
        registry.register(
            "flows_closed",
            "Connections of listeners (in) and connectors (out) that have ended",
            flows.clone(),
        );
        let missed = Counter::default();
        registry.register(
            "observations_missed",
            "Happenings in the router that were not counted above",
            missed.clone(),
        );
        let inner = Inner { registry, connections, requests, links_made, links_lost, links_refused, flows, missed };
        Self { inner: Arc::new(inner) }
    }

    /// The local API's connections.
    pub(crate) fn connections(&self) -> Connections {
        self.inner.connections.clone()
    }

    /// How the local API's requests went.
    pub(crate) fn requests(&self) -> &Requests {
        &self.inner.requests
    }

    /// Counts what the router says, until it says nothing any more.
    pub(crate) async fn follow(self, mut observations: Receiver<Observation>) {
        loop {
            match observations.recv().await {
                Ok(observation) => self.observed(&observation),
                Err(RecvError::Lagged(missed)) => drop(self.inner.missed.inc_by(missed)),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn observed(&self, observation: &Observation) {
        let of = |peer: &Identity| Peer { peer: named(peer) };
        match observation {
            Observation::LinkUp { peer, .. } => drop(self.inner.links_made.get_or_create(&of(peer)).inc()),
            Observation::LinkDown { peer, .. } => drop(self.inner.links_lost.get_or_create(&of(peer)).inc()),
            Observation::Refused { .. } => drop(self.inner.links_refused.inc()),
            Observation::FlowClosed(flow) => {
                let direction = in_words(flow.direction);
                let outcome = if flow.error.is_none() { "done" } else { "failed" };
                self.inner.flows.get_or_create(&Flows { direction, outcome }).inc();
            }
            _ => {}
        }
    }

    /// What is counted, and how things stand now.
    pub(crate) fn scrape(&self, live: &Live, router: &dyn DataPlane, now: Timestamp) -> Response {
        let mut standing = standing(live, &router.status(), now);
        flow_bytes(&mut standing, router.traffic());
        edge::metrics::answer(&[&self.inner.registry, &standing])
    }
}

fn in_words(direction: Direction) -> &'static str {
    match direction {
        Direction::In => "in",
        Direction::Out => "out",
    }
}

/// Members of other networks are many, and not named here: what a tenant does is the tenant's.
fn named(peer: &Identity) -> String {
    match peer {
        Identity::BackboneSite { site, .. } => site.to_string(),
        Identity::Controller { controller } => format!("controller {controller}"),
        other => other.role().to_owned(),
    }
}

/// The kinds of peers there are, as they are counted.
fn kind(peer: Option<&Identity>) -> &'static str {
    match peer {
        Some(Identity::BackboneSite { .. }) => "backbone-site",
        Some(Identity::Controller { .. }) => "controller",
        Some(Identity::Member { .. }) => "member",
        Some(_) => "other",
        // Not established yet.
        None => "unknown",
    }
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn standing(live: &Live, router: &Status, now: Timestamp) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge = Gauge::<i64>::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    gauge("session_up", "Whether the site has a session with a controller", i64::from(live.session.up));
    let since = "Since when that is so, in seconds since 1970";
    gauge("session_since_timestamp", since, live.session.since.as_second());
    let version = router.trust_version.and_then(|version| i64::try_from(version).ok()).unwrap_or_default();
    gauge("trust_version", "The version of the trust document in force; 0 without one", version);
    let unreachable = router.addresses.iter().filter(|address| address.reachable == 0).count();
    gauge("addresses", "Addresses in use here", count(router.addresses.len()));
    gauge("addresses_unreachable", "Those that nobody serves who can be reached", count(unreachable));
    links(&mut registry, live, router, now);
    sockets(&mut registry, router);
    let refusals: Family<Reason, Counter> = Family::default();
    let counters = &router.counters;
    for (reason, n) in [
        ("crowded", counters.crowded),
        ("unauthenticated", counters.unauthenticated),
        ("not-admitted", counters.not_admitted),
        ("replayed", counters.replayed),
    ] {
        refusals.get_or_create(&Reason { reason }).inc_by(n);
    }
    registry.register("refusals", "Connections the router refused, such as crowded: by its limits", refusals);
    let trouble: Family<Reason, Gauge> = Family::default();
    for reason in crate::live::Trouble::ALL {
        let is = live.trouble.contains_key(&reason);
        trouble.get_or_create(&Reason { reason: reason.as_str() }).set(i64::from(is));
    }
    registry.register(
        "trouble",
        "Whether something is wrong and being retried; items: desired items that fail",
        trouble,
    );
    registry
}

fn flow_bytes(registry: &mut Registry, traffic: Traffic) {
    let all: Family<FlowBytes, Counter> = Family::default();
    for (direction, bytes) in [("in", traffic.inward), ("out", traffic.outward)] {
        for (to, bytes) in [("server", bytes.to_server), ("client", bytes.to_client)] {
            all.get_or_create(&FlowBytes { direction, to }).inc_by(bytes);
        }
    }
    registry.register("flow_bytes", "Bytes of connections of listeners (in) and connectors (out), as they flow", all);
}

fn links(registry: &mut Registry, live: &Live, router: &Status, now: Timestamp) {
    let all: Family<Links, Gauge> = Family::default();
    for peers in ["backbone-site", "controller", "member"] {
        all.get_or_create(&Links { peers, state: "up" }).set(0);
    }
    for link in &router.links {
        let state = match link.state {
            LinkState::Up => "up",
            LinkState::Connecting => "connecting",
        };
        all.get_or_create(&Links { peers: kind(link.peer.as_ref()), state }).inc();
    }
    registry.register("links", "Links with other routers, by the kind of peer", all);
    // One by one only those the participant knows: members that attach at a relay site are counted together above.
    let up: Family<Peer, Gauge> = Family::default();
    let rtt: Family<Peer, Seconds> = Family::default();
    let (received, sent): (Family<Peer, Counter>, Family<Peer, Counter>) = Default::default();
    for link in status::running(live, router, now).links {
        let peer = Peer { peer: link.peer };
        up.get_or_create(&peer).inc_by(i64::from(link.state == ConnectionState::Up));
        if let Some(ms) = link.rtt_ms {
            rtt.get_or_create(&peer).set(ms / 1e3);
        }
        received.get_or_create(&peer).inc_by(link.bytes_in);
        sent.get_or_create(&peer).inc_by(link.bytes_out);
    }
    registry.register("link_up", "Whether a link of this site is up", up);
    registry.register_with_unit("link_rtt", "Its round-trip time", Unit::Seconds, rtt);
    registry.register_with_unit("link_received", "Bytes received on its data connections", Unit::Bytes, received);
    registry.register_with_unit("link_sent", "Bytes sent on its data connections", Unit::Bytes, sent);
}

fn sockets(registry: &mut Registry, router: &Status) {
    let sockets: Family<Sockets, Gauge> = Family::default();
    let active: Family<DirectionOnly, Gauge> = Family::default();
    let add = |kind, errors: Vec<bool>| {
        let failed = errors.iter().filter(|failed| **failed).count();
        sockets.get_or_create(&Sockets { kind, state: "ready" }).set(count(errors.len() - failed));
        sockets.get_or_create(&Sockets { kind, state: "failed" }).set(count(failed));
    };
    add("listener", router.listeners.iter().map(|it| it.error.is_some()).collect());
    add("connector", router.connectors.iter().map(|it| it.error.is_some()).collect());
    add("access-point", router.access_points.iter().map(|it| it.error.is_some()).collect());
    registry.register("sockets", "Listeners, connectors and access points", sockets);
    let carried = [
        ("in", router.listeners.iter().map(|it| it.connections).sum::<usize>()),
        ("out", router.connectors.iter().map(|it| it.connections).sum::<usize>()),
    ];
    for (direction, n) in carried {
        active.get_or_create(&DirectionOnly { direction }).set(count(n));
    }
    registry.register("flows_active", "Connections of listeners (in) and connectors (out) now", active);
}
