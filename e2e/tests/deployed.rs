//! What is deployed is there for its network, and goes with it; what it says is its participant's to let out.

use std::path::Path;

use anyhow::{Result, ensure};
use e2e::stores::Stores;
use testkit::{installation::text, process::eventually, skx::Cli};

const TILLS: &str = "retail/tills";

/// Waits until a process is not there any more.
async fn ends(pid: u32) -> Result<()> {
    let is_there = || Path::new(&format!("/proc/{pid}")).exists();
    eventually(&format!("the process {pid} ends"), async || (!is_there()).then_some(())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_of_its_network_what_was_deployed_goes_and_what_it_was_can_still_be_read() -> Result<()> {
    let stores = Stores::open().await?;
    stores.allow("trial", 1)?;
    stores.deploy(1, &["trial"]).await?;
    stores.wave(0, "awaiting-promotion").await?;
    let pid = stores.pid("trial")?;
    let deployed = stores.path("trial").join("workloads/deployments");
    ensure!(Path::new(&format!("/proc/{pid}")).exists() && deployed.join("tills").exists(), "it runs");

    // Its participant has it all removed.
    let dir = text(&stores.path("trial"))?;
    ensure!(deployed.join("tills/volumes").exists(), "it has a volume");
    Cli::default().ok(&["site", "consent", "--volumes", "delete", "--data-dir", &dir]).await?;

    stores.cli.ok(&["network", "set", "retail", "--end", "+3s", "--grace", "1s", "--yes"]).await?;
    ends(pid).await?;
    eventually("nothing of it is left", async || (!deployed.join("tills").exists()).then_some(())).await?;
    eventually("its network is over", async || {
        (stores.cli.json(&["network", "show", "retail"]).await.ok()?["state"] == "ended").then_some(())
    })
    .await?;
    let status = stores.status().await?;
    ensure!(status["release"].as_str().is_some_and(|it| it.starts_with("chain")), "it can be read: {status}");
    let refused = stores.cli.fails(5, &["deploy", "promote", TILLS]).await?;
    ensure!(refused.contains("ended") || refused.contains("is over"), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn owners_read_what_a_workload_says_as_long_as_its_participant_lets_them() -> Result<()> {
    let stores = Stores::open().await?;
    stores.allow("trial", 1)?;
    stores.deploy(1, &["trial"]).await?;
    stores.wave(0, "awaiting-promotion").await?;
    let logs = ["deploy", "logs", TILLS, "--site", "trial"];
    let refused = stores.cli.fails(5, &logs).await?;
    ensure!(refused.contains("participant"), "{refused}");
    let dir = text(&stores.path("trial"))?;
    let lets = async |whom: &str| Cli::default().ok(&["site", "consent", "--logs", whom, "--data-dir", &dir]).await;
    lets("owner").await?;
    let said = stores.cli.ok(&logs).await?;
    ensure!(said.contains("sells 1"), "{said}");
    let status = Cli::default().json(&["site", "status", "--data-dir", &dir]).await?;
    ensure!(status["logs_read"].is_object(), "it is told to the participant: {status}");
    lets("participant").await?;
    stores.cli.fails(5, &logs).await?;

    // Who leaves without another word keeps what is in volumes.
    let pid = stores.pid("trial")?;
    Cli::default().ok(&["site", "leave", "--yes", "--data-dir", &dir]).await?;
    ends(pid).await?;
    let tills = stores.path("trial").join("workloads/deployments/tills");
    ensure!(tills.join("volumes").exists() && !tills.join("workloads").exists(), "only its volume is left");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_ran_before_does_not_go_on_beside_what_it_runs_now() -> Result<()> {
    let mut stores = Stores::open().await?;
    stores.allow("trial", 1)?;
    stores.deploy(1, &["trial"]).await?;
    stores.wave(0, "awaiting-promotion").await?;
    let pid = stores.pid("trial")?;
    stores.is_killed("trial").await?;
    ensure!(Path::new(&format!("/proc/{pid}")).exists(), "what it started goes on without it");
    stores.returns_with("trial", &["--run", "none"])?;
    ends(pid).await
}
