//! Moving the bytes of one stream between a connection and the application.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use overlay_proto::session::{HEAD_LEN, Misuse};
use tokio::{
    io::ReadBuf,
    time::{Instant, Sleep, sleep, timeout_at},
};

use super::{Local, PumpError};
use crate::{
    buffer::{BUFFER_LEN, Buffer},
    e2e::{E2e, E2eError, Notice},
    flows::Carried,
    relay::TURN,
};

/// Fewer bytes than this are copied to be kept until they have arrived; of more, the buffer they were read into is kept.
const COPIED: usize = BUFFER_LEN / 2;
/// How many bytes all streams together keep until they have arrived. Beyond that, each keeps little.
const KEPT: u64 = 256 * 1024 * 1024;
const KEPT_EACH: u64 = BUFFER_LEN as u64;
/// How long the other end may not know that something was consumed, which it keeps until it does.
const ACK_DELAY: Duration = Duration::from_millis(200);

/// The bytes that all streams keep.
static KEPT_BY_ALL: AtomicU64 = AtomicU64::new(0);

/// The bytes of one stream, on their way between its connection and the application. It outlives the connection.
pub(super) struct Transfer<'a, L> {
    local: &'a mut L,
    inbound: Inbound,
    outbound: Outbound,
    kept: Kept,
    acks: AckTimer,
    carried: &'a Carried,
    /// When something must have come from the other end.
    first_word: Option<Instant>,
}

/// From the network to the application.
#[derive(Default)]
struct Inbound {
    /// What the application has not taken.
    held: VecDeque<(Buffer, usize, usize)>,
    /// Bytes the application has taken in all, and since the session was told.
    taken: u64,
    untold: usize,
    ended: bool,
    passed_on: bool,
    broken: Option<io::Error>,
}

/// From the application to the network.
#[derive(Default)]
struct Outbound {
    sent: u64,
    ended: bool,
}

enum Step {
    /// The stream has ended orderly.
    Over,
    /// There is more to do, and others have waited long enough.
    Again,
}

/// What this stream keeps until it has arrived, as counted among that of all.
#[derive(Default)]
struct Kept(u64);

impl Kept {
    /// How much more it may keep, when it keeps `now`.
    fn room(&mut self, now: u64) -> usize {
        let others_too = if now >= self.0 {
            KEPT_BY_ALL.fetch_add(now - self.0, Ordering::Relaxed) + (now - self.0)
        } else {
            KEPT_BY_ALL.fetch_sub(self.0 - now, Ordering::Relaxed) - (self.0 - now)
        };
        self.0 = now;
        if others_too < KEPT {
            return usize::MAX;
        }
        usize::try_from(KEPT_EACH.saturating_sub(now)).unwrap_or(usize::MAX)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        KEPT_BY_ALL.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// Rings a while after something was consumed of which the other end was not told.
#[derive(Default)]
struct AckTimer {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl AckTimer {
    /// Ready when it rings; it is armed from the first time it is asked.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = match &mut self.sleep {
            Some(sleep) => {
                if !self.armed {
                    sleep.as_mut().reset(Instant::now() + ACK_DELAY);
                }
                sleep
            }
            none => none.insert(Box::pin(sleep(ACK_DELAY))),
        };
        self.armed = true;
        ready!(Future::poll(sleep.as_mut(), cx));
        self.armed = false;
        Poll::Ready(())
    }
}

impl<'a, L> Transfer<'a, L> {
    pub(super) fn new(local: &'a mut L, carried: &'a Carried, first_word: Option<Duration>) -> Self {
        Self {
            local,
            inbound: Inbound::default(),
            outbound: Outbound::default(),
            kept: Kept::default(),
            acks: AckTimer::default(),
            carried,
            first_word: first_word.map(|within| Instant::now() + within),
        }
    }

