//! Deployments, what their sites are offered, decide and report; and the secrets that they need.

use std::collections::{BTreeMap, BTreeSet};

use model::{GenericUuid as _, NetworkId, ReleaseId, SiteId};
use serde_json::{Value, json};
use store::{
    StoreError, Tx,
    deployment::{self, Deployment, Give, New, Offered},
    event::{self, Filter},
    member::Member,
    network,
    redemption::{Redeemed, redeem},
    release::{self, NewRelease},
    sealed::{self, Place},
    secret::{self, Sealed},
};

use crate::support::{Fixture, a_network, an_invitation, at, claim, fixture, id, key, name};

async fn a_release(tx: &mut Tx, called: &str, digest: u8, document: &str) -> ReleaseId {
    let new = NewRelease {
        id: id(),
        name: name(called),
        version: "1.0.0".parse().unwrap(),
        digest: [digest; 32],
        document: document.to_owned(),
        instances: 1,
        documents: vec![],
    };
    release::add(tx, &new).await.unwrap().id
}

async fn a_deployment(tx: &mut Tx, network: NetworkId, called: &str, release: ReleaseId) -> Deployment {
    let new = New { id: id(), network, name: name(called), document: json!({"kind": "Deployment"}), release };
    deployment::create(tx, &new).await.unwrap()
}

async fn a_member(tx: &mut Tx, network: NetworkId, n: u8) -> SiteId {
    let invitation = an_invitation(tx, network, None).await;
    let Redeemed::New(Member { id, .. }) =
        redeem(tx, &claim(network, invitation, key(n), Some("store"))).await.unwrap()
    else {
        panic!("it is let in at once")
    };
    id
}

async fn actions(fixture: &Fixture) -> Vec<String> {
    let all = event::list(&fixture.store, &Filter::default(), 0, 1_000).await.unwrap();
    all.into_iter().map(|event| event.action).filter(|action| action.starts_with("deployment.")).collect()
}

#[tokio::test]
async fn what_a_person_changes_grows_the_revision_and_what_follows_from_it_does_not() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "exercise").await;
    let (one, other) = (a_release(&mut tx, "shop", 1, "{}").await, a_release(&mut tx, "shop", 2, "{}").await);
    let made = a_deployment(&mut tx, network, "shop", one).await;
    let taken = New { id: id(), network, name: name("shop"), document: json!({}), release: one };
    tx.commit().await.unwrap();

    let mut tx = fixture.begin().await;
    let refused = deployment::create(&mut tx, &taken).await.unwrap_err();
    assert!(matches!(refused, StoreError::NameTaken { .. }), "{refused:?}");
    drop(tx);

    let mut tx = fixture.begin().await;
    let same = deployment::update(&mut tx, made.id, Some(1), &made.document, one).await.unwrap();
    assert_eq!(same, made, "what is so already stays unchanged");
    let stale = deployment::update(&mut tx, made.id, Some(7), &json!({}), one).await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { .. }));
    let changed = deployment::update(&mut tx, made.id, Some(1), &json!({"spec": 1}), other).await.unwrap();
    assert_eq!((changed.revision, changed.release), (2, other));
    deployment::planned(&mut tx, made.id, Some("{\"number\":1}"), other, Some("no room"), None, Some(1)).await.unwrap();
    deployment::planned(&mut tx, made.id, Some("{\"number\":1}"), other, None, Some("{}"), None).await.unwrap();
    let locked = deployment::lock(&mut tx, made.id).await.unwrap().unwrap();
    assert_eq!((locked.plan.as_deref(), locked.rollout.as_deref()), (Some("{\"number\":1}"), Some("{}")));
    assert_eq!((locked.deployment.revision, locked.deployment.trouble), (2, None));
    tx.commit().await.unwrap();

    let mut tx = fixture.begin().await;
    let in_use = release::delete(&mut tx, other).await.unwrap_err();
    assert!(matches!(in_use, StoreError::InUse { ref by } if by == "deployment"), "{in_use:?}");
    drop(tx);

    let mut tx = fixture.begin().await;
    let going = deployment::begin_removal(&mut tx, made.id, None).await.unwrap();
    assert!(going.removing);
    let late = deployment::update(&mut tx, made.id, None, &json!({}), one).await.unwrap_err();
    assert!(matches!(late, StoreError::Conflict { .. }), "nothing is changed of what goes");
    deployment::delete(&mut tx, made.id).await.unwrap();
    assert!(deployment::lock(&mut tx, made.id).await.unwrap().is_none());
    tx.commit().await.unwrap();
    assert_eq!(
        actions(&fixture).await,
        ["deployment.create", "deployment.update", "deployment.planned", "deployment.delete", "deployment.removed"]
    );
}

