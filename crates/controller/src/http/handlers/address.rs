use api::{AddressPolicy, AddressPolicySet, AddressUse, Flow, FlowDirection, OpenFlow, Page, ServiceAddress};
use axum::extract::State;
use model::{Address, router::AddressPolicyKind};
use store::flow::Direction;

use super::socket_state;
use crate::{
    App,
    http::{
        answer::{Answer, nothing, object, page, tagged},
        extract::{At, Body, By, IfMatch, Named, Parameters},
        standing,
    },
    ops::address,
};

pub(in crate::http) fn policy(found: address::AddressPolicy) -> AddressPolicy {
    let standing = standing::address_policy(&found);
    let address::AddressPolicy { set, weights, order, .. } = found;
    AddressPolicy {
        address: set.address,
        policy: set.policy.kind(),
        weights,
        order,
        created: set.created,
        updated: set.updated,
        revision: set.revision,
        standing,
    }
}

pub(in crate::http) fn wanted(input: AddressPolicySet) -> address::Wanted {
    match input.policy {
        AddressPolicyKind::Closest => address::Wanted::Closest,
        AddressPolicyKind::Balanced => address::Wanted::Balanced,
        AddressPolicyKind::Weighted => address::Wanted::Weighted(input.weights),
        AddressPolicyKind::Failover => address::Wanted::Failover(input.order),
    }
}

pub(crate) async fn observed(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    let listing = parameters.page()?.pick(address::observed(&app, &name).await?, &address::FIELDS)?;
    let uses = |uses: Vec<address::AddressUse>| {
        let uses = uses.into_iter().map(|found| AddressUse {
            site: found.site_name,
            site_id: found.site,
            state: socket_state(&found.socket),
            socket: found.socket.socket,
            local: found.socket.local,
            error: found.socket.error,
            connections: found.socket.connections,
            since: found.socket.since,
            observed: found.observed,
        });
        uses.collect()
    };
    let items = listing.items.into_iter().map(|found| ServiceAddress {
        standing: standing::address(&found),
        address: found.address,
        policy: found.policy,
        served_by: uses(found.served_by),
        used_by: uses(found.used_by),
    });
    object(Page { items: items.collect(), next: listing.next })
}

pub(crate) async fn list(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    page(parameters.page()?.pick(address::list_policies(&app, &name).await?, &address::POLICIES)?, policy)
}

pub(crate) async fn show(State(app): State<App>, At((Named(network), address)): At<(Named, Address)>) -> Answer {
    let found = address::show_policy(&app, &network, &address).await?;
    let revision = found.set.revision;
    tagged(policy(found), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), address)): At<(Named, Address)>,
    IfMatch(revision): IfMatch,
    Body(input): Body<AddressPolicySet>,
) -> Answer {
    let set = address::set_policy(&app, &actor, &network, &address, &wanted(input), revision).await?;
    let revision = set.set.revision;
    tagged(policy(set), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), address)): At<(Named, Address)>,
    IfMatch(revision): IfMatch,
) -> Answer {
    address::remove_policy(&app, &actor, &network, &address, revision).await?;
    nothing()
}

pub(crate) async fn flows(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    page(address::flows(&app, &name, &parameters.page()?).await?, |found| Flow {
        position: found.position,
        address: found.address,
        site: found.site_name,
        site_id: found.site,
        direction: direction(found.direction),
        peer: found.peer_name,
        peer_id: found.peer,
        connections: found.connections,
        bytes_to_server: found.bytes_to_server,
        bytes_to_client: found.bytes_to_client,
        error: found.error,
        opened: found.opened,
        closed: found.closed,
    })
}

pub(crate) async fn open_flows(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    page(parameters.page()?.pick(address::open_flows(&app, &name).await?, &address::OPEN_FLOWS)?, |found| OpenFlow {
        address: found.address,
        site: found.site_name,
        site_id: found.site,
        direction: direction(found.direction),
        peer: found.peer_name,
        peer_id: found.peer,
        connections: found.connections,
        bytes_to_server: found.bytes_to_server,
        bytes_to_client: found.bytes_to_client,
        opened: found.opened,
        observed: found.observed,
    })
}

fn direction(found: Direction) -> FlowDirection {
    match found {
        Direction::In => FlowDirection::In,
        Direction::Out => FlowDirection::Out,
    }
}
