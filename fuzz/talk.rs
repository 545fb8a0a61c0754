// What the fuzz targets do with what routers and sites say to each other: messages of links, prefaces of data connections, frames
// of sessions. An ordinary test includes this file as well.

use bytes::{Bytes, BytesMut};
use model::{GenericUuid, NetworkId};
use overlay_proto::{
    LinkKey, Millis, NodeId, Peer, PeerKind,
    link::frame::Body,
    pool::Side,
    preface::{self, DIAL_LEN, Dial, KEY_LEN, Key, PrefaceError, ReplayWindow, WireLinkId},
    router::{Core, CoreConfig, Output, PeerLimits, Signed},
    session::{DecodeError, Decoder, Event, Frame, Open, Protocol, Role, Session},
    wire::{self, FrameDecoder, Limits},
};
use uuid::Uuid;

/// The messages in some bytes, as a link would read them.
fn messages(bytes: &[u8], peer: PeerKind) -> Vec<Body> {
    let decoder = FrameDecoder::new(Limits::for_peer(peer));
    let mut buffer = BytesMut::from(bytes);
    let mut all = vec![];
    while let Ok(Some(body)) = decoder.decode(&mut buffer) {
        all.push(body);
    }
    all
}

fn peer(n: u128, kind: PeerKind) -> Peer {
    Peer { node: NodeId(Uuid::from_u128(n)), kind }
}

/// Reads messages of a link, and lets a router of the backbone hear them from a peer of every kind: it says nothing itself that
/// cannot be read again, and whatever it hears does not stop it.
pub fn link(bytes: &[u8]) {
    let network = NetworkId::from_untyped_uuid(Uuid::from_u128(3));
    let sign = Box::new(|_: &[u8]| Some(Signed { signature: vec![1], certificate: vec![2] }));
    let config = CoreConfig {
        me: peer(1, PeerKind::Backbone),
        epoch: 1,
        unix_ms_at_zero: 0,
        sign,
        limits: PeerLimits::default(),
    };
    let mut core = Core::new(config, Millis(0));
    let kinds = [
        PeerKind::Backbone,
        PeerKind::Member { network },
        PeerKind::Claim { network },
        PeerKind::Bootstrap,
        PeerKind::Controller,
    ];
    for (n, kind) in (2_u32..).zip(kinds) {
        core.link_up(LinkKey(u64::from(n)), peer(u128::from(n), kind), 1, Side::Acceptor, Millis(0));
    }
    for (n, kind) in (2_u64..).zip(kinds) {
        for (later, body) in (1..).zip(messages(bytes, kind)) {
            let again = wire::to_bytes(body.clone()).expect("what was read can be sent");
            assert_eq!(messages(&again, kind), std::slice::from_ref(&body), "what is sent is read again");
            let _ = core.frame(LinkKey(n), body, Millis(later));
            settle(&mut core, Millis(later));
        }
    }
    core.tick(Millis(1_000_000));
    settle(&mut core, Millis(1_000_000));
}

/// Does what a router says, as far as that is words.
fn settle(core: &mut Core, now: Millis) {
    while let Some(output) = core.poll_output() {
        match output {
            Output::Send { frame, .. } => {
                wire::to_bytes(frame).expect("what is said can be sent");
            }
            Output::Verify { link, signed, record } => core.verified_record(link, signed, record, now),
            _ => {}
        }
    }
}

/// Reads the preface of a data connection: only who has the key can make one.
pub fn preface(bytes: &[u8]) {
    let Some(bytes) = bytes.first_chunk::<DIAL_LEN>() else { return };
    let key = Key::new(&[7; KEY_LEN], WireLinkId([9; preface::LINK_ID_LEN]));
    let verified = Dial::decode(bytes).and_then(|dial| key.verify_dial(&dial, &mut ReplayWindow::default()));
    match verified {
        Ok(number) => assert_eq!(*bytes, key.dial(number), "this was never made"),
        Err(PrefaceError::Replayed(number)) => assert_eq!(*bytes, key.dial(number)),
        Err(_) => {}
    }
}

/// What is read of some bytes that arrive in pieces: the frames, what was data in all, and what was wrong.
fn frames(bytes: &[u8], piece: usize) -> (Vec<Frame<'static>>, Vec<u8>, Option<DecodeError>) {
    let mut decoder = Decoder::new();
    let (mut all, mut data) = (vec![], vec![]);
    for mut input in bytes.chunks(piece) {
        loop {
            match decoder.decode(&mut input) {
                Ok(None) => break,
                Ok(Some(Frame::Data { bytes, .. })) => data.extend_from_slice(bytes),
                Ok(Some(other)) => all.push(owned(other)),
                Err(error) => return (all, data, Some(error)),
            }
        }
    }
    (all, data, None)
}

fn owned(frame: Frame<'_>) -> Frame<'static> {
    match frame {
        Frame::Data { .. } => unreachable!("data is kept elsewhere"),
        Frame::Open(it) => Frame::Open(it),
        Frame::UnknownVersion(version) => Frame::UnknownVersion(version),
        Frame::Accept(it) => Frame::Accept(it),
        Frame::Refuse { code, message } => Frame::Refuse { code, message },
        Frame::Ack { offset, window } => Frame::Ack { offset, window },
        Frame::Fin { offset } => Frame::Fin { offset },
        Frame::Reset { code } => Frame::Reset { code },
        Frame::Abort { code, reason } => Frame::Abort { code, reason },
        Frame::Resume(it) => Frame::Resume(it),
        Frame::Idle => Frame::Idle,
        Frame::Close => Frame::Close,
    }
}

/// Reads frames of a session, whole and in pieces, and lets either end hear them. The first byte says which end, and how long the
/// pieces are.
pub fn session(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else { return };
    let piece = usize::from(how >> 1).max(1);
    assert_eq!(frames(bytes, piece), frames(bytes, bytes.len().max(1)), "in whatever pieces it arrives");
    let ingress = how & 1 == 1;
    let mut session = Session::new(if ingress { Role::Ingress } else { Role::Egress });
    if ingress {
        let address = "web".parse().expect("an address");
        let open = Open { stream: [5; 16], address, protocol: Protocol::Tcp, flags: 0, window: 0 };
        session.open(open).expect("the first stream");
    }
    let (mut decoder, mut input) = (Decoder::new(), bytes);
    while let Ok(Some(frame)) = decoder.decode(&mut input) {
        let Ok(event) = session.handle(frame) else { break };
        match event {
            Event::Opened(_) => session.accept().expect("a stream that was asked for"),
            Event::Accepted if session.sendable() >= 3 => {
                session.data(Bytes::from_static(b"abc")).expect("there is room");
            }
            Event::Data(bytes) => session.consumed(bytes.len()),
            Event::End => session.passed_on_end().expect("it has ended"),
            _ => {}
        }
        let mut said = Vec::new();
        session.output(&mut said, Millis(0));
        assert_eq!(frames(&said, said.len().max(1)).2, None, "what is said can be read");
    }
}
