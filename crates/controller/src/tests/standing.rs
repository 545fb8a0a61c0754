//! Every object says where it stands, since when, why, and what would move it: whatever it is, and at every point of its life.

use ::render::BundleFormat;
use axum::{Router, body::Body, http::Request};
use jiff::{SignedDuration, Timestamp};
use model::{lifecycle::Window, terms::Admission};
use pki::PrivateKey;
use serde_json::Value;
use site_proto::{LinkStatus, Observed, SocketStatus, site_message};
use tower::ServiceExt as _;

use super::{
    authority::signed,
    fixture::{Fixture, admin, admitted_as, at, name, new_invitation},
    sessions::{SiteEnd, listener, member_of_shop, until},
};
use crate::{
    http,
    ops::{
        Page, address, backbone, backbone_site, ca, certificate, certificate::Kind, invitation, invitation::Uses, link,
        member, member::InvitationFate, network, socket, socket::PlaceRef, waiting_room,
    },
    reconcile,
};

const SECOND: SignedDuration = SignedDuration::from_secs(1);
/// The very end of a second.
const IN_THE_SECOND: SignedDuration = SignedDuration::from_millis(999);

/// The API, as a client sees it, over a clock that can be moved.
struct Api<'a> {
    fixture: &'a Fixture,
    router: Router,
    token: String,
}

/// Where something stands.
#[derive(Debug)]
struct Stands {
    state: String,
    since: Timestamp,
    why: String,
    next: String,
}

impl Stands {
    fn is(&self, state: &str, since: Timestamp, why: &str, next: &str) {
        assert_eq!((self.state.as_str(), self.since.as_second()), (state, since.as_second()), "{self:?}");
        assert!(self.why.contains(why) && self.next.contains(next), "{self:?}");
    }
}

impl<'a> Api<'a> {
    fn new(fixture: &'a Fixture) -> Self {
        let token = fixture.data.admin_token().unwrap().to_string();
        Self { fixture, router: http::router(fixture.app.clone()), token }
    }

    async fn get(&self, path: &str) -> Value {
        let request = Request::get(format!("/api/v1{path}")).header("authorization", format!("Bearer {}", self.token));
        let answer = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1 << 22).await.unwrap();
        assert!(status.is_success(), "{path}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).unwrap()
    }

    /// Where one object stands.
    async fn at(&self, path: &str) -> Stands {
        let found = self.get(path).await;
        self.stands(path, &found)
    }

    fn stands(&self, path: &str, found: &Value) -> Stands {
        // Certificates say it beside their other facts.
        let said = found.get("standing").unwrap_or(found);
        let text = |field: &str| {
            let text = said[field].as_str().unwrap_or_else(|| panic!("{path} says no {field}: {found:#}"));
            assert!(!text.trim().is_empty(), "{path} says no {field}: {found:#}");
            text.to_owned()
        };
        let stands = Stands {
            state: text("state"),
            since: text("since").parse().unwrap(),
            why: text("why"),
            next: text("next"),
        };
        let (from, now) = ("2020-01-01T00:00:00Z".parse().unwrap(), self.fixture.now());
        assert!((from..=now).contains(&stands.since), "{path} stands so since then: {stands:?} at {now}");
        stands
    }

    async fn items(&self, path: &str) -> Vec<Value> {
        self.get(path).await["items"].as_array().unwrap().clone()
    }

