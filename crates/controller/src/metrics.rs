//! What a controller counts of itself, in OpenMetrics.
//!
//! Counters are kept where things happen; what is stored is read when somebody asks ([`scrape`]).

mod stored;

use std::time::{Duration, Instant};

use axum::response::Response;
use edge::{Connections, Limits, metrics::Requests};
use jiff::Timestamp;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Registry, Unit},
};

use crate::App;

/// What every name begins with.
const PREFIX: &str = "skx";

/// The figures of a controller.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    connections: Connections,
    requests: Requests,
    claims: Family<Claim, Counter>,
    sign_ins: Family<SignIn, Counter>,
    runs: Family<Run, Counter>,
    run_seconds: Family<Reconciler, Histogram, fn() -> Histogram>,
    last_success: Family<Reconciler, Gauge>,
    feed_position: Gauge,
    feed_delay: Histogram,
    sessions: Family<SessionKind, Gauge>,
    sessions_begun: Family<SessionKind, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Claim {
    kind: &'static str,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignIn {
    method: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Run {
    reconciler: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reconciler {
    reconciler: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SessionKind {
    kind: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let connections = Connections::new(Limits::default());
        let requests = Requests::default();
        requests.register(&mut registry);
        registry.register_collector(Box::new(connections.clone()));
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program", version);

        let claims = Family::default();
        registry.register("claims", "Redemptions and enrolments, by how they came out", claims.clone());
        let sign_ins = Family::default();
        registry.register(
            "sign_ins",
            "Passwords, setup links and tokens that were tried, by how that came out; of tokens, those that were wrong",
            sign_ins.clone(),
        );
        let runs = Family::default();
        registry.register("reconcile_runs", "Runs of reconcilers", runs.clone());
        let run_seconds = Family::new_with_constructor(edge::metrics::seconds as fn() -> Histogram);
        registry.register_with_unit("reconcile", "How long runs took", Unit::Seconds, run_seconds.clone());
        let last_success = Family::default();
        registry.register(
            "reconcile_last_success_timestamp",
            "When a run last came to a good end, in seconds since 1970",
            last_success.clone(),
        );
        let feed_position = Gauge::default();
        registry.register("feed_position", "The last event that was acted on", feed_position.clone());
        let feed_delay = edge::metrics::seconds();
        registry.register_with_unit(
            "feed_delay",
            "From the commit of events until they were acted on",
            Unit::Seconds,
            feed_delay.clone(),
        );
        let sessions = Family::default();
        registry.register("sessions", "Sessions this controller holds with sites", sessions.clone());
        let sessions_begun = Family::default();
        registry.register("sessions_begun", "Sessions begun with sites", sessions_begun.clone());
        Self {
            registry,
            connections,
            requests,
            claims,
            sign_ins,
            runs,
            run_seconds,
            last_success,
            feed_position,
            feed_delay,
            sessions,
            sessions_begun,
        }
    }
}

impl Metrics {
    /// The API's connections.
    pub(crate) fn connections(&self) -> Connections {
        self.connections.clone()
    }

    /// How the API's requests went.
    pub(crate) fn requests(&self) -> &Requests {
        &self.requests
    }

    /// A redemption or enrolment was answered: `admitted`, or the code of its refusal.
    pub(crate) fn claimed(&self, kind: &'static str, outcome: &str) {
        self.claims.get_or_create(&Claim { kind, outcome: outcome.to_owned() }).inc();
    }

    /// Somebody tried to sign in: `done`, `refused`, or `slowed` because too much was wrong before.
    pub(crate) fn signed_in(&self, method: &'static str, outcome: &'static str) {
        self.sign_ins.get_or_create(&SignIn { method, outcome }).inc();
    }

    /// A reconciler ran.
    pub(crate) fn ran(&self, reconciler: &'static str, took: Duration, now: Timestamp, done: bool) {
        let outcome = if done { "done" } else { "failed" };
        self.runs.get_or_create(&Run { reconciler, outcome }).inc();
        self.run_seconds.get_or_create(&Reconciler { reconciler }).observe(took.as_secs_f64());
        if done {
            self.last_success.get_or_create(&Reconciler { reconciler }).set(now.as_second());
        }
    }

    /// Events up to `position` were acted on; the last was committed at `committed`.
    pub(crate) fn followed(&self, position: i64, committed: Option<Timestamp>, now: Timestamp) {
        self.feed_position.set(position);
        if let Some(committed) = committed {
            // Clocks of two replicas may differ a little.
            self.feed_delay.observe(now.duration_since(committed).as_secs_f64().max(0.0));
        }
    }

    /// A session with a site of this kind has begun.
    pub(crate) fn session_begun(&self, kind: &'static str) -> SessionCounted {
        self.sessions_begun.get_or_create(&SessionKind { kind }).inc();
        let open = self.sessions.get_or_create_owned(&SessionKind { kind });
        open.inc();
        SessionCounted(open)
    }
}

/// A session that is counted, until this is dropped.
#[derive(Debug)]
pub(crate) struct SessionCounted(Gauge);

impl Drop for SessionCounted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Counts a run of a reconciler.
pub(crate) async fn timed<T, E>(
    app: &App,
    reconciler: &'static str,
    run: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = Instant::now();
    let result = run.await;
    app.metrics().ran(reconciler, begun.elapsed(), app.now(), result.is_ok());
    result
}

/// What is counted, and what is stored now.
pub(crate) async fn scrape(app: &App) -> Response {
    let stored = stored::read(app).await;
    edge::metrics::answer(&[&app.metrics().registry, &stored])
}
