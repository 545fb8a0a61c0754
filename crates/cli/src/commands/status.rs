use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::{
    commands::Session,
    failure::Failure,
    output::{self, Format},
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

/// The most findings that are shown: who has more begins with these.
const FINDINGS: usize = 6;

/// How all stands, in ten lines at most.
fn for_people(status: &api::Status) -> String {
    let Figures { backbones, networks } = figures(status);
    let mut text = format!("backbones  {backbones}\nnetworks   {networks}\n");
    if status.healthy {
        text.push_str("all is well\n");
        return text;
    }
    for finding in status.findings.iter().take(FINDINGS) {
        text.push_str(&sentence(finding));
        text.push('\n');
    }
    if let Some(more @ 1..) = status.findings.len().checked_sub(FINDINGS) {
        text.push_str(&format!("and {more} more: see `skx backbone status`, or `skx status -o json`\n"));
    }
    text
}

struct Figures {
    backbones: String,
    networks: String,
}

fn figures(status: &api::Status) -> Figures {
    let sum = |of: fn(&api::StatusBackbone) -> u64| status.backbones.iter().map(of).sum::<u64>();
    let backbones = match status.backbones.as_slice() {
        [] => "none".to_owned(),
        all => format!(
            "{}: {}/{} sites up, {}/{} links up",
            few(all.iter().map(|backbone| backbone.name.as_str())),
            sum(|it| it.sites_up),
            sum(|it| it.sites),
            sum(|it| it.links_up),
            sum(|it| it.links)
        ),
    };
    let networks = match status.networks.as_slice() {
        [] => "none".to_owned(),
        all => {
            let mut states: BTreeMap<String, usize> = BTreeMap::new();
            for network in all {
                *states.entry(network.state.to_string()).or_default() += 1;
            }
            let states: Vec<_> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
            let members: u64 = all.iter().map(|network| network.members).sum();
            let connected: u64 = all.iter().map(|network| network.connected).sum();
            let names = few(all.iter().map(|network| network.name.as_str()));
            let expect: Vec<_> = all.iter().filter(|network| network.waiting > 0).collect();
            let wait = match expect[..] {
                [] => String::new(),
                [first, ..] => {
                    let count: u64 = expect.iter().map(|network| network.waiting).sum();
                    let verb = if count == 1 { "waits" } else { "wait" };
                    format!(", {count} {verb} to be let in (`skx member list {}`)", first.name)
                }
            };
            format!("{names}: {}, {connected}/{members} members connected{wait}", states.join(", "))
        }
    };
    Figures { backbones, networks }
}

/// The first few of many names.
fn few<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names[..] {
        [a, b, c, d, _, ..] => format!("{a}, {b}, {c}, {d} and {} more", names.len() - 4),
        _ => names.join(", "),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_installation_has_ten_lines_at_most() {
        let findings: Vec<_> = (0..40)
            .map(|n| api::Finding {
                subject: format!("backbone b{n}"),
                message: "it has no sites".to_owned(),
                how: None,
            })
            .collect();
        let json = serde_json::json!({
            "healthy": false, "version": "1", "ca": "development", "findings": findings,
            "backbones": [{"name": "b0", "healthy": false, "sites": 2, "sites_up": 1, "links": 1, "links_up": 0}],
            "networks": [
                {"name": "n0", "state": "open", "members": 3, "connected": 2},
                {"name": "n1", "state": "scheduled", "members": 0, "connected": 0, "waiting": 2}
            ]
        });
        let status: api::Status = serde_json::from_value(json).expect("a status");
        let text = for_people(&status);
        assert!(text.lines().count() <= 10, "{text}");
        assert!(text.starts_with("backbones  b0: 1/2 sites up, 0/1 links up\n"), "{text}");
        assert!(
            text.contains("networks   n0, n1: 1 open, 1 scheduled, 2/3 members connected, 2 wait to be let in"),
            "{text}"
        );
        assert!(text.contains("(`skx member list n1`)\n"), "{text}");
        assert!(text.contains("and 34 more"), "{text}");
    }
}
