//! Who must trust a new generation before it may issue anything: whoever would meet what it issues, and could not know it.

use std::collections::BTreeMap;

use model::{
    BackboneId, Identity, NetworkId, SpiffeId,
    lifecycle::{BackboneSiteState, InvitationState, MemberState},
};
use store::{
    Page,
    authority::{Authority, Owner},
    backbone_site, certificate, invitation, member, network,
    network::Network,
    status::{self, Status},
    trust as documents,
};

use crate::{
    App, issue,
    ops::{OpError, claims, observed},
    trust,
};

/// Who is waited for before an announced generation begins to issue, in words; nobody, when it may.
///
/// * Of a Backbone CA: every site of the backbone, and every member of a network on it, because whoever does not know it
///   could reach nobody any more who might tell; and whoever may still come with a ticket that pins the one before.
/// * Of a network's CA: the routers and members that are connected. Whoever is absent is told when it comes back, by
///   routers it trusts in any case.
///
/// One that is hurried waits only for those who are connected.
pub(crate) async fn awaited(app: &App, row: &Authority) -> Result<Vec<String>, OpError> {
    match row.owner() {
        // Nobody but this installation goes by it.
        Owner::Root => Ok(vec![]),
        Owner::Backbone(backbone) => of_backbone(app, backbone, row).await,
        Owner::Network(network) => of_network(app, network, row).await,
    }
}

async fn of_backbone(app: &App, backbone: BackboneId, row: &Authority) -> Result<Vec<String>, OpError> {
    let mut waiting = vec![];
    let statuses: BTreeMap<_, _> = status::list_of_backbone(app.store(), backbone).await?.into_iter().collect();
    for site in backbone_site::list(app.store(), backbone, Page::ALL).await?.items {
        let what = format!("the backbone site {}", site.name);
        match site.state {
            BackboneSiteState::Deployed => {
                let status = statuses.get(&site.id);
                let identity = Identity::BackboneSite { backbone, site: site.id };
                let trusts = status.and_then(|status| status.backbone_generation);
                if let Some(why) = site_waits(app, row, status, trusts, identity).await? {
                    waiting.push(format!("{what}, {why}"));
                }
            }
            BackboneSiteState::Defined if site.bundle_generation > 0 && !row.hurried => {
                let identity = Identity::Bootstrap { backbone, site: site.id };
                let held = certificate::current(app.store(), &subject(app, identity)).await?;
                if let Some(held) =
                    held.filter(|held| held.created < row.created && !issue::is_over(held.not_after, app.now()))
                {
                    let ends = held.not_after;
                    waiting
                        .push(format!("{what}, whose bundle was rendered before and ends {ends:.0}: render it again"));
                }
            }
            BackboneSiteState::Defined | BackboneSiteState::Evicted => {}
        }
    }
    for network in network::list(app.store(), Some(backbone), Page::ALL).await?.items {
        if !network.state(app.now()).is_over() {
            waiting.extend(members(app, row, &network, |status| status.backbone_generation).await?);
            if !row.hurried {
                waiting.extend(invitations(app, row, &network).await?);
            }
        }
    }
    Ok(waiting)
}

async fn of_network(app: &App, id: NetworkId, row: &Authority) -> Result<Vec<String>, OpError> {
    let network = network::get(app.store(), id).await?;
    let mut waiting = routers(app, row, &network).await?;
    waiting.extend(members(app, row, &network, |status| status.network_generation).await?);
    Ok(waiting)
}

/// The connected routers that go by a trust document without the generation. Before the network is in it, none does, and
/// none need.
async fn routers(app: &App, row: &Authority, network: &Network) -> Result<Vec<String>, OpError> {
    let mut knowing = vec![];
    for (n, kept) in documents::kept(app.store(), network.backbone).await?.into_iter().enumerate() {
        let document = trust::read_bytes(&kept.document)?;
        let Some(named) = document.networks.get(&network.id) else {
            if n == 0 {
                return Ok(vec![]);
            }
            continue;
        };
        if named.authorities.iter().any(|authority| authority.generation == row.generation) {
            knowing.push(trust::signed(kept).digest());
        }
    }
    if knowing.is_empty() {
        return Ok(vec!["the trust document, which does not carry it yet".to_owned()]);
    }
    let sites = backbone_site::list(app.store(), network.backbone, Page::ALL).await?.items;
    let statuses = status::list_of_backbone(app.store(), network.backbone).await?;
    let late = statuses.into_iter().filter(|(_, status)| {
        observed::is_online(status, app.now()) && status.trust_digest.is_none_or(|digest| !knowing.contains(&digest))
    });
    let name = |id| sites.iter().find(|site| site.id == id).filter(|it| it.state == BackboneSiteState::Deployed);
    let late =
        late.filter_map(|(id, _)| Some(format!("the backbone site {}, which has not heard of it", name(id)?.name)));
    Ok(late.collect())
}

async fn members(
    app: &App,
    row: &Authority,
    network: &Network,
    trusts: fn(&Status) -> Option<u32>,
) -> Result<Vec<String>, OpError> {
    let statuses: BTreeMap<_, _> = status::list_of_network(app.store(), network.id).await?.into_iter().collect();
    let mut waiting = vec![];
    for member in member::list(app.store(), network.id, false, Page::ALL).await?.items {
        if member.state != MemberState::Member {
            continue;
        }
        let status = statuses.get(&member.id);
        let identity = Identity::Member { network: network.id, site: member.id };
        if let Some(why) = site_waits(app, row, status, status.and_then(trusts), identity).await? {
            waiting.push(format!("the site {}/{}, {why}", network.name, member.name));
        }
    }
    Ok(waiting)
}

/// Why a site is waited for, if it is.
async fn site_waits(
    app: &App,
    row: &Authority,
    status: Option<&Status>,
    trusts: Option<u32>,
    identity: Identity,
) -> Result<Option<String>, OpError> {
    if trusts.is_some_and(|generation| generation >= row.generation) {
        return Ok(None);
    }
    if status.is_some_and(|status| observed::is_online(status, app.now())) {
        return Ok(Some("which is connected and has not taken it over yet".to_owned()));
    }
    if row.hurried || row.network.is_some() {
        return Ok(None);
    }
    // One that cannot come back needs no word.
    let held = certificate::current(app.store(), &subject(app, identity)).await?;
    Ok(held.filter(|held| !issue::is_over(held.shown_until(), app.now())).map(|held| {
        let until = held.shown_until();
        format!("which is absent, until its certificate can be renewed no more {until:.0}")
    }))
}

/// The invitations that may have been handed out before the generation was made: they pin the one before. What was handed out of
/// one without an end is good for as long as its claim certificate; what is handed out since pins both.
async fn invitations(app: &App, row: &Authority, network: &Network) -> Result<Vec<String>, OpError> {
    let all = invitation::list(app.store(), network.id, Page::ALL).await?.items;
    let live =
        all.into_iter().filter(|it| it.created < row.created && it.state(app.now(), network) == InvitationState::Live);
    let until = live.map(|it| (claims::until(row.created, network.start, it.deadline, network.end), it.name));
    let words = until.filter(|(until, _)| app.now() < *until).map(|(until, name)| {
        format!(
            "the invitation {}/{name}, which may have been handed out before and is good until {until:.0}",
            network.name
        )
    });
    Ok(words.collect())
}

fn subject(app: &App, identity: Identity) -> SpiffeId {
    SpiffeId { installation: app.installation(), identity }
}
