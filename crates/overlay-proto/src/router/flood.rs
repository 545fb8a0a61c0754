//! Records: making one's own, passing on those of others, and the routes that follow from them.

use std::collections::BTreeMap;

use prost::Message;

use super::{Core, Output, Signed};
use crate::{
    LinkKey, Millis, NodeId, Realm,
    addresses::Attached,
    link::{
        AttachedSite, Edge, LinkState, NetworkRecord, Record, Service, SignedRecord, frame::Body, record::Body as Said,
    },
    records::{Head, Judgement, Records, Topic, Version},
    wire::Limits,
};

/// How long nothing is signed after there was no certificate to sign with, in milliseconds.
const SIGN_AGAIN: u64 = 1_000;
/// How long to wait before answering a second time to records of ourselves that we did not make: another router may be
/// running with our identity, and answering it at once would never end.
const OVERTAKEN: u64 = 1_000;
/// What is left of the longest record for the signature, the certificate and the envelope.
const ENVELOPE: usize = 16 << 10;

impl Core {
    /// The record of an [`Output::Verify`] is what its origin signed.
    pub fn verified_record(&mut self, link: LinkKey, signed: SignedRecord, record: Record, now: Millis) {
        if let Some(head) = Head::read(&record)
            && self.is_backbone()
            && self.records.judge(&head) == Judgement::Newer
        {
            if head.origin == self.config.me.node {
                self.overtaken(head, signed, now);
            } else {
                let from = self.links.get(link).map(|link| link.peer.node);
                self.take(head, signed, record, from, now);
            }
        }
        self.settle(now);
    }

    /// A router is no longer trusted: what is known from it is forgotten. Its links are the shell's to close.
    pub fn forget(&mut self, router: NodeId, now: Millis) {
        self.records.forget(router);
        self.forget_routes(router, now);
        self.settle(now);
    }

    /// This router's certificate was replaced: all its records are signed anew.
    pub fn resign(&mut self, now: Millis) {
        self.want_all_records(now);
        self.settle(now);
    }

    /// A neighbour passed on a record: is it worth verifying?
    pub(super) fn record(&mut self, link: LinkKey, signed: SignedRecord, now: Millis) {
        let Ok(record) = Record::decode(&signed.record[..]) else {
            return self.violation(link, "a record that cannot be read", now);
        };
        let Some(head) = Head::read(&record) else {
            // Perhaps of a later version of the protocol: its neighbours that speak it pass it on.
            self.counters.records_refused += 1;
            return;
        };
        match self.records.judge(&head) {
            // Whoever made it is forgotten already if it had not travelled.
            Judgement::Newer if u64::from(signed.age_ms) >= Records::LIFETIME && head.topic == Topic::LinkState => {}
            Judgement::Newer => self.outputs.push_back(Output::Verify { link, signed, record }),
            Judgement::Old => {}
            Judgement::TooMany => self.counters.records_refused += 1,
        }
    }

    fn take(&mut self, head: Head, signed: SignedRecord, record: Record, from: Option<NodeId>, now: Millis) {
        if self.records.keep(&head, signed.clone(), now) {
            self.forget_routes(head.origin, now);
        }
        match (head.topic, record.body) {
            (Topic::LinkState, Some(Said::LinkState(state))) => {
                self.lsdb.set(head.origin, &state);
                self.routes_stale = true;
            }
            (Topic::Attached(realm), Some(Said::Network(network)))
                if self.table.replace(head.origin, realm, Attached::read(realm, &network)) =>
            {
                self.look_again(realm, now);
            }
            _ => {}
        }
        self.flood(&signed, from);
    }

    fn flood(&mut self, signed: &SignedRecord, except: Option<NodeId>) {
        let to = self.links.backbone().filter(|(_, link)| Some(link.peer.node) != except);
        for key in to.map(|(key, _)| key).collect::<Vec<_>>() {
            self.send(key, Body::Record(signed.clone()));
        }
    }

