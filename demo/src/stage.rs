//! What every scene needs: the processes that run, commands shown as they run, and files of the demo.

use std::{
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use testkit::{
    installation::text,
    process::Process,
    skx::{self, Cli},
};

use crate::{build::Built, show::Show};

pub(crate) struct Stage<'a> {
    pub(crate) dir: PathBuf,
    pub(crate) show: &'a Show,
    pub(crate) cli: Cli,
    /// In the order of their start; stopped in the opposite one.
    processes: Vec<(&'static str, Process)>,
    pub(crate) built: Built,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(dir: PathBuf, show: &'a Show) -> Self {
        Self { dir, show, cli: Cli::default(), processes: Vec::new(), built: Built::default() }
    }

    /// Runs a command of `skx` and shows it with the time it took.
    pub(crate) async fn run(&self, args: &[&str]) -> Result<String> {
        let began = Instant::now();
        let said = self.cli.ok(args).await?;
        self.show.command(&self.line(args), began.elapsed());
        Ok(said)
    }

    /// Starts a process of `skx` that stays.
    pub(crate) async fn start(&mut self, name: &'static str, args: &[&str]) -> Result<()> {
        let began = Instant::now();
        let log = self.dir.join("logs").join(name);
        std::fs::create_dir_all(self.dir.join("logs"))?;
        // Sites know nothing of the management API: no setting of it reaches them.
        let process = Process::spawn_logged(name, &mut Cli::default().command(args)?, &log)?;
        self.processes.push((name, process));
        self.show.command(&format!("{} &", self.line(args)), began.elapsed());
        Ok(())
    }

    /// Takes a process out of those that are watched.
    pub(crate) fn take(&mut self, name: &str) -> Result<Process> {
        let i = self.processes.iter().position(|(it, _)| *it == name);
        Ok(self.processes.remove(i.with_context(|| format!("no process {name} runs"))?).1)
    }

    /// What a process said so far, newest last.
    pub(crate) fn lines_of(&self, name: &str) -> Vec<String> {
        self.processes.iter().find(|(it, _)| *it == name).map(|(_, process)| process.lines()).unwrap_or_default()
    }

    /// A process that ended by itself, if there is one.
    pub(crate) fn ended(&mut self) -> Option<&'static str> {
        self.processes.iter_mut().find_map(|(name, process)| (!process.is_running()).then_some(*name))
    }

    /// Stops everything in the opposite order of its start.
    pub(crate) async fn stop(&mut self) {
        while let Some((name, mut process)) = self.processes.pop() {
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

    /// A command as the person would type it in the demo's folder.
    pub(crate) fn line(&self, args: &[&str]) -> String {
        let root = self.dir.parent().map(|root| format!("{}/", root.display())).unwrap_or_default();
        format!("skx {}", args.join(" ").replace(&root, ""))
    }

    pub(crate) fn path(&self, name: &str) -> Result<String> {
        text(&self.dir.join(name))
    }

    /// What `. .demo/env` sets.
    pub(crate) fn write_env(&self) -> Result<()> {
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

    /// Says what was reached, and how long it took.
    pub(crate) fn reached(&self, what: &str, took: Duration) {
        self.show.good(&format!("{what} after {} ms", took.as_millis()));
    }
}
