//! Who serves and who uses which address: for people, and for nothing else.

use std::collections::{BTreeMap, BTreeSet};

use model::Address;

use super::{AddressUse, Core};
use crate::{NodeId, Realm};

impl Core {
    /// The addresses of `realm`, or of every realm, that somebody serves or uses. An edge site knows its own.
    pub fn addresses(&self, realm: Option<Realm>) -> Vec<AddressUse> {
        if self.is_backbone() {
            let realms: BTreeSet<Realm> = match realm {
                Some(realm) => [realm].into(),
                None => self.table.realms().chain(self.users.keys().copied()).collect(),
            };
            return realms.into_iter().flat_map(|realm| self.addresses_of(realm)).collect();
        }
        let network = self.config.me.kind.network();
        let mut addresses: BTreeSet<&Address> = self.services.uses.iter().collect();
        addresses.extend(self.services.serves.keys());
        let of_realm = addresses.into_iter().filter_map(|address| Some((Realm::of(address, network)?, address)));
        let wanted = of_realm.filter(|(of, _)| realm.is_none_or(|realm| realm == *of));
        wanted
            .map(|(realm, address)| AddressUse {
                realm,
                address: address.clone(),
                serving: self.seen_from_here(address),
                users: self.services.uses.contains(address).then_some(self.config.me.node).into_iter().collect(),
            })
            .collect()
    }

    fn addresses_of(&self, realm: Realm) -> Vec<AddressUse> {
        let mut users: BTreeMap<&Address, BTreeSet<NodeId>> = BTreeMap::new();
        for (address, links) in self.users.get(&realm).into_iter().flatten() {
            let sites = links.iter().filter_map(|key| self.links.get(*key)).map(|link| link.peer.node);
            users.entry(address).or_default().extend(sites);
        }
        if realm == Realm::Platform {
            for address in &self.services.uses {
                users.entry(address).or_default().insert(self.config.me.node);
            }
        }
        let mut addresses: BTreeSet<&Address> = self.table.addresses(realm).collect();
        addresses.extend(users.keys());
        let used = |address: &Address| AddressUse {
            realm,
            address: address.clone(),
            serving: self.candidates_for_sites(realm, address).to_vec(),
            users: users.get(address).cloned().unwrap_or_default(),
        };
        addresses.into_iter().map(used).collect()
    }
}
