//! The commands for the site on this machine.

mod client;
mod deployments;
mod install;
pub(crate) mod runs;
mod show;
mod socket;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use api::local::{AddressStatus, Leave, Left, SiteStatus, Told, VolumesAfter};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use site::{
    progress::Watcher,
    state::{DataDir, StateError, StoredSite},
    status,
};

use crate::{
    commands::{
        join::{self, LocalListen, Traces, lock, unusable_state},
        proxy::ProxyArgs,
    },
    confirm::Consent,
    failure::{Code, Failure},
    output::Output,
};

use self::{
    client::LocalClient,
    runs::RunsArgs,
    socket::{ConnectorCommand, ListenerCommand},
};

/// How long a site that leaves may take to end: what is deployed there is stopped first.
const LEAVING: Duration = Duration::from_secs(120);

/// `skx site …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Site {
    /// Runs the site from what it stored last.
    #[command(
        after_help = "Example:\n  skx site run --data-dir /var/lib/skx/site\n  skx site run --proxy http://proxy.example.com:3128\n  skx site run --run podman"
    )]
    Run(Run),
    /// Shows how the site stands; exits with 0 when all is well. Works whether or not the site runs.
    #[command(after_help = "Example:\n  skx site status -o json")]
    Status(Dir),
    /// Lists the addresses in use at the site.
    #[command(after_help = "Example:\n  skx site addresses")]
    Addresses(Dir),
    /// Shows what is deployed at the site, and what would change there.
    #[command(after_help = "With a deployment, everything about it is shown, and what can be typed next.\n\n\
        Examples:\n  skx site changes\n  skx site changes shop")]
    Changes(deployments::Changes),
    /// Agrees to a change. What is agreed to is exactly what is shown: anything else that comes later is asked about again.
    #[command(
        after_help = "Examples:\n  skx site accept shop\n  skx site accept shop --without shop/monitor --yes\n  \
        skx site accept shop --with shop/monitor"
    )]
    Accept(deployments::AcceptArgs),
    /// Declines a change, or an optional part of a deployment. What is there already stays.
    #[command(after_help = "Examples:\n  skx site decline shop\n  skx site decline shop shop/monitor")]
    Decline(deployments::DeclineArgs),
    /// Fills in a field that a deployment leaves to this site.
    #[command(after_help = "Example:\n  skx site fill shop shop/till.currency=EUR")]
    Fill(deployments::FillArgs),
    /// Says when you are asked about changes (the invitation may ask for more, and this never for less), and who reads logs.
    #[command(
        after_help = "Nobody but you reads what workloads here say, unless you let the network's owner and its operators. It can \
        be taken back at any time.\n\n\
        Examples:\n  skx site consent updates\n  skx site consent --logs owner\n  skx site consent --logs participant"
    )]
    Consent(deployments::ConsentArgs),
    /// Shows what workloads said.
    #[command(after_help = "Examples:\n  skx site logs shop\n  skx site logs shop shop-till --lines 20")]
    Logs(deployments::LogsArgs),
    /// Shows where the site's local API is, and the token for it.
    #[command(after_help = "Example:\n  skx site console")]
    Console(Dir),
    /// Makes the site a service of this machine, which starts with it. Joins first, given an invitation or bundle.
    Install(install::Install),
    /// Takes the service off this machine. What the site stored stays.
    Uninstall(install::Uninstall),
    /// Leaves the network: stops the site and removes all it stored.
    #[command(after_help = "Example:\n  skx site leave --reason 'the stand is closed' --yes")]
    Leave(LeaveArgs),
    /// Local sockets whose connections enter the network.
    #[command(subcommand, after_help = "Example:\n  skx site listener add till.api 127.0.0.1:8080")]
    Listener(ListenerCommand),
    /// Where connections to an address leave the network.
    #[command(subcommand, after_help = "Example:\n  skx site connector add till.api 127.0.0.1:9090")]
    Connector(ConnectorCommand),
}

/// Which site.
#[derive(Args, Clone, Debug)]
pub(crate) struct Dir {
    /// The site's own directory; $XDG_STATE_HOME/skx/site for a person and /var/lib/skx/site for a service, unless given.
    #[arg(long, env = "SKX_SITE_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// `skx site run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    local: LocalListen,
    #[command(flatten)]
    proxy: ProxyArgs,
    #[command(flatten)]
    runs: RunsArgs,
    #[command(flatten)]
    traces: Traces,
}

/// `skx site leave`.
#[derive(Args, Debug)]
pub(crate) struct LeaveArgs {
    #[command(flatten)]
    dir: Dir,
    /// Why, for the network's owner.
    #[arg(long, default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    consent: Consent,
}

impl Site {
    /// Whether the command runs until it is told to end.
    pub(crate) fn is_service(&self) -> bool {
        matches!(self, Self::Run(_))
    }
}

impl Dir {
    /// The directory that was named, or the default one.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.data_dir.clone().unwrap_or_else(|| DataDir::default_path(|name| std::env::var_os(name)))
    }

    fn open(&self) -> DataDir {
        DataDir::new(self.data_dir())
    }
}

fn nothing(dir: &DataDir) -> Failure {
    Failure::new(Code::NotFound, format_args!("there is no site in {}", dir.path().display()))
        .how("join a network with skx join FILE, or name the site's directory with --data-dir")
}

