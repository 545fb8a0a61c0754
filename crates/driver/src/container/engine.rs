//! The engine as this site uses it, and what the containers of a deployment share there.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    time::Duration,
};

use compose::model::Platform;
use futures_util::{FutureExt as _, StreamExt as _, future::ready};
use http_body_util::BodyStream;
use hyper::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    api::{Api, ApiError, Sent, filters},
    inspect::Network,
    owned::Owner,
};
use crate::look::{Events, Look};

/// The names of the host that containers are told.
const HOSTS: [&str; 2] = ["host.containers.internal", "host.docker.internal"];

/// What may have happened to a container that matters.
const EVENTS: [&str; 8] = ["die", "died", "destroy", "remove", "pause", "start", "stop", "update"];

/// The engine as this site uses it.
#[derive(Debug)]
pub(super) struct Engine {
    pub(super) platform: Platform,
    pub(super) api: Api,
    pub(super) owner: Owner,
    pub(super) look: Look,
    pub(super) grace: Duration,
    /// Whether it holds containers to the memory they may use; it makes them all the same where it cannot.
    pub(super) limits_memory: bool,
    /// Whether it runs without the rights of root: then its bridges are not where the site is.
    pub(super) rootless: bool,
}

/// What the engine tells of itself.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default)]
    security_options: Option<Vec<String>>,
    #[serde(default)]
    memory_limit: Option<bool>,
}

/// The network of a deployment.
#[derive(Debug)]
pub(super) struct Bridge {
    pub(super) name: String,
    gateway: Option<IpAddr>,
}

impl Engine {
    pub(super) async fn find(
        platform: Platform,
        socket: &Path,
        site: &str,
        pace: crate::Pace,
    ) -> Result<Self, ApiError> {
        let api = Api::new(socket);
        let info: Info = api.get("/info").await?;
        let rootless = info.security_options.iter().flatten().any(|it| it.contains("rootless"));
        let limits_memory = info.memory_limit != Some(false);
        if !limits_memory {
            tracing::warn!(engine = platform.as_str(), "the engine cannot hold containers to the memory they may use");
        }
        let owner = Owner::new(site);
        let look = look(api.clone(), &owner, pace.look);
        Ok(Self { platform, api, owner, look, grace: pace.grace, limits_memory, rootless })
    }

    /// The network of a deployment. It is made, if it is not there.
    pub(super) async fn bridge(&self, deployment: &str) -> Result<Bridge, ApiError> {
        let name = self.owner.network(deployment);
        let path = format!("/networks/{name}");
        let found: Option<Network> = self.api.find(&path).await?;
        let network = match found {
            Some(network) => network,
            None => {
                let body = json!({ "Name": name, "Driver": "bridge", "Labels": self.owner.labels(deployment) });
                self.api.ask(Method::POST, "/networks/create", Sent::Json(body)).await?;
                self.api.get(&path).await?
            }
        };
        Ok(Bridge { name, gateway: network.gateway() })
    }

    /// Where the site must listen so that the containers of a network reach it.
    pub(super) fn host(&self, bridge: &Bridge) -> IpAddr {
        bridge.gateway.filter(|_| !self.rootless).unwrap_or(Ipv4Addr::UNSPECIFIED.into())
    }

    /// The host, as the containers of a network are told of it. Podman without root knows by itself.
    pub(super) fn extra_hosts(&self, bridge: &Bridge) -> Value {
        let host = match (bridge.gateway, self.rootless, self.platform) {
            (Some(gateway), false, _) => gateway.to_string(),
            (_, _, Platform::Docker) => "host-gateway".to_owned(),
            _ => return json!([]),
        };
        json!(HOSTS.map(|name| format!("{name}:{host}")))
    }
}

/// Hears what happens to containers.
fn look(api: Api, owner: &Owner, pace: Duration) -> Look {
    let mut filter = owner.filter(None);
    filter["type"] = json!(["container"]);
    filter["event"] = json!(EVENTS);
    let path = format!("/events?filters={}", filters(&filter));
    Look::new(pace, move || {
        let (api, path) = (api.clone(), path.clone());
        async move {
            let answer = api.send(Method::GET, &path, Sent::Nothing).await.ok()?;
            let frames = BodyStream::new(answer.into_body());
            let events: Events = frames.take_while(|frame| ready(frame.is_ok())).map(drop).boxed();
            Some(events)
        }
        .boxed()
    })
}

/// Where the API of a platform may be, the likeliest first.
pub(super) fn sockets(platform: Platform) -> Vec<PathBuf> {
    let (variable, all) = match platform {
        Platform::Docker => ("DOCKER_HOST", vec!["/var/run/docker.sock".to_owned()]),
        _ => {
            let own = std::env::var("XDG_RUNTIME_DIR").map(|dir| format!("{dir}/podman/podman.sock"));
            ("CONTAINER_HOST", own.into_iter().chain(["/run/podman/podman.sock".to_owned()]).collect())
        }
    };
    let said = std::env::var(variable).ok().and_then(|url| Some(url.strip_prefix("unix://")?.to_owned()));
    said.into_iter().chain(all).map(PathBuf::from).collect()
}
