use model::{
    AccessKind, AccessPointId, Address, BackboneId, Der, GenericUuid, HostPort,
    router::{AddressPolicy, Transport, Weight},
};
use store::{
    Page, Store, StoreError, access_point, address_policy,
    authority::{self, AuthorityState, Issued, NewAuthority, Owner, Succession},
    backbone::{self, DataPlane},
    backbone_site, class, connector, event, inputs, installation,
    installation::RootState,
    invitation::{self, InvitationChange},
    link::{self, NewLink},
    listener::{self, At},
    member,
    network::{self, AddressMode, NetworkChange},
    redemption::{Redeemed, redeem},
    sealed::{self, Place},
};

use crate::support::{
    NOW, a_backbone, a_backbone_site, a_network, an_invitation, at, claim, fixture, id, key, name, new_invitation,
    new_network,
};

pub(crate) fn issued(n: u8) -> Issued {
    Issued { certificate: Der(vec![n]), chain: vec![Der(vec![n, n])], not_before: at(NOW), not_after: at(NOW + 10) }
}

pub(crate) fn new_authority(owner: Owner, generation: u32, issued: Option<Issued>) -> NewAuthority {
    NewAuthority { id: id(), owner, generation, sealed_key: vec![7; 40], issued, issuer: None, succeeds: None }
}

#[tokio::test]
async fn there_is_one_installation_whoever_creates_it() {
    let fixture = fixture().await;
    assert_eq!(installation::get(&fixture.store).await.unwrap(), None);
    let mut one = fixture.begin().await;
    let first = installation::get_or_create(&mut one, id(), "kek-1").await.unwrap();
    let store = fixture.store.clone();
    let other = tokio::spawn(async move {
        let mut tx = store.begin(&crate::support::context()).await.unwrap();
        let second = installation::get_or_create(&mut tx, id(), "kek-2").await.unwrap();
        tx.commit().await.unwrap();
        second
    });
    one.commit().await.unwrap();
    assert_eq!(other.await.unwrap(), first);
    let mut tx = fixture.begin().await;
    let after = installation::set_kek(&mut tx, "kek-3").await.unwrap();
    assert_eq!((after.id, after.kek_id.as_str(), after.revision), (first.id, "kek-3", 2));
}

#[tokio::test]
async fn a_root_is_absent_pending_established() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    assert_eq!(installation::root_state(&mut tx).await.unwrap(), RootState::Absent);
    let pending = authority::insert(&mut tx, new_authority(Owner::Root, 1, None)).await.unwrap();
    assert_eq!(installation::root_state(&mut tx).await.unwrap(), RootState::Pending);
    assert_eq!(pending.certificate, None);
    let root = authority::activate(&mut tx, pending.id, issued(1)).await.unwrap();
    assert_eq!(installation::root_state(&mut tx).await.unwrap(), RootState::Established);
    assert_eq!((root.certificate, root.chain), (Some(Der(vec![1])), vec![Der(vec![1, 1])]));
    let again = authority::activate(&mut tx, pending.id, issued(2)).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })));
    // A second request, withdrawn, and a second one at the same time, refused.
    let second = authority::insert(&mut tx, new_authority(Owner::Root, 2, None)).await.unwrap();
    authority::discard(&mut tx, second.id).await.unwrap();
    authority::insert(&mut tx, new_authority(Owner::Root, 2, None)).await.unwrap();
    let third = authority::insert(&mut tx, new_authority(Owner::Root, 3, None)).await;
    assert!(matches!(third, Err(StoreError::Exists { .. })));
}

