//! The task that keeps one configured link: makes it, replaces it before it goes, and goes back to where it should be.
//!
//! Whatever makes a live link one that should be another — a certificate, a cost, an end that goes, a better target that is
//! back — the new one is made first. Then the old one takes nothing new, and ends when nothing runs over it any more.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use model::{HostPort, proxy::ProxySettings, router};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    State,
    attempt::{Failed, Held, Wanted, first_of},
    lock,
    pace::{LONGEST_PAUSE, Pauses, Returns},
};
use crate::{
    credentials::Credentials,
    observe::{Farewell, Reason},
    shared::Shared,
};

/// How long a link to another target must have been good before it takes over: who says at once that it is about to go is
/// no better place.
const SETTLE: Duration = Duration::from_secs(1);
/// How long to wait at least before something else than an end that is about to go is looked for again.
const LEAVING_PAUSE: Duration = Duration::from_secs(5);
/// How long streams over a link that is no longer wanted may take to end.
const REMOVED: Duration = Duration::from_secs(10);

pub(super) struct Keeper {
    shared: Arc<Shared>,
    spec: watch::Receiver<router::Link>,
    credentials: watch::Receiver<Arc<Credentials>>,
    proxy: watch::Receiver<Option<Arc<ProxySettings>>>,
    token: CancellationToken,
    state: Arc<Mutex<State>>,
    returns: Returns,
}

/// Why a live link should be another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Due {
    /// It no longer is what is configured, or its certificates are to be replaced.
    Unfit,
    /// The other end is about to go.
    Leaving,
    /// There is a better target.
    Better,
}

impl Keeper {
    pub(super) fn new(
        shared: Arc<Shared>,
        spec: watch::Receiver<router::Link>,
        token: CancellationToken,
        state: Arc<Mutex<State>>,
    ) -> Self {
        let (credentials, proxy) = (shared.credentials.subscribe(), shared.proxy.subscribe());
        Self { shared, spec, credentials, proxy, token, state, returns: Returns::new() }
    }

    pub(super) async fn run(mut self) {
        let mut pauses = Pauses::new();
        loop {
            let began = Instant::now();
            let wanted = self.wanted();
            let Some(established) = self.establish(&wanted, &wanted.spec.targets).await else { return };
            let pause = match established {
                Ok(held) => {
                    let Some(farewell) = self.hold(held).await else { return };
                    pauses.lived(began);
                    let pause = pauses.after(farewell.reason);
                    lock(&self.state).error = Some(farewell.message);
                    pause
                }
                Err(failed) => pauses.after(failed.reason),
            };
            if !self.wait(pause).await {
                return;
            }
        }
    }

    /// What the link should be made with now.
    fn wanted(&mut self) -> Wanted {
        let spec = self.spec.borrow_and_update().clone();
        let credentials = self.credentials.borrow_and_update().clone();
        self.proxy.mark_unchanged();
        Wanted { spec, credentials }
    }

    /// Waits; a change of configuration or certificate ends the wait. Says whether to go on.
    async fn wait(&mut self, pause: Duration) -> bool {
        tokio::select! {
            () = self.token.cancelled() => false,
            () = sleep(pause) => true,
            changed = self.spec.changed() => changed.is_ok(),
            changed = self.credentials.changed() => changed.is_ok(),
            changed = self.proxy.changed() => changed.is_ok(),
        }
    }

    /// Tries targets in order, once. Nothing, when it was told to stop.
    async fn establish(&self, wanted: &Wanted, targets: &[HostPort]) -> Option<Result<Held, Failed>> {
        let made = self.token.run_until_cancelled(first_of(&self.shared, wanted, targets)).await?;
        if let Err(Failed { error: Some(error), .. }) = &made {
            lock(&self.state).error = Some(error.clone());
        }
        Some(made)
    }

