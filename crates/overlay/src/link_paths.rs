//! The links of a router, as streams see them: who serves an address, and a way there.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{FutureExt as _, future::BoxFuture};
use model::{Address, GenericUuid as _, Identity};
use overlay_proto::{
    NodeId, Realm,
    link::{Open, frame::Body},
};
use tokio::sync::oneshot;

use crate::{
    actor::Input,
    e2e::E2eConfig,
    paths::{Candidate, PathConn, PathError, Paths},
    services::may_use,
    shared::Shared,
};

/// The links of a router, as streams see them.
pub(crate) struct LinkPaths {
    pub(crate) shared: Arc<Shared>,
    /// Replaced with every certificate.
    pub(crate) e2e: Arc<Mutex<Arc<E2eConfig>>>,
}

impl LinkPaths {
    fn declare(&self, address: &Address) {
        if may_use(self.shared.kind, address) {
            self.shared.services.open(address);
        }
    }

    async fn open_to(&self, peer: &Identity) -> Result<PathConn, PathError> {
        let (realm, site) = match peer {
            Identity::Member { network, site } => (Realm::Network(*network), site.into_untyped_uuid()),
            Identity::Controller { controller } => (Realm::Platform, controller.into_untyped_uuid()),
            other => return Err(PathError::Refused(format!("no stream leads to a {}", other.role()))),
        };
        let (reply, answer) = oneshot::channel();
        let asked = self.shared.actor.send(Input::Route(realm, NodeId(site), reply)).await;
        asked.map_err(|_| PathError::ShuttingDown)?;
        let (link, open) = answer.await.map_err(|_| PathError::ShuttingDown)??;
        let taken = link.token().run_until_cancelled(link.data.take()).await;
        let (number, conn) = taken.flatten().ok_or(PathError::NoConnection)?;
        let cancelled = link.token().child_token();
        let leaving = link.leaving().child_token();
        let refusal = link.data.opened(number, cancelled.clone(), leaving.clone());
        link.send(Body::Open(Open { connection: number, ..open }));
        Ok(PathConn { refusal: Some(refusal), leaving, ..link.path(conn, cancelled) })
    }
}

impl Paths for LinkPaths {
    fn candidates(&self, address: &Address) -> Vec<Candidate> {
        let candidates = self.shared.candidates.watch(address).borrow().clone();
        self.declare(address);
        candidates
    }

    fn wait_candidates<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, ()> {
        let mut candidates = self.shared.candidates.watch(address);
        self.declare(address);
        async move {
            if candidates.wait_for(|candidates| !candidates.is_empty()).await.is_err() {
                // The router is gone, and with it everybody who waits.
                std::future::pending().await
            }
        }
        .boxed()
    }

    fn open<'a>(&'a self, peer: &'a Identity) -> BoxFuture<'a, Result<PathConn, PathError>> {
        self.open_to(peer).boxed()
    }

    fn e2e(&self) -> Option<Arc<E2eConfig>> {
        let valid = self.shared.clock.now() < self.shared.credentials.borrow().expires;
        valid.then(|| self.e2e.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
