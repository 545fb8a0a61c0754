//! The forms for Podman and Docker.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use testkit::{
    installation::{free_address, text},
    trials::Went,
};

use crate::{
    podman::{Podman, ok},
    stage::Stage,
};

/// Where Podman's generator is: on the path, or where packages of Podman put it.
const GENERATORS: [&str; 3] = ["quadlet", "/usr/libexec/podman/quadlet", "/usr/lib/podman/quadlet"];

/// The commands a form says it is applied with, and what they are applied to.
fn commands(form: &str) -> Vec<&str> {
    let preamble = form.lines().skip_while(|line| !line.ends_with(", run:")).skip(2);
    preamble.map_while(|line| line.strip_prefix("#   ")).collect()
}

/// Applies a Quadlet unit as it says, with systemd's part done by hand; gives the name of the container.
async fn start(podman: &Podman, file: &str, answers: &[(&str, &str)]) -> Result<String> {
    let form = std::fs::read_to_string(file)?;
    let (by_systemd, by_hand): (Vec<_>, Vec<_>) =
        commands(&form).into_iter().partition(|it| it.starts_with("systemctl") || it.starts_with("loginctl"));
    ensure!(by_systemd.len() == 2 && by_hand.len() >= 3, "{form}");
    for command in by_hand {
        let command = answers.iter().fold(command.to_owned(), |command, (what, with)| command.replace(what, with));
        // The file is named as it was when it was handed over.
        let dir = Path::new(file).parent().context("it is in a directory")?;
        ok(podman.command("sh").current_dir(dir).args(["-ec", &command])).await?;
    }
    let label = by_systemd[1].rsplit(' ').next().context("a command")?.to_owned();
    let line = exec_start(podman, &label).await?;
    ok(podman.command("sh").args(["-ec", &line])).await?;
    Ok(label)
}

/// What the service that Podman's generator makes of the installed unit would run.
async fn exec_start(podman: &Podman, label: &str) -> Result<String> {
    let units = podman.dir().join("home/.config/containers/systemd");
    let mut made = None;
    for generator in GENERATORS {
        let mut run = podman.command(generator);
        run.env("QUADLET_UNIT_DIRS", &units).args(["-dryrun", "-user"]).arg(podman.dir());
        if let Ok(output) = run.output().await {
            made = Some(String::from_utf8_lossy(&output.stdout).into_owned());
            break;
        }
    }
    let made = made.context("quadlet is missing: scripts/setup test installs it")?;
    let service = made.split("---").skip_while(|it| *it != format!("{label}.service")).nth(1);
    let service = service.with_context(|| made.clone())?;
    let line = service.lines().find_map(|line| line.strip_prefix("ExecStart=")).context("ExecStart")?;
    // systemd's words; and control groups are systemd's to split.
    let run = text(podman.dir())?;
    Ok(line.replace("%t", &run).replace("%N", label).replace("--cgroups=split", "--cgroups=enabled"))
}

/// Asks for the container's health as Podman would, and ends it as its service would.
async fn end(podman: &Podman, container: &str) -> Result<()> {
    podman.ok(&["healthcheck", "run", container]).await?;
    podman.ok(&["rm", "--force", "--time", "10", container]).await.map(drop)
}

pub(crate) async fn quadlet(stage: &Stage) -> Result<Went> {
    let podman = match &stage.podman {
        Ok(podman) => podman,
        Err(why) => return Ok(Went::Skipped(why.clone())),
    };
    let dir = stage.installation.dir();
    let passcode = text(&dir.join("passcode"))?;
    std::fs::write(&passcode, "open sesame\n")?;
    let made = stage.form("quadlet", "podman", &["--interactive", "--passcode-file", &passcode]).await?;
    let file = text(&dir.join("retail-quadlet.container"))?;
    std::fs::rename(made, &file)?;
    let container = start(podman, &file, &[("NAME", "till"), ("PASSCODE-FILE", &passcode)]).await?;
    podman.reaches(&container, "member").await?;
    let member = stage.installation.cli.json(&["member", "show", "retail/till"]).await?;
    ensure!(member["state"] == "member", "{member}");
    end(podman, &container).await?;
    Ok(Went::Well)
}

