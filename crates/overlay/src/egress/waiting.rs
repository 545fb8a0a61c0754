//! Streams that end here and may go on over other connections: which they are, how they are told of one that came for them,
//! and how many of them may wait for one.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use model::Identity;
use overlay_proto::session::{Resume, Secret, Session};
use pki::Alpn;
use tokio::{sync::Notify, time::timeout};

use super::places::{give_back, take};
use crate::{
    e2e::E2e,
    ways::{NoWay, patience},
};

/// How many streams may be without a path: in all, and of these how many of one site. As many as may have one.
const TOTAL: usize = 16 * 1024;
const SITE: usize = TOTAL / 4;
/// How many bytes they may hold meanwhile.
const TOTAL_BYTES: u64 = 512 * 1024 * 1024;
const SITE_BYTES: u64 = TOTAL_BYTES / 4;

/// The streams that end here.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    streams: Mutex<HashMap<Key, Stream>>,
    without_path: Mutex<WithoutPath>,
}

/// Ids are chosen by those who open streams: no site can mean another one's.
type Key = (Identity, [u8; 16]);

#[derive(Debug)]
struct Stream {
    protocol: Alpn,
    secret: Secret,
    slot: Arc<Slot>,
}

/// A connection that came for a stream, until the stream takes it.
#[derive(Debug, Default)]
struct Slot {
    arrived: Mutex<Option<Box<(E2e, Resume)>>>,
    notify: Notify,
}

#[derive(Debug, Default)]
struct WithoutPath {
    total: usize,
    bytes: u64,
    sites: HashMap<Identity, usize>,
    site_bytes: HashMap<Identity, u64>,
}

/// What arrives for one stream. While it lives, the stream is among those that can be continued.
#[derive(Debug)]
pub(crate) struct Arrivals {
    waiting: Arc<Waiting>,
    /// None, for a stream whose id its site uses for another one: it cannot be continued.
    key: Option<Key>,
    peer: Identity,
    slot: Arc<Slot>,
    patience: Duration,
}

impl Waiting {
    /// The stream `id` was opened on `e2e`.
    pub(super) fn enter(self: &Arc<Self>, e2e: &E2e, id: [u8; 16]) -> Arrivals {
        let (peer, protocol) = (*e2e.peer(), e2e.protocol());
        let (key, slot) = ((peer, id), Arc::<Slot>::default());
        let mut streams = self.streams();
        let unique = !streams.contains_key(&key);
        if unique {
            streams.insert(key, Stream { protocol, secret: e2e.secret(), slot: slot.clone() });
        }
        drop(streams);
        Arrivals { waiting: self.clone(), key: unique.then_some(key), peer, slot, patience: patience(protocol) }
    }

    /// Hands `e2e` over to the stream that `resume`, which came on it, is about. Gives it back when there is no such stream of
    /// that very site and use, or when it is not proven that it is the site's to continue.
    pub(super) fn hand_over(&self, e2e: E2e, resume: Resume) -> Option<E2e> {
        let streams = self.streams();
        let proven = streams
            .get(&(*e2e.peer(), resume.stream))
            .filter(|stream| stream.protocol == e2e.protocol() && e2e.is_proven(&resume, &stream.secret));
        let Some(stream) = proven else { return Some(e2e) };
        let slot = stream.slot.clone();
        drop(streams);
        // One that came before and was not taken yet is overtaken.
        let overtaken = slot.lock().replace(Box::new((e2e, resume)));
        slot.notify.notify_one();
        if let Some(overtaken) = overtaken {
            overtaken.0.reset();
        }
        None
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<Key, Stream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn without_path(&self) -> MutexGuard<'_, WithoutPath> {
        self.without_path.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, Option<Box<(E2e, Resume)>>> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrivals {
    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    /// The next connection that comes for the stream.
    pub(crate) async fn next(&mut self) -> Box<(E2e, Resume)> {
        if self.key.is_none() {
            return pending().await;
        }
        loop {
            if let Some(arrived) = self.slot.lock().take() {
                return arrived;
            }
            self.slot.notify.notified().await;
        }
    }

    /// Waits for a connection over which `session` can go on.
    pub(crate) async fn recover(&mut self, mut session: Session) -> Result<E2e, NoWay> {
        let _place = self.wait_in_line(session.outstanding() + session.held())?;
        let within = self.patience;
        let arriving = async {
            loop {
                let (mut e2e, resume) = *self.next().await;
                match e2e.continue_with(&mut session, &resume) {
                    Ok(()) => return e2e,
                    Err(error) => {
                        tracing::warn!(peer = %e2e.peer(), %error, "a stream was not continued");
                        e2e.reset();
                    }
                }
            }
        };
        timeout(within, arriving).await.map_err(|_| NoWay::Timeout)
    }

    fn wait_in_line(&self, bytes: u64) -> Result<InLine, NoWay> {
        let mut without = self.waiting.without_path();
        let site_bytes = without.site_bytes.get(&self.peer).copied().unwrap_or(0) + bytes;
        let room = without.total < TOTAL && without.bytes + bytes <= TOTAL_BYTES && site_bytes <= SITE_BYTES;
        if self.key.is_none() || !room || !take(&mut without.sites, self.peer, SITE) {
            return Err(NoWay::Limit);
        }
        without.total += 1;
        without.bytes += bytes;
        without.site_bytes.insert(self.peer, site_bytes);
        Ok(InLine { waiting: self.waiting.clone(), peer: self.peer, bytes })
    }
}

impl Drop for Arrivals {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            self.waiting.streams().remove(key);
        }
        if let Some(arrived) = self.slot.lock().take() {
            arrived.0.reset();
        }
    }
}

/// A stream's place among those without a path.
struct InLine {
    waiting: Arc<Waiting>,
    peer: Identity,
    bytes: u64,
}

impl Drop for InLine {
    fn drop(&mut self) {
        let mut without = self.waiting.without_path();
        without.total -= 1;
        without.bytes -= self.bytes;
        give_back(&mut without.sites, &self.peer);
        let left = without.site_bytes.remove(&self.peer).unwrap_or(0).saturating_sub(self.bytes);
        if left > 0 {
            without.site_bytes.insert(self.peer, left);
        }
    }
}
