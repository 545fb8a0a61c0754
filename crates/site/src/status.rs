//! How a site stands, in the participant's words: pure functions of what is stored, what runs, and the time.

use api::local::{
    AccessPointStatus, ConnectionState, DeploymentBrief, DeploymentState, LinkStatus, SessionStatus, SiteStatus,
};
use dataplane::{LinkState, Status};
use jiff::{SignedDuration, Timestamp};
use model::{
    Identity, LinkId,
    lifecycle::{SiteState, Window},
    router::Link,
    terms::Terms,
    ticket::Ticket,
};
use pki::Certificate;

use crate::{
    certificate::{Life, life},
    deploy,
    live::{Attempt, Live},
    plan::{is_past_its_end, plan},
    platform,
    state::{End, Joined, Joining, Origin, Phase, StoredSite},
};

/// The status of a site that does not run, from what it stored.
pub fn stored(site: &StoredSite, now: Timestamp) -> SiteStatus {
    let status = from_store(site, "it does not run; start it with `skx site run`", now);
    let next = match &site.phase {
        Phase::Over(_) => status.next,
        Phase::Joining(_) | Phase::Joined(_) => format!("it is started: `skx site run`; then: {}", status.next),
    };
    SiteStatus { running: false, next, ..status }
}

/// The status of a site that runs and does not answer, from what it stored; `why` it does not answer.
pub fn unanswered(site: &StoredSite, why: &str, now: Timestamp) -> SiteStatus {
    from_store(site, why, now)
}

fn from_store(site: &StoredSite, otherwise: &str, now: Timestamp) -> SiteStatus {
    let (state, reason) = stored_state(site, now);
    let session = SessionStatus { state: ConnectionState::Down, since: None, error: None };
    SiteStatus { reason: reason.or_else(|| Some(otherwise.to_owned())), ..base(site, state, session, now) }
}

/// Whether the network is open for links at `now`, as far as the site knows.
fn opens_later(start: Timestamp, now: Timestamp) -> bool {
    now < start.saturating_sub(Window::LEAD).unwrap_or(start)
}

fn not_open_yet(parent: &str, start: Timestamp, now: Timestamp) -> String {
    let opens = start.saturating_sub(Window::LEAD).unwrap_or(start);
    format!(
        "network {parent} starts {start:.0} and lets sites in from {opens:.0} on, and this machine's time is {now:.0}; the site keeps asking by itself"
    )
}

/// What is certain without a router.
fn stored_state(site: &StoredSite, now: Timestamp) -> (SiteState, Option<String>) {
    let parent = site.parent().as_str();
    match &site.phase {
        Phase::Over(over) => (over.end.state(), Some(over.reason.clone())),
        Phase::Joining(joining) => match &joining.ticket {
            Ticket::Bootstrap(_) => (SiteState::Enrolling, slow_clock(claim(&joining.ticket), now)),
            Ticket::Invitation(_) if joining.waiting.is_some() => {
                (SiteState::Waiting, joining.waiting.as_ref().map(|waiting| waiting.reason.clone()))
            }
            Ticket::Invitation(ticket) if opens_later(ticket.start, now) => {
                let opens = not_open_yet(parent, ticket.start, now);
                let slow = slow_clock(claim(&joining.ticket), now);
                (SiteState::Waiting, Some(slow.map_or_else(|| opens.clone(), |slow| format!("{opens}; {slow}"))))
            }
            Ticket::Invitation(_) => (SiteState::Joining, slow_clock(claim(&joining.ticket), now)),
        },
        Phase::Joined(joined) => joined_state(site, joined, now),
    }
}

