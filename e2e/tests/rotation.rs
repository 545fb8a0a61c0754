//! Everything that certifies is replaced under a live connection, over real processes.

use anyhow::{Context, Result};
use e2e::{
    line::Line,
    ticks::{self, Live},
};
use serde_json::Value;
use testkit::{installation::free_address, process::eventually};

/// So short that every site has its turn within seconds.
const SHORT_LEAF: &str = "1m";

async fn certificates(line: &Line) -> Result<Vec<Value>> {
    let all = line.installation.cli.json(&["certificate", "list"]).await?;
    Ok(all["items"].as_array().context("a list")?.clone())
}

/// The authority of a kind that issues.
fn issuing<'a>(all: &'a [Value], kind: &str) -> Option<&'a Value> {
    all.iter().find(|it| it["kind"] == kind && it["state"] == "current")
}

/// Whether everything in use was issued by the authorities that issue now.
fn is_all_new(all: &[Value]) -> bool {
    let issued = |kind: &str, by: &str| {
        let by = issuing(all, by).map(|authority| &authority["id"]);
        let mut held = all.iter().filter(|it| it["kind"] == kind && it["state"] == "current").peekable();
        held.peek().is_some() && held.all(|it| Some(&it["issuer"]) == by)
    };
    let generation = |kind| issuing(all, kind).and_then(|it| it["generation"].as_u64()).unwrap_or(0);
    generation("backbone-ca") == 2
        && generation("network-ca") >= 2
        && issued("network-ca", "backbone-ca")
        && issued("backbone-site", "backbone-ca")
        && issued("controller", "backbone-ca")
        && issued("member", "network-ca")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_authority_key_and_certificate_is_replaced_and_no_connection_ends() -> Result<()> {
    let mut line = Line::build("direct").await?;
    let (server, door) = (ticks::serve().await?.to_string(), free_address()?);
    let cli = line.installation.cli.clone();
    cli.ok(&["network", "connector", "add", "retail", "ticks", &server, "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "ticks", &door.to_string(), "--site", "store"]).await?;
    let live = Live::open(door).await?;
    line.installation.controller.terminate().await?;
    line.installation.restart_with(&["--leaf-lifetime", SHORT_LEAF]).await?;
    let cli = line.installation.cli.clone();
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;

    cli.ok(&["ca", "key", "rotate"]).await?;
    let before = certificates(&line).await?;
    for kind in ["network-ca", "backbone-ca"] {
        let id = issuing(&before, kind).and_then(|it| it["id"].as_str()).context("an authority")?;
        cli.ok(&["certificate", "rotate", id, "--now"]).await?;
    }
    eventually("everything is issued anew", async || {
        let all = certificates(&line).await.ok()?;
        is_all_new(&all).then_some(())
    })
    .await?;
    live.goes_on().await?;
    line.answers().await?;

    // One site by hand, at once.
    let all = certificates(&line).await?;
    let store = all.iter().find(|it| it["subject"] == "retail/store" && it["state"] == "current").context("a leaf")?;
    let id = store["id"].as_str().context("an id")?;
    cli.ok(&["certificate", "rotate", id]).await?;
    eventually("the site has another certificate", async || {
        let shown = cli.json(&["certificate", "show", id]).await.ok()?;
        (shown["state"] == "superseded").then_some(())
    })
    .await?;
    live.goes_on().await?;
    cli.ok(&["audit", "verify"]).await?;
    Ok(())
}
