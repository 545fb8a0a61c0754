//! Application networks and their site classes.

use authz::{Action, Standing, Target};
use jiff::{SignedDuration, Timestamp};
use model::{
    BackboneId, GenericUuid, Name, NetworkId, SubjectId,
    lifecycle::{NetworkState, Window},
    trust::Denial,
};
use pki::AuthorityKind;
use store::{
    Page as StorePage, Tx, authority,
    authority::Owner,
    backbone,
    backbone::Backbone,
    class, denial,
    denial::Denied,
    listing::Wanted,
    names, network,
    network::{AddressMode, NetworkChange, NewNetwork},
    quota, status,
    status::Counts,
};
use uuid::Uuid;

use super::{
    Actor, CertificateInfo, Listing, Meta, OpError, Page, Ref, actor, eviction, eviction::Eviction, find, meta,
    observed, once, once::Claimed, owner,
};
use crate::{App, issue};

/// A new application network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// Its name, unique in the installation.
    pub name: Name,
    /// The backbone; when absent, the default one, or the only one that may be used.
    pub backbone: Option<Ref>,
    /// When it starts; now, when absent.
    pub start: Option<Timestamp>,
    /// When it ends; never, when absent.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end; not at all, when absent.
    pub grace: Option<SignedDuration>,
    /// Who may serve addresses.
    pub addresses: AddressMode,
    /// Site classes to declare at once.
    pub classes: Vec<Name>,
}

/// Changes to a network; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// Moves the start.
    pub start: Option<Timestamp>,
    /// Moves the end, or (`Some(None)`) removes it.
    pub end: Option<Option<Timestamp>>,
    /// Changes the grace.
    pub grace: Option<SignedDuration>,
    /// Changes who may serve addresses.
    pub addresses: Option<AddressMode>,
    /// Hands it over to another user.
    pub owner: Option<Ref>,
}

/// An application network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    pub name: Name,
    /// The backbone.
    pub backbone: BackboneId,
    /// The backbone's name.
    pub backbone_name: Name,
    /// The user who owns it; none, while the installation does.
    pub owner_name: Option<Name>,
    /// Where it stands now.
    pub state: NetworkState,
    /// When it starts.
    pub start: Timestamp,
    /// When it ends, if it does.
    pub end: Option<Timestamp>,
    /// How long connections live on after the end.
    pub grace: SignedDuration,
    /// Who may serve addresses.
    pub addresses: AddressMode,
    /// The site classes declared.
    pub classes: Vec<Name>,
    /// How many member sites it has.
    pub members: u64,
    /// How many of them have a session with a controller now.
    pub connected: u64,
    /// Its CA.
    pub ca: CertificateInfo,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Creates a network and, at once, its CA.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Network, OpError> {
    let tx = app.store().begin(&actor.context()).await?;
    let mut tx = match once::claim::<NetworkId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => {
            let before = actor.require_in_network(app.store(), Action::ShowNetwork, &Ref::id(id)).await?;
            return view(app, before).await;
        }
    };
    let backbone = backbone_for(&mut tx, actor, input.backbone.as_ref()).await?;
    owner::keep(&mut tx, actor.acting.subject).await?;
    within_quota(&mut tx, actor, actor.acting.subject, "you own").await?;
    let parent = issue::issuer_of(app, &mut tx, Owner::Backbone(backbone.id)).await?;
    let window = Window {
        start: input.start.unwrap_or_else(|| app.now()),
        end: input.end,
        grace: input.grace.unwrap_or(SignedDuration::ZERO),
    };
    check_window(&window, parent.authority.details().not_after)?;
    if let Some(end) = window.end.filter(|end| *end <= app.now()) {
        return Err(OpError::invalid("end", format!("{end:.0} is past; give a time after now, {:.0}", app.now())));
    }
    let id = NetworkId::from_untyped_uuid(Uuid::new_v4());
    let new = NewNetwork {
        id,
        backbone: backbone.id,
        name: input.name,
        owner: actor.acting.subject,
        start: window.start,
        end: window.end,
        grace: window.grace,
        address_mode: input.addresses,
    };
    let created = network::create(&mut tx, new).await?;
    issue::establish(app, &mut tx, &parent, AuthorityKind::Network(id), 1, None).await?;
    for class in &input.classes {
        class::add(&mut tx, id, class).await?;
    }
    once::complete(&mut tx, actor, id).await?;
    tx.commit().await?;
    app.reconcile();
    view(app, created).await
}