fn joined_state(site: &StoredSite, joined: &Joined, now: Timestamp) -> (SiteState, Option<String>) {
    let parent = site.parent().as_str();
    let scope = joined.items.network_trust();
    if is_past_its_end(joined, now) {
        let end = scope.and_then(|scope| scope.end).map(|end| format!(" at {end:.0}")).unwrap_or_default();
        let reason = format!("network {parent} ended{end}, and this machine's time is {now:.0}");
        return (SiteState::Ended, Some(reason));
    }
    if let Some(reason) = expired(site, joined, now) {
        return (SiteState::Expired, Some(reason));
    }
    let slow = slow_clock(Certificate::parse(joined.certificate.as_bytes()).ok(), now);
    match scope {
        Some(scope) if opens_later(scope.start, now) => {
            (SiteState::Waiting, Some(not_open_yet(parent, scope.start, now)))
        }
        _ if site.origin.is_backbone() => (SiteState::Backbone, slow),
        _ => (SiteState::Member, slow),
    }
}

/// What is said of a certificate that has expired, and what becomes of the site.
fn expired(site: &StoredSite, joined: &Joined, now: Timestamp) -> Option<String> {
    let leaf = Certificate::parse(joined.certificate.as_bytes()).ok()?;
    let expired = format!(
        "the site's certificate expired at {:.0}, and this machine's time is {now:.0}: check the clock",
        leaf.not_after
    );
    let join = "join again with a new invitation: what was configured at this site is kept";
    match life(joined, now) {
        Life::Current => None,
        Life::Renewable(until) => {
            Some(format!("{expired}; if it is right, the site has the certificate renewed by itself, until {until:.0}"))
        }
        Life::Over if site.origin.is_backbone() => {
            Some(format!("{expired}; if it is right, apply a new bundle of this site"))
        }
        Life::Over => {
            let why = match leaf.renewable_until {
                _ if !terms(joined).renewable => "this membership is not renewable, and has ended with it".to_owned(),
                Some(until) => format!("it could be renewed until {until:.0}"),
                None => "it cannot be renewed any more".to_owned(),
            };
            Some(format!("{expired}; {why}; if the clock is right, {join}"))
        }
    }
}

/// What is said of a clock that stands before the life of the site's own certificate. Certificates are dated back, so that a
/// clock that is a little slow is none.
fn slow_clock(held: Option<Certificate>, now: Timestamp) -> Option<String> {
    let held = held.filter(|held| now < held.not_before)?;
    Some(format!(
        "this machine's time is {now:.0}, and the site's certificate is valid from {:.0} to {:.0}: check the clock",
        held.not_before, held.not_after
    ))
}

/// The certificate a site comes with.
pub(crate) fn claim(ticket: &Ticket) -> Option<Certificate> {
    let credential = match ticket {
        Ticket::Invitation(ticket) => &ticket.claim,
        Ticket::Bootstrap(ticket) => &ticket.bootstrap,
    };
    Certificate::from_pem(&credential.certificate).ok()
}

/// How far this machine's clock may be from the controllers': certificates are dated back by as much.
pub(crate) const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What is said of an invitation that is refused for its age, where this machine's clock says nearly the same.
pub(crate) fn claim_over(ticket: &Ticket, now: Timestamp) -> Option<String> {
    let ends = claim(ticket).filter(|_| matches!(ticket, Ticket::Invitation(_)))?.not_after;
    (ends.duration_since(now) <= TOLERANCE)
        .then(|| format!("the invitation ends {ends:.0}, and nobody joins by it after that"))
}

fn terms(joined: &Joined) -> Terms {
    joined.items.settings().map(|settings| settings.terms.clone()).unwrap_or_default()
}

/// Since when a site is in a state, as far as that was noted.
fn since(site: &StoredSite, state: SiteState) -> Option<Timestamp> {
    match &site.phase {
        Phase::Over(over) => Some(over.at),
        Phase::Joining(joining) => joining.waiting.as_ref().map(|waiting| waiting.since).or(joining.since),
        Phase::Joined(joined) => match state {
            SiteState::Ended => joined.items.network_trust().and_then(|scope| scope.closes),
            SiteState::Expired => Certificate::parse(joined.certificate.as_bytes()).ok().map(|it| it.not_after),
            SiteState::Waiting => joined.start_moved.or(joined.since),
            _ => joined.since,
        },
    }
}

