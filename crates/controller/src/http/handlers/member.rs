use api::{InvitationDecision, Member, MemberEvict, MemberLink, MemberRefuse, MemberSet, SocketStatus};
use axum::extract::State;

use super::{eviction, link_state, platform, rtt, socket_state};
use crate::{
    App,
    http::{
        answer::{Answer, object, page, tagged},
        extract::{At, Body, By, IfMatch, Named, NoBody, Parameters},
        standing,
    },
    ops::{
        Actor, SocketObservation,
        member::{self, InvitationFate},
        waiting_room,
    },
};

fn socket(found: SocketObservation) -> SocketStatus {
    SocketStatus {
        state: socket_state(&found),
        address: found.address,
        socket: found.socket,
        local: found.local,
        authored: found.authored,
        deployment: found.deployment,
        parts: found.parts,
        error: found.error,
        connections: found.connections,
    }
}

/// A member; what is said of the backbone is for its administrators.
fn view(mut found: member::Member, actor: &Actor) -> Member {
    let inside = actor.reach.inspects(found.backbone);
    let standing = standing::member(&found);
    let links = found.links.into_iter().map(|link| MemberLink {
        state: link_state(link.state),
        rtt_ms: rtt(&link),
        error: link.error.filter(|_| inside),
    });
    if !inside {
        for failure in found.failures.iter_mut().filter(|failure| failure.starts_with("link/")) {
            "it could not set up a link to the backbone".clone_into(failure);
        }
    }
    Member {
        standing,
        id: found.id,
        name: found.name,
        network: found.network_name,
        state: found.state,
        reason: found.reason,
        invitation: found.invitation_name,
        classes: found.classes,
        labels: found.labels,
        connected: found.online,
        last_seen: found.last_seen,
        platform: Some(platform(found.platform)),
        certificate_expires: found.certificate_expires,
        serve: found.terms.limits.serve,
        r#use: found.terms.limits.uses,
        renewable: found.terms.renewable,
        consent: found.terms.consent,
        links: links.collect(),
        listeners: found.listeners.into_iter().map(socket).collect(),
        failures: found.failures,
        connectors: found.connectors.into_iter().map(socket).collect(),
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(crate) async fn list(
    State(app): State<App>,
    By(actor): By,
    At(Named(network)): At<Named>,
    parameters: Parameters,
) -> Answer {
    page(member::list(&app, &network, &parameters.page()?).await?, |found| view(found, &actor))
}

pub(crate) async fn show(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
) -> Answer {
    let found = member::show(&app, &network, &name).await?;
    let revision = found.meta.revision;
    tagged(view(found, &actor), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<MemberSet>,
) -> Answer {
    let changes = member::Set { name: input.name, classes: input.classes, labels: input.labels };
    let changed = member::set(&app, &actor, &network, &name, changes, revision).await?;
    let revision = changed.meta.revision;
    tagged(view(changed, &actor), revision)
}

pub(crate) async fn admit(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    _: NoBody,
) -> Answer {
    let admitted = waiting_room::admit(&app, &actor, &network, &name, revision).await?;
    let revision = admitted.meta.revision;
    tagged(view(admitted, &actor), revision)
}

pub(crate) async fn refuse(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<MemberRefuse>,
) -> Answer {
    let refused = waiting_room::refuse(&app, &actor, &network, &name, input.reason, revision).await?;
    let revision = refused.meta.revision;
    tagged(view(refused, &actor), revision)
}

pub(crate) async fn evict(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<MemberEvict>,
) -> Answer {
    let fate = input.invitation.map(|decision| match decision {
        InvitationDecision::Close => InvitationFate::Close,
        InvitationDecision::Keep => InvitationFate::Keep,
    });
    object(eviction(member::evict(&app, &actor, &network, &name, fate, revision).await?, &actor))
}
