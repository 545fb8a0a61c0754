use jiff::SignedDuration;
use model::{
    GenericUuid, HostPort, ListenerId, Name,
    desired::Item,
    router::{AccessPoint, Listener},
    ticket::Ticket,
    trust::{Denial, Denied},
};
use pki::Validity;
use site_proto::{Notice, Refusal, controller_message, site_message};
use tokio::net::TcpStream;
use uuid::Uuid;

use super::{
    backbone::{Backbone, renew},
    site::{Home, Running},
};
use crate::{
    Outcome,
    fixture::{self, ManualClock, now},
    join::{Wishes, apply},
    state::{End, Joined, Phase},
};

pub(super) fn invite(home: &Home, targets: Vec<HostPort>) {
    let ticket = model::ticket::InvitationTicket { access: targets, ..fixture::invitation_ticket() };
    apply(&home.lock(), Ticket::Invitation(ticket), Wishes::default(), now()).expect("applies");
}

/// A backbone, and a directory that is invited to a network on it.
pub(super) async fn invited(clock: &ManualClock) -> (Backbone, Home) {
    let (backbone, home) = (Backbone::start(clock).await, Home::new());
    invite(&home, vec![backbone.address.clone()]);
    (backbone, home)
}

pub(super) fn stored(home: &Home) -> Joined {
    match home.dir().site().expect("readable").expect("there").phase {
        Phase::Joined(joined) => *joined,
        other => panic!("it has not joined: {other:?}"),
    }
}

fn listener(bind: &str) -> Item {
    Item::Listener(Listener {
        id: ListenerId::from_untyped_uuid(Uuid::from_u128(1)),
        address: "web".parse().expect("an address"),
        bind: bind.parse().expect("a socket"),
    })
}

async fn free_socket() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

