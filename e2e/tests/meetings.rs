//! An invitation to a meeting: who comes knows the passcode, says its name, and waits until somebody lets it in; whoever
//! dies meanwhile.

use std::{path::Path, time::Duration};

use anyhow::{Result, ensure};
use e2e::line::backbone;
use testkit::{
    installation::{Installation, text},
    process::{Process, eventually},
};

/// Waits until the controller shows a member site in a state.
async fn shown(installation: &Installation, name: &str, state: &str) -> Result<()> {
    eventually(&format!("the controller shows {name} as {state}"), async || {
        let list = installation.cli.json(&["member", "list", "retail"]).await.ok()?;
        let site = list["items"].as_array()?.iter().find(|it| it["name"] == name)?;
        (site["state"] == state).then_some(())
    })
    .await
}

/// Waits until a site has ended by itself, and holds it to a final refusal for a reason.
async fn refused(installation: &Installation, process: &mut Process, dir: &Path, why: &str) -> Result<()> {
    let status = tokio::time::timeout(Duration::from_secs(60), process.wait()).await??;
    ensure!(status.code() == Some(5), "a final refusal is exit code 5, not {status}: {:#?}", process.lines());
    let status = installation.site_cli(None).site_status(dir).await?;
    let reason = status["reason"].as_str().unwrap_or_default();
    ensure!(status["state"] == "refused" && reason.contains(why), "{status}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_invited_waits_to_be_let_in_whoever_dies_meanwhile() -> Result<()> {
    let mut installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = installation.cli.clone();
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let passcode = installation.dir().join("passcode");
    std::fs::write(&passcode, "open sesame\n")?;
    let (right, wrong) = (text(&passcode)?, text(&installation.dir().join("wrong"))?);
    std::fs::write(&wrong, "open simsim\n")?;
    let options = ["--uses", "2", "--waiting-room", "--interactive", "--passcode-file", &right, "--serve", "till.*"];
    let file = installation.invitation("retail/guests", &options).await?;
    let sites = installation.site_cli(None);
    let dir = installation.site_dir("till");
    let at = text(&dir)?;

    // What the invitation asks for is known before anything is sent.
    let join = ["join", &file, "--data-dir", &at];
    let said = sites.fails(2, &join).await?;
    ensure!(said.contains("--name NAME"), "{said}");
    let said = sites.fails(2, &[&join[..], &["--name", "till"]].concat()).await?;
    ensure!(said.contains("--passcode-file FILE"), "{said}");
    let said = sites.fails(5, &[&join[..], &["--name", "till", "--passcode-file", &wrong]].concat()).await?;
    ensure!(said.contains("the passcode is wrong"), "{said}");

    // It waits, both sides know it, and the site knows it without running, too.
    let mut till = installation.join(&file, "till", &["--name", "till", "--passcode-file", &right], None)?;
    let status = sites.site_reaches(&dir, "waiting").await?;
    ensure!(status["reason"].as_str().is_some_and(|it| it.contains("waiting room")), "{status}");
    shown(&installation, "till", "waiting").await?;
    for (list, next) in [
        (&["member", "list", "retail"][..], "skx member admit|refuse retail/till"),
        (&["replica", "list"], "nothing: it leaves the list"),
        (&["backbone", "link", "list", "main"], "it carries traffic"),
        (&["certificate", "list"], "it is renewed"),
    ] {
        let said = cli.ok(&[list, &["-o", "wide"]].concat()).await?;
        ensure!(said.contains("WHY") && said.contains(next), "where everything stands: {list:?}: {said}");
    }
    let since = status["waiting_since"].clone();
    till.kill().await?;
    let status = sites.site_status(&dir).await?;
    ensure!(status["state"] == "waiting" && status["running"] == false && status["waiting_since"] == since, "{status}");
    installation.controller.kill().await?;
    let mut till = sites.spawn("till", &["site", "run", "--data-dir", &at])?;
    installation.restart().await?;
    let cli = installation.cli.clone();
    let status = sites.site_reaches(&dir, "waiting").await?;
    ensure!(status["waiting_since"] == since, "it waits since then, not since it was started again: {status}");
    shown(&installation, "till", "waiting").await?;
    cli.ok(&["member", "admit", "retail/till"]).await?;
    let status = sites.site_reaches(&dir, "member").await?;
    ensure!(status["name"] == "till" && status["serve"] == serde_json::json!(["till.*"]), "{status}");
    shown(&installation, "till", "member").await?;
    let kept = std::fs::read_to_string(dir.join("state.json"))?;
    ensure!(!kept.contains("open sesame"), "the passcode has gone with the claim");

    // What its invitation lets it serve is all it may serve.
    let add = ["site", "connector", "add", "db", "127.0.0.1:9", "--data-dir", &at];
    let said = sites.fails(5, &add).await?;
    ensure!(said.contains("lets it serve till.*"), "{said}");
    cli.ok(&["network", "connector", "add", "retail", "db", "127.0.0.1:9", "--site", "till"]).await?;
    eventually("the owner sees why the connector does not serve", async || {
        let member = cli.json(&["member", "show", "retail/till"]).await.ok()?;
        let db = member["connectors"].as_array()?.iter().find(|it| it["address"] == "db")?.clone();
        db["error"].as_str()?.contains("may not serve db").then_some(())
    })
    .await?;

    // Who is refused is told why, and its use is there for the next; who still waits when the invitation is closed, too.
    for (name, why) in [("stranger", "we do not know you"), ("late", "invitation")] {
        let mut process = installation.join(&file, name, &["--name", name, "--passcode-file", &right], None)?;
        shown(&installation, name, "waiting").await?;
        if name == "late" {
            cli.ok(&["invitation", "expire", "retail/guests", "--yes"]).await?;
        } else {
            cli.ok(&["member", "refuse", &format!("retail/{name}"), "--reason", why, "--yes"]).await?;
        }
        refused(&installation, &mut process, &installation.site_dir(name), why).await?;
    }
    let invitation = cli.json(&["invitation", "show", "retail/guests"]).await?;
    ensure!(invitation["used"] == 1 && invitation["waiting"] == 0, "{invitation}");
    cli.ok(&["audit", "verify"]).await?;
    till.terminate().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_told_when_its_invitation_goes_and_who_was_evicted_comes_back_by_nothing_it_kept() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let (cli, sites) = (&installation.cli, installation.site_cli(None));
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    for (gone, why) in [("delete", "the invitation was deleted"), ("evict", "the invitation was evicted")] {
        let invitation = format!("retail/{gone}d");
        let file = installation.invitation(&invitation, &["--waiting-room"]).await?;
        let mut process = installation.join(&file, gone, &["--name", gone], None)?;
        shown(&installation, gone, "waiting").await?;
        sites.site_reaches(&installation.site_dir(gone), "waiting").await?;
        cli.ok(&["invitation", gone, &invitation, "--yes"]).await?;
        refused(&installation, &mut process, &installation.site_dir(gone), "invitation").await?;
        let former = cli.json(&["member", "show", &format!("retail/{gone}")]).await?;
        ensure!(former["state"] == "refused" && former["reason"] == why, "{former}");
    }

    // A member keeps copies of all it has: before its certificate was rotated, and after.
    let file = installation.invitation("retail/guests", &["--uses", "unlimited"]).await?;
    let mut process = installation.join(&file, "guest", &["--name", "guest"], None)?;
    let dir = installation.site_dir("guest");
    sites.site_reaches(&dir, "member").await?;
    let keep = |name: &str| -> Result<String> {
        let copy = installation.site_dir(name);
        std::fs::create_dir_all(&copy)?;
        std::fs::copy(dir.join("state.json"), copy.join("state.json"))?;
        text(&copy)
    };
    let old = keep("old")?;
    let held = cli.json(&["certificate", "list"]).await?;
    let held = held["items"].as_array().and_then(|all| all.iter().find(|it| it["subject"] == "retail/guest").cloned());
    let id = held.and_then(|it| it["id"].as_str().map(str::to_owned)).unwrap_or_default();
    cli.ok(&["certificate", "rotate", &id]).await?;
    eventually("the site has another certificate", async || {
        let shown = cli.json(&["certificate", "show", &id]).await.ok()?;
        (shown["state"] == "superseded").then_some(())
    })
    .await?;
    let before = std::fs::read(installation.site_dir("old").join("state.json"))?;
    eventually("and has stored it", async || {
        let now = std::fs::read(dir.join("state.json")).ok()?;
        (now != before && sites.site_status(&dir).await.ok()?["state"] == "member").then_some(())
    })
    .await?;
    let rotated = keep("rotated")?;
    cli.ok(&["member", "evict", "retail/guest", "--close-invitation", "--yes"]).await?;
    let status = tokio::time::timeout(Duration::from_secs(60), process.wait()).await??;
    ensure!(status.code() == Some(5), "{status}");

    // By the old certificate and the rotated one, each with its key; by the old invitation with the old key, and with a new one.
    for kept in [&old, &rotated] {
        let said = sites.fails(5, &["site", "run", "--data-dir", kept]).await?;
        ensure!(said.contains("evicted"), "{said}");
        let said = sites.fails(5, &["join", &file, "--data-dir", kept]).await?;
        ensure!(said.contains("evicted"), "{said}");
    }
    let anew = text(&installation.site_dir("anew"))?;
    let said = sites.fails(5, &["join", &file, "--data-dir", &anew, "--name", "anew"]).await?;
    ensure!(said.contains("invitation"), "{said}");
    let list = cli.json(&["member", "list", "retail"]).await?;
    let live = list["items"].as_array().map_or(0, |all| all.iter().filter(|it| it["state"] == "member").count());
    ensure!(live == 0, "{list}");
    Ok(())
}
