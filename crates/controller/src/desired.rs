//! What a site shall be: a pure function from what is stored to the items of its desired state.

mod encoded;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use model::{
    AccessKind, AccessPointSpec, Advertised, GenericUuid, Host, LinkId, Name, SiteId,
    desired::{AddressPolicies, BackboneTrust, Fixed, Item, NetworkAssignments, NetworkScope, Settings},
    lifecycle::BackboneSiteState,
    router::{AccessPoint, Connector, Link, Listener, Transport},
    terms::Terms,
    trust::{AuthorityTrust, Denied},
};
use store::{
    access_point,
    authority::Authority,
    backbone_site::BackboneSite,
    denial::{Denial, Kind},
    inputs::{BackboneSiteInputs, NetworkInputs},
    member::Member,
};

pub(crate) use encoded::Encoded;

/// The desired state of a relay site; nothing, when it was evicted.
pub(crate) fn backbone_site(inputs: &BackboneSiteInputs) -> Vec<Item> {
    let site = &inputs.site;
    if site.state == BackboneSiteState::Evicted {
        return vec![];
    }
    let settings = Settings {
        name: site.name.clone(),
        parent: inputs.backbone.name.clone(),
        classes: vec![],
        terms: Terms::default(),
        draining: site.draining,
    };
    let mut items = vec![Item::Settings(settings), backbone_trust(&inputs.authorities)];
    items.extend(inputs.access_points.iter().map(|point| Item::AccessPoint(access_point(point))));
    items.extend(inputs.links.iter().filter_map(|link| {
        // Without a host there is nothing to dial yet.
        let target = inputs.targets.get(&link.access_point)?.advertised.known()?;
        let other = inputs.sites.get(&link.to)?;
        (other.state != BackboneSiteState::Evicted).then(|| {
            Item::Link(Link {
                id: link.id,
                targets: vec![target],
                peer: Some(link.to),
                cost: link.cost,
                transport: link.transport,
            })
        })
    }));
    items.extend(inputs.assignments.iter().map(|(network, assignments)| {
        Item::Assignments(NetworkAssignments { network: *network, assignments: assignments.clone() })
    }));
    items
}

/// The desired state of a member site of `network`, whose inputs are those of all its members.
pub(crate) fn member(network: &NetworkInputs, site: &Member) -> Vec<Item> {
    let settings = Settings {
        name: site.name.clone(),
        parent: network.network.name.clone(),
        classes: site.classes.clone(),
        terms: site.terms.clone(),
        draining: false,
    };
    let mut items = vec![
        Item::Settings(settings),
        backbone_trust(&network.backbone_authorities),
        Item::NetworkTrust(scope(network)),
    ];
    let targets: Vec<_> = network.access_points.iter().filter_map(|point| point.advertised.known()).collect();
    if !targets.is_empty() {
        // The link is the member's own: its id is the site's, so that it stays the same for good.
        let id = LinkId::from_untyped_uuid(site.id.into_untyped_uuid());
        items.push(Item::Link(Link { id, targets, peer: None, cost: 1, transport: Transport::Direct }));
    }
    let here = |at: Option<SiteId>, class: Option<&Name>| {
        at == Some(site.id) || class.is_some_and(|class| site.classes.contains(class))
    };
    let listeners = network.listeners.iter().filter(|row| here(row.site, row.class.as_ref()));
    items.extend(
        listeners
            .map(|row| Item::Listener(Listener { id: row.id, address: row.address.clone(), bind: row.bind.clone() })),
    );
    let connectors = network.connectors.iter().filter(|row| here(row.site, row.class.as_ref()));
    items.extend(connectors.map(|row| {
        Item::Connector(Connector { id: row.id, address: row.address.clone(), target: row.target.clone() })
    }));
    let fixed = |adaptable: bool, at: Option<SiteId>, class: Option<&Name>| !adaptable && here(at, class);
    let listeners = network.listeners.iter().filter(|row| fixed(row.adaptable, row.site, row.class.as_ref()));
    let connectors = network.connectors.iter().filter(|row| fixed(row.adaptable, row.site, row.class.as_ref()));
    let fixed =
        Fixed { listeners: listeners.map(|row| row.id).collect(), connectors: connectors.map(|row| row.id).collect() };
    if fixed != Fixed::default() {
        items.push(Item::Fixed(fixed));
    }
    if let Some(assignments) = network.assignments.clone() {
        items.push(Item::Assignments(NetworkAssignments { network: network.network.id, assignments }));
    }
    if !network.policies.is_empty() {
        let policies = network.policies.iter().map(|row| (row.address.clone(), row.policy.clone())).collect();
        items.push(Item::AddressPolicies(AddressPolicies { policies }));
    }
    items
}

