//! Other connections for streams that began here: when the path is lost, and before a certificate expires.

use std::{sync::atomic::Ordering, time::Duration};

use backon::{BackoffBuilder, ExponentialBuilder};
use model::Identity;
use overlay_proto::session::{AbortCode, RefuseCode, Secret, Session};
use pki::Alpn;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{AttemptError, Ingress};
use crate::{
    e2e::{E2e, E2eError},
    paths::PathError,
    ways::{NoWay, patience},
};

/// How long the other end may take to continue a stream.
const RESUME_TIMEOUT: Duration = Duration::from_secs(5);
/// The pauses between attempts to continue a stream. Routers need a moment to agree on another way.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The pause before it is tried again to replace a connection that still works.
const REPLACE_PAUSE: Duration = Duration::from_secs(1);

/// Makes other connections for one stream, to the very site that accepted it.
pub(crate) struct Redial {
    ingress: Ingress,
    peer: Identity,
    protocol: Alpn,
    secret: Secret,
    replace: CancellationToken,
}

impl Redial {
    /// For the stream that was opened on `e2e`.
    pub(super) fn new(ingress: &Ingress, e2e: &E2e) -> Self {
        Self {
            ingress: ingress.clone(),
            peer: *e2e.peer(),
            protocol: e2e.protocol(),
            secret: e2e.secret(),
            replace: e2e.replace.clone(),
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        patience(self.protocol)
    }

    /// The stream went on over `e2e`.
    pub(crate) fn moved_to(&mut self, e2e: &E2e) {
        self.replace = e2e.replace.clone();
        self.ingress.inner.moved.fetch_add(1, Ordering::Relaxed);
    }

    /// Resolves with a new connection when the one that is there is to be replaced.
    pub(crate) async fn replacement(&self) -> E2e {
        self.replace.cancelled().await;
        loop {
            match self.connect().await {
                Ok(e2e) => return e2e,
                Err(error) => {
                    tracing::debug!(peer = %self.peer, %error, "a connection could not be replaced yet");
                    sleep(REPLACE_PAUSE).await;
                }
            }
        }
    }

    /// Goes on over `e2e`; over yet another one, if that fails.
    pub(crate) async fn move_to(&mut self, mut e2e: E2e, session: Session) -> Result<E2e, NoWay> {
        match e2e.resume(session, &self.secret, RESUME_TIMEOUT).await {
            Ok(()) => Ok(e2e),
            Err(failed) => {
                let (session, error) = *failed;
                e2e.reset();
                if is_final(&error) { Err(NoWay::Ended(error)) } else { self.recover(session).await }
            }
        }
    }

    /// Goes on over a new connection, as soon as there is one.
    pub(crate) async fn recover(&mut self, mut session: Session) -> Result<E2e, NoWay> {
        let deadline = Instant::now() + self.patience();
        let mut pauses = pauses();
        loop {
            match timeout_at(deadline, self.connect()).await.map_err(|_| NoWay::Timeout)? {
                Ok(mut e2e) => {
                    let within = deadline.saturating_duration_since(Instant::now()).min(RESUME_TIMEOUT);
                    let (back, error) = match e2e.resume(session, &self.secret, within).await {
                        Ok(()) => return Ok(e2e),
                        Err(failed) => *failed,
                    };
                    session = back;
                    e2e.reset();
                    if is_final(&error) || !session.lose() {
                        return Err(NoWay::Ended(error));
                    }
                    tracing::debug!(peer = %self.peer, %error, "a stream did not go on; trying again");
                }
                Err(AttemptError::EndToEnd(error)) if is_final(&error) => return Err(NoWay::Ended(error)),
                Err(AttemptError::Path(PathError::ShuttingDown)) => return Err(NoWay::Timeout),
                Err(error) => tracing::debug!(peer = %self.peer, %error, "no other path yet; trying again"),
            }
            let again = Instant::now() + pauses.next().unwrap_or(LONGEST_PAUSE);
            if again >= deadline {
                return Err(NoWay::Timeout);
            }
            sleep_until(again).await;
        }
    }

    async fn connect(&self) -> Result<E2e, AttemptError> {
        let config = self.ingress.inner.paths.e2e().ok_or(PathError::NotLinked)?;
        self.ingress.connect(&self.peer, self.protocol, &config).await
    }
}

/// Whether the other end has said that it will not go on with the stream, on this connection or any other.
fn is_final(error: &E2eError) -> bool {
    match error {
        E2eError::Refused { code, .. } => !matches!(code, RefuseCode::Limit | RefuseCode::Draining),
        E2eError::Aborted { code, .. } => *code != AbortCode::Limit,
        E2eError::Denied
        | E2eError::Reset(_)
        | E2eError::Protocol(_)
        | E2eError::NotAllowed { .. }
        | E2eError::NotForUs(_) => true,
        _ => false,
    }
}

fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}
