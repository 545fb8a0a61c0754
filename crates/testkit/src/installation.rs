//! A whole installation in a temporary directory: real controller, real sites, ports of its own.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::{
    netns::Host,
    process::{Process, eventually},
    skx::Cli,
};

/// A controller with its private PostgreSQL, or on one that a test brings, and the command line that talks to it.
#[derive(Debug)]
pub struct Installation {
    /// The controller's process.
    pub controller: Process,
    /// The administrator's command line.
    pub cli: Cli,
    server: SocketAddr,
    host: Option<Host>,
    /// What every controller of it is started with.
    options: Vec<String>,
    dir: TempDir,
}

/// Another controller of an installation.
#[derive(Debug)]
pub struct Replica {
    /// Its process.
    pub process: Process,
    /// The command line that talks to it.
    pub cli: Cli,
    dir: PathBuf,
    server: SocketAddr,
    options: Vec<String>,
}

impl Installation {
    /// Starts a controller on this machine and makes a development root.
    pub async fn start() -> Result<Self> {
        Self::start_in(&std::env::temp_dir()).await
    }

    /// Starts a controller on a host of a laboratory and makes a development root.
    pub async fn start_on(host: &Host) -> Result<Self> {
        let installation = Self::without_root(SocketAddr::from(([127, 0, 0, 1], 8443)), Some(host)).await?;
        installation.cli.ok(&["ca", "init", "--development"]).await?;
        Ok(installation)
    }

    /// The same, with everything below a directory of the test's.
    pub async fn start_in(parent: &Path) -> Result<Self> {
        let installation = Self::begin(directory(parent)?, free_address()?, None, Vec::new()).await?;
        installation.cli.ok(&["ca", "init", "--development"]).await?;
        Ok(installation)
    }

    /// Starts a controller that has no root certificate yet.
    pub async fn without_root(server: SocketAddr, host: Option<&Host>) -> Result<Self> {
        Self::begin(directory(&std::env::temp_dir())?, server, host, Vec::new()).await
    }

    /// Starts a controller on the database at this URL, and makes a development root.
    pub async fn over(database: &str) -> Result<Self> {
        Self::over_with(database, &[]).await
    }

    /// The same, with further options for every controller of it.
    pub async fn over_with(database: &str, options: &[&str]) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("skx-").tempdir()?;
        let options = [&["--database-url", database][..], options].concat().into_iter().map(str::to_owned).collect();
        let installation = Self::begin(dir, free_address()?, None, options).await?;
        installation.cli.ok(&["ca", "init", "--development"]).await?;
        Ok(installation)
    }

    async fn begin(dir: TempDir, server: SocketAddr, host: Option<&Host>, options: Vec<String>) -> Result<Self> {
        let controller = spawn_controller(&dir.path().join("controller"), server, host, &options)?;
        let mut installation = Self { controller, cli: Cli::default(), server, host: host.cloned(), options, dir };
        installation.ready().await?;
        Ok(installation)
    }

    /// Starts another controller beside the first, with a directory `name` of its own. Only for an installation that is
    /// [`over`](Self::over) a database of the test's.
    pub async fn replica(&self, name: &str) -> Result<Replica> {
        let kek = text(&self.controller_dir().join("kek"))?;
        let options = [self.options.clone(), vec!["--key-file".to_owned(), kek]].concat();
        let (dir, server) = (self.dir.path().join(name), free_address()?);
        let mut process = spawn_controller(&dir, server, None, &options)?;
        let cli = ready(&mut process, &dir, server, None).await?;
        Ok(Replica { process, cli, dir, server, options })
    }

    /// Starts the controller again, after a test has ended it.
    pub async fn restart(&mut self) -> Result<()> {
        self.restart_with(&[]).await
    }

    /// Starts the controller again, with further options.
    pub async fn restart_with(&mut self, options: &[&str]) -> Result<()> {
        let options = [self.options.clone(), options.iter().map(|it| (*it).to_owned()).collect()].concat();
        self.controller = spawn_controller(&self.controller_dir(), self.server, self.host.as_ref(), &options)?;
        self.ready().await
    }

    async fn ready(&mut self) -> Result<()> {
        let dir = self.controller_dir();
        self.cli = ready(&mut self.controller, &dir, self.server, self.host.as_ref()).await?;
        Ok(())
    }

    /// The installation's directory; gone when the fixture is dropped.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The controller's data directory.
    pub fn controller_dir(&self) -> PathBuf {
        self.dir.path().join("controller")
    }

    /// The data directory of a site with this name.
    pub fn site_dir(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Fetches the bundle of backbone site `BACKBONE/SITE` and starts it in the foreground of a process.
    pub async fn start_backbone_site(&self, site: &str, host: Option<&Host>) -> Result<Process> {
        let name = site.split('/').next_back().context("a site is named BACKBONE/SITE")?;
        let bundle = text(&self.dir.path().join(format!("{name}.bundle")))?;
        self.cli.ok(&["backbone", "site", "bundle", site, "--output", &bundle]).await?;
        self.join(&bundle, name, &[], host)
    }

    /// Makes an invitation `NETWORK/NAME` with `options` and gives the file it was written to.
    pub async fn invitation(&self, invitation: &str, options: &[&str]) -> Result<String> {
        let file = text(&self.dir.path().join(format!("{}.invitation", invitation.replace('/', "-"))))?;
        self.cli.ok(&[&["invitation", "create", invitation], options].concat()).await?;
        self.cli.ok(&["invitation", "get", invitation, "--format", "linux", "--output", &file]).await?;
        Ok(file)
    }

    /// Applies a ticket with `options` in a process of its own, with the data directory `dir`.
    pub fn join(&self, ticket: &str, dir: &str, options: &[&str], host: Option<&Host>) -> Result<Process> {
        let data_dir = text(&self.site_dir(dir))?;
        let args = [&["join", ticket, "--data-dir", &data_dir], options].concat();
        // A site knows nothing of the management API.
        let cli = Cli { env: Vec::new(), host: host.cloned() };
        cli.spawn(dir, &args)
    }

    /// A command line for the sites' own commands, on `host`.
    pub fn site_cli(&self, host: Option<&Host>) -> Cli {
        Cli { env: Vec::new(), host: host.cloned() }
    }
}

