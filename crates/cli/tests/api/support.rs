//! A controller in a process of its own, and requests as any program can send them.

use std::{net::IpAddr, path::PathBuf};

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use testkit::{
    documents::SINGLE,
    installation::free_address,
    postgres::{self, TestDatabase},
    process::Process,
};
use tokio::process::Command;

/// A controller, and a client that trusts it.
pub(crate) struct Api {
    pub(crate) process: Process,
    pub(crate) database: TestDatabase,
    pub(crate) base: String,
    pub(crate) token: String,
    http: reqwest::Client,
    dir: tempfile::TempDir,
}

impl Api {
    pub(crate) async fn start() -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = postgres::database().await;
        let dir = tempfile::tempdir().unwrap();
        let listen = free_address().unwrap().to_string();
        let data = dir.path().join("controller");
        let mut command = Command::new(env!("CARGO_BIN_EXE_skx"));
        command.args(["controller", "--data-dir", data.to_str().unwrap(), "--listen", &listen]);
        command.env_clear().env("SKX_DATABASE_URL", &database.url);
        let mut process = Process::spawn("controller", &mut command).unwrap();
        process.line("serves its API").await.unwrap();
        let token = std::fs::read_to_string(data.join("admin.token")).unwrap().trim().to_owned();
        let mut api =
            Self { process, database, base: format!("https://{listen}"), token, http: reqwest::Client::new(), dir };
        api.http = api.client(None);
        api
    }

    /// The certificate that clients trust.
    pub(crate) fn ca(&self) -> PathBuf {
        self.dir.path().join("controller/ca.crt")
    }

    /// A client of its own, from an address of this machine's.
    pub(crate) fn client(&self, from: Option<IpAddr>) -> reqwest::Client {
        let roots = reqwest::Certificate::from_pem_bundle(&std::fs::read(self.ca()).unwrap()).unwrap();
        reqwest::Client::builder().tls_certs_only(roots).no_proxy().local_address(from).build().unwrap()
    }

    /// A request to a path under `/api/v1`, or to one of the probes, with the administrator's token.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.request_as(&self.token, method, path)
    }

    /// The same, with this token.
    pub(crate) fn request_as(&self, token: &str, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().unwrap();
        let path =
            if path.starts_with("/api/") || path.ends_with('z') { path.to_owned() } else { format!("/api/v1{path}") };
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request("GET", path).send().await.unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = answer(self.request("POST", path).json(body).send().await.unwrap()).await;
        assert!((200..300).contains(&status), "POST {path}: {status} {answer}");
        answer
    }

    /// A token of a new service, which may make networks on the backbone `main`.
    pub(crate) async fn user(&self, name: &str) -> String {
        self.post("/users", &json!({"name": name, "kind": "service"})).await;
        self.post("/grants", &json!({"user": name, "role": "user", "backbone": "main"})).await;
        let made = self.post(&format!("/users/{name}/tokens"), &json!({"name": "test"})).await;
        made["token"].as_str().unwrap().to_owned()
    }

    /// One of everything that can be made without sites that run.
    pub(crate) async fn furnish(&self) {
        self.post("/ca/development", &json!({})).await;
        self.post("/backbones", &json!({"name": "main"})).await;
        let access =
            json!([{"name": "all", "kinds": ["peer", "member", "claim", "manage"], "advertised": "127.0.0.1:5671"}]);
        for site in ["hub", "rim"] {
            self.post("/backbones/main/sites", &json!({"name": site, "access": access})).await;
        }
        self.post("/backbones/main/links", &json!({"from": "rim", "to": "hub"})).await;
        for network in ["exercise", "shop", "zoo"] {
            self.post("/networks", &json!({"name": network, "backbone": "main", "classes": ["store", "till"]})).await;
        }
        for (invitation, class) in [("door", "store"), ("gate", "till")] {
            self.post("/networks/exercise/invitations", &json!({"name": invitation, "classes": [class]})).await;
        }
        for (address, port) in [("till.api", 8080), ("stock", 8081)] {
            let at =
                |host_port: &str| json!({"address": address, host_port: format!("127.0.0.1:{port}"), "class": "store"});
            self.post("/networks/exercise/listeners", &at("bind")).await;
            self.post("/networks/exercise/connectors", &at("target")).await;
            let policy = self.request("PUT", &format!("/networks/exercise/address-policies/{address}"));
            let set = policy.json(&json!({"policy": "balanced"})).send().await.unwrap();
            assert_eq!(set.status(), 200);
        }
        let sources = json!([{"name": "single", "text": SINGLE}]);
        self.post("/library/import", &json!({"starter": true, "sources": sources})).await;
        self.post("/releases", &json!({"application": "single"})).await;
        self.post(
            "/networks/exercise/deployments",
            &json!({
                "apiVersion": "skupperx.io/v1",
                "kind": "Deployment",
                "metadata": {"name": "single", "network": "exercise"},
                "spec": {"application": "single"},
            }),
        )
        .await;
        let secret = self.request("PUT", "/networks/exercise/secrets/database");
        let set = secret.json(&json!({"values": {"password": "a long one"}})).send().await.unwrap();
        assert_eq!(set.status(), 200);
    }
}

/// The status and the JSON of an answer; nothing, of one without a body.
pub(crate) async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}
