//! What all drivers have in common: what is desired is compared with what runs, and every workload is kept running.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use compose::{model::Platform, render::Scope};
use crashpoint::Point;
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use ring::hmac;
use tokio::sync::{Mutex as AsyncMutex, watch};

use crate::{
    ApplyError, Desired, Driver, DriverError, LogLine, Options, Pace, State, Volumes, WorkloadStatus,
    board::Board,
    live::LiveFiles,
    once::Once,
    supervise::{Supervised, Unit},
    wanted::{self, Wanted, is_label},
};

/// Where workloads run.
pub(crate) trait Ground: Debug + Send + Sync + 'static {
    /// What it is for.
    fn platform(&self) -> Platform;

    /// The kind of objects it runs.
    fn kind(&self) -> &'static str;

    /// Whether what runs goes on running without the driver.
    fn outlives(&self) -> bool;

    /// Makes what all workloads of a deployment share.
    fn prepare<'a>(&'a self, deployment: &'a str) -> BoxFuture<'a, Result<(), DriverError>>;

    /// A workload, ready to be started.
    fn unit(&self, deployment: &str, wanted: &Wanted, secrets: wanted::Secrets) -> Arc<dyn Unit>;

    /// Removes all workloads of a deployment that are not kept, whoever started them. Volumes stay.
    fn prune<'a>(&'a self, deployment: &'a str, keep: &'a BTreeSet<String>) -> BoxFuture<'a, Result<(), DriverError>>;

    /// Removes what is left of a deployment without workloads.
    fn clear<'a>(&'a self, deployment: &'a str, volumes: Volumes) -> BoxFuture<'a, Result<(), DriverError>>;

    /// The deployments of which something is here.
    fn inventory(&self) -> BoxFuture<'_, Result<BTreeSet<String>, DriverError>>;

    /// The last lines of what a workload said.
    fn logs<'a>(
        &'a self,
        deployment: &'a str,
        name: &'a str,
        lines: usize,
    ) -> BoxFuture<'a, Result<Vec<LogLine>, DriverError>>;

    /// Where the site must listen for the workloads of a deployment.
    fn bind_host<'a>(&'a self, deployment: &'a str, scope: Scope) -> BoxFuture<'a, Result<IpAddr, DriverError>>;
}

type Running = BTreeMap<String, Supervised>;

/// A driver on some ground.
#[derive(Debug)]
pub(crate) struct Runner<G> {
    ground: G,
    board: Arc<Board>,
    once: Once,
    live: LiveFiles,
    key: hmac::Key,
    pace: Pace,
    /// What runs of each deployment. Whoever changes it holds the lock of that deployment.
    deployments: Mutex<BTreeMap<String, Arc<AsyncMutex<Running>>>>,
}

impl<G: Ground> Runner<G> {
    pub(crate) fn new(ground: G, options: &Options, key: hmac::Key) -> Self {
        Self {
            ground,
            board: Board::new(options.clock.clone()),
            once: Once::new(&options.dir),
            live: LiveFiles::new(&options.dir),
            key,
            pace: options.pace,
            deployments: Mutex::default(),
        }
    }

    fn running(&self, deployment: &str) -> Arc<AsyncMutex<Running>> {
        let mut all = self.deployments.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(deployment.to_owned()).or_default().clone()
    }

    async fn make(&self, desired: Desired) -> Result<(), ApplyError> {
        let all = wanted::read(&desired, self.ground.kind(), &self.key)?;
        let deployment = desired.deployment.as_str();
        let running = self.running(deployment);
        let mut running = running.lock().await;
        self.ground.prepare(deployment).await?;
        crashpoint::reached(Point::DeploymentPrepared);
        let digests: BTreeMap<&str, &str> = all.iter().map(|it| (it.name.as_str(), it.digest.as_str())).collect();
        let stays = |name: &String, it: &mut Supervised| digests.get(name.as_str()) == Some(&it.digest.as_str());
        let gone: Vec<_> = running.extract_if(.., |name, it| !stays(name, it)).map(|(_, it)| it.stop()).collect();
        join_all(gone).await;
        // Nothing stays of what waits for a secret: it had an older value of it.
        let keep = all.iter().filter(|it| it.secrets.is_ok()).map(|it| it.name.clone()).collect();
        self.ground.prune(deployment, &keep).await?;
        self.board.forget(deployment, |name| all.iter().any(|it| it.name == name));
        self.tell(deployment, &all)?;
        let mut tried = Vec::new();
        for wanted in all {
            match running.get(&wanted.name) {
                Some(it) => it.check(wanted.checks),
                None => tried.extend(self.begin(deployment, wanted, &mut running)),
            }
        }
        drop(running);
        // Who hears nothing was stopped meanwhile: something else was desired.
        join_all(tried).await;
        crashpoint::reached(Point::WorkloadsStarted);
        Ok(())
    }

