use std::collections::{BTreeMap, BTreeSet};

use api::{LOCAL_ENDPOINTS, LocalAsker, LocalEndpoint, Problem};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::site::{Home, Running};
use crate::{
    fixture::{self, ManualClock, now},
    state::{LocalConfig, StoredSite},
};

fn home(site: &StoredSite) -> Home {
    let home = Home::new();
    home.lock().save(site).expect("saves");
    home
}

async fn running() -> (Home, Running) {
    let home = home(&fixture::joined_member());
    let site = Running::start(&home, &ManualClock::at(now()));
    (home, site)
}

async fn free_socket() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("bound").to_string()
}

async fn send(site: &Running, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let response = site.request(method, path).await.json(&body).send().await.expect("an answer");
    let status = response.status();
    (status, response.json().await.unwrap_or(Value::Null))
}

fn problem(value: Value) -> Problem {
    serde_json::from_value(value).expect("a problem")
}

#[tokio::test]
async fn nobody_is_answered_without_the_token_or_by_a_borrowed_name() {
    let (_home, site) = running().await;
    let request = site.request(Method::GET, "/site").await.build().expect("a request");
    let url = request.url().clone();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for request in [http.get(url.clone()), http.get(url.clone()).bearer_auth("wrong")] {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["content-type"], Problem::MEDIA_TYPE);
    }
    let rebound = site.request(Method::GET, "/site").await.header("host", "evil.example.com");
    assert_eq!(rebound.send().await.expect("an answer").status(), StatusCode::NOT_FOUND);
    let preflight = http.request(Method::OPTIONS, url).header("origin", "https://evil.example.com");
    let response = preflight.send().await.expect("an answer");
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
    site.stop().await;
}

/// The cells of the committed table, by endpoint: its action, and how each asker is answered.
fn table() -> BTreeMap<&'static str, Vec<&'static str>> {
    let rows = include_str!("../../../../docs/local-api.md").lines().filter_map(|line| line.strip_prefix("| `"));
    let row = |row: &'static str| row.trim_end_matches('|').split('|').map(str::trim).collect::<Vec<_>>();
    rows.map(row).map(|row| (row[0].trim_end_matches('`'), row[1..].to_vec())).collect()
}

#[test]
fn every_local_endpoint_is_in_the_committed_table_and_names_its_action() {
    let named: BTreeSet<String> =
        LOCAL_ENDPOINTS.iter().map(|endpoint| format!("{} {}", endpoint.method.as_str(), endpoint.path)).collect();
    let all = crate::local_api::endpoints();
    let served = all.iter().flat_map(|(methods, path, _)| methods.iter().map(move |method| format!("{method} {path}")));
    assert_eq!(served.collect::<BTreeSet<_>>(), named);
    let rows = table();
    assert_eq!(rows.len(), named.len());
    for endpoint in LOCAL_ENDPOINTS {
        let name = format!("{} {}", endpoint.method.as_str(), endpoint.path);
        assert_eq!(rows[&*name].len(), 1 + LocalAsker::ALL.len(), "{name}");
        assert_eq!(rows[&*name][0], endpoint.action.to_string(), "{name}");
    }
}

