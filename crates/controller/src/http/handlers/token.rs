use api::{ApiToken, ApiTokenCreate, TokenAccess};
use axum::extract::State;

use super::reference;
use crate::{
    App,
    http::{
        answer::{Answer, created, nothing, object, page},
        extract::{At, Body, By, Named, Parameters},
        standing,
    },
    ops::token::{self, Of, Token},
};

fn view(app: &App, found: Token) -> ApiToken {
    let standing = standing::token(&found, app.now());
    let Token { kept, backbone, network, text } = found;
    ApiToken {
        id: kept.id,
        name: kept.name,
        user: kept.subject_name,
        access: if kept.read_only { TokenAccess::Read } else { TokenAccess::Write },
        backbone,
        network,
        expires: kept.expires,
        last_used: kept.last_used,
        created: kept.created,
        token: text.map(|text| api::Password(text.to_string())),
        standing,
    }
}

fn wanted(input: ApiTokenCreate) -> token::Create {
    token::Create {
        name: input.name,
        read_only: input.access == TokenAccess::Read,
        backbone: input.backbone.map(reference),
        network: input.network.map(reference),
        expires: input.expires,
    }
}

pub(crate) async fn own(State(app): State<App>, By(actor): By, parameters: Parameters) -> Answer {
    page(token::list(&app, &actor, Of::Oneself, &parameters.page()?).await?, |it| view(&app, it))
}

pub(crate) async fn create_own(State(app): State<App>, By(actor): By, Body(input): Body<ApiTokenCreate>) -> Answer {
    created(view(&app, token::create(&app, &actor, Of::Oneself, wanted(input)).await?))
}

pub(crate) async fn show_own(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>) -> Answer {
    object(view(&app, token::show(&app, &actor, Of::Oneself, &name).await?))
}

pub(crate) async fn revoke_own(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>) -> Answer {
    token::revoke(&app, &actor, Of::Oneself, &name).await?;
    nothing()
}

pub(crate) async fn list(
    State(app): State<App>,
    By(actor): By,
    At(Named(user)): At<Named>,
    parameters: Parameters,
) -> Answer {
    page(token::list(&app, &actor, Of::User(&user), &parameters.page()?).await?, |it| view(&app, it))
}

pub(crate) async fn create(
    State(app): State<App>,
    By(actor): By,
    At(Named(user)): At<Named>,
    Body(input): Body<ApiTokenCreate>,
) -> Answer {
    created(view(&app, token::create(&app, &actor, Of::User(&user), wanted(input)).await?))
}

pub(crate) async fn show(
    State(app): State<App>,
    By(actor): By,
    At((Named(user), Named(name))): At<(Named, Named)>,
) -> Answer {
    object(view(&app, token::show(&app, &actor, Of::User(&user), &name).await?))
}

pub(crate) async fn revoke(
    State(app): State<App>,
    By(actor): By,
    At((Named(user), Named(name))): At<(Named, Named)>,
) -> Answer {
    token::revoke(&app, &actor, Of::User(&user), &name).await?;
    nothing()
}
