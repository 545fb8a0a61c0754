use serde_json::json;
use store::{
    chain::{self, Fault, Verdict},
    cut::{self, Cut},
    event::{self, Event, Filter, ObjectKind, Outcome},
};

use crate::support::{Fixture, NOW, a_backbone, a_network, at, context, fixture, id};

/// Ten events of three transactions.
async fn ten_events() -> Fixture {
    let fixture = fixture().await;
    for n in [1, 4, 5] {
        let mut tx = fixture.begin().await;
        for i in 0..n {
            let after = Some(json!({ "z": i, "a": { "list": [1, 2.5, "ü", null, true] } }));
            tx.record(Event { after, ..Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>()) });
        }
        tx.commit().await.unwrap();
    }
    assert_eq!(chain::verify(&fixture.store, 1).await.unwrap(), Verdict::Intact { head: 10 });
    fixture
}

/// Does to the table what only somebody can do who has all power over the database.
async fn tampered(fixture: &Fixture, sql: &str) -> Verdict {
    fixture.database.sql(&format!("ALTER TABLE event DISABLE TRIGGER ALL; {sql}")).await.unwrap();
    chain::verify(&fixture.store, 1).await.unwrap()
}

fn broken(position: i64, fault: Fault) -> Verdict {
    Verdict::Broken { position, fault }
}

#[tokio::test]
async fn an_altered_event_is_named_whichever_part_was_altered() {
    let fixture = ten_events().await;
    for change in [
        "actor = 'somebody'",
        "on_behalf_of = 'somebody'",
        "time = time + interval '1 microsecond'",
        "action = 'test.other'",
        "object_kind = 'network'",
        "object_id = NULL",
        "network_id = object_id",
        "backbone_id = object_id",
        "before = '{}'",
        "after = jsonb_set(after, '{z}', '7')",
        "after = NULL",
        "outcome = 'refused'",
        "request_id = ''",
        "address = '127.0.0.1'",
        "previous_hash = hash",
    ] {
        let sql = format!("CREATE TABLE kept AS TABLE event; UPDATE event SET {change} WHERE position = 6");
        assert_eq!(tampered(&fixture, &sql).await, broken(6, Fault::Altered), "{change}");
        fixture.database.sql("TRUNCATE event; INSERT INTO event TABLE kept; DROP TABLE kept").await.unwrap();
    }
    assert_eq!(chain::verify(&fixture.store, 1).await.unwrap(), Verdict::Intact { head: 10 });
}

#[tokio::test]
async fn a_removed_event_is_named_wherever_it_was() {
    for position in [1, 5, 10] {
        let fixture = ten_events().await;
        let verdict = tampered(&fixture, &format!("DELETE FROM event WHERE position = {position}")).await;
        assert_eq!(verdict, broken(position, Fault::Removed));
    }
    let fixture = ten_events().await;
    assert_eq!(tampered(&fixture, "DELETE FROM event").await, broken(1, Fault::Removed));
}

#[tokio::test]
async fn removal_with_renumbering_is_noticed() {
    let fixture = ten_events().await;
    let sql = "DELETE FROM event WHERE position = 5; UPDATE event SET position = position - 100 WHERE position > 5;
        ALTER TABLE event DROP CONSTRAINT event_position_check";
    // The check of positions is dropped first, or it would refuse.
    fixture.database.sql("ALTER TABLE event DROP CONSTRAINT event_position_check").await.unwrap();
    let sql = sql.replace(";\n        ALTER TABLE event DROP CONSTRAINT event_position_check", "");
    let sql = format!("{sql}; UPDATE event SET position = position + 99 WHERE position < 0");
    assert_eq!(tampered(&fixture, &sql).await, broken(5, Fault::Altered));
}

#[tokio::test]
async fn reordered_events_are_noticed() {
    let fixture = ten_events().await;
    let sql = "UPDATE event SET position = 1000 WHERE position = 4; UPDATE event SET position = 4 WHERE position = 5;
        UPDATE event SET position = 5 WHERE position = 1000";
    assert_eq!(tampered(&fixture, sql).await, broken(4, Fault::Altered));
}

#[tokio::test]
async fn an_event_rewritten_with_its_hash_does_not_fit_the_next() {
    let fixture = ten_events().await;
    let mut forged = event::after(&fixture.store, 4, 1).await.unwrap().remove(0);
    forged.actor = "somebody".to_owned();
    let hash = data_encoding::HEXLOWER.encode(&chain::digest(&forged));
    let sql = format!("UPDATE event SET actor = 'somebody', hash = decode('{hash}', 'hex') WHERE position = 5");
    assert_eq!(tampered(&fixture, &sql).await, broken(6, Fault::Misplaced));
}

