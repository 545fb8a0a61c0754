//! At every point where a process may die, one does, as by a power failure; and the story ends as if none had.

use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use crashpoint::{Point, Role};
use e2e::{http, line::answers};
use futures_util::{StreamExt, stream};
use testkit::{
    installation::{free_address, text},
    process::{Process, eventually},
    skx::Cli,
};
use tokio_util::task::AbortOnDropHandle;

/// How many stories are told at a time.
const AT_ONCE: usize = 3;
const BODY: &str = "still here";
/// So short that certificates are renewed while the story is told, where that is what it is about.
const SHORT_LEAF: &str = "30s";

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dies_at_whatever_point_nothing_is_lost_and_nothing_doubled() -> Result<()> {
    // SKX_CRASH_POINT=name tells one of them.
    let only = std::env::var("SKX_CRASH_POINT").ok();
    let told_here = Point::ALL.iter().copied().filter(|point| !matches!(point.role(), Role::Host | Role::Deployer));
    let points = told_here.filter(|point| only.as_deref().is_none_or(|only| only == point.name()));
    let stories = points.map(async |point| tell(point).await.with_context(|| format!("death at {}", point.name())));
    let told: Vec<Result<()>> = stream::iter(stories).buffer_unordered(AT_ONCE).collect().await;
    let failures: Vec<String> = told.into_iter().filter_map(|told| Some(format!("{:#}", told.err()?))).collect();
    ensure!(failures.is_empty(), "{}", failures.join("\n\n"));
    Ok(())
}

/// From nothing to an eviction, with one death on the way.
async fn tell(point: Point) -> Result<()> {
    let story = Story::begin(point).await?;
    let relay = story.backbone().await?;
    let (hq, store) = story.members().await?;
    story.traffic().await?;
    if is_renewal(point) {
        let dead = [&story.controller, &store];
        eventually("the death at a renewal", async || dead.iter().any(|it| it.deaths() > 0).then_some(())).await?;
        story.traffic().await?;
    }
    story.rotate().await?;
    story.evict(&store).await?;
    story.check().await?;
    story.refuse().await?;
    story.end(&hq).await?;
    let deaths = [&story.controller, &relay, &hq, &store].map(Kept::deaths);
    let expected = match point.role() {
        Role::Controller => [1, 0, 0, 0],
        Role::Relay => [0, 1, 0, 0],
        Role::Member if is_end(point) => [0, 0, 1, 0],
        Role::Member => [0, 0, 0, 1],
        Role::Host | Role::Deployer => bail!("nothing is deployed in this story"),
    };
    ensure!(deaths == expected, "controller, relay, headquarters and store died {deaths:?} times, not {expected:?}");
    Ok(())
}

/// Whether the story goes on to the end of the network.
fn is_end(point: Point) -> bool {
    matches!(point, Point::EndUncommitted | Point::EndCommitted | Point::EndReceived | Point::EndStored)
}

/// Whether certificates are renewed while the story is told.
fn is_renewal(point: Point) -> bool {
    use Point::{RenewCommitted, RenewUncommitted, RenewalKeyMade, RenewalKeyStored, RenewalReceived, RenewalStored};
    matches!(
        point,
        RenewUncommitted | RenewCommitted | RenewalKeyMade | RenewalKeyStored | RenewalReceived | RenewalStored
    )
}

/// Whether the story goes on to somebody who waits and is not admitted.
fn is_refusal(point: Point) -> bool {
    use Point::{EndOfWaitingCommitted, EndOfWaitingUncommitted, RefuseCommitted, RefuseUncommitted};
    matches!(point, RefuseUncommitted | RefuseCommitted | EndOfWaitingUncommitted | EndOfWaitingCommitted)
}

struct Story {
    point: Point,
    dir: tempfile::TempDir,
    cli: Cli,
    controller: Kept,
    door: std::net::SocketAddr,
    server: std::net::SocketAddr,
}

impl Story {
    async fn begin(point: Point) -> Result<Self> {
        // PostgreSQL drops root's rights, and must still reach its own directory below this one.
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o711);
        let dir = tempfile::Builder::new().prefix("skx-crash-").permissions(permissions).tempdir()?;
        let listen = free_address()?.to_string();
        let data = dir.path().join("controller");
        let mut args = ["controller", "--data-dir", &text(&data)?, "--listen", &listen].map(str::to_owned).to_vec();
        if is_renewal(point) {
            args.extend(["--leaf-lifetime", SHORT_LEAF].map(str::to_owned));
        }
        let controller = Kept::start("controller", (point.role() == Role::Controller).then_some(point), args);
        let server = format!("https://{listen}");
        let cli = eventually("the controller answers", async || {
            let cli = Cli::for_controller(&data, &server).ok()?;
            cli.ok(&["whoami"]).await.ok().map(|_| cli)
        })
        .await?;
        let server = http::serve(([127, 0, 0, 1], 0).into(), BODY.to_owned()).await?;
        Ok(Self { point, dir, cli, controller, door: free_address()?, server })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn backbone(&self) -> Result<Kept> {
        self.done(&["ca", "init", "--development"]).await?;
        self.done(&["backbone", "create", "main"]).await?;
        let access = format!("all=peer,member,claim,manage@{}", free_address()?);
        self.done(&["backbone", "site", "create", "main/relay", "--access", &access]).await?;
        let bundle = text(&self.path("relay.bundle"))?;
        self.done(&["backbone", "site", "bundle", "main/relay", "--output", &bundle]).await?;
        let relay = self.site("relay", &["join", &bundle], (self.point.role() == Role::Relay).then_some(self.point))?;
        self.done(&["backbone", "status", "main", "--wait=30s"]).await?;
        Ok(relay)
    }

