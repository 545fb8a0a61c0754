//! A soak: certificates live for seconds, and everything that certifies rotates hundreds of times under steady traffic, over real
//! processes. No connection ends, and no byte is lost, doubled or out of order.
//!
//! It goes on until everything together has rotated [`ROTATIONS`] times, and each kind its share of that ([`SHARES`]).
//! `SKX_SOAK=N` asks for N; docs/certificates.md has the figures of a long one.

use std::{collections::BTreeMap, fmt, net::SocketAddr, time::Instant};

use anyhow::{Context, Result, ensure};
use e2e::{
    line::backbone,
    steady::{self, Load},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde_json::Value;
use testkit::{
    installation::{Installation, Replica, free_address, text},
    postgres::{self, TestDatabase},
    process::{Process, eventually},
};

/// Lives of seconds: as short as they may be on a machine that has a quarter of its processors left for this, where a renewal at two
/// thirds of a leaf's life has to be done in the last third.
const LIVES: [&str; 6] = ["--leaf-lifetime", "40s", "--authority-lifetime", "4m", "--trust-validity", "1m"];
/// How often everything together rotates, at least.
const ROTATIONS: u64 = 200;
/// Of so many rotations in all, one at least is of this kind.
const SHARES: [(&str, u64); 8] = [
    ("member", 4),
    ("backbone site", 10),
    ("controller", 10),
    ("trust signer", 25),
    ("network CA", 10),
    ("backbone CA", 40),
    ("root", 80),
    ("key-encryption key", 40),
];
/// How often each certificate of a site was replaced at the site itself, at least.
const AT_EACH_SITE: u64 = 8;

/// How often things rotated, by kind.
const COUNTED: &str = "SELECT kind, count(*) FROM (
    SELECT CASE WHEN action = 'installation.rotate-key' THEN 'key-encryption key'
        WHEN action = 'authority.activate' THEN 'root'
        WHEN action = 'authority.begin-to-issue' THEN CASE WHEN network_id IS NOT NULL THEN 'network CA' ELSE 'backbone CA' END
        WHEN after->>'subject' LIKE '%/network/%/site/%' THEN 'member'
        WHEN after->>'subject' LIKE '%/backbone/%/site/%' THEN 'backbone site'
        WHEN after->>'subject' LIKE '%/trust/%' THEN 'trust signer'
        WHEN after->>'subject' LIKE '%/controller/%' THEN 'controller' END AS kind
    FROM event WHERE action IN ('installation.rotate-key', 'authority.activate', 'authority.begin-to-issue')
        OR action = 'certificate.issue' AND (after->>'generation')::int > 1) AS rotated
    WHERE kind IS NOT NULL GROUP BY kind";

/// What is not yet of the authorities that issue now: authorities themselves, and what sites and controllers hold.
const UNSETTLED: &str = "SELECT (SELECT count(*) FROM authority WHERE state = 'announced')
    + (SELECT count(*) FROM authority lower JOIN authority upper ON upper.id = lower.issuer
        WHERE lower.state = 'active' AND upper.state <> 'active')
    + (SELECT count(*) FROM certificate JOIN authority ON authority.id = certificate.issuer
        WHERE certificate.superseded_by IS NULL AND authority.state <> 'active' AND certificate.not_after > now()
            AND (subject LIKE '%/site/%' OR subject LIKE '%/controller/%'))";

/// Three relays, two controllers on one database, and two networks of two members each.
struct Soak {
    first: Installation,
    second: Replica,
    sites: BTreeMap<&'static str, Process>,
    load: Load,
    database: TestDatabase,
    _server: postgres::Server,
}

/// How often things rotated, by kind.
struct Rotations(BTreeMap<String, u64>);

impl Rotations {
    /// Whether everything together has rotated `goal` times, and each kind its share of that.
    fn reach(&self, goal: u64) -> bool {
        let of = |kind: &str| self.0.get(kind).copied().unwrap_or_default();
        self.all() >= goal && SHARES.iter().all(|(kind, share)| of(kind) >= (goal / share).max(1))
    }

