use api::{AddressMode, Class, ClassCreate, Network, NetworkCreate, NetworkSet};
use axum::extract::State;
use jiff::SignedDuration;
use model::Name;

use super::{eviction, reference};
use crate::{
    App,
    http::{
        answer::{Answer, created, created_tagged, nothing, object, page, tagged},
        extract::{At, Body, By, Create, IfMatch, Named, NoBody, Parameters},
        problem::Refusal,
        standing,
    },
    ops::{Ref, classes, network},
};

pub(in crate::http) fn view(found: network::Network) -> Network {
    Network {
        standing: standing::network(&found),
        id: found.id,
        name: found.name,
        backbone: found.backbone_name,
        owner: found.owner_name,
        state: found.state,
        start: found.start,
        end: found.end,
        grace_seconds: found.grace.as_secs().unsigned_abs(),
        addresses: match found.addresses {
            store::network::AddressMode::Open => AddressMode::Open,
            store::network::AddressMode::Assigned => AddressMode::Assigned,
        },
        classes: found.classes,
        members: found.members,
        connected: found.connected,
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

fn mode(mode: AddressMode) -> store::network::AddressMode {
    match mode {
        AddressMode::Open => store::network::AddressMode::Open,
        AddressMode::Assigned => store::network::AddressMode::Assigned,
    }
}

/// Seconds that were checked to be at most a year.
fn duration(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

pub(in crate::http) fn wanted(input: NetworkCreate) -> network::Create {
    network::Create {
        name: input.name,
        backbone: input.backbone.map(reference),
        start: input.start,
        end: input.end,
        grace: Some(duration(input.grace_seconds)),
        addresses: mode(input.addresses),
        classes: input.classes,
    }
}

pub(in crate::http) fn changes(input: NetworkSet) -> network::Set {
    network::Set {
        start: input.start,
        end: input.end,
        grace: input.grace_seconds.map(duration),
        addresses: input.addresses.map(mode),
        owner: input.owner.map(reference),
    }
}

pub(crate) async fn list(State(app): State<App>, By(actor): By, parameters: Parameters) -> Answer {
    page(network::list(&app, &actor, &parameters.page()?).await?, view)
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<NetworkCreate>) -> Answer {
    let made = network::create(&app, &actor, wanted(input)).await?;
    let revision = made.meta.revision;
    created_tagged(view(made), revision)
}

pub(crate) async fn show(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    let found = network::show(&app, &name).await?;
    let revision = found.meta.revision;
    tagged(view(found), revision)
}

pub(crate) async fn set(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
    Body(input): Body<NetworkSet>,
) -> Answer {
    let changed = network::set(&app, &actor, &name, changes(input), revision).await?;
    let revision = changed.meta.revision;
    tagged(view(changed), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
) -> Answer {
    object(eviction(network::delete(&app, &actor, &name, revision).await?, &actor))
}

pub(crate) async fn evict(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
    _: NoBody,
) -> Answer {
    object(eviction(network::evict(&app, &actor, &name, revision).await?, &actor))
}

pub(crate) async fn class_list(State(app): State<App>, At(Named(name)): At<Named>, parameters: Parameters) -> Answer {
    page(parameters.page()?.pick(classes::list(&app, &name).await?, &classes::FIELDS)?, |class| Class {
        name: class.name,
        members: class.members,
    })
}

pub(crate) async fn class_create(
    State(app): State<App>,
    At(Named(name)): At<Named>,
    Create(actor, input): Create<ClassCreate>,
) -> Answer {
    classes::add(&app, &actor, &name, &input.name).await?;
    created(Class { name: input.name, members: 0 })
}

pub(crate) async fn class_delete(
    State(app): State<App>,
    By(actor): By,
    At((Named(network), Named(class))): At<(Named, Named)>,
) -> Answer {
    let class: Name = match class {
        Ref::Name(class) => class,
        Ref::Id(id) => return Err(Refusal::not_found("class", &id.to_string())),
    };
    classes::remove(&app, &actor, &network, &class).await?;
    nothing()
}
