use std::fs;

use jiff::SignedDuration;
use model::{BackboneId, GenericUuid, Identity, NetworkId, ticket::Ticket, trust::TrustDocument};
use pki::{Certificate, Kek, PrivateKey};
use site_proto::{Applied, Observed, RenewRequest, controller_message::Body, site_message};
use store::authority::{self, Authority, AuthorityState, Owner};

use super::{
    authority::{signed, signed_until},
    fixture::{Fixture, Running, admin, admitted_as, at, config, name, new_invitation},
    sessions::{SiteEnd, until},
};
use crate::{
    App,
    ops::{
        OpError, Page, Ref, ca, certificate,
        certificate::{Kind, State},
        invitation,
        invitation::Uses,
        member::InvitationFate,
        network, secret, socket,
        socket::PlaceRef,
    },
    reconcile, rotation, run, trust,
};

async fn generations(app: &App, owner: Owner) -> Vec<Authority> {
    authority::list(app.store(), owner).await.unwrap()
}

fn states(rows: &[Authority]) -> Vec<AuthorityState> {
    rows.iter().map(|row| row.state).collect()
}

/// A network `shop` that does not end, with a member; what it came by, and what it got.
async fn member(fixture: &Fixture) -> (Ticket, site_proto::Admission, BackboneId, NetworkId) {
    fixture.backbone().await;
    let create = network::Create { end: None, ..fixture.new_network() };
    let network = network::create(&fixture.app, &admin(), create).await.unwrap();
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    let admission = fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap();
    (ticket, admission, network.backbone, network.id)
}

/// What the controllers do by themselves, once.
async fn pass(fixture: &Fixture, backbone: BackboneId) -> TrustDocument {
    trust::publish(&fixture.app, backbone).await.unwrap();
    rotation::pass(&fixture.app).await.unwrap();
    let in_force = trust::publish(&fixture.app, backbone).await.unwrap();
    trust::read_bytes(&in_force.signed.document).unwrap()
}

fn issuer_of(der: &[u8], rows: &[Authority]) -> u32 {
    let certificate = Certificate::parse(der).unwrap();
    let subject = |row: &Authority| Certificate::parse(row.certificate.as_ref().unwrap().as_bytes()).unwrap().subject;
    rows.iter().find(|row| subject(row) == certificate.issuer).unwrap().generation
}

#[tokio::test]
async fn authorities_follow_one_another_for_a_long_time_and_nothing_in_use_is_ever_distrusted() {
    let fixture = Fixture::short_lived().await;
    let (_, admission, backbone, shop) = member(&fixture).await;
    let lobby = admitted_as(&admission);
    let owners = [Owner::Backbone(backbone), Owner::Network(shop)];
    let mut held = admission.certificate;
    for turn in 0..60 {
        fixture.clock.forward(SignedDuration::from_mins(4));
        let document = pass(&fixture, backbone).await;
        rotation::pass(&fixture.app).await.unwrap();
        for owner in owners {
            let rows = generations(&fixture.app, owner).await;
            let issuing: Vec<_> = rows.iter().filter(|row| row.state == AuthorityState::Active).collect();
            assert_eq!(issuing.len(), 1, "{owner:?} at turn {turn}: {rows:?}");
            let left = issuing[0].not_after.unwrap().duration_since(fixture.now());
            assert!(
                left >= SignedDuration::from_mins(6),
                "what it issues now is to be replaced before it ends: {left}"
            );
            let gone = rows.iter().filter(|row| row.state == AuthorityState::Withdrawn);
            assert!(gone.clone().all(|row| row.sealed_key.is_none()), "{rows:?}");
            assert!(rows.iter().filter(|row| row.state.is_trusted()).count() <= 4, "old ones go: {rows:?}");
        }
        // The member renews, as it would; before and after, its certificate is of a generation that routers trust.
        let rows = generations(&fixture.app, owners[1]).await;
        let trusted = |der: &[u8]| {
            let generation = issuer_of(der, &rows);
            document.networks[&shop].authorities.iter().any(|authority| authority.generation == generation)
        };
        assert!(trusted(&held), "turn {turn}");
        held = renewed(&fixture, lobby, shop).await;
        assert!(trusted(&held), "turn {turn}");
    }
    for owner in owners {
        let rows = generations(&fixture.app, owner).await;
        assert!(rows.len() >= 5 && rows[0].state == AuthorityState::Withdrawn, "{rows:?}");
    }
}

