//! What is known of every workload, and who is told that it changed.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::Clock;
use tokio::sync::watch;

use crate::{State, WorkloadStatus};

/// What is known of every workload, by its deployment and name.
#[derive(Debug)]
pub(crate) struct Board {
    all: Mutex<BTreeMap<(String, String), WorkloadStatus>>,
    version: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
}

impl Board {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { all: Mutex::default(), version: watch::Sender::new(0), clock })
    }

    /// The place of one workload on the board, as one that is about to run.
    pub(crate) fn entry(self: &Arc<Self>, deployment: &str, name: &str, instance: &str) -> Entry {
        self.put(deployment, self.status(name, instance, State::Starting, ""));
        Entry { board: self.clone(), key: (deployment.to_owned(), name.to_owned()) }
    }

    /// Says how a workload is that nobody keeps running. It is so since then as long as nothing else is said.
    pub(crate) fn rests(&self, deployment: &str, name: &str, instance: &str, state: State, message: &str) {
        let known = self.of(deployment).into_iter().find(|it| it.name == name);
        if known.is_none_or(|it| (it.state, it.message.as_str()) != (state, message)) {
            self.put(deployment, self.status(name, instance, state, message));
        }
    }

    fn status(&self, name: &str, instance: &str, state: State, message: &str) -> WorkloadStatus {
        WorkloadStatus {
            name: name.to_owned(),
            instance: instance.to_owned(),
            state,
            message: message.to_owned(),
            since: self.clock.now(),
            restarts: 0,
            image: None,
        }
    }

    fn put(&self, deployment: &str, status: WorkloadStatus) {
        self.all().insert((deployment.to_owned(), status.name.clone()), status);
        self.bump();
    }

    pub(crate) fn of(&self, deployment: &str) -> Vec<WorkloadStatus> {
        let all = self.all();
        all.iter().filter(|((of, _), _)| of == deployment).map(|(_, status)| status.clone()).collect()
    }

    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Forgets the workloads of a deployment that are not kept.
    pub(crate) fn forget(&self, deployment: &str, keep: impl Fn(&str) -> bool) {
        let mut all = self.all();
        let before = all.len();
        all.retain(|(of, name), _| of != deployment || keep(name));
        let changed = all.len() != before;
        drop(all);
        if changed {
            self.bump();
        }
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(String, String), WorkloadStatus>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bump(&self) {
        self.version.send_modify(|version| *version += 1);
    }
}

/// The place of one workload on the board.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    board: Arc<Board>,
    key: (String, String),
}

impl Entry {
    /// Says how the workload is.
    pub(crate) fn is(&self, state: State, message: impl Into<String>) {
        let (message, now) = (message.into(), self.board.clock.now());
        self.change(|status| {
            if status.state != state {
                status.since = now;
            }
            status.state = state;
            status.message = message;
        });
    }

    /// Says that it was started, of which image, and whether that was because it ended before.
    pub(crate) fn started(&self, image: Option<String>, again: bool) {
        self.is(State::Starting, "");
        self.change(|status| {
            status.image = image;
            status.restarts += u32::from(again);
        });
    }

    fn change(&self, change: impl FnOnce(&mut WorkloadStatus)) {
        let mut all = self.board.all();
        let Some(status) = all.get_mut(&self.key) else { return };
        let before = status.clone();
        change(status);
        let changed = *status != before;
        drop(all);
        if changed {
            self.board.bump();
        }
    }
}
