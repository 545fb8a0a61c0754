//! One connection, from its first byte to its last.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::TcpStream,
    pin,
    time::{sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::{
    Connections, Limits, Transport,
    places::{Place, UnderWay},
};

pub(crate) struct Connection<T> {
    pub(crate) transport: Arc<T>,
    pub(crate) router: Router,
    pub(crate) connections: Connections,
    pub(crate) shutdown: CancellationToken,
}

impl<T: Transport> Connection<T> {
    pub(crate) async fn run(self, stream: TcpStream, address: SocketAddr, place: Place) {
        let limits = self.connections.limits();
        tune(&stream, &limits);
        let seat = Arc::clone(place.seat());
        let opened = tokio::select! {
            () = seat.told_to_give_way() => return,
            () = self.shutdown.cancelled() => return,
            opened = timeout(limits.handshake, self.transport.open(stream)) => opened,
        };
        let io = match opened {
            Ok(Ok(io)) => io,
            Ok(Err(error)) => {
                tracing::debug!(%address, error, "a connection did not come about");
                return;
            }
            Err(_) => {
                self.connections.timed_out();
                tracing::debug!(%address, "the TLS handshake took too long");
                return;
            }
        };
        seat.touch();
        let (router, peer) = (self.router, place.peer(address));
        let service = service_fn(|mut request: Request<Incoming>| {
            let under_way = seat.begin();
            request.extensions_mut().insert(peer.clone());
            let answer = router.clone().oneshot(request.map(Body::new));
            async move {
                let Ok(response) = answer.await;
                Ok::<_, Infallible>(counted(response, under_way))
            }
        });
        let builder = builder(&limits);
        let connection = builder.serve_connection(TokioIo::new(io), service);
        pin!(connection);
        let farewell = loop {
            let Some(look_again) = seat.look_again(&limits) else {
                self.connections.timed_out();
                break limits.farewell;
            };
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%address, error, "a connection ended");
                    }
                    return;
                }
                // A known peer may have sent something just now: it is answered, or told that it was not. The place is
                // another's already, so it does not take long.
                () = seat.told_to_give_way() => break if seat.is_known() { limits.farewell } else { Duration::ZERO },
                () = self.shutdown.cancelled() => break limits.drain,
                () = sleep_until(look_again) => {}
            }
        };
        if farewell.is_zero() {
            return;
        }
        connection.as_mut().graceful_shutdown();
        if timeout(farewell, connection).await.is_err() {
            tracing::debug!(%address, "a connection was cut");
        }
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // The seat holds all requests to their time, of either version; this is for a head that comes in drops.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(usize::try_from(limits.head_bytes).unwrap_or(usize::MAX));
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(limits.head_bytes)
        .max_concurrent_streams(limits.streams)
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive);
    builder
}

/// Sends small answers at once, and finds out about a peer that has vanished or does not read.
fn tune(stream: &TcpStream, limits: &Limits) {
    use rustix::net::sockopt;
    // A socket that refuses is gone already, and says so when it is read.
    let _ = stream.set_nodelay(true);
    let _ = sockopt::set_socket_keepalive(stream, true);
    let _ = sockopt::set_tcp_keepidle(stream, limits.keep_alive);
    let _ = sockopt::set_tcp_user_timeout(stream, u32::try_from(limits.keep_alive.as_millis()).unwrap_or(u32::MAX));
}

/// The request is under way until its answer has been handed over wholly.
fn counted(response: Response<Body>, under_way: UnderWay) -> Response<Body> {
    response.map(|body| Body::new(Counted { body, _under_way: under_way }))
}

struct Counted {
    body: Body,
    _under_way: UnderWay,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
