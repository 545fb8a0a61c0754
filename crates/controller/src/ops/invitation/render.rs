//! Invitations as what is sent: texts, files and pages.

use model::{
    AccessKind, SubjectId,
    lifecycle::InvitationState,
    ticket::{self, InvitationTicket},
};
use store::{StoreError, access_point, authority::Owner, subject};

use super::{InvitationFormat, unless_over};
use crate::{
    App,
    ops::{Actor, OpError, Ref, backbone_site::Rendered, claims, find},
    render::{NAME_AN_IMAGE, source},
    trust,
};

/// Renders an invitation for an environment. Refused while no access point admits its sites, and once it is over; for
/// containers also while no image is configured.
pub async fn render(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    format: InvitationFormat,
) -> Result<Rendered, OpError> {
    let source = source(app).await?;
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::network(&mut tx, network).await?;
    let found = find::invitation(&mut tx, network.id, invitation).await?;
    unless_over(&network, app.now())?;
    let over = match found.state(app.now(), &network) {
        InvitationState::Live => None,
        InvitationState::UsedUp => Some("all its uses are spent or reserved"),
        InvitationState::Expired => Some("its deadline has passed"),
        InvitationState::Closed => Some("it was closed"),
    };
    if let Some(why) = over {
        return Err(OpError::precondition(
            format!("nobody can join by the invitation {}/{}: {why}", network.name, found.name),
            "create another one, or change its uses or deadline with `skx invitation set`",
        ));
    }
    let access: Vec<_> = access_point::in_service(&mut tx, network.backbone, &[AccessKind::Member, AccessKind::Claim])
        .await?
        .into_iter()
        .filter_map(|point| point.advertised.known())
        .collect();
    if access.is_empty() {
        return Err(OpError::precondition(
            "no access point of a deployed site admits both members and claims, so nobody could join",
            "deploy a site that has one: see `skx backbone status`",
        ));
    }
    let claim = claims::current(app, &mut tx, &network, &found).await?;
    let ticket = InvitationTicket {
        format: ticket::FORMAT,
        installation: app.installation(),
        backbone: network.backbone,
        network: network.id,
        network_name: network.name.clone(),
        invitation: found.id,
        invitation_name: found.name.clone(),
        start: network.start,
        end: network.end,
        deadline: found.deadline,
        interactive: found.interactive,
        passcode: found.passcode.is_some(),
        backbone_authorities: trust::authorities(&mut tx, Owner::Backbone(network.backbone)).await?,
        claim,
        access,
    };
    tx.commit().await?;
    let inviter = owner_name(app, network.owner).await?;
    let invitation = ::render::Invitation {
        ticket: &ticket,
        inviter: &inviter,
        uses: found.uses_allowed,
        admission: found.admission,
        terms: &found.terms,
        source: &source,
        at: app.now(),
    };
    invitation.render(format).map_err(|error| OpError::precondition(error.to_string(), NAME_AN_IMAGE))
}

/// What whoever owns a network is called.
async fn owner_name(app: &App, owner: SubjectId) -> Result<String, OpError> {
    if owner == authz::INSTALLATION {
        return Ok("admin".to_owned());
    }
    match subject::get(app.store(), owner).await {
        Ok(subject) => Ok(subject.display_name.unwrap_or_else(|| subject.name.to_string())),
        Err(StoreError::NotFound { .. }) => Ok("an owner who is gone".to_owned()),
        Err(error) => Err(error.into()),
    }
}
