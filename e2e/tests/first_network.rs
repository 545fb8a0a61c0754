//! The main job: from a root certificate to a request across the network.

use anyhow::{Result, ensure};
use e2e::line::{BODY, Line, answers, backbone};
use testkit::{
    installation::{Installation, free_address, text},
    process::eventually,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_crosses_the_network_directly_and_inside_tls() -> Result<()> {
    for transport in ["direct", "tls"] {
        let line = Line::build(transport).await?;
        line.answers().await?;
        let status = line.installation.cli.json(&["backbone", "status", "main"]).await?;
        ensure!(status.to_string().contains(transport), "the status names the transport {transport}: {status}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_below_the_root_is_made_before_the_root() -> Result<()> {
    let installation = Installation::without_root(free_address()?, None).await?;
    let said = installation.cli.fails(5, &["backbone", "create", "main"]).await?;
    ensure!(said.contains("skx ca init --development"), "the refusal says how to make a root: {said}");
    installation.cli.ok(&["ca", "init", "--development"]).await?;
    installation.cli.ok(&["backbone", "create", "main"]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_spent_refused_and_resumed_in_plain_words() -> Result<()> {
    let mut line = Line::build("direct").await?;
    let installation = &line.installation;

    // Used up: a third site is refused for good.
    let mut third = installation.join(&line.invitation, "third", &[], None)?;
    ensure!(third.wait().await?.code() == Some(5), "a final refusal is exit 5: {:#?}", third.lines());
    let said = third.lines().join("\n");
    ensure!(said.contains("use"), "the refusal says that the invitation is used up: {said}");
    let status = installation.cli.site_status(&installation.site_dir("third")).await?;
    ensure!(status["state"] == "refused" && status["reason"].is_string(), "{status}");

    // Twice applied: the same directory resumes as the same site, and spends nothing.
    line.store.terminate().await?;
    line.store = installation.join(&line.invitation, "store", &[], None)?;
    installation.cli.site_reaches(&installation.site_dir("store"), "member").await?;
    line.answers().await?;
    let members = installation.cli.json(&["member", "list", "retail"]).await?;
    ensure!(members["items"].as_array().is_some_and(|items| items.len() == 2), "{members}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_foreign_and_closed_invitations_say_so() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "one", "--backbone", "main"]).await?;
    cli.ok(&["network", "create", "two", "--backbone", "main"]).await?;
    let one = installation.invitation("one/all", &["--uses", "unlimited"]).await?;
    let two = installation.invitation("two/all", &["--uses", "unlimited"]).await?;
    let sites = installation.site_cli(None);
    let dir = text(&installation.site_dir("site"))?;

    // Damaged: one character of the body changed.
    let whole = std::fs::read_to_string(&one)?;
    let middle = whole.len() / 2;
    let at = middle + whole[middle..].find(|c: char| c.is_ascii_lowercase()).unwrap_or(0);
    let changed = if whole.as_bytes()[at] == b'a' { "b" } else { "a" };
    let damaged = text(&installation.dir().join("damaged"))?;
    std::fs::write(&damaged, [&whole[..at], changed, &whole[at + 1..]].concat())?;
    let said = sites.fails(2, &["join", &damaged, "--data-dir", &dir]).await?;
    ensure!(said.contains("damaged"), "{said}");

    // Not an invitation at all.
    let said = sites.fails(2, &["join", "/etc/hostname", "--data-dir", &dir]).await?;
    ensure!(said.to_lowercase().contains("invitation"), "{said}");
    sites.fails(3, &["join", "/no/such/file", "--data-dir", &dir]).await?;

    // Foreign: the directory already belongs to another network.
    let mut first = installation.join(&one, "site", &["--name", "first"], None)?;
    cli.site_reaches(&installation.site_dir("site"), "member").await?;
    first.terminate().await?;
    let said = sites.fails(5, &["join", &two, "--data-dir", &dir]).await?;
    ensure!(said.contains("--data-dir"), "the refusal says what to do: {said}");

    // Closed.
    cli.ok(&["invitation", "expire", "two/all", "--yes"]).await?;
    let mut late = installation.join(&two, "late", &[], None)?;
    ensure!(late.wait().await?.code() == Some(5), "{:#?}", late.lines());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn options_that_are_not_honoured_yet_are_refused() -> Result<()> {
    let installation = Installation::start().await?;
    let cli = &installation.cli;
    cli.fails(2, &["backbone", "create", "main", "--dataplane", "skupper"]).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_network_admits_nobody_before_its_start() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "later", "--backbone", "main", "--start", "+2h", "--end", "+4h"]).await?;
    let invitation = installation.invitation("later/all", &[]).await?;
    let _early = installation.join(&invitation, "early", &["--name", "early"], None)?;
    let dir = installation.site_dir("early");
    eventually("the site waits, and says until when", async || {
        let status = cli.site_status(&dir).await.ok()?;
        let says_when = status["reason"].as_str().is_some_and(|reason| reason.contains("lets sites in from"));
        (status["state"] == "waiting" && says_when).then_some(())
    })
    .await?;
    // The start moves: the waiting site gets in by itself.
    cli.ok(&["network", "set", "later", "--start", "+0s"]).await?;
    cli.site_reaches(&installation.site_dir("early"), "member").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn eviction_ends_a_site_and_leaves_the_others() -> Result<()> {
    let line = Line::build("direct").await?;
    line.answers().await?;
    let installation = &line.installation;
    installation.cli.ok(&["member", "evict", "retail/store", "--close-invitation", "--yes"]).await?;
    let status = installation.cli.site_reaches(&installation.site_dir("store"), "evicted").await?;
    ensure!(status["reason"].is_string(), "{status}");
    ensure!(e2e::http::fetch(line.door).await.is_err(), "an evicted site has no listener");
    let hq = installation.cli.site_status(&installation.site_dir("hq")).await?;
    ensure!(hq["state"] == "member", "{hq}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn local_listeners_and_connectors_are_the_participants_own() -> Result<()> {
    let line = Line::build("direct").await?;
    let installation = &line.installation;
    let server = e2e::http::serve(([127, 0, 0, 1], 0).into(), "a local thing".to_owned()).await?;
    let door = free_address()?;
    let sites = installation.site_cli(None);
    let (hq, store) = (text(&installation.site_dir("hq"))?, text(&installation.site_dir("store"))?);
    sites.ok(&["site", "connector", "add", "own.thing", &server.to_string(), "--data-dir", &hq]).await?;
    sites.ok(&["site", "listener", "add", "own.thing", &door.to_string(), "--data-dir", &store]).await?;
    answers(door, "a local thing").await?;
    line.answers().await?;
    let listed = sites.json(&["site", "listener", "list", "--data-dir", &store]).await?;
    ensure!(listed["items"].as_array().is_some_and(|items| items.len() == 2), "central and local: {listed}");
    sites.ok(&["site", "listener", "remove", "own.thing", "--data-dir", &store]).await?;
    ensure!(e2e::http::fetch(door).await.is_err(), "the listener is gone");
    assert_eq!(e2e::http::fetch(line.door).await?, BODY);
    Ok(())
}
