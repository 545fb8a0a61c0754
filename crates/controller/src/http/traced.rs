//! Requests as parts of traces: of the one their client says with `traceparent`, or of one that begins here.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use edge::RequestId;
use http::{HeaderMap, Method, StatusCode};
use trace::{Kind, SpanContext};

use crate::App;

/// Makes a span of every request that changes something, and of those that come with a `traceparent`.
pub(crate) async fn trace(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let parent = parent(request.headers());
    // Who only looks causes nothing, and looks often.
    if parent.is_none() && request.method() == Method::GET {
        return next.run(request).await;
    }
    let extensions = request.extensions();
    let route = extensions.get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
    let mut span = app.tracer().span(format!("{} {route}", request.method()), Kind::Server, parent);
    span.set("http.request.method", request.method().as_str());
    span.set("http.route", route);
    span.set("skx.request_id", extensions.get::<RequestId>().map_or("", RequestId::as_str));
    if let Some(context) = span.context() {
        request.extensions_mut().insert(context);
    }
    let response = next.run(request).await;
    let status = response.status();
    span.set("http.response.status_code", u64::from(status.as_u16()));
    if status.is_server_error() {
        span.fail(status.to_string());
    }
    // What anybody can send is not to push out what is told of others.
    if status == StatusCode::UNAUTHORIZED {
        span.forget();
    }
    response
}

/// The span that the request hangs on, if it says one.
fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    let mut values = headers.get_all("traceparent").iter();
    let (first, None) = (values.next()?, values.next()) else { return None };
    first.to_str().ok()?.parse().ok()
}
