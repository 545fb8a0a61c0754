use jiff::SignedDuration;
use model::{BackboneId, trust::TrustDocument};
use pki::{Anchors, SignedTrust};
use store::{Page, authority::Owner};

use super::fixture::{Fixture, admin, at};
use crate::{
    ops::{invitation, invitation::Uses, network},
    reconcile, trust,
};

async fn backbone(fixture: &Fixture) -> BackboneId {
    store::backbone::list(fixture.app.store(), Page::ALL).await.unwrap().items[0].id
}

/// Verifies as a router does.
async fn verified(fixture: &Fixture, backbone: BackboneId, signed: &SignedTrust) -> TrustDocument {
    let authorities = trust::authorities(fixture.app.store(), Owner::Backbone(backbone)).await.unwrap();
    let anchors = Anchors {
        installation: fixture.app.installation(),
        backbone,
        backbone_authorities: authorities.into_iter().map(|authority| authority.certificate).collect(),
        networks: [].into(),
    };
    signed.verify(&anchors, fixture.now()).unwrap()
}

#[tokio::test]
async fn the_document_follows_what_is_stored_and_nothing_else_makes_a_version() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let id = backbone(&fixture).await;
    let first = trust::publish(&fixture.app, id).await.unwrap();
    assert!(verified(&fixture, id, &first.signed).await.networks.is_empty());
    let same = trust::publish(&fixture.app, id).await.unwrap();
    assert_eq!((same.version, &same.signed), (first.version, &first.signed));

    fixture.network().await;
    let second = trust::publish(&fixture.app, id).await.unwrap();
    let document = verified(&fixture, id, &second.signed).await;
    assert_eq!((document.version, document.networks.len()), (first.version + 1, 1));

    fixture.invitation("one", Uses::Limited(1)).await;
    invitation::expire(&fixture.app, &admin(), &at("shop"), &at("one"), None).await.unwrap();
    let third = trust::publish(&fixture.app, id).await.unwrap();
    assert_eq!(verified(&fixture, id, &third.signed).await.denied.invitations.len(), 1);
}

#[tokio::test]
async fn replicas_that_sign_at_once_make_one_line_of_versions() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let id = backbone(&fixture).await;
    trust::publish(&fixture.app, id).await.unwrap();
    fixture.network().await;
    let rush = (0..8).map(|_| trust::publish(&fixture.app, id));
    let published = futures_util::future::try_join_all(rush).await.unwrap();
    assert!(published.iter().all(|it| it.version == published[0].version && it.signed == published[0].signed));
    let stored = fixture.database.sql("SELECT count(*), max(version) FROM trust_document").await.unwrap();
    assert_eq!(stored.trim(), "2|2");
}

#[tokio::test]
async fn the_document_is_refreshed_long_before_it_expires_and_networks_end_by_time_alone() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let id = backbone(&fixture).await;
    reconcile::pass(&fixture.app).await.unwrap();
    let first = trust::publish(&fixture.app, id).await.unwrap();

    fixture.clock.forward(SignedDuration::from_hours(7));
    reconcile::pass(&fixture.app).await.unwrap();
    let refreshed = trust::publish(&fixture.app, id).await.unwrap();
    assert_eq!(refreshed.version, first.version + 1);

    fixture.clock.forward(SignedDuration::from_hours(24));
    let again = reconcile::pass(&fixture.app).await.unwrap();
    assert!(again > fixture.now());
    let ended = trust::publish(&fixture.app, id).await.unwrap();
    assert!(verified(&fixture, id, &ended.signed).await.networks.is_empty(), "nobody holds a certificate in it");
    let row = store::network::find(fixture.app.store(), "shop").await.unwrap();
    assert!(row.ended.is_some());
    let events = fixture.database.sql("SELECT count(*) FROM event WHERE action = 'network.end'").await.unwrap();
    assert_eq!(events.trim(), "1");
}

#[tokio::test]
async fn an_evicted_network_is_denied_and_one_deleted_too() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    fixture.invitation("one", Uses::Limited(1)).await;
    let id = backbone(&fixture).await;
    let eviction = network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert!(!eviction.complete, "its router has said nothing yet");
    assert_eq!(eviction.routers.len(), 1);
    let in_force = trust::publish(&fixture.app, id).await.unwrap();
    assert_eq!(Some(in_force.version), eviction.trust_version);
    assert_eq!(verified(&fixture, id, &in_force.signed).await.denied.networks.len(), 1);
    network::delete(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    let in_force = trust::publish(&fixture.app, id).await.unwrap();
    let document = verified(&fixture, id, &in_force.signed).await;
    assert_eq!((document.denied.networks.len(), document.networks.len()), (1, 1));
}

#[tokio::test]
async fn settings_that_are_read_again_take_effect_while_a_controller_runs() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let id = backbone(&fixture).await;
    let lasts = async || {
        let published = trust::publish(&fixture.app, id).await.unwrap();
        verified(&fixture, id, &published.signed).await.valid_until.duration_since(fixture.now())
    };
    assert!(lasts().await > SignedDuration::from_hours(23));
    let mut config = super::fixture::config(&fixture.dir);
    config.trust_validity = SignedDuration::from_hours(1);
    fixture.app.reload(config.settings().unwrap());
    // Something that makes another document.
    fixture.network().await;
    assert!(lasts().await <= SignedDuration::from_hours(1));
}
