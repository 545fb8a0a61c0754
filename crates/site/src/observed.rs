//! What the site tells the controller of how things stand.

use dataplane::{LinkState, Status};
use jiff::Timestamp;
use model::{
    Identity,
    router::{Connector, Listener},
};
use site_proto::{LinkStatus, Observed, SocketStatus};

use crate::{
    deploy::{
        self,
        sockets::{Deployed, Sockets},
    },
    live::Live,
    plan::is_past_its_end,
    platform,
    state::Phase,
};

/// The observation as it is sent.
pub(crate) fn observed(live: &Live, router: &Status, now: Timestamp) -> Observed {
    let (listeners, connectors) = sockets(live, router, now);
    Observed {
        links: router.links.iter().filter_map(|it| link(live, it)).collect(),
        listeners,
        connectors,
        trust_version: router.trust_version.unwrap_or(0),
        trust_digest: router.trust_digest.map(Vec::from).unwrap_or_default(),
        time: now.as_second(),
        // Where a member is, is its own concern.
        hosts: if live.site.origin.is_backbone() { platform::hosts() } else { vec![] },
        deployments: deploy::view::told(live),
    }
}

/// Whether two observations differ in what is worth a message of its own. Times and byte counts pass by themselves.
pub(crate) fn differ(one: &Observed, other: &Observed) -> bool {
    let still = |observed: &Observed| {
        let mut observed = Observed { time: 0, ..observed.clone() };
        for link in &mut observed.links {
            (link.rtt_us, link.bytes_in, link.bytes_out) = (0, 0, 0);
        }
        for socket in observed.listeners.iter_mut().chain(&mut observed.connectors) {
            socket.connections = 0;
        }
        observed
    };
    still(one) != still(other)
}

fn link(live: &Live, link: &dataplane::LinkStatus) -> Option<LinkStatus> {
    let peer = match link.peer {
        // Who dialled in is told by those who dial; members of networks are told by their own sessions.
        Some(Identity::BackboneSite { site, .. }) if live.site.origin.is_backbone() => site.to_string(),
        _ if link.link.is_none() => return None,
        _ => String::new(),
    };
    let state = match link.state {
        LinkState::Up => "up",
        LinkState::Connecting => "connecting",
    };
    Some(LinkStatus {
        link: link.link.map(|id| id.to_string()).unwrap_or_default(),
        peer,
        state: state.to_owned(),
        rtt_us: link.rtt.map_or(0, |rtt| u32::try_from(rtt.as_micros()).unwrap_or(u32::MAX)),
        error: link.error.clone().unwrap_or_default(),
        bytes_in: link.bytes_in,
        bytes_out: link.bytes_out,
    })
}

/// What is wrong with a socket, if something is, and how many connections it carries; none while the router does not
/// know it.
type Found = Option<(Option<String>, u64)>;

fn seen<Id>(socket: &dataplane::SocketStatus<Id>) -> (Option<String>, u64) {
    (socket.error.clone(), u64::try_from(socket.connections).unwrap_or(u64::MAX))
}

