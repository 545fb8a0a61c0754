use model::{BackboneId, Der, GenericUuid, Identity, InstallationId, SpiffeId, trust::Denial};
use store::{
    Page, Store, StoreError,
    authority::{self, Owner},
    certificate::{self, NewCertificate},
    denial::{self, Denied},
    inputs, installation, network, trust,
};

use uuid::Uuid;

use crate::{
    repositories::{issued, new_authority},
    support::{NOW, a_backbone, at, fixture, id, key, new_network},
};

#[tokio::test]
async fn certificates_are_numbered_and_superseded_per_subject() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let issuer = authority::insert(&mut tx, new_authority(Owner::Backbone(main), 1, Some(issued(1)))).await.unwrap().id;
    tx.commit().await.unwrap();
    let installation: InstallationId = id();
    let subject = SpiffeId { installation, identity: Identity::BackboneSite { backbone: main, site: id() } };
    let new = |serial: &str, not_after: i64| NewCertificate {
        id: id(),
        subject,
        serial: serial.to_owned(),
        issuer,
        key_digest: key(1),
        not_before: at(NOW),
        not_after: at(NOW + not_after),
        renewable_until: None,
        der: Der(vec![1, 2, 3]),
    };
    let mut tasks = tokio::task::JoinSet::new();
    for (serial, not_after) in [("0a", 10), ("0b", 30), ("0c", 20)] {
        let (store, new) = (fixture.store.clone(), new(serial, not_after));
        tasks.spawn(async move {
            let mut tx = store.begin(&crate::support::context()).await.unwrap();
            certificate::insert(&mut tx, new).await.unwrap();
            tx.commit().await.unwrap();
        });
    }
    tasks.join_all().await;
    let all = certificate::list_of_subject(&fixture.store, &subject).await.unwrap();
    assert_eq!(all.iter().map(|c| c.generation).collect::<Vec<_>>(), [1, 2, 3]);
    let superseded: Vec<_> = all.iter().map(|c| c.superseded_by).collect();
    assert_eq!(superseded, [Some(all[1].id), Some(all[2].id), None]);
    assert_eq!(certificate::current(&fixture.store, &subject).await.unwrap().unwrap(), all[2]);
    assert_eq!(certificate::last_expiry(&fixture.store, &subject).await.unwrap(), Some(at(NOW + 30)));
    assert_eq!(certificate::by_serial(&fixture.store, issuer, "0b").await.unwrap().unwrap().serial, "0b");
    assert_eq!(certificate::list(&fixture.store, Some(issuer), Page::first(2)).await.unwrap().items.len(), 2);
    assert_eq!(certificate::list(&fixture.store, Some(id()), Page::ALL).await.unwrap().items.len(), 0);
    let mut tx = fixture.begin().await;
    let after = certificate::supersede(&mut tx, all[0].id, all[2].id).await.unwrap();
    assert_eq!(certificate::get(&mut tx, all[0].id).await.unwrap(), after);
    let twice = certificate::insert(&mut tx, new("0a", 10)).await;
    assert!(matches!(twice, Err(StoreError::Exists { .. })));
}

#[tokio::test]
async fn a_certificate_at_one_backbone_takes_the_place_of_none_at_another() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let (main, other) = (a_backbone(&mut tx, "main").await, a_backbone(&mut tx, "other").await);
    let mut issuers = vec![];
    for (owner, generation) in [(main, 1), (main, 2), (other, 1)] {
        let new = new_authority(Owner::Backbone(owner), generation, Some(issued(1)));
        issuers.push(authority::insert(&mut tx, new).await.unwrap().id);
    }
    let subject = SpiffeId { installation: id(), identity: Identity::Controller { controller: id() } };
    let mut issue = async |issuer: usize, serial: &str| {
        let new = NewCertificate {
            id: id(),
            subject,
            serial: serial.to_owned(),
            issuer: issuers[issuer],
            key_digest: key(1),
            not_before: at(NOW),
            not_after: at(NOW + 10),
            renewable_until: None,
            der: Der(vec![1]),
        };
        certificate::insert(&mut tx, new).await.unwrap()
    };
    let first = issue(0, "0a").await;
    let elsewhere = issue(2, "0b").await;
    // The next generation of the same backbone's authority.
    let second = issue(1, "0c").await;
    assert_eq!((first.generation, elsewhere.generation, second.generation), (1, 1, 2));
    tx.commit().await.unwrap();
    let superseded = async |certificate: &certificate::Certificate| {
        certificate::get(&fixture.store, certificate.id).await.unwrap().superseded_by
    };
    assert_eq!(superseded(&first).await, Some(second.id));
    assert_eq!((superseded(&elsewhere).await, superseded(&second).await), (None, None));
}