#[tokio::test]
async fn generations_overlap_and_the_newest_active_one_issues() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let owner = Owner::Backbone(a_backbone(&mut tx, "main").await);
    assert_eq!(authority::active(&mut tx, owner).await.unwrap(), None);
    let first = authority::insert(&mut tx, new_authority(owner, 1, Some(issued(1)))).await.unwrap();
    let second = authority::insert(&mut tx, new_authority(owner, 2, Some(issued(2)))).await.unwrap();
    assert_eq!(authority::active(&mut tx, owner).await.unwrap().unwrap().id, second.id);
    let retired = authority::retire(&mut tx, second.id, true).await.unwrap();
    assert_eq!((retired.state, retired.sealed_key), (AuthorityState::Retired, None));
    assert_eq!(authority::active(&mut tx, owner).await.unwrap().unwrap().id, first.id);
    assert_eq!(authority::list(&mut tx, owner).await.unwrap().len(), 2);
    let sealed = [(Place::Authority(first.id.into_untyped_uuid()), vec![8])];
    sealed::replace(&mut tx, &sealed).await.unwrap();
    assert_eq!(sealed::list(&mut tx).await.unwrap(), sealed, "destroyed keys are in no list");
    assert_eq!(authority::get(&mut tx, first.id).await.unwrap().sealed_key, Some(vec![8]));
    assert_eq!(authority::list(&mut tx, Owner::Root).await.unwrap(), []);
    assert_eq!(authority::list_all(&mut tx).await.unwrap().len(), 2);
    let same = authority::insert(&mut tx, new_authority(owner, 2, Some(issued(3)))).await;
    assert!(matches!(same, Err(StoreError::Exists { .. })));
}

#[tokio::test]
async fn a_generation_is_announced_before_it_issues_and_withdrawn_when_it_is_over() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let owner = Owner::Backbone(a_backbone(&mut tx, "main").await);
    let first = authority::insert(&mut tx, new_authority(owner, 1, Some(issued(1)))).await.unwrap();
    let succeeds = Some(Succession { reason: "age".to_owned(), hurried: false });
    let new = NewAuthority { issuer: Some(first.id), succeeds, ..new_authority(owner, 2, Some(issued(2))) };
    let second = authority::insert(&mut tx, new).await.unwrap();
    assert_eq!((second.state, second.reason.as_deref()), (AuthorityState::Announced, Some("age")));
    assert_eq!(authority::active(&mut tx, owner).await.unwrap().unwrap().id, first.id);
    assert!(authority::hurry(&mut tx, second.id).await.unwrap().hurried);

    let issuing = authority::begin_to_issue(&mut tx, second.id).await.unwrap();
    assert_eq!(issuing.state, AuthorityState::Active);
    let again = authority::begin_to_issue(&mut tx, second.id).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    let early = authority::withdraw(&mut tx, first.id).await;
    assert!(matches!(early, Err(StoreError::Conflict { .. })), "one that issues is not withdrawn: {early:?}");
    let retired = authority::retire(&mut tx, first.id, false).await.unwrap();
    assert!(retired.state.is_trusted() && retired.sealed_key.is_some());
    let gone = authority::withdraw(&mut tx, first.id).await.unwrap();
    assert!(!gone.state.is_trusted() && gone.sealed_key.is_none());
    assert_eq!(authority::list_locked(&mut tx, owner).await.unwrap(), [gone, issuing]);
}

#[tokio::test]
async fn events_never_hold_keys() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    authority::insert(&mut tx, new_authority(Owner::Network(network), 1, Some(issued(1)))).await.unwrap();
    an_invitation(&mut tx, network, None).await;
    tx.commit().await.unwrap();
    for event in event::after(&fixture.store, 0, 100).await.unwrap() {
        let text = event.after.unwrap().to_string();
        assert!(!text.contains("key"), "{text}");
    }
}

#[tokio::test]
async fn names_are_unique_and_found_and_so_are_ids() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let site = a_backbone_site(&mut tx, main, "one").await;
    assert_eq!(backbone::find(&mut tx, "main").await.unwrap().id, main);
    assert_eq!(backbone::find(&mut tx, &main.to_string()).await.unwrap().id, main);
    assert_eq!(backbone_site::find(&mut tx, main, "one").await.unwrap().id, site);
    assert_eq!(backbone_site::find(&mut tx, main, &site.to_string()).await.unwrap().id, site);
    assert!(matches!(backbone::find(&mut tx, "other").await, Err(StoreError::NotFound { what: "backbone" })));
    let other = a_backbone(&mut tx, "other").await;
    a_backbone_site(&mut tx, other, "one").await;
    assert!(matches!(
        backbone_site::find(&mut tx, other, &site.to_string()).await,
        Err(StoreError::NotFound { what: "backbone site" })
    ));
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    let taken = backbone_site::create(&mut tx, id(), main, &name("one")).await.unwrap_err();
    assert_eq!(taken.to_string(), "the name is taken by another backbone site");
    drop(tx);
    let mut tx = fixture.begin().await;
    let taken = backbone::create(&mut tx, id(), &name("main"), DataPlane::Native).await;
    assert!(matches!(taken, Err(StoreError::NameTaken { .. })));
}

