//! What serves which address at this router.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::{Address, ConnectorId, router::Connector};
use overlay_proto::session::AbortCode;
use tokio::sync::mpsc;

use crate::{live::Scope, observe::SocketStatus, stream::Stream};

/// A connector at work.
#[derive(Debug)]
pub(super) struct LiveConnector {
    pub(super) connector: Connector,
    /// Its streams live under this.
    pub(super) scope: Scope,
    /// What was wrong with its target when it was last needed.
    error: Mutex<Option<String>>,
}

impl LiveConnector {
    pub(super) fn set_error(&self, error: Option<String>) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// Where a stream goes.
pub(super) enum Target {
    /// To the first of these whose target answers. Never empty.
    Connector(Vec<Arc<LiveConnector>>),
    /// To somebody within the process.
    Process(mpsc::Sender<Stream>),
}

/// Connectors, and addresses served within the process.
#[derive(Debug, Default)]
pub(super) struct Table {
    connectors: BTreeMap<ConnectorId, Arc<LiveConnector>>,
    process: BTreeMap<Address, mpsc::Sender<Stream>>,
}

impl Table {
    pub(super) fn apply(&mut self, connectors: &[Connector], parent: &Scope) {
        let mut old = std::mem::take(&mut self.connectors);
        for connector in connectors {
            let live = match old.remove(&connector.id) {
                Some(live) if live.connector == *connector => live,
                changed => {
                    if let Some(changed) = changed {
                        changed.scope.end(AbortCode::Removed, "the connector was changed");
                    }
                    let (connector, scope) = (connector.clone(), parent.child());
                    Arc::new(LiveConnector { connector, scope, error: Mutex::default() })
                }
            };
            self.connectors.insert(connector.id, live);
        }
        for removed in old.into_values() {
            removed.scope.end(AbortCode::Removed, "the connector was removed");
        }
    }

    pub(super) fn find(&self, address: &Address) -> Option<Target> {
        if let Some(handler) = self.process.get(address).filter(|handler| !handler.is_closed()) {
            return Some(Target::Process(handler.clone()));
        }
        let of_address = |live: &&Arc<LiveConnector>| live.connector.address == *address;
        let connectors: Vec<_> = self.connectors.values().filter(of_address).cloned().collect();
        (!connectors.is_empty()).then_some(Target::Connector(connectors))
    }

    /// False when somebody else serves the address.
    pub(super) fn serve(&mut self, address: Address, handler: mpsc::Sender<Stream>) -> bool {
        if self.process.get(&address).is_some_and(|other| !other.is_closed()) {
            return false;
        }
        self.process.insert(address, handler);
        true
    }

    pub(super) fn served(&self) -> Vec<Address> {
        self.process.iter().filter(|(_, handler)| !handler.is_closed()).map(|(address, _)| address.clone()).collect()
    }

    pub(super) fn status(&self) -> Vec<SocketStatus<ConnectorId>> {
        let status = |live: &Arc<LiveConnector>| {
            let error = live.error.lock().unwrap_or_else(PoisonError::into_inner).clone();
            SocketStatus { id: live.connector.id, bound: None, error, connections: live.scope.streams() }
        };
        self.connectors.values().map(status).collect()
    }

    pub(super) fn clear(&mut self) {
        self.connectors.clear();
        self.process.clear();
    }
}
