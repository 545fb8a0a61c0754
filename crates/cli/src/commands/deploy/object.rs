//! Deployments as objects of the service.

use std::path::Path;

use api::{Deployment, DeploymentOrder, DeploymentStatus, DeploymentWave, RolloutCommand};
use model::Name;

use super::{Deploys, Instead, document, path, read};
use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, time, yes},
    values::Scoped,
};

pub(super) async fn create(file: &Path, instead: Instead, session: &Session) -> Result<(), Failure> {
    let (network, name, document) = instead.read(file, session.output)?;
    let made: Deployment = session.client()?.create(&format!("/networks/{network}/deployments"), &document).await?;
    let sentence = format!(
        "created deployment {network}/{name} of {}; see skx deploy status {network}/{name}",
        short(&made.release)
    );
    session.output.done(&sentence, &made)
}

pub(super) async fn update(
    deployment: &Scoped,
    file: Option<&Path>,
    deploys: Deploys,
    session: &Session,
) -> Result<(), Failure> {
    if file.is_none() && deploys.release.is_none() && deploys.application.is_none() {
        return Err(Failure::usage("nothing is to be changed").how("give --file, --release or --application"));
    }
    let client = session.client()?;
    let path = path(&deployment.parent, &deployment.name);
    let mut document = match file {
        Some(file) => {
            let (_, mut authored) = read(file, session.output)?;
            let metadata = &mut authored.deployment.metadata;
            (metadata.network, metadata.name) = (deployment.parent.as_str().into(), deployment.name.as_str().into());
            document(&authored)?
        }
        None => client.get::<Deployment>(&path).await?.document,
    };
    deploys.into(&mut document);
    let set: Deployment = client.put(&path, &document).await?;
    let sentence = format!("{deployment} deploys {} as it says now", short(&set.release));
    session.output.done(&sentence, &set)
}

pub(super) async fn list(network: &Name, narrow: &Narrow, session: &Session) -> Result<(), Failure> {
    let path = format!("/networks/{network}/deployments");
    session.output.list(&session.client()?.list::<Deployment>(&path, &narrow.query()).await?)
}

pub(super) async fn show(deployment: &Scoped, session: &Session) -> Result<(), Failure> {
    let path = path(&deployment.parent, &deployment.name);
    session.output.object(&session.client()?.get::<Deployment>(&path).await?)
}

pub(super) async fn delete(deployment: &Scoped, consent: Consent, session: &Session) -> Result<(), Failure> {
    consent.ask(&format!("takes all of {deployment} away from every site"))?;
    let path = path(&deployment.parent, &deployment.name);
    let gone: Deployment = session.client()?.remove(&path).await?;
    session.output.done(&format!("{deployment} is being taken away from its sites; then it is gone"), &gone)
}

pub(super) async fn order(deployment: &Scoped, command: RolloutCommand, session: &Session) -> Result<(), Failure> {
    let path = format!("{}/rollout", path(&deployment.parent, &deployment.name));
    let order = DeploymentOrder { command, wave: None, early: false };
    let found: Deployment = session.client()?.post(&path, &order).await?;
    let done = match command {
        RolloutCommand::Pause => "is paused",
        RolloutCommand::Resume => "goes on",
        RolloutCommand::Promote => "goes on",
        RolloutCommand::Abort => "is ended; sites that are not healthy go back",
        RolloutCommand::Rollback => "is ended; its sites go back to what they had",
        RolloutCommand::AllowRemovals => "goes on with what it takes away",
    };
    session.output.done(&format!("the rollout of {deployment} {done}"), &found)
}

/// Takes a wave for done: the one that is under way now, if none is said.
pub(super) async fn promote(
    deployment: &Scoped,
    wave: Option<String>,
    early: bool,
    session: &Session,
) -> Result<(), Failure> {
    let (client, path) = (session.client()?, path(&deployment.parent, &deployment.name));
    let wave = match wave {
        Some(wave) => Some(wave),
        None => {
            let status: DeploymentStatus = client.get(&format!("{path}/status")).await?;
            status.waves.into_iter().rfind(DeploymentWave::is_open).map(|wave| wave.name)
        }
    };
    let order = DeploymentOrder { command: RolloutCommand::Promote, wave: wave.clone(), early };
    let found: Deployment = client.post(&format!("{path}/rollout"), &order).await?;
    let wave = wave.map_or_else(String::new, |wave| format!(" {wave}"));
    session.output.done(&format!("wave{wave} of {deployment} is promoted"), &found)
}

/// The name of a release, as short as people say it.
pub(super) fn short(release: &str) -> &str {
    let digits = release.find("sha256:").map_or(release.len(), |at| at + "sha256:".len() + 12);
    release.get(..digits).unwrap_or(release)
}

impl Show for Deployment {
    const HEADINGS: &'static [&'static str] = &["name", "release", "version", "follows", "trouble", "updated"];

    fn row(&self) -> Vec<String> {
        let trouble = match &self.trouble {
            _ if self.removing => "being removed".to_owned(),
            Some(trouble) => trouble.lines().next().unwrap_or_default().to_owned(),
            None => String::new(),
        };
        vec![
            self.name.to_string(),
            short(&self.release).to_owned(),
            self.version.clone(),
            yes(self.follows),
            trouble,
            time(self.updated),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("name", self.name.to_string()),
            ("network", self.network.to_string()),
            ("release", self.release.clone()),
            ("version", self.version.clone()),
            (
                "follows",
                if self.follows { format!("the newest release of {}", self.application) } else { String::new() },
            ),
            ("trouble", self.trouble.clone().unwrap_or_default()),
            ("created", time(self.created)),
            ("updated", time(self.updated)),
            ("id", self.id.to_string()),
        ]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}
