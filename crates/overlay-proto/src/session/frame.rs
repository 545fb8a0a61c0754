//! Frames and how they are written.

use bytes::BufMut;
use model::Address;

/// The version of the session protocol written here.
pub const VERSION: u8 = 2;
/// The most bytes one `DATA` frame carries.
pub const MAX_DATA_LEN: usize = 64 * 1024;
/// The most bytes of a message or reason; longer ones are cut when written, and refused when read.
pub const MAX_TEXT_LEN: usize = 512;
/// How many bytes stand before the payload of a `DATA` frame.
pub(super) const DATA_HEADER_LEN: usize = 1 + 8 + 4;
/// The length of the proof in a `RESUME`.
pub const PROOF_LEN: usize = 32;
pub(super) const ACK_LEN: usize = 1 + 8 + 4;
pub(super) const PROGRESS_LEN: usize = 1 + 8 + 4;

/// The flags of a [`Progress`].
pub(super) mod progress {
    pub(in crate::session) const ENDED: u8 = 1;
    pub(in crate::session) const IDLE: u8 = 2;
}

pub(super) mod kind {
    pub(in crate::session) const OPEN: u8 = 1;
    pub(in crate::session) const ACCEPT: u8 = 2;
    pub(in crate::session) const REFUSE: u8 = 3;
    pub(in crate::session) const DATA: u8 = 4;
    pub(in crate::session) const ACK: u8 = 5;
    pub(in crate::session) const FIN: u8 = 6;
    pub(in crate::session) const RESET: u8 = 7;
    pub(in crate::session) const ABORT: u8 = 8;
    pub(in crate::session) const RESUME: u8 = 9;
    pub(in crate::session) const IDLE: u8 = 10;
    pub(in crate::session) const CLOSE: u8 = 11;
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $value:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
            /// A code this version has no name for.
            Other(u16),
        }

        impl From<u16> for $name {
            fn from(code: u16) -> Self {
                match code {
                    $($value => Self::$variant,)+
                    other => Self::Other(other),
                }
            }
        }

        impl From<$name> for u16 {
            fn from(code: $name) -> u16 {
                match code {
                    $($name::$variant => $value,)+
                    $name::Other(other) => other,
                }
            }
        }
    };
}

codes! {
    /// Why a stream was not accepted. Another candidate may be tried.
    RefuseCode {
        /// Nothing serves the address here.
        NoSuchAddress = 1,
        /// The target of the connector could not be reached.
        TargetUnreachable = 2,
        /// The opener may not use the address.
        NotAllowed = 3,
        /// Too many streams.
        Limit = 4,
        /// The version of the session protocol is not spoken here.
        Version = 5,
        /// No such stream of the one who asks waits here to be resumed.
        NoSuchStream = 6,
        /// The transport protocol (UDP) is not served here.
        Protocol = 7,
        /// The site is about to go.
        Draining = 8,
    }
}

codes! {
    /// Why an end gave up the stream in both directions.
    ResetCode {
        /// Its application reset the connection, or vanished.
        Application = 1,
        /// Nobody waits for the answer any more.
        GaveUp = 2,
    }
}

codes! {
    /// Why an end ended the stream for good, whatever path there may still be.
    AbortCode {
        /// The other end broke the protocol.
        Protocol = 1,
        /// The address belongs to another use than the one the connection was made for.
        WrongUse = 2,
        /// The listener or connector of the stream was removed.
        Removed = 3,
        /// Trust in the other end, or in ourselves, was withdrawn.
        Trust = 4,
        /// The router shuts down.
        Shutdown = 5,
        /// There are too many connections with the other end already.
        Limit = 6,
        /// The other end has said nothing for too long.
        Silent = 7,
    }
}

/// What a stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Bytes in order.
    Tcp,
    /// Datagrams.
    Udp,
}

/// The first frame of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Open {
    /// Names the stream; chosen at random by the ingress.
    pub stream: [u8; 16],
    /// Where to.
    pub address: Address,
    /// What the stream carries.
    pub protocol: Protocol,
    /// Reserved for later versions: written as zero, ignored when read.
    pub flags: u16,
    /// How many bytes the ingress is ready to hold.
    pub window: u32,
}

/// How far an end has come with what the other one sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How many bytes have come, in order.
    pub received: u64,
    /// How many bytes beyond those it is ready to hold.
    pub window: u32,
    /// The other end's FIN has come.
    pub ended: bool,
    /// The other end's IDLE has come.
    pub idle: bool,
}

/// Asks to continue a stream over this connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The stream.
    pub stream: [u8; 16],
    /// Counts the attempts to resume this stream: of two, the later one is right, in whatever order they arrive.
    pub attempt: u32,
    /// What has come at the sender.
    pub progress: Progress,
    /// Proves that the sender is the end that opened the stream, and has said this on this very connection.
    pub proof: [u8; PROOF_LEN],
}

