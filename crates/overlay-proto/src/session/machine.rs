//! The state of one end of a connection: which frames may come, which must go.

use std::collections::VecDeque;

use bytes::BufMut;

use super::frame::{
    AbortCode, DATA_HEADER_LEN, Frame, MAX_DATA_LEN, Open, RefuseCode, ResetCode, VERSION, data_header,
};

/// How many bytes an end is ready to hold for its application when a stream begins.
pub const INITIAL_WINDOW: u32 = 1024 * 1024;
/// The largest window an end may promise.
pub const MAX_WINDOW: u32 = 16 * 1024 * 1024;

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
    /// The ingress opens a stream: answer with [`Session::accept`] or [`Session::refuse`].
    Opened(Open),
    /// The egress accepted the stream.
    Accepted,
    /// The egress refused the stream; another may be opened.
    Refused {
        /// Why.
        code: RefuseCode,
        /// Why, in the words of the egress.
        message: String,
    },
    /// Bytes for the application, in order. Report them with [`Session::consumed`] once it has taken them.
    Data(&'a [u8]),
    /// The other end sends nothing more. Report with [`Session::passed_on_end`] once the application knows.
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

/// What the other end did that the protocol forbids. The answer is [`Session::abort`].
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
    /// A window that is too large.
    #[error("a window of {0} bytes is too large")]
    TooLargeWindow(u32),
}

/// The caller asked for something that is not possible in this state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session is not in a state for this: {0}")]
pub struct Misuse(&'static str);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between streams.
    Ready,
    /// Opened, not yet answered.
    Opening,
    /// Accepted.
    Open,
    /// Nothing more will happen on this connection.
    Over,
}

#[derive(Debug, Default)]
struct Sending {
    /// Bytes handed out as DATA.
    sent: u64,
    /// Bytes the other end has consumed.
    acked: u64,
    /// The other end is ready for bytes before this offset.
    limit: u64,
    finished: bool,
}

#[derive(Debug, Default)]
struct Receiving {
    received: u64,
    /// Bytes the application has taken.
    consumed: u64,
    /// The other end was told it may send bytes before this offset.
    granted: u64,
    /// The other end's FIN has come.
    ended: bool,
    /// The application has been told so.
    passed_on: bool,
}

/// One end of a connection, through all its streams. Pure: the caller moves the bytes.
///
/// Frames that are due are written by [`Session::output`]; the caller appends them to the same byte stream as its
/// `DATA`, in the order of the calls.
#[derive(Debug)]
pub struct Session {
    role: Role,
    phase: Phase,
    window: u32,
    tx: Sending,
    rx: Receiving,
    idle_sent: bool,
    idle_received: bool,
    queue: VecDeque<Frame<'static>>,
}

impl Session {
    /// An end at the beginning of a connection, with the standard window.
    pub fn new(role: Role) -> Self {
        Self::with_window(role, INITIAL_WINDOW)
    }

    /// An end that holds at most `window` bytes (at most [`MAX_WINDOW`]) for its application.
    pub fn with_window(role: Role, window: u32) -> Self {
        Self {
            role,
            phase: Phase::Ready,
            window: window.min(MAX_WINDOW),
            tx: Sending::default(),
            rx: Receiving::default(),
            idle_sent: false,
            idle_received: false,
            queue: VecDeque::new(),
        }
    }

    /// Whether the connection is between streams.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether the connection carries nothing more. What [`Session::output`] still writes should be sent.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// How many bytes of the application may be sent now. While zero, its socket must not be read.
    pub fn sendable(&self) -> usize {
        if self.phase != Phase::Open || self.tx.finished {
            return 0;
        }
        usize::try_from(self.tx.limit.saturating_sub(self.tx.sent)).unwrap_or(usize::MAX)
    }

    /// How many bytes have been sent and are not known to be consumed.
    pub fn outstanding(&self) -> u64 {
        self.tx.sent - self.tx.acked
    }

    /// How many bytes have come and were not reported consumed: what the caller holds.
    pub fn held(&self) -> u64 {
        self.rx.received - self.rx.consumed
    }

    /// Begins a stream. Its window is set by the session.
    pub fn open(&mut self, mut open: Open) -> Result<(), Misuse> {
        if self.role != Role::Ingress || self.phase != Phase::Ready {
            return Err(Misuse("open"));
        }
        self.begin();
        open.window = self.window;
        self.phase = Phase::Opening;
        self.queue.push_back(Frame::Open(open));
        Ok(())
    }

    /// Accepts the stream that was opened.
    pub fn accept(&mut self) -> Result<(), Misuse> {
        if self.role != Role::Egress || self.phase != Phase::Opening {
            return Err(Misuse("accept"));
        }
        self.phase = Phase::Open;
        self.queue.push_back(Frame::Accept { received: 0, window: self.window });
        Ok(())
    }

