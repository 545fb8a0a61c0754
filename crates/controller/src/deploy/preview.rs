//! What a deployment would do, before it does.

use compose::{
    deploy::{
        Changes, Exceeded, Planner, missing,
        rollout::{Inputs, Outlook, step},
    },
    model::Label,
};
use model::{Name, NetworkId, ReleaseId};
use serde_json::Value;
use store::{Context, StoreError, deployment};

use super::{
    inputs::{authored, release_of},
    known::Stored,
    pass::THREADS,
    rollout::{self, Rollout},
};
use crate::{
    App,
    ops::{OpError, compute},
};

/// What a deployment would do.
#[derive(Clone, Debug)]
pub(crate) struct Preview {
    /// What would happen at each site.
    pub(crate) changes: Changes,
    /// That more would be taken away than its guard allows.
    pub(crate) exceeded: Option<Exceeded>,
    /// When it would.
    pub(crate) outlook: Outlook,
    /// Places that would have fewer sites than they want, in words.
    pub(crate) missing: Vec<String>,
}

/// Says what a deployment of this name would do if it said this, by the very code that does it. There may be none yet.
pub(crate) async fn preview(
    app: &App,
    network: NetworkId,
    name: &Name,
    document: &Value,
    release: ReleaseId,
) -> Result<Preview, OpError> {
    let mut at = app.store().begin(&Context::controller(app.controller())).await?;
    let row = match deployment::by_name(&mut at, network, name).await {
        Ok(row) => Some(row),
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let stored = Stored::read(&mut at, network, row.as_ref().map(|row| row.id)).await?;
    let (plan, kept) = match &row {
        Some(row) => (deployment::plan(&mut at, row.id).await?, deployment::rollout(&mut at, row.id).await?),
        None => (None, None),
    };
    at.rollback().await?;
    let before = plan.as_deref().map(|text| stored.plan(text)).transpose()?;
    let has = match &before {
        Some(before) => Some(rollout::offered_now(app, name, &stored, before).await?),
        None => None,
    };
    let authored = authored(document, name, &stored.network.name)?;
    let release = release_of(app, release).await?;
    let now = app.now();
    let sites = stored.known(&release, before.as_ref(), now);
    let (authored, plan) = compute::run(move |_| {
        let plan = Planner::new(&release, THREADS).plan(&authored, &sites, before.as_ref());
        (authored, plan.map_err(OpError::Documents))
    })
    .await?;
    let (plan, deployment) = (plan?, authored.deployment);
    let (mut seen, kept) = (rollout::seen(&stored, now), Rollout::read(kept.as_deref())?);
    rollout::read_declined(app, name, &stored, &plan, &mut seen).await?;
    compute::run(move |_| {
        let changes = Changes::between(has.as_ref(), &plan);
        let exceeded = changes.guarded(&deployment, has.as_ref()).err();
        let inputs = Inputs { deployment: &deployment, plan: &plan, sites: &seen };
        let outlook = Outlook::of(inputs, &kept.progress, &step(inputs, &kept.progress, now));
        let filled = plan.sites.values().flat_map(|site| &site.places).map(Label::as_str);
        Preview { changes, exceeded, outlook, missing: missing(&deployment, filled) }
    })
    .await
}
