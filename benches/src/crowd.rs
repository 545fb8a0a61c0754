//! Many member sites in this process, each with its own data directory, key, links and session; relays and the controller
//! are processes of their own. How long they take to join, and what a session costs the controller.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use model::ticket::Ticket;
use site::{
    Options, Outcome,
    join::{self as tickets, Wishes},
    progress::{Progress, Watcher},
    state::{DataDir, LocalConfig, Runs},
};
use testkit::{
    installation::{Installation, free_address, text},
    process::Process,
};
use tokio::{
    sync::{Notify, Semaphore},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::measure::{median, memory_mib};

/// How long any single step may take.
pub(crate) const LONG: Duration = Duration::from_secs(300);
/// How many join one after the other, to see what one takes.
const ALONE: usize = 10;
/// How many join at the same moment.
const TOGETHER: usize = 200;

/// Prints how long joins take, and the memory of the controller with `size` sessions.
pub(crate) async fn measure(size: usize) -> Result<()> {
    let installation = Installation::start().await?;
    let relays = backbone(&installation).await?;
    installation.cli.ok(&["network", "create", "bench", "--backbone", "main"]).await?;
    let file = installation.invitation("bench/all", &["--uses", "unlimited"]).await?;
    let ticket = pki::ticket::decode(&std::fs::read_to_string(&file)?)?;
    let pids = [("controller", installation.controller.pid()), ("relay", relays[0].pid())];
    let memory = || pids.iter().map(|(_, pid)| memory_mib(pid.context("it runs")?)).collect::<Result<Vec<f64>>>();

    println!("| joining at once | p50 ms | slowest ms | all, s |");
    println!("|---|---|---|---|");
    let mut members = vec![];
    // The first of all also finds everything cold.
    members.extend(join(&installation, &ticket, 0..1, 1, None).await?);
    for (count, at_once) in [(ALONE, 1), (TOGETHER, TOGETHER)] {
        let began = Instant::now();
        let joined = join(&installation, &ticket, members.len()..members.len() + count, at_once, None).await?;
        let all = began.elapsed().as_secs_f64();
        let times: Vec<f64> = joined.iter().map(|member| member.joined.as_secs_f64() * 1e3).collect();
        let slowest = times.iter().copied().fold(0.0, f64::max);
        println!("| {at_once} | {:.0} | {slowest:.0} | {all:.1} |", median(times));
        members.extend(joined);
    }
    let (few, before) = (members.len(), memory()?);
    if size > few {
        members.extend(join(&installation, &ticket, few..size, 16, None).await?);
        let after = memory()?;
        for (i, (name, _)) in pids.iter().enumerate() {
            let each = (after[i] - before[i]) * 1024.0 / f64::from(u32::try_from(size - few)?);
            println!(
                "{name}: {:.1} MiB with {few} sites, {:.1} MiB with {size}: {each:.1} KiB for each",
                before[i], after[i]
            );
        }
    }
    for member in members {
        member.task.abort();
    }
    Ok(())
}

/// Two relays in a row.
pub(crate) async fn backbone(installation: &Installation) -> Result<Vec<Process>> {
    let cli = &installation.cli;
    cli.ok(&["backbone", "create", "main"]).await?;
    for (site, kinds) in [("main/east", "peer,claim,manage,member"), ("main/west", "peer,claim,manage,member")] {
        let access = format!("all={kinds}@{}", free_address()?);
        cli.ok(&["backbone", "site", "create", site, "--access", &access]).await?;
    }
    cli.ok(&["backbone", "link", "create", "main", "--from", "west", "--to", "east"]).await?;
    let mut relays = vec![];
    for site in ["main/east", "main/west"] {
        relays.push(installation.start_backbone_site(site, None).await?);
    }
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    Ok(relays)
}

/// A member site in this process.
pub(crate) struct Member {
    pub(crate) task: JoinHandle<Result<Outcome, site::RunError>>,
    /// Its data directory.
    pub(crate) data: String,
    /// From applying the invitation to a session with a controller.
    pub(crate) joined: Duration,
}

/// Lets sites with these numbers join, `at_once` at a time, that run workloads on this.
pub(crate) async fn join(
    installation: &Installation,
    ticket: &Ticket,
    numbers: Range<usize>,
    at_once: usize,
    runs: Option<Runs>,
) -> Result<Vec<Member>> {
    let turns = Arc::new(Semaphore::new(at_once));
    let mut joining = JoinSet::new();
    for number in numbers {
        let (turns, ticket, dir) = (turns.clone(), ticket.clone(), installation.site_dir(&format!("site-{number}")));
        joining.spawn(async move {
            let _turn = turns.acquire_owned().await?;
            std::fs::create_dir_all(&dir)?;
            let began = Instant::now();
            let locked = DataDir::new(&dir).lock()?;
            locked.save_local(&LocalConfig { run: runs, ..LocalConfig::default() })?;
            tickets::apply(&locked, ticket, Wishes::default(), jiff::Timestamp::now())?;
            let up = Arc::new(Notify::new());
            let watcher = {
                let up = up.clone();
                Watcher::new(move |progress| {
                    if matches!(progress, Progress::SessionUp) {
                        up.notify_one();
                    }
                })
            };
            let options = Options { watcher, ..Options::new("skx-bench") };
            let task = tokio::spawn(site::run(locked, options, std::future::pending()));
            timeout(LONG, up.notified()).await.context("a site does not join")?;
            Ok::<_, anyhow::Error>(Member { task, data: text(&dir)?, joined: began.elapsed() })
        });
    }
    let mut members = Vec::with_capacity(joining.len());
    while let Some(member) = joining.join_next().await {
        members.push(member??);
        if members.len().is_multiple_of(100) {
            eprintln!("{} sites have joined", members.len());
        }
    }
    Ok(members)
}
