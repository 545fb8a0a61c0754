use api::{CaState, Finding, Health, Status, StatusBackbone, StatusNetwork, Version, Whoami};
use axum::{Extension, extract::State};
use model::lifecycle::BackboneSiteState;

use crate::{
    App,
    http::{
        answer::{Answer, object},
        extract::By,
        problem::Refusal,
    },
    ops::{LinkState, OpError, ca, sign_in::Signed, status},
};

fn ok() -> Answer {
    object(Health { status: "ok".to_owned() })
}

pub(crate) async fn health() -> Answer {
    ok()
}

pub(crate) async fn readiness(State(app): State<App>) -> Answer {
    app.store().ping().await.map_err(|error| Refusal::from(OpError::Unavailable(error)))?;
    ok()
}

pub(crate) async fn version() -> Answer {
    object(Version { version: env!("CARGO_PKG_VERSION").to_owned(), api: "v1".to_owned() })
}

pub(crate) async fn whoami(State(app): State<App>, By(actor): By, Extension(signed): Extension<Signed>) -> Answer {
    let method = signed.by.as_str().to_owned();
    let (expires, installation) = (signed.expires, app.installation());
    object(Whoami { subject: actor.acting.name, method, expires, installation })
}

/// The state of the certificate authority, as the API names it.
pub(crate) fn ca_state(state: ca::CaState, development: bool) -> CaState {
    match state {
        ca::CaState::Absent => CaState::None,
        ca::CaState::Requested => CaState::Requested,
        ca::CaState::Ready if development => CaState::Development,
        ca::CaState::Ready => CaState::External,
    }
}

pub(crate) async fn show(State(app): State<App>, By(actor): By) -> Answer {
    let found = status::installation(&app, &actor).await?;
    object(Status {
        healthy: found.healthy,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ca: ca_state(found.ca, found.development),
        backbones: found.backbones.into_iter().map(backbone).collect(),
        networks: found
            .networks
            .into_iter()
            .map(|n| StatusNetwork {
                name: n.name,
                state: n.state,
                members: n.members,
                connected: n.connected,
                waiting: n.waiting,
            })
            .collect(),
        findings: found
            .findings
            .into_iter()
            .map(|f| Finding { subject: f.subject, message: f.message, how: f.how })
            .collect(),
    })
}

fn backbone(backbone: status::BackboneStatus) -> StatusBackbone {
    let sites_up = backbone.sites.iter().filter(|site| site.state == BackboneSiteState::Deployed && site.online);
    let links_up = backbone.links.iter().filter(|link| link.observed.state == LinkState::Up);
    StatusBackbone {
        healthy: backbone.healthy,
        sites_up: sites_up.count() as u64,
        links_up: links_up.count() as u64,
        sites: backbone.sites.len() as u64,
        links: backbone.links.len() as u64,
        name: backbone.name,
    }
}
