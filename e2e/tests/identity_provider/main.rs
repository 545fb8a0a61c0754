//! Persons of a certified OpenID provider (the npm package `oidc-provider`) sign in to a real controller with the real `skx`.

mod stage;

use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use stage::Stage;
use testkit::trials::{Trials, Went};

#[tokio::main]
async fn main() -> ExitCode {
    let mut trials = Trials::from_arguments();
    let mut stage = None;
    let built = &mut stage;
    trials.run("a_provider_is_configured_while_a_controller_runs", async || on(built, configured).await).await;
    trials.run("a_person_agrees_in_a_browser_and_skx_is_signed_in", async || on(built, agreed).await).await;
    trials.run("a_sign_in_that_is_declined_or_forgotten_ends_clearly", async || on(built, declined).await).await;
    trials.run("a_pipeline_signs_in_with_each_id_token_once", async || on(built, pipeline).await).await;
    trials.run("keys_and_algorithms_change_while_a_controller_runs", async || on(built, rotated).await).await;
    trials.run("groups_of_the_provider_are_replaced_and_others_stay", async || on(built, groups).await).await;
    trials
        .run("a_person_is_who_the_provider_says_and_nobody_with_their_name", async || on(built, namesake).await)
        .await;
    trials.run("who_is_disabled_here_is_refused_whatever_the_provider_says", async || on(built, disabled).await).await;
    trials
        .run("who_is_in_no_group_that_may_sign_in_is_refused_where_one_is_required", async || {
            on(built, in_no_group).await
        })
        .await;
    trials.run("without_the_provider_it_is_said_who_does_not_answer", async || on(built, away).await).await;
    trials.run("no_token_is_in_the_log", async || on(built, unlogged).await).await;
    trials.finish()
}

/// Runs a test on the stage, which the first one builds.
async fn on(stage: &mut Option<Stage>, test: impl AsyncFnOnce(&mut Stage) -> Result<()>) -> Result<Went> {
    let node = stage::node().context("Node.js or oidc-provider is not there: scripts/setup test installs them")?;
    if stage.is_none() {
        *stage = Some(Stage::build(&node).await?);
    }
    test(stage.as_mut().context("it was just built")?).await?;
    Ok(Went::Well)
}

async fn configured(stage: &mut Stage) -> Result<()> {
    let said = stage.login_fails(5, &["--device"]).await?;
    ensure!(said.contains("no identity provider") && said.contains("[oidc]"), "{said}");
    let before = std::fs::read_to_string(&stage.file)?;
    // What is not sound is refused, and the one before stays.
    std::fs::write(&stage.file, format!("{before}[oidc]\nissuer = 'http://id.example.com'\nclient_id = 'skx'\n"))?;
    stage.reload("oidc.issuer").await?;
    let issuer = &stage.provider.issuer;
    let groups = "groups = { network-operators = 'operations', staff = 'readers', others = 'nobody-made-this' }";
    let oidc = format!(
        "[oidc]\nissuer = '{issuer}'\nclient_id = 'skx'\nscopes = ['openid', 'profile', 'email', 'groups']\n{groups}\n"
    );
    std::fs::write(&stage.file, before + &oidc)?;
    stage.reload("goes by the configuration").await?;
    let file = stage.file.to_str().context("UTF-8")?.to_owned();
    let dir = stage.installation.controller_dir();
    let check = ["controller", "--check", "--config", &file, "--data-dir", dir.to_str().context("UTF-8")?];
    let said = stage.installation.site_cli(None).ok(&check).await?;
    ensure!(said.contains(&stage.provider.issuer) && said.contains("sound"), "{said}");
    Ok(())
}

