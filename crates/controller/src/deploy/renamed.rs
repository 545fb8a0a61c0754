//! What was planned for a site that gets another name: it goes on under that.

use compose::{deploy::Plan, model::Label};
use model::{Name, NetworkId};
use store::{
    Tx,
    deployment::{self, Locked},
};

use super::rollout::Rollout;
use crate::ops::OpError;

/// The deployments of a network, held until the transaction ends. To be held before the site is: whoever plans does it in that
/// order, too.
pub(crate) async fn hold(tx: &mut Tx, network: NetworkId) -> Result<Vec<Locked>, OpError> {
    let mut held = vec![];
    for row in deployment::list(&mut *tx, network).await? {
        held.extend(deployment::lock(tx, row.id).await?);
    }
    Ok(held)
}

/// Has each go on with the site under its new name, where it is and with its turn.
pub(crate) async fn rename(tx: &mut Tx, held: &[Locked], from: &Name, to: &Name) -> Result<(), OpError> {
    let (from, to) = (Label::from(from.as_str()), Label::from(to.as_str()));
    for Locked { deployment: row, plan, rollout } in held {
        let Some(text) = plan else { continue };
        let mut plan: Plan = serde_json::from_str(text).map_err(OpError::internal("reading a plan of the database"))?;
        let mut kept = Rollout::read(rollout.as_deref())?;
        if !(plan.rename_site(&from, &to) | kept.rename_site(&from, &to)) {
            continue;
        }
        let plan = serde_json::to_string(&plan).map_err(OpError::internal("writing a plan"))?;
        let kept = serde_json::to_string(&kept).map_err(OpError::internal("writing a rollout"))?;
        deployment::planned(tx, row.id, Some(&plan), row.release, row.trouble.as_deref(), Some(&kept), None).await?;
    }
    Ok(())
}
