//! What happens to a running site, and what it does about it.

use std::sync::Arc;

use dataplane::{Farewell, Observation, Reason};
use jiff::Timestamp;
use model::{
    LinkId,
    trust::{Denial, TrustDocument},
};
use pki::{Certificate, SignedTrust};
use site_proto::{Notice, Refusal, State};
use trace::{Kind, Span, SpanContext};

use super::{
    core::{Core, Work},
    keep::Pending,
};
use crate::{
    claim::ClaimEvent,
    join,
    live::{Attempt, Trouble},
    local_api::{Refused, Request},
    plan::plan,
    session::SessionEvent,
    state::{End, Failure, Joined, Joining, Phase, StoredSite, Waiting},
    status::{TOLERANCE, claim as claim_certificate, claim_over},
};

/// The most traces that a change is made a part of.
const MAX_CAUSES: usize = 16;
/// The word of a refusal that asks the site to wait until somebody admits it.
const WAITING_ROOM: &str = "waiting-room";

impl Core {
    pub(super) async fn observation(&mut self, observation: Observation) {
        match observation {
            Observation::LinkUp { link, .. } => self.link_up(link),
            Observation::Refused { link, reason, message, .. } if self.is_own(link) => self.refused(reason, message).await,
            // To an invitee or a member only the other end ever says this. A backbone site says it to others, too: it
            // waits to hear it when it dials again, or from the trust document.
            Observation::LinkDown { link: Some(link), reason: Farewell { reason, message }, .. }
                if reason.is_final() && !self.live.borrow().site.origin.is_backbone() && self.is_own(link) =>
            {
                self.refused(reason, message).await;
            }
            Observation::TrustAdopted(trust, _) => self.trust_adopted(trust).await,
            // A copied or restored directory: the network remembers a later start than the one stored.
            Observation::EpochRaised(epoch) => {
                let site = self.newest();
                if epoch > site.epoch {
                    self.adopt(Pending::of(StoredSite { epoch, ..(*site).clone() })).await;
                }
            }
            Observation::Refused { .. }
            | Observation::LinkDown { .. }
            | Observation::AccessPointFailed { .. }
            | Observation::ListenerFailed { .. }
            // Only controllers hear of it.
            | Observation::TrustContested(..)
            | Observation::FlowClosed(_) => {}
        }
    }

    /// Some observations were lost: whatever they were, links may have come up.
    pub(super) fn missed(&mut self) {
        for link in self.router.status().links {
            if link.state == dataplane::LinkState::Up {
                self.link_up(link.link);
            }
        }
    }

    /// Whether a link is one of the site as it is now: that of its invitation may still be there for a moment after it was
    /// admitted, and what becomes of it says nothing of the site.
    fn is_own(&self, link: LinkId) -> bool {
        match &self.live.borrow().site.phase {
            Phase::Joined(joined) => joined.items.links().any(|it| it.id == link),
            _ => true,
        }
    }

    fn link_up(&mut self, link: Option<LinkId>) {
        let backbone = self.live.borrow().site.origin.is_backbone();
        let own = link.map_or(backbone, |link| self.is_own(link));
        self.trouble(Trouble::Clock, None);
        self.live.send_modify(|live| {
            live.refused = None;
            live.attached |= own && matches!(live.site.phase, Phase::Joined(_));
        });
        self.wake.notify_one();
    }

    /// The router, which has verified it, enforces a newer trust document: it is kept, and it may be about this site.
    async fn trust_adopted(&mut self, trust: SignedTrust) {
        let site = self.newest();
        let Phase::Joined(joined) = &site.phase else { return };
        let own = site.origin.identity(joined.site);
        let document = serde_json::from_slice::<TrustDocument>(&trust.document).ok();
        if let Some(denial) = document.and_then(|document| document.denied.get(&own)) {
            return self.end(End::Evicted, evicted(&site, denial.message())).await;
        }
        if site.origin.is_backbone() && joined.trust.as_ref() != Some(&trust) {
            let joined = Joined { trust: Some(trust), ..(**joined).clone() };
            self.adopt(Pending::of(with(&site, joined))).await;
        }
    }

