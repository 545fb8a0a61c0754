//! A site that runs workloads by a driver, and what is asked of it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use compose::{
    model::Platform,
    render::{Check, Content, Object, Tells},
};
use driver::{Desired, Driver, LogLine, Options, Pace, State, WorkloadStatus};
use jiff::Timestamp;
use model::{Clock, secret::SecretText};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::{
    engine::{Engine, IMAGE},
    systemd::Systemd,
};

/// How long is waited for what must happen, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Says who it is, and runs until it is stopped. Processes find their files below `SKX_ROOT`, containers from the root on.
pub(crate) const RUN: &str = "\
trap 'exit 0' TERM; cat /proc/sys/kernel/random/uuid; while :; do sleep 0.1; done";

#[derive(Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A site.
pub(crate) struct Stage {
    pub(crate) platform: Platform,
    pub(crate) site: String,
    dir: TempDir,
    pub(crate) engine: Option<Arc<Engine>>,
    pub(crate) systemd: Option<Arc<Systemd>>,
}

impl Stage {
    pub(crate) fn new(platform: Platform) -> Self {
        let systemd = (platform == Platform::Systemd).then(Systemd::shared);
        let above = systemd.as_ref().map_or_else(std::env::temp_dir, |it| it.sites());
        let dir = tempfile::Builder::new().permissions(open_to_all()).tempdir_in(above).expect("a directory");
        let site = dir.path().file_name().expect("its name").to_string_lossy().into_owned();
        Self { platform, site, dir, engine: platform.has_containers().then(Engine::shared), systemd }
    }

    /// Whether what runs goes on running without its site.
    pub(crate) fn outlives(&self) -> bool {
        self.platform != Platform::Process
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().join("driver")
    }

    pub(crate) fn options(&self) -> Options {
        let pace = Pace {
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_millis(500),
            steady: Duration::from_millis(200),
            grace: Duration::from_secs(1),
            look: Duration::from_secs(1),
            ..Pace::default()
        };
        let systemd = self.systemd.as_ref();
        Options {
            socket: self.socket(),
            units: systemd.map(|it| it.units()),
            journal: systemd.map(|it| it.journal()),
            pace,
            ..Options::new(self.dir(), self.site.clone(), Arc::new(SystemClock))
        }
    }

    /// Where what runs workloads answers.
    pub(crate) fn socket(&self) -> Option<PathBuf> {
        self.engine.as_ref().map(|it| it.socket()).or_else(|| self.systemd.as_ref().map(|it| it.socket()))
    }

    pub(crate) async fn open(&self) -> Site {
        Site::open(self.platform, self.options()).await
    }

    /// A workload that runs a script.
    pub(crate) fn workload(&self, name: &str, script: &str) -> Object {
        self.object(name, json!({ "command": ["/bin/sh", "-c", script] }))
    }

    /// A workload with more than a command.
    pub(crate) fn object(&self, name: &str, more: Value) -> Object {
        let containers = self.platform.has_containers();
        let mut content = json!({ "instance": format!("shop/{name}"), "restart": true });
        if containers {
            content["image"] = json!(IMAGE);
        }
        for (key, value) in more.as_object().expect("fields") {
            content[key] = value.clone();
        }
        let kind = match self.platform {
            Platform::Process => "process",
            Platform::Systemd => "service",
            _ => "container",
        };
        Object { kind: kind.to_owned(), name: name.to_owned(), content: Content::Structure(content), why: Vec::new() }
    }
}

fn open_to_all() -> std::fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o755)
}

/// A deployment of some workloads.
pub(crate) fn shop(objects: impl IntoIterator<Item = Object>) -> Desired {
    Desired {
        deployment: "shop".to_owned(),
        objects: objects.into_iter().collect(),
        checks: Vec::new(),
        secrets: BTreeMap::new(),
        live: BTreeMap::new(),
    }
}

/// A check of a workload that is tried every second, and counts at once.
pub(crate) fn check(name: &str, tells: Tells) -> Check {
    Check {
        instance: format!("shop/{name}"),
        name: name.to_owned(),
        tells,
        http: None,
        tcp: None,
        exec: Vec::new(),
        every: 1,
        timeout: 30,
        failures: 1,
    }
}

pub(crate) fn exec(name: &str, tells: Tells, script: &str) -> Check {
    Check { exec: ["/bin/sh", "-c", script].map(str::to_owned).into(), ..check(name, tells) }
}

pub(crate) fn secret(text: &str) -> SecretText {
    Zeroizing::new(text.to_owned()).into()
}

/// Waits until something holds of which nobody tells.
pub(crate) async fn wait_for(holds: impl Fn() -> bool) {
    let found = timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    found.await.expect("it does not come to hold");
}

/// The site while it runs.
pub(crate) struct Site(pub(crate) Arc<dyn Driver>);

impl Site {
    pub(crate) async fn open(platform: Platform, options: Options) -> Self {
        Self(driver::open(platform, options).await.expect("a driver"))
    }

    pub(crate) async fn apply(&self, desired: &Desired) {
        self.0.apply(desired.clone()).await.expect("it is applied");
    }

    /// Waits until something holds of a workload.
    pub(crate) async fn until(&self, name: &str, holds: impl Fn(&WorkloadStatus) -> bool) -> WorkloadStatus {
        let mut changed = self.0.changed();
        let found = timeout(PATIENCE, async {
            loop {
                changed.borrow_and_update();
                if let Some(status) = self.0.observe("shop").into_iter().find(|it| it.name == name && holds(it)) {
                    return status;
                }
                changed.changed().await.expect("the driver is there");
            }
        });
        match found.await {
            Ok(status) => status,
            Err(_) => {
                let said = self.0.logs("shop", name, 5).await;
                panic!("{name}: {:?}\n{said:?}", self.0.observe("shop"))
            }
        }
    }

    pub(crate) async fn is(&self, name: &str, state: State) -> WorkloadStatus {
        self.until(name, |it| it.state == state).await
    }

    pub(crate) async fn logs(&self, name: &str) -> Vec<LogLine> {
        self.0.logs("shop", name, 1000).await.expect("its log")
    }

    /// Waits until a workload has said so many lines.
    pub(crate) async fn lines(&self, name: &str, count: usize) -> Vec<String> {
        let said = timeout(PATIENCE, async {
            loop {
                let lines = self.logs(name).await;
                if lines.len() >= count {
                    return lines.into_iter().map(|line| line.text).collect();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        said.await.unwrap_or_else(|_| panic!("{name} does not speak: {:?}", self.0.observe("shop")))
    }

    /// Who a workload is: another one after every start.
    pub(crate) async fn life(&self, name: &str) -> String {
        self.lines(name, 1).await.pop().expect("a line")
    }

    /// Waits until a workload is another one than it was.
    pub(crate) async fn other_life(&self, name: &str, than: &str) -> String {
        let found = timeout(PATIENCE, async {
            loop {
                let life = self.life(name).await;
                if life != than {
                    return life;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("{name} is the same: {:?}", self.0.observe("shop")))
    }

    pub(crate) async fn inventory(&self) -> Vec<String> {
        self.0.inventory().await.expect("an inventory").into_iter().collect()
    }
}