/// The backbone a network is made on: the one that is named, or else the default one, or the only one that may be used.
async fn backbone_for(tx: &mut Tx, actor: &Actor, named: Option<&Ref>) -> Result<Backbone, OpError> {
    let default = actor.reach.default_backbone().map(Ref::id);
    if let Some(name) = named.or(default.as_ref()) {
        return actor.require_on_backbone(tx, Action::CreateNetwork, name).await;
    }
    let mut backbones = backbone::list(&mut *tx, StorePage::ALL).await?.items;
    let usable = actor.reach.backbones();
    backbones.retain(|backbone| usable.as_ref().is_none_or(|usable| usable.contains(&backbone.id)));
    match backbones.len() {
        1 => {
            actor.require(Action::CreateNetwork, &Target::Backbone { id: backbones[0].id })?;
            Ok(backbones.remove(0))
        }
        0 if usable.is_some() => Err(OpError::forbidden(Action::CreateNetwork)),
        0 => Err(OpError::precondition(
            "there is no backbone yet",
            "create one with its sites first: `skx backbone create NAME`",
        )),
        _ => {
            let names: Vec<&str> = backbones.iter().map(|backbone| backbone.name.as_str()).collect();
            let message = format!("there are several backbones; say which of {}", names.join(", "));
            Err(OpError::invalid("backbone", message))
        }
    }
}

/// Whether somebody may own one more network; service administrators give and make them beyond that. `whose` completes
/// "the number of networks …".
pub(super) async fn within_quota(tx: &mut Tx, actor: &Actor, owner: SubjectId, whose: &str) -> Result<(), OpError> {
    if actor.reach.is_everything() {
        return Ok(());
    }
    match quota::networks_used_up(tx, owner).await? {
        None => Ok(()),
        Some(most) => Err(used_up(&format!("networks {whose}"), most, "delete one that is needed no more")),
    }
}

/// There is as much as there may be.
pub(crate) fn used_up(what: &str, most: u64, how: &str) -> OpError {
    let message = format!("the number of {what} is limited to {most}, and there are as many already");
    OpError::precondition(message, format!("{how}, or ask a service administrator for more"))
}

/// The longest grace: a year, in whole seconds.
const MAX_GRACE: SignedDuration = SignedDuration::from_hours(365 * 24);

fn check_window(window: &Window, authority_ends: Timestamp) -> Result<(), OpError> {
    if window.grace.is_negative() || window.grace > MAX_GRACE || window.grace.subsec_nanos() != 0 {
        return Err(OpError::invalid("grace", "the grace is in whole seconds, from 0s to 365d"));
    }
    if window.end.is_some_and(|end| end <= window.start) {
        return Err(OpError::invalid("end", format!("the end must be after the start, {:.0}", window.start)));
    }
    if window.closes().unwrap_or(window.start) >= authority_ends {
        let message = format!("the backbone's certificate authority ends before, at {authority_ends:.0}");
        return Err(OpError::invalid(if window.end.is_some() { "end" } else { "start" }, message));
    }
    Ok(())
}

/// Lists the networks that somebody may see.
pub async fn list(app: &App, actor: &Actor, page: &Page) -> Result<Listing<Network>, OpError> {
    let only = actor::only(actor.networks(app, Standing::Sees).await?);
    let found = network::page(app.store(), &Wanted { only, ..page.wanted(app)? }).await?;
    Ok(Listing::of(views(app, found.items).await?, found.next))
}

/// Shows one network.
pub async fn show(app: &App, network: &Ref) -> Result<Network, OpError> {
    view(app, find::network(app.store(), network).await?).await
}

/// Moves start, end or grace, or hands the network over. An end that has passed ends the network now.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Network, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::changeable_network(&mut tx, network, app.now()).await?;
    OpError::unless_at(if_revision, "network", found.revision)?;
    let parent = issue::issuer_of(app, &mut tx, Owner::Backbone(found.backbone)).await?;
    let window = Window {
        start: changes.start.unwrap_or(found.start),
        end: changes.end.unwrap_or(found.end),
        grace: changes.grace.unwrap_or(found.grace),
    };
    check_window(&window, parent.authority.details().not_after)?;
    let Set { start, end, grace, addresses, owner } = changes;
    let handed_over = match &owner {
        Some(owner) => owner::hand_over(&mut tx, actor, &found, owner, if_revision).await?,
        None => found,
    };
    let change = NetworkChange { start, end, grace, address_mode: addresses, ..NetworkChange::default() };
    let changed = if owner.is_some() && change == NetworkChange::default() {
        handed_over
    } else {
        network::set(&mut tx, handed_over.id, Some(handed_over.revision), &change).await?
    };
    tx.commit().await?;
    app.reconcile();
    view(app, changed).await
}

