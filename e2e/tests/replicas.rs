//! Two controllers on one PostgreSQL: sessions with either, and any of them gone at any moment.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use e2e::line::{Backbone, answers, backbone};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use testkit::{
    installation::{Installation, Replica, free_address},
    postgres::{self, TestDatabase},
    process::{Process, eventually},
    skx::Cli,
};

/// An installation with two controllers, two relays and nothing else yet.
struct Two {
    first: Installation,
    second: Replica,
    _backbone: Backbone,
    database: TestDatabase,
    _server: postgres::Server,
}

impl Two {
    async fn start() -> Result<Self> {
        let server = postgres::server().await;
        let database = server.create_database()?;
        let first = Installation::over(&database.url).await?;
        let second = first.replica("second").await?;
        let backbone = backbone(&first, "direct").await?;
        first.cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
        Ok(Self { first, second, _backbone: backbone, database, _server: server })
    }

    /// The ids of both controllers.
    fn ids(&self) -> Result<[String; 2]> {
        let id =
            |dir: &std::path::Path| anyhow::Ok(std::fs::read_to_string(dir.join("controller.id"))?.trim().to_owned());
        Ok([id(&self.first.controller_dir())?, id(self.second.dir())?])
    }

    /// How many sites have a session with a controller.
    async fn sessions(&self, controller: &str) -> Result<usize> {
        let count =
            format!("SELECT count(*) FROM site_status WHERE session IS NOT NULL AND controller_id = '{controller}'");
        Ok(self.database.sql(&count).await?.parse()?)
    }

    async fn count(&self, what: &str) -> Result<usize> {
        Ok(self.database.sql(&format!("SELECT count(*) FROM {what}")).await?.parse()?)
    }

    fn join(&self, invitation: &str, name: &str) -> Result<Process> {
        self.first.join(invitation, name, &["--name", name], None)
    }

    async fn reaches(&self, name: &str) -> Result<()> {
        self.first.cli.site_reaches(&self.first.site_dir(name), "member").await.map(drop)
    }
}

/// A request for a network, of which the controller waits for the body.
struct HalfRequest(StreamOwned<ClientConnection, TcpStream>);

const BODY: &str = r#"{"name": "late", "backbone": "main"}"#;

impl HalfRequest {
    async fn begin(installation: &Installation) -> Result<Self> {
        let of = |name: &str| installation.cli.env.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (server, token) = (of("SKX_SERVER").context("a server")?, of("SKX_TOKEN").context("a token")?);
        let ca = installation.controller_dir().join("ca.crt");
        tokio::task::spawn_blocking(move || {
            let mut roots = RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(ca)? {
                roots.add(certificate?)?;
            }
            let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
            let server: SocketAddr = server.strip_prefix("https://").context("a URL")?.parse()?;
            let connection = ClientConnection::new(Arc::new(config), ServerName::IpAddress(server.ip().into()))?;
            let mut stream = StreamOwned::new(connection, TcpStream::connect(server)?);
            let length = BODY.len();
            write!(
                stream,
                "POST /api/v1/networks HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
            )?;
            let mut answer = [0; 25];
            stream.read_exact(&mut answer)?;
            ensure!(answer.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&answer));
            Ok(Self(stream))
        })
        .await?
    }

    async fn finish(mut self) -> Result<String> {
        tokio::task::spawn_blocking(move || {
            self.0.write_all(BODY.as_bytes())?;
            let mut answer = vec![];
            self.0.read_to_end(&mut answer)?;
            Ok(String::from_utf8(answer)?)
        })
        .await?
    }
}

/// An address served at one site and used at another, as the controller `cli` talks to is told.
async fn connect(cli: &Cli, address: &str, from: &str, to: &str, server: SocketAddr) -> Result<SocketAddr> {
    let door = free_address()?;
    cli.ok(&["network", "connector", "add", "retail", address, &server.to_string(), "--site", to]).await?;
    cli.ok(&["network", "listener", "add", "retail", address, &door.to_string(), "--site", from]).await?;
    Ok(door)
}

