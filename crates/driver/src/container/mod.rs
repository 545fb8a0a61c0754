//! Workloads as containers of Podman or Docker, by the API that both have.
//!
//! What is ours is found by labels, and by them alone: the site, the deployment, and a digest of what a container was made
//! of. A container of another digest is made anew.

mod api;
mod engine;
mod files;
mod image;
mod inspect;
mod logs;
mod owned;
mod unit;

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use compose::{model::Platform, render::Scope};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use hyper::Method;
use serde::Deserialize;
use tokio::time::timeout;

use self::{
    api::{Api, ApiError, Sent, filters, query},
    engine::Engine,
    inspect::{Listed, Network},
    owned::{DEPLOYMENT, WORKLOAD},
    unit::Contained,
};
use crate::{
    DriverError, LogLine, Options, Volumes,
    live::LiveFiles,
    runner::Ground,
    supervise::Unit,
    wanted::{Secrets, Wanted},
};

/// What objects are called that are containers.
pub(crate) const KIND: &str = "container";

/// How long an engine may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(10);

/// Containers of Podman or Docker.
#[derive(Debug)]
pub(crate) struct Containers {
    engine: Arc<Engine>,
    live: LiveFiles,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedVolumes {
    #[serde(default)]
    volumes: Option<Vec<ListedVolume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedVolume {
    name: String,
}

/// What an engine says that it is made of.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(default)]
    components: Option<Vec<Component>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Component {
    name: String,
}

/// Which of Podman and Docker answers here, by its own words.
pub(crate) async fn detect(options: &Options) -> Option<Platform> {
    for platform in [Platform::Podman, Platform::Docker] {
        let Ok(socket) = socket(platform, options).await else { continue };
        if let Ok(version) = Api::new(&socket).get::<Version>("/version").await {
            let is_podman = version.components.iter().flatten().any(|it| it.name.contains("Podman"));
            return Some(if is_podman { Platform::Podman } else { Platform::Docker });
        }
    }
    None
}

/// The socket at which a platform answers.
async fn socket(platform: Platform, options: &Options) -> Result<PathBuf, DriverError> {
    let all = options.socket.clone().map_or_else(|| engine::sockets(platform), |socket| vec![socket]);
    let mut last = DriverError::plain(format!("there is nowhere to find {}", platform.as_str()));
    for socket in all {
        let api = Api::new(&socket);
        match timeout(PATIENCE, api.ask(Method::GET, "/_ping", Sent::Nothing)).await {
            Ok(Ok(())) => return Ok(socket),
            Ok(Err(error)) => last = failed(format!("{} is not here", platform.as_str()))(error),
            Err(late) => last = DriverError::new(format!("{} does not answer", socket.display()), late),
        }
    }
    Err(last)
}

fn failed(what: impl Into<String>) -> impl FnOnce(ApiError) -> DriverError {
    move |error| DriverError::new(what, error)
}

impl Containers {
    /// Begins. What an earlier owner left running goes on.
    pub(crate) async fn open(platform: Platform, options: &Options) -> Result<Self, DriverError> {
        let socket = socket(platform, options).await?;
        let engine = Engine::find(platform, &socket, &options.site, options.pace).await;
        let engine = engine.map_err(failed(format!("{} cannot be used", platform.as_str())))?;
        Ok(Self { engine: Arc::new(engine), live: LiveFiles::new(&options.dir) })
    }

    /// The containers of the site, or of one of its deployments.
    async fn list(&self, deployment: Option<&str>) -> Result<Vec<Listed>, ApiError> {
        let filter = filters(&self.engine.owner.filter(deployment));
        let all: Vec<Listed> = self.engine.api.get(&format!("/containers/json?all=true&filters={filter}")).await?;
        // An engine that does not know a filter must not make everything ours.
        let ours = |it: &Listed| it.labels.as_ref().is_some_and(|labels| self.engine.owner.owns(labels));
        Ok(all.into_iter().filter(ours).collect())
    }

    async fn reduce(&self, deployment: &str, keep: &BTreeSet<String>) -> Result<(), ApiError> {
        let label = |it: &Listed, label: &str| it.labels.as_ref().and_then(|labels| labels.get(label).cloned());
        let all = self.list(Some(deployment)).await?.into_iter().filter(|it| {
            label(it, DEPLOYMENT).as_deref() == Some(deployment)
                && label(it, WORKLOAD).is_none_or(|name| !keep.contains(&name))
        });
        let removed = all.map(|it| async move {
            let stop = format!("/containers/{}/stop?t={}", it.id, self.engine.grace.as_secs());
            // What does not run cannot be stopped; it is removed all the same.
            let _ = self.engine.api.ask(Method::POST, &stop, Sent::Nothing).await;
            self.engine.api.delete(&format!("/containers/{}?force=true&v=true", it.id)).await
        });
        join_all(removed).await.into_iter().collect()
    }

    async fn sweep(&self, deployment: &str, volumes: Volumes) -> Result<(), ApiError> {
        let api = &self.engine.api;
        let network = format!("/networks/{}", self.engine.owner.network(deployment));
        let found: Option<Network> = api.find(&network).await?;
        if found.and_then(|it| it.labels).is_some_and(|labels| self.engine.owner.owns(&labels)) {
            api.delete(&network).await?;
        }
        if volumes == Volumes::Delete {
            let filter = filters(&self.engine.owner.filter(Some(deployment)));
            let all: ListedVolumes = api.get(&format!("/volumes?filters={filter}")).await?;
            let ours = self.engine.owner.name(deployment, "");
            for volume in all.volumes.into_iter().flatten().filter(|it| it.name.starts_with(&ours)) {
                api.delete(&format!("/volumes/{}", query(&volume.name))).await?;
            }
        }
        Ok(())
    }
}

impl Ground for Containers {
    fn platform(&self) -> Platform {
        self.engine.platform
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    fn outlives(&self) -> bool {
        true
    }

    fn prepare<'a>(&'a self, deployment: &'a str) -> BoxFuture<'a, Result<(), DriverError>> {
        async move {
            let bridge = self.engine.bridge(deployment).await;
            bridge.map(drop).map_err(failed(format!("there is no network for {deployment}")))
        }
        .boxed()
    }

    fn unit(&self, deployment: &str, wanted: &Wanted, secrets: Secrets) -> Arc<dyn Unit> {
        Arc::new(Contained {
            engine: self.engine.clone(),
            deployment: deployment.to_owned(),
            name: wanted.name.clone(),
            runnable: wanted.runnable.clone(),
            secrets,
            live: self.live.clone(),
            digest: wanted.digest.clone(),
        })
    }

    fn prune<'a>(&'a self, deployment: &'a str, keep: &'a BTreeSet<String>) -> BoxFuture<'a, Result<(), DriverError>> {
        async move {
            let reduced = self.reduce(deployment, keep).await;
            reduced.map_err(failed(format!("containers of {deployment} are left that should not be")))
        }
        .boxed()
    }

    fn clear<'a>(&'a self, deployment: &'a str, volumes: Volumes) -> BoxFuture<'a, Result<(), DriverError>> {
        async move { self.sweep(deployment, volumes).await.map_err(failed(format!("something of {deployment} is left"))) }
            .boxed()
    }

    fn inventory(&self) -> BoxFuture<'_, Result<BTreeSet<String>, DriverError>> {
        async {
            let containers = self.list(None).await.map_err(failed("the containers cannot be listed"))?;
            let filter = filters(&self.engine.owner.filter(None));
            let networks: Vec<Listed> = self
                .engine
                .api
                .get(&format!("/networks?filters={filter}"))
                .await
                .map_err(failed("the networks cannot be listed"))?;
            let labels = containers.into_iter().chain(networks).filter_map(|it| it.labels);
            let ours = labels.filter(|it| self.engine.owner.owns(it));
            Ok(ours.filter_map(|mut it| it.remove(DEPLOYMENT)).collect())
        }
        .boxed()
    }