    fn count(&self) {
        self.carried.to_network.store(self.outbound.sent, Ordering::Relaxed);
        self.carried.from_network.store(self.inbound.taken, Ordering::Relaxed);
    }
}

impl<L: Local> Transfer<'_, L> {
    /// Moves bytes until both directions have ended, or something breaks. Can be dropped at any moment and called again, with
    /// the connection over which the session goes on then.
    pub(super) async fn run(&mut self, e2e: &mut E2e) -> Result<(), PumpError> {
        loop {
            let step = match self.first_word {
                Some(at) => match timeout_at(at, poll_fn(|cx| self.poll_step(cx, e2e))).await {
                    Ok(step) => step,
                    Err(_) if !self.inbound.heard() => return Err(PumpError::Silent),
                    Err(_) => {
                        self.first_word = None;
                        continue;
                    }
                },
                None => poll_fn(|cx| self.poll_step(cx, e2e)).await,
            };
            match step? {
                Step::Over => return Ok(()),
                Step::Again => tokio::task::yield_now().await,
            }
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>, e2e: &mut E2e) -> Poll<Result<Step, PumpError>> {
        loop {
            let heard = self.poll_network(cx, e2e)?;
            self.inbound.pass_on(cx, self.local, e2e)?;
            let said = self.poll_application(cx, e2e)?;
            self.count();
            if e2e.session.is_ready() && said.is_ready() {
                return Poll::Ready(Ok(Step::Over));
            }
            match (heard, said) {
                (Poll::Ready(Heard::Turn), _) | (_, Poll::Ready(Said::Turn)) => return Poll::Ready(Ok(Step::Again)),
                (Poll::Ready(Heard::Notice), _) => {}
                (Poll::Pending, _) => {
                    if !e2e.session.owes_ack() || self.acks.poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                    e2e.session.acknowledge();
                }
            }
        }
    }

    /// Takes in what comes. Pending only once a wake-up is arranged.
    fn poll_network(&mut self, cx: &mut Context<'_>, e2e: &mut E2e) -> Poll<Result<Heard, PumpError>> {
        if e2e.session.is_ready() {
            // What comes now belongs to the next stream.
            return Poll::Pending;
        }
        let Self { local, inbound, .. } = self;
        let notice = ready!(e2e.poll_inbound(cx, &mut |cx, bytes| inbound.take_in(cx, *local, bytes)));
        Poll::Ready(match notice? {
            Notice::Turn => Ok(Heard::Turn),
            Notice::End => {
                self.inbound.ended = true;
                Ok(Heard::Notice)
            }
            Notice::Finished => Ok(Heard::Notice),
            other @ (Notice::Opened(_) | Notice::Resume(_) | Notice::Accepted) => {
                Err(E2eError::Protocol(format!("{other:?} within a stream")).into())
            }
        })
    }

    /// Sends what the session and the application have to say. Ready when all of it is sent and nothing more will
    /// come before something else happens, or when it is somebody else's turn; otherwise a wake-up is arranged.
    fn poll_application(&mut self, cx: &mut Context<'_>, e2e: &mut E2e) -> Poll<Result<Said, PumpError>> {
        let mut turn = 0;
        loop {
            e2e.write_session().map_err(E2eError::Lost)?;
            ready!(e2e.poll_flush(cx)).map_err(E2eError::Lost)?;
            if e2e.write_again().map_err(E2eError::Lost)? {
                continue;
            }
            let room = e2e.session.sendable().min(self.kept.room(e2e.session.outstanding()));
            if self.outbound.ended || room == 0 {
                return Poll::Ready(Ok(Said::All));
            }
            if turn >= TURN {
                return Poll::Ready(Ok(Said::Turn));
            }
            // One frame with its head fills a buffer, which is four full TLS records.
            let mut buffer = Buffer::take();
            let mut space = ReadBuf::new(&mut buffer[..room.min(BUFFER_LEN - HEAD_LEN)]);
            ready!(Pin::new(&mut *self.local).poll_read(cx, &mut space)).map_err(PumpError::Local)?;
            let len = space.filled().len();
            if len == 0 {
                self.outbound.ended = true;
                e2e.session.finish().map_err(misuse)?;
                continue;
            }
            if len < COPIED {
                let head = e2e.session.data_copied(&buffer[..len]).map_err(misuse)?;
                self.outbound.sent += len as u64;
                e2e.write(&head, &buffer[..len]).map_err(E2eError::Lost)?;
            } else {
                let bytes = Bytes::from_owner(buffer).slice(..len);
                let head = e2e.session.data(bytes.clone()).map_err(misuse)?;
                self.outbound.sent += len as u64;
                e2e.write(&head, &bytes).map_err(E2eError::Lost)?;
            }
            turn += len;
        }
    }
}

impl<L> Drop for Transfer<'_, L> {
    fn drop(&mut self) {
        self.count();
    }
}

