//! Backbones of any shape, changed while they run.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use e2e::talk::{self, Talk};
use serde_json::Value;
use testkit::{
    installation::{Installation, free_address, text},
    process::{Process, eventually},
    skx::Cli,
};
use tokio::net::TcpStream;

/// What a transfer carries: far more than routers and sites say to each other meanwhile.
const LOAD: usize = 2_000_000;

/// The next step that the controller shows for a site of `main`.
async fn next(cli: &Cli, site: &str) -> Result<String> {
    let shown = cli.json(&["backbone", "site", "show", &format!("main/{site}")]).await?;
    Ok(shown["next"].as_str().unwrap_or_default().to_owned())
}

/// A ring of `rome`, `oslo` and `bern`, of which controllers know only `rome`.
struct Ring {
    installation: Installation,
    rome_door: SocketAddr,
    oslo: SocketAddr,
    bern: SocketAddr,
    _sites: Vec<Process>,
}

impl Ring {
    /// Puts it together in the least favourable order: who is reached through others starts first, and where `bern`
    /// listens is found out when it runs.
    async fn build() -> Result<Self> {
        let installation = Installation::start().await?;
        let cli = &installation.cli;
        let (rome, rome_door, oslo, bern) = (free_address()?, free_address()?, free_address()?, free_address()?);
        cli.ok(&["backbone", "create", "main"]).await?;
        let create = ["backbone", "site", "create"];
        let (inner, outer) = (format!("in=peer,manage@{rome}"), format!("out=member,claim@{rome_door}"));
        let access = format!("in=peer,member@:{};bind={bern}", bern.port());
        cli.ok(&[&create[..], &["main/bern", "--access", &access]].concat()).await?;
        ensure!(next(cli, "bern").await?.starts_with("nothing leads to it yet"));
        let access = format!("in=peer,member,claim@{oslo}");
        cli.ok(&[&create[..], &["main/oslo", "--access", &access]].concat()).await?;
        cli.ok(&[&create[..], &["main/rome", "--access", &inner, "--access", &outer]].concat()).await?;
        for (from, to) in [("rome", "bern"), ("oslo", "bern"), ("rome", "oslo")] {
            cli.ok(&["backbone", "link", "create", "main", "--from", from, "--to", to]).await?;
        }

        ensure!(next(cli, "bern").await?.starts_with("the host of its access point in is not known"));
        let mut first = installation.start_backbone_site("main/bern", None).await?;
        let said = first.line("skx backbone access set main/bern").await?;
        ensure!(said.contains("this machine has"), "{said}");
        let link = cli.json(&["backbone", "link", "list", "main"]).await?;
        ensure!(link.to_string().contains("the host of the access point in of bern is not known yet"), "{link}");
        let entered = format!("in=peer,member@{bern};bind={bern}");
        cli.ok(&["backbone", "access", "set", "main/bern", &entered]).await?;
        let said = next(cli, "bern").await?;
        ensure!(said == "it enrols through oslo or rome, which must be deployed first", "{said}");
        let second = installation.start_backbone_site("main/oslo", None).await?;
        ensure!(next(cli, "oslo").await?.contains("must be deployed first"));
        ensure!(next(cli, "rome").await?.starts_with("render its bundle"));
        cli.fails(1, &["backbone", "status", "main"]).await?;
        let third = installation.start_backbone_site("main/rome", None).await?;
        cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
        for site in ["rome", "oslo", "bern"] {
            ensure!(next(cli, site).await?.is_empty(), "nothing is to be done for {site}");
        }
        Ok(Self { installation, rome_door, oslo, bern, _sites: vec![first, second, third] })
    }

    /// Bytes that this relay received from other relays so far, on the links it has now.
    async fn relayed(&self, site: &str) -> Result<u64> {
        let status = self.installation.cli.site_status(&self.installation.site_dir(site)).await?;
        let links = status["links"].as_array().context("a relay has links")?;
        let relays =
            links.iter().filter(|link| link["peer"].as_str().is_some_and(|peer| !peer.starts_with("controller")));
        Ok(relays.filter_map(|link| link["bytes_in"].as_u64()).sum())
    }

