//! Reading frames from a stream of bytes that arrives in any pieces.

use bytes::Buf;
use model::Address;

use super::frame::{
    ACK_LEN, DATA_HEADER_LEN, Frame, MAX_DATA_LEN, MAX_TEXT_LEN, Open, PROGRESS_LEN, PROOF_LEN, Progress, Protocol,
    Resume, VERSION, kind, progress,
};

/// Why bytes are not frames.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No frame has this type.
    #[error("unknown frame type {0}")]
    UnknownType(u8),
    /// A `DATA` frame is empty or too long.
    #[error("a DATA frame of {0} bytes")]
    DataLength(u32),
    /// A text is too long or not UTF-8.
    #[error("a text that is too long or not UTF-8")]
    Text,
    /// An address has no valid form.
    #[error("an address of invalid form")]
    Address(#[source] model::address::InvalidAddress),
    /// An address is not UTF-8.
    #[error("an address that is not text")]
    AddressText,
    /// Flags of an ACCEPT or RESUME that nobody knows.
    #[error("unknown flags {0:#x} of an ACCEPT or RESUME")]
    Progress(u8),
    /// A transport protocol nobody knows.
    #[error("unknown transport protocol {0}")]
    Protocol(u8),
}

/// Reads frames from bytes in order, without holding more than one frame's head.
///
/// The payload of `DATA` is handed out in the pieces in which it arrives, without copying; every other frame is
/// handed out whole. After an error the decoder must not be used again.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The beginning of a frame whose rest has not arrived. Never more than a text frame: about half a kilobyte.
    head: Vec<u8>,
    /// Where the rest of the current `DATA` frame stands in the stream, and how much of it is still to come.
    offset: u64,
    payload: usize,
}

enum Parsed {
    /// At least this many bytes are needed to go on.
    Needs(usize),
    /// A whole frame, and how many bytes it took.
    Frame(Frame<'static>, usize),
    /// The header of a `DATA` frame.
    Data { offset: u64, len: usize },
}

impl Decoder {
    /// A decoder at the beginning of a connection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the bytes seen so far end between two frames.
    pub fn is_between_frames(&self) -> bool {
        self.head.is_empty() && self.payload == 0
    }

    /// Takes the next frame from the front of `input`, moving it forward. Nothing, when `input` is used up first.
    pub fn decode<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Frame<'a>>, DecodeError> {
        loop {
            if self.payload > 0 {
                if input.is_empty() {
                    return Ok(None);
                }
                let (bytes, rest) = input.split_at(self.payload.min(input.len()));
                *input = rest;
                let offset = self.offset;
                // A frame at the very end of the range of offsets is refused by the state machine, whose own count
                // it cannot match.
                self.offset = offset.saturating_add(bytes.len() as u64);
                self.payload -= bytes.len();
                return Ok(Some(Frame::Data { offset, bytes }));
            }
            let (parsed, buffered) =
                if self.head.is_empty() { (parse(input)?, false) } else { (parse(&self.head)?, true) };
            match parsed {
                Parsed::Needs(needed) => {
                    if input.is_empty() {
                        return Ok(None);
                    }
                    let missing = needed - self.head.len();
                    let (bytes, rest) = input.split_at(missing.min(input.len()));
                    self.head.extend_from_slice(bytes);
                    *input = rest;
                }
                Parsed::Frame(frame, len) => {
                    self.skip(input, len, buffered);
                    return Ok(Some(frame));
                }
                Parsed::Data { offset, len } => {
                    self.skip(input, DATA_HEADER_LEN, buffered);
                    self.offset = offset;
                    self.payload = len;
                }
            }
        }
    }