/// A controller is killed while sites join: nothing is lost, nothing is there twice, and everyone goes on with the other.
#[tokio::test(flavor = "multi_thread")]
async fn a_controller_killed_in_the_middle_of_its_work_is_not_missed() -> Result<()> {
    let mut two = Two::start().await?;
    let invitation = two.first.invitation("retail/all", &["--uses", "6"]).await?;
    let mut sites = vec![two.join(&invitation, "hq")?, two.join(&invitation, "store")?];
    for name in ["hq", "store"] {
        two.reaches(name).await?;
    }
    let server = e2e::http::serve(([127, 0, 0, 1], 0).into(), "goods".to_owned()).await?;
    // What is said to either reaches the sites of both.
    answers(connect(&two.first.cli, "one", "store", "hq", server).await?, "goods").await?;
    answers(connect(&two.second.cli, "two", "store", "hq", server).await?, "goods").await?;

    // The one that has the most to do goes, while four more join.
    let [first, second] = two.ids()?;
    let kill_first = two.sessions(&first).await? >= two.sessions(&second).await?;
    let survivor = if kill_first { second } else { first };
    let more = ["a", "b", "c", "d"];
    for name in more {
        sites.push(two.join(&invitation, name)?);
    }
    sites[2].line("attaching").await?;
    let cli = if kill_first {
        two.first.controller.kill().await?;
        two.second.cli.clone()
    } else {
        two.second.process.kill().await?;
        two.first.cli.clone()
    };

    for name in more {
        two.reaches(name).await?;
    }
    let everyone = sites.len() + 2;
    eventually("every site has a session with the one that is left", async || {
        (two.sessions(&survivor).await.ok()? == everyone).then_some(())
    })
    .await?;
    answers(connect(&cli, "three", "a", "b", server).await?, "goods").await?;

    // Six members by six uses, each noted once, in a chain without a gap.
    ensure!(two.count("member WHERE state = 'member'").await? == 6);
    ensure!(two.count("event WHERE action = 'site.join'").await? == 6);
    ensure!(two.database.sql("SELECT uses_spent FROM invitation").await? == "6");
    let chain = two.database.sql("SELECT count(*) = max(position) FROM event").await?;
    ensure!(chain == "t", "the chain has a gap");
    let listed = cli.json(&["member", "list", "retail"]).await?;
    let names: BTreeSet<&str> =
        listed["items"].as_array().context("a list")?.iter().filter_map(|item| item["name"].as_str()).collect();
    ensure!(names == BTreeSet::from(["a", "b", "c", "d", "hq", "store"]), "{listed}");

    // Back again, it serves what happened without it, and what it is told reaches the sites of the other.
    if kill_first {
        two.first.restart().await?;
    } else {
        two.second.restart().await?;
    }
    let back = if kill_first { &two.first.cli } else { &two.second.cli };
    let listed = back.json(&["member", "list", "retail"]).await?;
    ensure!(listed["items"].as_array().is_some_and(|items| items.len() == 6), "{listed}");
    answers(connect(back, "four", "c", "d", server).await?, "goods").await?;
    Ok(())
}

/// One that ends in order hands over; one with another key does not begin.
#[tokio::test(flavor = "multi_thread")]
async fn controllers_come_and_go_and_only_with_the_key_of_the_installation() -> Result<()> {
    let mut two = Two::start().await?;
    let invitation = two.first.invitation("retail/all", &["--uses", "1"]).await?;
    let mut site = two.join(&invitation, "till")?;
    two.reaches("till").await?;
    let [_, second] = two.ids()?;
    // Sites go while a request is under way, and that is answered all the same.
    let request = HalfRequest::begin(&two.first).await?;
    two.first.controller.ask_to_end()?;
    eventually("all sessions with the other", async || (two.sessions(&second).await.ok()? == 3).then_some(())).await?;
    let answer = request.finish().await?;
    ensure!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    ensure!(two.first.controller.wait().await?.success(), "{:#?}", two.first.controller.lines());
    two.second.cli.ok(&["member", "evict", "retail/till", "--yes"]).await?;
    let ended = site.wait().await?;
    ensure!(!ended.success(), "an eviction at one is the end whoever admitted it");

    // Somebody starts a third with a key of its own.
    let kek = two.first.dir().join("other.kek");
    std::fs::write(&kek, format!("{}=\n", "A".repeat(43)))?;
    let dir = two.first.dir().join("third");
    let (kek, dir) = (testkit::installation::text(&kek)?, testkit::installation::text(&dir)?);
    let listen = free_address()?.to_string();
    let args = [
        "controller",
        "--data-dir",
        &dir,
        "--listen",
        &listen,
        "--database-url",
        &two.database.url,
        "--key-file",
        &kek,
    ];
    let outcome = two.first.site_cli(None).run(&args).await?;
    ensure!(outcome.code != Some(0) && outcome.stderr.contains("sealed with the key-encryption key"), "{outcome}");
    Ok(())
}
