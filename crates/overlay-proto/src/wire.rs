//! Frames of the control channel: a big-endian `u32` length, then a protobuf [`Frame`].

use bytes::{Buf, BufMut, Bytes, BytesMut};
use prost::Message;

use crate::{
    PeerKind,
    link::{Frame, frame::Body},
};

/// The bytes before every frame.
pub const HEADER_LEN: usize = 4;

/// The longest frames, in bytes without the header, that are accepted from a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A frame of any kind that is not named below.
    pub ordinary: usize,
    /// What a site serves and uses.
    pub attach: usize,
    /// A signed record.
    pub record: usize,
    /// A trust document.
    pub trust: usize,
}

impl Limits {
    /// The limits of the protocol: 64 KiB, 512 KiB for what a site serves and uses, 1 MiB for records, 8 MiB for trust.
    pub const PROTOCOL: Self = Self { ordinary: 64 << 10, attach: 512 << 10, record: 1 << 20, trust: 8 << 20 };

    /// What `peer` may send: a member cannot make us buffer what only routers exchange.
    pub fn for_peer(peer: PeerKind) -> Self {
        let all = Self::PROTOCOL;
        match peer {
            PeerKind::Backbone => Self { attach: all.ordinary, ..all },
            PeerKind::Controller => Self { record: all.ordinary, ..all },
            PeerKind::Member { .. } => Self { record: all.ordinary, trust: all.ordinary, ..all },
            PeerKind::Claim { .. } | PeerKind::Bootstrap => {
                Self { ordinary: all.ordinary, attach: all.ordinary, record: all.ordinary, trust: all.ordinary }
            }
        }
    }

    fn of(&self, body: &Body) -> usize {
        match body {
            Body::Attach(_) => self.attach,
            Body::Record(_) => self.record,
            Body::Trust(_) => self.trust,
            _ => self.ordinary,
        }
    }

    /// The limit for a frame that begins with the field `number`: a long frame must begin with what makes it long.
    fn of_first_field(&self, number: u64) -> usize {
        match number {
            11 => self.trust,
            20 => self.record,
            30 => self.attach,
            _ => self.ordinary,
        }
    }
}

/// Why bytes are no frames. The link must end: what follows cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Longer than its kind may be.
    #[error("a frame of {length} bytes; the most for its kind is {limit}")]
    TooLong {
        /// Its length.
        length: usize,
        /// The most it may be.
        limit: usize,
    },
    /// Not the protobuf message it should be.
    #[error("a frame that cannot be read")]
    Malformed(#[from] prost::DecodeError),
    /// A frame without content, or with content of a version we do not speak.
    #[error("a frame of an unknown kind")]
    Unknown,
    /// The stream ended inside a frame.
    #[error("the channel ended inside a frame")]
    Truncated,
}

/// Why a frame cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {length} bytes cannot be sent; the most for its kind is {limit}")]
pub struct TooLong {
    /// Its length.
    pub length: usize,
    /// The most it may be.
    pub limit: usize,
}

/// Appends `body` as a frame to `out`. On error `out` is unchanged.
pub fn encode(body: Body, out: &mut BytesMut) -> Result<(), TooLong> {
    let limit = Limits::PROTOCOL.of(&body);
    let frame = Frame { body: Some(body) };
    let length = frame.encoded_len();
    let header = u32::try_from(length).ok().filter(|_| length <= limit).ok_or(TooLong { length, limit })?;
    out.reserve(HEADER_LEN + length);
    out.put_u32(header);
    frame.encode(out).expect("room was reserved, and BytesMut grows");
    Ok(())
}

/// `body` as a frame of its own.
pub fn to_bytes(body: Body) -> Result<Bytes, TooLong> {
    let mut out = BytesMut::new();
    encode(body, &mut out)?;
    Ok(out.freeze())
}

/// Reads frames from bytes as they arrive.
///
/// ```
/// # use bytes::BytesMut;
/// # use overlay_proto::{link::{Ping, frame::Body}, wire::{self, FrameDecoder, Limits}};
/// let mut buffer = BytesMut::new();
/// wire::encode(Body::Ping(Ping { number: 7 }), &mut buffer)?;
/// let decoder = FrameDecoder::new(Limits::PROTOCOL);
/// assert_eq!(decoder.decode(&mut buffer)?, Some(Body::Ping(Ping { number: 7 })));
/// assert_eq!(decoder.decode(&mut buffer)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct FrameDecoder {
    limits: Limits,
}

impl FrameDecoder {
    /// A decoder that accepts frames up to `limits`.
    pub fn new(limits: Limits) -> Self {
        Self { limits }
    }

    /// Takes the next whole frame off the front of `buffer`, or says that more bytes are needed.
    ///
    /// A frame that is too long is refused as soon as its first bytes are there, before any room is made for it; the
    /// decoder itself reserves none. After an error the buffer is of no further use.
    pub fn decode(&self, buffer: &mut BytesMut) -> Result<Option<Body>, FrameError> {
        let Some((header, rest)) = buffer.split_first_chunk::<HEADER_LEN>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
        if length > self.limits.ordinary {
            let Some(number) = first_field(rest) else {
                return Ok(None);
            };
            refuse_longer(length, self.limits.of_first_field(number))?;
        }
        if rest.len() < length {
            return Ok(None);
        }
        buffer.advance(HEADER_LEN);
        let body = Frame::decode(buffer.split_to(length).freeze())?.body.ok_or(FrameError::Unknown)?;
        // The first field may have been another one's: what counts is what was read.
        refuse_longer(length, self.limits.of(&body))?;
        Ok(Some(body))
    }

    /// To be called when the channel has ended, with what is left in the buffer.
    pub fn end(&self, buffer: &BytesMut) -> Result<(), FrameError> {
        if buffer.is_empty() { Ok(()) } else { Err(FrameError::Truncated) }
    }
}

fn refuse_longer(length: usize, limit: usize) -> Result<(), FrameError> {
    if length > limit { Err(FrameError::TooLong { length, limit }) } else { Ok(()) }
}

/// The number of the field that `message` begins with; `None` when too few bytes are there to tell. What cannot be the
/// key of a field reads as field 0, which none has.
fn first_field(message: &[u8]) -> Option<u64> {
    match *message {
        [first, ..] if first < 0x80 => Some(u64::from(first >> 3)),
        [first, second, ..] if second < 0x80 => Some((u64::from(second) << 4) | u64::from((first & 0x7f) >> 3)),
        [_, _, ..] => Some(0),
        _ => None,
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