#[tokio::test]
async fn the_last_event_rewritten_with_its_hash_does_not_fit_the_head() {
    let fixture = ten_events().await;
    let mut forged = event::after(&fixture.store, 9, 1).await.unwrap().remove(0);
    forged.actor = "somebody".to_owned();
    let hash = data_encoding::HEXLOWER.encode(&chain::digest(&forged));
    let sql = format!("UPDATE event SET actor = 'somebody', hash = decode('{hash}', 'hex') WHERE position = 10");
    assert_eq!(tampered(&fixture, &sql).await, broken(10, Fault::Altered));
}

#[tokio::test]
async fn an_event_added_behind_the_end_is_named() {
    let fixture = ten_events().await;
    let sql = "INSERT INTO event (position, time, actor, action, object_kind, outcome, previous_hash, hash)
        SELECT 11, time, actor, action, object_kind, outcome, hash, hash FROM event WHERE position = 10";
    assert_eq!(tampered(&fixture, sql).await, broken(11, Fault::Added));
}

#[tokio::test]
async fn verification_may_begin_where_it_ended_before() {
    let fixture = ten_events().await;
    assert_eq!(chain::verify(&fixture.store, 7).await.unwrap(), Verdict::Intact { head: 10 });
    assert_eq!(chain::verify(&fixture.store, 11).await.unwrap(), Verdict::Intact { head: 10 });
    tampered(&fixture, "UPDATE event SET actor = 'somebody' WHERE position = 3").await;
    assert_eq!(chain::verify(&fixture.store, 7).await.unwrap(), Verdict::Intact { head: 10 });
    assert_eq!(chain::verify(&fixture.store, 2).await.unwrap(), broken(3, Fault::Altered));
    tampered(&fixture, "UPDATE event SET previous_hash = hash WHERE position = 8").await;
    assert_eq!(chain::verify(&fixture.store, 7).await.unwrap(), broken(8, Fault::Altered));
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_events() {
    let fixture = ten_events().await;
    for sql in ["UPDATE event SET actor = 'x'", "DELETE FROM event", "TRUNCATE event"] {
        let error = fixture.database.sql(sql).await.unwrap_err().to_string();
        assert!(error.contains("never changed or removed"), "{error}");
    }
}

#[tokio::test]
async fn hashes_do_not_depend_on_how_the_database_writes_numbers() {
    let fixture = fixture().await;
    let numbers = json!([
        0,
        -0.0,
        1.0,
        -10.0,
        1e2,
        1e15,
        1e16,
        1e17,
        1.8e19,
        1e20,
        1e300,
        5e-324,
        0.1,
        0.30000000000000004,
        -2.5e-8,
        u64::MAX,
        i64::MIN,
        123_456_789.123_456_79,
        9_007_199_254_740_993_i64
    ]);
    let mut tx = fixture.begin().await;
    tx.record(Event {
        after: Some(numbers),
        ..Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>())
    });
    tx.commit().await.unwrap();
    assert_eq!(chain::verify(&fixture.store, 1).await.unwrap(), Verdict::Intact { head: 1 });
}