/// What moves a site that runs out of a state, or would.
fn next(site: &StoredSite, state: SiteState, now: Timestamp) -> String {
    const FOR_GOOD: &str = "nothing: it is over, for good";
    match &site.phase {
        Phase::Over(over) if over.end == End::Refused => "it joins by another invitation: `skx join FILE`".to_owned(),
        Phase::Over(_) => FOR_GOOD.to_owned(),
        Phase::Joining(joining) => match &joining.ticket {
            Ticket::Bootstrap(_) => "a controller reaches it, or it reaches one: it enrols by itself".to_owned(),
            Ticket::Invitation(_) if joining.waiting.is_some() => {
                "somebody admits or refuses it; it learns of that by itself".to_owned()
            }
            Ticket::Invitation(ticket) if opens_later(ticket.start, now) => {
                format!("its network opens, for {:.0}: it joins by itself", ticket.start)
            }
            Ticket::Invitation(_) => "a controller admits it: it keeps asking by itself".to_owned(),
        },
        Phase::Joined(joined) => match state {
            SiteState::Ended => FOR_GOOD.to_owned(),
            SiteState::Waiting => "its network opens: it attaches by itself".to_owned(),
            SiteState::Joining | SiteState::Enrolling => "it attaches with its own certificate, by itself".to_owned(),
            _ => what_ends_it(site, joined, now),
        },
    }
}

/// What moves a site that was admitted and attached.
fn what_ends_it(site: &StoredSite, joined: &Joined, now: Timestamp) -> String {
    let end = joined.items.network_trust().and_then(|scope| scope.end);
    let held = Certificate::parse(joined.certificate.as_bytes()).ok();
    match (life(joined, now), held) {
        (Life::Renewable(until), _) => format!("it has its certificate renewed by itself, until {until:.0}"),
        (Life::Over, _) if site.origin.is_backbone() => "a new bundle of it is applied: `skx join FILE`".to_owned(),
        (Life::Over, _) => "it joins again, with a new invitation: `skx join FILE`".to_owned(),
        (Life::Current, Some(held)) if !site.origin.is_backbone() && !terms(joined).renewable => {
            format!("its membership ends {:.0}, with its certificate", held.not_after)
        }
        (Life::Current, _) => match end {
            Some(end) if end <= now => {
                let closes = joined.items.network_trust().and_then(|scope| scope.closes).unwrap_or(end);
                format!("its network ended {end:.0}; its connections end {closes:.0}, unless that end is moved before")
            }
            Some(end) => format!("its network ends {end:.0}; until then its certificate is renewed by itself"),
            None => "nothing: its certificate is renewed by itself".to_owned(),
        },
    }
}

fn base(site: &StoredSite, state: SiteState, session: SessionStatus, now: Timestamp) -> SiteStatus {
    let parent = Some(site.parent().clone());
    let (network, backbone) = if site.origin.is_backbone() { (None, parent) } else { (parent, None) };
    let (start, until) = match &site.phase {
        Phase::Joining(joining) => match &joining.ticket {
            Ticket::Invitation(ticket) => (Some(ticket.start), ticket.end),
            Ticket::Bootstrap(_) => (None, None),
        },
        Phase::Joined(joined) => match joined.items.network_trust() {
            Some(scope) => (Some(scope.start), scope.end),
            None => (None, None),
        },
        Phase::Over(_) => (None, None),
    };
    let certificate_until = match &site.phase {
        Phase::Joined(joined) => Certificate::parse(joined.certificate.as_bytes()).ok().map(|it| it.not_after),
        _ => None,
    };
    let waiting = match &site.phase {
        Phase::Joining(joining) => joining.waiting.as_ref().map(|waiting| waiting.since),
        _ => None,
    };
    let terms = match &site.phase {
        Phase::Joined(joined) if !site.origin.is_backbone() => Some(terms(joined)),
        _ => None,
    };
    SiteStatus {
        name: site.name().cloned(),
        network,
        backbone,
        state,
        reason: None,
        since: since(site, state),
        next: next(site, state, now),
        waiting_since: waiting,
        renewable: terms.as_ref().map(|terms| terms.renewable),
        consent: terms.as_ref().map(|terms| terms.consent),
        asked: None,
        logs: None,
        logs_read: None,
        volumes: None,
        runs: None,
        deployments: vec![],
        serve: terms.as_ref().map(|terms| terms.limits.serve.clone()),
        r#use: terms.map(|terms| terms.limits.uses),
        healthy: false,
        running: true,
        start,
        until,
        certificate_until,
        links: vec![],
        access_points: vec![],
        hosts: vec![],
        session,
        warnings: vec![],
    }
}

