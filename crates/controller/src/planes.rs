//! This replica's routers: one per backbone, linked to every `manage` access point of it, serving the platform's
//! addresses to its sites.

mod watch;

use std::{collections::HashMap, sync::Arc, time::Duration};

use dataplane::{ApplyError, DataPlane, NativeRouter, NodeOptions, RouterConfig, ServeError, Stream};
use futures_util::{Stream as FuturesStream, StreamExt as _};
use jiff::SignedDuration;
use model::{Address, BackboneId};
use pki::tls::Leaf;
use site_proto::{claim_server::ClaimServer, site_server::SiteServer};
use store::{Context, Page, access_point, authority::Owner, backbone, backbone_site, trust as documents};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::transport::Server;

use crate::{
    App,
    claim::ClaimService,
    desired, issue, metrics,
    ops::OpError,
    session::SessionService,
    streams::{Caller, Inbound},
    trust,
};

/// Name and version of this program, as routers tell each other.
pub(crate) const SOFTWARE: &str = concat!("skx-controller/", env!("CARGO_PKG_VERSION"));
/// How long the reconciler rests after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it looks without having been woken, at least: certificates come to two thirds of their life by time alone.
const LOOK: Duration = Duration::from_secs(60);
/// And at least so many times in a life of a leaf.
const LOOKS: u32 = 12;
/// The largest message a site may send.
const MAX_FROM_SITE: usize = 256 * 1024;
/// The largest message a site is sent.
const MAX_TO_SITE: usize = 16 * 1024 * 1024;
/// The largest claim.
const MAX_CLAIM: usize = 64 * 1024;
/// How often a silent site is asked whether it is there, and how long it may take to answer.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long a claim may take.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection for claims may last: a claim is one question, and its answer.
const CLAIM_CONNECTION: Duration = Duration::from_secs(60);
/// How long routers may take to end in order.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// A router at one backbone, with the services behind it.
struct Plane {
    router: Arc<NativeRouter>,
    /// Ends the services behind it, before the router.
    serving: CancellationToken,
    /// Ends what listens to the router.
    stop: CancellationToken,
    /// Cancelled when a router of the backbone has said which trust document it holds. Until then it is given none: what the
    /// database says may be older than the network, and must not take its place.
    heard: CancellationToken,
}

/// Keeps a router at every backbone, until `shutdown`; sessions run as tasks of `sessions`. From `hand_over` on, sites are
/// served no more, and go to other replicas; the routers stay, for whatever requests under way have to tell them.
pub(crate) async fn keep(
    app: App,
    epoch: u64,
    sessions: TaskTracker,
    hand_over: CancellationToken,
    shutdown: CancellationToken,
) {
    let mut planes = Planes { app: app.clone(), epoch, sessions, hand_over, planes: HashMap::new() };
    loop {
        let rest = match metrics::timed(&app, "routers", planes.pass()).await {
            Ok(()) => look(app.leaf_lifetime()),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the routers could not be brought up to date; trying again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = timeout(rest, app.planes_signal().notified()) => {}
        }
    }
    planes.shutdown().await;
}

fn look(leaf: SignedDuration) -> Duration {
    LOOK.min(leaf.unsigned_abs() / LOOKS)
}

struct Planes {
    app: App,
    epoch: u64,
    sessions: TaskTracker,
    hand_over: CancellationToken,
    planes: HashMap<BackboneId, Plane>,
}

