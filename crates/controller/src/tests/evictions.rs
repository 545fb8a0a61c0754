use jiff::{SignedDuration, Timestamp};
use model::{BackboneId, ControllerId, GenericUuid, lifecycle::NetworkState, trust::TrustDocument};
use pki::{PrivateKey, SignedTrust};
use store::{
    Page,
    replica::{self, Replica},
    status::{self, Report, SiteRef},
};
use uuid::Uuid;

use super::fixture::{Fixture, admin, at, config, name};
use crate::{
    Config, StartError,
    data_dir::DataDir,
    ops::{
        OpError, backbone, backbone_site, controller, eviction,
        invitation::{self, Uses},
        member,
        member::InvitationFate,
        network,
    },
    reconcile, run, trust,
};

async fn backbone_id(fixture: &Fixture) -> BackboneId {
    store::backbone::list(fixture.app.store(), Page::ALL).await.unwrap().items[0].id
}

async fn in_force(fixture: &Fixture) -> (SignedTrust, TrustDocument) {
    let signed = trust::publish(&fixture.app, backbone_id(fixture).await).await.unwrap().signed;
    let document = trust::read_bytes(&signed.document).unwrap();
    (signed, document)
}

/// What `east/r1` says of the document in force there; it has no session any more.
async fn r1_says(fixture: &Fixture, version: u64, digest: [u8; 32]) {
    let backbone = backbone_id(fixture).await;
    let site = store::backbone_site::find(fixture.app.store(), backbone, "r1").await.unwrap().id;
    let (site, session, store) = (SiteRef::Backbone(site), Uuid::new_v4(), fixture.app.store());
    status::connected(store, site, session, fixture.app.controller(), fixture.now()).await.unwrap();
    let report = Report { trust_version: Some(version), trust_digest: Some(digest), ..Report::default() };
    assert!(status::report(store, site, session, &report, fixture.now()).await.unwrap());
    status::disconnected(store, site, session, fixture.now()).await.unwrap();
}

#[tokio::test]
async fn only_a_document_that_holds_the_denial_acknowledges_an_eviction() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    fixture.invitation("one", Uses::Limited(1)).await;
    let (before, document) = in_force(&fixture).await;
    // A router of another time: its version is higher than any here.
    r1_says(&fixture, 99, [9; 32]).await;
    let evicted = network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert!(!evicted.complete && !evicted.routers[0].acknowledged, "{evicted:?}");
    assert_eq!(evicted.routers[0].document_expires.map(Timestamp::as_second), Some(document.valid_until.as_second()));
    assert!(!evicted.routers[0].reachable);

    // The right version of another document.
    r1_says(&fixture, evicted.trust_version.unwrap(), before.digest()).await;
    let shown = eviction::show(&fixture.app, evicted.id).await.unwrap();
    assert!(!shown.complete, "{shown:?}");

    let (carrying, _) = in_force(&fixture).await;
    r1_says(&fixture, evicted.trust_version.unwrap(), carrying.digest()).await;
    let shown = eviction::show(&fixture.app, evicted.id).await.unwrap();
    assert!(shown.complete && shown.routers[0].document_expires.is_none(), "{shown:?}");

    // A later one that holds it, too, will do; and asking again is asking how far it has come.
    fixture.clock.forward(SignedDuration::from_hours(7));
    let (later, _) = in_force(&fixture).await;
    assert_ne!(later.digest(), carrying.digest());
    r1_says(&fixture, 99, later.digest()).await;
    let again = network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert!(again.complete && again.id == evicted.id, "{again:?}");
    let nothing = eviction::show(&fixture.app, Uuid::new_v4()).await;
    assert!(matches!(nothing, Err(OpError::NotFound { .. })));
}

#[tokio::test]
async fn what_goes_wrong_after_the_commit_does_not_fail_an_eviction() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    in_force(&fixture).await;
    // Nothing can be signed for a while.
    let damage = "CREATE TABLE kept AS SELECT id, sealed_key FROM authority WHERE kind = 'backbone';
        UPDATE authority SET sealed_key = '\\x00' WHERE kind = 'backbone'";
    fixture.database.sql(damage).await.unwrap();
    let deleted = network::delete(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert_eq!((deleted.trust_version, deleted.complete, deleted.routers.len()), (None, false, 1));
    let gone = network::show(&fixture.app, &at("shop")).await;
    assert!(matches!(gone, Err(OpError::NotFound { .. })), "it is committed");

    let repair = "UPDATE authority SET sealed_key = kept.sealed_key FROM kept WHERE kept.id = authority.id";
    fixture.database.sql(repair).await.unwrap();
    reconcile::pass(&fixture.app).await.unwrap();
    let shown = eviction::show(&fixture.app, deleted.id).await.unwrap();
    assert!(shown.trust_version.is_some(), "it was tried again: {shown:?}");
}