#[tokio::test]
async fn nothing_that_is_asked_of_the_local_api_is_passed_over() {
    let (_home, site) = running().await;
    let post = || site.request(Method::POST, "/listeners");
    let whole = json!({"address": "own", "bind": "127.0.0.1:1"});
    for (request, status, field) in [
        (post().await.json(&json!(["own", "127.0.0.1:1"])), 422, "body"),
        (post().await.json(&json!({"address": "own", "bind": 3})), 422, "bind"),
        (post().await.json(&json!({"address": "own"})), 422, "bind"),
        (post().await.json(&json!({"address": "own", "bind": "127.0.0.1:1", "more": 1})), 422, "more"),
        (post().await.json(&whole).header("if-match", "\"3\""), 422, "If-Match"),
        (post().await.json(&whole).header("idempotency-key", "one"), 422, "Idempotency-Key"),
        (post().await.json(&whole).query(&[("dry", "true")]), 422, "query"),
        (site.request(Method::GET, "/listeners").await.query(&[("sort", "x")]), 422, "query"),
        (site.request(Method::GET, "/deployments/x/logs").await.query(&[("tail", "x")]), 422, "query"),
        (post().await.body(whole.to_string()), 415, ""),
        (post().await.header("content-type", "application/json").body("{"), 400, ""),
    ] {
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{field}");
        let problem: Value = answer.json().await.expect("a problem");
        assert_eq!(problem["errors"][0]["field"].as_str().unwrap_or_default(), field, "{problem}");
    }
    assert_eq!(site.get("/listeners").await, json!({"items": []}), "nothing was made");
    site.stop().await;
}

/// Asks an endpoint of a running site for what changes nothing there that matters.
async fn asked(site: &Running, endpoint: &LocalEndpoint, asker: LocalAsker) -> String {
    let method: Method = endpoint.method.as_str().parse().expect("a method");
    let id = "00000000-0000-0000-0000-000000000001";
    let mut request = outside(site, method, &endpoint.path.replace("{id}", id).replace("{name}", "shop")).await;
    request = match endpoint.path.rsplit('/').next() {
        // Whoever may leave is told that they have not said so rightly.
        Some("leave") => request.json(&json!({"surprise": true})),
        _ if endpoint.method == api::Method::Get => request,
        Some("consent") => request.json(&json!({"consent": "auto"})),
        Some("accept" | "decline") => request.json(&json!({"digest": "none"})),
        Some("locals") => request.json(&json!({"instance": "shop/till", "field": "currency", "value": "EUR"})),
        _ if endpoint.path.contains("listeners") => {
            let address = matches!(endpoint.method, api::Method::Post).then_some(("address", json!("own")));
            let bind = ("bind", json!(free_socket().await));
            request.json(&BTreeMap::from_iter(address.into_iter().chain([bind])))
        }
        _ => {
            let address = matches!(endpoint.method, api::Method::Post).then_some(("address", json!("own")));
            request.json(&BTreeMap::from_iter(address.into_iter().chain([("target", json!("127.0.0.1:1"))])))
        }
    };
    let mut request = request.build().expect("a request");
    let headers = request.headers_mut();
    match asker {
        LocalAsker::Nobody => drop(headers.remove("authorization")),
        LocalAsker::Stranger => drop(headers.insert("authorization", "Bearer wrong".parse().expect("a value"))),
        LocalAsker::ForeignName => drop(headers.insert("host", "evil.example.com".parse().expect("a value"))),
        LocalAsker::ForeignPage => drop(headers.insert("origin", "http://evil.example.com".parse().expect("a value"))),
        LocalAsker::Member | LocalAsker::Relay | LocalAsker::Newcomer => {}
    }
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let response = client.execute(request).await.expect("an answer");
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")), "{endpoint:?}");
    let status = response.status();
    // Who may, meets nothing of this id, or is told what is wrong with what they said.
    let may = status.is_success() || status == StatusCode::UNPROCESSABLE_ENTITY;
    let text = response.text().await.expect("text");
    if may || text.contains("this site has no such") || text.contains("there is no") {
        return "yes".to_owned();
    }
    assert!(text.contains("skupperx.io/problems/"), "{endpoint:?}: {text}");
    status.as_u16().to_string()
}

