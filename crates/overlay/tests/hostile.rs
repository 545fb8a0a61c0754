//! What hostile peers try, and what they get.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    Installation, Network, TestRouter,
    hostile::{Hostile, hello},
    installation::{access_point, link},
    until,
};
use jiff::SignedDuration;
use model::{AccessKind, GenericUuid, Identity, SiteId, router::Transport, trust::Denial};
use overlay::observe::Reason;
use overlay_proto::link::{
    Attach, Open, Reason as WireReason, Record, Refused, Service, SignedRecord, Trust, TrustHave, Unreachable,
    frame::Body,
};
use pki::SignedTrust;
use tokio::{io::AsyncReadExt, net::TcpStream};

async fn backbone_site(installation: &mut Installation) -> TestRouter {
    let trust = installation.trust();
    let (_, config) = installation.backbone_site(Some(&trust));
    TestRouter::start(installation, config).await
}

/// What a member that sends its full chain hears instead of a hello.
async fn chain_of_stranger(
    installation: &Installation,
    router: &TestRouter,
    network: &Network,
) -> Result<Body, String> {
    let (_, config) = installation.member(network);
    let chain = [&network.authority.certificate, &installation.authority.certificate];
    let mut hostile = Hostile::connect(router.address(), &config.leaf, &chain).await;
    hostile.send(hello(1, 1)).await;
    let heard = hostile.receive().await;
    assert!(router.links_up().is_empty());
    heard
}

