//! One installation with two networks, and a backbone that leads every path through two relays.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use model::{
    Address, BackboneId, BackboneSiteId, Clock, ConnectorId, ControllerId, GenericUuid, Host, HostPort, Identity,
    InstallationId, InvitationId, ListenerId, NetworkId, SiteId, SpiffeId,
    router::{Connector, Listener, Transport},
    terms::AddressLimits,
};
use overlay::{
    data_conn::{DataConn, Meter},
    e2e::E2eConfig,
    egress::Egress,
    ingress::{Ingress, Observer},
    observe::{Flow, Observation},
    paths::{Candidate, PathConn, PathError, Paths},
    relay::relay,
};
use pki::{
    Alpn, Anchors, Authority, AuthorityKind, Csr, LeafUse, PeerPolicy, PrivateKey, SystemClock, Validity,
    tls::{self, Leaf},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, WriteHalf},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
};
use tokio_rustls::{TlsAcceptor, TlsConnector, TlsStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub(crate) fn member(network: u128, site: u128) -> Identity {
    Identity::Member {
        network: NetworkId::from_untyped_uuid(uuid(network)),
        site: SiteId::from_untyped_uuid(uuid(site)),
    }
}

pub(crate) fn invitation(network: u128) -> Identity {
    Identity::Invitation {
        network: NetworkId::from_untyped_uuid(uuid(network)),
        invitation: InvitationId::from_untyped_uuid(uuid(77)),
    }
}

pub(crate) fn controller() -> Identity {
    Identity::Controller { controller: ControllerId::from_untyped_uuid(uuid(99)) }
}

pub(crate) fn backbone_site() -> Identity {
    Identity::BackboneSite { backbone: backbone(), site: BackboneSiteId::from_untyped_uuid(uuid(50)) }
}

fn backbone() -> BackboneId {
    BackboneId::from_untyped_uuid(uuid(1000))
}

pub(crate) fn address(text: &str) -> Address {
    Address::from_wire(text).unwrap()
}

/// Certificate authorities, and the rule by which everybody judges.
pub(crate) struct Pki {
    installation: InstallationId,
    backbone: Authority,
    networks: BTreeMap<NetworkId, Authority>,
    validity: Validity,
    pub(crate) policy: Arc<Policy>,
}

#[derive(Debug)]
pub(crate) struct Policy {
    anchors: Arc<Anchors>,
}

impl PeerPolicy for Policy {
    fn anchors(&self) -> Arc<Anchors> {
        self.anchors.clone()
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn admit(&self, _: &Identity) -> Result<(), String> {
        Ok(())
    }
}

impl Pki {
    /// An installation with the networks 1 and 2.
    pub(crate) fn new() -> Self {
        let installation = InstallationId::from_untyped_uuid(uuid(1));
        let now = Timestamp::now();
        let validity = Validity::backdated(now, now + SignedDuration::from_hours(1));
        let root = Authority::development_root(installation, "test", validity).unwrap();
        let validity = validity.within(&root.details());
        let backbone_ca = root.issue_authority(AuthorityKind::Backbone(backbone()), 1, validity).unwrap();
        let networks: BTreeMap<_, _> = [1, 2]
            .map(|n| NetworkId::from_untyped_uuid(uuid(n)))
            .map(|id| (id, backbone_ca.issue_authority(AuthorityKind::Network(id), 1, validity).unwrap()))
            .into();
        let anchors = Anchors {
            installation,
            backbone: backbone(),
            backbone_authorities: vec![backbone_ca.certificate.clone()],
            networks: networks.iter().map(|(id, ca)| (*id, vec![ca.certificate.clone()])).collect(),
        };
        let policy = Arc::new(Policy { anchors: Arc::new(anchors) });
        Self { installation, backbone: backbone_ca, networks, validity, policy }
    }

    pub(crate) fn leaf(&self, identity: Identity) -> Leaf {
        let authority = identity.network().map_or(&self.backbone, |network| &self.networks[&network]);
        let id = SpiffeId { installation: self.installation, identity };
        let (certificate, key) = authority.issue_leaf_with_new_key(id, LeafUse::Peer, self.validity).unwrap();
        Leaf { certificate: certificate.der, key }
    }

    /// A leaf that lets its site serve and use no more than this.
    pub(crate) fn limited_leaf(&self, identity: Identity, limits: &AddressLimits) -> Leaf {
        let key = PrivateKey::generate();
        let request = Csr::parse(&key.csr()).unwrap();
        let authority = &self.networks[&identity.network().unwrap()];
        let id = SpiffeId { installation: self.installation, identity };
        let membership = pki::Membership { limits: limits.clone(), renewable_until: None };
        let certificate = authority.issue_member(&request, id, self.validity, &membership).unwrap();
        Leaf { certificate: certificate.der, key }
    }

    pub(crate) fn policy(&self) -> Arc<dyn PeerPolicy> {
        self.policy.clone()
    }

    pub(crate) fn config(&self, identity: Identity) -> Arc<E2eConfig> {
        Arc::new(E2eConfig::new(&self.leaf(identity), &self.policy()).unwrap())
    }
}

/// A site: both ends of streams.
pub(crate) struct Site {
    pub(crate) identity: Identity,
    pub(crate) config: Arc<E2eConfig>,
    pub(crate) ingress: Ingress,
    pub(crate) egress: Egress,
    observations: Mutex<mpsc::UnboundedReceiver<Observation>>,
}

impl Site {
    pub(crate) async fn observation(&self) -> Observation {
        std::future::poll_fn(|cx| self.observations.lock().unwrap().poll_recv(cx)).await.unwrap()
    }

    pub(crate) async fn flow(&self) -> Flow {
        loop {
            if let Observation::FlowClosed(flow) = self.observation().await {
                return flow;
            }
        }
    }
}

impl Site {
    /// Why the first flow to fail failed.
    pub(crate) async fn flow_error(&self) -> String {
        loop {
            if let Some(error) = self.flow().await.error {
                return error;
            }
        }
    }
}

/// What relays do to the paths they carry.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conduct {
    /// What they should.
    Honest,
    /// Everything passes until [`Backbone::cut`]; then the connections end as if in good order, on the TCP level.
    Truncate,
    /// Everything passes until [`Backbone::set_trap`]; then the next bytes from the ingress end the connections.
    Trap,
    /// Everything passes until [`Backbone::set_trap`]; then what comes from the ingress of each of two streams goes on to
    /// where the other one leads.
    Cross,
}

/// Towards the egress of each stream whose relay may [cross](Conduct::Cross) it.
type Ways = Arc<Mutex<Vec<Arc<tokio::sync::Mutex<WriteHalf<DataConn>>>>>>;

/// The backbone of a test.
pub(crate) struct Backbone {
    pub(crate) pki: Pki,
    sites: Mutex<BTreeMap<Identity, Arc<Site>>>,
    candidates: Mutex<BTreeMap<Address, Vec<Candidate>>>,
    changed: Notify,
    /// Paths meant for the first lead to the second.
    redirects: Mutex<BTreeMap<Identity, Identity>>,
    unreachable: Mutex<BTreeSet<Identity>>,
    pub(crate) transport: Transport,
    conduct: Mutex<Conduct>,
    cut: Mutex<CancellationToken>,
    trap: Mutex<Arc<AtomicBool>>,
    crossing: Ways,
    /// Paths opened so far.
    pub(crate) opened: AtomicUsize,
    /// The links that carry paths.
    links: Mutex<CancellationToken>,
}

impl Backbone {
    pub(crate) fn new(transport: Transport) -> Arc<Self> {
        Arc::new(Self {
            pki: Pki::new(),
            sites: Mutex::default(),
            candidates: Mutex::default(),
            changed: Notify::new(),
            redirects: Mutex::default(),
            unreachable: Mutex::default(),
            transport,
            conduct: Mutex::new(Conduct::Honest),
            cut: Mutex::default(),
            trap: Mutex::default(),
            crossing: Ways::default(),
            opened: AtomicUsize::new(0),
            links: Mutex::default(),
        })
    }

    pub(crate) fn site(self: &Arc<Self>, identity: Identity) -> Arc<Site> {
        self.site_with_patience(identity, Duration::from_secs(60))
    }

    pub(crate) fn site_with_patience(self: &Arc<Self>, identity: Identity, patience: Duration) -> Arc<Site> {
        self.site_with(identity, patience, Egress::new)
    }

    /// A site that sends away who says nothing for so long.
    pub(crate) fn site_with_first_word(self: &Arc<Self>, identity: Identity, first_word: Duration) -> Arc<Site> {
        self.site_with(identity, Duration::from_secs(60), |clock, observer| {
            Egress::with_first_word(clock, observer, first_word)
        })
    }

    /// A site that may serve and use no more than this.
    pub(crate) fn limited_site(self: &Arc<Self>, identity: Identity, limits: &AddressLimits) -> Arc<Site> {
        let leaf = self.pki.limited_leaf(identity, limits);
        let config = Arc::new(E2eConfig::new(&leaf, &self.pki.policy()).unwrap());
        self.site_of(identity, config, Duration::from_secs(60), Egress::new)
    }

    fn site_with(
        self: &Arc<Self>,
        identity: Identity,
        patience: Duration,
        egress: impl FnOnce(Arc<dyn Clock>, Observer) -> Egress,
    ) -> Arc<Site> {
        let config = self.pki.config(identity);
        self.site_of(identity, config, patience, egress)
    }

    fn site_of(
        self: &Arc<Self>,
        identity: Identity,
        config: Arc<E2eConfig>,
        patience: Duration,
        egress: impl FnOnce(Arc<dyn Clock>, Observer) -> Egress,
    ) -> Arc<Site> {
        let (sender, observations) = mpsc::unbounded_channel();
        let observer: Observer = Arc::new(move |observation| drop(sender.send(observation)));
        let paths = Arc::new(SitePaths { backbone: self.clone(), config: config.clone() });
        let site = Arc::new(Site {
            identity,
            config,
            ingress: Ingress::with_patience(paths, Arc::new(SystemClock), observer.clone(), patience),
            egress: egress(Arc::new(SystemClock), observer),
            observations: Mutex::new(observations),
        });
        self.sites.lock().unwrap().insert(identity, site.clone());
        site
    }

    /// Says that `peers` serve `address`, the first being the nearest.
    pub(crate) fn serves(&self, address: &Address, peers: &[Identity]) {
        let candidates =
            peers.iter().zip(1..).map(|(peer, cost)| Candidate { peer: *peer, cost, weight: 1, draining: false });
        self.candidates.lock().unwrap().insert(address.clone(), candidates.collect());
        self.changed.notify_waiters();
    }

    pub(crate) fn redirect(&self, meant: Identity, found: Identity) {
        self.redirects.lock().unwrap().insert(meant, found);
    }

    pub(crate) fn set_unreachable(&self, peer: Identity) {
        self.unreachable.lock().unwrap().insert(peer);
    }

    pub(crate) fn set_reachable(&self, peer: Identity) {
        self.unreachable.lock().unwrap().remove(&peer);
    }

    pub(crate) fn conduct(&self, conduct: Conduct) {
        *self.conduct.lock().unwrap() = conduct;
    }

    /// Ends all that is carried now, as if in good order.
    pub(crate) fn cut(&self) {
        std::mem::take(&mut *self.cut.lock().unwrap()).cancel();
    }

    /// Lets the paths opened so far fail, or cross, when something is next sent on them, and not before.
    pub(crate) fn set_trap(&self) {
        std::mem::take(&mut *self.trap.lock().unwrap()).store(true, Ordering::SeqCst);
    }

    /// Loses all links that carry something now.
    pub(crate) fn lose_links(&self) {
        std::mem::take(&mut *self.links.lock().unwrap()).cancel();
    }

    async fn lead(&self, peer: &Identity) -> Result<PathConn, PathError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        if self.unreachable.lock().unwrap().contains(peer) {
            return Err(PathError::Refused("no route".to_owned()));
        }
        let found = self.redirects.lock().unwrap().get(peer).copied().unwrap_or(*peer);
        let site = self.sites.lock().unwrap().get(&found).cloned().ok_or(PathError::NotLinked)?;
        let link = self.links.lock().unwrap().clone();
        let path = |conn| PathConn::new(conn, link.clone(), Arc::new(Meter::default()));
        let (near, first) = self.connection().await;
        let (second, far) = self.connection().await;
        let conduct = *self.conduct.lock().unwrap();
        match conduct {
            Conduct::Honest => {
                let (middle, other) = self.connection().await;
                tokio::spawn(relay(path(first), path(middle)));
                tokio::spawn(relay(path(other), path(second)));
            }
            Conduct::Truncate => {
                let cut = self.cut.lock().unwrap().clone();
                tokio::spawn(async move {
                    let (mut first, mut second) = (first, second);
                    // Dropping what has no unread bytes sends an orderly TCP end.
                    let _ = cut.run_until_cancelled(tokio::io::copy_bidirectional(&mut first, &mut second)).await;
                });
            }
            Conduct::Trap => {
                tokio::spawn(pass_until_trapped(first, second, self.trap.lock().unwrap().clone()));
            }
            Conduct::Cross => {
                let crossed = self.trap.lock().unwrap().clone();
                tokio::spawn(pass_until_crossed(first, second, crossed, self.crossing.clone()));
            }
        }
        site.egress.accept(path(far), site.config.clone(), None);
        Ok(path(near))
    }

    /// A data connection between two neighbours.
    async fn connection(&self) -> (DataConn, DataConn) {
        let (near, far) = tcp_pair().await;
        match self.transport {
            Transport::Direct => (DataConn::Direct(near), DataConn::Direct(far)),
            Transport::Tls => {
                let leaf = self.pki.leaf(backbone_site());
                let client = tls::client(None, Alpn::Data, self.pki.policy()).unwrap();
                let server = tls::server(&leaf, &[Alpn::Data], None).unwrap();
                let (near, far) = tokio::try_join!(
                    TlsConnector::from(client).connect(tls::server_name(), near),
                    TlsAcceptor::from(server).accept(far),
                )
                .unwrap();
                (DataConn::Tls(Box::new(TlsStream::Client(near))), DataConn::Tls(Box::new(TlsStream::Server(far))))
            }
        }
    }
}

