//! `skx status` says in ten lines whether all is well, and if not, what to do; and the figures move with what happens.

use anyhow::{Context, Result, ensure};
use e2e::line::backbone;
use testkit::{
    installation::{Installation, free_address},
    openmetrics::{self, Exposition},
    postgres,
    process::eventually,
    skx::Cli,
};

/// What it says as soon as it says all of `parts`; never more than ten lines.
async fn says(cli: &Cli, code: i32, parts: &[&str]) -> Result<String> {
    let mut last = String::new();
    let said = eventually(&format!("the status says {parts:?}"), async || {
        let outcome = cli.run(&["status"]).await.ok()?;
        last = outcome.to_string();
        let said = format!("{}{}", outcome.stdout, outcome.stderr);
        let is_so = outcome.code == Some(code) && parts.iter().all(|part| said.contains(part));
        is_so.then_some(outcome.stdout)
    })
    .await;
    let said = said.map_err(|error| error.context(last))?;
    ensure!(said.lines().count() <= 10, "{said}");
    Ok(said)
}

/// The figures of a controller, as a scraper with nothing but its token sees them.
struct Figures {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Figures {
    fn of(installation: &Installation) -> Result<Self> {
        // The only one that can be there already is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = installation.controller_dir();
        let roots = reqwest::Certificate::from_pem_bundle(&std::fs::read(dir.join("ca.crt"))?)?;
        let http = reqwest::Client::builder().no_proxy().tls_certs_only(roots).build()?;
        let server = installation.cli.env.iter().find(|(name, _)| name == "SKX_SERVER").context("where it is")?;
        let token = std::fs::read_to_string(dir.join("metrics.token"))?.trim().to_owned();
        Ok(Self { http, url: format!("{}/metrics", server.1), token })
    }

    async fn now(&self) -> Result<Exposition> {
        let answer = self.http.get(&self.url).bearer_auth(&self.token).send().await?.error_for_status()?;
        openmetrics::parse(&answer.text().await?)
    }

    /// Waits until each of these has come to its value.
    async fn come_to(&self, values: &[Value<'_>]) -> Result<Exposition> {
        let mut last = String::new();
        let came = eventually("the figures move", async || {
            let now = self.now().await.ok()?;
            last = format!(
                "{:?}",
                values.iter().map(|(name, labels, _)| (name, labels, now.value(name, labels))).collect::<Vec<_>>()
            );
            values.iter().all(|(name, labels, value)| now.value(name, labels) == Some(*value)).then_some(now)
        })
        .await;
        came.map_err(|error| error.context(format!("{values:?}: {last}")))
    }
}

/// A figure's name, its labels, and what it comes to.
type Value<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

const RELAY: (&str, &str) = ("kind", "backbone-site");
const MEMBER: (&str, &str) = ("kind", "member");

#[tokio::test(flavor = "multi_thread")]
async fn the_status_says_what_is_wrong_and_what_to_do_about_it() -> Result<()> {
    let mut server = postgres::server().await;
    let database = server.create_database()?;
    let installation = Installation::over(&database.url).await?;
    let cli = &installation.cli;
    let mut relays = backbone(&installation, "direct").await?;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "1"]).await?;
    let _store =
        installation.join(&invitation, "store", &["--name", "store", "--prefer", &relays.east_access], None)?;
    cli.site_reaches(&installation.site_dir("store"), "member").await?;
    let well = ["main: 2/2 sites up, 1/1 links up", "retail: 1 open, 1/1 members connected", "all is well"];
    says(cli, 0, &well).await?;
    let figures = Figures::of(&installation)?;
    let found = figures
        .come_to(&[
            ("skx_sessions", &[RELAY], 2.0),
            ("skx_sessions", &[MEMBER], 1.0),
            ("skx_links", &[("backbone", "main"), ("state", "up")], 1.0),
            ("skx_claims_total", &[("kind", "redemption"), ("outcome", "admitted")], 1.0),
            ("skx_database_up", &[], 1.0),
        ])
        .await?;
    let soon = found.value("skx_certificate_expires_timestamp", &[RELAY]).context("when the first one expires")?;