    /// Someone has a record of ours that is newer than what we made: from an earlier life whose epoch was forgotten, or
    /// from another router with our identity. Ours become newer.
    fn overtaken(&mut self, head: Head, signed: SignedRecord, now: Millis) {
        if head.version.epoch > self.version.epoch {
            let epoch = head.version.epoch.saturating_add(1);
            self.version = Version { epoch, sequence: 0 };
            self.outputs.push_back(Output::EpochRaised { epoch });
            self.want_all_records(now);
        } else {
            self.version.sequence = self.version.sequence.max(head.version.sequence);
        }
        // Kept, so that ours is made newer even where it only withdraws.
        self.records.keep(&head, signed, now);
        self.own.want(head.topic, now);
        if now < self.next_answer {
            self.own.put_all_off(self.next_answer);
        } else {
            self.next_answer = now.after(OVERTAKEN);
        }
    }

    /// A neighbour is there: it learns everything, our own news first.
    pub(super) fn neighbour_up(&mut self, key: LinkKey, now: Millis) {
        self.neighbours_changed(now);
        for signed in self.records.all(now).collect::<Vec<_>>() {
            self.send(key, Body::Record(signed));
        }
    }

    /// Our link state is another than before.
    pub(super) fn neighbours_changed(&mut self, now: Millis) {
        self.routes_stale = true;
        self.own.want(Topic::LinkState, now);
    }

    pub(super) fn forget_routes(&mut self, router: NodeId, now: Millis) {
        self.lsdb.remove(router);
        for realm in self.table.remove_router(router) {
            self.look_again(realm, now);
        }
        self.routes_stale = true;
    }

    pub(super) fn find_routes(&mut self, now: Millis) {
        let routes = self.lsdb.routes(self.config.me.node, &self.links.edges(), self.draining);
        if routes == self.routes {
            return;
        }
        self.routes = routes;
        self.reachable_changed = true;
        for realm in self.table.realms().chain(self.users.keys().copied()).collect::<Vec<_>>() {
            self.look_again(realm, now);
        }
    }

    fn want_all_records(&mut self, now: Millis) {
        self.own.want(Topic::LinkState, now);
        for topic in self.records.topics(self.config.me.node) {
            self.own.want(topic, now);
        }
    }

    pub(super) fn make_records(&mut self, now: Millis) {
        for topic in self.own.take(now) {
            match self.make_record(topic, now) {
                Made::Signed(signed) => {
                    if topic == Topic::LinkState {
                        self.last_refresh = now;
                    }
                    self.flood(&signed, None);
                }
                Made::Needless => {}
                Made::NoCertificate => self.own.put_off(topic, now.after(SIGN_AGAIN)),
            }
        }
    }

    fn make_record(&mut self, topic: Topic, now: Millis) -> Made {
        let me = self.config.me.node;
        let body = match topic {
            Topic::LinkState => Said::LinkState(self.link_state()),
            Topic::Attached(realm) => Said::Network(self.network_record(realm)),
        };
        let withdrawn = matches!(&body, Said::Network(network) if network.sites.is_empty());
        let version = Version { sequence: self.version.sequence + 1, ..self.version };
        let head = Head { origin: me, topic, version, withdrawn };
        if withdrawn && self.records.held(me, topic).is_none_or(|(held, gone)| gone && held.epoch == version.epoch) {
            return Made::Needless;
        }
        let Version { epoch, sequence } = version;
        let record = Record { origin: me.to_wire(), epoch, sequence, body: Some(body) }.encode_to_vec();
        let Some(Signed { signature, certificate }) = (self.config.sign)(&record) else {
            return Made::NoCertificate;
        };
        self.version = version;
        let signed = SignedRecord { record, signature, certificate, age_ms: 0 };
        self.records.keep(&head, signed.clone(), now);
        Made::Signed(signed)
    }

    fn link_state(&self) -> LinkState {
        let edges = self.links.edges();
        let edges = edges.iter().map(|(neighbour, cost)| Edge { neighbour: neighbour.to_wire(), cost: *cost });
        LinkState { edges: edges.collect(), draining: self.draining }
    }

    fn network_record(&mut self, realm: Realm) -> NetworkRecord {
        let nobody = BTreeMap::new();
        let sites = self.table.attached(self.config.me.node, realm).unwrap_or(&nobody);
        let (record, left_out) = fair_record(realm, sites, Limits::PROTOCOL.record - ENVELOPE);
        self.counters.services_left_out += left_out;
        record
    }
}

