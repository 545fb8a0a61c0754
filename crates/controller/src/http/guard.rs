//! What every request passes: it gets an id, is signed in, and may contain nothing its endpoint does not know; and
//! whatever goes wrong, the answer is a problem in JSON.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use api::{Endpoint, FieldError, Method, Problem, ProblemType, Success, endpoints};
use authz::Acting;
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use edge::{Peer, REQUEST_ID, RequestId, metrics::Requests};
use futures_util::FutureExt as _;
use http::{HeaderValue, StatusCode, header};
use trace::SpanContext;
use tracing::Instrument as _;

use super::{
    extract::faults,
    local::Local,
    problem::{Refusal, internal},
};
use crate::{
    App,
    ops::{
        Actor,
        sign_in::{By as SignedBy, Signed, Whence, bearer},
    },
};

/// How long a request may take, from its head to its answer.
const REQUEST: Duration = Duration::from_secs(60);

/// Where the figures are.
pub(crate) const METRICS: &str = "/metrics";

/// Gives a request its id, answers for whatever goes wrong in it, and logs how it went.
///
/// The id is one that came with the request, or a new one; it is in the answer, in every line of the log that the
/// request causes, and in the events it is recorded with.
pub(crate) async fn finish(State(requests): State<Requests>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let span =
        tracing::info_span!("request", request_id = %id, method = %request.method(), path = request.uri().path());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let begun = Instant::now();
    let work = AssertUnwindSafe(tokio::time::timeout(REQUEST, next.run(request))).catch_unwind();
    async move {
        let mut response = match work.await {
            Ok(Ok(response)) => response,
            Ok(Err(_)) => {
                tracing::error!("the request took longer than a minute, and was given up");
                Refusal::new(ProblemType::Unavailable, "the controller took too long").into_response()
            }
            // What panicked has been said by the panic hook.
            Err(_) => {
                tracing::error!("the request's handler panicked");
                internal().into_response()
            }
        };
        if response.status().is_client_error() || response.status().is_server_error() {
            response = problem(response, id.as_str());
        }
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, id.header());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let (status, elapsed) = (response.status(), begun.elapsed());
        requests.answered(route.as_ref().map(MatchedPath::as_str), &method, status, elapsed);
        // Who only looks changes nothing, and looks often.
        if method == http::Method::GET {
            tracing::debug!(status = status.as_u16(), ?elapsed, "answered");
        } else {
            tracing::info!(status = status.as_u16(), ?elapsed, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// The one place where errors become what the client reads.
fn problem(mut response: Response, id: &str) -> Response {
    let status = response.status();
    let mut problem = match response.extensions_mut().remove::<Refusal>() {
        Some(Refusal(problem)) => *problem,
        None => {
            let kind = ProblemType::ALL
                .into_iter()
                .find(|kind| kind.status() == status.as_u16())
                .unwrap_or(if status.is_server_error() { ProblemType::Internal } else { ProblemType::Malformed });
            Problem::new(kind, kind.title())
        }
    };
    problem.request_id = Some(id.to_owned());
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::to_vec(&problem).expect("a problem has a JSON form");
    let mut answer = (status, [(header::CONTENT_TYPE, Problem::MEDIA_TYPE)], body).into_response();
    let headers = answer.headers_mut();
    if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
        headers.insert(header::ALLOW, allow);
    }
    match problem.known() {
        Some(ProblemType::Unauthorized) => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"skx\""));
        }
        Some(ProblemType::Unavailable) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Some(ProblemType::TooManyAttempts | ProblemType::TooManyStreams) => {
            headers.insert(header::RETRY_AFTER, problem.retry_after.unwrap_or(1).into());
        }
        _ => {}
    }
    answer
}

/// Lets nobody in without a token, to nothing but what everybody may ask: the probes, and how to sign in.
pub(crate) async fn sign_in(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let extensions = request.extensions();
    let peer = extensions.get::<Peer>().cloned();
    let whence = Whence {
        address: peer.as_ref().map(|peer| peer.address().ip().to_canonical()),
        request_id: extensions.get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default(),
    };
    let local = extensions.get::<Local>().is_some();
    if endpoint(&request).is_some_and(|endpoint| endpoint.open) {
        request.extensions_mut().insert(whence);
        return next.run(request).await;
    }
    let signed = match token(&request) {
        Ok(token) if request.uri().path() == METRICS && app.is_metrics_token(token) => {
            Ok(Signed { acting: Acting::installation("metrics"), by: SignedBy::FirstStartToken, expires: None })
        }
        Ok(token) => bearer(&app, token, &whence, local).await.map_err(Refusal::from),
        Err(message) => Err(Refusal::new(ProblemType::Unauthorized, message)),
    };
    let signed = match signed {
        Ok(signed) => signed,
        Err(refusal) => return refusal.into_response(),
    };
    if let Some(peer) = peer {
        peer.show_known();
    }
    let mut actor = Actor::new(signed.acting.clone(), whence.request_id.clone(), whence.address);
    actor.trace = request.extensions().get::<SpanContext>().copied();
    let turn = app.turns().of(&actor.acting.name);
    let extensions = request.extensions_mut();
    extensions.insert(whence);
    extensions.insert(signed);
    extensions.insert(actor);
    extensions.insert(Arc::clone(&turn));
    // What comes with a body begins when that is there.
    if !matches!(*request.method(), http::Method::POST | http::Method::PUT | http::Method::PATCH) {
        turn.begin().await;
    }
    next.run(request).await
}

