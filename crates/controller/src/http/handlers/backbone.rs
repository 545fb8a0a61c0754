use api::{Backbone, BackboneCreate, BackboneStatus, BackboneStatusLink, BackboneStatusSite, DataPlaneKind};
use axum::extract::State;

use super::{link_state, rtt, traffic};
use crate::{
    App,
    http::{
        answer::{Answer, created_tagged, nothing, object, page, tagged},
        extract::{At, By, Create, IfMatch, Named, Parameters},
        standing,
    },
    ops::{Actor, backbone, status},
};

/// A backbone; what is inside is for its administrators.
pub(in crate::http) fn view(found: backbone::Backbone, actor: &Actor) -> Backbone {
    let inside = actor.reach.inspects(found.id);
    let standing = standing::backbone(&found, inside);
    Backbone {
        standing,
        id: found.id,
        name: found.name,
        data_plane: DataPlaneKind::Native,
        sites: inside.then_some(found.sites),
        deployed: inside.then_some(found.deployed),
        networks: inside.then_some(found.networks),
        created: found.meta.created,
        updated: found.meta.updated,
        revision: found.meta.revision,
    }
}

pub(in crate::http) fn wanted(input: BackboneCreate) -> backbone::Create {
    let dataplane = match input.data_plane {
        DataPlaneKind::Native => "native".to_owned(),
    };
    backbone::Create { name: input.name, dataplane: Some(dataplane) }
}

pub(crate) async fn list(State(app): State<App>, By(actor): By, parameters: Parameters) -> Answer {
    page(backbone::list(&app, &actor, &parameters.page()?).await?, |found| view(found, &actor))
}

pub(crate) async fn create(State(app): State<App>, Create(actor, input): Create<BackboneCreate>) -> Answer {
    let made = backbone::create(&app, &actor, wanted(input)).await?;
    let revision = made.meta.revision;
    created_tagged(view(made, &actor), revision)
}

pub(crate) async fn show(State(app): State<App>, By(actor): By, At(Named(name)): At<Named>) -> Answer {
    let found = backbone::show(&app, &name).await?;
    let revision = found.meta.revision;
    tagged(view(found, &actor), revision)
}

pub(crate) async fn delete(
    State(app): State<App>,
    By(actor): By,
    At(Named(name)): At<Named>,
    IfMatch(revision): IfMatch,
) -> Answer {
    backbone::delete(&app, &actor, &name, revision).await?;
    nothing()
}

pub(crate) async fn status(State(app): State<App>, At(Named(name)): At<Named>) -> Answer {
    let found = status::backbone(&app, &name).await?;
    let sites = found.sites.into_iter().map(|site| BackboneStatusSite {
        id: site.id,
        name: site.name,
        state: site.state,
        draining: site.draining,
        connected: site.online,
        last_seen: site.last_seen,
        trust_version: site.trust_version,
        failures: site.failures,
        next: site.next_step,
    });
    let links = found.links.into_iter().map(|link| BackboneStatusLink {
        id: link.id,
        from: link.from,
        to: link.to,
        access: link.access,
        cost: link.cost,
        transport: link.transport,
        state: link_state(link.observed.state),
        rtt_ms: rtt(&link.observed),
        traffic: traffic(&link.observed),
        seen: link.observed.seen,
        error: link.observed.error,
    });
    object(BackboneStatus {
        backbone: found.name,
        healthy: found.healthy,
        at: found.at,
        trust_version: found.trust_version,
        trust_valid_until: found.trust_valid_until,
        sites: sites.collect(),
        links: links.collect(),
    })
}