    /// Keeps a live link until it ends, and replaces it by another one when it should be: the new one is made before the old
    /// one goes. Nothing, when it was told to stop.
    async fn hold(&mut self, mut held: Held) -> Option<Farewell> {
        let mut pauses = Pauses::new();
        let mut retry_at: Option<Instant> = None;
        let mut return_at = self.settle_in(&held);
        loop {
            let due = self.due(&held, return_at);
            let pause = match (due, retry_at) {
                (Some(_), None) => Duration::ZERO,
                (Some(_), Some(at)) => at.saturating_duration_since(Instant::now()),
                // The time of day can be set: it is looked at again in any case.
                (None, _) => Duration::from_secs(1),
            };
            tokio::select! {
                biased;
                () = self.token.cancelled() => {
                    self.hide();
                    let farewell = Farewell::new(Reason::Shutdown, "the link is no longer wanted");
                    self.shared.retire(held.link, Some(REMOVED), farewell);
                    return None;
                }
                ended = &mut held.task => {
                    self.hide();
                    return Some(ended.unwrap_or_else(|_| Farewell::new(Reason::Other, "the link broke off")));
                }
                // Once: what it leads to is due from then on, or the link has ended.
                () = held.link.leaving().cancelled(), if !held.link.leaving().is_cancelled() => retry_at = None,
                () = sleep(pause) => {}
                Ok(()) = self.spec.changed() => retry_at = None,
                Ok(()) = self.credentials.changed() => retry_at = None,
            }
            let Some(due) = self.due(&held, return_at) else { continue };
            if retry_at.is_some_and(|at| at > Instant::now()) {
                continue;
            }
            match self.replacement(&held, due).await {
                // Told to stop: the next round does.
                None => {}
                Some(Some(new)) => {
                    let old = std::mem::replace(&mut held, new);
                    // Without end: what runs over it is cut by nothing but the end of its certificates, or by its other end.
                    self.shared.retire(old.link, None, Farewell::new(Reason::Shutdown, "a newer link has taken over"));
                    return_at = self.settle_in(&held);
                    pauses = Pauses::new();
                    // The other end may not have a newer certificate yet: it is asked again later, not at once.
                    retry_at = self.due(&held, return_at).map(|_| Instant::now() + LONGEST_PAUSE);
                }
                Some(None) if due == Due::Better => return_at = Some(self.returns.next()),
                // Whoever drains may do so for long.
                Some(None) if due == Due::Leaving => retry_at = Some(Instant::now() + pauses.next().max(LEAVING_PAUSE)),
                Some(None) => retry_at = Some(Instant::now() + pauses.next()),
            }
        }
    }

    /// Whether a live link should be another one.
    fn due(&self, held: &Held, return_at: Option<Instant>) -> Option<Due> {
        let spec = self.spec.borrow();
        let made = &held.made.spec;
        let fits = made.peer == spec.peer
            && made.cost == spec.cost
            && made.transport == spec.transport
            && spec.targets.contains(&held.target);
        let current = Arc::ptr_eq(&held.made.credentials, &self.credentials.borrow());
        if !fits || !current || self.shared.clock.now() >= held.replace_at {
            Some(Due::Unfit)
        } else if held.link.peer_leaves() {
            Some(Due::Leaving)
        } else if return_at.is_some_and(|at| at <= Instant::now()) {
            Some(Due::Better)
        } else {
            None
        }
    }

    /// A link in place of `held`, if there is a better one; nothing at all when it was told to stop.
    async fn replacement(&mut self, held: &Held, due: Due) -> Option<Option<Held>> {
        let wanted = self.wanted();
        let targets = &wanted.spec.targets;
        let candidates: Vec<HostPort> = match due {
            Due::Unfit => targets.clone(),
            // Others first; it may also have changed its mind.
            Due::Leaving => {
                let (here, others): (Vec<_>, Vec<_>) = targets.iter().cloned().partition(|it| *it == held.target);
                others.into_iter().chain(here).collect()
            }
            Due::Better => targets.iter().take_while(|it| **it != held.target).cloned().collect(),
        };
        let mut rest = &candidates[..];
        loop {
            let new = match self.establish(&wanted, rest).await? {
                Ok(new) => new,
                Err(_) => return Some(None),
            };
            if due == Due::Unfit || self.settles(&new).await? {
                return Some(Some(new));
            }
            new.link.close(Farewell::new(Reason::Shutdown, "another link is kept"));
            // What comes after the one that did not last.
            let at = rest.iter().position(|target| *target == new.target).map_or(rest.len(), |at| at + 1);
            rest = &rest[at..];
        }
    }

    /// Whether a new link is good for a while; nothing when it was told to stop.
    async fn settles(&self, new: &Held) -> Option<bool> {
        tokio::select! {
            biased;
            () = self.token.cancelled() => {
                new.link.close(Farewell::new(Reason::Shutdown, "the link is no longer wanted"));
                None
            }
            () = new.link.leaving().cancelled() => Some(false),
            () = sleep(SETTLE) => Some(true),
        }
    }

    /// A link is the one that is held from now on. Says when to look for a better one, if there may be any.
    fn settle_in(&mut self, held: &Held) -> Option<Instant> {
        *lock(&self.state) = State { link: Some((held.link.clone(), held.target.clone())), error: None };
        if held.made.spec.targets.first() == Some(&held.target) {
            self.returns.returned();
            None
        } else {
            Some(self.returns.next())
        }
    }

    fn hide(&self) {
        lock(&self.state).link = None;
    }
}
