//! `make demo`: a whole installation on this machine, from the root certificate to a request across the network.
//!
//! Every step runs the `skx` a person would run, in processes of their own; nothing is simulated.

mod build;
mod live;
mod picture;
mod reader;
mod service;
mod show;
mod stage;
mod ticks;
mod trouble;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, anyhow};
use tokio::signal::unix::{SignalKind, signal};

use crate::{show::Show, stage::Stage};

#[tokio::main]
async fn main() -> ExitCode {
    // The only one that can be there already is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let leave = std::env::var("DEMO_EXIT").is_ok_and(|value| value == "1");
    let show = Show::new();
    match run(&show, leave).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            show.failed(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(show: &Show, leave: bool) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let dir = std::env::current_dir()?.join(".demo");
    let _pid = PidFile::create(dir.join("demo.pid"))?;
    let mut stage = Stage::new(dir, show);
    // Who only watches may go at any time; who asked for all of it to be done has not got it.
    let stopped = || if leave { Err(anyhow!("it was stopped before its end")) } else { Ok(()) };
    let mut outcome = tokio::select! {
        built = build(&mut stage, leave) => built,
        _ = interrupt.recv() => stopped(),
        _ = terminate.recv() => stopped(),
    };
    if outcome.is_ok() && !leave && stage.built.up {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            ended = stage.stay() => outcome = Err(anyhow!("{ended} ended unexpectedly")),
        }
    }
    if outcome.is_err() {
        stage.show_logs();
    }
    show.heading("stopping");
    stage.stop().await;
    outcome
}

async fn build(stage: &mut Stage<'_>, leave: bool) -> Result<()> {
    stage.controller().await?;
    stage.backbone().await?;
    stage.network().await?;
    stage.members().await?;
    stage.application().await?;
    stage.request().await?;
    stage.one_too_many().await?;
    stage.another_way().await?;
    stage.eviction().await?;
    stage.invite_the_reader().await?;
    if leave {
        stage.be_the_reader().await?;
    }
    Ok(())
}

/// Says which process `make demo-stop` is to end. Removed with the demo.
struct PidFile(PathBuf);

impl PidFile {
    fn create(path: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(path.parent().context("the pid file lives in .demo")?)?;
        std::fs::write(&path, std::process::id().to_string())?;
        Ok(Self(path))
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        // Gone already is as good as removed.
        let _ = std::fs::remove_file(&self.0);
    }
}