    /// Every object there is, in lists and by itself; says how many there are.
    async fn everything(&self) -> usize {
        let mut count = 0;
        let mut lists = vec!["/backbones".to_owned(), "/networks".to_owned(), "/certificates".to_owned()];
        self.at("/ca").await;
        for backbone in self.items("/backbones").await {
            let of = format!("/backbones/{}", backbone["name"].as_str().unwrap());
            lists.extend([format!("{of}/sites"), format!("{of}/links")]);
            for site in self.items(&format!("{of}/sites")).await {
                lists.push(format!("{of}/sites/{}/access-points", site["name"].as_str().unwrap()));
                for point in site["access"].as_array().unwrap() {
                    self.stands(&of, point);
                }
            }
        }
        for network in self.items("/networks").await {
            let of = format!("/networks/{}", network["name"].as_str().unwrap());
            // These are shown in lists alone.
            for list in [format!("{of}/addresses"), format!("{of}/address-policies")] {
                for item in self.items(&list).await {
                    self.stands(&list, &item);
                }
            }
            lists.extend(["invitations", "members", "listeners", "connectors"].map(|kind| format!("{of}/{kind}")));
        }
        for list in lists {
            for item in self.items(&list).await {
                self.stands(&list, &item);
                self.at(&format!("{list}/{}", item["id"].as_str().unwrap())).await;
                count += 1;
            }
        }
        for controller in self.items("/controllers").await {
            self.stands("/controllers", &controller);
        }
        count
    }
}

#[tokio::test]
async fn from_the_root_to_a_backbone_that_carries_traffic_everything_says_where_it_stands() {
    let fixture = Fixture::without_root().await;
    let (api, app, actor) = (Api::new(&fixture), &fixture.app, &admin());
    fixture.clock.stop_at(fixture.now());
    let absent = api.at("/ca").await;
    assert!(
        absent.state == "absent" && absent.why.contains("no root") && absent.next.contains("skx ca csr"),
        "{absent:?}"
    );
    fixture.clock.stop_at(fixture.now() + SignedDuration::from_hours(1));
    let asked = fixture.now();
    let request = ca::csr(app, actor).await.unwrap();
    api.at("/ca").await.is("requested", asked, "not imported yet", "skx ca import");
    fixture.clock.stop_at(fixture.now() + SignedDuration::from_hours(1));
    let imported = fixture.now();
    ca::import(app, actor, &signed(&request)).await.unwrap();
    api.at("/ca").await.is("ready", imported, "was imported", "backbones can be created");

    // A backbone, from nothing to a link that is up.
    let begun = fixture.now();
    backbone::create(app, actor, backbone::Create { name: name("east"), dataplane: None }).await.unwrap();
    api.at("/backbones/east").await.is("empty", begun, "0 of its 0", "skx backbone site create east/SITE");
    for (site, access) in
        [("r1", "main=peer,member,claim,manage@r1.example.com:5671"), ("r2", "main=peer,manage@:5671")]
    {
        let create =
            backbone_site::Create { backbone: at("east"), name: name(site), access: vec![access.parse().unwrap()] };
        backbone_site::create(app, actor, create).await.unwrap();
    }
    let create =
        link::Create { backbone: at("east"), from: at("r1"), to: at("r2"), access: None, cost: None, transport: None };
    let made = link::create(app, actor, create).await.unwrap();
    let line = format!("/backbones/east/links/{}", made.id);
    api.everything().await;
    api.at("/backbones/east").await.is("planned", begun, "0 of its 2", "skx backbone status east");
    api.at("/backbones/east/sites/r1").await.is("defined", begun, "not rendered", "bundle");
    api.at(&line).await.is("unknown", begun, "is not known yet", "skx backbone status east");
    let bundle = fixture.bundle().await;
    api.at("/backbones/east/sites/r1").await.is("defined", begun, "not applied", "skx join");
    fixture.clock.stop_at(fixture.now() + SignedDuration::from_mins(10));
    let deployed = fixture.now();
    let admission = fixture.enrol(&bundle, &PrivateKey::generate()).await.unwrap();
    api.at("/backbones/east/sites/r1").await.is("deployed", deployed, "has enrolled", "skx site run");
    let points = api.items("/backbones/east/sites/r1/access-points").await;
    api.stands("r1", &points[0]).is("unknown", deployed, "no session", "comes back");
    api.at("/backbones/east").await.is("partly-deployed", deployed, "1 of its 2", "skx backbone status east");
    api.everything().await;

    // It has a session, and tells of its link: since then it is up, however often it says so.
    let (site, _) = SiteEnd::begun(&fixture, admitted_as(&admission), vec![]).await;
    let told = async |state: &str, error: &str, time: Timestamp| {
        let link = made.id.to_string();
        let links =
            vec![LinkStatus { link, state: state.to_owned(), error: error.to_owned(), ..LinkStatus::default() }];
        site.say(site_message::Body::Observed(Observed { links, time: time.as_second(), ..Observed::default() })).await;
        until(async || (api.get(&line).await["state"] == state).then_some(())).await;
    };
    let up = fixture.now();
    told("up", "", up).await;
    api.at("/backbones/east/sites/r1").await.is("deployed", deployed, "has a session", "nothing");
    let points = api.items("/backbones/east/sites/r1/access-points").await;
    api.stands("r1", &points[0]).is("open", deployed, "connected", "may dial");
    fixture.clock.stop_at(fixture.now() + SignedDuration::from_secs(30));
    told("connecting", "", fixture.now()).await;
    told("up", "", fixture.now()).await;
    let since = api.at(&line).await.since;
    fixture.clock.stop_at(fixture.now() + SignedDuration::from_secs(30));
    told("connecting", "no route", fixture.now()).await;
    api.at(&line).await.is("connecting", fixture.now(), "is not known yet", "dials r2 again");
    assert!(since.duration_since(up) >= SignedDuration::from_secs(30) && since < fixture.now());
    api.everything().await;

    // Away until its certificate has ended, and evicted at last.
    drop(site);
    let ends = api.get("/certificates?kind=backbone-site").await["items"][0]["not_after"].as_str().unwrap().to_owned();
    let ends: Timestamp = ends.parse().unwrap();
    fixture.clock.stop_at(ends + IN_THE_SECOND);
    let stands = api.at("/backbones/east/sites/r1").await;
    assert!(!stands.why.contains("has expired"), "its last second is a second of its life: {stands:?}");
    fixture.clock.stop_at(ends + SECOND);
    api.at("/backbones/east/sites/r1").await.is("deployed", ends, "has expired", "skx backbone site bundle east/r1");
    let said = api.get("/backbones/east/status").await["sites"].to_string();
    assert!(said.contains("skx backbone site bundle east/r1"), "everybody is told the same: {said}");
    api.everything().await;
    // What is said is what helps, with the key it has or with another one.
    let bundle = fixture.bundle().await;
    assert_eq!(api.get("/backbones/east/sites/r1").await["state"], "defined");
    fixture.enrol(&bundle, &PrivateKey::generate()).await.unwrap();
    api.at("/backbones/east/sites/r1").await.is("deployed", fixture.now(), "has enrolled", "skx site run");
    let again = backbone_site::bundle(app, actor, &at("east"), &at("r1"), BundleFormat::Linux).await;
    assert!(again.unwrap_err().to_string().contains("has enrolled already"));
    api.everything().await;
    backbone_site::evict(app, actor, &at("east"), &at("r1"), None).await.unwrap();
    api.at("/backbones/east/sites/r1").await.is("evicted", fixture.now(), "was evicted", "for good");
    api.everything().await;
}

