//! A whole installation is lost, and restored from its backup: the sites that ran all the time come back to it.

use anyhow::{Context, Result, ensure};
use e2e::line::{Line, answers, backbone};
use testkit::{
    installation::{Installation, free_address, text},
    postgres,
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

/// A restored controller that goes on for a while without its routers, and comes to versions beyond theirs.
#[tokio::test(flavor = "multi_thread")]
async fn no_router_takes_a_document_from_a_restored_controller_that_lacks_what_was_evicted_since() -> Result<()> {
    let server = postgres::server().await;
    let (database, empty) = (server.create_database()?, server.create_database()?);
    let mut installation = Installation::over(&database.url).await?;
    let relays = backbone(&installation, "direct").await?;
    let cli = installation.cli.clone();
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let guest = installation.invitation("retail/guest", &["--uses", "1"]).await?;
    let mut guest = installation.join(&guest, "guest", &["--name", "guest"], None)?;
    cli.site_reaches(&installation.site_dir("guest"), "member").await?;
    let id = cli.json(&["member", "show", "retail/guest"]).await?["id"].as_str().context("an id")?.to_owned();

    let (dir, file) = (text(&installation.controller_dir())?, text(&installation.dir().join("skx.backup"))?);
    let local = installation.site_cli(None);
    let backup = ["backup", "--data-dir", &dir, "--database-url", &database.url, "--with-keys", "--output", &file];
    local.ok(&backup).await?;
    cli.ok(&["member", "evict", "retail/guest", "--keep-invitation", "--yes"]).await?;
    ensure!(!guest.wait().await?.success(), "an evicted site ends");
    let before = cli.json(&["backbone", "status", "main"]).await?["trust_version"].as_u64().context("a version")?;
    for mut relay in [relays.west, relays.east] {
        ensure!(relay.terminate().await?.success());
    }
    ensure!(installation.controller.terminate().await?.success());
    std::fs::rename(&dir, installation.dir().join("lost"))?;

    local.ok(&["restore", &file, "--data-dir", &dir, "--database-url", &empty.url]).await?;
    let address = cli.env.iter().find_map(|(name, value)| (name == "SKX_SERVER").then_some(value));
    let listen = address.and_then(|url| url.strip_prefix("https://")).context("where it listens")?;
    let start = ["controller", "--data-dir", &dir, "--listen", listen, "--database-url", &empty.url];
    let _restored = local.spawn("restored", &start)?;
    eventually("it answers", async || cli.ok(&["whoami"]).await.ok()).await?;
    for network in ["a", "b", "c"] {
        cli.ok(&["network", "create", network, "--backbone", "main"]).await?;
        eventually("its document is signed", async || {
            let shown = format!(
                "SELECT count(*) FROM trust_document, network
                WHERE name = '{network}' AND encode(document, 'escape') LIKE '%' || network.id || '%'"
            );
            (empty.sql(&shown).await.ok()? != "0").then_some(())
        })
        .await?;
    }

    let run = |name: &str| {
        let dir = text(&installation.site_dir(name))?;
        local.spawn(name, &["site", "run", "--data-dir", &dir])
    };
    let back = [run("east")?, run("west")?];
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    eventually("both relays have acknowledged the newest document", async || {
        let status = cli.json(&["backbone", "status", "main"]).await.ok()?;
        let sites = status["sites"].as_array()?;
        sites.iter().all(|site| site["trust_version"] == status["trust_version"]).then_some(())
    })
    .await?;
    for (name, relay) in ["east", "west"].into_iter().zip(&back) {
        for line in relay.lines().iter().filter(|line| line.contains("a newer trust document is in force")) {
            let version = line.split("version=").nth(1).and_then(|rest| rest.split_whitespace().next());
            let version: u64 = version.context("a version")?.parse()?;
            if version <= before {
                // What it had stored.
                continue;
            }
            let taken = format!("SELECT encode(document, 'escape') FROM trust_document WHERE version = {version}");
            let taken = empty.sql(&taken).await?;
            ensure!(taken.contains(&id), "{name} took version {version}, which does not know of the eviction: {taken}");
        }
    }
    let shown = cli.json(&["member", "show", "retail/guest"]).await?;
    ensure!(shown["state"] == "evicted", "{shown}");
    Ok(())
}
