//! A workload's program on this machine itself: what it is told, and what is run beside it.

use std::{io, path::PathBuf, process::Stdio};

use compose::{model::EnvValue, render::Runnable};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
};

use super::place::below;
use crate::{
    live::{self, LiveFiles},
    wanted::Secrets,
};

/// What a program has of the site's own environment. The rest may hold what is nobody's business.
const INHERITED: [&str; 3] = ["PATH", "HOME", "LANG"];

/// A workload's program.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) deployment: String,
    pub(crate) name: String,
    pub(crate) runnable: Runnable,
    pub(crate) secrets: Secrets,
    /// The directory below which it finds its files and volumes.
    pub(crate) root: PathBuf,
    pub(crate) live: LiveFiles,
}

impl Program {
    /// The variables that the workload says, and those by which it finds what it is given. There are secrets among them.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let said = self.runnable.env.iter().map(|(name, value)| {
            let value = match value {
                EnvValue::Text(text) => text.clone(),
                EnvValue::Number(number) => number.to_string(),
                EnvValue::Boolean(boolean) => boolean.to_string(),
                EnvValue::Secret(secret) => self.secrets.get(secret).map_or("", |it| it.expose()).to_owned(),
            };
            (name.clone(), value)
        });
        let addresses = self.runnable.addresses.then(|| self.live.file(&self.deployment, &self.name));
        let found = [("SKX_ROOT", Some(self.root.clone())), (live::VARIABLE, addresses)];
        let found = found.into_iter().filter_map(|(name, path)| Some((name.to_owned(), path?.display().to_string())));
        said.chain(found).collect()
    }

    /// The directory it is started in.
    pub(crate) fn workdir(&self) -> PathBuf {
        self.runnable.workdir.as_ref().map_or(self.root.clone(), |dir| below(&self.root, dir))
    }

    /// The words of its command.
    pub(crate) fn words(&self) -> impl Iterator<Item = &String> {
        self.runnable.command.iter().chain(&self.runnable.args)
    }

    /// A command with its environment, user and directory.
    pub(crate) fn command<'a>(&self, mut words: impl Iterator<Item = &'a String>) -> Result<Command, String> {
        let mut command = Command::new(words.next().ok_or("there is no command to run")?);
        command.args(words).env_clear();
        command.envs(INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(self.environment()).current_dir(self.workdir());
        if let Some(user) = self.runnable.user {
            command.uid(user).gid(user);
        }
        command.stdin(Stdio::null()).process_group(0).kill_on_drop(true);
        Ok(command)
    }
}

/// The most that is kept of what a command says that is run beside a workload, in bytes.
pub(crate) const MAX_SAID: usize = 4 * 1024;

/// Runs a command to its end; with it, or with who waits for it, all ends that it started in its process group. The error says in
/// words how it failed.
pub(crate) async fn run_to_end(mut command: Command, program: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("{program}: {error}");
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let _group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let said = beginning(child.stderr.take(), MAX_SAID).await.map_err(failed)?;
    let status = child.wait().await.map_err(failed)?;
    let said = String::from_utf8_lossy(&said);
    let said = said.lines().next().unwrap_or_default();
    if status.success() { Ok(()) } else { Err(format!("{program}: {status} {said}")) }
}

/// All that is said, heard to its end; only the beginning of it is kept.
pub(crate) async fn beginning(from: Option<impl AsyncRead + Unpin>, most: usize) -> io::Result<Vec<u8>> {
    let (mut kept, mut heard) = (Vec::new(), [0; 1024]);
    let Some(mut from) = from else { return Ok(kept) };
    loop {
        let count = from.read(&mut heard).await?;
        if count == 0 {
            return Ok(kept);
        }
        let left = most - kept.len();
        kept.extend_from_slice(&heard[..count.min(left)]);
    }
}

/// A process group, which ends with this.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // That there is none any more is no error.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use tokio::time::timeout;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).process_group(0).kill_on_drop(true);
        command
    }

    #[tokio::test]
    async fn with_who_waits_for_it_ends_all_that_a_check_started() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("pid");
        // The shell has a child of its own, and waits for it.
        let script = format!("sleep 777 & echo $! > {0}.new; mv {0}.new {0}; wait", file.display());
        let checking = tokio::spawn(run_to_end(shell(&script), "sh"));
        let pid = async {
            loop {
                match fs::read_to_string(&file) {
                    Ok(pid) => break pid.trim().to_owned(),
                    Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        let pid = timeout(Duration::from_secs(60), pid).await.expect("it starts");
        checking.abort();
        let gone = async {
            // Whoever inherits it may not have heard of its end yet.
            let runs = |stat: String| !stat.rsplit(')').next().is_some_and(|rest| rest.trim().starts_with('Z'));
            while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(runs) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), gone).await.expect("it ends");
    }

    #[tokio::test]
    async fn however_much_a_check_says_only_the_beginning_is_kept() {
        let said =
            run_to_end(shell("echo so much >&2; head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 3"), "sh").await;
        let words = said.expect_err("it fails");
        assert!(words.contains("so much") && words.len() < 200, "{words}");
        let one = run_to_end(shell("head -c 3000000 /dev/zero | tr '\\0' x >&2; exit 3"), "sh").await;
        assert!(one.expect_err("it fails").len() < MAX_SAID + 200);
        run_to_end(shell("head -c 3000000 /dev/zero >&2"), "sh").await.expect("it ends well");
    }
}
