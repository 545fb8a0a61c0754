//! What was done, and by whom; and whether that is still what was recorded.

mod seen;

use std::collections::{BTreeMap, BTreeSet};

use authz::{Action, Target};
use jiff::{SignedDuration, Timestamp};
use model::{Der, InstallationId, NetworkId};
use store::{
    Context, authority,
    authority::Owner,
    chain,
    chain::{Checker, Examination, Fault},
    cut,
    cut::{Cut, Statement},
    event,
    event::Recorded,
    listing::{Key, Wanted},
    network,
};

use super::{Actor, Fields, Listing, OpError, Page, Ref, actor::target, certificate};
use crate::{App, issue};

pub use seen::Seen;
pub(crate) use seen::seen;

/// Events younger than this stay, whatever is asked for.
pub const LEAST_RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// What the signature of a cut is for.
const CONTEXT: &[u8] = b"skx-audit-cut-1\0";

/// Lists the events of what somebody manages, as they see them, oldest first unless wanted otherwise. The position of an event
/// is the cursor of what comes after it.
pub async fn list(app: &App, actor: &Actor, page: &Page) -> Result<Listing<Seen>, OpError> {
    let only = certificate::managed(app, actor).await?;
    let mut wanted = Wanted { only, ..page.wanted_by_position(app)? };
    for (filter, value) in wanted.filters.iter_mut().filter(|(name, _)| matches!(*name, "network" | "backbone")) {
        let reference: Ref = value.parse().map_err(|error| OpError::invalid(filter, error))?;
        *value = match reference {
            // Events outlive what they tell of: it may be gone.
            Ref::Id(id) => id.to_string(),
            Ref::Name(_) if *filter == "network" => {
                actor.require_in_network(app.store(), Action::ShowNetwork, &reference).await?.id.to_string()
            }
            Ref::Name(_) => {
                actor.require_on_backbone(app.store(), Action::ShowBackbone, &reference).await?.id.to_string()
            }
        };
    }
    let found = event::page(app.store(), &wanted).await?;
    let next = found.items.last().filter(|_| found.next.is_some()).map(|event| event.position);
    let networks = networks(app, &found.items).await?;
    let network = |event: &Recorded| networks.get(&event.network?).copied();
    Ok(Listing::of(found.items.iter().filter_map(|event| seen(actor, event, network(event))).collect(), next))
}

/// The networks in which events happened, as it is decided on them: those that are still there.
async fn networks(app: &App, events: &[Recorded]) -> Result<BTreeMap<NetworkId, Target>, OpError> {
    let ids: BTreeSet<NetworkId> = events.iter().filter_map(|event| event.network).collect();
    let found = network::among(app.store(), &ids.into_iter().collect::<Vec<_>>()).await?;
    Ok(found.iter().map(|network| (network.id, target(network))).collect())
}

/// What the list of cuts can be narrowed and ordered by.
pub(crate) const CUTS: Fields<Cut> = Fields {
    id: |cut| cut.position.to_string(),
    sorts: &[("position", |cut| Key::Number(cut.position))],
    filters: &[],
    search: |_| String::new(),
};

/// Checks the whole chain, and that the cuts at which events have left it were signed by this installation.
pub async fn verify(app: &App) -> Result<Examination, OpError> {
    let mut found = chain::examine(app.store(), 1).await?;
    let roots = authority::list(app.store(), Owner::Root).await?;
    let roots: BTreeSet<Der> = roots.into_iter().filter_map(|root| root.certificate).collect();
    let genuine = |cut: &Cut| {
        roots.contains(&cut.signer) && statement(cut).is_some_and(|it| it.installation == app.installation())
    };
    let forged = found.cuts.iter().filter(|cut| !genuine(cut)).map(|cut| (cut.position, Fault::Cut));
    found.faults.splice(0..0, forged.collect::<Vec<_>>());
    found.faults.truncate(Checker::MOST);
    Ok(found)
}

/// What a cut says, if its signature is that of the certificate beside it. Whose certificate that is, is another question.
pub fn statement(cut: &Cut) -> Option<Statement> {
    pki::verify_signature(cut.signer.as_bytes(), CONTEXT, &cut.statement, &cut.signature).ok()?;
    let statement: Statement = serde_json::from_slice(&cut.statement).ok()?;
    (statement.position == cut.position && statement.hash == cut.hash).then_some(statement)
}

/// The cuts at which events have left the chain, oldest first.
pub async fn cuts(app: &App, page: &Page) -> Result<Listing<Cut>, OpError> {
    page.pick(cut::list(app.store()).await?, &CUTS)
}

/// Lets the events from before a time leave, by a signed cut.
pub async fn cut(app: &App, actor: &Actor, before: Timestamp) -> Result<Cut, OpError> {
    let youngest = app.now().saturating_sub(LEAST_RETENTION).unwrap_or(Timestamp::MIN);
    if before > youngest {
        let message = format!("events of the last 24 hours stay; give a time that is not after {youngest:.0}");
        return Err(OpError::invalid("before", message));
    }
    let nothing = || OpError::precondition(format!("no event is from before {before:.0}"), "there is nothing to do");
    sign_cut(app, &actor.context(), before).await?.ok_or_else(nothing)
}

/// Lets events leave that are older than they are to be kept, at most once in a day.
pub(crate) async fn retain(app: &App, retention: SignedDuration) -> Result<(), OpError> {
    let before = |age| app.now().saturating_sub(age).unwrap_or(Timestamp::MIN);
    let due = before(retention.saturating_add(LEAST_RETENTION));
    if cut::oldest(app.store()).await?.is_none_or(|oldest| oldest >= due) {
        return Ok(());
    }
    let cut = sign_cut(app, &Context::controller(app.controller()), before(retention)).await?;
    if let Some(cut) = cut {
        tracing::info!(position = cut.position, "events older than the audit retention have left the chain");
    }
    Ok(())
}

async fn sign_cut(app: &App, context: &Context, before: Timestamp) -> Result<Option<Cut>, OpError> {
    let mut tx = app.store().begin(context).await?;
    let Some(place) = cut::place(&mut tx, before).await? else { return Ok(None) };
    let no_root = || OpError::precondition("there is no root that could sign the cut", "make one: `skx ca init`");
    let root = issue::issuer(app, &mut tx, Owner::Root).await?.ok_or_else(no_root)?;
    let cut = signed(app.installation(), place, tx.now(), &root.authority);
    cut::make(&mut tx, app.installation(), &cut, place.until).await?;
    tx.commit().await?;
    Ok(Some(cut))
}

/// The cut at a place of the chain, signed by the installation's certificate authority.
pub fn signed(installation: InstallationId, place: cut::Place, time: Timestamp, root: &pki::Authority) -> Cut {
    let cut::Place { position, hash, until } = place;
    // The database keeps microseconds.
    let time = Timestamp::from_microsecond(time.as_microsecond()).expect("a time cut to microseconds is in range");
    let statement = serde_json::to_vec(&Statement { installation, position, hash, until, time });
    let statement = statement.expect("a statement has a JSON form");
    let signature = root.key().sign(CONTEXT, &statement);
    Cut { position, hash, time, statement, signature, signer: root.certificate.clone() }
}
