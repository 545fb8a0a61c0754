//! gRPC to a controller, inside a stream of the data plane: authenticated and encrypted end to end already.

use std::{
    error::Error,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dataplane::DataPlane;
use hyper_util::rt::TokioIo;
use model::{Address, Identity};
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

/// How long a stream to a controller may take to be opened.
const OPEN_TIMEOUT: Duration = Duration::from_secs(15);
/// How often a silent controller is asked whether it is there, and how long it may take to answer.
const KEEP_ALIVE: Duration = Duration::from_secs(3);
/// The largest message a controller may send.
pub(crate) const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Why no controller could be reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChannelError {
    #[error("no controller can be reached: {0}")]
    Open(#[source] dataplane::OpenError),
    #[error("no controller answered within {} seconds", OPEN_TIMEOUT.as_secs())]
    Timeout,
    #[error("a {0} answered in a controller's place")]
    Impostor(&'static str),
    #[error("the controller's stream broke off: {}", words(.0))]
    Transport(#[source] tonic::transport::Error),
}

/// Opens one stream to a controller at `address` and speaks HTTP/2 on it. When it ends, the channel ends with it.
pub(crate) async fn open(router: &Arc<dyn DataPlane>, address: Address) -> Result<Channel, ChannelError> {
    let stream = timeout(OPEN_TIMEOUT, router.open(address))
        .await
        .map_err(|_| ChannelError::Timeout)?
        .map_err(ChannelError::Open)?;
    // The data plane lets only controllers serve these addresses; who we give a CSR to, we check ourselves.
    if !matches!(stream.peer, Identity::Controller { .. }) {
        return Err(ChannelError::Impostor(stream.peer.role()));
    }
    let once = Arc::new(Mutex::new(Some(stream)));
    let connector = service_fn(move |_| {
        let stream = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move { stream.map(TokioIo::new).ok_or_else(|| io::Error::other("the stream has ended")) }
    });
    // The name is never resolved: it only fills the authority of the requests.
    let endpoint = Endpoint::from_static("http://skx")
        .http2_keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .keep_alive_while_idle(true);
    let connect = timeout(OPEN_TIMEOUT, endpoint.connect_with_connector(connector));
    connect.await.map_err(|_| ChannelError::Timeout)?.map_err(ChannelError::Transport)
}

/// A gRPC failure in words: what caused it, if something beneath did, else what the controller said.
pub(crate) fn status_words(status: &tonic::Status) -> String {
    if let Some(mut cause) = status.source() {
        // The layers between say the same in their own words; what happened is said by the lowest.
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        return cause.to_string();
    }
    match status.message() {
        "" => format!("the controller answered {:?}", status.code()),
        message => message.to_owned(),
    }
}

/// An error with everything that caused it.
pub(crate) fn words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        // Many errors repeat their cause in their own words.
        if !words.ends_with(&text) {
            words = format!("{words}: {text}");
        }
        cause = next.source();
    }
    words
}
