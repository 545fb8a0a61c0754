//! The platform's own streams: to controllers, for redemption, and for sites that enrol.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Installation, TestRouter, installation::access_point, installation::link, routers::LONG, until};
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use model::{AccessKind, Address, Identity, router::Transport};
use overlay::{Stream, egress::Incoming, ingress::OpenError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

fn identity(router: &TestRouter) -> Identity {
    pki::Certificate::parse(router.config.leaf.certificate.as_bytes()).unwrap().id.unwrap().identity
}

/// A line of two routers with a controller at the first.
async fn backbone(installation: &mut Installation) -> (Vec<TestRouter>, TestRouter, Incoming, Incoming) {
    let trust = installation.trust();
    let (_, config) = installation.backbone_site(Some(&trust));
    let first = TestRouter::start(installation, config).await;
    let (_, mut config) = installation.backbone_site(Some(&trust));
    config.links.push(link(first.address(), Transport::Direct));
    let second = TestRouter::start(installation, config).await;
    let (_, mut config) = installation.controller(Some(&trust));
    config.links.push(link(first.address(), Transport::Direct));
    let controller = TestRouter::start(installation, config).await;
    let sessions = controller.node.serve(Address::controller()).unwrap();
    let claims = controller.node.serve(Address::claim()).unwrap();
    (vec![first, second], controller, sessions, claims)
}

/// One stream from `opener`, served by `incoming`: each end knows the other, and bytes go both ways.
async fn converse(opener: &TestRouter, address: Address, controller: &TestRouter, incoming: &mut Incoming) {
    let (opened, served) = tokio::join!(timeout(LONG, opener.node.open(address)), timeout(LONG, incoming.next()),);
    let (mut opened, mut served): (Stream, Stream) = (opened.unwrap().unwrap(), served.unwrap().unwrap());
    assert_eq!(*opened.peer(), identity(controller));
    assert_eq!(*served.peer(), identity(opener));
    opened.write_all(b"question").await.unwrap();
    opened.shutdown().await.unwrap();
    let mut heard = Vec::new();
    served.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"question");
    served.write_all(b"answer").await.unwrap();
    served.shutdown().await.unwrap();
    let mut heard = Vec::new();
    opened.read_to_end(&mut heard).await.unwrap();
    assert_eq!(heard, b"answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_reaches_the_controller_through_the_backbone_as_far_as_they_may() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let (routers, controller, mut sessions, mut claims) = backbone(&mut installation).await;
    // Backbone sites themselves.
    for router in &routers {
        converse(router, Address::controller(), &controller, &mut sessions).await;
    }
    // A member.
    let (_, mut config) = installation.member(&network);
    config.links.push(link(routers[1].address(), Transport::Direct));
    let member = TestRouter::start(&installation, config).await;
    converse(&member, Address::controller(), &controller, &mut sessions).await;
    // An invitation, for redemption; and a site that enrols through a peer access point.
    let (_, mut config) = installation.invitation(&network);
    config.links.push(link(routers[1].address(), Transport::Tls));
    let claim = TestRouter::start(&installation, config).await;
    converse(&claim, Address::claim(), &controller, &mut claims).await;
    let (_, mut config) = installation.bootstrap();
    config.links.push(link(routers[1].address(), Transport::Direct));
    let bootstrap = TestRouter::start(&installation, config).await;
    converse(&bootstrap, Address::claim(), &controller, &mut claims).await;
    // Nobody reaches what is not theirs.
    let (claim_by_member, session_by_claim, session_by_bootstrap) = tokio::join!(
        member.node.open(Address::claim()),
        claim.node.open(Address::controller()),
        bootstrap.node.open(Address::controller()),
    );
    for refused in [claim_by_member, session_by_claim, session_by_bootstrap] {
        assert!(matches!(refused, Err(OpenError::NobodyServes(_) | OpenError::Unreachable { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_dials_the_first_site_which_enrols_over_that_link_and_becomes_a_backbone_site() {
    let mut installation = Installation::new();
    let trust = installation.trust();
    let (site, mut config) = installation.bootstrap();
    config.access_points = vec![access_point(&[AccessKind::Manage])];
    let mut first = TestRouter::start(&installation, config).await;
    let (_, mut config) = installation.controller(Some(&trust));
    config.links.push(model::router::Link { peer: Some(site), ..link(first.address(), Transport::Direct) });
    let controller = TestRouter::start(&installation, config).await;
    let mut claims = controller.node.serve(Address::claim()).unwrap();
    let mut sessions = controller.node.serve(Address::controller()).unwrap();
    converse(&first, Address::claim(), &controller, &mut claims).await;
    // It has got its certificate: the same access point, at the same port, is now a backbone site's.
    let address = first.address();
    let leaf =
        installation.leaf_by(&installation.authority, Identity::BackboneSite { backbone: installation.backbone, site });
    first
        .change(|config| {
            config.leaf = leaf;
            config.access_points[0].bind = address;
            config.access_points[0].kinds = AccessKind::ALL.to_vec().try_into().unwrap();
        })
        .await;
    assert_eq!(first.address(), address);
    converse(&first, Address::controller(), &controller, &mut sessions).await;
    let version = installation.version();
    until("the trust document has come", || (first.node.status().trust_version == Some(version)).then_some(())).await;
}

/// How long certificates live where they are replaced, in seconds.
const LIFE: i64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn a_session_with_a_controller_goes_on_when_the_certificates_of_both_ends_are_replaced() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let (routers, mut controller, mut sessions, _claims) = backbone(&mut installation).await;
    let (_, mut config) = installation.member(&network);
    config.links.push(link(routers[1].address(), Transport::Direct));
    let mut member = TestRouter::start(&installation, config).await;
    let mut session = None;
    for round in 0..3 {
        let until = installation.clock_now() + SignedDuration::from_secs(LIFE);
        for (router, authority) in [(&mut controller, &installation.authority), (&mut member, &network.authority)] {
            let leaf = installation.leaf_until(authority, identity(router), until);
            router.change(|config| config.leaf = leaf).await;
        }
        let (opened, served) = match &mut session {
            Some(session) => session,
            none => {
                let open = timeout(LONG, member.node.open(Address::controller()));
                let (opened, served) = tokio::join!(open, timeout(LONG, sessions.next()));
                none.insert((opened.unwrap().unwrap(), served.unwrap().unwrap()))
            }
        };
        common::until("it goes on over another connection", || {
            (member.node.status().counters.moved_streams >= round).then_some(())
        })
        .await;
        still_here(opened, served).await;
        still_here(served, opened).await;
    }
}

async fn still_here(says: &mut Stream, hears: &mut Stream) {
    says.write_all(b"still here").await.unwrap();
    let mut heard = [0; 10];
    timeout(LONG, hears.read_exact(&mut heard)).await.unwrap().unwrap();
    assert_eq!(&heard, b"still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_served_once_and_again_when_it_was_given_up() {
    let installation = Installation::new();
    let (_, config) = installation.controller(None);
    let controller = TestRouter::start(&installation, config).await;
    let first = controller.node.serve(Address::controller()).unwrap();
    assert!(controller.node.serve(Address::controller()).is_err());
    drop(first);
    controller.node.serve(Address::controller()).unwrap();
}