enum Made {
    Signed(SignedRecord),
    /// It would withdraw what was never said.
    Needless,
    NoCertificate,
}

/// The record of `sites` in no more than `budget` bytes, and how many services had to be left out of it: when there are
/// too many, every site gets its first before any gets its second, and so on.
fn fair_record(realm: Realm, sites: &BTreeMap<NodeId, Attached>, budget: usize) -> (NetworkRecord, u64) {
    /// Tags and lengths of a site or a service, at most.
    const FRAMING: usize = 12;
    let services = |attached: &Attached| -> Vec<Service> {
        let service = |(address, offer): (&model::Address, &crate::addresses::Offer)| Service {
            address: address.to_string(),
            weight: offer.weight,
            draining: offer.draining,
        };
        attached.serves.iter().map(service).collect()
    };
    let whole = |(site, attached): (&NodeId, &Attached)| AttachedSite {
        site: site.to_wire(),
        services: services(attached),
        attached_at_ms: attached.since,
    };
    let mut record = NetworkRecord { network: realm.to_record(), sites: sites.iter().map(whole).collect() };
    if record.encoded_len() <= budget {
        return (record, 0);
    }
    let every: Vec<Vec<Service>> = record.sites.iter_mut().map(|site| std::mem::take(&mut site.services)).collect();
    let total: usize = every.iter().map(Vec::len).sum();
    let mut left = budget.saturating_sub(FRAMING + 16);
    let kept = record.sites.iter().take_while(|site| {
        let fits = left.checked_sub(site.encoded_len() + FRAMING);
        left = fits.unwrap_or(left);
        fits.is_some()
    });
    let kept = kept.count();
    record.sites.truncate(kept);
    let mut taken = 0;
    let longest = every.iter().map(Vec::len).max().unwrap_or(0);
    'full: for round in 0..longest {
        for (site, services) in record.sites.iter_mut().zip(&every) {
            let Some(service) = services.get(round) else { continue };
            let Some(rest) = left.checked_sub(service.encoded_len() + FRAMING) else { break 'full };
            left = rest;
            taken += 1;
            site.services.push(service.clone());
        }
    }
    (record, u64::try_from(total - taken).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use model::{Address, GenericUuid};
    use uuid::Uuid;

    use super::*;
    use crate::addresses::Offer;

    fn sites(number: u128, services: usize) -> BTreeMap<NodeId, Attached> {
        let address = |n: usize| -> Address { format!("{}.{n}", "a".repeat(100)).parse().expect("valid") };
        let serves: BTreeMap<Address, Offer> = (0..services).map(|n| (address(n), Offer::default())).collect();
        (0..number)
            .map(|n| (NodeId(Uuid::from_u128(n)), Attached { serves: serves.clone(), since: u64::MAX }))
            .collect()
    }

    fn realm() -> Realm {
        Realm::Network(model::NetworkId::from_untyped_uuid(Uuid::from_u128(1)))
    }

    #[test]
    fn what_fits_is_whole() {
        let (record, left_out) = fair_record(realm(), &sites(10, 10), 1 << 20);
        assert_eq!((record.sites.len(), left_out), (10, 0));
        assert!(record.sites.iter().all(|site| site.services.len() == 10));
    }

    #[test]
    fn what_does_not_fit_is_cut_evenly_and_stays_within_the_budget() {
        for (number, services) in [(10, 1024), (100, 200), (3_000, 10)] {
            let budget = 100_000;
            let (record, left_out) = fair_record(realm(), &sites(number, services), budget);
            assert!(record.encoded_len() <= budget);
            let counts = record.sites.iter().map(|site| site.services.len());
            let (least, most) = (counts.clone().min().expect("some"), counts.clone().max().expect("some"));
            assert!(most - least <= 1, "{least} to {most}");
            let all = usize::try_from(number).expect("small") * services;
            assert_eq!(u64::try_from(all - counts.sum::<usize>()).expect("small"), left_out);
        }
    }
}
