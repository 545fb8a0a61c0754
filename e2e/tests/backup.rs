//! A whole installation is lost, and restored from its backup: the sites that ran all the time come back to it.

use anyhow::{Result, ensure};
use e2e::line::{Line, answers};
use testkit::{
    installation::{free_address, text},
    process::eventually,
};

#[tokio::test(flavor = "multi_thread")]
async fn running_sites_come_back_to_a_restored_installation_and_traffic_goes_on() -> Result<()> {
    let mut line = Line::build("direct").await?;
    let cli = line.installation.cli.clone();
    let guest = line.installation.invitation("retail/guest", &["--uses", "1"]).await?;
    let mut guest = line.installation.join(&guest, "guest", &["--name", "guest"], None)?;
    cli.site_reaches(&line.installation.site_dir("guest"), "member").await?;
    line.answers().await?;

    // While everything runs.
    let dir = line.installation.controller_dir();
    let (file, passphrase) = (line.installation.dir().join("skx.backup"), line.installation.dir().join("passphrase"));
    std::fs::write(&passphrase, "correct horse battery\n")?;
    let (dir, file, passphrase) = (text(&dir)?, text(&file)?, text(&passphrase)?);
    let local = line.installation.site_cli(None);
    let said = local.ok(&["backup", "--data-dir", &dir, "--passphrase-file", &passphrase, "--output", &file]).await?;
    ensure!(said.contains("sealed"), "{said}");

    // What happens after it is lost with the machine; but not what routers remember.
    cli.ok(&["member", "evict", "retail/guest", "--keep-invitation", "--yes"]).await?;
    ensure!(!guest.wait().await?.success(), "an evicted site ends");
    ensure!(line.installation.controller.terminate().await?.success());
    std::fs::rename(&dir, line.installation.dir().join("lost"))?;
    line.answers().await?;

    let restore = ["restore", &file, "--data-dir", &dir];
    local.fails(2, &restore).await?;
    local.ok(&[&restore[..], &["--passphrase-file", &passphrase]].concat()).await?;
    let again = local.fails(5, &restore).await?;
    ensure!(again.contains("not empty"), "{again}");

    // The same token and certificate authority as before: clients notice nothing.
    line.installation.restart().await?;
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    line.answers().await?;
    eventually("who was evicted since stays out", async || {
        let shown = cli.json(&["member", "show", "retail/guest"]).await.ok()?;
        (shown["state"] == "evicted").then_some(())
    })
    .await?;

    // What is changed now reaches the sites.
    let server = e2e::http::serve(([127, 0, 0, 1], 0).into(), "news".to_owned()).await?;
    let door = free_address()?;
    cli.ok(&["network", "connector", "add", "retail", "news", &server.to_string(), "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "news", &door.to_string(), "--site", "store"]).await?;
    answers(door, "news").await?;
    let events = cli.json(&["audit", "list", "--action", "installation.restore"]).await?;
    ensure!(events["items"].as_array().is_some_and(|items| items.len() == 1), "{events}");
    cli.ok(&["audit", "verify"]).await?;
    Ok(())
}
