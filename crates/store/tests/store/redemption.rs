use std::collections::BTreeSet;

use jiff::SignedDuration;
use model::lifecycle::MemberState;
use serde_json::json;
use store::{
    Page, StoreError,
    backbone_site::{self, Enrolled, Enrolment, EnrolmentRefusal},
    class, event,
    invitation::{self, InvitationChange},
    member,
    network::{self, NetworkChange},
    quota::{self, NewQuota, Resource},
    redemption::{Redeemed, Redemption, Refusal, redeem},
};
use tokio::task::JoinSet;

use crate::support::{
    Fixture, NOW, a_backbone, a_backbone_site, a_network, an_invitation, at, claim, fixture, id, key, name,
    new_invitation,
};

pub(crate) async fn redeem_once(fixture: &Fixture, redemption: &Redemption) -> Redeemed {
    let mut tx = fixture.begin().await;
    let redeemed = redeem(&mut tx, redemption).await.unwrap();
    tx.commit().await.unwrap();
    redeemed
}

fn joined(redeemed: Redeemed) -> member::Member {
    match redeemed {
        Redeemed::New(member) => member,
        other => panic!("{other:?}"),
    }
}

/// Redeems all at the same time, each in its own transaction.
pub(crate) async fn race(fixture: &Fixture, redemptions: Vec<Redemption>) -> Vec<Redeemed> {
    let mut tasks = JoinSet::new();
    for redemption in redemptions {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin(&crate::support::context()).await.unwrap();
            let redeemed = redeem(&mut tx, &redemption).await.unwrap();
            tx.commit().await.unwrap();
            redeemed
        });
    }
    tasks.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_on_ten_uses_become_exactly_ten_members() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, Some(10)).await;
    tx.commit().await.unwrap();

    let outcomes = race(&fixture, (0..64).map(|n| claim(network, invitation, key(n), None)).collect()).await;

    let new: Vec<_> = outcomes.iter().filter(|o| matches!(o, Redeemed::New(_))).collect();
    let used_up = outcomes.iter().filter(|o| **o == Redeemed::Refused(Refusal::UsedUp)).count();
    assert_eq!((new.len(), used_up), (10, 54));
    let members = member::list(&fixture.store, network, false, Page::ALL).await.unwrap().items;
    let names: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, (1..=10).map(|n| format!("till-{n}")).collect::<Vec<_>>().iter().map(String::as_str).collect());
    assert_eq!(invitation::get(&fixture.store, invitation).await.unwrap().uses_spent, 10);
}

#[tokio::test]
async fn a_member_that_comes_again_is_held_until_it_has_what_it_came_for() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, Some(1)).await;
    tx.commit().await.unwrap();
    let member = joined(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await);
    let held = format!("SELECT id FROM member WHERE id = '{}' FOR UPDATE NOWAIT", member.id);
    fixture.database.sql(&held).await.unwrap();
    let mut tx = fixture.begin().await;
    let again = redeem(&mut tx, &claim(network, invitation, key(1), None)).await.unwrap();
    assert!(matches!(again, Redeemed::Existing(_)), "{again:?}");
    // Whoever evicts it sees the certificate that it gets in this transaction, and denies it for as long as that.
    assert!(fixture.database.sql(&held).await.is_err(), "nobody evicts it meanwhile");
    tx.rollback().await.unwrap();
    fixture.database.sql(&held).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sixteen_times_at_once_becomes_one_member_for_one_use() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let one = an_invitation(&mut tx, network, None).await;
    let other = invitation::create(&mut tx, new_invitation(network, "other", None)).await.unwrap().id;
    tx.commit().await.unwrap();

    // By two invitations, even.
    let claims = (0..16).map(|n| claim(network, if n % 2 == 0 { one } else { other }, key(1), None)).collect();
    let outcomes = race(&fixture, claims).await;

    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Redeemed::New(_))).count(), 1);
    let ids: BTreeSet<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Redeemed::New(member) | Redeemed::Existing(member) => member.id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 1);
    let spent = async |id| invitation::get(&fixture.store, id).await.unwrap().uses_spent;
    assert_eq!(spent(one).await + spent(other).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_name_wished_by_many_at_once_goes_to_one() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, Some(16)).await;
    tx.commit().await.unwrap();
    let claims = (0..16).map(|n| claim(network, invitation, key(n), Some("counter"))).collect();
    let outcomes = race(&fixture, claims).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Redeemed::New(_))).count(), 1);
    assert_eq!(outcomes.iter().filter(|o| **o == Redeemed::Refused(Refusal::NameTaken)).count(), 15);
    assert_eq!(invitation::get(&fixture.store, invitation).await.unwrap().uses_spent, 1, "refusals spend nothing");
}

