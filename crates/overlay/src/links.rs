//! The live links of a router, found by key or by the id that data connections name.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use overlay_proto::{LinkKey, preface::WireLinkId};

use crate::link::Link;

/// The live links.
#[derive(Debug, Default)]
pub(crate) struct Links {
    next: AtomicU64,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    by_key: BTreeMap<LinkKey, Arc<Link>>,
    by_id: HashMap<WireLinkId, Arc<Link>>,
}

impl Links {
    /// A key that was never used before.
    pub(crate) fn next_key(&self) -> LinkKey {
        LinkKey(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Adds a link. `accepted` is the id that its data connections will name, at the accepting end.
    pub(crate) fn insert(&self, link: &Arc<Link>, accepted: Option<WireLinkId>) {
        let mut table = self.lock();
        table.by_key.insert(link.key(), link.clone());
        if let Some(id) = accepted {
            table.by_id.insert(id, link.clone());
        }
    }

    pub(crate) fn remove(&self, key: LinkKey, accepted: Option<WireLinkId>) {
        let mut table = self.lock();
        table.by_key.remove(&key);
        if let Some(id) = accepted {
            table.by_id.remove(&id);
        }
    }

    pub(crate) fn get(&self, key: LinkKey) -> Option<Arc<Link>> {
        self.lock().by_key.get(&key).cloned()
    }

    /// The accepted link that a data connection names.
    pub(crate) fn accepted(&self, id: WireLinkId) -> Option<Arc<Link>> {
        self.lock().by_id.get(&id).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Link>> {
        self.lock().by_key.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
