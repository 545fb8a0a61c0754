//! The `skx` binary as tests and the demo use it: exactly as a person does.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tokio::process::Command;

use crate::{
    netns::Host,
    process::{Process, eventually},
};

/// Where the built `skx` is: `SKX_BIN`, or beside the running test in the target directory.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("SKX_BIN") {
        return Ok(path.into());
    }
    let me = std::env::current_exe()?;
    let found = me.ancestors().map(|dir| dir.join("skx")).find(|path| path.is_file());
    found.context("no skx binary beside the tests: run `cargo build -p cli` first")
}

/// A command line with the settings of one installation, optionally inside a network namespace.
#[derive(Clone, Debug, Default)]
pub struct Cli {
    /// `SKX_SERVER`, `SKX_TOKEN`, `SKX_CA` and whatever else the commands are to find.
    pub env: Vec<(String, String)>,
    /// Where the commands run.
    pub host: Option<Host>,
}

impl Cli {
    /// The settings for a controller with this data directory and address.
    pub fn for_controller(data_dir: &Path, server: &str) -> Result<Self> {
        let token = std::fs::read_to_string(data_dir.join("admin.token")).context("reading admin.token")?;
        let ca = data_dir.join("ca.crt").to_str().context("the data directory is UTF-8")?.to_owned();
        let env = [("SKX_SERVER", server), ("SKX_TOKEN", token.trim()), ("SKX_CA", &ca)];
        Ok(Self { env: env.map(|(k, v)| (k.to_owned(), v.to_owned())).into(), host: None })
    }

    /// The same settings, run on another host.
    pub fn on(&self, host: &Host) -> Self {
        Self { host: Some(host.clone()), ..self.clone() }
    }

    /// A command ready to run.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Result<Command> {
        let binary = binary()?;
        let mut command = match &self.host {
            Some(host) => host.command(&binary),
            None => Command::new(binary),
        };
        command.args(args).envs(self.env.iter().cloned());
        Ok(command)
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Result<Outcome> {
        let output = self.command(args)?.stdin(Stdio::null()).output().await?;
        Ok(Outcome {
            args: args.join(" "),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs a command that must succeed, and gives its standard output.
    pub async fn ok(&self, args: &[&str]) -> Result<String> {
        let outcome = self.run(args).await?;
        ensure!(outcome.code == Some(0), "{outcome}");
        Ok(outcome.stdout)
    }

    /// Runs a command that must succeed with `-o json`, and gives what it printed.
    pub async fn json(&self, args: &[&str]) -> Result<Value> {
        let outcome = self.run(&[args, &["-o", "json"]].concat()).await?;
        ensure!(outcome.code == Some(0), "{outcome}");
        serde_json::from_str(&outcome.stdout).with_context(|| format!("{outcome} is no JSON"))
    }

    /// Runs a command with `-o json` and gives what it printed, whatever its exit code says of it.
    pub async fn look(&self, args: &[&str]) -> Result<Value> {
        let outcome = self.run(&[args, &["-o", "json"]].concat()).await?;
        serde_json::from_str(&outcome.stdout).with_context(|| format!("{outcome} is no JSON"))
    }

    /// Runs a command that must fail with this exit code, and gives what it said.
    pub async fn fails(&self, code: i32, args: &[&str]) -> Result<String> {
        let outcome = self.run(args).await?;
        ensure!(outcome.code == Some(code), "expected exit code {code}: {outcome}");
        Ok(outcome.stderr)
    }

    /// Starts a command that keeps running.
    pub fn spawn(&self, name: &str, args: &[&str]) -> Result<Process> {
        Process::spawn(name, &mut self.command(args)?)
    }

    /// What `skx site status` says of the site in this data directory.
    pub async fn site_status(&self, data_dir: &Path) -> Result<Value> {
        let dir = data_dir.to_str().context("the data directory is UTF-8")?;
        // The exit code tells health; the status itself is on standard output either way.
        let outcome = self.run(&["site", "status", "--data-dir", dir, "-o", "json"]).await?;
        serde_json::from_str(&outcome.stdout).with_context(|| format!("{outcome} is no JSON"))
    }

    /// Waits until the site in this data directory is in `state`.
    pub async fn site_reaches(&self, data_dir: &Path, state: &str) -> Result<Value> {
        let mut last = Value::Null;
        let reached = eventually(&format!("site {} in state {state}", data_dir.display()), async || {
            match self.site_status(data_dir).await {
                Ok(status) => {
                    last = status.clone();
                    (status["state"] == state).then_some(status)
                }
                Err(_) => None,
            }
        })
        .await;
        match reached {
            Ok(status) => Ok(status),
            Err(error) => bail!("{error:#}; last seen: {last}"),
        }
    }
}

/// How a command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was run.
    pub args: String,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { args, code, stdout, stderr } = self;
        write!(f, "`skx {args}` ended with {code:?}\nstdout: {stdout}\nstderr: {stderr}")
    }
}
