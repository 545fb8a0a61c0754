use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use model::{Address, GenericUuid as _, NetworkId, SiteId, router::Assignments, terms::AddressLimits};

use super::{
    CoreConfig, Counters, Output, RouterStatus, Services, ServicesError,
    limit::{Bucket, Debounced},
    links::{Link, Links},
    rules,
};
use crate::{
    LinkKey, Millis, NodeId, Peer, PeerKind, Realm,
    addresses::Table,
    link::{Drain, Reason, frame::Body},
    lsdb::{Lsdb, Routes},
    pool::Side,
    records::{Records, Topic, Version},
    select::Candidate,
};

/// The state of one router. See the [module](super) for how it is driven.
pub struct Core {
    pub(super) config: CoreConfig,
    /// The version of the last record made here.
    pub(super) version: Version,
    pub(super) draining: bool,
    pub(super) services: Services,
    /// Which sites may serve which addresses, of the networks where that is assigned.
    pub(super) assignments: BTreeMap<NetworkId, Assignments>,
    pub(super) links: Links,

    // Backbone routers only, from here …
    pub(super) records: Records,
    pub(super) lsdb: Lsdb,
    pub(super) table: Table,
    pub(super) routes: Routes,
    pub(super) routes_stale: bool,
    /// The links of each attached site.
    pub(super) attached: BTreeMap<(Realm, NodeId), BTreeSet<LinkKey>>,
    /// The links whose sites use an address.
    pub(super) users: BTreeMap<Realm, BTreeMap<Address, BTreeSet<LinkKey>>>,
    /// Own records to be made.
    pub(super) own: Debounced<Topic>,
    /// Realms whose candidates are to be looked at again.
    pub(super) push: Debounced<Realm>,
    pub(super) last_refresh: Millis,
    pub(super) last_expiry: Millis,
    /// When records of ourselves that we did not make may be answered again.
    pub(super) next_answer: Millis,
    // … to here.
    /// Who serves the addresses this site uses.
    pub(super) local: BTreeMap<Address, Arc<[Candidate]>>,
    pub(super) reachable_changed: bool,
    pub(super) outputs: VecDeque<Output>,
    pub(super) counters: Counters,
}

/// How often records are looked through for what is too old, in milliseconds.
const EXPIRY: u64 = 5_000;

impl Core {
    /// A router without links.
    pub fn new(config: CoreConfig, now: Millis) -> Self {
        let version = Version { epoch: config.epoch, sequence: 0 };
        let mut core = Self {
            config,
            version,
            draining: false,
            services: Services::default(),
            assignments: BTreeMap::new(),
            links: Links::default(),
            records: Records::default(),
            lsdb: Lsdb::default(),
            table: Table::default(),
            routes: Routes::default(),
            routes_stale: true,
            attached: BTreeMap::new(),
            users: BTreeMap::new(),
            own: Debounced::default(),
            push: Debounced::default(),
            last_refresh: now,
            last_expiry: now,
            next_answer: now,
            local: BTreeMap::new(),
            reachable_changed: false,
            outputs: VecDeque::new(),
            counters: Counters::default(),
        };
        core.own.want(Topic::LinkState, now);
        core.settle(now);
        core
    }

    /// Who this router is.
    pub fn me(&self) -> Peer {
        self.config.me
    }

    pub(super) fn is_backbone(&self) -> bool {
        self.config.me.kind == PeerKind::Backbone
    }

