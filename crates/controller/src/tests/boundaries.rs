//! One second before boundaries in time, and from their first second on. Those of networks and memberships are in `time`, those of
//! what is shown in `standing`; pure ones are tested beside what is pure.

use jiff::{SignedDuration, Timestamp};
use model::{ticket::Ticket, trust::TrustDocument};
use pki::{Anchors, PrivateKey, SignedTrust, TrustError};
use store::{
    Context,
    authority::Owner,
    status::{self, SiteRef},
};
use uuid::Uuid;

use super::{
    authority::{signed, signed_until},
    fixture::{Fixture, admin, at, name, new_invitation},
};
use crate::{
    issue,
    ops::{OpError, Page, ca, certificate, controller, invitation, invitation::Uses, network, observed},
    rotation, trust,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What a replica speaks with at the backbone `east`, and what it signs with there: as it holds them, or new ones.
async fn own(fixture: &Fixture) -> [pki::Certificate; 2] {
    let app = &fixture.app;
    let backbone = store::backbone::find(app.store(), "east").await.unwrap().id;
    let mut tx = app.store().begin(&Context::new("test")).await.unwrap();
    let issuer = issue::issuer_of(app, &mut tx, Owner::Backbone(backbone)).await.unwrap();
    let leaf = trust::own_leaf(app, &mut tx, &issuer).await.unwrap();
    let signer = trust::own_signer(app, &mut tx, &issuer, backbone).await.unwrap();
    tx.commit().await.unwrap();
    [leaf, signer]
}

#[tokio::test]
async fn a_controller_replaces_its_own_certificates_at_two_thirds_of_their_lives() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    // Both are issued anew, so that they are due at once.
    fixture.clock.stop_at(fixture.after(21 * 86_400));
    let held = own(&fixture).await;
    let due = rotation::two_thirds(held[0].not_before, held[0].not_after);
    assert_eq!(due, rotation::two_thirds(held[1].not_before, held[1].not_after));
    fixture.clock.stop_at(due - SECOND);
    assert_eq!(own(&fixture).await, held);
    fixture.clock.stop_at(due);
    let next = own(&fixture).await;
    assert!(next[0] != held[0] && next[1] != held[1], "{next:?}");
}

#[tokio::test]
async fn an_evicted_controller_is_denied_until_nothing_that_it_signs_could_be_believed() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let other = fixture.beside().await;
    // Its certificate as a signer is younger than the one it speaks with.
    other.clock.stop_at(fixture.now());
    let [leaf, _] = own(&other).await;
    let row = store::backbone::find(fixture.app.store(), "east").await.unwrap();
    let later = fixture.now() + DAY * 10;
    other.clock.stop_at(later);
    fixture.clock.stop_at(later);
    let mut tx = other.app.store().begin(&Context::new("test")).await.unwrap();
    let issuer = issue::issuer_of(&other.app, &mut tx, Owner::Backbone(row.id)).await.unwrap();
    let identity = issue::signer_identity(&other.app, row.id);
    let request = pki::Csr::parse(&other.app.signer_key().csr()).unwrap();
    let until = later + DAY * 30;
    let use_of = pki::LeafUse::TrustSigner;
    let signer = issuer.certify(&other.app, &mut tx, &request, identity, use_of, until).await.unwrap();
    tx.commit().await.unwrap();
    assert!(signer.not_after > leaf.not_after + DAY);
    controller::evict(&fixture.app, &admin(), other.app.controller()).await.unwrap();

    let authorities = trust::authorities(fixture.app.store(), Owner::Backbone(row.id)).await.unwrap();
    let anchors = Anchors {
        installation: fixture.app.installation(),
        backbone: row.id,
        backbone_authorities: authorities.into_iter().map(|authority| authority.certificate).collect(),
        networks: [].into(),
    };
    let at_second = async |time: Timestamp| {
        fixture.clock.stop_at(time);
        let in_force = trust::publish(&fixture.app, row.id).await.unwrap();
        let document: TrustDocument = trust::read_bytes(&in_force.signed.document).unwrap();
        let forged = TrustDocument { denied: Default::default(), version: document.version + 1, ..document.clone() };
        let forged = SignedTrust::sign(&forged, other.app.signer_key(), &signer).verify(&anchors, time);
        (document.denied.controllers.contains_key(&other.app.controller()), forged)
    };
    let last = signer.not_after + SignedDuration::from_millis(999);
    assert!(matches!(at_second(last).await, (true, Ok(_))), "what it signs verifies, and is denied");
    assert!(matches!(at_second(signer.not_after + SECOND).await, (true, Err(TrustError::Signer(_)))));
    // And an hour more, for routers whose clocks are slow.
    let over = signer.not_after + SignedDuration::from_hours(1);
    assert!(at_second(over - SECOND).await.0);
    assert!(!at_second(over).await.0);
}

#[tokio::test]
async fn a_new_root_is_taken_that_lasts_two_lives_of_a_leaf_and_none_that_lasts_a_second_less() {
    let fixture = Fixture::without_root().await;
    let (app, actor) = (&fixture.app, &admin());
    ca::import(app, actor, &signed(&ca::csr(app, actor).await.unwrap())).await.unwrap();
    let next = signed_until(&ca::csr(app, actor).await.unwrap(), 2035);
    let ends: Timestamp = "2035-01-01T00:00:00Z".parse().unwrap();
    let latest = ends - app.leaf_lifetime() * 2;
    fixture.clock.stop_at(latest + SECOND);
    let refused = ca::import(app, actor, &next).await.unwrap_err();
    assert!(refused.to_string().contains("two lives"), "{refused}");
    fixture.clock.stop_at(latest);
    ca::import(app, actor, &next).await.unwrap();
}

