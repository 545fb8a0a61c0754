//! Every boundary in time, one second before it and from its first second on; and members that were away when their
//! certificates expired.

use jiff::{SignedDuration, Timestamp};
use model::{
    Identity,
    lifecycle::{InvitationState, MemberState, NetworkState, Window},
    trust::{Standing, TrustDocument},
};
use pki::{Certificate, PrivateKey};
use site_proto::Refusal;
use store::authority::{self, Owner};

use super::fixture::{Fixture, admin, at, name, new_invitation};
use crate::{
    ops::{
        OpError, Page, address, certificate, classes, invitation,
        invitation::Uses,
        member,
        member::InvitationFate,
        network, socket,
        socket::{Kind, PlaceRef},
        waiting_room,
    },
    reconcile, rotation, trust,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// In so many seconds from a whole one.
fn second(of: Timestamp, n: i64) -> Timestamp {
    Timestamp::from_second(of.as_second() + n).unwrap()
}

/// A network `shop` that starts in an hour and lasts one, with a minute of grace.
async fn scheduled() -> (Fixture, Window) {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let now = fixture.now();
    let (start, grace) = (second(now, 3_600), SignedDuration::from_mins(1));
    let window = Window { start, end: Some(second(start, 3_600)), grace };
    let create = network::Create { start: Some(start), end: window.end, grace: Some(grace), ..fixture.new_network() };
    network::create(&fixture.app, &admin(), create).await.unwrap();
    (fixture, window)
}

/// What controllers do by themselves, and the trust document they come to.
async fn pass(fixture: &Fixture) -> TrustDocument {
    reconcile::pass(&fixture.app).await.unwrap();
    rotation::pass(&fixture.app).await.unwrap();
    let shop = store::network::find(fixture.app.store(), "shop").await.unwrap();
    let in_force = trust::publish(&fixture.app, shop.backbone).await.unwrap();
    trust::read_bytes(&in_force.signed.document).unwrap()
}

async fn state(fixture: &Fixture) -> NetworkState {
    network::show(&fixture.app, &at("shop")).await.unwrap().state
}

fn code(outcome: Result<site_proto::Admission, Refusal>) -> String {
    outcome.map_or_else(|refusal| refusal.code, |_| "admitted".to_owned())
}

async fn keys_are_there(fixture: &Fixture) -> bool {
    let shop = store::network::find(fixture.app.store(), "shop").await.unwrap();
    let rows = authority::list(fixture.app.store(), Owner::Network(shop.id)).await.unwrap();
    rows.iter().all(|row| row.sealed_key.is_some())
}

#[tokio::test]
async fn a_network_opens_ends_and_closes_at_the_very_second_for_sites_and_for_who_manages_it() {
    let (fixture, window) = scheduled().await;
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    let (opens, end, closes) = (window.opens(), window.end.unwrap(), window.closes().unwrap());
    let shop = store::network::find(fixture.app.store(), "shop").await.unwrap().id;
    let claim = Identity::Member { network: shop, site: model::GenericUuid::from_untyped_uuid(uuid::Uuid::nil()) };
    let at_second = async |time: Timestamp| {
        fixture.clock.stop_at(time);
        let document = pass(&fixture).await;
        let redeemed = code(fixture.redeem(&ticket, &PrivateKey::generate(), "").await);
        (state(&fixture).await, document.standing(&claim, time), redeemed)
    };
    // Lead: early invitees wait, and are told until when.
    let early = at_second(opens - SECOND).await;
    assert_eq!(early, (NetworkState::Scheduled, Standing::NotYetOpen(opens), "not-open".to_owned()));
    let told = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!((told.r#final, told.not_before), (false, opens.as_second()));
    assert!(told.message.contains(&format!("{:.0}", window.start)), "{}", told.message);
    assert_eq!(at_second(opens).await, (NetworkState::Scheduled, Standing::Admitted, "admitted".to_owned()));
    // Start.
    assert_eq!(at_second(window.start - SECOND).await.0, NetworkState::Scheduled);
    assert_eq!(at_second(window.start).await.0, NetworkState::Open);
    // End: who is in stays for the grace, nobody new comes.
    assert_eq!(at_second(end - SECOND).await, (NetworkState::Open, Standing::Admitted, "admitted".to_owned()));
    assert_eq!(at_second(end).await, (NetworkState::Closing, Standing::Admitted, "ended".to_owned()));
    // End plus grace, when the key is destroyed.
    assert_eq!(at_second(closes - SECOND).await, (NetworkState::Closing, Standing::Admitted, "ended".to_owned()));
    assert!(keys_are_there(&fixture).await);
    assert_eq!(at_second(closes).await, (NetworkState::Ended, Standing::Closed(closes), "ended".to_owned()));
    assert!(!keys_are_there(&fixture).await);
}

#[tokio::test]
async fn start_and_end_are_moved_while_it_runs_and_the_next_document_says_so() {
    let (fixture, window) = scheduled().await;
    let shop = store::network::find(fixture.app.store(), "shop").await.unwrap().id;
    let set = async |set: network::Set| network::set(&fixture.app, &admin(), &at("shop"), set, None).await;
    fixture.clock.stop_at(window.start - SignedDuration::from_mins(30));
    assert!(pass(&fixture).await.networks.is_empty(), "its time has not come");
    let now = fixture.now();
    set(network::Set { start: Some(now), ..network::Set::default() }).await.unwrap();
    assert_eq!(pass(&fixture).await.networks[&shop].opens, now - Window::LEAD);
    let closes = |document: TrustDocument| document.networks[&shop].closes;
    let end = second(now, 7_200);
    set(network::Set { end: Some(Some(end)), ..network::Set::default() }).await.unwrap();
    assert_eq!(closes(pass(&fixture).await), Some(end + window.grace));
    set(network::Set { grace: Some(SignedDuration::from_secs(5)), ..network::Set::default() }).await.unwrap();
    assert_eq!(closes(pass(&fixture).await), Some(second(end, 5)));
    // In its grace it can still be taken back.
    fixture.clock.stop_at(second(end, 4));
    set(network::Set { end: Some(None), ..network::Set::default() }).await.unwrap();
    assert_eq!((closes(pass(&fixture).await), state(&fixture).await), (None, NetworkState::Open));
    set(network::Set { end: Some(Some(end)), ..network::Set::default() }).await.unwrap();
    // From its last second on it is over, whether or not that was noted.
    fixture.clock.stop_at(second(end, 5));
    let refused = set(network::Set { end: Some(None), ..network::Set::default() }).await.unwrap_err();
    assert!(refused.to_string().contains("for good"), "{refused}");
}

#[tokio::test]
async fn an_invitation_is_redeemed_until_the_last_second_before_its_deadline() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let deadline = second(fixture.now(), 600);
    let create = invitation::Create { deadline: Some(deadline), ..new_invitation("stores", Uses::Unlimited) };
    invitation::create(&fixture.app, &admin(), create).await.unwrap();
    let ticket = fixture.render("stores").await;
    fixture.clock.stop_at(deadline - SECOND);
    assert_eq!(code(fixture.redeem(&ticket, &PrivateKey::generate(), "").await), "admitted");
    fixture.clock.stop_at(deadline);
    let told = fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("deadline", true));
    assert!(told.message.contains(&format!("{deadline:.0}")), "{}", told.message);
}

/// A waiting room with one use to `shop`, until `deadline`.
async fn waiting_room(fixture: &Fixture, uses: Uses, deadline: Option<Timestamp>) -> model::ticket::Ticket {
    let admission = model::terms::Admission::WaitingRoom;
    let create = invitation::Create { deadline, admission, ..new_invitation("queue", uses) };
    invitation::create(&fixture.app, &admin(), create).await.unwrap();
    fixture.render("queue").await
}

/// Where `shop/queue` stands, with how many have joined by it and how many wait.
async fn queue(fixture: &Fixture) -> (InvitationState, u32, u32) {
    let shown = invitation::show(&fixture.app, &at("shop"), &at("queue")).await.unwrap();
    (shown.state, shown.used, shown.waiting)
}

#[tokio::test]
async fn nobody_waits_beyond_the_deadline_or_the_end_of_the_network() {
    for deadline in [true, false] {
        let fixture = Fixture::new().await;
        fixture.backbone().await;
        let ends = second(fixture.now(), 600);
        let end = if deadline { None } else { Some(ends) };
        network::create(&fixture.app, &admin(), network::Create { end, ..fixture.new_network() }).await.unwrap();
        let ticket = waiting_room(&fixture, Uses::Limited(1), deadline.then_some(ends)).await;
        let key = PrivateKey::generate();
        assert_eq!(code(fixture.redeem(&ticket, &key, "lobby").await), "waiting-room");
        let lobby = async |time: Timestamp| {
            fixture.clock.stop_at(time);
            let again = reconcile::pass(&fixture.app).await.unwrap();
            let shown = member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap();
            (again, shown)
        };
        let (again, shown) = lobby(ends - SECOND).await;
        assert_eq!((again, shown.state), (ends, MemberState::Waiting), "it is looked at again when its time has come");
        assert_eq!(queue(&fixture).await, (InvitationState::UsedUp, 0, 1));
        // Also before that was noted nobody is admitted who is not there any more.
        fixture.clock.stop_at(ends);
        let admit = async || waiting_room::admit(&fixture.app, &admin(), &at("shop"), &at("lobby"), None).await;
        assert!(admit().await.unwrap_err().to_string().contains("ended"));
        for time in [ends, ends + SECOND] {
            let (_, shown) = lobby(time).await;
            assert_eq!((shown.state, shown.since), (MemberState::Refused, ends));
            let reason = shown.reason.unwrap();
            assert!(reason.contains(&format!("ended {ends:.0}, and nobody had admitted it")), "{reason}");
            assert_eq!(queue(&fixture).await, (InvitationState::Expired, 0, 0), "its use is given back");
        }
        let told = fixture.redeem(&ticket, &key, "lobby").await.unwrap_err();
        // A network without a grace is over by then.
        let (code, words) = if deadline { ("not-admitted", "nobody had admitted it") } else { ("ended", "has ended") };
        assert_eq!((told.code.as_str(), told.r#final), (code, true));
        assert!(told.message.contains(words), "{}", told.message);
        if deadline {
            let set = invitation::Set { deadline: Some(Some(second(ends, 600))), ..invitation::Set::default() };
            invitation::set(&fixture.app, &admin(), &at("shop"), &at("queue"), set, None).await.unwrap();
            assert_eq!(queue(&fixture).await.0, InvitationState::Live, "for others");
            assert!(admit().await.unwrap_err().to_string().contains("does not wait"), "it is over, for good");
        }
    }
}

#[tokio::test]
async fn a_deadline_that_is_moved_lets_those_wait_longer_who_have_a_copy_of_it() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    network::create(&fixture.app, &admin(), network::Create { end: None, ..fixture.new_network() }).await.unwrap();
    let (first, moved) = (second(fixture.now(), 600), second(fixture.now(), 1_200));
    let old = waiting_room(&fixture, Uses::Unlimited, Some(first)).await;
    let (left, told) = (PrivateKey::generate(), PrivateKey::generate());
    assert_eq!(code(fixture.redeem(&old, &left, "left").await), "waiting-room");
    assert_eq!(code(fixture.redeem(&old, &told, "told").await), "waiting-room");
    let set = invitation::Set { deadline: Some(Some(moved)), ..invitation::Set::default() };
    invitation::set(&fixture.app, &admin(), &at("shop"), &at("queue"), set, None).await.unwrap();
    let new = fixture.render("queue").await;
    assert_eq!(code(fixture.redeem(&new, &told, "told").await), "waiting-room");
    assert_eq!(code(fixture.redeem(&old, &told, "told").await), "waiting-room", "the older one takes nothing back");
    let states = async |time: Timestamp| {
        fixture.clock.stop_at(time);
        reconcile::pass(&fixture.app).await.unwrap();
        let show = async |site: &str| member::show(&fixture.app, &at("shop"), &at(site)).await.unwrap().state;
        [show("left").await, show("told").await]
    };
    assert_eq!(states(first - SECOND).await, [MemberState::Waiting; 2]);
    assert_eq!(states(first).await, [MemberState::Refused, MemberState::Waiting]);
    assert_eq!(states(moved - SECOND).await, [MemberState::Refused, MemberState::Waiting]);
    assert_eq!(states(moved).await, [MemberState::Refused; 2]);
}

#[tokio::test]
async fn nothing_of_a_network_that_has_ended_is_changed_and_everything_is_still_read() {
    let (fixture, window) = scheduled().await;
    let (app, actor, shop) = (&fixture.app, &admin(), &at("shop"));
    fixture.clock.stop_at(window.start);
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap();
    let mut waits = new_invitation("queue", Uses::Unlimited);
    waits.admission = model::terms::Admission::WaitingRoom;
    invitation::create(app, actor, waits).await.unwrap();
    let queue = fixture.render("queue").await;
    fixture.redeem(&queue, &PrivateKey::generate(), "queued").await.unwrap_err();
    let listener = |address: &str| socket::Create {
        network: shop.clone(),
        address: address.parse().unwrap(),
        socket: "127.0.0.1:8080".parse().unwrap(),
        place: PlaceRef::Class(name("till")),
        adaptable: true,
    };
    let made = socket::add(app, actor, Kind::Listener, listener("web")).await.unwrap();
    let web = "web".parse().unwrap();
    let policy = address::Wanted::Balanced;
    address::set_policy(app, actor, shop, &web, &policy, None).await.unwrap();
    let certificates = certificate::list(app, &admin(), &Page::default()).await.unwrap().items;
    let held = certificates.into_iter().find(|it| it.kind == certificate::Kind::Member).unwrap();

    fixture.clock.stop_at(window.closes().unwrap());
    let close = Some(InvitationFate::Close);
    let member_set = member::Set { name: Some(name("else")), ..member::Set::default() };
    let labels = member::Set { labels: [("a".to_owned(), Some("b".to_owned()))].into(), ..member::Set::default() };
    let uses = invitation::Set { uses: Some(Uses::Limited(9)), ..invitation::Set::default() };
    let later = network::Set { end: Some(None), ..network::Set::default() };
    let (stores, guest) = (at("stores"), at("lobby"));
    let refusals: Vec<(&str, Option<OpError>)> = vec![
        ("set", network::set(app, actor, shop, later, None).await.err()),
        ("evict", network::evict(app, actor, shop, None).await.err()),
        ("class add", classes::add(app, actor, shop, &name("new")).await.err()),
        ("class remove", classes::remove(app, actor, shop, &name("till")).await.err()),
        ("invitation create", invitation::create(app, actor, new_invitation("x", Uses::Unlimited)).await.err()),
        ("invitation copy", invitation::copy(app, actor, shop, &stores, name("x"), None).await.err()),
        ("invitation set", invitation::set(app, actor, shop, &stores, uses, None).await.err()),
        ("invitation expire", invitation::expire(app, actor, shop, &stores, None).await.err()),
        ("invitation evict", invitation::evict(app, actor, shop, &stores, false, None).await.err()),
        ("invitation delete", invitation::delete(app, actor, shop, &stores, None).await.err()),
        ("member rename", member::set(app, actor, shop, &guest, member_set, None).await.err()),
        ("member labels", member::set(app, actor, shop, &guest, labels, None).await.err()),
        ("member evict", member::evict(app, actor, shop, &guest, close, None).await.err()),
        ("member admit", waiting_room::admit(app, actor, shop, &at("queued"), None).await.err()),
        ("member refuse", waiting_room::refuse(app, actor, shop, &at("queued"), None, None).await.err()),
        ("listener add", socket::add(app, actor, Kind::Listener, listener("db")).await.err()),
        ("listener remove", socket::remove(app, actor, Kind::Listener, shop, made.id, None).await.err()),
        ("policy set", address::set_policy(app, actor, shop, &web, &policy, None).await.err()),
        ("policy remove", address::remove_policy(app, actor, shop, &web, None).await.err()),
        ("certificate rotate", certificate::rotate(app, actor, held.id, false).await.err()),
    ];
    for (what, refused) in refusals {
        let refused = refused.unwrap_or_else(|| panic!("{what} is not refused"));
        let words = refused.to_string();
        assert!(words.contains("the network shop ended") && words.contains("for good"), "{what}: {words}");
    }
    assert_eq!(state(&fixture).await, NetworkState::Ended);
    assert_eq!(network::show(app, shop).await.unwrap().classes.len(), 1);
    assert_eq!(invitation::list(app, shop, &Page::default()).await.unwrap().items.len(), 2);
    assert_eq!(member::list(app, shop, &Page::default()).await.unwrap().items.len(), 2);
    assert_eq!(socket::list(app, Kind::Listener, shop, &Page::default()).await.unwrap().items.len(), 1);
    member::show(app, shop, &guest).await.unwrap();
    invitation::show(app, shop, &stores).await.unwrap();
    socket::show(app, Kind::Listener, shop, made.id).await.unwrap();
    network::delete(app, actor, shop, None).await.unwrap();
}

/// A network `shop` that does not end, whose leaves live for ten minutes, and a member `lobby` with its key and certificate.
async fn away() -> (Fixture, PrivateKey, Certificate) {
    let fixture = Fixture::configured(|config| {
        config.leaf_lifetime = SignedDuration::from_mins(10);
        config.authority_lifetime = SignedDuration::from_hours(1);
        config.renewal_grace = Some(SignedDuration::from_mins(20));
    })
    .await;
    fixture.backbone().await;
    network::create(&fixture.app, &admin(), network::Create { end: None, ..fixture.new_network() }).await.unwrap();
    let deadline = Some(fixture.after(300));
    let create = invitation::Create { deadline, ..new_invitation("stores", Uses::Unlimited) };
    invitation::create(&fixture.app, &admin(), create).await.unwrap();
    let key = PrivateKey::generate();
    let admission = fixture.redeem(&fixture.render("stores").await, &key, "lobby").await.unwrap();
    (fixture, key, Certificate::parse(&admission.certificate).unwrap())
}

async fn lobby(fixture: &Fixture) -> (MemberState, String) {
    let shown = member::show(&fixture.app, &at("shop"), &at("lobby")).await.unwrap();
    (shown.state, shown.reason.unwrap_or_default())
}

#[tokio::test]
async fn a_member_that_was_away_has_its_certificate_renewed_and_goes_on_as_the_same_site() {
    let (fixture, key, held) = away().await;
    let until = held.not_after + SignedDuration::from_mins(20);
    assert_eq!(held.renewable_until, Some(until));
    fixture.clock.stop_at(held.not_after);
    assert_eq!(lobby(&fixture).await, (MemberState::Member, String::new()));
    fixture.clock.stop_at(held.not_after + SECOND);
    let (state, reason) = lobby(&fixture).await;
    assert!(state == MemberState::Member && reason.contains("renewed by itself"), "{reason}");
    let next = PrivateKey::generate();
    let admission = fixture.renew(held.der.as_bytes(), &next).await.unwrap();
    let renewed = Certificate::parse(&admission.certificate).unwrap();
    assert!(renewed.id == held.id && renewed.is_for(&next) && renewed.is_valid_at(fixture.now()));
    assert!(!admission.items.is_empty(), "it comes with everything the site needs to go on");
    // The answer was lost: the key of the newest gets the same again, and whoever holds an older one gets nothing.
    let again = fixture.renew(held.der.as_bytes(), &next).await.unwrap();
    assert_eq!(again.certificate, admission.certificate);
    for other in [&key, &PrivateKey::generate()] {
        let told = fixture.renew(held.der.as_bytes(), other).await.unwrap_err();
        assert!(matches!(told.code.as_str(), "superseded" | "key-mismatch"), "{told:?}");
    }
    assert_eq!(lobby(&fixture).await, (MemberState::Member, String::new()));
    // And after the grace there is a clear word.
    let until = renewed.renewable_until.unwrap();
    fixture.clock.stop_at(until);
    assert_eq!(lobby(&fixture).await.0, MemberState::Member);
    fixture.clock.stop_at(until + SECOND);
    let (state, reason) = lobby(&fixture).await;
    assert!(state == MemberState::Expired && reason.contains("new invitation"), "{reason}");
}

#[tokio::test]
async fn nobody_whose_membership_is_over_has_an_expired_certificate_renewed() {
    let (fixture, _, held) = away().await;
    let expired = held.der.as_bytes();
    fixture.clock.stop_at(held.not_after + SECOND);
    member::evict(&fixture.app, &admin(), &at("shop"), &at("lobby"), Some(InvitationFate::Keep), None).await.unwrap();
    let told = fixture.renew(expired, &PrivateKey::generate()).await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("evicted", true));
    // Routers deny it for as long as it could be shown.
    let document = pass(&fixture).await;
    let Some(Identity::Member { network, site }) = held.id.map(|id| id.identity) else { panic!("a member's") };
    let renewal = Identity::Renewal { network, site };
    let denied = Standing::Denied(model::trust::Denial::Evicted);
    assert_eq!(document.standing(&renewal, fixture.now()), denied);
    fixture.clock.stop_at(held.renewable_until.unwrap());
    assert_eq!(pass(&fixture).await.standing(&renewal, fixture.now()), denied);

    // Not of a network that has ended, or is gone.
    let (fixture, _, held) = away().await;
    let end = network::Set { end: Some(Some(held.not_after)), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), end, None).await.unwrap();
    fixture.clock.stop_at(held.not_after + SECOND);
    for gone in [false, true] {
        if gone {
            network::delete(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
        }
        let told = fixture.renew(held.der.as_bytes(), &PrivateKey::generate()).await.unwrap_err();
        assert_eq!((told.code.as_str(), told.r#final), ("ended", true), "gone: {gone}");
    }
}

#[tokio::test]
async fn a_membership_that_is_not_renewable_gets_no_certificate_that_could_be_renewed() {
    let (fixture, _, _) = away().await;
    let mut input = new_invitation("once", Uses::Unlimited);
    input.terms.renewable = false;
    invitation::create(&fixture.app, &admin(), input).await.unwrap();
    let ticket = fixture.render("once").await;
    let admission = fixture.redeem(&ticket, &PrivateKey::generate(), "guest").await.unwrap();
    let held = Certificate::parse(&admission.certificate).unwrap();
    assert_eq!(held.renewable_until, None);
    fixture.clock.stop_at(held.not_after + SECOND);
    let told = fixture.renew(held.der.as_bytes(), &PrivateKey::generate()).await.unwrap_err();
    assert_eq!((told.code.as_str(), told.r#final), ("not-renewable", true));
}

#[tokio::test]
async fn a_retired_generation_is_trusted_until_nobody_can_come_back_with_what_it_issued() {
    let (fixture, _, held) = away().await;
    let shop = store::network::find(fixture.app.store(), "shop").await.unwrap();
    let owner = Owner::Network(shop.id);
    let first = authority::list(fixture.app.store(), owner).await.unwrap()[0].clone();
    certificate::rotate(&fixture.app, &admin(), model::GenericUuid::into_untyped_uuid(first.id), true).await.unwrap();
    pass(&fixture).await;
    pass(&fixture).await;
    let trusts = async || {
        let document = pass(&fixture).await;
        document.networks[&shop.id].authorities.iter().any(|it| Some(&it.certificate) == first.certificate.as_ref())
    };
    fixture.clock.stop_at(held.renewable_until.unwrap());
    assert!(trusts().await);
    // It comes back, and its next certificate is of the generation that issues.
    let admission = fixture.renew(held.der.as_bytes(), &PrivateKey::generate()).await.unwrap();
    assert_ne!(Certificate::parse(&admission.certificate).unwrap().issuer, held.issuer);
    fixture.clock.stop_at(held.renewable_until.unwrap() + SignedDuration::from_mins(11));
    assert!(!trusts().await);
}
