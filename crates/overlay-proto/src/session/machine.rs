//! The state of one end of a stream, and of the connection that carries it: which frames may come, which must go.

use std::collections::VecDeque;

use bytes::{BufMut, Bytes};

use super::{
    event::{Event, Misuse, Role, Violation},
    frame::{
        ACK_LEN, AbortCode, DATA_HEADER_LEN, Frame, MAX_DATA_LEN, Open, Progress, RefuseCode, ResetCode, VERSION, ack,
        data_header,
    },
    replay::Replay,
};
use crate::Millis;

/// How many bytes an end is ready to hold for its application when a stream begins.
pub const INITIAL_WINDOW: u32 = 1024 * 1024;
/// The largest window an end may promise.
pub const MAX_WINDOW: u32 = 16 * 1024 * 1024;
/// The most bytes that stand before the payload of a `DATA` frame: an `ACK` may go with it.
pub const HEAD_LEN: usize = ACK_LEN + DATA_HEADER_LEN;
/// Windows grow on ways that take longer than this there and back; on shorter ones the first is enough for any line, and
/// what a round trip takes there says more of how busy the machines are.
const LONG_WAY: u64 = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Between streams.
    Ready,
    /// Opened, not yet answered.
    Opening,
    /// The egress was asked to continue a stream, and has not answered.
    Asked,
    /// Accepted.
    Open,
    /// Accepted, and the path is gone.
    Lost,
    /// Continued over another connection, not yet answered.
    Resuming,
    /// Nothing more will happen on this connection.
    Over,
}

#[derive(Debug, Default)]
pub(super) struct Sending {
    /// Bytes taken from the application.
    pub(super) sent: u64,
    /// Bytes handed out as DATA on this connection, or known to have come by another: up to `sent`.
    pub(super) next: u64,
    /// Bytes the other end has consumed.
    pub(super) acked: u64,
    /// Bytes that need not be kept any more: they were consumed, or had come when the stream was continued.
    pub(super) arrived: u64,
    /// The other end is ready for bytes before this offset.
    pub(super) limit: u64,
    pub(super) finished: bool,
    pub(super) fin_sent: bool,
    pub(super) replay: Replay,
}

impl Sending {
    /// What comes before `offset` need not be kept any more.
    pub(super) fn has_arrived(&mut self, offset: u64) {
        self.arrived = self.arrived.max(offset);
        self.replay.forget_before(self.arrived);
    }
}

#[derive(Debug, Default)]
pub(super) struct Receiving {
    pub(super) received: u64,
    /// Bytes the application has taken.
    pub(super) consumed: u64,
    /// Bytes the other end was told are consumed.
    told: u64,
    /// It is told soon, even if that opens little of the window.
    tell: bool,
    /// The other end was told it may send bytes before this offset.
    granted: u64,
    /// The other end's FIN has come.
    pub(super) ended: bool,
    /// The application has been told so.
    passed_on: bool,
    /// When the rate was looked at last, and what had been consumed by then.
    measured: (Millis, u64),
}

/// What to send right before the bytes of a `DATA` frame.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    bytes: [u8; HEAD_LEN],
    len: usize,
}

impl std::ops::Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

/// One end of a stream, and of the connection that carries it. Pure: the caller moves the bytes.
///
/// It begins with a connection and goes through all its streams. When the connection is lost in the middle of a stream, it
/// [goes on](Session::resume) with another one, in place of the session that this one began with.
///
/// Frames that are due are written by [`Session::output`]; the caller appends them to the same byte stream as its
/// `DATA`, in the order of the calls.
#[derive(Debug)]
pub struct Session {
    pub(super) role: Role,
    pub(super) phase: Phase,
    first_window: u32,
    window: u32,
    round_trip: u64,
    pub(super) stream: [u8; 16],
    /// The last attempt to continue the stream.
    pub(super) attempt: u32,
    pub(super) tx: Sending,
    pub(super) rx: Receiving,
    pub(super) idle_sent: bool,
    pub(super) idle_received: bool,
    pub(super) queue: VecDeque<Frame<'static>>,
}

impl Session {
    /// An end at the beginning of a connection, with the standard window.
    pub fn new(role: Role) -> Self {
        Self::with_window(role, INITIAL_WINDOW)
    }

