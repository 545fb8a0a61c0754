//! The sites attached at a backbone router: what they serve and use, and who serves what they use.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::Address;

use super::{
    Core, Output,
    links::{Attach, Link},
    rules,
};
use crate::{
    LinkKey, Millis, Peer, PeerKind, Realm,
    addresses::{Attached, Offer, take_out},
    link::{self, Candidates, frame::Body},
    records::Topic,
    select::Candidate,
};

/// The most candidates a site is told of per address: more would not fit into a frame, nor be of use.
const CANDIDATES: usize = 1_024;

/// The realm in which a site with such a certificate can be found, if it can.
fn home(kind: PeerKind) -> Option<Realm> {
    match kind {
        PeerKind::Member { network } => Some(Realm::Network(network)),
        PeerKind::Controller => Some(Realm::Platform),
        PeerKind::Backbone | PeerKind::Claim { .. } | PeerKind::Bootstrap => None,
    }
}

/// Reads what a site says it serves, by what its certificate lets it serve.
pub(super) fn read_offers(kind: PeerKind, serves: &[link::Service]) -> Result<BTreeMap<Address, Offer>, String> {
    let mut offers = BTreeMap::new();
    for service in serves {
        let address = Address::from_wire(&service.address).map_err(|error| error.to_string())?;
        if !rules::serves(kind, &address) {
            return Err(format!("a {} must not serve {address}", kind.name()));
        }
        offers.insert(address, Offer { weight: service.weight, draining: service.draining });
    }
    Ok(offers)
}

fn read_uses(kind: PeerKind, uses: &[String]) -> Result<BTreeSet<Address>, String> {
    let mut addresses = BTreeSet::new();
    for address in uses {
        let address = Address::from_wire(address).map_err(|error| error.to_string())?;
        if !rules::uses(kind, &address) {
            return Err(format!("a {} must not use {address}", kind.name()));
        }
        addresses.insert(address);
    }
    Ok(addresses)
}

impl Core {
    pub(super) fn site_up(&mut self, key: LinkKey, now: Millis) {
        let Some(peer) = self.links.get(key).map(|link| link.peer) else { return };
        if let Some(realm) = home(peer.kind) {
            self.attached.entry((realm, peer.node)).or_default().insert(key);
            self.site_changed(peer, now);
        }
    }

    pub(super) fn site_down(&mut self, key: LinkKey, link: &Link, now: Millis) {
        for address in link.attach.iter().flat_map(|attach| &attach.uses) {
            self.remove_user(link.peer, address, key);
        }
        if let Some(realm) = home(link.peer.kind) {
            take_out(&mut self.attached, &(realm, link.peer.node), &key);
            self.site_changed(link.peer, now);
        }
    }

    /// Brings the table up to date with what is known of a site by its links.
    pub(super) fn site_changed(&mut self, peer: Peer, now: Millis) {
        let Some(realm) = home(peer.kind) else { return };
        let keys = self.attached.get(&(realm, peer.node)).into_iter().flatten();
        let mut links: Vec<(LinkKey, &Link)> = keys.filter_map(|key| Some((*key, self.links.get(*key)?))).collect();
        links.sort_by_key(|(key, link)| (link.up, *key));
        let attached = links.last().map(|(_, newest)| {
            let draining = links.iter().all(|(_, link)| link.draining);
            // A new link counts from when it has said what is served; until then the one before it.
            let said = links.iter().rev().find_map(|(_, link)| link.attach.as_ref());
            let offers = said.into_iter().flat_map(|attach| &attach.serves);
            let offers = offers.filter(|(address, _)| self.may_serve(realm, address, peer.node));
            let drained = |(address, offer): (&Address, &Offer)| {
                (address.clone(), Offer { draining: offer.draining || draining, ..*offer })
            };
            let since = self.config.unix_ms_at_zero.saturating_add(newest.up.0);
            Attached { serves: offers.map(drained).collect(), since }
        });
        if self.table.set(self.config.me.node, realm, peer.node, attached) {
            self.own.want(Topic::Attached(realm), now);
            self.look_again(realm, now);
        }
    }

