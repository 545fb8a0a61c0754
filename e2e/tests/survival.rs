//! The data plane outlives the management plane, and every process outlives its own death.

use anyhow::{Result, ensure};
use e2e::line::Line;

#[tokio::test(flavor = "multi_thread")]
async fn traffic_and_restarts_need_no_controller() -> Result<()> {
    let mut line = Line::build("direct").await?;
    line.answers().await?;
    line.installation.controller.kill().await?;
    line.answers().await?;

    // Members and relays start again from their last good state, in any order, without any controller.
    line.store.kill().await?;
    line.west.kill().await?;
    line.east.kill().await?;
    let installation = &line.installation;
    let sites = installation.site_cli(None);
    let run = |name: &str| {
        let dir = testkit::installation::text(&installation.site_dir(name))?;
        sites.spawn(name, &["site", "run", "--data-dir", &dir])
    };
    line.store = run("store")?;
    line.west = run("west")?;
    line.east = run("east")?;
    line.answers().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_controller_comes_back_with_its_database() -> Result<()> {
    let mut line = Line::build("direct").await?;
    line.installation.controller.kill().await?;
    // Its PostgreSQL is an orphan now; the next start adopts or stops it.
    line.installation.restart().await?;
    let cli = &line.installation.cli;
    let members = cli.json(&["member", "list", "retail"]).await?;
    ensure!(members["items"].as_array().is_some_and(|items| items.len() == 2), "{members}");
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;

    // Sessions have come back by themselves: a change reaches the sites.
    let door = testkit::installation::free_address()?;
    cli.ok(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--site", "hq"]).await?;
    e2e::line::answers(door, e2e::line::BODY).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_controller_that_is_asked_to_stop_takes_its_database_along() -> Result<()> {
    let mut installation = testkit::installation::Installation::start().await?;
    let status = installation.controller.terminate().await?;
    ensure!(status.success(), "{:#?}", installation.controller.lines());
    let data = installation.controller_dir();
    let mut left = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path().join("cmdline");
        let line = std::fs::read(path).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains("postgres") && line.contains(data.to_string_lossy().as_ref()) {
            left.push(line);
        }
    }
    ensure!(left.is_empty(), "no postgres is left behind: {left:?}");
    installation.restart().await
}
