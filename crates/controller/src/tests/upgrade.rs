//! Databases with data that earlier versions have left are brought forward, and the service goes on over them.

use std::{fs, path::Path, sync::Arc};

use authz::{Role, SubjectKind};
use jiff::{SignedDuration, Timestamp};
use model::{GenericUuid as _, router::AddressPolicy};
use pki::PrivateKey;
use store::{
    Page, address_policy,
    authority::{self, AuthorityState, Owner},
    backbone as backbones, denial, event, grant, group, library,
    manifest_set::{self, Object},
    member as members, network as networks, quota,
    subject::{self, Kind},
};
use testkit::postgres;
use zeroize::Zeroizing;

use super::fixture::{Fixture, admin, at, name};
use crate::{
    ops::{audit, invitation::Uses, member, network, sign_in, status, waiting_room},
    trust,
};

/// The password of the person in the database of 0030.
const PASSWORD: &str = "her own long password";

/// What a file beside the databases holds.
fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade").join(name)).unwrap()
}

/// The databases there are to upgrade, by the newest migration of each, as scripts/upgrade-fixture made them with the programs
/// of their time. In that of 0030 there are users, groups, grants, a token, a quota, a network whose authority was
/// replaced, and sites that have waited.
async fn left_behind(schema: &str) -> Fixture {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let database = Arc::new(postgres::database().await);
    database.load(file(&format!("{schema}.sql"))).await.unwrap();
    let dir = Arc::new(tempfile::tempdir().unwrap());
    fs::copy(fixtures.join(format!("{schema}.kek")), dir.path().join("kek")).unwrap();
    let last =
        database.sql("SELECT to_char(max(time) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM event");
    let last: Timestamp = last.await.unwrap().parse().unwrap();
    let fixture = Fixture::at(dir, database).await;
    // A day after the last that was done in it, whenever this runs.
    fixture.clock.forward(last.duration_since(fixture.now()) + SignedDuration::from_hours(24));
    fixture
}

/// The sites of `shop`, with their states.
async fn sites(fixture: &Fixture) -> Vec<String> {
    let shop = networks::find(fixture.app.store(), "shop").await.unwrap();
    let all = members::list(fixture.app.store(), shop.id, true, Page::ALL).await.unwrap().items;
    let mut sites: Vec<String> = all.iter().map(|member| format!("{} {}", member.name, member.state)).collect();
    sites.sort();
    sites
}

/// What 0022 holds, and whatever follows from it, is there.
async fn is_there(fixture: &Fixture) {
    let store = fixture.app.store();
    let shop = networks::find(store, "shop").await.unwrap();
    assert!(!library::index(store).await.unwrap().0.is_empty());
    let policies = address_policy::list(store, shop.id).await.unwrap();
    let goods = policies.iter().find(|policy| policy.address.as_str() == "goods").unwrap();
    assert_eq!(goods.policy, AddressPolicy::Balanced);
    let in_set = manifest_set::members(store, &name("shop")).await.unwrap();
    assert!(in_set.iter().any(|member| member.object == Object::Network(shop.id)), "{in_set:?}");
    let events = event::list(store, &event::Filter::default(), 0, 10_000).await.unwrap();
    assert!(events.iter().any(|event| event.action == "site.evict"), "{events:?}");
    assert_eq!(audit::verify(&fixture.app).await.unwrap().faults, []);
}

/// The service goes on over it, with so many networks.
async fn goes_on(fixture: &Fixture, networks: usize) {
    let store = fixture.app.store();
    let east = backbones::find(store, "east").await.unwrap();
    let till2 = members::find(store, networks::find(store, "shop").await.unwrap().id, "till2").await.unwrap().id;

    // What is signed goes on: under the same keys, for the same members, with the same denials.
    let published = trust::publish(&fixture.app, east.id).await.unwrap();
    assert!(published.version > 1);
    assert_eq!(denial::find(store, till2.into_untyped_uuid()).await.unwrap().len(), 1);

    // And so does the work: who waits is admitted, who was invited comes, who is invited now comes, who is to go goes.
    waiting_room::admit(&fixture.app, &admin(), &at("shop"), &at("guest"), None).await.unwrap();
    let before = fixture.render("stores").await;
    fixture.redeem(&before, &PrivateKey::generate(), "till3").await.unwrap();
    let secret = fixture.render("secret").await;
    fixture.redeem_knowing(&secret, &PrivateKey::generate(), "open sesame, please").await.unwrap();
    let now = fixture.invitation("now", Uses::Unlimited).await;
    fixture.redeem(&now, &PrivateKey::generate(), "till4").await.unwrap();
    let fate = Some(member::InvitationFate::Keep);
    member::evict(&fixture.app, &admin(), &at("shop"), &at("till1"), fate, None).await.unwrap();
    assert_eq!(status::installation(&fixture.app, &admin()).await.unwrap().networks.len(), networks);
    network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert_eq!(audit::verify(&fixture.app).await.unwrap().faults, []);
}

