//! Everybody there is, with networks of their own and of others on two backbones.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;

use crate::fixture::{Answer, Api, json as with_body, send};

/// Somebody, and what the committed table asks about them.
pub(crate) struct Persona {
    pub(crate) token: String,
    /// By the names of parameters of paths.
    pub(crate) own: BTreeMap<&'static str, String>,
}

/// By the titles of the committed table.
pub(crate) struct Personas(BTreeMap<&'static str, Persona>);

/// What is inside the backbone `europe`, by names that are nowhere else.
pub(crate) const INSIDE: [&str; 6] = ["zzparis", "zzrome", "zzmain", "zzpeer", "zzhost", "zzrome.example.com"];

impl Personas {
    /// Makes them, at an installation with a root and nothing else.
    pub(crate) async fn make(api: &Api) -> Self {
        for backbone in ["europe", "asia"] {
            api.post("/backbones", &json!({"name": backbone}).to_string()).await.is(201);
        }
        inside(api).await;
        let mut tokens = BTreeMap::new();
        for (user, grant) in [
            ("root", Some(json!({"role": "service-administrator"}))),
            ("eve", Some(json!({"role": "backbone-administrator", "backbone": "europe"}))),
            ("alice", Some(json!({"role": "user", "backbone": "europe"}))),
            ("bob", Some(json!({"role": "user", "backbone": "europe"}))),
            ("carol", Some(json!({"role": "user", "backbone": "asia"}))),
            ("olga", None),
            ("vera", None),
            ("nobody", None),
        ] {
            tokens.insert(user, user_with(api, user, grant).await);
        }
        let mut networks = BTreeMap::new();
        for (network, owner, backbone) in
            [("exercise", "alice", "europe"), ("other", "bob", "europe"), ("foreign", "carol", "asia")]
        {
            networks.insert(network, network_of(api, &tokens[owner], network, backbone).await);
        }
        for (user, role) in [("olga", "operator"), ("vera", "viewer")] {
            let share = json!({"user": user, "role": role}).to_string();
            ask(api, &tokens["alice"], Method::POST, "/networks/exercise/shares", Some(&share)).await.is(201);
        }
        let persona = |title, user: &str, backbone: &str, network: &str| {
            let mut own = networks[network].clone();
            own.insert("backbone", backbone.to_owned());
            (title, Persona { token: tokens[user].clone(), own })
        };
        Self(BTreeMap::from([
            persona("service administrator", "root", "europe", "exercise"),
            persona("backbone administrator, own", "eve", "europe", "exercise"),
            persona("backbone administrator, other", "eve", "asia", "foreign"),
            persona("user, own", "alice", "europe", "exercise"),
            persona("user, other", "alice", "asia", "other"),
            persona("operator", "olga", "europe", "exercise"),
            persona("viewer", "vera", "europe", "exercise"),
            persona("none", "nobody", "europe", "exercise"),
        ]))
    }

    pub(crate) fn of(&self, title: &str) -> &Persona {
        &self.0[title]
    }

    pub(crate) async fn get(&self, api: &Api, title: &str, path: &str) -> Answer {
        ask(api, &self.of(title).token, Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, api: &Api, title: &str, path: &str, body: &str) -> Answer {
        ask(api, &self.of(title).token, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, api: &Api, title: &str, path: &str, body: &str) -> Answer {
        ask(api, &self.of(title).token, Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, api: &Api, title: &str, path: &str) -> Answer {
        ask(api, &self.of(title).token, Method::DELETE, path, None).await
    }
}

async fn ask(api: &Api, token: &str, method: Method, path: &str, body: Option<&str>) -> Answer {
    let request = api.http.request(method, format!("{}/api/v1{path}", api.server)).bearer_auth(token);
    send(body.into_iter().fold(request, with_body)).await
}

/// What is inside `europe`: sites, access points, a link.
async fn inside(api: &Api) {
    for site in ["zzparis", "zzrome"] {
        let access = json!([
            {"name": "zzmain", "kinds": ["peer", "manage"], "advertised": format!("{site}.example.com:5671")},
            {"name": "zzpeer", "kinds": ["member", "claim"], "advertised": "zzhost:5672"},
        ]);
        let body = json!({"name": site, "access": access}).to_string();
        api.post("/backbones/europe/sites", &body).await.is(201);
    }
    let link = json!({"from": "zzrome", "to": "zzparis", "access": "zzmain"}).to_string();
    api.post("/backbones/europe/links", &link).await.is(201);
}

/// A user with a token, and a role.
async fn user_with(api: &Api, name: &str, grant: Option<serde_json::Value>) -> String {
    api.post("/users", &json!({"name": name, "kind": "service"}).to_string()).await.is(201);
    let token = api.post(&format!("/users/{name}/tokens"), r#"{"name": "test"}"#).await.is(201);
    if let Some(mut grant) = grant {
        grant["user"] = name.into();
        api.post("/grants", &grant.to_string()).await.is(201);
    }
    token["token"].as_str().unwrap().to_owned()
}

/// A network with a class, an invitation, and one that was evicted; and what of it is named in paths.
async fn network_of(api: &Api, token: &str, name: &str, backbone: &str) -> BTreeMap<&'static str, String> {
    let post =
        async |path: &str, body: serde_json::Value| ask(api, token, Method::POST, path, Some(&body.to_string())).await;
    post("/networks", json!({"name": name, "backbone": backbone})).await.is(201);
    post(&format!("/networks/{name}/classes"), json!({"name": "store"})).await.is(201);
    let path = format!("/networks/{name}/invitations");
    for invitation in ["stores", "gone"] {
        post(&path, json!({"name": invitation})).await.is(201);
    }
    let evicted = post(&format!("{path}/gone/evict"), json!({})).await.is(200);
    ask(api, token, Method::DELETE, &format!("{path}/gone"), None).await.is(200);
    let authorities = api.get("/certificates?kind=network-ca").await.is(200);
    let of = |authority: &&serde_json::Value| authority["subject"] == name;
    let authority = authorities["items"].as_array().unwrap().iter().find(of).unwrap();
    BTreeMap::from([
        ("network", name.to_owned()),
        ("eviction", evicted["id"].as_str().unwrap().to_owned()),
        ("certificate", authority["id"].as_str().unwrap().to_owned()),
    ])
}
