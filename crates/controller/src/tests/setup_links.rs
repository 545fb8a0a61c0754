//! The link by which the first account is made: whatever happens to its file, the next start leads to a good one.

use std::fs;

use jiff::SignedDuration;
use store::{
    replica::{self, Replica},
    setup,
};

use super::fixture::Fixture;
use crate::{StartError, secret, setup_link};

async fn start(fixture: &Fixture) -> Result<(), StartError> {
    setup_link::offer(&fixture.app, &fixture.data, &"127.0.0.1:8443".parse().unwrap()).await
}

/// What is in the file.
fn link(fixture: &Fixture) -> Option<String> {
    fs::read_to_string(fixture.dir.path().join("setup.link")).ok()
}

/// Whether an account could be made by the link in the file.
async fn is_good(fixture: &Fixture) -> bool {
    let Some(link) = link(fixture) else { return false };
    let code = link.trim().rsplit_once('#').unwrap().1;
    let mut tx = fixture.app.store().begin(&store::Context::new("test")).await.unwrap();
    let good = setup::redeem(&mut tx, &secret::digest_of(code)).await.unwrap();
    tx.rollback().await.unwrap();
    good
}

#[tokio::test]
async fn a_link_whose_file_is_lost_is_replaced_at_the_next_start_and_one_that_is_there_stays() {
    let fixture = Fixture::without_root().await;
    let file = fixture.dir.path().join("setup.link");
    start(&fixture).await.unwrap();
    let first = link(&fixture).unwrap();
    start(&fixture).await.unwrap();
    assert_eq!(link(&fixture).as_ref(), Some(&first));
    assert!(is_good(&fixture).await);

    fs::remove_file(&file).unwrap();
    start(&fixture).await.unwrap();
    assert!(is_good(&fixture).await);
    for damaged in [&b""[..], b"\xff\n", first.as_bytes()] {
        fs::write(&file, damaged).unwrap();
        start(&fixture).await.unwrap();
        assert!(is_good(&fixture).await, "instead of {damaged:?}");
    }
    let last = link(&fixture);
    fixture.clock.forward(SignedDuration::from_hours(24));
    start(&fixture).await.unwrap();
    assert!(link(&fixture) != last && is_good(&fixture).await, "its time was over");
}

#[tokio::test]
async fn no_link_is_offered_that_could_not_be_written_and_the_next_start_tries_again() {
    let fixture = Fixture::without_root().await;
    let in_the_way = fixture.dir.path().join("setup.link.new");
    fs::create_dir(&in_the_way).unwrap();
    assert!(matches!(start(&fixture).await, Err(StartError::DataDir(_))));
    assert_eq!(setup::get(fixture.app.store()).await.unwrap().digest, None);
    fs::remove_dir(&in_the_way).unwrap();
    start(&fixture).await.unwrap();
    assert!(is_good(&fixture).await);
}

#[tokio::test]
async fn the_link_of_another_controller_stays_as_long_as_that_is_heard_of() {
    let fixture = Fixture::without_root().await;
    let other = fixture.beside().await;
    let now = fixture.now();
    let (hostname, software) = ("here".to_owned(), "test".to_owned());
    let running = Replica { id: fixture.app.controller(), hostname, software, started: now, last_seen: now };
    replica::seen(fixture.app.store(), &running).await.unwrap();
    start(&fixture).await.unwrap();
    fs::write(other.dir.path().join("setup.link"), "https://127.0.0.1:8443/setup#one-that-was-before").unwrap();
    start(&other).await.unwrap();
    assert!(is_good(&fixture).await);
    assert_eq!(link(&other), None, "it would open nothing");

    replica::remove(fixture.app.store(), fixture.app.controller()).await.unwrap();
    start(&other).await.unwrap();
    assert!(is_good(&other).await);
    assert!(!is_good(&fixture).await);
}

#[tokio::test]
async fn of_controllers_that_start_at_once_one_has_the_link() {
    let fixture = Fixture::without_root().await;
    let other = fixture.beside().await;
    let started = tokio::join!(start(&fixture), start(&other));
    assert!(started.0.is_ok() && started.1.is_ok(), "{started:?}");
    let good = [is_good(&fixture).await, is_good(&other).await];
    assert_eq!(good.iter().filter(|good| **good).count(), 1, "{good:?}");
}
