//! Lists, a page at a time.

use std::collections::BTreeSet;

use crate::fixture::Api;

/// Walks a list in pages of `limit` and returns the values of `field`, in order.
async fn walk(api: &Api, path: &str, limit: usize, field: &str) -> Vec<String> {
    let mut seen = vec![];
    let mut cursor = String::new();
    loop {
        let page = api
            .get(&format!("{path}{}limit={limit}{cursor}", if path.contains('?') { '&' } else { '?' }))
            .await
            .is(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit, "{page}");
        seen.extend(items.iter().map(|item| item[field].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

#[tokio::test]
async fn pages_cover_every_list_without_gaps_or_repetition() {
    let api = Api::with_network().await;
    let point = |n: u16| format!(r#"{{"name": "p{n}", "kinds": ["peer"], "advertised": "h:{}"}}"#, 1_000 + n);
    api.post("/backbones/europe/sites", r#"{"name": "hub"}"#).await.is(201);
    for n in 0..5u16 {
        api.post("/backbones", &format!(r#"{{"name": "b{n}"}}"#)).await.is(201);
        api.post("/backbones/europe/sites", &format!(r#"{{"name": "s{n}", "access": [{}]}}"#, point(9))).await.is(201);
        api.post("/backbones/europe/sites/hub/access-points", &point(n)).await.is(201);
        api.post("/backbones/europe/links", &format!(r#"{{"from": "hub", "to": "s{n}"}}"#)).await.is(201);
        api.post("/networks", &format!(r#"{{"name": "n{n}", "backbone": "europe"}}"#)).await.is(201);
        api.post("/networks/exercise/classes", &format!(r#"{{"name": "c{n}"}}"#)).await.is(201);
        api.post("/networks/exercise/invitations", &format!(r#"{{"name": "i{n}"}}"#)).await.is(201);
        let socket =
            |field: &str| format!(r#"{{"address": "a{n}", "{field}": "127.0.0.1:{}", "class": "c{n}"}}"#, 1_000 + n);
        api.post("/networks/exercise/listeners", &socket("bind")).await.is(201);
        api.post("/networks/exercise/connectors", &socket("target")).await.is(201);
    }
    for (path, field, count) in [
        ("/backbones", "name", 6),
        ("/backbones/europe/sites", "name", 6),
        ("/backbones/europe/sites/hub/access-points", "name", 5),
        ("/backbones/europe/links", "id", 5),
        ("/backbones/europe/links?from=hub", "id", 5),
        ("/networks", "name", 6),
        ("/networks/exercise/classes", "name", 5),
        ("/networks/exercise/invitations", "name", 5),
        ("/networks/exercise/listeners", "id", 5),
        ("/networks/exercise/connectors", "id", 5),
        ("/certificates?kind=invitation", "id", 5),
    ] {
        for limit in [1, 2, 5, 500] {
            let seen = walk(&api, path, limit, field).await;
            assert_eq!(seen.len(), count, "{path} by {limit}: {seen:?}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), count, "{path} by {limit}: {seen:?}");
        }
    }
    let all = walk(&api, "/certificates", 4, "id").await;
    assert_eq!(all, walk(&api, "/certificates", 500, "id").await);
}

#[tokio::test]
async fn a_list_refuses_what_it_does_not_know() {
    let api = Api::new().await;
    for limit in ["0", "501", "-1", "x", ""] {
        assert!(api.get(&format!("/backbones?limit={limit}")).await.names("limit").contains("500"), "{limit}");
    }
    api.get("/backbones?cursor=nonsense").await.names("cursor");
    assert!(api.get("/backbones?sort=colour").await.names("sort").contains("created, name"));
    assert!(api.get("/backbones?colour=red").await.names("colour").contains("search, sort"));
    api.get("/backbones?limit=1&limit=2").await.names("limit");
    api.get("/version?verbose=1").await.names("verbose");
}

#[tokio::test]
async fn a_page_goes_on_where_the_one_before_ended_though_that_object_is_gone() {
    let api = Api::with_network().await;
    api.post("/networks/exercise/classes", r#"{"name": "used"}"#).await.is(201);
    for n in 0..3u16 {
        let port = 1_000 + n;
        let listener = format!(r#"{{"address": "a{n}", "bind": "127.0.0.1:{port}", "class": "used"}}"#);
        api.post("/networks/exercise/listeners", &listener).await.is(201);
        let connector = format!(r#"{{"address": "a{n}", "target": "127.0.0.1:{port}", "class": "used"}}"#);
        api.post("/networks/exercise/connectors", &connector).await.is(201);
        api.post("/backbones/europe/sites", &format!(r#"{{"name": "s{n}"}}"#)).await.is(201);
        let point = format!(r#"{{"name": "p{n}", "kinds": ["peer"], "advertised": "h:{port}"}}"#);
        api.post("/backbones/europe/sites/s0/access-points", &point).await.is(201);
        api.post("/networks/exercise/classes", &format!(r#"{{"name": "k{n}"}}"#)).await.is(201);
        api.post("/networks/exercise/invitations", &format!(r#"{{"name": "i{n}"}}"#)).await.is(201);
    }
    for n in 1..3u16 {
        api.post("/backbones/europe/links", &format!(r#"{{"from": "s{n}", "to": "s0", "access": "p0"}}"#))
            .await
            .is(201);
    }
    for (path, field, left) in [
        ("/networks/exercise/listeners", "id", 2),
        ("/networks/exercise/connectors", "id", 2),
        ("/networks/exercise/classes", "name", 3),
        ("/networks/exercise/invitations", "name", 2),
        ("/backbones/europe/links", "id", 1),
        ("/backbones/europe/links?to=s0", "id", 0),
    ] {
        let (list, mark) = (path.split('?').next().unwrap(), if path.contains('?') { '&' } else { '?' });
        let page = api.get(&format!("{path}{mark}limit=1")).await.is(200);
        let Some(cursor) = page["next"].as_str() else {
            assert_eq!(left, 0, "{path}: {page}");
            continue;
        };
        let first = page["items"][0][field].as_str().unwrap();
        // Who has acknowledged that an invitation is gone has something to answer.
        let status = if list.ends_with("invitations") { 200 } else { 204 };
        api.delete(&format!("{list}/{first}")).await.is(status);
        let rest = api.get(&format!("{path}{mark}cursor={cursor}")).await.is(200);
        let rest = rest["items"].as_array().unwrap();
        assert_eq!(rest.len(), left, "{path}");
        assert!(rest.iter().all(|item| item[field] != first), "{path}");
    }
}
