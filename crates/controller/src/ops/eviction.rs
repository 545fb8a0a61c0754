//! What an eviction answers: which routers enforce it already.

use std::{collections::BTreeMap, time::Duration};

use model::{BackboneId, BackboneSiteId, Name, lifecycle::BackboneSiteState};
use store::{Page, backbone_site, status};
use tokio::time::{Instant, sleep};

use super::{OpError, observed};
use crate::{App, trust};

/// How long an eviction waits for the routers to acknowledge it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks whether they have: sessions may be with other replicas, whose word comes through the database.
const LOOK: Duration = Duration::from_millis(50);

/// How far an eviction has come. It is committed in any case: a router that has not acknowledged it admits nobody once
/// its trust document has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// The version of the trust document that carries the denial.
    pub trust_version: u64,
    /// Whether every router has acknowledged.
    pub complete: bool,
    /// The deployed routers of the backbone.
    pub routers: Vec<Acknowledgement>,
}

/// Whether a router enforces a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The relay site.
    pub site: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// Whether it says that this version, or a later one, is in force there.
    pub acknowledged: bool,
}

/// Signs the trust document that carries what was committed, and waits a little for the routers of a backbone that
/// are heard of to acknowledge it.
pub(crate) async fn carried_out(app: &App, backbone: BackboneId) -> Result<Eviction, OpError> {
    let trust_version = trust::publish(app, backbone).await?.version;
    app.reconcile();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (eviction, waiting) = progress(app, backbone, trust_version).await?;
        if !waiting || Instant::now() >= deadline {
            return Ok(eviction);
        }
        sleep(LOOK).await;
    }
}

/// How far it has come, and whether there is any use in waiting.
async fn progress(app: &App, backbone: BackboneId, trust_version: u64) -> Result<(Eviction, bool), OpError> {
    let sites = backbone_site::list(app.store(), backbone, Page::ALL).await?.items;
    let statuses: BTreeMap<_, _> = status::list_of_backbone(app.store(), backbone).await?.into_iter().collect();
    let mut waiting = false;
    let mut routers = vec![];
    for site in sites.into_iter().filter(|site| site.state == BackboneSiteState::Deployed) {
        let status = statuses.get(&site.id);
        let acknowledged = status.and_then(|it| it.trust_version).is_some_and(|version| version >= trust_version);
        waiting |= !acknowledged && status.is_some_and(|status| observed::is_online(status, app.now()));
        routers.push(Acknowledgement { site: site.id, name: site.name, acknowledged });
    }
    let complete = routers.iter().all(|router| router.acknowledged);
    Ok((Eviction { trust_version, complete, routers }, waiting))
}
