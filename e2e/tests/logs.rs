//! What a real controller writes to its log, even if it writes all it can, has no secret in it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use testkit::{
    installation::{Installation, text},
    postgres,
    skx::Cli,
};

const ADA: &str = "correct horse battery";
const BOB: &str = "quite another password";
const CHANGED: &str = "and a third one of them";
const WRONG: &str = "never been the password";

/// A file with a secret in it.
fn secret_file(dir: &Path, name: &str, secret: &str) -> Result<String> {
    let file = dir.join(name);
    std::fs::write(&file, format!("{secret}\n"))?;
    text(&file)
}

#[tokio::test]
async fn no_password_no_token_and_no_setup_link_is_in_the_log() -> Result<()> {
    let database = postgres::database().await;
    let mut installation = Installation::over_with(&database.url, &["--log", "trace"]).await?;
    let (dir, controller) = (installation.dir().to_owned(), installation.controller_dir());
    let read = |name: &str| std::fs::read_to_string(controller.join(name)).map(|text| text.trim().to_owned());
    let (link, first_start, metrics) = (read("setup.link")?, read("admin.token")?, read("metrics.token")?);
    let code = link.split_once('#').context("a link")?.1.to_owned();
    let server = link.split("/setup").next().context("a server")?.to_owned();
    let env = [("SKX_CA", text(&controller.join("ca.crt"))?), ("XDG_CONFIG_HOME", text(&dir)?)];
    let person = Cli { env: env.map(|(key, value)| (key.to_owned(), value)).into(), host: None };
    let kept = || -> Result<String> {
        let stored = std::fs::read_to_string(dir.join("skx/config.toml"))?;
        Ok(stored.split("token = \"").nth(1).and_then(|rest| rest.split('"').next()).context("a token")?.to_owned())
    };

    // The first account, by the link; and the link again.
    let (ada, wrong) = (secret_file(&dir, "ada", ADA)?, secret_file(&dir, "wrong", WRONG)?);
    let set_up = ["login", &link, "--name", "ada", "--password-file", &ada];
    person.ok(&set_up).await?;
    let ada_session = kept()?;
    person.fails(4, &set_up).await?;
    person.fails(4, &["login", &server, "--name", "ada", "--password-file", &wrong]).await?;
    // A password in the place of a name.
    person.fails(4, &["login", &server, "--name", WRONG, "--password-file", &wrong]).await?;

    // A password for one use, and the choice of another, and its change.
    person.ok(&["user", "create", "bob"]).await?;
    let one_time = person.ok(&["user", "reset", "bob", "--yes"]).await?.trim().to_owned();
    let made = person.json(&["user", "create", "deploy", "--service"]).await?;
    ensure!(made["name"] == "deploy");
    let token = person.ok(&["token", "create", "nightly", "--user", "deploy"]).await?.trim().to_owned();
    let (given, bob, changed) = (
        secret_file(&dir, "given", &one_time)?,
        secret_file(&dir, "bob", BOB)?,
        secret_file(&dir, "changed", CHANGED)?,
    );
    let login = ["login", &server, "--name", "bob", "--password-file", &given];
    person.ok(&[&login[..], &["--new-password-file", &bob]].concat()).await?;
    let bob_session = kept()?;
    person.ok(&["user", "password", "--password-file", &bob, "--new-password-file", &changed]).await?;
    let second_session = kept()?;

    // A token that is good, one that is revoked or never was, and the first-start token when its time is over.
    let file = secret_file(&dir, "token", &token)?;
    person.ok(&["login", &server, "--token-file", &file]).await?;
    let stranger = format!("skxt_{}", "s3cr3t7-".repeat(6).get(..43).context("a token")?);
    for bad in [&stranger, &bob_session, &first_start] {
        let file = secret_file(&dir, "bad", bad)?;
        person.fails(4, &["login", &server, "--token-file", &file]).await?;
    }

    ensure!(installation.controller.terminate().await?.success());
    let lines = installation.controller.lines();
    ensure!(lines.iter().any(|line| line.contains("DEBUG")), "it writes all it can: {} lines", lines.len());
    let secrets = [
        ADA,
        BOB,
        CHANGED,
        WRONG,
        &link,
        &code,
        &first_start,
        &metrics,
        &one_time,
        &token,
        &stranger,
        &ada_session,
        &bob_session,
        &second_session,
        "$argon2id$v=",
    ];
    for (nth, secret) in secrets.into_iter().enumerate() {
        ensure!(secret.len() > 6, "secret {nth} is none");
        let found = lines.iter().find(|line| line.contains(secret));
        ensure!(found.is_none(), "secret {nth} is in the log: {found:?}");
    }
    Ok(())
}
