//! `skx deploy plan`: which site gets what of a release, before anything happens.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    thread,
};

use api::{DeploymentChanges, DeploymentPlan};
use clap::Args;
use compose::deploy::{Changes, Plan, Planner, Sites};

use super::{Instead, path, read as read_deployment};
use crate::{
    commands::{
        Session,
        compose::{Inputs, source, wrong},
    },
    failure::{Code, Failure},
    output::{self, Format, Output},
};

#[derive(Args, Debug)]
pub(crate) struct PlanArgs {
    /// The Deployment: a file, or - for the standard input.
    #[arg(value_name = "DEPLOYMENT")]
    deployment: PathBuf,
    /// What it deploys, as skx compose build reads it: files and directories, or one release. What the deployment names, of the
    /// service, if left out.
    #[arg(value_name = "FILE|DIR|NAME@VERSION", requires = "sites")]
    paths: Vec<PathBuf>,
    /// Takes the blocks and interface types that the files lack from the library of the service.
    #[arg(long, requires = "sites")]
    from_service: bool,
    /// What is known of the sites, instead of what the service knows: a document with
    /// `sites: [{name: …, platform: …, classes: […]}]`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["network", "release", "application"])]
    sites: Option<PathBuf>,
    /// The plan that sites go by now, as --output wrote it.
    #[arg(long, value_name = "FILE", requires = "sites")]
    before: Option<PathBuf>,
    /// Where the plan is written.
    #[arg(long, value_name = "FILE", requires = "sites")]
    output: Option<PathBuf>,
    /// Shows of one site all that it would get, and why.
    #[arg(long, value_name = "NAME", requires = "sites")]
    site: Option<String>,
    /// Plans also what takes more away than the deployment's guard allows.
    #[arg(long, requires = "sites")]
    allow_removals: bool,
    #[command(flatten)]
    instead: Instead,
}

pub(super) async fn plan(args: PlanArgs, session: &Session) -> Result<(), Failure> {
    match args.sites.clone() {
        Some(sites) => by_files(args, &sites, session).await,
        None => by_service(args, session).await,
    }
}

/// What the service says it would do.
async fn by_service(args: PlanArgs, session: &Session) -> Result<(), Failure> {
    let (network, name, document) = args.instead.read(&args.deployment, session.output)?;
    let asked = DeploymentPlan { document: Some(document), release: None };
    let found: DeploymentChanges = session.client()?.post(&format!("{}/plan", path(&network, &name)), &asked).await?;
    match session.output.format {
        Format::Table => output::text(&found.text)?,
        Format::Json | Format::Yaml => session.output.value(&found.changes)?,
    }
    match found.exceeded {
        Some(exceeded) => {
            Err(Failure::new(Code::Conflict, exceeded).how("if that is meant, let spec.guard.maxRemovals allow it"))
        }
        None => Ok(()),
    }
}

/// What follows from files.
async fn by_files(args: PlanArgs, sites: &Path, session: &Session) -> Result<(), Failure> {
    let output = session.output;
    let (text, authored) = read_deployment(&args.deployment, output)?;
    let known = source(sites)?;
    let sites = Sites::read(&known).map_err(|problems| wrong(&problems, &[known], output))?;
    let before = args.before.as_deref().map(read).transpose()?;
    let spec = &authored.deployment.spec;
    // Which of its versions is meant, the one who deploys an application does not say.
    let named = spec.release.clone().or_else(|| spec.application.as_ref().map(|name| format!("{name}@*")));
    let (paths, application) = match named {
        Some(named) if args.paths.is_empty() => (vec![PathBuf::from(named)], None),
        _ => (args.paths, spec.application.as_ref().map(ToString::to_string)),
    };
    let release = Inputs::of(paths, args.from_service, application).release_of(session).await?;

    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let planner = Planner::new(&release, threads);
    let plan = planner
        .plan(&authored, &sites, before.as_ref())
        .map_err(|problems| wrong(&problems, std::slice::from_ref(&text), output))?;
    let changes = Changes::between(before.as_ref(), &plan);
    if !args.allow_removals
        && let Err(exceeded) = changes.guarded(&authored.deployment, before.as_ref())
    {
        said(&changes, output)?;
        return Err(Failure::new(Code::Conflict, exceeded).how("if that is meant, add --allow-removals"));
    }
    if let Some(path) = &args.output {
        keep(&plan, path)?;
    }
    match &args.site {
        Some(site) => one(&plan, site, output),
        None => said(&changes, output),
    }
}

fn said(changes: &Changes, output: Output) -> Result<(), Failure> {
    match output.format {
        Format::Table => output::text(&changes.text()),
        Format::Json | Format::Yaml => output.value(changes),
    }
}

/// What one site would get.
fn one(plan: &Plan, name: &str, output: Output) -> Result<(), Failure> {
    let Some(site) = plan.sites.get(name) else {
        return Err(Failure::new(Code::NotFound, format_args!("{name} fills no place, and gets nothing"))
            .how("leave out --site for those that do"));
    };
    match output.format {
        Format::Table => output::text(&site.gets.explain()),
        Format::Json | Format::Yaml => output.value(site),
    }
}

fn read(path: &Path) -> Result<Plan, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format_args!("{} is no plan: {error}", path.display()))
            .how("give what skx deploy plan --output wrote")
    })
}

/// Writes a plan so that there is the one before or this one, whatever happens meanwhile.
fn keep(plan: &Plan, path: &Path) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(plan).map_err(Failure::failed)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = fs::write(&beside, text + "\n").and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| Failure::file(path, &error))
}