    /// A link is up: TLS verified `peer`, both hellos were exchanged. `cost` is the dialler's; `side` is which end this is.
    /// [`Output::Close`] follows when such a link must not be.
    pub fn link_up(&mut self, key: LinkKey, peer: Peer, cost: u32, side: Side, now: Millis) {
        let limits = &self.config.limits;
        let most = match peer.kind {
            PeerKind::Backbone => usize::MAX,
            PeerKind::Claim { .. } => limits.claim_links,
            _ => limits.links,
        };
        if let Err(why) = rules::link(self.config.me, peer) {
            self.counters.violations += 1;
            return self.say_close(key, Reason::NotAdmitted, why.to_owned());
        }
        if self.is_backbone() && self.links.to(peer) >= most {
            self.counters.over_limit += 1;
            return self.say_close(key, Reason::Limit, format!("a {} may have {most} links", peer.kind.name()));
        }
        let link = Link {
            peer,
            cost: cost.max(1),
            side,
            up: now,
            draining: false,
            limits: AddressLimits::default(),
            attach: None,
            sent: BTreeMap::new(),
            sent_version: 0,
            received: BTreeMap::new(),
            attach_version: 0,
            opens: Bucket::new(limits.opens_per_second, limits.opens_at_once, now),
        };
        self.links.0.insert(key, link);
        match (self.is_backbone(), peer.kind) {
            (true, PeerKind::Backbone) => self.neighbour_up(key, now),
            (true, _) => {
                self.site_up(key, now);
                if self.draining {
                    self.send(key, Body::Drain(Drain {}));
                }
            }
            (false, _) => self.access_up(key),
        }
        self.settle(now);
    }

    /// What the site at the other end of a link may serve and use, as the certificate says that it was verified with; told
    /// before its first frame. What is beyond that is not passed on, and the site is not told who serves it.
    pub fn limit(&mut self, key: LinkKey, limits: AddressLimits) {
        if let Some(link) = self.links.get_mut(key) {
            link.limits = limits;
        }
    }

    /// A link is gone. Nothing happens if the core has forgotten it already.
    pub fn link_down(&mut self, key: LinkKey, now: Millis) {
        self.drop_link(key, now);
        self.settle(now);
    }

    fn drop_link(&mut self, key: LinkKey, now: Millis) {
        let Some(link) = self.links.0.remove(&key) else { return };
        match (self.is_backbone(), link.peer.kind) {
            (true, PeerKind::Backbone) => self.neighbours_changed(now),
            (true, _) => self.site_down(key, &link, now),
            (false, _) => self.access_changed(),
        }
    }

    /// A frame arrived on a link. Gives back what is the shell's to handle: ping, pong, goodbye, trust-have, trust,
    /// refused, leave and pool-want, if this peer may send it.
    #[must_use = "what is given back is the shell's to handle"]
    pub fn frame(&mut self, key: LinkKey, body: Body, now: Millis) -> Option<Body> {
        let link = self.links.get(key)?;
        if !rules::frame(self.config.me.kind, link.peer.kind, link.side, &body) {
            let message = format!("a {} must not send this", link.peer.kind.name());
            self.violation(key, message, now);
            self.settle(now);
            return None;
        }
        match body {
            Body::Drain(_) => self.link_drains(key, now),
            Body::Record(signed) => self.record(key, signed, now),
            Body::Attach(attach) if self.is_backbone() => self.site_attach(key, attach, now),
            Body::Attach(attach) => self.controller_attach(key, attach, now),
            Body::Candidates(candidates) => self.candidates_received(key, candidates, now),
            Body::Open(open) => self.open(key, open, now),
            others => return Some(others),
        }
        self.settle(now);
        None
    }

    /// What this site serves and uses from now on. A backbone router serves nothing, and uses `skx/controller` only.
    pub fn set_services(&mut self, services: Services, now: Millis) -> Result<(), ServicesError> {
        let (kind, limits) = (self.config.me.kind, &self.config.limits);
        let refuse = |verb, address: &Address| {
            Err(ServicesError::NotAllowed { role: kind.name(), verb, address: address.clone() })
        };
        if let Some(address) = services.serves.keys().find(|address| !rules::serves(kind, address)) {
            return refuse("serve", address);
        }
        if let Some(address) = services.uses.iter().find(|address| !rules::uses(kind, address)) {
            return refuse("use", address);
        }
        for (verb, number, limit) in
            [("serve", services.serves.len(), limits.serves), ("use", services.uses.len(), limits.uses)]
        {
            if number > limit {
                return Err(ServicesError::TooMany { verb, number, limit });
            }
        }
        if std::mem::replace(&mut self.services, services) == self.services {
            return Ok(());
        }
        if self.is_backbone() {
            self.look_again(Realm::Platform, now);
        } else {
            self.attach_everywhere();
            self.access_changed();
        }
        self.settle(now);
        Ok(())
    }

