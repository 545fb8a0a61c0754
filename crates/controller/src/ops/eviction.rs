//! What an eviction answers: which routers enforce it already.

use std::{collections::BTreeMap, time::Duration};

use model::{BackboneId, BackboneSiteId, Name, lifecycle::BackboneSiteState};
use store::{Page, backbone_site, status};
use tokio::time::{Instant, sleep};

use super::OpError;
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

/// Signs the trust document that carries what was committed, and waits a little for the routers of a backbone to
/// acknowledge it.
pub(crate) async fn carried_out(app: &App, backbone: BackboneId) -> Result<Eviction, OpError> {
    let trust_version = trust::publish(app, backbone).await?.version;
    app.reconcile();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let eviction = progress(app, backbone, trust_version).await?;
        if eviction.complete || Instant::now() >= deadline {
            return Ok(eviction);
        }
        sleep(LOOK).await;
    }
}

async fn progress(app: &App, backbone: BackboneId, trust_version: u64) -> Result<Eviction, OpError> {
    let sites = backbone_site::list(app.store(), backbone, Page::ALL).await?.items;
    let versions: BTreeMap<_, _> = status::list_of_backbone(app.store(), backbone)
        .await?
        .into_iter()
        .map(|(site, status)| (site, status.trust_version))
        .collect();
    let enforces = |site| versions.get(&site).copied().flatten().is_some_and(|version| version >= trust_version);
    let routers: Vec<_> = sites
        .into_iter()
        .filter(|site| site.state == BackboneSiteState::Deployed)
        .map(|site| Acknowledgement { acknowledged: enforces(site.id), site: site.id, name: site.name })
        .collect();
    Ok(Eviction { trust_version, complete: routers.iter().all(|router| router.acknowledged), routers })
}
