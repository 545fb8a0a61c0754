//! The reconcilers that need nothing but the store and the clock: activated by the change feed or a timer, they read how
//! things are, plan purely, and record what they did.

use std::time::Duration;

use crashpoint::Point;
use jiff::{SignedDuration, Timestamp};
use store::{
    Context, Page, StoreError, backbone,
    causes::{self, Cause},
    denial,
    event::{self, Recorded},
    feed::Feed,
    idempotency, network, sign_in, waiting_room,
};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use trace::{Kind, Span};

use crate::{
    App,
    effects::Effects,
    issue, metrics,
    ops::{OpError, audit, controller},
    trust,
};

/// How long a reconciler rests after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// A reconciler looks at least this often, whatever it planned: clocks are set now and then.
const LOOK: SignedDuration = SignedDuration::from_mins(1);

/// How often it is looked whether events are to leave the audit chain.
const RETENTION: Duration = Duration::from_secs(3_600);

/// For how long a creation can be repeated under its idempotency key.
const REPEATED: SignedDuration = SignedDuration::from_hours(24);

/// For how long it is known what has caused an event: a replica that is further behind has other troubles.
const CAUSES: SignedDuration = SignedDuration::from_hours(1);

/// Follows the change feed from `position` on, and tells everyone what concerns them.
pub(crate) async fn follow(app: App, position: i64, shutdown: CancellationToken) {
    let mut feed = Feed::new(app.store(), position);
    app.metrics().followed(position, None, app.now());
    loop {
        let events = tokio::select! {
            () = shutdown.cancelled() => return,
            events = feed.next_batch() => events,
        };
        match events {
            Ok(batch) => {
                for row in &batch.unreadable {
                    tracing::error!(
                        position = row.position,
                        error = &row.error as &dyn std::error::Error,
                        "an event cannot be read; everybody looks anew, for what it tells of"
                    );
                }
                if !batch.unreadable.is_empty() {
                    everybody(&app);
                }
                let spans = caused(&app, &batch.events).await;
                tell(&app, &Effects::of(&batch.events), &spans);
                drop(spans);
                app.watchers().happened(&batch.events);
                let committed = batch.events.last().map(|event| event.time);
                app.metrics().followed(feed.position(), committed, app.now());
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the change feed failed; it begins anew");
                everybody(&app);
                sleep(PAUSE).await;
            }
        }
    }
}

/// What could not be told may concern anyone.
fn everybody(app: &App) {
    app.desired().forget_all();
    app.sessions().wake_all();
    app.reconcile();
}

/// A span for each trace that has caused some of these events, with what follows from those.
async fn caused(app: &App, events: &[Recorded]) -> Vec<(Effects, Span)> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return vec![] };
    let causes = causes::of(app.store(), first.position, last.position).await.unwrap_or_else(|error| {
        tracing::debug!(error = &error as &dyn std::error::Error, "what has caused events could not be read");
        vec![]
    });
    let span = |cause: Cause| {
        let own = |event: &&Recorded| (cause.first..=cause.last).contains(&event.position);
        let own: Vec<Recorded> = events.iter().filter(own).cloned().collect();
        let mut span = app.tracer().span("reconcile", Kind::Consumer, cause.traceparent.parse().ok());
        span.set("skx.events", own.iter().map(|event| event.action.as_str()).collect::<Vec<_>>().join(" "));
        (Effects::of(&own), span)
    };
    causes.into_iter().map(span).collect()
}

fn tell(app: &App, effects: &Effects, spans: &[(Effects, Span)]) {
    // First what is known is forgotten, then those are woken who read it anew.
    for concern in &effects.sites {
        app.desired().forget(concern);
    }
    for (effects, span) in spans {
        let Some(context) = span.context() else { continue };
        app.sessions().caused(&effects.sites, context);
        if effects.trust {
            app.trust_causes().add(context);
        }
    }
    if effects.trust || effects.times {
        app.trust_signal().notify_one();
    }
    if effects.authorities {
        app.authorities_signal().notify_one();
    }
    if effects.planes {
        app.planes_signal().notify_one();
    }
    if effects.deployments {
        app.deploy_signal().notify_one();
    }
    app.sessions().ask_to_renew(&effects.renewals);
    app.sessions().wake(&effects.sites);
}

/// Keeps every backbone's trust document true to what is stored, and notes what time alone has ended.
pub(crate) async fn keep_trust(app: App, shutdown: CancellationToken) {
    loop {
        let causes = app.trust_causes();
        let causes = causes.take(causes.count()).into_iter();
        let mut spans: Vec<Span> =
            causes.map(|cause| app.tracer().span("reconcile trust", Kind::Consumer, Some(cause))).collect();
        let outcome = metrics::timed(&app, "trust", pass(&app)).await;
        if let Err(error) = &outcome {
            spans.iter_mut().for_each(|span| span.fail(error.to_string()));
        }
        drop(spans);
        let rest = match outcome {
            Ok(again) => until(app.now(), again),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the trust documents could not be brought up to date; trying again"
                );
                PAUSE
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = timeout(rest, app.trust_signal().notified()) => {}
        }
    }
}

