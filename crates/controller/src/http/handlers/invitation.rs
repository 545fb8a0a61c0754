use api::{Invitation, InvitationCopy, InvitationCreate, InvitationEvict, InvitationSet, Uses};
use axum::extract::State;
use model::terms::{AddressLimits, Terms};

use super::{eviction, rendered};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, object, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, NoBody, Parameters},
        problem::Refusal,
        standing,
    },
    ops::{
        Ref,
        invitation::{self, InvitationFormat, TermsChange},
    },
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

fn passcode(api::Passcode(passcode): api::Passcode) -> invitation::Passcode {
    invitation::Passcode(passcode)
}

pub(in crate::http) fn view(found: invitation::Invitation) -> Invitation {
    Invitation {
        standing: standing::invitation(&found),
        id: found.id,
        name: found.name,
        network: found.network_name,
        state: found.state,
        uses: uses(found.uses),
        used: found.used,
        waiting: found.waiting,
        deadline: found.deadline,
        classes: found.classes,
        prefix: found.prefix,
        admission: found.admission,
        interactive: found.interactive,
        passcode: found.passcode,
        serve: found.terms.limits.serve,
        r#use: found.terms.limits.uses,
        renewable: found.terms.renewable,
        consent: found.terms.consent,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(in crate::http) fn wanted(network: Ref, input: InvitationCreate) -> invitation::Create {
    invitation::Create {
        network,
        name: input.name,
        uses: Some(wanted_uses(input.uses)),
        deadline: input.deadline,
        classes: input.classes,
        prefix: input.prefix,
        admission: input.admission,
        interactive: input.interactive,
        passcode: input.passcode.map(passcode),
        terms: Terms {
            limits: AddressLimits { serve: input.serve, uses: input.r#use },
            renewable: input.renewable,
            consent: input.consent,
        },
    }
}

pub(in crate::http) fn changes(input: InvitationSet) -> invitation::Set {
    invitation::Set {
        uses: input.uses.map(wanted_uses),
        deadline: input.deadline,
        classes: input.classes,
        prefix: input.prefix,
        admission: input.admission,
        interactive: input.interactive,
        passcode: input.passcode.map(|given| given.map(passcode)),
        terms: TermsChange {
            serve: input.serve,
            uses: input.r#use,
            renewable: input.renewable,
            consent: input.consent,
        },
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
    let made = invitation::create(&app, &actor, wanted(network, input)).await?;
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
    let changed = invitation::set(&app, &actor, &network, &name, changes(input), revision).await?;
    let revision = changed.meta.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn copy(
    State(app): State<App>,
    At((Named(network), Named(name))): At<(Named, Named)>,
    Create(actor, input): Create<InvitationCopy>,
) -> Answer {
    let made = invitation::copy(&app, &actor, &network, &name, input.name, input.deadline).await?;
    let revision = made.meta.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    object(eviction(invitation::delete(&app, &actor, &network, &name, revision).await?, &actor))
}

pub(crate) async fn evict(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<InvitationEvict>,
) -> Answer {
    object(eviction(invitation::evict(&app, &actor, &network, &name, input.members, revision).await?, &actor))
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
    let format = parameters.text("format").unwrap_or("linux");
    let format: InvitationFormat = format.parse().map_err(|error| Refusal::field("format", format!("{error}")))?;
    object(rendered(invitation::render(&app, &actor, &network, &name, format).await?))
}
