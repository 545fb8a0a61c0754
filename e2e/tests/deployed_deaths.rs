//! A controller dies at every point of deploying, as by a power failure, and sites are away through releases: what was
//! promised holds all the same.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use crashpoint::{Point, Role};
use e2e::stores::{STORES, Stores};
use serde_json::Value;
use testkit::{process::eventually, skx::Cli};

const TILLS: &str = "retail/tills";

/// A story of a deployment, and the points at which its controller has died.
struct Story {
    stores: Stores,
    died: BTreeSet<&'static str>,
}

impl Story {
    async fn dies(&mut self, points: &[Point], command: &[&str]) -> Result<()> {
        self.died.extend(points.iter().map(|point| point.name()));
        self.stores.dies(points, command).await
    }

    async fn ok(&self, command: &[&str]) -> Result<()> {
        self.stores.cli.ok(command).await.map(drop)
    }

    async fn deployments(&self) -> Result<Vec<Value>> {
        let list = self.stores.cli.json(&["deploy", "list", "retail"]).await?;
        Ok(list["items"].as_array().context("a list")?.clone())
    }

    /// It is there or it is not; there is no half of it.
    async fn create(&mut self) -> Result<()> {
        let file = self.stores.deployment(&STORES)?;
        self.dies(&[Point::DeployUncommitted], &["deploy", "create", &file]).await?;
        ensure!(self.deployments().await?.is_empty(), "nothing was committed");
        let points = [Point::DeployCommitted, Point::PlanUncommitted, Point::PlanCommitted];
        self.dies(&points, &["deploy", "create", &file]).await?;
        let all = self.deployments().await?;
        ensure!(all.len() == 1 && all[0]["revision"] == 1, "{all:?}");
        self.stores.are_offered([&[1], &[], &[]]).await?;
        self.stores.runs("trial", "1 first").await?;
        self.stores.allow("trial", 1)?;
        self.dies(&[Point::ReportUncommitted, Point::ReportCommitted], &[]).await?;
        self.stores.wave(0, "awaiting-promotion").await?;
        self.stores.are_offered([&[1], &[], &[]]).await
    }

    /// What keeps it from going on, if anything does.
    async fn hold(&self) -> Result<Value> {
        Ok(self.stores.status().await?["hold"].clone())
    }

    /// What a person says is done once or not at all, and a wave never has more under way than it may.
    async fn orders(&mut self) -> Result<()> {
        self.dies(&[Point::OrderUncommitted], &["deploy", "pause", TILLS]).await?;
        ensure!(self.hold().await?.is_null(), "nobody has paused it");
        self.dies(&[Point::OrderCommitted], &["deploy", "pause", TILLS]).await?;
        ensure!(self.hold().await?.as_str().is_some_and(|why| why.contains("paused")), "it is paused");
        self.ok(&["deploy", "resume", TILLS]).await?;
        self.dies(&[Point::OrderUncommitted], &["deploy", "promote", TILLS]).await?;
        self.stores.wave(0, "awaiting-promotion").await?;
        self.stores.are_offered([&[1], &[], &[]]).await?;
        self.dies(&[Point::OrderCommitted], &["deploy", "promote", TILLS]).await?;
        self.stores.runs("one", "1 first").await?;
        self.stores.wave(0, "done").await?;
        self.stores.are_offered([&[1], &[1], &[]]).await?;
        self.stores.allow("one", 1)?;
        self.dies(&[Point::PlanUncommitted, Point::PlanCommitted], &[]).await?;
        self.stores.allow("two", 1)?;
        self.stores.wave(1, "done").await?;
        self.stores.are_offered([&[1], &[1], &[1]]).await?;
        let orders = (self.stores.events("deployment.pause").await?, self.stores.events("deployment.promote").await?);
        ensure!(orders == (1, 1), "each was said once: {orders:?}");
        Ok(())
    }

    /// A value is the one before or the new one, and sites that were away while it changed have it, too.
    async fn secret(&mut self) -> Result<()> {
        self.dies(&[Point::SecretUncommitted], &["secret", "set", "retail/word", "value=second"]).await?;
        let revision = self.stores.cli.json(&["secret", "show", "retail/word"]).await?["revision"].clone();
        ensure!(revision == 1, "it is still the first: {revision}");
        self.dies(&[Point::SecretCommitted], &["secret", "set", "retail/word", "value=second"]).await?;
        for store in STORES {
            self.stores.runs(store, "1 second").await?;
        }
        // Whoever was started anew is under way until they say that they are well.
        self.stores.are_well().await
    }

    /// A release is planned once; whoever goes back has what was before.
    async fn upgrade(&mut self) -> Result<()> {
        self.stores.version(2).await?;
        self.dies(&[Point::PlanUncommitted, Point::PlanCommitted], &["compose", "build", "chain@2"]).await?;
        self.stores.runs("trial", "2 second").await?;
        self.stores.are_offered([&[1, 2], &[1], &[1]]).await?;
        self.stores.allow("trial", 2)?;
        self.stores.wave(0, "awaiting-promotion").await?;
        self.dies(&[Point::OrderUncommitted], &["deploy", "rollback", TILLS, "--yes"]).await?;
        self.stores.wave(0, "awaiting-promotion").await?;
        self.dies(&[Point::OrderCommitted], &["deploy", "rollback", TILLS, "--yes"]).await?;
        self.stores.runs("trial", "1 second").await?;
        self.stores.are_offered([&[1, 2, 1], &[1], &[1]]).await
    }

