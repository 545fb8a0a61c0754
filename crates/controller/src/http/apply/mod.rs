//! Applying manifests: read what is stored, plan purely, and carry the plan out in one transaction.

mod carry_out;
mod plan;
mod stored;

use api::{Applied, Apply, ApplyStep, Problem, ProblemType};
use data_encoding::HEXLOWER;
use ring::digest;
use store::manifest_set;

use self::{
    carry_out::By,
    plan::{Refused, Rules},
};
use super::problem::Refusal;
use crate::{
    App,
    ops::{Actor, OpError, cut_off::Even, eviction},
};

/// Applies manifests, all of them or nothing. A dry run does everything, and undoes it: what would be refused is refused.
pub(crate) async fn apply(app: &App, actor: &Actor, input: Apply) -> Result<Applied, Refusal> {
    let wanted = input.authored().map_err(Problem::fields)?;
    let rules =
        Rules { set: input.set, prune: input.prune, max_removals: input.max_removals, take_over: input.take_over };
    let whole = app.store().whole(&actor.context()).await.map_err(OpError::from)?;
    let within = app.together(whole.store());
    lock(&within, actor).await?;
    let stored = stored::read(&within, actor, &wanted, rules.set.as_ref()).await?;
    let entries = plan::plan(wanted, stored, &rules)?;
    let applied = said(entries.iter().map(plan::Entry::step).collect(), rules.set, input.dry_run)?;
    if input.if_plan.is_some_and(|agreed| agreed != applied.plan) {
        return Err(Problem::new(ProblemType::Precondition, "the plan is not the one that was agreed to any more")
            .with_how("look at it again, then repeat")
            .into());
    }
    if applied.differences > 0 {
        let even_if = if input.force { Even::CutOff } else { Even::Never };
        carry_out::carry_out(By { app: &within, actor, even_if }, &entries).await?;
    }
    if input.dry_run {
        whole.rollback().await.map_err(OpError::from)?;
        return Ok(applied);
    }
    whole.commit().await.map_err(OpError::from)?;
    for (backbone, denied) in within.denied_together() {
        eviction::carried_out(app, &[backbone], &denied).await;
    }
    app.reconcile();
    Ok(applied)
}

/// Lets whoever applies do so one at a time: a plan is made of what the one before has left.
async fn lock(within: &App, actor: &Actor) -> Result<(), OpError> {
    let mut tx = within.store().begin(&actor.context()).await?;
    manifest_set::lock(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

fn said(steps: Vec<ApplyStep>, set: Option<model::Name>, dry_run: bool) -> Result<Applied, OpError> {
    let text = serde_json::to_vec(&steps).map_err(OpError::internal("a plan could not be written"))?;
    let differences = steps.iter().filter(|step| step.action.is_difference()).count() as u64;
    let plan = HEXLOWER.encode(digest::digest(&digest::SHA256, &text).as_ref());
    Ok(Applied { dry_run, set, plan, differences, steps })
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid(errors) => Problem::fields(errors).into(),
            Refused::Conflict { errors, how } => {
                let detail = errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ");
                Problem { errors, ..Problem::new(ProblemType::Precondition, detail).with_how(how) }.into()
            }
        }
    }
}
