//! Evictions: who is denied for how long, and which routers enforce it already.

use std::{collections::BTreeMap, time::Duration};

use authz::Target;
use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, BackboneSiteId, GenericUuid, Identity, Name,
    lifecycle::BackboneSiteState,
    trust::{Denial, TrustDocument},
};
use store::{
    Page, StoreError, Tx, backbone, backbone_site,
    denial::{self, Denied},
    network, status,
    trust::{self as documents, Document},
};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{OpError, actor, observed};
use crate::{App, issue, trust};

/// How long an eviction waits for the routers to acknowledge it.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it looks whether they have: sessions may be with other replicas, whose word comes through the database.
const LOOK: Duration = Duration::from_millis(50);
/// How long an id stays denied after its last certificate has expired: for routers whose clocks are slow.
const SLOW_CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// How far an eviction has come. It is committed in any case: a router that has not acknowledged it admits nobody new
/// once its trust document has expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eviction {
    /// The id that is denied; of several, the first.
    pub id: Uuid,
    /// The version of the trust document that carries the denial; absent while none is signed, or when there are several
    /// backbones.
    pub trust_version: Option<u64>,
    /// Whether every router has acknowledged.
    pub complete: bool,
    /// The backbones it is denied at.
    pub backbones: Vec<BackboneId>,
    /// The deployed routers concerned.
    pub routers: Vec<Acknowledgement>,
}

/// Whether a router enforces a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The backbone's name.
    pub backbone: Name,
    /// The relay site.
    pub site: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// Whether it says that a document with the denial is in force there.
    pub acknowledged: bool,
    /// Whether it has a session with a controller now.
    pub reachable: bool,
    /// When the document expires that it goes by, as far as is known, while it has not acknowledged: from then on it
    /// admits nobody new.
    pub document_expires: Option<Timestamp>,
}

/// Denies an id for as long as a certificate of it could be valid. Returns the id, for [`carried_out`].
pub(crate) async fn deny(
    app: &App,
    tx: &mut Tx,
    denied: Denied,
    backbone: Option<BackboneId>,
    reason: Denial,
) -> Result<Uuid, OpError> {
    let last = match denied {
        Denied::Network(network) => issue::last_expiry_in(tx, network).await?,
        Denied::Site(network, site) => issue::last_expiry(app, tx, [Identity::Member { network, site }]).await?,
        Denied::Invitation(network, invitation) => {
            issue::last_expiry(app, tx, [Identity::Invitation { network, invitation }]).await?
        }
        Denied::BackboneSite(site) => {
            let backbone = backbone.unwrap_or_else(|| BackboneId::from_untyped_uuid(Uuid::nil()));
            let identities = [Identity::BackboneSite { backbone, site }, Identity::Bootstrap { backbone, site }];
            issue::last_expiry(app, tx, identities).await?
        }
        Denied::Controller(controller) => {
            // As what signs trust documents it has other certificates, which may outlive its own.
            let backbones = backbone::list(&mut *tx, Page::ALL).await?.items.into_iter();
            let signers = backbones.map(|row| Identity::TrustSigner { backbone: row.id, controller });
            issue::last_expiry(app, tx, signers.chain([Identity::Controller { controller }])).await?
        }
    };
    let until = last.map_or(app.now(), |last| last.max(app.now())).saturating_add(SLOW_CLOCKS);
    let denial = denial::insert(tx, denied, backbone, reason, Some(until.unwrap_or(Timestamp::MAX))).await?;
    crashpoint::reached(Point::EvictUncommitted);
    Ok(denial.id)
}

/// Signs the trust documents that carry what was committed, and waits a little for the routers that are heard of to
/// acknowledge them.
///
/// The eviction stands already: whatever goes wrong from here on is tried again by the reconcilers, and answered as not
/// acknowledged yet.
pub(crate) async fn carried_out(app: &App, backbones: &[BackboneId], denied: &[Uuid]) -> Eviction {
    let id = denied.first().copied().unwrap_or_default();
    if app.told_later(backbones, denied) {
        return Eviction { id, trust_version: None, complete: false, backbones: backbones.to_vec(), routers: vec![] };
    }
    crashpoint::reached(Point::EvictCommitted);
    for backbone in backbones {
        match trust::publish(app, *backbone).await {
            Ok(in_force) => tracing::info!(%backbone, version = in_force.version, "an eviction is on its way"),
            Err(error) => tracing::warn!(
                %backbone,
                error = &error as &dyn std::error::Error,
                "an eviction is committed, and its trust document not signed yet; it is tried again"
            ),
        }
    }
    app.reconcile();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let late = Instant::now() >= deadline;
        match progress(app, backbones, denied).await {
            Ok((eviction, waiting)) if late || !waiting => return eviction,
            Err(error) if late => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "an eviction is committed, and it is not known who has acknowledged it"
                );
                return Eviction {
                    id,
                    trust_version: None,
                    complete: false,
                    backbones: backbones.to_vec(),
                    routers: vec![],
                };
            }
            Ok(_) | Err(_) => {}
        }
        sleep(LOOK).await;
    }
}

