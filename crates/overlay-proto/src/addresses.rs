//! Address tables: which sites of a realm are attached at which routers, and what they serve.
//!
//! Every question names a [`Realm`], and every answer comes from that realm's own table: there is no way to ask across.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use model::Address;

use crate::{
    NodeId, Realm,
    link::NetworkRecord,
    lsdb::{Distance, Routes},
    select::Candidate,
};

/// How a site serves an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Offer {
    /// Its share of the streams, relative to other sites.
    pub weight: u32,
    /// It takes new streams only if nobody else does.
    pub draining: bool,
}

impl Default for Offer {
    fn default() -> Self {
        Self { weight: 1, draining: false }
    }
}

/// A site, as attached at one router.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attached {
    /// What it serves.
    pub serves: BTreeMap<Address, Offer>,
    /// Since when, in Unix milliseconds.
    pub since: u64,
}

impl Attached {
    /// Reads the sites of a record about `realm`. What cannot be there — sites without an id, addresses that are none, or
    /// not of this realm — is left out: the record's origin answers for it alone.
    pub fn read(realm: Realm, record: &NetworkRecord) -> BTreeMap<NodeId, Self> {
        let mut sites = BTreeMap::new();
        for site in &record.sites {
            let Some(id) = NodeId::from_wire(&site.site) else { continue };
            let serves = site.services.iter().filter_map(|service| {
                let address = Address::from_wire(&service.address).ok()?;
                let fits = address.is_platform() == (realm == Realm::Platform);
                fits.then_some((address, Offer { weight: service.weight, draining: service.draining }))
            });
            sites.insert(id, Self { serves: serves.collect(), since: site.attached_at_ms });
        }
        sites
    }
}

/// Who is attached where, of all realms.
#[derive(Debug, Default)]
pub struct Table {
    realms: BTreeMap<Realm, RealmTable>,
}

/// One realm's part, with what is needed to find sites by id and by address.
#[derive(Debug, Default)]
struct RealmTable {
    routers: BTreeMap<NodeId, BTreeMap<NodeId, Attached>>,
    by_site: BTreeMap<NodeId, BTreeSet<NodeId>>,
    by_address: BTreeMap<Address, BTreeSet<(NodeId, NodeId)>>,
}

/// How good a place a site is attached at: the least is best.
type Rank = (bool, Distance, Reverse<u64>, NodeId);

impl Table {
    /// Takes over what `router` says of the sites of `realm` attached at it, in place of what it said before. Says whether
    /// anything changed.
    pub fn replace(&mut self, router: NodeId, realm: Realm, sites: BTreeMap<NodeId, Attached>) -> bool {
        let before = self.realms.get(&realm).and_then(|table| table.routers.get(&router));
        let gone = before.into_iter().flat_map(|before| before.keys().filter(|site| !sites.contains_key(site)));
        let gone: Vec<NodeId> = gone.copied().collect();
        let mut changed = !gone.is_empty();
        for site in gone {
            self.set(router, realm, site, None);
        }
        for (site, attached) in sites {
            changed |= self.set(router, realm, site, Some(attached));
        }
        changed
    }

