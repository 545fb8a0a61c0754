//! Who waits to be admitted.

use model::lifecycle::{MemberState, NetworkState};
use store::{Tx, invitation, network::Network, waiting_room};

use super::{
    Actor, OpError, Ref, find,
    member::{self, Member},
};
use crate::App;
use crashpoint::Point;

/// The longest reason for a refusal, in characters.
const MAX_REASON: usize = 200;

/// Admits a site that waits: it is a member, and learns of it when it asks the next time.
pub async fn admit(
    app: &App,
    actor: &Actor,
    network: &Ref,
    site: &Ref,
    if_revision: Option<i64>,
) -> Result<Member, OpError> {
    let (mut tx, network, found) = waiting(app, actor, network, site, if_revision).await?;
    if network.state(app.now()) == NetworkState::Closing {
        return Err(OpError::precondition(
            format!("the network {} has ended", network.name),
            "there is nothing to be admitted to any more",
        ));
    }
    if let Some(id) = found.invitation {
        let by = invitation::get(&mut tx, id).await?;
        let ended = waiting_room::ends(&found, &by, network.end).filter(|ends| *ends <= app.now());
        if let Some(ended) = ended {
            return Err(OpError::precondition(
                format!(
                    "the invitation {}/{} it waits by ended {ended:.0}, and with it its waiting",
                    network.name, by.name
                ),
                "send it another invitation",
            ));
        }
    }
    crashpoint::reached(Point::AdmitUncommitted);
    let admitted = waiting_room::admit(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    crashpoint::reached(Point::AdmitCommitted);
    member::view(app, &network, admitted).await
}

/// Refuses a site that waits, for good, and tells it `reason`. The use it had reserved is given back.
pub async fn refuse(
    app: &App,
    actor: &Actor,
    network: &Ref,
    site: &Ref,
    reason: Option<String>,
    if_revision: Option<i64>,
) -> Result<Member, OpError> {
    let reason = reason.unwrap_or_else(|| "the network's owner did not admit it".to_owned());
    if reason.is_empty() || reason.chars().count() > MAX_REASON || reason.chars().any(char::is_control) {
        let message = format!("give 1 to {MAX_REASON} characters in one line, or leave it out");
        return Err(OpError::invalid("reason", message));
    }
    let (mut tx, network, found) = waiting(app, actor, network, site, if_revision).await?;
    crashpoint::reached(Point::RefuseUncommitted);
    let refused = waiting_room::refuse(&mut tx, found.id, if_revision, &reason).await?;
    tx.commit().await?;
    crashpoint::reached(Point::RefuseCommitted);
    member::view(app, &network, refused).await
}

async fn waiting(
    app: &App,
    actor: &Actor,
    network: &Ref,
    site: &Ref,
    if_revision: Option<i64>,
) -> Result<(Tx, Network, store::member::Member), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::member(&mut tx, network.id, site).await?;
    OpError::unless_at(if_revision, "site", found.revision)?;
    if found.state != MemberState::Waiting {
        return Err(OpError::precondition(
            format!("the site {}/{} does not wait to be admitted: it is {}", network.name, found.name, found.state),
            format!("see who waits: `skx member list {}`", network.name),
        ));
    }
    Ok((tx, network, found))
}
