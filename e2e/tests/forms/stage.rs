//! What all forms are applied to: a backbone, a network, and an image of the program where there is Podman.

use std::path::Path;

use anyhow::{Context as _, Result};
use e2e::line::{Backbone, backbone};
use testkit::{
    installation::{Installation, text},
    process::{Process, eventually},
};

use crate::podman::Podman;

pub(crate) struct Stage {
    pub(crate) installation: Installation,
    /// Podman with the image, or why there is none.
    pub(crate) podman: Result<Podman, String>,
    _backbone: Backbone,
}

impl Stage {
    pub(crate) async fn build() -> Result<Self> {
        let podman = Podman::find().await?;
        let image = match &podman {
            Ok(podman) => podman.image.clone(),
            Err(_) => format!("localhost/skx@sha256:{}", "0".repeat(64)),
        };
        let mut installation = Installation::start().await?;
        installation.controller.terminate().await?;
        installation.restart_with(&["--release-image", &image]).await?;
        let backbone = backbone(&installation, "direct").await?;
        installation.cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
        Ok(Self { installation, podman, _backbone: backbone })
    }

    /// Makes an invitation `retail/NAME` and gives the file with one of its forms.
    pub(crate) async fn form(&self, name: &str, format: &str, options: &[&str]) -> Result<String> {
        let cli = &self.installation.cli;
        let invitation = format!("retail/{name}");
        cli.ok(&[&["invitation", "create", &invitation], options].concat()).await?;
        let file = text(&self.installation.dir().join(format!("{name}.{format}")))?;
        cli.ok(&["invitation", "get", &invitation, "--format", format, "--output", &file]).await?;
        Ok(file)
    }

    /// Waits until the site that runs in a data directory is a member, and well.
    pub(crate) async fn joined(&self, dir: &Path, process: &Process) -> Result<()> {
        let cli = self.installation.site_cli(None);
        let joined = eventually(&format!("a member runs in {}", dir.display()), async || {
            let status = cli.site_status(dir).await.ok()?;
            (status["state"] == "member" && status["healthy"] == true).then_some(())
        })
        .await;
        joined.with_context(|| format!("it said {:#?}", process.lines()))
    }
}