#[tokio::test]
async fn whoever_changes_an_older_revision_is_told() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let read = network::get(&mut tx, network).await.unwrap();
    assert_eq!(read.revision, 1);
    let change = NetworkChange { address_mode: Some(AddressMode::Assigned), ..Default::default() };
    let changed = network::set(&mut tx, network, Some(1), &change).await.unwrap();
    assert_eq!((changed.revision, changed.address_mode), (2, AddressMode::Assigned));
    let stale = |result: Result<_, StoreError>| assert!(matches!(result, Err(StoreError::Stale { .. })));
    stale(network::set(&mut tx, network, Some(1), &change).await.map(drop));
    stale(network::hand_over(&mut tx, network, Some(1), id()).await.map(drop));
    stale(network::evict(&mut tx, network, Some(1)).await.map(drop));
    stale(network::delete(&mut tx, network, Some(1)).await);
    let invitation = an_invitation(&mut tx, network, None).await;
    stale(invitation::close(&mut tx, invitation, Some(2), "closed").await.map(drop));
    // That leaves the transaction usable.
    network::delete(&mut tx, network, Some(2)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn lists_come_in_pages_that_miss_nothing() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let mut expected = Vec::new();
    for n in 0..7 {
        expected.push(a_backbone(&mut tx, &format!("b{n}")).await);
    }
    tx.commit().await.unwrap();
    expected.sort_unstable();
    let mut page = Page::first(3);
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let items = backbone::list(&fixture.store, page).await.unwrap();
        sizes.push(items.items.len());
        seen.extend(items.items.iter().map(|backbone| backbone.id));
        match items.next {
            Some(next) => page.after = next.to_string().parse().unwrap(),
            None => break,
        }
    }
    assert_eq!(sizes, [3, 3, 1]);
    assert_eq!(seen, expected, "all were created at the same moment, so their ids order them");
}

#[tokio::test]
async fn what_is_needed_cannot_go() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let (one, two) = (a_backbone_site(&mut tx, main, "one").await, a_backbone_site(&mut tx, main, "two").await);
    let point = access_point::add(&mut tx, id(), two, &"peers=peer@two:5671".parse().unwrap()).await.unwrap().id;
    let link = link::create(&mut tx, new_link(main, one, two, point)).await.unwrap().id;
    let network = network::create(&mut tx, new_network(main, "shop")).await.unwrap().id;
    class::add(&mut tx, network, &name("store")).await.unwrap();
    let mut invitation = new_invitation(network, "all", None);
    invitation.classes = vec![name("store")];
    invitation::create(&mut tx, invitation).await.unwrap();
    tx.commit().await.unwrap();

    let in_use = |result: Result<(), StoreError>, what: &str| match result {
        Err(StoreError::InUse { by }) => assert_eq!(by, what),
        other => panic!("{other:?}"),
    };
    in_use(access_point::remove(&mut fixture.begin().await, point, None).await, "link");
    in_use(backbone_site::delete(&mut fixture.begin().await, one, None).await, "link");
    in_use(backbone_site::delete(&mut fixture.begin().await, two, None).await, "link");
    in_use(class::remove(&mut fixture.begin().await, network, &name("store")).await, "invitation class");
    assert!(matches!(backbone::delete(&mut fixture.begin().await, main, None).await, Err(StoreError::InUse { .. })));
    let mut tx = fixture.begin().await;
    link::delete(&mut tx, link, None).await.unwrap();
    network::delete(&mut tx, network, None).await.unwrap();
    backbone_site::delete(&mut tx, one, None).await.unwrap();
    backbone_site::delete(&mut tx, two, None).await.unwrap();
    backbone::delete(&mut tx, main, None).await.unwrap();
    tx.commit().await.unwrap();
}

