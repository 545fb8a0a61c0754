//! Moves bytes between a session and the application at this end of it: a local TCP connection, or a stream within
//! the process.
//!
//! One task per stream and end. What comes from the network goes to the application as soon as it is decrypted;
//! what the application does not take at once is held, never more than the session's window, so that the other
//! direction's acknowledgements get through whatever the application does. What comes from the application is read
//! only while there is room for it all the way.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    sync::atomic::Ordering,
    task::{Context, Poll, ready},
    time::Duration,
};

use overlay_proto::session::{AbortCode, DATA_HEADER_LEN, ResetCode};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, timeout_at},
};

use crate::{
    buffer::{BUFFER_LEN, Buffer},
    e2e::{E2e, E2eError, Notice},
    flows::Carried,
    live::Scope,
    relay::TURN,
    stream::PipeEnd,
};

/// The application's end.
pub(crate) trait Local: AsyncRead + AsyncWrite + Unpin + Send {
    /// Makes the application see a reset connection, now or when this is dropped.
    fn reset(&mut self, reason: &str);
}

impl Local for TcpStream {
    fn reset(&mut self, _reason: &str) {
        // Fails only on a socket that is gone already, which is what is wanted.
        let _ = self.set_zero_linger();
    }
}

impl Local for PipeEnd {
    fn reset(&mut self, reason: &str) {
        Self::reset(self, reason);
    }
}

/// The connection, free for another stream; or why the stream did not end orderly.
pub(crate) type Pumped = Result<E2e, PumpError>;

