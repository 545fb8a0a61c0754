//! Backbones that are changed while they run, as the API shows them.

use serde_json::json;
use testkit::installation::free_address;

use crate::{
    fixture::Api,
    sites::{Site, until},
};

const SITES: &str = "/backbones/europe/sites";

#[tokio::test]
async fn a_site_drains_until_it_is_taken_back() {
    let api = Api::with_backbone().await;
    api.post(SITES, r#"{"name": "paris"}"#).await.is(201);
    let drained = api.post(&format!("{SITES}/paris/drain"), "").await;
    let etag = drained.etag();
    assert_eq!(drained.is(200)["draining"], true);
    assert_eq!(api.post(&format!("{SITES}/paris/drain"), "").await.etag(), etag, "once is enough");
    assert_eq!(api.get("/backbones/europe/status").await.is(200)["sites"][0]["draining"], true);
    assert_eq!(api.post(&format!("{SITES}/paris/resume"), "").await.is(200)["draining"], false);
    api.post(&format!("{SITES}/rome/drain"), "").await.problem(404, "not-found");
    api.post(&format!("{SITES}/paris/evict"), "").await.is(200);
    let problem = api.post(&format!("{SITES}/paris/drain"), "").await.problem(409, "precondition");
    assert!(problem.to_string().contains("evicted"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_found_at_the_site_and_entered() {
    let api = Api::with_backbone().await;
    let (managed, members) = (free_address().unwrap(), free_address().unwrap());
    let points = json!([
        {"name": "main", "kinds": ["manage", "peer"], "advertised": format!(":{}", managed.port()), "bind": managed},
        {"name": "shops", "kinds": ["member"], "advertised": format!(":{}", members.port()), "bind": members}
    ]);
    let paris = api.post(SITES, &json!({"name": "paris", "access": points}).to_string()).await.is(201);
    assert_eq!(paris["access"][0]["advertised"], format!(":{}", managed.port()));
    let next = paris["next"].as_str().unwrap();
    assert!(next.starts_with("the host of its access point main is not known"), "{next}");
    api.post(SITES, r#"{"name": "rome"}"#).await.is(201);
    let link = api.post("/backbones/europe/links", r#"{"from": "rome", "to": "paris"}"#).await.is(201);
    assert_eq!(link["error"], "the host of the access point main of paris is not known yet");

    // The bundle is good already; the controller dials the site once the host is entered.
    let bundle = api.post(&format!("{SITES}/paris/bundle"), "").await.is(200);
    let _paris = Site::join(api.dir.path().join("paris"), &bundle, None);
    let main = json!({"kinds": ["manage", "peer"], "advertised": managed, "bind": managed}).to_string();
    api.put(&format!("{SITES}/paris/access-points/main"), &main).await.is(200);
    let path = format!("{SITES}/paris");
    let wanted = |site: &serde_json::Value| {
        site["connected"] == true && site["next"].as_str().is_some_and(|next| next.contains("shops"))
    };
    let paris = until(&api, &path, wanted).await;
    let next = paris["next"].as_str().unwrap();
    assert!(next.starts_with("enter the host at which others dial its access point shops"), "{next}");
    // What the site says of its machine is offered; a machine without a network has nothing to say.
    let told = until(&api, &path, |site| site["hosts"].is_array() || no_interfaces()).await;
    if let Some(host) = told["hosts"][0].as_str() {
        assert!(told["next"].as_str().unwrap().contains(host), "{told}");
    }
    let shops = json!({"kinds": ["member"], "advertised": members, "bind": members}).to_string();
    api.put(&format!("{SITES}/paris/access-points/shops"), &shops).await.is(200);
    until(&api, &path, |site| site["next"].is_null()).await;
}

/// Whether this machine has nothing but its loopback interface.
fn no_interfaces() -> bool {
    std::fs::read_dir("/sys/class/net").is_ok_and(|all| all.flatten().all(|it| it.file_name() == "lo"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_cut_off_a_site_is_refused_unless_it_is_wanted() {
    let api = Api::with_backbone().await;
    let at = free_address().unwrap();
    let point = json!({"name": "main", "kinds": ["peer", "manage"], "advertised": at, "bind": at});
    api.post(SITES, &json!({"name": "paris", "access": [point]}).to_string()).await.is(201);
    let bundle = api.post(&format!("{SITES}/paris/bundle"), "").await.is(200);
    let _paris = Site::join(api.dir.path().join("paris"), &bundle, None);
    until(&api, "/backbones/europe/status", |status| status["healthy"] == true).await;

    let main = format!("{SITES}/paris/access-points/main");
    let problem = api.delete(&main).await.problem(409, "precondition");
    assert!(problem["detail"].as_str().unwrap().contains("the last way by which controllers reach paris"), "{problem}");
    let only_peers = json!({"kinds": ["peer"], "advertised": at, "bind": at}).to_string();
    api.put(&main, &only_peers).await.problem(409, "precondition");
    assert_eq!(api.get(&main).await.is(200)["kinds"], json!(["peer", "manage"]), "nothing was changed");
    assert!(api.delete(&format!("{main}?force=perhaps")).await.names("force").contains("perhaps"));
    let moved = json!({"kinds": ["peer", "manage"], "advertised": format!("localhost:{}", at.port()), "bind": at});
    api.put(&main, &moved.to_string()).await.is(200);
    api.put(&format!("{main}?force=true"), &only_peers).await.is(200);
    let next = until(&api, &format!("{SITES}/paris"), |site| site["connected"] == false).await["next"].clone();
    assert!(next.as_str().unwrap().starts_with("no controller can reach it"), "{next}");
}
