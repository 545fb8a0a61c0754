//! Transactions of several parts, and the sets of manifests that are changed by them.

use model::NetworkId;
use store::{StoreError, Whole, backbone, event, manifest_set, manifest_set::Object, network};

use crate::support::{Fixture, a_backbone, a_network, context, fixture, name};

async fn whole(fixture: &Fixture) -> Whole {
    fixture.store.whole(&context()).await.unwrap()
}

#[tokio::test]
async fn the_parts_of_a_whole_happen_together_with_their_events_in_order() {
    let fixture = fixture().await;
    let before = event::head(&fixture.store).await.unwrap();
    let whole = whole(&fixture).await;
    let within = whole.store();
    for part in ["one", "two"] {
        let mut tx = within.begin(&context()).await.unwrap();
        a_backbone(&mut tx, part).await;
        assert_eq!(tx.commit().await.unwrap(), None, "its events have no place yet");
    }
    assert!(backbone::find(&within, "one").await.is_ok(), "seen by what comes after");
    let snapshot = within.snapshot().await.unwrap();
    snapshot.end().await.unwrap();
    assert!(backbone::find(&fixture.store, "one").await.is_err(), "and by nobody else");
    assert_eq!(whole.commit().await.unwrap(), Some(before + 2));
    let names: Vec<_> = event::after(&fixture.store, before, 9).await.unwrap().into_iter().map(|e| e.after).collect();
    assert_eq!(names.iter().map(|after| after.as_ref().unwrap()["name"].clone()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(matches!(within.begin(&context()).await, Err(StoreError::Whole { .. })), "it is over");
}

#[tokio::test]
async fn a_part_that_is_not_committed_fails_the_whole() {
    let fixture = fixture().await;
    let whole = whole(&fixture).await;
    let within = whole.store();
    let mut tx = within.begin(&context()).await.unwrap();
    a_backbone(&mut tx, "one").await;
    tx.commit().await.unwrap();
    let mut tx = within.begin(&context()).await.unwrap();
    a_backbone(&mut tx, "two").await;
    assert!(matches!(backbone::find(&within, "one").await, Err(StoreError::Whole { .. })), "one thing at a time");
    drop(tx);
    assert!(matches!(within.begin(&context()).await, Err(StoreError::Whole { .. })));
    assert!(matches!(whole.commit().await, Err(StoreError::Whole { .. })));
    assert!(backbone::find(&fixture.store, "one").await.is_err());
}

#[tokio::test]
async fn a_whole_that_is_undone_has_never_happened() {
    let fixture = fixture().await;
    let before = event::head(&fixture.store).await.unwrap();
    let whole = whole(&fixture).await;
    let mut tx = whole.store().begin(&context()).await.unwrap();
    a_backbone(&mut tx, "one").await;
    tx.commit().await.unwrap();
    whole.rollback().await.unwrap();
    assert!(backbone::find(&fixture.store, "one").await.is_err());
    assert_eq!(event::head(&fixture.store).await.unwrap(), before);
}

#[tokio::test]
async fn an_object_is_in_one_set_and_leaves_it_when_it_is_deleted() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let id: NetworkId = a_network(&mut tx, "retail").await;
    let found = network::get(&mut tx, id).await.unwrap();
    let (of_backbone, of_network) = (Object::Backbone(found.backbone), Object::Network(id));
    let (first, second) = (name("first"), name("second"));
    manifest_set::join(&mut tx, &first, &of_backbone).await.unwrap();
    manifest_set::join(&mut tx, &first, &of_network).await.unwrap();
    manifest_set::join(&mut tx, &second, &of_network).await.unwrap();
    tx.commit().await.unwrap();
    let members = async |set| {
        let members = manifest_set::members(&fixture.store, set).await.unwrap();
        members.into_iter().map(|member| member.object).collect::<Vec<_>>()
    };
    assert_eq!(members(&first).await, [of_backbone]);
    assert_eq!(members(&second).await, [of_network]);
    let within = manifest_set::within(&fixture.store, &[], &[id]).await.unwrap();
    assert_eq!(within.iter().map(|member| &member.set).collect::<Vec<_>>(), [&second]);
    let mut tx = fixture.begin().await;
    network::delete(&mut tx, id, None).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(members(&second).await, []);
}
