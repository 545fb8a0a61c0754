//! Where a stream finds another connection when the one it runs over is lost, or is to be replaced.

use std::time::Duration;

use overlay_proto::session::{RESUME_WITHIN, Resume, Session};
use pki::Alpn;

use crate::{
    e2e::{E2e, E2eError},
    egress::Arrivals,
    ingress::Redial,
};

/// Where other connections for a stream come from.
pub(crate) enum Ways {
    /// The ingress makes them.
    Dialled(Box<Redial>),
    /// At the egress they arrive.
    Arriving(Arrivals),
}

/// Another connection, while the one that is there still works.
pub(crate) enum Another {
    /// Nothing was said on it yet.
    Made(Box<E2e>),
    /// It was asked for, and proven, that the stream goes on over this one.
    Arrived(Box<(E2e, Resume)>),
}

/// Why no other connection was found.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoWay {
    /// Nobody offered one in time.
    #[error("the path was lost, and no other was found in time")]
    Timeout,
    /// The other end does not go on with the stream.
    #[error("the path was lost, and the stream could not go on over another one: {0}")]
    Ended(#[source] E2eError),
    /// Too much waits for other paths already.
    #[error("the path was lost, and too many streams of this site wait for another one already")]
    Limit,
}

/// How long a stream that was made for this waits for another path after its own was lost.
///
/// Streams to the platform do not wait: who opened them opens them anew at once, and elsewhere if need be, and controllers are
/// to know at once who is gone.
pub(crate) fn patience(protocol: Alpn) -> Duration {
    match protocol {
        Alpn::Control | Alpn::Claim => Duration::ZERO,
        Alpn::EndToEnd | Alpn::Link | Alpn::Data => Duration::from_millis(RESUME_WITHIN),
    }
}

impl Ways {
    /// Resolves when another connection is to take the place of one that works, and is there.
    pub(crate) async fn another(&mut self) -> Another {
        match self {
            Self::Dialled(redial) => Another::Made(Box::new(redial.replacement().await)),
            Self::Arriving(arrivals) => Another::Arrived(arrivals.next().await),
        }
    }

    /// Whether the stream waits for another connection when its own is lost.
    pub(crate) fn wait_for_others(&self) -> bool {
        let patience = match self {
            Self::Dialled(redial) => redial.patience(),
            Self::Arriving(arrivals) => arrivals.patience(),
        };
        !patience.is_zero()
    }

    /// Finds another connection for `session`, whose own was lost; it runs over that one when this returns.
    pub(crate) async fn recover(&mut self, session: Session) -> Result<E2e, NoWay> {
        match self {
            Self::Dialled(redial) => redial.recover(session).await,
            Self::Arriving(arrivals) => arrivals.recover(session).await,
        }
    }

    /// Continues the stream of `session` over `e2e`, a connection on which nothing was said yet.
    pub(crate) async fn move_to(&mut self, e2e: E2e, session: Session) -> Result<E2e, NoWay> {
        match self {
            Self::Dialled(redial) => redial.move_to(e2e, session).await,
            // Egresses make none.
            Self::Arriving(arrivals) => arrivals.recover(session).await,
        }
    }

    /// The stream went on over `e2e`.
    pub(crate) fn moved_to(&mut self, e2e: &E2e) {
        if let Self::Dialled(redial) = self {
            redial.moved_to(e2e);
        }
    }
}
