//! Measures what `docs/benchmarks.md` reports: our member–backbone–backbone–member path beside a plain TCP relay
//! chain and HAProxy in TCP mode, in rounds that interleave them, on one machine.
//!
//! `skx-bench [--rounds N] [--seconds N]`; every alternative runs four forwarding processes in a row.
//! `skx-bench eviction [SITES…]` (1, 100 and 1000 unless given) measures how long an eviction takes.
//! `skx-bench crowd [SITES]` (1000 unless given) measures joins, one at a time and 200 at once, and memory per session.
//! `skx-bench lists [SITES EVENTS ROUNDS]` (10000, 100000 and 200 unless given) measures lists and reads through the API.
//! `skx-bench rollout [SITES…]` (100 and 1000 unless given) measures a deployment to sites with sessions, and an upgrade in waves.
//! `skx-bench reroute [--rounds N]`: from the death of a backbone router to the first new stream over another way.

mod chain;
mod crowd;
mod eviction;
mod lists;
mod load;
mod measure;
mod relay;
mod report;
mod reroute;
mod rollout;

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, Result, bail};

use crate::{
    chain::Chain,
    measure::{cpu_seconds, median},
    report::{Figures, Report},
};

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args.as_slice() {
        // A relay is single-threaded, like each of the processes it is compared with.
        ["relay", listen, target] => relay::run(listen.parse()?, target.parse()?),
        ["bulk-sink", listen] => load::bulk_sink(listen.parse()?),
        ["http-server", listen] => load::http_server(listen.parse()?),
        ["eviction", ref said @ ..] => {
            tokio::runtime::Runtime::new()?.block_on(eviction::measure(&sizes(said, &[1, 100, 1_000])?))
        }
        ["rollout", ref said @ ..] => {
            tokio::runtime::Runtime::new()?.block_on(rollout::measure(&sizes(said, &[100, 1_000])?))
        }
        ["crowd"] => tokio::runtime::Runtime::new()?.block_on(crowd::measure(1_000)),
        ["crowd", sites] => tokio::runtime::Runtime::new()?.block_on(crowd::measure(sites.parse()?)),
        ["lists"] => tokio::runtime::Runtime::new()?.block_on(lists::measure(lists::Size::default())),
        ["lists", sites, events, rounds] => {
            let size = lists::Size { sites: sites.parse()?, events: events.parse()?, rounds: rounds.parse()? };
            tokio::runtime::Runtime::new()?.block_on(lists::measure(size))
        }
        ["reroute"] => tokio::runtime::Runtime::new()?.block_on(reroute::run(5)),
        ["reroute", "--rounds", rounds] => tokio::runtime::Runtime::new()?.block_on(reroute::run(rounds.parse()?)),
        _ => {
            let options = Options::parse(&args)?;
            tokio::runtime::Runtime::new()?.block_on(measure_all(options))
        }
    }
}

/// The numbers of sites that were said, or the usual ones.
fn sizes(said: &[&str], usual: &[usize]) -> Result<Vec<usize>> {
    let said: Vec<usize> = said.iter().map(|size| size.parse()).collect::<Result<_, _>>()?;
    Ok(if said.is_empty() { usual.to_vec() } else { said })
}

/// How much to measure.
#[derive(Clone, Copy, Debug)]
struct Options {
    rounds: usize,
    seconds: u64,
}

impl Options {
    fn parse(args: &[&str]) -> Result<Self> {
        let mut options = Self { rounds: 3, seconds: 5 };
        let mut rest = args.iter();
        while let Some(arg) = rest.next() {
            let value = rest.next().with_context(|| format!("{arg} needs a number"))?;
            match *arg {
                "--rounds" => options.rounds = value.parse()?,
                "--seconds" => options.seconds = value.parse()?,
                _ => bail!(
                    "usage: skx-bench [--rounds N] [--seconds N], or skx-bench crowd [SITES], eviction [SITES…], lists [SITES EVENTS ROUNDS], rollout [SITES…] or reroute [--rounds N]"
                ),
            }
        }
        Ok(options)
    }

    fn duration(self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

async fn measure_all(options: Options) -> Result<()> {
    let servers = Servers::start().await?;
    let chains = [
        Chain::direct(&servers),
        Chain::relays(&servers).await?,
        Chain::haproxy(&servers).await?,
        Chain::skx(&servers, "direct").await?,
        Chain::skx(&servers, "tls").await?,
    ];
    let mut figures: Vec<Vec<Figures>> = chains.iter().map(|_| Vec::new()).collect();
    for round in 1..=options.rounds {
        for (chain, measured) in chains.iter().zip(&mut figures) {
            eprintln!("round {round}/{}: {}", options.rounds, chain.name);
            measured.push(measure_chain(chain, options).await?);
        }
    }
    let mut report = Report::new(options.rounds, options.seconds);
    for (chain, measured) in chains.iter().zip(&figures) {
        report.row(&chain.name, &Figures::medians(measured));
    }
    for chain in &chains {
        report.memory(&chain.name, &chain.memory()?);
    }
    drop(chains);
    report.join(&chain::join_latencies(10).await?);
    println!("{report}");
    Ok(())
}

async fn measure_chain(chain: &Chain, options: Options) -> Result<Figures> {
    let before = chain.cpu()?;
    let one = load::bulk(chain.bulk, 1, options.duration()).await?;
    let between = chain.cpu()?;
    let eight = load::bulk(chain.bulk, 8, options.duration()).await?;
    let after = chain.cpu()?;
    let busy = load::http(chain.http, 16, options.duration()).await?;
    let calm = load::http(chain.http, 1, options.duration()).await?;
    let fresh = load::new_connections(chain.http, 16, options.duration()).await?;
    Ok(Figures {
        gbit_1: one.gbit_per_second(),
        gbit_8: eight.gbit_per_second(),
        cpu_1: (between - before) / one.gigabytes(),
        cpu_8: (after - between) / eight.gigabytes(),
        requests: busy.per_second(),
        p50_ms: median(calm.latencies_ms.iter().copied()),
        connections: fresh.per_second(),
    })
}

/// What every chain leads to: a sink for bulk data and an HTTP server.
#[derive(Debug)]
struct Servers {
    bulk: SocketAddr,
    http: SocketAddr,
    _processes: [testkit::process::Process; 2],
}

impl Servers {
    async fn start() -> Result<Self> {
        let (bulk, http) = (testkit::installation::free_address()?, testkit::installation::free_address()?);
        let processes = [
            chain::me("bulk-sink", &["bulk-sink", &bulk.to_string()])?,
            chain::me("http-server", &["http-server", &http.to_string()])?,
        ];
        for address in [bulk, http] {
            chain::accepts(address).await?;
        }
        Ok(Self { bulk, http, _processes: processes })
    }
}

impl Chain {
    /// CPU seconds used so far by the processes that forward.
    fn cpu(&self) -> Result<f64> {
        self.pids().into_iter().map(cpu_seconds).sum()
    }
}
