//! What a scrape shows.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::Duration;

use axum::http::{Method, StatusCode, header};
use edge::{
    Connections, Limits,
    metrics::{MEDIA_TYPE, Requests, answer},
};
use prometheus_client::registry::Registry;

#[tokio::test]
async fn requests_and_connections_are_counted_without_series_that_strangers_make() {
    let requests = Requests::default();
    let mut registry = Registry::with_prefix("skx");
    requests.register(&mut registry);
    registry.register_collector(Box::new(Connections::new(Limits::default())));
    let took = Duration::from_millis(3);
    requests.answered(Some("/api/v1/networks/{network}"), &Method::GET, StatusCode::OK, took);
    requests.answered(None, &Method::from_bytes(b"FETCH").unwrap(), StatusCode::NOT_FOUND, took);
    requests.answered(None, &Method::from_bytes(b"STEAL").unwrap(), StatusCode::NOT_FOUND, took);
    let response = answer(&[&registry]);
    assert_eq!(response.headers()[header::CONTENT_TYPE], MEDIA_TYPE);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let text = std::str::from_utf8(&body).unwrap();
    for line in [
        r#"skx_http_requests_total{route="/api/v1/networks/{network}",method="GET",status="200"} 1"#,
        r#"skx_http_requests_total{route="none",method="other",status="404"} 2"#,
        r#"skx_http_request_duration_seconds_count{route="none",method="other"} 2"#,
        r#"skx_http_connections{use="silent"} 0"#,
        r#"skx_http_connections_closed_total{reason="gave-way"} 0"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