/// Lets events leave the audit chain that are older than they are to be kept.
pub(crate) async fn keep_audit(app: App, shutdown: CancellationToken) {
    loop {
        if let Some(retention) = app.audit_retention()
            && let Err(error) = metrics::timed(&app, "audit", audit::retain(&app, retention)).await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old events could not leave the audit chain; trying again in an hour"
            );
        }
        if shutdown.run_until_cancelled(sleep(RETENTION)).await.is_none() {
            return;
        }
    }
}

/// One pass; says when the next is due though nothing changes.
pub(crate) async fn pass(app: &App) -> Result<Timestamp, OpError> {
    if controller::is_evicted(app).await? && !app.evicted().is_cancelled() {
        tracing::error!(controller = %app.controller(), "this controller was evicted; it stops");
        app.evicted().cancel();
    }
    let mut again = app.now().saturating_add(LOOK).unwrap_or(Timestamp::MAX);
    again = again.min(end_waiting(app).await?.unwrap_or(again));
    end_networks(app).await?;
    forget_requests(app).await?;
    let mut failed = None;
    for row in backbone::list(app.store(), Page::ALL).await?.items {
        match trust::publish(app, row.id).await {
            Ok(in_force) => again = again.min(in_force.again),
            // It was deleted just now.
            Err(OpError::NotFound { .. }) => {}
            // The others are not to wait for it.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    for row in network::list(app.store(), None, Page::ALL).await?.items {
        let due = row.window().closes().filter(|_| row.ended.is_none() && row.evicted.is_none());
        again = again.min(due.unwrap_or(again));
    }
    failed.map_or(Ok(again), Err)
}

/// Forgets the answers of creations that nobody will repeat any more, what has caused old events, and sessions that are long over.
async fn forget_requests(app: &App) -> Result<(), StoreError> {
    let before = app.now().saturating_sub(REPEATED).unwrap_or(Timestamp::MIN);
    idempotency::prune(app.store(), before).await?;
    causes::prune(app.store(), app.now().saturating_sub(CAUSES).unwrap_or(Timestamp::MIN)).await?;
    sign_in::prune(app.store(), app.now()).await
}

/// Refuses those who have waited for their admission as long as they can; says when the waiting of the next one ends.
async fn end_waiting(app: &App) -> Result<Option<Timestamp>, StoreError> {
    // It cannot be taken back, either.
    let now = app.own_clock().put_right(app.now());
    let waited_by = waiting_room::waited_by(app.store()).await?;
    let (due, later): (Vec<_>, Vec<_>) = waited_by.into_iter().partition(|(_, ends)| ends.is_some_and(|it| it <= now));
    for (invitation, _) in due {
        let mut tx = app.store().begin(&Context::controller(app.controller())).await?;
        let refused = waiting_room::end_due(&mut tx, invitation, now).await?;
        crashpoint::reached(Point::EndOfWaitingUncommitted);
        tx.commit().await?;
        crashpoint::reached(Point::EndOfWaitingCommitted);
        for site in refused {
            tracing::info!(site = %site.name, why = site.reason, "a site waits no longer to be admitted");
        }
    }
    Ok(later.into_iter().filter_map(|(_, ends)| ends).min())
}

/// Notes the end of networks whose time is over, and forgets denials that deny nothing any more.
async fn end_networks(app: &App) -> Result<(), StoreError> {
    // It cannot be taken back: a controller whose clock is wrong goes by the database's.
    let now = app.own_clock().put_right(app.now());
    let due = network::due_to_close(app.store(), now).await?;
    let mut tx = app.store().begin(&Context::controller(app.controller())).await?;
    for network in due.iter().filter(|network| network.evicted.is_none()) {
        if network::close(&mut tx, network.id).await?.is_some() {
            issue::destroy_keys(&mut tx, network.id).await?;
            tracing::info!(network = %network.name, "the network has ended; the key of its certificate authority is destroyed");
        }
    }
    denial::prune(&mut tx, now).await?;
    if !due.is_empty() {
        crashpoint::reached(Point::EndUncommitted);
    }
    tx.commit().await?;
    if !due.is_empty() {
        crashpoint::reached(Point::EndCommitted);
    }
    Ok(())
}

fn until(now: Timestamp, again: Timestamp) -> Duration {
    // A little more, so that the moment has come for certain when it is looked at.
    Duration::try_from(again.duration_since(now)).unwrap_or_default() + Duration::from_millis(5)
}

/// Where the change feed stands now.
pub(crate) async fn head(app: &App) -> Result<i64, StoreError> {
    event::head(app.store()).await
}
