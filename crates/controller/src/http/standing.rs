//! Where each object stands, since when, why, and what would move it: pure functions of what is told of it anyway.

use api::Standing;
use jiff::{SignedDuration, Timestamp};
use model::lifecycle::{BackboneSiteState, InvitationState, NetworkState, Window};

mod member;
mod subject;

pub(super) use member::member;
pub(super) use subject::{grant, group, quota, token, user};

use super::handlers::link_state;
use crate::{
    clock,
    ops::{
        address::{AddressPolicy, AddressUse, ServiceAddress},
        backbone::Backbone,
        backbone_site::{AccessPointInfo, BackboneSite},
        ca::{CaInfo, CaState},
        controller::Controller,
        deployment::Deployment,
        invitation::Invitation,
        link::Link,
        network::Network,
        release,
        secret::Secret,
        socket::{Place, Seen, Socket},
    },
};

/// What is said of what is over.
const NOTHING: &str = "nothing: it is over, for good";

fn standing(state: &str, since: Timestamp, why: impl Into<String>, next: impl Into<String>) -> Option<Standing> {
    Some(Standing { state: state.to_owned(), since, why: why.into(), next: next.into() })
}

pub(super) fn backbone(found: &Backbone, inside: bool) -> Option<Standing> {
    let (name, sites, deployed) = (&found.name, found.sites, found.deployed);
    let (state, next) = match (sites, deployed) {
        (0, _) => ("empty", format!("create its first site: `skx backbone site create {name}/SITE`")),
        (_, 0) => ("planned", format!("`skx backbone status {name}` says what comes next for each site")),
        _ if deployed < sites => {
            ("partly-deployed", format!("`skx backbone status {name}` says what comes next for each site"))
        }
        _ => ("deployed", "nothing: networks can run on it".to_owned()),
    };
    // What is inside is for those who administer it.
    let (why, next) = if inside {
        (format!("{deployed} of its {sites} sites are deployed"), next)
    } else {
        ("so its administrators have brought it".to_owned(), "its administrators".to_owned())
    };
    standing(state, found.since, why, next)
}

pub(super) fn backbone_site(found: &BackboneSite) -> Option<Standing> {
    let seen = found.last_seen.map(|seen| format!(", and was last heard of {seen:.0}")).unwrap_or_default();
    let (since, why, nothing) = match found.state {
        BackboneSiteState::Defined if found.bundle_generation == 0 => {
            (found.meta.created, "its bundle was not rendered yet".to_owned(), "it enrols")
        }
        BackboneSiteState::Defined => (found.meta.created, "its bundle was not applied yet".to_owned(), "it enrols"),
        BackboneSiteState::Deployed if found.online => (
            found.enrolled.unwrap_or(found.meta.created),
            "it has enrolled, and has a session with a controller".to_owned(),
            "nothing: its certificate is renewed by itself",
        ),
        BackboneSiteState::Deployed if found.expired => {
            let expired = found.certificate_expires.unwrap_or(found.meta.updated);
            let path = format!("{}/{}", found.backbone_name, found.name);
            let next = format!("render a bundle and apply it there: `skx backbone site bundle {path} --output FILE`");
            return standing(found.state.as_str(), expired, "its certificate has expired while it was away", next);
        }
        BackboneSiteState::Deployed => (
            found.enrolled.unwrap_or(found.meta.created),
            format!("it has enrolled{seen}"),
            "it comes back by itself as soon as it runs and reaches a controller",
        ),
        BackboneSiteState::Evicted => (found.meta.updated, "it was evicted".to_owned(), NOTHING),
    };
    let next = found.next_step.clone().unwrap_or_else(|| nothing.to_owned());
    with_its_clock(found.wrong_clock, standing(found.state.as_str(), since, why, next))
}

/// What is said of a site whose clock is wrong.
fn with_its_clock(wrong: Option<SignedDuration>, standing: Option<Standing>) -> Option<Standing> {
    let Some(ahead) = wrong else { return standing };
    let said = clock::words(ahead, "the controllers'");
    standing.map(|it| Standing { why: format!("{}; {said}", it.why), next: "its clock is set right".to_owned(), ..it })
}

