//! What arrives, and how it ends.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use futures_util::StreamExt;
use model::router::Transport;
use overlay::observe::Direction;
use overlay_proto::session::MAX_WINDOW;
use ring::digest::{Context, SHA256};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use super::support::{Backbone, Line, address, controller, invitation, member};

/// Bytes that repeat only after a prime number of them, so that a slip is seen.
fn pattern(from: usize, len: usize) -> Vec<u8> {
    (from..from + len).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

async fn question_and_answer(transport: Transport) {
    let line = Line::new(transport).await;
    let (mut client, mut server) = line.connect().await;
    client.write_all(b"question").await.unwrap();
    client.shutdown().await.unwrap();
    let mut text = String::new();
    server.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "question");
    server.write_all(b"answer").await.unwrap();
    drop(server);
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "questionanswer");

    for (site, direction, peer) in
        [(&line.near, Direction::In, line.far.identity), (&line.far, Direction::Out, line.near.identity)]
    {
        let flow = site.flow().await;
        assert_eq!((flow.direction, flow.peer, flow.error), (direction, Some(peer), None));
        assert_eq!((flow.bytes_to_server, flow.bytes_to_client), (8, 6));
        assert_eq!(flow.address, line.address);
    }
}

#[tokio::test]
async fn each_direction_ends_on_its_own_over_plain_connections() {
    question_and_answer(Transport::Direct).await;
}

#[tokio::test]
async fn each_direction_ends_on_its_own_over_wrapped_connections() {
    question_and_answer(Transport::Tls).await;
}

#[tokio::test]
async fn the_server_may_speak_and_end_first() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    server.write_all(b"welcome").await.unwrap();
    server.shutdown().await.unwrap();
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "welcome");
    client.write_all(b"thanks").await.unwrap();
    drop(client);
    server.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "welcomethanks");
}