    async fn members(&self) -> Result<(Kept, Kept)> {
        self.done(&["network", "create", "retail", "--backbone", "main"]).await?;
        let waits = self.waits();
        let create = ["invitation", "create", "retail/all", "--uses", "2"];
        self.done(&[&create[..], if waits { &["--waiting-room"] } else { &[] }].concat()).await?;
        let file = text(&self.path("all.invitation"))?;
        self.done(&["invitation", "get", "retail/all", "--format", "linux", "--output", &file]).await?;
        // The store is evicted; headquarters is there until the network ends.
        let dying = if is_end(self.point) { "hq" } else { "store" };
        let armed = |name| (self.point.role() == Role::Member && name == dying).then_some(self.point);
        let hq = self.site("hq", &["join", &file, "--name", "hq"], armed("hq"))?;
        let store = self.site("store", &["join", &file, "--name", "store"], armed("store"))?;
        for name in ["hq", "store"] {
            if waits {
                self.admit(name).await?;
            }
            Cli::default().site_reaches(&self.path(name), "member").await?;
        }
        let (server, door) = (self.server.to_string(), self.door.to_string());
        self.done(&["network", "connector", "add", "retail", "goods", &server, "--site", "hq"]).await?;
        self.done(&["network", "listener", "add", "retail", "goods", &door, "--site", "store"]).await?;
        Ok((hq, store))
    }

    /// Whether the story leads through a waiting room.
    fn waits(&self) -> bool {
        use Point::{AdmitCommitted, AdmitUncommitted, WaitCommitted, WaitReceived, WaitStored, WaitUncommitted};
        matches!(
            self.point,
            WaitUncommitted | WaitCommitted | AdmitUncommitted | AdmitCommitted | WaitReceived | WaitStored
        )
    }

    async fn admit(&self, name: &str) -> Result<()> {
        eventually(&format!("{name} waits to be admitted"), async || {
            let members = self.cli.json(&["member", "list", "retail"]).await.ok()?;
            members["items"].as_array()?.iter().find(|it| it["name"] == name).map(|_| ())
        })
        .await?;
        self.done(&["member", "admit", &format!("retail/{name}")]).await
    }

    async fn traffic(&self) -> Result<()> {
        answers(self.door, BODY).await
    }

    /// Where the story is about it, the key-encryption key is changed, or the network's authority replaced; and all goes on.
    async fn rotate(&self) -> Result<()> {
        match self.point {
            Point::NextKeyStored | Point::KeyUncommitted | Point::KeyCommitted => {
                self.done(&["ca", "key", "rotate"]).await?;
            }
            Point::AuthorityUncommitted | Point::AuthorityCommitted => {
                let first = self.authority(1).await.context("the network's authority")?;
                self.done(&["certificate", "rotate", &first]).await?;
                eventually("the next generation issues", async || {
                    let shown = self.cli.json(&["certificate", "show", &self.authority(2).await?]).await.ok()?;
                    (shown["state"] == "current").then_some(())
                })
                .await?;
            }
            _ => return Ok(()),
        }
        self.traffic().await
    }

    /// The id of a generation of the network's authority.
    async fn authority(&self, generation: u64) -> Option<String> {
        let all = self.cli.json(&["certificate", "list"]).await.ok()?;
        let is = |it: &&serde_json::Value| it["kind"] == "network-ca" && it["generation"] == generation;
        all["items"].as_array()?.iter().find(is)?["id"].as_str().map(str::to_owned)
    }

    /// Where the story is about it, somebody waits in vain: refused by a person, or by the deadline. Its site says so, too, and the
    /// use it had reserved is there for others.
    async fn refuse(&self) -> Result<()> {
        if !is_refusal(self.point) {
            return Ok(());
        }
        let by_hand = matches!(self.point, Point::RefuseUncommitted | Point::RefuseCommitted);
        let deadline = if by_hand { "+1h" } else { "+12s" };
        let create = ["invitation", "create", "retail/door", "--uses", "1", "--waiting-room", "--deadline", deadline];
        self.done(&create).await?;
        let file = text(&self.path("door.invitation"))?;
        self.done(&["invitation", "get", "retail/door", "--format", "linux", "--output", &file]).await?;
        let guest = self.site("guest", &["join", &file, "--name", "guest"], None)?;
        if by_hand {
            eventually("the guest waits", async || (self.state_of("guest").await? == "waiting").then_some(())).await?;
            self.done(&["member", "refuse", "retail/guest", "--yes"]).await?;
        }
        eventually("the guest has ended", async || guest.ended()).await?;
        Cli::default().site_reaches(&self.path("guest"), "refused").await?;
        eventually("both say the same, and its use is given back", async || {
            let door = self.cli.json(&["invitation", "show", "retail/door"]).await.ok()?;
            let is_given_back = door["used"] == 0 && door["waiting"] == 0;
            (is_given_back && self.state_of("guest").await? == "refused").then_some(())
        })
        .await?;
        self.cli.ok(&["audit", "verify"]).await?;
        Ok(())
    }

