//! The HTTP API of Docker, which Podman has, too, over its socket.

use std::{
    error::Error,
    fmt, io,
    path::{Path, PathBuf},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode, body::Bytes, body::Incoming, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::net::UnixStream;

/// The engine behind a socket.
#[derive(Clone, Debug)]
pub(super) struct Api {
    socket: PathBuf,
}

/// Why a request was of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("{} does not answer", .0.display())]
    Unreachable(PathBuf, #[source] io::Error),
    #[error("the connection to {} broke", .0.display())]
    Broken(PathBuf, #[source] Box<dyn Error + Send + Sync>),
    #[error("{1}")]
    Refused(StatusCode, String),
}

impl ApiError {
    pub(super) fn is(&self, status: StatusCode) -> bool {
        matches!(self, Self::Refused(it, _) if *it == status)
    }

    /// What it is and why, in words.
    pub(super) fn words(&self) -> String {
        match self.source() {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// What is sent.
pub(super) enum Sent {
    Nothing,
    Json(Value),
    Tar(Vec<u8>),
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

impl Api {
    pub(super) fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned() }
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Sends a request, and gives an answer that is no refusal.
    pub(super) async fn send(&self, method: Method, path: &str, sent: Sent) -> Result<Response<Incoming>, ApiError> {
        let broken = |error: hyper::Error| ApiError::Broken(self.socket.clone(), error.into());
        let stream = UnixStream::connect(&self.socket).await;
        let stream = stream.map_err(|error| ApiError::Unreachable(self.socket.clone(), error))?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the answer, or with whoever waits for it.
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header(header::HOST, "engine");
        let request = match sent {
            Sent::Nothing => request.body(Full::default()),
            Sent::Json(value) => {
                request.header(header::CONTENT_TYPE, "application/json").body(Full::new(Bytes::from(value.to_string())))
            }
            Sent::Tar(bytes) => {
                request.header(header::CONTENT_TYPE, "application/x-tar").body(Full::new(Bytes::from(bytes)))
            }
        };
        let request = request.map_err(|error| ApiError::Broken(self.socket.clone(), error.into()))?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let body = answer.collect().await.map_err(broken)?.to_bytes();
        let message = serde_json::from_slice::<Refusal>(&body).map(|it| it.message);
        Err(ApiError::Refused(status, message.unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned())))
    }

    /// Reads an answer to its end.
    pub(super) async fn whole(&self, answer: Response<Incoming>) -> Result<Bytes, ApiError> {
        let body = answer.collect().await;
        body.map(http_body_util::Collected::to_bytes)
            .map_err(|error| ApiError::Broken(self.socket.clone(), error.into()))
    }

    /// The beginning of an answer, heard to its end: what is in it is not the site's.
    pub(super) async fn beginning(&self, answer: Response<Incoming>, most: usize) -> Result<Bytes, ApiError> {
        let (mut kept, mut body) = (Vec::new(), answer.into_body());
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| ApiError::Broken(self.socket.clone(), error.into()))?;
            if let Some(data) = frame.data_ref() {
                kept.extend_from_slice(&data[..data.len().min(most - kept.len())]);
            }
        }
        Ok(kept.into())
    }

    async fn read<T: DeserializeOwned>(&self, answer: Response<Incoming>) -> Result<T, ApiError> {
        let body = self.whole(answer).await?;
        serde_json::from_slice(&body).map_err(|error| ApiError::Broken(self.socket.clone(), error.into()))
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let answer = self.send(Method::GET, path, Sent::Nothing).await?;
        self.read(answer).await
    }

    /// The same; nothing, if there is no such thing.
    pub(super) async fn find<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, ApiError> {
        match self.get(path).await {
            Err(error) if error.is(StatusCode::NOT_FOUND) => Ok(None),
            found => found.map(Some),
        }
    }

    pub(super) async fn post<T: DeserializeOwned>(&self, path: &str, body: Value) -> Result<T, ApiError> {
        let answer = self.send(Method::POST, path, Sent::Json(body)).await?;
        self.read(answer).await
    }

    /// Asks for something of whose answer nothing is needed.
    pub(super) async fn ask(&self, method: Method, path: &str, sent: Sent) -> Result<(), ApiError> {
        let answer = self.send(method, path, sent).await?;
        self.whole(answer).await.map(drop)
    }

    /// Removes something. That it is not there is no error.
    pub(super) async fn delete(&self, path: &str) -> Result<(), ApiError> {
        match self.ask(Method::DELETE, path, Sent::Nothing).await {
            Err(error) if error.is(StatusCode::NOT_FOUND) => Ok(()),
            done => done,
        }
    }
}

/// A value as it stands in a query.
pub(super) fn query(value: impl fmt::Display) -> String {
    url::form_urlencoded::byte_serialize(value.to_string().as_bytes()).collect()
}

/// Filters as they stand in a query.
pub(super) fn filters(filters: &impl Serialize) -> String {
    query(serde_json::json!(filters))
}