    /// What a plan would take away stays until a person allows it, whoever dies meanwhile.
    async fn removals(&mut self) -> Result<()> {
        let file = self.stores.deployment(&["trial"])?;
        let update = ["deploy", "update", TILLS, "--file", &file];
        self.dies(&[Point::DeployUncommitted], &update).await?;
        ensure!(self.deployments().await?[0]["revision"] == 1, "it says what it said");
        self.dies(&[Point::DeployCommitted, Point::PlanUncommitted, Point::PlanCommitted], &update).await?;
        ensure!(self.deployments().await?[0]["revision"] == 2, "it says something else, once");
        let trouble = self.stores.status().await?["trouble"].clone();
        ensure!(trouble.as_str().is_some_and(|it| it.contains("allow-removals")), "it is guarded: {trouble}");
        self.stores.are_offered([&[1, 2, 1], &[1], &[1]]).await?;
        self.dies(&[Point::OrderCommitted], &["deploy", "allow-removals", TILLS, "--yes"]).await?;
        self.stores.wave(0, "awaiting-promotion").await?;
        self.ok(&["deploy", "promote", TILLS]).await?;
        self.stores.wave(1, "done").await?;
        self.stores.are_offered([&[1, 2, 1, 2], &[1, 3], &[1, 3]]).await
    }

    /// It is there for everybody, or gone for everybody.
    async fn delete(&mut self) -> Result<()> {
        let delete = ["deploy", "delete", TILLS, "--yes"];
        self.dies(&[Point::DeployUncommitted], &delete).await?;
        ensure!(self.deployments().await?[0]["removing"] == false, "nothing was committed");
        self.dies(&[Point::DeployCommitted, Point::WithdrawUncommitted, Point::WithdrawCommitted], &delete).await?;
        eventually("it is gone", async || self.deployments().await.ok()?.is_empty().then_some(())).await?;
        for store in STORES {
            let dir = testkit::installation::text(&self.stores.path(store))?;
            eventually(&format!("{store} has nothing of it"), async || {
                let changes = Cli::default().json(&["site", "changes", "--data-dir", &dir]).await.ok()?;
                changes["items"].as_array()?.is_empty().then_some(())
            })
            .await?;
        }
        Ok(())
    }

    /// Over all that was ever committed: a number of a plan is one plan, and only what a wave may was under way.
    async fn check(&self) -> Result<()> {
        let noted =
            self.stores.database.sql("SELECT site, number, digest, underway FROM noted WHERE number > 0").await?;
        let mut plans = BTreeMap::new();
        for line in noted.lines() {
            let [site, number, digest, underway] = line.split('|').collect::<Vec<_>>()[..] else { continue };
            let first = *plans.entry((site, number)).or_insert(digest);
            ensure!(first == digest, "plan {number} of {site} is two plans: {noted}");
            ensure!(underway.parse::<u32>()? <= 1, "more are under way than may be: {noted}");
        }
        ensure!(plans.len() >= 6, "that was looked at: {noted}");
        self.ok(&["audit", "verify"]).await?;
        let points = Point::ALL.iter().filter(|point| point.role() == Role::Deployer);
        let left: Vec<&str> = points.map(|point| point.name()).filter(|name| !self.died.contains(name)).collect();
        ensure!(left.is_empty(), "nobody died at {left:?}");
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_controller_dies_nothing_is_offered_by_halves_or_twice_and_the_rollout_goes_on_where_it_was()
-> Result<()> {
    let stores = Stores::open().await?;
    let mut story = Story { stores, died: BTreeSet::new() };
    story.ok(&["secret", "set", "retail/word", "value=first"]).await?;
    story.stores.version(1).await?;
    story.ok(&["compose", "build", "chain@1"]).await?;
    story.create().await?;
    story.orders().await?;
    story.secret().await?;
    story.upgrade().await?;
    story.removals().await?;
    story.delete().await?;
    story.check().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_through_three_releases_gets_the_newest_and_nothing_in_between() -> Result<()> {
    let mut stores = Stores::open().await?;
    stores.cli.ok(&["secret", "set", "retail/word", "value=first"]).await?;
    for version in 1..=4 {
        for store in STORES {
            stores.allow(store, version)?;
        }
    }
    for version in 1..=4_u64 {
        stores.version(version).await?;
        stores.cli.ok(&["compose", "build", &format!("chain@{version}")]).await?;
        if version == 1 {
            let file = stores.deployment(&STORES)?;
            stores.cli.ok(&["deploy", "create", &file]).await?;
        }
        stores.runs("trial", &format!("{version} first")).await?;
        stores.wave(0, "awaiting-promotion").await?;
        stores.cli.ok(&["deploy", "promote", TILLS]).await?;
        stores.runs("one", &format!("{version} first")).await?;
        stores.wave(1, "done").await?;
        if version == 1 {
            stores.runs("two", "1 first").await?;
            stores.leaves("two").await?;
        }
    }
    stores.are_offered([&[1, 2, 3, 4], &[1, 2, 3, 4], &[1]]).await?;
    stores.returns("two")?;
    stores.runs("two", "4 first").await?;
    stores.are_offered([&[1, 2, 3, 4], &[1, 2, 3, 4], &[1, 4]]).await?;
    stores.are_well().await
}