    /// The other end of a link, which is verified, refused it.
    async fn refused(&mut self, reason: Reason, message: String) {
        let site = self.live.borrow().site.clone();
        let over = match (&site.phase, reason) {
            (Phase::Joining(joining), Reason::Evicted | Reason::Ended | Reason::Superseded) => {
                Some((End::Refused, not_admitted(&site, joining, &message)))
            }
            (Phase::Joined(_), Reason::Evicted) => Some((End::Evicted, evicted(&site, &message))),
            (Phase::Joined(_), Reason::Ended) => Some((End::Ended, ended(&site, &message))),
            _ => None,
        };
        if let Some((end, reason)) = over {
            return self.end(end, reason).await;
        }
        let message = match (&site.phase, reason) {
            // It is over, and no clock is wrong: this machine's comes to the same moment.
            (Phase::Joining(joining), Reason::Expired) if let Some(over) = claim_over(&joining.ticket, self.now()) => {
                over
            }
            (_, Reason::Expired) => {
                self.trouble(Trouble::Clock, Some(other_time(&site, &message, self.now())));
                message
            }
            _ => message,
        };
        self.live.send_modify(|live| live.refused = Some(message));
    }

    /// The site was admitted, and is so no more.
    pub(super) async fn end_as(&mut self, end: End, message: &str) {
        let site = self.live.borrow().site.clone();
        let reason = if end == End::Evicted { evicted(&site, message) } else { ended(&site, message) };
        self.end(end, reason).await;
    }

    /// A claim or bootstrap certificate that expires ends the attempts: nobody would listen any more.
    pub(super) async fn check_ticket(&mut self) {
        let site = self.live.borrow().site.clone();
        let Phase::Joining(joining) = &site.phase else { return };
        let Some(certificate) = claim_certificate(&joining.ticket) else { return };
        // Once admitted and only waiting for room on the disk, the ticket no longer matters.
        if self.pending.is_none() && self.now() > certificate.not_after {
            let until = certificate.not_after;
            let reason = match &joining.waiting {
                None => join::expired(&site.origin, until, self.now()).to_string(),
                Some(Waiting { since, .. }) => format!(
                    "{} ended {until:.0}, and nobody had admitted this site, which has waited since {since:.0}; ask for another one",
                    site.origin.describe()
                ),
            };
            self.end(End::Refused, reason).await;
        }
    }

