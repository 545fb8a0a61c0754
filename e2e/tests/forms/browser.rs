//! Chromium, as a person uses it, told what to do by its debugging protocol through a pipe.

use std::{collections::VecDeque, path::Path, process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// The names it goes by.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// It reads commands from descriptor 3 and writes answers to 4; each ends with a zero byte.
const START: &str = r#"exec "$@" 3<&0 4>&1 0</dev/null 1>&2 2>/dev/null"#;

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Browser {
    _process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    session: Option<String>,
    next: u64,
    events: VecDeque<Value>,
    /// The address of everything that pages have asked for.
    pub(crate) requests: Vec<String>,
}

impl Browser {
    /// Starts it with a profile and downloads in `dir`; none where there is none.
    pub(crate) async fn start(dir: &Path) -> Result<Option<Self>> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let find = |name: &&str| std::env::split_paths(&path).map(|dir| dir.join(name)).find(|it| it.is_file());
        let Some(program) = NAMES.iter().find_map(find) else { return Ok(None) };
        let profile = format!("--user-data-dir={}", dir.join("profile").display());
        let options =
            ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", &profile];
        let mut process = Command::new("sh")
            .args(["-c", START, "sh"])
            .arg(program)
            .args(options)
            .env("HOME", dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let commands = process.stdin.take().context("piped")?;
        let answers = BufReader::new(process.stdout.take().context("piped")?);
        let mut browser = Self {
            _process: process,
            commands,
            answers,
            session: None,
            next: 0,
            events: VecDeque::new(),
            requests: Vec::new(),
        };
        let downloads = dir.join("downloads");
        let allow = json!({"behavior": "allow", "downloadPath": downloads, "eventsEnabled": true});
        browser.call("Browser.setDownloadBehavior", allow).await?;
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"})).await?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach).await?;
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        browser.call("Network.enable", json!({})).await?;
        browser.call("Page.enable", json!({})).await?;
        Ok(Some(browser))
    }

    /// Opens a page and waits until it is loaded.
    pub(crate) async fn open(&mut self, url: &str) -> Result<()> {
        self.call("Page.navigate", json!({"url": url})).await?;
        self.event("Page.loadEventFired", |_| true).await.map(drop)
    }

    /// What an expression is in the page, as if a person had caused it.
    pub(crate) async fn evaluate(&mut self, expression: &str) -> Result<Value> {
        let ask = json!({"expression": expression, "returnByValue": true, "userGesture": true});
        let answer = self.call("Runtime.evaluate", ask).await?;
        if answer["exceptionDetails"].is_object() {
            bail!("{expression}: {answer}");
        }
        Ok(answer["result"]["value"].clone())
    }

    /// Waits until a download is there.
    pub(crate) async fn downloaded(&mut self) -> Result<()> {
        self.event("Browser.downloadProgress", |it| it["state"] == "completed").await.map(drop)
    }

    async fn call(&mut self, method: &str, params: Value) -> Result<Value> {
        self.next += 1;
        let mut command = json!({"id": self.next, "method": method, "params": params});
        // Its own matters it deals with outside any page.
        if let (Some(session), false) = (&self.session, method.starts_with("Browser.")) {
            command["sessionId"] = session.as_str().into();
        }
        self.commands.write_all(format!("{command}\0").as_bytes()).await?;
        let id = self.next;
        loop {
            let message = self.message().await?;
            if message["id"] == id {
                if message["error"].is_object() {
                    bail!("{method}: {}", message["error"]);
                }
                return Ok(message["result"].clone());
            }
            self.events.push_back(message);
        }
    }

    async fn event(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        loop {
            let event = match self.events.pop_front() {
                Some(event) => event,
                None => self.message().await?,
            };
            if event["method"] == method && wanted(&event["params"]) {
                return Ok(event["params"].clone());
            }
        }
    }

    async fn message(&mut self) -> Result<Value> {
        let mut bytes = Vec::new();
        timeout(PATIENCE, self.answers.read_until(0, &mut bytes)).await.context("the browser says nothing")??;
        let text = bytes.strip_suffix(&[0]).context("the browser has ended")?;
        let message: Value = serde_json::from_slice(text)?;
        if message["method"] == "Network.requestWillBeSent" {
            self.requests.push(message["params"]["request"]["url"].as_str().unwrap_or_default().to_owned());
        }
        Ok(message)
    }
}
