use std::{collections::BTreeMap, sync::Arc};

use model::{BackboneId, Clock};
use serde_json::json;
use store::{
    Store,
    event::{self, Event, ObjectKind, Recorded},
    feed::Feed,
};
use tokio::task::JoinSet;

use crate::support::{Fixture, context, fixture, id};

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

const WRITERS: u64 = 8;
const TRANSACTIONS: u64 = 100;

/// Each transaction has one to three events; every seventh is dropped.
async fn write(store: Store, writer: u64) {
    let object: BackboneId = id();
    let mut next = 0;
    for n in 0..TRANSACTIONS {
        let mut tx = store.begin(&context()).await.unwrap();
        let first = next;
        for _ in 0..=n % 3 {
            let after = Some(json!({ "writer": writer, "n": next }));
            tx.record(Event { after, ..Event::new("test.write", ObjectKind::Backbone, object) });
            next += 1;
        }
        if n % 7 == 3 {
            next = first;
            drop(tx);
        } else {
            tx.commit().await.unwrap();
        }
    }
}

fn written() -> usize {
    let per_writer: u64 = (0..TRANSACTIONS).filter(|n| n % 7 != 3).map(|n| n % 3 + 1).sum();
    usize::try_from(per_writer * WRITERS).unwrap()
}

/// Ends every connection of the readers' stores, in the middle of whatever they do.
async fn cut_readers(fixture: &Fixture) -> usize {
    let cut = fixture
        .database
        .sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'reader'")
        .await
        .unwrap();
    cut.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_delivers_everything_once_in_commit_order_through_lost_connections() {
    let fixture = fixture().await;
    let reader =
        Store::connect(&format!("{}&application_name=reader", fixture.database.url), Arc::new(Wall)).await.unwrap();
    let mut feed = Feed::new(&reader, 0);

    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(fixture.store.clone(), writer));
    }
    let mut seen: Vec<Recorded> = Vec::new();
    let mut cuts = 0;
    while seen.len() < written() {
        seen.extend(feed.next_batch().await.unwrap().events);
        // Three times on the way, the reader's connections end, the listening one included.
        if cuts < 3 && seen.len() > written() * (cuts + 1) / 4 {
            assert!(cut_readers(&fixture).await > 0);
            cuts += 1;
        }
    }
    writers.join_all().await;
    assert_eq!(cuts, 3);

    let positions: Vec<i64> = seen.iter().map(|event| event.position).collect();
    assert_eq!(positions, (1..=i64::try_from(written()).unwrap()).collect::<Vec<_>>());
    let stored = event::after(&fixture.store, 0, u32::MAX).await.unwrap();
    assert!(seen == stored, "what was delivered is what is stored");
    // Each writer's events are in the order of its transactions, those of a transaction next to each other.
    let mut next: BTreeMap<u64, u64> = BTreeMap::new();
    for event in &seen {
        let after = event.after.as_ref().unwrap();
        let expected = next.entry(after["writer"].as_u64().unwrap()).or_default();
        assert_eq!(after["n"].as_u64().unwrap(), *expected);
        *expected += 1;
    }
    assert_eq!(feed.position(), event::head(&fixture.store).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_every_feed_that_waits() {
    let fixture = fixture().await;
    let head = event::head(&fixture.store).await.unwrap();
    let mut feeds: Vec<Feed> = (0..3).map(|_| Feed::new(&fixture.store, head)).collect();
    let waiting: Vec<_> = feeds.iter_mut().map(Feed::next_batch).collect();
    let commit = async {
        let mut tx = fixture.begin().await;
        tx.record(Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>()));
        tx.commit().await.unwrap()
    };
    let (batches, position) = tokio::join!(futures_util::future::join_all(waiting), commit);
    for batch in batches {
        assert_eq!(batch.unwrap().events.iter().map(|event| Some(event.position)).collect::<Vec<_>>(), [position]);
    }
}

#[tokio::test]
async fn a_feed_begins_after_the_position_it_is_given() {
    let fixture = fixture().await;
    for _ in 0..5 {
        let mut tx = fixture.begin().await;
        tx.record(Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>()));
        tx.commit().await.unwrap();
    }
    let batch = Feed::new(&fixture.store, 3).next_batch().await.unwrap().events;
    assert_eq!(batch.iter().map(|event| event.position).collect::<Vec<_>>(), [4, 5]);
}

#[tokio::test]
async fn a_transaction_that_failed_leaves_no_event() {
    let fixture = fixture().await;
    let mut tx = fixture.begin().await;
    crate::support::a_backbone(&mut tx, "one").await;
    let again = store::backbone::create(&mut tx, id(), &crate::support::name("one"), Default::default()).await;
    assert!(matches!(again, Err(store::StoreError::NameTaken { .. })));
    assert!(tx.commit().await.is_err(), "a failed transaction cannot be committed");
    assert_eq!(event::head(&fixture.store).await.unwrap(), 0);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_and_holds_up_nothing_behind_it() {
    let fixture = fixture().await;
    let head = event::head(&fixture.store).await.unwrap();
    for _ in 0..3 {
        let mut tx = fixture.begin().await;
        tx.record(Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>()));
        tx.commit().await.unwrap();
    }
    // As a newer version might write it.
    let newer = format!(
        "ALTER TABLE event DISABLE TRIGGER event_is_append_only;
         UPDATE event SET object_kind = 'teapot' WHERE position = {}",
        head + 2
    );
    fixture.database.sql(&newer).await.unwrap();
    let mut feed = Feed::new(&fixture.store, head);
    let batch = feed.next_batch().await.unwrap();
    assert_eq!(batch.events.iter().map(|event| event.position).collect::<Vec<_>>(), [head + 1, head + 3]);
    assert_eq!(batch.unreadable.iter().map(|row| row.position).collect::<Vec<_>>(), [head + 2]);
    assert!(format!("{:?}", batch.unreadable[0].error).contains("teapot"), "{:?}", batch.unreadable);
    assert_eq!(feed.position(), head + 3);

    // One at the very end is delivered once, too.
    let mut tx = fixture.begin().await;
    tx.record(Event::new("test.write", ObjectKind::Backbone, id::<model::BackboneKind>()));
    tx.commit().await.unwrap();
    let last = format!("UPDATE event SET outcome = 'done', object_kind = 'teapot' WHERE position = {}", head + 4);
    fixture.database.sql(&last).await.unwrap();
    let batch = feed.next_batch().await.unwrap();
    assert_eq!((batch.events.len(), batch.unreadable.len(), feed.position()), (0, 1, head + 4));
}
