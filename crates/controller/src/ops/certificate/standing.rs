//! Where a certificate stands, in words for whoever has to do something about it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::{ControllerId, GenericUuid, Identity, NetworkId};
use store::{
    authority::{self, Authority, AuthorityState, Owner},
    certificate,
    denial::{Denial, Kind},
    network::Network,
};
use uuid::Uuid;

use super::{Standing, State};
use crate::{App, issue, ops::OpError, rotation};

/// What moves what belongs to a network that is over.
const OVER: &str = "nothing: its network is over, for good";

/// How many of those who are waited for are named.
const NAMED: usize = 5;

/// The networks that certificates are of.
pub(super) type Networks = BTreeMap<NetworkId, Network>;

pub(super) async fn of_authority(app: &App, row: &Authority, networks: &Networks) -> Result<Standing, OpError> {
    let ends = row.not_after.unwrap_or(Timestamp::MAX);
    let standing = |state, why: String, next: String| Standing { state, since: row.since, why, next };
    let made = row
        .reason
        .clone()
        .map_or_else(|| "it is the first generation".to_owned(), |reason| format!("it was made because {reason}"));
    Ok(match row.state {
        AuthorityState::Withdrawn => standing(
            State::Revoked,
            "nothing that it has issued can be in use: nobody trusts it any more, and its key is destroyed".to_owned(),
            "nothing".to_owned(),
        ),
        _ if issue::is_over(ends, app.now()) => Standing {
            state: State::Expired,
            since: ends,
            why: "its life is over, and so is everything that it has issued".to_owned(),
            next: "nothing".to_owned(),
        },
        AuthorityState::Pending | AuthorityState::Announced => {
            let awaited = rotation::awaited(app, row).await?;
            let next = if awaited.is_empty() { "it issues in a moment".to_owned() } else { waits_for(&awaited) };
            standing(State::Announced, made, next)
        }
        AuthorityState::Active => standing(State::Current, made, goes_on(row, ends)),
        AuthorityState::Retired => {
            let last = authority::last_leaves(app.store(), &[row.id]).await?.get(&row.id).copied();
            let why = if row.sealed_key.is_none() {
                "what it is for is over, and its key is destroyed"
            } else {
                "a newer generation issues in its place"
            };
            let next = match (row.owner(), last) {
                (Owner::Root, _) => "it goes as soon as everything below it is issued anew".to_owned(),
                (Owner::Network(id), _) if is_over(networks, id, app.now()) => OVER.to_owned(),
                (_, last) => {
                    let gone = rotation::withdrawn_after(row.since, last, app.leaf_lifetime());
                    format!("it is trusted until {gone:.0}, when nothing that it has issued can be in use any more")
                }
            };
            standing(State::Superseded, why.to_owned(), next)
        }
    })
}

fn waits_for(awaited: &[String]) -> String {
    let more = awaited.len().saturating_sub(NAMED);
    let named = awaited.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("it issues as soon as it need not wait any more for {named}{more}")
}

fn goes_on(row: &Authority, ends: Timestamp) -> String {
    match row.owner() {
        Owner::Root => {
            format!(
                "it ends {ends:.0}; before, run `skx ca csr` again, have your root sign the request and import the chain"
            )
        }
        Owner::Backbone(_) | Owner::Network(_) => {
            let due = rotation::two_thirds(row.not_before.unwrap_or(ends), ends);
            format!("a new generation is made {due:.0}, if the authority above lasts longer than this one")
        }
    }
}

/// What the standing of leaves follows from, beside themselves.
pub(super) struct Known {
    pub(super) denials: Vec<Denial>,
    pub(super) networks: Networks,
    /// The controllers that are heard of.
    pub(super) running: BTreeSet<ControllerId>,
}