fn scope(inputs: &NetworkInputs) -> NetworkScope {
    let window = inputs.network.window();
    NetworkScope {
        start: window.start,
        end: window.end,
        closes: window.closes(),
        authorities: authorities(&inputs.authorities),
        denied: denied_sites(&inputs.denials),
    }
}

/// A member is told of sites only: whom it may meet, end to end, in its own network.
fn denied_sites(denials: &[Denial]) -> Denied {
    let sites = denials.iter().filter(|denial| denial.kind == Kind::Site);
    Denied { sites: sites.map(|it| (SiteId::from_untyped_uuid(it.id), it.reason)).collect(), ..Denied::default() }
}

fn backbone_trust(rows: &[Authority]) -> Item {
    Item::BackboneTrust(BackboneTrust { authorities: authorities(rows) })
}

/// The generations of an authority that are trusted: those that will issue, that do, and that did.
pub(crate) fn authorities(rows: &[Authority]) -> Vec<AuthorityTrust> {
    let trusted = rows.iter().filter(|row| row.state.is_trusted());
    trusted
        .filter_map(|row| Some(AuthorityTrust { generation: row.generation, certificate: row.certificate.clone()? }))
        .collect()
}

/// An access point as its router is to listen at it.
pub(crate) fn access_point(row: &access_point::AccessPoint) -> AccessPoint {
    AccessPoint {
        id: row.id,
        name: row.name.clone(),
        kinds: row.kinds.clone(),
        bind: row.bind.unwrap_or_else(|| everywhere(&row.advertised)),
    }
}

/// Where an access point listens: every address at the advertised port, unless something else is given.
pub(crate) fn bind(spec: &AccessPointSpec) -> SocketAddr {
    spec.bind.unwrap_or_else(|| everywhere(&spec.advertised))
}

/// Every address of the machine: of IPv4 when others dial an IPv4 address, of both families when they dial anything else. A
/// router without IPv6 listens at those of IPv4.
fn everywhere(advertised: &Advertised) -> SocketAddr {
    match advertised.host {
        Some(Host::Ip(IpAddr::V4(_))) => (Ipv4Addr::UNSPECIFIED, advertised.port).into(),
        Some(Host::Ip(IpAddr::V6(_)) | Host::Dns(_)) | None => (Ipv6Addr::UNSPECIFIED, advertised.port).into(),
    }
}

/// The links a controller keeps to the sites of a backbone: to every `manage` access point of each site that runs, or
/// may be waiting to enrol.
pub(crate) fn managed(sites: &[BackboneSite], points: &[access_point::AccessPoint]) -> Vec<Link> {
    let dialled = |site: &&BackboneSite| match site.state {
        BackboneSiteState::Deployed => true,
        BackboneSiteState::Defined => site.bundle_generation > 0,
        BackboneSiteState::Evicted => false,
    };
    let points_of = |site: &BackboneSite| {
        let id = site.id;
        points.iter().filter(move |point| point.site == id && point.kinds.contains(AccessKind::Manage))
    };
    sites
        .iter()
        .filter(dialled)
        .flat_map(|site| points_of(site).filter_map(move |point| Some((site, point, point.advertised.known()?))))
        .map(|(site, point, target)| Link {
            // One link per access point: it has that access point's id.
            id: LinkId::from_untyped_uuid(point.id.into_untyped_uuid()),
            targets: vec![target],
            peer: Some(site.id),
            cost: 1,
            transport: Transport::Direct,
        })
        .collect()
}

#[cfg(test)]
mod tests;
