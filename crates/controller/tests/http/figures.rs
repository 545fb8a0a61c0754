//! `/metrics`, scraped and read.

use testkit::openmetrics;

use crate::fixture::{Api, send};

async fn scrape(api: &Api, token: &str) -> openmetrics::Exposition {
    let request = api.http.get(format!("{}/metrics", api.server)).bearer_auth(token);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    openmetrics::parse(&response.text().await.unwrap()).unwrap()
}

#[tokio::test]
async fn figures_are_well_formed_and_true() {
    let api = Api::with_network().await;
    let site = r#"{"name": "r1", "access": [{"name": "m", "kinds": ["manage"], "advertised": "127.0.0.1:9"}]}"#;
    api.post("/backbones/europe/sites", site).await.is(201);
    api.get("/backbones/nowhere").await.problem(404, "not-found");
    api.get("/backbones/elsewhere").await.problem(404, "not-found");
    // Reconcilers follow by themselves.
    let found = testkit::process::eventually("the trust document is counted", async || {
        let found = scrape(&api, &api.token).await;
        let acted = found.value("skx_feed_position", &[]) == found.value("skx_feed_head", &[]);
        let routers = found.value("skx_reconcile_last_success_timestamp", &[("reconciler", "routers")]);
        let trust = found.value("skx_trust_version", &[("backbone", "europe")]);
        (acted && routers > Some(1.7e9) && trust >= Some(1.0)).then_some(found)
    });
    let found = found.await.unwrap();
    let route = ("route", "/api/v1/backbones/{backbone}");
    let missed = [route, ("method", "GET"), ("status", "404")];
    assert_eq!(found.value("skx_http_requests_total", &missed), Some(2.0));
    assert_eq!(found.value("skx_http_request_duration_seconds_count", &[route, ("method", "GET")]), Some(2.0));
    let created = [("route", "/api/v1/networks"), ("method", "POST"), ("status", "201")];
    assert_eq!(found.value("skx_http_requests_total", &created), Some(1.0));
    assert!(found.value("skx_http_connections", &[("use", "busy")]) >= Some(1.0), "the scrape itself");
    assert!(found.value("skx_reconcile_runs_total", &[("reconciler", "trust"), ("outcome", "done")]) >= Some(1.0));
    assert_eq!(found.value("skx_sites", &[("kind", "member"), ("session", "up")]), Some(0.0));
    assert_eq!(found.value("skx_trust_unacknowledged_routers", &[("backbone", "europe")]), Some(0.0), "none runs");
    for state in ["up", "connecting", "down", "unknown"] {
        assert_eq!(found.value("skx_links", &[("backbone", "europe"), ("state", state)]), Some(0.0), "{state}");
    }
    let now = jiff::Timestamp::now().as_second() as f64;
    for kind in ["root-ca", "backbone-ca", "network-ca", "controller", "trust-signer"] {
        assert!(found.value("skx_certificate_expires_timestamp", &[("kind", kind)]) > Some(now), "{kind}");
    }
    assert_eq!(found.value("skx_members_waiting", &[]), Some(0.0));
    assert_eq!(found.value("skx_database_up", &[]), Some(1.0));
    assert!(found.value("skx_database_connections", &[("use", "idle")]).is_some());
    assert!(found.value("skx_feed_delay_seconds_count", &[]) >= Some(1.0));
}

#[tokio::test]
async fn the_token_for_figures_opens_nothing_else_and_without_one_there_are_none() {
    let api = Api::without_root().await;
    let token = std::fs::read_to_string(api.dir.path().join("metrics.token")).unwrap();
    scrape(&api, token.trim()).await;
    let other = api.http.get(format!("{}/api/v1/version", api.server)).bearer_auth(token.trim());
    send(other).await.problem(401, "unauthorized");
    send(api.http.get(format!("{}/metrics", api.server))).await.problem(401, "unauthorized");
}
