//! Making a link: one attempt at a target, and several targets in order.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::Timestamp;
use model::{HostPort, Identity, router};
use overlay_proto::{
    Peer,
    pool::{Ready, Side},
};
use rustls::AlertDescription;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    credentials::Credentials,
    link::{
        Link, LinkFacts,
        data::DataPool,
        handshake::{self, HandshakeError, Terms},
    },
    net::{ConnectError, Way},
    observe::{Farewell, Observation, Reason},
    run::run_link,
    shared::Shared,
};

/// How long a target may take before the next one is tried beside it. Of those that answer the first does: a better one has
/// this much of a head start.
const HEAD_START: Duration = Duration::from_secs(1);
/// A link is replaced when this part of what was left of its certificates' life is left.
const RELINK_FRACTION: u32 = 6;

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum AttemptError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

/// What a link is made with.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) spec: router::Link,
    pub(super) credentials: Arc<Credentials>,
}

/// A live link and what it was made with.
pub(super) struct Held {
    pub(super) link: Arc<Link>,
    pub(super) target: HostPort,
    pub(super) made: Wanted,
    pub(super) task: JoinHandle<Farewell>,
    /// When to replace it, at the latest.
    pub(super) replace_at: Timestamp,
}

/// Why no target could be had: in words for people, and by reason where one end gave one.
pub(super) struct Failed {
    pub(super) reason: Reason,
    pub(super) error: Option<String>,
}

/// Tries `targets` in order: each when the one before it has failed, or has not answered for a moment.
pub(super) async fn first_of(shared: &Arc<Shared>, wanted: &Wanted, targets: &[HostPort]) -> Result<Held, Failed> {
    let mut waiting = targets.iter();
    let mut attempts = FuturesUnordered::new();
    let mut failed = Failed { reason: Reason::Other, error: None };
    let attempt = |target| async move { (target, attempt(shared, wanted, target).await) };
    attempts.extend(waiting.next().map(attempt));
    loop {
        let next = tokio::select! {
            biased;
            ended = attempts.next() => match ended {
                None => return Err(failed),
                Some((_, Ok(held))) => return Ok(held),
                Some((target, Err(error))) => {
                    let link = wanted.spec.id;
                    tracing::debug!(%link, %target, %error, "a link could not be made");
                    if let Some(Farewell { reason, message }) = refusal(&error) {
                        failed.reason = reason;
                        let target = target.clone();
                        shared.observe(Observation::Refused { link, target, reason, message });
                    }
                    failed.error = Some(format!("{target}: {error}"));
                    waiting.next()
                }
            },
            () = sleep(HEAD_START), if waiting.len() > 0 => waiting.next(),
        };
        attempts.extend(next.map(attempt));
    }
}

/// Makes a link. Once it is in the table there is nothing more to wait for: dropping this leaves none behind.
async fn attempt(shared: &Arc<Shared>, wanted: &Wanted, target: &HostPort) -> Result<Held, AttemptError> {
    let Wanted { spec, credentials } = wanted;
    let view = shared.trust.view();
    let proxy = shared.proxy.borrow().clone();
    let (stream, way) = Way::find(target, proxy.as_ref()).await?;
    let remote = stream.peer_addr().map_err(HandshakeError::Tls)?;
    let renews = matches!(credentials.identity, Identity::Renewal { .. });
    let terms = Terms { software: shared.software.clone(), cost: spec.cost, transport: spec.transport, renews };
    let met = handshake::dial(stream, credentials.dial.link.clone(), spec.peer, &terms, shared.clock.now()).await?;
    let authorities = view.authorities_of(&met.peer).to_vec();
    let node = Peer::of(&met.peer).ok_or(HandshakeError::Protocol("its certificate is for no router"))?;
    let expires = met.expires.min(credentials.expires);
    let now = shared.clock.now();
    let facts = LinkFacts {
        key: shared.links.next_key(),
        config: Some(spec.id),
        access_point: None,
        side: Side::Dialler,
        peer: met.peer,
        node,
        leaf: met.leaf,
        expires,
        cost: spec.cost,
        transport: spec.transport,
        remote,
        way: Some(way),
        since: now,
    };
    let (channel, key) = (met.channel, met.key);
    let pool = DataPool::new(Side::Dialler, Ready::between(shared.kind, node.kind), key, shared.epoch.now());
    let link = Arc::new(Link::new(facts, pool, authorities, shared.token.child_token()));
    shared.links.insert(&link, None);
    // Trust may have changed since TLS asked it; from here on every change reaches the link.
    shared.judge(&link);
    let life = run_link(shared.clone(), link.clone(), channel, None, Some(credentials.dial.clone()));
    let task = shared.tasks.spawn(life);
    Ok(Held { link, target: target.clone(), made: wanted.clone(), task, replace_at: replace_at(now, expires) })
}

/// Why the other end refused us, if that is what went wrong.
fn refusal(error: &AttemptError) -> Option<Farewell> {
    match error {
        AttemptError::Handshake(HandshakeError::Refused(farewell)) => Some(farewell.clone()),
        AttemptError::Handshake(rejected @ HandshakeError::Rejected(alert)) => {
            let reason = match alert {
                AlertDescription::CertificateExpired => Reason::Expired,
                _ => Reason::NotAdmitted,
            };
            Some(Farewell::new(reason, rejected.to_string()))
        }
        _ => None,
    }
}

fn replace_at(now: Timestamp, expires: Timestamp) -> Timestamp {
    let left = expires.duration_since(now);
    let margin = left.checked_div(RELINK_FRACTION.cast_signed()).unwrap_or_default();
    expires.checked_sub(margin).unwrap_or(expires)
}
