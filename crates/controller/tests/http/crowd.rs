//! Many who connect and say nothing.

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