/// An installation with a backbone, whose clock stands still at this moment.
async fn at_a_moment() -> (Fixture, Timestamp) {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let now = fixture.now();
    fixture.clock.stop_at(now);
    (fixture, now)
}

#[tokio::test]
async fn a_network_and_its_invitations_say_where_they_stand_before_and_after_every_boundary() {
    let (fixture, made) = at_a_moment().await;
    let (api, app, actor) = (Api::new(&fixture), &fixture.app, &admin());
    let whole = |seconds: i64| Timestamp::from_second(made.as_second() + seconds).unwrap();
    let window = Window { start: whole(3_600), end: Some(whole(7_200)), grace: SignedDuration::from_mins(1) };
    let create = network::Create {
        start: Some(window.start),
        end: window.end,
        grace: Some(window.grace),
        ..fixture.new_network()
    };
    network::create(app, actor, create).await.unwrap();
    let deadline = whole(4_000);
    for (invitation, uses, deadline) in [
        ("timed", Uses::Unlimited, Some(deadline)),
        ("dated", Uses::Unlimited, Some(deadline)),
        ("once", Uses::Limited(1), None),
        ("shut", Uses::Unlimited, None),
    ] {
        let create = invitation::Create { deadline, ..new_invitation(invitation, uses) };
        invitation::create(app, actor, create).await.unwrap();
    }
    let (end, closes) = (window.end.unwrap(), window.closes().unwrap());
    let at_second = async |time: Timestamp, path: &str| {
        fixture.clock.stop_at(time);
        reconcile::pass(app).await.unwrap();
        api.everything().await;
        api.at(path).await
    };
    let shop = "/networks/shop";
    let [timed, dated, once, shut] =
        ["timed", "dated", "once", "shut"].map(|it| format!("/networks/shop/invitations/{it}"));
    at_second(window.start - SECOND, shop).await.is("scheduled", made, "it starts", "unless the start is moved");
    at_second(window.start, shop).await.is("open", window.start, "its start has come", "skx network set shop --end");
    fixture.redeem(&fixture.render("once").await, &PrivateKey::generate(), "lobby").await.unwrap();
    invitation::expire(app, actor, &at("shop"), &at("shut"), None).await.unwrap();
    api.at(&once).await.is("used-up", window.start, "1 have joined", "--uses N");
    api.at(&shut).await.is("closed", window.start, "closed", "for good");
    at_second(deadline - SECOND, &timed).await.is("live", made, "sites can join", "--deadline TIME");
    at_second(deadline, &timed).await.is("expired", deadline, "its deadline has come", "--deadline TIME");
    let set = invitation::Set { deadline: Some(None), ..invitation::Set::default() };
    invitation::set(app, actor, &at("shop"), &at("timed"), set, None).await.unwrap();
    at_second(end - SECOND, &timed).await.is("live", made, "sites can join", "ends with its network");
    at_second(end - SECOND, shop).await.is("open", window.start, "its start has come", "it ends");
    at_second(end, &timed).await.is("expired", end, "the end of its network", "skx network set shop --end");
    // A deadline cannot be moved beyond the end of the network.
    at_second(end - SECOND, &dated).await.is("expired", deadline, "its deadline has come", "--deadline TIME");
    at_second(end, &dated).await.is("expired", deadline, "its deadline has come", "skx network set shop --end TIME");
    at_second(end, &once).await.is("expired", end, "the end of its network", "skx network set shop --end TIME");
    at_second(end, shop).await.is("closing", end, "grace is not over", "for good, unless its end is moved");
    at_second(closes - SECOND, shop).await.is("closing", end, "grace is not over", "for good");
    at_second(closes, shop).await.is("ended", closes, "key of its certificate authority is destroyed", "history");
    for path in [&timed, &dated, &once, &shut] {
        let stands = api.at(path).await;
        assert!(stands.next.contains("for good"), "nothing would move it: {path}: {stands:?}");
    }
    // Another one is evicted.
    network::create(app, actor, network::Create { name: name("other"), end: None, ..fixture.new_network() })
        .await
        .unwrap();
    for (invitation, uses) in [("left", Uses::Unlimited), ("none", Uses::Limited(1))] {
        let create = invitation::Create { network: at("other"), ..new_invitation(invitation, uses) };
        invitation::create(app, actor, create).await.unwrap();
    }
    network::evict(app, actor, &at("other"), None).await.unwrap();
    for path in ["/networks/other/invitations/left", "/networks/other/invitations/none"] {
        api.at(path).await.is("closed", closes, "the network other was evicted", "nothing: the network other is over");
    }
    api.at("/networks/other").await.is("evicted", closes, "was evicted", "for good");
    api.everything().await;
}