/// How far a denial has come, by the id that is denied.
pub async fn show(app: &App, denied: Uuid) -> Result<Eviction, OpError> {
    let denials = denial::find(app.store(), denied).await?;
    let missing = || OpError::NotFound { kind: "eviction".to_owned(), name: denied.to_string() };
    let denial = denials.into_iter().next().ok_or_else(missing)?;
    let backbones = match denial.backbone {
        Some(backbone) => vec![backbone],
        None => all_backbones(app).await?,
    };
    Ok(progress(app, &backbones, &[denied]).await?.0)
}

/// What an eviction is of, as it is decided on; nothing, where nothing is denied, or the network is gone.
pub(crate) async fn target(app: &App, denied: Uuid) -> Result<Option<Target>, OpError> {
    let Some(denial) = denial::find(app.store(), denied).await?.into_iter().next() else { return Ok(None) };
    Ok(match (denial.network, denial.backbone) {
        (Some(network), backbone) => match network::get(app.store(), network).await {
            Ok(found) => Some(actor::target(&found)),
            Err(StoreError::NotFound { .. }) => backbone.map(|id| Target::Backbone { id }),
            Err(error) => return Err(error.into()),
        },
        (None, Some(id)) => Some(Target::Backbone { id }),
        (None, None) => Some(Target::Installation),
    })
}

/// Every backbone there is.
pub(crate) async fn all_backbones(app: &App) -> Result<Vec<BackboneId>, OpError> {
    Ok(backbone::list(app.store(), Page::ALL).await?.items.into_iter().map(|row| row.id).collect())
}

/// How far it has come, and whether there is any use in waiting.
async fn progress(app: &App, backbones: &[BackboneId], denied: &[Uuid]) -> Result<(Eviction, bool), OpError> {
    let mut waiting = false;
    let mut versions = vec![];
    let mut routers = vec![];
    for id in backbones {
        let row = match backbone::get(app.store(), *id).await {
            Ok(row) => row,
            Err(StoreError::NotFound { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let line = Line::read(documents::kept(app.store(), *id).await?, denied)?;
        versions.push(line.version);
        waiting |= line.version.is_none();
        let sites = backbone_site::list(app.store(), *id, Page::ALL).await?.items;
        let statuses: BTreeMap<_, _> = status::list_of_backbone(app.store(), *id).await?.into_iter().collect();
        for site in sites.into_iter().filter(|site| site.state == BackboneSiteState::Deployed) {
            let status = statuses.get(&site.id);
            let in_force = status.and_then(|status| status.trust_digest);
            let acknowledged = in_force.is_some_and(|digest| line.holding.contains_key(&digest));
            let reachable = status.is_some_and(|status| observed::is_online(status, app.now()));
            waiting |= !acknowledged && reachable;
            routers.push(Acknowledgement {
                backbone: row.name.clone(),
                site: site.id,
                name: site.name,
                acknowledged,
                reachable,
                document_expires: if acknowledged { None } else { line.expires(in_force) },
            });
        }
    }
    let trust_version = if let [version] = versions.as_slice() { *version } else { None };
    let complete = versions.iter().all(Option::is_some) && routers.iter().all(|router| router.acknowledged);
    let id = denied.first().copied().unwrap_or_default();
    Ok((Eviction { id, trust_version, complete, backbones: backbones.to_vec(), routers }, waiting))
}

/// The documents of a backbone, told apart by whether they hold some denials.
struct Line {
    /// The first version that does.
    version: Option<u64>,
    /// By digest, when each that does expires.
    holding: BTreeMap<[u8; 32], Timestamp>,
    /// By digest, when each that does not expires.
    lacking: BTreeMap<[u8; 32], Timestamp>,
}

impl Line {
    /// Reads documents, newest first.
    fn read(kept: Vec<Document>, denied: &[Uuid]) -> Result<Self, OpError> {
        let mut line = Self { version: None, holding: BTreeMap::new(), lacking: BTreeMap::new() };
        for document in kept {
            // What was denied stays so as long as it matters: from the first that lacks it on, all older ones do.
            let holds = line.lacking.is_empty() && holds(&trust::read_bytes(&document.document)?, denied);
            let (version, expires) = (document.version, document.valid_until);
            let digest = trust::signed(document).digest();
            if holds {
                line.version = Some(version);
                line.holding.insert(digest, expires);
            } else {
                line.lacking.insert(digest, expires);
            }
        }
        Ok(line)
    }

    /// When the document expires that a router goes by; of an unknown one, the latest that it can be.
    fn expires(&self, in_force: Option<[u8; 32]>) -> Option<Timestamp> {
        let known = in_force.and_then(|digest| self.lacking.get(&digest)).copied();
        known.or_else(|| self.lacking.values().max().copied())
    }
}

/// Whether a document denies all of these ids.
fn holds(document: &TrustDocument, denied: &[Uuid]) -> bool {
    let in_it = &document.denied;
    denied.iter().all(|id| {
        in_it.networks.contains_key(&GenericUuid::from_untyped_uuid(*id))
            || in_it.sites.contains_key(&GenericUuid::from_untyped_uuid(*id))
            || in_it.invitations.contains_key(&GenericUuid::from_untyped_uuid(*id))
            || in_it.backbone_sites.contains_key(&GenericUuid::from_untyped_uuid(*id))
            || in_it.controllers.contains_key(&GenericUuid::from_untyped_uuid(*id))
    })
}
