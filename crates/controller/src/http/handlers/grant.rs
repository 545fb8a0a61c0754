use api::{Grant, GrantCreate, Grantee, ShareCreate};
use axum::extract::State;
use model::{GenericUuid as _, GrantId, Name};
use store::grant::Held;

use super::{id, reference};
use crate::{
    App,
    http::{
        answer::{Answer, created, nothing, object, page},
        extract::{At, By, Create, Named, Parameters},
        problem::Refusal,
        standing,
    },
    ops::grant::{self, Holder},
};

fn view(found: Held) -> Grant {
    let to = found.subject.map(|id| id.into_untyped_uuid());
    let group = found.group.map(|id| id.into_untyped_uuid());
    Grant {
        standing: standing::grant(&found),
        id: found.id,
        to: Grantee { id: to.or(group).unwrap_or_default(), group: group.is_some(), name: found.holder },
        role: found.role.into(),
        backbone: found.backbone_name,
        network: found.network_name,
        default_backbone: found.default_backbone,
        created: found.created,
    }
}

fn holder(user: Option<Name>, group: Option<Name>) -> Result<Holder, Refusal> {
    match (user, group) {
        (Some(user), None) => Ok(Holder::User(reference(user))),
        (None, Some(group)) => Ok(Holder::Group(reference(group))),
        _ => Err(Refusal::field("user", "give a user or a group")),
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(grant::list(&app, &parameters.page()?).await?, view)
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<GrantCreate>) -> Answer {
    let input = grant::Create {
        to: holder(input.user, input.group)?,
        role: input.role.into(),
        backbone: input.backbone.map(reference),
        network: input.network.map(reference),
        default_backbone: input.default_backbone,
    };
    created(view(grant::create(&app, &actor, input).await?))
}

pub(crate) async fn show(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    object(view(grant::show(&app, id::<GrantId>("grant", &name)?).await?))
}

pub(crate) async fn delete(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>) -> Answer {
    grant::delete(&app, &actor, id("grant", &name)?).await?;
    nothing()
}

pub(crate) async fn shares(State(app): State<App>, At(Named(network)): At<Named>, parameters: Parameters) -> Answer {
    page(grant::shares(&app, &network, &parameters.page()?).await?, view)
}

pub(crate) async fn share(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    Create(actor, input): Create<ShareCreate>,
) -> Answer {
    let input = grant::Create {
        to: holder(input.user, input.group)?,
        role: input.role.into(),
        backbone: None,
        network: Some(network),
        default_backbone: false,
    };
    created(view(grant::create(&app, &actor, input).await?))
}

pub(crate) async fn unshare(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(share))): At<(Named, Named)>,
) -> Answer {
    grant::unshare(&app, &actor, &network, id("share", &share)?).await?;
    nothing()
}
