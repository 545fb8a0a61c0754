//! `skx deploy`: releases placed on the sites of networks.

mod logs;
mod object;
mod plan;
mod status;

use std::path::Path;

use api::{DeploymentDocument, RolloutCommand as Order};
use clap::{Args, Subcommand};
use compose::{Source, deploy::Authored, model::Label};
use model::Name;

use crate::{
    commands::{
        Session,
        compose::{source, wrong},
        narrow::Narrow,
    },
    confirm::Consent,
    failure::Failure,
    output::Output,
    values::Scoped,
};

/// `skx deploy`.
#[derive(Subcommand, Debug)]
pub(crate) enum Deploy {
    /// Says what every site would get of a deployment, and what that changes. Nothing happens at any site.
    #[command(
        after_help = "Without --sites the service says it, by what it knows of the sites of the network and by what they have now.\n\
            With --sites it is worked out here: a site that nothing is said of keeps what it has; one that is to lose it is\n\
            said to be `presence: gone`, or no longer fits a place. With --output a plan is kept, and with --before the next\n\
            one is compared with it.\n\n\
            Examples:\n  skx deploy plan tills.yaml\n  \
            skx deploy plan tills.yaml --release retail@sha256:9f3c4b5a6978\n  \
            skx deploy plan tills.yaml library/ retail.yaml --sites sites.yaml --output plan.json\n  \
            skx deploy plan tills.yaml retail.json --sites sites.yaml --before plan.json\n  \
            skx deploy plan tills.yaml --sites sites.yaml --site store-017"
    )]
    Plan(plan::PlanArgs),
    /// Places a release on sites of a network, for as long as the deployment stands.
    #[command(after_help = "Examples:\n  skx deploy create tills.yaml\n  \
            skx deploy create tills.yaml --network retail --release retail@sha256:9f3c4b5a6978")]
    Create {
        /// The Deployment: a file, or - for the standard input.
        #[arg(value_name = "FILE")]
        file: std::path::PathBuf,
        #[command(flatten)]
        instead: Instead,
    },
    /// Changes what a deployment says: all of it, by a file, or only what it deploys.
    #[command(after_help = "Examples:\n  skx deploy update retail/tills --file tills.yaml\n  \
            skx deploy update retail/tills --release retail@sha256:9f3c4b5a6978\n  \
            skx deploy update retail/tills --application retail")]
    Update {
        /// The deployment.
        #[arg(value_name = "NETWORK/NAME")]
        deployment: Scoped,
        /// What it says from now on: a file, or - for the standard input; what it says already, if left out.
        #[arg(long, value_name = "FILE")]
        file: Option<std::path::PathBuf>,
        #[command(flatten)]
        deploys: Deploys,
    },
    /// Lists the deployments of a network.
    #[command(after_help = "Example:\n  skx deploy list retail --filter trouble=true")]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows a deployment; with -o yaml also what it says.
    #[command(after_help = "Example:\n  skx deploy show retail/tills")]
    Show {
        /// The deployment.
        #[arg(value_name = "NETWORK/NAME")]
        deployment: Scoped,
    },
    /// Takes a deployment away from every site, and then deletes it.
    #[command(after_help = "Example:\n  skx deploy delete retail/tills --yes")]
    Delete {
        /// The deployment.
        #[arg(value_name = "NETWORK/NAME")]
        deployment: Scoped,
        #[command(flatten)]
        consent: Consent,
    },
    /// Lets no site begin with something new. Sites that began go on.
    #[command(after_help = "Example:\n  skx deploy pause retail/tills")]
    Pause(Said),
    /// Lets a rollout go on; sites that failed or went back are tried again.
    #[command(after_help = "Example:\n  skx deploy resume retail/tills")]
    Resume(Said),
    /// Takes the wave that is under way for done: the next may begin.
    #[command(
        after_help = "It says which wave is meant, the one that is under way when it looks: whoever is faster is not taken for \
        somebody who means the next one, too. A wave whose sites have yet to begin, to become healthy or to soak is refused, unless \
        --early says that they need not.\n\n\
        Examples:\n  skx deploy promote retail/tills\n  skx deploy promote retail/tills --wave trial --early"
    )]
    Promote {
        #[command(flatten)]
        said: Said,
        /// The wave that is meant; the one under way, if left out.
        #[arg(long, value_name = "WAVE")]
        wave: Option<String>,
        /// Also when sites of the wave have yet to begin, to become healthy or to soak.
        #[arg(long)]
        early: bool,
    },
    /// Ends a rollout: sites that began and are not healthy go back to what they had.
    #[command(after_help = "Example:\n  skx deploy abort retail/tills")]
    Abort(Said),
    /// Ends a rollout: all sites that were changed go back to what they had.
    #[command(after_help = "Example:\n  skx deploy rollback retail/tills --yes")]
    Rollback {
        #[command(flatten)]
        said: Said,
        #[command(flatten)]
        consent: Consent,
    },
    /// Lets the sites that would lose all they have lose it, whatever the deployment's guard says.
    #[command(after_help = "Example:\n  skx deploy allow-removals retail/tills --yes")]
    AllowRemovals {
        #[command(flatten)]
        said: Said,
        #[command(flatten)]
        consent: Consent,
    },
    /// Shows how a deployment stands: all sites in one line, and those that want looking at.
    #[command(
        after_help = "Where there are more than a few sites, those that are healthy are only counted, and of the others the first \
        are shown; --all shows all. Every line says how long ago its site was heard of. With --follow, changes are shown as they \
        come; with --follow and -o json, every line is one object.\n\n\
        Examples:\n  skx deploy status retail/tills\n  skx deploy status retail/tills --follow\n  \
        skx deploy status retail/tills --site store-017"
    )]
    Status(status::StatusArgs),
    /// Shows what workloads said at a site, where its participant lets that out (`skx site consent --logs owner` there).
    #[command(
        after_help = "Logs stay at the site: what is read is kept by no controller. That it was read is recorded, and the \
        participant sees by whom.\n\n\
        Examples:\n  skx deploy logs retail/tills --site store-017\n  \
        skx deploy logs retail/tills --site store-017 --part retail/till --lines 20 --follow"
    )]
    Logs(logs::LogsArgs),
}

