//! Brings what is decided into force by a driver of workloads, in a task of its own, and says what became of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use compose::render::Rendered;
use crashpoint::Point;
use data_encoding::HEXLOWER;
use driver::{Desired, Driver, Volumes, WorkloadStatus};
use futures_util::future::join_all;
use model::Name;
use ring::digest;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use super::{
    open::Opener,
    sockets::{Hosts, asks_for_host},
};
use crate::{channel::words, state::Secrets};

/// The pauses before what failed is tried again.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How often what could not be removed at the end is tried again.
const LAST_TRIES: usize = 3;

/// Something to have in force.
#[derive(Clone)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) gets: Arc<Rendered>,
    pub(crate) secrets: Secrets,
}

/// What makes an order another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderId {
    /// The digest of what the site gets.
    pub(crate) digest: String,
    /// The parts of it that were declined since.
    without: BTreeSet<String>,
    /// A digest of the values of the secrets.
    secrets: String,
}

impl Order {
    pub(crate) fn new(digest: &str, gets: Rendered, without: BTreeSet<String>, secrets: Secrets) -> Self {
        let all = serde_json::to_vec(&secrets).expect("they are texts by texts");
        let hashed = HEXLOWER.encode(digest::digest(&digest::SHA256, &all).as_ref());
        let id = OrderId { digest: digest.to_owned(), without, secrets: hashed };
        Self { id, gets: Arc::new(gets), secrets }
    }
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Order").field("digest", &self.id.digest).finish_non_exhaustive()
    }
}

/// What a deployment is to be.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each deployment of a site")]
pub(crate) enum Shall {
    /// This is to be in force; and that again, if it cannot be.
    Be { order: Order, before: Option<Order> },
    /// Whatever it is.
    Stay,
    /// Nothing of it is to run. Its volumes stay.
    Go,
}

impl Shall {
    fn is_same(&self, other: &Self) -> bool {
        let ids = |order: &Order, before: &Option<Order>| (order.id.clone(), before.as_ref().map(|it| it.id.clone()));
        match (self, other) {
            (Self::Be { order, before }, Self::Be { order: other, before: fallback }) => {
                ids(order, before) == ids(other, fallback)
            }
            (Self::Stay, Self::Stay) | (Self::Go, Self::Go) => true,
            _ => false,
        }
    }
}

/// What each deployment is to be. Whatever is not named goes.
pub(crate) type Orders = BTreeMap<Name, Shall>;

/// What became of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// What was applied last, without an error.
    pub(crate) applied: Option<OrderId>,
    /// What could not be, and why.
    pub(crate) failed: Option<(OrderId, String)>,
    /// Where the site listens for its workloads.
    pub(crate) hosts: Hosts,
    /// How they are.
    pub(crate) workloads: Vec<WorkloadStatus>,
}

/// What became of each deployment.
pub(crate) type Reports = BTreeMap<Name, Report>;

/// The driver, once there is one.
pub(crate) type Opened = watch::Receiver<Option<Arc<dyn Driver>>>;

/// How the work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// The site stops, and goes on at its next start.
    Stop,
    /// All that is deployed is removed, with its volumes or without.
    Remove,
}

