//! Who gets in, and how they know whom they talk to.

use std::os::unix::fs::PermissionsExt as _;

use api::{Method, endpoints};
use reqwest::header::AUTHORIZATION;

use crate::fixture::{Api, client, json, send};

/// A path with something in place of every parameter.
fn filled(path: &str) -> String {
    path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/")
}

fn method(method: Method) -> reqwest::Method {
    method.as_str().parse().unwrap()
}

#[tokio::test]
async fn every_endpoint_but_the_probes_and_signing_in_needs_a_token() {
    let api = Api::without_root().await;
    for endpoint in endpoints() {
        let path = filled(endpoint.path);
        let request = || json(api.http.request(method(endpoint.method), format!("{}{path}", api.server)), "{}");
        if endpoint.open {
            // What is asked of whoever signs in is for the endpoint itself to judge.
            let answer = send(request()).await;
            assert!(endpoint.method == Method::Post || answer.status == 200, "{endpoint:?} {answer:?}");
            continue;
        }
        let longer = format!("Bearer {}x", api.token);
        let basic = format!("Basic {}", api.token);
        for credentials in
            [None, Some(""), Some("Bearer"), Some("Bearer "), Some(longer.as_str()), Some(basic.as_str())]
        {
            let request = credentials.into_iter().fold(request(), |request, text| request.header(AUTHORIZATION, text));
            let answer = send(request).await;
            assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"skx\"", "{endpoint:?} {credentials:?}");
            answer.problem(401, "unauthorized");
        }
    }
    // What is not there is not told to strangers either.
    send(api.http.get(format!("{}/api/v1/nothing", api.server))).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn every_endpoint_is_served() {
    let api = Api::without_root().await;
    for endpoint in endpoints() {
        let path = filled(endpoint.path);
        let request =
            api.http.request(method(endpoint.method), format!("{}{path}", api.server)).bearer_auth(&api.token);
        let answer = send(json(request, "{}")).await;
        assert_ne!(answer.status, 405, "{endpoint:?} {answer:?}");
        let detail = answer.body["detail"].as_str().unwrap_or_default();
        assert!(!detail.contains("there is nothing at"), "{endpoint:?} {answer:?}");
        assert!(!answer.status.is_server_error(), "{endpoint:?} {answer:?}");
    }
}

#[tokio::test]
async fn nobody_but_the_pinned_authority_is_believed() {
    let (one, other) = tokio::join!(Api::without_root(), Api::without_root());
    let ca = std::fs::read_to_string(other.dir.path().join("ca.crt")).unwrap();
    let error = client(&ca).get(format!("{}/healthz", one.server)).send().await.unwrap_err();
    assert!(format!("{error:?}").contains("InvalidCertificate"), "{error:?}");
    // The name of this machine is in the certificate beside its addresses.
    let port = one.server.rsplit(':').next().unwrap();
    let named = one.http.get(format!("https://localhost:{port}/healthz")).send().await.unwrap();
    assert_eq!(named.status(), 200);
}

#[tokio::test]
async fn secrets_of_the_first_start_are_for_the_owner_only() {
    let api = Api::without_root().await;
    for (file, mode) in [
        ("admin.token", 0o600),
        ("admin.sock", 0o600),
        ("setup.link", 0o600),
        ("api.key", 0o600),
        ("kek", 0o600),
        ("ca.crt", 0o644),
    ] {
        let found = std::fs::metadata(api.dir.path().join(file)).unwrap().permissions().mode() & 0o777;
        assert_eq!(found & !mode, 0, "{file} is {found:o}");
    }
}
