use api::{Admission, Invitation, InvitationCreate, InvitationEvict, InvitationSet, Uses};
use axum::extract::State;

use super::{eviction, rendered};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, object, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, NoBody, Parameters},
    },
    ops::invitation::{self, InvitationFormat},
};

fn uses(uses: invitation::Uses) -> Uses {
    match uses {
        // An invitation always has at least one use; none would have to be shown as something.
        invitation::Uses::Limited(n) => std::num::NonZeroU32::new(n).map_or(Uses::ONE, Uses::Limited),
        invitation::Uses::Unlimited => Uses::Unlimited,
    }
}

fn wanted_uses(uses: Uses) -> invitation::Uses {
    uses.limit().map_or(invitation::Uses::Unlimited, |n| invitation::Uses::Limited(n.get()))
}

fn view(found: invitation::Invitation) -> Invitation {
    Invitation {
        id: found.id,
        name: found.name,
        network: found.network_name,
        state: found.state,
        uses: uses(found.uses),
        used: found.used,
        deadline: found.deadline,
        classes: found.classes,
        prefix: found.prefix,
        admission: Admission::Automatic,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(crate) async fn list(State(app): State<App>, At(Named(network)): At<Named>, parameters: Parameters) -> Answer {
    page(invitation::list(&app, &network, &parameters.page()?).await?, view)
}

pub(crate) async fn create(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    Create(actor, input): Create<InvitationCreate>,
) -> Answer {
    match input.admission {
        Admission::Automatic => {}
    }
    let input = invitation::Create {
        network,
        name: input.name,
        uses: Some(wanted_uses(input.uses)),
        deadline: input.deadline,
        classes: input.classes,
        prefix: input.prefix,
        not_honoured: vec![],
    };
    let made = invitation::create(&app, &actor, input).await?;
    let revision = made.meta.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At((Named(network), Named(name))): At<(Named, Named)>) -> Answer {
    let found = invitation::show(&app, &network, &name).await?;
    let revision = found.meta.revision;
    tagged(view(found), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<InvitationSet>,
) -> Answer {
    let changes = invitation::Set {
        uses: input.uses.map(wanted_uses),
        deadline: input.deadline,
        classes: input.classes,
        prefix: input.prefix,
    };
    let changed = invitation::set(&app, &actor, &network, &name, changes, revision).await?;
    let revision = changed.meta.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    object(eviction(invitation::delete(&app, &actor, &network, &name, revision).await?))
}

pub(crate) async fn evict(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<InvitationEvict>,
) -> Answer {
    object(eviction(invitation::evict(&app, &actor, &network, &name, input.members, revision).await?))
}

pub(crate) async fn expire(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    _: NoBody,
) -> Answer {
    let closed = invitation::expire(&app, &actor, &network, &name, revision).await?;
    let revision = closed.meta.revision;
    tagged(view(closed), revision)
}

pub(crate) async fn render(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    parameters: Parameters,
) -> Answer {
    let format: InvitationFormat = parameters.text("format").unwrap_or("linux").parse()?;
    object(rendered(invitation::render(&app, &actor, &network, &name, format).await?))
}
