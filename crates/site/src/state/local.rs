//! What the participant configured at the site itself: listeners and connectors of their own, and where central ones
//! listen or lead on this machine.

use std::collections::BTreeMap;

use api::local::{ConsentPolicy, ConsentSet, LogReaders, VolumesAfter};
use compose::model::Platform;
use driver::Volumes;
use model::{
    Address, ConnectorId, HostPort, ListenerId,
    proxy::ProxySettings,
    router::{Connector, Listener},
    terms::Consent,
};
use serde::{Deserialize, Serialize};

use super::Items;

/// The version of the file written here.
pub(super) const FORMAT: u32 = 1;

/// The content of a site's `local.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalConfig {
    /// [`FORMAT`].
    pub format: u32,
    /// Listeners made here.
    #[serde(default)]
    pub listeners: Vec<Listener>,
    /// Connectors made here.
    #[serde(default)]
    pub connectors: Vec<Connector>,
    /// Where centrally authored listeners listen here, when elsewhere than authored.
    #[serde(default)]
    pub adapted_listeners: BTreeMap<ListenerId, HostPort>,
    /// Where centrally authored connectors lead here, when elsewhere than authored.
    #[serde(default)]
    pub adapted_connectors: BTreeMap<ConnectorId, HostPort>,
    /// The access point to attach to first, whatever the backbone's order of preference.
    #[serde(default)]
    pub prefer: Option<HostPort>,
    /// The proxy through which access points and other sites are dialled. A password may be in it: the file is readable by
    /// its owner only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxySettings>,
    /// When the participant wants to be asked about what is deployed here; as the invitation says, if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentPolicy>,
    /// Who may read what workloads here say; the participant alone, if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logs: Option<LogReaders>,
    /// What becomes of the volumes of what is deployed here no more; they are kept, if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes: Option<VolumesAfter>,
    /// What workloads are run on; containers where there is an engine for them, if it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<Runs>,
}

/// What a participant wants workloads to be run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runs {
    /// Child processes of the site.
    Process,
    /// Services of systemd.
    Systemd,
    /// Podman.
    Podman,
    /// Docker.
    Docker,
    /// Nothing: workloads are not run here.
    None,
}

impl Runs {
    /// The platform; none, if nothing is to be run.
    pub fn platform(self) -> Option<Platform> {
        match self {
            Self::Process => Some(Platform::Process),
            Self::Systemd => Some(Platform::Systemd),
            Self::Podman => Some(Platform::Podman),
            Self::Docker => Some(Platform::Docker),
            Self::None => None,
        }
    }
}

impl Default for LocalConfig {
    fn default() -> Self {
        Self {
            format: FORMAT,
            listeners: vec![],
            connectors: vec![],
            adapted_listeners: BTreeMap::new(),
            adapted_connectors: BTreeMap::new(),
            prefer: None,
            proxy: None,
            consent: None,
            logs: None,
            volumes: None,
            run: None,
        }
    }
}

/// A change the participant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A listener of the site's own.
    AddListener(Listener),
    /// Another socket for a listener, wherever it was authored.
    SetListener(ListenerId, HostPort),
    /// Removes a listener of the site's own.
    RemoveListener(ListenerId),
    /// A connector of the site's own.
    AddConnector(Connector),
    /// Another target for a connector, wherever it was authored.
    SetConnector(ConnectorId, HostPort),
    /// Removes a connector of the site's own.
    RemoveConnector(ConnectorId),
}