/// The task that has a driver.
pub(crate) struct Worker {
    orders: watch::Sender<Option<Orders>>,
    volumes: watch::Sender<Volumes>,
    pub(crate) reports: watch::Receiver<Reports>,
    pub(crate) opened: Opened,
    /// Why workloads cannot be run at present, if they are to be.
    pub(crate) trouble: watch::Receiver<Option<String>>,
    opener: Opener,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Worker {
    /// Begins. Nothing is done before the first orders.
    pub(crate) fn start(opener: Opener, volumes: Volumes) -> Self {
        let orders = watch::Sender::new(None);
        let volumes = watch::Sender::new(volumes);
        let (reports_sender, reports) = watch::channel(Reports::new());
        let (opened_sender, opened) = watch::channel(None);
        let (trouble_sender, trouble) = watch::channel(None);
        let stop = CancellationToken::new();
        let work = Work {
            opener: opener.clone(),
            driver: opened_sender,
            trouble: trouble_sender,
            orders: orders.subscribe(),
            volumes: volumes.subscribe(),
            reports: reports_sender,
            slots: BTreeMap::new(),
            tasks: JoinSet::new(),
            again: None,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(work.run(stop.clone())));
        Self { orders, volumes, reports, opened, trouble, opener, stop, task }
    }

    /// Says what becomes of volumes from now on.
    pub(crate) fn decide_volumes(&self, volumes: Volumes) {
        self.volumes.send_replace(volumes);
    }

    /// Says what is to be in force.
    pub(crate) fn order(&self, orders: Orders) {
        self.orders.send_if_modified(|now| {
            let same = now.as_ref().is_some_and(|now| {
                let each = now.iter().zip(&orders);
                now.len() == orders.len() && each.into_iter().all(|((a, was), (b, is))| a == b && was.is_same(is))
            });
            if !same {
                *now = Some(orders);
            }
            !same
        });
    }

    /// Ends. Says whether everything is gone that is to be removed.
    pub(crate) async fn end(self, finish: Finish) -> bool {
        self.stop.cancel();
        // What it was at is cut; the driver finds it at its next start, or removes it now.
        let _ = self.task.await;
        let (volumes, opened) = (*self.volumes.borrow(), self.opened.borrow().clone());
        match finish {
            Finish::Stop => {
                if let Some(driver) = opened {
                    driver.shutdown().await;
                }
                true
            }
            Finish::Remove => self.opener.remove_everything(opened, volumes).await,
        }
    }
}

/// Removes all that a driver has, and says whether that is gone. What cannot be removed is told to whoever reads the log.
pub(crate) async fn remove_all(driver: &dyn Driver, volumes: Volumes) -> bool {
    for attempt in 1..=LAST_TRIES {
        let failed: Vec<String> = match driver.inventory().await {
            Ok(all) => {
                let removals = all.iter().map(|name| async move {
                    let removed = driver.remove(name, volumes).await;
                    removed.err().map(|error| format!("{name}: {}", words(&error)))
                });
                join_all(removals).await.into_iter().flatten().collect()
            }
            Err(error) => vec![words(&error)],
        };
        if failed.is_empty() {
            return true;
        }
        tracing::error!(attempt, failed = failed.join("; "), "what was deployed cannot be removed");
        sleep(FIRST_PAUSE).await;
    }
    false
}

/// A deployment as the worker knows it.
#[derive(Debug, Default)]
struct Slot {
    busy: bool,
    report: Report,
    /// What was tried last without success: an order, or its removal.
    tried: Option<Option<OrderId>>,
    retry: Option<Instant>,
    pause: Option<Duration>,
    /// There may be something of it.
    present: bool,
}

impl Slot {
    /// Whether it is time to do something that is not done.
    fn is_due(&self, wanted: Option<&OrderId>) -> bool {
        let tried = self.tried.as_ref().is_some_and(|tried| tried.as_ref() == wanted);
        let waits = tried && self.retry.is_some_and(|at| Instant::now() < at);
        !self.busy && !waits
    }

    fn failed(&mut self, wanted: Option<OrderId>) {
        let pause = self.pause.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE));
        (self.tried, self.retry, self.pause) = (Some(wanted), Some(Instant::now() + pause), Some(pause));
    }

    fn succeeded(&mut self) {
        (self.tried, self.retry, self.pause) = (None, None, None);
    }
}

/// What came of a task.
enum Done {
    Applied { order: OrderId, hosts: Hosts, outcome: Result<(), String>, fallback: Option<OrderId> },
    Removed(Result<(), String>),
}