pub(crate) async fn run(command: Site, output: Output) -> Result<(), Failure> {
    match command {
        Site::Run(Run { dir, local, proxy, runs, traces }) => {
            let dir = dir.open();
            // A mistyped directory is not to be made.
            if !dir.path().is_dir() {
                return Err(nothing(&dir));
            }
            let dir = lock(dir.path().to_owned())?;
            runs.settle(&dir)?;
            join::serve(dir, local, proxy, traces, Watcher::new(|progress| tracing::info!("{progress}"))).await
        }
        Site::Status(dir) => show_status(&dir.open(), output).await,
        Site::Addresses(dir) => {
            let addresses: Vec<AddressStatus> = LocalClient::running(&dir.open())?.list("/addresses").await?;
            output.list(&addresses)
        }
        Site::Changes(args) => deployments::changes(args, output).await,
        Site::Accept(args) => deployments::accept(args, output).await,
        Site::Decline(args) => deployments::decline(args, output).await,
        Site::Fill(args) => deployments::fill(args, output).await,
        Site::Consent(args) => deployments::consent(args, output).await,
        Site::Logs(args) => deployments::logs(args, output).await,
        Site::Console(dir) => console(&dir.open(), output),
        Site::Install(args) => install::install(args, output),
        Site::Uninstall(args) => install::uninstall(args, output),
        Site::Leave(args) => leave(args, output).await,
        Site::Listener(command) => socket::listener(command, output).await,
        Site::Connector(command) => socket::connector(command, output).await,
    }
}

async fn show_status(dir: &DataDir, output: Output) -> Result<(), Failure> {
    let status = current_status(dir).await?;
    output.object(&status)?;
    if status.healthy {
        Ok(())
    } else {
        let running = if status.running { "" } else { ", and does not run" };
        Err(Failure::failed(format_args!("not all is well: the site is {}{running}", status.state)))
    }
}

/// What a running site says of itself, else what it stored.
async fn current_status(dir: &DataDir) -> Result<SiteStatus, Failure> {
    let silent = match LocalClient::find(dir)? {
        Some(client) => match client.get::<SiteStatus>("/site").await {
            Ok(status) => return Ok(status),
            // It may just have ended, or begun: then what is stored says more.
            Err(failure) if failure.code() == Code::Unreachable => Some(failure.to_string()),
            Err(failure) => return Err(failure),
        },
        None => None,
    };
    let site = stored(dir)?;
    let now = Timestamp::now();
    if !dir.is_running() {
        return Ok(status::stored(&site, now));
    }
    let why = silent.unwrap_or_else(|| "it is starting, and does not answer yet".to_owned());
    Ok(status::unanswered(&site, &why, now))
}

/// What a site stored, whether or not it runs.
fn stored(dir: &DataDir) -> Result<StoredSite, Failure> {
    dir.site().map_err(unusable_state)?.ok_or_else(|| nothing(dir))
}

/// Waits until a site that leaves has ended and removed what it stored.
async fn gone(dir: &DataDir) -> Result<(), Failure> {
    let deadline = Instant::now() + LEAVING;
    loop {
        // A service manager may start it again at once; it finds nothing then.
        if !dir.is_running() || dir.site().is_ok_and(|site| site.is_none()) {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(Failure::failed("the site has left, but its process does not end"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[derive(Serialize)]
struct Console {
    url: String,
    token: String,
}

fn console(dir: &DataDir, output: Output) -> Result<(), Failure> {
    let client = LocalClient::running(dir)?;
    let console = Console { url: client.url().to_owned(), token: client.token().to_owned() };
    let sentence = format!(
        "local API: {url}\ntoken:     {token}\n\ncurl -H 'Authorization: Bearer {token}' {url}/site",
        url = console.url,
        token = console.token
    );
    output.done(&sentence, &console)
}

async fn leave(args: LeaveArgs, output: Output) -> Result<(), Failure> {
    let dir = args.dir.open();
    let site = match dir.site() {
        Ok(Some(site)) => Some(site),
        Ok(None) => return Err(nothing(&dir)),
        // Giving up is the way out of damage.
        Err(StateError::Damaged { .. }) => None,
        Err(error) => return Err(unusable_state(error)),
    };
    let who = match site.as_ref().and_then(|site| site.name().map(|name| (name, site.parent()))) {
        Some((name, parent)) => format!("site {name} of {parent}"),
        None => format!("the site in {}", dir.path().display()),
    };
    let volumes = match dir.local().ok().and_then(|local| local.volumes).unwrap_or_default() {
        VolumesAfter::Keep => "but for volumes of what is deployed",
        VolumesAfter::Delete => "and all that is in volumes of what is deployed",
    };
    let asked = format!("ends {who} and removes everything it stored in {}, {volumes}", dir.path().display());
    args.consent.ask(&asked)?;
    let left = match LocalClient::find(&dir)? {
        Some(client) => {
            let left: Left = client.post("/site/leave", &Leave { reason: args.reason }).await?;
            gone(&dir).await?;
            left
        }
        None => {
            site::leave_stopped(lock(dir.path().to_owned())?).await.map_err(unusable_state)?;
            Left { told: Told::No }
        }
    };
    let told = match left.told {
        Told::Yes => "its network was told",
        Told::No => {
            "its network could not be told, because no controller could note it: it stays in the network's list until it is evicted there"
        }
        Told::Unknown => {
            "whether its network knows is not known, because no controller has answered: if it is still in the network's list, it is to be evicted there"
        }
    };
    output.done(&format!("{who} has left; {told}"), &left)
}
