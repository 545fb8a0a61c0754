//! Two replicas on one database.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use jiff::SignedDuration;
use model::ticket::Ticket;
use pki::PrivateKey;
use site_proto::{Admission, Refusal, controller_message::Body};
use store::event;

use super::{
    fixture::{Fixture, Running, admin, at, config},
    sessions::{SiteEnd, listener, member_of_shop},
};
use crate::{
    data_dir::DataDir,
    ops::{
        Page, invitation,
        invitation::Uses,
        member,
        member::InvitationFate,
        network, socket,
        socket::{Kind, PlaceRef},
    },
    reconcile, run,
};

/// Asks as a site does: who is told to come back comes back.
async fn redeem(replica: &Fixture, ticket: &Ticket, key: &PrivateKey) -> Result<Admission, Refusal> {
    loop {
        match replica.redeem(ticket, key, "").await {
            Err(refusal) if refusal.code == "busy" => {}
            outcome => return outcome,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_redemptions_at_once_over_two_controllers_spend_fifty_uses_exactly() {
    let one = Fixture::new().await;
    one.backbone().await;
    one.network().await;
    let other = one.beside().await;
    let ticket = one.invitation("stores", Uses::Limited(50)).await;
    // Every fourth key is presented twice, at both controllers at the same time.
    let keys: Vec<PrivateKey> = (0..160).map(|_| PrivateKey::generate()).collect();
    let claims = keys.iter().enumerate().flat_map(|(n, key)| {
        let (first, second) = if n % 2 == 0 { (&one, &other) } else { (&other, &one) };
        std::iter::once((n, first, key)).chain((n % 4 == 0).then_some((n, second, key)))
    });
    let claims: Vec<_> = claims.collect();
    assert_eq!(claims.len(), 200);
    let ticket = &ticket;
    let outcomes =
        join_all(claims.iter().map(async |(n, replica, key)| (*n, redeem(replica, ticket, key).await))).await;

    let mut by_key: BTreeMap<usize, Vec<Option<String>>> = BTreeMap::new();
    for (n, outcome) in outcomes {
        let site = match outcome {
            Ok(admission) => Some(admission.site),
            Err(refusal) => {
                assert_eq!((refusal.code.as_str(), refusal.r#final), ("used-up", true));
                None
            }
        };
        by_key.entry(n).or_default().push(site);
    }
    assert!(by_key.values().all(|sites| sites.iter().all(|site| *site == sites[0])), "one key is one member, or none");
    assert_eq!(by_key.values().filter(|sites| sites[0].is_some()).count(), 50);
    let network = store::network::find(one.app.store(), "shop").await.unwrap().id;
    let members = store::member::list(one.app.store(), network, true, store::Page::ALL).await.unwrap().items;
    assert_eq!(members.len(), 50);
    assert_eq!(invitation::show(&other.app, &at("shop"), &at("stores")).await.unwrap().used, 50);
    let joins = event::Filter { action: Some("site.join".to_owned()), ..event::Filter::default() };
    assert_eq!(event::list(one.app.store(), &joins, 0, 1_000).await.unwrap().len(), 50);
}

#[tokio::test]
async fn what_is_changed_at_one_replica_reaches_the_sessions_of_the_other() {
    let one = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&one).await;
    let other = one.beside().await;
    let running = Running::start(&other).await;
    let (mut site, _) = SiteEnd::begun(&other, identity, vec![]).await;
    let added = socket::add(&one.app, &admin(), Kind::Listener, listener(PlaceRef::Site(at("lobby")))).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    assert_eq!(delta.changed[0].key, format!("listener/{}", added.id));
    assert!(member::show(&one.app, &at("shop"), &at("lobby")).await.unwrap().online, "it is known everywhere");
    // A session at another replica takes the place of this one, and then the site is told there.
    let (mut moved, _) = SiteEnd::begun(&one, identity, vec![]).await;
    let fate = Some(InvitationFate::Keep);
    let here = Running::start(&one).await;
    member::evict(&other.app, &admin(), &at("shop"), &at("lobby"), fate, None).await.unwrap();
    let Body::Notice(notice) = moved.next().await else { panic!("no notice") };
    assert_eq!(notice.kind, "evicted");
    here.stop().await;
    running.stop().await;
}

#[tokio::test]
async fn a_replica_with_another_key_refuses_to_start_and_says_which_is_needed() {
    let one = Fixture::new().await;
    let dir = tempfile::tempdir().unwrap();
    let data = DataDir::open(dir.path()).unwrap();
    let store = store::Store::connect(&one.database.url, one.app.clock()).await.unwrap();
    let prepared = run::prepare(&config(&dir), &data, store.clone(), one.app.clock()).await;
    let error = prepared.unwrap_err().to_string();
    assert!(error.contains(&one.app.keys().id()) && error.contains("--key-file"), "{error}");
    std::fs::write(dir.path().join("kek"), pki::Kek::generate().to_file_text().as_bytes()).unwrap();
    let prepared = run::prepare(&config(&dir), &data, store, one.app.clock()).await;
    let error = prepared.unwrap_err().to_string();
    assert!(error.contains(&one.app.keys().id()) && error.contains("--key-file"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_time_brings_about_is_noted_once_however_many_replicas_look() {
    let one = Fixture::new().await;
    let (..) = member_of_shop(&one).await;
    let other = one.beside().await;
    let set = network::Set { end: Some(Some(one.after(60))), ..network::Set::default() };
    network::set(&one.app, &admin(), &at("shop"), set, None).await.unwrap();
    for fixture in [&one, &other] {
        fixture.clock.forward(SignedDuration::from_hours(1));
    }
    for _ in 0..4 {
        let (first, second) = tokio::join!(reconcile::pass(&one.app), reconcile::pass(&other.app));
        first.unwrap();
        second.unwrap();
    }
    let count = async |action: &str| {
        let filter = event::Filter { action: Some(action.to_owned()), ..event::Filter::default() };
        event::list(one.app.store(), &filter, 0, 1_000).await.unwrap().len()
    };
    assert_eq!(count("network.end").await, 1);
    let documents = one.database.sql("SELECT count(*), max(version) FROM trust_document").await.unwrap();
    let (count, newest) = documents.trim().split_once('|').unwrap();
    assert_eq!(count, newest, "versions without a gap, each signed once");
    let list = member::list(&other.app, &at("shop"), &Page::default()).await.unwrap().items;
    assert_eq!(list.len(), 1);
}
