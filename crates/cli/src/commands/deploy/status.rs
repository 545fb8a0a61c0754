//! `skx deploy status`: how a deployment stands, once or as it goes on.

mod words;

use std::time::Duration;

use api::DeploymentStatus;
use clap::Args;
use jiff::Timestamp;
use model::Name;

use super::path;
use crate::{
    commands::Session,
    failure::{Code, Failure},
    output::{self, Format, Output},
    values::Scoped,
};

/// How often it is asked whether anything has changed, with --follow. That costs the service next to nothing.
const AGAIN: Duration = Duration::from_secs(2);

/// `skx deploy status`.
#[derive(Args, Debug)]
pub(crate) struct StatusArgs {
    /// The deployment.
    #[arg(value_name = "NETWORK/NAME")]
    deployment: Scoped,
    /// One site, with what runs there.
    #[arg(long, value_name = "SITE")]
    site: Option<Name>,
    /// Every site.
    #[arg(long, conflicts_with = "site")]
    all: bool,
    /// Go on with what changes from now on.
    #[arg(long)]
    follow: bool,
}

pub(super) async fn run(args: StatusArgs, session: &Session) -> Result<(), Failure> {
    let StatusArgs { deployment, site, all, follow } = args;
    let client = session.client()?;
    let path = format!("{}/status", path(&deployment.parent, &deployment.name));
    let query: Vec<_> = site.iter().map(|site| ("site", site.as_str())).collect();
    if !follow {
        let found: DeploymentStatus = client.query(&path, &query).await?;
        return match session.output.format {
            Format::Table => output::text(&words::text(&found, all, Timestamp::now())),
            Format::Json | Format::Yaml => session.output.value(&found),
        };
    }
    let mut shown: Option<(DeploymentStatus, String)> = None;
    loop {
        let known = shown.as_ref().map(|(_, tag)| tag.as_str());
        match client.query_unless::<DeploymentStatus>(&path, &query, known).await {
            Ok(Some((found, tag))) => {
                show(shown.as_ref().map(|(before, _)| before), &found, all, session.output)?;
                shown = Some((found, tag));
            }
            Ok(None) => {}
            // Whoever follows goes on when the service is there again.
            Err(failure) if shown.is_some() && failure.code() == Code::Unreachable => eprintln!("{failure}"),
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Shows the first of what is followed, and of what comes then what is new.
fn show(before: Option<&DeploymentStatus>, found: &DeploymentStatus, all: bool, output: Output) -> Result<(), Failure> {
    let now = Timestamp::now();
    match (output.format, before) {
        (Format::Table, None) => output::text(&words::text(found, all, now)),
        (Format::Table, Some(before)) => output::text(&words::changed(before, found, now)),
        (_, Some(before)) if words::is_same(before, found) => Ok(()),
        (Format::Json, _) => {
            let line = serde_json::to_string(found).map_err(Failure::failed)?;
            output::text(&format!("{line}\n"))
        }
        (Format::Yaml, _) => {
            output::text("---\n")?;
            output.value(found)
        }
    }
}
