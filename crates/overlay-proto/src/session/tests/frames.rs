//! The encoding: everything written can be read back however it is cut, and nothing read can hurt.

use model::Address;
use proptest::prelude::*;

use super::super::{
    AbortCode, DecodeError, Decoder, Frame, MAX_DATA_LEN, MAX_TEXT_LEN, Open, Progress, Protocol, RefuseCode,
    ResetCode, Resume,
};

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        Just(Address::controller()),
        Just(Address::claim()),
        "[a-z0-9_-]{1,20}(\\.[a-z0-9_-]{1,20}){0,3}".prop_filter_map("reserved", |text| text.parse().ok()),
    ]
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,100}"
}

fn progress() -> impl Strategy<Value = Progress> {
    (any::<u64>(), any::<u32>(), any::<bool>(), any::<bool>()).prop_map(|(received, window, ended, idle)| Progress {
        received,
        window,
        ended,
        idle,
    })
}

fn frame() -> impl Strategy<Value = Frame<'static>> {
    prop_oneof![
        (any::<[u8; 16]>(), address(), any::<bool>(), any::<u16>(), any::<u32>()).prop_map(
            |(stream, address, udp, flags, window)| {
                let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
                Frame::Open(Open { stream, address, protocol, flags, window })
            }
        ),
        progress().prop_map(Frame::Accept),
        (any::<u16>(), text()).prop_map(|(code, message)| Frame::Refuse { code: RefuseCode::from(code), message }),
        (any::<u64>(), any::<u32>()).prop_map(|(offset, window)| Frame::Ack { offset, window }),
        any::<u64>().prop_map(|offset| Frame::Fin { offset }),
        any::<u16>().prop_map(|code| Frame::Reset { code: ResetCode::from(code) }),
        (any::<u16>(), text()).prop_map(|(code, reason)| Frame::Abort { code: AbortCode::from(code), reason }),
        (any::<[u8; 16]>(), any::<u32>(), progress(), any::<[u8; 32]>())
            .prop_map(|(stream, attempt, progress, proof)| Frame::Resume(Resume { stream, attempt, progress, proof })),
        (0..u64::MAX / 2, prop::collection::vec(any::<u8>(), 1..300))
            .prop_map(|(offset, bytes)| Frame::Data { offset, bytes: bytes.leak() }),
        Just(Frame::Idle),
        Just(Frame::Close),
    ]
}

/// Decodes `bytes` cut at `cuts`, joining the pieces of DATA frames that are contiguous.
fn decode_in_pieces(bytes: &[u8], cuts: &[usize]) -> Result<Vec<Frame<'static>>, DecodeError> {
    let mut decoder = Decoder::new();
    let mut frames: Vec<Frame<'static>> = Vec::new();
    let mut rest = bytes;
    let mut cuts = cuts.iter().copied().cycle();
    while !rest.is_empty() {
        let (mut piece, after) = rest.split_at(cuts.next().unwrap_or(usize::MAX).min(rest.len()));
        rest = after;
        while let Some(frame) = decoder.decode(&mut piece)? {
            let owned = match frame {
                Frame::Data { offset, bytes } => Frame::Data { offset, bytes: bytes.to_vec().leak() },
                Frame::Open(open) => Frame::Open(open),
                Frame::UnknownVersion(version) => Frame::UnknownVersion(version),
                Frame::Accept(progress) => Frame::Accept(progress),
                Frame::Refuse { code, message } => Frame::Refuse { code, message },
                Frame::Ack { offset, window } => Frame::Ack { offset, window },
                Frame::Fin { offset } => Frame::Fin { offset },
                Frame::Reset { code } => Frame::Reset { code },
                Frame::Abort { code, reason } => Frame::Abort { code, reason },
                Frame::Resume(resume) => Frame::Resume(resume),
                Frame::Idle => Frame::Idle,
                Frame::Close => Frame::Close,
            };
            frames.push(owned);
        }
        assert!(piece.is_empty(), "a decoder takes all it is given");
    }
    Ok(frames)
}

