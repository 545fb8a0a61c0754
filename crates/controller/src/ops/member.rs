//! Member sites of application networks.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, GenericUuid, Identity, InvitationId, Name, NetworkId, SiteId, SpiffeId,
    lifecycle::{InvitationState, MemberState, NetworkState, Window},
    terms::Terms,
    trust::Denial,
};
use store::{Tx, certificate, denial::Denied, invitation, member, names, network::Network, status, status::SiteRef};
use uuid::Uuid;

use super::{
    Actor, LinkObservation, Listing, Meta, OpError, Page, Platform, Ref, SocketObservation, classes, eviction,
    eviction::Eviction, find, invitation as closing, meta, observed,
};
use crate::{App, deploy::renamed};

/// A member site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: SiteId,
    /// Its name.
    pub name: Name,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// The backbone the network is on.
    pub backbone: BackboneId,
    /// The network's times.
    pub window: Window,
    /// Where the network stands.
    pub network_state: NetworkState,
    /// When the network was evicted.
    pub network_evicted: Option<Timestamp>,
    /// Where it stands.
    pub state: MemberState,
    /// Its classes.
    pub classes: Vec<Name>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// On what terms it is a member.
    pub terms: Terms,
    /// Why it is no member, when it is not.
    pub reason: Option<String>,
    /// The invitation it came by, unless that was deleted.
    pub invitation: Option<InvitationId>,
    /// That invitation's name.
    pub invitation_name: Option<Name>,
    /// The platform it reported: program, system, architecture, host name.
    pub platform: Platform,
    /// When it joined, or began to wait.
    pub joined: Timestamp,
    /// Until when its newest certificate is valid.
    pub certificate_expires: Option<Timestamp>,
    /// Whether it has a session with a controller now.
    pub online: bool,
    /// When it was last heard of.
    pub last_seen: Option<Timestamp>,
    /// Its links to the backbone, as it says.
    pub links: Vec<LinkObservation>,
    /// Its listeners, central and local, as it says.
    pub listeners: Vec<SocketObservation>,
    /// Its connectors, central and local, as it says.
    pub connectors: Vec<SocketObservation>,
    /// What of its desired state it could not do, and why.
    pub failures: Vec<String>,
    /// How far its clock is ahead of the controllers', or behind it, when that is too far.
    pub wrong_clock: Option<SignedDuration>,
    /// Since when it stands where it does.
    pub since: Timestamp,
    /// When it was made and changed.
    pub meta: Meta,
}

/// What happens to the invitation by which an evicted site came, while it still has uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvitationFate {
    /// It is closed: nobody joins by it any more.
    Close,
    /// It stays: whoever holds it can join again under a new id.
    Keep,
}

/// Lists the member sites of a network, and those that wait to be; former ones are left out.
pub async fn list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Member>, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = member::page(app.store(), network.id, &page.wanted(app)?).await?;
    Ok(Listing::of(views(app, &network, found.items).await?, found.next))
}

/// Shows one member site; of former ones with the same name, the last.
pub async fn show(app: &App, network: &Ref, member: &Ref) -> Result<Member, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = find::member(app.store(), network.id, member).await?;
    view(app, &network, found).await
}

/// Changes to a member site; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Another name.
    pub name: Option<Name>,
    /// Its classes, all of them.
    pub classes: Option<Vec<Name>>,
    /// Labels to set, or (`None`) to remove.
    pub labels: BTreeMap<String, Option<String>>,
}

/// The most labels a site can have.
const MAX_LABELS: usize = 64;

