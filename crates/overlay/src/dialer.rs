//! Links that this router dials and keeps.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::Timestamp;
use model::{HostPort, router};
use overlay_proto::{Peer, pool::Side};
use rustls::AlertDescription;
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    credentials::Credentials,
    link::{
        Link, LinkFacts,
        data::DataPool,
        handshake::{self, HandshakeError, Terms},
    },
    net::{self, ConnectError},
    observe::{Farewell, LinkState, LinkStatus, Observation, Reason},
    run::run_link,
    shared::Shared,
};

/// The first pause after an attempt that failed.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause; half of it is chance.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The pause for peers that said there is nothing to hope for soon.
const GENTLE_PAUSE: Duration = Duration::from_secs(5);
/// A link that lived this long was a good one: the pauses begin anew.
const GOOD_LIFE: Duration = Duration::from_secs(5);
/// A link is replaced when this part of what was left of its certificates' life is left.
const RELINK_FRACTION: u32 = 6;

/// A configured link, and the task that keeps it.
#[derive(Debug)]
pub(crate) struct Dialer {
    spec: watch::Sender<router::Link>,
    token: CancellationToken,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The live link, and where it was dialled.
    link: Option<(Arc<Link>, HostPort)>,
    error: Option<String>,
}

impl Dialer {
    pub(crate) fn start(shared: &Arc<Shared>, spec: router::Link) -> Self {
        let token = shared.token.child_token();
        let (spec, state) = (watch::Sender::new(spec), Arc::default());
        let keeper = Keeper {
            shared: shared.clone(),
            spec: spec.subscribe(),
            credentials: shared.credentials.subscribe(),
            token: token.clone(),
            state: Arc::clone(&state),
        };
        shared.tasks.spawn(keeper.run());
        Self { spec, token, state }
    }

    /// Takes over a changed configuration of the same link. A live link is replaced only when it no longer fits.
    pub(crate) fn configure(&self, spec: &router::Link) {
        self.spec.send_if_modified(|old| {
            let changed = old != spec;
            if changed {
                old.clone_from(spec);
            }
            changed
        });
    }

    /// Ends the link.
    pub(crate) fn stop(&self) {
        self.token.cancel();
    }

    pub(crate) fn status(&self) -> LinkStatus {
        let spec = self.spec.borrow().id;
        let state = lock(&self.state);
        match &state.link {
            Some((link, target)) => LinkStatus { link: Some(spec), target: Some(target.clone()), ..link_status(link) },
            None => LinkStatus {
                link: Some(spec),
                target: None,
                peer: None,
                state: LinkState::Connecting,
                rtt: None,
                error: state.error.clone(),
                bytes_in: 0,
                bytes_out: 0,
            },
        }
    }
}