/// The status of a running site.
pub(crate) fn running(live: &Live, router: &Status, now: Timestamp) -> SiteStatus {
    let configured: Vec<Link> =
        plan(&live.site, &live.local, &live.deployed.sockets, now).map(|config| config.links).unwrap_or_default();
    let links = links(live, router, &configured);
    let access_points = access_points(live, router, now);
    let (mut state, mut reason) = stored_state(&live.site, now);
    match &live.site.phase {
        Phase::Joining(joining) => {
            let (seen, why) = joining_now(live, joining, &links, &access_points, now);
            state = seen.unwrap_or(state);
            // Whoever waits to be admitted may have been told something else since.
            reason = if joining.waiting.is_some() { why.or(reason) } else { reason.or(why) };
        }
        Phase::Joined(_) if !live.attached && matches!(state, SiteState::Member | SiteState::Backbone) => {
            state = if live.site.origin.is_backbone() { SiteState::Enrolling } else { SiteState::Joining };
            let trouble = trouble_of(&links).or_else(|| live.refused.clone());
            reason = Some(trouble.unwrap_or_else(|| "admitted; attaching with its own certificate".to_owned()));
        }
        Phase::Joined(_) if state == SiteState::Expired => {
            let heard = match &live.attempt {
                Some(Attempt::Refused { message: words, .. } | Attempt::Failed(words)) => Some(words.clone()),
                None => trouble_of(&links),
            };
            reason = reason.map(|why| heard.map_or(why.clone(), |heard| format!("{why}; {heard}")));
        }
        Phase::Joined(_) => reason = reason.or_else(|| unlinked(live, &links, &access_points)),
        Phase::Over(_) => {}
    }
    // Nobody without a network has one.
    let closed = matches!(live.site.phase, Phase::Joined(_)) && state == SiteState::Waiting;
    let session = SessionStatus {
        state: if live.session.up { ConnectionState::Up } else { ConnectionState::Down },
        since: Some(live.session.since),
        error: if closed { reason.clone() } else { live.session.error.clone() },
    };
    let mut warnings: Vec<String> = live.trouble.values().cloned().collect();
    warnings.extend(socket_errors(live, router));
    if matches!(state, SiteState::Member | SiteState::Backbone) && !live.session.up {
        let why = live.session.error.clone().unwrap_or_else(|| "none yet".to_owned());
        warnings.push(format!("no session with a controller ({why}); the site works with what it was told last"));
    }
    let broken = |it: &&DeploymentBrief| matches!(it.state, DeploymentState::Degraded | DeploymentState::Failed);
    let deployments = deploy::view::briefs(live);
    let works = !deployments.iter().any(|it| broken(&it));
    let troubles = deployments.iter().filter(broken);
    warnings.extend(troubles.map(|it| format!("deployment {} is {}: {}", it.name, it.state.as_str(), it.message)));
    let sockets_work = router.listeners.iter().all(|it| it.error.is_none());
    let healthy = matches!(state, SiteState::Member | SiteState::Backbone) && reason.is_none() && sockets_work && works;
    let hosts = if live.site.origin.is_backbone() { platform::hosts() } else { vec![] };
    let base = base(&live.site, state, session, now);
    SiteStatus {
        asked: base.consent.map(|terms| live.local.policy(terms)),
        logs: base.consent.map(|_| live.local.logs.unwrap_or_default()),
        logs_read: live.logs_read.clone(),
        volumes: base.consent.map(|_| live.local.volumes.unwrap_or_default()),
        runs: live.runs.map(|platform| platform.as_str().to_owned()),
        deployments,
        reason,
        healthy,
        links,
        access_points,
        hosts,
        warnings,
        ..base
    }
}

