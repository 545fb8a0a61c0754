//! Who asks, and what they may.

use std::{net::IpAddr, sync::Arc};

use authz::{Acting, Action, Decision, Reach, Standing, SubjectKind, Target};
use model::{GenericUuid, NetworkId};
use store::{Db, backbone::Backbone, grant, grant::Held, network::Network};
use trace::SpanContext;
use uuid::Uuid;

use super::{Once, OpError, Ref, find};
use crate::App;

/// On whose behalf an operation runs; recorded with every event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Who, as they signed in.
    pub acting: Acting,
    /// How far they reach.
    pub reach: Arc<Reach>,
    /// The request this belongs to, for finding it in logs.
    pub request_id: String,
    /// Where the request came from, when it came over the network.
    pub address: Option<IpAddr>,
    /// The request, in the trace that it belongs to.
    pub trace: Option<SpanContext>,
    /// The creation that must not happen twice, when the request carries an `Idempotency-Key`: every operation that
    /// creates calls `once::claim` first and `once::complete` last in its transaction.
    pub once: Option<Once>,
}

impl Actor {
    /// Whoever acts, before anything is known of what they hold: see [`Actor::find_reach`].
    pub fn new(acting: Acting, request_id: String, address: Option<IpAddr>) -> Self {
        let reach = Arc::new(Reach::new(&acting, &[]));
        Self { acting, reach, request_id, address, trace: None, once: None }
    }

    pub(crate) fn context(&self) -> store::Context {
        let address = self.address.map(|address| address.to_string());
        let traceparent = self.trace.map(|trace| trace.to_string());
        store::Context::new(&self.acting.name).by_request(&self.request_id, address).in_trace(traceparent)
    }

    /// Reads what they hold, as it is now.
    pub(crate) async fn find_reach(&mut self, app: &App) -> Result<(), OpError> {
        if self.acting.kind != SubjectKind::Installation {
            let held = grant::of(app.store(), self.acting.subject, self.acting.groups.iter().copied()).await?;
            let grants: Vec<_> = held.iter().map(Held::grant).collect();
            self.reach = Arc::new(Reach::new(&self.acting, &grants));
        }
        Ok(())
    }

    /// Whether they may do this to that.
    pub fn decide(&self, action: Action, target: &Target) -> Decision {
        self.reach.decide(action, target)
    }

    /// Refuses unless they may do this to that. What does not exist for them is told by who knows its name.
    pub fn require(&self, action: Action, target: &Target) -> Result<(), OpError> {
        match self.decide(action, target) {
            Decision::Allowed => Ok(()),
            Decision::Forbidden | Decision::Hidden => Err(OpError::forbidden(action)),
        }
    }

    /// The backbone, if they may do this on it. One they may not see is not there.
    pub(crate) async fn require_on_backbone(
        &self,
        db: impl Db,
        action: Action,
        named: &Ref,
    ) -> Result<Backbone, OpError> {
        let found = find::backbone(db, named).await?;
        match self.decide(action, &Target::Backbone { id: found.id }) {
            Decision::Allowed => Ok(found),
            Decision::Forbidden => Err(OpError::forbidden(action)),
            Decision::Hidden => Err(OpError::NotFound { kind: "backbone".to_owned(), name: named.to_string() }),
        }
    }

    /// The network, if they may do this in it. One they may not see is not there.
    pub(crate) async fn require_in_network(
        &self,
        db: impl Db,
        action: Action,
        named: &Ref,
    ) -> Result<Network, OpError> {
        let found = find::network(db, named).await?;
        match self.decide(action, &target(&found)) {
            Decision::Allowed => Ok(found),
            Decision::Forbidden => Err(OpError::forbidden(action)),
            Decision::Hidden => Err(OpError::NotFound { kind: "network".to_owned(), name: named.to_string() }),
        }
    }

    /// The networks they are at least of this standing to; `None`: every one.
    pub(crate) async fn networks(&self, app: &App, least: Standing) -> Result<Option<Vec<NetworkId>>, OpError> {
        if self.reach.is_everything() {
            return Ok(None);
        }
        Ok(Some(grant::networks_within(app.store(), &self.reach.filter(least)).await?))
    }
}

/// A network, as it is decided on.
pub(crate) fn target(network: &Network) -> Target {
    Target::Network { id: network.id, backbone: network.backbone, owner: network.owner }
}

/// Ids, as a list is narrowed to them.
pub(crate) fn only<T: GenericUuid>(ids: Option<Vec<T>>) -> Option<Vec<Uuid>> {
    ids.map(|ids| ids.into_iter().map(GenericUuid::into_untyped_uuid).collect())
}