struct Work {
    opener: Opener,
    driver: watch::Sender<Option<Arc<dyn Driver>>>,
    trouble: watch::Sender<Option<String>>,
    orders: watch::Receiver<Option<Orders>>,
    volumes: watch::Receiver<Volumes>,
    reports: watch::Sender<Reports>,
    slots: BTreeMap<Name, Slot>,
    tasks: JoinSet<(Name, Done)>,
    /// When to look again at what the driver has.
    again: Option<Instant>,
}

impl Work {
    async fn run(mut self, stop: CancellationToken) {
        if stop.run_until_cancelled(self.opener.remove_former(Volumes::Keep)).await.is_none() {
            return;
        }
        if stop.run_until_cancelled(self.opener.clone().open(&self.driver, &self.trouble)).await.is_none() {
            return;
        }
        let driver = self.driver.borrow().clone();
        let mut changed = driver.as_ref().map(|driver| driver.changed());
        self.look(driver.as_deref()).await;
        loop {
            self.proceed(driver.as_ref());
            self.tell(driver.as_deref());
            let retries = self.slots.values().filter(|slot| !slot.busy).filter_map(|slot| slot.retry);
            let wake = retries.chain(self.again).min();
            tokio::select! {
                () = stop.cancelled() => break,
                heard = self.orders.changed() => {
                    if heard.is_err() {
                        break;
                    }
                    self.look(driver.as_deref()).await;
                }
                Some(done) = self.tasks.join_next() => {
                    if let Ok((name, done)) = done {
                        self.done(name, done);
                    }
                }
                () = observed(&mut changed) => {}
                () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                    if self.again.is_some_and(|at| Instant::now() >= at) {
                        self.look(driver.as_deref()).await;
                    }
                }
            }
        }
        self.tasks.shutdown().await;
    }

    /// Finds out what is there, whoever applied it.
    async fn look(&mut self, driver: Option<&dyn Driver>) {
        self.again = None;
        let Some(driver) = driver else { return };
        match driver.inventory().await {
            Ok(names) => {
                let names: BTreeSet<Name> = names.iter().filter_map(|name| name.parse().ok()).collect();
                for name in names {
                    self.slots.entry(name).or_default().present = true;
                }
            }
            Err(error) => {
                tracing::warn!(error = words(&error), "what is deployed here cannot be listed");
                self.again = Some(Instant::now() + FIRST_PAUSE);
            }
        }
    }

    /// Begins what is to be done and is not under way.
    fn proceed(&mut self, driver: Option<&Arc<dyn Driver>>) {
        // A clone of some references; it must not be held while others wait to say something new.
        let Some(orders) = self.orders.borrow_and_update().clone() else { return };
        for (name, shall) in &orders {
            let Shall::Be { order, before } = shall else { continue };
            let slot = self.slots.entry(name.clone()).or_default();
            slot.present = true;
            if slot.report.applied.as_ref() == Some(&order.id) || !slot.is_due(Some(&order.id)) {
                continue;
            }
            slot.busy = true;
            let (name, driver, volumes) = (name.clone(), driver.cloned(), *self.volumes.borrow());
            let (order, before) = (order.clone(), before.clone());
            self.tasks.spawn(async move {
                let done = bring(driver.as_deref(), &name, order, before, volumes).await;
                (name, done)
            });
        }
        self.slots.retain(|name, slot| slot.busy || slot.present || orders.contains_key(name));
        let decided = *self.volumes.borrow();
        let going = self.slots.iter_mut().filter_map(|(name, slot)| match orders.get(name) {
            None => Some((name, slot, decided)),
            Some(Shall::Go) => Some((name, slot, Volumes::Keep)),
            Some(_) => None,
        });
        for (name, slot, volumes) in going.filter(|(_, slot, _)| slot.is_due(None)) {
            slot.busy = true;
            let (name, driver) = (name.clone(), driver.cloned());
            self.tasks.spawn(async move {
                let removed = match driver {
                    Some(driver) => driver.remove(name.as_str(), volumes).await,
                    None => Ok(()),
                };
                (name, Done::Removed(removed.map_err(|error| words(&error))))
            });
        }
    }

    fn done(&mut self, name: Name, done: Done) {
        let slot = self.slots.entry(name.clone()).or_default();
        slot.busy = false;
        match done {
            Done::Applied { order, hosts, outcome, fallback } => {
                slot.report.hosts = hosts;
                match outcome {
                    Ok(()) => {
                        crashpoint::reached(Point::DeploymentApplied);
                        slot.succeeded();
                        (slot.report.applied, slot.report.failed) = (Some(order), None);
                    }
                    Err(error) => {
                        tracing::warn!(deployment = name.as_str(), error, "a deployment could not be applied");
                        slot.failed(Some(order.clone()));
                        (slot.report.applied, slot.report.failed) = (fallback, Some((order, error)));
                    }
                }
            }
            Done::Removed(Ok(())) => {
                tracing::info!(deployment = name.as_str(), "a deployment is gone");
                self.slots.remove(&name);
            }
            Done::Removed(Err(error)) => {
                tracing::warn!(deployment = name.as_str(), error, "a deployment could not be removed");
                slot.failed(None);
                slot.report.applied = None;
            }
        }
    }

    /// Says what became of everything.
    fn tell(&mut self, driver: Option<&dyn Driver>) {
        for (name, slot) in &mut self.slots {
            slot.report.workloads = driver.map(|driver| driver.observe(name.as_str())).unwrap_or_default();
        }
        let now: Reports = self.slots.iter().map(|(name, slot)| (name.clone(), slot.report.clone())).collect();
        self.reports.send_if_modified(|reports| {
            let differs = *reports != now;
            if differs {
                *reports = now;
            }
            differs
        });
    }
}

