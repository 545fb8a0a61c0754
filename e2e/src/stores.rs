//! A chain of stores at which an application is deployed in waves, and a test that says when a store is well and when the
//! controller dies.

use std::{fs, os::unix::process::ExitStatusExt as _, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use crashpoint::Point;
use tempfile::TempDir;
use testkit::{
    installation::{free_address, text},
    postgres::{self, TestDatabase},
    process::{PATIENCE, Process, eventually},
    skx::Cli,
};

/// The stores, in the order in which their turn comes.
pub const STORES: [&str; 3] = ["trial", "one", "two"];

/// What a store runs: it writes down its version and its secret, and is well as soon as the test allows it.
const BLOCKS: &str = r#"
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: till, version: 1.0.0}
spec:
  type: component
  config: {says: {type: string, required: true}, word: {secret: true, required: true}}
  bodies:
    process:
      workload:
        command: [sh, -c, 'echo $$ > "NOTES/${{ site.name }}.pid"; echo "$SAYS $WORD" > "NOTES/${{ site.name }}"; echo "sells $SAYS"; exec sleep 10000']
        env: {SAYS: "${{ config.says }}", WORD: "${{ config.word }}"}
        volumes: {money: {path: /money}}
        probes: {ready: {exec: [test, -e, "NOTES/${{ site.name }}-${{ config.says }}"], every: 1}}
---
apiVersion: skupperx.io/v1
kind: Block
metadata: {name: chain, version: 1.0.0}
spec:
  type: toplevel
  config: {says: {type: string, required: true}}
  composite: {parts: {till: {block: till, place: store, config: {says: "${{ config.says }}", word: {secret: word}}}}}
"#;

const WAVES: &str =
    "{waves: [{name: trial, sites: [trial], promote: manual}, {name: rest, rest: true, max: 1}], deadline: 1h}";

/// Notes every offer that is committed, with the number of sites that were under way then.
const NOTES: &str = "
CREATE TABLE noted (n bigserial, site text, number bigint, digest text, underway bigint);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'UPDATE' THEN IF NEW.offer IS NOT DISTINCT FROM OLD.offer THEN RETURN NULL; END IF; END IF;
    INSERT INTO noted (site, number, digest, underway)
        SELECT name, (NEW.offer::jsonb->>'number')::bigint, NEW.offer_digest, (SELECT count(*) FROM deployment_site
            WHERE offer IS NOT NULL AND (report IS NULL OR report->>'state' <> 'healthy' OR report->>'offered' <> offer_digest))
        FROM member WHERE id = NEW.member_id;
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER INSERT OR UPDATE ON deployment_site FOR EACH ROW EXECUTE FUNCTION note();
";

/// The stores, their controller and its database.
#[derive(Debug)]
pub struct Stores {
    /// The administrator's command line.
    pub cli: Cli,
    /// Where everything is stored.
    pub database: TestDatabase,
    controller: Process,
    server: String,
    /// The stores that run, by their names.
    sites: Vec<(&'static str, Process)>,
    _relay: Process,
    dir: TempDir,
}

impl Stores {
    /// All stores are there, and nothing is deployed.
    pub async fn open() -> Result<Self> {
        let database = postgres::database().await;
        let dir = tempfile::Builder::new().prefix("skx-stores-").tempdir()?;
        fs::create_dir(dir.path().join("notes"))?;
        let server = free_address()?.to_string();
        let mut controller = spawn(&dir, &server, &database)?;
        let cli = ready(&mut controller, &dir, &server).await?;
        cli.ok(&["ca", "init", "--development"]).await?;
        cli.ok(&["backbone", "create", "main"]).await?;
        let access = format!("all=member,claim,manage@{}", free_address()?);
        cli.ok(&["backbone", "site", "create", "main/relay", "--access", &access]).await?;
        let bundle = text(&dir.path().join("relay.bundle"))?;
        cli.ok(&["backbone", "site", "bundle", "main/relay", "--output", &bundle]).await?;
        let relay =
            Cli::default().spawn("relay", &["join", &bundle, "--data-dir", &text(&dir.path().join("relay"))?])?;
        cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
        cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
        let mut stores = Self { cli, database, controller, server, sites: vec![], _relay: relay, dir };
        let invitation = text(&stores.path("stores.invitation"))?;
        stores.cli.ok(&["invitation", "create", "retail/stores", "--uses", "3"]).await?;
        stores.cli.ok(&["invitation", "get", "retail/stores", "--format", "linux", "--output", &invitation]).await?;
        for name in STORES {
            let dir = text(&stores.path(name))?;
            let args = ["join", &invitation, "--name", name, "--run", "process", "--data-dir", &dir];
            stores.sites.push((name, Cli::default().spawn(name, &args)?));
        }
        for name in STORES {
            Cli::default().site_reaches(&stores.path(name), "member").await?;
        }
        stores.database.load(NOTES.to_owned()).await?;
        let blocks = BLOCKS.replace("NOTES", &text(&stores.path("notes"))?);
        stores.import("blocks", &blocks).await?;
        Ok(stores)
    }

