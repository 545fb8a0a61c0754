//! One relay and one controller in this process: real routers, real gRPC, and answers the test decides on.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use dataplane::{DataPlane, NativeRouter, NodeOptions, RouterConfig, Stream};
use futures_util::{Stream as FuturesStream, StreamExt as _};
use jiff::SignedDuration;
use model::{
    AccessPointId, Address, BackboneSiteId, ControllerId, GenericUuid, HostPort, Identity, LinkId,
    desired::Item,
    router::{AccessPoint, Link, Transport},
    trust::{AuthorityTrust, Denied, NetworkTrust, TrustDocument},
};
use pki::{Certificate, Csr, LeafUse, Membership, PrivateKey, SignedTrust, Validity, tls::Leaf};
use site_proto::{
    Admission, ControllerMessage, EnrolReply, EnrolRequest, RedeemReply, RedeemRequest, Refusal, Renewed, SiteMessage,
    State, Welcome,
    claim_server::{Claim, ClaimServer},
    controller_message, enrol_reply, redeem_reply, site_message,
    site_server::{Site, SiteServer},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::mpsc,
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming, transport::server::Connected};
use uuid::Uuid;

use super::site::PATIENCE;
use crate::fixture::{self, ManualClock, authorities, leaf_validity, now};

const RELAY: u128 = 100;
const CONTROLLER: u128 = 101;

/// The controller's behaviour and what it has seen.
#[derive(Default)]
pub(super) struct Mind {
    /// What a member is made of; replaced by tests.
    pub(super) items: Vec<Item>,
    /// Refusals to give before admitting.
    pub(super) refusals: VecDeque<Refusal>,
    /// The keys that asked to be admitted.
    pub(super) keys: Vec<pki::KeyDigest>,
    /// The validity of certificates to issue.
    pub(super) validity: Option<Validity>,
    /// How long after that members may have them renewed.
    pub(super) grace: Option<SignedDuration>,
    /// What the controllers take the time for, in Unix seconds; 0, when they do not say.
    pub(super) time: i64,
}

/// A session of a site.
pub(super) struct Session {
    pub(super) hello: site_proto::SiteHello,
    messages: mpsc::Receiver<SiteMessage>,
    to: mpsc::Sender<Result<ControllerMessage, Status>>,
}

impl Session {
    pub(super) async fn send(&self, body: controller_message::Body) {
        self.to.send(Ok(ControllerMessage { body: Some(body) })).await.expect("the session is up");
    }

    /// Sends a complete desired state.
    pub(super) async fn state(&self, revision: u64, items: &[Item]) {
        let state = State {
            revision,
            full: true,
            keys: items.iter().map(Item::key).collect(),
            changed: items.iter().map(fixture::encode).collect(),
            ..State::default()
        };
        self.send(controller_message::Body::State(state)).await;
    }

    /// The first message that `wanted` takes.
    pub(super) async fn expect<T>(&mut self, what: &str, wanted: impl Fn(site_message::Body) -> Option<T>) -> T {
        let found = timeout(PATIENCE, async {
            loop {
                let message = self.messages.recv().await?;
                if let Some(found) = message.body.and_then(&wanted) {
                    return Some(found);
                }
            }
        });
        match found.await {
            Ok(Some(found)) => found,
            Ok(None) => panic!("the session ended before {what}"),
            Err(_) => panic!("no {what}"),
        }
    }
}

/// A backbone of one relay, with a controller.
pub(super) struct Backbone {
    relay: NativeRouter,
    controller: Option<NativeRouter>,
    pub(super) address: HostPort,
    pub(super) mind: Arc<Mutex<Mind>>,
    sessions: mpsc::Receiver<Session>,
    session_sender: mpsc::Sender<Session>,
    clock: ManualClock,
    version: u64,
}

fn leaf(identity: Identity, name: LeafUse) -> (Certificate, PrivateKey) {
    let id = model::SpiffeId { installation: fixture::installation(), identity };
    authorities().backbone.issue_leaf_with_new_key(id, name, fixture::validity()).expect("issues")
}

fn router(clock: &ManualClock) -> NativeRouter {
    NativeRouter::start(NodeOptions { epoch: 1, clock: Arc::new(clock.clone()), software: "test".to_owned() })
}

fn backbone_authorities() -> Vec<AuthorityTrust> {
    vec![AuthorityTrust { generation: 1, certificate: authorities().backbone.certificate.clone() }]
}

fn config(identity: Identity) -> RouterConfig {
    let (certificate, key) = leaf(identity, LeafUse::Peer);
    let leaf = Leaf { certificate: certificate.der, key };
    RouterConfig {
        backbone_authorities: backbone_authorities(),
        ..RouterConfig::new(fixture::installation(), fixture::backbone(), leaf)
    }
}

fn relay_id() -> BackboneSiteId {
    BackboneSiteId::from_untyped_uuid(Uuid::from_u128(RELAY))
}