/// Renames a live member site, gives it classes and labels. The site learns of it at once, and of what follows from it.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    member: &Ref,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Member, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let deployments = if changes.name.is_some() { renamed::hold(&mut tx, network.id).await? } else { vec![] };
    let found = find::member(&mut tx, network.id, member).await?;
    let found = member::lock(&mut tx, found.id, if_revision).await?;
    if found.state == MemberState::Waiting {
        return Err(waits(&network, &found));
    }
    if found.state != MemberState::Member {
        return Err(OpError::precondition(
            format!("the site {}/{} is no member any more: it is {}", network.name, found.name, found.state),
            "change a site that is; a former one stays as it was",
        ));
    }
    let mut changed = found;
    if let Some(name) = changes.name.filter(|name| *name != changed.name) {
        let renamed = member::rename(&mut tx, changed.id, Some(changed.revision), &name).await?;
        renamed::rename(&mut tx, &deployments, &changed.name, &name).await?;
        changed = renamed;
    }
    if let Some(mut wanted) = changes.classes {
        wanted.sort_unstable();
        wanted.dedup();
        if wanted != changed.classes {
            classes::check_declared(&mut tx, &network, "classes", &wanted).await?;
            changed = member::set_classes(&mut tx, changed.id, Some(changed.revision), &wanted).await?;
        }
    }
    let before = labels(&changed.labels);
    let mut after = before.clone();
    for (key, value) in changes.labels {
        match value {
            Some(value) => after.insert(key, value),
            None => after.remove(&key),
        };
    }
    if after.len() > MAX_LABELS {
        return Err(OpError::invalid("labels", format!("a site has at most {MAX_LABELS} labels")));
    }
    if after != before {
        changed = member::set_labels(&mut tx, changed.id, Some(changed.revision), &after).await?;
    }
    tx.commit().await?;
    view(app, &network, changed).await
}

fn waits(network: &Network, site: &member::Member) -> OpError {
    OpError::precondition(
        format!("the site {}/{} is no member yet: it waits to be admitted", network.name, site.name),
        format!("decide on it first: `skx member admit|refuse {}/{}`", network.name, site.name),
    )
}

fn labels(stored: &serde_json::Value) -> BTreeMap<String, String> {
    serde_json::from_value(stored.clone()).unwrap_or_default()
}

/// Evicts a member site for good: its id is denied and its connections end. While its invitation still has uses,
/// `invitation` must say what happens to it.
pub async fn evict(
    app: &App,
    actor: &Actor,
    network: &Ref,
    member: &Ref,
    invitation: Option<InvitationFate>,
    if_revision: Option<i64>,
) -> Result<Eviction, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::member(&mut tx, network.id, member).await?;
    OpError::unless_at(if_revision, "site", found.revision)?;
    if found.state == MemberState::Waiting {
        return Err(waits(&network, &found));
    }
    if found.state == MemberState::Left {
        return Err(OpError::precondition(
            format!("the site {}/{} has left already", network.name, found.name),
            "nothing is left to do",
        ));
    }
    let came_by = match found.invitation {
        None => None,
        Some(id) => Some(invitation::get(&mut tx, id).await?),
    };
    let reusable = came_by.filter(|row| row.state(app.now(), &network) == InvitationState::Live);
    match (reusable, invitation) {
        (Some(row), None) => {
            return Err(OpError::precondition(
                format!("the invitation {} it came by still has uses: whoever holds it could join again", row.name),
                "say what happens to it: --close-invitation or --keep-invitation",
            ));
        }
        (Some(row), Some(InvitationFate::Close)) => {
            closing::close(app, &mut tx, &network, &row).await?;
        }
        (Some(_), Some(InvitationFate::Keep)) | (None, _) => {}
    }
    let denied = end(app, &mut tx, &network, found.id, if_revision).await?;
    tx.commit().await?;
    Ok(eviction::carried_out(app, &[network.backbone], &[denied]).await)
}

/// Evicts a live member, and denies its id.
pub(crate) async fn end(
    app: &App,
    tx: &mut Tx,
    network: &Network,
    member: SiteId,
    if_revision: Option<i64>,
) -> Result<Uuid, OpError> {
    member::evict(tx, member, if_revision, "evicted").await?;
    eviction::deny(app, tx, Denied::Site(network.id, member), Some(network.backbone), Denial::Evicted).await
}

