//! A database with data that an earlier version has left is brought forward, and the service goes on over it.

use std::{fs, path::Path, sync::Arc};

use jiff::SignedDuration;
use model::GenericUuid as _;
use pki::PrivateKey;
use store::{
    Page, backbone as backbones, denial, event, installation, library, member as members, network as networks,
};
use testkit::postgres;

use super::fixture::{Fixture, admin, at};
use crate::{
    ops::{audit, invitation::Uses, member, network, status, waiting_room},
    trust,
};

/// The databases there are to upgrade, by the newest migration of each; see scripts/upgrade-fixture.
async fn left_behind(schema: &str) -> Fixture {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let database = Arc::new(postgres::database().await);
    database.load(fs::read_to_string(fixtures.join(format!("{schema}.sql"))).unwrap()).await.unwrap();
    let dir = Arc::new(tempfile::tempdir().unwrap());
    fs::copy(fixtures.join(format!("{schema}.kek")), dir.path().join("kek")).unwrap();
    let fixture = Fixture::at(dir, database).await;
    // A day after it was made, whenever this runs.
    let made = installation::get(fixture.app.store()).await.unwrap().unwrap().created;
    fixture.clock.forward(made.duration_since(fixture.now()) + SignedDuration::from_hours(24));
    fixture
}

#[tokio::test]
async fn a_database_of_an_earlier_version_is_brought_forward_and_the_service_works_over_it() {
    let fixture = left_behind("0022").await;
    let store = fixture.app.store();

    // Everything is still there.
    let east = backbones::find(store, "east").await.unwrap();
    let shop = networks::find(store, "shop").await.unwrap();
    let all = members::list(store, shop.id, true, Page::ALL).await.unwrap().items;
    let mut names: Vec<String> = all.iter().map(|member| format!("{} {}", member.name, member.state)).collect();
    names.sort();
    assert_eq!(names, ["guest waiting", "till1 member", "till2 evicted"]);
    assert!(!library::index(store).await.unwrap().0.is_empty());
    let events = event::list(store, &event::Filter::default(), 0, 10_000).await.unwrap();
    assert!(events.iter().any(|event| event.action == "site.evict"), "{events:?}");
    assert_eq!(audit::verify(&fixture.app).await.unwrap().faults, []);

    // What is signed goes on: under the same keys, for the same members, with the same denials.
    let published = trust::publish(&fixture.app, east.id).await.unwrap();
    assert!(published.version > 1);
    let till2 = all.iter().find(|member| member.name.as_str() == "till2").unwrap().id;
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
    assert_eq!(status::installation(&fixture.app, &admin()).await.unwrap().networks.len(), 1);
    network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert_eq!(audit::verify(&fixture.app).await.unwrap().faults, []);
}