    /// Refuses the stream that was opened. The next may follow.
    pub fn refuse(&mut self, code: RefuseCode, message: impl Into<String>) -> Result<(), Misuse> {
        if self.role != Role::Egress || self.phase != Phase::Opening {
            return Err(Misuse("refuse"));
        }
        self.phase = Phase::Ready;
        self.queue.push_back(Frame::Refuse { code, message: message.into() });
        Ok(())
    }

    /// The header for the next `len` bytes of the application, which the caller sends right behind it. What
    /// [`Session::output`] has to write must be sent before or after both, never between.
    pub fn data(&mut self, len: usize) -> Result<[u8; DATA_HEADER_LEN], Misuse> {
        if len == 0 || len > MAX_DATA_LEN || len > self.sendable() {
            return Err(Misuse("data"));
        }
        let header = data_header(self.tx.sent, len);
        self.tx.sent += len as u64;
        Ok(header)
    }

    /// The application sends nothing more.
    pub fn finish(&mut self) -> Result<(), Misuse> {
        if self.phase != Phase::Open || self.tx.finished {
            return Err(Misuse("finish"));
        }
        self.tx.finished = true;
        self.queue.push_back(Frame::Fin { offset: self.tx.sent });
        self.settle();
        Ok(())
    }

    /// The application has taken `len` bytes.
    pub fn consumed(&mut self, len: usize) {
        self.rx.consumed = (self.rx.consumed + len as u64).min(self.rx.received);
    }

    /// The application has been told that the other direction ended (and has taken all before).
    pub fn passed_on_end(&mut self) -> Result<(), Misuse> {
        if self.phase != Phase::Open || !self.rx.ended || self.rx.passed_on {
            return Err(Misuse("passed_on_end"));
        }
        self.rx.passed_on = true;
        self.settle();
        Ok(())
    }

    /// Gives up the stream. Without effect between streams, and once everything of this one was sent and taken here.
    pub fn reset(&mut self, code: ResetCode) {
        if matches!(self.phase, Phase::Opening | Phase::Open) && !self.idle_sent {
            let unsent = self.queue.iter().any(|frame| matches!(frame, Frame::Open(_)));
            self.over();
            // An OPEN that was never sent need not be taken back.
            if !unsent {
                self.queue.push_back(Frame::Reset { code });
            }
        }
    }

    /// Ends whatever there is for good.
    pub fn abort(&mut self, code: AbortCode, reason: impl Into<String>) {
        if self.phase != Phase::Over {
            self.end(Frame::Abort { code, reason: reason.into() });
        }
    }

    /// Ends the connection between streams.
    pub fn close(&mut self) -> Result<(), Misuse> {
        if self.phase != Phase::Ready {
            return Err(Misuse("close"));
        }
        self.phase = Phase::Over;
        self.queue.push_back(Frame::Close);
        Ok(())
    }

    /// Whether [`Session::output`] has something to write.
    pub fn wants_output(&self) -> bool {
        !self.queue.is_empty() || self.ack_due()
    }

    /// Appends the frames that are due to `out`: at most a few, of half a kilobyte at most each.
    pub fn output(&mut self, out: &mut impl BufMut) {
        if self.ack_due() {
            self.rx.granted = self.rx.consumed + u64::from(self.window);
            Frame::Ack { offset: self.rx.consumed, window: self.window }.encode(out);
        }
        for frame in self.queue.drain(..) {
            frame.encode(out);
        }
    }