/// To which rollout something is said.
#[derive(Args, Debug)]
pub(crate) struct Said {
    /// The deployment.
    #[arg(value_name = "NETWORK/NAME")]
    deployment: Scoped,
}

/// What a deployment deploys.
#[derive(Args, Debug)]
pub(crate) struct Deploys {
    /// Deploys this release: NAME@sha256:DIGEST, of whose digits the first 8 are enough.
    #[arg(long, value_name = "RELEASE", conflicts_with = "application")]
    release: Option<String>,
    /// Deploys the newest release of this application, and goes on to every newer one.
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
}

/// What counts instead of what a file says.
#[derive(Args, Debug)]
pub(crate) struct Instead {
    /// The network, instead of the one that the file names.
    #[arg(long, value_name = "NETWORK")]
    network: Option<Name>,
    #[command(flatten)]
    deploys: Deploys,
}

impl Deploys {
    /// What a document says, and this instead.
    fn into(self, document: &mut DeploymentDocument) {
        let (field, other, value) = match (self.release, self.application) {
            (Some(release), _) => ("release", "application", release),
            (None, Some(application)) => ("application", "release", application),
            (None, None) => return,
        };
        if let Some(spec) = document.spec.as_object_mut() {
            spec.remove(other);
            spec.insert(field.to_owned(), value.into());
        }
    }
}

impl Instead {
    /// Reads a file; the network it is for, its name, and what it says with this instead.
    fn read(self, file: &Path, output: Output) -> Result<(Label, Label, DeploymentDocument), Failure> {
        let (_, mut authored) = read(file, output)?;
        let metadata = &mut authored.deployment.metadata;
        if let Some(network) = self.network {
            metadata.network = network.as_str().into();
        }
        let (network, name) = (metadata.network.clone(), metadata.name.clone());
        let mut document = document(&authored)?;
        self.deploys.into(&mut document);
        Ok((network, name, document))
    }
}

/// Reads a Deployment, or says all that is wrong with it, where it is.
fn read(file: &Path, output: Output) -> Result<(Source, Authored), Failure> {
    let text = source(file)?;
    let authored = Authored::read(&text).map_err(|problems| wrong(&problems, std::slice::from_ref(&text), output))?;
    Ok((text, authored))
}

/// A Deployment, as it is sent.
fn document(authored: &Authored) -> Result<DeploymentDocument, Failure> {
    let value = serde_json::to_value(&authored.deployment).map_err(Failure::failed)?;
    serde_json::from_value::<DeploymentDocument>(value).map_err(Failure::failed)
}

/// The path of a deployment.
fn path(network: impl std::fmt::Display, name: impl std::fmt::Display) -> String {
    format!("/networks/{network}/deployments/{name}")
}

pub(crate) async fn run(command: Deploy, session: &Session) -> Result<(), Failure> {
    match command {
        Deploy::Plan(args) => plan::plan(args, session).await,
        Deploy::Create { file, instead } => object::create(&file, instead, session).await,
        Deploy::Update { deployment, file, deploys } => {
            object::update(&deployment, file.as_deref(), deploys, session).await
        }
        Deploy::List { network, narrow } => object::list(&network, &narrow, session).await,
        Deploy::Show { deployment } => object::show(&deployment, session).await,
        Deploy::Delete { deployment, consent } => object::delete(&deployment, consent, session).await,
        Deploy::Pause(said) => object::order(&said.deployment, Order::Pause, session).await,
        Deploy::Resume(said) => object::order(&said.deployment, Order::Resume, session).await,
        Deploy::Promote { said, wave, early } => object::promote(&said.deployment, wave, early, session).await,
        Deploy::Abort(said) => object::order(&said.deployment, Order::Abort, session).await,
        Deploy::Rollback { said, consent } => {
            consent.ask(&format!("takes every site that {} has changed back to what it had", said.deployment))?;
            object::order(&said.deployment, Order::Rollback, session).await
        }
        Deploy::AllowRemovals { said, consent } => {
            consent.ask(&format!("takes all of {} away from more sites than its guard allows", said.deployment))?;
            object::order(&said.deployment, Order::AllowRemovals, session).await
        }
        Deploy::Status(args) => status::run(args, session).await,
        Deploy::Logs(args) => logs::run(args, session).await,
    }
}
