//! Copies of the whole database, by PostgreSQL's own programs: what `pg_dump` writes, `pg_restore` reads, of the same
//! version and of newer ones.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
};

use model::{Clock, InstallationId};
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;
use url::Url;

use crate::{
    Db as _, Snapshot, Store, StoreError, chain,
    db::{MIGRATIONS, options},
    installation,
};

/// Why a database could not be copied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The program is not on this machine.
    #[error(
        "{0} is not on this machine; install PostgreSQL's client programs (Debian: apt-get install postgresql-client)"
    )]
    Missing(&'static str),
    /// The program cannot be run.
    #[error("{program} cannot be run")]
    Run {
        /// The program.
        program: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// It failed.
    #[error("{program} failed ({status}): {output}")]
    Program {
        /// The program.
        program: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// What it said last.
        output: String,
    },
    /// There is no installation in the database.
    #[error("there is no installation in this database: no controller has ever started on it")]
    NoInstallation,
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for DumpError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dumped {
    /// The installation.
    pub installation: InstallationId,
    /// Which key-encryption key seals its private keys.
    pub kek_id: String,
    /// The newest migration of its schema.
    pub schema: i64,
    /// The newest event.
    pub head: i64,
    /// Its hash.
    pub head_hash: [u8; 32],
}

/// The newest migration that this program knows.
pub fn newest_schema() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// Copies the database at `url` to `file`, as it is at one moment, while others go on working with it.
///
/// # Errors
///
/// When there is no installation in it, it cannot be reached, or `pg_dump` is missing or fails.
pub async fn dump(url: &str, clock: Arc<dyn Clock>, file: &Path) -> Result<Dumped, DumpError> {
    let program = tool("pg_dump")?;
    let store = Store::connect(url, clock).await?;
    let mut snapshot = store.snapshot().await?;
    let (dumped, moment) = look(&mut snapshot).await?;
    let mut command = command(&program, url)?;
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--snapshot", &moment, "--file"]).arg(file);
    run("pg_dump", command).await?;
    snapshot.end().await?;
    store.close().await;
    Ok(dumped)
}

/// What is in the database, and the name of the moment at which that is so.
async fn look(mut snapshot: &mut Snapshot) -> Result<(Dumped, String), DumpError> {
    let mut db = snapshot.source().connection().await?;
    // Not checked when this is compiled: the table is sqlx's own.
    let known: bool =
        sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(&mut *db).await?;
    if !known {
        return Err(DumpError::NoInstallation);
    }
    let schema: i64 = sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *db)
        .await?;
    let moment: String = sqlx::query_scalar("SELECT pg_export_snapshot()").fetch_one(&mut *db).await?;
    drop(db);
    let found = installation::get(&mut *snapshot).await?.ok_or(DumpError::NoInstallation)?;
    let (head, head_hash) = chain::head_at(snapshot).await?;
    Ok((Dumped { installation: found.id, kek_id: found.kek_id, schema, head, head_hash }, moment))
}

/// Whether there is nothing in the database at `url`.
///
/// # Errors
///
/// When it cannot be reached.
pub async fn is_empty(url: &str) -> Result<bool, DumpError> {
    let mut db = PgConnection::connect_with(&options(url)?).await?;
    let empty: bool = sqlx::query_scalar(
        "SELECT NOT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%')",
    )
    .fetch_one(&mut db)
    .await?;
    db.close().await?;
    Ok(empty)
}

/// Puts what [`dump`] wrote to `file` into the empty database at `url`: all of it or nothing.
///
/// # Errors
///
/// When it cannot be reached, or `pg_restore` is missing or fails.
pub async fn restore(url: &str, file: &Path) -> Result<(), DumpError> {
    let mut command = command(&tool("pg_restore")?, url)?;
    let database = options(url)?.get_database().unwrap_or("postgres").to_owned();
    command.args(["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", "--dbname", &database]);
    command.arg(file);
    run("pg_restore", command).await
}

async fn run(program: &'static str, mut command: Command) -> Result<(), DumpError> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|source| DumpError::Run { program, source })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let output_end = lines[lines.len().saturating_sub(4)..].join("; ");
    Err(DumpError::Program { program, status: output.status, output: output_end })
}

/// A program that finds the database by its environment: nobody else sees the password there.
fn command(program: &Path, url: &str) -> Result<Command, StoreError> {
    let found = options(url)?;
    let mut command = Command::new(program);
    let host = found.get_socket().map_or_else(|| found.get_host().into(), |socket| socket.as_os_str().to_owned());
    command.env("LC_ALL", "C").env("PGHOST", host).env("PGPORT", found.get_port().to_string());
    command.env("PGUSER", found.get_username());
    command.envs(found.get_database().map(|name| ("PGDATABASE", name)));
    let url = Url::parse(url).map_err(|error| sqlx::Error::Configuration(error.into()))?;
    for (name, value) in url.query_pairs() {
        let name = match &*name {
            "password" => "PGPASSWORD",
            "sslmode" | "ssl-mode" => "PGSSLMODE",
            "sslrootcert" | "ssl-root-cert" | "ssl-ca" => "PGSSLROOTCERT",
            "sslcert" | "ssl-cert" => "PGSSLCERT",
            "sslkey" | "ssl-key" => "PGSSLKEY",
            "options" => "PGOPTIONS",
            _ => continue,
        };
        command.env(name, &*value);
    }
    if let Some(password) = url.password() {
        command.env("PGPASSWORD", decoded(password));
    }
    Ok(command)
}

/// The text that is written percent-encoded in a URL.
fn decoded(text: &str) -> String {
    // A plus sign is itself here, and a space in a query.
    let query = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, text)| text.into_owned()).unwrap_or_default()
}

/// The newest version of a program on this machine: programs of newer versions read and write for older servers.
fn tool(name: &'static str) -> Result<PathBuf, DumpError> {
    let versions = |root: &str, prefix: &str| {
        let entries = fs::read_dir(root).into_iter().flatten().flatten();
        let mut found: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| Some((entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?, entry.path())))
            .collect();
        found.sort();
        found.into_iter().rev().map(|(_, path)| path.join("bin"))
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let mut all = versions("/usr/lib/postgresql", "").chain(versions("/usr", "pgsql-")).chain(env::split_paths(&path));
    all.find_map(|dir| Some(dir.join(name)).filter(|program| program.is_file())).ok_or(DumpError::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_go_by_the_environment_and_never_by_the_command_line() {
        let url = "postgres://skx:p%40ss+w@db.example.com:5433/skx?sslmode=verify-full&sslrootcert=/etc/ca.pem";
        let command = command(Path::new("/bin/true"), url).expect("a URL");
        let command = command.as_std();
        let env = |name: &str| {
            let found = command.get_envs().find(|(key, _)| *key == name).and_then(|(_, value)| value);
            found.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()
        };
        assert_eq!(command.get_args().count(), 0);
        assert_eq!(
            (env("PGPASSWORD"), env("PGHOST"), env("PGPORT")),
            ("p@ss+w".into(), "db.example.com".into(), "5433".into())
        );
        assert_eq!((env("PGSSLMODE"), env("PGSSLROOTCERT")), ("verify-full".into(), "/etc/ca.pem".into()));
    }
}