impl Planes {
    async fn pass(&mut self) -> Result<(), OpError> {
        let backbones = backbone::list(self.app.store(), Page::ALL).await?.items;
        let gone: Vec<_> =
            self.planes.keys().filter(|id| !backbones.iter().any(|row| row.id == **id)).copied().collect();
        for id in gone {
            if let Some(plane) = self.planes.remove(&id) {
                plane.end().await;
            }
        }
        let mut failed = None;
        for row in backbones {
            match self.bring_up_to_date(row.id).await {
                // One that is gone was deleted just now.
                Ok(()) | Err(OpError::NotFound { .. }) => {}
                // The others are not to wait for it.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn bring_up_to_date(&mut self, backbone: BackboneId) -> Result<(), OpError> {
        let mut config = router_config(&self.app, backbone).await?;
        let plane = match self.planes.get(&backbone) {
            Some(plane) => plane,
            None => {
                let plane = self.start(backbone)?;
                self.planes.entry(backbone).or_insert(plane)
            }
        };
        if !plane.heard.is_cancelled() {
            config.trust = None;
        }
        match plane.router.apply(config).await {
            Ok(()) => Ok(()),
            // What is not in force yet is tried again by the router.
            Err(error @ ApplyError::Partly(_)) => {
                tracing::warn!(%backbone, error = &error as &dyn std::error::Error, "the router is not wholly configured");
                Ok(())
            }
            Err(error) => Err(OpError::internal("a router refused its configuration")(error)),
        }
    }

    fn start(&self, backbone: BackboneId) -> Result<Plane, OpError> {
        let options = NodeOptions { epoch: self.epoch, clock: self.app.clock(), software: SOFTWARE.to_owned() };
        let router = Arc::new(NativeRouter::start(options));
        let (serving, stop, heard) = (self.hand_over.child_token(), CancellationToken::new(), CancellationToken::new());
        let serve = |address| {
            let incoming = router.serve(address)?;
            Ok::<_, ServeError>(incoming.map(move |stream| Ok::<_, std::io::Error>(inbound(stream, backbone))))
        };
        let taken = OpError::internal("a router serves the platform's addresses already");
        let (claims, controls) = match (serve(Address::claim()), serve(Address::controller())) {
            (Ok(claims), Ok(controls)) => (claims, controls),
            (Err(error), _) | (_, Err(error)) => return Err(taken(error)),
        };
        let claim = ClaimServer::new(ClaimService::new(self.app.clone()))
            .max_decoding_message_size(MAX_CLAIM)
            .max_encoding_message_size(MAX_TO_SITE);
        let server = Server::builder()
            .timeout(CLAIM_TIMEOUT)
            .concurrency_limit_per_connection(2)
            .max_connection_age(CLAIM_CONNECTION)
            .http2_keepalive_interval(Some(KEEP_ALIVE))
            .http2_keepalive_timeout(Some(KEEP_ALIVE));
        self.sessions.spawn(serve_until(serving.clone(), server, claim, claims));
        let session = SessionService::new(self.app.clone(), self.sessions.clone(), serving.clone());
        let session =
            SiteServer::new(session).max_decoding_message_size(MAX_FROM_SITE).max_encoding_message_size(MAX_TO_SITE);
        let server = Server::builder()
            .concurrency_limit_per_connection(2)
            .http2_keepalive_interval(Some(KEEP_ALIVE))
            .http2_keepalive_timeout(Some(KEEP_ALIVE));
        self.sessions.spawn(serve_until(serving.clone(), server, session, controls));
        let watch = watch::Watch { app: self.app.clone(), backbone, heard: heard.clone(), stop: stop.clone() };
        self.sessions.spawn(watch.clone().push(Arc::downgrade(&router)));
        self.sessions.spawn(watch.listen(router.observe()));
        Ok(Plane { router, serving, stop, heard })
    }

    async fn shutdown(self) {
        // Sessions and services first: they say goodbye over the links that the routers then end.
        for plane in self.planes.values() {
            plane.serving.cancel();
            plane.stop.cancel();
        }
        self.sessions.close();
        if timeout(SHUTDOWN, self.sessions.wait()).await.is_err() {
            tracing::warn!(open = self.sessions.len(), "sessions did not end in time");
        }
        for plane in self.planes.into_values() {
            plane.end().await;
        }
    }
}

impl Plane {
    async fn end(self) {
        self.serving.cancel();
        self.stop.cancel();
        if timeout(SHUTDOWN, self.router.shutdown()).await.is_err() {
            tracing::warn!("a router did not end in time");
        }
    }
}

fn inbound(stream: Stream, backbone: BackboneId) -> Inbound<Stream> {
    // The certificate was verified; one that cannot be read is no bundle's.
    let serial = pki::Certificate::parse(stream.peer_certificate.as_bytes()).map(|it| it.serial).unwrap_or_default();
    let caller = Caller { identity: stream.peer, serial, backbone };
    Inbound { io: stream, caller }
}

async fn serve_until<S, I>(stop: CancellationToken, server: Server, service: S, incoming: I)
where
    S: tower::Service<
            http::Request<tonic::body::Body>,
            Response = http::Response<tonic::body::Body>,
            Error = std::convert::Infallible,
        > + Clone
        + Send
        + 'static,
    S::Future: Send,
    I: FuturesStream<Item = Result<Inbound<Stream>, std::io::Error>> + Send + 'static,
{
    let ended = server.serve_with_incoming_shutdown(service, incoming, stop.cancelled_owned()).await;
    if let Err(error) = ended {
        tracing::error!(error = &error as &dyn std::error::Error, "a service of the controller has failed");
    }
}

/// What this replica's router at a backbone is to be.
async fn router_config(app: &App, backbone: BackboneId) -> Result<RouterConfig, OpError> {
    let sites = backbone_site::list(app.store(), backbone, Page::ALL).await?.items;
    let points = access_point::list_of_backbone(app.store(), backbone).await?;
    let latest = documents::latest(app.store(), backbone).await?;
    let mut tx = app.store().begin(&Context::controller(app.controller())).await?;
    let backbone_authorities = trust::authorities(&mut tx, Owner::Backbone(backbone)).await?;
    let Some(issuer) = issue::issuer(app, &mut tx, Owner::Backbone(backbone)).await? else {
        return Err(OpError::NotFound { kind: "backbone".to_owned(), name: backbone.to_string() });
    };
    let certificate = trust::own_leaf(app, &mut tx, &issuer).await?;
    tx.commit().await?;
    let leaf = Leaf { certificate: certificate.der, key: app.controller_key().clone() };
    Ok(RouterConfig {
        backbone_authorities,
        trust: latest.map(trust::signed),
        links: desired::managed(&sites, &points),
        ..RouterConfig::new(app.installation(), backbone, leaf)
    })
}
