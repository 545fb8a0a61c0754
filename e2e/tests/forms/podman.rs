//! Podman, with everything it stores in a directory of the test's, and an image made here of the program that is tested.

use std::{os::unix::fs::MetadataExt as _, path::Path, process::Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use testkit::{installation::text, process::eventually};
use tokio::process::Command;

/// Neither systemd nor a bridge between networks is needed, nor any limit to be raised.
const CONTAINERS: &str = "\
[containers]
netns = \"host\"
default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]
log_driver = \"k8s-file\"
[engine]
cgroup_manager = \"cgroupfs\"
events_logger = \"file\"
";

/// Makes a directory `$2/root` of the program `$1` and what it is linked with, and of it the file `$2/root.tar`.
const ROOT: &str = r#"
set -e
mkdir -p "$2/root/usr/bin" "$2/root/var/lib/skx" "$2/root/tmp"
strip --strip-debug -o "$2/root/usr/bin/skx" "$1"
ldd "$1" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$2/root$(dirname "$library")"
  cp --dereference "$library" "$2/root$library"
done
chown 65532:65532 "$2/root/var/lib/skx"
tar --create --file "$2/root.tar" --directory "$2/root" .
rm -rf "$2/root"
"#;

pub(crate) struct Podman {
    dir: TempDir,
    /// The image of the program, with its digest.
    pub(crate) image: String,
}

impl Podman {
    /// Podman with the image; why there is none.
    pub(crate) async fn find() -> Result<Result<Self, String>> {
        if !Command::new("podman").arg("--version").output().await.is_ok_and(|it| it.status.success()) {
            bail!("there is no podman: scripts/setup test installs it");
        }
        if std::fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(Err("podman is run as root here".to_owned()));
        }
        // Podman accepts only short paths.
        let mut podman = Self { dir: tempfile::Builder::new().prefix("skx-").tempdir()?, image: String::new() };
        podman.configure()?;
        let at = text(podman.dir.path())?;
        ok(Command::new("sh").args(["-c", ROOT, "sh"]).arg(testkit::skx::binary()?).arg(&at)).await?;
        podman.ok(&["import", "--quiet", &format!("{at}/root.tar"), "localhost/skx:forms"]).await?;
        std::fs::remove_file(podman.dir.path().join("root.tar"))?;
        let inspect = ["image", "inspect", "--format", "{{index .RepoDigests 0}}", "localhost/skx:forms"];
        podman.image = podman.ok(&inspect).await?.trim().to_owned();
        Ok(Ok(podman))
    }

    fn configure(&self) -> Result<()> {
        let at = self.dir.path();
        // The other one takes control groups of one version alone.
        let has_runc = ["/usr/bin/runc", "/usr/sbin/runc"].iter().any(|it| Path::new(it).exists());
        let runtime = if has_runc { "runc" } else { "crun" };
        let engine = format!("runtime = \"{runtime}\"\ntmp_dir = \"{}/tmp\"\n", at.display());
        std::fs::write(at.join("containers.conf"), format!("{CONTAINERS}{engine}"))?;
        let storage = format!(
            "[storage]\ndriver = \"overlay\"\ngraphroot = \"{at}/storage\"\nrunroot = \"{at}/run\"\n",
            at = at.display()
        );
        std::fs::write(at.join("storage.conf"), storage)?;
        std::fs::create_dir(at.join("home"))?;
        Ok(())
    }

    /// A directory of its own, gone with it.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A command that finds this Podman, by that name.
    pub(crate) fn command(&self, program: &str) -> Command {
        let at = self.dir.path();
        let mut command = Command::new(program);
        command
            .env("CONTAINERS_CONF", at.join("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", at.join("storage.conf"))
            .env("HOME", at.join("home"))
            // There is no systemd to keep time: health is asked by hand.
            .env("DISABLE_HC_SYSTEMD", "true")
            .current_dir(at)
            .stdin(Stdio::null());
        command
    }

    pub(crate) async fn ok(&self, args: &[&str]) -> Result<String> {
        ok(self.command("podman").args(args)).await
    }

    /// Waits until the site in a container is in `state` and healthy.
    pub(crate) async fn reaches(&self, container: &str, state: &str) -> Result<()> {
        let mut last = String::new();
        let reached = eventually(&format!("the site in {container} is {state}"), async || {
            let status = ["exec", container, "skx", "site", "status", "--data-dir", "/var/lib/skx/site", "-o", "json"];
            let output = self.command("podman").args(status).output().await.ok()?;
            last = String::from_utf8_lossy(&[output.stdout.clone(), output.stderr].concat()).into_owned();
            let status: Value = serde_json::from_slice(&output.stdout).ok()?;
            (status["state"] == state && status["healthy"] == true).then_some(())
        })
        .await;
        let logs = match &reached {
            Ok(()) => return Ok(()),
            Err(_) => self.command("podman").args(["logs", container]).output().await?,
        };
        let logs = [logs.stdout, logs.stderr].concat();
        reached.with_context(|| format!("last seen: {last}\nits log: {}", String::from_utf8_lossy(&logs)))
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        // Its mounts would keep its directory.
        let at = self.dir.path();
        let mut command = std::process::Command::new("podman");
        command.args(["rm", "--all", "--force", "--volumes", "--time", "0"]).env("DISABLE_HC_SYSTEMD", "true");
        command
            .env("CONTAINERS_CONF", at.join("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", at.join("storage.conf"));
        let _ = command.output();
        let _ = std::process::Command::new("umount").arg("--lazy").arg(at.join("storage/overlay")).output();
    }
}

/// Runs a command that must succeed, and gives its standard output.
pub(crate) async fn ok(command: &mut Command) -> Result<String> {
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {said}", command.as_std());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
