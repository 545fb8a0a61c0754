//! What a deployment is planned from, read at one moment.

use std::{collections::HashMap, sync::Arc};

use compose::{
    Source,
    deploy::{Authored, Plan},
    release::Release,
};
use jiff::{SignedDuration, Timestamp};
use model::{DeploymentId, Name, NetworkId, ReleaseId};
use serde_json::Value;
use store::{
    Context, Page, Tx,
    deployment::{self, Deployment, Locked},
    flow, member, network, release,
    replica::{self, Heard},
    status,
};

use super::known::Stored;
use crate::{App, ops::OpError};

/// What a deployment is planned from.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) locked: Locked,
    pub(super) stored: Stored,
    /// The release to be placed now.
    pub(super) release: ReleaseId,
}

impl Inputs {
    /// Reads them; none, when there is no such deployment any more, or it is being taken away.
    pub(super) async fn read(app: &App, row: &Deployment) -> Result<Option<Self>, OpError> {
        let mut at = app.store().begin(&Context::controller(app.controller())).await?;
        let Some(locked) = deployment::lock(&mut at, row.id).await?.filter(|locked| !locked.deployment.removing) else {
            return Ok(None);
        };
        let mut stored = Stored::read(&mut at, row.network, Some(row.id)).await?;
        if goes_by_traffic(&locked.deployment.document) {
            stored.traffic = flow::since_offered(&mut at, row.id).await?;
        }
        let newest = match followed(&locked.deployment.document) {
            Some(application) => release::newest(&mut at, &application).await?.map(|release| release.id),
            None => None,
        };
        let release = newest.unwrap_or(locked.deployment.release);
        at.rollback().await?;
        Ok(Some(Self { locked, stored, release }))
    }

    /// The plan that was made last, as the network is called now.
    pub(super) fn before(&self) -> Result<Option<Plan>, OpError> {
        self.locked.plan.as_deref().map(|text| self.stored.plan(text)).transpose()
    }

    /// Whether the deployment is still what was read.
    pub(super) fn is_at(&self, now: &Locked) -> bool {
        let (then, revision) = (&self.locked, self.locked.deployment.revision);
        now.deployment.revision == revision && (&now.plan, &now.rollout) == (&then.plan, &then.rollout)
    }

    /// What the deployment says, by the names that it and its network have.
    pub(super) fn authored(&self) -> Result<Authored, OpError> {
        authored(&self.locked.deployment.document, &self.locked.deployment.name, &self.stored.network.name)
    }
}

impl Stored {
    /// Reads what is stored of the sites of a network, and of what they have of a deployment.
    pub(super) async fn read(at: &mut Tx, network: NetworkId, of: Option<DeploymentId>) -> Result<Self, OpError> {
        let sites = match of {
            Some(deployment) => deployment::sites(&mut *at, deployment).await?,
            None => vec![],
        };
        Ok(Self {
            network: network::get(&mut *at, network).await?,
            members: member::list(&mut *at, network, false, Page::ALL).await?.items,
            statuses: status::list_of_network(&mut *at, network).await?.into_iter().collect(),
            at: sites.into_iter().map(|at| (at.member, at)).collect(),
            traffic: HashMap::new(),
            listening: listening(&replica::list(&mut *at).await?),
        })
    }

    /// A plan that is kept, as the network is called now.
    pub(super) fn plan(&self, text: &str) -> Result<Plan, OpError> {
        let plan: Plan = serde_json::from_str(text).map_err(OpError::internal("reading a plan of the database"))?;
        Ok(Plan { network: self.network.name.as_str().into(), ..plan })
    }
}

/// Reads what a deployment says.
pub(super) fn authored(document: &Value, name: &Name, network: &Name) -> Result<Authored, OpError> {
    let mut document = document.clone();
    document["metadata"]["name"] = name.as_str().into();
    document["metadata"]["network"] = network.as_str().into();
    Authored::read(&Source::new("deployment", document.to_string())).map_err(OpError::Documents)
}

/// A replica that is silent for so long listens to nobody: it notes every few seconds that it lives.
const SILENT: SignedDuration = SignedDuration::from_secs(60);

/// Since when some replica has listened to sites: since the oldest of those that live began.
fn listening(replicas: &[Heard]) -> Option<Timestamp> {
    replicas.iter().filter(|heard| heard.silent < SILENT).map(|heard| heard.replica.started).min()
}

/// The application whose newest release is meant, if that is what the deployment says.
fn followed(document: &Value) -> Option<Name> {
    document.get("spec")?.get("application")?.as_str()?.parse().ok()
}

/// Whether sites are judged by the connections that come to nothing there.
pub(super) fn goes_by_traffic(document: &Value) -> bool {
    document.pointer("/spec/rollout/maxErrors").is_some()
}

/// What a release says.
pub(super) async fn release_of(app: &App, id: ReleaseId) -> Result<Arc<Release>, OpError> {
    let text = release::document(app.store(), id).await?;
    Release::read(&text).map(Arc::new).map_err(OpError::internal("reading a release of the database"))
}