/// What a controller would issue to the member for a new key now.
async fn renewed(fixture: &Fixture, lobby: Identity, shop: NetworkId) -> Vec<u8> {
    let mut tx = fixture.app.store().begin(&admin().context()).await.unwrap();
    let request = pki::Csr::parse(&PrivateKey::generate().csr()).unwrap();
    let until = fixture.after(600);
    let owner = Owner::Network(shop);
    let new = crate::issue::site_certificate(&fixture.app, &mut tx, owner, lobby, &request, until).await.unwrap();
    tx.commit().await.unwrap();
    new.der.0
}

#[tokio::test]
async fn a_network_authority_that_is_rotated_by_hand_overlaps_with_the_one_before() {
    let fixture = Fixture::short_lived().await;
    let (ticket, admission, backbone, shop) = member(&fixture).await;
    let owner = Owner::Network(shop);
    let listed = certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap().items;
    let first = listed.iter().find(|it| it.kind == Kind::NetworkCa).unwrap();
    assert_eq!((first.standing.state, first.generation), (State::Current, 1));
    assert!(first.standing.next.contains("a new generation is made"), "{:?}", first.standing);

    // Announced: in the document, and nothing is issued by it.
    let announced = certificate::rotate(&fixture.app, &admin(), first.id, false).await.unwrap();
    assert_eq!((announced.standing.state, announced.generation), (State::Announced, 2));
    assert!(announced.standing.why.contains("admin asked for it"), "{:?}", announced.standing);
    assert_eq!(certificate::rotate(&fixture.app, &admin(), first.id, false).await.unwrap().id, announced.id);
    let rows = generations(&fixture.app, owner).await;
    assert_eq!(states(&rows), [AuthorityState::Active, AuthorityState::Announced]);

    // Nobody who is connected has to be waited for.
    let document = pass(&fixture, backbone).await;
    assert_eq!(document.networks[&shop].authorities.len(), 2);
    let rows = generations(&fixture.app, owner).await;
    assert_eq!(states(&rows), [AuthorityState::Retired, AuthorityState::Active]);
    // What was handed out and issued before goes on.
    let next = fixture.redeem(&ticket, &PrivateKey::generate(), "cellar").await.unwrap();
    assert_eq!([&admission, &next].map(|it| issuer_of(&it.certificate, &rows)), [1, 2]);
    let shown = certificate::show(&fixture.app, &admin(), first.id).await.unwrap();
    assert_eq!((shown.standing.state, shown.superseded_by), (State::Superseded, Some(announced.id)));
    assert!(shown.standing.next.contains("trusted until"), "{:?}", shown.standing);

    // Revoking the one before trusts it no more; revoking the one that issues is the end of the network.
    let gone = certificate::revoke(&fixture.app, &admin(), first.id, None).await.unwrap();
    assert!(gone.eviction.is_none() && gone.gone.contains("generation 1"), "{gone:?}");
    assert_eq!(pass(&fixture, backbone).await.networks[&shop].authorities.len(), 1);
    certificate::revoke(&fixture.app, &admin(), announced.id, None).await.unwrap();
    let network = network::show(&fixture.app, &at("shop")).await.unwrap();
    assert_eq!(network.state, model::lifecycle::NetworkState::Evicted);
    let refused = certificate::rotate(&fixture.app, &admin(), announced.id, false).await.unwrap_err();
    assert!(refused.to_string().contains("was evicted"), "{refused}");
}

