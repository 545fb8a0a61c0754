//! A full disk: nothing is lost, it is said, and everything goes on by itself when there is room.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use e2e::line::{BODY, answers, backbone};
use testkit::{
    disk::SmallDisk,
    installation::{Installation, free_address},
    process::eventually,
};

/// So many networks never fit into what is left of the disk: each writes its history.
const TRIES: usize = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_work_goes_on_when_there_is_room() -> Result<()> {
    let disk = SmallDisk::new(192)?;
    let installation = Installation::start_in(disk.path()).await?;
    let relays = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let invitation = installation.invitation("retail/all", &["--uses", "2"]).await?;
    let hq = installation.join(&invitation, "hq", &["--name", "hq", "--prefer", &relays.east_access], None)?;
    let store = installation.join(&invitation, "store", &["--name", "store", "--prefer", &relays.west_access], None)?;
    for name in ["hq", "store"] {
        cli.site_reaches(&installation.site_dir(name), "member").await?;
    }
    let server = e2e::http::serve(([127, 0, 0, 1], 0).into(), BODY.to_owned()).await?.to_string();
    let door = free_address()?;
    cli.ok(&["network", "connector", "add", "retail", "goods", &server, "--site", "hq"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--site", "store"]).await?;
    answers(door, BODY).await?;

    disk.fill()?;
    let mut made = BTreeSet::from(["retail".to_owned()]);
    let mut refused = None;
    for n in 0..TRIES {
        let name = format!("n{n}");
        let outcome = cli.run(&["network", "create", &name, "--backbone", "main"]).await?;
        if outcome.code != Some(0) {
            refused = Some((name, outcome));
            break;
        }
        made.insert(name);
    }
    let Some((unsure, outcome)) = refused else { bail!("the disk is not full") };
    ensure!(outcome.code == Some(6), "it is said that it can be tried again: {outcome}");
    // Traffic needs neither disk nor database.
    answers(door, BODY).await?;

    disk.make_room()?;
    eventually("work goes on", async || cli.ok(&["network", "create", "after", "--backbone", "main"]).await.ok())
        .await?;
    made.insert("after".to_owned());
    let listed = cli.json(&["network", "list"]).await?;
    let mut there: BTreeSet<String> = listed["items"]
        .as_array()
        .context("a list")?
        .iter()
        .filter_map(|network| Some(network["name"].as_str()?.to_owned()))
        .collect();
    // Of the one that was refused nobody knows whether it was committed.
    there.remove(&unsure);
    ensure!(there == made, "every network that was made is there: {there:?}");
    cli.ok(&["audit", "verify"]).await?;

    // Sites hear of changes, and store them.
    let another = free_address()?;
    cli.ok(&["network", "listener", "add", "retail", "goods", &another.to_string(), "--site", "store"]).await?;
    answers(another, BODY).await?;
    drop((hq, store));
    Ok(())
}
