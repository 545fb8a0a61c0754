//! What a session tells its caller.

use super::frame::{AbortCode, Open, RefuseCode, ResetCode, Resume};

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Opens streams.
    Ingress,
    /// Accepts them.
    Egress,
}

/// What a frame means to the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// Nothing; though there may be something to send now, or more room to send it.
    Nothing,
    /// The ingress opens a stream: answer with [`Session::accept`](super::Session::accept) or
    /// [`Session::refuse`](super::Session::refuse).
    Opened(Open),
    /// The ingress wants to continue a stream over this connection. Its proof was not looked at yet. Answer with
    /// [`Session::resumed`](super::Session::resumed) of that stream's session, which takes this one's place, or with
    /// [`Session::refuse`](super::Session::refuse).
    Resume(Resume),
    /// The egress accepted the stream, or it goes on.
    Accepted,
    /// The egress refused the stream; another may be opened.
    Refused {
        /// Why.
        code: RefuseCode,
        /// Why, in the words of the egress.
        message: String,
    },
    /// Bytes for the application, in order. Report them with [`Session::consumed`](super::Session::consumed) once it
    /// has taken them.
    Data(&'a [u8]),
    /// The other end sends nothing more. Report with
    /// [`Session::passed_on_end`](super::Session::passed_on_end) once the application knows.
    End,
    /// Both directions have ended; another stream may be opened.
    Finished,
    /// The other end gave up the stream. The connection carries nothing more.
    Reset(ResetCode),
    /// The other end ended the stream for good. The connection carries nothing more.
    Aborted {
        /// Why.
        code: AbortCode,
        /// Why, in the words of the other end.
        reason: String,
    },
    /// The other end is finished with the connection.
    Closed,
}

/// What the other end did that the protocol forbids. The answer is [`Session::abort`](super::Session::abort).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A frame that has no place at this point.
    #[error("a frame that has no place here: {0}")]
    Unexpected(&'static str),
    /// Data or an end that does not continue where the last left off.
    #[error("offset {got} where {expected} was due")]
    Offset {
        /// The offset received.
        got: u64,
        /// The only one acceptable.
        expected: u64,
    },
    /// More data than the window allows.
    #[error("data beyond the window")]
    Window,
    /// An acknowledgement of what was never sent, or taking back an earlier one.
    #[error("an impossible acknowledgement")]
    Ack,
    /// A stream is continued that is another one, or by an attempt that was overtaken by a later one.
    #[error("an attempt to continue a stream that is out of date")]
    Attempt,
    /// A window that is too large.
    #[error("a window of {0} bytes is too large")]
    TooLargeWindow(u32),
}

/// The caller asked for something that is not possible in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is not in a state for this: {0}")]
pub struct Misuse(pub(super) &'static str);
