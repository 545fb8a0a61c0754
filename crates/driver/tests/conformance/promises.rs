//! What runs, and what does not.

use std::{fs, path::Path};

use driver::{ApplyError, Desired, LogLine, State, Volumes, WorkloadStatus};
use serde_json::json;

use crate::{
    stage::{RUN, Site, Stage, secret, shop, wait_for},
    systemd::Systemd,
};

pub(crate) async fn what_is_applied_runs_and_the_same_again_changes_nothing(stage: Stage) {
    let site = stage.open().await;
    assert!(site.inventory().await.is_empty());
    let desired = shop([stage.workload("web", RUN), stage.workload("db", &format!("echo wrong >&2; {RUN}"))]);
    site.apply(&desired).await;
    let status = site.is("web", State::Ready).await;
    assert_eq!((status.instance.as_str(), status.restarts), ("shop/web", 0));
    assert_eq!(status.image.is_some(), stage.platform.has_containers());
    site.is("db", State::Ready).await;
    site.lines("db", 2).await;
    let said = site.logs("db").await;
    // The journal does not keep apart what was said as an error.
    let wrong = |line: &LogLine| line.error != stage.systemd.is_some() && line.text == "wrong" && line.at.is_some();
    assert!(said.iter().any(wrong), "{said:?}");
    let lives = (site.life("web").await, site.0.logs("shop", "db", 1).await.expect("its last line").len());
    site.apply(&desired).await;
    site.is("web", State::Ready).await;
    assert_eq!((site.life("web").await, 1), lives);
    assert_eq!(site.inventory().await, ["shop"]);
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    assert!(site.inventory().await.is_empty() && site.0.observe("shop").is_empty());
    site.0.remove("shop", Volumes::Delete).await.expect("that it is not there is no error");
}

