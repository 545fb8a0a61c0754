//! A site that is killed, and the next one.

use std::process::Stdio;

use driver::{Desired, State, Volumes};
use tokio::process::{Child, Command};

use crate::stage::{RUN, Stage, shop};

pub(crate) async fn what_a_killed_site_left_is_found_again_or_ended(stage: Stage) {
    let mut owner = owner(&stage);
    let (pid, life) = loop {
        if let [pid, life] = said(&stage).as_slice() {
            break (pid.clone(), life.clone());
        }
        if let Some(status) = owner.try_wait().expect("its state") {
            panic!("the site ended: {status}");
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    owner.kill().await.expect("it is killed");

    let site = stage.open().await;
    assert_eq!(site.inventory().await, ["shop"]);
    if !stage.outlives() {
        // What is dead has no command, whether or not somebody cared to hear of it.
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(command.is_empty(), "what had gone its own way is left");
    }
    site.apply(&desired(&stage)).await;
    site.is("web", State::Ready).await;
    if stage.outlives() {
        assert_eq!(site.life("web").await, life);
        site.0.shutdown().await;
        let site = stage.open().await;
        assert_eq!(site.life("web").await, life);
        site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    } else {
        site.other_life("web", &life).await;
        site.0.shutdown().await;
        site.is("web", State::Stopped).await;
        assert_eq!(site.inventory().await, ["shop"]);
    }
}

/// A workload with a process that is in nobody's group, and says its id.
fn desired(stage: &Stage) -> Desired {
    let away = "perl -e 'use POSIX; $SIG{TERM} = \"IGNORE\"; POSIX::setsid(); sleep 1 while 1' & echo $!;";
    let away = if stage.outlives() { "echo $$;" } else { away };
    shop([stage.workload("web", &format!("{away} {RUN}"))])
}

/// What the workload said, without opening the site.
fn said(stage: &Stage) -> Vec<String> {
    if let Some(engine) = &stage.engine {
        let filter = format!("label=skupperx.io/site={}", stage.site);
        let container = engine.podman(&["ps", "--quiet", "--filter", &filter]);
        let said = if container.is_empty() { container } else { engine.podman(&["logs", container.trim()]) };
        return said.lines().map(str::to_owned).collect();
    }
    if let Some(systemd) = &stage.systemd {
        let said = systemd.unit_of(&stage.site).map(|unit| systemd.said(&unit)).unwrap_or_default();
        return said.lines().map(str::to_owned).collect();
    }
    let log = stage.dir().join("deployments/shop/workloads/web/log");
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().filter_map(|line| Some(line.splitn(3, ' ').nth(2)?.to_owned())).collect()
}

/// A process that is a site, and runs until it is killed.
fn owner(stage: &Stage) -> Child {
    let objects = stage.dir().with_file_name("objects.json");
    std::fs::write(&objects, serde_json::to_vec(&desired(stage).objects).expect("JSON")).expect("it is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_workloads"));
    command.arg(stage.platform.as_str()).arg(stage.dir()).arg(&stage.site).arg(objects);
    command.args(stage.socket()).args(stage.systemd.as_ref().map(|it| it.units()));
    command.stdin(Stdio::null()).kill_on_drop(true).spawn().expect("it runs")
}