/// Resolves when an observation changes; never, where there are none.
async fn observed(changed: &mut Option<watch::Receiver<u64>>) {
    if let Some(receiver) = changed {
        if receiver.changed().await.is_ok() {
            return;
        }
        *changed = None;
    }
    std::future::pending().await
}

/// Brings an order into force; if that fails, what was before.
async fn bring(
    driver: Option<&dyn Driver>,
    name: &Name,
    order: Order,
    before: Option<Order>,
    volumes: Volumes,
) -> Done {
    let mut hosts = Hosts::new();
    let mut outcome = Ok(());
    if let Some(driver) = driver {
        let asking = order.gets.listeners.iter().filter(|listener| asks_for_host(listener));
        for scope in asking.map(|listener| listener.scope).collect::<BTreeSet<_>>() {
            match driver.bind_host(name.as_str(), scope).await {
                Ok(host) => drop(hosts.insert(scope, host)),
                Err(error) => outcome = Err(words(&error)),
            }
        }
    }
    if outcome.is_ok() {
        outcome = apply(driver, name, &order, volumes).await;
    }
    let mut fallback = None;
    if outcome.is_err()
        && let Some(before) = before
        && apply(driver, name, &before, volumes).await.is_ok()
    {
        fallback = Some(before.id);
    }
    Done::Applied { order: order.id, hosts, outcome, fallback }
}

async fn apply(driver: Option<&dyn Driver>, name: &Name, order: &Order, volumes: Volumes) -> Result<(), String> {
    let gets = &order.gets;
    match driver {
        None if gets.objects.is_empty() => Ok(()),
        None => Err("this site runs no workloads; start it with --run process, systemd, podman or docker".to_owned()),
        Some(driver) if gets.objects.is_empty() => {
            driver.remove(name.as_str(), volumes).await.map_err(|error| words(&error))
        }
        Some(driver) if driver.platform() != gets.platform => Err(format!(
            "it is planned for {}, and this site runs workloads on {}: a new plan follows by itself",
            gets.platform.as_str(),
            driver.platform().as_str()
        )),
        Some(driver) => {
            let desired = Desired {
                deployment: name.to_string(),
                objects: gets.objects.clone(),
                checks: gets.checks.clone(),
                secrets: order.secrets.clone(),
                live: gets.told(),
            };
            driver.apply(desired).await.map_err(|error| words(&error))
        }
    }
}