    /// How much a relay carries of one new stream through `door`.
    async fn share(&self, site: &str, door: SocketAddr) -> Result<u64> {
        let before = self.relayed(site).await?;
        Talk::begin(door).await?.say(&vec![7; LOAD]).await?;
        Ok(self.relayed(site).await?.saturating_sub(before))
    }

    /// Waits until new streams through `door` do, or do not, go through a relay.
    async fn goes_through(&self, site: &str, wanted: bool, door: SocketAddr) -> Result<()> {
        let what = format!("new streams go {} {site}", if wanted { "through" } else { "around" });
        let load = u64::try_from(LOAD)?;
        eventually(&what, async || {
            let share = self.share(site, door).await.ok()?;
            let so = if wanted { share >= load } else { share < load / 10 };
            so.then_some(())
        })
        .await
    }
}

/// Waits until the status of `main` is so.
async fn status(cli: &Cli, what: &str, so: impl Fn(&Value) -> bool) -> Result<Value> {
    eventually(what, async || cli.look(&["backbone", "status", "main"]).await.ok().filter(|it| so(it))).await
}

fn link<'a>(status: &'a Value, from: &str, to: &str) -> &'a Value {
    let links = status["links"].as_array().map(Vec::as_slice).unwrap_or_default();
    links.iter().find(|link| link["from"] == from && link["to"] == to).unwrap_or(&Value::Null)
}

