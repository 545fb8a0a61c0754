//! What the desired state of members is made from: one read serves every member of a network, as long as nothing
//! changes. What is kept here is dropped by the change feed before any session is woken, so that who is woken reads anew.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::{NetworkId, SiteId};
use store::{Store, StoreError, inputs, inputs::NetworkInputs, member::Member};
use tokio::sync::OnceCell;

use crate::sessions::Concern;

/// What all members of a network share, and the members.
#[derive(Debug)]
pub(crate) struct NetworkState {
    pub(crate) inputs: NetworkInputs,
    members: HashMap<SiteId, Member>,
}

impl NetworkState {
    /// A live member, unless it joined after this was read.
    pub(crate) fn member(&self, site: SiteId) -> Option<&Member> {
        self.members.get(&site)
    }
}

type Cell = Arc<OnceCell<Arc<NetworkState>>>;

/// The networks' states that were read and have not changed since.
#[derive(Debug, Default)]
pub(crate) struct Desired {
    networks: Mutex<HashMap<NetworkId, Cell>>,
}

impl Desired {
    /// The state of a network, read once however many ask at the same time.
    pub(crate) async fn network(&self, store: &Store, network: NetworkId) -> Result<Arc<NetworkState>, StoreError> {
        let cell = self.lock().entry(network).or_default().clone();
        cell.get_or_try_init(|| async {
            let (inputs, members) = inputs::network_desired_inputs(store, network).await?;
            let members = members.into_iter().map(|member| (member.id, member)).collect();
            Ok(Arc::new(NetworkState { inputs, members }))
        })
        .await
        .cloned()
    }

    /// Forgets what `concern` may have changed.
    pub(crate) fn forget(&self, concern: &Concern) {
        match concern {
            Concern::Network(network) | Concern::Member(network, _) => drop(self.lock().remove(network)),
            // Access points and authorities of a backbone are part of its networks' states.
            Concern::Backbone(_) => self.forget_all(),
            Concern::BackboneSite(_) | Concern::Relays(_) => {}
        }
    }

    /// Forgets everything.
    pub(crate) fn forget_all(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<NetworkId, Cell>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