/// Why a change is not made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is one already.
    #[error("this site has a {what} for address {address} already; use `skx site {what} set` to change it")]
    Exists {
        /// Listener or connector.
        what: &'static str,
        /// The address.
        address: Address,
    },
    /// The socket is another listener's.
    #[error("{bind} is taken by the listener for address {address}")]
    Taken {
        /// The socket.
        bind: HostPort,
        /// Whose it is.
        address: Address,
    },
    /// There is no such object.
    #[error("this site has no such {what}")]
    NotFound {
        /// Listener or connector.
        what: &'static str,
    },
    /// The network's owner wants it to stay as authored.
    #[error(
        "the {what} for address {address} is fixed: the network's owner wants its host and port to stay as they are"
    )]
    Fixed {
        /// Listener or connector.
        what: &'static str,
        /// The address.
        address: Address,
    },
    /// The network's owner says who serves what.
    #[error(
        "the addresses of this network are assigned, and {address} is not assigned to this site; ask the network's owner for a connector"
    )]
    NotAssigned {
        /// The address.
        address: Address,
    },
    /// The invitation by which the site came keeps the address from it.
    #[error("{why}")]
    BeyondTerms {
        /// What it may do instead.
        why: String,
    },
    /// It was authored centrally.
    #[error(
        "the {what} for address {address} comes from the network and cannot be removed here; its host and port can be changed"
    )]
    Central {
        /// Listener or connector.
        what: &'static str,
        /// The address.
        address: Address,
    },
}

impl LocalConfig {
    /// The listeners in force: central ones as adapted here, then local ones.
    pub fn effective_listeners(&self, items: &Items) -> Vec<Listener> {
        let central = items.listeners().map(|listener| {
            let adapted = self.adapted_listeners.get(&listener.id).filter(|_| items.may_move_listener(listener.id));
            Listener { bind: adapted.unwrap_or(&listener.bind).clone(), ..listener.clone() }
        });
        central.chain(self.listeners.iter().cloned()).collect()
    }

    /// The connectors in force: central ones as adapted here, then local ones.
    pub fn effective_connectors(&self, items: &Items) -> Vec<Connector> {
        let central = items.connectors().map(|connector| {
            let adapted = self.adapted_connectors.get(&connector.id).filter(|_| items.may_move_connector(connector.id));
            Connector { target: adapted.unwrap_or(&connector.target).clone(), ..connector.clone() }
        });
        central.chain(self.connectors.iter().cloned()).collect()
    }

    /// `targets` with the preferred one first, if it is among them.
    pub fn in_order(&self, mut targets: Vec<HostPort>) -> Vec<HostPort> {
        // Stable: the rest stays in the backbone's order.
        targets.sort_by_key(|target| self.prefer.as_ref() != Some(target));
        targets
    }

    /// With what the participant says of consent: what is left out stays.
    #[must_use]
    pub fn consenting(self, set: ConsentSet) -> Self {
        Self {
            consent: set.consent.or(self.consent),
            logs: set.logs.or(self.logs),
            volumes: set.volumes.or(self.volumes),
            ..self
        }
    }

    /// What becomes of the volumes of what is deployed here no more.
    pub(crate) fn volumes(&self) -> Volumes {
        match self.volumes.unwrap_or_default() {
            VolumesAfter::Keep => Volumes::Keep,
            VolumesAfter::Delete => Volumes::Delete,
        }
    }

    /// When the participant is asked, where the invitation wants `terms`: whichever asks more.
    pub fn policy(&self, terms: Consent) -> ConsentPolicy {
        self.consent.unwrap_or_default().max(terms.into())
    }