#[tokio::test]
async fn a_reset_by_one_application_is_a_reset_for_the_other() {
    let line = Line::new(Transport::Direct).await;
    for client_resets in [true, false] {
        let (mut client, mut server) = line.connect().await;
        client.write_all(b"x").await.unwrap();
        server.read_exact(&mut [0]).await.unwrap();
        let (resets, mut sees) = if client_resets { (client, server) } else { (server, client) };
        resets.set_zero_linger().unwrap();
        drop(resets);
        let error = sees.read(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

async fn digest_all(mut from: impl AsyncRead + Unpin) -> (usize, Vec<u8>) {
    let (mut digest, mut len, mut buffer) = (Context::new(&SHA256), 0, vec![0; 128 * 1024]);
    loop {
        match from.read(&mut buffer).await.unwrap() {
            0 => return (len, digest.finish().as_ref().to_vec()),
            n => {
                digest.update(&buffer[..n]);
                len += n;
            }
        }
    }
}

async fn write_and_digest(mut to: impl AsyncWrite + Unpin, len: usize) -> (usize, Vec<u8>) {
    let mut digest = Context::new(&SHA256);
    let mut written = 0;
    // Pieces of many sizes, so that records and frames are cut everywhere.
    for piece in (1..).map(|n: usize| (n * 7_919) % 200_000 + 1) {
        let piece = pattern(written, piece.min(len - written));
        if piece.is_empty() {
            break;
        }
        to.write_all(&piece).await.unwrap();
        digest.update(&piece);
        written += piece.len();
    }
    to.shutdown().await.unwrap();
    (written, digest.finish().as_ref().to_vec())
}

async fn bulk(transport: Transport, len: usize) {
    let line = Line::new(transport).await;
    let (client, server) = line.connect().await;
    let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
    let (there, arrived, back, returned) = tokio::join!(
        tokio::spawn(write_and_digest(client_out, len)),
        tokio::spawn(digest_all(server_in)),
        tokio::spawn(write_and_digest(server_out, len / 4)),
        tokio::spawn(digest_all(client_in)),
    );
    assert_eq!(there.unwrap(), arrived.unwrap());
    assert_eq!(back.unwrap(), returned.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_mebibytes_arrive_unchanged_through_the_kernel() {
    bulk(Transport::Direct, 64 * 1024 * 1024).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_arrives_unchanged_over_wrapped_connections() {
    bulk(Transport::Tls, 16 * 1024 * 1024).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_streams_at_once_do_not_mix() {
    let line = Line::new(Transport::Direct).await;
    let mut clients = JoinSet::new();
    for n in 0_u32..200 {
        let listen = line.listen;
        clients.spawn(async move {
            let mut client = TcpStream::connect(listen).await?;
            let sent = n.to_be_bytes().repeat(5_000);
            client.write_all(&sent).await?;
            client.shutdown().await?;
            let mut back = Vec::new();
            client.read_to_end(&mut back).await?;
            assert!(back == sent, "stream {n} got another's bytes");
            std::io::Result::Ok(())
        });
    }
    let echo = async {
        loop {
            let (mut server, _) = line.server.accept().await.unwrap();
            tokio::spawn(async move {
                let mut bytes = Vec::new();
                server.read_to_end(&mut bytes).await.unwrap();
                server.write_all(&bytes).await.unwrap();
            });
        }
    };
    let all = async {
        while let Some(result) = clients.join_next().await {
            if let Err(error) = result.unwrap() {
                panic!("{error}, because {:?}", line.near.flow_error().await);
            }
        }
    };
    tokio::select! {
        () = echo => unreachable!("it never ends"),
        () = all => {}
    }
}

/// The most the session's window may grow to, and what the two pipes into and out of this process hold.
const IN_FLIGHT: usize = MAX_WINDOW as usize + 2 * 64 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_stalls_stops_the_writer_after_a_bounded_number_of_bytes() {
    let backbone = Backbone::new(Transport::Direct);
    let (near, far) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
    let address = address("slow");
    backbone.serves(&address, &[far.identity]);
    let mut incoming = far.egress.serve(address.clone()).unwrap();
    let mut writer = near.ingress.open(address).await.unwrap();
    let mut reader = incoming.next().await.unwrap();
    assert_eq!((writer.peer(), reader.peer()), (&far.identity, &near.identity));

    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let total = 24 * 1024 * 1024;
    let writing = tokio::spawn(async move {
        let piece = vec![1; 16 * 1024];
        while count.load(Ordering::SeqCst) < total {
            // Counted only when the network has taken all of it.
            writer.write_all(&piece).await.unwrap();
            count.fetch_add(piece.len(), Ordering::SeqCst);
        }
        writer.shutdown().await.unwrap();
    });
    while written.load(Ordering::SeqCst) < 1024 * 1024 {
        tokio::task::yield_now().await;
    }
    let (mut read, mut buffer) = (0, vec![0; 32 * 1024]);
    loop {
        let before = written.load(Ordering::SeqCst);
        assert!(before <= read + IN_FLIGHT, "{before} bytes written when {read} were read");
        match reader.read(&mut buffer).await.unwrap() {
            0 => break,
            n => read += n,
        }
    }
    assert_eq!(read, total);
    writing.await.unwrap();
}

#[tokio::test]
async fn a_direction_flows_while_nobody_reads_the_other() {
    // The window's worth of one direction is held for its reader, so that the other's acknowledgements get through.
    let backbone = Backbone::new(Transport::Direct);
    let (near, far) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
    let address = address("duplex");
    backbone.serves(&address, &[far.identity]);
    let mut incoming = far.egress.serve(address.clone()).unwrap();
    let client = near.ingress.open(address).await.unwrap();
    let server = incoming.next().await.unwrap();
    let (_unread, client_out) = tokio::io::split(client);
    let (server_in, mut server_out) = tokio::io::split(server);

    let noise = tokio::spawn(async move {
        let piece = vec![0; 64 * 1024];
        while server_out.write_all(&piece).await.is_ok() {}
    });
    let len = 8 * 1024 * 1024;
    let (there, arrived) = tokio::join!(write_and_digest(client_out, len), digest_all(server_in));
    assert_eq!(there, arrived);
    noise.abort();
}

#[tokio::test]
async fn controllers_are_reached_by_members_and_claims_each_at_their_own_address() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.site(controller());
    let (control, claim) = (address("skx/controller"), address("skx/claim"));
    for address in [&control, &claim] {
        backbone.serves(address, &[platform.identity]);
    }
    let mut sessions = platform.egress.serve(control.clone()).unwrap();
    let mut claims = platform.egress.serve(claim.clone()).unwrap();
    for (identity, address, incoming) in [(member(1, 11), control, &mut sessions), (invitation(1), claim, &mut claims)]
    {
        let site = backbone.site(identity);
        let mut near = site.ingress.open(address).await.unwrap();
        assert_eq!(near.peer(), &platform.identity);
        near.write_all(b"hello").await.unwrap();
        let mut far = incoming.next().await.unwrap();
        assert_eq!(far.peer(), &identity);
        let mut text = [0; 5];
        far.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"hello");
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_reset_and_not_ended() {
    let backbone = Backbone::new(Transport::Direct);
    let (near, far) = (backbone.site(member(1, 11)), backbone.site(member(1, 12)));
    let address = address("dropped");
    backbone.serves(&address, &[far.identity]);
    let mut incoming = far.egress.serve(address.clone()).unwrap();
    let client = near.ingress.open(address).await.unwrap();
    let mut server = incoming.next().await.unwrap();
    drop(client);
    let error = server.read(&mut [0]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