    /// An end that holds at most `window` bytes (at most [`MAX_WINDOW`]) for its application.
    pub fn with_window(role: Role, window: u32) -> Self {
        let window = window.min(MAX_WINDOW);
        Self {
            role,
            phase: Phase::Ready,
            first_window: window,
            window,
            round_trip: 0,
            stream: [0; 16],
            attempt: 0,
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

    /// Whether both directions have ended at this end, and all that is missing is the other end's word.
    pub fn is_settled(&self) -> bool {
        self.idle_sent
    }

    /// How many milliseconds it takes to the other end and back, as far as is known: windows grow with it.
    pub fn round_trip(&mut self, milliseconds: u64) {
        self.round_trip = milliseconds;
    }

    /// How many bytes of the application may be sent now. While zero, its socket must not be read.
    pub fn sendable(&self) -> usize {
        if self.phase != Phase::Open || self.tx.finished || self.tx.next < self.tx.sent || !self.queue.is_empty() {
            return 0;
        }
        usize::try_from(self.tx.limit.saturating_sub(self.tx.sent)).unwrap_or(usize::MAX)
    }

    /// How many bytes were taken from the application and are kept, because they are not known to have arrived.
    pub fn outstanding(&self) -> u64 {
        self.tx.sent - self.tx.arrived
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
        self.begin(open.stream);
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
        let progress = self.progress();
        self.queue.push_back(Frame::Accept(progress));
        Ok(())
    }

    /// Refuses the stream that was opened, or was to be continued. The next may follow.
    pub fn refuse(&mut self, code: RefuseCode, message: impl Into<String>) -> Result<(), Misuse> {
        if self.role != Role::Egress || !matches!(self.phase, Phase::Opening | Phase::Asked) {
            return Err(Misuse("refuse"));
        }
        self.phase = Phase::Ready;
        self.queue.push_back(Frame::Refuse { code, message: message.into() });
        Ok(())
    }

    /// Takes the next bytes of the application, and keeps them until they are known to have arrived. The caller sends them
    /// right behind the head. What [`Session::output`] has to write must be sent before or after both, never between.
    pub fn data(&mut self, bytes: Bytes) -> Result<Head, Misuse> {
        let head = self.next_data(bytes.len())?;
        self.tx.replay.keep(bytes);
        Ok(head)
    }

    /// The same, of bytes so few that they are better copied than kept where they are.
    pub fn data_copied(&mut self, bytes: &[u8]) -> Result<Head, Misuse> {
        let head = self.next_data(bytes.len())?;
        self.tx.replay.keep_copy(bytes);
        Ok(head)
    }

    fn next_data(&mut self, len: usize) -> Result<Head, Misuse> {
        if len == 0 || len > MAX_DATA_LEN || len > self.sendable() {
            return Err(Misuse("data"));
        }
        let head = self.head(len);
        self.tx.sent = self.tx.next;
        Ok(head)
    }

    /// The next bytes that have to be sent once more, after a stream was continued; to be sent as those of
    /// [`Session::data`], and all of them before any of those.
    pub fn resend(&mut self) -> Option<(Head, &[u8])> {
        if self.phase != Phase::Open || !self.queue.is_empty() {
            return None;
        }
        let offset = self.tx.next;
        let len = self.tx.replay.from(offset, MAX_DATA_LEN).len();
        let head = (len > 0).then(|| self.head(len))?;
        Some((head, self.tx.replay.from(offset, MAX_DATA_LEN)))
    }

    fn head(&mut self, len: usize) -> Head {
        let mut head = Head { bytes: [0; HEAD_LEN], len: DATA_HEADER_LEN };
        if self.owes_ack() {
            head.bytes[..ACK_LEN].copy_from_slice(&self.next_ack());
            head.len += ACK_LEN;
        }
        head.bytes[head.len - DATA_HEADER_LEN..head.len].copy_from_slice(&data_header(self.tx.next, len));
        self.tx.next += len as u64;
        head
    }

    /// The application sends nothing more.
    pub fn finish(&mut self) -> Result<(), Misuse> {
        if self.phase != Phase::Open || self.tx.finished {
            return Err(Misuse("finish"));
        }
        self.tx.finished = true;
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
        Ok(())
    }

    /// Whether something was consumed that the other end does not know of: it holds these bytes until it does. They are
    /// told with the next `DATA`, when they open enough of the window, or after [`Session::acknowledge`].
    pub fn owes_ack(&self) -> bool {
        self.phase == Phase::Open && !self.idle_sent && self.rx.consumed > self.rx.told
    }

    /// Lets the other end know what was consumed, however little it is.
    pub fn acknowledge(&mut self) {
        self.rx.tell = self.owes_ack();
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
        !self.queue.is_empty() || self.ack_due() || self.fin_due() || self.idle_due()
    }

    /// Appends the frames that are due at `now` to `out`: at most a few, of half a kilobyte at most each.
    pub fn output(&mut self, out: &mut impl BufMut, now: Millis) {
        for frame in self.queue.drain(..) {
            frame.encode(out);
        }
        self.grow(now);
        if self.ack_due() {
            out.put_slice(&self.next_ack());
        }
        if self.fin_due() {
            self.tx.fin_sent = true;
            Frame::Fin { offset: self.tx.sent }.encode(out);
        }
        if self.idle_due() {
            self.idle_sent = true;
            Frame::Idle.encode(out);
            if self.idle_received {
                self.phase = Phase::Ready;
            }
        }
    }

    /// Takes a frame of the other end.
    pub fn handle<'a>(&mut self, frame: Frame<'a>) -> Result<Event<'a>, Violation> {
        if matches!(self.phase, Phase::Over | Phase::Lost) {
            return Ok(Event::Nothing);
        }
        match frame {
            Frame::Data { offset, bytes } => self.on_data(offset, bytes),
            Frame::Ack { offset, window } => self.on_ack(offset, window),
            Frame::Open(open) => self.on_open(open),
            Frame::UnknownVersion(version) => self.on_unknown_version(version),
            Frame::Accept(progress) => self.on_accept(&progress),
            Frame::Refuse { code, message } => {
                self.phase = match self.phase {
                    Phase::Opening if self.role == Role::Ingress => Phase::Ready,
                    Phase::Resuming => Phase::Lost,
                    _ => return Err(Violation::Unexpected("REFUSE")),
                };
                Ok(Event::Refused { code, message })
            }
            Frame::Fin { offset } => self.on_fin(offset),
            Frame::Reset { code } => {
                self.expect(!matches!(self.phase, Phase::Ready | Phase::Asked), "RESET")?;
                self.over();
                Ok(Event::Reset(code))
            }
            Frame::Abort { code, reason } => {
                self.end_of_connection();
                Ok(Event::Aborted { code, reason })
            }
            Frame::Resume(resume) => {
                self.expect(self.role == Role::Egress && self.phase == Phase::Ready, "RESUME")?;
                self.phase = Phase::Asked;
                Ok(Event::Resume(resume))
            }
            Frame::Idle => self.on_idle(),
            Frame::Close => {
                // An egress may close while our OPEN or RESUME is on its way; the stream was not accepted then.
                let crossing = self.role == Role::Ingress && matches!(self.phase, Phase::Opening | Phase::Resuming);
                self.expect(self.phase == Phase::Ready || crossing, "CLOSE")?;
                self.end_of_connection();
                Ok(Event::Closed)
            }
        }
    }