#[tokio::test]
async fn a_site_that_comes_back_can_be_told_that_its_network_was_deleted_or_has_ended() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let ticket = fixture.invitation("one", Uses::Unlimited).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap();
    let (_, document) = in_force(&fixture).await;
    let (id, trusted) = document.networks.into_iter().next().unwrap();

    // Its end was moved to now: certificates that were issued last longer.
    let end = fixture.after(1);
    let set = network::Set { end: Some(Some(end)), ..network::Set::default() };
    network::set(&fixture.app, &admin(), &at("shop"), set, None).await.unwrap();
    fixture.clock.forward(SignedDuration::from_secs(2));
    let (_, document) = in_force(&fixture).await;
    assert_eq!(document.networks[&id].authorities, trusted.authorities);
    assert!(document.networks[&id].closes.unwrap() <= fixture.now());

    // Deleted, too: the database has nothing of it any more but its denial.
    network::delete(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    let (_, document) = in_force(&fixture).await;
    assert_eq!(document.networks[&id].authorities, trusted.authorities);
    assert!(document.denied.networks.contains_key(&id));
    assert!(
        document.networks[&id].closes.unwrap() <= fixture.now(),
        "it admits nobody, whatever becomes of the denial"
    );

    // Until nobody can hold a certificate in it any more.
    fixture.clock.forward(SignedDuration::from_hours(366 * 24));
    reconcile::pass(&fixture.app).await.unwrap();
    let (_, document) = in_force(&fixture).await;
    assert!(document.networks.is_empty() && document.denied.networks.is_empty());
}

#[tokio::test]
async fn an_invitation_ends_claims_and_its_sites_only_when_asked() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let mut keys = vec![];
    for (invitation, site) in [("one", "a"), ("one", "b"), ("two", "c")] {
        if keys.is_empty() || site == "c" {
            fixture.invitation(invitation, Uses::Unlimited).await;
        }
        let ticket = fixture.render(invitation).await;
        fixture.redeem(&ticket, &PrivateKey::generate(), site).await.unwrap();
        keys.push(ticket);
    }
    let evict = |members| {
        let app = fixture.app.clone();
        async move { invitation::evict(&app, &admin(), &at("shop"), &at("one"), members, None).await.unwrap() }
    };
    let evicted = evict(false).await;
    let (_, document) = in_force(&fixture).await;
    assert_eq!((document.denied.invitations.len(), document.denied.sites.len()), (1, 0));
    let refused = fixture.redeem(&keys[0], &PrivateKey::generate(), "").await.unwrap_err();
    assert_eq!(refused.code, "closed");

    // The same, asked for more.
    let with_members = evict(true).await;
    assert_eq!(with_members.id, evicted.id);
    let (_, document) = in_force(&fixture).await;
    assert_eq!((document.denied.invitations.len(), document.denied.sites.len()), (1, 2));
    let left = member::list(&fixture.app, &at("shop"), &crate::ops::Page::default()).await.unwrap().items;
    assert_eq!(left.iter().map(|site| site.name.as_str()).collect::<Vec<_>>(), ["c"]);
}

#[tokio::test]
async fn what_a_router_remembers_comes_back_into_a_restored_database() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let ticket = fixture.invitation("one", Uses::Unlimited).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "till").await.unwrap();
    in_force(&fixture).await;
    let keep = "CREATE TABLE old_document AS TABLE trust_document; CREATE TABLE old_denial AS TABLE trust_denial;
        CREATE TABLE old_member AS TABLE member; CREATE TABLE old_site AS TABLE backbone_site";
    fixture.database.sql(keep).await.unwrap();
    let fate = Some(InvitationFate::Close);
    member::evict(&fixture.app, &admin(), &at("shop"), &at("till"), fate, None).await.unwrap();
    backbone_site::evict(&fixture.app, &admin(), &at("east"), &at("r1"), None).await.unwrap();
    // One that was made and evicted after the state that is restored: nothing is left of it but the document.
    let later = network::Create { name: name("later"), ..fixture.new_network() };
    network::create(&fixture.app, &admin(), later).await.unwrap();
    network::delete(&fixture.app, &admin(), &at("later"), None).await.unwrap();
    let (remembered, document) = in_force(&fixture).await;
    assert_eq!((document.denied.sites.len(), document.denied.networks.len()), (1, 1));

    let restore = "DELETE FROM trust_document; INSERT INTO trust_document TABLE old_document;
        DELETE FROM trust_denial; INSERT INTO trust_denial TABLE old_denial;
        DELETE FROM key_tombstone; UPDATE invitation SET closed = NULL;
        UPDATE member SET state = o.state, ended = o.ended, reason = o.reason FROM old_member o WHERE o.id = member.id;
        UPDATE backbone_site SET state = o.state FROM old_site o WHERE o.id = backbone_site.id";
    fixture.database.sql(restore).await.unwrap();
    let backbone = backbone_id(&fixture).await;
    // A document of the same version as one the router holds, and another one.
    let till = member::show(&fixture.app, &at("shop"), &at("till")).await.unwrap();
    assert_eq!(till.state, model::lifecycle::MemberState::Member, "the restored state knows nothing of the eviction");

    trust::recall(&fixture.app, backbone, &remembered, document.version).await.unwrap();
    let (_, next) = in_force(&fixture).await;
    assert_eq!(next.version, document.version + 1);
    assert_eq!(next.denied.sites, document.denied.sites);
    assert_eq!(next.denied.invitations, document.denied.invitations);
    assert_eq!(next.denied.backbone_sites, document.denied.backbone_sites);
    assert_eq!(next.denied.networks, document.denied.networks);
    let till = member::show(&fixture.app, &at("shop"), &at("till")).await.unwrap();
    assert_eq!(till.state, model::lifecycle::MemberState::Evicted);
    let r1 = backbone_site::show(&fixture.app, &at("east"), &at("r1")).await.unwrap();
    assert_eq!(r1.state, model::lifecycle::BackboneSiteState::Evicted);
    let shop = network::show(&fixture.app, &at("shop")).await.unwrap();
    assert_eq!(shop.state, NetworkState::Open);

    // Hearing of it again, or of the one in force, makes nothing new.
    trust::recall(&fixture.app, backbone, &remembered, document.version).await.unwrap();
    let (signed, same) = in_force(&fixture).await;
    trust::recall(&fixture.app, backbone, &signed, same.version).await.unwrap();
    assert_eq!(in_force(&fixture).await.1.version, document.version + 1);
}