    /// A site says what it serves and uses.
    pub(super) fn site_attach(&mut self, key: LinkKey, said: link::Attach, now: Millis) {
        let Some(link) = self.links.get(key) else { return };
        let (peer, limits) = (link.peer, self.config.limits);
        if said.serves.len() > limits.serves || said.uses.len() > limits.uses {
            let message = format!("a site may serve {} addresses and use {}", limits.serves, limits.uses);
            return self.over_limit(key, message, now);
        }
        let read =
            read_offers(peer.kind, &said.serves).and_then(|serves| Ok((serves, read_uses(peer.kind, &said.uses)?)));
        let (mut serves, mut uses) = match read {
            Ok(read) => read,
            Err(message) => return self.violation(key, message, now),
        };
        let offered = serves.len();
        if let Some(link) = self.links.get(key) {
            serves.retain(|address, _| link.limits.serve.allow(address));
            uses.retain(|address| link.limits.uses.allow(address));
        }
        let foreign = home(peer.kind)
            .map_or(0, |realm| serves.keys().filter(|address| !self.may_serve(realm, address, peer.node)).count());
        let foreign = foreign + (offered - serves.len());
        self.counters.services_not_assigned += u64::try_from(foreign).unwrap_or(u64::MAX);
        let Some(link) = self.links.get(key) else { return };
        let before = match &link.attach {
            Some(attach) if attach.version >= said.version => return,
            Some(attach) => attach.uses.clone(),
            None => BTreeSet::new(),
        };
        for address in before.difference(&uses) {
            self.remove_user(peer, address, key);
        }
        for address in uses.difference(&before) {
            self.add_user(peer, address, key);
        }
        if let Some(link) = self.links.get_mut(key) {
            link.sent.retain(|address, _| uses.contains(address));
            link.attach = Some(Attach { version: said.version, serves, uses: uses.clone() });
        }
        self.site_changed(peer, now);
        for address in uses.difference(&before) {
            if let Some(realm) = Realm::of(address, peer.kind.network()) {
                let candidates = self.candidates_for_sites(realm, address);
                self.send_candidates(key, address, &candidates);
            }
        }
    }

    fn add_user(&mut self, peer: Peer, address: &Address, key: LinkKey) {
        if let Some(realm) = Realm::of(address, peer.kind.network()) {
            self.users.entry(realm).or_default().entry(address.clone()).or_default().insert(key);
        }
    }

    fn remove_user(&mut self, peer: Peer, address: &Address, key: LinkKey) {
        let Some(realm) = Realm::of(address, peer.kind.network()) else { return };
        let Some(addresses) = self.users.get_mut(&realm) else { return };
        take_out(addresses, address, &key);
        if addresses.is_empty() {
            self.users.remove(&realm);
        }
    }

    /// Something about a realm has changed: whoever uses addresses of it may have to be told.
    pub(super) fn look_again(&mut self, realm: Realm, now: Millis) {
        if realm == Realm::Platform || self.users.contains_key(&realm) {
            self.push.want(realm, now);
        }
    }

    pub(super) fn push_candidates(&mut self, now: Millis) {
        for realm in self.push.take(now) {
            let users = self.users.get(&realm).into_iter().flatten();
            let users: Vec<(Address, Vec<LinkKey>)> =
                users.map(|(address, links)| (address.clone(), links.iter().copied().collect())).collect();
            for (address, links) in users {
                let candidates = self.candidates_for_sites(realm, &address);
                for key in links {
                    self.send_candidates(key, &address, &candidates);
                }
            }
            if realm == Realm::Platform {
                self.look_at_local_uses();
            }
        }
    }

    /// The candidates for what this backbone router uses itself.
    fn look_at_local_uses(&mut self) {
        self.local.retain(|address, _| self.services.uses.contains(address));
        for address in self.services.uses.clone() {
            let candidates = self.table.candidates(Realm::Platform, &address, &self.routes);
            self.set_local(address, candidates);
        }
    }

    /// Takes over who serves an address that this site uses, and says so if it is news.
    pub(super) fn set_local(&mut self, address: Address, candidates: Vec<Candidate>) {
        let known = self.local.get(&address).map_or(&[][..], |known| &known[..]);
        if known != candidates {
            self.local.insert(address.clone(), candidates.into());
            self.outputs.push_back(Output::CandidatesChanged { address });
            self.reachable_changed = true;
        }
    }

    pub(super) fn candidates_for_sites(&self, realm: Realm, address: &Address) -> Arc<[Candidate]> {
        let mut candidates = self.table.candidates(realm, address, &self.routes);
        // Another router may not know yet, or not tell the truth.
        candidates.retain(|candidate| self.may_serve(realm, address, candidate.site));
        candidates.truncate(CANDIDATES);
        candidates.into()
    }

    /// Tells a site who serves an address it uses, unless it knows.
    fn send_candidates(&mut self, key: LinkKey, address: &Address, candidates: &Arc<[Candidate]>) {
        let Some(link) = self.links.get_mut(key) else { return };
        if link.sent.get(address).is_some_and(|sent| sent == candidates) {
            return;
        }
        link.sent.insert(address.clone(), Arc::clone(candidates));
        link.sent_version += 1;
        let candidate = |c: &Candidate| link::Candidate {
            site: c.site.to_wire(),
            cost: c.cost,
            weight: c.weight,
            draining: c.draining,
        };
        let candidates = candidates.iter().map(candidate).collect();
        let frame = Candidates { address: address.to_string(), version: link.sent_version, candidates };
        self.send(key, Body::Candidates(frame));
    }
}