struct SitePaths {
    backbone: Arc<Backbone>,
    config: Arc<E2eConfig>,
}

impl Paths for SitePaths {
    fn candidates(&self, address: &Address) -> Vec<Candidate> {
        self.backbone.candidates.lock().unwrap().get(address).cloned().unwrap_or_default()
    }

    fn wait_candidates<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            loop {
                let changed = self.backbone.changed.notified();
                if !self.candidates(address).is_empty() {
                    return;
                }
                changed.await;
            }
        })
    }

    fn open<'a>(&'a self, peer: &'a Identity) -> BoxFuture<'a, Result<PathConn, PathError>> {
        Box::pin(self.backbone.lead(peer))
    }

    fn e2e(&self) -> Option<Arc<E2eConfig>> {
        Some(self.config.clone())
    }
}

async fn pass_until_trapped(first: DataConn, second: DataConn, trap: Arc<AtomicBool>) {
    let (mut from, to) = tokio::io::split(first);
    let (back, mut forward) = tokio::io::split(second);
    let there = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(len @ 1..) = from.read(&mut buffer).await {
            if trap.load(Ordering::SeqCst) || forward.write_all(&buffer[..len]).await.is_err() {
                return;
            }
        }
    };
    let back = async move {
        let (mut back, mut to) = (back, to);
        let _ = tokio::io::copy(&mut back, &mut to).await;
    };
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

