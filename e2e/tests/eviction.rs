//! Evictions and ends, over real processes: connections through two relays end, those who are cut know why, and others go
//! on. The times from the command to the last byte are printed; `skx-bench eviction` measures them.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use e2e::{
    line::{Line, answers},
    ticks::{self, Live},
};
use serde_json::Value;
use testkit::{
    installation::{Installation, free_address, text},
    process::{Process, eventually},
};
use tokio::net::TcpStream;

/// The line with a ticking server behind headquarters, and a network beside it that must not notice anything.
struct Scene {
    line: Line,
    /// Where the store's listener for the ticker is.
    door: SocketAddr,
    _beside: [Process; 2],
    beside: SocketAddr,
}

impl Scene {
    async fn build() -> Result<Self> {
        let line = Line::build("direct").await?;
        let (cli, installation) = (&line.installation.cli, &line.installation);
        let server = ticks::serve().await?.to_string();
        let (door, beside) = (free_address()?, free_address()?);
        cli.ok(&["network", "connector", "add", "retail", "ticks", &server, "--site", "hq"]).await?;
        cli.ok(&["network", "listener", "add", "retail", "ticks", &door.to_string(), "--site", "store"]).await?;
        cli.ok(&["network", "create", "beside", "--backbone", "main"]).await?;
        let invitation = installation.invitation("beside/all", &["--uses", "unlimited"]).await?;
        let one = installation.join(&invitation, "one", &["--name", "one"], None)?;
        let two = installation.join(&invitation, "two", &["--name", "two"], None)?;
        for name in ["one", "two"] {
            cli.site_reaches(&installation.site_dir(name), "member").await?;
        }
        cli.ok(&["network", "connector", "add", "beside", "ticks", &server, "--site", "one"]).await?;
        cli.ok(&["network", "listener", "add", "beside", "ticks", &beside.to_string(), "--site", "two"]).await?;
        Ok(Self { line, door, _beside: [one, two], beside })
    }

    fn installation(&self) -> &Installation {
        &self.line.installation
    }

    /// The site in a data directory says its state and why.
    async fn says(&self, site: &str, state: &str, why: &str) -> Result<()> {
        let installation = self.installation();
        let status = installation.cli.site_reaches(&installation.site_dir(site), state).await?;
        let reason = status["reason"].as_str().unwrap_or_default();
        ensure!(reason.contains(why), "the site says why ({why}): {status}");
        // What is over is said the moment it is; its session ends then.
        eventually("its session has ended", async || {
            let status = installation.cli.site_status(&installation.site_dir(site)).await.ok()?;
            (status["session"]["state"] == "down" || status["running"] == false).then_some(())
        })
        .await
    }
}

