//! Connections that serve one stream after another.

use std::sync::atomic::Ordering;

use model::router::Transport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::support::{Conduct, Line, connector, member};

/// One request and its answer, both ended orderly at both sites.
async fn exchange(line: &Line) {
    let (mut client, mut server) = line.connect().await;
    client.write_all(b"question").await.unwrap();
    client.shutdown().await.unwrap();
    let mut text = String::new();
    server.read_to_string(&mut text).await.unwrap();
    server.write_all(b"answer").await.unwrap();
    drop(server);
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "questionanswer");
    for site in [&line.near, &line.far] {
        assert_eq!(site.flow().await.error, None);
    }
}

fn opened(line: &Line) -> usize {
    line.backbone.opened.load(Ordering::Relaxed)
}

#[tokio::test]
async fn a_connection_whose_stream_ended_orderly_carries_the_next() {
    let line = Line::new(Transport::Direct).await;
    for _ in 0..20 {
        exchange(&line).await;
    }
    assert_eq!(opened(&line), 1);
}

#[tokio::test]
async fn a_connection_whose_stream_broke_is_not_used_again() {
    let line = Line::new(Transport::Direct).await;
    let (client, mut server) = line.connect().await;
    client.set_zero_linger().unwrap();
    drop(client);
    server.read(&mut [0]).await.unwrap_err();
    assert!(line.near.flow().await.error.is_some());
    assert!(line.far.flow().await.error.is_some());
    exchange(&line).await;
    assert_eq!(opened(&line), 2);
}

#[tokio::test]
async fn streams_at_the_same_time_have_connections_of_their_own() {
    let line = Line::new(Transport::Direct).await;
    let _first = line.connect().await;
    let _second = line.connect().await;
    assert_eq!(opened(&line), 2);
}

#[tokio::test]
async fn a_kept_connection_that_died_is_replaced_without_the_application_noticing() {
    for lose in [false, true] {
        let line = Line::new(Transport::Direct).await;
        line.backbone.conduct(Conduct::Truncate);
        exchange(&line).await;
        if lose {
            line.backbone.lose_links();
        } else {
            line.backbone.cut();
        }
        exchange(&line).await;
        assert_eq!(opened(&line), 2);
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_when_it_is_used_is_replaced_without_the_application_noticing() {
    let line = Line::new(Transport::Direct).await;
    line.backbone.conduct(Conduct::Trap);
    exchange(&line).await;
    exchange(&line).await;
    assert_eq!(opened(&line), 1);
    line.backbone.set_trap();
    exchange(&line).await;
    assert_eq!(opened(&line), 2);
}

#[tokio::test]
async fn what_was_decided_about_one_stream_holds_for_the_next_on_the_same_connection() {
    let line = Line::new(Transport::Direct).await;
    exchange(&line).await;
    line.far.egress.apply(&[]);
    let error = line.near.ingress.open(line.address.clone()).await.unwrap_err();
    assert!(error.to_string().contains("nothing serves till.api here"), "{error}");
    line.far.egress.apply(&[connector(1, &line.address, line.server.local_addr().unwrap())]);
    // The refused stream and its failed flow took nothing from the connection.
    assert!(line.near.flow().await.error.is_some());
    exchange(&line).await;
    assert_eq!(opened(&line), 1);
}

#[tokio::test]
async fn a_kept_connection_ends_with_the_trust_in_its_other_end() {
    let line = Line::new(Transport::Direct).await;
    exchange(&line).await;
    line.near.ingress.judge(&|peer| if *peer == member(1, 12) { Err("evicted".to_owned()) } else { Ok(()) });
    exchange(&line).await;
    assert_eq!(opened(&line), 2);
}
