//! One workload as a process.

use std::{io, process::Stdio, sync::Arc, time::Duration};

use futures_util::{FutureExt as _, future::BoxFuture};
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process_group, prlimit};
use tokio::{
    process::{Child, Command},
    sync::Mutex,
    task::JoinSet,
    time::timeout,
};

use super::{
    log::Log,
    orphans,
    place::Place,
    processors,
    program::{Program, run_to_end},
};
use crate::{
    probe::Beside,
    supervise::{End, Started, Unit},
};

/// One workload as a process.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) owner: Arc<str>,
    pub(super) program: Program,
    pub(super) place: Place,
    pub(super) log: Arc<Log>,
    pub(super) grace: Duration,
    /// The process, until its end is known.
    pub(super) child: Mutex<Option<Child>>,
    /// Who writes down what it says.
    pub(super) scribes: Mutex<JoinSet<()>>,
}

impl Process {
    fn workload(&self) -> String {
        format!("{}/{}", self.program.deployment, self.program.name)
    }

    /// A command of the workload, marked as ours.
    fn command<'a>(&self, words: impl Iterator<Item = &'a String>) -> Result<Command, String> {
        let mut command = self.program.command(words)?;
        command.env(orphans::OWNER, &*self.owner).env(orphans::WORKLOAD, self.workload());
        Ok(command)
    }

    async fn spawn(&self) -> Result<(), String> {
        let mut child = self.child.lock().await;
        let it = &self.program;
        self.place.furnish(&it.deployment, &it.name, &it.runnable, &it.secrets)?;
        let program = it.words().next().cloned().unwrap_or_default();
        let mut command = self.command(it.words())?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = processors::within(it.runnable.millicpu, &self.workload(), || command.spawn())
            .map_err(|error| format!("the processors of {program} cannot be limited: {error}"))?;
        let mut started = started.map_err(|error| match (error.kind(), it.runnable.user) {
            (io::ErrorKind::NotFound, _) => format!("{program} or the directory it is started in is not there"),
            (io::ErrorKind::PermissionDenied, Some(user)) => {
                format!("{program} cannot be run as user {user}: {error}")
            }
            _ => format!("{program} cannot be run: {error}"),
        })?;
        let mut scribes = self.scribes.lock().await;
        if let Some(out) = started.stdout.take() {
            scribes.spawn(self.log.clone().follow(out, false));
        }
        if let Some(err) = started.stderr.take() {
            scribes.spawn(self.log.clone().follow(err, true));
        }
        if let (Some(pid), Some(bytes)) = (pid(&started), it.runnable.memory) {
            let limit = Rlimit { current: Some(bytes), maximum: Some(bytes) };
            // One that has ended already needs no limit; it is killed as it is dropped.
            prlimit(Some(pid), Resource::Data, limit)
                .map(drop)
                .or_else(|error| if error == rustix::io::Errno::SRCH { Ok(()) } else { Err(error) })
                .map_err(|error| format!("the memory of {program} cannot be limited: {error}"))?;
        }
        *child = Some(started);
        Ok(())
    }

    async fn wait(&self) -> End {
        let mut child = self.child.lock().await;
        let Some(running) = child.as_mut() else { return End::Otherwise("it does not run".to_owned()) };
        let status = running.wait().await;
        *child = None;
        self.clean_up().await;
        match status {
            Ok(status) => match (status.code(), std::os::unix::process::ExitStatusExt::signal(&status)) {
                (Some(code), _) => End::Code(code.into()),
                (None, signal) => End::Killed(format!("it was ended by signal {}", signal.unwrap_or_default())),
            },
            Err(error) => End::Otherwise(format!("it is lost: {error}")),
        }
    }

    async fn end(&self) {
        if let Some(mut child) = self.child.lock().await.take() {
            // As long as nobody waited for it, its id is of nobody else.
            signal(&child, Signal::TERM);
            if timeout(self.grace, child.wait()).await.is_err() {
                signal(&child, Signal::KILL);
                let _ = child.wait().await;
            }
        }
        self.clean_up().await;
    }

    /// Ends what it left behind, which would be in the way of the next one, and waits until its last words are written: a log that
    /// is written to cannot be removed.
    async fn clean_up(&self) {
        orphans::end(&self.owner, Some(&self.workload()), self.grace).await;
        let mut scribes = self.scribes.lock().await;
        // Whoever still has its end of a pipe is not known to be its own, and is not heard any more.
        let _ = timeout(self.grace, async { while scribes.join_next().await.is_some() {} }).await;
        scribes.shutdown().await;
    }
}

fn pid(child: &Child) -> Option<Pid> {
    child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw)
}

/// Sends a signal to a process and its group. That there is none any more is no error.
fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = pid(child) {
        let _ = kill_process_group(pid, signal);
    }
}

impl Beside for Process {
    fn run<'a>(&'a self, words: &'a [String]) -> BoxFuture<'a, Result<(), String>> {
        async move {
            let program = words.first().map_or("", String::as_str);
            run_to_end(self.command(words.iter())?, program).await
        }
        .boxed()
    }
}

impl Unit for Process {
    fn start<'a>(&'a self, _say: &'a (dyn Fn(String) + Sync)) -> BoxFuture<'a, Result<Started, String>> {
        async { self.spawn().await.map(|()| Started { anew: true, image: None }) }.boxed()
    }

    fn ended(&self) -> BoxFuture<'_, End> {
        self.wait().boxed()
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        self.end().boxed()
    }
}
