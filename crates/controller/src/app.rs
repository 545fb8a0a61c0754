use std::{fmt, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use model::{Clock, ControllerId, InstallationId};
use pki::Kek;
use ring::digest;
use store::Store;

/// What every part of a running controller shares. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    inner: Arc<Inner>,
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) kek: Kek,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) controller: ControllerId,
    pub(crate) installation: InstallationId,
    pub(crate) admin_token: AdminToken,
    pub(crate) data_dir: PathBuf,
}

/// The first-start token, kept as its digest: comparing digests tells a listener nothing about the token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AdminToken(Vec<u8>);

impl AdminToken {
    pub(crate) fn new(token: &str) -> Self {
        Self(digest::digest(&digest::SHA256, token.as_bytes()).as_ref().to_vec())
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

impl App {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The time of day.
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// The clock, for parts that keep it.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.inner.clock)
    }

    /// Which replica this is.
    pub fn controller(&self) -> ControllerId {
        self.inner.controller
    }

    /// The installation: the trust domain of every identity in it.
    pub fn installation(&self) -> InstallationId {
        self.inner.installation
    }

    /// The controller's own directory.
    pub fn data_dir(&self) -> &std::path::Path {
        &self.inner.data_dir
    }

    /// Whether `token` is the first-start token (`DIR/admin.token`).
    pub fn is_admin_token(&self, token: &str) -> bool {
        AdminToken::new(token) == self.inner.admin_token
    }

    pub(crate) fn kek(&self) -> &Kek {
        &self.inner.kek
    }
}