#[tokio::test]
async fn a_backbone_authority_waits_for_absent_sites_and_old_invitations_unless_it_is_hurried() {
    let fixture = Fixture::new().await;
    let (_, _, backbone, _) = member(&fixture).await;
    let owner = Owner::Backbone(backbone);
    let first = generations(&fixture.app, owner).await[0].id.into_untyped_uuid();
    let announced = certificate::rotate(&fixture.app, &admin(), first, false).await.unwrap();
    pass(&fixture, backbone).await;
    let shown = certificate::show(&fixture.app, &admin(), announced.id).await.unwrap();
    assert_eq!(shown.standing.state, State::Announced);
    for who in
        ["the backbone site r1, which is absent", "the site shop/lobby, which is absent", "invitation shop/stores"]
    {
        assert!(shown.standing.next.contains(who), "{who}: {:?}", shown.standing);
    }
    let refused = certificate::revoke(&fixture.app, &admin(), first, None).await.unwrap_err();
    assert!(refused.to_string().contains("rotate it first"), "{refused}");
    // One made since pins both, and nobody waits for it.
    invitation::create(&fixture.app, &admin(), new_invitation("later", Uses::Limited(1))).await.unwrap();
    let Ticket::Invitation(later) = fixture.render("later").await else { panic!("not an invitation") };
    assert_eq!(later.backbone_authorities.len(), 2);
    let shown = certificate::show(&fixture.app, &admin(), announced.id).await.unwrap();
    assert!(!shown.standing.next.contains("shop/later"), "{:?}", shown.standing);

    certificate::rotate(&fixture.app, &admin(), first, true).await.unwrap();
    pass(&fixture, backbone).await;
    let rows = generations(&fixture.app, owner).await;
    assert_eq!(states(&rows), [AuthorityState::Retired, AuthorityState::Active]);
    // What is below follows.
    pass(&fixture, backbone).await;
    let network = store::network::find(fixture.app.store(), "shop").await.unwrap().id;
    let below = generations(&fixture.app, Owner::Network(network)).await;
    assert_eq!(states(&below), [AuthorityState::Retired, AuthorityState::Active]);
    assert_eq!(below[1].issuer, Some(rows[1].id));
}

#[tokio::test]
async fn an_invitation_without_an_end_holds_up_a_backbone_authority_for_a_year_only() {
    let fixture = Fixture::new().await;
    let (_, _, backbone, _) = member(&fixture).await;
    let owner = Owner::Backbone(backbone);
    let first = generations(&fixture.app, owner).await[0].id.into_untyped_uuid();
    certificate::rotate(&fixture.app, &admin(), first, false).await.unwrap();
    let waits = async || {
        let waiting = rotation::awaited(&fixture.app, &generations(&fixture.app, owner).await[1]).await.unwrap();
        waiting.iter().any(|it| it.contains("invitation shop/stores"))
    };
    let year = generations(&fixture.app, owner).await[1].created + SignedDuration::from_hours(366 * 24);
    fixture.clock.stop_at(year - SignedDuration::from_secs(1));
    assert!(waits().await, "its claim certificate is valid");
    fixture.clock.stop_at(year);
    assert!(!waits().await, "whatever was handed out before is good no more");
}

#[tokio::test]
async fn a_connected_site_is_told_first_and_then_asked_for_a_new_request() {
    let fixture = Fixture::short_lived().await;
    let (_, admission, _, shop) = member(&fixture).await;
    let running = Running::start(&fixture).await;
    let (mut site, begun) = SiteEnd::begun(&fixture, admitted_as(&admission), vec![]).await;
    site.say(site_message::Body::Applied(Applied { revision: begun.revision, failures: vec![] })).await;
    let owner = Owner::Network(shop);
    let first = generations(&fixture.app, owner).await[0].id;
    certificate::rotate(&fixture.app, &admin(), first.into_untyped_uuid(), false).await.unwrap();

    // It is told of the new generation, and as long as it has not taken that over, nothing is issued by it.
    let Body::State(told) = site.next().await else { panic!("it is told first") };
    assert_eq!(told.changed.iter().map(|item| item.key.as_str()).collect::<Vec<_>>(), ["network-trust"]);
    let waiting = rotation::awaited(&fixture.app, &generations(&fixture.app, owner).await[1]).await.unwrap();
    assert!(waiting.iter().any(|it| it.contains("shop/lobby, which is connected")), "{waiting:?}");
    site.say(site_message::Body::Applied(Applied { revision: told.revision, failures: vec![] })).await;
    let active = async || {
        let rows = generations(&fixture.app, owner).await;
        (rows[1].state == AuthorityState::Active).then_some(rows)
    };
    let rows = until(active).await;

    // Each has its turn; this one's has come by then.
    fixture.clock.forward(SignedDuration::from_mins(1));
    fixture.app.sessions().wake_all();
    assert!(matches!(site.next().await, Body::RenewNow(_)), "it is asked for a new request");
    let key = PrivateKey::generate();
    site.say(site_message::Body::Renew(RenewRequest { csr: key.csr() })).await;
    let Body::Renewed(renewed) = site.next().await else { panic!("it is renewed") };
    assert_eq!(issuer_of(&renewed.certificate, &rows), 2);

    // By hand, the same at once.
    let held = certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap().items;
    let of_site = |it: &&certificate::Certificate| it.kind == Kind::Member;
    let current = held.iter().filter(of_site).find(|it| it.standing.state == State::Current).unwrap();
    let (mut again, _) = SiteEnd::begun(&fixture, admitted_as(&admission), vec![]).await;
    let asked = certificate::rotate(&fixture.app, &admin(), current.id, false).await.unwrap();
    assert!(asked.standing.next.contains("asked for its replacement"), "{:?}", asked.standing);
    assert!(matches!(again.next().await, Body::RenewNow(_)));
    let superseded = held.iter().filter(of_site).find(|it| it.standing.state == State::Superseded).unwrap();
    let refused = certificate::rotate(&fixture.app, &admin(), superseded.id, false).await.unwrap_err();
    assert!(refused.to_string().contains("took its place already"), "{refused}");
    again.say(site_message::Body::Observed(Observed::default())).await;
    running.stop().await;
}

