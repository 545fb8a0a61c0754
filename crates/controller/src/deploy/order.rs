//! What people say to rollouts.

use compose::deploy::rollout::{Order, Progress, Refused};
use crashpoint::Point;
use model::Name;
use serde_json::{Value, json};
use store::{
    deployment,
    event::{Event, ObjectKind},
};

use super::{
    inputs::{Inputs, release_of},
    rollout::{self, Offers, Rollout, action},
};
use crate::{
    App,
    ops::{Actor, OpError, Ref, find},
};

/// Does what a person says to a rollout, and what follows from it at once.
pub(crate) async fn order(
    app: &App,
    actor: &Actor,
    network: &Ref,
    reference: &Ref,
    order: &Order,
) -> Result<(), OpError> {
    loop {
        let mut at = app.store().begin(&actor.context()).await?;
        let network = find::changeable_network(&mut at, network, app.now()).await?;
        let row = find::deployment(&mut at, network.id, reference).await?;
        at.rollback().await?;
        let removed = || OpError::precondition("the deployment is being taken away", "there is nothing to do");
        let inputs = Inputs::read(app, &row).await?.ok_or_else(removed)?;
        let none = || OpError::precondition("there is no plan yet", "see what is in its way: `skx deploy status`");
        let plan = inputs.before()?.ok_or_else(none)?;
        let authored = inputs.authored()?;
        // What was read first may be older than what the order is for.
        let current = &inputs.locked.deployment;
        let release = release_of(app, current.release).await?;
        let (now, kept) = (app.now(), Rollout::read(inputs.locked.rollout.as_deref())?);
        let mut seen = rollout::seen(&inputs.stored, now);
        rollout::read_declined(app, &row.name, &inputs.stored, &plan, &mut seen).await?;
        let step = rollout::step(&authored.deployment, &plan, &seen, &kept.progress, now, Some(order));
        let step = step.map_err(|refused| OpError::precondition(refused.to_string(), way_out(&refused)))?;
        let offers = Offers::of(&step, &plan, &row.name, &release, &inputs.stored)?;
        let text = serde_json::to_string(&Rollout::from(&step)).map_err(OpError::internal("writing a rollout"))?;
        let mut tx = app.store().begin(&actor.context()).await?;
        let locked = deployment::lock(&mut tx, row.id).await?;
        if !locked.is_some_and(|now| inputs.is_at(&now)) {
            // It went on meanwhile: what was said is held against where it is now.
            tx.rollback().await?;
            continue;
        }
        let (plan, trouble) = (inputs.locked.plan.as_deref(), current.trouble.as_deref());
        deployment::planned(&mut tx, row.id, plan, current.release, trouble, Some(&text), None).await?;
        let event = Event::new(action(order.command), ObjectKind::Deployment, row.id).in_network(network.id);
        let (before, after) = (standing(&row.name, &kept.progress), standing(&row.name, &step.progress));
        tx.record(Event { before: Some(before), after: Some(after), ..event });
        offers.give(&mut tx, row.id).await?;
        crashpoint::reached(Point::OrderUncommitted);
        tx.commit().await?;
        crashpoint::reached(Point::OrderCommitted);
        app.deploy_signal().notify_one();
        return Ok(());
    }
}

/// What can be done about a word that was refused.
fn way_out(refused: &Refused) -> &'static str {
    match refused {
        Refused::TooEarly { .. } => {
            "wait for it: `skx deploy status --follow`; to go on nevertheless: `skx deploy promote --early`"
        }
        _ => "see where it is: `skx deploy status`",
    }
}

/// Where a rollout is, as the audit chain tells it.
fn standing(name: &Name, progress: &Progress) -> Value {
    json!({ "name": name, "release": progress.release, "hold": progress.hold, "promoted": progress.promoted })
}
