//! What one site may take of another, and for how long it may say nothing.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use model::router::Transport;
use overlay::{data_conn::DataConn, e2e, egress::Egress};
use overlay_proto::session::{Open, Protocol};
use pki::{Alpn, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::support::{Backbone, address, controller, member, path, tcp_pair};

#[tokio::test]
async fn one_site_cannot_keep_others_from_a_controller() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.site(controller());
    let (greedy, modest) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
    let sessions = address("skx/controller");
    backbone.serves(&sessions, &[platform.identity]);
    let mut served = platform.egress.serve(sessions.clone()).unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(greedy.ingress.open(sessions.clone()).await.unwrap());
        held.push(served.next().await.unwrap());
    }
    let refused = greedy.ingress.open(sessions.clone()).await.unwrap_err().to_string();
    assert!(refused.contains("8 connections"), "{refused}");
    assert_eq!(platform.egress.crowded(), 1);
    modest.ingress.open(sessions.clone()).await.unwrap();
    // What is given up can be had again.
    held.clear();
    while greedy.ingress.open(sessions.clone()).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_opens_a_stream_to_the_platform_and_says_nothing_is_sent_away() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.pki.config(controller());
    let egress = Egress::with_first_word(Arc::new(SystemClock), Arc::new(|_| ()), Duration::from_millis(50));
    let mut sessions = egress.serve(address("skx/controller")).unwrap();
    let opener = backbone.site(member(1, 11));
    let open = async || {
        let (near, far) = tcp_pair().await;
        egress.accept(path(DataConn::Direct(far)), platform.clone(), None);
        let near = path(DataConn::Direct(near));
        let mut e2e = e2e::connect(near, &opener.config, &controller(), Alpn::Control).await.unwrap();
        let address = address("skx/controller");
        let open = Open { stream: [7; 16], address, protocol: Protocol::Tcp, flags: 0, window: 0 };
        e2e.open(open, Duration::from_secs(60)).await.unwrap();
        e2e
    };
    let _silent = open().await;
    let mut stream = sessions.next().await.unwrap();
    let error = stream.read(&mut [0]).await.unwrap_err().to_string();
    assert!(error.contains("said nothing"), "{error}");
    // It is counted once its other end is done with, too.
    while egress.silent() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_has_said_something_may_be_silent_for_long() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.site_with_first_word(controller(), Duration::from_millis(50));
    let site = backbone.site(member(1, 11));
    let sessions = address("skx/controller");
    backbone.serves(&sessions, &[platform.identity]);
    let mut served = platform.egress.serve(sessions.clone()).unwrap();
    let mut near = site.ingress.open(sessions.clone()).await.unwrap();
    near.write_all(b"x").await.unwrap();
    let mut far = served.next().await.unwrap();
    far.read_exact(&mut [0]).await.unwrap();
    // The next one says nothing, and is sent away: by then this one's time would be over, too.
    let _silent = site.ingress.open(sessions).await.unwrap();
    served.next().await.unwrap().read(&mut [0]).await.unwrap_err();
    far.write_all(b"y").await.unwrap();
    near.read_exact(&mut [0]).await.unwrap();
}
