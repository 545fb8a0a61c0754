//! What streams need from links: who serves an address, and a data connection that leads there.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use model::{Address, Identity};
use tokio_util::sync::CancellationToken;

use crate::{
    data_conn::{DataConn, Meter},
    e2e::E2eConfig,
    link::data::Refusal,
};

/// Someone who serves an address, as far as the access router knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who must be found at the other end: a member of our own network, or a controller for platform addresses.
    pub peer: Identity,
    /// The cost of the way there. Lower is nearer.
    pub cost: u32,
    /// How much of the traffic it asks for, relative to the others.
    pub weight: u32,
    /// It is about to go: taken only when nobody else is there.
    pub draining: bool,
}

/// A data connection that carries one stream (or, when reused, several to the same site, one after the other).
#[derive(Debug)]
pub struct PathConn {
    /// The bytes.
    pub conn: DataConn,
    /// Fires when the link that carries it is lost, or trust cuts it. Everything on it ends at once.
    pub cancelled: CancellationToken,
    /// Counts the bytes of the link that carries it.
    pub meter: Arc<Meter>,
    /// Fires when the link that carries it is about to go: what runs goes on, and nothing new begins on it.
    pub leaving: CancellationToken,
    /// Why the backbone led it nowhere, if it did: it may be said after the path was opened.
    pub(crate) refusal: Option<Arc<Refusal>>,
}

impl PathConn {
    /// A path over a link that stays.
    pub fn new(conn: DataConn, cancelled: CancellationToken, meter: Arc<Meter>) -> Self {
        Self { conn, cancelled, meter, leaving: CancellationToken::new(), refusal: None }
    }
}

/// Why there is no way to a site.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PathError {
    /// This router has no link over which it could ask.
    #[error("no link to the backbone is up")]
    NotLinked,
    /// The backbone refused; in the words of the router that did.
    #[error("the backbone found no way: {0}")]
    Refused(String),
    /// No data connection became ready in time.
    #[error("no data connection became ready in time")]
    NoConnection,
    /// The router is shutting down.
    #[error("the router is shutting down")]
    ShuttingDown,
}

/// Links, as streams see them.
pub trait Paths: Send + Sync + 'static {
    /// Who serves `address` now. Platform addresses are served by controllers, others by members of our own network.
    ///
    /// Asking declares the address as one this router uses, if it was not declared before.
    fn candidates(&self, address: &Address) -> Vec<Candidate>;

    /// Resolves once [`Paths::candidates`] of `address` is not empty. The caller bounds the wait; dropping the
    /// future is harmless.
    fn wait_candidates<'a>(&'a self, address: &'a Address) -> BoxFuture<'a, ()>;

    /// Opens a path to `peer`: a data connection that the backbone has been told to lead there. Nothing has been
    /// sent on it yet; that the right site is at its end is proven end to end, by the caller.
    fn open<'a>(&'a self, peer: &'a Identity) -> BoxFuture<'a, Result<PathConn, PathError>>;

    /// What we show and what we accept, end to end, as of now; nothing while this router has no identity that may
    /// open or serve streams.
    fn e2e(&self) -> Option<Arc<E2eConfig>>;
}
