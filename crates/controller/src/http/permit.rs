//! The one place where requests are let through or not: before any work, by the endpoint's action and what it is done to.
//!
//! What a request names in its body – the backbone of a new network, the objects of manifests – is decided where that is
//! known, by the same function: [`Actor::require`].

use std::str::FromStr as _;

use api::{About, Endpoint};
use authz::{Action, Decision, Target};
use axum::{
    RequestExt as _,
    extract::{RawPathParams, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;

use super::{extract::At, guard, problem::Refusal, refused::Withheld};
use crate::{
    App,
    ops::{Actor, OpError, Ref, certificate, eviction},
};

/// Lets a request through if whoever sent it may do what it asks; from then on its actor says how far they reach.
pub(crate) async fn permit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let endpoint = guard::endpoint(&request);
    let metrics = request.uri().path() == guard::METRICS;
    let parameters = request.extract_parts::<RawPathParams>().await.ok();
    // Where nobody had to sign in there is nothing to decide.
    let Some(actor) = request.extensions_mut().get_mut::<Actor>() else { return next.run(request).await };
    let decided = async {
        actor.find_reach(&app).await?;
        match endpoint {
            Some(endpoint) => decide(&app, actor, endpoint, parameters.as_ref()).await,
            None if metrics => Ok(actor.require(Action::ShowMetrics, &Target::Installation)?),
            None => Ok(()),
        }
    };
    match decided.await {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            let mut response = refusal.into_response();
            if response.status() == StatusCode::NOT_FOUND {
                response.extensions_mut().insert(Withheld);
            }
            response
        }
    }
}

async fn decide(
    app: &App,
    actor: &Actor,
    endpoint: &Endpoint,
    parameters: Option<&RawPathParams>,
) -> Result<(), Refusal> {
    let action = endpoint.action;
    let named = |wanted: &str| {
        let parameters = parameters.into_iter().flat_map(RawPathParams::iter);
        let text = parameters.into_iter().find(|(name, _)| *name == wanted).map(|(_, text)| text.to_owned());
        text.unwrap_or_default()
    };
    let reference = |name: &str| Ref::from_str(&named(name)).map_err(|_| At::<()>::unnamed());
    match endpoint.about() {
        About::Installation => Ok(actor.require(action, &Target::Installation)?),
        // The operation decides, when it knows which.
        About::BackboneInBody => Ok(()),
        // There is nothing to look up for those who may do this to everything.
        _ if actor.reach.is_everything() && actor.decide(action, &Target::Installation) == Decision::Allowed => Ok(()),
        About::Backbone => {
            Ok(actor.require_on_backbone(app.store(), action, &reference("backbone")?).await.map(drop)?)
        }
        About::Network => Ok(actor.require_in_network(app.store(), action, &reference("network")?).await.map(drop)?),
        About::Certificate => {
            let name = named("certificate");
            let target = certificate::target(app, &name).await?;
            by_id(actor, Action::ShowCertificate, action, target, "certificate", &name)
        }
        About::Eviction => {
            let name = named("eviction");
            let target = match name.parse() {
                Ok(id) => eviction::target(app, id).await?,
                Err(_) => None,
            };
            by_id(actor, Action::ShowEviction, action, target, "eviction", &name)
        }
    }
}

/// Decides on what is found by an id of its own.
fn by_id(
    actor: &Actor,
    look: Action,
    action: Action,
    target: Option<Target>,
    kind: &'static str,
    name: &str,
) -> Result<(), Refusal> {
    match target.map_or(Decision::Hidden, |target| actor.reach.decide_by_id(look, action, &target)) {
        Decision::Allowed => Ok(()),
        Decision::Forbidden => Err(OpError::forbidden(action).into()),
        Decision::Hidden => Err(Refusal::not_found(kind, name)),
    }
}
