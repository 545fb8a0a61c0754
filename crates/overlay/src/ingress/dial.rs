//! Finding someone who accepts a stream: candidates in order, over connections kept from earlier streams or new ones.

use std::{sync::Arc, time::Duration};

use model::{Address, GenericUuid, Identity};
use overlay_proto::{
    NodeId,
    select::{self, Policy},
    session::{Open, Protocol, ResetCode},
};
use pki::Alpn;
use tokio::time::timeout;
use uuid::Uuid;

use super::Ingress;
use crate::{
    e2e::{self, E2e, E2eConfig, E2eError, protocol_of},
    paths::{Candidate, PathError},
};

/// How long the backbone may take to provide a path.
const PATH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other end may take to accept a stream. Longer than it gives its own target.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(8);
/// How many candidates are tried for one stream.
const MAX_ATTEMPTS: usize = 4;
/// How long all of this may take together. An application has long stopped waiting then.
const DIAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a stream could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// This router has no certificate with which it could open streams.
    #[error("this router has no identity yet")]
    NoIdentity,
    /// Nobody serves the address.
    #[error("nobody serves {0}")]
    NobodyServes(Address),
    /// Nobody who serves the address accepted; the last to be tried said why.
    #[error("{address} could not be reached: {last}")]
    Unreachable {
        /// The address.
        address: Address,
        /// What the last candidate failed with.
        #[source]
        last: AttemptError,
    },
    /// It took too long.
    #[error("nobody who serves {0} accepted in time")]
    Timeout(Address),
    /// The router is shutting down.
    #[error("the router is shutting down")]
    ShuttingDown,
}

/// Why one candidate did not take a stream.
#[derive(Debug, thiserror::Error)]
pub enum AttemptError {
    /// There is no way there.
    #[error(transparent)]
    Path(#[from] PathError),
    /// There is a way, but the end of it is not right, or refused.
    #[error(transparent)]
    EndToEnd(#[from] E2eError),
}

impl Ingress {
    /// A connection on which somebody has accepted a stream to `address`.
    pub(super) async fn dial(&self, address: &Address) -> Result<E2e, OpenError> {
        let tried = timeout(DIAL_TIMEOUT, self.try_candidates(address)).await;
        tried.unwrap_or_else(|_| Err(OpenError::Timeout(address.clone())))
    }

    async fn try_candidates(&self, address: &Address) -> Result<E2e, OpenError> {
        let config = self.inner.paths.e2e().ok_or(OpenError::NoIdentity)?;
        let candidates = self.candidates(address).await?;
        let mut last = None;
        for candidate in candidates.iter().take(MAX_ATTEMPTS) {
            match self.attempt(candidate, address, &config).await {
                Ok(e2e) => return Ok(e2e),
                Err(error) => {
                    tracing::debug!(%address, peer = %candidate.peer, %error, "a candidate did not take the stream");
                    last = Some(error);
                }
            }
        }
        let last = last.ok_or_else(|| OpenError::NobodyServes(address.clone()))?;
        Err(OpenError::Unreachable { address: address.clone(), last })
    }

    /// Who serves `address`, best first. Waits a while for the first to appear: a site that has just attached does
    /// not know yet.
    async fn candidates(&self, address: &Address) -> Result<Vec<Candidate>, OpenError> {
        let paths = &self.inner.paths;
        let mut candidates = paths.candidates(address);
        if candidates.is_empty() {
            // Whether it appeared or time ran out is seen from what there is.
            let _ = timeout(self.inner.patience, paths.wait_candidates(address)).await;
            candidates = paths.candidates(address);
        }
        if candidates.is_empty() {
            return Err(OpenError::NobodyServes(address.clone()));
        }
        let seen: Vec<select::Candidate> = candidates
            .iter()
            .map(|c| select::Candidate { site: node(&c.peer), cost: c.cost, weight: c.weight, draining: c.draining })
            .collect();
        let open = |site| {
            let peer = candidates.iter().find(|c| node(&c.peer) == site);
            peer.map_or(0, |c| self.inner.live.count(&c.peer))
        };
        let ordered = select::order(Policy::Closest, &seen, open);
        let by_site = |site| candidates.iter().find(|c| node(&c.peer) == site).cloned();
        Ok(ordered.into_iter().filter_map(|c| by_site(c.site)).collect())
    }

    async fn attempt(
        &self,
        candidate: &Candidate,
        address: &Address,
        config: &Arc<E2eConfig>,
    ) -> Result<E2e, AttemptError> {
        let (peer, protocol) = (&candidate.peer, protocol_of(address));
        if let Some(e2e) = self.inner.idle.take(peer, protocol, config) {
            match self.open_on(e2e, address).await {
                Err(error) if is_stale(&error) => {
                    tracing::debug!(%peer, %error, "a kept connection was dead");
                }
                result => return Ok(result?),
            }
        }
        let e2e = self.connect(peer, protocol, config).await?;
        Ok(self.open_on(e2e, address).await?)
    }

    async fn connect(&self, peer: &Identity, protocol: Alpn, config: &Arc<E2eConfig>) -> Result<E2e, AttemptError> {
        let _turn = self.inner.turns.wait(*peer).await;
        let path = timeout(PATH_TIMEOUT, self.inner.paths.open(peer)).await.map_err(|_| PathError::NoConnection)??;
        Ok(e2e::connect(path, config, peer, protocol).await?)
    }

    async fn open_on(&self, mut e2e: E2e, address: &Address) -> Result<E2e, E2eError> {
        let open = Open {
            stream: Uuid::new_v4().into_bytes(),
            address: address.clone(),
            protocol: Protocol::Tcp,
            flags: 0,
            window: 0,
        };
        match e2e.open(open, ACCEPT_TIMEOUT).await {
            Ok(()) => Ok(e2e),
            Err(error @ E2eError::Refused { .. }) => {
                self.inner.idle.put(e2e);
                Err(error)
            }
            Err(error) => {
                if matches!(error, E2eError::Timeout) {
                    e2e.session.reset(ResetCode::GaveUp);
                    self.inner.tasks.spawn(e2e.last_words());
                } else {
                    e2e.reset();
                }
                Err(error)
            }
        }
    }
}

/// Whether a kept connection turned out to be gone, as far as can be told: nobody at the other end has decided
/// anything about the stream, and nothing of it was sent.
fn is_stale(error: &E2eError) -> bool {
    matches!(
        error,
        E2eError::Lost(_) | E2eError::Cancelled | E2eError::Closed | E2eError::Tls(_) | E2eError::Aborted { .. }
    )
}

/// By what `select` knows a site.
fn node(identity: &Identity) -> NodeId {
    NodeId(match identity {
        Identity::BackboneSite { site, .. } | Identity::Bootstrap { site, .. } => site.into_untyped_uuid(),
        Identity::TrustSigner { backbone } => backbone.into_untyped_uuid(),
        Identity::Invitation { invitation, .. } => invitation.into_untyped_uuid(),
        Identity::Member { site, .. } => site.into_untyped_uuid(),
        Identity::Controller { controller } => controller.into_untyped_uuid(),
    })
}