async fn pass_until_crossed(first: DataConn, second: DataConn, crossed: Arc<AtomicBool>, ways: Ways) {
    let (mut from, mut to) = tokio::io::split(first);
    let (mut back, forward) = tokio::io::split(second);
    let own = {
        let mut ways = ways.lock().unwrap();
        ways.push(Arc::new(tokio::sync::Mutex::new(forward)));
        ways.len() - 1
    };
    let there = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(len @ 1..) = from.read(&mut buffer).await {
            let way = if crossed.load(Ordering::SeqCst) { 1 - own } else { own };
            let way = ways.lock().unwrap()[way].clone();
            if way.lock().await.write_all(&buffer[..len]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = there => {}
        _ = tokio::io::copy(&mut back, &mut to) => {}
    }
}

pub(crate) async fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (near, far) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
    let (near, far) = (near.unwrap(), far.unwrap().0);
    near.set_nodelay(true).unwrap();
    far.set_nodelay(true).unwrap();
    (near, far)
}

pub(crate) fn path(conn: DataConn) -> PathConn {
    PathConn::new(conn, CancellationToken::new(), Arc::new(Meter::default()))
}

pub(crate) fn at(port: u16) -> HostPort {
    HostPort { host: Host::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST)), port }
}

pub(crate) fn listener(id: u128, address: &Address, port: u16) -> Listener {
    Listener { id: ListenerId::from_untyped_uuid(uuid(id)), address: address.clone(), bind: at(port) }
}

