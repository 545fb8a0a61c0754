//! Finding someone who accepts a stream: candidates in order, over connections kept from earlier streams or new ones.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use model::{Address, GenericUuid, Identity, SiteId, router::AddressPolicy};
use overlay_proto::{
    NodeId,
    select::{self, Policy, Spread},
    session::{Open, Protocol, ResetCode},
};
use pki::Alpn;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::Ingress;
use crate::{
    e2e::{self, E2e, E2eConfig, E2eError, protocol_of},
    live::Expected,
    paths::{Candidate, PathError},
};

/// How long the backbone may take to provide a path.
const PATH_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other end may take to accept a stream. Longer than it gives its own target.
const ACCEPT_TIMEOUT: Duration = Duration::from_secs(8);
/// How many candidates are tried for one stream.
const MAX_ATTEMPTS: usize = 4;
/// How long to wait before all are tried once more because the way to them broke: longer each time. Routers need a moment to
/// agree on another way; applications do not have to notice. In milliseconds.
const AGAIN: [u64; 5] = [100, 200, 400, 800, 1_600];
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

impl AttemptError {
    /// Whether the way was at fault, and another one may be found soon; not whoever is at its end.
    fn is_about_the_way(&self) -> bool {
        matches!(
            self,
            Self::Path(PathError::NotLinked | PathError::Refused(_) | PathError::NoConnection)
                | Self::EndToEnd(E2eError::NoWay(_) | E2eError::Cancelled | E2eError::Lost(_))
        )
    }
}

impl Ingress {
    /// A connection on which somebody has accepted a stream to `address`, counted as one with them.
    pub(super) async fn dial(&self, address: &Address) -> Result<(E2e, Expected), OpenError> {
        let tried = timeout(DIAL_TIMEOUT, self.try_again(address)).await;
        tried.unwrap_or_else(|_| Err(OpenError::Timeout(address.clone())))
    }

    async fn try_again(&self, address: &Address) -> Result<(E2e, Expected), OpenError> {
        for pause in AGAIN.map(Duration::from_millis) {
            match self.try_candidates(address).await {
                Err(OpenError::Unreachable { last, .. }) if last.is_about_the_way() => {
                    tracing::debug!(%address, error = %last, "the way broke; trying again");
                    sleep(pause).await;
                }
                result => return result,
            }
        }
        self.try_candidates(address).await
    }

    async fn try_candidates(&self, address: &Address) -> Result<(E2e, Expected), OpenError> {
        let config = self.inner.paths.e2e().ok_or(OpenError::NoIdentity)?;
        self.wait_for_candidates(address).await;
        let mut tried: Vec<Identity> = Vec::new();
        let mut last = None;
        while tried.len() < MAX_ATTEMPTS {
            // Asked anew each time: others may have become busy meanwhile.
            let Some((candidate, expected)) = self.pick(address, &tried) else { break };
            match self.attempt(&candidate, address, &config).await {
                Ok(e2e) => return Ok((e2e, expected)),
                Err(error) => {
                    tracing::debug!(%address, peer = %candidate.peer, %error, "a candidate did not take the stream");
                    last = Some(error);
                    tried.push(candidate.peer);
                }
            }
        }
        let last = last.ok_or_else(|| OpenError::NobodyServes(address.clone()))?;
        Err(OpenError::Unreachable { address: address.clone(), last })
    }

    /// Waits a while for the first to appear who serves `address`: a site that has just attached does not know yet.
    async fn wait_for_candidates(&self, address: &Address) {
        let paths = &self.inner.paths;
        if paths.candidates(address).is_empty() {
            // Whether one appeared or time ran out is seen from what there is.
            let _ = timeout(self.inner.patience, paths.wait_candidates(address)).await;
        }
    }

    /// The best of those who serve `address` that was not tried yet, counted before anybody else can be picked: streams that
    /// begin at the same moment see each other.
    fn pick(&self, address: &Address, tried: &[Identity]) -> Option<(Candidate, Expected)> {
        let candidates = self.inner.paths.candidates(address);
        let seen: Vec<select::Candidate> = candidates
            .iter()
            .map(|c| select::Candidate { site: node(&c.peer), cost: c.cost, weight: c.weight, draining: c.draining })
            .collect();
        let open = |site| {
            let peer = candidates.iter().find(|c| node(&c.peer) == site);
            peer.map_or(0, |c| self.inner.live.count(&c.peer))
        };
        let tried = |site| tried.iter().any(|peer| node(peer) == site);
        let mut spreads = self.inner.spreads.lock().unwrap_or_else(PoisonError::into_inner);
        let picked = match spreads.get_mut(address) {
            Some(spread) => spread.pick(&seen, tried, open),
            None => Spread::new(Policy::default(), self.inner.seed).pick(&seen, tried, open),
        };
        let picked = picked?.site;
        let candidate = candidates.iter().find(|c| node(&c.peer) == picked)?.clone();
        let expected = self.inner.live.expect(candidate.peer);
        Some((candidate, expected))
    }

    async fn attempt(
        &self,
        candidate: &Candidate,
        address: &Address,
        config: &Arc<E2eConfig>,
    ) -> Result<E2e, AttemptError> {
        let (peer, protocol) = (&candidate.peer, protocol_of(address));
        if let Some(e2e) = self.inner.idle.take(peer, protocol, config, candidate.cost) {
            match self.open_on(e2e, address).await {
                Err(error) if is_stale(&error) => {
                    tracing::debug!(%peer, %error, "a kept connection was dead");
                }
                result => return Ok(result?),
            }
        }
        let mut e2e = self.connect(peer, protocol, config).await?;
        e2e.cost = Some(candidate.cost);
        Ok(self.open_on(e2e, address).await?)
    }

    /// A new connection with exactly `peer`, on which nothing was said yet.
    pub(super) async fn connect(
        &self,
        peer: &Identity,
        protocol: Alpn,
        config: &Arc<E2eConfig>,
    ) -> Result<E2e, AttemptError> {
        let _turn = self.inner.turns.wait(*peer).await;
        let path = timeout(PATH_TIMEOUT, self.inner.paths.open(peer)).await.map_err(|_| PathError::NoConnection)??;
        let mut e2e = e2e::connect(path, config, peer, protocol).await?;
        self.inner.lifetimes.watch(&mut e2e, self.inner.clock.now());
        Ok(e2e)
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

/// A policy, as `select` knows it.
pub(super) fn policy(policy: &AddressPolicy) -> Policy {
    let node = |site: &SiteId| NodeId(site.into_untyped_uuid());
    match policy {
        AddressPolicy::Closest => Policy::Closest,
        AddressPolicy::Balanced => Policy::Balanced,
        AddressPolicy::Weighted(weights) => {
            Policy::Weighted(weights.iter().map(|(site, weight)| (node(site), (*weight).into())).collect())
        }
        AddressPolicy::Failover(order) => Policy::Failover(order.iter().map(node).collect()),
    }
}

/// By what `select` knows a site.
fn node(identity: &Identity) -> NodeId {
    NodeId(match identity {
        Identity::BackboneSite { site, .. } | Identity::Bootstrap { site, .. } => site.into_untyped_uuid(),
        Identity::TrustSigner { controller, .. } => controller.into_untyped_uuid(),
        Identity::Invitation { invitation, .. } => invitation.into_untyped_uuid(),
        Identity::Member { site, .. } | Identity::Renewal { site, .. } => site.into_untyped_uuid(),
        Identity::Controller { controller } => controller.into_untyped_uuid(),
    })
}