    fn all(&self) -> u64 {
        self.0.values().sum()
    }
}

impl fmt::Display for Rotations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rotations:", self.all())?;
        self.0.iter().try_for_each(|(kind, count)| write!(f, " {kind} {count};"))
    }
}

impl Soak {
    async fn begin() -> Result<Self> {
        let server = postgres::server().await;
        let database = server.create_database()?;
        let first = Installation::over_with(&database.url, &LIVES).await?;
        let second = first.replica("second").await?;
        let mut soak = Self { first, second, sites: BTreeMap::new(), load: Load::default(), database, _server: server };
        let access = soak.relays().await?;
        // Either end of each network can attach at every relay; they begin at different ones.
        let [east, west, north] = &access;
        for (network, members) in
            [("retail", [("hq", east), ("store", west)]), ("trade", [("depot", north), ("shop", west)])]
        {
            soak.network(network, members).await?;
        }
        // One more, over which nothing runs.
        let file = soak.first.invitation("retail/guest", &["--uses", "1"]).await?;
        soak.sites.insert("kiosk", soak.first.join(&file, "kiosk", &["--name", "kiosk"], None)?);
        soak.first.cli.site_reaches(&soak.first.site_dir("kiosk"), "member").await?;
        Ok(soak)
    }

    async fn done(&self, args: &[&str]) -> Result<()> {
        self.first.cli.ok(args).await.map(drop)
    }

    async fn relays(&mut self) -> Result<[String; 3]> {
        self.done(&["backbone", "create", "main"]).await?;
        let access = [free_address()?.to_string(), free_address()?.to_string(), free_address()?.to_string()];
        let relays = [("east", "main/east"), ("west", "main/west"), ("north", "main/north")];
        for ((_, site), access) in relays.into_iter().zip(&access) {
            let access = format!("all=peer,member,claim,manage@{access}");
            self.done(&["backbone", "site", "create", site, "--access", &access]).await?;
        }
        for (from, to) in [("west", "east"), ("west", "north"), ("north", "east")] {
            self.done(&["backbone", "link", "create", "main", "--from", from, "--to", to]).await?;
        }
        for (name, site) in relays {
            self.sites.insert(name, self.first.start_backbone_site(site, None).await?);
        }
        self.done(&["backbone", "status", "main", "--wait=60s"]).await?;
        Ok(access)
    }