pub(super) fn access_point(found: &AccessPointInfo, site: &BackboneSite) -> Option<Standing> {
    let since = site.enrolled.unwrap_or(found.meta.created).max(found.meta.updated);
    let path = format!("{}/{}", site.backbone_name, site.name);
    match (site.state, found.spec.advertised.known()) {
        (BackboneSiteState::Evicted, _) => standing("closed", site.meta.updated, "its site was evicted", NOTHING),
        (BackboneSiteState::Defined, _) => {
            standing("defined", found.meta.created, "its site is not deployed yet", "its site is deployed")
        }
        (BackboneSiteState::Deployed, None) => standing(
            "unreachable",
            since,
            "the host at which others dial it is not known",
            format!("enter it: `skx backbone access set {path} {}=KIND@HOST:PORT`", found.spec.name),
        ),
        (BackboneSiteState::Deployed, Some(_)) if site.online => {
            standing("open", since, "its site is deployed and connected", "nothing: whom it admits may dial it")
        }
        (BackboneSiteState::Deployed, Some(_)) => standing(
            "unknown",
            site.last_seen.unwrap_or(since),
            "its site has no session with a controller",
            "its site comes back; `skx site status` there says whether it listens",
        ),
    }
}

pub(super) fn link(found: &Link) -> Option<Standing> {
    let state = link_state(found.observed.state).as_str();
    let (from, to) = (&found.from_name, &found.to_name);
    let since = found.observed.since.or(found.observed.seen).unwrap_or(found.meta.created);
    match (state, &found.observed.error) {
        ("up", _) => standing(state, since, format!("{from} says so"), "nothing: it carries traffic"),
        ("unknown", Some(error)) => {
            let next = format!("`skx backbone status {}` says what comes next", found.backbone_name);
            standing(state, since, error.clone(), next)
        }
        (_, Some(error)) => standing(state, since, error.clone(), format!("{from} dials {to} again by itself")),
        ("unknown", None) => standing(
            state,
            since,
            format!("{from}, which dials it, has not told of it"),
            format!("{from} has a session with a controller: see `skx backbone status {}`", found.backbone_name),
        ),
        (_, None) => standing(state, since, format!("{from} says so"), format!("{from} dials {to} by itself")),
    }
}

pub(super) fn network(found: &Network) -> Option<Standing> {
    let Network { start, end, grace, .. } = *found;
    let window = Window { start, end, grace };
    let state = found.state.as_str();
    let name = &found.name;
    match found.state {
        NetworkState::Scheduled => standing(
            state,
            found.meta.created,
            format!("it starts {start:.0}"),
            format!("sites are let in from {:.0} on, unless the start is moved", window.opens()),
        ),
        NetworkState::Open => standing(
            state,
            start.max(found.meta.created),
            "its start has come",
            match end {
                Some(end) => format!("it ends {end:.0}, unless that is moved: `skx network set {name} --end TIME`"),
                None => format!("it has no end: `skx network set {name} --end TIME` gives it one"),
            },
        ),
        NetworkState::Closing => standing(
            state,
            end.unwrap_or(start),
            "its end has come, and its grace is not over",
            match window.closes() {
                Some(closes) => format!("connections end {closes:.0}, for good, unless its end is moved before"),
                None => "its end is moved".to_owned(),
            },
        ),
        NetworkState::Ended => standing(
            state,
            window.closes().unwrap_or(start),
            "its end and its grace have passed, and the key of its certificate authority is destroyed",
            format!("it is history: it can be looked at, and `skx network delete {name}` removes it"),
        ),
        NetworkState::Evicted => standing(state, found.meta.updated, "it was evicted", NOTHING),
    }
}