pub(super) fn of_leaf(row: &certificate::Certificate, known: &Known, now: Timestamp) -> Standing {
    let identity = row.subject.identity;
    let network = identity.network().and_then(|id| known.networks.get(&id));
    if let Some(denial) = denial_of(&known.denials, &identity) {
        return Standing {
            state: State::Revoked,
            since: denial.created,
            why: format!("whom it speaks for is denied: {}", denial.reason.message()),
            next: "nothing: what was denied stays so".to_owned(),
        };
    }
    if issue::is_over(row.not_after, now) {
        return Standing {
            state: State::Expired,
            since: row.not_after,
            why: "its life is over".to_owned(),
            next: match network {
                Some(network) if network.state(now).is_over() => OVER.to_owned(),
                _ => after_its_life(row, now),
            },
        };
    }
    if row.superseded_by.is_some() {
        return Standing {
            state: State::Superseded,
            since: row.updated,
            why: "a newer one took its place".to_owned(),
            next: format!("it ends {:.0}", row.not_after),
        };
    }
    let next = match (identity, row.renew_asked) {
        (Identity::Invitation { .. } | Identity::Bootstrap { .. }, _) => format!("it ends {:.0}", row.not_after),
        (Identity::Member { .. } | Identity::Renewal { .. }, _)
            if network.is_some_and(|network| network.window().lasts_until(row.not_after)) =>
        {
            format!("it ends with its network, {:.0}", row.not_after)
        }
        (Identity::Member { .. } | Identity::Renewal { .. }, _) if row.renewable_until.is_none() => {
            format!("it ends {:.0}, and is not renewable", row.not_after)
        }
        (Identity::Controller { controller } | Identity::TrustSigner { controller, .. }, _)
            if !known.running.contains(&controller) =>
        {
            format!(
                "that controller is heard of no more: it is renewed if it comes back, and ends {:.0} otherwise",
                row.not_after
            )
        }
        (Identity::Controller { .. } | Identity::TrustSigner { .. }, Some(_)) => {
            "the controller replaces it when it needs it next".to_owned()
        }
        (_, Some(asked)) => {
            format!("somebody asked for its replacement {asked:.0}: the site is told as soon as it is connected")
        }
        (_, None) => {
            format!(
                "it is renewed {:.0}, at two thirds of its life",
                rotation::two_thirds(row.not_before, row.not_after)
            )
        }
    };
    Standing { state: State::Current, since: row.created, why: "it is the newest of its subject".to_owned(), next }
}

fn is_over(networks: &Networks, id: NetworkId, now: Timestamp) -> bool {
    networks.get(&id).is_some_and(|network| network.state(now).is_over())
}

fn after_its_life(row: &certificate::Certificate, now: Timestamp) -> String {
    let next = match row.subject.identity {
        _ if row.superseded_by.is_some() => "nothing: a newer one took its place",
        Identity::Member { .. } | Identity::Renewal { .. } => match row.renewable_until.filter(|until| now <= *until) {
            Some(until) => return format!("the site has it renewed by itself when it comes back until {until:.0}"),
            None => "the site joins again, with a new invitation",
        },
        Identity::BackboneSite { .. } => "render a bundle for the site and apply it",
        Identity::Bootstrap { .. } => "render the bundle again, if the site has not enrolled",
        Identity::Invitation { .. } => "make another invitation",
        Identity::Controller { .. } | Identity::TrustSigner { .. } => "nothing, when that controller runs no more",
    };
    next.to_owned()
}

/// Since when an identity is denied, if it is.
pub(super) fn denied_since(denials: &[Denial], identity: &Identity) -> Option<Timestamp> {
    denial_of(denials, identity).map(|denial| denial.created)
}

fn denial_of<'a>(denials: &'a [Denial], identity: &Identity) -> Option<&'a Denial> {
    denials.iter().find(|denial| denies(denial, identity))
}

fn denies(denial: &Denial, identity: &Identity) -> bool {
    let is = |kind, id: Uuid| denial.kind == kind && denial.id == id;
    match *identity {
        Identity::BackboneSite { site, .. } | Identity::Bootstrap { site, .. } => {
            is(Kind::BackboneSite, site.into_untyped_uuid())
        }
        Identity::Invitation { network, invitation } => {
            is(Kind::Network, network.into_untyped_uuid()) || is(Kind::Invitation, invitation.into_untyped_uuid())
        }
        Identity::Member { network, site } | Identity::Renewal { network, site } => {
            is(Kind::Network, network.into_untyped_uuid()) || is(Kind::Site, site.into_untyped_uuid())
        }
        Identity::Controller { controller } | Identity::TrustSigner { controller, .. } => {
            is(Kind::Controller, controller.into_untyped_uuid())
        }
    }
}
