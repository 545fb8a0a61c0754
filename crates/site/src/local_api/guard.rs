//! Who may ask: whoever knows the token, and came by a name no web page can make its own.

use std::{net::IpAddr, time::Instant};

use api::{FieldError, Problem, ProblemType};
use axum::{
    body::HttpBody as _,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use edge::{Peer, REQUEST_ID, RequestId, metrics::Requests};
use tracing::Instrument as _;

use super::{
    LocalApi,
    answer::{Answer, written},
};

/// Gives a request its id, counts it, and logs how it went.
pub(super) async fn finish(State(requests): State<Requests>, request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let span =
        tracing::info_span!("request", request_id = %id, method = %request.method(), path = request.uri().path());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (method, begun) = (request.method().clone(), Instant::now());
    async move {
        let mut response = written(next.run(request).await, &id);
        response.headers_mut().insert(REQUEST_ID, id.header());
        let (status, elapsed) = (response.status(), begun.elapsed());
        requests.answered(route.as_ref().map(MatchedPath::as_str), &method, status, elapsed);
        if method == Method::GET {
            tracing::debug!(status = status.as_u16(), ?elapsed, "answered");
        } else {
            tracing::info!(status = status.as_u16(), ?elapsed, "answered");
        }
        response
    }
    .instrument(span)
    .await
}

/// Lets a request pass that may be answered.
pub(super) async fn guard(State(api): State<LocalApi>, request: Request, next: Next) -> Response {
    if !host_is_ours(request.headers()) {
        let problem = Problem::new(ProblemType::NotFound, "this site answers to its IP address and to localhost only");
        return Answer::from(problem).into_response();
    }
    if !page_is_ours(request.headers()) {
        let problem = Problem::new(ProblemType::Forbidden, "no page of another origin asks this site anything");
        return Answer::from(problem).into_response();
    }
    if !bearer(request.headers()).is_some_and(|token| api.is_token(token)) {
        let problem = Problem::new(ProblemType::Unauthorized, "the site's token is missing or wrong")
            .with_how("`skx site console` shows it");
        let mut response = Answer::from(problem).into_response();
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        return response;
    }
    if let Some(peer) = request.extensions().get::<Peer>() {
        peer.show_known();
    }
    if let Err(answer) = understood(&request) {
        return answer.into_response();
    }
    let mut response = next.run(request).await;
    // What a participant sees is for them alone, and may change at any moment.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// Refuses what would be passed over: parameters, conditions and keys that mean nothing here, and bodies that are no JSON.
fn understood(request: &Request) -> Result<(), Answer> {
    let (headers, changes) = (request.headers(), request.method() != Method::GET);
    let takes_query = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str().ends_with("/logs"));
    let mut errors = vec![];
    if request.uri().query().is_some_and(|query| !query.is_empty()) && !takes_query {
        errors.push(FieldError::new("query", "this request has no query parameters"));
    }
    if changes && headers.contains_key(header::IF_MATCH) {
        errors.push(FieldError::new("If-Match", "this request cannot be conditional"));
    }
    if headers.contains_key("idempotency-key") {
        errors.push(FieldError::new("Idempotency-Key", "this request takes no idempotency key"));
    }
    if !errors.is_empty() {
        return Err(Problem::fields(errors).into());
    }
    let kind = headers.get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let essence = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if changes && !request.body().is_end_stream() && !essence.eq_ignore_ascii_case("application/json") {
        let said = "the body's Content-Type must be application/json";
        return Err(Problem::new(ProblemType::UnsupportedMediaType, said).into());
    }
    Ok(())
}

/// Whether the request was sent to an IP address or to `localhost`. A name of somebody's domain that was pointed here
/// (DNS rebinding) is neither.
fn host_is_ours(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

/// Whether the request was sent by a page of this API's own origin, or by no page at all. A page that somehow learned the token
/// may not use it, either.
fn page_is_ours(headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let Some(origin) = origins.next() else { return true };
    let own = headers.get(header::HOST).map(header::HeaderValue::as_bytes);
    let theirs = ["http://", "https://"].iter().find_map(|scheme| origin.as_bytes().strip_prefix(scheme.as_bytes()));
    theirs.is_some() && theirs == own && origins.next().is_none()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(value: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, value.parse().expect("a header"));
        host_is_ours(&headers)
    }

    #[test]
    fn only_addresses_and_localhost_are_answered() {
        for ours in ["127.0.0.1", "127.0.0.1:8080", "localhost:1", "LOCALHOST", "[::1]:80", "[::1]", "10.0.0.1:5"] {
            assert!(host(ours), "{ours}");
        }
        for foreign in
            ["evil.example.com", "evil.example.com:8080", "localhost.evil.com", "", ":80", "127.0.0.1.nip.io"]
        {
            assert!(!host(foreign), "{foreign}");
        }
        assert!(!host_is_ours(&HeaderMap::new()));
    }

    #[test]
    fn pages_of_other_origins_are_not_answered() {
        let from = |origins: &[&str]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, "127.0.0.1:8080".parse().expect("a header"));
            for origin in origins {
                headers.append(header::ORIGIN, origin.parse().expect("a header"));
            }
            page_is_ours(&headers)
        };
        assert!(from(&[]) && from(&["http://127.0.0.1:8080"]) && from(&["https://127.0.0.1:8080"]));
        for foreign in
            ["null", "", "http://127.0.0.1", "http://127.0.0.1:80", "http://evil.example.com", "127.0.0.1:8080"]
        {
            assert!(!from(&[foreign]), "{foreign}");
        }
        assert!(!from(&["http://127.0.0.1:8080", "http://127.0.0.1:8080"]));
    }
}
