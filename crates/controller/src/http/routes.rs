//! Which handler serves which endpoint. A test holds this to [`api::endpoints`].

use api::ProblemType;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware,
    response::{IntoResponse as _, Response},
    routing::{delete, get, post, put},
};

use super::{
    guard,
    handlers::{
        address, apply, audit, backbone, ca, certificate, controller, event, grant, group, invitation, library, link,
        listener, member, metrics, network, quota, release, sign_in, site, status, token, user,
    },
    permit,
    problem::Refusal,
    refused,
};
use crate::App;

/// The largest body that is read.
const BODY_BYTES: usize = 1_024 * 1_024;

/// The whole API.
pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(status::health))
        .route("/readyz", get(status::readiness))
        .route(guard::METRICS, get(metrics::scrape))
        .nest("/api/v1", v1())
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(guard::contract))
        .layer(middleware::from_fn_with_state(app.clone(), permit::permit))
        .layer(middleware::from_fn_with_state(app.clone(), refused::note))
        .layer(middleware::from_fn_with_state(app.clone(), guard::sign_in))
        .layer(middleware::from_fn_with_state(app.clone(), refused::strangers))
        .layer(middleware::from_fn_with_state(app.metrics().requests().clone(), guard::finish))
        .with_state(app)
}

fn v1() -> Router<App> {
    Router::new()
        .route("/version", get(status::version))
        .route("/whoami", get(status::whoami))
        .route("/status", get(status::show))
        .route("/ca", get(ca::show))
        .route("/ca/development", post(ca::development))
        .route("/ca/csr", post(ca::csr))
        .route("/ca/import", post(ca::import))
        .route("/ca/key/rotate", post(ca::rotate_key))
        .merge(subjects())
        .route("/grants", get(grant::list).post(grant::create))
        .route("/grants/{grant}", get(grant::show).delete(grant::delete))
        .route("/quotas", get(quota::list).post(quota::create))
        .route("/quotas/{quota}", get(quota::show).patch(quota::set).delete(quota::delete))
        .merge(backbones())
        .merge(networks())
        .merge(library())
        .route("/apply", post(apply::apply))
        .route("/evictions/{eviction}", get(controller::show_eviction))
        .route("/controllers", get(controller::list))
        .route("/controllers/{controller}/evict", post(controller::evict))
        .route("/events", get(event::watch))
        .route("/audit", get(audit::list))
        .route("/audit/verify", get(audit::verify))
        .route("/audit/cuts", get(audit::cuts).post(audit::cut))
        .route("/certificates", get(certificate::list))
        .route("/certificates/{certificate}", get(certificate::show))
        .route("/certificates/{certificate}/rotate", post(certificate::rotate))
        .route("/certificates/{certificate}/revoke", post(certificate::revoke))
}

fn subjects() -> Router<App> {
    Router::new()
        .route("/sign-in", get(sign_in::methods).post(sign_in::sign_in).delete(sign_in::sign_out))
        .route("/setup", post(sign_in::set_up))
        .route("/password", post(sign_in::change_password))
        .route("/first-start-token/rotate", post(sign_in::rotate_first_start_token))
        .route("/tokens", get(token::own).post(token::create_own))
        .route("/tokens/{token}", get(token::show_own).delete(token::revoke_own))
        .route("/users", get(user::list).post(user::create))
        .route("/users/{user}", get(user::show).patch(user::set).delete(user::delete))
        .route("/users/{user}/reset", post(user::reset))
        .route("/users/{user}/tokens", get(token::list).post(token::create))
        .route("/users/{user}/tokens/{token}", get(token::show).delete(token::revoke))
        .route("/groups", get(group::list).post(group::create))
        .route("/groups/{group}", get(group::show).delete(group::delete))
        .route("/groups/{group}/members", get(group::members).post(group::add))
        .route("/groups/{group}/members/{user}", delete(group::remove))
}

