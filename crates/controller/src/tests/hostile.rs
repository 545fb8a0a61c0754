//! What a site can make a controller write is bounded, and what goes wrong in a session is said as it is.

use model::{Identity, ticket::Ticket};
use pki::PrivateKey;
use site_proto::{Applied, ItemFailure, Leaving, RenewRequest, controller_message::Body, site_message};
use tokio_util::sync::CancellationToken;

use super::{
    fixture::{Fixture, Running, admin, at, name},
    sessions::{SiteEnd, hello, listener, member_of_shop, until},
};
use crate::ops::{
    Page, backbone_site, member, socket,
    socket::{Kind, PlaceRef},
};

fn leaving() -> site_message::Body {
    site_message::Body::Leaving(Leaving { reason: "moving house".to_owned() })
}

async fn live_members(fixture: &Fixture) -> usize {
    member::list(&fixture.app, &at("shop"), &Page::default()).await.unwrap().items.len()
}

#[tokio::test]
async fn a_site_is_told_that_it_has_left_when_that_is_committed() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let sql = async |sql: &str| fixture.database.sql(sql).await.unwrap();
    sql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$").await;

    // It cannot be noted: nothing has happened, and the site is told so.
    sql("CREATE TRIGGER refuse BEFORE UPDATE ON member FOR EACH ROW EXECUTE FUNCTION refuse()").await;
    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    site.say(leaving()).await;
    let Body::Refused(refusal) = site.next().await else { panic!("not refused") };
    assert_eq!((refusal.code.as_str(), refusal.r#final), ("not-left", false));
    assert_eq!(site.incoming.message().await.unwrap_err().code(), tonic::Code::Unavailable);
    sql("DROP TRIGGER refuse ON member").await;

    // It fails in the commit, where nobody could say for certain: the session ends without a word about it.
    sql("CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON member DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
        EXECUTE FUNCTION refuse()")
    .await;
    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    site.say(leaving()).await;
    assert_eq!(site.incoming.message().await.unwrap_err().code(), tonic::Code::Unavailable);
    sql("DROP TRIGGER refuse ON member").await;
    assert_eq!(live_members(&fixture).await, 1);

    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    site.say(leaving()).await;
    assert!(matches!(site.next().await, Body::Left(_)), "it is told");
    assert_eq!(live_members(&fixture).await, 0);
    // Whoever did not hear it is told when it comes back.
    let mut back = SiteEnd::open(&fixture, identity, hello(vec![])).await.unwrap();
    let Body::Notice(notice) = back.next().await else { panic!("no notice") };
    assert!(notice.message.contains("has left"), "{}", notice.message);
}

#[tokio::test]
async fn what_a_site_cannot_do_is_shown_until_it_can_whatever_else_it_does() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let running = Running::start(&fixture).await;
    let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let applied = async |site: &SiteEnd, revision, failures: &[&str]| {
        let failure = |key: &&str| ItemFailure { key: (*key).to_owned(), message: "the port is taken".to_owned() };
        let failures = failures.iter().map(failure).collect();
        site.say(site_message::Body::Applied(Applied { revision, failures })).await;
    };
    let shown = async || {
        let status = store::status::list_of_network(
            fixture.app.store(),
            store::network::find(fixture.app.store(), "shop").await.unwrap().id,
        );
        let (_, status) = status.await.unwrap().into_iter().next()?;
        let failures = status.report["failures"].as_array()?.clone();
        Some((status.applied_revision?, failures))
    };
    let place = || listener(PlaceRef::Site(at("lobby")));
    let added = socket::add(&fixture.app, &admin(), Kind::Listener, place()).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    let key = delta.changed[0].key.clone();
    applied(&site, delta.revision, &[&key]).await;
    let (_, failures) = until(async || shown().await.filter(|(_, failures)| !failures.is_empty())).await;
    assert_eq!(failures[0]["key"], key.as_str());
    assert_eq!(failures[0]["message"], "the port is taken");

    // Something else that it can do says nothing of what it cannot.
    let other = socket::Create { socket: "127.0.0.1:8081".parse().unwrap(), ..place() };
    socket::add(&fixture.app, &admin(), Kind::Listener, other).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    applied(&site, delta.revision, &[]).await;
    let (_, failures) = until(async || shown().await.filter(|(revision, _)| *revision == delta.revision)).await;
    assert_eq!(failures.len(), 1);

    // What is not wanted any more has not failed.
    socket::remove(&fixture.app, &admin(), Kind::Listener, &at("shop"), added.id, None).await.unwrap();
    let Body::State(delta) = site.next().await else { panic!("no delta") };
    assert_eq!(delta.removed, [key]);
    applied(&site, delta.revision, &[]).await;
    until(async || shown().await.filter(|(_, failures)| failures.is_empty())).await;
    running.stop().await;
}

#[tokio::test]
async fn coming_back_does_not_begin_the_pace_of_certificates_anew() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let renew = async || {
        let (mut site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
        site.say(site_message::Body::Renew(RenewRequest { csr: PrivateKey::generate().csr() })).await;
        site.next().await
    };
    assert!(matches!(renew().await, Body::Renewed(_)));
    let Body::Refused(refusal) = renew().await else { panic!("not refused") };
    assert_eq!((refusal.code.as_str(), refusal.r#final), ("busy", false));
}

#[tokio::test]
async fn a_site_that_only_ever_begins_sessions_has_to_wait() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let refused = loop {
        // Each is a session until the limit.
        match SiteEnd::open(&fixture, identity, hello(vec![])).await {
            Ok(_) => {}
            Err(status) => break status,
        }
    };
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
}

#[tokio::test]
async fn one_alarm_is_raised_for_a_key_and_a_few_for_a_bundle() {
    let fixture = Fixture::new().await;
    fixture.defined_site("main=peer,member,claim,manage@r1.example.com:5671").await;
    let bundle = fixture.bundle().await;
    fixture.enrol(&bundle, &PrivateKey::generate()).await.unwrap();
    let alarms = async || {
        let count = "SELECT count(*) FROM event WHERE action = 'backbone-site.enrol' AND outcome = 'refused'";
        fixture.database.sql(count).await.unwrap().trim().parse::<usize>().unwrap()
    };
    let thief = PrivateKey::generate();
    for _ in 0..3 {
        assert_eq!(fixture.enrol(&bundle, &thief).await.unwrap_err().code, "key-mismatch");
    }
    assert_eq!(alarms().await, 1, "the same key again is no news");
    for _ in 0..20 {
        assert_eq!(fixture.enrol(&bundle, &PrivateKey::generate()).await.unwrap_err().code, "key-mismatch");
    }
    assert_eq!(alarms().await, 16, "and keys can be made without end");
    let shown = backbone_site::show(&fixture.app, &at("east"), &at("r1")).await.unwrap();
    assert_eq!(shown.name, name("r1"));
}

#[tokio::test]
async fn a_session_that_cannot_begin_yet_ends_with_its_controller_or_gives_way() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let Ticket::Invitation(_) = fixture.render("stores").await else { panic!("not an invitation") };
    assert!(matches!(identity, Identity::Member { .. }));
    // What a session begins with cannot be read.
    fixture.app.desired().forget_all();
    fixture.database.sql("ALTER TABLE network RENAME TO elsewhere").await.unwrap();
    let shutdown = CancellationToken::new();
    let session = async || {
        let before = fixture.database.sql("SELECT session FROM site_status").await.unwrap();
        let site = SiteEnd::open_until(&fixture, identity, hello(vec![]), shutdown.clone()).await.unwrap();
        until(async || {
            let session = fixture.database.sql("SELECT session FROM site_status").await.unwrap();
            (session != before).then_some(())
        })
        .await;
        site
    };
    let mut older = session().await;
    let mut newer = session().await;
    assert_eq!(older.incoming.message().await.unwrap_err().code(), tonic::Code::Aborted);
    shutdown.cancel();
    assert_eq!(newer.incoming.message().await.unwrap_err().code(), tonic::Code::Unavailable);
}
