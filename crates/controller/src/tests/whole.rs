//! Real routers and sites in one process, over real sockets and a real database.

use std::{net::TcpListener, path::PathBuf, sync::Arc, time::Duration};

use model::ticket::Ticket;
use site::{Options, Outcome, join::Wishes, state::DataDir};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::fixture::{Fixture, Running, admin, at, name};
use crate::ops::{
    backbone, backbone_site,
    invitation::Uses,
    link, member,
    member::InvitationFate,
    network, socket,
    socket::{Kind, PlaceRef},
    status,
};

/// A site that runs.
struct Site {
    shutdown: CancellationToken,
    task: JoinHandle<Outcome>,
    dir: PathBuf,
}

impl Site {
    /// Applies a ticket to `dir` and runs what comes of it.
    fn join(dir: PathBuf, ticket: Ticket, wish: Option<&str>) -> Self {
        std::fs::create_dir_all(&dir).unwrap();
        let locked = DataDir::new(&dir).lock().unwrap();
        let wishes = Wishes { name: wish.map(name), ..Wishes::default() };
        site::join::apply(&locked, ticket, wishes, jiff::Timestamp::now()).unwrap();
        drop(locked);
        Self::run(dir)
    }

    fn run(dir: PathBuf) -> Self {
        let shutdown = CancellationToken::new();
        let locked = DataDir::new(&dir).lock().unwrap();
        let stop = shutdown.clone().cancelled_owned();
        let task = tokio::spawn(async move { site::run(locked, Options::new("test/1"), stop).await.unwrap() });
        Self { shutdown, task, dir }
    }

    async fn stop(self) -> PathBuf {
        self.shutdown.cancel();
        assert_eq!(self.task.await.unwrap(), Outcome::Stopped);
        self.dir
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits for something that others bring about; a test that waits too long says for what.
async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = check().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("waited for: {what}"))
}

/// A backbone `east` of two sites, `r1` that a controller dials and `r2` that dials `r1`; both run.
async fn backbone(fixture: &Fixture) -> (Site, Site) {
    let access = |kinds: &str| format!("main={kinds}@127.0.0.1:{port};bind=127.0.0.1:{port}", port = free_port());
    fixture.defined_site(&access("peer,member,claim,manage")).await;
    let r1 = Site::join(fixture.dir.path().join("r1"), fixture.bundle().await, None);
    let deployed = |site: &'static str| async move {
        until("a site with a session", async || {
            let shown = backbone_site::show(&fixture.app, &at("east"), &at(site)).await.unwrap();
            shown.online.then_some(())
        })
        .await;
    };
    deployed("r1").await;
    let create = backbone_site::Create {
        backbone: at("east"),
        name: name("r2"),
        access: vec![access("peer,member,claim").parse().unwrap()],
    };
    backbone_site::create(&fixture.app, &admin(), create).await.unwrap();
    let create =
        link::Create { backbone: at("east"), from: at("r2"), to: at("r1"), access: None, cost: None, transport: None };
    link::create(&fixture.app, &admin(), create).await.unwrap();
    let linux = backbone_site::BundleFormat::Linux;
    let bundle = backbone_site::bundle(&fixture.app, &admin(), &at("east"), &at("r2"), linux).await.unwrap();
    let ticket = pki::ticket::decode(&bundle.text).unwrap();
    let r2 = Site::join(fixture.dir.path().join("r2"), ticket, None);
    deployed("r2").await;
    until("a healthy backbone", async || {
        status::backbone(&fixture.app, &at("east")).await.unwrap().healthy.then_some(())
    })
    .await;
    (r1, r2)
}

async fn echo_server() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    });
    port
}