fn new_link(
    backbone: BackboneId,
    from: model::BackboneSiteId,
    to: model::BackboneSiteId,
    access_point: AccessPointId,
) -> NewLink {
    NewLink { id: id(), backbone, from, to, access_point, cost: 1, transport: Transport::Direct }
}

#[tokio::test]
async fn links_stay_within_their_backbone() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let (main, other) = (a_backbone(&mut tx, "main").await, a_backbone(&mut tx, "other").await);
    let (one, two) = (a_backbone_site(&mut tx, main, "one").await, a_backbone_site(&mut tx, main, "two").await);
    let far = a_backbone_site(&mut tx, other, "far").await;
    let point = access_point::add(&mut tx, id(), two, &"p=peer@two:5671".parse().unwrap()).await.unwrap().id;
    tx.commit().await.unwrap();
    let refused = async |new| link::create(&mut fixture.begin().await, new).await.unwrap_err();
    assert!(matches!(refused(new_link(main, far, two, point)).await, StoreError::Unknown { .. }));
    assert!(matches!(refused(new_link(main, two, one, point)).await, StoreError::Unknown { .. }));
    assert!(matches!(refused(new_link(main, two, two, point)).await, StoreError::Invalid { .. }));
    let free = NewLink { cost: 0, ..new_link(main, one, two, point) };
    assert!(matches!(refused(free).await, StoreError::Invalid { .. }));

    let mut tx = fixture.begin().await;
    let link = link::create(&mut tx, new_link(main, one, two, point)).await.unwrap();
    let set = link::set(&mut tx, link.id, Some(1), Some(5), None).await.unwrap();
    assert_eq!((set.cost, set.transport), (5, Transport::Direct));
    let set = link::set(&mut tx, link.id, Some(2), None, Some(Transport::Tls)).await.unwrap();
    assert_eq!((set.cost, set.transport), (5, Transport::Tls));
    assert_eq!(link::list(&mut tx, main).await.unwrap(), std::slice::from_ref(&set));
    assert_eq!(link::list_from(&mut tx, one).await.unwrap(), [set]);
    assert_eq!(link::list_from(&mut tx, two).await.unwrap(), []);
    let twice = link::create(&mut tx, new_link(main, one, two, point)).await;
    assert!(matches!(twice, Err(StoreError::Exists { .. })));
}

#[tokio::test]
async fn access_points_are_what_was_written() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let site = a_backbone_site(&mut tx, main, "one").await;
    let spec = "main=peer,member@[::1]:5671;bind=0.0.0.0:1".parse().unwrap();
    let point = access_point::add(&mut tx, id(), site, &spec).await.unwrap();
    assert_eq!((&point.kinds, &point.advertised, point.bind), (&spec.kinds, &spec.advertised, spec.bind));
    let spec = "other=member,manage@host:2".parse().unwrap();
    let point = access_point::set(&mut tx, point.id, Some(1), &spec).await.unwrap();
    assert_eq!((&point.name, &point.kinds, point.bind, point.revision), (&spec.name, &spec.kinds, None, 2));
    assert_eq!(access_point::find(&mut tx, site, &name("other")).await.unwrap(), point);
    assert_eq!(access_point::list(&mut tx, site).await.unwrap(), std::slice::from_ref(&point));
    // In service only once its site is.
    assert_eq!(access_point::in_service(&mut tx, main, &[AccessKind::Member]).await.unwrap(), []);
    let enrolment =
        backbone_site::Enrolment { site, key_digest: key(1), bundle_serial: None, platform: serde_json::json!({}) };
    backbone_site::enrol(&mut tx, &enrolment).await.unwrap();
    assert_eq!(
        access_point::in_service(&mut tx, main, &[AccessKind::Member]).await.unwrap(),
        std::slice::from_ref(&point)
    );
    assert_eq!(access_point::in_service(&mut tx, main, &[AccessKind::Peer]).await.unwrap(), []);
    let unknown = "other=member,manage@:2".parse().unwrap();
    access_point::set(&mut tx, point.id, None, &unknown).await.unwrap();
    assert_eq!(access_point::in_service(&mut tx, main, &[AccessKind::Member]).await.unwrap(), [], "nobody can dial it");
    access_point::remove(&mut tx, point.id, None).await.unwrap();
    assert_eq!(access_point::list(&mut tx, site).await.unwrap(), []);
}

