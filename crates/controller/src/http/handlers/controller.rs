use api::Controller;
use axum::extract::State;

use super::{eviction, id};
use crate::{
    App,
    http::{
        answer::{Answer, object, page},
        extract::{At, By, Named, NoBody, Parameters},
        problem::Refusal,
    },
    ops::{self, Ref, controller, position::Position},
};

fn view(found: controller::Controller) -> Controller {
    Controller {
        id: found.id,
        hostname: found.hostname,
        software: found.software,
        started: found.started,
        last_seen: found.last_seen,
        answering: found.answering,
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    let found = controller::list(&app).await?;
    page(parameters.page()?.cut(found, |one| Position::at(one.started, one.id))?, view)
}

pub(crate) async fn evict(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>, _: NoBody) -> Answer {
    object(eviction(controller::evict(&app, &actor, id("controller", &name)?).await?))
}

pub(crate) async fn show_eviction(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    match name {
        Ref::Id(id) => object(eviction(ops::eviction::show(&app, id).await?)),
        Ref::Name(name) => Err(Refusal::not_found("eviction", name.as_str())),
    }
}