/// Where a member stands by its newest certificate.
fn by_certificate(held: &certificate::Certificate, now: Timestamp) -> (MemberState, Option<String>) {
    let now = now.as_second();
    if now <= held.not_after.as_second() {
        return (MemberState::Member, None);
    }
    let expired = format!("its certificate expired {:.0}", held.not_after);
    let (state, reason) = match held.renewable_until {
        None => {
            (MemberState::Expired, format!("{expired}, and is not renewable; it joins again, with a new invitation"))
        }
        Some(until) if until.as_second() < now => (
            MemberState::Expired,
            format!("{expired}, and could be renewed until {until:.0}; it joins again, with a new invitation"),
        ),
        Some(until) => (
            MemberState::Member,
            format!("{expired} while it was away; it has it renewed by itself when it comes back until {until:.0}"),
        ),
    };
    (state, Some(reason))
}

/// Since when a member stands where it does; `held_until` its newest certificate can be shown.
fn since(state: MemberState, member: &member::Member, held_until: Option<Timestamp>) -> Timestamp {
    let came = member.admitted.unwrap_or(member.created);
    match state {
        MemberState::Waiting => member.created,
        MemberState::Member => came,
        MemberState::Expired => held_until.unwrap_or(came),
        MemberState::Left | MemberState::Evicted | MemberState::Refused => member.ended.unwrap_or(member.updated),
    }
}

pub(crate) async fn view(app: &App, network: &Network, member: member::Member) -> Result<Member, OpError> {
    Ok(views(app, network, vec![member]).await?.remove(0))
}

/// What is known of member sites beside their rows.
struct Known {
    statuses: BTreeMap<SiteRef, status::Status>,
    held: BTreeMap<SpiffeId, certificate::Certificate>,
    invitations: names::Names,
}

async fn views(app: &App, network: &Network, members: Vec<member::Member>) -> Result<Vec<Member>, OpError> {
    let sites = members.iter().map(|member| SiteRef::Member(member.id));
    let subjects = members.iter().map(|member| subject(app, member));
    let came_by: Vec<Uuid> =
        members.iter().filter_map(|member| member.invitation).map(GenericUuid::into_untyped_uuid).collect();
    let known = Known {
        statuses: status::among(app.store(), sites).await?,
        held: certificate::newest(app.store(), subjects).await?,
        invitations: names::read(app.store(), &came_by).await?,
    };
    Ok(members.into_iter().map(|member| view_of(app, network, member, &known)).collect())
}

fn subject(app: &App, member: &member::Member) -> SpiffeId {
    let identity = Identity::Member { network: member.network, site: member.id };
    SpiffeId { installation: app.installation(), identity }
}

fn view_of(app: &App, network: &Network, member: member::Member, known: &Known) -> Member {
    let status = known.statuses.get(&SiteRef::Member(member.id));
    let report = observed::report(status, app.now()).unwrap_or_default();
    let held = known.held.get(&subject(app, &member));
    let held_until = held.map(certificate::Certificate::shown_until);
    let (state, reason) = match member.state {
        MemberState::Member if network.state(app.now()).is_over() => (MemberState::Member, None),
        MemberState::Member => held.map_or((MemberState::Member, None), |held| by_certificate(held, app.now())),
        state => (state, member.reason.clone()),
    };
    let seen = status.map(|status| status.last_seen);
    Member {
        since: since(state, &member, held_until),
        id: member.id,
        network: network.id,
        network_name: network.name.clone(),
        backbone: network.backbone,
        window: network.window(),
        network_state: network.state(app.now()),
        network_evicted: network.evicted,
        state,
        reason,
        terms: member.terms,
        invitation: member.invitation,
        invitation_name: member.invitation.and_then(|id| known.invitations.get(id)).cloned(),
        platform: observed::platform(&member.platform),
        joined: member.created,
        certificate_expires: held.map(|held| held.not_after),
        online: status.is_some_and(|status| observed::is_online(status, app.now())),
        last_seen: seen,
        links: seen.into_iter().flat_map(|seen| report.links.iter().map(move |link| link.observation(seen))).collect(),
        listeners: report.listeners.iter().map(observed::Socket::observation).collect(),
        failures: report.failures.iter().map(observed::Failure::words).collect(),
        wrong_clock: report.wrong_clock(),
        connectors: report.connectors.iter().map(observed::Socket::observation).collect(),
        meta: meta!(member),
        name: member.name,
        labels: labels(&member.labels),
        classes: member.classes,
    }
}