#[tokio::test]
async fn members_attach_at_sites_that_drain_only_where_there_are_no_others() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let mut points = vec![];
    for n in [1, 2] {
        let site = a_backbone_site(&mut tx, main, &format!("site-{n}")).await;
        let spec = format!("main=member@host-{n}:1").parse().unwrap();
        points.push(access_point::add(&mut tx, id(), site, &spec).await.unwrap());
        let platform = serde_json::json!({});
        let enrolment = backbone_site::Enrolment { site, key_digest: key(n), bundle_serial: None, platform };
        backbone_site::enrol(&mut tx, &enrolment).await.unwrap();
    }
    // All are of the same moment: the id decides on the order.
    points.sort_by_key(|point| point.id);
    let drained = backbone_site::set_draining(&mut tx, points[0].site, None, true).await.unwrap();
    assert!(drained.draining);
    let again = backbone_site::set_draining(&mut tx, points[0].site, None, true).await.unwrap();
    assert_eq!(again.revision, drained.revision, "once is enough");
    let members = &[AccessKind::Member];
    assert_eq!(access_point::in_service(&mut tx, main, members).await.unwrap(), points[1..]);
    backbone_site::set_draining(&mut tx, points[1].site, None, true).await.unwrap();
    assert_eq!(access_point::in_service(&mut tx, main, members).await.unwrap(), points, "better than none");
    backbone_site::evict(&mut tx, points[1].site, None).await.unwrap();
    let evicted = backbone_site::set_draining(&mut tx, points[1].site, None, false).await;
    assert!(matches!(evicted, Err(StoreError::Conflict { .. })));
}

#[tokio::test]
async fn networks_keep_their_rules() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let main = a_backbone(&mut tx, "main").await;
    let network = network::create(&mut tx, new_network(main, "shop")).await.unwrap();
    assert_eq!(network.window().closes(), Some(at(NOW + 1_060)));
    assert_eq!(network::find(&mut tx, "shop").await.unwrap(), network);
    assert_eq!(network::find(&mut tx, &network.id.to_string()).await.unwrap(), network);
    assert_eq!(network::list(&mut tx, Some(main), Page::ALL).await.unwrap().items, std::slice::from_ref(&network));
    assert_eq!(network::list(&mut tx, Some(id()), Page::ALL).await.unwrap().items, []);
    let evicted = network::evict(&mut tx, network.id, None).await.unwrap();
    assert_eq!(network::evict(&mut tx, network.id, None).await.unwrap(), evicted, "once is enough");
    let set = network::set(&mut tx, network.id, None, &NetworkChange::default()).await;
    assert!(matches!(set, Err(StoreError::Conflict { .. })), "evicted is for good");
    tx.commit().await.unwrap();
    let backwards = network::NewNetwork { end: Some(at(NOW)), ..new_network(main, "backwards") };
    let refused = network::create(&mut fixture.begin().await, backwards).await;
    assert!(matches!(refused, Err(StoreError::Invalid { what }) if what == "network_window"));
    let nowhere = network::create(&mut fixture.begin().await, new_network(id(), "nowhere")).await.unwrap_err();
    assert_eq!(nowhere.to_string(), "it refers to a backbone that does not exist");
}

