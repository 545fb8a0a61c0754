//! What this site serves and uses: what is configured, and what this process opens and serves itself.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use model::{
    Address,
    router::{Connector, Listener},
};
use overlay_proto::{
    PeerKind,
    router::{Offer, Services},
};
use tokio::sync::watch;

/// Everything this site serves and uses, by where it comes from.
#[derive(Debug, Default)]
struct Sources {
    listeners: BTreeSet<Address>,
    connectors: BTreeSet<Address>,
    opened: BTreeSet<Address>,
    served: BTreeSet<Address>,
}

/// What this site serves and uses; the actor follows it.
#[derive(Debug)]
pub(crate) struct ServiceList {
    kind: PeerKind,
    sources: Mutex<Sources>,
    list: watch::Sender<Services>,
}

impl ServiceList {
    pub(crate) fn new(kind: PeerKind) -> Self {
        Self { kind, sources: Mutex::default(), list: watch::Sender::default() }
    }

    /// Takes over what is configured.
    pub(crate) fn configure(&self, listeners: &[Listener], connectors: &[Connector]) {
        self.change(|sources| {
            sources.listeners = listeners.iter().map(|it| it.address.clone()).collect();
            sources.connectors = connectors.iter().map(|it| it.address.clone()).collect();
        });
    }

    /// This process opens streams to `address`.
    pub(crate) fn open(&self, address: &Address) {
        self.change(|sources| {
            sources.opened.insert(address.clone());
        });
    }

    /// This process serves exactly these addresses itself.
    pub(crate) fn serve(&self, addresses: BTreeSet<Address>) {
        self.change(|sources| sources.served = addresses);
    }

    /// All of it, as far as a site of this kind may serve and use it; wakes at every change.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Services> {
        self.list.subscribe()
    }

    fn change(&self, change: impl FnOnce(&mut Sources)) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut sources);
        let serves = sources.connectors.union(&sources.served).filter(|address| may_serve(self.kind, address));
        let serves = serves.map(|address| (address.clone(), Offer::default())).collect();
        let uses = sources.listeners.union(&sources.opened).filter(|address| may_use(self.kind, address));
        let new = Services { serves, uses: uses.cloned().collect() };
        // Under the lock, so that an older list never replaces a newer one.
        self.list.send_if_modified(|list| {
            let changed = *list != new;
            *list = new;
            changed
        });
    }
}

/// Whether a site of this kind may serve an address: the first word on it; routers have the last.
pub(crate) fn may_serve(kind: PeerKind, address: &Address) -> bool {
    match kind {
        PeerKind::Member { .. } => !address.is_platform(),
        PeerKind::Controller => address.is_platform(),
        PeerKind::Backbone | PeerKind::Claim { .. } | PeerKind::Bootstrap => false,
    }
}

/// Whether a site of this kind may open streams to an address.
pub(crate) fn may_use(kind: PeerKind, address: &Address) -> bool {
    match kind {
        PeerKind::Member { .. } => !address.is_platform() || *address == Address::controller(),
        PeerKind::Backbone => *address == Address::controller(),
        PeerKind::Claim { .. } | PeerKind::Bootstrap => *address == Address::claim(),
        PeerKind::Controller => false,
    }
}
