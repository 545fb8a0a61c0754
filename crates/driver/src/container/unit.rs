//! One workload as a container.

use std::sync::Arc;

use compose::{model::EnvValue, render::Runnable};
use futures_util::{FutureExt as _, future::BoxFuture};
use hyper::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    api::{ApiError, Sent, query},
    engine::{Bridge, Engine},
    files,
    image::{self, Image},
    inspect::Container,
    logs,
    owned::{DIGEST, INSTANCE, WORKLOAD},
};
use crate::{
    live::{self, LiveFiles},
    probe::Beside,
    process::program::MAX_SAID,
    supervise::{End, Started, Unit},
    wanted::Secrets,
};

/// How large the engine lets a file of what a container says become.
const LOG_SIZE: &str = "10m";

/// Where a container finds what it is told while it runs.
const TOLD: &str = "/run/skupperx";

/// One workload as a container.
#[derive(Debug)]
pub(super) struct Contained {
    pub(super) engine: Arc<Engine>,
    pub(super) deployment: String,
    pub(super) name: String,
    pub(super) runnable: Runnable,
    pub(super) secrets: Secrets,
    pub(super) live: LiveFiles,
    pub(super) digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Executed {
    exit_code: i64,
}

impl Contained {
    fn container(&self) -> String {
        self.engine.owner.name(&self.deployment, &self.name)
    }

    fn path(&self, what: &str) -> String {
        format!("/containers/{}{what}", self.container())
    }

    async fn inspect(&self) -> Result<Option<Container>, ApiError> {
        self.engine.api.find(&self.path("/json")).await
    }

    fn is_as_made(&self, it: &Container) -> bool {
        let memory = self.runnable.memory.filter(|_| self.engine.limits_memory);
        it.is_as_made(&self.engine.owner.network(&self.deployment), memory)
    }

    async fn begin(&self, say: &(dyn Fn(String) + Sync)) -> Result<Started, String> {
        let words = |error: ApiError| error.words();
        let found = self.inspect().await.map_err(words)?;
        if let Some(it) = found {
            let labels = it.labels();
            if !self.engine.owner.owns(&labels) {
                return Err(format!("there is a container {} of somebody else", self.container()));
            }
            // One that never ran may lack its files.
            if labels.get(DIGEST) == Some(&self.digest) && self.is_as_made(&it) {
                if it.is("running") || it.has_ended() && !self.runnable.restart {
                    return Ok(Started { anew: false, image: self.image_of(&it).await });
                }
                if it.has_ended() {
                    self.engine.api.ask(Method::POST, &self.path("/start"), Sent::Nothing).await.map_err(words)?;
                    return Ok(Started { anew: true, image: self.image_of(&it).await });
                }
            }
            self.halt().await;
            self.engine.api.delete(&self.path("?force=true&v=true")).await.map_err(words)?;
        }
        let name = self.runnable.image.as_deref().ok_or("there is no image to run")?;
        let image = image::ensure(&self.engine.api, name, say).await?;
        self.create(&image).await.map_err(words)?;
        self.engine.api.ask(Method::POST, &self.path("/start"), Sent::Nothing).await.map_err(words)?;
        Ok(Started { anew: true, image: Some(image.pinned()) })
    }

    async fn image_of(&self, container: &Container) -> Option<String> {
        let image: Option<Image> = self.engine.api.find(&format!("/images/{}/json", container.image)).await.ok()?;
        Some(image?.pinned())
    }

    async fn create(&self, image: &Image) -> Result<(), ApiError> {
        let api = &self.engine.api;
        let bridge = self.engine.bridge(&self.deployment).await?;
        let labels = self.engine.owner.labels(&self.deployment);
        for volume in self.runnable.volumes.values() {
            let body = json!({ "Name": self.engine.owner.name(&self.deployment, volume), "Labels": labels });
            api.ask(Method::POST, "/volumes/create", Sent::Json(body)).await?;
        }
        let path = format!("/containers/create?name={}", self.container());
        let created: Created = api.post(&path, self.described(image, &bridge)).await?;
        let archive = files::archive(&self.runnable, &self.secrets);
        let archive = archive.map_err(|error| ApiError::Broken(api.socket().to_owned(), error.into()))?;
        if let Some(archive) = archive {
            let path = format!("/containers/{}/archive?path=/", created.id);
            api.ask(Method::PUT, &path, Sent::Tar(archive)).await?;
        }
        Ok(())
    }