#[tokio::test]
async fn a_member_says_where_it_stands_from_the_waiting_room_to_its_end() {
    let fixture = Fixture::configured(|config| {
        config.leaf_lifetime = SignedDuration::from_mins(10);
        config.authority_lifetime = SignedDuration::from_hours(10);
        config.renewal_grace = Some(SignedDuration::from_mins(20));
    })
    .await;
    fixture.backbone().await;
    fixture.clock.stop_at(fixture.now());
    let (api, app, actor) = (Api::new(&fixture), &fixture.app, &admin());
    network::create(app, actor, network::Create { end: None, ..fixture.new_network() }).await.unwrap();
    let create = invitation::Create { admission: Admission::WaitingRoom, ..new_invitation("guests", Uses::Unlimited) };
    invitation::create(app, actor, create).await.unwrap();
    let ticket = fixture.render("guests").await;
    let (key, other) = (PrivateKey::generate(), PrivateKey::generate());
    let came = fixture.now();
    fixture.redeem(&ticket, &key, "lobby").await.unwrap_err();
    fixture.redeem(&ticket, &other, "hall").await.unwrap_err();
    let (lobby, hall) = ("/networks/shop/members/lobby", "/networks/shop/members/hall");
    api.at(lobby).await.is("waiting", came, "somebody admits it", "skx member admit|refuse shop/lobby");
    api.everything().await;
    fixture.clock.stop_at(fixture.now() + SignedDuration::from_mins(3));
    let admitted = fixture.now();
    waiting_room::admit(app, actor, &at("shop"), &at("lobby"), None).await.unwrap();
    waiting_room::refuse(app, actor, &at("shop"), &at("hall"), Some("unknown here".to_owned()), None).await.unwrap();
    api.at(lobby).await.is("member", admitted, "has not come since", "fetches its certificate");
    api.at(hall).await.is("refused", admitted, "unknown here", "for good");
    let admission = fixture.redeem(&ticket, &key, "lobby").await.unwrap();

    // What is placed there, with and without a word of it.
    let there = socket::add(app, actor, socket::Kind::Listener, listener(PlaceRef::Site(at("lobby")))).await.unwrap();
    let class = socket::add(app, actor, socket::Kind::Listener, listener(PlaceRef::Class(name("till")))).await.unwrap();
    let [there, class] = [there, class].map(|it| (format!("/networks/shop/listeners/{}", it.id), it.id.to_string()));
    api.at(&there.0).await.is("placed", fixture.now(), "0 of 1", "session with a controller");
    api.at(&class.0).await.is("nowhere", fixture.now(), "there is none", "skx member class add shop/SITE till");
    let (site, _) = SiteEnd::begun(&fixture, admitted_as(&admission), vec![]).await;
    for (state, error) in [("failed", "the port is taken"), ("ready", "")] {
        fixture.clock.stop_at(fixture.now() + SignedDuration::from_secs(10));
        let socket = SocketStatus {
            id: there.1.clone(),
            address: "web".to_owned(),
            socket: "127.0.0.1:8080".to_owned(),
            state: state.to_owned(),
            error: error.to_owned(),
            ..SocketStatus::default()
        };
        site.say(site_message::Body::Observed(Observed { listeners: vec![socket], ..Observed::default() })).await;
        let stands = until(async || Some(api.at(&there.0).await).filter(|it| it.state == state)).await;
        assert!(stands.why.contains(if error.is_empty() { "works at 1 of 1" } else { error }), "{stands:?}");
        api.everything().await;
    }
    api.at(lobby).await.is("member", admitted, "has a session", "renewed by itself");
    drop(site);

    // Away beyond the end of its certificate, and beyond its grace.
    let ends = pki::Certificate::parse(&admission.certificate).unwrap().not_after;
    let until = ends + SignedDuration::from_mins(20);
    for (time, state, since, why, next) in [
        (ends, "member", admitted, "last heard of", "renewed by itself"),
        (ends + SECOND, "member", admitted, "expired", "it comes back"),
        (until, "member", admitted, "expired", "it comes back"),
        (until + SECOND, "expired", until, "could be renewed until", "new invitation"),
    ] {
        fixture.clock.stop_at(time);
        api.at(lobby).await.is(state, since, why, next);
        api.everything().await;
    }
    member::evict(app, actor, &at("shop"), &at("lobby"), Some(InvitationFate::Keep), None).await.unwrap();
    api.at(lobby).await.is("evicted", fixture.now(), "evicted by somebody", "for good");
    api.at(&there.0).await.is("nowhere", fixture.now(), "no member any more", "remove it");
    api.everything().await;
}

