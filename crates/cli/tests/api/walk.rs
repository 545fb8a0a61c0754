//! What the document of the API says of each operation is so: walked operation by operation, so that none is forgotten.

use std::collections::BTreeSet;

use api::{Accepts, Endpoint, Method, Success, endpoints};
use serde_json::{Value, json};

use crate::support::{Api, answer};

/// What paths name in a furnished installation; ids stand for what there is none of.
fn path(endpoint: &Endpoint) -> String {
    let mut path = endpoint.path.to_owned();
    for (name, value) in [
        ("backbone", "main"),
        ("site", "hub"),
        ("access_point", "all"),
        ("network", "exercise"),
        ("class", "store"),
        ("invitation", "door"),
        ("address", "stock"),
        ("deployment", "single"),
        ("secret", "database"),
        ("kind", "blocks"),
    ] {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    path.split('/')
        .map(|part| if part.starts_with('{') { "0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

fn lists() -> impl Iterator<Item = Endpoint> {
    // What somebody has to sign in for, who has an account, is in the tests of that.
    endpoints().into_iter().filter(|endpoint| {
        endpoint.success == Success::Page && !endpoint.path.contains("{user}") && !endpoint.path.contains("{group}")
    })
}

async fn pages(api: &Api, path: &str, sort: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (vec![], String::new());
    loop {
        let (status, page) = api.get(&format!("{path}?limit=1&sort={sort}{cursor}")).await;
        assert_eq!(status, 200, "{path} {sort}: {page}");
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
        assert!(all.len() < 1_000, "{path} {sort} has no end");
    }
}

/// What tells one object of a list from another.
fn identity(item: &Value) -> String {
    ["id", "position", "name", "address"].iter().find_map(|field| item.get(field)).unwrap().to_string()
}

#[tokio::test]
async fn every_list_is_paged_in_every_order_without_gaps_or_repetition() {
    let api = Api::start().await;
    api.furnish().await;
    for endpoint in lists() {
        // What is listed there grows while it is looked at.
        if endpoint.operation == "listAudit" {
            continue;
        }
        let path = path(&endpoint);
        let (status, whole) = api.get(&path).await;
        assert_eq!(status, 200, "{path}: {whole}");
        let whole: BTreeSet<String> = whole["items"].as_array().unwrap().iter().map(identity).collect();
        for field in endpoint.list.sorts {
            let [forth, back] = [pages(&api, &path, field).await, pages(&api, &path, &format!("-{field}")).await]
                .map(|items| items.iter().map(identity).collect::<Vec<_>>());
            assert_eq!(forth.iter().cloned().collect::<BTreeSet<_>>(), whole, "{path} by {field}");
            assert_eq!(forth.len(), whole.len(), "{path} by {field}");
            assert_eq!(forth, back.into_iter().rev().collect::<Vec<_>>(), "{path} by {field}");
        }
    }
}

#[tokio::test]
async fn every_list_is_narrowed_as_its_document_says_and_refuses_the_rest_by_name() {
    let api = Api::start().await;
    api.furnish().await;
    let refused = async |path: &str, query: &str, field: &str, said: &str| {
        let (status, problem) = api.get(&format!("{path}?{query}")).await;
        assert_eq!(status, 422, "{path}?{query}: {problem}");
        assert_eq!(problem["errors"][0]["field"], field, "{path}?{query}: {problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(said), "{path}?{query}: {message}");
    };
    for endpoint in lists() {
        let (path, list) = (path(&endpoint), endpoint.list);
        refused(&path, "surprise=1", "surprise", "limit, cursor").await;
        refused(&path, "sort=surprise", "sort", list.sorts[0]).await;
        refused(&path, "cursor=surprise", "cursor", "cursor").await;
        refused(&path, "limit=0", "limit", "500").await;
        if list.search.is_some() {
            let (status, none) = api.get(&format!("{path}?search=nothing-has-this-in-it")).await;
            assert_eq!((status, &none["items"]), (200, &json!([])), "{path}");
            refused(&path, "search=%20", "search", "word").await;
        }
        for filter in list.filters {
            let (good, bad) = match filter.accepts {
                Accepts::Words(words) => (words.to_vec(), Some("surprise")),
                Accepts::Flag => (vec!["true", "false"], Some("perhaps")),
                Accepts::Reference => (vec!["main"], Some("No!")),
                Accepts::Id => (vec!["0196b1c0-5a7e-7c10-9d54-8a4f3b1f6f00"], Some("7")),
                Accepts::Time => (vec!["2027-01-31T09:00:00Z"], Some("yesterday")),
                _ => (vec!["anything"], Some("%00")),
            };
            for value in good {
                let (status, found) = api.get(&format!("{path}?{}={value}", filter.name)).await;
                // What is named may have to exist.
                assert!(status == 200 || status == 404, "{path}?{}={value}: {status} {found}", filter.name);
            }
            if let Some(bad) = bad {
                refused(&path, &format!("{}={bad}", filter.name), filter.name, "").await;
            }
        }
    }
    for (path, count) in [
        ("/networks?search=exer", 1),
        ("/networks?state=open", 3),
        ("/networks?state=ended", 0),
        ("/networks?backbone=main&search=o", 2),
        ("/networks/exercise/invitations?class=till", 1),
        ("/networks/exercise/listeners?address=stock&class=store", 1),
        ("/networks/exercise/classes?search=till", 1),
        ("/backbones/main/links?from=rim", 1),
        ("/backbones/main/links?from=hub", 0),
        ("/certificates?kind=network-ca", 3),
        ("/audit?action=network.create&outcome=done", 3),
        ("/audit?kind=invitation&search=gate", 1),
    ] {
        let (status, found) = api.get(path).await;
        assert_eq!((status, found["items"].as_array().map(Vec::len)), (200, Some(count)), "{path}: {found}");
    }
    let (_, newest) = api.get("/networks?sort=-name&limit=2").await;
    assert_eq!([&newest["items"][0]["name"], &newest["items"][1]["name"]], ["zoo", "shop"]);
}

#[tokio::test]
async fn every_operation_is_as_conditional_and_as_repeatable_as_its_document_says() {
    let api = Api::start().await;
    api.furnish().await;
    for endpoint in endpoints().iter().filter(|endpoint| !endpoint.open) {
        let path = path(endpoint);
        let request = || {
            let request = api.request(endpoint.method.as_str(), &path).header("content-type", "application/json");
            if endpoint.method == Method::Get { request } else { request.body("{}") }
        };
        if endpoint.method != Method::Get {
            let (status, problem) = answer(request().header("If-Match", "surprise").send().await.unwrap()).await;
            // An object that is not there is not changed, whatever its revision.
            if status != 404 {
                assert_eq!(status, 422, "{endpoint:?}: {problem}");
                let fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
                assert!(fields.contains(&&json!("If-Match")), "{endpoint:?}: {problem}");
            }
        }
        if !endpoint.idempotency {
            let (status, problem) = answer(request().header("Idempotency-Key", "k").send().await.unwrap()).await;
            let named = problem["errors"][0]["field"] == "Idempotency-Key";
            assert!(status == 404 || status == 422 && named, "{endpoint:?}: {status} {problem}");
        }
    }
    // What can be changed has the ETag by which it is changed.
    for path in
        ["/backbones/main", "/backbones/main/sites/hub", "/networks/exercise", "/networks/exercise/invitations/door"]
    {
        let shown = api.request("GET", path).send().await.unwrap();
        let tag = shown.headers()["etag"].to_str().unwrap().to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{path}: {tag}");
        let stale = api.request("DELETE", path).header("If-Match", "\"999999\"").send().await.unwrap();
        assert_eq!(stale.status(), 412, "{path}");
    }
    // What is created with a key is created once.
    for (path, body) in [
        ("/backbones", json!({"name": "once"})),
        ("/backbones/main/sites", json!({"name": "once"})),
        ("/networks", json!({"name": "once", "backbone": "main"})),
        ("/networks/exercise/classes", json!({"name": "once"})),
        ("/networks/exercise/invitations", json!({"name": "once"})),
        ("/networks/exercise/listeners", json!({"address": "once", "bind": "127.0.0.1:7", "class": "store"})),
        ("/networks/exercise/connectors", json!({"address": "once", "target": "127.0.0.1:7", "class": "store"})),
    ] {
        let create = || api.request("POST", path).header("Idempotency-Key", path).json(&body).send();
        let (status, first) = answer(create().await.unwrap()).await;
        assert_eq!(status, 201, "{path}: {first}");
        let (status, second) = answer(create().await.unwrap()).await;
        assert_eq!((status, identity(&second)), (201, identity(&first)), "{path}");
    }
}

#[tokio::test]
async fn every_operation_that_takes_a_body_says_which_field_is_wrong_and_takes_no_other_body() {
    let api = Api::start().await;
    api.furnish().await;
    for endpoint in endpoints().iter().filter(|endpoint| endpoint.takes_body() && !endpoint.open) {
        let path = path(endpoint);
        let request = || api.request(endpoint.method.as_str(), &path);
        let refused = async |request: reqwest::RequestBuilder, wanted: u16| {
            let (status, problem) = answer(request.send().await.unwrap()).await;
            assert!(status == wanted || status == 404, "{endpoint:?}: {status} {problem}");
            problem
        };
        let problem = refused(request().json(&json!({"surprise": true})), 422).await;
        if problem["status"] == 422 {
            let field = problem["errors"][0]["field"].as_str().unwrap();
            assert!(!field.is_empty(), "{endpoint:?}: {problem}");
        }
        // Fields are given by name, never by their place in a list.
        for list in [json!([]), json!(["a", "b", "c"])] {
            let problem = refused(request().json(&list), 422).await;
            let said = problem["errors"][0]["message"].as_str().unwrap_or_default();
            let rest = problem["status"] == 404;
            assert!(rest || said.contains("an object is expected"), "{endpoint:?}: {problem}");
        }
        refused(request().header("content-type", "application/json").body("{"), 400).await;
        refused(request().header("content-type", "text/plain").body("{}"), 415).await;
    }
}
