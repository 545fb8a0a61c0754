//! The data plane outlives the management plane, and every process outlives its own death.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use e2e::{
    line::Line,
    talk::{self, Talk},
};
use testkit::{installation::free_address, process::eventually};
use tokio::{sync::watch, task::JoinSet, time::timeout};

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

/// Talks until it is told to stop; an error, when the stream is closed or something else comes back.
async fn talk_on(mut talk: Talk, size: usize, said: watch::Sender<u64>, stop: watch::Receiver<bool>) -> Result<()> {
    let words: Vec<u8> = (0..=250).cycle().take(size).collect();
    while !*stop.borrow() {
        talk.say(&words).await?;
        said.send_modify(|said| *said += 1);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_is_killed_under_load_closes_no_stream() -> Result<()> {
    let mut line = Line::build("direct").await?;
    let cli = &line.installation.cli;
    let (server, door) = (talk::serve().await?.to_string(), free_address()?);
    cli.ok(&["network", "connector", "add", "retail", "echo", &server, "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "echo", &door.to_string(), "--site", "store"]).await?;
    eventually("the first words come back", async || Talk::begin(door).await.ok()).await?;

    let (stop, mut streams, mut counts) = (watch::Sender::new(false), JoinSet::new(), Vec::new());
    for size in [100, 100, 5_000, 100_000, 4_000_000] {
        let said = watch::Sender::new(0);
        counts.push(said.subscribe());
        streams.spawn(talk_on(Talk::begin(door).await?, size, said, stop.subscribe()));
    }
    // The store is attached at west: without it, it goes to east, where headquarters is.
    line.west.kill().await?;
    for count in &mut counts {
        let enough = *count.borrow() + 3;
        let going = timeout(Duration::from_secs(60), count.wait_for(|said| *said >= enough)).await;
        if !matches!(going, Ok(Ok(_))) {
            let closed = streams.try_join_next();
            anyhow::bail!("a stream does not go on; closed: {closed:?}");
        }
    }
    stop.send_replace(true);
    while let Some(ended) = streams.join_next().await {
        ended?.context("a stream was closed")?;
    }
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
    let door = free_address()?;
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