#[tokio::test]
async fn a_denial_keeps_the_authorities_of_what_was_deleted_and_is_taken_back_once() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let network = network::create(&mut tx, new_network(main, "shop")).await.unwrap().id;
    denial::insert(&mut tx, Denied::Network(network), Some(main), Denial::Ended, None).await.unwrap();
    denial::keep_authorities(&mut tx, network, &[Der(vec![7])]).await.unwrap();
    network::delete(&mut tx, network, None).await.unwrap();
    let kept = denial::find(&mut tx, network.into_untyped_uuid()).await.unwrap();
    assert_eq!((kept.len(), &kept[0].authorities), (1, &vec![Der(vec![7])]));

    // A denial that only a trust document remembers: no network is known of a site.
    for (kind, backbone) in
        [(denial::Kind::Network, Some(main)), (denial::Kind::Site, Some(main)), (denial::Kind::Controller, None)]
    {
        let lost = Uuid::new_v4();
        let back = denial::take_back(&mut tx, kind, lost, main, Denial::Evicted).await.unwrap().unwrap();
        assert_eq!((back.kind, back.backbone, back.until), (kind, backbone, None));
        assert_eq!(denial::take_back(&mut tx, kind, lost, main, Denial::Ended).await.unwrap(), None);
    }
}

fn document(backbone: BackboneId, version: u64) -> trust::NewDocument {
    trust::NewDocument {
        backbone,
        version,
        document: vec![1],
        signature: vec![2],
        signer: Der(vec![3]),
        valid_until: at(NOW + 10),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_versions_only_grow_even_when_replicas_race() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    tx.commit().await.unwrap();
    assert_eq!(trust::latest(&fixture.store, main).await.unwrap(), None);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store: Store = fixture.store.clone();
        tasks.spawn(async move {
            let mut tx = store.begin(&crate::support::context()).await.unwrap();
            match trust::insert(&mut tx, document(main, 1)).await {
                Ok(_) => tx.commit().await.map(|_| true).unwrap(),
                Err(StoreError::Conflict { .. }) => false,
                Err(error) => panic!("{error}"),
            }
        });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|won| *won).count(), 1);
    let mut tx = fixture.begin().await;
    for version in [5, 30] {
        trust::insert(&mut tx, document(main, version)).await.unwrap();
    }
    assert!(matches!(trust::insert(&mut tx, document(main, 30)).await, Err(StoreError::Conflict { .. })));
    assert!(matches!(trust::insert(&mut tx, document(main, 29)).await, Err(StoreError::Conflict { .. })));
    tx.commit().await.unwrap();
    let latest = trust::latest(&fixture.store, main).await.unwrap().unwrap();
    assert_eq!((latest.version, latest.signer), (30, Der(vec![3])));
    assert_eq!(
        fixture.database.sql("SELECT count(*) FROM trust_document").await.unwrap(),
        "1",
        "old ones are forgotten"
    );
}

#[tokio::test]
async fn trust_inputs_are_everything_a_document_is_made_of() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let installation = installation::get_or_create(&mut tx, id(), "kek").await.unwrap().id;
    let main = a_backbone(&mut tx, "main").await;
    let other = a_backbone(&mut tx, "other").await;
    authority::insert(&mut tx, new_authority(Owner::Backbone(main), 1, Some(issued(1)))).await.unwrap();
    let network = network::create(&mut tx, new_network(main, "shop")).await.unwrap();
    network::create(&mut tx, new_network(other, "elsewhere")).await.unwrap();
    authority::insert(&mut tx, new_authority(Owner::Network(network.id), 1, Some(issued(2)))).await.unwrap();
    let (site, controller) = (id(), id());
    let denied = Denied::Site(network.id, site);
    denial::insert(&mut tx, denied, Some(main), Denial::Evicted, Some(at(NOW + 10))).await.unwrap();
    denial::insert(&mut tx, Denied::Controller(controller), None, Denial::Evicted, None).await.unwrap();
    denial::insert(&mut tx, Denied::BackboneSite(id()), Some(other), Denial::Superseded, None).await.unwrap();
    trust::insert(&mut tx, document(main, 1)).await.unwrap();
    tx.commit().await.unwrap();
    let inputs = inputs::trust_inputs(&fixture.store, main).await.unwrap();
    assert_eq!((inputs.installation, inputs.backbone.id, inputs.authorities.len()), (installation, main, 1));
    assert_eq!(inputs.networks.len(), 1);
    assert_eq!((&inputs.networks[0].0, inputs.networks[0].1.len()), (&network, 1));
    assert_eq!(inputs.latest.unwrap().version, 1);
    let denials: Vec<_> = inputs.denials.iter().map(|d| (d.kind, d.network, d.reason)).collect();
    assert_eq!(denials.len(), 2);
    assert!(denials.contains(&(denial::Kind::Site, Some(network.id), Denial::Evicted)));
    assert!(denials.contains(&(denial::Kind::Controller, None, Denial::Evicted)));
    assert_eq!(denial::list_of_network(&fixture.store, network.id).await.unwrap().len(), 1);

    // Denied again, for less long: the longer time counts. Then time passes.
    let mut tx = fixture.begin().await;
    let again = denial::insert(&mut tx, denied, Some(main), Denial::Ended, Some(at(NOW + 5))).await.unwrap();
    assert_eq!((again.until, again.reason), (Some(at(NOW + 10)), Denial::Ended));
    assert_eq!(denial::prune(&mut tx, at(NOW + 9)).await.unwrap(), 0);
    assert_eq!(denial::prune(&mut tx, at(NOW + 10)).await.unwrap(), 1);
    denial::remove(&mut tx, Denied::Controller(controller)).await.unwrap();
    assert_eq!(denial::list(&mut tx, main).await.unwrap(), []);
}
