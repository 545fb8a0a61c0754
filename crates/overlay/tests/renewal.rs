//! Members that come back with a certificate that has expired: they reach redemption and nothing else, and whoever may not
//! come back is sent away with the reason.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{
    Installation, Network, TestRouter,
    hostile::{Hostile, hello, hello_of_renewal},
    installation::{connector, link, listener},
    routers::LONG,
    services::{connect, cut, echo},
    until,
};
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use model::{Address, GenericUuid, Identity, SiteId, router::Transport, trust::Denial};
use overlay::{
    RouterConfig,
    e2e::may_speak,
    ingress::OpenError,
    observe::{Observation, Reason},
};
use overlay_proto::link::{Attach, Open, Reason as WireReason, Refused, Service, frame::Body};
use pki::{Alpn, AuthorityKind, Validity, tls::Leaf};
use tokio::time::timeout;

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const GRACE: SignedDuration = SignedDuration::from_mins(10);

/// A network, an access point for it, and a member with a certificate of one minute.
struct Scene {
    installation: Installation,
    network: Network,
    router: TestRouter,
    site: SiteId,
    leaf: Leaf,
}

impl Scene {
    async fn new(grace: Option<SignedDuration>) -> Self {
        let mut installation = Installation::new();
        let network = installation.open_network();
        let trust = installation.trust();
        let (_, config) = installation.backbone_site(Some(&trust));
        let router = TestRouter::start(&installation, config).await;
        let site = SiteId::from_untyped_uuid(uuid::Uuid::new_v4());
        let identity = Identity::Member { network: network.id, site };
        let until = installation.clock_now() + MINUTE;
        let leaf = installation.renewable_leaf(&network.authority, identity, until, grace);
        Self { installation, network, router, site, leaf }
    }

    fn later(&self, by: SignedDuration) {
        self.installation.clock.advance(by);
    }

    /// What the member of this scene is configured with, expired or not.
    fn config(&self, renews: bool) -> RouterConfig {
        let links = vec![link(self.router.address(), Transport::Direct)];
        RouterConfig { renews, links, ..self.installation.config(self.leaf.clone()) }
    }

    /// What it hears first after this hello.
    async fn hears(&self, hello: Body) -> Result<Body, String> {
        let mut hostile = Hostile::connect(self.router.address(), &self.leaf, &[]).await;
        hostile.send(hello).await;
        hostile.receive().await
    }

    async fn publish(&mut self) {
        let trust = self.installation.trust();
        self.router.change(|config| config.trust = Some(trust)).await;
    }
}