    // Certificates that are replaced move the horizon.
    let held = cli.json(&["certificate", "list"]).await?;
    for one in held["items"].as_array().into_iter().flatten().filter(|one| one["kind"] == "backbone-site") {
        cli.ok(&["certificate", "rotate", one["id"].as_str().context("an id")?]).await?;
    }
    eventually("the horizon has moved", async || {
        let expires = figures.now().await.ok()?.value("skx_certificate_expires_timestamp", &[RELAY])?;
        (expires > soon).then_some(())
    })
    .await?;

    // An invitation that is used up; and one that makes who comes wait.
    let mut late = installation.join(&invitation, "late", &["--name", "late"], None)?;
    ensure!(!late.wait().await?.success(), "it is refused");
    figures.come_to(&[("skx_claims_total", &[("kind", "redemption"), ("outcome", "used-up")], 1.0)]).await?;
    let door = installation.invitation("retail/door", &["--uses", "1", "--waiting-room"]).await?;
    let guest = installation.join(&door, "guest", &["--name", "guest"], None)?;
    let waits = figures.come_to(&[("skx_members_waiting", &[], 1.0)]).await?;
    let since = waits.value("skx_members_waiting_since_timestamp", &[]).context("since when")?;
    ensure!(since > 1.7e9 && since < soon, "{since}");
    drop(guest);
    cli.ok(&["member", "refuse", "retail/guest", "--yes"]).await?;
    figures.come_to(&[("skx_members_waiting", &[], 0.0)]).await?;

    // A site that cannot do what it was told: somebody else is at that socket.
    let taken = std::net::TcpListener::bind(free_address()?)?;
    let door = taken.local_addr()?.to_string();
    cli.ok(&["network", "listener", "add", "retail", "goods", &door, "--site", "store"]).await?;
    says(cli, 1, &["member retail/store: its listener for goods at", &door, "put that right there"]).await?;
    cli.ok(&["network", "listener", "remove", "retail", "goods", "--yes"]).await?;
    says(cli, 0, &["all is well"]).await?;

    // A backbone that was never bootstrapped.
    cli.ok(&["backbone", "create", "branch"]).await?;
    says(cli, 1, &["backbone branch: it has no sites; create one: `skx backbone site create branch/"]).await?;
    let access = format!("all=peer,member,claim,manage@{}", free_address()?);
    cli.ok(&["backbone", "site", "create", "branch/hub", "--access", &access]).await?;
    says(cli, 1, &["the site hub has not enrolled yet; ", "`skx backbone site bundle branch/hub"]).await?;
    cli.ok(&["backbone", "site", "delete", "branch/hub", "--yes"]).await?;
    cli.ok(&["backbone", "delete", "branch", "--yes"]).await?;
    says(cli, 0, &["all is well"]).await?;

    // A relay that is down. What follows from that is not said on top.
    ensure!(relays.west.terminate().await?.success());
    let said =
        says(cli, 1, &["1/2 sites up", "the site west is not heard of; ", "start it with `skx site run`"]).await?;
    ensure!(!said.contains("the link"), "{said}");
    figures
        .come_to(&[
            ("skx_sessions", &[RELAY], 1.0),
            ("skx_sites", &[RELAY, ("session", "down")], 1.0),
            ("skx_links", &[("backbone", "main"), ("state", "up")], 0.0),
        ])
        .await?;

    server.kill()?;
    says(cli, 6, &["database cannot be reached", "see that the database runs"]).await?;
    // At SIGHUP reconcilers look at once, and not only within the minute.
    let pid = installation.controller.pid().context("it runs")?.to_string();
    ensure!(tokio::process::Command::new("kill").args(["-HUP", &pid]).status().await?.success());
    eventually("reconciling is seen to fail without the database", async || {
        let now = figures.now().await.ok()?;
        let failed = now.value("skx_reconcile_runs_total", &[("reconciler", "trust"), ("outcome", "failed")])?;
        (failed >= 1.0 && now.value("skx_database_up", &[]) == Some(0.0)).then_some(())
    })
    .await?;
    server.restart()?;
    eventually("it goes on, and is not behind", async || {
        let now = figures.now().await.ok()?;
        let head = now.value("skx_feed_head", &[])?;
        (now.value("skx_database_up", &[]) == Some(1.0) && now.value("skx_feed_position", &[]) == Some(head))
            .then_some(())
    })
    .await?;
    says(cli, 1, &["the site west is not heard of"]).await?;
    Ok(())
}
