//! A session from its first message to its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crashpoint::Point;
use jiff::Timestamp;
use model::{Identity, Name, SpiffeId, desired::Item};
use site_proto::{
    Left, Notice, Platform, RenewNow, SiteHello, SiteMessage, State, Welcome, controller_message::Body, site_message,
};
use store::{Context, member, status};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};
use trace::{Kind, Span};

use super::{
    Gone, Outbox, flows,
    greeting::{Greeting, greet},
    leave::{NotLeft, leave},
    logs::Readings,
    rate::Rate,
    renew,
    report::Reporter,
    sent::Sent,
    standing::{Overlap, Placed, Standing, Trusts, standing},
};
use crate::{
    App, claim,
    desired::Encoded,
    ops::{OpError, observed},
    sessions::{Causes, Party, Seat},
};

/// How long a site may take to begin with its hello.
const HELLO: Duration = Duration::from_secs(10);
/// How long a site may be silent: it reports at least every half minute.
const SILENCE: Duration = Duration::from_secs(90);
/// How long to wait before the database is asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// The items that say whom a site trusts.
const TRUST: [&str; 2] = ["backbone-trust", "network-trust"];

/// Holds the session with `party`. Whatever happens in it ends this session at worst.
pub(super) async fn run(
    app: App,
    party: Party,
    mut inbound: Streaming<SiteMessage>,
    outbox: Outbox,
    shutdown: CancellationToken,
) {
    let hello = tokio::select! {
        () = shutdown.cancelled() => return outbox.end(controller_ends()).await,
        hello = hello(&mut inbound, &outbox) => hello,
    };
    let Some(hello) = hello else { return };
    if let Ok(Standing::Over(notice)) = standing(&app, party).await {
        let _ = outbox.send(Body::Notice(notice)).await;
        return;
    }
    // Before the new session is noted: it says since when nothing was heard.
    let known = match status::get(app.store(), party.site()).await {
        Ok(known) => observed::known(known.as_ref(), app.now()),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "what a site said before could not be read");
            observed::Report::default()
        }
    };
    let mut seat = app.sessions().take(party);
    if let Err(error) = status::connected(app.store(), party.site(), seat.id, app.controller(), app.now()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a session could not begin");
        outbox.end(Status::unavailable("the controller cannot reach its database; try again")).await;
        return;
    }
    note_platform(&app, party, hello.platform.clone()).await;
    // What waited for the site to be there goes on.
    app.deploy_signal().notify_one();
    let _counted = app.metrics().session_begun(party.kind());
    tracing::info!(%party, session = %seat.id, "session began");
    let mut session = Session {
        reporter: Reporter::new(app.clone(), party, seat.id, known),
        app: app.clone(),
        party,
        outbox,
        sent: Sent::default(),
        placed: None,
        again: None,
        causes: seat.causes.clone(),
        renew: Arc::clone(&seat.renew),
        asking: Asking::Look,
        readings: Readings::default(),
    };
    let end = session.hold(&hello, inbound, &mut seat, &shutdown).await;
    tracing::info!(%party, session = %seat.id, ?end, "session ended");
    session.reporter.finish().await;
    let (id, site) = (seat.id, party.site());
    // The place is given up first: who comes next must not be taken for gone.
    drop(seat);
    if let Err(error) = status::disconnected(app.store(), site, id, app.now()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the end of a session could not be noted");
    }
    session.farewell(end).await;
}

/// The site's hello, answered when it cannot be agreed to.
async fn hello(inbound: &mut Streaming<SiteMessage>, outbox: &Outbox) -> Option<SiteHello> {
    let Ok(Ok(Some(first))) = timeout(HELLO, inbound.message()).await else { return None };
    match greet(first) {
        Greeting::Agreed(_, hello) => Some(hello),
        Greeting::Refused(refusal) => {
            let _ = outbox.send(Body::Refused(refusal)).await;
            None
        }
        Greeting::Nonsense => {
            outbox.end(Status::invalid_argument("a session begins with a hello")).await;
            None
        }
    }
}

