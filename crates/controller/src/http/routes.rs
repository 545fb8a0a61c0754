//! Which handler serves which endpoint. A test holds this to [`api::endpoints`].

use api::ProblemType;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{delete, get, post},
};

use super::{
    boxed::boxed,
    guard,
    handlers::{
        address, apply, audit, backbone, ca, certificate, controller, deployment, event, grant, group, invitation,
        library, link, listener, member, metrics, network, quota, release, secret, sign_in, site, status, token, user,
    },
    permit,
    problem::Refusal,
    refused, traced,
};
use crate::App;

/// The largest body that is read.
const BODY_BYTES: usize = 1_024 * 1_024;

/// The whole API.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(boxed(status::health)))
        .route("/readyz", get(boxed(status::readiness)))
        .route(guard::METRICS, get(boxed(metrics::scrape)))
        .nest("/api/v1", v1())
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(guard::contract))
        .layer(middleware::from_fn_with_state(app.clone(), permit::permit))
        .layer(middleware::from_fn_with_state(app.clone(), refused::note))
        .layer(middleware::from_fn_with_state(app.clone(), guard::sign_in))
        .layer(middleware::from_fn_with_state(app.clone(), refused::strangers))
        .layer(middleware::from_fn_with_state(app.clone(), traced::trace))
        .layer(middleware::from_fn_with_state(app.metrics().requests().clone(), guard::finish))
        .with_state(app)
}

fn v1() -> Router<App> {
    Router::new()
        .route("/version", get(boxed(status::version)))
        .route("/whoami", get(boxed(status::whoami)))
        .route("/status", get(boxed(status::show)))
        .route("/ca", get(boxed(ca::show)))
        .route("/ca/development", post(boxed(ca::development)))
        .route("/ca/csr", post(boxed(ca::csr)))
        .route("/ca/import", post(boxed(ca::import)))
        .route("/ca/key/rotate", post(boxed(ca::rotate_key)))
        .merge(subjects())
        .route("/grants", get(boxed(grant::list)).post(boxed(grant::create)))
        .route("/grants/{grant}", get(boxed(grant::show)).delete(boxed(grant::delete)))
        .route("/quotas", get(boxed(quota::list)).post(boxed(quota::create)))
        .route("/quotas/{quota}", get(boxed(quota::show)).patch(boxed(quota::set)).delete(boxed(quota::delete)))
        .merge(backbones())
        .merge(networks())
        .merge(deployments())
        .merge(library())
        .route("/apply", post(boxed(apply::apply)))
        .route("/evictions/{eviction}", get(boxed(controller::show_eviction)))
        .route("/controllers", get(boxed(controller::list)))
        .route("/controllers/{controller}/evict", post(boxed(controller::evict)))
        .route("/events", get(boxed(event::watch)))
        .route("/audit", get(boxed(audit::list)))
        .route("/audit/verify", get(boxed(audit::verify)))
        .route("/audit/cuts", get(boxed(audit::cuts)).post(boxed(audit::cut)))
        .route("/certificates", get(boxed(certificate::list)))
        .route("/certificates/{certificate}", get(boxed(certificate::show)))
        .route("/certificates/{certificate}/revocation-list", get(boxed(certificate::revocation_list)))
        .route("/certificates/{certificate}/rotate", post(boxed(certificate::rotate)))
        .route("/certificates/{certificate}/revoke", post(boxed(certificate::revoke)))
}

