//! A site under test.

use std::{path::PathBuf, sync::Arc, time::Duration};

use api::local::SiteStatus;
use tempfile::TempDir;
use tokio::{sync::watch, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    Options, Outcome, RunError,
    fixture::ManualClock,
    progress::Watcher,
    run,
    state::{DataDir, LockedDir, Over},
};

/// How long anything may take before a test gives up on it.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// A data directory that is gone when it is dropped.
pub(super) struct Home {
    _temporary: TempDir,
    pub(super) path: PathBuf,
}

impl Home {
    pub(super) fn new() -> Self {
        let temporary = tempfile::tempdir().expect("a temporary directory");
        let path = temporary.path().join("site");
        Self { _temporary: temporary, path }
    }

    pub(super) fn dir(&self) -> DataDir {
        DataDir::new(&self.path)
    }

    pub(super) fn lock(&self) -> LockedDir {
        self.dir().lock().expect("nobody else has it")
    }
}

/// A running site.
pub(super) struct Running {
    task: JoinHandle<Result<Outcome, RunError>>,
    stop: CancellationToken,
    lines: watch::Receiver<Vec<String>>,
    dir: DataDir,
    http: reqwest::Client,
}

impl Running {
    pub(super) fn start(home: &Home, clock: &ManualClock) -> Self {
        let (sender, lines) = watch::channel(vec![]);
        let watcher = Watcher::new(move |progress| sender.send_modify(|lines| lines.push(progress.to_string())));
        let options = Options { clock: Arc::new(clock.clone()), watcher, ..Options::new("skx/test") };
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(home.lock(), options, stop.clone().cancelled_owned()));
        // The provider may have been installed by another test.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { task, stop, lines, dir: home.dir(), http }
    }

    /// Waits for a line of progress that contains `needle`.
    pub(super) async fn line(&self, needle: &str) {
        self.lines_with(needle, 1).await;
    }

    /// Waits until `count` lines contain `needle`.
    pub(super) async fn lines_with(&self, needle: &str, count: usize) {
        let mut lines = self.lines.clone();
        let enough = |lines: &Vec<String>| lines.iter().filter(|line| line.contains(needle)).count() >= count;
        if !matches!(timeout(PATIENCE, lines.wait_for(enough)).await, Ok(Ok(_))) {
            panic!("not {count} lines with {needle:?} in {:#?}", self.lines.borrow());
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }

    /// A request to the local API, with the token.
    pub(super) async fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.line("local API").await;
        let address = timeout(PATIENCE, async {
            loop {
                if let Some(file) = self.dir.local_api().expect("readable") {
                    return file.address;
                }
                tokio::task::yield_now().await;
            }
        });
        let address = address.await.expect("published");
        let token = self.dir.token().expect("readable").expect("made");
        self.http.request(method, format!("http://{address}/api/v1{path}")).bearer_auth(token.as_str())
    }

    pub(super) async fn get(&self, path: &str) -> serde_json::Value {
        let request = self.request(reqwest::Method::GET, path).await;
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    pub(super) async fn status(&self) -> SiteStatus {
        serde_json::from_value(self.get("/site").await).expect("a status")
    }

    /// Waits until the status is as wished.
    pub(super) async fn until(&self, what: &str, wished: impl Fn(&SiteStatus) -> bool) -> SiteStatus {
        let mut last = None;
        let found = timeout(PATIENCE, async {
            loop {
                let status = self.status().await;
                if wished(&status) {
                    return status;
                }
                last = Some(status);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await;
        match found {
            Ok(status) => status,
            Err(_) => panic!("never {what}: {last:#?}\n{:#?}", self.lines()),
        }
    }

    /// Waits until the site ends by itself.
    pub(super) async fn ended(self) -> Outcome {
        let ended = timeout(PATIENCE, self.task).await;
        let lines = self.lines.borrow().clone();
        ended.unwrap_or_else(|_| panic!("it goes on: {lines:#?}")).expect("no panic").expect("it ran")
    }

    /// Waits until the site is over, and says how it ended.
    pub(super) async fn over(self) -> Over {
        match self.ended().await {
            Outcome::Over(over) => over,
            other => panic!("it is not over: {other:?}"),
        }
    }

    /// Asks the site to stop.
    pub(super) async fn stop(self) {
        self.stop.cancel();
        assert_eq!(self.ended().await, Outcome::Stopped);
    }
}