/// Keeps what a member says of its machine and program now: what is deployed there depends on it.
async fn note_platform(app: &App, party: Party, said: Option<Platform>) {
    let (Party::Member(_, network, site), Some(said)) = (party, said) else { return };
    let said = claim::platform(Some(said));
    let known = app.desired().network(app.store(), network).await;
    if known.is_ok_and(|state| state.member(site).is_some_and(|member| member.platform == said)) {
        return;
    }
    let identity = SpiffeId { installation: app.installation(), identity: Identity::Member { network, site } };
    let noted = async {
        let mut tx = app.store().begin(&Context::identity(&identity)).await?;
        member::set_platform(&mut tx, site, &said).await?;
        tx.commit().await
    };
    if let Err(error) = noted.await {
        tracing::debug!(error = &error as &dyn std::error::Error, "what a site says of its machine could not be kept");
    }
}

/// Why a session ends.
#[derive(Debug)]
enum End {
    /// The site has gone, or does not read.
    Gone,
    /// The site says nothing any more.
    Silent,
    /// The site has broken the protocol.
    Nonsense(&'static str),
    /// A newer session has taken its place.
    Replaced,
    /// The site has no place any more.
    Over(Notice),
    /// The site has left, and been told that it has.
    Left,
    /// The site wanted to leave, and it could not be noted.
    NotLeft,
    /// The controller ends.
    Shutdown,
}

impl From<Gone> for End {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

struct Session {
    app: App,
    party: Party,
    outbox: Outbox,
    reporter: Reporter,
    sent: Sent,
    /// What holds of the site besides what it was sent.
    placed: Option<Held>,
    /// When to look again after a failure.
    again: Option<Instant>,
    /// What has caused what the site is not told of yet.
    causes: Causes,
    /// Set when the site is to be asked for a new certificate.
    renew: Arc<AtomicBool>,
    asking: Asking,
    readings: Readings,
}

/// What holds of a site besides what it is sent.
#[derive(Clone, Copy, Debug)]
struct Held {
    closes: Option<Timestamp>,
    trusts: Trusts,
    overlap: Option<Overlap>,
}

/// How far it is known whether the site must ask for a new certificate before its time.
#[derive(Clone, Copy, Debug)]
enum Asking {
    /// It is to be found out.
    Look,
    /// It must, when this moment has come.
    At(Timestamp),
    /// It need not, as things are.
    No,
    /// It was told to.
    Told,
}

impl Session {
    async fn hold(
        &mut self,
        hello: &SiteHello,
        mut inbound: Streaming<SiteMessage>,
        seat: &mut Seat,
        shutdown: &CancellationToken,
    ) -> End {
        if let Err(end) = self.begin(hello, seat, shutdown).await {
            return end;
        }
        let mut heard = Instant::now();
        let mut rate = Rate::new(heard);
        loop {
            let closes = self.closes_at();
            tokio::select! {
                biased;
                () = shutdown.cancelled() => return End::Shutdown,
                () = seat.replaced.cancelled() => return End::Replaced,
                () = self.outbox.closed() => return End::Gone,
                () = seat.wake.notified() => if let Err(end) = self.update().await { return end },
                () = at(closes.into_iter().chain(self.again).chain(self.sent.due()).chain(self.asks_at()).min()) => if let Err(end) = self.update().await { return end },
                () = at(self.reporter.due()) => if !self.reporter.flush().await { return End::Replaced },
                Some(reading) = seat.asks.recv() => {
                    let wanted = self.readings.begin(reading);
                    if let Err(gone) = self.outbox.send(Body::ReadLogs(wanted)).await { return gone.into() }
                }
                () = sleep_until(heard + SILENCE) => return End::Silent,
                message = next(&mut inbound, rate.turn()) => {
                    heard = Instant::now();
                    rate.count(heard);
                    match message {
                        Ok(Some(SiteMessage { body: Some(body) })) => {
                            if let Err(end) = self.hear(body).await {
                                return end;
                            }
                        }
                        Ok(Some(SiteMessage { body: None })) => {}
                        Ok(None) | Err(_) => return End::Gone,
                    }
                }
            }
        }
    }

