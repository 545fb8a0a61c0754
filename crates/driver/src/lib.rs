//! How a site runs what its deployments ask for.
//!
//! [`Driver`] is the port; [`open`] gives the one for a platform. All of them pass the same conformance tests
//! (`tests/conformance.rs`).

mod backoff;
mod board;
mod container;
mod key;
mod live;
mod look;
mod once;
mod probe;
mod process;
mod runner;
mod status;
mod supervise;
mod systemd;
mod wanted;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt::Debug,
    net::IpAddr,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use compose::{
    model::Platform,
    render::{Check, Object, Scope},
};
use data_encoding::HEXLOWER;
use futures_util::future::BoxFuture;
use model::{Clock, secret::SecretText};
use ring::digest::{SHA256, digest};
use tokio::sync::watch;

use self::{container::Containers, process::Processes, runner::Runner, systemd::Services};

pub use status::{LogLine, State, WorkloadStatus};

/// What a site runs of a deployment.
#[derive(Clone, Debug)]
pub struct Desired {
    /// The deployment's name.
    pub deployment: String,
    /// What the platform is given.
    pub objects: Vec<Object>,
    /// How health is told.
    pub checks: Vec<Check>,
    /// The values of secrets, by the secret and the value's key. A workload whose secret is not among them waits for it.
    pub secrets: BTreeMap<String, BTreeMap<String, SecretText>>,
    /// What workloads that ask for it are told while they run, by their names: the text of a file that `SKX_ADDRESSES` names to
    /// them. Another text reaches them at once, and starts nothing anew.
    pub live: BTreeMap<String, String>,
}

/// What becomes of the volumes of what is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volumes {
    /// They stay, and are found again by what is called the same.
    Keep,
    /// They are deleted.
    Delete,
}

/// What runs workloads, whatever that is.
pub trait Driver: Send + Sync + Debug {
    /// What it is for.
    fn platform(&self) -> Platform;

    /// Makes what runs of the deployment exactly what is desired. The same again changes nothing; only what is different is
    /// started anew, and what is not desired any more is removed, with its volumes kept. What belongs to others is not
    /// touched. A workload that cannot be run is [observed](Self::observe) as failed; the others run.
    ///
    /// It returns when everything was started, which may take as long as images take to be fetched; it does not wait until
    /// anything is ready.
    fn apply(&self, desired: Desired) -> BoxFuture<'_, Result<(), ApplyError>>;

    /// Stops and removes everything of a deployment. That there is nothing of it is no error.
    fn remove<'a>(&'a self, deployment: &'a str, volumes: Volumes) -> BoxFuture<'a, Result<(), DriverError>>;

    /// The deployments of which something is here, whoever applied it. Volumes that were kept are nothing.
    fn inventory(&self) -> BoxFuture<'_, Result<BTreeSet<String>, DriverError>>;

    /// How every workload of a deployment is, as far as is known now.
    fn observe(&self, deployment: &str) -> Vec<WorkloadStatus>;

    /// Changes whenever an observation does.
    fn changed(&self) -> watch::Receiver<u64>;

    /// The last lines of what a workload said, the oldest first. Nothing is known of one that is not there.
    fn logs<'a>(
        &'a self,
        deployment: &'a str,
        name: &'a str,
        lines: usize,
    ) -> BoxFuture<'a, Result<Vec<LogLine>, DriverError>>;

    /// The address at which the site must listen so that workloads of the deployment reach a listener whose rendered host is
    /// a name and no address.
    fn bind_host<'a>(&'a self, deployment: &'a str, scope: Scope) -> BoxFuture<'a, Result<IpAddr, DriverError>>;

    /// Ends. Processes are stopped; containers and services go on running, and are found again at the next start.
    fn shutdown(&self) -> BoxFuture<'_, ()>;
}

/// What a driver is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its own directory, which nobody else writes to. It is made if it is not there.
    pub dir: PathBuf,
    /// The site's id: what the driver owns is marked with it.
    pub site: String,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Where the API of Podman or Docker is, or the bus of systemd. Where it usually is, if nothing is said.
    pub socket: Option<PathBuf>,
    /// Where systemd finds the units that people make. Where it usually does, if nothing is said.
    pub units: Option<PathBuf>,
    /// Where systemd's journal is. Where it usually is, if nothing is said.
    pub journal: Option<PathBuf>,
    /// How quickly things are done.
    pub pace: Pace,
}

impl Options {
    /// The options that need no thought.
    pub fn new(dir: impl Into<PathBuf>, site: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        Self {
            dir: dir.into(),
            site: site.into(),
            clock,
            socket: None,
            units: None,
            journal: None,
            pace: Pace::default(),
        }
    }
}

/// How quickly things are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The pause before the first restart; each one after it is twice as long.
    pub first_pause: Duration,
    /// The longest pause before a restart.
    pub longest_pause: Duration,
    /// How long a workload has to run until its pauses begin anew.
    pub well: Duration,
    /// How long a workload has to run until it is taken for ready, where no check tells.
    pub steady: Duration,
    /// How long a workload has to stop by itself.
    pub grace: Duration,
    /// How often a driver looks whether somebody changed what it owns, where it is not told.
    pub look: Duration,
    /// How large a file of what a process says may become. There are two of them.
    pub log_bytes: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            well: Duration::from_secs(60),
            steady: Duration::from_secs(5),
            grace: Duration::from_secs(10),
            look: Duration::from_secs(10),
            log_bytes: 1 << 20,
        }
    }
}

/// Why a deployment could not be applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// It is not in order: the same will not be applied later either.
    #[error("{0}")]
    Invalid(String),
    /// The platform could not do it.
    #[error(transparent)]
    Failed(#[from] DriverError),
}

/// What a platform could not do, and why.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct DriverError {
    what: String,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl DriverError {
    pub(crate) fn new(what: impl Into<String>, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: what.into(), source: Some(source.into()) }
    }

    pub(crate) fn plain(what: impl Into<String>) -> Self {
        Self { what: what.into(), source: None }
    }
}

/// What runs containers here: Podman or Docker, if its API answers. Programs of this machine itself are run only where that is
/// asked for.
pub async fn detect(options: &Options) -> Option<Platform> {
    container::detect(options).await
}

/// Opens the driver for a platform. What an earlier owner of the same directory left running is found again when its
/// deployment is applied, or ended, if it cannot be.
pub async fn open(platform: Platform, options: Options) -> Result<Arc<dyn Driver>, DriverError> {
    let key = key::of(&options.dir).map_err(|error| DriverError::new(options.dir.display().to_string(), error))?;
    Ok(match platform {
        Platform::Process => Arc::new(Runner::new(Processes::open(&options).await?, &options, key)),
        Platform::Podman | Platform::Docker => {
            Arc::new(Runner::new(Containers::open(platform, &options).await?, &options, key))
        }
        Platform::Systemd => Arc::new(Runner::new(Services::open(&options).await?, &options, key)),
        Platform::Kubernetes => return Err(DriverError::plain("there is no driver for kubernetes")),
    })
}

/// What the names begin with of what a site owns, where several sites may share what runs it.
pub(crate) fn owner_prefix(site: &str) -> String {
    let hash = HEXLOWER.encode(digest(&SHA256, site.as_bytes()).as_ref());
    format!("skx-{}", &hash[..12])
}
