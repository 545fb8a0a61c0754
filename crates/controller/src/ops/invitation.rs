//! Invitations to application networks.

mod render;

use jiff::Timestamp;
use model::{
    GenericUuid, Identity, InvitationId, Name, NetworkId,
    lifecycle::{InvitationState, NetworkState},
    terms::{AddressPatterns, Admission, Consent, Terms},
    trust::Denial,
};
use pki::{Certificate, LeafUse};
use store::{
    Tx,
    authority::Owner,
    denial::Denied,
    invitation,
    invitation::{InvitationChange, NewInvitation},
    member,
    network::Network,
    quota,
};
use uuid::Uuid;

use super::{
    Actor, Listing, Meta, OpError, Page, Ref, claims, classes, eviction,
    eviction::Eviction,
    find, member as evicting, meta,
    network::{unless_history, used_up},
    once,
    once::Claimed,
};
use crate::{App, issue, passcode};

pub use self::render::render;
pub use ::render::Format as InvitationFormat;

/// How many sites an invitation admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uses {
    /// So many, at least 1.
    Limited(u32),
    /// Any number.
    Unlimited,
}

/// A new invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Create {
    /// The network.
    pub network: Ref,
    /// Its name, unique within the network.
    pub name: Name,
    /// How many sites it admits; one, when absent.
    pub uses: Option<Uses>,
    /// Until when a site may join; the network's end, when absent.
    pub deadline: Option<Timestamp>,
    /// The classes its sites are given; each must be declared.
    pub classes: Vec<Name>,
    /// What the names of its sites begin with.
    pub prefix: Option<Name>,
    /// How those who join are admitted.
    pub admission: Admission,
    /// Whether the participant is to name the site.
    pub interactive: bool,
    /// A passcode to be asked for.
    pub passcode: Option<Passcode>,
    /// What it lays down for its sites.
    pub terms: Terms,
}

/// A passcode as it was chosen. It is not seen in `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct Passcode(pub String);

impl std::fmt::Debug for Passcode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passcode")
    }
}

/// Changes to an invitation; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    /// How many sites it admits; not fewer than have joined already.
    pub uses: Option<Uses>,
    /// Moves the deadline, or (`Some(None)`) removes it. The claim certificate is signed again: what was rendered before lasts until its own end.
    pub deadline: Option<Option<Timestamp>>,
    /// Replaces the classes.
    pub classes: Option<Vec<Name>>,
    /// Replaces the prefix, or (`Some(None)`) removes it.
    pub prefix: Option<Option<Name>>,
    /// How those who ask from now on are admitted. Who waits, waits on.
    pub admission: Option<Admission>,
    /// Whether the participant is to name the site.
    pub interactive: Option<bool>,
    /// Another passcode, or (`Some(None)`) none.
    pub passcode: Option<Option<Passcode>>,
    /// What of the terms is to be another, for sites that join from now on.
    pub terms: TermsChange,
}

/// What of some terms is to be another; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TermsChange {
    /// What its sites may serve.
    pub serve: Option<AddressPatterns>,
    /// What they may use.
    pub uses: Option<AddressPatterns>,
    /// Whether their certificates are renewed.
    pub renewable: Option<bool>,
    /// Whether participants are asked before anything is deployed.
    pub consent: Option<Consent>,
}

impl TermsChange {
    /// `terms` with this changed; nothing, when nothing is.
    fn of(self, terms: &Terms) -> Option<Terms> {
        let mut changed = terms.clone();
        changed.limits.serve = self.serve.unwrap_or(changed.limits.serve);
        changed.limits.uses = self.uses.unwrap_or(changed.limits.uses);
        changed.renewable = self.renewable.unwrap_or(changed.renewable);
        changed.consent = self.consent.unwrap_or(changed.consent);
        (changed != *terms).then_some(changed)
    }
}

/// An invitation. Its claim key is never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Its name.
    pub name: Name,
    /// The network.
    pub network: NetworkId,
    /// The network's name.
    pub network_name: Name,
    /// Where it stands now.
    pub state: InvitationState,
    /// How many sites it admits.
    pub uses: Uses,
    /// How many have joined by it.
    pub used: u32,
    /// How many wait to be admitted.
    pub waiting: u32,
    /// Until when a site may join, if there is such a limit besides the network's end.
    pub deadline: Option<Timestamp>,
    /// When nobody joins by it any more, unless that is moved: at its deadline, or at the end of its network.
    pub ends: Option<Timestamp>,
    /// Where its network stands.
    pub network_state: NetworkState,
    /// When its network was evicted.
    pub network_evicted: Option<Timestamp>,
    /// The classes its sites are given.
    pub classes: Vec<Name>,
    /// What the names of its sites begin with.
    pub prefix: Option<Name>,
    /// How those who join are admitted.
    pub admission: Admission,
    /// Whether the participant is to name the site.
    pub interactive: bool,
    /// Whether a passcode is asked for.
    pub passcode: bool,
    /// What it lays down for its sites.
    pub terms: Terms,
    /// Until when its claim certificate is valid.
    pub certificate_expires: Timestamp,
    /// When it was made and changed.
    pub meta: Meta,
}