    /// Welcomes the site, and sends what it lacks with the list of all it should have.
    async fn begin(&mut self, hello: &SiteHello, seat: &Seat, shutdown: &CancellationToken) -> Result<(), End> {
        let desired = loop {
            match standing(&self.app, self.party).await {
                Ok(Standing::Placed(placed)) => break self.hold_to(*placed),
                Ok(Standing::Over(notice)) => return Err(End::Over(notice)),
                Err(error) => {
                    self.failed(&error);
                    tokio::select! {
                        () = shutdown.cancelled() => return Err(End::Shutdown),
                        () = seat.replaced.cancelled() => return Err(End::Replaced),
                        () = self.outbox.closed() => return Err(End::Gone),
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            }
        };
        let time = self.app.own_clock().put_right(self.app.now()).as_second();
        let welcome = Welcome { version: site_proto::VERSION, controller: self.app.controller().to_string(), time };
        self.outbox.send(Body::Welcome(welcome)).await?;
        crashpoint::reached(Point::SessionBegun);
        let state = self.sent.begin(desired, &hello.have);
        self.outbox.send(Body::State(state)).await?;
        crashpoint::reached(Point::SessionSent);
        self.ask_to_renew().await
    }

    /// Keeps what is not sent, and gives what is.
    fn hold_to(&mut self, placed: Placed) -> Encoded {
        let Placed { desired, closes, trusts, overlap, .. } = placed;
        if self.placed.is_none_or(|held| held.overlap != overlap) {
            self.asking = Asking::Look;
        }
        self.placed = Some(Held { closes, trusts, overlap });
        desired
    }

    /// Tells the site to ask for a new certificate, when somebody wishes it or another authority issues now.
    async fn ask_to_renew(&mut self) -> Result<(), End> {
        let wished = self.renew.swap(false, Ordering::Relaxed);
        if wished || matches!(self.asking, Asking::Look) {
            let overlap = self.placed.and_then(|held| held.overlap);
            self.asking = match renew::asked_at(&self.app, self.party, overlap).await {
                Ok(asked) => asked.map_or(Asking::No, Asking::At),
                Err(error) => {
                    self.failed(&error);
                    self.again = Some(Instant::now() + PAUSE);
                    Asking::Look
                }
            };
        }
        if matches!(self.asking, Asking::At(when) if when <= self.app.now()) {
            self.asking = Asking::Told;
            self.outbox.send(Body::RenewNow(RenewNow {})).await?;
        }
        Ok(())
    }

    /// Sends what has changed since, and what the site could not do and is to try again.
    async fn update(&mut self) -> Result<(), End> {
        self.again = None;
        // What was caused before has its effect now, or none here; what comes meanwhile is followed by a wake-up of its own.
        let known = self.causes.count();
        let mut placed = match standing(&self.app, self.party).await {
            Ok(Standing::Placed(placed)) => placed,
            Ok(Standing::Over(notice)) => return Err(End::Over(notice)),
            Err(error) => {
                self.failed(&error);
                self.again = Some(Instant::now() + PAUSE);
                return Ok(());
            }
        };
        let unheard = std::mem::take(&mut placed.unheard);
        let desired = self.hold_to(*placed);
        let state = self.sent.next(desired, Instant::now());
        let is_new = |name: &Name| {
            let key = Item::deployment_key(name);
            state.iter().any(|state| state.changed.iter().any(|item| item.key == key))
        };
        let (new, again): (Vec<_>, Vec<_>) = unheard.into_iter().partition(is_new);
        self.reporter.offered(&new, &again);
        match state {
            Some(state) => self.send(state).await?,
            None => drop(self.causes.take(known)),
        }
        self.ask_to_renew().await
    }

    /// Sends a change, as a part of each trace that has caused it.
    async fn send(&self, mut state: State) -> Result<(), Gone> {
        let span = |cause| {
            let mut span = self.app.tracer().span("send desired state", Kind::Producer, Some(cause));
            span.set("skx.site", self.party.to_string());
            span.set("skx.revision", state.revision);
            span
        };
        let mut spans: Vec<Span> = self.causes.take(self.causes.count()).into_iter().map(span).collect();
        state.causes = spans.iter().filter_map(Span::context).map(|context| context.to_string()).collect();
        let sent = self.outbox.send(Body::State(state)).await;
        if sent.is_err() {
            spans.iter_mut().for_each(|span| span.fail("the site is gone, or does not read"));
        }
        sent
    }

    async fn hear(&mut self, body: site_message::Body) -> Result<(), End> {
        match body {
            site_message::Body::Hello(_) => return Err(End::Nonsense("there is one hello in a session")),
            site_message::Body::Applied(applied) => {
                let revision = applied.revision;
                self.sent.applied(applied, Instant::now());
                self.reporter.applied(revision, self.sent.failures());
                if let Some(held) = self.placed.filter(|_| TRUST.iter().all(|key| self.sent.has(key))) {
                    self.reporter.trusts(held.trusts);
                }
            }
            site_message::Body::Observed(observed) => self.reporter.observed(observed),
            site_message::Body::Flows(told) => flows::keep(&self.app, self.party, told).await,
            site_message::Body::OpenFlows(told) => self.reporter.open_flows(told),
            site_message::Body::Renew(request) => {
                let answer = self.renew(&request.csr).await;
                let is_renewed = matches!(answer, Body::Renewed(_));
                self.outbox.send(answer).await?;
                if is_renewed {
                    // Another authority may have begun to issue meanwhile.
                    self.asking = Asking::Look;
                    self.ask_to_renew().await?;
                }
            }
            site_message::Body::Logs(logs) => self.readings.end(logs),
            site_message::Body::Leaving(leaving) => return Err(self.leave(&leaving.reason).await?),
        }
        Ok(())
    }

    async fn renew(&mut self, csr: &[u8]) -> Body {
        if !self.app.sessions().may_renew(self.party, self.app.leaf_lifetime()) {
            return renew::busy();
        }
        match renew::renew(&self.app, self.party, csr).await {
            Ok(answer) => answer,
            Err(error) => {
                self.failed(&error);
                renew::busy()
            }
        }
    }

    /// Ends the site's place, and tells it what became of that before anything else: what is committed cuts its links.
    async fn leave(&self, reason: &str) -> Result<End, End> {
        match leave(&self.app, self.party, reason).await {
            Ok(()) => {
                self.app.desired().forget(&self.party.concern());
                self.outbox.send(Body::Left(Left {})).await?;
                self.app.reconcile();
                Ok(End::Left)
            }
            Err(NotLeft::Not(error)) => {
                self.failed(&error);
                let refusal = renew::refusal("not-left", "the controller could not note it; try again");
                self.outbox.send(Body::Refused(refusal)).await?;
                Ok(End::NotLeft)
            }
            Err(NotLeft::Unclear(error)) => {
                self.failed(&error);
                Ok(End::NotLeft)
            }
        }
    }

    fn failed(&self, error: &OpError) {
        tracing::warn!(party = %self.party, error = error as &dyn std::error::Error, "a session is held up");
    }

    fn closes_at(&self) -> Option<Instant> {
        self.placed?.closes.map(|closes| self.instant(closes))
    }

    fn asks_at(&self) -> Option<Instant> {
        if let Asking::At(when) = self.asking { Some(self.instant(when)) } else { None }
    }

    fn instant(&self, time: Timestamp) -> Instant {
        let left = time.duration_since(self.app.now());
        Instant::now() + Duration::try_from(left).unwrap_or_default() + Duration::from_millis(1)
    }

    /// The last words, as far as anybody listens.
    async fn farewell(self, end: End) {
        match end {
            End::Gone => {}
            End::Silent => self.outbox.end(Status::deadline_exceeded("nothing was heard for 90 seconds")).await,
            End::Nonsense(why) => self.outbox.end(Status::invalid_argument(why)).await,
            End::Replaced => self.outbox.end(Status::aborted("a newer session of this site has taken its place")).await,
            End::Over(notice) => {
                let _ = self.outbox.send(Body::Notice(notice)).await;
            }
            End::Left => self.outbox.end(Status::cancelled("the site has left")).await,
            End::NotLeft => {
                self.outbox.end(Status::unavailable("the controller cannot reach its database; try again")).await;
            }
            End::Shutdown => self.outbox.end(controller_ends()).await,
        }
    }
}

fn controller_ends() -> Status {
    Status::unavailable("this controller ends; another one serves")
}

/// The next message, once it is the site's turn again.
async fn next(inbound: &mut Streaming<SiteMessage>, turn: Option<Instant>) -> Result<Option<SiteMessage>, Status> {
    at_or_now(turn).await;
    inbound.message().await
}

async fn at(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

async fn at_or_now(when: Option<Instant>) {
    if let Some(when) = when {
        sleep_until(when).await;
    }
}
