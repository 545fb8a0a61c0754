//! Talking to the site that runs on this machine.

use api::{Problem, local::List};
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use site::state::DataDir;

use crate::{
    commands::join::{chain, unusable_state},
    failure::{Code, Failure},
};

/// The local API of a running site.
pub(crate) struct LocalClient {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl LocalClient {
    /// The site that runs in `dir`; none if none does.
    pub(crate) fn find(dir: &DataDir) -> Result<Option<Self>, Failure> {
        let Some(file) = dir.local_api().map_err(unusable_state)? else { return Ok(None) };
        let Some(token) = dir.token().map_err(unusable_state)? else { return Ok(None) };
        // Never through a proxy: the token is for this machine. And plain HTTP: an image without any certificates will do.
        let http = reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .map_err(|error| Failure::failed(chain(&error)))?;
        let url = format!("http://{}{}", file.address, api::PREFIX);
        Ok(Some(Self { http, url, token: token.as_str().to_owned() }))
    }

    /// The site that runs in `dir`, which must.
    pub(crate) fn running(dir: &DataDir) -> Result<Self, Failure> {
        Self::find(dir)?.ok_or_else(|| {
            Failure::new(Code::Unreachable, format_args!("no site runs in {}", dir.path().display()))
                .how("start it with skx site run, or name the site's directory with --data-dir")
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Failure> {
        Ok(self.get::<List<T>>(path).await?.items)
    }

    pub(crate) async fn post<I: Serialize, T: DeserializeOwned>(&self, path: &str, input: &I) -> Result<T, Failure> {
        self.answer(self.request(Method::POST, path).json(input)).await
    }

    pub(crate) async fn put<I: Serialize, T: DeserializeOwned>(&self, path: &str, input: &I) -> Result<T, Failure> {
        self.answer(self.request(Method::PUT, path).json(input)).await
    }

    /// The same, for what is answered with nothing.
    pub(crate) async fn put_nothing<I: Serialize>(&self, path: &str, input: &I) -> Result<(), Failure> {
        self.send(self.request(Method::PUT, path).json(input)).await.map(drop)
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, path)).await.map(drop)
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    async fn answer<T: DeserializeOwned>(&self, request: reqwest::RequestBuilder) -> Result<T, Failure> {
        let response = self.send(request).await?;
        response.json().await.map_err(|error| Failure::failed(format_args!("the site's answer: {}", chain(&error))))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
        let response = request.send().await.map_err(|error| {
            Failure::new(Code::Unreachable, format_args!("the site does not answer: {}", chain(&error)))
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(match response.json::<Problem>().await {
            Ok(problem) => Failure::from(problem),
            Err(_) => Failure::failed(format_args!("the site answered {status}")),
        })
    }
}
