//! The API's client. It knows the types of crate `api` and nothing else of the controller.

use std::{error::Error as _, time::Duration};

use api::{Page, Problem};
use reqwest::{Method, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use trace::SpanContext;

use crate::{
    context::{self, Context},
    failure::{Code, Failure},
};

/// How often a list that is followed is looked at.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Talks to one controller.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    server: String,
    /// What requests begin with; another one than the server when that is a socket.
    base: String,
    token: SecretString,
    /// What the requests are caused by, as `TRACEPARENT` says it.
    trace: Option<SpanContext>,
}

impl Client {
    pub(crate) fn new(context: Context) -> Result<Self, Failure> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("skx/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(60))
            .redirect(reqwest::redirect::Policy::none())
            // The controller is reached directly: its certificate is pinned, and a proxy would see nothing but noise.
            .no_proxy();
        if let Some(pem) = &context.ca {
            let roots = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
                .ok()
                .filter(|roots| !roots.is_empty())
                .ok_or_else(|| Failure::usage("the file given with --ca (SKX_CA) holds no certificate in PEM"))?;
            builder = builder.tls_certs_only(roots);
        }
        let base = match context::socket(&context.server) {
            Some(path) => {
                builder = builder.unix_socket(path);
                "http://localhost".to_owned()
            }
            None => context.server.clone(),
        };
        let http = builder.build().map_err(|error| Failure::failed(chain(&error)))?;
        let trace = std::env::var("TRACEPARENT").ok().and_then(|text| text.parse().ok());
        Ok(Self { http, server: context.server, base, token: context.token.into(), trace })
    }

