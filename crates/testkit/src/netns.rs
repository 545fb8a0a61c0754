//! A laboratory of network namespaces: hosts with their own interfaces, routes and firewalls, on one machine.

use std::{
    ffi::OsStr,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

/// Namespaces and cables of one test. Dropping it removes them all.
#[derive(Debug)]
pub struct Lab {
    prefix: String,
    hosts: Vec<Host>,
}

/// One host of a [`Lab`].
#[derive(Clone, Debug)]
pub struct Host {
    namespace: String,
}

impl Host {
    /// The namespace's name, for messages.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// A command that runs on this host.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).arg(program);
        command
    }

    /// Loads a rule set into this host's packet filter.
    pub async fn firewall(&self, rules: &str) -> Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        std::fs::write(file.path(), rules)?;
        run(self.command("nft").arg("-f").arg(file.path())).await
    }

    /// Refuses every connection that others begin to this host; what it begins itself is answered.
    pub async fn only_outbound(&self) -> Result<()> {
        self.firewall(
            "table inet outbound {\n chain input {\n  type filter hook input priority 0; policy drop;\n  \
             iif lo accept\n  ct state established,related accept\n }\n}\n",
        )
        .await
    }

    /// Loses `percent` of all packets that reach this host from others.
    pub async fn lossy(&self, percent: u8) -> Result<()> {
        self.firewall(&format!(
            "table inet weather {{\n chain input {{\n  type filter hook input priority -10;\n  iif lo accept\n  \
             numgen random mod 100 < {percent} counter drop\n }}\n}}\n"
        ))
        .await
    }

    /// Forwards what others send through this host, and hides them behind its own address towards `to`.
    pub async fn translate_towards(&self, to: &Host) -> Result<()> {
        run(self.command("sh").args(["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])).await?;
        self.firewall(&format!(
            "table ip nat {{\n chain postrouting {{\n  type nat hook postrouting priority 100;\n  oifname {} masquerade\n \
             }}\n}}\n",
            device_name(to)
        ))
        .await
    }

    /// Sends everything that is not for a neighbour by way of `gateway`.
    pub async fn route_by(&self, gateway: &str) -> Result<()> {
        run(self.command("ip").args(["route", "add", "default", "via", gateway])).await
    }

    /// Cuts (`up` false) or mends one of this host's cables, named by the other end.
    pub async fn cable(&self, to: &Host, up: bool) -> Result<()> {
        let device = device_name(to);
        run(self.command("ip").args(["link", "set", &device, if up { "up" } else { "down" }])).await
    }

    /// Whether a TCP connection to `target` can be opened from this host (`IP:PORT`).
    pub async fn reaches(&self, target: std::net::SocketAddr) -> Result<bool> {
        let script = format!("exec 3<>/dev/tcp/{}/{}", target.ip(), target.port());
        let status =
            self.command("timeout").args(["2", "bash", "-c", &script]).stderr(std::process::Stdio::null()).status();
        Ok(status.await?.success())
    }
}

impl Lab {
    /// An empty laboratory.
    pub fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        ensure!(rustix::process::geteuid().is_root(), "network namespaces need root");
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { prefix: format!("skx{}-{number}", std::process::id()), hosts: Vec::new() })
    }

    /// A new host with loopback only.
    pub async fn host(&mut self, name: &str) -> Result<Host> {
        let host = Host { namespace: format!("{}-{name}", self.prefix) };
        run(Command::new("ip").args(["netns", "add", &host.namespace])).await?;
        self.hosts.push(host.clone());
        run(host.command("ip").args(["link", "set", "lo", "up"])).await?;
        Ok(host)
    }

    /// A cable between two hosts: `subnet` is the first three parts of a /24, in which `a` is .1 and `b` is .2.
    pub async fn connect(&self, a: &Host, b: &Host, subnet: &str) -> Result<()> {
        let (device_a, device_b) = (device_name(b), device_name(a));
        run(Command::new("ip").args([
            "link",
            "add",
            &device_a,
            "netns",
            &a.namespace,
            "type",
            "veth",
            "peer",
            "name",
            &device_b,
            "netns",
            &b.namespace,
        ]))
        .await?;
        for (host, device, last) in [(a, &device_a, 1), (b, &device_b, 2)] {
            run(host.command("ip").args(["addr", "add", &format!("{subnet}.{last}/24"), "dev", device])).await?;
            run(host.command("ip").args(["link", "set", device, "up"])).await?;
        }
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for host in &self.hosts {
            // Best effort: a namespace that is left behind harms nobody, and a test must not panic while it fails.
            let _ = std::process::Command::new("ip").args(["netns", "del", &host.namespace]).status();
        }
    }
}

/// Interface names are limited to 15 bytes, so a cable is named by the other end's own name alone.
pub(crate) fn device_name(other: &Host) -> String {
    let name = other.namespace.rsplit('-').next().unwrap_or("host");
    format!("to-{name}").chars().take(15).collect()
}

async fn run(command: &mut Command) -> Result<()> {
    let output = command.output().await.context("running ip or nft: install them with `scripts/setup test`")?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{:?}: {}", command.as_std(), error.trim());
    Ok(())
}
