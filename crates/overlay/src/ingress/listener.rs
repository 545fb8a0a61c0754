//! One listener: its socket, kept bound as long as it is configured, and the connections that come in.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};
use model::{Host, router::Listener};
use overlay_proto::session::AbortCode;
use tokio::{
    net::{TcpListener, lookup_host},
    task::JoinHandle,
    time::sleep,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Ingress;
use crate::{live::Scope, net, observe::Observation};

/// How long accepting pauses when the system is out of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How a listener's socket stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SocketState {
    /// About to be bound.
    Starting,
    /// Bound here.
    Bound(SocketAddr),
    /// It cannot be bound, for this reason; it is retried.
    Failed(String),
}

/// A listener at work. Dropping it stops accepting, and leaves its streams alone.
pub(super) struct ListenerTask {
    pub(super) listener: Listener,
    state: Arc<Mutex<SocketState>>,
    pub(super) streams: Scope,
    task: JoinHandle<()>,
    _accepting: DropGuard,
}

impl ListenerTask {
    pub(super) fn start(ingress: &Ingress, listener: Listener) -> Self {
        Self::start_after(ingress, listener, ingress.inner.scope.child(), None)
    }

    /// Stops accepting and starts anew as `listener`. Streams live on, unless they were for another address.
    pub(super) fn replace(self, ingress: &Ingress, listener: Listener) -> Self {
        let streams = if listener.address == self.listener.address {
            self.streams
        } else {
            self.streams.end(AbortCode::Removed, "the listener is for another address now");
            ingress.inner.scope.child()
        };
        // The new socket may be the old one's: it is bound when the old one is closed.
        Self::start_after(ingress, listener, streams, Some(self.task))
    }

    /// Stops accepting, and ends what came in.
    pub(super) fn remove(self) {
        self.streams.end(AbortCode::Removed, "the listener was removed");
    }

    pub(super) fn state(&self) -> SocketState {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn start_after(ingress: &Ingress, listener: Listener, streams: Scope, before: Option<JoinHandle<()>>) -> Self {
        let state = Arc::new(Mutex::new(SocketState::Starting));
        let accepting = CancellationToken::new();
        let run = run(ingress.clone(), listener.clone(), streams.clone(), state.clone());
        let stop = accepting.clone();
        let task = ingress.inner.tasks.spawn(async move {
            if let Some(before) = before {
                // It was told to stop; that it panicked would not keep this one from working.
                let _ = before.await;
            }
            let _ = stop.run_until_cancelled(run).await;
        });
        Self { listener, state, streams, task, _accepting: accepting.drop_guard() }
    }
}

async fn run(ingress: Ingress, listener: Listener, streams: Scope, state: Arc<Mutex<SocketState>>) {
    let set = |new| *state.lock().unwrap_or_else(PoisonError::into_inner) = new;
    let mut backoff = backoff();
    let socket = loop {
        match bind(&listener).await {
            Ok(socket) => break socket,
            Err(error) => {
                tracing::warn!(listener = %listener.id, bind = %listener.bind, %error, "a listener cannot be bound");
                set(SocketState::Failed(error.clone()));
                (ingress.inner.observer)(Observation::ListenerFailed { listener: listener.id, error });
                sleep(backoff.next().unwrap_or(MAX_BACKOFF)).await;
            }
        }
    };
    match socket.local_addr() {
        Ok(address) => set(SocketState::Bound(address)),
        Err(error) => set(SocketState::Failed(error.to_string())),
    }
    tracing::info!(listener = %listener.id, bind = %listener.bind, address = %listener.address, "listening");
    accept(&ingress, &listener, &streams, &socket).await;
}

/// Takes connections in for as long as the router runs.
async fn accept(ingress: &Ingress, listener: &Listener, streams: &Scope, socket: &TcpListener) {
    // Closed only when the router shuts down.
    while let Ok(permit) = ingress.inner.permits.clone().acquire_owned().await {
        let local = match socket.accept().await {
            Ok((local, _)) => local,
            Err(error) if is_about_one_connection(&error) => continue,
            Err(error) => {
                tracing::warn!(listener = %listener.id, %error, "connections cannot be accepted");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        if net::tune(&local).is_err() {
            // It is gone already.
            continue;
        }
        let (ingress, scope, address) = (ingress.clone(), streams.clone(), listener.address.clone());
        let serving = ingress.inner.tasks.clone();
        serving.spawn(async move {
            ingress.serve(local, &scope, address).await;
            drop(permit);
        });
    }
}

const MAX_BACKOFF: Duration = Duration::from_secs(30);

fn backoff() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(MAX_BACKOFF)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Binds to the first of the listener's addresses that can be bound.
async fn bind(listener: &Listener) -> Result<TcpListener, String> {
    let bind = &listener.bind;
    let addresses: Vec<SocketAddr> = match &bind.host {
        Host::Ip(ip) => vec![SocketAddr::new(*ip, bind.port)],
        Host::Dns(name) => lookup_host((name.as_str(), bind.port))
            .await
            .map_err(|error| format!("the host {name} cannot be resolved: {error}"))?
            .collect(),
    };
    let mut last = format!("the host {} has no address", bind.host);
    for address in addresses {
        match net::listen(address) {
            Ok(socket) => return Ok(socket),
            Err(error) => last = explain(address, &error),
        }
    }
    Err(last)
}

fn explain(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!("{address} is in use by another program"),
        io::ErrorKind::AddrNotAvailable => format!("{address} is not an address of this machine"),
        io::ErrorKind::PermissionDenied => {
            format!("this program may not listen at {address}; ports below 1024 need a privilege")
        }
        _ => format!("{address}: {error}"),
    }
}

fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}