    /// Takes a frame of the other end.
    pub fn handle<'a>(&mut self, frame: Frame<'a>) -> Result<Event<'a>, Violation> {
        if self.phase == Phase::Over {
            return Ok(Event::Nothing);
        }
        match frame {
            Frame::Data { offset, bytes } => self.on_data(offset, bytes),
            Frame::Ack { offset, window } => self.on_ack(offset, window),
            Frame::Open(open) => self.on_open(open),
            Frame::UnknownVersion(version) => self.on_unknown_version(version),
            Frame::Accept { received, window } => self.on_accept(received, window),
            Frame::Refuse { code, message } => {
                self.expect(self.role == Role::Ingress && self.phase == Phase::Opening, "REFUSE")?;
                self.phase = Phase::Ready;
                Ok(Event::Refused { code, message })
            }
            Frame::Fin { offset } => self.on_fin(offset),
            Frame::Reset { code } => {
                self.expect(self.phase != Phase::Ready, "RESET")?;
                self.over();
                Ok(Event::Reset(code))
            }
            Frame::Abort { code, reason } => {
                self.over();
                Ok(Event::Aborted { code, reason })
            }
            Frame::Resume(_) => {
                self.expect(self.role == Role::Egress && self.phase == Phase::Ready, "RESUME")?;
                let message = "streams are not resumed here".to_owned();
                self.queue.push_back(Frame::Refuse { code: RefuseCode::ResumeUnsupported, message });
                Ok(Event::Nothing)
            }
            Frame::Idle => self.on_idle(),
            Frame::Close => {
                // An egress may close while our OPEN is on its way; the stream was not accepted then.
                let crossing = self.role == Role::Ingress && self.phase == Phase::Opening;
                self.expect(self.phase == Phase::Ready || crossing, "CLOSE")?;
                self.over();
                Ok(Event::Closed)
            }
        }
    }

    fn on_open(&mut self, open: Open) -> Result<Event<'static>, Violation> {
        self.expect(self.role == Role::Egress && self.phase == Phase::Ready, "OPEN")?;
        bounded(open.window)?;
        self.begin();
        self.tx.limit = u64::from(open.window);
        self.phase = Phase::Opening;
        Ok(Event::Opened(open))
    }

    fn on_unknown_version(&mut self, version: u8) -> Result<Event<'static>, Violation> {
        self.expect(self.role == Role::Egress && self.phase == Phase::Ready, "OPEN")?;
        let message = format!("session protocol {version} is not spoken here, only {VERSION}");
        self.end(Frame::Refuse { code: RefuseCode::Version, message });
        Ok(Event::Closed)
    }

    fn on_accept(&mut self, received: u64, window: u32) -> Result<Event<'static>, Violation> {
        self.expect(self.role == Role::Ingress && self.phase == Phase::Opening, "ACCEPT")?;
        bounded(window)?;
        if received != 0 {
            return Err(Violation::Ack);
        }
        self.tx.limit = u64::from(window);
        self.phase = Phase::Open;
        Ok(Event::Accepted)
    }

    fn on_data<'a>(&mut self, offset: u64, bytes: &'a [u8]) -> Result<Event<'a>, Violation> {
        self.expect(self.phase == Phase::Open && !self.rx.ended, "DATA")?;
        if offset != self.rx.received {
            return Err(Violation::Offset { got: offset, expected: self.rx.received });
        }
        if bytes.len() as u64 > self.rx.granted - self.rx.received {
            return Err(Violation::Window);
        }
        self.rx.received += bytes.len() as u64;
        Ok(Event::Data(bytes))
    }

    fn on_ack(&mut self, offset: u64, window: u32) -> Result<Event<'static>, Violation> {
        self.expect(self.phase == Phase::Open && !self.idle_received, "ACK")?;
        bounded(window)?;
        let limit = offset.saturating_add(u64::from(window));
        if offset > self.tx.sent || offset < self.tx.acked || limit < self.tx.limit {
            return Err(Violation::Ack);
        }
        self.tx.acked = offset;
        self.tx.limit = limit;
        Ok(Event::Nothing)
    }

    fn on_fin(&mut self, offset: u64) -> Result<Event<'static>, Violation> {
        self.expect(self.phase == Phase::Open && !self.rx.ended, "FIN")?;
        if offset != self.rx.received {
            return Err(Violation::Offset { got: offset, expected: self.rx.received });
        }
        self.rx.ended = true;
        Ok(Event::End)
    }

    fn on_idle(&mut self) -> Result<Event<'static>, Violation> {
        // IDLE says: I have sent my FIN and passed on yours. Neither can be true before.
        let possible = self.phase == Phase::Open && self.rx.ended && self.tx.finished && !self.idle_received;
        self.expect(possible, "IDLE")?;
        self.idle_received = true;
        self.tx.acked = self.tx.sent;
        if self.idle_sent {
            self.phase = Phase::Ready;
            return Ok(Event::Finished);
        }
        Ok(Event::Nothing)
    }

    fn expect(&self, condition: bool, frame: &'static str) -> Result<(), Violation> {
        if condition { Ok(()) } else { Err(Violation::Unexpected(frame)) }
    }

    /// An acknowledgement is worth a frame when it opens a quarter of the window. After the other end's FIN there is
    /// nothing left to make room for.
    fn ack_due(&self) -> bool {
        let behind = (self.rx.consumed + u64::from(self.window)).saturating_sub(self.rx.granted);
        self.phase == Phase::Open && !self.rx.ended && behind > 0 && behind >= u64::from(self.window / 4)
    }

    fn begin(&mut self) {
        self.tx = Sending::default();
        self.rx = Receiving { granted: u64::from(self.window), ..Receiving::default() };
        self.idle_sent = false;
        self.idle_received = false;
    }

    /// Says IDLE as soon as both directions are finished here.
    fn settle(&mut self) {
        if self.tx.finished && self.rx.passed_on && !self.idle_sent {
            self.idle_sent = true;
            self.queue.push_back(Frame::Idle);
            if self.idle_received {
                self.phase = Phase::Ready;
            }
        }
    }

    fn end(&mut self, last: Frame<'static>) {
        // What else is due no longer matters.
        self.over();
        self.queue.push_back(last);
    }

    fn over(&mut self) {
        self.queue.clear();
        self.phase = Phase::Over;
    }
}

fn bounded(window: u32) -> Result<(), Violation> {
    if window > MAX_WINDOW { Err(Violation::TooLargeWindow(window)) } else { Ok(()) }
}
