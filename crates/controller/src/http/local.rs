//! The API on this machine's own socket, `DIR/admin.sock`: for whoever may read the controller's directory. Only there
//! the first-start token is accepted once an administrator can sign in.

use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
};

use axum::{Extension, Router};
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use super::routes;
use crate::App;

/// Marks requests that came by the local socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local;

/// The local socket, bound.
#[derive(Debug)]
pub(crate) struct LocalSocket {
    listener: UnixListener,
    router: Router,
}

impl LocalSocket {
    /// Listens at `DIR/admin.sock`, in place of whatever a controller before has left there.
    pub(crate) fn bind(app: &App) -> io::Result<Self> {
        let path = app.data_dir().join("admin.sock");
        // Nobody reaches the socket before it is closed to others.
        let closed = app.data_dir().join("admin.sock.new");
        match fs::remove_dir_all(&closed) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        DirBuilder::new().mode(0o700).create(&closed)?;
        let listener = UnixListener::bind(closed.join("s"))?;
        fs::set_permissions(closed.join("s"), Permissions::from_mode(0o600))?;
        fs::rename(closed.join("s"), &path)?;
        fs::remove_dir(&closed)?;
        Ok(Self { listener, router: routes::router(app.clone()).layer(Extension(Local)) })
    }

    /// Serves until `shutdown`.
    pub(crate) async fn serve(self, shutdown: CancellationToken) {
        let until = shutdown.cancelled_owned();
        if let Err(error) = axum::serve(self.listener, self.router).with_graceful_shutdown(until).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the local socket is closed");
        }
    }
}