/// Where a site stands that redeems or enrols, and why it is not further.
fn joining_now(
    live: &Live,
    joining: &Joining,
    links: &[LinkStatus],
    access_points: &[AccessPointStatus],
    now: Timestamp,
) -> (Option<SiteState>, Option<String>) {
    if let Some(Attempt::Refused { code, message }) = &live.attempt {
        let waits = matches!(code.as_str(), "not-open" | "waiting-room" | "passcode-locked");
        return (waits.then_some(SiteState::Waiting), Some(message.clone()));
    }
    if links.iter().any(|link| link.state == ConnectionState::Up) {
        let asking = || "linked; asking to be admitted".to_owned();
        let error = if let Some(Attempt::Failed(error)) = &live.attempt { Some(error.clone()) } else { None };
        return (None, Some(error.unwrap_or_else(asking)));
    }
    let trouble = trouble_of(links).or_else(|| live.refused.clone());
    let why = match (&joining.ticket, trouble) {
        (ticket @ Ticket::Invitation(_), Some(_)) if let Some(over) = claim_over(ticket, now) => over,
        (Ticket::Invitation(ticket), Some(why)) => {
            // Time is the likeliest cause of a refusal that cannot say why, and the cheapest to check.
            let end = ticket.end.map(|end| format!(" until {end:.0}")).unwrap_or_default();
            format!(
                "{why} (the invitation is for {:.0}{end}, and this machine's time is {now:.0}; check the clock if that is not so)",
                ticket.start
            )
        }
        (_, None) if access_points.is_empty() => "attaching".to_owned(),
        (_, Some(why)) if access_points.is_empty() => why,
        (_, trouble) => {
            let doors: Vec<String> = access_points.iter().map(door).collect();
            let trouble = trouble.map(|why| format!("; {why}")).unwrap_or_default();
            format!("no controller has connected to {} yet{trouble}", doors.join(", "))
        }
    };
    (None, Some(why))
}

/// An access point, with what is wrong with it.
fn door(point: &AccessPointStatus) -> String {
    point.error.as_ref().map_or_else(|| point.bind.clone(), |error| format!("{} ({error})", point.bind))
}

/// Why an admitted site is not linked as it should be.
fn unlinked(live: &Live, links: &[LinkStatus], access_points: &[AccessPointStatus]) -> Option<String> {
    let down = |link: &&LinkStatus| link.state != ConnectionState::Up;
    if live.site.origin.is_backbone() {
        let error = access_points
            .iter()
            .find_map(|it| it.error.as_ref().map(|error| format!("access point {} at {}: {error}", it.name, it.bind)));
        return error.or_else(|| {
            links.iter().find(down).map(|link| format!("the link to {} is not up{}", link.peer, because(link)))
        });
    }
    if links.iter().any(|link| link.state == ConnectionState::Up) {
        return None;
    }
    let trouble = trouble_of(links).or_else(|| live.refused.clone());
    Some(trouble.unwrap_or_else(|| "not attached to any access point yet".to_owned()))
}

fn because(link: &LinkStatus) -> String {
    link.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default()
}

