//! What the fuzz targets do with what routers and sites say to each other, over made-up bytes and such as are near to genuine
//! ones.

use bytes::BytesMut;
use model::{GenericUuid, NetworkId};
use overlay_proto::{
    NodeId, Realm,
    link::{Attach, Candidates, Drain, NetworkRecord, Open as OpenStream, Record, SignedRecord, frame::Body, record},
    preface::{KEY_LEN, Key, LINK_ID_LEN, WireLinkId},
    session::{AbortCode, Frame, Open, Progress, Protocol, RefuseCode, Resume},
    wire,
};
use proptest::{prelude::*, sample::Index};
use uuid::Uuid;

#[path = "../../../fuzz/talk.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets use it as well")]
mod talk;

fn ids() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => (1_u128..9).prop_map(|n| NodeId(Uuid::from_u128(n)).to_wire()), 1 => prop::collection::vec(any::<u8>(), 0..20)]
}

fn realms() -> impl Strategy<Value = Vec<u8>> {
    let network = Realm::Network(NetworkId::from_untyped_uuid(Uuid::from_u128(3)));
    prop_oneof![Just(network.to_record()), Just(network.to_open()), prop::collection::vec(any::<u8>(), 0..20)]
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![Just("web".to_owned()), Just("skx/controller".to_owned()), Just("skx/claim".to_owned()), ".{0,20}"]
}

fn records() -> impl Strategy<Value = Body> {
    let body = prop_oneof![
        Just(None),
        Just(Some(record::Body::LinkState(Default::default()))),
        realms().prop_map(|network| Some(record::Body::Network(NetworkRecord { network, ..Default::default() }))),
    ];
    (ids(), any::<u64>(), any::<u64>(), body, any::<u32>()).prop_map(|(origin, epoch, sequence, body, age_ms)| {
        let record = prost::Message::encode_to_vec(&Record { origin, epoch, sequence, body });
        Body::Record(SignedRecord { record, age_ms, ..Default::default() })
    })
}

/// Messages of every kind that a router hears, of contents that may be anybody's.
fn message() -> impl Strategy<Value = Body> {
    prop_oneof![
        4 => records(),
        2 => prop::collection::vec(names(), 0..4).prop_map(|uses| Body::Attach(Attach { uses, ..Default::default() })),
        1 => Just(Body::Candidates(Candidates::default())),
        1 => Just(Body::Drain(Drain::default())),
        3 => (any::<u64>(), realms(), ids(), ids(), any::<u32>()).prop_map(|(connection, network, site, router, hops)| {
            let origin = site.clone();
            Body::Open(OpenStream { connection, site, network, router, hops, origin })
        }),
    ]
}

fn progress() -> impl Strategy<Value = Progress> {
    (0_u64..40, any::<u32>(), any::<bool>(), any::<bool>()).prop_map(|(received, window, ended, idle)| Progress {
        received,
        window,
        ended,
        idle,
    })
}

fn written(frame: &Frame<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    frame.encode(&mut out);
    out
}

/// A frame of a session, written down; of offsets near to those that are right.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        any::<u32>().prop_map(|window| {
            let address = "web".parse().expect("an address");
            written(&Frame::Open(Open { stream: [1; 16], address, protocol: Protocol::Tcp, flags: 0, window }))
        }),
        progress().prop_map(|progress| written(&Frame::Accept(progress))),
        (0_u64..4, prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(offset, bytes)| written(&Frame::Data { offset, bytes: &bytes })),
        (0_u64..9, any::<u32>()).prop_map(|(offset, window)| written(&Frame::Ack { offset, window })),
        (0_u64..9).prop_map(|offset| written(&Frame::Fin { offset })),
        (progress(), any::<u32>()).prop_map(|(progress, attempt)| {
            written(&Frame::Resume(Resume { stream: [1; 16], attempt, progress, proof: [0; 32] }))
        }),
        ".{0,100}".prop_map(|reason| written(&Frame::Abort { code: AbortCode::Limit, reason })),
        ".{0,100}".prop_map(|message| written(&Frame::Refuse { code: RefuseCode::Limit, message })),
        Just(written(&Frame::Idle)),
        Just(written(&Frame::Close)),
        prop::collection::vec(any::<u8>(), 1..20),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_router_stands_whatever_its_peers_say(messages in prop::collection::vec(message(), 1..6), flips in prop::collection::vec(any::<(Index, u8)>(), 0..3)) {
        let mut bytes = BytesMut::new();
        for message in messages {
            wire::encode(message, &mut bytes).expect("short");
        }
        for (at, bits) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        talk::link(&bytes);
    }

    #[test]
    fn either_end_of_a_session_stands_whatever_the_other_says(how in any::<u8>(), frames in prop::collection::vec(frame(), 1..8), cut in any::<Index>()) {
        let mut bytes = frames.concat();
        bytes.truncate(cut.index(bytes.len()) + 1);
        bytes.insert(0, how);
        talk::session(&bytes);
    }

    #[test]
    fn no_preface_is_taken_that_was_not_made(number in any::<u64>(), flips in prop::collection::vec(any::<(Index, u8)>(), 0..3)) {
        let mut bytes = Key::new(&[7; KEY_LEN], WireLinkId([9; LINK_ID_LEN])).dial(number);
        for (at, bits) in flips {
            bytes[at.index(bytes.len())] ^= bits;
        }
        talk::preface(&bytes);
    }
}