/// A frame of the session layer. `DATA` may arrive in pieces, each a frame of its own with its own offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame<'a> {
    /// Begins a stream.
    Open(Open),
    /// Another version's OPEN or RESUME, whose body only that version can read. Ends the connection.
    UnknownVersion(u8),
    /// The stream is accepted, or goes on; what has come of it at the egress.
    Accept(Progress),
    /// The stream is not accepted.
    Refuse {
        /// Why.
        code: RefuseCode,
        /// Why, for people.
        message: String,
    },
    /// Bytes of the stream.
    Data {
        /// Where in the stream they stand.
        offset: u64,
        /// The bytes; never empty.
        bytes: &'a [u8],
    },
    /// What was consumed, and how much more may come.
    Ack {
        /// All bytes before this were consumed.
        offset: u64,
        /// How many bytes beyond `offset` may be sent.
        window: u32,
    },
    /// The sender's direction ends here.
    Fin {
        /// The length of the direction.
        offset: u64,
    },
    /// The sender has given up the stream.
    Reset {
        /// Why.
        code: ResetCode,
    },
    /// The sender has ended the stream for good.
    Abort {
        /// Why.
        code: AbortCode,
        /// Why, for people.
        reason: String,
    },
    /// Asks to continue a stream.
    Resume(Resume),
    /// The sender is finished with the stream.
    Idle,
    /// The sender is finished with the connection.
    Close,
}

impl Frame<'_> {
    /// Appends the frame to `out`. [`Frame::UnknownVersion`] writes nothing: it is only ever read.
    ///
    /// # Panics
    ///
    /// When the bytes of a `DATA` frame are more than [`MAX_DATA_LEN`].
    pub fn encode(&self, out: &mut impl BufMut) {
        match self {
            Self::Open(open) => {
                out.put_u8(kind::OPEN);
                out.put_u8(VERSION);
                out.put_u8(match open.protocol {
                    Protocol::Tcp => 0,
                    Protocol::Udp => 1,
                });
                out.put_u16(open.flags);
                out.put_u32(open.window);
                out.put_slice(&open.stream);
                let address = open.address.as_str().as_bytes();
                out.put_u8(u8::try_from(address.len()).expect("an address has at most 128 bytes"));
                out.put_slice(address);
            }
            Self::UnknownVersion(_) => {}
            Self::Accept(progress) => {
                out.put_u8(kind::ACCEPT);
                put_progress(out, progress);
            }
            Self::Refuse { code, message } => put_text(out, kind::REFUSE, (*code).into(), message),
            Self::Data { offset, bytes } => {
                out.put_slice(&data_header(*offset, bytes.len()));
                out.put_slice(bytes);
            }
            Self::Ack { offset, window } => out.put_slice(&ack(*offset, *window)),
            Self::Fin { offset } => {
                out.put_u8(kind::FIN);
                out.put_u64(*offset);
            }
            Self::Reset { code } => {
                out.put_u8(kind::RESET);
                out.put_u16((*code).into());
            }
            Self::Abort { code, reason } => put_text(out, kind::ABORT, (*code).into(), reason),
            Self::Resume(resume) => {
                out.put_u8(kind::RESUME);
                out.put_u8(VERSION);
                out.put_slice(&resume.stream);
                out.put_u32(resume.attempt);
                put_progress(out, &resume.progress);
                out.put_slice(&resume.proof);
            }
            Self::Idle => out.put_u8(kind::IDLE),
            Self::Close => out.put_u8(kind::CLOSE),
        }
    }
}

/// An acknowledgement.
pub(super) fn ack(offset: u64, window: u32) -> [u8; ACK_LEN] {
    let mut frame = [0; ACK_LEN];
    frame[0] = kind::ACK;
    frame[1..9].copy_from_slice(&offset.to_be_bytes());
    frame[9..].copy_from_slice(&window.to_be_bytes());
    frame
}

/// The bytes that stand before `len` bytes of data at `offset`.
///
/// # Panics
///
/// When `len` is more than [`MAX_DATA_LEN`].
pub(super) fn data_header(offset: u64, len: usize) -> [u8; DATA_HEADER_LEN] {
    assert!(len <= MAX_DATA_LEN, "a DATA frame carries at most {MAX_DATA_LEN} bytes");
    let mut header = [0; DATA_HEADER_LEN];
    header[0] = kind::DATA;
    header[1..9].copy_from_slice(&offset.to_be_bytes());
    header[9..].copy_from_slice(&u32::try_from(len).expect("bounded above").to_be_bytes());
    header
}

fn put_progress(out: &mut impl BufMut, progress: &Progress) {
    out.put_u8((u8::from(progress.ended) * progress::ENDED) | (u8::from(progress.idle) * progress::IDLE));
    out.put_u64(progress.received);
    out.put_u32(progress.window);
}

fn put_text(out: &mut impl BufMut, kind: u8, code: u16, text: &str) {
    let text = &text.as_bytes()[..text.floor_char_boundary(MAX_TEXT_LEN)];
    out.put_u8(kind);
    out.put_u16(code);
    out.put_u16(u16::try_from(text.len()).expect("cut to 512 bytes"));
    out.put_slice(text);
}