    /// Which sites may serve which addresses, of the networks where that is assigned; in every other network each site
    /// may serve what it offers. What a site must not serve is not passed on, and nobody is told of it.
    pub fn set_assignments(&mut self, assignments: BTreeMap<NetworkId, Assignments>, now: Millis) {
        let before = std::mem::replace(&mut self.assignments, assignments);
        if before == self.assignments {
            return;
        }
        if self.is_backbone() {
            let mut networks: BTreeSet<NetworkId> = before.keys().chain(self.assignments.keys()).copied().collect();
            networks.retain(|id| before.get(id) != self.assignments.get(id));
            for network in networks {
                let realm = Realm::Network(network);
                let sites: Vec<NodeId> =
                    self.attached.keys().filter(|(of, _)| *of == realm).map(|(_, site)| *site).collect();
                for node in sites {
                    self.site_changed(Peer { node, kind: PeerKind::Member { network } }, now);
                }
                self.look_again(realm, now);
            }
        } else {
            self.access_changed();
        }
        self.settle(now);
    }

    /// Whether a site may serve an address of a realm.
    pub(super) fn may_serve(&self, realm: Realm, address: &Address, site: NodeId) -> bool {
        let Realm::Network(network) = realm else { return true };
        let assigned = self.assignments.get(&network);
        assigned.is_none_or(|assigned| assigned.allow(address, SiteId::from_untyped_uuid(site.0)))
    }

    /// A link is about to go, because a newer one has taken over or its access point goes: nothing new takes it where there
    /// is another, at either end.
    pub fn retire(&mut self, key: LinkKey, now: Millis) {
        if self.links.get(key).is_some_and(|link| !link.draining) {
            self.send(key, Body::Drain(Drain {}));
            self.link_drains(key, now);
            self.settle(now);
        }
    }

    /// This router is about to go: others go around it. A backbone router tells the sites attached to it, which cannot be
    /// taken back; everything else can.
    pub fn set_draining(&mut self, draining: bool, now: Millis) {
        if std::mem::replace(&mut self.draining, draining) == draining {
            return;
        }
        if self.is_backbone() {
            self.neighbours_changed(now);
            let sites = self.links.iter().filter(|(_, link)| draining && link.peer.kind != PeerKind::Backbone);
            let sites: Vec<LinkKey> = sites.map(|(key, _)| key).collect();
            for site in sites {
                self.send(site, Body::Drain(Drain {}));
            }
        } else {
            self.attach_everywhere();
        }
        self.settle(now);
    }

    /// Time passed. To be called at [`Core::next_deadline`]; calling it earlier or later does no harm.
    pub fn tick(&mut self, now: Millis) {
        if self.is_backbone() {
            if now.since(self.last_refresh) >= Records::REFRESH {
                self.own.want(Topic::LinkState, now);
            }
            if now.since(self.last_expiry) >= EXPIRY {
                self.last_expiry = now;
                for origin in self.records.expire(self.config.me.node, now) {
                    self.forget_routes(origin, now);
                }
                for topic in self.records.to_repeat(self.config.me.node, now) {
                    self.own.want(topic, now);
                }
                self.own.prune(now);
                self.push.prune(now);
            }
        }
        self.settle(now);
    }

