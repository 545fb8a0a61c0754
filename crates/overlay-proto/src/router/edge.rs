//! A site at the edge — member, controller, invitation, enrolling site — towards its access routers.

use std::collections::BTreeMap;

use model::Address;

use super::{
    Core,
    attach::read_offers,
    links::{self, Received},
};
use crate::{
    LinkKey, Millis, NodeId, PeerKind, Realm,
    link::{Attach, Candidates, Service, frame::Body},
    select::Candidate,
};

impl Core {
    /// Who serves an address that this site uses, itself included (at cost 0): input for [`crate::select`]. Nobody, when
    /// [`Services::uses`](super::Services::uses) does not name it.
    pub fn candidates(&self, address: &Address) -> Vec<Candidate> {
        self.local.get(address).map(|known| known.to_vec()).unwrap_or_default()
    }

    /// A link from this edge site is up.
    pub(super) fn access_up(&mut self, key: LinkKey) {
        self.send_attach(key);
        self.access_changed();
    }

    pub(super) fn attach_everywhere(&mut self) {
        for key in self.links.iter().map(|(key, _)| key).collect::<Vec<_>>() {
            self.send_attach(key);
        }
    }

    /// Says what this site serves and uses: to its access routers; a controller also to the enrolling sites it dialled.
    fn send_attach(&mut self, key: LinkKey) {
        let Some(link) = self.links.get_mut(key) else { return };
        let uses = match (self.config.me.kind, link.peer.kind) {
            (_, PeerKind::Backbone) => self.services.uses.iter().map(ToString::to_string).collect(),
            (PeerKind::Controller, PeerKind::Bootstrap) => Vec::new(),
            _ => return,
        };
        link.attach_version += 1;
        let version = link.attach_version;
        let service = |(address, offer): (&Address, &super::Offer)| Service {
            address: address.to_string(),
            weight: offer.weight,
            draining: offer.draining || self.draining,
        };
        let serves = self.services.serves.iter().map(service).collect();
        self.send(key, Body::Attach(Attach { version, serves, uses }));
    }

    /// A controller that dialled this enrolling site says what it serves.
    pub(super) fn controller_attach(&mut self, key: LinkKey, said: Attach, now: Millis) {
        let Some(link) = self.links.get_mut(key) else { return };
        match read_offers(link.peer.kind, &said.serves) {
            Err(message) => self.violation(key, message, now),
            Ok(_) if link.attach.as_ref().is_some_and(|attach| attach.version >= said.version) => {}
            Ok(serves) => {
                link.attach = Some(links::Attach { version: said.version, serves, ..Default::default() });
                self.access_changed();
            }
        }
    }

    /// An access router says who serves an address.
    pub(super) fn candidates_received(&mut self, key: LinkKey, said: Candidates, now: Millis) {
        let Ok(address) = Address::from_wire(&said.address) else {
            return self.violation(key, "candidates for what is no address", now);
        };
        let candidate = |c: &crate::link::Candidate| {
            let site = NodeId::from_wire(&c.site)?;
            Some(Candidate { site, cost: c.cost, weight: c.weight, draining: c.draining })
        };
        let Some(candidates) = said.candidates.iter().map(candidate).collect::<Option<Vec<_>>>() else {
            return self.violation(key, "a candidate without a site", now);
        };
        // It may have crossed with our no longer using the address.
        if !self.services.uses.contains(&address) {
            return;
        }
        let Some(link) = self.links.get_mut(key) else { return };
        if link.received.get(&address).is_some_and(|known| known.version >= said.version) {
            return;
        }
        link.received.insert(address.clone(), Received { version: said.version, candidates });
        let candidates = self.seen_from_here(&address);
        self.set_local(address, candidates);
    }

    /// Links, or what is used, are others than before.
    pub(super) fn access_changed(&mut self) {
        let uses = self.services.uses.clone();
        self.local.retain(|address, _| uses.contains(address));
        for link in self.links.0.values_mut() {
            link.received.retain(|address, _| uses.contains(address));
        }
        for address in uses {
            let candidates = self.seen_from_here(&address);
            self.set_local(address, candidates);
        }
    }

    /// What all access routers say of an address, put together: each site once, by the best way.
    pub(super) fn seen_from_here(&self, address: &Address) -> Vec<Candidate> {
        let mut best: BTreeMap<NodeId, Candidate> = BTreeMap::new();
        let mut add = |candidate: Candidate| {
            let better = |known: &mut Candidate| {
                if (candidate.draining, candidate.cost) < (known.draining, known.cost) {
                    *known = candidate;
                }
            };
            best.entry(candidate.site).and_modify(better).or_insert(candidate);
        };
        for (_, link) in self.links.iter() {
            for c in link.received.get(address).into_iter().flat_map(|received| &received.candidates) {
                add(Candidate { cost: c.cost.saturating_add(link.cost), draining: c.draining || link.draining, ..*c });
            }
            if let Some(offer) = link.attach.as_ref().and_then(|attach| attach.serves.get(address)) {
                let draining = offer.draining || link.draining;
                add(Candidate { site: link.peer.node, cost: link.cost, weight: offer.weight, draining });
            }
        }
        if let Some(offer) = self.services.serves.get(address) {
            let (site, draining) = (self.config.me.node, offer.draining || self.draining);
            best.insert(site, Candidate { site, cost: 0, weight: offer.weight, draining });
        } else {
            // What the access router has not yet heard that we no longer serve.
            best.remove(&self.config.me.node);
        }
        let mut candidates: Vec<Candidate> = best.into_values().collect();
        if let Some(realm) = Realm::of(address, self.config.me.kind.network()) {
            candidates.retain(|candidate| self.may_serve(realm, address, candidate.site));
        }
        candidates.sort_unstable_by_key(|c| (c.draining, c.cost, c.site));
        candidates
    }
}
