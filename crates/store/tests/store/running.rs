use std::time::Duration;

use jiff::SignedDuration;
use model::{ControllerId, SiteId};
use serde_json::json;
use store::{
    Context,
    idempotency::{self, Answer, Claim},
    lease,
    redemption::{Redeemed, redeem},
    replica::{self, Replica},
    status::{self, Report, SiteRef},
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    Fixture, NOW, a_backbone, a_backbone_site, a_network, an_invitation, at, claim, fixture, id, key,
};

async fn a_member(fixture: &Fixture) -> SiteId {
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, None).await;
    let Redeemed::New(member) = redeem(&mut tx, &claim(network, invitation, key(1), None)).await.unwrap() else {
        panic!("it is new");
    };
    tx.commit().await.unwrap();
    member.id
}

#[tokio::test]
async fn the_word_of_a_replaced_session_does_not_count() {
    let fixture = fixture().await;
    let member = a_member(&fixture).await;
    let site = SiteRef::Member(member);
    let store = &fixture.store;
    let (old, new): (Uuid, Uuid) = (Uuid::new_v4(), Uuid::new_v4());
    let (here, there): (ControllerId, ControllerId) = (id(), id());
    assert_eq!(status::get(store, site).await.unwrap(), None);
    status::connected(store, site, old, here, at(NOW)).await.unwrap();
    let first = Report { applied_revision: Some(1), report: Some(json!({ "links": 1 })), ..Report::default() };
    assert!(status::report(store, site, old, &first, at(NOW + 1)).await.unwrap());
    status::connected(store, site, new, there, at(NOW + 2)).await.unwrap();
    assert!(!status::report(store, site, old, &first, at(NOW + 3)).await.unwrap());
    status::disconnected(store, site, old, at(NOW + 3)).await.unwrap();
    let second = Report { trust_version: Some(7), trust_digest: Some(key(7)), ..Report::default() };
    assert!(status::report(store, site, new, &second, at(NOW + 4)).await.unwrap());
    let now = status::get(store, site).await.unwrap().unwrap();
    assert_eq!((now.session, now.controller, now.connected), (Some(new), Some(there), Some(at(NOW + 2))));
    assert_eq!((now.applied_revision, now.trust_version, now.report), (Some(1), Some(7), json!({ "links": 1 })));
    assert_eq!(now.trust_digest, Some(key(7)));
    // A digest belongs to its version: one that is not said any more is not known any more.
    let third = Report { trust_version: Some(8), ..Report::default() };
    assert!(status::report(store, site, new, &third, at(NOW + 4)).await.unwrap());
    let now = status::get(store, site).await.unwrap().unwrap();
    assert_eq!((now.trust_version, now.trust_digest), (Some(8), None));
    // A replica that is gone has no sessions.
    assert_eq!(status::forget_controller(store, here).await.unwrap(), 0);
    assert_eq!(status::forget_controller(store, there).await.unwrap(), 1);
    let now = status::get(store, site).await.unwrap().unwrap();
    assert_eq!((now.session, now.last_seen), (None, at(NOW + 4)));
    let network = store::member::get(store, member).await.unwrap().network;
    let listed = status::list_of_network(store, network).await.unwrap();
    assert_eq!(listed, [(member, now)]);
    let connected = async |since| status::count_of_network(store, network, at(since)).await.unwrap().connected;
    assert_eq!(connected(NOW).await, 0);
    status::connected(store, site, new, there, at(NOW + 5)).await.unwrap();
    assert_eq!((connected(NOW + 5).await, connected(NOW + 6).await), (1, 0));
}

#[tokio::test]
async fn backbone_sites_report_too_and_nothing_of_it_is_an_event() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let (one, two) = (a_backbone_site(&mut tx, main, "one").await, a_backbone_site(&mut tx, main, "two").await);
    let head = tx.commit().await.unwrap();
    for site in [one, two] {
        status::connected(&fixture.store, SiteRef::Backbone(site), Uuid::new_v4(), id(), at(NOW)).await.unwrap();
    }
    let session = Uuid::new_v4();
    status::connected(&fixture.store, SiteRef::Backbone(one), session, id(), at(NOW)).await.unwrap();
    status::disconnected(&fixture.store, SiteRef::Backbone(one), session, at(NOW + 1)).await.unwrap();
    let all = status::list_of_backbone(&fixture.store, main).await.unwrap();
    let mut sessions: Vec<_> = all.iter().map(|(site, status)| (*site, status.session.is_some())).collect();
    sessions.sort_unstable();
    let mut expected = vec![(one, false), (two, true)];
    expected.sort_unstable();
    assert_eq!(sessions, expected);
    assert_eq!(Some(store::event::head(&fixture.store).await.unwrap()), head);
}

