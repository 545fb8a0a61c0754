//! Workloads as services of systemd, by its D-Bus API.
//!
//! What is ours is known by a section of its own in a unit's file, and by that alone: the site, the deployment, and a digest of
//! what the unit was made of.

mod bus;
mod journal;
mod service;
mod unit_file;
mod units;

use std::{
    collections::BTreeSet,
    fs,
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use compose::{model::Platform, render::Scope};
use futures_util::{FutureExt as _, future::BoxFuture};
use jiff::Timestamp;
use model::Clock;

use self::{journal::Journal, service::Service, unit_file::Mark, units::Units};
use crate::{
    DriverError, LogLine, Options, Volumes,
    live::LiveFiles,
    process::{self, place::Place},
    runner::Ground,
    supervise::Unit,
    wanted::{Secrets, Wanted},
};

/// Services of systemd.
#[derive(Debug)]
pub(crate) struct Services {
    units: Arc<Units>,
    place: Place,
    live: LiveFiles,
    journal: Journal,
    clock: Arc<dyn Clock>,
}

impl Services {
    /// Begins. What an earlier owner left running goes on.
    pub(crate) async fn open(options: &Options) -> Result<Self, DriverError> {
        let dir = fs::canonicalize(&options.dir).map_err(|error| process::failed(&options.dir, error))?;
        let units = Arc::new(Units::open(options).await?);
        let journal = Journal { dir: options.journal.clone(), of_user: units.of_user() };
        Ok(Self { units, place: Place::new(&dir), live: LiveFiles::new(&dir), journal, clock: options.clock.clone() })
    }

    /// The file that is there since the workload is: what is said before is another one's.
    fn since(&self, deployment: &str, name: &str) -> PathBuf {
        self.place.workload(deployment, name).join("since")
    }

    async fn reduce(&self, deployment: &str, keep: &BTreeSet<String>) -> Result<(), DriverError> {
        let gone = |mark: &Mark| mark.deployment == deployment && !keep.contains(&mark.workload);
        let owned = self.units.owned()?;
        let units: Vec<&str> = owned.iter().filter(|(_, mark)| gone(mark)).map(|(unit, _)| unit.as_str()).collect();
        self.units.remove(&units).await.map_err(DriverError::plain)?;
        self.place.prune(deployment, keep)
    }
}

impl Ground for Services {
    fn platform(&self) -> Platform {
        Platform::Systemd
    }

    fn kind(&self) -> &'static str {
        "service"
    }

    fn outlives(&self) -> bool {
        true
    }

    fn prepare<'a>(&'a self, deployment: &'a str) -> BoxFuture<'a, Result<(), DriverError>> {
        async move { self.place.prepare(deployment) }.boxed()
    }

    fn unit(&self, deployment: &str, wanted: &Wanted, secrets: Secrets) -> Arc<dyn Unit> {
        Arc::new(Service {
            units: self.units.clone(),
            unit: self.units.name(deployment, &wanted.name),
            mark: Mark {
                site: self.units.site.clone(),
                deployment: deployment.to_owned(),
                workload: wanted.name.clone(),
                digest: wanted.digest.clone(),
            },
            program: self.place.program(deployment, wanted, secrets, &self.live),
            place: self.place.clone(),
            since: self.since(deployment, &wanted.name),
            clock: self.clock.clone(),
            seen: Mutex::default(),
        })
    }

    fn prune<'a>(&'a self, deployment: &'a str, keep: &'a BTreeSet<String>) -> BoxFuture<'a, Result<(), DriverError>> {
        self.reduce(deployment, keep).boxed()
    }

    fn clear<'a>(&'a self, deployment: &'a str, volumes: Volumes) -> BoxFuture<'a, Result<(), DriverError>> {
        async move { self.place.clear(deployment, volumes) }.boxed()
    }

    fn inventory(&self) -> BoxFuture<'_, Result<BTreeSet<String>, DriverError>> {
        async {
            let mut all = self.place.inventory()?;
            all.extend(self.units.owned()?.into_iter().map(|(_, mark)| mark.deployment));
            Ok(all)
        }
        .boxed()
    }

    fn logs<'a>(
        &'a self,
        deployment: &'a str,
        name: &'a str,
        lines: usize,
    ) -> BoxFuture<'a, Result<Vec<LogLine>, DriverError>> {
        async move {
            let since =
                fs::read_to_string(self.since(deployment, name)).ok().and_then(|it| it.parse::<Timestamp>().ok());
            // The journal remembers also what is not here any more.
            let Some(since) = since else { return Ok(Vec::new()) };
            self.journal.last(&self.units.name(deployment, name), since, lines).await
        }
        .boxed()
    }

    fn bind_host<'a>(&'a self, _: &'a str, scope: Scope) -> BoxFuture<'a, Result<IpAddr, DriverError>> {
        async move { Ok(process::host(scope)) }.boxed()
    }
}
