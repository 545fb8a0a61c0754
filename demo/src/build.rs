//! From nothing to the first request across the network, in the order in which a person would go.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use testkit::{installation::free_address, process::eventually, skx::Cli};

use crate::{service, stage::Stage};

pub(crate) const GREETING: &str = "Hello from headquarters!";

/// The relay sites, and the cost of the links between them: from west to east it is cheaper by way of north.
pub(crate) const RELAYS: [&str; 3] = ["north", "east", "west"];
const LINKS: [(&str, &str, &str); 3] = [("west", "north", "1"), ("east", "north", "1"), ("west", "east", "5")];

/// The member sites, with the relay nearest to each and the invitation each comes by.
const MEMBERS: [(&str, &str, &str); 3] =
    [("headquarters", "east", "headquarters"), ("store-1", "west", "stores"), ("store-2", "west", "stores")];

/// What is there so far.
#[derive(Debug, Default)]
pub(crate) struct Built {
    /// Where each relay is dialled.
    pub(crate) relays: Vec<(&'static str, SocketAddr)>,
    /// The stores, and where each has its door to headquarters.
    pub(crate) doors: Vec<(&'static str, SocketAddr)>,
    /// The first request was answered.
    pub(crate) up: bool,
}

impl Built {
    pub(crate) fn relay(&self, name: &str) -> Result<SocketAddr> {
        let found = self.relays.iter().find(|(it, _)| *it == name);
        Ok(found.with_context(|| format!("no relay is called {name}"))?.1)
    }

    pub(crate) fn door(&self, store: &str) -> Result<SocketAddr> {
        let found = self.doors.iter().find(|(it, _)| *it == store);
        Ok(found.with_context(|| format!("{store} has no door"))?.1)
    }
}

impl Stage<'_> {
    /// A controller with a private PostgreSQL, and the root certificate everything below stands on.
    pub(crate) async fn controller(&mut self) -> Result<()> {
        self.show.heading("A controller, with a PostgreSQL of its own, and a root certificate");
        let listen = free_address()?.to_string();
        let data_dir = self.path("controller")?;
        self.start("controller", &["controller", "--data-dir", &data_dir, "--listen", &listen]).await?;
        let server = format!("https://{listen}");
        let began = Instant::now();
        let dir = self.dir.join("controller");
        self.cli = eventually("the controller answers", async || {
            let cli = Cli::for_controller(&dir, &server).ok()?;
            cli.ok(&["whoami"]).await.ok().map(|_| cli)
        })
        .await?;
        self.reached("the controller answers", began.elapsed());
        self.write_env()?;
        self.run(&["ca", "init", "--development"]).await?;
        Ok(())
    }

    /// Three relay sites, each linked with the two others.
    pub(crate) async fn backbone(&mut self) -> Result<()> {
        self.show.heading("A backbone: a ring of three relay sites");
        self.run(&["backbone", "create", "continent"]).await?;
        for site in RELAYS {
            let address = free_address()?;
            self.built.relays.push((site, address));
            let access = format!("main=peer,member,claim,manage@{address}");
            self.run(&["backbone", "site", "create", &format!("continent/{site}"), "--access", &access]).await?;
        }
        for (from, to, cost) in LINKS {
            let link = ["backbone", "link", "create", "continent", "--from", from, "--to", to, "--cost", cost];
            self.run(&link).await?;
        }
        for site in RELAYS {
            let bundle = self.path(&format!("{site}.bundle"))?;
            self.run(&["backbone", "site", "bundle", &format!("continent/{site}"), "--output", &bundle]).await?;
            let data_dir = self.path(&format!("sites/{site}"))?;
            self.start(site, &["join", &bundle, "--data-dir", &data_dir]).await?;
        }
        self.run(&["backbone", "status", "continent", "--wait=60s"]).await?;
        self.show.good("all three have enrolled, and the links of the ring are up");
        Ok(())
    }

    /// A network, made the way one schedules a meeting.
    pub(crate) async fn network(&mut self) -> Result<()> {
        self.show.heading("An application network, and invitations to it");
        self.run(&["network", "create", "retail", "--backbone", "continent", "--end", "+8h"]).await?;
        self.run(&["network", "class", "add", "retail", "guest"]).await?;
        for (invitation, uses) in [("headquarters", "1"), ("stores", "2")] {
            let name = format!("retail/{invitation}");
            self.run(&["invitation", "create", &name, "--uses", uses]).await?;
            let file = self.path(&format!("{invitation}.invitation"))?;
            self.run(&["invitation", "get", &name, "--format", "linux", "--output", &file]).await?;
        }
        Ok(())
    }

    /// Member sites that know nothing but their invitation.
    pub(crate) async fn members(&mut self) -> Result<()> {
        self.show.heading("Headquarters and two stores join with them, from wherever they are");
        for (site, nearest, invitation) in MEMBERS {
            let file = self.path(&format!("{invitation}.invitation"))?;
            let nearest = self.built.relay(nearest)?.to_string();
            let data_dir = self.path(&format!("sites/{site}"))?;
            let began = Instant::now();
            self.start(site, &["join", &file, "--name", site, "--prefer", &nearest, "--data-dir", &data_dir]).await?;
            self.cli.site_reaches(&self.dir.join("sites").join(site), "member").await?;
            self.reached(&format!("{site} is a member"), began.elapsed());
        }
        Ok(())
    }

    /// An HTTP server at headquarters, and the doors to it at the stores.
    pub(crate) async fn application(&mut self) -> Result<()> {
        self.show.heading("A server at headquarters, reached from the stores by address");
        let service = service::start("headquarters").await?.to_string();
        self.run(&["network", "connector", "add", "retail", "shop", &service, "--site", "headquarters"]).await?;
        for store in ["store-1", "store-2"] {
            let door = free_address()?;
            self.built.doors.push((store, door));
            self.run(&["network", "listener", "add", "retail", "shop", &door.to_string(), "--site", store]).await?;
        }
        Ok(())
    }

    /// The first request across the network.
    pub(crate) async fn request(&mut self) -> Result<()> {
        let url = format!("http://{}/", self.built.door("store-1")?);
        let client = reqwest::Client::builder().user_agent("the demo").no_proxy().build()?;
        let (body, took) = eventually("an answer from headquarters", async || {
            let began = Instant::now();
            let answer = client.get(&url).timeout(Duration::from_secs(10)).send().await.ok()?;
            Some((answer.text().await.ok()?, began.elapsed()))
        })
        .await?;
        ensure!(body.contains(GREETING), "the answer was not the server's: {body:?}");
        self.show.command(&format!("curl {url}"), took);
        self.show.note(&body);
        self.show.good(&format!(
            "answered across the network; first request {:.1} s after the start, {:.1} s after `make demo`",
            self.show.since_start().as_secs_f64(),
            self.show.since_make().as_secs_f64(),
        ));
        self.built.up = true;
        Ok(())
    }
}
