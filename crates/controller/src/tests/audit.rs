//! The audit chain: what is refused is in it, within limits; old events leave it by cuts that are signed.

use jiff::SignedDuration;
use pki::PrivateKey;
use serde_json::json;
use store::{
    chain::Fault,
    event::{self, Event, Filter, ObjectKind, Outcome, Recorded},
};

use super::fixture::{Fixture, admin};
use crate::{
    ops::{OpError, Page, audit, invitation::Uses},
    refusals,
};

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn events(fixture: &Fixture) -> Vec<Recorded> {
    event::list(fixture.app.store(), &Filter::default(), 0, 10_000).await.unwrap()
}

async fn positions_of_faults(fixture: &Fixture) -> Vec<(i64, Fault)> {
    audit::verify(&fixture.app).await.unwrap().faults
}

#[tokio::test]
async fn old_events_leave_by_a_cut_that_is_signed_and_what_stays_is_verified() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let before = events(&fixture).await.last().unwrap().position;
    fixture.clock.forward(DAY * 3);
    fixture.network().await;

    let young = audit::cut(&fixture.app, &admin(), fixture.now() - DAY / 2).await.unwrap_err();
    assert!(matches!(young, OpError::Invalid { field: "before", .. }), "{young}");
    let cut = audit::cut(&fixture.app, &admin(), fixture.now() - DAY).await.unwrap();
    assert_eq!(cut.position, before);
    assert_eq!(audit::statement(&cut).unwrap().installation, fixture.app.installation());
    assert_eq!(events(&fixture).await[0].position, before + 1);
    assert_eq!(positions_of_faults(&fixture).await, []);
    assert_eq!(audit::cuts(&fixture.app, &Page::default()).await.unwrap().items, [cut]);
    let again = audit::cut(&fixture.app, &admin(), fixture.now() - DAY).await.unwrap_err();
    assert!(matches!(again, OpError::Precondition { .. }), "{again}");
}

#[tokio::test]
async fn a_cut_that_nobody_signed_who_may_is_named() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.clock.forward(DAY * 3);
    fixture.network().await;
    let cut = audit::cut(&fixture.app, &admin(), fixture.now() - DAY).await.unwrap();
    // Whoever has all power over the database lets more go, and says so with a key of their own.
    let other = pki::Authority::development_root(
        fixture.app.installation(),
        "other",
        pki::Validity::backdated(fixture.now(), fixture.after(1_000)),
    )
    .unwrap();
    let hidden = events(&fixture).await[0].clone();
    let place = store::cut::Place { position: hidden.position, hash: hidden.hash, until: hidden.time };
    let forged = audit::signed(fixture.app.installation(), place, fixture.now(), &other);
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let sql = format!(
        "ALTER TABLE event DISABLE TRIGGER ALL; ALTER TABLE event_cut DISABLE TRIGGER ALL;
        DELETE FROM event WHERE position = {position};
        INSERT INTO event_cut VALUES ({position}, '\\x{hash}', now(), '\\x{statement}', '\\x{signature}', '\\x{signer}')",
        position = forged.position,
        hash = hex(&forged.hash),
        statement = hex(&forged.statement),
        signature = hex(&forged.signature),
        signer = hex(forged.signer.as_bytes()),
    );
    fixture.database.sql(&sql).await.unwrap();
    assert!(audit::statement(&forged).is_some(), "its signature is good, only not ours");
    assert_eq!(positions_of_faults(&fixture).await, [(hidden.position, Fault::Cut)]);

    // A signature over something else does not help either.
    let moved = store::cut::Cut { position: cut.position + 1, ..cut };
    assert_eq!(audit::statement(&moved), None);
}

#[tokio::test]
async fn events_are_kept_as_long_as_was_asked_for_and_leave_once_a_day() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    let retention = DAY * 10;
    let count = async || events(&fixture).await.len();
    let all = count().await;
    let due = events(&fixture).await[0].time + retention + DAY;
    for time in [due - DAY, due] {
        fixture.clock.stop_at(time);
        audit::retain(&fixture.app, retention).await.unwrap();
        assert_eq!(count().await, all, "it is {time}, and they leave after {due}");
    }
    fixture.clock.stop_at(due + SignedDuration::from_secs(1));
    fixture.network().await;
    audit::retain(&fixture.app, retention).await.unwrap();
    let left = events(&fixture).await;
    assert!(left.iter().all(|event| event.time >= fixture.now() - retention), "{left:?}");
    assert_eq!(left.last().unwrap().actor, format!("controller/{}", fixture.app.controller()));
    assert_eq!(positions_of_faults(&fixture).await, []);
}

#[tokio::test]
async fn a_claim_that_is_refused_for_good_is_recorded_with_who_made_it() {
    let fixture = Fixture::new().await;
    fixture.backbone().await;
    fixture.network().await;
    let ticket = fixture.invitation("one", Uses::Limited(1)).await;
    fixture.redeem(&ticket, &PrivateKey::generate(), "till").await.unwrap();
    fixture.redeem(&ticket, &PrivateKey::generate(), "hall").await.unwrap_err();
    let refused = events(&fixture).await.pop().unwrap();
    assert_eq!((refused.action.as_str(), refused.outcome), ("invitation.redeem", Outcome::Refused));
    assert!(refused.actor.contains("/invitation/"), "{refused:?}");
    assert!(refused.network.is_some() && refused.object_id.is_some(), "{refused:?}");
}

#[tokio::test]
async fn whoever_is_refused_again_and_again_fills_nothing() {
    let fixture = Fixture::new().await;
    let before = events(&fixture).await.len();
    let context = store::Context::new("pest").by_request("r", Some("192.0.2.1".to_owned()));
    for _ in 0..500 {
        let event = Event::new("network.create", ObjectKind::Network, fixture.app.installation());
        refusals::known(&fixture.app, &context, event.ended(Outcome::Refused, "no")).await;
    }
    for n in 0..100 {
        refusals::stranger(&fixture.app, Some([192, 0, 2, n].into()));
    }
    assert_eq!(events(&fixture).await.len() - before, 20, "one by one, until it is too often");
    refusals::sum_up(&fixture.app).await;
    let sums: Vec<_> = events(&fixture).await.split_off(before + 20);
    let said: Vec<_> = sums.iter().map(|sum| (sum.actor.as_str(), &sum.after.as_ref().unwrap()["requests"])).collect();
    assert_eq!(said, [("nobody", &json!(100)), ("pest", &json!(480))]);
    assert_eq!(sums[0].after.as_ref().unwrap()["addresses"].as_array().unwrap().len(), 8);
    refusals::sum_up(&fixture.app).await;
    assert_eq!(events(&fixture).await.len(), before + 22, "nothing is said twice");
}
