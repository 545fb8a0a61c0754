//! What the planners plan from: everything one plan depends on, read at one moment.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AccessKind, AccessPointId, BackboneId, BackboneSiteId, InstallationId, NetworkId, SiteId, lifecycle::MemberState,
    router::Assignments,
};

use crate::{
    Page, Snapshot, Store, StoreError,
    access_point::{self, AccessPoint},
    address_policy::{self, AddressPolicy},
    assignment,
    authority::{self, Authority, Owner},
    backbone::{self, Backbone},
    backbone_site::{self, BackboneSite},
    connector::{self, Connector},
    denial::{self, Denial},
    deployment, installation,
    link::{self, Link},
    listener::{self, Listener},
    member::{self, Member},
    network::{self, Network},
    trust::{self, Document},
};

/// What a trust document is made from.
#[derive(Clone, Debug)]
pub struct TrustInputs {
    /// The installation.
    pub installation: InstallationId,
    /// The backbone.
    pub backbone: Backbone,
    /// The generations of its CA, oldest first.
    pub authorities: Vec<Authority>,
    /// Its networks, evicted and ended ones included, each with the generations of its CA.
    pub networks: Vec<(Network, Vec<Authority>)>,
    /// What it denies.
    pub denials: Vec<Denial>,
    /// The document in force.
    pub latest: Option<Document>,
}

/// Reads what the trust document of a backbone is made from.
pub async fn trust_inputs(store: &Store, backbone: BackboneId) -> Result<TrustInputs, StoreError> {
    let mut at = store.snapshot().await?;
    let mut of_networks: BTreeMap<NetworkId, Vec<Authority>> = BTreeMap::new();
    for authority in authority::list_all(&mut at).await? {
        if let Owner::Network(network) = authority.owner() {
            of_networks.entry(network).or_default().push(authority);
        }
    }
    let networks = network::list(&mut at, Some(backbone), Page::ALL).await?.items;
    let with_authorities = |network: Network| {
        let authorities = of_networks.remove(&network.id).unwrap_or_default();
        (network, authorities)
    };
    let networks = networks.into_iter().map(with_authorities).collect();
    let inputs = TrustInputs {
        installation: installation(&mut at).await?,
        backbone: backbone::get(&mut at, backbone).await?,
        authorities: authority::list(&mut at, Owner::Backbone(backbone)).await?,
        networks,
        denials: denial::list(&mut at, backbone).await?,
        latest: trust::latest(&mut at, backbone).await?,
    };
    at.end().await?;
    Ok(inputs)
}

/// What the desired state of every member of a network has in common, and what it is picked from.
#[derive(Clone, Debug)]
pub struct NetworkInputs {
    /// The installation.
    pub installation: InstallationId,
    /// The network.
    pub network: Network,
    /// The generations of its CA, oldest first.
    pub authorities: Vec<Authority>,
    /// The denied sites and invitations of the network.
    pub denials: Vec<Denial>,
    /// The generations of its backbone's CA, oldest first.
    pub backbone_authorities: Vec<Authority>,
    /// Where members may attach: the access points for members at deployed sites of the backbone, oldest first.
    pub access_points: Vec<AccessPoint>,
    /// Its listeners, for whatever site.
    pub listeners: Vec<Listener>,
    /// Its connectors, for whatever site.
    pub connectors: Vec<Connector>,
    /// How its addresses pick among those who serve them.
    pub policies: Vec<AddressPolicy>,
    /// Who may serve what, when that is assigned.
    pub assignments: Option<Assignments>,
    /// The sites that are offered something of a deployment.
    pub offered: BTreeSet<SiteId>,
}

/// What the desired state of a member site is made from.
#[derive(Clone, Debug)]
pub struct MemberInputs {
    /// The member.
    pub member: Member,
    /// Its network. Listeners and connectors are those of this member only.
    pub network: NetworkInputs,
}

/// Reads what the desired state of every member of a network is made from, live members included. One read serves
/// them all: see [`NetworkInputs::of`].
pub async fn network_desired_inputs(
    store: &Store,
    network: NetworkId,
) -> Result<(NetworkInputs, Vec<Member>), StoreError> {
    let mut at = store.snapshot().await?;
    let listeners = listener::list(&mut at, network).await?;
    let connectors = connector::list(&mut at, network).await?;
    let inputs = network_inputs(&mut at, network, listeners, connectors).await?;
    let members = member::list(&mut at, network, false, Page::ALL).await?.items;
    at.end().await?;
    Ok((inputs, members))
}

