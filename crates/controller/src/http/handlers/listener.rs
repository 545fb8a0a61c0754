use api::{Connector, ConnectorCreate, Listener, ListenerCreate};
use axum::extract::State;
use model::Name;
use uuid::Uuid;

use super::{id, reference};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, page, tagged},
        extract::{At, By, Create, IfMatch, Named, Parameters},
        problem::Refusal,
        standing,
    },
    ops::{
        Ref,
        socket::{self, Kind, Place, PlaceRef, Socket},
    },
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

/// The four endpoints of a kind of socket, which differ in nothing but the name of one field.
macro_rules! endpoints {
    ($kind:expr, $view:ident, $wanted:ident, $socket:ident, $input:ident, $field:ident: $list:ident, $create:ident, $show:ident, $delete:ident) => {
        pub(in crate::http) fn $view(found: Socket) -> $socket {
            let standing = standing::socket(&found);
            let (site, class) = site_and_class(found.place);
            $socket {
                standing,
                id: model::GenericUuid::from_untyped_uuid(found.id),
                network: found.network_name,
                address: found.address,
                $field: found.socket,
                site,
                class,
                adaptable: found.adaptable,
                created: found.meta.created,
                updated: found.meta.updated,
                revision: found.meta.revision,
            }
        }

        pub(in crate::http) fn $wanted(network: Ref, input: $input) -> Result<socket::Create, Refusal> {
            let $input { address, $field: socket, site, class, adaptable } = input;
            Ok(socket::Create { network, address, socket, place: place(site, class)?, adaptable })
        }

        pub(crate) async fn $list(
            State(app): State<App>,
            At(Named(network)): At<Named>,
            parameters: Parameters,
        ) -> Answer {
            page(socket::list(&app, $kind, &network, &parameters.page()?).await?, $view)
        }

        pub(crate) async fn $create(
            State(app): State<App>,
            At(Named(network)): At<Named>,
            Create(actor, input): Create<$input>,
        ) -> Answer {
            let made = socket::add(&app, &actor, $kind, $wanted(network, input)?).await?;
            let revision = made.meta.revision;
            created_tagged($view(made), revision)
        }

        pub(crate) async fn $show(
            State(app): State<App>,
            At((Named(network), Named(name))): At<(Named, Named)>,
        ) -> Answer {
            let found = socket::show(&app, $kind, &network, id::<Uuid>($kind.as_str(), &name)?).await?;
            let revision = found.meta.revision;
            tagged($view(found), revision)
        }

        pub(crate) async fn $delete(
            State(app): State<App>,
            By(actor): By,
            At((Named(network), Named(name))): At<(Named, Named)>,
            IfMatch(revision): IfMatch,
        ) -> Answer {
            let id = id::<Uuid>($kind.as_str(), &name)?;
            socket::remove(&app, &actor, $kind, &network, id, revision).await?;
            nothing()
        }
    };
}

endpoints!(
    Kind::Listener, listener, listener_wanted, Listener, ListenerCreate, bind:
    listener_list, listener_create, listener_show, listener_delete
);
endpoints!(
    Kind::Connector, connector, connector_wanted, Connector, ConnectorCreate, target:
    connector_list, connector_create, connector_show, connector_delete
);
