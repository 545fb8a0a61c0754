//! The alternatives, each four forwarding processes in a row.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use testkit::{
    installation::{Installation, free_address, text},
    process::{Process, eventually},
};
use tokio::{net::TcpStream, process::Command};

use crate::{
    Servers,
    measure::{memory_mib, tree},
};

const HOPS: usize = 4;

/// A way to the servers.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) name: String,
    pub(crate) bulk: SocketAddr,
    pub(crate) http: SocketAddr,
    forwarding: Vec<(String, Process)>,
    /// What the chain needs beside the forwarding processes.
    installation: Option<Installation>,
    _files: Vec<tempfile::NamedTempFile>,
}

impl Chain {
    /// Nothing in between.
    pub(crate) fn direct(servers: &Servers) -> Self {
        Self::over("direct connection", servers.bulk, servers.http, Vec::new())
    }

    fn over(name: &str, bulk: SocketAddr, http: SocketAddr, forwarding: Vec<(String, Process)>) -> Self {
        Self { name: name.to_owned(), bulk, http, forwarding, installation: None, _files: Vec::new() }
    }

    /// Our own copying relay, the bound for what forwards in user space. One process per hop and port.
    pub(crate) async fn relays(servers: &Servers) -> Result<Self> {
        let mut forwarding = Vec::new();
        let mut ends = Vec::new();
        for target in [servers.bulk, servers.http] {
            let mut target = target;
            for hop in 1..=HOPS {
                let listen = free_address()?;
                let relay = me("relay", &["relay", &listen.to_string(), &target.to_string()])?;
                forwarding.push((format!("relay {hop}"), relay));
                accepts(listen).await?;
                target = listen;
            }
            ends.push(target);
        }
        Ok(Self::over("plain TCP relay chain", ends[0], ends[1], forwarding))
    }

    /// HAProxy in TCP mode, one thread per process.
    pub(crate) async fn haproxy(servers: &Servers) -> Result<Self> {
        let (mut bulk, mut http) = (servers.bulk, servers.http);
        let (mut forwarding, mut files) = (Vec::new(), Vec::new());
        for hop in 1..=HOPS {
            let (bulk_listen, http_listen) = (free_address()?, free_address()?);
            let file = tempfile::NamedTempFile::new()?;
            std::fs::write(
                file.path(),
                format!(
                    "global\n  nbthread 1\n  maxconn 4096\ndefaults\n  mode tcp\n  timeout connect 5s\n  \
                     timeout client 1h\n  timeout server 1h\n\
                     listen bulk\n  bind {bulk_listen}\n  server next {bulk}\n\
                     listen http\n  bind {http_listen}\n  server next {http}\n"
                ),
            )?;
            let process = Process::spawn("haproxy", Command::new("haproxy").arg("-db").arg("-f").arg(file.path()))?;
            accepts(bulk_listen).await?;
            accepts(http_listen).await?;
            forwarding.push((format!("haproxy {hop}"), process));
            files.push(file);
            (bulk, http) = (bulk_listen, http_listen);
        }
        let chain = Self::over("HAProxy, TCP mode, chain", bulk, http, forwarding);
        Ok(Self { _files: files, ..chain })
    }

