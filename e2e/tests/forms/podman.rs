//! Podman, with everything it stores in a directory of the test's, and an image made here of the program that is tested.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testkit::{installation::text, process::eventually};
use tokio::process::Command;

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
    place: testkit::podman::Podman,
    /// The image of the program, with its digest.
    pub(crate) image: String,
}

impl Podman {
    /// Podman with the image; why there is none.
    pub(crate) async fn find() -> Result<Result<Self, String>> {
        if std::fs::metadata("/proc/self")?.uid() != 0 {
            return Ok(Err("podman is run as root here".to_owned()));
        }
        let place = testkit::podman::Podman::in_the_network_of_the_machine()?;
        let mut podman = Self { place, image: String::new() };
        let at = text(podman.dir())?;
        ok(Command::new("sh").args(["-c", ROOT, "sh"]).arg(testkit::skx::binary()?).arg(&at)).await?;
        podman.ok(&["import", "--quiet", &format!("{at}/root.tar"), "localhost/skx:forms"]).await?;
        std::fs::remove_file(podman.dir().join("root.tar"))?;
        let inspect = ["image", "inspect", "--format", "{{index .RepoDigests 0}}", "localhost/skx:forms"];
        podman.image = podman.ok(&inspect).await?.trim().to_owned();
        Ok(Ok(podman))
    }

    /// A directory of its own, gone with it.
    pub(crate) fn dir(&self) -> &Path {
        self.place.dir()
    }

    /// A command that finds this Podman, by that name.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.place.command(program).into()
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

/// Runs a command that must succeed, and gives its standard output.
pub(crate) async fn ok(command: &mut Command) -> Result<String> {
    let output = command.output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {said}", command.as_std());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