#[tokio::test]
async fn the_same_key_again_is_the_same_member_even_when_the_invitation_is_over() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, Some(1)).await;
    tx.commit().await.unwrap();
    let first = joined(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await);
    let mut tx = fixture.begin().await;
    invitation::close(&mut tx, invitation, None, "closed").await.unwrap();
    tx.commit().await.unwrap();
    let again = redeem_once(&fixture, &claim(network, invitation, key(1), Some("another-name"))).await;
    assert_eq!(again, Redeemed::Existing(first));
    assert_eq!(
        redeem_once(&fixture, &claim(network, invitation, key(2), None)).await,
        Redeemed::Refused(Refusal::Closed)
    );
}

#[tokio::test]
async fn given_names_step_over_wished_ones_and_names_of_former_members_are_free() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, None).await;
    tx.commit().await.unwrap();
    let join = async |n, wish| joined(redeem_once(&fixture, &claim(network, invitation, key(n), wish)).await);
    assert_eq!(join(1, Some("till-2")).await.name, name("till-2"));
    assert_eq!(join(2, None).await.name, name("till-3"), "the counter was at 2");
    let gone = join(3, Some("counter")).await;
    let mut tx = fixture.begin().await;
    member::evict(&mut tx, gone.id, None, "test").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(join(4, Some("counter")).await.name, name("counter"));
    let found = member::find(&fixture.store, network, "counter").await.unwrap();
    assert_eq!(found.state, MemberState::Member, "the live one is found by the name");
}

#[tokio::test]
async fn keys_of_former_members_never_come_back() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, None).await;
    tx.commit().await.unwrap();
    for (n, remove) in [(1, false), (2, true)] {
        let member = joined(redeem_once(&fixture, &claim(network, invitation, key(n), None)).await);
        let mut tx = fixture.begin().await;
        if remove {
            assert!(matches!(member::remove(&mut tx, member.id, None).await, Err(StoreError::Conflict { .. })));
            member::leave(&mut tx, member.id, "its own wish").await.unwrap();
            member::remove(&mut tx, member.id, None).await.unwrap();
        } else {
            member::evict(&mut tx, member.id, None, "lost").await.unwrap();
        }
        tx.commit().await.unwrap();
        let again = redeem_once(&fixture, &claim(network, invitation, key(n), None)).await;
        assert_eq!(again, Redeemed::Refused(Refusal::Removed));
    }
    // Another network does not know the key.
    let mut tx = fixture.begin().await;
    let other = a_network(&mut tx, "elsewhere").await;
    let invitation = an_invitation(&mut tx, other, None).await;
    tx.commit().await.unwrap();
    joined(redeem_once(&fixture, &claim(other, invitation, key(1), None)).await);
}

#[tokio::test]
async fn a_key_that_was_renewed_away_never_redeems_again() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, None).await;
    tx.commit().await.unwrap();
    let member = joined(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await);
    let mut tx = fixture.begin().await;
    member::set_key(&mut tx, member.id, &key(2)).await.unwrap();
    member::set_key(&mut tx, member.id, &key(3)).await.unwrap();
    // Nor is it given to anybody by another renewal.
    assert!(matches!(member::set_key(&mut tx, member.id, &key(1)).await, Err(StoreError::Exists { .. })));
    tx.commit().await.unwrap();
    for n in [1, 2] {
        let again = redeem_once(&fixture, &claim(network, invitation, key(n), None)).await;
        assert_eq!(again, Redeemed::Refused(Refusal::Renewed));
    }
    let again = redeem_once(&fixture, &claim(network, invitation, key(3), None)).await;
    assert!(matches!(again, Redeemed::Existing(found) if found.id == member.id));

    let mut tx = fixture.begin().await;
    member::evict(&mut tx, member.id, None, "lost").await.unwrap();
    tx.commit().await.unwrap();
    for n in [1, 2, 3] {
        let again = redeem_once(&fixture, &claim(network, invitation, key(n), None)).await;
        assert_eq!(again, Redeemed::Refused(Refusal::Removed));
    }
    assert_eq!(invitation::get(&fixture.store, invitation).await.unwrap().uses_spent, 1);
}

