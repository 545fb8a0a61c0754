//! Child processes of a test: their output kept, awaited line by line, and shown when the test fails.

use std::{
    io::Write,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    sync::watch,
};

/// How long anything may take before a test gives up on it. Generous: two cores are shared by everything.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running child process. Dropping it kills it with SIGKILL.
#[derive(Debug)]
pub struct Process {
    name: String,
    child: Child,
    output: Output,
}

#[derive(Clone, Debug)]
struct Output {
    lines: Arc<Mutex<Vec<String>>>,
    count: watch::Sender<usize>,
}

impl Output {
    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn follow(self, stream: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(line);
            self.count.send_replace(kept.len());
        }
    }
}

impl Process {
    /// Starts `command`; `name` is for people who read a failed test.
    pub fn spawn(name: impl Into<String>, command: &mut Command) -> Result<Self> {
        let name = name.into();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let output = Output { lines: Arc::default(), count: watch::Sender::new(0) };
        tokio::spawn(output.clone().follow(child.stdout.take().context("stdout is piped")?));
        tokio::spawn(output.clone().follow(child.stderr.take().context("stderr is piped")?));
        Ok(Self { name, child, output })
    }

    /// Like [`Process::spawn`], with the output written to a file as well, as it comes.
    pub fn spawn_logged(name: impl Into<String>, command: &mut Command, log: &Path) -> Result<Self> {
        let process = Self::spawn(name, command)?;
        let mut file = std::fs::File::create(log).with_context(|| format!("creating {}", log.display()))?;
        let output = process.output.clone();
        tokio::spawn(async move {
            let mut count = output.count.subscribe();
            let mut written = 0;
            while count.changed().await.is_ok() {
                let lines = output.lines();
                for line in &lines[written..] {
                    // A full disk must not end what is being watched.
                    let _ = writeln!(file, "{line}");
                }
                written = lines.len();
            }
        });
        Ok(process)
    }

    /// Everything the process has written so far, both streams.
    pub fn lines(&self) -> Vec<String> {
        self.output.lines()
    }

    /// Waits for a line that contains `needle`.
    pub async fn line(&mut self, needle: &str) -> Result<String> {
        let mut count = self.output.count.subscribe();
        let wait = async {
            let mut seen = 0;
            loop {
                let lines = self.output.lines();
                if let Some(line) = lines[seen..].iter().find(|line| line.contains(needle)) {
                    return Ok(line.clone());
                }
                seen = lines.len();
                tokio::select! {
                    changed = count.changed() => changed.context("output ended")?,
                    status = self.child.wait() => {
                        // The readers may still hold the last lines.
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        match self.output.lines()[seen..].iter().find(|line| line.contains(needle)) {
                            Some(line) => return Ok(line.clone()),
                            None => bail!("{} ended with {} before it said {needle:?}", self.name, status?),
                        }
                    }
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await;
        found.with_context(|| format!("{} did not say {needle:?} in time", self.name))?
    }

    /// The process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends the process at once, as a power failure would (SIGKILL).
    pub async fn kill(&mut self) -> Result<()> {
        self.child.kill().await.with_context(|| format!("killing {}", self.name))
    }

    /// Asks the process to end (SIGTERM) and waits for it.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.ask_to_end()?;
        self.wait().await
    }

    /// Asks the process to end (SIGTERM).
    pub fn ask_to_end(&self) -> Result<()> {
        if let Some(pid) = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw) {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM).context("sending SIGTERM")?;
        }
        Ok(())
    }

    /// Waits for the process to end by itself.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        Ok(status.with_context(|| format!("{} did not end in time", self.name))??)
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines = self.output.lines();
            let tail = &lines[lines.len().saturating_sub(60)..];
            eprintln!("--- {} (last {} of {} lines)", self.name, tail.len(), lines.len());
            for line in tail {
                eprintln!("    {line}");
            }
        }
    }
}

/// Repeats `probe` until it gives a value, for what can only be asked and not awaited.
///
/// # Errors
/// When nothing came within [`PATIENCE`]; `what` names it.
pub async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> Result<T> {
    let poll = async {
        loop {
            if let Some(value) = probe().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, poll).await.with_context(|| format!("never happened: {what}"))
}