pub(super) fn refusal(code: &str, r#final: bool) -> Refusal {
    Refusal { code: code.to_owned(), message: format!("the words for {code}"), r#final, not_before: 0, since: 0 }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitee_becomes_a_member_gets_its_desired_state_and_keeps_no_claim_key() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let site = Running::start(&home, &clock);
    site.line("redeemed: this is site shop-1 of network retail").await;
    let mut session = backbone.session().await;
    assert_eq!(session.hello.have.len(), 4, "it has what it was admitted with");
    let status = site.until("healthy", |status| status.healthy).await;
    assert_eq!(status.state.as_str(), "member");
    assert!(status.links[0].peer.starts_with("access point 1 (127.0.0.1:"), "{}", status.links[0].peer);

    let claim = fixture::invitation_ticket().claim.key;
    let text = std::fs::read_to_string(home.path.join("state.json")).expect("readable");
    assert!(!text.contains(claim.lines().nth(1).expect("a body")), "the claim key is gone");

    // Desired state is pushed, applied, acknowledged and observed.
    let bind = free_socket().await;
    let items = [backbone.member_items(), vec![listener(&bind)]].concat();
    session.state(7, &items).await;
    let applied = session
        .expect("acknowledgement", |body| if let site_message::Body::Applied(it) = body { Some(it) } else { None })
        .await;
    assert_eq!((applied.revision, applied.failures), (7, vec![]));
    TcpStream::connect(&bind).await.expect("the listener listens");
    let observed = session
        .expect("observation of the listener", |body| match body {
            site_message::Body::Observed(it) if it.listeners.iter().any(|l| l.state == "ready") => Some(it),
            _ => None,
        })
        .await;
    assert_eq!((observed.listeners[0].socket.as_str(), observed.listeners[0].local), (bind.as_str(), false));
    assert_eq!(observed.links[0].peer, "", "backbone sites are no member's concern");

    // An item the site cannot take is reported; the rest goes on.
    let mut bad = items.clone();
    bad.push(fixture::backbone_items().into_iter().find(|it| matches!(it, Item::AccessPoint(_))).expect("one"));
    session.state(8, &bad).await;
    let applied = session
        .expect("acknowledgement", |body| if let site_message::Body::Applied(it) = body { Some(it) } else { None })
        .await;
    assert_eq!((applied.revision, applied.failures.len()), (8, 1));

    // What it was told last is what it starts from, without any controller.
    backbone.stop_controller().await;
    site.stop().await;
    let site = Running::start(&home, &clock);
    site.line(&format!("listening at {bind} for web")).await;
    let status = site.until("linked", |status| status.healthy).await;
    assert!(status.warnings.iter().any(|warning| warning.contains("no session")), "{status:?}");
    backbone.start_controller().await;
    let session = backbone.session().await;
    assert_eq!(session.hello.have.len(), 5);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_costs_nothing_because_the_key_stays_the_same() {
    let clock = ManualClock::at(now());
    let (backbone, home) = invited(&clock).await;
    backbone.mind.lock().expect("no panic").refusals = [refusal("busy", false), refusal("busy", false)].into();
    let site = Running::start(&home, &clock);
    site.line("waiting: the words for busy").await;
    site.line("redeemed").await;
    let keys = backbone.mind.lock().expect("no panic").keys.clone();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]));
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_final_refusal_is_kept_with_its_reason() {
    let clock = ManualClock::at(now());
    let (backbone, home) = invited(&clock).await;
    backbone.mind.lock().expect("no panic").refusals = [refusal("used-up", true)].into();
    let over = Running::start(&home, &clock).over().await;
    assert_eq!(over.end, End::Refused);
    assert!(over.reason.contains("the words for used-up"), "{over:?}");
    let status = crate::status::stored(&home.dir().site().expect("readable").expect("there"), now());
    assert_eq!((status.state.as_str(), status.reason), ("refused", Some(over.reason.clone())));
    // Started again it says the same; asked again with the same invitation, it asks again.
    assert_eq!(Running::start(&home, &clock).ended().await, Outcome::Over(over));
    invite(&home, vec![backbone.address.clone()]);
    let site = Running::start(&home, &clock);
    site.line("redeemed").await;
    let keys = backbone.mind.lock().expect("no panic").keys.clone();
    assert_eq!(keys[0], keys[1]);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn before_the_opening_a_site_waits_and_gets_in_by_itself() {
    let clock = ManualClock::at(fixture::time("2027-01-31T07:00:00Z"));
    let backbone = Backbone::start(&clock).await;
    // The claim certificate is valid already; the routers do not admit the network yet.
    let home = Home::new();
    invite(&home, vec![backbone.address.clone()]);
    let site = Running::start(&home, &clock);
    let status = site.until("refused by the router", |status| status.links.iter().any(|it| it.error.is_some())).await;
    assert_eq!(status.state.as_str(), "waiting");
    let reason = status.reason.expect("a reason");
    assert!(reason.contains("starts 2027-01-31T08:00:00Z") && reason.contains("2027-01-31T07:00:00Z"), "{reason}");
    clock.set(now());
    site.until("a member", |status| status.state.as_str() == "member").await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_access_point_is_shown_with_its_error_and_retried() {
    let clock = ManualClock::at(now());
    let home = Home::new();
    let nobody = free_socket().await;
    invite(&home, vec![nobody.parse().expect("an address")]);
    let site = Running::start(&home, &clock);
    let status = site.until("failing", |status| status.links.iter().any(|it| it.error.is_some())).await;
    assert_eq!(status.state.as_str(), "joining");
    let reason = status.reason.expect("a reason");
    assert!(reason.contains(&nobody) && reason.contains("check the clock"), "{reason}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_expires_while_it_is_tried_is_given_up() {
    let clock = ManualClock::at(now());
    let home = Home::new();
    invite(&home, vec![free_socket().await.parse().expect("an address")]);
    let site = Running::start(&home, &clock);
    site.line("attaching").await;
    clock.set(fixture::time("2027-03-01T00:00:00Z"));
    let over = site.over().await;
    assert_eq!(over.end, End::Refused);
    assert!(over.reason.contains("check the clock"), "{}", over.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_member_stops_at_once_and_says_why() {
    let clock = ManualClock::at(now());
    let mut backbone = Backbone::start(&clock).await;
    let bind = free_socket().await;
    backbone.mind.lock().expect("no panic").items = [backbone.member_items(), vec![listener(&bind)]].concat();
    let home = Home::new();
    invite(&home, vec![backbone.address.clone()]);
    let site = Running::start(&home, &clock);
    site.line("listening at").await;
    site.until("linked", |status| status.healthy).await;
    let denied = Denied { sites: [(fixture::member_site(), Denial::Evicted)].into(), ..Denied::default() };
    backbone.deny(denied).await;
    let over = site.over().await;
    assert_eq!((over.end, over.name.as_ref().map(Name::as_str)), (End::Evicted, Some("shop-1")));
    assert_eq!(over.reason, "this site was evicted from network retail");
    TcpStream::connect(&bind).await.expect_err("nothing listens any more");
    let text = std::fs::read_to_string(home.path.join("state.json")).expect("readable");
    assert!(!text.contains("PRIVATE KEY"), "its key serves nobody any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_invitation_is_a_final_refusal() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let denied = Denied { invitations: [(fixture::invitation(), Denial::Ended)].into(), ..Denied::default() };
    backbone.deny(denied).await;
    let over = Running::start(&home, &clock).over().await;
    assert_eq!(over.end, End::Refused);
    assert!(over.reason.contains("it has ended"), "{}", over.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_in_the_session_ends_a_site() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let site = Running::start(&home, &clock);
    let session = backbone.session().await;
    let notice = Notice { kind: "ended".to_owned(), message: "the exercise is finished".to_owned() };
    session.send(controller_message::Body::Notice(notice)).await;
    let over = site.over().await;
    assert_eq!(over.end, End::Ended);
    assert!(over.reason.contains("the exercise is finished"), "{}", over.reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_anybody_to_ask_the_known_end_is_kept_and_can_still_be_moved() {
    let clock = ManualClock::at(now());
    let mut backbone = Backbone::start(&clock).await;
    let bind = free_socket().await;
    // A certificate that outlives the network's end: only the end itself is at work here.
    let long = Validity::backdated(now(), fixture::time("2027-06-01T00:00:00Z"));
    {
        let items = [backbone.member_items(), vec![listener(&bind)]].concat();
        let mut mind = backbone.mind.lock().expect("no panic");
        (mind.items, mind.validity) = (items, Some(long));
    }
    let home = Home::new();
    invite(&home, vec![backbone.address.clone()]);
    let site = Running::start(&home, &clock);
    site.line("listening at").await;
    site.stop().await;
    backbone.stop_controller().await;
    backbone.relay_shutdown().await;

    let site = Running::start(&home, &clock);
    site.line("listening at").await;
    clock.set(fixture::time("2027-02-28T18:05:00Z"));
    site.line("the listener for web is gone").await;
    let status = site.status().await;
    assert_eq!(status.state.as_str(), "ended");
    assert!(status.reason.expect("a reason").contains("ended at 2027-02-28T18:00:00Z"));
    // It was a clock that went ahead: nothing is lost.
    clock.set(now());
    site.lines_with("listening at", 2).await;
    assert_eq!(site.status().await.state.as_str(), "member");
    TcpStream::connect(&bind).await.expect("it listens again");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_at_two_thirds_of_its_life_without_a_break() {
    let clock = ManualClock::at(now());
    let mut backbone = Backbone::start(&clock).await;
    let hour = |n: i64| now() + SignedDuration::from_hours(n);
    backbone.mind.lock().expect("no panic").validity = Some(Validity::backdated(now(), hour(3)));
    let home = Home::new();
    invite(&home, vec![backbone.address.clone()]);
    let site = Running::start(&home, &clock);
    let mut session = backbone.session().await;
    let before = stored(&home);
    clock.set(hour(2));
    let request =
        session.expect("request", |body| if let site_message::Body::Renew(it) = body { Some(it) } else { None }).await;
    let validity = Validity::backdated(hour(2), hour(5));
    session.send(renew(&request.csr, fixture::member_identity(), validity)).await;
    site.line("the certificate was renewed").await;
    let after = stored(&home);
    assert_ne!(before.certificate, after.certificate);
    assert_ne!(before.key, after.key, "a new certificate comes with a new key");
    // The session goes on: it moves to a connection with the new certificate by itself.
    session.state(2, &backbone.member_items()).await;
    session.expect("acknowledgement", |body| matches!(body, site_message::Body::Applied(_)).then_some(())).await;
    site.until("healthy", |status| status.healthy && status.session.since.is_some()).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_asked_for_is_not_taken() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let site = Running::start(&home, &clock);
    let mut session = backbone.session().await;
    let before = stored(&home);
    let stranger = pki::PrivateKey::generate();
    session.send(renew(&stranger.csr(), fixture::member_identity(), fixture::leaf_validity())).await;
    session.state(2, &backbone.member_items()).await;
    session.expect("acknowledgement", |body| matches!(body, site_message::Body::Applied(_)).then_some(())).await;
    assert_eq!(stored(&home).certificate, before.certificate);
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_to_trust_no_more_does_not_wait_until_the_rest_is_put_right() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let site = Running::start(&home, &clock);
    let mut session = backbone.session().await;
    // A link that no router takes, in the same message with an eviction.
    let evicted = model::SiteId::from_untyped_uuid(Uuid::from_u128(77));
    let mut items = backbone.member_items();
    for item in &mut items {
        match item {
            Item::NetworkTrust(scope) => scope.denied.sites = [(evicted, Denial::Evicted)].into(),
            Item::Link(link) => link.cost = u32::MAX,
            _ => {}
        }
    }
    session.state(5, &items).await;
    let applied = session
        .expect("acknowledgement", |body| if let site_message::Body::Applied(it) = body { Some(it) } else { None })
        .await;
    assert_eq!(applied.revision, 5);
    let failed: Vec<&str> = applied.failures.iter().map(|it| it.key.split('/').next().expect("a kind")).collect();
    assert!(failed.contains(&"link") && !failed.contains(&"network-trust"), "{:?}", applied.failures);
    let kept = stored(&home).items;
    let scope = kept.network_trust().expect("a member's network").clone();
    assert_eq!(scope.denied.sites.keys().copied().collect::<Vec<_>>(), [evicted]);
    assert_eq!(kept.links().map(|link| link.cost).collect::<Vec<_>>(), [1], "and starts from what it can do");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_stored_is_not_in_force_until_it_can() {
    let clock = ManualClock::at(now());
    let (mut backbone, home) = invited(&clock).await;
    let site = Running::start(&home, &clock);
    let mut session = backbone.session().await;
    // A directory in the place of the file that is about to be written: no new content can be stored.
    let in_the_way = home.path.join(".state.json.new");
    std::fs::create_dir(&in_the_way).expect("makes it");
    let bind = free_socket().await;
    session.state(3, &[backbone.member_items(), vec![listener(&bind)]].concat()).await;
    let status = site.until("in trouble", |status| !status.warnings.is_empty()).await;
    assert!(status.warnings[0].contains("state.json cannot be written"), "{status:?}");
    assert!(status.healthy, "it goes on with what it has: {status:?}");
    TcpStream::connect(&bind).await.expect_err("not in force");
    std::fs::remove_dir(&in_the_way).expect("removes it");
    let applied = session
        .expect("acknowledgement", |body| if let site_message::Body::Applied(it) = body { Some(it) } else { None })
        .await;
    assert_eq!(applied.revision, 3);
    TcpStream::connect(&bind).await.expect("in force");
    site.until("out of trouble", |status| status.warnings.is_empty()).await;
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_backbone_site_waits_for_a_controller_and_goes_on_as_a_relay() {
    let clock = ManualClock::at(now());
    let mut backbone = Backbone::start(&clock).await;
    let bind = free_socket().await;
    let point = AccessPoint {
        bind: bind.parse().expect("a socket"),
        ..fixture::bootstrap_ticket().listen.into_iter().next().expect("one")
    };
    let mut items = fixture::backbone_items();
    items.retain(|item| matches!(item, Item::Settings(_) | Item::BackboneTrust(_)));
    items.push(Item::AccessPoint(point.clone()));
    backbone.mind.lock().expect("no panic").items = items;
    let home = Home::new();
    let ticket = model::ticket::BootstrapTicket { listen: vec![point], dial: vec![], ..fixture::bootstrap_ticket() };
    apply(&home.lock(), Ticket::Bootstrap(ticket), Wishes::default(), now()).expect("applies");
    let site = Running::start(&home, &clock);
    site.line("listening for a controller").await;
    let status = site.status().await;
    assert_eq!(status.state.as_str(), "enrolling");
    assert!(status.reason.expect("a reason").contains(&bind));

    let controller = backbone.manage_also(&bind.parse().expect("an address")).await;
    site.line("enrolled: this is site paris of backbone europe").await;
    let session = backbone.session().await;
    assert_eq!(session.hello.have.len(), 3);
    let status = site.until("a backbone site", |status| status.state.as_str() == "backbone").await;
    assert!(status.healthy, "{status:?}");
    assert!(stored(&home).trust.is_some(), "it came with the trust document");
    site.stop().await;

    // And again from what it stored, in the same role.
    let site = Running::start(&home, &clock);
    site.until("a backbone site", |status| status.state.as_str() == "backbone" && status.healthy).await;
    backbone.session().await;
    site.stop().await;
    controller_stops(controller).await;
}

async fn controller_stops(controller: dataplane::NativeRouter) {
    use dataplane::DataPlane as _;
    controller.shutdown().await;
}