#[tokio::test]
async fn events_say_who_did_what_to_what_for_whom_and_are_found_by_it() {
    let fixture = fixture().await;
    let who = store::Context { on_behalf_of: Some("someone".to_owned()), ..context() }
        .by_request("request-1", Some("192.0.2.1".to_owned()));
    let mut tx = fixture.store.begin(&who).await.unwrap();
    let network = a_network(&mut tx, "shop").await;
    tx.record(
        Event::new("invitation.redeem", ObjectKind::Network, network)
            .in_network(network)
            .ended(Outcome::Refused, "late"),
    );
    tx.commit().await.unwrap();
    let mut tx = fixture.begin().await;
    a_backbone(&mut tx, "other").await;
    tx.commit().await.unwrap();

    let all = event::list(&fixture.store, &Filter::default(), 0, 100).await.unwrap();
    assert_eq!(
        all.iter().map(|e| e.action.as_str()).collect::<Vec<_>>(),
        ["backbone.create", "network.create", "invitation.redeem", "backbone.create"]
    );
    let first = &all[1];
    assert_eq!((first.actor.as_str(), first.on_behalf_of.as_deref()), ("tester", Some("someone")));
    assert_eq!((first.request_id.as_deref(), first.address.as_deref()), (Some("request-1"), Some("192.0.2.1")));
    assert_eq!((first.network, first.before.as_ref()), (Some(network), None));
    assert_eq!(first.after.as_ref().unwrap()["name"], "shop");
    assert_eq!(all[2].after.as_ref().unwrap()["reason"], "late");

    let count = async |filter: Filter| event::list(&fixture.store, &filter, 0, 100).await.unwrap().len();
    assert_eq!(count(Filter { network: Some(network), ..Filter::default() }).await, 2);
    assert_eq!(count(Filter { object_kind: Some(ObjectKind::Backbone), ..Filter::default() }).await, 2);
    assert_eq!(count(Filter { action: Some("network.create".to_owned()), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { actor: Some("nobody".to_owned()), ..Filter::default() }).await, 0);
    assert_eq!(count(Filter { since: Some(first.time), ..Filter::default() }).await, 4);
    assert_eq!(count(Filter { until: Some(first.time), ..Filter::default() }).await, 0);
    let newest = event::latest(&fixture.store, &Filter::default(), Some(4), 2).await.unwrap();
    assert_eq!(newest.iter().map(|e| e.position).collect::<Vec<_>>(), [3, 2]);
}

/// Cuts the chain behind the events of before `second`, and says where.
async fn cut_before(fixture: &Fixture, second: i64) -> i64 {
    let mut tx = fixture.begin().await;
    let place = cut::place(&mut tx, at(second)).await.unwrap().unwrap();
    let cut::Place { position, hash, until } = place;
    let signer = model::Der(vec![1]);
    let made = Cut { position, hash, time: tx.now(), statement: vec![1], signature: vec![2], signer };
    assert_eq!(cut::make(&mut tx, id(), &made, until).await.unwrap(), position.unsigned_abs());
    tx.commit().await.unwrap();
    position
}

#[tokio::test]
async fn what_stays_after_a_cut_is_verified_and_what_is_missed_beyond_it_is_named() {
    let fixture = ten_events().await;
    fixture.clock.move_to(NOW + 100);
    let mut tx = fixture.begin().await;
    tx.record(Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>()));
    tx.commit().await.unwrap();

    assert_eq!(cut_before(&fixture, NOW + 50).await, 10);
    // That it was cut is an event itself.
    assert_eq!(chain::verify(&fixture.store, 1).await.unwrap(), Verdict::Intact { head: 12 });
    let left = event::list(&fixture.store, &Filter::default(), 0, 100).await.unwrap();
    assert_eq!(left.iter().map(|event| event.position).collect::<Vec<_>>(), [11, 12]);
    let said = left[1].after.as_ref().unwrap();
    assert_eq!((left[1].action.as_str(), &said["position"], &said["events"]), ("audit.cut", &json!(10), &json!(10)));
    assert_eq!(chain::verify(&fixture.store, 12).await.unwrap(), Verdict::Intact { head: 12 });

    assert_eq!(tampered(&fixture, "DELETE FROM event WHERE position = 11").await, broken(11, Fault::Removed));
}

#[tokio::test]
async fn events_that_a_cut_has_removed_do_not_come_back() {
    let fixture = ten_events().await;
    fixture.database.sql("CREATE TABLE kept AS TABLE event").await.unwrap();
    fixture.clock.move_to(NOW + 100);
    cut_before(&fixture, NOW + 50).await;
    let back = tampered(&fixture, "INSERT INTO event SELECT * FROM kept WHERE position = 4").await;
    assert_eq!(back, broken(4, Fault::Misplaced));
}

#[tokio::test]
async fn the_database_lets_nothing_go_but_what_is_before_a_cut() {
    let fixture = ten_events().await;
    fixture.clock.move_to(NOW + 100);
    let position = cut_before(&fixture, NOW + 50).await;
    for sql in [
        format!("DELETE FROM event WHERE position = {}", position + 1),
        "DELETE FROM event".to_owned(),
        "TRUNCATE event".to_owned(),
        "UPDATE event SET actor = 'x'".to_owned(),
        "DELETE FROM event_cut".to_owned(),
        "UPDATE event_cut SET position = 11".to_owned(),
    ] {
        let error = fixture.database.sql(&sql).await.unwrap_err().to_string();
        assert!(error.contains("never changed or removed"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn there_is_no_place_for_a_cut_where_nothing_is_old_enough() {
    let fixture = ten_events().await;
    let mut tx = fixture.begin().await;
    assert_eq!(cut::place(&mut tx, at(NOW)).await.unwrap(), None);
}