    /// The container, as the engine is told to make it.
    fn described(&self, image: &Image, bridge: &Bridge) -> Value {
        let it = &self.runnable;
        let mut labels = self.engine.owner.labels(&self.deployment);
        let more = [(WORKLOAD, &self.name), (INSTANCE, &it.instance), (DIGEST, &self.digest)];
        labels.extend(more.map(|(key, value)| (key.to_owned(), value.clone())));
        let mut env: Vec<String> = it
            .env
            .iter()
            .map(|(name, value)| match value {
                EnvValue::Text(text) => format!("{name}={text}"),
                EnvValue::Number(number) => format!("{name}={number}"),
                EnvValue::Boolean(boolean) => format!("{name}={boolean}"),
                EnvValue::Secret(secret) => {
                    format!("{name}={}", self.secrets.get(secret).map_or("", |value| value.expose()))
                }
            })
            .collect();
        let volumes = it
            .volumes
            .iter()
            .map(|(path, volume)| format!("{}:{path}", self.engine.owner.name(&self.deployment, volume)));
        let mut binds: Vec<String> = volumes.collect();
        if it.addresses {
            env.push(format!("{}={TOLD}/{}", live::VARIABLE, live::FILE));
            // Shared also where SELinux keeps what is the machine's from containers.
            binds.push(format!("{}:{TOLD}:ro,z", self.live.dir(&self.deployment, &self.name).display()));
        }
        let (mut exposed, mut ports) = (Map::new(), Map::new());
        for port in &it.ports {
            let key = format!("{}/{}", port.container, if port.udp { "udp" } else { "tcp" });
            let host = if port.outside { "0.0.0.0" } else { "127.0.0.1" };
            exposed.insert(key.clone(), json!({}));
            ports.insert(key, json!([{ "HostIp": host, "HostPort": port.host.to_string() }]));
        }
        let mut host = json!({
            "Binds": binds,
            "PortBindings": ports,
            "NetworkMode": bridge.name,
            "ExtraHosts": self.engine.extra_hosts(bridge),
            // The driver starts it again: an engine would do so without a pause, or not at all.
            "RestartPolicy": { "Name": "no" },
            "LogConfig": { "Type": "json-file", "Config": { "max-size": LOG_SIZE } },
        });
        if let Some(memory) = it.memory {
            host["Memory"] = json!(memory);
        }
        if let Some(milli) = it.millicpu {
            host["NanoCpus"] = json!(u64::from(milli) * 1_000_000);
        }
        let mut all = json!({
            "Image": image.id,
            "Env": env,
            "Labels": labels,
            "ExposedPorts": exposed,
            "HostConfig": host,
            "NetworkingConfig": { "EndpointsConfig": { &bridge.name: { "Aliases": it.names } } },
        });
        if !it.command.is_empty() {
            all["Entrypoint"] = json!(it.command);
        }
        if !it.args.is_empty() {
            all["Cmd"] = json!(it.args);
        }
        if let Some(user) = it.user {
            all["User"] = json!(user.to_string());
        }
        if let Some(workdir) = &it.workdir {
            all["WorkingDir"] = json!(workdir);
        }
        all
    }

    /// Ends it, gently at first. What cannot be ended is removed by force, when it is.
    async fn halt(&self) {
        let path = self.path(&format!("/stop?t={}", self.engine.grace.as_secs()));
        if let Err(error) = self.engine.api.ask(Method::POST, &path, Sent::Nothing).await {
            tracing::debug!(container = self.container(), error = error.words(), "it was not stopped");
        }
    }

    /// How it ended, if it does not run as it should.
    async fn end(&self) -> Option<End> {
        let otherwise = |words: String| Some(End::Otherwise(words));
        let it = match self.inspect().await {
            Ok(Some(it)) => it,
            Ok(None) => return otherwise("somebody removed it".to_owned()),
            Err(error) => return otherwise(error.words()),
        };
        match it.state.status.as_str() {
            "running" if self.is_as_made(&it) => None,
            "running" => otherwise("somebody changed it".to_owned()),
            "exited" | "stopped" if it.state.out_of_memory => {
                Some(End::Killed("it used more memory than it may".to_owned()))
            }
            "exited" | "stopped" => Some(End::Code(it.state.exit_code)),
            // On the way to another state, of which is told.
            "stopping" | "removing" | "restarting" => None,
            other => otherwise(format!("it is {other} {}", it.state.error).trim().to_owned()),
        }
    }

    async fn execute(&self, words: &[String]) -> Result<(), String> {
        let api = &self.engine.api;
        let body = json!({ "Cmd": words, "AttachStdout": true, "AttachStderr": true });
        let run = async {
            let exec: Created = api.post(&self.path("/exec"), body).await?;
            let path = format!("/exec/{}", query(&exec.id));
            let start = Sent::Json(json!({ "Detach": false, "Tty": false }));
            let said = api.send(Method::POST, &format!("{path}/start"), start).await?;
            let said = api.beginning(said, MAX_SAID).await?;
            let done: Executed = api.get(&format!("{path}/json")).await?;
            Ok((done.exit_code, said))
        };
        let program = words.first().map_or("", String::as_str);
        match run.await.map_err(|error: ApiError| error.words())? {
            (0, _) => Ok(()),
            (code, said) => {
                let line = logs::lines(&said).into_iter().next().map(|line| line.text).unwrap_or_default();
                Err(format!("{program}: code {code} {line}").trim().to_owned())
            }
        }
    }
}

impl Beside for Contained {
    fn run<'a>(&'a self, words: &'a [String]) -> BoxFuture<'a, Result<(), String>> {
        self.execute(words).boxed()
    }
}

impl Unit for Contained {
    fn start<'a>(&'a self, say: &'a (dyn Fn(String) + Sync)) -> BoxFuture<'a, Result<Started, String>> {
        self.begin(say).boxed()
    }

    fn ended(&self) -> BoxFuture<'_, End> {
        self.engine.look.until(|| self.end()).boxed()
    }

    fn stop(&self) -> BoxFuture<'_, ()> {
        self.halt().boxed()
    }
}
