//! The local API: the participant's view of their own site, on loopback, for whoever holds the site's token.

mod answer;
mod deployments;
mod guard;
mod routes;

use std::sync::Arc;

use api::local::{ConsentSet, Told};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::Method,
    middleware,
    routing::{self, MethodRouter},
};
use dataplane::DataPlane;
use model::{Clock, Name};
use ring::digest;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot, watch},
};
use tokio_util::sync::CancellationToken;

use crate::{
    deploy::{
        mind::{Act, ActError},
        worker::Opened,
    },
    live::Live,
    metrics::Metrics,
    state::{Change, ChangeError, StateError},
};

/// No request of this API is larger.
const MAX_BODY: usize = 64 * 1024;

/// What the API asks of the running site.
#[derive(Debug)]
pub(crate) enum Request {
    /// A change of the local configuration.
    Change(Change, oneshot::Sender<Result<(), Refused>>),
    /// What the participant says to a deployment.
    Act(Name, Act, oneshot::Sender<Result<(), Refused>>),
    /// When the participant wants to be asked, who reads logs, and what becomes of volumes.
    Consent(ConsentSet, oneshot::Sender<Result<(), Refused>>),
    /// To leave, with a reason for the controller. Answers whether the site's network knows.
    Leave(String, oneshot::Sender<Told>),
}

/// Why a change is not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Change(ChangeError),
    #[error("a backbone site only relays: it has no listeners and connectors")]
    Backbone,
    #[error("nothing is deployed at a backbone site: it only relays")]
    Relay,
    #[error(transparent)]
    Act(ActError),
    #[error("the site is no member of its network yet")]
    NotYet,
    #[error("the change cannot be stored, and was not made")]
    Storage(#[source] StateError),
}

/// What the API needs to answer.
#[derive(Clone)]
pub(crate) struct LocalApi {
    /// The token's digest: comparing digests tells nothing of the token by the time it takes.
    token: Arc<[u8]>,
    live: watch::Receiver<Live>,
    router: Arc<dyn DataPlane>,
    clock: Arc<dyn Clock>,
    requests: mpsc::Sender<Request>,
    metrics: Metrics,
    /// What runs workloads, where something does.
    workloads: Option<Opened>,
}

impl LocalApi {
    pub(crate) fn new(
        token: &str,
        live: watch::Receiver<Live>,
        router: Arc<dyn DataPlane>,
        clock: Arc<dyn Clock>,
        requests: mpsc::Sender<Request>,
        metrics: Metrics,
    ) -> Self {
        let token = digest::digest(&digest::SHA256, token.as_bytes()).as_ref().into();
        Self { token, live, router, clock, requests, metrics, workloads: None }
    }

    /// With who knows what workloads said.
    pub(crate) fn with_workloads(self, workloads: Option<Opened>) -> Self {
        Self { workloads, ..self }
    }

    fn is_token(&self, token: &str) -> bool {
        digest::digest(&digest::SHA256, token.as_bytes()).as_ref() == &*self.token
    }
}

/// Serves the API until `stop`, then finishes what it is answering.
pub(crate) async fn serve(listener: TcpListener, api: LocalApi, stop: CancellationToken) {
    let connections = api.metrics.connections();
    edge::serve(listener, connections, edge::Plain, router(api), stop).await;
}

/// Every endpoint: its methods, its path, and who serves it. Tests hold them to [`api::LOCAL_ENDPOINTS`].
pub(crate) fn endpoints() -> Vec<(&'static [Method], &'static str, MethodRouter<LocalApi>)> {
    const GET: &[Method] = &[Method::GET];
    const POST: &[Method] = &[Method::POST];
    const PUT: &[Method] = &[Method::PUT];
    const LIST: &[Method] = &[Method::GET, Method::POST];
    const ONE: &[Method] = &[Method::PUT, Method::DELETE];
    vec![
        (GET, "/metrics", routing::get(routes::metrics)),
        (GET, "/api/v1/site", routing::get(routes::site)),
        (POST, "/api/v1/site/leave", routing::post(routes::leave)),
        (PUT, "/api/v1/site/consent", routing::put(deployments::consent)),
        (GET, "/api/v1/deployments", routing::get(deployments::list)),
        (POST, "/api/v1/deployments/{name}/accept", routing::post(deployments::accept)),
        (POST, "/api/v1/deployments/{name}/decline", routing::post(deployments::decline)),
        (PUT, "/api/v1/deployments/{name}/locals", routing::put(deployments::fill)),
        (GET, "/api/v1/deployments/{name}/logs", routing::get(deployments::logs)),
        (GET, "/api/v1/addresses", routing::get(routes::addresses)),
        (LIST, "/api/v1/listeners", routing::get(routes::listeners).post(routes::add_listener)),
        (ONE, "/api/v1/listeners/{id}", routing::put(routes::set_listener).delete(routes::remove_listener)),
        (LIST, "/api/v1/connectors", routing::get(routes::connectors).post(routes::add_connector)),
        (ONE, "/api/v1/connectors/{id}", routing::put(routes::set_connector).delete(routes::remove_connector)),
    ]
}

fn router(api: LocalApi) -> Router {
    let all = endpoints().into_iter();
    let router = all.fold(Router::new(), |router, (_, path, serves)| router.route(path, serves));
    router
        .fallback(answer::no_such_path)
        .method_not_allowed_fallback(answer::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(api.clone(), guard::guard))
        .layer(middleware::from_fn_with_state(api.metrics.requests().clone(), guard::finish))
        .with_state(api)
}
