use api::{Link, LinkCreate, LinkSet};
use axum::extract::State;
use model::LinkId;

use super::{even_if, id, link_state, reference, rtt, traffic};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, Parameters},
        standing,
    },
    ops::{Ref, link},
};

pub(in crate::http) fn view(found: link::Link) -> Link {
    Link {
        standing: standing::link(&found),
        id: found.id,
        backbone: found.backbone_name,
        from: found.from_name,
        to: found.to_name,
        access: found.access_name,
        cost: found.cost,
        transport: found.transport,
        state: link_state(found.observed.state),
        rtt_ms: rtt(&found.observed),
        traffic: traffic(&found.observed),
        seen: found.observed.seen,
        error: found.observed.error,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(in crate::http) fn wanted(backbone: Ref, input: LinkCreate) -> link::Create {
    link::Create {
        backbone,
        from: reference(input.from),
        to: reference(input.to),
        access: input.access.map(reference),
        cost: Some(input.cost),
        transport: Some(input.transport),
    }
}

pub(in crate::http) fn changes(input: LinkSet) -> link::Set {
    link::Set { cost: input.cost, transport: input.transport }
}

pub(crate) async fn list(State(app): State<App>, At(Named(backbone)): At<Named>, parameters: Parameters) -> Answer {
    page(link::list(&app, &backbone, &parameters.page()?).await?, view)
}

pub(crate) async fn create(
    State(app): State<App>,
    At(Named(backbone)): At<Named>,
    Create(actor, input): Create<LinkCreate>,
) -> Answer {
    let made = link::create(&app, &actor, wanted(backbone, input)).await?;
    let revision = made.meta.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At((Named(backbone), Named(link))): At<(Named, Named)>) -> Answer {
    let found = link::show(&app, &backbone, id::<LinkId>("link", &link)?).await?;
    let revision = found.meta.revision;
    tagged(view(found), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(link))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<LinkSet>,
) -> Answer {
    let changes = changes(input);
    let changed = link::set(&app, &actor, &backbone, id::<LinkId>("link", &link)?, changes, revision).await?;
    let revision = changed.meta.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(backbone), Named(link))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    parameters: Parameters,
) -> Answer {
    let even_if = even_if(&parameters)?;
    link::delete(&app, &actor, &backbone, id::<LinkId>("link", &link)?, revision, even_if).await?;
    nothing()
}