#[tokio::test]
async fn nothing_is_issued_again_that_would_last_no_longer_or_is_another_backbones() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let create = backbone::Create { name: name("west"), dataplane: None };
    backbone::create(&fixture.app, &admin(), create).await.unwrap();
    let issued = async || fixture.database.sql("SELECT count(*) FROM certificate").await.unwrap();
    let leaves = async || {
        for row in store::backbone::list(fixture.app.store(), Page::ALL).await.unwrap().items {
            let mut tx = fixture.app.store().begin(&store::Context::new("test")).await.unwrap();
            let owner = store::authority::Owner::Backbone(row.id);
            let issuer = crate::issue::issuer_of(&fixture.app, &mut tx, owner).await.unwrap();
            trust::own_leaf(&fixture.app, &mut tx, &issuer).await.unwrap();
            trust::own_signer(&fixture.app, &mut tx, &issuer, row.id).await.unwrap();
            tx.commit().await.unwrap();
        }
    };
    leaves().await;
    let first = issued().await;
    leaves().await;
    assert_eq!(issued().await, first);

    // Two hours before the authority ends: less than a trust document is valid.
    fixture.clock.forward(SignedDuration::from_hours(10 * 365 * 24 - 2));
    leaves().await;
    let last = issued().await;
    assert_ne!(last, first);
    leaves().await;
    fixture.clock.forward(SignedDuration::from_hours(1));
    leaves().await;
    assert_eq!(issued().await, last);
    // And no document outlives who has signed it.
    let (signed, document) = in_force(&fixture).await;
    assert!(document.valid_until <= pki::Certificate::parse(signed.signer.as_bytes()).unwrap().not_after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_evicted_controller_stops_and_does_not_start_again() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let here = Replica {
        id: fixture.app.controller(),
        hostname: "here".to_owned(),
        software: "test".to_owned(),
        started: fixture.now(),
        last_seen: fixture.now(),
    };
    replica::seen(fixture.app.store(), &here).await.unwrap();
    let only = controller::evict(&fixture.app, &admin(), here.id).await.unwrap_err();
    assert!(matches!(only, OpError::Precondition { .. }), "{only:?}");
    let unknown = ControllerId::from_untyped_uuid(Uuid::new_v4());
    let unknown = controller::evict(&fixture.app, &admin(), unknown).await.unwrap_err();
    assert!(matches!(unknown, OpError::NotFound { .. }), "{unknown:?}");

    let dir = tempfile::tempdir().unwrap();
    let there = DataDir::open(dir.path()).unwrap().controller_id().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = Config {
        database_url: Some(fixture.database.url.clone().into()),
        key_file: Some(fixture.dir.path().join("kek")),
        listen: port.to_string().parse().unwrap(),
        ..config(&dir)
    };
    let start = || tokio::spawn(run::run_with_clock(config.clone(), fixture.app.clock(), Default::default()));
    let running = start();
    let seen = async {
        while !controller::list(&fixture.app).await.unwrap().iter().any(|one| one.id == there) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), seen).await.unwrap();
    controller::evict(&fixture.app, &admin(), there).await.unwrap();
    assert!(in_force(&fixture).await.1.denied.controllers.contains_key(&there));
    let ended = tokio::time::timeout(std::time::Duration::from_secs(60), running).await.unwrap().unwrap();
    assert!(matches!(ended, Err(StartError::Evicted { id, .. }) if id == there), "{ended:?}");
    let again = start().await.unwrap().unwrap_err();
    assert!(again.to_string().contains("controller.id"), "{again}");
}