pub(super) fn invitation(found: &Invitation) -> Option<Standing> {
    let state = found.state.as_str();
    let path = format!("{}/{}", found.network_name, found.name);
    let waiting = match found.waiting {
        0 => String::new(),
        waiting => format!("; {waiting} wait to be admitted: `skx member list {}`", found.network_name),
    };
    let until = found.ends.unwrap_or(found.certificate_expires);
    let is_history = found.network_state.is_over();
    let over = || format!("nothing: the network {} is over, for good", found.network_name);
    match found.state {
        InvitationState::Live => standing(
            state,
            found.meta.created,
            format!("sites can join by it: {} have{waiting}", found.used),
            match (found.deadline, found.ends) {
                (Some(_), Some(ends)) => {
                    format!("it ends {ends:.0}: `skx invitation set {path} --deadline TIME` moves that")
                }
                (_, Some(ends)) => format!("it ends with its network, {ends:.0}"),
                (_, None) => "it ends with its network, which has no end".to_owned(),
            },
        ),
        InvitationState::UsedUp => standing(
            state,
            found.meta.updated,
            format!("{} have joined by it, and no use is left{waiting}", found.used),
            if is_history { over() } else { format!("more may join: `skx invitation set {path} --uses N`") },
        ),
        InvitationState::Expired => standing(
            state,
            until,
            format!(
                "{} has come{waiting}",
                if found.deadline == found.ends { "its deadline" } else { "the end of its network" }
            ),
            match (found.network_state, found.deadline == found.ends) {
                _ if is_history => over(),
                // No deadline comes after the end of the network.
                (NetworkState::Closing, _) | (_, false) => {
                    format!("`skx network set {} --end TIME` moves that", found.network_name)
                }
                (_, true) => format!(
                    "`skx invitation set {path} --deadline TIME` moves the deadline; copies that were sent ended with it"
                ),
            },
        ),
        InvitationState::Closed => match found.network_evicted {
            Some(evicted) => {
                standing(state, evicted, format!("the network {} was evicted", found.network_name), over())
            }
            None if is_history => standing(state, found.meta.updated, "somebody closed or evicted it", over()),
            None => standing(state, found.meta.updated, "somebody closed or evicted it", NOTHING),
        },
    }
}

pub(super) fn controller(found: &Controller) -> Option<Standing> {
    if let Some(ahead) = found.wrong_clock {
        let next = format!("set the clock of {}", found.hostname);
        return standing("wrong-clock", found.started, clock::words(ahead, "the database's"), next);
    }
    let why = format!("it was last heard of {:.0}", found.last_seen);
    standing("running", found.started, why, "nothing: it leaves the list a minute after it is heard of no more")
}

pub(super) fn ca(found: &CaInfo) -> Option<Standing> {
    let (state, why) = match found.state {
        CaState::Absent => ("absent", "no root was established yet"),
        CaState::Requested => ("requested", "a signing request was made, and its chain was not imported yet"),
        CaState::Ready if found.development => ("development", "it was made here, to try things out"),
        CaState::Ready => ("ready", "its chain was imported"),
    };
    let next = found.next_step.clone().unwrap_or_else(|| "nothing: backbones can be created under it".to_owned());
    standing(state, found.since, why, next)
}

pub(super) fn socket(found: &Socket) -> Option<Standing> {
    let Socket { seen: Seen { sites, ready, failed, since }, network_name: network, .. } = found;
    let since = since.unwrap_or(found.meta.updated).max(found.meta.updated);
    let place = match &found.place {
        Place::Site { name, .. } => format!("it is for the site {name}"),
        Place::Class(class) => format!("it is for every site of the class {class}, now and later"),
    };
    match (sites, failed) {
        (0, _) => {
            let (why, next) = match &found.place {
                Place::Site { .. } => (", which is no member any more", "nothing: remove it".to_owned()),
                Place::Class(class) => {
                    (", and there is none", format!("a site gets it: `skx member class add {network}/SITE {class}`"))
                }
            };
            standing("nowhere", since, format!("{place}{why}"), next)
        }
        (_, Some((site, error))) => standing(
            "failed",
            since,
            format!("{place}; at {site}: {error}"),
            format!("the site tries again by itself; `skx member show {network}/{site}` says more"),
        ),
        (sites, None) if ready == sites => {
            standing("ready", since, format!("{place}, and works at {ready} of {sites}"), "nothing: it works")
        }
        (sites, None) => standing(
            "placed",
            since,
            format!("{place}, and works at {ready} of {sites}; the others have not said"),
            format!("the others have a session with a controller: see `skx member list {network}`"),
        ),
    }
}