    pub(super) async fn claim_event(&mut self, event: ClaimEvent) {
        match event {
            ClaimEvent::Admitted(joined) => {
                let site = self.newest();
                let renewed = matches!(site.phase, Phase::Joined(_));
                self.adopt(Pending { renewed, ..Pending::of(with(&site, *joined)) }).await;
            }
            ClaimEvent::Refused(refusal) if matches!(self.live.borrow().site.phase, Phase::Joined(_)) => {
                self.expired_refused(refusal).await;
            }
            ClaimEvent::Refused(refusal) if refusal.r#final => {
                let site = self.live.borrow().site.clone();
                let reason = format!("{} is refused: {}", site.origin.describe(), refusal.message);
                self.end(End::Refused, reason).await;
            }
            ClaimEvent::Refused(Refusal { code, message, since, .. }) => {
                if let Ok(since) = Timestamp::from_second(since)
                    && code == WAITING_ROOM
                {
                    self.waits(Waiting { since, reason: message.clone() }).await;
                }
                self.live.send_modify(|live| live.attempt = Some(Attempt::Refused { code, message }));
            }
            ClaimEvent::Failed(error) => {
                self.live.send_modify(|live| live.attempt = Some(Attempt::Failed(error)));
            }
        }
    }

    /// The site is to wait until somebody admits it: that is kept, so that it is known whoever restarts.
    async fn waits(&mut self, waiting: Waiting) {
        let site = self.newest();
        if let Phase::Joining(joining) = &site.phase
            && joining.waiting.as_ref() != Some(&waiting)
        {
            let joining = Joining { waiting: Some(waiting), ..(**joining).clone() };
            let phase = Phase::Joining(Box::new(joining));
            self.adopt(Pending::of(StoredSite { phase, ..(*site).clone() })).await;
        }
    }

    pub(super) async fn session_event(&mut self, event: SessionEvent) {
        match event {
            SessionEvent::Up { controller, outgoing, time } => {
                tracing::info!(controller, "session up");
                if let Work::Session { to, .. } = &mut self.work {
                    *to = Some(outgoing);
                }
                let now = self.now();
                self.trouble(Trouble::ControllerClock, another_time(time, now));
                self.live.send_modify(|live| {
                    live.attached = true;
                    (live.session.up, live.session.since, live.session.error) = (true, now, None);
                });
                self.renew_if_due().await;
                self.say_goodbye();
            }
            SessionEvent::State(state) => self.desired(state).await,
            SessionEvent::RenewNow => {
                self.renew_now = true;
                self.renew_if_due().await;
            }
            SessionEvent::ReadLogs(wanted) => self.read_logs(wanted),
            SessionEvent::Renewed(der) => self.renewed(&der).await,
            SessionEvent::Notice(notice) => self.notice(notice).await,
            SessionEvent::Left => self.has_left(),
            SessionEvent::Refused(refusal) => self.session_refused(refusal).await,
            SessionEvent::Down(error) => {
                self.renewal = None;
                if let Work::Session { to, .. } = &mut self.work {
                    *to = None;
                }
                self.session_down(error);
            }
        }
    }

    pub(super) fn session_down(&self, error: String) {
        let now = self.now();
        self.live.send_modify(|live| {
            if live.session.up {
                (live.session.up, live.session.since) = (false, now);
            }
            live.session.error = Some(error);
        });
    }

    async fn desired(&mut self, state: State) {
        let site = self.newest();
        let Phase::Joined(joined) = &site.phase else { return };
        let backbone = site.origin.is_backbone();
        let spans = self.caused(&state, joined);
        let (items, failures) = joined.items.updated(backbone, &state);
        let next = with(&site, joined.told(items, self.now()));
        // What the router would refuse as a whole must not become what the site starts from.
        let (next, failures) = match self.runs(&next) {
            Ok(()) => (next, failures),
            // Whom it is to trust no more does not wait until the rest is put right.
            Err(why) => {
                let (items, failures) = joined.items.updated_in_trust_alone(backbone, &state, &why);
                let next = with(&site, joined.told(items, self.now()));
                match self.runs(&next) {
                    Ok(()) => (next, failures),
                    Err(why) => {
                        let failures = state.changed.iter().map(|item| item.key.clone()).chain(state.removed);
                        let failures = failures.map(|key| Failure { key, message: why.clone() }).collect();
                        return self.applied(state.revision, failures, spans);
                    }
                }
            }
        };
        self.adopt(Pending { revision: Some((state.revision, failures)), spans, ..Pending::of(next) }).await;
    }

    /// What follows from a change here, as a part of each trace that has caused it.
    fn caused(&self, state: &State, joined: &Joined) -> Vec<Span> {
        let span = |cause: SpanContext| {
            let mut span = self.tracer.span("apply desired state", Kind::Consumer, Some(cause));
            span.set("skx.site", joined.site.to_string());
            span.set("skx.revision", state.revision);
            span
        };
        state.causes.iter().take(MAX_CAUSES).filter_map(|cause| cause.parse().ok()).map(span).collect()
    }

    /// Whether a router could run with this, and why not.
    fn runs(&self, site: &StoredSite) -> Result<(), String> {
        let live = self.live.borrow().clone();
        let planned = plan(site, &live.local, &live.deployed.sockets, self.now());
        let mut config = planned.map_err(|error| error.to_string())?;
        config.proxy = config.proxy.or_else(|| self.proxy.clone());
        config.validate().map(drop).map_err(|error| error.to_string())
    }

    async fn notice(&mut self, notice: Notice) {
        match notice.kind.as_str() {
            "evicted" => self.end_as(End::Evicted, &notice.message).await,
            "ended" => self.end_as(End::Ended, &notice.message).await,
            other => tracing::warn!(kind = other, "a notice of a kind this version does not know"),
        }
    }

    async fn session_refused(&mut self, refusal: Refusal) {
        match (refusal.code.as_str(), refusal.r#final) {
            ("not-left", _) => self.could_not_leave(refusal.message),
            ("evicted", true) => self.end_as(End::Evicted, &refusal.message).await,
            ("ended", true) => self.end_as(End::Ended, &refusal.message).await,
            _ if self.renewal.is_some() => self.renewal_refused(refusal).await,
            _ => self.live.send_modify(|live| live.session.error = Some(refusal.message)),
        }
    }

    pub(super) async fn request(&mut self, request: Request) {
        match request {
            Request::Change(change, answer) => {
                let live = self.live.borrow().clone();
                let outcome = match &live.site.phase {
                    Phase::Joined(joined) if !live.site.origin.is_backbone() => {
                        live.local.changed(&joined.items, change).map_err(Refused::Change)
                    }
                    Phase::Joined(_) => Err(Refused::Backbone),
                    _ => Err(Refused::NotYet),
                };
                let outcome = match outcome {
                    Ok(local) => self.adopt_local(local).await.map_err(Refused::Storage),
                    Err(refused) => Err(refused),
                };
                // Who asked may have gone; the change was made all the same.
                let _ = answer.send(outcome);
            }
            Request::Act(name, act, answer) => {
                let _ = answer.send(self.act(&name, act).await);
            }
            Request::Consent(set, answer) => {
                let _ = answer.send(self.consent(set).await);
            }
            Request::Leave(reason, answer) => self.leave(reason, answer),
        }
    }
}

/// What becomes of a ticket that is of no use any more, also to a site that waits by it.
fn not_admitted(site: &StoredSite, joining: &Joining, message: &str) -> String {
    let waited = joining.waiting.as_ref();
    let waited =
        waited.map(|waiting| format!("; nobody admitted this site, which has waited since {:.0}", waiting.since));
    format!("{} is not admitted: {message}{}; ask for another one", site.origin.describe(), waited.unwrap_or_default())
}