/// Creates an invitation and signs its claim certificate.
pub async fn create(app: &App, actor: &Actor, input: Create) -> Result<Invitation, OpError> {
    let given = input.passcode.as_ref().map(|Passcode(passcode)| passcode.clone());
    let verifier = match input.passcode {
        None => None,
        Some(Passcode(passcode)) => Some(passcode::verifier(passcode).await?),
    };
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::network(&mut tx, &input.network).await?;
    let mut tx = match once::claim::<InvitationId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => {
            let shown = show(app, &input.network, &Ref::id(id)).await?;
            // What is remembered of a request tells nothing of its passcode: whether it is another one is seen here.
            let before = invitation::get(app.store(), id).await?;
            let is_same = match given.zip(before.passcode) {
                Some((given, verifier)) => passcode::is_right(given, verifier).await?,
                None => true,
            };
            return if is_same { Ok(shown) } else { Err(OpError::KeyReused) };
        }
    };
    unless_over(&network, app.now())?;
    check_deadline(input.deadline, &network, app.now())?;
    classes::check_declared(&mut tx, &network, "classes", &input.classes).await?;
    let draft = Draft {
        uses_allowed: allowed(input.uses.unwrap_or(Uses::Limited(1)))?,
        deadline: input.deadline,
        classes: input.classes,
        name_prefix: prefix(&input.name, input.prefix)?,
        name: input.name,
        admission: input.admission,
        interactive: input.interactive,
        passcode: verifier,
        terms: input.terms,
    };
    let created = establish(app, &mut tx, &network, draft).await?;
    once::complete(&mut tx, actor, created.id).await?;
    tx.commit().await?;
    view(app, &network, created)
}

/// An invitation without its claim.
struct Draft {
    name: Name,
    uses_allowed: Option<u32>,
    deadline: Option<Timestamp>,
    classes: Vec<Name>,
    name_prefix: Name,
    admission: Admission,
    interactive: bool,
    passcode: Option<String>,
    terms: Terms,
}

/// Signs the claim certificate of an invitation, and stores it.
async fn establish(app: &App, tx: &mut Tx, network: &Network, draft: Draft) -> Result<invitation::Invitation, OpError> {
    check_terms(&draft.terms)?;
    if let Some(most) = quota::invitations_used_up(tx, network.id).await? {
        return Err(used_up("invitations of the network", most, "delete one that nobody needs any more"));
    }
    let issuer = issue::issuer_of(app, &mut *tx, Owner::Network(network.id)).await?;
    let id = InvitationId::from_untyped_uuid(Uuid::new_v4());
    let identity = Identity::Invitation { network: network.id, invitation: id };
    let until = claims::until(app.now(), network.start, draft.deadline, network.end);
    let (certificate, key) = issuer.credential(app, tx, identity, LeafUse::Client, until).await?;
    let new = NewInvitation {
        id,
        network: network.id,
        name: draft.name,
        uses_allowed: draft.uses_allowed,
        deadline: draft.deadline,
        classes: draft.classes,
        name_prefix: draft.name_prefix,
        admission: draft.admission,
        interactive: draft.interactive,
        passcode: draft.passcode,
        terms: draft.terms,
        claim_certificate: certificate.der,
        sealed_claim_key: issue::seal_key(app, tx, &key, &issue::invitation_aad(id)).await?,
    };
    Ok(invitation::create(tx, new).await?)
}

/// Copies an invitation under another name: the same options, a claim certificate and key of its own, and no use spent.
/// `deadline` takes the place of the copied one.
pub async fn copy(
    app: &App,
    actor: &Actor,
    of: &Ref,
    invitation: &Ref,
    name: Name,
    deadline: Option<Option<Timestamp>>,
) -> Result<Invitation, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::network(&mut tx, of).await?;
    let mut tx = match once::claim::<InvitationId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(id) => return show(app, of, &Ref::id(id)).await,
    };
    let found = find::invitation(&mut tx, network.id, invitation).await?;
    unless_over(&network, app.now())?;
    let deadline = deadline.unwrap_or(found.deadline);
    check_deadline(deadline, &network, app.now())?;
    let own_prefix = found.name_prefix != default_prefix(&found.name);
    let draft = Draft {
        uses_allowed: found.uses_allowed,
        deadline,
        classes: found.classes,
        name_prefix: if own_prefix { found.name_prefix } else { default_prefix(&name) },
        name,
        admission: found.admission,
        interactive: found.interactive,
        passcode: found.passcode,
        terms: found.terms,
    };
    let created = establish(app, &mut tx, &network, draft).await?;
    once::complete(&mut tx, actor, created.id).await?;
    tx.commit().await?;
    view(app, &network, created)
}