pub(super) fn token(request: &Request) -> Result<&str, &'static str> {
    let mut values = request.headers().get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Err("this needs a token, sent as Authorization: Bearer TOKEN");
    };
    if values.next().is_some() {
        return Err("there are several Authorization headers; send one");
    }
    value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or("Authorization must be Bearer TOKEN")
}

static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(endpoints);

/// The endpoint a request is for.
pub(super) fn endpoint(request: &Request) -> Option<&'static Endpoint> {
    let path = request.extensions().get::<MatchedPath>()?;
    ENDPOINTS.iter().find(|e| e.path == path.as_str() && e.method.as_str() == request.method().as_str())
}

/// Refuses what the endpoint does not know: an option that is ignored would be a promise that is not kept.
pub(crate) async fn contract(mut request: Request, next: Next) -> Response {
    let Some(endpoint) = endpoint(&request) else { return next.run(request).await };
    if let Err(refusal) = unknown(endpoint, &request) {
        return refusal.into_response();
    }
    request.extensions_mut().insert(endpoint);
    next.run(request).await
}

fn unknown(endpoint: &Endpoint, request: &Request) -> Result<(), Refusal> {
    let mut known: Vec<&str> = endpoint.query.iter().map(|(name, _)| *name).collect();
    if endpoint.success == Success::Page {
        known.extend(endpoint.list.parameters());
    }
    let mut errors = vec![];
    let mut seen = vec![];
    for part in request.uri().query().unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
        let name: String = part.split('=').next().unwrap_or_default().chars().take(40).collect();
        let message = match known.as_slice() {
            [] => "this request has no query parameters".to_owned(),
            known if !known.contains(&name.as_str()) => {
                format!("there is no such query parameter; there are {}", known.join(", "))
            }
            _ if seen.contains(&name) => "it is given twice".to_owned(),
            _ => {
                seen.push(name);
                continue;
            }
        };
        errors.push(FieldError::new(name, message));
    }
    let headers = request.headers();
    if headers.contains_key(header::IF_MATCH) && !endpoint.if_match && endpoint.method != Method::Get {
        errors.push(FieldError::new("If-Match", "this request cannot be conditional"));
    }
    if headers.contains_key("idempotency-key") && !endpoint.idempotency {
        let message = "this request takes no idempotency key; it can be repeated without".to_owned();
        errors.push(FieldError::new("Idempotency-Key", message));
    }
    faults(errors)
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::get};
    use tower::ServiceExt as _;

    use super::*;

    async fn answered(path: &str) -> (StatusCode, Problem, Response) {
        let router = Router::new()
            .route("/panic", get(async || -> Response { panic!("a secret") }))
            .route("/bare", get(async || StatusCode::IM_A_TEAPOT))
            .route("/broken", get(async || StatusCode::BAD_GATEWAY))
            .layer(middleware::from_fn_with_state(Requests::default(), finish));
        let request = Request::builder().uri(path).body(Body::empty()).expect("a request");
        let mut response = router.oneshot(request).await.expect("routers do not fail");
        let body = std::mem::take(response.body_mut());
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a whole body");
        (response.status(), serde_json::from_slice(&body).expect("a problem"), response)
    }

    #[tokio::test]
    async fn a_handler_that_panics_answers_500_and_tells_nothing() {
        let (status, problem, response) = answered("/panic").await;
        assert_eq!((status, problem.known()), (StatusCode::INTERNAL_SERVER_ERROR, Some(ProblemType::Internal)));
        assert!(!problem.detail.contains("secret"), "{problem:?}");
        assert_eq!(response.headers()["x-request-id"], problem.request_id.expect("an id").as_str());
    }

    #[tokio::test]
    async fn whatever_is_refused_anywhere_is_a_problem() {
        for (path, kind) in
            [("/nowhere", ProblemType::NotFound), ("/bare", ProblemType::Malformed), ("/broken", ProblemType::Internal)]
        {
            let (_, problem, response) = answered(path).await;
            assert_eq!(problem.known(), Some(kind), "{path}");
            assert_eq!(response.headers()[header::CONTENT_TYPE], Problem::MEDIA_TYPE, "{path}");
        }
    }
}