#[tokio::test]
async fn a_member_and_what_it_holds_say_what_becomes_of_them_with_their_network() {
    let (fixture, made) = at_a_moment().await;
    let (api, app, actor) = (Api::new(&fixture), &fixture.app, &admin());
    let whole = |seconds: i64| Timestamp::from_second(made.as_second() + seconds).unwrap();
    // An end between two seconds: certificates know whole ones only.
    let (end, grace) = (whole(7_200) + SignedDuration::from_millis(700), SignedDuration::from_mins(1));
    let create = network::Create { end: Some(end), grace: Some(grace), ..fixture.new_network() };
    network::create(app, actor, create).await.unwrap();
    let ticket = fixture.invitation("guests", Uses::Unlimited).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap();
    let (lobby, closes) = ("/networks/shop/members/lobby", end + grace);
    let held = async |kind: &str| {
        let listed = api.items(&format!("/certificates?kind={kind}")).await;
        api.stands(kind, &listed[0])
    };
    api.at(lobby).await.is("member", made, "has not come since", "ends with its network");
    let current = held("member").await;
    assert!(current.state == "current" && current.next.contains("ends with its network"), "{current:?}");

    // The start moves to a later time: who is in waits for it.
    let later = whole(3_600);
    let set = network::Set { start: Some(later), ..network::Set::default() };
    network::set(app, actor, &at("shop"), set, None).await.unwrap();
    api.at(lobby).await.is("member", made, "has not come since", "when its network starts");
    fixture.clock.stop_at(later);
    api.at(lobby).await.is("member", made, "has not come since", "ends with its network");
    fixture.clock.stop_at(closes - SECOND);
    api.at(lobby).await.is("member", made, "has not come since", "its connections end");
    for time in [closes, closes + SignedDuration::from_hours(1)] {
        fixture.clock.stop_at(time);
        reconcile::pass(app).await.unwrap();
        api.at(lobby).await.is("member", closes, "has ended", "for good");
        assert!(api.get(lobby).await["reason"].is_null(), "it would come back to nothing");
        api.everything().await;
    }
    for kind in ["member", "network-ca", "invitation"] {
        let stands = held(kind).await;
        assert!(stands.next.contains("over, for good"), "{kind}: {stands:?}");
    }

    // One that is evicted says so of whom it had.
    network::create(app, actor, network::Create { name: name("other"), end: None, ..fixture.new_network() })
        .await
        .unwrap();
    invitation::create(
        app,
        actor,
        invitation::Create { network: at("other"), ..new_invitation("all", Uses::Unlimited) },
    )
    .await
    .unwrap();
    let ticket = fixture.render_of("other", "all").await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "hall").await.unwrap();
    network::evict(app, actor, &at("other"), None).await.unwrap();
    api.at("/networks/other/members/hall").await.is("member", fixture.now(), "was evicted", "for good");
}