    fn skip(&mut self, input: &mut &[u8], len: usize, buffered: bool) {
        if buffered {
            // `head` is filled exactly up to what was needed, so the frame is all of it.
            self.head.clear();
        } else {
            input.advance(len);
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Parsed, DecodeError> {
    let Some(&first) = bytes.first() else {
        return Ok(Parsed::Needs(1));
    };
    let version_follows = matches!(first, kind::OPEN | kind::RESUME);
    if version_follows {
        match bytes.get(1) {
            None => return Ok(Parsed::Needs(2)),
            Some(&VERSION) => {}
            Some(&other) => return Ok(Parsed::Frame(Frame::UnknownVersion(other), 2)),
        }
    }
    let fixed = match first {
        kind::OPEN => 26,
        kind::ACCEPT => 1 + PROGRESS_LEN,
        kind::ACK => ACK_LEN,
        kind::DATA => DATA_HEADER_LEN,
        kind::REFUSE | kind::ABORT => 5,
        kind::FIN => 9,
        kind::RESET => 3,
        kind::RESUME => 2 + 16 + 4 + PROGRESS_LEN + PROOF_LEN,
        kind::IDLE | kind::CLOSE => 1,
        other => return Err(DecodeError::UnknownType(other)),
    };
    if bytes.len() < fixed {
        return Ok(Parsed::Needs(fixed));
    }
    let mut rest = &bytes[1..];
    Ok(match first {
        kind::OPEN => return parse_open(bytes),
        kind::REFUSE | kind::ABORT => return parse_text(bytes),
        kind::ACCEPT => Parsed::Frame(Frame::Accept(get_progress(&mut rest)?), fixed),
        kind::ACK => Parsed::Frame(Frame::Ack { offset: rest.get_u64(), window: rest.get_u32() }, fixed),
        kind::DATA => {
            let (offset, len) = (rest.get_u64(), rest.get_u32());
            match usize::try_from(len) {
                Ok(len @ 1..=MAX_DATA_LEN) => Parsed::Data { offset, len },
                _ => return Err(DecodeError::DataLength(len)),
            }
        }
        kind::FIN => Parsed::Frame(Frame::Fin { offset: rest.get_u64() }, fixed),
        kind::RESET => Parsed::Frame(Frame::Reset { code: rest.get_u16().into() }, fixed),
        kind::RESUME => {
            rest.advance(1);
            let (mut stream, mut proof) = ([0; 16], [0; PROOF_LEN]);
            rest.copy_to_slice(&mut stream);
            let (attempt, progress) = (rest.get_u32(), get_progress(&mut rest)?);
            rest.copy_to_slice(&mut proof);
            Parsed::Frame(Frame::Resume(Resume { stream, attempt, progress, proof }), fixed)
        }
        kind::IDLE => Parsed::Frame(Frame::Idle, fixed),
        _ => Parsed::Frame(Frame::Close, fixed),
    })
}

fn get_progress(bytes: &mut &[u8]) -> Result<Progress, DecodeError> {
    let flags = bytes.get_u8();
    if flags & !(progress::ENDED | progress::IDLE) != 0 {
        return Err(DecodeError::Progress(flags));
    }
    let (received, window) = (bytes.get_u64(), bytes.get_u32());
    Ok(Progress { received, window, ended: flags & progress::ENDED != 0, idle: flags & progress::IDLE != 0 })
}

fn parse_open(bytes: &[u8]) -> Result<Parsed, DecodeError> {
    let mut rest = &bytes[2..];
    let protocol = match rest.get_u8() {
        0 => Protocol::Tcp,
        1 => Protocol::Udp,
        other => return Err(DecodeError::Protocol(other)),
    };
    let (flags, window) = (rest.get_u16(), rest.get_u32());
    let mut stream = [0; 16];
    rest.copy_to_slice(&mut stream);
    let len = usize::from(rest.get_u8());
    let total = bytes.len() - rest.len() + len;
    let Some(address) = rest.get(..len) else {
        return Ok(Parsed::Needs(total));
    };
    let address = std::str::from_utf8(address).map_err(|_| DecodeError::AddressText)?;
    let address = Address::from_wire(address).map_err(DecodeError::Address)?;
    Ok(Parsed::Frame(Frame::Open(Open { stream, address, protocol, flags, window }), total))
}

fn parse_text(bytes: &[u8]) -> Result<Parsed, DecodeError> {
    let mut rest = &bytes[1..];
    let (code, len) = (rest.get_u16(), usize::from(rest.get_u16()));
    if len > MAX_TEXT_LEN {
        return Err(DecodeError::Text);
    }
    let total = bytes.len() - rest.len() + len;
    let Some(text) = rest.get(..len) else {
        return Ok(Parsed::Needs(total));
    };
    let text = std::str::from_utf8(text).map_err(|_| DecodeError::Text)?.to_owned();
    let frame = if bytes[0] == kind::REFUSE {
        Frame::Refuse { code: code.into(), message: text }
    } else {
        Frame::Abort { code: code.into(), reason: text }
    };
    Ok(Parsed::Frame(frame, total))
}