    /// The configuration with `change` made to it.
    pub fn changed(&self, items: &Items, change: Change) -> Result<Self, ChangeError> {
        let mut next = self.clone();
        match change {
            Change::AddListener(listener) => {
                if self.listeners.iter().any(|it| it.address == listener.address) {
                    return Err(ChangeError::Exists { what: LISTENER, address: listener.address });
                }
                if let Some(why) = items.may_not_use(&listener.address) {
                    return Err(ChangeError::BeyondTerms { why });
                }
                self.free(items, listener.id, &listener.bind)?;
                next.listeners.push(listener);
            }
            Change::SetListener(id, bind) => {
                self.free(items, id, &bind)?;
                if let Some(own) = next.listeners.iter_mut().find(|it| it.id == id) {
                    own.bind = bind;
                } else {
                    let central = items.listeners().find(|it| it.id == id).ok_or(NO_LISTENER)?;
                    if !items.may_move_listener(id) {
                        return Err(ChangeError::Fixed { what: LISTENER, address: central.address.clone() });
                    }
                    adapt(&mut next.adapted_listeners, id, bind, &central.bind);
                }
            }
            Change::RemoveListener(id) => {
                if let Some(central) = items.listeners().find(|it| it.id == id) {
                    return Err(ChangeError::Central { what: LISTENER, address: central.address.clone() });
                }
                let at = self.listeners.iter().position(|it| it.id == id).ok_or(NO_LISTENER)?;
                next.listeners.remove(at);
            }
            Change::AddConnector(connector) => {
                if self.connectors.iter().any(|it| it.address == connector.address) {
                    return Err(ChangeError::Exists { what: CONNECTOR, address: connector.address });
                }
                if let Some(why) = items.may_not_serve(&connector.address) {
                    return Err(ChangeError::BeyondTerms { why });
                }
                // What the owner gave this site a connector for is what it may serve.
                let assigned = items.assignments().next().is_some();
                if assigned && !items.connectors().any(|it| it.address == connector.address) {
                    return Err(ChangeError::NotAssigned { address: connector.address });
                }
                next.connectors.push(connector);
            }
            Change::SetConnector(id, target) => {
                if let Some(own) = next.connectors.iter_mut().find(|it| it.id == id) {
                    own.target = target;
                } else {
                    let central = items.connectors().find(|it| it.id == id).ok_or(NO_CONNECTOR)?;
                    if !items.may_move_connector(id) {
                        return Err(ChangeError::Fixed { what: CONNECTOR, address: central.address.clone() });
                    }
                    adapt(&mut next.adapted_connectors, id, target, &central.target);
                }
            }
            Change::RemoveConnector(id) => {
                if let Some(central) = items.connectors().find(|it| it.id == id) {
                    return Err(ChangeError::Central { what: CONNECTOR, address: central.address.clone() });
                }
                let at = self.connectors.iter().position(|it| it.id == id).ok_or(NO_CONNECTOR)?;
                next.connectors.remove(at);
            }
        }
        Ok(next)
    }

    /// Whether `bind` is free for listener `id`. Only what is configured is known here: a port that another program
    /// holds shows in the listener's state.
    fn free(&self, items: &Items, id: ListenerId, bind: &HostPort) -> Result<(), ChangeError> {
        match self.effective_listeners(items).into_iter().find(|it| it.id != id && it.bind == *bind) {
            Some(other) => Err(ChangeError::Taken { bind: bind.clone(), address: other.address }),
            None => Ok(()),
        }
    }
}

const LISTENER: &str = "listener";
const CONNECTOR: &str = "connector";
const NO_LISTENER: ChangeError = ChangeError::NotFound { what: LISTENER };
const NO_CONNECTOR: ChangeError = ChangeError::NotFound { what: CONNECTOR };

/// Notes that a central object is `here` at this site; what is as authored is no adaptation.
fn adapt<Id: Ord>(adapted: &mut BTreeMap<Id, HostPort>, id: Id, here: HostPort, authored: &HostPort) {
    if here == *authored {
        adapted.remove(&id);
    } else {
        adapted.insert(id, here);
    }
}

#[cfg(test)]
mod tests {
    use model::{GenericUuid, desired::Item};
    use uuid::Uuid;

    use super::*;
    use crate::fixture;

    fn listener(n: u128, address: &str, bind: &str) -> Listener {
        Listener {
            id: ListenerId::from_untyped_uuid(Uuid::from_u128(n)),
            address: address.parse().expect("an address"),
            bind: bind.parse().expect("a socket"),
        }
    }

    fn central() -> Items {
        let mut items = fixture::member_items();
        items.push(Item::Listener(listener(1, "web", "127.0.0.1:80")));
        fixture::items(&items, false)
    }

    #[test]
    fn a_central_listener_can_be_moved_and_moved_back_but_not_removed() {
        let (items, local) = (central(), LocalConfig::default());
        let id = ListenerId::from_untyped_uuid(Uuid::from_u128(1));
        let bind: HostPort = "127.0.0.1:8080".parse().expect("a socket");
        let moved = local.changed(&items, Change::SetListener(id, bind.clone())).expect("allowed");
        assert_eq!(moved.effective_listeners(&items)[0].bind, bind);
        let authored = items.listeners().next().expect("it is there").bind.clone();
        assert_eq!(moved.changed(&items, Change::SetListener(id, authored)), Ok(local.clone()));
        let error = local.changed(&items, Change::RemoveListener(id)).expect_err("central");
        assert!(error.to_string().contains("comes from the network"));
    }