#[tokio::test]
async fn an_address_and_how_it_picks_say_where_they_stand() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    fixture.clock.stop_at(fixture.now());
    let (api, app, actor) = (Api::new(&fixture), &fixture.app, &admin());
    let (web, policy) = ("web".parse().unwrap(), address::Wanted::Balanced);
    let set = fixture.now();
    address::set_policy(app, actor, &at("shop"), &web, &policy, None).await.unwrap();
    let picks = async || api.stands("policy", &api.items("/networks/shop/address-policies").await[0]);
    picks().await.is("in-force", set, "balanced", "skx network address remove shop web");

    let (site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let socket = |state: &str, error: &str| SocketStatus {
        address: "web".to_owned(),
        socket: "127.0.0.1:8080".to_owned(),
        local: true,
        state: state.to_owned(),
        error: error.to_owned(),
        ..SocketStatus::default()
    };
    let (works, fails) = (socket("ready", ""), socket("failed", "no route"));
    for (listener, connector, state, why, next) in [
        (Some(&works), None, "unserved", "no site that is connected", "skx network connector add shop web"),
        (Some(&works), Some(&fails), "failed", "at lobby: no route", "tries again by itself"),
        (Some(&works), Some(&works), "served", "works at 1 of 1", "nothing"),
        (None, Some(&works), "served", "works at 1 of 1", "skx network listener add shop web"),
    ] {
        let listeners = listener.into_iter().cloned().collect();
        let connectors = connector.into_iter().cloned().collect();
        site.say(site_message::Body::Observed(Observed { listeners, connectors, ..Observed::default() })).await;
        let stands = until(async || {
            let seen = api.items("/networks/shop/addresses").await;
            let stands = api.stands("address", seen.first()?);
            (stands.state == state && stands.next.contains(next)).then_some(stands)
        });
        assert!(stands.await.why.contains(why), "{state}");
        api.everything().await;
    }
    network::evict(app, actor, &at("shop"), None).await.unwrap();
    picks().await.is("history", fixture.now(), "shop is over", "for good");
}

