use std::sync::Arc;

use model::Clock;
use sqlx::{Connection as _, PgConnection};
use store::{Store, StoreError, backbone, event, feed::Feed};

use crate::support::{a_backbone, context};

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_unavailable_and_then_everything_works_again() {
    let mut server = testkit::postgres::server().await;
    let database = server.create_database().unwrap();
    let store = Store::connect(&database.url, Arc::new(Wall)).await.unwrap();
    store.migrate().await.unwrap();
    let mut tx = store.begin(&context()).await.unwrap();
    a_backbone(&mut tx, "before").await;
    tx.commit().await.unwrap();
    let mut feed = Feed::new(&store, 0);
    assert_eq!(feed.next_batch().await.unwrap().events.len(), 1);
    let mut open = store.begin(&context()).await.unwrap();
    a_backbone(&mut open, "lost").await;

    server.kill().unwrap();

    let unavailable = |error: StoreError| assert!(error.is_unavailable(), "{error:?}");
    unavailable(open.commit().await.unwrap_err());
    unavailable(store.ping().await.unwrap_err());
    unavailable(store.begin(&context()).await.unwrap_err());
    unavailable(store.snapshot().await.map(drop).unwrap_err());
    unavailable(backbone::find(&store, "before").await.unwrap_err());
    unavailable(store.migrate().await.unwrap_err());

    // A feed waits through it. Told by what it does not do: return.
    let waiting = tokio::spawn(async move { (feed.next_batch().await, feed) });
    let _server = tokio::task::spawn_blocking(move || server.restart().map(|()| server)).await.unwrap().unwrap();
    store.ping().await.unwrap();
    backbone::find(&store, "before").await.unwrap();
    assert!(matches!(backbone::find(&store, "lost").await, Err(StoreError::NotFound { .. })));
    let mut tx = store.begin(&context()).await.unwrap();
    a_backbone(&mut tx, "after").await;
    tx.commit().await.unwrap();
    let (batch, feed) = waiting.await.unwrap();
    let batch = batch.unwrap().events;
    assert_eq!(batch.iter().map(|e| (e.position, e.action.as_str())).collect::<Vec<_>>(), [(2, "backbone.create")]);
    assert_eq!(feed.position(), event::head(&store).await.unwrap());
}

#[tokio::test]
async fn a_database_that_is_not_there_is_told_by_its_reason_and_its_place_without_the_password() {
    let url = "postgres://skx:hunter2@127.0.0.1:1/shop";
    let error = Store::connect(url, Arc::new(Wall)).await.unwrap_err();
    assert!(error.is_unavailable(), "{error:?}");
    let words = std::error::Error::source(&error).unwrap().to_string();
    assert!(words.contains("refused"), "{words}");
    assert_eq!(Store::address(url).unwrap(), "127.0.0.1:1 (database shop)");
    assert_eq!(Store::address("postgres://x@localhost/y?host=/run/pg").unwrap(), "/run/pg (database y)");
    assert!(Store::address("nonsense").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_do_now_is_told_by_its_reason() {
    let server = testkit::postgres::server().await;
    let database = server.create_database().unwrap();
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    for (code, reason, is_given_way) in [
        ("40P01", "other work on the same objects came first, and this gave way to it", true),
        ("40001", "other work on the same objects came first, and this gave way to it", true),
        ("53100", "the disk of the controller's database is full", false),
        ("53300", "the controller's database has no room for more work", false),
        ("57P03", "the controller's database cannot be reached", false),
    ] {
        let raise = format!("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$");
        let error =
            StoreError::from(sqlx::raw_sql(sqlx::AssertSqlSafe(raise)).execute(&mut connection).await.unwrap_err());
        assert!(error.is_unavailable(), "{code}: {error:?}");
        assert_eq!((error.unavailable().0, error.is_given_way()), (reason, is_given_way), "{code}");
    }
}
