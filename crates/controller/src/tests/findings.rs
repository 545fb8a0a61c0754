//! What is not well is found, and nothing else; and each finding says what to do.

use jiff::SignedDuration;
use model::Identity;
use site_proto::{Applied, ItemFailure, Observed, SocketStatus, site_message};
use testkit::process::eventually;

use super::{
    fixture::{Fixture, admin, at},
    sessions::{SiteEnd, member_of_shop},
};
use crate::{
    ops::{backbone_site, status},
    trust,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What is found, a line each; nothing is found without a word on what to do.
async fn found(fixture: &Fixture) -> Vec<String> {
    let found = status::installation(&fixture.app, &admin()).await.unwrap();
    let line = |it: &status::Finding| format!("{}: {}; {}", it.subject, it.message, it.how.as_ref().unwrap());
    found.findings.iter().map(line).collect()
}

/// The relay site `r1`, with a session and nothing to complain of.
async fn relay(fixture: &Fixture) -> SiteEnd {
    let backbone = store::backbone::find(fixture.app.store(), "east").await.unwrap().id;
    let site = backbone_site::show(&fixture.app, &at("east"), &at("r1")).await.unwrap().id;
    SiteEnd::begun(fixture, Identity::BackboneSite { backbone, site }, vec![]).await.0
}

#[tokio::test]
async fn certificates_and_trust_documents_that_should_have_been_replaced_before_now_are_found() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let east = store::backbone::find(fixture.app.store(), "east").await.unwrap().id;
    let relay = relay(&fixture).await;
    let up_to_date = async || {
        trust::publish(&fixture.app, east).await.unwrap();
        // Who has not been heard of for days is found for that.
        relay.say(site_message::Body::Observed(Observed::default())).await;
        let heard = async || found(&fixture).await.iter().all(|line| !line.contains("not heard of")).then_some(());
        eventually("it is heard of", heard).await.unwrap();
        found(&fixture).await
    };
    assert_eq!(up_to_date().await, [""; 0]);
    // A leaf lives for thirty days, and is renewed from the twentieth on; five days before its end it is late.
    fixture.clock.forward(DAY * 24);
    assert_eq!(up_to_date().await, [""; 0]);
    fixture.clock.forward(DAY * 2);
    let late = up_to_date().await;
    assert!(late.len() == 1 && late[0].contains("the certificate of the site r1 expires at"), "{late:?}");
    assert!(late[0].contains("`skx site status` there"), "{late:?}");
    // A document lives for a day, and is signed anew after six hours.
    fixture.clock.forward(SignedDuration::from_hours(21));
    assert!(found(&fixture).await.iter().any(|line| line.contains("its trust document is about to expire")));
    // The root is the one that nobody replaces but people.
    fixture.clock.forward(DAY * (3_650 - 27 - 29));
    let late = up_to_date().await;
    assert!(late.iter().any(|it| it.starts_with("installation: ") && it.contains("`skx ca csr`")), "{late:?}");
    assert!(late.iter().any(|it| it.starts_with("backbone east: its certificate authority")), "{late:?}");
}

#[tokio::test]
async fn a_member_that_cannot_do_what_it_was_told_is_found_by_whoever_sees_its_network() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let _relay = relay(&fixture).await;
    let (site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    let says = async |part: &str| {
        eventually(part, async || found(&fixture).await.into_iter().find(|it| it.contains(part))).await.unwrap()
    };
    let socket = SocketStatus {
        address: "web".to_owned(),
        socket: "127.0.0.1:80".to_owned(),
        state: "failed".to_owned(),
        error: "somebody else is there".to_owned(),
        ..SocketStatus::default()
    };
    site.say(site_message::Body::Observed(Observed { listeners: vec![socket], ..Observed::default() })).await;
    let told = says("somebody else is there").await;
    assert!(told.starts_with("member shop/lobby: its listener for web at 127.0.0.1:80 fails"), "{told}");
    site.say(site_message::Body::Observed(Observed::default())).await;
    eventually("all is well", async || found(&fixture).await.is_empty().then_some(())).await.unwrap();
    let failures = vec![ItemFailure { key: "listener/1".to_owned(), message: "no such thing".to_owned() }];
    site.say(site_message::Body::Applied(Applied { revision: 1, failures })).await;
    let told = says("no such thing").await;
    assert!(told.starts_with("member shop/lobby: it could not do what it was told: listener/1"), "{told}");
}

#[tokio::test]
async fn an_open_network_in_which_nobody_is_there_is_found() {
    let fixture = Fixture::new().await;
    let (_, identity, _) = member_of_shop(&fixture).await;
    let _relay = relay(&fixture).await;
    let deserted =
        async || found(&fixture).await.iter().any(|it| it.starts_with("network shop: its member is not connected"));
    assert!(deserted().await);
    let (_site, _) = SiteEnd::begun(&fixture, identity, vec![]).await;
    eventually("somebody is there", async || (!deserted().await).then_some(())).await.unwrap();
}
