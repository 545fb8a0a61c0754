//! The steps of the demo, in the order in which a person would take them.

use std::{
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use testkit::{
    installation::{free_address, text},
    process::{PATIENCE, Process, eventually},
    skx::{self, Cli},
};

use crate::{service, show::Show};

const GREETING: &str = "Hello from headquarters!";

pub(crate) struct Stage<'a> {
    dir: PathBuf,
    show: &'a Show,
    cli: Cli,
    /// In the order of their start; stopped in the opposite one.
    processes: Vec<(&'static str, Process)>,
    /// Which relay's access point each member prefers, so that requests cross the backbone.
    nearest: Vec<(&'static str, String)>,
    store_listener: Option<SocketAddr>,
    up: bool,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(dir: PathBuf, show: &'a Show) -> Self {
        Self {
            dir,
            show,
            cli: Cli::default(),
            processes: Vec::new(),
            nearest: Vec::new(),
            store_listener: None,
            up: false,
        }
    }

    /// A controller with a private PostgreSQL, and the root certificate everything below stands on.
    pub(crate) async fn controller(&mut self) -> Result<()> {
        self.show.heading("A controller, with a PostgreSQL of its own, and a root certificate");
        let listen = free_address()?.to_string();
        let data_dir = self.path("controller")?;
        self.start("controller", &["controller", "--data-dir", &data_dir, "--listen", &listen]).await?;
        let server = format!("https://{listen}");
        let began = Instant::now();
        let dir = self.dir.join("controller");
        self.cli = eventually("the controller answers", async || {
            let cli = Cli::for_controller(&dir, &server).ok()?;
            cli.ok(&["whoami"]).await.ok().map(|_| cli)
        })
        .await?;
        self.show.good(&format!("the controller answers after {} ms", began.elapsed().as_millis()));
        self.write_env()?;
        self.run(&["ca", "init", "--development"]).await
    }

    /// Two relay sites and the link between them.
    pub(crate) async fn backbone(&mut self) -> Result<()> {
        self.show.heading("A backbone of two relay sites");
        self.run(&["backbone", "create", "continent"]).await?;
        for (site, member) in [("east", "headquarters"), ("west", "store")] {
            let address = free_address()?;
            self.nearest.push((member, address.to_string()));
            let access = format!("main=peer,member,claim,manage@{address}");
            self.run(&["backbone", "site", "create", &format!("continent/{site}"), "--access", &access]).await?;
        }
        self.run(&["backbone", "link", "create", "continent", "--from", "west", "--to", "east"]).await?;
        for site in ["east", "west"] {
            let bundle = self.path(&format!("{site}.bundle"))?;
            self.run(&["backbone", "site", "bundle", &format!("continent/{site}"), "--output", &bundle]).await?;
            let data_dir = self.path(&format!("sites/{site}"))?;
            self.start(site, &["join", &bundle, "--data-dir", &data_dir]).await?;
        }
        self.run(&["backbone", "status", "continent", "--wait=60s"]).await?;
        self.show.good("both sites have enrolled, and their link is up");
        Ok(())
    }

    /// A network, made the way one schedules a meeting.
    pub(crate) async fn network(&mut self) -> Result<()> {
        self.show.heading("An application network, and an invitation to it");
        self.run(&["network", "create", "retail", "--backbone", "continent", "--end", "+8h"]).await?;
        self.run(&["network", "class", "add", "retail", "guest"]).await?;
        self.run(&["invitation", "create", "retail/stores", "--uses", "2"]).await?;
        let file = self.path("stores.invitation")?;
        self.run(&["invitation", "get", "retail/stores", "--format", "linux", "--output", &file]).await
    }

    /// Two member sites that know nothing but the invitation.
    pub(crate) async fn members(&mut self) -> Result<()> {
        self.show.heading("Two sites join with it, from wherever they are");
        let file = self.path("stores.invitation")?;
        for (site, nearest) in self.nearest.clone() {
            let data_dir = self.path(&format!("sites/{site}"))?;
            let began = Instant::now();
            self.start(site, &["join", &file, "--name", site, "--prefer", &nearest, "--data-dir", &data_dir]).await?;
            self.cli.site_reaches(&self.dir.join("sites").join(site), "member").await?;
            self.show.good(&format!("{site} is a member after {} ms", began.elapsed().as_millis()));
        }
        Ok(())
    }

    /// An HTTP server at one site, and the door to it at the other.
    pub(crate) async fn application(&mut self) -> Result<()> {
        self.show.heading("A server at headquarters, reached from the store by address");
        let service = service::start("headquarters").await?;
        let listener = free_address()?;
        self.store_listener = Some(listener);
        let (service, listener) = (service.to_string(), listener.to_string());
        self.run(&["network", "connector", "add", "retail", "shop", &service, "--site", "headquarters"]).await?;
        self.run(&["network", "listener", "add", "retail", "shop", &listener, "--site", "store"]).await
    }

    /// The first request across the network.
    pub(crate) async fn request(&mut self) -> Result<()> {
        let listener = self.store_listener.context("the store has its listener by now")?;
        let url = format!("http://{listener}/");
        let client = reqwest::Client::builder().user_agent("the demo").no_proxy().build()?;
        let (body, took) = eventually("an answer from headquarters", async || {
            let began = Instant::now();
            let answer = client.get(&url).timeout(Duration::from_secs(10)).send().await.ok()?;
            Some((answer.text().await.ok()?, began.elapsed()))
        })
        .await?;
        ensure!(body.contains(GREETING), "the answer was not the server's: {body:?}");
        self.show.command(&format!("curl {url}"), took);
        self.show.note(&body);
        self.show.good(&format!(
            "store → west → east → headquarters, encrypted end to end; first request {:.1} s after the start, {:.1} s after `make demo`",
            self.show.since_start().as_secs_f64(),
            self.show.since_make().as_secs_f64(),
        ));
        self.up = true;
        Ok(())
    }

    /// Leaves the network open for the person at the keyboard.
    pub(crate) async fn invite_the_reader(&mut self) -> Result<()> {
        self.show.heading("Your turn");
        let listener = free_address()?.to_string();
        self.run(&["network", "listener", "add", "retail", "shop", &listener, "--class", "guest"]).await?;
        self.run(&["invitation", "create", "retail/you", "--uses", "unlimited", "--class", "guest"]).await?;
        let file = self.path("you.invitation")?;
        self.run(&["invitation", "get", "retail/you", "--format", "linux", "--output", &file]).await?;
        self.write_script(&listener)?;
        self.show.note("Paste this into a second terminal: it joins a site of your own and sends a request from it.");
        self.show.highlight(&format!("sh {}", self.path("you")?));
        self.show.note(&format!(
            "To look around with skx:  . {}\nLogs: {}\nCtrl-C here (or `make demo-stop`) stops everything.",
            self.path("env")?,
            self.path("logs")?,
        ));
        Ok(())
    }

    /// Does what the person would do, and checks that it works.
    pub(crate) async fn be_the_reader(&mut self) -> Result<()> {
        self.show.heading("Pasting that line, to see that it works");
        let began = Instant::now();
        let mut shell = tokio::process::Command::new("sh");
        shell.arg(self.dir.join("you")).env("ONCE", "1").kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, shell.output()).await.context("the pasted line did not end")??;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && said.contains(GREETING),
            "the pasted line failed: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        self.show.note(&said);
        self.show.good(&format!("joined and answered in {} ms", began.elapsed().as_millis()));
        Ok(())
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up
    }

    /// Waits until a process ends by itself, and names it.
    pub(crate) async fn watch(&mut self) -> &'static str {
        loop {
            for (name, process) in &mut self.processes {
                if !process.is_running() {
                    return name;
                }
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Stops everything in the opposite order of its start.
    pub(crate) async fn stop(&mut self) {
        while let Some((name, mut process)) = self.processes.pop() {
            let _ = std::fs::write(self.dir.join("logs").join(name), process.lines().join("\n"));
            match process.terminate().await {
                Ok(_) => self.show.good(&format!("{name} is stopped")),
                Err(error) => self.show.failed(&format!("{name}: {error:#}")),
            }
        }
    }

    /// Shows the end of every process's log, for whoever must find out why a step failed.
    pub(crate) fn show_logs(&self) {
        for (name, process) in &self.processes {
            let lines = process.lines();
            eprintln!("\n--- {name}");
            for line in &lines[lines.len().saturating_sub(15)..] {
                eprintln!("    {line}");
            }
        }
    }

    async fn run(&self, args: &[&str]) -> Result<()> {
        let began = Instant::now();
        self.cli.ok(args).await?;
        self.show.command(&self.line(args), began.elapsed());
        Ok(())
    }

    async fn start(&mut self, name: &'static str, args: &[&str]) -> Result<()> {
        let began = Instant::now();
        let log = self.dir.join("logs").join(name);
        std::fs::create_dir_all(self.dir.join("logs"))?;
        // Sites know nothing of the management API: no setting of it reaches them.
        let process = Process::spawn_logged(name, &mut Cli::default().command(args)?, &log)?;
        self.processes.push((name, process));
        self.show.command(&format!("{} &", self.line(args)), began.elapsed());
        Ok(())
    }

    fn line(&self, args: &[&str]) -> String {
        let root = self.dir.parent().map(|root| format!("{}/", root.display())).unwrap_or_default();
        format!("skx {}", args.join(" ").replace(&root, ""))
    }

    fn path(&self, name: &str) -> Result<String> {
        text(&self.dir.join(name))
    }

    /// What `. .demo/env` sets.
    fn write_env(&self) -> Result<()> {
        let mut content = String::from("# . .demo/env: lets skx find the demo's controller.\n");
        for (key, value) in &self.cli.env {
            content.push_str(&format!("export {key}='{value}'\n"));
        }
        let binary = skx::binary()?;
        let bin_dir = text(binary.parent().context("the binary lies in a folder")?)?;
        content.push_str(&format!("export PATH='{bin_dir}':\"$PATH\"\n"));
        let path = self.dir.join("env");
        std::fs::write(&path, content)?;
        // It holds the administrator's token.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(())
    }

    /// The line to paste runs this: each command is shown before it runs.
    fn write_script(&self, listener: &str) -> Result<()> {
        let demo = self.path("")?;
        let demo = demo.trim_end_matches('/');
        let script = include_str!("you.sh").replace("@DEMO@", demo).replace("@LISTENER@", listener);
        std::fs::write(self.dir.join("you"), script)?;
        Ok(())
    }
}