/// What the command says of the routers: each has acknowledged.
fn acknowledged(eviction: &Value, routers: usize) -> Result<()> {
    let named = eviction["routers"].as_array().context("the routers are named")?;
    ensure!(named.len() == routers && named.iter().all(|router| router["acknowledged"] == true), "{eviction}");
    ensure!(eviction["complete"] == true && eviction["trust_version"].is_u64(), "{eviction}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_is_evicted_and_the_others_go_on() -> Result<()> {
    let scene = Scene::build().await?;
    let (cut, beside) = (Live::open(scene.door).await?, Live::open(scene.beside).await?);
    let cli = &scene.installation().cli;
    let since = Instant::now();
    // The invitation is used up: there is nothing to ask about it.
    let said = cli.json(&["member", "evict", "retail/store", "--yes", "--wait=30s"]).await?;
    acknowledged(&said, 2)?;
    cut.ended("evicting a site", since).await?;
    scene.says("store", "evicted", "evicted").await?;
    ensure!(TcpStream::connect(scene.door).await.is_err(), "what was deployed at an evicted site is gone");
    ensure!(beside.lives(), "another network noticed the eviction");
    let hq = cli.site_status(&scene.installation().site_dir("hq")).await?;
    ensure!(hq["state"] == "member", "{hq}");

    // Asked again, it says how far it has come; and nobody comes back by the invitation.
    let again = cli.json(&["member", "evict", "retail/store", "--yes"]).await?;
    ensure!(again["id"] == said["id"] && again["complete"] == true, "{again}");
    let site = text(&scene.installation().site_dir("store"))?;
    let sites = scene.installation().site_cli(None);
    let refused = sites.run(&["site", "run", "--data-dir", &site]).await?;
    ensure!(refused.code != Some(0) && refused.to_string().contains("evicted"), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_whose_invitation_has_uses_left_is_evicted_with_an_answer_to_what_becomes_of_it() -> Result<()> {
    let scene = Scene::build().await?;
    let cli = &scene.installation().cli;
    let said = cli.fails(5, &["member", "evict", "beside/two", "--yes"]).await?;
    ensure!(said.contains("--close-invitation") && said.contains("--keep-invitation"), "{said}");
    let beside = Live::open(scene.beside).await?;
    ensure!(beside.lives(), "nothing was done");
    let since = Instant::now();
    cli.ok(&["member", "evict", "beside/two", "--close-invitation", "--yes", "--wait=30s"]).await?;
    beside.ended("evicting a site and closing its invitation", since).await?;
    scene.says("two", "evicted", "evicted").await?;
    let invitation = cli.json(&["invitation", "show", "beside/all"]).await?;
    ensure!(invitation["state"] == "closed", "{invitation}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_ends_claims_and_its_sites_only_when_asked() -> Result<()> {
    let scene = Scene::build().await?;
    let (cut, beside) = (Live::open(scene.door).await?, Live::open(scene.beside).await?);
    let cli = &scene.installation().cli;
    let said = cli.json(&["invitation", "evict", "beside/all", "--yes", "--wait=30s"]).await?;
    acknowledged(&said, 2)?;
    let ticket = text(&scene.installation().dir().join("beside-all.invitation"))?;
    let mut late = scene.installation().join(&ticket, "late", &[], None)?;
    ensure!(late.wait().await?.code() == Some(5), "{:#?}", late.lines());
    ensure!(beside.lives() && cut.lives(), "who has joined stays");

    let since = Instant::now();
    let said = cli.json(&["invitation", "evict", "retail/stores", "--with-members", "--yes", "--wait=30s"]).await?;
    acknowledged(&said, 2)?;
    cut.ended("evicting an invitation with its sites", since).await?;
    for site in ["hq", "store"] {
        scene.says(site, "evicted", "evicted").await?;
    }
    ensure!(beside.lives(), "another network noticed the eviction");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_evicted_and_sites_that_were_away_learn_why() -> Result<()> {
    let mut scene = Scene::build().await?;
    let beside = Live::open(scene.beside).await?;
    // Headquarters goes away, and comes back when its network is gone.
    scene.line.hq.kill().await?;
    let cli = scene.installation().cli.clone();
    let said = cli.json(&["network", "delete", "retail", "--yes", "--wait=30s"]).await?;
    acknowledged(&said, 2)?;
    scene.says("store", "evicted", "evicted").await?;
    let hq = text(&scene.installation().site_dir("hq"))?;
    scene.line.hq = scene.installation().site_cli(None).spawn("hq", &["site", "run", "--data-dir", &hq])?;
    scene.says("hq", "evicted", "evicted").await?;
    ensure!(beside.lives(), "another network noticed the eviction");

    let since = Instant::now();
    let said = cli.json(&["network", "evict", "beside", "--yes", "--wait=30s"]).await?;
    acknowledged(&said, 2)?;
    beside.ended("evicting a network", since).await?;
    for site in ["one", "two"] {
        scene.says(site, "evicted", "evicted").await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_site_is_evicted_and_its_members_go_on_by_another_with_what_runs() -> Result<()> {
    let scene = Scene::build().await?;
    let running = Live::open(scene.door).await?;
    let cli = &scene.installation().cli;
    let said = cli.json(&["backbone", "site", "evict", "main/west", "--yes", "--wait=30s"]).await?;
    acknowledged(&said, 1)?;
    running.goes_on().await?;
    let west = cli.site_reaches(&scene.installation().site_dir("west"), "evicted").await?;
    ensure!(west["reason"].as_str().is_some_and(|why| why.contains("evicted")), "{west}");
    // The store finds the other relay by itself.
    answers(scene.line.door, e2e::line::BODY).await?;
    Live::open(scene.door).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_cannot_be_reached_is_named_with_the_end_of_its_document() -> Result<()> {
    let mut scene = Scene::build().await?;
    scene.line.east.kill().await?;
    let cli = scene.installation().cli.clone();
    let outcome = cli.run(&["member", "evict", "retail/store", "--yes", "--wait=1s"]).await?;
    ensure!(outcome.code == Some(1), "{outcome}");
    let said = outcome.to_string();
    ensure!(said.contains("1 of 2 routers, not yet by main/east, which is unreachable"), "{said}");
    ensure!(said.contains("admits nobody new after 20"), "{said}");
    let member = cli.json(&["member", "show", "retail/store"]).await?;
    ensure!(member["state"] == "evicted", "the eviction stands: {member}");

    // When it comes back it has the denial before anybody can use it.
    let east = text(&scene.installation().site_dir("east"))?;
    scene.line.east = scene.installation().site_cli(None).spawn("east", &["site", "run", "--data-dir", &east])?;
    let said = cli.json(&["member", "evict", "retail/store", "--yes", "--wait=60s"]).await?;
    acknowledged(&said, 2)?;
    scene.says("store", "evicted", "evicted").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_ends_by_the_clock_does_the_same() -> Result<()> {
    let scene = Scene::build().await?;
    let (cut, beside) = (Live::open(scene.door).await?, Live::open(scene.beside).await?);
    let cli = &scene.installation().cli;
    cli.ok(&["network", "set", "retail", "--end", "+5s"]).await?;
    let end = Instant::now() + Duration::from_secs(5);
    ensure!(cut.lives(), "it ends when its time has come");
    cut.ended("a network that ends by the clock (after its end, about)", end).await?;
    for site in ["hq", "store"] {
        scene.says(site, "ended", "ended").await?;
    }
    ensure!(TcpStream::connect(scene.door).await.is_err(), "what was deployed at a site of an ended network is gone");
    ensure!(beside.lives(), "another network noticed the end");
    if cli.json(&["network", "show", "retail"]).await?["state"] != "ended" {
        bail!("the controller knows that it has ended");
    }
    Ok(())
}
