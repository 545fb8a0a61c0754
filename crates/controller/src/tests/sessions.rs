use std::sync::{Arc, Mutex};

use hyper_util::rt::TokioIo;
use model::{Identity, InvitationId, NetworkId, ticket::Ticket};
use pki::PrivateKey;
use site_proto::{
    Admission, Applied, ControllerMessage, ItemDigest, LinkStatus, Observed, OpenFlow, OpenFlows, RenewRequest,
    SiteHello, SiteMessage, SocketStatus, State, controller_message::Body, site_client::SiteClient, site_message,
    site_server::SiteServer,
};
use tokio::{io::DuplexStream, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic::{
    Status, Streaming,
    transport::{Endpoint, Server},
};

use super::fixture::{Fixture, Running, admin, admitted_as, at, name};
use crate::{
    ops::{
        LinkState, address, backbone_site,
        invitation::Uses,
        member,
        member::InvitationFate,
        network, socket,
        socket::{Kind, PlaceRef},
        status,
    },
    session::SessionService,
    streams::{Caller, Inbound},
};

/// The site's end of a session.
pub(super) struct SiteEnd {
    outgoing: mpsc::Sender<SiteMessage>,
    pub(super) incoming: Streaming<ControllerMessage>,
}

impl SiteEnd {
    pub(super) async fn open(fixture: &Fixture, identity: Identity, hello: SiteHello) -> Result<Self, Status> {
        Self::open_until(fixture, identity, hello, CancellationToken::new()).await
    }

    /// As a stream that was verified with `identity` would.
    pub(super) async fn open_until(
        fixture: &Fixture,
        identity: Identity,
        hello: SiteHello,
        shutdown: CancellationToken,
    ) -> Result<Self, Status> {
        let backbone = store::backbone::find(fixture.app.store(), "east").await.unwrap().id;
        let (near, far) = tokio::io::duplex(64 * 1024);
        let inbound = Inbound { io: far, caller: Caller { identity, serial: String::new(), backbone } };
        let service = SiteServer::new(SessionService::new(fixture.app.clone(), TaskTracker::new(), shutdown));
        tokio::spawn(
            Server::builder()
                .serve_with_incoming(service, tokio_stream::once(Ok::<Inbound<DuplexStream>, std::io::Error>(inbound))),
        );
        let once = Arc::new(Mutex::new(Some(near)));
        let connector = tower::service_fn(move |_| {
            let stream = once.lock().unwrap().take();
            async move { stream.map(TokioIo::new).ok_or_else(|| std::io::Error::other("used")) }
        });
        let channel = Endpoint::from_static("http://skx").connect_with_connector(connector).await.unwrap();
        let (outgoing, messages) = mpsc::channel(64);
        let site = site_message::Body::Hello(hello);
        outgoing.send(SiteMessage { body: Some(site) }).await.unwrap();
        let incoming = SiteClient::new(channel).session(ReceiverStream::new(messages)).await?.into_inner();
        Ok(Self { outgoing, incoming })
    }

    /// A session that was welcomed, and the whole state it began with.
    pub(super) async fn begun(fixture: &Fixture, identity: Identity, have: Vec<ItemDigest>) -> (Self, State) {
        let mut end = Self::open(fixture, identity, hello(have)).await.unwrap();
        let Body::Welcome(welcome) = end.next().await else { panic!("no welcome") };
        assert_eq!(welcome.version, site_proto::VERSION);
        let Body::State(state) = end.next().await else { panic!("no state") };
        assert!(state.full);
        (end, state)
    }

    pub(super) async fn next(&mut self) -> Body {
        self.incoming.message().await.unwrap().unwrap().body.unwrap()
    }

    pub(super) async fn say(&self, body: site_message::Body) {
        self.outgoing.send(SiteMessage { body: Some(body) }).await.unwrap();
    }
}

pub(super) fn hello(have: Vec<ItemDigest>) -> SiteHello {
    SiteHello { version_min: 1, version_max: 1, platform: None, have }
}

pub(super) async fn member_of_shop(fixture: &Fixture) -> (Admission, Identity, PrivateKey) {
    fixture.backbone().await;
    fixture.network().await;
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    let key = PrivateKey::generate();
    let admission = fixture.redeem(&ticket, &key, "lobby").await.unwrap();
    let identity = admitted_as(&admission);
    (admission, identity, key)
}

pub(super) fn listener(place: PlaceRef) -> socket::Create {
    socket::Create {
        network: at("shop"),
        address: "web".parse().unwrap(),
        socket: "127.0.0.1:8080".parse().unwrap(),
        place,
        adaptable: true,
    }
}

/// Waits for something that other tasks bring about.
pub(super) async fn until<T>(mut check: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(found) = check().await {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_site_is_sent_what_it_lacks_and_then_every_change_at_once() {
    let fixture = Fixture::new().await;
    let (admission, identity, _) = member_of_shop(&fixture).await;
    let running = Running::start(&fixture).await;

    let have: Vec<_> = admission
        .items
        .iter()
        .filter(|item| item.key != "settings")
        .map(|item| ItemDigest { key: item.key.clone(), digest: item.digest.clone() })
        .collect();
    let (mut site, state) = SiteEnd::begun(&fixture, identity, have).await;
    let changed: Vec<&str> = state.changed.iter().map(|item| item.key.as_str()).collect();
    assert_eq!((changed, state.keys.len(), state.revision), (vec!["settings"], 4, 1));

    let added =
        socket::add(&fixture.app, &admin(), Kind::Listener, listener(PlaceRef::Site(at("lobby")))).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    assert_eq!(delta.changed[0].key, format!("listener/{}", added.id));
    assert_eq!((delta.full, delta.revision, delta.changed.len()), (false, 2, 1));

    // What is for others is not for this site; what is removed is.
    socket::add(&fixture.app, &admin(), Kind::Listener, listener(PlaceRef::Class(name("till")))).await.unwrap();
    socket::remove(&fixture.app, &admin(), Kind::Listener, &at("shop"), added.id, None).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    assert_eq!(delta.removed, [format!("listener/{}", added.id)]);
    assert_eq!(delta.revision, 3);

    // A network's end that is moved reaches its members.
    let set = network::Set { end: Some(None), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    assert_eq!(delta.changed[0].key, "network-trust");
    running.stop().await;
}

#[tokio::test]
async fn what_a_site_observes_is_shown() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let (site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    site.say(site_message::Body::Applied(Applied { revision: 1, failures: vec![] })).await;
    let socket = SocketStatus {
        id: String::new(),
        address: "web".to_owned(),
        socket: "127.0.0.1:80".to_owned(),
        local: false,
        state: "ready".to_owned(),
        error: String::new(),
        connections: 2,
        authored: String::new(),
        deployment: "tills".to_owned(),
        parts: vec!["chain/till".to_owned()],
    };
    let link = LinkStatus { state: "up".to_owned(), rtt_us: 700, ..LinkStatus::default() };
    let observed = Observed { links: vec![link], connectors: vec![socket], ..Observed::default() };
    site.say(site_message::Body::Observed(observed)).await;
    let shown = until(async || {
        let shown = member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap();
        (!shown.connectors.is_empty()).then_some(shown)
    })
    .await;
    assert!(shown.online);
    assert_eq!((shown.links[0].state, shown.links[0].rtt_us), (LinkState::Up, Some(700)));
    let addresses = address::observed(&fixture.app, &at("shop")).await.unwrap();
    assert_eq!(addresses[0].served_by[0].site_name, name("lobby"));
    assert_eq!(addresses[0].served_by[0].socket.connections, 2);
    let socket = &addresses[0].served_by[0].socket;
    assert_eq!((socket.deployment.as_deref(), &socket.parts[..]), (Some("tills"), &["chain/till".to_owned()][..]));

    drop(site);
    until(async || {
        let shown = member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap();
        (!shown.online).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_evicted_member_is_told_and_so_is_everyone_who_could_meet_it() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let Ticket::Invitation(_) = fixture.render("stores").await else { panic!("not an invitation") };
    let ticket = fixture.render("stores").await;
    let other = admitted_as(&fixture.redeem(&ticket, &PrivateKey::generate(), "hall").await.unwrap());
    let running = Running::start(&fixture).await;
    let (mut evicted, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let (mut stays, _) = SiteEnd::begun(&fixture, other, vec![]).await;

    let fate = Some(InvitationFate::Keep);
    member::evict(&fixture.app, &admin(), &at("shop"), &at("lobby"), fate, None).await.unwrap();
    let Body::Notice(notice) = evicted.next().await else { panic!("no notice") };
    assert_eq!(notice.kind, "evicted");
    assert!(evicted.incoming.message().await.unwrap().is_none(), "the session ends with it");
    let Body::State(delta) = stays.next().await else { panic!("no delta") };
    assert_eq!(delta.changed[0].key, "network-trust");

    // One who missed it is told when it comes back.
    let mut back = SiteEnd::open(&fixture, identity, hello(vec![])).await.unwrap();
    let Body::Notice(notice) = back.next().await else { panic!("no notice") };
    assert_eq!(notice.kind, "evicted");
    running.stop().await;
}

#[tokio::test]
async fn members_of_a_network_that_ends_are_told() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let running = Running::start(&fixture).await;
    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let end = fixture.now();
    let set = network::Set { end: Some(Some(end)), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    let Body::Notice(notice) = site.next().await else { panic!("no notice") };
    assert_eq!(notice.kind, "ended");
    running.stop().await;
}

#[tokio::test]
async fn what_is_open_is_shown_as_a_site_said_last_and_while_it_has_a_session() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let other = network::Create { name: name("other"), ..fixture.new_network() };
    network::create(&fixture.app, &admin(), other).await.unwrap();
    let (site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let flow = |address: &str, bytes| OpenFlow {
        address: address.to_owned(),
        direction: "in".to_owned(),
        connections: 2,
        bytes_to_server: bytes,
        opened_ms: 1_000,
        ..OpenFlow::default()
    };
    let open = async |network, address: Option<&str>| {
        let filters = address.map(|address| ("address", address.to_owned())).into_iter().collect();
        let open = address::open_flows(&fixture.app, &at(network)).await.unwrap();
        crate::ops::Page { filters, ..Default::default() }.pick(open, &address::OPEN_FLOWS).unwrap().items
    };
    let told = OpenFlows { flows: vec![flow("web", 1), flow("db", 2), flow("skx/controller", 3)] };
    site.say(site_message::Body::OpenFlows(told)).await;
    let shown = until(async || Some(open("shop", None).await).filter(|shown| !shown.is_empty())).await;
    let addresses: Vec<_> = shown.iter().map(|it| (it.address.as_str(), it.site_name.as_str())).collect();
    assert_eq!(addresses, [("db", "lobby"), ("web", "lobby")]);
    assert_eq!(open("shop", Some("db")).await.len(), 1);
    assert_eq!(open("other", None).await, [], "what a tenant does is the tenant's");

    let told = OpenFlows { flows: vec![flow("web", 9)] };
    site.say(site_message::Body::OpenFlows(told)).await;
    let shown = until(async || Some(open("shop", None).await).filter(|shown| shown.len() == 1)).await;
    assert_eq!((shown[0].bytes_to_server, shown[0].opened.as_second()), (9, 1));
    drop(site);
    until(async || open("shop", None).await.is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_newer_session_takes_the_place_of_an_older_one() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let (mut older, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let (newer, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let status = older.incoming.message().await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Aborted);
    let shown = member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap();
    assert!(shown.online, "the newer session is the site's");
    drop(newer);
}

#[tokio::test]
async fn versions_are_negotiated_with_a_clean_refusal() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let newer = SiteHello { version_min: 7, version_max: 9, platform: None, have: vec![] };
    let mut site = SiteEnd::open(&fixture, identity, newer).await.unwrap();
    let Body::Refused(refusal) = site.next().await else { panic!("not refused") };
    assert_eq!((refusal.code.as_str(), refusal.r#final), ("version", false));
    assert!(refusal.message.contains("upgrade the controllers"));
}

#[tokio::test]
async fn who_may_only_claim_gets_no_session() {
    let fixture = Fixture::new().await;
    member_of_shop(&fixture).await;
    let network: NetworkId = store::network::find(fixture.app.store(), "shop").await.unwrap().id;
    let invitation: InvitationId = model::GenericUuid::from_untyped_uuid(uuid::Uuid::nil());
    let claim = Identity::Invitation { network, invitation };
    let refused = SiteEnd::open(&fixture, claim, hello(vec![])).await.err().unwrap();
    assert_eq!(refused.code(), tonic::Code::PermissionDenied);
}

#[tokio::test]
async fn a_certificate_is_renewed_for_the_same_identity_over_the_session() {
    let fixture = Fixture::new().await;
    let (admission, identity, key) = member_of_shop(&fixture).await;
    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let new = PrivateKey::generate();
    site.say(site_message::Body::Renew(RenewRequest { csr: new.csr() })).await;
    let Body::Renewed(renewed) = site.next().await else { panic!("not renewed") };
    let certificate = pki::Certificate::parse(&renewed.certificate).unwrap();
    assert_eq!(certificate.id, pki::Certificate::parse(&admission.certificate).unwrap().id);
    assert!(certificate.is_for(&new) && !certificate.is_for(&key));
    // A site that asks without end costs itself only.
    site.say(site_message::Body::Renew(RenewRequest { csr: new.csr() })).await;
    let Body::Refused(refusal) = site.next().await else { panic!("not refused") };
    assert_eq!(refusal.code, "busy");
}

#[tokio::test]
async fn a_member_that_leaves_is_a_member_no_more() {
    let fixture = Fixture::new().await;
    let (_, identity, key) = member_of_shop(&fixture).await;
    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    site.say(site_message::Body::Leaving(site_proto::Leaving { reason: "moving house".to_owned() })).await;
    assert!(matches!(site.next().await, Body::Left(_)));
    assert_eq!(site.incoming.message().await.unwrap_err().code(), tonic::Code::Cancelled);
    let listed = member::list(&fixture.app, &at("shop"), &crate::ops::Page::default()).await.unwrap();
    assert!(listed.items.is_empty());
    let ticket = fixture.render("stores").await;
    assert_eq!(fixture.redeem(&ticket, &key, "").await.unwrap_err().code, "evicted");
}

#[tokio::test]
async fn sessions_end_in_order_when_the_controller_does() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let shutdown = CancellationToken::new();
    let mut site = SiteEnd::open_until(&fixture, identity, hello(vec![]), shutdown.clone()).await.unwrap();
    let Body::Welcome(_) = site.next().await else { panic!("no welcome") };
    let Body::State(_) = site.next().await else { panic!("no state") };
    shutdown.cancel();
    assert_eq!(site.incoming.message().await.unwrap_err().code(), tonic::Code::Unavailable);
}

#[tokio::test]
async fn a_backbone_is_healthy_when_every_site_has_a_session_and_every_link_is_up() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let shown = backbone_site::show(&fixture.app, &at("east"), &at("r1")).await.unwrap();
    let backbone = store::backbone::find(fixture.app.store(), "east").await.unwrap().id;
    let before = status::installation(&fixture.app, &admin()).await.unwrap();
    assert!(!before.healthy);
    assert!(before.findings[0].message.contains("r1 is not heard of"), "{:?}", before.findings);

    let identity = Identity::BackboneSite { backbone, site: shown.id };
    let (site, state) = SiteEnd::begun(&fixture, identity, vec![]).await;
    assert!(state.keys.iter().any(|key| key.starts_with("access-point/")), "{:?}", state.keys);
    site.say(site_message::Body::Observed(Observed { trust_version: 1, ..Observed::default() })).await;
    let after = until(async || {
        let after = status::backbone(&fixture.app, &at("east")).await.unwrap();
        (after.sites[0].trust_version == Some(1)).then_some(after)
    })
    .await;
    assert!(after.healthy, "{after:?}");
    assert_eq!(after.sites[0].next_step, None);
}