impl Backbone {
    pub(super) async fn start(clock: &ManualClock) -> Self {
        let relay = router(clock);
        let mut config = config(Identity::BackboneSite { backbone: fixture::backbone(), site: relay_id() });
        config.access_points = vec![AccessPoint {
            id: AccessPointId::from_untyped_uuid(Uuid::from_u128(102)),
            name: "all".parse().expect("a name"),
            kinds: "peer,member,claim,manage".parse().expect("kinds"),
            bind: ([127, 0, 0, 1], 0).into(),
        }];
        config.trust = Some(trust(1, Denied::default()));
        relay.apply(config).await.expect("a relay");
        let bound = relay.status().access_points[0].bound.expect("it listens");
        let (session_sender, sessions) = mpsc::channel(8);
        let mind = Mind { items: Vec::new(), ..Mind::default() };
        let address: HostPort = bound.to_string().parse().expect("an address");
        let mut backbone = Self {
            relay,
            controller: None,
            address,
            mind: Arc::new(Mutex::new(mind)),
            sessions,
            session_sender,
            clock: clock.clone(),
            version: 1,
        };
        backbone.mind.lock().expect("no panic").items = backbone.member_items();
        backbone.start_controller().await;
        backbone
    }

    /// What a member of this backbone shall be.
    pub(super) fn member_items(&self) -> Vec<Item> {
        let mut items = fixture::member_items();
        for item in &mut items {
            if let Item::Link(link) = item {
                link.targets = vec![self.address.clone()];
            }
        }
        items
    }

    /// A link from the controller to an access point.
    async fn manage(&self, address: &HostPort) -> NativeRouter {
        let router = router(&self.clock);
        let controller = ControllerId::from_untyped_uuid(Uuid::from_u128(CONTROLLER));
        let mut config = config(Identity::Controller { controller });
        config.trust = Some(trust(self.version, Denied::default()));
        config.links = vec![Link {
            id: LinkId::from_untyped_uuid(Uuid::from_u128(103)),
            targets: vec![address.clone()],
            peer: None,
            cost: 1,
            transport: Transport::Direct,
        }];
        let service = Service { mind: self.mind.clone(), sessions: self.session_sender.clone() };
        for address in [Address::claim(), Address::controller()] {
            let incoming = router.serve(address).expect("served once").map(|stream| Ok::<_, io::Error>(Io(stream)));
            let server = tonic::transport::Server::builder()
                .add_service(ClaimServer::new(service.clone()))
                .add_service(SiteServer::new(service.clone()))
                .serve_with_incoming(incoming);
            tokio::spawn(server);
        }
        router.apply(config).await.expect("a controller");
        router
    }

    pub(super) async fn start_controller(&mut self) {
        let address = self.address.clone();
        self.controller = Some(self.manage(&address).await);
    }

    /// A controller that dials another site, as for one that enrols.
    pub(super) async fn manage_also(&self, address: &HostPort) -> NativeRouter {
        self.manage(address).await
    }

    pub(super) async fn stop_controller(&mut self) {
        if let Some(controller) = self.controller.take() {
            controller.shutdown().await;
        }
    }

    pub(super) async fn relay_shutdown(&self) {
        self.relay.shutdown().await;
    }

    /// Puts a newer trust document into force.
    pub(super) async fn deny(&mut self, denied: Denied) {
        self.version += 1;
        let mut config =
            config(Identity::Controller { controller: ControllerId::from_untyped_uuid(Uuid::from_u128(CONTROLLER)) });
        config.links = vec![Link {
            id: LinkId::from_untyped_uuid(Uuid::from_u128(103)),
            targets: vec![self.address.clone()],
            peer: None,
            cost: 1,
            transport: Transport::Direct,
        }];
        config.trust = Some(trust(self.version, denied));
        self.controller.as_ref().expect("it runs").apply(config).await.expect("a newer document");
    }

    /// The next session a site begins.
    pub(super) async fn session(&mut self) -> Session {
        timeout(PATIENCE, self.sessions.recv()).await.expect("a session").expect("the backbone lives")
    }
}

/// The trust document of the fixture's backbone, with its network open.
pub(super) fn trust(version: u64, denied: Denied) -> SignedTrust {
    let identity = Identity::TrustSigner {
        backbone: fixture::backbone(),
        controller: GenericUuid::from_untyped_uuid(Uuid::from_u128(99)),
    };
    let (signer, key) = leaf(identity, LeafUse::TrustSigner);
    let network = NetworkTrust {
        opens: fixture::start(),
        closes: Some(fixture::time("2027-02-28T18:05:00Z")),
        authorities: vec![AuthorityTrust { generation: 1, certificate: authorities().network.certificate.clone() }],
    };
    let document = TrustDocument {
        format: TrustDocument::FORMAT,
        installation: fixture::installation(),
        backbone: fixture::backbone(),
        version,
        issued: now(),
        valid_until: fixture::time("2028-01-01T00:00:00Z"),
        networks: [(fixture::network(), network)].into(),
        denied,
    };
    SignedTrust::sign(&document, &key, &signer)
}

/// A stream as tonic wants it.
struct Io(Stream);

#[derive(Clone)]
struct Caller(Identity);

impl Connected for Io {
    type ConnectInfo = Caller;