fn check_terms(terms: &Terms) -> Result<(), OpError> {
    for (field, patterns) in [("serve", &terms.limits.serve), ("use", &terms.limits.uses)] {
        if patterns.0.len() > AddressPatterns::MAX {
            return Err(OpError::invalid(field, format!("give at most {} patterns", AddressPatterns::MAX)));
        }
    }
    Ok(())
}

fn unless_over(network: &Network, now: Timestamp) -> Result<(), OpError> {
    unless_history(network, now)?;
    if network.state(now) == NetworkState::Closing {
        return Err(OpError::precondition(
            format!("the network {} has ended", network.name),
            format!("move its end first: `skx network set {} --end TIME`", network.name),
        ));
    }
    Ok(())
}

fn check_deadline(deadline: Option<Timestamp>, network: &Network, now: Timestamp) -> Result<(), OpError> {
    let Some(deadline) = deadline else { return Ok(()) };
    if deadline <= now {
        return Err(OpError::invalid("deadline", format!("{deadline:.0} is past; give a time after now, {now:.0}")));
    }
    if let Some(end) = network.end.filter(|end| deadline > *end) {
        let message = format!("the network ends before, at {end:.0}; give an earlier deadline, or none");
        return Err(OpError::invalid("deadline", message));
    }
    Ok(())
}

/// What the names of the sites of an invitation without a prefix of its own begin with.
pub(crate) fn default_prefix(invitation: &Name) -> Name {
    let text: String = invitation.as_str().chars().take(NewInvitation::MAX_PREFIX).collect();
    text.trim_end_matches('-').parse().expect("the beginning of a name up to a letter or digit is a name")
}

fn prefix(invitation: &Name, given: Option<Name>) -> Result<Name, OpError> {
    match given {
        None => Ok(default_prefix(invitation)),
        Some(prefix) if prefix.as_str().len() <= NewInvitation::MAX_PREFIX => Ok(prefix),
        Some(_) => Err(OpError::invalid(
            "prefix",
            format!("a prefix has at most {} characters, so that a number fits behind it", NewInvitation::MAX_PREFIX),
        )),
    }
}

fn allowed(uses: Uses) -> Result<Option<u32>, OpError> {
    match uses {
        Uses::Unlimited => Ok(None),
        Uses::Limited(n) if n > 0 && i32::try_from(n).is_ok() => Ok(Some(n)),
        Uses::Limited(n) => {
            Err(OpError::invalid("uses", format!("{n} is not a number of uses; give 1 to 2147483647, or unlimited")))
        }
    }
}

/// Lists the invitations of a network.
pub async fn list(app: &App, network: &Ref, page: &Page) -> Result<Listing<Invitation>, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = invitation::page(app.store(), network.id, &page.wanted(app)?).await?;
    let items = found.items.into_iter().map(|item| view(app, &network, item)).collect::<Result<_, _>>()?;
    Ok(Listing::of(items, found.next))
}

/// Shows one invitation.
pub async fn show(app: &App, network: &Ref, invitation: &Ref) -> Result<Invitation, OpError> {
    let network = find::network(app.store(), network).await?;
    let found = find::invitation(app.store(), network.id, invitation).await?;
    view(app, &network, found)
}

/// Changes an invitation that is not closed.
pub async fn set(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    changes: Set,
    if_revision: Option<i64>,
) -> Result<Invitation, OpError> {
    let passcode = match changes.passcode {
        None => None,
        Some(None) => Some(None),
        Some(Some(Passcode(passcode))) => Some(Some(passcode::verifier(passcode).await?)),
    };
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::invitation(&mut tx, network.id, invitation).await?;
    OpError::unless_at(if_revision, "invitation", found.revision)?;
    if found.closed.is_some() {
        return Err(OpError::precondition(
            format!("the invitation {}/{} was closed, for good", network.name, found.name),
            "create a new one in its place",
        ));
    }
    let uses_allowed = changes.uses.map(allowed).transpose()?;
    if let Some(uses) = uses_allowed.flatten().filter(|uses| *uses < found.uses_spent + found.waiting) {
        let waiting = if found.waiting > 0 { format!(", and {} wait", found.waiting) } else { String::new() };
        let message =
            format!("{} sites have joined by it already{waiting}; {uses} is less than that", found.uses_spent);
        return Err(OpError::invalid("uses", message));
    }
    if let Some(deadline) = changes.deadline {
        check_deadline(deadline, &network, app.now())?;
    }
    if let Some(classes) = &changes.classes {
        classes::check_declared(&mut tx, &network, "classes", classes).await?;
    }
    let name_prefix = changes.prefix.map(|given| prefix(&found.name, given)).transpose()?;
    let claim = match changes.deadline {
        None => None,
        Some(deadline) => Some(claims::resigned(app, &mut tx, &network, &found, deadline).await?),
    };
    let terms = changes.terms.of(&found.terms);
    if let Some(terms) = &terms {
        check_terms(terms)?;
    }
    let change = InvitationChange {
        uses_allowed,
        deadline: changes.deadline,
        classes: changes.classes,
        name_prefix,
        admission: changes.admission,
        interactive: changes.interactive,
        passcode,
        terms,
        claim,
    };
    let changed = invitation::set(&mut tx, found.id, if_revision, change).await?;
    tx.commit().await?;
    view(app, &network, changed)
}

