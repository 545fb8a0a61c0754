use std::{path::Path, sync::Arc};

use controller::{Config, StartError};
use model::Clock;
use pki::SystemClock;
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::Value;
use tempfile::TempDir;
use testkit::{installation::free_address, postgres, process::eventually};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A controller that serves its API, and a client that is signed in.
pub(crate) struct Api {
    pub(crate) server: String,
    pub(crate) token: String,
    pub(crate) http: reqwest::Client,
    pub(crate) dir: Arc<TempDir>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<Result<(), StartError>>,
    /// Goes with the test that made it.
    pub(crate) database: Option<postgres::TestDatabase>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body
    }

    /// The problem of an answer with this status, of this type.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["type"], format!("https://skupperx.io/problems/{slug}"), "{self:?}");
        assert_eq!(self.body["request_id"], self.headers["x-request-id"].to_str().unwrap(), "{self:?}");
        self.body
    }

    /// Refused with 422, naming this field.
    #[track_caller]
    pub(crate) fn names(self, field: &str) -> String {
        let problem = self.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        problem["errors"][0]["message"].as_str().unwrap().to_owned()
    }

    /// The entity tag.
    #[track_caller]
    pub(crate) fn etag(&self) -> String {
        self.headers["etag"].to_str().unwrap().to_owned()
    }
}

impl Api {
    /// On a database of its own, without a root.
    pub(crate) async fn without_root() -> Self {
        Self::by(Arc::new(SystemClock)).await
    }

    /// On a database of its own, with a development root.
    pub(crate) async fn new() -> Self {
        let api = Self::without_root().await;
        api.post("/ca/development", "{}").await.is(201);
        api
    }

    /// With a development root and a backbone `europe`.
    pub(crate) async fn with_backbone() -> Self {
        let api = Self::new().await;
        api.post("/backbones", r#"{"name": "europe"}"#).await.is(201);
        api
    }

    /// With a backbone `europe` and a network `exercise` on it.
    pub(crate) async fn with_network() -> Self {
        let api = Self::with_backbone().await;
        api.post("/networks", r#"{"name": "exercise"}"#).await.is(201);
        api
    }

    /// On a database of its own, without a root, at the time that `clock` says.
    pub(crate) async fn by(clock: Arc<dyn Clock>) -> Self {
        let database = postgres::database().await;
        let mut api = Self::started(&database.url, clock).await;
        api.database = Some(database);
        api
    }

    /// On the database at `url`.
    pub(crate) async fn over(url: &str) -> Self {
        Self::started(url, Arc::new(SystemClock)).await
    }

    async fn started(url: &str, clock: Arc<dyn Clock>) -> Self {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = Arc::new(tempfile::tempdir().unwrap());
        loop {
            let listen = free_address().unwrap();
            let mut config = Config::new(dir.path().to_owned(), listen.to_string().parse().unwrap());
            config.database_url = Some(url.into());
            let shutdown = CancellationToken::new();
            let mut task = tokio::spawn(controller::run_with_clock(config, Arc::clone(&clock), shutdown.clone()));
            let server = format!("https://{listen}");
            let ready = tokio::select! {
                http = ready(dir.path(), &server) => Ok(http),
                ended = &mut task => Err(ended.unwrap()),
            };
            match ready {
                Ok(http) => {
                    let token = std::fs::read_to_string(dir.path().join("admin.token")).unwrap().trim().to_owned();
                    return Self { server, token, http, dir, shutdown, task, database: None };
                }
                // Somebody else was given the port in between.
                Err(Err(StartError::Http(error))) => eprintln!("once more, with another port: {error}"),
                Err(outcome) => panic!("the controller ended: {outcome:?}"),
            }
        }
    }

    /// Where its database is.
    pub(crate) fn database(&self) -> &str {
        &self.database.as_ref().unwrap().url
    }

    /// A request to a path below `/api/v1`.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.server)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        send(json(self.request(Method::POST, path), body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &str) -> Answer {
        send(json(self.request(Method::PUT, path), body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &str) -> Answer {
        send(json(self.request(Method::PATCH, path), body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        send(self.request(Method::DELETE, path)).await
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// With a JSON body.
pub(crate) fn json(request: reqwest::RequestBuilder, body: &str) -> reqwest::RequestBuilder {
    request.header("content-type", "application/json").body(body.to_owned())
}

/// Sends a request and reads the whole answer.
pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() };
    Answer { status, headers, body }
}

/// A client that trusts what is in `ca`, PEM.
pub(crate) fn client(ca: &str) -> reqwest::Client {
    let roots = reqwest::Certificate::from_pem_bundle(ca.as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only(roots).no_proxy().build().unwrap()
}

async fn ready(dir: &Path, server: &str) -> reqwest::Client {
    eventually("the API answers", async || {
        let http = client(&std::fs::read_to_string(dir.join("ca.crt")).ok()?);
        let response = http.get(format!("{server}/readyz")).send().await.ok()?;
        response.status().is_success().then_some(http)
    })
    .await
    .unwrap()
}
