//! A private PostgreSQL: for installations of one controller that bring no database of their own.
//!
//! `DIR` holds `data` (the cluster), `socket`, `server.log` and `lock`. The server listens on its socket only, which
//! nobody but its own user and root can reach. When the controller runs as root, the server is a child with an
//! unprivileged user; where that user cannot enter `DIR` (inside root's home, say), cluster and socket live in
//! `/var/lib/skx`, and `DIR/location` says where.
//!
//! The server ends with the controller. One that a killed controller left behind is stopped at the next start, and
//! one that dies by itself is started again; recovery after a crash is PostgreSQL's own.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use sqlx::{Connection as _, PgConnection};
use tokio::{sync::oneshot, task::JoinHandle};

use self::{
    binaries::Binaries,
    directory::{Directory, Lock},
    postmaster::{Ended, Postmaster},
};

mod binaries;
mod directory;
mod postmaster;

/// The database within the server.
const DATABASE: &str = "skx";

/// Waits between attempts to bring back a server that died.
const BACKOFF: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// Why a private PostgreSQL did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrivateError {
    /// There is no server on this machine.
    #[error(
        "PostgreSQL's server programs (initdb, postgres) are not on this machine; looked in {}; install them with: {install}; \
         or give --database-url",
        list(looked_in)
    )]
    Missing {
        /// The directories that were looked in.
        looked_in: Vec<PathBuf>,
        /// The command that installs them here.
        install: String,
    },
    /// The cluster was made by another major version than any on this machine.
    #[error(
        "the database in {} was made by PostgreSQL {cluster}, but this machine has {}; install PostgreSQL {cluster}, or \
         move the database with pg_upgrade", directory.display(), found.join(", ")
    )]
    VersionDiffers {
        /// Where the cluster is.
        directory: PathBuf,
        /// Its major version.
        cluster: String,
        /// The versions that are here.
        found: Vec<String>,
    },
    /// Another controller runs on the directory.
    #[error(
        "{} is in use by another controller{}; stop that one, or choose another data directory", directory.display(),
        process.map(|pid| format!(" (process {pid})")).unwrap_or_default()
    )]
    InUse {
        /// The directory.
        directory: PathBuf,
        /// The other controller's process, if it said.
        process: Option<u32>,
    },
    /// The directory holds something else than a cluster.
    #[error("{} is not a database directory: it has no PG_VERSION", .0.display())]
    NotACluster(PathBuf),
    /// The cluster that `location` names is gone.
    #[error("the database was in {}, as {} says, and is there no more; restore it, or remove that file to begin with an \
             empty one", cluster.display(), location.display())]
    Gone {
        /// Where the cluster was.
        cluster: PathBuf,
        /// The file that says so.
        location: PathBuf,
    },
    /// The cluster belongs to another user.
    #[error("the database in {} belongs to user {owner}; run the controller as that user or as root", directory.display())]
    Owner {
        /// Where the cluster is.
        directory: PathBuf,
        /// The user's number.
        owner: u32,
    },
    /// Started as root, and the server's user cannot enter the cluster's directory.
    #[error("the unprivileged user of the private PostgreSQL cannot enter {}; let it pass (chmod o+x) the directories above, \
             or move the data directory", .0.display())]
    Unreachable(PathBuf),
    /// Started as root, and there is no other user to run the server as.
    #[error("PostgreSQL does not run as root, and there is no user skx, postgres or nobody to run it as")]
    NoUser,
    /// A file or directory could not be read or written.
    #[error("{what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A program ended with an error.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote.
        output: String,
    },
    /// The server runs, but its database could not be made.
    #[error("making the database")]
    Database(#[source] sqlx::Error),
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

impl PrivateError {
    fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}

/// A running private PostgreSQL. Stop it with [`PrivateServer::stop`]; dropped, it is told to stop and not waited for.
#[derive(Debug)]
pub struct PrivateServer {
    url: String,
    stop: oneshot::Sender<()>,
    supervisor: JoinHandle<()>,
    // Held until the server has stopped.
    _lock: Lock,
}

impl PrivateServer {
    /// Starts the server of `dir`, which is made if it is missing, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Each [`PrivateError`] says what is wrong and what to do.
    pub async fn start(dir: &Path) -> Result<Self, PrivateError> {
        let started = Self::start_until(dir, std::future::pending()).await?;
        Ok(started.expect("what waits for ever does not come first"))
    }

    /// The same, unless `shutdown` comes first: recovery after a crash may take long. Then nothing runs any more when
    /// this returns, and there is no server.
    ///
    /// # Errors
    ///
    /// As [`PrivateServer::start`].
    pub async fn start_until(dir: &Path, shutdown: impl Future<Output = ()>) -> Result<Option<Self>, PrivateError> {
        let found = binaries::find()?;
        let lock = Lock::take(dir)?;
        let directory = Directory::prepare(dir, &found)?;
        let (postmaster, binaries) = tokio::select! {
            up = bring_up(&found, &directory) => up?,
            () = shutdown => {
                abandon(&directory).await;
                return Ok(None);
            }
        };
        let url = directory.url(DATABASE);
        tracing::info!(
            directory = %directory.data().display(),
            version = binaries.version,
            "the private PostgreSQL accepts connections"
        );
        let (stop, stopped) = oneshot::channel();
        let supervisor = tokio::spawn(supervise(postmaster, binaries, directory, stopped));
        Ok(Some(Self { url, stop, supervisor, _lock: lock }))
    }

    /// Whether there is a database in `dir`.
    pub fn exists(dir: &Path) -> bool {
        dir.join("data").exists() || dir.join("location").exists()
    }

    /// Where the database of `dir` is, whose server another process has started: `postgres://…`.
    ///
    /// # Errors
    ///
    /// When the directory cannot be read.
    pub fn url_of_running(dir: &Path) -> Result<String, PrivateError> {
        Ok(Directory::of_running(dir)?.url(DATABASE))
    }

    /// Where its database is: `postgres://…`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server, and waits until it has stopped. Clients are disconnected; nothing committed is lost.
    pub async fn stop(self) {
        // Both fail only when the supervisor has ended already.
        let _ = self.stop.send(());
        let _ = self.supervisor.await;
    }
}

/// From whatever there is in the directory to a server with its database.
async fn bring_up(found: &[Binaries], directory: &Directory) -> Result<(Postmaster, Binaries), PrivateError> {
    postmaster::stop_orphan(&directory.data()).await?;
    let binaries = match directory.version()? {
        Some(version) => binaries::matching(found, &version, &directory.data())?,
        None => {
            let binaries = binaries::newest(found);
            directory.initialise(binaries).await?;
            binaries
        }
    }
    .clone();
    let postmaster = Postmaster::start(&binaries, directory).await?;
    create_database(directory).await?;
    Ok((postmaster, binaries))
}

/// Makes the database, at the first start.
async fn create_database(directory: &Directory) -> Result<(), PrivateError> {
    let work = async {
        let mut db = PgConnection::connect(&directory.url("postgres")).await?;
        let known: Option<i32> =
            sqlx::query_scalar("SELECT 1 FROM pg_database WHERE datname = 'skx'").fetch_optional(&mut db).await?;
        if known.is_none() {
            sqlx::raw_sql("CREATE DATABASE skx").execute(&mut db).await?;
        }
        db.close().await
    };
    work.await.map_err(PrivateError::Database)
}

/// Keeps the server running until it is to stop.
async fn supervise(
    mut postmaster: Postmaster,
    binaries: Binaries,
    directory: Directory,
    mut stop: oneshot::Receiver<()>,
) {
    loop {
        match postmaster.ended(&mut stop).await {
            Ended::Asked => {
                postmaster.stop().await;
                directory.remove_socket_directory();
                tracing::info!("the private PostgreSQL has stopped");
                return;
            }
            Ended::Died(status) => {
                tracing::error!(%status, log = directory.log_end(), "the private PostgreSQL has died; starting it again");
            }
        }
        let mut attempt = 0;
        postmaster = loop {
            let restart = async {
                postmaster::stop_orphan(&directory.data()).await?;
                Postmaster::start(&binaries, &directory).await
            };
            let result = tokio::select! {
                result = restart => result,
                _ = &mut stop => return abandon(&directory).await,
            };
            match result {
                Ok(postmaster) => break postmaster,
                Err(error) => tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the private PostgreSQL does not start; trying again"
                ),
            }
            tokio::select! {
                () = tokio::time::sleep(BACKOFF[attempt.min(BACKOFF.len() - 1)]) => attempt += 1,
                _ = &mut stop => return abandon(&directory).await,
            }
        };
        tracing::info!("the private PostgreSQL accepts connections again");
    }
}

/// Ends a start that is no longer wanted.
async fn abandon(directory: &Directory) {
    if let Err(error) = postmaster::stop_orphan(&directory.data()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "the private PostgreSQL may still run");
    }
    directory.remove_socket_directory();
}
