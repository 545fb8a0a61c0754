use proptest::prelude::*;

use super::*;
use crate::link::{Attach, Goodbye, Ping, SignedRecord, Trust};

fn any_body() -> impl Strategy<Value = Body> {
    prop_oneof![
        any::<u64>().prop_map(|number| Body::Ping(Ping { number })),
        (0..12, ".{0,40}").prop_map(|(reason, message)| Body::Goodbye(Goodbye { reason, message })),
        prop::collection::vec(any::<u8>(), 0..200_000)
            .prop_map(|record| Body::Record(SignedRecord { record, ..Default::default() })),
        prop::collection::vec(any::<u8>(), 0..200_000)
            .prop_map(|document| Body::Trust(Trust { document, ..Default::default() })),
        prop::collection::vec("[a-z]{1,128}", 0..1024)
            .prop_map(|uses| Body::Attach(Attach { uses, ..Default::default() })),
    ]
}

fn refused(bytes: &[u8], limits: Limits) -> FrameError {
    FrameDecoder::new(limits).decode(&mut BytesMut::from(bytes)).expect_err("refused")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_survive_any_cutting(bodies in prop::collection::vec(any_body(), 1..4), cut in 1..5_000_usize) {
        let mut sent = BytesMut::new();
        for body in &bodies {
            encode(body.clone(), &mut sent).expect("within limits");
        }
        let (decoder, mut buffer, mut received) = (FrameDecoder::new(Limits::PROTOCOL), BytesMut::new(), Vec::new());
        for chunk in sent.chunks(cut) {
            buffer.extend_from_slice(chunk);
            while let Some(body) = decoder.decode(&mut buffer).expect("whole frames") {
                received.push(body);
            }
        }
        prop_assert_eq!(received, bodies);
        prop_assert_eq!(decoder.end(&buffer), Ok(()));
    }
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut buffer = BytesMut::from(&bytes[..]);
        while let Ok(Some(_)) = FrameDecoder::new(Limits::PROTOCOL).decode(&mut buffer) {}
    }

    #[test]
    fn no_content_panics(content in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut buffer = BytesMut::new();
        buffer.put_u32(u32::try_from(content.len()).expect("short"));
        buffer.extend_from_slice(&content);
        let _ = FrameDecoder::new(Limits::PROTOCOL).decode(&mut buffer);
    }

    #[test]
    fn what_is_refused_as_too_long_is_refused_by_its_first_six_bytes(length in (64_u32 << 10) + 1.., key in any::<[u8; 2]>()) {
        let mut start = BytesMut::new();
        start.put_u32(length);
        start.extend_from_slice(&key);
        // Either it is refused now, or its kind may be that long.
        if FrameDecoder::new(Limits::PROTOCOL).decode(&mut start).is_ok() {
            prop_assert!(usize::try_from(length).expect("fits") <= Limits::PROTOCOL.trust);
        }
    }
}

#[test]
fn a_length_alone_refuses_what_no_kind_may_be() {
    // 16 MiB of trust.
    let limit = Limits::PROTOCOL.trust;
    assert_eq!(refused(&[1, 0, 0, 0, 0x5a], Limits::PROTOCOL), FrameError::TooLong { length: 1 << 24, limit });
    // 128 KiB of ping.
    let limit = Limits::PROTOCOL.ordinary;
    assert_eq!(refused(&[0, 2, 0, 0, 0x12], Limits::PROTOCOL), FrameError::TooLong { length: 2 << 16, limit });
}

#[test]
fn a_member_cannot_send_what_routers_may() {
    let network = model::GenericUuid::from_untyped_uuid(uuid::Uuid::from_u128(1));
    let limits = Limits::for_peer(PeerKind::Member { network });
    for body in [
        Body::Trust(Trust { document: vec![0; 1 << 17], ..Default::default() }),
        Body::Record(SignedRecord { record: vec![0; 1 << 17], ..Default::default() }),
    ] {
        let bytes = to_bytes(body).expect("a router may send it");
        assert!(matches!(refused(&bytes[..6], limits), FrameError::TooLong { .. }));
        assert!(
            FrameDecoder::new(Limits::for_peer(PeerKind::Backbone)).decode(&mut BytesMut::from(&bytes[..])).is_ok()
        );
    }
}

#[test]
fn a_long_frame_cannot_pretend_to_be_of_another_kind() {
    // It begins as a trust document, and is then overruled by an attach that would be too long for itself.
    let trust = Frame { body: Some(Body::Trust(Trust::default())) }.encode_to_vec();
    let uses = vec!["a".repeat(128); 8_000];
    let attach = Frame { body: Some(Body::Attach(Attach { uses, ..Default::default() })) }.encode_to_vec();
    let content = [trust, attach].concat();
    let mut bytes = BytesMut::new();
    bytes.put_u32(u32::try_from(content.len()).expect("short"));
    bytes.extend_from_slice(&content);
    assert!(matches!(refused(&bytes, Limits::PROTOCOL), FrameError::TooLong { .. }));
}

#[test]
fn what_is_too_long_is_not_sent() {
    let mut out = BytesMut::from(&b"before"[..]);
    let body = Body::Goodbye(Goodbye { reason: 1, message: "x".repeat(70_000) });
    assert!(encode(body, &mut out).is_err());
    assert_eq!(&out[..], b"before");
}

#[test]
fn an_empty_frame_is_of_no_known_kind() {
    assert_eq!(refused(&[0, 0, 0, 0], Limits::PROTOCOL), FrameError::Unknown);
}

#[test]
fn an_end_inside_a_frame_is_told_from_an_end_between_frames() {
    let decoder = FrameDecoder::new(Limits::PROTOCOL);
    assert_eq!(decoder.end(&BytesMut::new()), Ok(()));
    assert_eq!(decoder.end(&BytesMut::from(&b"\0"[..])), Err(FrameError::Truncated));
}