    /// Where something of the test is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A file with this text.
    pub fn file(&self, name: &str, content: &str) -> Result<String> {
        let path = self.path(name);
        fs::write(&path, content)?;
        text(&path)
    }

    /// Puts documents into the library.
    pub async fn import(&self, name: &str, documents: &str) -> Result<()> {
        let file = self.file(&format!("{name}.yaml"), documents)?;
        self.cli.ok(&["library", "import", &file]).await.map(drop)
    }

    /// Puts a version of the application into the library.
    pub async fn version(&self, version: u64) -> Result<()> {
        let application = format!(
            "apiVersion: skupperx.io/v1\nkind: Application\nmetadata: {{name: chain, version: {version}.0.0}}\n\
            spec: {{root: chain@1.0.0, config: {{says: '{version}'}}, places: {{store: {{platforms: [process]}}}}}}\n"
        );
        self.import("chain", &application).await
    }

    /// A file with a deployment to these stores, in waves.
    pub fn deployment(&self, stores: &[&str]) -> Result<String> {
        let document = format!(
            "apiVersion: skupperx.io/v1\nkind: Deployment\nmetadata: {{name: tills, network: retail}}\n\
            spec:\n  application: chain\n  places: {{store: {{sites: [{}]}}}}\n  rollout: {WAVES}\n  guard: {{maxRemovals: 10%}}\n",
            stores.join(", ")
        );
        self.file("tills.yaml", &document)
    }

    /// A store is well with a version from now on.
    pub fn allow(&self, store: &str, version: u64) -> Result<()> {
        Ok(fs::write(self.path("notes").join(format!("{store}-{version}")), "")?)
    }

    /// Waits until a store runs this: a version, and the secret it has.
    pub async fn runs(&self, store: &str, what: &str) -> Result<()> {
        let notes = self.path("notes").join(store);
        let noted = || fs::read_to_string(&notes).ok().filter(|noted| noted.trim() == what);
        eventually(&format!("{store} runs {what}"), async || noted().map(drop)).await
    }

    /// The process that a store runs.
    pub fn pid(&self, store: &str) -> Result<u32> {
        Ok(fs::read_to_string(self.path("notes").join(format!("{store}.pid")))?.trim().parse()?)
    }

    /// Builds a version of the application, and deploys it to these stores.
    pub async fn deploy(&self, version: u64, stores: &[&str]) -> Result<()> {
        self.cli.ok(&["secret", "set", "retail/word", "value=first"]).await?;
        self.version(version).await?;
        self.cli.ok(&["compose", "build", &format!("chain@{version}")]).await?;
        self.cli.ok(&["deploy", "create", &self.deployment(stores)?]).await.map(drop)
    }

    /// Stops a store.
    pub async fn leaves(&mut self, store: &str) -> Result<()> {
        let at = self.sites.iter().position(|(name, _)| *name == store).context("it runs")?;
        self.sites.remove(at).1.terminate().await.map(drop)
    }

    /// Kills a store.
    pub async fn is_killed(&mut self, store: &str) -> Result<()> {
        let at = self.sites.iter().position(|(name, _)| *name == store).context("it runs")?;
        self.sites.remove(at).1.kill().await
    }

    /// Starts a store again.
    pub fn returns(&mut self, store: &'static str) -> Result<()> {
        self.returns_with(store, &[])
    }