    #[test]
    fn own_listeners_come_and_go() {
        let (items, local) = (central(), LocalConfig::default());
        let own = listener(2, "db", "127.0.0.1:5432");
        let with = local.changed(&items, Change::AddListener(own.clone())).expect("allowed");
        assert_eq!(with.effective_listeners(&items).len(), 2);
        let again = listener(3, "db", "127.0.0.1:5433");
        assert!(matches!(with.changed(&items, Change::AddListener(again)), Err(ChangeError::Exists { .. })));
        assert_eq!(with.changed(&items, Change::RemoveListener(own.id)), Ok(local.clone()));
        assert_eq!(local.changed(&items, Change::RemoveListener(own.id)), Err(NO_LISTENER));
    }

    #[test]
    fn two_listeners_cannot_have_one_socket() {
        let (items, local) = (central(), LocalConfig::default());
        let error = local.changed(&items, Change::AddListener(listener(2, "db", "127.0.0.1:80"))).expect_err("taken");
        assert_eq!(error.to_string(), "127.0.0.1:80 is taken by the listener for address web");
        // The same listener may be told what it is already.
        let id = ListenerId::from_untyped_uuid(Uuid::from_u128(1));
        let same = Change::SetListener(id, "127.0.0.1:80".parse().expect("a socket"));
        assert_eq!(local.changed(&items, same), Ok(local.clone()));
    }

    #[test]
    fn what_is_fixed_stays_as_authored_whatever_was_chosen_here_before() {
        let id = ListenerId::from_untyped_uuid(Uuid::from_u128(1));
        let bind: HostPort = "127.0.0.1:8080".parse().expect("a socket");
        let moved = LocalConfig::default().changed(&central(), Change::SetListener(id, bind.clone())).expect("allowed");
        let mut items = fixture::member_items();
        items.push(Item::Listener(listener(1, "web", "127.0.0.1:80")));
        items.push(Item::Fixed(model::desired::Fixed { listeners: [id].into(), ..Default::default() }));
        let items = fixture::items(&items, false);
        assert_eq!(moved.effective_listeners(&items)[0].bind.to_string(), "127.0.0.1:80");
        let error = moved.changed(&items, Change::SetListener(id, bind)).expect_err("fixed").to_string();
        assert!(error.contains("web is fixed"), "{error}");
    }

    #[test]
    fn only_what_is_assigned_can_be_served_where_addresses_are_assigned() {
        let connector = |n, address: &str| Connector {
            id: ConnectorId::from_untyped_uuid(Uuid::from_u128(n)),
            address: address.parse().expect("an address"),
            target: "127.0.0.1:1".parse().expect("a target"),
        };
        let mut items = fixture::member_items();
        items.push(Item::Connector(connector(1, "db")));
        items.push(Item::Assignments(model::desired::NetworkAssignments {
            network: model::NetworkId::from_untyped_uuid(Uuid::from_u128(3)),
            assignments: Default::default(),
        }));
        let items = fixture::items(&items, false);
        let add = |n, address| LocalConfig::default().changed(&items, Change::AddConnector(connector(n, address)));
        assert!(add(2, "db").is_ok());
        let error = add(3, "web").expect_err("not assigned").to_string();
        assert!(error.contains("web is not assigned"), "{error}");
    }

    #[test]
    fn an_adaptation_of_what_is_gone_does_nothing() {
        let items = central();
        let id = ListenerId::from_untyped_uuid(Uuid::from_u128(1));
        let moved = LocalConfig::default().changed(&items, Change::SetListener(id, "127.0.0.1:1".parse().expect("ok")));
        let gone = fixture::items(&fixture::member_items(), false);
        assert!(moved.expect("allowed").effective_listeners(&gone).is_empty());
    }
}