#[tokio::test]
async fn every_refusal_has_its_reason_and_spends_nothing() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let other = a_network(&mut tx, "other").await;
    let invitation = an_invitation(&mut tx, network, Some(1)).await;
    let change = InvitationChange { deadline: Some(Some(at(NOW + 500))), ..Default::default() };
    invitation::set(&mut tx, invitation, None, change).await.unwrap();
    tx.commit().await.unwrap();
    let attempt =
        async |network, invitation| match redeem_once(&fixture, &claim(network, invitation, key(9), None)).await {
            Redeemed::Refused(refusal) => refusal,
            admitted => panic!("{admitted:?}"),
        };

    assert_eq!(attempt(network, id()).await, Refusal::Unknown);
    assert_eq!(attempt(id(), invitation).await, Refusal::Unknown);
    assert_eq!(attempt(other, invitation).await, Refusal::Unknown, "an invitation of another network");
    fixture.clock.move_to(NOW - 61);
    assert_eq!(attempt(network, invitation).await, Refusal::NotOpen(at(NOW)));
    fixture.clock.move_to(NOW + 500);
    assert_eq!(attempt(network, invitation).await, Refusal::Deadline(at(NOW + 500)));
    fixture.clock.move_to(NOW + 1_000);
    assert_eq!(attempt(network, invitation).await, Refusal::Ended);
    fixture.clock.move_to(NOW + 2_000);
    assert_eq!(attempt(network, invitation).await, Refusal::Ended);
    // The end moves; then the network is evicted.
    let mut tx = fixture.begin().await;
    let later = NetworkChange { end: Some(None), ..Default::default() };
    network::set(&mut tx, network, None, &later).await.unwrap();
    invitation::set(&mut tx, invitation, None, InvitationChange { deadline: Some(None), ..Default::default() })
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(invitation::get(&fixture.store, invitation).await.unwrap().uses_spent, 0);
    joined(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await);
    assert_eq!(attempt(network, invitation).await, Refusal::UsedUp);
    let mut tx = fixture.begin().await;
    network::evict(&mut tx, network, None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(attempt(network, invitation).await, Refusal::NetworkEvicted);
    let again = redeem_once(&fixture, &claim(network, invitation, key(1), None)).await;
    assert_eq!(again, Redeemed::Refused(Refusal::NetworkEvicted), "members too");
}

#[tokio::test]
async fn sites_may_join_a_minute_before_the_start() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, None).await;
    tx.commit().await.unwrap();
    fixture.clock.move_to(NOW - 60);
    joined(redeem_once(&fixture, &claim(network, invitation, key(1), None)).await);
}

#[tokio::test]
async fn members_get_the_classes_of_their_invitation() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    for called in ["store", "branch"] {
        class::add(&mut tx, network, &name(called)).await.unwrap();
    }
    let mut new = new_invitation(network, "both", None);
    new.classes = vec![name("store"), name("branch")];
    let invitation = invitation::create(&mut tx, new).await.unwrap();
    assert_eq!(invitation.classes, [name("branch"), name("store")]);
    tx.commit().await.unwrap();
    let member = joined(redeem_once(&fixture, &claim(network, invitation.id, key(1), None)).await);
    assert_eq!(member.classes, [name("branch"), name("store")]);
    assert_eq!(member.invitation, Some(invitation.id));
}

#[tokio::test]
async fn a_join_is_recorded_and_a_refusal_is_not() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, Some(1)).await;
    let before = tx.commit().await.unwrap().unwrap();
    redeem_once(&fixture, &claim(network, invitation, key(1), None)).await;
    redeem_once(&fixture, &claim(network, invitation, key(2), None)).await;
    let events = event::after(&fixture.store, before, 10).await.unwrap();
    assert_eq!(events.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(), ["site.join"]);
    assert_eq!(events[0].network, Some(network));
}

