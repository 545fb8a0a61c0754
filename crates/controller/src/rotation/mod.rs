//! Certificate authorities are replaced while everything runs: a new generation is announced, begins to issue when whoever
//! must trust it does, and the one before goes when nothing it has issued can be in use.

mod awaited;
mod key;
mod plan;

use std::{collections::HashMap, time::Duration};

use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use model::{AuthorityId, BackboneId, GenericUuid as _, NetworkId};
use pki::AuthorityKind;
use store::{
    Context, Page, StoreError, Tx,
    authority::{self, Authority, AuthorityState, Owner, Succession},
    backbone, event, network,
    network::Network,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

pub use self::key::KeyChange;
use self::plan::{Above, Generation, Inputs, Plan, Step};
pub(crate) use self::{
    awaited::awaited,
    key::change as change_key,
    plan::{two_thirds, withdrawn_after},
};
use crate::{App, issue, metrics, ops::OpError};

/// How long the reconciler rests after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// It looks at least this often, whatever it planned: sites say without an event what they trust, and clocks are set.
const LOOK: SignedDuration = SignedDuration::from_mins(1);
/// More steps than one authority can have at one moment.
const STEPS: usize = 8;

/// Keeps every certificate authority in line with its age and with the one above it.
pub(crate) async fn keep(app: App, shutdown: CancellationToken) {
    loop {
        let rest = match metrics::timed(&app, "authorities", pass(&app)).await {
            // A little more, so that the moment has come for certain when it is looked at.
            Ok(again) => {
                Duration::try_from(again.duration_since(app.now())).unwrap_or_default() + Duration::from_millis(5)
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the certificate authorities could not be brought up to date; trying again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = timeout(rest, app.authorities_signal().notified()) => {}
        }
    }
}

/// One pass, from the root down; says when the next is due though nothing changes.
pub(crate) async fn pass(app: &App) -> Result<Timestamp, OpError> {
    key::follow(app).await?;
    let mut again = app.now().saturating_add(LOOK).unwrap_or(Timestamp::MAX);
    let mut failed = None;
    let mut scene = Scene::read(app).await?;
    for owner in scene.owners() {
        for _ in 0..STEPS {
            match turn(app, &scene, owner).await {
                Ok(Turn::Quiet(next)) => {
                    again = again.min(next.unwrap_or(again));
                    break;
                }
                // What is below follows from it in the same pass.
                Ok(Turn::Stepped) => scene = Scene::read(app).await?,
                // It was deleted just now.
                Err(OpError::NotFound { .. }) => break,
                // The others are not to wait for it.
                Err(error) => {
                    failed = failed.or(Some(error));
                    break;
                }
            }
        }
    }
    failed.map_or(Ok(again), Err)
}

/// Every authority there is, and what they belong to.
struct Scene {
    generations: HashMap<Owner, Vec<Authority>>,
    backbones: Vec<BackboneId>,
    networks: Vec<Network>,
}

impl Scene {
    async fn read(app: &App) -> Result<Self, StoreError> {
        let mut generations: HashMap<Owner, Vec<Authority>> = HashMap::new();
        for row in authority::list_all(app.store()).await? {
            generations.entry(row.owner()).or_default().push(row);
        }
        let backbones = backbone::list(app.store(), Page::ALL).await?.items.into_iter().map(|row| row.id).collect();
        let networks = network::list(app.store(), None, Page::ALL).await?.items;
        Ok(Self { generations, backbones, networks })
    }

    fn owners(&self) -> Vec<Owner> {
        let backbones = self.backbones.iter().copied().map(Owner::Backbone);
        let networks = self.networks.iter().map(|network| Owner::Network(network.id));
        [Owner::Root].into_iter().chain(backbones).chain(networks).collect()
    }

    fn of(&self, owner: Owner) -> &[Authority] {
        self.generations.get(&owner).map_or(&[], Vec::as_slice)
    }

    fn network(&self, id: NetworkId) -> Option<&Network> {
        self.networks.iter().find(|network| network.id == id)
    }

    /// The authority above, unless nothing new is made for this one.
    fn above(&self, owner: Owner, now: Timestamp) -> Option<(Owner, Above)> {
        let owner = match owner {
            Owner::Root => return None,
            Owner::Backbone(_) => Owner::Root,
            Owner::Network(id) => {
                let network = self.network(id)?;
                if network.state(now).is_over() {
                    return None;
                }
                Owner::Backbone(network.backbone)
            }
        };
        let issuing = self.of(owner).iter().rev().find(|row| row.state == AuthorityState::Active)?;
        Some((owner, Above { id: issuing.id, not_after: issuing.not_after? }))
    }

    /// What of its authority the generations of a lower one still hang on.
    fn in_use_below(&self, id: AuthorityId) -> bool {
        let mut all = self.generations.values().flatten();
        all.any(|row| row.issuer == Some(id) && row.state.is_trusted())
    }
}

enum Turn {
    Stepped,
    /// Nothing is to be done until then.
    Quiet(Option<Timestamp>),
}

async fn turn(app: &App, scene: &Scene, owner: Owner) -> Result<Turn, OpError> {
    let rows = scene.of(owner);
    let above = scene.above(owner, app.now());
    let announced = rows.iter().find(|row| row.state == AuthorityState::Announced);
    let awaited = match announced {
        Some(row) => !awaited(app, row).await?.is_empty(),
        None => false,
    };
    let inputs = Inputs {
        generations: generations(app, scene, rows).await?,
        above: above.map(|(_, above)| above),
        lifetime: app.authority_lifetime(),
        leaf: app.leaf_lifetime(),
        awaited,
    };
    let Plan { step, again } = plan::plan(&inputs, app.now());
    let Some(step) = step else { return Ok(Turn::Quiet(again)) };
    // Whoever asked for a generation wanted it to issue; what age alone brings about is nobody's wish.
    let asked = match step {
        Step::Begin(next) => event::last_person(app.store(), next.into_untyped_uuid()).await?,
        _ => None,
    };
    let mut tx = app.store().begin(&Context::controller(app.controller()).on_behalf_of(asked)).await?;
    let locked = authority::list_locked(&mut tx, owner).await?;
    let revisions = |rows: &[Authority]| rows.iter().map(|row| (row.id, row.revision)).collect::<Vec<_>>();
    if revisions(&locked) != revisions(rows) {
        // Another replica was faster: it is looked at anew.
        return Ok(Turn::Stepped);
    }
    carry_out(app, &mut tx, owner, rows, step).await?;
    crashpoint::reached(Point::AuthorityUncommitted);
    tx.commit().await?;
    crashpoint::reached(Point::AuthorityCommitted);
    // Who trusts what is told ahead of the change feed.
    app.reconcile();
    Ok(Turn::Stepped)
}

async fn generations(app: &App, scene: &Scene, rows: &[Authority]) -> Result<Vec<Generation>, OpError> {
    let retired = |row: &&Authority| row.state == AuthorityState::Retired;
    let ids: Vec<AuthorityId> = rows.iter().filter(retired).map(|row| row.id).collect();
    let last = if ids.is_empty() { Default::default() } else { authority::last_leaves(app.store(), &ids).await? };
    let generation = |row: &Authority| {
        let of_leaves = last.get(&row.id).copied();
        // As long as an authority below hangs on it, it has issued something that is in use.
        let last_issued =
            if scene.in_use_below(row.id) && row.owner() == Owner::Root { row.not_after } else { of_leaves };
        Some(Generation {
            id: row.id,
            state: row.state,
            since: row.since,
            issuer: row.issuer,
            not_before: row.not_before?,
            not_after: row.not_after?,
            last_issued,
        })
    };
    Ok(rows.iter().filter_map(generation).collect())
}

async fn carry_out(app: &App, tx: &mut Tx, owner: Owner, rows: &[Authority], step: Step) -> Result<(), OpError> {
    match step {
        Step::Announce(reason) => {
            let succession = Succession { reason: reason.words().to_owned(), hurried: false };
            announce(app, tx, owner, rows, succession).await?;
        }
        Step::Begin(next) => {
            for row in rows.iter().filter(|row| row.state == AuthorityState::Active) {
                authority::retire(tx, row.id, false).await?;
            }
            let row = authority::begin_to_issue(tx, next).await?;
            tracing::info!(
                ?owner,
                generation = row.generation,
                "a new generation of a certificate authority issues now"
            );
        }
        Step::Withdraw(id) => {
            let row = authority::withdraw(tx, id).await?;
            tracing::info!(
                ?owner,
                generation = row.generation,
                "a generation of a certificate authority is trusted no more"
            );
        }
    }
    Ok(())
}

/// Makes a new generation of the authority of a backbone or network, and lets everybody trust it.
pub(crate) async fn announce(
    app: &App,
    tx: &mut Tx,
    owner: Owner,
    rows: &[Authority],
    succession: Succession,
) -> Result<AuthorityId, OpError> {
    let (kind, above) = match owner {
        Owner::Backbone(id) => (AuthorityKind::Backbone(id), Owner::Root),
        Owner::Network(id) => (AuthorityKind::Network(id), Owner::Backbone(network::get(&mut *tx, id).await?.backbone)),
        Owner::Root => {
            return Err(OpError::precondition(
                "the installation's own certificate authority comes from outside",
                "run `skx ca csr`, have your root sign the request, and run `skx ca import FILE`",
            ));
        }
    };
    let parent = issue::issuer_of(app, &mut *tx, above).await?;
    let generation = rows.iter().map(|row| row.generation).max().unwrap_or(0) + 1;
    let reason = succession.reason.clone();
    let made = issue::establish(app, tx, &parent, kind, generation, Some(succession)).await?;
    tracing::info!(?owner, generation, reason, "a new generation of a certificate authority is announced");
    Ok(made.id)
}
