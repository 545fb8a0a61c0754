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
//! | 2 | `ACCEPT` | received u64, window u32 |
//! | 3 | `REFUSE` | code u16, message length u16, message |
//! | 4 | `DATA` | offset u64, length u32 (1 to 65 536), bytes |
//! | 5 | `ACK` | offset u64, window u32 |
//! | 6 | `FIN` | offset u64 |
//! | 7 | `RESET` | code u16 |
//! | 8 | `ABORT` | code u16, reason length u16, reason |
//! | 9 | `RESUME` | version u8, stream id (16 bytes), received u64, window u32, proof (32 bytes) |
//! | 10 | `IDLE` | |
//! | 11 | `CLOSE` | |
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
//! `RESUME` is understood and refused (`REFUSE` with [`RefuseCode::ResumeUnsupported`]): continuing a stream over
//! another path is a capability of later versions. Its proof will be an HMAC over the new connection's exporter.

mod decode;
mod frame;
mod machine;

pub use decode::{DecodeError, Decoder};
pub use frame::{
    AbortCode, DATA_HEADER_LEN, Frame, MAX_DATA_LEN, MAX_TEXT_LEN, Open, Protocol, RefuseCode, ResetCode, Resume,
    VERSION, data_header,
};
pub use machine::{Event, INITIAL_WINDOW, MAX_WINDOW, Misuse, Role, Session, Violation};

#[cfg(test)]
mod tests;
