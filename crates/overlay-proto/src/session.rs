//! The session layer: what the two ends of a stream say to each other inside their end-to-end TLS connection.
//!
//! It gives a stream what TCP gives a connection (order, back-pressure, an end per direction), in frames whose
//! integrity does not depend on the path: only an authenticated `FIN`, `RESET`, `REFUSE` or `ABORT` ends anything. A
//! TCP or TLS connection that merely stops is a lost path, and never looks like the end of the data.
//!
//! # Layout
//!
//! Numbers are big-endian. A frame is a type byte and a body:
//!
//! | type | frame | body |
//! |---|---|---|
//! | 1 | `OPEN` | version u8, protocol u8, flags u16, window u32, stream id (16 bytes), address length u8, address |
//! | 2 | `ACCEPT` | progress |
//! | 3 | `REFUSE` | code u16, message length u16, message |
//! | 4 | `DATA` | offset u64, length u32 (1 to 65 536), bytes |
//! | 5 | `ACK` | offset u64, window u32 |
//! | 6 | `FIN` | offset u64 |
//! | 7 | `RESET` | code u16 |
//! | 8 | `ABORT` | code u16, reason length u16, reason |
//! | 9 | `RESUME` | version u8, stream id (16 bytes), attempt u32, progress, proof (32 bytes) |
//! | 10 | `IDLE` | |
//! | 11 | `CLOSE` | |
//!
//! Progress is how far the sender of the frame has come with what the other end sends: flags u8 (1: its `FIN` has come, 2: its
//! `IDLE` has come), received u64, window u32.
//!
//! Texts are UTF-8 of at most 512 bytes. Offsets count the bytes of one direction from the stream's beginning and
//! are contiguous. A window is how many bytes beyond the offset beside it the receiver will hold; what was promised
//! is never taken back.
//!
//! # Life of a stream
//!
//! The ingress begins every stream with `OPEN`, on a reused connection too: the address inside, protected end to end,
//! is all the egress goes by. The egress answers `ACCEPT` or `REFUSE`; the ingress sends no data before, so a stream
//! that was not accepted can always be tried elsewhere. Then `DATA` and `FIN` flow in each direction on their own.
//! An end that has sent its `FIN` and passed on the other's says `IDLE`; when both have, the connection is free for
//! the next `OPEN`, or for `CLOSE`. After `RESET` or `ABORT` a connection carries nothing more.
//!
//! # When the path is lost
//!
//! Each end keeps what it has sent until the other says that it was consumed, never more than a window. When the connection
//! is lost, the ingress makes another to the same site and says `RESUME` on it, before anything else: what has come so far,
//! and a proof that it is the end that opened the stream (an HMAC under a secret exported from the connection on which it did,
//! over the stream, the attempt and what is exported from the new connection). The egress answers `ACCEPT` with what has come
//! there, and both send what has not once more. The egress need not have noticed the loss: the last attempt counts. What has
//! come over the old connection by then has come; what comes later is not looked at. `REFUSE` says that the egress knows no
//! such stream; both ends keep one for [`RESUME_WITHIN`]. A certificate that is to expire is replaced the same way, before
//! the connection is lost.

mod decode;
mod event;
mod frame;
mod machine;
mod replay;
mod resumption;
mod secret;

pub use decode::{DecodeError, Decoder};
pub use event::{Event, Misuse, Role, Violation};
pub use frame::{
    AbortCode, Frame, MAX_DATA_LEN, MAX_TEXT_LEN, Open, PROOF_LEN, Progress, Protocol, RefuseCode, ResetCode, Resume,
    VERSION,
};
pub use machine::{HEAD_LEN, Head, INITIAL_WINDOW, MAX_WINDOW, Session};
pub use resumption::RESUME_WITHIN;
pub use secret::{BINDING_LABEL, EXPORTED_LEN, SECRET_LABEL, Secret};

#[cfg(test)]
mod tests;