/// Why a stream did not end orderly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PumpError {
    /// Something happened on the way or at the other end.
    #[error(transparent)]
    Remote(#[from] E2eError),
    /// The other end has said nothing for too long since the stream began.
    #[error("the other end said nothing")]
    Silent,
    /// The application at this end broke its connection.
    #[error("the local connection broke: {0}")]
    Local(#[source] io::Error),
    /// It was ended at this router.
    #[error("{0}")]
    Ended(String),
}

/// Moves bytes until both directions have ended, something breaks, or `scope` ends; also when `first_word` is over before
/// anything has come from the other end, where that is given. Unless the stream ends orderly, the application sees a reset
/// connection.
pub(crate) async fn pump<L: Local>(
    e2e: E2e,
    mut local: L,
    scope: &Scope,
    carried: &Carried,
    first_word: Option<Duration>,
) -> Pumped {
    let lost = e2e.cancelled.clone();
    let (inbound, outbound) = (Inbound::default(), Outbound::default());
    let mut pump = Pump { e2e, local: &mut local, inbound, outbound, carried };
    let end = tokio::select! {
        biased;
        () = scope.ended() => Err(PumpError::Ended(scope.why().1.to_owned())),
        () = lost.cancelled() => Err(PumpError::Remote(E2eError::Cancelled)),
        result = pump.run(first_word) => result,
    };
    let Pump { mut e2e, inbound, outbound, .. } = pump;
    carried.to_network.store(outbound.sent, Ordering::Relaxed);
    carried.from_network.store(inbound.taken, Ordering::Relaxed);
    match end {
        Ok(()) => Ok(e2e),
        Err(error) => {
            local.reset(&error.to_string());
            drop(local);
            match &error {
                PumpError::Ended(why) => e2e.farewell(scope.why().0, why).await,
                PumpError::Silent => e2e.farewell(AbortCode::Silent, &error.to_string()).await,
                PumpError::Local(_) => {
                    e2e.session.reset(ResetCode::Application);
                    e2e.last_words().await;
                }
                PumpError::Remote(E2eError::Protocol(_)) => e2e.last_words().await,
                PumpError::Remote(_) => e2e.reset(),
            }
            Err(error)
        }
    }
}

struct Pump<'a, L> {
    e2e: E2e,
    local: &'a mut L,
    inbound: Inbound,
    outbound: Outbound,
    carried: &'a Carried,
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

impl<L: Local> Pump<'_, L> {
    async fn run(&mut self, mut first_word: Option<Duration>) -> Result<(), PumpError> {
        let began = Instant::now();
        loop {
            let step = match first_word {
                Some(within) => match timeout_at(began + within, poll_fn(|cx| self.poll_step(cx))).await {
                    Ok(step) => step,
                    Err(_) if !self.inbound.heard() => return Err(PumpError::Silent),
                    Err(_) => {
                        first_word = None;
                        continue;
                    }
                },
                None => poll_fn(|cx| self.poll_step(cx)).await,
            };
            match step? {
                Step::Over => return Ok(()),
                Step::Again => tokio::task::yield_now().await,
            }
        }
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Result<Step, PumpError>> {
        loop {
            let heard = self.poll_network(cx)?;
            self.inbound.pass_on(cx, self.local, &mut self.e2e)?;
            let said = self.poll_application(cx)?;
            self.carried.to_network.store(self.outbound.sent, Ordering::Relaxed);
            self.carried.from_network.store(self.inbound.taken, Ordering::Relaxed);
            if self.e2e.session.is_ready() && said.is_ready() {
                return Poll::Ready(Ok(Step::Over));
            }
            match (heard, said) {
                (Poll::Ready(Heard::Turn), _) | (_, Poll::Ready(Said::Turn)) => return Poll::Ready(Ok(Step::Again)),
                (Poll::Ready(Heard::Notice), _) => {}
                (Poll::Pending, _) => return Poll::Pending,
            }
        }
    }

    /// Takes in what comes. Pending only once a wake-up is arranged.
    fn poll_network(&mut self, cx: &mut Context<'_>) -> Poll<Result<Heard, PumpError>> {
        if self.e2e.session.is_ready() {
            // What comes now belongs to the next stream.
            return Poll::Pending;
        }
        let Self { e2e, local, inbound, .. } = self;
        let notice = ready!(e2e.poll_inbound(cx, &mut |cx, bytes| inbound.take_in(cx, *local, bytes)));
        Poll::Ready(match notice? {
            Notice::Turn => Ok(Heard::Turn),
            Notice::End => {
                self.inbound.ended = true;
                Ok(Heard::Notice)
            }
            Notice::Finished => Ok(Heard::Notice),
            other @ (Notice::Opened(_) | Notice::Accepted) => {
                Err(E2eError::Protocol(format!("{other:?} within a stream")).into())
            }
        })
    }

    /// Sends what the session and the application have to say. Ready when all of it is sent and nothing more will
    /// come before something else happens, or when it is somebody else's turn; otherwise a wake-up is arranged.
    fn poll_application(&mut self, cx: &mut Context<'_>) -> Poll<Result<Said, PumpError>> {
        let mut turn = 0;
        loop {
            self.e2e.write_session().map_err(E2eError::Lost)?;
            ready!(self.e2e.poll_flush(cx)).map_err(E2eError::Lost)?;
            let room = self.e2e.session.sendable();
            if self.outbound.ended || room == 0 {
                return Poll::Ready(Ok(Said::All));
            }
            if turn >= TURN {
                return Poll::Ready(Ok(Said::Turn));
            }
            // One frame with its header fills a buffer, which is four full TLS records.
            let mut buffer = Buffer::take();
            let end = DATA_HEADER_LEN + room.min(BUFFER_LEN - DATA_HEADER_LEN);
            let mut space = ReadBuf::new(&mut buffer[DATA_HEADER_LEN..end]);
            ready!(Pin::new(&mut *self.local).poll_read(cx, &mut space)).map_err(PumpError::Local)?;
            let len = space.filled().len();
            if len == 0 {
                self.outbound.ended = true;
                self.e2e.session.finish().map_err(misuse)?;
                continue;
            }
            let header = self.e2e.session.data(len).map_err(misuse)?;
            buffer[..DATA_HEADER_LEN].copy_from_slice(&header);
            self.e2e.write(&buffer[..DATA_HEADER_LEN + len]).map_err(E2eError::Lost)?;
            self.outbound.sent += len as u64;
            turn += len;
        }
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

fn misuse(misuse: overlay_proto::session::Misuse) -> PumpError {
    PumpError::Remote(E2eError::Protocol(misuse.to_string()))
}