#[tokio::test]
async fn classes_must_be_declared_before_they_are_used() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    class::add(&mut tx, network, &name("store")).await.unwrap();
    assert_eq!(class::list(&mut tx, network).await.unwrap()[0].name, name("store"));
    tx.commit().await.unwrap();
    let unknown = |error: StoreError| assert_eq!(error.to_string(), "it refers to a class that does not exist");
    let mut invitation = new_invitation(network, "mistyped", None);
    invitation.classes = vec![name("stroe")];
    unknown(invitation::create(&mut fixture.begin().await, invitation).await.unwrap_err());
    let (address, socket): (Address, HostPort) = ("web".parse().unwrap(), "localhost:80".parse().unwrap());
    let place = At::Class(name("stroe"));
    unknown(
        listener::add(&mut fixture.begin().await, id(), network, &place, &address, &socket, true).await.unwrap_err(),
    );
    unknown(
        connector::add(&mut fixture.begin().await, id(), network, &place, &address, &socket, true).await.unwrap_err(),
    );
    let twice = class::add(&mut fixture.begin().await, network, &name("store")).await;
    assert!(matches!(twice, Err(StoreError::NameTaken { what }) if what == "class"));
    let mut tx = fixture.begin().await;
    class::remove(&mut tx, network, &name("store")).await.unwrap();
    let gone = class::remove(&mut tx, network, &name("store")).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn invitations_can_be_changed_closed_and_deleted() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    class::add(&mut tx, network, &name("store")).await.unwrap();
    let invitation = an_invitation(&mut tx, network, Some(2)).await;
    let Redeemed::New(member) = redeem(&mut tx, &claim(network, invitation, key(1), None)).await.unwrap() else {
        panic!("it is new");
    };
    redeem(&mut tx, &claim(network, invitation, key(2), None)).await.unwrap();
    let change = InvitationChange {
        uses_allowed: Some(None),
        classes: Some(vec![name("store")]),
        name_prefix: Some(name("desk")),
        claim: Some((Der(vec![9]), vec![9])),
        ..Default::default()
    };
    let set = invitation::set(&mut tx, invitation, None, change).await.unwrap();
    assert_eq!((set.uses_allowed, set.uses_spent, &set.name_prefix), (None, 2, &name("desk")));
    assert_eq!((set.classes.as_slice(), &set.claim_certificate), ([name("store")].as_slice(), &Der(vec![9])));
    assert_eq!(invitation::get(&mut tx, invitation).await.unwrap().sealed_claim_key, [9]);
    assert_eq!(member::count_by_invitation(&mut tx, invitation).await.unwrap(), 2);
    assert_eq!(invitation::find(&mut tx, network, "invitation").await.unwrap().id, invitation);
    assert_eq!(invitation::list(&mut tx, network, Page::ALL).await.unwrap().items.len(), 1);
    tx.commit().await.unwrap();

    let fewer = InvitationChange { uses_allowed: Some(Some(1)), ..Default::default() };
    let refused = invitation::set(&mut fixture.begin().await, invitation, None, fewer).await;
    assert!(matches!(refused, Err(StoreError::Invalid { what }) if what == "invitation_uses"));

    let mut tx = fixture.begin().await;
    let closed = invitation::close(&mut tx, invitation, None, "closed").await.unwrap();
    assert_eq!(invitation::close(&mut tx, invitation, None, "closed").await.unwrap(), closed);
    invitation::delete(&mut tx, invitation, None).await.unwrap();
    assert_eq!(member::get(&mut tx, member.id).await.unwrap().invitation, None, "its members stay");
}

