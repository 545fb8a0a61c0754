//! What the README says can be typed as it stands.

use std::{net::SocketAddr, process::Stdio};

use anyhow::{Context, Result, ensure};
use e2e::http;
use testkit::{
    installation::{free_address, text},
    process::{PATIENCE, Process},
    skx,
};
use tokio::{process::Command, time::timeout};

const README: &str = include_str!("../../README.md");
const BODY: &str = "as the README says";

/// The shell blocks of a section, with its well-known addresses replaced by free ones.
fn blocks(section: &str, addresses: &[(&str, SocketAddr)]) -> Result<Vec<String>> {
    let (_, rest) = README.split_once(section).with_context(|| format!("no section {section:?}"))?;
    let section = rest.split("\n## ").next().unwrap_or(rest);
    let blocks = section.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let free = |block: &str| {
        addresses.iter().fold(block.to_owned(), |text, (known, free)| text.replace(known, &free.to_string()))
    };
    Ok(blocks.map(free).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_network_by_hand_is_typed_as_it_stands() -> Result<()> {
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o711);
    let dir = tempfile::Builder::new().prefix("skx-readme-").permissions(permissions).tempdir()?;
    let (server, door) = (http::serve(([127, 0, 0, 1], 0).into(), BODY.to_owned()).await?, free_address()?);
    let api = free_address()?;
    let addresses = [
        ("127.0.0.1:8443", api),
        ("127.0.0.1:5671", free_address()?),
        ("127.0.0.1:8080", server),
        ("127.0.0.1:9090", door),
    ];
    let blocks = blocks("## A first network by hand", &addresses)?;
    let [first, second, third] = blocks.as_slice() else { anyhow::bail!("three blocks: {blocks:#?}") };

    let skx = skx::binary()?;
    let path = format!("{}:{}", text(skx.parent().context("a folder")?)?, std::env::var("PATH")?);
    let terminal = |script: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", script]).current_dir(dir.path()).env("PATH", &path);
        bash.env("HOME", dir.path()).env_remove("XDG_STATE_HOME");
        bash
    };
    // Only where it listens is not the usual place.
    let first = format!("exec {} --listen {api}", first.split('#').next().unwrap_or(first).trim());
    let mut controller = Process::spawn("the first terminal", &mut terminal(&first))?;
    controller.line("serves its API").await?;
    // The sites end with the terminal. A person looks at the list, and sends the request again.
    let members = "until [ \"$(skx member list retail | grep -cE '^(hq|store) +member')\" = 2 ]; do sleep 0.2; done";
    let third = third.replace("curl ", "curl --silent --fail --retry 60 --retry-all-errors --retry-delay 1 ");
    let script = format!("trap 'kill $(jobs -p)' EXIT\n{second}\n{members}\n{third}");
    let typed = terminal(&script).stdin(Stdio::null()).kill_on_drop(true).output();
    let typed = timeout(2 * PATIENCE, typed).await.context("the commands do not come to an end")??;
    let (said, errors) = (String::from_utf8_lossy(&typed.stdout), String::from_utf8_lossy(&typed.stderr));
    ensure!(typed.status.success() && said.contains(BODY), "{said}\n{errors}");
    let ended = controller.terminate().await?;
    ensure!(ended.success(), "{:#?}", controller.lines());
    Ok(())
}
