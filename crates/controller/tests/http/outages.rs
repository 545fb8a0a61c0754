//! A database that is lost and comes back, and a controller that ends.

use testkit::{postgres, process::eventually};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use crate::fixture::{Api, send};

#[tokio::test]
async fn without_its_database_the_controller_says_so_and_goes_on_when_it_is_back() {
    let mut server = postgres::server().await;
    let database = server.create_database().unwrap();
    let api = Api::over(&database.url).await;
    api.post("/ca/development", "{}").await.is(201);
    let probe = |path: &str| send(api.http.get(format!("{}{path}", api.server)));

    server.kill().unwrap();
    let lost = eventually("the loss is noticed", async || {
        let answer = api.get("/backbones").await;
        (answer.status == 503).then_some(answer)
    });
    let lost = lost.await.unwrap();
    assert_eq!(lost.headers["retry-after"], "1");
    let problem = lost.problem(503, "unavailable");
    assert!(!problem.to_string().contains("postgres"), "what the database is, is nobody's concern: {problem}");
    probe("/readyz").await.problem(503, "unavailable");
    probe("/healthz").await.is(200);

    server.restart().unwrap();
    eventually("it is ready again", async || (probe("/readyz").await.status == 200).then_some(())).await.unwrap();
    assert_eq!(api.get("/ca").await.is(200)["state"], "development", "nothing is lost");
    drop(api);
}

#[tokio::test]
async fn a_controller_that_ends_closes_idle_connections_and_accepts_no_more() {
    let mut api = Api::without_root().await;
    let address = api.server.strip_prefix("https://").unwrap().to_owned();
    // One connection is kept by the client, another has not even said hello.
    api.get("/version").await.is(200);
    let mut silent = TcpStream::connect(&address).await.unwrap();
    api.shutdown.cancel();
    (&mut api.task).await.unwrap().unwrap();
    let mut rest = vec![];
    let _ = silent.read_to_end(&mut rest).await;
    assert!(TcpStream::connect(&address).await.is_err());
}