impl Replica {
    /// Starts it again on what it left, after a test has ended it.
    pub async fn restart(&mut self) -> Result<()> {
        self.process = spawn_controller(&self.dir, self.server, None, &self.options)?;
        self.cli = ready(&mut self.process, &self.dir, self.server, None).await?;
        Ok(())
    }

    /// Its data directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// A directory for an installation with a private PostgreSQL: that drops root's rights, and must still reach its own below.
fn directory(parent: &Path) -> Result<TempDir> {
    let permissions = std::fs::Permissions::from_mode(0o711);
    Ok(tempfile::Builder::new().prefix("skx-").permissions(permissions).tempdir_in(parent)?)
}

fn spawn_controller(dir: &Path, server: SocketAddr, host: Option<&Host>, options: &[String]) -> Result<Process> {
    let cli = Cli { env: Vec::new(), host: host.cloned() };
    let (dir, server) = (text(dir)?, server.to_string());
    let args = ["controller", "--data-dir", &dir, "--listen", &server].into_iter();
    cli.spawn("controller", &args.chain(options.iter().map(String::as_str)).collect::<Vec<_>>())
}

/// Waits until a controller answers, and gives the command line that talks to it.
async fn ready(controller: &mut Process, dir: &Path, server: SocketAddr, host: Option<&Host>) -> Result<Cli> {
    let server = format!("https://{server}");
    eventually("the controller answers", async || {
        if !controller.is_running() {
            return Some(Err(anyhow::anyhow!("the controller ended: {:#?}", controller.lines())));
        }
        let mut cli = Cli::for_controller(dir, &server).ok()?;
        cli.host = host.cloned();
        cli.ok(&["whoami"]).await.ok().map(|_| Ok(cli))
    })
    .await?
}

/// Where ports begin that no kernel gives to somebody who asks for any: Linux takes those from 32768 on.
const PORTS: (u32, u32) = (10_240, 22_000);

/// A loopback address with a port that is free, and stays so until it is used, however late or often that is: nobody gets
/// it who asks the kernel for any port, and no address is given twice by one process.
pub fn free_address() -> Result<SocketAddr> {
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, free_ports(1)?)))
}

/// The first of `count` ports beside each other that are free on the loopback, as [`free_address`] has it. They are given as
/// one, whoever else asks meanwhile.
pub fn free_ports(count: u16) -> Result<u16> {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let (begin, ports) = PORTS;
    for _ in 0..ports {
        // Processes that run at the same time begin far from each other.
        let given = GIVEN.fetch_add(count.into(), Ordering::Relaxed);
        let first =
            u16::try_from(begin + process::id().wrapping_mul(101).wrapping_add(given) % ports).context("a port")?;
        let free = (0..count).all(|n| TcpListener::bind((Ipv4Addr::LOCALHOST, first + n)).is_ok());
        if free {
            return Ok(first);
        }
    }
    bail!("no {count} ports beside each other are free from {begin} on")
}

/// A path as text, for command lines.
pub fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("temporary paths are UTF-8")?.to_owned())
}