fn enrolment(site: model::BackboneSiteId, n: u8, serial: Option<&str>) -> Enrolment {
    Enrolment { site, key_digest: key(n), bundle_serial: serial.map(str::to_owned), platform: json!({}) }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_keys_that_enrol_at_once_the_first_wins_for_good() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let backbone = a_backbone(&mut tx, "main").await;
    let site = a_backbone_site(&mut tx, backbone, "one").await;
    tx.commit().await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..8 {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin(&crate::support::context()).await.unwrap();
            let enrolled = backbone_site::enrol(&mut tx, &enrolment(site, n, None)).await.unwrap();
            tx.commit().await.unwrap();
            enrolled
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|o| matches!(o, Enrolled::New(_))).count(), 1);
    let refused = Enrolled::Refused(EnrolmentRefusal::KeyMismatch);
    assert_eq!(outcomes.iter().filter(|o| **o == refused).count(), 7);
    let winner = backbone_site::get(&fixture.store, site).await.unwrap().key_digest.unwrap();
    let mut tx = fixture.begin().await;
    let again = backbone_site::enrol(&mut tx, &enrolment(site, winner[0], None)).await.unwrap();
    assert!(matches!(again, Enrolled::Existing(_)));
}

#[tokio::test]
async fn a_newer_bundle_ends_the_older_one() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let backbone = a_backbone(&mut tx, "main").await;
    let site = a_backbone_site(&mut tx, backbone, "one").await;
    let bundle = |serial: &str| backbone_site::NewBundle {
        serial: serial.to_owned(),
        ways: vec![format!("dial {serial}:1")],
        expires: at(NOW + 10),
    };
    backbone_site::new_bundle(&mut tx, site, &bundle("0a")).await.unwrap();
    let rendered = backbone_site::new_bundle(&mut tx, site, &bundle("0b")).await.unwrap();
    assert_eq!((rendered.bundle_generation, rendered.bundle_ways), (2, vec!["dial 0b:1".to_owned()]));
    assert_eq!(rendered.bundle_expires, Some(at(NOW + 10)));
    let old = backbone_site::enrol(&mut tx, &enrolment(site, 1, Some("0a"))).await.unwrap();
    assert_eq!(old, Enrolled::Refused(EnrolmentRefusal::Superseded));
    let new = backbone_site::enrol(&mut tx, &enrolment(site, 1, Some("0b"))).await.unwrap();
    assert!(matches!(new, Enrolled::New(_)));
    backbone_site::evict(&mut tx, site, None).await.unwrap();
    let evicted = backbone_site::enrol(&mut tx, &enrolment(site, 1, Some("0b"))).await.unwrap();
    assert_eq!(evicted, Enrolled::Refused(EnrolmentRefusal::Evicted));
    let unknown = backbone_site::enrol(&mut tx, &enrolment(id(), 1, None)).await.unwrap();
    assert_eq!(unknown, Enrolled::Refused(EnrolmentRefusal::Unknown));
}

#[tokio::test]
async fn a_network_is_closed_once_and_only_when_it_is_over() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    assert_eq!(network::close(&mut tx, network).await.unwrap(), None);
    tx.commit().await.unwrap();
    fixture.clock.move_to(NOW + 1_060);
    assert_eq!(network::due_to_close(&fixture.store, at(NOW + 1_059)).await.unwrap(), []);
    assert_eq!(network::due_to_close(&fixture.store, at(NOW + 1_060)).await.unwrap().len(), 1);
    let mut tx = fixture.begin().await;
    assert!(network::close(&mut tx, network).await.unwrap().is_some());
    assert_eq!(network::close(&mut tx, network).await.unwrap(), None);
    // Moved into the future, it opens again.
    let change = NetworkChange {
        end: Some(Some(at(NOW + 9_000))),
        grace: Some(SignedDuration::from_secs(1)),
        ..Default::default()
    };
    assert_eq!(network::set(&mut tx, network, None, &change).await.unwrap().ended, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_never_has_more_members_than_its_quota_however_many_come_by_however_many_invitations() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let one = an_invitation(&mut tx, network, None).await;
    let other = invitation::create(&mut tx, new_invitation(network, "other", None)).await.unwrap().id;
    let limit = |network, most| NewQuota {
        id: id(),
        resource: Resource::Members,
        backbone: None,
        network,
        subject: None,
        most,
    };
    quota::create(&mut tx, limit(None, 1)).await.unwrap();
    // The narrower one counts.
    quota::create(&mut tx, limit(Some(network), 3)).await.unwrap();
    tx.commit().await.unwrap();

    let claims = (0..16).map(|n| claim(network, if n % 2 == 0 { one } else { other }, key(n), None)).collect();
    let outcomes = race(&fixture, claims).await;
    let new = outcomes.iter().filter(|outcome| matches!(outcome, Redeemed::New(_))).count();
    let full = outcomes.iter().filter(|outcome| **outcome == Redeemed::Refused(Refusal::Full)).count();
    assert_eq!((new, full), (3, 13));
}