/// How a live link stands.
pub(crate) fn link_status(link: &Link) -> LinkStatus {
    LinkStatus {
        link: link.facts.config,
        target: None,
        peer: Some(link.facts.peer),
        state: LinkState::Up,
        rtt: link.rtt(),
        error: None,
        bytes_in: link.meter.received(),
        bytes_out: link.meter.sent(),
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
}

/// A live link and what it was made with.
struct Held {
    link: Arc<Link>,
    target: HostPort,
    spec: router::Link,
    credentials: Arc<Credentials>,
    task: JoinHandle<Farewell>,
    /// When to replace it, at the latest.
    replace_at: Timestamp,
}

struct Keeper {
    shared: Arc<Shared>,
    spec: watch::Receiver<router::Link>,
    credentials: watch::Receiver<Arc<Credentials>>,
    token: CancellationToken,
    state: Arc<Mutex<State>>,
}

impl Keeper {
    async fn run(mut self) {
        let mut pauses = pauses();
        loop {
            let started = Instant::now();
            match self.establish().await {
                None => return,
                Some(Ok(held)) => {
                    let Some(farewell) = self.hold(held).await else { return };
                    if started.elapsed() >= GOOD_LIFE {
                        pauses = self::pauses();
                    }
                    let pause = self.pause_after(farewell.reason, &mut pauses);
                    lock(&self.state).error = Some(farewell.message);
                    if !self.wait(pause).await {
                        return;
                    }
                }
                Some(Err(reason)) => {
                    let pause = self.pause_after(reason, &mut pauses);
                    if !self.wait(pause).await {
                        return;
                    }
                }
            }
        }
    }

    /// Waits; a change of configuration or certificate ends the wait. Says whether to go on.
    async fn wait(&mut self, pause: Duration) -> bool {
        tokio::select! {
            () = self.token.cancelled() => false,
            () = sleep(pause) => true,
            changed = self.spec.changed() => changed.is_ok(),
            changed = self.credentials.changed() => changed.is_ok(),
        }
    }

    fn pause_after(&self, reason: Reason, pauses: &mut ExponentialBackoff) -> Duration {
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
        if matches!(reason, Reason::NotYetOpen | Reason::Evicted | Reason::Ended | Reason::Superseded | Reason::Kind) {
            // The other end will say the same for a while. The start of a network may move, so it is asked again.
            pause.max(GENTLE_PAUSE)
        } else {
            pause
        }
    }

    /// Tries every target in order, once. Nothing, when it was told to stop.
    async fn establish(&mut self) -> Option<Result<Held, Reason>> {
        let spec = self.spec.borrow_and_update().clone();
        let credentials = self.credentials.borrow_and_update().clone();
        let mut reason = Reason::Other;
        for target in &spec.targets {
            let attempt = self.token.run_until_cancelled(self.attempt(&spec, target, &credentials)).await?;
            match attempt {
                Ok(held) => return Some(Ok(held)),
                Err(error) => {
                    tracing::debug!(link = %spec.id, %target, %error, "a link could not be made");
                    lock(&self.state).error = Some(format!("{target}: {error}"));
                    if let Some(farewell) = refusal(&error) {
                        reason = farewell.reason;
                        let (target, message) = (target.clone(), farewell.message);
                        self.shared.observe(Observation::Refused { link: spec.id, target, reason, message });
                    }
                }
            }
        }
        Some(Err(reason))
    }

    async fn attempt(
        &self,
        spec: &router::Link,
        target: &HostPort,
        credentials: &Arc<Credentials>,
    ) -> Result<Held, AttemptError> {
        let view = self.shared.trust.view();
        let stream = net::connect(target).await?;
        let remote = stream.peer_addr().map_err(HandshakeError::Tls)?;
        let terms = Terms { software: self.shared.software.clone(), cost: spec.cost, transport: spec.transport };
        let met = handshake::dial(stream, credentials.dial.link.clone(), spec.peer, &terms).await?;
        let authorities = view.authorities_of(&met.peer).to_vec();
        let node = Peer::of(&met.peer).ok_or(HandshakeError::Protocol("its certificate is for no router"))?;
        let expires = met.expires.min(credentials.expires);
        let facts = LinkFacts {
            key: self.shared.links.next_key(),
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
        };
        let (channel, key) = (met.channel, met.key);
        let pool = DataPool::new(Side::Dialler, key, self.shared.epoch.now());
        let link = Arc::new(Link::new(facts, pool, authorities, self.shared.token.child_token()));
        self.shared.links.insert(&link, None);
        // Trust may have changed since TLS asked it; from here on every change reaches the link.
        self.shared.judge(&link);
        let life = run_link(self.shared.clone(), link.clone(), channel, None, Some(credentials.dial.clone()));
        let task = self.shared.tasks.spawn(life);
        let replace_at = replace_at(self.shared.clock.now(), expires);
        let (target, spec, credentials) = (target.clone(), spec.clone(), credentials.clone());
        Ok(Held { link, target, spec, credentials, task, replace_at })
    }

    /// Keeps a live link until it ends, and replaces it before its certificates expire or when it no longer fits:
    /// the new one is made before the old one goes. Nothing, when it was told to stop.
    async fn hold(&mut self, mut held: Held) -> Option<Farewell> {
        let mut pauses = pauses();
        let mut retry_at: Option<Instant> = None;
        self.show(&held);
        loop {
            let due = self.replacement_due(&held);
            let pause = match (due, retry_at) {
                (true, None) => Duration::ZERO,
                (true, Some(at)) => at.saturating_duration_since(Instant::now()),
                // The time of day can be set: it is looked at again in any case.
                (false, _) => Duration::from_secs(1),
            };
            tokio::select! {
                biased;
                () = self.token.cancelled() => {
                    held.link.close(Farewell::new(Reason::Shutdown, "the link is no longer wanted"));
                    self.hide();
                    return None;
                }
                ended = &mut held.task => {
                    self.hide();
                    return Some(ended.unwrap_or_else(|_| Farewell::new(Reason::Other, "the link broke off")));
                }
                () = sleep(pause) => {}
                Ok(()) = self.spec.changed() => retry_at = None,
                Ok(()) = self.credentials.changed() => retry_at = None,
            }
            if !self.replacement_due(&held) || retry_at.is_some_and(|at| at > Instant::now()) {
                continue;
            }
            match self.establish().await {
                // Told to stop: the next round does.
                None => {}
                Some(Ok(new)) => {
                    self.retire(std::mem::replace(&mut held, new));
                    self.show(&held);
                    pauses = self::pauses();
                    // The other end may not have a newer certificate yet: it is asked again later, not at once.
                    retry_at = self.replacement_due(&held).then(|| Instant::now() + LONGEST_PAUSE);
                }
                Some(Err(_)) => retry_at = Some(Instant::now() + pauses.next().unwrap_or(LONGEST_PAUSE)),
            }
        }
    }

    /// Whether a live link is to be replaced by a new one.
    fn replacement_due(&self, held: &Held) -> bool {
        let spec = self.spec.borrow();
        let fits = held.spec.peer == spec.peer
            && held.spec.cost == spec.cost
            && held.spec.transport == spec.transport
            && spec.targets.contains(&held.target);
        let current = Arc::ptr_eq(&held.credentials, &self.credentials.borrow());
        !fits || !current || self.shared.clock.now() >= held.replace_at
    }

    /// Lets an old link go once its streams have ended, at the latest when its certificates expire. New streams take
    /// the newest link.
    fn retire(&self, old: Held) {
        let (token, shared) = (self.token.clone(), self.shared.clone());
        shared.tasks.spawn(async move {
            let mut task = old.task;
            loop {
                tokio::select! {
                    biased;
                    () = token.cancelled() => break,
                    // It has ended by itself, at the latest when its certificates have expired.
                    _ = &mut task => return,
                    () = sleep(Duration::from_secs(1)) => {}
                }
                if old.link.streams() == 0 {
                    break;
                }
            }
            old.link.close(Farewell::new(Reason::Shutdown, "a newer link has taken over"));
        });
    }

    fn show(&self, held: &Held) {
        *lock(&self.state) = State { link: Some((held.link.clone(), held.target.clone())), error: None };
    }

    fn hide(&self) {
        lock(&self.state).link = None;
    }
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

fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE / 2)
        .with_factor(2.0)
        .without_max_times()
        .with_jitter()
        .build()
}
