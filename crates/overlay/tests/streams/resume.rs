//! Streams that outlive the connections they run over.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::BufMut as _;
use futures_util::StreamExt as _;
use model::router::Transport;
use overlay::{data_conn::DataConn, e2e};
use overlay_proto::session::{
    BINDING_LABEL, Decoder, EXPORTED_LEN, Frame, Open, Protocol, RefuseCode, Role, SECRET_LABEL, Secret, Session,
};
use pki::{Alpn, tls};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::support::{Backbone, Conduct, Line, Site, address, controller, member, path, tcp_pair};

async fn alive(client: &mut TcpStream, server: &mut TcpStream) {
    let mut text = [0; 8];
    client.write_all(b"question").await.unwrap();
    server.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"question");
    server.write_all(b"answered").await.unwrap();
    client.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"answered");
}

#[tokio::test]
async fn a_connection_that_is_truncated_or_lost_is_never_the_end_of_the_data_and_the_stream_goes_on() {
    for transport in [Transport::Direct, Transport::Tls] {
        for truncate in [true, false] {
            let line = Line::new(transport).await;
            if truncate {
                line.backbone.conduct(Conduct::Truncate);
            }
            let (mut client, mut server) = line.connect().await;
            for lost in 1..=3 {
                alive(&mut client, &mut server).await;
                // These may be lost on the way.
                client.write_all(b"question").await.unwrap();
                server.write_all(b"answered").await.unwrap();
                if truncate {
                    line.backbone.cut()
                } else {
                    line.backbone.lose_links()
                }
                let mut text = [0; 8];
                server.read_exact(&mut text).await.unwrap();
                assert_eq!(&text, b"question");
                client.read_exact(&mut text).await.unwrap();
                assert_eq!(&text, b"answered");
                assert!(line.backbone.opened.load(Ordering::Relaxed) > lost, "over another path");
            }
            client.shutdown().await.unwrap();
            assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
            drop(server);
            assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
            for site in [&line.near, &line.far] {
                let flow = site.flow().await;
                assert_eq!((flow.bytes_to_server, flow.bytes_to_client, flow.error), (48, 48, None));
            }
        }
    }
}

/// Writes `len` bytes that repeat only after a prime number of them, and reads as many, which it counts: each must be the
/// next one.
async fn exchange(stream: TcpStream, len: usize, count: &AtomicUsize) {
    let (mut read, mut write) = stream.into_split();
    let expected = |at: usize| u8::try_from(at % 251).unwrap();
    let writing = tokio::spawn(async move {
        let mut at = 0;
        while at < len {
            let piece: Vec<u8> = (at..len.min(at + 50_000)).map(expected).collect();
            write.write_all(&piece).await.unwrap();
            at += piece.len();
        }
        write.shutdown().await.unwrap();
        write
    });
    let (mut at, mut buffer) = (0, vec![0; 64 * 1024]);
    loop {
        let n = read.read(&mut buffer).await.unwrap();
        if n == 0 {
            break;
        }
        assert!(buffer[..n].iter().zip(at..).all(|(byte, at)| *byte == expected(at)), "a byte is not the next one");
        at += n;
        count.fetch_add(n, Ordering::SeqCst);
    }
    assert_eq!(at, len);
    writing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_in_both_directions_arrives_once_and_in_order_however_often_the_path_is_lost() {
    let line = Line::new(Transport::Direct).await;
    let (client, server) = line.connect().await;
    let len = 40 * 1024 * 1024;
    let count = AtomicUsize::new(0);
    let both = async { tokio::join!(exchange(client, len, &count), exchange(server, len, &count)) };
    let losing = async {
        // Whenever so much more has come through.
        for lose_at in (1..).map(|times| times * 6_000_000) {
            while count.load(Ordering::SeqCst) < lose_at {
                tokio::task::yield_now().await;
            }
            line.backbone.lose_links();
        }
    };
    tokio::select! {
        _ = both => {}
        () = losing => unreachable!("it never ends"),
    }
    assert!(line.backbone.opened.load(Ordering::Relaxed) > 5);
    for site in [&line.near, &line.far] {
        assert_eq!(site.flow().await.error, None);
    }
}

#[tokio::test]
async fn an_end_that_was_lost_on_the_way_arrives_over_another_path() {
    let line = Line::new(Transport::Direct).await;
    line.backbone.conduct(Conduct::Trap);
    let (mut client, mut server) = line.connect().await;
    alive(&mut client, &mut server).await;
    // The next that is sent is lost, with the connection.
    line.backbone.set_trap();
    client.shutdown().await.unwrap();
    assert_eq!(server.read(&mut [0]).await.unwrap(), 0);
    server.write_all(b"last").await.unwrap();
    drop(server);
    let mut text = String::new();
    client.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "last");
    for site in [&line.near, &line.far] {
        assert_eq!(site.flow().await.error, None);
    }
}