    /// Tells workloads what they are told while they run, before any of them is started.
    fn tell(&self, deployment: &str, all: &[Wanted]) -> Result<(), DriverError> {
        let told = || all.iter().filter_map(|it| Some((it.name.as_str(), it.live.as_deref()?)));
        self.live.keep(deployment, |name| told().any(|(told, _)| told == name))?;
        told().try_for_each(|(name, text)| self.live.tell(deployment, name, text))
    }

    fn begin(
        &self,
        deployment: &str,
        wanted: Wanted,
        running: &mut Running,
    ) -> Option<impl Future<Output = ()> + use<G>> {
        let instance = &wanted.runnable.instance;
        let rests = |state, why: &str| self.board.rests(deployment, &wanted.name, instance, state, why);
        let secrets = match &wanted.secrets {
            Ok(secrets) => secrets.clone(),
            Err(why) => {
                rests(State::Failed, why);
                return None;
            }
        };
        if !wanted.runnable.restart && self.once.is_done(deployment, &wanted.name, &wanted.digest) {
            rests(State::Done, "");
            return None;
        }
        let entry = self.board.entry(deployment, &wanted.name, instance);
        let done = self.once.mark(deployment, &wanted.name, &wanted.digest);
        let unit = self.ground.unit(deployment, &wanted, secrets);
        let name = wanted.name.clone();
        let (supervised, first) = Supervised::new(wanted, unit, entry, self.pace, done);
        running.insert(name, supervised);
        Some(first.map(drop))
    }

    async fn unmake(&self, deployment: &str, volumes: Volumes) -> Result<(), DriverError> {
        if !is_label(deployment) {
            return Ok(());
        }
        let running = self.running(deployment);
        let mut running = running.lock().await;
        join_all(std::mem::take(&mut *running).into_values().map(Supervised::stop)).await;
        self.ground.prune(deployment, &BTreeSet::new()).await?;
        self.ground.clear(deployment, volumes).await?;
        self.live.keep(deployment, |_| false)?;
        self.once.forget(deployment);
        self.board.forget(deployment, |_| false);
        Ok(())
    }

    async fn end(&self) {
        let all: Vec<_> = self.deployments.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for running in all {
            let running = std::mem::take(&mut *running.lock().await);
            if self.ground.outlives() {
                let mut running: Vec<_> = running.into_values().collect();
                join_all(running.iter_mut().map(Supervised::leave)).await;
            } else {
                join_all(running.into_values().map(Supervised::stop)).await;
            }
        }
    }
}

impl<G: Ground> Driver for Runner<G> {
    fn platform(&self) -> Platform {
        self.ground.platform()
    }

    fn apply(&self, desired: Desired) -> BoxFuture<'_, Result<(), ApplyError>> {
        self.make(desired).boxed()
    }

    fn remove<'a>(&'a self, deployment: &'a str, volumes: Volumes) -> BoxFuture<'a, Result<(), DriverError>> {
        self.unmake(deployment, volumes).boxed()
    }

    fn inventory(&self) -> BoxFuture<'_, Result<BTreeSet<String>, DriverError>> {
        self.ground.inventory()
    }

    fn observe(&self, deployment: &str) -> Vec<WorkloadStatus> {
        self.board.of(deployment)
    }

    fn changed(&self) -> watch::Receiver<u64> {
        self.board.changed()
    }

    fn logs<'a>(
        &'a self,
        deployment: &'a str,
        name: &'a str,
        lines: usize,
    ) -> BoxFuture<'a, Result<Vec<LogLine>, DriverError>> {
        if is_label(deployment) && is_label(name) {
            self.ground.logs(deployment, name, lines)
        } else {
            async { Ok(Vec::new()) }.boxed()
        }
    }

    fn bind_host<'a>(&'a self, deployment: &'a str, scope: Scope) -> BoxFuture<'a, Result<IpAddr, DriverError>> {
        self.ground.bind_host(deployment, scope)
    }

    fn shutdown(&self) -> BoxFuture<'_, ()> {
        self.end().boxed()
    }
}
