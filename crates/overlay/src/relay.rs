//! Transit: what comes on one data connection goes out on another. The bytes are end-to-end ciphertext; between two
//! plain TCP connections they never leave the kernel.
//!
//! Each direction ends on its own, and passes its end on as such. Back-pressure is TCP's own: what cannot be sent is
//! not read.

mod copy;
mod pipe;
mod splice;

use std::{io, sync::atomic::AtomicU64, sync::atomic::Ordering};

use crate::{
    data_conn::{DataConn, Meter},
    paths::PathConn,
};

/// After this many bytes in one go, others get their turn.
pub(crate) const TURN: usize = 128 * 1024;

/// How a relayed stream ended, and what it carried.
#[derive(Debug)]
pub struct RelayOutcome {
    /// Bytes from the first connection to the second.
    pub forward: u64,
    /// Bytes from the second to the first.
    pub backward: u64,
    /// How it ended.
    pub end: RelayEnd,
}

/// How a relayed stream ended.
#[derive(Debug)]
pub enum RelayEnd {
    /// Both directions ended orderly.
    Finished,
    /// A link that carried it was lost, or trust cut it.
    Cancelled,
    /// A connection broke.
    Broken(io::Error),
}

/// Relays until both directions have ended, a connection breaks, or a link goes. In the latter two cases both
/// connections are reset: neither end may take them for ended orderly.
pub async fn relay(mut a: PathConn, mut b: PathConn) -> RelayOutcome {
    let (there, back) = (Way::new(&a.meter, &b.meter), Way::new(&b.meter, &a.meter));
    let end = tokio::select! {
        biased;
        () = a.cancelled.cancelled() => RelayEnd::Cancelled,
        () = b.cancelled.cancelled() => RelayEnd::Cancelled,
        result = both_ways(&mut a.conn, &mut b.conn, &there, &back) => match result {
            Ok(()) => RelayEnd::Finished,
            Err(error) => RelayEnd::Broken(error),
        },
    };
    let outcome = RelayOutcome { forward: there.moved(), backward: back.moved(), end };
    if !matches!(outcome.end, RelayEnd::Finished) {
        a.conn.reset();
        b.conn.reset();
    }
    outcome
}

async fn both_ways(a: &mut DataConn, b: &mut DataConn, there: &Way<'_>, back: &Way<'_>) -> io::Result<()> {
    if let (DataConn::Direct(a), DataConn::Direct(b)) = (&*a, &*b) {
        tokio::try_join!(splice::one_way(a, b, there), splice::one_way(b, a, back))?;
        return Ok(());
    }
    copy::both_ways(a, b, there, back).await
}

/// One direction's counts.
struct Way<'a> {
    from: &'a Meter,
    to: &'a Meter,
    moved: AtomicU64,
}

impl<'a> Way<'a> {
    fn new(from: &'a Meter, to: &'a Meter) -> Self {
        Self { from, to, moved: AtomicU64::new(0) }
    }

    fn came(&self, bytes: usize) {
        self.from.add_received(bytes);
    }

    fn went(&self, bytes: usize) {
        self.to.add_sent(bytes);
        self.moved.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }
}
