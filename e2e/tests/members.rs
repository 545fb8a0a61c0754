//! Members: what their owner configures for them reaches them while they run, what their participants choose stays theirs,
//! and what flows is told, to their own network only.

use std::{collections::BTreeSet, net::SocketAddr};

use anyhow::{Context, Result, ensure};
use e2e::{
    http,
    line::{answers, backbone},
};
use serde_json::Value;
use testkit::{
    installation::{Installation, free_address, text},
    process::eventually,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The listener or connector for `address` in what a site or the controller says of a member.
fn socket(said: &Value, kind: &str, address: &str) -> Option<Value> {
    said[kind].as_array()?.iter().find(|it| it["address"] == address).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_configured_for_members_reaches_them_while_they_run() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    for network in ["retail", "other"] {
        cli.ok(&["network", "create", network, "--backbone", "main"]).await?;
    }
    cli.ok(&["network", "class", "add", "retail", "store"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "3"]).await?;
    let _one = installation.join(&invitation, "one", &["--name", "one"], None)?;
    let _two = installation.join(&invitation, "two", &["--name", "two"], None)?;
    let mut shop = installation.join(&invitation, "shop", &["--name", "shop"], None)?;
    for name in ["one", "two", "shop"] {
        cli.site_reaches(&installation.site_dir(name), "member").await?;
    }
    let shop_dir = text(&installation.site_dir("shop"))?;
    let sites = installation.site_cli(None);

    // A mistyped class is an error that knows better, and a declared one reaches who has it at once.
    let said = cli.fails(2, &["member", "class", "add", "retail/shop", "stroe"]).await?;
    ensure!(said.contains("is store meant?"), "{said}");
    let door = free_address()?;
    cli.ok(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--class", "store"]).await?;
    cli.ok(&["member", "class", "add", "retail/shop", "store"]).await?;
    cli.ok(&["member", "label", "set", "retail/shop", "region=north"]).await?;
    cli.ok(&["member", "rename", "retail/shop", "harbour"]).await?;
    let member = eventually("the listener of the class is ready at the renamed site", async || {
        let member = cli.json(&["member", "show", "retail/harbour"]).await.ok()?;
        (socket(&member, "listeners", "goods")?["state"] == "ready").then_some(member)
    })
    .await?;
    ensure!(member["labels"]["region"] == "north" && member["classes"][0] == "store", "{member}");
    let said = cli.fails(5, &["network", "class", "remove", "retail", "store", "--yes"]).await?;
    ensure!(said.contains("site harbour") && said.contains("listener for goods"), "{said}");

    // Two sites serve one address; balanced, both get their share.
    let mut bodies = BTreeSet::new();
    for name in ["one", "two"] {
        let server = http::serve(([127, 0, 0, 1], 0).into(), name.to_owned()).await?;
        cli.ok(&["network", "connector", "add", "retail", "goods", &server.to_string(), "--site", name, "--fixed"])
            .await?;
        bodies.insert(name.to_owned());
    }
    cli.ok(&["network", "address", "set", "retail", "goods", "--policy", "balanced"]).await?;
    eventually("the policy is in force at the site that picks", async || {
        let addresses = sites.json(&["site", "addresses", "--data-dir", &shop_dir]).await.ok()?;
        let goods = addresses["items"].as_array()?.iter().find(|it| it["address"] == "goods")?;
        (goods["policy"] == "balanced" && goods["reachable"] == 2).then_some(())
    })
    .await?;
    spread(door, &bodies).await?;

    // The participant moves the door; the owner's connectors are fixed.
    let moved = free_address()?;
    sites.ok(&["site", "listener", "set", "goods", &moved.to_string(), "--data-dir", &shop_dir]).await?;
    shop.terminate().await?;
    shop = installation.join(&invitation, "shop", &[], None)?;
    let adapted = eventually("the controller knows where the door is now", async || {
        let member = cli.json(&["member", "show", "retail/harbour"]).await.ok()?;
        let listener = socket(&member, "listeners", "goods")?;
        (listener["socket"] == moved.to_string() && listener["state"] == "ready").then_some(listener)
    })
    .await?;
    ensure!(adapted["authored"] == door.to_string(), "{adapted}");
    let one_dir = text(&installation.site_dir("one"))?;
    let said = sites.fails(5, &["site", "connector", "set", "goods", "127.0.0.1:1", "--data-dir", &one_dir]).await?;
    ensure!(said.contains("fixed"), "{said}");
    eventually("who moved the door is on record", async || {
        let events = cli.json(&["audit", "list", "--action", "listener.adapt"]).await.ok()?;
        let event = events["items"].as_array()?.first()?.clone();
        (event["after"]["socket"] == moved.to_string() && event["actor"].as_str()?.contains("/site/")).then_some(())
    })
    .await?;
    spread(moved, &bodies).await?;

    // What flowed is told to its own network, and to no other.
    eventually("flows from the shop to both servers", async || {
        let flows = cli.json(&["network", "flows", "retail", "--address", "goods", "--site", "harbour"]).await.ok()?;
        let flows = flows["items"].as_array()?;
        let peers: BTreeSet<&str> =
            flows.iter().filter(|it| it["direction"] == "in").filter_map(|it| it["peer"].as_str()).collect();
        (peers == ["one", "two"].into()).then_some(())
    })
    .await?;
    let mut held = TcpStream::connect(moved).await?;
    held.write_all(b"GET / HTTP/1.1\r\nHost: goods\r\n\r\n").await?;
    held.read_exact(&mut [0; 16]).await?;
    eventually("the connection that is open, with what it has carried", async || {
        let flows = cli.json(&["network", "flows", "retail", "--site", "harbour"]).await.ok()?;
        let open = |it: &&Value| it.get("closed").is_none() && it["direction"] == "in" && it["bytes_to_client"] != 0;
        flows["items"].as_array()?.iter().find(open).map(drop)
    })
    .await?;
    let addresses = cli.json(&["network", "addresses", "retail"]).await?;
    let goods = &addresses["items"][0];
    ensure!(goods["served_by"].as_array().is_some_and(|it| it.len() == 2), "{addresses}");
    ensure!(goods["used_by"][0]["site"] == "harbour" && goods["used_by"][0]["since"].is_string(), "{addresses}");
    for list in ["flows", "addresses"] {
        let other = cli.json(&["network", list, "other"]).await?;
        ensure!(other["items"].as_array().is_some_and(Vec::is_empty), "{other}");
    }
    drop(held);

    // The chain is whole, at the controller and in a file; a line that was altered is named.
    cli.ok(&["audit", "verify"]).await?;
    let file = text(&installation.dir().join("audit.jsonl"))?;
    cli.ok(&["audit", "export", "--output", &file]).await?;
    sites.ok(&["audit", "verify", &file]).await?;
    let whole = std::fs::read_to_string(&file)?;
    std::fs::write(&file, whole.replacen("\"action\":\"network.create\"", "\"action\":\"network.delete\"", 1))?;
    let verdict = sites.run(&["audit", "verify", &file, "-o", "json"]).await?;
    ensure!(verdict.code == Some(1), "{verdict}");
    let verdict: Value = serde_json::from_str(&verdict.stdout)?;
    ensure!(verdict["faults"].as_array().is_some_and(|it| it.len() == 1), "{verdict}");
    shop.terminate().await?;
    Ok(())
}

/// Waits until requests through `door` have been answered by every server.
async fn spread(door: SocketAddr, expected: &BTreeSet<String>) -> Result<()> {
    let mut seen = BTreeSet::new();
    eventually("every server answers", async || {
        // At the same time: what is spread is what is open.
        let (one, other) = tokio::join!(http::fetch(door), http::fetch(door));
        seen.extend([one, other].into_iter().flatten());
        (seen == *expected).then_some(())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_assigned_are_served_by_nobody_else() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail", "--backbone", "main", "--addresses", "assigned"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "3"]).await?;
    let mut sites = vec![];
    for name in ["good", "bad", "shop"] {
        sites.push(installation.join(&invitation, name, &["--name", name], None)?);
        cli.site_reaches(&installation.site_dir(name), "member").await?;
    }
    let good = http::serve(([127, 0, 0, 1], 0).into(), "good".to_owned()).await?;
    let bad = http::serve(([127, 0, 0, 1], 0).into(), "bad".to_owned()).await?;
    let bad_dir = text(&installation.site_dir("bad"))?;
    let add = ["site", "connector", "add", "goods", &bad.to_string(), "--data-dir", &bad_dir];
    let said = installation.site_cli(None).fails(5, &add).await?;
    ensure!(said.contains("not assigned"), "{said}");
    let door = free_address()?;
    cli.ok(&["network", "connector", "add", "retail", "goods", &good.to_string(), "--site", "good"]).await?;
    cli.ok(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--site", "shop"]).await?;
    answers(door, "good").await?;
    // Opened to all, the other one may serve it, too; assigned again, it serves it no more.
    cli.ok(&["network", "set", "retail", "--addresses", "open"]).await?;
    let site = installation.site_cli(None);
    eventually("the other site may serve it, too", async || site.ok(&add).await.ok()).await?;
    let shop_dir = text(&installation.site_dir("shop"))?;
    for (mode, reachable) in [("open", 2), ("assigned", 1)] {
        cli.ok(&["network", "set", "retail", "--addresses", mode]).await?;
        eventually(&format!("{reachable} sites serve it while addresses are {mode}"), async || {
            let addresses = site.json(&["site", "addresses", "--data-dir", &shop_dir]).await.ok()?;
            (addresses["items"].as_array()?.first()?["reachable"] == reachable).then_some(())
        })
        .await?;
    }
    answers(door, "good").await.context("who is assigned still serves it")
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_comes_back_as_another_by_the_same_invitation() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "2"]).await?;
    let dir = text(&installation.site_dir("shop"))?;
    let mut first = installation.join(&invitation, "shop", &["--name", "shop"], None)?;
    cli.site_reaches(&installation.site_dir("shop"), "member").await?;
    let before = cli.json(&["member", "show", "retail/shop"]).await?;
    installation.site_cli(None).ok(&["site", "leave", "--data-dir", &dir, "--yes"]).await?;
    first.wait().await?;
    let _second = installation.join(&invitation, "shop", &["--name", "shop"], None)?;
    cli.site_reaches(&installation.site_dir("shop"), "member").await?;
    let after = cli.json(&["member", "show", "retail/shop"]).await?;
    ensure!(after["id"] != before["id"] && after["state"] == "member", "{after}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_evicted_comes_back_as_another_where_the_invitation_was_kept() -> Result<()> {
    let installation = Installation::start().await?;
    let _backbone = backbone(&installation, "direct").await?;
    let cli = &installation.cli;
    cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
    let invitation = installation.invitation("retail/stores", &["--uses", "2"]).await?;
    let mut first = installation.join(&invitation, "shop", &["--name", "shop"], None)?;
    cli.site_reaches(&installation.site_dir("shop"), "member").await?;
    let before = cli.json(&["member", "show", "retail/shop"]).await?;
    cli.ok(&["member", "evict", "retail/shop", "--keep-invitation", "--yes"]).await?;
    first.wait().await?;

    // Where it was evicted it stays so; its key is not good for another membership.
    let dir = text(&installation.site_dir("shop"))?;
    let said = installation.site_cli(None).fails(5, &["join", &invitation, "--data-dir", &dir]).await?;
    ensure!(said.contains("evicted"), "{said}");
    let _second = installation.join(&invitation, "again", &["--name", "shop"], None)?;
    cli.site_reaches(&installation.site_dir("again"), "member").await?;
    let after = cli.json(&["member", "show", "retail/shop"]).await?;
    ensure!(after["id"] != before["id"] && after["state"] == "member", "{after}");
    let invitation = cli.json(&["invitation", "show", "retail/stores"]).await?;
    ensure!(invitation["used"] == 2, "{invitation}");
    Ok(())
}