/// Closes an invitation for good: its claim is refused everywhere. Sites that joined by it stay.
pub async fn expire(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    if_revision: Option<i64>,
) -> Result<Invitation, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::invitation(&mut tx, network.id, invitation).await?;
    OpError::unless_at(if_revision, "invitation", found.revision)?;
    let closed = close(app, &mut tx, &network, &found).await?;
    tx.commit().await?;
    app.reconcile();
    view(app, &network, closed)
}

/// Closes an invitation and denies its claim.
pub(crate) async fn close(
    app: &App,
    tx: &mut Tx,
    network: &Network,
    found: &invitation::Invitation,
) -> Result<invitation::Invitation, OpError> {
    let closed = invitation::close(tx, found.id, None, "the invitation was closed").await?;
    deny(app, tx, network, found.id, Denial::Ended).await?;
    Ok(closed)
}

async fn deny(app: &App, tx: &mut Tx, network: &Network, id: InvitationId, why: Denial) -> Result<Uuid, OpError> {
    eviction::deny(app, tx, Denied::Invitation(network.id, id), Some(network.backbone), why).await
}

/// Evicts an invitation for good: its claim is refused everywhere, and sites that are redeeming it are cut. Sites that
/// joined by it stay, unless `members` are to go with it.
pub async fn evict(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    members: bool,
    if_revision: Option<i64>,
) -> Result<Eviction, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::invitation(&mut tx, network.id, invitation).await?;
    OpError::unless_at(if_revision, "invitation", found.revision)?;
    // Closed first: whoever redeems it at this moment is a member by then, or never.
    invitation::close(&mut tx, found.id, None, "the invitation was evicted").await?;
    let mut denied = vec![deny(app, &mut tx, &network, found.id, Denial::Evicted).await?];
    if members {
        let live = member::list(&mut tx, network.id, false, store::Page::ALL).await?.items;
        for site in live.into_iter().filter(|site| site.invitation == Some(found.id)) {
            denied.push(evicting::end(app, &mut tx, &network, site.id, None).await?);
        }
    }
    tx.commit().await?;
    Ok(eviction::carried_out(app, &[network.backbone], &denied).await)
}

/// Closes an invitation and removes it from lists. Sites that joined by it stay.
pub async fn delete(
    app: &App,
    actor: &Actor,
    network: &Ref,
    invitation: &Ref,
    if_revision: Option<i64>,
) -> Result<Eviction, OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let network = find::changeable_network(&mut tx, network, app.now()).await?;
    let found = find::invitation(&mut tx, network.id, invitation).await?;
    OpError::unless_at(if_revision, "invitation", found.revision)?;
    let denied = deny(app, &mut tx, &network, found.id, Denial::Ended).await?;
    invitation::delete(&mut tx, found.id, if_revision).await?;
    tx.commit().await?;
    Ok(eviction::carried_out(app, &[network.backbone], &[denied]).await)
}

fn uses(invitation: &invitation::Invitation) -> Uses {
    invitation.uses_allowed.map_or(Uses::Unlimited, Uses::Limited)
}

fn view(app: &App, network: &Network, invitation: invitation::Invitation) -> Result<Invitation, OpError> {
    let certificate = Certificate::parse(invitation.claim_certificate.as_bytes())
        .map_err(OpError::internal("a claim certificate in the database is damaged"))?;
    Ok(Invitation {
        id: invitation.id,
        network: network.id,
        network_name: network.name.clone(),
        state: invitation.state(app.now(), network),
        uses: uses(&invitation),
        used: invitation.uses_spent,
        waiting: invitation.waiting,
        admission: invitation.admission,
        interactive: invitation.interactive,
        passcode: invitation.passcode.is_some(),
        terms: invitation.terms,
        ends: [invitation.deadline, network.end].into_iter().flatten().min(),
        network_state: network.state(app.now()),
        network_evicted: network.evicted,
        deadline: invitation.deadline,
        prefix: Some(invitation.name_prefix.clone()),
        certificate_expires: certificate.not_after,
        meta: meta!(invitation),
        name: invitation.name,
        classes: invitation.classes,
    })
}