pub(crate) fn connector(id: u128, address: &Address, target: SocketAddr) -> Connector {
    Connector { id: ConnectorId::from_untyped_uuid(uuid(id)), address: address.clone(), target: at(target.port()) }
}

/// Where the first listener of `ingress` is bound, once it is.
pub(crate) async fn bound(ingress: &Ingress) -> SocketAddr {
    loop {
        if let Some(address) = ingress.status().iter().find_map(|listener| listener.bound) {
            return address;
        }
        tokio::task::yield_now().await;
    }
}

/// Two members of network 1, with a listener at the first and a target behind a connector at the second.
pub(crate) struct Line {
    pub(crate) backbone: Arc<Backbone>,
    pub(crate) near: Arc<Site>,
    pub(crate) far: Arc<Site>,
    pub(crate) address: Address,
    /// Where clients connect.
    pub(crate) listen: SocketAddr,
    /// Where the server accepts.
    pub(crate) server: TcpListener,
}

impl Line {
    pub(crate) async fn new(transport: Transport) -> Self {
        let backbone = Backbone::new(transport);
        let (near, far) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
        let address = address("till.api");
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        far.egress.apply(&[connector(1, &address, server.local_addr().unwrap())]);
        backbone.serves(&address, &[far.identity]);
        near.ingress.apply(&[listener(1, &address, 0)]);
        let listen = bound(&near.ingress).await;
        Self { backbone, near, far, address, listen, server }
    }

    /// A connection from a client to the server, through the network.
    pub(crate) async fn connect(&self) -> (TcpStream, TcpStream) {
        let client = TcpStream::connect(self.listen).await.unwrap();
        let (server, _) = self.server.accept().await.unwrap();
        (client, server)
    }
}