async fn agreed(stage: &mut Stage) -> Result<()> {
    let mut login = stage.begin_login(&["--device"])?;
    let url = login.line("Open ").await?.replace("Open ", "");
    let code = login.line("compare the code").await?;
    ensure!(url.contains(code.rsplit(' ').next().context("a code")?), "{url} {code}");
    stage.provider.does(&format!("approve {url} ada")).await?;
    ensure!(login.wait().await?.success(), "{:?}", login.lines());
    let who = stage.person.json(&["whoami"]).await?;
    ensure!(who["subject"] == "user/ada" && who["method"] == "identity provider", "{who}");
    stage.keep_session()?;

    let ada = stage.cli().json(&["user", "show", "ada"]).await?;
    ensure!(ada["provider"] == stage.provider.issuer.as_str() && ada["password"] == "none", "{ada}");
    ensure!(ada["email"] == "ada@example.com" && ada["display_name"] == "ada of the provider", "{ada}");
    // Who comes for the first time may do nothing until somebody says so.
    stage.person.fails(4, &["user", "list"]).await?;
    ensure!(stage.person.json(&["network", "list"]).await?["items"] == Value::Array(vec![]));
    // There is no password here, and none is made.
    let said = stage.cli().fails(5, &["user", "reset", "ada", "--yes"]).await?;
    ensure!(said.contains(&stage.provider.issuer), "{said}");
    let begun = stage.events("sign-in.begin").await?;
    let begun = begun.iter().find(|event| event["actor"] == "user/ada").context("it is recorded")?;
    ensure!(begun["after"]["method"] == "provider" && begun["outcome"] == "done", "{begun}");

    stage.person.ok(&["logout"]).await?;
    stage.person.fails(2, &["whoami"]).await?;
    Ok(())
}

async fn declined(stage: &mut Stage) -> Result<()> {
    let mut login = stage.begin_login(&["--device"])?;
    let url = login.line("Open ").await?.replace("Open ", "");
    stage.provider.does(&format!("deny {url}")).await?;
    ensure!(login.wait().await?.code() == Some(4), "{:?}", login.lines());
    login.line("declined").await?;
    stage.refusal("declined").await?;

    stage.provider.does("lifetime 1").await?;
    let mut login = stage.begin_login(&["--device"])?;
    ensure!(login.wait().await?.code() == Some(4), "{:?}", login.lines());
    login.line("the time for it is over").await?;
    stage.provider.does("lifetime 60").await
}

async fn pipeline(stage: &mut Stage) -> Result<()> {
    let token = stage.token("ada").await?;
    stage.login_with(&token).await?;
    ensure!(stage.person.json(&["whoami"]).await?["subject"] == "user/ada");
    stage.keep_session()?;
    // From standard input, and once.
    let said = stage.login_piped(4, &token).await?;
    ensure!(said.contains("used before"), "{said}");
    stage.refusal("used before").await?;
    let another = stage.token("ada").await?;
    stage.login_piped(0, &another).await?;
    stage.keep_session()?;
    // Altered, and no token at all.
    let mut parts: Vec<&str> = another.split('.').collect();
    parts[1] = token.split('.').nth(1).context("a payload")?;
    let said = stage.login_piped(4, &parts.join(".")).await?;
    ensure!(said.contains("signature"), "{said}");
    let said = stage.login_piped(4, "hunter2").await?;
    ensure!(said.contains("no ID token"), "{said}");
    stage.secrets.push("hunter2".to_owned());
    // One account, however often.
    let users = stage.cli().json(&["user", "list"]).await?;
    let all = users["items"].as_array().context("a list")?;
    ensure!(all.iter().filter(|user| user["provider"].is_string()).count() == 1, "{users}");
    Ok(())
}

async fn rotated(stage: &mut Stage) -> Result<()> {
    let old = stage.token("ada").await?;
    stage.provider.does("rotate PS256").await?;
    let new = stage.token("ada").await?;
    stage.login_with(&new).await?;
    stage.keep_session()?;
    let said = stage.login_piped(4, &old).await?;
    ensure!(said.contains("publishes no key"), "{said}");
    Ok(())
}

