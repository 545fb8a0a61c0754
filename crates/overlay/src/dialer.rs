//! Links that this router dials and keeps.

mod attempt;
mod keeper;
mod pace;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{HostPort, router};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use self::keeper::Keeper;
use crate::{
    link::Link,
    observe::{LinkState, LinkStatus},
    shared::Shared,
};

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
        let keeper = Keeper::new(shared.clone(), spec.subscribe(), token.clone(), Arc::clone(&state));
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

    /// The link is no longer wanted: it is let go in order.
    pub(crate) fn stop(&self) {
        self.token.cancel();
    }

    pub(crate) fn status(&self) -> LinkStatus {
        let (id, cost, transport) = {
            let spec = self.spec.borrow();
            (spec.id, spec.cost, spec.transport)
        };
        let state = lock(&self.state);
        match &state.link {
            Some((link, target)) => {
                // Why a better place is not attached to, for one.
                let error = state.error.clone();
                LinkStatus { link: Some(id), target: Some(target.clone()), error, ..link_status(link) }
            }
            None => LinkStatus { link: Some(id), cost, transport, error: state.error.clone(), ..LinkStatus::default() },
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
        since: Some(link.facts.since),
        cost: link.facts.cost,
        transport: link.facts.transport,
        draining: link.leaving().is_cancelled(),
        streams: link.streams(),
        rtt: link.rtt(),
        error: None,
        bytes_in: link.meter.received(),
        bytes_out: link.meter.sent(),
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
