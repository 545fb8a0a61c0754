//! What was asked for and refused: recorded in the audit chain, so that who only fails is seen there, too, and within
//! limits, so that nobody can fill the database by failing.
//!
//! Whoever is known has some refusals recorded one by one; what they are refused beyond that is counted, and recorded as
//! one event from time to time. Those who are not known, because their tokens are wrong, are only counted.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use serde_json::json;
use store::{
    Context, StoreError,
    event::{Event, ObjectKind, Outcome},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{App, pace::Pace};

/// How many refusals of one subject are recorded at once, and how long until the next.
const SINGLY: (u32, Duration) = (20, Duration::from_secs(60));
/// The same of looks at what they are not shown.
const LOOKS: (u32, Duration) = (5, Duration::from_secs(60));
/// How often what was counted is recorded.
const SUMS: Duration = Duration::from_secs(600);
/// How many subjects are told apart in what is counted, and how many addresses of each.
const TOLD_APART: (usize, usize) = (256, 8);
/// Who is counted as one when there are too many, and whose tokens are wrong.
const OTHERS: &str = "others";
const NOBODY: &str = "nobody";

/// Counts refusals until they are recorded.
#[derive(Debug)]
pub(crate) struct Refusals {
    pace: Pace<String>,
    looks: Pace<String>,
    sums: Mutex<BTreeMap<String, Sum>>,
}

#[derive(Debug)]
struct Sum {
    count: u64,
    since: Timestamp,
    addresses: BTreeSet<IpAddr>,
}

impl Default for Refusals {
    fn default() -> Self {
        let pace = |(burst, every)| Pace::new(every, burst);
        Self { pace: pace(SINGLY), looks: pace(LOOKS), sums: Mutex::default() }
    }
}

impl Refusals {
    fn count(&self, subject: &str, address: Option<IpAddr>, now: Timestamp) {
        let mut sums = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sums.contains_key(subject) || sums.len() < TOLD_APART.0;
        let subject = if known { subject } else { OTHERS };
        let new = || Sum { count: 0, since: now, addresses: BTreeSet::new() };
        let sum = sums.entry(subject.to_owned()).or_insert_with(new);
        sum.count += 1;
        if sum.addresses.len() < TOLD_APART.1 {
            sum.addresses.extend(address);
        }
    }
}

/// Somebody came with a token that is none, or was not let try to sign in at all.
pub(crate) fn stranger(app: &App, address: Option<IpAddr>) {
    app.refusals().count(NOBODY, address, app.now());
}

/// Records that something was refused to somebody who is known, or counts it when that happens too often. What cannot be
/// recorded is logged: the refusal itself stands.
pub(crate) async fn known(app: &App, context: &Context, refused: Event) {
    paced(app, &app.refusals().pace, context, refused).await;
}

/// The same of a look at what they are not shown: who asks for that again and again does not use up what attempts have.
pub(crate) async fn look(app: &App, context: &Context, refused: Event) {
    paced(app, &app.refusals().looks, context, refused).await;
}

async fn paced(app: &App, pace: &Pace<String>, context: &Context, refused: Event) {
    if !pace.may(context.actor.clone(), Instant::now()) {
        let address = context.address.as_ref().and_then(|address| address.parse().ok());
        return app.refusals().count(&context.actor, address, app.now());
    }
    if let Err(error) = record(app, context, refused).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a refusal could not be recorded");
    }
}

async fn record(app: &App, context: &Context, event: Event) -> Result<(), StoreError> {
    let mut tx = app.store().begin(context).await?;
    tx.record(event);
    tx.commit().await.map(drop)
}

/// Records what was counted, from time to time and at the end.
pub(crate) async fn keep(app: App, shutdown: CancellationToken) {
    while shutdown.run_until_cancelled(tokio::time::sleep(SUMS)).await.is_some() {
        sum_up(&app).await;
    }
    sum_up(&app).await;
}

/// Records what was counted until now.
pub(crate) async fn sum_up(app: &App) {
    let sums = std::mem::take(&mut *app.refusals().sums.lock().unwrap_or_else(PoisonError::into_inner));
    for (subject, Sum { count, since, addresses }) in sums {
        let reason = if subject == NOBODY { "they did not show who they are" } else { "there were more refusals" };
        let after = json!({ "reason": reason, "requests": count, "since": since, "addresses": addresses });
        let event = Event::new("request.refuse", ObjectKind::Installation, app.installation());
        let event = Event { after: Some(after), outcome: Outcome::Refused, ..event };
        if let Err(error) = record(app, &Context::new(subject), event).await {
            tracing::warn!(error = &error as &dyn std::error::Error, count, "refusals could not be recorded");
        }
    }
}