pub(super) fn address_policy(found: &AddressPolicy) -> Option<Standing> {
    let AddressPolicy { set, network_name: network, over, .. } = found;
    let (address, policy) = (&set.address, set.policy.kind());
    if let Some(over) = over {
        return standing("history", (*over).max(set.updated), format!("the network {network} is over"), NOTHING);
    }
    standing(
        "in-force",
        set.updated,
        format!("new connections to {address} are given to sites that serve it as `{policy}` says, since that was set"),
        format!(
            "`skx network address set {network} {address} --policy POLICY` changes it; `skx network address remove {network} {address}` lets it pick the closest site again"
        ),
    )
}

pub(super) fn deployment(found: &Deployment) -> Option<Standing> {
    let (stored, network) = (&found.stored, &found.network_name);
    let (name, release) = (&stored.name, release::short_name(&found.release));
    let status = format!("`skx deploy status {network}/{name}` says how each site stands");
    if stored.removing {
        return standing(
            "removing",
            stored.updated,
            "somebody has deleted it",
            "its sites are offered nothing of it any more; then it is gone",
        );
    }
    match &stored.trouble {
        Some(trouble) => standing(
            "troubled",
            stored.updated,
            trouble.trim_end(),
            "what is said there; sites keep what they have meanwhile",
        ),
        None if found.follows() => standing(
            "in-force",
            stored.updated,
            format!("it places {release}, the newest release of its application"),
            status,
        ),
        None => standing("in-force", stored.updated, format!("it places {release}"), status),
    }
}

pub(super) fn secret(found: &Secret) -> Option<Standing> {
    let stored = &found.stored;
    let why = format!("it has {} values, which nobody reads here", stored.keys.len());
    match found.deployments.as_slice() {
        [] => standing("unused", stored.updated, why, "a deployment needs it"),
        _ => standing("in-use", stored.updated, why, "nothing: the sites that need it are given its values"),
    }
}

pub(super) fn address(found: &ServiceAddress) -> Option<Standing> {
    let ServiceAddress { network_name: network, address, served_by, used_by, .. } = found;
    let since = |uses: &mut dyn Iterator<Item = &AddressUse>| {
        uses.map(|it| it.socket.since.unwrap_or(it.observed)).min().unwrap_or(Timestamp::UNIX_EPOCH)
    };
    let works = |it: &&AddressUse| it.socket.ready;
    let ready = served_by.iter().filter(works).count();
    let Some(first) = served_by.first() else {
        return standing(
            "unserved",
            since(&mut used_by.iter()),
            format!("no site that is connected serves it; listeners for it: {}", used_by.len()),
            format!("a site serves it: `skx network connector add {network} {address} HOST:PORT --site SITE`"),
        );
    };
    if ready == 0 {
        let error = first.socket.error.clone().unwrap_or_else(|| "it does not work there".to_owned());
        return standing(
            "failed",
            since(&mut served_by.iter()),
            format!("at {}: {error}", first.site_name),
            format!("the site tries again by itself; `skx member show {network}/{}` says more", first.site_name),
        );
    }
    standing(
        "served",
        since(&mut served_by.iter().filter(works)),
        format!("it works at {ready} of {} sites that serve it", served_by.len()),
        if used_by.is_empty() {
            format!(
                "nobody has a listener for it: `skx network listener add {network} {address} HOST:PORT --site SITE`"
            )
        } else {
            "nothing: connections to it are carried".to_owned()
        },
    )
}