enum Heard {
    Notice,
    Turn,
}

enum Said {
    All,
    Turn,
}

impl Inbound {
    /// Whether anything has come.
    fn heard(&self) -> bool {
        self.taken > 0 || !self.held.is_empty() || self.ended
    }

    /// Gives bytes to the application, and holds what it does not take.
    fn take_in<L: Local>(&mut self, cx: &mut Context<'_>, local: &mut L, mut bytes: &[u8]) {
        while self.held.is_empty() && self.broken.is_none() && !bytes.is_empty() {
            match Pin::new(&mut *local).poll_write(cx, bytes) {
                Poll::Ready(Ok(len)) => {
                    self.took(len);
                    bytes = &bytes[len..];
                }
                Poll::Ready(Err(error)) => self.broken = Some(error),
                Poll::Pending => break,
            }
        }
        while !bytes.is_empty() && self.broken.is_none() {
            let (buffer, _, end) = match self.held.back_mut() {
                Some(last) if last.2 < BUFFER_LEN => last,
                _ => {
                    self.held.push_back((Buffer::take(), 0, 0));
                    self.held.back_mut().expect("pushed just now")
                }
            };
            let len = bytes.len().min(BUFFER_LEN - *end);
            buffer[*end..*end + len].copy_from_slice(&bytes[..len]);
            *end += len;
            bytes = &bytes[len..];
        }
    }

    fn took(&mut self, len: usize) {
        if len == 0 {
            self.broken = Some(io::ErrorKind::WriteZero.into());
        }
        self.taken += len as u64;
        self.untold += len;
    }

    /// Gives the application what is held, and then the end. Whenever something remains, a wake-up is arranged.
    fn pass_on<L: Local>(&mut self, cx: &mut Context<'_>, local: &mut L, e2e: &mut E2e) -> Result<(), PumpError> {
        while self.broken.is_none()
            && let Some((buffer, start, end)) = self.held.front_mut()
        {
            match Pin::new(&mut *local).poll_write(cx, &buffer[*start..*end]) {
                Poll::Ready(Ok(len)) => {
                    *start += len;
                    if start == end {
                        self.held.pop_front();
                    }
                    self.took(len);
                }
                Poll::Ready(Err(error)) => self.broken = Some(error),
                Poll::Pending => break,
            }
        }
        if let Some(error) = self.broken.take() {
            return Err(PumpError::Local(error));
        }
        e2e.session.consumed(std::mem::take(&mut self.untold));
        if self.ended && !self.passed_on && self.held.is_empty() {
            match Pin::new(local).poll_shutdown(cx) {
                Poll::Ready(Ok(())) => {
                    self.passed_on = true;
                    e2e.session.passed_on_end().map_err(misuse)?;
                }
                Poll::Ready(Err(error)) => return Err(PumpError::Local(error)),
                Poll::Pending => {}
            }
        }
        Ok(())
    }
}

fn misuse(misuse: Misuse) -> PumpError {
    PumpError::Remote(E2eError::Protocol(misuse.to_string()))
}
