//! How things stand: what is up, what is not, and what the next possible step is.

use std::collections::BTreeMap;

use authz::{Action, Decision};
use jiff::Timestamp;
use model::{
    BackboneId, BackboneSiteId, Identity, LinkId, Name, NetworkId, SpiffeId,
    lifecycle::{BackboneSiteState, NetworkState},
    router::Transport,
};
use store::{
    Page, backbone, backbone::Backbone, certificate, member, network, status, status::Counts, trust as documents,
};

use super::{
    Actor, LinkObservation, LinkState, OpError, Ref, actor, ca,
    ca::CaState,
    find, findings,
    layout::Layout,
    link::no_host,
    network::members,
    next_step::{Standing, next_step},
    observed::{self, Failure},
};
use crate::{App, issue};

/// How the whole installation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstallationStatus {
    /// Whether all is well: there are no findings.
    pub healthy: bool,
    /// Where the root of trust stands.
    pub ca: CaState,
    /// Whether the root is a development root.
    pub development: bool,
    /// Every backbone.
    pub backbones: Vec<BackboneStatus>,
    /// Every network that is not over.
    pub networks: Vec<NetworkStatus>,
    /// What is not well, and what to do.
    pub findings: Vec<Finding>,
}

/// Something that is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is about, such as `backbone europe`.
    pub subject: String,
    /// What is not well.
    pub message: String,
    /// What to do about it.
    pub how: Option<String>,
}

/// How a network stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkStatus {
    /// The network.
    pub id: NetworkId,
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub state: NetworkState,
    /// How many member sites it has.
    pub members: u64,
    /// How many of them have a session with a controller now.
    pub connected: u64,
    /// How many sites wait to be let in.
    pub waiting: u64,
}

/// How a backbone stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneStatus {
    /// The backbone.
    pub id: BackboneId,
    /// Its name.
    pub name: Name,
    /// Whether it has sites, every one is deployed and has a session, and every link is up.
    pub healthy: bool,
    /// Its sites, evicted ones left out.
    pub sites: Vec<BackboneSiteStatus>,
    /// Its links.
    pub links: Vec<LinkStatus>,
    /// The version of the trust document that should be in force everywhere, once there is one.
    pub trust_version: Option<u64>,
    /// Until when that document is valid.
    pub trust_valid_until: Option<Timestamp>,
    /// Whether it should have been renewed before now.
    pub trust_late: bool,
    /// When this was put together.
    pub at: Timestamp,
}

/// How a relay site stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackboneSiteStatus {
    /// The site.
    pub id: BackboneSiteId,
    /// Its name.
    pub name: Name,
    /// Where it stands.
    pub state: BackboneSiteState,
    /// Whether others are to go around it.
    pub draining: bool,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// What it was told and could not do.
    pub failures: Vec<String>,
    /// The next possible step in words, or why there is none yet.
    pub next_step: Option<String>,
    /// The trust document it says is in force there.
    pub trust_version: Option<u64>,
}

/// How a link stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStatus {
    /// The link.
    pub id: LinkId,
    /// The name of the site that dials.
    pub from: Name,
    /// The name of the site that is dialled.
    pub to: Name,
    /// The name of its access point that is dialled.
    pub access: Name,
    /// Routing cost.
    pub cost: u32,
    /// How data connections travel.
    pub transport: Transport,
    /// How it is.
    pub observed: LinkObservation,
}

/// How a backbone stands.
pub async fn backbone(app: &App, backbone: &Ref) -> Result<BackboneStatus, OpError> {
    of_backbone(app, &find::backbone(app.store(), backbone).await?).await
}