    /// Ours: member – backbone – backbone – member.
    pub(crate) async fn skx(servers: &Servers, transport: &str) -> Result<Self> {
        let installation = Installation::start().await?;
        let cli = &installation.cli;
        let mut forwarding = Vec::new();
        cli.ok(&["backbone", "create", "main"]).await?;
        let relays = [("east", "hq", free_address()?), ("west", "store", free_address()?)];
        for (relay, _, access) in relays {
            let (site, access) = (format!("main/{relay}"), format!("all=peer,member,claim,manage@{access}"));
            cli.ok(&["backbone", "site", "create", &site, "--access", &access]).await?;
        }
        let link = ["--from", "west", "--to", "east", "--transport", transport];
        cli.ok(&[&["backbone", "link", "create", "main"], &link[..]].concat()).await?;
        for (relay, _, _) in relays {
            let process = installation.start_backbone_site(&format!("main/{relay}"), None).await?;
            forwarding.push((format!("relay {relay}"), process));
        }
        cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
        cli.ok(&["network", "create", "bench", "--backbone", "main"]).await?;
        let file = installation.invitation("bench/members", &["--uses", "2"]).await?;
        for (_, member, access) in relays {
            // Each member attaches to a relay of its own, so that the path has four hops.
            let options = ["--name", member, "--prefer", &access.to_string()];
            forwarding.push((format!("member {member}"), installation.join(&file, member, &options, None)?));
            cli.site_reaches(&installation.site_dir(member), "member").await?;
        }
        let (bulk, http) = (free_address()?, free_address()?);
        for (address, server, door) in [("bulk", servers.bulk, bulk), ("http", servers.http, http)] {
            let (server, door) = (server.to_string(), door.to_string());
            cli.ok(&["network", "connector", "add", "bench", address, &server, "--site", "hq"]).await?;
            cli.ok(&["network", "listener", "add", "bench", address, &door, "--site", "store"]).await?;
        }
        eventually("an answer across the network", async || {
            crate::load::http(http, 1, Duration::from_millis(100)).await.ok()
        })
        .await?;
        let chain = Self::over(&format!("Skupper-X, {transport}"), bulk, http, forwarding);
        Ok(Self { installation: Some(installation), ..chain })
    }

    /// The processes whose CPU time counts.
    pub(crate) fn pids(&self) -> Vec<u32> {
        self.forwarding.iter().filter_map(|(_, process)| process.pid()).collect()
    }

    /// Memory of each process, its children included.
    pub(crate) fn memory(&self) -> Result<Vec<(String, f64)>> {
        let controller =
            self.installation.as_ref().map(|installation| ("controller".to_owned(), &installation.controller));
        let forwarding = self.forwarding.iter().map(|(name, process)| (name.clone(), process));
        let mut figures = Vec::new();
        for (name, process) in controller.into_iter().chain(forwarding) {
            let Some(pid) = process.pid() else { continue };
            figures.push((name.clone(), memory_mib(pid)?));
            let children: f64 = tree(pid).into_iter().skip(1).filter_map(|child| memory_mib(child).ok()).sum();
            if children > 0.0 {
                figures.push((format!("{name}: its PostgreSQL"), children));
            }
        }
        Ok(figures)
    }
}

/// Times from starting `skx join` to a member with a working session, one site after the other.
pub(crate) async fn join_latencies(count: usize) -> Result<Vec<f64>> {
    let installation = Installation::start().await?;
    let cli = &installation.cli;
    cli.ok(&["backbone", "create", "main"]).await?;
    let access = format!("all=peer,member,claim,manage@{}", free_address()?);
    cli.ok(&["backbone", "site", "create", "main/one", "--access", &access]).await?;
    let _relay = installation.start_backbone_site("main/one", None).await?;
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    cli.ok(&["network", "create", "bench", "--backbone", "main"]).await?;
    let file = installation.invitation("bench/all", &["--uses", "unlimited"]).await?;
    let (mut latencies, mut members) = (Vec::new(), Vec::new());
    for number in 0..count {
        let name = format!("site-{number}");
        let began = Instant::now();
        let mut member = installation.join(&file, &name, &["--name", &name], None)?;
        member.line("session").await?;
        latencies.push(began.elapsed().as_secs_f64() * 1e3);
        members.push(member);
    }
    Ok(latencies)
}

/// This program again, as a process of its own.
pub(crate) fn me(name: &str, args: &[&str]) -> Result<Process> {
    let me = text(&std::env::current_exe()?)?;
    Process::spawn(name, Command::new(me).args(args)).with_context(|| format!("starting {name}"))
}

/// Waits until something accepts connections at `address`.
pub(crate) async fn accepts(address: SocketAddr) -> Result<()> {
    eventually(&format!("a listener at {address}"), async || TcpStream::connect(address).await.ok().map(drop)).await
}