    /// Takes over how one site is attached at `router`, if it is. Says whether anything changed.
    pub fn set(&mut self, router: NodeId, realm: Realm, site: NodeId, attached: Option<Attached>) -> bool {
        let table = match self.realms.entry(realm) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(_) if attached.is_none() => return false,
            Entry::Vacant(entry) => entry.insert(RealmTable::default()),
        };
        if table.at(router, site) == attached.as_ref() {
            return false;
        }
        table.remove(router, site);
        if let Some(attached) = attached {
            table.insert(router, site, attached);
        }
        if table.routers.is_empty() {
            self.realms.remove(&realm);
        }
        true
    }

    /// Forgets all that `router` said, and says which realms that touches.
    pub fn remove_router(&mut self, router: NodeId) -> Vec<Realm> {
        let touched: Vec<Realm> = self
            .realms
            .iter()
            .filter(|(_, table)| table.routers.contains_key(&router))
            .map(|(realm, _)| *realm)
            .collect();
        for realm in &touched {
            self.replace(router, *realm, BTreeMap::new());
        }
        touched
    }

    /// The sites of `realm` attached at `router`.
    pub fn attached(&self, router: NodeId, realm: Realm) -> Option<&BTreeMap<NodeId, Attached>> {
        self.realms.get(&realm)?.routers.get(&router)
    }

    /// The routers at which a site of `realm` is attached and that can be reached, best first: not draining, near, and
    /// where it was attached last.
    pub fn locate(&self, realm: Realm, site: NodeId, routes: &Routes) -> Vec<NodeId> {
        let Some(table) = self.realms.get(&realm) else {
            return Vec::new();
        };
        let routers = table.by_site.get(&site).into_iter().flatten();
        let mut ranked: Vec<Rank> = routers.filter_map(|router| table.rank(*router, site, false, routes)).collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(.., router)| router).collect()
    }

    /// Who of `realm` serves `address` and can be reached, each site once, by its best attachment; those that drain last,
    /// then near ones first.
    pub fn candidates(&self, realm: Realm, address: &Address, routes: &Routes) -> Vec<Candidate> {
        let Some(table) = self.realms.get(&realm) else {
            return Vec::new();
        };
        let mut best: BTreeMap<NodeId, (Rank, Offer)> = BTreeMap::new();
        for (router, site) in table.by_address.get(address).into_iter().flatten() {
            let offer = table.at(*router, *site).and_then(|attached| attached.serves.get(address));
            let offer = *offer.expect("the index by address follows the table");
            let Some(rank) = table.rank(*router, *site, offer.draining, routes) else { continue };
            best.entry(*site)
                .and_modify(|b| {
                    if rank < b.0 {
                        *b = (rank, offer)
                    }
                })
                .or_insert((rank, offer));
        }
        let mut candidates: Vec<Candidate> = best
            .into_iter()
            .map(|(site, ((draining, distance, ..), offer))| {
                let cost = u32::try_from(distance.cost).unwrap_or(u32::MAX);
                Candidate { site, cost, weight: offer.weight, draining }
            })
            .collect();
        candidates.sort_unstable_by_key(|c| (c.draining, c.cost, c.site));
        candidates
    }

    /// The addresses of `realm` that anybody serves.
    pub fn addresses(&self, realm: Realm) -> impl Iterator<Item = &Address> + '_ {
        self.realms.get(&realm).into_iter().flat_map(|table| table.by_address.keys())
    }

    /// The realms of which any site is attached anywhere.
    pub fn realms(&self) -> impl Iterator<Item = Realm> + '_ {
        self.realms.keys().copied()
    }
}

impl RealmTable {
    fn at(&self, router: NodeId, site: NodeId) -> Option<&Attached> {
        self.routers.get(&router)?.get(&site)
    }

    fn rank(&self, router: NodeId, site: NodeId, draining: bool, routes: &Routes) -> Option<Rank> {
        let route = routes.to(router)?;
        let since = self.at(router, site)?.since;
        Some((draining || route.draining, route.distance, Reverse(since), router))
    }

    fn insert(&mut self, router: NodeId, site: NodeId, attached: Attached) {
        for address in attached.serves.keys() {
            self.by_address.entry(address.clone()).or_default().insert((router, site));
        }
        self.by_site.entry(site).or_default().insert(router);
        self.routers.entry(router).or_default().insert(site, attached);
    }

    fn remove(&mut self, router: NodeId, site: NodeId) {
        let Some(sites) = self.routers.get_mut(&router) else { return };
        let Some(attached) = sites.remove(&site) else { return };
        if sites.is_empty() {
            self.routers.remove(&router);
        }
        take_out(&mut self.by_site, &site, &router);
        for address in attached.serves.keys() {
            take_out(&mut self.by_address, address, &(router, site));
        }
    }
}

/// Removes `value` from the set at `key`, and the set when nothing is left in it.
pub(crate) fn take_out<K: Ord + Clone, V: Ord>(index: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: &V) {
    if let Some(set) = index.get_mut(key) {
        set.remove(value);
        if set.is_empty() {
            index.remove(key);
        }
    }
}

#[cfg(test)]
#[path = "addresses_tests.rs"]
mod tests;
