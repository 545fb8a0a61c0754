//! Real PostgreSQL for tests: one server per test process, made for it and gone with it, and a fresh database per test.
//!
//! A server is the child of a small shell that ends it, and removes its directory, when the test process lets go of
//! the shell's standard input, which it does however it ends.

use std::{
    fmt, fs,
    io::{BufRead, BufReader, Write},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::OnceLock,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use uuid::Uuid;

use crate::process::PATIENCE;

/// Starts the server and says so. Ends it when the line `keep` or the end of input comes, and removes its directory
/// unless it is to be kept.
const SHELL: &str = r#"
"$1/pg_ctl" -D data -l log -w -t 60 -o "$2" start > /dev/null 2>&1 && echo ready || echo failed
read -r word
"$1/pg_ctl" -D data -m fast -w -t 60 stop > /dev/null 2>&1
[ "$word" = keep ] || rm -rf "$DIR"
"#;

/// A fresh, empty database on the server that the tests of this process share. Dropped, it is removed.
///
/// # Panics
///
/// When there is no PostgreSQL on this machine, or it does not start.
pub async fn database() -> TestDatabase {
    static SHARED: OnceLock<Server> = OnceLock::new();
    blocking(|| {
        let server = SHARED.get_or_init(|| start().expect("PostgreSQL for tests starts"));
        server.create_database().expect("PostgreSQL for tests makes a database")
    })
    .await
}

/// A server of a test's own, to be killed and started again.
///
/// # Panics
///
/// When there is no PostgreSQL on this machine, or it does not start.
pub async fn server() -> Server {
    blocking(|| start().expect("PostgreSQL for tests starts")).await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.expect("the work does not panic")
}

/// A database of a test's own.
#[derive(Debug)]
pub struct TestDatabase {
    /// Where it is: `postgres://…`.
    pub url: String,
    name: String,
    at: At,
}

impl TestDatabase {
    /// Runs SQL as the superuser, and returns what comes out: one line per row, columns separated by `|`.
    pub async fn sql(&self, sql: &str) -> Result<String> {
        let (at, name, sql) = (self.at.clone(), self.name.clone(), sql.to_owned());
        blocking(move || at.sql(&name, &sql)).await
    }
}

impl TestDatabase {
    /// Runs a script of any length as the superuser, such as one that `pg_dump` wrote.
    pub async fn load(&self, script: String) -> Result<()> {
        let (at, name) = (self.at.clone(), self.name.clone());
        blocking(move || at.load(&name, &script)).await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A server that was killed cannot remove it; its directory goes as a whole.
        let _ = self.at.sql("postgres", &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// A running server.
pub struct Server {
    at: At,
    shell: Option<(Child, ChildStdin)>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("directory", &self.at.directory).finish_non_exhaustive()
    }
}

impl Server {
    /// A fresh, empty database.
    pub fn create_database(&self) -> Result<TestDatabase> {
        let name = format!("test_{}", Uuid::new_v4().simple());
        self.at.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        let url = format!("postgres://skx@localhost/{name}?host={}", self.at.directory.display());
        Ok(TestDatabase { url, name, at: self.at.clone() })
    }

    /// Kills all processes of the server with SIGKILL, as a power failure would: nothing is said to clients, nothing is
    /// flushed. They are gone when this returns.
    pub fn kill(&self) -> Result<()> {
        let data = self.at.directory.join("data");
        loop {
            // Every process of a server lives in its directory.
            let all = fs::read_dir("/proc").context("reading /proc")?.flatten();
            let left: Vec<Pid> = all
                .filter(|entry| fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == data))
                .filter_map(|entry| entry.file_name().to_str()?.parse().ok().and_then(Pid::from_raw))
                .collect();
            if left.is_empty() {
                return Ok(());
            }
            for pid in left {
                // It may have ended by itself, now that others have.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }

    /// Starts the server again on what it left, after [`Server::kill`] or to restart it.
    pub fn restart(&mut self) -> Result<()> {
        if let Some((mut shell, mut stdin)) = self.shell.take() {
            stdin.write_all(b"keep\n").context("telling the shell to keep the directory")?;
            shell.wait().context("waiting for the shell")?;
        }
        self.run()
    }

    fn run(&mut self) -> Result<()> {
        let directory = self.at.directory.display();
        // These databases must outlive their server, but not the machine.
        let options = format!(
            "-k {directory} -c listen_addresses= -c max_connections=300 -c shared_buffers=32MB -c fsync=off \
             -c full_page_writes=off"
        );
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut shell = self
                .at
                .command("sh")
                .args(["-c", SHELL, "sh"])
                .arg(&self.at.binaries)
                .arg(&options)
                .env("DIR", &self.at.directory)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .process_group(0)
                .spawn()
                .context("starting the shell")?;
            let mut stdin = shell.stdin.take().context("stdin is piped")?;
            let mut stdout = BufReader::new(shell.stdout.take().context("stdout is piped")?);
            let mut answer = String::new();
            stdout.read_line(&mut answer).context("waiting for the server")?;
            if answer.trim() == "ready" {
                self.shell = Some((shell, stdin));
                return Ok(());
            }
            stdin.write_all(b"keep\n").context("telling the shell to keep the directory")?;
            shell.wait().context("waiting for the shell")?;
            // The processes of a server that was killed hold its shared memory until they notice.
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.at.directory.join("log")).unwrap_or_default();
                bail!("the server does not start; its log:\n{log}");
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((mut shell, stdin)) = self.shell.take() {
            drop(stdin);
            let _ = shell.wait();
        }
    }
}

/// A server's place.
#[derive(Clone, Debug)]
struct At {
    binaries: PathBuf,
    directory: PathBuf,
    /// Whom it runs as, when that is not us: user and group.
    user: Option<(u32, u32)>,
}

impl At {
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.directory).env("LC_ALL", "C").env_remove("PGDATA");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    /// `psql` on a database.
    fn psql(&self, database: &str) -> Command {
        let mut command = self.command(self.binaries.join("psql"));
        command.args(["-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-U", "skx", "-d", database, "-h"]);
        command.arg(&self.directory);
        command
    }

    fn load(&self, database: &str, script: &str) -> Result<()> {
        let mut psql = self.psql(database);
        let mut psql = psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().context("running psql")?;
        let mut stdin = psql.stdin.take().context("stdin is piped")?;
        stdin.write_all(script.as_bytes()).context("writing to psql")?;
        drop(stdin);
        ensure!(psql.wait()?.success(), "psql failed at the script; what it said is above");
        Ok(())
    }

    fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let output = self.psql(database).args(["-c", sql]).output().context("running psql")?;
        ensure!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    }
}

fn start() -> Result<Server> {
    let binaries = binaries()?;
    let user = if rustix::process::geteuid().is_root() { Some(unprivileged()?) } else { None };
    let directory = std::env::temp_dir().join(format!("skx-test-{}", Uuid::new_v4().simple()));
    fs::create_dir(&directory).with_context(|| format!("creating {}", directory.display()))?;
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700))?;
    if let Some((user, group)) = user {
        chown(&directory, Some(user), Some(group))?;
    }
    let at = At { binaries, directory, user };
    let output = at
        .command(at.binaries.join("initdb"))
        .args(["-D", "data", "-U", "skx", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .output()
        .context("running initdb")?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    let mut server = Server { at, shell: None };
    server.run()?;
    Ok(server)
}

/// The newest server on this machine.
fn binaries() -> Result<PathBuf> {
    let version = |path: &Path| {
        path.parent().and_then(Path::file_name).and_then(|v| v.to_str()).and_then(|v| v.parse::<u32>().ok())
    };
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let newest = packaged.filter(|bin| bin.join("initdb").exists()).max_by_key(|bin| version(bin));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest
        .or_else(|| {
            std::env::split_paths(&path).find(|dir| dir.join("initdb").exists() && dir.join("postgres").exists())
        })
        .context("these tests need PostgreSQL: apt-get install postgresql")
}

/// Whom to run the server as: PostgreSQL refuses to run as root.
fn unprivileged() -> Result<(u32, u32)> {
    let passwd = fs::read_to_string("/etc/passwd").context("reading /etc/passwd")?;
    let find = |name: &str| {
        let fields: Vec<&str> = passwd.lines().map(|l| l.split(':').collect::<Vec<_>>()).find(|f| f[0] == name)?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody")).context("there is neither a user postgres nor nobody")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn databases_are_separate_and_gone_with_the_test() {
        let (one, other) = tokio::join!(database(), database());
        one.sql("CREATE TABLE t (n int)").await.expect("the first is empty");
        other.sql("CREATE TABLE t (n int)").await.expect("and so is the second");
        let name = one.name.clone();
        drop(one);
        let left = other.sql(&format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'")).await;
        assert_eq!(left.expect("the server answers"), "0");
    }

    #[tokio::test]
    async fn a_killed_server_comes_back_with_what_was_committed() {
        let mut server = server().await;
        let database = server.create_database().expect("a database");
        database.sql("CREATE TABLE t (n int)").await.expect("SQL works");
        server.kill().expect("it runs");
        server.restart().expect("it starts again");
        assert_eq!(database.sql("SELECT count(*) FROM t").await.expect("SQL works again"), "0");
    }

    #[tokio::test]
    async fn a_server_leaves_nothing_behind() {
        let server = server().await;
        let directory = server.at.directory.clone();
        assert!(directory.exists());
        drop(server);
        assert!(!directory.exists());
    }
}
