//! Streams: where each goes, and whether it may.

use std::cmp::Reverse;

use super::{Core, HOPS, Output};
use crate::{
    LinkKey, Millis, NodeId, Peer, PeerKind, Realm,
    link::{Open, Unreachable},
    pool::Whose,
};

/// Where a stream wants to go.
#[derive(Clone, Copy)]
struct Destination {
    realm: Realm,
    site: NodeId,
}

impl Core {
    /// Where a stream that begins here starts: the link to open it on, and what to send there (`connection` is to be
    /// filled in). A stream to this very site goes by its access router like any other, if it must: the shell may join
    /// the two ends itself.
    pub fn route_local_open(&self, realm: Realm, site: NodeId) -> Result<(LinkKey, Open), Unreachable> {
        let destination = Destination { realm, site };
        if !may_open(self.config.me.kind, realm) {
            return Err(Unreachable::NotAllowed);
        }
        if self.is_backbone() {
            let (key, router) = self.towards_site(destination).ok_or(Unreachable::NoRoute)?;
            return Ok((key, self.continued(destination, key, router, HOPS, self.config.me.node.to_wire())));
        }
        let key = self.access_link(destination).ok_or(Unreachable::NoRoute)?;
        Ok((key, Open { site: site.to_wire(), network: realm.to_open(), hops: HOPS, ..Default::default() }))
    }

    /// The best link of this edge site for a stream to a site.
    fn access_link(&self, Destination { realm, site }: Destination) -> Option<LinkKey> {
        let rank = |(key, link): (LinkKey, &super::links::Link)| {
            let up = Reverse(link.up);
            if link.peer.node == site && link.peer.kind == PeerKind::Controller && realm == Realm::Platform {
                return Some((false, link.draining, link.cost, up, key));
            }
            if link.peer.kind != PeerKind::Backbone {
                return None;
            }
            let network = self.config.me.kind.network();
            let lists = link.received.iter().filter(|(address, _)| Realm::of(address, network) == Some(realm));
            let known = lists.flat_map(|(_, received)| &received.candidates).filter(|c| c.site == site);
            let best = known.map(|c| (link.draining || c.draining, c.cost.saturating_add(link.cost))).min();
            // It may know the way though it never named the site: where a session resumes, for one.
            let (draining, cost) = best.unwrap_or((link.draining, link.cost));
            Some((best.is_none(), draining, cost, up, key))
        };
        self.links.iter().filter_map(rank).min().map(|(.., key)| key)
    }

    /// A peer opened a stream.
    pub(super) fn open(&mut self, from: LinkKey, open: Open, now: Millis) {
        let Some(link) = self.links.get_mut(from) else { return };
        let peer = link.peer;
        if open.connection == 0 || link.side.whose(open.connection) != Whose::Theirs {
            return self.violation(from, "a connection that is not the sender's to assign", now);
        }
        let (Some(site), Some(realm)) = (NodeId::from_wire(&open.site), Realm::from_open(&open.network)) else {
            return self.violation(from, "a stream to nowhere", now);
        };
        if peer.kind != PeerKind::Backbone && !link.opens.take(now) {
            return self.refuse(from, open.connection, Unreachable::Limit);
        }
        let destination = Destination { realm, site };
        if !self.is_backbone() {
            return self.arrive(from, destination, open);
        }
        let routed = if peer.kind == PeerKind::Backbone {
            let Some(router) = NodeId::from_wire(&open.router) else {
                return self.violation(from, "a stream to no router", now);
            };
            self.pass_on(peer, router, destination, &open)
        } else {
            if !open.router.is_empty() {
                return self.violation(from, "routers are not the sender's to choose", now);
            }
            self.begin(peer, destination)
        };
        match routed {
            Ok((to, onward)) => {
                self.outputs.push_back(Output::Forward { from, connection: open.connection, to, open: onward });
            }
            Err(why) => self.refuse(from, open.connection, why),
        }
    }

