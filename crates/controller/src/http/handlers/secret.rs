use api::{Secret, SecretSet};
use axum::extract::State;

use super::forced;
use crate::{
    App,
    http::{
        answer::{Answer, nothing, page, tagged},
        extract::{At, Body, By, IfMatch, Named, Parameters},
        standing,
    },
    ops::secret,
};

fn view(found: secret::Secret) -> Secret {
    let standing = standing::secret(&found);
    let stored = found.stored;
    Secret {
        id: stored.id,
        name: stored.name,
        network: found.network_name,
        keys: stored.keys,
        deployments: found.deployments,
        created: stored.created,
        updated: stored.updated,
        revision: stored.revision,
        standing,
    }
}

fn shown(found: secret::Secret) -> Answer {
    let revision = found.stored.revision;
    tagged(view(found), revision)
}

pub(crate) async fn list(State(app): State<App>, At(Named(network)): At<Named>, parameters: Parameters) -> Answer {
    page(secret::list(&app, &network, &parameters.page()?).await?, view)
}

pub(crate) async fn show(State(app): State<App>, At((Named(network), Named(name))): At<(Named, Named)>) -> Answer {
    shown(secret::show(&app, &network, &name).await?)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<SecretSet>,
) -> Answer {
    shown(secret::set(&app, &actor, &network, &name, &input.values.0, revision).await?)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
    parameters: Parameters,
) -> Answer {
    secret::delete(&app, &actor, &network, &name, forced(&parameters)?, revision).await?;
    nothing()
}