    /// The controller it talks to.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The token it signs in with.
    pub(crate) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.query(path, &[]).await
    }

    pub(crate) async fn query<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        self.answer(self.request(Method::GET, path).query(query)).await
    }

    /// What is there and its ETag, unless that is known already.
    pub(crate) async fn query_unless<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        known: Option<&str>,
    ) -> Result<Option<(T, String)>, Failure> {
        let mut request = self.request(Method::GET, path).query(query);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        let response = self.send(request).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Some((response.json().await.map_err(|error| self.failed(&error))?, tag)))
    }

    /// Every object of a list, page after page.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, &str)],
    ) -> Result<Vec<T>, Failure> {
        self.list_after(path, filter, None).await
    }

    /// Every object of a list that comes after `cursor`.
    pub(crate) async fn list_after<T: DeserializeOwned>(
        &self,
        path: &str,
        filter: &[(&str, &str)],
        mut cursor: Option<String>,
    ) -> Result<Vec<T>, Failure> {
        let limit = api::MAX_LIMIT.to_string();
        let mut items = vec![];
        loop {
            let mut query = filter.to_vec();
            query.push(("limit", &limit));
            if let Some(cursor) = &cursor {
                query.push(("cursor", cursor));
            }
            let page: Page<T> = self.query(path, &query).await?;
            items.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(items);
            }
        }
    }

    /// Creates an object. The request carries a key of its own, so that it can be repeated when the answer is lost.
    pub(crate) async fn create<I: Serialize, T: DeserializeOwned>(&self, path: &str, input: &I) -> Result<T, Failure> {
        let key = uuid::Uuid::new_v4().to_string();
        self.answer(self.request(Method::POST, path).header("Idempotency-Key", key).json(input)).await
    }

    pub(crate) async fn post<I: Serialize, T: DeserializeOwned>(&self, path: &str, input: &I) -> Result<T, Failure> {
        self.answer(self.request(Method::POST, path).json(input)).await
    }

    /// An action without a body.
    pub(crate) async fn act<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Failure> {
        self.answer(self.request(Method::POST, path).query(query)).await
    }

    /// An action without a body and without an answer.
    pub(crate) async fn tell(&self, path: &str) -> Result<(), Failure> {
        self.send(self.request(Method::POST, path)).await.map(drop)
    }

    pub(crate) async fn put<I: Serialize, T: DeserializeOwned>(&self, path: &str, input: &I) -> Result<T, Failure> {
        self.answer(self.request(Method::PUT, path).json(input)).await
    }

    pub(crate) async fn patch<I: Serialize, T: DeserializeOwned>(&self, path: &str, input: &I) -> Result<T, Failure> {
        self.answer(self.request(Method::PATCH, path).json(input)).await
    }

    /// Changes an object that is still at `revision`.
    pub(crate) async fn patch_at<I: Serialize, T: DeserializeOwned>(
        &self,
        path: &str,
        input: &I,
        revision: i64,
    ) -> Result<T, Failure> {
        let request = self.request(Method::PATCH, path).header(header::IF_MATCH, format!("\"{revision}\""));
        self.answer(request.json(input)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, path)).await.map(drop)
    }

    /// Deletes an object whose deletion has something to say.
    pub(crate) async fn remove<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.request(Method::DELETE, path)).await
    }

    /// Opens the stream of events, after the position that was said last, if one was.
    pub(crate) async fn open_events(
        &self,
        query: &[(&str, &str)],
        last: Option<&str>,
    ) -> Result<reqwest::Response, Failure> {
        // It goes on for as long as both ends live.
        let mut request =
            self.request(Method::GET, "/events").query(query).timeout(Duration::from_secs(u64::from(u32::MAX)));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{}{path}", self.base, api::PREFIX));
        if let Some(trace) = &self.trace {
            request = request.header("traceparent", trace.to_string());
        }
        match self.token() {
            // Who signs in has none yet.
            "" => request,
            token => request.bearer_auth(token),
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, Failure> {
        let response = self.send(request).await?;
        response.json().await.map_err(|error| self.failed(&error))
    }

    /// Sends, once more when the connection broke after the request was sent and repeating it is harmless.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let again = request.try_clone();
        let request = request.build().map_err(|error| self.failed(&error))?;
        let harmless = request.method() == Method::GET || request.headers().contains_key("Idempotency-Key");
        let response = match (self.http.execute(request).await, again) {
            (Err(error), Some(again)) if harmless && !error.is_connect() && !error.is_timeout() => again.send().await,
            (result, _) => result,
        }
        .map_err(|error| self.failed(&error))?;
        if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
            return Ok(response);
        }
        Err(self.refused(response).await)
    }

    async fn refused(&self, response: reqwest::Response) -> Failure {
        let status = response.status();
        let is_problem = response
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(Problem::MEDIA_TYPE.as_bytes()));
        if is_problem && let Ok(problem) = response.json::<Problem>().await {
            let denied = status == StatusCode::UNAUTHORIZED && problem.how.is_none();
            let failure = Failure::from(problem);
            return if denied {
                failure.how("run skx login, or give a valid token with --token (SKX_TOKEN)")
            } else {
                failure
            };
        }
        Failure::failed(format_args!("{} answers {status}, and not as a controller does", self.server))
            .how("is it the address of a Skupper-X controller? see --server (SKX_SERVER)")
    }

    fn failed(&self, error: &reqwest::Error) -> Failure {
        let detail = chain(error);
        let failure = |message: String| Failure::new(Code::Unreachable, message);
        if detail.contains("certificate") || detail.contains("CertificateRequired") {
            return failure(format!("{} shows a certificate that is not trusted: {detail}", self.server))
                .how("give the controller's DIR/ca.crt with --ca (SKX_CA)");
        }
        if error.is_decode() {
            return Failure::failed(format_args!("{} answered something unexpected: {detail}", self.server))
                .how("its version differs, perhaps: compare with skx version");
        }
        failure(format!("the controller at {} cannot be reached: {detail}", self.server))
            .how("is it running, and is the address right? see --server (SKX_SERVER)")
    }
}

/// An error with what caused it, without repeating what the outer one says already.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_shown_shows_no_token() {
        // Another test of this process may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let context = Context { server: "https://c:1".to_owned(), token: "hunter2".to_owned(), ca: None };
        let shown = format!("{:?}", Client::new(context).expect("a client"));
        assert!(shown.contains("https://c:1") && !shown.contains("hunter2"), "{shown}");
    }
}