    /// Where a site stands for the controller.
    async fn state_of(&self, name: &str) -> Option<String> {
        let shown = self.cli.json(&["member", "show", &format!("retail/{name}")]).await.ok()?;
        Some(shown["state"].as_str()?.to_owned())
    }

    /// Where the story is about it, the network ends, for good.
    async fn end(&self, hq: &Kept) -> Result<()> {
        if is_end(self.point) {
            self.done(&["network", "set", "retail", "--end", "+3s"]).await?;
            eventually("the end of the network", async || hq.ended()).await?;
            Cli::default().site_reaches(&self.path("hq"), "ended").await?;
            eventually("the end of its authority", async || {
                let shown = self.cli.json(&["certificate", "show", &self.authority(1).await?]).await.ok()?;
                (shown["state"] == "superseded").then_some(())
            })
            .await?;
            self.cli.ok(&["audit", "verify"]).await?;
        }
        Ok(())
    }

    async fn evict(&self, store: &Kept) -> Result<()> {
        self.done(&["member", "evict", "retail/store", "--keep-invitation", "--yes"]).await?;
        eventually("the end of the evicted site", async || store.ended()).await?;
        Cli::default().site_reaches(&self.path("store"), "evicted").await?;
        Ok(())
    }

    /// One member is left, both uses are spent, the network works, and the history is whole.
    async fn check(&self) -> Result<()> {
        let members = self.cli.json(&["member", "list", "retail"]).await?;
        let items = members["items"].as_array().context("a list of members")?;
        let live: Vec<&str> =
            items.iter().filter(|it| it["state"] == "member").filter_map(|it| it["name"].as_str()).collect();
        ensure!(live == ["hq"] && items.len() <= 2, "one member is left: {members}");
        let invitation = self.cli.json(&["invitation", "show", "retail/all"]).await?;
        ensure!(invitation["used"] == 2, "both uses are spent, and no third: {invitation}");
        let door = free_address()?;
        self.done(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--site", "hq"]).await?;
        answers(door, BODY).await?;
        self.cli.ok(&["audit", "verify"]).await?;
        Ok(())
    }

    fn site(&self, name: &str, args: &[&str], point: Option<Point>) -> Result<Kept> {
        let data_dir = text(&self.path(name))?;
        let args = [args, &["--data-dir", &data_dir]].concat().into_iter().map(str::to_owned).collect();
        Ok(Kept::start(name, point, args))
    }

    /// Gives a command until it is done: a controller that dies meanwhile is asked again, as a person would.
    async fn done(&self, args: &[&str]) -> Result<()> {
        let mut again = false;
        loop {
            let outcome = self.cli.run(args).await?;
            match outcome.code {
                Some(0) => return Ok(()),
                // It was done, and the answer was lost.
                Some(5) if again => return Ok(()),
                Some(6) => {}
                _ if self.controller.is_coming_back() => {}
                _ => bail!("{outcome}"),
            }
            again = true;
            eventually("the controller answers again", async || self.cli.ok(&["whoami"]).await.ok()).await?;
        }
    }
}

/// A process that is started again when it was killed.
struct Kept {
    deaths: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    _keeper: AbortOnDropHandle<()>,
}

impl Kept {
    /// Starts `skx` with `args`, to die at `point`; after that, without it.
    fn start(name: &str, point: Option<Point>, args: Vec<String>) -> Self {
        let (deaths, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (count, end, name) = (Arc::clone(&deaths), Arc::clone(&ended), name.to_owned());
        let keeper = tokio::spawn(async move {
            let mut armed = point;
            while let Ok(Some(9)) = live(&name, armed.take(), &args).await {
                count.fetch_add(1, Ordering::SeqCst);
            }
            end.store(1, Ordering::SeqCst);
        });
        Self { deaths, ended, _keeper: AbortOnDropHandle::new(keeper) }
    }

    fn deaths(&self) -> usize {
        self.deaths.load(Ordering::SeqCst)
    }

    /// Whether it died: what it was asked then may have to be asked again.
    fn is_coming_back(&self) -> bool {
        self.deaths() > 0
    }

    /// It ended by itself.
    fn ended(&self) -> Option<()> {
        (self.ended.load(Ordering::SeqCst) > 0).then_some(())
    }
}

/// Runs a process to its end, and gives the signal that ended it.
async fn live(name: &str, point: Option<Point>, args: &[String]) -> Result<Option<i32>> {
    let mut command = Cli::default().command(args)?;
    if let Some(point) = point {
        command.env(crashpoint::VARIABLE, point.name());
    }
    let mut process = Process::spawn(name, &mut command)?;
    while process.is_running() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(process.wait().await?.signal())
}
