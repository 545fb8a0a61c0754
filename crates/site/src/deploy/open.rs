//! What a site runs workloads on, and the driver for it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use compose::model::Platform;
use driver::{Driver, Volumes};
use model::Clock;
use tokio::{sync::watch, time::sleep};

use super::worker::remove_all;
use crate::{
    channel::words,
    state::{DataDir, Deployments, LocalConfig},
};

/// The pauses before a driver that could not be opened is opened again.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What a driver is opened with.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    /// What workloads are run on; nothing, if they are not.
    pub(crate) platform: Option<Platform>,
    /// What they were run on before.
    former: Vec<Platform>,
    /// All that anything of this site was ever run on, as far as that is not forgotten.
    ran: BTreeSet<Platform>,
    options: driver::Options,
}

impl Opener {
    /// For the site in `dir`: what the participant wished, else containers where there is an engine for them. Processes are run
    /// only where that was wished.
    pub(crate) async fn of(dir: &DataDir, kept: &Deployments, local: &LocalConfig, clock: Arc<dyn Clock>) -> Self {
        let options = driver::Options::new(dir.workloads(), kept.owner.to_string(), clock);
        let platform = match local.run {
            Some(runs) => runs.platform(),
            None => driver::detect(&options).await,
        };
        // Where it is not known what there is, nothing of what was there is taken for another's.
        let is_known = platform.is_some() || local.run.is_some();
        let former = kept.ran.iter().copied().filter(|it| is_known && Some(*it) != platform).collect();
        let ran = kept.ran.iter().copied().chain(platform).collect();
        Self { platform, former, ran, options }
    }

    /// Removes what was run here on something else before. What cannot be reached is tried again at the next start, and when the
    /// site ends.
    pub(crate) async fn remove_former(&self, volumes: Volumes) {
        for platform in self.former.iter().copied() {
            self.remove_from(platform, volumes).await;
        }
    }

    /// Removes all that was ever run here, by the driver that is open where there is one. Says whether all of it is gone.
    pub(crate) async fn remove_everything(&self, opened: Option<Arc<dyn Driver>>, volumes: Volumes) -> bool {
        let mut done = None;
        let mut gone = true;
        if let Some(driver) = opened {
            done = Some(driver.platform());
            gone = remove_all(&*driver, volumes).await;
            driver.shutdown().await;
        }
        for platform in self.ran.iter().copied().filter(|platform| Some(*platform) != done) {
            gone &= self.remove_from(platform, volumes).await;
        }
        gone
    }

    /// Removes what was run on a platform. Says whether that is gone.
    async fn remove_from(&self, platform: Platform, volumes: Volumes) -> bool {
        match driver::open(platform, self.options.clone()).await {
            Ok(driver) => {
                // Processes end with their driver's start. Their directories are those of services, which may run.
                let is_of_services = (platform, self.platform) == (Platform::Process, Some(Platform::Systemd));
                let gone = is_of_services || remove_all(&*driver, volumes).await;
                driver.shutdown().await;
                gone
            }
            Err(error) => {
                let (platform, error) = (platform.as_str(), words(&error));
                tracing::warn!(platform, error, "what was run on it cannot be removed");
                false
            }
        }
    }

    /// Opens the driver, however long it takes until that works: what is wished may start after the site.
    pub(crate) async fn open(
        self,
        opened: &watch::Sender<Option<Arc<dyn Driver>>>,
        trouble: &watch::Sender<Option<String>>,
    ) {
        let Some(platform) = self.platform else { return };
        let mut pause = FIRST_PAUSE;
        loop {
            match driver::open(platform, self.options.clone()).await {
                Ok(driver) => {
                    opened.send_replace(Some(driver));
                    trouble.send_replace(None);
                    return;
                }
                Err(error) => {
                    let error = words(&error);
                    tracing::warn!(platform = platform.as_str(), error, "workloads cannot be run yet");
                    let said = format!(
                        "workloads cannot be run on {} yet, and the site tries again: {error}",
                        platform.as_str()
                    );
                    trouble.send_replace(Some(said));
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }
}
