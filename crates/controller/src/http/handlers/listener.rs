use api::{Connector, ConnectorCreate, Listener, ListenerCreate};
use axum::extract::State;
use model::{Address, ConnectorId, ListenerId, Name};

use super::{all, id, reference};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, page, tagged},
        extract::{At, By, Create, IfMatch, Named, Parameters},
        problem::Refusal,
    },
    ops::socket::{self, Place, PlaceRef},
};

/// `site` and `class` of a request, of which exactly one is given.
fn place(site: Option<Name>, class: Option<Name>) -> Result<PlaceRef, Refusal> {
    match (site, class) {
        (Some(site), None) => Ok(PlaceRef::Site(reference(site))),
        (None, Some(class)) => Ok(PlaceRef::Class(class)),
        _ => Err(Refusal::field("site", "give site or class, one of them")),
    }
}

fn site_and_class(place: Place) -> (Option<Name>, Option<Name>) {
    match place {
        Place::Site { name, .. } => (Some(name), None),
        Place::Class(name) => (None, Some(name)),
    }
}

fn address(parameters: &Parameters) -> Result<Option<Address>, Refusal> {
    parameters.value("address")
}

fn listener(found: socket::Listener) -> Listener {
    let (site, class) = site_and_class(found.place);
    Listener {
        id: found.id,
        network: found.network_name,
        address: found.address,
        bind: found.bind,
        site,
        class,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

fn connector(found: socket::Connector) -> Connector {
    let (site, class) = site_and_class(found.place);
    Connector {
        id: found.id,
        network: found.network_name,
        address: found.address,
        target: found.target,
        site,
        class,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(crate) async fn listener_list(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    parameters: Parameters,
) -> Answer {
    let wanted = parameters.page()?;
    let Some(address) = address(&parameters)? else {
        return page(socket::listener_list(&app, &network, &wanted).await?, listener);
    };
    let mut found = all!(page => socket::listener_list(&app, &network, page));
    found.retain(|item| item.address == address);
    page(wanted.cut(found, |item| item.id.to_string())?, listener)
}

pub(crate) async fn listener_create(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    Create(actor, input): Create<ListenerCreate>,
) -> Answer {
    let place = place(input.site, input.class)?;
    let input = socket::Create { network, address: input.address, socket: input.bind, place };
    let made = socket::listener_add(&app, &actor, input).await?;
    let revision = made.meta.revision;
    created_tagged(listener(made), revision)
}

pub(crate) async fn listener_show(
    State(app): State<App>,
    At((Named(network), Named(name))): At<(Named, Named)>,
) -> Answer {
    let found = socket::listener_show(&app, &network, id::<ListenerId>("listener", &name)?).await?;
    let revision = found.meta.revision;
    tagged(listener(found), revision)
}

pub(crate) async fn listener_delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    socket::listener_remove(&app, &actor, &network, id::<ListenerId>("listener", &name)?, revision).await?;
    nothing()
}

pub(crate) async fn connector_list(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    parameters: Parameters,
) -> Answer {
    let wanted = parameters.page()?;
    let Some(address) = address(&parameters)? else {
        return page(socket::connector_list(&app, &network, &wanted).await?, connector);
    };
    let mut found = all!(page => socket::connector_list(&app, &network, page));
    found.retain(|item| item.address == address);
    page(wanted.cut(found, |item| item.id.to_string())?, connector)
}

pub(crate) async fn connector_create(
    State(app): State<App>,
    At(Named(network)): At<Named>,
    Create(actor, input): Create<ConnectorCreate>,
) -> Answer {
    let place = place(input.site, input.class)?;
    let input = socket::Create { network, address: input.address, socket: input.target, place };
    let made = socket::connector_add(&app, &actor, input).await?;
    let revision = made.meta.revision;
    created_tagged(connector(made), revision)
}

pub(crate) async fn connector_show(
    State(app): State<App>,
    At((Named(network), Named(name))): At<(Named, Named)>,
) -> Answer {
    let found = socket::connector_show(&app, &network, id::<ConnectorId>("connector", &name)?).await?;
    let revision = found.meta.revision;
    tagged(connector(found), revision)
}

pub(crate) async fn connector_delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(name))): At<(Named, Named)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    socket::connector_remove(&app, &actor, &network, id::<ConnectorId>("connector", &name)?, revision).await?;
    nothing()
}