fn sockets(live: &Live, router: &Status, now: Timestamp) -> (Vec<SocketStatus>, Vec<SocketStatus>) {
    let Phase::Joined(joined) = &live.site.phase else { return Default::default() };
    if is_past_its_end(joined, now) || live.site.origin.is_backbone() {
        return Default::default();
    }
    let (items, local) = (&joined.items, &live.local);
    let status = |id: String, address: String, socket: String, central: Option<String>, found: Found| {
        let (error, connections) = found.unwrap_or_else(|| (Some("not applied yet".to_owned()), 0));
        let state = if error.is_none() { "ready" } else { "failed" }.to_owned();
        let local = central.is_none();
        let authored = central.filter(|authored| *authored != socket).unwrap_or_default();
        let error = error.unwrap_or_default();
        SocketStatus { id, address, socket, local, state, error, connections, authored, ..SocketStatus::default() }
    };
    let refused = |why: String| (Some(why), 0);
    let listener = |it: &Listener, central: Option<String>| {
        let found = router.listeners.iter().find(|s| s.id == it.id).map(seen);
        let found = items.may_not_use(&it.address).map(refused).or(found);
        status(it.id.to_string(), it.address.to_string(), it.bind.to_string(), central, found)
    };
    let listeners = local.effective_listeners(items).into_iter().map(|it| {
        let central = items.listeners().find(|central| central.id == it.id).map(|it| it.bind.to_string());
        listener(&it, central)
    });
    let connector = |it: &Connector, central: Option<String>| {
        let found = router.connectors.iter().find(|s| s.id == it.id).map(seen);
        let found = items.may_not_serve(&it.address).map(refused).or(found);
        status(it.id.to_string(), it.address.to_string(), it.target.to_string(), central, found)
    };
    let connectors = local.effective_connectors(items).into_iter().map(|it| {
        let central = items.connectors().find(|central| central.id == it.id).map(|it| it.target.to_string());
        connector(&it, central)
    });
    let Sockets { listeners: inlets, connectors: outlets } = &live.deployed.sockets;
    let inlets = inlets.iter().map(|it| of(it, listener(&it.socket, Some(it.socket.bind.to_string()))));
    let outlets = outlets.iter().map(|it| of(it, connector(&it.socket, Some(it.socket.target.to_string()))));
    (listeners.chain(inlets).collect(), connectors.chain(outlets).collect())
}

/// What is said of a listener or connector of a deployment.
fn of<T>(deployed: &Deployed<T>, status: SocketStatus) -> SocketStatus {
    SocketStatus { deployment: deployed.deployment.to_string(), parts: deployed.parts.clone(), ..status }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use model::{GenericUuid, LinkId};
    use uuid::Uuid;

    use super::*;
    use crate::{fixture, live::SessionLive, state::StoredSite};

    fn observe(site: StoredSite, link: Option<LinkId>, peer: Identity, rtt_us: u64) -> Observed {
        let live = Live {
            site: Arc::new(site),
            local: Arc::default(),
            kept: Arc::default(),
            deployed: Arc::default(),
            runs: None,
            attached: true,
            attempt: None,
            refused: None,
            logs_read: None,
            session: SessionLive { up: true, since: fixture::now(), error: None },
            stood: Default::default(),
            trouble: Default::default(),
        };
        let link = dataplane::LinkStatus {
            link,
            peer: Some(peer),
            state: LinkState::Up,
            rtt: Some(Duration::from_micros(rtt_us)),
            bytes_in: rtt_us,
            ..dataplane::LinkStatus::default()
        };
        observed(&live, &Status { links: vec![link], ..Status::default() }, fixture::now())
    }

    #[test]
    fn a_member_names_no_relay_and_a_relay_names_no_member() {
        let id = Some(LinkId::from_untyped_uuid(Uuid::from_u128(5)));
        let seen = observe(fixture::joined_member(), id, fixture::backbone_identity(), 1);
        assert_eq!((seen.links.len(), seen.links[0].peer.as_str()), (1, ""));
        let seen = observe(fixture::joined_backbone(), None, fixture::member_identity(), 1);
        assert_eq!(seen.links, vec![]);
        let seen = observe(fixture::joined_backbone(), None, fixture::backbone_identity(), 1);
        assert_eq!(seen.links[0].peer, fixture::backbone_site().to_string());
    }

    #[test]
    fn time_and_traffic_alone_are_no_news() {
        let id = Some(LinkId::from_untyped_uuid(Uuid::from_u128(5)));
        let at = |rtt| observe(fixture::joined_member(), id, fixture::backbone_identity(), rtt);
        assert!(!differ(&at(1), &at(2)));
        assert!(differ(&at(1), &Observed { trust_version: 2, ..at(1) }));
    }
}