pub(crate) async fn of_backbone(app: &App, backbone: &Backbone) -> Result<BackboneStatus, OpError> {
    let now = app.now();
    let layout = Layout::read(app.store(), backbone.id).await?;
    let statuses: BTreeMap<_, _> = status::list_of_backbone(app.store(), backbone.id).await?.into_iter().collect();
    let mut sites = vec![];
    let subject = |site: BackboneSiteId| SpiffeId {
        installation: app.installation(),
        identity: Identity::BackboneSite { backbone: backbone.id, site },
    };
    let held = certificate::newest(app.store(), layout.sites.keys().map(|site| subject(*site))).await?;
    for site in layout.sites.values() {
        let expired = held.get(&subject(site.id)).is_some_and(|held| issue::is_over(held.not_after, now));
        let status = statuses.get(&site.id);
        let online = status.is_some_and(|status| observed::is_online(status, now));
        let hosts = observed::hosts(status);
        let standing =
            Standing { backbone: &backbone.name, site, layout: &layout, online, expired, hosts: &hosts, now };
        let report = observed::report(status, now).unwrap_or_default();
        sites.push(BackboneSiteStatus {
            id: site.id,
            name: site.name.clone(),
            state: site.state,
            draining: site.draining,
            online,
            last_seen: status.map(|status| status.last_seen),
            failures: report.failures.iter().map(Failure::words).collect(),
            next_step: next_step(&standing).map(|step| step.words),
            trust_version: status.and_then(|status| status.trust_version),
        });
    }
    sites.sort_by(|a, b| a.name.cmp(&b.name));
    let name = |id: BackboneSiteId| layout.sites.get(&id).map(|site| site.name.clone());
    let mut links = vec![];
    for edge in &layout.links {
        let (Some(from), Some(to), Some(point)) = (name(edge.from), name(edge.to), layout.point(edge.access_point))
        else {
            continue;
        };
        let mut observed = observed::link(statuses.get(&edge.from), edge.id, now);
        if point.advertised.host.is_none() {
            observed.error = Some(no_host(&to, &point.name));
        }
        links.push(LinkStatus {
            id: edge.id,
            from,
            to,
            access: point.name.clone(),
            cost: edge.cost,
            transport: edge.transport,
            observed,
        });
    }
    let latest = documents::latest(app.store(), backbone.id).await?;
    Ok(BackboneStatus {
        id: backbone.id,
        name: backbone.name.clone(),
        healthy: !sites.is_empty()
            && sites.iter().all(|site| site.state == BackboneSiteState::Deployed && site.online)
            && links.iter().all(|link| link.observed.state == LinkState::Up),
        sites,
        links,
        trust_version: latest.as_ref().map(|document| document.version),
        trust_late: latest.as_ref().is_some_and(|it| findings::is_late(it.created, it.valid_until, now)),
        trust_valid_until: latest.map(|document| document.valid_until),
        at: now,
    })
}

/// How the installation stands, as far as somebody may see it: the backbones they administer, the networks they see.
pub async fn installation(app: &App, actor: &Actor) -> Result<InstallationStatus, OpError> {
    let ca = ca::show(app).await?;
    let mut findings = vec![];
    if ca.state != CaState::Ready && actor.reach.is_everything() {
        let message = "there is no root certificate yet".to_owned();
        findings.push(Finding { subject: "installation".to_owned(), message, how: ca.next_step });
    }
    let mut backbones = vec![];
    for row in backbone::list(app.store(), Page::ALL).await?.items {
        if !actor.reach.inspects(row.id) {
            continue;
        }
        let status = of_backbone(app, &row).await?;
        findings.extend(findings::of_backbone(&status));
        backbones.push(status);
    }
    let mut networks: Vec<NetworkStatus> = vec![];
    for row in network::list(app.store(), None, Page::ALL).await?.items {
        let state = row.state(app.now());
        if actor.decide(Action::ShowNetwork, &actor::target(&row)) != Decision::Allowed || state.is_over() {
            continue;
        }
        let Counts { members, connected } = members(app, row.id).await?;
        networks.push(NetworkStatus { id: row.id, name: row.name, state, members, connected, waiting: 0 });
    }
    let ids: Vec<NetworkId> = networks.iter().map(|network| network.id).collect();
    let waiting = member::count_waiting(app.store(), &ids, app.now()).await?;
    for network in &mut networks {
        network.waiting = waiting.get(&network.id).copied().unwrap_or(0);
    }
    findings.extend(findings::of_certificates(app, actor, &backbones, &networks).await?);
    findings.extend(findings::of_networks(&networks));
    findings.extend(findings::of_members(app, &networks).await?);
    findings.extend(findings::of_deployments(app, &networks).await?);
    Ok(InstallationStatus {
        healthy: findings.is_empty(),
        ca: ca.state,
        development: ca.development,
        backbones,
        networks,
        findings,
    })
}