async fn groups(stage: &mut Stage) -> Result<()> {
    for group in ["operations", "readers", "local"] {
        stage.cli().ok(&["group", "create", group]).await?;
    }
    stage.cli().ok(&["group", "member", "add", "local", "ada"]).await?;
    for (said, found) in [
        ("network-operators,staff,others,unknown", vec!["local", "operations", "readers"]),
        ("staff", vec!["local", "readers"]),
        ("", vec!["local"]),
    ] {
        stage.provider.does(&format!("groups {said}")).await?;
        let token = stage.token("ada").await?;
        stage.login_with(&token).await?;
        stage.keep_session()?;
        let ada = stage.cli().json(&["user", "show", "ada"]).await?;
        ensure!(ada["groups"] == serde_json::json!(found), "{said}: {ada}");
    }
    ensure!(stage.events("user.groups").await?.len() == 3);
    Ok(())
}

async fn namesake(stage: &mut Stage) -> Result<()> {
    stage.cli().ok(&["user", "create", "carol", "--email", "carol@example.com"]).await?;
    let token = stage.token("carol").await?;
    stage.login_with(&token).await?;
    stage.keep_session()?;
    ensure!(stage.person.json(&["whoami"]).await?["subject"] == "user/carol-2");
    let carol = stage.cli().json(&["user", "show", "carol"]).await?;
    ensure!(carol.get("provider").is_none() && carol.get("last_sign_in").is_none(), "{carol}");
    Ok(())
}

async fn disabled(stage: &mut Stage) -> Result<()> {
    stage.cli().ok(&["user", "disable", "carol-2", "--yes"]).await?;
    stage.person.fails(4, &["whoami"]).await?;
    let token = stage.token("carol").await?;
    let said = stage.login_piped(4, &token).await?;
    ensure!(said.contains("disabled"), "{said}");
    stage.refusal("disabled").await
}

async fn in_no_group(stage: &mut Stage) -> Result<()> {
    let before = std::fs::read_to_string(&stage.file)?;
    std::fs::write(&stage.file, format!("{before}require_group = true\n"))?;
    stage.reload("goes by the configuration").await?;
    // None, and one that is no group of this installation.
    for said in ["", "unknown"] {
        stage.provider.does(&format!("groups {said}")).await?;
        let token = stage.token("dora").await?;
        let said = stage.login_piped(4, &token).await?;
        ensure!(said.contains("none of the groups that may sign in here"), "{said}");
    }
    stage.refusal("none of the groups").await?;
    stage.cli().fails(3, &["user", "show", "dora"]).await?;
    stage.provider.does("groups staff").await?;
    let token = stage.token("dora").await?;
    stage.login_with(&token).await?;
    stage.keep_session()?;
    ensure!(stage.person.json(&["whoami"]).await?["subject"] == "user/dora");
    // Who is in none any more is refused the next time.
    stage.provider.does("groups ").await?;
    let token = stage.token("dora").await?;
    stage.login_piped(4, &token).await?;
    std::fs::write(&stage.file, before)?;
    stage.reload("goes by the configuration").await
}

async fn away(stage: &mut Stage) -> Result<()> {
    stage.provider.end().await?;
    let said = stage.login_fails(6, &["--device"]).await?;
    ensure!(said.contains("identity provider does not answer"), "{said}");
    stage
        .installation
        .controller
        .line(&format!("the identity provider {} cannot be asked", stage.provider.issuer))
        .await?;
    let (file, dir) = (stage.file.clone(), stage.installation.controller_dir());
    let check = ["controller", "--check", "--config", file.to_str().context("UTF-8")?];
    let check = [&check[..], &["--data-dir", dir.to_str().context("UTF-8")?]].concat();
    let said = stage.installation.site_cli(None).fails(6, &check).await?;
    ensure!(said.contains(&stage.provider.issuer), "{said}");
    // Everything else goes on.
    stage.cli().ok(&["whoami"]).await?;
    Ok(())
}

async fn unlogged(stage: &mut Stage) -> Result<()> {
    ensure!(stage.installation.controller.terminate().await?.success());
    let lines = stage.installation.controller.lines();
    ensure!(lines.len() > 100 && stage.secrets.len() > 10, "{} lines, {} secrets", lines.len(), stage.secrets.len());
    for (nth, secret) in stage.secrets.iter().enumerate() {
        let found = lines.iter().find(|line| line.contains(secret));
        ensure!(found.is_none(), "secret {nth} is in the log: {found:?}");
    }
    Ok(())
}