    fn logs<'a>(
        &'a self,
        deployment: &'a str,
        name: &'a str,
        lines: usize,
    ) -> BoxFuture<'a, Result<Vec<LogLine>, DriverError>> {
        async move {
            let container = self.engine.owner.name(deployment, name);
            let path = format!("/containers/{container}/logs?stdout=true&stderr=true&timestamps=true&tail={lines}");
            let said = async {
                let answer = self.engine.api.send(Method::GET, &path, Sent::Nothing).await?;
                self.engine.api.whole(answer).await
            };
            match said.await {
                Err(error) if error.is(hyper::StatusCode::NOT_FOUND) => Ok(Vec::new()),
                said => Ok(logs::lines(&said.map_err(failed(format!("what {name} said cannot be read")))?)),
            }
        }
        .boxed()
    }

    fn bind_host<'a>(&'a self, deployment: &'a str, scope: Scope) -> BoxFuture<'a, Result<IpAddr, DriverError>> {
        async move {
            match scope {
                Scope::Outside => Ok(Ipv4Addr::UNSPECIFIED.into()),
                Scope::Loopback => Ok(Ipv4Addr::LOCALHOST.into()),
                Scope::Containers | Scope::Namespace => {
                    let bridge = self.engine.bridge(deployment).await;
                    let bridge = bridge.map_err(failed(format!("there is no network for {deployment}")))?;
                    Ok(self.engine.host(&bridge))
                }
            }
        }
        .boxed()
    }
}