pub(crate) async fn relay(stage: &Stage) -> Result<Went> {
    let podman = match &stage.podman {
        Ok(podman) => podman,
        Err(why) => return Ok(Went::Skipped(why.clone())),
    };
    let cli = &stage.installation.cli;
    let access = format!("all=peer,member,claim,manage@{}", free_address()?);
    cli.ok(&["backbone", "site", "create", "main/pod", "--access", &access]).await?;
    cli.ok(&["backbone", "link", "create", "main", "--from", "east", "--to", "pod"]).await?;
    let file = text(&stage.installation.dir().join("main-pod.container"))?;
    cli.ok(&["backbone", "site", "bundle", "main/pod", "--format", "podman", "--output", &file]).await?;
    let container = start(podman, &file, &[]).await?;
    podman.reaches(&container, "backbone").await?;
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    end(podman, &container).await?;
    Ok(Went::Well)
}

pub(crate) async fn compose(stage: &Stage) -> Result<Went> {
    let podman = match &stage.podman {
        Ok(podman) => podman,
        Err(why) => return Ok(Went::Skipped(why.clone())),
    };
    let file = stage.form("compose", "docker", &[]).await?;
    // An implementation of compose says what the file means, Podman does it.
    let read = podman.command("compose-spec").arg(&file).output().await;
    let read = read.context("compose-spec is missing: scripts/setup test installs it")?;
    ensure!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let project: Value = serde_json::from_slice(&read.stdout)?;
    let site = &project["services"]["site"];
    let container = "retail-compose-site-1";
    podman.ok(&create(container, &project, site).iter().map(String::as_str).collect::<Vec<_>>()).await?;
    for copied in site["configs"].as_array().context("configs")? {
        let content = project["configs"][string(&copied["source"])]["content"].as_str().context("content")?;
        copy(podman, container, copied, content).await?;
    }
    podman.ok(&["start", container]).await?;
    podman.reaches(container, "member").await?;
    end(podman, container).await?;
    Ok(Went::Well)
}

fn string(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn strings(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().into_iter().flatten().map(|it| string(it).to_owned())
}

/// What makes a container of a service of a compose file.
fn create(name: &str, project: &Value, site: &Value) -> Vec<String> {
    let mut all: Vec<String> = ["create", "--name", name, "--user", string(&site["user"])].map(str::to_owned).into();
    let health: Vec<String> = strings(&site["healthcheck"]["test"]).collect();
    all.extend(["--health-cmd".to_owned(), health.join(" ")]);
    all.extend(strings(&site["cap_drop"]).map(|it| format!("--cap-drop={it}")));
    all.extend(strings(&site["security_opt"]).map(|it| format!("--security-opt={}", it.trim_end_matches(":true"))));
    all.extend(site["volumes"].as_array().into_iter().flatten().map(|it| {
        let volume = string(&project["volumes"][string(&it["source"])]["name"]);
        format!("--volume={volume}:{}", string(&it["target"]))
    }));
    all.extend(["--entrypoint".to_owned(), site["entrypoint"].to_string(), string(&site["image"]).to_owned()]);
    all.extend(strings(&site["command"]));
    all
}

/// Copies a file into a container that does not run yet, as Compose does: as an archive with the owner in it.
async fn copy(podman: &Podman, container: &str, to: &Value, content: &str) -> Result<()> {
    let staged = podman.dir().join("copied");
    let path = string(&to["target"]).trim_start_matches('/');
    let target = staged.join(path);
    std::fs::create_dir_all(target.parent().context("an absolute path")?)?;
    std::fs::write(&target, content)?;
    let command = format!(
        "tar --create --directory copied --owner={} --group={} --mode=0400 {path} | podman cp - {container}:/",
        string(&to["uid"]),
        string(&to["gid"]),
    );
    ok(podman.command("sh").args(["-ec", &command])).await?;
    Ok(std::fs::remove_dir_all(&staged)?)
}