#[tokio::test]
async fn a_site_is_offered_and_decides_with_a_line_each_and_reports_without_one() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "exercise").await;
    let release = a_release(&mut tx, "shop", 1, "{}").await;
    let made = a_deployment(&mut tx, network, "shop", release).await;
    let site = a_member(&mut tx, network, 1).await;
    let declined = BTreeSet::from(["shop/monitor".to_owned()]);
    let locals = json!({"shop/till": {"currency": "EUR"}});
    let early = deployment::decided(&mut tx, made.id, site, &declined, Some(&locals)).await.unwrap();
    assert!(!early, "it was never offered it");
    let first = Give::Plan { offer: "{\"number\":1}", digest: "d1", empty: false, keep: true };
    for _ in 0..2 {
        deployment::offer(&mut tx, made.id, &[(site, first)]).await.unwrap();
    }
    assert!(deployment::decided(&mut tx, made.id, site, &declined, Some(&locals)).await.unwrap());
    assert!(!deployment::decided(&mut tx, made.id, site, &declined, Some(&locals)).await.unwrap());
    deployment::reported(&mut tx, made.id, site, &json!({"state": "healthy"}), at(1_800_000_001)).await.unwrap();
    tx.commit().await.unwrap();

    let all = deployment::sites(&fixture.store, made.id).await.unwrap();
    assert_eq!((all.len(), &all[0].declined, &all[0].locals), (1, &declined, &locals));
    assert_eq!(all[0].report, Some(json!({"state": "healthy"})));
    assert_eq!((all[0].offer_digest.as_deref(), all[0].observed), (Some("d1"), Some(at(1_800_000_001))));
    let offers = deployment::offers_of(&fixture.store, site).await.unwrap();
    let offered = |offer: &str, kept: Option<&str>, report| Offered {
        name: name("shop"),
        offer: offer.to_owned(),
        kept: kept.map(str::to_owned),
        report,
    };
    let (one, two) = ("{\"number\":1}", "{\"number\":2}");
    assert_eq!(offers, [offered(one, None, Some(json!({"state": "healthy"})))]);
    assert_eq!(deployment::offered(&fixture.store, network).await.unwrap(), BTreeSet::from([site]));

    let mut tx = fixture.begin().await;
    let second = Give::Plan { offer: "{\"number\":2}", digest: "d2", empty: false, keep: true };
    deployment::offer(&mut tx, made.id, &[(site, second)]).await.unwrap();
    assert_eq!(deployment::offers_of(&mut tx, site).await.unwrap(), [offered(two, Some(one), None)]);
    // What was filled in stays, when nothing is said of that.
    assert!(!deployment::decided(&mut tx, made.id, site, &declined, None).await.unwrap());
    deployment::offer(&mut tx, made.id, &[(site, Give::Back)]).await.unwrap();
    let back = deployment::offers_of(&mut tx, site).await.unwrap();
    assert_eq!(back, [offered(one, Some(one), None)], "what it was offered before was kept");
    deployment::offer(&mut tx, made.id, &[(site, Give::Nothing)]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(deployment::offers_of(&fixture.store, site).await.unwrap(), []);
    let kept = deployment::sites(&fixture.store, made.id).await.unwrap();
    assert_eq!(kept[0].declined, declined, "what was decided outlives an offer");
    let offered = "deployment.offered";
    let lines = ["deployment.create", offered, "deployment.decided", offered, offered, offered];
    assert_eq!(actions(&fixture).await, lines);
    let all = event::list(&fixture.store, &Filter::default(), 0, 1_000).await.unwrap();
    let offered = all.iter().find(|event| event.action == "deployment.offered").unwrap();
    assert_eq!((offered.network, &offered.after.as_ref().unwrap()["site"]), (Some(network), &json!(site)));
}

