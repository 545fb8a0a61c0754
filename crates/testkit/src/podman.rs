//! Podman with everything it stores in a directory of a test's own, without systemd and without limits that would have to be
//! raised.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

/// A place where Podman stores what a test has it do. Dropped, all of that is gone.
#[derive(Debug)]
pub struct Podman {
    dir: TempDir,
}

impl Podman {
    /// Nothing is there yet; containers have networks of their own.
    ///
    /// # Errors
    ///
    /// When there is no Podman on this machine: `scripts/setup test` installs it.
    pub fn new() -> Result<Self> {
        Self::with("")
    }

    /// As [`Podman::new`], with containers in the machine's own network.
    ///
    /// # Errors
    ///
    /// Those of [`Podman::new`].
    pub fn in_the_network_of_the_machine() -> Result<Self> {
        Self::with("netns = \"host\"\n")
    }

    fn with(containers: &str) -> Result<Self> {
        // Podman accepts only short paths.
        let dir = tempfile::Builder::new().prefix("skx-").tempdir_in("/tmp")?;
        let at = dir.path().display();
        // The other one takes control groups of one version alone.
        let has_runc = ["/usr/bin/runc", "/usr/sbin/runc"].iter().any(|it| Path::new(it).exists());
        let runtime = if has_runc { "runc" } else { "crun" };
        let containers = format!(
            "[containers]\n{containers}default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\nlog_driver = \"k8s-file\"\n\
            [engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\nruntime = \"{runtime}\"\ntmp_dir = \"{at}/tmp\"\n\
            [network]\nnetwork_config_dir = \"{at}/net\"\n"
        );
        let storage =
            format!("[storage]\ndriver = \"overlay\"\ngraphroot = \"{at}/storage\"\nrunroot = \"{at}/run\"\n");
        fs::write(dir.path().join("containers.conf"), containers)?;
        fs::write(dir.path().join("storage.conf"), storage)?;
        for it in ["home", "net"] {
            fs::create_dir(dir.path().join(it))?;
        }
        let podman = Self { dir };
        podman.ok(&["info"]).context("scripts/setup test installs podman")?;
        Ok(podman)
    }

    /// A directory of its own, gone with it.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// What has commands of Podman find the place.
    pub fn env(&self) -> Vec<(String, String)> {
        let at = |file: &str| self.dir.path().join(file).display().to_string();
        [
            ("CONTAINERS_CONF", at("containers.conf")),
            ("CONTAINERS_STORAGE_CONF", at("storage.conf")),
            // There is no systemd to keep time.
            ("DISABLE_HC_SYSTEMD", "true".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// A command that finds the place, by that name.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.envs(self.env()).env("HOME", self.dir.path().join("home"));
        command.current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs Podman, which must succeed, and gives what it says.
    ///
    /// # Errors
    ///
    /// When it does not; with what it says of that.
    pub fn ok(&self, args: &[&str]) -> Result<String> {
        let output = self.command("podman").args(args).output()?;
        ensure!(output.status.success(), "podman {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // What is left over is not worth a failure.
        let _ = self.ok(&["rm", "--all", "--force", "--volumes", "--time", "0"]);
        let _ = self.ok(&["network", "prune", "--force"]);
        // Its mounts would keep its directory.
        let _ = Command::new("umount").arg("--lazy").arg(self.dir.path().join("storage/overlay")).output();
    }
}