    fn on_open(&mut self, open: Open) -> Result<Event<'static>, Violation> {
        self.expect(self.role == Role::Egress && self.phase == Phase::Ready, "OPEN")?;
        bounded(open.window)?;
        self.begin(open.stream);
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

    fn on_accept(&mut self, progress: &Progress) -> Result<Event<'static>, Violation> {
        self.expect(matches!(self.phase, Phase::Opening | Phase::Resuming), "ACCEPT")?;
        self.expect(self.role == Role::Ingress, "ACCEPT")?;
        self.continue_from(progress)?;
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
        if offset > self.tx.next || offset < self.tx.acked || limit < self.tx.limit {
            return Err(Violation::Ack);
        }
        self.tx.acked = offset;
        self.tx.limit = limit;
        self.tx.has_arrived(offset);
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
        let possible = self.phase == Phase::Open && self.rx.ended && self.tx.fin_sent && !self.idle_received;
        self.expect(possible, "IDLE")?;
        self.idle_received = true;
        self.tx.acked = self.tx.sent;
        self.tx.has_arrived(self.tx.sent);
        if self.idle_sent {
            self.phase = Phase::Ready;
            return Ok(Event::Finished);
        }
        Ok(Event::Nothing)
    }

    pub(super) fn expect(&self, condition: bool, frame: &'static str) -> Result<(), Violation> {
        if condition { Ok(()) } else { Err(Violation::Unexpected(frame)) }
    }

    /// What has come so far, and how much more may come from now on.
    pub(super) fn progress(&mut self) -> Progress {
        self.grant();
        let Receiving { received, granted, ended, .. } = self.rx;
        Progress { received, window: width(received, granted), ended, idle: self.idle_received }
    }

    /// An acknowledgement is worth a frame when it opens a quarter of the window, or somebody waits for it. After the other
    /// end's FIN there is nothing left to make room for.
    fn ack_due(&self) -> bool {
        let behind = (self.rx.consumed + u64::from(self.window)).saturating_sub(self.rx.granted);
        let opens = !self.rx.ended && behind > 0 && behind >= u64::from(self.window / 4);
        self.phase == Phase::Open && !self.idle_sent && (opens || self.rx.tell)
    }

    fn next_ack(&mut self) -> [u8; ACK_LEN] {
        self.grant();
        ack(self.rx.consumed, width(self.rx.consumed, self.rx.granted))
    }

    /// The other end is about to be told what was consumed, and may send a window beyond that.
    fn grant(&mut self) {
        self.rx.told = self.rx.consumed;
        self.rx.tell = false;
        self.rx.granted = self.rx.granted.max(self.rx.consumed + u64::from(self.window));
    }

    /// Doubles the window when more than half of it is consumed within a round trip: then it is what holds up the sender.
    fn grow(&mut self, now: Millis) {
        let (since, before) = self.rx.measured;
        let bytes = self.rx.consumed - before;
        if bytes < u64::from(self.window / 4) {
            return;
        }
        let elapsed = now.since(since).max(1);
        let per_round_trip = bytes.saturating_mul(self.round_trip) / elapsed;
        if self.round_trip >= LONG_WAY && per_round_trip > u64::from(self.window / 2) {
            self.window = self.window.saturating_mul(2).min(MAX_WINDOW);
        }
        self.rx.measured = (now, self.rx.consumed);
    }

    fn fin_due(&self) -> bool {
        let all_sent = self.tx.next == self.tx.sent && self.queue.is_empty();
        self.phase == Phase::Open && self.tx.finished && !self.tx.fin_sent && all_sent
    }

    /// IDLE is said as soon as both directions are finished here.
    fn idle_due(&self) -> bool {
        self.phase == Phase::Open && self.tx.fin_sent && self.rx.passed_on && !self.idle_sent
    }

    fn begin(&mut self, stream: [u8; 16]) {
        self.stream = stream;
        self.attempt = 0;
        self.window = self.first_window;
        self.tx = Sending::default();
        self.rx = Receiving { granted: u64::from(self.window), ..Receiving::default() };
        self.idle_sent = false;
        self.idle_received = false;
    }

    /// The other end has ended the connection: the stream too, unless it was only about to go on with it.
    fn end_of_connection(&mut self) {
        if self.phase == Phase::Resuming {
            self.lose();
        } else {
            self.over();
        }
    }

    fn end(&mut self, last: Frame<'static>) {
        // What else is due no longer matters.
        self.over();
        self.queue.push_back(last);
    }

    fn over(&mut self) {
        self.queue.clear();
        self.tx.has_arrived(self.tx.sent);
        self.phase = Phase::Over;
    }
}

/// How far `to` is from `from`, as it is told: never more than a window.
fn width(from: u64, to: u64) -> u32 {
    u32::try_from(to - from).expect("no more than a window is ever granted")
}

pub(super) fn bounded(window: u32) -> Result<(), Violation> {
    if window > MAX_WINDOW { Err(Violation::TooLargeWindow(window)) } else { Ok(()) }
}
