//! What goes wrong in the demo, on purpose: a guest too many, a dead router, a store that is thrown out.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use testkit::{process::eventually, skx::Cli};

use crate::{
    build::{GREETING, RELAYS},
    service::BULK,
    stage::Stage,
    ticks::Ticks,
};

impl Stage<'_> {
    /// An invitation for two is good for two.
    pub(crate) async fn one_too_many(&mut self) -> Result<()> {
        self.show.heading("A third site tries the invitation for two");
        let file = self.path("stores.invitation")?;
        let data_dir = self.path("sites/store-3")?;
        let args = ["join", &file, "--name", "store-3", "--data-dir", &data_dir];
        let began = Instant::now();
        let said = Cli::default().fails(5, &args).await?;
        self.show.command(&self.line(&args), began.elapsed());
        let reason = said.lines().rfind(|line| !line.trim().is_empty()).context("a refusal gives its reason")?;
        self.show.note(reason);
        self.show.good("refused, with its reason and exit status 5");
        Ok(())
    }

    /// Kills the router in the middle of the way, and sends the next request.
    pub(crate) async fn another_way(&mut self) -> Result<()> {
        self.show.heading("The router in the middle dies");
        let before = self.way().await?;
        self.show.note(&format!("the way of a request: store-1 → {} → headquarters", before.join(" → ")));
        ensure!(before.contains(&"north"), "the cheaper way leads by north, and not {before:?}");
        self.picture().await?;

        let mut north = self.take("north")?;
        let pid = north.pid().context("north runs")?;
        north.kill().await?;
        let died = Instant::now();
        self.show.command(&format!("kill -9 {pid}   # north"), Duration::ZERO);
        let url = format!("http://{}/", self.built.door("store-1")?);
        // A new connection for every try: the one that is open may hang until its way is known to be gone.
        let body = eventually("an answer by another way", async || {
            let client = reqwest::Client::builder().user_agent("the demo").no_proxy().build().ok()?;
            client.get(&url).timeout(Duration::from_secs(2)).send().await.ok()?.text().await.ok()
        })
        .await?;
        let took = died.elapsed();
        ensure!(body.contains(GREETING), "the answer was not the server's: {body:?}");
        self.show.command(&format!("curl {url}"), took);
        self.show.note(&body);
        let after = self.way().await?;
        ensure!(!after.contains(&"north"), "a dead router carries nothing: {after:?}");
        self.show.good(&format!(
            "answered {} ms after the kill, another way: store-1 → {} → headquarters",
            took.as_millis(),
            after.join(" → ")
        ));
        self.until_down("north").await?;
        self.picture().await?;

        let data_dir = self.path("sites/north")?;
        let began = Instant::now();
        self.start("north", &["site", "run", "--data-dir", &data_dir]).await?;
        self.run(&["backbone", "status", "continent", "--wait=60s"]).await?;
        self.reached("north is back, and the ring whole again,", began.elapsed());
        Ok(())
    }

    /// One store is evicted in the middle of its work; the other goes on.
    pub(crate) async fn eviction(&mut self) -> Result<()> {
        self.show.heading("A store is evicted while both are served");
        let (first, second) =
            (Ticks::begin(self.built.door("store-1")?).await?, Ticks::begin(self.built.door("store-2")?).await?);
        eventually("both streams run", async || (first.count() > 2 && second.count() > 2).then_some(())).await?;
        let evict = ["member", "evict", "retail/store-2", "--keep-invitation", "--yes"];
        let began = Instant::now();
        let said = self.run(&evict).await?;
        self.show.note(&said);
        let ended = eventually("the end of the evicted store's stream", async || second.ended()).await?;
        let after = ended.saturating_duration_since(began);
        self.show.good(&format!("store-2's stream ended {} ms after the command was given", after.as_millis()));
        let before = first.count();
        eventually("the other store's next words", async || (first.count() > before + 5).then_some(())).await?;
        ensure!(first.ended().is_none(), "the other store's stream ended, too");
        self.show.good("store-1's stream goes on");

        let dir = self.dir.join("sites/store-2");
        let status = Cli::default().site_reaches(&dir, "evicted").await?;
        self.show.note(&format!("store-2 says: {}", status["reason"].as_str().unwrap_or("nothing")));
        let mut evicted = self.take("store-2")?;
        if evicted.is_running() {
            evicted.terminate().await?;
        }
        self.picture().await
    }

    /// The relays that carry what store-1 fetches from headquarters, as their own counters tell.
    async fn way(&self) -> Result<Vec<&'static str>> {
        let before = self.carried().await;
        let url = format!("http://{}/bulk", self.built.door("store-1")?);
        let client = reqwest::Client::builder().no_proxy().build()?;
        let bulk = client.get(&url).timeout(Duration::from_secs(30)).send().await?.bytes().await?;
        ensure!(bulk.len() == BULK, "the bulk came whole");
        let after = self.carried().await;
        let carried = |relay: &&str| {
            let of = |counts: &[(&str, u64)]| counts.iter().find(|(it, _)| it == relay).map(|(_, bytes)| *bytes);
            let bytes = of(&after).zip(of(&before)).map_or(0, |(after, before)| after.saturating_sub(before));
            bytes >= BULK as u64
        };
        // From west to east, as the stores and headquarters are attached.
        Ok(["west", "north", "east"].into_iter().filter(carried).collect())
    }

    /// How much each running relay has received over its links to others.
    async fn carried(&self) -> Vec<(&'static str, u64)> {
        let mut counts = Vec::new();
        for relay in RELAYS {
            let Ok(status) = Cli::default().site_status(&self.dir.join("sites").join(relay)).await else { continue };
            let links = status["links"].as_array().cloned().unwrap_or_default();
            let bytes = links
                .iter()
                .map(|link| link["bytes_in"].as_u64().unwrap_or(0) + link["bytes_out"].as_u64().unwrap_or(0));
            counts.push((relay, bytes.sum()));
        }
        counts
    }
}