#[tokio::test]
async fn members_can_be_renamed_classed_labelled_and_renewed() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    class::add(&mut tx, network, &name("store")).await.unwrap();
    let invitation = an_invitation(&mut tx, network, None).await;
    let Redeemed::New(member) = redeem(&mut tx, &claim(network, invitation, key(1), None)).await.unwrap() else {
        panic!("it is new");
    };
    let renamed = member::rename(&mut tx, member.id, Some(1), &name("desk")).await.unwrap();
    assert_eq!(renamed.name, name("desk"));
    let classed = member::set_classes(&mut tx, member.id, Some(2), &[name("store"), name("store")]).await.unwrap();
    assert_eq!(classed.classes, [name("store")]);
    let labels = [("region".to_owned(), "north".to_owned())].into();
    assert_eq!(member::set_labels(&mut tx, member.id, Some(3), &labels).await.unwrap().labels["region"], "north");
    assert_eq!(member::set_key(&mut tx, member.id, &key(2)).await.unwrap().key_digest, key(2));
    assert_eq!(member::by_key(&mut tx, network, &key(2)).await.unwrap().unwrap().id, member.id);
    assert_eq!(member::by_key(&mut tx, network, &key(1)).await.unwrap(), None);
    assert_eq!(member::find(&mut tx, network, "desk").await.unwrap().id, member.id);
    member::evict(&mut tx, member.id, None, "test").await.unwrap();
    assert!(matches!(member::rename(&mut tx, member.id, None, &name("x")).await, Err(StoreError::Conflict { .. })));
    assert_eq!(member::list(&mut tx, network, false, Page::ALL).await.unwrap().items, []);
    assert_eq!(member::list(&mut tx, network, true, Page::ALL).await.unwrap().items.len(), 1);
    // Its tombstone is for its last key.
    member::remove(&mut tx, member.id, None).await.unwrap();
    assert!(matches!(member::get(&mut tx, member.id).await, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn a_site_gets_what_is_for_it_and_for_its_classes() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    installation::get_or_create(&mut tx, id(), "kek").await.unwrap();
    class::add(&mut tx, network, &name("store")).await.unwrap();
    class::add(&mut tx, network, &name("branch")).await.unwrap();
    let mut new = new_invitation(network, "stores", None);
    new.classes = vec![name("store")];
    let invitation = invitation::create(&mut tx, new).await.unwrap().id;
    let mut members = Vec::new();
    for n in 1..=2 {
        match redeem(&mut tx, &claim(network, invitation, key(n), None)).await.unwrap() {
            Redeemed::New(member) => members.push(member),
            other => panic!("{other:?}"),
        }
    }
    let address: Address = "web".parse().unwrap();
    let socket = |n: u16| format!("localhost:{n}").parse::<HostPort>().unwrap();
    let (one, store, branch) = (At::Site(members[0].id), At::Class(name("store")), At::Class(name("branch")));
    let for_one = listener::add(&mut tx, id(), network, &one, &address, &socket(1), true).await.unwrap();
    let for_stores = listener::add(&mut tx, id(), network, &store, &address, &socket(2), true).await.unwrap();
    listener::add(&mut tx, id(), network, &branch, &address, &socket(2), true).await.unwrap();
    let connector = connector::add(&mut tx, id(), network, &store, &address, &socket(8080), true).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(listener::list(&fixture.store, network).await.unwrap().len(), 3);
    let first = inputs::member_desired_inputs(&fixture.store, members[0].id).await.unwrap();
    let ids = |listeners: &[listener::Listener]| listeners.iter().map(|l| l.id).collect::<Vec<_>>();
    assert_eq!(first.network.listeners.len(), 2);
    assert!(ids(&first.network.listeners).contains(&for_one.id));
    let second = inputs::member_desired_inputs(&fixture.store, members[1].id).await.unwrap();
    assert_eq!(ids(&second.network.listeners), [for_stores.id]);
    assert_eq!(second.network.connectors, std::slice::from_ref(&connector));
    // Read for all at once, it is the same.
    let (all, live) = inputs::network_desired_inputs(&fixture.store, network).await.unwrap();
    assert_eq!(live.len(), 2);
    for (member, alone) in [(members[0].clone(), first), (members[1].clone(), second)] {
        let together = all.of(member);
        assert_eq!(together.network.listeners, alone.network.listeners);
        assert_eq!(together.network.connectors, alone.network.connectors);
    }
    let mut tx = fixture.begin().await;
    let busy = listener::add(&mut tx, id(), network, &one, &"other".parse().unwrap(), &socket(1), true).await;
    assert!(matches!(busy, Err(StoreError::Exists { .. })), "one socket serves one address");
    let mut tx = fixture.begin().await;
    connector::remove(&mut tx, connector.id, Some(1)).await.unwrap();
    listener::remove(&mut tx, for_one.id, None).await.unwrap();
    assert!(matches!(listener::remove(&mut tx, for_one.id, None).await, Err(StoreError::NotFound { .. })));
    member::evict(&mut tx, members[1].id, None, "test").await.unwrap();
    tx.commit().await.unwrap();
    let gone = inputs::member_desired_inputs(&fixture.store, members[1].id).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })));
}

