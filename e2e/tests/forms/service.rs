//! The installed service, on a machine that is a directory: systemd is not needed to see what it would do.

use std::{
    os::unix::fs::{MetadataExt as _, chown},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testkit::{installation::text, process::Process, trials::Went};
use tokio::process::Command;

use crate::stage::Stage;

/// Whom the service is run as: nobody of this machine.
const USER: u32 = 65532;
const UNIT: &str = "etc/systemd/system/skx-site.service";
const STATE: &str = "var/lib/skx/site";

/// Sees the files below `$1` as the machine's own.
const AS_MACHINE: &str =
    r#"mount --bind "$1/var/lib" /var/lib && mount --bind "$1/usr/local" /usr/local && shift && exec "$@""#;

struct Machine {
    root: PathBuf,
}

impl Machine {
    fn make(stage: &Stage, name: &str) -> Result<Self> {
        let root = stage.installation.dir().join(name);
        std::fs::create_dir(&root)?;
        Ok(Self { root })
    }

    /// A command that runs on it.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", AS_MACHINE, "sh"]).arg(&self.root).arg(program);
        command
    }

    fn unit(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.root.join(UNIT))?)
    }

    /// A setting of the unit.
    fn setting(&self, key: &str) -> Result<String> {
        let unit = self.unit()?;
        let found = unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        Ok(found.with_context(|| format!("{key} in {unit}"))?.to_owned())
    }

    /// Starts the service as its unit says, as far as that is possible without systemd.
    fn start(&self) -> Result<Process> {
        let state = self.root.join(STATE);
        ensure!(format!("var/lib/{}", self.setting("StateDirectory")?) == STATE, "{}", self.unit()?);
        ensure!(self.setting("User")? == "skx", "{}", self.unit()?);
        // A directory of somebody else's goes to the user, with all in it.
        if state.metadata()?.uid() != USER {
            for entry in std::fs::read_dir(&state)? {
                chown(entry?.path(), Some(USER), Some(USER))?;
            }
            chown(&state, Some(USER), Some(USER))?;
        }
        let (start, capability) = (self.setting("ExecStart")?, self.setting("CapabilityBoundingSet")?);
        let capability = format!("-all,+{}", capability.trim_start_matches("CAP_").to_lowercase());
        let mut command = self.command("setpriv");
        command.args([format!("--reuid={USER}"), format!("--regid={USER}"), "--clear-groups".to_owned()]);
        command.arg(format!("--bounding-set={capability}")).args(["--no-new-privs", "--"]);
        command.args(start.split(' ')).env_clear().env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        Process::spawn("the service", &mut command)
    }
}

/// Whether a namespace with mounts of its own can be had.
async fn has_namespaces() -> bool {
    let tried = Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).output().await;
    tried.is_ok_and(|it| it.status.success())
}

fn changes(report: &Value) -> Vec<&str> {
    report["files"].as_array().into_iter().flatten().filter_map(|file| file["change"].as_str()).collect()
}