#[tokio::test]
async fn a_database_of_an_earlier_version_is_brought_forward_and_the_service_works_over_it() {
    let fixture = left_behind("0022").await;
    assert_eq!(sites(&fixture).await, ["guest waiting", "till1 member", "till2 evicted"]);
    is_there(&fixture).await;
    goes_on(&fixture, 1).await;
}

#[tokio::test]
async fn whoever_can_sign_in_and_whatever_was_decided_is_there_when_a_database_with_users_is_brought_forward() {
    let fixture = left_behind("0030").await;
    let store = fixture.app.store();
    assert_eq!(sites(&fixture).await, ["guest waiting", "till1 member", "till2 evicted", "visitor member"]);
    is_there(&fixture).await;

    // Users, who sign in with what they have, and may do what was given to them.
    let ada = subject::find(store, "ada").await.unwrap();
    let pipeline = subject::find(store, "pipeline").await.unwrap();
    assert_eq!((ada.kind, pipeline.kind), (Kind::Person, Kind::Service));
    assert_eq!(ada.email.as_deref(), Some("ada@example.com"));
    let whence = sign_in::Whence { address: None, request_id: "test".to_owned() };
    let session =
        sign_in::with_password(&fixture.app, &whence, "ada", Zeroizing::new(PASSWORD.to_owned()), None).await.unwrap();
    let operations = group::find(store, "operations").await.unwrap();
    let by_password = sign_in::bearer(&fixture.app, &session.token, &whence, false).await.unwrap().acting;
    assert_eq!((by_password.subject, by_password.groups), (ada.id, [operations.id].into()));
    let by_token = sign_in::bearer(&fixture.app, file("0030.token").trim(), &whence, false).await.unwrap().acting;
    assert_eq!((by_token.subject, by_token.kind), (pipeline.id, SubjectKind::Service));
    assert!(by_token.limit.is_some(), "it is for reading");
    let roles = |held: Vec<grant::Held>| held.into_iter().map(|held| held.role).collect::<Vec<_>>();
    let east = backbones::find(store, "east").await.unwrap();
    let shop = networks::find(store, "shop").await.unwrap();
    let of_ada = grant::of(store, ada.id, [operations.id]).await.unwrap();
    assert!(of_ada.iter().any(|held| held.backbone == Some(east.id) && held.role == Role::User), "{of_ada:?}");
    assert!(of_ada.iter().any(|held| held.network == Some(shop.id) && held.group == Some(operations.id)), "{of_ada:?}");
    assert_eq!(roles(grant::of(store, pipeline.id, []).await.unwrap()), [Role::NetworkViewer]);
    let quotas = crate::ops::quota::list(&fixture.app, &Default::default()).await.unwrap().items;
    assert_eq!(quotas.len(), 1);
    assert_eq!((quotas[0].resource, quotas[0].network, quotas[0].most), (quota::Resource::Members, Some(shop.id), 50));

    // Networks belong to whom they did, and their authorities are where they were.
    let hers = networks::find(store, "hers").await.unwrap();
    assert_eq!(hers.owner, ada.id);
    let generations = authority::list(store, Owner::Network(hers.id)).await.unwrap();
    let states: Vec<_> = generations.iter().map(|row| (row.generation, row.state)).collect();
    assert_eq!(states, [(1, AuthorityState::Withdrawn), (2, AuthorityState::Active)]);
    // Who was let in is, since when; who waits, waits on.
    let visitor = members::find(store, shop.id, "visitor").await.unwrap();
    assert!(visitor.admitted.is_some());
    let guest = members::find(store, shop.id, "guest").await.unwrap();
    assert_eq!((guest.admitted, guest.waits_until), (None, None));
    // Policies of addresses are in a table that has changed since.
    let policies = address_policy::list(store, shop.id).await.unwrap();
    let picked: Vec<_> = policies.iter().map(|policy| (policy.address.as_str(), policy.policy.clone())).collect();
    assert_eq!(picked, [("goods", AddressPolicy::Balanced), ("stock", AddressPolicy::Closest)]);
    // The audit chain can be cut where it was written in the tables as they were then.
    let middle = event::list(store, &event::Filter::default(), 0, 20).await.unwrap().pop().unwrap();
    audit::cut(&fixture.app, &admin(), middle.time).await.unwrap();
    let first = event::list(store, &event::Filter::default(), 0, 1).await.unwrap()[0].position;
    assert!(first > 1 && first <= middle.position, "{first}");
    assert_eq!(audit::verify(&fixture.app).await.unwrap().faults, []);
    goes_on(&fixture, 2).await;
}
