//! Bad networks: long and lossy cables, address translation, a DMZ that dials inwards, partitions, absent controllers.

use std::time::Duration;

use anyhow::{Result, ensure};
use testkit::{
    installation::Installation,
    netns::{Host, Lab},
    process::{Process, eventually},
    skx::Cli,
};

const PEER: &str = env!("CARGO_BIN_EXE_http-peer");
const DOOR: &str = "127.0.0.1:9090";

/// A relay beside the controller, a member `hq` beside the relay, and a member `shop` on a host of its own.
struct Field {
    installation: Installation,
    core: Host,
    shop: Host,
    _processes: Vec<Process>,
}

impl Field {
    /// Everything is on `core` but the shop; `relay` is where both dial the relay.
    async fn build(core: Host, shop: Host, relay: &str, body: &str) -> Result<Self> {
        let installation = Installation::start_on(&core).await?;
        let cli = &installation.cli;
        cli.ok(&["backbone", "create", "main"]).await?;
        let access = format!("all=manage,peer,member,claim@{relay}");
        cli.ok(&["backbone", "site", "create", "main/relay", "--access", &access]).await?;
        let mut processes = vec![installation.start_backbone_site("main/relay", Some(&core)).await?];
        cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
        cli.ok(&["network", "create", "field", "--backbone", "main"]).await?;
        let invitation = installation.invitation("field/all", &["--uses", "2"]).await?;
        processes.push(installation.join(&invitation, "hq", &["--name", "hq"], Some(&core))?);
        processes.push(installation.join(&invitation, "shop", &["--name", "shop"], Some(&shop))?);
        for (name, host) in [("hq", &core), ("shop", &shop)] {
            installation.site_cli(Some(host)).site_reaches(&installation.site_dir(name), "member").await?;
        }
        let mut server = Process::spawn("server", core.command(PEER).args(["serve", "127.0.0.1:8080", body]))?;
        server.line("serving at").await?;
        processes.push(server);
        cli.ok(&["network", "connector", "add", "field", "web", "127.0.0.1:8080", "--site", "hq"]).await?;
        cli.ok(&["network", "listener", "add", "field", "web", DOOR, "--site", "shop"]).await?;
        Ok(Self { installation, core, shop, _processes: processes })
    }

    /// Waits until the shop gets `body` from headquarters.
    async fn answers(&self, body: &str) -> Result<()> {
        answers(&self.shop, body).await
    }

    fn sites(&self, host: &Host) -> Cli {
        self.installation.site_cli(Some(host))
    }
}