pub(crate) async fn whole(stage: &Stage) -> Result<Went> {
    if !has_namespaces().await {
        return Ok(Went::Skipped("this takes root, with mounts of its own".to_owned()));
    }
    let machine = Machine::make(stage, "machine")?;
    let (root, file) = (text(&machine.root)?, stage.form("service", "linux", &[]).await?);
    let cli = stage.installation.site_cli(None);
    let install = ["site", "install", &file, "--root", &root];

    // Seen before it is done, done, and not done twice.
    let planned = cli.json(&[&install[..], &["--dry-run"]].concat()).await?;
    ensure!(changes(&planned) == ["made"; 5] && std::fs::read_dir(&machine.root)?.count() == 0, "{planned}");
    let made = cli.json(&install).await?;
    ensure!(changes(&made) == ["made"; 5] && made["started"] == false, "{made}");
    let kept = cli.json(&install).await?;
    ensure!(changes(&kept) == ["kept"; 5], "{kept}");
    ensure!(machine.root.join(STATE).metadata()?.mode() & 0o777 == 0o700, "the state is its owner's only");
    verified(&machine).await?;

    // It joins, as the user it runs as; what root changes while it does not run, it can read.
    let mut service = machine.start()?;
    stage.joined(&machine.root.join(STATE), &service).await?;
    let kept = cli.json(&install).await?;
    ensure!(changes(&kept) == ["kept"; 5], "the service that runs is no reason to fail: {kept}");
    ensure!(service.terminate().await?.success(), "{:#?}", service.lines());
    let state = text(&machine.root.join(STATE))?;
    let door = testkit::installation::free_address()?.to_string();
    cli.ok(&["site", "listener", "add", "till", &door, "--data-dir", &state]).await?;
    let mut service = machine.start()?;
    stage.joined(Path::new(&state), &service).await?;
    let listed = cli.json(&["site", "listener", "list", "--data-dir", &state]).await?;
    ensure!(listed["items"][0]["address"] == "till", "{listed}");

    // It leaves, and is not started again: neither by its end, nor by an attempt.
    cli.ok(&["site", "leave", "--data-dir", &state, "--yes"]).await?;
    ensure!(service.wait().await?.success() && machine.setting("Restart")? == "on-failure", "{:#?}", service.lines());
    let nothing = machine.start()?.wait().await?;
    let preventing = machine.setting("RestartPreventExitStatus")?;
    ensure!(nothing.code().is_some_and(|code| preventing.split(' ').any(|it| it == code.to_string())), "{nothing}");

    cli.fails(2, &["site", "uninstall", "--root", &root]).await?;
    let removed = cli.json(&["site", "uninstall", "--root", &root, "--yes"]).await?;
    ensure!(changes(&removed) == ["removed"; 4] && machine.root.join(STATE).is_dir(), "{removed}");
    cli.fails(3, &["site", "uninstall", "--root", &root, "--yes"]).await?;
    Ok(Went::Well)
}

/// Holds the unit against systemd's own judgement.
async fn verified(machine: &Machine) -> Result<()> {
    let unit = text(&machine.root.join(UNIT))?;
    let run = machine
        .command("systemd-analyze")
        .args(["verify", "--man=no", "--recursive-errors=no", &unit])
        .output()
        .await?;
    let said = String::from_utf8_lossy(&run.stderr);
    ensure!(run.status.success() && !said.contains("skx-site.service:"), "{said}");
    // Of ten, what a unit with network access can hardly go below is one.
    let security = ["security", "--offline=true", "--threshold=20", "--no-pager", &unit];
    let run = machine.command("systemd-analyze").args(security).output().await?;
    ensure!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    Ok(())
}

pub(crate) async fn who_may(stage: &Stage) -> Result<Went> {
    let machine = Machine::make(stage, "nobodys")?;
    let cli = stage.installation.site_cli(None);
    let root = text(&machine.root)?;
    let said = cli.fails(3, &["site", "install", "--root", &root]).await?;
    ensure!(said.contains("skx site install FILE"), "{said}");
    let said = cli.fails(2, &["site", "install", "--root", &root, "--data-dir", "/home/me/site"]).await?;
    ensure!(said.contains("/var/lib"), "{said}");
    let unit = machine.root.join(UNIT);
    std::fs::create_dir_all(unit.parent().context("it has one")?)?;
    std::fs::write(&unit, "[Service]\n")?;
    let said = cli.fails(5, &["site", "install", "--root", &root]).await?;
    ensure!(said.contains("somebody else"), "{said}");

    let skx = testkit::skx::binary()?;
    let nobody = |args: &[&str]| {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(&skx).args(args);
        command
    };
    if !nobody(&["--version"]).output().await.is_ok_and(|it| it.status.success()) {
        return Ok(Went::Skipped("this takes root, and a program that others may run".to_owned()));
    }
    for command in [&["site", "install", "exercise.invitation"][..], &["site", "uninstall", "--yes"]] {
        let run = nobody(command).output().await?;
        let said = String::from_utf8_lossy(&run.stderr);
        ensure!(run.status.code() == Some(4) && said.contains("sudo") && said.contains("--dry-run"), "{said}");
    }
    Ok(Went::Well)
}