fn reason(heard: &Result<Body, String>) -> WireReason {
    match heard {
        Ok(Body::Goodbye(goodbye)) => goodbye.reason(),
        other => panic!("no goodbye, but {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_not_in_the_trust_document_is_refused_by_tls_whatever_chain_it_sends() {
    let mut installation = Installation::new();
    let network = installation.network();
    let router = backbone_site(&mut installation).await;
    let error = chain_of_stranger(&installation, &router, &network).await.unwrap_err();
    assert!(error.contains("alert"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_not_open_yet_is_refused_by_tls_whatever_chain_it_sends() {
    let mut installation = Installation::new();
    let mut network = installation.network();
    network.opens = installation.clock_now() + SignedDuration::from_hours(1);
    installation.publish(&network);
    let router = backbone_site(&mut installation).await;
    let error = chain_of_stranger(&installation, &router, &network).await.unwrap_err();
    assert!(error.contains("alert"), "{error}");
    // When its time has come, it is let in, by the same document.
    installation.clock.advance(SignedDuration::from_mins(61));
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    TestRouter::start(&installation, config).await.linked(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_has_ended_is_told_so_and_refused_whatever_chain_it_sends() {
    let mut installation = Installation::new();
    let mut network = installation.network();
    network.closes = Some(installation.clock_now() - SignedDuration::from_secs(1));
    installation.publish(&network);
    let router = backbone_site(&mut installation).await;
    let heard = chain_of_stranger(&installation, &router, &network).await;
    assert_eq!(reason(&heard), WireReason::Ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_network_is_told_so_and_refused_whatever_chain_it_sends() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    installation.denied.networks.insert(network.id, Denial::Evicted);
    let router = backbone_site(&mut installation).await;
    let heard = chain_of_stranger(&installation, &router, &network).await;
    assert_eq!(reason(&heard), WireReason::Evicted);
    // Once it is out of the document, TLS refuses it.
    let mut router = router;
    installation.open.clear();
    let trust = installation.trust();
    router.change(|config| config.trust = Some(trust)).await;
    chain_of_stranger(&installation, &router, &network).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_certificate_issued_by_the_backbone_is_refused() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let other = installation.open_network();
    let router = backbone_site(&mut installation).await;
    for authority in [&installation.authority, &other.authority] {
        let site = SiteId::from_untyped_uuid(uuid::Uuid::new_v4());
        let leaf = installation.leaf_by(authority, Identity::Member { network: network.id, site });
        let mut hostile = Hostile::connect(router.address(), &leaf, &[&authority.certificate]).await;
        hostile.send(hello(1, 1)).await;
        hostile.receive().await.unwrap_err();
    }
    until("both are counted", || (router.node.status().counters.unauthenticated == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_without_a_trust_document_admits_the_backbone_only() {
    let installation = Installation::new();
    let network = installation.network();
    let (_, config) = installation.backbone_site(None);
    let router = TestRouter::start(&installation, config).await;
    chain_of_stranger(&installation, &router, &network).await.unwrap_err();
    for (_, mut config) in [installation.backbone_site(None)] {
        config.links.push(link(router.address(), Transport::Direct));
        TestRouter::start(&installation, config).await.linked(1).await;
    }
    let (_, mut config) = installation.bootstrap();
    config.links.push(link(router.address(), Transport::Direct));
    TestRouter::start(&installation, config).await.linked(1).await;
    let (_, mut config) = installation.controller(None);
    config.links.push(link(router.address(), Transport::Direct));
    TestRouter::start(&installation, config).await.linked(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_trust_document_keeps_what_is_linked_and_refuses_new_members() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let mut router = backbone_site(&mut installation).await;
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    let linked = TestRouter::start(&installation, config.clone()).await;
    linked.linked(1).await;
    installation.clock.advance(SignedDuration::from_hours(25));
    config.leaf = installation.leaf_by(&network.authority, identity(&linked));
    let late = TestRouter::start(&installation, config).await;
    until("the late one hears that it is refused", || late.node.status().links[0].error.clone()).await;
    assert!(late.links_up().is_empty());
    assert_eq!(linked.links_up().len(), 1);
    // A controller still gets in, and with it a newer document; then members do, too.
    installation.valid_until = installation.clock_now() + SignedDuration::from_hours(24);
    let trust = installation.trust();
    let (_, mut controller) = installation.controller(Some(&trust));
    controller.links.push(link(router.address(), Transport::Direct));
    let _controller = TestRouter::start(&installation, controller).await;
    let version = installation.version();
    router
        .event("it is adopted", |event| match event {
            overlay::Observation::TrustAdopted(_, adopted) => (adopted == version).then_some(()),
            _ => None,
        })
        .await;
    late.linked(1).await;
}

fn identity(router: &TestRouter) -> Identity {
    pki::Certificate::parse(router.config.leaf.certificate.as_bytes()).unwrap().id.unwrap().identity
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_point_sends_away_kinds_it_does_not_admit() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let trust = installation.trust();
    let (_, mut config) = installation.backbone_site(Some(&trust));
    config.access_points = vec![access_point(&[AccessKind::Peer, AccessKind::Claim])];
    let mut router = TestRouter::start(&installation, config).await;
    let leaves = [installation.member(&network).1.leaf, installation.controller(None).1.leaf];
    for leaf in leaves {
        let mut hostile = Hostile::connect(router.address(), &leaf, &[]).await;
        hostile.send(hello(1, 1)).await;
        assert_eq!(hostile.goodbye().await.reason(), WireReason::Kind);
    }
    let claim = installation.invitation(&network).1.leaf;
    let (mut claim, _) = Hostile::link(router.address(), &claim).await;
    // What is admitted no longer is sent away, too.
    let kinds = vec![AccessKind::Peer].try_into().unwrap();
    router.change(|config| config.access_points[0].kinds = kinds).await;
    assert_eq!(claim.goodbye().await.reason(), WireReason::Kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_enrols_admits_controllers_and_sites_of_its_backbone_only() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let (_, mut config) = installation.bootstrap();
    config.access_points = vec![access_point(&AccessKind::ALL)];
    let router = TestRouter::start(&installation, config).await;
    let (_, bootstrap) = installation.bootstrap();
    let (_, member) = installation.member(&network);
    let (_, claim) = installation.invitation(&network);
    let (_, foreign) = Installation::new().controller(None);
    for config in [bootstrap, member, claim, foreign] {
        let mut hostile = Hostile::connect(router.address(), &config.leaf, &[]).await;
        hostile.send(hello(1, 1)).await;
        hostile.receive().await.unwrap_err();
    }
    for mut config in [installation.controller(None).1, installation.backbone_site(None).1] {
        config.links.push(link(router.address(), Transport::Direct));
        TestRouter::start(&installation, config).await.linked(1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_enrols_at_a_management_access_point_admits_controllers_only() {
    let installation = Installation::new();
    let (_, mut config) = installation.bootstrap();
    config.access_points = vec![access_point(&[AccessKind::Manage])];
    let router = TestRouter::start(&installation, config).await;
    let (_, peer) = installation.backbone_site(None);
    let mut hostile = Hostile::connect(router.address(), &peer.leaf, &[]).await;
    hostile.send(hello(1, 1)).await;
    assert_eq!(hostile.goodbye().await.reason(), WireReason::Kind);
    let (_, mut config) = installation.controller(None);
    config.links.push(link(router.address(), Transport::Direct));
    TestRouter::start(&installation, config).await.linked(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_certificate_carries_no_traffic() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = backbone_site(&mut installation).await;
    let (_, config) = installation.invitation(&network);
    let (site, member) = installation.member(&network);
    let _member = {
        let mut member = member;
        member.links.push(link(router.address(), Transport::Direct));
        let member = TestRouter::start(&installation, member).await;
        member.linked(1).await;
        member
    };
    // A stream to a member of its own network.
    let (mut claim, _) = Hostile::link(router.address(), &config.leaf).await;
    claim.send(open(1, site, network.id.into_untyped_uuid().as_bytes())).await;
    assert!(is_refused(&mut claim, 1).await);
    // An address of its network, to serve or to use.
    let serves = Attach { version: 1, serves: vec![service("web")], uses: vec![] };
    let uses = Attach { version: 1, serves: vec![], uses: vec!["web".to_owned()] };
    for attach in [serves, uses] {
        let (mut claim, _) = Hostile::link(router.address(), &config.leaf).await;
        claim.send(Body::Attach(attach)).await;
        assert_eq!(claim.goodbye().await.reason(), WireReason::Protocol);
    }
}

fn open(connection: u64, site: SiteId, network: &[u8]) -> Body {
    Body::Open(Open {
        connection,
        site: site.into_untyped_uuid().as_bytes().to_vec(),
        network: network.to_vec(),
        hops: 16,
        ..Open::default()
    })
}

fn service(address: &str) -> Service {
    Service { address: address.to_owned(), weight: 1, draining: false }
}

/// Whether the router refuses the stream, or the whole link for having asked.
async fn is_refused(hostile: &mut Hostile, number: u64) -> bool {
    loop {
        match hostile.receive().await {
            Ok(Body::Refused(Refused { connection, why })) => {
                return connection == number && why != i32::from(Unreachable::Unspecified);
            }
            Ok(Body::Goodbye(goodbye)) => return goodbye.reason() == WireReason::Protocol,
            Ok(_) => {}
            Err(error) => panic!("neither refused nor told why: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_one_network_cannot_reach_a_site_of_another() {
    let mut installation = Installation::new();
    let (a, b) = (installation.open_network(), installation.open_network());
    let router = backbone_site(&mut installation).await;
    let (site, mut victim) = installation.member(&b);
    victim.links.push(link(router.address(), Transport::Direct));
    let victim = TestRouter::start(&installation, victim).await;
    victim.linked(1).await;
    let (_, attacker) = installation.member(&a);
    // Naming the other network, its own, and the platform.
    for network in [b.id.into_untyped_uuid().as_bytes().to_vec(), a.id.into_untyped_uuid().as_bytes().to_vec(), vec![]]
    {
        let (mut hostile, _) = Hostile::link(router.address(), &attacker.leaf).await;
        hostile.send(open(1, site, &network)).await;
        assert!(is_refused(&mut hostile, 1).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_connection_proves_itself_once() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = backbone_site(&mut installation).await;
    let (_, config) = installation.member(&network);
    let (hostile, key) = Hostile::link(router.address(), &config.leaf).await;
    let preface = key.dial(1);
    let answer = hostile.preface(&preface).await.unwrap();
    key.verify_accept(1, &answer).unwrap();
    assert_eq!(hostile.preface(&preface).await, None, "a replayed preface is not answered");
    assert_eq!(router.node.status().counters.replayed, 1);
    // One that proves nothing, and one that names no link.
    let mut forged = key.dial(3);
    forged[forged.len() - 1] ^= 1;
    assert_eq!(hostile.preface(&forged).await, None);
    let mut stray = key.dial(3);
    stray[8] ^= 1;
    assert_eq!(hostile.preface(&stray).await, None);
    // None of them took the number.
    assert!(hostile.preface(&key.dial(3)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn data_connections_of_a_link_that_is_gone_prove_nothing() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = backbone_site(&mut installation).await;
    let (site, config) = installation.member(&network);
    let (mut hostile, key) = Hostile::link(router.address(), &config.leaf).await;
    let mut idle = TcpStream::connect(router.address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut idle, &key.dial(1)).await.unwrap();
    let mut answer = [0; overlay_proto::preface::ACCEPT_LEN];
    idle.read_exact(&mut answer).await.unwrap();
    hostile.send(Body::Attach(Attach { version: 1, serves: vec![service("skx/claim")], uses: vec![] })).await;
    hostile.goodbye().await;
    // The idle one is closed with it, and a new one is not answered.
    assert!(matches!(idle.read(&mut [0]).await, Ok(0) | Err(_)));
    router.unlinked(&Identity::Member { network: network.id, site }).await;
    assert_eq!(hostile.preface(&key.dial(3)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_a_peer_must_not_send_end_its_link() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = backbone_site(&mut installation).await;
    let version = router.node.status().trust_version;
    let trust = installation.trust();
    let member = installation.member(&network).1.leaf;
    let controller = installation.controller(None).1.leaf;
    let site = installation.backbone_site(None).1.leaf;
    let record = SignedRecord { record: prost::Message::encode_to_vec(&Record::default()), ..SignedRecord::default() };
    let cases = [
        (&member, Body::TrustHave(TrustHave { version: 0 })),
        (&member, trust_frame(&trust)),
        (&member, Body::Record(record.clone())),
        (&member, hello(1, 1)),
        (&controller, Body::Record(record)),
        (&controller, Body::Attach(Attach { version: 1, serves: vec![service("web")], uses: vec![] })),
        (&site, Body::Attach(Attach { version: 1, serves: vec![], uses: vec![] })),
    ];
    for (leaf, body) in cases {
        let (mut hostile, _) = Hostile::link(router.address(), leaf).await;
        hostile.send(body.clone()).await;
        assert_eq!(hostile.goodbye().await.reason(), WireReason::Protocol, "{body:?}");
    }
    assert_eq!(router.node.status().trust_version, version);
}

fn trust_frame(signed: &SignedTrust) -> Body {
    Body::Trust(Trust {
        document: signed.document.clone(),
        signature: signed.signature.clone(),
        signer: signed.signer.as_bytes().to_vec(),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_is_never_rolled_back_and_never_taken_from_other_signers() {
    let mut installation = Installation::new();
    let first = installation.trust();
    let router = backbone_site(&mut installation).await;
    assert_eq!(router.node.status().trust_version, Some(2));
    let (site, config) = installation.backbone_site(None);
    let (mut hostile, _) = Hostile::link(router.address(), &config.leaf).await;
    assert!(matches!(hostile.receive().await, Ok(Body::TrustHave(TrustHave { version: 2 }))));
    // An older one is answered with the newer one.
    hostile.send(trust_frame(&first)).await;
    let answered = loop {
        if let Body::Trust(trust) = hostile.receive().await.unwrap() {
            break trust;
        }
    };
    assert_ne!(answered.document, first.document);
    // A newer one signed by a site is not taken, nor is one that was altered.
    let certificate = pki::Certificate::parse(config.leaf.certificate.as_bytes()).unwrap();
    let forged = installation.trust_signed_by(9, &config.leaf.key, &certificate);
    hostile.send(trust_frame(&forged)).await;
    let mut altered = installation.trust();
    let position = altered.document.windows(11).position(|part| part == br#""version":3"#).unwrap();
    altered.document[position + 10] = b'8';
    hostile.send(trust_frame(&altered)).await;
    // What was sent before has been read when this is answered.
    hostile.send(Body::TrustHave(TrustHave { version: 0 })).await;
    let answered = loop {
        if let Body::Trust(trust) = hostile.receive().await.unwrap() {
            break trust;
        }
    };
    assert!(String::from_utf8(answered.document).unwrap().contains(r#""version":2"#));
    assert_eq!(router.node.status().trust_version, Some(2));
    // The link stays: who passes a document on need not have made it.
    let peer = Identity::BackboneSite { backbone: installation.backbone, site };
    assert!(router.links_up().iter().any(|link| link.peer == Some(peer)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configured_trust_document_does_not_roll_back_either() {
    let mut installation = Installation::new();
    let old = installation.trust();
    let mut router = backbone_site(&mut installation).await;
    router.change(|config| config.trust = Some(old)).await;
    assert_eq!(router.node.status().trust_version, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_without_a_common_version_part_with_words() {
    let mut installation = Installation::new();
    let router = backbone_site(&mut installation).await;
    let (_, config) = installation.backbone_site(None);
    let mut hostile = Hostile::connect(router.address(), &config.leaf, &[]).await;
    hostile.send(hello(99, 100)).await;
    assert_eq!(hostile.goodbye().await.reason(), WireReason::Version);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_another_site_than_the_one_configured_is_not_kept() {
    let mut installation = Installation::new();
    let router = backbone_site(&mut installation).await;
    let (other, _) = installation.backbone_site(None);
    let (_, mut config) = installation.backbone_site(None);
    config.links.push(model::router::Link { peer: Some(other), ..link(router.address(), Transport::Direct) });
    let dialler = TestRouter::start(&installation, config).await;
    let error = until("the error is shown", || dialler.node.status().links[0].error.clone()).await;
    assert!(error.contains("not the site that was expected"), "{error}");
    assert!(router.links_up().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_or_foreign_connection_is_closed() {
    let mut installation = Installation::new();
    let router = backbone_site(&mut installation).await;
    let mut silent = TcpStream::connect(router.address()).await.unwrap();
    assert!(matches!(silent.read(&mut [0]).await, Ok(0) | Err(_)));
    let mut foreign = TcpStream::connect(router.address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut foreign, b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(matches!(foreign.read(&mut [0]).await, Ok(0) | Err(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_dialler_is_told_what_can_be_told() {
    let mut installation = Installation::new();
    let network = installation.network();
    let router = backbone_site(&mut installation).await;
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    let mut member = TestRouter::start(&installation, config).await;
    let reason = member
        .event("it is refused", |event| match event {
            overlay::Observation::Refused { reason, .. } => Some(reason),
            _ => None,
        })
        .await;
    assert_eq!(reason, Reason::NotAdmitted);
    let error = until("the error is shown", || member.node.status().links[0].error.clone()).await;
    assert!(error.contains("refused our certificate"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_comes_late_reaches_the_opener_with_its_reason() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let near = backbone_site(&mut installation).await;
    let (_, mut config) = installation.backbone_site(near.config.trust.as_ref());
    config.links.push(link(near.address(), Transport::Direct));
    let far = TestRouter::start(&installation, config).await;
    // It offers an address, and takes none of its streams.
    let (_, config) = installation.member(&network);
    let (mut hostile, key) = Hostile::link(far.address(), &config.leaf).await;
    hostile.send(Body::Attach(Attach { version: 1, serves: vec![service("web")], uses: vec![] })).await;
    let mut connections = Vec::new();
    for number in (2..=64).step_by(2) {
        let mut stream = TcpStream::connect(far.address()).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, &key.dial(number)).await.unwrap();
        stream.read_exact(&mut [0; overlay_proto::preface::ACCEPT_LEN]).await.unwrap();
        connections.push((number, stream));
    }
    tokio::spawn(async move {
        while let Ok(frame) = hostile.receive().await {
            let Body::Open(Open { connection, .. }) = frame else { continue };
            let refused = Refused { connection, why: Unreachable::Limit.into() };
            // The connection ends before the word about it is sent.
            connections.retain(|(number, _)| *number != connection);
            hostile.send(Body::Refused(refused)).await;
        }
    });
    let (_, mut config) = installation.member(&network);
    config.links.push(link(near.address(), Transport::Direct));
    let opener = TestRouter::start(&installation, config).await;
    let error = opener.node.open("web".parse().unwrap()).await.unwrap_err().to_string();
    assert!(error.contains("too many streams were opened at once"), "{error}");
}