async fn listens(address: SocketAddr, wanted: bool) -> Result<()> {
    let what = format!("somebody{} listens at {address}", if wanted { "" } else { " no longer" });
    eventually(&what, async || (TcpStream::connect(address).await.is_ok() == wanted).then_some(())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ring_is_changed_while_streams_run() -> Result<()> {
    let ring = Ring::build().await?;
    let installation = &ring.installation;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail"]).await?;
    let invitation = installation.invitation("retail/all", &["--uses", "2"]).await?;
    let (out, oslo) = (ring.rome_door.to_string(), ring.oslo.to_string());
    let _store = installation.join(&invitation, "store", &["--name", "store", "--prefer", &out], None)?;
    let _hq = installation.join(&invitation, "hq", &["--name", "hq", "--prefer", &oslo], None)?;
    for name in ["store", "hq"] {
        cli.site_reaches(&installation.site_dir(name), "member").await?;
    }
    let (server, door) = (talk::serve().await?, free_address()?);
    cli.ok(&["network", "connector", "add", "retail", "talk", &server.to_string(), "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "talk", &door.to_string(), "--site", "store"]).await?;

    // `store` is at rome, `hq` at oslo: the direct link is the cheapest way.
    let mut steady = eventually("a first conversation", async || Talk::begin(door).await.ok()).await?;
    ring.goes_through("bern", false, door).await?;

    // The direct link becomes dear: new streams go around it, the old one stays where it is.
    let ends = ["--from", "rome", "--to", "oslo"];
    cli.ok(&[&["backbone", "link", "set", "main"], &ends[..], &["--cost", "10"]].concat()).await?;
    ring.goes_through("bern", true, door).await?;
    steady.say(b"still here").await?;
    let seen = status(cli, "the link has its new cost, and is up", |status| {
        let link = link(status, "rome", "oslo");
        link["cost"] == 10 && link["state"] == "up" && link["rtt_ms"].is_number() && link["seen"].is_string()
    })
    .await?;
    ensure!(seen["healthy"] == true, "a change of cost takes nothing down: {seen}");

    // Another transport, under a stream that runs.
    let mut around = Talk::begin(door).await?;
    let ends = ["--from", "rome", "--to", "bern"];
    cli.ok(&[&["backbone", "link", "set", "main"], &ends[..], &["--transport", "tls"]].concat()).await?;
    status(cli, "the link travels inside TLS", |status| {
        let link = link(status, "rome", "bern");
        link["transport"] == "tls" && link["state"] == "up"
    })
    .await?;
    // The stream that runs stays on the old link: only a new one is carried by the new.
    ring.goes_through("bern", true, door).await?;
    status(cli, "the link inside TLS carries something", |status| {
        let link = link(status, "rome", "bern");
        link["state"] == "up" && link["traffic"]["bytes_out"].as_u64() > Some(0)
    })
    .await?;
    around.say(b"under way").await?;

    // A site drains: new streams avoid it, running ones end in their own time.
    cli.ok(&["backbone", "site", "drain", "main/bern"]).await?;
    ring.goes_through("bern", false, door).await?;
    around.say(b"not yet at an end").await?;
    ensure!(next(cli, "bern").await?.contains("skx backbone site resume main/bern"));
    let listed = cli.ok(&["backbone", "site", "list", "main"]).await?;
    ensure!(listed.contains("deployed, draining"), "{listed}");
    cli.ok(&["backbone", "site", "drain", "main/bern", "--undo"]).await?;
    ring.goes_through("bern", true, door).await?;

    // So does one that members are attached to: they attach elsewhere.
    cli.ok(&["backbone", "site", "drain", "main/oslo"]).await?;
    ring.goes_through("oslo", false, door).await?;
    for talk in [&mut steady, &mut around] {
        talk.say(b"in our own time").await?;
    }
    cli.ok(&["backbone", "site", "resume", "main/oslo"]).await?;
    ensure!(next(cli, "oslo").await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn access_points_come_move_and_go_and_nothing_is_cut_off_unasked() -> Result<()> {
    let ring = Ring::build().await?;
    let installation = &ring.installation;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail"]).await?;
    let invitation = installation.invitation("retail/all", &["--uses", "1"]).await?;
    let out = ring.rome_door.to_string();
    let _site = installation.join(&invitation, "site", &["--name", "site", "--prefer", &out], None)?;
    cli.site_reaches(&installation.site_dir("site"), "member").await?;
    // One site is enough: it serves what it uses, and what it says passes no relay but the one it is attached to.
    let (server, door) = (talk::serve().await?, free_address()?);
    cli.ok(&["network", "connector", "add", "retail", "talk", &server.to_string(), "--site", "site"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "talk", &door.to_string(), "--site", "site"]).await?;
    eventually("a conversation", async || Talk::begin(door).await.ok()).await?;

    // Added, moved, removed.
    let (here, there) = (free_address()?, free_address()?);
    cli.ok(&["backbone", "access", "add", "main/bern", &format!("extra=member@{here};bind={here}")]).await?;
    listens(here, true).await?;
    cli.ok(&["backbone", "access", "set", "main/bern", &format!("extra=member@{there};bind={there}")]).await?;
    listens(there, true).await?;
    listens(here, false).await?;
    cli.ok(&["backbone", "access", "remove", "main/bern", "extra", "--yes"]).await?;
    listens(there, false).await?;

    // The one a site is attached to moves, and the site goes along.
    let moved = free_address()?;
    cli.ok(&["backbone", "access", "set", "main/rome", &format!("out=member,claim@{moved}")]).await?;
    listens(ring.rome_door, false).await?;
    listens(moved, true).await?;
    cli.site_reaches(&installation.site_dir("site"), "member").await?;
    eventually("a conversation after the move", async || Talk::begin(door).await.ok()).await?;

    // What would cut something off is refused, with what to do.
    let said = cli.fails(5, &["backbone", "access", "remove", "main/rome", "in", "--yes"]).await?;
    ensure!(said.contains("bern, oslo, rome") && said.contains("--force"), "{said}");
    let delete = |to| ["backbone", "link", "delete", "main", "--from", "rome", "--to", to, "--yes"];
    cli.ok(&delete("oslo")).await?;
    let said = cli.fails(5, &delete("bern")).await?;
    ensure!(said.contains("the last way by which controllers reach bern, oslo"), "{said}");
    for (site, point) in [("main/bern", "in=peer"), ("main/oslo", "in=peer")] {
        let at = if site == "main/bern" { ring.bern } else { ring.oslo };
        cli.ok(&["backbone", "access", "set", site, &format!("{point}@{at};bind={at}")]).await?;
    }
    let said = cli.fails(5, &["backbone", "access", "remove", "main/rome", "out", "--yes"]).await?;
    ensure!(said.contains("a member site uses the backbone"), "{said}");
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    cli.ok(&[&delete("bern")[..], &["--force"]].concat()).await?;
    let seen = status(cli, "the rest of the ring hangs in the air", |status| status["healthy"] == false).await?;
    ensure!(seen["links"].as_array().is_some_and(|links| links.len() == 1), "{seen}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_backbones_stand_beside_each_other() -> Result<()> {
    let installation = Installation::start().await?;
    let cli = &installation.cli;
    let mut running = vec![];
    let mut doors = vec![];
    for (backbone, network, body) in [("north", "retail", "goods"), ("south", "field", "tents")] {
        cli.ok(&["backbone", "create", backbone]).await?;
        // Sites of different backbones may have one name.
        let access = format!("all=manage,peer,member,claim@{}", free_address()?);
        let site = format!("{backbone}/hub");
        cli.ok(&["backbone", "site", "create", &site, "--access", &access]).await?;
        let bundle = text(&installation.dir().join(format!("{backbone}.bundle")))?;
        cli.ok(&["backbone", "site", "bundle", &site, "--output", &bundle]).await?;
        let hub = installation.join(&bundle, &format!("{backbone}-hub"), &[], None)?;
        cli.ok(&["backbone", "status", backbone, "--wait=60s"]).await?;
        if backbone == "south" {
            let said = cli.fails(2, &["network", "create", network]).await?;
            ensure!(said.contains("north") && said.contains("south"), "the refusal names the backbones: {said}");
        }
        cli.ok(&["network", "create", network, "--backbone", backbone]).await?;
        let invitation = installation.invitation(&format!("{network}/all"), &["--uses", "1"]).await?;
        // So may members, and addresses.
        let desk = installation.join(&invitation, &format!("{network}-desk"), &["--name", "desk"], None)?;
        cli.site_reaches(&installation.site_dir(&format!("{network}-desk")), "member").await?;
        let (server, door) = (e2e::http::serve(([127, 0, 0, 1], 0).into(), body.to_owned()).await?, free_address()?);
        cli.ok(&["network", "connector", "add", network, "web", &server.to_string(), "--site", "desk"]).await?;
        cli.ok(&["network", "listener", "add", network, "web", &door.to_string(), "--site", "desk"]).await?;
        doors.push((door, body));
        running.push((hub, desk));
    }
    for (door, body) in &doors {
        e2e::line::answers(*door, body).await?;
    }
    let listed = cli.json(&["backbone", "list"]).await?;
    let networks: Vec<_> = listed["items"].as_array().into_iter().flatten().map(|it| it["networks"].as_u64()).collect();
    ensure!(networks == [Some(1), Some(1)], "{listed}");
    cli.ok(&["status"]).await?;

    // What happens to one is no concern of the other.
    let (mut hub, _) = running.remove(0);
    hub.kill().await?;
    eventually("the north is down", async || {
        cli.look(&["backbone", "status", "north"]).await.ok().filter(|it| it["healthy"] == false)
    })
    .await?;
    cli.ok(&["backbone", "status", "south"]).await?;
    let said = cli.fails(1, &["status"]).await?;
    ensure!(said.contains("not all is well"), "{said}");
    let status = cli.look(&["status"]).await?;
    let findings = status["findings"].to_string();
    ensure!(findings.contains("backbone north") && !findings.contains("backbone south"), "{findings}");
    e2e::line::answers(doors[1].0, doors[1].1).await?;
    let said = cli.fails(5, &["backbone", "delete", "south", "--yes"]).await?;
    ensure!(said.contains("application networks exist on the backbone south"), "{said}");
    Ok(())
}