async fn echoes(port: u16) -> Option<()> {
    let work = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(b"hello").await.ok()?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.ok()?;
        (answer == *b"hello").then_some(())
    };
    tokio::time::timeout(Duration::from_secs(2), work).await.ok().flatten()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_root_to_bytes_across_the_network_and_to_their_end() {
    let fixture = Fixture::new().await;
    let mut running = Running::start(&fixture).await;
    let (r1, r2) = backbone(&fixture).await;

    fixture.network().await;
    let ticket = fixture.invitation("stores", Uses::Unlimited).await;
    let till = Site::join(fixture.dir.path().join("till"), ticket.clone(), Some("till"));
    let hall = Site::join(fixture.dir.path().join("hall"), ticket.clone(), Some("hall"));
    for site in ["till", "hall"] {
        until("a member with a session", async || {
            let shown = member::show(&fixture.app, &at("shop"), &at(site)).await.ok()?;
            shown.online.then_some(())
        })
        .await;
    }

    let (server, port) = (echo_server().await, free_port());
    let create = |site, socket: String| socket::Create {
        network: at("shop"),
        address: "echo".parse().unwrap(),
        socket: socket.parse().unwrap(),
        place: PlaceRef::Site(at(site)),
        adaptable: true,
    };
    socket::add(&fixture.app, &admin(), Kind::Connector, create("hall", format!("127.0.0.1:{server}"))).await.unwrap();
    socket::add(&fixture.app, &admin(), Kind::Listener, create("till", format!("127.0.0.1:{port}"))).await.unwrap();
    until("bytes across the network", async || echoes(port).await).await;

    // A controller that starts again finds everything as it was, and what changes then reaches the sites.
    running.stop().await;
    echoes(port).await.expect("traffic needs no controller");
    running = Running::start(&fixture).await;
    let second = free_port();
    socket::add(&fixture.app, &admin(), Kind::Listener, create("till", format!("127.0.0.1:{second}"))).await.unwrap();
    until("a listener made after the restart", async || echoes(second).await).await;

    // A site that starts again goes on from what it stored.
    let hall = Site::run(hall.stop().await);
    until("bytes after a site's restart", async || echoes(port).await).await;

    // Eviction is acknowledged by every router, and is the end for the one evicted only.
    let fate = Some(InvitationFate::Keep);
    let eviction = member::evict(&fixture.app, &admin(), &at("shop"), &at("hall"), fate, None).await.unwrap();
    assert!(eviction.complete, "{eviction:?}");
    assert_eq!(eviction.routers.len(), 2);
    let Outcome::Over(over) = hall.task.await.unwrap() else { panic!("the evicted site goes on") };
    assert_eq!(over.end, site::state::End::Evicted);
    let shown = member::show(&fixture.app, &at("shop"), &at("till")).await.unwrap();
    assert!(shown.online);

    network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    let Outcome::Over(over) = till.task.await.unwrap() else { panic!("a site of an evicted network goes on") };
    assert_eq!(over.end, site::state::End::Evicted);

    r2.stop().await;
    r1.stop().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_goes_away_and_comes_back_costs_time_only() {
    let mut server = testkit::postgres::server().await;
    let database = Arc::new(server.create_database().unwrap());
    let fixture = Fixture::over(database).await;
    crate::ops::ca::init_development(&fixture.app, &admin(), None).await.unwrap();
    let running = Running::start(&fixture).await;
    let (r1, r2) = backbone(&fixture).await;

    server.kill().unwrap();
    let away = backbone::show(&fixture.app, &at("east")).await.unwrap_err();
    assert!(matches!(away, crate::ops::OpError::Unavailable(_)), "{away:?}");
    server.restart().unwrap();

    // Nothing was started again: what changes reaches the sites as before.
    until("the database", async || backbone::show(&fixture.app, &at("east")).await.ok()).await;
    fixture.network().await;
    let id = backbone::show(&fixture.app, &at("east")).await.unwrap().id;
    let wanted = crate::trust::publish(&fixture.app, id).await.unwrap().version;
    until("trust acknowledged by both routers", async || {
        let status = status::backbone(&fixture.app, &at("east")).await.ok()?;
        status.sites.iter().all(|site| site.trust_version >= Some(wanted)).then_some(())
    })
    .await;
    r2.stop().await;
    r1.stop().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_restored_to_an_older_state_goes_on_behind_what_routers_remember() {
    let fixture = Fixture::new().await;
    let running = Running::start(&fixture).await;
    let (r1, r2) = backbone(&fixture).await;
    fixture.network().await;
    let id = backbone::show(&fixture.app, &at("east")).await.unwrap().id;
    crate::trust::publish(&fixture.app, id).await.unwrap();
    let keep = "CREATE TABLE old_document AS TABLE trust_document; CREATE TABLE old_denial AS TABLE trust_denial;
        CREATE TABLE old_authority AS TABLE authority";
    fixture.database.sql(keep).await.unwrap();
    let evicted = network::evict(&fixture.app, &admin(), &at("shop"), None).await.unwrap();
    assert!(evicted.complete, "{evicted:?}");
    running.stop().await;

    // As it was before the eviction. The first thing a controller does then is to sign another document of the version
    // that the routers hold: for a network that is open.
    let restore = "DELETE FROM trust_document; INSERT INTO trust_document TABLE old_document;
        DELETE FROM trust_denial; INSERT INTO trust_denial TABLE old_denial;
        UPDATE authority SET state = old.state, since = old.since, reason = old.reason, sealed_key = old.sealed_key
        FROM old_authority AS old WHERE authority.id = old.id;
        UPDATE network SET evicted = NULL";
    fixture.database.sql(restore).await.unwrap();
    fixture.clock.forward(jiff::SignedDuration::from_hours(7));
    let forked = crate::trust::publish(&fixture.app, id).await.unwrap();
    assert_eq!(Some(forked.version), evicted.trust_version);

    let running = Running::start(&fixture).await;
    until("routers with a document beyond the one they remember, which denies the same", async || {
        let again = crate::ops::eviction::show(&fixture.app, evicted.id).await.ok()?;
        (again.complete && again.trust_version > evicted.trust_version).then_some(())
    })
    .await;
    let shown = network::show(&fixture.app, &at("shop")).await.unwrap();
    assert_eq!(shown.state, model::lifecycle::NetworkState::Evicted, "nobody who was cut comes back");
    r2.stop().await;
    r1.stop().await;
    running.stop().await;
}
