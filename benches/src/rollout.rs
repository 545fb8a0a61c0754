//! How long a deployment takes to come to many sites, and an upgrade of it in waves of which some sites fail: sites with
//! sessions of their own that start programs, beside the same programs started by one process without any of it.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use site::state::Runs;
use testkit::{
    installation::{Installation, text},
    postgres::{self, TestDatabase},
    skx::Cli,
};
use tokio::time::{sleep, timeout};

use crate::{
    crowd::{LONG, backbone, join},
    measure::{cpu_seconds, memory_mib, tree},
};

/// How many of a hundred sites fail with the second release.
const FAIL: usize = 2;

/// What every site runs.
const PROGRAM: [&str; 3] = ["sh", "-c", "case \" $FAILS \" in *\" $SITE \"*) exit 1;; esac; exec sleep 100000"];

const SHOP: &str = "retail/shop";

/// Prints how long it takes with each of these numbers of sites.
pub(crate) async fn measure(sizes: &[usize]) -> Result<()> {
    println!(
        "| sites | the programs alone, s | deployed, s | upgraded in waves, s | healthy | failed and back | CPU of the controller, ms a site | of the database, ms a site | memory of the controller, MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for size in sizes {
        of(*size).await?;
    }
    Ok(())
}

async fn of(size: usize) -> Result<()> {
    let alone = alone(size).await?;
    let database = postgres::database().await;
    let installation = Installation::over(&database.url).await?;
    let cli = &installation.cli;
    let _relays = backbone(&installation).await?;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let file = installation.invitation("retail/all", &["--uses", "unlimited", "--class", "store"]).await?;
    let ticket = pki::ticket::decode(&std::fs::read_to_string(&file)?)?;
    let members = join(&installation, &ticket, 0..size, 16, Some(Runs::Process)).await?;
    let sites: Vec<String> = names(cli).await?;
    ensure!(sites.len() == size, "{} of {size} sites have joined", sites.len());

    let before = Spent::so_far(&installation, &database).await?;
    release(&installation, 1, "").await?;
    let began = Instant::now();
    cli.ok(&["deploy", "create", &document(&installation, "")?]).await?;
    until(cli, |status| sites_that_are(status, "healthy") == size).await?;
    let deployed = began.elapsed();

    let waves = format!(
        "  rollout: {{waves: [{{name: trial, sites: [{}]}}, {{name: rest, rest: true, max: 20%, stopAt: 5%}}], deadline: 30s}}\n",
        sites[0]
    );
    cli.ok(&["deploy", "update", SHOP, "--file", &document(&installation, &waves)?]).await?;
    let failing: Vec<&str> = sites.iter().skip(1).step_by(100 / FAIL).map(String::as_str).collect();
    let began = Instant::now();
    release(&installation, 2, &failing.join(" ")).await?;
    let status = until(cli, |status| {
        let is_done = |wave: &Value| wave["state"] == "done" && wave["underway"] == 0 && wave["waiting"] == 0;
        let waves = status["waves"].as_array().map_or(&[][..], Vec::as_slice);
        waves.iter().map(|wave| wave["sites"].as_u64().unwrap_or(0)).sum::<u64>() == size as u64
            && waves.iter().all(is_done)
            && sites_that_are(status, "healthy") == size - failing.len()
    })
    .await?;
    let upgraded = began.elapsed();
    let waves = status["waves"].as_array().context("waves")?;
    let sum = |what: &str| waves.iter().filter_map(|wave| wave[what].as_u64()).sum::<u64>();
    let spent = Spent::so_far(&installation, &database).await?;
    let each = |from: f64, to: f64| (to - from) * 1e3 / size as f64;
    println!(
        "| {size} | {:.1} | {:.1} | {:.1} | {} | {} | {:.1} | {:.1} | {:.0} |",
        alone.as_secs_f64(),
        deployed.as_secs_f64(),
        upgraded.as_secs_f64(),
        sum("healthy"),
        sum("failed"),
        each(before.controller, spent.controller),
        each(before.database, spent.database),
        memory_mib(installation.controller.pid().context("it runs")?)?,
    );
    for member in members {
        member.task.abort();
    }
    Ok(())
}

