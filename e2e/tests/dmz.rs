//! Sites anywhere: members with nothing but outbound connectivity, a relay in a DMZ, a controller nobody can reach.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use testkit::{
    installation::{Installation, text},
    netns::{Host, Lab},
    process::{Process, eventually},
};

/// `controller` ── `inner` ──► `dmz` ◄── `shop`, `hq`; the arrows are the only directions in which anybody may dial.
#[tokio::test(flavor = "multi_thread")]
async fn members_with_only_outbound_connectivity_meet_through_a_dmz() -> Result<()> {
    // From the DMZ nothing may be begun towards the inside.
    meet_through_a_dmz(("inner", "dmz"), &["ip saddr 10.201.1.1 accept"], &["accept"]).await
}

/// `controller` ── `inner` ◄── `dmz` ◄── `shop`, `hq`.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_in_a_dmz_may_be_the_one_that_dials() -> Result<()> {
    // From the inside nothing may be begun towards the DMZ, which reaches one port of the inside.
    let inner = ["ip saddr 10.201.1.1 accept", "ip saddr 10.201.2.2 tcp dport 5672 accept"];
    meet_through_a_dmz(("dmz", "inner"), &inner, &["ip saddr 10.201.2.1 drop", "accept"]).await
}

/// `link` says which relay dials the other; the rest, what each accepts of what others begin.
async fn meet_through_a_dmz(link: (&str, &str), inner_accepts: &[&str], dmz_accepts: &[&str]) -> Result<()> {
    let mut lab = Lab::new()?;
    let (controller, inner, dmz) = (lab.host("ctl").await?, lab.host("inner").await?, lab.host("dmz").await?);
    let (shop, hq) = (lab.host("shop").await?, lab.host("hq").await?);
    lab.connect(&controller, &inner, "10.201.1").await?;
    lab.connect(&inner, &dmz, "10.201.2").await?;
    lab.connect(&shop, &dmz, "10.201.3").await?;
    lab.connect(&hq, &dmz, "10.201.4").await?;
    controller.only_outbound().await?;
    shop.only_outbound().await?;
    hq.only_outbound().await?;
    for (host, accepts) in [(&inner, inner_accepts), (&dmz, dmz_accepts)] {
        let rules = accepts.join("\n  ");
        host.firewall(&format!(
            "table inet zone {{\n chain input {{\n  type filter hook input priority 0; policy drop;\n  iif lo accept\n  \
             ct state established,related accept\n  {rules}\n }}\n}}\n"
        ))
        .await?;
    }

    let installation = Installation::start_on(&controller).await?;
    let cli = &installation.cli;
    cli.ok(&["backbone", "create", "main"]).await?;
    let mut create = vec!["backbone", "site", "create", "main/inner"];
    create.extend(["--access", "in=manage,peer@10.201.1.2:5671", "--access", "out=peer@10.201.2.1:5672"]);
    cli.ok(&create).await?;
    // The DMZ site is reached at one address by the inside and at another by each member.
    let mut create = vec!["backbone", "site", "create", "main/dmz"];
    create.extend(["--access", "in=peer@10.201.2.2:5671"]);
    create.extend(["--access", "east=member,claim@10.201.3.2:5672"]);
    create.extend(["--access", "west=member,claim@10.201.4.2:5673"]);
    cli.ok(&create).await?;
    // An inner site has two access points for peers: the one that the DMZ reaches is named.
    let to = if link.1 == "inner" { "inner/out" } else { link.1 };
    cli.ok(&["backbone", "link", "create", "main", "--from", link.0, "--to", to]).await?;
    let _inner = installation.start_backbone_site("main/inner", Some(&inner)).await?;
    let _dmz = installation.start_backbone_site("main/dmz", Some(&dmz)).await?;
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;

    cli.ok(&["network", "create", "field", "--backbone", "main"]).await?;
    let invitation = installation.invitation("field/all", &["--uses", "2"]).await?;
    let _shop = installation.join(&invitation, "shop", &["--name", "shop"], Some(&shop))?;
    let _hq = installation.join(&invitation, "hq", &["--name", "hq"], Some(&hq))?;
    for (name, host) in [("shop", &shop), ("hq", &hq)] {
        installation.site_cli(Some(host)).site_reaches(&installation.site_dir(name), "member").await?;
    }

    // Neither member can reach the controller or the other by IP.
    let somewhere = |ip: &str| format!("{ip}:8443").parse::<SocketAddr>();
    ensure!(!shop.reaches(somewhere("10.201.1.1")?).await?, "the controller is out of reach");
    ensure!(!shop.reaches(somewhere("10.201.4.1")?).await?, "the other member is out of reach");

    let peer = env!("CARGO_BIN_EXE_http-peer");
    let mut serve = hq.command(peer);
    let _server = serving(Process::spawn("server", serve.args(["serve", "127.0.0.1:8080", "from hq"]))?).await?;
    cli.ok(&["network", "connector", "add", "field", "web", "127.0.0.1:8080", "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "field", "web", "127.0.0.1:9090", "--site", "shop"]).await?;
    eventually("an answer from hq at the shop", async || get(&shop, peer, "127.0.0.1:9090").await).await?;
    Ok(())
}

async fn serving(mut server: Process) -> Result<Process> {
    server.line("serving at").await?;
    Ok(server)
}

async fn get(host: &Host, peer: &str, address: &str) -> Option<()> {
    let output = host.command(peer).args(["get", address]).output().await.ok()?;
    (String::from_utf8_lossy(&output.stdout).trim() == "from hq").then_some(())
}

/// An access point nobody can reach is retried, and the site says so with the last error.
#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_access_point_is_retried_and_shown() -> Result<()> {
    let mut lab = Lab::new()?;
    let (all, far) = (lab.host("all").await?, lab.host("far").await?);
    lab.connect(&all, &far, "10.202.1").await?;
    let installation = Installation::start_on(&all).await?;
    let cli = &installation.cli;
    cli.ok(&["backbone", "create", "main"]).await?;
    let access = "in=manage,peer,member,claim@10.202.1.1:5671";
    cli.ok(&["backbone", "site", "create", "main/one", "--access", access]).await?;
    let _one = installation.start_backbone_site("main/one", Some(&all)).await?;
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    cli.ok(&["network", "create", "field", "--backbone", "main"]).await?;
    let invitation = installation.invitation("field/all", &[]).await?;

    far.cable(&all, false).await?;
    let _site = installation.join(&invitation, "site", &["--name", "site"], Some(&far))?;
    let sites = installation.site_cli(Some(&far));
    let dir = installation.site_dir("site");
    eventually("the status shows the failing link", async || {
        let status = sites.site_status(&dir).await.ok()?;
        let failing = status["state"] == "joining" && status["reason"].as_str().is_some_and(|r| !r.is_empty());
        failing.then_some(())
    })
    .await?;
    far.cable(&all, true).await?;
    sites.site_reaches(&dir, "member").await?;
    let again = text(&dir)?;
    sites.ok(&["site", "status", "--data-dir", &again]).await?;
    Ok(())
}
