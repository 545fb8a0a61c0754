//! What is known of each live link.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use model::{Address, terms::AddressLimits};

use super::limit::Bucket;
use crate::{LinkKey, Millis, NodeId, Peer, PeerKind, addresses::Offer, pool::Side, select::Candidate};

/// What an edge costs more over which there is no link that stays: more than the longest way of the dearest links.
const LEAVING: u32 = 1 << 24;

pub(super) struct Link {
    pub(super) peer: Peer,
    pub(super) cost: u32,
    pub(super) side: Side,
    pub(super) up: Millis,
    /// It is about to go, or its peer is.
    pub(super) draining: bool,
    /// What the peer may serve and use, by its certificate.
    pub(super) limits: AddressLimits,
    /// What the peer said it serves and uses, with the version of that; before it said anything, `None`.
    pub(super) attach: Option<Attach>,
    /// Which candidates the peer was sent last, and the version of the last ones sent.
    pub(super) sent: BTreeMap<Address, Arc<[Candidate]>>,
    pub(super) sent_version: u64,
    /// Which candidates the peer, our access router, sent last.
    pub(super) received: BTreeMap<Address, Received>,
    /// The version of the last attach we sent.
    pub(super) attach_version: u64,
    pub(super) opens: Bucket,
}

#[derive(Default)]
pub(super) struct Attach {
    pub(super) version: u64,
    pub(super) serves: BTreeMap<Address, Offer>,
    pub(super) uses: BTreeSet<Address>,
}

pub(super) struct Received {
    pub(super) version: u64,
    pub(super) candidates: Vec<Candidate>,
}

/// The live links.
#[derive(Default)]
pub(super) struct Links(pub(super) BTreeMap<LinkKey, Link>);

impl Links {
    pub(super) fn get(&self, key: LinkKey) -> Option<&Link> {
        self.0.get(&key)
    }

    pub(super) fn get_mut(&mut self, key: LinkKey) -> Option<&mut Link> {
        self.0.get_mut(&key)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (LinkKey, &Link)> {
        self.0.iter().map(|(key, link)| (*key, link))
    }

    /// The links to other backbone routers.
    pub(super) fn backbone(&self) -> impl Iterator<Item = (LinkKey, &Link)> {
        self.iter().filter(|(_, link)| link.peer.kind == PeerKind::Backbone)
    }

    /// How many links there are to `peer`.
    pub(super) fn to(&self, peer: Peer) -> usize {
        self.iter().filter(|(_, link)| link.peer == peer).count()
    }

    /// The cost to each neighbouring router: that of the [best](Self::best) link. One that is about to go costs so much more
    /// that every other way is taken before it.
    pub(super) fn edges(&self) -> BTreeMap<NodeId, u32> {
        let mut edges: BTreeMap<NodeId, (bool, u32)> = BTreeMap::new();
        for (_, link) in self.backbone() {
            let this = (link.draining, link.cost);
            edges.entry(link.peer.node).and_modify(|best| *best = this.min(*best)).or_insert(this);
        }
        let priced = |(draining, cost): (bool, u32)| if draining { cost.saturating_add(LEAVING) } else { cost };
        edges.into_iter().map(|(neighbour, edge)| (neighbour, priced(edge))).collect()
    }

    /// The best link to a neighbouring router.
    pub(super) fn towards(&self, router: NodeId) -> Option<LinkKey> {
        self.best(self.backbone().filter(|(_, link)| link.peer.node == router).map(|(key, _)| key))
    }

    /// The best of several links to one peer: not draining, cheap, and up for the shortest time (an older one may be dead
    /// without our knowing yet); else the least key.
    pub(super) fn best(&self, keys: impl IntoIterator<Item = LinkKey>) -> Option<LinkKey> {
        let rank = |key: &LinkKey| self.get(*key).map(|link| (link.draining, link.cost, Reverse(link.up), *key));
        keys.into_iter().filter_map(|key| rank(&key)).min().map(|(.., key)| key)
    }
}