#[tokio::test]
async fn a_certificate_of_every_level_says_where_it_stands_until_it_is_gone() {
    let fixture = Fixture::short_lived().await;
    fixture.backbone().await;
    let (api, app, actor) = (Api::new(&fixture), &fixture.app, &admin());
    network::create(app, actor, network::Create { end: None, ..fixture.new_network() }).await.unwrap();
    let ticket = fixture.invitation("guests", Uses::Unlimited).await;
    let held = fixture.redeem(&ticket, &PrivateKey::generate(), "lobby").await.unwrap();
    let shop = store::network::find(app.store(), "shop").await.unwrap();
    crate::trust::publish(app, shop.backbone).await.unwrap();
    crate::rotation::pass(app).await.unwrap();
    let all = certificate::list(app, actor, &Page::default()).await.unwrap().items;
    for kind in [
        Kind::Installation,
        Kind::BackboneCa,
        Kind::NetworkCa,
        Kind::BackboneSite,
        Kind::Bootstrap,
        Kind::TrustSigner,
        Kind::Invitation,
        Kind::Member,
    ] {
        assert!(all.iter().any(|it| it.kind == kind), "{kind:?}");
    }
    api.everything().await;
    let of = |kind| format!("/certificates/{}", all.iter().find(|it| it.kind == kind).unwrap().id);
    let (ca, member) = (of(Kind::NetworkCa), of(Kind::Member));
    let due = api.at(&ca).await;
    assert!(due.state == "current" && due.next.contains("a new generation is made"), "{due:?}");
    let id = all.iter().find(|it| it.kind == Kind::NetworkCa).unwrap().id;
    let next = certificate::rotate(app, actor, id, true).await.unwrap();
    let announced = api.at(&format!("/certificates/{}", next.id)).await;
    assert!(announced.state == "announced" && announced.why.contains("asked for it"), "{announced:?}");
    for _ in 0..2 {
        crate::trust::publish(app, shop.backbone).await.unwrap();
        crate::rotation::pass(app).await.unwrap();
    }
    let superseded = api.at(&ca).await;
    assert!(superseded.state == "superseded" && superseded.next.contains("trusted until"), "{superseded:?}");
    api.everything().await;
    // A leaf, up to its last second and from the next one on.
    let ends = pki::Certificate::parse(&held.certificate).unwrap().not_after;
    for time in [ends, ends + IN_THE_SECOND] {
        fixture.clock.stop_at(time);
        assert_eq!(api.at(&member).await.state, "current", "{time}");
    }
    fixture.clock.stop_at(ends + SECOND);
    api.at(&member).await.is("expired", ends, "its life is over", "renewed by itself");
    api.everything().await;
    member::evict(app, actor, &at("shop"), &at("lobby"), Some(InvitationFate::Keep), None).await.unwrap();
    api.at(&member).await.is("revoked", fixture.now(), "denied", "stays so");
    assert!(api.everything().await > 8);
}