#[tokio::test]
async fn replicas_are_known_as_long_as_they_are_seen() {
    let fixture = fixture().await;
    let mut replica = Replica {
        id: id(),
        hostname: "host".to_owned(),
        software: "skx 0.1.0".to_owned(),
        started: at(NOW),
        last_seen: at(NOW),
    };
    replica::seen(&fixture.store, &replica).await.unwrap();
    replica.last_seen = at(NOW + 10);
    replica::seen(&fixture.store, &replica).await.unwrap();
    let listed = replica::list(&fixture.store).await.unwrap();
    assert_eq!((listed.len(), &listed[0].replica), (1, &replica));
    let hour = SignedDuration::from_hours(1);
    // Years to either side of any day on which this runs.
    for (clock, behind) in [("2001-01-01T00:00:00Z", true), ("2201-01-01T00:00:00Z", false)] {
        replica.last_seen = clock.parse().unwrap();
        let ahead = replica::seen(&fixture.store, &replica).await.unwrap();
        let listed = replica::list(&fixture.store).await.unwrap();
        assert!(if behind { ahead < -hour } else { ahead > hour }, "{clock}: {ahead}");
        assert_eq!(listed[0].ahead, ahead);
        let silent = listed[0].silent;
        assert!(!silent.is_negative() && silent < hour, "{clock}, but it was heard of just now: {listed:?}");
    }
    replica::remove(&fixture.store, replica.id).await.unwrap();
    assert_eq!(replica::list(&fixture.store).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_has_one_holder() {
    const LONG: Duration = Duration::from_secs(600);
    let fixture = fixture().await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            let holder: ControllerId = id();
            lease::acquire(&store, "trust", holder, LONG).await.unwrap().then_some(holder)
        });
    }
    let holders: Vec<ControllerId> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(holders.len(), 1);
    let (store, holder, other) = (&fixture.store, holders[0], id());
    assert!(lease::acquire(store, "trust", holder, LONG).await.unwrap(), "it may keep it");
    assert!(lease::renew(store, "trust", holder, LONG).await.unwrap());
    assert!(!lease::renew(store, "trust", other, LONG).await.unwrap());
    lease::release(store, "trust", other).await.unwrap();
    assert!(!lease::acquire(store, "trust", other, LONG).await.unwrap());
    // Expired, it is anybody's, and no longer the holder's to renew.
    assert!(lease::renew(store, "trust", holder, Duration::ZERO).await.unwrap());
    assert!(!lease::renew(store, "trust", holder, LONG).await.unwrap());
    assert!(lease::acquire(store, "trust", other, LONG).await.unwrap());
    lease::release(store, "trust", other).await.unwrap();
    assert!(lease::acquire(store, "trust", holder, LONG).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_twice_is_carried_out_once() {
    let fixture = fixture().await;
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let store = fixture.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin(&Context::new("pipeline")).await.unwrap();
            match idempotency::claim(&mut tx, "pipeline", "key-1", &key(1)).await.unwrap() {
                Claim::New => {
                    let made = a_backbone(&mut tx, "main").await;
                    let answer = Answer { status: 201, response: made.to_string().into_bytes() };
                    idempotency::complete(&mut tx, "pipeline", "key-1", &answer).await.unwrap();
                    tx.commit().await.unwrap();
                    answer
                }
                Claim::Answered(answer) => answer,
                Claim::Mismatch => panic!("the request is the same"),
            }
        });
    }
    let answers = tasks.join_all().await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let mut tx = fixture.begin().await;
    let other = idempotency::claim(&mut tx, "pipeline", "key-1", &key(2)).await.unwrap();
    assert_eq!(other, Claim::Mismatch);
    let elsewhere = idempotency::claim(&mut tx, "another", "key-1", &key(2)).await.unwrap();
    assert_eq!(elsewhere, Claim::New, "keys belong to whoever sends them");
    drop(tx);
    assert_eq!(idempotency::prune(&fixture.store, at(NOW)).await.unwrap(), 0);
    assert_eq!(idempotency::prune(&fixture.store, at(NOW + 1)).await.unwrap(), 1);
}