/// CPU seconds.
struct Spent {
    controller: f64,
    database: f64,
}

impl Spent {
    async fn so_far(installation: &Installation, database: &TestDatabase) -> Result<Self> {
        let controller = cpu_seconds(installation.controller.pid().context("it runs")?)?;
        let server = database.sql("SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)").await?;
        let server = tree(server.trim().parse()?).into_iter();
        Ok(Self { controller, database: server.filter_map(|pid| cpu_seconds(pid).ok()).sum() })
    }
}

async fn names(cli: &Cli) -> Result<Vec<String>> {
    let mut names = vec![];
    let list = cli.json(&["member", "list", "retail", "--all"]).await?;
    for member in list["items"].as_array().context("a list")? {
        names.push(member["name"].as_str().context("a name")?.to_owned());
    }
    Ok(names)
}

/// Builds a release that some sites fail with.
async fn release(installation: &Installation, version: u64, fails: &str) -> Result<()> {
    let command = serde_json::to_string(&PROGRAM)?;
    let documents = format!(
        "apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: till, version: {version}.0.0}}\nspec:\n  type: component\n  \
        bodies: {{process: {{workload: {{command: {command}, env: {{SITE: '${{{{ site.name }}}}', FAILS: '{fails}'}}}}}}}}\n---\n\
        apiVersion: skupperx.io/v1\nkind: Block\nmetadata: {{name: shop, version: {version}.0.0}}\nspec:\n  type: toplevel\n  \
        composite: {{parts: {{till: {{block: till@{version}.0.0, place: store}}}}}}\n---\n\
        apiVersion: skupperx.io/v1\nkind: Application\nmetadata: {{name: shop, version: {version}.0.0}}\n\
        spec: {{root: shop@{version}.0.0, places: {{store: {{platforms: [process]}}}}}}\n"
    );
    let file = installation.dir().join("shop.yaml");
    std::fs::write(&file, documents)?;
    installation.cli.ok(&["library", "import", &text(&file)?]).await?;
    installation.cli.ok(&["compose", "build", &format!("shop@{version}")]).await.map(drop)
}

/// A file with the deployment to all sites.
fn document(installation: &Installation, rollout: &str) -> Result<String> {
    let document = format!(
        "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {{name: shop, network: retail}}\n\
        spec:\n  application: shop\n  places: {{store: {{classes: [store]}}}}\n{rollout}"
    );
    let file = installation.dir().join("deployment.yaml");
    std::fs::write(&file, document)?;
    text(&file)
}

fn sites_that_are(status: &Value, state: &str) -> usize {
    let sums = status["sums"].as_array().into_iter().flatten();
    let sites = sums.filter(|sum| sum["state"] == state).filter_map(|sum| sum["sites"].as_u64()).sum::<u64>();
    usize::try_from(sites).unwrap_or(usize::MAX)
}

/// Looks every second until the deployment stands so.
async fn until(cli: &Cli, is_so: impl Fn(&Value) -> bool) -> Result<Value> {
    let mut last = Value::Null;
    let looking = async {
        loop {
            if let Ok(status) = cli.look(&["deploy", "status", SHOP]).await {
                last = status;
                if is_so(&last) {
                    return last.clone();
                }
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    timeout(LONG, looking).await.with_context(|| format!("it does not come so far: {SHOP}"))
}

/// How long one process takes to start the same programs and to see each of them run for as long as a site asks of a program
/// without a ready check.
async fn alone(size: usize) -> Result<Duration> {
    let began = Instant::now();
    let mut all = vec![];
    for _ in 0..size {
        let mut command = tokio::process::Command::new(PROGRAM[0]);
        command.args(&PROGRAM[1..]).stdin(Stdio::null()).kill_on_drop(true);
        all.push(command.spawn()?);
    }
    sleep(Duration::from_secs(5)).await;
    for program in &mut all {
        ensure!(program.try_wait()?.is_none(), "a program ended");
    }
    Ok(began.elapsed())
}