/// The frames with adjacent contiguous data joined: cutting and joining DATA does not change what is said.
fn joined(frames: Vec<Frame<'static>>) -> Vec<Frame<'static>> {
    let mut out: Vec<Frame<'static>> = Vec::new();
    for frame in frames {
        if let (Some(Frame::Data { offset, bytes }), Frame::Data { offset: next, bytes: more }) =
            (out.last_mut(), &frame)
            && *offset + bytes.len() as u64 == *next
        {
            *bytes = [*bytes, *more].concat().leak();
            continue;
        }
        out.push(frame);
    }
    out
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_however_it_is_cut(
        frames in prop::collection::vec(frame(), 0..12),
        cuts in prop::collection::vec(1usize..40, 1..8),
    ) {
        let mut bytes = Vec::new();
        for frame in &frames {
            frame.encode(&mut bytes);
        }
        prop_assert_eq!(joined(decode_in_pieces(&bytes, &cuts).unwrap()), joined(frames));
    }

    #[test]
    fn no_bytes_make_the_decoder_panic_or_hold_more_than_a_head(
        bytes in prop::collection::vec(any::<u8>(), 0..2_000),
        first in 0u8..13,
        cuts in prop::collection::vec(1usize..300, 1..8),
    ) {
        let bytes: Vec<u8> = std::iter::once(first).chain(bytes).collect();
        let _ = decode_in_pieces(&bytes, &cuts);
    }

    #[test]
    fn damage_anywhere_never_makes_the_decoder_panic(
        frames in prop::collection::vec(frame(), 1..6),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cuts in prop::collection::vec(1usize..40, 1..8),
    ) {
        let mut bytes = Vec::new();
        for frame in &frames {
            frame.encode(&mut bytes);
        }
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode_in_pieces(&bytes, &cuts);
    }
}

#[test]
fn data_is_handed_out_in_pieces_each_with_its_own_offset() {
    let mut bytes = Vec::new();
    Frame::Data { offset: 100, bytes: b"abcdef" }.encode(&mut bytes);
    let mut decoder = Decoder::new();
    let (mut first, mut second) = bytes.split_at(15);
    assert_eq!(decoder.decode(&mut first), Ok(Some(Frame::Data { offset: 100, bytes: b"ab" })));
    assert_eq!(decoder.decode(&mut first), Ok(None));
    assert!(!decoder.is_between_frames());
    assert_eq!(decoder.decode(&mut second), Ok(Some(Frame::Data { offset: 102, bytes: b"cdef" })));
    assert!(decoder.is_between_frames());
}

#[test]
fn data_frames_are_neither_empty_nor_larger_than_allowed() {
    for len in [0, u32::try_from(MAX_DATA_LEN).unwrap() + 1, u32::MAX] {
        let mut bytes = vec![4; 1];
        bytes.extend([0; 8]);
        bytes.extend(len.to_be_bytes());
        assert_eq!(Decoder::new().decode(&mut bytes.as_slice()), Err(DecodeError::DataLength(len)));
    }
}

#[test]
fn long_texts_are_cut_at_a_character_when_written_and_refused_when_read() {
    let mut bytes = Vec::new();
    let reason = format!("x{}", "é".repeat(MAX_TEXT_LEN));
    Frame::Abort { code: AbortCode::Trust, reason }.encode(&mut bytes);
    let Ok(Some(Frame::Abort { reason, .. })) = Decoder::new().decode(&mut bytes.as_slice()) else {
        panic!("an abort");
    };
    assert_eq!(reason.len(), MAX_TEXT_LEN - 1);

    let too_long = [8, 0, 1, 2, 1];
    assert_eq!(Decoder::new().decode(&mut too_long.as_slice()), Err(DecodeError::Text));
}

#[test]
fn flags_nobody_knows_are_refused() {
    let mut bytes = vec![2, 4];
    bytes.extend([0; 12]);
    assert_eq!(Decoder::new().decode(&mut bytes.as_slice()), Err(DecodeError::Progress(4)));
}

#[test]
fn another_version_is_seen_as_such() {
    let mut bytes: &[u8] = &[1, 9, 1, 2, 3];
    assert_eq!(Decoder::new().decode(&mut bytes), Ok(Some(Frame::UnknownVersion(9))));
}