#[tokio::test]
async fn revoking_a_leaf_denies_whom_it_speaks_for() {
    let fixture = Fixture::new().await;
    let (ticket, ..) = member(&fixture).await;
    let listed = certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap().items;
    let of = |kind| listed.iter().find(|it| it.kind == kind).unwrap().id;
    let undecided = certificate::revoke(&fixture.app, &admin(), of(Kind::Member), None).await.unwrap_err();
    assert!(undecided.to_string().contains("--close-invitation"), "{undecided}");
    certificate::revoke(&fixture.app, &admin(), of(Kind::Member), Some(InvitationFate::Keep)).await.unwrap();
    certificate::revoke(&fixture.app, &admin(), of(Kind::Invitation), None).await.unwrap();
    assert!(fixture.redeem(&ticket, &PrivateKey::generate(), "").await.unwrap_err().r#final);
    certificate::revoke(&fixture.app, &admin(), of(Kind::BackboneSite), None).await.unwrap();
    for kind in [Kind::Member, Kind::Invitation, Kind::BackboneSite] {
        let shown = certificate::show(&fixture.app, &admin(), of(kind)).await.unwrap();
        assert_eq!(shown.standing.state, State::Revoked, "{kind:?}");
    }
    let only = certificate::revoke(&fixture.app, &admin(), of(Kind::TrustSigner), None).await.unwrap_err();
    assert!(only.to_string().contains("only controller"), "{only}");
    let root = certificate::revoke(&fixture.app, &admin(), of(Kind::Installation), None).await.unwrap_err();
    assert!(root.to_string().contains("skx ca import"), "{root}");
}

#[tokio::test]
async fn revoking_a_leaf_of_any_level_closes_what_it_speaks_for_and_nothing_else() {
    let fixture = Fixture::new().await;
    let (ticket, admission, backbone, shop) = member(&fixture).await;
    let lobby = admitted_as(&admission);
    let hall = admitted_as(&fixture.redeem(&ticket, &PrivateKey::generate(), "hall").await.unwrap());
    // Another replica has signed a document.
    let other = fixture.beside().await;
    trust::publish(&other.app, backbone).await.unwrap();
    let now = fixture.now();
    let running = store::replica::Replica {
        id: other.app.controller(),
        hostname: "other".to_owned(),
        software: "test".to_owned(),
        started: now,
        last_seen: now,
    };
    store::replica::seen(fixture.app.store(), &running).await.unwrap();
    let all = certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap().items;
    let of = |identity: Identity| {
        let id = model::SpiffeId { installation: fixture.app.installation(), identity };
        all.iter().find(|it| it.identity == Some(id.to_string())).unwrap_or_else(|| panic!("{id}")).id
    };
    let Ticket::Invitation(invited) = &ticket else { panic!("not an invitation") };
    let claim = Identity::Invitation { network: shop, invitation: invited.invitation };
    let site = store::backbone_site::list(fixture.app.store(), backbone, store::Page::ALL).await.unwrap().items[0].id;
    let bootstrap = Identity::Bootstrap { backbone, site };
    let controller = Identity::Controller { controller: other.app.controller() };
    let signer = Identity::TrustSigner { backbone, controller: other.app.controller() };
    let everybody = [lobby, hall, claim, controller, bootstrap, Identity::BackboneSite { backbone, site }];
    let mut denied = vec![];
    for (revoked, closes) in [
        (lobby, vec![lobby]),
        (claim, vec![claim]),
        (signer, vec![controller]),
        (bootstrap, vec![bootstrap, Identity::BackboneSite { backbone, site }]),
    ] {
        let done = certificate::revoke(&fixture.app, &admin(), of(revoked), Some(InvitationFate::Keep)).await.unwrap();
        assert!(done.eviction.is_some(), "it says which routers have heard of it: {done:?}");
        denied.extend(closes);
        let document = pass(&fixture, backbone).await;
        for identity in everybody {
            let standing = document.standing(&identity, fixture.now());
            let is_denied = matches!(standing, model::trust::Standing::Denied(_));
            assert_eq!(is_denied, denied.contains(&identity), "{identity:?} after {revoked:?}: {standing:?}");
        }
        let shown = certificate::show(&fixture.app, &admin(), of(revoked)).await.unwrap();
        assert_eq!(shown.standing.state, State::Revoked, "{revoked:?}");
    }
}

#[tokio::test]
async fn a_root_is_replaced_by_import_and_everything_below_follows() {
    let fixture = Fixture::new().await;
    let (_, _, backbone, shop) = member(&fixture).await;
    // From a development root to the enterprise's.
    let request = ca::csr(&fixture.app, &admin()).await.unwrap();
    let waiting = ca::show(&fixture.app).await.unwrap();
    assert!(waiting.development && waiting.next_step.unwrap().contains("a signing request waits"));
    let short = ca::import(&fixture.app, &admin(), &signed_until(&request, 2026)).await.unwrap_err();
    assert!(matches!(&short, OpError::Invalid { field: "chain", .. }), "{short}");
    let chain = signed(&request);
    let imported = ca::import(&fixture.app, &admin(), &chain).await.unwrap();
    assert!(!imported.development && imported.ca.unwrap().generation == 2);
    let again = ca::import(&fixture.app, &admin(), &chain).await.unwrap_err();
    assert!(again.to_string().contains("imported already"), "{again}");

    // The same key, signed again by another root.
    let imported = ca::import(&fixture.app, &admin(), &signed(&request)).await.unwrap();
    assert_eq!(imported.ca.unwrap().generation, 3);
    let roots = generations(&fixture.app, Owner::Root).await;
    assert_eq!(states(&roots), [AuthorityState::Retired, AuthorityState::Retired, AuthorityState::Active]);

    // What is below is announced under it; nobody is cut, and once it issues, the old root goes.
    rotation::pass(&fixture.app).await.unwrap();
    let rows = generations(&fixture.app, Owner::Backbone(backbone)).await;
    assert_eq!(states(&rows), [AuthorityState::Active, AuthorityState::Announced]);
    assert_eq!(rows[1].issuer, Some(roots[2].id));
    certificate::rotate(&fixture.app, &admin(), rows[0].id.into_untyped_uuid(), true).await.unwrap();
    for _ in 0..3 {
        pass(&fixture, backbone).await;
    }
    let network = generations(&fixture.app, Owner::Network(shop)).await;
    assert_eq!(states(&network), [AuthorityState::Retired, AuthorityState::Active]);
    let roots = generations(&fixture.app, Owner::Root).await;
    assert_eq!(roots[1].state, AuthorityState::Withdrawn, "nothing was ever issued under it: {roots:?}");
    assert_eq!(roots[0].state, AuthorityState::Retired, "the first Backbone CA is trusted still");
}

#[tokio::test]
async fn the_key_encryption_key_is_changed_and_every_replica_takes_it_up_or_says_so() {
    let fixture = Fixture::new().await;
    let (_, _, _, network) = member(&fixture).await;
    let other = fixture.beside().await;
    let before = fixture.app.keys().id();
    let values = secret::Values::from([("password".to_owned(), "hunter2".to_owned().into())]);
    let named = Ref::Name(name("database"));
    secret::set(&fixture.app, &admin(), &Ref::id(network), &named, &values, None).await.unwrap();
    let change = ca::rotate_key(&fixture.app, &admin()).await.unwrap();
    assert_eq!(
        (change.before.as_str(), change.sealed),
        (before.as_str(), 5),
        "root, backbone, network, invitation, secret"
    );
    assert_eq!(fixture.app.keys().id(), change.after);
    assert_eq!(ca::show(&fixture.app).await.unwrap().kek, change.after);
    // Everything opens, and what is sealed from now on is sealed under it.
    fixture.render("stores").await;
    invitation::create(&fixture.app, &admin(), new_invitation("later", Uses::Limited(1))).await.unwrap();

    let opened = secret::values(&fixture.app, network, &[name("database")]).await.unwrap();
    assert_eq!(opened.into_values().collect::<Vec<_>>(), [values]);

    // A replica that holds the key before seals nothing, and says which key it needs and where to put it.
    let refused = invitation::create(&other.app, &admin(), new_invitation("lost", Uses::Limited(1))).await.unwrap_err();
    for said in [&change.before, &change.after, "kek"] {
        assert!(refused.to_string().contains(said), "{said}: {refused}");
    }
    rotation::pass(&other.app).await.unwrap();
    fs::copy(fixture.dir.path().join("kek"), other.dir.path().join("kek")).unwrap();
    rotation::pass(&other.app).await.unwrap();
    invitation::create(&other.app, &admin(), new_invitation("found", Uses::Limited(1))).await.unwrap();

    // And once more, by the other one.
    let again = ca::rotate_key(&other.app, &admin()).await.unwrap();
    assert_eq!((again.before, again.sealed), (change.after, 7));
}

#[tokio::test]
async fn whichever_key_counts_is_found_at_the_start_wherever_the_change_was_cut_short() {
    let fixture = Fixture::new().await;
    let (dir, config) = (fixture.dir.path(), config(&fixture.dir));
    let before = fs::read(dir.join("kek")).unwrap();
    let start = async || run::prepare(&config, &fixture.data, fixture.app.store().clone(), fixture.app.clock()).await;
    // Before the commit: there is a next key, and the database does not know of it.
    fs::write(dir.join("kek.next"), Kek::generate().to_file_text().as_bytes()).unwrap();
    assert_eq!(start().await.unwrap().keys().id(), fixture.app.keys().id());
    // After the commit: the database goes by the next key, and the file is still the old one.
    let next = fs::read(dir.join("kek.next")).unwrap();
    let change = ca::rotate_key(&fixture.app, &admin()).await.unwrap();
    assert_eq!(fs::read(dir.join("kek")).unwrap(), next, "an attempt that was cut short goes on");
    fs::write(dir.join("kek"), &before).unwrap();
    fs::write(dir.join("kek.next"), &next).unwrap();
    assert_eq!(start().await.unwrap().keys().id(), change.after);
    assert_eq!((fs::read(dir.join("kek")).unwrap(), dir.join("kek.next").exists()), (next, false));
}

#[tokio::test]
async fn a_network_that_has_ended_is_history_and_its_keys_are_destroyed() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    fixture.invitation("stores", Uses::Unlimited).await;
    let shop = store::network::find(fixture.app.store(), "shop").await.unwrap();
    let owner = Owner::Network(shop.id);
    certificate::rotate(&fixture.app, &admin(), key_of(&fixture.app, owner).await, false).await.unwrap();
    let closes = shop.window().closes().unwrap();
    fixture.clock.forward(closes.duration_since(fixture.now()) - SignedDuration::from_secs(60));
    reconcile::pass(&fixture.app).await.unwrap();
    assert!(generations(&fixture.app, owner).await.iter().all(|row| row.sealed_key.is_some()));

    fixture.clock.forward(SignedDuration::from_secs(61));
    reconcile::pass(&fixture.app).await.unwrap();
    rotation::pass(&fixture.app).await.unwrap();
    let rows = generations(&fixture.app, owner).await;
    assert!(rows.iter().all(|row| row.sealed_key.is_none() && row.state != AuthorityState::Active), "{rows:?}");
    // It is looked at as before, and nothing of it is changed.
    assert_eq!(network::show(&fixture.app, &at("shop")).await.unwrap().state, model::lifecycle::NetworkState::Ended);
    certificate::list(&fixture.app, &admin(), &Page::default()).await.unwrap();
    let later = network::Set { end: Some(None), ..network::Set::default() };
    let refused = network::set(&fixture.app, &admin(), &at("shop"), later, None).await.unwrap_err();
    assert!(refused.to_string().contains("ended") && refused.to_string().contains("for good"), "{refused}");
    let add = socket::Create {
        network: at("shop"),
        address: "web".parse().unwrap(),
        socket: "127.0.0.1:8080".parse().unwrap(),
        place: PlaceRef::Class(name("till")),
        adaptable: true,
    };
    let refused = socket::add(&fixture.app, &admin(), socket::Kind::Listener, add).await.unwrap_err();
    assert!(refused.to_string().contains("for good"), "{refused}");
    network::delete(&fixture.app, &admin(), &Ref::id(shop.id), None).await.unwrap();
}