#[tokio::test]
async fn how_an_address_picks_is_kept_as_it_was_given_and_recorded_with_what_was_before() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let (one, two, web) = (id(), id(), "web".parse::<Address>().unwrap());
    let weight = |weight: u16| Weight::try_from(weight).unwrap();
    let policies = [
        AddressPolicy::Balanced,
        AddressPolicy::Weighted([(one, weight(3)), (two, weight(0))].into()),
        AddressPolicy::Weighted([(one, Weight::MAX)].into()),
        AddressPolicy::Failover(vec![two, one]),
        AddressPolicy::Failover(vec![one, two]),
        AddressPolicy::Closest,
    ];
    for (revision, policy) in (1..).zip(&policies) {
        for _ in 0..2 {
            let set = address_policy::set(&mut tx, network, None, &web, policy).await.unwrap();
            assert_eq!((set.revision, &set.policy), (revision, policy), "the same again changes nothing");
        }
        assert_eq!(address_policy::list(&mut tx, network).await.unwrap()[0].policy, *policy);
    }
    tx.commit().await.unwrap();
    let events = event::after(&fixture.store, 0, 100).await.unwrap();
    let set: Vec<_> = events.iter().filter(|event| event.action == "address.set").collect();
    assert_eq!(set.len(), policies.len());
    let after = |n: usize| set[n].after.as_ref().unwrap()["policy"].clone();
    assert_eq!(set[4].before.as_ref().unwrap()["policy"], after(3));
    assert_eq!(after(1), serde_json::to_value(&policies[1]).unwrap());
    // The database itself keeps out what is no policy.
    for wrong in [r#""fastest""#, r#"{"fastest": []}"#, r#"{"weighted": []}"#, "null"] {
        let update = format!("UPDATE address_policy SET policy = '{wrong}'");
        assert!(fixture.database.sql(&update).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn backbone_site_inputs_are_its_points_its_links_and_where_they_end() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    installation::get_or_create(&mut tx, id(), "kek").await.unwrap();
    let main = a_backbone(&mut tx, "main").await;
    let (one, two) = (a_backbone_site(&mut tx, main, "one").await, a_backbone_site(&mut tx, main, "two").await);
    let own = access_point::add(&mut tx, id(), one, &"m=manage@one:1".parse().unwrap()).await.unwrap();
    let target = access_point::add(&mut tx, id(), two, &"p=peer@two:2".parse().unwrap()).await.unwrap();
    access_point::add(&mut tx, id(), two, &"q=member@two:3".parse().unwrap()).await.unwrap();
    let link = link::create(&mut tx, new_link(main, one, two, target.id)).await.unwrap();
    tx.commit().await.unwrap();
    let inputs = inputs::backbone_site_desired_inputs(&fixture.store, one).await.unwrap();
    assert_eq!((inputs.site.id, inputs.backbone.id), (one, main));
    assert_eq!((inputs.access_points, inputs.links), (vec![own], vec![link]));
    assert_eq!(inputs.targets, [(target.id, target)].into());
    assert_eq!(inputs.sites.keys().copied().collect::<Vec<_>>(), [two]);
}

#[tokio::test]
async fn a_snapshot_sees_one_moment() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    a_backbone(&mut tx, "one").await;
    tx.commit().await.unwrap();
    let mut snapshot = fixture.store.snapshot().await.unwrap();
    let count = backbone::list(&mut snapshot, Page::ALL).await.unwrap().items.len();
    let mut tx = fixture.begin().await;
    a_backbone(&mut tx, "two").await;
    tx.commit().await.unwrap();
    assert_eq!(backbone::list(&mut snapshot, Page::ALL).await.unwrap().items.len(), count);
    assert_eq!(backbone::list(&fixture.store, Page::ALL).await.unwrap().items.len(), count + 1);
}

#[tokio::test]
async fn text_the_database_cannot_hold_is_refused_as_invalid() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    let network = a_network(&mut tx, "shop").await;
    let invitation = an_invitation(&mut tx, network, None).await;
    let mut claim = claim(network, invitation, key(1), None);
    claim.platform = serde_json::json!({ "hostname": "a\u{0}b" });
    assert!(matches!(redeem(&mut tx, &claim).await, Err(StoreError::Invalid { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_may_migrate_at_the_same_time_and_a_newer_database_is_refused() {
    let database = testkit::postgres::database().await;
    let clock = fixture().await.clock;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (url, clock) = (database.url.clone(), clock.clone());
        tasks.spawn(async move {
            let store = Store::connect(&url, clock).await.unwrap();
            store.migrate().await.unwrap();
            store
        });
    }
    let store = tasks.join_all().await.remove(0);
    database
        .sql("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'from the future', true, '', 0)")
        .await
        .unwrap();
    assert!(matches!(store.migrate().await, Err(StoreError::Migration(_))));
}
