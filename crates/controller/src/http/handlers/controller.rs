use api::Controller;
use axum::extract::State;

use super::{eviction, id};
use crate::{
    App,
    http::{
        answer::{Answer, object, page},
        extract::{At, By, Named, NoBody, Parameters},
        problem::Refusal,
        standing,
    },
    ops::{self, Ref, controller},
};

fn view(found: controller::Controller) -> Controller {
    Controller {
        standing: standing::controller(&found),
        id: found.id,
        hostname: found.hostname,
        software: found.software,
        started: found.started,
        last_seen: found.last_seen,
        answering: found.answering,
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(parameters.page()?.pick(controller::list(&app).await?, &controller::FIELDS)?, view)
}

pub(crate) async fn evict(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>, _: NoBody) -> Answer {
    object(eviction(controller::evict(&app, &actor, id("controller", &name)?).await?, &actor))
}

pub(crate) async fn show_eviction(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>) -> Answer {
    match name {
        Ref::Id(id) => object(eviction(ops::eviction::show(&app, id).await?, &actor)),
        Ref::Name(name) => Err(Refusal::not_found("eviction", name.as_str())),
    }
}