pub(crate) async fn only_what_changed_is_started_anew_and_what_is_gone_is_removed(stage: Stage) {
    let site = stage.open().await;
    site.apply(&shop(["web", "db", "cache"].map(|name| stage.workload(name, RUN)))).await;
    let (web, db) = (site.life("web").await, site.life("db").await);
    let other = format!("HERE=1; {RUN}");
    site.apply(&shop([stage.workload("web", &other), stage.workload("db", RUN)])).await;
    site.other_life("web", &web).await;
    assert_eq!(site.life("db").await, db);
    let names: Vec<_> = site.0.observe("shop").into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["db", "web"]);
    assert!(site.logs("cache").await.is_empty());
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn what_ends_is_started_again_and_what_runs_once_is_not(stage: Stage) {
    let once = |name: &str, script: &str| {
        stage.object(
            name,
            json!({ "command": ["/bin/sh", "-c", script], "restart": false, "volumes": {"/data": "data"} }),
        )
    };
    let desired = shop([
        stage.workload("web", "echo here; exit 3"),
        once("setup", "echo once >> $SKX_ROOT/data/runs; cat $SKX_ROOT/data/runs"),
        once("wrong", "exit 4"),
        once("killed", "kill -9 $$; sleep 100"),
    ]);
    let site = stage.open().await;
    site.apply(&desired).await;
    site.until("web", |it| it.restarts >= 3).await;
    let failed = site.is("web", State::Failed).await;
    assert!(failed.message.starts_with("it ended with code 3; it is started again after "), "{failed:?}");
    site.is("setup", State::Done).await;
    let wrong = site.is("wrong", State::Failed).await;
    assert_eq!((wrong.message.as_str(), wrong.restarts), ("it ended with code 4", 0));
    if !stage.platform.has_containers() {
        // The first process of a container is not to be killed from within.
        let killed = site.is("killed", State::Failed).await;
        assert_eq!((killed.message.as_str(), killed.restarts), ("it was ended by signal 9", 0));
    }
    assert_eq!(site.lines("setup", 1).await, ["once"]);
    site.0.shutdown().await;
    let site = stage.open().await;
    site.apply(&desired).await;
    site.is("setup", State::Done).await;
    assert_eq!(site.lines("setup", 1).await, ["once"]);
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn what_cannot_run_is_failed_in_words_and_the_others_run(stage: Stage) {
    let site = stage.open().await;
    let program = stage.object("none", json!({ "command": ["/no/such/program"] }));
    let mut all = vec![stage.workload("web", RUN), program];
    if stage.platform.has_containers() {
        all.push(stage.object("nowhere", json!({ "image": "localhost:1/none:1" })));
    }
    site.apply(&shop(all)).await;
    site.is("web", State::Ready).await;
    let none = site.is("none", State::Failed).await;
    assert!(none.message.contains("/no/such/program"), "{none:?}");
    if stage.platform.has_containers() {
        let nowhere = site.is("nowhere", State::Failed).await;
        assert!(nowhere.message.starts_with("the image localhost:1/none:1 cannot be fetched: "), "{nowhere:?}");
    }
    let mut wrong = vec![
        ("../x", json!({})),
        ("a", json!({ "files": {"/../x": {}} })),
        ("a", json!({ "env": 1 })),
        ("a", json!({ "volumes": {"/data:O,upperdir=/etc,workdir=/srv": "data"} })),
    ];
    if !stage.platform.has_containers() {
        // What is in a volume is the program's: it may make a way out of it.
        wrong.push(("a", json!({ "volumes": {"/data": "data", "/data/x/y": "more"} })));
        wrong.push(("a", json!({ "volumes": {"/data": "data"}, "workdir": "data/x" })));
    }
    for (name, content) in wrong {
        let refused = site.0.apply(shop([stage.object(name, content)])).await;
        assert!(matches!(refused, Err(ApplyError::Invalid(_))), "{name}: {refused:?}");
    }
    site.is("web", State::Ready).await;
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn secrets_reach_the_workload_and_nobody_else(stage: Stage) {
    let script = format!(
        r#"w=hidden; [ "$PASSWORD" = $w-a ] && [ "$(cat $SKX_ROOT/etc/pass)" = $w-b ] && echo they match; {RUN}"#
    );
    let reads = json!({
        "command": ["/bin/sh", "-c", script],
        "env": { "PASSWORD": { "secret": "db", "key": "password" } },
        "files": { "/etc/pass": { "secret": { "secret": "db" } }, "/etc/plain": { "content": "plain" } },
    });
    let site = stage.open().await;
    let mut desired = shop([stage.object("web", reads)]);
    site.apply(&desired).await;
    let waits = site.is("web", State::Failed).await;
    assert!(waits.message.starts_with("it waits for the secret db, "), "{waits:?}");
    let values = [("password", "hidden-a"), ("value", "hidden-b")].map(|(k, v)| (k.to_owned(), secret(v)));
    desired.secrets.insert("db".to_owned(), values.into());
    site.apply(&desired).await;
    assert_eq!(site.lines("web", 2).await[0], "they match");
    let life = site.life("web").await;
    hidden(&stage, &desired);
    let values = desired.secrets.get_mut("db").expect("it is there");
    values.insert("value".to_owned(), secret("another"));
    site.apply(&desired).await;
    site.other_life("web", &life).await;
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

/// Nothing in the driver's directory, on labels or of units tells a secret, but the files that are meant to.
fn hidden(stage: &Stage, desired: &Desired) {
    let shown = format!("{:?}", desired.secrets);
    assert!(!shown.contains("hidden-"), "{shown}");
    if let Some(systemd) = &stage.systemd {
        let unit = systemd.unit_of(&stage.site).expect("a unit");
        let told = format!("{}{}", fs::read_to_string(&unit).expect("a file"), systemd.shown(&unit));
        assert!(told.contains("environment") && !told.contains("hidden-"), "{told}");
    }
    if let Some(engine) = &stage.engine {
        let filter = format!("label=skupperx.io/site={}", stage.site);
        let labels = engine.podman(&["ps", "--all", "--filter", &filter, "--format", "{{.Labels}} {{.Names}}"]);
        assert!(labels.contains("skupperx.io/digest") && !labels.contains("hidden-"), "{labels}");
    }
    search(&stage.dir());
}

fn search(dir: &Path) {
    for entry in fs::read_dir(dir).expect("a directory").flatten() {
        let path = entry.path();
        if entry.file_type().expect("a type").is_dir() {
            search(&path);
        } else if path.ends_with("root/etc/pass") || path.ends_with("workloads/web/environment") {
            let mode = std::os::unix::fs::MetadataExt::mode(&entry.metadata().expect("it is there"));
            assert_eq!(mode & 0o777, 0o600);
        } else {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("a file")).into_owned();
            assert!(!text.contains("hidden-"), "{}", path.display());
        }
    }
}

pub(crate) async fn volumes_are_kept_or_deleted_as_is_said(stage: Stage) {
    let site = stage.open().await;
    let script = format!("echo x >> $SKX_ROOT/data/all; cat $SKX_ROOT/data/all; {RUN}");
    let desired =
        shop([stage.object("db", json!({ "command": ["/bin/sh", "-c", script], "volumes": {"/data": "data"} }))]);
    for (lines, then) in [(1, Volumes::Keep), (2, Volumes::Delete), (1, Volumes::Delete)] {
        site.apply(&desired).await;
        let said = site.lines("db", lines + 1).await;
        assert_eq!(said.iter().filter(|line| *line == "x").count(), lines, "{said:?}");
        site.0.remove("shop", then).await.expect("it is removed");
        assert!(site.inventory().await.is_empty());
    }
}

pub(crate) async fn what_belongs_to_another_site_is_not_touched(stage: Stage) {
    let other = Stage::new(stage.platform);
    let (site, neighbour) = (stage.open().await, other.open().await);
    let desired = shop([stage.workload("web", RUN)]);
    site.apply(&desired).await;
    neighbour.apply(&desired).await;
    let (one, two) = (site.life("web").await, neighbour.life("web").await);
    assert_ne!(one, two);
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    assert_eq!(neighbour.inventory().await, ["shop"]);
    neighbour.apply(&desired).await;
    neighbour.is("web", State::Ready).await;
    assert_eq!(neighbour.life("web").await, two);
    neighbour.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn a_workload_has_its_user_and_no_more_memory_than_it_may_have(stage: Stage) {
    let own = rustix::process::geteuid();
    let user = if own.is_root() { 1234 } else { own.as_raw() };
    let script = format!("id -u; cat $SKX_ROOT/etc/pass; echo x > $SKX_ROOT/data/x && echo written; {RUN}");
    let mut who = json!({
        "command": ["/bin/sh", "-c", script],
        "user": user,
        "files": { "/etc/pass": { "secret": { "secret": "db" } } },
    });
    if !stage.platform.has_containers() {
        // Whose a volume of an engine is, is decided by its image.
        who["volumes"] = json!({ "/data": "data" });
    }
    let much = json!({ "command": ["perl", "-e", "$x = 'x' x (500 << 20); sleep 1 while 1"], "memory": 64 << 20 });
    let mut desired = shop([stage.object("who", who), stage.object("much", much)]);
    desired.secrets.insert("db".to_owned(), [("value".to_owned(), secret("for it alone\n"))].into());
    let site = stage.open().await;
    site.apply(&desired).await;
    let said = site.lines("who", 3).await;
    assert_eq!(said[..2], [user.to_string(), "for it alone".to_owned()]);
    assert!(stage.platform.has_containers() || said[2] == "written", "{said:?}");
    site.until("much", |it| it.restarts > 0).await;
    site.is("who", State::Ready).await;
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn a_workload_has_no_more_processors_than_it_may_have(stage: Stage) {
    let script = format!(
        r#"while read -r key value; do [ "$key" = Cpus_allowed_list: ] && echo "$value"; done < /proc/self/status; {RUN}"#
    );
    let site = stage.open().await;
    let half = json!({ "command": ["/bin/sh", "-c", script], "millicpu": 500 });
    site.apply(&shop([stage.object("web", half)])).await;
    site.is("web", State::Ready).await;
    let allowed = site.lines("web", 2).await.swap_remove(0);
    match (&stage.systemd, &stage.engine) {
        (Some(systemd), _) => {
            let shown = systemd.shown(&systemd.unit_of(&stage.site).expect("a unit"));
            let quota = shown.lines().find(|line| line.starts_with(".CPUQuotaPerSecUSec ")).expect("its quota");
            assert!(quota.split_whitespace().any(|it| it == "500000"), "{quota}");
        }
        (None, Some(engine)) => {
            let filter = format!("label=skupperx.io/site={}", stage.site);
            let id = engine.podman(&["ps", "--quiet", "--filter", &filter]);
            let quota = engine.podman(&["inspect", "--format", "{{.HostConfig.NanoCpus}}", id.trim()]);
            assert_eq!(quota.trim(), "500000000");
        }
        (None, None) => assert!(allowed.parse::<u32>().is_ok(), "it has one processor, and not {allowed}"),
    }
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn what_has_much_to_say_at_its_end_is_removed_all_the_same(stage: Stage) {
    let site = stage.open().await;
    let talks = "trap 'seq 20000; exit 0' TERM; echo here; while :; do sleep 0.05; done";
    for _ in 0..3 {
        site.apply(&shop([stage.workload("web", talks)])).await;
        site.lines("web", 1).await;
        site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    }
}

pub(crate) async fn what_somebody_else_ended_is_mended(stage: Stage) {
    let site = stage.open().await;
    let name = |line: &str| line.trim().to_owned();
    site.apply(&shop([stage.workload("web", &format!("echo $$; {RUN}"))])).await;
    let first = site.lines("web", 2).await;
    site.is("web", State::Ready).await;
    if let Some(systemd) = &stage.systemd {
        mended(&site, &stage, systemd).await;
        return site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    }
    let Some(engine) = &stage.engine else {
        let pid = first[0].parse().ok().and_then(rustix::process::Pid::from_raw).expect("its id");
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it is killed");
        site.until("web", |it| it.restarts == 1 && it.state == State::Ready).await;
        return site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    };
    let filter = format!("label=skupperx.io/site={}", stage.site);
    let id = || name(&engine.podman(&["ps", "--no-trunc", "--quiet", "--filter", &filter]));
    let made = id();
    engine.podman(&["stop", &made]);
    site.until("web", |it| it.restarts == 1 && it.state == State::Ready).await;
    assert_eq!(id(), made);
    engine.podman(&["rm", "--force", &made]);
    // It may be found stopped, and be started again, before it is gone.
    site.until("web", |it| {
        it.restarts >= 2 && it.state == State::Ready && ![String::new(), made.clone()].contains(&id())
    })
    .await;
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

/// Whatever somebody does to a unit, it is as it was made again.
async fn mended(site: &Site, stage: &Stage, systemd: &Systemd) {
    let unit = systemd.unit_of(&stage.site).expect("a unit");
    let name = unit.file_name().expect("a name").to_string_lossy().into_owned();
    let made = fs::read_to_string(&unit).expect("a file");
    let runs = |restarts: u32| site.until("web", move |it| it.restarts >= restarts && it.state == State::Ready);
    let restarts = |status: WorkloadStatus| status.restarts + 1;

    systemd.ask("KillUnit", &["ssi", &name, "all", "9"]);
    let next = restarts(runs(1).await);
    systemd.ask("StopUnit", &["ss", &name, "replace"]);
    let next = restarts(runs(next).await);
    systemd.ask("SetUnitProperties", &["sba(sv)", &name, "false", "1", "MemoryMax", "t", "1073741824"]);
    let next = restarts(runs(next).await);
    assert!(systemd.shown(&unit).contains(&u64::MAX.to_string()), "it has no limit of memory again");
    fs::write(&unit, made.replace("Type=exec", "Type=simple")).expect("it is written");
    let next = restarts(runs(next).await);
    assert_eq!(fs::read_to_string(&unit).expect("a file"), made);
    fs::remove_file(&unit).expect("it is there");
    systemd.ask("Reload", &[]);
    runs(next).await;
    assert_eq!(fs::read_to_string(&unit).expect("a file"), made);

    let life = site.life("web").await;
    let wanted = systemd.units().join("multi-user.target.wants").join(&name);
    assert!(wanted.is_symlink(), "it is started with the machine");
    systemd.ask("DisableUnitFiles", &["asb", "1", &name, "false"]);
    systemd.ask("Reload", &[]);
    wait_for(|| wanted.is_symlink()).await;
    assert_eq!(site.life("web").await, life, "nothing has to be started anew for that");

    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    let foreign = "[Service]\nExecStart=/bin/true\n";
    fs::write(&unit, foreign).expect("it is written");
    site.apply(&shop([stage.workload("web", RUN)])).await;
    let refused = site.is("web", State::Failed).await;
    assert!(refused.message.starts_with(&format!("there is a unit {name} of somebody else")), "{refused:?}");
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
    assert_eq!(fs::read_to_string(&unit).expect("a file"), foreign);
}
