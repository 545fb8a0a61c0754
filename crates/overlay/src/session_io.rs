//! Moves bytes between a session and the application at this end of it: a local TCP connection, or a stream within
//! the process.
//!
//! One task per stream and end. What comes from the network goes to the application as soon as it is decrypted;
//! what the application does not take at once is held, never more than the session's window, so that the other
//! direction's acknowledgements get through whatever the application does. What comes from the application is read
//! only while there is room for it all the way.
//!
//! A path that is lost does not end the stream: it goes on over another one, and meanwhile the application waits.

mod transfer;

use std::{io, time::Duration};

use overlay_proto::session::{AbortCode, ResetCode};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

use self::transfer::Transfer;
use crate::{
    e2e::{E2e, E2eError},
    flows::Carried,
    live::Scope,
    stream::PipeEnd,
    ways::{Another, NoWay, Ways},
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
    /// The path was lost, and the stream could not go on over another one.
    #[error(transparent)]
    NoWay(#[from] NoWay),
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

/// Moves bytes until both directions have ended, something breaks for which there is no other path, or `scope` ends; also when
/// `first_word` is over before anything has come from the other end, where that is given. Unless the stream ends orderly, the
/// application sees a reset connection.
pub(crate) async fn pump<L: Local>(
    e2e: E2e,
    mut local: L,
    scope: &Scope,
    carried: &Carried,
    first_word: Option<Duration>,
    ways: Ways,
) -> Pumped {
    let transfer = Transfer::new(&mut local, carried, first_word);
    let Ended { why, e2e, settled } = Pump { transfer, scope, ways }.run(e2e).await;
    let Some(error) = why else { return Ok(e2e.expect("a stream that ends orderly has a connection")) };
    // What both applications have ended, and were told of, is not to be reset because the last word was lost.
    if !settled {
        local.reset(&error.to_string());
    }
    drop(local);
    if let Some(e2e) = e2e {
        part(e2e, &error, scope).await;
    }
    Err(error)
}

/// Tells the other end why a stream ends, as far as it can be told.
async fn part(mut e2e: E2e, error: &PumpError, scope: &Scope) {
    match error {
        PumpError::Ended(why) => e2e.farewell(scope.why().0, why).await,
        PumpError::Silent => e2e.farewell(AbortCode::Silent, &error.to_string()).await,
        PumpError::Local(_) => {
            e2e.session.reset(ResetCode::Application);
            e2e.last_words().await;
        }
        PumpError::Remote(E2eError::Protocol(_)) => e2e.last_words().await,
        PumpError::Remote(_) | PumpError::NoWay(_) => e2e.reset(),
    }
}

/// A stream, through all its paths.
struct Pump<'a, L> {
    transfer: Transfer<'a, L>,
    scope: &'a Scope,
    ways: Ways,
}

/// How a stream ended: orderly, where there is no reason.
struct Ended {
    why: Option<PumpError>,
    /// Its last connection, unless that was lost.
    e2e: Option<E2e>,
    /// Both directions had ended at this end.
    settled: bool,
}

impl Ended {
    fn without_path(why: impl Into<PumpError>, settled: bool) -> Self {
        Self { why: Some(why.into()), e2e: None, settled }
    }
}

enum Next {
    Over(Result<(), PumpError>),
    Another(Another),
}

impl<L: Local> Pump<'_, L> {
    async fn run(mut self, mut e2e: E2e) -> Ended {
        loop {
            let next = self.next(&mut e2e).await;
            let settled = e2e.session.is_settled();
            let moved = match next {
                Next::Over(Ok(())) => return Ended { why: None, e2e: Some(e2e), settled },
                Next::Over(Err(PumpError::Remote(error)))
                    if error.is_loss() && e2e.session.can_go_on() && self.ways.wait_for_others() =>
                {
                    tracing::debug!(peer = %e2e.peer(), %error, "a stream goes on over another path");
                    self.recover(e2e).await
                }
                Next::Over(Err(why)) => return Ended { why: Some(why), e2e: Some(e2e), settled },
                Next::Another(another) => self.change(e2e, another).await,
            };
            e2e = match moved {
                Ok(e2e) => e2e,
                Err(why) => return Ended::without_path(why, settled),
            };
            self.ways.moved_to(&e2e);
        }
    }

    /// Moves bytes until the stream ends, its path is lost, or there is another one to take its place.
    async fn next(&mut self, e2e: &mut E2e) -> Next {
        let lost = e2e.cancelled.clone();
        tokio::select! {
            biased;
            () = self.scope.ended() => Next::Over(Err(PumpError::Ended(self.scope.why().1.to_owned()))),
            () = lost.cancelled() => Next::Over(Err(PumpError::Remote(E2eError::Cancelled))),
            another = self.ways.another() => Next::Another(another),
            result = self.transfer.run(e2e) => Next::Over(result),
        }
    }

    /// Gives up a path that was lost, and finds another one. The application waits meanwhile.
    async fn recover(&mut self, mut e2e: E2e) -> Result<E2e, PumpError> {
        let session = e2e.give_up()?;
        e2e.reset();
        tokio::select! {
            biased;
            () = self.scope.ended() => Err(PumpError::Ended(self.scope.why().1.to_owned())),
            found = self.ways.recover(session) => Ok(found?),
        }
    }

    /// Goes on over another connection in place of one that works.
    async fn change(&mut self, mut e2e: E2e, another: Another) -> Result<E2e, PumpError> {
        if !e2e.session.can_go_on() {
            // It is just ending.
            return Ok(e2e);
        }
        match another {
            Another::Made(new) => {
                let session = e2e.give_up()?;
                let moved = tokio::select! {
                    biased;
                    () = self.scope.ended() => Err(PumpError::Ended(self.scope.why().1.to_owned())),
                    moved = self.ways.move_to(*new, session) => moved.map_err(PumpError::from),
                };
                // Not before: the other end shall not take it for lost.
                e2e.reset();
                moved
            }
            Another::Arrived(arrived) => {
                let (mut new, resume) = *arrived;
                match new.continue_with(&mut e2e.session, &resume) {
                    Ok(()) => {
                        e2e.reset();
                        Ok(new)
                    }
                    Err(error) => {
                        // An attempt that was overtaken, for one. What runs is not disturbed.
                        tracing::debug!(peer = %new.peer(), %error, "a stream was not continued over another path");
                        new.reset();
                        Ok(e2e)
                    }
                }
            }
        }
    }
}