    /// A stream from an attached site: this router chooses where it goes.
    fn begin(&self, peer: Peer, destination: Destination) -> Result<(LinkKey, Open), Unreachable> {
        if !may_open(peer.kind, destination.realm) {
            return Err(Unreachable::NotAllowed);
        }
        let (key, router) = self.towards_site(destination).ok_or(Unreachable::NoRoute)?;
        Ok((key, self.continued(destination, key, router, HOPS, peer.node.to_wire())))
    }

    /// A stream from a neighbouring router, whose destination is attached at `router`.
    fn pass_on(
        &self,
        peer: Peer,
        router: NodeId,
        destination: Destination,
        open: &Open,
    ) -> Result<(LinkKey, Open), Unreachable> {
        let (key, hops) = if router == self.config.me.node {
            (self.here(destination).ok_or(Unreachable::NoRoute)?, 0)
        } else {
            let hops = open.hops.min(HOPS).checked_sub(1).ok_or(Unreachable::Hops)?;
            // Straight back would be a loop: the two of us do not know the same yet.
            let next = self.routes.to(router).map(|route| route.next).filter(|next| *next != peer.node);
            (next.and_then(|next| self.links.towards(next)).ok_or(Unreachable::NoRoute)?, hops)
        };
        Ok((key, self.continued(destination, key, router, hops, open.origin.clone())))
    }

    /// What to send on by `key`. Attached sites learn nothing of routers.
    fn continued(&self, to: Destination, key: LinkKey, router: NodeId, hops: u32, origin: Vec<u8>) -> Open {
        let site =
            Open { connection: 0, site: to.site.to_wire(), network: to.realm.to_open(), origin, ..Default::default() };
        match self.links.get(key) {
            Some(link) if link.peer.kind == PeerKind::Backbone => Open { router: router.to_wire(), hops, ..site },
            _ => site,
        }
    }

    /// The link towards a site, and the router it is attached at.
    fn towards_site(&self, destination: Destination) -> Option<(LinkKey, NodeId)> {
        let me = self.config.me.node;
        let towards = |router| {
            let key = if router == me {
                self.here(destination)
            } else {
                self.routes.to(router).and_then(|route| self.links.towards(route.next))
            };
            key.map(|key| (key, router))
        };
        self.table.locate(destination.realm, destination.site, &self.routes).into_iter().find_map(towards)
    }

    /// The link to a site attached here: its certificate names both the site and the network.
    fn here(&self, Destination { realm, site }: Destination) -> Option<LinkKey> {
        self.links.best(self.attached.get(&(realm, site))?.iter().copied())
    }

    /// A stream that arrives at an edge site.
    fn arrive(&mut self, from: LinkKey, Destination { realm, site }: Destination, open: Open) {
        let mine = match self.config.me.kind {
            PeerKind::Member { network } => realm == Realm::Network(network),
            PeerKind::Controller => realm == Realm::Platform,
            PeerKind::Backbone | PeerKind::Claim { .. } | PeerKind::Bootstrap => false,
        };
        if mine && site == self.config.me.node {
            self.outputs.push_back(Output::Deliver { from, open });
        } else {
            self.refuse(from, open.connection, Unreachable::NoRoute);
        }
    }

    fn refuse(&mut self, link: LinkKey, connection: u64, why: Unreachable) {
        let counter = match why {
            Unreachable::NotAllowed => &mut self.counters.opens_not_allowed,
            Unreachable::Limit => &mut self.counters.opens_over_limit,
            Unreachable::Hops => &mut self.counters.opens_out_of_hops,
            _ => &mut self.counters.opens_no_route,
        };
        *counter += 1;
        self.outputs.push_back(Output::Refuse { link, connection, why });
    }
}

/// Whether a site may open streams to sites of `realm`.
fn may_open(site: PeerKind, realm: Realm) -> bool {
    match site {
        PeerKind::Member { network } => realm == Realm::Platform || realm == Realm::Network(network),
        PeerKind::Backbone | PeerKind::Claim { .. } | PeerKind::Bootstrap => realm == Realm::Platform,
        PeerKind::Controller => false,
    }
}