async fn key_of(app: &App, owner: Owner) -> uuid::Uuid {
    generations(app, owner).await[0].id.into_untyped_uuid()
}

#[tokio::test]
async fn nobody_who_was_evicted_comes_back_by_whatever_was_kept() {
    let fixture = Fixture::new().await;
    let (ticket, _, backbone, shop) = member(&fixture).await;
    let another = fixture.invitation("others", Uses::Unlimited).await;
    let [first, last] = [(); 2].map(|()| PrivateKey::generate());
    let admission = fixture.redeem(&ticket, &first, "hall").await.unwrap();
    let hall = admitted_as(&admission);
    let running = Running::start(&fixture).await;
    // It has renewed once: there is an old certificate with an old key, and a rotated one with another.
    let (mut site, _) = SiteEnd::begun(&fixture, hall, vec![]).await;
    let mut kept = vec![admission.certificate];
    site.say(site_message::Body::Renew(RenewRequest { csr: last.csr() })).await;
    let Body::Renewed(renewed) = site.next().await else { panic!("it is renewed") };
    kept.push(renewed.certificate);
    let evict = async |who: &str, fate| {
        crate::ops::member::evict(&fixture.app, &admin(), &at("shop"), &at(who), Some(fate), None).await.unwrap();
    };
    evict("hall", InvitationFate::Keep).await;

    // By the old and the rotated certificate: both verify, and every router denies whom they speak for.
    let document = pass(&fixture, backbone).await;
    let authorities = |rows: &[model::trust::AuthorityTrust]| rows.iter().map(|it| it.certificate.clone()).collect();
    let anchors = pki::Anchors {
        installation: fixture.app.installation(),
        backbone,
        backbone_authorities: vec![],
        networks: [(shop, authorities(&document.networks[&shop].authorities))].into(),
    };
    for certificate in &kept {
        let identity = pki::verify(&anchors, certificate, pki::Usage::Client, fixture.now()).unwrap();
        let standing = document.standing(&identity, fixture.now());
        assert_eq!(standing, model::trust::Standing::Denied(model::trust::Denial::Evicted));
    }
    let mut back = SiteEnd::open(&fixture, hall, super::sessions::hello(vec![])).await.unwrap();
    loop {
        // What it was before is forgotten with the change feed.
        match back.next().await {
            Body::Notice(notice) => break assert_eq!(notice.kind, "evicted"),
            Body::Welcome(_) | Body::State(_) => {}
            other => panic!("{other:?}"),
        }
    }
    // By the old key and the last one, though its invitation, and another one, are good for others.
    for invitation in [&ticket, &another] {
        for key in [&first, &last] {
            let refused = fixture.redeem(invitation, key, "").await.unwrap_err();
            assert_eq!((refused.code.as_str(), refused.r#final), ("evicted", true), "{refused:?}");
        }
    }
    // By the old invitation with a new key, once that was closed with the eviction: routers deny it, too.
    evict("lobby", InvitationFate::Close).await;
    for key in [first, last, PrivateKey::generate()] {
        let refused = fixture.redeem(&ticket, &key, "").await.unwrap_err();
        assert!(refused.r#final, "{refused:?}");
    }
    let Ticket::Invitation(old) = &ticket else { panic!("not an invitation") };
    let claim = Identity::Invitation { network: old.network, invitation: old.invitation };
    let document = pass(&fixture, backbone).await;
    assert!(matches!(document.standing(&claim, fixture.now()), model::trust::Standing::Denied(_)));
    running.stop().await;
}