async fn answers(host: &Host, body: &str) -> Result<()> {
    eventually("an answer from hq at the shop", async || {
        let output = host.command(PEER).args(["get", DOOR]).output().await.ok()?;
        (String::from_utf8_lossy(&output.stdout).trim() == body).then_some(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_far_away_on_a_lossy_line_joins_and_gets_every_byte() -> Result<()> {
    let mut lab = Lab::new()?;
    let (core, shop) = (lab.host("core").await?, lab.host("shop").await?);
    // 300 ms there and back; 7 of 100 packets are lost in each direction.
    lab.connect_far(&core, &shop, "10.211.1", Duration::from_millis(150)).await?;
    core.lossy(7).await?;
    shop.lossy(7).await?;
    let body: String = (0..6_000).map(|n| format!("{n:05} ")).collect::<String>().trim_end().to_owned();
    let field = Field::build(core, shop, "10.211.1.1:5671", &body).await?;
    field.answers(&body).await?;
    let status = field.sites(&field.shop).site_status(&field.installation.site_dir("shop")).await?;
    let rtt = status["links"][0]["rtt_ms"].as_f64().unwrap_or(0.0);
    ensure!(rtt >= 300.0, "the link says how far it is: {status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_behind_address_translation_is_reached_like_any_other() -> Result<()> {
    let mut lab = Lab::new()?;
    let (core, nat, shop) = (lab.host("core").await?, lab.host("nat").await?, lab.host("shop").await?);
    lab.connect(&core, &nat, "10.212.1").await?;
    lab.connect(&nat, &shop, "192.168.77").await?;
    shop.route_by("192.168.77.1").await?;
    nat.translate_towards(&core).await?;
    ensure!(!core.reaches("192.168.77.2:22".parse()?).await?, "nobody knows a way to the shop");
    let field = Field::build(core, shop, "10.212.1.1:5671", "from hq").await?;
    field.answers("from hq").await?;

    // The other way round: a server at the shop, the door at headquarters.
    let mut serve = field.shop.command(PEER);
    let mut server = Process::spawn("shop server", serve.args(["serve", "127.0.0.1:8081", "from the shop"]))?;
    server.line("serving at").await?;
    let cli = &field.installation.cli;
    cli.ok(&["network", "connector", "add", "field", "till", "127.0.0.1:8081", "--site", "shop"]).await?;
    cli.ok(&["network", "listener", "add", "field", "till", DOOR, "--site", "hq"]).await?;
    answers(&field.core, "from the shop").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_is_noticed_and_heals_by_itself() -> Result<()> {
    let mut lab = Lab::new()?;
    let (core, shop) = (lab.host("core").await?, lab.host("shop").await?);
    lab.connect(&core, &shop, "10.213.1").await?;
    let field = Field::build(core, shop, "10.213.1.1:5671", "from hq").await?;
    field.answers("from hq").await?;
    // Nothing is said on the wire: packets vanish, and both ends have to find out.
    field.shop.firewall("table inet cut {\n chain input {\n  type filter hook input priority 0; policy drop;\n  iif lo accept\n }\n}\n").await?;
    let sites = field.sites(&field.shop);
    let dir = field.installation.site_dir("shop");
    eventually("the shop notices", async || {
        let status = sites.site_status(&dir).await.ok()?;
        (status["healthy"] == false).then_some(())
    })
    .await?;
    let cli = &field.installation.cli;
    eventually("the controller notices", async || {
        let member = cli.json(&["member", "show", "field/shop"]).await.ok()?;
        (member["connected"] == false).then_some(())
    })
    .await?;
    field.shop.firewall("delete table inet cut\n").await?;
    field.answers("from hq").await?;
    eventually("the shop is whole again", async || {
        let status = sites.site_status(&dir).await.ok()?;
        (status["healthy"] == true).then_some(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_renewed_late_after_the_controller_was_away_at_the_time() -> Result<()> {
    let mut installation = Installation::start().await?;
    installation.controller.terminate().await?;
    installation.restart_with(&["--leaf-lifetime", "1m"]).await?;
    let backbone = e2e::line::backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "field", "--backbone", "main"]).await?;
    let invitation = installation.invitation("field/all", &[]).await?;
    let _site = installation.join(&invitation, "site", &["--name", "site"], None)?;
    let sites = installation.site_cli(None);
    let dir = installation.site_dir("site");
    let first = sites.site_reaches(&dir, "member").await?["certificate_until"].clone();

    // Away over the moment at which the certificate is to be renewed, and back before it expires.
    installation.controller.kill().await?;
    eventually("the site finds that it cannot renew", async || {
        let status = sites.site_status(&dir).await.ok()?;
        let until: jiff::Timestamp = status["certificate_until"].as_str()?.parse().ok()?;
        (until.duration_since(jiff::Timestamp::now()) < jiff::SignedDuration::from_secs(16)).then_some(())
    })
    .await?;
    ensure!(sites.site_status(&dir).await?["certificate_until"] == first, "nobody was there to renew it");
    installation.restart_with(&["--leaf-lifetime", "1m"]).await?;
    eventually("the site renews", async || {
        let status = sites.site_status(&dir).await.ok()?;
        (status["certificate_until"] != first && status["healthy"] == true).then_some(())
    })
    .await?;
    drop(backbone);
    Ok(())
}