    /// A network with a server at its first member, and traffic from the second one to it.
    async fn network(&mut self, network: &str, members: [(&'static str, &String); 2]) -> Result<()> {
        self.done(&["network", "create", network, "--backbone", "main"]).await?;
        let file = self.first.invitation(&format!("{network}/all"), &["--uses", "2"]).await?;
        for (name, access) in members {
            let process = self.first.join(&file, name, &["--name", name, "--prefer", access], None)?;
            self.sites.insert(name, process);
        }
        let (server, door) = (steady::serve().await?.to_string(), free_address()?);
        let [at, from] = members.map(|(name, _)| name);
        for name in [at, from] {
            self.first.cli.site_reaches(&self.first.site_dir(name), "member").await?;
        }
        self.done(&["network", "connector", "add", network, "talk", &server, "--site", at]).await?;
        self.done(&["network", "listener", "add", network, "talk", &door.to_string(), "--site", from]).await?;
        self.talk(door).await
    }

    /// Three long streams, and short requests one after the other.
    async fn talk(&mut self, door: SocketAddr) -> Result<()> {
        eventually("the first answer", async || steady::ask(door).await.ok()).await?;
        for _ in 0..3 {
            self.load.stream(door);
        }
        self.load.requests(door);
        Ok(())
    }

    async fn rotations(&self) -> Result<Rotations> {
        let counted = self.database.sql(COUNTED).await?;
        let kinds = counted.lines().map(|line| {
            let (kind, count) = line.split_once('|').context("a kind and how often")?;
            anyhow::Ok((kind.to_owned(), count.parse()?))
        });
        Ok(Rotations(kinds.collect::<Result<_>>()?))
    }

    /// Every certificate that is in use was issued by an authority that issues now, and all traffic goes on.
    async fn settles(&mut self) -> Result<()> {
        eventually("everything in use is issued by who issues now", async || {
            (self.database.sql(UNSETTLED).await.ok()? == "0").then_some(())
        })
        .await?;
        self.load.goes_on().await
    }

    /// The certificates of a kind that are in use.
    async fn current(&self, kind: &str) -> Result<Vec<Value>> {
        let mut all = self.certificates(kind).await?;
        all.retain(|it| it["state"] == "current");
        Ok(all)
    }

    async fn certificates(&self, kind: &str) -> Result<Vec<Value>> {
        let list = self.first.cli.json(&["certificate", "list"]).await?;
        let mut all = list["items"].as_array().context("a list")?.clone();
        all.retain(|it| it["kind"] == kind);
        Ok(all)
    }

    /// Asks for the replacement of everything of these kinds.
    async fn rotate(&self, kind: &str) -> Result<()> {
        for row in self.current(kind).await? {
            let id = row["id"].as_str().context("an id")?;
            let rotated = self.first.cli.run(&["certificate", "rotate", id]).await?;
            // It may just have been replaced by itself.
            let is_done = rotated.code == Some(0) || rotated.stderr.contains("took its place already");
            ensure!(is_done, "{rotated}");
        }
        Ok(())
    }
}

/// A root that nobody has seen before signs the installation's request: the chain to be imported.
fn signed(request: &str) -> Result<String> {
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "Example root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    let certificate = root.self_signed(&key)?.pem();
    let mut request = CertificateSigningRequestParams::from_pem(request)?;
    request.params.is_ca = IsCa::Ca(BasicConstraints::Constrained(2));
    request.params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(request.signed_by(&Issuer::new(root, key))?.pem() + &certificate)
}

impl Soak {
    /// Replaces the root by another one.
    async fn import_root(&self) -> Result<()> {
        let chain = self.first.dir().join("chain.pem");
        std::fs::write(&chain, signed(&self.first.cli.ok(&["ca", "csr"]).await?)?)?;
        self.done(&["ca", "import", &text(&chain)?]).await
    }

    /// Revokes a certificate, after which traffic goes on.
    async fn revoke(&mut self, row: &Value, more: &[&str]) -> Result<()> {
        let id = row["id"].as_str().context("an id")?;
        let revoked = self.first.cli.run(&[&["certificate", "revoke", id, "--yes"], more].concat()).await?;
        // A generation may just have been withdrawn by itself.
        let is_done = revoked.code == Some(0) || revoked.stderr.contains("trusted by nobody any more");
        ensure!(is_done, "{revoked}");
        self.load.goes_on().await.with_context(|| format!("after {} was revoked", row["subject"]))
    }

    /// The certificate in use of the first of a kind whose identity ends so.
    async fn of(&self, kind: &str, identity: &str) -> Result<Value> {
        let all = self.current(kind).await?;
        let found = all.into_iter().find(|it| {
            [&it["identity"], &it["subject"]]
                .iter()
                .any(|said| said.as_str().is_some_and(|said| said.ends_with(identity)))
        });
        found.with_context(|| format!("a {kind} {identity}"))
    }

    /// At every level something is revoked over which nothing runs that could not run elsewhere: nothing is closed.
    async fn revoke_at_every_level(&mut self) -> Result<()> {
        self.settles().await?;
        for kind in ["network-ca", "backbone-ca"] {
            for row in self.certificates(kind).await?.iter().filter(|it| it["state"] == "superseded") {
                self.revoke(row, &[]).await?;
            }
        }
        let kiosk = self.of("member", "retail/kiosk").await?;
        self.revoke(&kiosk, &["--keep-invitation"]).await?;
        let north = self.of("backbone-site", "main/north").await?;
        self.revoke(&north, &[]).await?;
        let second = std::fs::read_to_string(self.second.dir().join("controller.id"))?;
        let second = self.of("controller", second.trim()).await?;
        self.revoke(&second, &[]).await?;
        for name in ["kiosk", "north"] {
            self.first.cli.site_reaches(&self.first.site_dir(name), "evicted").await?;
        }
        self.load.goes_on().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_certifies_rotates_hundreds_of_times_under_traffic_and_nothing_is_closed() -> Result<()> {
    let goal = std::env::var("SKX_SOAK").ok().map_or(Ok(ROTATIONS), |goal| goal.parse())?;
    let mut soak = Soak::begin().await?;
    let begun = Instant::now();
    for round in 0_u64.. {
        let rotations = soak.rotations().await?;
        println!("{:.0?}, before round {round}: {rotations}", begun.elapsed());
        if rotations.reach(goal) {
            break;
        }
        // From above: what is below follows by itself.
        if round.is_multiple_of(2) {
            soak.import_root().await?;
        } else {
            soak.rotate("backbone-ca").await?;
        }
        soak.done(&["ca", "key", "rotate"]).await?;
        soak.settles().await?;
        soak.rotate("network-ca").await?;
        soak.settles().await?;
        for kind in ["member", "backbone-site", "controller"] {
            soak.rotate(kind).await?;
        }
        soak.load.goes_on().await?;
    }
    let rotations = soak.rotations().await?;
    for (name, site) in &soak.sites {
        let renewed = site.lines().iter().filter(|line| line.contains("the certificate was renewed")).count() as u64;
        ensure!(renewed >= AT_EACH_SITE.min(goal / 20), "{name} has renewed {renewed} times only");
    }
    let withdrawn = soak.database.sql("SELECT count(*) FROM authority WHERE state = 'withdrawn'").await?;
    soak.revoke_at_every_level().await?;
    let figures = soak.load.end().await?;
    println!("{rotations} {withdrawn} generations of authorities withdrawn; {figures:?}");
    soak.first.cli.ok(&["audit", "verify"]).await?;
    Ok(())
}

/// How long a membership lasts that is not renewed: long enough for an authority to be replaced meanwhile.
const STAY: &str = "45s";

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_that_is_not_renewable_outlives_its_authority_and_ends_with_its_certificate() -> Result<()> {
    let server = postgres::server().await;
    let database = server.create_database()?;
    let installation = Installation::over_with(&database.url, &["--leaf-lifetime", STAY]).await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let host = installation.invitation("retail/host", &["--uses", "1"]).await?;
    let _host = installation.join(&host, "host", &["--name", "host"], None)?;
    cli.site_reaches(&installation.site_dir("host"), "member").await?;
    let (server, door) = (steady::serve().await?.to_string(), free_address()?);
    cli.ok(&["network", "connector", "add", "retail", "talk", &server, "--site", "host"]).await?;

    let guest = installation.invitation("retail/guest", &["--uses", "1", "--not-renewable"]).await?;
    let _guest = installation.join(&guest, "guest", &["--name", "guest"], None)?;
    cli.site_reaches(&installation.site_dir("guest"), "member").await?;
    cli.ok(&["network", "listener", "add", "retail", "talk", &door.to_string(), "--site", "guest"]).await?;
    eventually("the first answer", async || steady::ask(door).await.ok()).await?;
    let mut load = Load::default();
    load.stream(door);

    let first = database.sql("SELECT id FROM authority WHERE kind = 'network'").await?;
    cli.ok(&["certificate", "rotate", &first]).await?;
    let held = "SELECT authority.generation FROM certificate JOIN authority ON authority.id = certificate.issuer
        WHERE subject LIKE '%/network/%/site/%' AND superseded_by IS NULL ORDER BY authority.generation";
    eventually("the host has a certificate of the next generation, and the guest has not", async || {
        (database.sql(held).await.ok()? == "1\n2").then_some(())
    })
    .await?;
    load.goes_on().await?;
    load.end().await?;

    let (sites, dir) = (installation.site_cli(None), installation.site_dir("guest"));
    eventually("the guest says that its membership is over, and why", async || {
        let status = sites.site_status(&dir).await.ok()?;
        status["reason"].as_str()?.contains("this membership is not renewable").then_some(())
    })
    .await?;
    ensure!(steady::ask(door).await.is_err(), "nobody answers a site whose membership is over");
    Ok(())
}
