use api::{Quota, QuotaCreate, QuotaResource, QuotaSet};
use axum::extract::State;
use model::QuotaId;

use super::{id, reference};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, Parameters},
        standing,
    },
    ops::quota::{self, Resource},
};

fn view(found: quota::Quota) -> Quota {
    Quota {
        standing: standing::quota(&found),
        id: found.id,
        resource: match found.resource {
            Resource::Networks => QuotaResource::Networks,
            Resource::Members => QuotaResource::Members,
            Resource::Invitations => QuotaResource::Invitations,
        },
        backbone: found.backbone_name,
        network: found.network_name,
        user: found.subject_name,
        most: found.most,
        created: found.created,
        updated: found.updated,
        revision: found.revision,
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(quota::list(&app, &parameters.page()?).await?, view)
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<QuotaCreate>) -> Answer {
    let input = quota::Create {
        resource: match input.resource {
            QuotaResource::Networks => Resource::Networks,
            QuotaResource::Members => Resource::Members,
            QuotaResource::Invitations => Resource::Invitations,
        },
        backbone: input.backbone.map(reference),
        network: input.network.map(reference),
        user: input.user.map(reference),
        most: input.most,
    };
    let made = quota::create(&app, &actor, input).await?;
    let revision = made.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    let found = quota::show(&app, id::<QuotaId>("quota", &name)?).await?;
    let revision = found.revision;
    tagged(view(found), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
    Body(input): Body<QuotaSet>,
) -> Answer {
    let changed = quota::set(&app, &actor, id("quota", &name)?, input.most, revision).await?;
    let revision = changed.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
) -> Answer {
    quota::delete(&app, &actor, id("quota", &name)?, revision).await?;
    nothing()
}
