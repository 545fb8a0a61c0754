use api::{Group, GroupCreate, GroupMember, GroupMemberAdd};
use axum::extract::State;
use store::group;

use super::reference;
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, object, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, Parameters},
        standing,
    },
    ops,
};

fn view(found: group::Group) -> Group {
    Group {
        standing: standing::group(&found),
        id: found.id,
        name: found.name,
        members: found.members,
        created: found.created,
        updated: found.updated,
        revision: found.revision,
    }
}

fn member(found: group::GroupMember) -> GroupMember {
    GroupMember { user: found.name, user_id: found.subject }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(ops::group::list(&app, &parameters.page()?).await?, view)
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<GroupCreate>) -> Answer {
    let made = ops::group::create(&app, &actor, input.name).await?;
    let revision = made.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    let found = ops::group::show(&app, &name).await?;
    let revision = found.revision;
    tagged(view(found), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
) -> Answer {
    ops::group::delete(&app, &actor, &name, revision).await?;
    nothing()
}

pub(crate) async fn members(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    let found = ops::group::members(&app, &name).await?;
    page(parameters.page()?.pick(found, &ops::group::MEMBERS)?, member)
}

pub(crate) async fn add(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    Body(input): Body<GroupMemberAdd>,
) -> Answer {
    object(member(ops::group::add(&app, &actor, &name, &reference(input.user)).await?))
}

pub(crate) async fn remove(
    State(app): State<App>,
    By(actor): By,
    At((Named(name), Named(user))): At<(Named, Named)>,
) -> Answer {
    ops::group::remove(&app, &actor, &name, &user).await?;
    nothing()
}
