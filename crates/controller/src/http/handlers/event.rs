//! `GET /events`: what changes, as it does, as server-sent events.
//!
//! Each event of the audit chain has its position as its id: whoever comes again says the last one they have, and goes on
//! from there. How sites are just now passes beside them, without an id.

use std::{collections::HashMap, convert::Infallible, future::pending, pin::pin, time::Duration};

use api::{AuditEvent, Liveness, ProblemType, Traffic};
use authz::{Action, Standing, Target};
use axum::{
    extract::{Request, State},
    response::{IntoResponse as _, Sse, sse},
};
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use model::{BackboneId, GenericUuid as _, NetworkId};
use store::{
    StoreError, cut, event,
    event::{ObjectKind, Recorded},
    feed, network,
    status::SiteRef,
};
use tokio::{
    sync::{broadcast::error::RecvError, mpsc},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument as _;

use super::audit;
use crate::{
    App,
    http::{
        answer::Answer,
        extract::{By, Parameters},
        guard,
        local::Local,
        problem::{Refusal, internal},
    },
    liveness::{Passing, What},
    ops::{
        Actor, OpError, Ref,
        actor::target,
        audit::seen,
        sign_in,
        sign_in::{Signed, Whence},
    },
    watchers::Full,
};

/// How many events wait for a reader. What comes then waits for room, and for no longer than [`PATIENCE`].
const QUEUE: usize = 64;
/// How long a reader may take nothing before its stream is cut: it comes again, and goes on where it was.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a stream on which nothing happens says that it lives, and it is looked whether its token still does.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// When to come again after a stream has ended.
const RETRY: Duration = Duration::from_secs(1);

pub(crate) async fn watch(State(app): State<App>, By(actor): By, parameters: Parameters, request: Request) -> Answer {
    let wanted = Wanted::read(&app, &actor, &parameters).await?;
    let last = begin(&app, request.headers(), &parameters).await?;
    let seat = app.watchers().enter(actor.acting.subject).map_err(full)?;
    let (sender, receiver) = mpsc::channel(QUEUE);
    let stream =
        Stream { credential: Credential::of(&request)?, sender, last, wanted, actor, targets: HashMap::new(), app };
    let task = async move {
        // Whatever ends it: who watches comes again.
        let End = stream.run().await.unwrap_or(End);
        drop(seat);
    };
    tokio::spawn(task.in_current_span());
    let mut response = Sse::new(ReceiverStream::new(receiver)).into_response();
    // Reverse proxies that collect answers would keep events to themselves.
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn full(full: Full) -> Refusal {
    let message = match full {
        Full::OfOne => "there are as many event streams of yours as there may be",
        Full::Total => "there are as many event streams as there may be",
    };
    Refusal::new(ProblemType::TooManyStreams, message)
}

/// Where a stream begins: after the position that is asked for, or now.
async fn begin(app: &App, headers: &HeaderMap, parameters: &Parameters) -> Result<i64, Refusal> {
    let head = event::head(app.store()).await.map_err(OpError::from)?;
    let again = headers.get("last-event-id").map(|value| ("Last-Event-ID", value.to_str().unwrap_or_default()));
    // Who comes again by the same address means the position it says now.
    let Some((field, text)) = again.or_else(|| parameters.text("after").map(|text| ("after", text))) else {
        return Ok(head);
    };
    let position = text.parse::<i64>().ok().filter(|position| *position >= 0);
    let position =
        position.ok_or_else(|| Refusal::field(field, "give the position of an event, or 0 for the first"))?;
    let cut = cut::list(app.store()).await.map_err(OpError::from)?.last().map_or(0, |cut| cut.position);
    if position < cut || position > head {
        let message =
            format!("the events after position {position} are not there: there are those from {cut} to {head}");
        return Err(Refusal::new(ProblemType::PositionGone, message));
    }
    Ok(position)
}

/// What a stream is narrowed to.
#[derive(Debug)]
struct Wanted {
    network: Option<NetworkId>,
    kinds: Vec<String>,
    /// Whether it goes on when everything that has happened was told.
    follow: bool,
}

impl Wanted {
    async fn read(app: &App, actor: &Actor, parameters: &Parameters) -> Result<Self, Refusal> {
        let network = match parameters.value::<Ref>("network")? {
            None => None,
            Some(named) => Some(actor.require_in_network(app.store(), Action::ShowNetwork, &named).await?.id),
        };
        let kinds: Vec<String> =
            parameters.text("kind").into_iter().flat_map(|kinds| kinds.split(',')).map(str::to_owned).collect();
        for kind in &kinds {
            if let Err(unknown) = kind.parse::<ObjectKind>() {
                return Err(Refusal::field("kind", unknown.to_string()));
            }
        }
        let follow = match parameters.text("follow") {
            None | Some("true") => true,
            Some("false") => false,
            Some(other) => return Err(Refusal::field("follow", format!("{other:?} is neither true nor false"))),
        };
        Ok(Self { network, kinds, follow })
    }

    fn has(&self, network: Option<NetworkId>, kind: &str) -> bool {
        (self.network.is_none() || self.network == network)
            && (self.kinds.is_empty() || self.kinds.iter().any(|it| it == kind))
    }
}

/// What the stream was opened with: it ends with it.
struct Credential {
    token: zeroize::Zeroizing<String>,
    whence: Whence,
    local: bool,
    expires: Option<Timestamp>,
}

impl Credential {
    fn of(request: &Request) -> Result<Self, Refusal> {
        let token = guard::token(request).map_err(|message| Refusal::new(ProblemType::Unauthorized, message))?;
        let whence = request.extensions().get::<Whence>().cloned().ok_or_else(internal)?;
        let local = request.extensions().get::<Local>().is_some();
        let expires = request.extensions().get::<Signed>().and_then(|signed| signed.expires);
        Ok(Self { token: token.to_owned().into(), whence, local, expires })
    }

    /// Until it is over, if it ever is.
    async fn over(now: Timestamp, expires: Option<Timestamp>) {
        match expires {
            Some(expires) => sleep(expires.duration_since(now).unsigned_abs()).await,
            None => pending().await,
        }
    }
}

/// An open stream.
struct Stream {
    app: App,
    actor: Actor,
    credential: Credential,
    wanted: Wanted,
    /// The position up to which everything was told.
    last: i64,
    sender: mpsc::Sender<Result<sse::Event, Infallible>>,
    /// What is known of networks, for deciding on what happens in them; none, of one that is gone.
    targets: HashMap<NetworkId, Option<Target>>,
}

/// The stream is over: its reader is gone or too slow, its token is not good any more, or the controller ends.
#[derive(Debug)]
struct End;

impl Stream {
    async fn run(mut self) -> Result<End, End> {
        let closing = self.app.watchers().closing().clone();
        let mut over = pin!(Credential::over(self.app.now(), self.credential.expires));
        // Listening begins before reading: what happens after the read is heard.
        let mut changes = self.app.watchers().changes();
        let mut passing = self.app.watchers().passing();
        self.send(sse::Event::default().comment("events follow").retry(RETRY)).await?;
        tokio::select! {
            () = closing.cancelled() => return self.farewell().await,
            () = &mut over => return Ok(End),
            caught_up = self.catch_up() => caught_up?,
        }
        if !self.wanted.follow {
            return Ok(End);
        }
        let mut beat = Instant::now() + HEARTBEAT;
        loop {
            tokio::select! {
                () = closing.cancelled() => return self.farewell().await,
                () = &mut over => return Ok(End),
                () = self.sender.closed() => return Ok(End),
                change = changes.recv() => match change {
                    // One that is not the next: something before it could not be read, or was not heard.
                    Ok(event) if event.position == self.last + 1 => self.tell(&event).await?,
                    Ok(event) if event.position <= self.last => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => self.catch_up().await?,
                    Err(RecvError::Closed) => return Ok(End),
                },
                passes = passing.recv() => if let Ok(passes) = passes { self.pass(&passes).await? },
                () = sleep_until(beat) => {
                    self.look_again().await?;
                    // Without data it is no event, but says how far this has come.
                    self.send(sse::Event::default().id(self.last.to_string()).comment("")).await?;
                    beat = Instant::now() + HEARTBEAT;
                }
            }
        }
    }

    /// The last word of a controller that ends: how far this has come, so that another one goes on from there.
    async fn farewell(&self) -> Result<End, End> {
        let word = "this controller ends; open the stream again, at whichever answers";
        self.send(sse::Event::default().id(self.last.to_string()).comment(word)).await?;
        Ok(End)
    }

    /// Tells everything that has happened up to now.
    async fn catch_up(&mut self) -> Result<(), End> {
        loop {
            let batch = match feed::read(self.app.store(), self.last).await {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "an event stream ends: events cannot be read"
                    );
                    return Err(End);
                }
            };
            let Some(last) = batch.last() else { return Ok(()) };
            for event in &batch.events {
                self.tell(event).await?;
            }
            self.last = last;
        }
    }

    async fn tell(&mut self, event: &Recorded) -> Result<(), End> {
        self.last = event.position;
        let told = self.tell_as_seen(event).await?;
        // After it was told: whoever loses something by it learns that.
        if may_change_permissions(event.object_kind) {
            self.targets.clear();
            if !self.actor.reach.is_everything() || event.object_kind != ObjectKind::Network {
                self.look_again().await?;
            }
            // And so does whoever gains something.
            if !told {
                self.tell_as_seen(event).await?;
            }
        }
        Ok(())
    }

    /// Tells an event, if whoever watches wants and sees it; and whether that was so.
    async fn tell_as_seen(&mut self, event: &Recorded) -> Result<bool, End> {
        if !self.wanted.has(event.network, event.object_kind.as_str()) {
            return Ok(false);
        }
        let Some(seen) = self.seen(event).await? else { return Ok(false) };
        let told = sse::Event::default().event("change").id(event.position.to_string());
        self.send(told.json_data(seen).map_err(|_| End)?).await?;
        Ok(true)
    }

    async fn pass(&mut self, passing: &Passing) -> Result<(), End> {
        let (object_kind, object_id) = match passing.site {
            SiteRef::Member(id) => (ObjectKind::Site, id.into_untyped_uuid()),
            SiteRef::Backbone(id) => (ObjectKind::BackboneSite, id.into_untyped_uuid()),
        };
        let object_kind = object_kind.as_str();
        if !self.wanted.has(passing.network, object_kind)
            || self.standing(passing.network, passing.backbone).await? < least(passing.network)
        {
            return Ok(());
        }
        let (object_kind, network, backbone) = (object_kind.to_owned(), passing.network, passing.backbone);
        let told =
            match passing.what {
                What::Liveness { connected, last_seen } => sse::Event::default()
                    .event("liveness")
                    .json_data(Liveness { object_kind, object_id, network, backbone, connected, last_seen }),
                What::Traffic(carried) => sse::Event::default().event("traffic").json_data(Traffic {
                    object_kind,
                    object_id,
                    network,
                    backbone,
                    connections: carried.connections,
                    bytes_in: carried.bytes_in,
                    bytes_out: carried.bytes_out,
                }),
            };
        self.send(told.map_err(|_| End)?).await
    }

    /// Sends, if the reader takes it in time.
    async fn send(&self, event: sse::Event) -> Result<(), End> {
        match timeout(PATIENCE, self.sender.send(Ok(event))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End),
            Err(_) => {
                tracing::debug!(position = self.last, "an event stream is cut: its reader takes nothing");
                Err(End)
            }
        }
    }

    /// Looks whether whoever watches is still signed in, and what they may see now.
    async fn look_again(&mut self) -> Result<(), End> {
        let Credential { token, whence, local, .. } = &self.credential;
        let signed = match sign_in::bearer(&self.app, token, whence, *local).await {
            Ok(signed) => signed,
            // What cannot be looked up now is looked up again soon.
            Err(OpError::Unavailable(_)) => return Ok(()),
            Err(_) => return Err(End),
        };
        let mut actor = Actor::new(signed.acting, whence.request_id.clone(), whence.address);
        actor.find_reach(&self.app).await.map_err(|_| End)?;
        self.actor = actor;
        Ok(())
    }

    /// The event, as whoever watches may see it.
    async fn seen(&mut self, event: &Recorded) -> Result<Option<AuditEvent>, End> {
        // Who sees everything sees it in networks that nobody has to look up.
        let network = if self.actor.reach.is_everything() { None } else { self.target(event.network).await? };
        Ok(seen(&self.actor, event, network).map(audit::event))
    }

    /// What whoever watches is to where something happens.
    async fn standing(&mut self, network: Option<NetworkId>, backbone: Option<BackboneId>) -> Result<Standing, End> {
        let target = match (network, backbone) {
            (Some(_), _) => match self.target(network).await? {
                Some(target) => target,
                // It is gone: those who see everything know of it.
                None => Target::Installation,
            },
            (None, Some(id)) => Target::Backbone { id },
            (None, None) => Target::Installation,
        };
        if network.is_some() && target == Target::Installation {
            let owns = self.actor.reach.standing(&target) == Standing::Owns;
            return Ok(if owns { Standing::Owns } else { Standing::None });
        }
        Ok(self.actor.reach.standing(&target))
    }

    async fn target(&mut self, network: Option<NetworkId>) -> Result<Option<Target>, End> {
        let Some(id) = network else { return Ok(None) };
        if let Some(known) = self.targets.get(&id) {
            return Ok(*known);
        }
        let found = match network::get(self.app.store(), id).await {
            Ok(found) => Some(target(&found)),
            Err(StoreError::NotFound { .. }) => None,
            Err(_) => return Err(End),
        };
        self.targets.insert(id, found);
        Ok(found)
    }
}

/// What somebody must be to where a site is to see how that is: in a network, whoever sees it; elsewhere, who manages it.
fn least(network: Option<NetworkId>) -> Standing {
    if network.is_some() { Standing::Sees } else { Standing::Owns }
}

fn may_change_permissions(kind: ObjectKind) -> bool {
    matches!(
        kind,
        ObjectKind::User
            | ObjectKind::Group
            | ObjectKind::Token
            | ObjectKind::SignIn
            | ObjectKind::Grant
            | ObjectKind::Network
    )
}