    /// When [`Core::tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Millis> {
        if !self.is_backbone() {
            return None;
        }
        let regular = [self.last_refresh.after(Records::REFRESH), self.last_expiry.after(EXPIRY)];
        [self.own.next(), self.push.next()].into_iter().flatten().chain(regular).min()
    }

    /// The next thing to do. To be called until it says `None`, after every other call.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The other routers of the backbone that can be reached. None at sites that are no backbone routers.
    pub fn routers(&self) -> Vec<RouterStatus> {
        let others = self.routes.iter().filter(|(router, _)| *router != self.config.me.node);
        let status = |(router, route): (NodeId, crate::lsdb::Route)| RouterStatus {
            router,
            cost: u32::try_from(route.distance.cost).unwrap_or(u32::MAX),
            next: route.next,
        };
        others.map(status).collect()
    }

    /// What was refused since the start.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Brings everything that follows from what changed up to date, as far as it may be done now.
    pub(super) fn settle(&mut self, now: Millis) {
        if self.is_backbone() {
            if std::mem::take(&mut self.routes_stale) {
                self.find_routes(now);
            }
            self.make_records(now);
            self.push_candidates(now);
        }
        if std::mem::take(&mut self.reachable_changed) {
            self.outputs.push_back(Output::ReachableChanged);
        }
    }

    /// One of the two ends has said that a link is about to go.
    fn link_drains(&mut self, key: LinkKey, now: Millis) {
        let Some(link) = self.links.get_mut(key) else { return };
        link.draining = true;
        let peer = link.peer;
        if !self.is_backbone() {
            self.access_changed();
        } else if peer.kind == PeerKind::Backbone {
            // That the whole router goes, a neighbour says in its link state, to all.
            self.neighbours_changed(now);
        } else {
            self.site_changed(peer, now);
        }
    }

    pub(super) fn send(&mut self, link: LinkKey, frame: Body) {
        self.outputs.push_back(Output::Send { link, frame });
    }

    fn say_close(&mut self, link: LinkKey, reason: Reason, message: String) {
        self.outputs.push_back(Output::Close { link, reason, message });
    }

    /// The peer broke the protocol: the link ends.
    pub(super) fn violation(&mut self, key: LinkKey, message: impl Into<String>, now: Millis) {
        self.counters.violations += 1;
        self.say_close(key, Reason::Protocol, message.into());
        self.drop_link(key, now);
    }

    /// The peer asked for more than one may have: the link ends.
    pub(super) fn over_limit(&mut self, key: LinkKey, message: impl Into<String>, now: Millis) {
        self.counters.over_limit += 1;
        self.say_close(key, Reason::Limit, message.into());
        self.drop_link(key, now);
    }
}

#[cfg(test)]
mod tests {
    use model::GenericUuid;
    use uuid::Uuid;

    use super::*;
    use crate::link;

    #[test]
    fn links_that_are_gone_leave_nothing_behind() {
        let node = |n| NodeId(Uuid::from_u128(n));
        let network = NetworkId::from_untyped_uuid(Uuid::from_u128(1));
        let me = Peer { node: node(1), kind: PeerKind::Backbone };
        let config = CoreConfig {
            me,
            epoch: 1,
            unix_ms_at_zero: 0,
            sign: Box::new(|_| None),
            limits: super::super::PeerLimits::default(),
        };
        let mut core = Core::new(config, Millis(0));
        for key in 0..10 {
            let peer = Peer { node: node(100 + u128::from(key)), kind: PeerKind::Member { network } };
            core.link_up(LinkKey(key), peer, 1, Side::Acceptor, Millis(key));
            let web = link::Service { address: "web".to_owned(), weight: 1, draining: false };
            let said = link::Attach { version: 1, serves: vec![web], uses: vec!["web".to_owned(), "db".to_owned()] };
            assert_eq!(core.frame(LinkKey(key), Body::Attach(said), Millis(key)), None);
        }
        assert_eq!((core.attached.len(), core.users.len(), core.table.realms().count()), (10, 1, 1));
        for key in 0..10 {
            core.link_down(LinkKey(key), Millis(100));
        }
        assert_eq!((core.attached.len(), core.users.len(), core.table.realms().count()), (0, 0, 0));
    }
}
