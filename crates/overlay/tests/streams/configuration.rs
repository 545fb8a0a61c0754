//! Listeners and connectors that come, change and go while streams are open.

use std::{io::ErrorKind, time::Duration};

use model::router::Transport;
use overlay::observe::Observation;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::support::{Backbone, Line, address, bound, connector, listener, member};

async fn alive(client: &mut TcpStream, server: &mut TcpStream) {
    client.write_all(b"x").await.unwrap();
    server.read_exact(&mut [0]).await.unwrap();
    server.write_all(b"y").await.unwrap();
    client.read_exact(&mut [0]).await.unwrap();
}

async fn is_reset(end: &mut TcpStream) {
    assert_eq!(end.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn applying_the_same_again_disturbs_nothing() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    line.near.ingress.apply(&[listener(1, &line.address, 0)]);
    line.far.egress.apply(&[connector(1, &line.address, line.server.local_addr().unwrap())]);
    assert_eq!(bound(&line.near.ingress).await, line.listen);
    alive(&mut client, &mut server).await;
    line.connect().await;
}

#[tokio::test]
async fn removing_a_connector_ends_its_streams_and_no_others() {
    let line = Line::new(Transport::Direct).await;
    let other = address("other");
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    line.backbone.serves(&other, &[line.far.identity]);
    let kept = connector(2, &other, server.local_addr().unwrap());
    line.far.egress.apply(&[connector(1, &line.address, line.server.local_addr().unwrap()), kept.clone()]);
    let (mut removed_client, mut removed_server) = line.connect().await;
    alive(&mut removed_client, &mut removed_server).await;
    let mut client = line.near.ingress.open(other).await.unwrap();
    let (mut target, _) = server.accept().await.unwrap();

    line.far.egress.apply(&[kept]);
    is_reset(&mut removed_client).await;
    is_reset(&mut removed_server).await;
    assert!(line.near.flow().await.error.unwrap().contains("the connector was removed"));
    client.write_all(b"still here").await.unwrap();
    let mut text = [0; 10];
    target.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"still here");
}

#[tokio::test]
async fn removing_a_listener_ends_its_streams_and_frees_its_port() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    alive(&mut client, &mut server).await;
    line.near.ingress.apply(&[]);
    is_reset(&mut client).await;
    is_reset(&mut server).await;
    let error = line.far.flow().await.error.unwrap();
    assert!(error.contains("the listener was removed"), "{error}");
    // A listener with another id takes the port over.
    line.near.ingress.apply(&[listener(9, &line.address, line.listen.port())]);
    assert_eq!(bound(&line.near.ingress).await, line.listen);
    line.connect().await;
}

#[tokio::test]
async fn a_listener_that_moves_keeps_its_streams() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    line.near.ingress.apply(&[listener(1, &line.address, free.port())]);
    assert_eq!(bound(&line.near.ingress).await, free);
    alive(&mut client, &mut server).await;
}

#[tokio::test]
async fn a_port_in_use_is_reported_and_tried_again_until_it_is_free() {
    let backbone = Backbone::new(Transport::Direct);
    let site = backbone.site(member(1, 11));
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    site.ingress.apply(&[listener(1, &address("web"), port)]);
    let failed = site.observation().await;
    let Observation::ListenerFailed { error, .. } = failed else { panic!("{failed:?}") };
    assert_eq!(error, format!("127.0.0.1:{port} is in use by another program"));
    assert_eq!(site.ingress.status()[0].error.as_ref(), Some(&error));
    drop(taken);
    assert_eq!(bound(&site.ingress).await.port(), port);
    assert_eq!(site.ingress.status()[0].error, None);
}

#[tokio::test]
async fn the_next_candidate_is_tried_when_the_nearest_fails() {
    let backbone = Backbone::new(Transport::Direct);
    let near = backbone.site(member(1, 11));
    let (unreachable, empty, broken, good) = (
        backbone.site(member(1, 12)),
        backbone.site(member(1, 13)),
        backbone.site(member(1, 14)),
        backbone.site(member(1, 15)),
    );
    let web = address("web");
    backbone.set_unreachable(unreachable.identity);
    backbone.serves(&web, &[unreachable.identity, empty.identity, broken.identity, good.identity]);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    broken.egress.apply(&[connector(1, &web, closed)]);
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    good.egress.apply(&[connector(1, &web, server.local_addr().unwrap())]);

    let stream = near.ingress.open(web).await.unwrap();
    assert_eq!(stream.peer(), &good.identity);
    assert!(broken.egress.status()[0].error.as_ref().unwrap().contains("cannot be reached"));
}

#[tokio::test]
async fn a_target_that_does_not_answer_is_said_in_words_that_reveal_no_host() {
    let line = Line::new(Transport::Direct).await;
    let target = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    line.far.egress.apply(&[connector(1, &line.address, target)]);
    let error = line.near.ingress.open(line.address.clone()).await.unwrap_err().to_string();
    assert!(error.contains("the target of the connector does not answer"), "{error}");
    assert!(!error.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_connection_for_which_nobody_appears_is_reset_with_a_counted_reason() {
    let backbone = Backbone::new(Transport::Direct);
    let site = backbone.site_with_patience(member(1, 11), Duration::ZERO);
    site.ingress.apply(&[listener(1, &address("nobody"), 0)]);
    let mut client = TcpStream::connect(bound(&site.ingress).await).await.unwrap();
    is_reset(&mut client).await;
    let flow = site.flow().await;
    assert_eq!((flow.peer, flow.error.as_deref()), (None, Some("nobody serves nobody")));
}

#[tokio::test]
async fn a_stream_waits_for_the_first_to_serve_its_address() {
    let backbone = Backbone::new(Transport::Direct);
    let (near, far) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
    let late = address("late");
    let _incoming = far.egress.serve(late.clone()).unwrap();
    let (stream, ()) = tokio::join!(near.ingress.open(late.clone()), async { backbone.serves(&late, &[far.identity]) });
    assert_eq!(stream.unwrap().peer(), &far.identity);
}

#[tokio::test]
async fn withdrawn_trust_ends_the_streams_of_the_one_it_is_withdrawn_from() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    line.far.egress.judge(&|_| Ok(()));
    alive(&mut client, &mut server).await;
    let evicted = line.near.identity;
    line.far.egress.judge(&|peer| if *peer == evicted { Err("it was evicted".to_owned()) } else { Ok(()) });
    is_reset(&mut client).await;
    is_reset(&mut server).await;
    assert!(line.near.flow().await.error.unwrap().contains("it was evicted"));
}

#[tokio::test]
async fn shutting_down_tells_the_other_end_and_waits_until_it_knows() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    alive(&mut client, &mut server).await;
    line.far.egress.shutdown().await;
    is_reset(&mut client).await;
    is_reset(&mut server).await;
    assert!(line.near.flow().await.error.unwrap().contains("the router shuts down"));
    line.near.ingress.shutdown().await;
    assert!(line.near.ingress.open(line.address.clone()).await.is_err());
    TcpStream::connect(line.listen).await.unwrap_err();
}

#[tokio::test]
async fn an_address_is_served_once_within_the_process_until_the_server_goes() {
    let backbone = Backbone::new(Transport::Direct);
    let site = backbone.site(member(1, 11));
    let web = address("web");
    let first = site.egress.serve(web.clone()).unwrap();
    site.egress.serve(web.clone()).unwrap_err();
    assert_eq!(site.egress.served(), std::slice::from_ref(&web));
    drop(first);
    assert!(site.egress.served().is_empty());
    let _second = site.egress.serve(web).unwrap();
}
