//! How long it takes from the death of a backbone router to the first new stream over another way.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use testkit::{
    installation::{Installation, free_address},
    process::{Process, eventually},
};
use tokio::{
    task::JoinSet,
    time::{interval, timeout},
};

use crate::{Servers, load, measure::median};

/// How often a new stream is tried after the router's death.
const TRY_EVERY: Duration = Duration::from_millis(10);
/// After this much time there is nothing to measure.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Which router of the ring dies.
#[derive(Clone, Copy, Debug)]
enum Victim {
    /// The one in the middle of the way: another way is there, and costs more.
    Transit,
    /// The one that the client's site is attached at: the site attaches at the next.
    Access,
}

/// A ring of three, a server's site at the first router and a client's at the last. The cheap way between them leads over the
/// second.
struct Ring {
    relays: Vec<Process>,
    door: SocketAddr,
    _members: Vec<Process>,
    _servers: Servers,
    _installation: Installation,
}

/// Measures `rounds` deaths of each kind, each in a network of its own, and prints the figures.
pub(crate) async fn run(rounds: usize) -> Result<()> {
    println!("| what died | p50 ms | least ms | most ms | deaths |\n|---|---|---|---|---|");
    for victim in [Victim::Transit, Victim::Access] {
        let mut figures = Vec::new();
        for round in 1..=rounds {
            eprintln!("{victim:?}, round {round}/{rounds}");
            figures.push(Ring::start().await?.measure(victim).await?);
        }
        let what = match victim {
            Victim::Transit => "a router in transit",
            Victim::Access => "the client's access router",
        };
        let least = figures.iter().copied().fold(f64::INFINITY, f64::min);
        let most = figures.iter().copied().fold(0.0, f64::max);
        println!("| {what} | {:.0} | {least:.0} | {most:.0} | {rounds} |", median(figures));
    }
    Ok(())
}

impl Ring {
    async fn start() -> Result<Self> {
        let servers = Servers::start().await?;
        let installation = Installation::start().await?;
        let cli = &installation.cli;
        cli.ok(&["backbone", "create", "main"]).await?;
        let names = ["one", "two", "three"];
        let access = [free_address()?, free_address()?, free_address()?];
        for (name, access) in names.iter().zip(access) {
            let access = format!("all=peer,member,claim,manage@{access}");
            cli.ok(&["backbone", "site", "create", &format!("main/{name}"), "--access", &access]).await?;
        }
        for (from, to, cost) in [("two", "one", "1"), ("three", "two", "1"), ("three", "one", "10")] {
            cli.ok(&["backbone", "link", "create", "main", "--from", from, "--to", to, "--cost", cost]).await?;
        }
        let mut relays = Vec::new();
        for name in names {
            relays.push(installation.start_backbone_site(&format!("main/{name}"), None).await?);
        }
        cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
        cli.ok(&["network", "create", "bench", "--backbone", "main"]).await?;
        let file = installation.invitation("bench/members", &["--uses", "2"]).await?;
        let mut members = Vec::new();
        for (member, prefer) in [("hq", access[0]), ("store", access[2])] {
            let options = ["--name", member, "--prefer", &prefer.to_string()];
            members.push(installation.join(&file, member, &options, None)?);
            cli.site_reaches(&installation.site_dir(member), "member").await?;
        }
        let door = free_address()?;
        let (server, listen) = (servers.http.to_string(), door.to_string());
        cli.ok(&["network", "connector", "add", "bench", "http", &server, "--site", "hq"]).await?;
        cli.ok(&["network", "listener", "add", "bench", "http", &listen, "--site", "store"]).await?;
        eventually("an answer across the network", async || load::once(door).await.ok()).await?;
        Ok(Self { relays, door, _members: members, _servers: servers, _installation: installation })
    }

    /// Milliseconds from the death of a router to the first new stream that is answered.
    async fn measure(mut self, victim: Victim) -> Result<f64> {
        let victim = match victim {
            Victim::Transit => 1,
            Victim::Access => 2,
        };
        self.relays.get_mut(victim).context("there are three")?.kill().await?;
        let began = Instant::now();
        let door = self.door;
        let mut attempts = JoinSet::new();
        let mut ticks = interval(TRY_EVERY);
        let answered = async {
            loop {
                tokio::select! {
                    Some(attempt) = attempts.join_next() => {
                        if matches!(attempt, Ok(Ok(()))) {
                            return began.elapsed();
                        }
                    }
                    _ = ticks.tick() => {
                        attempts.spawn(load::once(door));
                    }
                }
            }
        };
        match timeout(GIVE_UP, answered).await {
            Ok(elapsed) => Ok(elapsed.as_secs_f64() * 1e3),
            Err(_) => bail!("no stream was answered for {} seconds", GIVE_UP.as_secs()),
        }
    }
}
