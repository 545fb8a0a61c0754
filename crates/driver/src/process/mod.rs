//! Workloads as child processes of the site.

mod child;
mod log;
mod orphans;
pub(crate) mod place;
mod processors;
pub(crate) mod program;

use std::{
    collections::BTreeSet,
    fs, io,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use compose::{model::Platform, render::Scope};
use data_encoding::HEXLOWER;
use futures_util::{FutureExt as _, future::BoxFuture};
use model::Clock;
use ring::digest::{SHA256, digest};

use self::{child::Process, log::Log, place::Place};
use crate::{
    DriverError, LogLine, Options, Volumes,
    live::LiveFiles,
    runner::Ground,
    supervise::Unit,
    wanted::{Secrets, Wanted},
};

/// Child processes of the site.
#[derive(Debug)]
pub(crate) struct Processes {
    owner: Arc<str>,
    place: Place,
    live: LiveFiles,
    clock: Arc<dyn Clock>,
    grace: Duration,
    log_bytes: u64,
}

impl Processes {
    /// Begins, after what an earlier owner of the directory left running has ended.
    pub(crate) async fn open(options: &Options) -> Result<Self, DriverError> {
        let dir = fs::canonicalize(&options.dir).map_err(|error| failed(&options.dir, error))?;
        let mark = format!("{} {}", options.site, dir.display());
        let owner: Arc<str> = HEXLOWER.encode(digest(&SHA256, mark.as_bytes()).as_ref()).into();
        orphans::end(&owner, None, options.pace.grace).await;
        let clock = options.clock.clone();
        let (grace, log_bytes) = (options.pace.grace, options.pace.log_bytes);
        let live = LiveFiles::new(&dir);
        Ok(Self { owner, place: Place::new(&dir), live, clock, grace, log_bytes })
    }
}

pub(crate) fn failed(path: &Path, error: io::Error) -> DriverError {
    DriverError::new(path.display().to_string(), error)
}

/// The names of what is in a directory. One that is not there has nothing in it.
pub(crate) fn names(dir: &Path) -> Result<BTreeSet<String>, DriverError> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        entries => entries.map_err(|error| failed(dir, error))?,
    };
    Ok(entries.flatten().filter_map(|it| it.file_name().into_string().ok()).collect())
}

pub(crate) fn delete(dir: &Path) -> Result<(), DriverError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(dir, error)),
        _ => Ok(()),
    }
}

/// Where programs of this machine are reached by whom a listener is for.
pub(crate) fn host(scope: Scope) -> IpAddr {
    let host = if scope == Scope::Outside { Ipv4Addr::UNSPECIFIED } else { Ipv4Addr::LOCALHOST };
    host.into()
}

impl Ground for Processes {
    fn platform(&self) -> Platform {
        Platform::Process
    }

    fn kind(&self) -> &'static str {
        "process"
    }

    fn outlives(&self) -> bool {
        false
    }

    fn prepare<'a>(&'a self, deployment: &'a str) -> BoxFuture<'a, Result<(), DriverError>> {
        async move { self.place.prepare(deployment) }.boxed()
    }

    fn unit(&self, deployment: &str, wanted: &Wanted, secrets: Secrets) -> Arc<dyn Unit> {
        let dir = self.place.workload(deployment, &wanted.name);
        Arc::new(Process {
            owner: self.owner.clone(),
            program: self.place.program(deployment, wanted, secrets, &self.live),
            place: self.place.clone(),
            log: Arc::new(Log::new(&dir, self.log_bytes, self.clock.clone())),
            grace: self.grace,
            child: tokio::sync::Mutex::default(),
            scribes: tokio::sync::Mutex::default(),
        })
    }

    fn prune<'a>(&'a self, deployment: &'a str, keep: &'a BTreeSet<String>) -> BoxFuture<'a, Result<(), DriverError>> {
        // What ran of it ended with its supervision, or as an orphan.
        async move { self.place.prune(deployment, keep) }.boxed()
    }

    fn clear<'a>(&'a self, deployment: &'a str, volumes: Volumes) -> BoxFuture<'a, Result<(), DriverError>> {
        async move { self.place.clear(deployment, volumes) }.boxed()
    }

    fn inventory(&self) -> BoxFuture<'_, Result<BTreeSet<String>, DriverError>> {
        async { self.place.inventory() }.boxed()
    }

    fn logs<'a>(
        &'a self,
        deployment: &'a str,
        name: &'a str,
        lines: usize,
    ) -> BoxFuture<'a, Result<Vec<LogLine>, DriverError>> {
        let dir = self.place.workload(deployment, name);
        async move { log::last(&dir, lines).map_err(|error| failed(&dir, error)) }.boxed()
    }

    fn bind_host<'a>(&'a self, _: &'a str, scope: Scope) -> BoxFuture<'a, Result<IpAddr, DriverError>> {
        async move { Ok(host(scope)) }.boxed()
    }
}
