use api::{OneTimePassword, PasswordState, User, UserCreate, UserKind, UserSet};
use axum::extract::State;
use store::subject::{Kind, SubjectChange};

use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, object, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, NoBody, Parameters},
        standing,
    },
    ops::{Ref, user},
};

fn view(found: user::User) -> User {
    let standing = standing::user(&found);
    let user::User { subject, password, groups, last_sign_in } = found;
    User {
        id: subject.id,
        name: subject.name,
        kind: match subject.kind {
            Kind::Person => UserKind::Person,
            Kind::Service => UserKind::Service,
        },
        display_name: subject.display_name,
        email: subject.email,
        provider: subject.issuer,
        disabled: subject.disabled.is_some(),
        password: match password {
            None => PasswordState::None,
            Some(true) => PasswordState::OneTime,
            Some(false) => PasswordState::Set,
        },
        groups,
        last_sign_in,
        created: subject.created,
        updated: subject.updated,
        revision: subject.revision,
        standing,
    }
}

pub(crate) async fn list(State(app): State<App>, parameters: Parameters) -> Answer {
    page(user::list(&app, &parameters.page()?).await?, view)
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<UserCreate>) -> Answer {
    let UserCreate { name, kind, display_name, email } = input;
    let kind = match kind {
        UserKind::Person => Kind::Person,
        UserKind::Service => Kind::Service,
    };
    let made = user::create(&app, &actor, user::Create { name, kind, display_name, email }).await?;
    let revision = made.subject.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    let found = user::show(&app, &name).await?;
    let revision = found.subject.revision;
    tagged(view(found), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
    Body(input): Body<UserSet>,
) -> Answer {
    let UserSet { display_name, email, disabled } = input;
    let changed = user::set(&app, &actor, &name, SubjectChange { display_name, email, disabled }, revision).await?;
    let revision = changed.subject.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
    parameters: Parameters,
) -> Answer {
    let heir = parameters.value::<Ref>("networks_to")?;
    user::delete(&app, &actor, &name, heir.as_ref(), revision).await?;
    nothing()
}

pub(crate) async fn reset(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>, _: NoBody) -> Answer {
    let made = user::reset(&app, &actor, &name).await?;
    let password = api::Password(made.password.to_string());
    object(OneTimePassword { user: made.name, password, expires: made.expires })
}
