//! What an operator looks at, asked of a real Prometheus that scrapes a real installation: every query of the dashboard gives
//! data, and every alert can be evaluated and is silent while all is well.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use e2e::line::Line;
use serde_json::Value;
use testkit::{
    installation::{free_address, text},
    process::{Process, eventually},
    trials::{Trials, Went},
};
use tokio::process::Command;

/// What Grafana puts in place of its variables: as much as a test can wait for.
const VARIABLES: [(&str, &str); 2] = [("$__rate_interval", "10s"), ("$__range", "1m")];

/// Where it is installed, or where `scripts/setup test` has unpacked it.
fn prometheus() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")));
    let unpacked = cache.map(|cache| cache.join("skx/prometheus/usr/bin"));
    let places = env::split_paths(&env::var_os("PATH")?).chain(unpacked).collect::<Vec<_>>();
    places.iter().map(|place| place.join("prometheus")).find(|program| program.is_file())
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut trials = Trials::from_arguments();
    trials
        .run("every_query_of_the_dashboard_gives_data_and_every_alert_is_silent_while_all_is_well", async || {
            match prometheus() {
                Some(program) => figures(&program).await,
                None => Err(anyhow!("Prometheus is not there: scripts/setup test unpacks it")),
            }
        })
        .await;
    trials.finish()
}

/// A Prometheus that scrapes the installation once a second.
struct Prometheus {
    http: reqwest::Client,
    url: String,
    process: Process,
}

impl Prometheus {
    async fn start(program: &Path, line: &Line) -> Result<Self> {
        // The only one that can be there already is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = line.installation.dir();
        let controller = line.installation.controller_dir();
        let (ca, token) = (text(&controller.join("ca.crt"))?, text(&controller.join("metrics.token"))?);
        let server = line.installation.cli.env.iter().find(|(name, _)| name == "SKX_SERVER");
        let target = server.and_then(|(_, url)| url.strip_prefix("https://")).context("where the controller is")?;
        let rules = text(&deploy("prometheus/skx.rules.yml").canonicalize()?)?;
        let config = serde_json::json!({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [rules],
            "scrape_configs": [{
                "job_name": "skx", "scheme": "https", "authorization": {"credentials_file": token},
                "tls_config": {"ca_file": ca}, "static_configs": [{"targets": [target]}],
            }],
        });
        // What is JSON is YAML.
        std::fs::write(dir.join("prometheus.yml"), config.to_string())?;
        let listen = free_address()?;
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", text(&dir.join("prometheus.yml"))?));
        command.arg(format!("--storage.tsdb.path={}", text(&dir.join("prometheus"))?));
        command.arg(format!("--web.listen-address={listen}"));
        let process = Process::spawn("prometheus", &mut command)?;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        Ok(Self { http, url: format!("http://{listen}/api/v1"), process })
    }

    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let answer: Value = self.http.get(format!("{}{path}", self.url)).query(query).send().await?.json().await?;
        ensure!(answer["status"] == "success", "{path} {query:?}: {answer}");
        Ok(answer["data"].clone())
    }

    /// How many numbers come of an expression now.
    async fn numbers(&self, expression: &str) -> Result<usize> {
        let data = self.get("/query", &[("query", expression)]).await?;
        let series = data["result"].as_array().context("a vector")?;
        let number =
            |one: &&Value| one["value"][1].as_str().and_then(|it| it.parse::<f64>().ok()).is_some_and(f64::is_finite);
        Ok(series.iter().filter(number).count())
    }

    /// The alerts of the rule file, once each was evaluated.
    async fn alerts(&self) -> Result<Vec<Value>> {
        let data = self.get("/rules", &[]).await?;
        let groups = data["groups"].as_array().context("groups")?;
        let alerts: Vec<Value> =
            groups.iter().filter_map(|group| group["rules"].as_array()).flatten().cloned().collect();
        if let Some(wrong) = alerts.iter().find(|alert| alert["health"] != "ok") {
            bail!("{wrong}");
        }
        Ok(alerts)
    }
}

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(file)
}

/// Every expression of the dashboard, with the title of its panel.
fn dashboard() -> Result<Vec<(String, String)>> {
    let dashboard: Value = serde_json::from_str(&std::fs::read_to_string(deploy("grafana/skx.json"))?)?;
    let panels = dashboard["panels"].as_array().context("panels")?;
    let mut expressions = vec![];
    for panel in panels {
        let title = panel["title"].as_str().context("a title")?;
        for target in panel["targets"].as_array().into_iter().flatten() {
            let mut expression = target["expr"].as_str().context("an expression")?.to_owned();
            for (variable, value) in VARIABLES {
                expression = expression.replace(variable, value);
            }
            ensure!(!expression.contains('$'), "{title}: a variable that this test does not know: {expression}");
            expressions.push((title.to_owned(), expression));
        }
    }
    Ok(expressions)
}

/// The names of figures in an expression.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("skx_"))
}

async fn figures(program: &Path) -> Result<Went> {
    let line = Line::build("direct").await?;
    line.answers().await?;
    let mut prometheus = Prometheus::start(program, &line).await?;
    eventually("Prometheus has seen the controller", async || {
        prometheus.numbers("up{job=\"skx\"} == 1").await.ok().filter(|found| *found == 1)
    })
    .await?;
    ensure!(prometheus.process.is_running(), "{:#?}", prometheus.process.lines());

    // Rates need something that goes on.
    let mut asked = dashboard()?;
    ensure!(asked.len() > 10, "the dashboard is not read: {asked:?}");
    for round in 0.. {
        line.installation.cli.ok(&["network", "create", &format!("n{round}"), "--backbone", "main"]).await?;
        let mut empty = vec![];
        for (title, expression) in asked {
            if prometheus.numbers(&expression).await.context(title.clone())? == 0 {
                empty.push((title, expression));
            }
        }
        if empty.is_empty() {
            break;
        }
        ensure!(round < 60, "these give no data: {empty:#?}");
        asked = empty;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    for kind in ["root-ca", "backbone-ca", "network-ca", "backbone-site", "member", "controller", "trust-signer"] {
        let first = format!("skx_certificate_expires_timestamp{{kind=\"{kind}\"}} > time()");
        ensure!(prometheus.numbers(&first).await? == 1, "nobody tells when the first {kind} expires");
    }

    let alerts = eventually("every alert is evaluated", async || {
        prometheus.alerts().await.ok().filter(|alerts| !alerts.is_empty())
    })
    .await?;
    let known: BTreeSet<&str> = alerts.iter().filter_map(|alert| alert["query"].as_str()).flat_map(names).collect();
    for name in known {
        ensure!(
            prometheus.numbers(&format!("count({name})")).await? == 1,
            "an alert goes by {name}, which nobody tells"
        );
    }
    eventually("no alert is raised while all is well", async || {
        prometheus.alerts().await.ok()?.iter().all(|alert| alert["state"] == "inactive").then_some(())
    })
    .await?;
    Ok(Went::Well)
}