/// Evicts a network: every connection of every site in it ends, claims included, for good.
pub async fn evict(app: &App, actor: &Actor, network: &Ref, if_revision: Option<i64>) -> Result<Eviction, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::network(&mut tx, network).await?;
    if found.evicted.is_some() {
        // Asked again, perhaps because the answer was lost: how far has it come?
        return eviction::show(app, found.id.into_untyped_uuid()).await;
    }
    unless_history(&found, app.now())?;
    OpError::unless_at(if_revision, "network", found.revision)?;
    network::evict(&mut tx, found.id, if_revision).await?;
    issue::destroy_keys(&mut tx, found.id).await?;
    let denied = eviction::deny(app, &mut tx, Denied::Network(found.id), Some(found.backbone), Denial::Evicted).await?;
    tx.commit().await?;
    Ok(eviction::carried_out(app, &[found.backbone], &[denied]).await)
}

/// Deletes a network; one that was not over is evicted by it. Its id stays denied until no certificate of it is valid,
/// and as long its authorities are kept for telling its sites why.
pub async fn delete(app: &App, actor: &Actor, network: &Ref, if_revision: Option<i64>) -> Result<Eviction, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::network(&mut tx, network).await?;
    OpError::unless_at(if_revision, "network", found.revision)?;
    let reason = match found.state(app.now()) {
        NetworkState::Ended => Denial::Ended,
        _ => Denial::Evicted,
    };
    let denied = eviction::deny(app, &mut tx, Denied::Network(found.id), Some(found.backbone), reason).await?;
    let authorities = authority::list(&mut tx, Owner::Network(found.id)).await?;
    let trusted = authorities.into_iter().filter(|authority| authority.state.is_trusted());
    let authorities: Vec<_> = trusted.filter_map(|authority| authority.certificate).collect();
    denial::keep_authorities(&mut tx, found.id, &authorities).await?;
    network::delete(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    Ok(eviction::carried_out(app, &[found.backbone], &[denied]).await)
}

pub(crate) fn unless_evicted(network: &network::Network) -> Result<(), OpError> {
    if network.evicted.is_some() {
        return Err(OpError::precondition(
            format!("the network {} was evicted, for good", network.name),
            "create a new one in its place",
        ));
    }
    Ok(())
}

/// A network that is over is history: it is looked at, and deleted, but nothing of it is changed any more.
pub(crate) fn unless_history(network: &network::Network, now: Timestamp) -> Result<(), OpError> {
    unless_evicted(network)?;
    let closed = network.window().closes().filter(|closes| *closes <= now);
    match network.ended.or(closed) {
        None => Ok(()),
        Some(ended) => Err(OpError::precondition(
            format!(
                "the network {} ended {ended:.0}, for good: it is history, and is not changed any more",
                network.name
            ),
            format!("create a new one in its place; `skx network delete {}` removes it", network.name),
        )),
    }
}

/// How many live members a network has, and how many of them have a session now.
pub(crate) async fn members(app: &App, network: NetworkId) -> Result<Counts, OpError> {
    Ok(status::count_of_network(app.store(), network, heard_since(app)).await?)
}

/// Since when whoever has a session was heard of.
fn heard_since(app: &App) -> Timestamp {
    app.now().saturating_sub(observed::SILENCE).unwrap_or(Timestamp::MIN)
}

async fn view(app: &App, network: network::Network) -> Result<Network, OpError> {
    Ok(views(app, vec![network]).await?.remove(0))
}

async fn views(app: &App, networks: Vec<network::Network>) -> Result<Vec<Network>, OpError> {
    let ids: Vec<NetworkId> = networks.iter().map(|network| network.id).collect();
    let on: Vec<Uuid> = networks.iter().map(|network| network.backbone.into_untyped_uuid()).collect();
    let backbones = names::read(app.store(), &on).await?;
    let authorities = authority::list_of_owners(app.store(), ids.iter().copied().map(Owner::Network)).await?;
    let counts = status::count_of_networks(app.store(), &ids, heard_since(app)).await?;
    let mut classes = class::names_of_networks(app.store(), &ids).await?;
    let view = |network: network::Network| {
        let owner = Owner::Network(network.id);
        let (ca, generation) = issue::newest(owner, authorities.get(&owner).map_or(&[][..], Vec::as_slice))?;
        let counts = counts.get(&network.id).copied().unwrap_or_default();
        Ok(Network {
            id: network.id,
            backbone: network.backbone,
            backbone_name: backbones.of(network.backbone, "backbone")?,
            state: network.state(app.now()),
            start: network.start,
            end: network.end,
            grace: network.grace,
            addresses: network.address_mode,
            classes: classes.remove(&network.id).unwrap_or_default(),
            members: counts.members,
            connected: counts.connected,
            ca: CertificateInfo::new(&ca, generation),
            meta: meta!(network),
            name: network.name,
            owner_name: network.owner_name,
        })
    };
    networks.into_iter().map(view).collect()
}
