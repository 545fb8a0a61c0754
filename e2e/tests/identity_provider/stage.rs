//! A certified provider, a controller that is told of it, and somebody with a command line.

use std::{
    env,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testkit::{
    installation::Installation,
    postgres,
    process::{PATIENCE, Process, eventually},
    skx::Cli,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// Where `scripts/setup test` has put Node.js, if the provider is there, too.
pub(crate) fn node() -> Option<PathBuf> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cache")))?;
    let there = folder().join("node_modules/oidc-provider").is_dir();
    Some(cache.join("skx/node/bin/node")).filter(|node| there && node.is_file())
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/identity-provider"))
}

/// The provider; what it does is said in `server.mjs`.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    process: Child,
    /// It ends when this is closed.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Provider {
    async fn start(node: &Path) -> Result<Self> {
        let mut process = Command::new(node)
            .arg(folder().join("server.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().context("it is piped")?).lines();
        let mut provider = Self { issuer: String::new(), process, input, output };
        provider.issuer = provider.line().await?;
        Ok(provider)
    }

    async fn line(&mut self) -> Result<String> {
        timeout(PATIENCE, self.output.next_line()).await??.context("the provider has ended")
    }

    /// Asks it for something, and gives its answer.
    async fn ask(&mut self, request: &str) -> Result<String> {
        let input = self.input.as_mut().context("the provider was ended")?;
        input.write_all(format!("{request}\n").as_bytes()).await?;
        self.line().await
    }

    /// Lets it do something.
    pub(crate) async fn does(&mut self, request: &str) -> Result<()> {
        let answer = self.ask(request).await?;
        ensure!(answer == "done", "{request}: {answer}");
        Ok(())
    }

    pub(crate) async fn end(&mut self) -> Result<()> {
        drop(self.input.take());
        timeout(PATIENCE, self.process.wait()).await??;
        Ok(())
    }
}

/// All of it.
pub(crate) struct Stage {
    pub(crate) provider: Provider,
    pub(crate) installation: Installation,
    /// The controller's configuration file.
    pub(crate) file: PathBuf,
    /// Somebody's command line.
    pub(crate) person: Cli,
    /// What must be in no log.
    pub(crate) secrets: Vec<String>,
    home: tempfile::TempDir,
    server: String,
    _database: postgres::TestDatabase,
}

impl Stage {
    pub(crate) async fn build(node: &Path) -> Result<Self> {
        let provider = Provider::start(node).await?;
        let (home, database) = (tempfile::tempdir()?, postgres::database().await);
        let file = home.path().join("controller.toml");
        std::fs::write(&file, "trust_validity = '1d'\n")?;
        let options = ["--log", "trace", "--config", file.to_str().context("UTF-8")?];
        let installation = Installation::over_with(&database.url, &options).await?;
        let of = |name: &str| installation.cli.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let server = of("SKX_SERVER").context("a server")?;
        let config = home.path().to_str().context("UTF-8")?.to_owned();
        let env = vec![("SKX_CA".to_owned(), of("SKX_CA").context("a CA")?), ("XDG_CONFIG_HOME".to_owned(), config)];
        let person = Cli { env, host: None };
        let secrets = vec![of("SKX_TOKEN").context("a token")?];
        Ok(Self { provider, installation, file, person, secrets, home, server, _database: database })
    }

    /// The administrator's command line.
    pub(crate) fn cli(&self) -> &Cli {
        &self.installation.cli
    }

    /// Lets the controller read its configuration again, and waits until it has said so.
    pub(crate) async fn reload(&self, says: &str) -> Result<()> {
        let said = |stage: &Self| {
            let lines = stage.installation.controller.lines();
            lines.iter().filter(|line| line.contains(says)).count()
        };
        let before = said(self);
        let controller = self.installation.controller.pid().context("it runs")?;
        let done = Command::new("kill").args(["-HUP", &controller.to_string()]).status().await?;
        ensure!(done.success());
        eventually(says, async || (said(self) > before).then_some(())).await
    }

    pub(crate) fn begin_login(&self, options: &[&str]) -> Result<Process> {
        self.person.spawn("login", &[&["login", &self.server], options].concat())
    }

    pub(crate) async fn login_fails(&self, code: i32, options: &[&str]) -> Result<String> {
        self.person.fails(code, &[&["login", &self.server], options].concat()).await
    }

    /// An ID token for somebody.
    pub(crate) async fn token(&mut self, name: &str) -> Result<String> {
        let token = self.provider.ask(&format!("token {name}")).await?;
        ensure!(token.split('.').count() == 3, "{token}");
        self.secrets.push(token.clone());
        Ok(token)
    }

    /// Signs in with an ID token in a file.
    pub(crate) async fn login_with(&self, token: &str) -> Result<()> {
        let file = self.home.path().join("token");
        std::fs::write(&file, format!("{token}\n"))?;
        self.person.ok(&["login", &self.server, "--id-token", file.to_str().context("UTF-8")?]).await.map(drop)
    }

    /// Signs in with an ID token from standard input; gives what was said.
    pub(crate) async fn login_piped(&self, code: i32, token: &str) -> Result<String> {
        let mut command = self.person.command(["login", &self.server, "--id-token", "-"])?;
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let mut input = process.stdin.take().context("it is piped")?;
        input.write_all(format!("{token}\n").as_bytes()).await?;
        drop(input);
        let output = timeout(PATIENCE, process.wait_with_output()).await??;
        let said = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(code), "{:?}: {said}", output.status);
        Ok(said)
    }

    /// The token of the session that is stored is a secret, too.
    pub(crate) fn keep_session(&mut self) -> Result<()> {
        let stored = std::fs::read_to_string(self.home.path().join("skx/config.toml"))?;
        let token = stored.split("token = \"").nth(1).and_then(|rest| rest.split('"').next()).context("a token")?;
        self.secrets.push(token.to_owned());
        Ok(())
    }

    /// The events of an action, the newest first.
    pub(crate) async fn events(&self, action: &str) -> Result<Vec<Value>> {
        let found = self.cli().json(&["audit", "list", "--action", action]).await?;
        Ok(found["items"].as_array().context("a list")?.clone())
    }

    /// Waits until a sign-in that was refused for this reason is recorded.
    pub(crate) async fn refusal(&self, why: &str) -> Result<()> {
        eventually(why, async || {
            let events = self.events("sign-in.begin").await.ok()?;
            let is = |event: &Value| event["outcome"] == "refused" && event.to_string().contains(why);
            events.iter().any(is).then_some(())
        })
        .await
    }
}
