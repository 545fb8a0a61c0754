//! The server's process: started, awaited, stopped; and found when another controller left it behind.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{Connection as _, PgConnection};
use tokio::{
    process::Child,
    sync::oneshot,
    time::{Instant, sleep, timeout},
};

use super::{PrivateError, binaries::Binaries, directory::Directory};

/// How long the server gets for each way of stopping before the next, harder one.
const PATIENCE: [(Signal, Duration); 3] = [
    // Fast: disconnects clients, writes everything.
    (Signal::INT, Duration::from_secs(30)),
    // Immediate: leaves recovery to the next start.
    (Signal::QUIT, Duration::from_secs(10)),
    (Signal::KILL, Duration::from_secs(10)),
];

/// How often what cannot be awaited is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// A running server that is our child. Dropped, it is told to stop.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
}

/// Why a server is waited for no more.
pub(super) enum Ended {
    /// It is to stop.
    Asked,
    /// It has ended by itself, in the way described.
    Died(String),
}

impl Postmaster {
    /// Starts the server and waits until it accepts connections, which after a crash may take as long as recovery does.
    pub(super) async fn start(binaries: &Binaries, directory: &Directory) -> Result<Self, PrivateError> {
        let program = binaries.postgres();
        let log = directory.log()?;
        let both = log.try_clone().map_err(PrivateError::io("opening", "server.log"))?;
        let child = directory
            .command(&program)
            .arg("-D")
            .arg(directory.data())
            .args(directory.socket_arguments())
            // Nothing but the socket. One controller is the only client, and a small one.
            .args(["-c", "listen_addresses=", "-c", "max_connections=64", "-c", "shared_buffers=32MB", "-c", "jit=off"])
            .args([
                "-c",
                "logging_collector=off",
                "-c",
                "log_timezone=UTC",
                "-c",
                "timezone=UTC",
                "-c",
                "cluster_name=skx",
            ])
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(both)
            // Ctrl-C at the controller's terminal is the controller's to handle: the server stops last.
            .process_group(0)
            .spawn()
            .map_err(PrivateError::io("running", program))?;
        let mut postmaster = Self { child };
        let url = directory.url("postgres");
        let started = Instant::now();
        let mut said = 0;
        loop {
            tokio::select! {
                status = postmaster.child.wait() => {
                    let status = status.map_err(PrivateError::io("waiting for", binaries.postgres()))?;
                    return Err(PrivateError::Program { program: "postgres", status, output: directory.log_end() });
                }
                ready = ready(&url) => if ready { return Ok(postmaster) },
            }
            let waited = started.elapsed().as_secs() / 10;
            if waited > said {
                said = waited;
                tracing::info!(
                    log = directory.log_end(),
                    "still waiting for the private PostgreSQL to accept connections"
                );
            }
            sleep(LOOK).await;
        }
    }

    /// Waits until the server ends by itself, or is to stop.
    pub(super) async fn ended(&mut self, stop: &mut oneshot::Receiver<()>) -> Ended {
        tokio::select! {
            status = self.child.wait() => Ended::Died(match status {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            }),
            _ = stop => Ended::Asked,
        }
    }

    /// Stops the server: fast if that works in time.
    pub(super) async fn stop(mut self) {
        for (signal, patience) in PATIENCE {
            self.signal(signal);
            match timeout(patience, self.child.wait()).await {
                Ok(_) => return,
                Err(_) => tracing::warn!(?signal, ?patience, "the private PostgreSQL has not stopped in time"),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        // No id: it has ended and was waited for.
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw) {
            // The only error is that there is no such process any more.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.signal(Signal::INT);
    }
}

async fn ready(url: &str) -> bool {
    match timeout(Duration::from_secs(5), PgConnection::connect(url)).await {
        Ok(Ok(db)) => db.close().await.is_ok(),
        _ => false,
    }
}

/// Stops the server that a controller left behind, if there is one, and waits until all its processes are gone. The
/// caller holds the lock of the directory: no other controller has use for it.
pub(super) async fn stop_orphan(data: &Path) -> Result<(), PrivateError> {
    let data = match fs::canonicalize(data) {
        Ok(data) => data,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(PrivateError::io("opening", data)(error)),
    };
    let file = data.join("postmaster.pid");
    let recorded = match fs::read_to_string(&file) {
        Ok(text) => text.lines().next().and_then(|line| line.trim().parse().ok()).and_then(Pid::from_raw),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(PrivateError::io("reading", file)(error)),
    };
    if let Some(postmaster) = recorded.filter(|pid| is_server_of(*pid, &data)) {
        tracing::warn!(pid = postmaster.as_raw_pid(), "stopping the private PostgreSQL that a controller left behind");
        for (signal, patience) in PATIENCE {
            // It may have ended just now.
            let _ = kill_process(postmaster, signal);
            if wait_until(patience, || !is_server_of(postmaster, &data)).await {
                break;
            }
        }
    }
    // The children of a server that was killed end when they notice; one that does not would keep its memory.
    if !wait_until(Duration::from_secs(10), || servers_of(&data).is_empty()).await {
        for pid in servers_of(&data) {
            tracing::warn!(pid = pid.as_raw_pid(), "killing a remaining process of the private PostgreSQL");
            let _ = kill_process(pid, Signal::KILL);
        }
        wait_until(Duration::from_secs(10), || servers_of(&data).is_empty()).await;
    }
    // After a restart of the machine or container, the recorded number may be any process's: PostgreSQL would take that
    // for a server and not start.
    if recorded.is_some_and(|pid| test_kill_process(pid).is_ok()) && file.exists() && servers_of(&data).is_empty() {
        tracing::info!(file = %file.display(), "removing the file of a server that is gone");
        fs::remove_file(&file).map_err(PrivateError::io("removing", &file))?;
    }
    Ok(())
}

async fn wait_until(patience: Duration, done: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !done() {
        if Instant::now() > deadline {
            return false;
        }
        sleep(LOOK).await;
    }
    true
}

/// Every process of a server on this cluster.
fn servers_of(data: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
        .filter(|pid| is_server_of(*pid, data))
        .collect()
}

/// Whether a process is a server's on this cluster: they all live in its directory.
fn is_server_of(pid: Pid, data: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{}", pid.as_raw_pid()));
    fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd == data)
        && fs::read_to_string(proc.join("comm")).is_ok_and(|comm| matches!(comm.trim(), "postgres" | "postmaster"))
}
