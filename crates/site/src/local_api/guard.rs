//! Who may ask: whoever knows the token, and came by a name no web page can make its own.

use std::net::IpAddr;

use api::{Problem, ProblemType};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{LocalApi, answer::Answer};

/// Lets a request pass that may be answered.
pub(super) async fn guard(State(api): State<LocalApi>, request: Request, next: Next) -> Response {
    if !host_is_ours(request.headers()) {
        let problem = Problem::new(ProblemType::NotFound, "this site answers to its IP address and to localhost only");
        return Answer::from(problem).into_response();
    }
    if !bearer(request.headers()).is_some_and(|token| api.is_token(token)) {
        let problem = Problem::new(ProblemType::Unauthorized, "the site's token is missing or wrong")
            .with_how("`skx site console` shows it");
        let mut response = Answer::from(problem).into_response();
        response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        return response;
    }
    let mut response = next.run(request).await;
    // What a participant sees is for them alone, and may change at any moment.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
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
}
