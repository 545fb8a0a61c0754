//! Many who connect and say nothing.

use futures_util::future::join_all;
use testkit::process::eventually;
use tokio::net::TcpStream;

use crate::fixture::Api;

#[tokio::test]
async fn a_crowd_of_silent_connections_does_not_lock_the_api() {
    // Each is two files of this process, which are few by default.
    let limits = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let most = rustix::process::Rlimit { current: limits.maximum, maximum: limits.maximum };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, most).unwrap();
    let api = Api::without_root().await;
    let address = api.server.strip_prefix("https://").unwrap().to_owned();
    let mut crowd = vec![];
    for _ in 0..1_100 {
        crowd.push(TcpStream::connect(&address).await.unwrap());
    }
    // One who comes after them all, over a connection of its own.
    let ca = std::fs::read_to_string(api.dir.path().join("ca.crt")).unwrap();
    let newcomer = crate::fixture::client(&ca);
    let answer = newcomer.get(format!("{}/api/v1/version", api.server)).bearer_auth(&api.token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    drop(crowd);
}

/// Keeps everybody from a table, until it is ended.
const LOCK: &str = "BEGIN; LOCK TABLE network; SELECT pg_sleep(600);";
const UNLOCK: &str =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()";

#[tokio::test]
async fn whoever_has_many_requests_under_way_waits_for_themselves_only() {
    let api = Api::with_network().await;
    api.post("/users", r#"{"name": "greedy", "kind": "service"}"#).await.is(201);
    let made = api.post("/users/greedy/tokens", r#"{"name": "test"}"#).await.is(201);
    let token = made["token"].as_str().unwrap();
    let database = api.database.as_ref().unwrap();
    let locks = async |which: &str, least: usize| {
        let count = format!("SELECT count(*) FROM pg_locks WHERE relation = 'network'::regclass AND {which}");
        eventually("locks", async || (database.sql(&count).await.ok()?.parse::<usize>().ok()? >= least).then_some(()))
            .await
            .unwrap();
    };
    let look = || api.http.get(format!("{}/api/v1/networks", api.server)).bearer_auth(token).send();
    let greedy = async {
        locks("granted AND mode = 'AccessExclusiveLock'", 1).await;
        // More than there are connections to the database, and each would hold one.
        join_all((0..40).map(|_| look())).await
    };
    let others = async {
        locks("NOT granted", 8).await;
        for _ in 0..20 {
            api.get("/users").await.is(200);
        }
        database.sql(UNLOCK).await.unwrap();
    };
    let (_, answers, ()) = tokio::join!(database.load(LOCK.to_owned()), greedy, others);
    assert!(answers.into_iter().all(|answer| answer.unwrap().status() == 200));
}