#[tokio::test]
async fn deployments_of_networks_that_have_ended_are_planned_no_more() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "exercise").await;
    let release = a_release(&mut tx, "shop", 1, "{}").await;
    let made = a_deployment(&mut tx, network, "shop", release).await;
    tx.commit().await.unwrap();
    assert_eq!(deployment::list_all(&fixture.store).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!(deployment::by_name(&fixture.store, network, &name("shop")).await.unwrap(), made);
    fixture.clock.move_to(1_800_002_000);
    let mut tx = fixture.begin().await;
    network::close(&mut tx, network).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(deployment::list_all(&fixture.store).await.unwrap(), []);
}

fn values(secret: &str, sealed: &[u8]) -> Sealed {
    Sealed { id: id(), name: name(secret), sealed: sealed.to_vec() }
}

#[tokio::test]
async fn a_secret_is_told_of_by_its_names_alone_and_sealed_anew_with_all_that_is_sealed() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "exercise").await;
    let new = values("database", b"sealed-bytes");
    let keys = ["password".to_owned(), "user".to_owned()];
    let first = secret::set(&mut tx, network, None, &keys, &new).await.unwrap();
    let again = Sealed { sealed: b"other-bytes".to_vec(), ..new.clone() };
    let stale = secret::set(&mut tx, network, Some(9), &keys, &again).await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { .. }));
    let second = secret::set(&mut tx, network, Some(1), &keys[..1], &again).await.unwrap();
    assert_eq!((second.id, second.revision, second.keys.len()), (first.id, 2, 1));
    let place = Place::Secret(first.id.into_untyped_uuid());
    assert_eq!(sealed::list(&mut tx).await.unwrap(), [(place, b"other-bytes".to_vec())]);
    sealed::replace(&mut tx, &[(place, b"anew".to_vec())]).await.unwrap();
    tx.commit().await.unwrap();
    let found = secret::sealed(&fixture.store, network, &[name("database"), name("none")]).await.unwrap();
    assert_eq!(found, [Sealed { sealed: b"anew".to_vec(), ..new }]);

    let release = json!({"spec": {"secrets": {"database": ["shop/till"], "none-yet": ["shop/till"]}}}).to_string();
    let mut tx = fixture.begin().await;
    let release = a_release(&mut tx, "shop", 1, &release).await;
    a_deployment(&mut tx, network, "shop", release).await;
    let without = a_release(&mut tx, "plain", 2, "{\"spec\":{}}").await;
    a_deployment(&mut tx, network, "plain", without).await;
    let shop = BTreeSet::from([name("shop")]);
    let needed = secret::needed(&mut tx, network).await.unwrap();
    assert_eq!(needed, BTreeMap::from([("database".to_owned(), shop.clone()), ("none-yet".to_owned(), shop)]));
    secret::delete(&mut tx, network, &name("database"), Some(2)).await.unwrap();
    let gone = secret::find(&mut tx, network, "database").await.unwrap_err();
    assert!(matches!(gone, StoreError::NotFound { what: "secret" }));
    tx.commit().await.unwrap();
    let all: Vec<Value> = event::list(&fixture.store, &Filter::default(), 0, 1_000)
        .await
        .unwrap()
        .into_iter()
        .filter(|event| event.action.starts_with("secret."))
        .map(|event| json!([event.action, event.before, event.after]))
        .collect();
    assert_eq!(
        all.iter().map(|it| it[0].as_str().unwrap()).collect::<Vec<_>>(),
        ["secret.set", "secret.set", "secret.delete"]
    );
    assert!(!json!(all).to_string().contains("sealed"), "{all:?}");
}
