use clap::Args;
use serde::Serialize;

use crate::{
    commands::Session,
    failure::Failure,
    output::{self, Format, table},
    wait::{Look, Wait},
};

/// `skx status`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx status --wait=60s")]
pub(crate) struct Status {
    #[command(flatten)]
    wait: Wait,
}

pub(crate) async fn run(args: Status, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    let (status, healthy) = args
        .wait
        .until(async || {
            let status: api::Status = client.get("/status").await?;
            Ok(match status.findings.first() {
                None if status.healthy => Look::Done(status),
                finding => {
                    let missing = finding.map(sentence).unwrap_or_else(|| "not all is well".to_owned());
                    Look::NotYet(status, missing)
                }
            })
        })
        .await?;
    match session.output.format {
        Format::Table => output::text(&for_people(&status))?,
        _ => session.output.value(&status)?,
    }
    if healthy { Ok(()) } else { Err(Failure::failed("not all is well")) }
}

fn sentence(finding: &api::Finding) -> String {
    match &finding.how {
        Some(how) => format!("{}: {}; {how}", finding.subject, finding.message),
        None => format!("{}: {}", finding.subject, finding.message),
    }
}

fn for_people(status: &api::Status) -> String {
    let mut text = String::new();
    if !status.backbones.is_empty() {
        let rows = status.backbones.iter().map(|b| {
            vec![b.name.to_string(), format!("{}/{} up", b.sites_up, b.sites), format!("{}/{} up", b.links_up, b.links)]
        });
        text.push_str(&table(&["backbone", "sites", "links"], rows.collect()));
        text.push('\n');
    }
    if !status.networks.is_empty() {
        let rows = status
            .networks
            .iter()
            .map(|n| vec![n.name.to_string(), n.state.to_string(), format!("{}/{} connected", n.connected, n.members)]);
        text.push_str(&table(&["network", "state", "members"], rows.collect()));
        text.push('\n');
    }
    if status.healthy {
        text.push_str("all is well\n");
    }
    for finding in &status.findings {
        text.push_str(&sentence(finding));
        text.push('\n');
    }
    text
}

#[derive(Serialize)]
struct Versions {
    client: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    controller: Option<api::Version>,
}

/// Shows this program's version, and the controller's when one is known and answers.
pub(crate) async fn version(session: &Session) -> Result<(), Failure> {
    let controller = match session.client() {
        Ok(client) => client.get::<api::Version>("/version").await.map(Some),
        Err(_) => Ok(None),
    };
    let (controller, failure) = match controller {
        Ok(version) => (version, None),
        Err(failure) => (None, Some(failure)),
    };
    let versions = Versions { client: env!("CARGO_PKG_VERSION").to_owned(), controller };
    match session.output.format {
        Format::Table => {
            let mut text = format!("skx        {}\n", versions.client);
            if let Some(controller) = &versions.controller {
                text.push_str(&format!("controller {} (api {})\n", controller.version, controller.api));
            }
            output::text(&text)?;
        }
        _ => session.output.value(&versions)?,
    }
    failure.map_or(Ok(()), Err)
}