/// The errors of the links that are not up.
fn trouble_of(links: &[LinkStatus]) -> Option<String> {
    let errors: Vec<String> = links
        .iter()
        .filter(|link| link.state != ConnectionState::Up)
        .filter_map(|link| link.error.as_ref().map(|error| format!("{}: {error}", link.peer)))
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

fn links(live: &Live, router: &Status, configured: &[Link]) -> Vec<LinkStatus> {
    let status = |peer: String, link: &dataplane::LinkStatus| LinkStatus {
        peer,
        state: match link.state {
            LinkState::Up => ConnectionState::Up,
            LinkState::Connecting => ConnectionState::Connecting,
        },
        rtt_ms: link.rtt.map(|rtt| (rtt.as_secs_f64() * 1e6).round() / 1e3),
        error: link.error.clone(),
        bytes_in: link.bytes_in,
        bytes_out: link.bytes_out,
    };
    let of = |id: LinkId| router.links.iter().find(|link| link.link == Some(id));
    let dialled = configured.iter().enumerate().filter_map(|(i, link)| {
        let found = of(link.id)?;
        Some(status(peer_of_dialled(&live.site.origin, i, link, found), found))
    });
    let accepted = router.links.iter().filter(|link| link.link.is_none()).filter_map(|link| {
        // Members of networks that attach here are no links of the backbone.
        let peer = match link.peer? {
            Identity::BackboneSite { site, .. } => site.to_string(),
            Identity::Controller { controller } => format!("controller {controller}"),
            _ => return None,
        };
        Some(status(peer, link))
    });
    dialled.chain(accepted).collect()
}

/// The other end of a dialled link: a site for backbone sites, an ordinal for everybody else.
fn peer_of_dialled(origin: &Origin, i: usize, link: &Link, found: &dataplane::LinkStatus) -> String {
    match (origin, found.peer, link.peer) {
        (Origin::Bundle { .. }, Some(Identity::BackboneSite { site, .. }), _)
        | (Origin::Bundle { .. }, _, Some(site)) => site.to_string(),
        (Origin::Bundle { .. }, ..) => format!("peer {}", i + 1),
        (Origin::Invitation { .. }, ..) => {
            let dialled = found.target.as_ref();
            let ordinal = dialled.and_then(|target| link.targets.iter().position(|it| it == target));
            let at = dialled.map(|target| format!(" ({target})")).unwrap_or_default();
            format!("access point {}{at}", ordinal.unwrap_or(i) + 1)
        }
    }
}

fn access_points(live: &Live, router: &Status, now: Timestamp) -> Vec<AccessPointStatus> {
    if !live.site.origin.is_backbone() {
        return vec![];
    }
    let configured = plan(&live.site, &live.local, &live.deployed.sockets, now)
        .map(|config| config.access_points)
        .unwrap_or_default();
    let status = |point: model::router::AccessPoint| {
        let found = router.access_points.iter().find(|it| it.id == point.id);
        let bind = found.and_then(|it| it.bound).unwrap_or(point.bind);
        AccessPointStatus { name: point.name, bind: bind.to_string(), error: found.and_then(|it| it.error.clone()) }
    };
    configured.into_iter().map(status).collect()
}

fn socket_errors(live: &Live, router: &Status) -> Vec<String> {
    let Phase::Joined(joined) = &live.site.phase else { return vec![] };
    let listeners = live.local.effective_listeners(&joined.items).into_iter().filter_map(|listener| {
        let refused = joined.items.may_not_use(&listener.address);
        let error = refused.or_else(|| router.listeners.iter().find(|it| it.id == listener.id)?.error.clone())?;
        Some(format!("listener {} at {}: {error}", listener.address, listener.bind))
    });
    let connectors = live.local.effective_connectors(&joined.items).into_iter().filter_map(|connector| {
        let refused = joined.items.may_not_serve(&connector.address);
        let error = refused.or_else(|| router.connectors.iter().find(|it| it.id == connector.id)?.error.clone())?;
        Some(format!("connector {} to {}: {error}", connector.address, connector.target))
    });
    listeners.chain(connectors).collect()
}

#[cfg(test)]
mod tests;