fn backbones() -> Router<App> {
    let access = "/backbones/{backbone}/sites/{site}/access-points";
    Router::new()
        .route("/backbones", get(backbone::list).post(backbone::create))
        .route("/backbones/{backbone}", get(backbone::show).delete(backbone::delete))
        .route("/backbones/{backbone}/status", get(backbone::status))
        .route("/backbones/{backbone}/sites", get(site::list).post(site::create))
        .route("/backbones/{backbone}/sites/{site}", get(site::show).delete(site::delete))
        .route("/backbones/{backbone}/sites/{site}/evict", post(site::evict))
        .route("/backbones/{backbone}/sites/{site}/drain", post(site::drain))
        .route("/backbones/{backbone}/sites/{site}/resume", post(site::resume))
        .route("/backbones/{backbone}/sites/{site}/bundle", post(site::bundle))
        .route(access, get(site::access_list).post(site::access_create))
        .route(
            &format!("{access}/{{access_point}}"),
            get(site::access_show).put(site::access_set).delete(site::access_delete),
        )
        .route("/backbones/{backbone}/links", get(link::list).post(link::create))
        .route("/backbones/{backbone}/links/{link}", get(link::show).patch(link::set).delete(link::delete))
}

fn library() -> Router<App> {
    Router::new()
        .route("/library", get(library::list))
        .route("/library/import", post(library::import))
        .route("/library/resolve", post(library::resolve))
        .route("/library/{kind}/{document}", get(library::show).delete(library::delete))
        .route("/library/{kind}/{document}/usage", get(library::usage))
        .route("/applications", get(library::application_list))
        .route("/applications/{application}", get(library::application_show).delete(library::application_delete))
        .route("/applications/{application}/build", post(release::build))
        .route("/releases", get(release::list).post(release::create))
        .route("/releases/{release}", get(release::show).delete(release::delete))
        .route("/releases/{release}/diff", get(release::diff))
        .route("/releases/{release}/graph", get(release::graph))
        .route("/releases/{release}/render", post(release::render))
}

fn networks() -> Router<App> {
    let invitation = "/networks/{network}/invitations/{invitation}";
    Router::new()
        .route("/networks", get(network::list).post(network::create))
        .route("/networks/{network}", get(network::show).patch(network::set).delete(network::delete))
        .route("/networks/{network}/evict", post(network::evict))
        .route("/networks/{network}/shares", get(grant::shares).post(grant::share))
        .route("/networks/{network}/shares/{share}", delete(grant::unshare))
        .route("/networks/{network}/classes", get(network::class_list).post(network::class_create))
        .route("/networks/{network}/classes/{class}", delete(network::class_delete))
        .route("/networks/{network}/addresses", get(address::observed))
        .route("/networks/{network}/address-policies", get(address::list))
        .route("/networks/{network}/address-policies/{address}", put(address::set).delete(address::delete))
        .route("/networks/{network}/flows", get(address::flows))
        .route("/networks/{network}/flows/open", get(address::open_flows))
        .route("/networks/{network}/listeners", get(listener::listener_list).post(listener::listener_create))
        .route(
            "/networks/{network}/listeners/{listener}",
            get(listener::listener_show).delete(listener::listener_delete),
        )
        .route("/networks/{network}/connectors", get(listener::connector_list).post(listener::connector_create))
        .route(
            "/networks/{network}/connectors/{connector}",
            get(listener::connector_show).delete(listener::connector_delete),
        )
        .route("/networks/{network}/invitations", get(invitation::list).post(invitation::create))
        .route(invitation, get(invitation::show).patch(invitation::set).delete(invitation::delete))
        .route(&format!("{invitation}/text"), get(invitation::render))
        .route(&format!("{invitation}/copy"), post(invitation::copy))
        .route(&format!("{invitation}/expire"), post(invitation::expire))
        .route(&format!("{invitation}/evict"), post(invitation::evict))
        .route("/networks/{network}/members", get(member::list))
        .route("/networks/{network}/members/{member}", get(member::show).patch(member::set))
        .route("/networks/{network}/members/{member}/admit", post(member::admit))
        .route("/networks/{network}/members/{member}/refuse", post(member::refuse))
        .route("/networks/{network}/members/{member}/evict", post(member::evict))
}

async fn nowhere(request: Request) -> Response {
    let path: String = request.uri().path().chars().take(200).collect();
    Refusal::new(ProblemType::NotFound, format!("there is nothing at {path}; the API is under /api/v1")).into_response()
}

async fn wrong_method(request: Request) -> Response {
    Refusal::new(ProblemType::MethodNotAllowed, format!("{} is not possible here", request.method())).into_response()
}