fn subjects() -> Router<App> {
    Router::new()
        .route("/sign-in", get(boxed(sign_in::methods)).post(boxed(sign_in::sign_in)).delete(boxed(sign_in::sign_out)))
        .route("/sign-in/id-token", post(boxed(sign_in::with_id_token)))
        .route("/sign-in/device", post(boxed(sign_in::begin_device)))
        .route("/sign-in/device/status", post(boxed(sign_in::ask_device)))
        .route("/setup", post(boxed(sign_in::set_up)))
        .route("/password", post(boxed(sign_in::change_password)))
        .route("/first-start-token/rotate", post(boxed(sign_in::rotate_first_start_token)))
        .route("/tokens", get(boxed(token::own)).post(boxed(token::create_own)))
        .route("/tokens/{token}", get(boxed(token::show_own)).delete(boxed(token::revoke_own)))
        .route("/users", get(boxed(user::list)).post(boxed(user::create)))
        .route("/users/{user}", get(boxed(user::show)).patch(boxed(user::set)).delete(boxed(user::delete)))
        .route("/users/{user}/reset", post(boxed(user::reset)))
        .route("/users/{user}/tokens", get(boxed(token::list)).post(boxed(token::create)))
        .route("/users/{user}/tokens/{token}", get(boxed(token::show)).delete(boxed(token::revoke)))
        .route("/groups", get(boxed(group::list)).post(boxed(group::create)))
        .route("/groups/{group}", get(boxed(group::show)).delete(boxed(group::delete)))
        .route("/groups/{group}/members", get(boxed(group::members)).post(boxed(group::add)))
        .route("/groups/{group}/members/{user}", delete(boxed(group::remove)))
}

fn backbones() -> Router<App> {
    let access = "/backbones/{backbone}/sites/{site}/access-points";
    Router::new()
        .route("/backbones", get(boxed(backbone::list)).post(boxed(backbone::create)))
        .route("/backbones/{backbone}", get(boxed(backbone::show)).delete(boxed(backbone::delete)))
        .route("/backbones/{backbone}/status", get(boxed(backbone::status)))
        .route("/backbones/{backbone}/sites", get(boxed(site::list)).post(boxed(site::create)))
        .route("/backbones/{backbone}/sites/{site}", get(boxed(site::show)).delete(boxed(site::delete)))
        .route("/backbones/{backbone}/sites/{site}/evict", post(boxed(site::evict)))
        .route("/backbones/{backbone}/sites/{site}/drain", post(boxed(site::drain)))
        .route("/backbones/{backbone}/sites/{site}/resume", post(boxed(site::resume)))
        .route("/backbones/{backbone}/sites/{site}/bundle", post(boxed(site::bundle)))
        .route(access, get(boxed(site::access_list)).post(boxed(site::access_create)))
        .route(
            &format!("{access}/{{access_point}}"),
            get(boxed(site::access_show)).put(boxed(site::access_set)).delete(boxed(site::access_delete)),
        )
        .route("/backbones/{backbone}/links", get(boxed(link::list)).post(boxed(link::create)))
        .route(
            "/backbones/{backbone}/links/{link}",
            get(boxed(link::show)).patch(boxed(link::set)).delete(boxed(link::delete)),
        )
}

fn library() -> Router<App> {
    Router::new()
        .route("/library", get(boxed(library::list)))
        .route("/library/import", post(boxed(library::import)))
        .route("/library/resolve", post(boxed(library::resolve)))
        .route("/library/{kind}/{document}", get(boxed(library::show)).delete(boxed(library::delete)))
        .route("/library/{kind}/{document}/usage", get(boxed(library::usage)))
        .route("/applications", get(boxed(library::application_list)))
        .route(
            "/applications/{application}",
            get(boxed(library::application_show)).delete(boxed(library::application_delete)),
        )
        .route("/applications/{application}/build", post(boxed(release::build)))
        .route("/releases", get(boxed(release::list)).post(boxed(release::create)))
        .route("/releases/{release}", get(boxed(release::show)).delete(boxed(release::delete)))
        .route("/releases/{release}/diff", get(boxed(release::diff)))
        .route("/releases/{release}/graph", get(boxed(release::graph)))
        .route("/releases/{release}/render", post(boxed(release::render)))
}

