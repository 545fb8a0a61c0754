//! How many connections are served at a time: in all, and of these how many for one site and for one network. Whoever has
//! too many is refused alone; others do not notice.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use model::{Identity, NetworkId};
use overlay_proto::NodeId;

/// All together.
const TOTAL: usize = 16 * 1024;
/// Those that have not said who they are yet, per site that the routers say they come from. It is a hint: a router that
/// lies harms those behind it.
const ARRIVING: usize = 256;
/// A network, at a controller: it has thousands of sites, with one session each.
const NETWORK_AT_CONTROLLER: usize = TOTAL / 4;
/// A site, at a controller: it needs one, and two while it replaces it.
const SITE_AT_CONTROLLER: usize = 8;
/// All holders of one invitation together, at a controller.
const INVITATION_AT_CONTROLLER: usize = 256;
/// A site, at another site of its network: every stream has a connection of its own.
const SITE: usize = TOTAL / 4;

/// The connections that are served.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: Mutex<Taken>,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct Taken {
    closed: bool,
    total: usize,
    arriving: HashMap<Option<NodeId>, usize>,
    sites: HashMap<Identity, usize>,
    networks: HashMap<NetworkId, usize>,
}

/// One of all, for a connection that has not said who it is yet.
#[derive(Debug)]
pub(super) struct Arriving {
    places: Arc<Places>,
    origin: Option<NodeId>,
}

/// One of all, for a connection with somebody who is known.
#[derive(Debug)]
pub(super) struct Place {
    places: Arc<Places>,
    peer: Identity,
    network: Option<NetworkId>,
}

impl Places {
    /// A place for a connection that comes from `origin`, as the routers say; none when there are too many.
    pub(super) fn arrive(self: &Arc<Self>, origin: Option<NodeId>) -> Option<Arriving> {
        let mut taken = self.lock();
        if taken.closed {
            return None;
        }
        if taken.total >= TOTAL || !take(&mut taken.arriving, origin, ARRIVING) {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        taken.total += 1;
        Some(Arriving { places: self.clone(), origin })
    }

    /// No connection is taken from now on.
    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    /// How many were refused so far.
    pub(super) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arriving {
    /// The connection turns out to be with `peer`, at a router that is `own`. The error says what it has too many of.
    pub(super) fn settle(self, own: &Identity, peer: &Identity) -> Result<Place, String> {
        let at_controller = matches!(own, Identity::Controller { .. });
        let most = match peer {
            _ if !at_controller => SITE,
            Identity::Invitation { .. } => INVITATION_AT_CONTROLLER,
            _ => SITE_AT_CONTROLLER,
        };
        let network = peer.network().filter(|_| at_controller);
        let mut taken = self.places.lock();
        let refusal = if !take(&mut taken.sites, *peer, most) {
            Some(format!("this {} has {most} connections here, and may not have more", peer.role()))
        } else if network.is_some_and(|network| !take(&mut taken.networks, network, NETWORK_AT_CONTROLLER)) {
            give_back(&mut taken.sites, peer);
            Some(format!("this network has {NETWORK_AT_CONTROLLER} connections here, and may not have more"))
        } else {
            // The place among all is kept: dropping `self` gives one back.
            taken.total += 1;
            None
        };
        drop(taken);
        if let Some(refusal) = refusal {
            self.places.refused.fetch_add(1, Ordering::Relaxed);
            return Err(refusal);
        }
        Ok(Place { places: self.places.clone(), peer: *peer, network })
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.total -= 1;
        give_back(&mut taken.arriving, &self.origin);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        taken.total -= 1;
        give_back(&mut taken.sites, &self.peer);
        if let Some(network) = &self.network {
            give_back(&mut taken.networks, network);
        }
    }
}

/// Takes one of `most` for `whom`, if one is left.
pub(super) fn take<K: Hash + Eq>(counts: &mut HashMap<K, usize>, whom: K, most: usize) -> bool {
    let count = counts.entry(whom).or_default();
    let free = *count < most;
    if free {
        *count += 1;
    }
    free
}

pub(super) fn give_back<K: Hash + Eq>(counts: &mut HashMap<K, usize>, whom: &K) {
    if let Some(count) = counts.get_mut(whom) {
        *count -= 1;
        if *count == 0 {
            counts.remove(whom);
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{ControllerId, GenericUuid as _, InvitationId, SiteId};
    use uuid::Uuid;

    use super::*;

    fn controller() -> Identity {
        Identity::Controller { controller: ControllerId::from_untyped_uuid(Uuid::from_u128(1)) }
    }

    fn network(n: u128) -> NetworkId {
        NetworkId::from_untyped_uuid(Uuid::from_u128(n))
    }

    fn member(of: u128, site: u128) -> Identity {
        Identity::Member { network: network(of), site: SiteId::from_untyped_uuid(Uuid::from_u128(site)) }
    }

    fn enter(places: &Arc<Places>, own: &Identity, peer: &Identity) -> Result<Place, String> {
        places.arrive(None).expect("there is room").settle(own, peer)
    }

    #[test]
    fn one_site_cannot_take_the_places_of_a_controller_and_others_do_not_notice() {
        let places = Arc::<Places>::default();
        let own = controller();
        let mut held: Vec<Place> =
            (0..SITE_AT_CONTROLLER).map(|_| enter(&places, &own, &member(1, 1)).expect("within its limit")).collect();
        let refusal = enter(&places, &own, &member(1, 1)).expect_err("one too many");
        assert!(refusal.contains("8 connections"), "{refusal}");
        assert_eq!(places.refused(), 1);
        held.push(enter(&places, &own, &member(1, 2)).expect("another site"));
        held.remove(0);
        enter(&places, &own, &member(1, 1)).expect("one was given back");
    }

    #[test]
    fn a_network_cannot_take_all_places_of_a_controller() {
        let places = Arc::<Places>::default();
        let own = controller();
        let sites = u128::try_from(NETWORK_AT_CONTROLLER / SITE_AT_CONTROLLER).expect("small");
        let each = (0..sites).flat_map(|site| std::iter::repeat_n(site, SITE_AT_CONTROLLER));
        let held: Vec<Place> = each.map(|site| enter(&places, &own, &member(1, site)).expect("within")).collect();
        assert_eq!(held.len(), NETWORK_AT_CONTROLLER);
        assert!(enter(&places, &own, &member(1, 9_999)).expect_err("too many").contains("network"));
        enter(&places, &own, &member(2, 1)).expect("another network");
        drop(held);
        enter(&places, &own, &member(1, 9_999)).expect("all were given back");
    }

    #[test]
    fn who_does_not_say_who_they_are_are_counted_by_where_they_come_from() {
        let places = Arc::<Places>::default();
        let from = |n| Some(NodeId(Uuid::from_u128(n)));
        let held: Vec<_> = (0..ARRIVING).map(|_| places.arrive(from(1)).expect("within")).collect();
        assert!(places.arrive(from(1)).is_none());
        places.arrive(from(2)).expect("another site");
        drop(held);
        let invitation = InvitationId::from_untyped_uuid(Uuid::nil());
        let invitation = Identity::Invitation { network: network(1), invitation };
        let place = places.arrive(from(1)).expect("room").settle(&controller(), &invitation).expect("the first");
        assert_eq!(places.lock().total, 1);
        drop(place);
        let taken = places.lock();
        assert!(taken.total == 0 && taken.arriving.is_empty() && taken.sites.is_empty() && taken.networks.is_empty());
    }
}