    fn connect_info(&self) -> Caller {
        Caller(self.0.peer)
    }
}

impl AsyncRead for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[derive(Clone)]
struct Service {
    mind: Arc<Mutex<Mind>>,
    sessions: mpsc::Sender<Session>,
}

fn caller<T>(request: &Request<T>) -> Identity {
    request.extensions().get::<Caller>().expect("every stream is authenticated").0
}

impl Service {
    fn admit(&self, identity: Identity, csr: &[u8], items: Vec<Item>) -> Result<Admission, Refusal> {
        let mut mind = self.mind.lock().expect("no panic");
        let csr = Csr::parse(csr).expect("a request");
        mind.keys.push(csr.key_digest());
        if let Some(refusal) = mind.refusals.pop_front() {
            return Err(refusal);
        }
        let validity = mind.validity.unwrap_or_else(leaf_validity);
        let authority = if identity.network().is_some() { &authorities().network } else { &authorities().backbone };
        let id = model::SpiffeId { installation: fixture::installation(), identity };
        let renewable_until = mind.grace.map(|grace| validity.not_after + grace);
        let membership = Membership { renewable_until, ..Membership::default() };
        let certificate = authority.issue_member(&csr, id, validity, &membership).expect("issues");
        let (site, trust) = match identity {
            Identity::Member { site, .. } => (site.into_untyped_uuid(), None),
            Identity::BackboneSite { site, .. } => {
                let SignedTrust { document, signature, signer } = trust(1, Denied::default());
                (site.into_untyped_uuid(), Some(site_proto::SignedTrust { document, signature, signer: signer.0 }))
            }
            other => unreachable!("{other:?} is not admitted"),
        };
        Ok(Admission {
            site: site.to_string(),
            name: "named".to_owned(),
            certificate: certificate.der.0,
            items: items.iter().map(fixture::encode).collect(),
            trust,
        })
    }
}

#[tonic::async_trait]
impl Claim for Service {
    async fn redeem(&self, request: Request<RedeemRequest>) -> Result<Response<RedeemReply>, Status> {
        assert!(matches!(caller(&request), Identity::Invitation { .. } | Identity::Renewal { .. }));
        let items = self.mind.lock().expect("no panic").items.clone();
        let outcome = match self.admit(fixture::member_identity(), &request.get_ref().csr, items) {
            Ok(admission) => redeem_reply::Outcome::Admitted(admission),
            Err(refusal) => redeem_reply::Outcome::Refused(refusal),
        };
        Ok(Response::new(RedeemReply { outcome: Some(outcome) }))
    }

    async fn enrol(&self, request: Request<EnrolRequest>) -> Result<Response<EnrolReply>, Status> {
        assert!(matches!(caller(&request), Identity::Bootstrap { .. }));
        let items = self.mind.lock().expect("no panic").items.clone();
        let outcome = match self.admit(fixture::backbone_identity(), &request.get_ref().csr, items) {
            Ok(admission) => enrol_reply::Outcome::Admitted(admission),
            Err(refusal) => enrol_reply::Outcome::Refused(refusal),
        };
        Ok(Response::new(EnrolReply { outcome: Some(outcome) }))
    }
}

#[tonic::async_trait]
impl Site for Service {
    type SessionStream = Pin<Box<dyn FuturesStream<Item = Result<ControllerMessage, Status>> + Send>>;

    async fn session(&self, request: Request<Streaming<SiteMessage>>) -> Result<Response<Self::SessionStream>, Status> {
        assert!(matches!(caller(&request), Identity::Member { .. } | Identity::BackboneSite { .. }));
        let mut incoming = request.into_inner();
        let first = incoming.message().await?.and_then(|message| message.body);
        let Some(site_message::Body::Hello(hello)) = first else { return Err(Status::invalid_argument("no hello")) };
        let (to, replies) = mpsc::channel(16);
        let (sender, messages) = mpsc::channel(64);
        let welcome = Welcome {
            version: site_proto::VERSION,
            controller: "test".to_owned(),
            time: self.mind.lock().expect("no panic").time,
        };
        to.try_send(Ok(ControllerMessage { body: Some(controller_message::Body::Welcome(welcome)) })).expect("room");
        tokio::spawn(async move {
            while let Ok(Some(message)) = incoming.message().await {
                if sender.send(message).await.is_err() {
                    break;
                }
            }
        });
        let session = Session { hello, messages, to };
        self.sessions.send(session).await.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(Box::pin(ReceiverStream::new(replies))))
    }
}

/// A certificate for what a site asks in a session.
pub(super) fn renew(csr: &[u8], identity: Identity, validity: Validity) -> controller_message::Body {
    let authority = if identity.network().is_some() { &authorities().network } else { &authorities().backbone };
    let id = model::SpiffeId { installation: fixture::installation(), identity };
    let csr = Csr::parse(csr).expect("a request");
    let certificate = authority.issue_leaf(&csr, id, LeafUse::Peer, validity).expect("issues");
    controller_message::Body::Renewed(Renewed { certificate: certificate.der.0 })
}