#[tokio::test]
async fn the_local_api_answers_everybody_as_the_committed_table_says() {
    let rows = table();
    let mut wrong = vec![];
    for (askers, stored) in [
        (&LocalAsker::ALL[..5], fixture::joined_member()),
        (&[LocalAsker::Relay], fixture::joined_backbone()),
        (&[LocalAsker::Newcomer], fixture::joining_member()),
    ] {
        let home = home(&stored);
        let site = Running::start(&home, &ManualClock::at(now()));
        for endpoint in LOCAL_ENDPOINTS {
            let name = format!("{} {}", endpoint.method.as_str(), endpoint.path);
            for asker in askers {
                let column = 1 + LocalAsker::ALL.iter().position(|it| it == asker).expect("one of them");
                let (found, expected) = (asked(&site, endpoint, *asker).await, rows[&*name][column]);
                if found != expected {
                    wrong.push(format!("{name}, {}: {found}, not {expected}", asker.title()));
                }
            }
        }
        site.stop().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn what_is_inside_the_backbone_is_nowhere_in_the_local_api_of_a_member() {
    let (_home, site) = running().await;
    let needles = [fixture::backbone().to_string(), fixture::backbone_site().to_string()];
    let mut told = String::new();
    for endpoint in LOCAL_ENDPOINTS.iter().filter(|endpoint| endpoint.method == api::Method::Get) {
        let request = outside(&site, Method::GET, endpoint.path).await;
        told += &request.send().await.expect("an answer").text().await.expect("text");
    }
    let lines = site.lines().concat();
    for needle in &needles {
        assert!(!told.contains(needle) && !lines.contains(needle), "{needle}: {told}\n{lines}");
    }
    site.stop().await;
}

#[tokio::test]
async fn a_site_without_any_controller_runs_from_what_it_stored() {
    let (home, site) = running().await;
    let status = site.until("unlinked", |status| status.links.iter().any(|link| link.error.is_some())).await;
    assert_eq!((status.state.as_str(), status.running, status.healthy), ("member", true, false));
    assert_eq!(status.network.as_ref().map(|name| name.as_str()), Some("retail"));
    assert_eq!(status.until, Some(fixture::end()));
    assert!(status.reason.is_some_and(|reason| reason.contains("access point 1")));
    assert!(status.warnings.iter().any(|warning| warning.contains("no session")));
    assert!(home.dir().is_running());
    site.stop().await;
    assert_eq!(home.dir().local_api().expect("readable"), None);
}

#[tokio::test]
async fn own_listeners_are_made_moved_and_removed_and_survive_a_restart() {
    let (home, site) = running().await;
    let (first, second) = (free_socket().await, free_socket().await);
    let (status, made) = send(&site, Method::POST, "/listeners", json!({"address": "own", "bind": first})).await;
    assert_eq!(
        (status, &made["author"], &made["ready"]),
        (StatusCode::CREATED, &json!("local"), &json!(true)),
        "{made}"
    );
    TcpStream::connect(&first).await.expect("it listens");

    let path = format!("/listeners/{}", made["id"].as_str().expect("an id"));
    let (status, moved) = send(&site, Method::PUT, &path, json!({"bind": second})).await;
    assert_eq!((status, moved["bind"].as_str()), (StatusCode::OK, Some(second.as_str())));
    TcpStream::connect(&second).await.expect("it listens there");
    TcpStream::connect(&first).await.expect_err("and no more here");

    site.stop().await;
    let site = Running::start(&home, &ManualClock::at(now()));
    site.line(&format!("listening at {second} for own")).await;
    let (status, _) = send(&site, Method::DELETE, &path, Value::Null).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(site.get("/listeners").await, json!({"items": []}));
    assert_eq!(home.dir().local().expect("readable"), LocalConfig::default());
    site.stop().await;
}

#[tokio::test]
async fn a_listener_whose_socket_is_taken_says_so_and_is_retried() {
    let (_home, site) = running().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let bind = taken.local_addr().expect("bound").to_string();
    let (status, made) = send(&site, Method::POST, "/listeners", json!({"address": "own", "bind": bind})).await;
    assert_eq!((status, &made["ready"]), (StatusCode::CREATED, &json!(false)));
    site.line("does not listen").await;
    drop(taken);
    site.line(&format!("listening at {bind} for own")).await;
    site.stop().await;
}

#[tokio::test]
async fn mistakes_are_problems_that_name_what_is_wrong() {
    let (_home, site) = running().await;
    let cases = [
        (Method::POST, "/connectors", json!({"address": "own"}), 422, "target"),
        (Method::POST, "/connectors", json!({"address": "skx/claim", "target": "127.0.0.1:1"}), 422, "reserved"),
        (Method::POST, "/connectors", json!({"address": "own", "target": "127.0.0.1:0"}), 422, "port"),
        (
            Method::POST,
            "/connectors",
            json!({"address": "own", "target": "127.0.0.1:1", "x": 1}),
            422,
            "there is no field x",
        ),
        (Method::PUT, "/connectors/none", json!({"target": "127.0.0.1:1"}), 404, "no such connector"),
        (Method::DELETE, "/listeners/00000000-0000-0000-0000-000000000001", Value::Null, 404, "no such listener"),
        (Method::GET, "/nothing", Value::Null, 404, "nothing at this path"),
        (Method::PATCH, "/site", Value::Null, 405, "no such method"),
    ];
    for (method, path, body, status, words) in cases {
        let (got, value) = send(&site, method, path, body).await;
        let problem = problem(value);
        assert_eq!((got.as_u16(), problem.status), (status, status), "{path}: {problem:?}");
        assert!(problem.detail.contains(words), "{path}: {problem:?}");
    }
    let broken = site.request(Method::POST, "/connectors").await.header("content-type", "application/json").body("{");
    assert_eq!(broken.send().await.expect("an answer").status(), StatusCode::BAD_REQUEST);
    let (_, _) = send(&site, Method::POST, "/connectors", json!({"address": "own", "target": "127.0.0.1:1"})).await;
    let (status, _) =
        send(&site, Method::POST, "/connectors", json!({"address": "own", "target": "127.0.0.1:2"})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    site.stop().await;
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let (_home, site) = running().await;
    let request = site.request(Method::POST, "/listeners").await.header("content-type", "application/json");
    let request = request.body(vec![b' '; 100 * 1024]);
    assert_eq!(request.send().await.expect("an answer").status(), StatusCode::PAYLOAD_TOO_LARGE);
    site.stop().await;
}

#[tokio::test]
async fn a_relay_has_no_listeners_and_an_invitee_not_yet() {
    for site in [fixture::joined_backbone(), fixture::joining_member()] {
        let home = home(&site);
        let site = Running::start(&home, &ManualClock::at(now()));
        let body = json!({"address": "own", "bind": "127.0.0.1:1"});
        let (status, _) = send(&site, Method::POST, "/listeners", body).await;
        assert_eq!(status, StatusCode::CONFLICT);
        site.stop().await;
    }
}

#[tokio::test]
async fn the_site_keeps_working_while_the_change_cannot_be_stored() {
    let (home, site) = running().await;
    site.status().await;
    // A directory in the place of the file that is about to be written: no new content can be stored.
    let in_the_way = home.path.join(".local.json.new");
    std::fs::create_dir(&in_the_way).expect("makes it");
    let body = json!({"address": "own", "bind": free_socket().await});
    let (status, value) = send(&site, Method::POST, "/listeners", body.clone()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{value}");
    assert!(problem(value).detail.contains("cannot be stored"));
    assert_eq!(site.get("/listeners").await, json!({"items": []}));
    std::fs::remove_dir(&in_the_way).expect("removes it");
    assert_eq!(send(&site, Method::POST, "/listeners", body).await.0, StatusCode::CREATED);
    site.stop().await;
}

#[tokio::test]
async fn leaving_without_a_session_removes_everything_and_says_that_nobody_was_told() {
    let (home, site) = running().await;
    let (status, left) = send(&site, Method::POST, "/site/leave", json!({"reason": "done"})).await;
    assert_eq!((status, left), (StatusCode::OK, json!({"told": "no"})));
    assert_eq!(site.ended().await, crate::Outcome::Left { told: api::local::Told::No });
    assert!(!home.path.exists());
}

#[tokio::test]
async fn plain_http_without_a_host_is_refused() {
    let (home, site) = running().await;
    site.status().await;
    let address = home.dir().local_api().expect("readable").expect("published").address;
    let mut stream = TcpStream::connect(address).await.expect("connects");
    stream.write_all(b"GET /api/v1/site HTTP/1.0\r\n\r\n").await.expect("writes");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 404"), "{answer}");
    site.stop().await;
}

/// A request to a whole path, with the token.
async fn outside(site: &Running, method: Method, path: &str) -> reqwest::RequestBuilder {
    let (http, request) = site.request(method, "/site").await.build_split();
    let mut request = request.expect("a request");
    request.url_mut().set_path(path);
    reqwest::RequestBuilder::from_parts(http, request)
}

#[tokio::test]
async fn figures_are_well_formed_true_and_for_who_holds_the_token() {
    let (_home, site) = running().await;
    let bind = free_socket().await;
    let (status, _) = send(&site, Method::POST, "/listeners", json!({"address": "own", "bind": bind})).await;
    assert_eq!(status, StatusCode::CREATED);
    let response = outside(&site, Method::GET, "/metrics").await.send().await.expect("an answer");
    assert_eq!(response.headers()["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let found = testkit::openmetrics::parse(&response.text().await.expect("text")).expect("well-formed");
    let created = [("route", "/api/v1/listeners"), ("method", "POST"), ("status", "201")];
    assert_eq!(found.value("skx_site_http_requests_total", &created), Some(1.0));
    assert_eq!(found.value("skx_site_session_up", &[]), Some(0.0));
    assert_eq!(found.value("skx_site_sockets", &[("kind", "listener"), ("state", "ready")]), Some(1.0));
    assert_eq!(found.value("skx_site_trouble", &[("reason", "items")]), Some(0.0));
    assert_eq!(found.values("skx_site_link_up"), [0.0], "nobody is there to link with");
    assert_eq!(found.value("skx_site_refusals_total", &[("reason", "crowded")]), Some(0.0));
    let wrong = outside(&site, Method::GET, "/metrics").await.build().expect("a request").url().clone();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    assert_eq!(http.get(wrong).send().await.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    site.stop().await;
}

#[tokio::test]
async fn a_request_gets_its_id_back_in_whatever_it_is_answered() {
    let (_home, site) = running().await;
    for (path, status) in [("/site", StatusCode::OK), ("/nothing", StatusCode::NOT_FOUND)] {
        let request = site.request(Method::GET, path).await.header("x-request-id", "mine-1");
        let response = request.send().await.expect("an answer");
        assert_eq!(
            (response.status(), &response.headers()["x-request-id"]),
            (status, &"mine-1".parse().expect("a value"))
        );
        let body: Value = response.json().await.expect("JSON");
        assert!(status.is_success() || problem(body).request_id.as_deref() == Some("mine-1"));
    }
    site.stop().await;
}

#[tokio::test]
async fn a_crowd_of_silent_connections_does_not_lock_the_local_api() {
    let (home, site) = running().await;
    site.status().await;
    let address = home.dir().local_api().expect("readable").expect("published").address;
    let mut crowd = vec![];
    for _ in 0..200 {
        crowd.push(TcpStream::connect(address).await.expect("connects"));
    }
    // Over a connection of its own.
    let request = site.request(Method::GET, "/site").await.build().expect("a request");
    let newcomer = reqwest::Client::builder().no_proxy().build().expect("a client");
    assert_eq!(newcomer.execute(request).await.expect("an answer").status(), StatusCode::OK);
    // And those who said nothing gave way.
    let mut rest = vec![];
    let _ = crowd.remove(0).read_to_end(&mut rest).await;
    assert_eq!(rest, b"");
    site.stop().await;
}