impl NetworkInputs {
    /// What concerns one member of the network.
    pub fn of(&self, member: Member) -> MemberInputs {
        let concerns = |site: Option<SiteId>, class: Option<&model::Name>| {
            site == Some(member.id) || class.is_some_and(|class| member.classes.contains(class))
        };
        let network = Self {
            listeners: self.listeners.iter().filter(|l| concerns(l.site, l.class.as_ref())).cloned().collect(),
            connectors: self.connectors.iter().filter(|c| concerns(c.site, c.class.as_ref())).cloned().collect(),
            ..self.clone()
        };
        MemberInputs { member, network }
    }
}

/// Reads what the desired state of a member site is made from. [`StoreError::NotFound`] when it is no live member.
pub async fn member_desired_inputs(store: &Store, site: SiteId) -> Result<MemberInputs, StoreError> {
    let mut at = store.snapshot().await?;
    let member = member::get(&mut at, site).await?;
    if member.state != MemberState::Member {
        return Err(StoreError::NotFound { what: "site" });
    }
    let listeners = listener::list_for_site(&mut at, site).await?;
    let connectors = connector::list_for_site(&mut at, site).await?;
    let network = network_inputs(&mut at, member.network, listeners, connectors).await?;
    at.end().await?;
    Ok(MemberInputs { member, network })
}

/// What the desired state of a backbone site is made from.
#[derive(Clone, Debug)]
pub struct BackboneSiteInputs {
    /// The installation.
    pub installation: InstallationId,
    /// The site.
    pub site: BackboneSite,
    /// Its backbone.
    pub backbone: Backbone,
    /// The generations of the backbone's CA, oldest first.
    pub authorities: Vec<Authority>,
    /// Where the site listens.
    pub access_points: Vec<AccessPoint>,
    /// The links the site dials.
    pub links: Vec<Link>,
    /// The access points those links end at, by id.
    pub targets: BTreeMap<AccessPointId, AccessPoint>,
    /// The other sites of the backbone, evicted ones included, by id.
    pub sites: BTreeMap<BackboneSiteId, BackboneSite>,
    /// Who may serve what, of the networks where that is assigned.
    pub assignments: BTreeMap<NetworkId, Assignments>,
}

/// Reads what the desired state of a backbone site is made from.
pub async fn backbone_site_desired_inputs(
    store: &Store,
    site: BackboneSiteId,
) -> Result<BackboneSiteInputs, StoreError> {
    let mut at = store.snapshot().await?;
    let site = backbone_site::get(&mut at, site).await?;
    let links = link::list_from(&mut at, site.id).await?;
    let (access_points, others): (Vec<_>, Vec<_>) = access_point::list_of_backbone(&mut at, site.backbone)
        .await?
        .into_iter()
        .partition(|point| point.site == site.id);
    let targets = others
        .into_iter()
        .filter(|point| links.iter().any(|link| link.access_point == point.id))
        .map(|point| (point.id, point))
        .collect();
    let sites = backbone_site::list(&mut at, site.backbone, Page::ALL).await?.items;
    let inputs = BackboneSiteInputs {
        assignments: assignment::of_backbone(&mut at, site.backbone).await?,
        installation: installation(&mut at).await?,
        backbone: backbone::get(&mut at, site.backbone).await?,
        authorities: authority::list(&mut at, Owner::Backbone(site.backbone)).await?,
        sites: sites.into_iter().filter(|other| other.id != site.id).map(|other| (other.id, other)).collect(),
        site,
        access_points,
        links,
        targets,
    };
    at.end().await?;
    Ok(inputs)
}

async fn network_inputs(
    at: &mut Snapshot,
    network: NetworkId,
    listeners: Vec<Listener>,
    connectors: Vec<Connector>,
) -> Result<NetworkInputs, StoreError> {
    let network = network::get(&mut *at, network).await?;
    Ok(NetworkInputs {
        installation: installation(at).await?,
        authorities: authority::list(&mut *at, Owner::Network(network.id)).await?,
        denials: denial::list_of_network(&mut *at, network.id).await?,
        backbone_authorities: authority::list(&mut *at, Owner::Backbone(network.backbone)).await?,
        access_points: access_point::in_service(&mut *at, network.backbone, &[AccessKind::Member]).await?,
        policies: address_policy::list(&mut *at, network.id).await?,
        assignments: assignment::of_network(&mut *at, network.id).await?,
        offered: deployment::offered(&mut *at, network.id).await?,
        network,
        listeners,
        connectors,
    })
}

async fn installation(at: &mut Snapshot) -> Result<InstallationId, StoreError> {
    Ok(installation::get(&mut *at).await?.ok_or(StoreError::NotFound { what: "installation" })?.id)
}