    /// Starts a store again, with these options.
    pub fn returns_with(&mut self, store: &'static str, options: &[&str]) -> Result<()> {
        let dir = text(&self.path(store))?;
        let args = [&["site", "run", "--data-dir", &dir], options].concat();
        self.sites.push((store, Cli::default().spawn(store, &args)?));
        Ok(())
    }

    /// How the deployment stands.
    pub async fn status(&self) -> Result<serde_json::Value> {
        self.cli.look(&["deploy", "status", "retail/tills", "--all"]).await
    }

    /// Waits until a wave is in this state.
    pub async fn wave(&self, wave: usize, state: &str) -> Result<()> {
        eventually(&format!("wave {wave} is {state}"), async || {
            (self.status().await.ok()?["waves"][wave]["state"] == state).then_some(())
        })
        .await
    }

    /// Waits until all stores say that they are well.
    pub async fn are_well(&self) -> Result<()> {
        eventually("everybody is well", async || {
            let sums = self.status().await.ok()?["sums"].clone();
            (sums.as_array()?.len() == 1 && sums[0]["state"] == "healthy" && sums[0]["sites"] == 3).then_some(())
        })
        .await
    }

    /// Every offer that was ever committed to a store: the numbers of its plans; 0 for none.
    pub async fn offered(&self, store: &str) -> Result<Vec<u64>> {
        let all = format!("SELECT coalesce(number, 0) FROM noted WHERE site = '{store}' ORDER BY n");
        Ok(self.database.sql(&all).await?.lines().map(str::parse).collect::<Result<_, _>>()?)
    }

    /// Waits until these are the offers that were ever committed, and no others.
    pub async fn are_offered(&self, wanted: [&[u64]; 3]) -> Result<()> {
        for (store, wanted) in STORES.into_iter().zip(wanted) {
            eventually(&format!("the offers {wanted:?} to {store}"), async || {
                (self.offered(store).await.ok()?.len() >= wanted.len()).then_some(())
            })
            .await?;
            let offered = self.offered(store).await?;
            ensure!(offered == wanted, "{store} was offered {offered:?}, not {wanted:?}");
        }
        Ok(())
    }

    /// How many events of an action there are.
    pub async fn events(&self, action: &str) -> Result<usize> {
        Ok(self.database.sql(&format!("SELECT count(*) FROM event WHERE action = '{action}'")).await?.parse()?)
    }

    /// The controller dies at each of these points, one after the other; the first time because somebody gives this command,
    /// or because of what happens anyway. Then it is there again.
    pub async fn dies(&mut self, points: &[Point], command: &[&str]) -> Result<()> {
        for (n, point) in points.iter().enumerate() {
            let at = || format!("death at {} of {command:?}", point.name());
            self.file("dies-at", point.name())?;
            if n > 0 {
                self.controller = spawn(&self.dir, &self.server, &self.database)?;
            } else if !command.is_empty() {
                // It may be answered just before.
                self.cli.run(command).await?;
            }
            let ended = tokio::time::timeout(PATIENCE, self.controller.wait()).await;
            let ended = ended.with_context(at)?.with_context(at)?;
            ensure!(ended.signal() == Some(9), "{}: it ended with {ended}", at());
        }
        self.file("dies-at", "")?;
        self.controller = spawn(&self.dir, &self.server, &self.database)?;
        self.cli = ready(&mut self.controller, &self.dir, &self.server).await?;
        Ok(())
    }
}

fn spawn(dir: &TempDir, server: &str, database: &TestDatabase) -> Result<Process> {
    let data = text(&dir.path().join("controller"))?;
    let args = ["controller", "--data-dir", &data, "--listen", server, "--database-url", &database.url];
    let armed = format!("@{}", text(&dir.path().join("dies-at"))?);
    Process::spawn("controller", Cli::default().command(args)?.env(crashpoint::VARIABLE, armed))
}

async fn ready(controller: &mut Process, dir: &TempDir, server: &str) -> Result<Cli> {
    eventually("the controller answers", async || {
        if !controller.is_running() {
            return Some(Err(anyhow::anyhow!("the controller ended: {:#?}", controller.lines())));
        }
        let cli = Cli::for_controller(&dir.path().join("controller"), &format!("https://{server}")).ok()?;
        cli.ok(&["whoami"]).await.ok().map(|_| Ok(cli))
    })
    .await?
}