fn goodbye(heard: Result<Body, String>) -> (WireReason, String) {
    match heard {
        Ok(Body::Goodbye(goodbye)) => (goodbye.reason(), goodbye.message),
        other => panic!("no goodbye, but {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_member_reaches_redemption_as_what_it_is_and_nothing_else() {
    let scene = Scene::new(Some(GRACE)).await;
    let (_, mut config) = scene.installation.controller(scene.router.config.trust.as_ref());
    config.links.push(link(scene.router.address(), Transport::Direct));
    let controller = TestRouter::start(&scene.installation, config).await;
    let mut claims = controller.node.serve(Address::claim()).unwrap();
    let _sessions = controller.node.serve(Address::controller()).unwrap();
    let (_, mut config) = scene.installation.member(&scene.network);
    config.links.push(link(scene.router.address(), Transport::Direct));
    config.connectors.push(connector("web", echo("web").await));
    let other = TestRouter::start(&scene.installation, config).await;
    other.linked(1).await;

    scene.later(MINUTE + SignedDuration::from_secs(2));
    let back = TestRouter::start(&scene.installation, scene.config(true)).await;
    back.linked(1).await;
    let (opened, served) = tokio::join!(timeout(LONG, back.node.open(Address::claim())), timeout(LONG, claims.next()));
    opened.unwrap().unwrap();
    let renewal = Identity::Renewal { network: scene.network.id, site: scene.site };
    assert_eq!(*served.unwrap().unwrap().peer(), renewal);
    let (session, traffic) =
        tokio::join!(back.node.open(Address::controller()), back.node.open("web".parse::<Address>().unwrap()));
    for refused in [session, traffic] {
        assert!(matches!(refused, Err(OpenError::NobodyServes(_) | OpenError::Unreachable { .. })), "{refused:?}");
    }
    let seen = scene.router.links_up().into_iter().filter(|link| link.peer == Some(renewal)).count();
    assert_eq!(seen, 1, "the access point knows it for what it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_expired_member_says_on_its_link_it_carries_no_traffic() {
    let scene = Scene::new(Some(GRACE)).await;
    let (victim, mut config) = scene.installation.member(&scene.network);
    config.links.push(link(scene.router.address(), Transport::Direct));
    let _victim = TestRouter::start(&scene.installation, config).await;
    scene.later(MINUTE + SignedDuration::from_secs(2));
    let arrive = async || Hostile::link_saying(scene.router.address(), &scene.leaf, hello_of_renewal()).await.0;
    let mut hostile = arrive().await;
    let open = Open {
        connection: 1,
        site: victim.into_untyped_uuid().as_bytes().to_vec(),
        network: scene.network.id.into_untyped_uuid().as_bytes().to_vec(),
        hops: 16,
        ..Open::default()
    };
    hostile.send(Body::Open(open)).await;
    loop {
        match hostile.receive().await {
            Ok(Body::Refused(Refused { connection: 1, .. })) => break,
            Ok(Body::Goodbye(goodbye)) => break assert_eq!(goodbye.reason(), WireReason::Protocol),
            Ok(_) => {}
            Err(error) => panic!("neither refused nor told why: {error}"),
        }
    }
    let web = Service { address: "web".to_owned(), weight: 1, draining: false };
    for attach in [
        Attach { version: 1, serves: vec![web], uses: vec![] },
        Attach { version: 1, serves: vec![], uses: vec!["web".to_owned()] },
        Attach { version: 1, serves: vec![], uses: vec!["skx/controller".to_owned()] },
    ] {
        let mut hostile = arrive().await;
        hostile.send(Body::Attach(attach)).await;
        assert_eq!(hostile.goodbye().await.reason(), WireReason::Protocol);
    }
    // Nor end to end, where routers have no say.
    let member = Identity::Member { network: scene.network.id, site: victim };
    let renewal = Identity::Renewal { network: scene.network.id, site: scene.site };
    let controller = Identity::Controller { controller: GenericUuid::from_untyped_uuid(uuid::Uuid::nil()) };
    assert!(may_speak(Alpn::Claim, &renewal, &controller));
    for (protocol, client, server) in [
        (Alpn::Control, &renewal, &controller),
        (Alpn::EndToEnd, &renewal, &member),
        (Alpn::EndToEnd, &member, &renewal),
        (Alpn::EndToEnd, &renewal, &renewal),
    ] {
        assert!(!may_speak(protocol, client, server), "{protocol} {client} {server}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_are_named_with_both_times_and_the_site_recovers_when_they_agree() {
    let scene = Scene::new(Some(GRACE)).await;
    // A site whose clock is ahead takes its certificate for expired.
    let (reason, message) = goodbye(scene.hears(hello_of_renewal()).await);
    assert!(reason == WireReason::Expired && message.contains("check the clock of the site"), "{message}");
    scene.later(MINUTE + SignedDuration::from_secs(2));
    // One whose clock is behind does not.
    let (reason, message) = goodbye(scene.hears(hello(1, 1)).await);
    assert_eq!(reason, WireReason::Expired);
    let ends = pki::Certificate::parse(scene.leaf.certificate.as_bytes()).unwrap().not_after;
    for part in
        [format!("{ends:.0}"), "check the clock of the site".to_owned(), "the time at the access point".to_owned()]
    {
        assert!(message.contains(&part), "{part}: {message}");
    }
    // With the clock put right the same router links, and is told nothing any more.
    let mut back = TestRouter::start(&scene.installation, scene.config(true)).await;
    back.linked(1).await;
    back.event("the link is up", |event| matches!(event, Observation::LinkUp { .. }).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_grace_or_without_one_tls_itself_refuses() {
    for (grace, late) in [(Some(GRACE), GRACE), (None, SignedDuration::ZERO)] {
        let scene = Scene::new(grace).await;
        scene.later(MINUTE + late + SignedDuration::from_secs(2));
        for hello in [hello(1, 1), hello_of_renewal()] {
            let error = scene.hears(hello).await.unwrap_err();
            assert!(error.contains("CertificateExpired"), "{error}");
        }
    }
    // Which the site hears as a matter of time.
    let scene = Scene::new(Some(GRACE)).await;
    let mut config = scene.config(true);
    config.links[0].targets = vec![common::installation::host_port(scene.router.address())];
    scene.later(MINUTE + SignedDuration::from_secs(2));
    let mut back = TestRouter::start(&scene.installation, config).await;
    back.linked(1).await;
    scene.later(GRACE);
    let refused = |event| match event {
        Observation::Refused { reason, message, .. } => Some((reason, message)),
        Observation::LinkDown { reason, .. } if reason.reason == Reason::Expired => {
            Some((reason.reason, reason.message))
        }
        _ => None,
    };
    assert_eq!(back.event("it is cut", refused).await.0, Reason::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_member_and_a_member_of_a_network_that_is_over_are_told_so_expired_or_not() {
    let mut scene = Scene::new(Some(GRACE)).await;
    scene.later(MINUTE + SignedDuration::from_secs(2));
    scene.installation.deny_site(scene.site, Denial::Evicted);
    scene.publish().await;
    assert_eq!(goodbye(scene.hears(hello_of_renewal()).await).0, WireReason::Evicted);

    let mut scene = Scene::new(Some(GRACE)).await;
    scene.network.closes = Some(scene.installation.clock_now() + MINUTE);
    scene.installation.publish(&scene.network);
    scene.publish().await;
    scene.later(MINUTE + SignedDuration::from_secs(2));
    assert_eq!(goodbye(scene.hears(hello_of_renewal()).await).0, WireReason::Ended);
    scene.installation.open.clear();
    scene.publish().await;
    scene.hears(hello_of_renewal()).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_generation_vouches_for_who_comes_back_until_it_is_withdrawn() {
    let mut scene = Scene::new(Some(GRACE)).await;
    let now = scene.installation.clock_now();
    let validity = Validity::backdated(now, now + SignedDuration::from_hours(200));
    let kind = AuthorityKind::Network(scene.network.id);
    let next = scene.installation.authority.issue_authority(kind, 2, validity).unwrap();
    let generation = |generation, of: &pki::Authority| model::trust::AuthorityTrust {
        generation,
        certificate: of.certificate.clone(),
    };
    scene.later(MINUTE + SignedDuration::from_secs(2));
    let both = vec![generation(1, &scene.network.authority), generation(2, &next)];
    scene.installation.open.get_mut(&scene.network.id).unwrap().authorities = both;
    scene.publish().await;
    Hostile::link_saying(scene.router.address(), &scene.leaf, hello_of_renewal()).await;
    scene.installation.open.get_mut(&scene.network.id).unwrap().authorities = vec![generation(2, &next)];
    scene.publish().await;
    scene.hears(hello_of_renewal()).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_whose_certificate_expires_is_cut_from_what_it_uses_and_comes_back_for_renewal_only() {
    let scene = Scene::new(Some(GRACE)).await;
    let (_, mut config) = scene.installation.member(&scene.network);
    config.links.push(link(scene.router.address(), Transport::Direct));
    config.connectors.push(connector("web", echo("web").await));
    let _other = TestRouter::start(&scene.installation, config).await;
    let network = Some(scene.installation.scope(&scene.network));
    let config = RouterConfig { network, listeners: vec![listener("web")], ..scene.config(false) };
    let mut member = TestRouter::start(&scene.installation, config).await;
    let stream = connect(member.listener().await, "web").await;
    scene.later(MINUTE + SignedDuration::from_secs(2));
    cut(stream).await;
    until("nothing links as a member", || {
        let member = |link: &overlay::observe::LinkStatus| matches!(link.peer, Some(Identity::Member { site, .. }) if site == scene.site);
        (!scene.router.links_up().iter().any(member)).then_some(())
    })
    .await;
    member
        .change(|config| {
            (config.renews, config.network) = (true, None);
            config.listeners.clear();
        })
        .await;
    member.linked(1).await;
}