fn networks() -> Router<App> {
    let invitation = "/networks/{network}/invitations/{invitation}";
    Router::new()
        .route("/networks", get(boxed(network::list)).post(boxed(network::create)))
        .route(
            "/networks/{network}",
            get(boxed(network::show)).patch(boxed(network::set)).delete(boxed(network::delete)),
        )
        .route("/networks/{network}/evict", post(boxed(network::evict)))
        .route("/networks/{network}/shares", get(boxed(grant::shares)).post(boxed(grant::share)))
        .route("/networks/{network}/shares/{share}", delete(boxed(grant::unshare)))
        .route("/networks/{network}/classes", get(boxed(network::class_list)).post(boxed(network::class_create)))
        .route("/networks/{network}/classes/{class}", delete(boxed(network::class_delete)))
        .route("/networks/{network}/addresses", get(boxed(address::observed)))
        .route("/networks/{network}/address-policies", get(boxed(address::list)))
        .route(
            "/networks/{network}/address-policies/{address}",
            get(boxed(address::show)).put(boxed(address::set)).delete(boxed(address::delete)),
        )
        .route("/networks/{network}/flows", get(boxed(address::flows)))
        .route("/networks/{network}/flows/open", get(boxed(address::open_flows)))
        .route(
            "/networks/{network}/listeners",
            get(boxed(listener::listener_list)).post(boxed(listener::listener_create)),
        )
        .route(
            "/networks/{network}/listeners/{listener}",
            get(boxed(listener::listener_show)).delete(boxed(listener::listener_delete)),
        )
        .route(
            "/networks/{network}/connectors",
            get(boxed(listener::connector_list)).post(boxed(listener::connector_create)),
        )
        .route(
            "/networks/{network}/connectors/{connector}",
            get(boxed(listener::connector_show)).delete(boxed(listener::connector_delete)),
        )
        .route("/networks/{network}/invitations", get(boxed(invitation::list)).post(boxed(invitation::create)))
        .route(invitation, get(boxed(invitation::show)).patch(boxed(invitation::set)).delete(boxed(invitation::delete)))
        .route(&format!("{invitation}/text"), get(boxed(invitation::render)))
        .route(&format!("{invitation}/copy"), post(boxed(invitation::copy)))
        .route(&format!("{invitation}/expire"), post(boxed(invitation::expire)))
        .route(&format!("{invitation}/evict"), post(boxed(invitation::evict)))
        .route("/networks/{network}/members", get(boxed(member::list)))
        .route("/networks/{network}/members/{member}", get(boxed(member::show)).patch(boxed(member::set)))
        .route("/networks/{network}/members/{member}/admit", post(boxed(member::admit)))
        .route("/networks/{network}/members/{member}/refuse", post(boxed(member::refuse)))
        .route("/networks/{network}/members/{member}/evict", post(boxed(member::evict)))
}

fn deployments() -> Router<App> {
    let deployment = "/networks/{network}/deployments/{deployment}";
    Router::new()
        .route("/networks/{network}/deployments", get(boxed(deployment::list)).post(boxed(deployment::create)))
        .route(deployment, get(boxed(deployment::show)).put(boxed(deployment::set)).delete(boxed(deployment::delete)))
        .route(&format!("{deployment}/status"), get(boxed(deployment::status)))
        .route(&format!("{deployment}/logs"), get(boxed(deployment::logs)))
        .route(&format!("{deployment}/plan"), post(boxed(deployment::plan)))
        .route(&format!("{deployment}/rollout"), post(boxed(deployment::order)))
        .route("/networks/{network}/secrets", get(boxed(secret::list)))
        .route(
            "/networks/{network}/secrets/{secret}",
            get(boxed(secret::show)).put(boxed(secret::set)).delete(boxed(secret::delete)),
        )
}

async fn nowhere(request: Request) -> Response {
    let path: String = request.uri().path().chars().take(200).collect();
    Refusal::new(ProblemType::NotFound, format!("there is nothing at {path}; the API is under /api/v1")).into_response()
}

async fn wrong_method(request: Request) -> Response {
    Refusal::new(ProblemType::MethodNotAllowed, format!("{} is not possible here", request.method())).into_response()
}