/// The other end of a link takes the time for another than this machine does.
fn other_time(site: &StoredSite, message: &str, now: Timestamp) -> String {
    let held = match &site.phase {
        Phase::Joined(joined) => Certificate::parse(joined.certificate.as_bytes()).ok(),
        Phase::Joining(joining) => claim_certificate(&joining.ticket),
        Phase::Over(_) => None,
    };
    let window =
        held.map(|it| format!(", the site's certificate is valid from {:.0} to {:.0}", it.not_before, it.not_after));
    format!(
        "this machine's time is {now:.0}{}, and it was refused: {message}; check the clock",
        window.unwrap_or_default()
    )
}

/// What is said when the controllers take the time for another than this machine does. They say it in Unix seconds, or 0.
fn another_time(says: i64, now: Timestamp) -> Option<String> {
    let theirs = Timestamp::from_second(says).ok().filter(|_| says != 0)?;
    (now.duration_since(theirs).abs() > TOLERANCE).then(|| {
        format!(
            "this machine's time is {now:.0}, and by the clock of the controllers it is {theirs:.0}: check the clock"
        )
    })
}

pub(super) fn with(site: &Arc<StoredSite>, joined: Joined) -> StoredSite {
    StoredSite { phase: Phase::Joined(Box::new(joined)), ..(**site).clone() }
}

fn evicted(site: &StoredSite, message: &str) -> String {
    let what = format!("this site was evicted from {}", parent(site));
    // That it was evicted is said already.
    if message == Denial::Evicted.message() { what } else { format!("{what}: {message}") }
}

fn ended(site: &StoredSite, message: &str) -> String {
    format!("{} is over: {message}", parent(site))
}

fn parent(site: &StoredSite) -> String {
    let kind = if site.origin.is_backbone() { "backbone" } else { "network" };
    format!("{kind} {}", site.parent())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use dataplane::NodeOptions;
    use jiff::SignedDuration;
    use model::{GenericUuid, Identity};
    use tokio::sync::watch;

    use super::*;
    use crate::{
        Options, fixture,
        fixture::{ManualClock, now},
        live::{Live, SessionLive},
        state::DataDir,
    };

    #[tokio::test]
    async fn what_becomes_of_the_invitations_link_ends_no_site_that_was_admitted() {
        let home = tempfile::tempdir().expect("a temporary directory");
        let dir = DataDir::new(home.path().to_owned()).lock().expect("nobody else has it");
        let site = fixture::joined_member();
        let Phase::Joined(joined) = &site.phase else { panic!("it has joined") };
        let own = joined.items.links().next().expect("it has a link").id;
        let live = Live {
            site: Arc::new(site.clone()),
            local: Arc::default(),
            kept: Arc::default(),
            deployed: Arc::default(),
            runs: None,
            attached: true,
            attempt: None,
            refused: None,
            logs_read: None,
            session: SessionLive { up: false, since: now(), error: None },
            stood: Default::default(),
            trouble: Default::default(),
        };
        let options = Options { clock: Arc::new(ManualClock::at(now())), ..Options::new("test") };
        let node = NodeOptions { epoch: 1, clock: options.clock.clone(), software: String::new() };
        let router = (options.router)(node);
        let here = (Ipv4Addr::LOCALHOST, 0).into();
        let mut core = Core::new(Arc::new(dir), &options, router, watch::Sender::new(live), None, here);
        let down = |link| Observation::LinkDown {
            link: Some(link),
            peer: Identity::BackboneSite { backbone: fixture::backbone(), site: fixture::backbone_site() },
            reason: Farewell { reason: Reason::Evicted, message: "it was evicted".to_owned() },
        };
        core.observation(down(LinkId::from_untyped_uuid(fixture::invitation().into_untyped_uuid()))).await;
        assert_eq!(core.outcome, None, "an invitation may be evicted without those who joined by it");
        core.observation(down(own)).await;
        assert!(core.outcome.is_some());
    }

    #[test]
    fn a_clock_may_be_as_far_off_as_certificates_are_dated_back_and_not_a_second_further() {
        let says = |seconds: i64| another_time((now() + SignedDuration::from_secs(seconds)).as_second(), now());
        for right in [0, 300, -300] {
            assert_eq!(says(right), None, "{right}");
        }
        for wrong in [301, -301] {
            assert!(says(wrong).is_some_and(|said| said.contains("check the clock")), "{wrong}");
        }
        assert_eq!(another_time(0, now()), None, "who says nothing differs in nothing");
    }
}