#[tokio::test]
async fn the_claim_of_an_invitation_without_an_end_is_signed_again_when_less_than_half_a_year_is_left() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    network::create(&fixture.app, &admin(), network::Create { end: None, ..fixture.new_network() }).await.unwrap();
    let ends = |ticket| {
        let Ticket::Invitation(ticket) = ticket else { panic!("an invitation") };
        pki::Certificate::from_pem(&ticket.claim.certificate).unwrap().not_after
    };
    let first = ends(fixture.invitation("stores", Uses::Unlimited).await);
    let half = first - DAY * 183;
    fixture.clock.stop_at(half);
    assert_eq!(ends(fixture.render("stores").await), first);
    fixture.clock.stop_at(half + SECOND);
    assert!(ends(fixture.render("stores").await) > first);
}

#[tokio::test]
async fn deadlines_and_ends_are_taken_up_to_the_second_to_which_they_can_be_kept() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let (app, actor, now) = (&fixture.app, &admin(), Timestamp::from_second(fixture.now().as_second()).unwrap());
    fixture.clock.stop_at(now);
    // A network closes before the authority above it ends.
    let backbone = store::backbone::find(app.store(), "east").await.unwrap().id;
    let above = store::authority::list(app.store(), Owner::Backbone(backbone)).await.unwrap()[0].not_after.unwrap();
    let grace = SignedDuration::from_mins(1);
    let until = async |end: Timestamp| {
        let (end, grace) = (Some(end), Some(grace));
        network::create(app, actor, network::Create { end, grace, ..fixture.new_network() }).await
    };
    let refused = until(above - grace).await.unwrap_err();
    assert!(matches!(refused, OpError::Invalid { field: "end", .. }), "{refused}");
    let end = until(above - grace - SECOND).await.unwrap().end.unwrap();
    // A deadline is to come, and not after the end.
    for (invitation, deadline, taken) in
        [("past", now, false), ("soon", now + SECOND, true), ("last", end, true), ("late", end + SECOND, false)]
    {
        let create = invitation::Create { deadline: Some(deadline), ..new_invitation(invitation, Uses::Unlimited) };
        match invitation::create(app, actor, create).await {
            Ok(made) => assert!(taken && made.name == name(invitation), "{invitation}"),
            Err(refused) => assert!(!taken && refused.to_string().contains("deadline"), "{invitation}: {refused}"),
        }
        if taken {
            invitation::delete(app, actor, &at("shop"), &at(invitation), None).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_site_is_online_until_nothing_was_heard_of_it_for_ninety_seconds() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let ticket = fixture.invitation("one", Uses::Limited(1)).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "store").await.unwrap();
    let store = fixture.app.store();
    let network = store::network::find(store, "shop").await.unwrap().id;
    let site = SiteRef::Member(store::member::find(store, network, "store").await.unwrap().id);
    let heard = fixture.now();
    status::connected(store, site, Uuid::new_v4(), fixture.app.controller(), heard).await.unwrap();
    let known = status::get(store, site).await.unwrap().unwrap();
    let silence = SignedDuration::from_secs(90);
    assert!(observed::is_online(&known, known.last_seen + silence - SECOND));
    assert!(!observed::is_online(&known, known.last_seen + silence));
}

#[tokio::test]
async fn a_site_enrols_with_its_bundle_for_thirty_days_and_not_a_second_longer() {
    let fixture = Fixture::new().await;
    fixture.defined_site("all=peer,member,claim,manage@127.0.0.1:5671").await;
    let rendered = fixture.now();
    let Ticket::Bootstrap(bundle) = fixture.bundle().await else { unreachable!("a bundle") };
    let held = pki::Certificate::from_pem(&bundle.bootstrap.certificate).unwrap();
    assert_eq!(held.not_after.as_second(), (rendered + 30 * DAY).as_second());
    // Whoever accepts its connections takes it to the end of its last second.
    for (time, is_valid) in [(held.not_after - SECOND, true), (held.not_after, true), (held.not_after + SECOND, false)]
    {
        assert_eq!(held.is_valid_at(time), is_valid, "{time}");
    }
    fixture.clock.stop_at(held.not_after - SECOND);
    fixture.enrol(&Ticket::Bootstrap(bundle), &PrivateKey::generate()).await.unwrap();
}

#[tokio::test]
async fn the_certificates_of_a_controller_that_is_gone_are_not_said_to_be_renewed() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let other = fixture.beside().await;
    own(&fixture).await;
    own(&other).await;
    let next = async |of: &Fixture| {
        let all = certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap().items;
        let id = format!("/controller/{}", of.app.controller());
        let found = all.into_iter().find(|it| it.identity.as_ref().is_some_and(|it| it.ends_with(&id)));
        found.unwrap().standing.next
    };
    assert!(next(&fixture).await.contains("at two thirds of its life"));
    assert!(next(&other).await.contains("heard of no more"), "{}", next(&other).await);
    let (id, now) = (other.app.controller(), fixture.now());
    let (hostname, software) = ("there".to_owned(), "test".to_owned());
    let running = store::replica::Replica { id, hostname, software, started: now, last_seen: now };
    store::replica::seen(fixture.app.store(), &running).await.unwrap();
    assert!(next(&other).await.contains("at two thirds of its life"));
}