#[tokio::test]
async fn a_stream_without_a_path_ends_with_the_trust_in_its_other_end_and_with_its_connector() {
    for trust in [true, false] {
        let line = Line::new(Transport::Direct).await;
        let (mut client, mut server) = line.connect().await;
        alive(&mut client, &mut server).await;
        line.backbone.set_unreachable(line.far.identity);
        line.backbone.lose_links();
        let evicted = line.near.identity;
        if trust {
            line.far.egress.judge(&|peer| if *peer == evicted { Err("it was evicted".to_owned()) } else { Ok(()) });
        } else {
            line.far.egress.apply(&[]);
        }
        assert_eq!(server.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        // The other end finds out as soon as it gets through.
        line.backbone.set_reachable(line.far.identity);
        assert_eq!(client.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let error = line.near.flow().await.error.unwrap();
        assert!(error.contains("no stream waits here to be continued"), "{error}");
    }
}

#[tokio::test]
async fn a_stream_that_waits_for_a_path_ends_when_its_own_router_shuts_down() {
    let line = Line::new(Transport::Direct).await;
    let (mut client, mut server) = line.connect().await;
    alive(&mut client, &mut server).await;
    line.backbone.set_unreachable(line.far.identity);
    line.backbone.lose_links();
    tokio::join!(line.near.ingress.shutdown(), line.far.egress.shutdown());
    for end in [&mut client, &mut server] {
        assert_eq!(end.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

/// The ingress of one stream, in a test's hands.
struct Puppet {
    session: Session,
    secret: Secret,
    tls: TlsStream<TcpStream>,
}

/// A connection of `from` with `to`.
async fn connection(backbone: &Backbone, from: &Site, to: &Site) -> TlsStream<TcpStream> {
    let (near, far) = tcp_pair().await;
    to.egress.accept(path(DataConn::Direct(far)), to.config.clone(), None);
    let client = tls::client(Some(&backbone.pki.leaf(from.identity)), Alpn::EndToEnd, backbone.pki.policy()).unwrap();
    TlsConnector::from(client).connect(tls::server_name(), near).await.unwrap()
}

fn exported(tls: &TlsStream<TcpStream>, label: &[u8]) -> [u8; EXPORTED_LEN] {
    tls.get_ref().1.export_keying_material([0; EXPORTED_LEN], label, None).unwrap()
}

/// Sends what `session` has to say, and takes in what comes until there is an answer.
async fn speak(tls: &mut TlsStream<TcpStream>, session: &mut Session) -> Frame<'static> {
    let mut out = Vec::new();
    session.output(&mut out, overlay_proto::Millis(0));
    tls.write_all(&out).await.unwrap();
    answer(tls).await
}

async fn answer(tls: &mut TlsStream<TcpStream>) -> Frame<'static> {
    let (mut decoder, mut buffer) = (Decoder::new(), [0]);
    loop {
        tls.read_exact(&mut buffer).await.expect("the other end answers");
        let mut byte = buffer.as_slice();
        match decoder.decode(&mut byte).unwrap() {
            Some(Frame::Accept(progress)) => return Frame::Accept(progress),
            Some(Frame::Refuse { code, message }) => return Frame::Refuse { code, message },
            None => {}
            other => panic!("{other:?}"),
        }
    }
}

fn refused(answer: &Frame<'_>) -> bool {
    matches!(answer, Frame::Refuse { code: RefuseCode::NoSuchStream, .. })
}

impl Puppet {
    /// Opens a stream to `web`.
    async fn open(backbone: &Backbone, from: &Site, to: &Site) -> Self {
        let mut tls = connection(backbone, from, to).await;
        let mut session = Session::new(Role::Ingress);
        let open = Open { stream: [3; 16], address: address("web"), protocol: Protocol::Tcp, flags: 0, window: 0 };
        session.open(open).unwrap();
        let accepted = speak(&mut tls, &mut session).await;
        session.handle(accepted).unwrap();
        let secret = Secret::new(exported(&tls, SECRET_LABEL));
        Self { session, secret, tls }
    }

    /// What it says to continue its stream on a connection of which `binding` was exported.
    fn request(&mut self, binding: &[u8; EXPORTED_LEN]) -> Vec<u8> {
        self.session.lose();
        self.session.resume(&self.secret, binding).unwrap();
        let mut out = Vec::new();
        self.session.output(&mut out, overlay_proto::Millis(0));
        out
    }
}

#[tokio::test]
async fn only_the_site_that_opened_a_stream_continues_it_and_only_on_the_connection_it_says_so_on() {
    let backbone = Backbone::new(Transport::Direct);
    let (near, other, far) = (backbone.site(member(1, 11)), backbone.site(member(1, 13)), backbone.site(member(1, 12)));
    let mut streams = far.egress.serve(address("web")).unwrap();
    let mut puppet = Puppet::open(&backbone, &near, &far).await;
    let mut served = streams.next().await.unwrap();

    // Another site of the network has stolen the secret: it is not the one.
    let mut tls = connection(&backbone, &other, &far).await;
    let request = puppet.request(&exported(&tls, BINDING_LABEL));
    tls.write_all(&request).await.unwrap();
    assert!(refused(&answer(&mut tls).await));
    // What was said on one connection is repeated on another.
    let seen = connection(&backbone, &near, &far).await;
    let request = puppet.request(&exported(&seen, BINDING_LABEL));
    let mut tls = connection(&backbone, &near, &far).await;
    tls.write_all(&request).await.unwrap();
    assert!(refused(&answer(&mut tls).await));
    // The right site, without the secret: another process with its certificate.
    puppet.secret = Secret::new([0; EXPORTED_LEN]);
    let request = puppet.request(&exported(&tls, BINDING_LABEL));
    tls.write_all(&request).await.unwrap();
    assert!(refused(&answer(&mut tls).await), "the connection can be used again, but not for this");
    // A stream that nobody opened.
    let mut request = vec![9, 2];
    request.put_slice(&[8; 16]);
    request.put_slice(&[0; 4 + 13 + 32]);
    tls.write_all(&request).await.unwrap();
    assert!(refused(&answer(&mut tls).await));

    // The stream was not disturbed by any of it, and the right one continues it: the egress has not noticed any loss.
    puppet.secret = Secret::new(exported(&puppet.tls, SECRET_LABEL));
    let mut tls = connection(&backbone, &near, &far).await;
    let request = puppet.request(&exported(&tls, BINDING_LABEL));
    tls.write_all(&request).await.unwrap();
    let accepted = answer(&mut tls).await;
    puppet.session.handle(accepted).unwrap();
    let head = puppet.session.data_copied(b"still").unwrap();
    tls.write_all(&head).await.unwrap();
    tls.write_all(b"still").await.unwrap();
    let mut text = [0; 5];
    served.read_exact(&mut text).await.unwrap();
    assert_eq!(&text, b"still");
    // The old connection is over.
    let _ = puppet.tls.read_to_end(&mut Vec::new()).await;
}

#[tokio::test]
async fn a_stream_is_continued_only_over_connections_of_its_own_use() {
    let backbone = Backbone::new(Transport::Direct);
    let platform = backbone.site(controller());
    let near = backbone.site(member(1, 11));
    let _sessions = platform.egress.serve(address("skx/controller")).unwrap();
    let (conn, far) = tcp_pair().await;
    platform.egress.accept(path(DataConn::Direct(far)), platform.config.clone(), None);
    let mut e2e = e2e::connect(path(DataConn::Direct(conn)), &near.config, &controller(), Alpn::Control).await.unwrap();
    let open =
        Open { stream: [3; 16], address: address("skx/controller"), protocol: Protocol::Tcp, flags: 0, window: 0 };
    e2e.open(open, e2e::HANDSHAKE_TIMEOUT).await.unwrap();
    // Claims are made by others, over connections of another use: they find no such stream.
    let (conn, far) = tcp_pair().await;
    platform.egress.accept(path(DataConn::Direct(far)), platform.config.clone(), None);
    let leaf = backbone.pki.leaf(super::support::invitation(1));
    let client = tls::client(Some(&leaf), Alpn::Claim, backbone.pki.policy()).unwrap();
    let mut tls = TlsConnector::from(client).connect(tls::server_name(), conn).await.unwrap();
    let mut request = vec![9, 2];
    request.put_slice(&[3; 16]);
    request.put_slice(&[0; 4 + 13 + 32]);
    tls.write_all(&request).await.unwrap();
    assert!(refused(&answer(&mut tls).await));
    drop(Arc::new(e2e));
}
